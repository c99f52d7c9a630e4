package web

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

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
	wantCode(t, s.save("/policies/session_logs", policyValues("name", "session_logs", "table", "public.session_logs", "timestamp_column", "created_at", "retention_period", "P1D", "version", "2")), http.StatusSeeOther)
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
	wantText(t, s.get("/runs/0195-run-dry"), ".answer", "Would dispose of 12,403 records under 3 policies; 10,000 held, 12 blocked by references, 3 locked by others, 2 refused by a trigger. Nothing was changed.")
}

func TestARunsFirstLineSaysWhatItDid(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	for id, want := range map[string]string{
		"0195-run-ok":      "Disposed of 12,403 records under 3 policies in 4.2 s; 10,000 held, 12 blocked by references, 3 locked by others, 2 refused by a trigger. Nothing failed.",
		"0195-run-partial": "Disposed of 0 records under 2 policies in 2.8 s; 0 held, 0 blocked by references. Failed: orders.",
		"0195-run-live":    "Has disposed of 480,000 records so far, under 2 policies, in 40.0 s; 2 held, 0 blocked by references.",
	} {
		a := s.get("/runs/" + id)
		wantText(t, a, ".answer", want)
		poll, polls := a.page.all("div#live")[0].attrs["hx-get"]
		if polls != (id == "0195-run-live") {
			t.Errorf("%s: asks again by itself: %v", id, polls)
		}
		if polls && !strings.HasPrefix(poll, "/runs/"+id+"?was=480002.") {
			t.Errorf("%s: asks again at %q", id, poll)
		}
	}
}

func TestARunNamesRowsThatTheDatabaseRefused(t *testing.T) {
	a := signedIn(t, filledStore(), catalog()).get("/runs/0195-run-ok")
	var got []string
	for _, li := range a.page.all(".refused li") {
		got = append(got, strings.Join(strings.Fields(li.text), " "))
	}
	if want := []string{"17: not this one (SQLSTATE P0001)", `["eu","18"]: a trigger kept it and said nothing`, "19: a trigger put back what was there; it is not anonymized"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q", got, want)
	}
	if links := a.page.all(".refused li a"); len(links) != 3 || links[0].attrs["href"] != "/records?key=17&table=public.session_logs" {
		t.Errorf("got the links %+v, want one to each record's page", links)
	}
}

func TestRunsAreFilteredByTheirAddress(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	for path, want := range map[string]int{
		"/runs": 9, "/runs?kind=simulations": 1, "/runs?kind=runs": 8, "/runs?status=partial": 1, "/runs?policy=inactive_customers": 2, "/runs?status=failed": 0,
		"/runs?trigger=manual": 8, "/runs?trigger=schedule": 1, "/runs?from=2026-03-03": 4, "/runs?until=2026-03-02": 5, "/runs?from=2026-03-02&until=2026-03-02&status=paused": 1,
	} {
		if got := len(s.get(path).page.all("tbody tr")); got != want {
			t.Errorf("%s: got %d rows, want %d", path, got, want)
		}
	}
}

func TestFiltersOfRunsSayHowManyEachWouldShow(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	chips := func(path string) map[string]string {
		out := map[string]string{}
		for _, a := range s.get(path).page.all("nav.chips a") {
			text := strings.Fields(a.text)
			out[strings.Join(text[:len(text)-1], " ")] = text[len(text)-1]
		}
		return out
	}
	got := chips("/runs?kind=runs&from=2026-03-01")
	for name, want := range map[string]string{"Any status": "7", "Succeeded": "1", "Failed": "0", "Cancelled": "1", "Runs and simulations": "8", "Simulations": "1", "By request": "6", "By schedule": "1"} {
		if got[name] != want {
			t.Errorf("%s: got %q, want %q of %v", name, got[name], want, got)
		}
	}
	if got := chips("/runs?status=succeeded&policy=inactive_customers"); got["Simulations"] != "1" || got["Runs"] != "1" || got["Any status"] != "2" {
		t.Errorf("of one policy and status: %v", got)
	}
	a := s.get("/runs?from=soon")
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "main", "must be a date such as 2026-03-03")
	wantText(t, a, "#problems", "The list is shown without that part of the filter.")
}

func TestTheExportsOfAListHaveItsFilters(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/runs?kind=runs&status=succeeded&policy=session_logs&from=2026-03-01&until=2026-03-03&trigger=schedule")
	var files []string
	for _, l := range a.page.all("a[download]") {
		files = append(files, l.attrs["href"])
	}
	if len(files) != 2 {
		t.Fatalf("files: %q", files)
	}
	for i, format := range []string{"csv", "json"} {
		u, err := url.Parse(files[i])
		if err != nil {
			t.Fatal(err)
		}
		want := url.Values{"format": {format}, "dry_run": {"false"}, "status": {"succeeded"}, "policy": {"session_logs"}, "trigger": {"schedule"}, "from": {"2026-03-01T00:00:00Z"}, "until": {"2026-03-04T00:00:00Z"}}
		if u.Path != "/api/v1/runs/export" || u.Query().Encode() != want.Encode() {
			t.Errorf("got %s, want %s", files[i], want.Encode())
		}
	}
}

