package sqlgen_test

import (
	"crypto/hmac"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"github.com/jackc/pgx/v5"
	"pgregory.net/rapid"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// shapelessDatabase is a database with the tables of one test.
func shapelessDatabase(t *testing.T, sql ...string) string {
	t.Helper()
	url := pgtest.New(t)
	pgtest.Exec(t, url, sql...)
	return url
}

// peopleTypes are the column types that the anonymizers are tried on, by the name of
// their table. The domains have a domain below them.
var peopleTypes = map[string]string{
	"p_text":       "text",
	"p_varchar":    "varchar",
	"p_varchar60":  "varchar(60)",
	"p_char60":     "char(60)",
	"p_domain":     "app.mail",
	"p_collated":   `text COLLATE app."any case"`,
	"p_citext":     "app.citext",
	"p_date":       "date",
	"p_timestamp":  "timestamp",
	"p_timestamp0": "timestamp(0)",
	"p_tstz":       "timestamptz",
	"p_day":        "app.day",
}

const peopleTypesSQL = `CREATE SCHEMA app;
	CREATE DOMAIN app.word AS varchar(60);
	CREATE DOMAIN app.mail AS app.word CHECK (length(VALUE) < 1000);
	CREATE DOMAIN app.day AS date;
	CREATE COLLATION app."any case" (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`

// peopleDatabase has a table for each type, with a column c of it, and one u_… where
// c is unique.
func peopleDatabase(t *testing.T) string {
	t.Helper()
	url := shapelessDatabase(t, peopleTypesSQL)
	if pgtest.Value[bool](t, url, "SELECT EXISTS (SELECT FROM pg_available_extensions WHERE name = 'citext')") {
		pgtest.Exec(t, url, "CREATE EXTENSION citext SCHEMA app")
	} else {
		t.Log("no citext here: it is not tried")
		pgtest.Exec(t, url, "CREATE DOMAIN app.citext AS text")
	}
	for name, typ := range peopleTypes {
		pgtest.Exec(t, url, fmt.Sprintf(`CREATE TABLE %s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT '2020-01-01', c %s);
			CREATE TABLE u_%[1]s (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, at timestamptz DEFAULT '2020-01-01', c %[2]s UNIQUE)`, name, typ))
	}
	return url
}

// texts are values that people write, and values made to look like what the
// anonymizers write.
func texts() []*string {
	hashed := hashOf("someone")
	out := []*string{nil}
	for _, s := range []string{
		"", " ", "  x  ", "*", "**", "****1", "***12", "x*", "[ANONYMIZED]", "[ANONYMIZED] ", "[anonymized]", "jane@example.com", "Jane@Example.com",
		"gone", "e\u0301", "é", "straße", "STRASSE", "漢字かな", "👩‍👩‍👧", "\u200b", "\u0000x"[1:], "a\nb\t", `'"\$1%s`,
		hashed, strings.ToUpper(hashed), hashed[:47], hashed + "0", hashed[:47] + "g", hashed[:32] + strings.Repeat("0", 16), strings.Repeat("0", 48), strings.Repeat("é", 48), strings.Repeat("f", 60),
		hashOf(hashed),
	} {
		out = append(out, &s)
	}
	any := rapid.OneOf(rapid.StringN(0, 60, -1), rapid.StringOfN(rapid.RuneFrom([]rune("0123456789abcdef")), 48, 48, -1), rapid.StringOf(rapid.RuneFrom([]rune("*aA é"))))
	for seed := range 150 {
		s := any.Example(seed)
		if utf8.ValidString(s) && !strings.Contains(s, "\x00") && utf8.RuneCountInString(s) <= 60 {
			out = append(out, &s)
		}
	}
	return out
}

// hashOf is what the method hash writes, made by Go's own HMAC.
func hashOf(s string) string {
	mac := func(key [32]byte, s string) string {
		h := hmac.New(sha256.New, key[:])
		h.Write([]byte(s))
		return hex.EncodeToString(h.Sum(nil))
	}
	value := mac(keys.Hash, s)[:32]
	return value + mac(keys.Check, value)[:16]
}

// wanted is what a method makes of a text, written without SQL.
func wanted(how retention.Anonymizer, s string) string {
	switch how.Method {
	case retention.MethodRedact:
		return plan.RedactText(how)
	case retention.MethodConstant:
		return *how.Value
	case retention.MethodEmail:
		if local, ok := strings.CutSuffix(s, plan.EmailDomain); ok && len(local) == plan.HashLength && hashCheckOf(local[:32]) == local[32:] {
			return s
		}
		return wanted(retention.Anonymizer{Method: retention.MethodHash}, s) + plan.EmailDomain
	case retention.MethodTruncateText:
		runes := []rune(s)
		return string(runes[:min(len(runes), *how.KeepFirst)])
	case retention.MethodMask:
		runes := []rune(s)
		for i := range len(runes) - *how.KeepLast {
			runes[i] = '*'
		}
		return string(runes)
	case retention.MethodHash:
		if len([]rune(s)) == plan.HashLength {
			if r := []rune(s); hashCheckOf(string(r[:32])) == string(r[32:]) {
				return s
			}
		}
		return hashOf(s)
	}
	panic("no text is made by " + how.Method)
}

func hashCheckOf(value string) string {
	h := hmac.New(sha256.New, keys.Check[:])
	h.Write([]byte(value))
	return hex.EncodeToString(h.Sum(nil))[:16]
}

// treating is the printer of a policy that treats the column c of a table, or the
// planner's refusal.
func treating(t *testing.T, url, name string, how retention.Anonymizer, zone string) (*sqlgen.Printer, error) {
	t.Helper()
	p := retention.Policy{
		Name: "p", Table: table("public", name), TimestampColumn: "at", RetentionPeriod: retention.Period{Days: 1}, Action: retention.ActionAnonymize,
		LegalBasis: "Consent", TimeZone: zone, Columns: map[string]retention.Anonymizer{"c": how},
	}.WithDefaults()
	if err := p.Validate(); err != nil {
		t.Fatal(err)
	}
	pl, err := plan.Build(plan.Inputs{Policy: p, Table: catalogTable(t, url, p.Table)})
	if err != nil {
		return nil, err
	}
	pl.Cutoff = cutoff
	return sqlgen.New(pl, keys), nil
}

// stored reads the column c, by id.
func stored(t *testing.T, q querier, name string) []*string {
	t.Helper()
	found, err := q.Query(t.Context(), "SELECT c::text FROM "+name+" ORDER BY id")
	if err != nil {
		t.Fatal(err)
	}
	out, err := pgx.CollectRows(found, pgx.RowTo[*string])
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func quoted(s *string) string {
	if s == nil {
		return "NULL"
	}
	return fmt.Sprintf("%q", *s)
}

func same(a, b *string) bool { return a == nil && b == nil || a != nil && b != nil && *a == *b }

// everything is all rows of a table.
func everything() sqlgen.Range {
	return sqlgen.Range{Slice: &sqlgen.Slice{Lo: day(1).AddDate(-10, 0, 0)}}
}

// anonymizedOnce applies a method twice. The first time must change exactly the rows
// whose value differs, and leave none that is due; the second time nothing.
func anonymizedOnce(t *testing.T, tx pgx.Tx, g *sqlgen.Printer, name string) (before, after []*string) {
	t.Helper()
	before = stored(t, tx, name)
	due := count(t, tx, g.Remaining(everything()))
	first := run(t, tx, g, modeAnonymize, everything(), 1)
	after = stored(t, tx, name)
	var differ int64
	for i := range before {
		if !same(before[i], after[i]) {
			differ++
		}
		if (before[i] == nil) != (after[i] == nil) {
			t.Errorf("%s became %s, want NULL to stay NULL and the rest not to become it", quoted(before[i]), quoted(after[i]))
		}
	}
	if first.changed != due || first.undone != 0 || differ != due || due == 0 {
		t.Errorf("%d rows were due, %d changed, %d of them undone, and %d have another value; want all the same and none undone", due, first.changed, first.undone, differ)
	}
	remain := count(t, tx, g.Remaining(everything()))
	second := run(t, tx, g, modeAnonymize, everything(), 1)
	again := stored(t, tx, name)
	for i := range after {
		if !same(after[i], again[i]) {
			t.Errorf("%s became %s and then %s", quoted(before[i]), quoted(after[i]), quoted(again[i]))
		}
	}
	if remain != 0 || second.changed != 0 {
		t.Errorf("after it %d rows remain and a second time changes %d, want none", remain, second.changed)
	}
	return before, after
}

func TestTextIsAnonymizedOnceAndForAll(t *testing.T) {
	url := peopleDatabase(t)
	conn := connect(t, url)
	hows := map[string]retention.Anonymizer{
		"redact":       {Method: retention.MethodRedact},
		"redact blank": {Method: retention.MethodRedact, Text: " a b "},
		"hash":         {Method: retention.MethodHash},
		"mask 0":       {Method: retention.MethodMask, KeepLast: ptr(0)},
		"mask 2":       {Method: retention.MethodMask, KeepLast: ptr(2)},
		"mask 59":      {Method: retention.MethodMask, KeepLast: ptr(59)},
		"email":        {Method: retention.MethodEmail},
		"first 0":      {Method: retention.MethodTruncateText, KeepFirst: ptr(0)},
		"first 2":      {Method: retention.MethodTruncateText, KeepFirst: ptr(2)},
		"first 59":     {Method: retention.MethodTruncateText, KeepFirst: ptr(59)},
		"constant":     {Method: retention.MethodConstant, Value: ptr("Jane@example.COM")},
		"empty":        {Method: retention.MethodConstant, Value: ptr("")},
	}
	for i, name := range []string{"p_text", "p_varchar", "p_varchar60", "p_char60", "p_domain", "p_collated", "p_citext"} {
		for j, kind := range pgtest.Names(hows) {
			how, values := hows[kind], texts()
			if pgtest.ForLong(i, j) {
				continue
			}
			if kind == "email" {
				if slices.Contains([]string{"p_varchar60", "p_char60", "p_domain"}, name) {
					continue // too short
				}
				for _, s := range []string{hashOf("someone") + plan.EmailDomain, strings.ToUpper(hashOf("someone")) + plan.EmailDomain, strings.Repeat("0", 48) + plan.EmailDomain, "x" + hashOf("x") + plan.EmailDomain, plan.EmailDomain} {
					values = append(values, &s)
				}
			}
			t.Run(name+"/"+kind, func(t *testing.T) {
				g, err := treating(t, url, name, how, "UTC")
				if err != nil {
					t.Fatal(err)
				}
				rolledBack(t, conn, func(tx pgx.Tx) {
					fill(t, tx, name, values)
					before, after := anonymizedOnce(t, tx, g, name)
					for i, old := range before {
						if old == nil {
							continue
						}
						want := wanted(how, *old)
						if name == "p_char60" {
							want = strings.TrimRight(want, " ")
						}
						if after[i] == nil || *after[i] != want {
							t.Errorf("%s became %s, want %q", quoted(old), quoted(after[i]), want)
						}
					}
				})
			})
		}
	}
}

func fill(t *testing.T, tx pgx.Tx, name string, values []*string) {
	t.Helper()
	typ := peopleTypes[strings.TrimPrefix(name, "u_")]
	typ, _, _ = strings.Cut(typ, " COLLATE")
	_, err := tx.Exec(t.Context(), fmt.Sprintf("INSERT INTO %s (c) SELECT v::%s FROM unnest($1::text[]) WITH ORDINALITY AS u(v, n) ORDER BY n ON CONFLICT DO NOTHING", name, typ), values)
	if err != nil {
		t.Fatal(err)
	}
}

func TestKeyedMethodsKeepUniqueColumnsUnique(t *testing.T) {
	url := peopleDatabase(t)
	conn := connect(t, url)
	for _, name := range []string{"u_p_text", "u_p_varchar60", "u_p_char60", "u_p_domain", "u_p_collated", "u_p_citext"} {
		t.Run(name, func(t *testing.T) {
			for _, m := range []retention.Method{retention.MethodHash, retention.MethodEmail} {
				g, err := treating(t, url, name, retention.Anonymizer{Method: m}, "UTC")
				if m == retention.MethodEmail && slices.Contains([]string{"u_p_varchar60", "u_p_char60", "u_p_domain"}, name) {
					if !errors.Is(err, retention.ErrInvalid) {
						t.Errorf("addresses of 67 characters in %s: got %v, want a refusal", name, err)
					}
					continue
				}
				if err != nil {
					t.Fatal(err)
				}
				rolledBack(t, conn, func(tx pgx.Tx) {
					fill(t, tx, name, texts())
					before, _ := anonymizedOnce(t, tx, g, name)
					values := number(t, tx, "SELECT count(c) FROM "+name)
					if got := number(t, tx, "SELECT count(DISTINCT c) FROM "+name); got != values || values < 100 || len(before) == int(values) {
						t.Errorf("%s: %d different values among %d, of %d rows; want all different, and a NULL", m, got, values, len(before))
					}
				})
			}
			for _, m := range []retention.Anonymizer{{Method: retention.MethodRedact}, {Method: retention.MethodMask, KeepLast: ptr(4)}, {Method: retention.MethodConstant, Value: ptr("x")}} {
				if _, err := treating(t, url, name, m, "UTC"); !errors.Is(err, retention.ErrInvalid) {
					t.Errorf("%s of a unique column: got %v, want a refusal", m.Method, err)
				}
			}
		})
	}
}

func TestNullIsWrittenOnce(t *testing.T) {
	url := peopleDatabase(t)
	conn := connect(t, url)
	for name := range peopleTypes {
		g, err := treating(t, url, name, retention.Anonymizer{Method: retention.MethodNull}, "UTC")
		if err != nil {
			t.Fatal(err)
		}
		rolledBack(t, conn, func(tx pgx.Tx) {
			fill(t, tx, name, []*string{ptr("2020-01-01"), nil, ptr("2021-01-01 10:00")})
			first, second := run(t, tx, g, modeAnonymize, everything(), 1), run(t, tx, g, modeAnonymize, everything(), 1)
			if left := number(t, tx, "SELECT count(c) FROM "+name); first.changed != 2 || first.undone != 0 || second.changed != 0 || left != 0 {
				t.Errorf("%s: changed %+v and then %+v, %d values left; want 2, then none, none left", name, first, second, left)
			}
		})
	}
}

// moments are instants before and after every change of the clocks that is near, far
// in the past and in the future, and none at all.
func moments() []*string {
	out := []*string{nil}
	for _, s := range []string{"infinity", "-infinity", "0044-03-15 12:00 BC", "0001-01-01", "1582-10-10 01:02:03", "1900-02-28 23:59:59.999999", "2000-02-29", "2024-12-30", "2026-01-01", "9999-12-31 23:59:59"} {
		out = append(out, &s)
	}
	seconds := rapid.Int64Range(-3_000_000_000, 4_000_000_000)
	for seed := range 150 {
		s := time.Unix(seconds.Example(seed), int64(seed)*1_000_003).UTC().Format("2006-01-02 15:04:05.999999")
		out = append(out, &s)
	}
	// Clocks changed in Berlin, Havana (at midnight), São Paulo (at midnight) and on Lord Howe Island.
	for _, change := range []string{"2024-03-31 01:00", "2024-10-27 01:00", "2024-03-10 05:00", "2024-11-03 05:00", "2018-11-04 03:00", "2018-02-18 02:00", "2024-04-06 15:00", "2024-10-05 15:30"} {
		at, err := time.Parse("2006-01-02 15:04", change)
		if err != nil {
			panic(err)
		}
		for minutes := -150; minutes <= 150; minutes += 15 {
			s := at.Add(time.Duration(minutes) * time.Minute).Format("2006-01-02 15:04:05")
			out = append(out, &s)
		}
	}
	return out
}

// truncates tells, by local time alone, whether the value b is the beginning of the
// part in which the value a lies.
func truncates(name, zone, part string) string {
	local := func(x string) string {
		if name == "p_tstz" {
			return fmt.Sprintf("(%s::timestamptz AT TIME ZONE '%s')", x, zone)
		}
		return x + "::timestamp"
	}
	return fmt.Sprintf(`SELECT count(*) FROM unnest($1::text[], $2::text[]) AS u(a, b) WHERE NOT isfinite(a::timestamp) AND a::timestamp <> b::timestamp
		OR isfinite(a::timestamp) AND (date_trunc('%s', %s) <> date_trunc('%[1]s', %[3]s) OR %[3]s - date_trunc('%[1]s', %[3]s) > interval '1 hour')`, part, local("a"), local("b"))
}

func TestDatesAreTruncatedOnceAndForAll(t *testing.T) {
	url := peopleDatabase(t)
	conn := connect(t, url)
	for _, name := range []string{"p_date", "p_day", "p_timestamp", "p_timestamp0", "p_tstz"} {
		zones := []string{"UTC"}
		if name == "p_tstz" {
			zones = []string{"UTC", "Europe/Berlin", "America/Havana", "America/Sao_Paulo", "Australia/Lord_Howe"}
		}
		for i, zone := range zones {
			for j, part := range retention.DateParts() {
				if pgtest.ForLong(i, j) && part != "hour" {
					continue
				}
				if part == "hour" && (name == "p_date" || name == "p_day" || zone == "Australia/Lord_Howe") {
					continue // A date has no hours; on Lord Howe Island the clocks change by half an hour.
				}
				t.Run(name+"/"+zone+"/"+part, func(t *testing.T) {
					g, err := treating(t, url, name, retention.Anonymizer{Method: retention.MethodTruncateDate, To: part}, zone)
					if err != nil {
						t.Fatal(err)
					}
					rolledBack(t, conn, func(tx pgx.Tx) {
						fill(t, tx, name, moments())
						if part == "day" && (name == "p_date" || name == "p_day") {
							if got := count(t, tx, g.Remaining(everything())); got != 0 {
								t.Errorf("%d days are due to be truncated to days, want none", got)
							}
							return
						}
						before, after := anonymizedOnce(t, tx, g, name)
						if wrong := number(t, tx, truncates(name, zone, part), before, after); wrong != 0 {
							t.Errorf("%d values did not become the beginning of their %s", wrong, part)
						}
					})
				})
			}
		}
	}
}

func TestWhatATriggerUndoesIsCountedApart(t *testing.T) {
	url := peopleDatabase(t)
	pgtest.Exec(t, url, `CREATE FUNCTION undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF old.id % 3 = 0 THEN new.c := old.c; END IF; RETURN new; END $$;
		CREATE TRIGGER undo BEFORE UPDATE ON p_text FOR EACH ROW EXECUTE FUNCTION undo();
		INSERT INTO p_text (c) SELECT 'x' || g FROM generate_series(1, 9) AS g; INSERT INTO p_text (c) VALUES ('[ANONYMIZED]'), (NULL)`)
	conn := connect(t, url)
	g, err := treating(t, url, "p_text", retention.Anonymizer{Method: retention.MethodRedact}, "UTC")
	if err != nil {
		t.Fatal(err)
	}
	rolledBack(t, conn, func(tx pgx.Tx) {
		if got, want := run(t, tx, g, modeAnonymize, everything(), 1), (outcome{changed: 9, undone: 3}); got != want {
			t.Errorf("got %+v, want %+v", got, want)
		}
		if got := count(t, tx, g.Remaining(everything())); got != 3 {
			t.Errorf("%d rows remain, want the 3 that the trigger undid", got)
		}
	})
}

func TestARowThatIsEditedLaterIsCaughtAgain(t *testing.T) {
	url := peopleDatabase(t)
	conn := connect(t, url)
	for kind, how := range map[string]retention.Anonymizer{"redact": {Method: retention.MethodRedact}, "hash": {Method: retention.MethodHash}, "mask": {Method: retention.MethodMask, KeepLast: ptr(1)}} {
		g, err := treating(t, url, "p_citext", how, "UTC")
		if err != nil {
			t.Fatal(err)
		}
		rolledBack(t, conn, func(tx pgx.Tx) {
			fill(t, tx, "p_citext", []*string{ptr("abcdef"), ptr("ghijkl")})
			run(t, tx, g, modeAnonymize, everything(), 1)
			// For citext and for a lenient collation the edited text equals the treated one.
			if _, err := tx.Exec(t.Context(), "UPDATE p_citext SET c = lower(c::text) || CASE WHEN lower(c::text) = c::text THEN 'x' ELSE '' END WHERE id = (SELECT min(id) FROM p_citext)"); err != nil {
				t.Fatal(err)
			}
			if got := run(t, tx, g, modeAnonymize, everything(), 1); got.changed != 1 {
				t.Errorf("%s: an edited row was changed %d times, want once", kind, got.changed)
			}
		})
	}
}

func TestATreatedColumnStaysWhileItsNeighbourIsTreated(t *testing.T) {
	url := shapelessDatabase(t, `CREATE TABLE n (id bigint PRIMARY KEY, at timestamptz DEFAULT '2020-01-01', a text, b text, c text);
		INSERT INTO n SELECT g, '2020-01-01', 'a' || g, 'b' || g, 'c' || g FROM generate_series(1, 3) AS g`)
	conn := connect(t, url)
	p := retention.Policy{Name: "p", Table: table("public", "n"), TimestampColumn: "at", RetentionPeriod: retention.Period{Days: 1}, Action: retention.ActionAnonymize, LegalBasis: "x",
		Columns: map[string]retention.Anonymizer{"a": {Method: retention.MethodHash}, "b": {Method: retention.MethodHash}, "c": {Method: retention.MethodMask, KeepLast: ptr(1)}}}.WithDefaults()
	pl, err := plan.Build(plan.Inputs{Policy: p, Table: catalogTable(t, url, p.Table)})
	if err != nil {
		t.Fatal(err)
	}
	pl.Cutoff = cutoff
	g := sqlgen.New(pl, keys)
	rolledBack(t, conn, func(tx pgx.Tx) {
		run(t, tx, g, modeAnonymize, everything(), 1)
		if _, err := tx.Exec(t.Context(), "UPDATE n SET b = 'edited' WHERE id = 2; UPDATE n SET b = NULL WHERE id = 3"); err != nil {
			t.Fatal(err)
		}
		if got, want := run(t, tx, g, modeAnonymize, everything(), 1), (outcome{changed: 1}); got != want {
			t.Errorf("after an edit: got %+v, want %+v", got, want)
		}
		var a, b, c string
		if err := tx.QueryRow(t.Context(), "SELECT a, b, c FROM n WHERE id = 2").Scan(&a, &b, &c); err != nil {
			t.Fatal(err)
		}
		if a != hashOf("a2") || b != hashOf("edited") || c != "*2" {
			t.Errorf("the row is %s, %s, %s; want the hashes of a2 and edited, and *2", a, b, c)
		}
		if remain := count(t, tx, g.Remaining(everything())); remain != 0 {
			t.Errorf("%d rows remain, want none", remain)
		}
	})
}

func TestChecksAreTriedOnWhatAnonymizingWouldWrite(t *testing.T) {
	url := shapelessDatabase(t, `CREATE TABLE c (id bigint PRIMARY KEY, at timestamptz DEFAULT '2020-01-01', c text, born date,
		CONSTRAINT long CHECK (length(c) > 11), CONSTRAINT young CHECK (born > '1900-01-01'));
		INSERT INTO c SELECT g, '2020-01-01', 'abcdefghijkl' || g, '2000-01-01' FROM generate_series(1, 5) AS g`)
	conn := connect(t, url)
	for _, tc := range []struct {
		name    string
		columns map[string]retention.Anonymizer
		broken  int64
	}{
		{"redact is long enough", map[string]retention.Anonymizer{"c": {Method: retention.MethodRedact}}, 0},
		{"a short text is not", map[string]retention.Anonymizer{"c": {Method: retention.MethodRedact, Text: "x"}}, 5},
		{"a mask is as long as its value", map[string]retention.Anonymizer{"c": {Method: retention.MethodMask, KeepLast: ptr(0)}}, 0},
		{"null breaks no check", map[string]retention.Anonymizer{"c": {Method: retention.MethodNull}}, 0},
		{"null of a date keeps its type", map[string]retention.Anonymizer{"born": {Method: retention.MethodNull}}, 0},
		{"a constant date", map[string]retention.Anonymizer{"born": {Method: retention.MethodConstant, Value: ptr("1900-01-01")}}, 5},
	} {
		p := retention.Policy{Name: "p", Table: table("public", "c"), TimestampColumn: "at", RetentionPeriod: retention.Period{Days: 1}, Action: retention.ActionAnonymize, LegalBasis: "x", Columns: tc.columns}.WithDefaults()
		live := catalogTable(t, url, p.Table)
		pl, err := plan.Build(plan.Inputs{Policy: p, Table: live})
		if err != nil {
			t.Fatal(err)
		}
		var broken int64
		for _, check := range live.Checks {
			var n int64
			s := sqlgen.New(pl, keys).Treat(check.Expr, 1000)
			if err := conn.QueryRow(t.Context(), s.SQL, asPlanned(s)...).Scan(&n); err != nil {
				t.Errorf("%s: %s could not be tried: %v", tc.name, check.Name, err)
			}
			broken += n
		}
		if broken != tc.broken {
			t.Errorf("%s: %d rows would be refused, want %d", tc.name, broken, tc.broken)
		}
	}
}
