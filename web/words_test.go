package web

import (
	"encoding/json"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

func TestDurationsAndDistancesAreInWords(t *testing.T) {
	c := clock{zone: time.UTC, now: atTest}
	for d, want := range map[time.Duration]string{
		time.Second: "just now", 40 * time.Second: "40 seconds ago", 59*time.Second + 800*time.Millisecond: "1 minute ago", 6 * time.Hour: "6 hours ago",
		5*time.Hour - time.Second: "5 hours ago", 3 * day: "3 days ago", -365 * day: "in 12 months", 800 * day: "2 years ago",
	} {
		if got := c.ago(ago(d)); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
	for d, want := range map[time.Duration]string{4200 * time.Millisecond: "4.2\u00a0s", 200 * time.Second: "3\u00a0min 20\u00a0s", 125 * time.Minute: "2\u00a0h 5\u00a0min"} {
		if got := took(d); got != want {
			t.Errorf("%v: got %q, want %q", d, got, want)
		}
	}
}

func TestADayEndsInTheReadersZone(t *testing.T) {
	berlin, err := loadZone("Europe%2FBerlin")
	if err != nil {
		t.Fatal(err)
	}
	c := clock{zone: berlin, now: atTest}
	got, err := c.endOfDay("2026-03-28") // the night of the spring change
	if err != nil || got.UTC().Format(time.RFC3339) != "2026-03-28T23:00:00Z" {
		t.Errorf("got %v, %v", got.UTC(), err)
	}
	if back := c.lastDay(got); back != "2026-03-28" {
		t.Errorf("and back: got %q", back)
	}
	for _, bad := range []string{"", "Local", "%zz", "Europe/Nowhere"} {
		if _, err := loadZone(bad); err == nil {
			t.Errorf("zone %q is accepted", bad)
		}
	}
}

func TestADayThatWasGivenIsShownAsThatDay(t *testing.T) {
	berlin, err := loadZone("Europe%2FBerlin")
	if err != nil {
		t.Fatal(err)
	}
	c := clock{zone: berlin, now: atTest}
	given, err := c.endOfDay("2027-03-31")
	if err != nil {
		t.Fatal(err)
	}
	another := time.Date(2027, 3, 31, 10, 15, 0, 0, time.UTC)
	h := retention.Hold{Status: retention.HoldActive}
	for _, tt := range []struct {
		name            string
		expires, review *time.Time
		onExpiry        retention.OnExpiry
		want            string
	}{
		{"no dates", nil, nil, retention.OnExpiryRelease, "no expiry"},
		{"a review day", nil, &given, retention.OnExpiryRelease, "no expiry, next review 31 March 2027"},
		{"a review in a year", nil, &another, retention.OnExpiryRelease, "no expiry, next review 31 March 2027"},
		{"a decision on a day", &given, nil, retention.OnExpiryReview, "next review 31 March 2027"},
		{"a last day", &given, nil, retention.OnExpiryRelease, "ends by itself at the end of 31 March 2027"},
		{"a last moment", &another, nil, retention.OnExpiryRelease, "ends by itself on 31 March 2027, 12:15 CEST"},
	} {
		h.ExpiresAt, h.ReviewAt, h.OnExpiry = tt.expires, tt.review, tt.onExpiry
		if got := c.holdEnds(h); got != tt.want {
			t.Errorf("%s: got %q, want %q", tt.name, got, tt.want)
		}
	}
	if got := c.dated(given).Text; got != "31 March 2027" {
		t.Errorf("the moment itself: got %q", got)
	}
}

func TestTheHistogramHasNoGapsAndNoEndlessAxis(t *testing.T) {
	cutoff := time.Date(2026, 3, 3, 0, 0, 0, 0, time.UTC)
	tests := []struct {
		name   string
		months []retention.MonthCount
		bars   int
		unit   string
		first  string
	}{
		{"nothing due", nil, 0, "month", ""},
		{"a short time", []retention.MonthCount{{Month: "2026-01", Due: 5}}, 3, "month", "January 2026"},
		{"three years", []retention.MonthCount{{Month: "2023-04", Due: 5}, {Month: "2026-01", Due: 1}}, 36, "month", "April 2023"},
		{"ten years", []retention.MonthCount{{Month: "2016-04", Due: 5}}, 11, "year", "2016"},
		{"the year 1", []retention.MonthCount{{Month: "0001-01", Due: 5, Held: 2}, {Month: "2026-01", Due: 1}}, 40, "year", "up to 1987"},
		{"before Christ", []retention.MonthCount{{Month: "-0043-03", Due: 5}}, 1, "month", "March 2026"},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			bins, unit := binsOf(retention.Simulation{Cutoff: cutoff, ByMonth: tt.months})
			if len(bins) != tt.bars || unit != tt.unit {
				t.Fatalf("got %d bars by %s, want %d by %s", len(bins), unit, tt.bars, tt.unit)
			}
			var want, got int64
			for _, m := range tt.months {
				want += m.Due
			}
			for _, b := range bins {
				got += b.due
			}
			if got != want || len(bins) > 0 && bins[0].label != tt.first {
				t.Errorf("got %d rows from %q, want %d from %q", got, bins[0].label, want, tt.first)
			}
		})
	}
}

