package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Policies lists live policies, or retired ones if the filter says so.
func (e *Engine) Policies(ctx context.Context, actor retention.Actor, f retention.PolicyFilter, p retention.Page) ([]retention.Policy, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	return e.store.Policies(ctx, f, p)
}

// Policy is the latest version of a policy, retired or not.
func (e *Engine) Policy(ctx context.Context, actor retention.Actor, name string) (retention.Policy, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Policy{}, err
	}
	return e.store.Policy(ctx, name)
}

// PolicyVersions are all versions of a policy, newest first.
func (e *Engine) PolicyVersions(ctx context.Context, actor retention.Actor, name string) ([]retention.Policy, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, err
	}
	return e.store.PolicyVersions(ctx, name)
}

// CreatePolicy saves a new policy; a live policy of that name is ErrConflict.
func (e *Engine) CreatePolicy(ctx context.Context, actor retention.Actor, p retention.Policy) (retention.Policy, error) {
	if err := e.authorise(actor, OpPolicyWrite); err != nil {
		return retention.Policy{}, err
	}
	p, err := e.checkPolicy(ctx, p)
	if err != nil {
		return retention.Policy{}, err
	}
	return e.store.SavePolicy(ctx, p, 0, retention.By{Actor: actor, Action: "policy.create"})
}

// PutPolicy creates the policy, or replaces the live one of that name by a new
// version; what equals it makes no new version. version is the one that the caller read, 0 if none was given: replacing
// a live policy without it is ErrPreconditionRequired, with another one ErrStale.
// The bool tells whether the policy was created.
func (e *Engine) PutPolicy(ctx context.Context, actor retention.Actor, p retention.Policy, version int) (retention.Policy, bool, error) {
	if err := e.authorise(actor, OpPolicyWrite); err != nil {
		return retention.Policy{}, false, err
	}
	live, err := e.livePolicy(ctx, p.Name)
	if errors.Is(err, retention.ErrNotFound) {
		if version != 0 {
			return retention.Policy{}, false, fmt.Errorf("%w: there is no live policy %q to replace", retention.ErrStale, p.Name)
		}
		saved, err := e.CreatePolicy(ctx, actor, p)
		return saved, true, err
	}
	if err != nil {
		return retention.Policy{}, false, err
	}
	if err := checkVersion("policy", live.Version, version); err != nil {
		return retention.Policy{}, false, err
	}
	p, err = e.checkPolicy(ctx, p)
	if err != nil {
		return retention.Policy{}, false, err
	}
	if p.SameRule(live) {
		// Applying the same documents again is what a pipeline does; it changes nothing.
		return live, false, nil
	}
	saved, err := e.store.SavePolicy(ctx, p, version, retention.By{Actor: actor, Action: "policy.replace"})
	return saved, false, err
}

// RetirePolicy ends a live policy of that version; its history stays.
func (e *Engine) RetirePolicy(ctx context.Context, actor retention.Actor, name string, version int) (retention.Policy, error) {
	if err := e.authorise(actor, OpPolicyWrite); err != nil {
		return retention.Policy{}, err
	}
	live, err := e.livePolicy(ctx, name)
	if err != nil {
		return retention.Policy{}, err
	}
	if err := checkVersion("policy", live.Version, version); err != nil {
		return retention.Policy{}, err
	}
	return e.store.RetirePolicy(ctx, name, version, retention.By{Actor: actor, Action: "policy.retire"})
}

func checkVersion(what string, current, given int) error {
	switch given {
	case current:
		return nil
	case 0:
		return fmt.Errorf("%w: send If-Match with the %s's ETag, so that nobody's change is overwritten unseen", retention.ErrPreconditionRequired, what)
	}
	return fmt.Errorf("%w: the %s is at version %d now", retention.ErrStale, what, current)
}

// livePolicy is ErrNotFound for a retired policy.
func (e *Engine) livePolicy(ctx context.Context, name string) (retention.Policy, error) {
	p, err := e.store.Policy(ctx, name)
	if err != nil {
		return p, err
	}
	if p.RetiredAt != nil {
		return p, retention.NotFoundf("policy %q is retired", name)
	}
	return p, nil
}

