package target

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// holdContent is what the guard has of one hold.
type holdContent struct {
	id string
	no int32
	// noted is the fingerprint of then, "" where none was taken; scopes is that of the scopes
	// now.
	noted, scopes string
	sets          []int32
}

// readContents reads the scopes' fingerprints of one hold, or of all in force.
func readContents(ctx context.Context, q querier, id string) ([]holdContent, error) {
	rows, err := q.Query(ctx, `
		SELECT h.id::text, h.no, coalesce(h.content, ''),
		       md5(coalesce(string_agg(ROW(s.scope_index, s.relid, s.schema_name, s.table_name, s.held_set, s.condition, s.condition_columns,
		                                   s.condition_types, s.condition_forms, s.condition_labels)::text, E'\n' ORDER BY s.scope_index), '')),
		       coalesce(array_agg(DISTINCT s.held_set) FILTER (WHERE s.held_set IS NOT NULL), '{}')
		FROM holdfast_guard.hold AS h
		LEFT JOIN holdfast_guard.hold_scope AS s ON s.hold_no = h.no
		WHERE CASE WHEN $1 = '' THEN h.state = 'active' ELSE h.id::text = $1 END
		GROUP BY h.no`, id)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (c holdContent, err error) {
		err = row.Scan(&c.id, &c.no, &c.noted, &c.scopes, &c.sets)
		return c, err
	})
}

// idSums are, by hold, the number of ids in a typed copy and the sum of their hashes, of
// one hold or of all (0).
func idSums(ctx context.Context, q querier, set, no int32) (map[int32]string, error) {
	one, args := "", []any{}
	if no != 0 {
		one, args = "WHERE h.hold_no = $1", []any{no}
	}
	rows, err := q.Query(ctx, `
		SELECT h.hold_no, count(*) || ':' || sum(hashtextextended(h::text, 0))
		FROM `+heldTable(set)+` AS h
		`+one+`
		GROUP BY h.hold_no`, args...)
	if err != nil {
		return nil, err
	}
	out := map[int32]string{}
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

// noteContent keeps what a hold covers, once all of it is staged.
func (t *Target) noteContent(ctx context.Context, id string) error {
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
		if _, err := t.pool.Exec(ctx, `UPDATE holdfast_guard.hold SET content = $2 WHERE no = $1`, c.no, c.fingerprint(sums)); err != nil {
			return classify(err)
		}
	}
	return nil
}

// staged reports whether the guard has of a hold what was noted when it was staged; ok is
// false where nothing was.
func (t *Target) staged(ctx context.Context, id string) (same, ok bool, err error) {
	list, err := readContents(ctx, t.pool, id)
	if err != nil || len(list) == 0 || list[0].noted == "" {
		return false, false, err
	}
	sums := map[int32]map[int32]string{}
	for _, set := range list[0].sets {
		if sums[set], err = idSums(ctx, t.pool, set, list[0].no); err != nil {
			return false, false, err
		}
	}
	return list[0].fingerprint(sums) == list[0].noted, true, nil
}

// AlteredHolds are the holds in force of which the guard has not what was staged; see
// engine.GuardTarget.
func (t *Target) AlteredHolds(ctx context.Context) (altered, unnoted []string, err error) {
	tx, err := t.pool.BeginTx(ctx, pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly})
	if err != nil {
		return nil, nil, classify(err)
	}
	defer func() { _ = tx.Rollback(context.WithoutCancel(ctx)) }()
	list, err := readContents(ctx, tx, "")
	if err != nil {
		return nil, nil, classify(err)
	}
	sums := map[int32]map[int32]string{}
	for _, c := range list {
		for _, set := range c.sets {
			if sums[set] != nil {
				continue
			}
			if sums[set], err = idSums(ctx, tx, set, 0); err != nil {
				if pg, ok := errors.AsType[*pgconn.PgError](err); ok && pg.Code == "42P01" {
					return nil, nil, fmt.Errorf("the table %s, which has ids that legal holds cover, is gone from the governed database; restore it from a backup, or release these holds and place them anew: %w", heldTable(set), err)
				}
				return nil, nil, classify(err)
			}
		}
	}
	for _, c := range list {
		switch {
		case c.noted == "":
			unnoted = append(unnoted, c.id)
		case c.fingerprint(sums) != c.noted:
			altered = append(altered, c.id)
		}
	}
	return altered, unnoted, nil
}
