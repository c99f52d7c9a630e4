package main

import (
	"context"
	"log/slog"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"
)

// readStream takes events from a stream, one after the other, until ctx ends. The
// durable consumer remembers how far it is while this program is away.
func readStream(ctx context.Context, c *consumer, url, stream string) error {
	nc, err := nats.Connect(url, nats.Name("consumer"), nats.MaxReconnects(-1), nats.RetryOnFailedConnect(true))
	if err != nil {
		return err
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		if err := follow(ctx, c, js, stream); err != nil && ctx.Err() == nil {
			slog.Warn("stream is read again", "error", err)
			select {
			case <-ctx.Done():
			case <-time.After(500 * time.Millisecond):
			}
		}
	}
	return nil
}

// follow reads until something fails.
func follow(ctx context.Context, c *consumer, js jetstream.JetStream, stream string) error {
	reader, err := js.CreateOrUpdateConsumer(ctx, stream, jetstream.ConsumerConfig{
		Durable: "consumer", AckPolicy: jetstream.AckExplicitPolicy, AckWait: 30 * time.Second,
		// One at a time: an event that is redelivered comes before those after it.
		MaxAckPending: 1,
	})
	if err != nil {
		return err
	}
	for ctx.Err() == nil {
		batch, err := reader.Fetch(1, jetstream.FetchMaxWait(2*time.Second))
		if err != nil {
			return err
		}
		for msg := range batch.Messages() {
			if err := c.consume(ctx, msg.Data()); err != nil {
				_ = msg.NakWithDelay(time.Second) // comes again anyway, later
				return err
			}
			// Only now: the transaction is committed.
			if err := msg.Ack(); err != nil {
				return err
			}
		}
		if err := batch.Error(); err != nil {
			return err
		}
	}
	return nil
}