// checkPolicy validates a policy by itself and against the live table.
func (e *Engine) checkPolicy(ctx context.Context, p retention.Policy) (retention.Policy, error) {
	p = p.WithDefaults()
	if err := p.Validate(); err != nil {
		return p, err
	}
	if p.RetentionPeriod.ShorterThan(e.minRetention) {
		return p, retention.Invalid("retention_period", "%s", e.belowFloor(p))
	}
	return p, refusalAsInvalid(e.target.CheckPolicy(ctx, p))
}

// belowFloor says why a policy's period is too short here.
func (e *Engine) belowFloor(p retention.Policy) string {
	return fmt.Sprintf("%s is shorter than %s, the least that this installation accepts (HOLDFAST_MIN_RETENTION)", p.RetentionPeriod.Human(), e.minRetention.Human())
}

// simulatedLately is how far back a simulation may look and still tell what a run would
// do: what would have been due last year says little of tonight.
const simulatedLately = time.Hour

// keepSimulation remembers that a version was simulated, by whom, and what was found.
func (e *Engine) keepSimulation(ctx context.Context, s retention.Simulation, by string) error {
	now, err := e.target.Now(ctx)
	if err != nil || now.Sub(s.AsOf) > simulatedLately {
		return err
	}
	s.Samples = nil // figures are kept, and no records
	return e.store.SaveSimulation(ctx, s, by)
}

// LastSimulation is what the last simulation of a version said, whoever asked for it;
// ErrNotFound if there was none.
func (e *Engine) LastSimulation(ctx context.Context, actor retention.Actor, name string, version int) (retention.KeptSimulation, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.KeptSimulation{}, err
	}
	return e.store.LastSimulation(ctx, name, version)
}

// refusalAsInvalid gives a refusal the form of a field at fault, since that is
// what whoever saves a policy can mend.
func refusalAsInvalid(err error) error {
	if r, ok := errors.AsType[*retention.Refusal](err); ok {
		return retention.Invalid(r.Field, "%s", r.Error())
	}
	return err
}

// Simulate computes what a run of a stored policy would do; asOf nil means now.
func (e *Engine) Simulate(ctx context.Context, actor retention.Actor, name string, asOf *time.Time) (retention.Simulation, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Simulation{}, err
	}
	p, err := e.livePolicy(ctx, name)
	if err != nil {
		return retention.Simulation{}, err
	}
	s, err := e.simulate(ctx, p, asOf)
	if err != nil {
		return s, err
	}
	return s, e.keepSimulation(ctx, s, actor.Name)
}

// WhatIf computes what a run of a stored policy would do, or would have done, if rows were
// kept for another period; asOf nil means now. Nothing of it is kept.
func (e *Engine) WhatIf(ctx context.Context, actor retention.Actor, name string, period retention.Period, asOf *time.Time) (retention.Simulation, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Simulation{}, err
	}
	p, err := e.livePolicy(ctx, name)
	if err != nil {
		return retention.Simulation{}, err
	}
	if period.IsZero() {
		return retention.Simulation{}, retention.Invalid("retention_period", "must be longer than nothing")
	}
	p.RetentionPeriod, p.Version = period, 0
	return e.simulateChange(ctx, p, asOf)
}

// SimulateDraft does the same for a policy that is not stored, and compares it with the stored
// one of its name.
func (e *Engine) SimulateDraft(ctx context.Context, actor retention.Actor, p retention.Policy, asOf *time.Time) (retention.Simulation, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Simulation{}, err
	}
	p, err := e.checkPolicy(ctx, p)
	if err != nil {
		return retention.Simulation{}, err
	}
	return e.simulateChange(ctx, p, asOf)
}

// simulateChange simulates a policy beside the stored one of its name, if there is one.
func (e *Engine) simulateChange(ctx context.Context, p retention.Policy, asOf *time.Time) (retention.Simulation, error) {
	s, err := e.simulate(ctx, p, asOf)
	if err != nil {
		return s, err
	}
	stored, err := e.livePolicy(ctx, p.Name)
	if errors.Is(err, retention.ErrNotFound) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Stored = &retention.StoredFigures{Version: stored.Version, Action: stored.Action, Table: stored.Table, Due: retention.NotCounted, WouldProcess: retention.NotCounted}
	was, err := e.simulate(ctx, stored, &s.AsOf)
	if errors.Is(err, retention.ErrInvalid) {
		return s, nil
	}
	if err != nil {
		return s, err
	}
	s.Stored.Due, s.Stored.WouldProcess, s.Stored.Estimated = was.Due, was.WouldProcess, was.Estimated
	return s, nil
}

