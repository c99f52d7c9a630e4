package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/retention"
)

// atMost is a policy whose runs dispose of no more rows without approval.
func atMost(table string, rows int64) retention.Policy {
	p := smallSteps(table)
	p.MaxRows = &rows
	return p
}

func (h *house) approve(id, policy string, rows int64) (retention.Run, error) {
	h.t.Helper()
	return h.engine.ApproveRun(context.Background(), h.actor, id, []retention.Approval{{Policy: policy, WouldProcess: rows}})
}

// carriedOut executes the run's present attempt and answers what became of it.
func (h *house) carriedOut(id string) retention.Run {
	h.t.Helper()
	if err := h.engine.ExecuteRun(context.Background(), id, h.getRun(id).Attempt); err != nil {
		h.t.Fatalf("execute run: %v", err)
	}
	return h.getRun(id)
}

func TestARunAboveACeilingStopsBeforeItsFirstRowAndGoesOnWithExactlyWhatIsApproved(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("a", 20, true)...)
	h.exec(oldRows("r", 50, true)...)
	h.mustPolicy(smallSteps("a"))
	h.mustPolicy(atMost("r", 47))
	h.mustHold(holdOn("r", "1", "2"))
	run := h.mustRun(engine.RunRequest{})
	asked := resultOf(t, run, "p_r")
	if run.Status != retention.RunNeedsApproval || asked.Status != retention.RunNeedsApproval || asked.Belt == nil || asked.Belt.WouldProcess != 48 || asked.Belt.Ceiling != 47 {
		t.Fatalf("48 of at most 47 rows: the run is %s, its policy %+v", run.Status, asked)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.journal`); n != 0 || h.count(`SELECT count(*) FROM public.a WHERE id > 0`) != 20 {
		t.Fatalf("%d batches were committed before anybody approved", n)
	}

	if _, err := h.approve(run.ID, "p_r", 47); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "48 rows under p_r, not of 47") {
		t.Errorf("other figures are approved: %v", err)
	}
	if _, err := h.approve(run.ID, "p_a", 20); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("a policy that asks for nothing is approved: %v", err)
	}
	if _, err := h.approve(run.ID, "", 0); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("no policy is approved: %v", err)
	}
	if got := h.getRun(run.ID); got.Status != retention.RunNeedsApproval {
		t.Fatalf("refused approvals left the run %s", got.Status)
	}

	if _, err := h.approve(run.ID, "p_r", 48); err != nil {
		t.Fatal(err)
	}
	got := h.carriedOut(run.ID)
	if got.Status != retention.RunSucceeded || got.TotalProcessed != 68 || got.TotalHeld != 2 || got.ApprovedBy != h.actor.Name || got.ApprovedAt == nil {
		t.Errorf("the approved run became %+v", got)
	}
	if _, err := h.approve(run.ID, "p_r", 48); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "is succeeded") {
		t.Errorf("a run that has ended is approved: %v", err)
	}
	entries, _, err := h.engine.Audit(context.Background(), h.actor, retention.AuditFilter{Object: "run/" + run.ID}, retention.Page{})
	if err != nil {
		t.Fatal(err)
	}
	var actions []string
	for _, e := range entries {
		actions = append(actions, e.Action)
	}
	if list := strings.Join(actions, " "); !strings.HasPrefix(list, "run.approve run.await_approval run.request") {
		t.Errorf("the audit has %s", list)
	}
}

func resultOf(t *testing.T, r retention.Run, policy string) retention.PolicyResult {
	t.Helper()
	for _, res := range r.Policies {
		if res.Policy == policy {
			return res
		}
	}
	t.Fatalf("the run has no policy %s", policy)
	return retention.PolicyResult{}
}

// TestWhatBecameDueAfterItWasApprovedIsAskedForAgain: whoever approved has seen other
// figures.
func TestWhatBecameDueAfterItWasApprovedIsAskedForAgain(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 50, true)...)
	h.mustPolicy(atMost("r", 10))
	run := h.mustRun(engine.RunRequest{})
	h.exec(`INSERT INTO public.r VALUES (1000, 'late', now() - interval '1000 days')`)
	if _, err := h.approve(run.ID, "p_r", 50); err != nil {
		t.Fatal(err)
	}
	got := h.carriedOut(run.ID)
	if b := got.Policies[0].Belt; got.Status != retention.RunNeedsApproval || b.WouldProcess != 51 || b.Approved == nil || *b.Approved != 50 {
		t.Fatalf("51 rows of which 50 are approved: %s, %+v", got.Status, b)
	}
	h.exec(`UPDATE public.r SET created_at = now() WHERE id < 10`)
	if _, err := h.approve(run.ID, "p_r", 51); err != nil {
		t.Fatal(err)
	}
	if got := h.carriedOut(run.ID); got.Status != retention.RunSucceeded || got.TotalProcessed != 42 {
		t.Errorf("fewer than were approved: %s with %d", got.Status, got.TotalProcessed)
	}
}

// TestARunNeverGoesBeyondItsCeilingWhateverBecomesDueMeanwhile: an application that
// sets timestamps back must not have more removed than was approved.
func TestARunNeverGoesBeyondItsCeilingWhateverBecomesDueMeanwhile(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 200, true)...)
	h.mustPolicy(atMost("r", 200))
	run := h.request(slowly)
	done := h.work(context.Background(), run.ID)
	h.until(journalOf(run.ID), 3, done)
	h.exec(`UPDATE public.r SET created_at = now() - interval '200 days' + id * interval '1 second' WHERE id < -400`)
	ended(t, "the worker", done)
	got := h.getRun(run.ID)
	if why := strings.Join(got.Policies[0].Errors, ""); got.Status != retention.RunFailed || got.TotalProcessed > 200 || got.TotalProcessed < 195 || !strings.Contains(why, "of 200 rows that are allowed") {
		t.Errorf("at most 200 rows: %s with %d, %q", got.Status, got.TotalProcessed, got.Policies[0].Errors)
	}
	if sum := h.quick(rowsIn(run.ID)); sum != got.TotalProcessed {
		t.Errorf("the run says %d rows, its journal %d", got.TotalProcessed, sum)
	}
}

func TestARunThatNeedsApprovalKeepsItsPoliciesUntilItIsCancelled(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 50, true)...)
	p := h.mustPolicy(atMost("r", 10))
	first := h.mustRun(engine.RunRequest{})
	second := h.mustRun(engine.RunRequest{})
	if second.Status != retention.RunQueued || !strings.Contains(second.Waiting, first.ID+", which needs approval and keeps p_r too") {
		t.Errorf("the second run is %s and says %q", second.Status, second.Waiting)
	}
	if _, err := h.engine.PauseRun(t.Context(), h.actor, first.ID); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("pausing what waits for a person: %v", err)
	}
	if r, err := h.engine.CancelRun(t.Context(), h.actor, first.ID); err != nil || r.Status != retention.RunCancelled || r.Settling || r.Policies[0].Status != retention.RunCancelled {
		t.Errorf("cancelled: %+v, %v", r, err)
	}
	// Its ceiling raised, nobody has to be asked.
	n := int64(50)
	p.MaxRows = &n
	h.mustReplace(p)
	if got := h.mustRun(engine.RunRequest{Policies: []string{"p_r"}}); got.Status != retention.RunQueued {
		t.Errorf("the third run overtook the second: %s", got.Status)
	}
	if got := h.carriedOut(second.ID); got.Status != retention.RunFailed || !strings.Contains(got.Policies[0].Errors[0], "version 1 was replaced by version 2") {
		t.Errorf("a run of the replaced version is %s: %q", got.Status, got.Policies[0].Errors)
	}
}

func TestAShareIsOfTheWholeTableAndASimulationSaysWhatARunWouldAsk(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 29, false)...)
	h.exec(`INSERT INTO public.r SELECT -i, 'fresh', now() FROM generate_series(1, 71) AS i`)
	p := smallSteps("r")
	share := 0.29
	p.MaxShare = &share
	h.mustPolicy(p)
	s, err := h.engine.Simulate(t.Context(), h.actor, "p_r", nil)
	if err != nil || s.Belt.Above() || s.Belt.Ceiling != 29 || *s.Belt.TableRows != 100 || s.Belt.Estimated {
		t.Fatalf("29 of 100 rows at 0.29: %+v, %v", s.Belt, err)
	}
	h.exec(`DELETE FROM public.r WHERE id = -1`)
	dry := h.mustRun(engine.RunRequest{DryRun: true})
	if b := dry.Policies[0].Belt; dry.Status != retention.RunSucceeded || !b.Above() || b.Ceiling != 28 {
		t.Errorf("29 of 99 rows at 0.29 in a dry run: %s, %+v", dry.Status, b)
	}
	if got := h.mustRun(engine.RunRequest{}); got.Status != retention.RunNeedsApproval {
		t.Errorf("29 of 99 rows at 0.29: %s", got.Status)
	}
}

// TestAShareOfALargeTableIsOfTheEstimate by the server's own statistics, once there are
// any.
func TestAShareOfALargeTableIsOfTheEstimate(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz NOT NULL)`,
		`ALTER TABLE public.r ALTER COLUMN name SET STORAGE PLAIN`,
		`INSERT INTO public.r SELECT i, repeat('x', 7000), now() FROM generate_series(1, 17000) AS i`,
		// What is told after the ANALYZE below would count as changes since.
		`SELECT pg_stat_force_next_flush()`)
	p := smallSteps("r")
	share := 0.5
	p.MaxShare = &share
	h.mustPolicy(p)
	s, err := h.engine.Simulate(t.Context(), h.actor, "p_r", nil)
	if err != nil || s.Belt.Estimated || *s.Belt.TableRows != 17000 {
		t.Fatalf("never analyzed: %+v, %v", s.Belt, err)
	}
	// VACUUM and ANALYZE reach the statistics of others a moment later.
	h.exec(`ANALYZE public.r`, `SELECT pg_stat_force_next_flush()`)
	s, err = h.engine.Simulate(t.Context(), h.actor, "p_r", nil)
	if err != nil || !s.Belt.Estimated || *s.Belt.TableRows < 16500 || *s.Belt.TableRows > 17500 {
		t.Errorf("analyzed: %d rows (estimated: %t), want about 17000; %v", *s.Belt.TableRows, s.Belt.Estimated, err)
	}
	// After a purge the estimate is of pages that are mostly empty.
	h.exec(`DELETE FROM public.r WHERE id > 1000`, `SELECT pg_stat_force_next_flush()`)
	s, err = h.engine.Simulate(t.Context(), h.actor, "p_r", nil)
	if err != nil || s.Belt.Estimated || *s.Belt.TableRows != 1000 {
		t.Errorf("after a purge: %d rows (estimated: %t), want 1000 counted; %v", *s.Belt.TableRows, s.Belt.Estimated, err)
	}
}

