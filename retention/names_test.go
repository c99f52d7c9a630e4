package retention_test

import (
	"encoding/json"
	"strings"
	"testing"
	"unicode/utf8"

	"pgregory.net/rapid"

	"holdfast/retention"
)

func TestTableNamesAreReadAsSQLReadsThem(t *testing.T) {
	long := strings.Repeat("a", retention.MaxIdentifier)
	for _, tc := range []struct {
		text string
		want retention.TableName
	}{
		{"orders", name("public", "orders")},
		{"sales.orders", name("sales", "orders")},
		{"Sales.ORDERS", name("sales", "orders")},
		{"  public.orders \n", name("public", "orders")},
		{`"Order Lines"`, name("public", "Order Lines")},
		{`"Sales"."Order Lines"`, name("Sales", "Order Lines")},
		{`sales."Orders"`, name("sales", "Orders")},
		{`"Sales".orders`, name("Sales", "orders")},
		{`"a.b"."c.d"`, name("a.b", "c.d")},
		{`"say ""hi"""`, name("public", `say "hi"`)},
		{`""""`, name("public", `"`)},
		{`" lead"."trail "`, name(" lead", "trail ")},
		{`"x; DROP TABLE y; --"`, name("public", "x; DROP TABLE y; --")},
		{"select.table", name("select", "table")},
		{"_a1$.b$2", name("_a1$", "b$2")},
		{`"größe"`, name("public", "größe")},
		{long + "." + long, name(long, long)},
		{`"` + strings.Repeat("é", 31) + `"`, name("public", strings.Repeat("é", 31))},
	} {
		got, err := retention.ParseTableName(tc.text)
		if err != nil || got != tc.want {
			t.Errorf("ParseTableName(%q) = %+v, %v, want %+v", tc.text, got, err, tc.want)
		}
	}
}

func TestUnreadableTableNamesSayWhatWouldBeAccepted(t *testing.T) {
	tooLong := strings.Repeat("a", retention.MaxIdentifier+1)
	for _, tc := range []struct{ text, says string }{
		{"", "give schema.table"},
		{" \t", "give schema.table"},
		{"a.b.c", "has 3 parts; give schema.table"},
		{"public.", `public."Order Lines"`},
		{".orders", `public."Order Lines"`},
		{"a..b", `public."Order Lines"`},
		{"order lines", `public."Order Lines"`},
		{"public .orders", `public."Order Lines"`},
		{"1orders", `quote it as in SQL`},
		{"größe", `quote it as in SQL`},
		{"orders;", `quote it as in SQL`},
		{`ord"ers`, `quote it as in SQL`},
		{`"orders`, "a quote that is not closed"},
		{`public."orders`, "a quote that is not closed"},
		{`"orders"x`, `has "x" after a name; quote names that need it`},
		{`"orders" .x`, `after a name; quote names that need it`},
		{`""`, "an empty part"},
		{`public.""`, "an empty part"},
		{tooLong, "has a part of 64 bytes; PostgreSQL's names have at most 63"},
		{`"` + strings.Repeat("é", 32) + `"`, "has a part of 64 bytes"},
		{"\"a\x00b\"", "a character that no name can have"},
		{"\"a\xff\"", "a character that no name can have"},
		// The Kelvin sign's lower case is k, but PostgreSQL folds ASCII alone.
		{"\u212aey", `quote it as in SQL`},
	} {
		got, err := retention.ParseTableName(tc.text)
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("ParseTableName(%q) = %+v, %v, want an error that says %q", tc.text, got, err, tc.says)
		}
		if err != nil && got != (retention.TableName{}) {
			t.Errorf("ParseTableName(%q) fails and names %+v, want no table", tc.text, got)
		}
	}
}

