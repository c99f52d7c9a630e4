package proof

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"holdfast/engine/condition"
)

// fataler is a *testing.T or a *rapid.T.
type fataler interface{ Fatalf(string, ...any) }

// prove fails unless PostgreSQL reads the condition as we do, in each of its forms:
// what the statement has, with and without an alias, what people read, and what the
// person typed.
func prove(t fataler, typed string, c *condition.Condition) {
	want := ours(c.Root())
	for _, form := range []struct {
		what, sql string
		reader    reader
	}{
		{"SQL(t)", c.SQL("t"), reader{alias: "t"}},
		{"SQL()", c.SQL(""), reader{}},
		{"String()", c.String(), reader{typed: true}},
		{"the typed text", typed, reader{typed: true}},
	} {
		got, err := form.reader.read(form.sql)
		if err != nil {
			t.Fatalf("%q\n%s is %s\nand %v", typed, form.what, form.sql, err)
		}
		if got != want {
			t.Fatalf("%q\n%s is %s\nwhich PostgreSQL reads as\n%s\nand we as\n%s", typed, form.what, form.sql, got, want)
		}
	}
}

// corpus are the texts of engine/condition's corpus, allowed and refused.
func corpus(t testing.TB) []string {
	t.Helper()
	files, err := filepath.Glob("../testdata/*.txt")
	if err != nil || len(files) == 0 {
		t.Fatalf("no corpus: %v", err)
	}
	var texts []string
	for _, file := range files {
		raw, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		for line := range strings.SplitSeq(string(raw), "\n") {
			if text, ok := strings.CutPrefix(line, "text: "); ok {
				texts = append(texts, text)
			}
		}
	}
	return texts
}

func TestPostgreSQLReadsTheCorpusAsWeDo(t *testing.T) {
	proven := 0
	for _, text := range corpus(t) {
		if c, err := condition.Parse(text); err == nil {
			prove(t, text, c)
			proven++
		}
	}
	if proven < 50 {
		t.Errorf("%d conditions of the corpus are accepted; has its form changed?", proven)
	}
}

func TestPostgreSQLReadsDrawnConditionsAsWeDo(t *testing.T) {
	drawn, accepted := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		drawn++
		if proveDrawn(t) {
			accepted++
		}
	})
	// A generator that is refused all the time proves nothing.
	if accepted*3 < drawn {
		t.Errorf("%d of %d drawn conditions are accepted, want a third or more", accepted, drawn)
	}
}

// The expressions of a rollup are of the same language, and stand in the destructive
// statement too.
func TestPostgreSQLReadsDrawnTermsAsWeDo(t *testing.T) {
	drawn, accepted := 0, 0
	rapid.Check(t, func(t *rapid.T) {
		drawn++
		text := texts{t}.operand(rapid.IntRange(0, 4).Draw(t, "depth"))
		if c, err := condition.ParseTerm(text); err == nil {
			prove(t, text, c)
			accepted++
		}
	})
	if accepted*3 < drawn {
		t.Errorf("%d of %d drawn terms are accepted, want a third or more", accepted, drawn)
	}
}

func proveDrawn(t *rapid.T) bool {
	text := texts{t}.expr(rapid.IntRange(0, 5).Draw(t, "depth"))
	c, err := condition.Parse(text)
	if err != nil {
		return false
	}
	prove(t, text, c)
	return true
}

// FuzzDrawnCondition draws from the grammar what the fuzzer's bytes say.
func FuzzDrawnCondition(f *testing.F) {
	for _, seed := range []string{"", "holdfast", strings.Repeat("\x01\x80\xff", 400), strings.Repeat("retention", 200)} {
		f.Add([]byte(seed))
	}
	f.Fuzz(rapid.MakeFuzz(func(t *rapid.T) { proveDrawn(t) }))
}

// FuzzCondition tries texts of any kind: whatever passes the allow-list has no
// subquery, no function off the list, no second statement, for PostgreSQL too.
func FuzzCondition(f *testing.F) {
	for _, text := range append(corpus(f), hostile...) {
		f.Add(text)
	}
	f.Fuzz(func(t *testing.T, text string) {
		if c, err := condition.Parse(text); err == nil {
			prove(t, text, c)
		}
		if c, err := condition.ParseTerm(text); err == nil {
			prove(t, text, c)
		}
	})
}

