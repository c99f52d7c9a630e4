package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const tokenColumns = `t.id, t.name, a.email, t.created_at, t.expires_at, t.last_used_at, t.revoked_at`

func scanToken(row pgx.CollectableRow) (t retention.Token, err error) {
	err = row.Scan(&t.ID, &t.Name, &t.Owner, &t.CreatedAt, &t.ExpiresAt, &t.LastUsedAt, &t.RevokedAt)
	return t, err
}

// CreateToken keeps an API token of an account under the hash of its secret.
func (s *Store) CreateToken(ctx context.Context, t retention.Token, ownerID string, hash []byte, by retention.By) (retention.Token, error) {
	if err := checkID("user", ownerID); err != nil {
		return retention.Token{}, err
	}
	var created retention.Token
	err := s.write(ctx, "create token", func(tx pgx.Tx) error {
		var id string
		err := tx.QueryRow(ctx, `
			INSERT INTO holdfast.token (id, name, owner_id, hash, created_at, expires_at)
			VALUES (gen_random_uuid(), $1, $2::text::uuid, $3, holdfast.clock(), $4)
			RETURNING id`, t.Name, ownerID, hash, t.ExpiresAt).Scan(&id)
		switch {
		case violates(err, "token_owner_id_fkey"):
			return retention.NotFoundf("there is no user %s", ownerID)
		case violates(err, "token_hash_key"):
			return retention.Conflictf("the token exists already")
		case err != nil:
			return err
		}
		if created, err = loadToken(ctx, tx, id, ""); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "token/"+id, nil, created)
	})
	return created, err
}

func loadToken(ctx context.Context, q querier, id, lock string) (retention.Token, error) {
	rows, err := q.Query(ctx, `
		SELECT `+tokenColumns+`
		FROM holdfast.token AS t
		JOIN holdfast.account AS a ON a.id = t.owner_id
		WHERE t.id = $1::text::uuid
		`+lock, id)
	if err != nil {
		return retention.Token{}, err
	}
	t, err := pgx.CollectExactlyOneRow(rows, scanToken)
	return t, absent(err, "there is no token %s", id)
}

// Tokens lists the tokens of everybody, newest first, revoked ones too.
func (s *Store) Tokens(ctx context.Context, p retention.Page) ([]retention.Token, string, error) {
	limit, after, err := readPage(p, newestFirst("tokens"))
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+tokenColumns+`
		FROM holdfast.token AS t
		JOIN holdfast.account AS a ON a.id = t.owner_id
		WHERE (t.created_at, t.id) < ($1, $2::text::uuid)
		ORDER BY t.created_at DESC, t.id DESC
		LIMIT $3`, after.time(), after.ID, limit+1)
	if err != nil {
		return nil, "", fail("list tokens", err)
	}
	tokens, err := pgx.CollectRows(rows, scanToken)
	if err != nil {
		return nil, "", fail("list tokens", err)
	}
	tokens, next := cut(tokens, limit, func(t retention.Token) cursor { return momentOf("tokens", t.CreatedAt, t.ID) })
	return tokens, next, nil
}

// TokenByHash finds a token that is neither revoked nor expired and whose owner is
// not disabled (a request that was under way may have made it since), with its owner,
// and notes its use, at most once a minute: a busy CI must not write with every
// request.
func (s *Store) TokenByHash(ctx context.Context, hash []byte) (retention.Token, retention.User, error) {
	var t retention.Token
	var noted bool
	u, err := scanUser(s.pool.QueryRow(ctx, `
		SELECT `+userColumns+`, `+tokenColumns+`,
		       coalesce(t.last_used_at > holdfast.clock() - interval '1 minute', false)
		FROM holdfast.token AS t
		JOIN holdfast.account AS a ON a.id = t.owner_id
		WHERE t.hash = $1
		  AND t.revoked_at IS NULL
		  AND a.password_hash <> ''
		  AND (t.expires_at IS NULL OR t.expires_at > holdfast.clock())`, hash),
		&t.ID, &t.Name, &t.Owner, &t.CreatedAt, &t.ExpiresAt, &t.LastUsedAt, &t.RevokedAt, &noted)
	if err != nil {
		return t, u, fail("find a token", absent(err, "there is no such token"))
	}
	if noted {
		return t, u, nil
	}
	// The time is judged again under the row's lock, so that many first uses at once
	// write once.
	err = s.write(ctx, "note the use of token "+t.ID, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.token
			SET last_used_at = holdfast.clock()
			WHERE id = $1::text::uuid
			  AND (last_used_at IS NULL OR last_used_at <= holdfast.clock() - interval '1 minute')`, t.ID)
		return err
	})
	return t, u, err
}

// RevokeToken ends an API token at once. One that is revoked already stays as it
// is, with no audit row.
func (s *Store) RevokeToken(ctx context.Context, id string, by retention.By) (retention.Token, error) {
	if err := checkID("token", id); err != nil {
		return retention.Token{}, err
	}
	var revoked retention.Token
	err := s.write(ctx, "revoke token "+id, func(tx pgx.Tx) (err error) {
		revoked, err = revokeToken(ctx, tx, id, by)
		return err
	})
	return revoked, err
}

func revokeToken(ctx context.Context, tx pgx.Tx, id string, by retention.By) (retention.Token, error) {
	before, err := loadToken(ctx, tx, id, forUpdate+" OF t")
	if err != nil || before.RevokedAt != nil {
		return before, err
	}
	_, err = tx.Exec(ctx, `
		UPDATE holdfast.token
		SET revoked_at = holdfast.clock()
		WHERE id = $1::text::uuid`, id)
	if err != nil {
		return before, err
	}
	revoked, err := loadToken(ctx, tx, id, "")
	if err != nil {
		return before, err
	}
	return revoked, addAudit(ctx, tx, by, "token/"+id, before, revoked)
}
