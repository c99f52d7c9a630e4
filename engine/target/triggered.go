package target

import (
	"context"
	"errors"
	"fmt"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// errHeldByTrigger: a trigger changed or removed a held row of another table.
var errHeldByTrigger = errors.New("a trigger of the database would change a record that is under a legal hold")

// noteHeld remembers, before a change, the held rows of the tables that triggers may
// change, as cursors: they see the tables as they are now, and cost nothing unless they
// are read.
func (d *disposition) noteHeld(ctx context.Context) error {
	for i, t := range d.planned.Triggered {
		if !t.Touches() || !t.Holds.Any() {
			continue
		}
		s := d.planned.sql.HeldNow(i)
		// A savepoint that was rolled back has taken its cursor along; another has not.
		if _, err := d.conn.Exec(ctx, "DECLARE "+sqlgen.HeldCursor(i)+" NO SCROLL CURSOR FOR "+s.SQL, append([]any{pgx.QueryExecModeExec}, s.Args...)...); err != nil {
			return err
		}
	}
	return nil
}

// checkHeld reads them again where triggers have changed rows. A row that somebody else
// has changed meanwhile counts as well: the step is then done again.
func (d *disposition) checkHeld(ctx context.Context, touched func(plan.Triggered) bool) error {
	var hurt error
	for i, t := range d.planned.Triggered {
		if !t.Touches() || !t.Holds.Any() {
			continue
		}
		if touched(t) {
			gone, err := d.vanished(ctx, i)
			if err != nil {
				return err
			}
			if gone > 0 {
				hurt = fmt.Errorf("%w: %d of %s", errHeldByTrigger, gone, t.Table.Logical())
			}
		}
		if _, err := d.conn.Exec(ctx, "CLOSE "+sqlgen.HeldCursor(i)); err != nil {
			return err
		}
	}
	return hurt
}

// vanished counts the rows of a cursor that are not where they were.
func (d *disposition) vanished(ctx context.Context, i int) (gone int64, err error) {
	const page = 10_000
	for {
		rows, err := d.conn.Query(ctx, fmt.Sprintf("FETCH %d FROM %s", page, sqlgen.HeldCursor(i)), pgx.QueryExecModeExec)
		if err != nil {
			return 0, err
		}
		var relations, tids []string
		var relation, tid string
		_, err = pgx.ForEachRow(rows, []any{&relation, &tid}, func() error {
			relations, tids = append(relations, relation), append(tids, tid)
			return nil
		})
		if err != nil {
			return 0, err
		}
		var n int64
		s := d.planned.sql.Vanished(i, relations, tids)
		if err := d.queryRow(ctx, s).Scan(&n); err != nil {
			return 0, err
		}
		if gone += n; len(tids) < page {
			return gone, nil
		}
	}
}

// wanted takes what a trigger did to a table that the policy names for what was planned,
// so far as the policy names it.
func (d *disposition) wanted(m moves, want moves, out *outcome) moves {
	for _, t := range d.planned.Triggered {
		if t.Table.Name != m.name {
			continue
		}
		var e retention.TableEffect
		if t.May.Inserted {
			e.Inserted, want.inserted = m.inserted, m.inserted
		}
		if t.May.Updated {
			e.Updated, want.updated = m.updated, m.updated
		}
		if t.May.Deleted {
			e.Deleted, want.deleted = m.deleted, m.deleted
		}
		if e != (retention.TableEffect{}) {
			out.counts.Affect(m.name.String(), e)
		}
	}
	return want
}
