package engine_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"slices"
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/internal/idlist"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// uploaded sends a list of records of a table to a hold.
func (h *house) uploaded(id, table, list string) retention.HoldUpload {
	h.t.Helper()
	up, err := h.engine.UploadRecords(h.t.Context(), h.actor, id, public(table), "asked for by counsel", idlist.Lines(strings.NewReader(list)))
	if err != nil {
		h.t.Fatal(err)
	}
	return up
}

func uploadHouse(t testing.TB) *house {
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`,
		`INSERT INTO public.r SELECT i, now() - interval '400 days' FROM generate_series(1, 100) AS i`)
	h.mustPolicy(policyOn("r", 1))
	return h
}

// awaiting is a hold that is in force once its list of records of r is there.
func awaiting() retention.Hold {
	hold := holdOn("r", "1")
	hold.Scope = []retention.Scope{{Table: public("r"), Upload: retention.UploadAwaited}}
	return hold
}

func TestAHoldThatAwaitsItsListComesIntoForceWithItAndReportsEveryLine(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	placed := h.mustPlace(awaiting())
	if placed.Status != retention.HoldApplying || !placed.Awaits() {
		t.Fatalf("got %+v, want it to await its list", placed)
	}
	h.settle()
	h.wantStatus(placed.ID, retention.HoldApplying)

	up := h.uploaded(placed.ID, "r", "id\n1\n 2\n007\nseven\n1\n\n9999\n7\n1,2,x\n99999999999999999999\n3\n")
	got := fmt.Sprint(up.Lines, up.Added, up.Duplicates, up.DuplicateLines, up.Bad, up.NotFound)
	if want := fmt.Sprint(10, 5, 3, []int{6, 9, 10}, 2, 1); got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	var bad []int
	for _, l := range up.BadLines {
		bad = append(bad, l.Line)
	}
	if !slices.Equal(bad, []int{5, 11}) || up.NotFoundLines[0].Line != 8 || !strings.Contains(up.BadLines[0].Reason, "bigint") || up.BadLines[0].Text != "seven" {
		t.Errorf("bad %+v, not found %+v", up.BadLines, up.NotFoundLines)
	}
	active := h.wantStatus(placed.ID, retention.HoldActive)
	if s := active.Scope[0]; s.RecordCount != 5 || s.NotFoundCount != 1 || s.Upload != "" || fmt.Sprint(s.NotFound) != "[[9999]]" {
		t.Errorf("got %+v, want 5 records and 9999 without a row", s)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 4 || run.TotalProcessed != 96 {
		t.Errorf("the run left %d and took %d, want 4 and 96", run.TotalHeld, run.TotalProcessed)
	}
	if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands {
		t.Errorf("the proof %s: %+v", p.Verdict(), p)
	}
}

// A list without an id leaves the hold waiting: it would look like one that covers something.
func TestAListWithoutAnIDIsRefusedAndAwaitedStill(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	placed := h.mustPlace(awaiting())
	for list, says := range map[string]string{"": "has no line", "id\n": "has no line", "id\none\ntwo,2\n": "has no id in 2 lines: line 2 (one)"} {
		_, err := h.engine.UploadRecords(t.Context(), h.actor, placed.ID, public("r"), "asked for by counsel", idlist.Lines(strings.NewReader(list)))
		if !errors.Is(err, retention.ErrInvalid) || !strings.Contains(err.Error(), says) || !strings.Contains(err.Error(), "still awaits its list of public.r") {
			t.Errorf("%q: %v, want %q", list, err, says)
		}
		if got := h.wantStatus(placed.ID, retention.HoldApplying); got.Scope[0].Upload != retention.UploadAwaited {
			t.Errorf("after %q its list is %q, want it awaited", list, got.Scope[0].Upload)
		}
	}
	h.uploaded(placed.ID, "r", "5\n")
	h.wantStatus(placed.ID, retention.HoldActive)
}

func TestAListWidensAHoldInForceFromThenOn(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	placed := h.mustHold(holdOn("r", "1"))
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 99 {
		t.Fatalf("the run took %d, want 99", run.TotalProcessed)
	}
	h.exec(`INSERT INTO public.r SELECT i, now() - interval '400 days' FROM generate_series(101, 120) AS i`)
	if _, err := h.engine.UploadRecords(t.Context(), h.actor, placed.ID, public("r"), " ", idlist.Lines(strings.NewReader("2\n"))); !errors.Is(err, retention.ErrInvalid) || !strings.Contains(err.Error(), "change_reason") {
		t.Errorf("without a reason: %v, want it asked for", err)
	}
	up := h.uploaded(placed.ID, "r", "1\n2\n103\n104\n")
	if up.Added != 3 || up.Duplicates != 1 || up.Scope != 1 || up.NotFound != 1 {
		t.Errorf("got %+v, want 3 added as another scope", up)
	}
	again := h.uploaded(placed.ID, "r", "1\n2\n103\n104\n")
	if again.Added != 0 || again.Duplicates != 4 || again.NotFound != 0 || len(again.Hold.Scope) != 3 || again.Hold.Scope[2].RecordCount != 4 {
		t.Errorf("the same list again: %+v, want nothing added, and its ids kept as those of a list of its own", again)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 3 || run.TotalProcessed != 18 {
		t.Errorf("the run left %d and took %d, want 3 and 18", run.TotalHeld, run.TotalProcessed)
	}
	// 2 was disposed of before the hold covered it: nothing speaks against the hold.
	if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands || p.Scopes[1].Records != 4 {
		t.Errorf("the proof %s: %+v", p.Verdict(), p)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.hold WHERE changing`); n != 0 {
		t.Errorf("%d holds are still being changed", n)
	}
	altered, _, unnoted, err := h.target.AlteredHolds(t.Context())
	if err != nil || len(altered)+len(unnoted) != 0 {
		t.Errorf("altered %v, not noted %v (%v): the guard has what was uploaded", altered, unnoted, err)
	}
}

