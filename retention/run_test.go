package retention_test

import (
	"reflect"
	"testing"

	"pgregory.net/rapid"

	"holdfast/retention"
)

func TestARunEndsInFourWays(t *testing.T) {
	want := map[retention.RunStatus]bool{
		retention.RunQueued: false, retention.RunRunning: false, retention.RunPaused: false, retention.RunNeedsApproval: false,
		retention.RunSucceeded: true, retention.RunPartial: true, retention.RunFailed: true, retention.RunCancelled: true,
	}
	if len(retention.RunStatuses()) != len(want) {
		t.Fatalf("statuses are %v: say here which of them end a run", retention.RunStatuses())
	}
	for _, s := range retention.RunStatuses() {
		if got := s.Ended(); got != want[s] {
			t.Errorf("%s.Ended() = %v, want %v", s, got, want[s])
		}
	}
}

func TestSkippingNothingLeavesNoEntry(t *testing.T) {
	var c retention.Counts
	c.Skip(retention.SkippedLocked, 0)
	if c.Skipped != nil {
		t.Errorf("got %v, want no map", c.Skipped)
	}
	c.Skip(retention.SkippedLocked, 2)
	c.Skip(retention.SkippedTrigger, 0)
	c.Skip(retention.SkippedLocked, 3)
	c.Skip(retention.SkippedStillDue, 1)
	want := map[string]int64{retention.SkippedLocked: 5, retention.SkippedStillDue: 1}
	if !reflect.DeepEqual(c.Skipped, want) || c.SkippedTotal() != 6 {
		t.Errorf("got %v, together %d, want %v, together 6", c.Skipped, c.SkippedTotal(), want)
	}
}

func TestAddingCountsLeavesWhatIsAddedAlone(t *testing.T) {
	a := retention.Counts{Processed: 1, Held: 2, Blocked: 3, Skipped: map[string]int64{"x": 1}}
	b := retention.Counts{Processed: 10, Held: 20, Blocked: 30, Skipped: map[string]int64{"x": 10, "y": 5, "zero": 0}}
	a.Add(b)
	want := retention.Counts{Processed: 11, Held: 22, Blocked: 33, Skipped: map[string]int64{"x": 11, "y": 5}}
	if !reflect.DeepEqual(a, want) {
		t.Errorf("got %+v, want %+v", a, want)
	}
	if want := map[string]int64{"x": 10, "y": 5, "zero": 0}; !reflect.DeepEqual(b.Skipped, want) {
		t.Errorf("the added counts became %v, want %v", b.Skipped, want)
	}
	var zero retention.Counts
	zero.Add(b)
	zero.Skip("x", 1)
	if b.Skipped["x"] != 10 {
		t.Errorf("the sum and the summand share a map: x is %d, want 10", b.Skipped["x"])
	}
}

func TestTheSumOfCountsDoesNotDependOnTheirOrder(t *testing.T) {
	count := rapid.Custom(func(t *rapid.T) retention.Counts {
		n := rapid.Int64Range(0, 1000)
		return retention.Counts{
			Processed: n.Draw(t, "processed"), Held: n.Draw(t, "held"), Blocked: n.Draw(t, "blocked"),
			Skipped: rapid.MapOfN(rapid.SampledFrom([]string{"a", "b", "c"}), n, 0, 3).Draw(t, "skipped"),
		}
	})
	rapid.Check(t, func(t *rapid.T) {
		all := rapid.SliceOfN(count, 1, 5).Draw(t, "counts")
		var forth, back retention.Counts
		var total int64
		for i := range all {
			forth.Add(all[i])
			back.Add(all[len(all)-1-i])
			total += all[i].SkippedTotal()
		}
		if !reflect.DeepEqual(forth, back) {
			t.Fatalf("forth %+v, back %+v", forth, back)
		}
		if got := forth.SkippedTotal(); got != total {
			t.Fatalf("got %d skipped, want %d", got, total)
		}
	})
}
