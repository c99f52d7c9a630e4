// Package migrations brings our two schemas up to date: `holdfast`, which keeps
// our own nouns (set Store), and `holdfast_guard`, which lives in a governed
// database (set Guard). It owns the SQL files, which are embedded, and the order
// in which they are applied; each schema keeps its own version table.
//
// It does not own River's tables, which store migrates after ours, and it decides
// nothing about when to migrate: store and engine/target call it for `serve` and
// `holdfast migrate`.
//
// Every file is one transaction, so a file that fails leaves nothing behind and
// can be applied again once its cause is mended.
package migrations

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io/fs"
	"slices"
	"strconv"
	"strings"

	"github.com/golang-migrate/migrate/v4"
	"github.com/golang-migrate/migrate/v4/database"
	// The package also registers the database/sql driver "pgx/v5", which Up opens.
	migratepgx "github.com/golang-migrate/migrate/v4/database/pgx/v5"
	"github.com/golang-migrate/migrate/v4/source/iofs"
)

//go:embed store guard
var files embed.FS

// Set names a schema of ours and the folder with its migrations.
type Set string

// The two sets.
const (
	// Store is our own tables, schema holdfast.
	Store Set = "store"
	// Guard is what we put into a governed database, schema holdfast_guard.
	Guard Set = "guard"
)

// versionTable is the table in each schema that golang-migrate keeps.
const versionTable = "schema_migrations"

// lockSpace and the hash of the schema make the advisory lock under which one
// process at a time migrates a schema. The number is "HFmg" in ASCII.
const lockSpace = 0x48466d67

var (
	// ErrDirty: a migration was cut off (the process or the connection died) and
	// nobody can tell whether it was applied. A person must look.
	ErrDirty = errors.New("a migration was interrupted")
	// ErrNewer: the schema was migrated by a newer Holdfast than this one.
	ErrNewer = errors.New("the schema is newer than this program")
)

// Schema is the set's schema in the database.
func (s Set) Schema() string {
	if s == Guard {
		return "holdfast_guard"
	}
	return "holdfast"
}

// Up applies what is missing of a set to the database at url, which may be
// anything that libpq reads: a URL, with a Unix socket's directory as host too, or
// key=value pairs. Any number of processes may call it at once; one migrates and
// the others wait, until ctx ends.
func Up(ctx context.Context, url string, set Set) error {
	db, err := sql.Open("pgx/v5", url)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", set.Schema(), err)
	}
	return UpDB(ctx, db, set)
}

// UpDB is Up over a database that was opened for it alone: it is closed on return,
// which also ends the sessions and so lets go of their locks.
func UpDB(ctx context.Context, db *sql.DB, set Set) error {
	defer func() { _ = db.Close() }()
	conn, err := lock(ctx, db, set)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", set.Schema(), err)
	}
	defer func() { _ = conn.Close() }()
	if err := check(ctx, db, set); err != nil {
		return err
	}
	m, err := open(ctx, db, set)
	if err != nil {
		return fmt.Errorf("migrate %s: %w", set.Schema(), err)
	}
	defer func() { _, _ = m.Close() }()
	if err := m.Up(); err != nil && !errors.Is(err, migrate.ErrNoChange) {
		return fmt.Errorf("migrate %s: %w", set.Schema(), undo(m, err))
	}
	return nil
}

// check refuses what golang-migrate would meet with a riddle.
func check(ctx context.Context, db *sql.DB, set Set) error {
	version, dirty, err := Version(ctx, db, set)
	if err != nil {
		return err
	}
	latest := set.Latest()
	switch {
	case dirty:
		return fmt.Errorf("%w: schema %s, version %d; look whether its changes are there, then set dirty = false in %s.%s, and version to %d if they are not (or remove the row if that is 0)",
			ErrDirty, set.Schema(), version, set.Schema(), versionTable, version-1)
	case version > latest:
		return fmt.Errorf("%w: schema %s is at version %d, this program knows up to %d", ErrNewer, set.Schema(), version, latest)
	}
	return nil
}

// lock makes this process the only one that migrates the set, as long as the
// answered connection lives; it waits for others until ctx ends. golang-migrate has
// a lock too, but gives up waiting after a fixed time and lets go between its steps.
func lock(ctx context.Context, db *sql.DB, set Set) (*sql.Conn, error) {
	conn, err := db.Conn(ctx)
	if err != nil {
		return nil, err
	}
	if _, err := conn.ExecContext(ctx, `SET statement_timeout = 0; SET lock_timeout = 0`); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	if _, err := conn.ExecContext(ctx, `SELECT pg_advisory_lock($1, hashtext($2))`, lockSpace, set.Schema()); err != nil {
		return nil, errors.Join(err, conn.Close())
	}
	return conn, nil
}