// A list that stops is kept as far as it came, and can be sent again.
func TestAListThatStopsArrivingIsKeptAsFarAsItCame(t *testing.T) {
	cut := func(after int) engine.RecordLines {
		n := 0
		return func([]string) (retention.UploadLine, error) {
			if n++; n > after {
				return retention.UploadLine{}, io.ErrUnexpectedEOF
			}
			return retention.UploadLine{Line: n, Key: retention.Key{fmt.Sprint(n)}}, nil
		}
	}
	for _, inForce := range []bool{false, true} {
		t.Run(fmt.Sprintf("in force %t", inForce), func(t *testing.T) {
			t.Parallel()
			h := uploadHouse(t)
			hold := awaiting()
			if inForce {
				hold = holdOn("r", "100")
			}
			placed := h.mustPlace(hold)
			_, err := h.engine.UploadRecords(t.Context(), h.actor, placed.ID, public("r"), "more", cut(40))
			if !errors.Is(err, io.ErrUnexpectedEOF) {
				t.Fatalf("got %v, want that it was cut", err)
			}
			if inForce {
				if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 41 {
					t.Errorf("the run left %d, want 41", run.TotalHeld)
				}
				return
			}
			h.wantStatus(placed.ID, retention.HoldApplying)
			if up := h.uploaded(placed.ID, "r", "40\n41\n"); up.Added != 1 || up.Duplicates != 1 || up.Hold.Status != retention.HoldActive || up.Hold.Scope[0].RecordCount != 41 {
				t.Errorf("sent again: %+v, want 41 held in all", up)
			}
		})
	}
}

