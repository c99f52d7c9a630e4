package pglaunch

import (
	"errors"
	"fmt"
	"strings"
)

// ErrNoPrograms is wrapped by the error of [Start] when no usable PostgreSQL
// programs (14 to 18) are on the machine. The message names the ways out.
var ErrNoPrograms = errors.New("no usable PostgreSQL programs")

// ErrInUse is wrapped by the error of [Start] when another server, of this
// process or of another one, works on the same directory.
var ErrInUse = errors.New("data directory is in use")

// ErrOtherVersion is wrapped by the error of [Start] when the cluster was made
// by a major version whose programs are not on the machine. The cluster is left
// as it is.
var ErrOtherVersion = errors.New("data directory is of another PostgreSQL version")

// noPrograms says what was looked at and every way out, because the person who
// reads it most often tries the product for the first time.
func noPrograms(found []string) error {
	what := fmt.Sprintf("PostgreSQL %d to %d was not found", minMajor, maxMajor)
	if len(found) > 0 {
		what += " (" + strings.Join(found, "; ") + ")"
	}
	return fmt.Errorf("%w: %s; install it (apt-get install postgresql, dnf install postgresql-server, "+
		"brew install postgresql), or name the directory of its programs in HOLDFAST_POSTGRES_BIN, "+
		"or name an existing server in HOLDFAST_DATABASE_URL", ErrNoPrograms, what)
}
