package pgtest_test

import (
	"context"
	"crypto/rand"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"testing/fstest"

	"github.com/golang-migrate/migrate/v4"
	_ "github.com/golang-migrate/migrate/v4/database/pgx/v5" // registers pgx5://
	"github.com/golang-migrate/migrate/v4/source/iofs"
	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
)

// helperKey is set where this binary runs again as another process that wants a template.
const helperKey = "PGTEST_TEST_HELPER_KEY"

func TestMain(m *testing.M) { pgtest.Main(m) }

func TestDatabasesAreIsolated(t *testing.T) {
	t.Parallel()
	a, b := pgtest.New(t), pgtest.New(t)
	pgtest.Exec(t, a, `CREATE TABLE here (n int); INSERT INTO here VALUES (1)`, `INSERT INTO here VALUES (2)`)
	if got := pgtest.Value[int](t, a, `SELECT count(*) FROM here WHERE n <= $1`, 2); got != 2 {
		t.Errorf("rows where they were inserted: got %d, want 2", got)
	}
	if got := pgtest.Value[bool](t, b, `SELECT to_regclass('here') IS NULL`); !got {
		t.Error("a table of one database is in the other")
	}
}

func TestDatabaseGoesWithItsTest(t *testing.T) {
	t.Parallel()
	admin := pgtest.AdminURL(t)
	var name string
	var left *pgx.Conn
	t.Run("odd 'name' with Ünïcode and one that is much longer than PostgreSQL's sixty-three bytes", func(t *testing.T) {
		url := pgtest.New(t)
		name = pgtest.Value[string](t, url, `SELECT current_database()`)
		if err := pgtest.Pool(t, url).Ping(t.Context()); err != nil {
			t.Fatal(err)
		}
		var err error
		if left, err = pgx.Connect(t.Context(), url); err != nil { // never closed by the test
			t.Fatal(err)
		}
	})
	if got := pgtest.Value[int](t, admin, `SELECT count(*) FROM pg_database WHERE datname = $1`, name); got != 0 {
		t.Errorf("database %q is still there after its test", name)
	}
	if err := left.Ping(t.Context()); err == nil {
		t.Error("a connection that was left open still works")
	}
}

func TestTemplateIsBuiltOnceForConcurrentCallers(t *testing.T) {
	t.Parallel()
	var built atomic.Int32
	urls := make([]string, 4)
	key := rand.Text() // The server may know the key of an earlier run.
	var callers sync.WaitGroup
	for i := range urls {
		callers.Go(func() {
			urls[i] = pgtest.NewFrom(t, key, func(ctx context.Context, url string) error {
				built.Add(1)
				return makeTable(ctx, url)
			})
		})
	}
	callers.Wait()
	if got := built.Load(); got != 1 {
		t.Errorf("built %d times, want once", got)
	}
	pgtest.Exec(t, urls[0], `INSERT INTO made VALUES (1)`)
	for i, want := range []int{1, 0, 0, 0} {
		if got := pgtest.Value[int](t, urls[i], `SELECT count(*) FROM made`); got != want {
			t.Errorf("rows in copy %d: got %d, want %d", i, got, want)
		}
	}
}

func makeTable(ctx context.Context, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, `CREATE TABLE made (n int)`)
	return errors.Join(err, conn.Close(ctx))
}

func TestTemplateIsBuiltOnceForConcurrentProcesses(t *testing.T) {
	t.Parallel()
	key := rand.Text()
	var all strings.Builder
	var mu sync.Mutex
	var processes sync.WaitGroup
	for range 3 {
		processes.Go(func() {
			cmd := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestHelperProcess$")
			cmd.Env = append(os.Environ(), pgtest.EnvURL+"="+pgtest.AdminURL(t), helperKey+"="+key)
			out, err := cmd.CombinedOutput()
			if err != nil {
				t.Errorf("helper process: %v\n%s", err, out)
			}
			mu.Lock()
			defer mu.Unlock()
			all.Write(out)
		})
	}
	processes.Wait()
	if got := strings.Count(all.String(), "helper built it"); got != 1 {
		t.Errorf("built %d times, want once:\n%s", got, all.String())
	}
}

// TestHelperProcess is the other process of the test above, and nothing otherwise.
func TestHelperProcess(t *testing.T) {
	key := os.Getenv(helperKey)
	if key == "" {
		return
	}
	url := pgtest.NewFrom(t, key, func(ctx context.Context, url string) error {
		fmt.Println("helper built it")
		return makeTable(ctx, url)
	})
	if got := pgtest.Value[int](t, url, `SELECT count(*) FROM made`); got != 0 {
		t.Errorf("rows in the copy: got %d, want 0", got)
	}
}

func TestMigrateURLServesGolangMigrate(t *testing.T) {
	t.Parallel()
	url := pgtest.New(t)
	source, err := iofs.New(fstest.MapFS{
		"1_made.up.sql": {Data: []byte(`CREATE TABLE made (n int)`)},
	}, ".")
	if err != nil {
		t.Fatal(err)
	}
	m, err := migrate.NewWithSourceInstance("iofs", source, pgtest.MigrateURL(url))
	if err != nil {
		t.Fatal(err)
	}
	if err := m.Up(); err != nil {
		t.Errorf("Up: %v", err)
	}
	if err := errors.Join(m.Close()); err != nil {
		t.Errorf("Close: %v", err)
	}
	if got := pgtest.Value[int](t, url, `SELECT count(*) FROM made`); got != 0 {
		t.Errorf("rows in the migrated table: got %d, want 0", got)
	}
}
