package engine_test

import (
	"testing"

	"holdfast/engine"
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
