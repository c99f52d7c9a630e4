package store_test

import (
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/google/uuid"

	"holdfast/retention"
	"holdfast/store"
)

// ran is a run under one policy that ended at a moment.
func ran(t testing.TB, s *store.Store, name string, dry bool, at time.Time, res retention.PolicyResult) {
	t.Helper()
	r, ok := claim(t, s, requested(t, s, dry, name))
	if !ok {
		t.Fatalf("the run was not claimed: %s", r.Waiting)
	}
	res.Policy, res.Version, res.StartedAt, res.FinishedAt = name, 1, &at, &at
	noErr(t, s.SaveResult(t.Context(), r.ID, r.Attempt, res))
	must(s.FinishRun(t.Context(), r.ID, r.Attempt, res.Status))(t)
}

// committed is a batch that was carried into the store.
func committed(t testing.TB, s *store.Store, policy string, at time.Time, processed int64) {
	t.Helper()
	b := journalRow(uuid.NewString(), policy, 1)
	b.ID, b.CommittedAt, b.Processed = uuid.NewString(), at, processed
	noErr(t, s.SaveBatches(t.Context(), []retention.JournalRow{b}))
}

func counts(processed, held int64) retention.Counts {
	return retention.Counts{Processed: processed, Held: held}
}

func TestSnapshotHasEveryFigureOfTheStore(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.UTC)
	ok, failed := retention.PolicyResult{Status: retention.RunSucceeded}, retention.PolicyResult{Status: retention.RunFailed, Errors: []string{"no"}}
	disabled := policy("b_two")
	disabled.Enabled, disabled.Grace = false, &retention.Period{}
	must(s.SavePolicy(ctx, policy("a_one"), 0, by("policy.create")))(t)
	must(s.SavePolicy(ctx, disabled, 0, by("policy.create")))(t)
	must(s.SavePolicy(ctx, policy("c_three"), 0, by("policy.create")))(t)
	must(s.SavePolicy(ctx, policy("d_four"), 0, by("policy.create")))(t)
	must(s.RetirePolicy(ctx, "d_four", 1, by("policy.retire")))(t)
	ran(t, s, "a_one", false, at, ok)
	ran(t, s, "a_one", false, at.Add(time.Hour), failed)
	ran(t, s, "a_one", true, at.Add(2*time.Hour), ok) // a simulation proves nothing
	ran(t, s, "b_two", false, at, failed)
	ran(t, s, "b_two", false, at.Add(time.Hour), ok)
	requested(t, s, false, "c_three")
	requested(t, s, true, "c_three")
	must(s.CreateHold(ctx, hold("Test v. Test"), by("hold.place")))(t)
	noErr(t, s.SaveMeasurement(ctx, nextMeasurement(t, s), retention.Look{Done: true, OldestDue: &at, Cutoff: at.Add(time.Hour)}, time.Hour))

	got := must(s.Snapshot(ctx))(t)
	checked := got.Policies[0].Status.CheckedAt
	if got.At.IsZero() || checked.IsZero() || checked.After(got.At) {
		t.Errorf("read at %s, measured at %s", got.At, checked)
	}
	one, two := at, at.Add(time.Hour)
	grace := retention.DefaultGrace
	want := []retention.PolicySnapshot{
		{Policy: "a_one", Action: retention.ActionDelete, Enabled: true, Grace: grace, LastSuccess: &one, LastFailed: true,
			Status: retention.PolicyStatus{Policy: "a_one", OldestDue: &at, Cutoff: at.Add(time.Hour), CheckedAt: checked}},
		{Policy: "b_two", Action: retention.ActionDelete, LastSuccess: &two, Status: retention.PolicyStatus{Policy: "b_two"}},
		{Policy: "c_three", Action: retention.ActionDelete, Enabled: true, Grace: grace, Status: retention.PolicyStatus{Policy: "c_three"}},
	}
	if diff := cmp.Diff(want, got.Policies); diff != "" {
		t.Errorf("policies (-want +got):\n%s", diff)
	}
	wantRuns := map[retention.RunStatus]int64{retention.RunQueued: 1, retention.RunRunning: 0, retention.RunPaused: 0, retention.RunNeedsApproval: 0}
	if diff := cmp.Diff(wantRuns, got.OpenRuns); diff != "" {
		t.Errorf("open runs (-want +got):\n%s", diff)
	}
	if got.Holds[retention.HoldApplying] != 1 || len(got.Holds) != len(retention.HoldStatuses()) {
		t.Errorf("holds by status: %v", got.Holds)
	}
	if got.Jobs["available"] != 7 || got.Jobs["running"] != 0 || len(got.Jobs) < 5 {
		t.Errorf("jobs by state: %v; want 7 available, and zeros", got.Jobs)
	}
}

func TestDispositionsAreSummedByTheReadersDays(t *testing.T) {
	s := newStore(t)
	berlin := must(time.LoadLocation("Europe/Berlin"))(t)
	day := func(n int) time.Time { return time.Date(2026, 3, n, 0, 0, 0, 0, berlin) }
	// 29 March 2026 has 23 hours there.
	bounds := []time.Time{day(28), day(29), day(30), day(31)}
	for i, c := range []struct {
		at        time.Time
		dry       bool
		status    retention.RunStatus
		processed int64
	}{
		{day(28).Add(-time.Microsecond), false, retention.RunSucceeded, 1},
		{day(28), false, retention.RunSucceeded, 10},
		{day(29).Add(-time.Microsecond), false, retention.RunFailed, 100},
		{day(29), true, retention.RunSucceeded, 1000},
		{day(30), false, retention.RunSucceeded, 10_000},
		{day(31).Add(-time.Second), false, retention.RunSucceeded, 100_000},
		{day(31), false, retention.RunSucceeded, 1_000_000},
	} {
		ran(t, s, fmt.Sprintf("p%d", i), c.dry, c.at, retention.PolicyResult{Status: c.status, Counts: counts(c.processed, 1)})
		if !c.dry {
			committed(t, s, fmt.Sprintf("p%d", i), c.at, c.processed)
		}
	}
	// Of a run that goes on, or is paused, what it has committed counts on its day.
	committed(t, s, "paused", day(29).Add(time.Hour), 7)
	committed(t, s, "paused", day(30).Add(time.Hour), 5)
	got := must(s.Dispositions(t.Context(), bounds))(t)
	want := []retention.DayCount{
		{From: day(28), Processed: 110, Held: 2, Failed: 1}, {From: day(29), Processed: 7}, {From: day(30), Processed: 110_005, Held: 2},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	if got := must(s.Dispositions(t.Context(), nil))(t); got != nil {
		t.Errorf("without bounds: %v", got)
	}
}
