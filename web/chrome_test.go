package web

import (
	"context"
	_ "embed"
	"fmt"
	"net/http"
	"net/http/httptest"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// axe is npm's axe-core 4.14.1 (MPL-2.0), which judges a page's accessibility.
//
//go:embed testdata/axe.min.js
var axe string

// browser is the one of this test binary: to start one costs as much as most tests that
// use it. It begins with the first of them, and TestMain ends it.
var browser = sync.OnceValues(func() (context.Context, error) {
	browserBegan.Store(true)
	ctx, _ := chromedp.NewContext(context.Background(), chromedp.WithAllocatorOptions(
		chromedp.NoSandbox, chromedp.Flag("disable-gpu", true), chromedp.Flag("disable-quic", true), chromedp.Flag("disable-component-update", true)))
	return ctx, chromedp.Do(ctx)
})

var browserBegan atomic.Bool

// stopBrowser also removes what it has written.
func stopBrowser() error {
	if !browserBegan.Load() {
		return nil
	}
	ctx, err := browser()
	if err != nil {
		return nil // the tests have told
	}
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	return chromedp.Cancel(ctx)
}

// chrome is a window of one test, with its own cookies and storage, which ends with it.
func chrome(t *testing.T) context.Context {
	t.Helper()
	found := false
	for _, name := range []string{"chromium", "chromium-browser", "google-chrome", "chrome"} {
		_, err := exec.LookPath(name)
		found = found || err == nil
	}
	if !found {
		t.Fatal("no chromium in PATH; `make test` installs it (Debian: apt-get install chromium)")
	}
	shared, err := browser()
	if err != nil {
		t.Fatalf("start the browser: %v", err)
	}
	ctx, cancel := chromedp.NewContext(shared, chromedp.WithNewBrowserContext())
	t.Cleanup(cancel)
	if err := chromedp.Do(ctx, chromedp.Func(watch)); err != nil {
		t.Fatalf("open a window of the browser: %v", err)
	}
	return ctx
}

// watch has every page note what its content security policy refuses and which
// script fails.
func watch(ctx context.Context, t *chromedp.Target) error {
	_, err := cdp.Call(ctx, t, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: `
		window.faults = [];
		document.addEventListener("securitypolicyviolation", e => window.faults.push(e.violatedDirective + " refused " + e.blockedURI + " " + e.sourceFile));
		window.addEventListener("error", e => window.faults.push(e.message), true);`})
	return err
}

// checkClean fails the test with what the page in view noted.
func checkClean(ctx context.Context, t *testing.T, what string) {
	t.Helper()
	faults, err := chromedp.Run(ctx, chromedp.Evaluate[[]string]("window.faults"))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if len(faults) > 0 {
		t.Errorf("%s: %q", what, faults)
	}
}

// view is one way in which a page is looked at.
type view struct {
	name   string
	width  int64
	scheme string
}

var views = []view{
	{"wide-light", 1440, "light"}, {"narrow-dark", 390, "dark"}, {"wide-dark", 1440, "dark"}, {"narrow-light", 390, "light"},
}

// wanted are the views in which the i-th page is looked at: all of them in the long form and
// where pictures are taken, else one, each page in another than the one before.
func wanted(i int) []view {
	if os.Getenv(envPictures) != "" || pgtest.Long() {
		return views
	}
	return views[i%len(views):][:1]
}

// envPictures names the directory into which pictures are taken; without it none are.
const envPictures = "HOLDFAST_PICTURES"

func (w view) set() chromedp.Action[chromedp.Void] {
	return chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		height := int64(1000)
		var more []chromedp.EmulateViewportOption
		if w.width < 800 {
			height, more = 844, append(more, chromedp.EmulateMobile)
		}
		if _, err := chromedp.EmulateViewport(w.width, height, more...)(ctx, t); err != nil {
			return err
		}
		_, err := cdp.Call(ctx, t, emulation.SetEmulatedMedia, emulation.SetEmulatedMediaParams{
			Features: []*emulation.MediaFeature{{Name: "prefers-color-scheme", Value: w.scheme}},
		})
		return err
	})
}

// violation is what axe found, with the elements.
type violation struct {
	ID    string
	Help  string
	Nodes []struct {
		Target []any
		HTML   string
	}
}

// bringAxe has the browser put axe into every page from now on: sent to each page by
// itself it took longer than all that it finds.
func bringAxe(ctx context.Context, t *testing.T) {
	t.Helper()
	err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, tab *chromedp.Target) error {
		_, err := cdp.Call(ctx, tab, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: axe})
		return err
	}))
	if err != nil {
		t.Fatalf("load axe: %v", err)
	}
}

