package store

import (
	"context"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// NarrowHold has parts of a hold in force fall out of it once they have cooled off; see
// engine.Store. Records of a list become a scope of their own.
func (s *Store) NarrowHold(ctx context.Context, id string, parts []retention.ScopePart, coolsOff retention.Period, by retention.By) (retention.Hold, error) {
	return s.changeHold(ctx, "narrow", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if err := h.CheckNarrowing(parts); err != nil {
			return false, err
		}
		if err := unbounded(ctx, tx); err != nil {
			return false, err
		}
		found, err := findParts(ctx, tx, id, parts)
		if err != nil {
			return false, err
		}
		resolved := make([]retention.ScopePart, len(parts))
		for i, p := range parts {
			if resolved[i].Index = p.Index; !found[i].whole {
				resolved[i].RecordIDs = p.RecordIDs
			}
		}
		// Once more: a list of which all is named falls out as a whole.
		if err := h.CheckNarrowing(resolved); err != nil {
			return false, err
		}
		next := len(h.Scope)
		var falls []int
		for i, p := range parts {
			if found[i].whole {
				falls = append(falls, p.Index)
				continue
			}
			if next >= retention.MaxScopes {
				return false, retention.Conflictf("the hold has %d scopes, and no more are accepted in one, which records that fall out of a list would make; let the whole scope fall out, or place another hold on what must stay and release this one", next)
			}
			if err := splitScope(ctx, tx, id, p.Index, next, found[i].positions); err != nil {
				return false, err
			}
			falls, next = append(falls, next), next+1
		}
		return true, releaseScopes(ctx, tx, h, falls, coolsOff, by)
	})
}

// releaseScopes has scopes fall out once they have cooled off.
func releaseScopes(ctx context.Context, tx pgx.Tx, h retention.Hold, falls []int, coolsOff retention.Period, by retention.By) error {
	var now time.Time
	if err := tx.QueryRow(ctx, `SELECT holdfast.clock()`).Scan(&now); err != nil {
		return err
	}
	_, err := tx.Exec(ctx, `
		UPDATE holdfast.hold_scope
		SET releases_at = $3, released_by = $4, release_reason = $5
		WHERE hold_id = $1::text::uuid AND scope_index = ANY ($2)`, h.ID, falls, h.CoolsOff(coolsOff).After(now), by.Actor.Name, by.Note)
	if err != nil {
		return err
	}
	return touchHold(ctx, tx, h.ID)
}

func touchHold(ctx context.Context, tx pgx.Tx, id string) error {
	_, err := tx.Exec(ctx, `UPDATE holdfast.hold SET version = version + 1 WHERE id = $1::text::uuid`, id)
	return err
}

// foundPart is where the records of a part are in their scope, if it is not the whole.
type foundPart struct {
	whole     bool
	positions []int32
}

// findParts looks the records of parts up in their scopes. One that is not there is an
// InvalidError: nobody may believe that it was let go.
func findParts(ctx context.Context, tx pgx.Tx, id string, parts []retention.ScopePart) ([]foundPart, error) {
	found := make([]foundPart, len(parts))
	var bad retention.Problems
	for i, p := range parts {
		if len(p.RecordIDs) == 0 {
			found[i].whole = true
			continue
		}
		if err := found[i].find(ctx, tx, &bad, id, i, p); err != nil {
			return nil, err
		}
	}
	return found, bad.Err()
}

