package retention_test

import (
	"archive/zip"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

func schedule(cron, zone string) retention.Schedule {
	return retention.Schedule{Name: "nightly", Cron: cron, TimeZone: zone, Enabled: true}.WithDefaults()
}

func parseTime(t *testing.T, s string) time.Time {
	t.Helper()
	at, err := time.Parse(time.RFC3339, s)
	if err != nil {
		t.Fatal(err)
	}
	return at
}

func TestScheduleSaysWhatIsWrongWithIt(t *testing.T) {
	cases := map[string]struct {
		change func(*retention.Schedule)
		field  string
		says   string
	}{
		"six fields":                 {func(s *retention.Schedule) { s.Cron = "0 0 3 * * *" }, "cron", "has 6 fields"},
		"no expression":              {func(s *retention.Schedule) { s.Cron = "" }, "cron", "has 0 fields"},
		"a word":                     {func(s *retention.Schedule) { s.Cron = "often" }, "cron", "has 1 field; give five"},
		"a shorthand":                {func(s *retention.Schedule) { s.Cron = "@daily" }, "cron", "give its five fields: 0 0 * * *"},
		"a zone inside":              {func(s *retention.Schedule) { s.Cron = "TZ=UTC 0 3 * *" }, "cron", `minute "TZ=UTC": "TZ=UTC" must be a number from 0 to 59`},
		"minute 60":                  {func(s *retention.Schedule) { s.Cron = "60 3 * * *" }, "cron", `minute "60": "60" must be a number from 0 to 59`},
		"hour 24":                    {func(s *retention.Schedule) { s.Cron = "0 24 * * *" }, "cron", `"24" must be a number from 0 to 23`},
		"month 13":                   {func(s *retention.Schedule) { s.Cron = "0 3 1 13 *" }, "cron", `"13" must be a number from 1 to 12, or a name such as jan`},
		"rubbish":                    {func(s *retention.Schedule) { s.Cron = "a b c d e" }, "cron", "must be a number"},
		"a step of nothing":          {func(s *retention.Schedule) { s.Cron = "*/0 * * * *" }, "cron", "the step \"0\" must be a number from 1 to 59"},
		"a step of no range":         {func(s *retention.Schedule) { s.Cron = "5/15 * * * *" }, "cron", "give 5-59/15, or */15"},
		"an empty element":           {func(s *retention.Schedule) { s.Cron = "1,,2 * * * *" }, "cron", "an element of the list is empty"},
		"an element that is left":    {func(s *retention.Schedule) { s.Cron = "0 3, * * *" }, "cron", "an element of the list is empty"},
		"a range that goes back":     {func(s *retention.Schedule) { s.Cron = "5-1 * * * *" }, "cron", "goes backwards; give its parts as a list, such as 5-59,0-1"},
		"a week up to its Sunday":    {func(s *retention.Schedule) { s.Cron = "0 3 * * mon-sun" }, "cron", "goes backwards; give 1-7, as Sunday at the end of a week is 7"},
		"a list of one and one":      {func(s *retention.Schedule) { s.Cron = "59-0 * * * *" }, "cron", "such as 59,0"},
		"a novel":                    {func(s *retention.Schedule) { s.Cron = strings.Repeat("9", 6000) + " 3 * * *" }, "cron", `minute "` + strings.Repeat("9", 60) + `…"`},
		"a week that goes back":      {func(s *retention.Schedule) { s.Cron = "0 3 * * fri-mon" }, "cron", "goes backwards; give its parts as a list, such as 5-6,0-1"},
		"the last of the month":      {func(s *retention.Schedule) { s.Cron = "0 3 L * *" }, "cron", `"L" must be a number from 1 to 31`},
		"a question mark":            {func(s *retention.Schedule) { s.Cron = "0 3 ? * *" }, "cron", `"?" must be a number from 1 to 31`},
		"a sign":                     {func(s *retention.Schedule) { s.Cron = "+5 3 * * *" }, "cron", `"+5" must be a number`},
		"another script's digits":    {func(s *retention.Schedule) { s.Cron = "٥ 3 * * *" }, "cron", "must be a number"},
		"a name where there is none": {func(s *retention.Schedule) { s.Cron = "0 3 mon * *" }, "cron", `"mon" must be a number from 1 to 31`},
		"30 February":                {func(s *retention.Schedule) { s.Cron = "0 3 30 2 *" }, "cron", "never comes"},
		"31 April":                   {func(s *retention.Schedule) { s.Cron = "0 3 31 4 *" }, "cron", "never comes"},
		"a zone that is none":        {func(s *retention.Schedule) { s.TimeZone = "Mars/Olympus" }, "time_zone", "Europe/Berlin"},
		"a zone of some machines":    {func(s *retention.Schedule) { s.TimeZone = "posix/Europe/Berlin" }, "time_zone", "not a time zone"},
		"a zone of leap seconds":     {func(s *retention.Schedule) { s.TimeZone = "right/Europe/Berlin" }, "time_zone", "not a time zone"},
		"a zone in small letters":    {func(s *retention.Schedule) { s.TimeZone = "europe/berlin" }, "time_zone", "not a time zone"},
		"two zones":                  {func(s *retention.Schedule) { s.TimeZone = "UTC\nUniversal" }, "time_zone", "not a time zone"},
		"the machine's zone":         {func(s *retention.Schedule) { s.TimeZone = "Local" }, "time_zone", "not a time zone"},
		"a path as zone":             {func(s *retention.Schedule) { s.TimeZone = "../etc/passwd" }, "time_zone", "not a time zone"},
		"a name with a space":        {func(s *retention.Schedule) { s.Name = "every night" }, "name", "lower-case"},
		"a grace of seconds":         {func(s *retention.Schedule) { s.MisfireGrace = retention.Period{Seconds: 5} }, "misfire_grace", "from one minute"},
		"a grace of years":           {func(s *retention.Schedule) { s.MisfireGrace = retention.Period{Years: 1} }, "misfire_grace", "31 days"},
		"a policy twice":             {func(s *retention.Schedule) { s.Policies = []string{"a", "b", "a"} }, "policies[2]", "named twice"},
		"a policy without a name":    {func(s *retention.Schedule) { s.Policies = []string{""} }, "policies[0]", "no name"},
		"too many to name them":      {func(s *retention.Schedule) { s.Policies = slices.Repeat([]string{"a"}, 1001) }, "policies", "at most 1000"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			s := schedule("0 3 * * *", "Europe/Berlin")
			c.change(&s)
			err := s.Validate()
			if err == nil || !strings.Contains(err.Error(), c.field+":") || !strings.Contains(err.Error(), c.says) {
				t.Errorf("got %v, want %s to say %q", err, c.field, c.says)
			}
		})
	}
}