// TestACeilingThatCannotBeJudgedFailsItsPolicyAlone: it protects from nothing then.
func TestACeilingThatCannotBeJudgedFailsItsPolicyAlone(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("a", 20, true)...)
	h.exec(oldRows("r", 50, true)...)
	h.mustPolicy(smallSteps("a"))
	h.mustPolicy(atMost("r", 1000))
	h.exec(`ALTER TABLE public.r RENAME COLUMN created_at TO made_at`)
	run := h.mustRun(engine.RunRequest{})
	res := resultOf(t, run, "p_r")
	if run.Status != retention.RunPartial || res.Status != retention.RunFailed || !strings.Contains(strings.Join(res.Errors, "\n"), "its ceiling could not be judged, so nothing was done under it") {
		t.Errorf("the run is %s, the policy %s: %q", run.Status, res.Status, res.Errors)
	}
	if n := resultOf(t, run, "p_a").Processed; n != 20 {
		t.Errorf("the other policy disposed of %d rows, want 20", n)
	}
}

// TestWhatFailedWhenItWasJudgedIsNotAskedForAgain: a run would need approval with nothing
// to approve.
func TestWhatFailedWhenItWasJudgedIsNotAskedForAgain(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("a", 20, true)...)
	h.exec(oldRows("r", 50, true)...)
	h.mustPolicy(atMost("a", 5))
	h.mustPolicy(atMost("r", 10))
	h.exec(`ALTER TABLE public.r RENAME COLUMN created_at TO made_at`)
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunNeedsApproval || resultOf(t, run, "p_r").Status != retention.RunFailed {
		t.Fatalf("the run is %s, p_r %s", run.Status, resultOf(t, run, "p_r").Status)
	}
	h.exec(`ALTER TABLE public.r RENAME COLUMN made_at TO created_at`)
	if _, err := h.approve(run.ID, "p_a", 20); err != nil {
		t.Fatal(err)
	}
	got := h.carriedOut(run.ID)
	if got.Status != retention.RunPartial || got.TotalProcessed != 20 || resultOf(t, got, "p_r").Status != retention.RunFailed {
		t.Errorf("the approved run is %s with %d rows, p_r %s", got.Status, got.TotalProcessed, resultOf(t, got, "p_r").Status)
	}
}

