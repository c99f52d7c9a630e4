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
	MethodRedact       Method = "redact"
	MethodNull         Method = "null"
	MethodHash         Method = "hash"
	MethodMask         Method = "mask"
	MethodTruncateDate Method = "truncate_date"
	MethodConstant     Method = "constant"
)

// Methods lists every anonymizer in the order in which people are shown them.
func Methods() []Method {
	return []Method{MethodRedact, MethodNull, MethodHash, MethodMask, MethodTruncateDate, MethodConstant}
}

// DefaultRedaction is what redact writes unless the policy says otherwise.
const DefaultRedaction = "[ANONYMIZED]"

// DateParts are the units that truncate_date cuts to.
func DateParts() []string { return []string{"year", "quarter", "month", "week", "day", "hour"} }

// Anonymizer says how one column is treated. A NULL stays NULL under every
// method: there is nothing in it to hide.
type Anonymizer struct {
	Method Method `json:"method"`
	// Text is what redact writes; empty means DefaultRedaction.
	Text string `json:"text,omitempty"`
	// Value is what constant writes, in the column type's text form.
	Value *string `json:"value,omitempty"`
	// KeepLast is how many characters mask leaves at the end; 0 or more.
	KeepLast *int `json:"keep_last,omitempty"`
	// To is the unit that truncate_date cuts to, one of DateParts.
	To string `json:"to,omitempty"`
}

// validate checks the parameters of the method; field is its path.
func (a Anonymizer) validate(field string) error {
	var bad Problems
	if !slices.Contains(Methods(), a.Method) {
		bad.Add(field+".method", "%q is not a method; one of redact, null, hash, mask, truncate_date, constant", a.Method)
		return bad.Err()
	}
	if a.Text != "" && a.Method != MethodRedact {
		bad.Add(field+".text", "belongs to the method redact")
	}
	checkText(&bad, field+".text", a.Text, 1000)
	if (a.Value != nil) != (a.Method == MethodConstant) {
		bad.Add(field+".value", "is required for the method constant, and belongs to no other")
	}
	if a.Value != nil {
		checkText(&bad, field+".value", *a.Value, 10_000)
	}
	if (a.KeepLast != nil) != (a.Method == MethodMask) {
		bad.Add(field+".keep_last", "is required for the method mask (how many characters stay readable at the end), and belongs to no other")
	}
	if a.KeepLast != nil && (*a.KeepLast < 0 || *a.KeepLast > 1000) {
		bad.Add(field+".keep_last", "must be from 0 to 1000, not %d", *a.KeepLast)
	}
	if (a.To != "") != (a.Method == MethodTruncateDate) || (a.To != "" && !slices.Contains(DateParts(), a.To)) {
		bad.Add(field+".to", "is required for the method truncate_date (one of %s), and belongs to no other", strings.Join(DateParts(), ", "))
	}
	return bad.Err()
}
