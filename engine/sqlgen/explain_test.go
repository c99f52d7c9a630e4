package sqlgen_test

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
)

func TestNoPlanOfADestructiveStatementHasAnAntiJoin(t *testing.T) {
	url := shapesDatabase(t)
	conn := connect(t, url)
	eachStatement(t, func(name string, s sqlgen.Statement, g *sqlgen.Printer, _ mode, sh shape, h hold, st step) {
		nodes := explain(t, conn, s)
		goesItsWay(t, name, nodes, s, sh, h, st)
		if anyNode(nodes, func(n node) bool {
			return n.Type == "ModifyTable" && n.Operation == "Insert" && n.Relation == sh.table.Name.Name
		}) {
			t.Errorf("%s: inserts into the governed table", name)
		}
		hashes := anyNode(nodes, func(n node) bool { return strings.Contains(n.Filter, "hashed SubPlan") })
		if want := h == holdHashed || h == holdTwo; hashes != want {
			t.Errorf("%s: the list of held ids is hashed %v, want %v: %+v", name, hashes, want, nodes)
		}
		if g.SeenFirst() {
			seen, gone := g.Seen(st.r, 1000, runMeta), g.DeleteSeen(st.r, 1000, seenHeld(h))
			goesItsWay(t, name+", seen first", explain(t, conn, seen), seen, sh, h, st)
			goesItsWay(t, name+", what was seen", explain(t, conn, gone), gone, sh, h, st)
		}
	})
	// The same judgement without its fence is flattened: what the test above looks for
	// can be seen.
	nodes := explain(t, conn, sqlgen.Statement{SQL: `DELETE FROM events AS t WHERE t.at < $1::timestamptz AND NOT EXISTS (SELECT FROM holdfast_guard.held_11 AS h WHERE h.k1 = t.id)`, Args: []any{cutoff}})
	if !anyNode(nodes, isAnti) {
		t.Errorf("a flattened NOT EXISTS shows no anti-join, so the test could not find one: %+v", nodes)
	}
}

// goesItsWay checks that a plan judges by the scan alone, and that the scan is the step's: by
// the index, by blocks or by addresses.
func goesItsWay(t *testing.T, name string, nodes []node, s sqlgen.Statement, sh shape, h hold, st step) {
	t.Helper()
	if anyNode(nodes, isAnti) {
		t.Errorf("%s: the plan has an anti-join: %+v\n%s", name, nodes, s.SQL)
	}
	if st.name != "block" && st.name != "tids" && anyNode(nodes, seqScanOf(sh.table.Name.Name)) {
		t.Errorf("%s: reads the whole table: %+v\n%s", name, nodes, s.SQL)
	}
	want := map[string]string{"slice": "Index Scan", "open slice": "Index Scan", "block": "Tid Range Scan", "tids": "Tid Scan"}[st.name]
	if want != "" && h != holdAll && !anyNode(nodes, func(n node) bool {
		return n.Relation == sh.table.Name.Name && (n.Type == want || n.Type == strings.Replace(want, "Index", "Bitmap Heap", 1))
	}) {
		t.Errorf("%s: no %s in %+v", name, want, nodes)
	}
}

func TestLocksAndCountsHaveNoAntiJoinEither(t *testing.T) {
	conn := connect(t, shapesDatabase(t))
	for _, m := range modes {
		for _, sh := range shapes() {
			for _, h := range holds {
				if !sh.can(h) {
					continue
				}
				g := sh.printer(t, m, h)
				for kind, s := range everyOther(g, stepNamed("slice")) {
					if kind == "estimate" {
						continue // it is an EXPLAIN itself
					}
					nodes := explain(t, conn, s)
					if anyNode(nodes, isAnti) {
						t.Errorf("%s, %s key, held %s, %s: the plan has an anti-join: %+v", m, sh.name, h, kind, nodes)
					}
					if kind != "simulate" && kind != "oldest due" && kind != "treat" && anyNode(nodes, seqScanOf(sh.table.Name.Name)) {
						t.Errorf("%s, %s key, held %s, %s: reads the whole table: %+v", m, sh.name, h, kind, nodes)
					}
				}
			}
		}
	}
}

func TestTheSliceWalkFindsItsWayInTheIndexAlone(t *testing.T) {
	conn := connect(t, shapesDatabase(t))
	for _, sh := range shapes() {
		g := sh.printer(t, modeDelete, holdNone)
		for kind, s := range map[string]sqlgen.Statement{"first": g.First(nil), "slice end": g.SliceEnd(day(2), 1000), "after a tie": g.AfterTie(day(2))} {
			nodes := explain(t, conn, s)
			if !anyNode(nodes, func(n node) bool { return n.Type == "Index Only Scan" }) || anyNode(nodes, func(n node) bool { return n.Type == "Sort" }) {
				t.Errorf("%s key, %s: got %+v, want an index-only scan without a sort", sh.name, kind, nodes)
			}
		}
	}
}

func TestTheGoldensDescribeTablesAsTheCatalogDoes(t *testing.T) {
	url := shapesDatabase(t)
	for _, sh := range shapes() {
		live := sh
		live.table = catalogTable(t, url, sh.table.Name)
		if got, want := fmt.Sprintf("%+v", live.table.Columns), fmt.Sprintf("%+v", sh.table.Columns); got != want {
			t.Errorf("%s\ncatalog %s\ngoldens %s", sh.name, got, want)
		}
		if live.table.LeadingIndex(sh.at) == nil {
			t.Errorf("%s: the catalog has no index that leads with %s: %+v", sh.name, sh.at, live.table.Indexes)
		}
		for _, m := range modes {
			for _, h := range holds {
				if !sh.can(h) {
					continue
				}
				got, want := destructive(live.printer(t, m, h), stepNamed("slice")), destructive(sh.printer(t, m, h), stepNamed("slice"))
				if render(got) != render(want) {
					t.Errorf("%s, %s, held %s\ncatalog %s\ngolden  %s", m, sh.name, h, render(got), render(want))
				}
			}
		}
		archive := catalogTable(t, url, archiveOf(sh))
		p := sh.policy(modeArchive)
		if _, err := plan.Build(plan.Inputs{Policy: p, Table: live.table, Archive: archive}); err != nil {
			t.Errorf("%s: the archive that was printed is refused: %v", sh.name, err)
		}
	}
}
