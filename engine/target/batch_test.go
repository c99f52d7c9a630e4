package target

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"

	"holdfast/engine/sqlgen"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// keyKinds are keys of many types: the columns' definition, an expression for the
// i-th row's key, and the ids to hold, written as people might write them.
var keyKinds = map[string]struct {
	columns, key string
	values       string
	hold         []retention.Key
}{
	"bigint":         {"id bigint", "id", "i", keys("7", "08")},
	"smallint":       {"id smallint", "id", "i", keys("7", "8")},
	"uuid":           {"id uuid", "id", "('00000000-0000-0000-0000-' || lpad(i::text, 12, '0'))::uuid", keys("{00000000-0000-0000-0000-000000000007}", "00000000000000000000000000000008")},
	"text":           {"id text", "id", "'key ' || i || E'\\n''\"'", keys("key 7\n'\"", "key 8\n'\"")},
	"char padded":    {"id char(8)", "id", "'k' || i", keys("k7", "k8   ")},
	"numeric":        {"id numeric", "id", "i", keys("7.00", "8")},
	"numeric scaled": {"id numeric(10,2)", "id", "i", keys("7", "8.0")},
	"bytea":          {"id bytea", "id", "decode(lpad(to_hex(i), 4, '0'), 'hex')", keys(`\x0007`, `\x0008`)},
	"date":           {"id date", "id", "date '2020-01-01' + i", keys("2020-01-08", "January 9, 2020")},
	"timestamptz":    {"id timestamptz", "id", "timestamptz '2020-01-01 00:00:00Z' + i * interval '1 hour'", keys("2020-01-01 09:00:00+02", "2020-01-01T08:00:00Z")},
	"enum":           {"id public.mood", "id", "('m' || i)::public.mood", keys("m7", "m8")},
	"domain":         {"id public.code", "id", "'c' || i", keys("c7", "c8")},
	"composite":      {"tenant integer, no text", "tenant, no", "i % 3, 'n' || i", []retention.Key{{"1", "n7"}, {"2", "n8"}}},
	"reserved names": {`"Order" bigint, "sel""ect" integer`, `"Order", "sel""ect"`, "i, i * 2", []retention.Key{{"7", "14"}, {"8", "16"}}},
	"insensitive":    {`id text COLLATE public.ci`, "id", "'Key' || i", keys("KEY7", "key8")},
}

func TestHeldRecordsOfAnyKeySurviveEveryAction(t *testing.T) {
	moods := make([]string, 40)
	for i := range moods {
		moods[i] = fmt.Sprintf("'m%d'", i+1)
	}
	for i, name := range pgtest.Names(keyKinds) {
		k := keyKinds[name]
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t,
				`CREATE TYPE public.mood AS ENUM (`+strings.Join(moods, ", ")+`)`,
				`CREATE DOMAIN public.code AS varchar(10) CHECK (VALUE LIKE 'c%')`,
				`CREATE COLLATION public.ci (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`)
			for j, action := range retention.Actions() {
				if pgtest.ForLong(i, j) {
					continue
				}
				table := "r_" + string(action)
				f.exec(fmt.Sprintf(`CREATE TABLE public.%s (%s, name text NOT NULL, n integer, created_at timestamptz, PRIMARY KEY (%s))`, table, k.columns, k.key),
					fmt.Sprintf(`INSERT INTO public.%s (%s, name, n, created_at) SELECT %s, 'n' || i, i, now() - interval '100 days' FROM generate_series(1, 40) AS i`, table, k.key, k.values))
				f.hold(retention.TableName{Schema: "public", Name: table}, k.hold...)
				f.heldSurvive(table, action)
			}
		})
	}
}

// heldSurvive runs the action with both ways to judge ids; two rows are held.
func (f *fixture) heldSurvive(table string, action retention.Action) {
	f.Helper()
	for _, hash := range []bool{true, false} {
		p := policy(table, action)
		p.BatchSize = 7
		d := f.begin(p)
		if err := d.replan(f.Context()); err != nil {
			f.Fatal(err)
		}
		d.planned.Holds.Sets[0].Hash = hash
		if got := f.finish(d); got.Held != 2 {
			f.Errorf("%s, hash %v: held %d, want 2", action, hash, got.Held)
		}
	}
	if n := f.count(`SELECT count(*) FROM public.` + table + ` WHERE n IN (7, 8) AND name IN ('n7', 'n8')`); n != 2 {
		f.Errorf("%s: %d of the 2 held rows are left as they were", action, n)
	}
	if n := f.count(`SELECT count(*) FROM public.` + table + ` WHERE name LIKE 'n%'`); n != 2 {
		f.Errorf("%s: %d rows are left untouched, want the 2 held ones", action, n)
	}
}

