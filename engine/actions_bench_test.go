package engine_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// benchServer is a server that really writes: with fsync off commits would cost nothing.
// WAL files are kept, and no checkpoint comes by itself: making a file anew and writing
// pages whole once more cost a large run what a small one is spared.
func benchServer(b *testing.B) *pgtest.TempServer {
	b.Helper()
	server, err := pgtest.StartTemp(b.Context(), map[string]string{
		"fsync": "on", "full_page_writes": "on", "shared_buffers": "1GB", "max_wal_size": "8GB", "min_wal_size": "8GB", "checkpoint_timeout": "1h", "autovacuum": "off",
	})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = server.Stop() })
	return server
}

// BenchmarkActions measures anonymize and archive runs beside the one statement that does
// the same, in interleaved pairs.
func BenchmarkActions(b *testing.B) {
	rows, pairs := benchSetting("BENCH_ROWS", 2_000_000), benchSetting("BENCH_PAIRS", 5)
	server := benchServer(b)
	benchTemplate(b, server, rows)
	kinds := []struct {
		name, raw string
		policy    func(*retention.Policy)
	}{
		{"anonymize", `UPDATE public.events SET payload = '[ANONYMIZED]' WHERE created_at < now() - interval '1 day'`, func(p *retention.Policy) {
			p.Action, p.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{"payload": {Method: retention.MethodRedact}}
		}},
		{"archive", `WITH gone AS (DELETE FROM public.events WHERE created_at < now() - interval '1 day' RETURNING *)
			INSERT INTO public.events_archive SELECT *, now(), gen_random_uuid(), 'events', 1 FROM gone`, func(p *retention.Policy) { p.Action = retention.ActionArchive }},
	}
	fmt.Printf("\nAnonymize and archive %d due rows of %d, evidence counts, medians of %d interleaved pairs with the one raw statement, pace max, fsync on:\n", rows/2, rows, pairs)
	for _, k := range kinds {
		var raw, ours []time.Duration
		for pair := range pairs {
			url := benchClone(b, server, "bench_template", fmt.Sprintf("raw_%s_%d", k.name, pair))
			pgtest.Exec(b, url, `CREATE TABLE public.events_archive (LIKE public.events, holdfast_archived_at timestamptz, holdfast_run uuid, holdfast_policy text, holdfast_policy_version integer)`,
				`ALTER TABLE public.events_archive ADD PRIMARY KEY (id, holdfast_run)`, `CHECKPOINT`)
			start := time.Now()
			pgtest.Exec(b, url, k.raw)
			raw = append(raw, time.Since(start))
			benchDrop(b, server, url)
			url = benchClone(b, server, "bench_template", fmt.Sprintf("ours_%s_%d", k.name, pair))
			ours = append(ours, benchRun(b, url, rows/2, k.policy))
			benchDrop(b, server, url)
		}
		fmt.Printf("  %-12s raw %6.2f s   ours %6.2f s  × %5.2f  (goal ≤ 1.6)\n", k.name, median(raw).Seconds(), median(ours).Seconds(), medianRatio(ours, raw))
	}
}

// benchRun is how long a run takes that must process about so many rows.
func benchRun(b *testing.B, url string, about int, change func(*retention.Policy)) time.Duration {
	b.Helper()
	h := newHouse(b, url)
	defer h.close()
	p := policyOn("events", 1)
	p.Evidence, p.BatchSize = retention.EvidenceCounts, 20_000
	change(&p)
	h.mustPolicy(p)
	pgtest.Exec(b, url, `CHECKPOINT`)
	start := time.Now()
	run := h.mustRun(engine.RunRequest{Pace: retention.PaceMax})
	took := time.Since(start)
	if run.Status != retention.RunSucceeded || run.TotalProcessed < int64(about)*9/10 {
		b.Fatalf("the run ended as %+v, want about %d rows processed", run, about)
	}
	return took
}

// BenchmarkFlat measures the time per row on a table ten times as large, five times
// BENCH_ROWS, by both walks, beside that of the raw DELETE, which is not flat either where
// a table outgrows the server's memory; and what a night costs where few rows are due.
func BenchmarkFlat(b *testing.B) {
	const times = 10
	small, pairs := benchSetting("BENCH_ROWS", 2_000_000)/2, benchSetting("BENCH_PAIRS", 5)
	server := benchServer(b)
	perRow := func(name string, rows int, walk string) time.Duration {
		url := benchCreate(b, server, name, "template0")
		defer benchDrop(b, server, url)
		fillBench(b, url, rows, "100 days")
		if walk == "block" {
			pgtest.Exec(b, url, `DROP INDEX public.events_created_at`)
		}
		if walk == "raw" {
			pgtest.Exec(b, url, `CHECKPOINT`)
			return rawDelete(b, url, 0) / time.Duration(rows/2)
		}
		return benchRun(b, url, rows/2, func(*retention.Policy) {}) / time.Duration(rows/2)
	}
	fmt.Printf("\nFlat: nanoseconds a row at %d rows and at %d, half of them due, evidence counts, medians of %d:\n", small, times*small, min(pairs, 3))
	for _, walk := range []string{"raw", "slice", "block"} {
		var few, many []time.Duration
		for i := range min(pairs, 3) {
			few = append(few, perRow(fmt.Sprintf("few_%s_%d", walk, i), small, walk))
			many = append(many, perRow(fmt.Sprintf("many_%s_%d", walk, i), times*small, walk))
		}
		fmt.Printf("  %-8s %6d ns   %6d ns  × %5.2f%s\n", walk, median(few), median(many), medianRatio(many, few), map[bool]string{true: "  (goal ≤ 1.2)"}[walk != "raw"])
	}
	benchNights(b, server, small, times, min(pairs, 3))
}

