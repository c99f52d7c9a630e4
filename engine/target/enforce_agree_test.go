package target

import (
	"fmt"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// What the page counts, what a batch leaves and what the trigger refuses are the same rows,
// for every kind of scope and of key.
func TestPageBatchAndTriggerHaveOnePredicate(t *testing.T) {
	t.Parallel()
	for name, c := range map[string]struct {
		before []string
		key    string   // columns and primary key
		values string   // i becomes the key
		ids    []string // two that are there and one that is not; parts of a composite key are separated by |
		cond   string
	}{
		"bigint":  {nil, `k bigint PRIMARY KEY`, `i`, []string{"3", " 07", "99"}, "k > 14 OR note = 'note 3'"},
		"numeric": {nil, `k numeric(9,2) PRIMARY KEY`, `i + 0.5`, []string{"3.5", "7.50", "3.51"}, "k BETWEEN 4 AND 6"},
		"text":    {nil, `k text PRIMARY KEY`, `'K' || i`, []string{"K3", "K7", "k8"}, "k LIKE 'K1%'"},
		"char":    {nil, `k char(5) PRIMARY KEY`, `'K' || i`, []string{"K3", "K7 ", "k8"}, "k = 'K4'"},
		"text of a collation": {[]string{`CREATE COLLATION public.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`},
			`k text COLLATE public.nocase PRIMARY KEY`, `'K' || i`, []string{"K3", "k7", "k99"}, "k IN ('k12', 'K13')"},
		"uuid":        {nil, `k uuid PRIMARY KEY`, `md5(i::text)::uuid`, []string{"eccbc87e-4b5c-e2fe-2830-8fd9f2a7baf3", "8F14E45FCEEA167A5A36DEDD4BEA2543", "00000000-0000-0000-0000-000000000000"}, "k::text > '8'"},
		"timestamptz": {nil, `k timestamptz PRIMARY KEY`, `'2020-01-01 00:00+00'::timestamptz + i * interval '1 hour'`, []string{"2020-01-01 03:00+00", "2020-01-01 08:00+01", "2020-01-01 03:30+00"}, "k > '2020-01-01 15:00+00' OR k < '2020-01-01 02:00 UTC'"},
		"date":        {nil, `k date PRIMARY KEY`, `'2020-01-01'::date + i`, []string{"2020-01-04", "2020-01-08", "2021-01-01"}, "k > '2020-01-15' OR k = '2020-01-03'"},
		"enum": {[]string{`CREATE TYPE public.mood AS ENUM (` + labels(20) + `)`},
			`k public.mood PRIMARY KEY`, `('m' || i)::public.mood`, []string{"m3", "m7", "m20"}, "k > 'm15'"},
		"domain":    {[]string{`CREATE DOMAIN public.no AS integer CHECK (VALUE > 0)`}, `k public.no PRIMARY KEY`, `i`, []string{"3", "7", "99"}, "k < 5"},
		"bytea":     {nil, `k bytea PRIMARY KEY`, `('\x0' || to_hex(i % 16) || '0' || to_hex(i / 16))::bytea`, []string{`\x0300`, `\x0700`, `\xff`}, "length(note) = 7"},
		"two parts": {nil, `k bigint, "Odd ""Name" text, PRIMARY KEY ("Odd ""Name", k)`, `i, 'x''' || i % 3`, []string{"x'0|3", "x'1|7", "x'2|7"}, `"Odd ""Name" = 'x''2' AND k <> 5`},
		"no key":    {nil, `k bigint`, `i`, nil, "k % 5 = 0 AND k IS NOT NULL"},
		"float":     {nil, `k float8 PRIMARY KEY`, `i / 3.0::float8`, []string{"1", "2.3333333333333335", "5.1"}, "k < 1.5"},
		"citext": {[]string{`CREATE EXTENSION citext SCHEMA public`},
			`k public.citext PRIMARY KEY`, `'K' || i`, []string{"K3", "k7", "k99"}, "k = 'k12'"},
	} {
		for _, scope := range agreeScopes(c.ids, c.cond) {
			t.Run(name+"/"+scope.what, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, c.before...)
				f.exec(`CREATE TABLE public.r (n bigint, ` + c.key + `, note text, created_at timestamptz NOT NULL)`)
				columns := pgtest.Value[string](t, f.url, `SELECT string_agg(quote_ident(attname), ', ' ORDER BY attnum) FROM pg_attribute WHERE attrelid = 'public.r'::regclass AND attnum > 0`)
				f.exec(`INSERT INTO public.r (` + columns + `) SELECT i, ` + c.values + `, CASE WHEN i = 5 THEN NULL ELSE 'note ' || i END, '2020-01-09 00:00+00' FROM generate_series(1, 19) AS i`)
				f.untilOld("public.r")
				scope.scope.Table = table("r")
				h := retention.Hold{ID: uuid.NewString(), Matter: "M", Scope: []retention.Scope{scope.scope}, Enforcement: retention.EnforceRefuse}
				preview, _, err := f.target.PreviewHold(t.Context(), retention.Hold{Scope: h.Scope}, nil, retention.Period{})
				if err != nil {
					t.Fatal(err)
				}
				f.enforced(retention.EnforceRefuse, h.Scope...)
				refused := f.refusedRows("public.r")
				f.run(policy("r", retention.ActionDelete))
				left := pgtest.Value[string](t, f.url, `SELECT coalesce(string_agg(n::text, ' ' ORDER BY n), '') FROM public.r`)
				if refused != left {
					t.Errorf("the trigger refuses %q, a run leaves %q", refused, left)
				}
				if n := int64(len(strings.Fields(left))); n != preview.Scopes[0].RecordCount-preview.Scopes[0].NotFoundCount && n != preview.Scopes[0].RecordCount || n == 0 {
					t.Errorf("a run leaves %d rows, and the page counted %d (%s)", n, preview.Scopes[0].RecordCount, preview.Scopes[0].Problem)
				}
			})
		}
	}
}

