package web

import (
	"context"
	"fmt"
	"log/slog"
	"net/http/httptest"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/httpauth"
	"holdfast/internal/jobs"
	"holdfast/internal/notify"
	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

func TestMain(m *testing.M) {
	code := pgtest.Run(m)
	if err := stopBrowser(); err != nil {
		fmt.Fprintln(os.Stderr, "stop the browser:", err)
		code = max(code, 1)
	}
	os.Exit(code)
}

// product is the whole of Holdfast in this process, over a database of the test.
type product struct {
	url     string // of the pages
	db      string
	engine  *engine.Engine
	manager *jobs.Manager
	jane    retention.Actor
}

func newProduct(t *testing.T) *product {
	t.Helper()
	return newProductWith(t, retention.Period{})
}

// newProductWith is one in which the release of a hold cools off.
func newProductWith(t *testing.T, releaseDelay retention.Period) *product {
	t.Helper()
	ctx, db := t.Context(), pgtest.New(t)
	st, err := store.Open(ctx, db, store.Options{})
	must(t, err)
	t.Cleanup(st.Close)
	must(t, store.Migrate(ctx, st.Pool()))
	must(t, target.Migrate(ctx, db))
	tg, err := target.Open(ctx, db, target.Options{Secret: []byte("a secret of thirty-two characters")})
	must(t, err)
	t.Cleanup(tg.Close)
	sender := notify.New(notify.Options{AllowPrivate: true}) // receivers of the tests are here
	t.Cleanup(sender.Close)
	p := &product{db: db, engine: engine.New(st, tg, engine.Options{
		Hasher: fakeHasher{}, Pace: retention.PaceMax, Sender: sender, Secret: []byte("a secret of thirty-two characters"), ReleaseDelay: releaseDelay,
	})}
	_, err = p.engine.CreateUser(ctx, retention.System(), "jane@example.com", "Jane Doe", testPassword)
	must(t, err)
	p.jane, err = p.engine.SignIn(ctx, "jane@example.com", testPassword, "127.0.0.1")
	must(t, err)
	p.manager, err = jobs.New(p.engine, st.Pool(), store.Schema, jobs.Limits{}, slog.New(slog.DiscardHandler))
	must(t, err)
	must(t, p.manager.Start(ctx))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 10*time.Second)
		defer cancel()
		must(t, p.manager.Stop(ctx, 5*time.Second))
	})
	opts := Options{Version: "test"}
	auth := httpauth.New(p.engine, st.Sessions(), httpauth.Options{PageError: ErrorPage(opts)})
	srv := httptest.NewServer(New(p.engine, auth, opts))
	t.Cleanup(srv.Close)
	p.url = srv.URL
	return p
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// signedIn is a person at a page, to whom the way led through the sign-in.
func (p *product) signedIn(t *testing.T, path string) *person {
	t.Helper()
	b := &person{t: t, ctx: chrome(t), url: p.url}
	b.open(path)
	b.wait(`location.pathname === "/sign-in"`)
	b.fill("email", "jane@example.com")
	b.fill("password", testPassword)
	b.press("Sign in")
	b.wait(fmt.Sprintf(`location.pathname === %q`, path))
	return b
}

// TestPlacedHoldSurvivesARunInTheBrowser goes the way of the main story: sign in,
// place a hold, run, and see that what is held was left alone.
func TestPlacedHoldSurvivesARunInTheBrowser(t *testing.T) {
	p := newProduct(t)
	pgtest.Exec(t, p.db, `CREATE TABLE public.orders (id bigint PRIMARY KEY, closed_at timestamptz NOT NULL);
		INSERT INTO public.orders SELECT i, now() - make_interval(days => i) FROM generate_series(1, 100) AS i`)
	policy := policyOf("orders", "orders", "closed_at", "P30D", "HGB § 257", retention.ActionDelete)
	_, err := p.engine.CreatePolicy(t.Context(), p.jane, policy)
	must(t, err)

	b := p.signedIn(t, "/holds/new")
	b.fill("matter", "ACME v. Initech")
	b.fill("reason", "Evidence in the district court's case 7 O 112/26")
	b.fill("scope.0.table", "public.orders")
	b.fill("scope.0.record_ids", "71\n72\n73\n4711")
	b.choose("expiry", "none")
	b.press("Place hold")
	b.wait(`/^\/holds\/./.test(location.pathname)`)
	b.sees(".answer", "ACME v. Initech holds 3 records in public.orders, and 1 id that has no row yet, since")
	b.sees("main", "1 id of public.orders had no row when the hold was placed.")

	b.open("/")
	b.press("Run now")
	b.press("Show what would happen")
	b.sees(".answer", "A run now would delete 68 records. This cannot be undone.")
	b.press("Run now: delete 68 records")
	b.wait(`/^\/runs\/./.test(location.pathname)`)
	b.wait(`document.querySelector(".answer").innerText.startsWith("Disposed of")`)
	b.sees(".answer", "Disposed of 68 records under 1 policy in")
	b.sees(".answer", "3 held, 0 blocked by references. Nothing failed.")

	got := pgtest.Value[string](t, p.db, `SELECT string_agg(id::text, ' ' ORDER BY id) FROM public.orders WHERE closed_at < now() - interval '30 days' AND id <> 30`)
	if got != "71 72 73" {
		t.Errorf("due rows that are left: got %q, want %q", got, "71 72 73")
	}
}

