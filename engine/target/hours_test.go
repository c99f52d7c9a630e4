package target

import (
	"strings"
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

// TestALocalTimeBelowTheCutoffIsOlderThanIt: as the server reads it, also where clocks are set back
// or forward, and at other times the cutoff is the local time of the instant.
func TestALocalTimeBelowTheCutoffIsOlderThanIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t)
	for zone, around := range map[string][]string{
		"Europe/Berlin":       {"2026-10-25T01:00:00Z", "2026-03-29T01:00:00Z", "2026-07-01T00:00:00Z"},
		"Australia/Lord_Howe": {"2026-04-04T15:00:00Z", "2026-10-03T15:30:00Z"},
		"UTC":                 {"2026-10-25T01:00:00Z"},
	} {
		for _, at := range around {
			var younger, usual int
			err := f.target.pool.QueryRow(t.Context(), `
				WITH cutoffs AS (SELECT $2::timestamptz + make_interval(secs => s) AS c FROM generate_series(-4 * 3600, 4 * 3600, 433) AS s),
				found AS (SELECT c, `+strings.ReplaceAll(localCutoff, "$2", "$1::text")+` AS l FROM cutoffs)
				SELECT (SELECT count(*) FROM found, generate_series(l - interval '5 hours', l - interval '1 second', interval '17 seconds') AS v WHERE v AT TIME ZONE $1 >= c),
				       (SELECT count(*) FROM found WHERE l = c AT TIME ZONE $1)`, zone, at).Scan(&younger, &usual)
			if err != nil {
				t.Fatal(err)
			}
			if least := map[bool]int{true: 67, false: 40}[zone == "UTC" || strings.HasPrefix(at, "2026-07")]; younger != 0 || usual < least {
				t.Errorf("%s near %s: %d times below a cutoff are not older than it, and %d cutoffs are as they were, want 0 and %d", zone, at, younger, usual, least)
			}
		}
	}
}
