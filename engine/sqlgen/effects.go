package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/engine/plan"
)

// Effects prints the query for what a run would do to the tables of the family beside the
// policy's own rows: the member, how many rows of it would go, and how many references others of
// it would lose. The policy's own rows are counted for its table, the first member. It answers
// false where the foreign keys lead around in a circle: see EffectsAround.
func (g *Printer) Effects() (Statement, bool) {
	order, ok := g.downward()
	if !ok {
		return Statement{}, false
	}
	b := &builder{}
	g.goingOwn(b, "going0(tableoid, ctid)", "")
	down := make([][]string, len(g.plan.Family))
	clears := make([][]string, len(g.plan.Family))
	for _, i := range order {
		m := g.plan.Family[i]
		if len(down[i]) > 0 {
			b.printf(",\ngoing%d(tableoid, ctid) AS MATERIALIZED (\n%s\n)", i, strings.Join(down[i], "\nUNION\n"))
		}
		for _, r := range m.References {
			if !r.Reaches() {
				continue
			}
			s := fmt.Sprintf("SELECT c.tableoid, c.ctid FROM going%d AS g JOIN %s ON %s JOIN %s ON %s", i, relation(m.Table, "p"), at("p", "g"), relation(r.Children, "c"), refers(r.ForeignKey, "p", "c"))
			if r.Effect == plan.EffectRemoves {
				down[r.Member] = append(down[r.Member], s)
			} else {
				clears[r.Member] = append(clears[r.Member], s)
			}
		}
	}
	selects := []string{"SELECT 0, (SELECT pg_catalog.count(*) FROM going0), " + countCleared(clears[0], "going0")}
	for i := 1; i < len(g.plan.Family); i++ {
		going, own := "0", ""
		if len(down[i]) > 0 {
			own = fmt.Sprintf("going%d", i)
			going = "(SELECT pg_catalog.count(*) FROM " + own + ")"
		}
		selects = append(selects, fmt.Sprintf("SELECT %d, %s, %s", i, going, countCleared(clears[i], own)))
	}
	b.printf("\n%s", strings.Join(selects, "\nUNION ALL\n"))
	return b.done(), true
}

// countCleared prints how many references are lost, but for those of rows that go.
func countCleared(clears []string, going string) string {
	if len(clears) == 0 {
		return "0"
	}
	s := "SELECT pg_catalog.count(*) FROM (" + strings.Join(clears, " UNION ALL ") + ") AS x"
	if going != "" {
		s += fmt.Sprintf(" WHERE (x.tableoid, x.ctid) NOT IN (SELECT o.tableoid, o.ctid FROM %s AS o)", going)
	}
	return "(" + s + ")"
}

// EffectsAround prints Effects for foreign keys that lead around in a circle. The server keeps
// all rows that it finds in memory.
func (g *Printer) EffectsAround() Statement {
	b := &builder{}
	var steps []string
	for i, m := range g.plan.Family {
		for _, r := range m.References {
			if r.Reaches() {
				clear := 0
				if r.Effect == plan.EffectClears {
					clear = len(steps) + 1
				}
				steps = append(steps, fmt.Sprintf("SELECT %d AS member, c.tableoid, c.ctid, %d AS clear FROM %s JOIN %s ON %s WHERE g.member %s %d AND %s",
					r.Member, clear, relation(m.Table, "p"), relation(r.Children, "c"), refers(r.ForeignKey, "p", "c"), opEqual, i, at("p", "g")))
			}
		}
	}
	around := ""
	if len(steps) > 0 {
		around = "\nUNION\nSELECT x.member, x.tableoid, x.ctid, x.clear FROM going AS g CROSS JOIN LATERAL (\n" + strings.Join(steps, "\nUNION ALL\n") + "\n) AS x WHERE g.clear " + opEqual + " 0"
	}
	g.goingOwn(b, "going(member, tableoid, ctid, clear)", around)
	b.printf("\nSELECT y.member, pg_catalog.count(*) FILTER (WHERE y.removed), coalesce(pg_catalog.sum(y.n) FILTER (WHERE NOT y.removed), 0)::pg_catalog.int8\nFROM (SELECT going.member, pg_catalog.bool_or(going.clear %s 0) AS removed, pg_catalog.count(*) AS n FROM going GROUP BY going.member, going.tableoid, going.ctid) AS y\nGROUP BY y.member ORDER BY y.member", opEqual)
	return b.done()
}

// goingOwn prints the common table expression of the policy's own rows that go, with more to it
// where that is given.
func (g *Printer) goingOwn(b *builder, head, more string) {
	own := g.keptByOwn(b)
	if own {
		b.printf(", ")
	} else {
		b.printf("WITH RECURSIVE ")
	}
	columns := fmt.Sprintf("%s.tableoid, %s.ctid", alias, alias)
	materialized := "MATERIALIZED "
	if more != "" {
		columns, materialized = "0, "+columns+", 0", ""
	}
	b.printf("%s AS %s(\nSELECT %s FROM %s\nWHERE %s%s", head, materialized, columns, g.from(), g.due(b), g.notGoneOwn(b))
	if g.plan.Holds.Any() {
		b.printf("\n  AND NOT %s", g.held(b))
	}
	b.printf("\n  AND %s IS NULL%s\n)", g.blocker(b, own), more)
}

// downward are the members in an order in which those to whose rows others refer come first;
// false where there is none.
func (g *Printer) downward() (order []int, ok bool) {
	const under, done = 1, 2
	state := make([]int, len(g.plan.Family))
	var visit func(i int) bool
	visit = func(i int) bool {
		if state[i] != 0 {
			return state[i] == done
		}
		state[i] = under
		for _, r := range g.plan.Family[i].References {
			if r.Reaches() && r.Effect == plan.EffectRemoves && !visit(r.Member) {
				return false
			}
		}
		state[i] = done
		order = append(order, i)
		return true
	}
	ok = visit(0)
	slices.Reverse(order)
	return order, ok
}

// at prints that a row under an alias is the one that a list has the address of.
func at(as, list string) string {
	return fmt.Sprintf("%s.ctid %s %s.ctid AND %s.tableoid %s %s.tableoid", as, opEqual, list, as, opEqual, list)
}
