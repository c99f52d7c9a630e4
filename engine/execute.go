package engine

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"time"

	"holdfast/retention"
)

func itoa(i int) string { return strconv.Itoa(i) }

const (
	// beatEvery is how often a worker shows that it lives; a batch counts as one too.
	beatEvery = 2 * time.Second
	// staleAfter is the age of the last sign of life from which a run is taken over:
	// several missed beats, well under the 15 s that a take-over may take.
	staleAfter = 8 * time.Second
	// requeueGap keeps several processes from queueing the same take-over.
	requeueGap = 5 * time.Second
	// maxBusy bounds the tries at one step that meets nothing but locks on the whole
	// table; with the pauses between them some two minutes.
	maxBusy = 60
	// maxMoved bounds re-plans in a row without a batch in between.
	maxMoved = 100
	// saveEvery is how often a live run's figures reach the store.
	saveEvery = time.Second
)

// ErrHandedOn tells that the worker was asked to stop: the batch in hand is
// finished and the run is queued for another worker.
var ErrHandedOn = errors.New("run handed on")

// ExecuteRun works on a run until it ends, or is paused, cancelled or taken over.
// expect is the run's attempt when the job was queued; a run that has moved on is
// left alone. When ctx ends the batch
// in hand is finished, the run is queued again and the answer is ErrHandedOn.
func (e *Engine) ExecuteRun(ctx context.Context, id string, expect int) error {
	r, ok, err := e.store.ClaimRun(ctx, id, expect)
	if err != nil || !ok {
		return err
	}
	err = e.work(ctx, &r)
	switch {
	case errors.Is(err, retention.ErrFenced), errors.Is(err, retention.ErrConflict):
		e.log.WarnContext(ctx, "run was paused, cancelled or taken over", "run", id, "attempt", r.Attempt)
		return nil
	case err != nil && ctx.Err() != nil:
		return e.handOn(ctx, r)
	}
	return err
}

// handOn queues the run for whoever comes next.
func (e *Engine) handOn(ctx context.Context, r retention.Run) error {
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	if _, err := e.store.RequeueRun(ctx, r.ID, r.Attempt, 0); err != nil {
		return fmt.Errorf("hand run %s on: %w", r.ID, err)
	}
	return ErrHandedOn
}

// work carries the run's policies out one after the other and ends it.
func (e *Engine) work(ctx context.Context, r *retention.Run) error {
	if err := e.untilReachable(ctx, r, func() error { return e.target.Beat(ctx, r.ID, r.Attempt) }); err != nil {
		return err
	}
	attempt, stop := e.keepBeating(ctx, r)
	defer stop()
	err := e.workOut(attempt, r)
	// Whatever ended by the fence says only that its context ended. The service's own
	// stopping ends ctx, and has no such cause.
	if cause := context.Cause(attempt); err != nil && errors.Is(cause, retention.ErrFenced) {
		return cause
	}
	return err
}

// workOut is work while ctx says that the run is this worker's.
func (e *Engine) workOut(ctx context.Context, r *retention.Run) error {
	if err := e.untilReachable(ctx, r, func() error { return e.verifyGuard(ctx) }); err != nil {
		if ctx.Err() == nil && !errors.Is(err, retention.ErrConflict) {
			e.sayWaiting(ctx, r, "waits until the holds in force are compared with the governed database's: "+err.Error())
		}
		return e.failRun(ctx, r, err)
	}
	asOf, err := e.fixAsOf(ctx, r)
	if err != nil {
		return err
	}
	order, err := e.orderOf(ctx, r)
	if err != nil {
		return err
	}
	if stopped, err := e.judgeCeilings(ctx, r, order, asOf); stopped || err != nil {
		return err
	}
	for at, i := range order {
		res := &r.Policies[i]
		if res.Status.Ended() {
			continue
		}
		if err := e.workPolicy(ctx, r, res, order[:at], asOf); err != nil {
			return err
		}
		if err := e.untilReachable(ctx, r, func() error { return e.saveResult(ctx, r, res) }); err != nil {
			return err
		}
		e.policyEnded(r, res)
	}
	return e.finish(ctx, r, overallStatus(r.Policies))
}

