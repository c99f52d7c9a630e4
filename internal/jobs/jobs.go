// Package jobs works in the background of a process: it starts what schedules owe,
// takes runs up from the queue, takes over what nobody works on any more, settles
// holds and stopped runs, carries the journal and the outbox, delivers to subscribers
// and refreshes measurements.
//
// It owns when these happen; what they do is the engine's. The store enqueues a
// run's job in its own transaction. River frees a killed worker's job only after an
// hour, so a run's sign of life is in the governed database and whoever finds it
// stale queues the run again; the fence stops a worker that was only thought dead.
package jobs

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	"github.com/riverqueue/river"
	"github.com/riverqueue/river/riverdriver/riverpgxv5"

	"holdfast/engine"
	"holdfast/retention"
)

// How often each background duty is done.
const (
	tickEvery   = time.Second
	settleEvery = 2 * time.Second
	watchEvery  = time.Minute
	// carryEvery is how long others may wait for what a batch tells them; without
	// anything to carry it costs two small reads.
	carryEvery = 2 * time.Second
	sweepEvery = time.Hour
	// surveyEvery is how late the survey of a day may begin.
	surveyEvery = 10 * time.Minute
	// maxRuns is how many runs one process works on at once.
	maxRuns = 4
)

// Manager runs the background work of one process.
type Manager struct {
	engine *engine.Engine
	log    *slog.Logger
	river  *river.Client[pgx.Tx]

	stopping context.Context
	stop     context.CancelFunc
	wg       sync.WaitGroup
	// state is where the work of this process stands, ticked when it last looked at
	// the schedules.
	state  atomic.Int32
	ticked atomic.Int64
	also   []func()

	// carry asks for the journal to be carried out of turn, after a run.
	carry chan struct{}
}

// Limits are how many subscribers a process works on at once: those that answer
// quickly, and those that were slow. 0 stands for the default.
type Limits struct {
	Pumps, Slow int
}

// New prepares the background work; Start begins it. pool belongs to the store,
// schema is the one that River's tables live in.
func New(e *engine.Engine, pool *pgxpool.Pool, schema string, limits Limits, log *slog.Logger) (*Manager, error) {
	m := &Manager{engine: e, log: log, carry: make(chan struct{}, 1)}
	m.stopping, m.stop = context.WithCancel(context.Background())
	workers := river.NewWorkers()
	if err := river.AddWorkerSafely(workers, &runWorker{manager: m}); err != nil {
		return nil, err
	}
	if err := river.AddWorkerSafely(workers, &deliveryWorker{manager: m}); err != nil {
		return nil, err
	}
	client, err := river.NewClient(riverpgxv5.New(pool), &river.Config{
		Schema: schema,
		Queues: map[string]river.QueueConfig{
			retention.RunQueue:      {MaxWorkers: maxRuns},
			retention.DeliveryQueue: {MaxWorkers: cmp.Or(limits.Pumps, maxPumps)},
			retention.SlowQueue:     {MaxWorkers: cmp.Or(limits.Slow, maxSlow)},
		},
		Workers: workers,
		// A run takes as long as it takes; its batches have their own time-outs.
		JobTimeout:        -1,
		FetchCooldown:     50 * time.Millisecond,
		FetchPollInterval: 500 * time.Millisecond,
		Logger:            log.With("component", "river"),
	})
	if err != nil {
		return nil, fmt.Errorf("job queue: %w", err)
	}
	m.river = client
	return m, nil
}

// Start begins to work. Stop ends it.
func (m *Manager) Start(ctx context.Context) error {
	if err := m.river.Start(ctx); err != nil {
		return fmt.Errorf("job queue: %w", err)
	}
	m.ticked.Store(time.Now().UnixNano())
	m.state.Store(working)
	m.every(tickEvery, nil, "start what schedules owe", m.tick)
	m.every(settleEvery, nil, "settle holds", m.engine.SettleHolds)
	m.every(watchEvery, nil, "watch the tables of holds", m.engine.WatchHolds)
	m.every(settleEvery, nil, "settle stopped runs", m.engine.SettleRuns)
	m.every(settleEvery, nil, "take over runs", m.engine.TakeOver)
	m.every(carryEvery, m.carry, "carry journal and events", m.engine.CarryJournal)
	m.every(settleEvery, nil, "measure policies", m.engine.MeasurePolicies)
	m.every(tickEvery, nil, "restore archived rows", m.engine.WorkRestores)
	m.every(wakeEvery, nil, "wake subscribers", m.engine.WakePumps)
	m.every(surveyEvery, nil, "survey the tables", m.engine.SurveyCoverage)
	m.every(sweepEvery, nil, "sweep", m.engine.Sweep)
	for _, begin := range m.also {
		begin()
	}
	return nil
}

