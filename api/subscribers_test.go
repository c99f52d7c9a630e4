package api

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"holdfast/internal/pgtest"
)

// crm leads to an address of the documentation's own, which nothing is sent to.
const crm = `{"name": "crm", "kind": "nats", "url": "nats://127.0.0.1:1", "types": ["data.retention.*"], "entity_types": ["user"]}`

func (s *service) tellOfSubscribers(t *testing.T) {
	t.Helper()
	made := s.do(call{method: "POST", path: "/api/v1/subscribers", body: `{"name": "hook", "kind": "webhook", "url": "https://1.1.1.1/events"}`}).want(201)
	hook := made.object()
	if secret, _ := hook["secret"].(string); !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("secret: got %v", hook["secret"])
	}
	where := made.header.Get("Location")
	rotated := s.do(call{method: "POST", path: where + "/rotate-secret"}).want(200)
	if got := rotated.object(); got["secret"] == hook["secret"] || got["former_secret_until"] == nil {
		t.Errorf("rotated: got %v", got)
	}
	s.do(call{method: "POST", path: where + "/rotate-secret"}).wantProblem(409, "conflict")
	s.do(call{method: "POST", path: where + "/rotate-secret", body: `{"drop_former": true}`}).want(200)
	s.do(call{method: "POST", path: where + "/rotate-secret", body: `{"force": true}`}).wantProblem(400, "malformed").field(t, "force")
	s.do(call{method: "PATCH", path: where, body: `{"kind": "nats"}`, header: map[string]string{"If-Match": "*"}}).wantProblem(422, "invalid").field(t, "kind")
	// What was read can be sent back.
	read := s.do(call{method: "GET", path: where}).want(200)
	body := read.object()
	body["enabled"] = false
	changed := s.do(call{method: "PATCH", path: where, body: body, header: map[string]string{"If-Match": read.header.Get("ETag")}}).want(200)
	if got := changed.object(); got["enabled"] != false || got["version"] != 4.0 || got["kind"] != "webhook" {
		t.Errorf("changed: got %v", got)
	}
	nats := s.do(call{method: "POST", path: "/api/v1/subscribers", body: crm}).want(201)
	if got := nats.object(); got["secret"] != nil || got["subject"] != "data.retention" {
		t.Errorf("nats: got %v", got)
	}
	if n := len(s.do(call{method: "GET", path: "/api/v1/subscribers?limit=5"}).want(200).items()); n != 2 {
		t.Errorf("subscribers: got %d, want 2", n)
	}
	s.do(call{method: "PATCH", path: where, body: `{"secret": "whsec_mine"}`, header: map[string]string{"If-Match": "*"}}).wantProblem(422, "invalid").field(t, "secret")
	// Nobody listens there, which is an answer.
	at, _ := nats.object()["id"].(string)
	tested := s.do(call{method: "POST", path: "/api/v1/subscribers/" + at + "/test"}).want(200).object()
	if tested["delivered"] != false || tested["answer"] == "" || tested["event_id"] == "" {
		t.Errorf("test: got %v", tested)
	}
	s.do(call{method: "POST", path: "/api/v1/subscribers/0195aabb-0000-4000-8000-000000000001/test"}).wantProblem(404, "not-found")
	s.do(call{method: "GET", path: where + "/deliveries?state=dead&state=retrying"}).want(200)
	if got := s.do(call{method: "POST", path: where + "/replay", body: `{"from": "2020-01-01T00:00:00Z"}`}).want(202).object(); got["count"] != 16.0 {
		t.Errorf("replay of what happened before it was there: got %v", got)
	}
	s.do(call{method: "DELETE", path: where, header: map[string]string{"If-Match": changed.header.Get("ETag")}}).want(204)
	s.do(call{method: "GET", path: where}).wantProblem(404, "not-found")
	s.do(call{method: "POST", path: "/api/v1/subscribers", body: `{"name": "hook", "kind": "webhook", "url": "https://1.1.1.1/events"}`}).want(201)
}