// orderOf is the order in which a run's policies are carried out: those of tables that
// refer to others first, since what still refers to a row blocks it.
func (e *Engine) orderOf(ctx context.Context, r *retention.Run) (order []int, err error) {
	tables := make([]retention.TableName, len(r.Policies))
	for i, res := range r.Policies {
		tables[i] = res.Table
	}
	err = e.untilReachable(ctx, r, func() error {
		order, err = e.target.ReferringFirst(ctx, tables)
		return err
	})
	return order, err
}

// failRun ends a run none of whose policies may be started.
func (e *Engine) failRun(ctx context.Context, r *retention.Run, cause error) error {
	if ctx.Err() != nil || !errors.Is(cause, retention.ErrConflict) {
		return cause
	}
	for i := range r.Policies {
		res := &r.Policies[i]
		if res.Status.Ended() {
			continue
		}
		now, err := e.store.Now(ctx)
		if err != nil {
			return err
		}
		res.Status, res.Errors, res.FinishedAt = retention.RunFailed, []string{cause.Error()}, &now
		if err := e.saveResult(ctx, r, res); err != nil {
			return err
		}
	}
	return e.finish(ctx, r, overallStatus(r.Policies))
}

func (e *Engine) finish(ctx context.Context, r *retention.Run, status retention.RunStatus) error {
	err := e.untilReachable(ctx, r, func() error {
		_, err := e.store.FinishRun(ctx, r.ID, r.Attempt, status)
		return err
	})
	if err == nil {
		e.runEnded(r, status)
	}
	return err
}

func overallStatus(results []retention.PolicyResult) retention.RunStatus {
	failed := 0
	for _, res := range results {
		if res.Status == retention.RunFailed {
			failed++
		}
	}
	switch {
	case failed == 0:
		return retention.RunSucceeded
	case failed == len(results):
		return retention.RunFailed
	}
	return retention.RunPartial
}

// fixAsOf answers the instant of the run's cutoffs: asked for, or taken once from
// the governed database and kept.
func (e *Engine) fixAsOf(ctx context.Context, r *retention.Run) (time.Time, error) {
	if r.AsOf != nil {
		return *r.AsOf, nil
	}
	var asOf time.Time
	err := e.untilReachable(ctx, r, func() error {
		now, err := e.target.Now(ctx)
		if err != nil {
			return err
		}
		asOf, err = e.store.SetRunAsOf(ctx, r.ID, now)
		return err
	})
	r.AsOf = &asOf
	return asOf, err
}

