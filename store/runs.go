package store

import (
	"cmp"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/riverqueue/river"

	"holdfast/retention"
)

const runColumns = `r.id, r.trigger, r.requested_by, r.dry_run, r.pace, r.status, r.as_of, r.created_at, r.started_at,
			r.finished_at, r.total_processed, r.total_held, r.total_errors, r.attempt, r.waiting,
			coalesce(r.schedule, ''), r.slot, r.start_by, r.settling, coalesce(r.approved_by, ''), r.approved_at`

func scanRun(row pgx.CollectableRow) (r retention.Run, err error) {
	err = row.Scan(&r.ID, &r.Trigger, &r.RequestedBy, &r.DryRun, &r.Pace, &r.Status, &r.AsOf, &r.CreatedAt, &r.StartedAt,
		&r.FinishedAt, &r.TotalProcessed, &r.TotalHeld, &r.TotalErrors, &r.Attempt, &r.Waiting,
		&r.Schedule, &r.Slot, &r.StartBy, &r.Settling, &r.ApprovedBy, &r.ApprovedAt)
	return r, err
}

// maxJobAttempts bounds how often the queue tries one job of a run. A run whose job
// is given up is queued again by take-over, so the number is no matter of safety.
const maxJobAttempts = 25

// enqueue puts a job for the run's present attempt into the queue, in the
// transaction: the job is there if and only if the change is.
func (s *Store) enqueue(ctx context.Context, tx pgx.Tx, id string, attempt int) error {
	_, err := s.jobs.InsertTx(ctx, tx, retention.RunJob{RunID: id, Attempt: attempt}, &river.InsertOpts{
		Queue:       retention.RunQueue,
		MaxAttempts: maxJobAttempts,
	})
	if err != nil {
		return fmt.Errorf("enqueue a job for run %s: %w", id, err)
	}
	return nil
}

// CreateRun keeps a queued run with its policies and enqueues its job, in one
// transaction.
func (s *Store) CreateRun(ctx context.Context, r retention.Run, by retention.By) (retention.Run, error) {
	var created retention.Run
	err := s.write(ctx, "create run", func(tx pgx.Tx) (err error) {
		created, err = s.createRun(ctx, tx, r, by)
		return err
	})
	return created, err
}

// createRun is the one way in which a run is made, by a person or by a schedule.
func (s *Store) createRun(ctx context.Context, tx pgx.Tx, r retention.Run, by retention.By) (retention.Run, error) {
	var id string
	err := tx.QueryRow(ctx, `
		INSERT INTO holdfast.run (id, trigger, requested_by, dry_run, pace, status, as_of, created_at, requeued_at, schedule, slot, start_by)
		SELECT gen_random_uuid(), $1, $2, $3, $4, 'queued', $5, holdfast.clock(), holdfast.clock(), nullif($6, ''), $7, $8
		RETURNING id`,
		r.Trigger, cmp.Or(r.RequestedBy, by.Actor.Name), r.DryRun, r.Pace, r.AsOf, r.Schedule, r.Slot, r.StartBy).Scan(&id)
	if err != nil {
		return retention.Run{}, err
	}
	for i, res := range r.Policies {
		if err := insertResult(ctx, tx, id, i, res); err != nil {
			return retention.Run{}, err
		}
	}
	if err := s.enqueue(ctx, tx, id, 0); err != nil {
		return retention.Run{}, err
	}
	created, err := loadRun(ctx, tx, id, "")
	if err != nil {
		return created, err
	}
	return created, addAudit(ctx, tx, by, "run/"+id, nil, created)
}

// Runs lists runs, newest first.
func (s *Store) Runs(ctx context.Context, f retention.RunFilter, p retention.Page) ([]retention.Run, string, error) {
	limit, after, err := readPage(p, newestFirst("runs"))
	if err != nil {
		return nil, "", err
	}
	var runs []retention.Run
	err = s.read(ctx, "list runs", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+runColumns+`
			FROM holdfast.run AS r
			WHERE (r.created_at, r.id) < ($1, $2::text::uuid)
			  AND (cardinality($3::text[]) = 0 OR r.status = ANY ($3))
			  AND ($4 = '' OR EXISTS (
			        SELECT FROM holdfast.run_policy AS p WHERE p.run_id = r.id AND p.policy = $4))
			  AND ($5::boolean IS NULL OR r.dry_run = $5)
			  AND ($6::timestamptz IS NULL OR r.created_at >= $6)
			  AND ($7::timestamptz IS NULL OR r.created_at < $7)
			  AND (cardinality($8::text[]) = 0 OR r.trigger = ANY ($8))
			ORDER BY r.created_at DESC, r.id DESC
			LIMIT $9`,
			after.time(), after.ID, texts(f.Statuses), f.Policy, f.DryRun, f.From, f.Until, texts(f.Triggers), limit+1)
		if err != nil {
			return err
		}
		if runs, err = pgx.CollectRows(rows, scanRun); err != nil {
			return err
		}
		return fillResults(ctx, tx, runs)
	})
	if err != nil {
		return nil, "", err
	}
	runs, next := cut(runs, limit, func(r retention.Run) cursor { return momentOf("runs", r.CreatedAt, r.ID) })
	return runs, next, nil
}

