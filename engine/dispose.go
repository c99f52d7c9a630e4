package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/retention"
)

// disposal is one policy of a run in the hands of this worker.
type disposal struct {
	e    *Engine
	run  *retention.Run
	res  *retention.PolicyResult
	spec retention.Spec
	d    retention.Disposition

	busy, moved, away int
	// since is when the step in hand was first tried in vain.
	since  time.Time
	saved  time.Time
	tally  tally
	brakes brakes
}

// dispose carries out one policy, batch by batch, from wherever its progress
// stands. Locks, time-outs and lost connections are waited out; the walk itself
// makes sure that nothing is done twice.
func (e *Engine) dispose(ctx context.Context, r *retention.Run, res *retention.PolicyResult, p retention.Policy, asOf time.Time) error {
	w := &disposal{e: e, run: r, res: res, spec: retention.Spec{RunID: r.ID, Attempt: r.Attempt, Policy: p, AsOf: asOf, Pace: r.Pace, SinceLast: r.Trigger == retention.TriggerSchedule && e.inTime(ctx, p)}}
	switch {
	case res.Belt != nil:
		limit := res.Belt.Limit()
		w.spec.Limit = &limit
	case p.Limited():
		return errors.New("its ceiling was never judged, so nothing was done under it; ask for a run again")
	}
	defer w.close()
	for {
		done, err := w.next(ctx)
		w.takeProgress()
		if done || err != nil {
			return err
		}
	}
}

// next carries out one batch and what follows from its outcome.
func (w *disposal) next(ctx context.Context) (done bool, err error) {
	if ctx.Err() != nil {
		return false, ctx.Err()
	}
	if w.d == nil {
		switch err := w.open(ctx); {
		case errors.Is(err, retention.ErrBusy):
			return false, w.retry(ctx, err)
		case err != nil:
			return false, err
		}
	}
	// A batch is never cut short by a stopping service: it is a transaction of a
	// fraction of a second, bounded by its own time-outs.
	step, err := w.d.Step(context.WithoutCancel(ctx))
	if err != nil {
		w.tally.unsure = true
		return false, w.recover(ctx, err)
	}
	w.moves(ctx)
	if err := w.count(ctx, step.Done); err != nil {
		return false, w.recover(ctx, err)
	}
	if step.Done {
		w.sayThrottled(ctx, "")
		return true, nil
	}
	if err := w.save(ctx); err != nil {
		return false, err
	}
	return false, w.rest(ctx, step)
}

func (w *disposal) open(ctx context.Context) error {
	return w.e.untilReachable(ctx, w.run, func() error {
		d, err := w.e.target.Open(ctx, w.spec)
		if err == nil {
			w.d = d
			w.tally.begin(d.Progress())
		}
		return err
	})
}

// recover decides what a failed batch means: nothing of it is in the database, so
// most failures are met by trying again from the committed progress.
func (w *disposal) recover(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, retention.ErrUnavailable):
		w.close()
		// Where the database can be reached each time and no batch is possible, waiting for it
		// would never end.
		if w.away++; w.away > maxBusy {
			// A failure of the policy alone: wrapped it would be the run's, which others take over
			// and give up as well, so that no policy after this one ever had its turn.
			return fmt.Errorf("given up after %d connections on which no batch was possible: %s", w.away, err) //nolint:errorlint // see above
		}
		if err := w.e.wait(ctx, min(time.Duration(w.away-1)*50*time.Millisecond, 2*time.Second)); err != nil {
			return err
		}
		// After each reconnect the holds in force are compared again: the server that
		// answers may have been restored to before one of them.
		return w.e.untilReachable(ctx, w.run, func() error { return w.e.verifyGuard(ctx) })
	case errors.Is(err, retention.ErrMoved):
		w.moved++
		if w.moved > maxMoved {
			return fmt.Errorf("the table or the holds changed %d times in a row: %w", w.moved, err)
		}
		return nil
	case errors.Is(err, retention.ErrRowRefused):
		return ctx.Err()
	case errors.Is(err, retention.ErrTooSlow):
		return w.retry(ctx, err)
	case errors.Is(err, retention.ErrBusy):
		return w.retry(ctx, err)
	}
	return err
}

func (w *disposal) retry(ctx context.Context, err error) error {
	w.busy++
	w.sayRetry(ctx, err)
	if w.busy > maxBusy {
		return fmt.Errorf("given up after %d tries: %w", w.busy, err)
	}
	return w.e.wait(ctx, min(time.Duration(w.busy)*50*time.Millisecond, 2*time.Second))
}

// takeProgress copies what is committed into the result.
func (w *disposal) takeProgress() {
	if w.d != nil {
		takeProgress(w.res, w.d.Progress())
	}
}

