package engine_test

import (
	"fmt"
	"slices"
	"strconv"
	"testing"
	"time"

	"holdfast/retention"
)

// BenchmarkRecord prints what explaining one record costs: of a table of BENCH_ROWS rows
// with three policies, 10,000 held ids and 100 holds by condition; and of one that is gone,
// among ten digests for each of these rows (20 million in batches of 5,000). Run it with
// `make bench`.
func BenchmarkRecord(b *testing.B) {
	rows := benchSetting("BENCH_ROWS", 2_000_000)
	server := benchServer(b)
	h := newHouse(b, benchClone(b, server, benchTemplate(b, server, rows), "bench_record"))
	for i := range 3 {
		p := policyOn("events", 90)
		p.Name, p.RetentionPeriod = "p"+strconv.Itoa(i), retention.Period{Days: 90 + i}
		h.mustPolicy(p)
	}
	h.mustHold(holdOn("events", idRange(1, 10_000)...))
	for i := range 100 {
		h.mustHold(retention.Hold{Matter: "Condition", Reason: "a bench", Scope: []retention.Scope{{Table: public("events"), Condition: "id = " + strconv.Itoa(20_000+i)}}})
	}
	digests := 10 * rows
	h.exec(fmt.Sprintf(`
		INSERT INTO holdfast.batch (id, run_id, policy, policy_version, action, table_schema, table_name, seq, guard_epoch, step,
		                            processed, held, blocked, skipped, digest_count, digests, committed_at, digests_sorted)
		SELECT 'bench-' || n, 'run', 'p0', 1, 'delete', 'public', 'events', n, 1, '', 5000, 0, 0, '{}', 5000, d.all, now(), true
		FROM generate_series(1, %d) AS n,
		     LATERAL (SELECT string_agg(sha256((n || '-' || i)::bytea), '' ORDER BY sha256((n || '-' || i)::bytea)) AS all FROM generate_series(1, 5000) AS i) AS d`,
		digests/5000), `ANALYZE holdfast.batch`)
	there := h.explained(b, 5000)
	gone := h.explained(b, 10*rows)
	fmt.Printf("\nExplaining a record (medians): by key under one policy, with 10,000 held ids and 100 conditions, %.1f ms  (goal < 20); under three, with %d digests of its table, %.1f ms; one that is gone %.1f ms  (goal < 2000)\n\n",
		there[1], digests, there[0], gone[0])
}

// explained is the median in milliseconds, as a whole and of the governed database's part.
func (h *house) explained(b *testing.B, id int) [2]float64 {
	b.Helper()
	var whole, state []time.Duration
	policies, err := h.store.PolicyVersions(b.Context(), "p0")
	if err != nil {
		b.Fatal(err)
	}
	for i := range 15 {
		key := retention.Key{strconv.Itoa(id + i)}
		start := time.Now()
		h.explain("events", key...)
		whole = append(whole, time.Since(start))
		start = time.Now()
		if _, err := h.target.Record(b.Context(), public("events"), key, policies, nil); err != nil {
			b.Fatal(err)
		}
		state = append(state, time.Since(start))
	}
	slices.Sort(whole)
	slices.Sort(state)
	return [2]float64{whole[7].Seconds() * 1000, state[7].Seconds() * 1000}
}
