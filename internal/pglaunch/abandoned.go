package pglaunch

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"
)

// abandonedAfter is the age at which a directory that nobody holds counts as left
// behind: before that its process may not have taken the lock yet.
const abandonedAfter = time.Hour

// RemoveAbandoned removes the data directories that killed processes left in the
// directory for temporary files: those whose name begins with prefix, that are an hour
// old, and whose lock nobody holds. It is a courtesy to the machine: what fails
// (another user's directory) stays. Never call it with the prefix of a directory that
// holds anything to keep.
func RemoveAbandoned(prefix string) {
	dirs, _ := filepath.Glob(filepath.Join(os.TempDir(), prefix+"*")) // The pattern is well formed.
	for _, dir := range dirs {
		info, err := os.Lstat(dir)
		if err != nil || !info.IsDir() || time.Since(info.ModTime()) < abandonedAfter || inUse(dir) {
			continue
		}
		_ = os.RemoveAll(dir)
	}
}

// inUse says whether a process holds the lock on a data directory.
func inUse(dataDir string) bool {
	f, err := os.Open(filepath.Join(dataDir, lockName))
	if err != nil {
		return !errors.Is(err, fs.ErrNotExist)
	}
	defer func() { _ = f.Close() }() // Read only.
	return syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) != nil
}
