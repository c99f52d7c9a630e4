package main

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"text/tabwriter"
	"time"

	"github.com/goccy/go-yaml"
	"github.com/spf13/cobra"

	"holdfast/engine"
	"holdfast/examples"
	"holdfast/internal/jobs"
	"holdfast/internal/pglaunch"
	"holdfast/retention"
	"holdfast/store"
	"holdfast/web"
)

// The demo's account. It serves on the loopback address unless told otherwise, over
// a database that is thrown away.
const (
	demoEmail    = "jane@example.com"
	demoPassword = "hold fast to the records"
)

func (p *program) demoCommand() *cobra.Command {
	var once bool
	cmd := &cobra.Command{
		Use:   "demo",
		Short: "Show the whole product on a fresh demo database of its own",
		Args:  cobra.NoArgs,
		RunE: func(cmd *cobra.Command, _ []string) error {
			return p.demo(cmd.Context(), once)
		},
	}
	cmd.Flags().BoolVar(&once, "once", false, "end after the run's summary")
	return cmd
}

// demoPrefix begins the name of a demo's directory.
const demoPrefix = "holdfast-demo-"

// demo always uses an embedded PostgreSQL in a directory of its own, whatever the
// environment says: it must never meet a real database.
func (p *program) demo(ctx context.Context, once bool) error {
	cfg, err := readConfig(p.getenv)
	if err != nil {
		return err
	}
	pglaunch.RemoveAbandoned(demoPrefix) // of demos that were killed
	dir, err := os.MkdirTemp("", demoPrefix)
	if err != nil {
		return err
	}
	defer func() { _ = os.RemoveAll(dir) }()
	if err := os.Chmod(dir, 0o755); err != nil { // the server may run as another user
		return err
	}
	cfg.DatabaseURL, cfg.TargetURL, cfg.DataDir, cfg.Secret = "", "", dir, ""
	var ln net.Listener
	if !once {
		if ln, err = listen(ctx, cfg.Listen); err != nil {
			return err
		}
		defer func() { _ = ln.Close() }()
	}
	fmt.Fprintln(p.stdout, "Starting the embedded PostgreSQL …")
	a, err := openApp(ctx, cfg, p.quietLogger(), true)
	if err != nil {
		return err
	}
	defer a.close()
	if err := p.showDemo(ctx, a); err != nil || once {
		return err
	}
	fmt.Fprintf(p.stdout, "\nThe pages are at %s\nSign in as %s with the password: %s\nStop with Ctrl-C; the demo's database is thrown away then.\n", baseURL(cfg, ln), demoEmail, demoPassword)
	return a.serveUntil(ctx, ln, web.Options{Log: a.log, PublicURL: cfg.PublicURL, Version: version(), Demo: &web.DemoSignIn{Email: demoEmail, Password: demoPassword}})
}

// showDemo does the main job once, from an empty database to a run's summary.
func (p *program) showDemo(ctx context.Context, a *app) error {
	fmt.Fprintln(p.stdout, "Filling the demo database …")
	if _, err := a.store.Pool().Exec(ctx, examples.DemoSQL); err != nil {
		return fmt.Errorf("fill the demo database: %w", err)
	}
	system := retention.Actor{Kind: retention.ActorSystem, Name: "demo"}
	if _, err := a.engine.CreateUser(ctx, system, demoEmail, "Jane Doe", demoPassword); err != nil {
		return err
	}
	jane, err := a.engine.SignIn(ctx, demoEmail, demoPassword, "127.0.0.1")
	if err != nil {
		return err
	}
	if err := p.applyPolicies(ctx, a.engine, jane); err != nil {
		return err
	}
	if err := p.placeDemoHolds(ctx, a, jane); err != nil {
		return err
	}
	run, err := p.runDemo(ctx, a, jane)
	if err != nil {
		return err
	}
	return printRun(p.stdout, run)
}

// applyPolicies applies the five documents of examples/policies.
func (p *program) applyPolicies(ctx context.Context, e *engine.Engine, actor retention.Actor) error {
	names, err := fs.Glob(examples.Policies, "policies/*.yaml")
	if err != nil {
		return err
	}
	for _, name := range names {
		b, err := examples.Policies.ReadFile(name)
		if err != nil {
			return err
		}
		policy := retention.Policy{Enabled: true}
		if err := yaml.UnmarshalWithOptions(b, &policy, yaml.Strict(), yaml.UseJSONUnmarshaler()); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		saved, err := e.CreatePolicy(ctx, actor, policy)
		if err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
		fmt.Fprintf(p.stdout, "  %s\n", saved.Sentence())
	}
	return nil
}

