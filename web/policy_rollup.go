package web

import (
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// linesOf writes a column a line with what it has: `day = created_at::date`.
func linesOf(names []string, what map[string]string) string {
	lines := make([]string, len(names))
	for i, n := range names {
		lines[i] = n + " = " + what[n]
	}
	return strings.Join(lines, "\n")
}

// rollup reads what is added to another table; nil if nothing is said of it, or if the
// action leaves the rows where they are.
func (d policyDraft) rollup(f *faults) *retention.Rollup {
	if d.rollupTable+d.rollupGroups+d.rollupMeasures == "" || !retention.Action(d.action).Removes() {
		return nil
	}
	r := &retention.Rollup{GroupBy: readLines(f, "rollup.group_by", d.rollupGroups), Measures: readLines(f, "rollup.measures", d.rollupMeasures)}
	if d.rollupTable != "" {
		var err error
		r.Table, err = retention.ParseTableName(d.rollupTable)
		note(f, "rollup.table", err)
	}
	return r
}

func readLines(f *faults, field, text string) map[string]string {
	out := map[string]string{}
	for line := range strings.Lines(text) {
		if line = strings.TrimSpace(line); line == "" {
			continue
		}
		name, what, ok := strings.Cut(line, "=")
		if name = strings.TrimSpace(name); !ok || name == "" {
			f.add(field, "must have a column and what it gets on each line, such as day = created_at::date")
			return nil
		}
		out[name] = strings.TrimSpace(what)
	}
	return out
}

// rollupFields are the inputs of a rollup.
func rollupFields(view *ui.PolicyFormView, d policyDraft, f *faults) {
	plain := templ.Attributes{"rows": "3", "autocomplete": "off", "spellcheck": "false"}
	view.RollupTable = ui.Field{Name: "rollup.table", Label: "Rollup table (optional)", Value: d.rollupTable, Error: joinErrors(f.of("rollup"), f.of("rollup.table")),
		Help:  "For deleting and archiving: the figures of the rows that go are added here, in the same transaction. It has one row a group and a unique index over the groups' columns.",
		Attrs: templ.Attributes{"autocomplete": "off", "spellcheck": "false"}}
	view.RollupGroups = ui.Field{Name: "rollup.group_by", Label: "Groups of the rollup", Value: d.rollupGroups, Error: f.inside("rollup.group_by"), Attrs: plain,
		Help: "A column of that table a line, and what of a row stands in it: `day = (created_at AT TIME ZONE 'UTC')::date`."}
	view.RollupMeasures = ui.Field{Name: "rollup.measures", Label: "Measures of the rollup", Value: d.rollupMeasures, Error: f.inside("rollup.measures"), Attrs: plain,
		Help: "A column a line, and what is added up: `orders = count`, `revenue = sum(total)`, also `min(…)` and `max(…)`."}
	for _, name := range []string{"rollup", "rollup.table", "rollup.group_by", "rollup.measures"} {
		view.More = view.More || f.inside(name) != ""
	}
	view.More = view.More || d.rollupTable+d.rollupGroups+d.rollupMeasures != ""
}

// rollupDetails say on a policy's page what its rollup adds up.
func rollupDetails(r *retention.Rollup) []ui.Pair {
	if r == nil {
		return nil
	}
	list := []ui.Pair{{Name: "Rolled up into", Value: r.Table.String(), Code: true}}
	for _, name := range r.GroupColumns() {
		list = append(list, ui.Pair{Name: "Group " + name, Value: r.GroupBy[name], Code: true})
	}
	for _, name := range r.MeasureColumns() {
		list = append(list, ui.Pair{Name: "Measure " + name, Value: r.Measures[name], Code: true})
	}
	return list
}