func TestWrongSubscribersAreRefusedWithTheField(t *testing.T) {
	s := newServer(t)
	for body, field := range map[string]string{
		`{"name": "CRM", "kind": "nats", "url": "nats://h"}`:                                    "name",
		`{"name": "crm", "kind": "smtp", "url": "nats://h"}`:                                    "kind",
		`{"name": "crm", "kind": "webhook", "url": "ftp://h"}`:                                  "url",
		`{"name": "crm", "kind": "webhook", "url": "https://user:pw@example.com"}`:              "url",
		`{"name": "crm", "kind": "webhook", "url": "http://127.0.0.1:8080/x"}`:                  "url",
		`{"name": "crm", "kind": "webhook", "url": "http://[::1]/x"}`:                           "url",
		`{"name": "crm", "kind": "webhook", "url": "http://[::ffff:10.0.0.1]/x"}`:               "url",
		`{"name": "crm", "kind": "webhook", "url": "http://169.254.169.254/latest/meta-data/"}`: "url",
		`{"name": "crm", "kind": "webhook", "url": "http://localhost/x"}`:                       "url",
		`{"name": "crm", "kind": "webhook", "url": "https://1.1.1.1:99999/"}`:                   "url",
		`{"name": "crm", "kind": "webhook", "url": "http://2130706433/x"}`:                      "url",
		`{"name": "crm", "kind": "webhook", "url": "http://0x7f000001/x"}`:                      "url",
		`{"name": "crm", "kind": "webhook", "url": "http://0177.0.0.1/x"}`:                      "url",
		`{"name": "crm", "kind": "webhook", "url": "http://127.1/x"}`:                           "url",
		`{"name": "crm", "kind": "webhook", "url": "https://1.1.1.1", "secret": "whsec_mine"}`:  "secret",
		`{"name": "crm", "kind": "webhook", "url": "https://1.1.1.1", "subject": "a"}`:          "subject",
		`{"name": "crm", "kind": "nats", "url": "nats://h", "subject": "a.*"}`:                  "subject",
		`{"name": "crm", "kind": "nats", "url": "nats://token@h"}`:                              "url",
		`{"name": "crm", "kind": "nats", "url": "nats://h", "types": ["data.*", "order.*"]}`:    "types[1]",
		`{"name": "crm", "kind": "nats", "url": "nats://h", "entity_types": [""]}`:              "entity_types[0]",
		`{"name": "crm", "kind": "nats", "url": "nats://h", "entity_types": ["a", "a b"]}`:      "entity_types[1]",
	} {
		a := s.do(call{method: "POST", path: "/api/v1/subscribers", body: body})
		a.wantProblem(http.StatusUnprocessableEntity, "invalid").field(t, field)
	}
	if n := pgtest.Value[int64](t, s.url, `SELECT count(*) FROM holdfast.subscriber`); n != 0 {
		t.Errorf("%d wrong subscribers were saved", n)
	}
}

func TestSubscribersAreEditedOnlyAsRead(t *testing.T) {
	s := newServer(t)
	where := s.do(call{method: "POST", path: "/api/v1/subscribers", body: crm}).want(201).header.Get("Location")
	s.do(call{method: "POST", path: "/api/v1/subscribers", body: crm}).wantProblem(409, "conflict").field(t, "name")
	for _, method := range []string{"PATCH", "DELETE"} {
		body := any(nil)
		if method == "PATCH" {
			body = `{"enabled": false}`
		}
		s.do(call{method: method, path: where, body: body}).wantProblem(428, "precondition-required")
		s.do(call{method: method, path: where, body: body, header: map[string]string{"If-Match": `"v9"`}}).wantProblem(412, "stale")
	}
	s.do(call{method: "PATCH", path: where, body: `{"types": ["no.such"]}`, header: map[string]string{"If-Match": "*"}}).wantProblem(422, "invalid").field(t, "types[0]")
	s.do(call{method: "POST", path: where + "/rotate-secret"}).wantProblem(409, "conflict")
	s.do(call{method: "POST", path: where + "/replay", body: `{}`}).wantProblem(422, "invalid").field(t, "events")
	s.do(call{method: "POST", path: where + "/replay", body: `{"events": ["nonsense"]}`}).wantProblem(422, "invalid").field(t, "events[0]")
	s.do(call{method: "GET", path: where + "/deliveries?state=lost"}).wantProblem(400, "malformed")
	if n := pgtest.Value[int64](t, s.url, `SELECT count(*) FROM holdfast.audit WHERE action LIKE 'subscriber.%'`); n != 1 {
		t.Errorf("%d audit rows, want that of the creation alone", n)
	}
}

