package retention

import (
	"context"
	"errors"
	"time"
)

// The errors that Disposition.Step answers with. After any of them nothing of the
// batch is in the database, unless the batch was committed as a whole; the next
// call reads what is committed and goes on from there.
var (
	// ErrFenced: the run is no longer this worker's: another has taken it over, or
	// somebody paused or cancelled it. This one must stop at once.
	ErrFenced = errors.New("the run is no longer in this worker's hands")
	// ErrBusy: a lock could not be had in time. Step has already chosen the gentler
	// form for its next call, where there is one.
	ErrBusy = errors.New("locked by somebody else")
	// ErrTooSlow: a statement ran into its time-out or was cancelled so that a hold
	// could be placed. The next call takes a smaller step.
	ErrTooSlow = errors.New("the batch was cancelled")
	// ErrRowRefused: the database refused a row of the step. The next call finds it, skips
	// it with its error, and changes the others.
	ErrRowRefused = errors.New("a row was refused")
	// ErrMoved: the holds in force or the catalog changed under way. The next call
	// plans again.
	ErrMoved = errors.New("holds or catalog changed")
)

// LockedError is an ErrBusy of which it is known who has the table locked as a whole.
type LockedError struct {
	// By names the sessions for people, by what they call themselves and their process.
	By  string
	Err error
}

func (e *LockedError) Error() string { return e.Err.Error() + "; locked by " + e.By }

func (e *LockedError) Unwrap() error { return e.Err }

// Spec is one policy of one run, for a worker's attempt.
type Spec struct {
	RunID   string
	Attempt int
	Policy  Policy
	AsOf    time.Time
	Pace    Pace
	// Limit is the most rows that the run may dispose of under the policy, over all
	// attempts; nil for no limit. A batch that would go beyond it is rolled back.
	Limit *int64
	// SinceLast: an anonymizing policy may begin where its last complete pass has ended.
	SinceLast bool
}

// Disposition is a policy of a run being carried out by this worker alone.
type Disposition interface {
	// Step carries out one batch, or finds that nothing is left. The errors it
	// answers with are described at the Step errors; after any of them the next call
	// goes on from what is committed.
	Step(ctx context.Context) (StepResult, error)
	// Progress is what has been committed so far, over all attempts.
	Progress() Progress
	// Pressure is what the governed database has to bear at the moment. It is asked
	// between two steps.
	Pressure(ctx context.Context) (Pressure, error)
	// Close gives the connection back.
	Close()
}

// StepResult is what one batch did.
type StepResult struct {
	// Done: the walk has reached its end; nothing was changed by this call.
	Done   bool
	Counts Counts
	// Took is the time the batch's transaction was open.
	Took time.Duration
	// Waiters is how many sessions waited for a lock of the batch when it was about to be
	// committed.
	Waiters int
}

// Pressure is what the governed database has to bear, so far as our role may see it (the
// role pg_monitor shows all of it).
type Pressure struct {
	// Replica is the standby that is furthest behind, and ReplicaLag how far: since when
	// the primary has been ahead of what it has replayed.
	Replica    string
	ReplicaLag time.Duration
	// WALRate is what the whole server has written to its log since the last time it was
	// asked, in bytes a second; 0 the first time.
	WALRate float64
	// Vacuum: VACUUM, mostly autovacuum, is at work on the policy's table.
	Vacuum bool
}

// Progress is the committed state of one policy of one run.
type Progress struct {
	Counts
	// Most is the most that the counts were before the walk started again; see
	// HighWater.
	Most               Counts
	Cutoff             time.Time
	NullTimestamps     int64
	InfiniteTimestamps int64
	Batches            int64
	Done               bool
	// Errors are what the database said of rows that it refused, each once.
	Errors []string
	// Refused are some of those rows; see PolicyResult.
	Refused []RefusedRow
	// DueEstimate is what the planner's statistics say was due when this worker made
	// its plan, with what had been done before; 0 where they do not tell.
	DueEstimate int64
}
