package store

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// ClaimRun takes the run up for a worker if its attempt still is expect. A queued
// run waits while a run that shares a policy with it works, and while one that
// shares a policy and was requested earlier is queued, so that each policy's runs
// go in the order in which they were asked for. Nobody waits for a later run, so no
// two wait for each other. A run that has begun before, be it taken over or resumed,
// waits for nobody: its policies are its own already. Dry runs wait for nobody, and nobody waits for them.
// A run that is too late to begin is not claimed: MissRun ends it.
func (s *Store) ClaimRun(ctx context.Context, id string, expect int) (r retention.Run, ok bool, err error) {
	if err := checkID("run", id); err != nil {
		return r, false, err
	}
	err = s.write(ctx, "claim run "+id, func(tx pgx.Tx) error {
		// One claim or end at a time, over all processes: of two overlapping runs that
		// are claimed at once, the second sees the first one running.
		if err := lockFor(ctx, tx, lockClaims); err != nil {
			return err
		}
		if r, err = loadRun(ctx, tx, id, forUpdate); err != nil {
			return err
		}
		claimable := r.Status == retention.RunQueued || r.Status == retention.RunRunning
		if !claimable || r.Attempt != expect {
			return nil
		}
		if late, err := tooLate(ctx, tx, r); late || err != nil {
			return err
		}
		if r.StartedAt == nil && !r.DryRun {
			why, err := blocker(ctx, tx, r)
			if err != nil {
				return err
			}
			if why != "" {
				r.Waiting = why
				return saveWaiting(ctx, tx, r)
			}
		}
		ok = true
		r, err = takeUp(ctx, tx, id)
		return err
	})
	return r, ok && err == nil, err
}

// blocker says for which run another one has to wait; empty if for none. A
// cancelled run is in the way until it is settled: until then its worker may be at
// work.
func blocker(ctx context.Context, tx pgx.Tx, r retention.Run) (string, error) {
	var id string
	var status retention.RunStatus
	var started bool
	var policies []string
	err := tx.QueryRow(ctx, `
		SELECT o.id, o.status, o.started_at IS NOT NULL, array_agg(p.policy ORDER BY p.ordinal)
		FROM holdfast.run AS o
		JOIN holdfast.run_policy AS p ON p.run_id = o.id
		WHERE (o.status IN ('queued', 'running', 'paused', 'needs_approval') OR o.settling)
		  AND NOT o.dry_run
		  AND o.id <> $1::text::uuid
		  AND (o.started_at IS NOT NULL OR (o.created_at, o.id) < ($2, $1::text::uuid))
		  AND p.policy IN (SELECT policy FROM holdfast.run_policy WHERE run_id = $1::text::uuid)
		GROUP BY o.id
		ORDER BY o.started_at IS NULL, o.created_at, o.id
		LIMIT 1`, r.ID, r.CreatedAt).Scan(&id, &status, &started, &policies)
	if errors.Is(err, pgx.ErrNoRows) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	what := "works on"
	switch {
	case status == retention.RunPaused:
		what = "is paused and keeps"
	case status == retention.RunNeedsApproval:
		what = "needs approval and keeps"
	case status.Ended():
		what = "was cancelled, may still be at its last batch, and works on"
	case !started:
		what = "was requested earlier and works on"
	}
	return fmt.Sprintf("waits for run %s, which %s %s", id, what, namesOf(policies)), nil
}

// namesOf lists policies for a sentence, the first few of many.
func namesOf(policies []string) string {
	const shown = 3
	if len(policies) > shown {
		return fmt.Sprintf("%s and %d more of its policies", strings.Join(policies[:shown], ", "), len(policies)-shown)
	}
	return strings.Join(policies, ", ") + " too"
}

func saveWaiting(ctx context.Context, tx pgx.Tx, r retention.Run) error {
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.run
		SET waiting = $2
		WHERE id = $1::text::uuid`, r.ID, r.Waiting)
	return err
}

func takeUp(ctx context.Context, tx pgx.Tx, id string) (retention.Run, error) {
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.run
		SET attempt = attempt + 1,
		    status = 'running',
		    started_at = coalesce(started_at, holdfast.clock()),
		    requeued_at = holdfast.clock(),
		    waiting = ''
		WHERE id = $1::text::uuid`, id)
	if err != nil {
		return retention.Run{}, err
	}
	return loadRun(ctx, tx, id, "")
}

// lockAttempt locks the run's row and answers ErrConflict if another worker has
// taken it up since, or if it has ended.
func lockAttempt(ctx context.Context, tx pgx.Tx, id string, attempt int) (retention.Run, error) {
	r, err := loadRun(ctx, tx, id, forUpdate)
	switch {
	case err != nil:
		return r, err
	case r.Attempt != attempt:
		return r, retention.Conflictf("run %s is in the hands of attempt %d, not %d", id, r.Attempt, attempt)
	case r.Status.Ended():
		return r, retention.Conflictf("run %s has ended (%s)", id, r.Status)
	}
	return r, nil
}

// SaveResult writes one policy's figures, if attempt is the run's latest and the
// run has not ended; else ErrConflict. It also brings the run's totals up to date.
func (s *Store) SaveResult(ctx context.Context, runID string, attempt int, res retention.PolicyResult) error {
	if err := checkID("run", runID); err != nil {
		return err
	}
	return s.write(ctx, "save a result of run "+runID, func(tx pgx.Tx) error {
		if _, err := lockAttempt(ctx, tx, runID, attempt); err != nil {
			return err
		}
		if err := updateResult(ctx, tx, runID, res); err != nil {
			return err
		}
		return sumUp(ctx, tx, runID)
	})
}

