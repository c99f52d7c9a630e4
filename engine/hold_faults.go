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
	if len(holds) == 0 {
		return e.target.MendEnforcement(ctx) // triggers of holds that have ended may be left
	}
	found, err := e.target.HoldFaults(ctx)
	if err != nil {
		return err
	}
	err = e.noteFaults(ctx, holds, found, "hold.fits_again")
	// After it was noted, so that what was missing for a while is in the audit.
	if merr := e.target.MendEnforcement(ctx); merr != nil {
		return errors.Join(err, merr)
	}
	if !slices.ContainsFunc(slices.Collect(maps.Values(found)), notEnforced) {
		return err
	}
	if holds, err = e.store.HoldsByStatus(ctx, retention.HoldActive, retention.HoldReviewDue, retention.HoldReleasing); err != nil {
		return err
	}
	if found, err = e.target.HoldFaults(ctx); err != nil {
		return err
	}
	return e.noteFaults(ctx, holds, found, "hold.enforced_again")
}

func notEnforced(faults []retention.HoldFault) bool {
	return slices.ContainsFunc(faults, func(f retention.HoldFault) bool { return f.Effect == retention.FaultNotEnforced })
}

// noteFaults keeps and tells what is not as it was; again is what it is called when all is.
func (e *Engine) noteFaults(ctx context.Context, holds []retention.Hold, found map[string][]retention.HoldFault, again string) error {
	var errs []error
	for _, h := range holds {
		now := found[h.ID]
		if retention.SameFaults(h.Faults, now) {
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

func faultsText(faults []retention.HoldFault) string {
	said := make([]string, len(faults))
	for i, f := range faults {
		said[i] = fmt.Sprintf("%s: %s", f.Table, f.Reason)
	}
	return strings.Join(said, "; ")
}
