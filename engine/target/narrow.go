package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// SplitScopes has the guard know scopes that were split off a list; see engine.GuardTarget.
func (t *Target) SplitScopes(ctx context.Context, h retention.Hold) error {
	return classify(pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		no, _, err := heldNo(ctx, tx, h.ID)
		if err != nil {
			return err
		}
		return splitScopes(ctx, tx, no, h)
	}))
}

// heldNo is the number of a hold that is in force, whose row it locks, and whether it is being
// changed.
func heldNo(ctx context.Context, tx pgx.Tx, id string) (no int32, changing bool, err error) {
	err = tx.QueryRow(ctx, `SELECT no, changing FROM holdfast_guard.hold WHERE id = $1 AND state = 'active' FOR UPDATE`, id).Scan(&no, &changing)
	if errors.Is(err, pgx.ErrNoRows) {
		err = retention.Conflictf("the governed database has not got the hold in force; it is put back there first")
	}
	return no, changing, err
}

// splitScopes copies what is known of a list to the scopes that were split off it: the table by
// its oid, the key of then, and what belongs to the records. Their ids are there.
func splitScopes(ctx context.Context, tx pgx.Tx, no int32, h retention.Hold) error {
	before, err := readContents(ctx, tx, h.ID)
	if err != nil {
		return err
	}
	var copied int64
	for i, s := range h.Scope {
		if s.SplitFrom == nil || s.Ended() {
			continue
		}
		tag, err := tx.Exec(ctx, `
			INSERT INTO holdfast_guard.hold_scope (hold_no, scope_index, member, relid, schema_name, table_name, held_set, parts, condition, condition_columns, condition_forms,
			                                       condition_types, condition_labels, family_depth, links, family_set)
			SELECT o.hold_no, $3, o.member, o.relid, o.schema_name, o.table_name, o.held_set, o.parts, o.condition, o.condition_columns, o.condition_forms,
			       o.condition_types, o.condition_labels, o.family_depth, o.links, o.family_set
			FROM holdfast_guard.hold_scope AS o
			WHERE o.hold_no = $1 AND o.scope_index = $2
			  AND EXISTS (SELECT FROM holdfast_guard.hold_scope AS r WHERE r.hold_no = o.hold_no AND r.scope_index = o.scope_index AND r.member = 0 AND r.held_set IS NOT NULL)
			ON CONFLICT DO NOTHING`, no, *s.SplitFrom, i)
		if err != nil {
			return err
		}
		copied += tag.RowsAffected()
	}
	if copied == 0 {
		return nil
	}
	after, err := readContents(ctx, tx, h.ID)
	if err != nil {
		return err
	}
	// What was altered by others is not noted as if it were right.
	rest, same := strings.CutPrefix(before[0].noted, before[0].scopes)
	if !same || !before[0].family {
		return nil
	}
	_, err = tx.Exec(ctx, `UPDATE holdfast_guard.hold SET content = $2, family_content = `+familyContent("no")+` WHERE no = $1`, no, after[0].scopes+rest)
	return err
}

// NarrowHold takes scopes out of a hold in force; see engine.GuardTarget. That is one short
// transaction under the guard lock, from which on they cover nothing. The ids go afterwards in
// transactions of their own, which nobody waits for: a record that is in none of the hold's
// other lists is held by that a little longer, and one that is stays.
func (t *Target) NarrowHold(ctx context.Context, h retention.Hold, falls []int, keys retention.ScopeKeys) (ends []retention.ScopeEnd, mark retention.GuardMark, err error) {
	no, ends, todo, err := t.endScopes(ctx, h, falls)
	if err != nil {
		return nil, mark, err
	}
	if todo {
		for _, i := range falls {
			g := &letting{t: t, hold: h, no: no, index: i, falls: falls, keys: keys}
			if err := g.run(ctx); err != nil {
				return nil, mark, classify(err)
			}
		}
		if err := t.NoteHold(ctx, h.ID); err != nil {
			return nil, mark, err
		}
	}
	mark, _, err = t.GuardState(ctx)
	return ends, mark, err
}

