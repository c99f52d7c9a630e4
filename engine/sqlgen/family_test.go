package sqlgen_test

import (
	"testing"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
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
	after := related(t)
	after.After([]*sqlgen.Printer{related(t)})
	g.statement("simulation after a policy of the same table", after.Simulate())
	g.check(t, "family")
}
