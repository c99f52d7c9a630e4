package sqlgen_test

import (
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// restoring plans how archived events go back, where they refer to their own table and to
// customers.
func restoring(t *testing.T, h hold) *plan.Restoring {
	t.Helper()
	sh := shapeNamed("bigint")
	source := *sh.table
	own := plan.ForeignKey{Name: "up_fkey", Child: source.Name, ChildCols: []string{"id"}, Parent: source.Name, ParentCols: []string{"id"}, Equal: []string{"OPERATOR(pg_catalog.=)"}}
	customer := own
	customer.Name, customer.Parent, customer.ParentCols = "customer_fkey", table("public", "customers"), []string{"no"}
	source.Outgoing = []plan.ForeignKey{own, customer}
	source.Indexes = []plan.Index{{Name: "the_key", Unique: true, Valid: true, Columns: []string{"id"}}}
	source.Checks = []plan.Check{{Name: "short", Expr: "(length(note) < 10)", Columns: []string{"note"}}}
	archive := *sh.table
	archive.Name = table("public", "events_archive")
	archive.Columns = append(slices.Clone(archive.Columns), plan.ArchiveMeta()...)
	p, err := plan.Restore(&source, &archive, plan.Archiving{}, nil)
	if err != nil {
		t.Fatal(err)
	}
	p.Holds = sh.holds(h)
	return p
}

func restorer(t *testing.T, h hold, ahead bool) *sqlgen.Restorer {
	t.Helper()
	at := time.Date(2024, 1, 2, 3, 4, 5, 0, time.UTC)
	p := restoring(t, h)
	pick := sqlgen.Picked{RunID: runMeta.RunID, Policy: "events", At: &at}
	return sqlgen.NewRestorer(p, pick, map[retention.TableName][]sqlgen.ArchiveOf{
		p.Source.Name:                {{Archive: p.Archive, Comes: ahead, Picked: pick, Holds: p.Holds}},
		table("public", "customers"): {{Archive: &plan.Table{Name: table("old", "customers"), Kind: plan.KindTable}, Comes: ahead, Picked: sqlgen.Picked{RunID: runMeta.RunID, Policy: "customers"}}},
	})
}

var someTIDs = sqlgen.Range{TIDs: []string{"(0,1)", "(0,2)"}}

func TestARestoreIsPrintedAsInTheGolden(t *testing.T) {
	g := &golden{}
	for _, h := range []hold{holdNone, holdTwo, holdAll} {
		r := restorer(t, h, false)
		g.statement("candidates, held "+string(h), r.Candidates(stepNamed("block")))
		g.statement("restore, held "+string(h), r.Restore(someTIDs.TIDs, true))
	}
	r := restorer(t, holdTwo, false)
	g.statement("what is in conflict", r.Judge(someTIDs))
	g.statement("which refer to rows of their own table", r.Links(0, someTIDs))
	g.statement("restore, counts alone", r.Restore(someTIDs.TIDs, false))
	g.statement("the newest copies of records", r.Newest([]retention.Key{{"1"}, {"2"}}))
	g.statement("copies of records", r.Copies([]retention.RestoreCopy{{Key: retention.Key{"1"}, RunID: runMeta.RunID, At: cutoff}}))
	g.statement("a look ahead", restorer(t, holdTwo, true).Census(sqlgen.Range{}, 5))
	g.statement("what is left of some", r.Census(someTIDs, 5))
	g.check(t, "restore")
}

// The statement that takes rows out of an archive judges holds by the scan, as every
// destructive one does.
func TestARestoreJudgesHoldsByTheScan(t *testing.T) {
	bad := regexp.MustCompile(`(?i)\bJOIN\b|\bNOT\s+IN\b|\bUSING\b|\bUNION\b`)
	for _, h := range []hold{holdHashed, holdProbed, holdTwo} {
		s := restorer(t, h, false).Restore(someTIDs.TIDs, true)
		sets := strings.Count(s.SQL, `"holdfast_guard"."held_`)
		if found := bad.FindString(s.SQL); found != "" || sets == 0 || sets != strings.Count(s.SQL, "OFFSET 0)") || strings.Count(s.SQL, "DELETE FROM ONLY") != 1 {
			t.Errorf("held %s: %q, %d sub-selects of held ids\n%s", h, found, sets, s.SQL)
		}
	}
}
