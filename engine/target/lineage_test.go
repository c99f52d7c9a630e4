package target

import (
	"fmt"
	"maps"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"holdfast/retention"
)

// holdFamily places a hold on records with everything that belongs to them.
func (f *fixture) holdFamily(table retention.TableName, depth int, ids ...retention.Key) string {
	f.Helper()
	h := familyHold(table, depth, ids...)
	if err := f.target.CheckKeys(f.Context(), h); err != nil {
		f.Fatalf("check keys: %v", err)
	}
	if err := f.target.StageHold(f.Context(), h); err != nil {
		f.Fatalf("stage hold: %v", err)
	}
	if _, _, err := f.target.ActivateHold(f.Context(), h.ID, nil); err != nil {
		f.Fatalf("activate hold: %v", err)
	}
	return h.ID
}

func familyHold(table retention.TableName, depth int, ids ...retention.Key) retention.Hold {
	return retention.Hold{ID: uuid.NewString(), Matter: "Test v. Test", Scope: []retention.Scope{{Table: table, RecordIDs: ids, Family: &retention.Family{Depth: depth}}}}
}

// foreseen compares what a preview of the world's families counts with the model.
func (f *fixture) foreseen(w world) {
	f.Helper()
	for _, h := range w.holds {
		if !h.family {
			continue
		}
		s := retention.Scope{Table: worldName(h.table), Family: &retention.Family{Depth: h.depth}}
		for _, n := range h.rows {
			s.RecordIDs = append(s.RecordIDs, worldKeys[w.tables[h.table].key].value(n))
		}
		p, _, err := f.target.PreviewHold(f.Context(), retention.Hold{Scope: []retention.Scope{s}}, []retention.Policy{w.policy()}, retention.Period{})
		if err != nil {
			f.Fatal(err)
		}
		want, got := map[string]int64{}, map[string]int64{}
		for x := range w.belongs(h) {
			if x.table != h.table || !slices.Contains(h.rows, x.row) {
				want[worldName(x.table).String()]++
			}
		}
		for _, b := range p.Scopes[0].Belongings {
			if b.Problem != "" {
				f.Errorf("%s: %s", b.Table, b.Problem)
			}
			if b.RecordCount > 0 {
				got[b.Table.String()] = b.RecordCount
			}
		}
		if !maps.Equal(got, want) {
			f.Errorf("a preview of %+v counts %v, the model %v", h, got, want)
		}
		f.forbidden(w, h, s)
	}
}

// forbidden compares what triggers keep the application from with the model of a family.
func (f *fixture) forbidden(w world, h worldHold, s retention.Scope) {
	f.Helper()
	id := f.enforced(retention.EnforceRefuse, s)
	covered := w.belongs(h)
	for _, n := range h.rows {
		covered[at{h.table, n}] = true
	}
	conn := f.connect()
	for i := range w.tables {
		for n := range w.rows[i] {
			_, err := conn.Exec(f.Context(), fmt.Sprintf(`BEGIN; UPDATE %s SET kind = kind WHERE name = 'row %d'`, worldName(i).SQL(), n))
			if code := sqlState(err); (code == refusedCode) != covered[at{i, n}] || err != nil && code != refusedCode {
				f.Errorf("row %d of %s: %v; the model says held: %v, of %+v", n, worldName(i), err, covered[at{i, n}], h)
			}
			if _, err := conn.Exec(f.Context(), `ROLLBACK`); err != nil {
				f.Fatal(err)
			}
		}
	}
	if _, _, err := f.target.EndHold(f.Context(), id); err != nil {
		f.Fatal(err)
	}
}

