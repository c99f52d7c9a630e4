package engine_test

import (
	"context"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/engine"
	"holdfast/retention"
)

// ledger is a Meter that remembers, by policy.
type ledger struct {
	mu       sync.Mutex
	Counts   map[string]retention.Counts
	Batches  map[string]int64
	Policies map[string]int
	Runs     map[retention.RunStatus]int
}

func newLedger() *ledger {
	return &ledger{Counts: map[string]retention.Counts{}, Batches: map[string]int64{}, Policies: map[string]int{}, Runs: map[retention.RunStatus]int{}}
}

func (l *ledger) Committed(policy string, _ retention.Action, batches int64, c retention.Counts) {
	defer l.mu.Unlock()
	l.mu.Lock()
	sum := l.Counts[policy]
	sum.Add(c)
	l.Counts[policy] = sum
	l.Batches[policy] += batches
}

func (l *ledger) PolicyEnded(policy string, _ retention.RunStatus, _ time.Duration) {
	defer l.mu.Unlock()
	l.mu.Lock()
	l.Policies[policy]++
}

func (l *ledger) RunEnded(status retention.RunStatus) {
	defer l.mu.Unlock()
	l.mu.Lock()
	l.Runs[status]++
}

func (l *ledger) Delivered(string, string, int) {}

// faulty is a governed database with a fault: step stands in for a batch's answer.
type faulty struct {
	engine.Target
	step func(n int, do func() (retention.StepResult, error)) (retention.StepResult, error)
	n    int
}

func (f *faulty) Open(ctx context.Context, spec retention.Spec) (retention.Disposition, error) {
	d, err := f.Target.Open(ctx, spec)
	if err != nil {
		return nil, err
	}
	return &faultyDisposition{Disposition: d, f: f}, nil
}

type faultyDisposition struct {
	retention.Disposition
	f *faulty
}

func (d *faultyDisposition) Step(ctx context.Context) (retention.StepResult, error) {
	d.f.n++
	return d.f.step(d.f.n, func() (retention.StepResult, error) { return d.Disposition.Step(ctx) })
}

// process is a second engine over a house's databases, with a ledger of its own.
func (h *house) process(step func(n int, do func() (retention.StepResult, error)) (retention.StepResult, error)) (*engine.Engine, *ledger) {
	l := newLedger()
	var target engine.Target = h.target
	if step != nil {
		target = &faulty{Target: h.target, step: step}
	}
	return engine.New(h.store, target, engine.Options{Pace: retention.PaceMax, Meter: l}), l
}

// heldHouse has 3,000 due rows, every tenth of them held, and a policy that takes a block
// at a time.
func heldHouse(t *testing.T) *house {
	t.Helper()
	h := freshHouse(t)
	h.exec(oldRows("r", 3000, false)...)
	p := policyOn("r", 90)
	p.BatchSize = 20
	h.mustPolicy(p)
	var ids []string
	for i := 10; i <= 3000; i += 10 {
		ids = append(ids, fmt.Sprint(i))
	}
	h.mustHold(holdOn("r", ids...))
	return h
}

// execute works on a run and tells how that ended.
func (h *house) execute(e *engine.Engine, run retention.Run, attempt int) {
	h.t.Helper()
	if err := e.ExecuteRun(h.t.Context(), run.ID, attempt); err != nil {
		h.t.Fatal(err)
	}
}

