package store

import (
	"context"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// An account without a password is disabled: no hash is empty.
const userColumns = `a.id, a.email, a.name, a.created_at, a.created_by, a.last_sign_in, a.password_hash = ''`

// scanUser reads an account and whatever columns follow it.
func scanUser(row pgx.Row, more ...any) (u retention.User, err error) {
	err = row.Scan(append([]any{&u.ID, &u.Email, &u.Name, &u.CreatedAt, &u.CreatedBy, &u.LastSignIn, &u.Disabled}, more...)...)
	return u, err
}

// CreateUser keeps an account; a used e-mail address is ErrConflict.
func (s *Store) CreateUser(ctx context.Context, u retention.User, passwordHash string, by retention.By) (retention.User, error) {
	var created retention.User
	err := s.write(ctx, "create user", func(tx pgx.Tx) (err error) {
		created, err = scanUser(tx.QueryRow(ctx, `
			INSERT INTO holdfast.account AS a (id, email, name, password_hash, created_at, created_by)
			VALUES (gen_random_uuid(), $1, $2, $3, holdfast.clock(), $4)
			RETURNING `+userColumns,
			retention.NormalizeEmail(u.Email), u.Name, passwordHash, by.Actor.Name))
		if violates(err, "account_email_key") {
			return retention.Taken("email", "there is an account for %s already", u.Email)
		}
		if err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "user/"+created.Email, nil, created)
	})
	return created, err
}

// Users lists accounts, oldest first.
func (s *Store) Users(ctx context.Context, p retention.Page) ([]retention.User, string, error) {
	limit, after, err := readPage(p, oldestFirst("users"))
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+userColumns+`
		FROM holdfast.account AS a
		WHERE (a.created_at, a.id) > ($1, $2::text::uuid)
		ORDER BY a.created_at, a.id
		LIMIT $3`, after.time(), after.ID, limit+1)
	if err != nil {
		return nil, "", fail("list users", err)
	}
	users, err := pgx.CollectRows(rows, func(row pgx.CollectableRow) (retention.User, error) { return scanUser(row) })
	if err != nil {
		return nil, "", fail("list users", err)
	}
	users, next := cut(users, limit, func(u retention.User) cursor { return momentOf("users", u.CreatedAt, u.ID) })
	return users, next, nil
}

// UserOfSession finds an account and its password hash by its id.
func (s *Store) UserOfSession(ctx context.Context, id string) (retention.User, string, error) {
	if err := checkID("user", id); err != nil {
		return retention.User{}, "", err
	}
	var hash string
	u, err := scanUser(s.pool.QueryRow(ctx, `
		SELECT `+userColumns+`, a.password_hash
		FROM holdfast.account AS a
		WHERE a.id = $1::text::uuid`, id), &hash)
	return u, hash, fail("read user "+id, absent(err, "there is no user %s", id))
}

func loadUser(ctx context.Context, q querier, id, lock string) (retention.User, error) {
	u, err := scanUser(q.QueryRow(ctx, `
		SELECT `+userColumns+`
		FROM holdfast.account AS a
		WHERE a.id = $1::text::uuid
		`+lock, id))
	return u, absent(err, "there is no user %s", id)
}

// CountUsers counts accounts.
func (s *Store) CountUsers(ctx context.Context) (int64, error) {
	var n int64
	err := s.pool.QueryRow(ctx, `SELECT count(*) FROM holdfast.account`).Scan(&n)
	return n, fail("count users", err)
}

// UserForSignIn finds an account and its password hash by e-mail. A disabled account
// has no hash.
func (s *Store) UserForSignIn(ctx context.Context, email string) (retention.User, string, error) {
	var hash string
	u, err := scanUser(s.pool.QueryRow(ctx, `
		SELECT `+userColumns+`, a.password_hash
		FROM holdfast.account AS a
		WHERE a.email = $1`, retention.NormalizeEmail(email)), &hash)
	return u, hash, fail("find a user", absent(err, "there is no account for %q", email))
}

// changeUser has fn change an account and writes the audit row.
func (s *Store) changeUser(ctx context.Context, what, id string, by retention.By, fn func(tx pgx.Tx) error) error {
	if err := checkID("user", id); err != nil {
		return err
	}
	return s.write(ctx, what+" user "+id, func(tx pgx.Tx) error {
		before, err := loadUser(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		if err := fn(tx); err != nil {
			return err
		}
		after, err := loadUser(ctx, tx, id, "")
		if err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "user/"+after.Email, before, after)
	})
}

// SignedIn records a sign-in (audit row and last_sign_in).
func (s *Store) SignedIn(ctx context.Context, userID string, by retention.By) error {
	return s.changeUser(ctx, "sign in", userID, by, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.account
			SET last_sign_in = holdfast.clock()
			WHERE id = $1::text::uuid`, userID)
		return err
	})
}

// SetPassword replaces an account's password hash; a disabled account is open again.
// The audit row names the account
// and the action; of the password it says nothing.
func (s *Store) SetPassword(ctx context.Context, userID, passwordHash string, by retention.By) error {
	return s.changeUser(ctx, "set the password of", userID, by, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.account
			SET password_hash = $2
			WHERE id = $1::text::uuid`, userID, passwordHash)
		return err
	})
}

// DisableUser takes an account's password away, by which its sessions end, and revokes
// its tokens, each with an audit row of its own. An account that is disabled already
// stays as it is, with no audit row.
func (s *Store) DisableUser(ctx context.Context, userID string, by retention.By) (retention.User, error) {
	if err := checkID("user", userID); err != nil {
		return retention.User{}, err
	}
	var disabled retention.User
	err := s.write(ctx, "disable user "+userID, func(tx pgx.Tx) error {
		before, err := loadUser(ctx, tx, userID, forUpdate)
		if err != nil || before.Disabled {
			disabled = before
			return err
		}
		if _, err := tx.Exec(ctx, `UPDATE holdfast.account SET password_hash = '' WHERE id = $1::text::uuid`, userID); err != nil {
			return err
		}
		if disabled, err = loadUser(ctx, tx, userID, ""); err != nil {
			return err
		}
		if err := addAudit(ctx, tx, by, "user/"+disabled.Email, before, disabled); err != nil {
			return err
		}
		return revokeTokensOf(ctx, tx, userID, by.Actor)
	})
	return disabled, err
}

func revokeTokensOf(ctx context.Context, tx pgx.Tx, userID string, actor retention.Actor) error {
	rows, err := tx.Query(ctx, `
		SELECT t.id
		FROM holdfast.token AS t
		WHERE t.owner_id = $1::text::uuid AND t.revoked_at IS NULL
		ORDER BY t.created_at, t.id`, userID)
	if err != nil {
		return err
	}
	ids, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		return err
	}
	for _, id := range ids {
		if _, err := revokeToken(ctx, tx, id, retention.By{Actor: actor, Action: "token.revoke"}); err != nil {
			return err
		}
	}
	return nil
}
