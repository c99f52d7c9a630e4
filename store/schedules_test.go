package store_test

import (
	"context"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
	"holdfast/store"
)

func nightly() retention.Schedule {
	return retention.Schedule{Name: "nightly", Cron: "0 3 * * *", TimeZone: "Europe/Berlin", Enabled: true}.WithDefaults()
}

// shiftTo makes the store's clock stand at a moment.
func shiftTo(t testing.TB, s *store.Store, at time.Time) {
	t.Helper()
	exec(t, s, fmt.Sprintf(`CREATE OR REPLACE FUNCTION holdfast.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT timestamptz '%s' $$`, at.UTC().Format(time.RFC3339Nano)))
}

// midday is a winter's noon in Berlin; the next slot of nightly is 15 hours later.
var midday = time.Date(2026, 1, 10, 11, 0, 0, 0, time.UTC)

// saved is a schedule that was saved at midday, with the clock moved past n slots.
func saved(t testing.TB, s *store.Store, n int) (retention.Schedule, []retention.SlotTime) {
	t.Helper()
	shiftTo(t, s, midday)
	x := must(s.SaveSchedule(t.Context(), nightly(), 0, by("schedule.create")))(t)
	if n == 0 {
		return x, nil
	}
	slots, err := x.Following(midday, n)
	noErr(t, err)
	shiftTo(t, s, slots[n-1].At.Add(time.Second))
	return x, slots
}

func starts(slot retention.SlotTime) retention.SlotDecision {
	return retention.SlotDecision{SlotTime: slot, StartBy: slot.At.Add(time.Hour), Run: &retention.Run{RequestedBy: "schedule nightly", Pace: retention.PaceDefault,
		Policies: []retention.PolicyResult{{Policy: "orders", Table: table("orders")}}}}
}

func misses(slot retention.SlotTime, why string) retention.SlotDecision {
	return retention.SlotDecision{SlotTime: slot, Reason: why}
}

func claimOf(x retention.Schedule, decisions ...retention.SlotDecision) retention.SlotClaim {
	return retention.SlotClaim{Schedule: x.Name, Version: x.Version, ConsideredUntil: x.ConsideredUntil, Decisions: decisions}
}

func scheduleWrites() []write {
	return []write{
		{"SaveSchedule", false, true, func(_ *testing.T, s *store.Store) call {
			return func(ctx context.Context, by retention.By) (string, error) {
				_, err := s.SaveSchedule(ctx, nightly(), 0, by)
				return "schedule/nightly", err
			}
		}},
		{"SaveSchedule", true, true, func(t *testing.T, s *store.Store) call {
			x := must(s.SaveSchedule(t.Context(), nightly(), 0, by("schedule.create")))(t)
			return func(ctx context.Context, by retention.By) (string, error) {
				x.Enabled = false
				_, err := s.SaveSchedule(ctx, x, 1, by)
				return "schedule/nightly", err
			}
		}},
		{"ClaimSlots", false, true, func(t *testing.T, s *store.Store) call {
			x, slots := saved(t, s, 1)
			return func(ctx context.Context, by retention.By) (string, error) {
				runs, err := s.ClaimSlots(ctx, claimOf(x, starts(slots[0])), by)
				if err != nil {
					return "", err
				}
				return "run/" + runs[0].ID, nil
			}
		}},
	}
}

func TestScheduleIsReadBackAsItWasGivenAndOwesFromNowOn(t *testing.T) {
	s := newStore(t)
	x, _ := saved(t, s, 0)
	want := nightly()
	next := time.Date(2026, 1, 11, 2, 0, 0, 0, time.UTC)
	want.Version, want.CreatedBy, want.CreatedAt, want.OwedSince, want.ConsideredUntil, want.NextSlot = 1, jane.Name, midday, midday, midday, &next
	if diff := cmp.Diff(want, x); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	list, _, err := s.Schedules(t.Context(), retention.Page{})
	noErr(t, err)
	if diff := cmp.Diff([]retention.Schedule{want}, list); diff != "" {
		t.Errorf("list (-want +got):\n%s", diff)
	}
	_, err = s.Schedule(t.Context(), "weekly")
	wantErr(t, "an unknown one", err, retention.ErrNotFound)
}

