package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"holdfast/retention"
)

// sayFrom is the try in a row from which a run says that it waits: the first
// time-out is met by the gentler form, which mostly goes through at once.
const sayFrom = 2

// sayRetry shows on the run why one step is tried again and again, until moves
// takes it back. What it says stays the same as long as the cause does, so that the
// store is written to once.
func (w *disposal) sayRetry(ctx context.Context, err error) {
	if w.busy == 1 {
		w.since = time.Now()
	}
	if w.busy < sayFrom {
		return
	}
	table, since := w.spec.Policy.Table, w.since.UTC().Format("15:04:05 UTC")
	why := fmt.Sprintf("for the database to carry out a batch of %s in time, since %s", table, since)
	if errors.Is(err, retention.ErrBusy) {
		why = fmt.Sprintf("for a lock on %s, since %s", table, since)
		if locked, ok := errors.AsType[*retention.LockedError](err); ok {
			why += "; it is locked by " + locked.By
		}
	}
	w.e.sayWaiting(ctx, w.run, why)
}

// moves takes back what the run was said to wait for.
func (w *disposal) moves(ctx context.Context) {
	w.busy, w.moved, w.away = 0, 0, 0
	if w.run.Waiting != "" && !strings.HasPrefix(w.run.Waiting, throttledBecause) {
		w.e.sayWaiting(ctx, w.run, "")
	}
}
