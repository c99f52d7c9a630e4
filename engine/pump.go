package engine

import (
	"context"
	"errors"
	"fmt"
	"math/rand/v2"
	"sync/atomic"
	"time"

	"holdfast/retention"
)

const (
	// pumpTurn is how long one job works on a subscriber at most. Where another one waits
	// for a worker the turn ends at the next beat.
	pumpTurn = 30 * time.Second
	// slowAnswer is from when on an answer is a slow one. A subscriber with one in its last
	// turn is worked on by workers that are apart from the others' (retention.SlowQueue),
	// and a turn among the others ends when it proves slow: whatever is slow to answer
	// must not have the workers of what is not.
	slowAnswer = 2 * time.Second
	// pumpBeat is how often a pump shows that it lives; it stops itself when it could
	// not for pumpLost, before anybody may take over (retention.PumpSilent).
	pumpBeat = 2 * time.Second
	pumpLost = 7 * time.Second
	// pumpChunk is how many events are sent between two savings, and shipTime how long
	// they are handed over at most. What was sent and not yet saved is sent again after a
	// crash, and counts as not delivered until then.
	pumpChunk = 1000
	shipTime  = 2 * time.Second
	// pumpMinChunk is how few are read where there is hardly room for more failures.
	pumpMinChunk = 50
	// MaxOpenDeliveries bounds the deliveries that wait or are retried of a subscriber
	// that refuses everything. Where they are so many the cursor moves on only if it takes
	// some: one that is away for a day, with a million events behind, must not make a
	// million rows.
	MaxOpenDeliveries = 1000
	// MaxStuckDeliveries bounds them where it takes what is about other entities: that
	// waits only for earlier events of its own.
	MaxStuckDeliveries = 100_000
	// saveTime bounds the last saving of a pump that was asked to stop.
	saveTime = 3 * time.Second
)

// retryPauses grow with the failed attempts of an event; the last one stays.
var retryPauses = []time.Duration{
	5 * time.Second, 30 * time.Second, 2 * time.Minute, 10 * time.Minute, 30 * time.Minute, time.Hour, 3 * time.Hour,
}

// breakPauses grow with the number of times in a row that a subscriber refused
// everything. They are shorter than an event's: one that answers again is to be told
// at once, and asking costs a few requests.
var breakPauses = []time.Duration{5 * time.Second, 15 * time.Second, 30 * time.Second, time.Minute, 2 * time.Minute, 5 * time.Minute}

// maxRetryAfter bounds what a subscriber may ask for by Retry-After.
const maxRetryAfter = time.Hour

func pauseOf(pauses []time.Duration, n int) time.Duration {
	d := pauses[min(max(n, 0), len(pauses)-1)]
	// A tenth more or less, so that what failed at once is not tried again at once.
	return d + time.Duration((rand.Float64()-0.5)*0.2*float64(d)) //nolint:gosec // spreads load, decides nothing
}

// WakePumps enqueues work for the subscribers that have some.
func (e *Engine) WakePumps(ctx context.Context) error {
	_, err := e.store.WakePumps(ctx, MaxStuckDeliveries)
	return err
}

// Pump delivers to one subscriber until there is nothing to do, its turn is over, it
// refuses everything, or ctx ends. expect is the attempt at which the job was
// enqueued: if somebody else has taken the subscriber up since, nothing happens.
//
// Each event is sent at least once: it counts as delivered when the subscriber has
// said so, and the cursor moves on after that. For each entity they go in order: while
// one has not gone through, the ones after it are kept back.
func (e *Engine) Pump(ctx context.Context, id string, expect int) error {
	if e.sender == nil {
		return errNoSender
	}
	p, ok, err := e.store.ClaimPump(ctx, id, expect)
	if err != nil || !ok {
		return err
	}
	ctx, cancel := context.WithCancel(ctx)
	defer cancel()
	turn, endTurn := context.WithTimeout(ctx, pumpTurn)
	defer endTurn()
	w := &pump{e: e, Pump: p, wasSlow: p.Slow, turn: turn, endTurn: endTurn}
	beats := make(chan struct{})
	go func() {
		defer close(beats)
		w.beat(ctx, cancel, id, p.Attempt)
	}()
	err = w.run(ctx)
	cancel()
	<-beats
	if errors.Is(err, retention.ErrConflict) {
		return nil // somebody else has it, or it has ended
	}
	rctx, rcancel := context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	defer rcancel()
	if rerr := e.store.ReleasePump(rctx, id, p.Attempt, w.slowNow()); !errors.Is(rerr, retention.ErrConflict) {
		err = errors.Join(err, rerr)
	}
	return err
}

// beat shows that the pump lives, and stops it when it cannot or when it has been
// taken over. It ends the turn when another subscriber waits for a worker.
func (w *pump) beat(ctx context.Context, stop context.CancelFunc, id string, attempt int) {
	alive := time.AfterFunc(pumpLost, stop)
	defer alive.Stop()
	for w.e.wait(ctx, pumpBeat) == nil {
		others, err := w.e.store.BeatPump(ctx, id, attempt)
		switch {
		case err == nil:
			alive.Reset(pumpLost)
			if others {
				w.endTurn()
			}
		case errors.Is(err, retention.ErrConflict):
			stop()
			return
		}
	}
}

