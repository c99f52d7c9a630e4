package api

import "testing"

// TestNoGraceAtAllGoesThereAndBack says it in each form that a document may have.
func TestNoGraceAtAllGoesThereAndBack(t *testing.T) {
	s := newServer(t)
	with := ticketsPolicy[:len(ticketsPolicy)-1] + `, "grace": "P0D"}`
	created := s.do(call{method: "POST", path: "/api/v1/policies", body: with}).want(201)
	read := s.do(call{method: "GET", path: "/api/v1/policies/tickets"}).want(200)
	for what, a := range map[string]answer{"made": created, "read": read} {
		if got := a.object()["grace"]; got != "P0D" {
			t.Errorf("%s: grace is %v, want P0D", what, got)
		}
	}
	for _, tc := range []struct{ yaml, want string }{{"grace: 3 days\n", "P3D"}, {"grace: 0 days\n", "P0D"}, {"", "P2D"}} {
		yaml := "name: tickets\ntable: public.tickets\ntimestamp_column: resolved_at\nretention_period: 730 days\naction: delete\nlegal_basis: Legitimate interest\n" + tc.yaml
		read = s.do(call{method: "PUT", path: "/api/v1/policies/tickets", body: yaml,
			header: map[string]string{"Content-Type": "application/yaml", "If-Match": read.header.Get("ETag")}}).want(200)
		if got := read.object()["grace"]; got != tc.want {
			t.Errorf("%q: grace is %v, want %s", tc.yaml, got, tc.want)
		}
	}
}
