package api

import (
	"bytes"
	"context"
	"encoding/csv"
	"encoding/json"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

// manyRuns makes n runs of two policies each, one a minute, by SQL.
func (s *service) manyRuns(n int) {
	s.t.Helper()
	pgtest.Exec(s.t, s.url, fmt.Sprintf(`
		INSERT INTO holdfast.run (id, trigger, requested_by, dry_run, pace, status, created_at, started_at, finished_at, requeued_at, total_processed, total_held)
		SELECT md5('run' || i)::uuid, 'manual', 'jane@example.com', i %% 10 = 0, 'default', 'succeeded', t, t, t + interval '3 s', t, i %% 100, 1
		FROM generate_series(1, %d) AS i, LATERAL (SELECT timestamptz '2020-01-01' + i * interval '1 minute') AS at(t)`, n), `
		INSERT INTO holdfast.run_policy (run_id, ordinal, policy, version, action, table_schema, table_name, sentence, cutoff, status,
			processed, held, blocked, skipped, null_timestamps, infinite_timestamps, batches, started_at, finished_at, duration_seconds, errors)
		SELECT r.id, o, 'policy_' || o, 3, 'delete', 'public', 'orders', 'Delete rows of public.orders 730 days after placed_at. Basis: ' || repeat('x', 100),
			r.created_at, 'succeeded', r.total_processed * o, o, 0, '{"locked_by_other": 2}', 0, 0, 1, r.created_at, r.finished_at, 3, '[]'
		FROM holdfast.run AS r, generate_series(0, 1) AS o`)
}

// served is the service on a port, with a signal for each request that is over.
func (s *service) served() (url string, over <-chan struct{}) {
	done := make(chan struct{}, 10)
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer func() { done <- struct{}{} }()
		s.router.ServeHTTP(w, r)
	}))
	s.t.Cleanup(srv.Close)
	return srv.URL, done
}

func (s *service) stream(ctx context.Context, url string) *http.Response {
	s.t.Helper()
	r, err := http.NewRequestWithContext(ctx, http.MethodGet, url, nil)
	if err != nil {
		s.t.Fatal(err)
	}
	r.Header.Set("Authorization", "Bearer "+adminToken)
	res, err := http.DefaultClient.Do(r)
	if err != nil {
		s.t.Fatal(err)
	}
	s.t.Cleanup(func() { _ = res.Body.Close() })
	if res.StatusCode != http.StatusOK {
		s.t.Fatalf("status %d", res.StatusCode)
	}
	return res
}

// heap is what is in use after everything else is collected, in bytes.
func heap() uint64 {
	runtime.GC()
	var m runtime.MemStats
	runtime.ReadMemStats(&m)
	return m.HeapAlloc
}

// watched reads on and notes the most that was in use, looked at every few MB.
type watched struct {
	io.Reader
	read, next, most uint64
}

func (w *watched) Read(p []byte) (int, error) {
	n, err := w.Reader.Read(p)
	w.read += uint64(n)
	if w.read >= w.next {
		w.next, w.most = w.read+4<<20, max(w.most, heap())
	}
	return n, err
}

func TestTheRunLogStreamsInBoundedMemory(t *testing.T) {
	s := newServer(t)
	const runs = 10_000
	s.manyRuns(runs)
	url, _ := s.served()
	before := heap()
	for _, format := range []string{"json", "csv"} {
		began := time.Now()
		body := &watched{Reader: s.stream(t.Context(), url+"/api/v1/runs/export?format="+format).Body}
		n := map[string]func(*testing.T, io.Reader) int{"json": countRuns, "csv": countRows}[format](t, body)
		if n != runs {
			t.Errorf("%s: got %d runs, want %d", format, n, runs)
		}
		grown := int64(body.most) - int64(before)
		t.Logf("%s: %d MB in %s, heap grown by at most %d kB", format, body.read>>20, time.Since(began).Round(time.Millisecond), grown>>10)
		// Half of it, since other tests of this process may allocate meanwhile.
		if body.read < 4<<20 || grown > int64(body.read)/2 {
			t.Errorf("%s: %d bytes were read and the heap grew by %d; want much read and little kept", format, body.read, grown)
		}
	}
}

