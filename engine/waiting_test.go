package engine_test

import (
	"context"
	"fmt"
	"strings"
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func TestARunSaysThatItWaitsForALockAndForWhomAndThatItMovesAgain(t *testing.T) {
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.events SELECT i, now() - interval '90 days' FROM generate_series(1, 100) AS i`)
	h.mustPolicy(policyOn("events", 30))
	locker := h.lockTable("public.events", "SHARE")

	run, err := h.engine.RequestRun(t.Context(), h.actor, engine.RunRequest{Pace: retention.PaceMax})
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() { ended <- h.engine.ExecuteRun(context.WithoutCancel(t.Context()), run.ID, 0) }()
	waiting := h.awaitWaiting(run.ID)
	for _, want := range []string{"public.events", "since ", fmt.Sprintf("the migration (process %d)", locker.PgConn().PID())} {
		if !strings.Contains(waiting, want) {
			t.Errorf("the run waits %q, want it to name %q", waiting, want)
		}
	}

	if _, err := locker.Exec(t.Context(), "ROLLBACK"); err != nil {
		t.Fatal(err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	got := h.getRun(run.ID)
	if got.Status != retention.RunSucceeded || got.TotalProcessed != 100 || got.Waiting != "" {
		t.Errorf("the run ended as %s, processed %d, waiting %q; want succeeded, 100 and nothing to wait for", got.Status, got.TotalProcessed, got.Waiting)
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
