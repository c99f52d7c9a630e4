package engine_test

import (
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/retention"
)

// TestOfSeveralPoliciesOnOneTableTheOneThatKeepsLongestDecidesEveryRow compares random
// policies, run together or one by one, with a model of the written rules.
func TestOfSeveralPoliciesOnOneTableTheOneThatKeepsLongestDecidesEveryRow(t *testing.T) {
	t.Parallel()
	random := rand.New(rand.NewPCG(7, 11))
	conditions := []struct {
		sql  string
		fits func(kind int) bool // kind 0 is NULL
	}{
		{"", func(int) bool { return true }},
		{"kind = 1", func(k int) bool { return k == 1 }},
		{"kind <> 2", func(k int) bool { return k != 2 && k != 0 }},
		{"kind IS NULL OR kind = 3", func(k int) bool { return k == 0 || k == 3 }},
	}
	for round := range 6 {
		h := freshHouse(t)
		h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, kind int, created_at timestamptz NOT NULL)`,
			`INSERT INTO public.r SELECT i, nullif(i % 4, 0), now() - (i % 13) * interval '10 days' - interval '1 hour' FROM generate_series(1, 104) AS i`)
		type rule struct {
			p    retention.Policy
			fits func(int) bool
		}
		var rules []rule
		for i := range 2 + random.IntN(3) {
			c := conditions[random.IntN(len(conditions))]
			p := policyOn("r", 15+30*random.IntN(3))
			p.Name, p.Condition, p.BatchSize = fmt.Sprintf("p%d", i), c.sql, 7
			if random.IntN(2) == 0 {
				p.Action = retention.ActionArchive
			}
			h.mustPolicy(p)
			rules = append(rules, rule{p, c.fits})
		}
		deleted, archived := 0, 0
		for i := 1; i <= 104; i++ {
			var winner *retention.Policy
			for _, r := range rules {
				if !r.fits(i % 4) {
					continue
				}
				if winner == nil {
					winner = &r.p
				} else if _, over := r.p.Outranks(winner); over {
					winner = &r.p
				}
			}
			switch {
			case winner == nil || (i%13)*10 < winner.RetentionPeriod.Days:
			case winner.Action == retention.ActionArchive:
				archived++
			default:
				deleted++
			}
		}
		var would int64
		for _, r := range rules {
			s, err := h.engine.Simulate(t.Context(), h.actor, r.p.Name, nil)
			if err != nil {
				t.Fatal(err)
			}
			would += s.WouldProcess
		}
		if would != int64(deleted+archived) {
			t.Errorf("round %d: the simulations would remove %d rows, want %d", round, would, deleted+archived)
		}
		if round%2 == 0 {
			h.mustRun(engine.RunRequest{})
		} else {
			for _, i := range random.Perm(len(rules)) {
				h.mustRun(engine.RunRequest{Policies: []string{rules[i].p.Name}})
			}
		}
		left, kept := h.count(`SELECT count(*) FROM public.r`), int64(0)
		if h.count(`SELECT count(*) FROM pg_class WHERE relname = 'r_archive'`) > 0 {
			kept = h.count(`SELECT count(*) FROM public.r_archive`)
		}
		if left != int64(104-deleted-archived) || kept != int64(archived) {
			t.Errorf("round %d: %d rows are left and %d archived, want %d and %d under %+v", round, left, kept, 104-deleted-archived, archived, rules)
		}
		// Nothing is overdue that no policy would remove.
		for _, r := range rules {
			p, err := h.engine.Policy(t.Context(), h.actor, r.p.Name)
			if err != nil {
				t.Fatal(err)
			}
			look, err := h.target.Look(t.Context(), p.Among(all(t, h)), nil)
			if err != nil || look.OldestDue != nil {
				t.Errorf("round %d: %s is looked at as due since %v, %v", round, p.Name, look.OldestDue, err)
			}
		}
	}
}

// TestPoliciesThatCountFromDifferentMomentsLeaveEachOtherNothing: a row without the other
// one's timestamp would stay for good.
func TestPoliciesThatCountFromDifferentMomentsLeaveEachOtherNothing(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, closed_at timestamptz)`,
		`INSERT INTO public.r VALUES (1, now() - interval '400 days', NULL), (2, now() - interval '10 days', now() - interval '1 day')`)
	long := policyOn("r", 600)
	long.Name, long.TimestampColumn = "long", "closed_at"
	h.mustPolicy(long)
	h.mustPolicy(policyOn("r", 30))
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 1 || h.count(`SELECT id FROM public.r`) != 2 {
		t.Errorf("%d rows were disposed of, want the old one without a closing", run.TotalProcessed)
	}
}

