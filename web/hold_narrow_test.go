package web

import (
	"net/http"
	"net/url"
	"testing"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func TestAPartOfAHoldFallsOutAndIsKeptOnItsPages(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	of := "/holds/" + holdID
	s.store.holds[0].ReleaseDelay = &retention.Period{Days: 14}
	a := s.get(of + "/narrow")
	wantText(t, a, "#narrow-form", "20 records of public.orders by id")
	wantText(t, a, "main", "What is chosen stays held for another 14 days, in which that can be taken back.")

	a = s.post(of+"/narrow", url.Values{"part.0.record_ids": {"4711"}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#problems", "choose what need not stay any more")
	wantText(t, a, "#f-change_reason-error", "Is required: why these records need not be kept any more")
	if got := a.page.value("part.0.record_ids"); got != "4711" {
		t.Errorf("what was typed is %q now", got)
	}
	nonce := a.page.value("nonce")
	both := url.Values{"nonce": {nonce}, "part.0.on": {"true"}, "part.1.on": {"true"}, "change_reason": {"Not evidence"}}
	a = s.post(of+"/narrow", both)
	wantCode(t, a, http.StatusConflict)
	wantText(t, a, "#problems", "release it instead")
	odd := url.Values{"nonce": {nonce}, "part.0.on": {"true"}, "part.0.record_ids": {"4711\n\n47x2"}, "change_reason": {"Not evidence"}}
	for _, to := range []string{"/narrow", "/narrow/preview"} {
		a = s.post(of+to, odd)
		wantCode(t, a, http.StatusUnprocessableEntity)
		wantText(t, a, "#f-part.0.record_ids-error", `Line 3: "47x2" is not a bigint`)
	}

	some := url.Values{"nonce": {nonce}, "part.0.on": {"true"}, "part.0.record_ids": {"4711\n4712\n4713"}, "change_reason": {"Not evidence"}}
	a = s.post(of+"/narrow/preview", some)
	wantCode(t, a, http.StatusOK)
	wantText(t, a, "#becomes", "The first run after 17 March 2026, 08:12 UTC, when they have fallen out, takes 2 of these records.")
	if got := a.page.value("change_reason"); got != "Not evidence" {
		t.Errorf("the reason is %q now", got)
	}
	a = s.post(of+"/narrow", some)
	wantCode(t, a, http.StatusSeeOther)
	if twice := s.post(of+"/narrow", some); twice.code != http.StatusSeeOther || twice.location != a.location || len(s.store.holds[0].Scope) != 3 {
		t.Errorf("sent twice: got %d to %q and %d scopes, want what the first led to", twice.code, twice.location, len(s.store.holds[0].Scope))
	}
	a = s.get(a.location)
	wantText(t, a, ".notice", "It is recorded. What falls out of the hold, and until when it is held")
	wantText(t, a, "#falling", "3 records of public.orders by id: held until 17 March 2026, 08:12 UTC")
	wantText(t, a, "#falling", "Not evidence")
	wantText(t, a, ".timeline", "Asked for the hold to cover less by jane@example.com")
	wantText(t, s.get("/holds/calendar"), "main", "a part falls out of the hold")

	a = s.post(of+"/narrow/take-back", url.Values{"index": {"2"}, "keep.2": {" "}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-keep.2-error", "Is required: why these records are kept")
	a = s.post(of+"/narrow/take-back", url.Values{"index": {"2"}, "keep.2": {"An appeal"}})
	wantCode(t, a, http.StatusSeeOther)
	a = s.get(a.location)
	wantText(t, a, ".notice", "these records stay held")
	if len(a.page.all("#falling")) != 0 {
		t.Error("something is to fall out still")
	}
	a = s.post(of+"/narrow", some)
	wantCode(t, a, http.StatusConflict)
	wantText(t, a, "#problems", "or was kept since")
	if fresh := a.page.value("nonce"); fresh == nonce || fresh == "" {
		t.Errorf("the form that is shown again has the key %q, want a new one", fresh)
	}
	wantCode(t, s.post(of+"/narrow/take-back", url.Values{"index": {"2"}, "keep.2": {"Again"}}), http.StatusConflict)
	wantCode(t, s.post(of+"/narrow/take-back", url.Values{"index": {"two"}}), http.StatusNotFound)
}

// TestAPartOfAHoldFallsOutInTheBrowser: a person sees what becomes due, lets some records of a
// list go, and once that has cooled off the next run takes them and nothing else.
func TestAPartOfAHoldFallsOutInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{Seconds: 2})
	list := retention.Scope{Table: initech().Table, RecordIDs: []retention.Key{{"40"}, {"41"}, {"42"}}}
	h, err := p.engine.PlaceHold(t.Context(), p.jane, retention.Hold{Matter: "ACME v. Initech", Reason: "a preservation letter", Scope: []retention.Scope{list, initech()}})
	must(t, err)
	b := p.signedIn(t, "/holds/"+h.ID)
	b.press("Cover less…")
	b.wait(`location.pathname.endsWith("/narrow")`)
	b.script(`document.querySelector("[name='part.0.on']").click()`)
	b.fill("part.0.record_ids", "40\n41")
	b.press("See what becomes due")
	b.sees("#becomes", "takes 1 of these records")
	b.sees("#becomes", "1 of them stays held all the same, by another hold or another part of this one.")
	b.fill("change_reason", "Two of the orders are not evidence.")
	led := b.sendTwice("#narrow-form", "")
	if n := pgtest.Value[int64](t, p.db, `SELECT count(*) FROM holdfast.audit WHERE action = 'hold.narrow'`); n != 1 || led[0] != "200 /holds/"+h.ID || led[1] != led[0] || led[2] != led[0] {
		t.Errorf("the hold was narrowed %d times, the presses led to %q, want once and the hold", n, led)
	}
	b.open("/holds/" + h.ID)
	b.sees(".timeline", "Two of the orders are not evidence.")
	b.opens("/holds/"+h.ID, `document.querySelector("main").innerText.includes("not covered any more, since")`)
	const kept = "30 40 42 50 60 70 80 90 100"
	if p.run(t); p.left(t) != kept {
		t.Errorf("due rows that are left: got %q, want %q", p.left(t), kept)
	}
	b.press("Proof")
	b.sees(".answer", "no covered record was disposed of by Holdfast between")
	b.sees("main", "when it fell out of the hold: 2 records by id")
}
