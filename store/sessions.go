package store

import (
	"context"
	"crypto/sha256"
	"errors"
	"time"

	"github.com/jackc/pgx/v5"
)

// Sessions keeps browser sessions for alexedwards/scs; it is a scs.CtxStore. The
// token in the cookie is kept as its SHA-256 only (it has 256 random bits, so that
// cannot be searched): who reads the table can sign in as nobody.
type Sessions struct {
	store *Store
}

// Sessions is the session store over the same database.
func (s *Store) Sessions() *Sessions { return &Sessions{store: s} }

func sessionHash(token string) []byte {
	sum := sha256.Sum256([]byte(token))
	return sum[:]
}

// FindCtx is the data of a session that has not expired; found is false if there
// is none.
func (s *Sessions) FindCtx(ctx context.Context, token string) (data []byte, found bool, err error) {
	err = s.store.pool.QueryRow(ctx, `
		SELECT data
		FROM holdfast.session
		WHERE token_hash = $1 AND expires_at > holdfast.clock()`, sessionHash(token)).Scan(&data)
	if errors.Is(err, pgx.ErrNoRows) {
		return nil, false, nil
	}
	return data, err == nil, fail("find a session", err)
}

// CommitCtx keeps a session's data until expiry, replacing what was there.
func (s *Sessions) CommitCtx(ctx context.Context, token string, data []byte, expiry time.Time) error {
	return s.store.write(ctx, "keep a session", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			INSERT INTO holdfast.session (token_hash, data, expires_at)
			VALUES ($1, $2, $3)
			ON CONFLICT (token_hash) DO UPDATE
			SET data = excluded.data, expires_at = excluded.expires_at`, sessionHash(token), data, expiry)
		return err
	})
}

// DeleteCtx ends a session; there need not be one.
func (s *Sessions) DeleteCtx(ctx context.Context, token string) error {
	return s.store.write(ctx, "end a session", func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `DELETE FROM holdfast.session WHERE token_hash = $1`, sessionHash(token))
		return err
	})
}

// Find is FindCtx without a context, for the interface; scs does not call it.
func (s *Sessions) Find(token string) ([]byte, bool, error) {
	return s.FindCtx(context.Background(), token)
}

// Commit is CommitCtx without a context, for the interface; scs does not call it.
func (s *Sessions) Commit(token string, data []byte, expiry time.Time) error {
	return s.CommitCtx(context.Background(), token, data, expiry)
}

// Delete is DeleteCtx without a context, for the interface; scs does not call it.
func (s *Sessions) Delete(token string) error {
	return s.DeleteCtx(context.Background(), token)
}

// CleanSessions removes expired sessions and answers how many there were. Expired
// ones are never found; this only keeps the table small.
func (s *Store) CleanSessions(ctx context.Context) (int64, error) {
	var n int64
	err := s.write(ctx, "remove expired sessions", func(tx pgx.Tx) error {
		tag, err := tx.Exec(ctx, `DELETE FROM holdfast.session WHERE expires_at <= holdfast.clock()`)
		n = tag.RowsAffected()
		return err
	})
	return n, err
}
