package engine

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"time"

	"holdfast/retention"
)

const (
	// restoreLease is how long a worker that died keeps a restore from the others. It is longer
	// than counting one table may take.
	restoreLease = 3 * time.Minute
	// restoreRest is how many times as long as its batch took a worker rests: rows that
	// somebody waits for may come back faster than others go.
	restoreRest = 2
	// maxRestoreErrors is how many messages of the database a table's part keeps.
	maxRestoreErrors = 10
)

// WorkRestores carries out the restores that are asked for, one after the other. What was
// left by a worker that died is taken up where it stands: rows that are back are not in the
// archive any more.
func (e *Engine) WorkRestores(ctx context.Context) error {
	for ctx.Err() == nil {
		r, ok, err := e.store.ClaimRestore(ctx, restoreLease)
		if err != nil || !ok {
			return err
		}
		err = e.workRestore(ctx, &r)
		switch {
		case errors.Is(err, retention.ErrFenced), errors.Is(err, retention.ErrConflict):
			e.log.WarnContext(ctx, "a restore was taken over", "restore", r.ID, "attempt", r.Attempt)
		case err != nil:
			return fmt.Errorf("restore %s: %w", r.ID, err)
		}
	}
	return nil
}

// workRestore carries one out to its end. An error leaves it to whoever claims it next.
func (e *Engine) workRestore(ctx context.Context, r *retention.Restore) error {
	if err := e.target.Beat(ctx, r.ID, r.Attempt); err != nil {
		return err
	}
	// Holds must be those of the store before anything moves.
	if err := e.verifyGuard(ctx); err != nil {
		if !errors.Is(err, retention.ErrConflict) {
			return err
		}
		return e.endRestore(ctx, r, retention.RestoreFailed, err.Error())
	}
	before, err := e.target.Restored(ctx, r.ID)
	if err != nil {
		return err
	}
	if len(before) == 0 {
		for i := range r.Tables {
			if r.Tables[i], err = e.checkPart(ctx, r.Tables[i], r.Tables[:i], r.Copies, true); err != nil {
				return err
			}
			if err := e.store.SaveRestore(ctx, *r, restoreLease); err != nil {
				return err
			}
		}
		if why := whyNotRestored(*r); why != "" {
			return e.endRestore(ctx, r, retention.RestoreFailed, why)
		}
	}
	for i := range r.Tables {
		if err := e.restoreTable(ctx, r, i); err != nil {
			return err
		}
		if r.Tables[i].Problem != "" && r.OnConflict == retention.OnConflictRefuse {
			break // what refers to it would find nothing
		}
	}
	return e.concludeRestore(ctx, r)
}

// restoreTable brings the rows of one table back. What keeps all of them away is its
// problem, and no error.
func (e *Engine) restoreTable(ctx context.Context, r *retention.Restore, at int) error {
	t := &r.Tables[at]
	copies := copiesOf(*t, r.Copies)
	if t.Problem != "" || t.RunID == "" && len(copies) == 0 {
		return nil
	}
	d, err := e.target.OpenRestore(ctx, retention.RestoreSpec{RestoreID: r.ID, Attempt: r.Attempt, RestoreTable: *t, Copies: copies, With: r.Tables[:at],
		Refuse: r.OnConflict == retention.OnConflictRefuse})
	if err != nil {
		return err
	}
	defer d.Close()
	w := &restoring{e: e, r: r, t: t, saved: time.Now()}
	for {
		// A batch is never cut short by a stopping service.
		step, err := d.Step(context.WithoutCancel(ctx))
		if err != nil {
			if err = w.recover(ctx, err); err != nil {
				return err
			}
			if t.Problem != "" {
				return nil
			}
			continue
		}
		w.busy, w.moved = 0, 0
		t.Restored += step.Restored
		t.Errors = addMessages(t.Errors, step.Errors)
		if step.Done {
			return w.save(ctx)
		}
		if time.Since(w.saved) > saveEvery {
			if err := w.save(ctx); err != nil {
				return err
			}
		}
		if err := e.wait(ctx, min(restoreRest*step.Took, maxRest)); err != nil {
			return err
		}
	}
}

