package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"holdfast/retention"
)

const askingRun = "/runs/0195-run-asks"

func TestARunAboveItsCeilingIsApprovedByTypingThePolicysName(t *testing.T) {
	store := filledStore()
	s := signedIn(t, store, catalog())
	wantText(t, s.get("/"), "#approvals-title", "Waits for approval")
	a := s.get(askingRun)
	wantText(t, a, ".answer", "Stopped before its first row: it would dispose of 1,203,411 records under session_logs, more than is allowed without approval. Nothing has been changed.")
	wantText(t, a, "main", "280,000 records need no approval, of about 1,400,000 rows in the table.")
	if len(a.page.all("#run-pause"))+len(a.page.all("#run-resume")) > 0 || len(a.page.all("#run-approve")) != 1 {
		t.Error("the page offers other steps than to approve and to cancel")
	}
	a = s.get(askingRun + "/approve")
	f := url.Values{"rows.session_logs": {a.page.value("rows.session_logs")}}
	if f.Get("rows.session_logs") != "1203411" {
		t.Fatalf("the form carries the figure %q", f.Get("rows.session_logs"))
	}
	a = s.post(askingRun+"/approve", f)
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#problems", "must be session_logs, so that nobody approves by a slip")

	f.Set("name.session_logs", "session_logs")
	f.Set("rows.session_logs", "1203410")
	a = s.post(askingRun+"/approve", f)
	wantCode(t, a, http.StatusConflict)
	wantText(t, a, "main", "The figures have changed since they were shown. Nothing was approved")
	if store.approved != nil {
		t.Fatalf("approved: %+v", store.approved)
	}

	f.Set("rows.session_logs", "1203411")
	a = s.post(askingRun+"/approve", f)
	if a.code != http.StatusSeeOther || a.location != askingRun+"?done=approved" {
		t.Fatalf("got %d to %q: %s", a.code, a.location, a.body)
	}
	if len(store.approved) != 1 || store.approved[0] != (retention.Approval{Policy: "session_logs", WouldProcess: 1_203_411}) {
		t.Errorf("approved: %+v", store.approved)
	}
	if a = s.get(askingRun + "/approve"); a.location != askingRun {
		t.Errorf("a run that asks for nothing is shown to be approved: %d to %q", a.code, a.location)
	}
	wantCode(t, s.post(askingRun+"/approve", f), http.StatusConflict)
}

// TestAPolicyIsSavedWithTheFiguresThatWereSeen: the first press shows them, and whatever
// is changed after that is shown anew.
func TestAPolicyIsSavedWithTheFiguresThatWereSeen(t *testing.T) {
	store := filledStore()
	s := signedIn(t, store, catalog())
	f := policyValues("max_share", "2.5 %")
	a := s.post("/policies", f)
	wantCode(t, a, http.StatusOK)
	wantText(t, a, ".answer", "Save it? A run now would delete 12,383 records.")
	wantText(t, a, ".notice", "Nothing is saved yet.")
	wantText(t, a, "#preview", "More than the policy's ceiling allows: a run stops before its first row and waits for approval. 6,250 records need no approval, of 250,000 rows in the table.")
	f.Set("shown", a.page.value("shown"))
	f.Set("retention_period", "9 days")
	a = s.post("/policies", f)
	wantCode(t, a, http.StatusOK)
	wantText(t, a, ".answer", "Save it?")
	if _, saved := store.versions["carts"]; saved {
		t.Fatal("saved with other figures than were shown")
	}
	f.Set("shown", a.page.value("shown"))
	wantCode(t, s.post("/policies", f), http.StatusSeeOther)
	if n := len(store.simulated); n != 1 || store.simulated[0].Policy != "carts" || store.simulated[0].Version != 1 || store.simulated[0].By != "jane@example.com" {
		t.Errorf("kept simulations: %+v", store.simulated)
	}
	wantText(t, s.get("/policies/carts"), "main", "by jane@example.com: a run then would have deleted 12,383 records.")
	if a := s.get("/policies/session_logs"); strings.Contains(a.body, "Last simulated") {
		t.Error("a version that was never simulated is said to be")
	}
	p := store.versions["carts"][0]
	if p.MaxShare == nil || *p.MaxShare != 0.025 || p.MaxRows != nil {
		t.Errorf("saved ceilings: %v, %v", p.MaxShare, p.MaxRows)
	}
	wantText(t, s.get("/policies/carts"), "main", "at most 2.5 % of the table's rows in one run")
	if got := s.get("/policies/carts/edit").page.value("max_share"); got != "2.5" {
		t.Errorf("the form shows %q percent", got)
	}
}

func TestANewPolicysFormProposesACeilingAndRefusesOddOnes(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/policies/new")
	if share, rows := a.page.value("max_share"), a.page.value("max_rows"); share != "20" || rows != "" {
		t.Errorf("proposed: %q percent, %q rows", share, rows)
	}
	for field, values := range map[string][]string{"max_share": {"a fifth", "101", "-1", "NaN", "1/3", "Inf"}, "max_rows": {"many", "1.5", "-4"}} {
		for _, v := range values {
			a := s.post("/policies", policyValues(field, v))
			wantCode(t, a, http.StatusUnprocessableEntity)
			wantText(t, a, "#f-"+field+"-error", "ust be a")
		}
	}
	// Older policies have none, and their form does not invent one.
	if got := s.get("/policies/session_logs/edit").page.value("max_share"); got != "" {
		t.Errorf("an older policy's form proposes %q", got)
	}
}

func TestAChangedPolicyIsComparedWithTheStoredOne(t *testing.T) {
	store, target := filledStore(), catalog()
	s := signedIn(t, store, target)
	a := s.get("/policies/session_logs/edit")
	f := url.Values{}
	for _, name := range []string{"version", "name", "table", "timestamp_column", "retention_period", "action", "legal_basis", "condition", "batch_size", "evidence", "time_zone", "unit", "grace"} {
		f.Set(name, a.page.value(name))
	}
	f.Set("enabled", "true")
	f.Set("retention_period", "P30D")
	a = s.post("/policies/session_logs", f)
	wantCode(t, a, http.StatusOK)
	if text := a.page.all("#preview")[0].text; !strings.Contains(text, "version") || !strings.Contains(text, "as it is stored") {
		t.Errorf("no comparison in %q", text)
	}
}

func TestPercentagesAreTheSharesTheyName(t *testing.T) {
	for text, share := range map[string]float64{"20": 0.2, "7": 0.07, "0.29": 0.0029, "100 %": 1, "0": 0, "12.5%": 0.125} {
		got, err := shareOf(text)
		if err != nil || got != share {
			t.Errorf("%q is %v, %v, want %v", text, got, err, share)
		}
		if back := percentOf(share); back != strings.TrimRight(text, " %") {
			t.Errorf("%v is shown as %q, want %q", share, back, text)
		}
	}
}
