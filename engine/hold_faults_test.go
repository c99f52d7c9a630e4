package engine_test

import (
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/retention"
)

// What becomes of a hold's table or columns never frees a row, and is said loudly: on the
// hold, in the audit, by an event and by a count.
func TestAHoldWhoseTableChangesFailsSafeAndSaysSo(t *testing.T) {
	for name, c := range map[string]struct {
		scope  retention.Scope
		ddl    string
		effect retention.FaultEffect
		back   string // undoes it
	}{
		"a column renamed":          {fitting("r", "customer = 7"), `ALTER TABLE public.r RENAME customer TO client`, retention.FaultWholeTable, `ALTER TABLE public.r RENAME client TO customer`},
		"a column dropped":          {fitting("r", "customer = 7"), `ALTER TABLE public.r DROP COLUMN customer`, retention.FaultWholeTable, ``},
		"a column of another type":  {fitting("r", "customer = 7"), `ALTER TABLE public.r ALTER customer TYPE text`, retention.FaultWholeTable, ``},
		"a key of another type":     {retention.Scope{Table: public("r"), RecordIDs: []retention.Key{{"1"}}}, `ALTER TABLE public.r ALTER id TYPE text`, retention.FaultWholeTable, ``},
		"the table renamed":         {retention.Scope{Table: public("r"), RecordIDs: []retention.Key{{"1"}}}, `ALTER TABLE public.r RENAME TO r2`, retention.FaultRefused, `ALTER TABLE public.r2 RENAME TO r`},
		"the table in another room": {retention.Scope{Table: public("r"), All: true}, `CREATE SCHEMA other; ALTER TABLE public.r SET SCHEMA other`, retention.FaultRefused, `ALTER TABLE other.r SET SCHEMA public`},
		"the table dropped":         {retention.Scope{Table: public("r"), All: true}, `DROP TABLE public.r`, retention.FaultNothingLeft, ``},
		"the table replaced":        {retention.Scope{Table: public("r"), RecordIDs: []retention.Key{{"1"}}}, `CREATE TABLE public.new (LIKE public.r INCLUDING ALL); INSERT INTO public.new SELECT * FROM public.r; DROP TABLE public.r; ALTER TABLE public.new RENAME TO r`, retention.FaultWholeTable, ``},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, customer bigint, created_at timestamptz)`,
				`INSERT INTO public.r SELECT i, i % 10, now() - interval '400 days' FROM generate_series(1, 40) AS i`)
			h.mustPolicy(policyOn("r", 1))
			hold := holdOn("r", "1")
			hold.Scope = []retention.Scope{c.scope}
			placed := h.mustHold(hold)
			h.watch()
			if got := h.hold(placed.ID); len(got.Faults) != 0 {
				t.Fatalf("before: %+v", got.Faults)
			}
			h.exec(c.ddl)
			h.watch()
			h.watch()
			got := h.hold(placed.ID)
			if len(got.Faults) != 1 || got.Faults[0].Effect != c.effect || got.Faults[0].Remedy == "" {
				t.Fatalf("found %+v, want %s", got.Faults, c.effect)
			}
			if n := h.told(placed.ID, retention.EventHoldFailSafe); n != 1 {
				t.Errorf("it was told %d times, want once", n)
			}
			o, err := h.engine.Overview(t.Context(), h.actor)
			if err != nil || o.HoldDates.Faulty != 1 || len(o.FaultyHolds) != 1 {
				t.Errorf("the overview has %d of them, %v", len(o.FaultyHolds), err)
			}
			if c.effect == retention.FaultWholeTable {
				if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 0 || run.TotalHeld != 40 {
					t.Errorf("the run took %d and left %d as held, want 0 and 40: %v", run.TotalProcessed, run.TotalHeld, run.Policies[0].Errors)
				}
			}
			if c.effect == retention.FaultRefused {
				p := policyOn("r2", 2)
				if strings.Contains(c.ddl, "other.r") || strings.Contains(c.ddl, "other;") {
					p.Table.Schema, p.Table.Name = "other", "r"
				}
				if _, err := h.engine.CreatePolicy(t.Context(), h.actor, p); err == nil || !strings.Contains(err.Error(), "that table is called") {
					t.Errorf("a policy on the renamed table answers %v, want it refused", err)
				}
			}
			if c.back == "" {
				return
			}
			h.exec(c.back)
			h.watch()
			if got := h.hold(placed.ID); len(got.Faults) != 0 {
				t.Errorf("after it was undone: %+v", got.Faults)
			}
			if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed == 0 || run.TotalHeld == 0 || run.TotalHeld+run.TotalProcessed != 40 {
				if !c.scope.All {
					t.Errorf("after it was undone the run took %d and left %d as held", run.TotalProcessed, run.TotalHeld)
				}
			}
		})
	}
}

func fitting(table, condition string) retention.Scope {
	return retention.Scope{Table: public(table), Condition: condition}
}

func (h *house) watch() {
	h.t.Helper()
	if err := h.engine.WatchHolds(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) hold(id string) retention.Hold {
	h.t.Helper()
	got, err := h.engine.Hold(h.t.Context(), h.actor, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}
