package retention

import (
	"slices"
	"strings"
)

// Method names an anonymizer.
type Method string

// The anonymizers. Each is idempotent: applied to its own result it changes
// nothing, which is what lets a run be repeated and resumed.
const (
	MethodRedact           Method = "redact"
	MethodNull             Method = "null"
	MethodHash             Method = "hash"
	MethodEmail            Method = "email"
	MethodMask             Method = "mask"
	MethodTruncateText     Method = "truncate_text"
	MethodTruncateDate     Method = "truncate_date"
	MethodTruncateIP       Method = "truncate_ip"
	MethodGeneralizeNumber Method = "generalize_number"
	MethodJSON             Method = "json"
	MethodConstant         Method = "constant"
)

// Methods lists every anonymizer in the order in which people are shown them.
func Methods() []Method {
	return []Method{MethodRedact, MethodNull, MethodHash, MethodEmail, MethodMask, MethodTruncateText, MethodTruncateDate, MethodTruncateIP, MethodGeneralizeNumber, MethodJSON, MethodConstant}
}

// MaxStep is the largest step of generalize_number.
const MaxStep = 1_000_000_000_000

// DefaultRedaction is what redact writes unless the policy says otherwise.
const DefaultRedaction = "[ANONYMIZED]"

// DateParts are the units that truncate_date cuts to.
func DateParts() []string { return []string{"year", "quarter", "month", "week", "day", "hour"} }

// Anonymizer says how one column is treated. A NULL stays NULL under every
// method: there is nothing in it to hide.
type Anonymizer struct {
	Method Method `json:"method"`
	// Text is what redact writes, and json in the place of what it redacts; empty means
	// DefaultRedaction.
	Text string `json:"text,omitempty"`
	// Value is what constant writes, in the column type's text form.
	Value *string `json:"value,omitempty"`
	// KeepLast is how many characters mask leaves at the end; 0 or more.
	KeepLast *int `json:"keep_last,omitempty"`
	// KeepFirst is how many characters truncate_text leaves at the beginning; 0 or more.
	KeepFirst *int `json:"keep_first,omitempty"`
	// Step is the number to a multiple of which generalize_number cuts, toward zero; from 2
	// to MaxStep.
	Step *int64 `json:"step,omitempty"`
	// To is the unit that truncate_date cuts to, one of DateParts.
	To string `json:"to,omitempty"`
	// Drop and Redact are the members that json takes out of a document, or whose values it
	// replaces by Text, as JSON Pointers (RFC 6901).
	Drop   []string `json:"drop,omitempty"`
	Redact []string `json:"redact,omitempty"`
}

// validate checks the parameters of the method; field is its path.
func (a Anonymizer) validate(field string) error {
	var bad Problems
	if !slices.Contains(Methods(), a.Method) {
		bad.Add(field+".method", "%q is not a method; one of %s", a.Method, joined(Methods()))
		return bad.Err()
	}
	if a.Text != "" && a.Method != MethodRedact && a.Method != MethodJSON {
		bad.Add(field+".text", "belongs to the methods redact and json")
	}
	checkText(&bad, field+".text", a.Text, 1000)
	if (a.Value != nil) != (a.Method == MethodConstant) {
		bad.Add(field+".value", "is required for the method constant, and belongs to no other")
	}
	if a.Value != nil {
		checkText(&bad, field+".value", *a.Value, 10_000)
	}
	if (a.To != "") != (a.Method == MethodTruncateDate) || (a.To != "" && !slices.Contains(DateParts(), a.To)) {
		bad.Add(field+".to", "is required for the method truncate_date (one of %s), and belongs to no other", strings.Join(DateParts(), ", "))
	}
	a.validateNumbers(&bad, field)
	a.validatePaths(&bad, field)
	return bad.Err()
}

// validateNumbers checks the parameters that are numbers.
func (a Anonymizer) validateNumbers(bad *Problems, field string) {
	for _, p := range []struct {
		name        string
		value       *int64
		of          Method
		means       string
		least, most int64
	}{
		{"keep_last", widened(a.KeepLast), MethodMask, "how many characters stay readable at the end", 0, 1000},
		{"keep_first", widened(a.KeepFirst), MethodTruncateText, "how many characters stay at the beginning", 0, 1000},
		{"step", a.Step, MethodGeneralizeNumber, "a multiple of which is left", 2, MaxStep},
	} {
		if (p.value != nil) != (a.Method == p.of) {
			bad.Add(field+"."+p.name, "is required for the method %s (%s), and belongs to no other", p.of, p.means)
		}
		if p.value != nil && (*p.value < p.least || *p.value > p.most) {
			bad.Add(field+"."+p.name, "must be from %d to %d, not %d", p.least, p.most, *p.value)
		}
	}
}

func widened(n *int) *int64 {
	if n == nil {
		return nil
	}
	wide := int64(*n)
	return &wide
}

func joined(methods []Method) string {
	names := make([]string, len(methods))
	for i, m := range methods {
		names[i] = string(m)
	}
	return strings.Join(names, ", ")
}
