package main

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/store"
)

const (
	// envMain makes the test binary the program itself, so that a test can kill it.
	envMain    = "HOLDFAST_TEST_IS_MAIN"
	adminToken = "an administrator's token of the tests"
)

func TestMain(m *testing.M) {
	if os.Getenv(envMain) != "" {
		main()
		return
	}
	pgtest.Main(m)
}

// service is the program in a process of its own.
type service struct {
	t    testing.TB
	cmd  *exec.Cmd
	base string
	// out is what it says, on both of its outputs.
	out *output
}

var servesAt = regexp.MustCompile(`Holdfast serves (http://\S+)`)

// startService serves a database in a process of its own, with more of the environment
// than the rest need, and waits until it is ready.
func startService(t testing.TB, database string, env ...string) *service {
	t.Helper()
	return startProgram(t, os.Args[0], database, env...)
}

// startProgram is startService for another build of the program.
func startProgram(t testing.TB, program, database string, env ...string) *service {
	t.Helper()
	cmd := exec.CommandContext(t.Context(), program, "serve")
	cmd.Env = append(os.Environ(), envMain+"=1", "HOLDFAST_DATABASE_URL="+database, "HOLDFAST_LISTEN=127.0.0.1:0",
		"HOLDFAST_ADMIN_TOKEN="+adminToken, "HOLDFAST_SECRET="+strings.Repeat("s", 40), "HOLDFAST_PUBLIC_URL=")
	cmd.Env = append(cmd.Env, env...)
	out := &output{}
	cmd.Stdout, cmd.Stderr = out, out
	if err := cmd.Start(); err != nil {
		t.Fatal(err)
	}
	s := &service{t: t, cmd: cmd, out: out}
	t.Cleanup(func() { s.kill() })
	s.await(func() bool {
		m := servesAt.FindStringSubmatch(out.String())
		if m == nil {
			return false
		}
		s.base = m[1]
		resp, err := http.Get(s.base + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == http.StatusOK
	}, func() string { return "the service did not become ready:\n" + out.String() })
	return s
}

// output is a buffer that is written while it is read.
type output struct {
	mu  sync.Mutex
	buf bytes.Buffer
}

func (o *output) Write(p []byte) (int, error) {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.Write(p)
}

func (o *output) String() string {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.buf.String()
}

// await asks every few milliseconds, for at most three minutes: a machine that is busy
// with other tests may take one for an initdb.
func (s *service) await(ok func() bool, why func() string) {
	s.t.Helper()
	deadline := time.After(3 * time.Minute)
	tick := time.NewTicker(50 * time.Millisecond)
	defer tick.Stop()
	for !ok() {
		select {
		case <-deadline:
			s.t.Fatal(why())
		case <-tick.C:
		}
	}
}

func (s *service) kill() {
	_ = s.cmd.Process.Kill()
	_ = s.cmd.Wait()
}

// call speaks to the API as the administrator's program and insists on the status.
func (s *service) call(method, path, contentType, body string, want int) map[string]any {
	s.t.Helper()
	status, out := s.ask(method, path, contentType, body)
	if status != want {
		s.t.Fatalf("%s %s answered %d, want %d: %v", method, path, status, want, out)
	}
	return out
}

func (s *service) ask(method, path, contentType, body string) (int, map[string]any) {
	s.t.Helper()
	return s.askWith(method, path, body, map[string]string{"Content-Type": contentType})
}

// askWith asks with headers; JSON unless they say otherwise.
func (s *service) askWith(method, path, body string, header map[string]string) (int, map[string]any) {
	s.t.Helper()
	req, err := http.NewRequestWithContext(s.t.Context(), method, s.base+path, strings.NewReader(body))
	if err != nil {
		s.t.Fatal(err)
	}
	req.Header.Set("Authorization", "Bearer "+adminToken)
	if body != "" {
		req.Header.Set("Content-Type", jsonType)
	}
	for name, v := range header {
		if v != "" {
			req.Header.Set(name, v)
		}
	}
	resp, err := http.DefaultClient.Do(req)
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil {
		s.t.Fatal(err)
	}
	out := map[string]any{}
	if len(b) > 0 {
		if err := json.Unmarshal(b, &out); err != nil {
			s.t.Fatalf("%s: %v", b, err)
		}
	}
	return resp.StatusCode, out
}

const jsonType = "application/json"

// demoDatabase has both schemas already, which each service would make by itself at the
// cost of some seconds.
func demoDatabase(t *testing.T, rows int) string {
	t.Helper()
	url := pgtest.NewFrom(t, "cmd/holdfast migrated", func(ctx context.Context, url string) error {
		s, err := store.Open(ctx, url, store.Options{})
		if err != nil {
			return err
		}
		defer s.Close()
		return errors.Join(store.Migrate(ctx, s.Pool()), target.Migrate(ctx, url))
	})
	fillLogs(t, url, rows)
	return url
}

func fillLogs(t testing.TB, url string, rows int) {
	t.Helper()
	pgtest.Exec(t, url,
		`CREATE TABLE public.logs (id bigint PRIMARY KEY, name text NOT NULL, created_at timestamptz NOT NULL)`,
		fmt.Sprintf(`INSERT INTO public.logs SELECT i, 'n' || i, now() - interval '100 days' FROM generate_series(1, %d) AS i`, rows))
}

const logsPolicy = `{"name":"logs","table":"public.logs","timestamp_column":"created_at","retention_period":"P90D","action":"delete","legal_basis":"a test's","batch_size":200}`

// tellingLogs is that policy, telling others of each row.
var tellingLogs = strings.TrimSuffix(logsPolicy, "}") + `,"events":{"entity_type":"log","key":"id"}}`

// awaitEvents waits until others are told of that many rows, and checks that each is
// told once and that nothing is left behind at its origin.
func (s *service) awaitEvents(url string, want int64) {
	s.t.Helper()
	var n int64
	s.await(func() bool {
		n = pgtest.Value[int64](s.t, url, `SELECT coalesce(sum(count), 0)::bigint FROM holdfast.event_batch WHERE entity_type = 'log'`)
		return n >= want && pgtest.Value[int64](s.t, url, `SELECT count(*) FROM holdfast_guard.outbox`) == 0
	}, func() string { return fmt.Sprintf("%d events are in the log, want %d", n, want) })
	told := pgtest.Value[int64](s.t, url, `SELECT count(DISTINCT k) FROM holdfast.event_batch, unnest(keys) AS k WHERE entity_type = 'log' AND NOT EXISTS (SELECT FROM public.logs WHERE id = k::bigint)`)
	if n != want || told != want {
		s.t.Errorf("%d events name %d rows that are gone, want %d of each", n, told, want)
	}
}

// TestRunOfAKilledServiceGoesOnByItselfAndLosesNothing kills the process without
// warning in mid-run, twice, and starts another: the run ends as if nothing had been,
// and others are told of each row that is gone, once.
func TestRunOfAKilledServiceGoesOnByItselfAndLosesNothing(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	url := demoDatabase(t, rows)
	s := startService(t, url)
	s.call("POST", "/api/v1/policies", jsonType, tellingLogs, 201)
	s.call("POST", "/api/v1/holds", jsonType, `{"matter":"Test v. Test","reason":"a test","scope":[{"table":"public.logs","record_ids":["1","19999"]}]}`, 201)
	run := s.call("POST", "/api/v1/runs", jsonType, `{}`, 202)["id"].(string)
	for kills, seen := 0, int64(0); kills < 2; kills++ {
		s.await(func() bool {
			return pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.journal`) > seen
		}, func() string { return "no batch was committed" })
		s.kill()
		seen = pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.journal`)
		s = startService(t, url)
	}
	s.awaitRun(run, rows-2, 2)
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM public.logs WHERE id IN (1, 19999)`); n != 2 {
		t.Errorf("%d of 2 held rows are left", n)
	}
	if n := pgtest.Value[int64](t, url, `SELECT sum(processed)::bigint FROM holdfast_guard.journal`); n != rows-2 {
		t.Errorf("the journal has %d rows, want %d", n, rows-2)
	}
	s.awaitEvents(url, rows-2)
}

// TestRunWaitsForADatabaseThatWasKilledAndGoesOn kills PostgreSQL itself in mid-run.
func TestRunWaitsForADatabaseThatWasKilledAndGoesOn(t *testing.T) {
	t.Parallel()
	const rows = 20_000
	pg := pgtest.StartPrivate(t, nil)
	url := pg.CreateDatabase("app")
	fillLogs(t, url, rows)
	s := startService(t, url)
	s.call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	s.call("POST", "/api/v1/holds", jsonType, `{"matter":"Test v. Test","reason":"a test","scope":[{"table":"public.logs","record_ids":["7"]}]}`, 201)
	run := s.call("POST", "/api/v1/runs", jsonType, `{}`, 202)["id"].(string)
	s.await(func() bool { return pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.journal`) > 0 },
		func() string { return "no batch was committed" })
	pg.Kill()
	s.awaitReady(http.StatusServiceUnavailable)
	pg.Restart()
	s.awaitRun(run, rows-1, 1)
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM public.logs`); n != 1 {
		t.Errorf("%d rows are left, want the held one", n)
	}
	if n := pgtest.Value[int64](t, url, `SELECT sum(processed)::bigint FROM holdfast_guard.journal`); n != rows-1 {
		t.Errorf("the journal has %d rows, want %d", n, rows-1)
	}
}

// awaitReady waits until /readyz answers with a status.
func (s *service) awaitReady(status int) {
	s.t.Helper()
	s.await(func() bool {
		resp, err := http.Get(s.base + "/readyz")
		if err != nil {
			return false
		}
		_ = resp.Body.Close()
		return resp.StatusCode == status
	}, func() string { return fmt.Sprintf("/readyz does not come to say %d", status) })
}

// awaitRun waits until a run has ended and checks what it did.
func (s *service) awaitRun(id string, processed, held int) {
	s.t.Helper()
	var got map[string]any
	s.await(func() bool {
		var status int
		// A connection that the kill has cut may still be in a pool: 503, and again.
		status, got = s.ask("GET", "/api/v1/runs/"+id, "", "")
		return status == http.StatusOK && got["status"] != "queued" && got["status"] != "running"
	}, func() string { return fmt.Sprintf("the run did not end: %v", got) })
	if got["status"] != "succeeded" || got["total_processed"] != float64(processed) || got["total_held"] != float64(held) {
		s.t.Errorf("the run ended as %v with %v processed and %v held, want succeeded, %d, %d: %v", got["status"], got["total_processed"], got["total_held"], processed, held, got["policies"])
	}
}

func TestTerminatedServiceHandsItsRunOnAndLeavesCleanly(t *testing.T) {
	url := demoDatabase(t, 20_000)
	s := startService(t, url)
	s.call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	s.call("POST", "/api/v1/runs", jsonType, `{}`, 202)
	s.await(func() bool { return pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.journal`) > 0 },
		func() string { return "no batch was committed" })
	start := time.Now()
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	if err := s.cmd.Wait(); err != nil {
		t.Errorf("the service ended with %v", err)
	}
	if took := time.Since(start); took > 10*time.Second {
		t.Errorf("it took %v to stop", took)
	}
	if n := pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast.river_job WHERE state = 'available'`); n == 0 {
		t.Error("no job was left for the next worker")
	}
}

func TestWrongSurroundingsAreOneClearLine(t *testing.T) {
	taken, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = taken.Close() }()
	file := filepath.Join(t.TempDir(), "file")
	if err := os.WriteFile(file, nil, 0o600); err != nil {
		t.Fatal(err)
	}
	cases := map[string]struct {
		env  map[string]string
		says string
	}{
		"a port in use":                  {map[string]string{"HOLDFAST_LISTEN": taken.Addr().String(), "HOLDFAST_DATABASE_URL": "postgres://x@127.0.0.1:1/x"}, "HOLDFAST_LISTEN"},
		"no URL":                         {map[string]string{"HOLDFAST_DATABASE_URL": "localhost"}, "HOLDFAST_DATABASE_URL must be a URL"},
		"nobody listens":                 {map[string]string{"HOLDFAST_DATABASE_URL": "postgres://x@127.0.0.1:1/x", "HOLDFAST_SECRET": strings.Repeat("s", 40)}, "HOLDFAST_DATABASE_URL"},
		"a data directory that is none":  {map[string]string{"HOLDFAST_DATA_DIR": file}, "HOLDFAST_DATA_DIR"},
		"a secret that is too short":     {map[string]string{"HOLDFAST_SECRET": "short"}, "HOLDFAST_SECRET"},
		"a zone that does not exist":     {map[string]string{"HOLDFAST_TIME_ZONE": "Europe/Bonn"}, "HOLDFAST_TIME_ZONE"},
		"the machine's own zone":         {map[string]string{"HOLDFAST_TIME_ZONE": "Local"}, "give a name of the IANA database"},
		"backups of no period":           {map[string]string{"HOLDFAST_BACKUP_RETENTION": "a month"}, "HOLDFAST_BACKUP_RETENTION: \"a month\" is not a period"},
		"a choice that is none":          {map[string]string{"HOLDFAST_MIGRATE": "x"}, "HOLDFAST_MIGRATE must be true or false"},
		"a URL with a bad escape":        {map[string]string{"HOLDFAST_DATABASE_URL": "postgres://x:pa%zz@127.0.0.1:1/x"}, "HOLDFAST_DATABASE_URL"},
		"a governed URL with a bad port": {map[string]string{"HOLDFAST_TARGET_URL": "postgres://x@127.0.0.1:99999/x"}, "HOLDFAST_TARGET_URL"},
		"a pace that does not exist":     {map[string]string{"HOLDFAST_PACE": "warp"}, "default or max"},
		"an admin token that is guessed": {map[string]string{"HOLDFAST_ADMIN_TOKEN": "admin"}, "HOLDFAST_ADMIN_TOKEN"},
	}
	for name, c := range cases {
		t.Run(name, func(t *testing.T) {
			env := map[string]string{"HOLDFAST_LISTEN": "127.0.0.1:0", "HOLDFAST_DATA_DIR": t.TempDir()}
			for k, v := range c.env {
				env[k] = v
			}
			var out bytes.Buffer
			err := run(context.Background(), []string{"serve"}, func(k string) string { return env[k] }, &out, &out)
			if err == nil || !strings.Contains(err.Error(), c.says) || strings.Contains(strings.TrimSpace(err.Error()), "\n") {
				t.Errorf("got %v, want one line that has %q", err, c.says)
			}
			if n := strings.Count(err.Error(), "refused"); n > 1 {
				t.Errorf("%v says the same %d times", err, n)
			}
		})
	}
}

func TestDemoShowsAHoldOverridingARun(t *testing.T) {
	t.Parallel()
	var out, errs bytes.Buffer
	if err := run(t.Context(), []string{"demo", "--once"}, func(string) string { return "" }, &out, &errs); err != nil {
		t.Fatalf("%v\n%s%s", err, out.String(), errs.String())
	}
	for _, want := range []string{"session_logs", "abandoned_carts", "succeeded", "290"} {
		if !strings.Contains(out.String(), want) {
			t.Errorf("the summary lacks %q:\n%s", want, out.String())
		}
	}
}