func TestARunIsPausedResumedAndCancelledOnItsPage(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	page := "/runs/0195-run-live"
	step := func(verb string, want retention.RunStatus) {
		t.Helper()
		a := s.post(page+"/"+verb, nil)
		wantCode(t, a, http.StatusSeeOther)
		if got := s.store.runs[1].Status; got != want || !strings.HasPrefix(a.location, page+"?done=") {
			t.Errorf("%s: the run is %s and the way leads to %s", verb, got, a.location)
		}
	}
	a := s.get(page)
	if len(a.page.all("#run-pause")) != 1 || len(a.page.all("#run-resume")) != 0 || len(a.page.all("#run-cancel")) != 1 {
		t.Error("a run at work is to be paused or cancelled, and not to be resumed")
	}
	step("pause", retention.RunPaused)
	a = s.get(page)
	wantText(t, a, ".answer", "Paused: has disposed of 480,000 records so far, under 2 policies; 2 held, 0 blocked by references. It goes on from there when it is resumed.")
	if len(a.page.all("#run-pause")) != 0 || len(a.page.all("#run-resume")) != 1 {
		t.Error("a paused run is to be resumed, and not to be paused")
	}
	step("resume", retention.RunQueued)
	a = s.get(page + "/cancel")
	wantText(t, a, ".answer", "Cancel this run? What was committed stays; nothing is undone.")
	step("cancel", retention.RunCancelled)
	wantCode(t, s.post(page+"/pause", nil), http.StatusConflict)
	if a := s.get(page + "/cancel"); a.location != page {
		t.Errorf("a run that has ended is to be cancelled: %d %s", a.code, a.location)
	}
	if len(s.get(page).page.all("#run-cancel")) != 0 {
		t.Error("a run that has ended is to be cancelled once more")
	}
	wantText(t, s.get("/runs/0195-run-cancelled"), ".notice", "Its last batch is being waited for")
}

// TestPausesAreInNoDuration: a run that has been paused for a day worked for 40 seconds.
func TestPausesAreInNoDuration(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	took := strings.ReplaceAll(took(40*time.Second), "\u00a0", " ")
	for _, id := range []string{"0195-run-paused", "0195-run-cancelled"} {
		a := s.get("/runs/" + id)
		for _, want := range []string{"Took" + took + " ", "Worked for" + took + ". Durations of a run and its policies do not count pauses."} {
			if text := strings.Join(strings.Fields(strings.ReplaceAll(a.page.one("main"), "\u00a0", " ")), " "); !strings.Contains(text, want) {
				t.Errorf("%s: got %s, want %q", id, text, want)
			}
		}
		wantText(t, a, "article", "on average, rows that were left included")
	}
	wantText(t, s.get("/runs/0195-run-paused"), "main", "by jane@example.com")
	wantText(t, s.get("/runs/0195-run-paused"), "main", "(4 hours ago)")
}

func TestALiveRunSaysHowFastItIsAndHowMuchIsLeft(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	at := func(age time.Duration, rows int64) string {
		return fmt.Sprintf("/runs/0195-run-live?was=%d.%d", rows, atTest.Add(-age).UnixMilli())
	}
	for path, want := range map[string]string{
		"/runs/0195-run-live":       "12,000 rows/s on average",
		at(10*time.Second, 480_002): "0 rows/s now",
		at(2*time.Second, 480_002):  "12,000 rows/s on average", // too short to say anything
		at(10*time.Second, 430_002): "5,000 rows/s now",
		at(10*time.Second, 999_999): "12,000 rows/s on average",
		at(time.Hour, 1):            "12,000 rows/s on average",
		at(-time.Hour, 1):           "12,000 rows/s on average",
		"/runs/0195-run-live?was=x": "12,000 rows/s on average",
		"/runs/0195-run-paused":     "12,000 rows/s on average",
		"/runs/0195-run-cancelled":  "12,000 rows/s on average",
	} {
		wantText(t, s.get(path), "article", want)
	}
	a := s.get(at(10*time.Second, 430_002))
	wantText(t, a, ".progress", "40 % of about 1,200,000 rows due, about 2 minutes more at this rate")
	if p := a.page.all("progress"); len(p) != 1 || p[0].attrs["value"] != "480002" || p[0].attrs["max"] != "1200000" {
		t.Errorf("bars: %+v", p)
	}
	for _, path := range []string{"/runs/0195-run-ok", "/runs/0195-run-queued", "/runs/0195-run-dry", "/runs/0195-run-cancelled"} {
		if len(s.get(path).page.all("progress")) != 0 {
			t.Errorf("%s has a bar, and nobody knows how much there is", path)
		}
	}
}

func TestAPageGoesOnUntilTheBatchesOfItsRunHaveArrived(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	i := slices.IndexFunc(s.store.runs, func(r retention.Run) bool { return r.ID == "0195-run-ok" })
	r := &s.store.runs[i]
	asks := func() bool {
		_, asks := s.get("/runs/" + r.ID).page.all("div#live")[0].attrs["hx-get"]
		return asks
	}
	batches := s.store.batches
	s.store.batches = nil
	if asks() {
		t.Error("a run that ended hours ago is asked for")
	}
	r.FinishedAt = agop(2 * time.Second)
	if !asks() {
		t.Error("the page of a run that just ended stays without its batches")
	}
	wantText(t, s.get("/runs/"+r.ID), "#batches", "The batches are on their way from the governed database")
	s.store.batches = batches[:batchesOf(*r)]
	if asks() {
		t.Error("all batches are there and the page asks again")
	}
}
