package pglaunch

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"syscall"

	"github.com/jackc/pgx/v5"
)

// Config says where a server lives and how it is set.
type Config struct {
	// DataDir is the directory that holds the cluster (as DataDir/postgres), its
	// log and its lock. It is made if missing. Required.
	DataDir string
	// BinDir holds initdb and postgres. Empty: they are looked for in PATH and in
	// the places where packages put them.
	BinDir string
	// Logger receives start, stop and an unexpected end. Nil: nothing is logged.
	Logger *slog.Logger
	// Settings are PostgreSQL parameters given on the server's command line, such
	// as fsync=off for tests. Those the launcher relies on (where it listens, who
	// may connect, where it logs) are refused.
	Settings map[string]string
}

var settingName = regexp.MustCompile(`^[a-z_][a-z0-9_.]*$`)

// checked returns the configuration with absolute paths and a logger, or what is
// wrong with it.
func (c Config) checked() (Config, error) {
	if c.DataDir == "" {
		return c, errors.New("no data directory given")
	}
	dir, err := filepath.Abs(c.DataDir)
	if err != nil {
		return c, fmt.Errorf("data directory: %w", err)
	}
	c.DataDir = dir
	if c.Logger == nil {
		c.Logger = slog.New(slog.DiscardHandler)
	}
	for name := range c.Settings {
		if !settingName.MatchString(name) {
			return c, fmt.Errorf("%q is no name of a PostgreSQL setting", name)
		}
		if _, ours := ownSettings("")[name]; ours {
			return c, fmt.Errorf("setting %s belongs to the launcher", name)
		}
	}
	return c, nil
}

// ownSettings are what the launcher's promises rest on: no TCP, its socket, its
// rules of access, and a log that the server's processes themselves hold open
// (see openLog).
func ownSettings(socketDir string) map[string]string {
	return map[string]string{
		"listen_addresses":        "",
		"port":                    "5432",
		"unix_socket_directories": `"` + strings.ReplaceAll(socketDir, `"`, `""`) + `"`,
		// The directory's mode and peer authentication decide who comes in.
		"unix_socket_permissions": "0777",
		"unix_socket_group":       "",
		"data_directory":          "",
		"hba_file":                "",
		"ident_file":              "",
		"config_file":             "",
		"log_destination":         "stderr",
		"logging_collector":       "off",
	}
}

// Start makes the cluster if there is none, starts the server and returns when
// it accepts connections. It waits as long as the server says that it is
// recovering, else at most 60 s; ctx ends the wait, and does not end a server
// that was started.
//
// The caller must call [Server.Stop], also where the server ended by itself. On
// Linux the server goes with its process even if that is killed; elsewhere the
// next Start stops what was left.
//
// Errors wrap [ErrNoPrograms], [ErrInUse] or [ErrOtherVersion]; a directory
// that cannot be written or entered wraps [io/fs.ErrPermission] and is named.
// After an error nothing runs and an existing cluster is unchanged.
func Start(ctx context.Context, cfg Config) (*Server, error) {
	cfg, err := cfg.checked()
	if err != nil {
		return nil, err
	}
	found, err := findPrograms(ctx, cfg.BinDir, wellKnownDirs())
	if err != nil {
		return nil, err
	}
	s := &Server{cfg: cfg, cluster: filepath.Join(cfg.DataDir, "postgres"), exited: make(chan struct{})}
	if s.account, err = serverAccount(cfg.DataDir, s.cluster); err != nil {
		return nil, err
	}
	if err := makeDir(cfg.DataDir, s.account.dirMode()); err != nil {
		return nil, notWritable(cfg.DataDir, err)
	}
	if s.lock, err = lockDir(cfg.DataDir, s.account); err != nil {
		return nil, err
	}
	if err := s.prepare(ctx, found); err != nil {
		return nil, errors.Join(err, s.release())
	}
	if err := s.launch(ctx); err != nil {
		return nil, errors.Join(err, s.release())
	}
	cfg.Logger.Info("embedded PostgreSQL started", "version", s.programs.major, "pid", s.PID(),
		"user", s.account.name, "directory", s.cluster)
	return s, nil
}

