package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// StopRun makes a queued or running run paused, or one that has not ended
// cancelled; any other is ErrConflict. The attempt grows by one: from then on
// nothing that a worker saves is taken. A run that had begun is Settling until
// SettleRun; one that had not is done with at once.
func (s *Store) StopRun(ctx context.Context, id string, to retention.RunStatus, by retention.By) (retention.Run, error) {
	if err := checkID("run", id); err != nil {
		return retention.Run{}, err
	}
	var r retention.Run
	err := s.write(ctx, "stop run "+id, func(tx pgx.Tx) error {
		// With claims shut out, nobody takes the run up meanwhile, and each waiting run
		// either is seen here or will see this one stopped.
		if err := lockFor(ctx, tx, lockClaims); err != nil {
			return err
		}
		before, err := loadRun(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		if err := mayStop(before, to); err != nil {
			return err
		}
		if err := stop(ctx, tx, before, to); err != nil {
			return err
		}
		// Whoever waited for it and for no other begins, unless it is to be settled first;
		// those that go on waiting say for what when take-over next queues them.
		if !before.DryRun {
			if err := s.followUp(ctx, tx, id); err != nil {
				return err
			}
		}
		if r, err = loadRun(ctx, tx, id, ""); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "run/"+id, before, r)
	})
	return r, err
}

// mayStop names the state that is in the way.
func mayStop(r retention.Run, to retention.RunStatus) error {
	from := []retention.RunStatus{retention.RunQueued, retention.RunRunning}
	switch {
	case to == retention.RunCancelled && r.Status.Ended():
		return retention.Conflictf("run %s has ended (%s); only one that has not ended can be cancelled", r.ID, r.Status)
	case to == retention.RunPaused && !slices.Contains(from, r.Status):
		return retention.Conflictf("run %s is %s; only a run that is queued or running can be paused", r.ID, r.Status)
	case to != retention.RunCancelled && to != retention.RunPaused:
		return fmt.Errorf("stop run %s: %q is no stop", r.ID, to)
	}
	return nil
}

// stop writes the state. A run that has begun is in the hands of a worker, who may
// have a batch in flight, or was until it was paused.
func stop(ctx context.Context, tx pgx.Tx, r retention.Run, to retention.RunStatus) error {
	// One that needs approval was left by its worker before its first row.
	idle := r.Status == retention.RunNeedsApproval || (r.Status == retention.RunPaused && !r.Settling)
	begun := r.StartedAt != nil && !idle
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.run
		SET status = $2,
		    attempt = attempt + 1,
		    settling = $3,
		    waiting = '',
		    paused_at = CASE WHEN $2 = 'paused' THEN holdfast.clock() END,
		    finished_at = CASE WHEN $2 = 'cancelled' THEN holdfast.clock() END
		WHERE id = $1::text::uuid`, r.ID, to, begun)
	if err != nil {
		return err
	}
	// A paused policy's duration is fixed already.
	_, err = tx.Exec(ctx, `
		UPDATE holdfast.run_policy
		SET duration_seconds = CASE
		        WHEN started_at IS NULL OR status = 'paused' THEN duration_seconds
		        ELSE extract(epoch FROM holdfast.clock() - started_at) - paused_seconds
		    END,
		    finished_at = CASE WHEN $2 = 'cancelled' AND started_at IS NOT NULL THEN holdfast.clock() END,
		    status = $2
		WHERE run_id = $1::text::uuid
		  AND status IN ('queued', 'running', 'paused', 'needs_approval')`, r.ID, to)
	return err
}

// SettleRun writes the figures of a stopped run, if r's attempt still is the latest
// and it is still settling; else it answers the run as it is. A cancelled run then
// releases those that wait for it.
func (s *Store) SettleRun(ctx context.Context, r retention.Run) (retention.Run, error) {
	if err := checkID("run", r.ID); err != nil {
		return retention.Run{}, err
	}
	var settled retention.Run
	err := s.write(ctx, "settle run "+r.ID, func(tx pgx.Tx) error {
		if err := lockFor(ctx, tx, lockClaims); err != nil {
			return err
		}
		now, err := loadRun(ctx, tx, r.ID, forUpdate)
		if err != nil || !now.Settling || now.Attempt != r.Attempt {
			settled = now
			return err
		}
		for _, res := range r.Policies {
			if err := updateResult(ctx, tx, r.ID, res); err != nil {
				return err
			}
		}
		if err := sumUp(ctx, tx, r.ID); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `UPDATE holdfast.run SET settling = false WHERE id = $1::text::uuid`, r.ID)
		if err != nil {
			return err
		}
		if now.Status.Ended() && !now.DryRun {
			if err := s.followUp(ctx, tx, r.ID); err != nil {
				return err
			}
		}
		settled, err = loadRun(ctx, tx, r.ID, "")
		return err
	})
	return settled, err
}

// SettlingRuns are the stopped runs that are still to be settled, oldest first.
func (s *Store) SettlingRuns(ctx context.Context) ([]retention.Run, error) {
	return s.runsWhere(ctx, "list runs to be settled", `r.settling`)
}

// ResumeRun queues a paused run with the next attempt and enqueues its job, in one
// transaction; any other run is ErrConflict. What is still to be settled is left to
// the worker, who fences its predecessors and reads what is committed anyway.
func (s *Store) ResumeRun(ctx context.Context, id string, by retention.By) (retention.Run, error) {
	if err := checkID("run", id); err != nil {
		return retention.Run{}, err
	}
	var r retention.Run
	err := s.write(ctx, "resume run "+id, func(tx pgx.Tx) error {
		before, err := loadRun(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		if before.Status != retention.RunPaused {
			return retention.Conflictf("run %s is %s; only a paused run can be resumed", id, before.Status)
		}
		if err := resume(ctx, tx, id); err != nil {
			return err
		}
		if r, err = loadRun(ctx, tx, id, ""); err != nil {
			return err
		}
		if err := s.enqueue(ctx, tx, id, r.Attempt); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "run/"+id, before, r)
	})
	return r, err
}

func resume(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.run_policy AS p
		SET status = 'queued',
		    paused_seconds = p.paused_seconds + CASE
		        WHEN p.started_at IS NULL THEN 0
		        ELSE extract(epoch FROM holdfast.clock() - r.paused_at)
		    END
		FROM holdfast.run AS r
		WHERE r.id = $1::text::uuid AND p.run_id = r.id AND p.status = 'paused'`, id)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE holdfast.run
		SET status = 'queued',
		    attempt = attempt + 1,
		    settling = false,
		    waiting = '',
		    paused_at = NULL,
		    start_by = NULL, -- a person wants it now, whatever the hour
		    requeued_at = holdfast.clock()
		WHERE id = $1::text::uuid`, id)
	return err
}

// CheckAttempt answers ErrConflict if the run is no longer in the hands of that
// attempt: taken over, paused, cancelled or ended.
func (s *Store) CheckAttempt(ctx context.Context, id string, attempt int) error {
	if err := checkID("run", id); err != nil {
		return err
	}
	var latest int
	var status retention.RunStatus
	err := s.pool.QueryRow(ctx, `
		SELECT attempt, status
		FROM holdfast.run
		WHERE id = $1::text::uuid`, id).Scan(&latest, &status)
	if err != nil {
		return fail("look after run "+id, absent(err, "there is no run %s", id))
	}
	if latest != attempt || status != retention.RunRunning {
		return retention.Conflictf("run %s is %s in the hands of attempt %d, not %d", id, status, latest, attempt)
	}
	return nil
}
