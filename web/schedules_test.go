package web

import (
	"context"
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"

	"holdfast/retention"
)

func TestSchedulesAnswerWhatRunsNextAndWhatIsAmiss(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/schedules")
	wantText(t, a, ".answer", "1 schedule is overdue: sessions_hourly.")
	wantAlso(t, a, "15 slots were missed in the last seven days: nightly and sessions_hourly.", "Next: sessions_hourly, in 7 minutes.")
	wantText(t, a, "tbody tr", "Runs all active policies at 03:00 every day, Europe/Berlin.")
	wantText(t, s.get("/"), "main", "Next runs")
	empty := signedIn(t, emptyStore(), catalog())
	wantText(t, empty.get("/schedules"), ".answer", "Nothing runs by itself")
}

func TestScheduleShowsItsNextRunsInItsOwnZoneAndWhatBecameOfItsSlots(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/schedules/nightly")
	wantText(t, a, ".answer", "Runs all active policies at 03:00 every day, Europe/Berlin.")
	if n := len(a.page.all("ol.next li")); n != 5 {
		t.Errorf("%d next runs, want 5", n)
	}
	wantText(t, a, "ol.next li", "Wednesday, 4 March 2026, 03:00 CET in 18 hours")
	rows := a.page.all("tbody tr")
	if len(rows) != 12 {
		t.Fatalf("%d slots, want 12", len(rows))
	}
	for i, want := range map[int]string{0: "Started", 2: "No Holdfast process was at work between 2026-02-28 23:58:11 UTC", 3: "Left out: drafts is disabled"} {
		if text := strings.Join(strings.Fields(rows[i].text), " "); !strings.Contains(text, want) {
			t.Errorf("slot %d: got %q, want %q", i, text, want)
		}
	}
	wantText(t, s.get("/schedules/sessions_hourly"), ".notice", "more than two of its intervals ago")
	wantText(t, s.get("/schedules/sessions_hourly"), "tbody tr", "The reason is not known.")
	wantText(t, s.get("/schedules/weekly_archive"), "main", "None: this schedule is disabled.")
	wantCode(t, s.get("/schedules/nowhere"), http.StatusNotFound)
}

func scheduleFormOf(name, cron, zone string) url.Values {
	return url.Values{"name": {name}, "cron": {cron}, "time_zone": {zone}, "misfire_grace": {"1 hour"}, "enabled": {"true"}, "which": {"all"}}
}

func TestScheduleIsCreatedEditedDisabledAndEnabled(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	form := scheduleFormOf("weekend", "30 1 * * sat", "UTC")
	form["policy"], form["which"] = []string{"orders", "session_logs"}, []string{"these"}
	a := s.post("/schedules", form)
	if a.location != "/schedules/weekend?done=schedule" {
		t.Fatalf("got %d to %q: %s", a.code, a.location, a.body)
	}
	wantText(t, s.get("/schedules/weekend"), ".answer", "Runs orders and session_logs at 01:30 every Saturday, UTC.")
	if got := s.get("/schedules/weekend/edit").page.value("cron"); got != "30 1 * * sat" {
		t.Errorf("the form has %q", got)
	}
	wantCode(t, s.post("/schedules", form), http.StatusUnprocessableEntity) // the name is used
	form.Set("version", "1")
	form.Set("cron", "30 2 * * sun")
	wantCode(t, s.post("/schedules/weekend", form), http.StatusSeeOther)
	stale := s.post("/schedules/weekend", form)
	wantCode(t, stale, http.StatusPreconditionFailed)
	wantText(t, stale, ".notice", "changed this schedule while you were editing it")
	if got := stale.page.value("version"); got != "2" {
		t.Errorf("version after the conflict: got %s, want 2", got)
	}
	wantCode(t, s.post("/schedules/weekend/enabled", url.Values{"version": {"2"}, "enabled": {"false"}}), http.StatusSeeOther)
	wantText(t, s.get("/schedules/weekend"), ".answer", "Disabled. When it is enabled, it runs")
	wantCode(t, s.post("/schedules/weekend/enabled", url.Values{"enabled": {"true"}}), http.StatusPreconditionRequired)
	wantCode(t, s.post("/schedules/weekend/enabled", url.Values{"version": {"3"}, "enabled": {"true"}}), http.StatusSeeOther)
}

