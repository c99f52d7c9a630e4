package plan_test

import (
	"testing"

	"holdfast/engine/plan"
	"holdfast/retention"
)

func indexed(change func(*plan.Index)) func(*plan.Inputs) {
	ix := plan.Index{Name: "orders_created", Btree: true, Valid: true, Columns: []string{"created_at", "id"}}
	change(&ix)
	return func(in *plan.Inputs) { in.Table.Indexes = append(in.Table.Indexes, ix) }
}

func due(share float64) func(*plan.Inputs) {
	return func(in *plan.Inputs) { in.DueShare = share }
}

func TestTheWalkFollowsAnIndexOnlyWhereItLeadsWithTheTimestamp(t *testing.T) {
	usable := func(*plan.Index) {}
	for _, tc := range []struct {
		name   string
		change []func(*plan.Inputs)
		want   plan.WalkKind
	}{
		{"no index", nil, plan.WalkBlock},
		{"a leading btree", on(indexed(usable)), plan.WalkSlice},
		{"a unique one", on(indexed(func(ix *plan.Index) { ix.Unique = true })), plan.WalkSlice},
		{"the timestamp second", on(indexed(func(ix *plan.Index) { ix.Columns = []string{"id", "created_at"} })), plan.WalkBlock},
		{"an expression first", on(indexed(func(ix *plan.Index) { ix.Columns = []string{"", "created_at"} })), plan.WalkBlock},
		{"not a btree", on(indexed(func(ix *plan.Index) { ix.Btree = false })), plan.WalkBlock},
		{"not valid", on(indexed(func(ix *plan.Index) { ix.Valid = false })), plan.WalkBlock},
		{"partial", on(indexed(func(ix *plan.Index) { ix.Partial = true })), plan.WalkBlock},
		{"no columns", on(indexed(func(ix *plan.Index) { ix.Columns = nil })), plan.WalkBlock},
		{"a second index that leads", []func(*plan.Inputs){indexed(func(ix *plan.Index) { ix.Partial = true }), indexed(usable)}, plan.WalkSlice},
		{"little is due", []func(*plan.Inputs){indexed(usable), due(0.1)}, plan.WalkSlice},
		{"a third is due", []func(*plan.Inputs){indexed(usable), due(plan.MostDue)}, plan.WalkSlice},
		{"more is due", []func(*plan.Inputs){indexed(usable), due(plan.MostDue + 0.01)}, plan.WalkBlock},
		{"all is due", []func(*plan.Inputs){indexed(usable), due(1)}, plan.WalkBlock},
	} {
		t.Run(tc.name, func(t *testing.T) {
			if got := build(t, tc.change...).Walk; got != tc.want {
				t.Errorf("got %s, want %s", got, tc.want)
			}
		})
	}
	if got := build(t, due(0.25)).DueShare; got != 0.25 {
		t.Errorf("the share of due rows is %v, want 0.25 as given", got)
	}
}

func TestTriggersDecideWhetherRowsAreLockedFirstAndCountersWatched(t *testing.T) {
	archive := func(in *plan.Inputs) { in.Policy.Action = retention.ActionArchive }
	update := anonymize("email", hash)
	type flags struct{ lockFirst, watch bool }
	for _, tc := range []struct {
		name    string
		trigger plan.Trigger
		change  []func(*plan.Inputs)
		want    flags
	}{
		{"before delete, on delete", plan.Trigger{Before: true, Row: true, OnDelete: true}, nil, flags{true, true}},
		{"before delete, on archive", plan.Trigger{Before: true, Row: true, OnDelete: true}, on(archive), flags{true, true}},
		{"before delete, on anonymize", plan.Trigger{Before: true, Row: true, OnDelete: true}, on(update), flags{}},
		{"after delete, on delete", plan.Trigger{Row: true, OnDelete: true}, nil, flags{false, true}},
		{"before each statement, on delete", plan.Trigger{Before: true, OnDelete: true}, nil, flags{false, true}},
		{"before update, on delete", plan.Trigger{Before: true, Row: true, OnUpdate: true}, nil, flags{}},
		{"before update, on archive", plan.Trigger{Before: true, Row: true, OnUpdate: true}, on(archive), flags{}},
		{"before update, on anonymize", plan.Trigger{Before: true, Row: true, OnUpdate: true}, on(update), flags{true, true}},
		{"after update, on anonymize", plan.Trigger{Row: true, OnUpdate: true}, on(update), flags{false, true}},
		{"before insert, on delete", plan.Trigger{Before: true, Row: true, OnInsert: true}, nil, flags{}},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := build(t, append(table(func(t *plan.Table) { t.Triggers = []plan.Trigger{tc.trigger} }), tc.change...)...)
			if got := (flags{p.LockFirst, p.Watch}); got != tc.want {
				t.Errorf("got %+v, want %+v", got, tc.want)
			}
		})
	}
	if p := build(t); p.LockFirst || p.Watch {
		t.Errorf("without triggers: got lock first %v, watch %v; want neither", p.LockFirst, p.Watch)
	}
}

func TestATriggerOfTheArchiveIsWatched(t *testing.T) {
	p := build(t, archiving(func(t *plan.Table) {
		t.Triggers = []plan.Trigger{{Before: true, Row: true, OnInsert: true}}
	})...)
	if p.LockFirst || !p.Watch {
		t.Errorf("got lock first %v, watch %v; want only watch", p.LockFirst, p.Watch)
	}
	if p := build(t, archiving(func(*plan.Table) {})...); p.Watch {
		t.Error("an archive without triggers is watched, want not")
	}
}

func TestDigestsNeedAKeyAndThePolicysWish(t *testing.T) {
	noKey := func(in *plan.Inputs) { in.Table.Key = nil }
	counts := func(in *plan.Inputs) { in.Policy.Evidence = retention.EvidenceCounts }
	for _, tc := range []struct {
		name   string
		change []func(*plan.Inputs)
		want   bool
	}{
		{"a key and records", nil, true},
		{"no key", on(noKey), false},
		{"counts", on(counts), false},
		{"neither", []func(*plan.Inputs){noKey, counts}, false},
	} {
		if got := build(t, tc.change...).Digests; got != tc.want {
			t.Errorf("%s: digests %v, want %v", tc.name, got, tc.want)
		}
	}
}

func TestKeyColumnsComeInKeyOrder(t *testing.T) {
	p := build(t, table(func(t *plan.Table) { t.Key.Columns = []string{"status", "small", "id", "epoch4"} })...)
	want := map[string]bool{"status": false, "small": true, "id": true, "epoch4": true}
	for i, name := range []string{"status", "small", "id", "epoch4"} {
		if p.Key[i].Name != name {
			t.Errorf("key column %d is %s, want %s", i, p.Key[i].Name, name)
		}
		if got := p.IntegerKey(i); got != want[name] {
			t.Errorf("%s is an integer key: %v, want %v", name, got, want[name])
		}
	}
	if p := build(t, table(func(t *plan.Table) { t.Key = nil })...); p.Key != nil {
		t.Errorf("without a key Key = %v, want nil", p.Key)
	}
}
