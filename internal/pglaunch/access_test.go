package pglaunch

import (
	"errors"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strings"
	"testing"
)

func TestServerLetsOnlyItsTwoUsersIn(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return // Only root can be somebody else.
	}
	s := start(t, testConfig(madeDir(t)))
	psql := filepath.Join(s.programs.dir, "psql")
	for name, want := range map[string]bool{s.account.name: true, "daemon": false} {
		u, err := user.Lookup(name)
		if err != nil {
			t.Fatal(err)
		}
		a, err := asAccount(u)
		if err != nil {
			t.Fatal(err)
		}
		out, err := a.command(t.Context(), s.programs, "/", psql, "-Atc", "SELECT 1", s.URL("postgres")).CombinedOutput()
		if got := err == nil; got != want {
			t.Errorf("user %s let in: got %t, want %t: %s", name, got, want, out)
		}
	}
}

func TestEnvironmentOfAnotherServerDoesNotConfuse(t *testing.T) {
	for name, value := range map[string]string{
		"PGHOST": "127.0.0.1", "PGPORT": "1", "PGUSER": "somebody", "PGPASSWORD": "secret", "PGDATABASE": "elsewhere",
		"PGOPTIONS": "-c default_transaction_read_only=on", "PGSSLMODE": "verify-full", "PGDATA": "/nonexistent",
		"PGTARGETSESSIONATTRS": "standby", "PGCHANNELBINDING": "require", "LC_ALL": "xx_XX.UTF-8", "PGPASSFILE": "/nonexistent",
	} {
		t.Setenv(name, value)
	}
	s := start(t, testConfig(madeDir(t)))
	if err := s.CreateDatabase(t.Context(), "here"); err != nil {
		t.Fatal(err)
	}
	if got := query[string](t, s.URL("here"), `SELECT current_database()`); got != "here" {
		t.Errorf("connected to %q, want here", got)
	}
	cmd := exec.CommandContext(t.Context(), filepath.Join(s.programs.dir, "psql"), "-Atc", "SELECT current_database()", s.URL("here"))
	if out, err := cmd.CombinedOutput(); err != nil || strings.TrimSpace(string(out)) != "here" {
		t.Errorf("psql: got %q, %v; want here", out, err)
	}
}

func TestClosedParentIsNamed(t *testing.T) {
	t.Parallel()
	if os.Geteuid() != 0 {
		return // There is one user, which owns what it makes.
	}
	closed := filepath.Join(openDir(t), "closed")
	if err := os.Mkdir(closed, 0o700); err != nil {
		t.Fatal(err)
	}
	_, err := Start(t.Context(), testConfig(filepath.Join(closed, "data")))
	if !errors.Is(err, fs.ErrPermission) || !strings.Contains(err.Error(), "directory "+closed+" is closed") {
		t.Errorf("got %v, want a permission error that names %s", err, closed)
	}
}

func TestUnwritableDirectoryIsOneClearLine(t *testing.T) {
	t.Parallel()
	parent := openDir(t)
	file := filepath.Join(parent, "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	dirs := []string{file, filepath.Join(file, "data")}
	if os.Geteuid() != 0 { // No mode stops root.
		if err := os.Chmod(parent, 0o555); err != nil {
			t.Fatal(err)
		}
		t.Cleanup(func() { _ = os.Chmod(parent, 0o755) }) // Else it cannot be removed.
		dirs = append(dirs, parent, filepath.Join(parent, "data"))
	}
	for _, dir := range dirs {
		_, err := Start(t.Context(), testConfig(dir))
		if err == nil || !strings.Contains(err.Error(), dir+" is not writable") || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: got %v, want one line that says it is not writable", dir, err)
		}
	}
}

func TestLongPathGetsAShortSocket(t *testing.T) {
	t.Parallel()
	for name, sub := range map[string]string{"long": strings.Repeat("long/", 30), "comma": "a, b"} {
		t.Run(name, func(t *testing.T) {
			dir := filepath.Join(openDir(t), sub)
			cmd, _, _ := owner(t, dir)
			left, err := os.Readlink(filepath.Join(dir, "run"))
			if err != nil {
				t.Fatal(err)
			}
			_ = cmd.Process.Kill()
			_ = cmd.Wait()
			s := start(t, testConfig(dir))
			if got := query[int](t, s.URL("postgres"), `SELECT 1`); got != 1 {
				t.Errorf("got %d, want 1", got)
			}
			stop(t, s)
			for _, path := range []string{left, s.socketDir, filepath.Join(dir, "run")} {
				if exists(path) {
					t.Errorf("%s is still there after Stop", path)
				}
			}
		})
	}
}
