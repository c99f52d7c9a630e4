package target

import (
	"context"
	"encoding/json"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// newBatchID names a batch before it is made, since its outbox row is written by the
// statement that changes the records. Ids that grow with time keep indexes compact.
func newBatchID() string { return uuid.Must(uuid.NewV7()).String() }

// outboxPage bounds what Outbox reads at once, in bytes: one row may be as wide as
// a batch is.
const outboxPage = 8 << 20

// Outbox reads the oldest rows of the outbox; see engine.RunTarget.
func (t *Target) Outbox(ctx context.Context, limit int) ([]retention.EventBatch, error) {
	rows, err := t.pool.Query(ctx, `
		WITH oldest AS (
			SELECT o.no, sum(pg_column_size(o.keys) + pg_column_size(o.included)) OVER (ORDER BY o.no) - pg_column_size(o.keys) - pg_column_size(o.included) AS before
			FROM (SELECT no, keys, included FROM holdfast_guard.outbox ORDER BY no LIMIT $1) AS o
		)
		SELECT id::text, run_id::text, policy, policy_version, action, entity_type, initiated_at, occurred_at, count, key_parts, keys, columns, included
		FROM holdfast_guard.outbox
		WHERE no IN (SELECT no FROM oldest WHERE before < $2)
		ORDER BY no`, limit, outboxPage)
	if err != nil {
		return nil, classify(err)
	}
	out, err := pgx.CollectRows(rows, scanOutbox)
	return out, classify(err)
}

func scanOutbox(row pgx.CollectableRow) (b retention.EventBatch, err error) {
	var columns []byte
	err = row.Scan(&b.ID, &b.RunID, &b.Policy, &b.PolicyVersion, &b.Action, &b.EntityType, &b.InitiatedAt, &b.OccurredAt,
		&b.Count, &b.KeyParts, &b.Keys, &columns, &b.Included)
	if err != nil {
		return b, err
	}
	b.Type = retention.EventOf(b.Action)
	return b, json.Unmarshal(columns, &b.Columns)
}

// Told removes outbox rows that are in the store: they name people, and must not
// stay where nobody looks for them.
func (t *Target) Told(ctx context.Context, ids []string) error {
	_, err := t.pool.Exec(ctx, `DELETE FROM holdfast_guard.outbox WHERE id = ANY ($1::uuid[])`, ids)
	return classify(err)
}
