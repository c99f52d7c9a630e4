package target

import (
	"testing"
	"time"

	"holdfast/retention"
)

// Days are those of the calendar, hours are hours: a row of 71 hours is not one of 72, though
// the clocks were put forward in between, and one of a minute is not one of an hour.
func TestHoursAreHoursWhateverTheClocksDo(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for _, c := range []struct {
		period    retention.Period
		asOf, cut string
	}{
		{retention.Period{Hours: 72}, "2026-03-30T10:00:00Z", "2026-03-27T10:00:00Z"},
		{retention.Period{Hours: 1}, "2026-03-29T01:30:00Z", "2026-03-29T00:30:00Z"},
		{retention.Period{Hours: 2}, "2026-10-25T02:30:00Z", "2026-10-25T00:30:00Z"},
		{retention.Period{Minutes: 90}, "2026-10-25T01:00:00Z", "2026-10-24T23:30:00Z"},
		{retention.Period{Days: 3}, "2026-03-30T10:00:00Z", "2026-03-27T11:00:00Z"},
		{retention.Period{Days: 1, Hours: 2}, "2026-03-29T12:00:00Z", "2026-03-28T11:00:00Z"},
		{retention.Period{Months: 1}, "2026-03-30T10:00:00Z", "2026-02-28T11:00:00Z"},
		{retention.Period{Years: 1, Weeks: 1}, "2026-03-30T10:00:00Z", "2025-03-23T11:00:00Z"},
	} {
		at, err := time.Parse(time.RFC3339, c.asOf)
		if err != nil {
			t.Fatal(err)
		}
		var got time.Time
		if err := f.target.pool.QueryRow(t.Context(), "SELECT "+cutoffSQL("$1", "$2", "$3"), at, "Europe/Berlin", c.period.String()).Scan(&got); err != nil {
			t.Fatal(err)
		}
		if got := got.UTC().Format(time.RFC3339); got != c.cut {
			t.Errorf("%s before %s: got %s, want %s", c.period, c.asOf, got, c.cut)
		}
	}
}
