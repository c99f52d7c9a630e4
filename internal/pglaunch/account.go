package pglaunch

import (
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"strconv"
	"syscall"
)

// account is the operating system's user that runs the server. PostgreSQL
// refuses to run as root.
type account struct {
	name string
	// cred is nil where the server runs as the user of this process.
	cred *syscall.Credential
}

// serverAccount decides who runs the server. A process that is not root has no
// choice. Root takes the cluster's owner, because nobody else can open it, else
// the data directory's owner, else postgres, else nobody.
func serverAccount(dataDir, cluster string) (account, error) {
	if os.Geteuid() != 0 {
		u, err := user.Current()
		if err != nil {
			return account{}, fmt.Errorf("user id %d has no name on this system, and PostgreSQL needs one: %w", os.Geteuid(), err)
		}
		return account{name: u.Username}, nil
	}
	if uid := ownerOf(cluster); uid > 0 {
		u, err := user.LookupId(strconv.Itoa(uid))
		if err != nil {
			return account{}, fmt.Errorf("owner of %s: %w", cluster, err)
		}
		return asAccount(u)
	}
	if uid := ownerOf(dataDir); uid > 0 {
		// An owner without a name (a volume from elsewhere) cannot run initdb.
		if u, err := user.LookupId(strconv.Itoa(uid)); err == nil {
			return asAccount(u)
		}
	}
	for _, name := range []string{"postgres", "nobody"} {
		if u, err := user.Lookup(name); err == nil {
			return asAccount(u)
		}
	}
	return account{}, errors.New("PostgreSQL does not run as root, and this system has neither a user postgres nor a user nobody; start Holdfast as another user")
}

// ownerOf returns the user id that owns path, or -1 where there is none.
func ownerOf(path string) int {
	info, err := os.Stat(path)
	if err != nil {
		return -1
	}
	if st, ok := info.Sys().(*syscall.Stat_t); ok {
		return int(st.Uid)
	}
	return -1
}

func asAccount(u *user.User) (account, error) {
	uid, err := strconv.ParseUint(u.Uid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("user %s: %w", u.Username, err)
	}
	gid, err := strconv.ParseUint(u.Gid, 10, 32)
	if err != nil {
		return account{}, fmt.Errorf("user %s: %w", u.Username, err)
	}
	return account{name: u.Username, cred: &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}}, nil
}

// clientName is the user that the server sees at the other end of the socket
// when this process connects.
func clientName() (string, error) {
	u, err := user.Current()
	if err != nil {
		return "", fmt.Errorf("name of the current user: %w", err)
	}
	return u.Username, nil
}

// dirMode is the mode of directories that both users must pass through.
func (a account) dirMode() fs.FileMode {
	if a.cred == nil {
		return 0o700
	}
	return 0o711
}

// own gives path to the account.
func (a account) own(path string) error {
	if a.cred == nil {
		return nil
	}
	return os.Lchown(path, int(a.cred.Uid), int(a.cred.Gid))
}

// command is a program that runs as the account, in dir, with a clean environment.
func (a account) command(ctx context.Context, p programs, dir, path string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, path, args...)
	cmd.Dir = dir
	cmd.Env = childEnv(p.dir)
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: a.cred}
	return cmd
}

// canEnter tries, as the account, to run the server's program with dir as its
// working directory. Trying respects access control lists, reading modes would not.
func (a account) canEnter(ctx context.Context, p programs, dir string) error {
	if a.cred == nil {
		return nil
	}
	return a.command(ctx, p, dir, p.postgres(), "--version").Run()
}

// checkReach refuses, by the name of the directory to open, a path that the
// account cannot pass through: the usual fault of a data directory below /root
// or below a directory made with mode 0700.
func (a account) checkReach(ctx context.Context, p programs, dataDir string) error {
	if err := a.canEnter(ctx, p, "/"); err != nil {
		return fmt.Errorf("user %s cannot run %s: %w", a.name, p.postgres(), err)
	}
	err := a.canEnter(ctx, p, dataDir)
	if err == nil || !errors.Is(err, fs.ErrPermission) {
		return err
	}
	closed := dataDir
	for dir := filepath.Dir(dataDir); a.canEnter(ctx, p, dir) != nil; dir = filepath.Dir(dir) {
		closed = dir
		if dir == filepath.Dir(dir) {
			break
		}
	}
	return fmt.Errorf("the server runs as user %s, and directory %s is closed to it (chmod o+x %s, or choose another data directory): %w",
		a.name, closed, closed, fs.ErrPermission)
}
