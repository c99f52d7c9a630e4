package realdata

import (
	"bytes"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// envData names the directory with the data. Where it is set, it must be there.
const envData = "HOLDFAST_TEST_DATA"

// dataDir is where the databases and their answer sheets are.
func dataDir(t testing.TB) string {
	t.Helper()
	dir, must := os.LookupEnv(envData)
	if !must {
		dir = filepath.Join("..", "..", "..", "shared", "data")
	}
	_, err := os.Stat(filepath.Join(dir, "pagila", "truth.tsv"))
	switch {
	case err == nil:
	case must:
		t.Fatalf("%s names %s, where the real databases are not: %v", envData, dir, err)
	default:
		t.Skipf("the real databases are not beside the repository (%s); name their directory in %s", dir, envData)
	}
	return dir
}

// psql finds PostgreSQL's client: the files hold COPY blocks, which only it can load.
func psql() (string, error) {
	dirs := []string{os.Getenv("HOLDFAST_POSTGRES_BIN")}
	for _, pattern := range []string{
		"/usr/lib/postgresql/*/bin", "/usr/pgsql-*/bin", "/opt/homebrew/opt/postgresql*/bin", "/usr/local/opt/postgresql*/bin",
		"/home/linuxbrew/.linuxbrew/opt/postgresql*/bin", "/Applications/Postgres.app/Contents/Versions/*/bin",
	} {
		found, _ := filepath.Glob(pattern) // The patterns are well formed.
		dirs = append(dirs, found...)
	}
	path, err := exec.LookPath("psql")
	for _, dir := range dirs {
		if err == nil {
			break
		}
		path, err = exec.LookPath(filepath.Join(dir, "psql"))
	}
	if err != nil {
		return "", fmt.Errorf("psql is not in PATH nor where packages put it (tools/need.sh psql installs it): %w", err)
	}
	return path, nil
}

// load fills an empty database with psql, as tools/load.sh of the data does.
func load(ctx context.Context, files []string, url string) error {
	program, err := psql()
	if err != nil {
		return err
	}
	for _, file := range files {
		sql, err := unzip(file)
		if err != nil {
			return err
		}
		cmd := exec.CommandContext(ctx, program, "-X", "-q", "-o", os.DevNull, "-v", "ON_ERROR_STOP=1", "-d", url)
		cmd.Env = []string{"PATH=" + os.Getenv("PATH"), "LC_ALL=C", "PGCLIENTENCODING=UTF8"}
		cmd.Stdin = bytes.NewReader(sql)
		if out, err := cmd.CombinedOutput(); err != nil {
			return fmt.Errorf("psql < %s: %w: %s", filepath.Base(file), err, out)
		}
	}
	return nil
}

func unzip(file string) ([]byte, error) {
	f, err := os.Open(file)
	if err != nil {
		return nil, err
	}
	defer func() { _ = f.Close() }() // Read only.
	r, err := gzip.NewReader(f)
	if err != nil {
		return nil, err
	}
	return io.ReadAll(r)
}

// postgresRole is the owner that Pagila's tables name. It is the server's, so that
// another database may have made it.
const postgresRole = `DO $$ BEGIN CREATE ROLE postgres SUPERUSER; EXCEPTION WHEN duplicate_object OR unique_violation THEN NULL; END $$`

// build loads one database and adds Holdfast's schemas.
func build(ctx context.Context, files []string, url string) error {
	conn, err := pgx.Connect(ctx, url)
	if err != nil {
		return err
	}
	_, err = conn.Exec(ctx, postgresRole)
	if err = errors.Join(err, conn.Close(ctx)); err != nil {
		return err
	}
	if err := load(ctx, files, url); err != nil {
		return err
	}
	if err := target.Migrate(ctx, url); err != nil {
		return err
	}
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		return err
	}
	defer s.Close()
	if err := store.Migrate(ctx, s.Pool()); err != nil {
		return err
	}
	_, err = s.Pool().Exec(ctx, indexes+`ANALYZE`)
	return err
}

// indexes are those for want of which PostgreSQL reads whole tables for each row that it
// checks a foreign key for, in Pagila: most of what these tests took. They change nothing
// else.
const indexes = `
DO $$ BEGIN
	IF to_regclass('public.payment') IS NOT NULL THEN
		CREATE INDEX ON public.payment (rental_id);
		CREATE INDEX ON public.rental (staff_id);
		CREATE INDEX ON public.rental (customer_id);
		CREATE INDEX ON public.staff (store_id);
		CREATE INDEX ON public.staff (address_id);
		CREATE INDEX ON public.store (address_id);
	END IF;
END $$;
`

// fresh is the URL of a copy of a database as it was loaded.
func fresh(t testing.TB, database string) string {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dataDir(t), database, "sql", "*.sql.gz"))
	if err != nil || len(files) == 0 {
		t.Fatalf("%s has no SQL files: %v", database, err)
	}
	slices.Sort(files)
	sum := sha256.New()
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		sum.Write(b)
	}
	key := "realdata " + database + " " + hex.EncodeToString(sum.Sum(nil))
	return pgtest.NewFrom(t, key, func(ctx context.Context, url string) error { return build(ctx, files, url) })
}

// bench is a copy of a database with a connection for questions, in whose session times
// are written as in the answer sheet.
type bench struct {
	t    testing.TB
	conn *pgx.Conn
	url  string
}

