package target

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// lineTables are customers with two orders each and two items of each order, all of which are
// due; foreign keys do what is said, and links lead around in a circle where that is asked for.
func lineTables(fk string, more ...string) []string {
	return append([]string{
		`CREATE TABLE public.c (id bigint PRIMARY KEY, created_at timestamptz)`,
		`CREATE TABLE public.o (id bigint PRIMARY KEY, c_id bigint REFERENCES public.c ` + fk + `, created_at timestamptz)`,
		`CREATE TABLE public.i (id bigint, part text, o_id bigint REFERENCES public.o ` + fk + `, created_at timestamptz, PRIMARY KEY (id, part))`,
		`CREATE INDEX ON public.o (c_id)`, `CREATE INDEX ON public.i (o_id)`,
		`INSERT INTO public.c SELECT n, now() - interval '400 days' FROM generate_series(1, 3) AS n`,
		`INSERT INTO public.o SELECT n, (n + 1) / 2, now() - interval '400 days' FROM generate_series(1, 6) AS n`,
		`INSERT INTO public.i SELECT n, 'a', (n + 1) / 2, now() - interval '400 days' FROM generate_series(1, 12) AS n`,
	}, more...)
}

// unlink drops the foreign keys, so that what stays does so since it is held, and not for what
// refers to it.
func (f *fixture) unlink() {
	f.Helper()
	f.exec(`ALTER TABLE public.i DROP CONSTRAINT IF EXISTS i_o_id_fkey CASCADE`, `ALTER TABLE public.o DROP CONSTRAINT o_c_id_fkey`,
		`ALTER TABLE public.c DROP CONSTRAINT IF EXISTS c_i_id_i_part_fkey`)
}

