package plan

import (
	"fmt"
	"slices"

	"holdfast/retention"
)

// Triggered is a table that triggers of the application may change when rows of the
// policy's go or change.
type Triggered struct {
	Table *Table
	May   retention.TriggerEffects
	// Key are its key's columns; nil if its records have no ids.
	Key   []Column
	Holds HeldRows
}

// Touches reports whether triggers may change or remove rows of it that are there.
func (t Triggered) Touches() bool { return t.May.Updated || t.May.Deleted }

// triggered reads the tables that the policy names under `triggers`. What else a trigger
// changes fails a batch.
func triggered(p *Plan, in Inputs) error {
	for _, name := range in.Policy.TriggeredTables() {
		field := "triggers." + name.String()
		t := in.Triggered[name]
		switch {
		case t == nil:
			return refuse(field, fmt.Sprintf("there is no table %s in the governed database", name), "name the table into which the trigger writes, as schema.table")
		case t.Kind != KindTable && t.Kind != KindPartitioned:
			return refuse(field, fmt.Sprintf("%s is not a table", name), "name the table in which the rows are")
		case t.IsPartition:
			return refuse(field, fmt.Sprintf("%s is a partition of %s", name, t.Logical()), fmt.Sprintf("name %s", t.Logical()))
		case slices.ContainsFunc(p.Family, func(m Member) bool { return m.Table.Logical() == name }):
			return refuse(field, fmt.Sprintf("rows of %s go with the policy's own by a foreign key, and what a trigger does there cannot be told from that", name), "leave it out")
		case SystemSchema(name.Schema):
			return refuse(field, fmt.Sprintf("schema %q belongs to PostgreSQL or to Holdfast itself", name.Schema), "name a table of your application")
		}
		x := Triggered{Table: t, May: in.Policy.Triggers[name], Key: t.KeyColumns()}
		var err error
		if x.Holds, err = holdsOf(t, x.Key, in.Holds, field); err != nil {
			return err
		}
		p.Triggered = append(p.Triggered, x)
	}
	return nil
}
