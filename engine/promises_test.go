package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// oldRows prints a table of n rows that are all due, by an index or without one.
func oldRows(table string, n int, index bool) []string {
	sql := []string{
		fmt.Sprintf(`CREATE TABLE public.%s (id bigint PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL)`, table),
		fmt.Sprintf(`INSERT INTO public.%s SELECT i, 'n' || i, now() - interval '400 days' + i * interval '1 second' FROM generate_series(1, %d) AS i`, table, n),
	}
	if index {
		// Rows that are not due keep the walk on the index.
		sql = append(sql, fmt.Sprintf(`INSERT INTO public.%[1]s SELECT -i, 'fresh', now() FROM generate_series(1, 4 * %[2]d) AS i`, table, n),
			fmt.Sprintf(`CREATE INDEX ON public.%s (created_at)`, table), fmt.Sprintf(`ANALYZE public.%s`, table))
	}
	return sql
}

func idRange(from, to int) []string {
	var ids []string
	for i := from; i <= to; i++ {
		ids = append(ids, strconv.Itoa(i))
	}
	return ids
}

func TestTenThousandHeldRowsAtTheFrontKeepNoOtherDueRowFromGoing(t *testing.T) {
	for _, index := range []bool{true, false} {
		t.Run(fmt.Sprintf("index %v", index), func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(oldRows("r", 30_000, index)...)
			h.mustPolicy(policyOn("r", 90))
			h.mustHold(holdOn("r", idRange(1, 10_000)...))
			run := h.mustRun(engine.RunRequest{})
			if run.Status != retention.RunSucceeded || run.TotalProcessed != 20_000 || run.TotalHeld != 10_000 {
				t.Errorf("run %s, processed %d, held %d; want succeeded, 20000 and 10000", run.Status, run.TotalProcessed, run.TotalHeld)
			}
			if n := h.count(`SELECT count(*) FROM public.r WHERE id BETWEEN 1 AND 10000`); n != 10_000 {
				t.Errorf("%d of 10000 held rows are left", n)
			}
			if n := h.count(`SELECT count(*) FROM public.r WHERE id > 10000`); n != 0 {
				t.Errorf("%d due rows that nobody holds are left", n)
			}
		})
	}
}

func TestAnonymizingEndsAndASecondRunChangesNothing(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 5000, true)...)
	p := policyOn("r", 90)
	p.Action, p.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{"name": {Method: retention.MethodHash}}
	h.mustPolicy(p)
	h.mustHold(holdOn("r", "17"))
	first := h.mustRun(engine.RunRequest{})
	before := h.checksum("r", "true")
	second := h.mustRun(engine.RunRequest{})
	if first.TotalProcessed != 4999 || second.TotalProcessed != 0 || second.TotalHeld != 1 {
		t.Errorf("processed %d and then %d with %d held, want 4999, 0 and 1", first.TotalProcessed, second.TotalProcessed, second.TotalHeld)
	}
	if after := h.checksum("r", "true"); after != before {
		t.Error("the second run changed the table")
	}
	if n := h.count(`SELECT count(*) FROM public.r WHERE id = 17 AND name = 'n17'`); n != 1 {
		t.Error("the held row was changed")
	}
	if len(second.Policies) != 1 || second.Policies[0].Status != retention.RunSucceeded {
		t.Errorf("a run that changed nothing left the result %+v; its zeros prove it", second.Policies)
	}
}

// checksum is the same for the same rows, whatever their order.
func (h *house) checksum(table, where string) string {
	h.t.Helper()
	return pgtest.Value[string](h.t, h.url, fmt.Sprintf(`SELECT count(*) || ':' || coalesce(sum(hashtextextended(x::text, 0)::numeric), 0) FROM public.%s AS x WHERE %s`, table, where))
}

func TestRowsOutsideThePolicyKeepTheirChecksum(t *testing.T) {
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(oldRows("r", 4000, true)...)
			h.exec(`CREATE TABLE public.bystander AS SELECT * FROM public.r`, `UPDATE public.r SET name = 'other' WHERE id % 3 = 0`)
			p := policyOn("r", 90)
			p.Action, p.Condition = action, "name LIKE 'n%'"
			if action == retention.ActionAnonymize {
				p.Columns = map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
			}
			h.mustPolicy(p)
			h.mustHold(holdOn("r", "1", "2", "1000"))
			outside := `created_at >= now() - interval '90 days' OR name NOT LIKE 'n%' OR id IN (1, 2, 1000)`
			before, bystander := h.checksum("r", outside), h.checksum("bystander", "true")
			run := h.mustRun(engine.RunRequest{})
			if run.TotalProcessed != h.count(`SELECT count(*) FROM public.bystander WHERE id > 0 AND id % 3 <> 0 AND id NOT IN (1, 2, 1000)`) {
				t.Errorf("processed %d", run.TotalProcessed)
			}
			outside = `created_at >= now() - interval '90 days' OR name = 'other' OR id IN (1, 2, 1000)`
			if after := h.checksum("r", outside); after != before {
				t.Errorf("rows outside the policy changed: %s, were %s", after, before)
			}
			if after := h.checksum("bystander", "true"); after != bystander {
				t.Errorf("another table changed: %s, was %s", after, bystander)
			}
		})
	}
}

