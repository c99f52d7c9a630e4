package store

import (
	"context"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/puddle/v2"

	"holdfast/retention"
)

type commandTag = pgconn.CommandTag

// fail gives a database's error the kind that the engine knows it by, with what
// was being done. An error that already is of one of our kinds stays as it is.
func fail(what string, err error) error {
	switch {
	case err == nil, ours(err):
		return err
	case unavailable(err):
		return fmt.Errorf("%s: %w: %w", what, retention.ErrUnavailable, err)
	case errors.Is(err, pgx.ErrNoRows):
		return fmt.Errorf("%s: %w", what, retention.ErrNotFound)
	}
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok && (pg.Code == "22021" || pg.Code == "22P05") {
		// Bytes that are no UTF-8, or NUL: PostgreSQL's text cannot hold them.
		return retention.Invalid("text", "must be UTF-8 text without NUL characters")
	}
	return fmt.Errorf("%s: %w", what, err)
}

// ours reports whether err already has a kind of ours.
func ours(err error) bool {
	for _, kind := range []error{
		retention.ErrNotFound, retention.ErrConflict, retention.ErrStale, retention.ErrInvalid, retention.ErrUnavailable,
	} {
		if errors.Is(err, kind) {
			return true
		}
	}
	return false
}

// unavailable reports whether the database could not be reached or could not work
// on the statement now, so that trying again later is what helps.
func unavailable(err error) bool {
	if pg, ok := errors.AsType[*pgconn.PgError](err); ok {
		return unavailableCode(pg.Code)
	}
	if _, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return true
	}
	if errors.Is(err, context.Canceled) || errors.Is(err, context.DeadlineExceeded) {
		return false // the caller went away, not the database
	}
	if _, ok := errors.AsType[net.Error](err); ok {
		return true
	}
	for _, gone := range []error{puddle.ErrClosedPool, pgconn.ErrConnClosed, io.EOF, io.ErrUnexpectedEOF, net.ErrClosed} {
		if errors.Is(err, gone) {
			return true
		}
	}
	return false
}

func unavailableCode(code string) bool {
	switch code {
	case "25006", // read-only transaction: a standby, or a primary that was demoted
		"25P03", // idle in transaction for too long
		"40001", // serialization failure
		"40P01", // deadlock
		"55P03", // lock not available in time
		"57014", // statement timeout, or cancelled by an administrator
		"57P01", // the server is shutting down
		"57P02", // the server crashed
		"57P03", // the server is starting up
		"57P05": // idle session timeout
		return true
	}
	return strings.HasPrefix(code, "08") || // connection exceptions
		strings.HasPrefix(code, "53") // out of connections, memory or disk
}

// violates reports whether err is a violation of the constraint.
func violates(err error, constraint string) bool {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	return ok && strings.HasPrefix(pg.Code, "23") && pg.ConstraintName == constraint
}

// absent names what was looked for if err says that there is none.
func absent(err error, format string, args ...any) error {
	if errors.Is(err, pgx.ErrNoRows) {
		return retention.NotFoundf(format, args...)
	}
	return err
}

// checkID refuses what cannot be the id of a noun: nothing has it.
func checkID(noun, id string) error {
	if !isUUID(id) {
		return retention.NotFoundf("there is no %s %q", noun, id)
	}
	return nil
}

// isUUID accepts the one form that the database writes, in either case.
func isUUID(s string) bool {
	if len(s) != 36 {
		return false
	}
	for _, i := range []int{8, 13, 18, 23} {
		if s[i] != '-' {
			return false
		}
	}
	_, err := hex.DecodeString(strings.ReplaceAll(s, "-", ""))
	return err == nil && strings.Count(s, "-") == 4
}
