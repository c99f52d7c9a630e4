package web

import (
	"context"
	"fmt"
	"slices"
	"time"

	"holdfast/retention"
)

// fakeSubscriber is a subscriber of the fake store, with how far it is.
type fakeSubscriber struct {
	retention.Subscriber
	status     retention.SubscriberStatus
	deliveries []retention.Delivery
	replays    []retention.Replay
}

func (s *fakeStore) Subscribers(_ context.Context, p retention.Page) ([]retention.Subscriber, string, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.Subscriber
	for _, sub := range s.subscribers {
		out = append(out, sub.Subscriber)
	}
	page, next := paged(out, p)
	return page, next, err
}

// subscriber finds one; the caller has the lock.
func (s *fakeStore) subscriber(id string) (*fakeSubscriber, error) {
	for i := range s.subscribers {
		if s.subscribers[i].ID == id {
			return &s.subscribers[i], s.down
		}
	}
	return &fakeSubscriber{}, retention.NotFoundf("there is no subscriber %s", id)
}

func (s *fakeStore) Subscriber(_ context.Context, id string) (retention.Subscriber, error) {
	unlock, _ := s.locked()
	defer unlock()
	sub, err := s.subscriber(id)
	return sub.Subscriber, err
}

func (s *fakeStore) SubscriberStatus(_ context.Context, id string) (retention.SubscriberStatus, error) {
	unlock, _ := s.locked()
	defer unlock()
	sub, err := s.subscriber(id)
	return sub.status, err
}

func (s *fakeStore) CreateSubscriber(_ context.Context, sub retention.Subscriber, by retention.By) (retention.Subscriber, error) {
	unlock, err := s.locked()
	defer unlock()
	for _, other := range s.subscribers {
		if other.Name == sub.Name {
			return sub, retention.Conflictf("there is a subscriber %q already", sub.Name)
		}
	}
	sub.ID, sub.Version, sub.SecretGeneration, sub.CreatedBy, sub.CreatedAt = fmt.Sprint("sub-", len(s.subscribers)+1), 1, 1, by.Actor.Name, s.now
	s.subscribers = append(s.subscribers, fakeSubscriber{Subscriber: sub})
	s.record("subscriber/"+sub.ID, nil, sub, by)
	return sub, err
}

func (s *fakeStore) change(id string, version int, by retention.By, do func(sub *retention.Subscriber)) (retention.Subscriber, error) {
	unlock, _ := s.locked()
	defer unlock()
	sub, err := s.subscriber(id)
	if err != nil {
		return sub.Subscriber, err
	}
	if version != 0 && sub.Version != version {
		return sub.Subscriber, retention.ErrStale
	}
	before := sub.Subscriber
	do(&sub.Subscriber)
	sub.Version++
	s.record("subscriber/"+id, before, sub.Subscriber, by)
	return sub.Subscriber, nil
}

func (s *fakeStore) ReviseSubscriber(_ context.Context, to retention.Subscriber, version int, by retention.By) (retention.Subscriber, error) {
	return s.change(to.ID, version, by, func(sub *retention.Subscriber) { *sub = to })
}

func (s *fakeStore) RotateSecret(_ context.Context, id string, overlap time.Duration, dropFormer bool, by retention.By) (retention.Subscriber, error) {
	if sub, err := s.Subscriber(context.Background(), id); err == nil && !dropFormer && sub.FormerSecretUntil != nil && sub.FormerSecretUntil.After(s.now) {
		return sub, retention.FormerKeySigns(*sub.FormerSecretUntil)
	}
	return s.change(id, 0, by, func(sub *retention.Subscriber) {
		until := s.now.Add(overlap)
		sub.SecretGeneration, sub.FormerSecretUntil = sub.SecretGeneration+1, &until
	})
}

func (s *fakeStore) EndSubscriber(_ context.Context, id string, version int, by retention.By) error {
	_, err := s.change(id, version, by, func(*retention.Subscriber) {})
	if err == nil {
		s.subscribers = slices.DeleteFunc(s.subscribers, func(sub fakeSubscriber) bool { return sub.ID == id })
	}
	return err
}

