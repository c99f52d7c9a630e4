package sqlgen

import (
	"fmt"

	"holdfast/engine/plan"
)

// HeldNow prints the query for the addresses of the held rows of a table that triggers
// may change: relation and place in it, as one text.
func (g *Printer) HeldNow(i int) Statement {
	b := &builder{}
	t := g.plan.Triggered[i]
	m := &Printer{keys: g.keys, plan: &plan.Plan{Table: t.Table, Key: t.Key, Holds: t.Holds}}
	b.printf("SELECT %s.tableoid%s, %s.ctid%s FROM %s\nWHERE %s", alias, asText, alias, asText, m.from(), m.held(b))
	return b.done()
}

// Vanished prints the query that counts addresses at which no row is seen any more.
func (g *Printer) Vanished(i int, relations, tids []string) Statement {
	b := &builder{}
	t := g.plan.Triggered[i]
	b.printf("SELECT pg_catalog.count(*) FROM ROWS FROM (pg_catalog.unnest(%s::pg_catalog.text[]), pg_catalog.unnest(%s::pg_catalog.text[])) AS u(rel, at)\nWHERE NOT EXISTS (SELECT FROM %s WHERE %s.ctid %s u.at::pg_catalog.tid AND %s.tableoid %s u.rel::pg_catalog.oid)",
		b.arg(relations), b.arg(tids), relation(t.Table, alias), alias, opEqual, alias, opEqual)
	return b.done()
}

// HeldCursor is the name of the cursor over the held rows of a table that triggers may
// change, as they were before the change.
func HeldCursor(i int) string { return fmt.Sprintf("holdfast_held_%d", i) }
