package engine

import (
	"context"
	"errors"

	"holdfast/retention"
)

// carryPage bounds how many rows travel at once: a journal row may carry the digests
// of a whole batch, 3 MB at the largest batch size, an outbox row its keys.
const carryPage = 8

// CarryJournal brings what batches wrote beside the governed rows into the store: the
// journal, and the outbox into the log of events. Several processes may do it at
// once, and one that is killed in between has its rows brought again: both ways are
// idempotent by the batch's id.
func (e *Engine) CarryJournal(ctx context.Context) error {
	return errors.Join(e.carryRows(ctx), e.carryOutbox(ctx))
}

// carryRows copies journal rows of the governed database into the store.
func (e *Engine) carryRows(ctx context.Context) error {
	for {
		rows, err := e.target.Uncarried(ctx, carryPage)
		if err != nil || len(rows) == 0 {
			return err
		}
		if err := e.store.SaveBatches(ctx, rows); err != nil {
			return err
		}
		if err := e.target.Carried(ctx, idsOf(rows, func(r retention.JournalRow) string { return r.ID })); err != nil {
			return err
		}
	}
}

// carryOutbox moves what others are told into the log, in the order in which it was
// written. A row is removed at its origin once the log has it.
func (e *Engine) carryOutbox(ctx context.Context) error {
	for {
		batches, err := e.target.Outbox(ctx, carryPage)
		if err != nil || len(batches) == 0 {
			return err
		}
		if err := e.store.AppendEvents(ctx, batches); err != nil {
			return err
		}
		if err := e.target.Told(ctx, idsOf(batches, func(b retention.EventBatch) string { return b.ID })); err != nil {
			return err
		}
	}
}

func idsOf[T any](rows []T, id func(T) string) []string {
	ids := make([]string, len(rows))
	for i, row := range rows {
		ids[i] = id(row)
	}
	return ids
}
