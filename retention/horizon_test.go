package retention_test

import (
	"testing"
	"time"

	"holdfast/retention"
)

func TestHorizonIsPeriodAndScheduleAndBackups(t *testing.T) {
	month := retention.Period{Days: 30}
	none := retention.Period{}
	of := func(name, cron string, policies ...string) retention.Schedule {
		s := schedule(cron, "Europe/Berlin")
		s.Name, s.Policies = name, policies
		return s
	}
	disabled := of("off", "* * * * *")
	disabled.Enabled = false
	cases := []struct {
		name             string
		schedules        []retention.Schedule
		backups          *retention.Period
		schedule         string
		database, backed string
	}{
		{"every night, whatever the clocks do", []retention.Schedule{of("nightly", "0 3 * * *")}, &month, "nightly", "P7Y1D", "P7Y31D"},
		{"backups are not stated", []retention.Schedule{of("nightly", "0 3 * * *")}, nil, "nightly", "P7Y1D", ""},
		{"there are no backups", []retention.Schedule{of("nightly", "0 3 * * *")}, &none, "nightly", "P7Y1D", "P7Y1D"},
		{"working days have a weekend", []retention.Schedule{of("work", "0 3 * * 1-5")}, &month, "work", "P7Y3D", "P7Y33D"},
		{"every quarter of an hour", []retention.Schedule{of("often", "*/15 * * * *")}, &month, "often", "P7YT15M", "P7Y30DT15M"},
		{"every six hours", []retention.Schedule{of("often", "0 */6 * * *")}, &month, "often", "P7YT6H", "P7Y30DT6H"},
		{"once a month", []retention.Schedule{of("monthly", "0 3 1 * *")}, &month, "monthly", "P7Y31D", "P7Y61D"},
		{"29 February", []retention.Schedule{of("leap", "0 3 29 2 *")}, nil, "leap", "P7Y1461D", ""},
		{"the one that comes most often counts", []retention.Schedule{of("monthly", "0 3 1 * *"), of("nightly", "0 3 * * *", "orders")}, nil, "nightly", "P7Y1D", ""},
		{"one for others does not", []retention.Schedule{of("nightly", "0 3 * * *", "logs")}, &month, "", "", ""},
		{"one that is disabled does not", []retention.Schedule{disabled}, &month, "", "", ""},
	}
	text := func(p *retention.Period) string {
		if p == nil {
			return ""
		}
		return p.String()
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			p := retention.Policy{Name: "orders", RetentionPeriod: retention.Period{Years: 7}, Enabled: true}
			got, err := retention.Horizons([]retention.Policy{p}, c.schedules, c.backups, time.Date(2026, 3, 3, 12, 0, 0, 0, time.UTC))
			if err != nil {
				t.Fatal(err)
			}
			h := got[0]
			if h.Schedule != c.schedule || text(h.Database) != c.database || text(h.Backups) != c.backed {
				t.Errorf("got %q, %s, %s; want %q, %s, %s", h.Schedule, text(h.Database), text(h.Backups), c.schedule, c.database, c.backed)
			}
			p.Enabled = false
			if got, err = retention.Horizons([]retention.Policy{p}, c.schedules, c.backups, time.Now()); err != nil || got[0].Database != nil {
				t.Errorf("a disabled policy: got %v, %v, want no date", got, err)
			}
		})
	}
}