// benchNights measures a night's run over the same number of due rows, 0.3 % of the large
// table: in a table a tenth as large, in the large one, and in the large one where half of
// it was worked off by the run before. Rows lie evenly over 200 days, so 0.6 days of them are
// 0.3 %.
func benchNights(b *testing.B, server *pgtest.TempServer, small, times, pairs int) {
	due := small * times * 3 / 1000
	fmt.Printf("  a night: %d rows due, indexed, evidence counts, medians of %d:\n", due, pairs)
	for _, action := range []retention.Action{retention.ActionDelete, retention.ActionAnonymize} {
		change := func(p *retention.Policy) {
			if p.Action = action; action == retention.ActionAnonymize {
				p.Columns = map[string]retention.Anonymizer{"payload": {Method: retention.MethodRedact}}
			}
		}
		nights := []struct {
			rows   int
			oldest string
			before time.Duration
		}{{small, "7 days", 0}, {small * times, "1.6 days", 0}, {small * times, "100 days", 14*time.Hour + 24*time.Minute}}
		took := make([][]time.Duration, len(nights))
		for pair := range pairs {
			for i, n := range nights {
				url := benchCreate(b, server, fmt.Sprintf("night_%s_%d_%d", action, i, pair), "template0")
				fillBench(b, url, n.rows, n.oldest)
				took[i] = append(took[i], benchNight(b, url, due, n.before, change))
				benchDrop(b, server, url)
			}
		}
		fmt.Printf("    %-10s %6.3f s of %d rows   %6.3f s of %d rows  × %5.2f   %6.3f s of them with half worked off before  × %5.2f\n", action,
			median(took[0]).Seconds(), small, median(took[1]).Seconds(), small*times, medianRatio(took[1], took[0]), median(took[2]).Seconds(), medianRatio(took[2], took[0]))
	}
}

// benchNight is how long a run takes after one as of so long before has worked off what
// was due then; without that for no time.
func benchNight(b *testing.B, url string, due int, before time.Duration, change func(*retention.Policy)) time.Duration {
	b.Helper()
	h := newHouse(b, url)
	defer h.close()
	p := policyOn("events", 1)
	p.Evidence, p.BatchSize = retention.EvidenceCounts, 20_000
	change(&p)
	h.mustPolicy(p)
	if before > 0 {
		asOf := time.Now().Add(-before)
		h.mustRun(engine.RunRequest{Pace: retention.PaceMax, AsOf: &asOf, Trigger: retention.TriggerSchedule})
		// Autovacuum, which a benchmark's server has not, would have come by until the next night.
		pgtest.Exec(b, url, `VACUUM ANALYZE public.events`)
	}
	pgtest.Exec(b, url, `CHECKPOINT`)
	start := time.Now()
	run := h.mustRun(engine.RunRequest{Pace: retention.PaceMax, Trigger: retention.TriggerSchedule})
	took := time.Since(start)
	if got := run.TotalProcessed; run.Status != retention.RunSucceeded || got < int64(due)*9/10 || got > int64(due)*11/10 {
		b.Fatalf("the night's run ended as %+v, want about %d rows processed", run, due)
	}
	return took
}

// fillBench fills the table of the benchmarks: rows over 200 days, of which the oldest
// are so old.
func fillBench(b *testing.B, url string, rows int, oldest string) {
	b.Helper()
	pgtest.Exec(b, url, fmt.Sprintf(`
		CREATE TABLE public.events AS
		SELECT i::bigint AS id, now() - interval '%s' + (i * interval '200 days' / %d) AS created_at,
		       (i %% 1000)::integer AS customer_id, 'event number ' || i AS payload
		FROM generate_series(1, %d) AS i`, oldest, rows, rows),
		`ALTER TABLE public.events ADD PRIMARY KEY (id)`,
		`CREATE INDEX events_created_at ON public.events (created_at)`,
		`VACUUM ANALYZE public.events`)
	migrateAll(b, url)
	pgtest.Disconnect(url) // it may become a template
}

// BenchmarkPartition measures a run that empties a partition of BENCH_PARTITION_ROWS
// (default 5,000,000) rows.
func BenchmarkPartition(b *testing.B) {
	rows := benchSetting("BENCH_PARTITION_ROWS", benchSetting("BENCH_ROWS", 2_000_000)*5/2)
	server := benchServer(b)
	var took []time.Duration
	for i := range min(benchSetting("BENCH_PAIRS", 5), 3) {
		url := benchCreate(b, server, fmt.Sprintf("partition_%d", i), "template0")
		pgtest.Exec(b, url, `CREATE TABLE public.events (id bigint, created_at timestamptz NOT NULL, payload text) PARTITION BY RANGE (created_at)`,
			`CREATE TABLE public.events_old PARTITION OF public.events FOR VALUES FROM (MINVALUE) TO (now() - interval '1 month')`,
			`CREATE TABLE public.events_new PARTITION OF public.events FOR VALUES FROM (now() - interval '1 month') TO (MAXVALUE)`,
			fmt.Sprintf(`INSERT INTO public.events SELECT i, now() - interval '100 days', 'event number ' || i FROM generate_series(1, %d) AS i`, rows),
			`VACUUM ANALYZE public.events`)
		migrateAll(b, url)
		took = append(took, benchRun(b, url, rows, func(*retention.Policy) {}))
		benchDrop(b, server, url)
	}
	slices.Sort(took)
	fmt.Printf("\nA partition of %d rows that is due as a whole, evidence counts: %.2f s, median of %d  (goal < 2)\n", rows, median(took).Seconds(), len(took))
}
