package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// AppendEvents puts outbox rows at the end of the log, idempotently by their id: a
// carrier that was stopped before it removed them at their origin brings them again.
func (s *Store) AppendEvents(ctx context.Context, batches []retention.EventBatch) error {
	if len(batches) == 0 {
		return nil
	}
	return s.write(ctx, "keep events", func(tx pgx.Tx) error { return appendEvents(ctx, tx, batches) })
}

// appendEvents takes the log's lock until the transaction's end: numbers are then
// given in the order of commits, and whoever reads past one misses none below it. It
// comes last in a transaction, so that the lock is short.
func appendEvents(ctx context.Context, tx pgx.Tx, batches []retention.EventBatch) error {
	if err := lockFor(ctx, tx, lockEvents); err != nil {
		return err
	}
	var queue pgx.Batch
	for _, b := range batches {
		columns, err := json.Marshal(b.Columns)
		if err != nil {
			return err
		}
		if b.Columns == nil {
			columns = []byte("[]")
		}
		queue.Queue(`
			INSERT INTO holdfast.event_batch
				(id, type, entity_type, policy, policy_version, run_id, action, initiated_at, occurred_at,
				 count, key_parts, keys, columns, included, data)
			VALUES ($1::text::uuid, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, coalesce($12::text[], '{}'), $13, coalesce($14::text[], '{}'), $15)
			ON CONFLICT (id) DO NOTHING`,
			b.ID, b.Type, b.EntityType, b.Policy, b.PolicyVersion, b.RunID, b.Action, b.InitiatedAt, b.OccurredAt,
			b.Count, b.KeyParts, b.Keys, columns, b.Included, b.Data)
	}
	return tx.SendBatch(ctx, &queue).Close()
}

const eventColumns = `e.no, e.id, e.type, e.entity_type, e.policy, e.policy_version, e.run_id, e.action, e.initiated_at, e.occurred_at,
			e.count, e.key_parts, e.keys, e.columns, e.included, e.data`

func scanEvents(row pgx.CollectableRow) (b retention.EventBatch, err error) {
	var columns []byte
	err = row.Scan(&b.No, &b.ID, &b.Type, &b.EntityType, &b.Policy, &b.PolicyVersion, &b.RunID, &b.Action, &b.InitiatedAt, &b.OccurredAt,
		&b.Count, &b.KeyParts, &b.Keys, &columns, &b.Included, &b.Data)
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(columns, &b.Columns)
}

// EventsAfter reads the log after a number, in its order, at most limit rows. A row
// may have as many events as a batch has records, so a few are much.
func (s *Store) EventsAfter(ctx context.Context, no int64, limit int) ([]retention.EventBatch, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+eventColumns+`
		FROM holdfast.event_batch AS e
		WHERE e.no > $1
		ORDER BY e.no
		LIMIT $2`, no, limit)
	if err != nil {
		return nil, fail("read events", err)
	}
	batches, err := pgx.CollectRows(rows, scanEvents)
	return batches, fail("read events", err)
}
