package store

import (
	"context"
	"encoding/json"
	"fmt"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const policyColumns = `v.name, v.version, v.document, v.created_by, v.created_at, coalesce(v.retired_by, ''), v.retired_at`

func scanPolicy(row pgx.CollectableRow) (retention.Policy, error) {
	var doc []byte
	var given retention.Policy
	err := row.Scan(&given.Name, &given.Version, &doc, &given.CreatedBy, &given.CreatedAt, &given.RetiredBy, &given.RetiredAt)
	if err != nil {
		return given, err
	}
	p := given
	if err := json.Unmarshal(doc, &p); err != nil {
		return p, fmt.Errorf("policy %s version %d as kept: %w", given.Name, given.Version, err)
	}
	if p.Columns == nil {
		p.Columns = map[string]retention.Anonymizer{}
	}
	return p, nil
}

// Policies lists live policies by name, or retired ones in their last version.
func (s *Store) Policies(ctx context.Context, f retention.PolicyFilter, p retention.Page) ([]retention.Policy, string, error) {
	limit, after, err := readPage(p, cursor{List: "policies"})
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+policyColumns+`
		FROM holdfast.policy AS h
		JOIN holdfast.policy_version AS v ON v.name = h.name AND v.version = h.last_version
		WHERE h.name > $1
		  AND (h.live_version IS NULL) = $2
		  AND ($3 = ''
		       OR strpos(lower(v.name), lower($3)) > 0
		       OR strpos(lower(v.table_schema || '.' || v.table_name), lower($3)) > 0
		       OR strpos(lower(v.legal_basis), lower($3)) > 0)
		ORDER BY h.name
		LIMIT $4`, after.ID, f.Retired, f.Search, limit+1)
	if err != nil {
		return nil, "", fail("list policies", err)
	}
	policies, err := pgx.CollectRows(rows, scanPolicy)
	if err != nil {
		return nil, "", fail("list policies", err)
	}
	policies, next := cut(policies, limit, func(p retention.Policy) cursor { return cursor{List: "policies", ID: p.Name} })
	return policies, next, nil
}

// Policy is the latest version of a name, retired or not.
func (s *Store) Policy(ctx context.Context, name string) (retention.Policy, error) {
	p, err := latestPolicy(ctx, s.pool, name)
	return p, fail("read policy "+name, err)
}

func latestPolicy(ctx context.Context, q querier, name string) (retention.Policy, error) {
	rows, err := q.Query(ctx, `
		SELECT `+policyColumns+`
		FROM holdfast.policy AS h
		JOIN holdfast.policy_version AS v ON v.name = h.name AND v.version = h.last_version
		WHERE h.name = $1`, name)
	if err != nil {
		return retention.Policy{}, err
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanPolicy)
	return p, absent(err, "there is no policy %q", name)
}

// PolicyVersion is one version of a name.
func (s *Store) PolicyVersion(ctx context.Context, name string, version int) (retention.Policy, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+policyColumns+`
		FROM holdfast.policy_version AS v
		WHERE v.name = $1 AND v.version = $2`, name, version)
	if err != nil {
		return retention.Policy{}, fail("read policy "+name, err)
	}
	p, err := pgx.CollectExactlyOneRow(rows, scanPolicy)
	return p, fail("read policy "+name, absent(err, "there is no version %d of policy %q", version, name))
}

// Archiving are the versions of policies, live or not, that archive rows of a table, as their
// own or with those that they refer to; of any
// for the zero TableName.
func (s *Store) Archiving(ctx context.Context, table retention.TableName) ([]retention.Policy, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+policyColumns+`
		FROM holdfast.policy_version AS v
		WHERE ($1 = '' OR v.table_schema = $1 AND v.table_name = $2 OR v.document -> 'cascade' ? $3) AND v.action = 'archive'
		ORDER BY v.name, v.version`, table.Schema, table.Name, table.String())
	if err != nil {
		return nil, fail("list archives of "+table.String(), err)
	}
	list, err := pgx.CollectRows(rows, scanPolicy)
	return list, fail("list archives of "+table.String(), err)
}

// PolicyVersions are all versions of a name, newest first.
func (s *Store) PolicyVersions(ctx context.Context, name string) ([]retention.Policy, error) {
	rows, err := s.pool.Query(ctx, `
		SELECT `+policyColumns+`
		FROM holdfast.policy_version AS v
		WHERE v.name = $1
		ORDER BY v.version DESC`, name)
	if err != nil {
		return nil, fail("list versions of policy "+name, err)
	}
	versions, err := pgx.CollectRows(rows, scanPolicy)
	if err == nil && len(versions) == 0 {
		err = retention.NotFoundf("there is no policy %q", name)
	}
	return versions, fail("list versions of policy "+name, err)
}

// policyHead is the row of a name that saving and retiring lock.
type policyHead struct {
	last int
	live *int
}

