package target

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// evilSchema is a schema whose functions, aggregates, operators and types look like
// PostgreSQL's own and raise when they are used.
func evilSchema() []string {
	out := []string{`CREATE SCHEMA evil`}
	function := func(name, args, returns string) {
		out = append(out, fmt.Sprintf(`CREATE FUNCTION evil.%s(%s) RETURNS %s LANGUAGE plpgsql IMMUTABLE AS $$ BEGIN RAISE EXCEPTION 'evil %s was called'; END $$`, name, args, returns, name))
	}
	for _, f := range [][3]string{
		{"sha256", "bytea", "bytea"}, {"encode", "bytea, text", "text"}, {"convert_to", "text, name", "bytea"},
		{"left", "text, integer", "text"}, {"right", "text, integer", "text"}, {"length", "text", "integer"}, {"repeat", "text, integer", "text"},
		{"date_trunc", "text, timestamptz, text", "timestamptz"}, {"date_trunc", "text, timestamp", "timestamp"}, {"to_char", "timestamp, text", "text"},
		{"transaction_timestamp", "", "timestamptz"}, {"clock_timestamp", "", "timestamptz"}, {"set_config", "text, text, boolean", "text"},
		{"current_setting", "text", "text"}, {"pg_advisory_xact_lock_shared", "integer, integer", "void"}, {"pg_advisory_xact_lock", "integer, integer", "void"},
		{"md5", "text", "text"}, {"pg_relation_filenode", "regclass", "oid"}, {"pg_relation_size", "regclass", "bigint"},
		{"pg_stat_get_xact_tuples_deleted", "oid", "bigint"}, {"unnest", "text[]", "text"}, {"has_table_privilege", "oid, text", "boolean"},
	} {
		function(f[0], f[1], f[2])
	}
	out = append(out, `CREATE FUNCTION evil.add(bigint) RETURNS bigint LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'evil count was called'; END $$`,
		`CREATE AGGREGATE evil.count(*) (SFUNC = evil.add, STYPE = bigint, INITCOND = '0')`)
	for _, name := range []string{"text", "uuid", "timestamptz", "date", "bytea", "tid", "oid"} {
		function("no_"+name, "pg_catalog."+name, "boolean")
		out = append(out, fmt.Sprintf(`CREATE DOMAIN evil.%q AS pg_catalog.%q CHECK (evil.no_%s(VALUE))`, name, name, name))
	}
	for _, typ := range []string{"bigint", "integer", "pg_catalog.text", "pg_catalog.uuid", "pg_catalog.timestamptz", "pg_catalog.date", "pg_catalog.tid", "pg_catalog.oid", "boolean", "pg_catalog.name"} {
		function("compare", typ+", "+typ, "boolean")
		for _, op := range []string{"=", "<>", "<", "<=", ">", ">="} {
			out = append(out, fmt.Sprintf(`CREATE OPERATOR evil.%s (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.compare)`, op, typ, typ))
		}
	}
	for _, typ := range []string{"pg_catalog.text", "pg_catalog.bytea"} {
		function("join", typ+", "+typ, typ)
		out = append(out, fmt.Sprintf(`CREATE OPERATOR evil.|| (LEFTARG = %s, RIGHTARG = %s, FUNCTION = evil.join)`, typ, typ))
	}
	function("minus", "integer, integer", "integer")
	return append(out, `CREATE OPERATOR evil.- (LEFTARG = integer, RIGHTARG = integer, FUNCTION = evil.minus)`)
}

// withEvil is a target in whose sessions the evil schema comes before pg_catalog.
func withEvil(t *testing.T, sql ...string) *fixture {
	t.Helper()
	f := newFixture(t, append(evilSchema(), sql...)...)
	f.target = openTarget(t, f.url+"&search_path=evil,pg_catalog,public")
	return f
}

