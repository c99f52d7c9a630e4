package engine_test

import (
	"fmt"
	"os"
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/retention"
)

// endsBatches has the server end the batch that comes to row 55 of a table, the first few times:
// by cutting its connection, or by letting a statement run into the time-out.
func (h *house) endsBatches(table, how string, times int) {
	h.t.Helper()
	h.exec(oldRows(table, 200, true)...)
	h.exec(fmt.Sprintf(`CREATE SEQUENCE public.tries_%s`, table),
		fmt.Sprintf(`CREATE FUNCTION public.end_%[1]s() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF nextval('public.tries_%[1]s') <= %[2]d THEN %[3]s; END IF; RETURN old; END $$`, table, times, how),
		fmt.Sprintf(`CREATE TRIGGER ends BEFORE DELETE ON public.%[1]s FOR EACH ROW WHEN (old.id = 55) EXECUTE FUNCTION public.end_%[1]s()`, table))
	p := policyOn(table, 90)
	p.BatchSize = 20
	h.mustPolicy(p)
}

const (
	cutsConnection = `PERFORM pg_terminate_backend(pg_backend_pid())`
	runsIntoTime   = `PERFORM pg_sleep(60)`
)

// wantEvidence has the journal say of each policy what is gone.
func (h *house) wantEvidence(run retention.Run, rows int64) {
	h.t.Helper()
	for _, p := range run.Policies {
		gone := rows - h.count(`SELECT count(*) FROM public.`+p.Table.Name+` WHERE id > 0`)
		journal := h.count(`SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal WHERE policy = '` + p.Policy + `'`)
		digests := h.count(`SELECT coalesce(sum(length(digests)) / 32, 0)::bigint FROM holdfast_guard.journal WHERE policy = '` + p.Policy + `'`)
		if journal != gone || p.Processed != gone || digests != gone {
			h.t.Errorf("%s: %d rows are gone; the journal has %d, with %d digests, and the result %d", p.Policy, gone, journal, digests, p.Processed)
		}
	}
}

// TestARunGoesOnWhereTheServerEndsItsBatches: connections are cut in mid-batch, and a statement
// runs into the time-out. Nothing is lost, done twice or without evidence.
func TestARunGoesOnWhereTheServerEndsItsBatches(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.endsBatches("cut", cutsConnection, 3)
	h.endsBatches("slow", runsIntoTime, 1)
	h.exec(oldRows("good", 200, true)...)
	h.mustPolicy(policyOn("good", 90))
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunSucceeded || run.TotalProcessed != 600 {
		t.Errorf("the run ended as %s with %d gone, want all 600: %+v", run.Status, run.TotalProcessed, run.Policies)
	}
	h.wantEvidence(run, 200)
	if n := h.count(`SELECT last_value FROM public.tries_cut`); n <= 3 {
		t.Errorf("%d batches came to the row, want the three that were cut and another", n)
	}
}

// TestAPolicyWhoseBatchesTheServerAlwaysEndsIsGivenUp, with the reason; the run is partial, and the
// next completes. It takes until the tries are used up.
func TestAPolicyWhoseBatchesTheServerAlwaysEndsIsGivenUp(t *testing.T) {
	t.Parallel()
	if os.Getenv("HOLDFAST_LONG") == "" {
		t.Skip("two minutes; make test-long has it")
	}
	h := freshHouse(t)
	h.endsBatches("cut", cutsConnection, 1_000_000)
	h.exec(oldRows("good", 200, true)...)
	h.mustPolicy(policyOn("good", 90))
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunPartial {
		t.Errorf("the run ended as %s, want partial", run.Status)
	}
	for _, p := range run.Policies {
		if p.Policy == "p_cut" && (p.Status != retention.RunFailed || !strings.Contains(strings.Join(p.Errors, " "), "given up after") || p.Processed == 0) {
			t.Errorf("got %+v, want it given up after some batches, and said so", p)
		}
	}
	h.wantEvidence(run, 200)
	h.exec(`DROP TRIGGER ends ON public.cut`)
	if run := h.mustRun(engine.RunRequest{}); run.Status != retention.RunSucceeded || h.count(`SELECT count(*) FROM public.cut WHERE id > 0`) != 0 {
		t.Errorf("the next run ended as %s, want that it completes", run.Status)
	}
}
