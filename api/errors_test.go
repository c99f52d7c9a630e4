package api

import (
	"context"
	"errors"
	"net/http"
	"net/http/httptest"
	"strings"
	"testing"

	"github.com/go-chi/chi/v5"

	"holdfast/internal/httpauth"
	"holdfast/internal/pgtest"
)

func (s *service) policy(t *testing.T, name string) {
	t.Helper()
	s.do(call{method: "POST", path: "/api/v1/policies", body: strings.Replace(ticketsPolicy, `"tickets"`, `"`+name+`"`, 1)}).want(201)
}

func with(change string) string {
	return strings.TrimSuffix(ticketsPolicy, "}") + ", " + change + "}"
}

func TestWhatIsWrongIsNamed(t *testing.T) {
	s := newServer(t)
	s.policy(t, "tickets")
	s.do(call{method: "POST", path: "/api/v1/users", body: `{"email": "used@example.com", "password": "correct horse battery"}`}).want(201)
	pgtest.Exec(t, s.url, `CREATE TABLE public.loose (id bigint UNIQUE, note text)`)
	const policies, holds, runs = "/api/v1/policies", "/api/v1/holds", "/api/v1/runs"
	tests := []struct {
		name   string
		call   call
		status int
		slug   string
		field  string
		says   string
	}{
		{"bad JSON", call{method: "POST", path: policies, body: "{\n \"name\": x}"}, 400, "malformed", "", "line 2, column 10"},
		{"no body", call{method: "POST", path: policies, body: " "}, 400, "malformed", "", "empty"},
		{"not an object", call{method: "POST", path: policies, body: "[]"}, 400, "malformed", "body", "an object"},
		{"an unknown member", call{method: "POST", path: policies, body: with(`"colour": 1`)}, 400, "malformed", "colour", "known here"},
		{"an empty rollup", call{method: "POST", path: policies, body: with(`"rollup": {}`)}, 422, "invalid", "rollup.measures", "is required"},
		{"a rollup that is a list", call{method: "POST", path: policies, body: with(`"rollup": []`)}, 400, "malformed", "rollup", "an object"},
		{"an unknown member of a rollup", call{method: "POST", path: policies, body: with(`"rollup": {"tables": "x"}`)}, 400, "malformed", "rollup.tables", "known here"},
		{"a measure that is none", call{method: "POST", path: policies, body: with(`"rollup": {"table": "daily", "group_by": {"day": "resolved_at"}, "measures": {"n": "avg(id)"}}`)}, 422, "invalid", "rollup.measures.n", "is no measure"},
		{"a later issue's member", call{method: "POST", path: policies, body: with(`"quorum": 2`)}, 400, "malformed", "quorum", "known here"},
		{"an unknown member of an anonymizer", call{method: "POST", path: policies, body: with(`"columns": {"email": {"method": "hash", "salt": "x"}}`)}, 400, "malformed", "columns.email.salt", "known here"},
		{"a table to reach that is no name", call{method: "POST", path: policies, body: with(`"cascade": ["public.orders", "a b"]`)}, 422, "invalid", "cascade[1]", "is no plain name"},
		{"an unknown member with quotes", call{method: "POST", path: policies, body: with(`"a\"b": 1`)}, 400, "malformed", `a"b`, "known here"},
		{"an unknown member of archive", call{method: "POST", path: policies, body: with(`"archive": {"tabel": "x"}`)}, 400, "malformed", "archive.tabel", "known here"},
		{"a wrong type", call{method: "POST", path: policies, body: with(`"enabled": "yes"`)}, 400, "malformed", "enabled", "true or false, not a string"},
		{"null where there is none", call{method: "POST", path: policies, body: with(`"condition": null`)}, 400, "malformed", "condition", "a string, not null"},
		{"a fraction", call{method: "POST", path: policies, body: with(`"batch_size": 1.5`)}, 400, "malformed", "batch_size", "an integer"},
		{"a number too big for Go", call{method: "POST", path: policies, body: with(`"batch_size": 1e30`)}, 400, "malformed", "batch_size", "1e30"},
		{"a member twice", call{method: "POST", path: policies, body: with(`"name": "b"`)}, 400, "malformed", "", `"name" is given twice`},
		{"a wrong action", call{method: "POST", path: policies, body: strings.Replace(ticketsPolicy, `"delete"`, `"shred"`, 1)}, 422, "invalid", "action", "shred"},
		{"an action of a wrong type", call{method: "POST", path: policies, body: strings.Replace(ticketsPolicy, `"delete"`, `5`, 1)}, 400, "malformed", "action", "not the number 5"},
		{"null for a word", call{method: "POST", path: policies, body: with(`"evidence": null`)}, 400, "malformed", "evidence", `one of "records", "counts", not null`},
		{"the method null without quotes", call{method: "POST", path: policies, body: "columns: {email: {method: null}}", header: map[string]string{"Content-Type": "application/yaml"}}, 400, "malformed", "columns.email.method", `"null", "hash", "email", "mask", "truncate_text", "truncate_date", "truncate_ip", "generalize_number", "json", "constant", not null`},
		{"a name", call{method: "POST", path: policies, body: strings.Replace(ticketsPolicy, `"tickets"`, `"Tickets!"`, 1)}, 422, "invalid", "name", "lower-case"},
		{"no name", call{method: "POST", path: policies, body: strings.Replace(ticketsPolicy, `"name": "tickets", `, ``, 1)}, 422, "invalid", "name", "lower-case"},
		{"no table", call{method: "POST", path: policies, body: strings.Replace(ticketsPolicy, `"table": "public.tickets", `, ``, 1)}, 422, "invalid", "table", "is required"},
		{"a batch of none", call{method: "POST", path: policies, body: with(`"batch_size": 0`)}, 422, "invalid", "batch_size", "at least 1"},
		{"a batch too big", call{method: "POST", path: policies, body: with(`"batch_size": 100001`)}, 422, "invalid", "batch_size", "100000"},
		{"grace that is no period", call{method: "POST", path: policies, body: with(`"grace": "none"`)}, 422, "invalid", "grace", "not a period"},
		{"an empty grace", call{method: "POST", path: policies, body: with(`"grace": ""`)}, 422, "invalid", "grace", "not a period"},
		{"a unit", call{method: "POST", path: policies, body: with(`"unit": "days"`)}, 422, "invalid", "unit", "days"},
		{"an evidence level", call{method: "POST", path: policies, body: with(`"evidence": "all"`)}, 422, "invalid", "evidence", "all"},
		{"a method", call{method: "POST", path: policies, body: strings.Replace(with(`"columns": {"email": {"method": "burn"}}`), "delete", "anonymize", 1)}, 422, "invalid", "columns.email.method", "burn"},
		{"a period", call{method: "POST", path: policies, body: strings.Replace(ticketsPolicy, "730 days", "two years", 1)}, 422, "invalid", "retention_period", "ISO 8601"},
		{"a column that is not there", call{method: "POST", path: policies, body: strings.Replace(ticketsPolicy, "resolved_at", "closed_at", 1)}, 422, "invalid", "timestamp_column", "closed_at"},
		{"an unknown member of events", call{method: "POST", path: policies, body: with(`"events": {"entity_type": "user", "key": "id", "fields": []}`)}, 400, "malformed", "events.fields", "known here"},
		{"an entity's key of a wrong type", call{method: "POST", path: policies, body: with(`"events": {"entity_type": "user", "key": 7}`)}, 400, "malformed", "events.key", "a string or an array of strings, not"},
		{"a part of an entity's key of a wrong type", call{method: "POST", path: policies, body: with(`"events": {"entity_type": "user", "key": ["id", 7]}`)}, 400, "malformed", "events.key[1]", "a string, not"},
		{"no entity's key", call{method: "POST", path: policies, body: with(`"events": {"entity_type": "user", "key": []}`)}, 422, "invalid", "events.key", "is required"},
		{"an entity type", call{method: "POST", path: policies, body: with(`"events": {"entity_type": "a user", "key": "id"}`)}, 422, "invalid", "events.entity_type", "such as user"},
		{"an included member of every event", call{method: "POST", path: policies, body: with(`"events": {"entity_type": "user", "key": "id", "include": ["email", "run"]}`)}, 422, "invalid", "events.include[1]", "every event"},
		{"a told column that is not there", call{method: "POST", path: policies, body: with(`"events": {"entity_type": "user", "key": ["id", "id2"]}`)}, 422, "invalid", "events.key", "id2"},
		{"a live name", call{method: "POST", path: policies, body: ticketsPolicy}, 409, "conflict", "name", "tickets"},
		{"a form", call{method: "POST", path: policies, body: "a=b", header: map[string]string{"Content-Type": "application/x-www-form-urlencoded"}}, 415, "unsupported-media-type", "", "application/json or application/yaml"},
		{"a review of a hold that never expires", call{method: "POST", path: holds, body: `{"matter": "Acme v. Jones", "reason": "litigation", "on_expiry": "review", "scope": [{"table": "public.tickets", "record_ids": ["1"]}]}`}, 422, "invalid", "expires_at", "waits for a review"},
		{"YAML where there is none", call{method: "POST", path: holds, body: "a: b", header: map[string]string{"Content-Type": "application/yaml"}}, 415, "unsupported-media-type", "", "application/json"},
		{"bad YAML", call{method: "POST", path: policies, body: "a: [", header: map[string]string{"Content-Type": "application/yaml"}}, 400, "malformed", "", "YAML"},
		{"unknown in YAML", call{method: "POST", path: policies, body: "colour: x\n", header: map[string]string{"Content-Type": "application/yaml"}}, 400, "malformed", "colour", "known here"},
		{"too long", call{method: "POST", path: policies, body: strings.Repeat(" ", 1<<20) + "{}"}, 413, "too-large", "", "1 MiB"},
		{"another name in the path", call{method: "PUT", path: policies + "/other", body: ticketsPolicy}, 422, "invalid", "name", "path"},
		{"no If-Match", call{method: "PUT", path: policies + "/tickets", body: ticketsPolicy}, 428, "precondition-required", "", "If-Match"},
		{"a stale If-Match", call{method: "PUT", path: policies + "/tickets", body: ticketsPolicy, header: map[string]string{"If-Match": `"v7"`}}, 412, "stale", "", "version 1"},
		{"If-Match of nothing", call{method: "PUT", path: policies + "/other", body: strings.Replace(ticketsPolicy, `"tickets"`, `"other"`, 1), header: map[string]string{"If-Match": "*"}}, 412, "stale", "", "other"},
		{"an If-Match without quotes", call{method: "PUT", path: policies + "/tickets", body: ticketsPolicy, header: map[string]string{"If-Match": "v1"}}, 400, "malformed", "If-Match", "quotes"},
		{"a blind DELETE", call{method: "DELETE", path: policies + "/tickets"}, 428, "precondition-required", "", ""},
		{"a run of an empty list", call{method: "POST", path: "/api/v1/runs", body: `{"policies": []}`}, 422, "invalid", "policies", "leave it out"},
		{"runs of a policy that never existed", call{method: "GET", path: runs + "?policy=nope"}, 422, "invalid", "policy", "nope"},
		{"an export of a policy that never existed", call{method: "GET", path: runs + "/export?format=csv&policy=nope"}, 422, "invalid", "policy", "nope"},
		{"a stale DELETE", call{method: "DELETE", path: policies + "/tickets", header: map[string]string{"If-Match": `"v7"`}}, 412, "stale", "", ""},
		{"an unknown policy", call{method: "GET", path: policies + "/nothing"}, 404, "not-found", "", "nothing"},
		{"an odd name of a policy", call{method: "GET", path: policies + "/a%2Fb%20"}, 404, "not-found", "", ""},
		{"NUL in a path", call{method: "GET", path: policies + "/a%00"}, 400, "malformed", "", "address"},
		{"bytes that are no text in a query", call{method: "GET", path: policies + "?q=%ff"}, 400, "malformed", "", "address"},
		{"a query that cannot be read", call{method: "GET", path: policies + "?q=%zz"}, 400, "malformed", "", "address"},
		{"versions of an unknown policy", call{method: "GET", path: policies + "/nothing/versions"}, 404, "not-found", "", ""},
		{"a simulation of the future", call{method: "POST", path: policies + "/tickets/simulation?as_of=2999-01-01T00:00:00Z"}, 422, "invalid", "as_of", "future"},
		{"a body where none is taken", call{method: "POST", path: policies + "/tickets/simulation", body: `{"as_of": "2020-01-01T00:00:00Z"}`}, 400, "malformed", "", "no body"},
		{"an unknown parameter", call{method: "GET", path: holds + "?stauts=active"}, 400, "malformed", "stauts", "not a parameter"},
		{"an unknown status", call{method: "GET", path: holds + "?status=active&status=gone"}, 400, "malformed", "status", `one of "applying", "active"`},
		{"a limit too high", call{method: "GET", path: holds + "?limit=501"}, 400, "malformed", "limit", "from 1 to 500"},
		{"a limit of none", call{method: "GET", path: holds + "?limit=0"}, 400, "malformed", "limit", "from 1 to 500"},
		{"a limit in words", call{method: "GET", path: holds + "?limit=ten"}, 400, "malformed", "limit", "an integer"},
		{"a bad time", call{method: "GET", path: runs + "?from=yesterday"}, 400, "malformed", "from", "RFC 3339"},
		{"a bad boolean", call{method: "GET", path: runs + "?dry_run=maybe"}, 400, "malformed", "dry_run", "true or false"},
		{"a made-up cursor", call{method: "GET", path: runs + "?cursor=abc"}, 422, "invalid", "cursor", ""},
		{"a hold of nothing", call{method: "POST", path: holds, body: `{}`}, 422, "invalid", "scope", "required"},
		{"a hold without a body", call{method: "POST", path: holds, body: ``}, 400, "malformed", "", "empty"},
		{"a hold's table", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "gone", "all": true}]}`}, 422, "invalid", "scope[0].table", "gone"},
		{"a hold's id", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "tickets", "record_ids": ["1", "x"]}]}`}, 422, "invalid", "scope[0].record_ids[1]", ""},
		{"a hold's id as a number", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "tickets", "record_ids": [1]}]}`}, 400, "malformed", "scope[0].record_ids[0]", `"1"`},
		{"a hold's condition", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "tickets", "condition": "nothing = 1"}]}`}, 422, "invalid", "scope[0].condition", "nothing"},
		{"a hold's condition that is none", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "tickets", "condition": 1}]}`}, 400, "malformed", "scope[0].condition", "string or null"},
		{"a family of a condition", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "tickets", "condition": "id = 1", "family": {"depth": null}}]}`}, 422, "invalid", "scope[0].family", "record_ids or a list of records alone"},
		{"a family of no depth", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "tickets", "record_ids": ["1"], "family": {"depth": 0}}]}`}, 400, "malformed", "scope[0].family.depth", "from 1 to 20, or null"},
		{"a family as a word", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "tickets", "record_ids": ["1"], "family": "all"}]}`}, 400, "malformed", "scope[0].family", "{\"depth\": 2}"},
		{"a hold's condition beside ids", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "tickets", "condition": "id = 1", "record_ids": ["1"]}]}`}, 422, "invalid", "scope[0]", "record_ids and condition"},
		{"a hold's ids without a key", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "notes", "record_ids": ["1"]}]}`}, 422, "invalid", "scope[0].record_ids", "all: true"},
		{"a hold's expiry", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "expires_at": "2020-01-01T00:00:00Z", "scope": [{"table": "tickets", "all": true}]}`}, 422, "invalid", "expires_at", "future"},
		{"an unknown type of event", call{method: "GET", path: "/api/v1/events?type=data.retention.burnt"}, 400, "malformed", "type", "hold.placed"},
		{"an event's time", call{method: "GET", path: "/api/v1/events?from=yesterday"}, 400, "malformed", "from", "RFC 3339"},
		{"ids of a table without a key", call{method: "POST", path: holds, body: `{"matter": "m", "reason": "r", "scope": [{"table": "public.loose", "record_ids": ["1"]}]}`}, 422, "invalid", "scope[0].record_ids", "no unique key over NOT NULL columns"},
		{"an unknown hold", call{method: "GET", path: holds + "/11111111-1111-1111-1111-111111111111"}, 404, "not-found", "", ""},
		{"a hold that is no id", call{method: "GET", path: holds + "/x"}, 404, "not-found", "", ""},
		{"records of an unknown hold", call{method: "GET", path: holds + "/x/records"}, 404, "not-found", "", ""},
		{"a revised scope", call{method: "PATCH", path: holds + "/x", body: `{"scope": []}`, header: map[string]string{"If-Match": "*"}}, 400, "malformed", "scope", "is not changed here: POST /holds/{id}/scopes"},
		{"a revised expiry", call{method: "PATCH", path: holds + "/x", body: `{"expires_at": "soon"}`, header: map[string]string{"If-Match": "*"}}, 422, "invalid", "expires_at", "RFC 3339"},
		{"a release without a reason", call{method: "POST", path: holds + "/11111111-1111-1111-1111-111111111111/release", body: `{}`}, 422, "invalid", "reason", "required"},
		{"a run of an unknown policy", call{method: "POST", path: runs, body: `{"policies": ["tickets", "nothing"]}`}, 422, "invalid", "policies[1]", "nothing"},
		{"a run at an unknown pace", call{method: "POST", path: runs, body: `{"pace": "ludicrous"}`}, 422, "invalid", "pace", "ludicrous"},
		{"a run of the future", call{method: "POST", path: runs, body: `{"as_of": "2999-01-01T00:00:00Z"}`}, 422, "invalid", "as_of", "future"},
		{"a run at a bad time", call{method: "POST", path: runs, body: `{"as_of": "today"}`}, 422, "invalid", "as_of", "RFC 3339"},
		{"a run of numbers", call{method: "POST", path: runs, body: `{"policies": ["a", 2]}`}, 400, "malformed", "policies[1]", "must be a string, not a number"},
		{"an unknown run", call{method: "GET", path: runs + "/x"}, 404, "not-found", "", ""},
		{"batches of an unknown run", call{method: "GET", path: runs + "/x/batches"}, 404, "not-found", "", ""},
		{"a short password", call{method: "POST", path: "/api/v1/users", body: `{"email": "a@example.com", "password": "short"}`}, 422, "invalid", "password", "15"},
		{"an address in use", call{method: "POST", path: "/api/v1/users", body: `{"email": "used@example.com", "password": "correct horse battery"}`}, 409, "conflict", "email", "used@example.com"},
		{"a token of the administrator's token", call{method: "POST", path: "/api/v1/tokens", body: `{"name": "x"}`}, 403, "forbidden", "", "person"},
		{"an unknown token", call{method: "DELETE", path: "/api/v1/tokens/x"}, 404, "not-found", "", ""},
		{"an unknown route", call{method: "GET", path: "/api/v1/nothing"}, 404, "not-found", "", "/api/v1/nothing"},
		{"an unknown route, not signed in", call{method: "GET", path: "/api/v1/nothing", token: "-"}, 401, "unauthenticated", "", ""},
		{"another method", call{method: "DELETE", path: "/api/v1/me"}, 405, "method-not-allowed", "", ""},
		{"not signed in", call{method: "GET", path: "/api/v1/me", token: "-"}, 401, "unauthenticated", "", ""},
		{"a bad token", call{method: "GET", path: "/api/v1/me", token: "hf_x"}, 401, "unauthenticated", "", ""},
	}
	for _, tc := range tests {
		t.Run(tc.name, func(t *testing.T) {
			s.t = t
			p := s.do(tc.call).wantProblem(tc.status, tc.slug)
			text := p.Detail
			if tc.field != "" {
				text = p.field(t, tc.field)
			}
			if !strings.Contains(text, tc.says) {
				t.Errorf("says %q, want it to say %q", text, tc.says)
			}
		})
	}
}

func TestAllFaultsOfAPolicyAreNamedAtOnce(t *testing.T) {
	s := newServer(t)
	p := s.do(call{method: "POST", path: "/api/v1/policies", body: `{"name": "A", "table": "a.b.c", "retention_period": "soon", "action": "shred", "batch_size": 0, "grace": "x"}`}).wantProblem(422, "invalid")
	for _, field := range []string{"name", "table", "timestamp_column", "retention_period", "action", "legal_basis", "batch_size", "grace"} {
		p.field(t, field)
	}
	if len(p.Errors) != 8 {
		t.Errorf("got %d errors, want 8: %+v", len(p.Errors), p.Errors)
	}
}

func TestAllowedMethodsAreAnswered(t *testing.T) {
	s := newServer(t)
	a := s.do(call{method: "PATCH", path: "/api/v1/policies/x"}).want(405)
	if got := strings.Join(a.header.Values("Allow"), ", "); got != "GET, HEAD, PUT, DELETE" {
		t.Errorf("Allow: got %q", got)
	}
}

func TestAnswersAreKeptOutOfCaches(t *testing.T) {
	s := newServer(t)
	for _, token := range []string{"", "-"} {
		a := s.do(call{method: "GET", path: "/api/v1/me", token: token})
		if a.header.Get("Cache-Control") != "no-store" || a.header.Get("X-Content-Type-Options") != "nosniff" {
			t.Errorf("%d: got %v", a.status, a.header)
		}
	}
}

func TestAHoldTooLongIsRefusedOnTheWay(t *testing.T) {
	s := newServer(t)
	body := &repeated{head: `{"scope": [{"not_found": [""`, item: `,"` + strings.Repeat("x", 1<<20) + `"`, tail: `]}]}`, n: 70}
	p := s.do(call{method: "POST", path: "/api/v1/holds", body: body}).wantProblem(413, "too-large")
	if !strings.Contains(p.Detail, "64 MiB") || body.n == 0 {
		t.Errorf("detail %q, with %d MiB left unread", p.Detail, body.n)
	}
}

func TestASessionSpeaksToTheAPIFromOurOwnSiteOnly(t *testing.T) {
	s := newServer(t)
	s.do(call{method: "POST", path: "/api/v1/users", body: `{"email": "jane@example.com", "password": "correct horse battery"}`}).want(201)
	cookie := s.janesSession()["Cookie"]
	me := s.do(call{method: "GET", path: "/api/v1/me", token: "-", header: map[string]string{"Cookie": cookie}}).want(200).object()
	if me["name"] != "jane@example.com" || me["kind"] != "user" || me["token"] != nil {
		t.Errorf("me: got %v", me)
	}
	create := call{method: "POST", path: "/api/v1/policies", body: ticketsPolicy, token: "-"}
	create.header = map[string]string{"Cookie": cookie, "Sec-Fetch-Site": "cross-site"}
	s.do(create).wantProblem(403, "forbidden")
	create.header = map[string]string{"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
	s.do(create).want(201)
}

func TestATokenMakesNothingThatOutlivesIt(t *testing.T) {
	s := newServer(t)
	s.do(call{method: "POST", path: "/api/v1/users", body: `{"email": "jane@example.com", "password": "correct horse battery"}`}).want(201)
	token := s.janesToken(t)
	s.do(call{method: "POST", path: "/api/v1/tokens", body: `{"name": "another"}`, token: token}).wantProblem(403, "forbidden")
	s.do(call{method: "POST", path: "/api/v1/users", body: `{"email": "john@example.com", "password": "correct horse battery"}`, token: token}).wantProblem(403, "forbidden")
	if n := pgtest.Value[int64](t, s.url, `SELECT (SELECT count(*) FROM holdfast.token) + (SELECT count(*) FROM holdfast.account)`); n != 2 {
		t.Errorf("%d tokens and accounts, want Jane's one each", n)
	}
}

func TestReadinessSaysWhatIsMissing(t *testing.T) {
	s := newServer(t)
	s.ready = func(context.Context) error { return errors.New("run `holdfast migrate`") }
	p := s.do(call{method: "GET", path: "/readyz", token: "-"}).wantProblem(503, "unavailable")
	if !strings.Contains(p.Detail, "holdfast migrate") {
		t.Errorf("detail: got %q", p.Detail)
	}
	s.ready = nil
	pgtest.Exec(t, s.url, "DROP SCHEMA holdfast_guard CASCADE")
	p = s.do(call{method: "GET", path: "/readyz", token: "-"}).wantProblem(503, "unavailable")
	if want := "not ready: the governed database has no guard schema; run `holdfast migrate`"; p.Detail != want {
		t.Errorf("detail: got %q, want %q", p.Detail, want)
	}
	s.do(call{method: "GET", path: "/healthz", token: "-"}).want(200)
}

func TestTheHandlerWorksInsideAnotherRouter(t *testing.T) {
	s := newServer(t)
	h, err := New(s.engine, httpauth.New(s.engine, nil, httpauth.Options{}), Options{})
	if err != nil {
		t.Fatal(err)
	}
	outer := chi.NewRouter()
	outer.Handle("/api/*", h)
	outer.Handle("/healthz", h)
	mux := http.NewServeMux()
	mux.Handle("/api/", h)
	mux.Handle("/healthz", h)
	for name, handler := range map[string]http.Handler{"chi": outer, "mux": mux, "alone": h} {
		for _, path := range []string{"/healthz", "/api/v1/policies"} {
			r := httptest.NewRequest("GET", path, nil)
			r.Header.Set("Authorization", "Bearer "+adminToken)
			rec := httptest.NewRecorder()
			handler.ServeHTTP(rec, r)
			if rec.Code != 200 {
				t.Errorf("%s in %s: got %d %s", path, name, rec.Code, rec.Body)
			}
		}
	}
}