// TestAPolicyThatCannotBeJudgedTakesNoOtherAlong: its condition fails for a row, and what
// it would take matters to the ceiling of the table that its rows refer to.
func TestAPolicyThatCannotBeJudgedTakesNoOtherAlong(t *testing.T) {
	t.Parallel()
	for _, limited := range []bool{false, true} {
		h := freshHouse(t)
		h.exec(`CREATE TABLE public.orders (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`,
			`CREATE TABLE public.lines (id bigint PRIMARY KEY, order_id bigint REFERENCES public.orders, n text, created_at timestamptz NOT NULL)`,
			`CREATE INDEX ON public.lines (order_id)`,
			`INSERT INTO public.orders SELECT i, now() - interval '400 days' FROM generate_series(1, 3) AS i`,
			`INSERT INTO public.lines VALUES (1, 1, '1', now() - interval '400 days'), (2, 2, 'x', now() - interval '400 days')`)
		lines, orders := policyOn("lines", 90), atMost("orders", 10)
		lines.Condition = "n::int = 1"
		if limited {
			lines.MaxRows = orders.MaxRows
		}
		h.mustPolicy(lines)
		h.mustPolicy(orders)
		run := h.mustRun(engine.RunRequest{})
		// Without a ceiling of its own it leaves the row alone; how many it would take cannot be told.
		status, gone := retention.RunSucceeded, int64(2)
		if limited {
			status, gone = retention.RunFailed, 1
		}
		if a, b := resultOf(t, run, "p_lines"), resultOf(t, run, "p_orders"); a.Status != status || b.Status != retention.RunSucceeded || b.Processed != gone || b.Blocked != 3-gone {
			t.Errorf("limited %t: the one whose condition fails is %s, the other %s with %d rows: %q %q", limited, a.Status, b.Status, b.Processed, a.Errors, b.Errors)
		}
	}
}