func TestScheduleThatIsWrongIsShownAgainAsItWasTyped(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	for _, c := range []struct {
		name  string
		form  url.Values
		field string
		says  string
	}{
		{"it never comes", scheduleFormOf("x", "0 3 30 2 *", "UTC"), "cron", "never comes"},
		{"it is no cron", scheduleFormOf("x", "at night", "UTC"), "cron", "give five"},
		{"the zone is none", scheduleFormOf("x", "0 3 * * *", "Mars/Olympus"), "time_zone", "not a time zone"},
		{"it has no name", scheduleFormOf("", "0 3 * * *", "UTC"), "name", "lower-case"},
	} {
		t.Run(c.name, func(t *testing.T) {
			a := s.post("/schedules", c.form)
			wantCode(t, a, http.StatusUnprocessableEntity)
			wantText(t, a, "#problems", c.says)
			if got := a.page.value("cron"); got != c.form.Get("cron") {
				t.Errorf("cron: got %q, want %q", got, c.form.Get("cron"))
			}
			if len(a.page.all("input[name="+c.field+"]")) != 1 || a.page.all("input[name=" + c.field + "]")[0].attrs["aria-invalid"] != "true" {
				t.Errorf("the field %s is not marked", c.field)
			}
		})
	}
	gone := scheduleFormOf("x", "0 3 * * *", "UTC")
	gone["policy"], gone["which"] = []string{"newsletter"}, []string{"these"}
	a := s.post("/schedules", gone)
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#problems", `there is no live policy "newsletter"`)
	wantText(t, a, "main", "This policy is retired")
}

// TestScheduleForNoPolicyIsNotOneForAllOfThem takes the only policy of a schedule out, the
// way that anybody would.
func TestScheduleForNoPolicyIsNotOneForAllOfThem(t *testing.T) {
	store := filledStore()
	s := signedIn(t, store, catalog())
	i := slices.IndexFunc(store.schedules, func(st retention.ScheduleState) bool { return st.Schedule.Name == "sessions_hourly" })
	store.schedules[i].Schedule.Policies = []string{"newsletter"} // retired since
	edit := s.get("/schedules/sessions_hourly/edit").page
	if got := edit.value("which"); got != "these" {
		t.Fatalf("the form has %q chosen, want these", got)
	}
	form := scheduleFormOf("sessions_hourly", "20 * * * *", "UTC")
	form.Set("version", "1")
	for name, c := range map[string]struct {
		which, policies []string
		says            string
	}{
		"the only one is unticked":  {[]string{"these"}, nil, "tick at least one policy"},
		"nothing is answered":       {nil, nil, "choose whether it is for all active policies or only for some"},
		"all, and one that is some": {[]string{"all"}, []string{"orders"}, "all active policies are chosen, and some are ticked too"},
	} {
		form["which"], form["policy"] = c.which, c.policies
		a := s.post("/schedules/sessions_hourly", form)
		wantCode(t, a, http.StatusUnprocessableEntity)
		wantText(t, a, "#problems", c.says)
		if got := store.schedules[i].Schedule; got.Version != 1 {
			t.Errorf("%s: it was saved as %+v", name, got)
		}
	}
	wantCode(t, s.post("/schedules/sessions_hourly/enabled", url.Values{"version": {"1"}, "enabled": {"false"}}), http.StatusSeeOther)
	form.Set("version", "2")
	form["which"], form["policy"] = []string{"these"}, []string{"newsletter", "session_logs"} // kept, and one more
	wantCode(t, s.post("/schedules/sessions_hourly", form), http.StatusSeeOther)
	if got := store.schedules[i].Schedule.Policies; !slices.Equal(got, []string{"newsletter", "session_logs"}) {
		t.Errorf("got %v", got)
	}
}

