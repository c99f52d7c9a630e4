package plan

import (
	"fmt"
	"slices"

	"holdfast/retention"
)

// maxPaths is up to how many ways up to the records a row is judged by following each from
// the row. From there on, and where they lead around in a circle, what belongs to the
// records is gathered from them downward instead.
const maxPaths = 64

// Lineage is how rows of other tables belong to held records: the foreign keys that lead
// down from the records' table, by the columns that they had when they were noted.
type Lineage struct {
	// Alike is the same text for two that judge alike.
	Alike string
	// Depth is over how many foreign keys a row may belong to a record; 0 for any number.
	Depth int
	// Key are the columns of the records' key, and Equal the schemas of their equality.
	Key, Equal []string
	// Nodes are the tables, that of the records first.
	Nodes []LineageNode
}

// LineageNode is one table of a lineage.
type LineageNode struct {
	OID uint32
	// Table is what it was called when it was noted, and Relation what it is called now.
	Table    retention.TableName
	Relation Relation
	// Archives are the tables that rows of it were archived into. Unfit: one of them has
	// not the columns that lead through it.
	Archives []Relation
	Unfit    bool
	// Columns are those that foreign keys lead through, up or down.
	Columns []string
	// Kept is, where the application may change held rows, the typed copy of the ids that stay
	// held whatever becomes of their way up, by the columns KeptKey, whose equality is that of the
	// schemas KeptEqual; 0 where there is none.
	Kept               int32
	KeptKey, KeptEqual []string
	// Links are its own foreign keys that lead to a node.
	Links []Link
	// Changed: it is gone, or a column of Columns is not any more what it was.
	Changed bool
}

// Relation is a table that a statement reads beside its own.
type Relation struct {
	OID         uint32
	Name        retention.TableName
	Partitioned bool
	// Keyed: an archive that has the columns of the ids that stay held.
	Keyed bool
}

// Link is a foreign key from a row to what it belongs to.
type Link struct {
	Parent                int
	ChildCols, ParentCols []string
	// Equal are the operators that compare the parent's columns with the child's, Back those
	// that compare the child's with the parent's.
	Equal, Back []string
	// Collate are the collations of the parent's columns where the child's are others; empty
	// for as they are.
	Collate []string
}

// Same reports whether two links are by the same columns to the same table.
func (l Link) Same(o Link) bool {
	return l.Parent == o.Parent && slices.Equal(l.ChildCols, o.ChildCols) && slices.Equal(l.ParentCols, o.ParentCols)
}

// HeldFamily are the rows of one node that belong to held records.
type HeldFamily struct {
	Lineage *Lineage
	Node    int
	// Set has the records.
	Set HeldSet
	// Parts are the relations whose rows it is about; nil for all of the table's.
	Parts []uint32
	// Archived: the rows are in an archive, and may refer to archived ones.
	Archived bool
}

// Leads reports whether rows of a node can belong to a record.
func (l *Lineage) Leads(node int) bool { return len(l.Nodes[node].Links) > 0 }

// Above are the nodes that the rows of one may lead through on their way up, the node
// itself only if they lead around to it.
func (l *Lineage) Above(node int) []int {
	var out []int
	for todo := []int{node}; len(todo) > 0; todo = todo[1:] {
		for _, link := range l.Nodes[todo[0]].Links {
			if !slices.Contains(out, link.Parent) {
				out, todo = append(out, link.Parent), append(todo, link.Parent)
			}
		}
	}
	return out
}

// Nearest is over how few foreign keys a row of a node may belong to a record; 0 if it cannot.
func (l *Lineage) Nearest(node int) int {
	far := make([]int, len(l.Nodes))
	for d, again := 1, true; again; d++ {
		again = false
		for i, n := range l.Nodes {
			leads := func(link Link) bool { return d == 1 && link.Parent == 0 || d > 1 && far[link.Parent] == d-1 }
			if far[i] == 0 && slices.ContainsFunc(n.Links, leads) {
				far[i], again = d, true
			}
		}
	}
	return far[node]
}

// KeptNo is the number under which a hold has the ids that stay held whatever the application
// did to their way up: they are no one's list, and no sum of those that were staged has them.
func KeptNo(no int32) int32 { return -no }

// Below are the nodes whose rows may belong to a record by way of rows of one, the node itself
// only if they lead around to it.
func (l *Lineage) Below(node int) (out []int) {
	for i := range l.Nodes {
		if slices.Contains(l.Above(i), node) {
			out = append(out, i)
		}
	}
	return out
}

// Gathered reports whether the members of a node are gathered from the records downward:
// its way up leads around in a circle, or there are too many ways.
func (l *Lineage) Gathered(node int) bool {
	return l.paths(node, nil, map[int]int{}) > maxPaths
}

