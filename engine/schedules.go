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

// ScheduleHealth is how a schedule fares, seen from now.
type ScheduleHealth struct {
	retention.ScheduleState
	// Overdue: the last success is older than two of its intervals.
	Overdue bool
	// OverdueSince is from when it is, or will be, overdue; zero for a disabled one.
	OverdueSince time.Time
	// Retired and Disabled are the policies that it names and that are not live any more,
	// or not enabled: it leaves them out.
	Retired, Disabled []string
}

// Sentence is the schedule's, with what it leaves out.
func (h ScheduleHealth) Sentence() string {
	text := h.Schedule.Sentence()
	var out []string
	for _, left := range []struct {
		names []string
		are   string
	}{{h.Retired, "retired"}, {h.Disabled, "disabled"}} {
		if n := len(left.names); n > 0 {
			out = append(out, strings.Join(left.names, ", ")+plural(n, " is ", " are ")+left.are)
		}
	}
	switch n := len(h.Retired) + len(h.Disabled); {
	case n == 0:
		return text
	case n == len(h.Schedule.Policies):
		return text + " Nothing is left to run: " + strings.Join(out, ", ") + ", and its slots are missed."
	default:
		return text + " Left out: " + strings.Join(out, ", ") + "."
	}
}

func healthOf(st retention.ScheduleState, now time.Time) ScheduleHealth {
	h := ScheduleHealth{ScheduleState: st}
	h.OverdueSince, h.Overdue = st.Schedule.OverdueSince(st.LastSuccess, now)
	return h
}

// Schedules lists schedules by name with how they fare.
func (e *Engine) Schedules(ctx context.Context, actor retention.Actor, p retention.Page) ([]ScheduleHealth, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	list, next, err := e.store.Schedules(ctx, p)
	if err != nil || len(list) == 0 {
		return nil, next, err
	}
	names := make([]string, len(list))
	for i, s := range list {
		names[i] = s.Name
	}
	health, err := e.scheduleHealth(ctx, names...)
	return health, next, err
}

// Schedule is one schedule with how it fares.
func (e *Engine) Schedule(ctx context.Context, actor retention.Actor, name string) (ScheduleHealth, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return ScheduleHealth{}, err
	}
	health, err := e.scheduleHealth(ctx, name)
	if err != nil {
		return ScheduleHealth{}, err
	}
	if len(health) == 0 {
		return ScheduleHealth{}, retention.NotFoundf("there is no schedule %q", name)
	}
	return health[0], nil
}

func (e *Engine) scheduleHealth(ctx context.Context, names ...string) ([]ScheduleHealth, error) {
	now, err := e.store.Now(ctx)
	if err != nil {
		return nil, err
	}
	states, err := e.store.ScheduleStates(ctx, names...)
	if err != nil {
		return nil, err
	}
	out := make([]ScheduleHealth, len(states))
	for i, st := range states {
		out[i] = healthOf(st, now)
	}
	return out, e.noteLeftOut(ctx, out)
}

// noteLeftOut looks the named policies up among those that are live.
func (e *Engine) noteLeftOut(ctx context.Context, list []ScheduleHealth) error {
	if !slices.ContainsFunc(list, func(h ScheduleHealth) bool { return len(h.Schedule.Policies) > 0 }) {
		return nil
	}
	live, err := e.allPolicies(ctx)
	if err != nil {
		return err
	}
	for i := range list {
		for _, name := range list[i].Schedule.Policies {
			at := slices.IndexFunc(live, func(p retention.Policy) bool { return p.Name == name })
			switch {
			case at < 0:
				list[i].Retired = append(list[i].Retired, name)
			case !live[at].Enabled:
				list[i].Disabled = append(list[i].Disabled, name)
			}
		}
	}
	return nil
}

// Slots lists what became of a schedule's slots, newest first.
func (e *Engine) Slots(ctx context.Context, actor retention.Actor, name string, p retention.Page) ([]retention.Slot, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	if _, err := e.store.Schedule(ctx, name); err != nil {
		return nil, "", err
	}
	return e.store.Slots(ctx, name, p)
}

// PreviewSchedule checks a schedule as PutSchedule would, and answers its next n slots
// from now, as if it were saved now.
func (e *Engine) PreviewSchedule(ctx context.Context, actor retention.Actor, s retention.Schedule, n int) ([]retention.SlotTime, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, err
	}
	before, err := e.store.Schedule(ctx, s.Name)
	if err != nil && !errors.Is(err, retention.ErrNotFound) {
		return nil, err
	}
	s = s.WithDefaults()
	if err := e.checkSchedule(ctx, s, before.Policies); err != nil {
		return nil, err
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return nil, err
	}
	return s.Following(now, n)
}