func TestScheduleFormComposesItsSentenceAndItsNextRuns(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.post("/schedules/draft", scheduleFormOf("", "30 2 * * *", "Europe/Berlin"))
	wantText(t, a, "#sentence-text", "Runs all active policies at 02:30 every day, Europe/Berlin.")
	wantText(t, a, "#sentence-text li", "Wednesday, 4 March 2026, 02:30 CET")
	a = s.post("/schedules/draft", scheduleFormOf("", "30 2 30 2 *", "Europe/Berlin"))
	wantText(t, a, "#sentence-text", "never comes")
}

// TestNextRunsFollowAsOneTypes fills the form in a browser.
func TestNextRunsFollowAsOneTypes(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	s := signedIn(t, filledStore(), catalog())
	srv := httptest.NewServer(s.asBrowser())
	defer srv.Close()
	ctx := chrome(t)
	if _, err := chromedp.RunResponse(ctx, chromedp.Navigate(srv.URL+"/schedules/new")); err != nil {
		t.Fatal(err)
	}
	const typed = `(() => { const c = document.querySelector("[name=cron]"); c.value = "15 4 1 * *"; c.dispatchEvent(new Event("input", {bubbles: true})) })()`
	const shown = `new Promise(done => { const look = () => document.querySelector("#sentence-text").textContent.includes("at 04:15 on day 1 of every month") ? done(document.querySelectorAll("#sentence-text li").length) : setTimeout(look, 20); look() })`
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](typed)); err != nil {
		t.Fatal(err)
	}
	n, err := chromedp.Run(ctx, chromedp.Evaluate[int](shown, chromedp.EvalAwaitPromise))
	if err != nil || n != 5 {
		t.Errorf("got %d next runs (%v), want 5 of what was typed", n, err)
	}
	const chosen = `(() => { const part = document.querySelector("[data-only-if]"), before = part.hidden; document.querySelector("[value=these]").click(); return [before, part.hidden, part.disabled].join() })()`
	if got, err := chromedp.Run(ctx, chromedp.Evaluate[string](chosen)); err != nil || got != "true,false,false" {
		t.Errorf("the policies are hidden, and after “Only these”: got %s, %v, want true,false,false", got, err)
	}
	checkClean(ctx, t, "schedule form")
}

func TestRetentionScheduleSaysWhenDataIsGoneFromBackupsToo(t *testing.T) {
	store := filledStore()
	s := signedIn(t, store, catalog())
	a := s.get("/retention-schedule")
	wantText(t, a, ".answer", "What is deleted is gone from backups too after at most 761 days (support_tickets).")
	wantAlso(t, a, "What is anonymized is overwritten, and its old values gone from backups too, after at most 3 years and 31 days (inactive_customers); the rows stay.",
		"What is archived stays in public.orders_archive, which has no policy of its own.", "1 policy is disabled, so its data stays.")
	rows := map[string]string{}
	for _, r := range a.page.all("tbody tr") {
		var cells []string
		for _, c := range r.all("td") {
			cells = append(cells, strings.Join(strings.Fields(c.text), " "))
		}
		rows[r.one("th a")] = strings.Join(cells, " | ")
	}
	for name, want := range map[string]string{
		"session_logs":       "Legitimate interest (security) | 180 days | At 20 minutes past every hour, UTC | Deleted 180 days and 1 hour after created_at | Gone 210 days and 1 hour after created_at",
		"inactive_customers": "GDPR Art. 5(1)(e), storage limitation | 3 years | At 03:00 every day, Europe/Berlin | Overwritten 3 years and 1 day after last_seen_at; the rows stay | Old values gone 3 years and 31 days after last_seen_at",
		"orders":             "HGB § 257, ten years | 10 years | At 03:00 every day, Europe/Berlin | Moved to public.orders_archive 10 years and 1 day after placed_at | Stays in the archive, which has no policy of its own",
		"support_tickets":    "Legitimate interest (service improvement) | 730 days | At 03:00 every day, Europe/Berlin | Deleted 731 days after resolved_at | Gone 761 days after resolved_at",
		"drafts":             "No basis for keeping | 30 days | Not at all: the policy is disabled | Not stated | Not stated",
	} {
		if rows[name] != want {
			t.Errorf("%s: got %q, want %q", name, rows[name], want)
		}
	}
	wantText(t, a, "main", "Backups of the governed database are kept for 30 days")
	wantText(t, a, "main", "Also on public.orders: drafts")
	wantText(t, a, "main", "for 30 days (HOLDFAST_EVENT_RETENTION)")
	if strings.Contains(a.page.one("thead"), "Gone from the database") {
		t.Error("the column calls rows gone that are anonymized or archived")
	}
	if len(s.get("/policies").page.all(`a[href=/retention-schedule]`)) != 1 {
		t.Error("the policies do not lead to it")
	}

	store.schedules, store.backups = nil, nil
	s = signedIn(t, store, catalog())
	a = s.get("/retention-schedule")
	wantText(t, a, ".answer", "4 policies are run by no schedule, so nobody can say when their data goes.")
	wantAlso(t, a, "1 policy is disabled, so its data stays.", "Backup retention is not stated.")
	store.backups = &retention.Period{}
	wantText(t, signedIn(t, store, catalog()).get("/retention-schedule"), "main", "No backups of the governed database are kept")
	wantText(t, signedIn(t, emptyStore(), catalog()).get("/retention-schedule"), ".nothing", "No policy exists yet.")
}

