package retention

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// When says when a schedule runs: in words, or by the expression itself where words
// would be longer than it.
func (s *Schedule) When() string {
	if words, ok := cronWords(s.Cron); ok {
		return words + ", " + s.TimeZone
	}
	return "whenever `" + clipped(strings.Join(strings.Fields(s.Cron), " ")) + "` comes, " + s.TimeZone
}

// listed is how many numbers a sentence lists.
const listed = 12

// cronWords reads an expression; ok is false where there are no few words for it.
func cronWords(text string) (words string, ok bool) {
	f := strings.Fields(text)
	if checkCron(text) != nil {
		return "", false
	}
	var values [5][]int
	for i, field := range cronFieldsOf() {
		values[i] = field.values(f[i])
	}
	at, often, ok := timeWords(values[0], values[1])
	if !ok {
		return "", false
	}
	days, ok := dayWords(values[2], values[3], values[4], eitherDay(f[2], f[4]))
	if !ok {
		return "", false
	}
	if often && days == "every day" {
		return at, true
	}
	return at + " " + days, true
}

// timeWords reads minutes and hours; often tells that it comes within every hour of the
// day, or in even steps through it, so that "every day" need not be said.
func timeWords(minutes, hours []int) (words string, often, ok bool) {
	if len(minutes)*len(hours) <= listed {
		if step := evenStep(hours, 24); step > 1 && len(hours) > 1 && minutes[0] == 0 && len(minutes) == 1 {
			return fmt.Sprintf("every %d hours", step), true, true
		}
		var times []string
		for _, h := range hours {
			for _, m := range minutes {
				times = append(times, fmt.Sprintf("%02d:%02d", h, m))
			}
		}
		return "at " + allOf(times), false, true
	}
	words, ok = minuteWords(minutes)
	first, last := hours[0], hours[len(hours)-1]
	switch {
	case len(hours) == 24:
		return words, true, ok
	case last-first == len(hours)-1:
		return words + fmt.Sprintf(" from %02d:00 to %02d:59", first, last), false, ok
	}
	var names []string
	for _, h := range hours {
		names = append(names, fmt.Sprintf("%02d", h))
	}
	return words + ", in the hours " + allOf(names) + ",", false, ok
}

// minuteWords says which minutes of an hour.
func minuteWords(minutes []int) (string, bool) {
	switch step := evenStep(minutes, 60); {
	case step == 1:
		return "every minute", true
	case step > 1 && len(minutes) > 1:
		return fmt.Sprintf("every %d minutes", step), true
	case len(minutes) == 1 && minutes[0] == 0:
		return "every hour", true
	case len(minutes) == 1:
		return "at " + countOf(minutes[0], "minute") + " past every hour", true
	}
	numbers, ok := numberWords(minutes)
	return "at minutes " + numbers + " of every hour", ok
}

// evenStep is the step of values from 0 through the whole of a day or an hour; 0 if
// they do not go evenly through it.
func evenStep(values []int, of int) int {
	step := of / len(values)
	for i, n := range values {
		if n != i*step {
			return 0
		}
	}
	if of%len(values) != 0 {
		return 0
	}
	return step
}

// numberWords lists numbers, or says from where to where.
func numberWords(values []int) (string, bool) {
	first, last := values[0], values[len(values)-1]
	if len(values) > 2 && last-first == len(values)-1 {
		return fmt.Sprintf("%d to %d", first, last), true
	}
	var names []string
	for _, n := range values {
		names = append(names, strconv.Itoa(n))
	}
	if len(values) <= listed {
		return allOf(names), true
	}
	for i, n := range values {
		if n != first+i*(values[1]-first) {
			return "", false
		}
	}
	return strings.Join(names[:3], ", ") + " and so on to " + names[len(names)-1], true
}

var (
	weekdays = []string{"Sunday", "Monday", "Tuesday", "Wednesday", "Thursday", "Friday", "Saturday", "Sunday"}
	months   = []string{"January", "February", "March", "April", "May", "June", "July", "August", "September", "October", "November", "December"}
)

// dayWords reads days of the month, months and days of the week; either tells that one of
// the days is enough.
func dayWords(dom, month, dow []int, either bool) (words string, ok bool) {
	everyDay, everyWeekday := len(dom) == 31, len(dow) == 7
	in := ""
	if len(month) < 12 {
		in = " in " + monthNames(month)
	}
	switch {
	case everyDay && everyWeekday, either && (everyDay || everyWeekday):
		return "every day" + in, true
	case everyDay:
		return weekdayWords(dow) + in, true
	case everyWeekday:
		return dateWords(dom, month)
	}
	numbers, ok := numberWords(dom)
	numbers = "day " + strings.Replace(numbers, " and ", " or ", 1) + " of the month"
	numbers = strings.Replace(numbers, " or so on ", " and so on ", 1)
	days := strings.Replace(allOf(weekdayNames(dow)), " and ", " or ", 1)
	if either {
		return "on each day" + in + " that is " + numbers + " or a " + days, ok
	}
	return "on each " + days + in + " that is " + numbers, ok
}

// dateWords reads days of the month and their months.
func dateWords(dom, month []int) (string, bool) {
	last := dom[len(dom)-1]
	if len(dom) == 1 && len(month) == 1 {
		words := fmt.Sprintf("on %d %s", last, months[month[0]-1])
		return words + pickWords(last == 29 && month[0] == 2, " of every leap year", " every year"), true
	}
	numbers, ok := numberWords(dom)
	words := pickWords(len(dom) == 1, "on day ", "on days ") + numbers + " of "
	if len(month) == 12 {
		return words + "every month" + pickWords(last > 28, pickWords(len(dom) == 1, " that has one", ", where the month has them"), ""), ok
	}
	return words + monthNames(month) + pickWords(last > 28, ", where the month has "+pickWords(len(dom) == 1, "it", "them"), ""), ok
}

func pickWords(cond bool, yes, no string) string {
	if cond {
		return yes
	}
	return no
}

func monthNames(month []int) string {
	first, last := month[0], month[len(month)-1]
	if len(month) > 2 && last-first == len(month)-1 {
		return months[first-1] + " to " + months[last-1]
	}
	var names []string
	for _, m := range month {
		names = append(names, months[m-1])
	}
	return allOf(names)
}

// weekdayWords reads a day of the week, several, or a range of them.
func weekdayWords(dow []int) string {
	for _, days := range [][]int{dow, sundayLast(dow)} {
		first, last := days[0], days[len(days)-1]
		if len(days) > 2 && last-first == len(days)-1 {
			return "on " + weekdays[first] + " to " + weekdays[last]
		}
	}
	return "every " + allOf(weekdayNames(dow))
}

func sundayLast(dow []int) []int {
	if dow[0] == 0 {
		return append(slices.Clone(dow[1:]), 7)
	}
	return dow
}

func weekdayNames(dow []int) []string {
	var names []string
	for _, d := range sundayLast(dow) {
		names = append(names, weekdays[d])
	}
	return names
}

// allOf joins words as a sentence does.
func allOf(words []string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + " and " + words[last]
}
