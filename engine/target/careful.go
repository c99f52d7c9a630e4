package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

const (
	// siftTime is how long a step may look for the rows that the database refuses before
	// it is made smaller: its locks are held meanwhile.
	siftTime = 2 * time.Second
	// maxErrors bounds the different messages that one step and one policy keep.
	maxErrors = 20
)

// rowAtFault reports whether a row, and not the statement, made the database refuse:
// a constraint, a value, or a trigger that raises or keeps it.
func rowAtFault(err error) bool {
	if errors.Is(err, errKept) || errors.Is(err, errRekeyed) || errors.Is(err, errHeldByTrigger) {
		return true
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || kindOf(pg) != nil {
		return false
	}
	if inFunction(pg) {
		return aboutRow(pg)
	}
	switch pg.Code[:2] {
	case "09", "21", "22", "23", "27", "38", "39", "44", "P0":
		return true
	}
	return false
}

// whyRefused is the reason under which such a row is counted.
func whyRefused(err error) string {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok {
		return retention.SkippedTrigger
	}
	// A value that is out of range may be one that a function reckoned with.
	if class := pg.Code[:2]; class == "23" || class == "44" || class == "22" && !inFunction(pg) {
		return retention.SkippedConstraint
	}
	return retention.SkippedTrigger
}

// message is what is kept of such an error. Its detail is left out: it has values.
func message(err error) string {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		if where := functionOf(pg); where != "" {
			return fmt.Sprintf("%s (SQLSTATE %s, %s)", pg.Message, pg.Code, where)
		}
		return fmt.Sprintf("%s (SQLSTATE %s)", pg.Message, pg.Code)
	}
	return err.Error()
}

// carry changes the rows that go. In a careful step a row that the database refuses
// is found, skipped and counted, and the others go.
func (d *disposition) carry(ctx context.Context, k *kin, out *outcome) error {
	if !d.careful {
		return d.attempt(ctx, k, out)
	}
	err := d.try(ctx, k, out, true)
	if err == nil || !d.refusesRow(err) {
		return err
	}
	var good []*kinRow
	var rows []*kinRow
	for _, r := range k.roots {
		if r.goes {
			rows = append(rows, r)
		}
	}
	if err := d.sift(ctx, k, rows, time.Now().Add(siftTime), &good, out); err != nil {
		return err
	}
	k.only(good)
	if err := d.try(ctx, k, out, true); err != nil {
		return err
	}
	for _, r := range k.roots {
		r.out = false // what was not tried is counted with what it waits for
	}
	return nil
}

// only leaves out every row of the step's own but these.
func (k *kin) only(rows []*kinRow) {
	for _, r := range k.roots {
		r.out = true
	}
	for _, r := range rows {
		r.out = false
	}
	k.settle()
}

// sift tries rows, and halves of them, until it has found those that the database
// refuses. Nothing that it tries stays.
func (d *disposition) sift(ctx context.Context, k *kin, rows []*kinRow, until time.Time, good *[]*kinRow, out *outcome) error {
	if len(rows) == 0 {
		return nil
	}
	if time.Now().After(until) && len(k.roots) > 1 {
		return fmt.Errorf("%w: the database refuses many rows", retention.ErrTooSlow)
	}
	k.only(rows)
	var tried []*kinRow
	for _, r := range rows {
		if r.goes {
			tried = append(tried, r)
		}
	}
	err := d.try(ctx, k, out, false)
	switch {
	case err == nil:
		*good = append(*good, tried...)
		return nil
	case !d.refusesRow(err):
		return err
	case len(rows) == 1:
		rows[0].refused = true
		out.counts.Skip(whyRefused(err), 1)
		out.note(message(err))
		return d.nameRefused(ctx, []string{rows[0].tid}, retention.RefusedRow{Reason: whyRefused(err), Error: message(err)}, out)
	}
	half := len(rows) / 2
	if err := d.sift(ctx, k, rows[:half], until, good, out); err != nil {
		return err
	}
	return d.sift(ctx, k, rows[half:], until, good, out)
}

// nameRefused keeps the keys of some of the rows at these addresses, which were left for one
// reason. Where evidence names no records nothing is kept.
func (d *disposition) nameRefused(ctx context.Context, tids []string, as retention.RefusedRow, out *outcome) error {
	room := retention.MaxRefused - len(d.progress.Refused) - len(out.refused)
	if !d.planned.Digests || len(tids) == 0 || room <= 0 {
		return nil
	}
	return d.name(ctx, d.planned.sql.KeysAt(tids, room), as, out)
}

// nameUndone keeps the keys of rows that were anonymized, of which something put back what was
// there, likewise.
func (d *disposition) nameUndone(ctx context.Context, keys []retention.Key, out *outcome) error {
	room := retention.MaxRefused - len(d.progress.Refused) - len(out.refused)
	if !d.planned.Digests || len(keys) == 0 || room <= 0 || out.counts.Skipped[retention.SkippedStillDue] == 0 {
		return nil
	}
	return d.name(ctx, d.planned.sql.Undone(keys, room), retention.RefusedRow{Reason: retention.SkippedStillDue}, out)
}

