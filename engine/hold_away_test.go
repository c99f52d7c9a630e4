package engine_test

import (
	"context"
	"errors"
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/engine/plan"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// gone is a governed database that cannot be reached when a hold is placed.
type gone struct{ engine.Target }

func (gone) Table(context.Context, retention.TableName) (*plan.Table, error) {
	return nil, retention.ErrUnavailable
}

// placedWhileAway is a hold that was placed while the governed database was away, as long ago as
// one is left to its request at least.
func (h *house) placedWhileAway(hold retention.Hold) retention.Hold {
	h.t.Helper()
	placed, err := engine.New(h.store, gone{h.target}, engine.Options{}).PlaceHold(h.t.Context(), h.actor, hold)
	if err != nil || placed.Status != retention.HoldApplying || placed.Problem != retention.NotJudged {
		h.t.Fatalf("got %s with %q, %v; want it kept, and not judged yet", placed.Status, placed.Problem, err)
	}
	pgtest.Exec(h.t, h.storeURL, `UPDATE holdfast.hold SET created_at = created_at - interval '11 seconds'`)
	return placed
}

// A hold that is placed while the governed database is away comes into force once that is back,
// before any run takes a row.
func TestAHoldPlacedWhileTheDatabaseIsAwayHoldsBeforeAnyRun(t *testing.T) {
	for _, mode := range []retention.Enforcement{retention.EnforceNone, retention.EnforceRefuse, retention.EnforcePreserve} {
		t.Run(string(mode), func(t *testing.T) {
			t.Parallel()
			h := uploadHouse(t)
			scope := retention.Scope{Table: public("r"), RecordIDs: []retention.Key{{"1"}, {"007"}, {"7"}, {"4711"}}}
			hold := holdOn("r", "1")
			hold.Scope, hold.Enforcement = []retention.Scope{scope}, mode
			placed := h.placedWhileAway(hold)
			if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 2 || run.TotalProcessed != 98 {
				t.Errorf("the run left %d and took %d, want 2 and 98", run.TotalHeld, run.TotalProcessed)
			}
			active := h.wantStatus(placed.ID, retention.HoldActive)
			if active.Problem != "" || active.Scope[0].NotFoundCount != 1 {
				t.Errorf("got %q and %d ids without a row, want none known against it, and 1", active.Problem, active.Scope[0].NotFoundCount)
			}
			if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands {
				t.Errorf("the proof %s", p.Verdict())
			}
		})
	}
}

// What is wrong with it is found then: it is said, no run begins, and a person gives it up.
func TestAHoldThatTurnsOutToNameNothingStopsRunsUntilItIsGivenUp(t *testing.T) {
	for name, c := range map[string]struct {
		scope retention.Scope
		says  string
	}{
		"an id of the wrong type": {retention.Scope{Table: public("r"), RecordIDs: []retention.Key{{"one"}}}, `"one" is no value of the key`},
		"no such table":           {retention.Scope{Table: public("nobody"), All: true}, "there is no table public.nobody"},
		"no such column":          {retention.Scope{Table: public("r"), Condition: "colour = 'red'"}, "colour"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := uploadHouse(t)
			hold := holdOn("r", "1")
			hold.Scope = []retention.Scope{c.scope}
			placed := h.placedWhileAway(hold)
			run := h.mustRun(engine.RunRequest{})
			if got := run.Policies[0]; run.TotalProcessed != 0 || got.Status != retention.RunFailed || !strings.Contains(strings.Join(got.Errors, " "), "give it up, by a release") {
				t.Errorf("the run took %d rows and says %q, want none, and what to do", run.TotalProcessed, got.Errors)
			}
			h.settle()
			if got := h.wantStatus(placed.ID, retention.HoldApplying); !strings.Contains(got.Problem, c.says) {
				t.Errorf("its problem is %q, want %q", got.Problem, c.says)
			}
			given, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "placed anew")
			if err != nil || !given.GivenUp() || given.ReleaseReason != "placed anew" || given.ReleasedBy != h.actor.Name {
				t.Fatalf("given up: %+v, %v", given, err)
			}
			if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 100 {
				t.Errorf("then the run took %d rows, want 100", run.TotalProcessed)
			}
			if _, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "again"); !errors.Is(err, retention.ErrConflict) {
				t.Errorf("given up twice: %v", err)
			}
		})
	}
}

// A list that has not come can be given up; while it arrives the hold cannot.
func TestAHoldThatAwaitsItsListCanBeGivenUp(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	placed := h.mustPlace(awaiting())
	if _, _, err := h.store.BeginUpload(t.Context(), placed.ID, public("r"), retention.By{Actor: h.actor, Action: "hold.upload"}); err != nil {
		t.Fatal(err)
	}
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "no list"); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "is arriving") {
		t.Errorf("while the list arrives: %v", err)
	}
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 hour'`)
	h.settle()
	if given, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "no list"); err != nil || !given.GivenUp() {
		t.Errorf("given up: %+v, %v", given, err)
	}
	h.settle()
	h.wantStatus(placed.ID, retention.HoldReleased)
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 100 {
		t.Errorf("the run took %d rows, want 100", run.TotalProcessed)
	}
}

// One that is on its way may be in force in the governed database already, before that is
// recorded: its end needs a release, with its cooling-off.
func TestAHoldThatIsOnItsWayByItselfCannotBeGivenUp(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	hold := holdOn("r", "1")
	hold.OnExpiry = retention.OnExpiryRelease
	created, err := h.store.CreateHold(t.Context(), hold, retention.By{Actor: h.actor, Action: "hold.place"})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, created.ID, "settled"); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "will be by itself") {
		t.Errorf("given up on its way: %v", err)
	}
	h.wantStatus(created.ID, retention.HoldApplying)
}