// The answer that an Idempotency-Key replays has no signing key, nor does the store.
func TestReplayedAnswerOfANewSubscriberHasNoKey(t *testing.T) {
	s := newServer(t)
	c := call{method: "POST", path: "/api/v1/subscribers", body: `{"name": "hook", "kind": "webhook", "url": "https://1.1.1.1/"}`, header: map[string]string{"Idempotency-Key": "k"}}
	first, again := s.do(c).want(201).object(), s.do(c).want(201).object()
	if first["secret"] == nil || again["secret"] != nil || first["id"] != again["id"] {
		t.Errorf("got %v and then %v", first["secret"], again["secret"])
	}
	if n := pgtest.Value[int64](t, s.url, `SELECT count(*) FROM holdfast.idempotency AS i WHERE position('whsec_' IN i::text) > 0`); n != 0 {
		t.Errorf("%d kept answers have the key", n)
	}
}

func TestDeliveriesAreListedPageByPage(t *testing.T) {
	s := newServer(t)
	where := s.do(call{method: "POST", path: "/api/v1/subscribers", body: crm}).want(201).header.Get("Location")
	pgtest.Exec(t, s.url,
		`INSERT INTO holdfast.event_batch (id, type, entity_type, policy, policy_version, run_id, action, initiated_at, occurred_at, count, key_parts, keys, columns, included)
		 VALUES ('00000000-0000-4000-8000-000000000001', 'data.retention.deleted', 'user', 'p', 1, 'r', 'delete', now(), now(), 3, 2, '{a,b,NULL,1,2,3}', '[]', '{}')`,
		`INSERT INTO holdfast.delivery (subscriber_id, batch_id, batch_no, position, entity, state, attempts, created_at, first_failed_at, next_at, last_answer)
		 SELECT s.id, e.id, e.no, i, '\x00', CASE i WHEN 1 THEN 'retrying' ELSE 'dead' END, 7, now(), now(), CASE i WHEN 1 THEN now() END, '500 no'
		 FROM holdfast.subscriber AS s, holdfast.event_batch AS e, generate_series(0, 2) AS i`)
	var got []string
	for path := where + "/deliveries?limit=2"; path != ""; {
		list := s.do(call{method: "GET", path: path}).want(200)
		for _, d := range list.items() {
			got = append(got, fmt.Sprint(d["entity_id"], d["state"], d["event_id"].(string)[34:]))
		}
		path = ""
		if next, ok := list.object()["next_cursor"].(string); ok {
			path = where + "/deliveries?limit=2&cursor=" + next
		}
	}
	if want := "[a 1]dead01-0 [b 2]retrying01-1 <nil>dead01-2"; strings.Join(got, " ") != want {
		t.Errorf("got %s, want %s", strings.Join(got, " "), want)
	}
	st, _ := s.do(call{method: "GET", path: where}).want(200).object()["status"].(map[string]any)
	if st["dead"] != 2.0 || st["retrying"] != 1.0 || st["behind"] != 3.0 {
		t.Errorf("status: got %v", st)
	}
	if at, err := time.Parse(time.RFC3339, fmt.Sprint(st["oldest_undelivered_at"])); err != nil || time.Since(at) > time.Hour {
		t.Errorf("oldest: got %v", st["oldest_undelivered_at"])
	}
}