// PutSchedule creates the schedule, or replaces the one of that name; what equals it
// changes nothing. version is the one that the caller read, 0 if none was given:
// replacing without it is ErrPreconditionRequired, with another one ErrStale. What the
// former version owed is decided first, so that no slot is lost by an edit at its time.
// The bool tells whether the schedule was created.
func (e *Engine) PutSchedule(ctx context.Context, actor retention.Actor, s retention.Schedule, version int) (retention.Schedule, bool, error) {
	if err := e.authorise(actor, OpScheduleWrite); err != nil {
		return retention.Schedule{}, false, err
	}
	before, err := e.store.Schedule(ctx, s.Name)
	created := errors.Is(err, retention.ErrNotFound)
	switch {
	case err != nil && !created:
		return retention.Schedule{}, false, err
	case created && version != 0:
		return retention.Schedule{}, false, fmt.Errorf("%w: there is no schedule %q to replace", retention.ErrStale, s.Name)
	case !created:
		if err := checkVersion("schedule", before.Version, version); err != nil {
			return retention.Schedule{}, false, err
		}
	}
	s = s.WithDefaults()
	if err := e.checkSchedule(ctx, s, before.Policies); err != nil {
		return retention.Schedule{}, false, err
	}
	if !created && s.SameRule(before) {
		// Applying the same documents again is what a pipeline does; it changes nothing.
		return before, false, nil
	}
	action := "schedule.replace"
	if created {
		action = "schedule.create"
	}
	saved, err := e.saveSchedule(ctx, s, version, retention.By{Actor: actor, Action: action})
	return saved, created, err
}

// EnableSchedule enables or disables a schedule and leaves the rest as it is, whatever has
// become of the policies that it names: what is wrong with a schedule must not keep anybody
// from stopping it. version is the one that the caller read.
func (e *Engine) EnableSchedule(ctx context.Context, actor retention.Actor, name string, enabled bool, version int) (retention.Schedule, error) {
	if err := e.authorise(actor, OpScheduleWrite); err != nil {
		return retention.Schedule{}, err
	}
	s, err := e.store.Schedule(ctx, name)
	if err != nil {
		return s, err
	}
	if err := checkVersion("schedule", s.Version, version); err != nil || s.Enabled == enabled {
		return s, err
	}
	s.Enabled = enabled
	return e.saveSchedule(ctx, s, version, retention.By{Actor: actor, Action: "schedule.replace"})
}

// saveSchedule saves once nothing is owed from before.
func (e *Engine) saveSchedule(ctx context.Context, s retention.Schedule, expect int, by retention.By) (retention.Schedule, error) {
	for {
		saved, err := e.store.SaveSchedule(ctx, s, expect, by)
		if !errors.Is(err, retention.ErrSlotsOwed) {
			return saved, err
		}
		former, err := e.store.Schedule(ctx, s.Name)
		if err != nil {
			return saved, err
		}
		if err := e.decide(ctx, former); err != nil {
			return saved, err
		}
	}
}

// checkSchedule validates a schedule by itself, and the policies that it names for the
// first time: one that its former version named may be retired since, which each slot says
// and leaves out. It can be kept, so that nobody has to choose other policies in a hurry.
func (e *Engine) checkSchedule(ctx context.Context, s retention.Schedule, named []string) error {
	var bad retention.Problems
	bad.AddErr("", s.Validate())
	all, err := e.allPolicies(ctx)
	if err != nil {
		return err
	}
	for i, name := range s.Policies {
		field := "policies[" + itoa(i) + "]"
		known := slices.Contains(named, name) || slices.ContainsFunc(bad, func(f retention.FieldError) bool { return f.Field == field })
		if !known && !slices.ContainsFunc(all, func(p retention.Policy) bool { return p.Name == name }) {
			bad.Add(field, "%s", e.whyNotLive(ctx, name))
		}
	}
	return bad.Err()
}

// EnsureNightly makes the schedule that exists from the start, in this zone, unless it
// is there: whatever people made of it stays.
func (e *Engine) EnsureNightly(ctx context.Context, zone string) error {
	_, err := e.store.Schedule(ctx, retention.NightlySchedule)
	if !errors.Is(err, retention.ErrNotFound) {
		return err
	}
	s := retention.Schedule{Name: retention.NightlySchedule, Cron: "0 3 * * *", TimeZone: zone, Enabled: true}.WithDefaults()
	if err := s.Validate(); err != nil {
		return err
	}
	_, err = e.store.SaveSchedule(ctx, s, 0, retention.By{Actor: retention.System(), Action: "schedule.create"})
	if errors.Is(err, retention.ErrConflict) {
		return nil // another process was faster
	}
	return err
}
