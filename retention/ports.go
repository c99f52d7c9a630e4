package retention

import "time"

// Page asks for one page of a list.
type Page struct {
	// Limit is the number of items, 1 to MaxPage; 0 means DefaultPage.
	Limit int
	// Cursor is the opaque end of the previous page; empty for the first.
	Cursor string
}

// Paging limits.
const (
	DefaultPage = 50
	MaxPage     = 500
)

// PolicyFilter narrows a list of policies. Zero values ask for everything live.
type PolicyFilter struct {
	// Search is looked for in name, table and legal basis, without regard to case.
	Search string
	// Retired lists retired policies instead of live ones.
	Retired bool
}

// HoldFilter narrows a list of holds.
type HoldFilter struct {
	// Statuses to show; empty means all.
	Statuses []HoldStatus
	// Search is looked for in matter, reason and person, without regard to case.
	Search string
	// ReviewDue shows only holds that a person is to look at now.
	ReviewDue bool
	// FailSafe shows only holds in force of which a table or column is not what it was.
	FailSafe bool
	// Matter, in whatever case, shows only its holds.
	Matter string
}

// RunFilter narrows a list of runs.
type RunFilter struct {
	Statuses []RunStatus
	Policy   string
	// Triggers to show; empty means all.
	Triggers []Trigger
	// DryRun, when set, shows only simulations (true) or only real runs (false).
	DryRun *bool
	// From and Until bound created_at: from inclusive, until exclusive.
	From, Until *time.Time
}

// EventFilter narrows the log of events. Zero values ask for everything.
type EventFilter struct {
	Type       EventType
	EntityType string
	Policy     string
	Run        string
	// From and Until bound when it happened: from inclusive, until exclusive.
	From, Until *time.Time
}

// RunCount is how many runs there are of one status, kind and trigger.
type RunCount struct {
	Status  RunStatus
	DryRun  bool
	Trigger Trigger
	Runs    int64
}

// AuditFilter narrows the audit.
type AuditFilter struct {
	Actor  string
	Action string
	Object string
	From   *time.Time
	Until  *time.Time
}

// By is who does what, for the audit row that every write adds in its own
// transaction. Action is noun and verb, such as policy.create.
type By struct {
	Actor  Actor
	Action string
	// Note is why, where a change is explained. The audit keeps it as change_reason.
	Note string
}

// PolicyStatus is the last measurement of what is due under a policy.
type PolicyStatus struct {
	Policy string
	// OldestDue is the timestamp of the oldest row that is due and not held; nil if none.
	OldestDue *time.Time
	// Cutoff is the one it was measured with.
	Cutoff time.Time
	// CheckedAt is when that was; zero if nothing has been measured yet. After a
	// measurement that failed the last one that did not stands.
	CheckedAt time.Time
	// Problem says why the last measurement failed; empty if it did not.
	Problem string
	// Note says how far an unfinished measurement has come; empty if none is open.
	Note string
}

// ScopeCounts is what placing found for one scope, by its index.
type ScopeCounts struct {
	Index         int
	RecordCount   int64
	NotFoundCount int64
	// NotFound are the positions in RecordIDs of ids that had no row.
	NotFound []int
	// Belongings are the tables of the scope's family.
	Belongings []FamilyTable
}

// HoldRevision is an edit of a hold. Nil members stay.
type HoldRevision struct {
	Reason *string
	// ExpiresAt: nil stays; a pointer to nil means no expiry.
	ExpiresAt **time.Time
	OnExpiry  *OnExpiry
	// ReviewAt likewise: a pointer to nil takes the reminder away, where there is an expiry.
	ReviewAt **time.Time
	// ReleaseDelay likewise: a pointer to nil for as everywhere.
	ReleaseDelay **Period
	// Enforcement is the hold's, if it is said; another one is refused.
	Enforcement *Enforcement
}

// IsZero reports whether the revision changes nothing.
func (r HoldRevision) IsZero() bool {
	r.Enforcement = nil
	return r == HoldRevision{}
}

// AnnouncedHold is a hold with what was told of its dates.
type AnnouncedHold struct {
	Hold
	// Announced is how many days before the expiry it was announced last; 0 if it was not.
	Announced int
	// ReviewTold: that its review is due was told.
	ReviewTold bool
	// DatedAt is when its dates were set last.
	DatedAt time.Time
	// FallsAt is when a part of it is to fall out next; nil if none is.
	FallsAt *time.Time
}

// HoldDates counts holds in force by what comes next.
type HoldDates struct {
	// ReviewsDue are those that a person is to look at now, and Releasing those that cool off.
	ReviewsDue, Releasing int64
	// Expiring counts those that end by themselves within so many days: 1, 7, 30.
	Expiring map[int]int64
	// Faulty are those that hold more than they say, since a table or column is not what it was.
	Faulty int64
}

// JournalRow is a batch with its digests, on its way into the store.
type JournalRow struct {
	Batch
	// DigestBytes are the batch's digests, 32 bytes each, one after the other.
	DigestBytes []byte
}

// GuardMark identifies the guard of the governed database and its state.
type GuardMark struct {
	// SystemIdentifier and Timeline are those of the server (pg_control_system,
	// pg_control_checkpoint), DatabaseOID that of the database in it.
	SystemIdentifier string
	DatabaseOID      uint32
	Timeline         int64
	// Epoch counts the changes of the holds in force.
	Epoch int64
}

// SameDatabase reports whether two marks are of one database, which may have been restored in
// between.
func (m GuardMark) SameDatabase(o GuardMark) bool {
	return m.SystemIdentifier == o.SystemIdentifier && m.DatabaseOID == o.DatabaseOID
}

// RunJob is the argument of the queued job that works on a run. Attempt is the
// run's attempt at enqueueing: a job whose run has moved on does nothing.
type RunJob struct {
	RunID   string `json:"run_id"`
	Attempt int    `json:"attempt"`
}

// RunQueue is the name of the queue of RunJobs.
const RunQueue = "runs"

// Kind names the job for the queue.
func (RunJob) Kind() string { return "run" }

// IdempotentReplay is a stored answer to a request that carried an Idempotency-Key.
type IdempotentReplay struct {
	Status      int
	ContentType string
	Location    string
	ETag        string
	Body        []byte
}