// shop has ten customers, each with two orders, each with two items and, by a key that is not
// the primary one, a parcel; staff that are each other's bosses; and tables of two that belong to
// each other. All of it is due.
var shop = []string{
	`CREATE TABLE public.customers (id bigint PRIMARY KEY, created_at timestamptz)`,
	`CREATE TABLE public.orders (id bigint PRIMARY KEY, no text NOT NULL UNIQUE, customer_id bigint REFERENCES public.customers, created_at timestamptz)`,
	`CREATE TABLE public.items (id bigint PRIMARY KEY, name text, order_id bigint REFERENCES public.orders ON DELETE CASCADE, created_at timestamptz)`,
	`CREATE TABLE public.parcels (weight integer, order_no text REFERENCES public.orders (no), created_at timestamptz)`,
	`CREATE TABLE public.staff (id bigint PRIMARY KEY, boss bigint REFERENCES public.staff, created_at timestamptz)`,
	`INSERT INTO public.customers SELECT i, now() - interval '100 days' FROM generate_series(1, 10) AS i`,
	`INSERT INTO public.orders SELECT i, 'no ' || i, (i + 1) / 2, now() - interval '100 days' FROM generate_series(1, 20) AS i`,
	`INSERT INTO public.items SELECT i, 'item ' || i, (i + 1) / 2, now() - interval '100 days' FROM generate_series(1, 40) AS i`,
	`INSERT INTO public.parcels SELECT i, 'no ' || i, now() - interval '100 days' FROM generate_series(1, 20) AS i`,
	`INSERT INTO public.staff SELECT i, nullif(i / 2, 0), now() - interval '100 days' FROM generate_series(1, 20) AS i`,
	`CREATE INDEX ON public.orders (customer_id)`, `CREATE INDEX ON public.items (order_id)`, `CREATE INDEX ON public.staff (boss)`,
}

// purge carries out policies on tables of the shop, those that refer first.
func (f *fixture) purge(tables ...string) {
	f.Helper()
	for _, t := range tables {
		p := policy(t, retention.ActionDelete)
		p.Name = "p_" + t
		if t == "orders" {
			p.Cascade = []retention.TableName{name("items")}
		}
		f.run(p)
	}
}

func (f *fixture) want(sql string, want int64) {
	f.Helper()
	if got := f.count(sql); got != want {
		f.Errorf("%s answers %d, want %d", sql, got, want)
	}
}

func TestACustomerHeldWithEverythingKeepsOrdersItemsAndParcels(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shop...)
	f.holdFamily(name("customers"), 0, keys("3", "99")...)
	f.purge("items", "parcels", "orders", "customers")
	f.want(`SELECT count(*) FROM public.items`, 4)
	f.want(`SELECT count(*) FROM public.parcels WHERE order_no IN ('no 5', 'no 6')`, 2)
	f.want(`SELECT count(*) FROM public.parcels`, 2)
	f.want(`SELECT count(*) FROM public.orders WHERE customer_id = 3`, 2)
	f.want(`SELECT count(*) FROM public.orders`, 2)
	f.want(`SELECT count(*) FROM public.customers`, 1)
}

func TestADepthOfOneLeavesWhatBelongsFurtherDown(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shop...)
	f.holdFamily(name("customers"), 1, keys("3")...)
	f.purge("items", "parcels", "orders", "customers")
	f.want(`SELECT count(*) FROM public.items`, 0)
	f.want(`SELECT count(*) FROM public.orders`, 2)
}

// joins are changes of an application by which a due row comes to belong to customer 3, or to
// member 1 of the staff.
var joins = map[string]struct{ table, sql, kept string }{
	"an order gets another customer":          {"orders", `UPDATE public.orders SET customer_id = 3 WHERE id = 20`, `SELECT count(*) FROM public.orders WHERE id = 20`},
	"an item gets another order":              {"items", `UPDATE public.items SET order_id = 5 WHERE id = 40`, `SELECT count(*) FROM public.items WHERE id = 40`},
	"an item's order gets another customer":   {"items", `UPDATE public.orders SET customer_id = 3 WHERE id = 20`, `SELECT count(*) / 2 FROM public.items WHERE order_id = 20`},
	"a parcel gets another order":             {"parcels", `UPDATE public.parcels SET order_no = 'no 5' WHERE weight = 20`, `SELECT count(*) FROM public.parcels WHERE weight = 20`},
	"an item is added":                        {"items", `INSERT INTO public.items VALUES (41, 'item 41', 5, now() - interval '100 days')`, `SELECT count(*) FROM public.items WHERE id = 41`},
	"a member of the staff gets another boss": {"staff", `UPDATE public.staff SET boss = 8 WHERE id = 15`, `SELECT count(*) FROM public.staff WHERE id = 15`},
	"a boss gets a boss":                      {"staff", `UPDATE public.staff SET boss = 4 WHERE id = 7`, `SELECT count(*) / 3 FROM public.staff WHERE id IN (7, 14, 15)`},
	"one more joins the staff below the rest": {"staff", `INSERT INTO public.staff VALUES (21, 16, now() - interval '100 days')`, `SELECT count(*) FROM public.staff WHERE id = 21`},
}