func TestTableWithoutAnyKeyIsWalkedAndItsEvidenceIsCounts(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.r (name text, created_at timestamptz)`,
		`INSERT INTO public.r SELECT 'same', now() - interval '100 days' FROM generate_series(1, 1000)`)
	got := f.run(policy("r", retention.ActionDelete))
	if got.Processed != 1000 || f.count(`SELECT count(*) FROM public.r`) != 0 {
		t.Errorf("got %+v", got.Counts)
	}
	if n := f.count(`SELECT sum(length(digests)) FROM holdfast_guard.journal`); n != 0 {
		t.Errorf("%d bytes of digests for records without ids", n)
	}
}

func TestGroupOfEqualTimestampsLargerThanABatchIsWalkedOnce(t *testing.T) {
	t.Parallel()
	// Three days of 500 rows each, then single rows, then a day of 700.
	f := newFixture(t, `CREATE TABLE public.r (id integer PRIMARY KEY, name text, created_at date)`,
		`INSERT INTO public.r SELECT i, 'n' || i, date '2020-01-01' + CASE WHEN i <= 1500 THEN i / 501 WHEN i <= 1600 THEN i ELSE 1800 END FROM generate_series(1, 2300) AS i`,
		`INSERT INTO public.r SELECT i, 'fresh', current_date FROM generate_series(2301, 9000) AS i`,
		`CREATE INDEX ON public.r (created_at)`, `ANALYZE public.r`)
	held := []retention.Key{}
	for i := 1; i <= 2300; i += 23 {
		held = append(held, retention.Key{fmt.Sprint(i)})
	}
	p := policy("r", retention.ActionDelete)
	f.hold(p.Table, held...)
	p.BatchSize = 50
	d := f.begin(p)
	if d.planned.Walk != "slice" {
		t.Fatalf("walks by %s, want slice", d.planned.Walk)
	}
	f.exec(`UPDATE public.r SET name = name WHERE id = 0`)
	got := f.finish(d)
	if got.Processed != int64(2300-len(held)) || got.Held != int64(len(held)) {
		t.Errorf("got %+v, want %d processed and %d held", got.Counts, 2300-len(held), len(held))
	}
	if n := f.count(`SELECT count(*) FROM public.r WHERE name <> 'fresh'`); n != int64(len(held)) {
		t.Errorf("%d old rows left, want the %d held", n, len(held))
	}
}

func TestDatesAndTimesAreDueExactlyWhenOlderThanTheCutoff(t *testing.T) {
	asOf := time.Date(2024, 3, 31, 12, 30, 0, 0, time.UTC)
	cases := map[string]struct {
		column, value string
		unit          retention.Unit
		zone          string
		due, kept     []string
	}{
		// The cutoff is 2024-03-01 12:30 UTC, 13:30 in Berlin.
		"timestamptz": {"timestamptz", "", "", "UTC", []string{"2024-03-01 12:29:59.999999Z"}, []string{"2024-03-01 12:30:00Z", "infinity", "-infinity"}},
		"timestamp":   {"timestamp", "", "", "UTC", []string{"2024-03-01 12:29:59.999999"}, []string{"2024-03-01 12:30:00"}},
		// In Berlin the clock went forward on the morning of the 31st: thirty days before
		// 14:30 summer time is 14:30 winter time.
		"timestamp in Berlin":   {"timestamp", "", "", "Europe/Berlin", []string{"2024-03-01 14:29:59"}, []string{"2024-03-01 14:30:00"}},
		"timestamptz in Berlin": {"timestamptz", "", "", "Europe/Berlin", []string{"2024-03-01 13:29:59Z"}, []string{"2024-03-01 13:30:00Z"}},
		"date":                  {"date", "", "", "UTC", []string{"2024-02-28", "2024-02-29"}, []string{"2024-03-01", "2024-03-02", "infinity", "-infinity"}},
		"epoch seconds":         {"bigint", "extract(epoch FROM %s::timestamptz)::bigint", retention.UnitSeconds, "UTC", []string{"2024-03-01 12:29:59Z"}, []string{"2024-03-01 12:30:00Z"}},
		"epoch milliseconds":    {"bigint", "(extract(epoch FROM %s::timestamptz) * 1000)::bigint", retention.UnitMilliseconds, "UTC", []string{"2024-03-01 12:29:59.999Z"}, []string{"2024-03-01 12:30:00Z"}},
		"epoch in an integer":   {"integer", "extract(epoch FROM %s::timestamptz)::integer", retention.UnitSeconds, "UTC", []string{"2024-03-01 12:29:59Z"}, []string{"2024-03-01 12:30:00Z"}},
	}
	for name, c := range cases {
		for _, index := range []bool{true, false} {
			t.Run(fmt.Sprintf("%s/index %v", name, index), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, fmt.Sprintf(`CREATE TABLE public.r (id serial PRIMARY KEY, name text, created_at %s)`, c.column), `INSERT INTO public.r (name) VALUES ('null')`)
				for what, values := range map[string][]string{"due": c.due, "kept": c.kept} {
					for _, v := range values {
						expr := "'" + v + "'"
						if c.value != "" {
							expr = fmt.Sprintf(c.value, expr)
						}
						f.exec(fmt.Sprintf(`INSERT INTO public.r (name, created_at) VALUES ('%s', %s)`, what, expr))
					}
				}
				if index {
					f.exec(`CREATE INDEX ON public.r (created_at)`)
				}
				p := policy("r", retention.ActionDelete)
				p.Unit, p.TimeZone = c.unit, c.zone
				got := f.finish(f.attempt(retention.Spec{RunID: "00000000-0000-0000-0000-000000000001", Attempt: 1, Policy: p, AsOf: asOf}))
				infinite := int64(0)
				if slices.Contains(c.kept, "infinity") {
					infinite = 2
				}
				if got.Processed != int64(len(c.due)) || got.NullTimestamps != 1 || got.InfiniteTimestamps != infinite {
					t.Errorf("got %+v, want %d processed, 1 NULL, %d infinite", got, len(c.due), infinite)
				}
				if n := f.count(`SELECT count(*) FROM public.r WHERE name = 'due'`); n != 0 {
					t.Errorf("%d due rows are left", n)
				}
				if n := f.count(`SELECT count(*) FROM public.r WHERE name = 'kept'`); n != int64(len(c.kept)) {
					t.Errorf("%d rows that are not due are left, want %d", n, len(c.kept))
				}
			})
		}
	}
}

func TestRowKeptByATriggerIsCountedAsRefused(t *testing.T) {
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			event := "DELETE"
			if action == retention.ActionAnonymize {
				event = "UPDATE"
			}
			f := newFixture(t, dueTable("r", 40),
				`CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id % 10 = 0 THEN RETURN NULL; END IF; IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$`,
				fmt.Sprintf(`CREATE TRIGGER keep BEFORE %s ON public.r FOR EACH ROW EXECUTE FUNCTION public.keep()`, event))
			got := f.run(policy("r", action))
			if got.Processed != 36 || got.Skipped[retention.SkippedTrigger] != 4 {
				t.Errorf("got %+v, want 36 processed and 4 refused by trigger", got.Counts)
			}
		})
	}
}

func TestAnonymizingThatATriggerUndoesEndsAndIsCounted(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 40),
		`CREATE FUNCTION public.undo() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id % 10 = 0 THEN NEW.name := OLD.name; END IF; RETURN NEW; END $$`,
		`CREATE TRIGGER undo BEFORE UPDATE ON public.r FOR EACH ROW EXECUTE FUNCTION public.undo()`)
	got := f.run(policy("r", retention.ActionAnonymize))
	if got.Processed != 36 || got.Skipped[retention.SkippedStillDue] != 4 {
		t.Errorf("got %+v, want 36 processed and 4 undone", got.Counts)
	}
	want := map[string]string{}
	for _, id := range []string{"10", "20", "30", "40"} {
		want[id] = retention.SkippedStillDue + ": "
	}
	if named := refusedKeys(got); !maps.Equal(named, want) {
		t.Errorf("named are %v, want %v", named, want)
	}
}

func TestTriggerThatReachesAnotherTableFailsTheBatchAndNothingIsChanged(t *testing.T) {
	reaches := map[string]string{
		"insert": `INSERT INTO public.other VALUES (OLD.id)`,
		"update": `UPDATE public.other SET id = id + 1`,
		"delete": `DELETE FROM public.other`,
	}
	for name, sql := range reaches {
		for _, timing := range []string{"AFTER", "DEFERRED"} {
			t.Run(name+"/"+timing, func(t *testing.T) {
				t.Parallel()
				create := `CREATE TRIGGER reach AFTER DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION public.reach()`
				if timing == "DEFERRED" {
					create = `CREATE CONSTRAINT TRIGGER reach AFTER DELETE ON public.r DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.reach()`
				}
				f := newFixture(t, dueTable("r", 10), `CREATE TABLE public.other (id bigint)`, `INSERT INTO public.other VALUES (-1)`,
					`CREATE FUNCTION public.reach() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN `+sql+`; RETURN NULL; END $$`, create)
				d := f.begin(policy("r", retention.ActionDelete))
				defer d.Close()
				err := stepToEnd(t, d)
				if err == nil || !strings.Contains(err.Error(), `(triggers: {public.other: "`+name) {
					t.Fatalf("ended with %v, want an error that says what to write about public.other", err)
				}
				if n := f.count(`SELECT count(*) FROM public.r`); n != 10 {
					t.Errorf("%d rows left, want all 10", n)
				}
				if n := f.count(`SELECT count(*) FROM holdfast_guard.journal`); n != 0 {
					t.Errorf("%d journal rows for a batch that was rolled back", n)
				}
			})
		}
	}
}