func TestDryRunChangesNothingAndPredictsTheRunExactly(t *testing.T) {
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(oldRows("r", 3000, false)...)
			h.exec(`ALTER TABLE public.r ALTER created_at DROP NOT NULL`, `INSERT INTO public.r VALUES (-1, 'never', NULL), (-2, 'never', 'infinity')`)
			p := policyOn("r", 90)
			p.Action = action
			if action == retention.ActionAnonymize {
				keep := 1
				p.Columns = map[string]retention.Anonymizer{"name": {Method: retention.MethodMask, KeepLast: &keep}}
			}
			h.mustPolicy(p)
			h.mustHold(holdOn("r", "5", "6", "99999"))
			before := h.checksum("r", "true")
			dry := h.mustRun(engine.RunRequest{DryRun: true})
			if after := h.checksum("r", "true"); after != before {
				t.Fatal("the dry run changed the table")
			}
			if n := h.count(`SELECT count(*) FROM holdfast_guard.journal`); n != 0 {
				t.Errorf("the dry run left %d journal rows", n)
			}
			run := h.mustRun(engine.RunRequest{AsOf: dry.AsOf})
			if diff := cmp.Diff(figures(dry), figures(run)); diff != "" {
				t.Errorf("the run was not what the dry run said (-dry +run):\n%s", diff)
			}
		})
	}
}

// TestDryRunOfAChainOfTablesPredictsTheRun: the policies are given from the top down, and
// carried out from the bottom up.
func TestDryRunOfAChainOfTablesPredictsTheRun(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("a", 100, false)...)
	for _, sql := range [][]string{oldRows("b", 90, false), oldRows("c", 80, false)} {
		h.exec(sql...)
	}
	h.exec(`ALTER TABLE public.b ADD FOREIGN KEY (id) REFERENCES public.a`, `ALTER TABLE public.c ADD FOREIGN KEY (id) REFERENCES public.b`)
	for _, table := range []string{"a", "b", "c"} {
		h.mustPolicy(policyOn(table, 90))
	}
	h.mustHold(holdOn("c", "5", "6"))
	dry := h.mustRun(engine.RunRequest{DryRun: true})
	run := h.mustRun(engine.RunRequest{AsOf: dry.AsOf})
	if diff := cmp.Diff(figures(dry), figures(run)); diff != "" {
		t.Errorf("the run was not what the dry run said (-dry +run):\n%s", diff)
	}
	if run.TotalProcessed != 98+88+78 {
		t.Errorf("processed %d, want all but the two that are held and what they refer to", run.TotalProcessed)
	}
}

// figures are a result without times and batches.
func figures(r retention.Run) []string {
	var out []string
	for _, p := range r.Policies {
		out = append(out, fmt.Sprintf("%s %s processed %d held %d blocked %d skipped %d null %d infinite %d cutoff %s errors %v",
			p.Policy, p.Status, p.Processed, p.Held, p.Blocked, p.SkippedTotal(), p.NullTimestamps, p.InfiniteTimestamps, p.Cutoff, p.Errors))
	}
	return out
}

func TestSumOfTheJournalIsTheRowsGoneAndReachesTheStore(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 7777, true)...)
	p := policyOn("r", 90)
	p.BatchSize = 500
	h.mustPolicy(p)
	before := h.count(`SELECT count(*) FROM public.r`)
	run := h.mustRun(engine.RunRequest{})
	gone := before - h.count(`SELECT count(*) FROM public.r`)
	if n := h.count(`SELECT sum(processed)::bigint FROM holdfast_guard.journal`); n != gone || run.TotalProcessed != gone {
		t.Errorf("the journal has %d rows, the run %d, and %d are gone", n, run.TotalProcessed, gone)
	}
	if n := h.count(`SELECT (sum(length(digests)) / 32)::bigint FROM holdfast_guard.journal`); n != gone {
		t.Errorf("%d digests for %d rows", n, gone)
	}
	for range 2 { // twice: carrying is idempotent
		if err := h.engine.CarryJournal(context.Background()); err != nil {
			t.Fatal(err)
		}
		// As if the mark had been lost after the row was carried.
		h.exec(`ALTER TABLE holdfast_guard.journal DISABLE TRIGGER only_carried`,
			`UPDATE holdfast_guard.journal SET carried_at = NULL WHERE seq % 2 = 0`,
			`ALTER TABLE holdfast_guard.journal ENABLE ALWAYS TRIGGER only_carried`)
	}
	batches, _, err := h.engine.Batches(context.Background(), h.actor, run.ID, "", false, retention.Page{Limit: 500})
	if err != nil {
		t.Fatal(err)
	}
	var sum int64
	for _, b := range batches {
		sum += b.Processed
	}
	if sum != gone {
		t.Errorf("the store's batches sum to %d, want %d", sum, gone)
	}
}

// TestHoldPlacedInMidRunLosesNoRowAfterItReturned places holds beside a run at full
// pace. A covered row that is there when placing has returned must be there at the end.
func TestHoldPlacedInMidRunLosesNoRowAfterItReturned(t *testing.T) {
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			placeBesideRun(t, action)
		})
	}
}

