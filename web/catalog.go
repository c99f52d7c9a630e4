package web

import (
	"slices"
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// table is what forms need of a table of the governed database.
type table struct {
	name    string
	rows    int64
	key     []string
	columns []column
}

type column struct {
	name, typ string
	// instant: the column can start a retention period; number: with a unit.
	instant, number bool
	// fixed says why the column cannot be anonymized; empty if it may.
	fixed string
}

// tables reads the catalog.
func (v *visit) tables() ([]table, error) {
	list, err := v.e.Tables(v.ctx, v.actor)
	if err != nil {
		return nil, err
	}
	out := make([]table, 0, len(list))
	for _, t := range list {
		have := table{name: t.Name.String(), rows: t.EstimatedRows}
		if t.Key != nil {
			have.key = t.Key.Columns
		}
		instants := t.TimeColumns()
		for _, c := range t.Columns {
			col := column{name: c.Name, typ: c.Type, instant: slices.Contains(instants, c.Name)}
			switch c.BaseType {
			case "int4", "int8":
				col.number = true
			}
			switch {
			case slices.Contains(have.key, c.Name):
				col.fixed = "Part of the key: it identifies the row and cannot be anonymized."
			case c.Generated:
				col.fixed = "Generated from other columns: anonymize those."
			}
			have.columns = append(have.columns, col)
		}
		out = append(out, have)
	}
	slices.SortFunc(out, func(a, b table) int { return strings.Compare(a.name, b.name) })
	return out, nil
}

func findTable(tables []table, name string) (table, bool) {
	i := slices.IndexFunc(tables, func(t table) bool { return t.name == name })
	if i < 0 {
		return table{}, false
	}
	return tables[i], true
}

// tableOptions lists the tables; one that is named and not there is kept, so that
// nothing typed is lost while the database is away.
func tableOptions(tables []table, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Text: "Choose a table", Selected: chosen == ""}}
	found := chosen == ""
	for _, t := range tables {
		text := t.name
		if t.rows >= 0 {
			text += " (about " + ui.Count(t.rows, "row", "rows") + ")"
		}
		found = found || t.name == chosen
		out = append(out, ui.Option{Value: t.name, Text: text, Selected: t.name == chosen})
	}
	if !found {
		out = append(out, ui.Option{Value: chosen, Text: chosen, Selected: true})
	}
	return out
}

// timestampOptions lists the columns that can start a retention period.
func timestampOptions(t table, chosen string) []ui.Option {
	out := []ui.Option{{Value: "", Text: pick(t.name == "", "Choose a table first", "Choose a column"), Selected: chosen == ""}}
	found := chosen == ""
	for _, c := range t.columns {
		if !c.instant && !c.number {
			continue
		}
		found = found || c.name == chosen
		out = append(out, ui.Option{Value: c.name, Text: c.name + " (" + c.typ + pick(c.number, ", needs a unit", "") + ")", Selected: c.name == chosen})
	}
	if !found && t.name == "" {
		out = append(out, ui.Option{Value: chosen, Text: chosen, Selected: true})
	}
	return out
}

// methodOptions are the anonymizers with what they do.
func methodOptions(chosen string) []ui.Option {
	texts := map[retention.Method]string{
		retention.MethodRedact: "redact: a fixed text", retention.MethodNull: "null: empty it", retention.MethodHash: "hash: a keyed hash", retention.MethodEmail: "email: an address that is nobody's",
		retention.MethodMask: "mask: keep the last characters", retention.MethodTruncateText: "truncate_text: keep the first characters",
		retention.MethodTruncateDate: "truncate_date: cut to a unit", retention.MethodTruncateIP: "truncate_ip: keep the network", retention.MethodGeneralizeNumber: "generalize_number: cut to a multiple", retention.MethodConstant: "constant: a value you give", retention.MethodJSON: "json: members of a document",
	}
	out := []ui.Option{{Value: "", Text: "leave as it is"}}
	for _, m := range retention.Methods() {
		text := texts[m]
		if text == "" {
			text = string(m)
		}
		out = append(out, ui.Option{Value: string(m), Text: text})
	}
	return ui.Pick(out, chosen)
}

// columnFields are the columns of the chosen table with their anonymizers. While
// the catalog is away the columns that have one are kept.
func columnFields(t table, d policyDraft, f *faults) []ui.ColumnField {
	cols := t.columns
	if t.name == "" {
		for name := range d.columns {
			cols = append(cols, column{name: name})
		}
		slices.SortFunc(cols, func(a, b column) int { return strings.Compare(a.name, b.name) })
	}
	var out []ui.ColumnField
	for _, c := range cols {
		switch {
		case c.name == d.timestamp:
			c.fixed = "The timestamp column: it starts the retention period and cannot be anonymized."
		case d.timestamp == "" && c.instant && c.fixed == "":
			c.fixed = "It may be the timestamp column: choose that one first."
		}
		out = append(out, columnField(c, d.columns[c.name], f))
	}
	return out
}

func columnField(c column, d columnDraft, f *faults) ui.ColumnField {
	base := "columns." + c.name
	parts := []ui.Option{{Value: "", Text: "Choose a unit"}}
	for _, p := range retention.DateParts() {
		parts = append(parts, ui.Option{Value: p, Text: p})
	}
	plain := templ.Attributes{"autocomplete": "off"}
	return ui.ColumnField{
		Name: c.name, Type: c.typ, Fixed: c.fixed, ID: ui.ID(base),
		Method: ui.Choice{Name: base + ".method", Label: "Method for " + c.name, Options: methodOptions(d.method), Error: joinErrors(f.of(base), f.of(base+".method"))},
		Text: ui.Field{Name: base + ".text", Label: "Text", Value: d.text, Error: f.of(base + ".text"), Attrs: plain,
			Help: "What it becomes; left empty, `" + retention.DefaultRedaction + "`."},
		Keep: ui.Field{Name: base + ".keep_last", Label: "Characters that stay readable", Value: d.keep, Error: f.of(base + ".keep_last"),
			Help: "Counted from the end; 0 hides all of them.", Attrs: templ.Attributes{"inputmode": "numeric", "autocomplete": "off"}},
		First: ui.Field{Name: base + ".keep_first", Label: "Characters that stay", Value: d.first, Error: f.of(base + ".keep_first"),
			Help: "Counted from the beginning; 0 leaves an empty text.", Attrs: templ.Attributes{"inputmode": "numeric", "autocomplete": "off"}},
		Step: ui.Field{Name: base + ".step", Label: "Step", Value: d.step, Error: f.of(base + ".step"),
			Help: "37 with a step of 10 becomes 30.", Attrs: templ.Attributes{"inputmode": "numeric", "autocomplete": "off"}},
		Drop: ui.Field{Name: base + ".drop", Label: "Members to take out", Value: d.drop, Error: f.within(base + ".drop"), Attrs: plain,
			Help: "Paths such as `/contact/phone`; several with spaces."},
		Redact: ui.Field{Name: base + ".redact", Label: "Members to write over", Value: d.redact, Error: f.within(base + ".redact"), Attrs: plain,
			Help: "Likewise; their values become the text."},
		To: ui.Choice{Name: base + ".to", Label: "Cut to", Options: ui.Pick(parts, d.to), Error: f.of(base + ".to"),
			Help: "What is finer than this unit is lost."},
		Value: ui.Field{Name: base + ".value", Label: "Value", Value: d.value, Error: f.of(base + ".value"), Attrs: plain,
			Help: "What every row gets, as the column's type is written."},
	}
}

func joinErrors(a, b string) string {
	if a == "" || b == "" {
		return a + b
	}
	return a + "; " + b
}
