package store

import (
	"context"
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// MissRun ends a run that has not begun by its StartBy: it is cancelled, its slot is
// recorded as missed, and who waited for it is woken, in one transaction. The bool tells
// whether it was; any other run is left as it is.
func (s *Store) MissRun(ctx context.Context, id string) (r retention.Run, missed bool, err error) {
	if err := checkID("run", id); err != nil {
		return r, false, err
	}
	err = s.write(ctx, "miss run "+id, func(tx pgx.Tx) error {
		// With claims shut out, nobody begins with it meanwhile.
		if err := lockFor(ctx, tx, lockClaims); err != nil {
			return err
		}
		if r, err = loadRun(ctx, tx, id, forUpdate); err != nil {
			return err
		}
		if missed, err = tooLate(ctx, tx, r); !missed || err != nil {
			return err
		}
		return s.miss(ctx, tx, &r)
	})
	return r, missed && err == nil, err
}

// tooLate tells whether a run may not begin any more.
func tooLate(ctx context.Context, tx pgx.Tx, r retention.Run) (bool, error) {
	if r.Status != retention.RunQueued || r.StartedAt != nil || r.StartBy == nil {
		return false, nil
	}
	now, err := clock(ctx, tx)
	return err == nil && now.After(*r.StartBy), err
}

// miss wants the lock of claims and the run's row.
func (s *Store) miss(ctx context.Context, tx pgx.Tx, r *retention.Run) error {
	before := *r
	reason, err := whyLate(ctx, tx, before)
	if err != nil {
		return err
	}
	if err := stop(ctx, tx, before, retention.RunCancelled); err != nil {
		return err
	}
	if err := recordLate(ctx, tx, before, reason); err != nil {
		return err
	}
	if err := s.followUp(ctx, tx, r.ID); err != nil {
		return err
	}
	if *r, err = loadRun(ctx, tx, r.ID, ""); err != nil {
		return err
	}
	by := retention.By{Actor: retention.System(), Action: "run.cancel"}
	return addAudit(ctx, tx, by, "run/"+r.ID, before, *r)
}

// whyLate words what kept the run from beginning: what it waits for now, or waited for
// when a worker last looked at it.
func whyLate(ctx context.Context, tx pgx.Tx, r retention.Run) (string, error) {
	why, err := blocker(ctx, tx, r)
	if err != nil {
		return "", err
	}
	if why == "" {
		why = r.Waiting
	}
	if why == "" {
		why = "waits for a worker that is free"
	}
	why = strings.Replace(why, "waits", "waited", 1)
	return fmt.Sprintf("its run did not begin by %s: it %s", r.StartBy.UTC().Format("2006-01-02 15:04:05 MST"), why), nil
}

func recordLate(ctx context.Context, tx pgx.Tx, r retention.Run, reason string) error {
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.run_policy
		SET errors = errors || jsonb_build_array($2::text)
		WHERE run_id = $1::text::uuid`, r.ID, reason)
	if err != nil {
		return err
	}
	if err := sumUp(ctx, tx, r.ID); err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO holdfast.schedule_slot_late (schedule, local, slot, reason, recorded_at)
		SELECT schedule, local, slot, $2, holdfast.clock()
		FROM holdfast.schedule_slot
		WHERE schedule = $3 AND slot = $4 AND run_id = $1::text::uuid`, r.ID, reason, r.Schedule, r.Slot)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE holdfast.schedule SET missed_total = missed_total + 1 WHERE name = $1`, r.Schedule)
	return err
}
