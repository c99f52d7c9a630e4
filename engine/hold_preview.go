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
	h := retention.Hold{Scope: slices.Clone(scopes)}
	if err := e.CheckScopes(ctx, actor, h.Scope); err != nil {
		return retention.HoldPreview{}, err
	}
	for i := range h.Scope {
		h.Scope[i].RecordIDs = distinct(h.Scope[i].RecordIDs)
	}
	return e.preview(ctx, h, retention.Period{})
}

// PreviewRelease says what becomes due when a hold ends, if its release is asked for now: as
// of the end of its cooling-off period, what the next run takes of what it covers, unless
// another hold keeps it.
func (e *Engine) PreviewRelease(ctx context.Context, actor retention.Actor, id string) (retention.HoldPreview, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.HoldPreview{}, err
	}
	h, err := e.store.HoldWithRecords(ctx, id)
	if err != nil {
		return retention.HoldPreview{}, err
	}
	if h.Status.Ended() {
		return retention.HoldPreview{}, retention.Conflictf("the hold has ended (%s)", h.Status)
	}
	h = h.InForceScopes()
	return e.preview(ctx, h, h.CoolsOff(e.releaseDelay))
}

// preview looks at a hold under the policies that are active. stays are the scopes of one in
// force that go on keeping rows. A list of no ids covers nothing and is not looked at.
func (e *Engine) preview(ctx context.Context, h retention.Hold, after retention.Period, stays ...int) (retention.HoldPreview, error) {
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
	asked, out := h, make([]retention.ScopePreview, len(h.Scope))
	asked.Scope = nil
	var at []int
	for i, s := range h.Scope {
		out[i] = retention.ScopePreview{Table: s.Table, Family: s.Family}
		if !s.ByID() || len(s.RecordIDs) > 0 {
			asked.Scope, at = append(asked.Scope, s), append(at, i)
		}
	}
	p, ids, err := e.target.PreviewHold(ctx, asked, active, after, stays...)
	if err != nil {
		return p, err
	}
	for n, i := range at {
		if out[i] = p.Scopes[n]; h.Scope[i].Upload != "" {
			continue
		}
		if err := e.gone(ctx, &out[i], ids[n]); err != nil {
			return p, err
		}
		for b := range out[i].Belongings {
			of := &out[i].Belongings[b]
			if err := e.gone(ctx, of, of.Gone.Ask); err != nil {
				return p, err
			}
		}
	}
	for i, s := range h.Scope {
		if s.Upload != "" {
			out[i].Problem = "its records come as a list, and are counted when that has arrived"
		}
	}
	p.Scopes = out
	return p, nil
}

// gone looks into the evidence for what a scope has lost.
func (e *Engine) gone(ctx context.Context, s *retention.ScopePreview, ids []retention.EvidenceKey) (err error) {
	g := &s.Gone
	if g.Total, err = e.store.DisposedOf(ctx, g.Logical); err != nil {
		return err
	}
	if g.Total == 0 {
		g.Untellable = "" // there is nothing to tell
	}
	if g.Untold, g.UntoldUntil, err = e.store.Untold(ctx, g.Logical); err != nil {
		return err
	}
	g.LookedUp = len(ids)
	for _, id := range ids {
		found, err := e.store.Disposals(ctx, g.Logical, id.Digest)
		if err != nil {
			return err
		}
		if len(found) > 0 {
			b := found[0].Batch
			g.Found = append(g.Found, retention.GoneRecord{Key: id.Key, At: b.CommittedAt, Policy: b.Policy, Action: b.Action, RunID: b.RunID})
		}
	}
	return nil
}