// Rows that join a family are held like those that were in it: before a batch, and while it
// waits for the row that changes.
func TestRowsThatJoinAFamilyAreHeld(t *testing.T) {
	for what, c := range joins {
		for _, action := range []retention.Action{retention.ActionDelete, retention.ActionArchive} {
			for _, moment := range []string{"before", "while waiting", "before the snapshot"} {
				if moment == "while waiting" && (strings.HasPrefix(c.sql, "INSERT") || !strings.Contains(c.sql, "public."+c.table)) {
					continue // nothing that the batch waits for
				}
				t.Run(fmt.Sprintf("%s/%s/%s", what, action, moment), func(t *testing.T) {
					t.Parallel()
					f := newFixture(t, shop...)
					f.holdFamily(name("customers"), 0, keys("3")...)
					f.holdFamily(name("staff"), 0, keys("4")...)
					if c.table == "orders" {
						f.exec(`DELETE FROM public.items`, `DELETE FROM public.parcels`)
					}
					p := policy(c.table, action)
					if c.table == "orders" {
						p.Cascade = []retention.TableName{name("items")}
					}
					d := f.begin(p)
					switch moment {
					case "before":
						f.exec(c.sql)
					case "while waiting":
						f.stepUnder(d, c.sql)
					case "before the snapshot":
						if err := f.changeUnder(d, `LOCK TABLE public.`+c.table+` IN SHARE ROW EXCLUSIVE MODE; `+c.sql, func() error { return stepToEnd(f.T, d) }); err != nil {
							t.Fatal(err)
						}
					}
					f.finish(d)
					f.want(c.kept, 1)
					if n := f.count(`SELECT count(*) FROM public.` + c.table); n > 12 {
						t.Errorf("%d rows are left, as if all were held", n)
					}
				})
			}
		}
	}
}