func TestScheduleOf29FebruaryWaitsForTheLeapYear(t *testing.T) {
	s := schedule("0 3 29 2 *", "UTC")
	if err := s.Validate(); err != nil {
		t.Fatal(err)
	}
	for after, want := range map[string]string{
		"2025-01-01T00:00:00Z": "2028-02-29T03:00:00Z",
		"2028-02-29T03:00:00Z": "2032-02-29T03:00:00Z",
		"2096-02-29T03:00:00Z": "2104-02-29T03:00:00Z", // 2100 is none
	} {
		got, err := s.Next(parseTime(t, after))
		if err != nil || got.At.Format(time.RFC3339) != want {
			t.Errorf("after %s: got %v, %v, want %s", after, got.At, err, want)
		}
	}
}

// TestSlotsOfDaysOnWhichTheClocksChange has what runs on the days of change, by zone
// and year. Times are those of the zone with their offset.
func TestSlotsOfDaysOnWhichTheClocksChange(t *testing.T) {
	cases := []struct {
		name, zone, cron string
		from, until      string // local times with offset
		want             []string
	}{
		{"Berlin, spring: the lost 02:30 runs at the change", "Europe/Berlin", "30 2 * * *", "2026-03-28T12:00:00+01:00", "2026-03-30T12:00:00+02:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T02:30:00+02:00"}},
		{"Berlin, spring of another year", "Europe/Berlin", "0 2 * * *", "2027-03-27T12:00:00+01:00", "2027-03-29T12:00:00+02:00",
			[]string{"2027-03-28T03:00:00+02:00", "2027-03-29T02:00:00+02:00"}},
		{"Berlin, spring: many in the lost hour are one", "Europe/Berlin", "*/10 2 * * *", "2026-03-29T00:00:00+01:00", "2026-03-29T23:00:00+02:00",
			[]string{"2026-03-29T03:00:00+02:00"}},
		{"Berlin, spring: an hourly one has no extra", "Europe/Berlin", "15 * * * *", "2026-03-29T00:30:00+01:00", "2026-03-29T05:00:00+02:00",
			[]string{"2026-03-29T01:15:00+01:00", "2026-03-29T03:15:00+02:00", "2026-03-29T04:15:00+02:00"}},
		{"Berlin, spring: one of every half hour has no extra", "Europe/Berlin", "*/30 * * * *", "2026-03-29T01:00:00+01:00", "2026-03-29T04:00:00+02:00",
			[]string{"2026-03-29T01:30:00+01:00", "2026-03-29T03:00:00+02:00", "2026-03-29T03:30:00+02:00", "2026-03-29T04:00:00+02:00"}},
		{"Berlin, autumn: the doubled 02:30 runs once", "Europe/Berlin", "30 2 * * *", "2026-10-24T12:00:00+02:00", "2026-10-26T12:00:00+01:00",
			[]string{"2026-10-25T02:30:00+02:00", "2026-10-26T02:30:00+01:00"}},
		{"Berlin, autumn of another year", "Europe/Berlin", "0 2 * * *", "2028-10-28T12:00:00+02:00", "2028-10-30T12:00:00+01:00",
			[]string{"2028-10-29T02:00:00+02:00", "2028-10-30T02:00:00+01:00"}},
		{"Berlin, autumn: asked within the second pass", "Europe/Berlin", "*/30 * * * *", "2026-10-25T02:10:00+01:00", "2026-10-25T03:30:00+01:00",
			[]string{"2026-10-25T03:00:00+01:00", "2026-10-25T03:30:00+01:00"}},
		{"Berlin, an ordinary night", "Europe/Berlin", "0 3 * * *", "2026-03-28T12:00:00+01:00", "2026-03-30T12:00:00+02:00",
			[]string{"2026-03-29T03:00:00+02:00", "2026-03-30T03:00:00+02:00"}},
		{"New York, spring", "America/New_York", "30 2 * * *", "2026-03-07T12:00:00-05:00", "2026-03-09T12:00:00-04:00",
			[]string{"2026-03-08T03:00:00-04:00", "2026-03-09T02:30:00-04:00"}},
		{"New York, spring of another year", "America/New_York", "0 2 * * *", "2030-03-09T12:00:00-05:00", "2030-03-10T12:00:00-04:00",
			[]string{"2030-03-10T03:00:00-04:00"}},
		{"New York, autumn", "America/New_York", "30 1 * * *", "2026-10-31T12:00:00-04:00", "2026-11-02T12:00:00-05:00",
			[]string{"2026-11-01T01:30:00-04:00", "2026-11-02T01:30:00-05:00"}},
		{"Lord Howe, spring: half an hour is lost", "Australia/Lord_Howe", "15 2 * * *", "2026-10-03T12:00:00+10:30", "2026-10-05T12:00:00+11:00",
			[]string{"2026-10-04T02:30:00+11:00", "2026-10-05T02:15:00+11:00"}},
		{"Lord Howe, spring: what is behind the half hour is not", "Australia/Lord_Howe", "45 2 * * *", "2026-10-03T12:00:00+10:30", "2026-10-05T12:00:00+11:00",
			[]string{"2026-10-04T02:45:00+11:00", "2026-10-05T02:45:00+11:00"}},
		{"Lord Howe, autumn: half an hour comes twice", "Australia/Lord_Howe", "45 1 * * *", "2027-04-03T12:00:00+11:00", "2027-04-05T12:00:00+10:30",
			[]string{"2027-04-04T01:45:00+11:00", "2027-04-05T01:45:00+10:30"}},
		{"Casablanca, the clocks go back for Ramadan", "Africa/Casablanca", "30 2 * * *", "2026-02-14T12:00:00+01:00", "2026-02-16T12:00:00Z",
			[]string{"2026-02-15T02:30:00+01:00", "2026-02-16T02:30:00Z"}},
		{"Casablanca, and forward after it", "Africa/Casablanca", "30 2 * * *", "2026-03-21T12:00:00Z", "2026-03-23T12:00:00+01:00",
			[]string{"2026-03-22T03:00:00+01:00", "2026-03-23T02:30:00+01:00"}},
		{"Beirut, where midnight is lost", "Asia/Beirut", "0 0 * * *", "2026-03-27T12:00:00+02:00", "2026-03-30T12:00:00+03:00",
			[]string{"2026-03-28T00:00:00+02:00", "2026-03-29T01:00:00+03:00", "2026-03-30T00:00:00+03:00"}},
		{"Apia, which left out a whole day in 2011", "Pacific/Apia", "0 3 * * *", "2011-12-28T12:00:00-10:00", "2011-12-31T12:00:00+14:00",
			[]string{"2011-12-29T03:00:00-10:00", "2011-12-31T03:00:00+14:00"}},
		{"UTC knows no change", "UTC", "30 2 * * *", "2026-03-28T12:00:00Z", "2026-03-30T12:00:00Z",
			[]string{"2026-03-29T02:30:00Z", "2026-03-30T02:30:00Z"}},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := schedule(c.cron, c.zone)
			slots, err := s.Between(parseTime(t, c.from), parseTime(t, c.until), 100)
			if err != nil {
				t.Fatal(err)
			}
			var got []string
			for i, want := range c.want {
				if i < len(slots) && slots[i].At.Equal(parseTime(t, want)) {
					got = append(got, want)
				}
			}
			if len(slots) != len(c.want) || len(got) != len(c.want) {
				t.Errorf("got %v, want %v", slots, c.want)
			}
		})
	}
}

