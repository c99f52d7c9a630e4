package web

import (
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"

	"holdfast/retention"
)

// policyValues is a form filled in as a person would.
func policyValues(change ...string) url.Values {
	f := url.Values{
		"name": {"carts"}, "table": {"public.orders"}, "timestamp_column": {"placed_at"}, "retention_period": {"90 days"}, "action": {"delete"},
		"legal_basis": {"Legitimate interest"}, "condition": {""}, "batch_size": {"5000"}, "evidence": {"records"}, "time_zone": {"UTC"}, "unit": {""},
		"grace": {"P2D"}, "archive.table": {""}, "enabled": {"true"}, "version": {"0"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		f.Set(change[i], change[i+1])
	}
	return f
}

func TestAPolicysRunsHaveItsOwnFigures(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	rows := s.get("/policies/inactive_customers").page.all("tbody tr")
	var got []string
	for _, r := range rows {
		if strings.Contains(r.text, "5 hours ago by schedule nightly") {
			for _, n := range r.all("td.num")[:3] {
				got = append(got, n.text)
			}
			if !strings.Contains(r.text, "with 2 other policies") {
				t.Errorf("the row does not say that the run had other policies: %q", r.text)
			}
		}
	}
	if want := []string{"12", "0", "0"}; !slices.Equal(got, want) {
		t.Errorf("got %q, want %q and not the run's totals", got, want)
	}
	for _, r := range s.get("/policies/support_tickets").page.all("tbody tr") {
		if strings.Contains(r.text, "29 hours ago") && (r.one(".pill") != "Succeeded" || r.one("td[data-label=Errors]") != "0") {
			t.Errorf("another policy's failure is shown as this one's: %q", r.text)
		}
	}
}

func TestNothingDueThatIsNotHeldIsNotNothingDue(t *testing.T) {
	target := catalog()
	target.sims["support_tickets"] = retention.Simulation{Due: 40, Held: 40}
	a := signedIn(t, filledStore(), target).get("/policies/support_tickets?simulate=1")
	wantText(t, a, ".stats", "Nothing due that is not held")
	wantText(t, a, ".stats", "none that is not held")
	wantText(t, a, "#simulation", "40 records are due, 40 of them held")
}

func TestSavingAPolicyLeadsToItsSentence(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.save("/policies", policyValues())
	if a.code != http.StatusSeeOther || a.location != "/policies/carts?done=created" {
		t.Fatalf("got %d to %q: %s", a.code, a.location, a.body)
	}
	a = s.get(a.location)
	wantText(t, a, ".answer", "Delete rows of public.orders 90 days after placed_at. Basis: Legitimate interest.")
	wantText(t, a, ".notice", "Nothing has run yet.")
}

func TestARefusedPolicyKeepsWhatWasTypedWithTheFaultBesideIt(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.save("/policies", policyValues("name", "Carts!", "retention_period", "soon", "legal_basis", "", "batch_size", "many", "condition", "a < 1"))
	wantCode(t, a, http.StatusUnprocessableEntity)
	for name, want := range map[string]string{"name": "Carts!", "retention_period": "soon", "batch_size": "many", "condition": "a < 1", "table": "public.orders", "timestamp_column": "placed_at"} {
		if got := a.page.value(name); got != want {
			t.Errorf("%s: got %q, want %q kept", name, got, want)
		}
	}
	wantText(t, a, "#f-name-error", "must be lower-case letters")
	wantText(t, a, "#f-retention_period-error", "is not a period")
	wantText(t, a, "#f-legal_basis-error", "Is required")
	wantText(t, a, "#f-batch_size-error", "number of rows")
	wantText(t, a, "#problems", "Nothing was saved. 4 things need another look.")
	var order []string
	for _, l := range a.page.all("#problems a") {
		order = append(order, l.text)
	}
	if want := []string{"Name", "Retention period", "Legal basis", "Batch size"}; !slices.Equal(order, want) {
		t.Errorf("the summary lists %q, want the form's order %q", order, want)
	}
}

func TestAPlannersRefusalStandsBesideItsField(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.save("/policies", policyValues("timestamp_column", "gone_at"))
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-timestamp_column-error", "choose one of its date or timestamp columns")
	a = s.save("/policies", policyValues("name", "session_logs"))
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-name-error", "Is the name of a live policy")
}

func TestChoosingATableListsItsColumnsWithoutScript(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.post("/policies/draft", policyValues("table", "public.customers", "timestamp_column", "", "action", "anonymize"))
	wantCode(t, a, http.StatusOK)
	wantText(t, a, "select[name=timestamp_column]", "last_seen_at")
	if len(a.page.all("select[name=columns.email.method]")) != 1 {
		t.Error("the form has no method for the column email")
	}
	if len(a.page.all("select[name=columns.id.method]")) != 0 {
		t.Error("the form offers to anonymize the key")
	}
	wantText(t, a, "#sentence", "Choose a timestamp column and columns to anonymize")
	if len(a.page.all("select[name=columns.last_seen_at.method]")) != 0 {
		t.Error("the form offers to anonymize what may become the timestamp column")
	}
	a = s.post("/policies/draft", policyValues("table", "public.customers", "timestamp_column", "last_seen_at", "action", "anonymize"))
	wantText(t, a, "#f-columns.last_seen_at", "it starts the retention period")
	if len(a.page.all("select[name=columns.birth_date.method]")) != 1 {
		t.Error("the form has no method for a date that is not the timestamp column")
	}
}

func TestAnonymizersGoThereAndBack(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/policies/inactive_customers/edit")
	f := policyValues("name", "inactive_customers", "table", a.page.value("table"), "timestamp_column", a.page.value("timestamp_column"), "retention_period", a.page.value("retention_period"),
		"action", a.page.value("action"), "legal_basis", a.page.value("legal_basis"), "version", a.page.value("version"))
	for _, name := range []string{"columns.email.method", "columns.full_name.method", "columns.phone.method", "columns.phone.keep_last", "columns.birth_date.method", "columns.birth_date.to",
		"columns.postcode.method", "columns.postcode.keep_first", "columns.last_ip.method", "columns.orders_placed.method", "columns.orders_placed.step",
		"columns.profile.method", "columns.profile.drop", "columns.profile.redact", "columns.profile.text"} {
		f.Set(name, a.page.value(name))
	}
	f.Set("columns.full_name.text", "[removed]")
	a = s.save("/policies/inactive_customers", f)
	wantCode(t, a, http.StatusSeeOther)
	v := s.store.versions["inactive_customers"]
	last := v[len(v)-1]
	if len(v) != 2 || last.Columns["full_name"].Text != "[removed]" || *last.Columns["phone"].KeepLast != 4 || last.Columns["birth_date"].To != "year" || last.Columns["email"].Method != retention.MethodHash ||
		*last.Columns["postcode"].KeepFirst != 2 || last.Columns["last_ip"].Method != retention.MethodTruncateIP || *last.Columns["orders_placed"].Step != 10 ||
		strings.Join(last.Columns["profile"].Drop, " ") != "/contact/phone /likes" || strings.Join(last.Columns["profile"].Redact, " ") != "/nickname" || last.Columns["profile"].Text != "gone" {
		t.Errorf("columns: got %+v", last.Columns)
	}
	wantText(t, s.get("/policies/inactive_customers"), ".diff", "columns.full_name.text")
	bad := url.Values{}
	for k, x := range f {
		bad[k] = x
	}
	bad.Set("version", "2")
	bad.Set("columns.phone.keep_last", "four")
	bad.Set("columns.postcode.keep_first", "")
	bad.Set("columns.orders_placed.step", "ten")
	bad.Set("columns.profile.redact", "/name nickname")
	a = s.save("/policies/inactive_customers", bad)
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-columns.phone.keep_last-error", "number of characters")
	wantText(t, a, "#f-columns.postcode.keep_first-error", "number of characters")
	wantText(t, a, "#f-columns.orders_placed.step-error", "whole number")
	wantText(t, a, "#f-columns.profile.redact-error", "give a JSON Pointer")
	wantText(t, s.get("/policies/inactive_customers"), "main", "takes out /contact/phone, /likes and writes gone over /nickname")
}

func TestEditingWhatSomebodyElseChangedShowsTheChange(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	f := policyValues("name", "session_logs", "table", "public.session_logs", "timestamp_column", "created_at", "retention_period", "P1Y", "version", "1")
	a := s.save("/policies/session_logs", f)
	wantCode(t, a, http.StatusPreconditionFailed)
	wantText(t, a, ".notice", "ali.khan@example.com changed this policy while you were editing it")
	wantText(t, a, ".diff del", "P90D")
	wantText(t, a, ".diff ins", "P180D")
	if got := a.page.value("retention_period"); got != "P1Y" {
		t.Errorf("retention period: got %q, want what was typed", got)
	}
	f.Set("version", a.page.value("version"))
	wantCode(t, s.save("/policies/session_logs", f), http.StatusSeeOther)
}

func TestThePreviewShowsFiguresAndSavesNothing(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	before := len(s.store.entries)
	a := s.post("/policies/draft?preview=1", policyValues())
	wantCode(t, a, http.StatusOK)
	wantText(t, a, "#preview", "A run now would delete 12,383 records.")
	wantText(t, a, "#preview", "Nothing was changed.")
	if len(s.store.entries) != before || s.store.versions["carts"] != nil {
		t.Error("the preview saved something")
	}
}

func TestRetiringShowsTheFiguresAndNeedsTheVersion(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/policies/session_logs/retire")
	wantText(t, a, ".verdict", "A run now would delete 12,391 records.")
	wantText(t, a, "main", "nightly runs all active policies: it goes on without this one.")
	wantText(t, a, "main", "sessions_hourly runs no other policy: its slots are recorded as missed")
	wantText(t, s.get("/policies/orders/retire"), "main", "weekly_archive (disabled) names it: it goes on with inactive_customers.")
	wantCode(t, s.post("/policies/session_logs/retire", nil), http.StatusPreconditionRequired)
	wantCode(t, s.post("/policies/session_logs/retire", url.Values{"version": {a.page.value("version")}}), http.StatusSeeOther)
	wantText(t, s.get("/policies/session_logs"), ".notice", "Retired by jane@example.com")
	wantText(t, s.get("/schedules"), "main", "Nothing is left to run: session_logs is retired, and its slots are missed.")
}

func TestAPolicysFormOutlivesAnOutage(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	s.target.down = retention.ErrUnavailable
	a := s.save("/policies", policyValues("legal_basis", "Typed with care"))
	if got := a.page.value("legal_basis"); got != "Typed with care" {
		t.Errorf("legal basis: got %q, want it kept", got)
	}
	if got := a.page.value("table"); got != "public.orders" {
		t.Errorf("table: got %q, want it kept", got)
	}
}

func TestNoAllowanceAtAllGoesThereAndBack(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.save("/policies", policyValues("grace", "0 days"))
	wantCode(t, a, http.StatusSeeOther)
	if got := s.get("/policies/carts/edit").page.value("grace"); got != "P0D" {
		t.Errorf("the form shows %q, want P0D", got)
	}
	wantText(t, s.get("/policies/carts"), "main", "0 days")
	a = s.save("/policies", policyValues("name", "usual", "grace", ""))
	wantCode(t, a, http.StatusSeeOther)
	if got := s.get("/policies/usual/edit").page.value("grace"); got != "P2D" {
		t.Errorf("left empty, the form shows %q, want P2D", got)
	}
}
