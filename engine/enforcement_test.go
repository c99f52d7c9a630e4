package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/idlist"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// enforcedOn is a hold on records of a table that the application is kept from changing.
func enforcedOn(table string, mode retention.Enforcement, ids ...string) retention.Hold {
	h := holdOn(table, ids...)
	h.Enforcement = mode
	return h
}

// try runs a statement as the application would and answers what it got.
func (h *house) try(sql string) error {
	h.t.Helper()
	conn, err := pgx.Connect(context.Background(), h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	_, err = conn.Exec(context.Background(), sql)
	return err
}

func (h *house) mustRefuse(sql string) {
	h.t.Helper()
	if err := h.try(sql); err == nil || !strings.Contains(err.Error(), "is under legal hold") {
		h.t.Errorf("%s: got %v, want it refused", sql, err)
	}
}

func (h *house) actions(id string) (out []string) {
	h.t.Helper()
	entries, _, err := h.engine.Audit(h.t.Context(), h.actor, retention.AuditFilter{Object: "hold/" + id}, retention.Page{})
	if err != nil {
		h.t.Fatal(err)
	}
	for _, e := range entries {
		out = append([]string{e.Action}, out...)
	}
	return out
}

// What keeps the application from held rows can be taken away by who owns the table. That is
// found, told, and put back.
func TestWhatNoLongerEnforcesAHoldIsFoundToldAndPutBack(t *testing.T) {
	const name = "holdfast_enforce_' || 'public.r'::regclass::oid || '"
	run := func(sql string) string { return "DO $do$ BEGIN EXECUTE '" + sql + "'; END $do$" }
	for what, c := range map[string]struct {
		partitioned bool
		ddl         string
		stmt        string // what the application tries afterwards
	}{
		"a trigger is dropped":                 {false, run(`DROP TRIGGER ` + name + ` ON public.r`), `DELETE FROM public.r WHERE id = 1`},
		"a trigger is disabled":                {false, run(`ALTER TABLE public.r DISABLE TRIGGER ` + name), `DELETE FROM public.r WHERE id = 1`},
		"triggers do not fire always":          {false, `ALTER TABLE public.r ENABLE TRIGGER ALL`, `DELETE FROM public.r WHERE id = 1`},
		"a function is another one":            {false, run(`CREATE OR REPLACE FUNCTION holdfast_guard.enforce_' || 'public.r'::regclass::oid || '() RETURNS trigger LANGUAGE plpgsql AS ''BEGIN RETURN OLD; END''`), `DELETE FROM public.r WHERE id = 1`},
		"a trigger calls another function":     {false, run(`CREATE OR REPLACE TRIGGER ` + name + ` BEFORE DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION suppress_redundant_updates_trigger()`), `UPDATE public.r SET customer = 5 WHERE id = 1`},
		"a partition is new":                   {true, `CREATE TABLE public.r_new PARTITION OF public.r FOR VALUES FROM (100) TO (200); INSERT INTO public.r VALUES (101, 1, now())`, `TRUNCATE public.r_new`},
		"a partition is detached":              {true, `ALTER TABLE public.r DETACH PARTITION public.r_old`, `DELETE FROM public.r_old WHERE id = 1`},
		"a trigger of a leaf is disabled":      {true, run(`ALTER TABLE public.r_old DISABLE TRIGGER ` + name), `DELETE FROM public.r WHERE id = 1`},
		"a TRUNCATE trigger of a leaf is gone": {true, run(`DROP TRIGGER holdfast_enforce_truncate_' || 'public.r'::regclass::oid || ' ON public.r_old`), `TRUNCATE public.r_old`},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			if c.partitioned {
				h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, customer bigint, created_at timestamptz) PARTITION BY RANGE (id)`, `CREATE TABLE public.r_old PARTITION OF public.r FOR VALUES FROM (0) TO (100)`)
			} else {
				h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, customer bigint, created_at timestamptz)`)
			}
			h.exec(`INSERT INTO public.r SELECT i, i % 10, now() - interval '400 days' FROM generate_series(1, 40) AS i`)
			placed := h.mustHold(enforcedOn("r", retention.EnforceRefuse, "1", "101"))
			h.watch()
			if got := h.hold(placed.ID); len(got.Faults) != 0 || got.Enforcement != retention.EnforceRefuse {
				t.Fatalf("before: %s, %+v", got.Enforcement, got.Faults)
			}
			h.exec(c.ddl)
			if _, _, err := h.target.GuardState(t.Context()); err != nil { // as before each run: which partitions there are
				t.Fatal(err)
			}
			h.watch()
			h.mustRefuse(c.stmt)
			if got := h.hold(placed.ID); len(got.Faults) != 0 {
				t.Errorf("after it was put back: %+v", got.Faults)
			}
			if n := h.told(placed.ID, retention.EventHoldFailSafe); n != 1 {
				t.Errorf("it was told %d times, want once", n)
			}
			if got := fmt.Sprint(h.actions(placed.ID)); !strings.HasSuffix(got, "hold.fail_safe hold.enforced_again]") {
				t.Errorf("the audit has %s", got)
			}
			h.watch()
			if n := h.told(placed.ID, retention.EventHoldFailSafe); n != 1 {
				t.Errorf("looking again told it again")
			}
		})
	}
}

