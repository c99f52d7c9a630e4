package web

import (
	"context"
	"fmt"
	"net/http/httptest"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"github.com/chromedp/cdproto/cdp"
	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/chromedp"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// heldOrders is a product with a hundred orders, one a day, of which all older than thirty
// days are due.
func heldOrders(t *testing.T, releaseDelay retention.Period) *product {
	t.Helper()
	p := newProductWith(t, releaseDelay)
	pgtest.Exec(t, p.db, `CREATE TABLE public.orders (id bigint PRIMARY KEY, customer text NOT NULL, closed_at timestamptz NOT NULL);
		INSERT INTO public.orders SELECT i, CASE WHEN i % 10 = 0 THEN 'Initech' ELSE 'others' END, now() - make_interval(days => i, hours => 1) FROM generate_series(1, 100) AS i`)
	_, err := p.engine.CreatePolicy(t.Context(), p.jane, policyOf("orders", "orders", "closed_at", "P30D", "HGB § 257", retention.ActionDelete))
	must(t, err)
	return p
}

// place places a hold as a person does elsewhere.
func (p *product) place(t *testing.T, scope retention.Scope) retention.Hold {
	t.Helper()
	h, err := p.engine.PlaceHold(t.Context(), p.jane, retention.Hold{Matter: "ACME v. Initech", Reason: "a preservation letter", Scope: []retention.Scope{scope}})
	must(t, err)
	return h
}

// run runs everything and waits for it.
func (p *product) run(t *testing.T) retention.Run {
	t.Helper()
	run, err := p.engine.RequestRun(t.Context(), p.jane, engine.RunRequest{})
	must(t, err)
	pgtest.Await(t, "the run's end", func() bool {
		run, err = p.engine.Run(t.Context(), p.jane, run.ID)
		must(t, err)
		return run.FinishedAt != nil
	})
	return run
}

func (p *product) left(t *testing.T) string {
	t.Helper()
	return pgtest.Value[string](t, p.db, `SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM public.orders WHERE closed_at < now() - interval '30 days'`)
}

func initech() retention.Scope {
	return retention.Scope{Table: public("orders"), Condition: "customer = 'Initech'"}
}

// TestAHoldIsPreviewedWhileItIsWrittenInTheBrowser: what it would cover stands beside the form
// and follows it, without a press.
func TestAHoldIsPreviewedWhileItIsWrittenInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{})
	b := p.signedIn(t, "/holds/new")
	b.sees("#hold-preview-body", "Choose a table and what of it must stay")
	b.fill("scope.0.table", "public.orders")
	b.fill("scope.0.record_ids", "71\n72\n4711")
	b.sees("#hold-preview-body", "It covers 2 records now. 2 would go with the next run without it.")
	b.sees("#hold-preview-body .keys", "71 72")
	b.sees("#hold-preview-body", "1 id has no row now.")
	b.sees("#hold-place", "Place hold on 2 records")

	b.choose("scope.0.what", "condition")
	b.fill("scope.0.condition", "customer = 'Initech'")
	b.sees("#hold-preview-body", "It covers 10 records now. 8 would go with the next run without it.")
	b.sees("#hold-preview-body .keys", "10 20 30")
	b.sees("#hold-preview-body", "8 of them are due under the policy orders (delete).")
	b.fill("scope.0.condition", "customer = 'Nobody'")
	b.sees("#hold-preview-body", "No record fits now. The hold can be placed all the same, and covers those that come to fit it.")
	b.fill("scope.0.condition", "customre = 'Initech'")
	b.sees("#hold-preview-body", "It cannot be placed so:")
	b.fill("scope.0.condition", "customer = 'Initech'")
	b.sees("#hold-place", "Place hold on 10 records")

	b.fill("matter", "ACME v. Initech")
	b.fill("reason", "Evidence in the district court's case 7 O 112/26")
	b.choose("expiry", "none")
	b.press("Place hold on 10 records")
	b.wait(`/^\/holds\/./.test(location.pathname) && location.pathname !== "/holds/new"`)
	b.sees(".answer", "ACME v. Initech holds what fits a condition in public.orders, since")
	if p.run(t); p.left(t) != "30 40 50 60 70 80 90 100" {
		t.Errorf("due rows that are left: got %q, want those of Initech", p.left(t))
	}
}

