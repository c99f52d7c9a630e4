package pgtest

import (
	"context"
	"errors"
	"os"
	"path/filepath"
	"testing"
	"time"
)

func TestFailedBuildLeavesNoTemplate(t *testing.T) {
	t.Parallel()
	admin := AdminURL(t)
	name := databaseName("failed") // unique, and leaves room for its suffix
	broken := errors.New("broken")
	if err := makeTemplate(t.Context(), admin, name, func(context.Context) error { return broken }); !errors.Is(err, broken) {
		t.Errorf("got %v, want build's error", err)
	}
	built := false
	for range 2 {
		err := makeTemplate(t.Context(), admin, name, func(context.Context) error {
			if built {
				t.Error("built again although it is there")
			}
			built = true
			return nil
		})
		if err != nil {
			t.Errorf("after a failed build: %v", err)
		}
	}
	if err := drop(admin, name); err != nil {
		t.Errorf("drop: %v", err)
	}
}

func TestDirectoriesOfKilledRunsAreRemoved(t *testing.T) {
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	old := time.Now().Add(-2 * staleAfter)
	held, err := os.MkdirTemp("", tempPrefix)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(held, "postgres.lock"), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Open(filepath.Join(held, "postgres.lock"))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	if inUse(held) {
		t.Fatal("a lock that nobody holds counts as held")
	}
	if err := flock(lock); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Time{tempPrefix + "old": old, tempPrefix + "new": time.Now(), "else": old} {
		dir := filepath.Join(temp, name)
		if err := errors.Join(os.Mkdir(dir, 0o755), os.Chtimes(dir, age, age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(held, old, old); err != nil {
		t.Fatal(err)
	}
	removeStale()
	for path, want := range map[string]bool{
		held: true, filepath.Join(temp, tempPrefix+"old"): false,
		filepath.Join(temp, tempPrefix+"new"): true, filepath.Join(temp, "else"): true,
	} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: kept %t, want %t", path, err == nil, want)
		}
	}
}