// checkAccess fails the test with everything that axe finds on the page in view; bringAxe
// comes before the page.
func checkAccess(ctx context.Context, t *testing.T, what string) {
	t.Helper()
	const run = `axe.run(document, {runOnly: ["wcag2a","wcag2aa","wcag21a","wcag21aa","wcag22aa","best-practice"], resultTypes: ["violations"]})
		.then(r => r.violations.map(v => ({ID: v.id, Help: v.help, Nodes: v.nodes.map(n => ({Target: n.target, HTML: n.html}))})))`
	found, err := chromedp.Run(ctx, chromedp.Evaluate[[]violation](run, chromedp.EvalAwaitPromise))
	if err != nil {
		t.Fatalf("%s: run axe: %v", what, err)
	}
	for _, v := range found {
		for _, n := range v.Nodes {
			t.Errorf("%s: %s: %s at %v: %.200s", what, v.ID, v.Help, n.Target, n.HTML)
		}
	}
}

// checkWidth fails if the page has to be scrolled sideways.
func checkWidth(ctx context.Context, t *testing.T, what string) {
	t.Helper()
	over, err := chromedp.Run(ctx, chromedp.Evaluate[int]("document.documentElement.scrollWidth - document.documentElement.clientWidth"))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if over > 0 {
		t.Errorf("%s: the page is %d px wider than the window", what, over)
	}
}

// takePicture keeps the page in view as a file, if a folder was asked for.
func takePicture(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	dir := os.Getenv(envPictures)
	if dir == "" {
		return
	}
	if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void]("scrollTo(0, 0)")); err != nil {
		t.Fatalf("picture %s: %v", name, err)
	}
	png, err := chromedp.Run(ctx, chromedp.FullScreenshot(100))
	if err == nil {
		err = os.MkdirAll(dir, 0o755)
	}
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, name+".png"), png, 0o644)
	}
	if err != nil {
		t.Fatalf("picture %s: %v", name, err)
	}
}

// look is one page to be looked at. press, if given, names a button that is pressed
// before; fill is script that fills its form.
type look struct {
	name, path  string
	fill, press string
	from        *testSite
}

