package engine_test

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/engine"
	"holdfast/retention"
)

// BenchmarkBystanders measures what an application on the same server feels while a run
// purges: pgbench at a fixed rate, alone, beside a run at the default pace and beside one
// at max, in interleaved rounds. BENCH_BYSTANDER_SECONDS (default 20) is how long each
// goes on, BENCH_BYSTANDER_RATE (default 200) the transactions a second.
func BenchmarkBystanders(b *testing.B) {
	seconds, rate := benchSetting("BENCH_BYSTANDER_SECONDS", 20), benchSetting("BENCH_BYSTANDER_RATE", 200)
	rows, rounds := benchSetting("BENCH_ROWS", 2_000_000)*2, benchSetting("BENCH_PAIRS", 5)
	program := pgbench(b)
	server := benchServer(b)
	benchTemplate(b, server, rows)
	bystanders := &bystanders{b: b, program: program, seconds: seconds, rate: rate}
	bystanders.run(server.URL("bench_template"), "-i", "-s", "10", "-q")
	paces := []retention.Pace{"", retention.PaceDefault, retention.PaceMax}
	p95, speed := make([][]time.Duration, len(paces)), make([][]float64, len(paces))
	for round := range rounds {
		for i, pace := range paces {
			url := benchClone(b, server, "bench_template", fmt.Sprintf("by_%d_%d", round, i))
			took, processed := bystanders.beside(url, pace)
			p95[i], speed[i] = append(p95[i], took), append(speed[i], processed)
			benchDrop(b, server, url)
		}
	}
	fmt.Printf("\nBystanders: pgbench at %d transactions a second for %d s, p95 latency, medians of %d interleaved rounds:\n", rate, seconds, rounds)
	for i, name := range []string{"alone", "beside a run, default pace", "beside a run, pace max"} {
		goal := map[int]string{1: "  (goal ≤ 1.3, and ≥ 20,000 rows/s)"}[i]
		slices.Sort(speed[i])
		fmt.Printf("  %-28s %8.2f ms  × %5.2f   %9.0f rows/s%s\n", name, float64(median(p95[i]).Microseconds())/1000, medianRatio(p95[i], p95[0]), speed[i][len(speed[i])/2], goal)
	}
}

// pgbench finds the program beside PostgreSQL's others.
func pgbench(b *testing.B) string {
	b.Helper()
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/pgbench") // The pattern is well formed.
	if path, err := exec.LookPath("pgbench"); err == nil {
		found = append(found, path)
	}
	if dir := os.Getenv("HOLDFAST_POSTGRES_BIN"); dir != "" {
		found = append([]string{filepath.Join(dir, "pgbench")}, found...)
	}
	if len(found) == 0 {
		b.Skip("there is no pgbench here; it comes with PostgreSQL's server programs")
	}
	return found[0]
}

type bystanders struct {
	b             *testing.B
	program       string
	seconds, rate int
}

// run runs pgbench in a directory of its own, which it answers.
func (s *bystanders) run(url string, args ...string) string {
	s.b.Helper()
	cfg, err := pgx.ParseConfig(url)
	if err != nil {
		s.b.Fatal(err)
	}
	dir := s.b.TempDir()
	cmd := exec.CommandContext(s.b.Context(), s.program, append(args, "-h", cfg.Host, "-p", strconv.Itoa(int(cfg.Port)), "-U", cfg.User, cfg.Database)...)
	cmd.Dir = dir
	cmd.Env = append(os.Environ(), "PGPASSWORD="+cfg.Password)
	if out, err := cmd.CombinedOutput(); err != nil {
		s.b.Fatalf("pgbench: %v\n%s", err, out)
	}
	return dir
}

// beside is the bystanders' p95 latency, and how many rows a second a run at the pace
// processed meanwhile; without one for no pace.
func (s *bystanders) beside(url string, pace retention.Pace) (p95 time.Duration, rowsPerSecond float64) {
	s.b.Helper()
	if pace == "" {
		return s.measure(url, s.seconds), 0
	}
	h := newHouse(s.b, url)
	defer h.close()
	p := policyOn("events", 1)
	p.Evidence = retention.EvidenceRecords
	p.BatchSize = 20_000
	h.mustPolicy(p)
	run, err := h.engine.RequestRun(s.b.Context(), h.actor, engine.RunRequest{Pace: pace})
	if err != nil {
		s.b.Fatal(err)
	}
	ctx, stop := context.WithCancel(s.b.Context())
	ended := make(chan struct{})
	began, took := time.Now(), time.Duration(0)
	go func() {
		defer close(ended)
		_ = h.engine.ExecuteRun(ctx, run.ID, 0) // ends with the measurement
		took = time.Since(began)
	}()
	seconds := s.seconds
	if pace == retention.PaceMax {
		seconds = max(2, min(seconds, 4)) // or it would be over before
	}
	p95 = s.measure(url, seconds)
	stop()
	<-ended
	return p95, float64(h.count(`SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal`)) / took.Seconds()
}

// measure reads the latencies from pgbench's log: with a rate they count from when a
// transaction was to begin.
func (s *bystanders) measure(url string, seconds int) time.Duration {
	s.b.Helper()
	all := s.latencies(url, "-n", "-c", "4", "-j", "1", "-R", strconv.Itoa(s.rate), "-T", strconv.Itoa(seconds))
	return all[len(all)*95/100]
}

// latencies are those of the transactions of one pgbench, the shortest first.
func (s *bystanders) latencies(url string, args ...string) []time.Duration {
	s.b.Helper()
	dir := s.run(url, append(args, "-l", "--log-prefix=tx")...)
	logs, err := filepath.Glob(filepath.Join(dir, "tx.*"))
	if err != nil || len(logs) == 0 {
		s.b.Fatalf("pgbench left no log: %v", err)
	}
	var all []time.Duration
	for _, log := range logs {
		f, err := os.Open(log)
		if err != nil {
			s.b.Fatal(err)
		}
		for lines := bufio.NewScanner(f); lines.Scan(); {
			// client, transaction, latency in µs, …
			if fields := strings.Fields(lines.Text()); len(fields) > 2 {
				if us, err := strconv.Atoi(fields[2]); err == nil {
					all = append(all, time.Duration(us)*time.Microsecond)
				}
			}
		}
		_ = f.Close()
	}
	slices.Sort(all)
	return all
}
