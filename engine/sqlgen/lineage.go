package sqlgen

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// A row belongs to a held record if one of its foreign keys leads to it, over rows of other
// tables or at once. Each of those is asked for by a sub-select of its own, from the row
// upward, which finds one row by the key that the foreign key refers to. Where tables refer
// to each other in a circle there is no end to that: then the rows that belong to the records
// are gathered once in each statement, from the records downward, and the row's foreign key
// is looked up among them. A trigger judges one row a time, and may be asked by many statements:
// it climbs from the row instead, which costs as many looks as there are rows above it, however
// many belong to the records. Either way the row's own columns are compared, so that one that was
// changed under way is judged as it is then. OFFSET 0 keeps the planner from making joins of
// them.

// lineage prints the judgement of one family.
type lineage struct {
	b *builder
	*plan.Lineage
	set      plan.HeldSet
	archived bool
	// names counts the aliases.
	names int
}

// inFamily prints that a row belongs to held records.
func inFamily(b *builder, f plan.HeldFamily, as string) string {
	l := &lineage{b: b, Lineage: f.Lineage, set: f.Set, archived: f.Archived}
	s := l.belongs(f.Node, as, budgetOf(f.Lineage))
	if f.Parts != nil {
		s = fmt.Sprintf("(%s.tableoid %s ANY (%s::pg_catalog.oid[]) AND %s)", as, opEqual, b.arg(f.Parts), s)
	}
	return s
}

// budgetOf is over how many foreign keys a row may belong to a record.
func budgetOf(l *plan.Lineage) int {
	if l.Depth == 0 {
		return math.MaxInt
	}
	return l.Depth
}

func (l *lineage) alias() string {
	l.names++
	return fmt.Sprintf("up%d", l.names)
}

// belongs prints that a row of a node belongs to a record over no more foreign keys than
// budget. What is a record itself is judged by its id.
func (l *lineage) belongs(node int, as string, budget int) string {
	var parts []string
	for _, link := range l.Nodes[node].Links {
		if s := l.by(link, as, budget); s != "" {
			parts = append(parts, s)
		}
	}
	if len(parts) == 0 {
		return "false"
	}
	return "(" + strings.Join(parts, " OR ") + ")"
}

// by prints that it does by one foreign key; empty if that cannot be.
func (l *lineage) by(link plan.Link, as string, budget int) string {
	if budget < 1 {
		return ""
	}
	if l.Gathered(link.Parent) {
		if as == oldRow {
			return l.climbs(link, as, budget)
		}
		return l.among(link, as, l.gathered(link, budget))
	}
	var parts []string
	at := l.ByKey(link)
	if at != nil {
		parts = append(parts, l.toRecord(link, at, as))
	}
	for _, from := range l.relations(link.Parent) {
		if at != nil && !l.keeps(link.Parent, from, budget-1) {
			continue // the record itself is not asked for
		}
		up := l.alias()
		if is := l.leads(link.Parent, from, up, at == nil, budget-1); is != "false" {
			parts = append(parts, fmt.Sprintf("EXISTS (SELECT FROM %s WHERE %s AND %s OFFSET 0)", fromRelation(from, up), refersBy(link, up, as), is))
		}
	}
	return strings.Join(parts, " OR ")
}

// leads prints that a row of a node, in one of its relations, is a record or belongs to one, if
// that is asked, or is kept.
func (l *lineage) leads(node int, in plan.Relation, as string, ask bool, budget int) string {
	is := "false"
	switch {
	case !ask:
	case node == 0:
		is = l.isRecord(as)
	default:
		is = l.belongs(node, as, budget)
	}
	switch {
	case !l.keeps(node, in, budget):
		return is
	case is == "false":
		return l.isKept(node, as)
	}
	return "(" + is + " OR " + l.isKept(node, as) + ")"
}

// toRecord prints that a row refers to a record by its key, whose columns are at these places.
func (l *lineage) toRecord(link plan.Link, at []int, as string) string {
	if l.set.Hash {
		cols := make([]string, len(at))
		for i, k := range at {
			cols[i] = "h." + HeldColumn(k)
		}
		return l.among(link, as, fmt.Sprintf("SELECT %s FROM %s AS h WHERE %s", strings.Join(cols, ", "), HeldTable(l.set.ID).SQL(), l.inForce("h")))
	}
	equal := make([]string, len(at))
	for i, k := range at {
		equal[i] = fmt.Sprintf("h.%s %s %s", HeldColumn(k), link.Equal[i], childColumn(link, i, as))
	}
	return fmt.Sprintf("EXISTS (SELECT FROM %s AS h WHERE %s AND %s OFFSET 0)", HeldTable(l.set.ID).SQL(), strings.Join(equal, " AND "), l.inForce("h"))
}

