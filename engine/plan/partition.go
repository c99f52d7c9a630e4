package plan

import (
	"fmt"
	"slices"

	"holdfast/retention"
)

// Leaf is a partition that has rows itself.
type Leaf struct {
	OID  uint32
	Name retention.TableName
	Kind RelKind
}

// Partitions is what the catalog says of a partitioned table, and of a partition.
type Partitions struct {
	// Root is the partitioned table at the top; zero for a table that is no partition.
	Root retention.TableName
	// Above are the partitioned tables that a partition is in, the nearest first.
	Above []uint32
	// Tree are all relations of the partitioned table at the top, itself too.
	Tree []uint32
	// Leaves are those of them that have rows, by oid.
	Leaves []Leaf
	// KeyColumns decide in which partition a row is, at any level.
	KeyColumns []string
	// BoundColumns are those of them whose values a partition's bounds tell: by range or by
	// list.
	BoundColumns []string
	// Default: it takes what no other partition does, or is within one that does.
	Default bool
	// StatementTriggers are the triggers of the partitioned tables, at any level, that
	// fire once a statement, and for which action.
	StatementTriggers []Trigger
}

// Logical is the name by which people know the table's rows: a partition's are those of
// the partitioned table.
func (t *Table) Logical() retention.TableName {
	if t.Partitions.Root.Name != "" {
		return t.Partitions.Root
	}
	return t.Name
}

// partitioned refuses partitioned tables that could not be walked partition by
// partition.
func partitioned(t *Table, a retention.Action) error {
	for _, tr := range t.Partitions.StatementTriggers {
		if tr.fires(a) {
			return refuse("table", fmt.Sprintf("trigger %q of %s fires once a statement, and would not fire where its partitions are changed one by one", tr.Name, t.Name), "make it a row trigger, which every partition has")
		}
	}
	for _, leaf := range t.Partitions.Leaves {
		if leaf.Kind != KindTable {
			return refuse("table", fmt.Sprintf("partition %s of %s is a foreign table: its rows live in another database", leaf.Name, t.Name), "give a policy to the table there, and detach that partition")
		}
	}
	return nil
}

// droppable refuses to drop empty partitions where none could ever be told to be old.
func droppable(p *Plan, in Inputs) error {
	if !in.Policy.DropEmptyPartitions {
		return nil
	}
	column := p.Time.Column.Name
	switch {
	case !in.Policy.Action.Removes():
		return refuse("drop_empty_partitions", fmt.Sprintf("%s leaves every row where it is, so no partition becomes empty", in.Policy.Action), "leave it out")
	case in.Table.Kind != KindPartitioned:
		return refuse("drop_empty_partitions", fmt.Sprintf("%s is not partitioned", in.Table.Name), "leave it out")
	case len(in.Table.Incoming) > 0:
		return refuse("drop_empty_partitions", fmt.Sprintf("foreign key %q of %s refers to %s, and PostgreSQL drops no partition of a table that is referred to", in.Table.Incoming[0].Name, in.Table.Incoming[0].Child, in.Table.Name), "leave it out; detach past partitions yourself (ALTER TABLE … DETACH PARTITION)")
	case !slices.Contains(in.Table.Partitions.BoundColumns, column):
		return refuse("drop_empty_partitions", fmt.Sprintf("the partitions of %s have no bounds by %q, so an empty one may be needed for new rows", in.Table.Name, column), "leave it out, or partition the table by range of that column")
	}
	return nil
}

// Drops reports whether the partition that is walked may be dropped once it is empty. One
// that takes what no other does may be needed for any row, and a table that is held as a
// whole, or of which a part is, or of which rows may belong to held records, is left as it is.
func (p *Plan) Drops() bool {
	return p.Policy.DropEmptyPartitions && p.Table != p.Root && !p.Table.Partitions.Default && !p.Holds.All && len(p.Holds.Parts) == 0 && len(p.Holds.Families) == 0
}

// AsPartOf is a partition as the walk meets it: its own storage, indexes and triggers,
// and the foreign keys that refer to what it is a part of.
func (t *Table) AsPartOf(root *Table) *Table {
	leaf := *t
	leaf.Incoming = slices.Clone(t.Incoming)
	for _, fk := range root.Incoming {
		if !slices.ContainsFunc(leaf.Incoming, func(have ForeignKey) bool { return have.OID == fk.OID }) {
			leaf.Incoming = append(leaf.Incoming, fk)
		}
	}
	return &leaf
}

// perPartition is one foreign key for each partition of the table that refers, where its
// rows are told apart: where they may go along, and where they are the policy's own.
func (p *Plan) perPartition(in Inputs, fk ForeignKey) []ForeignKey {
	child, own := in.Related[fk.ChildOID], fk.ChildOID == in.Table.OID
	if own {
		child = in.Table
	}
	switch {
	case child == nil || child.Kind != KindPartitioned || len(child.Partitions.Leaves) == 0:
		return []ForeignKey{fk}
	case own && p.Table == in.Table:
		return []ForeignKey{fk} // planned as a whole
	case !own && !slices.Contains(in.Policy.Cascade, child.Name):
		return []ForeignKey{fk}
	}
	out := make([]ForeignKey, len(child.Partitions.Leaves))
	for i, leaf := range child.Partitions.Leaves {
		out[i] = fk
		out[i].Child, out[i].ChildOID = leaf.Name, leaf.OID
	}
	return out
}

// Emptied reports whether the rows of a partition may go by TRUNCATE, all at once: what
// a delete would do row by row, nobody needs to see. Where rows may belong to held records
// each is judged by the statement that would take it.
func (p *Plan) Emptied() bool {
	t := p.Table
	return t != p.Root && p.Policy.Action == retention.ActionDelete && p.Cond == nil && !p.Digests && p.Events == nil && p.Rollup == nil &&
		p.Family == nil && len(p.Holds.Families) == 0 && len(t.Triggers) == 0 && t.MayTruncate && !t.Published
}