// customersOfOrders gives every customer five of the orders.
const customersOfOrders = `CREATE TABLE public.customers (id bigint PRIMARY KEY, name text NOT NULL);
	INSERT INTO public.customers SELECT i, 'Customer ' || i FROM generate_series(1, 20) AS i;
	ALTER TABLE public.orders ADD customer_id bigint REFERENCES public.customers (id);
	CREATE INDEX ON public.orders (customer_id);
	UPDATE public.orders SET customer_id = CASE WHEN id % 20 = 0 THEN 20 ELSE id % 20 END`

// TestACustomerIsHeldWithItsFamilyInTheBrowser: a customer's id and one choice hold its orders,
// listed by table before, and those that come later.
func TestACustomerIsHeldWithItsFamilyInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{})
	pgtest.Exec(t, p.db, customersOfOrders)
	b := p.signedIn(t, "/holds/new")
	b.fill("matter", "ACME v. Initech")
	b.fill("reason", "A preservation letter names customer 7.")
	b.fill("scope.0.table", "public.customers")
	b.fill("scope.0.record_ids", "7")
	b.sees("#hold-place", "Place hold on 1 record")
	b.choose("scope.0.family", "family")
	b.sees("#hold-preview-body", "It covers 6 records now. 3 would go with the next run without it.")
	b.sees("#hold-preview-body", "belongs to them: public.orders")
	b.sees("#hold-preview-body", "5 records now, and those that are added.")
	b.choose("expiry", "none")
	b.press("Place hold on 6 records")
	b.wait(`location.search.includes("done=placed")`)
	b.sees(".answer", "ACME v. Initech holds")
	b.sees("main", "what belongs to the records of public.customers, new rows too")
	pgtest.Exec(t, p.db, `INSERT INTO public.orders VALUES (101, 'others', now() - interval '99 days', 7)`)
	if p.run(t); p.left(t) != "47 67 87 101" {
		t.Errorf("due rows that are left: got %q, want those of customer 7", p.left(t))
	}
}

// TestAHoldIsPlacedOnAListFromAFileInTheBrowser: the hold says that it awaits its list, takes it,
// names the lines that are no ids, and is in force.
func TestAHoldIsPlacedOnAListFromAFileInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{})
	b := p.signedIn(t, "/holds/new")
	b.fill("matter", "ACME v. Initech")
	b.fill("reason", "A list of the court.")
	b.fill("scope.0.table", "public.orders")
	b.choose("scope.0.what", "file")
	b.choose("expiry", "none")
	b.press("Place hold")
	b.wait(`location.search.includes("done=waits")`)
	b.sees("main", "This hold is not in force yet: it awaits a list of records.")
	b.sends("id\nn/a\n")
	b.sees("main", "The list was not taken: it has no id in its one line: line 2 (n/a)")
	b.sees("main", "the hold still awaits its list of public.orders")
	b.sends("id,name\n71,A\n72,B\nn/a,C\n71,A\n4711,D\n")
	b.sees(".answer", "3 records of public.orders were added to the hold. They are in force.")
	b.sees("section[aria-labelledby=bad-lines]", "4")
	if p.run(t); p.left(t) != "71 72" {
		t.Errorf("due rows that are left: got %q, want those of the list", p.left(t))
	}
}

// TestACustomerIsFoundByItsNameAndHeldWithItsFamilyInTheBrowser: whoever does not know an id finds
// the record by a condition, and holds it by its id with what belongs to it.
func TestACustomerIsFoundByItsNameAndHeldWithItsFamilyInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{})
	pgtest.Exec(t, p.db, customersOfOrders)
	b := p.signedIn(t, "/holds/new")
	b.fill("matter", "ACME v. Initech")
	b.fill("reason", "A preservation letter names Customer 7.")
	b.fill("scope.0.table", "public.customers")
	b.choose("scope.0.what", "condition")
	b.fill("scope.0.condition", "name LIKE 'Customer%'")
	b.sees("#hold-preview-body", "It covers 20 records now.")
	b.sees("#hold-preview-body", "Hold these 20 by id, with everything that belongs to them")
	b.fill("scope.0.condition", "name = 'Customer 7'")
	b.sees("#hold-preview-body", "It covers 1 record now.")
	b.press("Hold this record by its id, with everything that belongs to it")
	b.wait(`location.search.includes("pick=0")`)
	b.sees("#hold-preview-body", "It covers 6 records now. 3 would go with the next run without it.")
	b.sees("#hold-preview-body", "belongs to them: public.orders")
	b.choose("expiry", "none")
	b.press("Place hold on 6 records")
	b.wait(`location.search.includes("done=placed")`)
	if p.run(t); p.left(t) != "47 67 87" {
		t.Errorf("due rows that are left: got %q, want those of customer 7", p.left(t))
	}
}

