package engine_test

import (
	"context"
	"io"
	"math/rand/v2"
	"net"
	"net/url"
	"strconv"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/retention"
)

// gate is the wire between a worker and its governed database. Closed, it lets
// nothing through that the worker sends, as if the worker's process were stopped.
type gate struct {
	mu   sync.Mutex
	open chan struct{}
}

func newGate() *gate {
	g := &gate{open: make(chan struct{})}
	close(g.open)
	return g
}

func (g *gate) shut() {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.open = make(chan struct{})
}

func (g *gate) reopen() {
	g.mu.Lock()
	defer g.mu.Unlock()
	close(g.open)
}

func (g *gate) pass() {
	g.mu.Lock()
	open := g.open
	g.mu.Unlock()
	<-open
}

// gated passes what a worker sends.
type gated struct {
	net.Conn
	g *gate
}

// Read waits at the gate.
func (c gated) Read(p []byte) (int, error) {
	n, err := c.Conn.Read(p)
	c.g.pass()
	return n, err
}

// through is the URL of a database behind the gate.
func (g *gate) through(t *testing.T, raw string) string {
	t.Helper()
	cfg, err := pgx.ParseConfig(raw)
	if err != nil {
		t.Fatal(err)
	}
	network, address := networkOf(cfg)
	ln, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = ln.Close() })
	go func() {
		for {
			client, err := ln.Accept()
			if err != nil {
				return
			}
			go g.carry(client, network, address)
		}
	}()
	u := url.URL{Scheme: "postgres", User: url.UserPassword(cfg.User, cfg.Password), Host: ln.Addr().String(), Path: "/" + cfg.Database, RawQuery: "sslmode=disable"}
	return u.String()
}

func networkOf(cfg *pgx.ConnConfig) (network, address string) {
	if cfg.Host[0] == '/' {
		return "unix", cfg.Host + "/.s.PGSQL." + strconv.Itoa(int(cfg.Port))
	}
	return "tcp", net.JoinHostPort(cfg.Host, strconv.Itoa(int(cfg.Port)))
}

func (g *gate) carry(client net.Conn, network, address string) {
	defer func() { _ = client.Close() }()
	server, err := net.Dial(network, address)
	if err != nil {
		return
	}
	defer func() { _ = server.Close() }()
	go func() {
		_, _ = io.Copy(client, server)
		_ = client.Close()
	}()
	_, _ = io.Copy(server, gated{client, g})
}

// oneAtATime makes a table refuse a batch while another one is at work on it: what
// never happens, unless two runs, or two workers of one, are let in at once.
func oneAtATime(table string) []string {
	return []string{
		`CREATE OR REPLACE FUNCTION public.one_at_a_time() RETURNS trigger LANGUAGE plpgsql AS $$
		BEGIN
			IF NOT pg_try_advisory_xact_lock(4711, TG_RELID::integer) THEN
				RAISE EXCEPTION 'two batches at once on %', TG_TABLE_NAME;
			END IF;
			RETURN NULL;
		END $$`,
		`CREATE TRIGGER one_at_a_time BEFORE DELETE ON public.` + table + ` FOR EACH STATEMENT EXECUTE FUNCTION public.one_at_a_time()`,
	}
}

// TestManyProcessesNeverWorkTwiceOnOnePolicy lets three processes claim at random:
// queued runs, and now and then one that another works on, as if that one were dead.
// Meanwhile somebody pauses and resumes. Both a bounded number of times: on a busy
// machine a run that is stopped every few milliseconds never reaches its next batch.
func TestManyProcessesNeverWorkTwiceOnOnePolicy(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	for _, table := range []string{"a", "b"} {
		h.exec(oldRows(table, 300, true)...)
		h.exec(oneAtATime(table)...)
		h.mustPolicy(smallSteps(table))
		h.mustHold(holdOn(table, "3", "280"))
	}
	var ids []string
	for i := range 6 {
		names := [][]string{{"p_a"}, {"p_b"}, {"p_a", "p_b"}}[i%3]
		ids = append(ids, h.request(engine.RunRequest{Policies: names, Pace: retention.PaceMax}).ID)
	}
	ctx, cancel := context.WithTimeout(context.Background(), 3*time.Minute)
	defer cancel()
	var wg sync.WaitGroup
	var taken atomic.Int64
	for range 3 {
		process := h.beside()
		for range 2 {
			wg.Go(func() { process.claimAtRandom(ctx, ids, &taken) })
		}
	}
	wg.Go(func() { h.pauseAtRandom(ctx, ids) })
	wg.Wait()
	var rows, held int64
	for _, id := range ids {
		run := h.getRun(id)
		if run.Status != retention.RunSucceeded {
			t.Errorf("run %s is %s: %+v", id, run.Status, run.Policies)
		}
		if sum := h.quick(rowsIn(id)); run.TotalProcessed != sum {
			t.Errorf("run %s says %d rows, its journal %d", id, run.TotalProcessed, sum)
		}
		rows, held = rows+run.TotalProcessed, held+run.TotalHeld
	}
	if rows != 2*298 || held != 2*8 {
		t.Errorf("%d rows were processed and %d held over all runs, want 596 and 16 (two held in each of 8 passes)", rows, held)
	}
	if left := h.count(`SELECT (SELECT count(*) FROM public.a WHERE id > 0) + (SELECT count(*) FROM public.b WHERE id > 0)`); left != 4 {
		t.Errorf("%d rows are left, want the 4 that are held", left)
	}
}

