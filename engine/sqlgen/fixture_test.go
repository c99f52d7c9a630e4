package sqlgen_test

import (
	"crypto/sha256"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/engine/condition"
	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func ptr[T any](v T) *T { return &v }

// keys are the secrets of every printer here.
var keys = sqlgen.Keys{Hash: sha256.Sum256([]byte("hash")), Check: sha256.Sum256([]byte("check"))}

var runMeta = sqlgen.RunMeta{
	RunID: "00000000-0000-4000-8000-000000000001", BatchID: "00000000-0000-4000-8000-000000000002",
	StartedAt: time.Date(2024, 4, 1, 3, 0, 0, 0, time.UTC),
}

// day is midnight of a day of January 2024, when the rows of the tests were made.
func day(n int) time.Time { return time.Date(2024, 1, n, 0, 0, 0, 0, time.UTC) }

var cutoff = day(4)

// shape is a table with one kind of key. The goldens are printed from what is
// written here; TestTheGoldensDescribeTablesAsTheCatalogDoes compares it with a
// real catalog.
type shape struct {
	name  string
	table *plan.Table
	// at and email are the names of the columns that every shape has.
	at, email string
	// set is the first of its two typed copies of held ids, 0 without a key.
	set int32
	// keySQL is the key of the row g.
	keySQL string
}

// shapes are the kinds of key: bigint, uuid, two columns, names that need quoting, none,
// and others of one column.
func shapes() []shape {
	code := typed("code", "character(12)", 1042, "bpchar", "S")
	code.TypeSQL, code.BaseSQL, code.MaxLength = "character(12)", "pg_catalog.bpchar", 12
	return []shape{
		newShape("bigint", table("public", "events"), 11, "at", "email", []plan.Column{bigint("id")}, "g"),
		newShape("uuid", table("public", "sessions"), 21, "at", "email", []plan.Column{typed("id", "uuid", 2950, "uuid", "U")}, "md5(g::text)::uuid"),
		newShape("composite", table("public", "tickets"), 31, "at", "email", []plan.Column{typed("tenant", "integer", 23, "int4", "N"), collated("ref")}, "g % 7, 'T-' || g"),
		newShape("quoted", table("Audit Log", `Order"; DROP TABLE x; --`), 41, "select", `E-Mail '$1'`, []plan.Column{bigint(`Id"); --`)}, "g"),
		newShape("nokey", table("public", "lines"), 0, "at", "email", nil, ""),
		newShape("text", table("public", "accounts"), 55, "at", "email", []plan.Column{text("name")}, "'Käufer ' || g"),
		newShape("char(n)", table("public", "vouchers"), 61, "at", "email", []plan.Column{code}, "'V' || g"),
		newShape("bytea", table("public", "blobs"), 71, "at", "email", []plan.Column{typed("sum", "bytea", 17, "bytea", "U")}, "decode(md5(g::text), 'hex')"),
	}
}

// tellingShapes are those on which it is tried what others are told: that is text, whatever
// kind of key one column has.
func tellingShapes() []shape { return shapes()[:5] }

func shapeNamed(name string) shape {
	for _, s := range shapes() {
		if s.name == name {
			return s
		}
	}
	panic("no such shape: " + name)
}

func table(schema, name string) retention.TableName {
	return retention.TableName{Schema: schema, Name: name}
}

// typed is a column of a type of pg_catalog.
func typed(name, typ string, oid uint32, base, category string) plan.Column {
	sql := typ
	if !strings.Contains(typ, " ") && typ != "bigint" && typ != "integer" {
		sql = "pg_catalog." + typ // the others are words of the grammar
	}
	return plan.Column{Name: name, Type: typ, TypeSQL: sql, BaseType: base, BaseOID: oid, BaseSQL: sql, TypeCategory: category, HasEquality: true, BuiltIn: true}
}

func bigint(name string) plan.Column { return typed(name, "bigint", 20, "int8", "N") }

func text(name string) plan.Column { return typed(name, "text", 25, "text", "S") }

func collated(name string) plan.Column {
	c := text(name)
	c.Collation = `pg_catalog."C"`
	return c
}

func newShape(kind string, name retention.TableName, set int32, at, email string, key []plan.Column, keySQL string) shape {
	phone := typed("phone", "character varying(60)", 1043, "varchar", "S")
	phone.BaseSQL, phone.MaxLength = "character varying", 60
	t := &plan.Table{Name: name, Kind: plan.KindTable}
	if key != nil {
		t.Key = &plan.Key{Name: "the_key", Primary: true}
	}
	for _, c := range key {
		c.NotNull, c.EqSchema = true, "pg_catalog"
		t.Key.Columns = append(t.Key.Columns, c.Name)
		t.Columns = append(t.Columns, c)
	}
	t.Columns = append(t.Columns, typed(at, "timestamp with time zone", 1184, "timestamptz", "D"), text(email), phone, typed("born", "date", 1082, "date", "D"), text("note"))
	for i := range t.Columns {
		t.Columns[i].Num = int16(i + 1)
	}
	return shape{name: kind, table: t, at: at, email: email, set: set, keySQL: keySQL}
}

// hold is a way in which rows of a shape are held.
type hold string

// The ways.
const (
	holdNone   hold = "none"
	holdHashed hold = "hashed"
	holdProbed hold = "probed"
	holdTwo    hold = "two sets"
	holdAll    hold = "whole table"
	// By conditions, two of them equalities on one column.
	holdFitting hold = "conditions"
)

var holds = []hold{holdNone, holdHashed, holdProbed, holdTwo, holdAll, holdFitting}

// active are the holds in force in the first set of a shape; its third has ended.
var active = []int32{1, 2}

func (s shape) holds(h hold) plan.HeldRows {
	hashed := plan.HeldSet{ID: s.set, HoldNos: active, Hash: true}
	switch h {
	case holdHashed:
		return plan.HeldRows{Sets: []plan.HeldSet{hashed}}
	case holdProbed:
		return plan.HeldRows{Sets: []plan.HeldSet{{ID: s.set, HoldNos: active}}}
	case holdTwo:
		return plan.HeldRows{Sets: []plan.HeldSet{hashed, {ID: s.set + 1, HoldNos: []int32{4}}}}
	case holdAll:
		return plan.HeldRows{All: true}
	case holdFitting:
		var h plan.HeldRows
		for _, text := range s.conditions() {
			c, err := condition.Parse(text)
			if err != nil {
				panic(err)
			}
			h.Conditions = append(h.Conditions, plan.HeldCondition{HoldNo: 9, Cond: c, Fold: true})
		}
		return h
	}
	return plan.HeldRows{}
}

// conditions are those of three holds, by which rows of each shape are held.
func (s shape) conditions() []string {
	phone := retention.QuoteIdent(s.table.Columns[len(s.table.Columns)-3].Name)
	return []string{phone + " = '+49 30 43'", phone + " LIKE '%7'", phone + " = '+49 30 48'"}
}

// can tells whether rows of the shape can be held in that way.
func (s shape) can(h hold) bool {
	if h == holdFitting {
		_, err := condition.Parse(s.conditions()[0]) // no condition asks for a column whose name cannot be typed
		return err == nil
	}
	return s.table.Key != nil || h == holdNone || h == holdAll
}

// ways are those in which rows of the shape are held that hang on its kind of key: by ids,
// or without a key by what else there is.
func (s shape) ways() []hold {
	if s.table.Key == nil {
		return []hold{holdNone, holdAll, holdFitting}
	}
	return []hold{holdNone, holdHashed, holdProbed}
}

// mode is an action with what is wanted of it.
type mode string

// The modes: delete with digests, delete with counts alone, and the others.
const (
	modeDelete    mode = "delete"
	modeCounts    mode = "counts"
	modeAnonymize mode = "anonymize"
	modeArchive   mode = "archive"
)

var modes = []mode{modeDelete, modeCounts, modeAnonymize, modeArchive}

// told is a mode whose policy tells others.
const told = " told"

// tellingModes are the modes that tell others; counts too, which are not plain then.
var tellingModes = []mode{modeDelete + told, modeCounts + told, modeAnonymize + told, modeArchive + told}

func (m mode) tells() bool { return strings.HasSuffix(string(m), told) }

// is compares without regard to whether others are told.
func (m mode) is(o mode) bool { return strings.TrimSuffix(string(m), told) == string(o) }

// policy is the policy of a mode for a shape.
func (s shape) policy(m mode) retention.Policy {
	p := retention.Policy{
		Name: "p", Table: s.table.Name, TimestampColumn: s.at, RetentionPeriod: retention.Period{Days: 90},
		Action: retention.ActionDelete, LegalBasis: "Consent", Version: 3,
	}.WithDefaults()
	if m.tells() {
		// The last columns of every shape are at, email, phone, born and note.
		name := func(fromEnd int) string { return s.table.Columns[len(s.table.Columns)-fromEnd].Name }
		p.Events = &retention.EventSpec{EntityType: "user", Key: retention.EventKey{name(3), name(2)}, Include: []string{name(5)}}
		if s.table.Key != nil {
			p.Events.Include = append(p.Events.Include, s.table.Columns[0].Name)
		}
	}
	switch mode(strings.TrimSuffix(string(m), told)) {
	case modeCounts:
		p.Evidence = retention.EvidenceCounts
	case modeAnonymize:
		p.Action = retention.ActionAnonymize
		p.Columns = map[string]retention.Anonymizer{s.email: {Method: retention.MethodRedact}, "note": {Method: retention.MethodNull}}
	case modeArchive:
		p.Action = retention.ActionArchive
	}
	return p
}

// planned is the plan of a policy for a shape under a hold.
func (s shape) planned(t testing.TB, p retention.Policy, h hold) *plan.Plan {
	t.Helper()
	pl, err := plan.Build(plan.Inputs{Policy: p, Table: s.table})
	if err != nil {
		t.Fatalf("Build: %v", err)
	}
	pl.Holds, pl.Cutoff = s.holds(h), cutoff
	return pl
}

func (s shape) printer(t testing.TB, m mode, h hold) *sqlgen.Printer {
	t.Helper()
	return sqlgen.New(s.planned(t, s.policy(m), h), keys)
}

// destructive is the statement that a batch runs.
func destructive(g *sqlgen.Printer, r sqlgen.Range) sqlgen.Statement {
	if g.Plain() {
		return g.PlainDelete(r)
	}
	return g.Change(r, runMeta)
}

// step is a part of the table, and the same in SQL written by hand.
type step struct {
	name string
	r    sqlgen.Range
	// sql has a %s for the name of the timestamp column.
	sql string
}

func steps() []step {
	lo, hi, tie := day(2), day(2).Add(4*time.Hour+10*time.Minute), day(2).Add(12*time.Hour)
	tids := []string{"(0,1)", "(0,2)", "(3,7)", "(9,1)", "(9,2)", "(100000,1)"}
	return []step{
		{"slice", sqlgen.Range{Slice: &sqlgen.Slice{Lo: lo, Hi: hi}}, `t.%s >= '2024-01-02 00:00Z' AND t.%[1]s < '2024-01-02 04:10Z'`},
		{"open slice", sqlgen.Range{Slice: &sqlgen.Slice{Lo: day(3).Add(20 * time.Hour)}}, `t.%s >= '2024-01-03 20:00Z'`},
		{"block", sqlgen.Range{Block: &sqlgen.Block{From: 10, To: 20}}, `t.ctid >= '(10,0)' AND t.ctid < '(20,0)' /* %s */`},
		{"tie block", sqlgen.Range{Block: &sqlgen.Block{From: 50, To: 1000, Tie: tie}}, `t.ctid >= '(50,0)' AND t.ctid < '(1000,0)' AND t.%s = '2024-01-02 12:00Z'`},
		{"tids", sqlgen.Range{TIDs: tids}, `t.ctid::text = ANY ('{"(0,1)","(0,2)","(3,7)","(9,1)","(9,2)","(100000,1)"}') /* %s */`},
	}
}

func stepNamed(name string) sqlgen.Range {
	for _, s := range steps() {
		if s.name == name {
			return s.r
		}
	}
	panic("no such step: " + name)
}

// eachStatement prints the destructive statement of every mode, shape, hold and
// step, with and without the count of held rows.
func eachStatement(t testing.TB, do func(name string, s sqlgen.Statement, g *sqlgen.Printer, m mode, sh shape, h hold, st step)) {
	t.Helper()
	for _, m := range slices.Concat(modes, tellingModes) {
		for _, sh := range shapes() {
			for _, h := range holds {
				if !sh.can(h) || m.tells() && h != holdNone && h != holdHashed {
					continue // Telling adds nothing to how holds are judged.
				}
				if m.tells() && !slices.ContainsFunc(tellingShapes(), func(o shape) bool { return o.name == sh.name }) {
					continue
				}
				if !m.is(modeDelete) && sh.name != "bigint" && (h == holdTwo || h == holdAll || h == holdFitting) {
					continue // And the judgement is one text in every mode.
				}
				g := sh.printer(t, m, h)
				for _, st := range steps() {
					name := fmt.Sprintf("%s, %s key, held %s, %s", m, sh.name, h, st.name)
					do(name, destructive(g, st.r), g, m, sh, h, st)
				}
			}
		}
	}
}
