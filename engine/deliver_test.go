package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"

	"holdfast/internal/notify"
	"holdfast/retention"
)

// fillLog appends batches whose entities overlap, and answers each entity's events in
// the order of the log.
func (h *house) fillLog(batches, each, entities int, rnd *rand.Rand) map[string][]string {
	h.t.Helper()
	log := map[string][]string{}
	for n := 1; n <= batches; n++ {
		var keys []string
		for i := range each {
			key := fmt.Sprintf("u%d", rnd.IntN(entities))
			keys = append(keys, key)
			log[key] = append(log[key], retention.EventID(batchID(n), i))
		}
		h.append(batchOf(n, keys...))
	}
	return log
}

func TestEveryEventArrivesAndInOrderOfItsEntityWhateverTheReceiverAnswers(t *testing.T) {
	t.Parallel()
	for _, seed := range []uint64{1, 2, 3} {
		t.Run(fmt.Sprint("seed ", seed), func(t *testing.T) {
			t.Parallel()
			rnd := rand.New(rand.NewPCG(seed, 0))
			h := deliveryHouse(t)
			// One answer in four is a failure; some entities are refused again and again.
			r := newReceiver(t, func(e received) int {
				if rnd.IntN(4) == 0 || (strings.HasSuffix(e.entity, "7") && rnd.IntN(2) > 0) {
					return []int{500, 404, 429, 503}[rnd.IntN(4)]
				}
				return []int{200, 202, 204}[rnd.IntN(3)]
			})
			sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
			log := h.fillLog(6, 60, 40, rnd)
			for turns := 0; h.status(sub.ID).Undelivered() > 0; turns++ {
				if turns > 100 {
					t.Fatalf("still undelivered after %d turns: %+v", turns, h.status(sub.ID))
				}
				h.pumpOnce(sub.ID)
				h.later(200 * time.Minute)
			}
			wantOrder(t, r, log)
			if st := h.status(sub.ID); st.Delivered != 360 || st.Dead != 0 {
				t.Errorf("delivered %d with %d dead, want 360 and none", st.Delivered, st.Dead)
			}
			if n := len(r.accepted()); n != 360 {
				t.Errorf("%d events were accepted, want 360", n)
			}
		})
	}
}

// A day of 500 with thousands of events behind must make no thousands of rows, and
// afterwards everything arrives in order.
func TestSubscriberThatFailsForADayHoldsLittleBackAndLosesNothing(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	r := newReceiver(t, always(500))
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	log := h.fillLog(10, 300, 900, rand.New(rand.NewPCG(7, 7)))
	var most int64
	for range 24 * 2 {
		h.pumpOnce(sub.ID)
		st := h.status(sub.ID)
		most = max(most, st.Waiting+st.Retrying)
		if st.Undelivered() != 3000 || st.Dead != 0 {
			t.Fatalf("undelivered %d, dead %d; want 3000 and none", st.Undelivered(), st.Dead)
		}
		h.later(30 * time.Minute)
	}
	if most > 1100 {
		t.Errorf("%d deliveries were open at once, want about 1000 at most", most)
	}
	st := h.status(sub.ID)
	if !strings.HasPrefix(st.LastAnswer, "500 ") || st.LastFailure == nil || st.LastSuccess != nil {
		t.Errorf("the status does not say what was answered: %+v", st)
	}
	r.become(always(204))
	for turns := 0; h.status(sub.ID).Undelivered() > 0 && turns < 20; turns++ {
		h.pumpOnce(sub.ID)
		h.later(time.Minute)
	}
	wantOrder(t, r, log)
}

