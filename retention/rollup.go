package retention

import (
	"maps"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"
)

// Rollup adds the figures of rows to a table of the application, group by group, in the
// transaction that removes them: each row is counted there exactly once.
type Rollup struct {
	// Table has one row a group. A unique index over exactly the columns of GroupBy finds it.
	Table TableName `json:"table"`
	// GroupBy are expressions over a row, by the column of Table that has their value.
	GroupBy map[string]string `json:"group_by"`
	// Measures are what is added up, by the column of Table: count, sum(…), min(…) or max(…)
	// of an expression over a row.
	Measures map[string]string `json:"measures"`
}

// maxRollupColumns bounds the columns that one rollup writes.
const maxRollupColumns = 50

// Measure is one figure of a rollup, read.
type Measure struct {
	// Func is count, sum, min or max; Expr is what it is of, empty for count.
	Func, Expr string
}

var measureForm = regexp.MustCompile(`(?s)^\s*(sum|min|max)\s*\((.*)\)\s*$`)

// ParseMeasure reads a measure.
func ParseMeasure(s string) (Measure, error) {
	if strings.TrimSpace(s) == "count" {
		return Measure{Func: "count"}, nil
	}
	if m := measureForm.FindStringSubmatch(s); m != nil && strings.TrimSpace(m[2]) != "" {
		return Measure{Func: m[1], Expr: strings.TrimSpace(m[2])}, nil
	}
	return Measure{}, Invalid("", "%q is no measure; write count, or sum(…), min(…) or max(…) of an expression", s)
}

// GroupColumns and MeasureColumns are the columns of the table in a fixed order, so that
// the same policy always makes the same statement.
func (r *Rollup) GroupColumns() []string { return slices.Sorted(maps.Keys(r.GroupBy)) }

// MeasureColumns are those of the measures.
func (r *Rollup) MeasureColumns() []string { return slices.Sorted(maps.Keys(r.Measures)) }

func (p *Policy) validateRollup(bad *Problems) {
	r := p.Rollup
	if r == nil {
		return
	}
	switch {
	case !p.Action.Removes():
		bad.Add("rollup", "belongs to the actions delete and archive; this policy's action is %s", p.Action)
	case slices.Contains(p.Cascade, p.Table):
		bad.Add("rollup", "counts the rows that the policy disposes of, and rows of %s that go along by `cascade` are none of them; leave one of the two out", p.Table)
	}
	switch {
	case r.Table.IsZero():
		bad.Add("rollup.table", "is required, as schema.table such as public.daily_orders")
	case r.Table == p.Table || slices.Contains(p.Cascade, r.Table) || p.archivesTo(r.Table):
		bad.Add("rollup.table", "must be another table than those whose rows go, and than their archives")
	}
	if len(r.GroupBy) == 0 {
		bad.Add("rollup.group_by", `is required: which column has what, such as {"day": "created_at::date"}`)
	}
	if len(r.Measures) == 0 {
		bad.Add("rollup.measures", `is required: what is added up in which column, such as {"orders": "count"}`)
	}
	if n := len(r.GroupBy) + len(r.Measures); n > maxRollupColumns {
		bad.Add("rollup", "writes %d columns; at most %d are accepted", n, maxRollupColumns)
	}
	for _, name := range r.GroupColumns() {
		if _, both := r.Measures[name]; both {
			bad.Add("rollup.measures."+name, "is a column of group_by too")
		}
		if n := utf8.RuneCountInString(r.GroupBy[name]); strings.TrimSpace(r.GroupBy[name]) == "" || n > MaxConditionLength {
			bad.Add("rollup.group_by."+name, "must be an expression of 1 to %d characters", MaxConditionLength)
		}
	}
	for _, name := range r.MeasureColumns() {
		_, err := ParseMeasure(r.Measures[name])
		if err != nil {
			bad.Add("rollup.measures."+name, "%q is no measure; write count, or sum(…), min(…) or max(…) of an expression", r.Measures[name])
		}
	}
}
