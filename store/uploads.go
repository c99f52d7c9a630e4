package store

import (
	"context"
	"fmt"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// staleUpload is of a scope whose list has stopped arriving.
var staleUpload = fmt.Sprintf(`(s.upload = 'under_way' AND s.upload_at < holdfast.clock() - make_interval(secs => %g))`, retention.UploadPatience.Seconds())

// BeginUpload begins to take a list of records of one table for a hold. It answers the scope
// that awaits it, with how many ids that has from an earlier try, or -1: then the first ids
// make one. ErrConflict while more of the table is on its way, which a list must not take the
// place of.
func (s *Store) BeginUpload(ctx context.Context, id string, table retention.TableName, by retention.By) (scope, have int, err error) {
	scope = -1
	_, err = s.changeHold(ctx, "begin an upload for", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if err := h.TakesRecords(table); err != nil {
			return false, err
		}
		rows, err := tx.Query(ctx, `
			SELECT s.scope_index, s.upload = 'under_way',
			       (SELECT count(*) FROM holdfast.hold_record AS r WHERE r.hold_id = s.hold_id AND r.scope_index = s.scope_index)
			FROM holdfast.hold_scope AS s
			WHERE s.hold_id = $1::text::uuid AND s.upload <> '' AND (s.table_schema, s.table_name) = ($2, $3)
			ORDER BY s.scope_index
			LIMIT 1`, id, table.Schema, table.Name)
		if err != nil {
			return false, err
		}
		var busy bool
		if _, err = pgx.ForEachRow(rows, []any{&scope, &busy, &have}, func() error { return nil }); err != nil {
			return false, err
		}
		if busy {
			return false, retention.Conflictf("more of %s is on its way into this hold already; wait until it has arrived, or for %s if it has stopped", table, retention.UploadPatience)
		}
		if scope < 0 {
			return true, nil
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.hold_scope
			SET upload = 'under_way', upload_at = holdfast.clock()
			WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, scope)
		return true, err
	})
	return scope, have, err
}

