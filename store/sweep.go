package store

import (
	"context"
	"errors"

	"github.com/jackc/pgx/v5"
)

// Sweep removes what has outlived its use: idempotency keys older than a day,
// expired sessions, processes long gone, and events that have been in the log for
// longer than their retention and that nobody waits for. No noun of ours is ever swept.
func (s *Store) Sweep(ctx context.Context) error {
	_, sessions := s.CleanSessions(ctx)
	_, answers := s.CleanIdempotent(ctx)
	return errors.Join(sessions, answers, s.CleanProcesses(ctx), s.sweepEvents(ctx))
}

// sweepChunk bounds how many batches of events one transaction removes: each may be
// some megabytes.
const sweepChunk = 500

// sweepEvents removes events in short transactions. What a live subscriber has not
// yet passed stays, however old it is: it would never learn of it.
func (s *Store) sweepEvents(ctx context.Context) error {
	for {
		var removed int64
		err := s.write(ctx, "sweep events", func(tx pgx.Tx) error {
			// A replay of what is being removed comes before it, or finds it gone.
			if err := lockFor(ctx, tx, lockEvents); err != nil {
				return err
			}
			passed, err := minCursor(ctx, tx)
			if err != nil {
				return err
			}
			tag, err := tx.Exec(ctx, `
				DELETE FROM holdfast.event_batch
				WHERE no IN (SELECT no FROM holdfast.event_batch
				             WHERE no <= $1 AND kept_at < holdfast.clock() - $2::text::interval
				             ORDER BY no
				             LIMIT $3)`, passed, s.keepEvents.String(), sweepChunk)
			if err != nil {
				return err
			}
			removed = tag.RowsAffected()
			return forgetDead(ctx, tx)
		})
		if err != nil || removed < sweepChunk {
			return err
		}
	}
}
