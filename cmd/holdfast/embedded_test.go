package main

import (
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"holdfast/internal/pgtest"
)

// embeddedDir is a data directory that the embedded server's user can pass through;
// those of t.TempDir are closed to everybody but their maker.
func embeddedDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "holdfast-embedded-")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := os.RemoveAll(dir); err != nil {
			t.Error(err)
		}
	})
	if err := os.Chmod(dir, 0o755); err != nil {
		t.Fatal(err)
	}
	return dir
}

// postmaster is the embedded server's first process.
func postmaster(t *testing.T, dir string) int {
	t.Helper()
	b, err := os.ReadFile(filepath.Join(dir, "postgres", "postmaster.pid"))
	if err != nil {
		t.Fatal(err)
	}
	first, _, _ := strings.Cut(string(b), "\n")
	pid, err := strconv.Atoi(first)
	if err != nil {
		t.Fatal(err)
	}
	return pid
}

// TestRunGoesOnWhenTheEmbeddedPostgreSQLWasKilled kills the database that the service
// itself started, in mid-run: the same service starts it again, and the run goes on.
func TestRunGoesOnWhenTheEmbeddedPostgreSQLWasKilled(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	dir := embeddedDir(t)
	s := startService(t, "", "HOLDFAST_DATA_DIR="+dir)
	url := fmt.Sprintf("postgres://holdfast@/holdfast?host=%s&sslmode=disable", filepath.Join(dir, "run"))
	fillLogs(t, url, rows)
	s.call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	s.call("POST", "/api/v1/holds", jsonType, `{"matter":"Test v. Test","reason":"a test","scope":[{"table":"public.logs","record_ids":["7"]}]}`, 201)
	run := s.call("POST", "/api/v1/runs", jsonType, `{}`, 202)["id"].(string)
	s.await(func() bool { return pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.journal`) > 0 },
		func() string { return "no batch was committed" })
	before := postmaster(t, dir)
	if err := syscall.Kill(before, syscall.SIGKILL); err != nil {
		t.Fatal(err)
	}
	for _, want := range []int{http.StatusServiceUnavailable, http.StatusOK} {
		s.await(func() bool { return s.ready() == want }, func() string { return fmt.Sprintf("/readyz does not answer %d", want) })
	}
	s.awaitRun(run, rows-1, 1)
	if after := postmaster(t, dir); after == before {
		t.Errorf("the server's first process is still %d", after)
	}
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM public.logs`); n != 1 {
		t.Errorf("%d rows are left, want the held one", n)
	}
	if n := pgtest.Value[int64](t, url, `SELECT sum(processed)::bigint FROM holdfast_guard.journal`); n != rows-1 {
		t.Errorf("the journal has %d rows, want %d", n, rows-1)
	}
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the service ended with %v", err)
	}
	if _, err := os.Stat(filepath.Join(dir, "postgres", "postmaster.pid")); !os.IsNotExist(err) {
		t.Errorf("the server was not stopped with the service: %v", err)
	}
}

// ready is what /readyz answers; 0 for nothing.
func (s *service) ready() int {
	resp, err := http.Get(s.base + "/readyz")
	if err != nil {
		return 0
	}
	_ = resp.Body.Close()
	return resp.StatusCode
}
