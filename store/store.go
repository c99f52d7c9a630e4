// Package store keeps Holdfast's own nouns in PostgreSQL: policies and their
// versions, holds with their ids, runs and the journal carried over, accounts,
// tokens, sessions and the audit. It implements engine.Store, and puts a run's job
// into the queue in the transaction that changes the run.
//
// It owns the schema `holdfast` and what one transaction must contain; it does not
// own who may do what (engine) and never speaks to the governed database
// (engine/target), even where both are one server. The engine calls it; internal/jobs
// and internal/httpauth use its pool and its sessions.
//
// Every statement names its tables with their schema, and every write runs at READ
// COMMITTED, said explicitly: a database may default to another level, whose
// snapshot would precede the row and advisory locks that writes are ordered by.
// Time is the database's clock, never this process's, and it is read through the one
// function holdfast.clock(), which a test can shift.
package store

import (
	"context"
	"fmt"
	"log/slog"
	"math"
	"strconv"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgtype"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"holdfast/retention"
)

// Schema is where our tables and River's live.
const Schema = "holdfast"

// Store keeps our nouns. It is safe for concurrent use.
type Store struct {
	pool *pgxpool.Pool
	// keepEvents is how long the log keeps an event that nobody waits for.
	keepEvents retention.Period
	// jobs only inserts: it is never started.
	jobs *river.Client[pgx.Tx]
}

// Options tune a Store; the zero value is good for a server.
type Options struct {
	// MaxConns bounds the connections; 0 means DefaultMaxConns, or what the URL's
	// pool_max_conns says.
	MaxConns int32
	// StatementTimeout bounds every statement but the writing of a hold's ids; 0
	// means DefaultStatementTimeout. A statement that is cut off answers
	// retention.ErrUnavailable.
	StatementTimeout time.Duration
	// EventRetention is how long the log keeps an event that nobody waits for any
	// more; zero means DefaultEventRetention.
	EventRetention retention.Period
}

// DefaultEventRetention (P30D) is long enough for a subscriber to find out that it
// missed something and ask for it again. The log names people: it is no archive.
var DefaultEventRetention = retention.Period{Days: 30}

const (
	// DefaultMaxConns is enough for pages, API and jobs of one process, and leaves
	// room for several processes under PostgreSQL's default of 100.
	DefaultMaxConns = 16
	// DefaultStatementTimeout is far above what any page takes: it ends what would
	// otherwise keep a connection forever.
	DefaultStatementTimeout = 30 * time.Second
)

// Open makes a Store over the database at url: a URL (a Unix socket's directory may
// be the host) or key=value pairs. It does not connect yet, so that a service can
// start while its database is away; Ping tells whether it answers. Close it.
func Open(ctx context.Context, url string, o Options) (*Store, error) {
	cfg, err := Config(url, o)
	if err != nil {
		return nil, err
	}
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fail("open the store", err)
	}
	s, err := New(pool)
	if err != nil {
		pool.Close()
		return nil, err
	}
	if !o.EventRetention.IsZero() {
		s.keepEvents = o.EventRetention
	}
	return s, nil
}

// Config is the pool's configuration that Open uses. A caller that makes its own
// pool for New starts from it.
func Config(url string, o Options) (*pgxpool.Config, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("read the store's database URL: %w", err)
	}
	cfg.MaxConns = maxConns(cfg, url, o)
	timeout := o.StatementTimeout
	if timeout == 0 {
		timeout = DefaultStatementTimeout
	}
	params := cfg.ConnConfig.RuntimeParams
	if params["application_name"] == "" {
		params["application_name"] = "holdfast-store"
	}
	params["statement_timeout"] = strconv.FormatInt(timeout.Milliseconds(), 10)
	params["idle_in_transaction_session_timeout"] = strconv.FormatInt((2 * timeout).Milliseconds(), 10)
	// What is answered as kept must be kept, whatever the database defaults to.
	params["synchronous_commit"] = "on"
	params["default_transaction_isolation"] = "read committed"
	next := cfg.AfterConnect
	cfg.AfterConnect = func(ctx context.Context, conn *pgx.Conn) error {
		timesInUTC(conn)
		if next != nil {
			return next(ctx, conn)
		}
		return nil
	}
	return cfg, nil
}

