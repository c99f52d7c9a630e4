package engine_test

import (
	"bufio"
	"fmt"
	"io"
	"runtime"
	"runtime/debug"
	"testing"
	"time"

	"holdfast/internal/idlist"
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

// numbers is a list of a million ids as CSV, made as it is read: every hundredth has no row,
// and of ten lines so many are no id.
func numbers(lines, rubbish int) io.Reader {
	r, w := io.Pipe()
	go func() {
		out := bufio.NewWriterSize(w, 64<<10)
		fmt.Fprintln(out, "id,name")
		for i := 1; i <= lines; i++ {
			if i%10 < rubbish {
				fmt.Fprintf(out, "n/a %d,\"Miller\"\n", i)
				continue
			}
			fmt.Fprintf(out, "%d,Miller\n", i)
		}
		_ = w.CloseWithError(out.Flush())
	}()
	return r
}

// BenchmarkUploadRecords takes a hold of a million ids from CSV until it is in force, also
// with one line of ten that is no id. Memory is the process's, above what it had before.
func BenchmarkUploadRecords(b *testing.B) {
	for _, rubbish := range []int{0, 1} {
		b.Run(fmt.Sprintf("rubbish %d of 10", rubbish), func(b *testing.B) {
			h := freshHouse(b)
			const lines = 1_000_000
			h.exec(`CREATE TABLE public.orders (id bigint PRIMARY KEY, closed_at timestamptz NOT NULL)`,
				fmt.Sprintf(`INSERT INTO public.orders SELECT i, now() FROM generate_series(1, %d) AS i WHERE i %% 100 <> 5`, lines), `ANALYZE public.orders`)
			for b.Loop() {
				b.StopTimer()
				hold := retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Scope: []retention.Scope{{Table: public("orders"), Upload: retention.UploadAwaited}}}
				placed := h.mustPlace(hold)
				debug.FreeOSMemory()
				stop := make(chan struct{})
				most := make(chan uint64)
				go func() { most <- mostMemory(stop) }()
				b.StartTimer()
				begin := time.Now()
				up, err := h.engine.UploadRecords(b.Context(), h.actor, placed.ID, public("orders"), "", idlist.Lines(numbers(lines, rubbish)))
				b.StopTimer()
				close(stop)
				took, peak := time.Since(begin).Seconds(), float64(<-most)/(1<<20)
				if err != nil || up.Added != lines*int64(10-rubbish)/10 || up.NotFound != lines/100 || up.Hold.Status != retention.HoldActive {
					b.Fatalf("%v: %d added, %d not found, %s", err, up.Added, up.NotFound, up.Hold.Status)
				}
				fmt.Printf("A hold of a million lines of CSV, %d of 10 of them no id: in force after %.1f s (goal < 20), Go's memory at most %.0f MiB (goal: the service under 150)\n", rubbish, took, peak)
				b.StartTimer()
			}
		})
	}
}

// mostMemory is the most that Go had from the system until stop.
func mostMemory(stop <-chan struct{}) (most uint64) {
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		most = max(most, m.Sys-m.HeapReleased)
		select {
		case <-stop:
			return most
		case <-tick.C:
		}
	}
}
