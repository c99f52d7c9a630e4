package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"holdfast/retention"
)

// WatchHolds looks whether tables and columns that holds in force are about are still what
// they were, and keeps and tells what is not. The batches do not wait for it: they hold the
// whole table, or refuse, from the first plan on.
func (e *Engine) WatchHolds(ctx context.Context) error {
	holds, err := e.store.HoldsByStatus(ctx, retention.HoldActive, retention.HoldReviewDue, retention.HoldReleasing)
	if err != nil {
		return err
	}
	errs := []error{e.closeFamilies(ctx)}
	if len(holds) == 0 {
		return errors.Join(append(errs, e.target.MendEnforcement(ctx))...) // triggers of holds that have ended may be left
	}
	elsewhere, err := e.isElsewhere(ctx, holds)
	errs = append(errs, err)
	found, err := e.target.HoldFaults(ctx)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
	if elsewhere {
		for _, h := range holds {
			found[h.ID] = append(found[h.ID], elsewhereFaults(h)...)
		}
	}
	errs = append(errs, e.noteFaults(ctx, holds, found, "hold.fits_again"))
	// After it was noted, so that what was missing for a while is in the audit.
	if err := e.target.MendEnforcement(ctx); err != nil {
		return errors.Join(append(errs, err)...)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Values(found)), notEnforced) {
		return errors.Join(errs...)
	}
	if holds, err = e.store.HoldsByStatus(ctx, retention.HoldActive, retention.HoldReviewDue, retention.HoldReleasing); err != nil {
		return errors.Join(append(errs, err)...)
	}
	if found, err = e.target.HoldFaults(ctx); err != nil {
		return errors.Join(append(errs, err)...)
	}
	return errors.Join(append(errs, e.noteFaults(ctx, holds, found, "hold.enforced_again"))...)
}

// isElsewhere reports whether another database answers than that in which the holds in force were
// placed. In the right one what the guard has lost, as by a restore, is put back: not only before
// the next run, since until then the application would be free to change what is held.
func (e *Engine) isElsewhere(ctx context.Context, holds []retention.Hold) (bool, error) {
	known, err := e.store.Guard(ctx)
	if err != nil {
		return false, err
	}
	mark, inForce, err := e.target.GuardState(ctx)
	if err != nil || known.SystemIdentifier != "" && !mark.SameDatabase(known) {
		return err == nil, err
	}
	lost := func(h retention.Hold) bool { return !h.Ending && !slices.Contains(inForce, h.ID) }
	if !slices.ContainsFunc(holds, lost) {
		return false, nil
	}
	return false, e.verifyGuard(ctx)
}

// elsewhereFaults say so of a hold, table by table.
func elsewhereFaults(h retention.Hold) (faults []retention.HoldFault) {
	for i, s := range h.Scope {
		if s.Ended() {
			continue
		}
		faults = append(faults, retention.HoldFault{Scope: i, Table: s.Table, On: s.Table, Effect: retention.FaultRefused,
			Reason: "the governed database that answers is another one, which does not have the hold: no run begins, and nothing keeps the application from what is held",
			Remedy: "point HOLDFAST_TARGET_URL back at the database in which it was placed, or run `holdfast migrate --accept-target` to place the holds in force in this one"})
	}
	return faults
}

func notEnforced(faults []retention.HoldFault) bool {
	return slices.ContainsFunc(faults, func(f retention.HoldFault) bool { return f.Effect == retention.FaultNotEnforced })
}

// noteFaults keeps and tells what is not as it was; again is what it is called when all is.
func (e *Engine) noteFaults(ctx context.Context, holds []retention.Hold, found map[string][]retention.HoldFault, again string) error {
	var errs []error
	for _, h := range holds {
		now := found[h.ID]
		if slices.Equal(h.Faults, now) {
			continue
		}
		by := retention.By{Actor: retention.System(), Action: again}
		if again == "hold.enforced_again" {
			by.Note = "put back by Holdfast: " + faultsText(h.Faults)
		}
		if len(now) > 0 {
			by.Action, by.Note = "hold.fail_safe", faultsText(now)
			e.log.WarnContext(ctx, "a table of a hold is not what it was", "hold", h.ID, "found", by.Note)
		}
		_, err := e.store.SetHoldFaults(ctx, h.ID, now, by)
		errs = append(errs, err)
	}
	return errors.Join(errs...)
}

// closeFamilies has holds cover tables and foreign keys that came to lead down from their
// records since they were placed. A hold becomes wider by that, and says so before: after a
// crash in between it says so twice.
func (e *Engine) closeFamilies(ctx context.Context) error {
	return e.target.CloseFamilies(ctx, func(id string, grown []retention.GrownFamily) error {
		e.log.InfoContext(ctx, "more belongs to the records of a hold", "hold", id, "found", grown)
		_, err := e.store.GrowFamily(ctx, id, grown, retention.By{Actor: retention.System(), Action: "hold.grow"})
		if errors.Is(err, retention.ErrNotFound) {
			return nil // nobody's that we know: it stays in force, and is closed as any
		}
		return err
	})
}

func faultsText(faults []retention.HoldFault) string {
	said := make([]string, len(faults))
	for i, f := range faults {
		said[i] = fmt.Sprintf("%s: %s", f.Table, f.Reason)
	}
	return strings.Join(said, "; ")
}
