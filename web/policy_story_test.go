package web

import (
	"testing"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// TestAPolicyIsWrittenPreviewedRankedApprovedAndAskedAboutInTheBrowser is a steward's way: a
// policy is written as a sentence, its figures are seen before it is saved, it leaves rows to
// one that keeps them longer, its run stops at its ceiling until somebody approves, and a
// record tells what became of it.
func TestAPolicyIsWrittenPreviewedRankedApprovedAndAskedAboutInTheBrowser(t *testing.T) {
	p := newProduct(t)
	pgtest.Exec(t, p.db, `CREATE TABLE public.visits (id bigint PRIMARY KEY, kind text NOT NULL, seen_at timestamptz NOT NULL);
		INSERT INTO public.visits SELECT i, CASE WHEN i % 2 = 0 THEN 'paid' ELSE 'free' END, now() - make_interval(days => i) FROM generate_series(1, 100) AS i; ANALYZE public.visits`)
	keeps := policyOf("paid_visits", "visits", "seen_at", "P60D", "Contract", retention.ActionDelete)
	keeps.Condition = "kind = 'paid'"
	_, err := p.engine.CreatePolicy(t.Context(), p.jane, keeps)
	must(t, err)
	b := &person{t: t, ctx: chrome(t), url: p.url}
	b.open("/policies/new")
	b.fill("email", "jane@example.com")
	b.fill("password", testPassword)
	b.press("Sign in")
	b.wait(`location.pathname === "/policies/new"`)

	b.fill("table", "public.visits")
	b.wait(`document.querySelector("[name=timestamp_column]").options.length > 1`)
	b.fill("timestamp_column", "seen_at")
	b.fill("retention_period", "30 days")
	b.choose("action", "delete")
	b.fill("legal_basis", "Storage limitation")
	b.sees("#sentence", "Delete rows of public.visits 30 days after seen_at. Basis: Storage limitation.")
	b.fill("name", "visits")
	b.press("Preview what would happen")
	// Of 71 that are old enough, the paid ones of 60 days and less are kept by the other.
	b.sees("#preview", "A run now would delete 35 records.")
	b.sees("#preview", "paid_visits decides about rows that fit both: its retention period is longer")
	b.press("Save policy") // whose figures were seen
	b.wait(`location.pathname === "/policies/visits"`)
	b.sees("main", "paid_visits decides about rows that fit both")
	b.sees("main", "at most 20 % of the table's rows in one run")

	b.open("/runs/confirm?policy=visits")
	b.press("Run now: delete 35 records")
	b.wait(`/^\/runs\/./.test(location.pathname)`)
	b.sees(".answer", "Stopped before its first row: it would dispose of 35 records under visits")
	if n := pgtest.Value[int64](t, p.db, `SELECT count(*) FROM public.visits`); n != 100 {
		t.Fatalf("%d rows are left before anybody has approved, want all 100", n)
	}
	b.press("Approve…")
	b.sees("main", "20 records need no approval")
	b.fill("name.visits", "visits")
	b.press("Approve and run")
	b.wait(`document.querySelector(".answer").innerText.startsWith("Disposed of 35")`)
	if n := pgtest.Value[int64](t, p.db, `SELECT count(*) FROM public.visits WHERE kind = 'paid'`); n != 50 {
		t.Errorf("%d paid visits are left, want the 50 that the other policy decides about", n)
	}

	b.wait(`document.querySelectorAll("#batches tbody tr").length > 0`) // the evidence has come
	b.open("/records?table=public.visits&key=71")
	b.sees("main", "Deleted")
	b.sees(".answer", "Nothing: it was deleted on")
	b.open("/records?table=public.visits&key=72")
	b.sees("main", "Left to another")
	checkClean(b.ctx, t, "record")
}
