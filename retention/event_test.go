package retention_test

import (
	"encoding/json"
	"testing"
	"time"

	"holdfast/retention"
)

func str(s string) *string { return &s }

func someEvents() retention.EventBatch {
	at := time.Date(2026, 3, 1, 3, 0, 0, 0, time.FixedZone("CET", 3600))
	return retention.EventBatch{
		ID: "0b8e7c1e-0000-4000-8000-000000000001", Type: retention.EventDeleted, EntityType: "user", Policy: "orders", PolicyVersion: 3,
		RunID: "r", Action: retention.ActionDelete, InitiatedAt: at, OccurredAt: at.Add(time.Second),
		Count: 2, KeyParts: 1, Keys: []*string{str("O'Neil\n\"ж\""), nil},
		Columns: []retention.EventColumn{
			{Name: "region", Kind: retention.ValueText}, {Name: "n", Kind: retention.ValueInteger},
			{Name: "ok", Kind: retention.ValueBoolean}, {Name: "doc", Kind: retention.ValueJSON},
		},
		Included: []*string{str("EU"), nil, str("9007199254740993"), str("-1"), str("true"), str("false"), str(`{"a": [1]}`), str("null")},
	}
}

func TestAnEventCarriesItsEntityAndIncludedColumns(t *testing.T) {
	b := someEvents()
	for i, want := range []string{
		`{"doc":{"a":[1]},"entity_id":"O'Neil\n\"ж\"","entity_type":"user","initiated_at":"2026-03-01T02:00:00Z","n":9007199254740993,"ok":true,"policy":"orders","policy_version":3,"region":"EU","run":"r","type":"delete"}`,
		`{"doc":null,"entity_id":null,"entity_type":"user","initiated_at":"2026-03-01T02:00:00Z","n":-1,"ok":false,"policy":"orders","policy_version":3,"region":null,"run":"r","type":"delete"}`,
	} {
		e, err := b.Event(i, "https://holdfast.example.com")
		if err != nil {
			t.Fatal(err)
		}
		if got := string(e.Data); got != want {
			t.Errorf("event %d: got data\n%s\nwant\n%s", i, got, want)
		}
		if e.ID != retention.EventID(b.ID, i) || e.SpecVersion != "1.0" || e.Type != retention.EventDeleted {
			t.Errorf("event %d: got envelope %+v", i, e)
		}
	}
}

func TestACompositeEntityIsAnArrayAndNULLOrdersWithNothing(t *testing.T) {
	b := someEvents()
	b.KeyParts, b.Keys = 2, []*string{str("a"), str("a,b"), str("b"), nil}
	e, err := b.Event(0, "x")
	if err != nil {
		t.Fatal(err)
	}
	var data struct {
		EntityID any `json:"entity_id"`
	}
	if err := json.Unmarshal(e.Data, &data); err != nil {
		t.Fatal(err)
	}
	if got, ok := data.EntityID.([]any); !ok || len(got) != 2 || got[0] != "a" || got[1] != "b" {
		t.Errorf("got entity_id %v, want [a b]", data.EntityID)
	}
	if got, want := b.Entity(0), `"user","a","b"`; got != want {
		t.Errorf("got entity %s, want %s", got, want)
	}
	if got, want := b.Entity(1), retention.EventID(b.ID, 1); got != want {
		t.Errorf("got entity %s of a NULL key, want %s: its own", got, want)
	}
}

func TestEventIDsAreReadBackOrRefused(t *testing.T) {
	batch, i, ok := retention.ParseEventID(retention.EventID("0b8e7c1e-0000-4000-8000-000000000001", 17))
	if !ok || batch != "0b8e7c1e-0000-4000-8000-000000000001" || i != 17 {
		t.Errorf("got %s %d %v", batch, i, ok)
	}
	for _, bad := range []string{"", "x", "x-", "x-01", "x-1e3", "x-+1"} {
		if batch, i, ok := retention.ParseEventID(bad); ok {
			t.Errorf("%q was read as event %d of %s", bad, i, batch)
		}
	}
}
