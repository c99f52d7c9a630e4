package engine

import (
	"context"
	"crypto/hmac"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"strconv"
	"time"

	"github.com/google/uuid"

	"holdfast/retention"
)

// SubscriberStore keeps subscribers, and what did not go through to them at once.
type SubscriberStore interface {
	// CreateSubscriber keeps a new subscriber, which is told of what enters the log from
	// now on; a name in use is ErrConflict.
	CreateSubscriber(ctx context.Context, s retention.Subscriber, by retention.By) (retention.Subscriber, error)
	// Subscribers lists those that have not ended, newest first.
	Subscribers(ctx context.Context, p retention.Page) ([]retention.Subscriber, string, error)
	Subscriber(ctx context.Context, id string) (retention.Subscriber, error)
	// SubscriberStatus is how far one is behind.
	SubscriberStatus(ctx context.Context, id string) (retention.SubscriberStatus, error)
	// ReviseSubscriber keeps an edited subscriber; version is the one that was read.
	ReviseSubscriber(ctx context.Context, s retention.Subscriber, version int, by retention.By) (retention.Subscriber, error)
	// RotateSecret gives it the next generation of its key; the former one signs for
	// overlap from now. While one from before still signs that is ErrConflict, unless
	// dropFormer.
	RotateSecret(ctx context.Context, id string, overlap time.Duration, dropFormer bool, by retention.By) (retention.Subscriber, error)
	// EndSubscriber ends the subscriber of that version; its name is free.
	EndSubscriber(ctx context.Context, id string, version int, by retention.By) error
	// Deliveries lists open and dead deliveries of these states (none: all) in the
	// order of the log.
	Deliveries(ctx context.Context, id string, states []retention.DeliveryState, p retention.Page) ([]retention.Delivery, string, error)
	// TestedSubscriber records a test. One that was delivered ends a pause, and what is
	// tried again is due at once.
	TestedSubscriber(ctx context.Context, id string, t retention.SubscriberTest, by retention.By) error
	// Replay has events delivered again and answers how many.
	Replay(ctx context.Context, id string, r retention.Replay, by retention.By) (int64, error)

	PumpStore
}

// PumpStore is what a pump works with. A pump is fenced by its attempt: what is kept
// under another than the latest is ErrConflict.
type PumpStore interface {
	// WakePumps enqueues a job for each subscriber that has something to do and nobody
	// to do it. Beyond maxOpen open deliveries a backlog is nothing to do.
	WakePumps(ctx context.Context, maxOpen int) (int, error)
	// ClaimPump takes a subscriber up if its attempt is expect and nobody shows that he
	// works on it.
	ClaimPump(ctx context.Context, id string, expect int) (p retention.Pump, ok bool, err error)
	// BeatPump is a sign of life, and answers whether another subscriber waits for a
	// worker. ReleasePump gives the subscriber back; slow is how it answered.
	BeatPump(ctx context.Context, id string, attempt int) (others bool, err error)
	ReleasePump(ctx context.Context, id string, attempt int, slow bool) error
	// SavePump keeps what was done, in one transaction, and answers how the subscriber
	// stands then.
	SavePump(ctx context.Context, id string, attempt int, step retention.PumpStep) (retention.Pump, error)
	// EventsToSend reads whole batches that the subscriber wants from a place on, until
	// they have limit events; part narrows it to a replay's. It answers the place behind
	// what it looked at, and false if there was nothing to look at.
	EventsToSend(ctx context.Context, from retention.LogPosition, part *retention.ReplayCursor, s retention.Subscriber, limit int) ([]retention.EventBatch, retention.LogPosition, bool, error)
	// DueDeliveries are deliveries to try now, with those that wait behind them, in the
	// order of the log.
	DueDeliveries(ctx context.Context, id string, limit int) ([]retention.OpenDelivery, error)
	// OpenEntities are the digests of the entities that have an open delivery.
	OpenEntities(ctx context.Context, id string) (map[string]bool, error)
	// OpenReplay is the oldest replay that has not ended.
	OpenReplay(ctx context.Context, id string) (r retention.ReplayCursor, ok bool, err error)
}

// Sender speaks to subscribers.
type Sender interface {
	// Check refuses a subscriber whose URL leads where nobody may be sent to; the error
	// is an InvalidError.
	Check(ctx context.Context, s retention.Subscriber) error
	// Send tries once to deliver an event. It takes seconds at most and is called from
	// many goroutines.
	Send(ctx context.Context, o retention.Outgoing) retention.Answer
}