func labels(n int) string {
	out := make([]string, n)
	for i := range out {
		out[i] = fmt.Sprintf("'m%d'", i+1)
	}
	return strings.Join(out, ", ")
}

type agreeScope struct {
	what  string
	scope retention.Scope
}

func agreeScopes(ids []string, cond string) []agreeScope {
	out := []agreeScope{{"condition", retention.Scope{Condition: cond}}, {"whole table", retention.Scope{All: true}}}
	if ids == nil {
		return out
	}
	s := retention.Scope{}
	for _, id := range ids {
		s.RecordIDs = append(s.RecordIDs, retention.Key(strings.Split(id, "|")))
	}
	return append(out, agreeScope{"ids", s})
}

// refusedRows are the rows that the application cannot change, whatever its session is set to.
func (f *fixture) refusedRows(relation string) string {
	f.Helper()
	conn := f.connect()
	tx, err := conn.Begin(f.Context())
	if err != nil {
		f.Fatal(err)
	}
	defer func() { _ = tx.Rollback(f.Context()) }()
	if _, err := tx.Exec(f.Context(), `SET LOCAL TimeZone = 'America/New_York'; SET LOCAL DateStyle = 'SQL, DMY'; SET LOCAL extra_float_digits = -5; SET LOCAL standard_conforming_strings = off`); err != nil {
		f.Fatal(err)
	}
	var refused []string
	for n := range 19 {
		err := pgx.BeginFunc(f.Context(), tx, func(tx pgx.Tx) error {
			_, err := tx.Exec(f.Context(), `UPDATE `+relation+` SET note = note WHERE n = $1`, n+1)
			return err
		})
		switch sqlState(err) {
		case refusedCode:
			refused = append(refused, fmt.Sprint(n+1))
		case "":
		default:
			f.Fatal(err)
		}
	}
	return strings.Join(refused, " ")
}
