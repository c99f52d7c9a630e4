package web

import (
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

func TestTheOverviewShowsWhatWasDoneDayByDay(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/")
	wantText(t, a, ".days figcaption", "In the last 90 days")
	wantText(t, a, ".days figcaption", "2 policies failed")
	wantText(t, a, ".days svg title", "Dispositions per day:")
	if n := len(a.page.all(".days svg rect.due")); n != 88 {
		t.Errorf("%d days are drawn as processed, want 88 of 90", n)
	}
	if n := len(a.page.all(".days svg.cross")); n != 2 {
		t.Errorf("%d days are drawn as failed, want 2", n)
	}
	rows := a.page.all(".days details tbody tr")
	if len(rows) != 88 {
		t.Errorf("the table behind has %d rows, want 88", len(rows))
	}
	if got := rows[0].one("th"); got != "3 March 2026" {
		t.Errorf("the first row is of %q, want today", got)
	}
}

func TestADayWithoutAnythingIsSaidInWords(t *testing.T) {
	store := filledStore()
	store.history = nil
	a := signedIn(t, store, catalog()).get("/")
	wantText(t, a, ".days", "In the last 90 days nothing was processed or held, and nothing failed.")
	if len(a.page.all(".days svg")) != 0 {
		t.Error("a chart of nothing is drawn")
	}
}

func TestTheDaysAreTheReaders(t *testing.T) {
	berlin, err := time.LoadLocation("Europe/Berlin")
	if err != nil {
		t.Fatal(err)
	}
	c := clock{zone: berlin, now: time.Date(2026, 3, 29, 22, 30, 0, 0, time.UTC)} // half past midnight of the 30th
	bounds := c.lastDays(3)
	var got []string
	for _, b := range bounds {
		got = append(got, b.UTC().Format("02 15:04"))
	}
	if s := strings.Join(got, ", "); s != "27 23:00, 28 23:00, 29 22:00, 30 22:00" {
		t.Errorf("days begin at %s", s)
	}
}

func TestALowDayCanBeSeenBesideAHighOne(t *testing.T) {
	c := clock{zone: time.UTC, now: atTest}
	chart := c.daysChart([]retention.DayCount{{Processed: 1}, {Processed: 1_000_000}, {}})
	bars := chart.Lanes[0].Bars
	if len(bars) != 2 || bars[0].H < 2 || bars[1].H != 44 {
		t.Errorf("bars: %+v; want one of 2 pixels and one of 44", bars)
	}
	if got := chart.Lanes[2].Name; got != "0 policies failed" {
		t.Errorf("zero is written as %q", got)
	}
}
