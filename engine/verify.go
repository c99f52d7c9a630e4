package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"time"

	"holdfast/retention"
)

// verifyGuard compares the holds that must be in force with those that are, and
// puts back what is missing: after a restore or a failover that lost some, nothing
// runs until this has returned. Another server or database than the one the holds
// were placed in is refused, since nobody can tell whether it is meant.
func (e *Engine) verifyGuard(ctx context.Context) error {
	known, err := e.store.Guard(ctx)
	if err != nil {
		return err
	}
	must, err := e.store.HoldsByStatus(ctx, retention.HoldActive, retention.HoldReviewDue, retention.HoldReleasing)
	if err != nil {
		return err
	}
	// The store is read before the guard: a hold that comes into force in between is
	// then seen in the guard, never missed in it.
	mark, inForce, err := e.target.GuardState(ctx)
	if err != nil {
		return err
	}
	if len(must) > 0 && known.SystemIdentifier != "" && !mark.SameDatabase(known) {
		return retention.Conflictf("the governed database is another one (system %s, database %d) than the one that %d holds in force were placed in (system %s, database %d); point HOLDFAST_TARGET_URL back at it, or run `holdfast migrate --accept-target` to place the holds in this one",
			mark.SystemIdentifier, mark.DatabaseOID, len(must), known.SystemIdentifier, known.DatabaseOID)
	}
	if err := e.keepEpoch(ctx); err != nil {
		return err
	}
	altered, unnoted, err := e.alteredHolds(ctx)
	if err != nil {
		return err
	}
	if err := e.noteHolds(ctx, unnoted); err != nil {
		return err
	}
	if altered, err = e.reconcileScopes(ctx, must, altered); err != nil {
		return err
	}
	if err := e.restoreHolds(ctx, must, inForce, altered); err != nil {
		return err
	}
	if err := e.completeHolds(ctx); err != nil {
		return err
	}
	if err := e.closeFamilies(ctx); err != nil {
		return err
	}
	if err := e.noteArchives(ctx); err != nil {
		return err
	}
	return e.store.SetGuard(ctx, mark)
}

// alteredHolds are those of which the guard has not what was staged, and those that have none noted.
// One that is being changed may differ from what was; if nothing is on its way by the store, the
// guard was restored to the middle of a change that has ended since. The store says that before the
// guard has any of it, and until the guard has all; so the guard is asked again, in which a change
// has ended that did so in between.
func (e *Engine) alteredHolds(ctx context.Context) (altered, unnoted []string, err error) {
	altered, changing, unnoted, err := e.target.AlteredHolds(ctx)
	if err != nil || len(changing) == 0 {
		return altered, unnoted, err
	}
	stopped, err := e.noLongerChanging(ctx, changing)
	if err != nil || len(stopped) == 0 {
		return altered, unnoted, err
	}
	altered, changing, unnoted, err = e.target.AlteredHolds(ctx)
	for _, id := range changing {
		if slices.Contains(stopped, id) {
			altered = append(altered, id)
		}
	}
	return altered, unnoted, err
}

// noLongerChanging are those of some holds of which nothing is on its way by the store.
func (e *Engine) noLongerChanging(ctx context.Context, ids []string) (stopped []string, err error) {
	for _, id := range ids {
		h, err := e.store.Hold(ctx, id)
		if errors.Is(err, retention.ErrNotFound) {
			continue
		}
		if err != nil {
			return nil, err
		}
		if !h.Changing() {
			stopped = append(stopped, id)
		}
	}
	return stopped, nil
}

// keepEpoch has the epochs of a governed database that was restored go on after those that the
// evidence has: batches and holds are told apart by them, and one that comes twice would have a
// proof take an old batch for one of after the hold, or a new one for one of before. What gives
// out an epoch asks before.
func (e *Engine) keepEpoch(ctx context.Context) error {
	known, err := e.store.Guard(ctx)
	if err != nil || known.Epoch == 0 {
		return err
	}
	epoch, err := e.target.Epoch(ctx)
	if err != nil || epoch >= known.Epoch {
		return err
	}
	mark, _, err := e.target.GuardState(ctx)
	if err != nil || !mark.SameDatabase(known) {
		return err // another one is refused by verifyGuard, and nothing of ours is written there
	}
	return e.raiseEpoch(ctx, mark)
}

