// Package natstest starts a NATS server with JetStream for a test, from the program
// that the machine has. It owns the server's life; what a test publishes and reads is
// the test's. Only tests import it.
package natstest

import (
	"context"
	"fmt"
	"net"
	"net/netip"
	"os/exec"
	"strings"
	"sync"
	"testing"
	"time"
)

// Server is a server of one test's own, on the loopback address. It keeps its streams
// in a directory, so that they outlive a restart.
type Server struct {
	// URL is where it is reached; it stays the same through restarts.
	URL string

	t    testing.TB
	port int
	dir  string
	cmd  *exec.Cmd
	out  strings.Builder
	mu   sync.Mutex
}

// Start starts a server, which ends with the test.
func Start(t testing.TB) *Server {
	t.Helper()
	if _, err := exec.LookPath("nats-server"); err != nil {
		t.Fatal("no nats-server in PATH; `make test` installs it (Debian: apt-get install nats-server)")
	}
	port := FreePort(t)
	s := &Server{t: t, port: port, dir: t.TempDir(), URL: fmt.Sprintf("nats://127.0.0.1:%d", port)}
	t.Cleanup(s.Kill)
	s.Restart()
	return s
}

// FreePort is one that nobody listens on now, for what must keep its port through a
// restart.
func FreePort(t testing.TB) int {
	t.Helper()
	ln, err := (&net.ListenConfig{}).Listen(context.Background(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = ln.Close() }()
	at, err := netip.ParseAddrPort(ln.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return int(at.Port())
}

// Kill ends the server without warning. It may be started again.
func (s *Server) Kill() {
	if s.cmd == nil {
		return
	}
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
	s.cmd = nil
}

// Restart starts the server, after Kill or for the first time, and waits until it
// answers.
func (s *Server) Restart() {
	s.t.Helper()
	s.Kill()
	// Not the test's context: Kill ends it, after what else the test cleans up.
	s.cmd = exec.CommandContext(context.Background(), "nats-server", "-js", "-sd", s.dir, "-a", "127.0.0.1", "-p", fmt.Sprint(s.port))
	s.cmd.Stdout, s.cmd.Stderr = s, s
	if err := s.cmd.Start(); err != nil {
		s.t.Fatal(err)
	}
	deadline := time.After(time.Minute)
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for !s.answers() {
		select {
		case <-deadline:
			s.t.Fatalf("nats-server does not answer:\n%s", s.log())
		case <-tick.C:
		}
	}
}

// answers is whether the server says who it is, as it does at once to everybody.
func (s *Server) answers() bool {
	conn, err := (&net.Dialer{Timeout: time.Second}).Dial("tcp", fmt.Sprintf("127.0.0.1:%d", s.port))
	if err != nil {
		return false
	}
	defer func() { _ = conn.Close() }()
	_ = conn.SetReadDeadline(time.Now().Add(time.Second))
	info := make([]byte, 5)
	_, err = conn.Read(info)
	return err == nil && string(info) == "INFO "
}

// Write keeps what the server logs, for the message of a failure.
func (s *Server) Write(p []byte) (int, error) {
	defer s.mu.Unlock()
	s.mu.Lock()
	return s.out.Write(p)
}

func (s *Server) log() string {
	defer s.mu.Unlock()
	s.mu.Lock()
	return s.out.String()
}