// open prepares golang-migrate for the set. The schema is created first, since the
// version table lives in it; only if it is missing, since creating it needs a right
// on the database that an installed service does not need.
func open(ctx context.Context, db *sql.DB, set Set) (*migrate.Migrate, error) {
	var missing bool
	if err := db.QueryRowContext(ctx, `SELECT to_regnamespace($1) IS NULL`, set.Schema()).Scan(&missing); err != nil {
		return nil, err
	}
	if missing {
		if _, err := db.ExecContext(ctx, `CREATE SCHEMA IF NOT EXISTS `+set.Schema()); err != nil {
			return nil, fmt.Errorf("create schema: %w", err)
		}
	}
	src, err := iofs.New(files, string(set))
	if err != nil {
		return nil, err
	}
	driver, err := migratepgx.WithInstance(db, &migratepgx.Config{
		SchemaName:      set.Schema(),
		MigrationsTable: versionTable,
	})
	if err != nil {
		return nil, err
	}
	return migrate.NewWithInstance("embedded", src, "pgx5", driver)
}

// undo answers err, after setting the version back if the server itself refused a
// file: nothing of it was applied then. If the connection broke, the version stays
// dirty, since the file may have been committed.
func undo(m *migrate.Migrate, err error) error {
	failed, ok := errors.AsType[database.Error](err)
	if !ok {
		return err
	}
	if _, ok := failed.OrigErr.(interface{ SQLState() string }); !ok {
		return err
	}
	version, dirty, verr := m.Version()
	if verr != nil || !dirty {
		return err
	}
	before := int(version) - 1
	if before == 0 {
		before = database.NilVersion
	}
	return errors.Join(fmt.Errorf("version %d: %s: %w", version, failed.Err, failed.OrigErr), m.Force(before))
}

// Version is the version that a schema is at, 0 if nothing was ever applied, and
// whether a migration was cut off. It needs no right but to read the version table.
func Version(ctx context.Context, db *sql.DB, set Set) (version uint, dirty bool, err error) {
	table := set.Schema() + "." + versionTable
	var there bool
	if err := db.QueryRowContext(ctx, `SELECT to_regclass($1) IS NOT NULL`, table).Scan(&there); err != nil {
		return 0, false, fmt.Errorf("version of schema %s: %w", set.Schema(), err)
	}
	if !there {
		return 0, false, nil
	}
	err = db.QueryRowContext(ctx, `SELECT version, dirty FROM `+table).Scan(&version, &dirty)
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, false, fmt.Errorf("version of schema %s: %w", set.Schema(), err)
	}
	return version, dirty, nil
}

// Missing names the migrations of a set that the database does not have yet, in
// their order; none means that it is up to date. ErrDirty and ErrNewer tell that
// migrating would not help.
func Missing(ctx context.Context, db *sql.DB, set Set) ([]string, error) {
	if err := check(ctx, db, set); err != nil {
		return nil, err
	}
	version, _, err := Version(ctx, db, set)
	if err != nil {
		return nil, err
	}
	var missing []string
	for _, f := range set.steps() {
		if f.version > version {
			missing = append(missing, set.Schema()+"/"+f.name)
		}
	}
	return missing, nil
}

// Latest is the highest version that this program knows of a set.
func (s Set) Latest() uint {
	steps := s.steps()
	if len(steps) == 0 {
		return 0
	}
	return steps[len(steps)-1].version
}

// step is one migration of a set.
type step struct {
	version uint
	name    string
}

// steps lists a set's migrations in their order. A file whose name has no version
// is none; a test looks for such files.
func (s Set) steps() []step {
	names, err := fs.Glob(files, string(s)+"/*.up.sql")
	if err != nil {
		return nil // only a malformed pattern can fail, and this one is not
	}
	var steps []step
	for _, path := range names {
		name := strings.TrimSuffix(strings.TrimPrefix(path, string(s)+"/"), ".up.sql")
		number, _, _ := strings.Cut(name, "_")
		if v, err := strconv.ParseUint(number, 10, 32); err == nil {
			steps = append(steps, step{uint(v), name})
		}
	}
	slices.SortFunc(steps, func(a, b step) int { return int(a.version) - int(b.version) })
	return steps
}
