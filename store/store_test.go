package store_test

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"net"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

var _ engine.Store = (*store.Store)(nil)

func TestMain(m *testing.M) { pgtest.Main(m) }

// newURL is a migrated database of the test's own.
func newURL(t testing.TB) string {
	t.Helper()
	return pgtest.NewFrom(t, templateKey(t), func(ctx context.Context, url string) error {
		cfg, err := store.Config(url, store.Options{})
		if err != nil {
			return err
		}
		pool, err := pgxpool.NewWithConfig(ctx, cfg)
		if err != nil {
			return err
		}
		defer pool.Close()
		return store.Migrate(ctx, pool)
	})
}

// templateKey changes with what migrating makes: our files, and River's version.
func templateKey(t testing.TB) string {
	t.Helper()
	files, err := filepath.Glob("../migrations/store/*.sql")
	noErr(t, err)
	h := sha256.New()
	for _, f := range append(files, "../go.mod") {
		b, err := os.ReadFile(f)
		noErr(t, err)
		h.Write(b)
	}
	return fmt.Sprintf("store-%x", h.Sum(nil)[:8])
}

func openAt(t testing.TB, url string) *store.Store {
	t.Helper()
	s, err := store.Open(t.Context(), url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func newStore(t testing.TB) *store.Store { return openAt(t, newURL(t)) }

var jane = retention.Actor{Kind: retention.ActorUser, Name: "jane@example.com", RemoteAddr: "192.0.2.7"}

func by(action string) retention.By { return retention.By{Actor: jane, Action: action} }

// must is for calls that may not fail in a test.
func must[T any](v T, err error) func(testing.TB) T {
	return func(t testing.TB) T {
		t.Helper()
		if err != nil {
			t.Fatal(err)
		}
		return v
	}
}

func wantErr(t testing.TB, what string, got, want error) {
	t.Helper()
	if !errors.Is(got, want) {
		t.Errorf("%s: got error %v, want %v", what, got, want)
	}
}

func noErr(t testing.TB, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func exec(t testing.TB, s *store.Store, sql string, args ...any) {
	t.Helper()
	if _, err := s.Pool().Exec(t.Context(), sql, args...); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
}

func count(t testing.TB, s *store.Store, sql string, args ...any) int {
	t.Helper()
	var n int
	if err := s.Pool().QueryRow(t.Context(), sql, args...).Scan(&n); err != nil {
		t.Fatalf("%s: %v", sql, err)
	}
	return n
}

const nobody = "01234567-89ab-cdef-0123-456789abcdef"

func table(name string) retention.TableName { return retention.TableName{Schema: "public", Name: name} }

func TestManyProcessesMigrateTheStoreAtOnce(t *testing.T) {
	url := pgtest.New(t)
	var wg sync.WaitGroup
	errs := make([]error, 4)
	for i := range errs {
		s := openAt(t, url)
		wg.Go(func() { errs[i] = store.Migrate(t.Context(), s.Pool()) })
	}
	wg.Wait()
	if err := errors.Join(errs...); err != nil {
		t.Fatal(err)
	}
	s := openAt(t, url)
	if missing, err := store.Missing(t.Context(), s.Pool()); err != nil || len(missing) != 0 {
		t.Errorf("missing after migrating: %v, %v; want nothing", missing, err)
	}
	if n := count(t, s, `SELECT count(*) FROM pg_class WHERE relnamespace = 'public'::regnamespace`); n != 0 {
		t.Errorf("%d relations in public, want none", n)
	}
	if n := count(t, s, `SELECT count(*) FROM pg_class WHERE oid = to_regclass('holdfast.river_job')`); n != 1 {
		t.Error("River's tables are not in schema holdfast")
	}
}

func TestMissingSaysWhatAnEmptyDatabaseLacks(t *testing.T) {
	s := openAt(t, pgtest.New(t))
	missing := must(store.Missing(t.Context(), s.Pool()))(t)
	all := strings.Join(missing, "; ")
	if !strings.Contains(all, "holdfast/000001_nouns") || !strings.Contains(all, "River migration 1") {
		t.Errorf("got %q, want our migrations and River's", all)
	}
}

func TestDatabaseThatIsAwayIsUnavailable(t *testing.T) {
	dir := t.TempDir()
	s := openAt(t, "postgres://holdfast@/db?host="+dir)
	wantErr(t, "no socket", s.Ping(t.Context()), retention.ErrUnavailable)
	_, err := s.Hold(t.Context(), nobody)
	wantErr(t, "read without a server", err, retention.ErrUnavailable)
	_, err = s.SavePolicy(t.Context(), policy("orders"), 0, by("policy.create"))
	wantErr(t, "write without a server", err, retention.ErrUnavailable)

	// Somebody who accepts connections and hangs up.
	l, err := net.Listen("unix", filepath.Join(dir, ".s.PGSQL.5432"))
	noErr(t, err)
	var wg sync.WaitGroup
	wg.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			_ = c.Close()
		}
	})
	wantErr(t, "connection that breaks", s.Ping(t.Context()), retention.ErrUnavailable)
	_ = l.Close()
	wg.Wait()
}

