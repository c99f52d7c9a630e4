package pglaunch

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"time"
)

const (
	// logLimit bounds postgres.log: a larger one is set aside as postgres.log.1 at the next start.
	logLimit = 10 << 20
	// stragglerWait is how long a start waits for the processes of a server whose
	// owner was killed. PostgreSQL itself gives its children 5 s on SIGQUIT.
	stragglerWait = 10 * time.Second
)

// makeDir makes dir and its missing parents with mode. The mode is set
// explicitly on what is made here, because a umask of 077 would close it to the
// server's user; what exists is left alone.
func makeDir(dir string, mode fs.FileMode) error {
	info, err := os.Stat(dir)
	if err == nil {
		if !info.IsDir() {
			return &fs.PathError{Op: "mkdir", Path: dir, Err: syscall.ENOTDIR}
		}
		return nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return err
	}
	if err := makeDir(filepath.Dir(dir), mode); err != nil {
		return err
	}
	if err := os.Mkdir(dir, mode); err != nil {
		return err
	}
	return os.Chmod(dir, mode)
}

// openOwned opens a file of the data directory for appending and gives a new one
// to the account, so that a later start as that user can open it too. It follows
// no symbolic link: root must not write where the directory's owner points.
func openOwned(path string, a account) (*os.File, error) {
	f, err := os.OpenFile(path, os.O_CREATE|os.O_RDWR|os.O_APPEND|syscall.O_NOFOLLOW, 0o600)
	if err != nil {
		return nil, err
	}
	if a.cred != nil {
		if err := f.Chown(int(a.cred.Uid), int(a.cred.Gid)); err != nil {
			return nil, errors.Join(err, f.Close())
		}
	}
	return f, nil
}

// lockName is the file that whoever runs a server in a directory keeps locked.
const lockName = "postgres.lock"

// lockDir takes the directory for this process, for as long as the file stays
// open. The file is not inherited by the server: a killed process gives it back
// at once. The error wraps [ErrInUse] where somebody else has it.
func lockDir(dataDir string, a account) (*os.File, error) {
	f, err := openOwned(filepath.Join(dataDir, lockName), a)
	if err != nil {
		return nil, notWritable(dataDir, err)
	}
	err = syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
	if err == nil {
		return f, nil
	}
	_ = f.Close() // Nothing was written; the lock's error is the one to tell.
	if errors.Is(err, syscall.EWOULDBLOCK) {
		return nil, fmt.Errorf("%w: another Holdfast runs its PostgreSQL in %s", ErrInUse, dataDir)
	}
	return nil, fmt.Errorf("lock %s: %w", f.Name(), err)
}

// unlock gives the directory back. It unlocks explicitly, because a program that
// is being started by another goroutine holds a copy of every file for a moment.
func unlock(f *os.File) error {
	return errors.Join(syscall.Flock(int(f.Fd()), syscall.LOCK_UN), f.Close())
}

// notWritable is the one line for a directory in which nothing can be made.
func notWritable(dir string, err error) error {
	var pathErr *fs.PathError
	if errors.As(err, &pathErr) {
		err = pathErr.Err // The path stands in the line already.
	}
	return fmt.Errorf("data directory %s is not writable: %w", dir, err)
}

// openLog opens the server's log and locks it. The server's processes inherit
// the open file and thereby the lock: who gets it knows that no process of an
// earlier server is left, even one whose postmaster and owner were killed.
func openLog(ctx context.Context, dataDir string, a account, cluster string) (*os.File, error) {
	path := filepath.Join(dataDir, "postgres.log")
	f, err := openLocked(ctx, path, a, cluster)
	if err != nil {
		return nil, err
	}
	info, err := f.Stat()
	if err != nil {
		return nil, errors.Join(fmt.Errorf("log: %w", err), f.Close())
	}
	if info.Size() <= logLimit {
		return f, nil
	}
	if err := errors.Join(os.Rename(path, path+".1"), f.Close()); err != nil {
		return nil, fmt.Errorf("set the full log aside: %w", err)
	}
	return openLocked(ctx, path, a, cluster)
}

func openLocked(ctx context.Context, path string, a account, cluster string) (*os.File, error) {
	f, err := openOwned(path, a)
	if err != nil {
		return nil, notWritable(filepath.Dir(path), err)
	}
	if err := awaitStragglers(ctx, f, cluster); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// awaitStragglers waits until no process of an earlier server holds the log.
func awaitStragglers(ctx context.Context, f *os.File, cluster string) error {
	ctx, cancel := context.WithTimeout(ctx, stragglerWait)
	defer cancel()
	tick := time.NewTicker(20 * time.Millisecond)
	defer tick.Stop()
	asked := diesWithParent
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return nil
		}
		if !errors.Is(err, syscall.EWOULDBLOCK) {
			return fmt.Errorf("lock %s: %w", f.Name(), err)
		}
		if !asked {
			// The owner is gone (we hold its lock) and this system did not take
			// the server with it: ask it to stop.
			asked = true
			if pid := recordedPID(cluster); pid > 1 {
				_ = syscall.Kill(pid, syscall.SIGINT) // It may have ended meanwhile.
			}
		}
		select {
		case <-ctx.Done():
			return fmt.Errorf("%w: processes of an earlier server still work on %s", ErrInUse, cluster)
		case <-tick.C:
		}
	}
}

// lastLines returns the end of what was written to the log since offset, at
// most ten lines, for an error message.
func lastLines(f *os.File, offset int64) string {
	info, err := f.Stat()
	if err != nil {
		return ""
	}
	start := max(offset, info.Size()-4096)
	text, err := io.ReadAll(io.NewSectionReader(f, start, 4096))
	if err != nil {
		return ""
	}
	return tail(string(text))
}

// tail returns the last ten lines of text, indented.
func tail(text string) string {
	lines := strings.Split(strings.TrimSpace(text), "\n")
	if len(lines) > 10 {
		lines = lines[len(lines)-10:]
	}
	return "\n\t" + strings.Join(lines, "\n\t")
}
