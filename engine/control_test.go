package engine_test

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

// beside is a second process over the same databases.
func (h *house) beside() *house { return newHouseApart(h.t, h.storeURL, h.url) }

// request queues a run and answers it.
func (h *house) request(req engine.RunRequest) retention.Run {
	h.t.Helper()
	run, err := h.engine.RequestRun(context.Background(), h.actor, req)
	if err != nil {
		h.t.Fatalf("request run: %v", err)
	}
	return run
}

// work executes the run's present attempt in another goroutine; the channel answers
// what came of it.
func (h *house) work(ctx context.Context, id string) <-chan error {
	expect := h.getRun(id).Attempt
	done := make(chan error, 1)
	go func() { done <- h.engine.ExecuteRun(ctx, id, expect) }()
	return done
}

// quick is count over a connection that is open already. Only for a house whose
// databases are one.
func (h *house) quick(sql string) (n int64) {
	h.t.Helper()
	if err := h.store.Pool().QueryRow(context.Background(), sql).Scan(&n); err != nil {
		h.t.Fatal(err)
	}
	return n
}

// until waits for a count to be at least n, or for done.
func (h *house) until(sql string, n int64, done <-chan error) {
	h.t.Helper()
	pgtest.Await(h.t, fmt.Sprintf("%d from %s", n, sql), func() bool { return h.quick(sql) >= n || len(done) > 0 })
}

func ended(t *testing.T, what string, done <-chan error) {
	t.Helper()
	select {
	case err := <-done:
		if err != nil {
			t.Fatalf("%s: %v", what, err)
		}
	case <-time.After(2 * time.Minute):
		t.Fatalf("%s: the worker never ended", what)
	}
}

// countOf is a count of the journal of a run.
func journalOf(id string) string {
	return `SELECT count(*) FROM holdfast_guard.journal WHERE run_id = '` + id + `'`
}

func rowsIn(id string) string {
	return `SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal WHERE run_id = '` + id + `'`
}

// smallSteps makes a run that takes many batches.
func smallSteps(table string) retention.Policy {
	p := policyOn(table, 90)
	p.BatchSize = 5
	return p
}

// slowly asks for a run that rests between its batches.
var slowly = engine.RunRequest{Pace: retention.PaceDefault}

func TestWhenPausingReturnsNoBatchCommitsAnyMoreAndTheFiguresAreRight(t *testing.T) {
	for _, to := range []retention.RunStatus{retention.RunPaused, retention.RunCancelled} {
		t.Run(string(to), func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(oldRows("r", 4000, true)...)
			h.mustPolicy(smallSteps("r"))
			h.mustPolicy(func() retention.Policy { p := smallSteps("r"); p.Name = "z_after"; return p }())
			h.mustHold(holdOn("r", idRange(1, 4)...))
			run := h.request(slowly)
			other := h.beside()
			done := other.work(context.Background(), run.ID)
			h.until(journalOf(run.ID), 3, done)
			stop := h.engine.PauseRun
			if to == retention.RunCancelled {
				stop = h.engine.CancelRun
			}
			got, err := stop(context.Background(), h.actor, run.ID)
			if err != nil {
				t.Fatal(err)
			}
			batches, rows := h.count(journalOf(run.ID)), h.count(rowsIn(run.ID))
			left := h.count(`SELECT count(*) FROM public.r WHERE id > 0`)
			if got.Status != to || got.Settling || got.TotalProcessed != rows || got.Policies[0].Batches != batches || got.Policies[0].Cutoff == nil {
				t.Errorf("got %+v, want %s with %d rows in %d batches", got, to, rows, batches)
			}
			if rows == 0 || rows >= 3996 || left != 4000-rows {
				t.Errorf("%d rows are gone by the journal and %d by the table, of 3996: the run was not stopped under way", rows, 4000-left)
			}
			if got.Policies[0].Held != 4 || got.Policies[0].Status != to || got.Policies[1].Status != to {
				t.Errorf("policies: %+v", got.Policies)
			}
			ended(t, "the worker", done)
			if now := h.count(journalOf(run.ID)); now != batches {
				t.Errorf("%d batches were committed after the answer", now-batches)
			}
			if again := h.getRun(run.ID); cmp.Diff(got, again) != "" {
				t.Errorf("the run changed after the answer:\n%s", cmp.Diff(got, again))
			}
		})
	}
}

// TestARunPausedAtRandomMomentsEndsAsIfItHadNotBeen compares the end state with
// that of a run that nobody touched.
func TestARunPausedAtRandomMomentsEndsAsIfItHadNotBeen(t *testing.T) {
	for i, index := range []bool{true, false} {
		for j, action := range retention.Actions() {
			if pgtest.ForLong(i, j) {
				continue
			}
			t.Run(fmt.Sprintf("%s/index %v", action, index), func(t *testing.T) {
				t.Parallel()
				calm, paused := runPausing(t, action, index, false), runPausing(t, action, index, true)
				if diff := cmp.Diff(calm, paused); diff != "" {
					t.Errorf("the end state differs (-undisturbed +paused):\n%s", diff)
				}
			})
		}
	}
}

