package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Covered prints what a hold covers of a table, before it is placed. It judges as a batch
// does: by the same sets, conditions and equality.
type Covered struct {
	table *plan.Table
	key   []plan.Column
	held  plan.HeldRows
	// but are records that are not counted.
	but *plan.HeldSet
}

// CoveredBy is what a hold would cover of a table.
func CoveredBy(t *plan.Table, held plan.HeldRows) Covered {
	return Covered{table: t, key: t.KeyColumns(), held: held}
}

// BelongingTo is what belongs to held records in one table of their lineage, but for those
// records themselves.
func BelongingTo(t *plan.Table, f plan.HeldFamily) Covered {
	c := CoveredBy(t, plan.HeldRows{Families: []plan.HeldFamily{f}})
	if f.Node == 0 {
		c.but = &f.Set
	}
	return c
}

// ids is the one set of ids, if it is one that covers.
func (c Covered) ids() *plan.HeldSet {
	if c.held.All || len(c.held.Sets) != 1 || len(c.held.Conditions) > 0 || len(c.held.Families) > 0 {
		return nil
	}
	return &c.held.Sets[0]
}

// from is the covered rows as a FROM item: a few ids each look their row up, and what belongs
// to records is gathered from them, instead of every row of the table being asked.
func (c Covered) from(b *builder) string {
	if len(c.held.Families) == 1 && !c.held.Families[0].Archived && len(c.held.Sets)+len(c.held.Conditions)+len(c.held.Parts) == 0 && !c.held.All {
		return fmt.Sprintf("(SELECT k.* FROM (%s) AS l CROSS JOIN LATERAL (SELECT c.tableoid, c.ctid, c.* FROM %s WHERE c.tableoid %s l.rel AND c.ctid %s l.at OFFSET 0) AS k) AS %s",
			members(b, c.held.Families[0]), relation(c.table, "c"), opEqual, opEqual, alias)
	}
	set := c.ids()
	if set == nil {
		return relation(c.table, alias)
	}
	key := c.key
	if set.Key != nil {
		key = set.Key
	}
	equal := make([]string, len(key))
	for i, k := range key {
		equal[i] = fmt.Sprintf("h.%s OPERATOR(%s.=) c.%s", HeldColumn(i), retention.QuoteIdent(k.EqSchema), retention.QuoteIdent(k.Name))
	}
	return fmt.Sprintf("(SELECT c.tableoid, c.ctid, c.* FROM %s AS h JOIN %s ON %s) AS %s", HeldTable(set.ID).SQL(), relation(c.table, "c"), strings.Join(equal, " AND "), alias)
}

func (c Covered) where(b *builder) string {
	if c.ids() != nil {
		return "true"
	}
	g := &Printer{plan: &plan.Plan{Table: c.table, Key: c.key, Holds: c.held}}
	s := g.held(b)
	if c.but != nil {
		s += " AND NOT " + g.inSet(b, *c.but, alias)
	}
	return s
}

// Count counts the covered rows, and those for which a condition is neither true nor false.
func (c Covered) Count() Statement {
	b := &builder{}
	unknown := "0::bigint"
	if len(c.held.Conditions) > 0 {
		parts := make([]string, len(c.held.Conditions))
		for i, cond := range c.held.Conditions {
			parts[i] = "(" + cond.Cond.SQL("t") + ")"
		}
		unknown = "pg_catalog.count(*) FILTER (WHERE (" + strings.Join(parts, " OR ") + ") IS NULL)"
	}
	b.printf("SELECT pg_catalog.count(*) FILTER (WHERE %s), %s FROM %s", c.where(b), unknown, c.from(b))
	return b.done()
}

// Keys reads the keys of some of the covered rows, as text.
func (c Covered) Keys(n int) Statement {
	b := &builder{}
	texts := make([]string, len(c.key))
	for i, k := range c.key {
		texts[i] = col(k.Name) + asText
	}
	b.printf("SELECT ARRAY[%s] FROM %s\nWHERE %s\nLIMIT %d", strings.Join(texts, ", "), c.from(b), c.where(b), n)
	return b.done()
}

// Also counts the covered rows that others hold too.
func (c Covered) Also(by plan.HeldRows) Statement {
	b := &builder{}
	g := &Printer{plan: &plan.Plan{Table: c.table, Key: c.key, Holds: by}}
	b.printf("SELECT pg_catalog.count(*) FILTER (WHERE (%s) IS TRUE)\nFROM %s\nWHERE %s", g.held(b), c.from(b), c.where(b))
	return b.done()
}

// Due counts the covered rows that are due: under any of the policies and not held, under
// any and held by others, then under each alone. The printers are the policies', all of this
// table.
func (c Covered) Due(policies []*Printer) Statement {
	b := &builder{}
	each := make([]string, len(policies))
	for i, p := range policies {
		each[i] = "((" + p.due(b) + ") IS TRUE)"
	}
	anyDue, held := "("+strings.Join(each, " OR ")+")", "false"
	if policies[0].plan.Holds.Any() {
		held = "(" + policies[0].held(b) + ") IS TRUE"
	}
	counts := []string{anyDue + " AND NOT " + held, anyDue + " AND " + held}
	for i, cond := range slices.Concat(counts, each) {
		sep := ", "
		if i == 0 {
			sep = "SELECT "
		}
		b.printf("%spg_catalog.count(*) FILTER (WHERE %s)", sep, cond)
	}
	b.printf("\nFROM %s\nWHERE %s", c.from(b), c.where(b))
	return b.done()
}
