package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// Events lists events newest first: the log's rows from its end, and of each row its
// last event first. The filters are of whole rows, so that a page reads no more of
// them than it shows events of.
func (s *Store) Events(ctx context.Context, f retention.EventFilter, p retention.Page) ([]retention.LoggedEvent, string, error) {
	limit, after, err := readPage(p, cursor{List: "events", N: maxID})
	if err != nil {
		return nil, "", err
	}
	var events []retention.LoggedEvent
	err = s.read(ctx, "list events", func(tx pgx.Tx) error {
		rows, err := rowsOfPage(ctx, tx, f, after, limit+1)
		if err != nil {
			return err
		}
		events, err = expandRows(ctx, tx, rows, after, limit+1)
		return err
	})
	if err != nil {
		return nil, "", err
	}
	events, next := cut(events, limit, func(e retention.LoggedEvent) cursor {
		return cursor{List: "events", N: e.No, M: int64(e.Position)}
	})
	return events, next, nil
}

// rowsOfPage are the numbers of the rows that have the next n events, newest first.
func rowsOfPage(ctx context.Context, tx pgx.Tx, f retention.EventFilter, after cursor, n int) ([]int64, error) {
	rows, err := tx.Query(ctx, `
		SELECT no, count
		FROM holdfast.event_batch
		WHERE no <= $1
		  AND ($2 = '' OR type = $2)
		  AND ($3 = '' OR entity_type = $3)
		  AND ($4 = '' OR policy = $4)
		  AND ($5 = '' OR run_id = $5)
		  AND ($6::timestamptz IS NULL OR occurred_at >= $6)
		  AND ($7::timestamptz IS NULL OR occurred_at < $7)
		ORDER BY no DESC
		LIMIT $8`,
		after.N, string(f.Type), f.EntityType, f.Policy, f.Run, f.From, f.Until, n+1)
	if err != nil {
		return nil, err
	}
	var out []int64
	var no, count, found int64
	_, err = pgx.ForEachRow(rows, []any{&no, &count}, func() error {
		if no == after.N {
			count = after.M // what is before the cursor's position
		}
		if found < int64(n) && count > 0 {
			out, found = append(out, no), found+count
		}
		return nil
	})
	return out, err
}

// expandRows expands rows into at most n events, the last of each row first.
func expandRows(ctx context.Context, tx pgx.Tx, nos []int64, after cursor, n int) ([]retention.LoggedEvent, error) {
	rows, err := tx.Query(ctx, `
		SELECT `+eventColumns+`
		FROM holdfast.event_batch AS e
		WHERE e.no = ANY ($1)
		ORDER BY e.no DESC`, nos)
	if err != nil {
		return nil, err
	}
	batches, err := pgx.CollectRows(rows, scanEvents)
	if err != nil {
		return nil, err
	}
	out := make([]retention.LoggedEvent, 0, n)
	for _, b := range batches {
		end := b.Count
		if b.No == after.N {
			end = min(end, int(after.M))
		}
		for i := end - 1; i >= 0 && len(out) < n; i-- {
			// Whose they are is the reader's to say.
			e, err := b.Event(i, "")
			if err != nil {
				return nil, err
			}
			out = append(out, retention.LoggedEvent{No: b.No, Position: i, Event: e})
		}
	}
	return out, nil
}