// looks is every page that there is: filled, empty and refused.
func looks(filled, empty, down, fresh, anonymous, cooling, related, narrower, breached *testSite) []look {
	return []look{
		{name: "sign-in", path: "/sign-in", from: anonymous},
		{name: "sign-in-refused", path: "/sign-in", from: anonymous, fill: `email.value = "jane@example.com"; password.value = "wrong"`, press: "form button"},
		{name: "sign-in-first", path: "/sign-in", from: fresh},
		{name: "overview", path: "/", from: filled},
		{name: "overview-empty", path: "/", from: empty},
		{name: "overview-down", path: "/", from: down},
		{name: "policies", path: "/policies", from: filled},
		{name: "policies-empty", path: "/policies", from: empty},
		{name: "policies-none-found", path: "/policies?q=nothing+like+it", from: filled},
		{name: "policy", path: "/policies/session_logs?simulate=1", from: filled},
		{name: "policy-what-if", path: "/policies/session_logs?simulate=1&period=30+days&as_of=2026-01-01", from: filled},
		{name: "policy-archive", path: "/policies/orders", from: filled},
		{name: "policy-anonymize", path: "/policies/inactive_customers", from: filled},
		{name: "policy-retired", path: "/policies/newsletter", from: filled},
		{name: "policy-new", path: "/policies/new", from: filled},
		{name: "policy-new-refused", path: "/policies/new", from: filled, press: ".buttons .primary"},
		{name: "policy-edit", path: "/policies/inactive_customers/edit", from: filled},
		{name: "policy-preview", path: "/policies/session_logs/edit", from: filled, press: `.buttons button:not(.primary)`},
		{name: "policy-save-asked", path: "/policies/session_logs/edit", from: filled, press: ".buttons .primary"},
		{name: "policy-retire", path: "/policies/session_logs/retire", from: filled},
		{name: "holds", path: "/holds", from: filled},
		{name: "holds-empty", path: "/holds", from: empty},
		{name: "hold", path: "/holds/" + holdID, from: filled},
		{name: "hold-review-due", path: "/holds/0195-tax", from: filled},
		{name: "hold-applying", path: "/holds/0195-new", from: filled},
		{name: "hold-cooling-off", path: "/holds/" + holdID, from: cooling},
		{name: "hold-widen", path: "/holds/" + holdID + "/widen?table=public.orders", from: filled},
		{name: "hold-widen-refused", path: "/holds/" + holdID + "/widen", from: filled, press: ".buttons .primary"},
		{name: "hold-widen-preview", path: "/holds/" + holdID + "/widen?table=public.orders", from: filled, fill: `document.querySelector("[name='scope.0.record_ids']").value = "4711\n4799"`, press: ".preview .button"},
		{name: "hold-narrow", path: "/holds/" + holdID + "/narrow", from: filled, fill: `document.querySelector("[name='part.0.on']").click()`},
		{name: "hold-narrow-preview", path: "/holds/" + holdID + "/narrow", from: filled, fill: `document.querySelector("[name='part.0.on']").click(); document.querySelector("[name='part.0.record_ids']").value = "4711\n4712\n4713"`, press: "#narrow-form button:not(.danger)"},
		{name: "hold-narrow-refused", path: "/holds/" + holdID + "/narrow", from: filled, press: ".buttons .danger"},
		{name: "hold-narrowed", path: "/holds/" + holdID, from: narrower},
		{name: "hold-narrowed-proof", path: "/holds/" + holdID + "/proof", from: narrower},
		{name: "hold-awaits-list", path: "/holds/0195-new", from: cooling},
		{name: "hold-list-sent", path: "/holds/0195-new", from: cooling, press: "#upload button", fill: `const files = new DataTransfer(); files.items.add(new File(["id,name\n4711,A\n4712,B\nn/a,C\n4711,A\n9999,D\n"], "list.csv", {type: "text/csv"})); document.querySelector("[name=list]").files = files.files`},
		{name: "hold-fail-safe", path: "/holds/0195-tax", from: cooling},
		{name: "hold-not-enforced", path: "/holds/" + holdID, from: breached},
		{name: "holds-not-enforced", path: "/holds?due=fault", from: breached},
		{name: "overview-not-enforced", path: "/", from: breached},
		{name: "overview-fail-safe", path: "/", from: cooling},
		{name: "matters", path: "/matters", from: filled},
		{name: "matter", path: "/matters/m" + holdID, from: filled},
		{name: "hold-release", path: "/holds/" + holdID + "/release", from: filled},
		{name: "hold-proof", path: "/holds/" + holdID + "/proof", from: filled},
		{name: "holds-calendar", path: "/holds/calendar", from: cooling},
		{name: "hold-released", path: "/holds/0194-old", from: filled},
		{name: "hold-new", path: "/holds/new?table=public.orders", from: filled},
		{name: "hold-new-condition", path: "/holds/new?table=public.orders", from: filled, fill: `document.querySelector("[value=condition]").click(); document.querySelector("[name='scope.0.condition']").value = "customer_id = 42"`},
		{name: "hold-new-preview", path: "/holds/new?table=public.orders&id=4711%0A4712%0A4720", from: filled, press: ".preview .button"},
		{name: "hold-new-family", path: "/holds/new?table=public.orders&id=4711%0A4712%0A4720", from: filled, fill: `document.querySelector("[value=family]").click(); document.querySelector("[name='scope.0.depth']").value = "2"`, press: ".preview .button"},
		{name: "hold-family", path: "/holds/" + holdID, from: related},
		{name: "hold-new-refused", path: "/holds/new", from: filled, press: ".buttons .primary"},
		{name: "runs", path: "/runs", from: filled},
		{name: "runs-empty", path: "/runs", from: empty},
		{name: "run", path: "/runs/0195-run-ok", from: filled},
		{name: "run-live", path: "/runs/0195-run-live", from: filled},
		{name: "run-queued", path: "/runs/0195-run-queued", from: filled},
		{name: "run-paused", path: "/runs/0195-run-paused", from: filled},
		{name: "run-cancelled", path: "/runs/0195-run-cancelled", from: filled},
		{name: "run-asks", path: "/runs/0195-run-asks", from: filled},
		{name: "run-approve", path: "/runs/0195-run-asks/approve", from: filled},
		{name: "run-approve-refused", path: "/runs/0195-run-asks/approve", from: filled, press: ".buttons .danger"},
		{name: "run-cancel", path: "/runs/0195-run-live/cancel", from: filled},
		{name: "runs-none-found", path: "/runs?status=failed&from=2026-01-01", from: filled},
		{name: "runs-refused", path: "/runs?from=soon", from: filled},
		{name: "run-partial", path: "/runs/0195-run-partial", from: filled},
		{name: "run-simulation", path: "/runs/0195-run-dry", from: filled},
		{name: "run-choose", path: "/runs/new", from: filled},
		{name: "run-confirm", path: "/runs/confirm?policy=session_logs&policy=inactive_customers", from: filled},
		{name: "run-archived", path: "/runs/0195-run-archive", from: filled},
		{name: "restores", path: "/restores", from: filled},
		{name: "restores-empty", path: "/restores", from: empty},
		{name: "restore-new", path: "/restores/new", from: filled},
		{name: "restore-ask", path: "/restores/new?run=0195-run-archive", from: filled},
		{name: "restore-ask-record", path: "/restores/new?table=public.orders&key=5001", from: filled},
		{name: "restore-refused", path: "/restores/new?run=0195-run-archive", from: filled, fill: `document.querySelector("[name=reason]").value = "x"`, press: ".buttons .primary"},
		{name: "restore", path: "/restores/0195-restore-ok", from: filled},
		{name: "restore-live", path: "/restores/0195-restore-live", from: filled},
		{name: "restore-failed", path: "/restores/0195-restore-failed", from: filled},
		{name: "doctor", path: "/doctor", from: filled},
		{name: "coverage", path: "/coverage", from: filled},
		{name: "exempt", path: "/coverage/exempt?table=public.orders", from: filled},
		{name: "end-exemption", path: "/coverage/end-exemption?table=public.order_lines", from: filled},
		{name: "records", path: "/records", from: filled},
		{name: "record-held", path: "/records?table=public.orders&key=4711", from: filled},
		{name: "record-due", path: "/records?table=public.session_logs&key=4710", from: filled},
		{name: "record-gone", path: "/records?table=public.orders&key=5001", from: filled},
		{name: "record-refused", path: "/records?table=public.orders&key=x", from: filled},
		{name: "schedules", path: "/schedules", from: filled},
		{name: "schedules-empty", path: "/schedules", from: empty},
		{name: "schedule", path: "/schedules/nightly", from: filled},
		{name: "schedule-overdue", path: "/schedules/sessions_hourly", from: filled},
		{name: "schedule-disabled", path: "/schedules/weekly_archive", from: filled},
		{name: "schedule-new", path: "/schedules/new", from: filled},
		{name: "schedule-edit", path: "/schedules/weekly_archive/edit", from: filled},
		{name: "schedule-refused", path: "/schedules/new", from: filled, fill: `document.querySelector("[name=cron]").value = "0 3 30 2 *"; document.querySelector("[name=time_zone]").value = "Mars"`, press: ".buttons .primary"},
		{name: "retention-schedule", path: "/retention-schedule", from: filled},
		{name: "retention-schedule-empty", path: "/retention-schedule", from: empty},
		{name: "subscribers", path: "/subscribers", from: filled},
		{name: "subscribers-empty", path: "/subscribers", from: empty},
		{name: "subscriber-new", path: "/subscribers/new", from: filled},
		{name: "subscriber-new-refused", path: "/subscribers/new", from: filled, press: ".buttons .primary"},
		{name: "subscriber", path: "/subscribers/" + subscriberID, from: filled},
		{name: "subscriber-up-to-date", path: "/subscribers/0195-bus", from: filled},
		{name: "subscriber-rotate", path: "/subscribers/" + subscriberID + "/rotate", from: filled},
		{name: "subscriber-rotated", path: "/subscribers/" + subscriberID + "/rotate", from: filled, press: ".buttons button"},
		{name: "subscriber-end", path: "/subscribers/" + subscriberID + "/end", from: filled},
		{name: "audit", path: "/audit", from: filled},
		{name: "menu", path: "/settings", from: filled, fill: `document.querySelector(".phone-nav details").open = true`},
		{name: "audit-empty", path: "/audit", from: empty},
		{name: "events", path: "/events", from: filled, fill: `document.querySelector(".detail details").open = true`},
		{name: "events-empty", path: "/events", from: empty},
		{name: "policy-tells", path: "/policies/support_tickets", from: filled},
		{name: "policy-tells-edit", path: "/policies/support_tickets/edit", from: filled},
		{name: "settings", path: "/settings", from: filled},
		{name: "people", path: "/settings/people", from: filled},
		{name: "tokens", path: "/settings/tokens", from: filled},
		{name: "tokens-new", path: "/settings/tokens", from: filled, fill: `document.querySelector("[name=name]").value = "nightly"`, press: "form.narrow button"},
		{name: "tokens-empty", path: "/settings/tokens", from: empty},
		{name: "token-revoke", path: "/settings/tokens/token-1/revoke", from: filled},
		{name: "not-found", path: "/holds/nowhere", from: filled},
	}
}

