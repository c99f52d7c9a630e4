package pglaunch

import (
	"context"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"github.com/jackc/pgx/v5"
)

// What the test binary does when it starts itself again.
const (
	helperDir    = "PGLAUNCH_TEST_HELPER_DIR" // own a server there until killed
	unprivileged = "PGLAUNCH_TEST_UNPRIVILEGED"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(helperDir); dir != "" {
		os.Exit(helper(dir))
	}
	code := m.Run()
	removeModel()
	os.Exit(code)
}

// helper owns a server and tells its URL; it ends by being killed.
func helper(dir string) int {
	s, err := Start(context.Background(), testConfig(dir))
	if err != nil {
		fmt.Println("error:", err)
		return 1
	}
	fmt.Println(s.PID(), s.URL("postgres"))
	_, _ = io.Copy(io.Discard, os.Stdin)
	return 0
}

func testConfig(dir string) Config {
	return Config{
		DataDir:  dir,
		BinDir:   os.Getenv("HOLDFAST_POSTGRES_BIN"),
		Settings: map[string]string{"fsync": "off"},
	}
}

// openDir is a temporary directory that the server's user can pass through;
// those of t.TempDir are closed to everybody but their maker.
func openDir(t *testing.T) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "pglaunch-")
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

func start(t *testing.T, cfg Config) *Server {
	t.Helper()
	s, err := Start(t.Context(), cfg)
	if err != nil {
		t.Fatalf("Start: %v", err)
	}
	t.Cleanup(func() { stop(t, s) })
	return s
}

func stop(t *testing.T, s *Server) {
	t.Helper()
	if err := s.Stop(context.Background()); err != nil {
		t.Errorf("Stop: %v", err)
	}
}

func query[T any](t *testing.T, url, sql string) T {
	t.Helper()
	conn, err := pgx.Connect(t.Context(), url)
	if err != nil {
		t.Fatalf("connect to %s: %v", url, err)
	}
	defer func() { _ = conn.Close(t.Context()) }()
	var v T
	if err := conn.QueryRow(t.Context(), sql).Scan(&v); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}

// model is a cluster made once for the tests that are not about making one:
// copying it takes a tenth of initdb's time.
var model struct {
	once sync.Once
	dir  string
	err  error
}

func makeModel() {
	if model.dir, model.err = os.MkdirTemp("", "pglaunch-model-"); model.err != nil {
		return
	}
	if model.err = os.Chmod(model.dir, 0o755); model.err != nil {
		return
	}
	s, err := Start(context.Background(), testConfig(model.dir))
	if err != nil {
		model.err = err
		return
	}
	model.err = s.Stop(context.Background())
}

func removeModel() {
	if model.dir == "" {
		return
	}
	if err := os.RemoveAll(model.dir); err != nil {
		fmt.Fprintln(os.Stderr, err)
	}
}

// madeDir is a data directory with a cluster in it.
func madeDir(t *testing.T) string {
	t.Helper()
	model.once.Do(makeModel)
	if model.err != nil {
		t.Fatal(model.err)
	}
	dir := openDir(t)
	if out, err := exec.CommandContext(t.Context(), "cp", "-Rp", filepath.Join(model.dir, "postgres"), dir).CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return dir
}

// What depends on the account runs once more as a user without rights, as most people
// start it.
func TestWhatDependsOnTheAccountAlsoHoldsWithoutRoot(t *testing.T) {
	if os.Geteuid() != 0 || os.Getenv(unprivileged) != "" {
		return
	}
	dir := openDir(t)
	nobody, err := user.Lookup("nobody")
	if err != nil {
		t.Fatal(err)
	}
	a, err := asAccount(nobody)
	if err != nil {
		t.Fatal(err)
	}
	if err := a.own(dir); err != nil {
		t.Fatal(err)
	}
	binary := filepath.Join(dir, "pglaunch.test") // The original's directory is closed to others.
	src, err := os.ReadFile(os.Args[0])
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(binary, src, 0o755); err != nil {
		t.Fatal(err)
	}
	const ofTheAccount = "SetUpAsPromised|KeepsItsData|SecondStart|KilledOwner|LongPath|OnlyItsTwoUsers|Unwritable|ClosedParent|InterruptedInitdb|OtherFiles"
	cmd := exec.CommandContext(t.Context(), binary, "-test.v", "-test.run", ofTheAccount)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), unprivileged+"=1", "HOME="+dir, "TMPDIR="+dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.cred}
	out, err := cmd.CombinedOutput()
	if ran := strings.Count(string(out), "\n--- PASS"); err != nil || ran < 10 {
		t.Errorf("as user nobody: %v, %d passed\n%s", err, ran, out)
	}
}
