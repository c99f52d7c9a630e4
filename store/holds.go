package store

import (
	"context"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const holdColumns = `h.id, h.matter, h.reason, h.expires_at, h.on_expiry, h.status, h.created_by, h.created_at,
			h.effective_at, coalesce(h.released_by, ''), h.released_at, coalesce(h.release_reason, ''), h.version,
			h.release_delay, h.releases_at, h.review_at, h.ending, h.faults, h.enforcement, h.problem`

func scanHold(row pgx.CollectableRow) (h retention.Hold, err error) {
	err = scanHoldInto(row, &h)
	return h, err
}

func scanHoldInto(row pgx.CollectableRow, h *retention.Hold, more ...any) error {
	var delay *string
	err := row.Scan(append([]any{&h.ID, &h.Matter, &h.Reason, &h.ExpiresAt, &h.OnExpiry, &h.Status, &h.CreatedBy, &h.CreatedAt,
		&h.EffectiveAt, &h.ReleasedBy, &h.ReleasedAt, &h.ReleaseReason, &h.Version, &delay, &h.ReleasesAt, &h.ReviewAt, &h.Ending, &h.Faults, &h.Enforcement, &h.Problem}, more...)...)
	if err != nil || delay == nil {
		return err
	}
	h.ReleaseDelay = &retention.Period{}
	return h.ReleaseDelay.UnmarshalText([]byte(*delay))
}

// delayText is a hold's own cooling-off period as it is kept; nil is NULL.
func delayText(p *retention.Period) *string {
	if p == nil {
		return nil
	}
	text := p.String()
	return &text
}

// Holds lists holds, newest first, with counts and without ids.
func (s *Store) Holds(ctx context.Context, f retention.HoldFilter, p retention.Page) ([]retention.Hold, string, error) {
	limit, after, err := readPage(p, newestFirst("holds"))
	if err != nil {
		return nil, "", err
	}
	var holds []retention.Hold
	err = s.read(ctx, "list holds", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+holdColumns+`
			FROM holdfast.hold AS h
			WHERE (h.created_at, h.id) < ($1, $2::text::uuid)
			  AND (cardinality($3::text[]) = 0 OR h.status = ANY ($3))
			  AND ($4 = ''
			       OR strpos(lower(h.matter), lower($4)) > 0
			       OR strpos(lower(h.reason), lower($4)) > 0
			       OR strpos(lower(h.created_by), lower($4)) > 0)
			  AND (NOT $6 OR `+reviewDue+`)
			  AND ($7 = '' OR lower(h.matter) = lower($7))
			  AND (NOT $8 OR `+failsSafe+`)
			ORDER BY h.created_at DESC, h.id DESC
			LIMIT $5`, after.time(), after.ID, texts(f.Statuses), f.Search, limit+1, f.ReviewDue, f.Matter, f.FailSafe)
		if err != nil {
			return err
		}
		if holds, err = pgx.CollectRows(rows, scanHold); err != nil {
			return err
		}
		return fillScopes(ctx, tx, holds)
	})
	if err != nil {
		return nil, "", err
	}
	holds, next := cut(holds, limit, func(h retention.Hold) cursor { return momentOf("holds", h.CreatedAt, h.ID) })
	return holds, next, nil
}

// reviewDue is retention.Hold.ReviewDue.
const reviewDue = `(h.status = 'review_due' OR h.status = 'active' AND h.review_at <= holdfast.clock())`

// failsSafe is of a hold in force of which a table or column is not what it was.
const failsSafe = `(h.faults <> '[]' AND h.status IN ('active', 'review_due', 'releasing'))`

// texts makes an array argument of named strings; nil becomes the empty array.
func texts[T ~string](in []T) []string {
	out := make([]string, len(in))
	for i, v := range in {
		out[i] = string(v)
	}
	return out
}

