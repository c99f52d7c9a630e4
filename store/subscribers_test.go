package store_test

import (
	"context"
	"testing"
	"time"

	"holdfast/retention"
	"holdfast/store"
)

func subscriber(name string) retention.Subscriber {
	return retention.Subscriber{Name: name, Kind: retention.SubscriberNATS, URL: "nats://n", Enabled: true}.WithDefaults()
}

// subscriberWrites are the methods that change a subscriber, for the audit's tests.
func subscriberWrites() []write {
	onOne := func(method string, before, after bool, f func(ctx context.Context, s *store.Store, sub retention.Subscriber, by retention.By) error) write {
		return write{method, before, after, func(t *testing.T, s *store.Store) call {
			sub := must(s.CreateSubscriber(t.Context(), subscriber("crm"), by("subscriber.create")))(t)
			return func(ctx context.Context, by retention.By) (string, error) {
				return "subscriber/" + sub.ID, f(ctx, s, sub, by)
			}
		}}
	}
	return []write{
		{"CreateSubscriber", false, true, func(_ *testing.T, s *store.Store) call {
			return func(ctx context.Context, by retention.By) (string, error) {
				sub, err := s.CreateSubscriber(ctx, subscriber("crm"), by)
				return "subscriber/" + sub.ID, err
			}
		}},
		onOne("ReviseSubscriber", true, true, func(ctx context.Context, s *store.Store, sub retention.Subscriber, by retention.By) error {
			sub.Enabled = false
			_, err := s.ReviseSubscriber(ctx, sub, 1, by)
			return err
		}),
		onOne("RotateSecret", true, true, func(ctx context.Context, s *store.Store, sub retention.Subscriber, by retention.By) error {
			_, err := s.RotateSecret(ctx, sub.ID, time.Hour, false, by)
			return err
		}),
		onOne("TestedSubscriber", false, true, func(ctx context.Context, s *store.Store, sub retention.Subscriber, by retention.By) error {
			return s.TestedSubscriber(ctx, sub.ID, retention.SubscriberTest{EventID: "t", Delivered: true, Answer: "204"}, by)
		}),
		onOne("EndSubscriber", true, false, func(ctx context.Context, s *store.Store, sub retention.Subscriber, by retention.By) error {
			return s.EndSubscriber(ctx, sub.ID, 1, by)
		}),
		onOne("Replay", false, true, func(ctx context.Context, s *store.Store, sub retention.Subscriber, by retention.By) error {
			_, err := s.Replay(ctx, sub.ID, retention.Replay{Dead: true}, by)
			return err
		}),
	}
}

// A pump is woken once for what there is to do, by whichever process asks first.
func TestSubscriberWithWorkIsWokenOnce(t *testing.T) {
	s := newStore(t)
	sub := must(s.CreateSubscriber(t.Context(), subscriber("crm"), by("subscriber.create")))(t)
	wake := func(want int, why string) {
		t.Helper()
		if n := must(s.WakePumps(t.Context(), 10))(t); n != want {
			t.Errorf("%s: %d were woken, want %d", why, n, want)
		}
	}
	wake(0, "an empty log")
	noErr(t, s.AppendEvents(t.Context(), []retention.EventBatch{eventBatch(1)}))
	wake(1, "a new event")
	wake(0, "a job is queued")
	p, ok, err := s.ClaimPump(t.Context(), sub.ID, 0)
	noErr(t, err)
	if !ok || p.Attempt != 1 {
		t.Fatalf("claimed %v at attempt %d", ok, p.Attempt)
	}
	if _, ok, _ := s.ClaimPump(t.Context(), sub.ID, 1); ok {
		t.Error("a second worker has claimed it while the first shows that it lives")
	}
	wake(0, "a worker is at it")
	exec(t, s, `UPDATE holdfast.subscriber SET beat_at = holdfast.clock() - interval '11 seconds'`)
	wake(1, "the worker is silent")
	if _, ok, _ := s.ClaimPump(t.Context(), sub.ID, 0); ok {
		t.Error("the job of an old attempt has claimed it")
	}
	if p, ok, err = s.ClaimPump(t.Context(), sub.ID, 1); !ok || err != nil {
		t.Fatalf("take-over: %v, %v", ok, err)
	}
	_, err = s.BeatPump(t.Context(), sub.ID, 1)
	wantErr(t, "beat of the old attempt", err, retention.ErrConflict)
	_, err = s.SavePump(t.Context(), sub.ID, 1, retention.PumpStep{Sent: 1})
	wantErr(t, "saving under the old attempt", err, retention.ErrConflict)
	_, err = s.SavePump(t.Context(), sub.ID, 2, retention.PumpStep{Cursor: &retention.LogPosition{No: 1}, Sent: 2})
	noErr(t, err)
	noErr(t, s.ReleasePump(t.Context(), sub.ID, 2, false))
	wake(0, "everything is delivered")
	noErr(t, s.AppendEvents(t.Context(), []retention.EventBatch{eventBatch(2)}))
	must(s.ReviseSubscriber(t.Context(), off(p.Subscriber), 1, by("subscriber.revise")))(t)
	wake(0, "it is switched off")
	noErr(t, s.EndSubscriber(t.Context(), sub.ID, 2, by("subscriber.end")))
	wake(0, "it has ended")
	if n := count(t, s, `SELECT count(*) FROM holdfast.river_job WHERE queue = 'deliveries'`); n != 2 {
		t.Errorf("%d jobs were enqueued, want 2", n)
	}
}

func off(s retention.Subscriber) retention.Subscriber {
	s.Enabled = false
	return s
}

// The log keeps what somebody waits for, however old it is, and no more.
func TestSweepKeepsEventsThatASubscriberWaitsFor(t *testing.T) {
	s := newStore(t)
	sub := must(s.CreateSubscriber(t.Context(), subscriber("crm"), by("subscriber.create")))(t)
	for n := 1; n <= 4; n++ {
		noErr(t, s.AppendEvents(t.Context(), []retention.EventBatch{eventBatch(n)}))
	}
	exec(t, s, `UPDATE holdfast.event_batch SET kept_at = kept_at - interval '99 days'`)
	left := func(want int, why string) {
		t.Helper()
		noErr(t, s.Sweep(t.Context()))
		if n := count(t, s, `SELECT count(*) FROM holdfast.event_batch`); n != want {
			t.Errorf("%s: %d batches are left, want %d", why, n, want)
		}
	}
	left(4, "all are ahead")
	_, _, err := s.ClaimPump(t.Context(), sub.ID, 0)
	noErr(t, err)
	save := func(step retention.PumpStep) {
		t.Helper()
		_, err := s.SavePump(t.Context(), sub.ID, 1, step)
		noErr(t, err)
	}
	failed := retention.Attempted{BatchID: eventBatch(2).ID, BatchNo: 2, Entity: "e", Tried: true, Answer: "500"}
	save(retention.PumpStep{Cursor: &retention.LogPosition{No: 4}, Sent: 7, Failures: 1, Failed: []retention.Attempted{failed}})
	left(3, "the second is tried again")
	exec(t, s, `UPDATE holdfast.delivery SET state = 'dead', next_at = NULL`)
	left(0, "it was given up")
	if n := count(t, s, `SELECT count(*) FROM holdfast.delivery`); n != 0 {
		t.Errorf("%d deliveries of events that are gone are left", n)
	}
}
