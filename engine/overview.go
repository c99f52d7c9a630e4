package engine

import (
	"context"
	"slices"
	"time"

	"holdfast/retention"
)

// Overview answers the compliance officer's first question: is anything overdue,
// what ran, what is held?
type Overview struct {
	// Now is the store's clock when it was made.
	Now time.Time
	// Overdue are the live, enabled policies with rows that were due for longer than
	// the policy's grace; the rest are in Policies.
	Policies []PolicyHealth
	LastRuns []retention.Run
	// Paused are the runs that stand until a person acts, paused or in need of approval,
	// with how many wait for them, oldest first.
	Paused []PausedRun
	// Failed are the live policies that failed in the last run that worked on them, by
	// name, as far as the newest endedRuns runs tell.
	Failed []string
	Holds  map[retention.HoldStatus]int64
	// ActiveHolds are the newest holds in force.
	ActiveHolds []retention.Hold
	// ReviewHolds are the newest holds that a person is to look at now.
	ReviewHolds []retention.Hold
	// FaultyHolds are the newest holds that hold more than they say, since a table or column
	// is not what it was.
	FaultyHolds []retention.Hold
	// HoldDates count holds in force by what comes next.
	HoldDates retention.HoldDates
	// Schedules are all of them by name, with how they fare.
	Schedules []ScheduleHealth
}

// PausedRun is a run that stands until a person resumes, approves or cancels it.
type PausedRun struct {
	retention.Run
	// Waiting counts the queued runs that have one of its policies, and wait for it.
	Waiting int
}

// PolicyHealth is one live policy with its last measurement.
type PolicyHealth struct {
	Policy retention.Policy
	// Measured is false as long as nothing has been measured.
	Measured bool
	Status   retention.PolicyStatus
	// OverdueFor is how long the oldest unheld row has been due; zero if none is.
	OverdueFor time.Duration
	// Allowance is the policy's grace as a duration.
	Allowance time.Duration
	// Overdue: longer than the allowance.
	Overdue bool
}

// Overview gathers the figures. They come from the store alone, so that the page
// costs the governed database nothing.
func (e *Engine) Overview(ctx context.Context, actor retention.Actor) (Overview, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return Overview{}, err
	}
	var o Overview
	var err error
	if o.Now, err = e.store.Now(ctx); err != nil {
		return o, err
	}
	if o.Policies, err = e.policyHealth(ctx, o.Now); err != nil {
		return o, err
	}
	if o.Schedules, err = e.scheduleHealth(ctx); err != nil {
		return o, err
	}
	if o.LastRuns, _, err = e.store.Runs(ctx, retention.RunFilter{}, retention.Page{Limit: 8}); err != nil {
		return o, err
	}
	if o.Paused, err = e.pausedRuns(ctx); err != nil {
		return o, err
	}
	if o.Failed, err = e.failedLast(ctx, o.Policies); err != nil {
		return o, err
	}
	if o.Holds, err = e.store.CountHolds(ctx); err != nil {
		return o, err
	}
	inForce := retention.HoldFilter{Statuses: []retention.HoldStatus{retention.HoldActive, retention.HoldReviewDue, retention.HoldReleasing, retention.HoldApplying}}
	if o.ActiveHolds, _, err = e.store.Holds(ctx, inForce, retention.Page{Limit: 8}); err != nil {
		return o, err
	}
	// They are asked for by themselves: a review is due for what was placed long ago.
	if o.ReviewHolds, _, err = e.store.Holds(ctx, retention.HoldFilter{ReviewDue: true}, retention.Page{Limit: 8}); err != nil {
		return o, err
	}
	if o.FaultyHolds, _, err = e.store.Holds(ctx, retention.HoldFilter{FailSafe: true}, retention.Page{Limit: 8}); err != nil {
		return o, err
	}
	o.HoldDates, err = e.store.HoldDates(ctx)
	return o, err
}

