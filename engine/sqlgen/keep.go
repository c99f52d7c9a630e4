package sqlgen

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Where the application may change held rows, and their old versions are kept, a row that goes,
// or that comes to refer to something else, would take the way up from everything below it. So
// before that the keys of what belongs to the records by way of it are kept among the ids of
// the hold, and so is the key that the row itself has after. They stay held as ids do, and lead
// to the records for whatever refers to them: a row that was added below at the same moment, by
// a transaction that nobody could see, is not among those that are kept.

// keepBelow prints what is kept before one held row is changed.
func (e Enforcing) keepBelow(b *builder) {
	for _, h := range e.Holds {
		for _, f := range h.Lines {
			if h.Refuse {
				continue
			}
			below, own := e.below(b, f), e.ownKey(b, f)
			if below+own == "" {
				continue
			}
			b.printf("    IF TG_OP OPERATOR(pg_catalog.=) 'DELETE' THEN\n%s        NULL;\n    ELSIF %s THEN\n%s%s    END IF;\n", below, e.leadsElsewhere(f), below, own)
		}
	}
}

// leadsElsewhere prints that an UPDATE changes a column by which rows are found to belong, or
// the key. Another trigger of the table may change them after ours.
func (e Enforcing) leadsElsewhere(f plan.HeldFamily) string {
	n := f.Lineage.Nodes[f.Node]
	names := append(slices.Clone(n.Columns), n.KeptKey...)
	if f.Node == 0 {
		names = append(names, f.Lineage.Key...)
	}
	slices.Sort(names)
	var same []string
	for _, name := range slices.Compact(names) {
		column := retention.QuoteIdent(name)
		same = append(same, fmt.Sprintf("OLD.%s%s %s NEW.%s%s", column, asText, opEqual, column, asText))
	}
	if len(same) == 0 || len(e.Table.Triggers) > 0 {
		return "true"
	}
	return "(" + strings.Join(same, " AND ") + ") IS NOT TRUE"
}

// below prints the keeping of what belongs to the records by way of the row.
func (e Enforcing) below(b *builder, f plan.HeldFamily) string {
	nodes := append(f.Lineage.Below(f.Node), f.Node)
	slices.Sort(nodes)
	return keepNodes(b, f, func(l *lineage, _ int) string {
		return l.lineFrom([]string{fmt.Sprintf("SELECT %d, 0, %s.tableoid, %s.ctid", f.Node, oldRow, oldRow)}, slices.Compact(nodes), f.Lineage.Depth)
	})
}

// ownKey prints the keeping of the key that the row gets, if it belongs to a record.
func (e Enforcing) ownKey(b *builder, f plan.HeldFamily) string {
	n := f.Lineage.Nodes[f.Node]
	key := e.keptKey(f, n)
	if n.Kept == 0 || key == nil || !tellable(f.Lineage, f.Node) {
		return ""
	}
	held := plan.HeldRows{Families: []plan.HeldFamily{f}, Sets: []plan.HeldSet{{ID: n.Kept, HoldNos: []int32{plan.KeptNo(f.Set.HoldNos[0])}, Key: key}}}
	values := make([]string, len(n.KeptKey))
	for i, name := range n.KeptKey {
		values[i] = "NEW." + retention.QuoteIdent(name)
	}
	return fmt.Sprintf("        INSERT INTO %s (%s) SELECT %s, %d WHERE %s ON CONFLICT DO NOTHING;\n", HeldTable(n.Kept).SQL(), keptColumns(n), strings.Join(values, ", "), plan.KeptNo(f.Set.HoldNos[0]), e.held(b, held, oldRow))
}

// keptKey are the columns of the table's key by which rows of a node are kept, in an archive those of
// the same names; nil where they are not known by them.
func (e Enforcing) keptKey(f plan.HeldFamily, n plan.LineageNode) []plan.Column {
	if n.OID == e.Table.OID {
		return e.Table.KeyColumns()
	}
	is := func(r plan.Relation) bool { return r.OID == e.Table.OID && r.Keyed }
	if !f.Archived || !slices.ContainsFunc(n.Archives, is) {
		return nil
	}
	key := make([]plan.Column, len(n.KeptKey))
	for i, name := range n.KeptKey {
		c, ok := e.Table.Column(name)
		if !ok || c.EqSchema == "" {
			return nil
		}
		key[i] = c
	}
	return key
}

// keepAll prints the keeping of everything that belongs to the records by way of rows of the
// table, which a TRUNCATE takes all at once.
func (e Enforcing) keepAll(b *builder) {
	for _, h := range e.Holds {
		for _, f := range h.Lines {
			if h.Refuse {
				continue
			}
			b.printf("%s", keepNodes(b, f, func(l *lineage, node int) string {
				line, _ := l.line(node, f.Lineage.Depth)
				return line
			}))
		}
	}
}

// tellable reports whether rows of a node are judged by what leads to them. Where that is not
// what it was, its table is held as a whole.
func tellable(l *plan.Lineage, node int) bool { return !l.Nodes[node].Changed && l.Broken(node) == "" }

func keptColumns(n plan.LineageNode) string {
	columns := make([]string, len(n.KeptKey)+1)
	for i := range n.KeptKey {
		columns[i] = HeldColumn(i)
	}
	columns[len(n.KeptKey)] = "hold_no"
	return strings.Join(columns, ", ")
}

// keepNodes prints, for each table below, the keeping of those rows of a line of addresses that
// belong to a record.
func keepNodes(b *builder, f plan.HeldFamily, line func(l *lineage, node int) string) string {
	var out strings.Builder
	for _, node := range f.Lineage.Below(f.Node) {
		n := f.Lineage.Nodes[node]
		if n.Kept == 0 || !tellable(f.Lineage, node) {
			continue
		}
		for _, r := range append([]plan.Relation{n.Relation}, n.Archives...) {
			archived := r.OID != n.OID
			if archived && (!r.Keyed || slices.ContainsFunc(append(f.Lineage.Above(node), node), func(i int) bool { return f.Lineage.Nodes[i].Unfit })) {
				continue // held as a whole
			}
			l := &lineage{b: b, Lineage: f.Lineage, set: f.Set, archived: archived}
			key := make([]string, len(n.KeptKey))
			for i, name := range n.KeptKey {
				key[i] = alias + "." + retention.QuoteIdent(name)
			}
			fmt.Fprintf(&out, "        %s INSERT INTO %s (%s) SELECT k.*, %d FROM line CROSS JOIN LATERAL (SELECT %s FROM %s WHERE %s.tableoid %s line.rel AND %s.ctid %s line.at AND %s OFFSET 0) AS k WHERE line.node %s %d ON CONFLICT DO NOTHING;\n",
				line(l, node), HeldTable(n.Kept).SQL(), keptColumns(n), plan.KeptNo(f.Set.HoldNos[0]), strings.Join(key, ", "), fromRelation(r, alias), alias, opEqual, alias, opEqual,
				l.belongs(node, alias, budgetOf(f.Lineage)), opEqual, node)
		}
	}
	return out.String()
}