func placeBesideRun(t *testing.T, action retention.Action) {
	const rows = 6000
	h := freshHouse(t)
	h.exec(oldRows("r", rows, true)...)
	p := policyOn("r", 90)
	p.BatchSize, p.Action = 40, action
	if action == retention.ActionAnonymize {
		p.Columns = map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
	}
	h.mustPolicy(p)
	run, err := h.engine.RequestRun(context.Background(), h.actor, engine.RunRequest{})
	if err != nil {
		t.Fatal(err)
	}
	var wg sync.WaitGroup
	wg.Go(func() {
		if err := h.engine.ExecuteRun(context.Background(), run.ID, 0); err != nil {
			t.Errorf("execute: %v", err)
		}
	})
	rng := rand.New(rand.NewPCG(1, 2))
	var protected []string
	for i := range 15 {
		var ids []string
		for range 40 {
			ids = append(ids, strconv.Itoa(1+rng.IntN(rows)))
		}
		hold := holdOn("r", ids...)
		hold.Enforcement = retention.Enforcements()[i%3]
		if placed, err := h.engine.PlaceHold(context.Background(), h.actor, hold); err != nil || !placed.Status.InForce() {
			t.Errorf("place: %s, %v", placed.Status, err)
			break
		}
		// What is still as it was now, must be so for ever.
		rowsLeft := pgtest.Value[[]string](t, h.url, `SELECT coalesce(array_agg(id::text), '{}') FROM public.r WHERE name LIKE 'n%' AND id = ANY ($1::bigint[])`, ids)
		protected = append(protected, rowsLeft...)
	}
	wg.Wait()
	lost := pgtest.Value[int64](t, h.url, `SELECT count(*) FROM unnest($1::bigint[]) AS want(id) WHERE NOT EXISTS (SELECT FROM public.r WHERE r.id = want.id AND name LIKE 'n%')`, protected)
	if lost != 0 {
		t.Errorf("%d of %d rows were lost after their hold had returned", lost, len(protected))
	}
	if got := h.getRun(run.ID); got.Status != retention.RunSucceeded {
		t.Errorf("the run ended as %s: %v", got.Status, got.Policies[0].Errors)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.preserved`); n != 0 {
		t.Errorf("the run changed %d rows that an enforced hold covers", n)
	}
	if n := h.count(`SELECT count(*) FROM public.r WHERE id > 0 AND name LIKE 'n%'`); n > int64(len(protected)) {
		t.Errorf("%d due rows are left as they were, and only %d were protected", n, len(protected))
	}
}

// TestRunKilledAtEveryBatchBoundaryEndsAsIfItHadNotBeen gives up after each batch
// as a killed worker does, and lets another attempt go on.
func TestRunKilledAtEveryBatchBoundaryEndsAsIfItHadNotBeen(t *testing.T) {
	for i, index := range []bool{true, false} {
		for j, action := range retention.Actions() {
			if pgtest.ForLong(i, j) {
				continue
			}
			t.Run(fmt.Sprintf("%s/index %v", action, index), func(t *testing.T) {
				t.Parallel()
				calm, killed := disposeKilling(t, action, index, false), disposeKilling(t, action, index, true)
				if diff := cmp.Diff(calm, killed); diff != "" {
					t.Errorf("the end state differs (-undisturbed +killed):\n%s", diff)
				}
			})
		}
	}
}

// disposeKilling carries a policy out, with a new attempt for every batch if kill is
// set, and describes how the database stands at the end.
func disposeKilling(t *testing.T, action retention.Action, index, kill bool) []string {
	h := freshHouse(t)
	h.exec(oldRows("r", 900, index)...)
	h.exec(`UPDATE public.r SET created_at = '2020-02-02' WHERE id BETWEEN 300 AND 600`)
	p := policyOn("r", 90)
	p.Action, p.Version = action, 1
	if action == retention.ActionAnonymize {
		p.Columns = map[string]retention.Anonymizer{"name": {Method: retention.MethodHash}}
	}
	p.BatchSize = 75
	p = p.WithDefaults()
	h.mustHold(holdOn("r", idRange(50, 90)...))
	spec := retention.Spec{RunID: "00000000-0000-0000-0000-00000000000a", Policy: p, AsOf: time.Now(), Attempt: 1}
	ctx := context.Background()
	for done := false; !done; spec.Attempt++ {
		if err := h.target.Beat(ctx, spec.RunID, spec.Attempt); err != nil {
			t.Fatal(err)
		}
		d, err := h.target.Open(ctx, spec)
		if err != nil {
			t.Fatal(err)
		}
		for !done {
			step, err := d.Step(ctx)
			if errors.Is(err, retention.ErrMoved) {
				continue // made again, as a worker does
			}
			if err != nil {
				d.Close()
				t.Fatal(err)
			}
			if done = step.Done; kill {
				break
			}
		}
		d.Close()
	}
	return []string{
		h.checksumOf(`SELECT id, name FROM public.r`),
		h.checksumOf(`SELECT processed, held, blocked, skipped, done FROM holdfast_guard.progress`),
		h.checksumOf(`SELECT sum(processed), sum(held), sum(length(digests)) FROM holdfast_guard.journal`),
	}
}

func (h *house) checksumOf(query string) string {
	h.t.Helper()
	return pgtest.Value[string](h.t, h.url, `SELECT count(*) || ':' || coalesce(string_agg(x::text, ' ' ORDER BY x::text), '') FROM (`+query+`) AS x`)
}

func TestOnePolicysFailureLeavesTheOthersAndTheRunIsPartial(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("bad", 100, false)...)
	h.exec(oldRows("good", 100, false)...)
	h.mustPolicy(policyOn("bad", 90))
	h.mustPolicy(policyOn("good", 90))
	h.exec(`CREATE TABLE public.aside (id bigint)`,
		`CREATE FUNCTION public.further() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.aside VALUES (OLD.id); RETURN NULL; END $$`,
		`CREATE TRIGGER further AFTER DELETE ON public.bad FOR EACH ROW WHEN (OLD.id = 50) EXECUTE FUNCTION public.further()`)
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunPartial || run.TotalErrors != 1 {
		t.Fatalf("the run ended as %s with %d errors, want partial with 1", run.Status, run.TotalErrors)
	}
	for _, p := range run.Policies {
		if p.Policy == "p_good" && p.Processed != 100 {
			t.Errorf("the good policy processed %d, want 100", p.Processed)
		}
		if p.Policy == "p_bad" && (len(p.Errors) != 1 || p.Status != retention.RunFailed) {
			t.Errorf("the bad policy's result is %+v", p)
		}
	}
}

func TestARefusedRowIsInTheResultWithWhatTheDatabaseSaid(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 100, false)...)
	h.mustPolicy(policyOn("r", 90))
	h.exec(`CREATE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$`,
		`CREATE TRIGGER no BEFORE DELETE ON public.r FOR EACH ROW WHEN (OLD.id = 50) EXECUTE FUNCTION public.no()`)
	run := h.mustRun(engine.RunRequest{})
	p := run.Policies[0]
	if run.Status != retention.RunSucceeded || p.Processed != 99 || p.Skipped[retention.SkippedTrigger] != 1 || len(p.Errors) != 1 || !strings.HasPrefix(p.Errors[0], "not this one (SQLSTATE P0001, PL/pgSQL function ") {
		t.Errorf("the run is %s with %+v, want it succeeded but for the one row, with its error", run.Status, p)
	}
	if len(p.Refused) != 1 || !slices.Equal(p.Refused[0].Key, retention.Key{"50"}) || p.Refused[0].Error != p.Errors[0] {
		t.Errorf("the run names %+v, want row 50 with what the trigger said", p.Refused)
	}
}

// TestWhatTheServerCannotDoIsSaidAndTheNextRunCompletes has a trigger answer in mid-run as the
// server does on a full disk (which is about that row alone, since a function says it), and for a
// moment as it does in a conflict of transactions. A disk that is full is in full_disk_linux_test.go.
func TestWhatTheServerCannotDoIsSaidAndTheNextRunCompletes(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	for _, table := range []string{"full", "busy", "good"} {
		h.exec(oldRows(table, 100, true)...)
		p := policyOn(table, 90)
		p.BatchSize = 10
		h.mustPolicy(p)
	}
	h.exec(`CREATE SEQUENCE public.tries`, `CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF tg_argv[0] = '40001' AND nextval('public.tries') > 3 THEN RETURN old; END IF;
			RAISE EXCEPTION 'could not extend file' USING ERRCODE = tg_argv[0];
		END $$`,
		`CREATE TRIGGER fail BEFORE DELETE ON public.full FOR EACH ROW WHEN (old.id = 55) EXECUTE FUNCTION public.fail('53100')`,
		`CREATE TRIGGER fail BEFORE DELETE ON public.busy FOR EACH ROW WHEN (old.id = 55) EXECUTE FUNCTION public.fail('40001')`)
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunSucceeded {
		t.Fatalf("the run ended as %s, want succeeded but for a row", run.Status)
	}
	for _, p := range run.Policies {
		gone := 100 - h.count(`SELECT count(*) FROM public.`+p.Table.Name+` WHERE id > 0`)
		if n := h.count(`SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal WHERE policy = '` + p.Policy + `'`); n != gone || p.Processed != gone {
			t.Errorf("%s: %d rows are gone, the journal has %d and the result %d", p.Policy, gone, n, p.Processed)
		}
		switch p.Policy {
		case "p_full":
			if len(p.Errors) != 1 || !strings.Contains(p.Errors[0], "could not extend file") || gone != 99 {
				t.Errorf("where a row meets a full disk: %d gone, %+v", gone, p)
			}
		default:
			if p.Status != retention.RunSucceeded || gone != 100 {
				t.Errorf("%s: %d gone, %+v", p.Policy, gone, p)
			}
		}
	}
	h.exec(`DROP TRIGGER fail ON public.full`)
	if run := h.mustRun(engine.RunRequest{}); run.Status != retention.RunSucceeded || h.count(`SELECT count(*) FROM public.full WHERE id > 0`) != 0 {
		t.Errorf("the next run ended as %s, want that it completes", run.Status)
	}
}

func TestAColumnThatWentBetweenSaveAndRunFailsItsPolicyAndTheNextRunCompletes(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	for _, table := range []string{"bare", "good"} {
		h.exec(oldRows(table, 20, true)...)
		h.mustPolicy(policyOn(table, 90))
	}
	h.exec(`ALTER TABLE public.bare RENAME created_at TO made_at`)
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunPartial {
		t.Fatalf("the run ended as %s, want partial", run.Status)
	}
	for _, p := range run.Policies {
		if p.Policy == "p_bare" && (p.Status != retention.RunFailed || len(p.Errors) != 1 || !strings.Contains(p.Errors[0], "created_at")) {
			t.Errorf("got %+v, want it failed with the column's name", p)
		}
		if p.Policy == "p_good" && (p.Status != retention.RunSucceeded || p.Processed != 20) {
			t.Errorf("got %+v, want the other one carried out", p)
		}
	}
	h.exec(`ALTER TABLE public.bare RENAME made_at TO created_at`)
	if run := h.mustRun(engine.RunRequest{}); run.Status != retention.RunSucceeded || run.TotalProcessed != 20 {
		t.Errorf("the next run ended as %s with %d, want 20", run.Status, run.TotalProcessed)
	}
}

// TestATableLockedForMinutesFailsItsPolicyAndTheNextRunCompletes takes the patience of a
// policy, which is a minute and a half.
func TestATableLockedForMinutesFailsItsPolicyAndTheNextRunCompletes(t *testing.T) {
	if os.Getenv("HOLDFAST_LONG") == "" {
		t.Skip("`make soak` waits for it")
	}
	t.Parallel()
	h := freshHouse(t)
	for _, table := range []string{"busy", "good"} {
		h.exec(oldRows(table, 20, true)...)
		h.mustPolicy(policyOn(table, 90))
	}
	locker := connect(t, h.url)
	if _, err := locker.Exec(t.Context(), `BEGIN; LOCK TABLE public.busy IN ACCESS EXCLUSIVE MODE`); err != nil {
		t.Fatal(err)
	}
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunPartial || run.TotalProcessed != 20 {
		t.Errorf("the run ended as %s with %d, want partial with 20", run.Status, run.TotalProcessed)
	}
	if _, err := locker.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if run := h.mustRun(engine.RunRequest{}); run.Status != retention.RunSucceeded || run.TotalProcessed != 20 {
		t.Errorf("the next run ended as %s with %d, want 20", run.Status, run.TotalProcessed)
	}
}

// TestACrashWithSynchronousCommitOffLosesNoEvidence: what a server promises by default is not
// what a batch asks of it.
func TestACrashWithSynchronousCommitOffLosesNoEvidence(t *testing.T) {
	pg := pgtest.StartPrivate(t, map[string]string{"synchronous_commit": "off", "wal_writer_delay": "10s", "fsync": "on"})
	url := pg.CreateDatabase("governed")
	migrateAll(t, url)
	h := newHouse(t, url)
	h.exec(oldRows("r", 400, true)...)
	p := policyOn("r", 90)
	p.BatchSize = 50
	h.mustPolicy(p)
	hold := h.mustHold(holdOn("r", "1", "2"))
	run := h.mustRun(engine.RunRequest{})
	pg.Kill()
	pg.Restart()
	pgtest.Disconnect(url)
	if run.TotalProcessed != 398 {
		t.Fatalf("processed %d, want 398", run.TotalProcessed)
	}
	if left := h.count(`SELECT count(*) FROM public.r WHERE id > 0`); left != 2 {
		t.Errorf("%d rows are left after the crash, want the 2 that are held", left)
	}
	if n := h.count(`SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal`); n != 398 {
		t.Errorf("the journal has %d rows after the crash, want 398", n)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.hold WHERE state = 'active' AND id = '` + hold.ID + `'`); n != 1 {
		t.Error("the hold that was in force is not after the crash")
	}
}