// endScopes has scopes cover nothing any more. todo is false where they did not before, and
// their ids are gone.
func (t *Target) endScopes(ctx context.Context, h retention.Hold, falls []int) (no int32, ends []retention.ScopeEnd, todo bool, err error) {
	relations, err := t.enforcedBy(ctx, h.ID)
	if err != nil {
		return 0, nil, false, classify(err)
	}
	err = t.change(ctx, func(tx pgx.Tx) error {
		if no, todo, err = heldNo(ctx, tx, h.ID); err != nil {
			return err
		}
		if err := splitScopes(ctx, tx, no, h); err != nil {
			return err
		}
		left, err := scopesLeft(ctx, tx, no, falls)
		if err != nil {
			return err
		}
		todo = todo || len(left) > 0
		// Until NoteHold it is not compared with what was noted: its ids go bit by bit.
		if todo {
			if _, err := tx.Exec(ctx, `UPDATE holdfast_guard.hold SET changing = true WHERE no = $1`, no); err != nil {
				return err
			}
		}
		if ends, err = markEnded(ctx, tx, no, h, falls); err != nil || len(relations) == 0 {
			return err
		}
		t.stopEnforcing(ctx, tx, relations)
		return nil
	})
	if err != nil {
		return no, nil, false, err
	}
	if len(relations) > 0 {
		t.dropIdle(ctx)
	}
	return no, ends, todo, nil
}

// markEnded ends scopes under the guard lock, whose list of holds is the first without them. One
// that has ended keeps its moment; where it has by the store, the guard need not have it.
func markEnded(ctx context.Context, tx pgx.Tx, no int32, h retention.Hold, falls []int) ([]retention.ScopeEnd, error) {
	rows, err := tx.Query(ctx, `
		WITH now AS MATERIALIZED (SELECT clock_timestamp() AS at, epoch + 1 AS epoch FROM holdfast_guard.state)
		UPDATE holdfast_guard.hold_scope AS s
		SET ended_at = coalesce(s.ended_at, now.at), ended_epoch = coalesce(s.ended_epoch, now.epoch)
		FROM now
		WHERE s.hold_no = $1 AND s.scope_index = ANY ($2)
		RETURNING s.scope_index, s.member, s.ended_at, s.ended_epoch`, no, falls)
	if err != nil {
		return nil, err
	}
	var ends []retention.ScopeEnd
	var e retention.ScopeEnd
	var member int
	_, err = pgx.ForEachRow(rows, []any{&e.Index, &member, &e.At, &e.Epoch}, func() error {
		if member == 0 {
			ends = append(ends, e)
		}
		return nil
	})
	for _, i := range falls {
		s := &h.Scope[i]
		if s.Ended() && !slices.ContainsFunc(ends, func(e retention.ScopeEnd) bool { return e.Index == i }) {
			ends = append(ends, retention.ScopeEnd{Index: i, At: *s.EndedAt, Epoch: s.EndedEpoch})
		}
	}
	if err == nil && len(ends) < len(falls) {
		err = retention.Conflictf("the governed database has lost a part of the hold; it is put back there first")
	}
	return ends, err
}

// scopesLeft are those of some scopes of a hold that cover something, or whose ids are there.
func scopesLeft(ctx context.Context, q querier, no int32, of []int) ([]int, error) {
	return collect[int](ctx, q, `
		SELECT scope_index
		FROM holdfast_guard.hold_scope
		WHERE hold_no = $1 AND scope_index = ANY ($2) AND member = 0 AND (ended_at IS NULL OR held_set IS NOT NULL)
		ORDER BY scope_index`, no, of)
}

// GuardScopes are the scopes of holds in force; see engine.GuardTarget.
func (t *Target) GuardScopes(ctx context.Context) (left, ended map[string][]int, err error) {
	rows, err := t.pool.Query(ctx, `
		SELECT h.id::text, s.scope_index, s.ended_at IS NOT NULL, s.ended_at IS NULL OR s.held_set IS NOT NULL
		FROM holdfast_guard.hold_scope AS s
		JOIN holdfast_guard.hold AS h ON h.no = s.hold_no AND h.state = 'active'
		WHERE s.member = 0
		ORDER BY h.no, s.scope_index`)
	if err != nil {
		return nil, nil, classify(err)
	}
	left, ended = map[string][]int{}, map[string][]int{}
	var id string
	var index int
	var over, there bool
	_, err = pgx.ForEachRow(rows, []any{&id, &index, &over, &there}, func() error {
		if over {
			ended[id] = append(ended[id], index)
		}
		if there {
			left[id] = append(left[id], index)
		}
		return nil
	})
	return left, ended, classify(err)
}