func TestADiffNamesEveryChangedLeafOnce(t *testing.T) {
	before := json.RawMessage(`{"a":1,"b":{"c":"x","d":null},"e":[1,2],"same":true}`)
	after := json.RawMessage(`{"a":2,"b":{"c":"x","d":"now"},"e":[1],"same":true}`)
	var got []string
	for _, c := range jsonChanges(before, after) {
		got = append(got, c.Field+":"+c.Before+">"+c.After)
	}
	want := []string{"a:1>2", "b.d:>now", "e.1:2>"}
	if len(got) != len(want) {
		t.Fatalf("got %q, want %q", got, want)
	}
	for i := range want {
		if got[i] != want[i] {
			t.Errorf("got %q, want %q", got[i], want[i])
		}
	}
	if n := len(jsonChanges(nil, json.RawMessage("null"))); n != 0 {
		t.Errorf("nothing and null differ in %d fields", n)
	}
}

func TestEveryStatusAndActionHasItsWords(t *testing.T) {
	for _, s := range retention.HoldStatuses() {
		if p := holdPill(s); p.Text == string(s) || p.Tone == "" {
			t.Errorf("hold status %s: got %+v", s, p)
		}
	}
	for _, s := range retention.RunStatuses() {
		if p := runPill(s); p.Text == string(s) || p.Tone == "" {
			t.Errorf("run status %s: got %+v", s, p)
		}
	}
	for i, m := range retention.Methods() {
		if o := methodOptions("")[i+1]; o.Value != string(m) || o.Text == string(m) {
			t.Errorf("method %s: got %+v", m, o)
		}
	}
}

// quotedAction is what looks like an action of the audit in the engine's sources.
var quotedAction = regexp.MustCompile(`"((?:policy|hold|run|schedule|subscriber|user|token|guard|coverage)\.[a-z_]+)"`)

func TestTheAuditHasWordsForWhateverTheEngineRecords(t *testing.T) {
	// Names of operations and of events have the same form.
	others := []string{"policy.write", "hold.write", "run.write", "schedule.write", "subscriber.write", "hold.placed"}
	files, err := filepath.Glob("../engine/*.go")
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, name := range files {
		if strings.HasSuffix(name, "_test.go") {
			continue
		}
		b, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range quotedAction.FindAllStringSubmatch(string(b), -1) {
			if slices.Contains(others, m[1]) {
				continue
			}
			found++
			if !slices.ContainsFunc(actions, func(a action) bool { return a.name == m[1] }) {
				t.Errorf("%s: %s has no words on the audit page", name, m[1])
			}
		}
	}
	if found < 20 {
		t.Errorf("%d actions were found; has their form changed?", found)
	}
}
