package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"holdfast/retention"
)

func TestTheCoverageSaysOfEveryTableWhoAnswersForIt(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/coverage")
	wantText(t, a, ".answer", "Every one of 5 tables is under a policy or exempt.")
	wantText(t, a, "main", "inactive_customers")
	wantText(t, a, "main", "Goes with its orders; nothing in it is about people. (ali.khan@example.com,")
	wantText(t, a, "main", "e-mail, by its values")
	wantText(t, a, "main", "Column note of public.order_lines is gone (it was text).")
	wantText(t, a, "main", "public.old_carts is gone; it was exempt.")
	if got := s.get("/coverage?state=exempt").body; strings.Contains(got, `href="/policies/session_logs"`) || !strings.Contains(got, "order_lines") {
		t.Error("the filter for exempt tables shows others, or not the exempt one")
	}
	wantText(t, s.get("/coverage?state=open"), "main", "There is no such table.")
	s.target.down = retention.ErrUnavailable
	wantCode(t, s.get("/coverage"), http.StatusServiceUnavailable)
}

func TestATableIsExemptedWithAReasonAndTheExemptionEnded(t *testing.T) {
	store := filledStore()
	store.exempt = nil
	s := signedIn(t, store, catalog())
	a := s.get("/coverage")
	wantText(t, a, ".answer", "1 of 5 tables is under no policy, and nobody has said why.")
	if !strings.Contains(a.body, `href="/coverage/exempt?table=public.order_lines"`) || !strings.Contains(a.body, `href="/policies/new?table=public.order_lines"`) {
		t.Error("nothing leads from the open table to an exemption and to a policy")
	}
	wantText(t, s.get("/coverage/exempt?table=public.order_lines"), "h1", "Exempt public.order_lines")
	a = s.post("/coverage/exempt", url.Values{"table": {"public.order_lines"}, "reason": {"  "}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "main", "The table was not exempted.")
	a = s.post("/coverage/exempt", url.Values{"table": {"public.order_lines"}, "reason": {"a list of things"}})
	if a.code != http.StatusSeeOther || a.location != "/coverage?done=exempted" || len(store.exempt) != 1 {
		t.Fatalf("exempted: %d to %q, %d exemptions", a.code, a.location, len(store.exempt))
	}
	wantText(t, s.get("/coverage/end-exemption?table=public.order_lines"), "main", "a list of things")
	a = s.post("/coverage/end-exemption", url.Values{"table": {"public.order_lines"}})
	if a.location != "/coverage?done=unexempted" || len(store.exempt) != 0 {
		t.Errorf("ended: %d to %q, %d exemptions", a.code, a.location, len(store.exempt))
	}
	wantCode(t, s.get("/coverage/end-exemption?table=public.order_lines"), http.StatusNotFound)
	for _, name := range []string{"public.nothing", "", "a.b.c", `"`} {
		wantCode(t, s.get("/coverage/exempt?table="+url.QueryEscape(name)), http.StatusNotFound)
	}
}

func TestThePageOfAnAnonymizingPolicySaysWhatBecomesOfEachColumn(t *testing.T) {
	store, target := filledStore(), catalog()
	for i := range target.tables {
		if target.tables[i].Name == public("customers") {
			c := target.tables[i].Columns[1]
			c.Name = "billing_email"
			target.tables[i].Columns = append(target.tables[i].Columns, c)
		}
	}
	s := signedIn(t, store, target)
	a := s.get("/policies/inactive_customers")
	wantText(t, a, "#treatment-title", "Columns of the table")
	wantText(t, a, "main", "1 of these looks personal.")
	wantText(t, a, "main", "Stays, and looks personal")
	target.down = retention.ErrUnavailable
	wantCode(t, s.get("/policies/inactive_customers"), http.StatusOK)
}

func TestThePageOfAnArchivingPolicyOffersARetentionPeriodForItsArchive(t *testing.T) {
	store, target := filledStore(), catalog()
	s := signedIn(t, store, target)
	wantText(t, s.get("/policies/orders"), "main", "is made by the first run.")
	archive := target.tables[1]
	archive.Name, archive.EstimatedRows = public("orders_archive"), 1_200
	target.tables = append(target.tables, archive)
	a := s.get("/policies/orders")
	wantText(t, a, "main", "public.orders_archive, about 1,200 rows, has no policy of its own: what is archived stays for good.")
	const href = "/policies/new?table=public.orders_archive&timestamp_column=holdfast_archived_at"
	if !strings.Contains(a.body, strings.ReplaceAll(href, "&", "&amp;")) {
		t.Error("nothing leads to a policy for the archive")
	}
	if v := s.get(href).page.value("table"); v != "public.orders_archive" {
		t.Errorf("the form begins with the table %q", v)
	}
	store.exempt = []retention.Exemption{{Table: archive.Name, Reason: "kept for history"}}
	wantText(t, s.get("/policies/orders"), "main", "is exempt: kept for history")
	target.down = retention.ErrUnavailable
	wantCode(t, s.get("/policies/orders"), http.StatusOK)
}
