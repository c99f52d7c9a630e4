package retention

import (
	"fmt"
	"strconv"
	"strings"
)

// When says when a schedule runs: in words where the expression is a simple one,
// else by the expression itself.
func (s *Schedule) When() string {
	if words, ok := cronWords(s.Cron); ok {
		return words + ", " + s.TimeZone
	}
	return "whenever `" + strings.Join(strings.Fields(s.Cron), " ") + "` comes, " + s.TimeZone
}

// cronWords reads the expressions that most people write; ok is false for others.
func cronWords(text string) (words string, ok bool) {
	f := strings.Fields(text)
	if len(f) != 5 {
		return "", false
	}
	at, often, ok := timeWords(f[0], f[1])
	if !ok {
		return "", false
	}
	days, ok := dayWords(f[2], f[3], f[4])
	if !ok {
		return "", false
	}
	if often && days == "every day" {
		return at, true
	}
	return at + " " + days, true
}

// timeWords reads minute and hour; often tells that it comes within every hour of the
// day, so that "every day" need not be said.
func timeWords(minute, hour string) (words string, often, ok bool) {
	if step, found := strings.CutPrefix(minute, "*/"); found && hour == "*" {
		n, err := strconv.Atoi(step)
		return fmt.Sprintf("every %d minutes", n), true, err == nil && n > 1 && 60%n == 0
	}
	if minute == "*" && hour == "*" {
		return "every minute", true, true
	}
	m, err := strconv.Atoi(minute)
	if err != nil || m > 59 {
		return "", false, false
	}
	if hour == "*" {
		if m == 0 {
			return "every hour", true, true
		}
		return fmt.Sprintf("at %d minutes past every hour", m), true, m > 1
	}
	if step, found := strings.CutPrefix(hour, "*/"); found {
		n, err := strconv.Atoi(step)
		return fmt.Sprintf("every %d hours", n), true, err == nil && n > 1 && 24%n == 0 && m == 0
	}
	var times []string
	for part := range strings.SplitSeq(hour, ",") {
		h, err := strconv.Atoi(part)
		if err != nil || h > 23 {
			return "", false, false
		}
		times = append(times, fmt.Sprintf("%02d:%02d", h, m))
	}
	return "at " + allOf(times), false, len(times) <= 4
}

var (
	weekdays = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	months   = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
)

// dayWords reads the three fields of the day.
func dayWords(dom, month, dow string) (words string, ok bool) {
	switch {
	case dom == "*" && month == "*" && dow == "*":
		return "every day", true
	case dom == "*" && month == "*":
		return weekdayWords(dow)
	case dow != "*":
		return "", false
	}
	day, err := strconv.Atoi(dom)
	if err != nil || day < 1 || day > 31 {
		return "", false
	}
	if month == "*" {
		words = fmt.Sprintf("on day %d of every month", day)
		if day > 28 {
			words += " that has one"
		}
		return words, true
	}
	m, err := strconv.Atoi(month)
	if err != nil || m < 1 || m > 12 {
		return "", false
	}
	words = fmt.Sprintf("on %d %s", day, months[m-1])
	if day == 29 && m == 2 {
		return words + " of every leap year", true
	}
	return words + " every year", true
}

// weekdayWords reads a day of the week, several, or a range of them.
func weekdayWords(dow string) (string, bool) {
	first, last, isRange := strings.Cut(dow, "-")
	if isRange {
		a, okA := weekday(first)
		b, okB := weekday(last)
		return "on " + a + " to " + b, okA && okB
	}
	var days []string
	for part := range strings.SplitSeq(dow, ",") {
		day, ok := weekday(part)
		if !ok {
			return "", false
		}
		days = append(days, day)
	}
	return "every " + allOf(days), true
}

// weekday reads a number from 0 to 7, or the first three letters.
func weekday(s string) (string, bool) {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n < len(weekdays) {
		return weekdays[n], true
	}
	for _, name := range weekdays {
		if strings.EqualFold(s, name[:3]) {
			return name, true
		}
	}
	return "", false
}

// allOf joins words as a sentence does.
func allOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