// The process dies in the middle: another one finishes what is kept.
func TestAListWhoseProcessDiedIsFinishedByAnother(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	placed := h.mustHold(holdOn("r", "100"))
	ctx, die := context.WithCancelCause(t.Context())
	n := 0
	func() {
		defer func() { _ = recover() }()
		_, _ = h.engine.UploadRecords(ctx, h.actor, placed.ID, public("r"), "more", func([]string) (retention.UploadLine, error) {
			if n++; n > 20_000 {
				panic("the process dies")
			}
			return retention.UploadLine{Line: n, Key: retention.Key{fmt.Sprint(n)}}, nil
		})
	}()
	die(nil)
	if got := h.hold(placed.ID); len(got.Scope) != 2 || got.Scope[1].Upload != retention.UploadUnderWay {
		t.Fatalf("got %+v, want a list under way", got.Scope)
	}
	h.settle()
	if got := h.hold(placed.ID); got.Scope[1].Upload != retention.UploadUnderWay {
		t.Errorf("one that may still be arriving was ended")
	}
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 minute' WHERE upload <> ''`)
	h.settle()
	got := h.hold(placed.ID)
	if s := got.Scope[1]; s.Upload != "" || s.RecordCount != 20_000 || s.NotFoundCount != 19_900 || s.EffectiveAt == nil {
		t.Errorf("got %+v, want the ids that were kept, with the one that was held before", s)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 100 {
		t.Errorf("the run left %d, want all 100", run.TotalHeld)
	}
}

func TestAListIsRefusedWhereItCannotBeTaken(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	h.exec(`CREATE TABLE public.keyless (a int)`)
	released := h.mustHold(holdOn("r", "1"))
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, released.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	active, waits := h.mustHold(holdOn("r", "1")), h.mustPlace(awaiting())
	for name, c := range map[string]struct {
		id, table string
		want      error
		words     string
	}{
		"a hold that has ended":     {released.ID, "r", retention.ErrConflict, "has ended"},
		"no such hold":              {"00000000-0000-0000-0000-000000000000", "r", retention.ErrNotFound, ""},
		"a table without a key":     {active.ID, "keyless", retention.ErrInvalid, "hold what fits a condition, or the whole table"},
		"no such table":             {active.ID, "nothing", retention.ErrInvalid, "there is no table"},
		"another list than awaited": {waits.ID, "keyless", retention.ErrConflict, "awaits no list"},
	} {
		_, err := h.engine.UploadRecords(t.Context(), h.actor, c.id, public(c.table), "why", idlist.Lines(strings.NewReader("1\n")))
		if !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: got %v, want %v: %q", name, err, c.want, c.words)
		}
	}
	bad := awaiting()
	bad.Scope[0].Table = public("keyless")
	if _, err := h.engine.PlaceHold(t.Context(), h.actor, bad); !errors.Is(err, retention.ErrInvalid) {
		t.Errorf("a list awaited for a table without a key: %v, want it refused", err)
	}
}