// raiseEpoch has the epochs go on after those that the evidence has.
func (e *Engine) raiseEpoch(ctx context.Context, mark retention.GuardMark) error {
	last, err := e.store.LastEpoch(ctx)
	if err != nil || last <= mark.Epoch {
		return err
	}
	e.log.WarnContext(ctx, "the governed database has earlier lists of holds than the evidence; they go on after those", "epoch", mark.Epoch, "last", last)
	return e.target.RaiseEpoch(ctx, last)
}

// completeHolds puts in force what was kept while the governed database went away: people were
// told that such a hold comes into force by itself, and no run may take its records before. One
// that is being placed at this moment is waited for, no longer than it is left to its request;
// those that are placed meanwhile are not.
func (e *Engine) completeHolds(ctx context.Context) error {
	if err := e.settleUploads(ctx); errors.Is(err, retention.ErrUnavailable) || errors.Is(err, retention.ErrBusy) {
		return err
	} else if err != nil {
		// Such as a table that was dropped since: no run on others may wait for it.
		e.log.ErrorContext(ctx, "what was added to a hold cannot be put in force", "error", err)
	}
	waiting, err := e.store.HoldsByStatus(ctx, retention.HoldApplying)
	if err != nil {
		return err
	}
	for _, h := range waiting {
		if h.Awaits() {
			continue // its list was never sent, or is arriving: nobody was told that it holds
		}
		switch err := e.completeHold(ctx, h); {
		case h.Enforced() && errors.Is(err, retention.ErrBusy):
			// Somebody writes to its tables all the time. What it waits for is to be enforced; whether
			// batches ask for it already, the guard knows.
			if held, err := e.inGuard(ctx, h.ID); err != nil || !held {
				return fmt.Errorf("complete hold %s: %w", h.ID, cmp.Or(err, retention.ErrBusy))
			}
		case errors.Is(err, errNotCounted) && !errors.Is(err, retention.ErrUnavailable):
			// It is in force where batches ask, such as on a table that it fails safe on.
			e.log.ErrorContext(ctx, "a hold in force cannot be counted", "hold", h.ID, "error", err)
		case err != nil:
			return fmt.Errorf("complete hold %s: %w", h.ID, err)
		}
	}
	return nil
}

// completeHold returns once the hold is not applying any more, or with why it still is.
func (e *Engine) completeHold(ctx context.Context, h retention.Hold) error {
	for !e.isSettled(ctx, h.ID) {
		now, err := e.store.Now(ctx)
		if err != nil {
			return err
		}
		if now.Sub(h.CreatedAt) < settleAfter {
			if err := e.wait(ctx, 50*time.Millisecond); err != nil {
				return err
			}
			continue
		}
		if err := e.settle(ctx, h, now); err != nil && !e.isSettled(ctx, h.ID) {
			return err // unless its request took it back, or somebody else was faster
		}
	}
	return nil
}

// inGuard reports whether batches respect a hold.
func (e *Engine) inGuard(ctx context.Context, id string) (bool, error) {
	_, inForce, err := e.target.GuardState(ctx)
	return slices.Contains(inForce, id), err
}

// isSettled reports whether a hold is not on its way any more.
func (e *Engine) isSettled(ctx context.Context, id string) bool {
	h, err := e.store.Hold(ctx, id)
	return errors.Is(err, retention.ErrNotFound) || err == nil && h.Status != retention.HoldApplying
}

