package engine

import (
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"holdfast/retention"
)

// narrowChunk is how many ids of a list that falls out go in one transaction, and of one that
// stays are compared with them at once.
const narrowChunk = 50_000

// NarrowHold lets a part of what a hold covers fall out of it, with a reason: scopes, or records
// of those that have a list. It is a release of that part: until its cooling-off period is over
// it stays in force, and can be taken back (TakeBackNarrowing). Without one it has fallen out
// when this returns; if that cannot be carried out now, it stays in force, and falls out by
// itself later. What another scope of the hold covers too stays held by that.
func (e *Engine) NarrowHold(ctx context.Context, actor retention.Actor, id string, parts []retention.ScopePart, why string) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	why, err := explained("change_reason", why, "why these records need not be kept any more")
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := e.store.Hold(ctx, id)
	if err != nil {
		return h, err
	}
	if parts, err = e.partsOf(ctx, h, parts); err != nil {
		return h, err
	}
	h, err = e.store.NarrowHold(ctx, id, parts, e.releaseDelay, retention.By{Actor: actor, Action: "hold.narrow", Note: why})
	if err != nil {
		return h, err
	}
	ctx = context.WithoutCancel(ctx)
	if slices.ContainsFunc(h.Scope, func(s retention.Scope) bool { return s.SplitFrom != nil && s.Releasing() }) {
		// They are covered by the list that they come from, until that falls out: which has the
		// guard know them before.
		if err := e.target.SplitScopes(ctx, h); err != nil {
			e.log.WarnContext(ctx, "what is to fall out of a hold is not known apart in the governed database yet", "hold", id, "error", err)
		}
	}
	if !h.CoolsOff(e.releaseDelay).IsZero() {
		return h, nil
	}
	narrower, err := e.endScopes(ctx, h, nil)
	if errors.Is(err, retention.ErrUnavailable) || errors.Is(err, retention.ErrBusy) || errors.Is(err, retention.ErrConflict) {
		e.log.WarnContext(ctx, "a part of a hold has not fallen out of it yet", "hold", id, "error", err)
		return e.store.Hold(ctx, id)
	}
	return narrower, err
}

// partsOf checks what is to fall out of a hold, and writes the ids as the server does.
func (e *Engine) partsOf(ctx context.Context, h retention.Hold, parts []retention.ScopePart) ([]retention.ScopePart, error) {
	if err := h.CheckNarrowing(parts); err != nil {
		return nil, err
	}
	parts = slices.Clone(parts)
	asked := retention.Hold{Scope: make([]retention.Scope, len(parts))}
	for i := range parts {
		asked.Scope[i].All = true // there is nothing to read
		if len(parts[i].RecordIDs) == 0 {
			continue
		}
		ids := make([]retention.Key, len(parts[i].RecordIDs))
		for j, id := range parts[i].RecordIDs {
			ids[j] = slices.Clone(id)
		}
		parts[i].RecordIDs = ids
		asked.Scope[i] = retention.Scope{Table: h.Scope[parts[i].Index].Table, RecordIDs: ids}
	}
	err := e.target.CheckKeys(ctx, asked)
	if errors.Is(err, retention.ErrNotFound) {
		return parts, nil // its table is gone: the ids are those of the list as they are written
	}
	if bad, ok := errors.AsType[*retention.InvalidError](err); ok {
		fields := slices.Clone(bad.Fields)
		for i := range fields {
			fields[i].Field = strings.Replace(fields[i].Field, "scope[", "scopes[", 1)
		}
		return nil, &retention.InvalidError{Fields: fields}
	}
	return parts, err
}

// TakeBackNarrowing keeps a scope that is to fall out of a hold and whose cooling-off period is
// not over, with a reason.
func (e *Engine) TakeBackNarrowing(ctx context.Context, actor retention.Actor, id string, index int, reason string) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	reason, err := explained("reason", reason, "why these records are kept")
	if err != nil {
		return retention.Hold{}, err
	}
	return e.store.KeepScope(ctx, id, index, retention.By{Actor: actor, Action: "hold.narrow_take_back", Note: reason})
}

// endScopes takes scopes out of force that have cooled off, and records it. That it is being
// carried out is kept first: whoever takes one back comes before that, or is refused, and no
// list of the hold grows meanwhile. again are scopes that have ended and that the guard has
// still, or again.
func (e *Engine) endScopes(ctx context.Context, h retention.Hold, again []int) (retention.Hold, error) {
	h, falls, err := e.store.BeginScopesEnd(ctx, h.ID, again, retention.By{Actor: retention.System(), Action: "hold.narrow_end"})
	if err != nil || len(falls) == 0 {
		return h, err
	}
	if err := e.keepEpoch(ctx); err != nil {
		return h, err
	}
	ends, mark, err := e.target.NarrowHold(ctx, h, falls, func(ctx context.Context, scope int, do func([]retention.Key) error) error {
		return e.store.EachScopeKeys(ctx, h.ID, scope, narrowChunk, do)
	})
	if err != nil {
		return h, err
	}
	if h, err = e.store.ScopesEnded(ctx, h.ID, ends, retention.By{Actor: retention.System(), Action: "hold.narrowed"}); err != nil {
		return h, err
	}
	return h, e.store.SetGuard(ctx, mark)
}

// settleNarrowing has what has cooled off fall out of a hold.
func (e *Engine) settleNarrowing(ctx context.Context, h retention.Hold, now time.Time) error {
	if !h.Status.InForce() || h.Ending || len(h.Falling(now)) == 0 {
		return nil
	}
	_, err := e.endScopes(ctx, h, nil)
	return err
}