func (e *Engine) simulate(ctx context.Context, p retention.Policy, asOf *time.Time) (retention.Simulation, error) {
	if asOf != nil {
		now, err := e.target.Now(ctx)
		if err != nil {
			return retention.Simulation{}, err
		}
		if asOf.After(now) {
			return retention.Simulation{}, futureAsOf(now)
		}
	}
	live, err := e.allPolicies(ctx)
	if err != nil {
		return retention.Simulation{}, err
	}
	s, err := e.target.Simulate(ctx, p.Among(live), asOf)
	if errors.Is(err, retention.ErrTooSlow) && ctx.Err() == nil {
		s, err = e.target.Estimate(ctx, p.Among(live), asOf)
	}
	if err != nil {
		return s, refusalAsInvalid(err)
	}
	s.Conflicts = p.Conflicts(live)
	s.Takes, err = e.runEstimate(ctx, p.Name, s)
	return s, err
}

const (
	// ratedFrom is how many rows a run must have disposed of for its rate to tell anything.
	ratedFrom = 1000
	// ratedRuns is how many of the last runs are looked at.
	ratedRuns = 20
	// mostRates is of how many of them the middle one counts: one that waited for somebody's lock
	// says nothing of the next.
	mostRates = 5
)

// runEstimate reckons how long a run would take, by the rate of the last ones under the same
// policy that were large enough, else of the last ones under any.
func (e *Engine) runEstimate(ctx context.Context, policy string, s retention.Simulation) (*retention.RunEstimate, error) {
	rows := s.WouldProcess
	if rows == retention.NotCounted {
		rows = s.Due
	}
	if rows <= 0 {
		return nil, nil
	}
	real := false
	for _, f := range []retention.RunFilter{{Policy: policy, DryRun: &real}, {DryRun: &real}} {
		runs, _, err := e.store.Runs(ctx, f, retention.Page{Limit: ratedRuns})
		if err != nil {
			return nil, err
		}
		if known := e.ratesOf(runs, f.Policy); len(known) > 0 {
			slices.SortFunc(known, func(a, b retention.RunEstimate) int { return cmp.Compare(a.RowsPerSecond, b.RowsPerSecond) })
			middle := known[len(known)/2]
			middle.Seconds = float64(rows) / middle.RowsPerSecond
			return &middle, nil
		}
	}
	return nil, nil
}

// ratesOf are those of the last runs, under one policy or any.
func (e *Engine) ratesOf(runs []retention.Run, policy string) (known []retention.RunEstimate) {
	for _, r := range runs {
		for _, res := range r.Policies {
			if len(known) < mostRates && r.Pace == e.pace && (policy == "" || res.Policy == policy) && res.Processed >= ratedFrom && res.DurationSeconds > 0 {
				known = append(known, retention.RunEstimate{RowsPerSecond: float64(res.Processed) / res.DurationSeconds, Policy: res.Policy})
			}
		}
	}
	return known
}

// ranked is the policy with those that it leaves rows to, as they are now.
func (e *Engine) ranked(ctx context.Context, p retention.Policy) (retention.Policy, error) {
	if !p.Action.Removes() {
		return p, nil
	}
	live, err := e.allPolicies(ctx)
	return p.Among(live), err
}

// Conflicts are the live policies that would remove rows of the same table as this one,
// with the rule that decides.
func (e *Engine) Conflicts(ctx context.Context, actor retention.Actor, p retention.Policy) ([]retention.Conflict, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, err
	}
	live, err := e.allPolicies(ctx)
	return p.Conflicts(live), err
}

func futureAsOf(now time.Time) error {
	return retention.Invalid("as_of", "must not be in the future; it is now %s", now.UTC().Format(time.RFC3339))
}

// Table is a table of the governed database, as the catalog has it.
type Table = plan.Table

// Tables lists the tables of the governed database that a policy or a hold could
// name, with their columns.
func (e *Engine) Tables(ctx context.Context, actor retention.Actor) ([]Table, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, err
	}
	return e.target.Tables(ctx)
}
