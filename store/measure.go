package store

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// ClaimMeasurement gives the caller the live policy that has waited longest to be
// measured, for lease; ok is false if none is due, or while anybody measures. One
// measurement at a time over all processes: each of them reads the governed database.
func (s *Store) ClaimMeasurement(ctx context.Context, lease time.Duration) (m retention.Measurement, ok bool, err error) {
	var due bool
	// Most of the time there is nothing to do, and this finds out without a lock.
	if err := s.pool.QueryRow(ctx, `SELECT EXISTS (`+dueForMeasuring+`)`).Scan(&due); err != nil || !due {
		return m, false, fail("look for what to measure", err)
	}
	err = s.write(ctx, "claim a measurement", func(tx pgx.Tx) error {
		// Two claims at once would not see each other's.
		if err := lockFor(ctx, tx, lockMeasurements); err != nil {
			return err
		}
		var name string
		// FOR SHARE: a policy that is being retired is seen retired.
		err := tx.QueryRow(ctx, `
			INSERT INTO holdfast.policy_status AS s (policy, problem, due_at, claimed_until)
			SELECT chosen.name, '', 'infinity', holdfast.clock() + make_interval(secs => $1)
			FROM (`+dueForMeasuring+` FOR SHARE OF h) AS chosen
			WHERE NOT EXISTS (SELECT FROM holdfast.policy_status AS o WHERE o.claimed_until > holdfast.clock())
			ON CONFLICT (policy) DO UPDATE
			SET due_at = excluded.due_at, claimed_until = excluded.claimed_until
			RETURNING s.policy, s.position, s.problem <> '', s.claimed_until`, lease.Seconds()).Scan(&name, &m.Position, &m.Failed, &m.Until)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		m.Policy, err = latestPolicy(ctx, tx, name)
		ok = err == nil
		return err
	})
	return m, ok && err == nil, err
}

// dueForMeasuring selects the live policy that has waited longest. A claim that has
// run out is due: its process is dead, or too slow to be waited for.
const dueForMeasuring = `
	SELECT h.name
	FROM holdfast.policy AS h
	LEFT JOIN holdfast.policy_status AS w ON w.policy = h.name
	WHERE h.live_version IS NOT NULL
	  AND (w.policy IS NULL OR w.due_at <= holdfast.clock() OR w.claimed_until <= holdfast.clock())
	ORDER BY w.due_at NULLS FIRST, h.name
	LIMIT 1`

// SaveMeasurement keeps what a round has found and says when the next one is due,
// unless somebody has asked for one earlier. A claim that has run out, or a policy
// that has changed since, keeps nothing. What was last measured stands until a look
// is done.
func (s *Store) SaveMeasurement(ctx context.Context, m retention.Measurement, l retention.Look, next time.Duration) error {
	var cutoff any
	if !l.Cutoff.IsZero() {
		cutoff = l.Cutoff
	}
	return s.write(ctx, "save the measurement of policy "+m.Policy.Name, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.policy_status AS s
			SET oldest_due = CASE WHEN $4 THEN $5::timestamptz ELSE s.oldest_due END,
			    cutoff = CASE WHEN $4 THEN $6::timestamptz ELSE s.cutoff END,
			    checked_at = CASE WHEN $4 THEN holdfast.clock() ELSE s.checked_at END,
			    problem = $7,
			    note = $8,
			    position = $9,
			    due_at = least(s.due_at, holdfast.clock() + make_interval(secs => $10)),
			    claimed_until = NULL
			FROM holdfast.policy AS h
			WHERE s.policy = $1 AND s.claimed_until = $2
			  AND h.name = s.policy AND h.live_version = $3`,
			m.Policy.Name, m.Until, m.Policy.Version, l.Done, l.OldestDue, cutoff, l.Problem, l.Note, l.Position, next.Seconds())
		return err
	})
}

// measureSoon makes the policies of a run due for measuring now. What is being measured
// is measured again: it may have been looked at before the run's last batch.
func measureSoon(ctx context.Context, tx pgx.Tx, runID string) error {
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.policy_status
		SET due_at = holdfast.clock()
		WHERE policy IN (SELECT policy FROM holdfast.run_policy WHERE run_id = $1::text::uuid)`, runID)
	return err
}

const statusColumns = `s.policy, s.oldest_due, s.cutoff, s.checked_at, s.problem, s.note`

// PolicyStatuses are the last measurements of live policies, by name. A policy of
// which nothing is known since it was last changed has none.
func (s *Store) PolicyStatuses(ctx context.Context) (map[string]retention.PolicyStatus, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+statusColumns+`
		FROM holdfast.policy_status AS s
		WHERE s.checked_at IS NOT NULL OR s.problem <> '' OR s.note <> ''`)
	if err != nil {
		return nil, fail("read the policies' status", err)
	}
	list, err := pgx.CollectRows(rows, scanPolicyStatus)
	if err != nil {
		return nil, fail("read the policies' status", err)
	}
	byName := make(map[string]retention.PolicyStatus, len(list))
	for _, st := range list {
		byName[st.Policy] = st
	}
	return byName, nil
}

func scanPolicyStatus(row pgx.CollectableRow) (retention.PolicyStatus, error) {
	var st retention.PolicyStatus
	var cutoff, checked *time.Time
	err := row.Scan(&st.Policy, &st.OldestDue, &cutoff, &checked, &st.Problem, &st.Note)
	st.Cutoff, st.CheckedAt = valueOf(cutoff), valueOf(checked)
	return st, err
}

// valueOf is the time, or zero for NULL.
func valueOf(t *time.Time) time.Time {
	if t == nil {
		return time.Time{}
	}
	return *t
}
