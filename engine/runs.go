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

// RunRequest asks for a run.
type RunRequest struct {
	// Policies are the names to run; empty means all that are live and enabled.
	Policies []string
	DryRun   bool
	// AsOf sets cutoff = AsOf − period; nil means when the run starts. Never in the future.
	AsOf *time.Time
	// Pace empty means the configured one.
	Pace    retention.Pace
	Trigger retention.Trigger
}

// RequestRun queues a run. It answers at once; workers take it up.
func (e *Engine) RequestRun(ctx context.Context, actor retention.Actor, req RunRequest) (retention.Run, error) {
	if err := e.authorise(actor, OpRunWrite); err != nil {
		return retention.Run{}, err
	}
	if err := e.checkRunRequest(ctx, &req); err != nil {
		return retention.Run{}, err
	}
	policies, err := e.policiesToRun(ctx, req.Policies)
	if err != nil {
		return retention.Run{}, err
	}
	if err := e.checkSimulated(ctx, policies, req.DryRun); err != nil {
		return retention.Run{}, err
	}
	r := retention.Run{Trigger: req.Trigger, RequestedBy: actor.Name, DryRun: req.DryRun, Pace: req.Pace, AsOf: req.AsOf}
	r.Policies = resultsOf(policies)
	return e.store.CreateRun(ctx, r, retention.By{Actor: actor, Action: "run.request"})
}

// checkSimulated refuses a run of a version that nobody has simulated, where the
// installation asks for that.
func (e *Engine) checkSimulated(ctx context.Context, policies []retention.Policy, dryRun bool) error {
	if dryRun {
		return nil
	}
	never, err := e.neverSimulated(ctx, policies)
	if err != nil || len(never) == 0 {
		return err
	}
	names := make([]string, len(never))
	for i, p := range never {
		names[i] = fmt.Sprintf("version %d of %s", p.Version, p.Name)
	}
	return retention.Conflictf("never simulated, which this installation asks for before a run (HOLDFAST_REQUIRE_SIMULATION): %s; simulate it, by a dry run or on its page", strings.Join(names, ", "))
}

// neverSimulated are the policies whose version may not run yet, by name; none where no
// simulation is asked for.
func (e *Engine) neverSimulated(ctx context.Context, policies []retention.Policy) ([]retention.Policy, error) {
	if !e.requireSimulation {
		return nil, nil
	}
	return e.store.NeverSimulated(ctx, policies)
}

// resultsOf is what a run begins with: every policy, queued.
func resultsOf(policies []retention.Policy) []retention.PolicyResult {
	out := make([]retention.PolicyResult, len(policies))
	for i, p := range policies {
		out[i] = retention.PolicyResult{
			Policy: p.Name, Version: p.Version, Action: p.Action, Table: p.Table, Sentence: p.Sentence(), Status: retention.RunQueued,
		}
	}
	return out
}

func (e *Engine) checkRunRequest(ctx context.Context, req *RunRequest) error {
	if req.Trigger == "" {
		req.Trigger = retention.TriggerManual
	}
	switch req.Pace {
	case "":
		req.Pace = e.pace
	case retention.PaceDefault, retention.PaceMax:
	default:
		return retention.Invalid("pace", "must be %q or %q, not %q", retention.PaceDefault, retention.PaceMax, req.Pace)
	}
	if req.AsOf == nil {
		return nil
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	if req.AsOf.After(now) {
		return futureAsOf(now)
	}
	return nil
}

// policiesToRun resolves names to live, enabled policies, children of a foreign
// key before their parents being a later issue's order: the given order is kept.
func (e *Engine) policiesToRun(ctx context.Context, names []string) ([]retention.Policy, error) {
	all, err := e.allPolicies(ctx)
	if err != nil {
		return nil, err
	}
	if len(names) == 0 {
		enabled := slices.DeleteFunc(all, func(p retention.Policy) bool { return !p.Enabled })
		if len(enabled) == 0 {
			return nil, retention.Invalid("policies", "there is no enabled policy to run; create one, or enable one")
		}
		return enabled, nil
	}
	return e.namedPolicies(ctx, all, names)
}

func (e *Engine) namedPolicies(ctx context.Context, all []retention.Policy, names []string) ([]retention.Policy, error) {
	var bad retention.Problems
	var out []retention.Policy
	for i, name := range names {
		j := slices.IndexFunc(all, func(p retention.Policy) bool { return p.Name == name })
		field := "policies[" + itoa(i) + "]"
		switch {
		case slices.Contains(names[:i], name):
			bad.Add(field, "policy %q is named twice", name)
		case j < 0:
			bad.Add(field, "%s", e.whyNotLive(ctx, name))
		case !all[j].Enabled:
			bad.Add(field, "policy %q is disabled; enable it first", name)
		default:
			out = append(out, all[j])
		}
	}
	return out, bad.Err()
}

// whyNotLive says of a name that is not among the live policies what it is instead.
func (e *Engine) whyNotLive(ctx context.Context, name string) string {
	why := fmt.Sprintf("there is no live policy %q", name)
	if p, err := e.store.Policy(ctx, name); err == nil && p.RetiredAt != nil {
		why += fmt.Sprintf("; it was retired on %s", p.RetiredAt.UTC().Format("2 January 2006"))
	}
	return why + "; GET /api/v1/policies lists those that are live"
}

// checkSpan refuses a span of time that ends before it begins: what it would answer, an
// empty list, reads like a clean record.
func checkSpan(from, until *time.Time) error {
	if from != nil && until != nil && !until.After(*from) {
		return retention.Invalid("until", "must be later than from, %s", from.UTC().Format(time.RFC3339))
	}
	return nil
}

func (e *Engine) checkRunFilter(ctx context.Context, f retention.RunFilter) error {
	if err := checkSpan(f.From, f.Until); err != nil {
		return err
	}
	return e.knownPolicy(ctx, f.Policy)
}

// Runs lists runs, newest first.
func (e *Engine) Runs(ctx context.Context, actor retention.Actor, f retention.RunFilter, p retention.Page) ([]retention.Run, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	if err := e.checkRunFilter(ctx, f); err != nil {
		return nil, "", err
	}
	return e.store.Runs(ctx, f, p)
}

// knownPolicy refuses a filter's policy that never existed, live or retired: a slip in its
// name would otherwise be an empty record.
func (e *Engine) knownPolicy(ctx context.Context, name string) error {
	if name == "" {
		return nil
	}
	_, err := e.store.Policy(ctx, name)
	if errors.Is(err, retention.ErrNotFound) {
		return retention.Invalid("policy", "there is no policy %q, and there never was", name)
	}
	return err
}

// CountRuns counts the runs of a filter's policy and time by status, kind and trigger.
func (e *Engine) CountRuns(ctx context.Context, actor retention.Actor, f retention.RunFilter) ([]retention.RunCount, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, err
	}
	return e.store.CountRuns(ctx, f)
}

// Run is one run with its result per policy.
func (e *Engine) Run(ctx context.Context, actor retention.Actor, id string) (retention.Run, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Run{}, err
	}
	return e.store.Run(ctx, id)
}

// Batches lists a run's journal, oldest or newest first; policy empty means all of them.
func (e *Engine) Batches(ctx context.Context, actor retention.Actor, runID, policy string, newest bool, p retention.Page) ([]retention.Batch, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	if _, err := e.store.Run(ctx, runID); err != nil {
		return nil, "", err
	}
	return e.store.Batches(ctx, runID, policy, newest, p)
}