// reviveScopes forgets that scopes have ended that are in force by the store, which may have
// been restored to before: they are staged anew.
func (t *Target) reviveScopes(ctx context.Context, no int32, h retention.Hold) error {
	var inForce []int
	for i, s := range h.Scope {
		if !s.Ended() && !s.Ending {
			inForce = append(inForce, i)
		}
	}
	return pgx.BeginFunc(ctx, t.pool, func(tx pgx.Tx) error {
		if _, err := tx.Exec(ctx, `SELECT set_config('holdfast.forgetting', 'on', true)`); err != nil {
			return err
		}
		_, err := tx.Exec(ctx, `DELETE FROM holdfast_guard.hold_scope WHERE hold_no = $1 AND scope_index = ANY ($2) AND ended_at IS NOT NULL`, no, inForce)
		return err
	})
}

// letting removes the ids of one scope that has ended from the typed copy, but for those that
// another scope of the hold has too: the copy knows the hold of an id, not the scope.
type letting struct {
	t    *Target
	hold retention.Hold
	no   int32
	// index is the scope's place in the hold, falls are those that end with it.
	index int
	falls []int
	keys  retention.ScopeKeys
	set   int32
	// key are the copy's columns that have the key.
	key []plan.Column
	// others are the scopes whose ids stay.
	others []int
}

func (g *letting) run(ctx context.Context) error {
	sets, err := g.sets(ctx)
	if err != nil || sets[g.index] == nil {
		return err // it has no ids, or they are gone
	}
	g.set = *sets[g.index]
	for i := range g.hold.Scope {
		s := &g.hold.Scope[i]
		set, there := sets[i]
		same := !there || set != nil && *set == g.set
		if !slices.Contains(g.falls, i) && !s.Ended() && s.ByID() && same {
			g.others = append(g.others, i)
		}
	}
	copyOf, err := g.t.Table(ctx, sqlgen.HeldTable(g.set))
	if err != nil && !errors.Is(err, retention.ErrNotFound) {
		return err
	}
	if err == nil {
		if err := g.remove(ctx, copyOf); err != nil {
			return err
		}
	}
	return g.within(ctx, func(tx pgx.Tx, _ int32) error {
		_, err := tx.Exec(ctx, `UPDATE holdfast_guard.hold_scope SET held_set = NULL WHERE hold_no = $1 AND scope_index = $2 AND member = 0`, g.no, g.index)
		return err
	})
}

// sets are the typed copies of the hold's scopes, by their place.
func (g *letting) sets(ctx context.Context) (map[int]*int32, error) {
	rows, err := g.t.pool.Query(ctx, `SELECT scope_index, held_set FROM holdfast_guard.hold_scope WHERE hold_no = $1 AND member = 0`, g.no)
	if err != nil {
		return nil, err
	}
	sets := map[int]*int32{}
	var index int
	var set *int32
	_, err = pgx.ForEachRow(rows, []any{&index, &set}, func() error {
		sets[index], set = set, nil
		return nil
	})
	return sets, err
}

func (g *letting) remove(ctx context.Context, copyOf *plan.Table) error {
	for _, c := range copyOf.KeyColumns() {
		if c.Name != "hold_no" {
			g.key = append(g.key, c)
		}
	}
	if len(g.others) == 0 {
		return g.t.forgetSet(ctx, g.set, g.within)
	}
	return g.keys(ctx, g.index, func(fall []retention.Key) error {
		fall = slices.Clone(fall)
		for _, other := range g.others {
			err := g.keys(ctx, other, func(stay []retention.Key) error {
				named, err := g.both(ctx, fall, stay)
				at := 0
				fall = slices.DeleteFunc(fall, func(retention.Key) bool { at++; return named[at-1] })
				return err
			})
			if err != nil {
				return err
			}
		}
		if len(fall) == 0 {
			return nil
		}
		return g.within(ctx, func(tx pgx.Tx, _ int32) error { return g.delete(ctx, tx, fall) })
	})
}