// CountRuns counts the runs of a filter's policy and time by status, kind and
// trigger, for which the filter is not asked.
func (s *Store) CountRuns(ctx context.Context, f retention.RunFilter) ([]retention.RunCount, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT r.status, r.dry_run, r.trigger, count(*)
		FROM holdfast.run AS r
		WHERE ($1 = '' OR EXISTS (
		        SELECT FROM holdfast.run_policy AS p WHERE p.run_id = r.id AND p.policy = $1))
		  AND ($2::timestamptz IS NULL OR r.created_at >= $2)
		  AND ($3::timestamptz IS NULL OR r.created_at < $3)
		GROUP BY r.status, r.dry_run, r.trigger`, f.Policy, f.From, f.Until)
	if err != nil {
		return nil, fail("count runs", err)
	}
	counts, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (c retention.RunCount, err error) {
		err = row.Scan(&c.Status, &c.DryRun, &c.Trigger, &c.Runs)
		return c, err
	})
	return counts, fail("count runs", err)
}

// Run is one run with its result per policy.
func (s *Store) Run(ctx context.Context, id string) (retention.Run, error) {
	if err := checkID("run", id); err != nil {
		return retention.Run{}, err
	}
	var r retention.Run
	err := s.read(ctx, "read run "+id, func(tx pgx.Tx) (err error) {
		r, err = loadRun(ctx, tx, id, "")
		return err
	})
	return r, err
}

func loadRun(ctx context.Context, q querier, id, lock string) (retention.Run, error) {
	rows, err := q.Query(ctx, `
		SELECT `+runColumns+`
		FROM holdfast.run AS r
		WHERE r.id = $1::text::uuid
		`+lock, id)
	if err != nil {
		return retention.Run{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRun)
	if err != nil {
		return r, absent(err, "there is no run %s", id)
	}
	one := []retention.Run{r}
	err = fillResults(ctx, q, one)
	return one[0], err
}

// openRun is the condition of the index of runs that have not ended.
const openRun = `r.status IN ('queued', 'running', 'paused', 'needs_approval')`

// OpenRuns are the runs that have not ended, oldest first.
func (s *Store) OpenRuns(ctx context.Context) ([]retention.Run, error) {
	return s.runsWhere(ctx, "list open runs", openRun)
}

// runsWhere lists the few runs of a partial index, oldest first. The condition is
// a constant of the caller.
func (s *Store) runsWhere(ctx context.Context, what, condition string) ([]retention.Run, error) {
	var runs []retention.Run
	err := s.read(ctx, what, func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+runColumns+`
			FROM holdfast.run AS r
			WHERE `+condition+`
			ORDER BY r.created_at, r.id`)
		if err != nil {
			return err
		}
		if runs, err = pgx.CollectRows(rows, scanRun); err != nil {
			return err
		}
		return fillResults(ctx, tx, runs)
	})
	return runs, err
}

// SetRunAsOf fixes the instant of the run's cutoffs if none is kept yet, and
// answers the one that is.
func (s *Store) SetRunAsOf(ctx context.Context, id string, at time.Time) (time.Time, error) {
	if err := checkID("run", id); err != nil {
		return time.Time{}, err
	}
	var kept time.Time
	err := s.write(ctx, "fix the instant of run "+id, func(tx pgx.Tx) error {
		err := tx.QueryRow(ctx, `
			UPDATE holdfast.run
			SET as_of = coalesce(as_of, $2)
			WHERE id = $1::text::uuid
			RETURNING as_of`, id, at).Scan(&kept)
		return absent(err, "there is no run %s", id)
	})
	return kept, err
}

// SetRunWaiting says why a run does not move, if attempt is its latest; empty
// clears it. A run that has ended waits for nothing and is left as it is, and so is
// one that has moved on: its former worker's reason is none of its.
func (s *Store) SetRunWaiting(ctx context.Context, id string, attempt int, why string) error {
	if err := checkID("run", id); err != nil {
		return err
	}
	return s.write(ctx, "say why run "+id+" waits", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE holdfast.run
			SET waiting = CASE WHEN status IN ('queued', 'running') AND attempt = $2 THEN $3 ELSE waiting END
			WHERE id = $1::text::uuid`, id, attempt, why)
		if err == nil && tag.RowsAffected() == 0 {
			return retention.NotFoundf("there is no run %s", id)
		}
		return err
	})
}

