package store_test

import (
	"encoding/json"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

// batchOf has n events of one run, an hour after the one before it.
func batchOf(no, n int, kind retention.EventType, policy string) retention.EventBatch {
	b := eventBatch(no)
	b.Type, b.Policy, b.Count, b.KeyParts, b.Keys = kind, policy, n, 1, make([]*string, n)
	b.Columns, b.Included = []retention.EventColumn{{Name: "n", Kind: retention.ValueInteger}}, make([]*string, n)
	b.OccurredAt = time.Date(2026, 3, 1, no, 0, 0, 0, time.UTC)
	for i := range n {
		b.Keys[i], b.Included[i] = text(fmt.Sprint("k", i)), text(fmt.Sprint(no*1000+i))
	}
	return b
}

func eventIDs(events []retention.LoggedEvent) (ids []string) {
	for _, e := range events {
		ids = append(ids, e.Event.ID)
	}
	return ids
}

func TestEventsAreListedNewestFirstAcrossTheirBatches(t *testing.T) {
	s := newStore(t)
	sizes := []int{1, 7, 1, 1, 23, 2}
	var want []string
	for no, n := range sizes {
		b := batchOf(no, n, retention.EventDeleted, "orders")
		noErr(t, s.AppendEvents(t.Context(), []retention.EventBatch{b}))
		for i := range n {
			want = append(want, retention.EventID(b.ID, i))
		}
	}
	slices.Reverse(want)
	for _, limit := range []int{1, 2, 3, 7, 34, 35, 36, 500} {
		got := walk(t, limit, func(p retention.Page) ([]retention.LoggedEvent, string, error) {
			return s.Events(t.Context(), retention.EventFilter{}, p)
		})
		if diff := cmp.Diff(want, eventIDs(got)); diff != "" {
			t.Fatalf("pages of %d (-want +got):\n%s", limit, diff)
		}
		var data struct{ N int }
		noErr(t, json.Unmarshal(got[0].Event.Data, &data))
		if data.N != 5001 || got[0].Position != 1 || got[0].No == 0 {
			t.Errorf("the newest event is %+v with %s, want the last of the last batch", got[0], got[0].Event.Data)
		}
	}
}

func TestEventsAddedMeanwhileNeitherRepeatNorHideOthers(t *testing.T) {
	s := newStore(t)
	noErr(t, s.AppendEvents(t.Context(), []retention.EventBatch{batchOf(1, 5, retention.EventDeleted, "orders")}))
	no, pages := 1, 0
	got := walk(t, 2, func(p retention.Page) ([]retention.LoggedEvent, string, error) {
		no, pages = no+1, pages+1
		noErr(t, s.AppendEvents(t.Context(), []retention.EventBatch{batchOf(no, 3, retention.EventDeleted, "orders")}))
		return s.Events(t.Context(), retention.EventFilter{}, p)
	})
	// The first page begins with the batch that was added before it was read.
	if len(got) != 8 || pages != 4 {
		t.Errorf("got %d events on %d pages, want 8 on 4: %v", len(got), pages, eventIDs(got))
	}
	if ids := eventIDs(got); len(slices.Compact(slices.Sorted(slices.Values(ids)))) != len(ids) {
		t.Errorf("an event is listed twice: %v", ids)
	}
}

func TestEventsAreFiltered(t *testing.T) {
	s := newStore(t)
	one, two, three := batchOf(1, 2, retention.EventDeleted, "orders"), batchOf(2, 3, retention.EventArchived, "orders"), batchOf(3, 4, retention.EventDeleted, "logs")
	three.RunID, three.EntityType = "another", "visitor"
	noErr(t, s.AppendEvents(t.Context(), []retention.EventBatch{one, two, three}))
	at := func(hour int) *time.Time { x := time.Date(2026, 3, 1, hour, 0, 0, 0, time.UTC); return &x }
	for name, c := range map[string]struct {
		f    retention.EventFilter
		want int
	}{
		"none":        {retention.EventFilter{}, 9},
		"type":        {retention.EventFilter{Type: retention.EventDeleted}, 6},
		"entity type": {retention.EventFilter{EntityType: "visitor"}, 4},
		"policy":      {retention.EventFilter{Policy: "orders"}, 5},
		"run":         {retention.EventFilter{Run: "another"}, 4},
		"from":        {retention.EventFilter{From: at(2)}, 7},
		"until":       {retention.EventFilter{Until: at(2)}, 2},
		"two at once": {retention.EventFilter{Type: retention.EventDeleted, Policy: "orders"}, 2},
		"nothing":     {retention.EventFilter{Policy: "' OR true --"}, 0},
	} {
		got := walk(t, 2, func(p retention.Page) ([]retention.LoggedEvent, string, error) { return s.Events(t.Context(), c.f, p) })
		if len(got) != c.want {
			t.Errorf("%s: got %d events, want %d", name, len(got), c.want)
		}
	}
}

func TestEventsOlderThanTheirRetentionAreSweptAndNoOthers(t *testing.T) {
	url := newURL(t)
	for name, c := range map[string]struct {
		keep retention.Period
		want []int64
	}{
		"thirty days":     {retention.Period{}, []int64{0, 29}},
		"as it is set":    {retention.Period{Months: 2}, []int64{0, 29, 31}},
		"nothing to keep": {retention.Period{Hours: 1}, []int64{0}},
	} {
		t.Run(name, func(t *testing.T) {
			s := must(store.Open(t.Context(), url, store.Options{EventRetention: c.keep}))(t)
			defer s.Close()
			exec(t, s, `DELETE FROM holdfast.event_batch`)
			ages := []int{400, 31, 29, 0}
			for i, days := range ages {
				b := batchOf(i, 2, retention.EventDeleted, "orders")
				// What came late is kept as long as the rest: it counts since it is here.
				b.OccurredAt = b.OccurredAt.AddDate(-5, 0, 0)
				noErr(t, s.AppendEvents(t.Context(), []retention.EventBatch{b}))
				exec(t, s, fmt.Sprintf(`UPDATE holdfast.event_batch SET kept_at = holdfast.clock() - interval '%d days' WHERE id = '%s'`, days, b.ID))
			}
			noErr(t, s.Sweep(t.Context()))
			left := must(s.EventsAfter(t.Context(), 0, 100))(t)
			var got []int64
			for _, b := range left {
				got = append(got, pgtest.Value[int64](t, url, fmt.Sprintf(`SELECT extract(day FROM holdfast.clock() - kept_at)::bigint FROM holdfast.event_batch WHERE no = %d`, b.No)))
			}
			slices.Sort(got)
			if diff := cmp.Diff(c.want, got); diff != "" {
				t.Errorf("days of what is left (-want +got):\n%s", diff)
			}
		})
	}
}

func TestALongLogIsSweptInSteps(t *testing.T) {
	s := newStore(t)
	exec(t, s, `INSERT INTO holdfast.event_batch (id, type, entity_type, policy, policy_version, run_id, action, initiated_at, occurred_at, count, key_parts, keys, columns, included, kept_at)
		SELECT gen_random_uuid(), 't', 'e', 'p', 1, 'r', 'delete', holdfast.clock(), holdfast.clock(), 1, 1, '{k}', '[]', '{}', holdfast.clock() - interval '1 year' FROM generate_series(1, 1234)`)
	noErr(t, s.Sweep(t.Context()))
	if n := count(t, s, `SELECT count(*) FROM holdfast.event_batch`); n != 0 {
		t.Errorf("%d rows are left, want none", n)
	}
}

func TestAHoldIsToldWithTheTransactionThatRecordsIt(t *testing.T) {
	s := newStore(t)
	h := placed(t, s, hold("m"))
	// Recorded again, as two processes that put it in force would.
	must(s.HoldActivated(t.Context(), h.ID, noon.Add(time.Hour), foundThen, by("hold.in_force")))(t)
	ending(t, s, h)
	for range 2 {
		must(s.HoldEnded(t.Context(), h.ID, retention.HoldReleased, noon.Add(2*time.Hour), by("hold.released")))(t)
	}
	events, _, err := s.Events(t.Context(), retention.EventFilter{EntityType: "hold"}, retention.Page{})
	noErr(t, err)
	var got []string
	for _, e := range events {
		got = append(got, string(e.Event.Type)+" "+e.Event.Time.Format(time.TimeOnly))
	}
	want := []string{"hold.released 14:00:00", "hold.placed 12:00:00"}
	if diff := cmp.Diff(want, got); diff != "" {
		t.Errorf("events of one hold (-want +got):\n%s", diff)
	}
	for _, id := range []string{"k1", "17"} {
		if slices.ContainsFunc(events, func(e retention.LoggedEvent) bool { return jsonHas(t, e.Event.Data, id) }) {
			t.Errorf("an event of a hold names the record %s", id)
		}
	}
	// A log that refuses keeps the hold from being recorded: neither without the other.
	other := must(s.CreateHold(t.Context(), hold("n"), by("hold.place")))(t)
	exec(t, s, `ALTER TABLE holdfast.event_batch ADD CONSTRAINT no_more CHECK (false) NOT VALID`)
	if _, err := s.HoldActivated(t.Context(), other.ID, noon, foundThen, by("hold.in_force")); err == nil {
		t.Error("a hold was recorded as in force without its event")
	}
	if got := must(s.Hold(t.Context(), other.ID))(t).Status; got != retention.HoldApplying {
		t.Errorf("the hold is %s, want it applying still", got)
	}
}

// jsonHas tells whether some text in the document is s.
func jsonHas(t *testing.T, doc []byte, s string) bool {
	t.Helper()
	var v any
	noErr(t, json.Unmarshal(doc, &v))
	var find func(any) bool
	find = func(v any) bool {
		switch v := v.(type) {
		case string:
			return v == s
		case []any:
			return slices.ContainsFunc(v, find)
		case map[string]any:
			for _, m := range v {
				if find(m) {
					return true
				}
			}
		}
		return false
	}
	return find(v)
}
