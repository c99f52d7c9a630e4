package store

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const matterColumns = `m.id, m.name, m.reference, m.counsel, m.notes, m.opened_by, m.opened_at, coalesce(m.closed_by, ''), m.closed_at, m.version,
			(SELECT count(*) FROM holdfast.hold AS h WHERE lower(h.matter) = lower(m.name)),
			(SELECT count(*) FROM holdfast.hold AS h WHERE lower(h.matter) = lower(m.name) AND h.status NOT IN ('released', 'expired'))`

func scanMatter(row pgx.CollectableRow) (m retention.Matter, err error) {
	err = row.Scan(&m.ID, &m.Name, &m.Reference, &m.Counsel, &m.Notes, &m.OpenedBy, &m.OpenedAt, &m.ClosedBy, &m.ClosedAt, &m.Version, &m.Holds, &m.InForce)
	return m, err
}

// Matters lists matters, newest first.
func (s *Store) Matters(ctx context.Context, f retention.MatterFilter, p retention.Page) ([]retention.Matter, string, error) {
	limit, after, err := readPage(p, newestFirst("matters"))
	if err != nil {
		return nil, "", err
	}
	rows, err := s.pool.Query(ctx, `
		SELECT `+matterColumns+`
		FROM holdfast.matter AS m
		WHERE (m.opened_at, m.id) < ($1, $2::text::uuid)
		  AND ($3::boolean IS NULL OR (m.closed_at IS NOT NULL) = $3)
		  AND ($4 = '' OR strpos(lower(m.name), lower($4)) > 0 OR strpos(lower(m.reference), lower($4)) > 0 OR strpos(lower(m.counsel), lower($4)) > 0)
		ORDER BY m.opened_at DESC, m.id DESC
		LIMIT $5`, after.time(), after.ID, f.Closed, f.Search, limit+1)
	if err != nil {
		return nil, "", fail("list matters", err)
	}
	list, err := pgx.CollectRows(rows, scanMatter)
	if err != nil {
		return nil, "", fail("list matters", err)
	}
	list, next := cut(list, limit, func(m retention.Matter) cursor { return momentOf("matters", m.OpenedAt, m.ID) })
	return list, next, nil
}

// Matter is one matter.
func (s *Store) Matter(ctx context.Context, id string) (retention.Matter, error) {
	if err := checkID("matter", id); err != nil {
		return retention.Matter{}, err
	}
	m, err := loadMatter(ctx, s.pool, "m.id = $1::text::uuid", id, "")
	return m, fail("read matter "+id, err)
}

// MatterNamed is the matter of a name, in whatever case it is written.
func (s *Store) MatterNamed(ctx context.Context, name string) (retention.Matter, error) {
	m, err := loadMatter(ctx, s.pool, "lower(m.name) = lower($1)", name, "")
	return m, fail("read matter", err)
}

func loadMatter(ctx context.Context, q querier, where, arg, lock string) (retention.Matter, error) {
	rows, err := q.Query(ctx, `SELECT `+matterColumns+` FROM holdfast.matter AS m WHERE `+where+` `+lock, arg)
	if err != nil {
		return retention.Matter{}, err
	}
	m, err := pgx.CollectExactlyOneRow(rows, scanMatter)
	return m, absent(err, "there is no matter %q", arg)
}

// OpenMatter keeps a new matter; one of its name is ErrConflict.
func (s *Store) OpenMatter(ctx context.Context, m retention.Matter, by retention.By) (retention.Matter, error) {
	var opened retention.Matter
	err := s.write(ctx, "open matter", func(tx pgx.Tx) (err error) {
		if opened, err = loadMatter(ctx, tx, "lower(m.name) = lower($1)", m.Name, ""); err == nil {
			return retention.Conflictf("there is a matter of the name %q already", opened.Name)
		}
		if !errors.Is(err, retention.ErrNotFound) {
			return err
		}
		opened, err = insertMatter(ctx, tx, m, by)
		return err
	})
	return opened, err
}

