package store

import (
	"cmp"
	"context"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// CreateHold keeps a new hold as applying, with all its ids. created_at is taken
// when the ids are written, so that settling does not overtake the request that is
// still writing a million of them.
func (s *Store) CreateHold(ctx context.Context, h retention.Hold, by retention.By) (retention.Hold, error) {
	var created retention.Hold
	err := s.write(ctx, "create hold", func(tx pgx.Tx) error {
		if err := unbounded(ctx, tx); err != nil {
			return err
		}
		var id string
		if err := tx.QueryRow(ctx, `SELECT gen_random_uuid()`).Scan(&id); err != nil {
			return err
		}
		matter, err := matterOf(ctx, tx, h.Matter, by)
		if err != nil {
			return err
		}
		if err := copyRecords(ctx, tx, id, h.Scope); err != nil {
			return err
		}
		_, err = tx.Exec(ctx, `
			INSERT INTO holdfast.hold (id, matter, reason, expires_at, on_expiry, status, created_by, created_at, review_at, release_delay, enforcement, problem)
			VALUES ($1::text::uuid, $2, $3, $4, $5, 'applying', $6, holdfast.clock(), $7, $8, $9, $10)`,
			id, matter.Name, h.Reason, h.ExpiresAt, h.OnExpiry, by.Actor.Name, h.ReviewAt, delayText(h.ReleaseDelay), cmp.Or(h.Enforcement, retention.EnforceNone), h.Problem)
		if err != nil {
			return err
		}
		if err := insertScopes(ctx, tx, id, h.Scope); err != nil {
			return err
		}
		if created, err = loadHold(ctx, tx, id, ""); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "hold/"+id, nil, created)
	})
	return created, err
}

// depthOf is how deep a scope's family goes, nil without one.
func depthOf(s retention.Scope) *int {
	if s.Family == nil {
		return nil
	}
	return &s.Family.Depth
}

func insertScopes(ctx context.Context, tx pgx.Tx, id string, scopes []retention.Scope) error {
	for i, sc := range scopes {
		_, err := tx.Exec(ctx, `
			INSERT INTO holdfast.hold_scope
				(hold_id, scope_index, table_schema, table_name, whole_table, record_count, not_found_count, condition, upload, family_depth)
			VALUES ($1::text::uuid, $2, $3, $4, $5, $6, 0, $7, $8, $9)`,
			id, i, sc.Table.Schema, sc.Table.Name, sc.All, len(sc.RecordIDs), sc.Condition, sc.Upload, depthOf(sc))
		if err != nil {
			return err
		}
	}
	return nil
}

// AbandonHold removes a hold that never came into force because its ids could not
// be staged. Any other is ErrConflict, and the table itself refuses too. The audit
// keeps what it was.
func (s *Store) AbandonHold(ctx context.Context, id string, by retention.By) error {
	if err := checkID("hold", id); err != nil {
		return err
	}
	return s.write(ctx, "abandon hold "+id, func(tx pgx.Tx) error {
		if err := unbounded(ctx, tx); err != nil {
			return err
		}
		h, err := loadHold(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		if h.Status != retention.HoldApplying {
			return retention.Conflictf("hold %s is %s; what was ever in force is never removed", id, h.Status)
		}
		for _, table := range []string{"hold_record", "hold_scope"} {
			if _, err := tx.Exec(ctx, `DELETE FROM holdfast.`+table+` WHERE hold_id = $1::text::uuid`, id); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(ctx, `DELETE FROM holdfast.hold WHERE id = $1::text::uuid`, id); err != nil {
			return err
		}
		return addAudit(ctx, tx, by, "hold/"+id, h, nil)
	})
}
