package target

import (
	"context"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5"

	"holdfast/engine/plan"
)

// ourPath is the search_path of every session here: whatever schemas the database
// puts before pg_catalog, our own statements mean PostgreSQL's functions and
// operators. A lock function or an = of an application's in their place would make
// the guard, the fence or the fingerprint say what it likes.
const ourPath = "SET LOCAL search_path TO pg_catalog, pg_temp"

// ownPathKey is where a connection keeps the search_path that the database, the role
// or the URL gave it.
const ownPathKey = "holdfast own search_path"

// pinPath notes a new session's own search_path and replaces it by ours. Statements on
// governed tables run under the own one, which the application's triggers and types
// may need; sqlgen names with its schema whatever it prints.
//
// For a role that is called holdfast, as ours often is, "$user" means our own schema:
// a trigger that says account would find our accounts instead of the application's.
func pinPath(ctx context.Context, conn *pgx.Conn) error {
	var own, role string
	if err := conn.QueryRow(ctx, `SELECT pg_catalog.current_setting('search_path'), current_user::pg_catalog.text`).Scan(&own, &role); err != nil {
		return err
	}
	if plan.SystemSchema(role) {
		own = withoutUser(own)
	}
	conn.PgConn().CustomData()[ownPathKey] = own
	_, err := conn.Exec(ctx, `SET search_path TO pg_catalog, pg_temp`)
	return err
}

// withoutUser drops "$user" from a search_path.
func withoutUser(path string) string {
	quoted := false
	parts := strings.FieldsFunc(path, func(r rune) bool {
		if r == '"' {
			quoted = !quoted
		}
		return r == ',' && !quoted
	})
	parts = slices.DeleteFunc(parts, func(part string) bool {
		part = strings.TrimSpace(part)
		return part == `"$user"` || strings.EqualFold(part, "$user")
	})
	return strings.TrimSpace(strings.Join(parts, ","))
}

func ownPath(conn *pgx.Conn) string {
	own, _ := conn.PgConn().CustomData()[ownPathKey].(string)
	return own
}

// setOwnPath is a statement with the path as its argument.
const setOwnPath = `SELECT pg_catalog.set_config('search_path', $1, true)`

// useOwnPath goes over to the session's own search_path until the transaction ends.
func useOwnPath(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, setOwnPath, ownPath(tx.Conn()))
	return err
}
