package main

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net"
	"net/http"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"
	"github.com/spf13/cobra"

	"holdfast/api"
	"holdfast/internal/httpauth"
	"holdfast/internal/jobs"
	"holdfast/internal/metrics"
	"holdfast/store"
	"holdfast/web"
)

func (p *program) serveCommand() *cobra.Command {
	return &cobra.Command{
		Use:   "serve",
		Short: "Serve the pages and the API, and carry out runs",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			cfg, err := readConfig(p.getenv)
			if err != nil {
				return err
			}
			return p.serve(cmd.Context(), cfg)
		},
	}
}

// serve runs the service until ctx ends.
func (p *program) serve(ctx context.Context, cfg config) error {
	log := p.logger(cfg)
	// The port is taken first: a second service started by mistake must not get as far
	// as the database.
	ln, err := listen(ctx, cfg.Listen)
	if err != nil {
		return err
	}
	defer func() { _ = ln.Close() }()
	a, err := openApp(ctx, cfg, log, cfg.Migrate)
	if err != nil {
		return err
	}
	defer a.close()
	fmt.Fprintf(p.stdout, "Holdfast serves %s\n", baseURL(cfg, ln))
	if err := p.sayFirstAccount(ctx, a); err != nil {
		return err
	}
	return a.serveUntil(ctx, ln, web.Options{Log: log, PublicURL: cfg.PublicURL, Version: version()})
}

func listen(ctx context.Context, address string) (net.Listener, error) {
	var lc net.ListenConfig
	ln, err := lc.Listen(ctx, "tcp", address)
	if err != nil {
		return nil, fmt.Errorf("cannot listen on %s (HOLDFAST_LISTEN): %w", address, err)
	}
	return ln, nil
}

func baseURL(cfg config, ln net.Listener) string {
	if cfg.PublicURL != "" {
		return cfg.PublicURL
	}
	return "http://" + ln.Addr().String()
}

// sayFirstAccount prints how to begin as long as nobody can sign in.
func (p *program) sayFirstAccount(ctx context.Context, a *app) error {
	n, err := a.engine.CountUsers(ctx)
	if err != nil || n > 0 {
		return nil //nolint:nilerr // an unmigrated or unreachable store is /readyz's to tell
	}
	// A database that the environment names is never printed: its URL has a password.
	embedded := ""
	if a.pg != nil {
		embedded = fmt.Sprintf("HOLDFAST_DATABASE_URL='%s' HOLDFAST_DATA_DIR='%s' ", a.cfg.DatabaseURL, a.cfg.DataDir)
	}
	fmt.Fprintf(p.stdout, "There is no account yet. Create the first one, with the same environment:\n  %sholdfast users create you@example.com\n", embedded)
	return nil
}

// serveUntil serves on ln until ctx ends, and then stops: no new requests, batches
// finished, runs handed on.
func (a *app) serveUntil(ctx context.Context, ln net.Listener, opts web.Options) error {
	manager, err := jobs.New(a.engine, a.store.Pool(), store.Schema, jobs.Limits{}, a.log)
	if err != nil {
		return err
	}
	manager.Also(metrics.RefreshEvery, "refresh the gauges", func(ctx context.Context) error { return a.metrics.Refresh(ctx, a.engine) })
	stopWork := a.startWork(ctx, manager)
	handler, err := a.handler(opts, manager)
	if err != nil {
		return errors.Join(err, stopWork())
	}
	srv := &http.Server{
		Handler:           handler,
		ReadHeaderTimeout: 10 * time.Second,
		IdleTimeout:       2 * time.Minute,
		ErrorLog:          slog.NewLogLogger(a.log.Handler(), slog.LevelWarn),
	}
	failed := make(chan error, 1)
	go func() { failed <- srv.Serve(ln) }()
	select {
	case err = <-failed:
	case <-a.databaseGivenUp():
		err = a.pg.Err()
	case <-ctx.Done():
	}
	return errors.Join(err, a.stop(srv, stopWork))
}

// databaseGivenUp is closed when the embedded PostgreSQL has ended and cannot be
// started again; nil without one. Until then its being away is like that of any other
// database: runs wait.
func (a *app) databaseGivenUp() <-chan struct{} {
	if a.pg == nil {
		return nil
	}
	return a.pg.GaveUp()
}

// startWork starts the background work, or keeps trying: a store that is away or
// not yet migrated must not keep /readyz from saying so. The answer stops it.
func (a *app) startWork(ctx context.Context, manager *jobs.Manager) (stop func() error) {
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	done := make(chan struct{})
	started := false
	go func() {
		defer close(done)
		for {
			err := a.missing(ctx)
			if err == nil {
				err = a.engine.EnsureNightly(ctx, a.cfg.TimeZone)
			}
			if err == nil {
				err = manager.Start(ctx)
			}
			if err == nil {
				started = true
				return
			}
			if ctx.Err() != nil {
				return
			}
			a.log.Warn("background work cannot start yet", "error", err)
			select {
			case <-ctx.Done():
				return
			case <-time.After(2 * time.Second):
			}
		}
	}()
	return func() error {
		defer cancel()
		select {
		case <-done:
		default:
			cancel()
			ending, cancelEnding := a.ending(stopClose)
			defer cancelEnding()
			if !endedBefore(ending, func() { <-done }) {
				return errors.New("the background work was still being started when the service had to leave, since a database does not answer")
			}
		}
		if !started {
			return nil
		}
		return a.stopManager(manager)
	}
}

// ready tells what /readyz asks beyond both databases: the schemas' versions, and the
// background work of this process.
func (a *app) ready(manager *jobs.Manager) func(context.Context) error {
	return func(ctx context.Context) error {
		if err := a.missing(ctx); err != nil {
			return err
		}
		return manager.Working()
	}
}

// handler mounts the two mouths.
func (a *app) handler(opts web.Options, manager *jobs.Manager) (http.Handler, error) {
	auth := httpauth.New(a.engine, a.store.Sessions(), httpauth.Options{
		Secure:         strings.HasPrefix(a.cfg.PublicURL, "https://"),
		TrustedProxies: a.cfg.TrustedProxies,
		PageError:      web.ErrorPage(opts),
	})
	apiHandler, err := api.New(a.engine, auth, api.Options{Log: a.log, Ready: a.ready(manager), Metrics: a.metrics.Handler(a.cfg.MetricsToken)})
	if err != nil {
		return nil, err
	}
	r := chi.NewRouter()
	for _, path := range []string{"/healthz", "/readyz", "/metrics", "/openapi.yaml", "/api/*", "/api"} {
		r.Handle(path, apiHandler)
	}
	r.Mount("/", web.New(a.engine, auth, opts))
	return r, nil
}