func TestRunsOfOnePolicyFollowEachOther(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 100, false)...)
	h.mustPolicy(policyOn("r", 90))
	ctx := context.Background()
	first, err := h.engine.RequestRun(ctx, h.actor, engine.RunRequest{})
	if err != nil {
		t.Fatal(err)
	}
	second, err := h.engine.RequestRun(ctx, h.actor, engine.RunRequest{})
	if err != nil {
		t.Fatal(err)
	}
	if _, ok, err := h.store.ClaimRun(ctx, first.ID, 0); err != nil || !ok {
		t.Fatalf("claim the first: %v, %v", ok, err)
	}
	if err := h.engine.ExecuteRun(ctx, second.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := h.getRun(second.ID); got.Status != retention.RunQueued || got.Waiting == "" {
		t.Errorf("the second run is %s (%q) while the first works, want queued with the reason", got.Status, got.Waiting)
	}
	if err := h.engine.ExecuteRun(ctx, first.ID, 1); err != nil { // its worker died, another goes on
		t.Fatal(err)
	}
	if err := h.engine.ExecuteRun(ctx, second.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := h.getRun(second.ID); got.Status != retention.RunSucceeded || got.TotalProcessed != 0 {
		t.Errorf("the second run ended as %s with %d processed, want succeeded with 0", got.Status, got.TotalProcessed)
	}
}

func TestHoldsLostWithARestoreArePutBackBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 50, false)...)
	h.mustPolicy(policyOn("r", 90))
	hold := holdOn("r", "1", "2", "3")
	hold.Scope = append(hold.Scope, retention.Scope{Table: hold.Scope[0].Table, Condition: "id BETWEEN 3 AND 5"})
	h.mustHold(hold)
	// What a restore of the governed database to before the hold leaves.
	h.exec(`SET holdfast.forgetting = 'on'`, `DELETE FROM holdfast_guard.held_1`, `DELETE FROM holdfast_guard.hold_scope`, `DELETE FROM holdfast_guard.hold`, `UPDATE holdfast_guard.state SET epoch = 0`)
	run := h.mustRun(engine.RunRequest{})
	if run.TotalProcessed != 45 || run.TotalHeld != 5 {
		t.Errorf("processed %d and held %d, want 45 and 5", run.TotalProcessed, run.TotalHeld)
	}
}

