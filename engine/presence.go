package engine

import (
	"context"
	"sync"
	"time"

	"holdfast/retention"
)

// beatProcessEvery is how often a process shows in the store that it is at work.
const beatProcessEvery = 5 * time.Second

// presence is how this process shows that it is at work.
type presence struct {
	version string
	started time.Time

	mu   sync.Mutex
	id   string
	last time.Time
	// met is what the last tries failed with since a sign of life was given.
	met string
}

// showPresence gives a sign of life every few seconds, and at once after one that
// failed: before a slot is decided the store must know that this process was there
// and could not reach it.
func (e *Engine) showPresence(ctx context.Context) error {
	p := &e.presence
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.met == "" && time.Since(p.last) < beatProcessEvery {
		return nil
	}
	return e.beat(ctx)
}

// showPresenceNow gives one whatever the time of the last: the store's clock may have been
// set, and how long a process was away is told by that clock, not by this process's own.
func (e *Engine) showPresenceNow(ctx context.Context) error {
	e.presence.mu.Lock()
	defer e.presence.mu.Unlock()
	return e.beat(ctx)
}

// beat wants the presence's mu.
func (e *Engine) beat(ctx context.Context) error {
	p := &e.presence
	id, err := e.store.BeatProcess(ctx, p.id, p.version, time.Since(p.started), p.met)
	if err != nil {
		p.note(ctx, err)
		return err
	}
	p.id, p.met, p.last = id, "", time.Now()
	return nil
}

// failed notes what kept this process from its work, for its next sign of life.
func (p *presence) failed(ctx context.Context, err error) {
	p.mu.Lock()
	defer p.mu.Unlock()
	p.note(ctx, err)
}

// failedAside is failed for who must not wait for a sign of life under way: that one
// meets the failure itself.
func (p *presence) failedAside(ctx context.Context, err error) {
	if p.mu.TryLock() {
		defer p.mu.Unlock()
		p.note(ctx, err)
	}
}

// note wants p.mu. That this process itself stops is no failure.
func (p *presence) note(ctx context.Context, err error) {
	if ctx.Err() == nil {
		p.met = err.Error()
	}
}

// whyMissed says why no run was started between a slot and the end of its grace, as
// far as the processes' signs of life tell; empty if they do not.
func whyMissed(all []retention.Process, from, until time.Time) string {
	var here []retention.Process
	var before, after time.Time
	for _, p := range all {
		switch {
		case !p.SeenAt.After(from):
			before = latest(before, p.SeenAt)
		case !p.StartedAt.Before(until):
			after = earliest(after, p.StartedAt)
		default:
			here = append(here, p)
		}
	}
	if len(here) == 0 {
		return "no Holdfast process was at work" + span(before, after)
	}
	for _, p := range here {
		if !away(p, from, until) {
			return ""
		}
	}
	p := here[0]
	if p.AwayWhy == "" {
		return "Holdfast stood still (its machine was suspended, or the clock was set)" + span(*p.AwayFrom, *p.AwayUntil)
	}
	return "the store could not be reached" + span(*p.AwayFrom, *p.AwayUntil)
}

// away tells whether a process could do nothing from the slot to the end of its grace.
func away(p retention.Process, from, until time.Time) bool {
	if p.AwayFrom == nil || p.AwayUntil == nil {
		return false
	}
	began := earliest(until, latest(from, p.StartedAt))
	// What came shortly after the last sign of life came to a process that was still there.
	return !p.AwayFrom.After(began.Add(2*beatProcessEvery)) && !p.AwayUntil.Before(until.Add(-2*beatProcessEvery))
}

func latest(a, b time.Time) time.Time {
	if b.After(a) {
		return b
	}
	return a
}

// earliest takes the zero time for none.
func earliest(a, b time.Time) time.Time {
	if a.IsZero() || b.Before(a) {
		return b
	}
	return a
}

// span words the time between two moments; the zero time is one that is not known.
func span(from, until time.Time) string {
	text := func(t time.Time) string { return t.UTC().Format("2006-01-02 15:04:05 MST") }
	switch {
	case from.IsZero() && until.IsZero():
		return ""
	case from.IsZero():
		return " before " + text(until)
	case until.IsZero():
		return " after " + text(from)
	}
	return " between " + text(from) + " and " + text(until)
}