// The states of a manager.
const (
	notStarted int32 = iota
	working
	stopped
)

// tickStale is the age of the last look at the schedules from which the background
// work counts as standing still; a look has time-outs well below it.
const tickStale = 2 * time.Minute

func (m *Manager) tick(ctx context.Context) error {
	err := m.engine.TickSchedules(ctx)
	// Also after a failure: that the store is away is for another check to say.
	m.ticked.Store(time.Now().UnixNano())
	return err
}

// Working tells whether the background work of this process goes on; the error says
// why not, for people.
func (m *Manager) Working() error {
	switch m.state.Load() {
	case notStarted:
		return errors.New("the background work of this process has not started yet")
	case stopped:
		return errors.New("the background work of this process is stopped")
	}
	if silent := time.Since(time.Unix(0, m.ticked.Load())); silent > tickStale {
		return fmt.Errorf("the background work of this process stands still since %s", silent.Round(time.Second))
	}
	return nil
}

// Stop lets the batches in hand finish for as long as patience, hands the runs on and
// waits. What has not ended then is cancelled, and what has not ended when ctx does goes
// on by itself: the queue's own goroutines try again and again to reach a store that
// hangs. The error is then the context's.
func (m *Manager) Stop(ctx context.Context, patience time.Duration) error {
	m.state.Store(stopped)
	m.stop()
	patient, cancel := context.WithTimeout(ctx, patience)
	defer cancel()
	err := m.river.Stop(patient)
	if err != nil {
		err = m.river.StopAndCancel(ctx)
	}
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		m.wg.Wait()
	}()
	select {
	case <-ended:
		return err
	case <-ctx.Done():
		return errors.Join(err, ctx.Err())
	}
}

// every does a duty now and then, and when nudged, until Stop. A failure is logged
// when it begins and when it ends, not every few seconds between.
func (m *Manager) every(period time.Duration, nudge <-chan struct{}, what string, do func(context.Context) error) {
	m.wg.Go(func() {
		failing := false
		for {
			err := do(m.stopping)
			switch {
			case m.stopping.Err() != nil:
				return
			case err != nil && !failing:
				m.log.Warn("background duty fails", "duty", what, "error", err)
			case err == nil && failing:
				m.log.Info("background duty works again", "duty", what)
			}
			failing = err != nil
			select {
			case <-m.stopping.Done():
				return
			case <-nudge:
			case <-time.After(period):
			}
		}
	})
}

// Also adds a duty of somebody else's, done every period from Start to Stop. It must
// be called before Start.
func (m *Manager) Also(period time.Duration, what string, do func(context.Context) error) {
	m.also = append(m.also, func() { m.every(period, nil, what, do) })
}

func nudge(c chan<- struct{}) {
	select {
	case c <- struct{}{}:
	default:
	}
}

// runWorker works on one run until it ends.
type runWorker struct {
	river.WorkerDefaults[retention.RunJob]
	manager *Manager
}

// Work implements river.Worker.
func (w *runWorker) Work(ctx context.Context, job *river.Job[retention.RunJob]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.manager.stopping, cancel)()
	err := w.manager.engine.ExecuteRun(ctx, job.Args.RunID, job.Args.Attempt)
	// The run does not wait for its batches to be carried, and its page hardly does.
	nudge(w.manager.carry)
	if errors.Is(err, engine.ErrHandedOn) {
		return nil
	}
	return err
}

// Timeout implements river.Worker: none.
func (w *runWorker) Timeout(*river.Job[retention.RunJob]) time.Duration { return -1 }
