package pglaunch

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"sync"
	"time"
)

// restarts says how a [Keeper] starts its server again.
type restarts struct {
	// first is the pause before the second attempt in a row; it doubles with each up
	// to longest. There is none before the first.
	first, longest time.Duration
	// calm is how long a server must have run for its end to be a new matter.
	calm time.Duration
	// attempts is how many ends or failed starts in a row are too many.
	attempts int
}

// defaultRestarts gives a server that ends again and again about a minute. Longer
// would only hide from the operator what the log says.
var defaultRestarts = restarts{first: 500 * time.Millisecond, longest: 30 * time.Second, calm: time.Minute, attempts: 9}

func (r restarts) pause(failures int) time.Duration {
	if failures <= 1 {
		return 0
	}
	return min(r.longest, r.first<<min(failures-2, 20))
}

// Keeper is a server that is started again whenever it ends by itself, on the same
// directory and under the same URL. Its methods may be called from any goroutine.
type Keeper struct {
	cfg    Config
	rules  restarts
	cancel context.CancelFunc
	done   chan struct{} // closed when nobody starts servers any more
	gaveUp chan struct{}
	reason error // set before gaveUp is closed

	mu     sync.Mutex
	server *Server // the last one that was started; guarded by mu
}

// Keep starts a server as [Start] does, with the same errors, and keeps it running
// until Stop. The directory stays locked meanwhile, also while no server runs: there
// is never a second one on it.
//
// Each start recovers what the last server had committed. A server that ends again
// and again is given up after about a minute; see [Keeper.GaveUp].
func Keep(ctx context.Context, cfg Config) (*Keeper, error) {
	return keep(ctx, cfg, defaultRestarts)
}

func keep(ctx context.Context, cfg Config, rules restarts) (*Keeper, error) {
	s, err := Start(ctx, cfg)
	if err != nil {
		return nil, err
	}
	// The server outlives ctx, which bounds the first start alone.
	ctx, cancel := context.WithCancel(context.WithoutCancel(ctx))
	k := &Keeper{cfg: s.cfg, rules: rules, cancel: cancel, done: make(chan struct{}), gaveUp: make(chan struct{}), server: s}
	go k.watch(ctx)
	return k, nil
}

// URL is that of [Server.URL]. It stays the same until Stop.
func (k *Keeper) URL(database string) string { return k.current().URL(database) }

// CreateDatabase is that of [Server.CreateDatabase].
func (k *Keeper) CreateDatabase(ctx context.Context, name string) error {
	return k.current().CreateDatabase(ctx, name)
}

// GaveUp returns a channel that is closed when the server will not be started
// again; Err then says why.
func (k *Keeper) GaveUp() <-chan struct{} { return k.gaveUp }

// Err is why the server was given up; nil as long as GaveUp is open.
func (k *Keeper) Err() error {
	select {
	case <-k.gaveUp:
		return k.reason
	default:
		return nil
	}
}

// Stop ends the server as [Server.Stop] does, or the attempt to start it again.
func (k *Keeper) Stop(ctx context.Context) error {
	k.cancel()
	<-k.done
	return k.current().Stop(ctx)
}

func (k *Keeper) current() *Server {
	k.mu.Lock()
	defer k.mu.Unlock()
	return k.server
}

// watch waits for the server's end and starts its successor, until ctx ends or it
// gives up.
func (k *Keeper) watch(ctx context.Context) {
	defer close(k.done)
	for failures := 0; ; {
		begun := time.Now()
		select {
		case <-k.current().Exited():
		case <-ctx.Done():
			return
		}
		if time.Since(begun) >= k.rules.calm {
			failures = 0
		}
		var err error
		if failures, err = k.startAgain(ctx, failures); err != nil {
			if ctx.Err() == nil {
				k.reason = err
				close(k.gaveUp)
			}
			return
		}
	}
}

// startAgain tries until a server runs. It counts on from failures, which it returns
// with this server's end and the attempts that failed added.
func (k *Keeper) startAgain(ctx context.Context, failures int) (int, error) {
	last := fmt.Errorf("it ended %d times in a row soon after its start", k.rules.attempts)
	for {
		failures++
		if failures >= k.rules.attempts {
			return failures, fmt.Errorf("the embedded PostgreSQL was given up after %d attempts to start it again; its log is %s: %w",
				failures-1, filepath.Join(k.cfg.DataDir, "postgres.log"), last)
		}
		pause := k.rules.pause(failures)
		k.cfg.Logger.Warn("starting the embedded PostgreSQL again", "attempt", failures, "after", pause)
		if err := rest(ctx, pause); err != nil {
			return failures, err
		}
		next, err := k.current().again(ctx)
		if err == nil {
			k.mu.Lock()
			k.server = next
			k.mu.Unlock()
			k.cfg.Logger.Info("embedded PostgreSQL started again", "pid", next.PID(), "directory", next.cluster)
			return failures, nil
		}
		k.cfg.Logger.Error("the embedded PostgreSQL could not be started again", "attempt", failures, "error", err)
		last = err
	}
}

// rest waits, or says that ctx has ended.
func rest(ctx context.Context, pause time.Duration) error {
	timer := time.NewTimer(pause)
	defer timer.Stop()
	select {
	case <-timer.C:
		return ctx.Err()
	case <-ctx.Done():
		return ctx.Err()
	}
}

// again starts the successor of a server that has ended, under its lock and its URL.
// After an error nothing runs, and again may be called once more.
func (s *Server) again(ctx context.Context) (*Server, error) {
	next := &Server{cfg: s.cfg, cluster: s.cluster, account: s.account, programs: s.programs, lock: s.lock,
		socketDir: s.socketDir, exited: make(chan struct{})}
	if s.log != nil {
		// Children of a killed postmaster notice its death only when they are through
		// with their statement, and no other server can start before. They have nobody
		// left to work for, and recovery treats them as it treats a crash.
		killHolders(s.log)
		if err := s.log.Close(); err != nil {
			return nil, fmt.Errorf("log: %w", err)
		}
		s.log = nil
	}
	var err error
	if next.log, err = openLog(ctx, s.cfg.DataDir, s.account, s.cluster); err != nil {
		return nil, err
	}
	if err := errors.Join(settlePIDFile(s.cluster), clearSocket(s.socketDir)); err != nil {
		return nil, errors.Join(err, next.log.Close())
	}
	if err := next.launch(ctx); err != nil {
		return nil, errors.Join(err, next.log.Close())
	}
	return next, nil
}
