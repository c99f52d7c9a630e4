package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// fixture is a target over a database of its own.
type fixture struct {
	*testing.T
	url    string
	target *Target
}

func newFixture(t *testing.T, sql ...string) *fixture {
	t.Helper()
	url := pgtest.NewFrom(t, "target-guard", Migrate)
	pgtest.Exec(t, url, sql...)
	return &fixture{T: t, url: url, target: openTarget(t, url)}
}

func openTarget(t *testing.T, url string) *Target {
	t.Helper()
	tg, err := Open(context.Background(), url, Options{Secret: []byte("a secret of the tests, 32 bytes and more")})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(tg.Close)
	return tg
}

func (f *fixture) exec(sql ...string) {
	f.Helper()
	pgtest.Exec(f.T, f.url, sql...)
}

func (f *fixture) count(sql string) int64 {
	f.Helper()
	return pgtest.Value[int64](f.T, f.url, sql)
}

func (f *fixture) connect() *pgx.Conn {
	f.Helper()
	conn, err := pgx.Connect(f.Context(), f.url)
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { _ = conn.Close(context.Background()) })
	return conn
}

func policy(table string, action retention.Action) retention.Policy {
	p := retention.Policy{
		Name: "p", Version: 1, Table: retention.TableName{Schema: "public", Name: table}, TimestampColumn: "created_at",
		RetentionPeriod: retention.Period{Days: 30}, Action: action, LegalBasis: "a test's", Enabled: true,
	}
	if action == retention.ActionAnonymize {
		p.Columns = map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
	}
	return p.WithDefaults()
}

// hold places a hold on ids of a table; none means the whole table.
func (f *fixture) hold(table retention.TableName, ids ...retention.Key) string {
	f.Helper()
	h := retention.Hold{ID: uuid.NewString(), Matter: "Test v. Test", Scope: []retention.Scope{{Table: table, RecordIDs: ids, All: len(ids) == 0}}}
	if err := f.target.CheckKeys(f.Context(), h); err != nil {
		f.Fatalf("check keys: %v", err)
	}
	if err := f.target.StageHold(f.Context(), h); err != nil {
		f.Fatalf("stage hold: %v", err)
	}
	if _, _, err := f.target.ActivateHold(f.Context(), h.ID, nil); err != nil {
		f.Fatalf("activate hold: %v", err)
	}
	return h.ID
}

func keys(ids ...string) []retention.Key {
	out := make([]retention.Key, len(ids))
	for i, id := range ids {
		out[i] = retention.Key{id}
	}
	return out
}

// begin opens a disposition of the policy in a new run.
func (f *fixture) begin(p retention.Policy) *disposition {
	f.Helper()
	return f.attempt(retention.Spec{RunID: uuid.NewString(), Attempt: 1, Policy: p, AsOf: time.Now(), Pace: retention.PaceMax})
}

func (f *fixture) attempt(spec retention.Spec) *disposition {
	f.Helper()
	if err := f.target.Beat(f.Context(), spec.RunID, spec.Attempt); err != nil {
		f.Fatalf("beat: %v", err)
	}
	d, err := f.target.Open(f.Context(), spec)
	if err != nil {
		f.Fatalf("open: %v", err)
	}
	f.Cleanup(d.Close) // a test that fails in mid-way must give its connection back
	return d.(*disposition)
}

// finish steps to the end, going past what a worker goes past.
func (f *fixture) finish(d *disposition) retention.Progress {
	f.Helper()
	defer d.Close()
	for {
		step, err := d.Step(f.Context())
		if err != nil && !errors.Is(err, retention.ErrBusy) && !errors.Is(err, retention.ErrMoved) && !errors.Is(err, retention.ErrTooSlow) && !errors.Is(err, retention.ErrRowRefused) {
			f.Fatalf("step: %v", err)
		}
		if step.Done {
			return d.Progress()
		}
	}
}

func (f *fixture) run(p retention.Policy) retention.Progress {
	f.Helper()
	return f.finish(f.begin(p))
}

// awaitBlocked returns when some backend waits for a lock that the given one holds.
func (f *fixture) awaitBlocked(holder uint32) {
	f.Helper()
	waiting := fmt.Sprintf(`SELECT count(*) FROM pg_stat_activity WHERE %d = ANY (pg_blocking_pids(pid))`, holder)
	pgtest.Await(f, "somebody who waits for the lock", func() bool { return f.count(waiting) > 0 })
}

// changeUnder has the application make a change that a batch waits for: do, which works on
// the disposition, begins after it and goes on when it commits. The error is do's.
func (f *fixture) changeUnder(d *disposition, change string, do func() error) error {
	f.Helper()
	d.lockTimeout = 20_000 // the test decides how long the batch waits
	app := f.connect()
	if _, err := app.Exec(f.Context(), "BEGIN; "+change); err != nil {
		f.Fatal(err)
	}
	done := make(chan error, 1)
	go func() { done <- do() }()
	f.awaitBlocked(app.PgConn().PID())
	if _, err := app.Exec(f.Context(), "COMMIT"); err != nil {
		f.Fatal(err)
	}
	return <-done
}

// stepUnder is one step under such a change.
func (f *fixture) stepUnder(d *disposition, change string) {
	f.Helper()
	if err := f.changeUnder(d, change, func() error { return f.step(d) }); err != nil {
		f.Fatalf("step: %v", err)
	}
}

// untilOld returns when no transaction is left that was under way when the table's rows were
// written, other tests' too: until then they count as fresh.
func (f *fixture) untilOld(table string) {
	f.Helper()
	pgtest.Await(f, "the end of older transactions", func() bool {
		return f.count(fmt.Sprintf(`SELECT count(*) FROM %s WHERE age(xmin) <= age(pg_snapshot_xmin(pg_current_snapshot())::xid)`, table)) == 0
	})
}

// step is one batch, made again where rows that it had seen were changed or too fresh.
func (f *fixture) step(d *disposition) error {
	for {
		if _, err := d.Step(f.Context()); !errors.Is(err, retention.ErrMoved) {
			return err
		}
	}
}

// remaining lists the keys left in a table, sorted as text.
func (f *fixture) remaining(table, key string) []string {
	f.Helper()
	rows, err := f.target.pool.Query(f.Context(), fmt.Sprintf(`SELECT %s::text FROM %s ORDER BY 1`, key, table))
	if err != nil {
		f.Fatal(err)
	}
	out, err := pgx.CollectRows(rows, pgx.RowTo[string])
	if err != nil {
		f.Fatal(err)
	}
	slices.Sort(out)
	return out
}
