package engine

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"time"

	"holdfast/retention"
)

// ReleaseHold asks for a hold's end, with a reason. It stays in force, as releasing, until
// the cooling-off period is over, and can be taken back (TakeBackRelease). Without one it is
// released when this returns; if the governed database cannot be reached it stays
// releasing, in force, and ends by itself later. One that was never in force is given up at once.
func (e *Engine) ReleaseHold(ctx context.Context, actor retention.Actor, id, reason string) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	reason, err := explained("reason", reason, "why these records need not be kept any more")
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := e.store.Hold(ctx, id)
	if err != nil {
		return h, err
	}
	if h.Status == retention.HoldApplying {
		return e.giveUpHold(ctx, actor, id, reason)
	}
	h, err = e.store.MarkHold(ctx, id, retention.HoldMark{Step: retention.StepRelease, Reason: reason, CoolsOff: e.releaseDelay}, retention.By{Actor: actor, Action: "hold.release"})
	if err != nil || !h.CoolsOff(e.releaseDelay).IsZero() {
		return h, err
	}
	ctx = context.WithoutCancel(ctx)
	ended, err := e.endHold(ctx, h)
	if errors.Is(err, retention.ErrUnavailable) {
		e.log.WarnContext(ctx, "hold is not released yet", "hold", id, "error", err)
		return h, nil
	}
	return ended, err
}

// giveUpHold ends a hold that was never in force. If another process puts it in force at this
// moment the guard has one more than it should, which is ended there before the next run.
func (e *Engine) giveUpHold(ctx context.Context, actor retention.Actor, id, reason string) (retention.Hold, error) {
	h, err := e.store.GiveUpHold(ctx, id, reason, retention.By{Actor: actor, Action: "hold.abandon", Note: reason})
	if err != nil {
		return h, err
	}
	ctx = context.WithoutCancel(ctx)
	_, _, err = e.target.EndHold(ctx, id)
	if err == nil {
		err = e.target.ForgetHold(ctx, id)
	}
	if err != nil {
		e.log.WarnContext(ctx, "what the guard has of a hold that was given up stays until it is looked at", "hold", id, "error", err)
	}
	return h, nil
}

// explained is what a person gives as a reason, which is required.
func explained(field, reason, why string) (string, error) {
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return "", retention.Invalid(field, "is required: %s", why)
	}
	if len(reason) > 4000 {
		return "", retention.Invalid(field, "has %d bytes; at most 4000 are accepted", len(reason))
	}
	return reason, nil
}

// TakeBackRelease keeps a hold whose cooling-off period is not over, with a reason. One that
// a person wanted to release is active again; one whose expiry had come waits for a person
// from now on, since it would end again at once.
func (e *Engine) TakeBackRelease(ctx context.Context, actor retention.Actor, id, reason string) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	reason, err := explained("reason", reason, "why the hold is kept")
	if err != nil {
		return retention.Hold{}, err
	}
	return e.store.MarkHold(ctx, id, retention.HoldMark{Step: retention.StepTakeBack}, retention.By{Actor: actor, Action: "hold.take_back", Note: reason})
}

// ReviewHold records that a person has looked at a hold and that it stays, with a note, and
// when it is to be looked at next; nil for in a year. A hold that waits for a decision since
// its expiry is extended or released instead.
func (e *Engine) ReviewHold(ctx context.Context, actor retention.Actor, id, note string, next *time.Time) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	note, err := explained("note", note, "what the review found, such as who was asked and why the hold stays")
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := e.store.Hold(ctx, id)
	if err != nil {
		return h, err
	}
	if h.Status != retention.HoldActive {
		return h, retention.Conflictf("the hold is %s; a review is recorded of an active one (one that is review_due is extended or released)", h.Status)
	}
	if next == nil {
		now, err := e.store.Now(ctx)
		if err != nil {
			return h, err
		}
		at := retention.DefaultReview.After(now)
		next = &at
	}
	rev := retention.HoldRevision{ReviewAt: &next}
	if err := e.checkRevision(ctx, h, rev); err != nil {
		return h, err
	}
	return e.store.ReviseHold(ctx, id, h.Version, rev, retention.By{Actor: actor, Action: "hold.review", Note: note})
}

