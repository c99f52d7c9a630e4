package engine_test

import (
	"fmt"
	"runtime"
	"testing"
	"time"

	"holdfast/retention"
)

// BenchmarkPlaceHold places one hold on half a million ids, one in a hundred of which
// has no row.
func BenchmarkPlaceHold(b *testing.B) {
	h := freshHouse(b)
	const ids = 500_000
	h.exec(`CREATE TABLE public.orders (id bigint PRIMARY KEY, closed_at timestamptz NOT NULL)`,
		fmt.Sprintf(`INSERT INTO public.orders SELECT i, now() FROM generate_series(1, %d) AS i WHERE i %% 100 <> 0`, ids), `ANALYZE public.orders`)
	for b.Loop() {
		b.StopTimer()
		scope := retention.Scope{Table: retention.TableName{Schema: "public", Name: "orders"}, RecordIDs: make([]retention.Key, ids)}
		for i := range scope.RecordIDs {
			scope.RecordIDs[i] = retention.Key{fmt.Sprint(i + 1)}
		}
		hold := retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Scope: []retention.Scope{scope}}
		runtime.GC()
		var before runtime.MemStats
		runtime.ReadMemStats(&before)
		b.StartTimer()
		begin := time.Now()
		placed := h.mustHold(hold)
		b.StopTimer()
		var after runtime.MemStats
		runtime.ReadMemStats(&after)
		b.ReportMetric(time.Since(begin).Seconds(), "s/hold")
		b.ReportMetric(float64(after.TotalAlloc-before.TotalAlloc)/(1<<20), "MiB-allocated")
		b.ReportMetric(float64(after.HeapSys)/(1<<20), "MiB-heap")
		if got := placed.Scope[0]; got.RecordCount != ids || got.NotFoundCount != ids/100 {
			b.Fatalf("%d records, %d not found; want %d and %d", got.RecordCount, got.NotFoundCount, ids, ids/100)
		}
		b.StartTimer()
	}
}
