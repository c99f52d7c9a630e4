package api

import (
	"crypto/sha256"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"slices"
	"strconv"
	"time"

	"golang.org/x/text/encoding"
	"golang.org/x/text/transform"

	"holdfast/internal/httperr"
	"holdfast/retention"
)

// streamed are the routes whose body is read as a stream: a hold with its ids.
var streamed = []string{"placeHold", "previewHold", "widenHold"}

// uploaded is the route whose body is a list that the handler reads.
const uploaded = "uploadHoldRecords"

// maxFaults is how many faults of one body are listed.
const maxFaults = 100

// readHold reads the body of POST /holds, or of its preview, which may list millions of ids, token by
// token into the noun itself, so that neither the validator nor the generated types
// ever hold it. The handler then finds it in the request's context.
func (req *request) readHold(w http.ResponseWriter, r *http.Request) error {
	hash := sha256.New()
	body := io.TeeReader(http.MaxBytesReader(w, r.Body, maxHoldBody), hash)
	h, why, err := decodeHold(body, req.op.id == "widenHold")
	if err != nil {
		return err
	}
	req.hold, req.why, req.digest = &h, why, hash.Sum(nil)
	replaceBody(r, []byte("{}"))
	return nil
}

// holdReader decodes a hold. Faults in its form are collected as long as the JSON
// can be followed.
type holdReader struct {
	dec *json.Decoder
	// form are wrong types and unknown members, wrong values that do not fit the noun.
	form, wrong retention.Problems
	hold        retention.Hold
	// widens: it is what a hold is widened by, with why.
	widens bool
	why    string
}

func decodeHold(body io.Reader, widens bool) (retention.Hold, string, error) {
	// encoding/json would replace bytes that are no UTF-8, and so hold another id.
	d := &holdReader{widens: widens, dec: json.NewDecoder(transform.NewReader(body, encoding.UTF8Validator))}
	d.dec.UseNumber()
	err := d.object("", d.member)
	if err == nil {
		err = jsonParser{dec: d.dec}.end()
	}
	switch {
	case err != nil && !errors.Is(err, errTooManyFaults):
		return d.hold, "", d.broken(err)
	case len(d.form) > 0:
		return d.hold, "", malformed(d.form)
	}
	return d.hold, d.why, d.wrong.Err()
}

var errTooManyFaults = errors.New("too many faults")

// broken is why the stream could not be followed to its end.
func (d *holdReader) broken(err error) error {
	if _, ok := errors.AsType[*http.MaxBytesError](err); ok {
		return readError(err, maxHoldBody)
	}
	if errors.Is(err, encoding.ErrInvalidUTF8) {
		return &httperr.Malformed{Detail: fmt.Sprintf("the body is not UTF-8, near byte %d", d.dec.InputOffset())}
	}
	if errors.Is(err, io.EOF) && d.dec.InputOffset() == 0 {
		return &httperr.Malformed{Detail: "the body is empty; see /openapi.yaml for what this route takes"}
	}
	return &httperr.Malformed{Detail: fmt.Sprintf("the body is not valid JSON: near byte %d: %s", d.dec.InputOffset(), reason(err))}
}

// refuse notes a fault in the form.
func (d *holdReader) refuse(field, format string, args ...any) error {
	d.form.Add(field, format, args...)
	if len(d.form) >= maxFaults {
		return errTooManyFaults
	}
	return nil
}

// object reads an object and hands each member to read, which consumes its value.
func (d *holdReader) object(field string, read func(name string) error) error {
	ok, err := d.open(field, '{', "an object")
	if err != nil || !ok {
		return err
	}
	seen := map[string]bool{}
	for d.dec.More() {
		tok, err := d.dec.Token()
		if err != nil {
			return err
		}
		name, _ := tok.(string)
		if seen[name] {
			return fmt.Errorf("the member %q is given twice", name)
		}
		seen[name] = true
		if err := read(name); err != nil {
			return err
		}
	}
	_, err = d.dec.Token()
	return err
}

// array reads an array and calls read for each item, which consumes it.
func (d *holdReader) array(field string, read func(i int) error) error {
	ok, err := d.open(field, '[', "an array")
	if err != nil || !ok {
		return err
	}
	for i := 0; d.dec.More(); i++ {
		if err := read(i); err != nil {
			return err
		}
	}
	_, err = d.dec.Token()
	return err
}

// open consumes the opening delimiter; another value is skipped and refused.
func (d *holdReader) open(field string, want json.Delim, what string) (bool, error) {
	tok, err := d.dec.Token()
	if err != nil {
		return false, err
	}
	if tok == want {
		return true, nil
	}
	if err := d.skipRest(tok); err != nil {
		return false, err
	}
	if field == "" {
		field = "body"
	}
	return false, d.refuse(field, "must be %s, not %s", what, tokenType(tok))
}

// skip consumes a value of any kind.
func (d *holdReader) skip() error {
	tok, err := d.dec.Token()
	if err != nil {
		return err
	}
	return d.skipRest(tok)
}

