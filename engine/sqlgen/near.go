package sqlgen

import (
	"fmt"
	"slices"

	"holdfast/engine/plan"
)

// Where a list of held ids is too long to be hashed in every batch, each row is looked up in
// its index, which takes longer than everything else that is done with the row. Rows that lie
// together often have ids that do too. A statement that only reads may then take from the list
// what lies between the least and the greatest id of its rows, and hash that: it judges the
// rows as they were when these two were found. (One that changes rows may not: it judges a row
// again that was changed under way, by an id that may lie elsewhere by now.) Where that comes
// to be long as well, it looks each up as before.

// near prints the queries of a step for what of each long list lies near its rows, each
// followed by a comma, and answers how a row is looked up in a list after them.
func (g *Printer) near(b *builder, r Range) (with string, in func(set int) string) {
	near := map[int]string{}
	for i, set := range g.plan.Holds.Sets {
		column, ok := g.spanned(set)
		if !ok {
			continue
		}
		n := fmt.Sprint(i + 1)
		near[i] = "near" + n
		with += fmt.Sprintf(`span%[1]s AS MATERIALIZED (
SELECT pg_catalog.min(f.id) AS lo, pg_catalog.max(f.id) AS hi
FROM (SELECT %[2]s AS id FROM %[3]s WHERE %[4]s AND %[5]s OFFSET 0) AS f
), near%[1]s AS MATERIALIZED (
SELECT h.%[6]s AS id FROM %[7]s AS h
WHERE h.%[6]s %[8]s (SELECT lo FROM span%[1]s) AND h.%[6]s %[9]s (SELECT hi FROM span%[1]s) AND h.hold_no %[10]s ANY (%[11]s::integer[])
LIMIT %[12]d
), `, n, col(column), g.from(), g.within(b, r), g.dueWithin(b), HeldColumn(0), HeldTable(set.ID).SQL(), opFrom, opUpTo, opEqual, b.arg(set.HoldNos), plan.HashLimit+1)
	}
	return with, func(set int) string {
		held := g.plan.Holds.Sets[set]
		each := g.inSet(b, held, alias)
		if near[set] == "" {
			return each
		}
		return fmt.Sprintf("CASE WHEN (SELECT pg_catalog.count(*) FROM %[1]s) %[6]s %[2]d THEN %[3]s %[4]s ANY (SELECT id FROM %[1]s OFFSET 0) ELSE %[5]s END",
			near[set], plan.HashLimit, col(g.keyOf(held)[0].Name), opEqual, each, opUpTo)
	}
}

// spanned is the column of a list's key, if that is one whole number: those are in an order
// that says where in the table a row is, often, and that all servers have a least of.
func (g *Printer) spanned(set plan.HeldSet) (column string, ok bool) {
	key := g.keyOf(set)
	ok = !set.Hash && len(key) == 1 && key[0].EqSchema == "pg_catalog" && slices.Contains([]string{"int2", "int4", "int8"}, key[0].BaseType)
	return key[0].Name, ok
}

// keyOf are the columns that a list's ids are compared with.
func (g *Printer) keyOf(set plan.HeldSet) []plan.Column {
	if set.Key == nil {
		return g.plan.Key
	}
	return set.Key
}