func TestTableNamesAreQuotedForPeopleOnlyWhereNeeded(t *testing.T) {
	for _, tc := range []struct {
		name         retention.TableName
		display, sql string
	}{
		{name("public", "orders"), `public.orders`, `"public"."orders"`},
		{name("public", "Orders"), `public."Orders"`, `"public"."Orders"`},
		{name("Sales", "order lines"), `"Sales"."order lines"`, `"Sales"."order lines"`},
		{name("public", `a"b`), `public."a""b"`, `"public"."a""b"`},
		{name("public", "select"), `public.select`, `"public"."select"`},
		{name("a.b", "1"), `"a.b"."1"`, `"a.b"."1"`},
		{name("public", "größe"), `public."größe"`, `"public"."größe"`},
		{name("public", `x"; DROP TABLE y; --`), `public."x""; DROP TABLE y; --"`, `"public"."x""; DROP TABLE y; --"`},
	} {
		if got := tc.name.String(); got != tc.display {
			t.Errorf("%+v.String() = %s, want %s", tc.name, got, tc.display)
		}
		if got := tc.name.SQL(); got != tc.sql {
			t.Errorf("%+v.SQL() = %s, want %s", tc.name, got, tc.sql)
		}
	}
}

func TestEveryTableNameIsReadBackAsItWasPrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := name(identifier().Draw(t, "schema"), identifier().Draw(t, "name"))
		for _, text := range []string{want.String(), want.SQL()} {
			got, err := retention.ParseTableName(text)
			if err != nil || got != want {
				t.Fatalf("ParseTableName(%q) = %+v, %v, want %+v", text, got, err, want)
			}
		}
		raw, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var got retention.TableName
		if err := json.Unmarshal(raw, &got); err != nil || got != want {
			t.Fatalf("JSON %s is read as %+v, %v, want %+v", raw, got, err, want)
		}
	})
}

func TestAQuotedIdentifierNeverEndsEarly(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := identifier().Draw(t, "identifier")
		quoted := retention.QuoteIdent(want)
		got, rest, ok := readQuoted(quoted)
		if !ok || rest != "" || got != want {
			t.Fatalf("QuoteIdent(%q) = %s, which SQL reads as %q and then %q", want, quoted, got, rest)
		}
	})
}

// readQuoted reads a quoted identifier as PostgreSQL's lexer does (scan.l: xdstart,
// xdinside, xddouble), written without the package's own reader.
func readQuoted(s string) (ident, rest string, ok bool) {
	s, ok = strings.CutPrefix(s, `"`)
	for ok {
		before, after, found := strings.Cut(s, `"`)
		if !found {
			return "", "", false
		}
		ident += before
		if !strings.HasPrefix(after, `"`) {
			return ident, after, true
		}
		ident, s = ident+`"`, after[1:]
	}
	return "", "", false
}

func TestABadTableNameFailsItsDocument(t *testing.T) {
	var got struct{ Table retention.TableName }
	err := json.Unmarshal([]byte(`{"table":"a.b.c"}`), &got)
	if err == nil || !strings.Contains(err.Error(), "give schema.table") {
		t.Errorf("got %+v, %v, want an error that says what would be accepted", got, err)
	}
}

func TestOnlyTheEmptyNameIsZero(t *testing.T) {
	for n, want := range map[retention.TableName]bool{{}: true, name("public", ""): false, name("", "x"): false, name("a", "b"): false} {
		if got := n.IsZero(); got != want {
			t.Errorf("%+v.IsZero() = %v, want %v", n, got, want)
		}
	}
}

func name(schema, table string) retention.TableName {
	return retention.TableName{Schema: schema, Name: table}
}

// identifier draws any name that PostgreSQL could have, with a liking for the
// characters that could break out.
func identifier() *rapid.Generator[string] {
	nasty := rapid.StringOfN(rapid.SampledFrom([]rune{'"', '\'', '.', ';', '\\', '-', '$', '1', ' ', '\n', 'a', 'Z', '_', 'é', '\u212a', '漢'}), 1, 20, retention.MaxIdentifier)
	return rapid.OneOf(nasty, rapid.StringN(1, -1, retention.MaxIdentifier)).Filter(func(s string) bool {
		return s != "" && utf8.ValidString(s) && !strings.Contains(s, "\x00")
	})
}