// skipRest consumes what belongs to a token that was read.
func (d *holdReader) skipRest(tok json.Token) error {
	if _, ok := tok.(json.Delim); !ok {
		return nil
	}
	for depth := 1; depth > 0; {
		if depth > maxDepth {
			return fmt.Errorf("it nests deeper than %d levels", maxDepth)
		}
		tok, err := d.dec.Token()
		if err != nil {
			return err
		}
		switch tok {
		case json.Delim('{'), json.Delim('['):
			depth++
		case json.Delim('}'), json.Delim(']'):
			depth--
		}
	}
	return nil
}

func tokenType(tok json.Token) string {
	switch tok {
	case json.Delim('{'):
		return "an object"
	case json.Delim('['):
		return "an array"
	}
	return jsonType(tok)
}

// scalar reads a value that is to be a T; ok is false if it was refused.
func scalar[T any](d *holdReader, field, what string) (v T, ok bool, err error) {
	tok, err := d.dec.Token()
	if err != nil {
		return v, false, err
	}
	if v, ok = tok.(T); ok {
		return v, true, nil
	}
	if err := d.skipRest(tok); err != nil {
		return v, false, err
	}
	return v, false, d.refuse(field, "must be %s, not %s", what, tokenType(tok))
}

// setByServer are the members of a hold that are ignored in a request.
var setByServer = []string{
	"id", "status", "created_by", "created_at", "effective_at", "released_by", "released_at", "release_reason", "releases_at", "problem", "faults", "version",
}

func (d *holdReader) member(name string) (err error) {
	if d.widens && name != "scope" {
		if name != "change_reason" {
			return errors.Join(d.skip(), d.refuse(name, "is not a member that is known here"))
		}
		d.why, _, err = scalar[string](d, name, "a string")
		return err
	}
	switch name {
	case "matter":
		d.hold.Matter, _, err = scalar[string](d, name, "a string")
	case "reason":
		d.hold.Reason, _, err = scalar[string](d, name, "a string")
	case "on_expiry":
		var v string
		v, _, err = scalar[string](d, name, "a string")
		d.hold.OnExpiry = retention.OnExpiry(v)
	case "enforcement":
		var v string
		v, _, err = scalar[string](d, name, "a string")
		d.hold.Enforcement = retention.Enforcement(v)
	case "expires_at":
		d.hold.ExpiresAt, err = d.moment(name)
	case "review_at":
		d.hold.ReviewAt, err = d.moment(name)
	case "release_delay":
		d.hold.ReleaseDelay, err = d.delay(name)
	case "scope":
		return d.array(name, d.scope)
	default:
		if err := d.skip(); err != nil || slices.Contains(setByServer, name) {
			return err
		}
		return d.refuse(name, "is not a member that is known here")
	}
	return err
}

// moment reads a time or null.
func (d *holdReader) moment(name string) (*time.Time, error) {
	const form = "an RFC 3339 time such as 2026-01-31T12:00:00Z or null"
	text, err := d.textOrNull(name, form)
	if err != nil || text == nil {
		return nil, err
	}
	at := parseTime(*text)
	if at == nil {
		d.wrong.Add(name, "must be %s", form)
	}
	return at, nil
}

// delay reads a period or null.
func (d *holdReader) delay(name string) (*retention.Period, error) {
	text, err := d.textOrNull(name, "an ISO 8601 duration such as P7D or null")
	if err != nil || text == nil {
		return nil, err
	}
	p, err := retention.ParsePeriod(*text)
	if err != nil {
		d.wrong.Add(name, "%s", err)
		return nil, nil
	}
	return &p, nil
}

func (d *holdReader) textOrNull(name, form string) (*string, error) {
	tok, err := d.dec.Token()
	if err != nil || tok == nil {
		return nil, err
	}
	if err := d.skipRest(tok); err != nil {
		return nil, err
	}
	text, ok := tok.(string)
	if !ok {
		return nil, d.refuse(name, "must be %s, not %s", form, tokenType(tok))
	}
	return &text, nil
}

// parseTime is nil for what is no RFC 3339 time.
func parseTime(text string) *time.Time {
	at, err := time.Parse(time.RFC3339, text)
	if err != nil {
		return nil
	}
	return &at
}

func (d *holdReader) scope(i int) error {
	d.hold.Scope = append(d.hold.Scope, retention.Scope{})
	if len(d.hold.Scope) > 10*retention.MaxScopes {
		// The engine names the limit; here it is only memory that is kept.
		d.hold.Scope = d.hold.Scope[:i]
		return d.skip()
	}
	s := &d.hold.Scope[i]
	return d.object("scope["+strconv.Itoa(i)+"]", func(name string) error { return d.scopeMember(s, i, name) })
}

