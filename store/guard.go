package store

import (
	"context"
	"crypto/subtle"
	"errors"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/retention"
)

// Guard is the governed database's guard as it was last seen or changed by us; the
// zero GuardMark before the first time.
func (s *Store) Guard(ctx context.Context) (retention.GuardMark, error) {
	var m retention.GuardMark
	err := s.pool.QueryRow(ctx, `
		SELECT system_identifier, database_oid, timeline, epoch
		FROM holdfast.guard_mark`).Scan(&m.SystemIdentifier, &m.DatabaseOID, &m.Timeline, &m.Epoch)
	if errors.Is(err, pgx.ErrNoRows) {
		return retention.GuardMark{}, nil
	}
	return m, fail("read the guard's mark", err)
}

// LastEpoch is the highest epoch that the mark or the evidence has.
func (s *Store) LastEpoch(ctx context.Context) (last int64, err error) {
	err = s.read(ctx, "look for the last epoch", func(tx pgx.Tx) error {
		if err := unbounded(ctx, tx); err != nil {
			return err
		}
		return tx.QueryRow(ctx, `SELECT coalesce(greatest((SELECT max(epoch) FROM holdfast.guard_mark), (SELECT max(guard_epoch) FROM holdfast.batch)), 0)`).Scan(&last)
	})
	return last, err
}

// SetGuard remembers the guard. The epoch never goes back: several processes report
// what they saw, and a late one must not hide a newer change. Another server,
// database or timeline has epochs of its own.
func (s *Store) SetGuard(ctx context.Context, m retention.GuardMark) error {
	return s.write(ctx, "remember the guard", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO holdfast.guard_mark AS g (system_identifier, database_oid, timeline, epoch, seen_at)
			VALUES ($1, $2, $3, $4, holdfast.clock())
			ON CONFLICT (one) DO UPDATE
			SET system_identifier = excluded.system_identifier,
			    database_oid = excluded.database_oid,
			    timeline = excluded.timeline,
			    epoch = excluded.epoch,
			    seen_at = excluded.seen_at
			WHERE g.epoch <= excluded.epoch
			   OR (g.system_identifier, g.database_oid, g.timeline)
			      <> (excluded.system_identifier, excluded.database_oid, excluded.timeline)`,
			m.SystemIdentifier, m.DatabaseOID, m.Timeline, m.Epoch)
		return err
	})
}

// CheckSecret keeps the check value of the secret on first use and afterwards
// compares: a process with another secret gets ErrConflict. Of two processes that
// come first at once, one value stays.
func (s *Store) CheckSecret(ctx context.Context, check []byte) error {
	return s.write(ctx, "check the secret", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO holdfast.setting (name, value)
			VALUES ('secret_check', $1)
			ON CONFLICT (name) DO NOTHING`, check)
		if err != nil {
			return err
		}
		var kept []byte
		err = tx.QueryRow(ctx, `SELECT value FROM holdfast.setting WHERE name = 'secret_check'`).Scan(&kept)
		if err != nil {
			return err
		}
		if subtle.ConstantTimeCompare(kept, check) != 1 {
			return retention.Conflictf("the secret is not the one that this store was first used with; digests and hashes would disagree with the evidence. Set HOLDFAST_SECRET to the former one")
		}
		return nil
	})
}

// SecretKnown tells whether the store was used with a secret before. A store whose
// schema is not there yet was not.
func (s *Store) SecretKnown(ctx context.Context) (known bool, err error) {
	err = s.pool.QueryRow(ctx, `SELECT EXISTS (SELECT FROM holdfast.setting WHERE name = 'secret_check')`).Scan(&known)
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (pg.Code == "42P01" || pg.Code == "3F000") {
		return false, nil
	}
	return known, fail("look for the secret's check value", err)
}