// keeps reports whether rows of a node in one of its relations may be kept, and lead to the
// records whatever they refer to. By what they did is not known any more: over as few foreign
// keys as may be.
func (l *lineage) keeps(node int, in plan.Relation, budget int) bool {
	n := l.Nodes[node]
	return n.Kept != 0 && tellable(l.Lineage, node) && (in.OID == n.OID || in.Keyed) && budget >= l.Nearest(node)
}

// isKept prints that a row of a node is.
func (l *lineage) isKept(node int, as string) string {
	return fmt.Sprintf("EXISTS (SELECT FROM %s AS h WHERE %s AND %s OFFSET 0)", HeldTable(l.Nodes[node].Kept).SQL(), l.hasKept(node, "h", as), l.keptInForce("h"))
}

func (l *lineage) hasKept(node int, h, as string) string {
	n := l.Nodes[node]
	return keyEquals(h, as, n.KeptKey, n.KeptEqual)
}

func (l *lineage) keptInForce(h string) string {
	nos := make([]int32, len(l.set.HoldNos))
	for i, no := range l.set.HoldNos {
		nos[i] = plan.KeptNo(no)
	}
	return fmt.Sprintf("%s.hold_no %s ANY (%s::integer[])", h, opEqual, l.b.arg(nos))
}

func (l *lineage) inForce(h string) string {
	return fmt.Sprintf("%s.hold_no %s ANY (%s::integer[])", h, opEqual, l.b.arg(l.set.HoldNos))
}

// isRecord prints that a row of the records' table is one of them.
func (l *lineage) isRecord(as string) string {
	return fmt.Sprintf("EXISTS (SELECT FROM %s AS h WHERE %s AND %s OFFSET 0)", HeldTable(l.set.ID).SQL(), l.hasKey("h", as), l.inForce("h"))
}

func (l *lineage) hasKey(h, as string) string { return keyEquals(h, as, l.Key, l.Equal) }

// keyEquals prints that a row has the key that one of a typed copy has, by the equality of some
// schemas.
func keyEquals(h, as string, key, schemas []string) string {
	equal := make([]string, len(key))
	for i, name := range key {
		equal[i] = fmt.Sprintf("%s.%s OPERATOR(%s.=) %s.%s", h, HeldColumn(i), retention.QuoteIdent(schemas[i]), as, retention.QuoteIdent(name))
	}
	return strings.Join(equal, " AND ")
}

// relations are those that have rows of a node.
func (l *lineage) relations(node int) []plan.Relation {
	n := l.Nodes[node]
	if !l.archived {
		return []plan.Relation{n.Relation}
	}
	return append([]plan.Relation{n.Relation}, n.Archives...)
}

func fromRelation(r plan.Relation, as string) string {
	if r.Partitioned {
		return r.Name.SQL() + " AS " + as
	}
	return "ONLY " + r.Name.SQL() + " AS " + as
}

// childColumn is a column of the row that refers, as it is compared.
func childColumn(link plan.Link, i int, as string) string {
	s := as + "." + retention.QuoteIdent(link.ChildCols[i])
	if link.Collate[i] != "" {
		s = "(" + s + " COLLATE " + link.Collate[i] + ")"
	}
	return s
}

// refersBy prints that the row c refers to the row p.
func refersBy(link plan.Link, p, c string) string {
	parts := make([]string, len(link.ParentCols))
	for i, name := range link.ParentCols {
		parts[i] = fmt.Sprintf("%s.%s %s %s", p, retention.QuoteIdent(name), link.Equal[i], childColumn(link, i, c))
	}
	return strings.Join(parts, " AND ")
}

// among prints that what a row refers to is in a list without NULLs. A NULL refers to
// nothing, in any of the columns.
func (l *lineage) among(link plan.Link, as, list string) string {
	cols, given := make([]string, len(link.ChildCols)), make([]string, len(link.ChildCols))
	for i, name := range link.ChildCols {
		cols[i] = childColumn(link, i, as)
		given[i] = as + "." + retention.QuoteIdent(name) + " IS NOT NULL"
	}
	if len(slices.Compact(slices.Clone(link.Back))) == 1 {
		// IS TRUE: within a sub-select the planner would make a join of it, which reads the list
		// for every row, instead of hashing it once.
		return fmt.Sprintf("(%s AND ((%s) %s ANY (%s OFFSET 0)) IS TRUE)", strings.Join(given, " AND "), strings.Join(cols, ", "), link.Back[0], list)
	}
	// Rows compare by one operator alone.
	names, equal := make([]string, len(cols)), make([]string, len(cols))
	for i := range cols {
		names[i] = fmt.Sprintf("x%d", i+1)
		equal[i] = fmt.Sprintf("l.x%d %s %s", i+1, link.Equal[i], cols[i])
	}
	return fmt.Sprintf("EXISTS (SELECT FROM (%s OFFSET 0) AS l(%s) WHERE %s OFFSET 0)", list, strings.Join(names, ", "), strings.Join(equal, " AND "))
}

