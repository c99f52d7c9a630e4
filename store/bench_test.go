package store_test

import (
	"fmt"
	"slices"
	"testing"
	"time"
)

// BenchmarkFigures prints what reading the gauges' figures, and the overview's chart,
// cost the store with 500 policies and 300 nights of runs over all of them. Every
// process reads the figures every 12 seconds. Run it with `make bench`.
func BenchmarkFigures(b *testing.B) {
	const policies, nights = 500, 300
	s := newStore(b)
	ctx := b.Context()
	for i := range policies {
		must(s.SavePolicy(ctx, policy(fmt.Sprintf("policy_%03d", i)), 0, by("policy.create")))(b)
	}
	for _, sql := range []string{
		fmt.Sprintf(`
			INSERT INTO holdfast.run (id, trigger, requested_by, dry_run, pace, status, created_at, started_at, finished_at, requeued_at)
			SELECT gen_random_uuid(), 'manual', 'jane@example.com', false, 'default', 'succeeded', at, at, at, at
			FROM generate_series(1, %d) AS n, LATERAL (SELECT now() - n * interval '1 day') AS t(at)`, nights),
		`INSERT INTO holdfast.run_policy (run_id, ordinal, policy, version, action, table_schema, table_name, sentence, status, processed, held,
			blocked, skipped, null_timestamps, infinite_timestamps, batches, started_at, finished_at, duration_seconds, errors)
			SELECT r.id, row_number() OVER (PARTITION BY r.id), p.name, 1, 'delete', 'public', 'r', 'Delete rows of a table after a while.', 'succeeded', 10, 1,
			       0, '{}', 0, 0, 1, r.finished_at, r.finished_at, 1, '[]'
			FROM holdfast.run AS r, holdfast.policy AS p`,
		`ANALYZE`,
	} {
		exec(b, s, sql)
	}
	figures := timed(b, 30, func() error { _, err := s.Snapshot(ctx); return err })
	days := make([]time.Time, 91)
	for i := range days {
		days[i] = time.Now().AddDate(0, 0, i-90)
	}
	chart := timed(b, 10, func() error { _, err := s.Dispositions(ctx, days); return err })
	states := timed(b, 30, func() error { _, err := s.ScheduleStates(ctx); return err })
	fmt.Printf("\nReading figures with %d policies and %d results of runs: gauges %.1f ms, schedules %.1f ms, chart of 90 days %.1f ms (medians)\n\n",
		policies, policies*nights, figures, states, chart)
}

// timed is the median of n calls, in milliseconds.
func timed(b *testing.B, n int, do func() error) float64 {
	b.Helper()
	took := make([]time.Duration, n)
	for i := range took {
		start := time.Now()
		noErr(b, do())
		took[i] = time.Since(start)
	}
	slices.Sort(took)
	return took[n/2].Seconds() * 1000
}