// claimAtRandom works on runs until all have ended. With the others it takes over at
// most 60 that somebody works on.
func (h *house) claimAtRandom(ctx context.Context, ids []string, taken *atomic.Int64) {
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for ctx.Err() == nil {
		open := h.open(ids)
		if len(open) == 0 {
			return
		}
		<-tick.C
		run := open[rand.IntN(len(open))]
		if run.Status == retention.RunRunning && (rand.IntN(20) > 0 || taken.Add(1) > 60) {
			continue // taken over now and then, not all the time
		}
		if err := h.engine.ExecuteRun(ctx, run.ID, run.Attempt); err != nil && ctx.Err() == nil {
			h.t.Errorf("execute run %s: %v", run.ID, err)
		}
	}
}

// pauseAtRandom pauses and resumes at most 60 times.
func (h *house) pauseAtRandom(ctx context.Context, ids []string) {
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for range 60 {
		open := h.open(ids)
		if len(open) == 0 {
			return
		}
		<-tick.C
		run := open[rand.IntN(len(open))]
		if _, err := h.engine.PauseRun(ctx, h.actor, run.ID); err != nil {
			continue // it has ended
		}
		if _, err := h.engine.ResumeRun(ctx, h.actor, run.ID); err != nil {
			h.t.Errorf("resume run %s: %v", run.ID, err)
		}
	}
}

// open are those of the runs that have not ended.
func (h *house) open(ids []string) (open []retention.Run) {
	for _, id := range ids {
		if run, err := h.store.Run(context.Background(), id); err == nil && !run.Status.Ended() {
			open = append(open, run)
		}
	}
	return open
}

// TestAWorkerCutOffInMidBatchFindsItselfFencedWhenItComesBack stops a worker inside
// a batch, with its locks held, lets another take over and finish, and lets the first
// go on.
func TestAWorkerCutOffInMidBatchFindsItselfFencedWhenItComesBack(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 1000, true)...)
	h.exec(oneAtATime("r")...)
	h.mustPolicy(smallSteps("r"))
	h.mustHold(holdOn("r", "3", "700"))
	run := h.request(engine.RunRequest{Pace: retention.PaceMax})
	wire := newGate()
	first := newHouseApart(t, h.storeURL, wire.through(t, h.url))
	done := first.work(context.Background(), run.ID)
	h.until(journalOf(run.ID), 3, done)
	h.cutInMidBatch(wire)
	batches := h.quick(journalOf(run.ID))

	second := h.beside()
	ended(t, "the second worker", second.work(context.Background(), run.ID))
	after := h.quick(journalOf(run.ID))
	if got := h.getRun(run.ID); got.Status != retention.RunSucceeded || got.TotalProcessed != 998 || got.TotalHeld != 2 || batches >= after {
		t.Errorf("taken over at batch %d of %d: %s with %d processed and %d held", batches, after, got.Status, got.TotalProcessed, got.TotalHeld)
	}
	wire.reopen()
	ended(t, "the first worker", done)
	if now := h.quick(journalOf(run.ID)); now != after {
		t.Errorf("the worker that came back committed %d batches", now-after)
	}
	if got := h.getRun(run.ID); got.TotalProcessed != h.quick(rowsIn(run.ID)) || got.TotalErrors != 0 {
		t.Errorf("the run became %+v", got)
	}
}

// cutInMidBatch closes the gate at a moment when a batch is open behind it.
func (h *house) cutInMidBatch(wire *gate) {
	h.t.Helper()
	const inBatch = `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND application_name = 'holdfast' AND state = 'idle in transaction'`
	for range 1000 {
		wire.shut()
		// Seen twice: what was under way when the gate closed has come to rest.
		before := h.quick(inBatch)
		if after := h.quick(inBatch); before > 0 && after > 0 {
			return
		}
		wire.reopen()
	}
	h.t.Fatal("no batch was ever open")
}
