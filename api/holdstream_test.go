package api

import (
	"io"
	"runtime"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/internal/httperr"
	"holdfast/retention"
)

func TestAHoldIsReadFromAStream(t *testing.T) {
	h, _, err := decodeHold(strings.NewReader(`{
		"matter": "ACME v. Initech", "reason": "litigation", "expires_at": "2030-01-31T12:00:00+02:00", "on_expiry": "review",
		"created_by": "somebody else", "status": "released", "version": 7, "effective_at": null, "id": {"any": ["thing"]},
		"scope": [
			{"table": "orders", "record_ids": ["17", "1.00", ""], "record_count": 3, "not_found": [["a", "b"]], "not_found_count": 0},
			{"table": "public.\"Order Lines\"", "record_ids": [["17", "2"], ["18", "1"]], "family": {"depth": 3}, "belongings": [{"table": "x", "record_count": 1}]},
			{"table": "customers", "record_ids": ["1"], "family": {"depth": null}}, {"table": "customers", "record_ids": ["2"], "family": null},
			{"table": "public.logs", "all": true}
		]}`), false)
	if err != nil {
		t.Fatal(err)
	}
	at := time.Date(2030, 1, 31, 10, 0, 0, 0, time.UTC)
	want := retention.Hold{
		Matter: "ACME v. Initech", Reason: "litigation", OnExpiry: retention.OnExpiryReview, ExpiresAt: &at,
		Scope: []retention.Scope{
			{Table: retention.TableName{Schema: "public", Name: "orders"}, RecordIDs: []retention.Key{{"17"}, {"1.00"}, {""}}},
			{Table: retention.TableName{Schema: "public", Name: "Order Lines"}, RecordIDs: []retention.Key{{"17", "2"}, {"18", "1"}}, Family: &retention.Family{Depth: 3}},
			{Table: retention.TableName{Schema: "public", Name: "customers"}, RecordIDs: []retention.Key{{"1"}}, Family: &retention.Family{}},
			{Table: retention.TableName{Schema: "public", Name: "customers"}, RecordIDs: []retention.Key{{"2"}}},
			{Table: retention.TableName{Schema: "public", Name: "logs"}, All: true},
		},
	}
	if diff := cmp.Diff(want, h); diff != "" {
		t.Errorf("(-want +got):\n%s", diff)
	}
}

func TestFaultsOfAHoldNameTheirMember(t *testing.T) {
	tests := []struct {
		name, body string
		status     int
		field      string
		message    string
	}{
		{"a number as id", `{"scope": [{"table": "a", "record_ids": ["1", "2", "3", 17]}]}`, 400, "scope[0].record_ids[3]", `is the number 17; send it as the string "17"`},
		{"a number too long for a float", `{"scope": [{"record_ids": [9007199254740993]}]}`, 400, "scope[0].record_ids[0]", `send it as the string "9007199254740993"`},
		{"a number in a composite id", `{"scope": [{}, {"record_ids": [["a", 2]]}]}`, 400, "scope[1].record_ids[0][1]", `send it as the string "2"`},
		{"an empty composite id", `{"scope": [{"record_ids": [[]]}]}`, 400, "scope[0].record_ids[0]", "is empty"},
		{"a depth of none", `{"scope": [{"family": {"depth": 0}}]}`, 400, "scope[0].family.depth", "is 0; give a number from 1 to 20"},
		{"a depth in words", `{"scope": [{"family": {"depth": "all"}}]}`, 400, "scope[0].family.depth", "or null, not a string"},
		{"a family by another member", `{"scope": [{"family": {"width": 2}}]}`, 400, "scope[0].family.width", "is not a member"},
		{"a family in a list", `{"scope": [{"family": [2]}]}`, 400, "scope[0].family", "not an array"},
		{"null as id", `{"scope": [{"record_ids": [null]}]}`, 400, "scope[0].record_ids[0]", "not null"},
		{"an object as id", `{"scope": [{"record_ids": [{"id": ["x"]}]}]}`, 400, "scope[0].record_ids[0]", "not an object"},
		{"ids that are no array", `{"scope": [{"record_ids": "17"}]}`, 400, "scope[0].record_ids", "must be an array, not a string"},
		{"an unknown member", `{"mater": {"deep": [1]}}`, 400, "mater", "is not a member that is known here"},
		{"an unknown member of a scope", `{"scope": [{"table": "a", "ids": ["1"]}]}`, 400, "scope[0].ids", "is not a member that is known here"},
		{"a wrong type", `{"matter": 5}`, 400, "matter", "must be a string, not the number 5"},
		{"a wrong type in a scope", `{"scope": [{"all": "yes"}]}`, 400, "scope[0].all", "must be true or false, not a string"},
		{"a scope that is no object", `{"scope": ["a"]}`, 400, "scope[0]", "must be an object, not a string"},
		{"not an object", `["x"]`, 400, "body", "must be an object, not an array"},
		{"a wrong time", `{"expires_at": "tomorrow"}`, 422, "expires_at", "must be an RFC 3339 time such as 2026-01-31T12:00:00Z or null"},
		{"a time as a number", `{"expires_at": 5}`, 400, "expires_at", "not the number 5"},
		{"a table's name", `{"scope": [{"table": "a.b.c"}]}`, 422, "scope[0].table", "has 3 parts"},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			_, _, err := decodeHold(strings.NewReader(tc.body), false)
			p := httperr.Of(err)
			if p.Status != tc.status || len(p.Errors) != 1 || p.Errors[0].Field != tc.field || !strings.Contains(p.Errors[0].Message, tc.message) {
				t.Errorf("got %+v\nwant %d %s: %s", p, tc.status, tc.field, tc.message)
			}
		})
	}
}

