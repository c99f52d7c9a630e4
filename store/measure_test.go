package store_test

import (
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
	"holdfast/store"
)

const lease = time.Minute

// nextMeasurement takes the next measurement, which must be there.
func nextMeasurement(t testing.TB, s *store.Store) retention.Measurement {
	t.Helper()
	m, ok, err := s.ClaimMeasurement(t.Context(), lease)
	if err != nil || !ok {
		t.Fatalf("claim: got %t, %v; want a measurement", ok, err)
	}
	return m
}

func noMeasurement(t testing.TB, s *store.Store, why string) {
	t.Helper()
	if m, ok, err := s.ClaimMeasurement(t.Context(), lease); err != nil || ok {
		t.Errorf("%s: got policy %q, %t, %v; want none", why, m.Policy.Name, ok, err)
	}
}

func TestMeasurementBelongsToTheLiveVersion(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	oldest := time.Date(2020, 1, 2, 3, 4, 5, 6000, time.UTC)
	look := retention.Look{Done: true, OldestDue: &oldest, Cutoff: oldest.AddDate(1, 0, 0), Position: []byte(`{"from": 1}`)}
	statuses := func() map[string]retention.PolicyStatus { return must(s.PolicyStatuses(ctx))(t) }

	noMeasurement(t, s, "no policy")
	must(s.SavePolicy(ctx, policy("orders"), 0, by("policy.create")))(t)
	m := nextMeasurement(t, s)
	if len(statuses()) != 0 {
		t.Errorf("a policy that is being measured for the first time has a status: %v", statuses())
	}
	noErr(t, s.SaveMeasurement(ctx, m, look, time.Hour))
	got := statuses()["orders"]
	if got.CheckedAt.IsZero() {
		t.Error("CheckedAt is not set")
	}
	want := retention.PolicyStatus{Policy: "orders", OldestDue: &oldest, Cutoff: look.Cutoff, CheckedAt: got.CheckedAt}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("status (-want +got):\n%s", diff)
	}
	noMeasurement(t, s, "measured a moment ago")

	must(s.SavePolicy(ctx, policy("orders"), 1, by("policy.replace")))(t)
	if got := statuses(); len(got) != 0 {
		t.Errorf("the former version's status is still there: %v", got)
	}
	noErr(t, s.SaveMeasurement(ctx, m, look, time.Hour))
	if got := statuses(); len(got) != 0 {
		t.Errorf("a measurement of the former version was kept: %v", got)
	}
	m = nextMeasurement(t, s)
	if m.Policy.Version != 2 || m.Position != nil {
		t.Errorf("claimed version %d from %s, want 2 from the beginning", m.Policy.Version, m.Position)
	}
	must(s.RetirePolicy(ctx, "orders", 2, by("policy.retire")))(t)
	noErr(t, s.SaveMeasurement(ctx, m, look, time.Hour))
	if got := statuses(); len(got) != 0 {
		t.Errorf("a retired policy has a status: %v", got)
	}
	noMeasurement(t, s, "a retired policy")
}

func TestWhatWasLastMeasuredStandsUntilALookIsDone(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	oldest := time.Date(2020, 1, 2, 3, 4, 5, 6000, time.UTC)
	must(s.SavePolicy(ctx, policy("orders"), 0, by("policy.create")))(t)
	noErr(t, s.SaveMeasurement(ctx, nextMeasurement(t, s), retention.Look{Done: true, OldestDue: &oldest, Cutoff: oldest.AddDate(1, 0, 0)}, 0))
	first := must(s.PolicyStatuses(ctx))(t)["orders"]

	for _, c := range []struct {
		look  retention.Look
		next  time.Duration
		after func(*retention.PolicyStatus)
	}{
		{retention.Look{Problem: "too slow"}, 0, func(st *retention.PolicyStatus) { st.Problem = "too slow" }},
		{retention.Look{Note: "40 %", Position: []byte(`{"block": 40}`)}, 0, func(st *retention.PolicyStatus) { st.Note = "40 %" }},
	} {
		noErr(t, s.SaveMeasurement(ctx, nextMeasurement(t, s), c.look, c.next))
		want := first
		c.after(&want)
		if diff := cmp.Diff(want, must(s.PolicyStatuses(ctx))(t)["orders"]); diff != "" {
			t.Errorf("status (-want +got):\n%s", diff)
		}
	}
	if m := nextMeasurement(t, s); string(m.Position) != `{"block": 40}` {
		t.Errorf("the next round begins at %s, want where the last one left off", m.Position)
	}
}

