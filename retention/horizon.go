package retention

import (
	"slices"
	"time"
)

// Horizon is when data under one policy is gone: from the database, and from its
// backups too. All spans count from the policy's timestamp.
type Horizon struct {
	Policy Policy
	// Schedule is the name of the enabled schedule that runs the policy most often;
	// empty if none does, and then nobody can say when its rows go.
	Schedule string
	// LeftTo is the policy to which it leaves every row, so that none goes under it; empty
	// if it leaves them to none.
	LeftTo string
	// Interval is the longest time between two of that schedule's slots, rounded up.
	Interval Period
	// Database is by when a row has gone: period and interval. nil if no schedule runs
	// the policy.
	Database *Period
	// Backups is by when it has gone from backups too. nil if how long they are kept is
	// not stated, or Database is nil.
	Backups *Period
}

// Horizons says for each policy when its data is gone. now only bounds which slots of
// the schedules are looked at; backups is nil where their retention is not stated.
func Horizons(policies []Policy, schedules []Schedule, backups *Period, now time.Time) ([]Horizon, error) {
	intervals := make(map[string]time.Duration, len(schedules))
	for _, s := range schedules {
		longest, err := s.longestWait(now)
		if err != nil {
			return nil, err
		}
		intervals[s.Name] = longest
	}
	out := make([]Horizon, len(policies))
	for i, p := range policies {
		h := Horizon{Policy: p.Among(policies)}
		for _, o := range h.Policy.YieldsTo {
			if o.Condition == "" && p.Enabled {
				h.LeftTo = o.Name
			}
		}
		if h.LeftTo != "" {
			out[i] = h
			continue
		}
		for _, s := range schedules {
			if s.Runs(p) && (h.Schedule == "" || intervals[s.Name] < intervals[h.Schedule]) {
				h.Schedule = s.Name
			}
		}
		if h.Schedule != "" {
			h.Interval = roundedUp(intervals[h.Schedule])
			database := p.RetentionPeriod.Plus(h.Interval)
			h.Database = &database
			if backups != nil {
				all := database.Plus(*backups)
				h.Backups = &all
			}
		}
		out[i] = h
	}
	return out, nil
}

// Runs tells whether the schedule takes the policy up.
func (s *Schedule) Runs(p Policy) bool {
	return s.Enabled && p.Enabled && (len(s.Policies) == 0 || slices.Contains(s.Policies, p.Name))
}

// longestWait is the longest time between neighbouring slots, on the clock on the
// wall, so that a nightly schedule's is a day on every day of the year. It looks at
// some 3,000 slots or at nine years, within which even 29 February comes twice.
func (s *Schedule) longestWait(from time.Time) (time.Duration, error) {
	c, err := s.calendar()
	if err != nil {
		return 0, err
	}
	last := c.wall.next(c.asWall(from))
	var longest time.Duration
	for range 3000 {
		next := c.wall.next(last)
		if next.IsZero() || (longest > 0 && next.After(from.AddDate(9, 0, 0))) {
			break
		}
		longest, last = max(longest, next.Sub(last)), next
	}
	return longest, nil
}

// roundedUp is a duration in its largest unit of days, hours and minutes.
func roundedUp(d time.Duration) Period {
	up := func(unit time.Duration) int { return int((d + unit - 1) / unit) }
	switch {
	case d > 23*time.Hour:
		return Period{Days: up(24 * time.Hour)}
	case d > 59*time.Minute:
		return Period{Hours: up(time.Hour)}
	}
	return Period{Minutes: up(time.Minute)}
}
