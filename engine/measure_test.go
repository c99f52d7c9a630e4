package engine_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// figures are what the gauges would show of the one policy.
func (h *house) figures() engine.PolicyFigures {
	h.t.Helper()
	f, err := h.engine.Figures(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	if len(f.Health) != 1 {
		h.t.Fatalf("figures of %d policies, want 1", len(f.Health))
	}
	return f.Health[0]
}

func (h *house) measure() {
	h.t.Helper()
	if err := h.engine.MeasurePolicies(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// measureNow makes the policy due for measuring, as time would.
func (h *house) measureNow(p retention.Policy) {
	h.t.Helper()
	pgtest.Exec(h.t, h.storeURL, `UPDATE holdfast.policy_status SET due_at = holdfast.clock() WHERE policy = '`+p.Name+`'`)
}

func days(d time.Duration) string { return fmt.Sprintf("%.1f days", d.Hours()/24) }

func TestTheOldestDueRowIsMeasuredAtOnceAndAfterEachRun(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 1000, true)...)
	h.mustPolicy(policyOn("r", 90))
	h.mustHold(holdOn("r", "1", "2"))
	if f := h.figures(); f.Measured || f.OverdueFor != 0 {
		t.Errorf("before the first measurement: %+v", f)
	}
	h.measure()
	if f := h.figures(); !f.Measured || days(f.OverdueFor) != "310.0 days" || f.Allowance != 48*time.Hour {
		t.Errorf("rows of 400 days ago, kept for 90: overdue for %s, allowance %s", days(f.OverdueFor), f.Allowance)
	}
	h.mustRun(engine.RunRequest{DryRun: true})
	h.mustRun(engine.RunRequest{})
	h.measure()
	f := h.figures()
	if !f.Measured || f.OverdueFor != 0 || f.LastSuccess == nil {
		t.Errorf("after a run that left held rows alone: overdue for %s, last success %v; want 0 and one", f.OverdueFor, f.LastSuccess)
	}
	checked := f.Status.CheckedAt
	h.measure()
	if f := h.figures(); !f.Status.CheckedAt.Equal(checked) {
		t.Errorf("measured again at %s, a moment after %s", f.Status.CheckedAt, checked)
	}
}

func TestFiguresHaveTheSchedulesToo(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	if err := h.engine.EnsureNightly(t.Context(), "UTC"); err != nil {
		t.Fatal(err)
	}
	f, err := h.engine.Figures(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if len(f.Schedules) != 1 || f.Schedules[0].Schedule.Name != retention.NightlySchedule || f.Schedules[0].Overdue || f.Schedules[0].MissedTotal != 0 {
		t.Errorf("schedules: %+v; want nightly, neither overdue nor missed", f.Schedules)
	}
}

func (h *house) allFigures() engine.Figures {
	h.t.Helper()
	f, err := h.engine.Figures(h.t.Context())
	if err != nil {
		h.t.Fatal(err)
	}
	return f
}

func TestFiguresSayHowFarSubscribersAreBehind(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	told := newReceiver(t, nil)
	crm := h.mustSubscriber(retention.Subscriber{URL: told.URL})
	h.append(batchOf(1, "a", "b", "c"))
	f := h.allFigures()
	if len(f.Subscribers) != 1 || f.Subscribers[0].Name != "crm" || f.Subscribers[0].Undelivered() != 3 || f.Subscribers[0].Oldest == nil {
		t.Fatalf("before it is told: %+v, want crm with three events of a minute ago", f.Subscribers)
	}
	if age := f.Subscribers[0].MeasuredAt.Sub(*f.Subscribers[0].Oldest); age < time.Minute || age > 10*time.Minute {
		t.Errorf("the oldest is %s old, want a minute", age)
	}
	h.pumpOnce(crm.ID)
	if f = h.allFigures(); f.Subscribers[0].Undelivered() != 0 || f.Subscribers[0].Oldest != nil {
		t.Errorf("once it is told: %+v, want nothing left", f.Subscribers[0])
	}
}

func TestFiguresSayHowLongEvidenceHasWaitedToBeCarried(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	if f := h.allFigures(); f.Uncarried == nil || *f.Uncarried != 0 {
		t.Errorf("with nothing to carry: %v, want 0", f.Uncarried)
	}
	h.exec(`INSERT INTO holdfast_guard.outbox (id, run_id, policy, policy_version, action, entity_type, initiated_at, occurred_at, count, key_parts, keys, columns, included)
		VALUES ('` + batchID(1) + `', '` + batchID(0) + `', 'users', 1, 'delete', 'user', now(), now() - interval '1 hour', 1, 1, '{a}', '[]', '{}')`)
	if f := h.allFigures(); f.Uncarried == nil || f.Uncarried.Round(time.Minute) != time.Hour {
		t.Errorf("with a row of an hour ago: %v, want an hour", f.Uncarried)
	}
	// A governed database that does not answer keeps no figure of the store waiting.
	h.lockTable("holdfast_guard.outbox", "ACCESS EXCLUSIVE")
	begun := time.Now()
	f := h.allFigures()
	if took := time.Since(begun); f.Uncarried != nil || f.At.IsZero() || took > 30*time.Second {
		t.Errorf("while it does not answer: %v after %s, the rest of %s; want none, within seconds, and the rest", f.Uncarried, took, f.At)
	}
}

func TestAMeasurementThatFailsKeepsTheLastOneAndSaysWhy(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 100, true)...)
	p := h.mustPolicy(policyOn("r", 90))
	h.measure()
	before := h.figures()
	h.exec(`ALTER TABLE public.r RENAME TO s`)
	h.measureNow(p)
	h.measure()
	f := h.figures()
	if !strings.Contains(f.Status.Problem, "public.r") || !f.Status.CheckedAt.Equal(before.Status.CheckedAt) || f.OverdueFor < before.OverdueFor {
		t.Errorf("after the table was renamed: problem %q, measured %s, overdue %s; want the reason and what was measured at %s",
			f.Status.Problem, f.Status.CheckedAt, f.OverdueFor, before.Status.CheckedAt)
	}
	o, err := h.engine.Overview(t.Context(), h.actor)
	if err != nil {
		t.Fatal(err)
	}
	if got := o.Policies[0]; !got.Measured || !got.Overdue || got.Status.Problem == "" {
		t.Errorf("the overview has %+v; want it overdue as last measured, with the problem", got)
	}
	h.exec(`ALTER TABLE public.s RENAME TO r`)
	h.measureNow(p)
	h.measure()
	if f := h.figures(); f.Status.Problem != "" || !f.Status.CheckedAt.After(before.Status.CheckedAt) {
		t.Errorf("once it can be measured again: %+v", f.Status)
	}
}

