package jobs_test

import (
	"context"
	"fmt"
	"log/slog"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/jobs"
	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// sender answers subscribers whose name begins with slow after 3 s, others at once.
type sender struct {
	mu   sync.Mutex
	sent map[string]int
	// told says whom each event went to.
	told chan string
}

func (s *sender) Check(context.Context, retention.Subscriber) error { return nil }

func (s *sender) Send(ctx context.Context, o retention.Outgoing) retention.Answer {
	if strings.HasPrefix(o.To.Name, "slow") {
		select {
		case <-ctx.Done():
		case <-time.After(3 * time.Second):
		}
	}
	s.mu.Lock()
	s.sent[o.To.Name]++
	s.mu.Unlock()
	s.told <- o.To.Name
	return retention.Answer{Delivered: true}
}

func (s *sender) to(name string) int {
	defer s.mu.Unlock()
	s.mu.Lock()
	return s.sent[name]
}

func (s *sender) counts() string {
	defer s.mu.Unlock()
	s.mu.Lock()
	return fmt.Sprint(s.sent)
}

// within waits until enough says so, looking at each event that is sent.
func (s *sender) within(t *testing.T, d time.Duration, what string, enough func() bool) {
	t.Helper()
	late := time.After(d)
	for !enough() {
		select {
		case <-s.told:
		case <-late:
			t.Fatalf("not within %s: %s; sent: %v", d, what, s.counts())
		}
	}
}

func noErr(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

func batch(n int) retention.EventBatch {
	at := time.Now().UTC()
	b := retention.EventBatch{
		ID: fmt.Sprintf("00000000-0000-4000-8000-%012d", n), Type: retention.EventDeleted, EntityType: "user", Policy: "users",
		PolicyVersion: 1, RunID: "r", Action: retention.ActionDelete, InitiatedAt: at, OccurredAt: at, Count: 100, KeyParts: 1,
	}
	for i := range b.Count {
		key := fmt.Sprintf("u%d-%d", n, i)
		b.Keys = append(b.Keys, &key)
	}
	return b
}

// Three times as many slow subscribers as workers: a quick one waits for no more than
// their proving slow, once, and then for none of them.
func TestSlowSubscribersDelayNoOther(t *testing.T) {
	ctx, db := t.Context(), pgtest.New(t)
	st, err := store.Open(ctx, db, store.Options{})
	noErr(t, err)
	t.Cleanup(st.Close)
	noErr(t, store.Migrate(ctx, st.Pool()))
	noErr(t, target.Migrate(ctx, db))
	key := []byte("a secret of thirty-two characters")
	tg, err := target.Open(ctx, db, target.Options{Secret: key})
	noErr(t, err)
	t.Cleanup(tg.Close)
	s := &sender{sent: map[string]int{}, told: make(chan string, 10_000)}
	e := engine.New(st, tg, engine.Options{Sender: s, Secret: key})
	for _, name := range []string{"slow-1", "slow-2", "slow-3", "slow-4", "slow-5", "slow-6", "quick"} {
		_, _, err := e.CreateSubscriber(ctx, retention.System(), retention.Subscriber{Name: name, Kind: retention.SubscriberWebhook, URL: "http://192.0.2.1/", Enabled: true})
		noErr(t, err)
	}
	noErr(t, st.AppendEvents(ctx, []retention.EventBatch{batch(1)}))
	manager, err := jobs.New(e, st.Pool(), store.Schema, jobs.Limits{Pumps: 2, Slow: 1}, slog.New(slog.DiscardHandler))
	noErr(t, err)
	noErr(t, manager.Start(ctx))
	t.Cleanup(func() {
		ctx, cancel := context.WithTimeout(context.Background(), 15*time.Second)
		defer cancel()
		noErr(t, manager.Stop(ctx, 10*time.Second))
	})
	// Three turns of 2 s and an answer, and as much again for a busy machine.
	s.within(t, 30*time.Second, "the quick one's first events", func() bool { return s.to("quick") == 100 })
	s.within(t, 60*time.Second, "every slow one has proved slow", func() bool {
		return pgtest.Value[int64](t, db, `SELECT count(*) FROM holdfast.subscriber WHERE slow`) == 6
	})
	noErr(t, st.AppendEvents(ctx, []retention.EventBatch{batch(2)}))
	s.within(t, 5*time.Second, "the quick one's later events", func() bool { return s.to("quick") == 200 })
	// Nor does one of the slow ones keep the others' only worker.
	before := map[string]int{}
	for n := range 6 {
		before[fmt.Sprint("slow-", n+1)] = s.to(fmt.Sprint("slow-", n+1))
	}
	s.within(t, 90*time.Second, "each slow one has got more", func() bool {
		for name, n := range before {
			if s.to(name) == n {
				return false
			}
		}
		return true
	})
}
