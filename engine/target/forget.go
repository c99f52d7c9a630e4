package target

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
)

// forgetChunk is how many ids one transaction removes: a million in one would keep
// vacuum from everything else for as long.
const forgetChunk = 10_000

// ForgetHold removes what was staged for a hold that is not in force, in short
// transactions; what an interruption leaves restrains nothing.
func (t *Target) ForgetHold(ctx context.Context, id string) error {
	sets, err := t.setsOf(ctx, id)
	if err != nil {
		return classify(err)
	}
	for _, set := range sets {
		within := func(ctx context.Context, do func(tx pgx.Tx, no int32) error) error { return t.ifEnded(ctx, id, do) }
		kept := func(ctx context.Context, do func(tx pgx.Tx, no int32) error) error {
			return within(ctx, func(tx pgx.Tx, no int32) error { return do(tx, plan.KeptNo(no)) })
		}
		if err := errors.Join(t.forgetSet(ctx, set, within), t.forgetSet(ctx, set, kept)); err != nil {
			return classify(err)
		}
	}
	return classify(t.ifEnded(ctx, id, func(tx pgx.Tx, no int32) error {
		_, err := tx.Exec(ctx, `DELETE FROM holdfast_guard.hold_scope WHERE hold_no = $1`, no)
		return err
	}))
}

// setsOf lists the typed copies that have ids of the hold.
func (t *Target) setsOf(ctx context.Context, id string) ([]int32, error) {
	rows, err := t.pool.Query(ctx, `
		SELECT DISTINCT s.held_set
		FROM holdfast_guard.hold_scope s
		JOIN holdfast_guard.hold h ON h.no = s.hold_no
		WHERE h.id = $1 AND s.held_set IS NOT NULL`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, pgx.RowTo[int32])
}

// ifEnded runs do in a transaction that keeps the hold from coming into force; it
// does nothing if the hold is in force, or is not there.
func (t *Target) ifEnded(ctx context.Context, id string, do func(tx pgx.Tx, no int32) error) error {
	return pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		var no int32
		err := tx.QueryRow(ctx, `SELECT no FROM holdfast_guard.hold WHERE id = $1 AND state <> 'active' FOR UPDATE`, id).Scan(&no)
		if errors.Is(err, pgx.ErrNoRows) {
			return nil
		}
		if err != nil {
			return err
		}
		// The guard's tables refuse whoever does not say that it is meant.
		if _, err := tx.Exec(ctx, `SELECT set_config('holdfast.forgetting', 'on', true)`); err != nil {
			return err
		}
		return do(tx, no)
	})
}

// forgetSet removes a hold's ids from one typed copy: once through it by the rows'
// addresses, and again from its beginning until none is left, should rows have been
// moved meanwhile. within runs each transaction, with the hold's number, where they may go.
func (t *Target) forgetSet(ctx context.Context, set int32, within func(ctx context.Context, do func(tx pgx.Tx, no int32) error) error) error {
	const beginning = "(0,0)"
	for after := beginning; ; {
		var n int64
		var last string
		err := within(ctx, func(tx pgx.Tx, no int32) error {
			return tx.QueryRow(ctx, `
				WITH gone AS (
					DELETE FROM `+heldTable(set)+` AS h
					WHERE h.ctid = ANY (ARRAY(SELECT s.ctid FROM `+heldTable(set)+` AS s WHERE s.ctid > $1::text::tid AND s.hold_no = $2 LIMIT $3))
					RETURNING h.ctid AS at
				)
				SELECT count(*), coalesce(max(at)::text, '') FROM gone`, after, no, forgetChunk).Scan(&n, &last)
		})
		switch {
		case err != nil:
			return err
		case n == forgetChunk:
			after = last
		case after == beginning:
			return nil
		default:
			after = beginning
		}
	}
}