// Subscribers lists subscribers, newest first.
func (e *Engine) Subscribers(ctx context.Context, actor retention.Actor, p retention.Page) ([]retention.Subscriber, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	return e.store.Subscribers(ctx, p)
}

// Subscriber is one of them.
func (e *Engine) Subscriber(ctx context.Context, actor retention.Actor, id string) (retention.Subscriber, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Subscriber{}, err
	}
	return e.store.Subscriber(ctx, id)
}

// SubscriberStatus is how far a subscriber is behind and how it answered last.
func (e *Engine) SubscriberStatus(ctx context.Context, actor retention.Actor, id string) (retention.SubscriberStatus, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.SubscriberStatus{}, err
	}
	return e.store.SubscriberStatus(ctx, id)
}

// Deliveries lists what has not gone through to a subscriber.
func (e *Engine) Deliveries(ctx context.Context, actor retention.Actor, id string, states []retention.DeliveryState, p retention.Page) ([]retention.Delivery, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	return e.store.Deliveries(ctx, id, states, p)
}

// CreateSubscriber saves a subscriber and answers a webhook's signing key, which is
// shown this once.
func (e *Engine) CreateSubscriber(ctx context.Context, actor retention.Actor, s retention.Subscriber) (retention.Subscriber, string, error) {
	if err := e.authorise(actor, OpSubscriberWrite); err != nil {
		return retention.Subscriber{}, "", err
	}
	s = s.WithDefaults()
	if err := e.checkSubscriber(ctx, s); err != nil {
		return retention.Subscriber{}, "", err
	}
	s, err := e.store.CreateSubscriber(ctx, s, retention.By{Actor: actor, Action: "subscriber.create"})
	return s, e.shownKey(s, err), err
}

func (e *Engine) checkSubscriber(ctx context.Context, s retention.Subscriber) error {
	if err := s.Validate(); err != nil {
		return err
	}
	if e.sender == nil {
		return errNoSender
	}
	return e.sender.Check(ctx, s)
}

var errNoSender = errors.New("this process has nothing to send with")

// ReviseSubscriber edits a subscriber; version is the one that the caller read.
func (e *Engine) ReviseSubscriber(ctx context.Context, actor retention.Actor, id string, version int, rev retention.SubscriberRevision) (retention.Subscriber, error) {
	if err := e.authorise(actor, OpSubscriberWrite); err != nil {
		return retention.Subscriber{}, err
	}
	s, err := e.store.Subscriber(ctx, id)
	if err != nil {
		return s, err
	}
	if err := checkVersion("subscriber", s.Version, version); err != nil {
		return s, err
	}
	if rev.Kind != nil && *rev.Kind != s.Kind {
		return s, retention.Invalid("kind", "is %s and cannot be changed; add another subscriber of kind %s and end this one", s.Kind, *rev.Kind)
	}
	to := s.Revised(rev).WithDefaults()
	if to.URL == s.URL {
		// Where its name leads today must not keep anybody from switching it off; where it
		// may not lead, no connection is made.
		err = to.Validate()
	} else {
		err = e.checkSubscriber(ctx, to)
	}
	if err != nil {
		return s, err
	}
	s = to
	return e.store.ReviseSubscriber(ctx, s, version, retention.By{Actor: actor, Action: "subscriber.revise"})
}

// RotateSecret gives a webhook another signing key and answers it; the former one
// signs beside it for FormerSecretSigns. Two keys sign at once, so while a former one
// still does, which the receiver may be using, there is no other unless dropFormer.
func (e *Engine) RotateSecret(ctx context.Context, actor retention.Actor, id string, dropFormer bool) (retention.Subscriber, string, error) {
	if err := e.authorise(actor, OpSubscriberWrite); err != nil {
		return retention.Subscriber{}, "", err
	}
	s, err := e.store.Subscriber(ctx, id)
	if err != nil {
		return s, "", err
	}
	if s.Kind != retention.SubscriberWebhook {
		return s, "", retention.Conflictf("subscriber %q is told over NATS, which signs nothing; only a webhook has a signing key", s.Name)
	}
	s, err = e.store.RotateSecret(ctx, id, retention.FormerSecretSigns, dropFormer, retention.By{Actor: actor, Action: "subscriber.rotate_secret"})
	return s, e.shownKey(s, err), err
}

