package api

import (
	"errors"
	"fmt"
	"maps"
	"net/http"
	"net/http/httptest"
	"net/url"
	"path"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast"
	"holdfast/internal/pgtest"
)

const ticketsPolicy = `{"name": "tickets", "table": "public.tickets", "timestamp_column": "resolved_at",
	"retention_period": "730 days", "action": "delete", "legal_basis": "Legitimate interest"}`

// tellingTickets is that policy, telling others.
var tellingTickets = strings.TrimSuffix(ticketsPolicy, "}") + `, "events": {"entity_type": "ticket", "key": ["id", "email"], "include": ["email"]}}`

// One story through every route; each answer is held against the contract.
func TestEveryRouteAnswersAsTheContractSays(t *testing.T) {
	s := newServer(t)
	s.tellOfPolicies(t)
	s.tellOfHolds(t)
	s.tellOfRuns(t)
	s.tellOfEvents(t)
	s.tellOfSchedules(t)
	s.tellOfSubscribers(t)
	s.tellOfAccounts(t)
	s.tellOfRestores(t)
	s.tellOfEnforcement(t)
	s.tellOfTheService(t)
	for key, op := range s.strict {
		for status := range op.route.Operation.Responses.Map() {
			if strings.HasPrefix(status, "2") && !s.answered[op.id+" "+status] {
				t.Errorf("%s was never answered with %s", key, status)
			}
		}
	}
	if t.Failed() {
		t.Log(slices.Sorted(maps.Keys(s.answered)))
	}
}

func (s *service) tellOfPolicies(t *testing.T) {
	created := s.do(call{method: "POST", path: "/api/v1/policies", body: tellingTickets}).want(201)
	if got := created.header.Get("ETag"); got != `"v1"` {
		t.Errorf("ETag: got %s", got)
	}
	if got := created.header.Get("Location"); got != "/api/v1/policies/tickets" {
		t.Errorf("Location: got %s", got)
	}
	p := created.object()
	for name, want := range map[string]any{
		"retention_period": "P730D", "enabled": true, "batch_size": 5000.0, "grace": "P2D", "created_by": "admin-token",
		"version": 1.0, "time_zone": "UTC", "evidence": "records", "unit": nil, "archive": nil, "retired_at": nil,
	} {
		if p[name] != want {
			t.Errorf("%s: got %v, want %v", name, p[name], want)
		}
	}
	if got, want := fmt.Sprint(p["events"]), "map[entity_type:ticket include:[email] key:[id email]]"; got != want {
		t.Errorf("events: got %s, want %s", got, want)
	}
	s.do(call{method: "GET", path: "/api/v1/policies?q=tick&limit=1"}).want(200)

	// What was read can be sent back.
	read := s.do(call{method: "GET", path: created.header.Get("Location")}).want(200)
	p = read.object()
	p["legal_basis"] = "Contract"
	replaced := s.do(call{method: "PUT", path: "/api/v1/policies/tickets", body: p, header: map[string]string{"If-Match": read.header.Get("ETag")}}).want(200)
	if got := replaced.object()["version"]; got != 2.0 {
		t.Errorf("version: got %v, want 2", got)
	}
	if n := len(s.do(call{method: "GET", path: "/api/v1/policies/tickets/versions"}).want(200).items()); n != 2 {
		t.Errorf("versions: got %d, want 2", n)
	}
	sim := s.do(call{method: "POST", path: "/api/v1/policies/tickets/simulation"}).want(200).object()
	if sim["due"] != 10.0 || sim["would_process"] != 10.0 {
		t.Errorf("simulation: got %v", sim)
	}
	if sim["stored"] != nil {
		t.Errorf("the stored policy is compared with itself: %v", sim["stored"])
	}
	sim = s.do(call{method: "POST", path: "/api/v1/simulations?as_of=2026-01-01T00:00:00Z", body: ticketsPolicy}).want(200).object()
	if stored, _ := sim["stored"].(map[string]any); stored["version"] != 2.0 || stored["due"] != sim["due"] || stored["would_process"] != sim["would_process"] {
		t.Errorf("a policy like the stored one: got %v beside %v", sim["stored"], sim)
	}

	yaml := "table: '\"Order Lines\"'\ntimestamp_column: placed\nretention_period: P7Y\naction: delete\nlegal_basis: Tax law\n"
	s.do(call{method: "PUT", path: "/api/v1/policies/lines", body: yaml, header: map[string]string{"Content-Type": "application/yaml"}}).want(201)
	s.do(call{method: "DELETE", path: "/api/v1/policies/lines", header: map[string]string{"If-Match": `"v1"`}}).want(204)
	if n := len(s.do(call{method: "GET", path: "/api/v1/policies?retired=true"}).want(200).items()); n != 1 {
		t.Errorf("retired policies: got %d, want 1", n)
	}
	tables := s.do(call{method: "GET", path: "/api/v1/tables"}).want(200).items()
	if len(tables) != 3 {
		t.Errorf("tables: got %v", tables)
	}
}