// TestOverTenYearsEachLocalSlotComesOnceAndInOrder walks zones with every kind of
// change, in steps of all sizes: no wall time twice, no instant twice, one for each day.
func TestOverTenYearsEachLocalSlotComesOnceAndInOrder(t *testing.T) {
	zones := []string{"Europe/Berlin", "America/New_York", "Australia/Lord_Howe", "Africa/Casablanca", "UTC", "Asia/Kathmandu", "America/Sao_Paulo", "Asia/Beirut"}
	for _, zone := range zones {
		for _, cron := range []string{"30 2 * * *", "0 0 * * *", "15 1 * * *", "30 3 * * *"} {
			s := schedule(cron, zone)
			from := time.Date(2025, 1, 1, 12, 0, 0, 0, time.UTC)
			until := time.Date(2035, 1, 1, 12, 0, 0, 0, time.UTC)
			seen := map[string]bool{}
			for at := from; ; {
				slots, err := s.Between(at, until, 7)
				if err != nil {
					t.Fatal(err)
				}
				if len(slots) == 0 {
					break
				}
				for _, slot := range slots {
					if seen[slot.Local] || !slot.At.After(at) {
						t.Fatalf("%s %s: %v came twice or goes back", zone, cron, slot)
					}
					seen[slot.Local], at = true, slot.At
				}
			}
			if days := 3652; len(seen) != days {
				t.Errorf("%s %s: %d slots in %d days", zone, cron, len(seen), days)
			}
		}
	}
}