// reconcileScopes compares the scopes of holds in force with the guard's, one of which may have
// been restored to before a narrowing, or to after one that the other does not know. altered
// gets the holds of which the guard has ended what is in force.
func (e *Engine) reconcileScopes(ctx context.Context, must []retention.Hold, altered []string) ([]string, error) {
	left, ended, err := e.target.GuardScopes(ctx)
	if err != nil {
		return altered, err
	}
	for _, h := range must {
		var again []int
		lost := false
		for i, s := range h.Scope {
			if s.Ended() && slices.Contains(left[h.ID], i) {
				again = append(again, i)
			}
			lost = lost || !s.Ended() && slices.Contains(ended[h.ID], i)
		}
		if len(again) > 0 {
			e.log.WarnContext(ctx, "the governed database has a part of a hold that fell out of it; it is taken out again", "hold", h.ID)
			if _, err := e.endScopes(ctx, h, again); err != nil && !errors.Is(err, retention.ErrConflict) {
				return altered, err
			}
		}
		if !lost {
			continue
		}
		// What was read before may be older than the end of a scope.
		now, err := e.store.Hold(ctx, h.ID)
		if err != nil {
			return altered, err
		}
		for i, s := range now.Scope {
			if !s.Ended() && !s.Ending && slices.Contains(ended[h.ID], i) {
				altered = append(altered, h.ID)
				break
			}
		}
	}
	return altered, nil
}

// PreviewNarrowing says what becomes due when a part of a hold falls out of it, if that is asked
// for now: as of the end of the cooling-off period, what the next run takes of it, unless another
// hold or another scope of this one keeps it.
func (e *Engine) PreviewNarrowing(ctx context.Context, actor retention.Actor, id string, parts []retention.ScopePart) (retention.HoldPreview, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.HoldPreview{}, err
	}
	h, err := e.store.HoldWithRecords(ctx, id)
	if err != nil {
		return retention.HoldPreview{}, err
	}
	if parts, err = e.partsOf(ctx, h, parts); err != nil {
		return retention.HoldPreview{}, err
	}
	f := falling{hold: h, parts: parts}
	if err := f.check(); err != nil {
		return retention.HoldPreview{}, err
	}
	out := retention.Hold{ID: h.ID}
	var kept []int64
	for i := range parts {
		s, n := f.scope(i)
		out.Scope, kept = append(out.Scope, s), append(kept, n)
	}
	p, err := e.preview(ctx, out, h.CoolsOff(e.releaseDelay), f.stays()...)
	for i := range p.Scopes {
		p.Scopes[i].KeptCount = kept[i]
	}
	return p, err
}

// falling is what a narrowing would let go, before anything is changed. Ids are compared as
// texts here: the guard compares them by the key's equality when it comes to it.
type falling struct {
	hold  retention.Hold
	parts []retention.ScopePart
}

// check refuses ids that are not in their scope.
func (f *falling) check() error {
	var bad retention.Problems
	for i, p := range f.parts {
		has := textsOf(f.hold.Scope[p.Index].RecordIDs)
		for j, id := range p.RecordIDs {
			if _, there := has[id.Text()]; !there {
				bad.AddUnknown(i, j, p.Index, id)
			}
		}
	}
	return bad.Err()
}

func textsOf(ids []retention.Key) map[string]struct{} {
	has := make(map[string]struct{}, len(ids))
	for _, id := range ids {
		has[id.Text()] = struct{}{}
	}
	return has
}

// scope is what falls out by one part, but for the ids that stay by another list, whose number
// it answers.
func (f *falling) scope(i int) (s retention.Scope, kept int64) {
	p := f.parts[i]
	s = f.hold.Scope[p.Index]
	if !s.ByID() {
		return s, 0
	}
	if len(p.RecordIDs) > 0 {
		s.RecordIDs = distinct(p.RecordIDs)
	}
	stays := map[string]struct{}{}
	for at, o := range f.hold.Scope {
		if o.Table != s.Table || !o.ByID() || o.Ended() || o.Releasing() {
			continue
		}
		goes := func(p retention.ScopePart) bool { return p.Index == at }
		of := slices.IndexFunc(f.parts, goes)
		if of >= 0 && len(f.parts[of].RecordIDs) == 0 {
			continue
		}
		var out map[string]struct{}
		if of >= 0 {
			out = textsOf(f.parts[of].RecordIDs)
		}
		for _, id := range o.RecordIDs {
			text := id.Text()
			if _, falls := out[text]; !falls {
				stays[text] = struct{}{}
			}
		}
	}
	before := len(s.RecordIDs)
	s.RecordIDs = slices.DeleteFunc(slices.Clone(s.RecordIDs), func(id retention.Key) bool {
		_, stay := stays[id.Text()]
		return stay
	})
	return s, int64(before - len(s.RecordIDs))
}

// stays are the other scopes that keep rows all the same. Lists of a table of which a list falls
// out are none of them: the guard has the ids of both as one, and those that stay are left out
// already.
func (f *falling) stays() (at []int) {
	listed := func(table retention.TableName) bool {
		return slices.ContainsFunc(f.parts, func(p retention.ScopePart) bool {
			s := &f.hold.Scope[p.Index]
			return s.ByID() && s.Table == table
		})
	}
	for i, s := range f.hold.Scope {
		falls := slices.ContainsFunc(f.parts, func(p retention.ScopePart) bool { return p.Index == i })
		if !falls && !s.Ended() && !s.Releasing() && !(s.ByID() && listed(s.Table)) {
			at = append(at, i)
		}
	}
	return at
}
