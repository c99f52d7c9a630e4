package engine_test

import (
	"testing"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// archivedOrders are customers whose orders, and the items of those, were archived with them, but
// for the newest of the customers; their archives are purged by policies of their own.
func archivedOrders(t *testing.T) *house {
	t.Helper()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.customer (id bigint PRIMARY KEY, name text, created_at timestamptz NOT NULL)`,
		`CREATE TABLE public.orders (id bigint PRIMARY KEY, customer_id bigint REFERENCES public.customer, created_at timestamptz NOT NULL)`,
		`CREATE INDEX ON public.orders (customer_id)`,
		`CREATE TABLE public.item (no bigint PRIMARY KEY, order_id bigint REFERENCES public.orders, created_at timestamptz NOT NULL)`,
		`CREATE INDEX ON public.item (order_id)`,
		`INSERT INTO public.customer SELECT i, 'n' || i % 5, now() - make_interval(days => CASE WHEN i > 18 THEN 1 ELSE 400 END) FROM generate_series(1, 20) AS i`,
		`INSERT INTO public.orders SELECT i, 1 + i % 20, now() - interval '400 days' FROM generate_series(1, 60) AS i`,
		`INSERT INTO public.item SELECT i, 1 + i % 60, now() - interval '400 days' FROM generate_series(1, 180) AS i`)
	for _, table := range []string{"item", "orders", "customer"} {
		p := policyOn(table, 90)
		p.Action = retention.ActionArchive
		h.mustPolicy(p)
	}
	if run := h.mustRun(engine.RunRequest{}); run.Status != retention.RunSucceeded || run.TotalProcessed != 180+60+18 {
		t.Fatalf("the run archived %d and ended as %s", run.TotalProcessed, run.Status)
	}
	h.exec(`UPDATE public.customer_archive SET holdfast_archived_at = now() - interval '400 days'`, `UPDATE public.orders_archive SET holdfast_archived_at = now() - interval '400 days'`, `UPDATE public.item_archive SET holdfast_archived_at = now() - interval '400 days'`)
	for _, table := range []string{"item_archive", "orders_archive", "customer_archive"} {
		p := policyOn(table, 90)
		p.TimestampColumn = "holdfast_archived_at"
		h.mustPolicy(p)
	}
	return h
}

// TestAPreviewCountsOfArchivesWhatARunLeavesOfThem: one predicate, whatever a scope is.
func TestAPreviewCountsOfArchivesWhatARunLeavesOfThem(t *testing.T) {
	t.Parallel()
	ids := []retention.Key{{"1"}, {"2"}, {"19"}, {"77"}}
	for name, c := range map[string]struct {
		scope retention.Scope
		want  map[string]int64
	}{
		"ids":           {retention.Scope{Table: public("customer"), RecordIDs: ids}, map[string]int64{"customer_archive": 2}},
		"a condition":   {retention.Scope{Table: public("customer"), Condition: "name = 'n3'"}, map[string]int64{"customer_archive": 4}},
		"a whole table": {retention.Scope{Table: public("orders"), All: true}, map[string]int64{"orders_archive": 60}},
		"a family":      {retention.Scope{Table: public("customer"), RecordIDs: ids, Family: &retention.Family{}}, map[string]int64{"customer_archive": 2, "orders_archive": 9, "item_archive": 27}},
		"a near family": {retention.Scope{Table: public("customer"), RecordIDs: ids, Family: &retention.Family{Depth: 1}}, map[string]int64{"customer_archive": 2, "orders_archive": 9}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := archivedOrders(t)
			p, err := h.engine.PreviewHold(t.Context(), h.actor, []retention.Scope{c.scope})
			if err != nil {
				t.Fatal(err)
			}
			said := map[string]int64{}
			for _, s := range append([]retention.ScopePreview{p.Scopes[0]}, p.Scopes[0].Belongings...) {
				if s.Problem != "" {
					t.Errorf("%s: %s", s.Table, s.Problem)
				}
				for _, a := range s.Archives {
					if a.Whole != "" {
						t.Errorf("all of %s is said to be held: %s", a.Table, a.Whole)
					}
					said[a.Table.Name] += a.RecordCount
				}
			}
			h.mustHold(retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Scope: []retention.Scope{c.scope}})
			h.mustRun(engine.RunRequest{})
			for _, table := range []string{"customer_archive", "orders_archive", "item_archive"} {
				if left := h.count(`SELECT count(*) FROM public.` + table); left != c.want[table] || said[table] != left {
					t.Errorf("%s: the preview counts %d, the run leaves %d, want %d", table, said[table], left, c.want[table])
				}
			}
		})
	}
}

// TestAPreviewSaysOfAnArchiveWithoutItsColumnThatAllOfItIsHeld, as it is.
func TestAPreviewSaysOfAnArchiveWithoutItsColumnThatAllOfItIsHeld(t *testing.T) {
	t.Parallel()
	h := archivedOrders(t)
	h.exec(`ALTER TABLE public.customer_archive ALTER COLUMN name TYPE varchar(40)`)
	p, err := h.engine.PreviewHold(t.Context(), h.actor, []retention.Scope{{Table: public("customer"), Condition: "name = 'n3'"}})
	if err != nil {
		t.Fatal(err)
	}
	if a := p.Scopes[0].Archives; len(a) != 1 || a[0].RecordCount != 18 || a[0].Whole == "" {
		t.Errorf("got %+v, want all 18 archived customers, and why", a)
	}
}

// TestAPreviewCountsAnArchiveThatWasReplaced: a table that took the name of an archive is held as
// that was.
func TestAPreviewCountsAnArchiveThatWasReplaced(t *testing.T) {
	t.Parallel()
	h := archivedOrders(t)
	h.exec(`ALTER TABLE public.customer_archive RENAME TO was`, `CREATE TABLE public.customer_archive (LIKE public.was INCLUDING ALL)`, `INSERT INTO public.customer_archive SELECT * FROM public.was`)
	scope := retention.Scope{Table: public("customer"), RecordIDs: []retention.Key{{"1"}, {"2"}}}
	p, err := h.engine.PreviewHold(t.Context(), h.actor, []retention.Scope{scope})
	if err != nil {
		t.Fatal(err)
	}
	said := map[string]int64{}
	for _, a := range p.Scopes[0].Archives {
		said[a.Table.Name] = a.RecordCount
	}
	h.mustHold(retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Scope: []retention.Scope{scope}})
	h.mustRun(engine.RunRequest{})
	if left := h.count(`SELECT count(*) FROM public.customer_archive`); left != 2 || said["customer_archive"] != left || said["was"] != 2 {
		t.Errorf("the preview counts %v and the run leaves %d, want 2", said, left)
	}
}

// TestWhatBelongsByWayOfAnArchiveThatWasReplacedIsHeld: the way to archived items leads over
// the archive of their orders, also where another table took its name.
func TestWhatBelongsByWayOfAnArchiveThatWasReplacedIsHeld(t *testing.T) {
	t.Parallel()
	h := archivedOrders(t)
	h.exec(`ALTER TABLE public.orders_archive RENAME TO was`, `CREATE TABLE public.orders_archive (LIKE public.was INCLUDING ALL)`, `INSERT INTO public.orders_archive SELECT * FROM public.was`, `DROP TABLE public.was`)
	scope := retention.Scope{Table: public("customer"), RecordIDs: []retention.Key{{"1"}, {"2"}}, Family: &retention.Family{}}
	h.mustHold(retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Scope: []retention.Scope{scope}})
	h.mustRun(engine.RunRequest{Policies: []string{"p_item_archive"}})
	h.mustRun(engine.RunRequest{})
	for table, want := range map[string]int64{"customer_archive": 2, "orders_archive": 6, "item_archive": 18} {
		if left := h.count(`SELECT count(*) FROM public.` + table); left != want {
			t.Errorf("the run leaves %d of %s, want %d", left, table, want)
		}
	}
}

// TestAllIsHeldThatMayBelongByWayOfAnArchiveWhoseColumnsExchangedNames, since the column that
// leads up is another one there.
func TestAllIsHeldThatMayBelongByWayOfAnArchiveWhoseColumnsExchangedNames(t *testing.T) {
	t.Parallel()
	h := archivedOrders(t)
	h.exec(`ALTER TABLE public.orders ADD COLUMN payer_id bigint REFERENCES public.customer`)
	h.exec(`ALTER TABLE public.orders RENAME COLUMN customer_id TO x`, `ALTER TABLE public.orders RENAME COLUMN payer_id TO customer_id`, `ALTER TABLE public.orders RENAME COLUMN x TO payer_id`)
	h.exec(`ALTER TABLE public.orders_archive ADD COLUMN payer_id bigint`)
	scope := retention.Scope{Table: public("customer"), RecordIDs: []retention.Key{{"1"}, {"2"}}, Family: &retention.Family{}}
	h.mustHold(retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Scope: []retention.Scope{scope}})
	h.mustRun(engine.RunRequest{Policies: []string{"p_item_archive"}})
	h.mustRun(engine.RunRequest{})
	for table, want := range map[string]int64{"customer_archive": 2, "orders_archive": 60, "item_archive": 180} {
		if left := h.count(`SELECT count(*) FROM public.` + table); left != want {
			t.Errorf("the run leaves %d of %s, want %d", left, table, want)
		}
	}
}

// TestWhatLosesItsWayUpInAnArchiveStaysHeld: the application takes archived orders away from under
// two holds that keep what was, and with them the way from archived items to their customers.
// What belonged to the records stays for as long as one of the holds lasts.
func TestWhatLosesItsWayUpInAnArchiveStaysHeld(t *testing.T) {
	t.Parallel()
	h := archivedOrders(t)
	scope := retention.Scope{Table: public("customer"), RecordIDs: []retention.Key{{"1"}, {"2"}}, Family: &retention.Family{}}
	var holds []retention.Hold
	for range 2 {
		holds = append(holds, h.mustHold(retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Enforcement: retention.EnforcePreserve, Scope: []retention.Scope{scope}}))
	}
	h.exec(`DELETE FROM public.orders_archive WHERE customer_id = 1`, `UPDATE public.orders_archive SET customer_id = 5 WHERE customer_id = 2`, `DELETE FROM public.customer_archive WHERE id = 1`)
	items := func() string {
		return pgtest.Value[string](t, h.url, `SELECT coalesce(string_agg(no::text, ' ' ORDER BY no), '') FROM public.item_archive WHERE order_id IN (SELECT i FROM generate_series(1, 60) AS i WHERE 1 + i % 20 IN (1, 2))`)
	}
	all := items()
	for _, released := range []bool{false, true} {
		if released {
			if _, err := h.engine.ReleaseHold(t.Context(), h.actor, holds[0].ID, "the case is over"); err != nil {
				t.Fatal(err)
			}
		}
		h.mustRun(engine.RunRequest{})
		if got := items(); got != all || h.count(`SELECT count(*) FROM public.item_archive`) != 18 {
			t.Errorf("released: %v: of the items %q are left, want %q and no others", released, got, all)
		}
		if n := h.count(`SELECT count(*) FROM public.orders_archive`); n != 3 {
			t.Errorf("released: %v: %d orders are left, want the 3 that got another customer", released, n)
		}
	}
	for _, hold := range holds {
		if p := h.proof(hold.ID); p.Verdict() != retention.ProofStands {
			t.Errorf("the proof %s: %+v", p.Verdict(), p.Scopes)
		}
		if n := h.count(`SELECT count(*) FROM holdfast_guard.preserved WHERE '` + hold.ID + `'::uuid = ANY (hold_ids)`); n != 7 {
			t.Errorf("%d old versions were kept for hold %s, want those of 6 orders and a customer", n, hold.ID)
		}
	}
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, holds[1].ID, "the case is over"); err != nil {
		t.Fatal(err)
	}
	h.mustRun(engine.RunRequest{})
	if n := h.count(`SELECT count(*) FROM public.item_archive`); n != 0 {
		t.Errorf("after the last hold %d items are left", n)
	}
}
