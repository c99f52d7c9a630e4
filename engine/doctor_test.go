package engine_test

import (
	"fmt"
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/retention"
)

func (h *house) findings() []retention.Finding {
	h.t.Helper()
	d, err := h.engine.Doctor(h.t.Context(), h.actor)
	if err != nil {
		h.t.Fatal(err)
	}
	return d.Findings
}

// found are the kinds that were found of a policy, with the table where it is another one.
func found(list []retention.Finding, p retention.Policy) string {
	var out []string
	for _, f := range list {
		if f.Policy == p.Name {
			s := string(f.Kind)
			if f.Table != p.Table {
				s += " of " + f.Table.Name
			}
			out = append(out, s)
		}
	}
	return strings.Join(out, ", ")
}

// TestWhatTheDoctorFindsIsGoneWhenItsSQLWasRun for each thing that SQL mends, on a table
// whose names need quotes.
func TestWhatTheDoctorFindsIsGoneWhenItsSQLWasRun(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public."Odd ""r" (n int, "At" timestamp, note text)`,
		`INSERT INTO public."Odd ""r" SELECT i, CASE WHEN i > 3 THEN now() - interval '1 hour' END FROM generate_series(1, 20) AS i`,
		`CREATE TABLE public.parent (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`, `CREATE INDEX ON public.parent (created_at)`,
		`CREATE TABLE public."Child" (id bigint PRIMARY KEY, "Of" bigint REFERENCES public.parent)`,
		`CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END'`,
		`CREATE TRIGGER each_row AFTER DELETE ON public.parent FOR EACH ROW EXECUTE FUNCTION public.f()`)
	odd := policyOn(`Odd "r`, 90)
	odd.Name, odd.TimestampColumn = "odd", "At"
	h.mustPolicy(odd)
	parent := policyOn("parent", 90)
	h.mustPolicy(parent)
	list := h.findings()
	if n := h.count(`SELECT count(*) FROM public."Odd ""r" WHERE "At" IS NULL`); n != 3 {
		t.Fatalf("%d rows have no time", n)
	}
	if got, want := found(list, odd), "no_key, no_index, timestamp_without_zone, null_timestamps"; got != want {
		t.Errorf("of the odd table: %s, want %s", got, want)
	}
	if got, want := found(list, parent), "foreign_key_without_index of Child, blocked_for_good of Child, row_triggers"; got != want {
		t.Errorf("of the parent: %s, want %s", got, want)
	}
	if list[0].Kind != retention.FindingNoKey || list[0].Severity != retention.SeverityHurts {
		t.Errorf("the first is %+v, want the one that hurts", list[0])
	}
	for _, f := range list {
		if f.Says == "" || f.Remedy == "" {
			t.Errorf("%s says %q and advises %q", f.Kind, f.Says, f.Remedy)
		}
		if f.SQL != "" {
			h.exec(f.SQL)
		}
	}
	if n := h.count(`SELECT count(*) FROM public."Odd ""r" WHERE "At" IS NULL`); n != 3 {
		t.Errorf("the doctor's SQL changed rows: %d have no time now, 3 had", n)
	}
	list = h.findings()
	if got := found(list, odd); got != "timestamp_without_zone, null_timestamps" {
		t.Errorf("of the odd table after its SQL: %s", got)
	}
	if got, want := found(list, parent), "blocked_for_good of Child, row_triggers"; got != want {
		t.Errorf("of the parent after its SQL: %s, want %s", got, want)
	}
	// A policy on the child lets its rows go first.
	h.exec(`ALTER TABLE public."Child" ADD COLUMN created_at timestamptz`, `CREATE INDEX ON public."Child" (created_at)`)
	child := policyOn("Child", 90)
	child.Name = "child"
	h.mustPolicy(child)
	if got := found(h.findings(), parent); got != "row_triggers" {
		t.Errorf("of the parent with a policy on its child: %s", got)
	}
}

func TestTheDoctorTellsOfBrokenPoliciesDeadRowsAndPartitions(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("gone", 3, true)...)
	h.exec(`CREATE TABLE public.dead (id bigint PRIMARY KEY, created_at timestamptz NOT NULL) WITH (autovacuum_enabled = false)`, `CREATE INDEX ON public.dead (created_at)`,
		`INSERT INTO public.dead SELECT i, now() FROM generate_series(1, 30000) AS i`, `DELETE FROM public.dead WHERE id > 10000`, `SELECT pg_stat_force_next_flush()`,
		`CREATE TABLE public.parts (id bigint, created_at timestamptz NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE public.parts_all PARTITION OF public.parts DEFAULT`)
	gone, dead, parts := policyOn("gone", 90), policyOn("dead", 90), policyOn("parts", 90)
	h.mustPolicy(gone)
	h.mustPolicy(dead)
	h.mustPolicy(parts)
	h.exec(`DROP TABLE public.gone`)
	list := h.findings()
	if got := found(list, gone); got != "refused" || list[0].Severity != retention.SeverityBroken || !strings.Contains(list[0].Says, "cannot be carried out") {
		t.Errorf("of a table that is gone: %s, first is %+v", got, list[0])
	}
	if got := found(list, dead); got != "dead_tuples" {
		t.Errorf("of 20,000 dead rows: %s", got)
	}
	if got := found(list, parts); got != "no_index" {
		t.Errorf("of a partitioned table: %s", got)
	}
	for _, f := range list {
		if f.SQL != "" {
			h.exec(f.SQL)
		}
	}
	if got := found(h.findings(), parts); got != "" {
		t.Errorf("of a partitioned table after its SQL: %s", got)
	}
	if fmt.Sprint(h.findings()[0].Kind) != "refused" {
		t.Error("the broken policy is not told any more")
	}
}

// TestTheDoctorTellsOfAPolicyThatLeavesAllToAnother, once for each thing that mends both.
func TestTheDoctorTellsOfAPolicyThatLeavesAllToAnother(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 50, false)...)
	short, long := policyOn("r", 30), policyOn("r", 90)
	short.Name, long.Name = "a_short", "z_long"
	h.mustPolicy(short)
	h.mustPolicy(long)
	list := h.findings()
	if got := found(list, short); got != "left_to_another, no_index" && got != "no_index, left_to_another" {
		t.Errorf("of the shorter policy: %s", got)
	}
	if got := found(list, long); got != "" {
		t.Errorf("of the longer one: %s", got)
	}
	// It walks nothing and is overdue of nothing.
	run := h.mustRun(engine.RunRequest{Policies: []string{"a_short"}})
	if p := run.Policies[0]; run.Status != retention.RunSucceeded || p.Passed() != 0 || p.Batches != 0 {
		t.Errorf("its run is %s, with %+v", run.Status, p)
	}
	look, err := h.target.Look(t.Context(), short.Among([]retention.Policy{long.WithDefaults()}).WithDefaults(), nil)
	if err != nil || !look.Done || look.OldestDue != nil {
		t.Errorf("a look for it: %+v, %v", look, err)
	}
	if run := h.mustRun(engine.RunRequest{Policies: []string{"z_long"}}); run.TotalProcessed != 50 {
		t.Errorf("the longer one disposed of %d rows", run.TotalProcessed)
	}
}
