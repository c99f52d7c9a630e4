package pglaunch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"strings"
	"syscall"
)

// superuser is the role that initdb makes and every connection uses.
const superuser = "holdfast"

// clusterVersion returns the cluster's PG_VERSION, or "" where there is no
// cluster yet. A directory that holds something else is refused, not filled.
func clusterVersion(cluster string) (string, error) {
	text, err := os.ReadFile(filepath.Join(cluster, "PG_VERSION"))
	if err == nil {
		return strings.TrimSpace(string(text)), nil
	}
	if !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("read the cluster's version (only its owner can): %w", err)
	}
	entries, err := os.ReadDir(cluster)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return "", fmt.Errorf("embedded PostgreSQL: %w", err)
	}
	if len(entries) > 0 {
		return "", fmt.Errorf("%s is not empty and is not a PostgreSQL data directory (it has no PG_VERSION); move it away", cluster)
	}
	return "", nil
}

// makeCluster runs initdb in a sibling directory and renames it into place, so
// that a crash never leaves half a cluster where a whole one is looked for. The
// caller holds the directory's lock.
func (s *Server) makeCluster(ctx context.Context) error {
	if err := removeLeftovers(s.cluster); err != nil {
		return err
	}
	// C.UTF-8 makes upper() and regular expressions know letters beyond ASCII,
	// with the plain byte order of C. Not every system has it, and asking costs
	// as much as trying.
	err := s.initdb(ctx, "C.UTF-8")
	if err != nil && ctx.Err() == nil {
		err = s.initdb(ctx, "C")
	}
	return err
}

// removeLeftovers removes what an interrupted initdb left beside the cluster.
func removeLeftovers(cluster string) error {
	entries, err := os.ReadDir(filepath.Dir(cluster))
	if err != nil {
		return fmt.Errorf("embedded PostgreSQL: %w", err)
	}
	for _, e := range entries {
		if !strings.HasPrefix(e.Name(), filepath.Base(cluster)+".new-") {
			continue
		}
		if err := os.RemoveAll(filepath.Join(filepath.Dir(cluster), e.Name())); err != nil {
			return fmt.Errorf("remove what an interrupted initdb left: %w", err)
		}
	}
	return nil
}

func (s *Server) initdb(ctx context.Context, locale string) (err error) {
	temp, err := os.MkdirTemp(s.cfg.DataDir, filepath.Base(s.cluster)+".new-")
	if err != nil {
		return notWritable(s.cfg.DataDir, err)
	}
	defer func() {
		if err != nil {
			err = errors.Join(err, os.RemoveAll(temp))
		}
	}()
	if err := s.account.own(temp); err != nil {
		return fmt.Errorf("give the new cluster to user %s: %w", s.account.name, err)
	}
	args := []string{
		"-D", temp, "-U", superuser, "-k", "-E", "UTF8", "--locale=" + locale,
		"--auth-local=peer", "--auth-host=reject", "--no-instructions",
	}
	if s.cfg.Settings["fsync"] == "off" {
		args = append(args, "--no-sync")
	}
	cmd := s.account.command(ctx, s.programs, temp, s.programs.initdb(), args...)
	// With the log, initdb's processes hold its lock: nobody removes the
	// directory while they still write to it (awaitStragglers).
	cmd.ExtraFiles = []*os.File{s.log}
	tieToParent(cmd, syscall.SIGKILL)
	if out, err := runOnOneThread(cmd); err != nil {
		return fmt.Errorf("initdb: %w%s", err, tail(string(out)))
	}
	if err := os.Rename(temp, s.cluster); err != nil {
		return fmt.Errorf("put the new cluster in place: %w", err)
	}
	return syncDir(s.cfg.DataDir)
}

// runOnOneThread keeps the thread that starts the program alive until it ends:
// the signal of [tieToParent] is sent when that thread goes, not when the process does.
func runOnOneThread(cmd *exec.Cmd) ([]byte, error) {
	runtime.LockOSThread()
	defer runtime.UnlockOSThread()
	return cmd.CombinedOutput()
}

// syncDir makes a rename inside dir durable.
func syncDir(dir string) error {
	d, err := os.Open(dir)
	if err != nil {
		return fmt.Errorf("embedded PostgreSQL: %w", err)
	}
	return errors.Join(d.Sync(), d.Close())
}

// writeAccess writes who may connect, at every start, because the user that runs
// Holdfast may be another one than last time.
func writeAccess(a account, cluster string) error {
	client, err := clientName()
	if err != nil {
		return err
	}
	hba := "# Written by Holdfast at every start.\n" +
		"local all " + superuser + " peer map=" + superuser + "\n"
	ident := "# Written by Holdfast at every start.\n"
	for _, name := range []string{client, a.name} {
		ident += superuser + ` "` + strings.ReplaceAll(name, `"`, `""`) + `" ` + superuser + "\n"
	}
	if err := replaceFile(a, filepath.Join(cluster, "pg_hba.conf"), hba); err != nil {
		return err
	}
	return replaceFile(a, filepath.Join(cluster, "pg_ident.conf"), ident)
}

// replaceFile writes a file by renaming: the directory belongs to another user,
// and root must not write through a symbolic link of theirs.
func replaceFile(a account, path, text string) (err error) {
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+".new-")
	if err != nil {
		return notWritable(filepath.Dir(path), err)
	}
	_, err = f.WriteString(text)
	err = errors.Join(err, f.Close())
	if err == nil {
		err = a.own(f.Name())
	}
	if err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return errors.Join(fmt.Errorf("write %s: %w", path, err), os.Remove(f.Name()))
	}
	return nil
}

// recordedPID returns the process id in the cluster's postmaster.pid, or 0.
func recordedPID(cluster string) int {
	text, err := os.ReadFile(filepath.Join(cluster, "postmaster.pid"))
	if err != nil {
		return 0
	}
	line, _, _ := strings.Cut(string(text), "\n")
	pid, err := strconv.Atoi(strings.TrimSpace(line))
	if err != nil || pid < 0 {
		return 0
	}
	return pid
}

// settlePIDFile looks at the postmaster.pid that a killed server left.
// PostgreSQL removes it by itself unless a process of the same user has that
// number now: after a container's restart that is likely, often a thread of this
// very process, and the server would never start again. So the file goes where
// the process provably is no server of this cluster (its working directory is
// another one). A server that somebody started by hand is [ErrInUse].
func settlePIDFile(cluster string) error {
	pid := recordedPID(cluster)
	if pid == 0 || errors.Is(syscall.Kill(pid, 0), syscall.ESRCH) {
		return nil
	}
	here, known := worksIn(pid, cluster)
	switch {
	case !known:
		return nil // PostgreSQL's own check decides.
	case here:
		return fmt.Errorf("%w: a PostgreSQL that was not started here (process %d) runs in %s", ErrInUse, pid, cluster)
	}
	if err := os.Remove(filepath.Join(cluster, "postmaster.pid")); err != nil {
		return fmt.Errorf("remove the process id of an earlier server: %w", err)
	}
	return nil
}