func TestABrokenStreamSaysWhere(t *testing.T) {
	for body, want := range map[string]string{
		``:                                      "the body is empty",
		`{"matter": "x"`:                        "ends before it is complete",
		`{"scope": [{"record_ids": ["1", }]}]}`: "near byte 32: invalid character '}'",
		`{} x`:                                  "near byte 3",
		`{"matter": "a", "matter": "b"}`:        `the member "matter" is given twice`,
		"{\"scope\": [{\"record_ids\": [\"\xff": "not UTF-8",
		`{"x": ` + strings.Repeat("[", 100):     "nests deeper",
	} {
		_, _, err := decodeHold(strings.NewReader(body), false)
		if p := httperr.Of(err); p.Status != 400 || !strings.Contains(p.Detail, want) {
			t.Errorf("%s: got %d %q, want 400 with %q", body, p.Status, p.Detail, want)
		}
	}
}

func TestManyFaultsAreCutOff(t *testing.T) {
	body := `{"scope": [{"record_ids": [` + strings.Repeat("1,", 5000) + `1]}]}`
	_, _, err := decodeHold(strings.NewReader(body), false)
	if p := httperr.Of(err); p.Status != 400 || len(p.Errors) != maxFaults {
		t.Errorf("got %d with %d errors, want 400 with %d", p.Status, len(p.Errors), maxFaults)
	}
}

// repeated is a long body that is never in memory as a whole.
type repeated struct {
	head, item, tail string
	n                int
	rest             string
}

func (r *repeated) Read(p []byte) (int, error) {
	for r.rest == "" {
		switch {
		case r.head != "":
			r.rest, r.head = r.head, ""
		case r.n > 0:
			r.rest, r.n = r.item, r.n-1
		case r.tail != "":
			r.rest, r.tail = r.tail, ""
		default:
			return 0, io.EOF
		}
	}
	n := copy(p, r.rest)
	r.rest = r.rest[n:]
	return n, nil
}

func TestIDsThatAreSkippedTakeNoMemory(t *testing.T) {
	// Whatever is ignored passes by: 13 MB of it leave nothing behind.
	body := &repeated{head: `{"scope": [{"not_found": ["0"`, item: `,"0123456789"`, tail: `]}]}`, n: 1_000_000}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	if _, _, err := decodeHold(body, false); err != nil {
		t.Fatal(err)
	}
	runtime.GC()
	runtime.ReadMemStats(&after)
	if grown := int64(after.HeapAlloc) - int64(before.HeapAlloc); grown > 4<<20 {
		t.Errorf("the heap grew by %d bytes", grown)
	}
}