func (e *Engine) pausedRuns(ctx context.Context) ([]PausedRun, error) {
	open, err := e.store.OpenRuns(ctx)
	if err != nil {
		return nil, err
	}
	var paused []PausedRun
	for _, r := range open {
		if r.Status != retention.RunPaused && r.Status != retention.RunNeedsApproval {
			continue
		}
		p := PausedRun{Run: r}
		for _, o := range open {
			if o.Status == retention.RunQueued && o.StartedAt == nil && !o.DryRun && !r.DryRun && sharePolicy(r, o) {
				p.Waiting++
			}
		}
		paused = append(paused, p)
	}
	return paused, nil
}

func sharePolicy(a, b retention.Run) bool {
	return slices.ContainsFunc(a.Policies, func(x retention.PolicyResult) bool {
		return slices.ContainsFunc(b.Policies, func(y retention.PolicyResult) bool { return x.Policy == y.Policy })
	})
}

// endedRuns is how many runs are looked back upon for failures.
const endedRuns = 50

// failedLast names the policies whose last outcome was a failure. A later run that went
// well has made up for an earlier one, and a simulation for none.
func (e *Engine) failedLast(ctx context.Context, policies []PolicyHealth) ([]string, error) {
	real := false
	ended := retention.RunFilter{DryRun: &real, Statuses: []retention.RunStatus{retention.RunSucceeded, retention.RunPartial, retention.RunFailed}}
	runs, _, err := e.store.Runs(ctx, ended, retention.Page{Limit: endedRuns})
	if err != nil {
		return nil, err
	}
	last := map[string]retention.RunStatus{}
	for _, r := range runs {
		for _, p := range r.Policies {
			_, later := last[p.Policy]
			if !later && (p.Status == retention.RunSucceeded || p.Status == retention.RunFailed) {
				last[p.Policy] = p.Status
			}
		}
	}
	var failed []string
	for _, p := range policies {
		if last[p.Policy.Name] == retention.RunFailed {
			failed = append(failed, p.Policy.Name)
		}
	}
	return failed, nil
}

func (e *Engine) policyHealth(ctx context.Context, now time.Time) ([]PolicyHealth, error) {
	policies, err := e.allPolicies(ctx)
	if err != nil {
		return nil, err
	}
	statuses, err := e.store.PolicyStatuses(ctx)
	if err != nil {
		return nil, err
	}
	out := make([]PolicyHealth, 0, len(policies))
	for _, p := range policies {
		st := statuses[p.Name]
		h := PolicyHealth{Policy: p, Measured: !st.CheckedAt.IsZero(), Status: st, Allowance: graceOf(p.GracePeriod())}
		h.OverdueFor = dueFor(st, now)
		h.Overdue = p.Enabled && h.OverdueFor > h.Allowance
		out = append(out, h)
	}
	return out, nil
}

// graceOf is a grace as a duration, with months of 30 and years of 365 days: it
// bounds an alarm, not a right.
func graceOf(p retention.Period) time.Duration {
	days := p.Years*365 + p.Months*30 + p.Weeks*7 + p.Days
	return time.Duration(days)*24*time.Hour + time.Duration(p.Hours)*time.Hour +
		time.Duration(p.Minutes)*time.Minute + time.Duration(p.Seconds)*time.Second
}

// allPolicies reads every live policy.
func (e *Engine) allPolicies(ctx context.Context) ([]retention.Policy, error) {
	var all []retention.Policy
	page := retention.Page{Limit: retention.MaxPage}
	for {
		items, next, err := e.store.Policies(ctx, retention.PolicyFilter{}, page)
		if err != nil {
			return nil, err
		}
		all = append(all, items...)
		if next == "" {
			return all, nil
		}
		page.Cursor = next
	}
}

// PolicyHealth is the last measurement of one policy.
func (e *Engine) PolicyHealth(ctx context.Context, actor retention.Actor, name string) (PolicyHealth, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return PolicyHealth{}, err
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return PolicyHealth{}, err
	}
	all, err := e.policyHealth(ctx, now)
	if err != nil {
		return PolicyHealth{}, err
	}
	for _, h := range all {
		if h.Policy.Name == name {
			return h, nil
		}
	}
	return PolicyHealth{}, retention.NotFoundf("policy %q is not live", name)
}
