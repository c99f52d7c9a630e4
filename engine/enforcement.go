package engine

import (
	"context"
	"errors"
	"strconv"
	"time"

	"holdfast/retention"
)

const (
	// enforcePatience is how long placing a hold that is enforced waits for a moment in which
	// nobody writes to its tables; SettleHolds goes on from there.
	enforcePatience = 30 * time.Second
	// enforcePause lets the writers pass that waited behind an attempt.
	enforcePause = 500 * time.Millisecond
)

// activate puts a staged hold in force. One that is enforced needs its tables without writers
// for a moment, and tries for as long as patience.
func (e *Engine) activate(ctx context.Context, h retention.Hold, patience time.Duration) (time.Time, retention.GuardMark, error) {
	if err := e.keepEpoch(ctx); err != nil {
		return time.Time{}, retention.GuardMark{}, err
	}
	until := time.NewTimer(patience)
	defer until.Stop()
	for {
		at, mark, err := e.activateOnce(ctx, h.ID)
		if err == nil || !h.Enforced() || !errors.Is(err, retention.ErrBusy) || patience == 0 {
			return at, mark, err
		}
		pause := time.NewTimer(enforcePause)
		select {
		case <-pause.C:
		case <-until.C:
			pause.Stop()
			return at, mark, err
		case <-ctx.Done():
			pause.Stop()
			return at, mark, ctx.Err()
		}
	}
}

// activateOnce puts a staged hold in force unless it has ended. Several may be at it, and it may
// be released, or expire, as soon as the first has succeeded: the store is asked after the guard,
// which refuses where the hold has ended there since.
func (e *Engine) activateOnce(ctx context.Context, id string) (at time.Time, mark retention.GuardMark, err error) {
	force, err := e.target.HoldForce(ctx, id)
	if err != nil {
		return at, mark, err
	}
	h, err := e.store.Hold(ctx, id)
	if err != nil {
		return at, mark, err
	}
	if h.Status.Ended() || h.Ending {
		return at, mark, retention.Conflictf("the hold has ended meanwhile (%s); place a new one", h.Status)
	}
	return e.target.ActivateHold(ctx, id, force.EndedEpoch)
}

// PreservedRows lists the old versions of rows that a hold covered when somebody changed or
// removed them, newest first. They are kept when the hold has ended.
func (e *Engine) PreservedRows(ctx context.Context, actor retention.Actor, id string, p retention.Page) ([]retention.PreservedRow, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	if _, err := e.store.Hold(ctx, id); err != nil {
		return nil, "", err
	}
	limit := p.Limit
	if limit == 0 {
		limit = retention.DefaultPage
	}
	if limit < 1 || limit > retention.MaxPage {
		return nil, "", retention.Invalid("limit", "must be from 1 to %d, not %d", retention.MaxPage, p.Limit)
	}
	var before int64
	if p.Cursor != "" {
		var err error
		if before, err = strconv.ParseInt(p.Cursor, 10, 64); err != nil || before < 1 {
			return nil, "", retention.Invalid("cursor", "is none that this list has answered; leave it out to begin anew")
		}
	}
	rows, err := e.target.Preserved(ctx, id, before, limit+1)
	if err != nil || len(rows) <= limit {
		return rows, "", err
	}
	return rows[:limit], strconv.FormatInt(rows[limit-1].ID, 10), nil
}

// CountPreserved is how many there are.
func (e *Engine) CountPreserved(ctx context.Context, actor retention.Actor, id string) (int64, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return 0, err
	}
	return e.target.CountPreserved(ctx, id)
}

// ExportPreserved hands each of them to each, newest first, however many there are, a page of
// them in memory.
func (e *Engine) ExportPreserved(ctx context.Context, actor retention.Actor, id string, each func(retention.PreservedRow) error) error {
	page := retention.Page{Limit: exportPage}
	for {
		rows, next, err := e.PreservedRows(ctx, actor, id, page)
		if err != nil {
			return err
		}
		for _, r := range rows {
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
