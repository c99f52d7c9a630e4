package engine_test

import (
	"context"
	"strconv"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func (h *house) logs(n int, change ...func(*retention.Policy)) retention.Policy {
	h.t.Helper()
	h.exec(`CREATE TABLE public.logs (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.logs SELECT i, now() - interval '100 days' - i * interval '1 minute' FROM generate_series(1, `+strconv.Itoa(n)+`) AS i`,
		`CREATE INDEX ON public.logs (created_at)`)
	p := retention.Policy{Name: "logs", Table: retention.TableName{Schema: "public", Name: "logs"}, TimestampColumn: "created_at",
		RetentionPeriod: retention.Period{Days: 90}, Action: retention.ActionDelete, LegalBasis: "a test's", Enabled: true}
	for _, c := range change {
		c(&p)
	}
	return h.mustPolicy(p.WithDefaults())
}

// inBackground executes a run; the answer is its end.
func (h *house) inBackground(id string) <-chan error {
	ended := make(chan error, 1)
	go func() { ended <- h.engine.ExecuteRun(context.WithoutCancel(h.t.Context()), id, 0) }()
	return ended
}

// TestARunWaitsForAStandbyThatIsBehindAtAnyPace: it says for which, and goes on when
// that has caught up.
func TestARunWaitsForAStandbyThatIsBehindAtAnyPace(t *testing.T) {
	t.Parallel()
	pg := pgtest.StartPrivate(t, map[string]string{"wal_level": "logical"})
	url := pg.CreateDatabase("app")
	migrateAll(t, url)
	h := newHouse(t, url)
	h.engine = engine.New(h.store, h.target, engine.Options{Pace: retention.PaceMax, MaxReplicaLag: time.Nanosecond})
	h.logs(2_000, func(p *retention.Policy) { p.BatchSize = 40 })
	// The pressure is read again after a second: the run must not be over by then.
	h.exec(`CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN PERFORM pg_sleep(0.05); RETURN NULL; END'`,
		`CREATE TRIGGER slow BEFORE DELETE ON public.logs FOR EACH STATEMENT EXECUTE FUNCTION public.slow()`)
	standby := pgtest.StartStandby(t, url, "standby1")
	h.exec(`INSERT INTO public.logs VALUES (100000, now())`) // from now on it is behind
	run := h.request(engine.RunRequest{})
	ended := h.inBackground(run.ID)
	if why := h.awaitWaiting(run.ID); !strings.HasPrefix(why, "throttled: replica lag ") || !strings.HasSuffix(why, " s (standby1)") {
		t.Errorf("the run says %q", why)
	}
	if left := h.count(`SELECT count(*) FROM public.logs`); left == 0 {
		t.Errorf("%d rows are left: it did not wait", left)
	}
	for caught := false; !caught; {
		select {
		case err := <-ended:
			if err != nil {
				t.Fatal(err)
			}
			caught = true
		default:
			standby.Report()
		}
	}
	if got := h.getRun(run.ID); got.Status != retention.RunSucceeded || got.TotalProcessed != 2_000 || got.Waiting != "" {
		t.Errorf("the run ended as %s with %d processed, waiting %q", got.Status, got.TotalProcessed, got.Waiting)
	}
}

func TestARateLimitIsKept(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.engine = engine.New(h.store, h.target, engine.Options{Pace: retention.PaceDefault})
	h.logs(400, func(p *retention.Policy) { p.RateLimit = 100 })
	began := time.Now()
	run := h.request(engine.RunRequest{})
	if err := <-h.inBackground(run.ID); err != nil {
		t.Fatal(err)
	}
	// The last 100 are not waited for.
	if took := time.Since(began); took < 2900*time.Millisecond {
		t.Errorf("400 rows at 100 a second took %v", took)
	}
	if got := h.getRun(run.ID); got.TotalProcessed != 400 || got.Policies[0].Batches < 4 {
		t.Errorf("%d rows in %d batches, want 400 in 4 at least", got.TotalProcessed, got.Policies[0].Batches)
	}
}