func TestTerminatedSessionIsUnavailableAndTheNextCallWorks(t *testing.T) {
	s := newStore(t)
	conn := must(s.Pool().Acquire(t.Context()))(t)
	var pid int
	noErr(t, conn.QueryRow(t.Context(), `SELECT pg_backend_pid()`).Scan(&pid))
	conn.Release()
	other := must(s.Pool().Acquire(t.Context()))(t) // the pool hands out the last one released
	if other.Conn().PgConn().PID() == uint32(pid) {
		second := must(s.Pool().Acquire(t.Context()))(t)
		_, err := second.Exec(t.Context(), `SELECT pg_terminate_backend($1)`, pid)
		noErr(t, err)
		second.Release()
	} else {
		_, err := other.Exec(t.Context(), `SELECT pg_terminate_backend($1)`, pid)
		noErr(t, err)
	}
	other.Release()
	// Each connection answers once at most with the loss; then the pool replaces it.
	for range 3 {
		if _, err := s.CountUsers(t.Context()); err != nil {
			wantErr(t, "lost connection", err, retention.ErrUnavailable)
			continue
		}
		return
	}
	t.Error("the store did not recover")
}

func TestClosedStoreIsUnavailable(t *testing.T) {
	s := newStore(t)
	s.Close()
	_, err := s.CountUsers(t.Context())
	wantErr(t, "closed pool", err, retention.ErrUnavailable)
}

