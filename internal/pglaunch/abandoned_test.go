package pglaunch

import (
	"errors"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

func TestDirectoriesOfKilledProcessesAreRemoved(t *testing.T) {
	const prefix = "holdfast-abandoned-"
	temp := t.TempDir()
	t.Setenv("TMPDIR", temp)
	old := time.Now().Add(-2 * abandonedAfter)
	held, err := os.MkdirTemp("", prefix)
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(held, lockName), nil, 0o600); err != nil {
		t.Fatal(err)
	}
	lock, err := os.Open(filepath.Join(held, lockName))
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = lock.Close() }()
	if inUse(held) {
		t.Fatal("a lock that nobody holds counts as held")
	}
	if err := syscall.Flock(int(lock.Fd()), syscall.LOCK_EX|syscall.LOCK_NB); err != nil {
		t.Fatal(err)
	}
	for name, age := range map[string]time.Time{prefix + "old": old, prefix + "new": time.Now(), "else": old} {
		dir := filepath.Join(temp, name)
		if err := errors.Join(os.Mkdir(dir, 0o755), os.Chtimes(dir, age, age)); err != nil {
			t.Fatal(err)
		}
	}
	if err := os.Chtimes(held, old, old); err != nil {
		t.Fatal(err)
	}
	RemoveAbandoned(prefix)
	for path, want := range map[string]bool{
		held: true, filepath.Join(temp, prefix+"old"): false,
		filepath.Join(temp, prefix+"new"): true, filepath.Join(temp, "else"): true,
	} {
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s: kept %t, want %t", path, err == nil, want)
		}
	}
}
