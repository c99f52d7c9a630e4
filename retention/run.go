package retention

import (
	"strconv"
	"time"
)

func itoa(i int) string { return strconv.Itoa(i) }

// RunStatus is where a run, or one policy of it, stands.
type RunStatus string

// The states of a run.
const (
	RunQueued  RunStatus = "queued"
	RunRunning RunStatus = "running"
	RunPaused  RunStatus = "paused"
	// RunNeedsApproval: more would be disposed of than the ceiling of a policy allows, so
	// the run stopped before its first row, until a person approves the figures.
	RunNeedsApproval RunStatus = "needs_approval"
	RunSucceeded     RunStatus = "succeeded"
	// RunPartial: some policy failed, the others were carried out.
	RunPartial   RunStatus = "partial"
	RunFailed    RunStatus = "failed"
	RunCancelled RunStatus = "cancelled"
)

// RunStatuses lists every status.
func RunStatuses() []RunStatus {
	return []RunStatus{RunQueued, RunRunning, RunPaused, RunNeedsApproval, RunSucceeded, RunPartial, RunFailed, RunCancelled}
}

// Ended reports whether the run will not change any more.
func (s RunStatus) Ended() bool {
	switch s {
	case RunSucceeded, RunPartial, RunFailed, RunCancelled:
		return true
	}
	return false
}

// Trigger says what started a run.
type Trigger string

// The triggers.
const (
	TriggerManual   Trigger = "manual"
	TriggerSchedule Trigger = "schedule"
)

// Triggers lists every trigger.
func Triggers() []Trigger { return []Trigger{TriggerManual, TriggerSchedule} }

// Pace is how hard a run may work.
type Pace string

const (
	// PaceDefault leaves the database room for others.
	PaceDefault Pace = "default"
	// PaceMax goes on without pauses.
	PaceMax Pace = "max"
)

// The reasons why a due row was left, as the journal and `skipped` name them.
const (
	SkippedLocked  = "locked_by_other"
	SkippedTrigger = "refused_by_trigger"
	// SkippedConstraint: a constraint of the database, or a type, refused the change.
	SkippedConstraint = "refused_by_constraint"
	// SkippedStillDue: anonymized, and something in the database undid it.
	SkippedStillDue = "undone_by_trigger"
)

// SkippedReasons lists them.
func SkippedReasons() []string {
	return []string{SkippedLocked, SkippedTrigger, SkippedConstraint, SkippedStillDue}
}

// RefusedRow is a due row that was left since the database refused to change it, by its key.
// What the row has is not kept.
type RefusedRow struct {
	Key Key `json:"key"`
	// Reason is SkippedTrigger, SkippedConstraint or SkippedStillDue.
	Reason string `json:"reason"`
	// Error is what the database said, without the detail, which has values; empty where a
	// trigger kept the row, or put back what was there, and said nothing.
	Error string `json:"error"`
}

// MaxRefused bounds the refused rows that a run names under one policy: who mends what is
// wrong with these finds the others likewise.
const MaxRefused = 20

// Run is one pass over one or more policies.
type Run struct {
	ID          string  `json:"id"`
	Trigger     Trigger `json:"trigger"`
	RequestedBy string  `json:"requested_by"`
	// Schedule and Slot are what started it; empty and nil if a person did.
	Schedule string     `json:"schedule,omitempty"`
	Slot     *time.Time `json:"slot,omitempty"`
	DryRun   bool       `json:"dry_run"`
	Pace     Pace       `json:"pace"`
	Status   RunStatus  `json:"status"`
	// AsOf is the instant from which every cutoff of the run is counted: given by
	// the request, or the governed database's clock when the run first started.
	AsOf       *time.Time `json:"as_of"`
	CreatedAt  time.Time  `json:"created_at"`
	StartedAt  *time.Time `json:"started_at"`
	FinishedAt *time.Time `json:"finished_at"`

	TotalProcessed int64 `json:"total_processed"`
	TotalHeld      int64 `json:"total_held"`
	TotalErrors    int64 `json:"total_errors"`

	Policies []PolicyResult `json:"policies"`

	// ApprovedBy and ApprovedAt are of the last approval of what is above a ceiling; empty
	// and nil if none was needed.
	ApprovedBy string     `json:"approved_by,omitempty"`
	ApprovedAt *time.Time `json:"approved_at,omitempty"`
	// StartBy is when the grace of its slot ends: a run that has not begun by then does not
	// begin any more. Nil: it begins whenever its turn comes.
	StartBy *time.Time `json:"-"`
	// Attempt counts how often a worker took the run up. A worker whose attempt is
	// not the latest is fenced off.
	Attempt int `json:"-"`
	// Waiting says why a queued or running run does not move, for people.
	Waiting string `json:"waiting,omitempty"`
	// Settling: the run was paused or cancelled after it had begun, and the figures
	// of its last batch are still to be taken from the governed database. Until then
	// a worker that cannot be told may commit one more batch.
	Settling bool `json:"settling,omitempty"`
}

