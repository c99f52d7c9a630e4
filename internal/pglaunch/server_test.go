package pglaunch

import (
	"context"
	"errors"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
)

func TestServerKeepsItsDataOverStopAndStart(t *testing.T) {
	t.Parallel()
	dir := filepath.Join(openDir(t), "new", "data")
	s := start(t, testConfig(dir))
	for range 2 {
		if err := s.CreateDatabase(t.Context(), `odd "name" ü`); err != nil {
			t.Fatalf("CreateDatabase: %v", err)
		}
	}
	url := s.URL(`odd "name" ü`)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept AS SELECT 42 AS n`); err != nil {
		t.Fatal(err)
	}
	stop(t, s) // With conn still open: a fast shutdown does not wait for it.
	_ = conn.Close(t.Context())
	select {
	case <-s.Exited():
	default:
		t.Error("Exited is not closed after Stop")
	}
	if exists(filepath.Join(dir, "run")) {
		t.Error("the socket directory is still there after Stop")
	}
	if got := query[int](t, start(t, testConfig(dir)).URL(`odd "name" ü`), `SELECT n FROM kept`); got != 42 {
		t.Errorf("after a restart: got %d, want 42", got)
	}
}

func TestServerIsSetUpAsPromised(t *testing.T) {
	t.Parallel()
	s := start(t, testConfig(openDir(t)))
	for sql, want := range map[string]string{
		`SHOW listen_addresses`: "",
		`SHOW data_checksums`:   "on",
		`SHOW server_encoding`:  "UTF8",
		`SHOW timezone`:         "UTC",
		`SHOW fsync`:            "off",
		`SELECT current_user`:   "holdfast",
		`SHOW is_superuser`:     "on",
		`SELECT upper('ü')`:     "Ü",
		`SELECT min(x) FROM (VALUES ('a'), ('B')) v (x)`: "B",
	} {
		if got := query[string](t, s.URL("postgres"), sql); got != want {
			t.Errorf("%s: got %q, want %q", sql, got, want)
		}
	}
}

func TestServerThatCannotStartShowsItsLog(t *testing.T) {
	t.Parallel()
	cfg := testConfig(madeDir(t))
	cfg.Settings["shared_buffers"] = "nonsense"
	_, err := Start(t.Context(), cfg)
	if err == nil || !strings.Contains(err.Error(), "shared_buffers") {
		t.Errorf("got %v, want an error with the log's word on shared_buffers", err)
	}
	start(t, testConfig(cfg.DataDir)) // The failed start gave the directory back.
}

func TestSettingsOfTheLauncherAreRefused(t *testing.T) {
	t.Parallel()
	for _, name := range []string{"listen_addresses", "hba_file", "unix_socket_directories", "no such name", "-c"} {
		cfg := Config{DataDir: t.TempDir(), Settings: map[string]string{name: "x"}}
		if _, err := Start(t.Context(), cfg); err == nil || !strings.Contains(err.Error(), name) {
			t.Errorf("setting %q: got %v, want a refusal", name, err)
		}
	}
}

func TestStopQuitsWhenItsContextEnds(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	s, err := Start(t.Context(), testConfig(dir))
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancelCause(t.Context())
	hurry := errors.New("no time")
	cancel(hurry)
	for range 2 {
		if err := s.Stop(ctx); !errors.Is(err, hurry) {
			t.Errorf("got %v, want the context's cause, each time", err)
		}
	}
	start(t, testConfig(dir)) // The directory was given back all the same.
}

func TestServerThatEndsByItselfIsNoticed(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	s := start(t, testConfig(dir))
	if err := syscall.Kill(s.PID(), syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	select {
	case <-s.Exited():
	case <-time.After(2 * time.Minute):
		t.Fatal("Exited is not closed after the server was killed")
	}
	stop(t, s)
	start(t, testConfig(dir))
}

func TestDatabaseNameThatWouldBeCutIsRefused(t *testing.T) {
	t.Parallel()
	s := &Server{}
	for _, name := range []string{"", strings.Repeat("x", 64)} {
		if err := s.CreateDatabase(t.Context(), name); err == nil {
			t.Errorf("%q was accepted", name)
		}
	}
}