// TestEveryPageIsAccessible walks every page, wide and narrow, light and dark: axe
// finds nothing, nothing is wider than the window, no script or style is refused by
// the content security policy, and no page is heavy. With HOLDFAST_PICTURES it
// leaves a picture of each in that folder.
func TestEveryPageIsAccessible(t *testing.T) {
	demo := Options{Demo: &DemoSignIn{Email: "jane@example.com", Password: testPassword}}
	filled, empty := signedIn(t, filledStore(), catalog()), signedIn(t, emptyStore(), catalog())
	outage := signedIn(t, filledStore(), catalog())
	cooling := signedIn(t, filledStore(), catalog())
	// A hold with what belongs to its records.
	related := signedIn(t, filledStore(), catalog())
	related.store.holds[0].Scope[0].Family = &retention.Family{}
	related.store.holds[0].Scope[0].Belongings = []retention.FamilyTable{{Table: public("order_lines"), RecordCount: 61}, {Table: public("parcels"), RecordCount: 18}, {Table: public("notes")}}
	narrower := signedIn(t, filledStore(), catalog())
	fallsOut(narrower.store)
	breached := signedIn(t, filledStore(), catalog())
	notEnforced(breached.store)
	h := &cooling.store.holds[0]
	ends, review := atTest.Add(50*time.Hour), atTest.Add(-30*time.Hour)
	h.Status, h.ReleasesAt, h.ReleasedBy, h.ReleaseReason = retention.HoldReleasing, &ends, "jane@example.com", "Settled out of court."
	cooling.store.holds[2].ReviewAt = &review
	awaitsList(cooling.store)
	fresh := newSite(t, newFakeStore(atTest), catalog())
	anonymous := newSiteWith(t, filledStore(), catalog(), demo)
	outage.breakDown()
	ctx := chrome(t)
	bringAxe(ctx, t)
	// One origin for all: for each new one the browser starts a process.
	var at atomic.Pointer[testSite]
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { at.Load().asBrowser().ServeHTTP(w, r) }))
	t.Cleanup(srv.Close)
	for i, l := range looks(filled, empty, outage, fresh, anonymous, cooling, related, narrower, breached) {
		t.Run(l.name, func(t *testing.T) {
			at.Store(l.from)
			lookAt(ctx, t, srv, i, l)
		})
	}
}

