package sqlgen_test

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"
	"unicode/utf8"

	"github.com/jackc/pgx/v5/pgtype"
	"pgregory.net/rapid"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

var (
	quotedName   = regexp.MustCompile(`"(?:[^"]|"")*"`)
	stringText   = regexp.MustCompile(`E?'(?:[^']|'')*'`)
	nameOrString = regexp.MustCompile(quotedName.String() + `|` + stringText.String())
	placeholder  = regexp.MustCompile(`\$[0-9]+`)
)

// skeleton is SQL without what its names and strings say: each quoted name is I, each
// string S. What breaks out of its quotes changes the skeleton.
func skeleton(sql string) string {
	return nameOrString.ReplaceAllStringFunc(sql, func(s string) string {
		if strings.HasPrefix(s, `"`) {
			return "I"
		}
		return "S"
	})
}

// everyOther prints the statements that change nothing, and the two that stand for one that
// does where they can.
func everyOther(g *sqlgen.Printer, r sqlgen.Range) map[string]sqlgen.Statement {
	out := map[string]sqlgen.Statement{
		"lock": g.Lock(r, false), "lock, skip": g.Lock(r, true), "remaining": g.Remaining(r), "held": g.HeldCount(r), "held, left": g.HeldLeft(r),
		"first": g.First(nil), "slice end": g.SliceEnd(day(2), 100), "after tie": g.AfterTie(day(2)), "tie span": g.TieSpan(day(2)),
		"never due": g.NeverDue(), "simulate": g.Simulate(), "oldest": g.Oldest(r), "treat": g.Treat("true", 10),
		"estimate": g.EstimateDue(), "months": g.MonthSpan(), "by months": g.SimulateMonths(),
	}
	if g.SeenFirst() {
		out["seen"], out["delete seen"] = g.Seen(r, 1000, runMeta), g.DeleteSeen(r, 1000, heldTIDs)
	}
	return out
}

var heldTIDs = []pgtype.TID{{BlockNumber: 0, OffsetNumber: 1, Valid: true}, {BlockNumber: 7, OffsetNumber: 2, Valid: true}}

// ofRecord prints the statements that explain one record; none without a key.
func ofRecord(g *sqlgen.Printer, sh shape) map[string]sqlgen.Statement {
	key := sh.table.KeyColumns()
	if key == nil {
		return nil
	}
	id := make(retention.Key, len(key))
	return map[string]sqlgen.Statement{
		"sample keys": g.SampleKeys(10), "keys at": g.KeysAt([]string{"(0,1)"}, 20), "sample": sqlgen.Sample(sh.table, key, 500),
		"record": g.Record(id), "stored key": sqlgen.StoredKey(sh.table, id), "key": sqlgen.KeyText(key, id), "archived": sqlgen.Archived(sh.table, sh.table, id),
		"covering":      sqlgen.Covering(sh.table, id, []plan.HeldRows{{Sets: []plan.HeldSet{{ID: 1, HoldNos: []int32{1}}}}, {All: true}}, true),
		"covering none": sqlgen.Covering(sh.table, id, []plan.HeldRows{{Sets: []plan.HeldSet{{ID: 1, HoldNos: []int32{1}, Hash: true}}}}, false),
	}
}

func TestEachArgumentHasItsPlaceholderAndEachPlaceholderItsArgument(t *testing.T) {
	check := func(name string, s sqlgen.Statement) {
		used := map[int]bool{}
		for _, p := range placeholder.FindAllString(skeleton(s.SQL), -1) {
			n, err := strconv.Atoi(p[1:])
			if err != nil {
				t.Fatal(err)
			}
			used[n] = true
		}
		for n := 1; n <= max(len(s.Args), len(used)); n++ {
			if !used[n] || n > len(s.Args) {
				t.Errorf("%s: $%d used %v, arguments %d\n%s", name, n, used[n], len(s.Args), s.SQL)
			}
		}
	}
	eachStatement(t, func(name string, s sqlgen.Statement, g *sqlgen.Printer, _ mode, sh shape, _ hold, st step) {
		check(name, s)
		for other, s := range ofRecord(g, sh) {
			check(name+", "+other, s)
		}
		for other, s := range everyOther(g, st.r) {
			check(name+", "+other, s)
		}
	})
	sh := people()
	for _, m := range methods() {
		p := sh.policy(modeAnonymize)
		p.Columns = map[string]retention.Anonymizer{m.column: m.how}
		g := sqlgen.New(sh.planned(t, p, holdTwo), keys)
		check(m.name, g.Change(stepNamed("slice"), runMeta))
		check(m.name+", treat", g.Treat("true", 10))
	}
}

