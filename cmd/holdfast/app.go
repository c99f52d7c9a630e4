package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/metrics"
	"holdfast/internal/notify"
	"holdfast/internal/pglaunch"
	"holdfast/retention"
	"holdfast/store"
)

// app is the wired product without its mouths: databases, engine.
type app struct {
	cfg    config
	log    *slog.Logger
	pg     *pglaunch.Keeper
	store  *store.Store
	target *target.Target
	sender *notify.Sender
	engine *engine.Engine
	// metrics counts what this process commits.
	metrics *metrics.Metrics
	// endBy is when the process is gone at the latest; zero until it is to stop.
	endBy time.Time
}

// openApp starts or reaches the databases, brings the schemas up to date if asked
// to, and makes the engine. Close ends what it started.
func openApp(ctx context.Context, cfg config, log *slog.Logger, migrate bool) (_ *app, err error) {
	a := &app{cfg: cfg, log: log, metrics: metrics.New(version())}
	defer func() {
		if err != nil {
			a.close()
		}
	}()
	secret, err := cfg.keptSecret()
	if err != nil {
		return nil, err
	}
	if err := a.launch(ctx); err != nil {
		return nil, err
	}
	if a.store, err = store.Open(ctx, a.cfg.DatabaseURL, store.Options{EventRetention: cfg.EventRetention}); err != nil {
		return nil, err
	}
	if secret == nil {
		if secret, err = a.firstSecret(ctx); err != nil {
			return nil, err
		}
	}
	if a.target, err = target.Open(ctx, a.targetURL(), target.Options{Secret: secret, Log: log}); err != nil {
		return nil, err
	}
	if migrate {
		if err := a.migrate(ctx); err != nil {
			return nil, err
		}
	}
	a.sender = notify.New(notify.Options{
		AllowPrivate: cfg.WebhookAllowPrivate, NATSCreds: cfg.NATSCreds, Agent: "Holdfast/" + version(), Log: log,
	})
	a.engine = engine.New(a.store, a.target, engine.Options{
		Log: log, Pace: cfg.Pace, AdminToken: cfg.AdminToken, Hasher: newPasswords(), Meter: a.metrics, Version: version(),
		Source: cfg.PublicURL, Sender: a.sender, Secret: secret, BackupRetention: cfg.BackupRetention, EventRetention: cfg.EventRetention,
		MinRetention: cfg.MinRetention, RequireSimulation: cfg.RequireSimulation,
		ReleaseDelay: cfg.ReleaseDelay, ExpiryDelay: cfg.ExpiryDelay,
		MaxReplicaLag: orNone(cfg.MaxReplicaLag.After(time.Time{}).Sub(time.Time{})), MaxWALRate: orNone(int64(cfg.MaxWALRate) << 20),
	})
	return a, a.checkSecret(ctx, secret, migrate)
}

// orNone turns 0 into what an engine takes for no limit.
func orNone[T int64 | time.Duration](limit T) T {
	if limit == 0 {
		return -1
	}
	return limit
}

// firstSecret makes a secret, but for a store that was used with one already: kept in
// the data directory, a new one would be taken for the right one from then on.
func (a *app) firstSecret(ctx context.Context) ([]byte, error) {
	used, err := a.store.SecretKnown(ctx)
	if err != nil {
		return nil, reachable("HOLDFAST_DATABASE_URL", err)
	}
	if used {
		return nil, fmt.Errorf("this database was first used with a secret, which is not given here: set HOLDFAST_SECRET as it is for `serve`, or HOLDFAST_DATA_DIR to the directory that the secret is kept in (%s has none)", a.cfg.DataDir)
	}
	return a.cfg.newSecret()
}

// checkSecret refuses another secret than the store's. A store that is not yet
// migrated has none; /readyz says what is missing then.
func (a *app) checkSecret(ctx context.Context, secret []byte, migrated bool) error {
	if !migrated {
		missing, err := store.Missing(ctx, a.store.Pool())
		if err != nil {
			return reachable("HOLDFAST_DATABASE_URL", err)
		}
		if len(missing) > 0 {
			return nil
		}
	}
	err := a.engine.CheckSecret(ctx, secret)
	if errors.Is(err, retention.ErrConflict) {
		// The store's own words say the same, and know no names of settings and files.
		return fmt.Errorf("the secret (HOLDFAST_SECRET, or %s) is not the one this database was first used with; with another one, digests and hashed values would not match the evidence",
			filepath.Join(a.cfg.DataDir, "secret"))
	}
	return err
}

// launch starts the embedded PostgreSQL if no other is named.
func (a *app) launch(ctx context.Context) error {
	if a.cfg.DatabaseURL != "" {
		return nil
	}
	if err := os.MkdirAll(a.cfg.DataDir, 0o755); err != nil {
		return fmt.Errorf("data directory: %w; set HOLDFAST_DATA_DIR to a directory that can be written", err)
	}
	pg, err := pglaunch.Keep(ctx, pglaunch.Config{DataDir: a.cfg.DataDir, BinDir: a.cfg.PostgresBin, Logger: a.log})
	if err != nil {
		return err
	}
	a.pg = pg
	if err := pg.CreateDatabase(ctx, "holdfast"); err != nil {
		return err
	}
	a.cfg.DatabaseURL = pg.URL("holdfast")
	return nil
}

func (a *app) targetURL() string {
	if a.cfg.TargetURL != "" {
		return a.cfg.TargetURL
	}
	return a.cfg.DatabaseURL
}

func (a *app) migrate(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 5*time.Minute)
	defer cancel()
	if err := store.Migrate(ctx, a.store.Pool()); err != nil {
		return reachable("HOLDFAST_DATABASE_URL", err)
	}
	if err := target.Migrate(ctx, a.targetURL()); err != nil {
		return reachable("HOLDFAST_TARGET_URL", err)
	}
	return nil
}

// reachable names the variable behind a database that does not answer.
func reachable(variable string, err error) error {
	if failed, ok := errors.AsType[*pgconn.ConnectError](err); ok {
		return &connectError{variable: variable, cause: failed.Unwrap(), err: err}
	}
	return fmt.Errorf("the database of %s: %w", variable, err)
}

// connectError says once why nobody answers: the driver tries an address with and
// without TLS, and everybody on the way up names what they were about.
type connectError struct {
	variable   string
	cause, err error
}

func (e *connectError) Error() string {
	var causes []string
	for cause := range strings.Lines(e.cause.Error()) {
		if cause = strings.TrimSpace(cause); !slices.Contains(causes, cause) {
			causes = append(causes, cause)
		}
	}
	return fmt.Sprintf("cannot connect to the database of %s: %s", e.variable, strings.Join(causes, "; "))
}

func (e *connectError) Unwrap() error { return e.err }

// missing says what the databases lack for this program.
func (a *app) missing(ctx context.Context) error {
	missing, err := store.Missing(ctx, a.store.Pool())
	if err != nil {
		return err
	}
	if len(missing) > 0 {
		return fmt.Errorf("run `holdfast migrate`: %v", missing)
	}
	return nil
}
