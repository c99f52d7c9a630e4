package notify

import (
	"context"
	"errors"
	"fmt"
	"log/slog"
	"net/http"
	"sync"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/retention"
)

// brokerIdle is after how long a connection that nobody uses is closed.
const brokerIdle = 10 * time.Minute

// brokers publishes events to JetStream, over one connection per URL.
type brokers struct {
	creds string
	log   *slog.Logger
	now   func() time.Time

	mu    sync.Mutex
	conns map[string]*broker
}

// broker is one connection. mu is held while it is made, so that many lanes make one.
type broker struct {
	mu       sync.Mutex
	nc       *nats.Conn
	js       jetstream.JetStream
	lastUsed time.Time
}

func newBrokers(o Options) *brokers {
	return &brokers{creds: o.NATSCreds, log: o.Log, now: o.Now, conns: map[string]*broker{}}
}

// close ends all connections. What was published is acknowledged or was not sent.
func (b *brokers) close() {
	b.mu.Lock()
	defer b.mu.Unlock()
	for url, c := range b.conns {
		c.close()
		delete(b.conns, url)
	}
}

func (c *broker) close() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nc != nil {
		c.nc.Close()
	}
}

// of is the connection for a URL, made or not, and closes those that nobody uses.
func (b *brokers) of(url string) *broker {
	b.mu.Lock()
	defer b.mu.Unlock()
	now := b.now()
	for other, c := range b.conns {
		if other != url && now.Sub(c.lastUsed) > brokerIdle {
			go c.close()
			delete(b.conns, other)
		}
	}
	c := b.conns[url]
	if c == nil {
		c = &broker{}
		b.conns[url] = c
	}
	c.lastUsed = now
	return c
}

// connect answers the connection, and makes it if there is none. Once made it
// reconnects by itself.
func (b *brokers) connect(url string) (jetstream.JetStream, error) {
	c := b.of(url)
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.nc != nil && !c.nc.IsClosed() {
		return c.js, nil
	}
	options := []nats.Option{
		nats.Name("holdfast"), nats.Timeout(connectTime), nats.MaxReconnects(-1), nats.ReconnectWait(time.Second),
		// Nothing is kept back while the server is away: what is not acknowledged has
		// failed, and is tried again by the one who keeps the order.
		nats.ReconnectBufSize(-1),
		nats.ErrorHandler(func(_ *nats.Conn, _ *nats.Subscription, err error) { b.log.Debug("NATS", "error", err) }),
	}
	if b.creds != "" {
		options = append(options, nats.UserCredentials(b.creds))
	}
	nc, err := nats.Connect(url, options...)
	if err != nil {
		return nil, err
	}
	js, err := jetstream.New(nc)
	if err != nil {
		nc.Close()
		return nil, err
	}
	c.nc, c.js = nc, js
	return js, nil
}

// send publishes an event and waits for the stream's acknowledgement. The stream
// drops an event that it has already (Nats-Msg-Id), within its own window.
func (b *brokers) send(ctx context.Context, o retention.Outgoing) retention.Answer {
	js, err := b.connect(o.To.URL)
	if err != nil {
		return failed("cannot connect to the NATS server: " + err.Error())
	}
	msg := nats.NewMsg(o.To.Subject)
	msg.Data = o.Body
	msg.Header.Set(http.CanonicalHeaderKey("content-type"), mediaType)
	ack, err := js.PublishMsg(ctx, msg, jetstream.WithMsgID(o.ID), jetstream.WithRetryAttempts(0))
	if err != nil {
		return failed(publishReason(ctx, o.To.Subject, err))
	}
	return retention.Answer{Delivered: true, Text: fmt.Sprintf("stream %s, message %d", ack.Stream, ack.Sequence)}
}

// publishReason says in words why the stream did not take an event.
func publishReason(ctx context.Context, subject string, err error) string {
	switch {
	case errors.Is(err, jetstream.ErrNoStreamResponse), errors.Is(err, nats.ErrNoResponders):
		return fmt.Sprintf("no JetStream stream takes the subject %s: make one, such as by `nats stream add HOLDFAST --subjects %s --storage file --defaults`", subject, subject)
	case errors.Is(err, nats.ErrReconnectBufExceeded), errors.Is(err, nats.ErrConnectionClosed), errors.Is(err, nats.ErrDisconnected), errors.Is(err, nats.ErrConnectionReconnecting):
		return "the NATS server is not connected"
	case ctx.Err() != nil:
		return "the stream has not acknowledged: " + context.Cause(ctx).Error()
	}
	return "the stream did not take it: " + err.Error()
}
