package api

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"strings"
	"testing"

	"holdfast/internal/pgtest"
)

// tellOfEnforcement places a hold that keeps what the application changes, and reads that back.
func (s *service) tellOfEnforcement(t *testing.T) {
	t.Helper()
	pgtest.Exec(t, s.url, `CREATE TABLE public.carts (id bigint PRIMARY KEY, note text)`, `INSERT INTO public.carts VALUES (1, '=1+1'), (2, 'two'), (3, 'three')`)
	s.do(call{method: "POST", path: "/api/v1/holds", body: `{"matter": "Carts", "reason": "audit", "enforcement": "perhaps", "scope": [{"table": "carts", "all": true}]}`}).wantProblem(422, "invalid")
	placed := s.do(call{method: "POST", path: "/api/v1/holds", body: `{"matter": "Carts", "reason": "audit", "enforcement": "preserve", "scope": [{"table": "carts", "record_ids": ["1", "2"]}]}`}).want(201)
	if got := placed.object()["enforcement"]; got != "preserve" {
		t.Errorf("enforcement: got %v", got)
	}
	pgtest.Exec(t, s.url, `UPDATE public.carts SET note = 'x'`, `DELETE FROM public.carts WHERE id = 1`)
	path := placed.header.Get("Location")
	first := s.do(call{method: "GET", path: path + "/preserved?limit=2"}).want(200).object()
	rows := first["items"].([]any)
	newest := rows[0].(map[string]any)
	if len(rows) != 2 || newest["operation"] != "DELETE" || newest["key"] != "1" || newest["table"] != "public.carts" || fmt.Sprint(newest["row"]) != "map[id:1 note:x]" {
		t.Errorf("preserved: got %v", rows)
	}
	rest := s.do(call{method: "GET", path: fmt.Sprintf("%s/preserved?limit=2&cursor=%v", path, first["next_cursor"])}).want(200)
	if len(rest.items()) != 1 || rest.object()["next_cursor"] != nil {
		t.Errorf("the second page: got %v", rest.object())
	}
	s.do(call{method: "GET", path: path + "/preserved?cursor=x"}).wantProblem(422, "invalid")
	export := s.do(call{method: "GET", path: path + "/preserved/export"}).want(200)
	cells, err := csv.NewReader(bytes.NewReader(export.body)).ReadAll()
	if err != nil || len(cells) != 4 || cells[1][4] != "DELETE" || cells[0][8] != "row" || !strings.Contains(cells[3][8], `=1+1`) && !strings.Contains(cells[2][8], `=1+1`) {
		t.Errorf("export: got %v, %v", cells, err)
	}
	read := s.do(call{method: "GET", path: path}).want(200)
	s.do(call{method: "PATCH", path: path, header: map[string]string{"If-Match": read.header.Get("ETag")}, body: `{"enforcement": "none"}`}).wantProblem(422, "invalid")
	s.do(call{method: "POST", path: path + "/release", body: `{"reason": "over"}`}).want(202)
	if n := len(s.do(call{method: "GET", path: path + "/preserved"}).want(200).items()); n != 3 {
		t.Errorf("after the hold has ended: %d, want 3", n)
	}
	s.do(call{method: "GET", path: "/api/v1/holds/00000000-0000-0000-0000-000000000000/preserved"}).wantProblem(404, "not-found")
	s.do(call{method: "GET", path: "/api/v1/holds/00000000-0000-0000-0000-000000000000/preserved/export"}).wantProblem(404, "not-found")
}
