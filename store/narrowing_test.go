package store_test

import (
	"errors"
	"fmt"
	"strings"
	"testing"

	"holdfast/retention"
)

// listed is a hold with a list of so many ids, and a whole table.
func listed(n int) retention.Hold {
	h := hold("m")
	h.Scope = h.Scope[:2]
	h.Scope[0].RecordIDs = nil
	for i := range n {
		h.Scope[0].RecordIDs = append(h.Scope[0].RecordIDs, retention.Key{fmt.Sprint(i)})
	}
	return h
}

// Records that fall out of a list leave gaps behind, which end nobody's reading of it.
func TestRecordsThatFallOutOfAListAreAScopeOfTheirOwn(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	h := must(s.CreateHold(ctx, listed(40), by("hold.place")))(t)
	must(s.HoldActivated(ctx, h.ID, noon, []retention.ScopeCounts{{Index: 0, RecordCount: 40, NotFoundCount: 2, NotFound: []int{20, 39}}, {Index: 1, RecordCount: 7}}, by("hold.in_force")))(t)
	part := retention.ScopePart{Index: 0}
	for i := 3; i < 37; i++ {
		part.RecordIDs = append(part.RecordIDs, retention.Key{fmt.Sprint(i)})
	}
	part.RecordIDs = append(part.RecordIDs, retention.Key{"3"})
	got := must(s.NarrowHold(ctx, h.ID, []retention.ScopePart{part}, retention.Period{Days: 1}, retention.By{Actor: jane, Action: "hold.narrow", Note: "why"}))(t)
	rest, apart := got.Scope[0], got.Scope[2]
	if rest.RecordCount != 6 || rest.NotFoundCount != 1 || rest.Releasing() || apart.RecordCount != 34 || apart.NotFoundCount != 1 || !apart.Releasing() || apart.ReleasedBy != jane.Name || apart.ReleaseReason != "why" || *apart.SplitFrom != 0 {
		t.Errorf("got %+v and %+v", rest, apart)
	}
	for scope, want := range map[int]string{0: "0 1 2 37 38 39", 2: strings.Trim(fmt.Sprint(numbers(3, 37)), "[]")} {
		var ids []string
		noErr(t, s.EachScopeKeys(ctx, h.ID, scope, 2, func(keys []retention.Key) error {
			for _, key := range keys {
				ids = append(ids, key[0])
			}
			return nil
		}))
		if got := strings.Join(ids, " "); got != want {
			t.Errorf("scope %d has %s, want %s", scope, got, want)
		}
	}
	if back := must(s.HoldWithRecords(ctx, h.ID))(t); len(back.Scope[0].RecordIDs) != 6 || len(back.Scope[2].RecordIDs) != 34 {
		t.Errorf("read with its ids: %d and %d", len(back.Scope[0].RecordIDs), len(back.Scope[2].RecordIDs))
	}
	_, err := s.NarrowHold(ctx, h.ID, []retention.ScopePart{{Index: 0, RecordIDs: []retention.Key{{"2"}, {"3"}, {"1", "2"}}}}, retention.Period{}, by("hold.narrow"))
	if !errors.Is(err, retention.ErrInvalid) || !strings.Contains(err.Error(), "record_ids[1]") || !strings.Contains(err.Error(), "record_ids[2]") || strings.Contains(err.Error(), "record_ids[0]") {
		t.Errorf("ids that are not in the list: %v", err)
	}
}

func numbers(from, to int) (out []int) {
	for i := from; i < to; i++ {
		out = append(out, i)
	}
	return out
}

// A list has each of its ids once, those too that another list of the hold has.
func TestAListKeepsTheIDsThatAnotherOneHas(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	h := placed(t, s, listed(5))
	key := func(ids ...string) (keys []retention.Key) {
		for _, id := range ids {
			keys = append(keys, retention.Key{id})
		}
		return keys
	}
	scope, kept, err := s.AppendRecords(ctx, h.ID, table("orders"), -1, 0, key("7"), key("1", "7", "2", "1"))
	if err != nil || scope != 2 || fmt.Sprint(kept) != "[0 2]" {
		t.Fatalf("got scope %d with %v, %v; want 1 and 2 kept beside 7", scope, kept, err)
	}
	_, kept, err = s.AppendRecords(ctx, h.ID, table("orders"), scope, 3, nil, key("2", "3", "7"))
	if err != nil || fmt.Sprint(kept) != "[1]" {
		t.Errorf("got %v, %v; want 3 alone kept", kept, err)
	}
	_, kept, err = s.AppendRecords(ctx, h.ID, table("orders"), scope, 4, nil, key("2", "3", "7"))
	if got := must(s.Hold(ctx, h.ID))(t).Scope[2]; err != nil || len(kept) != 0 || got.RecordCount != 4 {
		t.Errorf("got %v and %+v, %v; want nothing more", kept, got, err)
	}
}
