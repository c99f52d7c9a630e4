package engine_test

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// BenchmarkPurge measures runs side by side with one raw DELETE of the same rows on
// the same server, in interleaved pairs, and prints medians as ratios: a time on a
// shared machine means nothing. BENCH_ROWS (default 2,000,000, half of them due) and
// BENCH_PAIRS (default 5) set its size. Run it with `make bench`.
func BenchmarkPurge(b *testing.B) {
	rows, pairs := benchSetting("BENCH_ROWS", 2_000_000), benchSetting("BENCH_PAIRS", 5)
	server := benchServer(b)
	template := benchTemplate(b, server, rows)
	variants := []benchVariant{
		{name: "one raw DELETE", run: rawDelete},
		{name: "evidence counts, none held", run: ourRun(retention.EvidenceCounts), reach: 1.6},
		{name: "evidence records, none held", run: ourRun(retention.EvidenceRecords), reach: 3},
		{name: "the same, and an event a record", run: tellingRun(retention.EvidenceRecords)},
		{name: "evidence counts, event a record", run: tellingRun(retention.EvidenceCounts)},
		{name: "10,000 held", held: rows / 200, run: ourRun(retention.EvidenceRecords), reach: 3.5},
		{name: "500,000 held", held: rows / 4, run: ourRun(retention.EvidenceRecords)},
		{name: "select 1,000, filter, DELETE IN", run: selectFilterDelete},
		{name: "1,000 holds by condition", run: ourRun(retention.EvidenceRecords), template: conditionTemplate(b, server, template)},
		{name: "with a rollup by day", run: rollupRun},
		{name: "10,000 held, evidence counts", held: rows / 200, run: ourRun(retention.EvidenceCounts), reach: 2.2},
	}
	took := make([][]time.Duration, len(variants))
	var memory uint64
	for pair := range pairs {
		for i, v := range variants {
			url := benchClone(b, server, cmp.Or(v.template, template), fmt.Sprintf("bench_%d_%d", pair, i))
			if v.template != "" {
				// Its holds were placed in the template, which is another database.
				pgtest.Exec(b, url, `UPDATE holdfast.guard_mark SET database_oid = (SELECT oid FROM pg_database WHERE datname = current_database())`)
			}
			took[i] = append(took[i], v.run(b, url, v.held))
			benchDrop(b, server, url)
			if pair == 0 && i == 4 {
				// After the runs and before a hold of 500,000 ids is placed from this process.
				memory = memoryTaken()
			}
		}
	}
	reportPurge(variants, took, rows)
	fmt.Printf("  memory taken from the system in the runs: %d MiB  (goal < 100)\n\n", memory>>20)
}

type benchVariant struct {
	name string
	held int
	// reach is the ratio to the raw DELETE that must not be exceeded; 0 for none.
	reach float64
	// template is the database that it runs on, if it is not that of the others.
	template string

	run func(b *testing.B, url string, held int) time.Duration
}

func benchSetting(name string, otherwise int) int {
	if n, err := strconv.Atoi(os.Getenv(name)); err == nil && n > 0 {
		return n
	}
	return otherwise
}

