package engine_test

import (
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/notify"
	"holdfast/retention"
)

// deliveryHouse is a house whose engine speaks to webhooks, private ones too.
func deliveryHouse(t *testing.T) *house {
	t.Helper()
	sender := notify.New(notify.Options{AllowPrivate: true})
	t.Cleanup(sender.Close)
	return deliveryHouseWith(t, sender)
}

func deliveryHouseWith(t testing.TB, sender engine.Sender) *house {
	t.Helper()
	h := freshHouse(t)
	h.engine = newPumpEngine(h, sender)
	return h
}

// newPumpEngine is another process over the same databases.
func newPumpEngine(h *house, sender engine.Sender) *engine.Engine {
	return engine.New(h.store, h.target, engine.Options{Sender: sender, Secret: secret, Source: "https://holdfast.example.com"})
}

// received is one request that a receiver got.
type received struct {
	id, entity, typ string
	status          int
	header          http.Header
	body            []byte
}

// receiver is a webhook that remembers what it got. say answers by status; nil is 204.
type receiver struct {
	*httptest.Server
	mu  sync.Mutex
	got []received
	say func(e received) int
}

func newReceiver(t testing.TB, say func(e received) int) *receiver {
	t.Helper()
	r := &receiver{say: say}
	r.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, req *http.Request) {
		body, err := io.ReadAll(req.Body)
		if err != nil {
			return
		}
		var event struct {
			ID, Type string
			Data     map[string]any
		}
		if err := json.Unmarshal(body, &event); err != nil {
			t.Errorf("the body is no JSON: %v: %s", err, body)
		}
		e := received{id: event.ID, typ: event.Type, entity: fmt.Sprint(event.Data["entity_id"]), header: req.Header, body: body, status: http.StatusNoContent}
		r.mu.Lock()
		if r.say != nil {
			e.status = r.say(e)
		}
		r.got = append(r.got, e)
		r.mu.Unlock()
		w.WriteHeader(e.status)
	}))
	t.Cleanup(r.Close)
	return r
}

// become changes what the receiver answers.
func (r *receiver) become(say func(e received) int) {
	defer r.mu.Unlock()
	r.mu.Lock()
	r.say = say
}

func (r *receiver) requests() []received {
	defer r.mu.Unlock()
	r.mu.Lock()
	return slices.Clone(r.got)
}

// accepted are the ids that were answered with 2xx, in the order of their first time.
func (r *receiver) accepted() []string {
	var out []string
	seen := map[string]bool{}
	for _, e := range r.requests() {
		if e.status < 300 && !seen[e.id] {
			seen[e.id] = true
			out = append(out, e.id)
		}
	}
	return out
}

// of are the ids of an entity's events, as they came.
func (r *receiver) of(entity string) []string {
	var out []string
	for _, e := range r.requests() {
		if e.entity == entity {
			out = append(out, e.id)
		}
	}
	return out
}

func always(status int) func(received) int { return func(received) int { return status } }

func (h *house) mustSubscriber(s retention.Subscriber) retention.Subscriber {
	h.t.Helper()
	if s.Name == "" {
		s.Name = "crm"
	}
	if s.Kind == "" {
		s.Kind = retention.SubscriberWebhook
	}
	s.Enabled = true
	s, _, err := h.engine.CreateSubscriber(h.t.Context(), h.actor, s)
	if err != nil {
		h.t.Fatal(err)
	}
	return s
}

func ptr[T any](v T) *T { return &v }

// batchID is the n-th batch's id.
func batchID(n int) string { return fmt.Sprintf("00000000-0000-4000-8000-%012d", n) }

// batchOf are deletions of users, one event a key.
func batchOf(n int, keys ...string) retention.EventBatch {
	at := time.Now().UTC().Add(-time.Minute)
	b := retention.EventBatch{
		ID: batchID(n), Type: retention.EventDeleted, EntityType: "user", Policy: "users", PolicyVersion: 1, RunID: batchID(0),
		Action: retention.ActionDelete, InitiatedAt: at, OccurredAt: at, Count: len(keys), KeyParts: 1,
	}
	for i := range keys {
		b.Keys = append(b.Keys, &keys[i])
	}
	return b
}

func (h *house) append(batches ...retention.EventBatch) {
	h.t.Helper()
	if err := h.store.AppendEvents(h.t.Context(), batches); err != nil {
		h.t.Fatal(err)
	}
}

// pumpOnce lets the engine work on a subscriber for one turn, as its job would.
func (h *house) pumpOnce(id string) {
	h.t.Helper()
	attempt := h.count(`SELECT attempt FROM holdfast.subscriber WHERE id = '` + id + `'`)
	if err := h.engine.Pump(h.t.Context(), id, int(attempt)); err != nil {
		h.t.Fatal(err)
	}
}

// later shifts the store's clock by so much from now on, once more.
func (h *house) later(d time.Duration) {
	h.t.Helper()
	h.exec(fmt.Sprintf(`
		DO $$
		DECLARE old text := pg_catalog.pg_get_functiondef('holdfast.clock()'::pg_catalog.regprocedure);
		BEGIN
			EXECUTE pg_catalog.replace(old, 'pg_catalog.clock_timestamp()', 'pg_catalog.clock_timestamp() + interval ''%d milliseconds''');
		END $$`, d.Milliseconds()))
}

func (h *house) status(id string) retention.SubscriberStatus {
	h.t.Helper()
	st, err := h.engine.SubscriberStatus(h.t.Context(), h.actor, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return st
}

// wantOrder fails unless, for each entity, what was accepted first came in the order
// of the log and with no gap, given the ids by entity in that order.
func wantOrder(t *testing.T, r *receiver, log map[string][]string) {
	t.Helper()
	got := map[string][]string{}
	where := map[string]string{}
	for entity, ids := range log {
		for _, id := range ids {
			where[id] = entity
		}
	}
	for _, id := range r.accepted() {
		got[where[id]] = append(got[where[id]], id)
	}
	for entity, want := range log {
		if !slices.Equal(got[entity], want) {
			t.Errorf("entity %s accepted %s, want %s", entity, shortIDs(got[entity]), shortIDs(want))
		}
	}
}

func shortIDs(ids []string) string {
	var out []string
	for _, id := range ids {
		out = append(out, strings.TrimLeft(strings.TrimPrefix(id, "00000000-0000-4000-8000-"), "0"))
	}
	return strings.Join(out, " ")
}
