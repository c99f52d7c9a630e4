package plan

import (
	"fmt"
	"strings"

	"holdfast/retention"
)

// Telling is what a policy tells others about the records it disposes of.
type Telling struct {
	EntityType string
	// Key are the columns that identify the entity, in the policy's order.
	Key []Column
	// Include are the columns that travel along, with the form of their values.
	Include []Column
	Kinds   []retention.EventColumn
}

// telling refuses columns that the table does not have, and for anonymize those
// that the policy treats: what comes back of them is the new value, which means
// nothing to others, and the old one is what the policy takes away.
func telling(p *Plan, in Inputs) error {
	spec := in.Policy.Events
	if spec == nil {
		return nil
	}
	t := &Telling{EntityType: spec.EntityType, Kinds: []retention.EventColumn{}}
	var err error
	if t.Key, err = toldColumns(in, "events.key", spec.Key); err != nil {
		return err
	}
	if t.Include, err = toldColumns(in, "events.include", spec.Include); err != nil {
		return err
	}
	for _, c := range t.Include {
		t.Kinds = append(t.Kinds, retention.EventColumn{Name: c.Name, Kind: valueKind(c)})
	}
	p.Events = t
	return nil
}

func toldColumns(in Inputs, field string, names []string) ([]Column, error) {
	out := make([]Column, len(names))
	for i, name := range names {
		c, ok := in.Table.Column(name)
		if !ok {
			return nil, refuse(field, fmt.Sprintf("%s has no column %q", in.Table.Name, name), "columns are "+strings.Join(in.Table.ColumnNames(), ", "))
		}
		if _, treated := in.Policy.Columns[name]; treated {
			return nil, refuse(field, fmt.Sprintf("column %q is anonymized by this very policy: its former value must not travel on, and the new one tells others nothing", name),
				"name a column that the policy leaves alone")
		}
		out[i] = c
	}
	return out, nil
}

// valueKind is the form in which a column's text goes into JSON. The text of a
// boolean is true or false, and that of an integer a JSON number.
func valueKind(c Column) retention.ValueKind {
	switch c.BaseType {
	case "int2", "int4", "int8":
		return retention.ValueInteger
	case "bool":
		return retention.ValueBoolean
	case "json", "jsonb":
		return retention.ValueJSON
	}
	return retention.ValueText
}