// AppendRecords keeps ids of a list that is arriving, after those that the scope has; a scope
// below 0 makes one. again are ids that the hold had before, which are kept where another scope
// has them and this one does not: each names what it covers, so that either may fall out. It
// answers the scope, and the places of those of them that were kept.
func (s *Store) AppendRecords(ctx context.Context, id string, table retention.TableName, scope, have int, keys, again []retention.Key) (_ int, kept []int, err error) {
	if err := checkID("hold", id); err != nil {
		return scope, nil, err
	}
	err = s.write(ctx, "keep records of hold "+id, func(tx pgx.Tx) error {
		h, err := loadHold(ctx, tx, id, forUpdate)
		if err != nil {
			return err
		}
		if err := h.TakesRecords(table); err != nil {
			return err
		}
		if scope >= 0 {
			if err := h.CheckGoesOn(scope, have); err != nil {
				return err
			}
		}
		if kept, err = notYetIn(ctx, tx, &h, scope, keys, again); err != nil {
			return err
		}
		for _, i := range kept {
			keys = append(keys, again[i])
		}
		if len(keys) == 0 {
			return nil
		}
		if scope < 0 {
			if scope = len(h.Scope); scope >= retention.MaxScopes {
				return retention.Conflictf("the hold has %d scopes, and no more are accepted in one; place another hold", scope)
			}
			more := retention.Scope{Table: table, Family: h.FamilyOf(table)}
			_, err = tx.Exec(ctx, `
				INSERT INTO holdfast.hold_scope (hold_id, scope_index, table_schema, table_name, whole_table, record_count, not_found_count, upload, family_depth)
				VALUES ($1::text::uuid, $2, $3, $4, false, 0, 0, 'under_way', $5)`, id, scope, table.Schema, table.Name, depthOf(more))
			if err != nil {
				return err
			}
		}
		_, err = tx.Exec(ctx, `
			UPDATE holdfast.hold_scope
			SET record_count = $3, upload = 'under_way', upload_at = holdfast.clock()
			WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, scope, have+len(keys))
		if err != nil {
			return err
		}
		return copyKeys(ctx, tx, id, scope, have, keys)
	})
	return scope, kept, err
}

// notYetIn are the places of ids that another scope of the hold may have, and that the given
// one has not: neither in the store nor among those that are new.
func notYetIn(ctx context.Context, tx pgx.Tx, h *retention.Hold, scope int, fresh, again []retention.Key) (places []int, err error) {
	if len(again) == 0 || !h.OtherLists(scope) {
		return nil, nil
	}
	has := make(map[string]bool, len(fresh)+len(again))
	for _, key := range fresh {
		has[key.Text()] = true
	}
	if scope >= 0 {
		from, row, args := keyRows(again, 3)
		rows, err := tx.Query(ctx, `
			SELECT r.key
			FROM `+from+` JOIN holdfast.hold_record AS r ON r.key = `+row+`
			WHERE r.hold_id = $1::text::uuid AND r.scope_index = $2`, append([]any{h.ID, scope}, args...)...)
		if err != nil {
			return nil, err
		}
		var key []string
		if _, err = pgx.ForEachRow(rows, []any{&key}, func() error { has[retention.Key(key).Text()] = true; return nil }); err != nil {
			return nil, err
		}
	}
	for i, key := range again {
		if text := key.Text(); !has[text] {
			places, has[text] = append(places, i), true
		}
	}
	return places, nil
}

// keyRows prints ids, all of one width, as rows g with their place g.pos, from 1, and such a
// row's id; the arguments begin with $first.
func keyRows(keys []retention.Key, first int) (from, row string, args []any) {
	var arrays, names, parts []string
	for c := range keys[0] {
		column := make([]string, len(keys))
		for i, key := range keys {
			column[i] = key[c]
		}
		args = append(args, column)
		arrays, names, parts = append(arrays, fmt.Sprintf("unnest($%d::text[])", first+c)), append(names, fmt.Sprintf("c%d", c+1)), append(parts, fmt.Sprintf("g.c%d", c+1))
	}
	return fmt.Sprintf("ROWS FROM (%s) WITH ORDINALITY AS g(%s, pos)", strings.Join(arrays, ", "), strings.Join(names, ", ")), "ARRAY[" + strings.Join(parts, ", ") + "]", args
}

func copyKeys(ctx context.Context, tx pgx.Tx, id string, scope, have int, keys []retention.Key) error {
	bytes, err := uuidBytes(id)
	if err != nil {
		return err
	}
	_, err = tx.CopyFrom(ctx, pgx.Identifier{"holdfast", "hold_record"}, []string{"hold_id", "scope_index", "position", "key", "found"},
		pgx.CopyFromSlice(len(keys), func(i int) ([]any, error) {
			return []any{bytes, int32(scope), int32(have + i), []string(keys[i]), true}, nil
		}))
	return err
}

// FinishUpload records that a list has arrived. at and epoch are from when on its ids are in
// force, of a hold that was before; nil of one that comes into force with it. A list that
// stopped is awaited again where the hold is not in force without it.
func (s *Store) FinishUpload(ctx context.Context, id string, scope int, at *time.Time, epoch int64, counts retention.ScopeCounts, stopped bool, by retention.By) (retention.Hold, error) {
	return s.changeHold(ctx, "finish an upload for", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		if scope < 0 {
			return true, nil // nothing that was not held before; the audit has that it was sent
		}
		// Whoever took it up again knows more than a process that was thought dead.
		if n := counts.RecordCount; n > 0 && h.Scope[scope].ByID() {
			if late := h.CheckGoesOn(scope, int(n)); late != nil {
				return false, late
			}
		}
		state := retention.UploadState("")
		if stopped && h.Status == retention.HoldApplying {
			state = retention.UploadAwaited
		}
		_, err := tx.Exec(ctx, `
			UPDATE holdfast.hold_scope
			SET upload = $3, upload_at = NULL, effective_at = $4, effective_epoch = nullif($5, 0)
			WHERE hold_id = $1::text::uuid AND scope_index = $2`, id, scope, state, at, epoch)
		if err == nil {
			_, err = tx.Exec(ctx, `UPDATE holdfast.hold SET version = version + 1 WHERE id = $1::text::uuid`, id)
		}
		if err != nil || counts.RecordCount == 0 {
			return err == nil, err
		}
		return true, saveCounts(ctx, tx, id, counts)
	})
}

// AddScopes adds scopes to a hold in force; see engine.Store.
func (s *Store) AddScopes(ctx context.Context, id string, scopes []retention.Scope, by retention.By) (retention.Hold, int, error) {
	from := 0
	h, err := s.changeHold(ctx, "widen", id, by, func(tx pgx.Tx, h retention.Hold) (bool, error) {
		from = len(h.Scope)
		if h.Status == retention.HoldApplying {
			return false, retention.Conflictf("the hold is not in force yet; it will be by itself, or once its list of records is there")
		}
		if err := h.TakesRecords(retention.TableName{}); err != nil {
			return false, err
		}
		if from+len(scopes) > retention.MaxScopes {
			return false, retention.Conflictf("the hold has %d scopes, and at most %d are accepted in one; place another hold", from, retention.MaxScopes)
		}
		if err := h.CheckFamilies(scopes...); err != nil {
			return false, err
		}
		if err := unbounded(ctx, tx); err != nil {
			return false, err
		}
		for i, sc := range scopes {
			_, err := tx.Exec(ctx, `
				INSERT INTO holdfast.hold_scope
					(hold_id, scope_index, table_schema, table_name, whole_table, record_count, not_found_count, condition, family_depth, upload, upload_at)
				VALUES ($1::text::uuid, $2, $3, $4, $5, $6, 0, $7, $8, 'under_way', holdfast.clock())`,
				id, from+i, sc.Table.Schema, sc.Table.Name, sc.All, len(sc.RecordIDs), sc.Condition, depthOf(sc))
			if err != nil {
				return false, err
			}
			if err := copyKeys(ctx, tx, id, from+i, 0, sc.RecordIDs); err != nil {
				return false, err
			}
		}
		_, err := tx.Exec(ctx, `UPDATE holdfast.hold SET version = version + 1 WHERE id = $1::text::uuid`, id)
		return err == nil, err
	})
	return h, from, err
}

// StopUpload has scopes that are under way count as stopped at once; see engine.Store.
func (s *Store) StopUpload(ctx context.Context, id string, from int) error {
	_, err := s.pool.Exec(ctx, `
		UPDATE holdfast.hold_scope
		SET upload_at = '-infinity'
		WHERE hold_id = $1::text::uuid AND scope_index >= $2 AND upload = 'under_way'`, id, from)
	return fail("stop an upload for hold "+id, err)
}

// StaleUploads are the scopes whose list has stopped arriving, by hold.
func (s *Store) StaleUploads(ctx context.Context) (stale map[string][]int, err error) {
	stale = map[string][]int{}
	err = s.read(ctx, "look for uploads that stopped", func(tx pgx.Tx) error {
		rows, err := tx.Query(ctx, `
			SELECT s.hold_id::text, s.scope_index
			FROM holdfast.hold_scope AS s JOIN holdfast.hold AS h ON h.id = s.hold_id
			WHERE `+staleUpload+` AND h.status NOT IN ('released', 'expired')
			ORDER BY s.hold_id, s.scope_index`)
		if err != nil {
			return err
		}
		var id string
		var scope int
		_, err = pgx.ForEachRow(rows, []any{&id, &scope}, func() error {
			stale[id] = append(stale[id], scope)
			return nil
		})
		return err
	})
	return stale, err
}

// EachScopeKeys hands out the ids of one scope of a hold in order, so many at a time.
func (s *Store) EachScopeKeys(ctx context.Context, id string, scope, size int, do func(keys []retention.Key) error) error {
	if err := checkID("hold", id); err != nil {
		return err
	}
	// Positions have gaps where records were split off to fall out.
	for last := -1; ; {
		var keys []retention.Key
		err := s.read(ctx, "read the ids of hold "+id, func(tx pgx.Tx) error {
			rows, err := tx.Query(ctx, `
				SELECT key, position
				FROM holdfast.hold_record
				WHERE hold_id = $1::text::uuid AND scope_index = $2 AND position > $3
				ORDER BY position
				LIMIT $4`, id, scope, last, size)
			if err != nil {
				return err
			}
			keys, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (key retention.Key, err error) {
				err = row.Scan((*[]string)(&key), &last)
				return key, err
			})
			return err
		})
		if err != nil || len(keys) == 0 {
			return err
		}
		if err := do(keys); err != nil {
			return err
		}
	}
}
