package sqlgen_test

import (
	"strings"
	"testing"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// related is a delete of events to which lines, parts, claims and events themselves
// refer, each in another way.
func related(t *testing.T, change ...func(*retention.Policy)) *sqlgen.Printer {
	t.Helper()
	sh := shapeNamed("bigint")
	child := func(oid uint32, name string, parent retention.TableName, action plan.FKAction) *plan.Table {
		c := &plan.Table{OID: oid, Name: table("Shop", name), Kind: plan.KindTable, Columns: []plan.Column{bigint("id"), bigint("ref")}, Key: &plan.Key{Columns: []string{"id"}, Primary: true}}
		c.Columns[0].EqSchema, c.Columns[0].NotNull = "pg_catalog", true
		c.Outgoing = []plan.ForeignKey{{
			Name: name + "_fkey", Child: c.Name, ChildOID: oid, ChildCols: []string{"ref"}, Parent: parent, ParentCols: []string{"id"},
			Equal: []string{"OPERATOR(pg_catalog.=)"}, OnDelete: action, Sets: []string{"ref"},
		}}
		return c
	}
	lines := child(901, "Line", sh.table.Name, plan.FKCascade)
	parts := child(902, "part", lines.Name, plan.FKSetNull)
	claims := child(903, "claim", lines.Name, plan.FKRestrict)
	lines.Incoming = append(parts.Outgoing, claims.Outgoing...)
	own := lines.Outgoing[0]
	own.Name, own.Child, own.ChildOID, own.ChildCols, own.OnDelete = "up_fkey", sh.table.Name, sh.table.OID, []string{"id"}, plan.FKNoAction
	sh.table.Incoming = []plan.ForeignKey{lines.Outgoing[0], own}
	p := sh.policy(modeDelete)
	p.Cascade = []retention.TableName{lines.Name, parts.Name}
	for _, c := range change {
		c(&p)
	}
	in := plan.Inputs{Policy: p, Table: sh.table, Related: map[uint32]*plan.Table{901: lines, 902: parts, 903: claims}, Holds: []plan.HoldScope{
		{HoldID: "A", HoldNo: 1, RelID: 901, Table: lines.Name, Set: 91, KeyAttnums: []int16{0}, KeyTypes: []uint32{20}, Rows: 5},
		{HoldID: "B", HoldNo: 2, RelID: 902, Table: parts.Name},
	}}
	pl, err := plan.Build(in)
	if err != nil {
		t.Fatal(err)
	}
	pl.Cutoff = cutoff
	return sqlgen.New(pl, keys)
}

func TestForeignKeysArePrintedAsInTheGolden(t *testing.T) {
	g, p := &golden{}, related(t)
	tids, others := []string{"(0,1)", "(0,2)"}, []string{"(3,1)"}
	g.statement("lines that refer to events", p.Referring(0, 0, tids, false, false))
	g.statement("lock lines that refer to events", p.Referring(0, 0, tids, true, false))
	g.statement("lock parts that refer to lines, but for those that others have locked", p.Referring(1, 0, tids, true, true))
	g.statement("held lines", p.HeldAmong(1, tids))
	g.statement("events to which other events refer that stay", p.Blocked(0, 1, tids, others))
	g.statement("lines to which claims refer", p.Blocked(1, 1, tids, nil))
	g.statement("events to which going events refer", p.Among(0, 1, tids, others))
	g.statement("clear the parts of lines", p.Clear(1, 0, tids, others))
	g.statement("delete events with lines", p.Change(sqlgen.Range{TIDs: tids}, runMeta, sqlgen.Gone{Member: 1, TIDs: others}))
	archive := related(t, func(p *retention.Policy) { p.Action = retention.ActionArchive })
	g.statement("archive events with lines", archive.Change(sqlgen.Range{TIDs: tids}, runMeta, sqlgen.Gone{Member: 1, TIDs: others}))
	g.statement("simulation", p.Simulate())
	g.statement("samples of a simulation", p.SampleKeys(10))
	if s, ok := p.Effects(); ok {
		g.statement("what goes with them", s)
	}
	g.statement("what goes with them, around", p.EffectsAround())
	g.statement("what lies ahead of events", p.Ahead(tids, 100))
	after := related(t)
	after.After([]*sqlgen.Printer{related(t)})
	g.statement("simulation after a policy of the same table", after.Simulate())
	g.check(t, "family")
}

// relatedTables are the tables of related, each foreign key with an index.
const relatedTables = `
	CREATE SCHEMA "Shop";
	CREATE TABLE "Shop"."Line" (id bigint PRIMARY KEY, ref bigint REFERENCES events ON DELETE CASCADE);
	CREATE TABLE "Shop".part (id bigint PRIMARY KEY, ref bigint REFERENCES "Shop"."Line" ON DELETE SET NULL);
	CREATE TABLE "Shop".claim (id bigint PRIMARY KEY, ref bigint REFERENCES "Shop"."Line" ON DELETE RESTRICT);
	CREATE INDEX ON "Shop"."Line" (ref); CREATE INDEX ON "Shop".part (ref); CREATE INDEX ON "Shop".claim (ref);
	CREATE TABLE holdfast_guard.held_91 (k1 bigint, hold_no integer, PRIMARY KEY (k1, hold_no));
	INSERT INTO "Shop"."Line" SELECT i, i FROM generate_series(1, 20000) AS i;
	INSERT INTO "Shop".part SELECT i, i FROM generate_series(1, 20000) AS i;
	INSERT INTO "Shop".claim SELECT i, i FROM generate_series(1, 20000, 9) AS i;
	INSERT INTO holdfast_guard.held_91 SELECT i, 1 FROM generate_series(1, 20000, 50) AS i`

// What goes or changes with a policy's rows is found by the indexes of the foreign keys, and
// its holds are judged by the scan too.
func TestWhatGoesAlongIsJudgedWithoutAnAntiJoinAndWithoutReadingAWholeTable(t *testing.T) {
	url := shapesDatabase(t)
	pgtest.Exec(t, url, relatedTables, "VACUUM ANALYZE")
	conn := connect(t, url)
	tids, others := []string{"(0,1)", "(0,2)"}, []string{"(3,1)"}
	archive := related(t, func(p *retention.Policy) { p.Action = retention.ActionArchive })
	pgtest.Exec(t, url, `CREATE TABLE "Shop"."Line_archive" AS SELECT *, now() AS holdfast_archived_at, gen_random_uuid() AS holdfast_run, ''::text AS holdfast_policy, 0 AS holdfast_policy_version FROM "Shop"."Line" LIMIT 0`)
	for _, p := range []*sqlgen.Printer{related(t), archive} {
		with := sqlgen.Gone{Member: 1, TIDs: others}
		for kind, s := range map[string]sqlgen.Statement{
			"change": p.Change(sqlgen.Range{TIDs: tids}, runMeta, with), "clear": p.Clear(1, 0, tids, others),
			"lock lines": p.Referring(0, 0, tids, true, false), "lock parts": p.Referring(1, 0, tids, true, true),
			"blocked": p.Blocked(1, 1, tids, nil), "among": p.Among(0, 1, tids, others), "held": p.HeldAmong(1, tids),
		} {
			nodes := explain(t, conn, s)
			if anyNode(nodes, isAnti) {
				t.Errorf("%s: the plan has an anti-join: %+v\n%s", kind, nodes, s.SQL)
			}
			for _, name := range []string{"events", "Line", "part", "claim"} {
				if anyNode(nodes, seqScanOf(name)) {
					t.Errorf("%s: reads the whole of %s: %+v\n%s", kind, name, nodes, s.SQL)
				}
			}
		}
	}
}

// claimed is a delete of events to which claims refer, which refuse and have no index.
func claimed(t *testing.T) *sqlgen.Printer {
	t.Helper()
	sh := shapeNamed("bigint")
	claims := &plan.Table{OID: 903, Name: table("Shop", "claim"), Kind: plan.KindTable, Columns: []plan.Column{bigint("id"), bigint("ref")}}
	sh.table.Incoming = []plan.ForeignKey{{
		Name: "claim_fkey", Child: claims.Name, ChildOID: 903, ChildCols: []string{"ref"}, Parent: sh.table.Name, ParentCols: []string{"id"},
		Equal: []string{"OPERATOR(pg_catalog.=)"}, OnDelete: plan.FKNoAction,
	}}
	pl, err := plan.Build(plan.Inputs{Policy: sh.policy(modeDelete), Table: sh.table, Related: map[uint32]*plan.Table{903: claims}})
	if err != nil {
		t.Fatal(err)
	}
	pl.Cutoff = cutoff
	return sqlgen.New(pl, keys)
}

// Where many refer to few, the server expects to find one of them soon, and looked through the
// whole of the referring table for each row to which none does: a simulation with 20,000 due
// rows and a million children did not end.
func TestASimulationReadsAReferringTableWithoutAnIndexOnce(t *testing.T) {
	url := shapesDatabase(t)
	pgtest.Exec(t, url, `CREATE SCHEMA "Shop"`, `CREATE TABLE "Shop".claim (id bigint, ref bigint)`, `INSERT INTO "Shop".claim SELECT i, 9 FROM generate_series(1, 20000) AS i`, "VACUUM ANALYZE")
	conn := connect(t, url)
	for kind, s := range map[string]sqlgen.Statement{"simulation": claimed(t).Simulate(), "samples": claimed(t).SampleKeys(10)} {
		nodes := explain(t, conn, s)
		if anyNode(nodes, func(n node) bool { return n.Relation == "claim" && strings.Contains(n.Filter, "t.id = ref") }) {
			t.Errorf("%s: looks through the claims for each row: %+v", kind, nodes)
		}
		if !anyNode(nodes, seqScanOf("claim")) {
			t.Errorf("%s: does not read the claims: %+v", kind, nodes)
		}
	}
}
