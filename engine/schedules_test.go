package engine_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/retention"
)

// setClock makes the store's clock stand at a moment.
func (h *house) setClock(at time.Time) {
	h.t.Helper()
	h.exec(fmt.Sprintf(`CREATE OR REPLACE FUNCTION holdfast.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT timestamptz '%s' $$`, at.UTC().Format(time.RFC3339Nano)))
}

// tick ticks until nothing is owed, and answers how often it took.
func (h *house) tick() int {
	h.t.Helper()
	for n := 1; ; n++ {
		if err := h.engine.TickSchedules(h.t.Context()); err != nil {
			h.t.Fatal(err)
		}
		if due, err := h.store.DueSchedules(h.t.Context()); err != nil || len(due) == 0 {
			if err != nil {
				h.t.Fatal(err)
			}
			return n
		}
	}
}

func (h *house) mustSchedule(s retention.Schedule) retention.Schedule {
	h.t.Helper()
	saved, _, err := h.engine.PutSchedule(h.t.Context(), h.actor, s, s.Version)
	if err != nil {
		h.t.Fatal(err)
	}
	return saved
}

// newestSlots are the last decided slots of a schedule as "status reason".
func (h *house) newestSlots(name string, n int) []string {
	h.t.Helper()
	slots, _, err := h.engine.Slots(h.t.Context(), h.actor, name, retention.Page{Limit: n})
	if err != nil {
		h.t.Fatal(err)
	}
	out := make([]string, len(slots))
	for i, s := range slots {
		out[i] = strings.TrimSpace(string(s.Status) + " " + s.Reason)
	}
	return out
}

func everyNight(policies ...string) retention.Schedule {
	return retention.Schedule{Name: "nights", Cron: "0 3 * * *", TimeZone: "UTC", Policies: policies, Enabled: true}
}

func twoTables(t *testing.T) *house {
	t.Helper()
	h := freshHouse(t)
	for _, table := range []string{"one", "two"} {
		h.exec(`CREATE TABLE public.` + table + ` (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`)
		h.mustPolicy(policyOn(table, 30))
	}
	return h
}

var evening = time.Date(2027, 5, 4, 20, 0, 0, 0, time.UTC)

func night(day int) time.Time { return time.Date(2027, 5, day, 3, 0, 1, 0, time.UTC) }

func TestPoliciesAreThoseOfTheSlotNotOfTheSaving(t *testing.T) {
	h := twoTables(t)
	h.setClock(evening)
	h.mustSchedule(everyNight("p_one", "p_two"))
	step := func(day int, want string, change func()) {
		t.Helper()
		change()
		h.setClock(night(day))
		h.tick()
		if got := h.newestSlots("nights", 1)[0]; got != want {
			t.Errorf("night of %d May: got %q, want %q", day, got, want)
		}
	}
	step(5, "started", func() {})
	run, _, err := h.engine.Runs(t.Context(), h.actor, retention.RunFilter{}, retention.Page{})
	if err != nil || len(run) != 1 || len(run[0].Policies) != 2 || run[0].RequestedBy != "schedule nights" || run[0].Trigger != retention.TriggerSchedule {
		t.Fatalf("got %+v, %v", run, err)
	}
	step(6, "started left out: p_two is disabled", func() {
		p := policyOn("two", 30)
		p.Enabled = false
		if _, _, err := h.engine.PutPolicy(t.Context(), h.actor, p, 1); err != nil {
			t.Fatal(err)
		}
	})
	step(7, "missed nothing was left to run: p_one is retired, p_two is disabled", func() {
		if _, err := h.engine.RetirePolicy(t.Context(), h.actor, "p_one", 1); err != nil {
			t.Fatal(err)
		}
	})
	every := everyNight()
	every.Version = 1
	step(8, "skipped no policy was active, so there was nothing to run", func() { h.mustSchedule(every) })
	step(9, "skipped no policy was active, so there was nothing to run", func() {})
	step(10, "skipped no policy was active, so there was nothing to run", func() {})
	nights, err := h.engine.Schedule(t.Context(), h.actor, "nights")
	if err != nil || nights.Overdue || nights.MissedTotal != 1 {
		t.Errorf("with nothing to run it is overdue: %t, and has missed %d, %v; want not overdue and the 1 of before", nights.Overdue, nights.MissedTotal, err)
	}
}

