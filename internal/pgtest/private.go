package pgtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"strconv"
	"strings"
	"syscall"
	"testing"

	"holdfast/internal/pglaunch"
)

// Private is a server of one test, which may kill and restart it. Its methods
// end the test on an error and must be called from the test's goroutine.
type Private struct {
	t        testing.TB
	dir      string
	settings map[string]string
	server   *pglaunch.Server
	running  bool
}

// StartPrivate starts a server that goes with the test (0.6 s and more). The
// settings are PostgreSQL parameters; they outrank those of [StartTemp].
func StartPrivate(t testing.TB, settings map[string]string) *Private {
	t.Helper()
	temp, err := StartTemp(t.Context(), settings)
	if err != nil {
		t.Fatal(err)
	}
	p := &Private{t: t, dir: temp.dir, settings: settings, server: temp.server, running: true}
	t.Cleanup(func() {
		if err := (&TempServer{dir: p.dir, server: p.server}).Stop(); err != nil {
			t.Errorf("pgtest: stop the private server: %v", err)
		}
	})
	return p
}

// URL returns the connection URL of a database of the server. It stays the same
// over Kill and Restart.
func (p *Private) URL(database string) string { return p.server.URL(database) }

// CreateDatabase makes a database if it does not exist, and returns its URL.
func (p *Private) CreateDatabase(name string) string {
	p.t.Helper()
	if err := p.server.CreateDatabase(p.t.Context(), name); err != nil {
		p.t.Fatal(err)
	}
	return p.URL(name)
}

// Kill ends all processes of the server with SIGKILL, as a machine that runs out
// of memory would: nothing is said to clients, nothing is written. (Without
// /proc only the postmaster is killed; the others notice and end.)
func (p *Private) Kill() {
	p.t.Helper()
	pid := p.server.PID()
	// A stopped postmaster makes no more children while they are counted.
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		p.t.Fatalf("pgtest: stop the server's first process: %v", err)
	}
	for _, victim := range append(childrenOf(pid), pid) {
		if err := syscall.Kill(victim, syscall.SIGKILL); err != nil && !errors.Is(err, syscall.ESRCH) {
			p.t.Fatalf("pgtest: kill process %d: %v", victim, err)
		}
	}
	p.afterEnd()
}

// Freeze stops all processes of the server as they are, until Thaw or the test's end:
// connections stay and nothing answers, as with a machine or a disk that hangs. (Without
// /proc only the postmaster is stopped: who is connected is served on.)
func (p *Private) Freeze() {
	p.t.Helper()
	p.t.Cleanup(p.Thaw)
	pid := p.server.PID()
	if err := syscall.Kill(pid, syscall.SIGSTOP); err != nil {
		p.t.Fatalf("pgtest: stop the server's first process: %v", err)
	}
	p.signalChildren(syscall.SIGSTOP)
}

// Thaw lets a frozen server go on; one that is not frozen does so anyway.
func (p *Private) Thaw() {
	p.t.Helper()
	p.signalChildren(syscall.SIGCONT)
	if err := syscall.Kill(p.server.PID(), syscall.SIGCONT); err != nil && !errors.Is(err, syscall.ESRCH) {
		p.t.Fatalf("pgtest: let the server's first process go on: %v", err)
	}
}

func (p *Private) signalChildren(sig syscall.Signal) {
	p.t.Helper()
	for _, child := range childrenOf(p.server.PID()) {
		if err := syscall.Kill(child, sig); err != nil && !errors.Is(err, syscall.ESRCH) {
			p.t.Fatalf("pgtest: send %s to process %d: %v", sig, child, err)
		}
	}
}

// Quit ends the server as PostgreSQL's immediate shutdown does: clients are told,
// nothing is written, the next start recovers.
func (p *Private) Quit() {
	p.t.Helper()
	if err := syscall.Kill(p.server.PID(), syscall.SIGQUIT); err != nil {
		p.t.Fatalf("pgtest: quit the server: %v", err)
	}
	p.afterEnd()
}

// Stop ends the server in order: open transactions roll back, the data is written.
func (p *Private) Stop() {
	p.t.Helper()
	ctx, cancel := context.WithTimeout(p.t.Context(), patience)
	defer cancel()
	if err := p.server.Stop(ctx); err != nil {
		p.t.Fatal(err)
	}
	p.running = false
}

// afterEnd waits for the server's end and gives its directory back.
func (p *Private) afterEnd() {
	p.t.Helper()
	<-p.server.Exited()
	p.Stop()
}

// Restart starts the server again, after stopping it if it runs.
func (p *Private) Restart() {
	p.t.Helper()
	if p.running {
		p.Stop()
	}
	server, err := launch(p.t.Context(), p.dir, p.settings)
	if err != nil {
		p.t.Fatal(err)
	}
	p.server, p.running = server, true
}

// childrenOf returns the processes whose parent is pid, as /proc knows them.
func childrenOf(pid int) []int {
	var children []int
	stats, _ := filepath.Glob("/proc/[0-9]*/stat") // The pattern is well formed.
	for _, path := range stats {
		text, err := os.ReadFile(path)
		if err != nil {
			continue // It has ended.
		}
		// "pid (name) state ppid …", and the name may hold anything.
		fields := strings.Fields(string(text[strings.LastIndexByte(string(text), ')')+1:]))
		if len(fields) < 2 || fields[1] != strconv.Itoa(pid) {
			continue
		}
		if child, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			children = append(children, child)
		}
	}
	return children
}
