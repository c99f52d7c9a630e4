package engine_test

import (
	"errors"
	"sync"
	"testing"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func TestAHoldOfAnUnknownNameOpensItsMatterWhateverTheCase(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	ctx := t.Context()
	var wg sync.WaitGroup
	for i, name := range []string{"ACME v. Initech", "acme v. initech", "ACME V. INITECH", " ACME v. Initech "} {
		wg.Go(func() {
			hold := holdOn("r", string(rune('1'+i)))
			hold.Matter = name
			if _, err := h.engine.PlaceHold(ctx, h.actor, hold); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	list, _, err := h.engine.Matters(ctx, h.actor, retention.MatterFilter{}, retention.Page{})
	if err != nil || len(list) != 1 || list[0].Holds != 4 || list[0].InForce != 4 {
		t.Fatalf("got %+v, %v; want one matter with four holds", list, err)
	}
	if n := pgtest.Value[int64](t, h.storeURL, `SELECT count(DISTINCT matter) FROM holdfast.hold`); n != 1 {
		t.Errorf("the holds have %d names, want the matter's own", n)
	}
	holds, _, err := h.engine.Holds(ctx, h.actor, retention.HoldFilter{Matter: "acme V. initech"}, retention.Page{})
	if err != nil || len(holds) != 4 {
		t.Errorf("%d holds of the matter, %v; want 4", len(holds), err)
	}
}

func TestAMatterIsClosedOnceItsHoldsHaveEndedAndTakesNoMore(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	ctx := t.Context()
	placed := h.mustHold(holdOn("r", "1"))
	m, err := h.engine.MatterNamed(ctx, h.actor, placed.Matter)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := h.engine.CloseMatter(ctx, h.actor, m.ID, "settled"); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("with a hold in force it answers %v, want a conflict", err)
	}
	if _, err := h.engine.ReleaseHold(ctx, h.actor, placed.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.engine.CloseMatter(ctx, h.actor, m.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.engine.PlaceHold(ctx, h.actor, holdOn("r", "2")); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("a hold of a closed matter answers %v, want a conflict", err)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.hold WHERE state = 'active'`); n != 0 {
		t.Errorf("%d holds are in force", n)
	}
	if _, err := h.engine.ReopenMatter(ctx, h.actor, m.ID, "an appeal"); err != nil {
		t.Fatal(err)
	}
	h.mustHold(holdOn("r", "2"))
}