// tellOfLists places a hold whose records come as CSV.
func (s *service) tellOfLists(t *testing.T) {
	csv := map[string]string{"Content-Type": "text/csv"}
	placed := s.do(call{method: "POST", path: "/api/v1/holds", body: `{"matter": "A long list", "reason": "audit", "scope": [{"table": "tickets", "upload": true}]}`}).want(201)
	if h := placed.object(); h["status"] != "applying" || h["scope"].([]any)[0].(map[string]any)["upload"] != "awaited" {
		t.Errorf("a hold that awaits its list: got %v", h)
	}
	records := placed.header.Get("Location") + "/records"
	s.do(call{method: "PUT", path: records, header: csv, body: "1\n"}).want(400)
	s.do(call{method: "PUT", path: records + "?table=tickets", header: map[string]string{"Content-Type": "application/json"}, body: "{}"}).want(415)
	up := s.do(call{method: "PUT", path: records + "?table=tickets", header: csv, body: "id;name\n1;x\n2;y\nn/a;z\n1;x\n999;y\n"}).want(200).object()
	if got := fmt.Sprint(up["line_count"], up["added_count"], up["duplicate_count"], up["bad_count"], up["not_found_count"], up["duplicates"], up["not_found"]); got != "5 3 1 1 1 [5] [6]" {
		t.Errorf("the list: got %s: %v", got, up)
	}
	if h := up["hold"].(map[string]any); h["status"] != "active" || h["effective_at"] == nil {
		t.Errorf("after its list: got %v", h)
	}
	s.do(call{method: "PUT", path: records + "?table=tickets", header: csv, body: "3\n"}).want(422) // no reason
	if up := s.do(call{method: "PUT", path: records + "?table=tickets&change_reason=more", header: csv, body: "1\n3\n"}).want(200).object(); up["added_count"] != 1.0 {
		t.Errorf("a list for a hold in force: got %v", up)
	}
	scopes := placed.header.Get("Location") + "/scopes"
	s.do(call{method: "POST", path: scopes, body: `{"scope": [{"table": "notes", "all": true}], "change_reason": "more", "matter": "another"}`}).want(400)
	s.do(call{method: "POST", path: scopes, body: `{"scope": [{"table": "notes", "all": true}]}`}).want(422)
	if h := s.do(call{method: "POST", path: scopes, body: `{"scope": [{"table": "notes", "all": true}], "change_reason": "the notes too"}`}).want(200).object(); len(h["scope"].([]any)) != 3 {
		t.Errorf("a wider hold: got %v", h)
	}
	s.do(call{method: "GET", path: records}).want(200)
	s.do(call{method: "POST", path: placed.header.Get("Location") + "/release", body: `{"reason": "settled"}`}).want(202)
	s.do(call{method: "GET", path: "/api/v1/holds?fail_safe=true"}).want(200)
	s.do(call{method: "GET", path: placed.header.Get("Location") + "/preserved"}).want(200)
	s.do(call{method: "GET", path: placed.header.Get("Location") + "/preserved/export"}).want(200)
}

