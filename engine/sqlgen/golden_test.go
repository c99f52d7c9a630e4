package sqlgen_test

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgtype"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

var update = flag.Bool("update", false, "write the golden files in testdata from what the package prints")

// golden is a file of named statements.
type golden struct {
	names []string
	texts map[string]string
}

func (g *golden) add(name, text string) {
	if g.texts == nil {
		g.texts = map[string]string{}
	}
	if _, ok := g.texts[name]; ok {
		panic("two cases of the name " + name)
	}
	g.names = append(g.names, name)
	g.texts[name] = text
}

func (g *golden) statement(name string, s sqlgen.Statement) { g.add(name, render(s)) }

const caseMark = "-- case: "

func (g *golden) String() string {
	var b strings.Builder
	for _, name := range g.names {
		fmt.Fprintf(&b, "%s%s\n%s\n\n", caseMark, name, g.texts[name])
	}
	return strings.TrimSuffix(b.String(), "\n")
}

func readGolden(t *testing.T, file string) *golden {
	t.Helper()
	raw, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	g := &golden{}
	for block := range strings.SplitSeq("\n"+string(raw), "\n"+caseMark) {
		if name, text, ok := strings.Cut(block, "\n"); ok && name != "" {
			g.add(name, strings.TrimRight(text, "\n"))
		}
	}
	return g
}

