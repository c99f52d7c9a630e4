package retention

import (
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// maxPaths bounds the members that json treats in one column.
const maxPaths = 100

// JSONPath are the steps of a JSON Pointer (RFC 6901): /contact/phone is contact and phone,
// and ~1 and ~0 stand for / and ~ in a member's name.
func JSONPath(pointer string) ([]string, error) {
	if !strings.HasPrefix(pointer, "/") {
		return nil, fmt.Errorf("%q is no path; give a JSON Pointer such as /contact/phone", pointer)
	}
	steps := strings.Split(pointer[1:], "/")
	for i, s := range steps {
		if strings.Contains(strings.NewReplacer("~0", "", "~1", "").Replace(s), "~") {
			return nil, fmt.Errorf("%q has a ~ that is neither ~0 (for ~) nor ~1 (for /)", pointer)
		}
		steps[i] = strings.NewReplacer("~1", "/", "~0", "~").Replace(s)
	}
	return steps, nil
}

// element is a step that may be a place in an array.
var element = regexp.MustCompile(`^-?[0-9]+$`)

// validatePaths checks the parameters of json.
func (a Anonymizer) validatePaths(bad *Problems, field string) {
	n := len(a.Drop) + len(a.Redact)
	if (n > 0) != (a.Method == MethodJSON) {
		bad.Add(field+".drop", "drop or redact is required for the method json, and belongs to no other: the members to take out, or to write over, such as /contact/phone")
	}
	if n > maxPaths {
		bad.Add(field+".drop", "has %d paths with redact; at most %d are accepted", n, maxPaths)
		return
	}
	for _, list := range []struct {
		name  string
		paths []string
	}{{"drop", a.Drop}, {"redact", a.Redact}} {
		for i, p := range list.paths {
			at := fmt.Sprintf("%s.%s[%d]", field, list.name, i)
			checkText(bad, at, p, 1000)
			steps, err := JSONPath(p)
			switch {
			case err != nil:
				bad.Add(at, "%s", err.Error())
			case slices.Contains(list.paths[:i], p) || list.name == "redact" && slices.Contains(a.Drop, p):
				bad.Add(at, "%q is named twice", p)
			case list.name == "drop" && element.MatchString(steps[len(steps)-1]):
				// The next one would take its place, and be dropped by the next run.
				bad.Add(at, "%q may be an element of an array, and those after it would move up; redact it, or drop members of it", p)
			}
		}
	}
}
