package engine_test

import (
	"context"
	"errors"
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// writingTo is a table with rows that are due, of which somebody is writing one.
func (h *house) writingTo(table string) (commit func()) {
	h.t.Helper()
	h.exec(`CREATE TABLE public.`+table+` (id bigint PRIMARY KEY, created_at timestamptz)`, `INSERT INTO public.`+table+` SELECT i, now() - interval '90 days' FROM generate_series(1, 50) AS i`)
	h.mustPolicy(policyOn(table, 1))
	conn, err := pgx.Connect(h.t.Context(), h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	if _, err := conn.Exec(h.t.Context(), `BEGIN; UPDATE public.`+table+` SET created_at = created_at WHERE id = 50`); err != nil {
		h.t.Fatal(err)
	}
	return func() {
		if _, err := conn.Exec(h.t.Context(), `COMMIT`); err != nil {
			h.t.Error(err)
		}
	}
}

// keptOnly is a hold whose process died right after it was kept.
func (h *house) keptOnly(hold retention.Hold) retention.Hold {
	h.t.Helper()
	hold.OnExpiry = retention.OnExpiryRelease
	kept, err := h.store.CreateHold(h.t.Context(), hold, retention.By{Actor: h.actor, Action: "hold.place"})
	if err != nil {
		h.t.Fatal(err)
	}
	return kept
}

// stagedOnly is one whose process died before it put the hold in force.
func (h *house) stagedOnly(hold retention.Hold) retention.Hold {
	h.t.Helper()
	kept := h.keptOnly(hold)
	whole, err := h.store.HoldWithRecords(h.t.Context(), kept.ID)
	if err == nil {
		err = h.target.StageHold(h.t.Context(), whole)
	}
	if err != nil {
		h.t.Fatal(err)
	}
	return kept
}

// Nobody waits for the writers but the application's side of a hold: batches respect it from the
// first try on, those of a run that is under way and of one that begins.
func TestBatchesRespectAnEnforcedHoldThatWaitsForWriters(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	commit := h.writingTo("r")
	placed := make(chan retention.Hold, 1)
	go func() {
		got, err := h.engine.PlaceHold(context.Background(), h.actor, enforcedOn("r", retention.EnforceRefuse, "1", "2", "3"))
		if err != nil {
			t.Error(err)
		}
		placed <- got
	}()
	pgtest.Await(t, "the hold to wait for the writer", func() bool {
		return h.count(`SELECT count(*) FROM pg_locks WHERE relation = 'public.r'::regclass AND mode = 'ShareRowExclusiveLock' AND NOT granted`) == 1
	})
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 3 || run.TotalProcessed != 46 {
		t.Errorf("a run meanwhile took %d and left %d as held, want 46 and 3", run.TotalProcessed, run.TotalHeld)
	}
	commit()
	got := <-placed
	if got.Status != retention.HoldActive {
		t.Fatalf("the hold is %s", got.Status)
	}
	h.mustRefuse(`DELETE FROM public.r WHERE id = 1`)
	if p := h.proof(got.ID); p.Verdict() != retention.ProofStands {
		t.Errorf("the proof %s: %+v", p.Verdict(), p)
	}
}

// So it is where a process died that was placing it, with the writer still at it.
func TestARunCompletesAnEnforcedHoldThatCrashedOnItsWay(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	commit := h.writingTo("r")
	kept := h.keptOnly(enforcedOn("r", retention.EnforcePreserve, "1", "2", "3"))
	h.exec(`UPDATE holdfast.hold SET created_at = created_at - interval '15 seconds'`)
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 3 || run.TotalProcessed != 46 {
		t.Errorf("a run took %d and left %d as held, want 46 and 3", run.TotalProcessed, run.TotalHeld)
	}
	h.wantStatus(kept.ID, retention.HoldApplying)
	commit()
	h.exec(`UPDATE holdfast.hold SET created_at = created_at - interval '1 hour'`)
	if err := h.engine.SettleHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.wantStatus(kept.ID, retention.HoldActive)
	h.exec(`DELETE FROM public.r WHERE id = 1`)
	if n := h.count(`SELECT count(*) FROM holdfast_guard.preserved`); n != 1 {
		t.Errorf("%d old versions were kept, want 1", n)
	}
}

// One that is given up before it is enforced holds nothing any more.
func TestAnEnforcedHoldThatWaitsForWritersCanEnd(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	commit := h.writingTo("r")
	kept := h.stagedOnly(enforcedOn("r", retention.EnforceRefuse, "1"))
	if _, _, err := h.target.ActivateHold(t.Context(), kept.ID, nil); !errors.Is(err, retention.ErrBusy) {
		t.Fatalf("activated beside a writer: %v", err)
	}
	h.exec(`UPDATE holdfast.hold SET problem = 'not judged'`)
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, kept.ID, "a mistake"); err != nil {
		t.Fatal(err)
	}
	commit()
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 0 || run.TotalProcessed != 50 {
		t.Errorf("a run took %d and left %d as held, want 50 and 0", run.TotalProcessed, run.TotalHeld)
	}
	if n := h.count(`SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'holdfast%'`); n != 0 {
		t.Errorf("%d triggers are there", n)
	}
}

// A crash between staging and activation leaves a hold that is applying, and no trigger; it
// comes into force by itself.
func TestAnEnforcedHoldThatCrashedOnItsWayCompletes(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`, `INSERT INTO public.r SELECT i, now() FROM generate_series(1, 4) AS i`)
	kept := h.stagedOnly(enforcedOn("r", retention.EnforcePreserve, "1"))
	if n := h.count(`SELECT count(*) FROM pg_trigger WHERE tgname LIKE 'holdfast%'`); n != 0 {
		t.Errorf("%d triggers of a hold that is not in force", n)
	}
	h.exec(`UPDATE holdfast.hold SET created_at = created_at - interval '1 hour'`)
	if err := h.engine.SettleHolds(t.Context()); err != nil {
		t.Fatal(err)
	}
	if got := h.hold(kept.ID); got.Status != retention.HoldActive || got.Enforcement != retention.EnforcePreserve {
		t.Fatalf("the hold is %s, %s", got.Status, got.Enforcement)
	}
	h.exec(`DELETE FROM public.r WHERE id = 1`)
	rows, _, err := h.engine.PreservedRows(t.Context(), h.actor, kept.ID, retention.Page{})
	if err != nil || len(rows) != 1 || rows[0].Operation != "DELETE" {
		t.Errorf("kept %+v, %v", rows, err)
	}
}

// A governed database that was restored to when a hold waited for writers has neither its triggers
// nor its moment: both are put back before anything runs.
func TestAHoldThatTheGuardHasAsWaitingIsPutBack(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.writingTo("r")()
	placed := h.mustHold(enforcedOn("r", retention.EnforceRefuse, "1"))
	h.exec(`SET session_replication_role = replica; UPDATE holdfast_guard.hold SET unenforced = true`,
		`DO $do$ BEGIN EXECUTE 'DROP TRIGGER holdfast_enforce_' || 'public.r'::regclass::oid || ' ON public.r'; END $do$`)
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 1 || run.TotalProcessed != 49 {
		t.Errorf("a run took %d and left %d as held, want 49 and 1", run.TotalProcessed, run.TotalHeld)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.hold WHERE unenforced`); n != 0 {
		t.Error("the guard has the hold as one that waits")
	}
	h.mustRefuse(`DELETE FROM public.r WHERE id = 1`)
	if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands {
		t.Errorf("the proof %s: %+v", p.Verdict(), p)
	}
}