// What is done to tables and columns on the way never frees what belongs to a held record.
func TestNoChangeOfTablesFreesAFamily(t *testing.T) {
	whole := int64(40)
	for what, c := range map[string]struct {
		ddl  string
		kept int64
		// fault is a word of what the hold says of it.
		fault string
	}{
		"a foreign key is dropped":              {`ALTER TABLE public.items DROP CONSTRAINT items_order_id_fkey`, 4, ""},
		"every foreign key is dropped":          {`ALTER TABLE public.items DROP CONSTRAINT items_order_id_fkey; ALTER TABLE public.orders DROP CONSTRAINT orders_customer_id_fkey`, 4, ""},
		"a column of the row is renamed":        {`ALTER TABLE public.items RENAME order_id TO of_order`, whole, "a column by which its rows belong"},
		"a column of the row is retyped":        {`ALTER TABLE public.items DROP CONSTRAINT items_order_id_fkey; ALTER TABLE public.items ALTER order_id TYPE text`, whole, "a column by which its rows belong"},
		"columns are swapped":                   {`ALTER TABLE public.items RENAME order_id TO x; ALTER TABLE public.items ADD COLUMN order_id bigint`, whole, "a column by which its rows belong"},
		"a column on the way is renamed":        {`ALTER TABLE public.orders RENAME customer_id TO client`, whole, "by way of public.orders"},
		"the column that is referred to":        {`ALTER TABLE public.customers RENAME id TO no`, whole, "by way of public.customers"},
		"the table on the way is dropped":       {`DROP TABLE public.orders CASCADE`, whole, "by way of public.orders"},
		"the table on the way gets a new name":  {`ALTER TABLE public.orders RENAME TO purchases`, 4, ""},
		"the table on the way is made anew":     {`ALTER TABLE public.items DROP CONSTRAINT items_order_id_fkey; ALTER TABLE public.parcels DROP CONSTRAINT parcels_order_no_fkey; CREATE TABLE public.o AS TABLE public.orders; DROP TABLE public.orders; ALTER TABLE public.o RENAME TO orders`, whole, "by way of public.orders"},
		"the table itself becomes a partition":  {`ALTER TABLE public.items DROP CONSTRAINT items_pkey; CREATE TABLE public.all_items (LIKE public.items) PARTITION BY RANGE (created_at); ALTER TABLE public.all_items ATTACH PARTITION public.items DEFAULT`, 4, ""},
		"rows of the table on the way are gone": {`ALTER TABLE public.items DISABLE TRIGGER ALL; ALTER TABLE public.orders DISABLE TRIGGER ALL; DELETE FROM public.orders WHERE id = 6`, 2, ""},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, shop...)
			id := f.holdFamily(name("customers"), 0, keys("3")...)
			f.exec(c.ddl)
			if err := f.target.CloseFamilies(t.Context(), func(string, []retention.GrownFamily) error { return nil }); err != nil {
				t.Fatal(err)
			}
			p := policy("items", retention.ActionDelete)
			if strings.Contains(c.ddl, "all_items") {
				p = policy("all_items", retention.ActionDelete)
			}
			f.run(p)
			f.want(`SELECT count(*) FROM `+p.Table.SQL(), c.kept)
			faults, err := f.target.HoldFaults(t.Context())
			if err != nil {
				t.Fatal(err)
			}
			said := slices.ContainsFunc(faults[id], func(f retention.HoldFault) bool {
				return f.On == name("items") && f.Effect == retention.FaultWholeTable && strings.Contains(f.Reason, c.fault) && f.Remedy != ""
			})
			if said != (c.fault != "") {
				t.Errorf("the hold says %+v, want %q", faults[id], c.fault)
			}
		})
	}
}

// A table or a foreign key that comes later is taken up, and said; it is no alteration.
func TestAFamilyTakesUpTablesThatComeToBelongToIt(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shop...)
	id := f.holdFamily(name("customers"), 0, keys("3")...)
	f.exec(`CREATE TABLE public.notes (item_id bigint REFERENCES public.items, created_at timestamptz)`,
		`INSERT INTO public.notes SELECT i, now() - interval '100 days' FROM generate_series(1, 40) AS i`,
		`ALTER TABLE public.parcels ADD COLUMN payer bigint REFERENCES public.customers`, `UPDATE public.parcels SET payer = 3 WHERE weight = 1`)
	var told []retention.GrownFamily
	for range 2 {
		if err := f.target.CloseFamilies(t.Context(), func(of string, grown []retention.GrownFamily) error {
			if of == id {
				told = append(told, grown...)
			}
			return nil
		}); err != nil {
			t.Fatal(err)
		}
	}
	if want := []retention.GrownFamily{{Table: name("parcels")}, {Table: name("notes")}}; !slices.Equal(told, want) {
		t.Errorf("was told of %v, want %v once", told, want)
	}
	altered, _, unnoted, err := f.target.AlteredHolds(t.Context())
	if err != nil || len(altered)+len(unnoted) > 0 {
		t.Errorf("altered %v, not noted %v, error %v; want none", altered, unnoted, err)
	}
	f.purge("notes", "parcels")
	f.want(`SELECT count(*) FROM public.notes`, 4)
	f.want(`SELECT count(*) FROM public.parcels`, 3)
}

