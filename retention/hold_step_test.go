package retention

import (
	"errors"
	"testing"
	"time"
)

func TestAStepOfAHoldIsMadeOnlyWhereItCanBe(t *testing.T) {
	now := time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC)
	at := func(d time.Duration) *time.Time { t := now.Add(d); return &t }
	day, three := Period{Days: 1}, Period{Days: 3}
	for name, c := range map[string]struct {
		hold   Hold
		mark   HoldMark
		want   HoldStatus
		ends   *time.Time
		made   bool // before
		refuse bool
	}{
		"a release cools off":                  {hold: Hold{Status: HoldActive}, mark: HoldMark{Step: StepRelease, Reason: "r", CoolsOff: day}, want: HoldReleasing, ends: at(24 * time.Hour)},
		"for its own longer period":            {hold: Hold{Status: HoldActive, ReleaseDelay: &three}, mark: HoldMark{Step: StepRelease, Reason: "r", CoolsOff: day}, want: HoldReleasing, ends: at(72 * time.Hour)},
		"one under review too":                 {hold: Hold{Status: HoldReviewDue}, mark: HoldMark{Step: StepRelease, Reason: "r"}, want: HoldReleasing, ends: at(0)},
		"not twice":                            {hold: Hold{Status: HoldReleasing, ReleasesAt: at(time.Hour)}, mark: HoldMark{Step: StepRelease, Reason: "r"}, refuse: true},
		"not before it is in force":            {hold: Hold{Status: HoldApplying}, mark: HoldMark{Step: StepRelease, Reason: "r"}, refuse: true},
		"an expiry that has come":              {hold: Hold{Status: HoldActive, ExpiresAt: at(-time.Hour), OnExpiry: OnExpiryRelease}, mark: HoldMark{Step: StepExpire, CoolsOff: day}, want: HoldReleasing, ends: at(23 * time.Hour)},
		"one that nobody saw for days":         {hold: Hold{Status: HoldActive, ExpiresAt: at(-72 * time.Hour), OnExpiry: OnExpiryRelease}, mark: HoldMark{Step: StepExpire, CoolsOff: day}, want: HoldReleasing, ends: at(24 * time.Hour)},
		"one that was extended":                {hold: Hold{Status: HoldActive, ExpiresAt: at(time.Hour), OnExpiry: OnExpiryRelease}, mark: HoldMark{Step: StepExpire}, refuse: true},
		"one that waits for a person instead":  {hold: Hold{Status: HoldActive, ExpiresAt: at(-time.Hour), OnExpiry: OnExpiryReview}, mark: HoldMark{Step: StepExpire}, refuse: true},
		"a review":                             {hold: Hold{Status: HoldActive, ExpiresAt: at(-time.Hour), OnExpiry: OnExpiryReview}, mark: HoldMark{Step: StepReview}, want: HoldReviewDue},
		"taken back in time":                   {hold: Hold{Status: HoldReleasing, ReleasesAt: at(time.Second)}, mark: HoldMark{Step: StepTakeBack}, want: HoldActive},
		"taken back after its expiry":          {hold: Hold{Status: HoldReleasing, ReleasesAt: at(time.Second), ExpiresAt: at(-time.Hour)}, mark: HoldMark{Step: StepTakeBack}, want: HoldReviewDue},
		"taken back at the last moment":        {hold: Hold{Status: HoldReleasing, ReleasesAt: at(0)}, mark: HoldMark{Step: StepTakeBack}, refuse: true},
		"taken back while it ends":             {hold: Hold{Status: HoldReleasing, ReleasesAt: at(time.Hour), Ending: true}, mark: HoldMark{Step: StepTakeBack}, refuse: true},
		"taken back though nobody released it": {hold: Hold{Status: HoldActive}, mark: HoldMark{Step: StepTakeBack}, refuse: true},
		"ended once it has cooled off":         {hold: Hold{Status: HoldReleasing, ReleasesAt: at(0)}, mark: HoldMark{Step: StepEnd}, want: HoldReleasing, ends: at(0)},
		"not before":                           {hold: Hold{Status: HoldReleasing, ReleasesAt: at(time.Second)}, mark: HoldMark{Step: StepEnd}, refuse: true},
		"by another process already":           {hold: Hold{Status: HoldReleasing, ReleasesAt: at(0), Ending: true}, mark: HoldMark{Step: StepEnd}, want: HoldReleasing, ends: at(0), made: true},
		"after it was taken back":              {hold: Hold{Status: HoldActive}, mark: HoldMark{Step: StepEnd}, refuse: true},
	} {
		got, changed, err := c.mark.Apply(c.hold, now)
		if c.refuse {
			if !errors.Is(err, ErrConflict) || changed {
				t.Errorf("%s: got %v, changed %v; want a conflict", name, err, changed)
			}
			continue
		}
		if err != nil || got.Status != c.want || changed == c.made {
			t.Errorf("%s: got %s, changed %v, %v; want %s", name, got.Status, changed, err, c.want)
		}
		if (got.ReleasesAt == nil) != (c.ends == nil) || c.ends != nil && !got.ReleasesAt.Equal(*c.ends) {
			t.Errorf("%s: it ends at %v, want %v", name, got.ReleasesAt, c.ends)
		}
		if c.mark.Step == StepEnd != got.Ending {
			t.Errorf("%s: ending %v", name, got.Ending)
		}
	}
}
