package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"holdfast/retention"
)

// ReleaseHold ends a hold with a reason. With no cooling-off it is released when
// this returns; if the governed database cannot be reached it stays releasing, in
// force, and ends by itself later.
func (e *Engine) ReleaseHold(ctx context.Context, actor retention.Actor, id, reason string) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return retention.Hold{}, retention.Invalid("reason", "is required: why these records need not be kept any more")
	}
	if len(reason) > 4000 {
		return retention.Hold{}, retention.Invalid("reason", "has %d bytes; at most 4000 are accepted", len(reason))
	}
	from := []retention.HoldStatus{retention.HoldActive, retention.HoldReviewDue}
	h, err := e.store.MarkHold(ctx, id, from, retention.HoldReleasing, reason, retention.By{Actor: actor, Action: "hold.release"})
	if err != nil {
		return h, err
	}
	ctx = context.WithoutCancel(ctx)
	ended, err := e.endHold(ctx, h, retention.HoldReleased)
	if errors.Is(err, retention.ErrUnavailable) {
		e.log.WarnContext(ctx, "hold is not released yet", "hold", id, "error", err)
		return h, nil
	}
	return ended, err
}

// endHold takes a hold out of force and records its end.
func (e *Engine) endHold(ctx context.Context, h retention.Hold, to retention.HoldStatus) (retention.Hold, error) {
	at, mark, err := e.target.EndHold(ctx, h.ID)
	if err != nil {
		return h, fmt.Errorf("end hold %s: %w", h.ID, err)
	}
	action := "hold.released"
	if to == retention.HoldExpired {
		action = "hold.expire"
	}
	ended, err := e.store.HoldEnded(ctx, h.ID, to, at, retention.By{Actor: retention.System(), Action: action})
	if err != nil {
		return h, err
	}
	// The ids are kept in the store; the guard's copy restrains nothing any more.
	if err := e.target.ForgetHold(ctx, h.ID); err != nil {
		e.log.WarnContext(ctx, "the guard's copy of an ended hold's ids stays", "hold", h.ID, "error", err)
	}
	return ended, e.store.SetGuard(ctx, mark)
}

// SettleHolds brings every hold to where it should be: what is applying comes
// into force, what is releasing ends, what has expired ends or becomes due for
// review. It is called every few seconds by every process; the steps are
// idempotent. It goes on past a hold that fails and answers the first failure.
func (e *Engine) SettleHolds(ctx context.Context) error {
	open, err := e.store.HoldsByStatus(ctx, retention.HoldApplying, retention.HoldActive, retention.HoldReleasing)
	if err != nil {
		return err
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, h := range open {
		if err := e.settle(ctx, h, now); err != nil && !errors.Is(err, retention.ErrConflict) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// settleAfter is how long an applying hold is left to the request that placed it.
const settleAfter = 10 * time.Second

func (e *Engine) settle(ctx context.Context, h retention.Hold, now time.Time) error {
	switch {
	case h.Status == retention.HoldApplying:
		if now.Sub(h.CreatedAt) < settleAfter {
			return nil
		}
		whole, err := e.store.HoldWithRecords(ctx, h.ID)
		if err == nil {
			_, err = e.applyHold(ctx, whole)
		}
		return err
	case h.Status == retention.HoldReleasing:
		return e.endReleasing(ctx, h)
	case h.ExpiresAt == nil || h.ExpiresAt.After(now):
		return nil
	case h.OnExpiry == retention.OnExpiryReview:
		_, err := e.store.MarkHold(ctx, h.ID, []retention.HoldStatus{retention.HoldActive}, retention.HoldReviewDue, "", retention.By{Actor: retention.System(), Action: "hold.review_due"})
		return err
	}
	return e.expire(ctx, h, now)
}

// endReleasing carries out an end that is under way: a person's release has a
// reason, an expiry has none.
func (e *Engine) endReleasing(ctx context.Context, h retention.Hold) error {
	to := retention.HoldReleased
	if h.ReleaseReason == "" {
		to = retention.HoldExpired
	}
	_, err := e.endHold(ctx, h, to)
	return err
}

// expire ends a hold whose time has come. It is marked first, which orders it with
// everybody who extends the hold: only if the hold as it was marked has expired is
// it taken out of force, else the mark is taken back.
func (e *Engine) expire(ctx context.Context, h retention.Hold, now time.Time) error {
	by := retention.By{Actor: retention.System(), Action: "hold.expire"}
	marked, err := e.store.MarkHold(ctx, h.ID, []retention.HoldStatus{retention.HoldActive}, retention.HoldReleasing, "", by)
	if err != nil {
		return err
	}
	if marked.ExpiresAt == nil || marked.ExpiresAt.After(now) || marked.OnExpiry == retention.OnExpiryReview {
		_, err := e.store.MarkHold(ctx, h.ID, []retention.HoldStatus{retention.HoldReleasing}, retention.HoldActive, "", by)
		return err
	}
	return e.endReleasing(ctx, marked)
}