// gathered prints the list of what a foreign key refers to in those rows of its parent that
// are records or belong to one.
func (l *lineage) gathered(link plan.Link, budget int) string {
	line, near := l.line(link.Parent, budget)
	var lists []string
	for _, from := range l.relations(link.Parent) {
		cols, given := make([]string, len(link.ParentCols)), make([]string, len(link.ParentCols))
		for i, name := range link.ParentCols {
			cols[i] = "p." + retention.QuoteIdent(name)
			given[i] = cols[i] + " IS NOT NULL"
		}
		// OFFSET 0: each is looked up by its address. The planner takes them for many more than
		// they are, and would read the whole table.
		lists = append(lists, fmt.Sprintf("SELECT k.* FROM line CROSS JOIN LATERAL (SELECT %s FROM %s WHERE p.tableoid %s line.rel AND p.ctid %s line.at AND %s OFFSET 0) AS k WHERE line.node %s %d%s",
			strings.Join(cols, ", "), fromRelation(from, "p"), opEqual, opEqual, strings.Join(given, " AND "), opEqual, link.Parent, near))
	}
	return line + " " + strings.Join(lists, " UNION ALL ")
}

// climbs prints that one of the rows above a row, from what it refers to by one foreign key on, is
// a record or is kept.
func (l *lineage) climbs(link plan.Link, as string, budget int) string {
	nodes := append(l.Above(link.Parent), link.Parent)
	slices.Sort(nodes)
	nodes = slices.Compact(nodes)
	first, higher, near := "0", "up.depth", ""
	if l.Depth > 0 {
		// A row is met once for each depth, and a circle ends at the last.
		first, higher, near = "1", "up.depth "+opPlus+" 1", fmt.Sprintf(" WHERE up.depth %s %d", opBelow, budget)
	}
	var begin, steps, ends []string
	for _, p := range l.relations(link.Parent) {
		begin = append(begin, fmt.Sprintf("SELECT %d, %s, p.tableoid, p.ctid FROM %s WHERE %s", link.Parent, first, fromRelation(p, "p"), refersBy(link, "p", as)))
	}
	for _, s := range l.steps(nodes) {
		steps = append(steps, fmt.Sprintf("SELECT %d AS node, %s AS depth, p.tableoid AS rel, p.ctid AS at FROM %s WHERE up.node %s %d AND c.tableoid %s up.rel AND c.ctid %s up.at",
			s.parent, higher, s.from, opEqual, s.node, opEqual, opEqual))
	}
	for _, i := range nodes {
		for _, from := range l.relations(i) {
			at := fmt.Sprintf("up.node %s %d AND r.tableoid %s up.rel AND r.ctid %s up.at", opEqual, i, opEqual, opEqual)
			if i == 0 {
				ends = append(ends, fmt.Sprintf("EXISTS (SELECT FROM %s WHERE %s AND %s)", fromRelation(from, "r"), at, l.isRecord("r")))
			}
			if !l.keeps(i, from, budget-1) {
				continue
			}
			if l.Depth > 0 {
				at += fmt.Sprintf(" AND up.depth %s %d", opUpTo, budget-l.Nearest(i))
			}
			ends = append(ends, fmt.Sprintf("EXISTS (SELECT FROM %s WHERE %s AND %s)", fromRelation(from, "r"), at, l.isKept(i, "r")))
		}
	}
	if len(ends) == 0 {
		return "false"
	}
	with := "WITH RECURSIVE up(node, depth, rel, at) AS ((" + strings.Join(begin, " UNION ALL ") + ")"
	if len(steps) > 0 {
		with += " UNION (SELECT x.node, x.depth, x.rel, x.at FROM up CROSS JOIN LATERAL (" + strings.Join(steps, " UNION ALL ") + ") AS x" + near + ")"
	}
	return fmt.Sprintf("EXISTS (%s) SELECT FROM up WHERE %s OFFSET 0)", with, strings.Join(ends, " OR "))
}

