package pgtest_test

import (
	"testing"

	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
)

func TestPrivateServerKeepsItsDataThroughEveryEnd(t *testing.T) {
	t.Parallel()
	p := pgtest.StartPrivate(t, map[string]string{"max_connections": "20"})
	url := p.CreateDatabase("kept")
	pgtest.Exec(t, url, `CREATE TABLE ends (how text)`)
	for how, end := range map[string]func(){"Kill": p.Kill, "Quit": p.Quit, "Stop": p.Stop, "Restart": func() {}} {
		pgtest.Exec(t, url, `INSERT INTO ends VALUES ('`+how+`')`)
		busy, err := pgx.Connect(t.Context(), url)
		if err != nil {
			t.Fatal(err)
		}
		open, err := busy.Begin(t.Context())
		if err != nil {
			t.Fatal(err)
		}
		if _, err := open.Exec(t.Context(), `INSERT INTO ends VALUES ('not committed')`); err != nil {
			t.Fatal(err)
		}
		end()
		p.Restart()
		if err := open.Commit(t.Context()); err == nil {
			t.Errorf("%s: a transaction open before could be committed after", how)
		}
		if got := p.URL("kept"); got != url {
			t.Errorf("%s: the URL changed from %s to %s", how, url, got)
		}
		if got := pgtest.Value[int](t, url, `SELECT count(*) FROM ends WHERE how = $1`, how); got != 1 {
			t.Errorf("%s: rows after it: got %d, want 1", how, got)
		}
	}
	if got := pgtest.Value[int](t, url, `SELECT count(*) FROM ends`); got != 4 {
		t.Errorf("rows: got %d, want the 4 committed ones", got)
	}
	if got := pgtest.Value[string](t, url, `SHOW max_connections`); got != "20" {
		t.Errorf("max_connections: got %s, want the test's own 20", got)
	}
}

// A query that computes does not notice by itself that the postmaster is gone.
func TestKillEndsABusyBackend(t *testing.T) {
	t.Parallel()
	p := pgtest.StartPrivate(t, nil)
	conn, err := pgx.Connect(t.Context(), p.URL("postgres"))
	if err != nil {
		t.Fatal(err)
	}
	ended := make(chan error, 1)
	go func() {
		_, err := conn.Exec(t.Context(), `SELECT count(*) FROM generate_series(1, 100000) a, generate_series(1, 100000) b`)
		ended <- err
	}()
	const busy = `SELECT count(*) FROM pg_stat_activity WHERE state = 'active' AND pid = $1`
	pgtest.Await(t, "the query", func() bool { return pgtest.Value[int](t, p.URL("postgres"), busy, conn.PgConn().PID()) == 1 })
	p.Kill()
	if err := <-ended; err == nil {
		t.Error("the query was answered by a killed server")
	}
	p.Restart()
	if got := pgtest.Value[int](t, p.URL("postgres"), `SELECT 1`); got != 1 {
		t.Errorf("after Restart: got %d, want 1", got)
	}
}