func reportPurge(variants []benchVariant, took [][]time.Duration, rows int) {
	fmt.Printf("\nDelete %d due rows of %d, medians of %d interleaved runs, pace max, 20,000 rows a batch, fsync on:\n", rows/2, rows, len(took[0]))
	for i, v := range variants {
		m := median(took[i])
		goal := ""
		if v.reach > 0 {
			goal = fmt.Sprintf("  (goal ≤ %.1f)", v.reach)
		}
		fmt.Printf("  %-32s %7.2f s  × %5.2f%s\n", v.name, m.Seconds(), medianRatio(took[i], took[0]), goal)
	}
	fmt.Printf("  events cost a purge × %.2f of its time with a digest of every record (goal ≤ 1.4), × %.2f of its time with counts\n",
		medianRatio(took[3], took[2]), medianRatio(took[4], took[1]))
	fmt.Printf("  select-filter, which keeps no evidence, to ours: × %.2f with counts, × %.2f with a digest of every record  (goal ≥ 4.0)\n",
		float64(median(took[7]))/float64(median(took[1])), float64(median(took[7]))/float64(median(took[2])))
	fmt.Printf("  500,000 held ids cost a purge × %.2f of its time with none  (goal ≤ 2.5)\n", medianRatio(took[6], took[2]))
	fmt.Printf("  1,000 holds by condition, equalities on one column, cost a purge × %.2f of its time with none  (goal ≤ 1.5)\n", medianRatio(took[8], took[2]))
	fmt.Printf("  a rollup by day, with a count and a sum, costs a purge × %.2f of its time with none  (goal ≤ 1.3)\n", medianRatio(took[9], took[2]))
	fmt.Printf("  raw DELETE varied from %.2f to %.2f s\n", slices.Min(took[0]).Seconds(), slices.Max(took[0]).Seconds())
}

// medianRatio is the median of the pairs' ratios: each pair met the same machine.
func medianRatio(took, base []time.Duration) float64 {
	ratios := make([]float64, len(took))
	for i := range took {
		ratios[i] = float64(took[i]) / float64(base[i])
	}
	slices.Sort(ratios)
	return ratios[len(ratios)/2]
}

// memoryTaken is what this process has taken from the system so far, in bytes.
func memoryTaken() uint64 {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return mem.Sys
}

func median(d []time.Duration) time.Duration {
	s := slices.Sorted(slices.Values(d))
	return s[len(s)/2]
}

func benchTemplate(b *testing.B, server *pgtest.TempServer, rows int) string {
	b.Helper()
	url := benchCreate(b, server, "bench_template", "template0")
	fillBench(b, url, rows, "100 days")
	return "bench_template"
}

func benchCreate(b *testing.B, server *pgtest.TempServer, name, template string) string {
	b.Helper()
	pgtest.Exec(b, server.URL("postgres"), fmt.Sprintf(`CREATE DATABASE %s TEMPLATE %s STRATEGY file_copy`, name, template), `CHECKPOINT`)
	return server.URL(name)
}

func benchClone(b *testing.B, server *pgtest.TempServer, template, name string) string {
	b.Helper()
	url := benchCreate(b, server, name, template)
	// Read everything once: each variant begins with a warm cache.
	pgtest.Exec(b, url, `SELECT count(*), max(payload) FROM public.events`, `SELECT count(*) FROM public.events WHERE created_at < now() - interval '1 day'`)
	return url
}

func benchDrop(b *testing.B, server *pgtest.TempServer, url string) {
	b.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		b.Fatal(err)
	}
	pgtest.Exec(b, server.URL("postgres"), fmt.Sprintf(`DROP DATABASE %s WITH (FORCE)`, cfg.Database), `CHECKPOINT`)
}

func rawDelete(b *testing.B, url string, _ int) time.Duration {
	conn := connect(b, url)
	start := time.Now()
	if _, err := conn.Exec(b.Context(), `DELETE FROM public.events WHERE created_at < now() - interval '1 day'`); err != nil {
		b.Fatal(err)
	}
	return time.Since(start)
}