// fillScopes reads the scopes of holds, without ids.
func fillScopes(ctx context.Context, q querier, holds []retention.Hold) error {
	ids := make([]string, len(holds))
	byID := make(map[string]*retention.Hold, len(holds))
	for i := range holds {
		ids[i], byID[holds[i].ID] = holds[i].ID, &holds[i]
	}
	rows, err := q.Query(ctx, `
		SELECT hold_id, table_schema, table_name, whole_table, record_count, not_found_count, condition,
		       upload, effective_at, coalesce(effective_epoch, 0), family_depth, belongings,
		       split_from, releases_at, released_by, release_reason, ending, ended_at, coalesce(ended_epoch, 0)
		FROM holdfast.hold_scope
		WHERE hold_id = ANY ($1::text[]::uuid[])
		ORDER BY hold_id, scope_index`, ids)
	if err != nil {
		return err
	}
	var id string
	var sc retention.Scope
	var depth *int
	_, err = pgx.ForEachRow(rows, []any{&id, &sc.Table.Schema, &sc.Table.Name, &sc.All, &sc.RecordCount, &sc.NotFoundCount, &sc.Condition, &sc.Upload, &sc.EffectiveAt, &sc.EffectiveEpoch, &depth, &sc.Belongings,
		&sc.SplitFrom, &sc.ReleasesAt, &sc.ReleasedBy, &sc.ReleaseReason, &sc.Ending, &sc.EndedAt, &sc.EndedEpoch}, func() error {
		if depth != nil {
			sc.Family = &retention.Family{Depth: *depth}
		} else {
			sc.Belongings = nil
		}
		byID[id].Scope = append(byID[id].Scope, sc)
		sc, depth = retention.Scope{}, nil
		return nil
	})
	return err
}

// Hold is one hold; its scopes have counts and the first ids that had no row.
func (s *Store) Hold(ctx context.Context, id string) (retention.Hold, error) {
	if err := checkID("hold", id); err != nil {
		return retention.Hold{}, err
	}
	var h retention.Hold
	err := s.read(ctx, "read hold "+id, func(tx pgx.Tx) (err error) {
		h, err = loadHold(ctx, tx, id, "")
		return err
	})
	return h, err
}

// forUpdate makes loadHold and loadRun lock the row until the transaction's end.
const forUpdate = "FOR UPDATE"

func loadHold(ctx context.Context, q querier, id, lock string) (retention.Hold, error) {
	rows, err := q.Query(ctx, `
		SELECT `+holdColumns+`
		FROM holdfast.hold AS h
		WHERE h.id = $1::text::uuid
		`+lock, id)
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := pgx.CollectExactlyOneRow(rows, scanHold)
	if err != nil {
		return h, absent(err, "there is no hold %s", id)
	}
	one := []retention.Hold{h}
	if err := fillScopes(ctx, q, one); err != nil {
		return h, err
	}
	return one[0], fillNotFound(ctx, q, &one[0])
}