// pump is one turn of work on a subscriber.
type pump struct {
	retention.Pump
	e *Engine
	// turn is over when no further event is to be handed over.
	turn    context.Context //nolint:containedctx // it bounds the handing over, and nothing that is under way
	endTurn context.CancelFunc
	// wasSlow is how it answered in the turn before, and so whose worker this is.
	wasSlow bool
	// asked and sawSlow: an answer was waited for in this turn, and one took long.
	asked, sawSlow atomic.Bool
	// live and replay are what was read ahead of the two cursors.
	live, replay readAhead
	// doubted: what was tried again was refused, each and every one. That says nothing yet
	// of events of other entities.
	doubted bool
}

// readAhead are batches that were read and not yet sent to their end.
type readAhead struct {
	batches []retention.EventBatch
	// at is the position in the first of them.
	at int
	// end is the place behind all that was looked at.
	end retention.LogPosition
	// replay is the replay's id and filter the part of the log it is about.
	replay *retention.ReplayCursor
}

// proveSlow notes that an answer takes long. A subscriber that has a worker which the
// quick ones may need gives it back.
func (w *pump) proveSlow() {
	w.sawSlow.Store(true)
	if !w.wasSlow {
		w.endTurn()
	}
}

// slowNow is how the subscriber answers now; one that was not asked is as it was.
func (w *pump) slowNow() bool {
	if !w.asked.Load() {
		return w.wasSlow
	}
	return w.sawSlow.Load()
}

func (w *pump) run(ctx context.Context) error {
	for w.turn.Err() == nil && w.Subscriber.Enabled {
		worked, refused, err := w.round(ctx)
		if err != nil || refused || !worked {
			if ctx.Err() != nil {
				err = nil // stopped by us
			}
			return err
		}
	}
	return nil
}

// round does one step of each kind of work: what is due again, what is next in the
// log, what is to be replayed. refused means that the subscriber took nothing.
func (w *pump) round(ctx context.Context) (worked, refused bool, err error) {
	w.doubted = false
	for _, step := range []func(context.Context) (bool, bool, error){w.retryStep, w.liveStep, w.replayStep} {
		did, refused, err := step(ctx)
		if err != nil || refused || w.turn.Err() != nil {
			return worked, refused, err
		}
		worked = worked || did
	}
	if !w.doubted {
		return worked, false, nil
	}
	// There was nothing else that it could have taken.
	return true, true, w.leaveAlone(ctx, retention.PumpStep{})
}

// leaveAlone pauses a subscriber that refuses everything.
func (w *pump) leaveAlone(ctx context.Context, step retention.PumpStep) (err error) {
	step.Pause = pauseOf(breakPauses, w.Breaks)
	w.Pump, err = w.e.store.SavePump(ctx, w.Subscriber.ID, w.Attempt, step)
	return err
}

// crowded: it refuses everything and so much is open that what it refuses now must not
// be kept too.
func (w *pump) crowded() bool { return w.Breaks > 0 && w.Open >= MaxOpenDeliveries }

// retryStep tries what is due again, each entity's events until one fails.
func (w *pump) retryStep(ctx context.Context) (worked, refused bool, err error) {
	if w.Open == 0 {
		return false, false, nil
	}
	due, err := w.e.store.DueDeliveries(ctx, w.Subscriber.ID, pumpChunk)
	if err != nil || len(due) == 0 {
		return false, false, err
	}
	items := make([]parcel, len(due))
	for i := range due {
		d := &due[i]
		items[i] = parcel{batch: &d.Event, place: retention.LogPosition{No: d.BatchNo, Position: d.Position}, entity: d.Entity, open: d}
	}
	return w.deliver(ctx, items, nil, func(int) retention.PumpStep { return retention.PumpStep{} })
}

// liveStep sends what comes next in the log.
func (w *pump) liveStep(ctx context.Context) (worked, refused bool, err error) {
	if w.Open >= MaxStuckDeliveries {
		return false, false, nil
	}
	room := min(pumpChunk, max(MaxStuckDeliveries-w.Open, pumpMinChunk))
	if w.Breaks > 0 && !w.crowded() {
		room = min(pumpChunk, max(MaxOpenDeliveries-w.Open, pumpMinChunk))
	}
	if more, err := w.live.fill(ctx, w, w.Cursor, nil); err != nil || !more {
		return false, false, err
	}
	return w.sendAhead(ctx, &w.live, room)
}

// replayStep sends a part of the log again.
func (w *pump) replayStep(ctx context.Context) (worked, refused bool, err error) {
	if w.Open >= MaxStuckDeliveries || w.crowded() {
		return false, false, nil
	}
	r, ok, err := w.e.store.OpenReplay(ctx, w.Subscriber.ID)
	if err != nil || !ok {
		return false, false, err
	}
	if w.replay.replay == nil || w.replay.replay.ID != r.ID {
		w.replay = readAhead{}
	}
	more, err := w.replay.fill(ctx, w, r.Cursor, &r)
	if err != nil {
		return false, false, err
	}
	if !more {
		w.Pump, err = w.e.store.SavePump(ctx, w.Subscriber.ID, w.Attempt, retention.PumpStep{ReplayID: r.ID, ReplayDone: true})
		return true, false, err
	}
	return w.sendAhead(ctx, &w.replay, pumpChunk)
}