func (s *service) tellOfHolds(t *testing.T) {
	body := `{"matter": "ACME v. Initech", "reason": "litigation", "created_by": "nobody", "scope": [
		{"table": "tickets", "record_ids": ["1", "2", "999"]},
		{"table": "\"Order Lines\"", "record_ids": [["17", "1"], ["18", "1"]]},
		{"table": "notes", "all": true}]}`
	placed := s.do(call{method: "POST", path: "/api/v1/holds", body: body}).want(201)
	h := placed.object()
	if h["status"] != "active" || h["created_by"] != "admin-token" || h["effective_at"] == nil {
		t.Errorf("hold: got %v", h)
	}
	scopes := h["scope"].([]any)
	first, second := scopes[0].(map[string]any), scopes[1].(map[string]any)
	if first["record_count"] != 3.0 || first["not_found_count"] != 1.0 || fmt.Sprint(first["not_found"]) != "[999]" {
		t.Errorf("first scope: got %v", first)
	}
	if fmt.Sprint(second["not_found"]) != "[[18 1]]" || second["table"] != `public."Order Lines"` {
		t.Errorf("second scope: got %v", second)
	}
	opened := s.do(call{method: "POST", path: "/api/v1/matters", body: `{"name": "By what it says", "reference": "7 O 112/26"}`}).want(201)
	s.do(call{method: "POST", path: "/api/v1/matters", body: `{"name": "by what it SAYS"}`}).want(409)
	matter := opened.header.Get("Location")
	s.do(call{method: "GET", path: "/api/v1/matters?closed=false&q=112"}).want(200)
	s.do(call{method: "PATCH", path: matter, header: map[string]string{"If-Match": opened.header.Get("ETag")}, body: `{"counsel": "Smith & Co."}`}).want(200)
	preview := s.do(call{method: "POST", path: "/api/v1/holds/preview", body: `{"scope": [{"table": "tickets", "record_ids": ["1", "999"]}, {"table": "tickets", "all": true}]}`}).want(200).object()
	if ids := preview["scope"].([]any)[0].(map[string]any); ids["record_count"] != 1.0 || ids["not_found_count"] != 1.0 || fmt.Sprint(ids["samples"]) != "[1]" || ids["gone"].(map[string]any)["looked_up_count"] != 2.0 {
		t.Errorf("preview: got %v", preview)
	}
	s.tellOfLists(t)
	family := s.do(call{method: "POST", path: "/api/v1/holds/preview", body: `{"scope": [{"table": "tickets", "record_ids": ["1"], "family": {"depth": 2}, "belongings": []}, {"table": "\"Order Lines\"", "record_ids": [["17", "1"]], "family": {}}]}`}).want(200).object()
	for i, want := range []any{2.0, nil} {
		sc := family["scope"].([]any)[i].(map[string]any)
		if f, is := sc["family"].(map[string]any); !is || f["depth"] != want || len(sc["belongings"].([]any)) != 0 {
			t.Errorf("preview of a family: got %v, want a depth of %v and no table that belongs", sc, want)
		}
	}
	fitting := s.do(call{method: "POST", path: "/api/v1/holds", body: `{"matter": "By what it says", "reason": "audit", "scope": [{"table": "tickets", "condition": "id IN (1, 2)"}]}`}).want(201)
	s.do(call{method: "GET", path: fitting.header.Get("Location")}).want(200)
	if sc := fitting.object()["scope"].([]any)[0].(map[string]any); sc["condition"] != "id IN (1, 2)" || sc["record_count"] != 2.0 || sc["all"] != false {
		t.Errorf("scope by condition: got %v", sc)
	}
	s.do(call{method: "POST", path: matter + "/close", body: `{"reason": "over"}`}).want(409)
	s.do(call{method: "POST", path: fitting.header.Get("Location") + "/release", body: `{"reason": "over"}`}).want(202)
	s.do(call{method: "POST", path: matter + "/close", body: `{"reason": "over"}`}).want(200)
	s.do(call{method: "POST", path: "/api/v1/holds", body: `{"matter": "By WHAT it says", "reason": "again", "scope": [{"table": "tickets", "all": true}]}`}).want(409)
	s.do(call{method: "POST", path: matter + "/reopen", body: `{"reason": "an appeal"}`}).want(200)
	if m := s.do(call{method: "GET", path: matter}).want(200).object(); m["hold_count"] != 1.0 || m["in_force_count"] != 0.0 || m["counsel"] != "Smith & Co." || m["closed_at"] != nil {
		t.Errorf("matter: got %v", m)
	}
	if n := len(s.do(call{method: "GET", path: "/api/v1/holds?matter=by+what+it+says"}).want(200).items()); n != 1 {
		t.Errorf("%d holds of the matter, want 1", n)
	}
	path := placed.header.Get("Location")
	s.do(call{method: "GET", path: "/api/v1/holds?status=active&status=applying&q=acme"}).want(200)
	read := s.do(call{method: "GET", path: path}).want(200)
	if n := len(s.do(call{method: "GET", path: path + "/records"}).want(200).items()); n != 5 {
		t.Errorf("records: got %d, want 5", n)
	}
	revised := s.do(call{
		method: "PATCH", path: path, header: map[string]string{"If-Match": read.header.Get("ETag")},
		body: `{"expires_at": "2099-01-01T01:00:00+01:00", "on_expiry": "review", "version": 7, "review_at": "2098-01-01T00:00:00Z", "release_delay": "P14D", "change_reason": "the court set a date"}`,
	}).want(200).object()
	if revised["expires_at"] != "2099-01-01T00:00:00Z" || revised["on_expiry"] != "review" || revised["reason"] != "litigation" {
		t.Errorf("revised: got %v", revised)
	}
	if revised["review_at"] != "2098-01-01T00:00:00Z" || revised["release_delay"] != "P14D" {
		t.Errorf("revised: got %v", revised)
	}
	s.do(call{method: "PATCH", path: path, header: map[string]string{"If-Match": "*"}, body: `{"expires_at": null}`}).want(422)
	cleared := s.do(call{method: "PATCH", path: path, header: map[string]string{"If-Match": "*"}, body: `{"expires_at": null, "change_reason": "no date after all"}`}).want(200).object()
	if cleared["expires_at"] != nil || cleared["on_expiry"] != "review" {
		t.Errorf("cleared: got %v", cleared)
	}
	last := s.do(call{method: "GET", path: path}).want(200).header.Get("ETag")
	same := s.do(call{method: "PATCH", path: path, header: map[string]string{"If-Match": last}, body: `{"version": 7, "status": "released"}`}).want(200)
	if got := same.header.Get("ETag"); got != last {
		t.Errorf("a revision of nothing made %s of %s", got, last)
	}
	audited := s.do(call{method: "GET", path: "/api/v1/audit?action=hold.revise"}).want(200)
	if n := len(audited.items()); n != 2 {
		t.Errorf("%d revisions in the audit, want 2", n)
	}
	s.do(call{method: "GET", path: path + "/release"}).want(200)
	cooling := s.do(call{method: "POST", path: path + "/release", body: `{"reason": "settled"}`}).want(202).object()
	if cooling["status"] != "releasing" || cooling["releases_at"] == nil {
		t.Errorf("released with a delay: got %v", cooling)
	}
	if kept := s.do(call{method: "POST", path: path + "/take-back", body: `{"reason": "an appeal"}`}).want(200).object(); kept["status"] != "active" || kept["releases_at"] != nil {
		t.Errorf("taken back: got %v", kept)
	}
	s.do(call{method: "POST", path: path + "/take-back", body: `{"reason": "an appeal"}`}).want(409)
	s.do(call{method: "POST", path: path + "/review", body: `{"note": "counsel was asked", "review_at": "2097-01-01T00:00:00Z"}`}).want(200)
	s.do(call{method: "GET", path: "/api/v1/holds?review_due=true"}).want(200)
	if proof := s.do(call{method: "GET", path: path + "/proof"}).want(200).object(); proof["verdict"] != "stands" || proof["until"] != nil {
		t.Errorf("proof: got %v", proof)
	}
	s.tellOfNarrowing(t, path)
	s.do(call{method: "PATCH", path: path, header: map[string]string{"If-Match": "*"}, body: `{"release_delay": null, "change_reason": "it need not wait"}`}).want(200)
	s.do(call{method: "POST", path: path + "/release", body: `{"reason": "settled"}`}).want(202)
	if got := s.do(call{method: "GET", path: path}).want(200).header.Get("ETag"); got == last {
		t.Errorf("the ETag is %s before and after the release", got)
	}
	if got := s.do(call{method: "GET", path: path}).want(200).object(); got["status"] != "released" || got["release_reason"] != "settled" {
		t.Errorf("released: got %v", got)
	}
}