func runPausing(t *testing.T, action retention.Action, index, pause bool) []string {
	h := freshHouse(t)
	h.exec(oldRows("r", 400, index)...)
	h.exec(`UPDATE public.r SET created_at = '2020-02-02' WHERE id BETWEEN 150 AND 300`)
	// Many blocks, for a walk by blocks of many steps.
	h.exec(`ALTER TABLE public.r SET (fillfactor = 10)`, `VACUUM FULL public.r`)
	p := policyOn("r", 90)
	p.Action, p.BatchSize = action, 16
	if action == retention.ActionAnonymize {
		p.Columns = map[string]retention.Anonymizer{"name": {Method: retention.MethodHash}}
	}
	h.mustPolicy(p)
	h.mustHold(holdOn("r", idRange(50, 90)...))
	pace := slowly
	if !pause {
		pace.Pace = retention.PaceMax // the end is the same, and sooner there
	}
	run := h.request(pace)
	ctx := context.Background()
	worker := h.beside()
	pauses := 0
	for !h.getRun(run.ID).Status.Ended() {
		done := worker.work(ctx, run.ID)
		if pause {
			h.until(journalOf(run.ID), h.quick(journalOf(run.ID))+rand.Int64N(12), done)
			switch _, err := h.engine.PauseRun(ctx, h.actor, run.ID); {
			case err == nil:
				pauses++
				if _, err := h.engine.ResumeRun(ctx, h.actor, run.ID); err != nil {
					t.Fatal(err)
				}
			case !errors.Is(err, retention.ErrConflict): // it had ended
				t.Fatal(err)
			}
		}
		ended(t, "a worker", done)
	}
	got := h.getRun(run.ID)
	if pause && pauses < 2 {
		t.Errorf("paused %d times, which shows little", pauses)
	}
	if sum := h.count(rowsIn(run.ID)); got.Status != retention.RunSucceeded || got.TotalProcessed != sum || got.TotalHeld != 41 {
		t.Errorf("%s with %d processed and %d held, want succeeded with %d and 41", got.Status, got.TotalProcessed, got.TotalHeld, sum)
	}
	return []string{
		h.checksumOf(`SELECT id, name FROM public.r`),
		h.checksumOf(`SELECT processed, held, blocked, skipped, done FROM holdfast_guard.progress`),
		h.checksumOf(`SELECT sum(processed), sum(held), sum(length(digests)) FROM holdfast_guard.journal`),
	}
}

// deaf is a governed database that whoever stops the run cannot reach; for workers
// it answers.
type deaf struct {
	*target.Target
}

func (deaf) Beat(context.Context, string, int) error { return retention.ErrUnavailable }

func TestAStopThatCannotReachTheGovernedDatabaseIsMadeGood(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 3000, true)...)
	h.mustPolicy(smallSteps("r"))
	run, waits := h.request(slowly), h.request(engine.RunRequest{})
	ctx := context.Background()
	done := h.beside().work(ctx, run.ID)
	h.until(journalOf(run.ID), 2, done)
	cut := engine.New(h.store, deaf{h.target}, engine.Options{})
	got, err := cut.CancelRun(ctx, h.actor, run.ID)
	if err != nil || !got.Settling || got.Status != retention.RunCancelled {
		t.Fatalf("cancelled as %s, settling %v, %v; want it said that the figures are to come", got.Status, got.Settling, err)
	}
	// The worker, whom nobody fenced, learns it from the store.
	ended(t, "the worker", done)
	if err := h.engine.ExecuteRun(ctx, waits.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := h.getRun(waits.ID); got.Status != retention.RunQueued || !strings.Contains(got.Waiting, "cancelled") {
		t.Errorf("the next run is %s (%q) before the cancelled one is settled", got.Status, got.Waiting)
	}
	if err := cut.SettleRuns(ctx); !errors.Is(err, retention.ErrUnavailable) {
		t.Errorf("settling without the governed database answered %v", err)
	}
	for range 2 { // whoever comes first, and another process
		if err := h.engine.SettleRuns(ctx); err != nil {
			t.Fatal(err)
		}
	}
	rows := h.count(rowsIn(run.ID))
	if got = h.getRun(run.ID); got.Settling || got.TotalProcessed != rows || rows == 0 || rows == 3000 {
		t.Errorf("settled %v with %d of %d rows", !got.Settling, got.TotalProcessed, rows)
	}
	if err := h.engine.ExecuteRun(ctx, waits.ID, 0); err != nil {
		t.Fatal(err)
	}
	if got := h.getRun(waits.ID); got.Status != retention.RunSucceeded || got.TotalProcessed != 3000-rows {
		t.Errorf("the next run is %s with %d processed, want succeeded with %d", got.Status, got.TotalProcessed, 3000-rows)
	}
}