func connect(b testing.TB, url string) *pgx.Conn {
	b.Helper()
	conn, err := pgx.Connect(b.Context(), url)
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// ourRun is a run of the whole engine from its queueing to its end.
func ourRun(evidence retention.EvidenceLevel) func(*testing.B, string, int) time.Duration {
	return runOf(evidence, nil)
}

// tellingRun is one that tells others of each record.
func tellingRun(evidence retention.EvidenceLevel) func(*testing.B, string, int) time.Duration {
	return runOf(evidence, &retention.EventSpec{EntityType: "user", Key: retention.EventKey{"customer_id"}})
}

// conditionTemplate is the template under a thousand holds, each on the records of one
// customer. They are placed while the table is empty, since placing counts what it covers.
func conditionTemplate(b *testing.B, server *pgtest.TempServer, template string) string {
	b.Helper()
	const name = "bench_conditions"
	url := benchCreate(b, server, name, template)
	pgtest.Exec(b, url, `CREATE TABLE public.aside AS TABLE public.events`, `TRUNCATE public.events`)
	h := newHouse(b, url)
	for i := range 1000 {
		hold := holdOn("events")
		hold.Scope[0].Condition = fmt.Sprintf("customer_id = %d", 7*i)
		h.mustHold(hold)
	}
	h.close()
	pgtest.Exec(b, url, `INSERT INTO public.events TABLE public.aside`, `DROP TABLE public.aside`, `VACUUM ANALYZE public.events`)
	pgtest.Disconnect(url)
	return name
}

// rollupRun is one that adds the figures of its rows to another table.
func rollupRun(b *testing.B, url string, _ int) time.Duration {
	pgtest.Exec(b, url, `CREATE TABLE public.daily (day date PRIMARY KEY, n bigint, customers numeric)`)
	return benchRun(b, url, benchSetting("BENCH_ROWS", 2_000_000)/2, func(p *retention.Policy) {
		p.Evidence = retention.EvidenceRecords
		p.Rollup = &retention.Rollup{Table: retention.TableName{Schema: "public", Name: "daily"}, GroupBy: map[string]string{"day": "(created_at AT TIME ZONE 'UTC')::date"},
			Measures: map[string]string{"n": "count", "customers": "sum(customer_id)"}}
	})
}

func runOf(evidence retention.EvidenceLevel, events *retention.EventSpec) func(*testing.B, string, int) time.Duration {
	return func(b *testing.B, url string, held int) time.Duration {
		h := newHouse(b, url)
		defer h.close()
		p := policyOn("events", 1)
		p.Evidence, p.BatchSize, p.Events = evidence, 20_000, events
		h.mustPolicy(p)
		if held > 0 {
			hold := holdOn("events")
			// Spread over the due rows and beyond.
			apart := benchSetting("BENCH_ROWS", 2_000_000) / held
			for i := range held {
				hold.Scope[0].RecordIDs = append(hold.Scope[0].RecordIDs, retention.Key{strconv.Itoa(1 + i*apart)})
			}
			h.mustHold(hold)
		}
		pgtest.Exec(b, url, `CHECKPOINT`)
		start := time.Now()
		run := h.mustRun(engine.RunRequest{Pace: retention.PaceMax})
		d := time.Since(start)
		if run.Status != retention.RunSucceeded || run.TotalProcessed+run.TotalHeld == 0 {
			b.Fatalf("run ended as %+v", run)
		}
		return d
	}
}

// selectFilterDelete is the technique that ours replaces: read ids, ask for holds in
// the application, delete by a list of ids.
func selectFilterDelete(b *testing.B, url string, _ int) time.Duration {
	ctx := b.Context()
	conn := connect(b, url)
	pgtest.Exec(b, url, `CREATE TABLE public.naive_holds (record_id bigint PRIMARY KEY)`)
	start := time.Now()
	for {
		rows, err := conn.Query(ctx, `SELECT id FROM public.events WHERE created_at < now() - interval '1 day' ORDER BY created_at LIMIT 1000`)
		if err != nil {
			b.Fatal(err)
		}
		ids, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			b.Fatal(err)
		}
		if len(ids) == 0 {
			return time.Since(start)
		}
		rows, err = conn.Query(ctx, `SELECT record_id FROM public.naive_holds WHERE record_id = ANY ($1)`, ids)
		if err != nil {
			b.Fatal(err)
		}
		held, err := pgx.CollectRows(rows, pgx.RowTo[int64])
		if err != nil {
			b.Fatal(err)
		}
		list := make([]string, 0, len(ids))
		for _, id := range ids {
			if !slices.Contains(held, id) {
				list = append(list, strconv.FormatInt(id, 10))
			}
		}
		if _, err := conn.Exec(ctx, `DELETE FROM public.events WHERE id IN (`+strings.Join(list, ",")+`)`); err != nil {
			b.Fatal(err)
		}
	}
}
