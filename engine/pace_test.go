package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

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

// pressedHouse has 2,000 due rows whose batches take 10 ms at least, and so many young ones
// that a slow VACUUM outlasts a run. WAL is above the limit as soon as there is any.
func pressedHouse(t *testing.T, maxWALRate int64) *house {
	h := freshHouse(t)
	h.engine = engine.New(h.store, h.target, engine.Options{Pace: retention.PaceDefault, MaxWALRate: maxWALRate})
	h.logs(2_000, func(p *retention.Policy) { p.BatchSize = 40 })
	// Whoever has lock 1 stops a batch that has its rows.
	h.exec(`INSERT INTO public.logs SELECT i, now() FROM generate_series(1000001, 1050000) AS i`,
		`CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql SET lock_timeout TO 0 AS 'BEGIN PERFORM pg_sleep(0.01), pg_advisory_xact_lock_shared(1); RETURN NULL; END'`,
		`CREATE TRIGGER slow AFTER DELETE ON public.logs FOR EACH STATEMENT EXECUTE FUNCTION public.slow()`)
	return h
}

func (h *house) session() *pgx.Conn {
	h.t.Helper()
	conn, err := pgx.Connect(h.t.Context(), h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// vacuum has VACUUM at work on the table until end is called.
func (h *house) vacuum() (end func()) {
	h.t.Helper()
	ctx, stop := context.WithCancel(h.t.Context())
	conn, done := h.session(), make(chan struct{})
	if _, err := conn.Exec(ctx, `SET vacuum_cost_delay = 100; SET vacuum_cost_limit = 1`); err != nil {
		h.t.Fatal(err)
	}
	go func() {
		defer close(done)
		_, _ = conn.Exec(ctx, `VACUUM (DISABLE_PAGE_SKIPPING) public.logs`)
	}()
	h.until(`SELECT count(*) FROM pg_stat_progress_vacuum WHERE relid = 'public.logs'::regclass`, 1, nil)
	return func() { stop(); <-done }
}

// behindABatch has a session wait for the rows of the run's first batch, which ends with it.
func (h *house) behindABatch(id string) (ended <-chan error, stop func()) {
	h.t.Helper()
	gate, app := h.session(), h.session()
	if _, err := gate.Exec(h.t.Context(), `SELECT pg_advisory_lock(1)`); err != nil {
		h.t.Fatal(err)
	}
	ctx, stop := context.WithCancel(context.WithoutCancel(h.t.Context()))
	ended = h.work(ctx, id)
	const behind = `SELECT count(*) FROM pg_stat_activity WHERE %d = ANY (pg_blocking_pids(pid))`
	h.until(fmt.Sprintf(behind, gate.PgConn().PID()), 1, nil)
	waited := make(chan error, 1)
	go func() {
		// The oldest row, and the first one, for whichever way the run walks.
		_, err := app.Exec(h.t.Context(), `UPDATE public.logs SET created_at = created_at WHERE id IN (1, 2000)`)
		waited <- err
	}()
	h.until(fmt.Sprintf(`SELECT count(*) FROM pg_stat_activity WHERE pid = %d AND cardinality(pg_blocking_pids(pid)) > 0`, app.PgConn().PID()), 1, nil)
	if _, err := gate.Exec(h.t.Context(), `SELECT pg_advisory_unlock(1)`); err != nil {
		h.t.Fatal(err)
	}
	if err := <-waited; err != nil {
		h.t.Fatal(err)
	}
	return ended, stop
}

func TestARunAtTheDefaultPaceSaysThatItIsThrottledByTheWALRate(t *testing.T) {
	t.Parallel()
	h := pressedHouse(t, 1)
	run := h.request(engine.RunRequest{})
	ctx, stop := context.WithCancel(t.Context())
	done := h.work(ctx, run.ID)
	if why := h.awaitWaiting(run.ID); !strings.HasPrefix(why, "throttled: the server writes ") || !strings.HasSuffix(why, " MiB/s of WAL") {
		t.Errorf("the run says %q", why)
	}
	stop()
	if err := <-done; !errors.Is(err, engine.ErrHandedOn) {
		t.Errorf("the run ended with %v, want it to have rested", err)
	}
}

func TestARunAtTheDefaultPaceSaysThatItIsThrottledByVacuumUntilThatHasEnded(t *testing.T) {
	t.Parallel()
	h := pressedHouse(t, -1)
	end := h.vacuum()
	run := h.request(engine.RunRequest{})
	ctx, stop := context.WithCancel(t.Context())
	done := h.work(ctx, run.ID)
	if why := h.awaitWaiting(run.ID); why != "throttled: VACUUM is at work on public.logs" {
		t.Errorf("the run says %q", why)
	}
	end()
	pgtest.Await(t, "a run that is not throttled", func() bool { return h.getRun(run.ID).Waiting == "" })
	stop()
	if err := <-done; !errors.Is(err, engine.ErrHandedOn) {
		t.Errorf("the run ended with %v, want it to have rested", err)
	}
}

func TestARunAtTheDefaultPaceSaysThatASessionWaitedForItsBatch(t *testing.T) {
	t.Parallel()
	h := pressedHouse(t, -1)
	run := h.request(engine.RunRequest{})
	done, stop := h.behindABatch(run.ID)
	defer stop()
	if why := h.awaitWaiting(run.ID); why != "throttled: 1 session waited for a lock of a batch" {
		t.Errorf("the run says %q", why)
	}
	stop()
	if err := <-done; !errors.Is(err, engine.ErrHandedOn) {
		t.Errorf("the run ended with %v, want it to have rested", err)
	}
}

// sayings is a store that remembers what runs were said to wait for.
type sayings struct {
	engine.Store
	said []string
}

func (s *sayings) SetRunWaiting(ctx context.Context, id string, attempt int, why string) error {
	s.said = append(s.said, why)
	return s.Store.SetRunWaiting(ctx, id, attempt, why)
}

func TestNeitherWALNorVacuumNorSessionsThatWaitBrakeARunAtThePaceMax(t *testing.T) {
	t.Parallel()
	h := pressedHouse(t, 1)
	defer h.vacuum()()
	s := &sayings{Store: h.store}
	h.engine = engine.New(s, h.target, engine.Options{Pace: retention.PaceMax, MaxWALRate: 1})
	run := h.request(engine.RunRequest{})
	done, stop := h.behindABatch(run.ID)
	defer stop()
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	if got := h.getRun(run.ID); got.TotalProcessed != 2_000 || len(s.said) > 0 {
		t.Errorf("%d processed, and the run said %q; want 2000 and nothing", got.TotalProcessed, s.said)
	}
}
