package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"

	"holdfast/retention"
)

// WatchHolds looks whether tables and columns that holds in force are about are still what
// they were, and keeps and tells what is not. The batches do not wait for it: they hold the
// whole table, or refuse, from the first plan on.
func (e *Engine) WatchHolds(ctx context.Context) error {
	holds, err := e.store.HoldsByStatus(ctx, retention.HoldActive, retention.HoldReviewDue, retention.HoldReleasing)
	if err != nil || len(holds) == 0 {
		return err
	}
	found, err := e.target.HoldFaults(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, h := range holds {
		now := found[h.ID]
		if retention.SameFaults(h.Faults, now) {
			continue
		}
		by := retention.By{Actor: retention.System(), Action: "hold.fits_again"}
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
