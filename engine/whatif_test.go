package engine_test

import (
	"context"
	"errors"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/retention"
)

// One row a day for 400 days, the oldest first.
func (h *house) oneRowADay(table string) {
	h.exec(`CREATE TABLE public.`+table+` (id bigint PRIMARY KEY, name text, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.`+table+` SELECT i, 'x', now() - make_interval(days => 401 - i::integer) + interval '1 hour' FROM generate_series(1, 400) AS i`)
}

func TestWhatIfCountsUnderAnotherPeriodAndOfAnEarlierDay(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.oneRowADay("r")
	h.mustPolicy(policyOn("r", 90))
	h.mustHold(holdOn("r", "1", "2"))
	was := time.Now().AddDate(0, 0, -100)
	for _, c := range []struct {
		what string
		days int
		asOf *time.Time
		due  int64
	}{
		{"a shorter period", 30, nil, 370},
		{"a longer period", 365, nil, 35},
		{"a period longer than everything", 4000, nil, 0},
		{"the same, 100 days ago", 90, &was, 210},
		{"a shorter period, 100 days ago", 30, &was, 270},
	} {
		s, err := h.engine.WhatIf(t.Context(), h.actor, "p_r", retention.Period{Days: c.days}, c.asOf)
		var months int64
		for _, m := range s.ByMonth {
			months += m.Due
		}
		if err != nil || s.Due != c.due || months != c.due || s.Held != min(2, c.due) || s.Version != 0 {
			t.Errorf("%s: %d due, %d by month, %d held, version %d, %v; want %d due", c.what, s.Due, months, s.Held, s.Version, err, c.due)
		}
	}
	if _, err := h.engine.LastSimulation(t.Context(), h.actor, "p_r", 1); !errors.Is(err, retention.ErrNotFound) {
		t.Errorf("what if was kept as a simulation of the policy: %v", err)
	}
	if _, err := h.engine.WhatIf(t.Context(), h.actor, "p_r", retention.Period{}, nil); !errors.Is(err, retention.ErrInvalid) {
		t.Errorf("no period: %v", err)
	}
	future := time.Now().AddDate(0, 0, 1)
	if _, err := h.engine.WhatIf(t.Context(), h.actor, "p_r", retention.Period{Days: 1}, &future); !errors.Is(err, retention.ErrInvalid) {
		t.Errorf("tomorrow: %v", err)
	}
	if n := h.count(`SELECT count(*) FROM public.r`); n != 400 {
		t.Errorf("%d rows are left of 400", n)
	}
}

func TestHowLongARunTakesIsReckonedByWhatRunsDid(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 3000, true)...)
	h.exec(oldRows("other", 500, true)...)
	h.mustPolicy(policyOn("r", 90))
	takes := func(name string) *retention.RunEstimate {
		t.Helper()
		s, err := h.engine.Simulate(t.Context(), h.actor, name, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s.Takes
	}
	if got := takes("p_r"); got != nil {
		t.Errorf("before any run: %+v", got)
	}
	h.mustRun(engine.RunRequest{})
	if got := takes("p_r"); got != nil {
		t.Errorf("with nothing due: %+v", got)
	}
	h.mustPolicy(policyOn("other", 90))
	got := takes("p_other")
	if got == nil || got.Policy != "p_r" || got.RowsPerSecond <= 0 || got.Seconds < 499/got.RowsPerSecond || got.Seconds > 501/got.RowsPerSecond {
		t.Errorf("by the run of another policy: %+v", got)
	}
	h.mustRun(engine.RunRequest{Policies: []string{"p_other"}})
	h.exec(`INSERT INTO public.other SELECT i, 'x', now() - interval '400 days' FROM generate_series(1, 600) AS i ON CONFLICT DO NOTHING`)
	if got := takes("p_other"); got == nil || got.Policy != "p_r" {
		t.Errorf("500 rows are too few to tell a rate: %+v", got)
	}
}

// slowTarget takes too long to count anything.
type slowTarget struct{ engine.Target }

func (slowTarget) Simulate(context.Context, retention.Policy, *time.Time, ...retention.Policy) (retention.Simulation, error) {
	return retention.Simulation{}, retention.ErrTooSlow
}

func TestASimulationThatTakesTooLongIsEstimated(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 3000, true)...)
	h.exec(`ANALYZE public.r`)
	h.mustPolicy(policyOn("r", 90))
	e := engine.New(h.store, slowTarget{h.target}, engine.Options{})
	s, err := e.Simulate(t.Context(), h.actor, "p_r", nil)
	if err != nil || !s.Estimated || s.Due < 2000 || s.Due > 4000 || s.Held != retention.NotCounted {
		t.Errorf("estimated %t: %d due, %d held, %v", s.Estimated, s.Due, s.Held, err)
	}
	kept, err := h.engine.LastSimulation(t.Context(), h.actor, "p_r", 1)
	if err != nil || !kept.Estimated {
		t.Errorf("the policy counts as simulated, by an estimate: %t, %v", kept.Estimated, err)
	}
}

func TestAChangedPolicyIsShownBesideTheStoredOne(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.oneRowADay("r")
	h.mustHold(holdOn("r", "1", "2"))
	draft := policyOn("r", 30)
	simulate := func() retention.Simulation {
		t.Helper()
		s, err := h.engine.SimulateDraft(t.Context(), h.actor, draft, nil)
		if err != nil {
			t.Fatal(err)
		}
		return s
	}
	if s := simulate(); s.Stored != nil {
		t.Errorf("nothing is stored, and it is compared with %+v", s.Stored)
	}
	h.mustPolicy(policyOn("r", 90))
	s := simulate()
	if want := (retention.StoredFigures{Version: 1, Action: retention.ActionDelete, Table: draft.Table, Due: 310, WouldProcess: 308}); s.Stored == nil || *s.Stored != want || s.WouldProcess != 368 {
		t.Errorf("%d beside %+v, want 368 beside %+v", s.WouldProcess, s.Stored, want)
	}
	h.exec(`ALTER TABLE public.r RENAME created_at TO made_at`)
	draft.TimestampColumn = "made_at"
	if s := simulate(); s.Stored == nil || s.Stored.Due != retention.NotCounted || s.Stored.WouldProcess != retention.NotCounted {
		t.Errorf("the stored policy names a column that is gone, and it is compared with %+v", s.Stored)
	}
}
