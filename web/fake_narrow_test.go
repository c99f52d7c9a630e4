package web

import (
	"context"
	"slices"
	"time"

	"holdfast/retention"
)

// fallsOut has parts fall out of the first hold: one has, and one does later.
func fallsOut(s *fakeStore) {
	h := &s.holds[0]
	before := *h
	before.Scope = slices.Clone(h.Scope)
	ends, ended, from := s.now.Add(50*time.Hour), s.now.Add(-3*time.Hour), 0
	h.Scope = append(slices.Clone(h.Scope),
		retention.Scope{Table: public("orders"), RecordCount: 3, SplitFrom: &from, ReleasesAt: &ends, ReleasedBy: "jane@example.com", ReleaseReason: "Counsel named three orders that are not evidence."},
		retention.Scope{Table: public("support_tickets"), Condition: "customer_id = 42", RecordCount: 17, ReleasesAt: &ended, ReleasedBy: "jane@example.com", ReleaseReason: "No ticket is about it.", EndedAt: &ended, EndedEpoch: 44})
	s.records[h.ID][0].Until = &ended
	jane := retention.By{Actor: retention.Actor{Kind: retention.ActorUser, Name: "jane@example.com"}, Action: "hold.narrow", Note: "Counsel named three orders that are not evidence."}
	s.record("hold/"+h.ID, before, *h, jane)
}

func (s *fakeStore) NarrowHold(_ context.Context, id string, parts []retention.ScopePart, coolsOff retention.Period, by retention.By) (retention.Hold, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := s.find(id)
	if err != nil {
		return retention.Hold{}, err
	}
	if err := h.CheckNarrowing(parts); err != nil {
		return *h, err
	}
	h.Scope = slices.Clone(h.Scope)
	at := h.CoolsOff(coolsOff).After(s.now)
	for _, p := range parts {
		i := p.Index
		if len(p.RecordIDs) > 0 {
			from := i
			i = len(h.Scope)
			h.Scope = append(h.Scope, retention.Scope{Table: h.Scope[from].Table, RecordCount: int64(len(p.RecordIDs)), SplitFrom: &from})
		}
		h.Scope[i].ReleasesAt, h.Scope[i].ReleasedBy, h.Scope[i].ReleaseReason = &at, by.Actor.Name, by.Note
	}
	s.record("hold/"+id, nil, *h, by)
	return *h, nil
}

func (s *fakeStore) KeepScope(_ context.Context, id string, index int, by retention.By) (retention.Hold, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := s.find(id)
	if err != nil {
		return retention.Hold{}, err
	}
	if err := h.CheckScopeTakeBack(index, s.now); err != nil {
		return *h, err
	}
	h.Scope = slices.Clone(h.Scope)
	h.Scope[index].ReleasesAt = nil
	s.record("hold/"+id, nil, *h, by)
	return *h, nil
}

func (t *fakeTarget) SplitScopes(context.Context, retention.Hold) error { return t.down }
