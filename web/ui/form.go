package ui

import "github.com/a-h/templ"

// Field is one input of a form, with its one line of help and what is wrong with
// it beside it.
type Field struct {
	Name, Label, Help, Value, Error string
	// Type is the input's type; empty means text.
	Type string
	// Attrs are further attributes: autocomplete, inputmode, list, placeholder.
	Attrs templ.Attributes
}

// Check is a box to tick, whose value is true.
type Check struct {
	Name, Label, Help, Error string
	On                       bool
}

// Option is one entry of a select or of a group of radio buttons.
type Option struct {
	Value, Text, Help string
	Selected          bool
	Disabled          bool
}

// Choice is a select, or a group of radio buttons.
type Choice struct {
	Name, Label, Help, Error string
	Options                  []Option
	Attrs                    templ.Attributes
}

// Problem is one entry of the summary above a form that was refused.
type Problem struct {
	// Name is the field's name; empty for what belongs to no field.
	Name, Label, Message string
}

func ifelse(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

func describedBy(name, help, err string) string {
	id := ID(name)
	switch {
	case help != "" && err != "":
		return id + "-error " + id + "-help"
	case err != "":
		return id + "-error"
	case help != "":
		return id + "-help"
	}
	return ""
}

// aria gives an input its description and its state.
func aria(name, help, err string) templ.Attributes {
	a := templ.Attributes{}
	if d := describedBy(name, help, err); d != "" {
		a["aria-describedby"] = d
	}
	if err != "" {
		a["aria-invalid"] = "true"
	}
	return a
}

// Pick marks the option with the value as selected.
func Pick(options []Option, value string) []Option {
	out := make([]Option, len(options))
	for i, o := range options {
		o.Selected = o.Value == value
		out[i] = o
	}
	return out
}