func TestScheduleIsSavedAgainstTheVersionThatWasRead(t *testing.T) {
	s := newStore(t)
	x, _ := saved(t, s, 0)
	_, err := s.SaveSchedule(t.Context(), x, 0, by("schedule.create"))
	wantErr(t, "a second creation", err, retention.ErrConflict)
	_, err = s.SaveSchedule(t.Context(), x, 2, by("schedule.replace"))
	wantErr(t, "another version", err, retention.ErrStale)
	later := midday.Add(time.Hour)
	shiftTo(t, s, later)
	x.Enabled = false
	x = must(s.SaveSchedule(t.Context(), x, 1, by("schedule.replace")))(t)
	if x.NextSlot != nil || x.Version != 2 || !x.OwedSince.Equal(later) {
		t.Errorf("disabled: got next %v, version %d, owed since %v", x.NextSlot, x.Version, x.OwedSince)
	}
	shiftTo(t, s, midday.AddDate(0, 1, 0))
	if due := must(s.DueSchedules(t.Context()))(t); len(due) != 0 {
		t.Errorf("a disabled schedule is due: %v", due)
	}
	x.Enabled = true
	x = must(s.SaveSchedule(t.Context(), x, 2, by("schedule.replace")))(t)
	if want := time.Date(2026, 2, 11, 2, 0, 0, 0, time.UTC); x.NextSlot == nil || !x.NextSlot.Equal(want) {
		t.Errorf("enabled again: the next slot is %v, want %v: nothing of the month before is owed", x.NextSlot, want)
	}
}

func TestScheduleThatOwesSlotsIsNotSavedOverThem(t *testing.T) {
	s := newStore(t)
	x, slots := saved(t, s, 1)
	_, err := s.SaveSchedule(t.Context(), x, 1, by("schedule.replace"))
	wantErr(t, "with a slot owed", err, retention.ErrSlotsOwed)
	must(s.ClaimSlots(t.Context(), claimOf(x, starts(slots[0])), by("run.request")))(t)
	must(s.SaveSchedule(t.Context(), x, 1, by("schedule.replace")))(t)
}

func TestOfManyProcessesOneStartsASlot(t *testing.T) {
	s := newStore(t)
	x, slots := saved(t, s, 3)
	claim := claimOf(x, misses(slots[0], "nobody was there"), starts(slots[1]), starts(slots[2]))
	ok, errs := race(12, func() error {
		_, err := s.ClaimSlots(t.Context(), claim, by("run.request"))
		return err
	})
	if ok != 1 {
		t.Errorf("%d claims succeeded, want 1", ok)
	}
	for _, err := range errs {
		wantErr(t, "who was slower", err, retention.ErrConflict)
	}
	if n := count(t, s, `SELECT count(*) FROM holdfast.run`); n != 2 {
		t.Errorf("%d runs were made, want 2", n)
	}
	if n := count(t, s, `SELECT count(*) FROM holdfast.river_job`); n != 2 {
		t.Errorf("%d jobs are queued, want 2", n)
	}
	after := must(s.Schedule(t.Context(), "nightly"))(t)
	next := must(x.Next(slots[2].At))(t)
	if !after.ConsideredUntil.Equal(slots[2].At) || !after.NextSlot.Equal(next.At) {
		t.Errorf("considered until %v, next %v; want %v, %v", after.ConsideredUntil, after.NextSlot, slots[2].At, next.At)
	}
}

