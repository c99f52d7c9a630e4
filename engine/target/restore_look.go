package target

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const (
	// restoreSamples is how many keys are shown of the rows of one conflict.
	restoreSamples = 5
	// censusTimeout bounds counting what a restore would do.
	censusTimeout = 2 * time.Minute
)

// checkRestoreRights names what the connection's role may not do.
func checkRestoreRights(ctx context.Context, tx pgx.Tx, r *restorable) error {
	var role string
	if err := tx.QueryRow(ctx, `SELECT current_user`).Scan(&role); err != nil {
		return err
	}
	lacks, err := tableLacks(ctx, tx, "archive", role, r.Archive.Name, []string{"SELECT", "UPDATE", "DELETE"})
	if err != nil {
		return err
	}
	more, err := tableLacks(ctx, tx, "table", role, r.Source.Name, []string{"SELECT", "INSERT"})
	if err != nil {
		return err
	}
	return refuseLacks(append(lacks, more...))
}

// CheckRestore counts what one table's part of a restore would do, in a read-only
// transaction; see engine.RestoreTarget. Why none of it can go back is the part's problem.
func (t *Target) CheckRestore(ctx context.Context, spec retention.RestoreSpec) (retention.RestoreTable, error) {
	out := spec.RestoreTable
	out.Rows, out.Held, out.Conflicts, out.Problem = 0, 0, []retention.RestoreConflict{}, ""
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return out, classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	if _, err := tx.Exec(ctx, `SELECT set_config('statement_timeout', $1, true), set_config('row_security', 'off', true), set_config('jit', 'off', true), set_config('work_mem', $2, true), set_config('lock_timeout', $3, true)`,
		millis(censusTimeout), workMem, millis(simulationLock)); err != nil {
		return out, classify(err)
	}
	r, err := t.planRestore(ctx, tx, spec)
	if err == nil {
		err = checkRestoreRights(ctx, tx, r)
	}
	if err == nil {
		err = t.census(ctx, tx, r, spec, &out)
	}
	if refusal, ok := errors.AsType[*retention.Refusal](err); ok {
		out.Problem = refusal.Error()
		return out, nil
	}
	return out, classify(err)
}

func (t *Target) census(ctx context.Context, tx pgx.Tx, r *restorable, spec retention.RestoreSpec, out *retention.RestoreTable) error {
	if err := useOwnPath(ctx, tx); err != nil {
		return err
	}
	var part sqlgen.Range
	if len(spec.Copies) > 0 {
		tids, err := r.copies(ctx, tx, spec.Copies)
		if err != nil {
			return err
		}
		part.TIDs = tids
		r.sql.PickCopies(tids)
	}
	kinds := r.Conflicts()
	s := r.sql.Census(part, restoreSamples)
	rows, err := tx.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return err
	}
	var n int
	var count int64
	var samples []byte
	_, err = pgx.ForEachRow(rows, []any{&n, &count, &samples}, func() error {
		switch {
		case n == -1:
			out.Held = count
		case n == -2:
			out.Rows += count // the held ones too
		default:
			c := kinds[n]
			c.Rows = count
			out.Rows += count
			if err := json.Unmarshal(samples, &c.Samples); err != nil {
				return err
			}
			out.Conflicts = append(out.Conflicts, c)
		}
		return nil
	})
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (valueAtFault(pg) || errors.Is(kindOf(pg), retention.ErrTooSlow)) {
		return &retention.Refusal{Field: "table", Reason: "what would keep rows from going back cannot be judged: " + message(err), Remedy: "mend the constraint that is named, or restore less at once"}
	}
	return err
}

// copies are the addresses of the copies that are still there.
func (r *restorable) copies(ctx context.Context, q querier, copies []retention.RestoreCopy) ([]string, error) {
	s := r.sql.Copies(copies)
	rows, err := q.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return nil, err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[*string])
	tids := []string{}
	for _, tid := range found {
		if tid != nil && !slices.Contains(tids, *tid) {
			tids = append(tids, *tid)
		}
	}
	return tids, err
}

// NewestCopies finds the newest copies of records in an archive of their table; see
// engine.RestoreTarget.
func (t *Target) NewestCopies(ctx context.Context, part retention.RestoreTable, ids []retention.Key) (out []retention.RestoreCopy, err error) {
	err = t.reading(ctx, func(tx pgx.Tx) error {
		r, err := t.planRestore(ctx, tx, retention.RestoreSpec{RestoreTable: part})
		if err != nil {
			return err
		}
		if r.Key == nil {
			return retention.Invalid("table", "%s has no key by which a record could be named; restore the run or the batch", part.Table)
		}
		keys := make([]retention.Key, len(ids))
		for i, id := range ids {
			if keys[i] = id; len(r.Key) > 1 {
				keys[i] = partsOf(id)
			}
			if len(keys[i]) != len(r.Key) {
				return retention.Invalid(fmt.Sprintf("record_ids[%d]", i), "%s; %s has %d: %s", countParts(len(keys[i])), part.Table, len(r.Key), describeKey(r.Key))
			}
		}
		if err := useOwnPath(ctx, tx); err != nil {
			return err
		}
		s := r.sql.Newest(keys)
		rows, err := tx.Query(ctx, s.SQL, asPlanned(s)...)
		if err != nil {
			return err
		}
		var pos int64
		c := retention.RestoreCopy{Archive: part.Archive}
		_, err = pgx.ForEachRow(rows, []any{&pos, &c.RunID, &c.At}, func() error {
			c.Key = keys[pos-1]
			out = append(out, c)
			return nil
		})
		if pg, ok := errors.AsType[*pgconn.PgError](err); ok && valueAtFault(pg) {
			return retention.Invalid("record_ids", "one of them is no value of the key %s%s", describeKey(r.Key), because(pg))
		}
		return err
	})
	if errors.Is(err, errArchiveGone) {
		return nil, nil // nothing of it will ever come back
	}
	return out, err
}