// noteArchives tells the guard which tables have archived rows of which: what was archived
// before the guard kept that, or has lost it with a restore, is under the holds of its
// source too.
func (e *Engine) noteArchives(ctx context.Context) error {
	list, err := e.store.Archiving(ctx, retention.TableName{})
	if err != nil {
		return err
	}
	var distinct []retention.Policy
	for _, p := range list {
		if !slices.ContainsFunc(distinct, func(o retention.Policy) bool {
			return maps.Equal(o.Archives(), p.Archives())
		}) {
			distinct = append(distinct, p)
		}
	}
	return e.target.NoteArchives(ctx, distinct)
}

// noteHolds stages holds once more that came into force before the guard kept what they
// cover. One that is not the store's is left alone.
func (e *Engine) noteHolds(ctx context.Context, ids []string) error {
	for _, id := range ids {
		whole, err := e.store.HoldWithRecords(ctx, id)
		if errors.Is(err, retention.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		err = e.target.StageHold(ctx, whole)
		if err != nil && !errors.Is(err, retention.ErrConflict) {
			return fmt.Errorf("look at what hold %s covers: %w", id, err)
		}
		if err != nil {
			// An id is no value of its key's type any more. What is there is what protects, and
			// runs on other tables go on.
			e.log.WarnContext(ctx, "what a hold covers could not be compared with the store, and is noted as it stands", "hold", id, "error", err)
			if err := e.target.NoteHold(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// restoreHolds puts holds back in force that the guard has lost, as a whole or in part. A
// hold whose end is being carried out is left to it: what was read before may be older than the
// release.
func (e *Engine) restoreHolds(ctx context.Context, must []retention.Hold, inForce, altered []string) error {
	for _, h := range must {
		if slices.Contains(inForce, h.ID) && !slices.Contains(altered, h.ID) {
			continue
		}
		now, err := e.store.Hold(ctx, h.ID)
		if err != nil {
			return err
		}
		if now.Status != retention.HoldActive && now.Status != retention.HoldReviewDue && !(now.Status == retention.HoldReleasing && !now.Ending) {
			continue
		}
		e.log.ErrorContext(ctx, "a hold, or a part of what it covers, is missing in the governed database or was changed there, and is being put back", "hold", h.ID, "matter", h.Matter)
		whole, err := e.store.HoldWithRecords(ctx, h.ID)
		if err != nil {
			return err
		}
		if _, err := e.putInForce(ctx, whole, 0); err != nil {
			return fmt.Errorf("put back hold %s: %w", h.ID, err)
		}
		if err := e.store.Record(ctx, "hold/"+h.ID, map[string]string{"reason": "the governed database had lost this hold, or a part of what it covers"}, retention.By{Actor: retention.System(), Action: "hold.restore"}); err != nil {
			return err
		}
	}
	return e.endSurplus(ctx, must, inForce)
}

// endSurplus ends what the guard still has in force and the store knows as ended: a
// release whose hold was being put back at the same moment.
func (e *Engine) endSurplus(ctx context.Context, must []retention.Hold, inForce []string) error {
	for _, id := range inForce {
		if slices.ContainsFunc(must, func(h retention.Hold) bool { return h.ID == id }) {
			continue
		}
		h, err := e.store.Hold(ctx, id)
		switch {
		case errors.Is(err, retention.ErrNotFound):
			// Nobody's that we know: it stays in force, which harms nothing but the purge.
			continue
		case err != nil:
			return err
		case h.Status.Ended():
			if _, _, err := e.target.EndHold(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// AcceptTarget takes the governed database that is configured now for the right
// one, and places the holds in force in it.
func (e *Engine) AcceptTarget(ctx context.Context) error {
	mark, _, err := e.target.GuardState(ctx)
	if err != nil {
		return err
	}
	if err := e.raiseEpoch(ctx, mark); err != nil {
		return err
	}
	if mark, _, err = e.target.GuardState(ctx); err != nil {
		return err
	}
	if err := e.store.SetGuard(ctx, mark); err != nil {
		return err
	}
	if err := e.store.Record(ctx, "guard", mark, retention.By{Actor: retention.System(), Action: "guard.accept"}); err != nil {
		return err
	}
	return e.verifyGuard(ctx)
}
