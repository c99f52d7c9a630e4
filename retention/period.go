package retention

import (
	"fmt"
	"regexp"
	"strconv"
	"strings"
	"time"
)

// Period is a span of calendar time as ISO 8601 writes it. The units are kept
// apart and never converted: a month is no number of days, and what was written
// is what is read back. All parts are zero or more.
type Period struct {
	Years, Months, Weeks, Days int
	Hours, Minutes, Seconds    int
}

// maxYears bounds a period as a whole. No law asks for more, and a cutoff before
// the year 1 can be written neither in RFC 3339 nor, from 4713 BC on, by PostgreSQL.
const maxYears = 1000

var (
	isoPeriod  = regexp.MustCompile(`^P(?:(\d+)Y)?(?:(\d+)M)?(?:(\d+)W)?(?:(\d+)D)?(?:T(?:(\d+)H)?(?:(\d+)M)?(?:(\d+)S)?)?$`)
	wordPeriod = regexp.MustCompile(`^(\d+)\s+([a-z]+)$`)
)

// acceptedPeriods is the end of every refusal of a period.
const acceptedPeriods = "give an ISO 8601 duration such as P90D, P7Y or PT1H, or words such as \"90 days\", \"7 years\" or \"1 hour\""

// ParsePeriod reads an ISO 8601 duration in calendar units (P90D, P13M, P7Y,
// P1Y6M, PT72H), or a number and a unit (90 days, 7 years). Fractions, signs and
// anything that would have to be rounded are refused. P0D is a valid period;
// where zero makes no sense the caller refuses it with IsZero.
func ParsePeriod(s string) (Period, error) {
	text := strings.TrimSpace(s)
	if m := wordPeriod.FindStringSubmatch(strings.ToLower(text)); m != nil {
		return wordsPeriod(s, m[1], m[2])
	}
	m := isoPeriod.FindStringSubmatch(strings.ToUpper(text))
	if m == nil || strings.Join(m[1:], "") == "" || strings.HasSuffix(strings.ToUpper(text), "T") {
		return Period{}, fmt.Errorf("%q is not a period; %s", s, acceptedPeriods)
	}
	var p Period
	for i, part := range p.parts() {
		if m[i+1] == "" {
			continue
		}
		if err := setPart(part, s, m[i+1]); err != nil {
			return Period{}, err
		}
	}
	return bounded(p, s)
}

func wordsPeriod(whole, number, unit string) (Period, error) {
	var p Period
	targets := map[string]*int{
		"year": &p.Years, "month": &p.Months, "week": &p.Weeks, "day": &p.Days,
		"hour": &p.Hours, "minute": &p.Minutes, "second": &p.Seconds,
	}
	part, ok := targets[strings.TrimSuffix(unit, "s")]
	if !ok {
		return Period{}, fmt.Errorf("%q has the unknown unit %q; %s", whole, unit, acceptedPeriods)
	}
	if err := setPart(part, whole, number); err != nil {
		return Period{}, err
	}
	return bounded(p, whole)
}

func setPart(part *int, whole, number string) error {
	n, err := strconv.Atoi(number)
	if err != nil {
		return tooLong(whole)
	}
	*part = n
	return nil
}

// bounded refuses a period of more than maxYears. The units are converted for this
// comparison alone, by the mean year of 365.2425 days.
func bounded(p Period, whole string) (Period, error) {
	days := 7*float64(p.Weeks) + float64(p.Days)
	seconds := 3600*float64(p.Hours) + 60*float64(p.Minutes) + float64(p.Seconds)
	if float64(p.Years)+float64(p.Months)/12+(days+seconds/86_400)/365.2425 > maxYears {
		return Period{}, tooLong(whole)
	}
	return p, nil
}

func tooLong(whole string) error {
	return fmt.Errorf("%q is longer than can be represented; at most %d years are accepted", whole, maxYears)
}

func (p *Period) parts() []*int {
	return []*int{&p.Years, &p.Months, &p.Weeks, &p.Days, &p.Hours, &p.Minutes, &p.Seconds}
}

// IsZero reports whether the period spans nothing (P0D).
func (p Period) IsZero() bool { return p == Period{} }

// String is the ISO 8601 form, which PostgreSQL reads as an interval.
func (p Period) String() string {
	if p.IsZero() {
		return "P0D"
	}
	var b strings.Builder
	b.WriteByte('P')
	for i, part := range p.parts() {
		if i == 4 && (p.Hours|p.Minutes|p.Seconds) != 0 {
			b.WriteByte('T')
		}
		if *part != 0 {
			b.WriteString(strconv.Itoa(*part))
			b.WriteByte("YMWDHMS"[i])
		}
	}
	return b.String()
}

// Human is the period in words: "730 days", "1 year and 6 months".
func (p Period) Human() string {
	names := []string{"year", "month", "week", "day", "hour", "minute", "second"}
	var words []string
	for i, part := range p.parts() {
		switch {
		case *part == 1:
			words = append(words, "1 "+names[i])
		case *part > 1:
			words = append(words, groupThousands(*part)+" "+names[i]+"s")
		}
	}
	switch len(words) {
	case 0:
		return "0 days"
	case 1:
		return words[0]
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}

func groupThousands(n int) string {
	s := strconv.Itoa(n)
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + "," + s[i:]
	}
	return s
}

// MarshalText writes the ISO 8601 form.
func (p Period) MarshalText() ([]byte, error) { return []byte(p.String()), nil }

// UnmarshalText reads what ParsePeriod accepts.
func (p *Period) UnmarshalText(b []byte) error {
	v, err := ParsePeriod(string(b))
	if err != nil {
		return err
	}
	*p = v
	return nil
}

// After is the instant the period after another, in UTC: calendar units by the
// calendar, the rest by the clock.
func (p Period) After(t time.Time) time.Time {
	t = t.UTC().AddDate(p.Years, p.Months, 7*p.Weeks+p.Days)
	return t.Add(time.Duration(p.Hours)*time.Hour + time.Duration(p.Minutes)*time.Minute + time.Duration(p.Seconds)*time.Second)
}

// ShorterThan reports whether the period may be over before the other one is: a month
// counts as its shortest.
func (p Period) ShorterThan(o Period) bool {
	february := time.Date(2001, time.February, 1, 0, 0, 0, 0, time.UTC)
	return p.After(february).Before(o.After(february))
}

// Plus is the period and another one after it, unit by unit: none is converted.
func (p Period) Plus(o Period) Period {
	theirs := o.parts()
	for i, part := range p.parts() {
		*part += *theirs[i]
	}
	return p
}
