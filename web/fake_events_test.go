package web

import (
	"context"
	"encoding/json"
	"time"

	"holdfast/retention"
)

// Events lists the events that fit.
func (s *fakeStore) Events(_ context.Context, f retention.EventFilter, _ retention.Page) ([]retention.LoggedEvent, string, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.LoggedEvent
	for _, l := range s.logged {
		if f.Type == "" || f.Type == l.Event.Type {
			out = append(out, l)
		}
	}
	return out, "", err
}

func fillEvents(s *fakeStore) {
	id := func(s string) *string { return &s }
	run := retention.EventBatch{
		ID: "0b8e7c1e-0000-4000-8000-000000000001", No: 2, Type: retention.EventDeleted, EntityType: "user", Policy: "support_tickets", PolicyVersion: 1, RunID: "0195-run-ok",
		Action: retention.ActionDelete, InitiatedAt: ago(5 * time.Hour), OccurredAt: ago(5*time.Hour - time.Second), Count: 3, KeyParts: 2,
		Keys:    []*string{id("eu"), id("us"), nil, id("4711"), id(`O'Neil <b>"x"</b>`), id("4713")},
		Columns: []retention.EventColumn{{Name: "region", Kind: retention.ValueText}}, Included: []*string{id("EU"), id("Île-de-France"), nil},
	}
	hold := retention.EventBatch{
		ID: "0b8e7c1e-0000-4000-8000-000000000002", No: 1, Type: retention.EventHoldPlaced, EntityType: "hold", InitiatedAt: ago(26 * time.Hour), OccurredAt: ago(26 * time.Hour), Count: 1, KeyParts: 1, Keys: []*string{id(holdID)},
		Data: json.RawMessage(`{"type": "hold.placed", "entity_type": "hold", "entity_id": "0195-acme", "hold": "0195-acme", "matter": "ACME v. Initech", "created_by": "jane@example.com", "tables": [{"table": "public.orders", "all": false, "record_count": 20}]}`),
	}
	for _, b := range []retention.EventBatch{run, hold} {
		for i := range b.Count {
			e, err := b.Event(i, "https://holdfast.example.com")
			if err != nil {
				panic(err)
			}
			s.logged = append(s.logged, retention.LoggedEvent{No: b.No, Position: i, Event: e})
		}
	}
}
