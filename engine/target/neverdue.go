package target

import (
	"context"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// countTimeout bounds the count of rows that can never become due. It reads the
// whole table where no index begins with the timestamp column, and what it tells is
// worth less than the run itself.
const countTimeout = 10 * time.Second

// neverDue counts the rows whose timestamp is NULL or infinite. If that takes longer
// than the time-out, or waits for a lock so long, or the condition fails for one of them, both are
// retention.NotCounted.
func (t *Target) neverDue(ctx context.Context, tx pgx.Tx, pl *planned) (nulls, infinite int64, err error) {
	nulls, infinite, err = t.readNeverDue(ctx, tx, pl)
	if errors.Is(err, retention.ErrTooSlow) || errors.Is(err, retention.ErrBusy) || rowAtFault(err) {
		return retention.NotCounted, retention.NotCounted, nil
	}
	return nulls, infinite, err
}

func (t *Target) readNeverDue(ctx context.Context, tx pgx.Tx, pl *planned) (nulls, infinite int64, err error) {
	s := pl.whole.NeverDue()
	err = inSavepoint(ctx, tx, func(sp pgx.Tx) error {
		// The end of the savepoint takes the setting back.
		if _, err := sp.Exec(ctx, `SELECT pg_catalog.set_config('statement_timeout', $1, true)`, millis(t.countTimeout)); err != nil {
			return err
		}
		return sp.QueryRow(ctx, s.SQL, s.Args...).Scan(&nulls, &infinite)
	})
	return nulls, infinite, classify(err)
}

// countNeverDue does so in a read-only transaction of its own, before a policy's
// first batch. A table that is locked is retention.ErrBusy at once, as it is for a
// batch: the run says for whom it waits, and comes back.
func (d *disposition) countNeverDue(ctx context.Context) (nulls, infinite int64, err error) {
	err = pgx.BeginTxFunc(ctx, d.conn, pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadOnly}, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('row_security', 'off', true), set_config('lock_timeout', $1, true)`,
			millis(time.Duration(d.lockTimeout)*time.Millisecond)); err != nil {
			return err
		}
		if err := useOwnPath(ctx, tx); err != nil {
			return err
		}
		nulls, infinite, err = d.t.readNeverDue(ctx, tx, d.planned)
		return err
	})
	switch err = classify(err); {
	case errors.Is(err, retention.ErrTooSlow), rowAtFault(err):
		return retention.NotCounted, retention.NotCounted, nil
	case errors.Is(err, retention.ErrBusy):
		return 0, 0, d.nameHolders(ctx, err)
	}
	return nulls, infinite, err
}
