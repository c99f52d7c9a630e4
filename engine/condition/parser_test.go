package condition

import (
	"errors"
	"reflect"
	"runtime"
	"strconv"
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

// Each kind of mistake, where it is pointed at, and what is said to be accepted.
func TestEveryRefusalSaysWhereAndWhatIsAllowed(t *testing.T) {
	for _, tc := range []struct {
		text    string
		offset  int
		near    string
		allowed string
	}{
		{"", 0, "", "columns, constants"},
		{"  ", 2, "", "columns, constants"},
		{"a =", 3, "", "columns, constants"},
		{"a = 1 AND", 9, "", "columns, constants"},
		{"(a = 1", 6, "", ")"},
		{"a = 1)", 5, ")", "operators, AND, OR"},
		{"a IN (1, 2", 10, "", ")"},
		{"a IN ()", 6, ")", "columns, constants"},
		{"a IN 1", 5, "1", "("},
		{"a = = 1", 4, "=", "columns, constants"},
		{"a == 1", 2, "==", "= <>"},
		{"a ^ 2 = 1", 2, "^", "power(a, b)"},
		{"a !=-1", 2, "!=-", "space before a sign"},
		{"a < b < c", 6, "<", "a < b AND b < c"},
		{"a = 1 b", 6, "b", "operators, AND, OR"},
		{"a = 'x", 4, "'x", "doubled"},
		{`"a = 1`, 0, `"a = 1`, "doubled"},
		{`"" = 1`, 0, `""`, "doubled"},
		{"a = ‘x’", 4, "‘", "around strings"},
		{"a = E'x'", 4, "E'x", "plain strings"},
		{"a = $$x$$", 4, "$", "plain strings"},
		{"a = $1", 4, "$1", "constants"},
		{"a = :x", 4, ":", "in quotes"},
		{"a = 1; b", 5, ";", "one expression"},
		{"a = 1 -- b", 6, "--", "one expression"},
		{"a /* b */ = 1", 2, "/*", "one expression"},
		{"a = 1_000", 4, "1_", "42, 1.5 and 1e6"},
		{"a\u00a0= 1", 1, "\u00a0", "plain spaces"},
		{"a = '\x01'", 5, "\x01", "printable characters"},
		{"a = '\u202e'", 5, "\u202e", "printable characters"},
		{"a = '\xff'", 5, "\xff", "printable characters"},
		{"a = (SELECT 1)", 5, "SELECT", "columns, constants"},
		{"EXISTS (SELECT 1)", 0, "EXISTS", "columns, constants"},
		{"a = 1 UNION SELECT 2", 6, "UNION", "columns, constants"},
		{"pg_sleep(1) IS NULL", 0, "pg_sleep", "the functions abs, "},
		{"now() > a", 0, "now", "the functions abs, "},
		{"foo(a) = 1", 0, "foo", "the functions abs, "},
		{"date(a) = b", 0, "date", "value::date"},
		{"lower(a, b) = 'x'", 0, "lower", "1"},
		{"lower(a) OVER () = 'x'", 9, "OVER", "the functions abs, "},
		{"t.a = 1", 1, ".", "by their names alone"},
		{"ctid = '(0,1)'", 0, "ctid", "own columns"},
		{"user = 'x'", 0, "user", "in double quotes"},
		{"a::regclass = 1", 3, "regclass", "the types bigint, "},
		{"a::int(4) = 1", 6, "(", "the type alone"},
		{"a::varchar(0) = 'x'", 11, "0", "1 to 10485760"},
		{"a::int[][] IS NULL", 8, "[", "text[]"},
		{"CAST(a int) = 1", 7, "int", "AS"},
		{"a::double = 1", 10, "=", "PRECISION"},
		{"a IS 5", 5, "5", "NULL, TRUE, FALSE, UNKNOWN and DISTINCT FROM"},
		{"a IS DISTINCT 1", 14, "1", "FROM"},
		{"a IS NULL IS TRUE", 10, "IS", "parentheses"},
		{"a = NULL", 4, "NULL", "IS NULL"},
		{"a BETWEEN 1, 2", 11, ",", "AND"},
		{"a BETWEEN b AT TIME ZONE 'UTC' AND c", 12, "AT", "in parentheses"},
		{"a IN (1) IN (2)", 9, "IN", "parentheses"},
		{"a LIKE ANY ('{x}')", 7, "ANY", "one LIKE for each pattern"},
		{"a LIKE 'x' ESCAPE 'ab'", 18, "'ab'", "ESCAPE '!'"},
		{"a = 'x' ESCAPE '!'", 8, "ESCAPE", "LIKE"},
		{"a AT TIME ZONE b = c", 15, "b", "AT TIME ZONE 'UTC'"},
		{"a AT b", 5, "b", "TIME"},
		{"extract(timezone FROM a) = 1", 8, "timezone", "century"},
		{"extract(year a) = 1", 13, "a", "FROM"},
		{"a > 'today'", 4, "'today'", "DATE '2020-01-31'"},
		{"CASE WHEN a THEN b END", 0, "CASE", "coalesce"},
		{`a COLLATE "C" = 'x'`, 2, "COLLATE", "lower(column)"},
		{"a[1] = 2", 1, "[", "-> and ->>"},
		{"(a, b) = (1, 2)", 2, ",", "IN (list)"},
		{"a = ANY (ARRAY[])", 15, "]", "'{}'::text[]"},
		{strings.Repeat("a", 64) + " = 1", 0, strings.Repeat("a", 24) + "…", "at most 63"},
		{strings.Repeat("(", 65) + "a", 64, "(", "chains of AND and OR"},
		{strings.Repeat("a", MaxLength+1), MaxLength, "…", "at most 10000"},
	} {
		got := syntaxError(t, tc.text)
		if got.Offset != tc.offset || got.Near != tc.near || !strings.Contains(got.Allowed, tc.allowed) || got.Problem == "" {
			t.Errorf("%.40q\ngot  %v\nwant character %d, near %q, allowed: …%s…", tc.text, got, tc.offset+1, tc.near, tc.allowed)
		}
		if line := got.Error(); !strings.Contains(line, "at character "+strconv.Itoa(tc.offset+1)) || !strings.HasSuffix(line, got.Allowed) {
			t.Errorf("%.40q: Error() = %q", tc.text, line)
		}
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

// A bomb is refused before anything grows by it: by its length, and within the
// length by its depth.
func TestBombsAreRefusedBeforeAnythingGrows(t *testing.T) {
	around := func(open, core, end string, n int) string {
		return strings.Repeat(open, n) + core + strings.Repeat(end, n)
	}
	for _, tc := range []struct{ name, text, problem string }{
		{"10,000 parentheses", around("(", "a", ")", 10_000), "20001 characters"},
		{"parentheses up to the limit", around("(", "a", ")", 4999), "more than 64 levels"},
		{"10,000 parentheses that stay open", strings.Repeat("(", 10_000), "more than 64 levels"},
		{"10,000 parentheses that were never opened", "a" + strings.Repeat(")", 9999), "does not continue"},
		{"10,000 NOTs", strings.Repeat("NOT ", 10_000) + "a", "40001 characters"},
		{"NOTs up to the limit", strings.Repeat("NOT ", 2499) + "a", "more than 64 levels"},
		{"NOTs in parentheses", around("NOT(", "a", ")", 1999), "more than 64 levels"},
		{"ANDs", "a" + strings.Repeat(" AND a", 100_000), "600001 characters"},
		{"ANDs whose form is too long", "a=1" + strings.Repeat(" AND a=1", 1200), "written out"},
		{"AND and OR in turn", around("(a OR a AND ", "a", ")", 700), "more than 64 levels"},
		{"CASE", around("CASE WHEN a THEN ", "a", " END", 400), "CASE is not allowed"},
		{"calls", around("lower(", "a", ")", 1400), "more than 64 levels"},
		{"arrays", around("ARRAY[", "a", "]", 1400), "more than 64 levels"},
		{"CAST", around("CAST(", "a", " AS text)", 700), "more than 64 levels"},
		{"lists", around("a IN (", "a", ")", 1400), "more than 64 levels"},
		{"ANY", around("a = ANY (", "a", ")", 900), "more than 64 levels"},
		{"BETWEEN", around("(", "a", " BETWEEN b AND c)", 500), "more than 64 levels"},
		{"signs", strings.Repeat("- ", 4999) + "a", "more than 64 levels"},
		{"a string of 4 MB", "a = '" + strings.Repeat("x", 4<<20) + "'", "4194310 characters"},
		{"quotes", "a = " + strings.Repeat("'", 9993), "not closed"},
	} {
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		start := time.Now()
		got := syntaxError(t, tc.text)
		took := time.Since(start)
		runtime.ReadMemStats(&after)
		if !strings.Contains(got.Problem, tc.problem) || got.Allowed == "" {
			t.Errorf("%s: got %v, want %q", tc.name, got, tc.problem)
		}
		if took > time.Second {
			t.Errorf("%s: took %v", tc.name, took)
		}
		if heap := after.TotalAlloc - before.TotalAlloc; heap > 8<<20 {
			t.Errorf("%s: %d bytes were allocated", tc.name, heap)
		}
		if stack := int64(after.StackSys) - int64(before.StackSys); stack > 4<<20 {
			t.Errorf("%s: the stacks grew by %d bytes", tc.name, stack)
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
