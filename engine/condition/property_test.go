package condition

import (
	"maps"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"
)

// sqlToken is everything that printed SQL may consist of, written without the
// package's own lexer. Names and constants are quoted; what is not quoted is in
// sqlWords or qualified by pg_catalog and in its list.
var sqlToken = regexp.MustCompile(`^(?:` +
	`"(?:[^"]|"")+"` + // names
	`|E'(?:[^'\\]|''|\\\\)*'|'(?:[^'\\]|'')*'` + // strings
	`|[0-9]+\.?[0-9]*(?:e[+-]?[0-9]+)?|\.[0-9]+(?:e[+-]?[0-9]+)?` + // numbers
	`|pg_catalog\.[a-z][a-z0-9_]*|[A-Z]+|[a-z]+` + // words
	`|<>|<=|>=|\|\||->>|->|#>>|#>|@>|<@|!~\*|!~|~\*|[-+*/%=<>?~]` + // operators
	`|::|\[|\]|\(|\)|\.|, ?| )`)

var sqlWords = set(strings.Fields(`AND OR NOT IS NULL TRUE FALSE UNKNOWN DISTINCT FROM BETWEEN SYMMETRIC IN LIKE ILIKE
	ESCAPE ANY ALL ARRAY AT TIME ZONE COALESCE NULLIF GREATEST LEAST EXTRACT`)...)

// checkSQL fails unless the SQL is made of allowed tokens, balanced and in
// parentheses.
func checkSQL(t interface{ Fatalf(string, ...any) }, sql string) {
	depth := 0
	for rest := sql; rest != ""; {
		tok := sqlToken.FindString(rest)
		if tok == "" {
			t.Fatalf("no allowed token at %q of %q", rest, sql)
		}
		name, qualified := strings.CutPrefix(tok, "pg_catalog.")
		_, isType := dataTypes[name]
		known := isType
		for key, f := range functions {
			known = known || !f.syntax && (f.name == name || f.name == "" && key == name)
		}
		switch word := tok[0] >= 'A' && tok[0] <= 'Z' || tok[0] >= 'a' && tok[0] <= 'z'; {
		case qualified && !known:
			t.Fatalf("%s is not on the list, in %q", tok, sql)
		case word && !qualified && !strings.Contains(tok, "'") && !sqlWords[tok] && !extractFields[tok]:
			t.Fatalf("the word %s is not allowed, in %q", tok, sql)
		case tok == "(":
			depth++
		case tok == ")":
			depth--
		}
		rest = rest[len(tok):]
		if depth == 0 && rest != "" || depth < 0 {
			t.Fatalf("not one parenthesis around all: %q", sql)
		}
	}
	if depth != 0 {
		t.Fatalf("unbalanced: %q", sql)
	}
	for _, ban := range []string{"--", "/*", ";"} {
		if strings.Contains(unquoted(sql), ban) {
			t.Fatalf("%s outside quotes in %q", ban, sql)
		}
	}
}

var quotedText = regexp.MustCompile(`E'(?:[^'\\]|''|\\\\)*'|'(?:[^']|'')*'|"(?:[^"]|"")*"`)

func unquoted(sql string) string { return quotedText.ReplaceAllString(sql, " ") }

// roundTrip fails unless the canonical form is stable and reads as the same tree.
func roundTrip(t interface{ Fatalf(string, ...any) }, c *Condition) {
	text := c.String()
	again, err := Parse(text)
	if err != nil {
		t.Fatalf("the canonical form %q is refused: %v", text, err)
	}
	if !reflect.DeepEqual(again.Root(), c.Root()) {
		t.Fatalf("%q reads as another tree:\ngot  %#v\nwant %#v", text, again.Root(), c.Root())
	}
	if again.String() != text {
		t.Fatalf("got %q from %q", again.String(), text)
	}
}

// trees draws trees in the form in which Parse makes them.
type trees struct{ *rapid.T }

func (d trees) flag() bool { return rapid.Bool().Draw(d.T, "flag") }

func (d trees) pick(from ...string) string { return rapid.SampledFrom(from).Draw(d.T, "pick") }

func (d trees) text() string {
	return rapid.StringOf(rapid.OneOf(rapid.RuneFrom([]rune(`'"\;-/*$%_aZ ü`)), rapid.Rune())).
		Filter(func(s string) bool {
			_, bad := checkText(s)
			return bad == nil && !saysNow(s) && len(s) <= maxIdentifier
		}).Draw(d.T, "text")
}

func (d trees) name() string {
	if d.flag() {
		return d.pick("a", "status", "Status", "user", "select", "date", "left", "at", "now", "a$1", "in", "e", "u")
	}
	if s := d.text(); s != "" && !systemColumns[s] {
		return s
	}
	return "x"
}

func (d trees) dataType() Type {
	t := Type{Name: d.pick(slices.Sorted(maps.Keys(dataTypes))...), Array: d.flag()}
	mods := dataTypes[t.Name].mods
	if t.Name == "bpchar" || len(mods) > 0 && d.flag() {
		t.Modifier = d.pick("1", "3", "6")
		if len(mods) == 2 && d.flag() {
			t.Modifier += "," + d.pick("0", "2")
		}
	}
	return t
}

