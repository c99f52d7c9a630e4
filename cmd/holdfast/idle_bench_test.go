package main

import (
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
	"time"

	"holdfast/internal/pgtest"
)

// BenchmarkIdleProcessesCostTheStoreLittle measures the CPU time of a PostgreSQL that
// is store and governed database of three idle processes with fifty policies, as a
// share of one core. BENCH_IDLE_SECONDS sets how long; a minute by default.
func BenchmarkIdleProcessesCostTheStoreLittle(b *testing.B) {
	seconds := 60
	if v, err := strconv.Atoi(os.Getenv("BENCH_IDLE_SECONDS")); err == nil {
		seconds = v
	}
	pg := pgtest.StartPrivate(b, nil)
	url := pg.CreateDatabase("app")
	fillLogs(b, url, 1000)
	first := startService(b, url)
	for i := range 50 {
		name := "logs_" + strconv.Itoa(i)
		first.call("POST", "/api/v1/policies", jsonType, strings.Replace(logsPolicy, `"logs"`, `"`+name+`"`, 1), 201)
	}
	startService(b, url)
	startService(b, url)
	postmaster := pgtest.Value[string](b, url, `SELECT split_part(pg_read_file('postmaster.pid'), E'\n', 1)`)
	// The first measurements of the policies are no part of idling.
	first.awaitClient(url, `SELECT count(*) = 50 FROM holdfast.policy_status`, "the policies are not measured")
	pause(b, 10)
	for b.Loop() {
		before := cpuOf(b, postmaster)
		pause(b, seconds)
		used := cpuOf(b, postmaster) - before
		b.ReportMetric(100*used.Seconds()/float64(seconds), "%core")
	}
	b.ReportMetric(0, "ns/op")
}

func pause(tb testing.TB, seconds int) {
	tb.Helper()
	select {
	case <-tb.Context().Done():
	case <-time.After(time.Duration(seconds) * time.Second):
	}
}

// cpuOf is the CPU time of a process, of its children, and of those that have ended.
func cpuOf(tb testing.TB, pid string) time.Duration {
	tb.Helper()
	const ticksASecond = 100 // USER_HZ, the same on every Linux
	ticks := int64(0)
	stats, err := filepath.Glob("/proc/[0-9]*/stat")
	if err != nil || len(stats) == 0 {
		tb.Skip("needs /proc")
	}
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // it has ended
		}
		// "pid (name) state ppid …": utime and stime are fields 14 and 15, of ended
		// children 16 and 17.
		end := strings.LastIndexByte(string(text), ')')
		fields := strings.Fields(string(text[end+1:]))
		own := filepath.Base(filepath.Dir(path)) == pid
		if !own && fields[1] != pid {
			continue
		}
		counted := fields[11:13]
		if own {
			counted = fields[11:15]
		}
		for _, f := range counted {
			n, err := strconv.ParseInt(f, 10, 64)
			if err != nil {
				tb.Fatal(err)
			}
			ticks += n
		}
	}
	return time.Duration(ticks) * time.Second / ticksASecond
}
