package plan

import (
	"fmt"
	"strings"

	"holdfast/retention"
)

// TimeKind is how a timestamp column counts time.
type TimeKind string

// The kinds of timestamp column.
const (
	TimeInstant      TimeKind = "timestamptz"
	TimeLocal        TimeKind = "timestamp"
	TimeDate         TimeKind = "date"
	TimeSeconds      TimeKind = "seconds"
	TimeMilliseconds TimeKind = "milliseconds"
)

// TimeColumn is the column whose value starts the retention period.
type TimeColumn struct {
	Column Column
	Kind   TimeKind
}

// Integer reports whether the column counts from 1970 as a number.
func (t TimeColumn) Integer() bool { return t.Kind == TimeSeconds || t.Kind == TimeMilliseconds }

// SQLType is the type in which marks of the column travel, qualified.
func (t TimeColumn) SQLType() string {
	if t.Integer() {
		return "pg_catalog.int8"
	}
	return "pg_catalog." + string(t.Kind)
}

func timeColumn(p *Plan, in Inputs) error {
	col, ok := in.Table.Column(in.Policy.TimestampColumn)
	if !ok {
		return refuse("timestamp_column", fmt.Sprintf("%s has no column %q", in.Table.Name, in.Policy.TimestampColumn), timeHelp(in.Table))
	}
	p.Time.Column = col
	switch col.BaseType {
	case "timestamptz", "timestamp", "date":
		if in.Policy.Unit != retention.UnitNone {
			return refuse("unit", fmt.Sprintf("column %q is a %s and needs no unit", col.Name, col.Type), "leave unit out")
		}
		p.Time.Kind = TimeKind(col.BaseType)
	case "int4", "int8":
		if in.Policy.Unit == retention.UnitNone {
			return refuse("unit", fmt.Sprintf("column %q is %s, which says nothing of time by itself", col.Name, col.Type), `declare "unit": "seconds" or "milliseconds" since 1970-01-01 UTC`)
		}
		p.Time.Kind = TimeKind(in.Policy.Unit)
	default:
		return refuse("timestamp_column", fmt.Sprintf("column %q of %s is %s, not a time", col.Name, in.Table.Name, col.Type), timeHelp(in.Table))
	}
	return nil
}

func timeHelp(t *Table) string {
	names := t.TimeColumns()
	if len(names) == 0 {
		return "the table has no date or timestamp column; an integer column can serve with a unit"
	}
	return "date and timestamp columns are " + strings.Join(names, ", ")
}