// A slip in the governed database, or a restore of some of its tables, takes a part of what
// a hold covers, while the hold itself stands.
func TestAHoldThatHasLostAPartIsPutBackBeforeAnythingRuns(t *testing.T) {
	t.Parallel()
	for what, slip := range map[string]string{
		"all of its ids":              `DELETE FROM holdfast_guard.held_1`,
		"one of its ids":              `DELETE FROM holdfast_guard.held_1 WHERE k1 = 2`,
		"an id for another":           `UPDATE holdfast_guard.held_1 SET k1 = 49 WHERE k1 = 2`,
		"a scope":                     `DELETE FROM holdfast_guard.hold_scope WHERE scope_index = 1`,
		"all scopes":                  `DELETE FROM holdfast_guard.hold_scope`,
		"a condition for another":     `UPDATE holdfast_guard.hold_scope SET condition = 'id = 4' WHERE scope_index = 1`,
		"a table for another":         `UPDATE holdfast_guard.hold_scope SET relid = 'public.other'::regclass, table_name = 'other'`,
		"everything":                  `TRUNCATE holdfast_guard.held_1, holdfast_guard.hold_scope, holdfast_guard.hold CASCADE`,
		"nothing, it was not noted":   `UPDATE holdfast_guard.hold SET content = NULL`,
		"an id, and it was not noted": `WITH x AS (UPDATE holdfast_guard.hold SET content = NULL) DELETE FROM holdfast_guard.held_1 WHERE k1 = 2`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(oldRows("r", 50, false)...)
			h.exec(`CREATE TABLE public.other (LIKE public.r INCLUDING ALL)`)
			h.mustPolicy(policyOn("r", 90))
			hold := holdOn("r", "1", "2", "3")
			hold.Scope = append(hold.Scope, retention.Scope{Table: hold.Scope[0].Table, Condition: "id BETWEEN 3 AND 5"})
			h.mustHold(hold)
			h.exec(`SET holdfast.forgetting = 'on'`, slip)
			run := h.mustRun(engine.RunRequest{})
			// Of an id that somebody added there nobody knows, and it stays.
			if left := h.count(`SELECT count(*) FROM public.r WHERE id BETWEEN 1 AND 5`); left != 5 || run.TotalHeld < 5 || run.TotalProcessed+run.TotalHeld != 50 {
				t.Errorf("%d of 5 held rows are left; the run processed %d and held %d: %v", left, run.TotalProcessed, run.TotalHeld, run.Policies[0].Errors)
			}
		})
	}
}

