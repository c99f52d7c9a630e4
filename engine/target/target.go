// Package target speaks to the governed database: its catalog, the guard schema
// that keeps the holds in force, and the batches that carry out dispositions. It is
// the only place that runs destructive SQL, and every such statement is made by
// engine/sqlgen from a plan of engine/plan.
//
// It owns the protocol of a batch (docs/architecture.md) and nothing of our own
// nouns; engine decides what is run, when, and what a failure means.
package target

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgxpool"

	"holdfast/engine/sqlgen"
	"holdfast/migrations"
	"holdfast/retention"
)

// Target is the governed database. It is safe for concurrent use.
type Target struct {
	pool *pgxpool.Pool
	log  *slog.Logger
	keys sqlgen.Keys
	// evidence keys the digests of records.
	evidence [32]byte
	// countTimeout is the constant but in tests.
	countTimeout time.Duration
	// counting has a place for each simulation that may count at once.
	counting chan struct{}
	// simulations is simulationTimeout but in tests.
	simulations time.Duration
	looks       lookLimits
}

// Options are what a Target needs beside its URL.
type Options struct {
	// Secret keys digests and the hash anonymizer; at least 16 bytes.
	Secret []byte
	Log    *slog.Logger
	// MaxConns bounds the connections; 0 means 10. Each run at work uses one.
	MaxConns int32
}

// Open prepares connections to the governed database; it does not yet connect.
func Open(ctx context.Context, url string, o Options) (*Target, error) {
	cfg, err := pgxpool.ParseConfig(url)
	if err != nil {
		return nil, fmt.Errorf("governed database: %w", err)
	}
	cfg.MaxConns = o.MaxConns
	if cfg.MaxConns == 0 {
		cfg.MaxConns = 10
	}
	for name, value := range pinned {
		cfg.ConnConfig.RuntimeParams[name] = value
	}
	if cfg.ConnConfig.ConnectTimeout == 0 {
		cfg.ConnConfig.ConnectTimeout = 5 * time.Second
	}
	cfg.AfterConnect = pinPath
	pool, err := pgxpool.NewWithConfig(ctx, cfg)
	if err != nil {
		return nil, fmt.Errorf("governed database: %w", err)
	}
	t := &Target{
		pool: pool, log: o.Log, countTimeout: countTimeout, simulations: simulationTimeout, counting: make(chan struct{}, mostSimulations),
		looks: lookLimits{time: lookTime, slice: firstSlice, blocks: firstBlocks},
	}
	if t.log == nil {
		t.log = slog.New(slog.DiscardHandler)
	}
	t.evidence = derive(o.Secret, "evidence")
	t.keys = sqlgen.Keys{Hash: derive(o.Secret, "anonymize value"), Check: derive(o.Secret, "anonymize check")}
	return t, nil
}

// pinned are the settings of every session here. A digest is made of a key's text,
// and a date in a condition is read as text, so both must be the same in every
// session, whatever the database or the role is set to. The search_path is pinned
// too, but for statements on governed tables; see pinPath.
var pinned = map[string]string{
	"application_name":   "holdfast",
	"TimeZone":           "UTC",
	"DateStyle":          "ISO, YMD",
	"IntervalStyle":      "iso_8601",
	"extra_float_digits": "1",
	"bytea_output":       "hex",
	// What bounds a statement, each of ours says; what a database or role defaults to is meant for
	// the application's.
	"statement_timeout":             "0",
	"lock_timeout":                  "0",
	"default_transaction_read_only": "off",
}

// derive makes a key for one purpose from the process's secret.
func derive(secret []byte, purpose string) (key [32]byte) {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("holdfast " + purpose))
	copy(key[:], mac.Sum(nil))
	return key
}

// Close ends all connections.
func (t *Target) Close() { t.pool.Close() }

// Migrate brings the guard schema up to date.
func Migrate(ctx context.Context, url string) error {
	return migrations.Up(ctx, url, migrations.Guard)
}

// Ping tells whether the database answers and carries the guard.
func (t *Target) Ping(ctx context.Context) error {
	var ok bool
	err := t.pool.QueryRow(ctx, `SELECT to_regclass('holdfast_guard.state') IS NOT NULL`).Scan(&ok)
	if err != nil {
		return fmt.Errorf("the governed database cannot be reached: %w", classify(err))
	}
	if !ok {
		return fmt.Errorf("the governed database has no guard schema; run `holdfast migrate`: %w", retention.ErrUnavailable)
	}
	return nil
}

// Now is the governed database's clock.
func (t *Target) Now(ctx context.Context) (time.Time, error) {
	var now time.Time
	err := t.pool.QueryRow(ctx, `SELECT clock_timestamp()`).Scan(&now)
	return now, classify(err)
}

// classify gives an error of the driver its kind. What it does not know is passed
// on as it is.
func classify(err error) error {
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	pg, ok := errors.AsType[*pgconn.PgError](err)
	_, isConnect := errors.AsType[*pgconn.ConnectError](err)
	if !ok || isConnect { // whatever the server says to whoever connects: it takes nobody in
		if isConnection(err) {
			return fmt.Errorf("%w: %w", retention.ErrUnavailable, err)
		}
		return err
	}
	switch kind := kindOf(pg); kind {
	case nil:
		return err
	default:
		return fmt.Errorf("%w: %w", kind, err)
	}
}

// isConnection recognises failures that are not the server's answer.
func isConnection(err error) bool {
	if errors.Is(err, pgx.ErrNoRows) || errors.Is(err, pgx.ErrTooManyRows) {
		return false
	}
	_, isNet := errors.AsType[net.Error](err)
	_, isConnect := errors.AsType[*pgconn.ConnectError](err)
	return isNet || isConnect || errors.Is(err, context.DeadlineExceeded) || pgconn.SafeToRetry(err) ||
		strings.Contains(err.Error(), "conn closed") || strings.Contains(err.Error(), "unexpected EOF") ||
		strings.Contains(err.Error(), "conn busy") || strings.Contains(err.Error(), "broken pipe")
}

// kindOf is what a batch does about an error of the server.
func kindOf(pg *pgconn.PgError) error {
	kind := kindOfState(pg.Code)
	if inFunction(pg) && (errors.Is(kind, retention.ErrMoved) || errors.Is(kind, retention.ErrUnavailable)) {
		return nil
	}
	return kind
}

// kindOfState maps SQLSTATEs to what a batch does about them.
func kindOfState(code string) error {
	switch code {
	case "55P03", "40P01", "40001": // lock_not_available, deadlock, serialization
		return retention.ErrBusy
	case "57014", // query_canceled: statement time-out, or a hold is being placed
		"53200", "54000": // out_of_memory, program_limit_exceeded: too much in one statement
		return retention.ErrTooSlow
	case "42P01", "42703", "3F000": // undefined table, column, schema
		return retention.ErrMoved
	case "57P01", "57P02", "57P03", "57P05", "25P03", "53300", "25006":
		// shutdowns, idle-in-transaction time-out, too many connections, read-only (a
		// standby after a failover)
		return retention.ErrUnavailable
	}
	if strings.HasPrefix(code, "08") {
		return retention.ErrUnavailable
	}
	return nil
}