func TestScheduleOfEveryMinuteThatWasDownForAMonthIsCaughtUpInSteps(t *testing.T) {
	h := twoTables(t)
	h.setClock(evening)
	h.tick() // a process was there
	s := everyNight()
	s.Cron = "* * * * *"
	h.mustSchedule(s)
	month := evening.AddDate(0, 1, 0)
	h.setClock(month)
	begun := time.Now()
	if steps := h.tick(); steps < 80 {
		t.Errorf("it took %d steps, want the slots of a month in steps of at most 500", steps)
	}
	t.Logf("caught up in %v", time.Since(begun))
	if n := h.count(`SELECT count(*) FROM holdfast.run`); n != 61 {
		t.Errorf("%d runs, want those of the last hour and of its first minute", n)
	}
	if n := h.count(`SELECT missed_total FROM holdfast.schedule`); n != 31*24*60-61 {
		t.Errorf("%d slots were missed, want all before", n)
	}
	if n := h.count(`SELECT count(*) FROM holdfast.schedule_slot`); n != 31*24*60 {
		t.Errorf("%d slots are recorded, want one a minute", n)
	}
}

func TestEditAtASlotsTimeLosesNoSlot(t *testing.T) {
	h := twoTables(t)
	h.setClock(evening)
	h.mustSchedule(everyNight())
	h.setClock(night(5))
	s := everyNight("p_one")
	s.Version = 1
	saved := h.mustSchedule(s)
	if got := h.newestSlots("nights", 2); len(got) != 1 || got[0] != "started" {
		t.Errorf("the slot that was owed: got %v, want it started", got)
	}
	if want := time.Date(2027, 5, 6, 3, 0, 0, 0, time.UTC); saved.NextSlot == nil || !saved.NextSlot.Equal(want) {
		t.Errorf("next slot: got %v, want %v", saved.NextSlot, want)
	}
	again := everyNight("p_one")
	again.Version = 2
	if same := h.mustSchedule(again); same.Version != 2 || !same.OwedSince.Equal(saved.OwedSince) {
		t.Errorf("the same again: got version %d, owed since %v", same.Version, same.OwedSince)
	}
}

func TestNothingIsOwedFromBeforeAScheduleWasEnabled(t *testing.T) {
	h := twoTables(t)
	h.setClock(evening)
	s := h.mustSchedule(everyNight())
	s.Enabled = false
	s = h.mustSchedule(s)
	h.setClock(evening.AddDate(0, 0, 10))
	h.tick()
	s.Enabled = true
	h.mustSchedule(s)
	h.tick()
	if got := h.newestSlots("nights", 10); len(got) != 0 {
		t.Errorf("got %v, want no slot", got)
	}
}

func TestMissedAndOverdueStandOnTheOverview(t *testing.T) {
	h := twoTables(t)
	h.setClock(evening)
	h.tick()
	h.mustSchedule(everyNight())
	h.setClock(night(7).Add(-15 * time.Hour)) // two nights without anybody
	h.tick()
	o, err := h.engine.Overview(t.Context(), h.actor)
	if err != nil || len(o.Schedules) != 1 {
		t.Fatalf("got %+v, %v", o.Schedules, err)
	}
	if s := o.Schedules[0]; s.MissedWeek != 2 || s.Overdue || s.LastSuccess != nil {
		t.Errorf("after two nights: got %+v, want two missed slots and not overdue yet", s)
	}
	h.setClock(night(7))
	h.tick()
	if o, err = h.engine.Overview(t.Context(), h.actor); err != nil || !o.Schedules[0].Overdue || o.Schedules[0].LastRun == nil {
		t.Errorf("on the third: got %+v, %v, want it overdue: its run has not succeeded", o.Schedules[0], err)
	}
	if err := h.engine.ExecuteRun(t.Context(), o.Schedules[0].LastRun.ID, 0); err != nil {
		t.Fatal(err)
	}
	if o, err = h.engine.Overview(t.Context(), h.actor); err != nil || o.Schedules[0].Overdue || o.Schedules[0].LastSuccess == nil {
		t.Errorf("after its run: got %+v, %v, want it in time", o.Schedules[0], err)
	}
}

