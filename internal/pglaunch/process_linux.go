package pglaunch

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"syscall"
)

// diesWithParent says that the kernel takes the server along when its owner
// dies, however it dies.
const diesWithParent = true

// maxSocketPath is the longest path of a Unix socket: sun_path without its NUL.
const maxSocketPath = 107

// tieToParent has the kernel send sig to the program when the thread that
// starts it ends.
func tieToParent(cmd *exec.Cmd, sig syscall.Signal) { cmd.SysProcAttr.Pdeathsig = sig }

// worksIn says whether dir is the working directory of process pid, which it is
// for every PostgreSQL process of a cluster; known is false where the kernel
// does not tell.
func worksIn(pid int, dir string) (here, known bool) {
	cwd, err := os.Stat(fmt.Sprintf("/proc/%d/cwd", pid))
	if err != nil {
		return false, false
	}
	want, err := os.Stat(dir)
	if err != nil {
		return false, false
	}
	return os.SameFile(cwd, want), true
}

// killHolders kills every process that writes its errors to the log: those of the
// server that this process started, and of no other, whoever else works in the
// cluster.
func killHolders(log *os.File) {
	want, err := log.Stat()
	if err != nil {
		return
	}
	outputs, _ := filepath.Glob("/proc/[0-9]*/fd/2") // The pattern is well formed.
	for _, path := range outputs {
		pid, err := strconv.Atoi(filepath.Base(filepath.Dir(filepath.Dir(path))))
		if err != nil || pid == os.Getpid() {
			continue
		}
		if got, err := os.Stat(path); err == nil && os.SameFile(got, want) {
			_ = syscall.Kill(pid, syscall.SIGKILL) // It may have ended meanwhile.
		}
	}
}