// HoldsByStatus are all holds of these statuses, oldest first, without ids.
func (s *Store) HoldsByStatus(ctx context.Context, statuses ...retention.HoldStatus) ([]retention.Hold, error) {
	var holds []retention.Hold
	err := s.read(ctx, "list holds by status", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT `+holdColumns+`
			FROM holdfast.hold AS h
			WHERE h.status = ANY ($1::text[])
			ORDER BY h.created_at, h.id`, texts(statuses))
		if err != nil {
			return err
		}
		if holds, err = pgx.CollectRows(rows, scanHold); err != nil {
			return err
		}
		return fillScopes(ctx, tx, holds)
	})
	return holds, err
}

// CountHolds counts holds by status; every status is there, with 0 if it has none.
func (s *Store) CountHolds(ctx context.Context) (map[retention.HoldStatus]int64, error) {
	counts := map[retention.HoldStatus]int64{}
	for _, st := range retention.HoldStatuses() {
		counts[st] = 0
	}
	rows, err := s.pool.Query(ctx, `
		SELECT status, count(*)
		FROM holdfast.hold
		GROUP BY status`)
	if err != nil {
		return nil, fail("count holds", err)
	}
	var st retention.HoldStatus
	var n int64
	_, err = pgx.ForEachRow(rows, []any{&st, &n}, func() error {
		counts[st] = n
		return nil
	})
	return counts, fail("count holds", err)
}

// changeHold locks a hold, has fn judge and change it, and writes the audit row
// with the hold before and after. fn answers false if there is nothing to change.
func (s *Store) changeHold(ctx context.Context, what, id string, by retention.By, fn func(tx pgx.Tx, h retention.Hold) (bool, error)) (retention.Hold, error) {
	return s.changeAndTell(ctx, what, id, by, fn, func(context.Context, pgx.Tx, retention.Hold) error { return nil })
}

// changeAndTell is changeHold for what others are told of, which comes last: it takes
// the log's lock.
func (s *Store) changeAndTell(ctx context.Context, what, id string, by retention.By, fn func(tx pgx.Tx, h retention.Hold) (bool, error),
	tell func(context.Context, pgx.Tx, retention.Hold) error,
) (retention.Hold, error) {
	if err := checkID("hold", id); err != nil {
		return retention.Hold{}, err
	}
	var after retention.Hold
	err := s.write(ctx, what+" hold "+id, func(tx pgx.Tx) error {
		before, err := loadHold(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		changed, err := fn(tx, before)
		if err != nil || !changed {
			after = before
			return err
		}
		if after, err = loadHold(ctx, tx, id, ""); err != nil {
			return err
		}
		if err := addAudit(ctx, tx, by, "hold/"+id, before, after); err != nil {
			return err
		}
		return tell(ctx, tx, after)
	})
	return after, err
}

// HoldActivated records that the hold is in force since at, with what was found
// when its ids were looked up then. A hold that is already in force is left as it is, with
// no audit row; one that has ended is ErrConflict.
func (s *Store) HoldActivated(ctx context.Context, id string, at time.Time, counts []retention.ScopeCounts, by retention.By) (retention.Hold, error) {
	return s.changeAndTell(ctx, "activate", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if h.Status.InForce() {
			return false, nil
		}
		if h.Status != retention.HoldApplying {
			return false, retention.Conflictf("hold %s is %s", id, h.Status)
		}
		if err := unbounded(ctx, tx); err != nil {
			return false, err
		}
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.hold
			SET status = 'active', effective_at = $2
			WHERE id = $1::text::uuid`, id, at)
		if err != nil {
			return false, err
		}
		for _, c := range counts {
			if err := saveCounts(ctx, tx, id, c); err != nil {
				return false, err
			}
		}
		return true, nil
	}, tellHold)
}

func saveCounts(ctx context.Context, tx pgx.Tx, id string, c retention.ScopeCounts) error {
	tag, err := tx.Exec(ctx, `
		UPDATE holdfast.hold_scope
		SET record_count = $3, not_found_count = $4, belongings = coalesce($5, '[]'::jsonb)
		WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, c.Index, c.RecordCount, c.NotFoundCount, c.Belongings)
	if err != nil {
		return err
	}
	if tag.RowsAffected() != 1 {
		return fmt.Errorf("hold %s has no scope %d", id, c.Index)
	}
	// Ids count as found until it is known better, so that of a million only the few
	// missing ones are written again.
	_, err = tx.Exec(ctx, `
		UPDATE holdfast.hold_record
		SET found = false
		WHERE hold_id = $1::text::uuid AND scope_index = $2 AND position = ANY ($3::integer[])`, id, c.Index, c.NotFound)
	return err
}

// NoteHoldProblem keeps why a hold that is applying cannot be put in force now; empty takes
// that back. Of another hold it says nothing. It is no act of anybody, so the audit has no row.
func (s *Store) NoteHoldProblem(ctx context.Context, id, problem string) error {
	return s.write(ctx, "note the problem of hold "+id, func(tx pgx.Tx) error {
		_, err := tx.Exec(ctx, `UPDATE holdfast.hold SET problem = $2 WHERE id = $1::text::uuid AND status = 'applying' AND problem <> $2`, id, problem)
		return err
	})
}

// GiveUpHold ends a hold that was never in force; any other is ErrConflict.
func (s *Store) GiveUpHold(ctx context.Context, id, reason string, by retention.By) (retention.Hold, error) {
	return s.changeHold(ctx, "give up", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if err := h.CanGiveUp(); err != nil {
			return false, err
		}
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.hold
			SET status = 'released', released_at = holdfast.clock(), released_by = $2, release_reason = $3, version = version + 1
			WHERE id = $1::text::uuid`, id, by.Actor.Name, reason)
		return err == nil, err
	})
}

