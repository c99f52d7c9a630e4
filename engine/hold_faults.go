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
	errs := []error{e.closeFamilies(ctx)}
	found, err := e.target.HoldFaults(ctx)
	if err != nil {
		return errors.Join(append(errs, err)...)
	}
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
