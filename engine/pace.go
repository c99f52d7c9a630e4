package engine

import (
	"context"
	"fmt"
	"strings"
	"time"

	"holdfast/retention"
)

const (
	// restShare: at the default pace a worker rests this many times as long as its
	// batch took. It is at work for one part in sixteen of the time, so that nearly all
	// transactions beside it meet no batch at all (`make bench`, Bystanders).
	restShare = 15
	maxRest   = 5 * time.Second
	// throttled: where the database has enough to bear already it rests so many times
	// longer.
	throttled = 4
	// pressureEvery is how often the pressure on the database is read.
	pressureEvery = time.Second
	// lagEvery is how often a run that waits for a standby looks again.
	lagEvery = 500 * time.Millisecond

	// DefaultMaxReplicaLag is the limit of [Options] unless they say otherwise.
	DefaultMaxReplicaLag = 3 * time.Second
	// DefaultMaxWALRate is likewise, in bytes a second.
	DefaultMaxWALRate = 64 << 20
)

// throttledBecause begins what a run says while it is slowed down.
const throttledBecause = "throttled: "

// brakes are what slows a policy of a run down.
type brakes struct {
	// read is when the pressure was last read, and last what it was.
	read time.Time
	last retention.Pressure
}

// rest leaves the database to others: in proportion to the work done, longer where it has
// much to bear, by the policy's rate limit, and until its standbys have caught up. At
// the pace max only the last is left.
func (w *disposal) rest(ctx context.Context, step retention.StepResult) error {
	if err := w.awaitReplicas(ctx); err != nil {
		return err
	}
	if w.spec.Pace == retention.PaceMax {
		w.sayThrottled(ctx, "") // a standby that was behind has caught up
		return ctx.Err()
	}
	pause := min(restShare*step.Took, maxRest)
	why := w.throttledBy(step)
	if why != "" {
		pause = min(throttled*pause, throttled*maxRest)
	}
	w.sayThrottled(ctx, why)
	return w.e.wait(ctx, max(pause, w.limited(step)))
}

// limited is the pause that the policy's rate limit asks for after a step.
func (w *disposal) limited(step retention.StepResult) time.Duration {
	limit := w.spec.Policy.RateLimit
	if limit == 0 {
		return 0
	}
	return time.Duration(float64(step.Counts.Processed)/float64(limit)*float64(time.Second)) - step.Took
}

// throttledBy says what the database has to bear that a run should not add to; empty for
// nothing.
func (w *disposal) throttledBy(step retention.StepResult) string {
	var why []string
	if n := step.Waiters; n > 0 {
		why = append(why, fmt.Sprintf("%d %s waited for a lock of a batch", n, plural(n, "session", "sessions")))
	}
	p := w.brakes.last
	if limit := w.e.maxWALRate; limit > 0 && p.WALRate > float64(limit) {
		why = append(why, fmt.Sprintf("the server writes %.0f MiB/s of WAL", p.WALRate/(1<<20)))
	}
	if p.Vacuum {
		why = append(why, fmt.Sprintf("VACUUM is at work on %s", w.spec.Policy.Table))
	}
	return strings.Join(why, "; ")
}

func plural(n int, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// awaitReplicas reads the pressure from time to time, and while a standby is too far
// behind it waits.
func (w *disposal) awaitReplicas(ctx context.Context) error {
	if time.Since(w.brakes.read) < pressureEvery || w.d == nil {
		return nil
	}
	for {
		// A reading that fails says nothing of the work: the next step will.
		p, err := w.d.Pressure(context.WithoutCancel(ctx))
		w.brakes.read = time.Now()
		if err != nil {
			return ctx.Err()
		}
		w.brakes.last = p
		if w.e.maxReplicaLag <= 0 || p.ReplicaLag <= w.e.maxReplicaLag {
			return nil
		}
		w.sayThrottled(ctx, fmt.Sprintf("replica lag %.1f s (%s)", p.ReplicaLag.Seconds(), p.Replica))
		if err := w.e.wait(ctx, lagEvery); err != nil {
			return err
		}
	}
}

// sayThrottled shows on the run why it is slow, and takes it back.
func (w *disposal) sayThrottled(ctx context.Context, why string) {
	if why != "" {
		why = throttledBecause + why
	} else if !strings.HasPrefix(w.run.Waiting, throttledBecause) {
		return
	}
	w.e.sayWaiting(ctx, w.run, why)
}
