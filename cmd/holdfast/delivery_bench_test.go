package main

import (
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"strconv"
	"strings"
	"testing"
	"time"

	"holdfast/internal/natstest"
	"holdfast/internal/pgtest"
)

// BenchmarkDelivery measures how long a service in a process of its own takes for
// BENCH_EVENTS events (default 100,000), to a local webhook and to NATS JetStream, and
// how much memory it has at most. Run it with `make bench-events`.
func BenchmarkDelivery(b *testing.B) {
	events := 100_000
	if n, err := strconv.Atoi(os.Getenv("BENCH_EVENTS")); err == nil && n > 0 {
		events = n
	}
	hook := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, _ = io.Copy(io.Discard, r.Body)
		w.WriteHeader(http.StatusNoContent)
	}))
	b.Cleanup(hook.Close)
	broker := natstest.Start(b)
	holdfastStream(b, broker.URL)
	fmt.Printf("\n%d events with an included column, in batches of 5,000:\n", events)
	for _, to := range []struct{ name, subscriber, goal string }{
		{"webhook", `{"name":"to","kind":"webhook","url":"` + hook.URL + `"}`, "60 s"},
		{"NATS JetStream, file storage", `{"name":"to","kind":"nats","url":"` + broker.URL + `"}`, "15 s"},
	} {
		took, memory := deliver(b, events, to.subscriber)
		fmt.Printf("  %-30s %6.1f s  (goal < %s), %.0f a second; the service had at most %d MiB (goal < 150)\n",
			to.name, took.Seconds(), to.goal, float64(events)/took.Seconds(), memory>>20)
	}
	fmt.Println()
}

// deliver starts a service with one subscriber, gives it the events, and measures from
// when they are in the log until the last one is delivered.
func deliver(b *testing.B, events int, subscriber string) (time.Duration, int64) {
	b.Helper()
	url := pgtest.New(b)
	s := startService(b, url, "HOLDFAST_WEBHOOK_ALLOW_PRIVATE=true")
	defer s.kill()
	s.call("POST", "/api/v1/subscribers", jsonType, subscriber, 201)
	pgtest.Exec(b, url, fmt.Sprintf(`
		INSERT INTO holdfast.event_batch (id, type, entity_type, policy, policy_version, run_id, action, initiated_at, occurred_at,
			count, key_parts, keys, columns, included)
		SELECT gen_random_uuid(), 'data.retention.deleted', 'user', 'users', 1, gen_random_uuid()::text, 'delete', now(), now(), 5000, 1,
		       ARRAY(SELECT (b * 5000 + i)::text FROM generate_series(1, 5000) AS i),
		       '[{"name": "region", "kind": "text"}]', ARRAY(SELECT 'region ' || i FROM generate_series(1, 5000) AS i)
		FROM generate_series(1, %d) AS b`, (events+4999)/5000))
	start := time.Now()
	s.await(func() bool {
		return pgtest.Value[int64](b, url, `SELECT delivered FROM holdfast.subscriber`) >= int64(events)
	}, func() string {
		return "not everything was delivered: " + pgtest.Value[string](b, url, `SELECT delivered || ' ' || last_answer FROM holdfast.subscriber`)
	})
	return time.Since(start), peakMemory(b, s.cmd.Process.Pid)
}

// peakMemory is the most that a process had in memory at once, in bytes; 0 where the
// system does not tell (it does on Linux).
func peakMemory(b *testing.B, pid int) int64 {
	b.Helper()
	text, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", pid))
	if err != nil {
		return 0
	}
	for line := range strings.SplitSeq(string(text), "\n") {
		if rest, ok := strings.CutPrefix(line, "VmHWM:"); ok {
			kib, err := strconv.ParseInt(strings.TrimSuffix(strings.TrimSpace(rest), " kB"), 10, 64)
			if err != nil {
				b.Fatal(err)
			}
			return kib << 10
		}
	}
	return 0
}
