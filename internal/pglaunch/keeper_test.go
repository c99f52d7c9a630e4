package pglaunch

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

// quick are rules for tests: the same counts, no pauses to speak of.
var quick = restarts{first: time.Millisecond, longest: 5 * time.Millisecond, calm: time.Hour, attempts: 4}

func keepServer(t *testing.T, cfg Config, rules restarts) *Keeper {
	t.Helper()
	k, err := keep(t.Context(), cfg, rules)
	if err != nil {
		t.Fatalf("keep: %v", err)
	}
	t.Cleanup(func() {
		if err := k.Stop(context.Background()); err != nil {
			t.Errorf("Stop: %v", err)
		}
	})
	return k
}

// within waits for the channel to be closed.
func within(t *testing.T, what string, c <-chan struct{}) {
	t.Helper()
	select {
	case <-c:
	case <-time.After(time.Minute):
		t.Fatalf("%s did not happen within a minute", what)
	}
}

// await asks every few milliseconds, for at most a minute.
func await(t *testing.T, what string, ok func() bool) {
	t.Helper()
	tick := time.NewTicker(10 * time.Millisecond)
	defer tick.Stop()
	for deadline := time.After(time.Minute); !ok(); {
		select {
		case <-tick.C:
		case <-deadline:
			t.Fatalf("%s did not come within a minute", what)
		}
	}
}

// awaitAnswer connects until somebody answers.
func awaitAnswer(t *testing.T, url string) (conn *pgx.Conn) {
	t.Helper()
	await(t, "an answer", func() bool {
		var err error
		conn, err = pgx.Connect(t.Context(), url)
		return err == nil
	})
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

// killServer ends the first process alone, without a word, and waits until that is
// noticed.
func killServer(t *testing.T, s *Server) {
	t.Helper()
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	within(t, "the server's end", s.Exited())
}

func mustExec(t *testing.T, conn *pgx.Conn, sql string) {
	t.Helper()
	if _, err := conn.Exec(t.Context(), sql); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

// The first process is killed while another one computes without ever asking whether
// it still has a parent: it must neither prevent the next start nor survive it.
func TestKilledServerIsStartedAgainUnderTheSameURLWithItsData(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	k := keepServer(t, testConfig(dir), quick)
	url := k.URL("postgres")
	conn := awaitAnswer(t, url)
	mustExec(t, conn, `CREATE TABLE kept AS SELECT 42 AS n`)
	busy := awaitAnswer(t, url)
	straggler := int(busy.PgConn().PID())
	spinning := make(chan error, 1)
	go func() {
		_, err := busy.Exec(context.WithoutCancel(t.Context()), `DO $$ BEGIN LOOP END LOOP; END $$`)
		spinning <- err
	}()
	await(t, "an endless statement", func() bool {
		return query[string](t, url, fmt.Sprintf(`SELECT coalesce(state, '') FROM pg_catalog.pg_stat_activity WHERE pid = %d`, straggler)) == "active"
	})
	for kills := range 2 {
		s := k.current()
		killServer(t, s)
		if _, err := Start(t.Context(), testConfig(dir)); !errors.Is(err, ErrInUse) {
			t.Errorf("a start on the directory between two servers: got %v, want ErrInUse", err)
		}
		var n int
		if err := awaitAnswer(t, url).QueryRow(t.Context(), `SELECT n FROM kept`).Scan(&n); err != nil || n != 42 {
			t.Errorf("after kill %d: got %d, %v, want 42", kills+1, n, err)
		}
		await(t, "the successor's name", func() bool { return k.current() != s }) // it answers before it is known
	}
	if err := <-spinning; err == nil {
		t.Error("the straggler's endless statement succeeded")
	}
	await(t, fmt.Sprintf("the end of the straggler, process %d", straggler), func() bool { return !runs(straggler) })
}

// runs tells whether a process computes still: one that ended and is not yet asked for
// its exit status by whoever inherited it does not.
func runs(pid int) bool {
	stat, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return false
	}
	_, state, _ := strings.Cut(string(stat), ") ")
	return !strings.HasPrefix(state, "Z")
}

func TestServerThatCannotStartAgainIsGivenUpAndLeftAsItIs(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	k := keepServer(t, testConfig(dir), quick)
	mustExec(t, awaitAnswer(t, k.URL("postgres")), `CREATE TABLE kept AS SELECT 42 AS n`)
	settings := filepath.Join(dir, "postgres", "postgresql.auto.conf")
	before, err := os.ReadFile(settings)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(settings, []byte("max_connections = nonsense\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.Err(); err != nil {
		t.Errorf("before it is given up: got %v, want nil", err)
	}
	killServer(t, k.current())
	within(t, "giving up", k.GaveUp())
	for _, want := range []string{"3 attempts", filepath.Join(dir, "postgres.log"), "max_connections"} {
		if err := k.Err(); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want an error that has %q", err, want)
		}
	}
	if err := os.WriteFile(settings, before, 0o600); err != nil {
		t.Fatal(err)
	}
	if err := k.Stop(t.Context()); err != nil {
		t.Errorf("Stop: %v", err)
	}
	if got := query[int](t, start(t, testConfig(dir)).URL("postgres"), `SELECT n FROM kept`); got != 42 {
		t.Errorf("after it was given up: got %d, want 42", got)
	}
}

// TestServerThatEndsSoonAfterEachStartIsGivenUp starts well and does not last.
func TestServerThatEndsSoonAfterEachStartIsGivenUp(t *testing.T) {
	t.Parallel()
	k := keepServer(t, testConfig(madeDir(t)), quick)
	for range quick.attempts {
		s := k.current()
		killServer(t, s)
		await(t, "a successor or none", func() bool { return k.current() != s || k.Err() != nil })
	}
	within(t, "giving up", k.GaveUp())
	if err := k.Err(); err == nil || !strings.Contains(err.Error(), "ended 4 times in a row") {
		t.Errorf("got %v, want that it ended 4 times in a row", err)
	}
}

// TestCalmServersEndsDoNotAddUp has every end count as the first.
func TestCalmServersEndsDoNotAddUp(t *testing.T) {
	t.Parallel()
	rules := quick
	rules.calm, rules.attempts = 0, 2
	k := keepServer(t, testConfig(madeDir(t)), rules)
	for range 3 {
		s := k.current()
		killServer(t, s)
		await(t, "a successor or none", func() bool { return k.current() != s || k.Err() != nil })
	}
	if err := k.Err(); err != nil {
		t.Errorf("three ends, each after a calm time: %v", err)
	}
}

func TestStopInAPauseStartsNothingMore(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	k, err := keep(t.Context(), testConfig(dir), restarts{first: time.Hour, longest: time.Hour, calm: time.Hour, attempts: 9})
	if err != nil {
		t.Fatal(err)
	}
	// The first end is followed by a start at once, the second by the pause.
	first := k.current()
	killServer(t, first)
	await(t, "a successor", func() bool { return k.current() != first })
	killServer(t, k.current())
	if err := k.Stop(t.Context()); err != nil {
		t.Errorf("Stop: %v", err)
	}
	start(t, testConfig(dir)) // The directory was given back.
}
