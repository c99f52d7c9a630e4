package api

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	"github.com/getkin/kin-openapi/openapi3"
	"github.com/getkin/kin-openapi/openapi3filter"

	"holdfast/api/oapi"
	"holdfast/internal/httperr"
	"holdfast/retention"
)

// checkParameters judges the query by the contract. A parameter that is not known
// is refused: a filter with a slip in its name would otherwise show everything.
func checkParameters(r *http.Request, op *operation) error {
	query, err := url.ParseQuery(r.URL.RawQuery)
	if err != nil || !isText(r.URL.Path) || !queryIsText(query) {
		return &httperr.Malformed{Detail: "the address has bytes that are no text"}
	}
	var bad retention.Problems
	for name := range query {
		if strings.HasPrefix(op.route.Path, Base) && op.param(openapi3.ParameterInQuery, name) == nil {
			bad.Add(name, "is not a parameter of this route")
		}
	}
	slices.SortFunc(bad, func(a, b retention.FieldError) int { return strings.Compare(a.Field, b.Field) })
	in := &openapi3filter.RequestValidationInput{
		Request: r, Route: op.route, QueryParams: query,
		Options: &openapi3filter.Options{SkipSettingDefaults: true}, // else it rewrites the URL
	}
	for _, ref := range op.params {
		if ref.Value.In != openapi3.ParameterInQuery {
			continue
		}
		if err := openapi3filter.ValidateParameter(r.Context(), in, ref.Value); err != nil {
			bad.Add(ref.Value.Name, "must be %s", expected(ref.Value.Schema.Value))
		}
	}
	return malformed(bad)
}

// isText tells whether PostgreSQL could hold it: what it cannot hold names nothing.
func isText(s string) bool { return utf8.ValidString(s) && !strings.Contains(s, "\x00") }

func queryIsText(query url.Values) bool {
	for name, values := range query {
		if !isText(name) || !isText(strings.Join(values, "")) {
			return false
		}
	}
	return true
}

func malformed(bad retention.Problems) error {
	if len(bad) == 0 {
		return nil
	}
	return &httperr.Malformed{Detail: "members are at fault", Fields: bad}
}

// checkForm judges what can be known of a body without knowing what it means: JSON
// types and members (malformed), and the form of times, which the generated types
// could not take (invalid). The contract's other constraints say the same as the
// engine's rules, and the engine says it better.
func checkForm(schema *openapi3.Schema, value any) error {
	err := schema.VisitJSON(value, openapi3.VisitAsRequest(), openapi3.MultiErrors(), openapi3.DisableReadOnlyValidation())
	var form, times retention.Problems
	for _, fault := range schemaErrors(err) {
		path := fault.JSONPointer()
		switch fault.SchemaField {
		case "properties":
			if name, ok := unknownMember(fault); ok {
				form.Add(fieldPath(value, append(path, name)), "%s", unknownWords(schema, name))
			}
		case "enum":
			if _, isText := fault.Value.(string); isText {
				continue // which word it is, is a value
			}
			form.Add(fieldPath(value, path), "must be %s, not %s", expected(fault.Schema), jsonType(fault.Value))
		case "type", "nullable":
			form.Add(fieldPath(value, path), "must be %s, not %s", expected(fault.Schema), jsonType(fault.Value))
		case "format":
			times.Add(fieldPath(value, path), "must be %s", expected(fault.Schema))
		}
	}
	if err := malformed(form); err != nil {
		return err
	}
	return times.Err()
}

// unknownWords say that a member is none, and of what is changed otherwise, how.
func unknownWords(schema *openapi3.Schema, name string) string {
	if _, isRevision := schema.Properties["release_delay"]; isRevision && name == "scope" {
		return "is not changed here: POST /holds/{id}/scopes has the hold cover more, POST /holds/{id}/narrowings less"
	}
	return "is not a member that is known here"
}

// schemaErrors are the faults in an error of the validator.
func schemaErrors(err error) []*openapi3.SchemaError {
	switch e := err.(type) { //nolint:errorlint // the validator's errors nest, and are walked here
	case nil:
		return nil
	case openapi3.MultiError:
		var all []*openapi3.SchemaError
		for _, one := range e {
			all = append(all, schemaErrors(one)...)
		}
		return all
	case *openapi3.SchemaError:
		return []*openapi3.SchemaError{e}
	}
	return nil
}

var quotedMember = regexp.MustCompile(`^property ("(?:[^"\\]|\\.)*") is unsupported$`)

// unknownMember is the name that the validator says only in its text.
func unknownMember(fault *openapi3.SchemaError) (string, bool) {
	m := quotedMember.FindStringSubmatch(fault.Reason)
	if m == nil {
		return "", false
	}
	name, err := strconv.Unquote(m[1])
	return name, err == nil
}