// tellOfNarrowing has a part of a hold fall out of it, and takes that back.
func (s *service) tellOfNarrowing(t *testing.T, path string) {
	path += "/narrowings"
	parts := `"scopes": [{"index": 2}, {"index": 0, "record_ids": ["2"]}, {"index": 1, "record_ids": [["17", "1"]]}]`
	if p := s.do(call{method: "POST", path: path + "/preview", body: `{` + parts + `}`}).want(200).object(); len(p["scope"].([]any)) != 3 {
		t.Errorf("previewed: got %v", p)
	}
	s.do(call{method: "POST", path: path, body: `{` + parts + `}`}).want(422)
	s.do(call{method: "POST", path: path, body: `{"scopes": [{"index": 0, "record_ids": [2]}], "change_reason": "x"}`}).want(422)
	s.do(call{method: "POST", path: path, body: `{"scopes": [{"index": 0, "record_ids": ["3"]}], "change_reason": "x"}`}).want(422)
	s.do(call{method: "POST", path: path, body: `{"scopes": [{"index": 0}, {"index": 1}, {"index": 2}], "change_reason": "x"}`}).want(409)
	scope := s.do(call{method: "POST", path: path, body: `{` + parts + `, "change_reason": "not evidence after all"}`}).want(202).object()["scope"].([]any)
	for i, want := range map[int]any{1: nil, 2: nil, 3: 0.0, 4: 1.0} {
		if got := scope[i].(map[string]any); got["split_from"] != want || (got["releases_at"] == nil) != (i == 1) || (got["release_reason"] == nil) != (i == 1) || got["ended_at"] != nil {
			t.Errorf("scope %d that is to fall out: got %v", i, got)
		}
	}
	s.do(call{method: "POST", path: path + "/take-back", body: `{"index": 1, "reason": "an appeal"}`}).want(409)
	for _, i := range []string{"2", "3", "4"} {
		s.do(call{method: "POST", path: path + "/take-back", body: `{"index": ` + i + `, "reason": "an appeal"}`}).want(200)
	}
}

