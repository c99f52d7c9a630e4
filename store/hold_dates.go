package store

import (
	"context"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// DatedHolds are the holds in force that end, or are to be looked at, on a day, with what
// was told of it, without scopes.
func (s *Store) DatedHolds(ctx context.Context) ([]retention.AnnouncedHold, error) {
	var holds []retention.AnnouncedHold
	err := s.read(ctx, "list holds by their dates", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+holdColumns+`, coalesce(h.announced, 0), h.review_told, coalesce(h.dated_at, h.created_at), falls.at
			FROM holdfast.hold AS h
			CROSS JOIN LATERAL (SELECT min(s.releases_at) AS at FROM holdfast.hold_scope AS s WHERE s.hold_id = h.id AND s.ended_at IS NULL) AS falls
			WHERE h.status IN ('active', 'review_due', 'releasing')
			  AND (h.expires_at IS NOT NULL OR h.review_at IS NOT NULL OR h.releases_at IS NOT NULL OR falls.at IS NOT NULL)
			ORDER BY h.created_at, h.id`)
		if err != nil {
			return err
		}
		holds, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (h retention.AnnouncedHold, err error) {
			err = scanHoldInto(row, &h.Hold, &h.Announced, &h.ReviewTold, &h.DatedAt, &h.FallsAt)
			return h, err
		})
		return err
	})
	return holds, err
}

// AnnounceExpiry tells that a hold ends in so many days, once.
func (s *Store) AnnounceExpiry(ctx context.Context, id string, days int, by retention.By) (retention.Hold, error) {
	return s.changeAndTell(ctx, "announce", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if h.Status != retention.HoldActive || h.ExpiresAt == nil {
			return false, nil
		}
		tag, err := tx.Exec(ctx, `
			UPDATE holdfast.hold
			SET announced = $2
			WHERE id = $1::text::uuid AND (announced IS NULL OR announced > $2)`, id, days)
		return tag.RowsAffected() > 0, err
	}, func(ctx context.Context, tx pgx.Tx, h retention.Hold) error { return tellExpiring(ctx, tx, h, days) })
}

// RemindReview tells that a hold's review is due, once.
func (s *Store) RemindReview(ctx context.Context, id string, by retention.By) (retention.Hold, error) {
	return s.changeAndTell(ctx, "remind of", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		tag, err := tx.Exec(ctx, `
			UPDATE holdfast.hold AS h
			SET review_told = true
			WHERE h.id = $1::text::uuid AND NOT h.review_told AND `+reviewDue, id)
		return tag.RowsAffected() > 0, err
	}, tellReview)
}

// SetHoldFaults keeps what of a hold in force is not what it was, and tells of it.
func (s *Store) SetHoldFaults(ctx context.Context, id string, faults []retention.HoldFault, by retention.By) (retention.Hold, error) {
	return s.changeAndTell(ctx, "set the faults of", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if !h.Status.InForce() && len(faults) > 0 || slices.Equal(h.Faults, faults) {
			return false, nil
		}
		_, err := tx.Exec(ctx, `UPDATE holdfast.hold SET faults = $2 WHERE id = $1::text::uuid`, id, append([]retention.HoldFault{}, faults...))
		return err == nil, err
	}, func(ctx context.Context, tx pgx.Tx, h retention.Hold) error {
		if len(h.Faults) == 0 {
			return nil
		}
		return tellFaults(ctx, tx, h)
	})
}

// GrowFamily keeps that more belongs to the records of a hold in force. What a table had when
// the hold was placed stays what it was: nothing, for one that is new.
func (s *Store) GrowFamily(ctx context.Context, id string, grown []retention.GrownFamily, by retention.By) (retention.Hold, error) {
	return s.changeHold(ctx, "grow the family of", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if !h.Status.InForce() {
			return false, nil
		}
		h.Scope = slices.Clone(h.Scope) // the audit has it as it was too
		for _, g := range grown {
			if g.Scope >= len(h.Scope) {
				return false, fmt.Errorf("hold %s has no scope %d", id, g.Scope)
			}
			of := &h.Scope[g.Scope]
			if slices.ContainsFunc(of.Belongings, func(b retention.FamilyTable) bool { return b.Table == g.Table }) {
				continue
			}
			of.Belongings = append(slices.Clone(of.Belongings), retention.FamilyTable{Table: g.Table})
			if _, err := tx.Exec(ctx, `UPDATE holdfast.hold_scope SET belongings = $3 WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, g.Scope, of.Belongings); err != nil {
				return false, err
			}
		}
		return true, nil
	})
}

// HoldDates counts holds in force by what comes next.
func (s *Store) HoldDates(ctx context.Context) (retention.HoldDates, error) {
	var d retention.HoldDates
	var one, week, month int64
	err := s.pool.QueryRow(ctx, `
		SELECT count(*) FILTER (WHERE `+reviewDue+`), count(*) FILTER (WHERE h.status = 'releasing'),
		       count(*) FILTER (WHERE ends AND h.expires_at <= holdfast.clock() + interval '1 day'),
		       count(*) FILTER (WHERE ends AND h.expires_at <= holdfast.clock() + interval '7 days'),
		       count(*) FILTER (WHERE ends AND h.expires_at <= holdfast.clock() + interval '30 days'),
		       count(*) FILTER (WHERE `+failsSafe+`)
		FROM holdfast.hold AS h, LATERAL (SELECT h.status = 'active' AND h.on_expiry = 'release' AS ends) AS e
		WHERE h.status NOT IN ('released', 'expired')`).Scan(&d.ReviewsDue, &d.Releasing, &one, &week, &month, &d.Faulty)
	d.Expiring = map[int]int64{1: one, 7: week, 30: month}
	return d, fail("count holds by their dates", err)
}
