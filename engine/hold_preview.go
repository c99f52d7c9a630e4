package engine

import (
	"context"
	"slices"

	"holdfast/retention"
)

// PreviewHold says what a hold would cover, and places nothing: how many rows there are now,
// how many of them the next run would take, and what was disposed of already, so far as the
// evidence tells. What is wrong with the scopes is refused as PlaceHold would.
func (e *Engine) PreviewHold(ctx context.Context, actor retention.Actor, scopes []retention.Scope) (retention.HoldPreview, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.HoldPreview{}, err
	}
	h := retention.Hold{Matter: "preview", Reason: "preview", OnExpiry: retention.OnExpiryRelease, Scope: slices.Clone(scopes)}
	now, err := e.store.Now(ctx)
	if err != nil {
		return retention.HoldPreview{}, err
	}
	if err := h.Validate(now); err != nil {
		return retention.HoldPreview{}, err
	}
	if err := e.CheckScopes(ctx, actor, h.Scope); err != nil {
		return retention.HoldPreview{}, err
	}
	for i := range h.Scope {
		h.Scope[i].RecordIDs = distinct(h.Scope[i].RecordIDs)
	}
	live, err := e.allPolicies(ctx)
	if err != nil {
		return retention.HoldPreview{}, err
	}
	var active []retention.Policy
	for _, p := range live {
		if p.Enabled {
			active = append(active, p.Among(live))
		}
	}
	p, missing, err := e.target.PreviewHold(ctx, h, active)
	if err != nil {
		return p, err
	}
	for i := range p.Scopes {
		if err := e.gone(ctx, &p.Scopes[i], missing[i]); err != nil {
			return p, err
		}
	}
	return p, nil
}

// gone looks into the evidence for what a scope has lost.
func (e *Engine) gone(ctx context.Context, s *retention.ScopePreview, missing []retention.MissingRecord) (err error) {
	g := &s.Gone
	if g.Total, err = e.store.DisposedOf(ctx, s.Table); err != nil {
		return err
	}
	if g.Untold, g.UntoldUntil, err = e.store.Untold(ctx, s.Table); err != nil {
		return err
	}
	g.LookedUp = len(missing)
	for _, m := range missing {
		for _, digest := range m.Digests {
			found, err := e.store.Disposals(ctx, s.Table, digest)
			if err != nil {
				return err
			}
			if len(found) > 0 {
				b := found[0].Batch
				g.Found = append(g.Found, retention.GoneRecord{Key: m.Key, At: b.CommittedAt, Policy: b.Policy, Action: b.Action, RunID: b.RunID})
				break
			}
		}
	}
	return nil
}