func TestAnApprovalOfAPolicyThatWasReplacedIsRefused(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 50, true)...)
	p := h.mustPolicy(atMost("r", 10))
	run := h.mustRun(engine.RunRequest{})
	p.LegalBasis = "another one"
	h.mustReplace(p)
	if _, err := h.approve(run.ID, "p_r", 50); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "version 1 was replaced by version 2") {
		t.Errorf("approved all the same: %v", err)
	}
}

// TestRowsThatAnEarlierPolicyTakesAreNotCountedTwice: the ceiling is of what the policy
// itself would dispose of when its turn comes.
func TestRowsThatAnEarlierPolicyTakesAreNotCountedTwice(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 50, true)...)
	h.mustPolicy(func() retention.Policy { p := smallSteps("r"); p.Name, p.Condition = "a_first", "id <= 45"; return p }())
	h.mustPolicy(atMost("r", 5))
	if run := h.mustRun(engine.RunRequest{}); run.Status != retention.RunSucceeded || run.TotalProcessed != 50 {
		t.Errorf("45 rows go before, and 5 are allowed: %s with %d", run.Status, run.TotalProcessed)
	}
}

func (h *house) strict(o engine.Options) *engine.Engine {
	o.Pace = retention.PaceMax
	return engine.New(h.store, h.target, o)
}