func TestASchemaBeforePgCatalogReplacesNothingOfOurs(t *testing.T) {
	two := 2
	treated := map[string]retention.Anonymizer{
		"name": {Method: retention.MethodHash}, "phone": {Method: retention.MethodMask, KeepLast: &two}, "note": {Method: retention.MethodRedact},
		"born": {Method: retention.MethodTruncateDate, To: "year"}, "seen": {Method: retention.MethodTruncateDate, To: "day"}, "total": {Method: retention.MethodNull},
	}
	for _, action := range retention.Actions() {
		for _, index := range []string{"", `CREATE INDEX ON public.people (created_at)`} {
			t.Run(fmt.Sprintf("%s, index %t", action, index != ""), func(t *testing.T) {
				f := withEvil(t, `CREATE TABLE public.people (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, name varchar(60), phone text, note text, born date, seen timestamptz, total numeric)`,
					`INSERT INTO public.people SELECT i, now() - CASE WHEN i <= 100 THEN interval '90 days' + i * interval '1 minute' ELSE interval '1 day' END, 'n' || i, '555' || i, 'x', '1990-05-05', now(), 1 FROM generate_series(1, 1000) AS i`,
					`ANALYZE public.people`, index)
				p := policy("people", action)
				p.BatchSize = 30
				p.Events = &retention.EventSpec{EntityType: "person", Key: retention.EventKey{"id"}, Include: []string{"created_at"}}
				if action == retention.ActionAnonymize {
					p.Columns = treated
				}
				if err := f.target.CheckPolicy(t.Context(), p); err != nil {
					t.Fatalf("save: %v", err)
				}
				f.hold(p.Table, keys("1", "2", "500")...)
				s, err := f.target.Simulate(t.Context(), p, nil)
				if err != nil || s.Due != 100 || s.Held != 2 {
					t.Errorf("simulated %d due and %d held (%v), want 100 and 2", s.Due, s.Held, err)
				}
				if _, err := f.target.Look(t.Context(), p, nil); err != nil {
					t.Errorf("oldest due: %v", err)
				}
				if got := f.run(p); got.Processed != 98 || got.Held != 2 {
					t.Errorf("processed %d, held %d; want 98 and 2", got.Processed, got.Held)
				}
				if got := f.run(p); got.Processed != 0 || got.Held != 2 {
					t.Errorf("a second run processed %d, held %d; want 0 and 2", got.Processed, got.Held)
				}
			})
		}
	}
}