// lockPolicy locks the head of a name, so that only one change of it goes on.
func lockPolicy(ctx context.Context, tx pgx.Tx, name string) (policyHead, error) {
	var h policyHead
	err := tx.QueryRow(ctx, `
		SELECT last_version, live_version
		FROM holdfast.policy
		WHERE name = $1
		FOR UPDATE`, name).Scan(&h.last, &h.live)
	return h, err
}

// SavePolicy writes the next version of a name. expect is the live version that it
// replaces, or 0 if the name must not be live: ErrConflict if it is after all.
// Another live version than expected, or none, is ErrStale.
func (s *Store) SavePolicy(ctx context.Context, p retention.Policy, expect int, by retention.By) (retention.Policy, error) {
	var saved retention.Policy
	err := s.write(ctx, "save policy "+p.Name, func(tx pgx.Tx) error {
		// A new name gets its head first; of two that do so at once, the second waits
		// here and then finds the first one's version live.
		_, err := tx.Exec(ctx, `
			INSERT INTO holdfast.policy (name, last_version)
			VALUES ($1, 0)
			ON CONFLICT (name) DO NOTHING`, p.Name)
		if err != nil {
			return err
		}
		head, err := lockPolicy(ctx, tx, p.Name)
		if err != nil {
			return err
		}
		if err := checkExpected(p.Name, head, expect); err != nil {
			return err
		}
		var before any
		if head.live != nil {
			if before, err = latestPolicy(ctx, tx, p.Name); err != nil {
				return err
			}
		}
		if err := insertVersion(ctx, tx, p, head.last+1, by); err != nil {
			return err
		}
		if saved, err = latestPolicy(ctx, tx, p.Name); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "policy/"+p.Name, before, saved)
	})
	return saved, err
}

func checkExpected(name string, head policyHead, expect int) error {
	switch {
	case expect == 0 && head.live != nil:
		return retention.Taken("name", "policy %q exists already (version %d)", name, *head.live)
	case expect != 0 && head.live == nil:
		return fmt.Errorf("%w: policy %q is not live any more", retention.ErrStale, name)
	case expect != 0 && *head.live != expect:
		return fmt.Errorf("%w: policy %q is at version %d now", retention.ErrStale, name, *head.live)
	}
	return nil
}

// insertVersion writes a version and makes it the live one. What was measured for
// the former version says nothing about this one.
func insertVersion(ctx context.Context, tx pgx.Tx, p retention.Policy, version int, by retention.By) error {
	doc, err := json.Marshal(p)
	if err != nil {
		return fmt.Errorf("write policy %s: %w", p.Name, err)
	}
	// The members that the server sets are columns; what came with the document is
	// somebody's copy of an older version.
	_, err = tx.Exec(ctx, `
		INSERT INTO holdfast.policy_version
			(name, version, table_schema, table_name, action, legal_basis, document, created_by, created_at)
		VALUES ($1, $2, $3, $4, $5, $6,
			$7::jsonb - '{version,created_by,created_at,retired_by,retired_at}'::text[],
			$8, holdfast.clock())`,
		p.Name, version, p.Table.Schema, p.Table.Name, p.Action, p.LegalBasis, doc, by.Actor.Name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE holdfast.policy
		SET last_version = $2, live_version = $2
		WHERE name = $1`, p.Name, version)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM holdfast.policy_status WHERE policy = $1`, p.Name)
	return err
}

// RetirePolicy ends the live policy of that version; ErrNotFound if none is live,
// ErrStale if another version is.
func (s *Store) RetirePolicy(ctx context.Context, name string, expect int, by retention.By) (retention.Policy, error) {
	var retired retention.Policy
	err := s.write(ctx, "retire policy "+name, func(tx pgx.Tx) error {
		head, err := lockPolicy(ctx, tx, name)
		if err != nil {
			return absent(err, "there is no policy %q", name)
		}
		if head.live == nil {
			return retention.NotFoundf("policy %q is retired already", name)
		}
		if err := checkExpected(name, head, expect); err != nil {
			return err
		}
		before, err := latestPolicy(ctx, tx, name)
		if err != nil {
			return err
		}
		if err := retire(ctx, tx, name, by); err != nil {
			return err
		}
		if retired, err = latestPolicy(ctx, tx, name); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "policy/"+name, before, retired)
	})
	return retired, err
}

func retire(ctx context.Context, tx pgx.Tx, name string, by retention.By) error {
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.policy_version AS v
		SET retired_at = holdfast.clock(), retired_by = $2
		FROM holdfast.policy AS h
		WHERE h.name = $1 AND v.name = h.name AND v.version = h.live_version`, name, by.Actor.Name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `UPDATE holdfast.policy SET live_version = NULL WHERE name = $1`, name)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `DELETE FROM holdfast.policy_status WHERE policy = $1`, name)
	return err
}
