package retention_test

import (
	"encoding/json"
	"strings"
	"testing"

	"pgregory.net/rapid"

	"holdfast/retention"
)

func TestPeriodsAreReadAndWrittenBackInTheirOwnUnits(t *testing.T) {
	for _, tc := range []struct {
		text  string
		want  retention.Period
		iso   string
		human string
	}{
		{"P90D", retention.Period{Days: 90}, "P90D", "90 days"},
		{"P13M", retention.Period{Months: 13}, "P13M", "13 months"},
		{"P7Y", retention.Period{Years: 7}, "P7Y", "7 years"},
		{"P12M", retention.Period{Months: 12}, "P12M", "12 months"},
		{"P365D", retention.Period{Days: 365}, "P365D", "365 days"},
		{"P4W", retention.Period{Weeks: 4}, "P4W", "4 weeks"},
		{"P2557D", retention.Period{Days: 2557}, "P2557D", "2,557 days"},
		{"P1Y6M", retention.Period{Years: 1, Months: 6}, "P1Y6M", "1 year and 6 months"},
		{"PT72H", retention.Period{Hours: 72}, "PT72H", "72 hours"},
		{"PT1M", retention.Period{Minutes: 1}, "PT1M", "1 minute"},
		{"P1M", retention.Period{Months: 1}, "P1M", "1 month"},
		{"P1MT1M", retention.Period{Months: 1, Minutes: 1}, "P1MT1M", "1 month and 1 minute"},
		{"P1Y2M3W4DT5H6M7S", retention.Period{Years: 1, Months: 2, Weeks: 3, Days: 4, Hours: 5, Minutes: 6, Seconds: 7}, "P1Y2M3W4DT5H6M7S",
			"1 year, 2 months, 3 weeks, 4 days, 5 hours, 6 minutes and 7 seconds"},
		{"p90d", retention.Period{Days: 90}, "P90D", "90 days"},
		{" P90D\n", retention.Period{Days: 90}, "P90D", "90 days"},
		{"P007D", retention.Period{Days: 7}, "P7D", "7 days"},
		{"P0Y5D", retention.Period{Days: 5}, "P5D", "5 days"},
		{"P0D", retention.Period{}, "P0D", "0 days"},
		{"PT0S", retention.Period{}, "P0D", "0 days"},
		{"90 days", retention.Period{Days: 90}, "P90D", "90 days"},
		{"7 years", retention.Period{Years: 7}, "P7Y", "7 years"},
		{"1 year", retention.Period{Years: 1}, "P1Y", "1 year"},
		{"18 Months", retention.Period{Months: 18}, "P18M", "18 months"},
		{"2 weeks", retention.Period{Weeks: 2}, "P2W", "2 weeks"},
		{"36  hours", retention.Period{Hours: 36}, "PT36H", "36 hours"},
		{"30 minutes", retention.Period{Minutes: 30}, "PT30M", "30 minutes"},
		{"45 seconds", retention.Period{Seconds: 45}, "PT45S", "45 seconds"},
		{"P1000Y", retention.Period{Years: 1000}, "P1000Y", "1,000 years"},
		{"P12000M", retention.Period{Months: 12_000}, "P12000M", "12,000 months"},
		{"P365242D", retention.Period{Days: 365_242}, "P365242D", "365,242 days"},
		{"8765820 hours", retention.Period{Hours: 8_765_820}, "PT8765820H", "8,765,820 hours"},
	} {
		got, err := retention.ParsePeriod(tc.text)
		if err != nil || got != tc.want {
			t.Errorf("ParsePeriod(%q) = %+v, %v, want %+v", tc.text, got, err, tc.want)
			continue
		}
		if got.String() != tc.iso || got.Human() != tc.human {
			t.Errorf("%q is written %s, %q, want %s, %q", tc.text, got, got.Human(), tc.iso, tc.human)
		}
	}
}