// name keeps the keys that a query answers.
func (d *disposition) name(ctx context.Context, s sqlgen.Statement, as retention.RefusedRow, out *outcome) error {
	rows, err := d.conn.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return err
	}
	found, err := pgx.CollectRows(rows, pgx.RowTo[[]string])
	for _, key := range found {
		as.Key = key
		out.refused = append(out.refused, as)
	}
	return err
}

// addRefused adds rows to those that a run names; one that the walk meets again stands once.
func addRefused(list, more []retention.RefusedRow) []retention.RefusedRow {
	list = slices.Clone(list)
	for _, r := range more {
		known := func(have retention.RefusedRow) bool { return slices.Equal(have.Key, r.Key) }
		if len(list) < retention.MaxRefused && !slices.ContainsFunc(list, known) {
			list = append(list, r)
		}
	}
	return list
}

// note keeps one message once.
func (o *outcome) note(message string) {
	o.errors = addMessage(o.errors, message)
}

func addMessage(list []string, message string) []string {
	for _, m := range list {
		if m == message {
			return list
		}
	}
	if len(list) >= maxErrors {
		return list
	}
	return append(list, message)
}

// try attempts the change under a savepoint. Only if it succeeds and is to be kept
// does it leave anything.
func (d *disposition) try(ctx context.Context, k *kin, out *outcome, keep bool) error {
	if _, err := d.conn.Exec(ctx, "SAVEPOINT holdfast_try"); err != nil {
		return err
	}
	trial := outcome{id: out.id}
	err := d.attempt(ctx, k, &trial)
	if err == nil {
		_, err = d.conn.Exec(ctx, "SET CONSTRAINTS ALL IMMEDIATE")
	}
	if err != nil && !d.refusesRow(err) {
		return err // the transaction ends
	}
	if err != nil || !keep {
		if _, rerr := d.conn.Exec(ctx, "ROLLBACK TO SAVEPOINT holdfast_try; RELEASE SAVEPOINT holdfast_try"); rerr != nil {
			return rerr
		}
		return err
	}
	if _, err := d.conn.Exec(ctx, "RELEASE SAVEPOINT holdfast_try"); err != nil {
		return err
	}
	out.take(trial)
	return nil
}

// take adds what an attempt did.
func (o *outcome) take(trial outcome) {
	o.counts.Add(trial.counts)
	o.digests, o.kinDigests, o.told = trial.digests, trial.kinDigests, trial.told
	o.refused = append(o.refused, trial.refused...)
}

// attempt changes the rows that go, with those that go or change with them.
func (d *disposition) attempt(ctx context.Context, k *kin, out *outcome) error {
	roots := k.goingRoots()
	if len(roots) == 0 {
		return nil
	}
	before, err := d.reach(ctx)
	if err != nil {
		return err
	}
	if err := d.noteHeld(ctx); err != nil {
		return err
	}
	if err := d.clear(ctx, k, out); err != nil {
		return err
	}
	keys, err := d.keysToKeep(ctx, roots)
	if err != nil {
		return err
	}
	if err := d.execute(ctx, sqlgen.Range{TIDs: roots}, k.gone(), out); err != nil {
		return err
	}
	kept := int64(len(roots)) - out.counts.Processed - out.counts.Skipped[retention.SkippedStillDue]
	if kept > 0 && d.planned.Family != nil {
		return keptOf(d.planned.Root.Name) // others rely on it to go
	}
	if kept > 0 {
		out.counts.Skip(retention.SkippedTrigger, kept)
		// What is still to be found at its address was kept.
		if err := d.nameRefused(ctx, roots, retention.RefusedRow{Reason: retention.SkippedTrigger}, out); err != nil {
			return err
		}
	}
	if err := d.checkKeys(ctx, keys); err != nil {
		return err
	}
	if err := d.nameUndone(ctx, keys, out); err != nil {
		return err
	}
	return d.checkReach(ctx, before, out)
}

// errRekeyed: the row that the evidence would name is another one than was changed.
var errRekeyed = errors.New("gives a row another key when it is changed, and no evidence could name it")

// keysToKeep are the keys of rows that are anonymized, where a trigger may change them.
func (d *disposition) keysToKeep(ctx context.Context, tids []string) ([]retention.Key, error) {
	if d.spec.Policy.Action != retention.ActionAnonymize || !d.planned.LockFirst || len(d.planned.Key) == 0 {
		return nil, nil
	}
	s := d.planned.sql.KeysAt(tids, len(tids))
	rows, err := d.conn.Query(ctx, s.SQL, asPlanned(s)...)
	if err != nil {
		return nil, err
	}
	return pgx.CollectRows(rows, func(row pgx.CollectableRow) (key retention.Key, err error) {
		err = row.Scan((*[]string)(&key))
		return key, err
	})
}

// checkKeys fails if a row of these is not there any more.
func (d *disposition) checkKeys(ctx context.Context, keys []retention.Key) error {
	if len(keys) == 0 {
		return nil
	}
	gone, err := missing(ctx, d.conn, retention.Scope{Table: d.planned.Table.Name, RecordIDs: keys}, d.planned.Table)
	if err == nil && len(gone) > 0 {
		err = fmt.Errorf("a trigger of %s %w", d.planned.Root.Name, errRekeyed)
	}
	return err
}
