package main

import (
	"context"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgxpool"
	standardwebhooks "github.com/standard-webhooks/standard-webhooks/libraries/go"
)

const secret = "whsec_MfKQ9r8GKYqrTwjUPD8ILPZIo2LaLaSw"

// newConsumer has a database of its own, with three profiles.
func newConsumer(t *testing.T) *consumer {
	t.Helper()
	admin := os.Getenv("HOLDFAST_TEST_DATABASE_URL")
	if admin == "" {
		t.Skip("HOLDFAST_TEST_DATABASE_URL names no PostgreSQL; `make test` gives one")
	}
	ctx := context.Background()
	conn, err := pgx.Connect(ctx, admin)
	if err != nil {
		t.Fatal(err)
	}
	name := fmt.Sprintf("consumer_%d_%d", os.Getpid(), time.Now().UnixNano())
	if _, err := conn.Exec(ctx, `CREATE DATABASE `+pgx.Identifier{name}.Sanitize()); err != nil {
		t.Fatal(err)
	}
	u, err := url.Parse(admin)
	if err != nil {
		t.Fatal(err)
	}
	u.Path = "/" + name
	db, err := pgxpool.New(ctx, u.String())
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		db.Close()
		_, _ = conn.Exec(ctx, `DROP DATABASE `+pgx.Identifier{name}.Sanitize())
		_ = conn.Close(ctx)
	})
	if _, err := db.Exec(ctx, schema+`INSERT INTO consumer.profile SELECT i, 'n' || i, 'n' || i || '@example.com' FROM generate_series(1, 3) AS i`); err != nil {
		t.Fatal(err)
	}
	return &consumer{db: db, entity: "customer"}
}

// profiles are the rows, as text.
func (c *consumer) profiles(t *testing.T) string {
	t.Helper()
	var out string
	err := c.db.QueryRow(t.Context(), `SELECT coalesce(string_agg(customer_id || coalesce(name, '-'), ' ' ORDER BY customer_id), '') FROM consumer.profile`).Scan(&out)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func body(id, typ, entity, key string) string {
	return fmt.Sprintf(`{"specversion":"1.0","id":%q,"type":%q,"data":{"entity_type":%q,"entity_id":%s}}`, id, typ, entity, key)
}

func TestEventIsCarriedOutOnceHoweverOftenItComes(t *testing.T) {
	c := newConsumer(t)
	var wg sync.WaitGroup
	for range 8 {
		wg.Go(func() {
			if err := c.consume(t.Context(), []byte(body("a-0", "data.retention.deleted", "customer", `"1"`))); err != nil {
				t.Error(err)
			}
		})
	}
	wg.Wait()
	if got := c.profiles(t); got != "2n2 3n3" {
		t.Errorf("profiles: got %s", got)
	}
	// The customer comes back, and the old event once more.
	if _, err := c.db.Exec(t.Context(), `INSERT INTO consumer.profile VALUES ('1', 'new', NULL)`); err != nil {
		t.Fatal(err)
	}
	if err := c.consume(t.Context(), []byte(body("a-0", "data.retention.deleted", "customer", `"1"`))); err != nil {
		t.Fatal(err)
	}
	if got := c.profiles(t); got != "1new 2n2 3n3" {
		t.Errorf("profiles: got %s", got)
	}
}

func TestWhatEachEventDoes(t *testing.T) {
	c := newConsumer(t)
	for i, e := range []struct{ typ, entity, key, want string }{
		{"data.retention.anonymized", "customer", `"2"`, "1n1 2- 3n3"},
		{"data.retention.deleted", "order", `"1"`, "1n1 2- 3n3"},
		{"data.retention.deleted", "customer", `null`, "1n1 2- 3n3"},
		{"hold.placed", "hold", `"1"`, "1n1 2- 3n3"},
		{"data.retention.archived", "customer", `"3"`, "1n1 2-"},
	} {
		if err := c.consume(t.Context(), []byte(body(strconv.Itoa(i), e.typ, e.entity, e.key))); err != nil {
			t.Errorf("%+v: %v", e, err)
		}
		if got := c.profiles(t); got != e.want {
			t.Errorf("%+v: got %s", e, got)
		}
	}
}

func TestOnlyWhatIsSignedIsBelieved(t *testing.T) {
	c := newConsumer(t)
	handler, err := webhook(c, secret)
	if err != nil {
		t.Fatal(err)
	}
	hook, err := standardwebhooks.NewWebhook(secret)
	if err != nil {
		t.Fatal(err)
	}
	text := body("a-0", "data.retention.deleted", "customer", `"1"`)
	for _, tc := range []struct {
		name, body string
		at         time.Time
		want       int
	}{
		{"another body", strings.Replace(text, `"1"`, `"2"`, 1), time.Now(), http.StatusUnauthorized},
		{"an old signature", text, time.Now().Add(-time.Hour), http.StatusUnauthorized},
		{"as it was signed", text, time.Now(), http.StatusNoContent},
		{"once more", text, time.Now(), http.StatusNoContent},
	} {
		signature, err := hook.Sign("a-0", tc.at, []byte(text))
		if err != nil {
			t.Fatal(err)
		}
		r := httptest.NewRequestWithContext(t.Context(), http.MethodPost, "/holdfast", strings.NewReader(tc.body))
		r.Header.Set("webhook-id", "a-0")
		r.Header.Set("webhook-timestamp", strconv.FormatInt(tc.at.Unix(), 10))
		r.Header.Set("webhook-signature", signature)
		rec := httptest.NewRecorder()
		handler.ServeHTTP(rec, r)
		if rec.Code != tc.want {
			t.Errorf("%s: got %d, want %d", tc.name, rec.Code, tc.want)
		}
	}
	if got := c.profiles(t); got != "2n2 3n3" {
		t.Errorf("profiles: got %s", got)
	}
}