// A hold in force is widened by ids, a condition and a whole table, from then on.
func TestAHoldInForceIsWidenedWithAReason(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	h.exec(`CREATE TABLE public.s (id bigint PRIMARY KEY, created_at timestamptz)`, `INSERT INTO public.s SELECT i, now() - interval '400 days' FROM generate_series(1, 10) AS i`)
	h.mustPolicy(policyOn("s", 1))
	placed := h.mustHold(holdOn("r", "1"))
	scopes := []retention.Scope{{Table: public("r"), RecordIDs: []retention.Key{{"02"}, {"2"}, {"500"}}}, {Table: public("r"), Condition: "id > 90"}, {Table: public("s"), All: true}}
	if _, err := h.engine.WidenHold(t.Context(), h.actor, placed.ID, scopes, " "); !errors.Is(err, retention.ErrInvalid) || !strings.Contains(err.Error(), "change_reason") {
		t.Errorf("without a reason: %v", err)
	}
	wider, err := h.engine.WidenHold(t.Context(), h.actor, placed.ID, scopes, "named in the second letter")
	if err != nil || len(wider.Scope) != 4 {
		t.Fatalf("got %+v, %v; want 4 scopes", wider, err)
	}
	for i, s := range wider.Scope[1:] {
		if s.Upload != "" || s.EffectiveAt == nil || !s.EffectiveAt.After(*wider.EffectiveAt) {
			t.Errorf("scope %d: got %+v, want it in force since a moment of its own", i+1, s)
		}
	}
	if s := wider.Scope; s[1].RecordCount != 2 || s[1].NotFoundCount != 1 || s[2].RecordCount != 10 || s[3].RecordCount != 10 {
		t.Errorf("counts: got %+v", s)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 22 || run.TotalProcessed != 88 {
		t.Errorf("the run left %d and took %d, want 22 and 88", run.TotalHeld, run.TotalProcessed)
	}
	if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands {
		t.Errorf("the proof %s: %+v", p.Verdict(), p)
	}
	if altered, _, unnoted, err := h.target.AlteredHolds(t.Context()); err != nil || len(altered)+len(unnoted) != 0 {
		t.Errorf("altered %v, not noted %v (%v)", altered, unnoted, err)
	}
}

// The process dies between the store and the governed database: another one finishes it.
func TestAWideningWhoseProcessDiedIsFinishedByAnother(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	placed := h.mustHold(holdOn("r", "1"))
	added := []retention.Scope{{Table: public("r"), RecordIDs: []retention.Key{{"2"}}}, {Table: public("r"), Condition: "id > 90"}}
	if _, _, err := h.store.AddScopes(t.Context(), placed.ID, added, retention.By{Actor: h.actor, Action: "hold.widen", Note: "more"}); err != nil {
		t.Fatal(err)
	}
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 minute' WHERE upload <> ''`)
	h.settle()
	if got := h.hold(placed.ID); got.Awaits() || got.Scope[1].EffectiveAt == nil || got.Scope[2].RecordCount != 10 {
		t.Errorf("got %+v, want both scopes in force", got.Scope)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 12 {
		t.Errorf("the run left %d, want 12", run.TotalHeld)
	}
}

// What is being added to a hold says nothing against it: what went before it was in force was
// nobody's to hold.
func TestTheProofOfAHoldLeavesOutWhatIsNotInForceYet(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	h.exec(`CREATE TABLE public.s (id bigint PRIMARY KEY, created_at timestamptz)`, `INSERT INTO public.s SELECT i, now() - interval '400 days' FROM generate_series(1, 10) AS i`)
	h.mustPolicy(policyOn("s", 1))
	placed := h.mustHold(holdOn("r", "1"))
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 109 {
		t.Fatalf("the run took %d, want 109", run.TotalProcessed)
	}
	added := []retention.Scope{{Table: public("r"), RecordIDs: []retention.Key{{"2"}}}, {Table: public("s"), All: true}}
	if _, _, err := h.store.AddScopes(t.Context(), placed.ID, added, retention.By{Actor: h.actor, Action: "hold.widen", Note: "more"}); err != nil {
		t.Fatal(err)
	}
	for _, when := range []string{"while it is under way", "once it is in force"} {
		if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands || p.Scopes[1].DisposedCount != 0 || p.Scopes[2].Processed != 0 {
			t.Errorf("%s the proof %s: %+v; want nothing against the hold", when, p.Verdict(), p.Scopes)
		}
		pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 minute' WHERE upload <> ''`)
		h.settle()
	}
}

// A list that comes for a table of which more is on its way already, of a process that died,
// does not take its place.
func TestAListLosesNothingThatIsOnItsWay(t *testing.T) {
	for name, c := range map[string]struct {
		added retention.Scope
		held  int64
	}{
		"ids":           {retention.Scope{Table: public("r"), RecordIDs: []retention.Key{{"2"}}}, 1 + 1 + 2},
		"a condition":   {retention.Scope{Table: public("r"), Condition: "id > 90"}, 1 + 10 + 2},
		"a whole table": {retention.Scope{Table: public("r"), All: true}, 100},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := uploadHouse(t)
			placed := h.mustHold(holdOn("r", "1"))
			if _, _, err := h.store.AddScopes(t.Context(), placed.ID, []retention.Scope{c.added}, retention.By{Actor: h.actor, Action: "hold.widen", Note: "more"}); err != nil {
				t.Fatal(err)
			}
			pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 minute' WHERE upload <> ''`)
			if up := h.uploaded(placed.ID, "r", "3\n4\n"); up.Added != 2 || up.Scope != 2 {
				t.Errorf("got %+v, want 2 added as a scope of their own", up)
			}
			if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != c.held {
				t.Errorf("the run left %d, want %d", run.TotalHeld, c.held)
			}
		})
	}
}