// TestCustomersFromAFileAreHeldWithTheirFamiliesInTheBrowser: what belongs to the records of a
// list is held as it is for records that were typed.
func TestCustomersFromAFileAreHeldWithTheirFamiliesInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{})
	pgtest.Exec(t, p.db, customersOfOrders)
	b := p.signedIn(t, "/holds/new")
	b.fill("matter", "ACME v. Initech")
	b.fill("reason", "The court's list of customers.")
	b.fill("scope.0.table", "public.customers")
	b.choose("scope.0.what", "file")
	b.wait(`document.querySelector("[name='scope.0.family']").checkVisibility()`)
	b.choose("scope.0.family", "family")
	b.choose("expiry", "none")
	b.press("Place hold")
	b.wait(`location.search.includes("done=waits")`)
	b.sees("main", "records by id, with everything that belongs to them; their list is awaited")
	b.sends("7\n")
	b.sees(".answer", "1 record of public.customers was added to the hold.")
	if p.run(t); p.left(t) != "47 67 87" {
		t.Errorf("due rows that are left: got %q, want those of customer 7", p.left(t))
	}
}

// TestAHoldThatWasNeverInForceIsGivenUpInTheBrowser: one whose list nobody sends.
func TestAHoldThatWasNeverInForceIsGivenUpInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{Days: 3})
	h, err := p.engine.PlaceHold(t.Context(), p.jane, retention.Hold{Matter: "ACME v. Initech", Reason: "a list of the court", Scope: []retention.Scope{{Table: public("orders"), Upload: retention.UploadAwaited}}})
	must(t, err)
	b := p.signedIn(t, "/holds/"+h.ID)
	b.sees("#release", "This hold was never in force.")
	b.fill("release_reason", "The court sent no list.")
	b.press("Give the hold up")
	b.wait(`location.search.includes("done=given_up")`)
	b.sees("main", "It was never in force.")
	b.sees(".timeline", "Gave the hold up before it was in force")
	b.sees(".timeline", "The court sent no list.")
}

// sends sends a file as a hold's list of records.
func (b *person) sends(list string) {
	b.t.Helper()
	b.script(fmt.Sprintf(`const files = new DataTransfer();
		files.items.add(new File([%q], "list.csv", {type: "text/csv"}));
		document.querySelector("[name=list]").files = files.files;
		document.querySelector("#upload button").click()`, list))
}

// sendTwice sends a form two times at once, the first time with what fetch is given beside it, and
// then once more, and answers what each led to.
func (b *person) sendTwice(form, first string) []string {
	b.t.Helper()
	b.script(`
		const gone = new AbortController(), form = document.querySelector(` + "`" + form + "`" + `), body = new URLSearchParams(new FormData(form));
		const send = more => fetch(form.action, {method: "POST", body: body, ...more}).then(a => a.status + " " + new URL(a.url).pathname);
		const answers = [send(` + first + `).catch(e => "gone"), send()];
		setTimeout(() => gone.abort(), 5);
		Promise.all(answers).then(a => send().then(third => { document.title = [...a, third].join(",") }));`)
	b.wait(`document.title.split(",").length === 3`)
	title, err := chromedp.Run(b.ctx, chromedp.Evaluate[string]("document.title"))
	must(b.t, err)
	return strings.Split(title, ",")
}

// TestADoublePressPlacesOneHold: both presses are sent, and lead to the same hold, also where
// the browser leaves the first of them before it is answered.
func TestADoublePressPlacesOneHold(t *testing.T) {
	p := heldOrders(t, retention.Period{})
	b := p.signedIn(t, "/holds/new")
	for i, first := range []string{"", "{signal: gone.signal}"} {
		b.open("/holds/new")
		b.fill("matter", "ACME v. Initech")
		b.fill("reason", "Evidence in the district court's case 7 O 112/26")
		b.fill("scope.0.table", "public.orders")
		b.fill("scope.0.record_ids", "71\n72")
		b.choose("expiry", "none")
		led := b.sendTwice("#hold-form", first)
		if n := pgtest.Value[int64](t, p.db, `SELECT count(*) FROM holdfast.hold`); n != int64(i+1) || !strings.HasPrefix(led[1], "200 /holds/") || led[2] != led[1] || led[0] != led[1] && (first == "" || led[0] != "gone") {
			t.Errorf("there are %d holds, want %d; the presses led to %q, want one hold", n, i+1, led)
		}
	}
}