// TestAnArchiveIsNotOutlivedByADelete: rows would be destroyed that were to be archived.
func TestAnArchiveIsNotOutlivedByADelete(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	archive, net := policyOn("r", 90), policyOn("r", 365)
	archive.Name, archive.Action, net.Name = "to_archive", retention.ActionArchive, "a_safety_net"
	h.mustPolicy(archive)
	h.mustPolicy(net)
	h.mustRun(engine.RunRequest{})
	if n := h.count(`SELECT count(*) FROM public.r_archive`); n != 10 {
		t.Errorf("%d rows are archived, want all 10", n)
	}
}

// TestRowsThatAnotherPolicyKeepsDoNotGoWithTheirParents of the same table.
func TestRowsThatAnotherPolicyKeepsDoNotGoWithTheirParents(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, up bigint REFERENCES public.r ON DELETE CASCADE, kind int, created_at timestamptz NOT NULL)`, `CREATE INDEX ON public.r (up)`,
		`INSERT INTO public.r VALUES (1, NULL, 0, now() - interval '100 days'), (2, 1, 1, now() - interval '100 days')`)
	short, legal := policyOn("r", 30), policyOn("r", 3650)
	short.Cascade, legal.Cascade = []retention.TableName{public("r")}, []retention.TableName{public("r")}
	legal.Name, legal.Condition = "legal", "kind = 1"
	h.mustPolicy(short)
	h.mustPolicy(legal)
	run := h.mustRun(engine.RunRequest{})
	if res := resultOf(t, run, "p_r"); res.Status != retention.RunFailed || !strings.Contains(res.Errors[0], "the policy legal keeps some of them") || h.count(`SELECT count(*) FROM public.r`) != 2 {
		t.Errorf("the shorter policy is %s with %d rows: %q", res.Status, res.Processed, res.Errors)
	}
}

func all(t *testing.T, h *house) []retention.Policy {
	t.Helper()
	list, _, err := h.engine.Policies(t.Context(), h.actor, retention.PolicyFilter{}, retention.Page{})
	if err != nil {
		t.Fatal(err)
	}
	return list
}

func TestAConflictIsSaidInThePlanInTheRecordAndOfBothPolicies(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, kind int, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.r VALUES (1, 1, now() - interval '50 days'), (2, 2, now() - interval '50 days')`)
	short, long := policyOn("r", 30), policyOn("r", 90)
	long.Name, long.Condition = "legal", "kind = 1"
	h.mustPolicy(short)
	h.mustPolicy(long)
	s, err := h.engine.Simulate(t.Context(), h.actor, "p_r", nil)
	if err != nil || s.WouldProcess != 1 || !strings.Contains(strings.Join(s.Plan, "\n"), "Leaves the rows where `kind = 1` to the policy `legal`: its retention period is longer.") {
		t.Errorf("the simulation says %+v, %v", s, err)
	}
	r := h.explain("r", "1")
	if got := r.Policies[1]; got.Name != "p_r" || got.Due || len(got.LeftTo) != 1 || got.LeftTo[0] != "legal" || !strings.HasPrefix(r.Next, "It becomes due under `legal`") {
		t.Errorf("a row of both: %q, %+v", r.Next, got)
	}
	if r := h.explain("r", "2"); len(r.Policies[1].LeftTo) != 0 || !r.Policies[1].Due {
		t.Errorf("a row of one: %+v", r)
	}
	for p, yields := range map[*retention.Policy]bool{&short: true, &long: false} {
		c, err := h.engine.Conflicts(t.Context(), h.actor, *p)
		if err != nil || len(c) != 1 || c[0].Yields != yields || c[0].Because != "its retention period is longer" {
			t.Errorf("conflicts of %s: %+v, %v", p.Name, c, err)
		}
	}
	// A rule that nobody can read any more keeps its rows.
	h.exec(`ALTER TABLE public.r RENAME COLUMN kind TO sort`)
	run := h.mustRun(engine.RunRequest{Policies: []string{"p_r"}})
	if run.Status != retention.RunFailed || run.TotalProcessed != 0 || !strings.Contains(run.Policies[0].Errors[0], "the rows of policy legal are kept from this one") {
		t.Errorf("the longer policy cannot be read: %s, %q", run.Status, run.Policies[0].Errors)
	}
}
