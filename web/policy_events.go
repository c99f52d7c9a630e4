package web

import (
	"errors"
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// eventsDraft is what a policy tells others, as it stands in the form: a kind of
// entity, and columns by their names with commas between them.
type eventsDraft struct {
	entity, key, include string
}

func (d eventsDraft) any() bool { return d.entity+d.key+d.include != "" }

func eventsDraftOf(s *retention.EventSpec) eventsDraft {
	if s == nil {
		return eventsDraft{}
	}
	return eventsDraft{entity: s.EntityType, key: columnNames(s.Key), include: columnNames(s.Include)}
}

// spec reads the draft; nil if nothing is filled in.
func (d eventsDraft) spec(f *faults) *retention.EventSpec {
	if !d.any() {
		return nil
	}
	s := &retention.EventSpec{EntityType: d.entity}
	var err error
	s.Key, err = splitColumns(d.key)
	note(f, "events.key", err)
	s.Include, err = splitColumns(d.include)
	note(f, "events.include", err)
	return s
}

// columnNames writes a list of columns so that splitColumns reads the same list:
// a name is quoted, as in SQL, where a comma or a quote in it would be misread.
func columnNames(names []string) string {
	parts := make([]string, len(names))
	for i, n := range names {
		parts[i] = n
		if strings.ContainsAny(n, `,"`) || strings.TrimSpace(n) != n {
			parts[i] = retention.QuoteIdent(n)
		}
	}
	return strings.Join(parts, ", ")
}

var errUnclosed = errors.New(`has a quote that is not closed, or something after it; write names with commas between them, such as tenant, "odd, name"`)

// cutQuoted takes a name up to its closing quote; two quotes stand for one.
func cutQuoted(s string) (name, tail string, ok bool) {
	var b strings.Builder
	for {
		part, rest, found := strings.Cut(s, `"`)
		b.WriteString(part)
		if !found {
			return "", "", false
		}
		if !strings.HasPrefix(rest, `"`) {
			return b.String(), rest, true
		}
		b.WriteByte('"')
		s = rest[1:]
	}
}

// splitColumns reads names with commas between them. Their case is kept: they are
// the catalog's names, not SQL.
func splitColumns(text string) ([]string, error) {
	var names []string
	for rest := strings.TrimSpace(text); rest != ""; {
		var name, tail string
		if quoted, is := strings.CutPrefix(rest, `"`); is {
			var ok bool
			if name, tail, ok = cutQuoted(quoted); !ok {
				return nil, errUnclosed
			}
		} else {
			name, tail, _ = strings.Cut(rest, ",")
			name, tail = strings.TrimSpace(name), ","+tail
		}
		names = append(names, name)
		tail = strings.TrimSpace(tail)
		if tail != "" && tail[0] != ',' {
			return nil, errUnclosed
		}
		rest = strings.TrimSpace(strings.TrimPrefix(tail, ","))
	}
	return names, nil
}

// eventsFields are the inputs of what a policy tells others.
func eventsFields(view *ui.PolicyFormView, d eventsDraft, f *faults) {
	plain := templ.Attributes{"autocomplete": "off", "spellcheck": "false"}
	view.Entity = ui.Field{Name: "events.entity_type", Label: "Entity", Value: d.entity, Error: f.within("events.entity_type"),
		Help: "What the key identifies in the other services, such as `user`. Left empty with the two below: nobody is told.", Attrs: plain}
	view.EntityKey = ui.Field{Name: "events.key", Label: "Key", Value: d.key, Error: f.within("events.key"),
		Help: "The column that says whose record it is, such as `customer_id`; several with commas between them.", Attrs: plain}
	view.Include = ui.Field{Name: "events.include", Label: "Include (optional)", Value: d.include, Error: f.within("events.include"),
		Help: "Columns whose values travel along, such as `region`. Subscribers receive them in the clear.", Attrs: plain}
	view.Tells = d.any() || view.Entity.Error+view.EntityKey.Error+view.Include.Error != ""
}