func TestARunThatMayNotStartFailsEachOfItsPolicies(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 100, true)...)
	h.mustPolicy(policyOn("r", 90))
	h.mustHold(holdOn("r", "1"))
	// Another database than the holds were placed in.
	h.exec(`UPDATE holdfast.guard_mark SET system_identifier = '1'`)
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunFailed {
		t.Fatalf("the run ended as %s, want failed", run.Status)
	}
	if f := h.figures(); !f.LastFailed || f.LastSuccess != nil {
		t.Errorf("last run failed %t, last success %v; want true and none", f.LastFailed, f.LastSuccess)
	}
}

// A look that fails because the machine is too busy for a moment must not leave the
// dashboard without a figure for five minutes; one that always fails must not be tried
// every few seconds for ever.
func TestALookThatFailedOnceIsTriedAgainSoonAndOneThatGoesOnFailingIsNot(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 100, true)...)
	p := h.mustPolicy(policyOn("r", 90))
	h.exec(`ALTER TABLE public.r RENAME TO s`)
	wait := func() time.Duration {
		h.measureNow(p)
		h.measure()
		return time.Duration(pgtest.Value[float64](t, h.storeURL, `SELECT extract(epoch FROM due_at - holdfast.clock())::float8 FROM holdfast.policy_status`) * float64(time.Second))
	}
	h.measure()
	for _, c := range []struct {
		what string
		do   func()
		want time.Duration
	}{
		{"a second failure", func() {}, 5 * time.Minute},
		{"a success", func() { h.exec(`ALTER TABLE public.s RENAME TO r`) }, 5 * time.Minute},
		{"a first failure after it", func() { h.exec(`ALTER TABLE public.r RENAME TO s`) }, 15 * time.Second},
		{"another one", func() {}, 5 * time.Minute},
	} {
		c.do()
		if got := wait(); got > c.want || got < c.want-10*time.Second {
			t.Errorf("after %s the next look is in %s, want about %s", c.what, got, c.want)
		}
	}
}