func TestSlotsSayWhatBecameOfThem(t *testing.T) {
	s := newStore(t)
	x, slots := saved(t, s, 3)
	runs := must(s.ClaimSlots(t.Context(), claimOf(x, misses(slots[0], "nobody was there"), starts(slots[1]), starts(slots[2])), by("run.request")))(t)
	var got []retention.Slot
	for page := (retention.Page{Limit: 2}); ; {
		list, next, err := s.Slots(t.Context(), "nightly", page)
		noErr(t, err)
		got = append(got, list...)
		if page.Cursor = next; next == "" {
			break
		}
	}
	decided := slots[2].At.Add(time.Second)
	want := []retention.Slot{
		{Schedule: "nightly", SlotTime: slots[2], Status: retention.SlotStarted, RunID: runs[1].ID, DecidedAt: decided},
		{Schedule: "nightly", SlotTime: slots[1], Status: retention.SlotStarted, RunID: runs[0].ID, DecidedAt: decided},
		{Schedule: "nightly", SlotTime: slots[0], Status: retention.SlotMissed, Reason: "nobody was there", DecidedAt: decided},
	}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
	for i, r := range runs {
		kept := must(s.Run(t.Context(), r.ID))(t)
		if kept.Trigger != retention.TriggerSchedule || kept.Schedule != "nightly" || kept.Slot == nil || !kept.Slot.Equal(slots[i+1].At) || kept.RequestedBy != "schedule nightly" {
			t.Errorf("run %d: got %+v", i, kept)
		}
	}
	for _, sql := range []string{`DELETE FROM holdfast.schedule_slot`, `UPDATE holdfast.schedule_slot SET status = 'missed', run_id = NULL`, `TRUNCATE holdfast.schedule_slot`} {
		if _, err := s.Pool().Exec(t.Context(), sql); err == nil {
			t.Errorf("%s is not refused", sql)
		}
	}
}

func TestLocalSlotThatWasDecidedDoesNotStartAgain(t *testing.T) {
	s := newStore(t)
	x, slots := saved(t, s, 1)
	must(s.ClaimSlots(t.Context(), claimOf(x, starts(slots[0])), by("run.request")))(t)
	x = must(s.Schedule(t.Context(), "nightly"))(t)
	again := slots[0]
	again.At = again.At.Add(time.Hour) // the second pass of an autumn's hour
	if runs := must(s.ClaimSlots(t.Context(), claimOf(x, starts(again)), by("run.request")))(t); len(runs) != 0 {
		t.Errorf("it started %v", runs)
	}
	if n := count(t, s, `SELECT count(*) FROM holdfast.run`); n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
	if n := count(t, s, `SELECT missed_total FROM holdfast.schedule`); n != 0 {
		t.Errorf("%d slots are counted as missed, want none: the one there is was started", n)
	}
}

func TestClaimIsWholeOrNotAtAll(t *testing.T) {
	s := newStore(t)
	x, slots := saved(t, s, 2)
	exec(t, s, `CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'refused'; END $$`)
	exec(t, s, `CREATE TRIGGER refuse BEFORE INSERT ON holdfast.river_job FOR EACH ROW EXECUTE FUNCTION public.refuse()`)
	_, err := s.ClaimSlots(t.Context(), claimOf(x, misses(slots[0], "x"), starts(slots[1])), by("run.request"))
	if err == nil || errors.Is(err, retention.ErrConflict) {
		t.Fatalf("got %v, want the failure", err)
	}
	for _, of := range []string{"run", "schedule_slot"} {
		if n := count(t, s, `SELECT count(*) FROM holdfast.`+of); n != 0 {
			t.Errorf("%d rows of %s are left of a claim that failed", n, of)
		}
	}
	if after := must(s.Schedule(t.Context(), "nightly"))(t); !after.ConsideredUntil.Equal(x.ConsideredUntil) {
		t.Errorf("the schedule moved on to %v", after.ConsideredUntil)
	}
}