func (f *foundPart) find(ctx context.Context, tx pgx.Tx, bad *retention.Problems, id string, place int, p retention.ScopePart) error {
	var width int
	var all int64
	err := tx.QueryRow(ctx, `
		SELECT count(*), coalesce(min(cardinality(key)), 0)
		FROM holdfast.hold_record
		WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, p.Index).Scan(&all, &width)
	if err != nil {
		return err
	}
	var keys []retention.Key
	var at []int
	for j, key := range p.RecordIDs {
		if len(key) == width {
			keys, at = append(keys, key), append(at, j)
		}
	}
	there := make(map[int]bool, len(keys))
	if len(keys) > 0 {
		from, row, args := keyRows(keys, 3)
		rows, err := tx.Query(ctx, `
			SELECT g.pos, r.position
			FROM `+from+` JOIN holdfast.hold_record AS r ON r.key = `+row+`
			WHERE r.hold_id = $1::text::uuid AND r.scope_index = $2`, append([]any{id, p.Index}, args...)...)
		if err != nil {
			return err
		}
		var pos int64
		var position int32
		seen := map[int32]bool{}
		_, err = pgx.ForEachRow(rows, []any{&pos, &position}, func() error {
			there[at[pos-1]] = true
			if !seen[position] {
				f.positions, seen[position] = append(f.positions, position), true
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	for j, key := range p.RecordIDs {
		if !there[j] {
			bad.AddUnknown(place, j, p.Index, key)
		}
	}
	f.whole = int64(len(f.positions)) == all
	return nil
}

// splitScope makes records of a list a scope of their own, in force since when they were. What
// is counted of a family stays with the list.
func splitScope(ctx context.Context, tx pgx.Tx, id string, from, to int, positions []int32) error {
	var n, missing int64
	err := tx.QueryRow(ctx, `
		WITH moved AS (
			UPDATE holdfast.hold_record
			SET scope_index = $3
			WHERE hold_id = $1::text::uuid AND scope_index = $2 AND position = ANY ($4)
			RETURNING found)
		SELECT count(*), count(*) FILTER (WHERE NOT found) FROM moved`, id, from, to, positions).Scan(&n, &missing)
	if err != nil {
		return err
	}
	if n != int64(len(positions)) {
		return fmt.Errorf("split %d records off scope %d of hold %s: %d were there", len(positions), from, id, n)
	}
	_, err = tx.Exec(ctx, `
		INSERT INTO holdfast.hold_scope
			(hold_id, scope_index, table_schema, table_name, whole_table, record_count, not_found_count, condition, effective_at, effective_epoch, family_depth, belongings, split_from)
		SELECT hold_id, $3, table_schema, table_name, whole_table, $4, $5, condition, effective_at, effective_epoch, family_depth,
		       coalesce((SELECT jsonb_agg(b.of || '{"record_count": 0}' ORDER BY b.pos) FROM jsonb_array_elements(belongings) WITH ORDINALITY AS b(of, pos)), '[]'), $2
		FROM holdfast.hold_scope
		WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, from, to, n, missing)
	if err != nil {
		return err
	}
	_, err = tx.Exec(ctx, `
		UPDATE holdfast.hold_scope
		SET record_count = greatest(record_count - $3, 0), not_found_count = greatest(not_found_count - $4, 0)
		WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, from, n, missing)
	return err
}

// KeepScope takes back that a scope falls out of its hold; see engine.Store.
func (s *Store) KeepScope(ctx context.Context, id string, index int, by retention.By) (retention.Hold, error) {
	return s.changeHold(ctx, "keep a scope of", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		var now time.Time
		if err := tx.QueryRow(ctx, `SELECT holdfast.clock()`).Scan(&now); err != nil {
			return false, err
		}
		if err := h.CheckScopeTakeBack(index, now); err != nil {
			return false, err
		}
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.hold_scope
			SET releases_at = NULL, released_by = '', release_reason = ''
			WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, index)
		if err != nil {
			return false, err
		}
		return true, touchHold(ctx, tx, id)
	})
}

// BeginScopesEnd keeps that the end of the scopes that have cooled off is being carried out; see
// engine.Store.
func (s *Store) BeginScopesEnd(ctx context.Context, id string, again []int, by retention.By) (h retention.Hold, falls []int, err error) {
	h, err = s.changeHold(ctx, "begin to narrow", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		var now time.Time
		if err := tx.QueryRow(ctx, `SELECT holdfast.clock()`).Scan(&now); err != nil {
			return false, err
		}
		if !h.Status.InForce() || h.Ending {
			return false, retention.Conflictf("the hold is %s, and its end ends all of it", h.Status)
		}
		falls = h.Falling(now)
		begun := 0
		for i := range h.Scope {
			switch {
			case h.Scope[i].Upload != "":
				return false, retention.Conflictf("what was added to the hold as scope %d is not in force yet", i)
			case h.Scope[i].Ending:
				begun++
			case h.Scope[i].Ended() && slices.Contains(again, i):
				falls = append(falls, i)
			}
		}
		if begun == len(falls) {
			return false, nil // it was begun before, or nothing is to fall out now
		}
		_, err := tx.Exec(ctx, `UPDATE holdfast.hold_scope SET ending = true WHERE hold_id = $1::text::uuid AND scope_index = ANY ($2)`, id, falls)
		return err == nil, err
	})
	return h, falls, err
}

// ScopesEnded records that scopes cover nothing any more; see engine.Store.
func (s *Store) ScopesEnded(ctx context.Context, id string, ends []retention.ScopeEnd, by retention.By) (retention.Hold, error) {
	var fell []int
	return s.changeAndTell(ctx, "narrow", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if !h.Status.InForce() {
			return false, retention.Conflictf("the hold is %s", h.Status)
		}
		changed := false
		fell = nil
		for _, e := range ends {
			if e.Index >= len(h.Scope) || !h.Scope[e.Index].Ending {
				continue // another process was faster
			}
			_, err := tx.Exec(ctx, `
				UPDATE holdfast.hold_scope
				SET ended_at = coalesce(ended_at, $3), ended_epoch = coalesce(ended_epoch, $4), ending = false
				WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, e.Index, e.At, e.Epoch)
			if err != nil {
				return false, err
			}
			if changed = true; !h.Scope[e.Index].Ended() {
				fell = append(fell, e.Index)
			}
		}
		if !changed {
			return false, nil
		}
		return true, touchHold(ctx, tx, id)
	}, func(ctx context.Context, tx pgx.Tx, h retention.Hold) error {
		if len(fell) == 0 {
			return nil
		}
		return tellNarrowed(ctx, tx, h, fell)
	})
}
