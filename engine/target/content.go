package target

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"
)

// holdContent is what the guard has of one hold.
type holdContent struct {
	id string
	no int32
	// noted is the fingerprint of then, "" where none was taken; scopes is that of the scopes
	// now.
	noted, scopes string
	sets          []int32
	// changing: until it is noted anew it may differ from what was.
	changing bool
	// family: what belongs to its records is as it was noted.
	family bool
}

// readContents reads the scopes' fingerprints of one hold, or of all in force.
func readContents(ctx context.Context, q querier, id string) ([]holdContent, error) {
	rows, err := q.Query(ctx, `
		SELECT h.id::text, h.no, coalesce(h.content, ''),
		       md5(coalesce(string_agg(ROW(s.scope_index, s.relid, s.schema_name, s.table_name, s.held_set, s.condition, s.condition_columns,
		                                   s.condition_types, s.condition_forms, s.condition_labels)::text || coalesce(' family ' || s.family_depth, ''), E'\n' ORDER BY s.scope_index), '')
		           || CASE h.enforcement WHEN 'none' THEN '' ELSE E'\n' || h.enforcement END || CASE WHEN h.unenforced THEN E'\nunenforced' ELSE '' END),
		       coalesce(array_agg(DISTINCT s.held_set) FILTER (WHERE s.held_set IS NOT NULL), '{}'),
		       h.family_content IS NOT DISTINCT FROM `+familyContent("h.no")+`, h.changing
		FROM holdfast_guard.hold AS h
		LEFT JOIN holdfast_guard.hold_scope AS s ON s.hold_no = h.no AND s.member = 0 AND s.ended_at IS NULL
		WHERE CASE WHEN $1 = '' THEN h.state = 'active' ELSE h.id::text = $1 END
		GROUP BY h.no`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c holdContent, err error) {
		err = row.Scan(&c.id, &c.no, &c.noted, &c.scopes, &c.sets, &c.family, &c.changing)
		return c, err
	})
}

// idSums are, by hold, the number of ids in a typed copy and the sum of their hashes, of
// one hold or of all (0). The hashes are those of the values: a label of an enum that is
// renamed changes none. A copy that is gone has nothing.
func idSums(ctx context.Context, q querier, set, no int32) (out map[int32]string, err error) {
	var there bool
	if err := q.QueryRow(ctx, `SELECT to_regclass($1) IS NOT NULL`, heldTable(set)).Scan(&there); err != nil || !there {
		return map[int32]string{}, err
	}
	one, args := "", []any{}
	if no != 0 {
		one, args = "WHERE h.hold_no = $1", []any{no}
	}
	var hash string
	if err := q.QueryRow(ctx, `
		SELECT CASE WHEN EXISTS (SELECT FROM pg_catalog.pg_attribute AS a
		                         JOIN pg_catalog.pg_type AS t ON t.oid = a.atttypid
		                         WHERE a.attrelid = $1::regclass AND a.attnum > 0 AND NOT a.attisdropped
		                           AND NOT EXISTS (SELECT FROM pg_catalog.pg_opclass AS o JOIN pg_catalog.pg_am AS m ON m.oid = o.opcmethod
		                                           WHERE m.amname = 'hash' AND o.opcdefault AND (o.opcintype = t.oid OR t.typtype = 'e' AND o.opcintype = 'anyenum'::regtype)))
		            THEN 'hashtextextended(h::text, 0)' ELSE 'hash_record_extended(h, 0)' END`, heldTable(set)).Scan(&hash); err != nil {
		return nil, err
	}
	rows, err := q.Query(ctx, `
		SELECT h.hold_no, count(*) || ':' || sum(`+hash+`)
		FROM `+heldTable(set)+` AS h
		`+one+`
		GROUP BY h.hold_no`, args...)
	if err != nil {
		return nil, err
	}
	out = map[int32]string{}
	var hold int32
	var sum string
	_, err = pgx.ForEachRow(rows, []any{&hold, &sum}, func() error {
		out[hold] = sum
		return nil
	})
	return out, err
}

func (c holdContent) fingerprint(sums map[int32]map[int32]string) string {
	s := c.scopes
	for _, set := range slices.Sorted(slices.Values(c.sets)) {
		s += fmt.Sprintf(" %d:%s", set, sums[set][c.no])
	}
	return s
}

// NoteHold keeps what a hold covers as it stands; see engine.GuardTarget.
func (t *Target) NoteHold(ctx context.Context, id string) error {
	list, err := readContents(ctx, t.pool, id)
	if err != nil {
		return classify(err)
	}
	for _, c := range list {
		sums := map[int32]map[int32]string{}
		for _, set := range c.sets {
			if sums[set], err = idSums(ctx, t.pool, set, c.no); err != nil {
				return classify(err)
			}
		}
		if _, err := t.pool.Exec(ctx, `UPDATE holdfast_guard.hold SET content = $2, family_content = `+familyContent("no")+`, changing = false WHERE no = $1`, c.no, c.fingerprint(sums)); err != nil {
			return classify(err)
		}
	}
	return nil
}

// stagedScopes are the scopes of a hold as the guard has them, by their place, if they are
// as they were staged: they know their table by more than the name. anew tells that they
// were changed, or that some are gone.
func (t *Target) stagedScopes(ctx context.Context, id string) (sets map[int]*int32, anew bool, err error) {
	list, err := readContents(ctx, t.pool, id)
	if err != nil || len(list) == 0 {
		return nil, false, err
	}
	if noted := list[0].noted; noted != "" && !strings.HasPrefix(noted+" ", list[0].scopes+" ") {
		return nil, true, nil
	}
	rows, err := t.pool.Query(ctx, `SELECT scope_index, held_set FROM holdfast_guard.hold_scope WHERE hold_no = $1 AND member = 0`, list[0].no)
	if err != nil {
		return nil, false, err
	}
	sets = map[int]*int32{}
	var index int
	var set *int32
	_, err = pgx.ForEachRow(rows, []any{&index, &set}, func() error {
		sets[index] = set
		set = nil
		return nil
	})
	return sets, false, err
}

// AlteredHolds are the holds in force of which the guard has not what was staged; see
// engine.GuardTarget.
func (t *Target) AlteredHolds(ctx context.Context) (altered, changing, unnoted []string, err error) {
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, nil, nil, classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	list, err := readContents(ctx, tx, "")
	if err != nil {
		return nil, nil, nil, classify(err)
	}
	sums := map[int32]map[int32]string{}
	for _, c := range list {
		for _, set := range c.sets {
			if sums[set] != nil {
				continue
			}
			if sums[set], err = idSums(ctx, tx, set, 0); err != nil {
				return nil, nil, nil, classify(err)
			}
		}
	}
	for _, c := range list {
		switch {
		case c.noted == "" && !c.changing:
			unnoted = append(unnoted, c.id)
		case c.fingerprint(sums) == c.noted && c.family:
		case c.changing:
			changing = append(changing, c.id)
		default:
			altered = append(altered, c.id)
		}
	}
	return altered, changing, unnoted, nil
}
