package web

import (
	"net/http"
	"net/http/httptest"
	"sync/atomic"
	"testing"
	"time"

	"github.com/chromedp/chromedp"

	"holdfast/internal/pgtest"
)

// TestASubscriberIsAddedAndMendedInTheBrowser goes the way of an operator: add a
// webhook, take its key, see it fail in its own words, mend the URL, see it delivered.
func TestASubscriberIsAddedAndMendedInTheBrowser(t *testing.T) {
	p := newProduct(t)
	var taken atomic.Int64
	good := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { taken.Add(1) }))
	t.Cleanup(good.Close)
	bad := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		http.Error(w, "the queue is full", http.StatusInternalServerError)
	}))
	t.Cleanup(bad.Close)

	b := &person{t: t, ctx: chrome(t), url: p.url}
	b.open("/subscribers/new")
	b.wait(`location.pathname === "/sign-in"`)
	b.fill("email", "jane@example.com")
	b.fill("password", testPassword)
	b.press("Sign in")
	b.wait(`location.pathname === "/subscribers/new"`)
	b.fill("name", "crm")
	b.choose("kind", "webhook")
	b.fill("url", bad.URL)
	b.fill("types", "data.retention.*")
	b.press("Add subscriber")
	b.sees("main", "The subscriber is added. Copy its signing key now")
	b.wait(`document.getElementById("secret").innerText.startsWith("whsec_")`)
	b.wait(`!document.querySelector("[data-copy=secret]").hidden && !location.href.includes("whsec")`)
	checkClean(b.ctx, t, "new subscriber")

	pgtest.Exec(t, p.db, `
		INSERT INTO holdfast.event_batch (id, type, entity_type, policy, policy_version, run_id, action, initiated_at, occurred_at, count, key_parts, keys, columns, included)
		VALUES (gen_random_uuid(), 'data.retention.deleted', 'user', 'users', 1, 'r', 'delete', now(), now(), 3, 1, '{4711,4712,4713}', '[]', '{}')`)
	here := "/subscribers/" + pgtest.Value[string](t, p.db, `SELECT id::text FROM holdfast.subscriber`)
	b.opens(here, `document.querySelector("main").innerText.includes("user 4712")`)
	b.sees("main", "500 Internal Server Error: the queue is full")
	b.sees(".answer", "3 events behind")

	b.fill("url", good.URL)
	b.press("Save")
	b.sees("main", "Saved.")
	b.opens(here, `document.querySelector(".answer").innerText.includes("Everything delivered.")`)
	if n := taken.Load(); n != 3 {
		t.Errorf("the receiver took %d events, want 3", n)
	}
	b.do("go to the end", chromedp.Evaluate[chromedp.Void](`scrollTo(0, document.body.scrollHeight)`))
	b.press("End…")
	b.sees(".answer", "This cannot be undone.")
	b.press("End subscriber")
	b.sees(".answer", "Nobody is told of events.")
}

// opens opens a page again and again until the expression is true on it.
func (b *person) opens(path, expression string) {
	b.t.Helper()
	deadline := time.Now().Add(patience)
	for ok := false; !ok; {
		if time.Now().After(deadline) {
			b.wait(expression) // says what the page has instead
		}
		b.open(path)
		ok, _ = chromedp.Run(b.ctx, chromedp.Evaluate[bool](expression))
	}
}
