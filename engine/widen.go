package engine

import (
	"context"
	"errors"
	"slices"

	"holdfast/retention"
)

// WidenHold has a hold in force cover more: records by id, with what belongs to them where that
// is asked for, what fits a condition, or whole tables, with a reason. When it returns they are in force; each is a scope of its own with
// its own moment. If the governed database goes away in the middle they come into force by
// themselves later, which the scopes say.
func (e *Engine) WidenHold(ctx context.Context, actor retention.Actor, id string, scopes []retention.Scope, why string) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	why, err := explained("change_reason", why, "why the hold covers more than before")
	if err != nil {
		return retention.Hold{}, err
	}
	for i, s := range scopes {
		if s.Upload != "" {
			return retention.Hold{}, retention.Invalid(retention.ScopeField(i, "upload"), "is for a hold that is placed; a list is sent to a hold in force as it is")
		}
	}
	before, err := e.store.Hold(ctx, id)
	if err != nil {
		return before, err
	}
	more := retention.Hold{Scope: scopes, Enforcement: before.Enforcement}
	if err := e.checkScopes(ctx, &more); err != nil {
		return before, err
	}
	if err := e.checkEnforceable(ctx, more); err != nil {
		return before, err
	}
	scopes = slices.Clone(more.Scope)
	for i := range scopes {
		scopes[i].RecordIDs = distinct(scopes[i].RecordIDs)
	}
	h, from, err := e.store.AddScopes(ctx, id, scopes, retention.By{Actor: actor, Action: "hold.widen", Note: why})
	if err != nil {
		return h, err
	}
	ctx = context.WithoutCancel(ctx)
	wider, err := e.finishWidening(ctx, h, from, scopes)
	if errors.Is(err, retention.ErrUnavailable) || errors.Is(err, retention.ErrBusy) {
		e.log.WarnContext(ctx, "what was added to a hold is not in force yet", "hold", id, "error", err)
		// The next run, or whoever settles holds, does it: no run goes before.
		return h, e.store.StopUpload(ctx, id, from)
	}
	return wider, err
}

// finishWidening puts scopes in force that were added to a hold in force, with all their ids,
// from the given place on.
func (e *Engine) finishWidening(ctx context.Context, h retention.Hold, from int, scopes []retention.Scope) (retention.Hold, error) {
	if err := e.keepEpoch(ctx); err != nil {
		return h, err
	}
	at, epoch, mark, err := e.target.WidenHold(ctx, h, from, scopes)
	if err != nil {
		return h, err
	}
	if err := e.store.SetGuard(ctx, mark); err != nil {
		return h, err
	}
	counts, err := e.target.CountHold(ctx, retention.Hold{ID: h.ID, Scope: scopes})
	if err != nil {
		return h, err
	}
	for i, c := range counts {
		c.Index = from + i
		h, err = e.store.FinishUpload(ctx, h.ID, c.Index, &at, epoch, c, false, retention.By{Actor: retention.System(), Action: "hold.widened"})
		if err != nil {
			return h, err
		}
	}
	return h, nil
}