func lookAt(ctx context.Context, t *testing.T, srv *httptest.Server, i int, l look) {
	if _, err := chromedp.RunResponse(ctx, chromedp.Navigate(srv.URL+l.path)); err != nil {
		t.Fatalf("open %s: %v", l.path, err)
	}
	if l.press != "" {
		press := fmt.Sprintf(`(() => { %s; const b = document.querySelector(%q); b.removeAttribute("hx-post"); b.form.noValidate = true; b.form.requestSubmit(b) })()`, l.fill, l.press)
		if _, err := chromedp.RunResponse(ctx, chromedp.Evaluate[chromedp.Void](press)); err != nil {
			t.Fatalf("press %s on %s: %v", l.press, l.path, err)
		}
	} else if l.fill != "" {
		if err := chromedp.Do(ctx, chromedp.Evaluate[chromedp.Void](l.fill+"; 0")); err != nil {
			t.Fatalf("%s on %s: %v", l.fill, l.path, err)
		}
	}
	for _, w := range wanted(i) {
		what := l.name + "-" + w.name
		if err := chromedp.Do(ctx, w.set()); err != nil {
			t.Fatalf("%s: %v", what, err)
		}
		checkAccess(ctx, t, what)
		checkWidth(ctx, t, what)
		takePicture(ctx, t, what)
	}
	checkWeight(ctx, t, l.name)
	checkClean(ctx, t, l.name)
}

// maxWeight is the most that one page may cost on the wire, with everything it
// loads.
const maxWeight = 100_000

func checkWeight(ctx context.Context, t *testing.T, what string) {
	t.Helper()
	const sum = `performance.getEntriesByType("navigation").concat(performance.getEntriesByType("resource")).map(e => e.transferSize).reduce((a, b) => a + b, 0)`
	n, err := chromedp.Run(ctx, chromedp.Evaluate[float64](sum))
	if err != nil {
		t.Fatalf("%s: %v", what, err)
	}
	if n > maxWeight {
		t.Errorf("%s: %d bytes on the wire, want at most %d", what, int(n), maxWeight)
	}
}
