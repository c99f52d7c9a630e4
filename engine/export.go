package engine

import (
	"context"

	"holdfast/retention"
)

// exportPage bounds how many runs are in memory at once during an export.
const exportPage = 100

// ExportRuns hands each run that the filter leaves to each, newest first, however
// many there are, a page of them in memory. Between pages nothing of the database is
// kept, so that a reader may be slow. It ends with the first error of each, and with
// ctx. Runs that are requested meanwhile are not in it.
func (e *Engine) ExportRuns(ctx context.Context, actor retention.Actor, f retention.RunFilter, each func(retention.Run) error) error {
	if err := e.authorise(actor, OpRead); err != nil {
		return err
	}
	if err := e.checkRunFilter(ctx, f); err != nil {
		return err
	}
	page := retention.Page{Limit: exportPage}
	for {
		runs, next, err := e.store.Runs(ctx, f, page)
		if err != nil {
			return err
		}
		for _, r := range runs {
			if err := each(r); err != nil {
				return err
			}
		}
		if next == "" {
			return nil
		}
		page.Cursor = next
	}
}