// What cannot be put back stays on the hold, with what can be done.
func TestWhatCannotBePutBackStaysOnTheHold(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`, `INSERT INTO public.r SELECT i, now() FROM generate_series(1, 4) AS i`)
	placed := h.mustHold(enforcedOn("r", retention.EnforceRefuse, "1"))
	h.exec(`DO $do$ BEGIN EXECUTE 'DROP TRIGGER holdfast_enforce_' || 'public.r'::regclass::oid || ' ON public.r'; END $do$`)
	conn, err := pgx.Connect(t.Context(), h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	tx, err := conn.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), `UPDATE public.r SET created_at = now() WHERE id = 2`)
	}
	if err != nil {
		t.Fatal(err)
	}
	if err := h.engine.WatchHolds(t.Context()); err == nil {
		t.Error("the watch says nothing of a table that it cannot have")
	}
	got := h.hold(placed.ID)
	if len(got.Faults) != 1 || got.Faults[0].Effect != retention.FaultNotEnforced || got.Faults[0].Remedy == "" || !strings.Contains(got.Faults[0].Reason, "no trigger against UPDATE and DELETE") {
		t.Errorf("found %+v", got.Faults)
	}
	o, err := h.engine.Overview(t.Context(), h.actor)
	if err != nil || o.HoldDates.Faulty != 1 {
		t.Errorf("the overview has %d of them, %v", o.HoldDates.Faulty, err)
	}
	if err := tx.Rollback(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.watch()
	if got := h.hold(placed.ID); len(got.Faults) != 0 {
		t.Errorf("after the writer: %+v", got.Faults)
	}
	h.mustRefuse(`DELETE FROM public.r WHERE id = 1`)
}

// Placing waits for a writer, and comes into force when it has ended.
func TestAnEnforcedHoldIsPlacedWhenALongWriterHasEnded(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`, `INSERT INTO public.r SELECT i, now() FROM generate_series(1, 4) AS i`)
	conn, err := pgx.Connect(t.Context(), h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	tx, err := conn.Begin(t.Context())
	if err == nil {
		_, err = tx.Exec(t.Context(), `UPDATE public.r SET created_at = '2020-01-01' WHERE id = 1`)
	}
	if err != nil {
		t.Fatal(err)
	}
	placed := make(chan retention.Hold, 1)
	go func() {
		got, err := h.engine.PlaceHold(context.Background(), h.actor, enforcedOn("r", retention.EnforceRefuse, "1"))
		if err != nil {
			t.Error(err)
		}
		placed <- got
	}()
	pgtest.Await(t, "the hold to wait for the writer", func() bool {
		return h.count(`SELECT count(*) FROM pg_locks WHERE relation = 'public.r'::regclass AND mode = 'ShareRowExclusiveLock' AND NOT granted`) == 1
	})
	// Who writes meanwhile gets through between two attempts.
	if err := h.try(`UPDATE public.r SET created_at = now() WHERE id = 2`); err != nil {
		t.Errorf("another writer: %v", err)
	}
	if err := tx.Commit(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := <-placed
	if !got.Status.InForce() {
		t.Fatalf("the hold is %s", got.Status)
	}
	if n := h.count(`SELECT count(*) FROM public.r WHERE id = 1 AND created_at = '2020-01-01'`); n != 1 {
		t.Error("what was written before is not there")
	}
	h.mustRefuse(`DELETE FROM public.r WHERE id = 1`)
}

// Runs, anonymizing, archiving and restoring go on as if there were no trigger of ours, and
// plans do not change with it.
func TestRunsGoOnBesideAnEnforcedHold(t *testing.T) {
	t.Parallel()
	for _, mode := range []retention.Enforcement{retention.EnforceRefuse, retention.EnforcePreserve} {
		for _, action := range []retention.Action{retention.ActionDelete, retention.ActionAnonymize, retention.ActionArchive} {
			t.Run(string(mode)+"/"+string(action), func(t *testing.T) {
				t.Parallel()
				h := freshHouse(t)
				h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`, `INSERT INTO public.r SELECT i, 'name ' || i, now() - interval '400 days' FROM generate_series(1, 40) AS i`)
				p := policyOn("r", 1)
				p.Action = action
				if action == retention.ActionAnonymize {
					p.Columns = map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
				}
				if action == retention.ActionArchive {
					to := public("r_archive")
					p.Archive = &retention.Archive{Table: to}
				}
				h.mustPolicy(p)
				before, err := h.target.Table(t.Context(), public("r"))
				if err != nil {
					t.Fatal(err)
				}
				placed := h.mustHold(enforcedOn("r", mode, "1", "2", "3"))
				after, err := h.target.Table(t.Context(), public("r"))
				if err != nil || after.Fingerprint != before.Fingerprint || len(after.Triggers) != 0 {
					t.Errorf("the table's fingerprint has changed, or it has triggers: %v, %v", after.Triggers, err)
				}
				run := h.mustRun(engine.RunRequest{})
				if run.Status != retention.RunSucceeded || run.TotalProcessed != 37 || run.TotalHeld != 3 {
					t.Errorf("the run %s with %d processed and %d held: %v", run.Status, run.TotalProcessed, run.TotalHeld, run.Policies[0].Errors)
				}
				if rows, _, err := h.engine.PreservedRows(t.Context(), h.actor, placed.ID, retention.Page{}); err != nil || len(rows) != 0 {
					t.Errorf("kept %v of what nobody changed, %v", rows, err)
				}
				d, err := h.engine.Doctor(t.Context(), h.actor)
				if err != nil {
					t.Fatal(err)
				}
				if said := fmt.Sprintf("%+v", d); strings.Contains(said, "holdfast_enforce") {
					t.Errorf("the doctor names our trigger: %s", said)
				}
			})
		}
	}
}

// dropRole removes a role with what it has.
func (h *house) dropRole(role string) {
	conn, err := pgx.Connect(context.Background(), h.url)
	if err == nil {
		_, err = conn.Exec(context.Background(), `DROP OWNED BY `+role+` CASCADE; DROP ROLE `+role)
		_ = conn.Close(context.Background())
	}
	if err != nil {
		h.t.Error(err)
	}
}

// Rights that are missing are named with the GRANT that helps, and nothing is placed.
func TestMissingRightsForEnforcementAreNamed(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	role := "keeper_" + pgtest.Value[string](t, h.url, `SELECT substr(md5(random()::text), 1, 8)`)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`, `INSERT INTO public.r SELECT i, now() FROM generate_series(1, 4) AS i`,
		`CREATE ROLE `+role+``, `GRANT SELECT, UPDATE, DELETE, TRIGGER ON public.r TO `+role, `GRANT USAGE ON SCHEMA holdfast_guard TO `+role, `GRANT ALL ON ALL TABLES IN SCHEMA holdfast_guard TO `+role)
	t.Cleanup(func() { h.dropRole(role) })
	tg, err := target.Open(t.Context(), h.url+"&role="+role, target.Options{Secret: secret})
	if err != nil {
		t.Fatal(err)
	}
	defer tg.Close()
	err = tg.CheckEnforcement(t.Context(), enforcedOn("r", retention.EnforceRefuse, "1"))
	if err == nil || !strings.Contains(err.Error(), `GRANT CREATE ON SCHEMA holdfast_guard TO "`+role) || !strings.Contains(err.Error(), "is no member of its owner") || !strings.Contains(err.Error(), `GRANT "`+pgtest.Value[string](t, h.url, `SELECT current_user::text`)+`" TO "`+role) {
		t.Errorf("without rights: %v", err)
	}
	h.exec(`CREATE TABLE public.below (id bigint PRIMARY KEY, r bigint REFERENCES public.r)`)
	family := enforcedOn("r", retention.EnforceRefuse, "1")
	family.Scope[0].Family = &retention.Family{}
	if err := tg.CheckEnforcement(t.Context(), family); err == nil || !strings.Contains(err.Error(), "needs triggers on public.below") {
		t.Errorf("without rights on what belongs to the records: %v", err)
	}
	if err := h.target.CheckEnforcement(t.Context(), family); err != nil {
		t.Errorf("with all rights: %v", err)
	}
	// Nor is a hold widened that could not be enforced then: what was kept of it would stop
	// every run.
	placed := h.mustHold(enforcedOn("r", retention.EnforceRefuse, "1"))
	restricted := engine.New(h.store, tg, engine.Options{})
	for _, more := range []retention.Scope{{Table: public("r"), RecordIDs: []retention.Key{{"2"}}}, {Table: public("r"), Condition: "id > 2"}} {
		if _, err := restricted.WidenHold(t.Context(), h.actor, placed.ID, []retention.Scope{more}, "more"); err == nil || !strings.Contains(err.Error(), "is no member of its owner") {
			t.Errorf("widened without rights: %v", err)
		}
	}
	if _, err := restricted.UploadRecords(t.Context(), h.actor, placed.ID, public("r"), "more", idlist.Lines(strings.NewReader("3\n"))); err == nil || !strings.Contains(err.Error(), "is no member of its owner") {
		t.Errorf("a list without rights: %v", err)
	}
	if got := h.hold(placed.ID).Scope; len(got) != 1 {
		t.Errorf("the hold has %+v, want what it had", got)
	}
}

func TestEnforcementIsSaidOnceAndStays(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`)
	if _, err := h.engine.PlaceHold(t.Context(), h.actor, enforcedOn("r", "sometimes", "1")); err == nil || !strings.Contains(err.Error(), `"refuse"`) {
		t.Errorf("an unknown enforcement: %v", err)
	}
	if got := h.mustHold(holdOn("r", "1")); got.Enforcement != retention.EnforceNone {
		t.Errorf("without one it is %q", got.Enforcement)
	}
	placed := h.mustHold(enforcedOn("r", retention.EnforceRefuse, "1"))
	none, same := retention.EnforceNone, retention.EnforceRefuse
	if _, err := h.engine.ReviseHold(t.Context(), h.actor, placed.ID, placed.Version, retention.HoldRevision{Enforcement: &none}, ""); err == nil || !strings.Contains(err.Error(), "place another hold") {
		t.Errorf("changing it: %v", err)
	}
	if _, err := h.engine.ReviseHold(t.Context(), h.actor, placed.ID, placed.Version, retention.HoldRevision{Enforcement: &same}, ""); err != nil {
		t.Errorf("as it was read: %v", err)
	}
}

// A partition that is due as a whole is still emptied at once, and a held row in another one
// stays where it is.
func TestARunEmptiesPartitionsBesideAnEnforcedHold(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint, created_at timestamptz NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE public.r_1 PARTITION OF public.r FOR VALUES FROM ('2020-01-01') TO ('2021-01-01')`, `CREATE TABLE public.r_2 PARTITION OF public.r FOR VALUES FROM ('2021-01-01') TO ('2022-01-01')`,
		`INSERT INTO public.r SELECT i, '2020-06-01' FROM generate_series(1, 20) AS i`, `INSERT INTO public.r SELECT i, '2021-06-01' FROM generate_series(21, 40) AS i`)
	p := policyOn("r", 1)
	p.Evidence = retention.EvidenceCounts
	h.mustPolicy(p)
	hold := holdOn("r")
	hold.Enforcement, hold.Scope[0].RecordIDs = retention.EnforceRefuse, []retention.Key{{"21", "2021-06-01"}}
	h.mustHold(hold)
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunSucceeded || run.TotalProcessed != 39 || run.TotalHeld != 1 || h.count(`SELECT count(*) FROM public.r`) != 1 {
		t.Errorf("the run %s with %d processed and %d held: %v", run.Status, run.TotalProcessed, run.TotalHeld, run.Policies[0].Errors)
	}
}

// The copies of held records in an archive are kept from the application too.
func TestAnEnforcedHoldCoversArchivedRows(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`, `INSERT INTO public.r SELECT i, now() - interval '400 days' FROM generate_series(1, 9) AS i`)
	p := policyOn("r", 1)
	p.Action, p.Archive = retention.ActionArchive, &retention.Archive{Table: public("r_archive")}
	h.mustPolicy(p)
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 9 {
		t.Fatalf("%d were archived", run.TotalProcessed)
	}
	h.mustHold(enforcedOn("r", retention.EnforceRefuse, "1"))
	h.mustRefuse(`DELETE FROM public.r_archive WHERE id = 1`)
	if err := h.try(`DELETE FROM public.r_archive WHERE id = 2`); err != nil {
		t.Errorf("a copy that is not held: %v", err)
	}
}

// Where nobody can tell any more which rows a condition means, all of the table is kept, and
// a table that was renamed goes on being judged as before.
func TestAnEnforcedHoldFailsSafe(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, customer bigint, created_at timestamptz)`, `INSERT INTO public.r SELECT i, i % 10, now() FROM generate_series(1, 40) AS i`)
	hold := holdOn("r")
	hold.Enforcement, hold.Scope = retention.EnforceRefuse, []retention.Scope{fitting("r", "customer = 7")}
	h.mustHold(hold)
	h.exec(`ALTER TABLE public.r RENAME TO r2`)
	h.watch()
	h.mustRefuse(`DELETE FROM public.r2 WHERE id = 7`)
	if err := h.try(`DELETE FROM public.r2 WHERE id = 8`); err != nil {
		t.Errorf("after the table was renamed, a row that is not held: %v", err)
	}
	h.exec(`ALTER TABLE public.r2 RENAME TO r`, `ALTER TABLE public.r RENAME customer TO client`)
	if err := h.try(`DELETE FROM public.r WHERE id = 9`); err == nil {
		t.Error("after a column was renamed a row went before anybody looked")
	}
	h.watch()
	h.mustRefuse(`DELETE FROM public.r WHERE id = 9`)
	h.exec(`ALTER TABLE public.r RENAME client TO customer`)
	h.watch()
	h.mustRefuse(`DELETE FROM public.r WHERE id = 7`)
	if err := h.try(`DELETE FROM public.r WHERE id = 9`); err != nil {
		t.Errorf("after the column has its name back: %v", err)
	}
	h.exec(`ALTER TABLE public.r DROP COLUMN customer`) // nothing of ours depends on it
}

// Where row-level security comes to hide from Holdfast's role what leads to held records, nobody
// can tell what belongs to them: changes fail, batches too, and it is said.
func TestWhatHiddenRowsLeadToIsNotLetGo(t *testing.T) {
	for _, mode := range []retention.Enforcement{retention.EnforceRefuse, retention.EnforcePreserve} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			role := "keeper_" + pgtest.Value[string](t, h.url, `SELECT substr(md5(random()::text), 1, 8)`)
			h.exec(`CREATE ROLE `+role, `GRANT ALL ON SCHEMA public, holdfast_guard TO `+role, `GRANT ALL ON ALL TABLES IN SCHEMA holdfast_guard TO `+role, `GRANT ALL ON ALL SEQUENCES IN SCHEMA holdfast_guard TO `+role, `GRANT ALL ON ALL FUNCTIONS IN SCHEMA holdfast_guard TO `+role)
			t.Cleanup(func() { h.dropRole(role) })
			h.exec(`CREATE TABLE public.customers (id bigint PRIMARY KEY)`, `CREATE TABLE public.orders (id bigint PRIMARY KEY, customer bigint REFERENCES public.customers)`,
				`CREATE TABLE public.items (id bigint PRIMARY KEY, ordered bigint REFERENCES public.orders, created_at timestamptz)`,
				`INSERT INTO public.customers SELECT generate_series(1, 3)`, `INSERT INTO public.orders SELECT i, i FROM generate_series(1, 3) AS i`, `INSERT INTO public.items SELECT i, i, now() - interval '90 days' FROM generate_series(1, 3) AS i`)
			for _, table := range []string{"customers", "orders", "items"} {
				h.exec(`ALTER TABLE public.` + table + ` OWNER TO ` + role)
			}
			tg, err := target.Open(t.Context(), h.url+"&role="+role, target.Options{Secret: secret})
			if err != nil {
				t.Fatal(err)
			}
			defer tg.Close()
			h.target = tg
			h.engine = engine.New(h.store, tg, engine.Options{Pace: retention.PaceMax})
			hold := enforcedOn("customers", mode, "1")
			hold.Scope[0].Family = &retention.Family{}
			placed := h.mustHold(hold)
			h.mustPolicy(policyOn("items", 1))
			h.exec(`ALTER TABLE public.orders ENABLE ROW LEVEL SECURITY`, `ALTER TABLE public.orders FORCE ROW LEVEL SECURITY`)
			for _, sql := range []string{`DELETE FROM public.items WHERE id = 1`, `UPDATE public.items SET ordered = 2 WHERE id = 1`} {
				if err := h.try(sql); err == nil || !strings.Contains(err.Error(), "row-level security") {
					t.Errorf("%s: %v, want it to fail", sql, err)
				}
			}
			h.mustRun(engine.RunRequest{})
			h.wantLeft("a run", "items", "1 2 3")
			if err := h.engine.WatchHolds(t.Context()); err != nil {
				t.Fatal(err)
			}
			if f := h.hold(placed.ID).Faults; len(f) == 0 || f[0].Effect != retention.FaultRefused || f[0].On != public("orders") || !strings.Contains(f[0].Remedy, "BYPASSRLS") {
				t.Errorf("the hold has the faults %+v", f)
			}
			if _, err := h.engine.PlaceHold(t.Context(), h.actor, hold); err == nil || !strings.Contains(err.Error(), "BYPASSRLS") {
				t.Errorf("another hold of the family: %v, want it refused with the remedy", err)
			}
			h.exec(`ALTER TABLE public.orders DISABLE ROW LEVEL SECURITY`)
			h.mustRun(engine.RunRequest{})
			h.wantLeft("a run afterwards", "items", "1")
		})
	}
}
