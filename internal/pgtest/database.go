package pgtest

import (
	"context"
	"crypto/rand"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"

	"github.com/jackc/pgx/v5"
)

// New returns the URL of a fresh, empty database. It is dropped when the test
// ends, together with the connections it still has.
func New(t testing.TB) string {
	t.Helper()
	return clone(t, "template0")
}

// NewFrom returns the URL of a fresh copy of a database that build made. build
// runs once per key and server, also where several test binaries ask at once; it
// gets the URL of an empty database and must close its connections before it
// returns. The key must change with what build makes: a name and a hash of the
// migrations, say. After an error the tests of this binary that use the key fail
// with it, and it is not tried again.
func NewFrom(t testing.TB, key string, build func(ctx context.Context, url string) error) string {
	t.Helper()
	admin := AdminURL(t)
	name := templateName(key)
	value, _ := templates.LoadOrStore(name, &template{})
	once, ok := value.(*template)
	if !ok {
		t.Fatalf("pgtest: template %s is a %T", name, value)
	}
	once.do.Do(func() {
		once.err = errors.New("build did not return (it may have ended its test)")
		once.err = makeTemplate(t.Context(), admin, name, func(ctx context.Context) error {
			url := withDatabase(t, admin, name+building)
			defer Disconnect(url)
			return build(ctx, url)
		})
	})
	if once.err != nil {
		t.Fatalf("pgtest: template %q: %v", key, once.err)
	}
	return clone(t, name)
}

// building ends the name of a template that is not finished: a builder that was
// killed leaves no template that looks whole.
const building = "_building"

// template is what this process knows of one; the server's advisory lock does
// the rest between processes.
type template struct {
	do  sync.Once
	err error
}

// templates holds a *template for each name (see shared for why it is a variable).
var templates sync.Map

func templateName(key string) string {
	sum := sha256.Sum256([]byte(key))
	return "tpl_" + hex.EncodeToString(sum[:12])
}

// makeTemplate makes the template unless the server has it. The advisory lock
// belongs to the connection, so a killed builder gives it back.
func makeTemplate(ctx context.Context, admin, name string, build func(context.Context) error) error {
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		return fmt.Errorf("connect: %w", err)
	}
	defer closeConn(conn)
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock(hashtextextended($1, 0))`, name); err != nil {
		return fmt.Errorf("lock: %w", err)
	}
	var exists bool
	err = conn.QueryRow(ctx, `SELECT EXISTS (SELECT FROM pg_catalog.pg_database WHERE datname = $1)`, name).Scan(&exists)
	if err != nil || exists {
		return err
	}
	if _, err := conn.Exec(ctx, "DROP DATABASE IF EXISTS "+name+building+" WITH (FORCE)"); err != nil {
		return fmt.Errorf("drop an unfinished one: %w", err)
	}
	if _, err := conn.Exec(ctx, createSQL(conn, name+building, "template0")); err != nil {
		return fmt.Errorf("create: %w", err)
	}
	if err := build(ctx); err != nil {
		return fmt.Errorf("build: %w", err)
	}
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+name+building+" RENAME TO "+name); err != nil {
		return fmt.Errorf("finish (does build close its connections?): %w", err)
	}
	// Nobody connects any more: a connection would be in the way of every copy.
	if _, err := conn.Exec(ctx, "ALTER DATABASE "+name+" ALLOW_CONNECTIONS false"); err != nil {
		return fmt.Errorf("close: %w", err)
	}
	return nil
}

// clone makes a database of the test from a template and has it dropped.
func clone(t testing.TB, from string) string {
	t.Helper()
	admin := AdminURL(t)
	name := databaseName(t.Name())
	if err := administer(t.Context(), admin, func(conn *pgx.Conn) string { return createSQL(conn, name, from) }); err != nil {
		t.Fatalf("pgtest: create a database from %s: %v", from, err)
	}
	t.Cleanup(func() {
		if err := drop(admin, name); err != nil {
			t.Errorf("pgtest: drop %s: %v", name, err)
		}
	})
	return withDatabase(t, admin, name)
}

// createSQL copies files instead of logging each page: with fsync off that took
// 40 ms against 90 to 220 for a database of 60 tables, and half the disk writes.
// PostgreSQL 14 knows no other way and no word for it. The names are our own.
func createSQL(conn *pgx.Conn, name, from string) string {
	sql := "CREATE DATABASE " + name + " TEMPLATE " + from
	if !strings.HasPrefix(conn.PgConn().ParameterStatus("server_version"), "14") {
		sql += " STRATEGY file_copy"
	}
	return sql
}

func drop(admin, name string) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return administer(ctx, admin, func(*pgx.Conn) string { return "DROP DATABASE IF EXISTS " + name + " WITH (FORCE)" })
}

// databaseName is unique, and tells in the server's log and in pg_stat_activity
// which test it belongs to.
func databaseName(test string) string {
	plain := strings.Map(func(r rune) rune {
		if r >= 'a' && r <= 'z' || r >= '0' && r <= '9' {
			return r
		}
		return '_'
	}, strings.ToLower(strings.TrimPrefix(test, "Test")))
	name := "t_" + strings.ToLower(rand.Text()[:12]) + "_" + plain
	return name[:min(len(name), 63)] // PostgreSQL cuts longer names.
}

// closeConn says goodbye. Whether the server heard it changes nothing.
func closeConn(conn *pgx.Conn) {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	_ = conn.Close(ctx)
}
