package retention

import (
	"fmt"
	"strings"
	"time"

	"github.com/netresearch/go-cron"
)

// SlotTime is one time at which a schedule is to run.
type SlotTime struct {
	// Local is the wall time in the schedule's zone, and the zone: what a slot is known
	// by, so that an hour which comes twice has each slot once.
	Local string `json:"local"`
	// At is the instant.
	At time.Time `json:"slot"`
}

// searchYears is how far the next slot is looked for: a 29 February that must be a
// certain weekday (`0 3 29 2 */7`) may be forty years away, across 2100.
const searchYears = 45

// wallTimes finds the wall times of a cron expression. They are handled as if they
// were UTC, which has no hour twice and leaves none out; what a zone makes of each is
// decided here, not by the library, which knows whole hours alone.
type wallTimes struct{ spec cron.Schedule }

// parseCron reads five fields. That they are well formed is checkCron's to say.
func parseCron(text string) (wallTimes, error) {
	unreadable := func(why error) (wallTimes, error) {
		return wallTimes{}, fmt.Errorf("%q cannot be read (%w); %s", clipped(text), why, cronHint)
	}
	fields := strings.Fields(text)
	if len(fields) != 5 {
		return unreadable(fmt.Errorf("it has %s", countOf(len(fields), "field")))
	}
	options := cron.Minute | cron.Hour | cron.Dom | cron.Month | cron.Dow
	if eitherDay(fields[2], fields[4]) {
		options |= cron.DowOrDom
	}
	parser, err := cron.TryNewParser(options)
	if err != nil {
		return unreadable(err)
	}
	spec, err := parser.WithMaxSearchYears(searchYears).Parse(strings.Join(fields, " "))
	if err != nil {
		return unreadable(err)
	}
	w := wallTimes{spec}
	// Any day does to begin with: the calendar repeats within the years searched, but
	// for 29 February around 2100, which comes all the same.
	if w.next(time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)).IsZero() {
		return wallTimes{}, fmt.Errorf("%q never comes, as 30 February does; give a day that exists, such as 0 3 1 * *", clipped(text))
	}
	return w, nil
}

// next is the first wall time after one.
func (w wallTimes) next(after time.Time) time.Time { return w.spec.Next(after) }

// calendar is a schedule's wall times in its zone.
type calendar struct {
	wall wallTimes
	zone *time.Location
}

func (s *Schedule) calendar() (calendar, error) {
	wall, err := parseCron(s.Cron)
	if err != nil {
		return calendar{}, err
	}
	zone, err := time.LoadLocation(s.TimeZone)
	if err != nil {
		return calendar{}, fmt.Errorf("the time zone of schedule %s: %w", s.Name, err)
	}
	return calendar{wall, zone}, nil
}

// asWall is the wall time at an instant, as if it were UTC.
func (c calendar) asWall(t time.Time) time.Time {
	l := t.In(c.zone)
	return time.Date(l.Year(), l.Month(), l.Day(), l.Hour(), l.Minute(), l.Second(), l.Nanosecond(), time.UTC)
}

func (c calendar) slot(wall, at time.Time) SlotTime {
	return SlotTime{Local: wall.Format("2006-01-02 15:04") + " " + c.zone.String(), At: at.UTC()}
}

// from walks the slots after an instant, until yield answers false.
//
// A wall time that comes twice is a slot the first time. Wall times that a zone leaves
// out (in spring) are one slot together, at the moment of the change, unless the
// schedule runs by itself within as long after it: one that runs every few minutes
// has lost nothing.
func (c calendar) from(after time.Time, yield func(SlotTime) bool) {
	wall := c.asWall(after)
	for {
		if wall = c.wall.next(wall); wall.IsZero() {
			return
		}
		at, gap := c.instant(wall)
		slot := c.slot(wall, at)
		if gap > 0 {
			// The wall time to which the clocks are put forward.
			resumed := c.asWall(at)
			wall = resumed.Add(-time.Nanosecond)
			if next := c.wall.next(wall); !next.IsZero() && next.Before(resumed.Add(gap)) {
				continue
			}
		}
		if at.After(after) && !yield(slot) {
			return
		}
	}
}

