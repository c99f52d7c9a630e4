package retention_test

import (
	"slices"
	"strings"
	"testing"

	"holdfast/retention"
)

func ptr[T any](v T) *T { return &v }

func TestAnonymizersWithTheirParametersAreValid(t *testing.T) {
	valid := map[retention.Method][]retention.Anonymizer{
		retention.MethodRedact:           {{}, {Text: "gone"}, {Text: strings.Repeat("é", 1000)}},
		retention.MethodNull:             {{}},
		retention.MethodHash:             {{}},
		retention.MethodEmail:            {{}},
		retention.MethodMask:             {{KeepLast: ptr(0)}, {KeepLast: ptr(4)}, {KeepLast: ptr(1000)}},
		retention.MethodTruncateText:     {{KeepFirst: ptr(0)}, {KeepFirst: ptr(1000)}},
		retention.MethodTruncateIP:       {{}},
		retention.MethodGeneralizeNumber: {{Step: ptr[int64](2)}, {Step: ptr[int64](retention.MaxStep)}},
		retention.MethodTruncateDate:     {{To: "year"}, {To: "quarter"}, {To: "month"}, {To: "week"}, {To: "day"}, {To: "hour"}},
		retention.MethodJSON:             {{Drop: []string{"/a"}}, {Redact: []string{"/a/0", "/", "/~0~1"}, Text: "gone"}, {Drop: []string{"/0/a"}, Redact: []string{"/-1"}}},
		retention.MethodConstant:         {{Value: ptr("")}, {Value: ptr("0")}, {Value: ptr(strings.Repeat("é", 10_000))}},
	}
	for _, m := range retention.Methods() {
		if len(valid[m]) == 0 {
			t.Errorf("method %s has no case here", m)
		}
		for _, a := range valid[m] {
			a.Method = m
			p := validPolicy()
			anonymizing(a)(&p)
			if err := p.Validate(); err != nil {
				t.Errorf("%+v: got %v, want it valid", a, err)
			}
		}
	}
	if got := retention.DateParts(); !slices.Equal(got, []string{"year", "quarter", "month", "week", "day", "hour"}) {
		t.Errorf("date parts are %v: add the new one to the cases", got)
	}
}

func TestWhatIsWrongWithAnAnonymizerIsSaidOfItsParameter(t *testing.T) {
	for _, tc := range []struct {
		name  string
		how   retention.Anonymizer
		field string
		says  string
	}{
		{"no method", retention.Anonymizer{}, "method", "one of redact, null, hash, email, mask, truncate_text, truncate_date, truncate_ip, generalize_number, json, constant"},
		{"an unknown method", retention.Anonymizer{Method: "scramble"}, "method", `"scramble" is not a method; one of redact`},
		{"a method in upper case", retention.Anonymizer{Method: "HASH"}, "method", "one of redact"},
		{"text for hash", retention.Anonymizer{Method: retention.MethodHash, Text: "x"}, "text", "belongs to the methods redact and json"},
		{"json without a path", retention.Anonymizer{Method: retention.MethodJSON}, "drop", "is required for the method json"},
		{"paths for hash", retention.Anonymizer{Method: retention.MethodHash, Redact: []string{"/a"}}, "drop", "belongs to no other"},
		{"a path without a slash", retention.Anonymizer{Method: retention.MethodJSON, Drop: []string{"/a", "a.b"}}, "drop[1]", "give a JSON Pointer such as /contact/phone"},
		{"a path with a lone tilde", retention.Anonymizer{Method: retention.MethodJSON, Redact: []string{"/a~2"}}, "redact[0]", "neither ~0"},
		{"a path twice", retention.Anonymizer{Method: retention.MethodJSON, Drop: []string{"/a"}, Redact: []string{"/a"}}, "redact[0]", "named twice"},
		{"an element dropped", retention.Anonymizer{Method: retention.MethodJSON, Drop: []string{"/a/0"}}, "drop[0]", "would move up"},
		{"many paths", retention.Anonymizer{Method: retention.MethodJSON, Drop: make([]string, 101)}, "drop", "at most 100"},
		{"a long text", retention.Anonymizer{Method: retention.MethodRedact, Text: strings.Repeat("x", 1001)}, "text", "at most 1000"},
		{"a NUL in the text", retention.Anonymizer{Method: retention.MethodRedact, Text: "\x00"}, "text", "without NUL"},
		{"constant without value", retention.Anonymizer{Method: retention.MethodConstant}, "value", "is required for the method constant"},
		{"value for null", retention.Anonymizer{Method: retention.MethodNull, Value: ptr("x")}, "value", "belongs to no other"},
		{"a long value", retention.Anonymizer{Method: retention.MethodConstant, Value: ptr(strings.Repeat("x", 10_001))}, "value", "at most 10000"},
		{"a NUL in the value", retention.Anonymizer{Method: retention.MethodConstant, Value: ptr("\x00")}, "value", "without NUL"},
		{"mask without keep_last", retention.Anonymizer{Method: retention.MethodMask}, "keep_last", "is required for the method mask"},
		{"truncate_text without keep_first", retention.Anonymizer{Method: retention.MethodTruncateText}, "keep_first", "is required for the method truncate_text"},
		{"keep_first for mask", retention.Anonymizer{Method: retention.MethodMask, KeepLast: ptr(0), KeepFirst: ptr(0)}, "keep_first", "belongs to no other"},
		{"a negative keep_first", retention.Anonymizer{Method: retention.MethodTruncateText, KeepFirst: ptr(-1)}, "keep_first", "from 0 to 1000, not -1"},
		{"generalize_number without step", retention.Anonymizer{Method: retention.MethodGeneralizeNumber}, "step", "is required for the method generalize_number"},
		{"step for truncate_ip", retention.Anonymizer{Method: retention.MethodTruncateIP, Step: ptr[int64](10)}, "step", "belongs to no other"},
		{"a step of one", retention.Anonymizer{Method: retention.MethodGeneralizeNumber, Step: ptr[int64](1)}, "step", "from 2 to 1000000000000, not 1"},
		{"a step that is too large", retention.Anonymizer{Method: retention.MethodGeneralizeNumber, Step: ptr[int64](retention.MaxStep + 1)}, "step", "from 2 to"},
		{"keep_last for redact", retention.Anonymizer{Method: retention.MethodRedact, KeepLast: ptr(0)}, "keep_last", "belongs to no other"},
		{"a negative keep_last", retention.Anonymizer{Method: retention.MethodMask, KeepLast: ptr(-1)}, "keep_last", "from 0 to 1000, not -1"},
		{"a large keep_last", retention.Anonymizer{Method: retention.MethodMask, KeepLast: ptr(1001)}, "keep_last", "from 0 to 1000, not 1001"},
		{"truncate_date without to", retention.Anonymizer{Method: retention.MethodTruncateDate}, "to", "one of year, quarter, month, week, day, hour"},
		{"an unknown unit", retention.Anonymizer{Method: retention.MethodTruncateDate, To: "decade"}, "to", "one of year, quarter, month, week, day, hour"},
		{"to for hash", retention.Anonymizer{Method: retention.MethodHash, To: "year"}, "to", "belongs to no other"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := validPolicy()
			anonymizing(tc.how)(&p)
			got := fieldsOf(t, p.Validate())
			if field := "columns.email." + tc.field; len(got) != 1 || !strings.Contains(got[field], tc.says) {
				t.Errorf("got %v, want %s alone to say %q", got, field, tc.says)
			}
		})
	}
}
