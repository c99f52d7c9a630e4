package pgtest

import (
	"regexp"
	"strings"
	"sync"
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
// other on one connection. What they set in their session ends with the call.
func Exec(t testing.TB, url string, sql ...string) {
	t.Helper()
	conn, was := takeKept(t, url)
	if was && conn.Ping(t.Context()) != nil {
		conn = connect(t, url) // its server was stopped since
	}
	for _, text := range sql {
		if err := conn.PgConn().Exec(t.Context(), text).Close(); err != nil {
			closeConn(conn)
			t.Fatalf("pgtest: %s: %v", text, err)
		}
	}
	if conn.PgConn().TxStatus() != 'I' || stateful.MatchString(strings.Join(sql, "\n")) {
		closeConn(conn)
		return
	}
	keep(t, url, conn)
}

// stateful finds what could leave something in the session.
var stateful = regexp.MustCompile(`(?im)(^|;)\s*(SET|RESET|BEGIN|LISTEN|PREPARE|DECLARE)\b|\bset_config\b|\bTEMP(ORARY)?\b|\bpg_advisory_lock|\bALTER (DATABASE|ROLE|SYSTEM)\b`)

// Value returns the one value that a query returns. Tests ask again and again until
// something has come, so the connection is kept for the next question: to connect
// costs a hundred times as much as to ask.
func Value[T any](t testing.TB, url, sql string, args ...any) T {
	t.Helper()
	conn, kept := takeKept(t, url)
	v, err := value[T](t, conn, sql, args)
	if err != nil && kept && conn.IsClosed() {
		// Its server was stopped since.
		conn = connect(t, url)
		v, err = value[T](t, conn, sql, args)
	}
	if err != nil {
		closeConn(conn)
		t.Fatalf("pgtest: %s: %v", sql, err)
	}
	keep(t, url, conn)
	return v
}

func value[T any](t testing.TB, conn *pgx.Conn, sql string, args []any) (v T, err error) {
	// Unprepared: the tables may be altered between two questions.
	err = conn.QueryRow(t.Context(), sql, append([]any{pgx.QueryExecModeDescribeExec}, args...)...).Scan(&v)
	return v, err
}

// kept are the connections that nobody uses at the moment.
var kept = struct {
	sync.Mutex
	conns map[keptKey]*pgx.Conn
}{conns: map[keptKey]*pgx.Conn{}} // has a key, maybe without a connection, while its test goes on

// keptKey: a connection ends with its test.
type keptKey struct {
	t   testing.TB
	url string
}

// takeKept takes the test's connection, or makes one.
func takeKept(t testing.TB, url string) (conn *pgx.Conn, was bool) {
	t.Helper()
	key := keptKey{t, url}
	kept.Lock()
	conn, known := kept.conns[key]
	kept.conns[key] = nil
	kept.Unlock()
	if !known {
		t.Cleanup(func() { forget(key) })
	}
	if conn != nil {
		return conn, true
	}
	return connect(t, url), false
}

// keep gives it back. A second one, of another goroutine, is not kept.
func keep(t testing.TB, url string, conn *pgx.Conn) {
	key := keptKey{t, url}
	kept.Lock()
	former := kept.conns[key]
	kept.conns[key] = conn
	kept.Unlock()
	if former != nil {
		closeConn(former)
	}
}

// Disconnect ends the connections that are kept for a database, which stand in the way of
// making it a template.
func Disconnect(url string) {
	kept.Lock()
	var all []*pgx.Conn
	for key, conn := range kept.conns {
		if key.url == url && conn != nil {
			all = append(all, conn)
			kept.conns[key] = nil
		}
	}
	kept.Unlock()
	for _, conn := range all {
		closeConn(conn)
	}
}

// forget ends what a test has kept.
func forget(key keptKey) {
	kept.Lock()
	last := kept.conns[key]
	delete(kept.conns, key)
	kept.Unlock()
	if last != nil {
		closeConn(last)
	}
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
