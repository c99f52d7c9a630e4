package sqlgen

import (
	"fmt"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// rolledReturning is what a rollup asks of each row that goes: the groups as r1, r2 … and
// what is measured as m1, m2 ….
func (g *Printer) rolledReturning() []string {
	r := g.plan.Rollup
	if r == nil {
		return nil
	}
	var out []string
	for i, c := range r.Groups {
		group := fmt.Sprintf("(%s)::%s", c.Expr.SQL("t"), c.Column.BaseSQL)
		if c.Column.Collation != "" {
			// By the equality of the index that finds the group's row.
			group += " COLLATE " + c.Column.Collation
		}
		out = append(out, fmt.Sprintf("%s AS r%d", group, i+1))
	}
	for i, m := range r.Measures {
		if m.Expr != nil {
			out = append(out, fmt.Sprintf("%s AS m%d", m.Expr.SQL("t"), i+1))
		}
	}
	return out
}

// addRollup adds the figures of the rows that went to their groups' rows. Groups come in
// order, so that two that add to the same ones wait for each other instead of locking up.
func (g *Printer) addRollup(b *builder) {
	r := g.plan.Rollup
	var into, values, groups, keys, sets []string
	for i, c := range r.Groups {
		name := retention.QuoteIdent(c.Column.Name)
		into, keys = append(into, name), append(keys, name)
		values, groups = append(values, fmt.Sprintf("gone.r%d", i+1)), append(groups, fmt.Sprintf("gone.r%d", i+1))
	}
	for i, m := range r.Measures {
		name := retention.QuoteIdent(m.Column.Name)
		old, added := "o."+name, "excluded."+name
		into = append(into, name)
		switch m.Func {
		case "count":
			values = append(values, "pg_catalog.count(*)")
		default:
			values = append(values, fmt.Sprintf("pg_catalog.%s(gone.m%d)", m.Func, i+1))
		}
		set := fmt.Sprintf("coalesce(%s OPERATOR(pg_catalog.+) %s, %s, %s)", old, added, old, added)
		switch m.Func {
		case "min":
			set = fmt.Sprintf("least(%s, %s)", old, added)
		case "max":
			set = fmt.Sprintf("greatest(%s, %s)", old, added)
		}
		sets = append(sets, name+" = "+set)
	}
	b.printf("INSERT INTO %s AS o (%s)\nSELECT %s FROM gone\nGROUP BY %s\nORDER BY %s\nON CONFLICT (%s) DO UPDATE\nSET %s\nRETURNING o.xmax OPERATOR(pg_catalog.=) '0'::pg_catalog.xid AS fresh",
		r.Table.Name.SQL(), strings.Join(into, ", "), strings.Join(values, ", "), strings.Join(groups, ", "), strings.Join(groups, ", "), strings.Join(keys, ", "), strings.Join(sets, ",\n    "))
}

// ExplainRollup prints the statement by which the server judges the types of a rollup, and
// that its groups are found; it executes nothing.
func (g *Printer) ExplainRollup() Statement {
	b := &builder{}
	b.printf("EXPLAIN WITH gone AS (SELECT %s FROM %s)\n", strings.Join(g.rolledReturning(), ", "), g.from())
	g.addRollup(b)
	return b.done()
}

// MeasureTypes prints the query for the types of what is measured, of the figure and of its
// column, by their names.
func (g *Printer) MeasureTypes(m plan.RolledMeasure) Statement {
	b := &builder{}
	b.printf("SELECT pg_catalog.min(pg_catalog.pg_typeof(x.m)::pg_catalog.text), pg_catalog.pg_typeof(pg_catalog.%s(x.m))::pg_catalog.text, pg_catalog.pg_typeof(NULL::%s)::pg_catalog.text\nFROM (SELECT %s AS m FROM (SELECT) AS one LEFT JOIN %s ON false) AS x",
		m.Func, m.Column.BaseSQL, m.Expr.SQL("t"), g.from())
	return b.done()
}

// countRolled is what the summary says of a rollup: how many rows were made there, and how
// many were changed.
func countRolled() []string {
	return []string{"(SELECT pg_catalog.count(*) FILTER (WHERE fresh) FROM rolled)", "(SELECT pg_catalog.count(*) FILTER (WHERE NOT fresh) FROM rolled)"}
}
