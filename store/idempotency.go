package store

import (
	"bytes"
	"context"
	"errors"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// BeginIdempotent begins a request with an Idempotency-Key of an actor.
// fingerprint tells requests apart (a hash over method, path and body). The answers:
//   - replay true: the request was finished before, this is its answer;
//   - replay false: go on, and end with FinishIdempotent or DropIdempotent;
//   - ErrConflict: the same request is being worked on;
//   - ErrInvalid: the key was used for another request.
//
// A key is forgotten a day after its request began. A request that was begun and
// not ended for ten minutes is taken to have died, and the key may be used again.
func (s *Store) BeginIdempotent(ctx context.Context, actor, key string, fingerprint []byte) (answer retention.IdempotentReplay, replay bool, err error) {
	err = s.write(ctx, "begin an idempotent request", func(tx pgx.Tx) error {
		begun, err := takeKey(ctx, tx, actor, key, fingerprint)
		if err != nil || begun {
			return err
		}
		// The insert has met the row, and its lock, if it took it for an update, keeps
		// it; a row that was dropped between the two statements is a conflict that
		// trying again solves.
		var kept []byte
		var status *int
		err = tx.QueryRow(ctx, `
			SELECT fingerprint, status, coalesce(content_type, ''), coalesce(location, ''), coalesce(etag, ''), body
			FROM holdfast.idempotency
			WHERE actor = $1 AND key = $2`, actor, key).
			Scan(&kept, &status, &answer.ContentType, &answer.Location, &answer.ETag, &answer.Body)
		switch {
		case err != nil && !errors.Is(err, pgx.ErrNoRows):
			return err
		case err == nil && !bytes.Equal(kept, fingerprint):
			return retention.Invalid("Idempotency-Key", "was used for another request; give each request a key of its own")
		case err != nil || status == nil:
			return retention.Conflictf("a request with this Idempotency-Key is being worked on; try again")
		}
		answer.Status, replay = *status, true
		return nil
	})
	if err != nil {
		return retention.IdempotentReplay{}, false, err
	}
	return answer, replay, nil
}

// takeKey makes the key the caller's if it is free, forgotten or left behind.
func takeKey(ctx context.Context, tx pgx.Tx, actor, key string, fingerprint []byte) (bool, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO holdfast.idempotency AS i (actor, key, fingerprint, started_at)
		VALUES ($1, $2, $3, holdfast.clock())
		ON CONFLICT (actor, key) DO UPDATE
		SET fingerprint = excluded.fingerprint,
		    started_at = excluded.started_at,
		    finished_at = NULL, status = NULL, content_type = NULL, location = NULL, etag = NULL, body = NULL
		WHERE i.started_at <= holdfast.clock() - interval '1 day'
		   OR (i.finished_at IS NULL AND i.started_at <= holdfast.clock() - interval '10 minutes')`,
		actor, key, fingerprint)
	return tag.RowsAffected() == 1, err
}

// FinishIdempotent keeps the answer to a request that was begun. A request that was
// finished already keeps its first answer.
func (s *Store) FinishIdempotent(ctx context.Context, actor, key string, answer retention.IdempotentReplay) error {
	return s.write(ctx, "keep the answer to an idempotent request", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.idempotency
			SET finished_at = holdfast.clock(), status = $3, content_type = $4, location = $5, etag = $6, body = $7
			WHERE actor = $1 AND key = $2 AND finished_at IS NULL`,
			actor, key, answer.Status, answer.ContentType, answer.Location, answer.ETag, answer.Body)
		return err
	})
}

// DropIdempotent frees the key of a request that was begun and had no lasting
// effect (a refusal, an outage), so that it can be tried again. A finished one stays.
func (s *Store) DropIdempotent(ctx context.Context, actor, key string) error {
	return s.write(ctx, "drop an idempotent request", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			DELETE FROM holdfast.idempotency
			WHERE actor = $1 AND key = $2 AND finished_at IS NULL`, actor, key)
		return err
	})
}

// CleanIdempotent removes the answers that are older than a day and answers how
// many there were.
func (s *Store) CleanIdempotent(ctx context.Context) (int64, error) {
	var n int64
	err := s.write(ctx, "remove old answers", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `
			DELETE FROM holdfast.idempotency
			WHERE started_at <= holdfast.clock() - interval '1 day'`)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}
