package engine_test

import (
	"context"
	"fmt"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// BenchmarkHoldDuringPurge places 200 holds of 200 ids while a run purges at pace max, and
// prints how long it took until each was in force: a lawyer must not wait for a run.
// BENCH_HOLDS sets how many; a minute and a half is the most that it takes.
func BenchmarkHoldDuringPurge(b *testing.B) {
	rows, holds := benchSetting("BENCH_ROWS", 2_000_000)/2, benchSetting("BENCH_HOLDS", 200)
	server := benchServer(b)
	h := newHouse(b, benchCreate(b, server, "bench_placing", "template0"))
	defer h.close()
	h.exec(`CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, payload text)`, `CREATE INDEX ON public.events (created_at)`)
	migrateAll(b, h.url)
	h.mustPolicy(policyOn("events", 1))
	var took []time.Duration
	deadline := time.Now().Add(90 * time.Second)
	for round := 0; len(took) < holds && time.Now().Before(deadline); round++ {
		took = append(took, placeWhilePurging(b, h, round*rows, rows, holds-len(took))...)
	}
	if len(took) == 0 {
		b.Fatal("no hold was placed while a run was at work")
	}
	slices.Sort(took)
	fmt.Printf("\n%d holds of 200 ids, placed while a run purges at pace max: in force after %d ms, median (goal < 50), %d ms at p95, %d ms the slowest (goal < 500)\n",
		len(took), median(took).Milliseconds(), took[len(took)*95/100].Milliseconds(), took[len(took)-1].Milliseconds())
}

// placeWhilePurging fills the table with due rows from an id on, has a run purge them, and
// places up to so many holds on some of them. It answers how long those took that began and
// ended while the run was at work.
func placeWhilePurging(b *testing.B, h *house, from, rows, most int) (took []time.Duration) {
	b.Helper()
	h.exec(fmt.Sprintf(`INSERT INTO public.events SELECT i, now() - interval '100 days' + i * interval '1 second', 'event number ' || i FROM generate_series(%d, %d) AS i`, from+1, from+rows),
		`VACUUM ANALYZE public.events`, `CHECKPOINT`)
	run, err := h.engine.RequestRun(b.Context(), h.actor, engine.RunRequest{Pace: retention.PaceMax})
	if err != nil {
		b.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.engine.ExecuteRun(context.WithoutCancel(b.Context()), run.ID, 0) }()
	begun := func() bool {
		return pgtest.Value[bool](b, h.url, `SELECT EXISTS (SELECT FROM holdfast_guard.journal WHERE run_id = $1::text::uuid)`, run.ID)
	}
	for !begun() && len(ended) == 0 { // the first batch is asked for, not slept for
		continue
	}
	for len(took) < most {
		hold := holdOn("events")
		for range 200 {
			hold.Scope[0].RecordIDs = append(hold.Scope[0].RecordIDs, retention.Key{fmt.Sprint(from + 1 + rand.IntN(rows))})
		}
		start := time.Now()
		h.mustHold(hold)
		d := time.Since(start)
		if len(ended) > 0 {
			break
		}
		took = append(took, d)
	}
	if err := <-ended; err != nil {
		b.Fatal(err)
	}
	if run := h.getRun(run.ID); run.Status != retention.RunSucceeded {
		b.Fatalf("the run ended as %+v", run)
	}
	return took
}

// BenchmarkManyHolds measures a run under a thousand holds, 50 of them by condition, the
// others of two million ids together, beside the same run under none.
func BenchmarkManyHolds(b *testing.B) {
	rows, pairs := benchSetting("BENCH_ROWS", 2_000_000), benchSetting("BENCH_PAIRS", 5)
	server := benchServer(b)
	template := benchTemplate(b, server, rows)
	loaded := manyHoldsTemplate(b, server, template, rows)
	run := ourRun(retention.EvidenceRecords)
	took := make([][]time.Duration, 2)
	for pair := range pairs {
		for i, from := range []string{template, loaded} {
			url := benchClone(b, server, from, fmt.Sprintf("many_%d_%d", pair, i))
			// Its holds were placed in the template, which is another database.
			pgtest.Exec(b, url, `UPDATE holdfast.guard_mark SET database_oid = (SELECT oid FROM pg_database WHERE datname = current_database())`)
			took[i] = append(took[i], run(b, url, 0))
			benchDrop(b, server, url)
		}
	}
	fmt.Printf("\nA run over %d due rows of %d under 1,000 holds, 50 of them by condition, the others of %d ids: %.2f s, × %.2f of its time with none  (goal ≤ 2.5)\n",
		rows/2, rows, rows, median(took[1]).Seconds(), medianRatio(took[1], took[0]))
}

// manyHoldsTemplate is the template under a thousand holds. A quarter of their ids have rows,
// spread over all of the table. They are placed while it is nearly empty, since placing
// counts what it covers.
func manyHoldsTemplate(b *testing.B, server *pgtest.TempServer, template string, rows int) string {
	b.Helper()
	const name, byCondition, byID = "bench_many_holds", 50, 950
	url := benchCreate(b, server, name, template)
	h := newHouse(b, url)
	pgtest.Exec(b, url, `CREATE TABLE public.aside AS TABLE public.events`, `TRUNCATE public.events`)
	for i := range byCondition {
		hold := holdOn("events")
		hold.Scope[0].Condition = []string{
			fmt.Sprintf(`customer_id = %d`, 17*i),
			fmt.Sprintf(`customer_id >= %d AND customer_id < %d`, 19*i, 19*i+2),
			fmt.Sprintf(`payload LIKE 'event number 7%d%%'`, 100+i),
		}[i%3]
		h.mustHold(hold)
	}
	for i := range byID {
		hold := holdOn("events")
		for id := i; id < rows; id += byID {
			hold.Scope[0].RecordIDs = append(hold.Scope[0].RecordIDs, retention.Key{fmt.Sprint(1 + id*4)})
		}
		h.mustHold(hold)
	}
	h.close()
	pgtest.Exec(b, url, `INSERT INTO public.events TABLE public.aside`, `DROP TABLE public.aside`, `VACUUM ANALYZE`)
	pgtest.Disconnect(url)
	return name
}