func newBench(t testing.TB, database string, sql ...string) *bench {
	t.Helper()
	b := &bench{t: t, url: fresh(t, database)}
	cfg, err := pgx.ParseConfig(b.url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.RuntimeParams["timezone"], cfg.RuntimeParams["datestyle"], cfg.RuntimeParams["extra_float_digits"] = "UTC", "ISO", "0"
	cfg.DefaultQueryExecMode = pgx.QueryExecModeExec // Tables are altered between two questions.
	if b.conn, err = pgx.ConnectConfig(t.Context(), cfg); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = b.conn.Close(context.Background()) })
	b.exec(sql...)
	return b
}

func (b *bench) exec(sql ...string) int64 {
	b.t.Helper()
	var n int64
	for _, text := range sql {
		tag, err := b.conn.Exec(b.t.Context(), text)
		if err != nil {
			b.t.Fatalf("%s: %v", text, err)
		}
		n += tag.RowsAffected()
	}
	return n
}

func value[T any](b *bench, sql string, args ...any) (v T) {
	b.t.Helper()
	if err := b.conn.QueryRow(b.t.Context(), sql, args...).Scan(&v); err != nil {
		b.t.Fatalf("%s: %v", sql, err)
	}
	return v
}

func (b *bench) count(sql string) int64 { b.t.Helper(); return value[int64](b, sql) }

// house is the engine over such a copy. A test executes the runs itself.
type house struct {
	*bench
	engine *engine.Engine
	actor  retention.Actor
}

// newHouse wires the engine over a copy of a database, after the SQL.
func newHouse(t testing.TB, database string, sql ...string) *house {
	t.Helper()
	ctx := context.Background()
	b := newBench(t, database, sql...)
	s, err := store.Open(ctx, b.url, store.Options{MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	tg, err := target.Open(ctx, b.url, target.Options{Secret: []byte("a secret of the tests, 32 bytes and more"), MaxConns: 4})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tg.Close)
	return &house{bench: b, engine: engine.New(s, tg, engine.Options{Pace: retention.PaceMax}),
		actor: retention.Actor{Kind: retention.ActorUser, Name: "jane@example.com"}}
}

func (h *house) policies(policies ...retention.Policy) {
	h.t.Helper()
	for _, p := range policies {
		if _, err := h.engine.CreatePolicy(h.t.Context(), h.actor, p); err != nil {
			h.t.Fatalf("save policy %s: %v", p.Name, err)
		}
	}
}

// retire ends a policy, so that those after it on the same table are judged alone.
func (h *house) retire(name string) {
	h.t.Helper()
	if _, err := h.engine.RetirePolicy(h.t.Context(), h.actor, name, 1); err != nil {
		h.t.Fatalf("retire policy %s: %v", name, err)
	}
}

// hold places a hold on records, or on the whole table where no id is given.
func (h *house) hold(table string, ids ...retention.Key) {
	h.t.Helper()
	scope := retention.Scope{Table: tableName(h.t, table), All: len(ids) == 0, RecordIDs: ids}
	hold, err := h.engine.PlaceHold(h.t.Context(), h.actor, retention.Hold{Matter: "Test v. Test", Reason: "a test", Scope: []retention.Scope{scope}})
	if err != nil {
		h.t.Fatalf("place hold: %v", err)
	}
	if got := hold.Scope[0]; !hold.Status.InForce() || got.NotFoundCount > 0 {
		h.t.Fatalf("the hold is %s, %d of its ids were not found", hold.Status, got.NotFoundCount)
	}
}

// run carries policies out, all of them where none is named. It must succeed.
func (h *house) run(asOf time.Time, policies ...string) retention.Run {
	h.t.Helper()
	return h.execute(engine.RunRequest{AsOf: &asOf, Policies: policies})
}

func (h *house) dryRun(asOf time.Time, policies ...string) retention.Run {
	h.t.Helper()
	return h.execute(engine.RunRequest{AsOf: &asOf, Policies: policies, DryRun: true})
}

func (h *house) execute(req engine.RunRequest) retention.Run {
	h.t.Helper()
	ctx := h.t.Context()
	run, err := h.engine.RequestRun(ctx, h.actor, req)
	if err != nil {
		h.t.Fatalf("request run: %v", err)
	}
	if err := h.engine.ExecuteRun(ctx, run.ID, 0); err != nil {
		h.t.Fatalf("execute run: %v", err)
	}
	if run, err = h.engine.Run(ctx, h.actor, run.ID); err != nil {
		h.t.Fatal(err)
	}
	for _, p := range run.Policies {
		if p.Status != retention.RunSucceeded || len(p.Errors) > 0 {
			h.t.Fatalf("policy %s: %s, errors %q", p.Policy, p.Status, p.Errors)
		}
	}
	return run
}

// tableName reads a table's name as SQL has it.
func tableName(t testing.TB, sql string) retention.TableName {
	t.Helper()
	name, err := retention.ParseTableName(sql)
	if err != nil {
		t.Fatal(err)
	}
	return name
}

// instant reads a time as the answer sheet writes it, in UTC.
func instant(t testing.TB, text string) time.Time {
	t.Helper()
	for _, layout := range []string{"2006-01-02 15:04:05.999999-07", "2006-01-02 15:04:05.999999", "2006-01-02"} {
		if at, err := time.Parse(layout, text); err == nil {
			return at
		}
	}
	t.Fatalf("%q is no time as PostgreSQL writes it", text)
	return time.Time{}
}