func TestASlipInTheGuardIsRefused(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 5, false)...)
	h.mustHold(holdOn("r", "1"))
	conn, err := pgx.Connect(t.Context(), h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.Background()) }()
	for _, slip := range []string{
		`DELETE FROM holdfast_guard.held_1`, `TRUNCATE holdfast_guard.held_1`, `DELETE FROM holdfast_guard.hold_scope WHERE scope_index = 0`,
		`TRUNCATE holdfast_guard.hold_scope`, `DELETE FROM holdfast_guard.hold`, `DELETE FROM holdfast_guard.held_set`,
	} {
		if _, err := conn.Exec(t.Context(), slip); err == nil || !strings.Contains(err.Error(), "release the hold instead") {
			t.Errorf("%s: %v, want that it is refused", slip, err)
		}
	}
}

func TestStoreAndGovernedDatabaseMayBeTwo(t *testing.T) {
	t.Parallel()
	build := func(_ context.Context, url string) error { migrateAll(t, url); return nil }
	storeURL, targetURL := pgtest.NewFrom(t, "engine", build), pgtest.NewFrom(t, "engine", build)
	h := newHouseApart(t, storeURL, targetURL)
	h.exec(oldRows("r", 500, true)...)
	h.mustPolicy(policyOn("r", 90))
	h.mustHold(holdOn("r", "1", "2"))
	run := h.mustRun(engine.RunRequest{})
	if run.TotalProcessed != 498 || run.TotalHeld != 2 {
		t.Errorf("processed %d and held %d, want 498 and 2", run.TotalProcessed, run.TotalHeld)
	}
	if err := h.engine.CarryJournal(context.Background()); err != nil {
		t.Fatal(err)
	}
	if n := pgtest.Value[int64](t, storeURL, `SELECT sum(processed)::bigint FROM holdfast.batch`); n != 498 {
		t.Errorf("the store has the evidence of %d rows, want 498", n)
	}
	if n := pgtest.Value[int64](t, storeURL, `SELECT count(*) FROM holdfast_guard.journal`); n != 0 {
		t.Errorf("%d journal rows in the store's own guard", n)
	}
}

