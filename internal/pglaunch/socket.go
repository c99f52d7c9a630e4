package pglaunch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
)

// socketName is what PostgreSQL calls its socket on the default port.
const socketName = ".s.PGSQL.5432"

// socketFits says whether a socket in dir can be named: by the kernel, and in a
// connection URL, where a comma separates hosts.
func socketFits(dir string) bool {
	return len(filepath.Join(dir, socketName)) <= maxSocketPath && !strings.Contains(dir, ",")
}

// makeSocketDir returns the directory for the server's socket: DataDir/run, or
// where that is too long a new directory of the system's temporary one, with
// DataDir/run as a symbolic link to it, so that a later start can remove what a
// killed process left. The caller holds both locks.
func makeSocketDir(ctx context.Context, a account, p programs, dataDir string) (string, error) {
	run := filepath.Join(dataDir, "run")
	if err := clearSocketDir(run); err != nil {
		return "", err
	}
	if socketFits(run) {
		if err := os.Mkdir(run, a.dirMode()); err != nil && !errors.Is(err, fs.ErrExist) {
			return "", notWritable(dataDir, err)
		}
		return run, openSocketDir(a, run)
	}
	for _, parent := range []string{os.TempDir(), "/tmp"} {
		if !socketFits(filepath.Join(parent, "holdfast-run-0123456789")) || a.canEnter(ctx, p, parent) != nil {
			continue
		}
		dir, err := os.MkdirTemp(parent, "holdfast-run-")
		if err != nil {
			continue
		}
		if err := errors.Join(openSocketDir(a, dir), os.Symlink(dir, run)); err != nil {
			return "", errors.Join(fmt.Errorf("socket directory: %w", err), os.Remove(dir))
		}
		return dir, nil
	}
	return "", fmt.Errorf("the path %s is too long for a Unix socket (%d bytes) and the temporary directory %s does not serve either; choose a shorter data directory",
		run, maxSocketPath, os.TempDir())
}

// openSocketDir gives the directory to the server and lets the client through.
func openSocketDir(a account, dir string) error {
	if err := errors.Join(a.own(dir), os.Chmod(dir, a.dirMode())); err != nil {
		return fmt.Errorf("socket directory: %w", err)
	}
	return nil
}

// clearSocketDir removes the socket of a server that is gone, and what run
// points to. It removes the two files that PostgreSQL makes and empty
// directories, nothing else. (A stale lock file there stops a start as a stale
// postmaster.pid does, see settlePIDFile.)
func clearSocketDir(run string) error {
	info, err := os.Lstat(run)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return fmt.Errorf("socket directory: %w", err)
	}
	dir := run
	if info.Mode()&fs.ModeSymlink != 0 {
		if dir, err = os.Readlink(run); err != nil {
			return fmt.Errorf("socket directory: %w", err)
		}
		if err := os.Remove(run); err != nil {
			return fmt.Errorf("socket directory: %w", err)
		}
	}
	if err := clearSocket(dir); err != nil {
		return err
	}
	_ = os.Remove(dir) // Not ours to empty if something else is in it.
	return nil
}

// clearSocket removes the two files that a server makes in its socket's directory.
func clearSocket(dir string) error {
	for _, name := range []string{socketName, socketName + ".lock"} {
		if err := os.Remove(filepath.Join(dir, name)); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return fmt.Errorf("remove the socket of an earlier server: %w", err)
		}
	}
	return nil
}