// instant is when a wall time is: the first time, if it comes twice. If the zone
// leaves it out it is the moment of the change, and gap is how much is left out.
func (c calendar) instant(wall time.Time) (at time.Time, gap time.Duration) {
	guess := time.Date(wall.Year(), wall.Month(), wall.Day(), wall.Hour(), wall.Minute(), wall.Second(), wall.Nanosecond(), c.zone)
	begin, end := guess.ZoneBounds()
	probes := []time.Time{guess}
	for _, change := range []time.Time{begin, end} {
		if !change.IsZero() {
			probes = append(probes, change.Add(-time.Second), change)
		}
	}
	for _, probe := range probes {
		t := wall.Add(-offset(probe)).In(c.zone)
		if offset(t) == offset(probe) && (at.IsZero() || t.Before(at)) {
			at = t
		}
	}
	if !at.IsZero() {
		return at, 0
	}
	for _, change := range []time.Time{begin, end} {
		before, after := offset(change.Add(-time.Second)), offset(change)
		if !change.IsZero() && !wall.Before(c.asUTC(change, before)) && wall.Before(c.asUTC(change, after)) {
			return change, after - before
		}
	}
	return guess, 0 // every wall time is there or left out
}

// asUTC is the wall time at an instant under an offset, as if it were UTC.
func (calendar) asUTC(t time.Time, offset time.Duration) time.Time { return t.UTC().Add(offset) }

func offset(t time.Time) time.Duration {
	_, seconds := t.Zone()
	return time.Duration(seconds) * time.Second
}

// Next is the first slot after an instant. The error says that the schedule is not
// valid; one that is has a next slot always.
func (s *Schedule) Next(after time.Time) (SlotTime, error) {
	slots, err := s.Following(after, 1)
	if err != nil {
		return SlotTime{}, err
	}
	if len(slots) == 0 {
		return SlotTime{}, fmt.Errorf("the schedule %s has no slot after %s", s.Name, after.UTC().Format(time.RFC3339))
	}
	return slots[0], nil
}

// Following are the first n slots after an instant.
func (s *Schedule) Following(after time.Time, n int) ([]SlotTime, error) {
	return s.collect(after, func(got []SlotTime, _ SlotTime) bool { return len(got) < n })
}

// Between are the slots after one instant and up to another, at most limit of them.
func (s *Schedule) Between(after, until time.Time, limit int) ([]SlotTime, error) {
	return s.collect(after, func(got []SlotTime, next SlotTime) bool { return len(got) < limit && !next.At.After(until) })
}

// collect takes slots as long as they are wanted.
func (s *Schedule) collect(after time.Time, wanted func(got []SlotTime, next SlotTime) bool) ([]SlotTime, error) {
	c, err := s.calendar()
	if err != nil {
		return nil, err
	}
	var slots []SlotTime
	c.from(after, func(next SlotTime) bool {
		if !wanted(slots, next) {
			return false
		}
		slots = append(slots, next)
		return true
	})
	return slots, nil
}

// Interval is the longest distance between neighbouring slots around an instant: the
// two before it and the one after. So on a Monday a schedule of working days has the
// weekend's.
func (s *Schedule) Interval(around time.Time) (time.Duration, error) {
	slots, err := s.around(around)
	if err != nil {
		return 0, err
	}
	var longest time.Duration
	for i := 1; i < len(slots); i++ {
		longest = max(longest, slots[i].Sub(slots[i-1]))
	}
	return longest, nil
}

// around are the two slots up to an instant and the one after it. They are found by
// walking from ever earlier instants, since walks go forward only.
func (s *Schedule) around(at time.Time) ([]time.Time, error) {
	const day = 24 * time.Hour
	var last []time.Time
	for _, back := range []time.Duration{2 * time.Hour, 3 * day, 70 * day, 800 * day, 20 * 366 * day} {
		c, err := s.calendar()
		if err != nil {
			return nil, err
		}
		last = last[:0]
		c.from(at.Add(-back), func(next SlotTime) bool {
			last = append(last, next.At)
			if len(last) > 3 {
				last = last[1:]
			}
			return !next.At.After(at)
		})
		if len(last) == 3 {
			return last, nil
		}
	}
	return last, nil
}

// OverdueSince is the moment from which a schedule with this last success is overdue:
// two of its intervals after it. What is counted from begins at the earliest when it
// was saved or last enabled.
func (s *Schedule) OverdueSince(lastSuccess *time.Time, now time.Time) (since time.Time, overdue bool) {
	interval, err := s.Interval(now)
	if err != nil || !s.Enabled {
		return time.Time{}, false
	}
	from := s.OwedSince
	if lastSuccess != nil && lastSuccess.After(from) {
		from = *lastSuccess
	}
	since = from.Add(2 * interval)
	return since, now.After(since)
}
