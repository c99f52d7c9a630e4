package web

import (
	"net/http"
	"testing"

	"holdfast/retention"
)

func TestTheDoctorSaysTheWorstFirstWithWhatMendsIt(t *testing.T) {
	target := catalog()
	s := signedIn(t, filledStore(), target)
	a := s.get("/doctor")
	wantText(t, a, ".answer", "1 policy cannot be carried out as it stands.")
	wantText(t, a, "main", "No complete index begins with created_at")
	wantText(t, a, "pre", `CREATE INDEX CONCURRENTLY ON "public"."session_logs" ("created_at");`)
	wantText(t, a, "main", "Nobody reads the logical replication slot crm")
	target.findings = target.findings[1:]
	wantText(t, s.get("/doctor"), ".answer", "2 things hurt runs or the database.")
	target.findings = []retention.Finding{{Severity: retention.SeverityNote, Policy: "orders", Says: "Something.", Remedy: "mend it"}}
	wantText(t, s.get("/doctor"), ".answer", "Nothing hurts; 1 thing is good to know.")
	target.findings = nil
	wantText(t, s.get("/doctor"), ".answer", "Nothing hurts the 5 policies that there are.")
	target.down = retention.ErrUnavailable
	wantCode(t, s.get("/doctor"), http.StatusServiceUnavailable)
}
