package engine

import (
	"context"
	"errors"
	"fmt"
	"time"

	"holdfast/retention"
)

const (
	// measureEvery is how old a measurement may become.
	measureEvery = 5 * time.Minute
	// measureAgain is the pause between two rounds of one look, and before another try
	// after a first failure or where the governed database was away. A round takes some
	// two seconds.
	measureAgain = 15 * time.Second
	// measureLease is how long a process that died keeps the others from measuring;
	// well above what a round may take.
	measureLease = 90 * time.Second
)

// MeasurePolicies looks for the oldest due row of every live policy that is due for
// it: new ones, those of a run that has ended, the others every five minutes. One
// process at a time measures, one policy at a time. A policy that cannot be measured
// keeps what was last measured, with the reason; the others go on.
func (e *Engine) MeasurePolicies(ctx context.Context) error {
	var errs []error
	for {
		m, ok, err := e.store.ClaimMeasurement(ctx, measureLease)
		if err != nil || !ok {
			return errors.Join(append(errs, err)...)
		}
		if err := e.measure(ctx, m); err != nil {
			errs = append(errs, fmt.Errorf("measure policy %s: %w", m.Policy.Name, err))
		}
		if ctx.Err() != nil {
			return ctx.Err()
		}
	}
}

func (e *Engine) measure(ctx context.Context, m retention.Measurement) error {
	// Whatever becomes of it, the claim is given back below: until it runs out, nobody else
	// measures.
	var look retention.Look
	p, err := e.ranked(ctx, m.Policy)
	if err == nil {
		look, err = e.target.Look(ctx, p, m.Position)
	}
	next := measureEvery
	switch {
	case ctx.Err() != nil:
		// The service stops: another process may have it at once.
		look, next = retention.Look{Position: m.Position}, 0
	case err != nil:
		look = retention.Look{Position: m.Position, Problem: problemOf(err)}
		// What fails in passing, a machine too busy for a moment, is over by then; what
		// fails again costs the governed database a look every five minutes.
		if !m.Failed || errors.Is(err, retention.ErrUnavailable) {
			next = measureAgain
		}
	case !look.Done:
		next = measureAgain
	}
	sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
	defer cancel()
	return e.store.SaveMeasurement(sctx, m, look, next)
}

// problemOf says for people why a look has failed.
func problemOf(err error) string {
	switch {
	case errors.Is(err, retention.ErrUnavailable):
		return "the governed database cannot be reached"
	case errors.Is(err, retention.ErrTooSlow):
		return "looking for the oldest due row took too long and was given up; an index that begins with the timestamp column makes it quick"
	}
	return err.Error()
}

// dueFor is how long the oldest due row has been due, zero if none is. The cutoff has
// moved on since it was measured, so has the age.
func dueFor(st retention.PolicyStatus, now time.Time) time.Duration {
	if st.OldestDue == nil {
		return 0
	}
	return max(0, st.Cutoff.Sub(*st.OldestDue)+now.Sub(st.CheckedAt))
}

// Figures are the store's figures at one moment, as gauges show them.
type Figures struct {
	retention.Snapshot
	Health    []PolicyFigures
	Schedules []ScheduleHealth
	// Subscribers are those that have not ended.
	Subscribers []SubscriberFigures
	// HoldDates count holds in force by what comes next.
	HoldDates retention.HoldDates
	// Uncarried is how long the oldest row of journal or outbox has waited in the
	// governed database to be brought into the store; nil if that could not be asked.
	Uncarried *time.Duration
}

// PolicyFigures are one live policy's.
type PolicyFigures struct {
	retention.PolicySnapshot
	// Measured is false as long as nothing has been measured.
	Measured bool
	// OverdueFor is how long the oldest unheld row has been due; zero if none is.
	OverdueFor time.Duration
	// Allowance is the policy's grace.
	Allowance time.Duration
}

// SubscriberFigures say how far one subscriber is behind.
type SubscriberFigures struct {
	Name    string
	Enabled bool
	retention.SubscriberStatus
}

// Figures reads the store's figures. Of the governed database one thing is asked,
// which is small there; while it is away the rest stands.
func (e *Engine) Figures(ctx context.Context) (Figures, error) {
	snap, err := e.store.Snapshot(ctx)
	if err != nil {
		return Figures{}, err
	}
	schedules, err := e.scheduleHealth(ctx)
	if err != nil {
		return Figures{}, err
	}
	subscribers, err := e.subscriberFigures(ctx)
	if err != nil {
		return Figures{}, err
	}
	f := Figures{Snapshot: snap, Schedules: schedules, Subscribers: subscribers, Health: make([]PolicyFigures, len(snap.Policies))}
	for i, p := range snap.Policies {
		f.Health[i] = PolicyFigures{
			PolicySnapshot: p, Measured: !p.Status.CheckedAt.IsZero(), OverdueFor: dueFor(p.Status, snap.At), Allowance: graceOf(p.Grace),
		}
	}
	if f.HoldDates, err = e.store.HoldDates(ctx); err != nil {
		return Figures{}, err
	}
	f.Uncarried = e.uncarriedFor(ctx)
	return f, nil
}

// uncarriedFor is nil if the governed database does not answer in time: no figure of
// the store waits for it.
func (e *Engine) uncarriedFor(ctx context.Context) *time.Duration {
	ctx, cancel := context.WithTimeout(ctx, 2*time.Second)
	defer cancel()
	age, err := e.target.UncarriedFor(ctx)
	if err != nil {
		return nil
	}
	return &age
}

func (e *Engine) subscriberFigures(ctx context.Context) ([]SubscriberFigures, error) {
	var out []SubscriberFigures
	page := retention.Page{Limit: retention.MaxPage}
	for {
		list, next, err := e.store.Subscribers(ctx, page)
		if err != nil {
			return nil, err
		}
		for _, s := range list {
			st, err := e.store.SubscriberStatus(ctx, s.ID)
			if errors.Is(err, retention.ErrNotFound) {
				continue // it has ended meanwhile
			}
			if err != nil {
				return nil, err
			}
			out = append(out, SubscriberFigures{Name: s.Name, Enabled: s.Enabled, SubscriberStatus: st})
		}
		if next == "" {
			return out, nil
		}
		page.Cursor = next
	}
}

// Dispositions sums what real runs did in each day, for a chart. bounds are where the
// days begin, in whatever zone the reader counts them, and where the last one ends.
func (e *Engine) Dispositions(ctx context.Context, actor retention.Actor, bounds []time.Time) ([]retention.DayCount, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, err
	}
	return e.store.Dispositions(ctx, bounds)
}
