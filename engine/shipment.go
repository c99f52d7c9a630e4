package engine

import (
	"context"
	"encoding/json"
	"fmt"
	"hash/maphash"
	"sync"
	"sync/atomic"
	"time"

	"holdfast/retention"
)

const (
	// shipLanes is how many events are on their way to one subscriber at once. All of
	// an entity go through one lane, one after the other.
	shipLanes = 16
	// shipQueue is how many events wait in front of each lane.
	shipQueue = 4
	// refusals in a row, with nothing that went through between, are a subscriber that
	// takes nothing: it is left alone for a while.
	refusals = 10
	// sendTime bounds one attempt.
	sendTime = 10 * time.Second
)

var errNoAnswer = fmt.Errorf("no answer within %d seconds", int(sendTime.Seconds()))

// parcel is one event on its way to a subscriber.
type parcel struct {
	batch *retention.EventBatch
	index int
	// place is where it stands in the log, and so its id.
	place  retention.LogPosition
	entity string
	// open is the delivery that it is already; nil for what comes from the log.
	open *retention.OpenDelivery
}

func (p *parcel) id() string { return retention.EventID(p.batch.ID, p.place.Position) }

func (p *parcel) attempts() int {
	if p.open == nil {
		return 0
	}
	return p.open.Attempts
}

// fate is what became of a parcel.
type fate struct {
	// tried is false for one that was kept back.
	tried bool
	// left is true for one that was not tried because the shipment ended.
	left   bool
	answer retention.Answer
}

// shipment hands parcels to a subscriber in lanes.
type shipment struct {
	pump  *pump
	items []parcel
	// kept are the entities that have an open delivery.
	kept  map[string]bool
	keys  []string
	fates []fate
	// until is when nothing more is handed over, and drained when what still stands in
	// front of the lanes is left too: quick answers leave nothing there by then.
	until, drained time.Time

	inARow     atomic.Int32
	refused    atomic.Bool
	retryAfter atomic.Int64
}

// ship hands parcels to the lanes in their order, until all have been or the
// subscriber refuses everything, it is time to save, the turn is over or ctx ends. After
// that nothing is sent but what is on its way, which takes no longer than sendTime. It
// answers how many were handed over; each of those has its fate, and none after them
// was touched.
func (s *shipment) ship(ctx context.Context) int {
	s.until = time.Now().Add(shipTime)
	s.drained = s.until.Add(shipTime)
	handing, cancel := context.WithDeadline(s.pump.turn, s.until)
	defer cancel()
	lanes := make([]chan int, shipLanes)
	var wg sync.WaitGroup
	for i := range lanes {
		lanes[i] = make(chan int, shipQueue)
		wg.Go(func() { s.lane(ctx, lanes[i]) })
	}
	seed := maphash.MakeSeed()
	handed := 0
	for handed < len(s.items) && !s.refused.Load() && handing.Err() == nil {
		select {
		case lanes[maphash.String(seed, s.items[handed].entity)%shipLanes] <- handed:
			handed++
		case <-handing.Done():
		}
	}
	for _, lane := range lanes {
		close(lane)
	}
	wg.Wait()
	for handed > 0 && s.fates[handed-1].left {
		handed--
	}
	return handed
}

// ended is whether nothing more is to be sent of what was handed over.
func (s *shipment) ended() bool { return s.pump.turn.Err() != nil || time.Now().After(s.drained) }

// onlyFew lets fewer refusals in a row do where there are fewer that could be taken.
func (s *shipment) onlyFew() {
	free := 0
	for i := range s.items {
		if free < refusals && !s.kept[s.items[i].entity] {
			free++
		}
	}
	s.inARow.Store(int32(refusals - max(free, 1)))
}

// lane sends the events of its entities, one after the other.
func (s *shipment) lane(ctx context.Context, queue <-chan int) {
	stuck := map[string]bool{}
	for i := range queue {
		p := &s.items[i]
		later := p.open != nil && p.open.State == retention.DeliveryRetrying && !p.open.Due
		if s.ended() {
			s.fates[i].left, stuck[p.entity] = true, true
			continue
		}
		if s.kept[p.entity] || stuck[p.entity] || later || s.refused.Load() {
			stuck[p.entity] = true
			continue
		}
		answer := s.send(ctx, p)
		if !answer.Delivered && ctx.Err() != nil {
			s.fates[i].left, stuck[p.entity] = true, true
			continue // cut off by us: the subscriber is not to blame
		}
		s.fates[i] = fate{tried: true, answer: answer}
		if answer.Delivered {
			s.inARow.Store(0)
			continue
		}
		stuck[p.entity] = true
		if answer.RetryAfter > 0 {
			s.retryAfter.Store(int64(answer.RetryAfter))
		}
		if s.inARow.Add(1) >= refusals || answer.RetryAfter > 0 {
			s.refused.Store(true)
		}
	}
}

func (s *shipment) send(ctx context.Context, p *parcel) retention.Answer {
	event, err := p.batch.Event(p.index, s.pump.e.source)
	if err != nil {
		return retention.Answer{Text: "the event cannot be written: " + err.Error()}
	}
	event.ID = p.id()
	body, err := json.Marshal(event)
	if err != nil {
		return retention.Answer{Text: "the event cannot be written: " + err.Error()}
	}
	ctx, cancel := context.WithTimeoutCause(ctx, sendTime, errNoAnswer)
	defer cancel()
	s.pump.asked.Store(true)
	defer time.AfterFunc(slowAnswer, s.pump.proveSlow).Stop()
	return s.pump.e.sender.Send(ctx, retention.Outgoing{
		To: s.pump.Subscriber, Keys: s.keys, ID: event.ID, Type: event.Type, Body: body,
	})
}

// account turns the fates of what was handed over into what is kept of it.
func (s *shipment) account(step *retention.PumpStep, handed int) {
	for i := range handed {
		p, f := &s.items[i], &s.fates[i]
		if f.tried && f.answer.Delivered {
			step.Sent++
			if p.open != nil {
				step.Settled = append(step.Settled, retention.Delivered{ID: p.open.ID, Entity: p.entity})
			}
			if step.ReplayID != 0 {
				step.Replayed = append(step.Replayed, p.place)
			}
			continue
		}
		if !f.tried && p.open != nil {
			continue // it waits as it did
		}
		failed := retention.Attempted{BatchID: p.batch.ID, BatchNo: p.place.No, Position: p.place.Position, Entity: p.entity, Tried: f.tried}
		if f.tried {
			step.Failures++
			step.LastAnswer = f.answer.Text
			failed.Answer, failed.Pause = f.answer.Text, max(pauseOf(retryPauses, p.attempts()), min(f.answer.RetryAfter, maxRetryAfter))
		}
		step.Failed = append(step.Failed, failed)
	}
}

// The outcomes of an attempt, as they are counted.
const (
	outcomeDelivered = "delivered"
	outcomeFailed    = "failed"
)

// delivered tells whoever counts what has been kept.
func (e *Engine) delivered(subscriber string, step retention.PumpStep) {
	for outcome, n := range map[string]int64{outcomeDelivered: step.Sent, outcomeFailed: step.Failures} {
		if n > 0 {
			e.meter.Delivered(subscriber, outcome, int(n))
		}
	}
}