// What the guard has of a family is compared with what was noted, and brought back.
func TestAFamilyThatIsAlteredInTheGuardIsFoundAndStagedAgain(t *testing.T) {
	for what, sql := range map[string]string{
		"a member is lost":    `DELETE FROM holdfast_guard.hold_scope WHERE table_name = 'items'`,
		"all members are":     `DELETE FROM holdfast_guard.hold_scope WHERE member > 0`,
		"a link is lost":      `UPDATE holdfast_guard.hold_scope SET links = '{"links": []}' WHERE table_name = 'items'`,
		"another set of ids":  `UPDATE holdfast_guard.hold_scope SET member = 77 WHERE table_name = 'orders' AND member > 0`,
		"the records are not": `UPDATE holdfast_guard.hold_scope SET family_depth = 1 WHERE member = 0`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, shop...)
			h := familyHold(name("customers"), 0, keys("3")...)
			for range 2 { // twice does no harm
				if err := f.target.StageHold(t.Context(), h); err != nil {
					t.Fatal(err)
				}
			}
			if _, _, err := f.target.ActivateHold(t.Context(), h.ID, nil); err != nil {
				t.Fatal(err)
			}
			f.exec(`SET holdfast.forgetting = 'on'; ` + sql)
			altered, _, _, err := f.target.AlteredHolds(t.Context())
			if err != nil || len(altered) != 1 {
				t.Fatalf("altered: %v, %v", altered, err)
			}
			if err := f.target.StageHold(t.Context(), h); err != nil {
				t.Fatal(err)
			}
			if altered, _, _, err := f.target.AlteredHolds(t.Context()); err != nil || len(altered) > 0 {
				t.Errorf("still altered: %v, %v", altered, err)
			}
			f.purge("items")
			if n := f.count(`SELECT count(*) FROM public.items WHERE order_id IN (5, 6)`); n != 4 {
				t.Errorf("%d held items are left, want 4", n)
			}
		})
	}
}

// Rows that were archived with what they belong to are held in the archives.
func TestAFamilyCoversItsArchivedRows(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shop...)
	p := policy("orders", retention.ActionArchive)
	p.Cascade = []retention.TableName{name("items")}
	f.exec(`DELETE FROM public.parcels`)
	f.wantAccepted(p)
	if got := f.run(p); got.Processed != 20 {
		t.Fatalf("%d orders were archived: %q", got.Processed, got.Errors)
	}
	f.run(policy("staff", retention.ActionArchive))
	f.holdFamily(name("customers"), 0, keys("3")...)
	f.holdFamily(name("staff"), 0, keys("4")...)
	f.purge("items_archive", "orders_archive", "staff_archive")
	f.want(`SELECT count(*) FROM public.items_archive`, 4)
	f.want(`SELECT count(*) FROM public.items_archive WHERE order_id IN (5, 6)`, 4)
	f.want(`SELECT count(*) FROM public.orders_archive`, 2)
	if left := f.remaining("public.staff_archive", "id"); !slices.Equal(left, []string{"16", "17", "18", "19", "4", "8", "9"}) {
		t.Errorf("of the staff %v are left, want 4 and whoever is below", left)
	}
}

// The explanation of a record names the hold that it belongs to.
func TestARecordSaysThatItBelongsToAHeldOne(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shop...)
	id := f.holdFamily(name("customers"), 0, keys("3")...)
	for key, want := range map[string][]string{"9": {id}, "12": {id}, "13": nil, "99": nil} {
		got, err := f.target.Record(t.Context(), name("items"), retention.Key{key}, nil, nil)
		if err != nil || !slices.Equal(got.HoldIDs, want) {
			t.Errorf("item %s is covered by %v, %v; want %v", key, got.HoldIDs, err, want)
		}
	}
}

// Once the records' table is gone the hold says it once.
func TestAFamilyWhoseRecordsAreGoneSaysSoOnce(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shop...)
	id := f.holdFamily(name("staff"), 0, keys("3")...)
	f.exec(`DROP TABLE public.staff CASCADE`)
	faults, err := f.target.HoldFaults(t.Context())
	if err != nil || len(faults[id]) != 1 || faults[id][0].Effect != retention.FaultNothingLeft {
		t.Errorf("it says %+v, %v; want once that nothing is left", faults[id], err)
	}
}

