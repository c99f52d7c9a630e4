package engine

import (
	"context"

	"holdfast/retention"
)

// RetentionSchedule says for every live policy when its data is gone.
type RetentionSchedule struct {
	Horizons []retention.Horizon
	// Words say when each schedule runs, by its name.
	Words map[string]string
	// Backups is how long backups of the governed database are kept; nil if nobody said.
	Backups *retention.Period
	// Events is how long the log keeps events; zero if that is not known here.
	Events retention.Period
}

// RetentionSchedule lists every live policy by name, with the schedule that carries it
// out and the date by which its data is gone from the database and from backups.
func (e *Engine) RetentionSchedule(ctx context.Context, actor retention.Actor) (RetentionSchedule, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return RetentionSchedule{}, err
	}
	policies, err := e.allPolicies(ctx)
	if err != nil {
		return RetentionSchedule{}, err
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return RetentionSchedule{}, err
	}
	states, err := e.store.ScheduleStates(ctx)
	if err != nil {
		return RetentionSchedule{}, err
	}
	rs := RetentionSchedule{Words: map[string]string{}, Backups: e.backups, Events: e.eventsKept}
	schedules := make([]retention.Schedule, len(states))
	for i, st := range states {
		schedules[i] = st.Schedule
		rs.Words[st.Schedule.Name] = st.Schedule.When()
	}
	rs.Horizons, err = retention.Horizons(policies, schedules, e.backups, now)
	return rs, err
}
