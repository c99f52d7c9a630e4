package web

import (
	"net/http"
	"net/url"
	"testing"

	"holdfast/retention"
)

func TestARecordsPageSaysWhatBecomesOfItAndWhatHas(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/records")
	wantCode(t, a, http.StatusOK)
	wantText(t, a, ".answer", "What becomes of a record, and what has?")
	wantText(t, a, "select[name=table]", "public.orders")

	a = s.get("/records?table=public.orders&key=4711")
	wantText(t, a, ".answer", "Nothing, as long as it is held: ACME v. Initech, by jane@example.com.")
	wantText(t, a, "table", "ACME v. Initech")
	a = s.get("/records?table=public.orders&key=4700")
	wantText(t, a, ".answer", "stays as long as rows of public.order_lines refer to it.")
	wantText(t, a, "main", "Kept by rows of")
	a = s.get("/records?table=public.orders&key=5001")
	wantText(t, a, ".answer", "Nothing: it was archived on 28 February 2026, 08:12 UTC, under version 1 of orders.")
	wantText(t, a, "main", "A copy is in public.orders_archive")
	wantText(t, a, "main", "Known by a digest of its key")
	wantText(t, s.get("/records?table=public.session_logs&key=6000"), "main", "310 rows of this table were disposed of without a digest each")
	wantText(t, s.get("/records?table=public.order_lines&key=1"), "main", "No policy is about this table")
}

func TestARecordThatCannotBeNamedIsRefusedBesideItsField(t *testing.T) {
	store := filledStore()
	s := signedIn(t, store, catalog())
	for query, field := range map[string]string{"table=public.orders&key=x": "key", "table=public.orders&key=": "key", "table=&key=1": "table", "table=a.b.c.d&key=1": "table"} {
		a := s.get("/records?" + query)
		wantCode(t, a, http.StatusUnprocessableEntity)
		if len(a.page.all("#f-"+field+"-error")) != 1 {
			t.Errorf("%s: nothing stands beside the %s", query, field)
		}
	}
	s.target.down = retention.ErrUnavailable
	a := s.get("/records?table=public.orders&key=17")
	wantCode(t, a, http.StatusServiceUnavailable)
	if a.page.value("key") != "17" || a.page.value("table") != "public.orders" {
		t.Error("what was asked for is not kept in an outage")
	}
}

// TestHeldRecordsLeadToTheirExplanation whatever characters their keys have.
func TestHeldRecordsLeadToTheirExplanation(t *testing.T) {
	for _, key := range []retention.Key{{"4711"}, {"a/b?c&d=\"e\"\n%20"}, {"42", "x,y"}} {
		u, err := url.Parse(recordHref(retention.TableName{Schema: "public", Name: `Order "Lines"`}, key))
		if err != nil {
			t.Fatal(err)
		}
		name, err := retention.ParseTableName(u.Query().Get("table"))
		if err != nil || name.Name != `Order "Lines"` || u.Query().Get("key") != keyText(key) {
			t.Errorf("%q leads to %s", key, u)
		}
	}
	a := signedIn(t, filledStore(), catalog()).get("/holds/" + holdID)
	if len(a.page.all(`a[href=/records?key=4711&table=public.orders]`)) != 1 {
		t.Error("a hold's record does not lead to its explanation")
	}
}