func updateResult(ctx context.Context, tx pgx.Tx, runID string, res retention.PolicyResult) error {
	skipped, problems, err := listsOf(res.Skipped, res.Errors)
	if err != nil {
		return err
	}
	tag, err := tx.Exec(ctx, `
		UPDATE holdfast.run_policy
		SET cutoff = $3, status = $4, processed = $5, held = $6, blocked = $7, skipped = $8,
		    null_timestamps = $9, infinite_timestamps = $10, batches = $11,
		    started_at = $12, finished_at = $13, duration_seconds = $14, errors = $15,
		    due_estimate = nullif($16::bigint, 0), blocked_by = $17, effects = $18, belt = $19, refused = $20
		WHERE run_id = $1::text::uuid AND policy = $2`,
		runID, res.Policy, res.Cutoff, res.Status, res.Processed, res.Held, res.Blocked, skipped,
		res.NullTimestamps, res.InfiniteTimestamps, res.Batches, res.StartedAt, res.FinishedAt, res.DurationSeconds, problems,
		res.DueEstimate, counted(res.BlockedBy), affected(res.Effects), res.Belt,
		append([]retention.RefusedRow{}, res.Refused...))
	if err == nil && tag.RowsAffected() == 0 {
		return retention.NotFoundf("run %s has no policy %q", runID, res.Policy)
	}
	return err
}

// sumUp brings the run's totals up to date.
func sumUp(ctx context.Context, tx pgx.Tx, runID string) error {
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.run
		SET (total_processed, total_held, total_errors) = (
			SELECT sum(processed), sum(held), sum(jsonb_array_length(errors))
			FROM holdfast.run_policy
			WHERE run_id = $1::text::uuid)
		WHERE id = $1::text::uuid`, runID)
	return err
}

// FinishRun ends the run, if attempt is its latest, enqueues jobs for the runs that
// waited for it and makes its policies due for measuring, in one transaction. Repeated after an answer that was lost it
// changes nothing and answers the run; any other end is ErrConflict.
func (s *Store) FinishRun(ctx context.Context, id string, attempt int, status retention.RunStatus) (retention.Run, error) {
	if !status.Ended() {
		return retention.Run{}, fmt.Errorf("finish run %s: %q is no end", id, status)
	}
	if err := checkID("run", id); err != nil {
		return retention.Run{}, err
	}
	var r retention.Run
	err := s.write(ctx, "finish run "+id, func(tx pgx.Tx) error {
		// With claims shut out, each waiting run either is seen here or will see this
		// run ended.
		err := lockFor(ctx, tx, lockClaims)
		if err != nil {
			return err
		}
		if r, err = lockAttempt(ctx, tx, id, attempt); err != nil {
			if r.Attempt == attempt && r.Status == status {
				return nil
			}
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.run
			SET status = $2, finished_at = holdfast.clock(), waiting = ''
			WHERE id = $1::text::uuid`, id, status)
		if err != nil {
			return err
		}
		if !r.DryRun {
			if err := s.followUp(ctx, tx, id); err != nil {
				return err
			}
		}
		r, err = loadRun(ctx, tx, id, "")
		return err
	})
	return r, err
}

// followUp is what a real run leaves behind when it ends or stops.
func (s *Store) followUp(ctx context.Context, tx pgx.Tx, id string) error {
	if err := measureSoon(ctx, tx, id); err != nil {
		return err
	}
	if err := forgetRefused(ctx, tx, id); err != nil {
		return err
	}
	return s.wake(ctx, tx, id)
}

// forgetRefused takes the keys of refused rows from earlier runs of the policies that were
// carried out to their end: those rows that are still refused the run names itself, and of the
// others, which may be gone by now, no name is to be kept.
func forgetRefused(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.run_policy AS p
		SET refused = '[]'
		FROM holdfast.run_policy AS now
		WHERE now.run_id = $1::text::uuid AND now.status = 'succeeded'
		  AND p.policy = now.policy AND p.run_id <> now.run_id AND p.refused <> '[]'`, id)
	return err
}

// wake enqueues jobs for the queued runs that waited for a run and for no other. Were
// all that share a policy with it woken, a hundred that wait for one policy would take
// a hundred jobs each time one of them ends.
func (s *Store) wake(ctx context.Context, tx pgx.Tx, id string) error {
	rows, err := tx.Query(ctx, `
		UPDATE holdfast.run AS r
		SET requeued_at = holdfast.clock()
		WHERE r.status = 'queued'
		  AND NOT r.dry_run
		  AND r.id IN (
			SELECT theirs.run_id
			FROM holdfast.run_policy AS ours
			JOIN holdfast.run_policy AS theirs USING (policy)
			WHERE ours.run_id = $1::text::uuid)
		  AND NOT EXISTS (
			SELECT
			FROM holdfast.run AS o
			JOIN holdfast.run_policy AS p ON p.run_id = o.id
			WHERE (o.status IN ('queued', 'running', 'paused', 'needs_approval') OR o.settling)
			  AND NOT o.dry_run
			  AND o.id <> r.id
			  AND (o.started_at IS NOT NULL OR (o.created_at, o.id) < (r.created_at, r.id))
			  AND p.policy IN (SELECT policy FROM holdfast.run_policy WHERE run_id = r.id))
		RETURNING r.id, r.attempt`, id)
	if err != nil {
		return err
	}
	type waiting struct {
		id      string
		attempt int
	}
	list, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (w waiting, err error) {
		err = row.Scan(&w.id, &w.attempt)
		return w, err
	})
	if err != nil {
		return err
	}
	for _, w := range list {
		if err := s.enqueue(ctx, tx, w.id, w.attempt); err != nil {
			return err
		}
	}
	return nil
}
