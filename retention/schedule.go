package retention

import (
	"errors"
	"fmt"
	"reflect"
	"slices"
	"strings"
	"time"
)

// DefaultMisfireGrace is how late a slot may still run unless the schedule says
// otherwise.
var DefaultMisfireGrace = Period{Hours: 1}

// NightlySchedule is the name of the schedule that exists from the start.
const NightlySchedule = "nightly"

// MaxSchedulePolicies bounds the policies that one schedule names.
const MaxSchedulePolicies = 1000

// ErrSlotsOwed: what a schedule owes from before must be decided first; then the call
// can be made again.
var ErrSlotsOwed = errors.New("slots of the schedule are not decided yet")

// Schedule says when runs start by themselves. The members up to Enabled are given
// by people; the rest is set by the server.
type Schedule struct {
	Name string `json:"name"`
	// Cron has five fields: minute, hour, day of the month, month, day of the week.
	Cron string `json:"cron"`
	// TimeZone is the zone of the IANA database that Cron is read in.
	TimeZone string `json:"time_zone"`
	// Policies are the names it runs; empty means all that are live and enabled then.
	Policies []string `json:"policies"`
	// MisfireGrace is how late a slot may still run; later it is missed.
	MisfireGrace Period `json:"misfire_grace"`
	Enabled      bool   `json:"enabled"`

	Version int `json:"version"`
	// CreatedBy and CreatedAt are those of this version.
	CreatedBy string    `json:"created_by"`
	CreatedAt time.Time `json:"created_at"`
	// OwedSince is when it was saved or last enabled: no slot from before is owed.
	OwedSince time.Time `json:"owed_since"`
	// ConsideredUntil is the instant up to which every slot is decided.
	ConsideredUntil time.Time `json:"-"`
	// NextSlot is the first slot that is not decided; nil while it is disabled.
	NextSlot *time.Time `json:"-"`
}

// WithDefaults fills what a document left out. It does not touch Enabled, whose
// default (true) only the reader of the document can know.
func (s Schedule) WithDefaults() Schedule {
	s.Cron = strings.Join(strings.Fields(s.Cron), " ")
	if s.TimeZone == "" {
		s.TimeZone = "UTC"
	}
	if s.MisfireGrace.IsZero() {
		s.MisfireGrace = DefaultMisfireGrace
	}
	if s.Policies == nil {
		s.Policies = []string{}
	}
	return s
}

// Validate checks what can be known without the store. The error is an *InvalidError
// with every field at fault. Whether the policies exist is engine's to judge.
func (s *Schedule) Validate() error {
	var bad Problems
	if !policyName.MatchString(s.Name) {
		bad.Add("name", "%q must be lower-case letters, digits, '_' and '-', start with a letter and have at most 63 characters, such as nightly", s.Name)
	}
	// What was stored before a rule became stricter goes on: only here it is asked.
	err := checkCron(s.Cron)
	if err == nil {
		_, err = parseCron(s.Cron)
	}
	bad.AddErr("cron", err)
	bad.AddErr("time_zone", CheckTimeZone(s.TimeZone))
	if err := checkGrace(s.MisfireGrace); err != nil {
		bad.AddErr("misfire_grace", err)
	}
	if n := len(s.Policies); n > MaxSchedulePolicies {
		bad.Add("policies", "names %d policies; at most %d are accepted, and none means all that are active", n, MaxSchedulePolicies)
	}
	for i, name := range s.Policies {
		field := fmt.Sprintf("policies[%d]", i)
		switch {
		case !policyName.MatchString(name):
			bad.Add(field, "%q is no name of a policy", name)
		case slices.Contains(s.Policies[:i], name):
			bad.Add(field, "policy %q is named twice", name)
		}
	}
	return bad.Err()
}

// A grace below a minute would make a busy second a missed night; one beyond a month
// would start runs that nobody expects any more.
func checkGrace(p Period) error {
	epoch := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	if d := p.After(epoch).Sub(epoch); d < time.Minute || d > 31*24*time.Hour {
		return fmt.Errorf("%s must be from one minute to 31 days, such as PT1H", p)
	}
	return nil
}

// SameRule reports whether two schedules differ in nothing that people give.
func (s Schedule) SameRule(o Schedule) bool {
	for _, x := range []*Schedule{&s, &o} {
		*x = x.WithDefaults()
		*x = Schedule{Name: x.Name, Cron: x.Cron, TimeZone: x.TimeZone, Policies: x.Policies, MisfireGrace: x.MisfireGrace, Enabled: x.Enabled}
	}
	return reflect.DeepEqual(s, o)
}

// Late reports whether a slot that has not run by now must not run any more.
func (s *Schedule) Late(slot, now time.Time) bool { return now.After(s.MisfireGrace.After(slot)) }

// Sentence says what the schedule does, the same in UI, CLI and audit.
func (s *Schedule) Sentence() string {
	what := "all active policies"
	if len(s.Policies) > 0 {
		what = listOf(s.Policies)
	}
	text := "Runs " + what + " " + s.When() + "."
	if !s.Enabled {
		text = "Disabled. When it is enabled, it r" + text[1:]
	}
	return text
}

// listOf joins names as a sentence does, the first few of many.
func listOf(names []string) string {
	const shown = 4
	if len(names) > shown+1 {
		return strings.Join(names[:shown], ", ") + fmt.Sprintf(" and %d more policies", len(names)-shown)
	}
	return allOf(names)
}

// SlotStatus says what became of a slot.
type SlotStatus string

// The ends of a slot: it started a run; it was missed; or it was skipped, since the
// schedule is for all active policies and there was none.
const (
	SlotStarted SlotStatus = "started"
	SlotMissed  SlotStatus = "missed"
	SlotSkipped SlotStatus = "skipped"
)

// Slot is one time at which a schedule was to run, and what became of it.
type Slot struct {
	Schedule string `json:"schedule"`
	SlotTime
	Status SlotStatus `json:"status"`
	// RunID is the run that it started; empty if there is none. The run of a missed slot
	// waited for its turn until the grace was over.
	RunID string `json:"run_id,omitempty"`
	// Reason says why it was missed, as far as that is known, why it was skipped, or what
	// its run left out.
	Reason    string    `json:"reason,omitempty"`
	DecidedAt time.Time `json:"decided_at"`
}

// ScheduleState is how a schedule fares.
type ScheduleState struct {
	Schedule Schedule
	// LastRun is the newest run that it started; nil if there is none.
	LastRun *Run
	// LastSuccess is when a run of it last succeeded.
	LastSuccess *time.Time
	// MissedTotal counts its missed slots since it exists, MissedWeek those of the
	// last seven days.
	MissedTotal, MissedWeek int64
}

// SlotDecision is what one process decided for a slot.
type SlotDecision struct {
	SlotTime
	// Run is what it starts; nil if it is missed or skipped.
	Run *Run
	// StartBy is until when Run may begin.
	StartBy time.Time
	Skipped bool
	Reason  string
}

// SlotClaim decides the next slots of a schedule, as one process has seen it. If
// another one was faster the version or the last slot considered differs.
type SlotClaim struct {
	Schedule        string
	Version         int
	ConsideredUntil time.Time
	// Decisions are in order of time; every slot after ConsideredUntil and up to the
	// last one of them is among them.
	Decisions []SlotDecision
}

// Process is one process of ours that is, or was, at work.
type Process struct {
	ID                string
	Version           string
	StartedAt, SeenAt time.Time
	// AwayFrom and AwayUntil bound the last time without a sign of life that was too
	// long, AwayWhy says what it met; empty means that it stood still.
	AwayFrom, AwayUntil *time.Time
	AwayWhy             string
}
