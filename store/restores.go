package store

import (
	"context"
	"encoding/json"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const restoreColumns = `id, scope, on_conflict, reason, status, tables, errors, requested_by, created_at, started_at, finished_at, attempt`

func scanRestore(row pgx.CollectableRow) (r retention.Restore, err error) {
	var scope, tables, messages []byte
	err = row.Scan(&r.ID, &scope, &r.OnConflict, &r.Reason, &r.Status, &tables, &messages, &r.RequestedBy, &r.CreatedAt, &r.StartedAt, &r.FinishedAt, &r.Attempt)
	if err != nil {
		return r, err
	}
	return r, errors.Join(json.Unmarshal(scope, &r.Scope), json.Unmarshal(tables, &r.Tables), json.Unmarshal(messages, &r.Errors))
}

func loadRestore(ctx context.Context, q interface {
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
}, id, lock string) (retention.Restore, error) {
	if err := checkID("restore", id); err != nil {
		return retention.Restore{}, err
	}
	rows, err := q.Query(ctx, `SELECT `+restoreColumns+` FROM holdfast.restore WHERE id = $1 `+lock, id)
	if err != nil {
		return retention.Restore{}, err
	}
	r, err := pgx.CollectExactlyOneRow(rows, scanRestore)
	return r, absent(err, "there is no restore %s", id)
}

// CreateRestore keeps a queued restore.
func (s *Store) CreateRestore(ctx context.Context, r retention.Restore, by retention.By) (retention.Restore, error) {
	scope, tables, err := restoreJSON(r)
	if err != nil {
		return r, err
	}
	var records []byte
	if len(r.Copies) > 0 {
		if records, err = json.Marshal(r.Copies); err != nil {
			return r, err
		}
	}
	var made retention.Restore
	err = s.write(ctx, "request a restore", func(tx pgx.Tx) error {
		var id string
		err := tx.QueryRow(ctx, `
			INSERT INTO holdfast.restore (id, scope, records, on_conflict, reason, status, tables, errors, requested_by, created_at)
			VALUES (gen_random_uuid(), $1, $2, $3, $4, 'queued', $5, '[]', $6, holdfast.clock())
			RETURNING id`, scope, records, r.OnConflict, r.Reason, tables, by.Actor.Name).Scan(&id)
		if err != nil {
			return err
		}
		if made, err = loadRestore(ctx, tx, id, ""); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "restore/"+id, nil, made)
	})
	return made, err
}

// restoreJSON are the parts of a restore that are kept as documents.
func restoreJSON(r retention.Restore) (scope, tables []byte, err error) {
	if scope, err = json.Marshal(r.Scope); err != nil {
		return nil, nil, err
	}
	tables, err = json.Marshal(append([]retention.RestoreTable{}, r.Tables...))
	return scope, tables, err
}

// Restores lists them, newest first.
func (s *Store) Restores(ctx context.Context, p retention.Page) ([]retention.Restore, string, error) {
	limit, after, err := readPage(p, newestFirst("restores"))
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+restoreColumns+`
		FROM holdfast.restore
		WHERE (created_at, id) < ($1, $2::text::uuid)
		ORDER BY created_at DESC, id DESC
		LIMIT $3`, after.time(), after.ID, limit+1)
	if err != nil {
		return nil, "", fail("list restores", err)
	}
	list, err := pgx.CollectRows(rows, scanRestore)
	if err != nil {
		return nil, "", fail("list restores", err)
	}
	list, next := cut(list, limit, func(r retention.Restore) cursor { return momentOf("restores", r.CreatedAt, r.ID) })
	return list, next, nil
}

// Restore is one of them, without the keys of its records.
func (s *Store) Restore(ctx context.Context, id string) (retention.Restore, error) {
	r, err := loadRestore(ctx, s.pool, id, "")
	return r, fail("read restore "+id, err)
}

// ClaimRestore gives the caller the oldest restore that has not ended and is in nobody's
// hands, for lease, with the copies of its records; false if there is none.
func (s *Store) ClaimRestore(ctx context.Context, lease time.Duration) (r retention.Restore, ok bool, err error) {
	err = s.write(ctx, "claim a restore", func(tx pgx.Tx) error {
		var id string
		var records []byte
		err := tx.QueryRow(ctx, `
			UPDATE holdfast.restore
			SET status = 'running', attempt = attempt + 1, started_at = coalesce(started_at, holdfast.clock()),
			    claimed_until = holdfast.clock() + make_interval(secs => $1)
			WHERE id = (SELECT id FROM holdfast.restore
			            WHERE finished_at IS NULL AND (claimed_until IS NULL OR claimed_until <= holdfast.clock())
			            ORDER BY created_at, id
			            LIMIT 1 FOR UPDATE SKIP LOCKED)
			RETURNING id, records`, lease.Seconds()).Scan(&id, &records)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		if r, err = loadRestore(ctx, tx, id, ""); err != nil {
			return err
		}
		ok = true
		if records == nil {
			return nil
		}
		return json.Unmarshal(records, &r.Copies)
	})
	return r, ok && err == nil, err
}

// SaveRestore writes its figures and keeps it for lease, if attempt is its latest; else
// ErrConflict.
func (s *Store) SaveRestore(ctx context.Context, r retention.Restore, lease time.Duration) error {
	_, tables, err := restoreJSON(r)
	if err != nil {
		return err
	}
	return s.write(ctx, "save restore "+r.ID, func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			UPDATE holdfast.restore
			SET tables = $3, claimed_until = holdfast.clock() + make_interval(secs => $4)
			WHERE id = $1 AND attempt = $2 AND finished_at IS NULL`, r.ID, r.Attempt, tables, lease.Seconds())
		if err == nil && tag.RowsAffected() == 0 {
			return retention.Conflictf("restore %s was taken over", r.ID)
		}
		return err
	})
}

// FinishRestore ends it, if attempt is its latest; else ErrConflict.
func (s *Store) FinishRestore(ctx context.Context, r retention.Restore, by retention.By) (retention.Restore, error) {
	_, tables, err := restoreJSON(r)
	if err != nil {
		return r, err
	}
	messages, err := json.Marshal(append([]string{}, r.Errors...))
	if err != nil {
		return r, err
	}
	var ended retention.Restore
	err = s.write(ctx, "end restore "+r.ID, func(tx pgx.Tx) error {
		before, err := loadRestore(ctx, tx, r.ID, "FOR UPDATE")
		if err != nil {
			return err
		}
		if before.Attempt != r.Attempt || before.Status.Ended() {
			return retention.Conflictf("restore %s was taken over", r.ID)
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.restore
			SET status = $2, tables = $3, errors = $4, finished_at = holdfast.clock(), claimed_until = NULL, records = NULL
			WHERE id = $1`, r.ID, r.Status, tables, messages)
		if err != nil {
			return err
		}
		if ended, err = loadRestore(ctx, tx, r.ID, ""); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "restore/"+r.ID, before, ended)
	})
	return ended, err
}

// Batch is one batch, as it was carried over.
func (s *Store) Batch(ctx context.Context, id string) (retention.Batch, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT id, run_id, policy, policy_version, action, table_schema, table_name, seq, guard_epoch, step,
		       processed, held, blocked, skipped, digest_count, committed_at, blocked_by, effects, begun_at
		FROM holdfast.batch
		WHERE id = $1`, id)
	if err != nil {
		return retention.Batch{}, fail("read a batch", err)
	}
	b, err := pgx.CollectExactlyOneRow(rows, scanBatch)
	return b, fail("read a batch", absent(err, "there is no batch %s in the journal", id))
}
