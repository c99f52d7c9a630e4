package retention

import (
	"context"
	"slices"
	"time"
)

// ScopePart is what is to fall out of a hold that stays in force: a scope, or some records of
// one that has a list of them.
type ScopePart struct {
	// Index is the scope's place in the hold.
	Index int
	// RecordIDs are those records; without any the scope falls out as a whole.
	RecordIDs []Key
}

// ScopeEnd is since when a scope covers nothing any more, and the first list of holds without
// it.
type ScopeEnd struct {
	Index int
	At    time.Time
	Epoch int64
}

// ScopeKeys hands out the ids of one scope of a hold in order, some at a time.
type ScopeKeys func(ctx context.Context, scope int, do func(keys []Key) error) error

// errFalling: what falls out is told from what stays by the lists of all scopes, which must stay
// as they are meanwhile.
var errFalling = Conflictf("a part of what the hold covers is falling out of it at this moment; try again in a few seconds")

// fallsNow reports whether the end of a scope is being carried out.
func (h *Hold) fallsNow() bool {
	return slices.ContainsFunc(h.Scope, func(s Scope) bool { return s.Ending })
}

// Changing reports whether a list, or a change of what the hold covers, is on its way.
func (h *Hold) Changing() bool {
	return h.fallsNow() || slices.ContainsFunc(h.Scope, func(s Scope) bool { return s.Upload == UploadUnderWay })
}

// Ended reports whether the scope covers nothing any more, in a hold that may be in force.
func (s *Scope) Ended() bool { return s.EndedAt != nil }

// Releasing reports whether the scope is to fall out of its hold. Until then it is in force.
func (s *Scope) Releasing() bool { return s.ReleasesAt != nil && s.EndedAt == nil }

// ByID reports whether the scope is of records by id.
func (s *Scope) ByID() bool { return !s.All && s.Condition == "" }

// PartField is the path of member name of the i-th part of a narrowing in an error.
func PartField(i int, name string) string { return "scopes[" + itoa(i) + "]." + name }

// PartRecordField is the path of the j-th id of the i-th part in an error.
func PartRecordField(i, j int) string { return PartField(i, "record_ids["+itoa(j)+"]") }

// maxUnknown bounds the ids that one refusal names.
const maxUnknown = 100

// AddUnknown adds to what is wrong with a narrowing that the j-th id of its i-th part, which
// names a scope, is none of that scope's.
func (p *Problems) AddUnknown(i, j, scope int, id Key) {
	if len(*p) < maxUnknown {
		p.Add(PartRecordField(i, j), "%q is no record of scope %d of the hold", id.Text(), scope)
	}
}

// CheckNarrowing judges what is to fall out of a hold, without its records: an InvalidError
// where it is no part of the hold, ErrConflict where it cannot fall out now.
func (h *Hold) CheckNarrowing(parts []ScopePart) error {
	switch {
	case h.Status == HoldApplying:
		return Conflictf("the hold is not in force yet; it will be by itself, or once its list of records is there")
	case h.Status.Ended():
		return Conflictf("the hold has ended (%s)", h.Status)
	case h.Status == HoldReleasing:
		return Conflictf("the hold is being released as a whole; take that back first")
	case h.fallsNow():
		return errFalling
	}
	var bad Problems
	if len(parts) == 0 {
		bad.Add("scopes", "is required: at least one scope of the hold, by its index")
	}
	seen := map[int]bool{}
	for i, p := range parts {
		switch {
		case p.Index < 0 || p.Index >= len(h.Scope):
			bad.Add(PartField(i, "index"), "is %d; the hold has %d scopes, the first of which is 0", p.Index, len(h.Scope))
		case seen[p.Index]:
			bad.Add(PartField(i, "index"), "is %d once more; name each scope once, with all of its records that are to fall out", p.Index)
		case len(p.RecordIDs) > 0 && !h.Scope[p.Index].ByID():
			bad.Add(PartField(i, "record_ids"), "goes with a list of records alone; leave it out to let the whole scope fall out, and hold what must stay by another scope first")
		}
		seen[p.Index] = true
	}
	if err := bad.Err(); err != nil {
		return err
	}
	return h.canFallOut(parts)
}

func (h *Hold) canFallOut(parts []ScopePart) error {
	stays := func(i int) bool {
		s := &h.Scope[i]
		whole := func(p ScopePart) bool { return p.Index == i && len(p.RecordIDs) == 0 }
		return !s.Ended() && !s.Releasing() && !slices.ContainsFunc(parts, whole)
	}
	left := false
	for i := range h.Scope {
		left = left || stays(i)
	}
	for _, p := range parts {
		s := &h.Scope[p.Index]
		switch {
		case s.Ended():
			return Conflictf("scope %d covers nothing any more, since %s", p.Index, s.EndedAt.UTC().Format(time.RFC3339))
		case s.Releasing():
			return Conflictf("scope %d falls out already, at %s; until then that can be taken back", p.Index, s.ReleasesAt.UTC().Format(time.RFC3339))
		case s.Upload != "":
			return Conflictf("what was added to the hold as scope %d is not in force yet; try again when it is", p.Index)
		}
	}
	if !left {
		return Conflictf("nothing would be left in force of the hold; release it instead")
	}
	return nil
}

// CheckScopeTakeBack is why a scope that is to fall out of the hold cannot be kept; nil if it
// can.
func (h *Hold) CheckScopeTakeBack(index int, now time.Time) error {
	if index < 0 || index >= len(h.Scope) {
		return Invalid("index", "is %d; the hold has %d scopes, the first of which is 0", index, len(h.Scope))
	}
	s := &h.Scope[index]
	switch {
	case h.Status.Ended():
		return Conflictf("the hold has ended (%s); place a new one", h.Status)
	case s.Ended():
		return Conflictf("scope %d covers nothing any more, since %s; widen the hold", index, s.EndedAt.UTC().Format(time.RFC3339))
	case !s.Releasing():
		return Conflictf("scope %d is not to fall out of the hold; there is nothing to take back", index)
	case s.Ending || !s.ReleasesAt.After(now):
		return Conflictf("the cooling-off period of scope %d is over and its end is being carried out; widen the hold", index)
	}
	return nil
}

// Falling are the places of the scopes whose cooling-off period is over, and whose end is still
// to be carried out.
func (h *Hold) Falling(now time.Time) (at []int) {
	for i := range h.Scope {
		if s := &h.Scope[i]; s.Ending || s.Releasing() && !s.ReleasesAt.After(now) {
			at = append(at, i)
		}
	}
	return at
}

// InForceScopes is the hold with the scopes alone that cover something yet.
func (h *Hold) InForceScopes() Hold {
	out := *h
	out.Scope = slices.DeleteFunc(slices.Clone(h.Scope), func(s Scope) bool { return s.Ended() })
	return out
}
