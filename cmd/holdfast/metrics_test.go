package main

import (
	"fmt"
	"io"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"holdfast/internal/pgtest"
)

// scrape reads a process's metrics by their lines; one that is not there is "".
func (s *service) scrape() map[string]string {
	s.t.Helper()
	resp, err := http.Get(s.base + "/metrics")
	if err != nil {
		s.t.Fatal(err)
	}
	defer func() { _ = resp.Body.Close() }()
	b, err := io.ReadAll(resp.Body)
	if err != nil || resp.StatusCode != http.StatusOK {
		s.t.Fatalf("/metrics: %d, %v", resp.StatusCode, err)
	}
	out := map[string]string{}
	for line := range strings.Lines(string(b)) {
		if name, value, ok := strings.Cut(strings.TrimSpace(line), "} "); ok && !strings.HasPrefix(line, "#") {
			out[name+"}"] = value
		}
	}
	return out
}

// Two processes share a store. What each has counted
// is its own, and the gauges are the same in both, also in one that ran nothing.
func TestMetricsOfTwoProcessesAreOneTruth(t *testing.T) {
	t.Parallel()
	const rows = 4_000
	url := demoDatabase(t, rows)
	a, b := startService(t, url), startService(t, url)
	a.call("POST", "/api/v1/policies", jsonType, logsPolicy, 201)
	a.call("POST", "/api/v1/holds", jsonType, `{"matter":"Test v. Test","reason":"a test","scope":[{"table":"public.logs","record_ids":["1","3999"]}]}`, 201)
	const oldest = `retention_oldest_unprocessed_days{policy="logs"}`
	for _, s := range []*service{a, b} {
		s.await(func() bool { return s.scrape()[oldest] != "" && s.scrape()[oldest] != "0" },
			func() string {
				return fmt.Sprintf("the age of the oldest due record does not come: %q; %s", s.scrape()[oldest], lastLook(t, url))
			})
	}
	a.call("POST", "/api/v1/runs", jsonType, `{"dry_run":true}`, 202)
	run := a.call("POST", "/api/v1/runs", jsonType, `{}`, 202)["id"].(string)
	a.awaitRun(run, rows-2, 2)
	for _, s := range []*service{a, b} {
		s.await(func() bool { return s.scrape()[oldest] == "0" },
			func() string {
				return fmt.Sprintf("held records alone are left, and the oldest is %q days old; %s", s.scrape()[oldest], lastLook(t, url))
			})
	}
	got := map[string]float64{}
	for _, s := range []*service{a, b} {
		lines := s.scrape()
		for _, name := range []string{
			`retention_records_processed_total{action="delete",policy="logs"}`, `retention_records_held_total{policy="logs"}`,
			`retention_run_duration_seconds_count{policy="logs"}`, `retention_runs_total{status="succeeded"}`, `retention_batches_total{policy="logs"}`,
		} {
			v, err := strconv.ParseFloat(lines[name], 64)
			if err != nil {
				t.Fatalf("%s is %q", name, lines[name])
			}
			got[name] += v
		}
		if lines[`holdfast_holds{status="active"}`] != "1" || lines[`retention_last_success_timestamp_seconds{policy="logs"}`] == "" {
			t.Errorf("gauges: holds %q, last success %q", lines[`holdfast_holds{status="active"}`], lines[`retention_last_success_timestamp_seconds{policy="logs"}`])
		}
	}
	batches := float64(pgtest.Value[int64](t, url, `SELECT count(*) FROM holdfast_guard.journal`))
	for name, want := range map[string]float64{
		`retention_records_processed_total{action="delete",policy="logs"}`: rows - 2, `retention_records_held_total{policy="logs"}`: 2,
		`retention_run_duration_seconds_count{policy="logs"}`: 1, `retention_runs_total{status="succeeded"}`: 1, `retention_batches_total{policy="logs"}`: batches,
	} {
		if got[name] != want {
			t.Errorf("%s: the sum over both processes is %v, want %v", name, got[name], want)
		}
	}
}

// lastLook is what the store knows of the measurements, for a failure's message.
func lastLook(t testing.TB, url string) string {
	return pgtest.Value[string](t, url, `SELECT 'measured: ' || coalesce(json_agg(s)::text, 'nothing') || ' at ' || now() FROM holdfast.policy_status AS s`)
}