func TestExpiryEndsAHoldOrWaitsForAPerson(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	ctx := context.Background()
	place := func(mode retention.OnExpiry, id string) retention.Hold {
		hold := holdOn("r", id)
		soon := time.Now().Add(time.Hour)
		hold.ExpiresAt, hold.OnExpiry = &soon, mode
		return h.mustHold(hold)
	}
	ends, waits := place(retention.OnExpiryRelease, "1"), place(retention.OnExpiryReview, "2")
	h.exec(`UPDATE holdfast.hold SET expires_at = now() - interval '1 second'`)
	for range 3 {
		if err := h.engine.SettleHolds(ctx); err != nil {
			t.Fatal(err)
		}
	}
	status := func(id string) retention.HoldStatus {
		got, err := h.engine.Hold(ctx, h.actor, id)
		if err != nil {
			t.Fatal(err)
		}
		return got.Status
	}
	if got := status(ends.ID); got != retention.HoldExpired {
		t.Errorf("the hold that ends at its expiry is %s", got)
	}
	if got := status(waits.ID); got != retention.HoldReviewDue {
		t.Errorf("the hold to be reviewed is %s", got)
	}
	h.mustPolicy(policyOn("r", 90))
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 1 || run.TotalProcessed != 9 {
		t.Errorf("held %d and processed %d, want 1 (review due is in force) and 9", run.TotalHeld, run.TotalProcessed)
	}
	if _, err := h.engine.ReleaseHold(ctx, h.actor, waits.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	if got := status(waits.ID); got != retention.HoldReleased {
		t.Errorf("the released hold is %s", got)
	}
	if _, err := h.engine.ReleaseHold(ctx, h.actor, waits.ID, "again"); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("releasing it again answered %v, want a conflict", err)
	}
}

func TestHoldThatTheStoreKnowsAsReleasedIsTakenOutOfTheGuardBeforeARun(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	h.mustPolicy(policyOn("r", 90))
	ended := h.mustHold(holdOn("r", "1"))
	kept := h.mustHold(holdOn("r", "2"))
	// As if the first had been put back in the guard while its release ended.
	h.exec(`UPDATE holdfast.hold SET status = 'released', released_at = now() WHERE id = '` + ended.ID + `'`)
	run := h.mustRun(engine.RunRequest{})
	if run.TotalProcessed != 9 || run.TotalHeld != 1 {
		t.Errorf("processed %d and held %d, want 9 and 1", run.TotalProcessed, run.TotalHeld)
	}
	if n := h.count(`SELECT count(*) FROM public.r WHERE id = 2`); n != 1 {
		t.Errorf("the row of hold %s is gone", kept.ID)
	}
}

// TestHoldOnWhatHasNoRowsOfItsOwnIsRefused: the rows of a view or of an inheritance
// parent are disposed of under another table's oid, so such a hold would say active and
// protect nothing.
func TestHoldOnWhatHasNoRowsOfItsOwnIsRefused(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 5, false)...)
	h.exec(`CREATE VIEW public.v AS SELECT * FROM public.r`, `CREATE MATERIALIZED VIEW public.m AS SELECT * FROM public.r`,
		`CREATE TABLE public.p (id bigint, at date) PARTITION BY RANGE (at)`, `CREATE TABLE public.p1 PARTITION OF public.p DEFAULT`,
		`CREATE TABLE public.parent (id bigint)`, `CREATE TABLE public.child () INHERITS (public.parent)`)
	for _, name := range []retention.TableName{public("v"), public("m"), public("parent"), {Schema: "holdfast", Name: "audit"}, {Schema: "pg_catalog", Name: "pg_class"}} {
		hold := retention.Hold{Matter: "Test v. Test", Reason: "a test", Scope: []retention.Scope{{Table: name, All: true}}}
		if placed, err := h.engine.PlaceHold(context.Background(), h.actor, hold); !errors.Is(err, retention.ErrInvalid) {
			t.Errorf("a hold on %s answered %q and %v, want a refusal", name, placed.Status, err)
		}
	}
	for _, name := range []string{"p", "p1", "child"} {
		hold := retention.Hold{Matter: "Test v. Test", Reason: "a test", Scope: []retention.Scope{{Table: public(name), All: true}}}
		h.mustHold(hold)
	}
}

// Rows were archived before the guard kept which table is whose archive, or the governed
// database was restored to before that: no run on the archive misses the holds.
func TestHoldsCoverWhatWasArchivedBeforeTheGuardKnewOfIt(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 20, true)...)
	archive := policyOn("r", 90)
	archive.Action = retention.ActionArchive
	h.mustPolicy(archive)
	h.mustRun(engine.RunRequest{})
	if n := h.count(`SELECT count(*) FROM public.r_archive`); n != 20 {
		t.Fatalf("%d rows are archived", n)
	}
	if _, err := h.engine.RetirePolicy(t.Context(), h.actor, "p_r", 1); err != nil {
		t.Fatal(err)
	}
	h.exec(`SET holdfast.forgetting = 'on'`, `DELETE FROM holdfast_guard.archive`)
	h.mustHold(holdOn("r", "3", "7"))
	old := policyOn("r_archive", 90)
	h.mustPolicy(old)
	run := h.mustRun(engine.RunRequest{})
	if got := run.Policies[0]; got.Processed != 18 || got.Held != 2 {
		t.Errorf("%d archived rows went and %d were held, want 18 and 2: %v", got.Processed, got.Held, got.Errors)
	}
	if n := h.count(`SELECT count(*) FROM public.r_archive WHERE id IN (3, 7)`); n != 2 {
		t.Errorf("%d of 2 held records are left in the archive", n)
	}
}