// Counts is what became of the due rows a walk has passed.
type Counts struct {
	// Processed rows were deleted, anonymized or archived.
	Processed int64 `json:"processed"`
	// Held rows were due and are under a legal hold.
	Held int64 `json:"held"`
	// Blocked rows were due and something that stays refers to them.
	Blocked int64 `json:"blocked"`
	// BlockedBy is how many of them each referring table blocks, by its name. A row that
	// several block is counted for one.
	BlockedBy map[string]int64 `json:"blocked_by"`
	// Skipped rows were due and left for another reason, by reason.
	Skipped map[string]int64 `json:"skipped"`
	// Effects are the changes of other tables that went with the processed rows, by the
	// table's name.
	Effects map[string]TableEffect `json:"effects"`
}

// TableEffect is what was done to rows of one table.
type TableEffect struct {
	Inserted int64 `json:"inserted"`
	Updated  int64 `json:"updated"`
	Deleted  int64 `json:"deleted"`
}

// Total is the number of changes.
func (e TableEffect) Total() int64 { return e.Inserted + e.Updated + e.Deleted }

// Affect adds an effect on a table. None leaves no entry.
func (c *Counts) Affect(table string, e TableEffect) {
	if e.Total() == 0 {
		return
	}
	if c.Effects == nil {
		c.Effects = map[string]TableEffect{}
	}
	was := c.Effects[table]
	c.Effects[table] = TableEffect{Inserted: was.Inserted + e.Inserted, Updated: was.Updated + e.Updated, Deleted: was.Deleted + e.Deleted}
}

// Block counts n rows to which rows of a table refer. Zero leaves no entry.
func (c *Counts) Block(table string, n int64) {
	if n == 0 {
		return
	}
	if c.BlockedBy == nil {
		c.BlockedBy = map[string]int64{}
	}
	c.Blocked += n
	c.BlockedBy[table] += n
}

// Add adds other to c.
func (c *Counts) Add(other Counts) {
	c.Processed += other.Processed
	c.Held += other.Held
	by := c.Blocked + other.Blocked
	for table, n := range other.BlockedBy {
		c.Block(table, n)
	}
	c.Blocked = by
	for table, e := range other.Effects {
		c.Affect(table, e)
	}
	for reason, n := range other.Skipped {
		c.Skip(reason, n)
	}
}

// Skip counts n rows left for reason. Zero leaves no entry.
func (c *Counts) Skip(reason string, n int64) {
	if n == 0 {
		return
	}
	if c.Skipped == nil {
		c.Skipped = map[string]int64{}
	}
	c.Skipped[reason] += n
}

// SkippedTotal is the number of rows left for all reasons but holds and references.
func (c *Counts) SkippedTotal() int64 {
	var n int64
	for _, v := range c.Skipped {
		n += v
	}
	return n
}

// NotCounted stands for a number of rows that could not be counted in time.
const NotCounted int64 = -1

// PolicyResult is what a run did under one policy. It is kept with zero counts
// too: they prove the run.
type PolicyResult struct {
	Policy  string    `json:"policy"`
	Version int       `json:"version"`
	Action  Action    `json:"action"`
	Table   TableName `json:"table"`
	// Sentence is the rule as it was then.
	Sentence string     `json:"sentence"`
	Cutoff   *time.Time `json:"cutoff"`
	Status   RunStatus  `json:"status"`
	Counts
	// NullTimestamps and InfiniteTimestamps are rows that can never become due, or
	// NotCounted.
	NullTimestamps     int64      `json:"null_timestamps"`
	InfiniteTimestamps int64      `json:"infinite_timestamps"`
	Batches            int64      `json:"batches"`
	StartedAt          *time.Time `json:"started_at"`
	FinishedAt         *time.Time `json:"finished_at"`
	// DurationSeconds is the time from start to end, less what the run was paused.
	DurationSeconds float64  `json:"duration_seconds"`
	Errors          []string `json:"errors"`
	// Refused are some of the rows that the database refused to change, at most MaxRefused;
	// none under `evidence: counts`, and none of a run after which a later one of the policy
	// succeeded. They go into no audit: a key may name a person.
	Refused []RefusedRow `json:"-"`
	// Belt is how the policy's ceilings were judged; nil if it has none, or none was
	// judged yet.
	Belt *Belt `json:"belt,omitempty"`

	// PausedSeconds is how long the run was paused while this policy was under way.
	PausedSeconds float64 `json:"-"`
	// DueEstimate is what the planner's statistics say was due when the policy began,
	// held rows included; 0 where they do not tell. Good for a bar, for nothing else.
	DueEstimate int64 `json:"-"`
}

// Took is how long the policy was worked on until now, or until it ended; pauses do not
// count, one that lasts included. false if it has not begun.
func (r *PolicyResult) Took(now time.Time) (time.Duration, bool) {
	switch {
	case r.StartedAt == nil:
		return 0, false
	case r.FinishedAt != nil || r.Status == RunPaused:
		return time.Duration(r.DurationSeconds * float64(time.Second)), true
	}
	return now.Sub(*r.StartedAt) - time.Duration(r.PausedSeconds*float64(time.Second)), true
}

