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

const (
	// maxSlots bounds the slots that one transaction decides, maxStarts the runs that it
	// makes: a schedule of every minute that was down for a month is caught up with in
	// steps, between which others get their turn.
	maxSlots  = 500
	maxStarts = 10
)

// TickSchedules decides the slots that have come since the last time: what is not too
// late starts a run, what is too late is recorded as missed. Every process calls it about
// once a second; of several that see the same slot one starts it.
func (e *Engine) TickSchedules(ctx context.Context) error {
	if err := e.showPresence(ctx); err != nil {
		return err
	}
	due, err := e.store.DueSchedules(ctx)
	if err != nil {
		e.presence.failed(ctx, err)
		return err
	}
	var errs []error
	for _, s := range due {
		errs = append(errs, e.decide(ctx, s))
	}
	return errors.Join(errs...)
}

// decide decides the next slots of one schedule as it was read. If another process
// was faster there is nothing left to do.
func (e *Engine) decide(ctx context.Context, s retention.Schedule) error {
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	slots, err := s.Between(s.ConsideredUntil, now, maxSlots)
	if err != nil || len(slots) == 0 {
		return err
	}
	decisions, err := e.decisions(ctx, s, slots, now)
	if err != nil {
		return err
	}
	claim := retention.SlotClaim{Schedule: s.Name, Version: s.Version, ConsideredUntil: s.ConsideredUntil, Decisions: decisions}
	runs, err := e.store.ClaimSlots(ctx, claim, retention.By{Actor: retention.System(), Action: "run.request"})
	if errors.Is(err, retention.ErrConflict) {
		return nil
	}
	if err != nil {
		return err
	}
	e.logDecisions(ctx, s, decisions, runs)
	return nil
}

// decisions are what becomes of slots, as far as one transaction goes.
func (e *Engine) decisions(ctx context.Context, s retention.Schedule, slots []retention.SlotTime, now time.Time) ([]retention.SlotDecision, error) {
	processes, err := e.witnesses(ctx, s.Late(slots[0].At, now))
	if err != nil {
		return nil, err
	}
	run, reason, err := e.scheduledRun(ctx, s)
	if err != nil {
		return nil, err
	}
	var out []retention.SlotDecision
	starts := 0
	for _, slot := range slots {
		d := retention.SlotDecision{SlotTime: slot, Reason: reason}
		switch {
		case s.Late(slot.At, now):
			d.Reason = whyMissed(processes, slot.At, s.MisfireGrace.After(slot.At))
		case run != nil:
			d.Run, d.StartBy = run, s.MisfireGrace.After(slot.At)
			starts++
		default:
			// What was named and is gone is a mistake. Where nothing is named there is
			// nothing to do, as before the first policy.
			d.Skipped = reason == noneActive
		}
		out = append(out, d)
		if starts == maxStarts {
			break
		}
	}
	return out, nil
}

// witnesses are the processes whose signs of life tell why slots were missed. If any was,
// this one is among them as it is now: were its last sign of life from before the slot, the
// record would say that nobody had been at work, and it can never be put right.
func (e *Engine) witnesses(ctx context.Context, missed bool) ([]retention.Process, error) {
	if !missed {
		return nil, nil
	}
	if err := e.showPresenceNow(ctx); err != nil {
		return nil, err
	}
	return e.store.Processes(ctx)
}

// noneActive is why a slot is skipped, and not missed.
const noneActive = "no policy was active, so there was nothing to run"

// scheduledRun is the run that a slot starts now, with a word on what it leaves out.
// It is nil if nothing is left to run; the word then says why.
func (e *Engine) scheduledRun(ctx context.Context, s retention.Schedule) (*retention.Run, string, error) {
	all, err := e.allPolicies(ctx)
	if err != nil {
		return nil, "", err
	}
	var policies []retention.Policy
	var left []string
	for _, name := range s.Policies {
		i := slices.IndexFunc(all, func(p retention.Policy) bool { return p.Name == name })
		switch {
		case i < 0:
			left = append(left, name+" is retired")
		case !all[i].Enabled:
			left = append(left, name+" is disabled")
		default:
			policies = append(policies, all[i])
		}
	}
	if len(s.Policies) == 0 {
		policies = slices.DeleteFunc(all, func(p retention.Policy) bool { return !p.Enabled })
	}
	never, err := e.neverSimulated(ctx, policies)
	if err != nil {
		return nil, "", err
	}
	for _, p := range never {
		left = append(left, fmt.Sprintf("version %d of %s was never simulated", p.Version, p.Name))
		policies = slices.DeleteFunc(policies, func(o retention.Policy) bool { return o.Name == p.Name })
	}
	switch {
	case len(policies) == 0 && len(s.Policies) == 0 && len(left) == 0:
		return nil, noneActive, nil
	case len(policies) == 0:
		return nil, "nothing was left to run: " + strings.Join(left, ", "), nil
	}
	word := ""
	if len(left) > 0 {
		word = "left out: " + strings.Join(left, ", ")
	}
	return &retention.Run{
		Trigger: retention.TriggerSchedule, RequestedBy: "schedule " + s.Name, Pace: e.pace, Policies: resultsOf(policies),
	}, word, nil
}

func (e *Engine) logDecisions(ctx context.Context, s retention.Schedule, decisions []retention.SlotDecision, runs []retention.Run) {
	for _, r := range runs {
		e.log.InfoContext(ctx, "schedule starts a run", "schedule", s.Name, "slot", r.Slot.Format(time.RFC3339), "run", r.ID)
	}
	var missed []retention.SlotDecision
	for _, d := range decisions {
		if d.Run == nil && !d.Skipped {
			missed = append(missed, d)
		}
	}
	if len(missed) > 0 {
		e.log.WarnContext(ctx, "schedule missed slots", "schedule", s.Name, "slots", len(missed),
			"first", missed[0].Local, "last", missed[len(missed)-1].Local, "reason", fmt.Sprintf("%q", missed[0].Reason))
	}
}
