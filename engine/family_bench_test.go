package engine_test

import (
	"fmt"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/retention"
)

// BenchmarkFamilies measures what a hold on 1,000 of 20,000 customers with everything that
// belongs to them costs a run over their items, two foreign keys away, and one on 20 heads of a
// staff that is a tree costs a run over the staff: ratios to the same run without a hold, in
// interleaved pairs. BENCH_ROWS (default 2,000,000) is four times the items, BENCH_PAIRS
// (default 5) the pairs.
func BenchmarkFamilies(b *testing.B) {
	items, pairs := benchSetting("BENCH_ROWS", 2_000_000)/4, benchSetting("BENCH_PAIRS", 5)
	cases := map[string][]time.Duration{}
	for range pairs {
		for _, c := range []struct {
			name, table, root string
			held              int
		}{
			{"items", "items", "", 0}, {"items with families", "items", "customers", 1000}, {"staff", "staff", "", 0}, {"staff with families", "staff", "staff", 20},
		} {
			cases[c.name] = append(cases[c.name], familyRun(b, items, c.table, c.root, c.held))
		}
	}
	fmt.Printf("\nDelete %d due rows, medians of %d interleaved runs, pace max:\n", items, pairs)
	for _, name := range []string{"items", "staff"} {
		fmt.Printf("  %s: %.2f s, with families held × %.2f of it\n", name, median(cases[name]).Seconds(), medianRatio(cases[name+" with families"], cases[name]))
	}
}

func familyRun(b *testing.B, items int, table, root string, held int) time.Duration {
	b.Helper()
	h := freshHouse(b)
	h.exec(`CREATE TABLE public.customers (id bigint PRIMARY KEY)`, `INSERT INTO public.customers SELECT generate_series(1, 20000)`,
		`CREATE TABLE public.orders (id bigint PRIMARY KEY, customer bigint REFERENCES public.customers)`,
		fmt.Sprintf(`INSERT INTO public.orders SELECT i, i %% 20000 + 1 FROM generate_series(1, %d) AS i`, items/5),
		`CREATE TABLE public.items (id bigint PRIMARY KEY, "order" bigint REFERENCES public.orders, created_at timestamptz NOT NULL)`,
		fmt.Sprintf(`INSERT INTO public.items SELECT i, (i + 4) / 5, now() - interval '400 days' - i * interval '1 second' FROM generate_series(1, %d) AS i`, items),
		`CREATE TABLE public.staff (id bigint PRIMARY KEY, boss bigint, created_at timestamptz NOT NULL)`,
		fmt.Sprintf(`INSERT INTO public.staff SELECT i, nullif(i / 20, 0), now() - interval '400 days' - i * interval '1 second' FROM generate_series(1, %d) AS i`, items),
		`CREATE INDEX ON public.orders (customer)`, `CREATE INDEX ON public.items ("order")`, `CREATE INDEX ON public.items (created_at)`,
		`CREATE INDEX ON public.staff (boss)`, `CREATE INDEX ON public.staff (created_at)`, `ALTER TABLE public.staff ADD FOREIGN KEY (boss) REFERENCES public.staff`, `VACUUM ANALYZE`)
	h.mustPolicy(policyOn(table, 1))
	if held > 0 {
		hold := holdOn(root)
		hold.Scope[0].Family, hold.Scope[0].RecordIDs = &retention.Family{}, nil
		for i := range held {
			hold.Scope[0].RecordIDs = append(hold.Scope[0].RecordIDs, retention.Key{fmt.Sprint(i*10 + 1001)})
		}
		h.mustHold(hold)
	}
	begin := time.Now()
	run := h.mustRun(engine.RunRequest{Pace: retention.PaceMax})
	took := time.Since(begin)
	if (run.TotalHeld > 0) != (held > 0) || run.TotalProcessed == 0 {
		b.Fatalf("%s: %d went, %d were held", table, run.TotalProcessed, run.TotalHeld)
	}
	return took
}
