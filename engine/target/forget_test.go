package target

import (
	"fmt"
	"testing"

	"holdfast/retention"
)

func TestAnEndedHoldsIDsAreRemovedInShortTransactionsAndNobodyElses(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.orders (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`)
	table := retention.TableName{Schema: "public", Name: "orders"}
	const many = 2*forgetChunk + 5
	ids := make([]retention.Key, many)
	for i := range ids {
		ids[i] = retention.Key{fmt.Sprint(i)}
	}
	first := f.hold(table, ids...)
	other := f.hold(table, keys("1", "2", "900000000")...)
	f.exec(`CREATE TABLE public.seen (xid xid8)`,
		`CREATE FUNCTION public.note() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.seen VALUES (pg_current_xact_id()); RETURN OLD; END $$`,
		`CREATE TRIGGER note BEFORE DELETE ON holdfast_guard.held_1 FOR EACH ROW EXECUTE FUNCTION public.note()`)

	if err := f.target.ForgetHold(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if got := f.count(`SELECT count(*) FROM holdfast_guard.held_1`); got != many+3 {
		t.Fatalf("%d ids are left of holds in force, want all %d", got, many+3)
	}
	if _, _, err := f.target.EndHold(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if err := f.target.ForgetHold(t.Context(), first); err != nil {
		t.Fatal(err)
	}
	if got := f.count(`SELECT count(*) FROM holdfast_guard.held_1`); got != 3 {
		t.Errorf("%d ids are left, want the 3 of the other hold %s", got, other)
	}
	if got := f.count(`SELECT count(*) FROM holdfast_guard.hold_scope s JOIN holdfast_guard.hold h ON h.no = s.hold_no WHERE h.state = 'ended'`); got != 0 {
		t.Errorf("%d scopes of the ended hold are left, want none", got)
	}
	largest := f.count(`SELECT max(n) FROM (SELECT count(*) AS n FROM public.seen GROUP BY xid) AS s`)
	if total := f.count(`SELECT count(*) FROM public.seen`); total != many || largest > forgetChunk {
		t.Errorf("%d ids were removed, at most %d in a transaction; want %d, and at most %d", total, largest, many, forgetChunk)
	}
}
