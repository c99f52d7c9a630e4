package pgtest

import (
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// Pool connects to a database until the test ends. The options may change the
// configuration before. A connection that the test does not give back within
// 30 s after its end fails it, rather than hang the run.
func Pool(t testing.TB, url string, options ...func(*pgxpool.Config)) *pgxpool.Pool {
	t.Helper()
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	for _, option := range options {
		option(cfg)
	}
	pool, err := pgxpool.NewWithConfig(t.Context(), cfg)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	t.Cleanup(func() {
		closed := make(chan struct{})
		go func() { pool.Close(); close(closed) }()
		select {
		case <-closed:
		case <-time.After(patience):
			t.Errorf("pgtest: %d connections were not given back to the pool", pool.Stat().AcquiredConns())
		}
	})
	return pool
}

// Exec runs SQL texts, each of which may hold several statements, one after the
// other on one connection.
func Exec(t testing.TB, url string, sql ...string) {
	t.Helper()
	conn := connect(t, url)
	defer closeConn(conn)
	for _, text := range sql {
		if err := conn.PgConn().Exec(t.Context(), text).Close(); err != nil {
			t.Fatalf("pgtest: %s: %v", text, err)
		}
	}
}

// Value returns the one value that a query returns.
func Value[T any](t testing.TB, url, sql string, args ...any) T {
	t.Helper()
	conn := connect(t, url)
	defer closeConn(conn)
	var v T
	if err := conn.QueryRow(t.Context(), sql, args...).Scan(&v); err != nil {
		t.Fatalf("pgtest: %s: %v", sql, err)
	}
	return v
}

func connect(t testing.TB, url string) *pgx.Conn {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("pgtest: connect: %v", err)
	}
	return conn
}

// MigrateURL returns the URL under the scheme by which golang-migrate finds its
// pgx driver (database/pgx/v5).
func MigrateURL(url string) string {
	_, rest, _ := strings.Cut(url, "://")
	return "pgx5://" + rest
}
