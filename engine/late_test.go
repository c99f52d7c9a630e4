package engine_test

import (
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/retention"
)

// behindAPausedRun is a house in which a night's run waits for a paused one on its policy.
func behindAPausedRun(t *testing.T) (h *house, paused, waiting retention.Run) {
	t.Helper()
	h = twoTables(t)
	h.exec(`INSERT INTO public.one SELECT i, timestamptz '2020-01-01' FROM generate_series(1, 5) AS i`)
	h.setClock(evening)
	h.mustSchedule(everyNight("p_one"))
	paused = h.request(engine.RunRequest{Policies: []string{"p_one"}})
	if _, err := h.engine.PauseRun(t.Context(), h.actor, paused.ID); err != nil {
		t.Fatal(err)
	}
	h.setClock(night(5))
	h.tick()
	scheduled, _, err := h.engine.Runs(t.Context(), h.actor, retention.RunFilter{Triggers: []retention.Trigger{retention.TriggerSchedule}}, retention.Page{})
	if err != nil || len(scheduled) != 1 {
		t.Fatalf("got %d runs of the schedule, %v, want 1", len(scheduled), err)
	}
	h.mustExecute(scheduled[0].ID)
	if waiting = h.getRun(scheduled[0].ID); !strings.Contains(waiting.Waiting, paused.ID) {
		t.Fatalf("the run waits for %q, want the paused run", waiting.Waiting)
	}
	return h, paused, waiting
}

func (h *house) mustExecute(id string) {
	h.t.Helper()
	if err := h.engine.ExecuteRun(h.t.Context(), id, h.getRun(id).Attempt); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) takeOver() {
	h.t.Helper()
	if err := h.engine.TakeOver(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

// A night's run that waits beyond the grace would begin by day.
func TestARunThatWaitsForItsTurnBeyondTheGraceIsAMissedSlot(t *testing.T) {
	h, paused, waiting := behindAPausedRun(t)
	h.setClock(night(5).Add(59 * time.Minute))
	h.takeOver()
	if got := h.getRun(waiting.ID).Status; got != retention.RunQueued {
		t.Fatalf("within the grace the run is %s, want that it waits", got)
	}
	h.setClock(night(5).Add(time.Hour))
	if _, err := h.engine.CancelRun(t.Context(), h.actor, paused.ID); err != nil {
		t.Fatal(err)
	}
	h.mustExecute(waiting.ID) // the worker is faster than the look at what waits
	if got := h.getRun(waiting.ID); got.StartedAt != nil {
		t.Fatalf("the run began after the grace of its slot, at %v", got.StartedAt)
	}
	h.takeOver()
	h.takeOver() // another process
	got := h.getRun(waiting.ID)
	if got.Status != retention.RunCancelled || got.TotalErrors != 1 || got.Policies[0].Status != retention.RunCancelled {
		t.Errorf("the run ended as %s with %d errors, want cancelled with the reason", got.Status, got.TotalErrors)
	}
	if n := h.count(`SELECT count(*) FROM public.one`); n != 5 {
		t.Errorf("%d of 5 rows are left", n)
	}
	want := "missed its run did not begin by 2027-05-05 04:00:00 UTC: it waited for run " + paused.ID + ", which is paused and keeps p_one too"
	if got := h.newestSlots("nights", 1)[0]; got != want {
		t.Errorf("the slot: got %q, want %q", got, want)
	}
	nights, err := h.engine.Schedule(t.Context(), h.actor, "nights")
	if err != nil || nights.MissedTotal != 1 || nights.MissedWeek != 1 {
		t.Errorf("%d missed in all and %d in the week, %v; want 1", nights.MissedTotal, nights.MissedWeek, err)
	}
}

// Whoever waited for the late run and for no other begins at once.
func TestALateRunLetsGoWhoWaitedForIt(t *testing.T) {
	h, paused, waiting := behindAPausedRun(t)
	next := h.request(engine.RunRequest{Policies: []string{"p_one"}})
	h.setClock(night(5).Add(2 * time.Hour))
	h.takeOver()
	if _, err := h.engine.CancelRun(t.Context(), h.actor, paused.ID); err != nil {
		t.Fatal(err)
	}
	h.mustExecute(next.ID)
	if got := h.getRun(next.ID); got.Status != retention.RunSucceeded || got.TotalProcessed != 5 {
		t.Errorf("the run after the late one (%s) ended as %s with %d rows, want succeeded with 5", h.getRun(waiting.ID).Status, got.Status, got.TotalProcessed)
	}
}

// A person who resumes it wants it now, whatever the hour.
func TestAResumedRunIsNotLate(t *testing.T) {
	h, paused, waiting := behindAPausedRun(t)
	if _, err := h.engine.PauseRun(t.Context(), h.actor, waiting.ID); err != nil {
		t.Fatal(err)
	}
	h.setClock(night(5).Add(8 * time.Hour))
	h.takeOver()
	for _, end := range []func() error{
		func() error { _, err := h.engine.CancelRun(t.Context(), h.actor, paused.ID); return err },
		func() error { _, err := h.engine.ResumeRun(t.Context(), h.actor, waiting.ID); return err },
	} {
		if err := end(); err != nil {
			t.Fatal(err)
		}
	}
	h.takeOver()
	h.mustExecute(waiting.ID)
	if got := h.getRun(waiting.ID); got.Status != retention.RunSucceeded || got.TotalProcessed != 5 {
		t.Errorf("got %s with %d rows, want succeeded with 5", got.Status, got.TotalProcessed)
	}
	if got := h.newestSlots("nights", 1)[0]; got != "started" {
		t.Errorf("the slot: got %q, want started", got)
	}
}
