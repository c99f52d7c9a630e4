package target

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/plan"
	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// A condition, the policy's or a hold's, may fail for a single row: a cast of what is no number, a
// division by zero. That row is left, and named; the others are judged without it.

// lockJudgeable locks the due rows of a step that are not held. In a careful step rows are left
// out for which that cannot be told: then the range that it answers is of all others.
func (d *disposition) lockJudgeable(ctx context.Context, r sqlgen.Range, out *outcome) ([]string, sqlgen.Range, error) {
	if !d.careful {
		tids, err := d.lockRows(ctx, r)
		return tids, r, err
	}
	var tids []string
	err := d.inSavepoint(ctx, func() (err error) {
		tids, err = d.lockRows(ctx, r)
		return err
	})
	if err == nil || !rowAtFault(err) {
		return tids, r, err
	}
	all, err := d.addresses(ctx, d.planned.sql.Within(r))
	if err != nil {
		return nil, r, err
	}
	s := &judging{d: d, out: out, until: time.Now().Add(siftTime)}
	if err := s.sift(ctx, all); err != nil {
		return nil, r, err
	}
	return s.due, sqlgen.Range{TIDs: s.judged}, nil
}

// judging finds the rows of a step that can be judged.
type judging struct {
	d     *disposition
	out   *outcome
	until time.Time
	// judged are those, due those of them that are due and not held, which are locked.
	judged, due []string
}

// sift tries rows, and halves of them, until it has found those that cannot be judged.
func (s *judging) sift(ctx context.Context, tids []string) error {
	if len(tids) == 0 {
		return nil
	}
	if time.Now().After(s.until) && s.d.size > 1 {
		return fmt.Errorf("%w: many rows cannot be judged", retention.ErrTooSlow)
	}
	var due []string
	err := s.d.inSavepoint(ctx, func() (err error) {
		due, err = s.d.lockRows(ctx, sqlgen.Range{TIDs: tids})
		return err
	})
	switch {
	case err == nil:
		s.judged, s.due = append(s.judged, tids...), append(s.due, due...)
		return nil
	case !rowAtFault(err):
		return err
	case len(tids) == 1:
		s.out.counts.Skip(retention.SkippedConstraint, 1)
		said := unjudgeable(err)
		s.out.note(said)
		return s.d.nameRefused(ctx, tids, retention.RefusedRow{Reason: retention.SkippedConstraint, Error: said}, s.out)
	}
	half := len(tids) / 2
	if err := s.sift(ctx, tids[:half]); err != nil {
		return err
	}
	return s.sift(ctx, tids[half:])
}

// heldOrUntold answers the held rows among some of another table, and those for which that cannot
// be told, which are found by halves.
func (d *disposition) heldOrUntold(ctx context.Context, tids []string, judge func([]string) ([]string, error), of *plan.Table, out *outcome) (held []string, err error) {
	err = d.inSavepoint(ctx, func() (err error) {
		held, err = judge(tids)
		return err
	})
	switch {
	case err == nil || !rowAtFault(err):
		return held, err
	case len(tids) == 1:
		out.note(fmt.Sprintf("%s, one of %s", unjudgeable(err), of.Logical()))
		return tids, nil
	}
	half := len(tids) / 2
	if held, err = d.heldOrUntold(ctx, tids[:half], judge, of, out); err != nil {
		return nil, err
	}
	more, err := d.heldOrUntold(ctx, tids[half:], judge, of, out)
	return append(held, more...), err
}

// unjudgeable says what is wrong, without the row's values, which the server's words have.
func unjudgeable(err error) string {
	code := ""
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		code = " (SQLSTATE " + pg.Code + ")"
	}
	return "a condition, the policy's or that of a hold, cannot be judged for the row" + code + "; mend the row, or the condition"
}

// inSavepoint does something of which nothing stays if a row is at fault; after any other error
// the transaction ends.
func (d *disposition) inSavepoint(ctx context.Context, do func() error) error {
	if _, err := d.conn.Exec(ctx, "SAVEPOINT holdfast_judge"); err != nil {
		return err
	}
	err := do()
	if err != nil && !rowAtFault(err) {
		return err
	}
	back := ""
	if err != nil {
		back = "ROLLBACK TO SAVEPOINT holdfast_judge; "
	}
	if _, rerr := d.conn.Exec(ctx, back+"RELEASE SAVEPOINT holdfast_judge"); rerr != nil {
		return rerr
	}
	return err
}

// boundCarefully is bound, and in a careful step goes on where a row cannot be judged.
func (d *disposition) boundCarefully(ctx context.Context, r *sqlgen.Block) (some bool, err error) {
	if !d.careful {
		return d.bound(ctx, r)
	}
	err = d.inSavepoint(ctx, func() (err error) {
		some, err = d.bound(ctx, r)
		return err
	})
	if err != nil && rowAtFault(err) {
		return true, d.boundAnyhow(ctx, r)
	}
	return some, err
}

// boundAnyhow cuts a step by blocks where it cannot be told how many of its rows are due: to one
// block, and as many of its rows as a batch may have.
func (d *disposition) boundAnyhow(ctx context.Context, r *sqlgen.Block) error {
	r.To = r.From + 1
	tids, err := d.addresses(ctx, d.planned.sql.Within(sqlgen.Range{Block: r}))
	if err != nil || len(tids) <= d.spec.Policy.BatchSize {
		return err
	}
	r.To, r.ToRow, err = placeOf(tids[d.spec.Policy.BatchSize])
	return err
}