// TestBatchesAreInTheRunLogRightAfterTheRun: the carrier's own turn comes every five
// seconds, which five runs in a row would hardly be lucky with. One may be late: the
// machine has others to serve.
func TestBatchesAreInTheRunLogRightAfterTheRun(t *testing.T) {
	p := newProduct(t)
	pgtest.Exec(t, p.db, `CREATE TABLE public.orders (id bigint PRIMARY KEY, closed_at timestamptz NOT NULL)`)
	_, err := p.engine.CreatePolicy(t.Context(), p.jane, policyOf("orders", "orders", "closed_at", "P30D", "HGB § 257", retention.ActionDelete))
	must(t, err)
	var late int
	for range 5 {
		pgtest.Exec(t, p.db, `INSERT INTO public.orders SELECT i, now() - interval '400 days' FROM generate_series(1, 100) AS i`)
		run, err := p.engine.RequestRun(t.Context(), p.jane, engine.RunRequest{})
		must(t, err)
		pgtest.Await(t, "the run's batches", func() bool {
			list, _, err := p.engine.Batches(t.Context(), p.jane, run.ID, "", false, retention.Page{})
			must(t, err)
			return len(list) > 0
		})
		after := pgtest.Value[float64](t, p.db, `SELECT extract(epoch FROM max(b.carried_at) - max(r.finished_at))::float8 FROM holdfast.batch AS b JOIN holdfast.run AS r ON r.id::text = b.run_id WHERE r.id::text = $1`, run.ID)
		if after > 2.5 {
			late++
			t.Logf("batches came %.1f s after their run's end", after)
		}
	}
	if late > 1 {
		t.Errorf("the batches of %d runs of 5 came late", late)
	}
}

// TestALiveRunIsPausedResumedAndCancelledInTheBrowser watches a run whose page
// refreshes by itself, with the focus kept and the state said when it changes.
func TestALiveRunIsPausedResumedAndCancelledInTheBrowser(t *testing.T) {
	p := newProduct(t)
	// A batch has one block at the least: with few rows in each, the run lasts.
	pgtest.Exec(t, p.db, `CREATE TABLE public.orders (id bigint PRIMARY KEY, closed_at timestamptz NOT NULL) WITH (fillfactor = 10);
		INSERT INTO public.orders SELECT i, now() - interval '400 days' FROM generate_series(1, 30000) AS i;
		INSERT INTO public.orders SELECT -i, now() FROM generate_series(1, 90000) AS i;
		CREATE INDEX ON public.orders (closed_at); ANALYZE public.orders;`)
	policy := policyOf("orders", "orders", "closed_at", "P30D", "HGB § 257", retention.ActionDelete)
	policy.BatchSize = 1
	_, err := p.engine.CreatePolicy(t.Context(), p.jane, policy)
	must(t, err)
	run, err := p.engine.RequestRun(t.Context(), p.jane, engine.RunRequest{Pace: retention.PaceDefault})
	must(t, err)
	b := &person{t: t, ctx: chrome(t), url: p.url}
	b.open("/runs/" + run.ID)
	b.wait(`location.pathname === "/sign-in"`)
	b.fill("email", "jane@example.com")
	b.fill("password", testPassword)
	b.press("Sign in")
	b.sees(".answer", "Has disposed of")
	const figure = `document.querySelector("article .big").innerText`

	// It goes on without a reload, and leaves the focus and the place on the page.
	b.wait(`document.getElementById("run-pause") !== null`)
	b.do("mark the page", chromedp.Evaluate[chromedp.Void](`window.marked = true; document.getElementById("run-pause").focus(); scrollTo(0, 200); window.before = `+figure+`; window.at = scrollY`))
	b.wait(figure + ` !== window.before && window.marked === true`)
	b.wait(`document.activeElement.id === "run-pause" && scrollY === window.at`)
	b.wait(`document.getElementById("live-says").innerText === ""`)

	b.press("Pause")
	b.sees(".answer", "Paused: has disposed of")
	paused, err := p.engine.Run(t.Context(), p.jane, run.ID)
	must(t, err)
	gone := pgtest.Value[int64](t, p.db, `SELECT 30000 - count(*) FROM public.orders WHERE id > 0`)
	if paused.Status != retention.RunPaused || paused.TotalProcessed != gone || gone == 0 {
		t.Errorf("the run is %s with %d rows, and %d are gone", paused.Status, paused.TotalProcessed, gone)
	}
	// Somebody else resumes it: the page says so, aloud, by itself.
	b.do("mark the page", chromedp.Evaluate[chromedp.Void](`window.marked = true`))
	_, err = p.engine.ResumeRun(t.Context(), p.jane, run.ID)
	must(t, err)
	b.wait(`document.getElementById("live-says").textContent.startsWith("Running. Has disposed of") && window.marked === true`)
	checkClean(b.ctx, t, "live run")

	b.press("Cancel")
	b.sees(".answer", "Cancel this run? What was committed stays; nothing is undone.")
	b.press("Cancel the run")
	b.sees(".answer", "It was cancelled before its end.")
	b.wait(`document.getElementById("live").getAttribute("hx-get") === null`)
	b.wait(`document.querySelectorAll("#batches tbody tr").length > 0`)
	got, err := p.engine.Run(t.Context(), p.jane, run.ID)
	must(t, err)
	gone = pgtest.Value[int64](t, p.db, `SELECT 30000 - count(*) FROM public.orders WHERE id > 0`)
	if got.Status != retention.RunCancelled || got.TotalProcessed != gone || gone <= paused.TotalProcessed {
		t.Errorf("the run is %s with %d rows, %d are gone, and %d were when it was paused", got.Status, got.TotalProcessed, gone, paused.TotalProcessed)
	}
}