// RequeueRun enqueues a new job for a queued or running run, if its attempt is
// still that one and no job was enqueued for it in the last minGap.
func (s *Store) RequeueRun(ctx context.Context, id string, attempt int, minGap time.Duration) (bool, error) {
	if err := checkID("run", id); err != nil {
		return false, err
	}
	// Every process asks this for every run every few seconds, and mostly in vain: a
	// look without a lock answers that.
	due, err := requeueDue(ctx, s.pool, id, attempt, minGap, "")
	if err != nil || !due {
		return false, fail("queue run "+id+" again", err)
	}
	queued := false
	err = s.write(ctx, "queue run "+id+" again", func(tx pgx.Tx) error {
		// The row lock makes a second process see the first one's time.
		due, err := requeueDue(ctx, tx, id, attempt, minGap, forUpdate)
		if err != nil || !due {
			return err
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.run
			SET requeued_at = holdfast.clock()
			WHERE id = $1::text::uuid`, id)
		if err != nil {
			return err
		}
		queued = true
		return s.enqueue(ctx, tx, id, attempt)
	})
	return queued && err == nil, err
}

func requeueDue(ctx context.Context, q querier, id string, attempt int, minGap time.Duration, lock string) (due bool, err error) {
	err = q.QueryRow(ctx, `
		SELECT attempt = $2
		   AND status IN ('queued', 'running')
		   AND requeued_at <= holdfast.clock() - make_interval(secs => $3)
		FROM holdfast.run
		WHERE id = $1::text::uuid
		`+lock, id, attempt, minGap.Seconds()).Scan(&due)
	return due, absent(err, "there is no run %s", id)
}

// fillResults reads what runs did under their policies.
func fillResults(ctx context.Context, q querier, runs []retention.Run) error {
	ids := make([]string, len(runs))
	byID := make(map[string]*retention.Run, len(runs))
	for i := range runs {
		ids[i], byID[runs[i].ID] = runs[i].ID, &runs[i]
	}
	rows, err := q.Query(ctx, `
		SELECT run_id, policy, version, action, table_schema, table_name, sentence, cutoff, status,
		       processed, held, blocked, skipped, null_timestamps, infinite_timestamps, batches,
		       started_at, finished_at, duration_seconds, errors, paused_seconds, coalesce(due_estimate, 0), blocked_by, effects, belt, refused
		FROM holdfast.run_policy
		WHERE run_id = ANY ($1::text[]::uuid[])
		ORDER BY run_id, ordinal`, ids)
	if err != nil {
		return err
	}
	defer rows.Close()
	for rows.Next() {
		var id string
		res, err := scanResult(rows, &id)
		if err != nil {
			return err
		}
		byID[id].Policies = append(byID[id].Policies, res)
	}
	return rows.Err()
}

func scanResult(row pgx.Row, id *string) (res retention.PolicyResult, err error) {
	var skipped, problems []byte
	err = row.Scan(id, &res.Policy, &res.Version, &res.Action, &res.Table.Schema, &res.Table.Name, &res.Sentence, &res.Cutoff, &res.Status,
		&res.Processed, &res.Held, &res.Blocked, &skipped, &res.NullTimestamps, &res.InfiniteTimestamps, &res.Batches,
		&res.StartedAt, &res.FinishedAt, &res.DurationSeconds, &problems,
		&res.PausedSeconds, &res.DueEstimate, &res.BlockedBy, &res.Effects, &res.Belt, &res.Refused)
	if err != nil {
		return res, err
	}
	if len(res.Refused) == 0 {
		res.Refused = nil
	}
	return res, errors.Join(json.Unmarshal(skipped, &res.Skipped), json.Unmarshal(problems, &res.Errors))
}

// counted and affected are counts by table as they are kept: never null.
func counted(by map[string]int64) map[string]int64 {
	if by == nil {
		return map[string]int64{}
	}
	return by
}

func affected(by map[string]retention.TableEffect) map[string]retention.TableEffect {
	if by == nil {
		return map[string]retention.TableEffect{}
	}
	return by
}

// listsOf are the two members of a result that are kept as JSON, never as null.
func listsOf(skipped map[string]int64, problems []string) (s, p []byte, err error) {
	if skipped == nil {
		skipped = map[string]int64{}
	}
	if problems == nil {
		problems = []string{}
	}
	s, err = json.Marshal(skipped)
	if err != nil {
		return nil, nil, err
	}
	p, err = json.Marshal(problems)
	return s, p, err
}

func insertResult(ctx context.Context, tx pgx.Tx, runID string, ordinal int, res retention.PolicyResult) error {
	skipped, problems, err := listsOf(res.Skipped, res.Errors)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO holdfast.run_policy
			(run_id, ordinal, policy, version, action, table_schema, table_name, sentence, cutoff, status,
			 processed, held, blocked, skipped, null_timestamps, infinite_timestamps, batches,
			 started_at, finished_at, duration_seconds, errors)
		VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, $20, $21)`,
		runID, ordinal, res.Policy, res.Version, res.Action, res.Table.Schema, res.Table.Name, res.Sentence, res.Cutoff,
		cmp.Or(res.Status, retention.RunQueued), res.Processed, res.Held, res.Blocked, skipped, res.NullTimestamps,
		res.InfiniteTimestamps, res.Batches, res.StartedAt, res.FinishedAt, res.DurationSeconds, problems)
	if violates(err, "run_policy_run_id_policy_key") {
		return retention.Invalid("policies", "policy %q is named twice", res.Policy)
	}
	return err
}
