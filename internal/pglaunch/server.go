package pglaunch

import (
	"context"
	"errors"
	"fmt"
	"net/url"
	"os"
	"os/exec"
	"sync"
	"sync/atomic"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

const (
	// readyWait bounds the wait for a server that does not answer at all.
	readyWait = 60 * time.Second
	// quitWait is how long a server told to quit may take before it is killed;
	// PostgreSQL kills its own children after 5 s.
	quitWait = 10 * time.Second
)

// Codes of PostgreSQL's Appendix A, "Error Codes".
const (
	codeCannotConnectNow     = "57P03" // starting up, recovering or shutting down
	codeInvalidAuthorization = "28000"
	codeDuplicateDatabase    = "42P04"
	codeUniqueViolation      = "23505" // two CREATE DATABASE at the same moment
)

// Server is a running PostgreSQL. Its methods may be called from any goroutine.
type Server struct {
	cfg       Config
	cluster   string
	account   account
	programs  programs
	lock      *os.File
	log       *os.File
	logOffset int64 // where this run's part of the log begins
	socketDir string
	cmd       *exec.Cmd
	exited    chan struct{}
	stopping  atomic.Bool // an end is wanted and needs no alarm
	stopOnce  sync.Once
	stopErr   error
}

// URL returns the connection URL of a database of the server, over its Unix
// socket, for pgx and libpq alike. It overrides PGHOST, PGPORT, PGUSER,
// PGDATABASE, PGOPTIONS, PGSSLMODE, PGTARGETSESSIONATTRS and PGCHANNELBINDING
// of the environment. It is usable until Stop, and a later Start on the same
// directory may answer with another one.
func (s *Server) URL(database string) string {
	u := url.URL{
		Scheme: "postgres",
		User:   url.User(superuser),
		Path:   "/" + database,
		RawQuery: url.Values{
			"host":                 {s.socketDir},
			"port":                 {"5432"},
			"sslmode":              {"disable"},
			"options":              {""},
			"channel_binding":      {"disable"},
			"target_session_attrs": {"any"},
		}.Encode(),
	}
	return u.String()
}

// PID returns the process id of the server's first process, the postmaster.
func (s *Server) PID() int { return s.cmd.Process.Pid }

// Exited returns a channel that is closed when the server has ended, by Stop or
// by itself.
func (s *Server) Exited() <-chan struct{} { return s.exited }

// CreateDatabase makes the database if it does not exist. Two callers may do so
// at once. It refuses names that PostgreSQL would cut short (over 63 bytes).
func (s *Server) CreateDatabase(ctx context.Context, name string) error {
	if name == "" || len(name) > 63 {
		return fmt.Errorf("database name %q: must have 1 to 63 bytes", name)
	}
	conn, err := pgx.Connect(ctx, s.URL("postgres"))
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	defer closeConn(ctx, conn)
	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)`, name).Scan(&exists)
	if err != nil {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	if exists {
		return nil
	}
	_, err = conn.Exec(ctx, "CREATE DATABASE "+pgx.Identifier{name}.Sanitize())
	if err != nil && !hasCode(err, codeDuplicateDatabase, codeUniqueViolation) {
		return fmt.Errorf("create database %s: %w", name, err)
	}
	return nil
}

// Stop ends the server and gives its directory back. It disconnects everybody,
// rolls open transactions back and waits for the final checkpoint; when ctx ends
// before that, the server quits without one and recovers at its next start, and
// the error wraps the context's. Stop returns when the server is gone; calling it
// again returns the first call's result. A server that had ended by itself is no
// error.
func (s *Server) Stop(ctx context.Context) error {
	s.stopOnce.Do(func() { s.stopErr = s.stop(ctx) })
	return s.stopErr
}

func (s *Server) stop(ctx context.Context) error {
	s.stopping.Store(true)
	err := s.signal(syscall.SIGINT)
	select {
	case <-s.exited:
	case <-ctx.Done():
		err = errors.Join(fmt.Errorf("PostgreSQL was stopped without its final checkpoint: %w", context.Cause(ctx)),
			s.end(syscall.SIGQUIT))
	}
	err = errors.Join(err, s.release())
	s.cfg.Logger.Info("embedded PostgreSQL stopped", "directory", s.cluster, "error", err)
	return err
}

// end sends sig and waits until the server is gone, killing it if it must.
func (s *Server) end(sig syscall.Signal) error {
	s.stopping.Store(true)
	err := s.signal(sig)
	patience := time.NewTimer(quitWait)
	defer patience.Stop()
	select {
	case <-s.exited:
	case <-patience.C:
		err = errors.Join(err, s.signal(syscall.SIGKILL))
		<-s.exited
	}
	return err
}

// signal sends sig to the postmaster; one that has ended is no error.
func (s *Server) signal(sig syscall.Signal) error {
	if err := s.cmd.Process.Signal(sig); err != nil && !errors.Is(err, os.ErrProcessDone) {
		return fmt.Errorf("signal PostgreSQL: %w", err)
	}
	return nil
}

// awaitReady connects until it succeeds. A server that says it is recovering is
// given all the time it needs: to kill it would only make it start over.
func (s *Server) awaitReady(ctx context.Context, cfg *pgx.ConnConfig) error {
	silence := time.NewTimer(readyWait)
	defer silence.Stop()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	for {
		err := ping(ctx, cfg)
		switch {
		case err == nil:
			return nil
		case hasCode(err, codeInvalidAuthorization):
			return fmt.Errorf("PostgreSQL does not let its own launcher in: %w", err)
		case hasCode(err, codeCannotConnectNow):
			silence.Reset(readyWait)
		}
		select {
		case <-s.exited:
			return fmt.Errorf("PostgreSQL ended while starting (%s); its log says:%s", s.cmd.ProcessState, lastLines(s.log, s.logOffset))
		case <-ctx.Done():
			return fmt.Errorf("wait for PostgreSQL: %w", context.Cause(ctx))
		case <-silence.C:
			return fmt.Errorf("PostgreSQL did not answer within %s: %w; its log says:%s", readyWait, err, lastLines(s.log, s.logOffset))
		case <-tick.C:
		}
	}
}

// ping connects once; a connection that hangs counts as no answer.
func ping(ctx context.Context, cfg *pgx.ConnConfig) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Second)
	defer cancel()
	conn, err := pgx.ConnectConfig(ctx, cfg)
	if err != nil {
		return err
	}
	closeConn(ctx, conn)
	return nil
}

// closeConn says goodbye. Whether the server heard it changes nothing.
func closeConn(ctx context.Context, conn *pgx.Conn) { _ = conn.Close(ctx) }

func hasCode(err error, codes ...string) bool {
	var pgErr *pgconn.PgError
	if !errors.As(err, &pgErr) {
		return false
	}
	for _, code := range codes {
		if pgErr.Code == code {
			return true
		}
	}
	return false
}
