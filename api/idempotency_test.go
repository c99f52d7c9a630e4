package api

import (
	"strings"
	"sync"
	"testing"

	"holdfast/internal/pgtest"
)

func key(k string) map[string]string { return map[string]string{"Idempotency-Key": k} }

func TestARepeatedRequestIsAnsweredOnceMore(t *testing.T) {
	s := newServer(t)
	hold := `{"matter": "m", "reason": "r", "scope": [{"table": "tickets", "record_ids": ["1"]}]}`
	for _, tc := range []struct{ path, body string }{
		{"/api/v1/policies", ticketsPolicy},
		{"/api/v1/holds", hold},
		{"/api/v1/runs", `{"dry_run": true}`},
		{"/api/v1/users", `{"email": "a@example.com", "password": "correct horse battery"}`},
	} {
		t.Run(tc.path, func(t *testing.T) {
			s.t = t
			first := s.do(call{method: "POST", path: tc.path, body: tc.body, header: key("k" + tc.path)})
			again := s.do(call{method: "POST", path: tc.path, body: tc.body, header: key("k" + tc.path)})
			if first.status >= 300 || again.status != first.status || string(again.body) != string(first.body) {
				t.Errorf("first %d %s\nagain %d %s", first.status, first.body, again.status, again.body)
			}
			for _, name := range []string{"Location", "ETag", "Content-Type"} {
				if got, want := again.header.Get(name), first.header.Get(name); got != want {
					t.Errorf("%s: got %q, want %q", name, got, want)
				}
			}
			if first.header.Get("Idempotency-Replayed") != "" || again.header.Get("Idempotency-Replayed") != "true" {
				t.Error("a replay is not marked as one, or the first answer is")
			}
			if n := len(s.do(call{method: "GET", path: tc.path}).want(200).items()); n != 1 {
				t.Errorf("%d were made, want 1", n)
			}
		})
	}
}

func TestAnIdempotencyKeyBelongsToItsRequest(t *testing.T) {
	s := newServer(t)
	s.policy(t, "tickets")
	s.do(call{method: "POST", path: "/api/v1/runs", body: `{"dry_run": true}`, header: key("k")}).want(202)
	p := s.do(call{method: "POST", path: "/api/v1/runs", body: `{}`, header: key("k")}).wantProblem(422, "invalid")
	p.field(t, "Idempotency-Key")
	p = s.do(call{method: "POST", path: "/api/v1/runs", header: key(strings.Repeat("k", 256))}).wantProblem(422, "invalid")
	p.field(t, "Idempotency-Key")
	p = s.do(call{method: "POST", path: "/api/v1/runs", header: key("")}).wantProblem(422, "invalid")
	p.field(t, "Idempotency-Key")
}

func TestAFailedRequestFreesItsKey(t *testing.T) {
	s := newServer(t)
	s.do(call{method: "POST", path: "/api/v1/policies", body: strings.Replace(ticketsPolicy, "delete", "shred", 1), header: key("k")}).want(422)
	s.do(call{method: "POST", path: "/api/v1/policies", body: ticketsPolicy, header: key("k")}).want(201)
}

func TestAKeyIsItsActorsOwn(t *testing.T) {
	s := newServer(t)
	s.do(call{method: "POST", path: "/api/v1/users", body: `{"email": "jane@example.com", "password": "correct horse battery"}`}).want(201)
	jane := s.janesToken(t)
	s.policy(t, "tickets")
	first := s.do(call{method: "POST", path: "/api/v1/runs", header: key("k")}).want(202).object()
	hers := s.do(call{method: "POST", path: "/api/v1/runs", header: key("k"), token: jane}).want(202).object()
	if first["id"] == hers["id"] {
		t.Error("another actor's answer was replayed")
	}
}

func TestATokensSecretIsNeverKept(t *testing.T) {
	s := newServer(t)
	s.do(call{method: "POST", path: "/api/v1/users", body: `{"email": "jane@example.com", "password": "correct horse battery"}`}).want(201)
	c := call{method: "POST", path: "/api/v1/tokens", body: `{"name": "ci"}`, header: s.janesSession(), token: "-"}
	c.header["Idempotency-Key"] = "k"
	first, again := s.do(c).want(201).object(), s.do(c).want(201).object()
	if first["id"] != again["id"] || first["secret"] == nil || again["secret"] != nil {
		t.Errorf("first %v\nagain %v", first, again)
	}
	secret := first["secret"].(string)
	if n := pgtest.Value[int64](t, s.url, `SELECT count(*) FROM holdfast.idempotency WHERE position($1 IN convert_from(body, 'UTF8')) > 0`, secret); n != 0 {
		t.Error("the secret is in the store")
	}
}

func TestTheSameRequestAtOnceIsCarriedOutOnce(t *testing.T) {
	s := newServer(t)
	s.policy(t, "tickets")
	var wg sync.WaitGroup
	statuses := make([]int, 8)
	for i := range statuses {
		wg.Go(func() {
			statuses[i] = s.do(call{method: "POST", path: "/api/v1/runs", body: `{"dry_run": true}`, header: key("k")}).status
		})
	}
	wg.Wait()
	for _, status := range statuses {
		if status != 202 && status != 409 {
			t.Errorf("statuses: got %v, want 202 or 409", statuses)
		}
	}
	if n := len(s.do(call{method: "GET", path: "/api/v1/runs"}).want(200).items()); n != 1 {
		t.Errorf("%d runs, want 1", n)
	}
}
