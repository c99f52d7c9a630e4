package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// hostile makes a session look every name up first where a stranger can put things: types of its
// own, functions and operators, each of which tells by whose rights it runs.
func hostile() (sql []string) {
	sql = append(sql, `CREATE SCHEMA evil`, `CREATE FUNCTION evil.says(what pg_catalog.text) RETURNS pg_catalog.bool LANGUAGE plpgsql AS $$
		BEGIN
			IF current_user OPERATOR(pg_catalog.<>) session_user THEN RAISE EXCEPTION 'ran with the rights of %: %', current_user, what; END IF;
			RETURN true;
		END $$`)
	for _, name := range []string{"text", "uuid", "bool", "int2", "int4", "int8", "json", "jsonb", "oid", "name", "regclass", "tid", "timestamptz", "_text", "_int4", "_uuid"} {
		sql = append(sql, fmt.Sprintf(`CREATE DOMAIN pg_temp.%[1]q AS pg_catalog.%[1]q CHECK (evil.says('type %[1]s'))`, name))
	}
	for _, typ := range []string{"text", "int4", "int8", "bool", "uuid", "oid", "tid"} {
		sql = append(sql, fmt.Sprintf(`CREATE FUNCTION evil.compare(a pg_catalog.%[1]s, b pg_catalog.%[1]s) RETURNS pg_catalog.bool LANGUAGE plpgsql AS $$ BEGIN RETURN evil.says('operator of %[1]s'); END $$`, typ))
		for _, op := range []string{"=", "<>", ">", "<"} {
			sql = append(sql, fmt.Sprintf(`CREATE OPERATOR evil.%s (FUNCTION = evil.compare, LEFTARG = pg_catalog.%s, RIGHTARG = pg_catalog.%s)`, op, typ, typ))
		}
	}
	for _, f := range []string{"current_setting(pg_catalog.text)", "array_to_string(pg_catalog.text[], pg_catalog.text)", "to_json(anyelement)", "format(pg_catalog.text, pg_catalog.text)", "pin()", "unpin(pg_catalog.text[])", "behind()", "upper(pg_catalog.text)", "lower(pg_catalog.text)", "length(pg_catalog.text)"} {
		sql = append(sql, `CREATE FUNCTION evil.`+f+` RETURNS pg_catalog.bool LANGUAGE plpgsql AS $$ BEGIN RETURN evil.says('function'); END $$`)
	}
	return append(sql, `SET search_path = evil, pg_catalog, public`)
}

// TestNothingOfTheSessionsRunsWithTheRightsOfATrigger: whoever may change a table's rows has the
// triggers of a hold fire, which have the rights of Holdfast's role. Each statement is the first
// of its session, which remembers what names stood for.
func TestNothingOfTheSessionsRunsWithTheRightsOfATrigger(t *testing.T) {
	cases := map[string]retention.Scope{
		"a family":                 {Table: public("customers"), RecordIDs: []retention.Key{{"1"}, {"2"}}, Family: &retention.Family{}},
		"ids":                      {Table: public("orders"), RecordIDs: []retention.Key{{"5"}}},
		"a condition":              {Table: public("orders"), Condition: "customer = 2"},
		"one with a collation":     {Table: public("orders"), Condition: "lower(note) LIKE 'x1%' AND length(note) < 9"},
		"a table":                  {Table: public("orders"), All: true},
		"a family around a circle": {Table: public("nodes"), RecordIDs: []retention.Key{{"2"}}, Family: &retention.Family{}},
		"a family and archives":    {Table: public("archived"), RecordIDs: []retention.Key{{"1"}}, Family: &retention.Family{}},
	}
	for i, what := range pgtest.Names(cases) {
		for j, mode := range []retention.Enforcement{retention.EnforceRefuse, retention.EnforcePreserve} {
			scope := cases[what]
			if pgtest.ForLong(i, j) {
				continue
			}
			t.Run(what+"/"+string(mode), func(t *testing.T) {
				t.Parallel()
				h := familyHouse(t)
				h.exec(`ALTER TABLE public.orders ADD COLUMN note text COLLATE "C"`, `UPDATE public.orders SET note = 'x' || id`,
					`CREATE TABLE public.archived (id bigint PRIMARY KEY, order_id bigint REFERENCES public.orders, created_at timestamptz)`, `INSERT INTO public.archived SELECT i, i, now() - interval '400 days' FROM generate_series(1, 20) AS i`,
					`CREATE TABLE public.nodes (id bigint PRIMARY KEY, parent bigint REFERENCES public.nodes)`, `INSERT INTO public.nodes SELECT i, nullif(i / 2, 0) FROM generate_series(1, 20) AS i`, `ALTER TABLE public.orders ADD COLUMN node bigint REFERENCES public.nodes`, `UPDATE public.orders SET node = id`)
				archive := policyOn("archived", 90)
				archive.Action = retention.ActionArchive
				h.mustPolicy(archive)
				h.mustHold(retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Enforcement: mode, Scope: []retention.Scope{scope}})
				name := fmt.Sprintf("weak_%d", time.Now().UnixNano())
				h.exec(`CREATE ROLE `+name, `GRANT SELECT, INSERT, UPDATE, DELETE, TRUNCATE ON ALL TABLES IN SCHEMA public TO `+name)
				t.Cleanup(func() { h.dropRole(name) })
				h.exec(`DO $$ BEGIN EXECUTE format('GRANT CREATE, TEMP ON DATABASE %I TO ` + name + `', current_database()); END $$`)
				reached := 0
				for _, begin := range []string{"BEGIN", "BEGIN ISOLATION LEVEL REPEATABLE READ"} {
					for _, sql := range []string{
						`UPDATE public.orders SET note = 'y'`, `UPDATE public.orders SET customer = 3`, `UPDATE public.orders SET id = id OPERATOR(pg_catalog.+) 1000::pg_catalog.int8`,
						`DELETE FROM public.archived`, `DELETE FROM public.orders`, `DELETE FROM public.customers`, `TRUNCATE public.orders, public.customers, public.archived`,
					} {
						err := asStranger(t, h.url, name, begin, sql)
						if err != nil && strings.Contains(err.Error(), "ran with the rights") {
							t.Errorf("%s: %s: %v", begin, sql, err)
						}
						if err != nil && strings.Contains(err.Error(), "legal hold") {
							reached++
						}
					}
				}
				if (reached > 0) != (mode == retention.EnforceRefuse) {
					t.Errorf("%d statements were refused", reached)
				}
			})
		}
	}
}

// asStranger tries a statement in a session of a role that has put things of its own in the way.
// Its rights are that role's, also where the test's own is a superuser.
func asStranger(t *testing.T, url, role, begin, sql string) error {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	if _, err := conn.Exec(t.Context(), strings.Join(append([]string{`SET SESSION AUTHORIZATION ` + role, begin}, hostile()...), ";\n")); err != nil {
		t.Fatal(err)
	}
	_, err = conn.Exec(t.Context(), sql)
	return err
}
