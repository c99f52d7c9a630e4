package web

import (
	"fmt"
	"math"
	"net/http"
	"net/url"
	"strconv"
	"strings"
	"time"

	"holdfast/web/ui"
)

// clock writes moments and durations for one reader: in their zone, and relative
// to now.
type clock struct {
	zone *time.Location
	now  time.Time
}

// zoneCookie keeps the reader's time zone, themeCookie the theme.
const (
	zoneCookie  = "hf_zone"
	themeCookie = "hf_theme"
)

func (s *server) clockOf(r *http.Request) clock {
	c := clock{zone: time.UTC, now: s.opts.Now()}
	if k, err := r.Cookie(zoneCookie); err == nil {
		if loc, err := loadZone(k.Value); err == nil {
			c.zone = loc
		}
	}
	return c
}

// loadZone reads a zone's name as the cookie keeps it. "Local" would be the
// server's, which is nobody's.
func loadZone(raw string) (*time.Location, error) {
	name, err := url.QueryUnescape(raw)
	if err != nil {
		return nil, err
	}
	if name == "" || name == "Local" {
		return nil, fmt.Errorf("%q is not a time zone; give a name of the IANA database such as UTC or Europe/Berlin", name)
	}
	loc, err := time.LoadLocation(name)
	if err != nil {
		return nil, fmt.Errorf("%q is not a time zone; give a name of the IANA database such as UTC or Europe/Berlin", name)
	}
	return loc, nil
}

func themeOf(r *http.Request) string {
	if k, err := r.Cookie(themeCookie); err == nil && (k.Value == "light" || k.Value == "dark") {
		return k.Value
	}
	return ""
}

// at is a moment to the minute.
func (c clock) at(t time.Time) ui.Time { return c.moment(t, "2 January 2006, 15:04 ") }

// exactly is a moment to the second, for evidence.
func (c clock) exactly(t time.Time) ui.Time { return c.moment(t, "2 January 2006, 15:04:05 ") }

// toMillis is one to the millisecond: since when a hold is in force.
func (c clock) toMillis(t time.Time) ui.Time { return c.moment(t, "2 January 2006, 15:04:05.000 ") }

func (c clock) moment(t time.Time, layout string) ui.Time {
	if t.IsZero() {
		return ui.Time{}
	}
	local := t.In(c.zone)
	return ui.Time{ISO: t.UTC().Format(time.RFC3339Nano), Text: local.Format(layout) + zoneName(local), Relative: c.ago(t)}
}

func (c clock) atp(t *time.Time) ui.Time {
	if t == nil {
		return ui.Time{}
	}
	return c.at(*t)
}

// day is a date without its time.
func (c clock) day(t time.Time) string { return t.In(c.zone).Format("2 January 2006") }

// zoneName is the zone's abbreviation; where it has none, the offset.
func zoneName(t time.Time) string {
	name, _ := t.Zone()
	if strings.HasPrefix(name, "+") || strings.HasPrefix(name, "-") {
		return "UTC" + t.Format("-07:00")
	}
	return name
}

// ago is "6 hours ago", "in 3 days" or "just now".
func (c clock) ago(t time.Time) string {
	d := c.now.Sub(t)
	switch {
	case d > -5*time.Second && d < 5*time.Second:
		return "just now"
	case d < 0:
		return "in " + roughly(-max(d, -math.MaxInt64)) // Sub ends at the longest duration
	}
	return roughly(d) + " ago"
}

const day = 24 * time.Hour

// roughly is a duration in its largest unit, rounded to the nearest.
func roughly(d time.Duration) string {
	of := func(unit time.Duration) int64 { return int64(d.Round(unit) / unit) }
	switch {
	case d < 59*time.Second+500*time.Millisecond:
		return plural(of(time.Second), "second")
	case d < 59*time.Minute+30*time.Second:
		return plural(of(time.Minute), "minute")
	case d < 2*day:
		return plural(of(time.Hour), "hour")
	case d < 60*day:
		return plural(of(day), "day")
	case d < 730*day:
		return plural(of(30*day), "month")
	}
	return plural(of(365*day), "year")
}

func plural(n int64, unit string) string { return ui.Count(n, unit, unit+"s") }

// took is how long something lasted: "4.2 s", "3 min 20 s", "2 h 5 min". Number and
// unit stay on one line.
func took(d time.Duration) string {
	switch {
	case d < 0:
		return "–"
	case d < 100*time.Millisecond:
		return strconv.FormatInt(d.Milliseconds(), 10) + "\u00a0ms"
	case d < time.Minute:
		return strconv.FormatFloat(math.Round(d.Seconds()*10)/10, 'f', 1, 64) + "\u00a0s"
	case d < time.Hour:
		return fmt.Sprintf("%d\u00a0min %d\u00a0s", d/time.Minute, d%time.Minute/time.Second)
	}
	return fmt.Sprintf("%d\u00a0h %d\u00a0min", d/time.Hour, d%time.Hour/time.Minute)
}

// age is a duration in days and hours, as an allowance is compared with.
func age(d time.Duration) string {
	switch {
	case d <= 0:
		return "0"
	case d < time.Hour:
		return plural(int64(d/time.Minute), "minute")
	case d < 2*day:
		return plural(int64(d/time.Hour), "hour")
	}
	return plural(int64(d/day), "day")
}

// endOfDay reads a date input: the moment when that day is over in the reader's zone.
func (c clock) endOfDay(s string) (time.Time, error) {
	t, err := time.ParseInLocation(time.DateOnly, s, c.zone)
	if err != nil {
		return t, fmt.Errorf("must be a date such as %s", c.now.In(c.zone).AddDate(1, 0, 0).Format(time.DateOnly))
	}
	return t.AddDate(0, 0, 1), nil
}

// lastDay is the date input's value for a moment made by endOfDay.
func (c clock) lastDay(t time.Time) string {
	return t.In(c.zone).Add(-time.Nanosecond).Format(time.DateOnly)
}

// midnight reports whether a moment is the end of a day in the reader's zone, as of a day that a
// person gave.
func (c clock) midnight(t time.Time) bool {
	local := t.In(c.zone)
	return local.Equal(time.Date(local.Year(), local.Month(), local.Day(), 0, 0, 0, 0, c.zone))
}

// dayOf is the day that ends with a moment made by endOfDay; of another moment its own.
func (c clock) dayOf(t time.Time) string { return c.day(t.Add(-time.Nanosecond)) }

// dated is a moment that may have been given as a day, which is then written as that day.
func (c clock) dated(t time.Time) ui.Time {
	out := c.at(t)
	if c.midnight(t) {
		out.Text = c.dayOf(t)
	}
	return out
}

// endOf is such a moment in a sentence.
func (c clock) endOf(t time.Time) string {
	if c.midnight(t) {
		return "at the end of " + c.dayOf(t)
	}
	return "on " + c.at(t).Text
}
