package plan_test

import (
	"reflect"
	"strings"
	"testing"

	"holdfast/engine/plan"
)

// scope is a hold of ids of the orders.
func scope(set, no int32, rows int64) plan.HoldScope {
	return plan.HoldScope{HoldID: "H", HoldNo: no, RelID: 1000, Table: public("orders"), Set: set, KeyAttnums: []int16{1}, KeyTypes: []uint32{20}, Rows: rows}
}

// whole is a hold of all orders.
func whole(no int32) plan.HoldScope {
	return plan.HoldScope{HoldID: "W", HoldNo: no, RelID: 1000, Table: public("orders")}
}

func held(scopes ...plan.HoldScope) func(*plan.Inputs) {
	return func(in *plan.Inputs) { in.Holds = scopes }
}

func heldBut(change func(*plan.HoldScope)) []func(*plan.Inputs) {
	s := scope(3, 1, 5)
	change(&s)
	return on(held(s))
}

// What nobody can read any more covers more, never less.
func TestAHoldWhoseTableOrKeyHasChangedHoldsTheWholeTable(t *testing.T) {
	const replaced, newKey = "the table of that name was replaced since", "by a key that has changed since"
	other := plan.HoldScope{HoldID: "W", RelID: 999, Table: public("orders")}
	for name, c := range map[string]struct {
		in   []func(*plan.Inputs)
		want string
	}{
		"another table of the same name":     {heldBut(func(s *plan.HoldScope) { s.RelID = 999 }), replaced},
		"a whole table that was replaced":    {on(held(other)), replaced},
		"the second of two holds":            {on(held(scope(3, 1, 5), other)), replaced},
		"the key is another column":          {heldBut(func(s *plan.HoldScope) { s.KeyAttnums = []int16{2} }), newKey},
		"the key has another type":           {heldBut(func(s *plan.HoldScope) { s.KeyTypes = []uint32{23} }), newKey},
		"the key had a column more":          {heldBut(func(s *plan.HoldScope) { s.KeyAttnums, s.KeyTypes = []int16{1, 3}, []uint32{20, 25} }), newKey},
		"the key has a column more":          {append(table(func(t *plan.Table) { t.Key.Columns = []string{"id", "email"} }), held(scope(3, 1, 5))), newKey},
		"the key's columns changed places":   {append(table(func(t *plan.Table) { t.Key.Columns = []string{"id", "customer_id"} }), held(plan.HoldScope{HoldID: "H", RelID: 1000, Table: public("orders"), Set: 3, KeyAttnums: []int16{13, 1}, KeyTypes: []uint32{20, 20}})), newKey},
		"there is no key any more":           {append(table(func(t *plan.Table) { t.Key = nil }), held(scope(3, 1, 5))), newKey},
		"a column of a condition is another": {heldBut(func(s *plan.HoldScope) { s.Set, s.Condition, s.Changed = 0, "id = 1", true }), "a column that its condition (id = 1) asks for"},
	} {
		got := build(t, c.in...)
		if !got.Holds.All || len(got.Holds.Faults) != 1 || !strings.Contains(got.Holds.Faults[0].Reason, c.want) || !strings.Contains(strings.Join(got.Describe(), " "), c.want) {
			t.Errorf("%s: got %+v, want the whole table held since %q, and that said", name, got.Holds, c.want)
		}
	}
}

func TestAHoldWhoseTableIsCalledSomethingElseBarsThePolicy(t *testing.T) {
	checkRefusals(t, []refusal{
		{"renamed", heldBut(func(s *plan.HoldScope) { s.Table, s.Named = public("old_orders"), public("orders") }), "table", "that table is called public.orders now", "place the hold anew on public.orders"},
	})
}

func TestARenamedKeyColumnIsStillHeld(t *testing.T) {
	got := build(t, append(table(func(t *plan.Table) {
		t.Columns[0].Name, t.Key.Columns[0] = "order_no", "order_no"
	}), held(scope(3, 1, 5)))...)
	if want := []plan.HeldSet{{ID: 3, HoldNos: []int32{1}, Hash: true}}; !reflect.DeepEqual(got.Holds.Sets, want) {
		t.Errorf("got %+v, want %+v", got.Holds.Sets, want)
	}
}

func TestAWholeTableHoldNeedsNoKey(t *testing.T) {
	got := build(t, append(table(func(t *plan.Table) { t.Key = nil }), held(whole(1)))...)
	if !got.Holds.All || !got.Holds.Any() || len(got.Holds.Sets) != 0 {
		t.Errorf("got %+v, want the whole table held", got.Holds)
	}
}

func TestHoldsInOneSetAreJudgedTogether(t *testing.T) {
	got := build(t, held(scope(3, 1, 50), scope(4, 1, 20_001), scope(3, 2, 50), scope(3, 1, 50), whole(9)))
	want := plan.HeldRows{All: true, Sets: []plan.HeldSet{{ID: 3, HoldNos: []int32{1, 2}, Hash: true}, {ID: 4, HoldNos: []int32{1}}}}
	if !reflect.DeepEqual(got.Holds, want) {
		t.Errorf("got %+v, want %+v", got.Holds, want)
	}
}

func TestALongListOfIdsIsProbedAndAShortOneHashed(t *testing.T) {
	for rows, want := range map[int64]bool{0: true, 1: true, plan.HashLimit: true, plan.HashLimit + 1: false, 500_000: false} {
		if got := build(t, held(scope(3, 1, rows))).Holds.Sets[0].Hash; got != want {
			t.Errorf("%d ids: hashed %v, want %v", rows, got, want)
		}
	}
}

func TestWithoutHoldsNothingIsHeld(t *testing.T) {
	if got := build(t).Holds; got.Any() {
		t.Errorf("got %+v, want nothing held", got)
	}
	if got := build(t, held(scope(3, 1, 1))).Holds; !got.Any() || got.All {
		t.Errorf("got %+v, want ids held and not the whole table", got)
	}
}