// within runs do in a transaction in which ids of the scope may go: it has ended, and nobody
// has finished before. A process that is late would go by lists that may have grown since.
func (g *letting) within(ctx context.Context, do func(tx pgx.Tx, no int32) error) error {
	return pgx.BeginFunc(ctx, g.t.pool, func(tx pgx.Tx) error {
		var others bool
		err := tx.QueryRow(ctx, `
			SELECT EXISTS (SELECT FROM holdfast_guard.hold_scope AS o WHERE o.hold_no = s.hold_no AND o.held_set = s.held_set AND o.member = 0 AND o.ended_at IS NULL)
			FROM holdfast_guard.hold_scope AS s
			WHERE s.hold_no = $1 AND s.scope_index = $2 AND s.member = 0 AND s.ended_at IS NOT NULL AND s.held_set = $3
			FOR SHARE`, g.no, g.index, g.set).Scan(&others)
		if errors.Is(err, pgx.ErrNoRows) {
			return retention.Conflictf("another process has finished the narrowing")
		}
		if err != nil {
			return err
		}
		if others && len(g.others) == 0 {
			return fmt.Errorf("the guard has a list of hold %s with the ids of scope %d that the store has not", g.hold.ID, g.index)
		}
		if _, err := tx.Exec(ctx, `SELECT set_config('holdfast.forgetting', 'on', true)`); err != nil {
			return err
		}
		return do(tx, g.no)
	})
}

// both tells which of some ids are also among others, by the equality of the key's columns: 1.0
// is 1.00, and what a collation takes for one is one.
func (g *letting) both(ctx context.Context, ids, others []retention.Key) (map[int]bool, error) {
	named := map[int]bool{}
	if len(ids) == 0 {
		return named, nil
	}
	args, more := columnArrays(ids, len(g.key)), columnArrays(others, len(g.key))
	arrays, names, equal := make([]string, len(g.key)), make([]string, len(g.key)), make([]string, len(g.key))
	for i, c := range g.key {
		arrays[i], names[i] = fmt.Sprintf("pg_catalog.unnest($%d::pg_catalog.text[])", len(args)+i+1), fmt.Sprintf("c%d", i+1)
		as := "::" + c.BaseSQL
		if c.Collation != "" {
			as += " COLLATE " + c.Collation
		}
		equal[i] = fmt.Sprintf("(u.c%d%s) OPERATOR(%s.=) (o.c%d%s)", i+1, as, retention.QuoteIdent(c.EqSchema), i+1, as)
	}
	places, err := collect[int64](ctx, g.t.pool, fmt.Sprintf(`SELECT DISTINCT u.pos FROM %s JOIN ROWS FROM (%s) AS o(%s) ON %s`,
		unnestKeys(args), strings.Join(arrays, ", "), strings.Join(names, ", "), strings.Join(equal, " AND ")), append(args, more...)...)
	for _, pos := range places {
		named[int(pos-1)] = true
	}
	return named, err
}

func (g *letting) delete(ctx context.Context, tx pgx.Tx, ids []retention.Key) error {
	args := columnArrays(ids, len(g.key))
	equal := make([]string, len(g.key))
	for i, c := range g.key {
		equal[i] = fmt.Sprintf("h.%s OPERATOR(%s.=) u.c%d::%s", sqlgen.HeldColumn(i), retention.QuoteIdent(c.EqSchema), i+1, c.BaseSQL)
	}
	_, err := tx.Exec(ctx, fmt.Sprintf(`DELETE FROM %s AS h USING %s WHERE h.hold_no = $%d AND %s`,
		heldTable(g.set), unnestKeys(args), len(args)+1, strings.Join(equal, " AND ")), append(args, g.no)...)
	return err
}