func TestARefusedConditionIsExplainedWithoutWordsOfOurs(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, name text)`)
	p := policy("events", retention.ActionDelete)
	p.Condition = "coalesce(id, 0)"
	f.wantRefused(p, "condition", "its result is of type bigint, not true or false", "write a comparison, such as status = 'closed'")
	p.Condition = "id = 'old'"
	f.wantRefused(p, "condition", `"old" is no value of type bigint`, "compare each column with values of its own type")
	p.Condition, p.Table.Name = "", "gone"
	f.wantRefused(p, "table", "there is no table public.gone in the governed database", "name a table that exists")
	f.exec(`CREATE TABLE public."Gone" (id bigint)`, `CREATE SCHEMA "Public"`, `CREATE TABLE "Public".gone (id bigint)`)
	f.wantRefused(p, "table", `there is no table public.gone in the governed database, but there are "Public".gone and public."Gone"`, "name a table that exists")
	f.exec(`DROP SCHEMA "Public" CASCADE`)
	f.wantRefused(p, "table", `there is no table public.gone in the governed database, but there is public."Gone"`, "name a table that exists")
}

func TestAConditionWhoseOperatorAnotherSchemaReplacesIsRefused(t *testing.T) {
	f := withEvil(t, `CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, name text)`)
	p := policy("events", retention.ActionDelete)
	p.Condition = "name = 'old'"
	f.wantRefused(p, "condition", "the one of the schema \"evil\"", "put pg_catalog first in the search_path")
	p.Condition = "name IS NOT NULL"
	f.wantRefused(p, "", "", "")
	f.target = openTarget(t, f.url+"&search_path=pg_catalog,evil,public")
	p.Condition = "name = 'old'"
	f.wantRefused(p, "", "", "")
}

func TestTriggersOfTheApplicationFindItsOwnSearchPath(t *testing.T) {
	f := newFixture(t, `CREATE SCHEMA app`, `CREATE TABLE app.seen (path text)`,
		`CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.events SELECT i, now() - interval '90 days' FROM generate_series(1, 3) AS i`,
		`CREATE FUNCTION app.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM * FROM seen; RAISE EXCEPTION 'found in %', current_setting('search_path'); END $$`,
		`CREATE CONSTRAINT TRIGGER note AFTER DELETE ON public.events DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION app.note()`)
	f.target = openTarget(t, f.url+"&search_path=app")
	d := f.begin(policy("events", retention.ActionDelete))
	defer d.Close()
	if _, err := d.Step(t.Context()); err == nil || !strings.Contains(err.Error(), "found in app") {
		t.Errorf("the trigger says %v, want that it found its table in the search_path app", err)
	}
}

func TestTriggersOfTheApplicationFindNoTableOfOurs(t *testing.T) {
	f := newFixture(t, `CREATE SCHEMA IF NOT EXISTS holdfast`, `CREATE TABLE IF NOT EXISTS holdfast.account (id bigint)`,
		`CREATE TABLE public.account (id bigint PRIMARY KEY, events bigint NOT NULL)`, `INSERT INTO public.account VALUES (7, 3)`,
		`CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.events SELECT i, now() - interval '90 days' FROM generate_series(1, 3) AS i`,
		`CREATE FUNCTION public.fewer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF NOT EXISTS (SELECT FROM account WHERE id = 7) THEN RAISE EXCEPTION 'there is no account'; END IF;
			RETURN NULL; END $$`,
		`CREATE TRIGGER fewer AFTER DELETE ON public.events FOR EACH ROW EXECUTE FUNCTION public.fewer()`)
	if role := pgtest.Value[string](t, f.url, `SELECT current_user::text`); role != "holdfast" {
		t.Skipf("the role is %s: only one named holdfast has a schema of ours in its search_path", role)
	}
	if got := f.run(policy("events", retention.ActionDelete)); got.Processed != 3 {
		t.Errorf("processed %d, want 3", got.Processed)
	}
	// One that changes it is seen to reach the application's table, and is not let.
	pgtest.Exec(t, f.url, `INSERT INTO public.events VALUES (1, now() - interval '90 days')`,
		`CREATE OR REPLACE FUNCTION public.fewer() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN UPDATE account SET events = events - 1; RETURN NULL; END $$`)
	d := f.begin(policy("events", retention.ActionDelete))
	defer d.Close()
	if _, err := d.Step(t.Context()); err == nil || !strings.Contains(err.Error(), "in public.account it made 0 inserts, 1 updates") {
		t.Errorf("the trigger that updates account: %v, want that it reached public.account", err)
	}
}

func TestOnlyTheUsersOwnSchemaIsDroppedFromAPath(t *testing.T) {
	for path, want := range map[string]string{
		`"$user", public`: `public`, `$user,public`: `public`, `app, "$USER", "$user"`: `app, "$USER"`, `"$user"`: ``, `"a,""$user", public`: `"a,""$user", public`,
		`app`: `app`, ``: ``,
	} {
		if got := withoutUser(path); got != want {
			t.Errorf("%s: got %s, want %s", path, got, want)
		}
	}
}

// TestWhatADatabaseDefaultsToForItsApplicationBindsNobodyHere: time-outs and read-only
// transactions.
func TestWhatADatabaseDefaultsToForItsApplicationBindsNobodyHere(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 30))
	f.exec(`DO $$ BEGIN
		EXECUTE format('ALTER DATABASE %I SET default_transaction_read_only TO on', current_database());
		EXECUTE format('ALTER DATABASE %I SET statement_timeout TO ''40ms''', current_database());
		EXECUTE format('ALTER DATABASE %I SET lock_timeout TO ''1ms''', current_database());
	END $$`)
	f.target = openTarget(t, f.url)
	f.hold(name("r"), keys("3")...)
	if got := f.run(policy("r", retention.ActionDelete)); got.Processed != 29 || got.Held != 1 {
		t.Errorf("got %+v, want 29 gone and 1 held", got.Counts)
	}
}
