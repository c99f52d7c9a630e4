package main

import (
	"fmt"
	"math/rand/v2"
	"net"
	"net/http"
	"net/http/httptest"
	"os/exec"
	"path/filepath"
	"strings"
	"sync/atomic"
	"testing"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"holdfast/internal/natstest"
	"holdfast/internal/pgtest"
)

// follower is the example consumer in a process of its own, with a database of its own.
type follower struct {
	name, url, program string
	env                []string
	cmd                *exec.Cmd
	out                *output
}

// buildConsumer makes the program of examples/consumer.
func buildConsumer(t *testing.T) string {
	t.Helper()
	program := filepath.Join(t.TempDir(), "consumer")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, ".")
	cmd.Dir = "../../examples/consumer"
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the consumer: %v\n%s", err, out)
	}
	return program
}

// newFollower has a profile for each customer, under the same ids.
func newFollower(t *testing.T, program, name string, rows int, env ...string) *follower {
	t.Helper()
	f := &follower{name: name, program: program, url: pgtest.New(t), env: env}
	pgtest.Exec(t, f.url, `CREATE SCHEMA consumer`,
		`CREATE TABLE consumer.profile (customer_id text PRIMARY KEY, name text, email text)`,
		fmt.Sprintf(`INSERT INTO consumer.profile SELECT i, 'n' || i, 'e' || i FROM generate_series(1, %d) AS i`, rows))
	t.Cleanup(f.kill)
	return f
}

func (f *follower) start(t *testing.T) {
	t.Helper()
	f.cmd = exec.CommandContext(t.Context(), f.program)
	f.cmd.Env = append(f.env, "CONSUMER_DATABASE_URL="+f.url)
	f.out = &output{}
	f.cmd.Stdout, f.cmd.Stderr = f.out, f.out
	if err := f.cmd.Start(); err != nil {
		t.Fatal(err)
	}
}

func (f *follower) kill() {
	if f.cmd != nil {
		_ = f.cmd.Process.Kill()
		_ = f.cmd.Wait()
		f.cmd = nil
	}
}

// seen is how many events it has carried out; -1 before it has its tables.
func (f *follower) seen(t *testing.T) int64 {
	t.Helper()
	return pgtest.Value[int64](t, f.url, `SELECT CASE WHEN to_regclass('consumer.seen') IS NULL THEN -1
		ELSE (xpath('/row/n/text()', query_to_xml('SELECT count(*) AS n FROM consumer.seen', false, true, '')))[1]::text::bigint END`)
}

// holdfastStream makes the stream that keeps the subject of the events.
func holdfastStream(t testing.TB, url string) {
	t.Helper()
	nc, err := nats.Connect(url)
	if err != nil {
		t.Fatal(err)
	}
	defer nc.Close()
	js, err := jetstream.New(nc)
	if err == nil {
		_, err = js.CreateStream(t.Context(), jetstream.StreamConfig{Name: "HOLDFAST", Subjects: []string{"data.retention"}, Storage: jetstream.FileStorage})
	}
	if err != nil {
		t.Fatal(err)
	}
}

const customersPolicy = `{"name":"customers","table":"public.customers","timestamp_column":"created_at","retention_period":"P90D","action":"delete",
	"legal_basis":"a test's","batch_size":100,"events":{"entity_type":"customer","key":"id","include":["region"]}}`

// The loop closes: a purge tells two services, one by a signed webhook and one over
// NATS JetStream, while the service, the receivers and the NATS server are killed at
// random moments. In the end each service has deleted exactly the rows that are gone:
// no event without a change, no change without an event.
func TestWhatIsGoneIsGoneAtWhoeverWasToldWhateverIsKilled(t *testing.T) {
	t.Parallel()
	rows, rounds := 600, 1
	if pgtest.Long() {
		rows, rounds = 6000, 4
	}
	rnd := rand.New(rand.NewPCG(2026, 11))
	broker := natstest.Start(t)
	holdfastStream(t, broker.URL)
	url := demoDatabase(t, 0)
	pgtest.Exec(t, url,
		`CREATE TABLE public.customers (id bigint PRIMARY KEY, region text, created_at timestamptz NOT NULL)`,
		fmt.Sprintf(`INSERT INTO public.customers SELECT i, CASE i %% 3 WHEN 0 THEN NULL ELSE 'EU "é' END, now() - interval '100 days' FROM generate_series(1, %d) AS i`, rows))

	allow := "HOLDFAST_WEBHOOK_ALLOW_PRIVATE=true"
	s := startService(t, url, allow)
	program := buildConsumer(t)
	address := fmt.Sprintf("127.0.0.1:%d", natstest.FreePort(t))
	filter := `"types":["data.retention.*"],"entity_types":["customer"]`
	hook := s.call("POST", "/api/v1/subscribers", jsonType, `{"name":"hook","kind":"webhook","url":"http://`+address+`/holdfast",`+filter+`}`, 201)
	s.call("POST", "/api/v1/subscribers", jsonType, `{"name":"bus","kind":"nats","url":"`+broker.URL+`",`+filter+`}`, 201)
	followers := []*follower{
		newFollower(t, program, "hook", rows, "CONSUMER_LISTEN="+address, "CONSUMER_SECRET="+hook["secret"].(string)),
		newFollower(t, program, "bus", rows, "CONSUMER_NATS_URL="+broker.URL, "CONSUMER_NATS_STREAM=HOLDFAST"),
	}
	for _, f := range followers {
		f.start(t)
	}
	s.call("POST", "/api/v1/policies", jsonType, customersPolicy, 201)
	s.call("POST", "/api/v1/holds", jsonType, `{"matter":"Test v. Test","reason":"a test","scope":[{"table":"public.customers","record_ids":["1",`+fmt.Sprintf(`"%d","%d"`, rows/2, rows)+`]}]}`, 201)
	run := s.call("POST", "/api/v1/runs", jsonType, `{}`, 202)["id"].(string)

	// Something dies each time that some more is done, by the purge or by a follower.
	done := func() int64 {
		n := pgtest.Value[int64](t, url, `SELECT count(*) * 100 FROM holdfast_guard.journal`)
		for _, f := range followers {
			n += max(f.seen(t), 0)
		}
		return n
	}
	var kills []string
	for range rounds {
		round := []string{"service", "service", "broker", "hook", "bus"}
		rnd.Shuffle(len(round), func(i, j int) { round[i], round[j] = round[j], round[i] })
		kills = append(kills, round...)
	}
	next, all := int64(0), int64(3*(rows-3)-100)
	for _, what := range kills {
		next = min(next+rnd.Int64N(2*all/int64(len(kills))), all)
		s.await(func() bool { return done() >= next }, func() string {
			return fmt.Sprintf("stands still at %d of %d before %s of %v\n%s\n%s", done(), next, what, kills, followers[0].out.String(), followers[1].out.String())
		})
		switch what {
		case "service":
			s.kill()
			s = startService(t, url, allow)
		case "broker":
			broker.Restart()
		default:
			for _, f := range followers {
				if f.name == what {
					f.kill()
					f.start(t)
				}
			}
		}
	}
	s.awaitRun(run, rows-3, 3)
	s.await(func() bool { return followers[0].seen(t) == int64(rows-3) && followers[1].seen(t) == int64(rows-3) }, func() string {
		_, state := s.ask("GET", "/api/v1/subscribers", "", "")
		return fmt.Sprintf("seen %d and %d of %d: %v", followers[0].seen(t), followers[1].seen(t), rows-3, state["items"])
	})
	t.Logf("killed: %v", kills)
	checkFollowers(t, url, followers, rows)
}