// TestAHoldIsWidenedInTheBrowser: what is added is previewed while it is written, a form that is
// sent twice adds it once, and from then on it is held.
func TestAHoldIsWidenedInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{})
	h := p.place(t, initech())
	b := p.signedIn(t, "/holds/"+h.ID)
	b.press("Widen…")
	b.wait(`location.pathname.endsWith("/widen")`)
	b.sees("#hold-preview-body", "Choose a table and what of it must stay")
	b.fill("scope.0.table", "public.orders")
	b.fill("scope.0.record_ids", "70\n71\n4711")
	b.sees("#hold-preview-body", "What is added covers 2 records now. 1 would go with the next run without it.")
	b.sees("#hold-preview-body", "This hold or another keeps 1 of the due ones already.")
	b.sees("#hold-preview-body .keys", "70 71")
	b.sees("#hold-preview-body", "1 id has no row now.")
	b.sees("#hold-place", "Widen the hold by 2 records")
	b.choose("scope.0.what", "condition")
	b.fill("scope.0.condition", "customre = 'others'")
	b.sees("#hold-preview-body", "It cannot be added so:")
	b.choose("scope.0.what", "ids")
	b.sees("#hold-place", "Widen the hold by 2 records")
	b.fill("change_reason", "The other side asks for order 71.")
	led := b.sendTwice("#widen-form", "")
	if n := pgtest.Value[int64](t, p.db, `SELECT count(*) FROM holdfast.audit WHERE action = 'hold.widen'`); n != 1 || led[0] != "200 /holds/"+h.ID || led[1] != led[0] || led[2] != led[0] {
		t.Errorf("the hold was widened %d times, the presses led to %q, want once and the hold", n, led)
	}
	b.open("/holds/" + h.ID)
	b.sees(".timeline", "The other side asks for order 71.")
	const kept = "30 40 50 60 70 71 80 90 100"
	if p.run(t); p.left(t) != kept {
		t.Errorf("due rows that are left: got %q, want %q", p.left(t), kept)
	}
}

// TestAHoldIsReviewedInTheBrowser: a person says what was found and when to look next, and both
// stay.
func TestAHoldIsReviewedInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{})
	h := p.place(t, initech())
	b := p.signedIn(t, "/holds/"+h.ID)
	b.fill("note", "Counsel says that the appeal is pending.")
	next := time.Now().UTC().AddDate(0, 3, 0)
	b.fill("next_review", next.Format(time.DateOnly))
	b.press("Record the review")
	b.wait(`location.search.includes("done=reviewed")`)
	b.sees(".timeline", "Counsel says that the appeal is pending.")
	b.sees(".timeline", "by jane@example.com")
	day := next.Format("2 January 2006")
	b.sees("main .pairs", "Next review "+day+"; it ends nothing")
	b.sees(".answer", "no expiry, next review "+day+".")
	b.sees(".timeline", "Next review: "+day)
	b.open("/holds/calendar")
	b.sees("main", day)
}

// TestAReleaseCoolsOffAndIsTakenBackInTheBrowser: before it is asked for, the page says what
// becomes due; while it cools off a run takes nothing; taken back, the hold stays.
func TestAReleaseCoolsOffAndIsTakenBackInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{Days: 3})
	h := p.place(t, initech())
	b := p.signedIn(t, "/holds/"+h.ID)
	b.sees("#release", "It stays in force for another 3 days, in which the release can be taken back.")
	b.press("See what becomes due")
	b.sees("#becomes", "8")
	b.sees("#becomes", "orders (delete)")
	b.press("Release hold")
	b.wait(`location.pathname.endsWith("/release") || !location.search`) // the browser wants the reason
	b.fill("release_reason", "The case is settled.")
	b.press("Release hold")
	b.wait(`location.search.includes("done=released")`)
	b.sees("main .pairs", "Releasing")
	b.sees("#take-back", "Until the cooling-off period is over the hold is in force")
	const kept = "30 40 50 60 70 80 90 100"
	if p.run(t); p.left(t) != kept {
		t.Errorf("due rows that are left while the release cools off: got %q, want %q", p.left(t), kept)
	}

	b.fill("take_back_reason", "The settlement was revoked.")
	b.press("Take the release back")
	b.wait(`location.search.includes("done=taken_back")`)
	b.sees("main .pairs", "Active")
	b.sees(".timeline", "The settlement was revoked.")
	b.sees(".timeline", "The case is settled.")
	if p.run(t); p.left(t) != kept {
		t.Errorf("due rows that are left after the release was taken back: got %q, want %q", p.left(t), kept)
	}
}