// dead is a store that the worker cannot reach any more once it has begun.
type dead struct {
	*store.Store
	begun func() bool
}

func (s dead) CheckAttempt(ctx context.Context, id string, attempt int) error {
	if s.begun() {
		return retention.ErrUnavailable
	}
	return s.Store.CheckAttempt(ctx, id, attempt)
}

func (s dead) SaveResult(ctx context.Context, id string, attempt int, res retention.PolicyResult) error {
	if s.begun() {
		return retention.ErrUnavailable
	}
	return s.Store.SaveResult(ctx, id, attempt, res)
}

func (s dead) SetRunWaiting(ctx context.Context, id string, attempt int, why string) error {
	if s.begun() {
		return retention.ErrUnavailable
	}
	return s.Store.SetRunWaiting(ctx, id, attempt, why)
}

func TestAWorkerThatHasLostTheStoreIsStoppedByTheFence(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 3000, true)...)
	h.mustPolicy(smallSteps("r"))
	run := h.request(slowly)
	ctx := context.Background()
	worker := h.beside()
	worker.engine = engine.New(dead{worker.store, func() bool { return h.quick(journalOf(run.ID)) > 1 }}, worker.target, engine.Options{Pace: retention.PaceMax})
	done := worker.work(ctx, run.ID)
	h.until(journalOf(run.ID), 2, done)
	got, err := h.engine.PauseRun(ctx, h.actor, run.ID)
	if err != nil || got.Settling {
		t.Fatalf("paused, settling %v: %v", got.Settling, err)
	}
	batches := h.count(journalOf(run.ID))
	ended(t, "the worker", done)
	if now := h.count(journalOf(run.ID)); now != batches || batches > 500 {
		t.Errorf("%d batches when pausing returned, %d at the worker's end", batches, now)
	}
}

// TestALongSimulationEndsWithItsCancellation: nothing but the heartbeat tells a
// worker that waits for one statement.
func TestALongSimulationEndsWithItsCancellation(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	h.mustPolicy(policyOn("r", 90))
	run := h.request(engine.RunRequest{DryRun: true})
	ctx := context.Background()
	begun := make(chan struct{})
	worker := h.beside()
	worker.engine = engine.New(worker.store, endless{worker.target, begun}, engine.Options{})
	done := worker.work(ctx, run.ID)
	<-begun
	got, err := h.engine.CancelRun(ctx, h.actor, run.ID)
	if err != nil || got.Settling || got.Status != retention.RunCancelled {
		t.Fatalf("cancelled as %s, settling %v: %v", got.Status, got.Settling, err)
	}
	ended(t, "the simulation", done)
	if got := h.getRun(run.ID); got.Status != retention.RunCancelled || got.TotalErrors != 0 {
		t.Errorf("the run is %s with %d errors", got.Status, got.TotalErrors)
	}
}

// endless is a governed database whose simulations take as long as they may.
type endless struct {
	*target.Target
	begun chan struct{}
}

func (e endless) Simulate(ctx context.Context, _ retention.Policy, _ *time.Time, _ ...retention.Policy) (retention.Simulation, error) {
	close(e.begun)
	<-ctx.Done()
	return retention.Simulation{}, ctx.Err()
}

func TestAServiceThatStopsHandsARunOnAndNotAPausedOne(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 3000, true)...)
	h.mustPolicy(smallSteps("r"))
	run := h.request(slowly)
	ctx, stop := context.WithCancel(context.Background())
	done := h.beside().work(ctx, run.ID)
	h.until(journalOf(run.ID), 1, done)
	stop()
	if err := <-done; !errors.Is(err, engine.ErrHandedOn) {
		t.Fatalf("a worker asked to stop answered %v, want that the run is handed on", err)
	}
	if got := h.getRun(run.ID); got.Status != retention.RunRunning {
		t.Errorf("the handed-on run is %s", got.Status)
	}
	ctx, stop = context.WithCancel(context.Background())
	done = h.beside().work(ctx, run.ID)
	h.until(journalOf(run.ID), h.count(journalOf(run.ID))+1, done)
	if _, err := h.engine.PauseRun(context.Background(), h.actor, run.ID); err != nil {
		t.Fatal(err)
	}
	stop()
	if err := <-done; err != nil && !errors.Is(err, engine.ErrHandedOn) {
		t.Fatal(err)
	}
	for range 2 {
		if err := h.engine.TakeOver(context.Background()); err != nil {
			t.Fatal(err)
		}
	}
	if got := h.getRun(run.ID); got.Status != retention.RunPaused {
		t.Errorf("the paused run is %s after its worker was stopped", got.Status)
	}
	if n := h.count(`SELECT count(*) FROM holdfast.river_job WHERE args->>'run_id' = '` + run.ID + `' AND (args->>'attempt')::int > 2`); n != 0 {
		t.Errorf("%d jobs were queued for a paused run", n)
	}
}