// Took is how long the run worked on its policies, one after the other; pauses do not
// count. false if it has not begun.
func (r *Run) Took(now time.Time) (sum time.Duration, begun bool) {
	for i := range r.Policies {
		d, _ := r.Policies[i].Took(now)
		sum += d
	}
	return sum, r.StartedAt != nil
}

// Passed is the number of due rows that the walk has dealt with, whatever became
// of them.
func (c *Counts) Passed() int64 {
	return c.Processed + c.Held + c.Blocked + c.SkippedTotal()
}

// Batch is one journal row: what one transaction did, and its evidence.
type Batch struct {
	ID            string    `json:"id"`
	RunID         string    `json:"run_id"`
	Policy        string    `json:"policy"`
	PolicyVersion int       `json:"policy_version"`
	Action        Action    `json:"action"`
	Table         TableName `json:"table"`
	// Seq counts the batches of one policy in one run from 1.
	Seq        int64 `json:"seq"`
	GuardEpoch int64 `json:"guard_epoch"`
	// Step describes the part of the table, for people ("blocks 0–127").
	Step string `json:"step"`
	Counts
	// Digests is the number of record digests that the batch keeps.
	Digests     int64     `json:"digests"`
	CommittedAt time.Time `json:"committed_at"`
	// BegunAt is when the batch's transaction began; nil where an earlier version made it.
	BegunAt *time.Time `json:"-"`
}

// Simulation is what a run of a policy would do now.
type Simulation struct {
	Policy  string    `json:"policy"`
	Version int       `json:"version"`
	Action  Action    `json:"action"`
	Table   TableName `json:"table"`
	AsOf    time.Time `json:"as_of"`
	Cutoff  time.Time `json:"cutoff"`
	Due     int64     `json:"due"`
	Held    int64     `json:"held"`
	Blocked int64     `json:"blocked"`
	// BlockedBy are the blocked rows by the table that keeps them.
	BlockedBy map[string]int64 `json:"blocked_by,omitempty"`
	// WouldProcess is due less held and blocked.
	WouldProcess int64 `json:"would_process"`
	// Estimated: counting took too long, and Due is the planner's estimate. Held, Blocked and
	// WouldProcess are NotCounted then, and there are no months.
	Estimated bool `json:"estimated,omitempty"`
	// Effects are the changes of other tables, and of other rows of its own, that would come with
	// them by foreign keys, so far as they were counted.
	Effects map[string]TableEffect `json:"effects,omitempty"`
	// EffectsUnknown: foreign keys reach further, and counting that took too long.
	EffectsUnknown bool `json:"effects_unknown,omitempty"`
	// Samples are keys of some rows that would be processed.
	Samples []Key `json:"samples,omitempty"`
	// Takes is how long a run would take, by what runs did before; nil if none tells.
	Takes *RunEstimate `json:"takes,omitempty"`
	// Unknown says in sentences what a simulation cannot know.
	Unknown []string `json:"unknown,omitempty"`
	// Conflicts are the live policies that would remove some of the same rows.
	Conflicts []Conflict `json:"conflicts,omitempty"`
	// Belt judges the policy's ceilings; nil if it has none.
	Belt *Belt `json:"belt,omitempty"`
	// NullTimestamps and InfiniteTimestamps are rows that can never become due, or
	// NotCounted.
	NullTimestamps     int64        `json:"null_timestamps"`
	InfiniteTimestamps int64        `json:"infinite_timestamps"`
	OldestDue          *time.Time   `json:"oldest_due"`
	ByMonth            []MonthCount `json:"by_month"`
	// Plan says in sentences how the policy is carried out, and what that was decided from.
	Plan []string `json:"plan"`
	// Stored is what the stored policy of this name would do at the same moment; nil if there
	// is none, or if this is it.
	Stored *StoredFigures `json:"stored,omitempty"`
}

// StoredFigures are what a stored policy would do, beside a change to it. Due and WouldProcess
// are NotCounted where it can be carried out no more, WouldProcess also where Estimated.
type StoredFigures struct {
	Version      int       `json:"version"`
	Action       Action    `json:"action"`
	Table        TableName `json:"table"`
	Due          int64     `json:"due"`
	WouldProcess int64     `json:"would_process"`
	Estimated    bool      `json:"estimated,omitempty"`
}

// RunEstimate is how long a run would take at the pace that is usual here.
type RunEstimate struct {
	Seconds float64 `json:"seconds"`
	// RowsPerSecond is what it was reckoned with.
	RowsPerSecond float64 `json:"rows_per_second"`
	// Policy is the one whose run was measured: the policy's own, or another's where its own
	// has disposed of too little yet.
	Policy string `json:"policy"`
}

// KeptSimulation is the last simulation of a stored version, by whoever asked for it.
type KeptSimulation struct {
	Simulation
	At time.Time
	By string
}

// MonthCount is how many due rows have their timestamp in one month (UTC).
type MonthCount struct {
	// Month is YYYY-MM.
	Month string `json:"month"`
	Due   int64  `json:"due"`
	Held  int64  `json:"held"`
}
