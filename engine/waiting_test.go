package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func TestARunSaysThatItWaitsForALockAndForWhomAndThatItMovesAgain(t *testing.T) {
	for _, mode := range []string{"SHARE", "ACCESS EXCLUSIVE"} {
		t.Run(mode, func(t *testing.T) {
			t.Parallel()
			runBehind(t, mode)
		})
	}
}

func runBehind(t *testing.T, mode string) {
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz)`,
		`INSERT INTO public.events SELECT i, now() - interval '90 days' FROM generate_series(1, 100) AS i`,
		`INSERT INTO public.events VALUES (101, NULL)`)
	h.mustPolicy(policyOn("events", 30))
	locker := h.lockTable("public.events", mode)

	run := h.request(engine.RunRequest{Pace: retention.PaceMax})
	began := time.Now()
	done := h.inBackground(run.ID)
	waiting := h.awaitWaiting(run.ID)
	// The count of NULL timestamps comes first, and may take 10 s: not where it waits.
	if took := time.Since(began); took > 8*time.Second {
		t.Errorf("it took %v to say so", took)
	}
	for _, want := range []string{"public.events", "since ", fmt.Sprintf("the migration (process %d)", locker.PgConn().PID())} {
		if !strings.Contains(waiting, want) {
			t.Errorf("the run waits %q, want it to name %q", waiting, want)
		}
	}

	if _, err := locker.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-done; err != nil {
		t.Fatal(err)
	}
	got := h.getRun(run.ID)
	if got.Status != retention.RunSucceeded || got.TotalProcessed != 100 || got.Waiting != "" || got.Policies[0].NullTimestamps != 1 {
		t.Errorf("the run ended as %s, processed %d, waiting %q, %d without a time; want succeeded, 100, nothing to wait for, and 1", got.Status, got.TotalProcessed, got.Waiting, got.Policies[0].NullTimestamps)
	}
}

// lockTable locks a table, named with its schema, as a whole, as a migration would, until its transaction ends.
func (h *house) lockTable(table, mode string) *pgx.Conn {
	h.t.Helper()
	conn, err := pgx.Connect(h.t.Context(), h.url)
	if err != nil {
		h.t.Fatal(err)
	}
	h.t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, sql := range []string{`SET application_name = 'the migration'`, `BEGIN`, `LOCK TABLE ` + table + ` IN ` + mode + ` MODE`} {
		if _, err := conn.Exec(h.t.Context(), sql); err != nil {
			h.t.Fatal(err)
		}
	}
	return conn
}

// awaitWaiting answers what a run says it waits for, once it does.
func (h *house) awaitWaiting(id string) string {
	h.t.Helper()
	var why string
	pgtest.Await(h.t, "why the run does not move", func() bool {
		why = h.getRun(id).Waiting
		return why != ""
	})
	return why
}
