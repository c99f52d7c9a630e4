package web

import (
	"fmt"
	"testing"

	"github.com/chromedp/chromedp"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// TestArchivedRowsComeBackInTheBrowserButForWhatIsInConflict goes from a record's page, and
// from its run's, to what can go back, what cannot, and that it did.
func TestArchivedRowsComeBackInTheBrowserButForWhatIsInConflict(t *testing.T) {
	p := newProduct(t)
	pgtest.Exec(t, p.db, `CREATE TABLE public.orders (id bigint PRIMARY KEY, closed_at timestamptz NOT NULL);
		INSERT INTO public.orders SELECT i, now() - make_interval(days => i) FROM generate_series(1, 100) AS i`)
	_, err := p.engine.CreatePolicy(t.Context(), p.jane, policyOf("orders", "orders", "closed_at", "P30D", "HGB § 257", retention.ActionArchive))
	must(t, err)
	b := &person{t: t, ctx: chrome(t), url: p.url}
	b.open("/runs/new")
	b.fill("email", "jane@example.com")
	b.fill("password", testPassword)
	b.press("Sign in")
	b.wait(`location.pathname === "/runs/new"`)
	b.open("/runs/confirm?policy=orders")
	b.press("Run now: archive 71 records")
	b.wait(`document.querySelector(".answer").innerText.startsWith("Disposed of 71")`)

	// A single record, from the page that says where it is.
	b.open("/records?table=public.orders&key=77")
	b.sees("main", "A copy is in public.orders_archive")
	b.follow("Restore it…")
	b.sees(".answer", "1 row would go back to its table.")
	b.sees("main", "orders would dispose of them again")
	b.fill("reason", "A customer asks")
	b.press("Restore")
	b.sees(".answer", "1 row is back.")

	// The rest of the run, of which the application has taken a key.
	pgtest.Exec(t, p.db, `INSERT INTO public.orders VALUES (88, now())`)
	b.open("/runs?status=succeeded")
	b.do("the run", chromedp.Evaluate[chromedp.Void](`document.querySelector("tbody th a").click()`))
	b.press("Restore…")
	b.sees(".answer", "69 of 70 rows could go back; others are in conflict with the tables as they are.")
	b.sees("main", "1 row: another row has the same key by now, or one that would go back as well (orders_pkey). Such as 88")
	b.fill("reason", "Archived by mistake")
	b.press("Restore")
	b.sees("main", "Nothing was restored.")
	b.sees("main", "1 row of public.orders: another row has the same key by now")
	if n := pgtest.Value[int64](t, p.db, `SELECT count(*) FROM public.orders_archive`); n != 70 {
		t.Fatalf("%d rows are in the archive after a restore that was refused, want 70", n)
	}
	b.choose("skip", "true")
	b.press("Restore")
	b.sees(".answer", "69 rows are back; 1 stays in the archive.")
	checkClean(b.ctx, t, "restore")
	if n := pgtest.Value[int64](t, p.db, `SELECT count(*) FROM public.orders`); n != 100 {
		t.Errorf("%d orders are there, want the 100", n)
	}
	b.open("/restores")
	b.sees("main", "69 0 1")
}

// follow goes where the first link leads whose text begins so.
func (b *person) follow(text string) {
	b.t.Helper()
	find := fmt.Sprintf(`[...document.querySelectorAll("main a")].find(e => e.innerText.trim().startsWith(%q))`, text)
	b.wait("!!" + find)
	b.do("follow "+text, chromedp.Evaluate[chromedp.Void](find+".click()"))
}
