package web

import (
	"net/http"
	"net/url"
	"testing"

	"holdfast/retention"
)

func confirmed(a answer) url.Values {
	f := url.Values{"nonce": {a.page.value("nonce")}, "as_of": {a.page.value("as_of")}, "pace": {a.page.value("pace")}}
	for _, p := range a.page.all("input[name=policy]") {
		f.Add("policy", p.attrs["value"])
	}
	return f
}

func TestARunIsConfirmedWithItsFigures(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/runs/confirm?policy=session_logs&policy=inactive_customers")
	wantText(t, a, ".answer", "A run now would anonymize 12,383 records and delete 12,391 records. This cannot be undone.")
	wantText(t, a, "tfoot", "34,806")
	a = s.post("/runs", confirmed(a))
	wantCode(t, a, http.StatusSeeOther)
	r := s.store.runs[0]
	if r.DryRun || len(r.Policies) != 2 || r.AsOf == nil || !r.AsOf.Equal(atTest) {
		t.Errorf("got %+v, want a run of two policies as of the figures", r)
	}
	wantText(t, s.get(a.location), ".answer", "The run of 2 policies waits for its turn.")
}

func TestAConfirmationSentTwiceRunsOnce(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	f := confirmed(s.get("/runs/confirm?policy=session_logs"))
	before := len(s.store.runs)
	first, second := s.post("/runs", f), s.post("/runs", f)
	if first.location == "" || first.location != second.location || len(s.store.runs) != before+1 {
		t.Errorf("got %q and %q, %d runs more; want one", first.location, second.location, len(s.store.runs)-before)
	}
}

func TestAConfirmationIsBoundToTheVersionItShowed(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	f := confirmed(s.get("/runs/confirm?policy=session_logs"))
	wantCode(t, s.post("/policies/session_logs", policyValues("name", "session_logs", "table", "public.session_logs", "timestamp_column", "created_at", "retention_period", "P1D", "version", "2")), http.StatusSeeOther)
	before := len(s.store.runs)
	a := s.post("/runs", f)
	wantCode(t, a, http.StatusConflict)
	wantText(t, a, ".notice", "Changed since the figures were shown: session_logs. Nothing has run.")
	if len(s.store.runs) != before {
		t.Error("the run was requested all the same")
	}
	wantCode(t, s.post("/runs", confirmed(a)), http.StatusSeeOther)
}

func TestWithoutFiguresNothingCanBeConfirmed(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	s.target.down = retention.ErrUnavailable
	a := s.get("/runs/confirm?policy=session_logs")
	wantText(t, a, ".answer", "this run cannot be confirmed. Nothing was changed.")
	if len(a.page.all("form[action=/runs]")) != 0 {
		t.Error("the page offers to run")
	}
	wantCode(t, s.get("/runs/confirm"), http.StatusUnprocessableEntity)
}

func TestASimulationIsARunThatChangesNothing(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.post("/runs/simulate", url.Values{"policy": {"session_logs"}})
	wantCode(t, a, http.StatusSeeOther)
	if !s.store.runs[0].DryRun {
		t.Error("the run is not dry")
	}
	wantText(t, s.get("/runs/0195-run-dry"), ".answer", "Would dispose of 12,403 records under 3 policies; 10,000 held, 12 blocked by references, 3 locked by others, 1 refused by a trigger. Nothing was changed.")
}

func TestARunsFirstLineSaysWhatItDid(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	for id, want := range map[string]string{
		"0195-run-ok":      "Disposed of 12,403 records under 3 policies in 4.2 s; 10,000 held, 12 blocked by references, 3 locked by others, 1 refused by a trigger. Nothing failed.",
		"0195-run-partial": "Disposed of 0 records under 2 policies in 1.0 s; 0 held, 0 blocked by references. Failed: orders.",
		"0195-run-live":    "Has disposed of 480,000 records so far, under 2 policies, in 40.0 s; 2 held, 0 blocked by references.",
	} {
		a := s.get("/runs/" + id)
		wantText(t, a, ".answer", want)
		_, polls := a.page.all("div#live")[0].attrs["hx-get"]
		if polls != (id == "0195-run-live") {
			t.Errorf("%s: asks again by itself: %v", id, polls)
		}
	}
}

func TestRunsAreFilteredByTheirAddress(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	for path, want := range map[string]int{
		"/runs": 5, "/runs?kind=simulations": 1, "/runs?kind=runs": 4, "/runs?status=partial": 1, "/runs?policy=inactive_customers": 2, "/runs?status=failed": 0,
	} {
		if got := len(s.get(path).page.all("tbody tr")); got != want {
			t.Errorf("%s: got %d rows, want %d", path, got, want)
		}
	}
}
