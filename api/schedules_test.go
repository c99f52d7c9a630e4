package api

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/examples"
	"holdfast/internal/pgtest"
)

func (s *service) tellOfSchedules(t *testing.T) {
	document, err := examples.Schedules.ReadFile("schedules/nightly.yaml")
	if err != nil {
		t.Fatal(err)
	}
	yaml := map[string]string{"Content-Type": "application/yaml"}
	created := s.do(call{method: "PUT", path: "/api/v1/schedules/nightly", body: string(document), header: yaml}).want(201)
	x := created.object()
	for name, want := range map[string]any{
		"cron": "0 3 * * *", "time_zone": "Europe/Berlin", "misfire_grace": "PT1H", "enabled": true, "version": 1.0, "created_by": "admin-token",
		"policies": nil, "last_run": nil, "last_success": nil, "overdue": false, "missed_last_week": 0.0,
		"sentence": "Runs all active policies at 03:00 every day, Europe/Berlin.",
	} {
		if x[name] != want {
			t.Errorf("%s: got %v, want %v", name, x[name], want)
		}
	}
	if next := fmt.Sprint(x["next_slot"]); !strings.HasSuffix(next, ":00:00Z") {
		t.Errorf("next_slot: got %s, want a full hour", next)
	}

	// A slot comes, and one that is too late.
	pgtest.Exec(t, s.url, `UPDATE holdfast.schedule SET
		considered_until = date_trunc('day', holdfast.clock()) - interval '2 days',
		next_slot = date_trunc('day', holdfast.clock()) - interval '1 day', misfire_grace = 'PT30H'`)
	if err := s.engine.TickSchedules(t.Context()); err != nil {
		t.Fatal(err)
	}
	read := s.do(call{method: "GET", path: created.header.Get("Location")}).want(200)
	x = read.object()
	if run, ok := x["last_run"].(map[string]any); !ok || run["status"] != "queued" {
		t.Errorf("last_run: got %v", x["last_run"])
	} else if r := s.do(call{method: "GET", path: "/api/v1/runs/" + run["id"].(string)}).want(200).object(); r["trigger"] != "schedule" || r["schedule"] != "nightly" || r["slot"] != run["slot"] || r["requested_by"] != "schedule nightly" {
		t.Errorf("its run: got %v", r)
	}
	slots := s.do(call{method: "GET", path: "/api/v1/schedules/nightly/slots"}).want(200).items()
	if len(slots) < 2 {
		t.Errorf("slots: got %v, want one that started and one that was missed", slots)
	}

	// What was read can be sent back, and changes nothing.
	x["misfire_grace"] = "2 hours"
	replaced := s.do(call{method: "PUT", path: "/api/v1/schedules/nightly", body: x, header: map[string]string{"If-Match": read.header.Get("ETag")}}).want(200)
	if got := replaced.object(); got["version"] != 2.0 || got["misfire_grace"] != "PT2H" {
		t.Errorf("replaced: got %v", got)
	}
	same := s.do(call{method: "PUT", path: "/api/v1/schedules/nightly", body: replaced.object(), header: map[string]string{"If-Match": "*"}}).want(200)
	if got := same.object()["version"]; got != 2.0 {
		t.Errorf("the same again made version %v", got)
	}
	if n := len(s.do(call{method: "GET", path: "/api/v1/schedules?limit=1"}).want(200).items()); n != 1 {
		t.Errorf("schedules: got %d, want 1", n)
	}
}

func TestBadSchedulesAreRefusedWithTheFieldAtFault(t *testing.T) {
	s := newServer(t)
	s.do(call{method: "POST", path: "/api/v1/policies", body: ticketsPolicy}).want(201)
	s.do(call{method: "POST", path: "/api/v1/policies", body: strings.Replace(ticketsPolicy, `"tickets"`, `"old"`, 1)}).want(201)
	s.do(call{method: "DELETE", path: "/api/v1/policies/old", header: map[string]string{"If-Match": "*"}}).want(204)
	const path = "/api/v1/schedules/weekly"
	for _, c := range []struct {
		name, body string
		status     int
		field      string
	}{
		{"no cron", `{}`, 422, "cron"},
		{"malformed cron", `{"cron":"every night"}`, 422, "cron"},
		{"cron that never comes", `{"cron":"0 3 30 2 *"}`, 422, "cron"},
		{"unknown zone", `{"cron":"0 3 * * *","time_zone":"Europe/Bonn"}`, 422, "time_zone"},
		{"the machine's zone", `{"cron":"0 3 * * *","time_zone":"Local"}`, 422, "time_zone"},
		{"a grace that is none", `{"cron":"0 3 * * *","misfire_grace":"soon"}`, 422, "misfire_grace"},
		{"a grace of nothing", `{"cron":"0 3 * * *","misfire_grace":"P0D"}`, 422, "misfire_grace"},
		{"an unknown policy", `{"cron":"0 3 * * *","policies":["tickets","nobody"]}`, 422, "policies[1]"},
		{"a retired policy", `{"cron":"0 3 * * *","policies":["old"]}`, 422, "policies[0]"},
		{"a policy twice", `{"cron":"0 3 * * *","policies":["tickets","tickets"]}`, 422, "policies[1]"},
		{"an empty list of policies", `{"cron":"0 3 * * *","policies":[]}`, 422, "policies"},
		{"another name", `{"name":"monthly","cron":"0 3 * * *"}`, 422, "name"},
		{"an unknown member", `{"cron":"0 3 * * *","zone":"UTC"}`, 400, "zone"},
		{"another type", `{"cron":3}`, 400, "cron"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.do(call{method: "PUT", path: path, body: c.body}).want(c.status)
			if text := fmt.Sprint(a.object()["errors"]); !strings.Contains(text, "field:"+c.field+" ") {
				t.Errorf("got %s, want the field %s", text, c.field)
			}
		})
	}
	s.do(call{method: "GET", path: path}).want(404)
	s.do(call{method: "GET", path: path + "/slots"}).want(404)
	s.do(call{method: "PUT", path: "/api/v1/schedules/Weekly", body: `{"cron":"0 3 * * *"}`}).want(422)
	s.do(call{method: "PUT", path: path, body: `{"cron":"0 3 29 2 *","policies":["tickets"]}`}).want(201)
	s.do(call{method: "PUT", path: path, body: `{"cron":"0 4 * * *"}`}).want(428)
	s.do(call{method: "PUT", path: path, body: `{"cron":"0 4 * * *"}`, header: map[string]string{"If-Match": `"v7"`}}).want(412)
}
