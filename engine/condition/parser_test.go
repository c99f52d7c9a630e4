package condition

import (
	"errors"
	"reflect"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

func mustParse(t testing.TB, text string) *Condition {
	t.Helper()
	c, err := Parse(text)
	if err != nil {
		t.Fatalf("Parse(%q): %v", text, err)
	}
	return c
}

func syntaxError(t testing.TB, text string) *SyntaxError {
	t.Helper()
	c, err := Parse(text)
	se, ok := errors.AsType[*SyntaxError](err)
	if !ok {
		t.Fatalf("Parse(%.40q) = %v, %v, want a *SyntaxError", text, c, err)
	}
	return se
}

func TestErrorPointsAtTheCharacter(t *testing.T) {
	got := syntaxError(t, "größe > 3 AND id IN (SELECT 1)")
	want := &SyntaxError{Offset: 21, Near: "SELECT", Problem: "subqueries are not allowed", Allowed: allowedAll}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got %+v, want %+v", got, want)
	}
	if line := got.Error(); !strings.HasPrefix(line, `at character 22, near "SELECT": subqueries are not allowed; allowed: columns,`) {
		t.Errorf("Error() = %q", line)
	}
	if !errors.Is(got, retention.ErrInvalid) {
		t.Error("a SyntaxError is no retention.ErrInvalid")
	}
}

func TestTheFirstMistakeIsReported(t *testing.T) {
	if got := syntaxError(t, "a = now() ; b"); got.Offset != 4 {
		t.Errorf("got offset %d (%v), want 4: now() comes before the semicolon", got.Offset, got)
	}
}

func TestTextThatNoConditionCanContain(t *testing.T) {
	for _, tc := range []struct {
		text   string
		offset int
	}{
		{"a = 'é\xff'", 6},
		{"a = '\x00'", 5},
		{"a\x00 = 1", 1},
		{"a = \x7f1", 4},
		{"a = '\u0085'", 5},
		{"\ufeffa = 1", 0},
		{"a = '\u2066x'", 5},
		{"\"a\x00b\" = 1", 2},
	} {
		if got := syntaxError(t, tc.text); got.Offset != tc.offset {
			t.Errorf("%q: got offset %d (%v), want %d", tc.text, got.Offset, got, tc.offset)
		}
	}
}