// What is stuck keeps back its own entities alone, however much it is.
func TestThousandsOfStuckEventsDelayNoOtherEntity(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	r := newReceiver(t, func(e received) int {
		if strings.HasPrefix(e.entity, "bad") {
			return 422
		}
		return 204
	})
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	// One in four, so that ten in a row are hardly ever refused: then it is left alone.
	const batches, each = 4, 300
	for b := range batches {
		var keys []string
		for i := range each {
			keys = append(keys, fmt.Sprintf("bad-%d-%d", b, i))
			for j := range 3 {
				keys = append(keys, fmt.Sprintf("good-%d-%d-%d", b, i, j))
			}
		}
		h.append(batchOf(b+1, keys...))
	}
	for turns := 0; len(r.accepted()) < 3*batches*each && turns < 40; turns++ {
		h.pumpOnce(sub.ID)
		h.later(6 * time.Minute)
	}
	if got := len(r.accepted()); got != 3*batches*each {
		t.Errorf("%d of %d events of good entities were delivered", got, 3*batches*each)
	}
	if st := h.status(sub.ID); st.Waiting+st.Retrying != batches*each || st.Dead != 0 {
		t.Errorf("%+v, want every event of the others open", st)
	}
	// Left with nothing but those, it refuses all that it is asked, and is left alone.
	for range 3 {
		h.later(4 * time.Hour)
		h.pumpOnce(sub.ID)
	}
	if st := h.status(sub.ID); st.PausedUntil == nil {
		t.Error("a subscriber that refused everything is not left alone")
	}
	h.append(batchOf(batches+1, "good-again", "good-for-ever"))
	h.later(10 * time.Minute)
	h.pumpOnce(sub.ID)
	if got := len(r.accepted()); got != 3*batches*each+2 {
		t.Errorf("%d of 2 later events of good entities were delivered", got-3*batches*each)
	}
}

func TestEventThatFailsForThreeDaysIsGivenUpAndReleasesWhatWaits(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	poison := retention.EventID(batchID(1), 0)
	r := newReceiver(t, func(e received) int {
		if e.id == poison {
			return 400
		}
		return 200
	})
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	h.append(batchOf(1, "a", "b"), batchOf(2, "a", "c"))
	h.pumpOnce(sub.ID)
	if got := r.accepted(); len(got) != 2 {
		t.Errorf("accepted %s, want b and c alone while a's first event is not through", shortIDs(got))
	}
	if st := h.status(sub.ID); st.Retrying != 1 || st.Waiting != 1 {
		t.Errorf("%d are retried and %d wait, want one each", st.Retrying, st.Waiting)
	}
	for range 30 {
		h.later(4 * time.Hour)
		h.pumpOnce(sub.ID)
	}
	if st := h.status(sub.ID); st.Dead != 1 || st.Undelivered() != 0 {
		t.Errorf("dead %d, undelivered %d; want one and none", st.Dead, st.Undelivered())
	}
	if !slices.Contains(r.accepted(), retention.EventID(batchID(2), 0)) {
		t.Error("the event behind the dead one was not delivered")
	}
	dead, _, err := h.engine.Deliveries(t.Context(), h.actor, sub.ID, []retention.DeliveryState{retention.DeliveryDead}, retention.Page{})
	if err != nil || len(dead) != 1 {
		t.Fatalf("dead deliveries: %v, %v", dead, err)
	}
	if d := dead[0]; d.EventID != poison || d.EntityID[0] != "a" || d.LastAnswer != "400 Bad Request" || d.Attempts < 10 {
		t.Errorf("the dead delivery is %+v", d)
	}
	r.become(always(200))
	if n, err := h.engine.Replay(t.Context(), h.actor, sub.ID, retention.Replay{Dead: true}); n != 1 || err != nil {
		t.Errorf("replaying the dead: %d, %v", n, err)
	}
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Dead != 0 || st.Undelivered() != 0 || !slices.Contains(r.accepted(), poison) {
		t.Errorf("after the replay: %+v", st)
	}
}

