package pgtest

import (
	"context"
	"fmt"
	"net/url"
	"os"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
)

// shared is the server of this test binary. A test binary is one process with
// one TestMain, and tests cannot be handed a value by it: hence a variable.
var shared struct {
	mu      sync.Mutex
	running bool // inside Run
	admin   string
	err     error // of the first attempt to start; not tried again
	temp    *TempServer
	// pool makes and drops databases, hundreds of them, over few connections: each new
	// one is a process of the server that fills its caches first.
	pool *pgxpool.Pool
}

// Main runs a package's tests, stops the server if one was started, and exits.
func Main(m *testing.M) { os.Exit(Run(m)) }

// Run is [Main] for a TestMain that has more to do: it returns the exit code.
func Run(m *testing.M) int {
	shared.mu.Lock()
	shared.running = true
	shared.mu.Unlock()
	code := m.Run()
	if err := stopShared(); err != nil {
		fmt.Fprintln(os.Stderr, err)
		code = max(code, 1)
	}
	return code
}

func stopShared() error {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	shared.running = false
	if shared.pool != nil {
		shared.pool.Close()
		shared.pool = nil
	}
	if shared.temp == nil {
		return nil
	}
	return shared.temp.Stop()
}

// AdminURL returns the URL of the server's own database (postgres, or the one
// that HOLDFAST_TEST_DATABASE_URL names), starting the server if this is the
// first call. Tests must not keep anything there: other packages share it.
func AdminURL(t testing.TB) string {
	t.Helper()
	admin, err := adminURL()
	if err != nil {
		t.Fatal(err)
	}
	return admin
}

func adminURL() (string, error) {
	shared.mu.Lock()
	defer shared.mu.Unlock()
	if !shared.running {
		return "", fmt.Errorf("pgtest: the package needs func TestMain(m *testing.M) { pgtest.Main(m) }, which stops the server after its tests")
	}
	if shared.admin == "" && shared.err == nil {
		shared.admin, shared.err = startShared()
	}
	return shared.admin, shared.err
}

// administer runs the statement that build makes in the server's own database.
func administer(ctx context.Context, admin string, build func(*pgx.Conn) string) error {
	shared.mu.Lock()
	if shared.pool == nil {
		cfg, err := pgxpool.ParseConfig(admin)
		if err == nil {
			cfg.ConnConfig.DefaultQueryExecMode = pgx.QueryExecModeSimpleProtocol
			shared.pool, err = pgxpool.NewWithConfig(context.Background(), cfg)
		}
		if err != nil {
			shared.mu.Unlock()
			return err
		}
	}
	pool := shared.pool
	shared.mu.Unlock()
	return pool.AcquireFunc(ctx, func(conn *pgxpool.Conn) error {
		_, err := conn.Exec(ctx, build(conn.Conn()))
		return err
	})
}

func startShared() (string, error) {
	if given := os.Getenv(EnvURL); given != "" {
		if u, err := url.Parse(given); err != nil || u.Scheme == "" {
			return "", fmt.Errorf("pgtest: %s must be a postgres:// URL", EnvURL)
		}
		return given, nil
	}
	// No test's context: the server outlives the test that asks first.
	temp, err := StartTemp(context.Background(), nil)
	if err != nil {
		return "", err
	}
	shared.temp = temp
	return temp.URL("postgres"), nil
}

// URL returns the URL of a database of the server that serves [New].
func URL(t testing.TB, database string) string {
	t.Helper()
	return withDatabase(t, AdminURL(t), database)
}

// withDatabase returns admin's URL with another database.
func withDatabase(t testing.TB, admin, database string) string {
	t.Helper()
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatalf("pgtest: %v", err)
	}
	u.Path = "/" + database
	return u.String()
}
