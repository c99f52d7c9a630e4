package engine

import (
	"context"
	"time"

	"holdfast/retention"
)

// Meter is told what this process has committed, for counters. Over all processes
// of one store the sums are exact: nothing is told twice, whoever takes a run over.
// Dry runs are not told. Its methods are called from many goroutines, and must not
// block.
type Meter interface {
	// Committed tells what batches of a policy have added since the last call: rows by
	// what became of them, each row once per run.
	Committed(policy string, action retention.Action, batches int64, c retention.Counts)
	// PolicyEnded tells that this process has ended a policy's part of a run, and how
	// long it took over all attempts.
	PolicyEnded(policy string, status retention.RunStatus, took time.Duration)
	// RunEnded tells that this process has ended a run.
	RunEnded(status retention.RunStatus)
	// Delivered tells what became of n events on their way to a subscriber.
	Delivered(subscriber, outcome string, n int)
}

// noMeter counts nothing.
type noMeter struct{}

func (noMeter) Committed(string, retention.Action, int64, retention.Counts) {}
func (noMeter) PolicyEnded(string, retention.RunStatus, time.Duration)      {}
func (noMeter) RunEnded(retention.RunStatus)                                {}
func (noMeter) Delivered(subscriber, outcome string, n int)                 {}

// tally is how much of one policy's progress in one run has been told to the meter
// by this worker. It counts by high-water marks, since the progress goes back to
// nothing when a walk starts again: the rows that it left are met again, and are
// counted once.
type tally struct {
	// begun: told is what was there when this worker took the policy up.
	begun bool
	told  retention.Progress
	// unsure: a batch of ours ended without an answer, so whether the progress that is
	// read next is all ours has to be asked.
	unsure bool
}

// begin notes what earlier attempts have committed. The worker's first sign of life
// has fenced them, so it is all that they ever will.
func (t *tally) begin(p retention.Progress) {
	if !t.begun {
		t.begun, t.told = true, p.HighWater()
	}
}

// tell brings the meter up to what is committed. It is called when the fence has
// shown that every batch since begin was this worker's.
func (t *tally) tell(m Meter, p retention.Policy, now retention.Progress) {
	now = now.HighWater()
	more := now.Counts.Since(t.told.Counts)
	batches := max(0, now.Batches-t.told.Batches)
	t.told, t.unsure = now, false
	if batches > 0 || !more.IsZero() {
		m.Committed(p.Name, p.Action, batches, more)
	}
}

// count tells the meter of a step that went well. A batch was committed under the
// fence, so nobody else has committed since this worker began. A step that only found
// the walk at its end has passed no fence: after an answer that was lost, the end may
// be another worker's, and a sign of life tells.
func (w *disposal) count(ctx context.Context, done bool) error {
	if done && w.tally.unsure {
		if err := w.e.target.Beat(ctx, w.run.ID, w.run.Attempt); err != nil {
			return err
		}
	}
	w.tally.tell(w.e.meter, w.spec.Policy, w.d.Progress())
	return nil
}

// policyEnded tells the meter what has been saved. A policy that never began took no
// time.
func (e *Engine) policyEnded(r *retention.Run, res *retention.PolicyResult) {
	if !r.DryRun && res.Status.Ended() && res.StartedAt != nil {
		e.meter.PolicyEnded(res.Policy, res.Status, time.Duration(res.DurationSeconds*float64(time.Second)))
	}
}

// runEnded is what follows when this process has ended a run.
func (e *Engine) runEnded(r *retention.Run, status retention.RunStatus) {
	if !r.DryRun {
		e.meter.RunEnded(status)
	}
}
