package metrics

import (
	"context"
	"strconv"
	"sync/atomic"
	"time"

	"github.com/prometheus/client_golang/prometheus"

	"holdfast/engine"
)

// RefreshEvery is how often the gauges are brought up to date.
const RefreshEvery = 12 * time.Second

// Source is where the gauges' figures come from; the engine is one.
type Source interface {
	Figures(ctx context.Context) (engine.Figures, error)
}

// Refresh reads the figures into memory. Where that fails the last ones stand, and
// holdfast_figures_timestamp_seconds says how old they are.
func (m *Metrics) Refresh(ctx context.Context, s Source) error {
	f, err := s.Figures(ctx)
	if err != nil {
		return err
	}
	for _, p := range f.Health {
		// Zeros from the start: a process that has run nothing has the counters too.
		m.processed.WithLabelValues(p.Policy, string(p.Action))
		m.held.WithLabelValues(p.Policy)
		m.batches.WithLabelValues(p.Policy)
		m.duration.WithLabelValues(p.Policy)
	}
	m.gauges.read.Store(samplesOf(f))
	return nil
}

// gauges hands out the figures that were last read, made ready then: a scrape is asked
// for little. Before the first time there are none: nothing known is not zero.
type gauges struct {
	read atomic.Pointer[samples]
}

type samples []prometheus.Metric

func (s *samples) set(d *prometheus.Desc, v float64, labels ...string) {
	*s = append(*s, prometheus.MustNewConstMetric(d, prometheus.GaugeValue, v, labels...))
}

func desc(name, help string, labels ...string) *prometheus.Desc {
	return prometheus.NewDesc(name, help, labels, nil)
}

var (
	figuresAt = desc("holdfast_figures_timestamp_seconds", "When the gauges of this process were last read from the store, by the store's clock.")

	oldest = desc("retention_oldest_unprocessed_days",
		"Age in days, beyond its period, of the oldest due record that is not held; 0 when there is none.", "policy")
	allowance = desc("retention_overdue_allowance_seconds", "How long a record may be due before it counts as overdue: the policy's grace.", "policy")
	enabled   = desc("retention_policy_enabled", "Whether the policy is enabled (1) or not (0).", "policy")
	measured  = desc("retention_measured_timestamp_seconds", "When the oldest due record was last looked for with success.", "policy")
	failing   = desc("retention_measurement_failing", "Whether the last look for the oldest due record failed (1) or not (0).", "policy")
	success   = desc("retention_last_success_timestamp_seconds", "When the policy last succeeded in a run.", "policy")
	failed    = desc("retention_last_run_failed", "Whether the policy failed in its last run (1) or not (0).", "policy")

	missed        = desc("retention_missed_slots", "Slots of the schedule that were missed since it exists.", "schedule")
	lastOfSlots   = desc("retention_schedule_last_success_timestamp_seconds", "When a run of the schedule last succeeded.", "schedule")
	schedulesLate = desc("retention_schedule_overdue", "Whether the schedule's last success is older than two of its intervals (1) or not (0).", "schedule")

	backlog     = desc("holdfast_outbox_events", "Events that have not reached the subscriber and still will, replays too.", "subscriber")
	backlogAge  = desc("holdfast_outbox_oldest_age_seconds", "Age of the oldest event that has not reached the enabled subscriber and still will, for a replay since it was asked for; 0 when there is none.", "subscriber")
	deadLetters = desc("holdfast_dead_letters", "Events that were given up for the subscriber.", "subscriber")
	uncarried   = desc("holdfast_uncarried_age_seconds", "How long the oldest row of journal or outbox has waited in the governed database to be brought into the store; 0 when none waits.")

	openRuns = desc("retention_open_runs", "Runs that have not ended, by status.", "status")
	holds    = desc("holdfast_holds", "Legal holds, by status.", "status")
	reviews  = desc("holdfast_holds_review_due", "Legal holds in force that a person is to look at now: their review date or their expiry has come.")
	faulty   = desc("holdfast_holds_fail_safe", "Legal holds in force that hold whole tables, or have policies refused, since a table or column of theirs is not what it was, or that do not keep the application from their rows as they should.")
	expiring = desc("holdfast_holds_expiring", "Legal holds that end by themselves within so many days, those of fewer days included.", "days")
	jobs     = desc("holdfast_jobs", "Jobs of the queue, by its state.", "state")
)

// Describe implements prometheus.Collector.
func (g *gauges) Describe(ch chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{figuresAt, oldest, allowance, enabled, measured, failing, success, failed, missed, lastOfSlots, schedulesLate, backlog, backlogAge, deadLetters, uncarried, openRuns, holds, reviews, faulty, expiring, jobs} {
		ch <- d
	}
}

// Collect implements prometheus.Collector.
func (g *gauges) Collect(ch chan<- prometheus.Metric) {
	if s := g.read.Load(); s != nil {
		for _, m := range *s {
			ch <- m
		}
	}
}

func samplesOf(f engine.Figures) *samples {
	s := &samples{}
	s.set(figuresAt, unix(f.At))
	for _, p := range f.Health {
		s.policy(p)
	}
	for _, h := range f.Schedules {
		s.schedule(h)
	}
	for _, b := range f.Subscribers {
		s.subscriber(b)
	}
	if f.Uncarried != nil {
		s.set(uncarried, f.Uncarried.Seconds())
	}
	for st, n := range f.OpenRuns {
		s.set(openRuns, float64(n), string(st))
	}
	for st, n := range f.Holds {
		s.set(holds, float64(n), string(st))
	}
	s.set(reviews, float64(f.HoldDates.ReviewsDue))
	s.set(faulty, float64(f.HoldDates.Faulty))
	for days, n := range f.HoldDates.Expiring {
		s.set(expiring, float64(n), strconv.Itoa(days))
	}
	for st, n := range f.Jobs {
		s.set(jobs, float64(n), st)
	}
	return s
}

func (s *samples) schedule(h engine.ScheduleHealth) {
	name := h.Schedule.Name
	s.set(missed, float64(h.MissedTotal), name)
	s.set(schedulesLate, truth(h.Overdue), name)
	if h.LastSuccess != nil {
		s.set(lastOfSlots, unix(*h.LastSuccess), name)
	}
}

func (s *samples) subscriber(b engine.SubscriberFigures) {
	s.set(backlog, float64(b.Undelivered()), b.Name)
	s.set(deadLetters, float64(b.Dead), b.Name)
	if !b.Enabled {
		return
	}
	var age time.Duration
	if b.Oldest != nil {
		age = max(0, b.MeasuredAt.Sub(*b.Oldest))
	}
	s.set(backlogAge, age.Seconds(), b.Name)
}

func (s *samples) policy(p engine.PolicyFigures) {
	s.set(enabled, truth(p.Enabled), p.Policy)
	s.set(allowance, p.Allowance.Seconds(), p.Policy)
	s.set(failing, truth(p.Status.Problem != ""), p.Policy)
	s.set(failed, truth(p.LastFailed), p.Policy)
	if p.Measured {
		s.set(oldest, p.OverdueFor.Hours()/24, p.Policy)
		s.set(measured, unix(p.Status.CheckedAt), p.Policy)
	}
	if p.LastSuccess != nil {
		s.set(success, unix(*p.LastSuccess), p.Policy)
	}
}

func unix(t time.Time) float64 { return float64(t.UnixMicro()) / 1e6 }

func truth(b bool) float64 {
	if b {
		return 1
	}
	return 0
}