func TestStatesOfSchedulesAreCounted(t *testing.T) {
	s := newStore(t)
	x, slots := saved(t, s, 10)
	var d []retention.SlotDecision
	for _, slot := range slots[:9] {
		d = append(d, misses(slot, "x"))
	}
	runs := must(s.ClaimSlots(t.Context(), claimOf(x, append(d, starts(slots[9]))...), by("run.request")))(t)
	states := must(s.ScheduleStates(t.Context()))(t)
	if len(states) != 1 || states[0].MissedTotal != 9 || states[0].MissedWeek != 6 || states[0].LastSuccess != nil || states[0].LastRun == nil || states[0].LastRun.ID != runs[0].ID {
		t.Fatalf("got %+v", states)
	}
	r, ok := claim(t, s, runs[0])
	if !ok {
		t.Fatal("the run was not claimed")
	}
	must(s.FinishRun(t.Context(), r.ID, r.Attempt, retention.RunSucceeded))(t)
	states = must(s.ScheduleStates(t.Context(), "nightly"))(t)
	if len(states) != 1 || states[0].LastSuccess == nil || !states[0].LastSuccess.Equal(slots[9].At.Add(time.Second)) {
		t.Errorf("after its success: got %+v", states)
	}
	if none := must(s.ScheduleStates(t.Context(), "weekly"))(t); len(none) != 0 {
		t.Errorf("of an unknown schedule: got %v", none)
	}
}

func TestProcessShowsWhenItWasAway(t *testing.T) {
	s := newStore(t)
	shiftTo(t, s, midday)
	id := must(s.BeatProcess(t.Context(), "", "v1", 3*time.Second, ""))(t)
	shiftTo(t, s, midday.Add(5*time.Second))
	if again := must(s.BeatProcess(t.Context(), id, "v1", 8*time.Second, ""))(t); again != id {
		t.Errorf("the id changed from %s to %s", id, again)
	}
	p := must(s.Processes(t.Context()))(t)
	if len(p) != 1 || !p[0].StartedAt.Equal(midday.Add(-3*time.Second)) || !p[0].SeenAt.Equal(midday.Add(5*time.Second)) || p[0].AwayFrom != nil {
		t.Fatalf("got %+v", p)
	}
	back := midday.Add(time.Hour)
	shiftTo(t, s, back)
	must(s.BeatProcess(t.Context(), id, "v1", time.Hour, "connection refused"))(t)
	shiftTo(t, s, back.Add(5*time.Second))
	must(s.BeatProcess(t.Context(), id, "v1", time.Hour, ""))(t)
	p = must(s.Processes(t.Context()))(t)
	if len(p) != 1 || p[0].AwayFrom == nil || !p[0].AwayFrom.Equal(midday.Add(5*time.Second)) || !p[0].AwayUntil.Equal(back) || p[0].AwayWhy != "connection refused" {
		t.Errorf("after an hour away: got %+v", p)
	}
	must(s.BeatProcess(t.Context(), "", "v1", time.Minute, "it was not there"))(t)
	for _, x := range must(s.Processes(t.Context()))(t) {
		if x.ID != id && (x.AwayFrom == nil || x.AwayWhy != "it was not there") {
			t.Errorf("a process that reached the store a minute after its start: got %+v", x)
		}
	}
}

func TestOldProcessesAreForgottenButForTheNewest(t *testing.T) {
	s := newStore(t)
	exec(t, s, `INSERT INTO holdfast.process (id, version, started_at, seen_at)
		SELECT gen_random_uuid(), 'v1', holdfast.clock() - interval '10 days', holdfast.clock() - interval '2 days' - i * interval '1 minute' FROM generate_series(1, 60) AS i`)
	noErr(t, s.Sweep(t.Context()))
	if n := count(t, s, `SELECT count(*) FROM holdfast.process`); n != 50 {
		t.Errorf("%d processes are remembered, want the newest 50", n)
	}
	exec(t, s, `UPDATE holdfast.process SET seen_at = holdfast.clock()`)
	noErr(t, s.Sweep(t.Context()))
	if n := count(t, s, `SELECT count(*) FROM holdfast.process`); n != 50 {
		t.Errorf("%d processes are remembered, want all that were seen today", n)
	}
}
