package target

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// refusedIDs are the fields at fault when the ids of a table are checked.
func (f *fixture) refusedIDs(table string, ids ...retention.Key) []string {
	f.Helper()
	err := f.target.CheckKeys(f.Context(), retention.Hold{Scope: []retention.Scope{{Table: retention.TableName{Schema: "public", Name: table}, RecordIDs: ids}}})
	invalid, ok := errors.AsType[*retention.InvalidError](err)
	if err != nil && !ok {
		f.Fatalf("check keys of %s: %v", table, err)
	}
	var fields []string
	if ok {
		for _, e := range invalid.Fields {
			fields = append(fields, e.Field)
		}
	}
	return fields
}

func TestIDsThatNoRowCanHaveAreRefusedByTheirPlace(t *testing.T) {
	f := newFixture(t, `CREATE DOMAIN public.posint AS integer CHECK (VALUE > 0)`, `CREATE DOMAIN public.even AS public.posint CHECK (VALUE % 2 = 0)`,
		`CREATE TABLE public.a (id public.posint PRIMARY KEY)`, `CREATE TABLE public.b (id public.even PRIMARY KEY)`,
		`CREATE TABLE public.c (day date, id bigint, PRIMARY KEY (day, id))`, `CREATE TABLE public.d (at timestamptz PRIMARY KEY)`,
		`CREATE TABLE public.e (word text PRIMARY KEY)`, `CREATE TABLE public.f (code varchar(3) PRIMARY KEY)`,
		`CREATE TABLE public.codes (code text)`, `INSERT INTO public.codes VALUES ('x')`,
		`CREATE FUNCTION public.known(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN EXISTS (SELECT FROM codes WHERE code = $1); END $$`,
		`CREATE DOMAIN public.code AS text CHECK (public.known(VALUE))`, `CREATE TABLE public.g (id public.code PRIMARY KEY)`,
		`CREATE FUNCTION public.broken(text) RETURNS boolean LANGUAGE plpgsql AS $$ BEGIN RETURN EXISTS (SELECT FROM nowhere); END $$`,
		`CREATE DOMAIN public.unsure AS text CHECK (public.broken(VALUE))`, `CREATE TABLE public.h (id public.unsure PRIMARY KEY)`)
	for table, c := range map[string]struct{ ids, refused []string }{
		"a": {[]string{"1", "0", "2147483647", "-1"}, []string{"scope[0].record_ids[1]", "scope[0].record_ids[3]"}},
		"b": {[]string{"2", "3"}, []string{"scope[0].record_ids[1]"}},
		"d": {[]string{"2026-01-01 00:00Z", "now", "infinity", " TODAY 12:00", "epoch", "-infinity"}, []string{"scope[0].record_ids[1]", "scope[0].record_ids[3]"}},
		"e": {[]string{"now", "today"}, nil},
		"f": {[]string{"abc", "abcd"}, nil},
		"g": {[]string{"x", "y"}, []string{"scope[0].record_ids[1]"}},
		"h": {[]string{"x"}, nil},
	} {
		if got := f.refusedIDs(table, keys(c.ids...)...); !slices.Equal(got, c.refused) {
			t.Errorf("%s: refused %v of %v, want %v", table, got, c.ids, c.refused)
		}
	}
	if got := f.refusedIDs("c", retention.Key{"2026-01-01", "7"}, retention.Key{"yesterday", "7"}); !slices.Equal(got, []string{"scope[0].record_ids[1]"}) {
		t.Errorf("composite key: refused %v, want the second", got)
	}
}

func TestStagedIDsAreThoseThatWereGiven(t *testing.T) {
	odd := []string{`\N`, `\.`, "a\tb", "a\nb", "a\rb", `a\`, "", " ", `"`, "ä", `\t`}
	f := newFixture(t, `CREATE TABLE public.words (word text, n bigint, PRIMARY KEY (word, n))`)
	var ids []retention.Key
	for i, word := range odd {
		ids = append(ids, retention.Key{word, fmt.Sprint(i)})
	}
	table := retention.TableName{Schema: "public", Name: "words"}
	h := retention.Hold{ID: "0190c5c0-0000-7000-8000-000000000001", Matter: "m", Scope: []retention.Scope{{Table: table, RecordIDs: ids}}}
	staged := func() (words []string) {
		t.Helper()
		rows, err := f.connect().Query(t.Context(), `SELECT k1 FROM holdfast_guard.held_1 ORDER BY k2`)
		if err != nil {
			t.Fatal(err)
		}
		if words, err = pgx.CollectRows(rows, pgx.RowTo[string]); err != nil {
			t.Fatal(err)
		}
		return words
	}
	// The second time everything is there; the third has one more, and one twice.
	for i, more := range [][]retention.Key{nil, nil, {{"z", "98"}, {"z", "098"}}} {
		h.Scope[0].RecordIDs = append(ids[:len(ids):len(ids)], more...)
		if err := f.target.StageHold(t.Context(), h); err != nil {
			t.Fatal(err)
		}
		want := odd
		if more != nil {
			want = append(odd[:len(odd):len(odd)], "z")
		}
		if got := staged(); !slices.Equal(got, want) {
			t.Errorf("staged %d times: got %q, want %q", i+1, got, want)
		}
	}
}
