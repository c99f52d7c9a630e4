package pgtest

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"os"
	"time"

	"holdfast/internal/pglaunch"
)

// EnvURL names the variable with the URL of a server to use instead of starting
// one: postgres://…, of any database, as a role that may create databases.
const EnvURL = "HOLDFAST_TEST_DATABASE_URL"

const (
	tempPrefix = "holdfast-pgtest-"
	// patience bounds what cleanups wait for; a test's own context has ended by then.
	patience = 30 * time.Second
)

// defaultSettings trade durability, which no test server needs, for speed.
// What a test may measure or rely on (synchronous_commit, autovacuum) stays as
// PostgreSQL has it.
func defaultSettings() map[string]string {
	return map[string]string{
		"fsync":            "off",
		"full_page_writes": "off",
		"max_connections":  "300", // several test binaries, each with pools
		"jit":              "off", // compiling a query took longer than running it
	}
}

// TempServer is a PostgreSQL in a temporary directory that goes with it.
type TempServer struct {
	dir    string
	server *pglaunch.Server
}

// StartTemp starts a server in a new temporary directory. The settings are added
// to, and outrank, those of every test server: fsync=off, full_page_writes=off,
// max_connections=300, jit=off. Errors are those of [pglaunch.Start].
func StartTemp(ctx context.Context, settings map[string]string) (*TempServer, error) {
	pglaunch.RemoveAbandoned(tempPrefix)
	dir, err := os.MkdirTemp("", tempPrefix)
	if err != nil {
		return nil, fmt.Errorf("pgtest: %w", err)
	}
	// The server runs as another user where the tests run as root.
	if err := os.Chmod(dir, 0o755); err != nil {
		return nil, errors.Join(fmt.Errorf("pgtest: %w", err), os.RemoveAll(dir))
	}
	server, err := launch(ctx, dir, settings)
	if err != nil {
		return nil, errors.Join(err, os.RemoveAll(dir))
	}
	return &TempServer{dir: dir, server: server}, nil
}

// launch starts a test server on a directory that may hold one already.
func launch(ctx context.Context, dir string, settings map[string]string) (*pglaunch.Server, error) {
	all := defaultSettings()
	maps.Copy(all, settings)
	return pglaunch.Start(ctx, pglaunch.Config{
		DataDir:  dir,
		BinDir:   os.Getenv("HOLDFAST_POSTGRES_BIN"),
		Settings: all,
	})
}

// URL returns the connection URL of a database of the server.
func (s *TempServer) URL(database string) string { return s.server.URL(database) }

// Stop stops the server at once, without a checkpoint, and removes its directory.
func (s *TempServer) Stop() error {
	// Nobody reads the data again: a context that has ended asks for no checkpoint.
	ended, cancel := context.WithCancel(context.Background())
	cancel()
	err := s.server.Stop(ended)
	if errors.Is(err, context.Canceled) {
		err = nil
	}
	return errors.Join(err, os.RemoveAll(s.dir))
}