func (d *holdReader) scopeMember(s *retention.Scope, i int, name string) (err error) {
	field := retention.ScopeField(i, name)
	switch name {
	case "table":
		text, ok, err := scalar[string](d, field, "a string")
		if err != nil || !ok {
			return err
		}
		parse(&d.wrong, field, text, retention.ParseTableName, &s.Table)
		return nil
	case "all":
		s.All, _, err = scalar[bool](d, field, "true or false")
		return err
	case "condition":
		s.Condition, err = d.orNull(field)
		return err
	case "upload":
		awaits, _, err := scalar[bool](d, field, "true or false")
		if awaits {
			s.Upload = retention.UploadAwaited
		}
		return err
	case "record_ids":
		return d.array(field, func(j int) error { return d.recordID(s, i, j) })
	case "family":
		s.Family, err = d.family(field)
		return err
	case "record_count", "not_found_count", "not_found", "belongings", "effective_at", "split_from", "releases_at", "released_by", "release_reason", "ended_at":
		return d.skip()
	}
	if err := d.skip(); err != nil {
		return err
	}
	return d.refuse(field, "is not a member that is known here")
}

// family reads how far it goes, or null for the records alone.
func (d *holdReader) family(field string) (*retention.Family, error) {
	const form = `null, or an object such as {"depth": 2}, or {"depth": null} for everything that belongs to the records`
	tok, err := d.dec.Token()
	if err != nil || tok == nil {
		return nil, err
	}
	if tok != json.Delim('{') {
		if err := d.skipRest(tok); err != nil {
			return nil, err
		}
		return nil, d.refuse(field, "must be %s, not %s", form, tokenType(tok))
	}
	f := &retention.Family{}
	for d.dec.More() {
		name, err := d.dec.Token()
		if err != nil {
			return nil, err
		}
		if name != "depth" {
			if err := d.skip(); err != nil {
				return nil, err
			}
			if err := d.refuse(fmt.Sprintf("%s.%v", field, name), "is not a member that is known here"); err != nil {
				return nil, err
			}
			continue
		}
		if f.Depth, err = d.depth(field + ".depth"); err != nil {
			return nil, err
		}
	}
	_, err = d.dec.Token()
	return f, err
}

// depth reads a number of foreign keys, 0 for null: any number.
func (d *holdReader) depth(field string) (int, error) {
	tok, err := d.dec.Token()
	if err != nil || tok == nil {
		return 0, err
	}
	if err := d.skipRest(tok); err != nil {
		return 0, err
	}
	if n, is := tok.(json.Number); is {
		if v, err := strconv.Atoi(n.String()); err == nil && v >= 1 && v <= retention.MaxFamilyDepth {
			return v, nil
		}
		return 0, d.refuse(field, "is %s; give a number from 1 to %d, or null for everything that belongs to the records", n, retention.MaxFamilyDepth)
	}
	return 0, d.refuse(field, "must be a number from 1 to %d or null, not %s", retention.MaxFamilyDepth, tokenType(tok))
}

// orNull reads a string, or null for none.
func (d *holdReader) orNull(field string) (text string, err error) {
	tok, err := d.dec.Token()
	if err != nil || tok == nil {
		return "", err
	}
	text, ok := tok.(string)
	if ok {
		return text, nil
	}
	if err := d.skipRest(tok); err != nil {
		return "", err
	}
	return "", d.refuse(field, "must be a string or null, not %s", tokenType(tok))
}

// recordID reads a key: a string, or an array of strings. A number is refused since
// JSON's numbers do not keep what the column holds (9007199254740993, 1.00).
func (d *holdReader) recordID(s *retention.Scope, i, j int) error {
	tok, err := d.dec.Token()
	if err != nil {
		return err
	}
	switch v := tok.(type) {
	case string:
		s.RecordIDs = append(s.RecordIDs, retention.Key{v})
		return nil
	case json.Number:
		return d.refuse(retention.RecordField(i, j), "is the number %s; send it as the string %q", v, v)
	case json.Delim:
		if v == '[' {
			return d.compositeID(s, retention.RecordField(i, j))
		}
	}
	if err := d.skipRest(tok); err != nil {
		return err
	}
	return d.refuse(retention.RecordField(i, j), "must be a string, or an array of strings for a composite key, not %s", tokenType(tok))
}

// compositeID reads the rest of an array of strings.
func (d *holdReader) compositeID(s *retention.Scope, field string) error {
	var key retention.Key
	good := true
	for k := 0; d.dec.More(); k++ {
		tok, err := d.dec.Token()
		if err != nil {
			return err
		}
		part := field + "[" + strconv.Itoa(k) + "]"
		switch v := tok.(type) {
		case string:
			key = append(key, v)
			continue
		case json.Number:
			err = d.refuse(part, "is the number %s; send it as the string %q", v, v)
		default:
			if err = d.skipRest(tok); err == nil {
				err = d.refuse(part, "must be a string, not %s", tokenType(tok))
			}
		}
		if good = false; err != nil {
			return err
		}
	}
	if _, err := d.dec.Token(); err != nil {
		return err
	}
	if good && len(key) == 0 {
		return d.refuse(field, "is empty; give the key's values in key order")
	}
	if good {
		s.RecordIDs = append(s.RecordIDs, key)
	}
	return nil
}