// TestTheFormFollowsWhatIsTyped uses htmx as a browser does: the columns of the
// table just chosen and the sentence come without a reload.
func TestTheFormFollowsWhatIsTyped(t *testing.T) {
	site := signedIn(t, filledStore(), catalog())
	srv := httptest.NewServer(site.asBrowser())
	defer srv.Close()
	b := &person{t: t, ctx: chrome(t), url: srv.URL}
	b.open("/policies/new")
	b.fill("table", "public.customers")
	b.wait(`document.querySelector("[name=timestamp_column]").options.length > 1`)
	b.fill("timestamp_column", "last_seen_at")
	b.fill("retention_period", "3 years")
	b.choose("action", "delete")
	b.fill("legal_basis", "Storage limitation")
	b.sees("#sentence", "Delete rows of public.customers 3 years after last_seen_at. Basis: Storage limitation.")
	b.fill("name", "customers_new")
	b.press("Preview what would happen")
	b.wait(`document.querySelector("#preview").innerText.includes("A run now would")`)
	b.sees("#preview", "A run now would delete 12,383 records.")
	checkClean(b.ctx, t, "policy form")
}

// patience is for what is sure to come: a machine that is busy with other tests has
// taken half a minute to open a page.
const patience = 2 * time.Minute

// person uses the pages as people do: by labels and what buttons say.
type person struct {
	t   *testing.T
	ctx context.Context
	url string
}

func (b *person) do(what string, steps ...chromedp.Action[chromedp.Void]) {
	b.t.Helper()
	ctx, cancel := context.WithTimeout(b.ctx, patience)
	defer cancel()
	if err := chromedp.Do(ctx, steps...); err != nil {
		here, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
		b.t.Fatalf("%s: %v; the page is %s", what, err, here)
	}
}

func (b *person) open(path string) {
	b.t.Helper()
	b.do("open "+path, chromedp.Navigate(b.url+path))
}

// fill sets a field as typing does, as soon as there is one: htmx and the page see the
// events.
func (b *person) fill(name, value string) {
	b.t.Helper()
	b.wait(fmt.Sprintf(`!!document.querySelector('[name=%q]')`, name))
	b.do("fill "+name, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(
		`(() => { const f = document.querySelector('[name=%q]'); f.focus(); f.value = %q;
		  if (f.value !== %q) throw new Error("it has no such value");
		  f.dispatchEvent(new Event("input", {bubbles: true})); f.dispatchEvent(new Event("change", {bubbles: true})) })()`, name, value, value)))
}

func (b *person) choose(name, value string) {
	b.t.Helper()
	b.wait(fmt.Sprintf(`!!document.querySelector('[name=%q][value=%q]')`, name, value))
	b.do("choose "+value, chromedp.Evaluate[chromedp.Void](fmt.Sprintf(`document.querySelector('[name=%q][value=%q]').click()`, name, value)))
}

// press clicks the button or link that says text, as soon as there is one.
func (b *person) press(text string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("main button, main a.button")].find(e => e.innerText.trim() === %q)`, text)
	b.wait("!!" + find)
	b.do("press "+text, chromedp.Evaluate[chromedp.Void](find+".click()"))
}

// wait waits until the expression is true. Navigations in between are no failure.
func (b *person) wait(expression string) {
	b.t.Helper()
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	deadline := time.After(patience)
	for {
		// The address changes before the page has what is on it.
		ok, err := chromedp.Run(b.ctx, chromedp.Evaluate[bool](`document.readyState !== "loading" && (`+expression+")"))
		if err == nil && ok {
			return
		}
		select {
		case <-tick.C:
		case <-deadline:
			here, _ := chromedp.Run(b.ctx, chromedp.Evaluate[string]("location.href + '\\n' + document.body.innerText"))
			b.t.Fatalf("never true: %s (%v); the page is %s", expression, err, here)
		}
	}
}

// sees waits for the text in the element, with spaces folded.
func (b *person) sees(selector, text string) {
	b.t.Helper()
	b.wait(fmt.Sprintf(`((document.querySelector(%q) || {}).innerText || "").replace(/\s+/g, " ").includes(%q)`, selector, strings.Join(strings.Fields(text), " ")))
}
