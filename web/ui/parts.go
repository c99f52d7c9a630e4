package ui

import (
	"strconv"
	"strings"
)

// Time is a moment as people read it: absolute with its zone, and relative beside.
// The zero Time is none.
type Time struct {
	// ISO is RFC 3339 in UTC, for machines.
	ISO string
	// Text is absolute with the zone, Relative is "6 hours ago".
	Text, Relative string
}

// Pill is a state in one word, with an icon, so that colour is never alone.
type Pill struct {
	// Tone is good, warn, bad, busy or quiet.
	Tone string
	Text string
}

// Chip is one filter of a list, with its own address.
type Chip struct {
	Text string
	Href string
	// Count is shown if HasCount is set, zero too.
	Count    int64
	HasCount bool
	Current  bool
}

// Pager leads through a list that is read by cursor; empty addresses are not shown.
type Pager struct {
	First, Next string
	// What is listed, for the labels: "holds".
	What string
}

// Search is the search field of a list. Keep holds the other filters.
type Search struct {
	Action, Name, Label, Value, Help string
	Keep                             [][2]string
}

// Empty is what a list says when it has nothing to show.
type Empty struct {
	Title, Text      string
	Action, ActionTo string
}

// Stat is one figure with its name.
type Stat struct {
	Label, Value, Note string
}

// Num writes a number exactly, with its thousands grouped.
func Num(n int64) string {
	s := strconv.FormatInt(n, 10)
	sign := ""
	if strings.HasPrefix(s, "-") {
		sign, s = "-", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return sign + s
}

// Count writes a number with its noun: "1 record", "2 records".
func Count(n int64, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return Num(n) + " " + many
}

// run of text, code or not.
type span struct {
	Text string
	Code bool
}

// spans cuts a sentence at its backquotes. An odd one stays a backquote.
func spans(s string) []span {
	parts := strings.Split(s, "`")
	if len(parts)%2 == 0 {
		return []span{{Text: s}}
	}
	var out []span
	for i, p := range parts {
		if p != "" {
			out = append(out, span{Text: p, Code: i%2 == 1})
		}
	}
	return out
}

func pressed(b bool) string { return strconv.FormatBool(b) }

// ID makes an element id of a field's name.
func ID(name string) string {
	var b strings.Builder
	b.WriteString("f-")
	for _, r := range name {
		switch {
		case r >= 'a' && r <= 'z', r >= '0' && r <= '9', r == '-', r == '_', r == '.':
			b.WriteRune(r)
		default:
			b.WriteString("u" + strconv.FormatInt(int64(r), 16))
		}
	}
	return b.String()
}