// prepare brings the directory to where a server can be started on it.
func (s *Server) prepare(ctx context.Context, found []programs) error {
	version, err := clusterVersion(s.cluster)
	if err != nil {
		return err
	}
	if s.programs, err = choose(found, s.cluster, version); err != nil {
		return err
	}
	if err := s.account.checkReach(ctx, s.programs, s.cfg.DataDir); err != nil {
		return err
	}
	if s.log, err = openLog(ctx, s.cfg.DataDir, s.account, s.cluster); err != nil {
		return err
	}
	if version == "" {
		if err := s.makeCluster(ctx); err != nil {
			return err
		}
	}
	if err := settlePIDFile(s.cluster); err != nil {
		return err
	}
	if err := writeAccess(s.account, s.cluster); err != nil {
		return err
	}
	s.socketDir, err = makeSocketDir(ctx, s.account, s.programs, s.cfg.DataDir)
	return err
}

// launch starts the server and waits until it answers; where it does not, it
// leaves no process behind.
func (s *Server) launch(ctx context.Context) error {
	conn, err := pgx.ParseConfig(s.URL("postgres"))
	if err != nil {
		// A PGSERVICE in the environment that names no known service gets here.
		return fmt.Errorf("connection settings (the environment's PG… variables take part): %w", err)
	}
	info, err := s.log.Stat()
	if err != nil {
		return fmt.Errorf("log: %w", err)
	}
	s.logOffset = info.Size()
	// The server outlives ctx, which bounds the start alone.
	s.cmd = s.account.command(context.WithoutCancel(ctx), s.programs, s.cluster, s.programs.postgres(), s.args()...)
	s.cmd.Stdout, s.cmd.Stderr = s.log, s.log
	// Ctrl-C in a terminal goes to the whole process group, and the server must
	// outlive those who still write to it.
	s.cmd.SysProcAttr.Setpgid = true
	tieToParent(s.cmd, syscall.SIGQUIT)

	started := make(chan error)
	go s.run(started)
	if err := <-started; err != nil {
		return fmt.Errorf("start %s: %w", s.programs.postgres(), err)
	}
	if err := s.awaitReady(ctx, conn); err != nil {
		return errors.Join(err, s.end(syscall.SIGQUIT))
	}
	return nil
}

// run starts the server and waits for its end on a thread that it keeps for
// life: the kernel's "parent died" signal watches the thread, not the process.
// Stop waits for it.
func (s *Server) run(started chan<- error) {
	runtime.LockOSThread()
	err := s.cmd.Start()
	if err != nil {
		started <- err
		return
	}
	started <- nil
	err = s.cmd.Wait()
	if !s.stopping.Load() {
		s.cfg.Logger.Error("embedded PostgreSQL ended by itself", "error", err, "log", lastLines(s.log, s.logOffset))
	}
	close(s.exited)
}

// args is the server's command line. It outranks postgresql.conf and ALTER SYSTEM.
func (s *Server) args() []string {
	settings := map[string]string{"timezone": "UTC", "log_timezone": "UTC", "log_line_prefix": "%m [%p] %q%a@%d "}
	for name, value := range s.cfg.Settings {
		settings[name] = value
	}
	for name, value := range ownSettings(s.socketDir) {
		// Empty means that the default holds, listen_addresses apart.
		if value != "" || name == "listen_addresses" {
			settings[name] = value
		}
	}
	args := []string{"-D", s.cluster}
	for name, value := range settings {
		args = append(args, "--"+name+"="+value)
	}
	slices.Sort(args[2:])
	return args
}

// release gives back what a server holds besides its process. The log is only
// closed: processes that a killed postmaster left behind keep its lock.
func (s *Server) release() error {
	var errs []error
	if s.socketDir != "" {
		errs = append(errs, clearSocketDir(filepath.Join(s.cfg.DataDir, "run")))
	}
	if s.log != nil {
		errs = append(errs, s.log.Close())
	}
	return errors.Join(append(errs, unlock(s.lock))...)
}
