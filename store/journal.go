package store

import (
	"context"
	"encoding/json"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// SaveBatches carries journal rows over, idempotently by their id: a carrier that
// was stopped before it marked them brings them again.
func (s *Store) SaveBatches(ctx context.Context, batches []retention.JournalRow) error {
	if len(batches) == 0 {
		return nil
	}
	return s.write(ctx, "keep the journal", func(tx pgx.Tx) error {
		var queue pgx.Batch
		for _, b := range batches {
			if err := queueBatch(&queue, b); err != nil {
				return err
			}
		}
		return tx.SendBatch(ctx, &queue).Close()
	})
}

func queueBatch(queue *pgx.Batch, b retention.JournalRow) error {
	skipped, _, err := listsOf(b.Skipped, nil)
	if err != nil {
		return err
	}
	// In order, so that one digest is found without reading all (store/disposals.go).
	digests := sortedDigests(b.DigestBytes)
	queue.Queue(`
		INSERT INTO holdfast.batch
			(id, run_id, policy, policy_version, action, table_schema, table_name, seq, guard_epoch, step,
			 processed, held, blocked, skipped, digest_count, digests, committed_at, blocked_by, effects, digests_sorted, begun_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, $15, $16, $17, $18, $19, true, $20)
		ON CONFLICT (id) DO NOTHING`,
		b.ID, b.RunID, b.Policy, b.PolicyVersion, b.Action, b.Table.Schema, b.Table.Name, b.Seq, b.GuardEpoch, b.Step,
		b.Processed, b.Held, b.Blocked, skipped, b.Digests, digests, b.CommittedAt,
		counted(b.BlockedBy), affected(b.Effects), b.BegunAt)
	return nil
}

// Batches lists a run's journal as carried over, oldest or newest first; policy empty
// means all of them. Without digests, which a page has no use for. A run that is not
// known has none.
func (s *Store) Batches(ctx context.Context, runID, policy string, newest bool, p retention.Page) ([]retention.Batch, string, error) {
	list := "batches/" + runID
	first, beyond, direction := cursor{List: list, At: beforeAllTime}, ">", "ASC"
	if newest {
		list = "newest batches/" + runID
		first, beyond, direction = cursor{List: list, At: afterAllTime}, "<", "DESC"
	}
	limit, after, err := readPage(p, first)
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT id, run_id, policy, policy_version, action, table_schema, table_name, seq, guard_epoch, step,
		       processed, held, blocked, skipped, digest_count, committed_at, blocked_by, effects, begun_at
		FROM holdfast.batch
		WHERE run_id = $1
		  AND (committed_at, id) `+beyond+` ($2, $3)
		  AND ($4 = '' OR policy = $4)
		ORDER BY run_id `+direction+`, committed_at `+direction+`, id `+direction+`
		LIMIT $5`, runID, after.time(), after.ID, policy, limit+1)
	if err != nil {
		return nil, "", fail("list batches", err)
	}
	batches, err := pgx.CollectRows(rows, scanBatch)
	if err != nil {
		return nil, "", fail("list batches", err)
	}
	batches, next := cut(batches, limit, func(b retention.Batch) cursor { return momentOf(list, b.CommittedAt, b.ID) })
	return batches, next, nil
}

func scanBatch(row pgx.CollectableRow) (b retention.Batch, err error) {
	var skipped []byte
	err = row.Scan(&b.ID, &b.RunID, &b.Policy, &b.PolicyVersion, &b.Action, &b.Table.Schema, &b.Table.Name, &b.Seq, &b.GuardEpoch, &b.Step,
		&b.Processed, &b.Held, &b.Blocked, &skipped, &b.Digests, &b.CommittedAt, &b.BlockedBy, &b.Effects, &b.BegunAt)
	if err != nil {
		return b, err
	}
	return b, json.Unmarshal(skipped, &b.Skipped)
}
