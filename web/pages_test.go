package web

import (
	"net/http"
	"net/http/httptest"
	"net/url"
	"slices"
	"strings"
	"testing"

	"holdfast/retention"
)

// wantText fails unless the text of the first element that fits contains want.
func wantText(t *testing.T, a answer, selector, want string) {
	t.Helper()
	if a.page == nil {
		t.Fatalf("no page: %d %s %s", a.code, a.location, a.body)
	}
	if got := a.page.one(selector); !strings.Contains(got, want) {
		t.Errorf("%s: got %q, want it to contain %q", selector, got, want)
	}
}

// wantAlso looks at what stands below a page's answer, all of it.
func wantAlso(t *testing.T, a answer, want ...string) {
	t.Helper()
	var got []string
	for _, li := range a.page.all(".also li") {
		got = append(got, strings.Join(strings.Fields(li.text), " "))
	}
	if !slices.Equal(got, want) {
		t.Errorf("below the answer: got %q, want %q", got, want)
	}
}

func wantCode(t *testing.T, a answer, want int) {
	t.Helper()
	if a.code != want {
		t.Fatalf("status: got %d, want %d: %s", a.code, want, a.body)
	}
}

func TestWhoeverIsNotSignedInIsAskedFirst(t *testing.T) {
	s := newSite(t, filledStore(), catalog())
	for _, path := range []string{"/", "/policies", "/holds/new", "/runs/new", "/audit", "/events", "/settings/tokens"} {
		a := s.get(path)
		if a.code != http.StatusSeeOther || !strings.HasPrefix(a.location, "/sign-in") {
			t.Errorf("%s: got %d to %q, want a way to the sign-in page", path, a.code, a.location)
		}
	}
}