func TestWhiteSpaceSeparates(t *testing.T) {
	got := mustParse(t, "\t a\r\n IS\nNOT\tNULL \n").String()
	if want := "a IS NOT NULL"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// PostgreSQL's grammar takes the length of one away again where char stands before a
// constant; 'a' for char 'abc' would compare with another value.
func TestAConstantOfCharKeepsItsLength(t *testing.T) {
	for text, want := range map[string]string{
		"a = char 'abc'":            `("a" = ('abc'::pg_catalog.bpchar))`,
		"a = CAST('abc' AS char)":   `("a" = ('abc'::pg_catalog.bpchar(1)))`,
		"a = CHARACTER 'abc'::char": `("a" = (('abc'::pg_catalog.bpchar)::pg_catalog.bpchar(1)))`,
	} {
		c := mustParse(t, text)
		if got := c.SQL(""); got != want {
			t.Errorf("%s: got %s, want %s", text, got, want)
		}
		roundTrip(t, c)
	}
}

func TestLengthLimitCountsCharacters(t *testing.T) {
	frame := len("a = ''")
	if _, err := Parse("a = '" + strings.Repeat("ü", MaxLength-frame) + "'"); err != nil {
		t.Errorf("a condition of exactly %d characters is refused: %v", MaxLength, err)
	}
	if got := syntaxError(t, "a = '"+strings.Repeat("ü", MaxLength-frame+1)+"'"); got.Offset != MaxLength {
		t.Errorf("got %v, want an error at %d", got, MaxLength)
	}
	// The canonical form must stay within the limit too, since it is parsed again.
	if got := syntaxError(t, strings.Repeat("a=1 OR ", 1400)+"a=1"); !strings.Contains(got.Problem, "written out") {
		t.Errorf("got %v, want the length of the canonical form", got)
	}
}

func TestNestingIsLimited(t *testing.T) {
	n := MaxDepth
	deep := func(open, core, end string, n int) string {
		return strings.Repeat(open, n) + core + strings.Repeat(end, n)
	}
	for _, tc := range []struct{ name, fits, deep string }{
		{"parentheses", deep("(", "a", ")", n), deep("(", "a", ")", n+1)},
		{"NOT", deep("NOT ", "a", "", n-1), deep("NOT ", "a", "", n)},
		{"signs", deep("- ", "a", "", n-2) + " < 0", deep("- ", "a", "", n) + " < 0"},
		{"casts", deep("", "a", "::text", n-1), deep("", "a", "::text", n)},
		{"calls", deep("lower(", "a", ")", n-1), deep("lower(", "a", ")", n)},
		{"CAST", deep("CAST(", "a", " AS text)", n-1), deep("CAST(", "a", " AS text)", n)},
		{"arithmetic", deep("", "a", " + 1", n-1), deep("", "a", " + 1", n)},
		{"lists", deep("a IN (", "b", ")", n/2), deep("a IN (", "b", ")", n)},
		{"arrays", deep("ARRAY[", "a", "]", n-1), deep("ARRAY[", "a", "]", n)},
	} {
		if _, err := Parse(tc.fits); err != nil {
			t.Errorf("%s: refused within the limit: %v", tc.name, err)
		}
		if got := syntaxError(t, tc.deep); !strings.Contains(got.Problem, "nested") {
			t.Errorf("%s: got %v, want the nesting", tc.name, got)
		}
	}
}

func TestHostileTextIsRefusedFast(t *testing.T) {
	in := "(a IN (b, c))"
	between := "a"
	for range 30 {
		in = "(" + in + " IN (b, c))"
		between = "(" + between + " BETWEEN SYMMETRIC b AND c)"
	}
	for name, text := range map[string]string{
		"parentheses":     strings.Repeat("(", 4999) + "a" + strings.Repeat(")", 4999),
		"open":            strings.Repeat("(", MaxLength),
		"NOT":             strings.Repeat("NOT ", 2499) + "a",
		"signs":           strings.Repeat("- ", 4999) + "a",
		"plus signs":      strings.Repeat("+", MaxLength),
		"mixed operators": strings.Repeat("<+-", 3333),
		"casts":           "a" + strings.Repeat("::text", 1600),
		"sum":             "a" + strings.Repeat("+a", 4999),
		"IN inside IN":    in,
		"BETWEEN inside":  between,
		"wide left of IN": "(" + strings.Repeat("a OR ", 900) + "a) IN (" + strings.Repeat("b,", 1500) + "b)",
	} {
		start := time.Now()
		syntaxError(t, text)
		if took := time.Since(start); took > time.Second {
			t.Errorf("%s: took %v", name, took)
		}
	}
}

func TestLongChainsStayFlat(t *testing.T) {
	for _, op := range []LogicOp{And, Or} {
		c := mustParse(t, "a"+strings.Repeat(" "+string(op)+" a", 1500))
		logic, ok := c.Root().(Logic)
		if !ok || logic.Op != op || len(logic.Args) != 1501 {
			t.Errorf("%s: got %T with %d arguments, want one Logic with 1501", op, c.Root(), len(logic.Args))
		}
		if open := strings.Count(c.SQL(""), "("); open != 1 {
			t.Errorf("%s: the SQL has %d parentheses, want 1", op, open)
		}
	}
}

func TestAliasIsQuoted(t *testing.T) {
	c := mustParse(t, "a = 1")
	for alias, want := range map[string]string{
		"":      `("a" = 1)`,
		"t":     `("t"."a" = 1)`,
		`My"T.`: `("My""T."."a" = 1)`,
	} {
		if got := c.SQL(alias); got != want {
			t.Errorf("SQL(%q) = %s, want %s", alias, got, want)
		}
	}
}

func TestColumnsAreDistinctAndSorted(t *testing.T) {
	c := mustParse(t, `lower(b) = 'x' AND ("A" IS NULL OR c IN (b, d + e)) AND extract(year from f) = 2020`)
	if got, want := c.Columns(), []string{"A", "b", "c", "d", "e", "f"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
	if got := mustParse(t, "TRUE").Columns(); got == nil || len(got) != 0 {
		t.Errorf("got %#v, want an empty list", got)
	}
}

func TestFunctionsAreThoseOfTheCatalog(t *testing.T) {
	c := mustParse(t, `trim(b) = coalesce(lower(b), 'x') AND extract(year from f AT TIME ZONE 'UTC') = 2020`)
	if got, want := c.Functions(), []string{"btrim", "extract", "lower", "timezone"}; !reflect.DeepEqual(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestEqualityIsRecognised(t *testing.T) {
	for text, want := range map[string][2]string{
		"customer_id = 42":         {"customer_id", "42"},
		"((-42 = \"Customer\"))":   {"Customer", "(-42)"},
		`name = 'O''\Brien'`:       {"name", `E'O''\\Brien'`},
		"d = DATE '2020-01-31'":    {"d", "('2020-01-31'::pg_catalog.date)"},
		"open = TRUE":              {"open", "TRUE"},
		"a = b":                    {},
		"a = NULL::text":           {},
		"a <> 1":                   {},
		"a = 1 AND b = 2":          {},
		"a = lower('X')":           {},
		"a + 1 = 2":                {},
		"1 = 1":                    {},
		"a IS NOT DISTINCT FROM 1": {},
	} {
		column, value, ok := mustParse(t, text).Equality()
		if ok != (want != [2]string{}) || column != want[0] || value != want[1] {
			t.Errorf("%s: got %q, %q, %v, want %q", text, column, value, ok, want)
		}
	}
}

func TestFunctionsAndTypesOfTheListParse(t *testing.T) {
	for name, f := range functions {
		args := strings.TrimSuffix(strings.Repeat("a, ", f.min), ", ")
		mustParse(t, name+"("+args+") IS NULL")
	}
	for name := range typeNames {
		if name != "double" {
			mustParse(t, "a::"+name+" IS NULL")
		}
	}
	for name, dt := range dataTypes {
		display := dt.display
		if display == "" {
			display = name
		}
		mustParse(t, "a::"+display+" IS NULL")
	}
}

func TestReservedWordsNeedQuotes(t *testing.T) {
	for word := range reserved {
		if c := mustParse(t, `"`+word+`" IS NULL`); c.String() != `"`+word+`" IS NULL` {
			t.Errorf("%s: canonical form %s reads back as something else", word, c)
		}
		if word == "true" || word == "false" || word == "null" || word == "not" {
			continue // constants and an operator
		}
		syntaxError(t, word+" IS NULL")
	}
}

func TestWordsForThePresent(t *testing.T) {
	for text, want := range map[string]bool{
		"now": true, " NOW( ": true, "today 12:00": true, "{2020-01-01,Yesterday}": true, "12:00 tomorrow": true,
		"nowhere": false, "know": false, "2020-01-01": false, "infinity": false, "epoch": false, "": false,
	} {
		if got := saysNow(text); got != want {
			t.Errorf("saysNow(%q) = %v, want %v", text, got, want)
		}
	}
}