func (s *service) tellOfRuns(t *testing.T) {
	s.do(call{method: "POST", path: "/api/v1/runs", body: `{"dry_run": true}`}).want(202)
	queued := s.do(call{method: "POST", path: "/api/v1/runs"}).want(202)
	run := queued.object()
	if run["status"] != "queued" || run["requested_by"] != "admin-token" || run["dry_run"] != false {
		t.Errorf("run: got %v", run)
	}
	if err := s.engine.ExecuteRun(t.Context(), run["id"].(string), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.engine.CarryJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	done := s.do(call{method: "GET", path: queued.header.Get("Location")}).want(200).object()
	if done["status"] != "succeeded" || done["total_processed"] != 10.0 {
		t.Errorf("run: got %v", done)
	}
	batches := s.do(call{method: "GET", path: queued.header.Get("Location") + "/batches?policy=tickets"}).want(200).items()
	if len(batches) == 0 {
		t.Error("the run has no batches")
	}
	if n := len(s.do(call{method: "GET", path: "/api/v1/runs?status=succeeded&dry_run=false&policy=tickets&from=2020-01-01T00:00:00Z"}).want(200).items()); n != 1 {
		t.Errorf("runs: got %d, want 1", n)
	}
	if n := len(s.do(call{method: "GET", path: "/api/v1/runs?trigger=schedule"}).want(200).items()); n != 0 {
		t.Errorf("runs by schedule: got %d, want none", n)
	}
	s.tellOfStops(t)
	s.tellOfRecords()
	if got := s.do(call{method: "GET", path: "/api/v1/doctor"}).want(200).object(); got["policies"] == 0.0 || got["findings"] == nil {
		t.Errorf("the doctor: %v", got)
	}
	s.tellOfCoverage(t)
	s.do(call{method: "GET", path: "/api/v1/runs/export?format=json&status=succeeded"}).want(200)
	s.do(call{method: "GET", path: "/api/v1/runs/export?format=csv&policy=tickets"}).want(200)
}

func (s *service) tellOfCoverage(t *testing.T) {
	exemption := func(method, table, reason string) answer {
		c := call{method: method, path: "/api/v1/coverage/" + url.PathEscape(table) + "/exemption"}
		if method == "PUT" {
			c.body = map[string]any{"reason": reason}
		}
		return s.do(c)
	}
	exemption("PUT", "public.notes", "").want(422)
	exemption("PUT", "public.nothing", "a list").want(404)
	exemption("PUT", "a.b.c", "a list").want(422)
	if got := exemption("PUT", "public.notes", "a list").want(200).object(); got["reason"] != "a list" || got["table"] != "public.notes" {
		t.Errorf("the exemption: %v", got)
	}
	s.do(call{method: "GET", path: "/api/v1/coverage?state=shut"}).want(400)
	all := s.do(call{method: "GET", path: "/api/v1/coverage"}).want(200).object()
	some := s.do(call{method: "GET", path: "/api/v1/coverage?state=covered"}).want(200).object()
	covered := all["counts"].(map[string]any)["covered"]
	if n := float64(len(some["items"].([]any))); n == 0 || n != covered || len(all["items"].([]any)) <= int(n) {
		t.Errorf("%v tables are covered, %v are listed as covered", covered, n)
	}
	exemption("DELETE", "public.notes", "").want(204)
	exemption("DELETE", "public.notes", "").want(404)
}

// tellOfRestores archives two order lines of a composite key, takes one's place, and brings
// both back.
func (s *service) tellOfRestores(t *testing.T) {
	s.do(call{method: "POST", path: "/api/v1/policies", body: `{"name": "old_lines", "table": "\"Order Lines\"", "timestamp_column": "placed", "retention_period": "P1Y", "action": "archive", "legal_basis": "Tax law"}`}).want(201)
	run := path.Base(s.do(call{method: "POST", path: "/api/v1/runs", body: `{"policies": ["old_lines"]}`}).want(202).header.Get("Location"))
	if err := errors.Join(s.engine.ExecuteRun(t.Context(), run, 0), s.engine.CarryJournal(t.Context())); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, s.url, `INSERT INTO public."Order Lines" VALUES (17, 1, now())`)
	restores := func(suffix, body string) answer {
		return s.do(call{method: "POST", path: "/api/v1/restores" + suffix, body: body})
	}
	restores("/preview", `{}`).wantProblem(422, "invalid")
	restores("/preview", `{"run": "nowhere"}`).wantProblem(422, "invalid")
	restores("/preview", `{"table": "\"Order Lines\"", "record_ids": [["17"]]}`).wantProblem(422, "invalid")
	restores("/preview", `{"table": "\"Order Lines\"", "record_ids": [17]}`).wantProblem(422, "invalid")
	seen := restores("/preview", `{"run": "`+run+`"}`).want(200).object()
	table := seen["tables"].([]any)[0].(map[string]any)
	conflict := table["conflicts"].([]any)[0].(map[string]any)
	if table["rows"] != 2.0 || conflict["kind"] != "key_taken" || fmt.Sprint(conflict["samples"]) != "[[17 1]]" || fmt.Sprint(seen["disposed_again"]) != "[old_lines]" {
		t.Errorf("the preview: %v", seen)
	}
	if p := restores("", `{"run": "`+run+`", "reason": "by mistake"}`).wantProblem(409, "conflict"); !strings.Contains(p.Detail, "another row has the same key by now") {
		t.Errorf("refused with %q", p.Detail)
	}
	restores("", `{"run": "`+run+`", "reason": " "}`).wantProblem(422, "invalid")
	asked := restores("", `{"table": "\"Order Lines\"", "record_ids": [["17", "2"], ["17", "1"]], "on_conflict": "skip", "reason": "by mistake"}`).want(202)
	if err := s.engine.WorkRestores(t.Context()); err != nil {
		t.Fatal(err)
	}
	got := s.do(call{method: "GET", path: asked.header.Get("Location")}).want(200).object()
	if got["status"] != "succeeded" || got["restored"] != 1.0 || got["in_conflict"] != 1.0 || got["table"] != `public."Order Lines"` || got["record_count"] != 2.0 || got["run"] != nil {
		t.Errorf("the restore: %v", got)
	}
	if n := len(s.do(call{method: "GET", path: "/api/v1/restores?limit=1"}).want(200).items()); n != 1 {
		t.Errorf("%d restores are listed, want 1", n)
	}
	s.do(call{method: "GET", path: "/api/v1/restores/nowhere"}).wantProblem(404, "not-found")
	if n := len(s.do(call{method: "GET", path: "/api/v1/audit?action=restore"}).want(200).items()); n != 2 {
		t.Errorf("the audit has %d rows of restores, want one for its request and one for its end", n)
	}
}

