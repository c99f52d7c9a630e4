package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/engine/condition"
	"holdfast/retention"
)

// WalkKind says how a walk cuts the table into steps.
type WalkKind string

const (
	// WalkSlice follows a btree that leads with the timestamp column.
	WalkSlice WalkKind = "slice"
	// WalkBlock follows the table's blocks.
	WalkBlock WalkKind = "block"
)

// MostDue is the share of due rows from which following the table's blocks is
// cheaper than following an index: with half of a table due, deleting by index took
// a third longer than by blocks, even in the index's favour (rows stored in its order).
const MostDue = 0.3

// Inputs are what the planner decides from.
type Inputs struct {
	Policy retention.Policy
	// Table is the live catalog entry of the policy's table.
	Table *Table
	// Leaf is the partition of it whose rows are to be walked; nil plans the table as a
	// whole, which for a partitioned one is only looked at.
	Leaf *Table
	// Archive is the catalog entry of the archive table, nil if there is none yet.
	Archive *Table
	// Archives are those of the archives of the tables that `cascade` names which are there,
	// by the name of the table whose rows they take.
	Archives map[retention.TableName]*Table
	// Related are the tables that refer to it, and those that refer to tables from which
	// rows would go with its own, by oid.
	Related map[uint32]*Table
	// Triggered are the tables that the policy names under `triggers`, by name.
	Triggered map[retention.TableName]*Table
	// Rollup is the table of the policy's rollup; nil if there is none.
	Rollup *Table
	// Holds are the scopes in force that touch one of the tables by oid or by name.
	Holds []HoldScope
	// DueShare is the estimated share of due rows, 0 if unknown.
	DueShare float64
}

// Plan is a policy made ready for its table.
type Plan struct {
	Policy retention.Policy
	// Table is what is walked: the policy's table, or one partition of it.
	Table *Table
	// Root is the policy's table.
	Root *Table
	Time TimeColumn
	// Idle: every row is left to other policies.
	Idle bool
	// Cond is nil without a condition.
	Cond *condition.Condition
	// Key are the key's columns; nil if records have no ids.
	Key   []Column
	Holds HeldRows
	// Family are the policy's table and those whose rows go or change with its own, in
	// the order in which they were found; nil if nothing refers to the table.
	Family []Member
	// Triggered are the tables that triggers may change.
	Triggered []Triggered
	Walk      WalkKind
	// DueShare is the estimated share of due rows, 0 if unknown.
	DueShare float64
	// Changes are the treated columns of an anonymize policy.
	Changes []Change
	// ArchiveTo is the archive table's name; zero for other actions.
	ArchiveTo retention.TableName
	// ArchiveColumns are the columns that archived rows keep.
	ArchiveColumns []string
	// Rollup is what is added to another table; nil for nothing.
	Rollup *Rolling
	// Events is what others are told; nil for nothing.
	Events *Telling
	// LockFirst: rows are locked by a statement of their own before they are judged
	// and changed, so that a trigger that keeps one back is seen.
	LockFirst bool
	// Watch: triggers may reach further; the transaction's counters are compared.
	Watch bool
	// Digests: the batch keeps one digest per changed record.
	Digests bool
	// Cutoff is the cutoff in the timestamp column's own type, once it is known.
	Cutoff any
}

// Change is one column's treatment.
type Change struct {
	Column Column
	How    retention.Anonymizer
}

// Build plans a policy. The error is a *retention.Refusal.
func Build(in Inputs) (*Plan, error) {
	p := &Plan{Policy: in.Policy, Table: in.Table, Root: in.Table, Key: in.Table.KeyColumns()}
	if in.Leaf != nil {
		p.Table = in.Leaf.AsPartOf(in.Table)
	}
	steps := []func(*Plan, Inputs) error{eligible, timeColumn, parseCondition, yields, heldRows, family, triggered, columnChanges, archives, rolling, telling, droppable}
	for _, step := range steps {
		if err := step(p, in); err != nil {
			return nil, err
		}
	}
	p.Walk, p.DueShare = chooseWalk(p.Table, in), in.DueShare
	p.LockFirst = p.Table.RowTriggers(in.Policy.Action, true)
	p.Watch = p.Table.HasTriggers(in.Policy.Action) || (in.Archive != nil && len(in.Archive.Triggers) > 0) || p.Family != nil || p.Triggered != nil
	p.Digests = in.Policy.Evidence == retention.EvidenceRecords && p.Key != nil
	return p, nil
}

func refuse(field, reason, remedy string) error {
	return &retention.Refusal{Field: field, Reason: reason, Remedy: remedy}
}

func parseCondition(p *Plan, in Inputs) error {
	if in.Policy.Condition == "" {
		return nil
	}
	c, err := condition.Parse(in.Policy.Condition)
	if err != nil {
		return refuse("condition", err.Error(), "")
	}
	for _, name := range c.Columns() {
		if _, ok := in.Table.Column(name); !ok {
			return NoColumn(in.Table, c, name)
		}
	}
	p.Cond = c
	return nil
}

// yields takes the rows out that another policy decides about. One that nobody can judge
// any more bars this one: its rows must be kept.
func yields(p *Plan, in Inputs) error {
	if !in.Policy.Action.Removes() || len(in.Policy.YieldsTo) == 0 {
		return nil
	}
	if slices.Contains(in.Policy.Cascade, in.Table.Name) {
		// A row that another policy keeps would go with the one that it refers to.
		return refuse("cascade", fmt.Sprintf("rows of %s go with those that they refer to, and the policy %s keeps some of them", in.Table.Name, in.Policy.YieldsTo[0].Name), "leave the table out of `cascade`, or retire one of the two policies")
	}
	var others []*condition.Condition
	for _, o := range in.Policy.YieldsTo {
		if o.Condition == "" {
			p.Idle = true
			others = append(others, nil)
			continue
		}
		c, err := condition.Parse(o.Condition)
		if err != nil {
			return refuse("condition", fmt.Sprintf("the rows of policy %s are kept from this one, and its condition cannot be read: %v", o.Name, err), "mend that policy, or retire it")
		}
		for _, name := range c.Columns() {
			if _, ok := in.Table.Column(name); !ok {
				return refuse("condition", fmt.Sprintf("the rows of policy %s are kept from this one, and its condition asks for a column %q that %s does not have any more", o.Name, name, in.Table.Name), "mend that policy, or retire it")
			}
		}
		others = append(others, c)
	}
	p.Cond = condition.Without(p.Cond, others)
	return nil
}

// NoColumn refuses a condition that asks for a column that the table does not have.
func NoColumn(t *Table, c *condition.Condition, name string) error {
	return refuse("condition", fmt.Sprintf("at character %d of the condition: %s has no column %q", c.Place(name), t.Name, name), "columns are "+strings.Join(t.ColumnNames(), ", "))
}

func chooseWalk(t *Table, in Inputs) WalkKind {
	if t.LeadingIndex(in.Policy.TimestampColumn) == nil || in.DueShare > MostDue {
		return WalkBlock
	}
	return WalkSlice
}

// IntegerKey reports whether the i-th key column is an integer, which travels in
// binary form and is written as text by us: cheaper than the server's text.
func (p *Plan) IntegerKey(i int) bool {
	switch p.Key[i].BaseType {
	case "int2", "int4", "int8":
		return true
	}
	return false
}
