package web

import (
	"errors"
	"slices"
	"strings"

	"holdfast/retention"
	"holdfast/web/ui"
)

// faults are what is wrong with a form, by field.
type faults struct {
	fields []retention.FieldError
}

// faultsOf takes the fields out of err; the bool is false if err is no InvalidError.
func faultsOf(err error) (faults, bool) {
	inv, ok := errors.AsType[*retention.InvalidError](err)
	if !ok {
		return faults{}, false
	}
	return faults{fields: inv.Fields}, true
}

// merge adds the faults of fields that have none yet: what a person typed is named
// before what follows from it.
func (f *faults) merge(err error) {
	more, _ := faultsOf(err)
	for _, m := range more.fields {
		if !slices.ContainsFunc(f.fields, func(have retention.FieldError) bool { return have.Field == m.Field }) {
			f.fields = append(f.fields, m)
		}
	}
}

func (f *faults) add(field, message string) {
	f.fields = append(f.fields, retention.FieldError{Field: field, Message: message})
}

// inOrder sorts the faults as their fields stand in the form, so that a reader of the
// summary goes down the page; what belongs to no field comes first.
func (f *faults) inOrder(place func(field string) int) {
	slices.SortStableFunc(f.fields, func(a, b retention.FieldError) int { return place(a.Field) - place(b.Field) })
}

func (f *faults) any() bool { return len(f.fields) > 0 }

// of is the message beside one field; empty if there is none.
func (f *faults) of(field string) string {
	var messages []string
	for _, e := range f.fields {
		if e.Field == field {
			messages = append(messages, e.Message)
		}
	}
	return upperFirst(strings.Join(messages, "; "))
}

// within is of for a list: the messages of its elements too.
func (f *faults) within(list string) string {
	var some faults
	for _, e := range f.fields {
		if e.Field == list || strings.HasPrefix(e.Field, list+"[") {
			some.add(list, e.Message)
		}
	}
	return some.of(list)
}

// inside is of for a member of named ones: their messages too, each with its name.
func (f *faults) inside(member string) string {
	var some faults
	for _, e := range f.fields {
		if e.Field == member {
			some.add(member, e.Message)
		} else if name, is := strings.CutPrefix(e.Field, member+"."); is {
			some.add(member, name+": "+e.Message)
		}
	}
	return some.of(member)
}

// inWords are all messages, where there is no field to show them beside.
func (f *faults) inWords() string {
	messages := make([]string, len(f.fields))
	for i, e := range f.fields {
		messages[i] = strings.TrimSuffix(e.Message, ".")
	}
	return upperFirst(strings.Join(messages, "; "))
}

// labelled names a field of the form for the summary: its element's name and what
// it is called. ok is false for what belongs to no element.
type labelled func(field string) (name, label string, ok bool)

// summary lists the faults above the form.
func (f *faults) summary(label labelled) []ui.Problem {
	out := make([]ui.Problem, 0, len(f.fields))
	for _, e := range f.fields {
		p := ui.Problem{Message: e.Message}
		if name, text, ok := label(e.Field); ok {
			p.Name, p.Label = name, text
		} else if e.Field != "" {
			p.Message = e.Field + ": " + e.Message
		}
		out = append(out, p)
	}
	return out
}

// byName looks labels up in a list of name and label; names are fields.
func byName(labels map[string]string) labelled {
	return func(field string) (string, string, bool) {
		l, ok := labels[field]
		return field, l, ok
	}
}

// renamed moves the faults of one field of a noun to a field of the form.
func (f faults) renamed(from, to string) faults {
	out := faults{fields: slices.Clone(f.fields)}
	for i := range out.fields {
		if out.fields[i].Field == from {
			out.fields[i].Field = to
		}
	}
	return out
}
