//go:build unix && !linux

package pglaunch

import (
	"os"
	"os/exec"
	"syscall"
)

// diesWithParent: outside Linux a server outlives an owner that was killed; the
// next start asks it to stop (awaitStragglers).
const diesWithParent = false

// maxSocketPath is the longest path of a Unix socket on the BSDs and macOS.
const maxSocketPath = 103

func tieToParent(*exec.Cmd, syscall.Signal) {}

// worksIn knows nothing here: PostgreSQL's own check decides.
func worksIn(int, string) (here, known bool) { return false, false }

// killHolders does not know who they are here: they are waited for.
func killHolders(*os.File) {}