// A list may go on after others took it for one that had stopped, and is not whole until it
// ends.
// It keeps the one id too that the hold had by another list.
func TestAListThatGoesOnAfterItWasGivenUpIsUnderWay(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	placed := h.mustHold(holdOn("r", "100"))
	n := 0
	up, err := h.engine.UploadRecords(t.Context(), h.actor, placed.ID, public("r"), "more", func([]string) (retention.UploadLine, error) {
		switch n++; n {
		case 10_001:
			pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 minute' WHERE upload <> ''`)
			h.settle()
			if s := h.hold(placed.ID).Scope[1]; s.Upload != "" || s.EffectiveAt == nil {
				t.Errorf("got %+v, want what had arrived in force", s)
			}
		case 20_001:
			if s := h.hold(placed.ID).Scope[1]; s.Upload != retention.UploadUnderWay {
				t.Errorf("got %+v, want it under way again", s)
			}
			return retention.UploadLine{}, io.EOF
		}
		return retention.UploadLine{Line: n, Key: retention.Key{fmt.Sprint(n)}}, nil
	})
	if err != nil || up.Added != 19_999 || up.Hold.Awaits() || up.Hold.Scope[1].RecordCount != 20_000 {
		t.Errorf("got %+v, %v; want all of it in force", up, err)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 100 {
		t.Errorf("the run left %d, want all 100", run.TotalHeld)
	}
}

// What was added to a hold and cannot be put in force any more, since its table is gone, keeps
// no run on other tables from going.
func TestAListForATableThatIsGoneStopsNoRunOnOthers(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	h.exec(`CREATE TABLE public.gone (id bigint PRIMARY KEY)`)
	placed := h.mustHold(holdOn("r", "1"))
	added := []retention.Scope{{Table: public("gone"), RecordIDs: []retention.Key{{"2"}}}}
	if _, _, err := h.store.AddScopes(t.Context(), placed.ID, added, retention.By{Actor: h.actor, Action: "hold.widen", Note: "more"}); err != nil {
		t.Fatal(err)
	}
	h.exec(`DROP TABLE public.gone`)
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 minute' WHERE upload <> ''`)
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 1 || run.TotalProcessed != 99 {
		t.Errorf("the run took %d and left %d, %v; want 99 and 1", run.TotalProcessed, run.TotalHeld, run.Policies[0].Errors)
	}
}

// A hold that is in force where batches ask and cannot be counted, since its column was renamed
// in the moment between, keeps no run on other tables from going; on its own the whole is held.
func TestAHoldThatCannotBeCountedStopsNoRunOnOthers(t *testing.T) {
	t.Parallel()
	h := uploadHouse(t)
	h.exec(`CREATE TABLE public.memo (id bigint PRIMARY KEY, note text, created_at timestamptz)`, `INSERT INTO public.memo SELECT i, 'a', now() - interval '400 days' FROM generate_series(1, 5) AS i`)
	h.mustPolicy(policyOn("memo", 1))
	hold := holdOn("memo")
	hold.Scope[0].Condition, hold.OnExpiry = "note = 'b'", retention.OnExpiryRelease
	placed, err := h.store.CreateHold(t.Context(), hold, retention.By{Actor: h.actor, Action: "hold.place"})
	if err != nil {
		t.Fatal(err)
	}
	placed.Scope = hold.Scope
	if err := h.target.StageHold(t.Context(), placed); err != nil {
		t.Fatal(err)
	}
	if _, _, err := h.target.ActivateHold(t.Context(), placed.ID, nil); err != nil {
		t.Fatal(err)
	}
	h.exec(`ALTER TABLE public.memo RENAME COLUMN note TO remark`)
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold SET created_at = created_at - interval '1 minute'`)
	h.mustRun(engine.RunRequest{})
	if n, m := h.count(`SELECT count(*) FROM public.r`), h.count(`SELECT count(*) FROM public.memo`); n != 0 || m != 5 {
		t.Errorf("%d rows of the other table and %d of the held one are left, want 0 and 5", n, m)
	}
}