func TestDayOfMonthAndWeekdayGoTogetherAsInVixiesCron(t *testing.T) {
	for cron, want := range map[string]string{
		"0 3 13 * 5":      "2 9 13 16 23 30", // the 13th, and every Friday
		"0 3 1-31 * 5":    "1 2 3 4 5 6 7 8 9 10 11 12 13 14 15 16 17 18 19 20 21 22 23 24 25 26 27 28 29 30 31",
		"0 3 * * 5":       "2 9 16 23 30",
		"0 3 */2 * 1":     "5 19",                                             // Mondays with an odd number
		"0 3 1-31/2 * 1":  "1 3 5 7 9 11 12 13 15 17 19 21 23 25 26 27 29 31", // odd days, and Mondays
		"0 3 13 * */2":    "13",                                               // the 13th if it is a Sunday, Tuesday, Thursday or Saturday
		"0 3 14 * */2":    "",                                                 // a Wednesday
		"0 3 */10,13 * 2": "13",                                               // the 1st, 11th, 21st, 31st and 13th that are Tuesdays
		"0 3 * * */3":     "3 4 7 10 11 14 17 18 21 24 25 28 31",
	} {
		s := schedule(cron, "UTC")
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", cron, err)
		}
		slots, err := s.Between(parseTime(t, "2026-01-01T00:00:00Z"), parseTime(t, "2026-01-31T23:00:00Z"), 40)
		var days []string
		for _, x := range slots {
			days = append(days, strconv.Itoa(x.At.Day()))
		}
		if got := strings.Join(days, " "); err != nil || got != want {
			t.Errorf("%s: got %q, %v, want %q", cron, got, err, want)
		}
	}
	leap := schedule("0 3 29 2 */7", "UTC") // 29 February on a Sunday
	if next, err := leap.Next(parseTime(t, "2088-03-01T00:00:00Z")); err != nil || next.At.Year() != 2128 {
		t.Errorf("after 2088: got %v, %v, want 2128", next, err)
	}
}