// ReviseHold changes dates and reason of a hold; version is the one that was read.
// A hold under review becomes active again. One that has ended, or whose end was
// asked for, is ErrConflict: it must not seem to have been extended.
func (s *Store) ReviseHold(ctx context.Context, id string, version int, rev retention.HoldRevision, by retention.By) (retention.Hold, error) {
	return s.changeHold(ctx, "revise", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		switch {
		case h.Status.Ended():
			return false, retention.Conflictf("the hold has ended (%s); place a new one", h.Status)
		case h.Status == retention.HoldReleasing:
			return false, retention.Conflictf("the hold is being released; take the release back first")
		case h.Version != version:
			return false, fmt.Errorf("%w: the hold is at version %d now", retention.ErrStale, h.Version)
		}
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.hold
			SET reason = coalesce($2, reason),
			    expires_at = CASE WHEN $3::boolean THEN $4::timestamptz ELSE expires_at END,
			    on_expiry = coalesce($5, on_expiry),
			    review_at = CASE WHEN $6::boolean THEN $7::timestamptz ELSE review_at END,
			    release_delay = CASE WHEN $8::boolean THEN $9::text ELSE release_delay END,
			    announced = CASE WHEN $3 THEN NULL ELSE announced END,
			    review_told = review_told AND NOT $6 AND status <> 'review_due',
			    dated_at = CASE WHEN $3 OR $6 THEN holdfast.clock() ELSE dated_at END,
			    status = CASE status WHEN 'review_due' THEN 'active' ELSE status END,
			    version = version + 1
			WHERE id = $1::text::uuid`, id, rev.Reason, rev.ExpiresAt != nil, given(rev.ExpiresAt), rev.OnExpiry,
			rev.ReviewAt != nil, given(rev.ReviewAt), rev.ReleaseDelay != nil, delayText(given(rev.ReleaseDelay)))
		return err == nil, err
	})
}

// given is what a member of a revision says, nil if it says none or nothing.
func given[T any](member **T) *T {
	if member == nil {
		return nil
	}
	return *member
}

// MarkHold takes a hold a step towards its end, or back; where the step cannot be made it is
// ErrConflict. The person and the reason of a release are kept: they are whose it is, whoever
// carries it out.
func (s *Store) MarkHold(ctx context.Context, id string, m retention.HoldMark, by retention.By) (retention.Hold, error) {
	tell := func(ctx context.Context, tx pgx.Tx, h retention.Hold) error {
		if h.Status != retention.HoldReviewDue || m.Step != retention.StepReview {
			return nil
		}
		return tellReview(ctx, tx, h)
	}
	return s.changeAndTell(ctx, "mark", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		var now time.Time
		if err := tx.QueryRow(ctx, `SELECT holdfast.clock()`).Scan(&now); err != nil {
			return false, err
		}
		next, changed, err := m.Apply(h, now)
		if err != nil || !changed {
			return false, err
		}
		person := ""
		if m.Step == retention.StepRelease || m.Step == retention.StepExpire {
			person = by.Actor.Name
		} else if next.Status == retention.HoldReleasing {
			person = h.ReleasedBy
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.hold
			SET status = $2, released_by = nullif($3::text, ''), release_reason = nullif($4::text, ''), releases_at = $5,
			    on_expiry = $6, ending = $7, review_told = review_told OR $2 = 'review_due',
			    version = version + 1
			WHERE id = $1::text::uuid`, id, next.Status, person, next.ReleaseReason, next.ReleasesAt, next.OnExpiry, next.Ending)
		return err == nil, err
	}, tell)
}

// HoldEnded records the end: released or expired, at that moment. A hold that has
// ended already is left as it is, with no audit row, since two processes may carry
// out one release; one that never came into force is ErrConflict.
func (s *Store) HoldEnded(ctx context.Context, id string, to retention.HoldStatus, at time.Time, by retention.By) (retention.Hold, error) {
	if !to.Ended() {
		return retention.Hold{}, fmt.Errorf("end hold %s: %q is no end", id, to)
	}
	return s.changeAndTell(ctx, "end", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if h.Status.Ended() {
			return false, nil
		}
		if !h.Ending {
			return false, retention.Conflictf("the hold is %s and its end is not being carried out", h.Status)
		}
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.hold
			SET status = $2, released_at = $3, released_by = coalesce(released_by, $4), ending = false,
			    version = version + 1
			WHERE id = $1::text::uuid`, id, to, at, by.Actor.Name)
		return err == nil, err
	}, tellHold)
}
