package pglaunch

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// owner starts this binary again as the owner of a server in dir.
func owner(t *testing.T, dir string) (cmd *exec.Cmd, pid int, url string) {
	t.Helper()
	cmd = exec.CommandContext(t.Context(), os.Args[0])
	cmd.Env = append(os.Environ(), helperDir+"="+dir)
	if _, err := cmd.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = cmd.Process.Kill(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("helper: %v", err)
	}
	if _, err := fmt.Sscan(line, &pid, &url); err != nil {
		t.Fatalf("helper says %q: %v", line, err)
	}
	return cmd, pid, url
}

func TestServerGoesWithAKilledOwnerAndRecovers(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	cmd, pid, url := owner(t, dir)
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := conn.Exec(t.Context(), `CREATE TABLE kept AS SELECT 42 AS n`); err != nil {
		t.Fatal(err)
	}
	if err := cmd.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = cmd.Wait()

	s := start(t, testConfig(dir)) // At once: the old server is still going down.
	if got := query[int](t, s.URL("postgres"), `SELECT n FROM kept`); got != 42 {
		t.Errorf("after kill -9: got %d, want 42", got)
	}
	if err := conn.Ping(t.Context()); err == nil {
		t.Error("a connection to the killed owner's server still works")
	}
	if s.PID() == pid {
		t.Errorf("the server has its predecessor's process id %d", pid)
	}
	_ = conn.Close(t.Context())
}

// After a container's restart a process of the same user, often a thread of this
// one, has the number that the killed server recorded.
func TestReusedProcessIDDoesNotPreventAStart(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	s := start(t, testConfig(dir))
	pidFile := filepath.Join(s.cluster, "postmaster.pid")
	record, err := os.ReadFile(pidFile)
	if err != nil {
		t.Fatal(err)
	}
	stop(t, s)
	other := s.account.command(t.Context(), s.programs, "/", "/bin/cat")
	if _, err := other.StdinPipe(); err != nil {
		t.Fatal(err)
	}
	if err := other.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = other.Process.Kill(); _ = other.Wait() })
	_, rest, _ := strings.Cut(string(record), "\n")
	if err := os.WriteFile(pidFile, []byte(strconv.Itoa(other.Process.Pid)+"\n"+rest), 0o600); err != nil {
		t.Fatal(err)
	}
	if err := s.account.own(pidFile); err != nil {
		t.Fatal(err)
	}
	start(t, testConfig(dir))
}

func TestSecondStartOnADirectoryIsRefused(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	s := start(t, testConfig(dir))
	_, err := Start(t.Context(), testConfig(dir))
	if !errors.Is(err, ErrInUse) || !strings.Contains(err.Error(), dir) {
		t.Errorf("got %v, want ErrInUse naming %s", err, dir)
	}
	if got := query[int](t, s.URL("postgres"), `SELECT 1`); got != 1 {
		t.Errorf("the first server answers %d, want 1", got)
	}
}

func TestServerStartedByHandIsNotDisturbed(t *testing.T) {
	t.Parallel()
	dir := madeDir(t)
	s := start(t, testConfig(dir))
	stop(t, s)
	byHand := s.account.command(t.Context(), s.programs, s.cluster, s.programs.postgres(), "-D", s.cluster, "-c", "listen_addresses=",
		"-c", "unix_socket_directories="+s.cluster)
	log, err := byHand.StderrPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := byHand.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(log); lines.Scan(); {
		if strings.Contains(lines.Text(), "ready to accept connections") {
			break
		}
	}
	_, err = Start(t.Context(), testConfig(dir))
	if !errors.Is(err, ErrInUse) {
		t.Errorf("got %v, want ErrInUse", err)
	}
	if err := byHand.Process.Signal(syscall.SIGINT); err != nil {
		t.Fatal(err)
	}
	_, _ = io.Copy(io.Discard, log)
	if err := byHand.Wait(); err != nil {
		t.Errorf("the server started by hand: %v", err)
	}
}

func TestInterruptedInitdbLeavesNothingInTheWay(t *testing.T) {
	t.Parallel()
	dir := openDir(t)
	leftover := filepath.Join(dir, "postgres.new-123")
	if err := os.MkdirAll(filepath.Join(leftover, "base"), 0o700); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := Start(ctx, testConfig(dir)); err == nil {
		t.Fatal("a start whose context has ended succeeded")
	}
	if exists(filepath.Join(dir, "postgres")) {
		t.Error("a cancelled start left a cluster")
	}
	start(t, testConfig(dir))
	if exists(leftover) {
		t.Error("the leftover of an interrupted initdb is still there")
	}
}
