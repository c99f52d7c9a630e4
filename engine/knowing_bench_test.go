package engine_test

import (
	"fmt"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// BenchmarkKnowing measures what it costs to know before: a simulation beside a count of the
// same rows, and an anonymizing run that finds nothing left to do beside one scan.
func BenchmarkKnowing(b *testing.B) {
	rows, pairs := benchSetting("BENCH_ROWS", 2_000_000), benchSetting("BENCH_PAIRS", 5)
	server := benchServer(b)
	benchTemplate(b, server, rows)
	url := benchClone(b, server, "bench_template", "knowing")
	h := newHouse(b, url)
	h.mustPolicy(policyOn("events", 1))
	var counted, simulated []time.Duration
	for range pairs {
		start := time.Now()
		pgtest.Exec(b, url, `SELECT count(*) FROM public.events WHERE created_at < now() - interval '1 day'`)
		counted = append(counted, time.Since(start))
		start = time.Now()
		s, err := h.engine.Simulate(b.Context(), h.actor, "p_events", nil)
		if err != nil || s.Due < int64(rows)*9/20 {
			b.Fatalf("simulated %d due rows of %d: %v", s.Due, rows, err)
		}
		simulated = append(simulated, time.Since(start))
	}
	h.close()
	fmt.Printf("\nKnowing before, %d due rows of %d, medians of %d:\n", rows/2, rows, pairs)
	fmt.Printf("  a simulation to SELECT count(*) of the same rows: × %.2f  (goal ≤ 2.0)\n", medianRatio(simulated, counted))
	benchDrop(b, server, url)
	for _, c := range []struct {
		name string
		how  retention.Anonymizer
		goal float64
	}{{"a constant", retention.Anonymizer{Method: retention.MethodRedact}, 1.5}, {"a keyed hash", retention.Anonymizer{Method: retention.MethodHash}, 25}} {
		cleanPass(b, server, rows, min(pairs, 3), c.name, c.how, c.goal)
	}
}

// cleanPass anonymizes once, and measures runs that find everything done.
func cleanPass(b *testing.B, server *pgtest.TempServer, rows, passes int, name string, how retention.Anonymizer, goal float64) {
	b.Helper()
	url := benchClone(b, server, "bench_template", "clean")
	defer benchDrop(b, server, url)
	h := newHouse(b, url)
	defer h.close()
	p := policyOn("events", 1)
	p.Action, p.BatchSize, p.Evidence = retention.ActionAnonymize, 20_000, retention.EvidenceCounts
	p.Columns = map[string]retention.Anonymizer{"payload": how}
	h.mustPolicy(p)
	h.mustRun(engine.RunRequest{Pace: retention.PaceMax})
	pgtest.Exec(b, url, `VACUUM ANALYZE public.events`, `CHECKPOINT`)
	var scans, runs []time.Duration
	for range passes {
		start := time.Now()
		pgtest.Exec(b, url, `SET enable_indexscan = off`, `SET enable_indexonlyscan = off`, `SET enable_bitmapscan = off`, `SELECT count(payload) FROM public.events WHERE created_at < now() - interval '1 day'`)
		scans = append(scans, time.Since(start))
		start = time.Now()
		run := h.mustRun(engine.RunRequest{Pace: retention.PaceMax})
		runs = append(runs, time.Since(start))
		if run.Status != retention.RunSucceeded || run.TotalProcessed > 100 {
			b.Fatalf("a second run ended as %s with %d processed", run.Status, run.TotalProcessed)
		}
	}
	fmt.Printf("  an anonymizing pass over %d clean rows with %s, to one sequential scan: × %.2f  (goal ≤ %.1f)\n", rows/2, name, medianRatio(runs, scans), goal)
}
