package sqlgen_test

import (
	"testing"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/internal/pgtest"
)

const eq = "OPERATOR(pg_catalog.=)"

// lineageTables are customers with a composite key, their orders and items, and tags of an item that
// lead around in a circle by way of a tag's own parent.
const lineageTables = `
	CREATE TABLE customers (tenant integer, id bigint, mail text UNIQUE, PRIMARY KEY (tenant, id));
	CREATE TABLE orders (id bigint PRIMARY KEY, tenant integer, customer bigint, mail text, FOREIGN KEY (tenant, customer) REFERENCES customers, FOREIGN KEY (mail) REFERENCES customers (mail));
	CREATE TABLE items (id bigint PRIMARY KEY, "order" bigint REFERENCES orders, at timestamptz);
	CREATE TABLE tags (id bigint PRIMARY KEY, item bigint REFERENCES items, parent bigint REFERENCES tags, at timestamptz);
	CREATE INDEX ON items (at); CREATE INDEX ON items ("order"); CREATE INDEX ON orders (tenant, customer); CREATE INDEX ON orders (mail);
	CREATE INDEX ON tags (at); CREATE INDEX ON tags (item); CREATE INDEX ON tags (parent);
	CREATE TABLE holdfast_guard.held_51 (k1 integer, k2 bigint, hold_no integer, PRIMARY KEY (k1, k2, hold_no));
	INSERT INTO customers SELECT 1, i, 'm' || i FROM generate_series(1, 5000) AS i;
	INSERT INTO orders SELECT i, 1, (i + 1) / 2, 'm' || (i + 1) / 2 FROM generate_series(1, 10000) AS i;
	INSERT INTO items SELECT i, (i + 1) / 2, timestamptz '2024-01-01 00:00Z' + i * interval '20 seconds' FROM generate_series(1, 20000) AS i;
	INSERT INTO tags SELECT i, i, nullif(i / 2, 0), timestamptz '2024-01-01 00:00Z' + i * interval '20 seconds' FROM generate_series(1, 20000) AS i;
	INSERT INTO holdfast_guard.held_51 SELECT 1, i, 1 FROM generate_series(1, 5000, 50) AS i`

// lineage is that of the customers' records.
func lineage(depth int) *plan.Lineage {
	node := func(name string, links ...plan.Link) plan.LineageNode {
		return plan.LineageNode{Table: table("public", name), Relation: plan.Relation{Name: table("public", name)}, Links: links}
	}
	one := func(parent int, child, referred string) plan.Link {
		return plan.Link{Parent: parent, ChildCols: []string{child}, ParentCols: []string{referred}, Equal: []string{eq}, Back: []string{eq}, Collate: []string{""}}
	}
	key := plan.Link{Parent: 0, ChildCols: []string{"customer", "tenant"}, ParentCols: []string{"id", "tenant"}, Equal: []string{eq, eq}, Back: []string{eq, eq}, Collate: []string{"", ""}}
	return &plan.Lineage{Depth: depth, Key: []string{"tenant", "id"}, Equal: []string{"pg_catalog", "pg_catalog"}, Nodes: []plan.LineageNode{
		node("customers"), node("orders", key, one(0, "mail", "mail")), node("items", one(1, "order", "id")), node("tags", one(2, "item", "id"), one(3, "parent", "id")),
	}}
}

// belonging is a printer for a table whose rows are held as far as they belong to customers.
func belonging(t *testing.T, name string, node, depth int, hash bool) *sqlgen.Printer {
	t.Helper()
	sh := newShape("bigint", table("public", name), 0, "at", "", []plan.Column{bigint("id")}, "")
	sh.table.Columns = append(sh.table.Columns[:2], bigint("order"), bigint("item"), bigint("parent"))
	pl := sh.planned(t, sh.policy(modeDelete), holdNone)
	pl.Holds.Families = []plan.HeldFamily{{Lineage: lineage(depth), Node: node, Set: plan.HeldSet{ID: 51, HoldNos: active, Hash: hash}}}
	return sqlgen.New(pl, keys)
}

func TestFamiliesAreJudgedAsInTheGolden(t *testing.T) {
	g := &golden{}
	slice := stepNamed("slice")
	g.statement("items by way of orders, few records", belonging(t, "items", 2, 0, true).Change(slice, runMeta))
	g.statement("items by way of orders, many records", belonging(t, "items", 2, 0, false).HeldCount(slice))
	g.statement("items at a depth of one, which reaches none", belonging(t, "items", 2, 1, true).HeldCount(slice))
	g.statement("tags, in a circle", belonging(t, "tags", 3, 0, true).Change(slice, runMeta))
	g.statement("tags over up to four foreign keys", belonging(t, "tags", 3, 4, true).HeldCount(slice))
	pl := lineage(0)
	sh := newShape("bigint", table("public", "tags"), 0, "at", "", []plan.Column{bigint("id")}, "")
	g.statement("what belongs to records in a table", sqlgen.BelongingTo(sh.table, plan.HeldFamily{Lineage: pl, Node: 3, Set: plan.HeldSet{ID: 51, HoldNos: active}}).Count())
	g.check(t, "lineage")
}

// No plan of the judgement is an anti-join, and none reads a table as a whole for it where the
// foreign keys have indexes.
func TestFamiliesAreJudgedWithoutAJoin(t *testing.T) {
	url := shapesDatabase(t)
	pgtest.Exec(t, url, lineageTables, "VACUUM ANALYZE")
	conn := connect(t, url)
	slice := stepNamed("slice")
	for _, c := range []struct {
		name        string
		node, depth int
	}{{"items", 2, 0}, {"items", 2, 2}, {"tags", 3, 0}, {"tags", 3, 4}} {
		for _, hash := range []bool{true, false} {
			g := belonging(t, c.name, c.node, c.depth, hash)
			for kind, s := range map[string]sqlgen.Statement{
				"change": g.Change(slice, runMeta), "seen": g.Seen(slice, 1000, runMeta), "held": g.HeldCount(slice), "held left": g.HeldLeft(slice), "lock": g.Lock(slice, false),
			} {
				nodes := explain(t, conn, s)
				if anyNode(nodes, isAnti) {
					t.Errorf("%s of %s at depth %d: the plan has an anti-join\n%s", kind, c.name, c.depth, s.SQL)
				}
				if anyNode(nodes, func(n node) bool { return n.Join == "Semi" }) {
					t.Errorf("%s of %s at depth %d: the list of records is joined, which reads it for every row\n%s", kind, c.name, c.depth, s.SQL)
				}
				if anyNode(nodes, seqScanOf(c.name)) || anyNode(nodes, seqScanOf("orders")) {
					t.Errorf("%s of %s at depth %d reads a whole table\n%s", kind, c.name, c.depth, s.SQL)
				}
			}
		}
	}
}
