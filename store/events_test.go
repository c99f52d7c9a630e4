package store_test

import (
	"encoding/json"
	"fmt"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func text(s string) *string { return &s }

// eventBatch has two events, one of them of an entity whose key has a NULL.
func eventBatch(n int) retention.EventBatch {
	at := time.Date(2026, 3, 1, 3, 0, n%60, 0, time.UTC)
	return retention.EventBatch{
		ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Type: retention.EventDeleted, EntityType: "user", Policy: "orders", PolicyVersion: 3,
		RunID: "11111111-0000-4000-8000-000000000000", Action: retention.ActionDelete, InitiatedAt: at.Add(-time.Minute), OccurredAt: at,
		Count: 2, KeyParts: 2, Keys: []*string{text("O'Neil\n\"ж\""), text("2"), text("a"), nil},
		Columns:  []retention.EventColumn{{Name: "region", Kind: retention.ValueText}, {Name: "total", Kind: retention.ValueInteger}},
		Included: []*string{text("EU"), nil, text("12"), text("13")},
	}
}

func TestEventsComeBackAsTheyWereKept(t *testing.T) {
	s := newStore(t)
	want := []retention.EventBatch{eventBatch(1), eventBatch(2)}
	want[1].Data, want[1].Columns, want[1].Included = json.RawMessage(`{"hold": "x"}`), []retention.EventColumn{}, []*string{}
	noErr(t, s.AppendEvents(t.Context(), want))
	noErr(t, s.AppendEvents(t.Context(), want)) // brought again
	got := must(s.EventsAfter(t.Context(), 0, 10))(t)
	if len(got) != 2 {
		t.Fatalf("got %d rows, want 2", len(got))
	}
	for i := range got {
		want[i].No = got[i].No
		got[i].InitiatedAt, got[i].OccurredAt = got[i].InitiatedAt.UTC(), got[i].OccurredAt.UTC()
	}
	if d := cmp.Diff(want, got); d != "" {
		t.Errorf("events differ (-want +got):\n%s", d)
	}
}

// A reader that goes on from the highest number it saw must not miss a row whose
// number is lower and whose transaction ended later.
func TestReaderOfEventsMissesNoneOfConcurrentWriters(t *testing.T) {
	s := newStore(t)
	const writers, each = 4, 25
	var wg sync.WaitGroup
	for w := range writers {
		wg.Go(func() {
			for i := range each {
				if err := s.AppendEvents(t.Context(), []retention.EventBatch{eventBatch(w*each + i)}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	seen, last := map[string]bool{}, int64(0)
	pgtest.Await(t, fmt.Sprintf("each of %d rows to the reader", writers*each), func() bool {
		for _, b := range must(s.EventsAfter(t.Context(), last, 3))(t) {
			seen[b.ID], last = true, b.No
		}
		return len(seen) == writers*each
	})
	wg.Wait()
}