// Customer 1 has the orders 1 and 2, and those the items 1 to 4. Whatever the application does
// to them, what it leaves of them stays held, and nothing else is.
func TestWhatBelongsStaysHeldWhenTheApplicationTakesTheWayUp(t *testing.T) {
	const free = "ON DELETE SET NULL ON UPDATE CASCADE"
	for name, c := range map[string]struct {
		fk     string
		sql    []string
		orders []string
		items  []string
	}{
		"the record goes, its orders lose it":      {free, []string{`DELETE FROM public.c WHERE id = 1`}, []string{"1", "2"}, []string{"1", "2", "3", "4"}},
		"an order goes, its items lose it":         {free, []string{`DELETE FROM public.o WHERE id = 1`}, []string{"2"}, []string{"1", "2", "3", "4"}},
		"both go":                                  {free, []string{`DELETE FROM public.c WHERE id = 1`, `DELETE FROM public.o WHERE id = 1`}, []string{"2"}, []string{"1", "2", "3", "4"}},
		"both go at once":                          {free, []string{`WITH gone AS (DELETE FROM public.o WHERE id = 1) DELETE FROM public.c WHERE id = 1`}, []string{"2"}, []string{"1", "2", "3", "4"}},
		"all go with the record":                   {"ON DELETE CASCADE", []string{`DELETE FROM public.c WHERE id = 1`}, nil, nil},
		"items go with an order":                   {"ON DELETE CASCADE", []string{`DELETE FROM public.o WHERE id = 1`}, []string{"2"}, []string{"3", "4"}},
		"the record gets another key":              {free, []string{`UPDATE public.c SET id = 100 WHERE id = 1`}, []string{"1", "2"}, []string{"1", "2", "3", "4"}},
		"an order gets another key":                {free, []string{`UPDATE public.o SET id = 100 WHERE id = 1`}, []string{"100", "2"}, []string{"1", "2", "3", "4"}},
		"an order gets another record":             {free, []string{`UPDATE public.o SET c_id = 2 WHERE id = 1`}, []string{"1", "2"}, []string{"1", "2", "3", "4"}},
		"an item gets another order":               {free, []string{`UPDATE public.i SET o_id = 5 WHERE id = 1`}, []string{"1", "2"}, []string{"1", "2", "3", "4"}},
		"an item gets another order and key":       {free, []string{`UPDATE public.i SET o_id = 5, id = 101 WHERE id = 1`}, []string{"1", "2"}, []string{"101", "2", "3", "4"}},
		"an item moves twice":                      {free, []string{`UPDATE public.i SET o_id = 5 WHERE id = 1`, `UPDATE public.i SET id = 101 WHERE id = 1`}, []string{"1", "2"}, []string{"101", "2", "3", "4"}},
		"no foreign key any more":                  {free, []string{`ALTER TABLE public.i DROP CONSTRAINT i_o_id_fkey`, `DELETE FROM public.o WHERE id IN (1, 3)`}, []string{"2"}, []string{"1", "2", "3", "4"}},
		"a truncate without a foreign key":         {free, []string{`ALTER TABLE public.i DROP CONSTRAINT i_o_id_fkey`, `TRUNCATE public.o`}, nil, []string{"1", "2", "3", "4"}},
		"a trigger of theirs moves it":             {free, []string{`CREATE FUNCTION public.away() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN NEW.c_id := 2; RETURN NEW; END'`, `CREATE TRIGGER zzz BEFORE UPDATE ON public.o FOR EACH ROW EXECUTE FUNCTION public.away()`}, []string{"1", "2"}, []string{"1", "2", "3", "4"}},
		"what is not held goes, and frees nothing": {free, []string{`DELETE FROM public.o WHERE id = 3`, `UPDATE public.o SET c_id = 1 WHERE id = 4`, `UPDATE public.o SET c_id = 2 WHERE id = 4`}, []string{"1", "2", "4"}, []string{"1", "2", "3", "4", "7", "8"}},
		"repeatable read":                          {free, []string{`SET default_transaction_isolation = 'repeatable read'`, `DELETE FROM public.c WHERE id = 1`}, []string{"1", "2"}, []string{"1", "2", "3", "4"}},
	} {
		for _, circle := range []bool{false, true} {
			t.Run(name+map[bool]string{true: "/in a circle"}[circle], func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, lineTables(c.fk)...)
				if circle {
					f.exec(`ALTER TABLE public.c ADD COLUMN i_id bigint, ADD COLUMN i_part text, ADD FOREIGN KEY (i_id, i_part) REFERENCES public.i`, `CREATE INDEX ON public.c (i_id, i_part)`)
				}
				id := f.enforced(retention.EnforcePreserve, withFamily("c", "1"))
				conn := f.connect()
				for _, sql := range c.sql {
					if _, err := conn.Exec(t.Context(), sql); err != nil {
						t.Fatalf("%s: %v", sql, err)
					}
				}
				if name == "a trigger of theirs moves it" {
					if err := f.target.MendEnforcement(t.Context()); err != nil {
						t.Fatal(err)
					}
					f.exec(`UPDATE public.o SET created_at = created_at WHERE id = 1`)
				}
				if altered, _, _, err := f.target.AlteredHolds(t.Context()); err != nil || len(altered) > 0 {
					t.Errorf("holds %v seem altered, %v", altered, err)
				}
				f.unlink()
				f.purge("i", "o")
				if left := f.remaining("public.i", "id"); !slices.Equal(left, c.items) {
					t.Errorf("items left: %v, want %v", left, c.items)
				}
				if left := f.remaining("public.o", "id"); !slices.Equal(left, c.orders) {
					t.Errorf("orders left: %v, want %v", left, c.orders)
				}
				f.endHold(id)
				if err := f.target.ForgetHold(t.Context(), id); err != nil {
					t.Fatal(err)
				}
				f.purge("i", "o")
				if n := f.count(`SELECT (SELECT count(*) FROM public.i) + (SELECT count(*) FROM public.o)`); n != 0 {
					t.Errorf("%d rows are left after the hold, want none", n)
				}
			})
		}
	}
}

// One of some depth keeps no more than it covered.
func TestWhatLiesDeeperThanAHoldGoesIsNotKept(t *testing.T) {
	t.Parallel()
	f := newFixture(t, lineTables("ON DELETE SET NULL")...)
	scope := withFamily("c", "1")
	scope.Family.Depth = 1
	f.enforced(retention.EnforcePreserve, scope)
	f.exec(`DELETE FROM public.c WHERE id = 1`)
	f.unlink()
	f.purge("i", "o")
	if left := f.remaining("public.o", "id"); !slices.Equal(left, []string{"1", "2"}) {
		t.Errorf("orders left: %v, want both of the record", left)
	}
	if left := f.remaining("public.i", "id"); len(left) != 0 {
		t.Errorf("items left: %v, want none", left)
	}
}