// fieldPath writes a path as in `scope[0].record_ids[3]`, telling an index from a
// member's name by what is there.
func fieldPath(value any, path []string) string {
	var b strings.Builder
	for _, step := range path {
		switch v := value.(type) {
		case []any:
			b.WriteString("[" + step + "]")
			i, err := strconv.Atoi(step)
			if err != nil || i < 0 || i >= len(v) {
				value = nil
				continue
			}
			value = v[i]
			continue
		case map[string]any:
			value = v[step]
		}
		if b.Len() > 0 {
			b.WriteByte('.')
		}
		b.WriteString(step)
	}
	if b.Len() == 0 {
		return "body"
	}
	return b.String()
}

// expected says what a schema takes.
func expected(schema *openapi3.Schema) string {
	if schema == nil || schema.Type == nil {
		return "something else"
	}
	null := ""
	if schema.Type.Includes(openapi3.TypeNull) {
		null = " or null"
	}
	switch {
	case schema.Format == "date-time":
		return "an RFC 3339 time such as 2026-01-31T12:00:00Z" + null
	case len(schema.Enum) > 0 && schema.Type.Includes(openapi3.TypeString):
		return "one of " + enumList(schema.Enum) + null
	case schema.Type.Includes(openapi3.TypeInteger) && schema.Min != nil && schema.Max != nil:
		return fmt.Sprintf("an integer from %v to %v", *schema.Min, *schema.Max) + null
	case schema.Type.Includes(openapi3.TypeArray) && schema.Type.Includes(openapi3.TypeString):
		return "a string or an array of strings" + null
	case schema.Type.Includes(openapi3.TypeArray) && schema.Items != nil && len(schema.Items.Value.Enum) > 0:
		return "one of " + enumList(schema.Items.Value.Enum)
	}
	for _, t := range []struct{ name, text string }{
		{openapi3.TypeString, "a string"}, {openapi3.TypeInteger, "an integer"}, {openapi3.TypeNumber, "a number"},
		{openapi3.TypeBoolean, "true or false"}, {openapi3.TypeArray, "an array"}, {openapi3.TypeObject, "an object"},
	} {
		if schema.Type.Includes(t.name) {
			return t.text + null
		}
	}
	return "something else"
}

func enumList(values []any) string {
	var names []string
	for _, v := range values {
		if s, ok := v.(string); ok {
			names = append(names, strconv.Quote(s)) // one of them is "null"
		}
	}
	return strings.Join(names, ", ")
}

// jsonType names a value as JSON does.
func jsonType(v any) string {
	switch n := v.(type) {
	case nil:
		return "null"
	case bool:
		return "a boolean"
	case string:
		return "a string"
	case []any:
		return "an array"
	case map[string]any:
		return "an object"
	case json.Number:
		return "the number " + n.String()
	}
	return "a number"
}

// writeUnreadable answers what the generated code could not decode: parameters,
// and values that have the right JSON type and do not fit Go's (1e100 as an integer).
func (s *server) writeUnreadable(w http.ResponseWriter, r *http.Request, err error) {
	httperr.Write(w, r, s.unreadable(r, err))
}

func (s *server) unreadable(r *http.Request, err error) error {
	var bad retention.Problems
	if e, ok := errors.AsType[*oapi.InvalidParamFormatError](err); ok {
		bad.Add(e.ParamName, "must be %s", s.expectedParam(r, e.ParamName))
		return malformed(bad)
	}
	if e, ok := errors.AsType[*oapi.RequiredParamError](err); ok {
		bad.Add(e.ParamName, "is required; it must be %s", s.expectedParam(r, e.ParamName))
		return malformed(bad)
	}
	if e, ok := errors.AsType[*oapi.TooManyValuesForParamError](err); ok {
		bad.Add(e.ParamName, "must be given once, not %d times", e.Count)
		return malformed(bad)
	}
	if e, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		bad.Add(e.Field, "cannot be %s", strings.TrimPrefix(e.Value, "number "))
		return malformed(bad)
	}
	// Anything else here got past our own reading of the body and is our fault.
	return fmt.Errorf("decode request: %w", err)
}

func (s *server) expectedParam(r *http.Request, name string) string {
	op, err := s.spec.of(r)
	if err != nil {
		return "something else"
	}
	for _, in := range []string{openapi3.ParameterInQuery, openapi3.ParameterInPath, openapi3.ParameterInHeader} {
		if p := op.param(in, name); p != nil {
			return expected(p.Schema.Value)
		}
	}
	return "something else"
}