func (d trees) leaf() Expr {
	switch rapid.IntRange(0, 6).Draw(d.T, "leaf") {
	case 0:
		return Number{d.pick("0", "42", "1.50", ".5", "5.", "1e6", "2.5e-3", "99999999999")}
	case 1:
		return String{d.text()}
	case 2:
		return Bool{d.flag()}
	case 3:
		return Null{}
	case 4:
		return Cast{String{d.text()}, Type{Name: "bpchar"}}
	}
	return Column{d.name()}
}

// valued is a tree that is no bare NULL, which comparisons refuse.
func (d trees) valued(depth int) Expr {
	if e := d.expr(depth); e != (Expr)(Null{}) {
		return e
	}
	return Column{"n"}
}

func (d trees) list(depth, least int, one func(int) Expr) []Expr {
	out := make([]Expr, rapid.IntRange(least, least+2).Draw(d.T, "length"))
	for i := range out {
		out[i] = one(depth)
	}
	return out
}

func (d trees) expr(depth int) Expr {
	if depth == 0 {
		return d.leaf()
	}
	depth--
	switch rapid.IntRange(0, 15).Draw(d.T, "node") {
	case 0, 1:
		op := LogicOp(d.pick("AND", "OR"))
		return Logic{op, d.list(depth, 2, func(depth int) Expr {
			e := d.expr(depth)
			if inner, ok := e.(Logic); ok && inner.Op == op {
				return Not{e} // Parse would flatten it
			}
			return e
		})}
	case 2:
		return Not{d.expr(depth)}
	case 3:
		return Negate{d.expr(depth)}
	case 4:
		return Is{d.expr(depth), d.pick("NULL", "TRUE", "FALSE", "UNKNOWN"), d.flag()}
	case 5:
		return Distinct{d.expr(depth), d.expr(depth), d.flag()}
	case 6:
		return Cast{d.expr(depth), d.dataType()}
	case 7:
		return AtZone{d.expr(depth), d.text()}
	case 8:
		return Extract{d.pick("year", "epoch", "dow"), d.expr(depth)}
	case 9:
		return Array{d.list(depth, 1, d.expr)}
	case 10:
		return d.call(depth)
	}
	return d.predicate(depth)
}

func (d trees) call(depth int) Expr {
	key := d.pick(slices.Sorted(maps.Keys(functions))...)
	f := functions[key]
	if f.name != "" {
		key = f.name
		f = functions[key]
	}
	args := make([]Expr, f.min)
	for i := range args {
		args[i] = d.expr(depth)
	}
	return Call{key, args}
}

func (d trees) predicate(depth int) Expr {
	switch rapid.IntRange(0, 5).Draw(d.T, "predicate") {
	case 0:
		return Between{d.valued(depth), d.valued(depth), d.valued(depth), d.flag(), d.flag()}
	case 1:
		return In{d.valued(depth), d.list(depth, 1, d.valued), d.flag()}
	case 2:
		var escape *string
		if d.flag() {
			s := d.pick("", "!", `\`, "'", "ü")
			escape = &s
		}
		return Like{d.valued(depth), d.valued(depth), escape, d.flag(), d.flag()}
	case 3:
		return Quantified{d.pick("=", "<>", "<", "<=", ">", ">="), d.valued(depth), d.valued(depth), d.flag()}
	case 4:
		return Binary{d.pick("=", "<>", "<", "<=", ">", ">="), d.valued(depth), d.valued(depth)}
	}
	ops := slices.Concat(slices.Sorted(maps.Keys(otherOps)), []string{"+", "-", "*", "/", "%"})
	return Binary{d.pick(ops...), d.expr(depth), d.expr(depth)}
}

func TestCanonicalFormReadsAsTheSameTree(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		c := &Condition{root: trees{t}.expr(rapid.IntRange(0, 4).Draw(t, "depth"))}
		if utf8.RuneCountInString(c.String()) > MaxLength {
			t.Skip("too long")
		}
		roundTrip(t, c)
		checkSQL(t, c.SQL("t"))
		checkSQL(t, c.SQL(""))
	})
}

func FuzzParse(f *testing.F) {
	for _, file := range corpusFiles(f) {
		for _, c := range readCorpus(f, file) {
			f.Add(c.text)
		}
	}
	f.Fuzz(func(t *testing.T, text string) {
		c, err := Parse(text)
		if err != nil {
			e := syntaxError(t, text)
			if e.Offset < 0 || e.Offset > utf8.RuneCountInString(text) || e.Problem == "" || e.Allowed == "" ||
				strings.ContainsAny(e.Error(), "\n\r\x00") {
				t.Fatalf("%q: bad error %+v", text, e)
			}
			return
		}
		roundTrip(t, c)
		checkSQL(t, c.SQL("t"))
		checkSQL(t, c.SQL(""))
		for _, name := range c.Columns() {
			if systemColumns[name] || name == "" || len(name) > maxIdentifier {
				t.Fatalf("%q asks for the column %q", text, name)
			}
		}
	})
}