// TestExportOfAPolicyHasItsRowsAlone: a row of the CSV is a run and a policy, so it is the
// policy that the filter names; JSON has runs, whose totals are of all their policies.
func TestExportOfAPolicyHasItsRowsAlone(t *testing.T) {
	s := newServer(t)
	s.manyRuns(3)
	s.do(call{method: "POST", path: "/api/v1/policies", body: strings.Replace(ticketsPolicy, `"tickets"`, `"policy_1"`, 1)}).want(201)
	rows, err := csv.NewReader(bytes.NewReader(s.do(call{method: "GET", path: "/api/v1/runs/export?format=csv&policy=policy_1"}).want(200).body)).ReadAll()
	if err != nil || len(rows) != 4 {
		t.Fatalf("got %d rows, %v, want the head and one for each of 3 runs", len(rows), err)
	}
	policy := slices.Index(rows[0], "policy")
	for _, row := range rows[1:] {
		if row[policy] != "policy_1" {
			t.Errorf("a row of %s", row[policy])
		}
	}
	url, _ := s.served()
	if n := countRuns(t, s.stream(t.Context(), url+"/api/v1/runs/export?format=json&policy=policy_1").Body); n != 3 {
		t.Errorf("json: got %d whole runs, want 3", n)
	}
}

func countRuns(t *testing.T, r io.Reader) (n int) {
	t.Helper()
	d := json.NewDecoder(r)
	if _, err := d.Token(); err != nil {
		t.Fatal(err)
	}
	for ; d.More(); n++ {
		var run struct{ Policies []struct{ Policy string } }
		if err := d.Decode(&run); err != nil || len(run.Policies) != 2 {
			t.Fatalf("run %d: %v, %+v", n, err, run)
		}
	}
	if _, err := d.Token(); err != nil {
		t.Fatalf("the array is not closed: %v", err)
	}
	return n
}

