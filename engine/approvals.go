package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/retention"
)

// ApproveRun lets a run go on that stopped before its first row, because it would dispose
// of more than its policies' ceilings allow. The approvals must have exactly the figures
// that the run asks for: a person approves what was seen, and nothing else.
func (e *Engine) ApproveRun(ctx context.Context, actor retention.Actor, id string, approvals []retention.Approval) (retention.Run, error) {
	if err := e.authorise(actor, OpRunWrite); err != nil {
		return retention.Run{}, err
	}
	if len(approvals) == 0 {
		return retention.Run{}, retention.Invalid("policies", "is required: each policy above its ceiling with the rows that are approved, as the run has them under belt.would_process")
	}
	for i, a := range approvals {
		same := func(o retention.Approval) bool { return o.Policy == a.Policy }
		if slices.IndexFunc(approvals, same) != i {
			return retention.Run{}, retention.Invalid("policies["+itoa(i)+"].policy", "policy %q is named twice", a.Policy)
		}
	}
	r, err := e.store.Run(ctx, id)
	if err != nil {
		return r, err
	}
	if err := e.stillToApprove(ctx, r); err != nil {
		return r, err
	}
	return e.store.ApproveRun(ctx, id, approvals, retention.By{Actor: actor, Action: "run.approve"})
}

// stillToApprove refuses to approve what would fail at once, since its policy has been
// replaced, disabled or retired meanwhile.
func (e *Engine) stillToApprove(ctx context.Context, r retention.Run) error {
	for _, res := range r.Policies {
		if res.Status != retention.RunNeedsApproval {
			continue
		}
		p, err := e.store.PolicyVersion(ctx, res.Policy, res.Version)
		if err != nil {
			return err
		}
		if err := e.stillWanted(ctx, p); err != nil {
			return fmt.Errorf("policy %s: %w", res.Policy, err)
		}
	}
	return nil
}

// judgeCeilings counts what the run would dispose of under each policy that has a
// ceiling, before its first row. stopped: the run waits for a person now. A run that has
// begun was judged before; what it may dispose of at most stands in its results.
func (e *Engine) judgeCeilings(ctx context.Context, r *retention.Run, order []int, asOf time.Time) (stopped bool, err error) {
	if r.DryRun || slices.ContainsFunc(r.Policies, func(res retention.PolicyResult) bool { return res.StartedAt != nil }) {
		return false, nil
	}
	var before []retention.Policy
	above := false
	for _, i := range order {
		res := &r.Policies[i]
		if res.Status.Ended() {
			continue // it failed when it was judged, and is done with
		}
		var p retention.Policy
		wanted := true
		err := e.untilReachable(ctx, r, func() (err error) {
			if p, err = e.store.PolicyVersion(ctx, res.Policy, res.Version); err != nil {
				return err
			}
			switch err = e.stillWanted(ctx, p); {
			case errors.Is(err, retention.ErrConflict):
				wanted = false // its turn says why
				return nil
			case err != nil:
				return err
			}
			p, err = e.ranked(ctx, p)
			return err
		})
		if err != nil {
			return false, err
		}
		if !wanted {
			continue
		}
		if p.Limited() {
			if err := e.judgeCeiling(ctx, r, res, p, before, asOf); err != nil {
				return false, err
			}
		}
		if res.Status.Ended() {
			continue // what it would have taken stays, and counts for those after it
		}
		above = above || res.Belt.Above()
		before = append(before, p)
	}
	if !above {
		return false, nil
	}
	return true, e.awaitApproval(ctx, r)
}

// judgeCeiling counts what is due under one policy. Where that fails, nothing is done
// under it: a ceiling that cannot be judged protects from nothing.
func (e *Engine) judgeCeiling(ctx context.Context, r *retention.Run, res *retention.PolicyResult, p retention.Policy, before []retention.Policy, asOf time.Time) error {
	e.sayWaiting(ctx, r, "counts what is due under "+p.Name+", which has a ceiling")
	var s retention.Simulation
	err := e.untilReachable(ctx, r, func() (err error) {
		s, err = e.target.Simulate(ctx, p, &asOf, before...)
		if err != nil && len(before) > 0 && !runConcern(ctx, err) {
			// It may be another policy that cannot be judged. Without it more is counted,
			// never less.
			s, err = e.target.Simulate(ctx, p, &asOf)
		}
		return err
	})
	if runConcern(ctx, err) {
		return err
	}
	if err == nil {
		approved := res.Belt
		res.Belt = s.Belt
		if approved != nil {
			res.Belt.Approved = approved.Approved
		}
	} else {
		now, nowErr := e.store.Now(ctx)
		if nowErr != nil {
			return nowErr
		}
		e.log.ErrorContext(ctx, "policy failed", "run", r.ID, "policy", p.Name, "error", err)
		// It never began: whoever takes the run over judges the others still.
		res.Status, res.FinishedAt = retention.RunFailed, &now
		res.Errors = append(res.Errors, "its ceiling could not be judged, so nothing was done under it: "+err.Error())
	}
	return e.untilReachable(ctx, r, func() error { return e.saveResult(ctx, r, res) })
}

// awaitApproval hands the run to a person.
func (e *Engine) awaitApproval(ctx context.Context, r *retention.Run) error {
	var asks []string
	for i := range r.Policies {
		if res := &r.Policies[i]; res.Belt.Above() && !res.Status.Ended() {
			res.Status = retention.RunNeedsApproval
			asks = append(asks, fmt.Sprintf("%s: %d rows, %d without approval", res.Policy, res.Belt.WouldProcess, res.Belt.Ceiling))
		}
	}
	if len(asks) == 0 {
		return fmt.Errorf("run %s asks for approval of nothing", r.ID)
	}
	err := e.untilReachable(ctx, r, func() error {
		_, err := e.store.AwaitApproval(ctx, r.ID, r.Attempt, r.Policies, retention.By{Actor: retention.System(), Action: "run.await_approval"})
		return err
	})
	if errors.Is(err, retention.ErrConflict) {
		return fmt.Errorf("%w: %w", retention.ErrFenced, err)
	}
	if err == nil {
		e.log.WarnContext(ctx, "run needs approval", "run", r.ID, "asks", strings.Join(asks, "; "))
	}
	return err
}