func TestZonesAreThoseThatTheBinaryCarries(t *testing.T) {
	root, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	z, err := zip.OpenReader(filepath.Join(strings.TrimSpace(string(root)), "lib", "time", "zoneinfo.zip"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = z.Close() }()
	var names []string
	for _, f := range z.File {
		if !strings.HasSuffix(f.Name, "/") {
			names = append(names, f.Name)
		}
	}
	slices.Sort(names)
	want := strings.Join(names, "\n") + "\n"
	got, err := os.ReadFile("zones.txt")
	if err != nil || string(got) != want {
		t.Errorf("zones.txt (%v) is not what Go's zoneinfo.zip has; make it again with: unzip -Z1 \"$(go env GOROOT)/lib/time/zoneinfo.zip\" | grep -v '/$' | LC_ALL=C sort > retention/zones.txt", err)
	}
	for _, name := range names {
		if err := retention.CheckTimeZone(name); err != nil {
			t.Error(err)
		}
	}
}

func TestScheduleReadsAsASentence(t *testing.T) {
	for cron, want := range map[string]string{
		"0 3 * * *":       "Runs all active policies at 03:00 every day, Europe/Berlin.",
		"30 1,13 * * *":   "Runs all active policies at 01:30 and 13:30 every day, Europe/Berlin.",
		"0 3 * * 1-5":     "Runs all active policies at 03:00 on Monday to Friday, Europe/Berlin.",
		"0 3 * * sun":     "Runs all active policies at 03:00 every Sunday, Europe/Berlin.",
		"0 3 * * 7":       "Runs all active policies at 03:00 every Sunday, Europe/Berlin.",
		"0 3 1 * *":       "Runs all active policies at 03:00 on day 1 of every month, Europe/Berlin.",
		"0 3 * * 5-7":     "Runs all active policies at 03:00 on Friday to Sunday, Europe/Berlin.",
		"0 3 31 * *":      "Runs all active policies at 03:00 on day 31 of every month that has one, Europe/Berlin.",
		"0 3 29 2 *":      "Runs all active policies at 03:00 on 29 February of every leap year, Europe/Berlin.",
		"0 3 1 1 *":       "Runs all active policies at 03:00 on 1 January every year, Europe/Berlin.",
		"*/15 * * * *":    "Runs all active policies every 15 minutes, Europe/Berlin.",
		"0 * * * *":       "Runs all active policies every hour, Europe/Berlin.",
		"0 */6 * * *":     "Runs all active policies every 6 hours, Europe/Berlin.",
		"*/1 * * * *":     "Runs all active policies every minute, Europe/Berlin.",
		"*/7 * * * *":     "Runs all active policies at minutes 0, 7, 14, 21, 28, 35, 42, 49 and 56 of every hour, Europe/Berlin.",
		"1-59/2 * * * *":  "Runs all active policies at minutes 1, 3, 5 and so on to 59 of every hour, Europe/Berlin.",
		"1 * * * *":       "Runs all active policies at 1 minute past every hour, Europe/Berlin.",
		"0 */2 * * *":     "Runs all active policies every 2 hours, Europe/Berlin.",
		"0 */5 * * *":     "Runs all active policies at 00:00, 05:00, 10:00, 15:00 and 20:00 every day, Europe/Berlin.",
		"*/15 9-17 * * *": "Runs all active policies every 15 minutes from 09:00 to 17:59 every day, Europe/Berlin.",
		"*/5 1,13 * * *":  "Runs all active policies every 5 minutes, in the hours 01 and 13, every day, Europe/Berlin.",
		"0-10 3 * * *":    "Runs all active policies at 03:00, 03:01, 03:02, 03:03, 03:04, 03:05, 03:06, 03:07, 03:08, 03:09 and 03:10 every day, Europe/Berlin.",
		"0 3 * 2 *":       "Runs all active policies at 03:00 every day in February, Europe/Berlin.",
		"0 3 1,15 1-6 *":  "Runs all active policies at 03:00 on days 1 and 15 of January to June, Europe/Berlin.",
		"0 3 29-31 * *":   "Runs all active policies at 03:00 on days 29 to 31 of every month, where the month has them, Europe/Berlin.",
		"0 3 13 * 5":      "Runs all active policies at 03:00 on each day that is day 13 of the month or a Friday, Europe/Berlin.",
		"0 3 1-7 * 1":     "Runs all active policies at 03:00 on each day that is day 1 to 7 of the month or a Monday, Europe/Berlin.",
		"0 0 31 12 0":     "Runs all active policies at 00:00 on each day in December that is day 31 of the month or a Sunday, Europe/Berlin.",
		"0 3 */2 * 1":     "Runs all active policies at 03:00 on each Monday that is day 1, 3, 5 and so on to 31 of the month, Europe/Berlin.",
		"0 3 13 * */2":    "Runs all active policies at 03:00 on each Tuesday, Thursday, Saturday or Sunday that is day 13 of the month, Europe/Berlin.",
		"0 3 1-31 * 5":    "Runs all active policies at 03:00 every day, Europe/Berlin.",
		"1,2,3,5,8,13,21,34,35,40,41,44,50,59 3 * * *": "Runs all active policies whenever `1,2,3,5,8,13,21,34,35,40,41,44,50,59 3 * * *` comes, Europe/Berlin.",
	} {
		s := schedule(cron, "Europe/Berlin")
		if err := s.Validate(); err != nil {
			t.Errorf("%s: %v", cron, err)
		}
		if got := s.Sentence(); got != want {
			t.Errorf("%s: got %q, want %q", cron, got, want)
		}
	}
	s := schedule("0 3 * * *", "UTC")
	s.Policies, s.Enabled = []string{"logs", "orders"}, false
	if got, want := s.Sentence(), "Disabled. When it is enabled, it runs logs and orders at 03:00 every day, UTC."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestScheduleIsOverdueAfterTwoOfItsIntervals(t *testing.T) {
	at := func(s string) time.Time { return parseTime(t, s) }
	cases := []struct {
		name, cron, owed, success, now string
		want                           bool
	}{
		{"one night failed", "0 3 * * *", "2026-01-01T00:00:00Z", "2026-02-10T03:05:00Z", "2026-02-11T20:00:00Z", false},
		{"two nights failed", "0 3 * * *", "2026-01-01T00:00:00Z", "2026-02-10T03:05:00Z", "2026-02-12T03:06:00Z", true},
		{"it never succeeded", "0 3 * * *", "2026-02-10T12:00:00Z", "", "2026-02-12T12:01:00Z", true},
		{"it is new", "0 3 * * *", "2026-02-10T12:00:00Z", "", "2026-02-12T11:59:00Z", false},
		{"it was disabled for a year", "0 3 * * *", "2026-02-10T12:00:00Z", "2025-02-10T12:00:00Z", "2026-02-11T12:00:00Z", false},
		{"a Monday after the weekend", "0 3 * * 1-5", "2026-01-01T00:00:00Z", "2026-02-06T03:05:00Z", "2026-02-09T03:10:00Z", false},
		{"every minute, ten minutes ago", "* * * * *", "2026-01-01T00:00:00Z", "2026-02-06T03:05:00Z", "2026-02-06T03:15:00Z", true},
		{"once a month", "0 3 1 * *", "2026-01-01T00:00:00Z", "2026-01-01T03:05:00Z", "2026-02-27T03:10:00Z", false},
		{"29 February", "0 3 29 2 *", "2024-01-01T00:00:00Z", "2024-02-29T03:05:00Z", "2027-02-27T03:10:00Z", false},
	}
	for _, c := range cases {
		t.Run(c.name, func(t *testing.T) {
			s := schedule(c.cron, "UTC")
			s.OwedSince = at(c.owed)
			var success *time.Time
			if c.success != "" {
				v := at(c.success)
				success = &v
			}
			if since, got := s.OverdueSince(success, at(c.now)); got != c.want {
				t.Errorf("got %v (since %v), want %v", got, since, c.want)
			}
			s.Enabled = false
			if _, got := s.OverdueSince(success, at(c.now)); got {
				t.Error("a disabled schedule is overdue")
			}
		})
	}
}