func TestBadReceiversAreFailuresInTheirOwnWords(t *testing.T) {
	t.Parallel()
	redirecting := httptest.NewServer(http.RedirectHandler("/elsewhere", http.StatusMovedPermanently))
	t.Cleanup(redirecting.Close)
	gone := httptest.NewServer(nil)
	gone.Close()
	mute, err := net.Listen("tcp", "127.0.0.1:0") // accepts, as the kernel does, and never answers
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	angry := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.WriteHeader(http.StatusTeapot)
		_, _ = w.Write([]byte("no\x00\xff\x1b[31m tea " + strings.Repeat("é", 4000)))
	}))
	t.Cleanup(angry.Close)
	for name, c := range map[string]struct{ url, says string }{
		"301":                {redirecting.URL, "301 Moved Permanently: a redirect to /elsewhere; redirects are not followed"},
		"connection refused": {gone.URL, "connection refused"},
		"nothing at all":     {"http://" + mute.Addr().String(), "no answer within 10 seconds"},
		"binary rubbish":     {angry.URL, "418 I'm a teapot: no[31m tea éé"},
		"no such name":       {"http://holdfast.invalid", "the name holdfast.invalid cannot be resolved"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := deliveryHouse(t)
			sub := h.mustSubscriber(retention.Subscriber{URL: c.url})
			h.append(batchOf(1, "a"))
			h.pumpOnce(sub.ID)
			st := h.status(sub.ID)
			if !strings.HasPrefix(st.LastAnswer, c.says) || len(st.LastAnswer) > 510 || st.Retrying != 1 {
				t.Errorf("got %+v, want it retried and %q", st, c.says)
			}
		})
	}
}

func TestRubbishWith200IsADelivery(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		_, _ = w.Write([]byte("\xff\x00{not json"))
	}))
	t.Cleanup(srv.Close)
	sub := h.mustSubscriber(retention.Subscriber{URL: srv.URL})
	h.append(batchOf(1, "a"))
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Delivered != 1 || st.Undelivered() != 0 {
		t.Errorf("got %+v, want it delivered", st)
	}
}

func TestKeysOfEveryShapeArriveAsTheyAre(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	r := newReceiver(t, nil)
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	b := batchOf(1)
	b.KeyParts, b.Count = 2, 3
	b.Keys = []*string{ptr("O'Neil\n\"ж\" \\"), ptr("日本\t"), ptr("x"), ptr("1"), ptr(""), nil}
	h.append(b, batchOf(2, "plain"))
	// The same shapes through the row of a failed delivery.
	r.become(always(500))
	h.pumpOnce(sub.ID)
	r.become(always(200))
	h.later(time.Minute)
	h.pumpOnce(sub.ID)
	var bodies []string
	for _, e := range r.requests() {
		if e.status == 200 {
			bodies = append(bodies, string(e.body))
		}
	}
	all := strings.Join(bodies, "\n")
	for _, want := range []string{
		`"entity_id":["O'Neil\n\"ж\" \\","1"]`, `"entity_id":["日本\t",""]`, `"entity_id":null`, `"entity_id":"plain"`,
		`"id":"` + retention.EventID(batchID(1), 2) + `"`, `"source":"https://holdfast.example.com"`, `"specversion":"1.0"`,
	} {
		if !strings.Contains(all, want) {
			t.Errorf("no event has %s:\n%s", want, all)
		}
	}
}

