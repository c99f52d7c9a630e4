package migrations_test

import (
	"context"
	"database/sql"
	"errors"
	"net/url"
	"os"
	"slices"
	"strings"
	"sync"
	"testing"

	"holdfast/internal/pgtest"
	"holdfast/migrations"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

func sets() []migrations.Set { return []migrations.Set{migrations.Store, migrations.Guard} }

func open(t *testing.T, url string) *sql.DB {
	t.Helper()
	db, err := sql.Open("pgx/v5", url)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = db.Close() })
	return db
}

func exec(t *testing.T, db *sql.DB, stmt string) {
	t.Helper()
	if _, err := db.ExecContext(t.Context(), stmt); err != nil {
		t.Fatalf("%s: %v", stmt, err)
	}
}

func up(t *testing.T, url string, set migrations.Set) {
	t.Helper()
	if err := migrations.Up(t.Context(), url, set); err != nil {
		t.Fatal(err)
	}
}

func TestManyProcessesMigrateAtOnce(t *testing.T) {
	for _, set := range sets() {
		t.Run(string(set), func(t *testing.T) {
			dsn := pgtest.New(t)
			var wg sync.WaitGroup
			errs := make([]error, 8)
			for i := range errs {
				wg.Go(func() { errs[i] = migrations.Up(t.Context(), dsn, set) })
			}
			wg.Wait()
			if err := errors.Join(errs...); err != nil {
				t.Fatal(err)
			}
			missing, err := migrations.Missing(t.Context(), open(t, dsn), set)
			if err != nil || len(missing) != 0 {
				t.Errorf("missing after Up: %v, %v; want none", missing, err)
			}
		})
	}
}

func TestNothingOfOursIsInPublic(t *testing.T) {
	dsn := pgtest.New(t)
	for _, set := range sets() {
		up(t, dsn, set)
	}
	var n int
	err := open(t, dsn).QueryRow(`
		SELECT (SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace)
		     + (SELECT count(*) FROM pg_proc WHERE pronamespace = 'public'::regnamespace)`).Scan(&n)
	if err != nil || n != 0 {
		t.Errorf("%d objects in public (%v), want none", n, err)
	}
}

func TestMissingNamesWhatWouldBeApplied(t *testing.T) {
	dsn := pgtest.New(t)
	db := open(t, dsn)
	for _, set := range sets() {
		missing, err := migrations.Missing(t.Context(), db, set)
		if err != nil || len(missing) != int(set.Latest()) {
			t.Errorf("missing of an empty database: %v, %v; want all %d of %s", missing, err, set.Latest(), set)
		}
	}
	var schema sql.NullString
	if err := db.QueryRow(`SELECT to_regnamespace('holdfast')::text`).Scan(&schema); err != nil || schema.Valid {
		t.Errorf("looking has made schema %q (%v)", schema.String, err)
	}
}

func TestRefusedMigrationLeavesNothingAndCanBeRepeated(t *testing.T) {
	dsn := pgtest.New(t)
	db := open(t, dsn)
	exec(t, db, `CREATE SCHEMA holdfast; CREATE TABLE holdfast.setting (in_the_way int)`)
	err := migrations.Up(t.Context(), dsn, migrations.Store)
	if err == nil || !strings.Contains(err.Error(), `"setting" already exists`) {
		t.Fatalf("got %v, want the server's reason", err)
	}
	var policy sql.NullString
	if err := db.QueryRow(`SELECT to_regclass('holdfast.policy')::text`).Scan(&policy); err != nil || policy.Valid {
		t.Errorf("a refused file has left %q (%v)", policy.String, err)
	}
	exec(t, db, `DROP TABLE holdfast.setting`)
	up(t, dsn, migrations.Store)
}

func TestInterruptedMigrationIsNotGuessedAt(t *testing.T) {
	dsn := pgtest.New(t)
	up(t, dsn, migrations.Store)
	db := open(t, dsn)
	exec(t, db, `UPDATE holdfast.schema_migrations SET dirty = true`)
	if err := migrations.Up(t.Context(), dsn, migrations.Store); !errors.Is(err, migrations.ErrDirty) {
		t.Errorf("Up: got %v, want ErrDirty", err)
	}
	if _, err := migrations.Missing(t.Context(), db, migrations.Store); !errors.Is(err, migrations.ErrDirty) {
		t.Errorf("Missing: got %v, want ErrDirty", err)
	}
}

func TestNewerSchemaIsLeftAlone(t *testing.T) {
	dsn := pgtest.New(t)
	up(t, dsn, migrations.Store)
	exec(t, open(t, dsn), `UPDATE holdfast.schema_migrations SET version = 999`)
	if err := migrations.Up(t.Context(), dsn, migrations.Store); !errors.Is(err, migrations.ErrNewer) {
		t.Errorf("got %v, want ErrNewer", err)
	}
}

