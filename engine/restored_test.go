package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// TestAGuardRestoredToTheMiddleOfAChangeIsPutRight: by the store the change has ended, so what the
// guard lacks is lost, though it says that the hold is being changed.
func TestAGuardRestoredToTheMiddleOfAChangeIsPutRight(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	placed := h.mustHold(holdOn("r", "100"))
	h.uploaded(placed.ID, "r", strings.Join(idRange(1, 40), "\n"))
	h.exec(`SET holdfast.forgetting = 'on'`, `DELETE FROM holdfast_guard.held_1 WHERE k1 BETWEEN 20 AND 40`, `UPDATE holdfast_guard.hold SET changing = true`)
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 41 {
		t.Errorf("the run left %d, want 41", run.TotalHeld)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.hold WHERE changing`); n != 0 {
		t.Error("the hold is said to be changing still")
	}
}

// TestEpochsGoOnAfterARestore: else a proof of a hold that is placed after it counts batches of
// long before, since they have higher epochs.
func TestEpochsGoOnAfterARestore(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 50, false)...)
	h.mustPolicy(policyOn("r", 90))
	h.mustHold(holdOn("r", "1"))
	for range 5 {
		passing := h.mustHold(holdOn("r", "2"))
		if _, err := h.engine.ReleaseHold(t.Context(), h.actor, passing.ID, "settled"); err != nil {
			t.Fatal(err)
		}
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 49 {
		t.Fatalf("%d went, want 49", run.TotalProcessed)
	}
	before := h.count(`SELECT epoch FROM holdfast_guard.state`)
	h.exec(`UPDATE holdfast_guard.state SET epoch = 2`, `INSERT INTO public.r VALUES (7, 'again', now() - interval '400 days')`)
	late := h.mustHold(holdOn("r", "7"))
	if after := h.count(`SELECT epoch FROM holdfast_guard.state`); after <= before {
		t.Errorf("the epoch is %d after the restore and was %d before", after, before)
	}
	if p := h.proof(late.ID); p.Verdict() != retention.ProofStands || p.Scopes[0].DisposedCount != 0 || p.Batches != 0 {
		t.Errorf("the proof says %+v, want that nothing has happened since", p)
	}
}

// TestAListThatWasSentAgainWhileItsProcessWasThoughtDeadIsNotMixedUp: it lives, and goes on after
// others have ended its list and taken it anew.
func TestAListThatWasSentAgainWhileItsProcessWasThoughtDeadIsNotMixedUp(t *testing.T) {
	t.Parallel()
	const first, all = 10_000, 15_000
	for _, inForce := range []bool{false, true} {
		t.Run(fmt.Sprintf("in force %t", inForce), func(t *testing.T) {
			t.Parallel()
			h := uploadHouse(t)
			hold := awaiting()
			if inForce {
				hold = holdOn("r", "100")
			}
			placed := h.mustPlace(hold)
			n := 0
			_, err := h.engine.UploadRecords(t.Context(), h.actor, placed.ID, public("r"), "more", func([]string) (retention.UploadLine, error) {
				if n++; n == first+1 {
					pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 minute' WHERE upload <> ''`)
					h.settle()
					h.uploaded(placed.ID, "r", strings.Join(idRange(1, all), "\n"))
					h.wantStatus(placed.ID, retention.HoldActive)
				}
				if n > all {
					return retention.UploadLine{}, io.EOF
				}
				return retention.UploadLine{Line: n, Key: retention.Key{fmt.Sprint(n)}}, nil
			})
			// Where the newer one is a list of its own, both are whole.
			if inForce && err != nil || !inForce && !errors.Is(err, retention.ErrConflict) {
				t.Errorf("the first list: %v", err)
			}
			got := h.hold(placed.ID)
			var said int64
			for _, s := range got.Scope {
				said += s.RecordCount
			}
			if stored := pgtest.Value[int64](t, h.storeURL, `SELECT count(*) FROM holdfast.hold_record`); said != stored {
				t.Errorf("the scopes are said to have %d ids, and have %d", said, stored)
			}
			distinct := pgtest.Value[int64](t, h.storeURL, `SELECT count(DISTINCT key) FROM holdfast.hold_record`)
			if guard := h.count(`SELECT count(*) FROM holdfast_guard.held_1`); guard != all || distinct != all {
				t.Errorf("the guard has %d ids and the store %d, want %d", guard, distinct, all)
			}
			for _, s := range got.Scope {
				if got.Status != retention.HoldActive || s.Upload != "" {
					t.Errorf("the hold is %s with a list that is %q", got.Status, s.Upload)
				}
			}
			if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 100 {
				t.Errorf("the run left %d, want all 100", run.TotalHeld)
			}
		})
	}
}

// TestWhatTheGuardHasLostIsPutBackAtTheNextLook: a restore takes a hold away, and with it what
// keeps the application from its rows; a run that would see that may be a day away.
func TestWhatTheGuardHasLostIsPutBackAtTheNextLook(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	hold := holdOn("r", "1")
	hold.Enforcement = retention.EnforceRefuse
	placed := h.mustHold(hold)
	h.exec(`SET holdfast.forgetting = 'on'; DELETE FROM holdfast_guard.hold_scope; DELETE FROM holdfast_guard.hold; DELETE FROM holdfast_guard.enforcement; DROP TRIGGER holdfast_enforce_` +
		pgtest.Value[string](t, h.url, `SELECT 'public.r'::regclass::oid::text`) + ` ON public.r`)
	h.watch()
	conn, err := pgx.Connect(t.Context(), h.url)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = conn.Close(context.WithoutCancel(t.Context())) }()
	if _, err := conn.Exec(t.Context(), `DELETE FROM public.r WHERE id = 1`); err == nil || !strings.Contains(err.Error(), "23001") {
		t.Errorf("the application deletes a held row: %v", err)
	}
	if p := h.proof(placed.ID); p.PutBackAt == nil {
		t.Error("the proof does not say that the hold was put back")
	}
}

// TestHoldsSayThatAnotherDatabaseAnswers: that one does not have them, and nothing keeps the
// application from what they cover there.
func TestHoldsSayThatAnotherDatabaseAnswers(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	placed := h.mustHold(holdOn("r", "1"))
	was := pgtest.Value[string](t, h.storeURL, `SELECT system_identifier FROM holdfast.guard_mark`)
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.guard_mark SET system_identifier = '1'`)
	h.watch()
	if got := h.hold(placed.ID).Faults; len(got) != 1 || got[0].Effect != retention.FaultRefused || !strings.Contains(got[0].Reason, "is another one") || !strings.Contains(got[0].Remedy, "--accept-target") {
		t.Errorf("its faults are %+v, want that another database answers", got)
	}
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.guard_mark SET system_identifier = '`+was+`'`)
	h.watch()
	if got := h.hold(placed.ID).Faults; len(got) != 0 {
		t.Errorf("its faults are %+v when the right one answers again", got)
	}
}
