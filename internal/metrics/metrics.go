package metrics

import (
	"crypto/sha256"
	"crypto/subtle"
	"net/http"
	"runtime"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"

	"holdfast/engine"
	"holdfast/internal/httperr"
	"holdfast/retention"
)

// blocked is the reason of rows that something which stays refers to, beside the
// reasons of skipped rows.
const blocked = "blocked_by_reference"

// Metrics are one process's. It is safe for concurrent use.
type Metrics struct {
	registry *prometheus.Registry
	gauges   *gauges

	processed, held, skipped, batches *prometheus.CounterVec
	duration                          *prometheus.HistogramVec
	runs, deliveries                  *prometheus.CounterVec
}

var _ engine.Meter = (*Metrics)(nil)

// durations are the bounds of the histogram's buckets, in seconds: from a policy with
// nothing to do to a night. Each costs a line per policy in every scrape.
var durations = []float64{0.5, 5, 30, 120, 600, 3600, 4 * 3600, 12 * 3600}

// New makes the metrics of a process; version is the program's.
func New(version string) *Metrics {
	m := &Metrics{
		registry: prometheus.NewRegistry(),
		gauges:   &gauges{},
		processed: counter("retention_records_processed_total",
			"Records deleted, anonymized or archived, by batches that this process has committed.", "policy", "action"),
		held: counter("retention_records_held_total",
			"Records that were due and left because of a legal hold, each once per run.", "policy"),
		skipped: counter("retention_records_skipped_total",
			"Records that were due and left for another reason than a hold, each once per run.", "policy", "reason"),
		batches: counter("retention_batches_total",
			"Batches with a journal row that this process has committed.", "policy"),
		duration: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "retention_run_duration_seconds", Buckets: durations,
			Help: "Time that a policy's part of a run took, over all attempts, of parts that this process has ended.",
		}, []string{"policy"}),
		runs: counter("retention_runs_total",
			"Runs that this process has ended, by how they ended.", "status"),
		deliveries: counter("holdfast_deliveries_total",
			"Attempts of this process to deliver an event, by how they ended: delivered or failed.", "subscriber", "outcome"),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "holdfast_build_info", Help: "The program that runs; always 1.",
		ConstLabels: prometheus.Labels{"version": version, "go_version": runtime.Version()},
	})
	info.Set(1)
	m.registry.MustRegister(m.processed, m.held, m.skipped, m.batches, m.duration, m.runs, m.deliveries, m.gauges, info,
		collectors.NewGoCollector(), collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	for _, st := range retention.RunStatuses() {
		if st.Ended() {
			// A counter that begins at one has no increase that an alert could see.
			m.runs.WithLabelValues(string(st))
		}
	}
	return m
}

func counter(name, help string, labels ...string) *prometheus.CounterVec {
	return prometheus.NewCounterVec(prometheus.CounterOpts{Name: name, Help: help}, labels)
}

// Committed implements engine.Meter.
func (m *Metrics) Committed(policy string, action retention.Action, batches int64, c retention.Counts) {
	m.processed.WithLabelValues(policy, string(action)).Add(float64(c.Processed))
	m.held.WithLabelValues(policy).Add(float64(c.Held))
	m.batches.WithLabelValues(policy).Add(float64(batches))
	if c.Blocked > 0 {
		m.skipped.WithLabelValues(policy, blocked).Add(float64(c.Blocked))
	}
	for reason, n := range c.Skipped {
		m.skipped.WithLabelValues(policy, reason).Add(float64(n))
	}
}

// PolicyEnded implements engine.Meter.
func (m *Metrics) PolicyEnded(policy string, _ retention.RunStatus, took time.Duration) {
	m.duration.WithLabelValues(policy).Observe(took.Seconds())
}

// RunEnded implements engine.Meter.
func (m *Metrics) RunEnded(status retention.RunStatus) { m.runs.WithLabelValues(string(status)).Inc() }

// Delivered implements engine.Meter.
func (m *Metrics) Delivered(subscriber, outcome string, n int) {
	m.deliveries.WithLabelValues(subscriber, outcome).Add(float64(n))
}

// Handler answers GET /metrics in whichever exposition format is asked for. With a
// token it wants it as a bearer token. Nothing is computed or asked by a scrape.
func (m *Metrics) Handler(token string) http.Handler {
	// Compressing takes as long as all the rest, for a network that is near.
	scrape := promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{DisableCompression: true})
	want := sha256.Sum256([]byte(token))
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		given, _ := strings.CutPrefix(r.Header.Get("Authorization"), "Bearer ")
		got := sha256.Sum256([]byte(given))
		if token != "" && subtle.ConstantTimeCompare(got[:], want[:]) != 1 {
			httperr.Write(w, r, retention.ErrUnauthenticated)
			return
		}
		scrape.ServeHTTP(w, r)
	})
}