func TestWorkerOfAnEarlierAttemptCannotCommit(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 30))
	p := policy("r", retention.ActionDelete)
	p.BatchSize = 10
	old := f.begin(p)
	defer old.Close()
	if _, err := old.Step(t.Context()); err != nil {
		t.Fatal(err)
	}
	spec := old.spec
	spec.Attempt = 2
	fresh := f.attempt(spec)
	if _, err := old.Step(t.Context()); !errors.Is(err, retention.ErrFenced) {
		t.Errorf("the old worker's step answered %v, want %v", err, retention.ErrFenced)
	}
	if err := f.target.Beat(t.Context(), spec.RunID, 1); !errors.Is(err, retention.ErrFenced) {
		t.Errorf("the old worker's beat answered %v, want %v", err, retention.ErrFenced)
	}
	if got := f.finish(fresh); got.Processed != 30 {
		t.Errorf("processed %d over both attempts, want 30", got.Processed)
	}
}

// TestAWorkerShowsThatItLivesDuringABatch: a batch that takes longer than a worker may be silent has
// the run's row locked.
func TestAWorkerShowsThatItLivesDuringABatch(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 10))
	d := f.begin(policy("r", retention.ActionDelete))
	f.exec(`UPDATE holdfast_guard.run SET heartbeat_at = heartbeat_at - interval '1 minute'`)
	batch := f.connect()
	if _, err := batch.Exec(t.Context(), `BEGIN; SELECT FROM holdfast_guard.run FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
		err := f.target.Beat(ctx, d.spec.RunID, 1)
		cancel()
		if err != nil {
			t.Fatal(err)
		}
	}
	if age, ok, err := f.target.Heartbeat(t.Context(), d.spec.RunID); err != nil || !ok || age > 10*time.Second {
		t.Errorf("the last sign of life is of %v ago (%v, %v)", age, ok, err)
	}
	// Whoever takes over waits for the batch.
	ctx, cancel := context.WithTimeout(t.Context(), 200*time.Millisecond)
	defer cancel()
	if err := f.target.Beat(ctx, d.spec.RunID, 2); err == nil {
		t.Error("another attempt began beside a batch")
	}
}

// TestStoppedWorkerKeepsNoLawyerWaiting stands in for a worker that was stopped in
// mid-batch: a session that holds the guard lock and does nothing more.
func TestStoppedWorkerKeepsNoLawyerWaiting(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 10))
	stuck := f.connect()
	if _, err := stuck.Exec(t.Context(), fmt.Sprintf(`BEGIN; SELECT pg_advisory_xact_lock_shared(%d, %d)`, guardLockClass, guardLockObject)); err != nil {
		t.Fatal(err)
	}
	start := time.Now()
	f.hold(retention.TableName{Schema: "public", Name: "r"}, keys("1")...)
	if took := time.Since(start); took > 5*time.Second {
		t.Errorf("the hold came into force after %v", took)
	}
	if err := stuck.Ping(t.Context()); err == nil {
		t.Error("the stopped worker's connection still lives")
	}
}

func TestBatchInFlightIsWaitedForAndEveryLaterOneSeesTheHold(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 20))
	app := f.connect()
	if _, err := app.Exec(t.Context(), `BEGIN; SELECT FROM public.r WHERE id = 5 FOR UPDATE`); err != nil {
		t.Fatal(err)
	}
	d := f.begin(policy("r", retention.ActionDelete))
	d.lockTimeout = 20_000
	stepped := make(chan error, 1)
	go func() { _, err := d.Step(t.Context()); stepped <- err }()
	f.awaitBlocked(app.PgConn().PID())
	// The batch is in the hold's way for longer than a lawyer should wait: it is
	// cancelled, and does again under the hold what it had begun.
	f.hold(retention.TableName{Schema: "public", Name: "r"}, keys("5", "6")...)
	if err := <-stepped; !errors.Is(err, retention.ErrTooSlow) && !errors.Is(err, retention.ErrUnavailable) {
		t.Fatalf("the batch in the way answered %v, want that it was cancelled", err)
	}
	if _, err := app.Exec(t.Context(), `ROLLBACK`); err != nil {
		t.Fatal(err)
	}
	spec := d.spec
	d.Close()
	if got := f.finish(f.attempt(spec)); got.Processed != 18 || got.Held != 2 {
		t.Errorf("got %+v, want 18 processed and 2 held", got.Counts)
	}
}

func TestDatabaseThatDefaultsToRepeatableReadLosesNoHeldRow(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 20))
	f.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET default_transaction_isolation = ''repeatable read''', current_database());
		EXECUTE format('ALTER DATABASE %I SET synchronous_commit = off', current_database());
		EXECUTE format('ALTER DATABASE %I SET datestyle = ''German''', current_database());
		EXECUTE format('ALTER DATABASE %I SET timezone = ''Asia/Kathmandu''', current_database()); END $$`)
	f.target = openTarget(t, f.url)
	d := f.begin(policy("r", retention.ActionDelete))
	if _, err := d.enter(t.Context()); err != nil {
		t.Fatal(err)
	}
	var isolation, commit, style, zone string
	err := d.conn.QueryRow(t.Context(), `SELECT current_setting('transaction_isolation'), current_setting('synchronous_commit'), current_setting('DateStyle'), current_setting('TimeZone')`).Scan(&isolation, &commit, &style, &zone)
	if err != nil {
		t.Fatal(err)
	}
	if got := isolation + "|" + commit + "|" + style + "|" + zone; got != "read committed|on|ISO, YMD|UTC" {
		t.Errorf("a batch works under %s", got)
	}
	if err := d.failed(t.Context(), errors.New("the test is done")); err == nil {
		t.Fatal("failed lost the error")
	}
	if got := f.finish(d); got.Processed != 20 {
		t.Errorf("processed %d, want 20", got.Processed)
	}
}

