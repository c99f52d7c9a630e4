package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// Snapshot is what we know at one moment, for gauges. Every process asks for it a
// few times a minute, so each part is a probe of an index per policy, or counts what
// is few.
func (s *Store) Snapshot(ctx context.Context) (retention.Snapshot, error) {
	var snap retention.Snapshot
	err := s.read(ctx, "read figures", func(tx pgx.Tx) error {
		if err := tx.QueryRow(ctx, `SELECT holdfast.clock()`).Scan(&snap.At); err != nil {
			return err
		}
		for _, part := range []func(context.Context, pgx.Tx, *retention.Snapshot) error{policySnapshots, holdCounts, openRuns, queueCounts} {
			if err := part(ctx, tx, &snap); err != nil {
				return err
			}
		}
		return nil
	})
	return snap, err
}

func policySnapshots(ctx context.Context, tx pgx.Tx, snap *retention.Snapshot) error {
	rows, err := tx.Query(ctx, `
		SELECT h.name, v.action, (v.document ->> 'enabled')::boolean, coalesce(v.document ->> 'grace', $1),
		       s.oldest_due, s.cutoff, s.checked_at, coalesce(s.problem, ''), coalesce(s.note, ''),
		       success.finished_at, coalesce(latest.status = 'failed', false)
		FROM holdfast.policy AS h
		JOIN holdfast.policy_version AS v ON v.name = h.name AND v.version = h.live_version
		LEFT JOIN holdfast.policy_status AS s ON s.policy = h.name
		LEFT JOIN LATERAL (`+lastResult+` AND p.status = 'succeeded' ORDER BY p.finished_at DESC LIMIT 1) AS success ON true
		LEFT JOIN LATERAL (`+lastResult+` AND p.status IN ('succeeded', 'failed') ORDER BY p.finished_at DESC LIMIT 1) AS latest ON true
		ORDER BY h.name`, retention.DefaultGrace.String())
	if err != nil {
		return err
	}
	snap.Policies, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (p retention.PolicySnapshot, err error) {
		var grace string
		var cutoff, checked *time.Time
		err = row.Scan(&p.Policy, &p.Action, &p.Enabled, &grace, &p.Status.OldestDue, &cutoff, &checked,
			&p.Status.Problem, &p.Status.Note, &p.LastSuccess, &p.LastFailed)
		if err != nil {
			return p, err
		}
		p.Status.Policy, p.Status.Cutoff, p.Status.CheckedAt = p.Policy, valueOf(cutoff), valueOf(checked)
		p.Grace, err = retention.ParsePeriod(grace)
		return p, err
	})
	return err
}

// lastResult selects a policy's results in real runs, for an order by finished_at.
const lastResult = `
	SELECT p.finished_at, p.status
	FROM holdfast.run_policy AS p
	WHERE p.policy = h.name AND p.finished_at IS NOT NULL
	  AND NOT (SELECT r.dry_run FROM holdfast.run AS r WHERE r.id = p.run_id)`

func holdCounts(ctx context.Context, tx pgx.Tx, snap *retention.Snapshot) error {
	snap.Holds = map[retention.HoldStatus]int64{}
	for _, st := range retention.HoldStatuses() {
		snap.Holds[st] = 0
	}
	return countBy(ctx, tx, snap.Holds, `SELECT status, count(*) FROM holdfast.hold GROUP BY status`)
}

func openRuns(ctx context.Context, tx pgx.Tx, snap *retention.Snapshot) error {
	snap.OpenRuns = map[retention.RunStatus]int64{}
	for _, st := range retention.RunStatuses() {
		if !st.Ended() {
			snap.OpenRuns[st] = 0
		}
	}
	return countBy(ctx, tx, snap.OpenRuns, `
		SELECT status, count(*)
		FROM holdfast.run AS r
		WHERE `+openRun+` AND NOT dry_run
		GROUP BY status`)
}

// queueCounts counts jobs by all the states that the queue knows, zeros included.
func queueCounts(ctx context.Context, tx pgx.Tx, snap *retention.Snapshot) error {
	snap.Jobs = map[string]int64{}
	return countBy(ctx, tx, snap.Jobs, `
		SELECT state::text, count(j.state)
		FROM unnest(enum_range(NULL::holdfast.river_job_state)) AS state
		LEFT JOIN holdfast.river_job AS j USING (state)
		GROUP BY state`)
}

func countBy[K ~string](ctx context.Context, tx pgx.Tx, into map[K]int64, sql string) error {
	rows, err := tx.Query(ctx, sql)
	if err != nil {
		return err
	}
	var key K
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&key, &n}, func() error {
		into[key] = n
		return nil
	})
	return err
}

// Dispositions sums what real runs did between one bound and the next; bounds
// ascend, the last one is the end. What was processed is on the day on which its batch was
// committed, also where its run goes on or is paused; what was held, once for each run, and
// what failed are on the day on which a policy's turn ended.
func (s *Store) Dispositions(ctx context.Context, bounds []time.Time) ([]retention.DayCount, error) {
	if len(bounds) < 2 {
		return nil, nil
	}
	days := make([]retention.DayCount, len(bounds)-1)
	for i := range days {
		days[i].From = bounds[i]
	}
	rows, err := s.pool.Query(ctx, `
		WITH parts AS (
			SELECT width_bucket(b.committed_at, $1::timestamptz[]) AS day, sum(b.processed) AS processed, 0 AS held, 0 AS failed
			FROM holdfast.batch AS b
			WHERE b.committed_at >= $2 AND b.committed_at < $3
			GROUP BY 1
			UNION ALL
			SELECT width_bucket(p.finished_at, $1::timestamptz[]), 0, sum(p.held), count(*) FILTER (WHERE p.status = 'failed')
			FROM holdfast.run_policy AS p
			JOIN holdfast.run AS r ON r.id = p.run_id
			WHERE p.finished_at >= $2 AND p.finished_at < $3 AND NOT r.dry_run
			GROUP BY 1)
		SELECT day - 1, sum(processed)::bigint, sum(held)::bigint, sum(failed)::bigint
		FROM parts
		GROUP BY day`, bounds, bounds[0], bounds[len(bounds)-1])
	if err != nil {
		return nil, fail("sum up dispositions", err)
	}
	var i int
	var d retention.DayCount
	_, err = pgx.ForEachRow(rows, []any{&i, &d.Processed, &d.Held, &d.Failed}, func() error {
		d.From = days[i].From
		days[i] = d
		return nil
	})
	return days, fail("sum up dispositions", err)
}