// insertMatter opens a matter, unless somebody else has meanwhile.
func insertMatter(ctx context.Context, tx pgx.Tx, m retention.Matter, by retention.By) (retention.Matter, error) {
	tag, err := tx.Exec(ctx, `
		INSERT INTO holdfast.matter (id, name, reference, counsel, notes, opened_by, opened_at)
		VALUES (gen_random_uuid(), $1, $2, $3, $4, $5, holdfast.clock())
		ON CONFLICT DO NOTHING`, m.Name, m.Reference, m.Counsel, m.Notes, by.Actor.Name)
	if err != nil {
		return m, err
	}
	opened, err := loadMatter(ctx, tx, "lower(m.name) = lower($1)", m.Name, "")
	if err != nil || tag.RowsAffected() == 0 {
		return opened, err
	}
	return opened, addAudit(ctx, tx, by, "matter/"+opened.ID, nil, opened)
}

// matterOf is the matter that a new hold belongs to: an unknown name opens one. A closed one
// is ErrConflict.
func matterOf(ctx context.Context, tx pgx.Tx, name string, by retention.By) (retention.Matter, error) {
	m, err := loadMatter(ctx, tx, "lower(m.name) = lower($1)", name, "FOR UPDATE")
	if errors.Is(err, retention.ErrNotFound) {
		m, err = insertMatter(ctx, tx, retention.Matter{Name: name}, retention.By{Actor: by.Actor, Action: "matter.open"})
	}
	if err == nil && m.ClosedAt != nil {
		return m, retention.Conflictf("the matter %q was closed on %s; reopen it, or place the hold under another one", m.Name, m.ClosedAt.UTC().Format("2 January 2006"))
	}
	return m, err
}

// ReviseMatter changes a matter; version is the one that was read.
func (s *Store) ReviseMatter(ctx context.Context, m retention.Matter, by retention.By) (retention.Matter, error) {
	return s.changeMatter(ctx, m.ID, by, func(tx pgx.Tx, now retention.Matter) error {
		if now.Version != m.Version {
			return fmt.Errorf("%w: the matter is at version %d now", retention.ErrStale, now.Version)
		}
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.matter
			SET reference = $2, counsel = $3, notes = $4, version = version + 1
			WHERE id = $1::text::uuid`, m.ID, m.Reference, m.Counsel, m.Notes)
		return err
	})
}

// CloseMatter closes a matter that has no hold in force, and ReopenMatter opens one again; in
// that state already it is ErrConflict.
func (s *Store) CloseMatter(ctx context.Context, id string, by retention.By) (retention.Matter, error) {
	return s.changeMatter(ctx, id, by, func(tx pgx.Tx, now retention.Matter) error {
		switch {
		case now.ClosedAt != nil:
			return retention.Conflictf("the matter is closed already")
		case now.InForce > 0:
			return retention.Conflictf("%d holds of the matter are in force or on their way; release them first", now.InForce)
		}
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.matter
			SET closed_by = $2, closed_at = holdfast.clock(), version = version + 1
			WHERE id = $1::text::uuid`, id, by.Actor.Name)
		return err
	})
}

// ReopenMatter opens a closed matter again.
func (s *Store) ReopenMatter(ctx context.Context, id string, by retention.By) (retention.Matter, error) {
	return s.changeMatter(ctx, id, by, func(tx pgx.Tx, now retention.Matter) error {
		if now.ClosedAt == nil {
			return retention.Conflictf("the matter is open")
		}
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.matter
			SET closed_by = NULL, closed_at = NULL, version = version + 1
			WHERE id = $1::text::uuid`, id)
		return err
	})
}

func (s *Store) changeMatter(ctx context.Context, id string, by retention.By, do func(tx pgx.Tx, now retention.Matter) error) (after retention.Matter, err error) {
	if err := checkID("matter", id); err != nil {
		return after, err
	}
	err = s.write(ctx, "change matter "+id, func(tx pgx.Tx) error {
		// The counts are those of when nobody can place a hold under it.
		if _, err := tx.Exec(ctx, `SELECT FROM holdfast.matter WHERE id = $1::text::uuid FOR UPDATE`, id); err != nil {
			return err
		}
		before, err := loadMatter(ctx, tx, "m.id = $1::text::uuid", id, "")
		if err != nil {
			return err
		}
		if err := do(tx, before); err != nil {
			return err
		}
		if after, err = loadMatter(ctx, tx, "m.id = $1::text::uuid", id, ""); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "matter/"+id, before, after)
	})
	return after, err
}
