package engine_test

import (
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/retention"
)

// TestOneRowWhoseTriggerRaisesEndsNoPolicyWhateverItsSQLSTATE: the row is left and named, and the
// others go, also where the server would say by the same SQLSTATE that it is away, that the plan
// is out of date, or that somebody has a lock.
func TestOneRowWhoseTriggerRaisesEndsNoPolicyWhateverItsSQLSTATE(t *testing.T) {
	t.Parallel()
	states := []string{"25006", "42P01", "42501", "53100", "40001"}
	if os.Getenv("HOLDFAST_LONG") != "" {
		states = append(states, "57P01", "22012", "08006", "25P03", "57P03", "57P05", "42703", "3F000", "0A000", "42883", "2BP01", "55000", "54001", "XX000", "HV000", "2D000", "40P01", "55P03", "57014", "53200")
	}
	h := freshHouse(t)
	h.exec(`CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one' USING ERRCODE = tg_argv[0]; END $$`)
	for _, state := range states {
		table := "t" + strings.ToLower(state)
		h.exec(oldRows(table, 50, true)...)
		h.exec(fmt.Sprintf(`CREATE TRIGGER fail BEFORE DELETE ON public.%s FOR EACH ROW WHEN (old.id = 25) EXECUTE FUNCTION public.fail('%s')`, table, state))
		h.mustPolicy(policyOn(table, 90))
	}
	h.wantRow25Left(len(states))
}

// wantRow25Left has a run leave the row 25 of every policy, and say why.
func (h *house) wantRow25Left(policies int) {
	h.t.Helper()
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunSucceeded || len(run.Policies) != policies {
		h.t.Errorf("the run of %d policies ended as %s, want it succeeded but for a row each", len(run.Policies), run.Status)
	}
	for _, p := range run.Policies {
		if p.Processed != 49 || p.Skipped[retention.SkippedTrigger] != 1 || len(p.Errors) != 1 || !strings.Contains(p.Errors[0], "function") {
			h.t.Errorf("%s: %+v, want 49 gone and the error of the one, with its function", p.Policy, p)
		}
		if len(p.Refused) != 1 || !slices.Equal(p.Refused[0].Key, retention.Key{"25"}) {
			h.t.Errorf("%s names %+v, want row 25", p.Policy, p.Refused)
		}
	}
}

// TestOneRowWhoseTriggerMeetsAnErrorEndsNoPolicy: nobody raised it, a statement of the function's
// failed.
func TestOneRowWhoseTriggerMeetsAnErrorEndsNoPolicy(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	for name, body := range map[string]string{
		"noplace": `PERFORM * FROM public.gone_long_ago`,
		"nofunc":  `PERFORM public.no_function(1)`,
		"zero":    `PERFORM 1 / 0`,
		"commits": `COMMIT`,
		"large":   `PERFORM set_config('statement_timeout', 'soon', true)`,
	} {
		h.exec(oldRows(name, 50, true)...)
		h.exec(fmt.Sprintf(`CREATE FUNCTION public.%[1]s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN %[2]s; RETURN old; END $$`, name, body),
			fmt.Sprintf(`CREATE TRIGGER fail BEFORE DELETE ON public.%[1]s FOR EACH ROW WHEN (old.id = 25) EXECUTE FUNCTION public.%[1]s()`, name))
		h.mustPolicy(policyOn(name, 90))
	}
	h.wantRow25Left(5)
}

// TestOneRowOfManyWhoseTriggerRaisesCostsFewBatches: it is found by halves, not one row at a time.
func TestOneRowOfManyWhoseTriggerRaisesCostsFewBatches(t *testing.T) {
	t.Parallel()
	rows := int64(20_000)
	if os.Getenv("HOLDFAST_LONG") != "" {
		rows = 1_000_000
	}
	h := freshHouse(t)
	h.exec(oldRows("r", int(rows), false)...)
	h.exec(`CREATE FUNCTION public.fail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$`,
		`CREATE TRIGGER fail BEFORE DELETE ON public.r FOR EACH ROW WHEN (old.id = 11234) EXECUTE FUNCTION public.fail()`)
	p := policyOn("r", 90)
	p.BatchSize = 2000
	h.mustPolicy(p)
	run := h.mustRun(engine.RunRequest{Pace: retention.PaceMax})
	got := run.Policies[0]
	if got.Processed != rows-1 || got.Skipped[retention.SkippedTrigger] != 1 || len(got.Refused) != 1 || !slices.Equal(got.Refused[0].Key, retention.Key{"11234"}) {
		t.Errorf("%d went, %v were left, named are %+v; want all but row 11234", got.Processed, got.Skipped, got.Refused)
	}
	if most := rows/2000 + 40; got.Batches > most {
		t.Errorf("it took %d batches, want %d at most", got.Batches, most)
	}
	t.Logf("%d batches", got.Batches)
}
