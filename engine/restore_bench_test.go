package engine_test

import (
	"fmt"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// BenchmarkRestore measures bringing 100,000 archived rows back, with a digest of each, beside
// the one statement that moves them: from the request, which looks at all of them first, to
// the end, which counts what is left. BENCH_RESTORE_ROWS sets how many.
func BenchmarkRestore(b *testing.B) {
	rows := benchSetting("BENCH_RESTORE_ROWS", 100_000)
	server := benchServer(b)
	var raw, ours []time.Duration
	for pair := range min(benchSetting("BENCH_PAIRS", 5), 3) {
		url := benchCreate(b, server, fmt.Sprintf("restore_%d", pair), "template0")
		fillBench(b, url, 2*rows, "100 days")
		h := newHouse(b, url)
		p := policyOn("events", 1)
		p.Action, p.BatchSize = retention.ActionArchive, 20_000
		h.mustPolicy(p)
		run := h.mustRun(engine.RunRequest{Pace: retention.PaceMax})
		pgtest.Exec(b, url, `VACUUM ANALYZE public.events_archive`, `CHECKPOINT`)
		start := time.Now()
		r := h.mustRestore(engine.RestoreRequest{Scope: retention.RestoreScope{RunID: run.ID}, Reason: "a benchmark"})
		ours = append(ours, time.Since(start))
		if r.Status != retention.RestoreSucceeded || r.Restored() != run.TotalProcessed || r.Restored() < int64(rows)*9/10 {
			b.Fatalf("the restore ended as %+v, want the %d rows back that the run had archived", r, run.TotalProcessed)
		}
		h.mustRun(engine.RunRequest{Pace: retention.PaceMax})
		pgtest.Exec(b, url, `VACUUM ANALYZE public.events_archive`, `CHECKPOINT`)
		start = time.Now()
		pgtest.Exec(b, url, `WITH back AS (DELETE FROM public.events_archive RETURNING id, created_at, customer_id, payload) INSERT INTO public.events SELECT * FROM back`)
		raw = append(raw, time.Since(start))
		h.close()
		benchDrop(b, server, url)
	}
	fmt.Printf("\nRestore %d archived rows, digests of all, looked at before and counted after: %.2f s (goal < 10), one raw statement %.2f s  × %.2f\n",
		rows, median(ours).Seconds(), median(raw).Seconds(), medianRatio(ours, raw))
}
