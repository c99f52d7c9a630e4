package web

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"

	"github.com/chromedp/chromedp"
)

// gate holds the answers of the policy form's drafts that were asked for while it is
// shut, each after it was computed, until the test lets them go.
type gate struct {
	next  http.Handler
	shut  atomic.Bool
	asked chan struct{} // one for each answer that is held
	open  chan struct{} // closed lets all of them go
}

func newGate(next http.Handler) *gate {
	return &gate{next: next, asked: make(chan struct{}, 10), open: make(chan struct{})}
}

func (g *gate) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.Method != http.MethodPost || !g.shut.Load() {
		g.next.ServeHTTP(w, r)
		return
	}
	answer := httptest.NewRecorder()
	g.next.ServeHTTP(answer, r)
	g.asked <- struct{}{}
	select {
	case <-g.open:
	case <-r.Context().Done(): // the browser gave the request up
	}
	for k, v := range answer.Header() {
		w.Header()[k] = v
	}
	w.WriteHeader(answer.Code)
	_, _ = w.Write(answer.Body.Bytes())
}

// visitor is a person before the pages of h. The browser ends before the server,
// which waits for what the browser asked.
func visitor(t *testing.T, h http.Handler) *person {
	srv := httptest.NewServer(h)
	t.Cleanup(srv.Close)
	return &person{t: t, ctx: chrome(t), url: srv.URL}
}

// typeAll fills fields in one step of the page's script: nothing of the page's own
// runs between them.
const typeAll = `function typeAll(fields) {
	for (const [name, value] of Object.entries(fields)) {
		const f = document.querySelector("[name='" + name + "']");
		if (f.type === "radio") { document.querySelector("[name='" + name + "'][value='" + value + "']").click(); continue }
		f.value = value;
		f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new Event("change", {bubbles: true}));
	}
}`

const customersTyped = `{timestamp_column: "last_seen_at", retention_period: "3 years", action: "delete", legal_basis: "Storage limitation"}`

const customersSentence = "Delete rows of public.customers 3 years after last_seen_at. Basis: Storage limitation."

// TestTheSentenceHasWhatIsTypedTheMomentTheColumnsAreThere types in the very moment
// in which the chosen table's columns appear, before anything else can run.
func TestTheSentenceHasWhatIsTypedTheMomentTheColumnsAreThere(t *testing.T) {
	b := visitor(t, signedIn(t, filledStore(), catalog()).asBrowser())
	b.open("/policies/new")
	b.script(typeAll + fmt.Sprintf(`
		new MutationObserver((_, watcher) => {
			if (document.querySelector("[name=timestamp_column]").options.length < 2) return;
			watcher.disconnect();
			typeAll(%s);
		}).observe(document.body, {childList: true, subtree: true});`, customersTyped))
	b.fill("table", "public.customers")
	b.sees("#sentence", customersSentence)
	checkClean(b.ctx, t, "policy form")
}

// TestWhatIsTypedWhileTheColumnsAreOnTheirWayStays goes on typing while the answer
// to the choice of a table is still under way.
func TestWhatIsTypedWhileTheColumnsAreOnTheirWayStays(t *testing.T) {
	g := newGate(signedIn(t, filledStore(), catalog()).asBrowser())
	b := visitor(t, g)
	b.open("/policies/new")
	g.shut.Store(true)
	b.fill("table", "public.customers")
	<-g.asked
	b.script(typeAll + `typeAll({name: "customers_new", retention_period: "3 years", action: "delete", legal_basis: "Storage limitation"})`)
	<-g.asked // the sentence, which does not yet know the column
	g.shut.Store(false)
	close(g.open)
	b.wait(`document.querySelector("[name=timestamp_column]").options.length > 1`)
	b.fill("timestamp_column", "last_seen_at")
	b.sees("#sentence", customersSentence)
	b.wait(`document.querySelector("[name=name]").value === "customers_new"`)
	b.wait(`document.querySelector("[name=action]:checked").value === "delete"`)
}

// TestAnOlderSentenceDoesNotReplaceANewerOne lets the answer to an earlier state of
// the form arrive last.
func TestAnOlderSentenceDoesNotReplaceANewerOne(t *testing.T) {
	g := newGate(signedIn(t, filledStore(), catalog()).asBrowser())
	b := visitor(t, g)
	b.open("/policies/session_logs/edit")
	g.shut.Store(true)
	b.fill("legal_basis", "An older basis")
	<-g.asked
	g.shut.Store(false)
	b.fill("legal_basis", "A newer basis")
	b.sees("#sentence", "Basis: A newer basis.")
	close(g.open)
	b.fill("condition", "ip IS NOT NULL")
	b.sees("#sentence", "where ip IS NOT NULL. Basis: A newer basis.")
}

// TestWhatIsTypedWhileATableIsAddedToAHoldStays goes on typing while the answer is under
// way, and leaves a table out whose neighbours keep what they have.
func TestWhatIsTypedWhileATableIsAddedToAHoldStays(t *testing.T) {
	site := signedIn(t, emptyStore(), catalog())
	g := newGate(site.asBrowser())
	b := visitor(t, g)
	b.open("/holds/new?table=public.orders")
	g.shut.Store(true)
	b.press("Add another table")
	<-g.asked
	b.fill("matter", "ACME v. Initech")
	b.fill("scope.0.record_ids", "17")
	b.choose("expiry", "none")
	g.shut.Store(false)
	close(g.open)
	b.wait(`document.querySelector("[name='scope.1.table']") !== null`)
	b.press("Add another table")
	b.wait(`document.querySelector("[name='scope.2.table']") !== null`)
	b.fill("scope.1.record_ids", "18")
	b.fill("scope.2.table", "public.customers")
	b.fill("scope.2.record_ids", "19")
	b.script(`document.querySelector("#scope-1 .leave-out button").click()`)
	b.wait(`document.querySelector("#scope-1") === null`)
	b.press("Add another table")
	b.wait(`document.querySelector("[name='scope.3.table']") !== null && document.querySelectorAll(".scope").length === 3`)
	b.script(`document.querySelector("#scope-3 .leave-out button").click()`)
	b.wait(`document.querySelector("#scope-3") === null`)
	b.fill("reason", "Preservation letter")
	b.press("Place hold")
	b.wait(`/^\/holds\/0/.test(location.pathname)`)
	b.sees(".answer", "ACME v. Initech holds 2 records in public.orders and public.customers")
	checkClean(b.ctx, t, "hold form")
}

// script runs code in the page.
func (b *person) script(code string) {
	b.t.Helper()
	b.do("run a script", chromedp.Evaluate[chromedp.Void]("(() => { "+code+" })()"))
}
