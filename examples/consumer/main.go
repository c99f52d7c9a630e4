package main

import (
	"context"
	"errors"
	"fmt"
	"net"
	"net/http"
	"os"
	"os/signal"
	"syscall"
	"time"

	"github.com/jackc/pgx/v5/pgxpool"
)

func main() {
	ctx, stop := signal.NotifyContext(context.Background(), os.Interrupt, syscall.SIGTERM)
	defer stop()
	if err := run(ctx, os.Getenv); err != nil {
		fmt.Fprintln(os.Stderr, "consumer:", err)
		os.Exit(1)
	}
}

// run serves the webhook, reads the stream, or both, until ctx ends.
func run(ctx context.Context, getenv func(string) string) error {
	db, err := pgxpool.New(ctx, getenv("CONSUMER_DATABASE_URL"))
	if err != nil {
		return fmt.Errorf("CONSUMER_DATABASE_URL: %w", err)
	}
	defer db.Close()
	if _, err := db.Exec(ctx, schema); err != nil {
		return fmt.Errorf("make the tables: %w", err)
	}
	c := &consumer{db: db, entity: getenv("CONSUMER_ENTITY_TYPE")}
	if c.entity == "" {
		c.entity = "customer"
	}
	if url := getenv("CONSUMER_NATS_URL"); url != "" && getenv("CONSUMER_SECRET") == "" {
		fmt.Println("consumer reads", url)
		return readStream(ctx, c, url, getenv("CONSUMER_NATS_STREAM"))
	} else if url != "" {
		go func() { _ = readStream(ctx, c, url, getenv("CONSUMER_NATS_STREAM")) }()
	}
	return serve(ctx, c, getenv("CONSUMER_LISTEN"), getenv("CONSUMER_SECRET"))
}

func serve(ctx context.Context, c *consumer, address, secret string) error {
	if secret == "" {
		return errors.New("set CONSUMER_SECRET to the subscriber's signing key (whsec_…), or CONSUMER_NATS_URL and CONSUMER_NATS_STREAM")
	}
	handler, err := webhook(c, secret)
	if err != nil {
		return fmt.Errorf("CONSUMER_SECRET: %w", err)
	}
	ln, err := (&net.ListenConfig{}).Listen(ctx, "tcp", address)
	if err != nil {
		return fmt.Errorf("CONSUMER_LISTEN: %w", err)
	}
	srv := &http.Server{Handler: handler, ReadHeaderTimeout: 10 * time.Second}
	stopped := context.AfterFunc(ctx, func() {
		sctx, cancel := context.WithTimeout(context.Background(), 5*time.Second)
		defer cancel()
		_ = srv.Shutdown(sctx)
	})
	defer stopped()
	fmt.Printf("consumer listens on http://%s/holdfast\n", ln.Addr())
	if err := srv.Serve(ln); !errors.Is(err, http.ErrServerClosed) {
		return err
	}
	return nil
}