// restoring is one table's part in the hands of this process.
type restoring struct {
	e           *Engine
	r           *retention.Restore
	t           *retention.RestoreTable
	busy, moved int
	saved       time.Time
}

func (w *restoring) save(ctx context.Context) error {
	w.saved = time.Now()
	return w.e.store.SaveRestore(ctx, *w.r, restoreLease)
}

// recover decides what a failed batch means; nothing of it is in the database.
func (w *restoring) recover(ctx context.Context, err error) error {
	switch {
	case errors.Is(err, retention.ErrFenced), errors.Is(err, retention.ErrUnavailable), ctx.Err() != nil:
		return err // to be taken up again
	case errors.Is(err, retention.ErrRowRefused):
		return nil
	case errors.Is(err, retention.ErrMoved):
		w.moved++
		if w.moved <= maxMoved {
			return nil
		}
	case errors.Is(err, retention.ErrTooSlow), errors.Is(err, retention.ErrBusy):
		w.busy++
		if w.busy <= maxBusy {
			if err := w.save(ctx); err != nil { // and keep it
				return err
			}
			return w.e.wait(ctx, min(time.Duration(w.busy)*50*time.Millisecond, 2*time.Second))
		}
		err = fmt.Errorf("given up after %d tries: %w", w.busy, err)
	}
	w.t.Problem = err.Error()
	return nil
}

func addMessages(list, more []string) []string {
	for _, m := range more {
		if len(list) < maxRestoreErrors && !slices.Contains(list, m) {
			list = append(list, m)
		}
	}
	return list
}

// concludeRestore counts once more what is left in the archives, and why, and ends it.
func (e *Engine) concludeRestore(ctx context.Context, r *retention.Restore) error {
	restored, err := e.target.Restored(ctx, r.ID)
	if err != nil {
		return err
	}
	failed := false
	for i := range r.Tables {
		t := &r.Tables[i]
		t.Restored = 0
		for _, done := range restored {
			if done.Table == t.Table && done.Archive == t.Archive && done.Policy == t.Policy {
				t.Restored = done.Restored
			}
		}
		if t.Problem != "" {
			failed = true
			r.Errors = addMessages(r.Errors, []string{t.Table.String() + ": " + t.Problem})
			continue
		}
		left, err := e.checkPart(ctx, *t, r.Tables[:i], r.Copies, false)
		if err != nil {
			return err
		}
		t.Rows, t.Held, t.Conflicts = left.Rows+t.Restored, left.Held, left.Conflicts
		t.Refused = left.Rows - left.Held - left.Conflicted()
		if err := e.store.SaveRestore(ctx, *r, restoreLease); err != nil {
			return err
		}
	}
	left := r.Conflicted()+r.Refused() > 0 && r.OnConflict == retention.OnConflictRefuse
	status := retention.RestoreSucceeded
	switch {
	case r.Restored() == 0:
		status = retention.RestoreFailed
		if len(r.Errors) == 0 {
			r.Errors = []string{"nothing was restored: what is left in the archive, and why, stands with each table"}
		}
	case failed || left:
		status = retention.RestorePartial
	}
	return e.endRestore(ctx, r, status)
}

func (e *Engine) endRestore(ctx context.Context, r *retention.Restore, status retention.RestoreStatus, why ...string) error {
	r.Status, r.Errors = status, addMessages(r.Errors, why)
	_, err := e.store.FinishRestore(ctx, *r, retention.By{Actor: retention.System(), Action: "restore." + map[bool]string{true: "fail", false: "end"}[status == retention.RestoreFailed]})
	if err == nil {
		e.log.InfoContext(ctx, "a restore has ended", "restore", r.ID, "status", r.Status, "restored", r.Restored(), "held", r.Held(), "in_conflict", r.Conflicted())
	}
	return err
}