// A tree's rows refer to each other; the records' own table is one of those below.
func TestATreeStaysHeldWhenItsRootGoes(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.n (id bigint PRIMARY KEY, up bigint REFERENCES public.n ON DELETE SET NULL, created_at timestamptz)`, `CREATE INDEX ON public.n (up)`,
		`INSERT INTO public.n SELECT i, nullif(i / 2, 0), now() - interval '400 days' FROM generate_series(1, 15) AS i`)
	f.enforced(retention.EnforcePreserve, withFamily("n", "2"))
	f.exec(`DELETE FROM public.n WHERE id = 4`, `DELETE FROM public.n WHERE id = 2`)
	f.exec(`ALTER TABLE public.n DROP CONSTRAINT n_up_fkey`)
	f.purge("n")
	if left := f.remaining("public.n", "id"); !slices.Equal(left, []string{"10", "11", "5", "8", "9"}) {
		t.Errorf("left: %v, want what was below 2", left)
	}
}

// Without a key nobody could tell which rows are to stay held.
func TestATableWithoutAKeyIsNotOfAFamilyThatKeepsOldVersions(t *testing.T) {
	t.Parallel()
	f := newFixture(t, lineTables("ON DELETE SET NULL", `CREATE TABLE public.notes (o_id bigint REFERENCES public.o)`)...)
	h := retention.Hold{ID: uuid.NewString(), Matter: "ACME v. Initech", Enforcement: retention.EnforcePreserve, Scope: []retention.Scope{withFamily("c", "1")}}
	err := f.target.CheckEnforcement(t.Context(), h)
	wantWords(t, err, "public.notes", "no primary key")
	h.Enforcement = retention.EnforceRefuse
	if err := f.target.CheckEnforcement(t.Context(), h); err != nil {
		t.Errorf("refused with enforcement refuse: %v", err)
	}
}

func wantWords(t *testing.T, err error, words ...string) {
	t.Helper()
	for _, w := range words {
		if err == nil || !strings.Contains(err.Error(), w) {
			t.Errorf("got %v, want %q in it", err, w)
		}
	}
}

// What comes to belong to a record beside somebody who takes the way up, unseen by either, stays
// held: the row in between is kept, and leads there.
func TestWhatJoinsAFamilyWhileTheWayUpIsTakenStaysHeld(t *testing.T) {
	for name, c := range map[string]struct {
		joins, leaves string
		items         []string
	}{
		"an item is added":             {`INSERT INTO public.i VALUES (90, 'a', 1, now() - interval '400 days')`, `UPDATE public.o SET c_id = 2 WHERE id = 1`, []string{"1", "2", "3", "4", "90"}},
		"an item comes from elsewhere": {`UPDATE public.i SET o_id = 1 WHERE id = 9`, `UPDATE public.o SET c_id = 2 WHERE id = 1`, []string{"1", "2", "3", "4", "9"}},
		"the order is of nobody then":  {`INSERT INTO public.i VALUES (90, 'a', 1, now() - interval '400 days')`, `UPDATE public.o SET c_id = NULL WHERE id = 1`, []string{"1", "2", "3", "4", "90"}},
	} {
		for _, isolation := range []pgx.TxIsoLevel{pgx.ReadCommitted, pgx.RepeatableRead} {
			for _, first := range []string{"who joins", "who leaves"} {
				for _, circle := range []bool{false, true} {
					t.Run(fmt.Sprintf("%s/%s/%s commits first/circle %t", name, isolation, first, circle), func(t *testing.T) {
						t.Parallel()
						f := newFixture(t, lineTables("ON DELETE SET NULL")...)
						if circle {
							f.exec(`ALTER TABLE public.c ADD COLUMN i_id bigint, ADD COLUMN i_part text, ADD FOREIGN KEY (i_id, i_part) REFERENCES public.i`, `CREATE INDEX ON public.c (i_id, i_part)`)
						}
						f.enforced(retention.EnforcePreserve, withFamily("c", "1"))
						joining, leaving := f.open(isolation, c.joins), f.open(isolation, c.leaves)
						order := []pgx.Tx{joining, leaving}
						if first == "who leaves" {
							slices.Reverse(order)
						}
						for _, tx := range order {
							if err := tx.Commit(t.Context()); err != nil {
								t.Fatal(err)
							}
						}
						f.unlink()
						f.purge("i", "o")
						if left := f.remaining("public.i", "id"); !slices.Equal(left, c.items) {
							t.Errorf("items left: %v, want %v", left, c.items)
						}
					})
				}
			}
		}
	}
}

// open executes a statement of the application's in a transaction that goes on.
func (f *fixture) open(isolation pgx.TxIsoLevel, sql string) pgx.Tx {
	f.Helper()
	tx, err := f.connect().BeginTx(f.Context(), pgx.TxOptions{IsoLevel: isolation})
	if err != nil {
		f.Fatal(err)
	}
	if _, err := tx.Exec(f.Context(), sql); err != nil {
		f.Fatalf("%s: %v", sql, err)
	}
	return tx
}