func TestKeyValueFormOfTheURLIsAccepted(t *testing.T) {
	u, err := url.Parse(pgtest.New(t))
	if err != nil {
		t.Fatal(err)
	}
	pairs := []string{"dbname=" + strings.TrimPrefix(u.Path, "/"), "user=" + u.User.Username()}
	for name, values := range u.Query() {
		pairs = append(pairs, name+"='"+strings.ReplaceAll(values[0], `'`, `\'`)+"'")
	}
	if u.Hostname() != "" {
		pairs = append(pairs, "host="+u.Hostname())
	}
	if password, ok := u.User.Password(); ok {
		pairs = append(pairs, "password="+password)
	}
	if u.Port() != "" {
		pairs = append(pairs, "port="+u.Port())
	}
	up(t, strings.Join(pairs, " "), migrations.Store)
}

func TestWaitingForAnotherMigratorEndsWithItsContext(t *testing.T) {
	dsn := pgtest.New(t)
	holder, err := open(t, dsn).Conn(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	if _, err := holder.ExecContext(t.Context(), `SELECT pg_advisory_lock(1212575079, hashtext('holdfast'))`); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	done := make(chan error, 1)
	go func() { done <- migrations.Up(ctx, dsn, migrations.Store) }()
	waitForLock(t, open(t, dsn))
	cancel()
	if err := <-done; err == nil {
		t.Error("Up went past another migrator's lock")
	}
	_ = holder.Close()
}

// waitForLock returns when some session waits for an advisory lock.
func waitForLock(t *testing.T, db *sql.DB) {
	t.Helper()
	for waiting := false; !waiting; {
		err := db.QueryRowContext(t.Context(), `
			SELECT count(*) > 0 FROM pg_locks
			WHERE locktype = 'advisory' AND NOT granted
			  AND database = (SELECT oid FROM pg_database WHERE datname = current_database())`).Scan(&waiting)
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestUnusedStoreGoesDownAndUpAgain(t *testing.T) {
	dsn := pgtest.New(t)
	up(t, dsn, migrations.Store)
	db := open(t, dsn)
	downs := files(t, migrations.Store, ".down.sql")
	slices.Reverse(downs)
	for _, down := range downs {
		exec(t, db, down)
	}
	exec(t, db, `TRUNCATE holdfast.schema_migrations`)
	var left int
	err := db.QueryRow(`
		SELECT count(*) FROM pg_class
		WHERE relnamespace = 'holdfast'::regnamespace AND relkind IN ('r', 'v', 'S', 'm')
		  AND relname <> 'schema_migrations'`).Scan(&left)
	if err != nil || left != 0 {
		t.Errorf("%d relations are left after going down (%v)", left, err)
	}
	up(t, dsn, migrations.Store)
}

func TestEvidenceIsNotRemovedByGoingDown(t *testing.T) {
	dsn := pgtest.New(t)
	up(t, dsn, migrations.Store)
	db := open(t, dsn)
	exec(t, db, `
		INSERT INTO holdfast.audit (actor, actor_kind, token, remote_addr, action, object)
		VALUES ('jane@example.com', 'user', '', '', 'hold.place', 'hold/1')`)
	_, err := db.Exec(files(t, migrations.Store, ".down.sql")[0])
	if err == nil || !strings.Contains(err.Error(), "audit and evidence") {
		t.Errorf("got %v, want a refusal", err)
	}
}

// files are a set's files with that ending, in order of their names.
func files(t *testing.T, set migrations.Set, ending string) []string {
	t.Helper()
	entries, err := os.ReadDir(string(set))
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, e := range entries {
		if strings.HasSuffix(e.Name(), ending) {
			b, err := os.ReadFile(string(set) + "/" + e.Name())
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, string(b))
		}
	}
	return out
}

// A gap or a missing pair would make undo set the version back to one that is not there.
func TestEveryVersionIsThereOnceWithItsWayBack(t *testing.T) {
	for _, set := range sets() {
		ups, downs := files(t, set, ".up.sql"), files(t, set, ".down.sql")
		if len(ups) != len(downs) || len(ups) != int(set.Latest()) {
			t.Errorf("set %s: %d up, %d down, latest version %d; want one pair for each version from 1", set, len(ups), len(downs), set.Latest())
		}
		for _, text := range ups {
			if strings.Contains(strings.ToUpper(text), "\nCOMMIT") {
				t.Errorf("set %s: a file commits by itself", set)
			}
		}
	}
}