func (s *fakeStore) Deliveries(_ context.Context, id string, states []retention.DeliveryState, p retention.Page) ([]retention.Delivery, string, error) {
	unlock, _ := s.locked()
	defer unlock()
	sub, err := s.subscriber(id)
	var out []retention.Delivery
	for _, d := range sub.deliveries {
		if len(states) == 0 || slices.Contains(states, d.State) {
			out = append(out, d)
		}
	}
	page, next := paged(out, p)
	return page, next, err
}

func (s *fakeStore) Replay(_ context.Context, id string, r retention.Replay, _ retention.By) (int64, error) {
	unlock, _ := s.locked()
	defer unlock()
	sub, err := s.subscriber(id)
	for i, e := range r.Events {
		if _, _, ok := retention.ParseEventID(e); !ok {
			return 0, retention.Invalid(fmt.Sprintf("events[%d]", i), "%q is no event that is kept", e)
		}
	}
	sub.replays = append(sub.replays, r)
	return 1, err
}

func (s *fakeStore) TestedSubscriber(_ context.Context, id string, t retention.SubscriberTest, by retention.By) error {
	unlock, _ := s.locked()
	defer unlock()
	sub, err := s.subscriber(id)
	if t.Delivered {
		sub.status.PausedUntil = nil
	}
	s.record("subscriber/"+id, nil, t, by)
	return err
}

const subscriberID = "0195-crm"

func fillSubscribers(s *fakeStore) {
	made := func(id, name string, kind retention.SubscriberKind, url string) retention.Subscriber {
		sub := retention.Subscriber{ID: id, Name: name, Kind: kind, URL: url, Enabled: true, Version: 1, SecretGeneration: 1, CreatedBy: "jane@example.com", CreatedAt: ago(30 * day)}
		return sub.WithDefaults()
	}
	crm := made(subscriberID, "crm", retention.SubscriberWebhook, "https://crm.example.com/hooks/holdfast/retention-events?tenant=eu-central")
	crm.Types, crm.EntityTypes, crm.FormerSecretUntil = []string{"data.retention.*"}, []string{"user"}, agop(-20*time.Hour)
	off := made("0195-old", "old-mailer", retention.SubscriberWebhook, "https://mail.example.com/events")
	off.Enabled = false
	var stuck []retention.Delivery
	for i := range 30 {
		state, next := retention.DeliveryRetrying, agop(-20*time.Minute)
		var first *time.Time
		switch {
		case i < 3:
			state, next = retention.DeliveryDead, nil
		case i%4 == 0:
			state, next = retention.DeliveryWaiting, nil
		}
		answer, attempts := "", 0
		if state != retention.DeliveryWaiting {
			answer, attempts, first = "500 Internal Server Error: <html><h1>Whitelabel error page</h1>", 27-i%5, agop(80*time.Hour)
		}
		stuck = append(stuck, retention.Delivery{
			ID: int64(i), BatchNo: 10, Position: i, EventID: retention.EventID("0195aabb-4a7e-7c1e-9d5f-3f0e4a1b2c3d", i), Type: retention.EventDeleted, EntityType: "user",
			EntityID: retention.Key{fmt.Sprint(4711 + i)}, State: state, Attempts: attempts, CreatedAt: ago(80 * time.Hour), FirstFailedAt: first, NextAt: next, LastAnswer: answer,
		})
	}
	s.subscribers = []fakeSubscriber{
		{Subscriber: crm, deliveries: stuck, status: retention.SubscriberStatus{Behind: 2283, Waiting: 7, Retrying: 20, Dead: 3, Delivered: 120_412, LastSuccess: agop(81 * time.Hour), LastFailure: agop(2 * time.Minute),
			LastAnswer: "500 Internal Server Error: <html><h1>Whitelabel error page</h1>", PausedUntil: agop(-3 * time.Minute), Oldest: agop(80 * time.Hour), Replaying: 1}},
		{Subscriber: made("0195-bus", "bus", retention.SubscriberNATS, "nats://nats.example.com:4222"), status: retention.SubscriberStatus{Delivered: 122_725, LastSuccess: agop(5 * time.Hour)}},
		{Subscriber: off, status: retention.SubscriberStatus{Behind: 310}},
	}
}