// checkFollowers compares what is left, everywhere, with what was told.
func checkFollowers(t *testing.T, url string, followers []*follower, rows int) {
	t.Helper()
	const left = `SELECT string_agg(%s::text, ' ' ORDER BY %[1]s::bigint) FROM %s`
	want := pgtest.Value[string](t, url, fmt.Sprintf(left, "id", "public.customers"))
	if want != fmt.Sprintf("1 %d %d", rows/2, rows) {
		t.Errorf("customers %s are left, want the held ones", want)
	}
	for _, f := range followers {
		if got := pgtest.Value[string](t, f.url, fmt.Sprintf(left, "customer_id", "consumer.profile")); got != want {
			t.Errorf("%s has profiles %.200s, and the customers are %s", f.name, got, want)
		}
	}
	var told, distinct int64
	told = pgtest.Value[int64](t, url, `SELECT sum(count)::bigint FROM holdfast.event_batch WHERE entity_type = 'customer'`)
	distinct = pgtest.Value[int64](t, url, `SELECT count(DISTINCT k) FROM holdfast.event_batch, unnest(keys) AS k WHERE entity_type = 'customer'`)
	if told != int64(rows-3) || distinct != told {
		t.Errorf("%d events of %d customers, want %d of each", told, distinct, rows-3)
	}
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.outbox`); n != 0 {
		t.Errorf("%d rows are left in the outbox", n)
	}
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast.delivery`); n != 0 {
		t.Errorf("%d deliveries are open or dead", n)
	}
}

// Three subscribers that accept connections and never answer keep neither another one
// from its events nor a run from its rows.
func TestSubscriberThatNeverAnswersDelaysNoOtherAndNoRun(t *testing.T) {
	t.Parallel()
	mute, err := (&net.ListenConfig{}).Listen(t.Context(), "tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = mute.Close() })
	var got atomic.Int64
	quick := httptest.NewServer(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { got.Add(1) }))
	t.Cleanup(quick.Close)
	url := demoDatabase(t, 2000)
	s := startService(t, url, "HOLDFAST_WEBHOOK_ALLOW_PRIVATE=true")
	for i := range 3 {
		s.call("POST", "/api/v1/subscribers", jsonType, fmt.Sprintf(`{"name":"mute%d","kind":"webhook","url":"http://%s/"}`, i, mute.Addr()), 201)
	}
	s.call("POST", "/api/v1/subscribers", jsonType, `{"name":"quick","kind":"webhook","url":"`+quick.URL+`"}`, 201)
	s.call("POST", "/api/v1/policies", jsonType, strings.Replace(logsPolicy, `"batch_size"`, `"events":{"entity_type":"log","key":"id"},"batch_size"`, 1), 201)
	s.awaitRun(s.call("POST", "/api/v1/runs", jsonType, `{}`, 202)["id"].(string), 2000, 0)
	s.await(func() bool { return got.Load() >= 2000 }, func() string { return fmt.Sprintf("the quick one got %d of 2000", got.Load()) })
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast.subscriber WHERE name LIKE 'mute%' AND delivered = 0`); n != 3 {
		t.Errorf("%d of the 3 that never answer have been delivered nothing", n)
	}
	// They are asked, and left alone with the reason, while the others go on.
	s.await(func() bool {
		return pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast.subscriber WHERE name LIKE 'mute%' AND last_answer = 'no answer within 10 seconds'`) == 3
	}, func() string { return "nothing says that they did not answer" })
}