// placeDemoHolds holds rows that are due, so that the run shows them as held.
func (p *program) placeDemoHolds(ctx context.Context, a *app, actor retention.Actor) error {
	logs, err := dueKeys(ctx, a, `SELECT id::text FROM public.session_logs WHERE created_at < now() - interval '90 days' ORDER BY id LIMIT 250`)
	if err != nil {
		return err
	}
	orders, err := dueKeys(ctx, a, `SELECT id::text FROM public.orders WHERE created_at < now() - interval '2557 days' ORDER BY id LIMIT 40`)
	if err != nil {
		return err
	}
	table := func(name string) retention.TableName { return retention.TableName{Schema: "public", Name: name} }
	h, err := a.engine.PlaceHold(ctx, actor, retention.Hold{
		Matter: "ACME v. Initech",
		Reason: "Preservation letter: sign-ins and purchases that the claim relies on",
		Scope:  []retention.Scope{{Table: table("session_logs"), RecordIDs: logs}, {Table: table("orders"), RecordIDs: orders}},
	})
	if err != nil {
		return err
	}
	fmt.Fprintf(p.stdout, "Hold %q is in force since %s on %d records.\n", h.Matter, h.EffectiveAt.UTC().Format("15:04:05.000 MST"), len(logs)+len(orders))
	return nil
}

func dueKeys(ctx context.Context, a *app, query string) ([]retention.Key, error) {
	rows, err := a.store.Pool().Query(ctx, query)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var keys []retention.Key
	for rows.Next() {
		var id string
		if err := rows.Scan(&id); err != nil {
			return nil, err
		}
		keys = append(keys, retention.Key{id})
	}
	return keys, rows.Err()
}

// runDemo asks for a run as a person would and works on it until it ends.
func (p *program) runDemo(ctx context.Context, a *app, actor retention.Actor) (retention.Run, error) {
	fmt.Fprintln(p.stdout, "Running all policies …")
	run, err := a.engine.RequestRun(ctx, actor, engine.RunRequest{Pace: retention.PaceMax})
	if err != nil {
		return run, err
	}
	manager, err := jobs.New(a.engine, a.store.Pool(), store.Schema, jobs.Limits{}, a.log)
	if err != nil {
		return run, err
	}
	if err := manager.Start(ctx); err != nil {
		return run, err
	}
	run, err = awaitRun(ctx, a.engine, actor, run.ID)
	err = errors.Join(err, a.engine.MeasurePolicies(ctx), a.engine.SurveyCoverage(ctx))
	sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), stopWithin)
	defer cancel()
	return run, errors.Join(err, manager.Stop(sctx, stopJobs))
}

// awaitRun waits until a run has ended.
func awaitRun(ctx context.Context, e *engine.Engine, actor retention.Actor, id string) (retention.Run, error) {
	tick := time.NewTicker(100 * time.Millisecond)
	defer tick.Stop()
	for {
		run, err := e.Run(ctx, actor, id)
		if err != nil || run.Status.Ended() {
			return run, err
		}
		select {
		case <-ctx.Done():
			return run, ctx.Err()
		case <-tick.C:
		}
	}
}

// printRun prints a run's summary as a table.
func printRun(w io.Writer, run retention.Run) error {
	fmt.Fprintf(w, "\nRun %s: %s\n\n", run.ID, run.Status)
	tw := tabwriter.NewWriter(w, 0, 0, 2, ' ', tabwriter.AlignRight)
	fmt.Fprintln(tw, "policy\taction\tprocessed\theld\tblocked\tskipped\tseconds\tstatus\t")
	for _, r := range run.Policies {
		fmt.Fprintf(tw, "%s\t%s\t%d\t%d\t%d\t%d\t%.2f\t%s\t\n", r.Policy, r.Action, r.Processed, r.Held, r.Blocked, r.SkippedTotal(), r.DurationSeconds, r.Status)
	}
	fmt.Fprintf(tw, "total\t\t%d\t%d\t\t\t\t%s\t\n", run.TotalProcessed, run.TotalHeld, run.Status)
	if err := tw.Flush(); err != nil {
		return err
	}
	for _, r := range run.Policies {
		for _, e := range r.Errors {
			fmt.Fprintf(w, "%s: %s\n", r.Policy, e)
		}
	}
	if run.Status != retention.RunSucceeded {
		return fmt.Errorf("the run ended as %s", run.Status)
	}
	return nil
}