func (s *service) tellOfStops(t *testing.T) {
	request := func() string {
		return s.do(call{method: "POST", path: "/api/v1/runs"}).want(202).header.Get("Location")
	}
	tell := func(path, verb string, status int) map[string]any {
		return s.do(call{method: "POST", path: path + "/" + verb}).want(status).object()
	}
	s.tellOfApproval(t)
	run := request()
	if got := tell(run, "pause", 200); got["status"] != "paused" || got["settling"] != false {
		t.Errorf("paused: got %v", got)
	}
	if p := s.do(call{method: "POST", path: run + "/pause"}).wantProblem(409, "conflict"); !strings.Contains(p.Detail, "is paused; only") {
		t.Errorf("paused twice: got %q, want the state named", p.Detail)
	}
	if got := tell(run, "resume", 200); got["status"] != "queued" {
		t.Errorf("resumed: got %v", got)
	}
	if got := tell(run, "cancel", 200); got["status"] != "cancelled" || got["finished_at"] == nil {
		t.Errorf("cancelled: got %v", got)
	}
	s.do(call{method: "POST", path: run + "/resume"}).wantProblem(409, "conflict")
	s.do(call{method: "POST", path: "/api/v1/runs/nowhere/cancel"}).wantProblem(404, "not-found")

	// A run that has begun, while the governed database cannot be fenced.
	run = request()
	pgtest.Exec(t, s.url, `UPDATE holdfast.run SET status = 'running', attempt = 1, started_at = now() WHERE id = '`+path.Base(run)+`'`)
	s.unfenced.Store(true)
	if got := tell(run, "pause", 202); got["status"] != "paused" || got["settling"] != true {
		t.Errorf("paused without the fence: got %v", got)
	}
	if got := tell(run, "cancel", 202); got["status"] != "cancelled" || got["settling"] != true {
		t.Errorf("cancelled without the fence: got %v", got)
	}
	s.unfenced.Store(false)
	if err := s.engine.SettleRuns(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := s.do(call{method: "GET", path: run}).want(200).object(); got["settling"] != false {
		t.Errorf("settled: got %v", got)
	}
}

// tellOfApproval: a policy with a ceiling, a run that is above it, figures that are
// stale, figures that are not.
func (s *service) tellOfApproval(t *testing.T) {
	pgtest.Exec(t, s.url, `INSERT INTO public.tickets (id, resolved_at, email) SELECT i, now() - interval '3 years', 'x@example.com' FROM generate_series(5000, 5003) AS i`)
	tag := s.do(call{method: "GET", path: "/api/v1/policies/tickets"}).want(200).header.Get("ETag")
	doc := s.do(call{method: "GET", path: "/api/v1/policies/tickets"}).want(200).object()
	if doc["max_rows"] != nil || doc["max_share"] != nil {
		t.Errorf("ceilings of a policy that names none: %v, %v", doc["max_rows"], doc["max_share"])
	}
	put := func(body any, status int) answer {
		return s.do(call{method: "PUT", path: "/api/v1/policies/tickets", body: body, header: map[string]string{"If-Match": tag}}).want(status)
	}
	doc["max_rows"], doc["max_share"] = -1, 1.5
	put(doc, 422)
	doc["max_rows"], doc["max_share"] = 3, 1
	tag = put(doc, 200).header.Get("ETag")
	run := s.do(call{method: "POST", path: "/api/v1/runs"}).want(202).header.Get("Location")
	if err := s.engine.ExecuteRun(t.Context(), path.Base(run), 0); err != nil {
		t.Fatal(err)
	}
	got := s.do(call{method: "GET", path: run}).want(200).object()
	if got["status"] != "needs_approval" || got["total_processed"] != 0.0 || got["approved_by"] != nil {
		t.Fatalf("4 rows of at most 3: %v", got)
	}
	approve := func(body string) answer {
		return s.do(call{method: "POST", path: run + "/approve", body: body})
	}
	approve(`{}`).wantProblem(422, "invalid")
	approve(`{"policies":[]}`).wantProblem(422, "invalid")
	if p := approve(`{"policies":[{"policy":"tickets","would_process":3}]}`).wantProblem(409, "conflict"); !strings.Contains(p.Detail, "asks for approval of 4 rows under tickets, not of 3") {
		t.Errorf("stale figures: %q", p.Detail)
	}
	if got := approve(`{"policies":[{"policy":"tickets","would_process":4}]}`).want(200).object(); got["status"] != "queued" || got["approved_by"] != "admin-token" {
		t.Errorf("approved: %v", got)
	}
	s.do(call{method: "POST", path: run + "/cancel"}).want(200)
	approve(`{"policies":[{"policy":"tickets","would_process":4}]}`).wantProblem(409, "conflict")
	doc["max_rows"], doc["max_share"] = nil, nil
	put(doc, 200)
}

// tellOfEvents comes after a hold was released and a run of a policy that tells others.
func (s *service) tellOfEvents(t *testing.T) {
	all := s.do(call{method: "GET", path: "/api/v1/events"}).want(200).items()
	if len(all) != 16 {
		t.Fatalf("events: got %d, want 10 of the run and 2 of each hold: %v", len(all), all)
	}
	newest := all[0]
	data := newest["data"].(map[string]any)
	if newest["specversion"] != "1.0" || newest["source"] != "/holdfast" || newest["type"] != "data.retention.deleted" || data["entity_type"] != "ticket" || data["policy"] != "tickets" || data["entity_id"] == nil || data["email"] == nil {
		t.Errorf("the newest event: got %v", newest)
	}
	run := fmt.Sprint(data["run"])
	for filter, want := range map[string]int{
		"type=hold.placed": 3, "type=hold.released": 3, "type=data.retention.archived": 0, "entity_type=ticket": 10, "entity_type=hold": 6, "policy=tickets": 10, "policy=lines": 0,
		"run=" + run: 10, "until=2020-01-01T00:00:00Z": 0, "from=2020-01-01T00:00:00Z": 16,
	} {
		if got := len(s.do(call{method: "GET", path: "/api/v1/events?" + filter}).want(200).items()); got != want {
			t.Errorf("%s: got %d events, want %d", filter, got, want)
		}
	}
	var paged []map[string]any
	for cursor := "limit=5"; cursor != ""; {
		page := s.do(call{method: "GET", path: "/api/v1/events?" + cursor}).want(200)
		paged = append(paged, page.items()...)
		cursor = ""
		if next, ok := page.object()["next_cursor"].(string); ok {
			cursor = "limit=5&cursor=" + next
		}
	}
	if diff := cmp.Diff(all, paged); diff != "" {
		t.Errorf("page by page (-whole +pages):\n%s", diff)
	}
}

func (s *service) tellOfAccounts(t *testing.T) {
	s.do(call{method: "GET", path: "/api/v1/me"}).want(200)
	s.do(call{method: "POST", path: "/api/v1/users", body: `{"email": "Jane@Example.com", "name": "Jane", "password": "correct horse battery"}`}).want(201)
	s.do(call{method: "GET", path: "/api/v1/users"}).want(200)
	s.do(call{method: "GET", path: "/api/v1/audit?object=policy/tickets&actor=admin-token&action=policy.create"}).want(200)

	made := s.do(call{method: "POST", path: "/api/v1/tokens", body: `{"name": "ci-main", "expires_at": null}`, token: "-", header: s.janesSession()}).want(201).object()
	me := s.do(call{method: "GET", path: "/api/v1/me", token: made["secret"].(string)}).want(200).object()
	if me["name"] != "jane@example.com" || me["kind"] != "token" || me["token"] != "ci-main" {
		t.Errorf("me: got %v", me)
	}
	s.do(call{method: "GET", path: "/api/v1/tokens"}).want(200)
	s.do(call{method: "DELETE", path: "/api/v1/tokens/" + made["id"].(string)}).want(204)
	s.do(call{method: "GET", path: "/api/v1/me", token: made["secret"].(string)}).wantProblem(401, "unauthenticated")
}

// janesSession are the headers of a browser with a session of the account made before.
func (s *service) janesSession() map[string]string {
	s.t.Helper()
	rec := httptest.NewRecorder()
	s.auth.Load(http.HandlerFunc(func(_ http.ResponseWriter, r *http.Request) {
		if _, err := s.auth.SignIn(r.Context(), "jane@example.com", "correct horse battery", "192.0.2.1"); err != nil {
			s.t.Fatal(err)
		}
	})).ServeHTTP(rec, httptest.NewRequest("POST", "/sign-in", nil))
	cookie, _, _ := strings.Cut(rec.Header().Get("Set-Cookie"), ";")
	return map[string]string{"Cookie": cookie, "Sec-Fetch-Site": "same-origin"}
}

// janesToken is a token of the account made before: only a person can make one.
func (s *service) janesToken(t *testing.T) string {
	t.Helper()
	jane, err := s.engine.SignIn(t.Context(), "jane@example.com", "correct horse battery", "192.0.2.1")
	if err != nil {
		t.Fatal(err)
	}
	_, secret, err := s.engine.CreateToken(t.Context(), jane, "first", nil)
	if err != nil {
		t.Fatal(err)
	}
	return secret
}

func (s *service) tellOfTheService(t *testing.T) {
	s.do(call{method: "GET", path: "/healthz", token: "-"}).want(200)
	s.do(call{method: "GET", path: "/readyz", token: "-"}).want(200)
	doc := s.do(call{method: "GET", path: "/openapi.yaml", token: "-"}).want(200)
	if string(doc.body) != string(holdfast.OpenAPI) || doc.header.Get("Content-Type") != "application/yaml" {
		t.Errorf("openapi.yaml: got %d bytes of %s", len(doc.body), doc.header.Get("Content-Type"))
	}
	scrape := s.do(call{method: "GET", path: "/metrics", token: "-"}).want(200)
	if !strings.Contains(string(scrape.body), "holdfast_build_info{") {
		t.Errorf("/metrics: got %.200s", scrape.body)
	}
	s.do(call{method: http.MethodHead, path: "/healthz", token: "-"}).want(200)
}

// tellOfRecords comes after a run that disposed of tickets.
func (s *service) tellOfRecords() {
	got := s.do(call{method: "GET", path: "/api/v1/records/public.tickets/1"}).want(200).object()
	disposed, _ := got["disposed"].([]any)
	if got["found"] != false || got["key"] != "1" || got["table"] != "public.tickets" || len(disposed) != 1 {
		s.t.Errorf("a ticket that is gone: %v", got)
	}
	// A key may have any character; what is no number is refused by its field, as it was written.
	for _, key := range []string{"a/b", "it's", `"q"`, "line\nbreak", "100%25", "a,b", "ü"} {
		p := s.do(call{method: "GET", path: "/api/v1/records/public.tickets/" + url.PathEscape(key)}).wantProblem(422, "invalid")
		if len(p.Errors) != 1 || p.Errors[0].Field != "key" || !strings.Contains(p.Errors[0].Message, fmt.Sprintf("%q", key)) {
			s.t.Errorf("the key %q: %+v", key, p)
		}
	}
	s.do(call{method: "GET", path: "/api/v1/records/public.nowhere/1"}).wantProblem(404, "not-found")
	s.do(call{method: "GET", path: "/api/v1/records/a.b.c.d/1"}).wantProblem(422, "invalid")
}