func TestPeriodsThatCannotBeRepresentedAreRefused(t *testing.T) {
	const tooLong = "longer than can be represented; at most 1000 years"
	const help = "give an ISO 8601 duration such as P90D, P7Y or PT1H"
	for _, tc := range []struct{ text, says string }{
		{"", help},
		{"P", help},
		{"PT", help},
		{"P1DT", help},
		{"p1dt", help},
		{"T1H", help},
		{"90", help},
		{"90D", help},
		{"P90", help},
		{"P0.5D", help},
		{"P0,5D", help},
		{"P1.5Y", help},
		{"PT0.5S", help},
		{"-P1D", help},
		{"P-1D", help},
		{"+P1D", help},
		{"P1M2Y", help},
		{"P1D1W", help},
		{"P1D2D", help},
		{"PT1S1M", help},
		{"P1H", help},
		{"PT1D", help},
		{"P1D PT1H", help},
		{"P 1D", help},
		{"P٣D", help},
		{"about a year", help},
		{"a year", help},
		{"1.5 years", help},
		{"-90 days", help},
		{"90days", help},
		{"1 year 6 months", help},
		{"90 days ago", help},
		{"forever", help},
		{"3 fortnights", `unknown unit "fortnights"`},
		{"3 fortnights", help},
		{"3 s", `unknown unit "s"`},
		{"3 dayss", `unknown unit "dayss"`},
		{"1000000000 years", tooLong},
		{"P1000000000Y", tooLong},
		{"P1001Y", tooLong},
		{"1001 years", tooLong},
		{"P12001M", tooLong},
		{"P52179W", tooLong},
		{"P365243D", tooLong},
		{"PT8765821H", tooLong},
		{"PT525949201M", tooLong},
		{"PT31556952001S", tooLong},
		{"P999Y13M", tooLong},
		{"P99999999999999999999D", tooLong},
		{"99999999999999999999 days", tooLong},
	} {
		got, err := retention.ParsePeriod(tc.text)
		if err == nil || !strings.Contains(err.Error(), tc.says) {
			t.Errorf("ParsePeriod(%q) = %+v, %v, want an error that says %q", tc.text, got, err, tc.says)
		}
		if err != nil && got != (retention.Period{}) {
			t.Errorf("ParsePeriod(%q) fails and answers %+v, want nothing", tc.text, got)
		}
	}
}

func TestEveryPeriodIsReadBackAsItWasPrinted(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		part := rapid.OneOf(rapid.Just(0), rapid.IntRange(0, 100), rapid.IntRange(0, 1000))
		want := retention.Period{
			Years: rapid.IntRange(0, 800).Draw(t, "years"), Months: part.Draw(t, "months"), Weeks: part.Draw(t, "weeks"), Days: part.Draw(t, "days"),
			Hours: part.Draw(t, "hours"), Minutes: part.Draw(t, "minutes"), Seconds: part.Draw(t, "seconds"),
		}
		got, err := retention.ParsePeriod(want.String())
		if err != nil || got != want {
			t.Fatalf("ParsePeriod(%q) = %+v, %v, want %+v", want.String(), got, err, want)
		}
		raw, err := json.Marshal(want)
		if err != nil {
			t.Fatal(err)
		}
		var back retention.Period
		if err := json.Unmarshal(raw, &back); err != nil || back != want {
			t.Fatalf("JSON %s is read as %+v, %v, want %+v", raw, back, err, want)
		}
	})
}

func TestTextThatIsReadAsAPeriodMeansTheSameWhenWritten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		text := rapid.StringOf(rapid.SampledFrom([]rune("PT0159YMWDHSs dayerP"))).Draw(t, "text")
		p, err := retention.ParsePeriod(text)
		if err != nil {
			return
		}
		again, err := retention.ParsePeriod(p.String())
		if err != nil || again != p {
			t.Fatalf("%q is read as %+v, written as %s and read as %+v, %v", text, p, p, again, err)
		}
		if p.IsZero() != (p.String() == "P0D") {
			t.Fatalf("%q: IsZero() = %v of %s", text, p.IsZero(), p)
		}
	})
}

func TestABadPeriodFailsItsDocument(t *testing.T) {
	for _, doc := range []string{`"P0.5D"`, `90`, `{"days":90}`} {
		var got retention.Period
		if err := json.Unmarshal([]byte(doc), &got); err == nil {
			t.Errorf("%s is read as %s, want an error", doc, got)
		}
	}
}