// forbidden are forms that would let a held row go, or that hide a row from a scan.
var forbidden = regexp.MustCompile(`(?i)\bJOIN\b|\bNOT\s+IN\b|\bUSING\b|<>\s*ALL\b|--|;|/\*|\bTRUNCATE\b|\bCASCADE\b|\bUNION\b|\bLIMIT\b`)

func TestADestructiveStatementJudgesByTheScanAlone(t *testing.T) {
	eachStatement(t, func(name string, s sqlgen.Statement, _ *sqlgen.Printer, m mode, sh shape, h hold, _ step) {
		bare := skeleton(s.SQL)
		if found := forbidden.FindString(bare); found != "" {
			t.Errorf("%s: has %q\n%s", name, found, s.SQL)
		}
		if deletes, updates := strings.Count(bare, "DELETE FROM ONLY I.I AS I\nWHERE"), strings.Count(bare, "UPDATE ONLY I.I AS I\nSET"); deletes+updates != 1 || (updates == 1) != m.is(modeAnonymize) {
			t.Errorf("%s: has %d DELETE and %d UPDATE of the table alone, want one\n%s", name, deletes, updates, s.SQL)
		}
		if from, only := strings.Count(s.SQL, sh.table.Name.SQL()), strings.Count(s.SQL, "ONLY "+sh.table.Name.SQL()+` AS "t"`); from != only {
			t.Errorf("%s: names the table %d times, %d of them ONLY\n%s", name, from, only, s.SQL)
		}
		sets := strings.Count(s.SQL, `"holdfast_guard"."held_`)
		if fences := strings.Count(bare, "OFFSET 0)"); sets != fences {
			t.Errorf("%s: %d sub-selects of held ids, %d of them with OFFSET 0\n%s", name, sets, fences, s.SQL)
		}
		want := map[hold]int{holdHashed: 1, holdProbed: 1, holdTwo: 2}[h]
		if m == modeCounts && sh.table.Key != nil && strings.Contains(bare, "RETURNING") {
			t.Errorf("%s: returns rows that nobody counts\n%s", name, s.SQL)
		}
		if sh.table.Key == nil {
			want = 0
		}
		if sets != want {
			t.Errorf("%s: asks for held ids %d times, want %d\n%s", name, sets, want, s.SQL)
		}
	})
}

func TestTheCutoffStandsInEveryStatementThatJudges(t *testing.T) {
	eachStatement(t, func(name string, s sqlgen.Statement, g *sqlgen.Printer, _ mode, sh shape, _ hold, st step) {
		all := everyOther(g, st.r)
		all["change"] = s
		for other, s := range all {
			if other == "tie span" || other == "never due" || other == "treat" {
				continue
			}
			n := slices.Index(s.Args, any(cutoff))
			if n < 0 || !strings.Contains(s.SQL, fmt.Sprintf(`"t".%s OPERATOR(pg_catalog.<) $%d::pg_catalog.timestamptz`, retention.QuoteIdent(sh.at), n+1)) {
				t.Errorf("%s, %s: nothing is older than the cutoff\n%s", name, other, render(s))
			}
		}
	})
}

// renamed is the shape with two key columns under other names.
func renamed(schema, name string, columns []string) shape {
	sh := shapeNamed("composite")
	sh.table.Name = table(schema, name)
	for i := range sh.table.Columns {
		sh.table.Columns[i].Name = columns[i]
	}
	sh.table.Key.Columns = columns[:2:2]
	sh.at, sh.email = columns[2], columns[3]
	return sh
}