func TestDestructiveStatementsOfARunHaveNoAntiJoin(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 5000), `ANALYZE public.r`)
	ids := make([]retention.Key, 2000)
	for i := range ids {
		ids[i] = retention.Key{fmt.Sprint(i * 2)}
	}
	f.hold(retention.TableName{Schema: "public", Name: "r"}, ids...)
	for _, hash := range []bool{true, false} {
		d := f.begin(policy("r", retention.ActionDelete))
		if err := d.replan(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.planned.Holds.Sets[0].Hash = hash
		_, err := d.enter(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		_, r, err := d.locate(t.Context(), 0, 1000)
		if err != nil {
			t.Fatal(err)
		}
		seen := []pgtype.TID{{BlockNumber: 1, OffsetNumber: 1, Valid: true}}
		for kind, s := range map[string]sqlgen.Statement{
			"plain": d.planned.sql.PlainDelete(*r), "seen": d.planned.sql.Seen(*r, 1000, sqlgen.RunMeta{RunID: d.spec.RunID}), "delete": d.planned.sql.DeleteSeen(*r, 1000, seen),
		} {
			rows, err := d.conn.Query(t.Context(), "EXPLAIN "+s.SQL, asPlanned(s)...)
			if err != nil {
				t.Fatal(err)
			}
			plan, err := pgx.CollectRows(rows, pgx.RowTo[string])
			if err != nil {
				t.Fatal(err)
			}
			text := strings.Join(plan, "\n")
			if strings.Contains(text, "Anti Join") || kind != "delete" && !strings.Contains(text, "SubPlan") {
				t.Errorf("%s, hash %v: the plan is\n%s", kind, hash, text)
			}
		}
		d.Close()
	}
}

func TestArchiveThatACrashWouldEmptyIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 3))
	p := policy("r", retention.ActionArchive)
	f.run(p)
	if err := f.target.CheckPolicy(t.Context(), p); err != nil {
		t.Fatalf("the archive that we made is refused: %v", err)
	}
	f.exec(`ALTER TABLE public.r_archive SET UNLOGGED`)
	if err := f.target.CheckPolicy(t.Context(), p); !isRefusal(err) || !strings.Contains(err.Error(), "SET LOGGED") {
		t.Errorf("an unlogged archive answered %v, want a refusal with the statement that mends it", err)
	}
}