// A partition whose rows may belong to a held record is neither emptied nor dropped at once.
func TestAPartitionOfAFamilyIsNeverEmptiedAsAWhole(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(slices.Clone(shop),
		`CREATE TABLE public.visits (customer_id bigint REFERENCES public.customers, created_at timestamptz) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE public.visits_old PARTITION OF public.visits FOR VALUES FROM (MINVALUE) TO ('2020-01-01')`,
		`INSERT INTO public.visits SELECT i, '2019-01-01' FROM generate_series(1, 10) AS i`)...)
	f.holdFamily(name("customers"), 1, keys("3")...)
	p := policy("visits", retention.ActionDelete)
	p.DropEmptyPartitions, p.Evidence = true, retention.EvidenceCounts
	f.exec(`DELETE FROM public.visits WHERE customer_id = 3`)
	f.run(p)
	f.want(`SELECT count(*) FROM public.visits`, 0)
	f.want(`SELECT count(*) FROM pg_class WHERE relname = 'visits_old'`, 1)
	f.want(`SELECT count(*) FROM holdfast_guard.journal WHERE step LIKE 'emptied%'`, 0)
	f.exec(`INSERT INTO public.visits VALUES (3, '2019-01-01'), (4, '2019-01-01')`)
	f.run(p)
	f.want(`SELECT count(*) FROM public.visits WHERE customer_id = 3`, 1)
	f.want(`SELECT count(*) FROM public.visits`, 1)
}

// A foreign key that some partitions have leads from all, also from those made later.
func TestAForeignKeyOfOnePartitionLeadsFromAll(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(slices.Clone(shop),
		`CREATE TABLE public.visits (customer_id bigint, created_at timestamptz) PARTITION BY LIST (customer_id)`,
		`CREATE TABLE public.visits_odd PARTITION OF public.visits FOR VALUES IN (1, 5, 7, 9)`, `ALTER TABLE public.visits_odd ADD FOREIGN KEY (customer_id) REFERENCES public.customers`,
		`CREATE TABLE public.visits_3 PARTITION OF public.visits FOR VALUES IN (3)`)...)
	f.holdFamily(name("customers"), 1, keys("3", "4", "5")...)
	f.exec(`CREATE TABLE public.visits_even PARTITION OF public.visits DEFAULT`,
		`INSERT INTO public.visits SELECT i, now() - interval '100 days' FROM generate_series(1, 10) AS i`)
	f.run(policy("visits", retention.ActionDelete))
	if left := f.remaining("public.visits", "customer_id"); !slices.Equal(left, []string{"3", "4", "5"}) {
		t.Errorf("visits of %v are left, want those of 3, 4 and 5", left)
	}
}

func TestAFamilyThatMayNotBeReadIsRefusedWithTheGrantThatMendsIt(t *testing.T) {
	t.Parallel()
	f := limited(t)
	f.exec(shop...)
	f.exec(`GRANT SELECT ON public.customers, public.orders, public.parcels TO ` + f.texts(`SELECT current_user`)[0])
	err := f.target.CheckKeys(t.Context(), familyHold(name("customers"), 0, keys("3")...))
	if err == nil || !strings.Contains(err.Error(), "GRANT SELECT ON public.items TO") || strings.Contains(err.Error(), "public.orders") {
		t.Errorf("it answers %v, want the GRANT for the items alone", err)
	}
}

func TestAFamilyOfMoreTablesThanCanBeJudgedIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, shop...)
	for i := range 198 {
		f.exec(fmt.Sprintf(`CREATE TABLE public.more_%d (customer_id bigint REFERENCES public.customers)`, i))
	}
	err := f.target.CheckKeys(t.Context(), familyHold(name("customers"), 0, keys("3")...))
	if err == nil || !strings.Contains(err.Error(), "reaches 202 tables (public.customers, ") || !strings.Contains(err.Error(), "at most 200 are accepted") {
		t.Errorf("it answers %v, want that 202 tables are too many", err)
	}
	if err := f.target.CheckKeys(t.Context(), familyHold(name("customers"), 1, keys("3")...)); err != nil {
		t.Errorf("at a depth of 1, which reaches 200, it answers %v", err)
	}
}