// hostile are texts that one of the two might read in another way than it looks.
var hostile = []string{
	"a = 'x' ); DROP TABLE t; --", "a = '\\'; DROP TABLE t; --'", "a = E'\\'' OR TRUE", "a = U&'\\0027'", `U&"\0061" = 1`,
	"a = 'x'\n'y'", "a = 'x' -- y\n'z'", "a = $$x$$", "a = $1", "a = 1; b = 2", "a /* b */ = 1", "a --b\n = 1",
	"a = 1_000", "a = 0x1F", "a = 0o17", "a = 0b1", "a = 1.e5", "a = .5e-3", "a = 5..6", "a = 1e", "a = 007", "a = - -1",
	"a = -2147483648", "a = -9223372036854775808", "a = --1", "a = - - -0", "- -0.0 = a", "-0 = a",
	"a<-1", "a @>-1", "a->-1 = 2", "a *-1 = 1", "a -(-1) = 1", "a<>-1", "a!=- 1", "a ~-1", "a ?-1", "a||-1 = b",
	"NOT a = b IS NULL", "NOT a IN (1) = b", "a = b IN (1)", "a IS NULL = b", "a IS DISTINCT FROM b = c",
	"a IS NOT DISTINCT FROM b IS NULL", "a LIKE b || c ESCAPE '!'", "a LIKE b = c", "a BETWEEN b AND c AND d",
	"a BETWEEN b AND c OR d", "a BETWEEN SYMMETRIC b + 1 AND c IS NULL", "a NOT BETWEEN b AND c = d",
	"a = ANY (b) AND c", "a = ALL (b) IS NULL", "a || b = ANY (c)", "- a::int = 1", "- a AT TIME ZONE 'UTC' IS NULL",
	"a::date AT TIME ZONE 'UTC' = b", "a + b AT TIME ZONE 'x' AT TIME ZONE 'y' = c", "a->b + c ->> d = e", "a ? b || c",
	"a - b - c * d / e % f || g = h", "a @> b <@ c", "time IS NULL", "interval IS NULL", "char = 'x'", "precision = 1",
	"double = 1", "timestamp = b", "values IS NULL", "row = 1", "array = 1", "extract = 1", "coalesce = 1", "left = 1",
	"operator = 1", "overlaps = 1", "collation = 1", "exists IS NULL", "national = 1", "nchar = 'x'", "bit = 1", "dec = 1",
	"setof = 1", "grouping = 1", "merge_action = 1", "json = '1'", "json_table = 1", "xmlparse = 1", "treat = 1",
	"none = 1", "out = 1", "position = 1", "trim = 1", "overlay = 1", "normalize = 1", "least = 1", "escape = 1",
	"uescape = 1", "unknown = 1", "symmetric = 1", "normalized IS NULL", "a IS normalized", "a IS JSON", "a IS DOCUMENT",
	"trim(a) = trim(a, b)", "substring(a, 1) = ceiling(b)", "character_length(a) = mod(a, b)", "left(a, 1) = right(a, 1)",
	"float8 '1' = a", "int4 '1' = a", "bool 't'", "char 'x' = a", "character varying 'x' = a", "decimal '1' = a",
	"time with time zone '1' = a", "timestamp(3) '2020-01-01' = a", "varchar(3) 'x' = a", "interval '1' = a", "json '{}' -> a = b",
	"CAST(a AS char) = a::char(1)[]", "a::numeric(3,2)[] IS NULL", "a::timestamp with time zone::time(3)::text = b",
	"a::double precision::int = 1", "a::varchar(3)::character(4) = 'x'", "a IS NULL OR b AND NOT c",
	"größe = 1 AND \"ſ\" = 2", "K = 1", "a\u00a0= 1", "ａ = 1", "a = '\u2028'", "\"a\\b\" = 1", "a\u0301 = 1", "a² = 1",
}