// check compares the cases with the file of that name.
func (g *golden) check(t *testing.T, name string) {
	t.Helper()
	file := filepath.Join("testdata", name+".sql")
	if *update {
		if err := os.WriteFile(file, []byte(g.String()), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want := readGolden(t, file)
	if !slices.Equal(g.names, want.names) {
		t.Errorf("cases are\ngot  %q\nwant %q", g.names, want.names)
	}
	for _, name := range g.names {
		if got, want := g.texts[name], want.texts[name]; got != want {
			t.Errorf("%s\ngot:\n%s\nwant:\n%s", name, got, want)
		}
	}
}

// render is a statement with its arguments as comments, so that the file is SQL.
func render(s sqlgen.Statement) string {
	var b strings.Builder
	b.WriteString(s.SQL)
	for i, a := range s.Args {
		fmt.Fprintf(&b, "\n-- $%d = %s", i+1, renderArg(a))
	}
	return b.String()
}

func renderArg(a any) string {
	switch a := a.(type) {
	case []byte:
		return "the " + padName(a)
	case string:
		return fmt.Sprintf("%q", a)
	case []string:
		return fmt.Sprintf("%q", a)
	case time.Time:
		return a.Format(time.RFC3339Nano)
	case []time.Time:
		texts := make([]string, len(a))
		for i, at := range a {
			texts[i] = at.Format(time.RFC3339Nano)
		}
		return fmt.Sprint(texts)
	case int, int32, int64, uint32, []int32, []pgtype.TID:
		return fmt.Sprintf("%v (%T)", a, a)
	}
	panic(fmt.Sprintf("an argument of type %T", a))
}

// padName names the padded keys of HMAC (RFC 2104): the key, filled up to 64 bytes,
// each byte XOR 0x36 inside and 0x5c outside.
func padName(b []byte) string {
	for name, key := range map[string][32]byte{"hash": keys.Hash, "check": keys.Check} {
		for side, x := range map[string]byte{"inner": 0x36, "outer": 0x5c} {
			pad := make([]byte, 64)
			copy(pad, key[:])
			for i := range pad {
				pad[i] ^= x
			}
			if bytes.Equal(b, pad) {
				return side + " key of " + name
			}
		}
	}
	panic(fmt.Sprintf("%x is no padded key", b))
}

// cases adds the destructive statement of a mode: every hold on one step, every step
// under one hold. For every shape see TestEachWalkActionAndKindOfKeyIsPrintedAsInTheGolden.
func (g *golden) cases(t *testing.T, m mode) {
	t.Helper()
	for _, h := range holds {
		g.statement(fmt.Sprintf("slice, bigint key, held %s", h), destructive(shapeNamed("bigint").printer(t, m, h), stepNamed("slice")))
	}
	for _, st := range steps()[1:] {
		g.statement(fmt.Sprintf("%s, bigint key, held hashed", st.name), destructive(shapeNamed("bigint").printer(t, m, holdHashed), st.r))
	}
}

// TestEachWalkActionAndKindOfKeyIsPrintedAsInTheGolden has a file for each walk and action,
// in which every kind of key has its part. A slice walk takes large ties by blocks, and where
// rows are locked first every walk changes them by their addresses: those are files too.
func TestEachWalkActionAndKindOfKeyIsPrintedAsInTheGolden(t *testing.T) {
	for _, walk := range []string{"slice", "tie block", "block", "tids"} {
		for _, m := range modes {
			g, r := &golden{}, stepNamed(walk)
			for _, sh := range shapes() {
				for _, h := range sh.ways() {
					p, name := sh.printer(t, m, h), fmt.Sprintf("%s key, held %s", sh.name, h)
					g.statement(name, destructive(p, r))
					if p.SeenFirst() {
						g.statement(name+", seen first", p.Seen(r, 1000, runMeta))
						g.statement(name+", what was seen", p.DeleteSeen(r, 1000, seenHeld(h)))
					}
				}
			}
			g.check(t, walkFile(walk, string(m)))
		}
	}
}

// seenHeld are the addresses of held rows that the first of two statements answered.
func seenHeld(h hold) any {
	if h == holdNone {
		return nil
	}
	return heldTIDs
}

func walkFile(walk, action string) string {
	return filepath.Join("walks", strings.ReplaceAll(walk, " ", "_")+"_"+action)
}

// A partition that goes as a whole has one action, and asks for holds before.
func TestTheWalkOfPartitionsIsPrintedForEachKindOfKeyAsInTheGolden(t *testing.T) {
	g := &golden{}
	for _, sh := range shapes() {
		for _, h := range sh.ways() {
			g.statement(fmt.Sprintf("%s key, held %s, counted", sh.name, h), sh.printer(t, modeCounts, h).Census())
		}
		p := sh.printer(t, modeCounts, holdNone)
		g.statement(sh.name+" key, emptied", p.Truncate())
		g.statement(sh.name+" key, dropped", p.Drop())
	}
	g.check(t, walkFile("partition", string(modeDelete)))
}

func conditioned(t *testing.T, m mode, text string) *sqlgen.Printer {
	t.Helper()
	sh := shapeNamed("bigint")
	p := sh.policy(m)
	p.Condition = text
	return sqlgen.New(sh.planned(t, p, holdHashed), keys)
}

const someCondition = `note = 'it''s $1' OR email LIKE '%@example.com' AND id IN (1, 2)`

func TestDeleteIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	g.cases(t, modeDelete)
	g.statement("slice, with a condition", destructive(conditioned(t, modeDelete, someCondition), stepNamed("slice")))
	g.check(t, "delete")
}

func TestDeleteOfRowsThatWereSeenIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	for _, m := range []mode{modeDelete, modeDelete + told} {
		for _, h := range []hold{holdNone, holdTwo, holdFitting} {
			p := shapeNamed("bigint").printer(t, m, h)
			g.statement(fmt.Sprintf("%s, slice, held %s, seen", m, h), p.Seen(stepNamed("slice"), 1000, runMeta))
		}
	}
	p := conditioned(t, modeDelete, someCondition)
	g.statement("block, with a condition, seen", p.Seen(stepNamed("block"), 1000, runMeta))
	g.statement("block, with a condition, none held", p.DeleteSeen(stepNamed("block"), 1000, nil))
	g.statement("slice, some held", shapeNamed("bigint").printer(t, modeDelete, holdTwo).DeleteSeen(stepNamed("slice"), 1000, heldTIDs))
	g.check(t, "seen")
}

func TestDeleteWithCountsAloneIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	g.cases(t, modeCounts)
	g.statement("slice, with a condition", destructive(conditioned(t, modeCounts, someCondition), stepNamed("slice")))
	g.statement("as a Change, which has nothing to return", shapeNamed("bigint").printer(t, modeCounts, holdNone).Change(stepNamed("slice"), runMeta))
	g.check(t, "delete_counts")
}

func TestAnonymizeIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	g.cases(t, modeAnonymize)
	g.statement("slice, with a condition", destructive(conditioned(t, modeAnonymize, someCondition), stepNamed("slice")))
	g.check(t, "anonymize")
}

func TestArchiveIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	g.cases(t, modeArchive)
	g.statement("slice, with a condition", destructive(conditioned(t, modeArchive, someCondition), stepNamed("slice")))
	sh := shapeNamed("bigint")
	p := sh.policy(modeArchive)
	p.Evidence, p.Archive = retention.EvidenceCounts, &retention.Archive{Table: table("Cold Store", `a"; --`)}
	g.statement("slice, counts alone, into a quoted name", sqlgen.New(sh.planned(t, p, holdNone), keys).Change(stepNamed("slice"), runMeta))
	g.check(t, "archive")
}

func TestWhatIsDoneToAWholePartitionIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	p := shapeNamed("bigint").printer(t, modeCounts, holdNone)
	g.statement("what is older than the cutoff", p.BelowCutoff())
	g.statement("what is not due by its timestamp", p.MayArrive())
	g.statement("whether all is due", p.AllDue())
	for _, h := range holds {
		g.statement(fmt.Sprintf("counted, held %s", h), shapeNamed("bigint").printer(t, modeCounts, h).Census())
	}
	g.statement("emptied", p.Truncate())
	g.statement("whether it is empty", p.Empty())
	g.statement("dropped", p.Drop())
	g.check(t, "partition")
}

func TestTellingOthersIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	for _, m := range tellingModes {
		for _, st := range steps() {
			g.statement(fmt.Sprintf("%s, %s, bigint key, held hashed", m, st.name), destructive(shapeNamed("bigint").printer(t, m, holdHashed), st.r))
		}
		for _, sh := range tellingShapes() {
			g.statement(fmt.Sprintf("%s, slice, %s key, none held", m, sh.name), destructive(sh.printer(t, m, holdNone), stepNamed("slice")))
		}
	}
	sh := shapeNamed("bigint")
	p := sh.policy(modeCounts)
	p.Events = &retention.EventSpec{EntityType: "user", Key: retention.EventKey{"id"}}
	g.statement("one column and none included", destructive(sqlgen.New(sh.planned(t, p, holdNone), keys), stepNamed("slice")))
	g.check(t, "events")
}

// methods are the anonymizers, each on a column that it fits.
func methods() []struct {
	name, column string
	how          retention.Anonymizer
} {
	return []struct {
		name, column string
		how          retention.Anonymizer
	}{
		{"redact", "email", retention.Anonymizer{Method: retention.MethodRedact}},
		{"redact with a text, varchar(60)", "phone", retention.Anonymizer{Method: retention.MethodRedact, Text: "it's $1 gone"}},
		{"null", "born", retention.Anonymizer{Method: retention.MethodNull}},
		{"hash", "email", retention.Anonymizer{Method: retention.MethodHash}},
		{"hash, varchar(60)", "phone", retention.Anonymizer{Method: retention.MethodHash}},
		{"email", "email", retention.Anonymizer{Method: retention.MethodEmail}},
		{"mask", "phone", retention.Anonymizer{Method: retention.MethodMask, KeepLast: ptr(4)}},
		{"truncate_text", "phone", retention.Anonymizer{Method: retention.MethodTruncateText, KeepFirst: ptr(2)}},
		{"truncate_ip", "address", retention.Anonymizer{Method: retention.MethodTruncateIP}},
		{"generalize_number, numeric(10,2)", "amount", retention.Anonymizer{Method: retention.MethodGeneralizeNumber, Step: ptr[int64](50)}},
		{"generalize_number, integer", "visits", retention.Anonymizer{Method: retention.MethodGeneralizeNumber, Step: ptr[int64](10)}},
		{"truncate_date, date", "born", retention.Anonymizer{Method: retention.MethodTruncateDate, To: "year"}},
		{"truncate_date, timestamp", "seen_local", retention.Anonymizer{Method: retention.MethodTruncateDate, To: "hour"}},
		{"truncate_date, timestamptz", "seen", retention.Anonymizer{Method: retention.MethodTruncateDate, To: "day"}},
		{"constant, text", "note", retention.Anonymizer{Method: retention.MethodConstant, Value: ptr("'; DROP TABLE x; --")}},
		{"constant, numeric(10,2)", "amount", retention.Anonymizer{Method: retention.MethodConstant, Value: ptr("0")}},
		{"json", "extra", retention.Anonymizer{Method: retention.MethodJSON, Drop: []string{"/a~1b/c"}, Redact: []string{"/name", "/tags/0"}}},
		{"constant, json has no equality", "extra", retention.Anonymizer{Method: retention.MethodConstant, Value: ptr("{}")}},
	}
}

