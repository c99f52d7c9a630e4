// Package notify speaks to subscribers: it posts signed events to webhooks and
// publishes them to NATS JetStream.
//
// It owns the two protocols and where a request may go; what is sent to whom, when it
// is tried again and what is kept of it are the engine's, which calls it through
// engine.Sender. It is given whole addresses by people who may not be trusted with
// the network it stands in, so every connection of a webhook is looked at when it is
// made (address.go).
package notify

import (
	"context"
	"log/slog"
	"time"

	"holdfast/retention"
)

// Options tune a Sender.
type Options struct {
	// AllowPrivate lets webhooks lead to this machine and to private networks.
	AllowPrivate bool
	// NATSCreds is a file with the credentials of NATS servers (a .creds file); empty
	// for none.
	NATSCreds string
	// Agent is the User-Agent of webhooks.
	Agent string
	Log   *slog.Logger
	// Now is the clock that signatures carry; nil means time.Now. Receivers refuse a
	// signature that is minutes old.
	Now func() time.Time
}

// Sender sends events. It is safe for concurrent use. Close it.
type Sender struct {
	web    *webhooks
	broker *brokers
}

// New makes a Sender. It connects to nobody yet.
func New(o Options) *Sender {
	if o.Log == nil {
		o.Log = slog.New(slog.DiscardHandler)
	}
	if o.Now == nil {
		o.Now = time.Now
	}
	return &Sender{web: newWebhooks(o), broker: newBrokers(o)}
}

// Close ends all connections.
func (s *Sender) Close() {
	s.web.close()
	s.broker.close()
}

// Check refuses a webhook that leads to this machine or into a private network, as far
// as its name can be resolved now. A broker usually is in one, and its protocol lets
// nobody speak to anything else.
func (s *Sender) Check(ctx context.Context, sub retention.Subscriber) error {
	if sub.Kind != retention.SubscriberWebhook {
		return nil
	}
	return s.web.check(ctx, sub.URL)
}

// Send tries once to deliver an event.
func (s *Sender) Send(ctx context.Context, o retention.Outgoing) retention.Answer {
	if o.To.Kind == retention.SubscriberNATS {
		return s.broker.send(ctx, o)
	}
	return s.web.send(ctx, o)
}

// failed is an answer that says why nothing was delivered.
func failed(text string) retention.Answer { return retention.Answer{Text: clip(text)} }