// TestClockThatIsSetForwardIsTheReasonOfWhatItSkips sets the store's clock forward between
// two ticks, well before this process's next sign of life is due by its own clock.
func TestClockThatIsSetForwardIsTheReasonOfWhatItSkips(t *testing.T) {
	h := twoTables(t)
	h.setClock(evening)
	h.tick()
	h.mustSchedule(everyNight())
	h.setClock(night(5).Add(6 * time.Hour))
	h.tick()
	const want = "missed Holdfast stood still (its machine was suspended, or the clock was set) between 2027-05-04 20:00:00 UTC and 2027-05-05 09:00:01 UTC"
	if got := h.newestSlots("nights", 2); len(got) != 1 || got[0] != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

// TestScheduleOfARetiredPolicyCanBeStoppedAndMended: its names are judged when they are
// new, so that whatever became of a policy, its schedule can be disabled, enabled and
// edited.
func TestScheduleOfARetiredPolicyCanBeStoppedAndMended(t *testing.T) {
	h := twoTables(t)
	h.setClock(evening)
	s := h.mustSchedule(everyNight("p_one"))
	if _, err := h.engine.RetirePolicy(t.Context(), h.actor, "p_one", 1); err != nil {
		t.Fatal(err)
	}
	for _, enabled := range []bool{false, true} {
		s.Enabled = enabled
		s = h.mustSchedule(s)
	}
	var err error
	for _, enabled := range []bool{false, false, true} {
		if s, err = h.engine.EnableSchedule(t.Context(), h.actor, s.Name, enabled, s.Version); err != nil || s.Enabled != enabled || len(s.Policies) != 1 {
			t.Fatalf("enabled %t: got %+v, %v", enabled, s, err)
		}
	}
	if s.Version != 5 {
		t.Errorf("got version %d, want 5: disabling what is disabled changes nothing", s.Version)
	}
	if _, err := h.engine.EnableSchedule(t.Context(), h.actor, s.Name, false, 1); !errors.Is(err, retention.ErrStale) {
		t.Errorf("of an older version: got %v, want that it has changed", err)
	}
	if _, err := h.engine.EnableSchedule(t.Context(), h.actor, s.Name, false, 0); !errors.Is(err, retention.ErrPreconditionRequired) {
		t.Errorf("of no version: got %v, want that one is needed", err)
	}
	if _, err := h.engine.PreviewSchedule(t.Context(), h.actor, s, 3); err != nil {
		t.Errorf("its next runs: %v", err)
	}
	s.Policies = []string{"p_one", "p_two"}
	s = h.mustSchedule(s)
	if health, err := h.engine.Schedule(t.Context(), h.actor, s.Name); err != nil || !strings.Contains(health.Sentence(), "Left out: p_one is retired.") {
		t.Errorf("its sentence: got %q, %v", health.Sentence(), err)
	}
	s.Policies = []string{"p_two"}
	s = h.mustSchedule(s)
	s.Policies = []string{"p_two", "p_one"}
	if _, _, err := h.engine.PutSchedule(t.Context(), h.actor, s, s.Version); err == nil || !strings.Contains(err.Error(), `policies[1]: there is no live policy "p_one"`) {
		t.Errorf("named anew: got %v, want that it is retired", err)
	}
}

func TestScheduleIsWrittenOnlyBySomebody(t *testing.T) {
	h := freshHouse(t)
	if _, _, err := h.engine.PutSchedule(t.Context(), retention.Actor{}, everyNight(), 0); !errors.Is(err, retention.ErrUnauthenticated) {
		t.Errorf("got %v, want that nobody is signed in", err)
	}
}

func TestReasonOfAMissedSlotComesFromTheSignsOfLife(t *testing.T) {
	at := func(text string) time.Time {
		v, err := time.Parse("15:04:05", text)
		if err != nil {
			t.Fatal(err)
		}
		return v.AddDate(2027, 4, 4)
	}
	process := func(started, seen string, away ...string) retention.Process {
		p := retention.Process{StartedAt: at(started), SeenAt: at(seen)}
		if len(away) > 0 {
			from, until := at(away[0]), at(away[1])
			p.AwayFrom, p.AwayUntil, p.AwayWhy = &from, &until, away[2]
		}
		return p
	}
	const day = "2027-05-05 "
	cases := []struct {
		name      string
		processes []retention.Process
		want      string
	}{
		{"one ended before and one began after", []retention.Process{process("06:00:00", "06:10:00"), process("01:00:00", "02:50:00"), process("00:00:00", "01:00:00")},
			"no Holdfast process was at work between " + day + "02:50:00 UTC and " + day + "06:00:00 UTC"},
		{"none is remembered from before", []retention.Process{process("06:00:00", "06:10:00")}, "no Holdfast process was at work before " + day + "06:00:00 UTC"},
		{"the store was away", []retention.Process{process("01:00:00", "06:10:00", "02:59:58", "06:00:00", "connection refused")},
			"the store could not be reached between " + day + "02:59:58 UTC and " + day + "06:00:00 UTC"},
		{"the machine slept", []retention.Process{process("01:00:00", "06:10:00", "02:59:58", "06:00:00", "")},
			"Holdfast stood still (its machine was suspended, or the clock was set) between " + day + "02:59:58 UTC and " + day + "06:00:00 UTC"},
		{"one was away and one was not", []retention.Process{process("01:00:00", "06:10:00", "02:59:58", "06:00:00", "x"), process("01:00:00", "06:10:00")}, ""},
		{"it was away at another time", []retention.Process{process("01:00:00", "06:10:00", "05:00:00", "06:00:00", "x")}, ""},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			if got := engine.WhyMissed(c.processes, at("03:00:00"), at("04:00:00")); got != c.want {
				t.Errorf("got %q, want %q", got, c.want)
			}
		})
	}
}