// line prints the common table expression of the rows that are records or belong to one, of
// a node and of those above it, each by its address, of one snapshot; and the test that a
// row may still be referred to.
func (l *lineage) line(node, budget int) (with, near string) {
	nodes := append(l.Above(node), node, 0)
	slices.Sort(nodes)
	nodes = slices.Compact(nodes)
	var rows []string
	for _, from := range l.relations(0) {
		rows = append(rows, fmt.Sprintf("SELECT 0, 0, r.tableoid, r.ctid FROM %s AS h JOIN %s ON %s WHERE %s", HeldTable(l.set.ID).SQL(), fromRelation(from, "r"), l.hasKey("h", "r"), l.inForce("h")))
	}
	for _, i := range nodes {
		for _, from := range l.relations(i) {
			if l.keeps(i, from, budgetOf(l.Lineage)) {
				rows = append(rows, fmt.Sprintf("SELECT %d, %d, r.tableoid, r.ctid FROM %s AS h JOIN %s ON %s WHERE %s", i, l.depthOf(i), HeldTable(l.Nodes[i].Kept).SQL(), fromRelation(from, "r"), l.hasKept(i, "h", "r"), l.keptInForce("h")))
			}
		}
	}
	return l.lineFrom(rows, nodes, budget), l.nearer(budget)
}

// depthOf is how far a row of a node that is kept is from its record, where that counts.
func (l *lineage) depthOf(node int) int {
	if l.Depth == 0 {
		return 0
	}
	return l.Nearest(node)
}

// nearer is the test that what a row refers to by one more foreign key may still count.
func (l *lineage) nearer(budget int) string {
	if l.Depth > 0 {
		return fmt.Sprintf(" AND line.depth %s %d", opBelow, budget)
	}
	return ""
}

// lineFrom prints the same of what comes down from given rows, among some nodes.
func (l *lineage) lineFrom(rows []string, nodes []int, budget int) (with string) {
	near := l.nearer(budget)
	deeper := "line.depth"
	if l.Depth > 0 {
		// A row is met once for each depth, and a circle ends at the last.
		deeper = "line.depth " + opPlus + " 1"
	}
	with = "WITH RECURSIVE line(node, depth, rel, at) AS ((" + strings.Join(rows, " UNION ALL ") + ")"
	switch steps := l.steps(nodes); len(steps) {
	case 0:
	case 1:
		// Without a list of its own the planner may hash the rows that refer.
		with += fmt.Sprintf(" UNION (SELECT %d, %s, c.tableoid, c.ctid FROM line CROSS JOIN (%s) WHERE %s%s)", steps[0].node, deeper, steps[0].from, steps[0].where, near)
	default:
		// A recursive query may refer to itself once.
		each := make([]string, len(steps))
		for i, s := range steps {
			each[i] = fmt.Sprintf("SELECT %d AS node, %s AS depth, c.tableoid AS rel, c.ctid AS at FROM %s WHERE %s", s.node, deeper, s.from, s.where)
		}
		with += " UNION (SELECT x.node, x.depth, x.rel, x.at FROM line CROSS JOIN LATERAL (" + strings.Join(each, " UNION ALL ") + ") AS x WHERE true" + near + ")"
	}
	return with + ")"
}

// members prints the addresses of the rows of a node that are records or belong to one.
func members(b *builder, f plan.HeldFamily) string {
	l := &lineage{b: b, Lineage: f.Lineage, set: f.Set}
	line, _ := l.line(f.Node, f.Lineage.Depth)
	return fmt.Sprintf("%s SELECT DISTINCT line.rel, line.at FROM line WHERE line.node %s %d", line, opEqual, f.Node)
}

// step finds rows of a node that refer to those of another.
type step struct {
	node, parent int
	from, where  string
}

// steps are those by each foreign key between nodes.
func (l *lineage) steps(nodes []int) (out []step) {
	for _, node := range nodes {
		for _, link := range l.Nodes[node].Links {
			if !slices.Contains(nodes, link.Parent) {
				continue
			}
			for _, p := range l.relations(link.Parent) {
				for _, c := range l.relations(node) {
					out = append(out, step{
						node: node, parent: link.Parent, from: fmt.Sprintf("%s JOIN %s ON %s", fromRelation(p, "p"), fromRelation(c, "c"), refersBy(link, "p", "c")),
						where: fmt.Sprintf("line.node %s %d AND p.tableoid %s line.rel AND p.ctid %s line.at", opEqual, link.Parent, opEqual, opEqual),
					})
				}
			}
		}
	}
	return out
}
