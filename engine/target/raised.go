package target

import (
	"errors"
	"regexp"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/retention"
)

// An error that code of the application made in the database, in the function of a trigger
// mostly, has the SQLSTATE that its author chose, or that a statement in it met: "read-only
// transaction" or "cannot connect now" of a foreign server, "undefined table" of a table that
// only the function reads. From the server the same says that it is away, or that the plan is
// out of date; from a function it is about the row at hand, and the session goes on.

// inFunction reports whether code of the application in the database made an error. The words
// of a context are in the language of the server's messages, the language's name is not; a
// message that ends the session (FATAL) is the server's, whatever it was at.
func inFunction(pg *pgconn.PgError) bool {
	if pg.SeverityUnlocalized != "ERROR" || strings.Contains(pg.Where, "holdfast_guard.") {
		return false
	}
	return raised(pg) || strings.Contains(pg.Where, "PL/") || strings.Contains(pg.Where, "SQL function ")
}

// raised reports whether a function raised an error itself.
func raised(pg *pgconn.PgError) bool { return pg.Routine == "exec_stmt_raise" }

// functionLine is the line of a context that names a function, and where in it. Lines that quote a
// statement before may have values.
var functionLine = regexp.MustCompile(`(?m)^[^"'«»„]*(?:PL/|SQL function ).*$`)

// functionOf says in which function an error was made; empty if in none.
func functionOf(pg *pgconn.PgError) string {
	if !inFunction(pg) {
		return ""
	}
	return functionLine.FindString(pg.Where)
}

// outOfMeans are the classes of errors that no row is at fault for where the server makes them:
// a full disk, or one that cannot be read.
var outOfMeans = []string{"53", "58", "XX001", "XX002"}

// aboutRow reports whether an error that was made in a function is about the row at hand.
func aboutRow(pg *pgconn.PgError) bool {
	means := slices.ContainsFunc(outOfMeans, func(class string) bool { return strings.HasPrefix(pg.Code, class) })
	return raised(pg) || !means
}

// waitedIn reports whether a function met a lock, a conflict or a time-out, or says so: to try
// again is right, and in vain if it always does.
func waitedIn(err error) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	if !ok || !inFunction(pg) {
		return false
	}
	kind := kindOf(pg)
	return errors.Is(kind, retention.ErrBusy) || errors.Is(kind, retention.ErrTooSlow)
}

// maxWaited is how many times in a row a batch is tried again for what a function waits for,
// which with the pauses in between takes ten seconds. Then the row is left, counted and named,
// and the others go.
const maxWaited = 20

// refusesRow is rowAtFault, and that patience with a function that waits is over.
func (d *disposition) refusesRow(err error) bool {
	return rowAtFault(err) || d.waited > maxWaited && waitedIn(err)
}