func takeProgress(res *retention.PolicyResult, p retention.Progress) {
	res.Counts = p.Counts
	if !p.Cutoff.IsZero() {
		res.Cutoff = &p.Cutoff
	}
	for _, e := range p.Errors {
		if !slices.Contains(res.Errors, e) {
			res.Errors = append(res.Errors, e)
		}
	}
	res.Refused = p.Refused
	res.NullTimestamps, res.InfiniteTimestamps, res.Batches = p.NullTimestamps, p.InfiniteTimestamps, p.Batches
	if res.DueEstimate == 0 {
		res.DueEstimate = p.DueEstimate
	}
}

// save shows a live run's figures, about once a second. A store that is away does
// not stop the work: the evidence is in the governed database.
func (w *disposal) save(ctx context.Context) error {
	if now := time.Now(); now.Sub(w.saved) >= saveEvery {
		w.saved = now
		w.takeProgress()
		err := w.e.saveResult(ctx, w.run, w.res)
		if err != nil && !errors.Is(err, retention.ErrUnavailable) {
			return err
		}
	}
	return nil
}

func (w *disposal) close() {
	if w.d != nil {
		w.d.Close()
		w.d = nil
	}
}

// keepBeating shows every beatEvery that the run's worker lives, also while a
// batch waits or the database is away for a moment. The context that it answers ends
// with ErrFenced as its cause as soon as the run is no longer this worker's, so that
// a long simulation, or a wait, ends too. stop stops it and waits.
func (e *Engine) keepBeating(ctx context.Context, r *retention.Run) (attempt context.Context, stop func()) {
	attempt, fence := context.WithCancelCause(ctx)
	done := make(chan struct{})
	go func() {
		defer close(done)
		for e.wait(attempt, beatEvery) == nil {
			err := e.stillOurs(attempt, r)
			if errors.Is(err, retention.ErrFenced) {
				fence(err)
				return
			}
			if err != nil && attempt.Err() == nil {
				e.log.WarnContext(ctx, "heartbeat failed", "run", r.ID, "error", err)
			}
		}
	}()
	return attempt, func() { fence(nil); <-done }
}

// TakeOver queues the runs that nobody works on: queued ones whose job was lost,
// and running ones whose worker gives no sign of life. The fence stops a worker
// that was only thought dead. Every process calls it every few seconds.
func (e *Engine) TakeOver(ctx context.Context) error {
	open, err := e.store.OpenRuns(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range open {
		errs = append(errs, e.takeOver(ctx, r))
	}
	return errors.Join(errs...)
}

// missIfLate ends a run of a schedule that waited for its turn beyond its slot's grace,
// when that is over and not only when its turn comes.
func (e *Engine) missIfLate(ctx context.Context, r retention.Run) (bool, error) {
	if r.StartBy == nil || r.StartedAt != nil {
		return false, nil
	}
	now, err := e.store.Now(ctx)
	if err != nil || !now.After(*r.StartBy) {
		return false, err
	}
	r, missed, err := e.store.MissRun(ctx, r.ID)
	if missed {
		e.runEnded(&r, r.Status)
		e.log.WarnContext(ctx, "schedule missed a slot", "schedule", r.Schedule, "run", r.ID, "reason", fmt.Sprintf("%q", r.Policies[0].Errors))
	}
	return missed, err
}

func (e *Engine) takeOver(ctx context.Context, r retention.Run) error {
	switch r.Status {
	case retention.RunQueued:
		if missed, err := e.missIfLate(ctx, r); missed || err != nil {
			return err
		}
		_, err := e.store.RequeueRun(ctx, r.ID, r.Attempt, 2*staleAfter)
		return err
	case retention.RunRunning:
	default:
		return nil
	}
	age, ok, err := e.target.Heartbeat(ctx, r.ID)
	if err != nil {
		return err
	}
	if ok && age < staleAfter {
		return nil
	}
	queued, err := e.store.RequeueRun(ctx, r.ID, r.Attempt, max(requeueGap, staleAfter))
	if queued {
		e.log.WarnContext(ctx, "run is taken over", "run", r.ID, "attempt", r.Attempt, "silent_for", age)
	}
	return err
}

// inTime tells whether the last measurement of an anonymizing policy found nothing overdue: a
// row that was edited after it was treated is, and has the next run look at all of them.
func (e *Engine) inTime(ctx context.Context, p retention.Policy) bool {
	if p.Action != retention.ActionAnonymize {
		return false
	}
	all, err := e.store.PolicyStatuses(ctx)
	st := all[p.Name]
	return err == nil && st.Problem == "" && (st.OldestDue == nil || st.Cutoff.Sub(*st.OldestDue) <= graceOf(p.GracePeriod()))
}