func TestPagesOfSchedulesSayWhenTheStoreIsAway(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	s.breakDown()
	for _, path := range []string{"/schedules", "/schedules/nightly", "/retention-schedule"} {
		wantCode(t, s.get(path), http.StatusServiceUnavailable)
	}
	begun := time.Now()
	a := s.post("/schedules/nightly", scheduleFormOf("nightly", "0 4 * * *", "UTC"))
	if a.code != http.StatusServiceUnavailable {
		t.Errorf("saving: got %d after %v, want 503", a.code, time.Since(begun))
	}
}

// TestRetentionScheduleIsPrintedAsATable looks at the page as paper of A4's width has it.
func TestRetentionScheduleIsPrintedAsATable(t *testing.T) {
	if testing.Short() {
		t.Skip("needs a browser")
	}
	srv := httptest.NewServer(signedIn(t, filledStore(), catalog()).asBrowser())
	defer srv.Close()
	ctx := chrome(t)
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		if _, err := chromedp.EmulateViewport(794, 1123)(ctx, t); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{Media: "print"})
		return err
	})); err != nil {
		t.Fatal(err)
	}
	if _, err := chromedp.RunResponse(ctx, chromedp.Navigate(srv.URL+"/retention-schedule")); err != nil {
		t.Fatal(err)
	}
	const shown = `["thead", "tbody tr", "header.side", ".actions"].map(s => s + ": " + getComputedStyle(document.querySelector(s)).display).join(", ")`
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](shown))
	if want := "thead: table-header-group, tbody tr: table-row, header.side: none, .actions: none"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	checkWidth(ctx, t, "on paper")
	takePicture(ctx, t, "retention-schedule-print")
}

// TestRetentionScheduleTellsOfPoliciesThatLeaveTheirRowsToAnother: what it promises of them
// would not happen.
func TestRetentionScheduleTellsOfPoliciesThatLeaveTheirRowsToAnother(t *testing.T) {
	store := filledStore()
	longer := store.versions["session_logs"][len(store.versions["session_logs"])-1]
	longer.Name, longer.RetentionPeriod = "session_logs_long", retention.Period{Years: 7}
	store.versions[longer.Name] = []retention.Policy{longer}
	a := signedIn(t, store, catalog()).get("/retention-schedule")
	wantText(t, a, "table", "Not at all: every row is left to session_logs_long")
	wantAlso := false
	for _, l := range a.page.all("main li") {
		wantAlso = wantAlso || strings.Contains(l.text, "1 policy leaves every row to another one, and disposes of nothing.")
	}
	if !wantAlso {
		t.Errorf("the head does not tell of it: %v", a.page.all("main li"))
	}
}
