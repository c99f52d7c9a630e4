package store

import (
	"context"
	"errors"
	"fmt"
	"log/slog"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/jackc/pgx/v5/stdlib"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"
	"github.com/riverqueue/river/rivermigrate"

	"holdfast/migrations"
)

// Migrate brings our schema up to date, and River's tables in it. Any number of
// processes may call it at once.
func Migrate(ctx context.Context, pool *pgxpool.Pool) error {
	if err := migrations.UpDB(ctx, stdlib.OpenDB(*migrationConfig(pool)), migrations.Store); err != nil {
		return fail("migrate the store", err)
	}
	return fail("migrate the job queue", migrateQueue(ctx, pool))
}

// migrationConfig is how the pool connects, without its time-outs.
func migrationConfig(pool *pgxpool.Pool) *pgx.ConnConfig {
	cfg := pool.Config().ConnConfig.Copy()
	cfg.RuntimeParams["application_name"] = "holdfast-migrate"
	for _, name := range []string{"statement_timeout", "idle_in_transaction_session_timeout"} {
		cfg.RuntimeParams[name] = "0"
	}
	return cfg
}

// migrateQueue holds a lock of ours on a connection of its own: River does not
// order processes, and each of its migrations is a transaction for itself.
func migrateQueue(ctx context.Context, pool *pgxpool.Pool) error {
	conn, err := pgx.ConnectConfig(ctx, migrationConfig(pool))
	if err != nil {
		return err
	}
	// Closing the session lets go of the lock.
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	if _, err := conn.Exec(ctx, `SELECT pg_advisory_lock($1, $2)`, int32(lockSpace), int32(lockQueueMigration)); err != nil {
		return err
	}
	m, err := queueMigrator(pool)
	if err != nil {
		return err
	}
	_, err = m.Migrate(ctx, rivermigrate.DirectionUp, nil)
	return err
}

func queueMigrator(pool *pgxpool.Pool) (*rivermigrate.Migrator[pgx.Tx], error) {
	return rivermigrate.New(riverpgxv5.New(pool), &rivermigrate.Config{
		Schema: Schema,
		Logger: slog.New(slog.DiscardHandler),
	})
}

// Missing says what the database lacks for this program, for people; nothing means
// that it is ready. It changes nothing.
func Missing(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	db := stdlib.OpenDBFromPool(pool)
	defer func() { _ = db.Close() }()
	var missing []string
	names, err := migrations.Missing(ctx, db, migrations.Store)
	switch {
	case errors.Is(err, migrations.ErrDirty), errors.Is(err, migrations.ErrNewer):
		return []string{err.Error()}, nil
	case err != nil:
		return nil, fail("look for missing migrations", err)
	}
	for _, name := range names {
		missing = append(missing, "migration "+name)
	}
	queue, err := missingQueue(ctx, pool)
	return append(missing, queue...), fail("look for missing migrations of the job queue", err)
}

func missingQueue(ctx context.Context, pool *pgxpool.Pool) ([]string, error) {
	m, err := queueMigrator(pool)
	if err != nil {
		return nil, err
	}
	existing, err := m.ExistingVersions(ctx)
	if err != nil {
		return nil, err
	}
	have := map[int]bool{}
	for _, v := range existing {
		have[v.Version] = true
	}
	var missing []string
	for _, v := range m.AllVersions() {
		if !have[v.Version] {
			missing = append(missing, fmt.Sprintf("River migration %d %s", v.Version, v.Name))
		}
	}
	return missing, nil
}