// workPolicy carries one policy out; before are the places of those whose turn was before
// its, in the order of their turns. Only what concerns the whole run is answered
// as an error; a policy's own failure stands in its result.
func (e *Engine) workPolicy(ctx context.Context, r *retention.Run, res *retention.PolicyResult, before []int, asOf time.Time) error {
	p, err := e.policyForRun(ctx, r, res)
	switch {
	case errors.Is(err, retention.ErrConflict): // not wanted any more, or fenced: see below
	case err != nil:
		return err
	default:
		err = e.untilReachable(ctx, r, func() (err error) {
			p, err = e.ranked(ctx, p)
			return err
		})
	}
	switch {
	case err != nil:
	case r.DryRun:
		err = e.simulateInto(ctx, r, res, p, before, asOf)
	default:
		err = e.dispose(ctx, r, res, p, asOf)
	}
	if runConcern(ctx, err) {
		return err
	}
	res.Status = retention.RunSucceeded
	if err != nil {
		e.log.ErrorContext(ctx, "policy failed", "run", r.ID, "policy", p.Name, "error", err)
		res.Status, res.Errors = retention.RunFailed, append(res.Errors, err.Error())
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	res.FinishedAt = &now
	res.DurationSeconds = now.Sub(*res.StartedAt).Seconds() - res.PausedSeconds
	return nil
}

// runConcern tells an error of the whole run from one policy's.
func runConcern(ctx context.Context, err error) bool {
	return err != nil && (ctx.Err() != nil || errors.Is(err, retention.ErrFenced) || errors.Is(err, retention.ErrUnavailable))
}

// policyForRun reads the version that the run was asked for and notes the start. A policy
// that is not wanted any more is an ErrConflict; then the start is kept with the failure
// alone, so that whoever takes the run over in between asks again.
func (e *Engine) policyForRun(ctx context.Context, r *retention.Run, res *retention.PolicyResult) (retention.Policy, error) {
	var p retention.Policy
	err := e.untilReachable(ctx, r, func() error {
		var err error
		if p, err = e.store.PolicyVersion(ctx, res.Policy, res.Version); err != nil {
			return err
		}
		now, err := e.store.Now(ctx)
		if err != nil {
			return err
		}
		begins := res.StartedAt == nil
		if begins && !r.DryRun {
			if err := e.stillWanted(ctx, p); err != nil {
				if errors.Is(err, retention.ErrConflict) {
					res.StartedAt = &now
				}
				return err
			}
		}
		if begins {
			res.StartedAt = &now
		}
		res.Status = retention.RunRunning
		return e.saveResult(ctx, r, res)
	})
	return p, err
}

// stillWanted refuses to begin with a policy that was retired, disabled or replaced by
// another rule while the run waited for its turn: whoever did so has been told that it
// runs no more. What is under way goes on; it can be paused and cancelled.
func (e *Engine) stillWanted(ctx context.Context, asked retention.Policy) error {
	if asked.RetentionPeriod.ShorterThan(e.minRetention) {
		return retention.Conflictf("nothing was done under it: %s", e.belowFloor(asked))
	}
	now, err := e.store.Policy(ctx, asked.Name)
	const asksAgain = "nothing was done under it; ask for a run again if it is still wanted"
	switch {
	case err != nil:
		return err
	case now.RetiredAt != nil:
		return retention.Conflictf("the policy was retired after this run was asked for; %s", asksAgain)
	case !now.Enabled:
		return retention.Conflictf("the policy was disabled after this run was asked for; %s", asksAgain)
	case !now.SameRule(asked):
		return retention.Conflictf("version %d was replaced by version %d after this run was asked for; %s", asked.Version, now.Version, asksAgain)
	}
	return nil
}

func (e *Engine) simulateInto(ctx context.Context, r *retention.Run, res *retention.PolicyResult, p retention.Policy, turns []int, asOf time.Time) error {
	before, err := e.simulatedBefore(ctx, r, turns)
	if err != nil {
		return err
	}
	return e.untilReachable(ctx, r, func() error {
		s, err := e.target.Simulate(ctx, p, &asOf, before...)
		if err != nil {
			return err
		}
		res.Cutoff = &s.Cutoff
		res.Counts = retention.Counts{Processed: s.WouldProcess, Held: s.Held, Blocked: s.Blocked, BlockedBy: s.BlockedBy, Effects: s.Effects}
		res.NullTimestamps, res.InfiniteTimestamps = s.NullTimestamps, s.InfiniteTimestamps
		res.Belt = s.Belt
		return e.keepSimulation(ctx, s, r.RequestedBy)
	})
}

// simulatedBefore are the policies of a dry run that were simulated before this one:
// what they would remove is gone when this one's turn comes. They are in the order of their
// turns, since what each would remove depends on those before it.
func (e *Engine) simulatedBefore(ctx context.Context, r *retention.Run, turns []int) (before []retention.Policy, err error) {
	for _, i := range turns {
		other := r.Policies[i]
		if other.Status != retention.RunSucceeded {
			continue
		}
		err := e.untilReachable(ctx, r, func() error {
			p, err := e.store.PolicyVersion(ctx, other.Policy, other.Version)
			if err != nil {
				return err
			}
			if p, err = e.ranked(ctx, p); err == nil {
				before = append(before, p)
			}
			return err
		})
		if err != nil {
			return nil, err
		}
	}
	return before, nil
}

// untilReachable repeats what cannot reach a database until it can, or ctx ends,
// and shows on the run why it waits.
func (e *Engine) untilReachable(ctx context.Context, r *retention.Run, do func() error) error {
	pause := 200 * time.Millisecond
	for {
		err := do()
		if !errors.Is(err, retention.ErrUnavailable) {
			if r.Waiting != "" && err == nil {
				r.Waiting = ""
				return e.store.SetRunWaiting(ctx, r.ID, r.Attempt, "")
			}
			return err
		}
		e.sayWaiting(ctx, r, "waiting for the database: "+err.Error())
		if err := e.wait(ctx, pause); err != nil {
			return err
		}
		pause = min(2*pause, 5*time.Second)
	}
}

// sayWaiting is best effort: the store may be what is away.
func (e *Engine) sayWaiting(ctx context.Context, r *retention.Run, why string) {
	if r.Waiting == why {
		return
	}
	r.Waiting = why
	if err := e.store.SetRunWaiting(ctx, r.ID, r.Attempt, why); err != nil {
		e.log.WarnContext(ctx, "run waits", "run", r.ID, "why", why)
	}
}
