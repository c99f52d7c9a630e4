package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"holdfast/retention"
)

// settleWait bounds how long a person who pauses or cancels waits for the batch in
// hand and its figures; after it the settling duty goes on.
const settleWait = 5 * time.Second

// PauseRun stops a queued or running run after its batch in hand; what is committed
// stays, and ResumeRun goes on from there. The run keeps its policies: others on
// them wait. Unless the answer is Settling, no batch of the run can commit any more
// and its figures are what is committed. Any other state is ErrConflict.
func (e *Engine) PauseRun(ctx context.Context, actor retention.Actor, id string) (retention.Run, error) {
	return e.stopRun(ctx, id, retention.RunPaused, retention.By{Actor: actor, Action: "run.pause"})
}

// CancelRun ends a run that has not ended after its batch in hand; what is committed
// stays, nothing is undone. The answer is as PauseRun's.
func (e *Engine) CancelRun(ctx context.Context, actor retention.Actor, id string) (retention.Run, error) {
	return e.stopRun(ctx, id, retention.RunCancelled, retention.By{Actor: actor, Action: "run.cancel"})
}

// stopRun stops a run by the fence that take-over has: first its attempt in the
// store moves on, so that its worker can save nothing and claims nothing; then the
// fence in the governed database does, so that it can commit nothing.
func (e *Engine) stopRun(ctx context.Context, id string, to retention.RunStatus, by retention.By) (retention.Run, error) {
	if err := e.authorise(by.Actor, OpRunWrite); err != nil {
		return retention.Run{}, err
	}
	r, err := e.store.StopRun(ctx, id, to, by)
	if err != nil {
		return r, err
	}
	if to.Ended() {
		e.runEnded(&r, to)
	}
	if !r.Settling {
		return r, nil
	}
	// The run is stopped now, also if whoever asked goes away.
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), settleWait)
	defer cancel()
	settled, err := e.settleRun(ctx, r)
	if err != nil {
		e.log.WarnContext(ctx, "a stopped run is to be settled later", "run", id, "error", err)
		return r, nil
	}
	return settled, nil
}

// ResumeRun queues a paused run again; it goes on from what is committed. Any other
// state is ErrConflict.
func (e *Engine) ResumeRun(ctx context.Context, actor retention.Actor, id string) (retention.Run, error) {
	if err := e.authorise(actor, OpRunWrite); err != nil {
		return retention.Run{}, err
	}
	return e.store.ResumeRun(ctx, id, retention.By{Actor: actor, Action: "run.resume"})
}

// SettleRuns settles the stopped runs that could not be when they were stopped: the
// governed database was away, or the process that stopped them died. Every process
// calls it every few seconds.
func (e *Engine) SettleRuns(ctx context.Context) error {
	runs, err := e.store.SettlingRuns(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, r := range runs {
		if _, err := e.settleRun(ctx, r); err != nil {
			errs = append(errs, fmt.Errorf("settle run %s: %w", r.ID, err))
		}
	}
	return errors.Join(errs...)
}

// settleRun fences every worker of a stopped run and takes its figures. The fence waits
// for the batch in flight; after it none can commit, so what is read then is final.
func (e *Engine) settleRun(ctx context.Context, r retention.Run) (retention.Run, error) {
	err := e.target.Beat(ctx, r.ID, r.Attempt)
	if errors.Is(err, retention.ErrFenced) {
		return e.store.Run(ctx, r.ID) // resumed meanwhile, and taken up
	}
	if err != nil {
		return r, err
	}
	committed, err := e.target.RunProgress(ctx, r.ID)
	if err != nil {
		return r, err
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return r, err
	}
	for i := range r.Policies {
		if p, ok := committed[r.Policies[i].Policy]; ok {
			settleResult(&r.Policies[i], r.Status, p, now)
		}
	}
	return e.store.SettleRun(ctx, r)
}

// settleResult takes over what is committed under a policy that was stopped with its
// run. One whose walk had reached its end is done, whatever became of the run.
func settleResult(res *retention.PolicyResult, stopped retention.RunStatus, p retention.Progress, now time.Time) {
	if res.Status != stopped {
		return
	}
	takeProgress(res, p)
	if p.Done {
		res.Status = retention.RunSucceeded
		if res.FinishedAt == nil {
			res.FinishedAt = &now
		}
	}
}

// stillOurs answers ErrFenced if the attempt is no longer the run's latest. It asks
// both databases: the fence may not be up yet where the governed one could not be
// reached by whoever stopped the run. A store that is away stops nobody.
func (e *Engine) stillOurs(ctx context.Context, r *retention.Run) error {
	err := e.store.CheckAttempt(ctx, r.ID, r.Attempt)
	if errors.Is(err, retention.ErrConflict) {
		return fmt.Errorf("%w: %w", retention.ErrFenced, err)
	}
	return errors.Join(err, e.target.Beat(ctx, r.ID, r.Attempt))
}

// saveResult keeps one policy's figures, or answers ErrFenced if the run is no
// longer this worker's.
func (e *Engine) saveResult(ctx context.Context, r *retention.Run, res *retention.PolicyResult) error {
	err := e.store.SaveResult(ctx, r.ID, r.Attempt, *res)
	if errors.Is(err, retention.ErrConflict) {
		return fmt.Errorf("%w: %w", retention.ErrFenced, err)
	}
	return err
}