// paths counts the ways up from a node, circles as more than there may be.
func (l *Lineage) paths(node int, through []int, known map[int]int) (n int) {
	if slices.Contains(through, node) {
		return maxPaths + 1
	}
	if n, ok := known[node]; ok {
		return n
	}
	if node == 0 {
		n = 1
	}
	through = append(slices.Clone(through), node)
	for _, link := range l.Nodes[node].Links {
		n = min(n+l.paths(link.Parent, through, known), maxPaths+1)
	}
	known[node] = n
	return n
}

// ByKey are the places in the key of the columns that a link to the records' table refers
// to; nil if they are not the key.
func (l *Lineage) ByKey(link Link) []int {
	if link.Parent != 0 || len(link.ParentCols) != len(l.Key) {
		return nil
	}
	out := make([]int, len(link.ParentCols))
	for i, name := range link.ParentCols {
		if out[i] = slices.Index(l.Key, name); out[i] < 0 {
			return nil
		}
	}
	return out
}

// Broken says which table on the way up from a node is not what it was; empty if all are.
func (l *Lineage) Broken(node int) string {
	for _, i := range l.Above(node) {
		if n := l.Nodes[i]; n.Changed {
			return n.Table.String()
		}
	}
	return ""
}

// belonging holds the rows that belong to a scope's records, or says why nobody can tell
// which those are.
func (h *HeldRows) belonging(t *Table, s HoldScope) (reason, remedy string) {
	const mend = "give it its former name and type back, or place the hold anew and then release this one"
	archived := s.RelID != t.OID && s.archivedIn(t)
	switch {
	case s.detached(t):
		h.All = true // its columns may have been renamed since: nobody would know
		return "", ""
	case s.Lineage.Broken(s.Node) != "":
		return fmt.Sprintf("its rows belong to held records by way of %s, of which a column that leads there was dropped, renamed or given another type since, or the table itself is gone", s.Lineage.Broken(s.Node)), mend
	case s.Changed || s.Lineage.Nodes[s.Node].Changed || !t.has(s.Columns, s.ColumnTypes):
		return "a column by which its rows belong to held records was dropped, renamed or given another type since", mend
	case archived && slices.ContainsFunc(s.Lineage.Above(s.Node), func(i int) bool { return s.Lineage.Nodes[i].Unfit }):
		return fmt.Sprintf("its rows belong to held records by way of archived rows, and an archive on the way from %s has not the columns that lead there", t.Name), "give the archive the table's columns"
	}
	f := HeldFamily{Lineage: s.Lineage, Node: s.Node, Archived: archived, Set: HeldSet{ID: s.Set, HoldNos: []int32{s.HoldNo}, Hash: s.Rows <= HashLimit}}
	f.Parts = h.partsOf(t, s)
	for i, have := range h.Families {
		if have.Lineage.Alike == f.Lineage.Alike && have.Node == f.Node && have.Set.ID == f.Set.ID && have.Archived == f.Archived && slices.Equal(have.Parts, f.Parts) {
			if !slices.Contains(have.Set.HoldNos, s.HoldNo) {
				h.Families[i].Set.HoldNos = append(h.Families[i].Set.HoldNos, s.HoldNo)
			}
			return "", ""
		}
	}
	h.Families = append(h.Families, f)
	return "", ""
}

// partsOf are the relations of a table whose rows a scope is about; nil for all. What was
// detached from the scope's table and is attached here is held as a whole.
func (h *HeldRows) partsOf(t *Table, s HoldScope) (parts []uint32) {
	if s.covers(t) {
		return nil
	}
	for _, part := range s.Parts {
		if !slices.Contains(s.Attached, part) {
			h.Parts = append(h.Parts, part)
		}
	}
	return append([]uint32{s.RelID}, s.Attached...)
}

// has reports whether the table has the columns, of these types.
func (t *Table) has(names []string, types []uint32) bool {
	for i, name := range names {
		if c, ok := t.Column(name); !ok || c.BaseOID != types[i] {
			return false
		}
	}
	return true
}

// Reads are the tables that the judgement of holds reads beside the rows' own.
func (h HeldRows) Reads() (out []Relation) {
	for _, f := range h.Families {
		for _, i := range f.Lineage.Above(f.Node) {
			n := f.Lineage.Nodes[i]
			out = append(out, n.Relation)
			if f.Archived {
				out = append(out, n.Archives...)
			}
		}
	}
	return distinctRelations(out)
}

// Reads are the tables that the plan's judgements of holds read beside those of the plan.
func (p *Plan) Reads() (out []Relation) {
	out = p.Holds.Reads()
	for _, m := range p.Family {
		out = append(out, m.Holds.Reads()...)
	}
	for _, t := range p.Triggered {
		out = append(out, t.Holds.Reads()...)
	}
	return distinctRelations(out)
}

// distinctRelations has each once, by oid: the order of locks is then always the same.
func distinctRelations(list []Relation) []Relation {
	slices.SortFunc(list, func(a, b Relation) int { return int(int64(a.OID) - int64(b.OID)) })
	return slices.CompactFunc(list, func(a, b Relation) bool { return a.OID == b.OID })
}