func TestSignInLeadsBackToWhatWasWanted(t *testing.T) {
	s := newSite(t, filledStore(), catalog())
	a := s.get("/sign-in?next=/holds%3Fstatus%3Dactive")
	if got := a.page.value("next"); got != "/holds?status=active" {
		t.Errorf("next: got %q", got)
	}
	a = s.post("/sign-in", url.Values{"email": {"jane@example.com"}, "password": {"wrong"}, "next": {"/holds"}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	if got := a.page.value("email"); got != "jane@example.com" {
		t.Errorf("e-mail address after a wrong password: got %q, want it kept", got)
	}
	a = s.post("/sign-in", url.Values{"email": {"jane@example.com"}, "password": {testPassword}, "next": {"https://evil.example/"}})
	if a.code != http.StatusSeeOther || a.location != "/" {
		t.Errorf("next of another site: got %d to %q, want 303 to /", a.code, a.location)
	}
}

func TestAChangedPasswordEndsTheOtherSessions(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	other := &testSite{t: t, store: s.store, target: s.target, handler: s.handler, cookies: map[string]*http.Cookie{}}
	signIn := url.Values{"email": {"jane@example.com"}, "password": {testPassword}}
	wantCode(t, other.post("/sign-in", signIn), http.StatusSeeOther)
	wantCode(t, other.get("/settings"), http.StatusOK)
	next := "a new sentence for the colleagues"
	a := s.post("/settings/password", url.Values{"current_password": {testPassword}, "password": {next}, "repeat": {next}})
	if a.code != http.StatusSeeOther || a.location != "/settings?done=password" {
		t.Fatalf("change the password: %d to %q: %s", a.code, a.location, a.body)
	}
	wantCode(t, s.get("/settings"), http.StatusOK)
	if a := other.get("/settings"); a.code != http.StatusSeeOther || !strings.HasPrefix(a.location, "/sign-in") {
		t.Errorf("the other session: got %d to %q, want it ended", a.code, a.location)
	}
}

func TestWithoutAccountsThePageSaysHowToMakeTheFirst(t *testing.T) {
	s := newSite(t, newFakeStore(atTest), catalog())
	a := s.get("/sign-in")
	wantText(t, a, "h1", "No account exists yet")
	wantText(t, a, "pre", "holdfast users create EMAIL")
}

func TestAFormOfAnotherSiteIsRefused(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	r := httptest.NewRequest(http.MethodPost, "/holds/"+holdID+"/release", strings.NewReader("release_reason=x"))
	r.Header.Set("Content-Type", "application/x-www-form-urlencoded")
	r.Header.Set("Sec-Fetch-Site", "cross-site")
	a := s.send(r)
	wantCode(t, a, http.StatusForbidden)
	if s.store.holds[0].Status != retention.HoldActive {
		t.Errorf("the hold is %s, want it untouched", s.store.holds[0].Status)
	}
}

func TestEveryPageForbidsForeignScriptsAndFrames(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	for _, path := range []string{"/", "/nowhere", "/static/nothing.css"} {
		csp := s.get(path).header.Get("Content-Security-Policy")
		for _, want := range []string{"default-src 'self'", "frame-ancestors 'none'", "base-uri 'none'"} {
			if !strings.Contains(csp, want) {
				t.Errorf("%s: policy %q lacks %q", path, csp, want)
			}
		}
		if strings.Contains(csp, "unsafe") {
			t.Errorf("%s: policy %q allows something unsafe", path, csp)
		}
	}
}

func TestAssetsAreKeptForEverUnderTheirHash(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	page := s.get("/").page
	for _, l := range append(page.all("link"), page.all("script")...) {
		address := l.attrs["href"] + l.attrs["src"]
		a := s.get(address)
		if a.code != http.StatusOK || !strings.Contains(a.header.Get("Cache-Control"), "immutable") {
			t.Errorf("%s: got %d, %q", address, a.code, a.header.Get("Cache-Control"))
		}
	}
	if a := s.get("/"); a.header.Get("Cache-Control") != "no-store" {
		t.Errorf("a page: Cache-Control %q, want no-store", a.header.Get("Cache-Control"))
	}
}

func TestErrorPagesSayWhatHappenedAndThatNothingWasLost(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/holds/nowhere")
	wantCode(t, a, http.StatusNotFound)
	wantText(t, a, ".answer", "There is nothing at this address.")
	s.breakDown()
	a = s.get("/holds")
	wantCode(t, a, http.StatusServiceUnavailable)
	wantText(t, a, "main", "Nothing was lost")
	wantText(t, a, "main", "Request ")
}

func TestWhatPeopleTypeIsNeverMarkup(t *testing.T) {
	store := filledStore()
	store.holds[0].Matter = `<script>alert(1)</script> & "co"`
	s := signedIn(t, store, catalog())
	for _, path := range []string{"/", "/holds", "/holds/" + holdID} {
		if body := s.get(path).body; strings.Contains(body, "<script>alert") {
			t.Errorf("%s: the matter is markup", path)
		}
	}
}

func TestANoticeIsNeverTakenFromTheAddress(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	if body := s.get("/holds?done=Call+this+number").body; strings.Contains(body, "Call this number") {
		t.Error("the page shows a text from its address")
	}
}

func TestThemeAndZoneAreRemembered(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.post("/settings/theme", url.Values{"theme": {"dark"}, "return_to": {"/holds?status=active"}})
	if a.location != "/holds?status=active" {
		t.Errorf("after the switch: got %q", a.location)
	}
	if got := s.get("/").page.all("html")[0].attrs["data-theme"]; got != "dark" {
		t.Errorf("theme: got %q, want dark", got)
	}
	wantCode(t, s.post("/settings/zone", url.Values{"zone": {"Mars/Olympus"}}), http.StatusUnprocessableEntity)
	wantCode(t, s.post("/settings/zone", url.Values{"zone": {"Europe/Berlin"}}), http.StatusSeeOther)
	wantText(t, s.get("/holds/"+holdID), "main", "2 March 2026, 07:12:44 CET")
}

func TestASecretIsShownOnceAndInNoAddress(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.post("/settings/tokens", url.Values{"name": {"nightly"}, "expires_at": {"2026-03-02"}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-expires_at-error", "Must be today, 3 March 2026, or later")
	a = s.post("/settings/tokens", url.Values{"name": {"nightly"}})
	wantCode(t, a, http.StatusOK)
	secret := a.page.one("code#secret")
	if !strings.HasPrefix(secret, "hf_") {
		t.Fatalf("secret: got %q", secret)
	}
	if body := s.get("/settings/tokens").body; strings.Contains(body, secret) {
		t.Error("the secret is shown again")
	}
	wantCode(t, s.post("/settings/tokens/token-1/revoke", nil), http.StatusSeeOther)
	wantText(t, s.get("/settings/tokens"), "tbody tr", "Revoked")
}

func TestOverviewAnswersInWords(t *testing.T) {
	tests := []struct {
		name   string
		change func(*fakeStore)
		want   string
		also   []string
	}{
		{"filled", func(*fakeStore) {}, "1 policy is overdue: session_logs by 3 days.", []string{
			"1 policy failed in its last run: orders.", "A run of session_logs needs approval: more would go than its policies allow in one run.", "1 policy could not be measured.", "1 schedule is overdue: sessions_hourly.",
			"15 slots were missed in the last seven days: nightly and sessions_hourly.", "Not everything has reached crm: 2,310 events behind, 3 given up, and it is failing.",
		}},
		{"nothing due", func(s *fakeStore) {
			for name := range s.versions {
				s.statuses[name] = retention.PolicyStatus{CheckedAt: atTest, Cutoff: atTest}
			}
			s.schedules, s.runs, s.subscribers = nil, nil, nil
		}, "Nothing is overdue.", nil},
		{"nothing due, and a policy that failed last", func(s *fakeStore) {
			for name := range s.versions {
				s.statuses[name] = retention.PolicyStatus{CheckedAt: atTest, Cutoff: atTest}
			}
			s.schedules, s.subscribers = nil, nil
		}, "No policy is overdue, but 2 things need attention.", []string{"1 policy failed in its last run: orders.", "A run of session_logs needs approval: more would go than its policies allow in one run."}},
		{"a failure that a later run made up for", func(s *fakeStore) {
			for name := range s.versions {
				s.statuses[name] = retention.PolicyStatus{CheckedAt: atTest, Cutoff: atTest}
			}
			again := s.runs[4]
			again.Status, again.Policies = retention.RunSucceeded, []retention.PolicyResult{{Policy: "orders", Status: retention.RunSucceeded}}
			s.schedules, s.subscribers, s.runs = nil, nil, append([]retention.Run{again}, s.runs[:5]...)
		}, "Nothing is overdue.", nil},
		{"nothing due, and a schedule behind", func(s *fakeStore) {
			for name := range s.versions {
				s.statuses[name] = retention.PolicyStatus{CheckedAt: atTest, Cutoff: atTest}
			}
			s.runs = nil
		}, "No policy is overdue, but 3 things need attention.", []string{
			"1 schedule is overdue: sessions_hourly.", "15 slots were missed in the last seven days: nightly and sessions_hourly.",
			"Not everything has reached crm: 2,310 events behind, 3 given up, and it is failing.",
		}},
		{"a paused run that others wait for", func(s *fakeStore) {
			for name := range s.versions {
				s.statuses[name] = retention.PolicyStatus{CheckedAt: atTest, Cutoff: atTest}
			}
			of := func(status retention.RunStatus, policies ...string) retention.Run {
				r := retention.Run{ID: "0195-" + string(status), Status: status, CreatedAt: atTest, Trigger: retention.TriggerManual}
				for _, p := range policies {
					r.Policies = append(r.Policies, retention.PolicyResult{Policy: p, Status: status})
				}
				return r
			}
			s.schedules, s.subscribers = nil, nil
			s.runs = []retention.Run{of(retention.RunQueued, "newsletter"), of(retention.RunQueued, "orders", "session_logs"), of(retention.RunPaused, "session_logs")}
		}, "No policy is overdue, but 1 thing needs attention.", []string{"A run of session_logs is paused, and 1 run waits until it is resumed or cancelled."}},
		{"not measured", func(s *fakeStore) { clear(s.statuses); s.schedules, s.runs, s.subscribers = nil, nil, nil }, "Nothing is overdue as far as it is known.", []string{"4 policies have not been measured yet."}},
		{"no policies", func(s *fakeStore) { clear(s.versions) }, "No policy exists yet.", []string{"Not everything has reached crm: 2,310 events behind, 3 given up, and it is failing."}},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			store := filledStore()
			tt.change(store)
			a := signedIn(t, store, catalog()).get("/")
			wantText(t, a, ".answer", tt.want)
			wantAlso(t, a, tt.also...)
		})
	}
}

func TestListsLeadOnByCursorAndKeepTheirFilters(t *testing.T) {
	store := filledStore()
	for range 40 {
		store.holds = append(store.holds, store.holds[0])
	}
	s := signedIn(t, store, catalog())
	a := s.get("/holds?status=active&q=acme")
	next := a.page.all("a[rel=next]")
	if len(next) != 1 {
		t.Fatalf("next page: got %d links", len(next))
	}
	href := next[0].attrs["href"]
	if !strings.Contains(href, "status=active") || !strings.Contains(href, "q=acme") {
		t.Errorf("next page: %q has lost its filters", href)
	}
	if rows := len(s.get(href).page.all("tbody tr")); rows != 16 {
		t.Errorf("second page: got %d rows, want 16", rows)
	}
	wantText(t, s.get("/holds?status=expired"), ".nothing", "No hold fits.")
	wantCode(t, s.get("/holds?status=nonsense"), http.StatusNotFound)
}

func TestTheOverviewSaysHowManyHoldsItDoesNotShow(t *testing.T) {
	store := filledStore()
	for range 9 {
		store.holds = append([]retention.Hold{store.holds[0]}, store.holds...)
	}
	a := signedIn(t, store, catalog()).get("/")
	wantText(t, a, "main", "11 holds are in force, 1 waits for a review; 1 is being put in force.")
	wantText(t, a, "main", "These are the 8 newest. 4 more are in the list of holds.")
	wantText(t, a, ".notice", "1 hold waits for a personTax audit 2021 to 2023")
	if body := signedIn(t, filledStore(), catalog()).get("/").body; strings.Contains(body, "newest") {
		t.Error("three holds of three are said to be the newest")
	}
}

func TestTheAuditNamesWhatPeopleKnow(t *testing.T) {
	store := filledStore()
	store.entries = append(store.entries,
		retention.AuditEntry{At: ago(day), Actor: "system", Action: "hold.abandon", Object: "hold/0100-gone"},
		retention.AuditEntry{At: ago(day), Actor: "jane@example.com", Action: "token.create", Object: "token/0195-t", After: []byte(`{"name":"ci-main"}`)})
	s := signedIn(t, store, catalog())
	var got []string
	for _, r := range s.get("/audit").page.all("td[data-label=On]") {
		got = append(got, strings.Join(strings.Fields(r.text), " "))
	}
	for _, want := range []string{"Run of 3 March 2026, 03:12 UTC run/0195-run-ok", "Hold: ACME v. Initech hold/" + holdID, "policy/session_logs", "hold/0100-gone", "API token: ci-main token/0195-t"} {
		if !slices.Contains(got, want) {
			t.Errorf("got %q, want %q among them", got, want)
		}
	}
}