// EndSubscriber ends a subscriber; version is the one that the caller read.
func (e *Engine) EndSubscriber(ctx context.Context, actor retention.Actor, id string, version int) error {
	if err := e.authorise(actor, OpSubscriberWrite); err != nil {
		return err
	}
	s, err := e.store.Subscriber(ctx, id)
	if err != nil {
		return err
	}
	if err := checkVersion("subscriber", s.Version, version); err != nil {
		return err
	}
	return e.store.EndSubscriber(ctx, id, version, retention.By{Actor: actor, Action: "subscriber.end"})
}

// Replay has events delivered again and answers how many.
func (e *Engine) Replay(ctx context.Context, actor retention.Actor, id string, r retention.Replay) (int64, error) {
	if err := e.authorise(actor, OpSubscriberWrite); err != nil {
		return 0, err
	}
	if err := r.Validate(); err != nil {
		return 0, err
	}
	return e.store.Replay(ctx, id, r, retention.By{Actor: actor, Action: "subscriber.replay"})
}

// TestSubscriber sends one event of the type retention.EventTest to a subscriber, at once
// and outside of the order, and answers what came of it: that it failed is no error. One
// that goes through ends a pause, so that what waits is sent.
func (e *Engine) TestSubscriber(ctx context.Context, actor retention.Actor, id string) (retention.SubscriberTest, error) {
	if err := e.authorise(actor, OpSubscriberWrite); err != nil {
		return retention.SubscriberTest{}, err
	}
	if e.sender == nil {
		return retention.SubscriberTest{}, errNoSender
	}
	s, err := e.store.Subscriber(ctx, id)
	if err != nil {
		return retention.SubscriberTest{}, err
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return retention.SubscriberTest{}, err
	}
	event, err := retention.TestEvent(uuid.NewString(), s, actor, e.source, now)
	if err != nil {
		return retention.SubscriberTest{}, fmt.Errorf("write the test event: %w", err)
	}
	body, err := json.Marshal(event)
	if err != nil {
		return retention.SubscriberTest{}, fmt.Errorf("write the test event: %w", err)
	}
	former := s.FormerSecretUntil != nil && s.FormerSecretUntil.After(now)
	sctx, cancel := context.WithTimeoutCause(ctx, sendTime, errNoAnswer)
	defer cancel()
	begun := time.Now()
	answer := e.sender.Send(sctx, retention.Outgoing{
		To: s, Keys: e.signingKeys(retention.Pump{Subscriber: s, FormerKey: former}), ID: event.ID, Type: event.Type, Body: body,
	})
	test := retention.SubscriberTest{EventID: event.ID, SentAt: now, Delivered: answer.Delivered, Answer: answer.Text, Duration: time.Since(begun)}
	return test, e.store.TestedSubscriber(ctx, id, test, retention.By{Actor: actor, Action: "subscriber.test"})
}

// shownKey is the key that a new or rotated webhook is answered with.
func (e *Engine) shownKey(s retention.Subscriber, err error) string {
	if err != nil || s.Kind != retention.SubscriberWebhook {
		return ""
	}
	return e.signingKey(s.ID, s.SecretGeneration)
}

// signingKey derives the key that signs what a webhook is sent, in the form that
// Standard Webhooks gives keys. It is kept nowhere: whoever reads the store learns no
// key, and without the process's secret none can be made.
func (e *Engine) signingKey(id string, generation int) string {
	mac := hmac.New(sha256.New, e.secret)
	mac.Write([]byte("holdfast webhook signing key\x00" + id + "\x00" + strconv.Itoa(generation)))
	return "whsec_" + base64.StdEncoding.EncodeToString(mac.Sum(nil))
}

// signingKeys are those that sign now, newest first.
func (e *Engine) signingKeys(p retention.Pump) []string {
	s := p.Subscriber
	if s.Kind != retention.SubscriberWebhook {
		return nil
	}
	keys := []string{e.signingKey(s.ID, s.SecretGeneration)}
	if p.FormerKey && s.SecretGeneration > 1 {
		keys = append(keys, e.signingKey(s.ID, s.SecretGeneration-1))
	}
	return keys
}