// people is the shape bigint with a column for each method.
func people() shape {
	sh := shapeNamed("bigint")
	extra := typed("extra", "json", 114, "json", "U")
	extra.HasEquality = false
	amount := typed("amount", "numeric(10,2)", 1700, "numeric", "N")
	amount.BaseSQL = "numeric"
	sh.table.Columns = append(sh.table.Columns, extra, amount, typed("address", "inet", 869, "inet", "I"), typed("visits", "integer", 23, "int4", "N"),
		typed("seen", "timestamp with time zone", 1184, "timestamptz", "D"), typed("seen_local", "timestamp without time zone", 1114, "timestamp", "D"))
	return sh
}

func TestEachAnonymizerIsPrintedAsInTheGolden(t *testing.T) {
	g, seen := &golden{}, map[retention.Method]bool{}
	sh := people()
	for _, m := range methods() {
		p := sh.policy(modeAnonymize)
		p.TimeZone, p.Evidence = "Europe/Berlin", retention.EvidenceCounts
		p.Columns = map[string]retention.Anonymizer{m.column: m.how}
		g.statement(m.name, sqlgen.New(sh.planned(t, p, holdNone), keys).Change(stepNamed("slice"), runMeta))
		seen[m.how.Method] = true
	}
	for _, m := range retention.Methods() {
		if !seen[m] {
			t.Errorf("method %s has no golden", m)
		}
	}
	g.check(t, "anonymizers")
}

func TestTreatIsPrintedAsInTheGolden(t *testing.T) {
	g, sh := &golden{}, shapeNamed("bigint")
	p := sh.policy(modeAnonymize)
	p.Columns = map[string]retention.Anonymizer{"phone": {Method: retention.MethodMask, KeepLast: ptr(2)}, "note": {Method: retention.MethodNull}}
	planned := sh.planned(t, p, holdNone)
	g.statement("a check of the table", sqlgen.New(planned, keys).Treat("((length((phone)::text) > 3))", 1000))
	for _, c := range planned.Changes {
		g.statement("one column, "+string(c.How.Method), sqlgen.New(planned, keys).TreatColumn(c, 1000))
	}
	sh = shapeNamed("quoted")
	g.statement("quoted names", sh.printer(t, modeAnonymize, holdNone).Treat(`(("E-Mail '$1'" <> ''::text))`, 10))
	g.check(t, "treat")
}

func TestLocksAndCountsArePrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	for _, m := range modes {
		p := shapeNamed("bigint").printer(t, m, holdHashed)
		g.statement("lock for "+string(m), p.Lock(stepNamed("slice"), false))
		g.statement("lock for "+string(m)+", skip what others locked", p.Lock(stepNamed("block"), true))
	}
	for _, h := range holds {
		p := shapeNamed("composite").printer(t, modeDelete, h)
		g.statement("rows that remain, held "+string(h), p.Remaining(stepNamed("tie block")))
		g.statement("held rows, held "+string(h), p.HeldCount(stepNamed("slice")))
		g.statement("held rows that are left, held "+string(h), p.HeldLeft(stepNamed("slice")))
	}
	for _, sh := range shapes() {
		if sh.table.Key != nil {
			g.statement("keys of rows at their addresses, "+sh.name+" key", sh.printer(t, modeDelete, holdNone).KeysAt([]string{"(0,1)", "(3,7)"}, 20))
		}
	}
	p := conditioned(t, modeAnonymize, someCondition)
	g.statement("rows that remain to be anonymized under a condition", p.Remaining(stepNamed("tids")))
	g.statement("held rows that remain to be anonymized under a condition", p.HeldCount(stepNamed("tids")))
	g.check(t, "locks_and_counts")
}

// timed is the shape bigint with a timestamp column of another kind.
func timed(t *testing.T, kind plan.TimeKind, h hold, condition string) (*sqlgen.Printer, any) {
	t.Helper()
	sh := shapeNamed("bigint")
	p := sh.policy(modeDelete)
	p.Condition = condition
	column := map[plan.TimeKind]plan.Column{
		plan.TimeInstant:      typed("at", "timestamp with time zone", 1184, "timestamptz", "D"),
		plan.TimeLocal:        typed("at", "timestamp without time zone", 1114, "timestamp", "D"),
		plan.TimeDate:         typed("at", "date", 1082, "date", "D"),
		plan.TimeSeconds:      bigint("at"),
		plan.TimeMilliseconds: bigint("at"),
	}[kind]
	sh.table.Columns[1] = column
	var mark, end any = day(2), cutoff
	switch kind {
	case plan.TimeSeconds:
		p.Unit, mark, end = retention.UnitSeconds, day(2).Unix(), cutoff.Unix()
	case plan.TimeMilliseconds:
		p.Unit, mark, end = retention.UnitMilliseconds, day(2).UnixMilli(), cutoff.UnixMilli()
	}
	pl := sh.planned(t, p, h)
	pl.Cutoff = end
	return sqlgen.New(pl, keys), mark
}

var timeKinds = []plan.TimeKind{plan.TimeInstant, plan.TimeLocal, plan.TimeDate, plan.TimeSeconds, plan.TimeMilliseconds}

func TestTheWalkIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	for _, kind := range timeKinds {
		p, mark := timed(t, kind, holdNone, "")
		g.statement("first, "+string(kind), p.First(nil))
		g.statement("slice end, "+string(kind), p.SliceEnd(mark, 5000))
		g.statement("after a tie, "+string(kind), p.AfterTie(mark))
		g.statement("tie span, "+string(kind), p.TieSpan(mark))
		g.statement("never due, "+string(kind), p.NeverDue())
		g.statement("rows that remain of a slice, "+string(kind), p.Remaining(sqlgen.Range{Slice: &sqlgen.Slice{Lo: mark, Hi: mark}}))
		g.statement("rows that remain of a tie, "+string(kind), p.Remaining(sqlgen.Range{Block: &sqlgen.Block{From: 0, To: 8, Tie: mark}}))
	}
	p, mark := timed(t, plan.TimeInstant, holdTwo, "note IS NULL")
	g.statement("first, since another", p.First(day(1)))
	g.statement("first, where holds and a condition do not matter", p.First(nil))
	g.statement("slice end, where holds and a condition do not matter", p.SliceEnd(mark, 1))
	g.statement("never due, with a condition", p.NeverDue())
	quoted := shapeNamed("quoted").printer(t, modeDelete, holdNone)
	g.statement("first, quoted names", quoted.First(nil))
	g.statement("tie span, quoted names", quoted.TieSpan(mark))
	g.check(t, "walk")
}

func TestRollupsArePrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	sh := shapeNamed("bigint")
	target := &plan.Table{OID: 77, Name: table("Shop", "Daily"), Kind: plan.KindTable, Columns: []plan.Column{
		{Num: 1, Name: "day", Type: "date", TypeSQL: "pg_catalog.date", BaseSQL: "pg_catalog.date", NotNull: true},
		{Num: 2, Name: "n", Type: "bigint", TypeSQL: "pg_catalog.int8", BaseSQL: "pg_catalog.int8"},
		{Num: 3, Name: "Sum", Type: "numeric", TypeSQL: "pg_catalog.numeric", BaseSQL: "pg_catalog.numeric"},
		{Num: 4, Name: "last", Type: "bigint", TypeSQL: "pg_catalog.int8", BaseSQL: "pg_catalog.int8"},
	}, Indexes: []plan.Index{{Name: "u", Unique: true, Valid: true, Immediate: true, Columns: []string{"day"}}}}
	for _, mode := range []mode{modeDelete, modeArchive} {
		p := sh.policy(mode)
		p.Rollup = &retention.Rollup{Table: target.Name, GroupBy: map[string]string{"day": "(at AT TIME ZONE 'UTC')::date"}, Measures: map[string]string{"n": "count", "Sum": "sum(id * 2)", "last": "max(id)"}}
		pl, err := plan.Build(plan.Inputs{Policy: p, Table: sh.table, Rollup: target})
		if err != nil {
			t.Fatal(err)
		}
		pl.Cutoff = cutoff
		pr := sqlgen.New(pl, keys)
		g.statement(string(p.Action)+" with a rollup", pr.Change(sqlgen.Range{TIDs: []string{"(0,1)"}}, runMeta))
		g.statement(string(p.Action)+", the check of a rollup", pr.ExplainRollup())
	}
	g.check(t, "rollup")
}

func TestSimulationsArePrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	for _, kind := range timeKinds {
		p, _ := timed(t, kind, holdNone, "")
		g.statement("simulation, "+string(kind), p.Simulate())
		g.statement("months, "+string(kind), p.MonthSpan())
		g.statement("simulation month by month, "+string(kind), p.SimulateMonths())
	}
	for _, h := range holds[1:] {
		p, _ := timed(t, plan.TimeInstant, h, "note IS NULL")
		g.statement("simulation with a condition, held "+string(h), p.Simulate())
	}
	anonymize := shapeNamed("quoted").printer(t, modeAnonymize, holdProbed)
	g.statement("simulation of anonymize, quoted names", anonymize.Simulate())
	g.statement("rows of the table", anonymize.CountTable())
	g.statement("samples of anonymize, quoted names", anonymize.SampleKeys(10))
	g.statement("estimate of anonymize, quoted names", anonymize.EstimateDue())
	g.check(t, "simulate")
}

func TestLooksForTheOldestDueRowArePrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	for _, kind := range timeKinds {
		p, mark := timed(t, kind, holdNone, "")
		g.statement("slice, "+string(kind), p.Oldest(sqlgen.Range{Slice: &sqlgen.Slice{Lo: mark, Hi: mark}}))
		g.statement("blocks, "+string(kind), p.Oldest(sqlgen.Range{Block: &sqlgen.Block{From: 8, To: 16}}))
	}
	for _, h := range holds[1:] {
		p, mark := timed(t, plan.TimeInstant, h, "note IS NULL")
		g.statement("slice with a condition, held "+string(h), p.Oldest(sqlgen.Range{Slice: &sqlgen.Slice{Lo: mark}}))
	}
	anonymize := shapeNamed("quoted").printer(t, modeAnonymize, holdProbed)
	g.statement("blocks of anonymize, quoted names", anonymize.Oldest(sqlgen.Range{Block: &sqlgen.Block{To: 8}}))
	g.statement("one row by its address", anonymize.Oldest(sqlgen.Range{TIDs: []string{"(3,7)"}}))
	g.check(t, "look")
}

func TestArchiveTablesArePrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	for _, sh := range shapes() {
		p := sh.policy(modeArchive)
		g.add(sh.name+" key", sqlgen.CreateArchive(sh.table, p.ArchiveTable()))
	}
	g.add("into another schema", sqlgen.CreateArchive(shapeNamed("bigint").table, table("Cold Store", `a"; --`)))
	g.check(t, "archive_table")
}
