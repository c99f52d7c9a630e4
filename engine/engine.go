// Package engine holds the use-cases: everything a person or a program may ask
// of Holdfast, and the state machine of a run. The API, the pages, the command
// line and the background jobs are mouths of this one engine, so that they cannot
// differ. Every write follows one order: authorise, validate, transact, audit.
//
// It owns the order of things; it does not own how they are kept (store) nor what
// reaches the governed database (engine/target). It knows both only as the
// interfaces Store and Target.
package engine

import (
	"cmp"
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"fmt"
	"log/slog"
	"sync"
	"time"

	"holdfast/retention"
)

// Engine carries out use-cases. It is safe for concurrent use.
type Engine struct {
	store  Store
	target Target
	log    *slog.Logger
	pace   retention.Pace
	admin  []byte // digest of the administrator's token; nil if there is none
	hasher Hasher
	sender Sender
	secret []byte
	source string
	// backups is how long the governed database's backups are kept; nil if not stated.
	backups *retention.Period
	// eventsKept is how long the store's log keeps events, for people to read.
	eventsKept retention.Period
	meter      Meter
	// maxReplicaLag and maxWALRate are the limits beyond which runs wait, or slow down; not
	// above 0 for none.
	maxReplicaLag time.Duration
	// minRetention and requireSimulation are the installation's belts, see Options.
	minRetention      retention.Period
	requireSimulation bool
	releaseDelay      retention.Period
	expiryDelay       retention.Period
	// doctoring lets one diagnosis work at a time.
	doctoring  sync.Mutex
	maxWALRate int64

	wait func(ctx context.Context, d time.Duration) error
	// presence is how this process shows that it is at work.
	presence presence
}

// Hasher makes and checks password hashes. Check of an empty hash takes as long
// as any other and answers false, so that a sign-in does not tell who has an account.
type Hasher interface {
	Hash(password string) (string, error)
	Check(password, hash string) (bool, error)
}

// Options are what an Engine needs beside its two databases.
type Options struct {
	Log *slog.Logger
	// Pace is used where a run asks for none.
	Pace retention.Pace
	// AdminToken is accepted as an administrator's API token; empty for none.
	AdminToken string
	Hasher     Hasher
	// BackupRetention is how long backups of the governed database are kept; nil if
	// nobody has said so.
	BackupRetention *retention.Period
	// EventRetention is how long the store's log keeps events; only said, not enforced here.
	EventRetention retention.Period
	// Version of this program, for the list of processes at work.
	Version string
	// Source names this Holdfast in events, as a URI reference; empty means DefaultSource.
	Source string
	// Meter is told what this process commits; nil counts nothing.
	Meter Meter
	// Sender speaks to subscribers; without one nothing is delivered.
	Sender Sender
	// Secret is what webhooks' signing keys are derived from.
	Secret []byte
	// MaxReplicaLag is how far a standby may fall behind before runs wait for it, and
	// MaxWALRate what the server may write to its log, in bytes a second, before runs at the
	// default pace slow down. 0 stands for the default, less for no limit.
	MaxReplicaLag time.Duration
	MaxWALRate    int64
	// MinRetention is the floor under the retention period of every policy: the zero
	// Period for none.
	MinRetention retention.Period
	// RequireSimulation refuses runs of versions that were never simulated.
	RequireSimulation bool
	// ReleaseDelay is how long the release of a hold cools off, and ExpiryDelay how long an
	// expiry does; zero for not at all.
	ReleaseDelay, ExpiryDelay retention.Period
}

// New makes an engine over our store and the governed database.
func New(store Store, target Target, o Options) *Engine {
	e := &Engine{store: store, target: target, log: o.Log, pace: o.Pace, hasher: o.Hasher, meter: o.Meter, source: cmp.Or(o.Source, DefaultSource),
		backups: o.BackupRetention, eventsKept: o.EventRetention, wait: waitFor,
		presence: presence{version: o.Version, started: time.Now()}, sender: o.Sender, secret: o.Secret,
		minRetention: o.MinRetention, requireSimulation: o.RequireSimulation,
		releaseDelay: o.ReleaseDelay, expiryDelay: o.ExpiryDelay,
		maxReplicaLag: cmp.Or(o.MaxReplicaLag, DefaultMaxReplicaLag), maxWALRate: cmp.Or(o.MaxWALRate, DefaultMaxWALRate)}
	if e.log == nil {
		e.log = slog.New(slog.DiscardHandler)
	}
	if e.meter == nil {
		e.meter = noMeter{}
	}
	if e.pace == "" {
		e.pace = retention.PaceDefault
	}
	if o.AdminToken != "" {
		e.admin = tokenHash(o.AdminToken)
	}
	return e
}

func waitFor(ctx context.Context, d time.Duration) error {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
		return ctx.Err()
	case <-t.C:
		return nil
	}
}

// Operation is what a use-case wants to do, for the one place that authorises.
type Operation string

// The operations. A later issue gives roles a table over them.
const (
	OpRead            Operation = "read"
	OpPolicyWrite     Operation = "policy.write"
	OpHoldWrite       Operation = "hold.write"
	OpRunWrite        Operation = "run.write"
	OpScheduleWrite   Operation = "schedule.write"
	OpAccountsWrite   Operation = "accounts.write"
	OpSubscriberWrite Operation = "subscriber.write"
	OpRestoreWrite    Operation = "restore.write"
)

// authorise is the one place where an actor's rights are judged. Today whoever is
// signed in may do everything; the operation is passed so that roles need no new
// call sites.
func (e *Engine) authorise(actor retention.Actor, _ Operation) error {
	if actor.IsZero() {
		return retention.ErrUnauthenticated
	}
	return nil
}

// CheckSecret compares the process's secret with the one the store was first used
// with. Another secret would make every digest and every hash disagree with the
// evidence, so ErrConflict means: do not start.
func (e *Engine) CheckSecret(ctx context.Context, secret []byte) error {
	mac := hmac.New(sha256.New, secret)
	mac.Write([]byte("holdfast check value"))
	return e.store.CheckSecret(ctx, mac.Sum(nil))
}

// Ready tells whether both databases answer.
func (e *Engine) Ready(ctx context.Context) error {
	if err := e.store.Ping(ctx); err != nil {
		// An outage between two ticks of the schedules is one all the same: a slot that was
		// missed by it must say so.
		e.presence.failedAside(ctx, err)
		return err
	}
	return e.target.Ping(ctx)
}

// Audit lists the audit, newest first.
func (e *Engine) Audit(ctx context.Context, actor retention.Actor, f retention.AuditFilter, p retention.Page) ([]retention.AuditEntry, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	if err := checkSpan(f.From, f.Until); err != nil {
		return nil, "", err
	}
	return e.store.Audit(ctx, f, p)
}

func fmtForbidden(why string) error { return fmt.Errorf("%w: %s", retention.ErrForbidden, why) }
