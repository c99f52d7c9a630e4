package web

import (
	"cmp"
	"context"
	"slices"
	"time"

	"holdfast/retention"
)

// Schedules of the fake: kept by name, with what became of their slots.

func (s *fakeStore) Schedules(_ context.Context, p retention.Page) ([]retention.Schedule, string, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.Schedule
	for _, st := range s.schedules {
		out = append(out, st.Schedule)
	}
	page, next := paged(out, p)
	return page, next, err
}

func (s *fakeStore) Schedule(_ context.Context, name string) (retention.Schedule, error) {
	unlock, err := s.locked()
	defer unlock()
	for _, st := range s.schedules {
		if st.Schedule.Name == name {
			return st.Schedule, err
		}
	}
	return retention.Schedule{}, retention.NotFoundf("there is no schedule %q", name)
}

func (s *fakeStore) ScheduleStates(_ context.Context, names ...string) ([]retention.ScheduleState, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.ScheduleState
	for _, st := range s.schedules {
		if len(names) == 0 || slices.Contains(names, st.Schedule.Name) {
			out = append(out, st)
		}
	}
	return out, err
}

func (s *fakeStore) Slots(_ context.Context, name string, p retention.Page) ([]retention.Slot, string, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.Slot
	for _, x := range s.slots {
		if x.Schedule == name {
			out = append(out, x)
		}
	}
	page, next := paged(out, p)
	return page, next, err
}

func (s *fakeStore) SaveSchedule(_ context.Context, x retention.Schedule, expect int, by retention.By) (retention.Schedule, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return x, err
	}
	i := slices.IndexFunc(s.schedules, func(st retention.ScheduleState) bool { return st.Schedule.Name == x.Name })
	var before any
	switch {
	case i < 0:
		s.schedules = append(s.schedules, retention.ScheduleState{})
		i = len(s.schedules) - 1
	case expect == 0:
		return x, retention.Conflictf("schedule %q exists already", x.Name)
	case s.schedules[i].Schedule.Version != expect:
		return x, retention.ErrStale
	default:
		before = s.schedules[i].Schedule
	}
	x.Version, x.CreatedBy, x.CreatedAt, x.OwedSince, x.NextSlot = expect+1, by.Actor.Name, s.now, s.now, nil
	if x.Enabled {
		next, err := x.Next(s.now)
		if err != nil {
			return x, err
		}
		x.NextSlot = &next.At
	}
	s.schedules[i].Schedule = x
	s.record("schedule/"+x.Name, before, x, by)
	slices.SortFunc(s.schedules, func(a, b retention.ScheduleState) int { return cmp.Compare(a.Schedule.Name, b.Schedule.Name) })
	return x, nil
}

// fillSchedules has one that is in order with a missed slot, one that is overdue, and
// one that is disabled.
func fillSchedules(s *fakeStore) {
	of := func(name, cron, zone string, owed time.Duration, policies ...string) retention.Schedule {
		x := retention.Schedule{Name: name, Cron: cron, TimeZone: zone, Policies: policies, Enabled: true, Version: 1, CreatedBy: "jane@example.com", CreatedAt: ago(owed), OwedSince: ago(owed)}.WithDefaults()
		next, err := x.Next(atTest)
		if err != nil {
			panic(err)
		}
		x.NextSlot = &next.At
		return x
	}
	nightly := of("nightly", "0 3 * * *", "Europe/Berlin", 30*day)
	nightly.CreatedBy = "system"
	hourly := of("sessions_hourly", "20 * * * *", "UTC", 30*day, "session_logs")
	weekly := of("weekly_archive", "0 4 * * sun", "America/New_York", 30*day, "orders", "inactive_customers")
	weekly.Enabled, weekly.NextSlot, weekly.Version = false, nil, 2
	slot := func(x retention.Schedule, back int) retention.Slot {
		slots, err := x.Between(ago(time.Duration(back+2)*day), atTest, 10_000)
		if err != nil {
			panic(err)
		}
		at := slots[len(slots)-1-back]
		return retention.Slot{Schedule: x.Name, SlotTime: at, Status: retention.SlotStarted, RunID: "0195-run-ok", DecidedAt: at.At.Add(400 * time.Millisecond)}
	}
	for back := range 12 {
		x := slot(nightly, back)
		if back == 2 {
			x.Status, x.RunID, x.DecidedAt = retention.SlotMissed, "", x.At.Add(3*time.Hour)
			x.Reason = "no Holdfast process was at work between 2026-02-28 23:58:11 UTC and 2026-03-01 05:01:40 UTC"
		}
		if back == 3 {
			x.Reason = "left out: drafts is disabled"
		}
		if back == 11 {
			x.Status, x.RunID, x.Reason = retention.SlotSkipped, "", "no policy was active, so there was nothing to run"
		}
		s.slots = append(s.slots, x)
	}
	missed := slot(hourly, 0)
	missed.Status, missed.RunID = retention.SlotMissed, ""
	s.slots = append(s.slots, missed)
	ok := s.runs[2]
	ok.Trigger, ok.RequestedBy, ok.Schedule, ok.Slot = retention.TriggerSchedule, "schedule nightly", "nightly", &s.slots[0].At
	failed := s.runs[4]
	failed.Trigger, failed.RequestedBy, failed.Schedule, failed.Slot = retention.TriggerSchedule, "schedule sessions_hourly", "sessions_hourly", agop(29*time.Hour)
	s.runs[2] = ok
	s.backups = &retention.Period{Days: 30}
	s.schedules = []retention.ScheduleState{
		{Schedule: nightly, LastRun: &ok, LastSuccess: ok.FinishedAt, MissedTotal: 1, MissedWeek: 1},
		{Schedule: hourly, LastRun: &failed, LastSuccess: agop(77 * time.Hour), MissedTotal: 14, MissedWeek: 14},
		{Schedule: weekly},
	}
}
