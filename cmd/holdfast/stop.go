package main

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"time"

	"holdfast/internal/jobs"
)

const (
	// stopWithin bounds everything from the wish to stop to the exit: supervisors
	// commonly kill after ten seconds.
	stopWithin = 9 * time.Second
	// stopHTTP is what open requests have of it and stopJobs what batches have, side by
	// side; then what is left of both is cut off.
	stopHTTP = 3 * time.Second
	stopJobs = 6 * time.Second
	// stopClose is kept back for the connections and the embedded PostgreSQL, of it
	// stopQuit for one that does not end in order.
	stopClose = 1500 * time.Millisecond
	stopQuit  = 500 * time.Millisecond
)

// ending is the time that is left to stop in, less what is reserved for later. It runs
// from the first call; after it the process leaves whatever still hangs. A database that
// refuses ends everything at once, but one that hangs keeps the queue's own goroutines,
// and the goodbyes of connections, for as long as it likes.
func (a *app) ending(reserved time.Duration) (context.Context, context.CancelFunc) {
	if a.endBy.IsZero() {
		a.endBy = time.Now().Add(stopWithin)
	}
	return context.WithDeadline(context.Background(), a.endBy.Add(-reserved))
}

// endedBefore tells whether do has ended before ctx; if not it goes on by itself.
func endedBefore(ctx context.Context, do func()) bool {
	done := make(chan struct{})
	go func() {
		defer close(done)
		do()
	}()
	select {
	case <-done:
		return true
	case <-ctx.Done():
		return false
	}
}

// stop ends requests and background work side by side; the listener is closed at once.
func (a *app) stop(srv *http.Server, stopWork func() error) error {
	ctx, cancel := context.WithTimeout(context.Background(), stopHTTP)
	defer cancel()
	shut := make(chan struct{})
	go func() {
		defer close(shut)
		_ = srv.Shutdown(ctx) // what is still open then is cut off by the exit
	}()
	err := stopWork()
	<-shut
	return err
}

// stopManager stops the background work, or says why it is left as it is.
func (a *app) stopManager(manager *jobs.Manager) error {
	ctx, cancel := a.ending(stopClose)
	defer cancel()
	err := manager.Stop(ctx, stopJobs)
	if errors.Is(err, context.DeadlineExceeded) {
		return fmt.Errorf("the background work did not end within %s, since a database does not answer; it is cut off: a batch in hand is rolled back or committed as a whole, and its run is taken up by another process or at the next start: %w", stopWithin-stopClose, err)
	}
	return err
}

// close ends the connections and the embedded PostgreSQL, in the time that is left.
func (a *app) close() {
	ctx, cancel := a.ending(0)
	defer cancel()
	if !endedBefore(ctx, a.closeAll) {
		a.log.Error("a database does not answer; leaving without closing the connections to it")
	}
}

func (a *app) closeAll() {
	pools, cancel := a.ending(stopClose - stopQuit)
	defer cancel()
	if !endedBefore(pools, a.closePools) {
		a.log.Error("connections to a database cannot be closed, since it does not answer")
	}
	if a.pg == nil {
		return
	}
	ctx, cancelPG := a.ending(stopQuit)
	defer cancelPG()
	if err := a.pg.Stop(ctx); err != nil && !errors.Is(err, context.Canceled) {
		a.log.Error("the embedded PostgreSQL did not stop cleanly", "error", err)
	}
}

func (a *app) closePools() {
	if a.sender != nil {
		a.sender.Close()
	}
	if a.target != nil {
		a.target.Close()
	}
	if a.store != nil {
		a.store.Close()
	}
}
