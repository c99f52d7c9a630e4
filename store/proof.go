package store

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// EachHeldKey hands out every id of a hold, scope by scope.
func (s *Store) EachHeldKey(ctx context.Context, id string, do func(scope int, key retention.Key) error) error {
	if err := checkID("hold", id); err != nil {
		return err
	}
	return s.read(ctx, "read the ids of hold "+id, func(tx pgx.Tx) error {
		if err := unbounded(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT scope_index, key
			FROM holdfast.hold_record
			WHERE hold_id = $1::text::uuid
			ORDER BY hold_id, scope_index, position`, id)
		if err != nil {
			return err
		}
		var scope int
		var key []string
		_, err = pgx.ForEachRow(rows, []any{&scope, &key}, func() error { return do(scope, key) })
		return err
	})
}

// EachBatchOn hands out, oldest first, the batches that disposed of rows of the tables from a
// moment on, and before another one if it is given, and those that were judged by the lists
// of holds from one on, and before another, if that is given: a clock may have been set back.
func (s *Store) EachBatchOn(ctx context.Context, tables []retention.TableName, from time.Time, until *time.Time, lists retention.HoldForce, do func(retention.JudgedBatch) error) error {
	schemas, names, full := make([]string, len(tables)), make([]string, len(tables)), make([]string, len(tables))
	for i, t := range tables {
		schemas[i], names[i], full[i] = t.Schema, t.Name, t.String()
	}
	return s.read(ctx, "read the batches of tables", func(tx pgx.Tx) error {
		if err := unbounded(ctx, tx); err != nil {
			return err
		}
		rows, err := tx.Query(ctx, `
			SELECT id, run_id, policy, action, table_schema, table_name, guard_epoch, committed_at, processed, held, effects, coalesce(digests, '')
			FROM holdfast.batch
			WHERE action <> 'restore'
			  AND (committed_at >= $4 AND ($5::timestamptz IS NULL OR committed_at < $5)
			       OR guard_epoch >= $6 AND ($7::bigint IS NULL OR guard_epoch < $7))
			  AND ((table_schema, table_name) IN (SELECT * FROM unnest($1::text[], $2::text[])) OR effects ?| $3)
			ORDER BY committed_at, id`, schemas, names, full, from, until, lists.EffectiveEpoch, lists.EndedEpoch)
		if err != nil {
			return err
		}
		var b retention.JudgedBatch
		_, err = pgx.ForEachRow(rows, []any{&b.ID, &b.RunID, &b.Policy, &b.Action, &b.Table.Schema, &b.Table.Name, &b.GuardEpoch, &b.CommittedAt, &b.Processed, &b.Held, &b.Effects, &b.Digests},
			func() error { return do(b) })
		return err
	})
}