// countRows counts runs by their rows, of which each has two.
func countRows(t *testing.T, r io.Reader) (n int) {
	t.Helper()
	d := csv.NewReader(r)
	d.ReuseRecord = true
	if _, err := d.Read(); err != nil {
		t.Fatal(err)
	}
	for ; ; n++ {
		_, err := d.Read()
		if err == io.EOF {
			return n / 2
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func TestAnExportWhoseReaderGoesAwayEnds(t *testing.T) {
	s := newServer(t)
	s.manyRuns(20_000)
	url, over := s.served()
	ctx, cut := context.WithCancel(t.Context())
	res := s.stream(ctx, url+"/api/v1/runs/export?format=csv")
	if _, err := io.ReadFull(res.Body, make([]byte, 1000)); err != nil {
		t.Fatal(err)
	}
	select {
	case <-over:
		t.Fatal("all of it was sent before it was read; the test shows nothing")
	default:
	}
	cut()
	select {
	case <-over:
	case <-time.After(2 * time.Minute):
		t.Fatal("the export goes on without a reader")
	}
	busy := `SELECT count(*) FROM pg_stat_activity WHERE datname = current_database() AND pid <> pg_backend_pid() AND state <> 'idle' AND application_name = 'holdfast-store'`
	pgtest.Await(t, "the end of the export's query", func() bool { return pgtest.Value[int64](t, s.url, busy) == 0 })
}

// breaking is a store whose list of runs breaks on its second page.
type breaking struct {
	*store.Store
}

func (b breaking) Runs(ctx context.Context, f retention.RunFilter, p retention.Page) ([]retention.Run, string, error) {
	if p.Cursor != "" {
		return nil, "", retention.ErrUnavailable
	}
	return b.Store.Runs(ctx, f, p)
}

func TestAnExportThatBreaksIsNotTakenForTheWhole(t *testing.T) {
	whole := newServer(t)
	whole.manyRuns(300)
	st, err := store.Open(t.Context(), whole.url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(st.Close)
	s := serviceOver(t, engine.New(breaking{st}, nil, engine.Options{AdminToken: adminToken}), st.Sessions())
	url, _ := s.served()
	res := s.stream(t.Context(), url+"/api/v1/runs/export?format=csv")
	if body, err := io.ReadAll(res.Body); err == nil {
		t.Errorf("it ended as if that were all, after %d bytes", len(body))
	}
}

func TestTheExportOfNothingIsWellFormed(t *testing.T) {
	s := newServer(t)
	a := s.do(call{method: "GET", path: "/api/v1/runs/export?format=json"}).want(200)
	if got := strings.Join(strings.Fields(string(a.body)), ""); got != "[]" {
		t.Errorf("JSON: got %q, want an empty array", got)
	}
	if got := a.header.Get("Content-Disposition"); got != `attachment; filename="holdfast-runs.json"` {
		t.Errorf("Content-Disposition: got %q", got)
	}
	a = s.do(call{method: "GET", path: "/api/v1/runs/export?format=csv"}).want(200)
	if lines := strings.Count(string(a.body), "\n"); lines != 1 || !strings.HasPrefix(string(a.body), "run,trigger,requested_by") {
		t.Errorf("CSV: got %q, want the header alone", a.body)
	}
	for _, path := range []string{"/api/v1/runs/export", "/api/v1/runs/export?format=xml", "/api/v1/runs/export?format=csv&trigger=cron"} {
		s.do(call{method: "GET", path: path}).want(400)
	}
	s.do(call{method: "GET", path: "/api/v1/runs/export?format=csv", token: "-"}).want(401)
}

func TestTheExportHasARowForEachPolicyAndNoFormulas(t *testing.T) {
	at := time.Date(2026, 3, 3, 8, 0, 0, 0, time.UTC)
	r := retention.Run{ID: "run-1", Trigger: retention.TriggerManual, RequestedBy: "=jane@example.com", Status: retention.RunPartial, CreatedAt: at, Policies: []retention.PolicyResult{
		{Policy: "zeros", Version: 1, Action: retention.ActionDelete, Table: retention.TableName{Schema: "public", Name: "orders"}, Status: retention.RunSucceeded},
		{Policy: "fails", Version: 2, Action: retention.ActionDelete, Table: retention.TableName{Schema: "public", Name: "logs"}, Status: retention.RunFailed, Cutoff: &at, NullTimestamps: retention.NotCounted,
			Counts: retention.Counts{Processed: 5, Held: 2, Blocked: 1, Skipped: map[string]int64{retention.SkippedTrigger: 3}}, Errors: []string{`@SUM("A1")`, "-1"}, DurationSeconds: 1.5},
	}}
	var out bytes.Buffer
	w := newCSVRuns(&out, "")
	for _, err := range []error{w.begin(), w.run(r), w.end()} {
		if err != nil {
			t.Fatal(err)
		}
	}
	rows, err := csv.NewReader(&out).ReadAll()
	if err != nil || len(rows) != 3 {
		t.Fatalf("%d rows, %v", len(rows), err)
	}
	cell := func(row int, column string) string { return rows[row][slices.Index(rows[0], column)] }
	for _, want := range []struct {
		row           int
		column, value string
	}{
		{1, "policy", "zeros"}, {1, "processed", "0"}, {1, "skipped_locked_by_other", "0"}, {1, "cutoff", ""}, {1, "null_timestamps", "0"}, {2, "null_timestamps", ""}, {1, "requested_by", "'=jane@example.com"},
		{2, "processed", "5"}, {2, "held", "2"}, {2, "blocked", "1"}, {2, "skipped_refused_by_trigger", "3"}, {2, "cutoff", "2026-03-03T08:00:00Z"},
		{2, "errors", "'@SUM(\"A1\")\n-1"}, {2, "run_status", "partial"}, {2, "status", "failed"}, {2, "duration_seconds", "1.500"}, {2, "table", "public.logs"},
	} {
		if got := cell(want.row, want.column); got != want.value {
			t.Errorf("row %d, %s: got %q, want %q", want.row, want.column, got, want.value)
		}
	}
	for _, s := range []string{"=1", "+1", "-1", "@x", "\tx", "\rx"} {
		if got := text(s); got != "'"+s {
			t.Errorf("%q is written as %q", s, got)
		}
	}
	for _, s := range []string{"", "x=1", "'=1"} {
		if got := text(s); got != s {
			t.Errorf("%q is written as %q", s, got)
		}
	}
}