// wantLedger compares what processes have counted with what the journal has.
func (h *house) wantLedger(what string, ledgers ...*ledger) {
	h.t.Helper()
	var got retention.Counts
	var batches int64
	for _, l := range ledgers {
		got.Add(l.Counts["p_r"])
		batches += l.Batches["p_r"]
	}
	want := retention.Counts{Processed: 2700, Held: 300}
	if diff := cmp.Diff(want, got); diff != "" {
		h.t.Errorf("%s: counted (-want +got):\n%s", what, diff)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.journal`); batches != n {
		h.t.Errorf("%s: counted %d batches, the journal has %d", what, batches, n)
	}
}

func TestCountersCountWhatWasCommittedAndADryRunCountsNowhere(t *testing.T) {
	t.Parallel()
	h := heldHouse(t)
	e, l := h.process(nil)
	h.execute(e, h.request(engine.RunRequest{DryRun: true}), 0)
	if diff := cmp.Diff(newLedger().Counts, l.Counts); diff != "" || len(l.Runs) != 0 || len(l.Policies) != 0 {
		t.Errorf("a dry run was counted: %+v", l)
	}
	h.execute(e, h.request(engine.RunRequest{}), 0)
	h.wantLedger("one run", l)
	if l.Policies["p_r"] != 1 || l.Runs[retention.RunSucceeded] != 1 {
		t.Errorf("ended: policies %v, runs %v; want one each", l.Policies, l.Runs)
	}
}

func TestACommitWhoseAnswerWasLostIsCountedOnce(t *testing.T) {
	t.Parallel()
	h := heldHouse(t)
	lost := 0
	e, l := h.process(func(n int, do func() (retention.StepResult, error)) (retention.StepResult, error) {
		step, err := do()
		// Of every second batch, and of the last one.
		if err == nil && (n%2 == 0 || step.Done && lost < 20) {
			lost++
			return retention.StepResult{}, retention.ErrUnavailable
		}
		return step, err
	})
	h.execute(e, h.request(engine.RunRequest{}), 0)
	h.wantLedger("answers were lost", l)
	if lost < 5 {
		t.Errorf("%d answers were lost; the test means to lose more", lost)
	}
}

func TestHeldIsCountedOncePerRunThoughTheWalkStartsAgain(t *testing.T) {
	t.Parallel()
	h := heldHouse(t)
	restarts := 0
	e, l := h.process(func(n int, do func() (retention.StepResult, error)) (retention.StepResult, error) {
		if n == 4 || n == 7 {
			// Other blocks: the walk begins again and meets the held rows again.
			h.exec(`VACUUM FULL public.r`)
			restarts++
		}
		return do()
	})
	h.execute(e, h.request(engine.RunRequest{}), 0)
	h.wantLedger("the walk started again", l)
	if restarts != 2 {
		t.Errorf("the walk started again %d times, want 2", restarts)
	}
}

func TestATakeOverCountsOnFromWhatItFound(t *testing.T) {
	t.Parallel()
	h := heldHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	first, a := h.process(func(n int, do func() (retention.StepResult, error)) (retention.StepResult, error) {
		if n == 5 {
			stop()
		}
		return do()
	})
	run := h.request(engine.RunRequest{})
	if err := first.ExecuteRun(ctx, run.ID, 0); err == nil {
		t.Fatal("the first process was not stopped")
	}
	// The second one meets what the first one left once more, and counts it once.
	h.exec(`VACUUM FULL public.r`)
	second, b := h.process(nil)
	h.execute(second, run, 1)
	h.wantLedger("taken over", a, b)
	if a.Counts["p_r"].Processed == 0 || b.Counts["p_r"].Processed == 0 {
		t.Errorf("counted %+v and %+v; both were to do something", a.Counts, b.Counts)
	}
	if a.Runs[retention.RunSucceeded]+b.Runs[retention.RunSucceeded] != 1 || a.Policies["p_r"]+b.Policies["p_r"] != 1 {
		t.Errorf("ended: %v %v and %v %v; want one run and one policy in all", a.Runs, a.Policies, b.Runs, b.Policies)
	}
}

// A worker that was thought dead comes back when its successor has finished. It must
// not count what the other one did; the one batch whose answer it never got is
// counted by nobody.
func TestAFencedWorkerCountsNothingOfItsSuccessors(t *testing.T) {
	t.Parallel()
	h := heldHouse(t)
	second, b := h.process(nil)
	run := h.request(engine.RunRequest{})
	first, a := h.process(func(n int, do func() (retention.StepResult, error)) (retention.StepResult, error) {
		step, err := do()
		if n == 4 {
			h.execute(second, run, 1)
			return retention.StepResult{}, retention.ErrUnavailable
		}
		return step, err
	})
	h.execute(first, run, 0)
	got := a.Counts["p_r"]
	got.Add(b.Counts["p_r"])
	batch := h.count(`SELECT processed FROM holdfast_guard.journal WHERE seq = 4`)
	if got.Processed != 2700-batch {
		t.Errorf("both have counted %d rows; want 2700 less the %d of the batch without an answer", got.Processed, batch)
	}
	if a.Runs[retention.RunSucceeded] != 0 || b.Runs[retention.RunSucceeded] != 1 {
		t.Errorf("runs ended: %v and %v; want the second one's alone", a.Runs, b.Runs)
	}
}

// Whoever cancels a run ends it; what was committed before is its worker's.
func TestACancelledRunIsCountedByWhoCancelsItAndItsBatchesByTheirWorker(t *testing.T) {
	t.Parallel()
	h := heldHouse(t)
	second, b := h.process(nil)
	run := h.request(engine.RunRequest{})
	first, a := h.process(func(n int, do func() (retention.StepResult, error)) (retention.StepResult, error) {
		step, err := do()
		if n == 4 {
			if _, err := second.CancelRun(t.Context(), h.actor, run.ID); err != nil {
				t.Error(err)
			}
		}
		return step, err
	})
	h.execute(first, run, 0)
	if got, want := a.Counts["p_r"].Processed, h.count(`SELECT sum(processed)::bigint FROM holdfast_guard.journal`); got != want || got == 0 || got == 2700 {
		t.Errorf("counted %d rows, the journal has %d of 2700", got, want)
	}
	if len(a.Runs) != 0 || len(b.Counts) != 0 || b.Runs[retention.RunCancelled] != 1 {
		t.Errorf("runs ended: %v and %v, the other counted %v; want one cancelled by the other, which did nothing", a.Runs, b.Runs, b.Counts)
	}
	if _, err := second.CancelRun(t.Context(), h.actor, run.ID); err == nil || b.Runs[retention.RunCancelled] != 1 {
		t.Errorf("cancelled again: %v, counted %v", err, b.Runs)
	}
}