// TestAReleaseGoesToItsEndInTheBrowser: once it has cooled off the hold has ended by itself,
// the next run takes what it kept, and its proof says until when it held.
func TestAReleaseGoesToItsEndInTheBrowser(t *testing.T) {
	p := heldOrders(t, retention.Period{Seconds: 2})
	h := p.place(t, initech())
	b := p.signedIn(t, "/holds/"+h.ID)
	if run := p.run(t); run.TotalHeld != 8 {
		t.Errorf("the run left %d held rows, want 8", run.TotalHeld)
	}
	b.fill("release_reason", "The case is settled.")
	led := b.sendTwice("#release form", "")
	if n := pgtest.Value[int64](t, p.db, `SELECT count(*) FROM holdfast.audit WHERE action = 'hold.release'`); n != 1 || led[0] != "200 /holds/"+h.ID || led[1] != led[0] || led[2] != led[0] {
		t.Errorf("the hold was released %d times, the presses led to %q, want once and the hold", n, led)
	}
	b.opens("/holds/"+h.ID, `document.querySelector("main .pairs").innerText.includes("Released")`)
	b.sees(".timeline", "The case is settled.")
	b.wait(`!document.querySelector("#release") && !document.querySelector("#take-back")`)
	if p.run(t); p.left(t) != "" {
		t.Errorf("due rows that are left after the hold has ended: %q", p.left(t))
	}
	b.press("Proof")
	b.sees(".answer", "no covered record was disposed of by Holdfast between")
	b.sees(".answer", "when the hold ended")
	b.sees("main", "The case is settled.")
}

// TestTheProofIsPrintedAsAPageForTheFile looks at the proof as paper of A4's width has it, and
// prints it.
func TestTheProofIsPrintedAsAPageForTheFile(t *testing.T) {
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
	if _, err := chromedp.RunResponse(ctx, chromedp.Navigate(srv.URL+"/holds/"+holdID+"/proof")); err != nil {
		t.Fatal(err)
	}
	const shown = `["thead", "tbody tr", "header.side", ".actions", ".crumb", "time.when + .ago"].map(s => s + ": " + getComputedStyle(document.querySelector(s)).display).join(", ")`
	got, err := chromedp.Run(ctx, chromedp.Evaluate[string](shown))
	if want := "thead: table-header-group, tbody tr: table-row, header.side: none, .actions: none, .crumb: none, time.when + .ago: none"; err != nil || got != want {
		t.Errorf("got %q, %v, want %q", got, err, want)
	}
	checkWidth(ctx, t, "on paper")
	takePicture(ctx, t, "hold-proof-print")
	printPDF(ctx, t, "hold-proof")
}

// printPDF prints the page in view on A4, and keeps it if a folder was asked for.
func printPDF(ctx context.Context, t *testing.T, name string) {
	t.Helper()
	var pdf []byte
	if err := chromedp.Do(ctx, chromedp.Func(func(ctx context.Context, t *chromedp.Target) error {
		out, err := cdp.Call(ctx, t, page.PrintToPDF, page.PrintToPDFParams{PaperWidth: 8.27, PaperHeight: 11.69})
		pdf = out.Data
		return err
	})); err != nil {
		t.Fatalf("print %s: %v", name, err)
	}
	if !strings.HasPrefix(string(pdf), "%PDF-") {
		t.Fatalf("print %s: no PDF but %.20q", name, pdf)
	}
	if dir := os.Getenv(envPictures); dir != "" {
		must(t, os.MkdirAll(dir, 0o755))
		must(t, os.WriteFile(filepath.Join(dir, name+".pdf"), pdf, 0o644))
	}
}
