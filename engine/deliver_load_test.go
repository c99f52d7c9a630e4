package engine_test

import (
	"context"
	"fmt"
	"runtime"
	"sync/atomic"
	"testing"
	"time"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// swift is a Sender without a network: what is measured is what happens before it.
type swift struct {
	sent   atomic.Int64
	refuse atomic.Bool
}

func (s *swift) Check(context.Context, retention.Subscriber) error { return nil }

func (s *swift) Send(context.Context, retention.Outgoing) retention.Answer {
	if s.refuse.Load() {
		return retention.Answer{Text: "500 Internal Server Error"}
	}
	s.sent.Add(1)
	return retention.Answer{Delivered: true}
}

// fillMany makes batches of 5,000 events by SQL.
func (h *house) fillMany(batches int) {
	h.t.Helper()
	h.exec(fmt.Sprintf(`
		INSERT INTO holdfast.event_batch (id, type, entity_type, policy, policy_version, run_id, action, initiated_at, occurred_at,
			count, key_parts, keys, columns, included)
		SELECT gen_random_uuid(), 'data.retention.deleted', 'user', 'users', 1, gen_random_uuid()::text, 'delete', now(), now(), 5000, 1,
		       ARRAY(SELECT 'user-' || (b * 5000 + i) FROM generate_series(1, 5000) AS i),
		       '[{"name": "region", "kind": "text"}]', ARRAY(SELECT 'region ' || i FROM generate_series(1, 5000) AS i)
		FROM generate_series(1, %d) AS b`, batches))
}

// Many events behind: while the subscriber refuses them there are a thousand rows, and
// while it takes them little memory. A million where HOLDFAST_LONG is set (`make soak`),
// 40,000 otherwise.
func TestManyEventsBehindCostFewRowsAndLittleMemory(t *testing.T) {
	batches, rounds := 8, 20
	if pgtest.Long() {
		batches, rounds = 200, 150
	}
	h := deliveryHouseWith(t, &swift{})
	sender := &swift{}
	h.engine = newPumpEngine(h, sender)
	sub := h.mustSubscriber(retention.Subscriber{URL: "http://192.0.2.1/"})
	h.fillMany(batches)
	sender.refuse.Store(true)
	for range rounds {
		h.pumpOnce(sub.ID)
		h.later(6 * time.Minute)
	}
	st := h.status(sub.ID)
	if open := st.Waiting + st.Retrying; open > 1100 || st.Undelivered() != int64(batches)*5000 {
		t.Errorf("%d deliveries are open and %d undelivered, want about 1000 and %d", open, st.Undelivered(), batches*5000)
	}
	sender.refuse.Store(false)
	h.later(3 * time.Hour)
	before, stop := heap(), make(chan struct{})
	peak := make(chan uint64, 1)
	go func() {
		var most uint64
		tick := time.NewTicker(10 * time.Millisecond)
		defer tick.Stop()
		for {
			select {
			case <-stop:
				peak <- most
				return
			case <-tick.C:
				most = max(most, heap())
			}
		}
	}()
	for range 2 { // a turn is half a minute at most
		h.pumpOnce(sub.ID)
	}
	close(stop)
	used := int64(<-peak) - int64(before)
	t.Logf("%d events sent, at most %d MiB more than before", sender.sent.Load(), used>>20)
	if sender.sent.Load() < 20_000 {
		t.Errorf("%d events were sent in two turns", sender.sent.Load())
	}
	if used > 64<<20 {
		t.Errorf("delivering took %d MiB", used>>20)
	}
}

func heap() uint64 {
	var mem runtime.MemStats
	runtime.ReadMemStats(&mem)
	return mem.HeapAlloc
}