func TestCallerWhoGoesAwayIsNoOutage(t *testing.T) {
	s := newStore(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	_, err := s.CountUsers(ctx)
	if errors.Is(err, retention.ErrUnavailable) || !errors.Is(err, context.Canceled) {
		t.Errorf("got %v, want context.Canceled and not ErrUnavailable", err)
	}
}

func TestTimesComeInUTCFromTheDatabasesClock(t *testing.T) {
	s := newStore(t)
	now := must(s.Now(t.Context()))(t)
	if now.Location() != time.UTC {
		t.Errorf("Now is in %v, want UTC", now.Location())
	}
	p := must(s.SavePolicy(t.Context(), policy("orders"), 0, by("policy.create")))(t)
	later := must(s.Now(t.Context()))(t)
	if p.CreatedAt.Before(now) || p.CreatedAt.After(later) || p.CreatedAt.Location() != time.UTC {
		t.Errorf("created at %v, want between %v and %v in UTC", p.CreatedAt, now, later)
	}
}

func TestTextThatPostgreSQLCannotHoldIsInvalid(t *testing.T) {
	s := newStore(t)
	for _, text := range []string{"a\x00b", "a\xffb"} {
		_, _, err := s.Policies(t.Context(), retention.PolicyFilter{Search: text}, retention.Page{})
		wantErr(t, fmt.Sprintf("search for %q", text), err, retention.ErrInvalid)
	}
}

func TestGuardsEpochNeverGoesBack(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	if got := must(s.Guard(ctx))(t); got != (retention.GuardMark{}) {
		t.Errorf("before the first time: got %+v, want zero", got)
	}
	first := retention.GuardMark{SystemIdentifier: "7301", DatabaseOID: 4_000_000_000, Timeline: 1, Epoch: 7}
	older, newer := first, first
	older.Epoch, newer.Epoch = 6, 8
	promoted := retention.GuardMark{SystemIdentifier: "7301", DatabaseOID: 4_000_000_000, Timeline: 2, Epoch: 3}
	for i, step := range []struct{ set, want retention.GuardMark }{
		{first, first}, {older, first}, {newer, newer}, {promoted, promoted},
	} {
		noErr(t, s.SetGuard(ctx, step.set))
		if got := must(s.Guard(ctx))(t); got != step.want {
			t.Errorf("step %d: got %+v, want %+v", i, got, step.want)
		}
	}
}

func TestProcessWithAnotherSecretIsRefused(t *testing.T) {
	s := newStore(t)
	noErr(t, s.CheckSecret(t.Context(), []byte("one")))
	noErr(t, s.CheckSecret(t.Context(), []byte("one")))
	wantErr(t, "another secret", s.CheckSecret(t.Context(), []byte("two")), retention.ErrConflict)
}

func TestSweepRemovesNoNoun(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	account(t, s, "john@example.com")
	placed(t, s, hold("m"))
	requested(t, s, false, "orders")
	noErr(t, s.Sessions().CommitCtx(ctx, "old", []byte("x"), noon.AddDate(-1, 0, 0)))
	must(beginOnly(s.BeginIdempotent(ctx, "jane", "k", []byte("fp"))))(t)
	exec(t, s, `UPDATE holdfast.idempotency SET started_at = started_at - interval '1 day'`)
	before := snapshot(t, s)
	noErr(t, s.Sweep(ctx))
	if diff := cmp.Diff(before, snapshot(t, s)); diff != "" {
		t.Errorf("swept (-before +after):\n%s", diff)
	}
	if n := count(t, s, `SELECT (SELECT count(*) FROM holdfast.session) + (SELECT count(*) FROM holdfast.idempotency)`); n != 0 {
		t.Errorf("%d expired rows are left", n)
	}
}

func beginOnly(r retention.IdempotentReplay, _ bool, err error) (retention.IdempotentReplay, error) {
	return r, err
}

// walk collects a list page by page.
func walk[T any](t testing.TB, limit int, page func(retention.Page) ([]T, string, error)) []T {
	t.Helper()
	var all []T
	p := retention.Page{Limit: limit}
	for {
		items, next, err := page(p)
		noErr(t, err)
		if len(items) > limit {
			t.Fatalf("a page of %d has %d items", limit, len(items))
		}
		all = append(all, items...)
		if next == "" {
			return all
		}
		p.Cursor = next
	}
}

func TestPagesNeitherRepeatNorHideWhileItemsAreAdded(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	var want []string
	for i := range 7 {
		h := must(s.CreateHold(ctx, hold(fmt.Sprint("matter ", i)), by("hold.place")))(t)
		want = append([]string{h.ID}, want...)
	}
	var got []string
	holds := walk(t, 2, func(p retention.Page) ([]retention.Hold, string, error) {
		if p.Cursor != "" {
			must(s.CreateHold(ctx, hold("added meanwhile"), by("hold.place")))(t)
		}
		return s.Holds(ctx, retention.HoldFilter{}, p)
	})
	for _, h := range holds {
		got = append(got, h.ID)
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %v, want %v", got, want)
	}
}

func TestCursorThatTheListDidNotGiveIsInvalid(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	for range 2 {
		must(s.CreateHold(ctx, hold("m"), by("hold.place")))(t)
	}
	_, fromHolds, err := s.Holds(ctx, retention.HoldFilter{}, retention.Page{Limit: 1})
	noErr(t, err)
	for _, c := range []string{"nonsense", "e30", fromHolds, "eyJsIjoicnVucyIsInQiOjEsImkiOiJ4In0"} {
		_, _, err := s.Runs(ctx, retention.RunFilter{}, retention.Page{Cursor: c})
		inv, ok := errors.AsType[*retention.InvalidError](err)
		if !ok || inv.Fields[0].Field != "cursor" {
			t.Errorf("cursor %q: got %v, want an InvalidError of cursor", c, err)
		}
	}
	for _, limit := range []int{-1, retention.MaxPage + 1} {
		_, _, err := s.Runs(ctx, retention.RunFilter{}, retention.Page{Limit: limit})
		wantErr(t, fmt.Sprint("limit ", limit), err, retention.ErrInvalid)
	}
}

func TestOneFunctionIsTheClockOfTheWholeStore(t *testing.T) {
	s := newStore(t)
	exec(t, s, `CREATE OR REPLACE FUNCTION holdfast.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT timestamptz '2031-05-06 07:08:09Z' $$`)
	want := time.Date(2031, 5, 6, 7, 8, 9, 0, time.UTC)
	now, err := s.Now(t.Context())
	if err != nil || !now.Equal(want) {
		t.Errorf("Now: got %v, %v, want %v", now, err, want)
	}
	saved, err := s.SavePolicy(t.Context(), policy("logs"), 0, by("policy.create"))
	if err != nil || !saved.CreatedAt.Equal(want) {
		t.Errorf("a saved policy: got %v, %v, want %v", saved.CreatedAt, err, want)
	}
	entries, _, err := s.Audit(t.Context(), retention.AuditFilter{}, retention.Page{})
	if err != nil || len(entries) != 1 || !entries[0].At.Equal(want) {
		t.Errorf("its audit row: got %v, %v, want %v", entries, err, want)
	}
}

// A statement that read another clock would not be shifted with the rest.
func TestNoStatementReadsAnotherClock(t *testing.T) {
	files, err := filepath.Glob("*.go")
	if err != nil {
		t.Fatal(err)
	}
	other := regexp.MustCompile(`\b(clock_timestamp|statement_timestamp|transaction_timestamp|now)\(\)|CURRENT_(TIMESTAMP|DATE|TIME)|time\.Now`)
	for _, file := range files {
		if strings.HasSuffix(file, "_test.go") {
			continue
		}
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		if m := other.FindString(string(b)); m != "" {
			t.Errorf("%s has %s; the store's time is holdfast.clock()", file, m)
		}
	}
}