// maxConns lets the option win over the URL, and the URL over our default. pgxpool's
// own default (the number of CPUs) is too small for jobs and requests together.
func maxConns(cfg *pgxpool.Config, url string, o Options) int32 {
	switch {
	case o.MaxConns > 0:
		return o.MaxConns
	case strings.Contains(url, "pool_max_conns"):
		return cfg.MaxConns
	}
	return DefaultMaxConns
}

// timesInUTC makes times read from the database UTC instead of the process's zone.
func timesInUTC(conn *pgx.Conn) {
	conn.TypeMap().RegisterType(&pgtype.Type{
		Name:  "timestamptz",
		OID:   pgtype.TimestamptzOID,
		Codec: &pgtype.TimestamptzCodec{ScanLocation: time.UTC},
	})
}

// New makes a Store over a pool made with Config. The pool stays the caller's
// unless Close is called.
func New(pool *pgxpool.Pool) (*Store, error) {
	jobs, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Schema: Schema,
		Logger: slog.New(slog.DiscardHandler),
	})
	if err != nil {
		return nil, fmt.Errorf("prepare the job queue: %w", err)
	}
	return &Store{pool: pool, jobs: jobs, keepEvents: DefaultEventRetention}, nil
}

// Close closes the pool, waiting for its connections to come back.
func (s *Store) Close() { s.pool.Close() }

// Pool is the pool under the store, for River's workers.
func (s *Store) Pool() *pgxpool.Pool { return s.pool }

// Ping tells whether the database answers.
func (s *Store) Ping(ctx context.Context) error {
	return fail("the store cannot be reached", s.pool.Ping(ctx))
}

// Now is the database's clock, through the same function as every statement.
func (s *Store) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := s.pool.QueryRow(ctx, `SELECT holdfast.clock()`).Scan(&now)
	return now, fail("read the clock", err)
}

// querier is a pool or a transaction.
type querier interface {
	Exec(ctx context.Context, sql string, args ...any) (commandTag, error)
	Query(ctx context.Context, sql string, args ...any) (pgx.Rows, error)
	QueryRow(ctx context.Context, sql string, args ...any) pgx.Row
}

// write runs fn in a transaction. READ COMMITTED: each statement of fn sees what
// was committed before it, and so what the lock before it waited for.
func (s *Store) write(ctx context.Context, what string, fn func(tx pgx.Tx) error) error {
	o := pgx.TxOptions{IsoLevel: pgx.ReadCommitted, AccessMode: pgx.ReadWrite}
	return fail(what, pgx.BeginTxFunc(ctx, s.pool, o, fn))
}

// read runs fn in a transaction whose statements all see the same moment, so that
// a noun and its parts fit together.
func (s *Store) read(ctx context.Context, what string, fn func(tx pgx.Tx) error) error {
	o := pgx.TxOptions{IsoLevel: pgx.RepeatableRead, AccessMode: pgx.ReadOnly}
	return fail(what, pgx.BeginTxFunc(ctx, s.pool, o, fn))
}

// unbounded lifts the statement timeout for the rest of the transaction: writing a
// million ids takes as long as it takes.
func unbounded(ctx context.Context, tx pgx.Tx) error {
	_, err := tx.Exec(ctx, `SET LOCAL statement_timeout = 0`)
	return err
}

// lockSpace and the keys below it are our advisory locks; the number is "HFst" in
// ASCII. Advisory locks are the database's, which may be the governed one too, so
// other spaces are other's.
const lockSpace = 0x48467374

const (
	// lockClaims orders the claims and ends of runs over all processes.
	lockClaims = 1
	// lockQueueMigration lets one process at a time migrate River's tables.
	lockQueueMigration = 2
	// lockEvents orders the appends to the log of events over all processes.
	lockEvents = 3
	// lockMeasurements orders the claims of measurements.
	lockMeasurements = 5
	// lockExemptions orders the exemptions of tables.
	lockExemptions = 6
)

// lockFor waits for the advisory lock, which the transaction keeps until its end.
// It must be a statement of its own: only the statement after it sees what the
// former holder committed.
func lockFor(ctx context.Context, tx pgx.Tx, key int32) error {
	_, err := tx.Exec(ctx, `SELECT pg_advisory_xact_lock($1, $2)`, int32(lockSpace), key)
	return err
}

// infinity is the timestamp beyond all others; sign is 1 or -1.
func infinity(sign int) pgtype.Timestamptz {
	return pgtype.Timestamptz{Valid: true, InfinityModifier: pgtype.InfinityModifier(sign)}
}

const maxID = math.MaxInt64