func TestAVersionThatWasNeverSimulatedDoesNotRunWhereThatIsAskedFor(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 5, true)...)
	h.engine = h.strict(engine.Options{RequireSimulation: true})
	p := h.mustPolicy(smallSteps("r"))
	refused := func(version string) {
		t.Helper()
		_, err := h.engine.RequestRun(t.Context(), h.actor, engine.RunRequest{})
		if !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), version+" of p_r") {
			t.Errorf("want a conflict that names %s, got %v", version, err)
		}
	}
	refused("version 1")
	long := time.Now().Add(-48 * time.Hour)
	if _, err := h.engine.Simulate(t.Context(), h.actor, "p_r", &long); err != nil {
		t.Fatal(err)
	}
	refused("version 1") // what would have been is not what will be
	if run := h.mustRun(engine.RunRequest{DryRun: true}); run.TotalProcessed != 5 {
		t.Fatalf("the dry run counts %d rows", run.TotalProcessed)
	}
	kept, err := h.engine.LastSimulation(t.Context(), h.actor, "p_r", 1)
	if err != nil || kept.By != h.actor.Name || kept.WouldProcess != 5 || kept.At.IsZero() {
		t.Errorf("kept: %+v, %v", kept, err)
	}
	p.LegalBasis = "another one"
	h.mustReplace(p)
	refused("version 2")
	if _, err := h.engine.Simulate(t.Context(), h.actor, "p_r", nil); err != nil {
		t.Fatal(err)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 5 {
		t.Errorf("simulated, it disposed of %d rows", run.TotalProcessed)
	}
	if _, err := h.engine.LastSimulation(t.Context(), h.actor, "p_r", 7); !errors.Is(err, retention.ErrNotFound) {
		t.Errorf("a version that is none: %v", err)
	}
}

func TestTheFloorUnderRetentionPeriodsHoldsAtTheSaveAndAtTheRun(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 5, true)...)
	p := smallSteps("r")
	p.RetentionPeriod = retention.Period{Hours: 23}
	h.mustPolicy(p) // no floor yet
	h.engine = h.strict(engine.Options{MinRetention: retention.Period{Days: 1}})
	p.Name = "another"
	_, err := h.engine.CreatePolicy(t.Context(), h.actor, p)
	if inv, ok := errors.AsType[*retention.InvalidError](err); !ok || inv.Fields[0].Field != "retention_period" || !strings.Contains(err.Error(), "23 hours is shorter than 1 day") {
		t.Errorf("below the floor: %v", err)
	}
	p.RetentionPeriod = retention.Period{Hours: 24}
	h.mustPolicy(p)
	run := h.mustRun(engine.RunRequest{Policies: []string{"p_r"}})
	if run.Status != retention.RunFailed || run.TotalProcessed != 0 || !strings.Contains(run.Policies[0].Errors[0], "shorter than 1 day") {
		t.Errorf("a policy from before the floor: %s, %q", run.Status, run.Policies[0].Errors)
	}
}