// endHold takes a hold out of force that has cooled off, and records its end. That it is being
// carried out is kept first: whoever takes the release back comes before that, or is refused.
func (e *Engine) endHold(ctx context.Context, h retention.Hold) (retention.Hold, error) {
	h, err := e.store.MarkHold(ctx, h.ID, retention.HoldMark{Step: retention.StepEnd}, retention.By{Actor: retention.System(), Action: "hold.end"})
	if errors.Is(err, retention.ErrConflict) && h.Status.Ended() {
		return h, nil // another process was faster
	}
	if err != nil {
		return h, err
	}
	// A person's release has a reason, an expiry has none.
	to, action := retention.HoldReleased, "hold.released"
	if h.ReleaseReason == "" {
		to, action = retention.HoldExpired, "hold.expire"
	}
	if err := e.keepEpoch(ctx); err != nil {
		return h, err
	}
	at, mark, err := e.target.EndHold(ctx, h.ID)
	if err != nil {
		return h, fmt.Errorf("end hold %s: %w", h.ID, err)
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
// into force, what is releasing ends, what is to fall out of a hold does, what has expired ends or becomes due for
// review. It is called every few seconds by every process; the steps are
// idempotent. It goes on past a hold that fails and answers the first failure.
func (e *Engine) SettleHolds(ctx context.Context) error {
	open, err := e.store.HoldsByStatus(ctx, retention.HoldApplying, retention.HoldActive, retention.HoldReviewDue, retention.HoldReleasing)
	if err != nil {
		return err
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, h := range open {
		if leftToRequest(h, now) {
			continue
		}
		for _, settle := range []func(context.Context, retention.Hold, time.Time) error{e.settleNarrowing, e.settle} {
			if err := settle(ctx, h, now); err != nil && !errors.Is(err, retention.ErrConflict) {
				errs = append(errs, err)
			}
		}
	}
	if err := e.target.CatchUpEnforcement(ctx); err != nil && !errors.Is(err, retention.ErrUnavailable) {
		errs = append(errs, err)
	}
	return errors.Join(append(errs, e.settleUploads(ctx), e.remind(ctx, now))...)
}

// settleAfter is how long an applying hold is left to the request that placed it.
const settleAfter = 10 * time.Second

// leftToRequest reports whether the request that placed a hold may still be at it.
func leftToRequest(h retention.Hold, now time.Time) bool {
	after := settleAfter
	if h.Enforced() {
		after += enforcePatience
	}
	return h.Status == retention.HoldApplying && now.Sub(h.CreatedAt) < after
}

func (e *Engine) settle(ctx context.Context, h retention.Hold, now time.Time) error {
	switch {
	case h.Status == retention.HoldApplying:
		if h.Awaits() {
			return nil
		}
		whole, err := e.store.HoldWithRecords(ctx, h.ID)
		if err == nil {
			err = e.judgeLate(ctx, whole)
		}
		if err == nil {
			_, err = e.applyHold(ctx, whole, 0)
		}
		return err
	case h.Status == retention.HoldReleasing && h.ReleasesAt != nil && h.ReleasesAt.After(now):
		return nil
	case h.Status == retention.HoldReleasing:
		_, err := e.endHold(ctx, h)
		return err
	case h.Status == retention.HoldReviewDue, h.ExpiresAt == nil || h.ExpiresAt.After(now):
		return nil
	case h.OnExpiry == retention.OnExpiryReview:
		_, err := e.store.MarkHold(ctx, h.ID, retention.HoldMark{Step: retention.StepReview}, retention.By{Actor: retention.System(), Action: "hold.review_due"})
		return err
	}
	return e.expire(ctx, h)
}

// expire ends a hold whose time has come, after a cooling-off period if there is one for
// expiries. Whether it has come is judged with the hold as it is then: somebody may have
// extended it.
func (e *Engine) expire(ctx context.Context, h retention.Hold) error {
	h, err := e.store.MarkHold(ctx, h.ID, retention.HoldMark{Step: retention.StepExpire, CoolsOff: e.expiryDelay}, retention.By{Actor: retention.System(), Action: "hold.expiry"})
	if err != nil || !e.expiryDelay.IsZero() {
		return err
	}
	_, err = e.endHold(ctx, h)
	return err
}

// remind tells of holds that expire in 30, 7 or 1 days, and of those that a person is to look
// at, each once.
func (e *Engine) remind(ctx context.Context, now time.Time) error {
	holds, err := e.store.DatedHolds(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, h := range holds {
		if days := h.Announce(now, h.DatedAt, h.Announced); days > 0 {
			_, err := e.store.AnnounceExpiry(ctx, h.ID, days, retention.By{Actor: retention.System(), Action: "hold.announce", Note: fmt.Sprintf("It expires in %d days or fewer.", days)})
			errs = append(errs, err)
		}
		if !h.ReviewTold && h.ReviewDue(now) {
			_, err := e.store.RemindReview(ctx, h.ID, retention.By{Actor: retention.System(), Action: "hold.remind"})
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}
