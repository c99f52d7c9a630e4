package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

// lateTarget is a governed database in which something happens between the staging
// of a hold and its coming into force.
type lateTarget struct {
	*target.Target
	before func()
}

func (l *lateTarget) ActivateHold(ctx context.Context, id string, ended *int64) (time.Time, retention.GuardMark, error) {
	l.before()
	return l.Target.ActivateHold(ctx, id, ended)
}

func TestAnIDWhoseRowGoesBeforeTheHoldIsInForceIsNotReportedAsFound(t *testing.T) {
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.events SELECT i, now() - interval '90 days' FROM generate_series(1, 4) AS i`)
	late := &lateTarget{Target: h.target, before: func() { h.exec(`DELETE FROM public.events WHERE id IN (2, 3)`) }}
	h.engine = engine.New(h.store, late, engine.Options{Pace: retention.PaceMax})

	placed := h.mustHold(holdOn("events", "1", "2", "3", "5"))
	wantNotFound(t, h.store, placed.ID, 4, "2", "3", "5")
}

// wantNotFound checks what the store says of a hold's only scope.
func wantNotFound(t *testing.T, s *store.Store, id string, records int64, ids ...string) {
	t.Helper()
	got, err := s.Hold(t.Context(), id)
	if err != nil {
		t.Fatal(err)
	}
	scope := got.Scope[0]
	if scope.RecordCount != records || scope.NotFoundCount != int64(len(ids)) || len(scope.NotFound) != len(ids) {
		t.Fatalf("the hold says %d records and %d not found, %v; want %d, and not found %v", scope.RecordCount, scope.NotFoundCount, scope.NotFound, records, ids)
	}
	for i, want := range ids {
		if scope.NotFound[i][0] != want {
			t.Errorf("not found are %v, want %v", scope.NotFound, ids)
		}
	}
	held, _, err := s.HoldRecords(t.Context(), id, retention.Page{})
	if err != nil {
		t.Fatal(err)
	}
	missing := 0
	for _, r := range held {
		if !r.Found {
			missing++
		}
	}
	if missing != len(ids) {
		t.Errorf("the list of ids says that %d had no row, want %d: %v", missing, len(ids), held)
	}
}

// TestAHoldThatHasEndedIsNotPutInForceByWhoCameLate: a second process completes it, and it is
// released, before the first has put it in force.
func TestAHoldThatHasEndedIsNotPutInForceByWhoCameLate(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	other := h.engine
	var id string
	late := &lateTarget{Target: h.target, before: func() {
		id = pgtest.Value[string](t, h.storeURL, `UPDATE holdfast.hold SET created_at = created_at - interval '1 minute' RETURNING id::text`)
		if err := other.SettleHolds(t.Context()); err != nil {
			t.Fatal(err)
		}
		if _, err := other.ReleaseHold(t.Context(), h.actor, id, "settled"); err != nil {
			t.Fatal(err)
		}
	}}
	h.engine = engine.New(h.store, late, engine.Options{Pace: retention.PaceMax})
	if _, err := h.engine.PlaceHold(t.Context(), h.actor, holdOn("r", "2")); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "has ended") {
		t.Errorf("got %v, want that the hold has ended meanwhile", err)
	}
	if got := h.hold(id); got.Status != retention.HoldReleased {
		t.Errorf("the hold is %s, want released", got.Status)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.hold WHERE state = 'active'`); n != 0 {
		t.Error("the guard has it in force, and nobody wants it to")
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.held_1`); n != 0 {
		t.Errorf("the guard keeps %d of its ids", n)
	}
}