func (s shape) renamedPolicy(m mode, name, text string) retention.Policy {
	p := s.policy(m)
	p.Name = name
	if m.is(modeAnonymize) {
		p.Columns = map[string]retention.Anonymizer{s.table.Columns[3].Name: {Method: retention.MethodRedact, Text: text}}
	}
	return p
}

func TestNoNameAndNoValueBreaksOutOfItsPlace(t *testing.T) {
	identifier := rapid.OneOf(
		rapid.StringOfN(rapid.SampledFrom([]rune{'"', '\'', ';', '-', '\\', '$', '1', '.', ' ', '\n', 'a', 'Z', '/', '*', '(', ')', 'é'}), 1, 12, retention.MaxIdentifier-8),
		rapid.StringN(1, -1, retention.MaxIdentifier-8),
	).Filter(func(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") })
	columns := rapid.SliceOfNDistinct(identifier.Filter(func(s string) bool { return !strings.HasPrefix(s, "holdfast_") }), 7, 7, rapid.ID[string])
	plain := renamed("s", "n", []string{"k1", "k2", "at", "email", "phone", "born", "note"})
	rapid.Check(t, func(t *rapid.T) {
		sh := renamed("x"+identifier.Draw(t, "schema"), identifier.Draw(t, "table"), columns.Draw(t, "columns"))
		name, text := identifier.Draw(t, "policy"), identifier.Draw(t, "text")
		m, h := rapid.SampledFrom(slices.Concat(modes, tellingModes)).Draw(t, "mode"), rapid.SampledFrom(holds).Draw(t, "hold")
		if h == holdFitting && !sh.can(h) {
			h = holdNone
		}
		st := rapid.SampledFrom(steps()).Draw(t, "step")
		print := func(sh shape, name, text string) map[string]sqlgen.Statement {
			pl, err := plan.Build(plan.Inputs{Policy: sh.renamedPolicy(m, name, text), Table: sh.table})
			if err != nil {
				t.Fatal(err)
			}
			pl.Holds, pl.Cutoff = sh.holds(h), cutoff
			g := sqlgen.New(pl, keys)
			out := everyOther(g, st.r)
			out["change"] = destructive(g, st.r)
			out["archive"] = sqlgen.Statement{SQL: sqlgen.CreateArchive(sh.table, table(sh.table.Name.Schema, sh.table.Name.Name+"_archive"))}
			return out
		}
		want := print(plain, "p", "t")
		for kind, got := range print(sh, name, text) {
			if got, want := skeleton(got.SQL), skeleton(want[kind].SQL); got != want {
				t.Fatalf("%s\ngot  %s\nwant %s", kind, got, want)
			}
		}
	})
}

func TestTheSamePolicyAlwaysMakesTheSameStatement(t *testing.T) {
	first := map[string]string{}
	eachStatement(t, func(name string, s sqlgen.Statement, _ *sqlgen.Printer, _ mode, _ shape, _ hold, _ step) {
		first[name] = render(s)
	})
	for range 3 {
		eachStatement(t, func(name string, s sqlgen.Statement, _ *sqlgen.Printer, _ mode, _ shape, _ hold, _ step) {
			if got := render(s); got != first[name] {
				t.Errorf("%s\nfirst %s\nthen  %s", name, first[name], got)
			}
		})
	}
}

func TestHeldTablesAreNamedByTheirSet(t *testing.T) {
	if got, want := sqlgen.HeldTable(17).SQL(), `"holdfast_guard"."held_17"`; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := sqlgen.HeldColumn(0)+" "+sqlgen.HeldColumn(2), "k1 k3"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAKeyWhoseEqualityLivesInTwoSchemasIsProbedByEachOfThem(t *testing.T) {
	sh := shapeNamed("composite")
	sh.table.Columns[1].EqSchema = "Ext"
	got := sh.printer(t, modeDelete, holdHashed).Remaining(stepNamed("slice")).SQL
	want := `EXISTS (SELECT FROM "holdfast_guard"."held_31" AS h WHERE h.k1 OPERATOR("pg_catalog".=) "t"."tenant" AND h.k2 OPERATOR("Ext".=) "t"."ref" AND h.hold_no OPERATOR(pg_catalog.=) ANY ($4::integer[]) OFFSET 0)`
	if !strings.Contains(got, want) {
		t.Errorf("got %s\nwant it to contain %s", got, want)
	}
	sh.table.Columns[0].EqSchema = "Ext"
	got = sh.printer(t, modeDelete, holdHashed).Remaining(stepNamed("slice")).SQL
	want = `("t"."tenant", "t"."ref") OPERATOR("Ext".=) ANY (SELECT h.k1, h.k2 FROM`
	if !strings.Contains(got, want) {
		t.Errorf("got %s\nwant it to contain %s", got, want)
	}
}

func TestOnlyADeleteOfWhichNothingIsWantedIsPlain(t *testing.T) {
	want := map[mode]bool{modeCounts: true}
	for _, m := range slices.Concat(modes, tellingModes) {
		if got := shapeNamed("bigint").printer(t, m, holdNone).Plain(); got != want[m] {
			t.Errorf("%s: plain %v, want %v", m, got, want[m])
		}
	}
	if !shapeNamed("nokey").printer(t, modeDelete, holdNone).Plain() {
		t.Error("a delete of rows without a key is not plain, want it plain: it has no digests")
	}
}

var (
	// plainCall is a word before a parenthesis that no schema qualifies.
	plainCall = regexp.MustCompile(`(?:^|[^."\w])([A-Za-z_][A-Za-z_0-9]*)\s*\(`)
	// syntaxCalls are those that are the grammar's own.
	syntaxCalls = []string{"AND", "ANY", "ARRAY", "AS", "CAST", "character", "COALESCE", "coalesce", "ELSE", "EXISTS", "EXPLAIN", "FILTER", "FROM", "I", "IN", "LATERAL", "least", "MATERIALIZED", "NOT", "OPERATOR", "OR", "RETURNING", "ROW", "s", "SELECT", "THEN", "u", "VALUES", "varying", "WHEN"}
	// plainCast is a cast to a type that neither is qualified nor a word of the grammar.
	plainCast = regexp.MustCompile(`(?:::| AS )(?:text|bytea|uuid|tid|date|timestamptz|jsonb|oid)\b`)
	// plainOperator is one that stands by itself.
	plainOperator = regexp.MustCompile(`[^(.:<>=]\s(?:=|<>|<|>|<=|>=|\|\||-|/|IS DISTINCT FROM)\s`)
	assignment    = regexp.MustCompile(`(?m)^(?:SET|   ) I = `)
	qualifiedOp   = regexp.MustCompile(`OPERATOR\([^)]*\)`)
)

func TestNothingThatIsPrintedHangsOnTheSearchPath(t *testing.T) {
	checked := map[string]bool{} // many cases print the same text
	check := func(name string, s sqlgen.Statement) {
		if checked[s.SQL] {
			return
		}
		checked[s.SQL] = true
		bare := assignment.ReplaceAllString(qualifiedOp.ReplaceAllString(skeleton(s.SQL), "@"), "")
		for _, m := range plainCall.FindAllStringSubmatch(bare, -1) {
			if !slices.Contains(syntaxCalls, m[1]) {
				t.Errorf("%s: %s is not qualified\n%s", name, m[1], s.SQL)
			}
		}
		for _, found := range []string{plainCast.FindString(bare), plainOperator.FindString(bare)} {
			if found != "" {
				t.Errorf("%s: %q is not qualified\n%s", name, found, s.SQL)
			}
		}
		if strings.Contains(s.SQL, `COLLATE "C"`) {
			t.Errorf("%s: a collation is not qualified\n%s", name, s.SQL)
		}
	}
	eachStatement(t, func(name string, s sqlgen.Statement, g *sqlgen.Printer, _ mode, sh shape, _ hold, st step) {
		check(name, s)
		for other, s := range ofRecord(g, sh) {
			check(name+", "+other, s)
		}
		for other, s := range everyOther(g, st.r) {
			check(name+", "+other, s)
		}
	})
	sh := people()
	for _, m := range methods() {
		p := sh.policy(modeAnonymize)
		p.Columns = map[string]retention.Anonymizer{m.column: m.how}
		check(m.name, sqlgen.New(sh.planned(t, p, holdTwo), keys).Change(stepNamed("slice"), runMeta))
	}
}
