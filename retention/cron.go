package retention

import (
	"fmt"
	"strconv"
	"strings"
)

// cronField is one of the five fields: its name and its bounds, and the names that
// stand for numbers from low on.
type cronField struct {
	name      string
	low, high int
	names     []string
}

func cronFieldsOf() [5]cronField {
	return [5]cronField{
		{"minute", 0, 59, nil},
		{"hour", 0, 23, nil},
		{"day of the month", 1, 31, nil},
		{"month", 1, 12, months},
		{"day of the week", 0, 7, weekdays},
	}
}

const cronHint = "give five fields, minute, hour, day of the month, month and day of the week, such as 0 3 * * *"

// cronShorthands are what some crontabs have for five fields. They are not accepted: a
// schedule says its time where everybody can read it.
func cronShorthand(word string) (fields string, ok bool) {
	fields, ok = map[string]string{
		"@yearly": "0 0 1 1 *", "@annually": "0 0 1 1 *", "@monthly": "0 0 1 * *", "@weekly": "0 0 * * 0",
		"@daily": "0 0 * * *", "@midnight": "0 0 * * *", "@hourly": "0 * * * *",
	}[strings.ToLower(word)]
	return fields, ok
}

// checkCron accepts what every crontab has: numbers, ranges, steps of a range or of *,
// lists of these, and the first three letters of months and weekdays. Whatever a library
// accepts beyond is refused, and everything in words of our own.
func checkCron(text string) error {
	fields := strings.Fields(text)
	if len(fields) == 1 {
		if five, ok := cronShorthand(fields[0]); ok {
			return fmt.Errorf("%q is a shorthand; give its five fields: %s", clipped(text), five)
		}
	}
	if len(fields) != 5 {
		return fmt.Errorf("%q has %s; %s", clipped(text), countOf(len(fields), "field"), cronHint)
	}
	for i, f := range cronFieldsOf() {
		for element := range strings.SplitSeq(fields[i], ",") {
			if err := f.check(element); err != nil {
				return fmt.Errorf("%s %q: %w", f.name, clipped(fields[i]), err)
			}
		}
	}
	return nil
}

func countOf(n int, noun string) string {
	if n == 1 {
		return "1 " + noun
	}
	return strconv.Itoa(n) + " " + noun + "s"
}

// check reads one element of a list: *, a number, a range, and a step of the first or
// the last of these.
func (f cronField) check(element string) error {
	if element == "" {
		return fmt.Errorf("an element of the list is empty")
	}
	span, step, stepped := strings.Cut(element, "/")
	if stepped {
		if n, ok := digits(step); !ok || n < 1 || n > f.high {
			return fmt.Errorf("the step %q must be a number from 1 to %d", clipped(step), f.high)
		}
	}
	if span == "*" {
		return nil
	}
	first, last, isRange := strings.Cut(span, "-")
	a, err := f.number(first)
	if err != nil {
		return err
	}
	if !isRange {
		if stepped {
			return fmt.Errorf("a step needs a range or *; give %s-%d/%s, or */%s", clipped(first), f.high, step, step)
		}
		return nil
	}
	b, err := f.number(last)
	if err != nil {
		return err
	}
	if a > b {
		return fmt.Errorf("the range %s goes backwards; give %s", span, f.forwards(a, b))
	}
	return nil
}

// forwards is what a range that goes backwards may have meant. A week that ends with
// Sunday is a range to 7; one that goes on has Saturday as its last number but one.
func (f cronField) forwards(a, b int) string {
	last := f.high
	if last == 7 {
		if b == 0 {
			return fmt.Sprintf("%d-7, as Sunday at the end of a week is 7", a)
		}
		last = 6
		if a > last {
			return span(f.low, b)
		}
	}
	return "its parts as a list, such as " + span(a, last) + "," + span(f.low, b)
}

func span(a, b int) string {
	if a == b {
		return strconv.Itoa(a)
	}
	return fmt.Sprintf("%d-%d", a, b)
}

// clipped is enough of a text to know it by: what people sent may be of any length.
func clipped(text string) string {
	const most = 60
	if r := []rune(text); len(r) > most {
		return string(r[:most]) + "…"
	}
	return text
}

// values are the numbers that a field means, ascending; Sunday is 0. The field was
// checked.
func (f cronField) values(text string) []int {
	var on [60]bool
	for element := range strings.SplitSeq(text, ",") {
		part, stepText, stepped := strings.Cut(element, "/")
		step := 1
		if stepped {
			step, _ = digits(stepText)
		}
		a, b := f.low, f.high
		if part != "*" {
			first, last, isRange := strings.Cut(part, "-")
			a, _ = f.number(first)
			b = a
			if isRange {
				b, _ = f.number(last)
			}
		} else if f.high == 7 {
			b = 6 // * is each day once; 7 would be a step of its own
		}
		for ; a <= b; a += step {
			on[a] = true
		}
	}
	if f.high == 7 && on[7] {
		on[0], on[7] = true, false
	}
	var out []int
	for n, is := range on {
		if is {
			out = append(out, n)
		}
	}
	return out
}

// number reads a number within the bounds, or a name.
func (f cronField) number(text string) (int, error) {
	for i, name := range f.names {
		if strings.EqualFold(text, name[:3]) {
			return f.low + i, nil
		}
	}
	n, ok := digits(text)
	if !ok || n < f.low || n > f.high {
		or := ""
		if len(f.names) > 0 {
			or = ", or a name such as " + strings.ToLower(f.names[0][:3])
		}
		return 0, fmt.Errorf("%q must be a number from %d to %d%s", clipped(text), f.low, f.high, or)
	}
	return n, nil
}

// digits reads one or two digits, and nothing else that a number may be written as.
func digits(text string) (int, bool) {
	n, err := strconv.Atoi(text)
	return n, err == nil && len(text) <= 2 && text[0] >= '0' && text[0] <= '9'
}

// eitherDay tells how the two fields of the day go together, as Vixie's cron and its
// heirs have it: where both are restricted either will do, but where one of them begins
// with * both must fit. So `0 3 13 * 5` is the 13th and every Friday, and `0 3 */2 * 1`
// the Mondays with an odd number.
func eitherDay(dom, dow string) bool {
	return !strings.HasPrefix(dom, "*") && !strings.HasPrefix(dow, "*")
}