// Two processes work on one subscriber at once, and one takes over from another that
// was stopped in the middle: exactly one is at work, and the order is kept.
func TestOfTwoPumpsExactlyOneWorks(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	r := newReceiver(t, nil)
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	log := h.fillLog(20, 100, 50, rand.New(rand.NewPCG(3, 3)))
	other := newPumpEngine(h, notifySender(t))
	var wg sync.WaitGroup
	for range 4 {
		wg.Go(func() {
			if err := h.engine.Pump(t.Context(), sub.ID, 0); err != nil {
				t.Error(err)
			}
		})
		wg.Go(func() {
			if err := other.Pump(t.Context(), sub.ID, 0); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if n := len(r.requests()); n != 2000 {
		t.Errorf("%d requests were made, want one for each of 2000 events", n)
	}
	wantOrder(t, r, log)
	if attempt := h.count(`SELECT attempt FROM holdfast.subscriber`); attempt != 1 {
		t.Errorf("%d pumps have worked, want 1", attempt)
	}
}

func notifySender(t testing.TB) *notify.Sender {
	t.Helper()
	s := notify.New(notify.Options{AllowPrivate: true})
	t.Cleanup(s.Close)
	return s
}

// A pump that was taken over in the middle of a chunk keeps nothing, and its successor
// sends the chunk again: more than once is allowed, out of order is not.
func TestPumpThatWasTakenOverKeepsNothing(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	var once sync.Once
	r := newReceiver(t, func(received) int {
		once.Do(func() {
			h.exec(`UPDATE holdfast.subscriber SET attempt = attempt + 1, beat_at = NULL`)
		})
		return 200
	})
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	log := h.fillLog(2, 100, 10, rand.New(rand.NewPCG(4, 4)))
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Behind != 200 || st.Delivered != 0 {
		t.Errorf("the fenced pump has kept something: %+v", st)
	}
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Undelivered() != 0 || st.Delivered != 200 {
		t.Errorf("the successor has not finished: %+v", st)
	}
	wantOrder(t, r, log)
}

// A pump that is asked to stop keeps what it has sent, so that little is sent twice.
func TestPumpThatIsStoppedKeepsWhatItHasSent(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	ctx, stop := context.WithCancel(t.Context())
	n := 0
	r := newReceiver(t, func(received) int {
		if n++; n == 300 {
			stop()
		}
		return 200
	})
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	log := h.fillLog(5, 200, 100, rand.New(rand.NewPCG(5, 5)))
	if err := h.engine.Pump(ctx, sub.ID, 0); err != nil {
		t.Fatal(err)
	}
	st := h.status(sub.ID)
	if st.Undelivered() == 0 || st.Undelivered() > 700+16 {
		t.Errorf("%d are undelivered after 300 were answered", st.Undelivered())
	}
	again, _, err := h.engine.Deliveries(t.Context(), h.actor, sub.ID, []retention.DeliveryState{retention.DeliveryRetrying}, retention.Page{})
	if err != nil || st.Retrying != 0 || len(again) != 0 {
		t.Errorf("%d (listed: %+v, %v) are said to be tried again; none has failed", st.Retrying, again, err)
	}
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Undelivered() != 0 {
		t.Errorf("not finished: %+v", st)
	}
	wantOrder(t, r, log)
	if twice := len(r.requests()) - 1000; twice > 16 {
		t.Errorf("%d events were sent twice, want at most those that were on their way", twice)
	}
}

// unhurried is a Sender that takes its time to succeed.
type unhurried struct {
	swift
	takes time.Duration
	// at is called with each number of events that went through.
	at func(n int64)
}

func (s *unhurried) Send(ctx context.Context, _ retention.Outgoing) retention.Answer {
	select {
	case <-time.After(s.takes):
	case <-ctx.Done(): // as of a webhook whose 200 has a body that never ends
	}
	s.at(s.sent.Add(1))
	return retention.Answer{Delivered: true}
}

// What went through is kept every few seconds, however long the rest of it takes: it
// must not look dead meanwhile, and a crash must not send hundreds again.
func TestWhatWentThroughIsKeptWhileMoreIsSent(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	var sub retention.Subscriber
	kept := make(chan int64, 1)
	sender := &unhurried{takes: 100 * time.Millisecond, at: func(n int64) {
		if n == 800 {
			kept <- h.status(sub.ID).Delivered
		}
	}}
	h.engine = newPumpEngine(h, sender)
	sub = h.mustSubscriber(retention.Subscriber{URL: "http://192.0.2.1/"})
	h.fillLog(1, 1000, 900, rand.New(rand.NewPCG(8, 8)))
	h.pumpOnce(sub.ID)
	if n := <-kept; n < 200 {
		t.Errorf("%d of 800 events that went through in some 5 s were kept", n)
	}
	if st := h.status(sub.ID); st.Delivered != 1000 || st.Undelivered() != 0 || sender.sent.Load() != 1000 {
		t.Errorf("%+v after %d were sent, want each of 1000 once", st, sender.sent.Load())
	}
}

// A subscriber that proves slow gives back its worker within one answer.
func TestTurnOfASubscriberThatProvesSlowEnds(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	sender := &unhurried{takes: 3 * time.Second, at: func(int64) {}}
	h.engine = newPumpEngine(h, sender)
	sub := h.mustSubscriber(retention.Subscriber{URL: "http://192.0.2.1/"})
	log := h.fillLog(1, 500, 400, rand.New(rand.NewPCG(9, 9)))
	begun := time.Now()
	h.pumpOnce(sub.ID)
	if took := time.Since(begun); took > 8*time.Second {
		t.Errorf("the turn took %s", took)
	}
	if st := h.status(sub.ID); st.Delivered == 0 || st.Delivered > 16 || st.Undelivered() != 500-st.Delivered || st.Retrying != 0 {
		t.Errorf("after the turn: %+v", st)
	}
	if n := h.count(`SELECT count(*) FROM holdfast.subscriber WHERE slow`); n != 1 {
		t.Error("it is not known as slow")
	}
	// It answers quickly again: nothing is lost, and it is slow no more.
	r := newReceiver(t, nil)
	h.engine = newPumpEngine(h, notifySender(t))
	if _, err := h.engine.ReviseSubscriber(t.Context(), h.actor, sub.ID, sub.Version, retention.SubscriberRevision{URL: &r.URL}); err != nil {
		t.Fatal(err)
	}
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Delivered != 500 || st.Undelivered() != 0 || len(r.requests())+int(sender.sent.Load()) != 500 {
		t.Errorf("after the next turn: %+v", st)
	}
	for entity, ids := range log {
		if got := r.of(entity); !slices.Equal(got, ids[len(ids)-len(got):]) {
			t.Errorf("entity %s got %s, want the last of %s", entity, shortIDs(got), shortIDs(ids))
		}
	}
	if n := h.count(`SELECT count(*) FROM holdfast.subscriber WHERE slow`); n != 0 {
		t.Error("it is still taken for slow")
	}
}

func TestFiltersChooseWhatASubscriberIsToldOf(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	all, holds, orders := newReceiver(t, nil), newReceiver(t, nil), newReceiver(t, nil)
	a := h.mustSubscriber(retention.Subscriber{Name: "all", URL: all.URL})
	b := h.mustSubscriber(retention.Subscriber{Name: "holds", URL: holds.URL, Types: []string{"hold.*"}})
	c := h.mustSubscriber(retention.Subscriber{Name: "orders", URL: orders.URL, Types: []string{"data.retention.deleted"}, EntityTypes: []string{"order"}})
	placed, order := batchOf(2, "h1"), batchOf(3, "o1", "o2")
	placed.Type, placed.EntityType, order.EntityType = retention.EventHoldPlaced, "hold", "order"
	h.append(batchOf(1, "u1"), placed, order)
	for _, c := range []struct {
		sub  retention.Subscriber
		r    *receiver
		want int
	}{{a, all, 4}, {b, holds, 1}, {c, orders, 2}} {
		if st := h.status(c.sub.ID); st.Behind != int64(c.want) {
			t.Errorf("%s is %d behind, want %d", c.sub.Name, st.Behind, c.want)
		}
		h.pumpOnce(c.sub.ID)
		if got := c.r.accepted(); len(got) != c.want {
			t.Errorf("%s got %d events, want %d", c.sub.Name, len(got), c.want)
		}
	}
}

func TestSubscriberBeginsAtTheEndAndAReplayGoesBack(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	r := newReceiver(t, nil)
	old := batchOf(1, "a", "b")
	old.OccurredAt = time.Now().Add(-48 * time.Hour)
	h.append(old, batchOf(2, "a", "c"))
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	h.append(batchOf(3, "d"))
	h.pumpOnce(sub.ID)
	if got := shortIDs(r.accepted()); got != "3-0" {
		t.Errorf("a new subscriber got %q, want what came after it alone", got)
	}
	replay := func(r retention.Replay, want int64) {
		t.Helper()
		n, err := h.engine.Replay(t.Context(), h.actor, sub.ID, r)
		if err != nil || n != want {
			t.Errorf("replay of %+v: got %d, %v; want %d", r, n, err, want)
		}
		h.pumpOnce(sub.ID)
	}
	replay(retention.Replay{From: ptr(time.Now().Add(-72 * time.Hour)), Until: ptr(time.Now().Add(-24 * time.Hour))}, 2)
	replay(retention.Replay{Events: []string{retention.EventID(batchID(2), 1), retention.EventID(batchID(2), 1)}}, 1)
	replay(retention.Replay{From: ptr(time.Now().Add(-time.Hour))}, 3)
	got := r.accepted()
	slices.Sort(got)
	if got := shortIDs(got); got != "1-0 1-1 2-0 2-1 3-0" {
		t.Errorf("got %q, want all five", got)
	}
	if n := len(r.requests()); n != 7 {
		t.Errorf("%d requests, want 7: what was delivered before is delivered again", n)
	}
	for _, bad := range []retention.Replay{
		{}, {Events: []string{"nonsense"}}, {Events: []string{retention.EventID(batchID(2), 2)}}, {Events: []string{retention.EventID(batchID(9), 0)}},
		{Dead: true, Events: []string{retention.EventID(batchID(1), 0)}}, {Until: ptr(time.Now())},
		{From: ptr(time.Now()), Until: ptr(time.Now().Add(-time.Hour))},
	} {
		if _, err := h.engine.Replay(t.Context(), h.actor, sub.ID, bad); !errors.Is(err, retention.ErrInvalid) {
			t.Errorf("replay of %+v: got %v, want it invalid", bad, err)
		}
	}
}

// A replay that does not move is a backlog like any other, so that somebody is told.
func TestReplayIsPartOfTheBacklog(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	r := newReceiver(t, nil)
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	log := h.fillLog(3, 100, 50, rand.New(rand.NewPCG(10, 10)))
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Undelivered() != 0 || st.Oldest != nil {
		t.Fatalf("before the replay: %+v", st)
	}
	if n, err := h.engine.Replay(t.Context(), h.actor, sub.ID, retention.Replay{From: ptr(time.Now().Add(-time.Hour))}); err != nil || n != 300 {
		t.Fatalf("replay: %d, %v", n, err)
	}
	// Asked for again it would be sent twice.
	if _, err := h.engine.Replay(t.Context(), h.actor, sub.ID, retention.Replay{From: ptr(time.Now().Add(-time.Minute))}); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "300 events to send") {
		t.Errorf("a part of it again: got %v, want that it is under way", err)
	}
	h.later(2 * time.Hour)
	st := h.status(sub.ID)
	if st.Behind != 300 || st.Undelivered() != 300 || st.Oldest == nil || st.MeasuredAt.Sub(*st.Oldest) < 2*time.Hour || st.Replaying != 1 {
		t.Errorf("a replay that did not move: %+v", st)
	}
	figures, err := h.engine.Figures(t.Context())
	if err != nil || len(figures.Subscribers) != 1 || figures.Subscribers[0].Undelivered() != 300 {
		t.Errorf("figures: %+v, %v", figures.Subscribers, err)
	}
	ctx, stop := context.WithCancel(t.Context())
	n := 0
	r.become(func(received) int {
		if n++; n == 100 {
			stop()
		}
		return 200
	})
	if err := h.engine.Pump(ctx, sub.ID, int(h.count(`SELECT attempt FROM holdfast.subscriber`))); err != nil {
		t.Fatal(err)
	}
	if st := h.status(sub.ID); st.Undelivered() != 600-st.Delivered {
		t.Errorf("in the middle of it: %+v", st)
	}
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Undelivered() != 0 || st.Oldest != nil || st.Replaying != 0 || st.Delivered != 600 {
		t.Errorf("after it: %+v", st)
	}
	wantOrder(t, r, log)
}

func TestReplayedRangeReachesWhatWasGivenUp(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	r := newReceiver(t, always(500))
	sub := h.mustSubscriber(retention.Subscriber{URL: r.URL})
	h.append(batchOf(1, "a"))
	for range 40 {
		h.pumpOnce(sub.ID)
		h.later(4 * time.Hour)
	}
	if st := h.status(sub.ID); st.Dead != 1 {
		t.Fatalf("got %+v, want one dead", st)
	}
	r.become(always(200))
	if _, err := h.engine.Replay(t.Context(), h.actor, sub.ID, retention.Replay{From: ptr(time.Now().Add(-time.Hour))}); err != nil {
		t.Fatal(err)
	}
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Dead != 0 || len(r.accepted()) != 1 {
		t.Errorf("got %+v and %d accepted, want none dead and one", st, len(r.accepted()))
	}
}

// TestTestEventTriesASubscriberAndEndsItsPause: a subscriber that refused everything is left
// alone; when it is mended, somebody tries it, and what waits need not wait any longer.
func TestTestEventTriesASubscriberAndEndsItsPause(t *testing.T) {
	h := deliveryHouse(t)
	r := newReceiver(t, always(http.StatusInternalServerError))
	sub := h.mustSubscriber(retention.Subscriber{Name: "crm", Kind: retention.SubscriberWebhook, URL: r.URL, Types: []string{"hold.*", "data.retention.deleted"}, Enabled: true})
	keys := make([]string, 20)
	for i := range keys {
		keys[i] = fmt.Sprint(i)
	}
	h.append(batchOf(1, keys...))
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.PausedUntil == nil || st.LastAnswer == "" {
		t.Fatalf("after it refused everything: got %+v", st)
	}
	try := func() retention.SubscriberTest {
		t.Helper()
		got, err := h.engine.TestSubscriber(t.Context(), h.actor, sub.ID)
		if err != nil {
			t.Fatal(err)
		}
		return got
	}
	if got := try(); got.Delivered || !strings.HasPrefix(got.Answer, "500 ") {
		t.Errorf("while it refuses: got %+v", got)
	}
	if st := h.status(sub.ID); st.PausedUntil == nil {
		t.Error("a test that failed ended the pause")
	}
	r.become(always(http.StatusNoContent))
	tested := try()
	last := r.requests()[len(r.requests())-1]
	if !tested.Delivered || tested.Answer != "204 No Content" || last.id != tested.EventID || last.typ != "holdfast.test" || last.header.Get("webhook-signature") == "" {
		t.Errorf("got %+v, and the receiver %s %s", tested, last.id, last.typ)
	}
	var event retention.Event
	if err := json.Unmarshal(last.body, &event); err != nil {
		t.Fatal(err)
	}
	validate(t, []retention.Event{event})
	if st := h.status(sub.ID); st.PausedUntil != nil || st.Delivered != 0 || st.Undelivered() != 20 {
		t.Errorf("after the test: got %+v, want no pause, and what waits still waiting", st)
	}
	if n := h.count(`SELECT count(*) FROM holdfast.delivery WHERE next_at <= holdfast.clock()`); n == 0 {
		t.Error("nothing is due at once")
	}
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.Delivered != 20 || st.LastAnswer != "" || st.LastFailure == nil {
		t.Errorf("delivered: got %+v, want all, and no answer of a failure that has been made up for", st)
	}
	if n := h.count(`SELECT count(*) FROM holdfast.audit WHERE action = 'subscriber.test' AND object = 'subscriber/' || '` + sub.ID + `'`); n != 2 {
		t.Errorf("%d tests are in the audit, want 2", n)
	}
}

func TestSubscriberThatLeadsWhereItMayNotAnyMoreCanBeSwitchedOff(t *testing.T) {
	h := deliveryHouse(t)
	sub := h.mustSubscriber(retention.Subscriber{Name: "crm", Kind: retention.SubscriberWebhook, URL: "http://127.0.0.1:9/", Enabled: true})
	strict := notify.New(notify.Options{})
	t.Cleanup(strict.Close)
	h.engine = newPumpEngine(h, strict)
	off := false
	if got, err := h.engine.ReviseSubscriber(t.Context(), h.actor, sub.ID, sub.Version, retention.SubscriberRevision{Enabled: &off}); err != nil || got.Enabled {
		t.Errorf("got %+v, %v", got, err)
	}
	other := "http://127.0.0.1:10/"
	if _, err := h.engine.ReviseSubscriber(t.Context(), h.actor, sub.ID, sub.Version+1, retention.SubscriberRevision{URL: &other}); !errors.Is(err, retention.ErrInvalid) {
		t.Errorf("another private address: got %v, want it refused", err)
	}
}

func TestRotatedKeySignsBesideTheFormerOneForADay(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	r := newReceiver(t, nil)
	s := retention.Subscriber{Name: "crm", Kind: retention.SubscriberWebhook, URL: r.URL, Enabled: true}
	sub, first, err := h.engine.CreateSubscriber(t.Context(), h.actor, s)
	if err != nil {
		t.Fatal(err)
	}
	_, second, err := h.engine.RotateSecret(t.Context(), h.actor, sub.ID, false)
	if err != nil || first == second || !strings.HasPrefix(second, "whsec_") {
		t.Fatalf("rotated %q to %q: %v", first, second, err)
	}
	// A second rotation would end the key that the receiver still uses.
	if _, _, err := h.engine.RotateSecret(t.Context(), h.actor, sub.ID, false); !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "drop_former") {
		t.Fatalf("rotated again: got %v, want it refused with the way out", err)
	}
	for i, want := range []map[string]bool{{first: true, second: true}, {first: false, second: true}} {
		h.append(batchOf(i+1, "a"))
		h.pumpOnce(sub.ID)
		got := r.requests()[i]
		for key, valid := range want {
			hook, err := standardwebhooks.NewWebhook(key)
			if err != nil {
				t.Fatal(err)
			}
			if err := hook.Verify(got.body, got.header); (err == nil) != valid {
				t.Errorf("event %d by key %s…: %v, want valid %v", i, key[:12], err, valid)
			}
		}
		h.later(25 * time.Hour)
	}
	for range 2 {
		if _, _, err := h.engine.RotateSecret(t.Context(), h.actor, sub.ID, true); err != nil {
			t.Errorf("rotated when the former key does not sign, or is to be dropped: %v", err)
		}
	}
	if n := h.count(`SELECT count(*) FROM holdfast.audit WHERE position('whsec_' IN coalesce(before::text, '') || coalesce(after::text, '')) > 0`); n != 0 {
		t.Errorf("%d audit rows have a key in them", n)
	}
}

func TestEditedSubscriberIsTriedAgainAtOnceWhereItLeadsNow(t *testing.T) {
	t.Parallel()
	h := deliveryHouse(t)
	bad, good := newReceiver(t, always(500)), newReceiver(t, nil)
	sub := h.mustSubscriber(retention.Subscriber{URL: bad.URL})
	log := h.fillLog(3, 100, 30, rand.New(rand.NewPCG(6, 6)))
	h.pumpOnce(sub.ID)
	if st := h.status(sub.ID); st.PausedUntil == nil {
		t.Errorf("a subscriber that refuses everything is not left alone: %+v", st)
	}
	off, err := h.engine.ReviseSubscriber(t.Context(), h.actor, sub.ID, sub.Version, retention.SubscriberRevision{Enabled: ptr(false)})
	if err != nil {
		t.Fatal(err)
	}
	h.pumpOnce(sub.ID)
	if _, err := h.engine.ReviseSubscriber(t.Context(), h.actor, sub.ID, sub.Version, retention.SubscriberRevision{URL: &good.URL}); !errors.Is(err, retention.ErrStale) {
		t.Errorf("an edit of an old version: %v, want stale", err)
	}
	if _, err := h.engine.ReviseSubscriber(t.Context(), h.actor, sub.ID, off.Version, retention.SubscriberRevision{URL: &good.URL, Enabled: ptr(true)}); err != nil {
		t.Fatal(err)
	}
	h.pumpOnce(sub.ID)
	wantOrder(t, good, log)
	if st := h.status(sub.ID); st.Undelivered() != 0 {
		t.Errorf("undelivered after the edit: %+v", st)
	}
}