// fill reads on where everything read before has been sent; false at the end.
func (r *readAhead) fill(ctx context.Context, w *pump, from retention.LogPosition, part *retention.ReplayCursor) (bool, error) {
	if len(r.batches) > 0 {
		return true, nil
	}
	batches, end, more, err := w.e.store.EventsToSend(ctx, from, part, w.Subscriber, pumpChunk)
	if err != nil || !more {
		return false, err
	}
	*r = readAhead{batches: batches, end: end, replay: part}
	if len(batches) > 0 && batches[0].No == from.No+1 {
		r.at = min(from.Position, batches[0].Count)
	}
	return true, nil
}

// sendAhead sends up to n of the events that were read, and moves the cursor past
// them.
func (w *pump) sendAhead(ctx context.Context, r *readAhead, n int) (worked, refused bool, err error) {
	version := w.Subscriber.Version
	items := r.parcels(n)
	var kept map[string]bool
	if w.Open > 0 {
		if kept, err = w.e.store.OpenEntities(ctx, w.Subscriber.ID); err != nil {
			return false, false, err
		}
	}
	_, refused, err = w.deliver(ctx, items, kept, func(sent int) retention.PumpStep {
		step := retention.PumpStep{Cursor: new(retention.LogPosition)}
		*step.Cursor = r.advance(sent)
		if r.replay != nil {
			step.ReplayID, step.Passed = r.replay.ID, sent
		}
		return step
	})
	if w.Subscriber.Version != version {
		w.live, w.replay = readAhead{}, readAhead{} // edited meanwhile: it may want others
	}
	return true, refused, err
}

// parcels are the next n events, or fewer.
func (r *readAhead) parcels(n int) []parcel {
	var out []parcel
	at := r.at
	for b := range r.batches {
		batch := &r.batches[b]
		for ; at < batch.Count && len(out) < n; at++ {
			out = append(out, parcel{batch: batch, index: at, place: retention.LogPosition{No: batch.No, Position: at}, entity: retention.EntityDigest(batch, at)})
		}
		if len(out) == n {
			break
		}
		at = 0
	}
	return out
}

// advance drops the first n events and answers the place behind them.
func (r *readAhead) advance(n int) retention.LogPosition {
	r.at += n
	for len(r.batches) > 0 && r.at >= r.batches[0].Count {
		r.at -= r.batches[0].Count
		r.batches = r.batches[1:]
	}
	if len(r.batches) == 0 {
		r.at = 0
		return r.end
	}
	return retention.LogPosition{No: r.batches[0].No - 1, Position: r.at}
}

// deliver hands parcels over and keeps what came of it. begin makes the step that
// moves the cursor past the first so many of them.
func (w *pump) deliver(ctx context.Context, items []parcel, kept map[string]bool, begin func(handed int) retention.PumpStep) (worked, refused bool, err error) {
	s := &shipment{pump: w, items: items, kept: kept, keys: w.e.signingKeys(w.Pump), fates: make([]fate, len(items))}
	again := len(items) > 0 && items[0].open != nil
	if w.doubted {
		s.onlyFew()
	}
	handed := s.ship(ctx)
	live, replay := w.live, w.replay // advancing moves what was read ahead
	step := begin(handed)
	s.account(&step, handed)
	switch {
	case step.Sent > 0:
		w.doubted = false
	case !again && w.crowded() && ctx.Err() == nil && (step.Failures > 0 || w.turn.Err() == nil):
		// Nothing of it is kept: the cursor stands still.
		w.live, w.replay, w.doubted = live, replay, false
		return true, true, w.leaveAlone(ctx, retention.PumpStep{Failures: step.Failures, LastAnswer: step.LastAnswer})
	}
	if again && s.refused.Load() && s.retryAfter.Load() == 0 {
		w.doubted = true
		s.refused.Store(false)
	}
	if s.refused.Load() {
		step.Pause = pauseOf(breakPauses, w.Breaks)
		if wanted := time.Duration(s.retryAfter.Load()); wanted > 0 {
			step.Pause = min(max(wanted, time.Second), maxRetryAfter)
		}
	}
	// What was sent is kept even where the pump is being stopped; if somebody else has
	// taken over, the fence refuses it.
	sctx, cancel := ctx, context.CancelFunc(func() {})
	if ctx.Err() != nil {
		sctx, cancel = context.WithTimeout(context.WithoutCancel(ctx), saveTime)
	}
	defer cancel()
	next, err := w.e.store.SavePump(sctx, w.Subscriber.ID, w.Attempt, step)
	if err != nil {
		return false, false, fmt.Errorf("keep what was delivered to %q: %w", w.Subscriber.Name, err)
	}
	w.e.delivered(w.Subscriber.Name, step)
	w.Pump = next
	return true, s.refused.Load(), nil
}