// One hold whose table is not what it was must not stop the runs on other tables, and what
// is put back must protect what it protected.
func TestAHoldIsPutBackWhateverBecameOfItsTable(t *testing.T) {
	t.Parallel()
	for what, c := range map[string]struct {
		key, id string
		change  []string
		// held is the table that has the held rows afterwards; empty if it is gone.
		held string
	}{
		"an id is lost after the table was replaced": {"bigint", "3", []string{`ALTER TABLE public.r RENAME TO r_old`, `CREATE TABLE public.r (LIKE public.r_old INCLUDING ALL)`, `DELETE FROM holdfast_guard.held_1 WHERE k1 = 3`}, "r_old"},
		"not noted, and renamed":                     {"bigint", "3", []string{`UPDATE holdfast_guard.hold SET content = NULL`, `ALTER TABLE public.r RENAME TO r_old`}, "r_old"},
		"not noted, and dropped":                     {"bigint", "3", []string{`UPDATE holdfast_guard.hold SET content = NULL`, `DROP TABLE public.r`}, ""},
		"not noted, and without its key":             {"bigint", "3", []string{`UPDATE holdfast_guard.hold SET content = NULL`, `ALTER TABLE public.r DROP CONSTRAINT r_pkey`}, "r"},
		"the typed copy is dropped":                  {"bigint", "3", []string{`DROP TABLE holdfast_guard.held_1`}, "r"},
		"a label of the key's enum is renamed":       {"public.e", "c", []string{`ALTER TYPE public.e RENAME VALUE 'c' TO 'z'`}, "r"},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(`CREATE TYPE public.e AS ENUM ('a', 'b', 'c', 'd')`, `CREATE TABLE public.r (id `+c.key+` PRIMARY KEY, name text, created_at timestamptz NOT NULL)`)
			if c.key == "bigint" {
				h.exec(`INSERT INTO public.r SELECT i, 'x', now() - interval '400 days' FROM generate_series(1, 20) AS i`)
			} else {
				h.exec(`INSERT INTO public.r SELECT v::public.e, 'x', now() - interval '400 days' FROM unnest('{a,b,c,d}'::text[]) AS v`)
			}
			h.exec(oldRows("s", 30, false)...)
			h.mustHold(holdOn("r", c.id))
			h.mustPolicy(policyOn("s", 90))
			h.exec(append([]string{`SET holdfast.forgetting = 'on'`}, c.change...)...)
			if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 30 {
				t.Errorf("of another table %d of 30 rows went: %v", run.TotalProcessed, run.Policies[0].Errors)
			}
			if c.held == "" {
				return
			}
			before := h.count(`SELECT count(*) FROM public.` + c.held)
			p := policyOn(c.held, 90)
			p.Name = "p_held"
			if _, err := h.engine.CreatePolicy(t.Context(), h.actor, p); err != nil {
				t.Logf("refused: %v", err)
				return
			}
			run := h.mustRun(engine.RunRequest{Policies: []string{"p_held"}})
			left := h.count(`SELECT count(*) FROM public.` + c.held)
			if left != 1 && left != before {
				t.Errorf("%d of %d rows are left, with one held: %v", left, before, run.Policies[0].Errors)
			}
		})
	}
}

// A hold that came into force under the former version of the guard's schema holds through
// the upgrade, and is under the same protection after it.
func TestAHoldOfTheFormerVersionHoldsThroughTheUpgrade(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 30, false)...)
	h.mustPolicy(policyOn("r", 90))
	h.mustHold(holdOn("r", "3", "7"))
	downs, err := filepath.Glob("../migrations/guard/*.down.sql")
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(downs)
	for _, file := range slices.Backward(downs[6:]) {
		down, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		h.exec(string(down))
	}
	h.exec(`UPDATE holdfast_guard.schema_migrations SET version = 6`)
	if err := target.Migrate(t.Context(), h.url); err != nil {
		t.Fatal(err)
	}
	run := h.mustRun(engine.RunRequest{})
	if run.TotalProcessed != 28 || run.TotalHeld != 2 {
		t.Fatalf("processed %d and held %d, want 28 and 2: %v", run.TotalProcessed, run.TotalHeld, run.Policies[0].Errors)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.hold WHERE content IS NULL`); n != 0 {
		t.Errorf("%d holds are not noted", n)
	}
	if n := h.count(`SELECT count(*) FROM pg_trigger WHERE tgname = 'refuse_loss' AND tgrelid = 'holdfast_guard.held_1'::regclass`); n != 1 {
		t.Error("the typed copy of before is not protected")
	}
	if n := pgtest.Value[int64](t, h.storeURL, `SELECT count(*) FROM holdfast.audit WHERE action = 'hold.restore'`); n != 0 {
		t.Errorf("%d rows of the audit say that a hold was lost, and none was", n)
	}
	// And once it is noted, a loss is made good.
	h.exec(`SET holdfast.forgetting = 'on'`, `DELETE FROM holdfast_guard.held_1`)
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 0 || run.TotalHeld != 2 {
		t.Errorf("after a loss: processed %d and held %d, want 0 and 2", run.TotalProcessed, run.TotalHeld)
	}
}
