package jobs

import (
	"context"
	"time"

	"github.com/riverqueue/river"

	"holdfast/retention"
)

const (
	// wakeEvery is how soon a subscriber is told at the latest.
	wakeEvery = time.Second
	// maxPumps is how many subscribers one process delivers to at once. Most wait for
	// answers; the queue is their own, so none of them keeps a run waiting.
	maxPumps = 32
	// maxSlow is how many more those may be that answered slowly. They have no part in the
	// others' workers, so that a quick one never waits for them.
	maxSlow = 32
)

// deliveryWorker delivers to one subscriber for a while.
type deliveryWorker struct {
	river.WorkerDefaults[retention.DeliveryJob]
	manager *Manager
}

// Work implements river.Worker.
func (w *deliveryWorker) Work(ctx context.Context, job *river.Job[retention.DeliveryJob]) error {
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	defer context.AfterFunc(w.manager.stopping, cancel)()
	return w.manager.engine.Pump(ctx, job.Args.SubscriberID, job.Args.Attempt)
}

// Timeout implements river.Worker: none, a pump ends its turn by itself.
func (w *deliveryWorker) Timeout(*river.Job[retention.DeliveryJob]) time.Duration { return -1 }
