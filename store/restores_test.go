package store_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

// restore asks for two orders back.
func restore() retention.Restore {
	return retention.Restore{
		Scope:      retention.RestoreScope{Table: table("orders"), Records: []retention.Key{{"SECRET"}, {"2"}}, RecordCount: 2},
		Copies:     []retention.RestoreCopy{{Key: retention.Key{"SECRET"}, Archive: table("orders_archive"), RunID: "r"}, {Key: retention.Key{"2"}, Archive: table("orders_archive"), RunID: "r"}},
		OnConflict: retention.OnConflictSkip, Reason: "needed", Tables: []retention.RestoreTable{{Table: table("orders"), Archive: table("orders_archive"), Policy: "orders",
			Conflicts: []retention.RestoreConflict{{Kind: retention.ConflictKeyTaken, Constraint: "k", Rows: 1, Samples: []retention.Key{{"SECRET"}}}}}},
	}
}

func TestARestoreIsClaimedByOneAndTakenOverWhenItsLeaseIsOver(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	if _, ok, err := s.ClaimRestore(ctx, time.Minute); ok || err != nil {
		t.Fatalf("claimed %t, %v with none there", ok, err)
	}
	made := must(s.CreateRestore(ctx, restore(), by("restore.request")))(t)
	if made.Status != retention.RestoreQueued || made.Scope.Records != nil || made.Copies != nil || made.Scope.RecordCount != 2 {
		t.Errorf("made %+v, want it queued and without the keys", made)
	}
	first, ok, err := s.ClaimRestore(ctx, time.Minute)
	if err != nil || !ok || first.Attempt != 1 || len(first.Copies) != 2 || first.StartedAt == nil || first.Status != retention.RestoreRunning {
		t.Fatalf("claimed %+v, %t, %v; want it with its keys", first, ok, err)
	}
	if _, ok, err := s.ClaimRestore(ctx, time.Minute); ok || err != nil {
		t.Errorf("claimed twice: %t, %v", ok, err)
	}
	if err := s.SaveRestore(ctx, first, 0); err != nil { // its lease is over at once
		t.Fatal(err)
	}
	second, ok, err := s.ClaimRestore(ctx, time.Minute)
	if err != nil || !ok || second.Attempt != 2 {
		t.Fatalf("taken over: %+v, %t, %v", second, ok, err)
	}
	if err := s.SaveRestore(ctx, first, time.Minute); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("the former worker saves: %v", err)
	}
	first.Status = retention.RestoreFailed
	if _, err := s.FinishRestore(ctx, first, by("restore.fail")); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("the former worker ends it: %v", err)
	}
	second.Status, second.Errors = retention.RestorePartial, []string{"x"}
	second.Tables[0].Restored = 1
	ended, err := s.FinishRestore(ctx, second, by("restore.end"))
	if err != nil || ended.FinishedAt == nil || ended.Restored() != 1 || ended.Errors[0] != "x" {
		t.Errorf("ended %+v, %v", ended, err)
	}
	var kept string
	if err := s.Pool().QueryRow(ctx, `SELECT string_agg(r::text || a::text, '') FROM holdfast.restore AS r, holdfast.audit AS a`).Scan(&kept); err != nil {
		t.Fatal(err)
	}
	if strings.Contains(kept, "SECRET") {
		t.Errorf("a key of a record is kept after the end, or in the audit: %s", kept)
	}
	if _, ok, err := s.ClaimRestore(ctx, time.Minute); ok || err != nil {
		t.Errorf("claimed one that has ended: %t, %v", ok, err)
	}
}

func TestRestoresAreListedNewestFirst(t *testing.T) {
	t.Parallel()
	s, ctx := newStore(t), t.Context()
	var want []string
	for range 3 {
		want = append(want, must(s.CreateRestore(ctx, restore(), by("restore.request")))(t).ID)
	}
	page, next, err := s.Restores(ctx, retention.Page{Limit: 2})
	if err != nil || len(page) != 2 || page[0].ID != want[2] || page[1].ID != want[1] || next == "" {
		t.Fatalf("first page %+v, %q, %v", page, next, err)
	}
	page, next, err = s.Restores(ctx, retention.Page{Limit: 2, Cursor: next})
	if err != nil || len(page) != 1 || page[0].ID != want[0] || next != "" {
		t.Errorf("second page %+v, %q, %v", page, next, err)
	}
	if _, err := s.Restore(ctx, "no-id"); !errors.Is(err, retention.ErrNotFound) {
		t.Errorf("an id that is none: %v", err)
	}
}