func TestOneProcessAtATimeMeasures(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	for _, name := range []string{"a_one", "b_two", "c_three"} {
		must(s.SavePolicy(ctx, policy(name), 0, by("policy.create")))(t)
	}
	var mu sync.Mutex
	var wg sync.WaitGroup
	var got []retention.Measurement
	for range 8 {
		wg.Go(func() {
			m, ok, err := s.ClaimMeasurement(ctx, lease)
			mu.Lock()
			defer mu.Unlock()
			if err != nil {
				t.Error(err)
			}
			if ok {
				got = append(got, m)
			}
		})
	}
	wg.Wait()
	if len(got) != 1 {
		t.Fatalf("%d processes measure at once, want 1", len(got))
	}
	noMeasurement(t, s, "while another measures")
	// A run on it ends while it is measured: the answer may be older than the run.
	r := requested(t, s, false, got[0].Policy.Name)
	claim(t, s, r)
	must(s.FinishRun(ctx, r.ID, 1, retention.RunSucceeded))(t)
	noErr(t, s.SaveMeasurement(ctx, got[0], retention.Look{Done: true}, time.Hour))
	seen := map[string]int{got[0].Policy.Name: 1}
	for range 3 {
		m := nextMeasurement(t, s)
		seen[m.Policy.Name]++
		noErr(t, s.SaveMeasurement(ctx, m, retention.Look{Done: true}, time.Hour))
	}
	noMeasurement(t, s, "all measured")
	want := map[string]int{"a_one": 1, "b_two": 1, "c_three": 1}
	want[got[0].Policy.Name] = 2
	if diff := cmp.Diff(want, seen); diff != "" {
		t.Errorf("measured (-want +got):\n%s", diff)
	}
}

func TestAMeasurementOfADeadProcessIsTakenByAnother(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	must(s.SavePolicy(ctx, policy("orders"), 0, by("policy.create")))(t)
	dead := nextMeasurement(t, s)
	exec(t, s, `UPDATE holdfast.policy_status SET claimed_until = holdfast.clock() - interval '1 second'`)
	alive := nextMeasurement(t, s)
	dead.Until = dead.Until.Add(-time.Hour)
	noErr(t, s.SaveMeasurement(ctx, dead, retention.Look{Done: true}, time.Hour))
	noMeasurement(t, s, "the late one's answer ended the claim of the other")
	noErr(t, s.SaveMeasurement(ctx, alive, retention.Look{Done: true}, time.Hour))
	if len(must(s.PolicyStatuses(ctx))(t)) != 1 {
		t.Error("the measurement was not kept")
	}
}

// A process that dies right after a run must not leave the figures of before it for
// minutes: what makes them due is in the transaction that ends the run.
func TestWhateverEndsARunMakesItsPoliciesDueForMeasuring(t *testing.T) {
	ctx := t.Context()
	for name, c := range map[string]struct {
		dry  bool
		want bool
		end  func(*store.Store, retention.Run) error
	}{
		"finished": {false, true, func(s *store.Store, r retention.Run) error {
			_, err := s.FinishRun(ctx, r.ID, 1, retention.RunPartial)
			return err
		}},
		"finished dry": {true, false, func(s *store.Store, r retention.Run) error {
			_, err := s.FinishRun(ctx, r.ID, 1, retention.RunSucceeded)
			return err
		}},
		"paused": {false, true, func(s *store.Store, r retention.Run) error {
			_, err := s.StopRun(ctx, r.ID, retention.RunPaused, by("run.pause"))
			return err
		}},
		"cancelled": {false, true, func(s *store.Store, r retention.Run) error {
			_, err := s.StopRun(ctx, r.ID, retention.RunCancelled, by("run.cancel"))
			return err
		}},
		"still in process": {false, false, func(*store.Store, retention.Run) error { return nil }},
	} {
		t.Run(name, func(t *testing.T) {
			s := newStore(t)
			for _, p := range []string{"a_one", "b_two"} {
				must(s.SavePolicy(ctx, policy(p), 0, by("policy.create")))(t)
				noErr(t, s.SaveMeasurement(ctx, nextMeasurement(t, s), retention.Look{Done: true}, time.Hour))
			}
			r := requested(t, s, c.dry, "a_one")
			claim(t, s, r)
			noErr(t, c.end(s, r))
			if !c.want {
				noMeasurement(t, s, name)
				return
			}
			m := nextMeasurement(t, s)
			noErr(t, s.SaveMeasurement(ctx, m, retention.Look{Done: true}, time.Hour))
			if m.Policy.Name != "a_one" {
				t.Errorf("measured %q, want the run's policy", m.Policy.Name)
			}
			noMeasurement(t, s, "the policy of no run")
		})
	}
}
