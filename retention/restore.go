package retention

import (
	"context"
	"fmt"
	"time"
)

// RestoreStatus is where a restore stands.
type RestoreStatus string

// The states of a restore.
const (
	RestoreQueued    RestoreStatus = "queued"
	RestoreRunning   RestoreStatus = "running"
	RestoreSucceeded RestoreStatus = "succeeded"
	// RestorePartial: some tables' rows could not be restored, others were.
	RestorePartial RestoreStatus = "partial"
	// RestoreFailed: nothing was restored.
	RestoreFailed RestoreStatus = "failed"
)

// RestoreStatuses lists every status.
func RestoreStatuses() []RestoreStatus {
	return []RestoreStatus{RestoreQueued, RestoreRunning, RestoreSucceeded, RestorePartial, RestoreFailed}
}

// Ended reports whether the restore will not change any more.
func (s RestoreStatus) Ended() bool { return s != RestoreQueued && s != RestoreRunning }

// OnConflict is what a restore does about rows that cannot go back.
type OnConflict string

const (
	// OnConflictRefuse restores nothing while any row cannot go back.
	OnConflictRefuse OnConflict = "refuse"
	// OnConflictSkip leaves them in the archive, and restores the others.
	OnConflictSkip OnConflict = "skip"
)

// ActionRestore is the action of the journal's rows that a restore writes. No policy has it.
const ActionRestore Action = "restore"

// MaxRestoreRecords is how many records one restore may name.
const MaxRestoreRecords = 1000

// RestoreScope is what a restore brings back: all that a run archived, or one batch of it,
// or some records of a table.
type RestoreScope struct {
	RunID   string    `json:"run,omitempty"`
	BatchID string    `json:"batch,omitempty"`
	Table   TableName `json:"table,omitzero"`
	// Records are the keys of those of the table. They may name people and are not kept; their
	// number is.
	Records     []Key `json:"-"`
	RecordCount int   `json:"record_count,omitempty"`
}

// Validate tells what is wrong with the scope.
func (s RestoreScope) Validate() error {
	var bad Problems
	given := 0
	for _, is := range []bool{s.RunID != "", s.BatchID != "", !s.Table.IsZero() || len(s.Records) > 0} {
		if is {
			given++
		}
	}
	switch {
	case given != 1:
		bad.Add("run", "one of run, batch, and table with record_ids says what is restored; %d are given", given)
	case s.RunID != "" || s.BatchID != "":
	case s.Table.IsZero():
		bad.Add("table", "is required with record_ids, as schema.table such as public.orders: the table that they were archived from")
	case len(s.Records) == 0:
		bad.Add("record_ids", "are required with table: the keys of the records to restore, at most %d; name a run or a batch for more", MaxRestoreRecords)
	case len(s.Records) > MaxRestoreRecords:
		bad.Add("record_ids", "are %d; at most %d records are restored by their keys, name a run or a batch for more", len(s.Records), MaxRestoreRecords)
	}
	return bad.Err()
}

// String is the scope in words.
func (s RestoreScope) String() string {
	switch {
	case s.RunID != "":
		return "run " + s.RunID
	case s.BatchID != "":
		return "batch " + s.BatchID
	case s.RecordCount == 1:
		return fmt.Sprintf("1 record of %s", s.Table)
	}
	return fmt.Sprintf("%d records of %s", s.RecordCount, s.Table)
}

// Restore brings archived rows back to the table that they came from.
type Restore struct {
	ID         string        `json:"id"`
	Scope      RestoreScope  `json:"scope"`
	OnConflict OnConflict    `json:"on_conflict"`
	Reason     string        `json:"reason"`
	Status     RestoreStatus `json:"status"`
	// Tables are those whose rows come back, in the order in which they do: what others
	// refer to first.
	Tables []RestoreTable `json:"tables"`
	// Errors say why nothing more was restored.
	Errors      []string   `json:"errors"`
	RequestedBy string     `json:"requested_by"`
	CreatedAt   time.Time  `json:"created_at"`
	StartedAt   *time.Time `json:"started_at"`
	FinishedAt  *time.Time `json:"finished_at"`
	// Copies are those of single records that come back. They name people: they are kept only
	// until the restore has ended.
	Copies []RestoreCopy `json:"-"`
	// Attempt counts how often a worker took the restore up.
	Attempt int `json:"-"`
}

// Restored is how many rows are back in their tables.
func (r *Restore) Restored() (n int64) {
	for _, t := range r.Tables {
		n += t.Restored
	}
	return n
}

// Held is how many rows stay in archives since a hold covers them.
func (r *Restore) Held() (n int64) {
	for _, t := range r.Tables {
		n += t.Held
	}
	return n
}

// Conflicted is how many rows cannot go back.
func (r *Restore) Conflicted() (n int64) {
	for _, t := range r.Tables {
		n += t.Conflicted()
	}
	return n
}

// Refused is how many rows the database refused as they were written.
func (r *Restore) Refused() (n int64) {
	for _, t := range r.Tables {
		n += t.Refused
	}
	return n
}

// RestoreTable is one table's part of a restore.
type RestoreTable struct {
	Table   TableName `json:"table"`
	Archive TableName `json:"archive"`
	// Policy is the version that archived the rows; Digests, that evidence has one digest a
	// record.
	Policy        string `json:"policy"`
	PolicyVersion int    `json:"policy_version"`
	Digests       bool   `json:"digests"`
	// RunID is the run whose rows come back; empty for single records, whose newest copies
	// do.
	RunID string `json:"run,omitempty"`
	// At is when the rows of a batch were archived; nil for those of the whole run.
	At *time.Time `json:"at,omitempty"`
	// Rows are those in the archive that are to be restored, when they were last counted;
	// Held of them are under a legal hold and stay.
	Rows      int64             `json:"rows"`
	Held      int64             `json:"held"`
	Conflicts []RestoreConflict `json:"conflicts"`
	Restored  int64             `json:"restored"`
	// Refused are rows that the database refused as they were written, once it has ended.
	Refused int64 `json:"refused"`
	// Problem is why none of them can go back: the table has moved on.
	Problem string `json:"problem,omitempty"`
	// Errors are what the database said of rows that it refused.
	Errors []string `json:"errors"`
}

// Conflicted is how many of the rows cannot go back.
func (t *RestoreTable) Conflicted() (n int64) {
	for _, c := range t.Conflicts {
		n += c.Rows
	}
	return n
}

// The kinds of conflict.
const (
	// ConflictKeyTaken: another row has the key, or a value that must be unique.
	ConflictKeyTaken = "key_taken"
	// ConflictParentMissing: a row that it refers to is not there.
	ConflictParentMissing = "parent_missing"
	// ConflictValueMissing: a column that must not be NULL by now is.
	ConflictValueMissing = "value_missing"
	// ConflictCheck: a CHECK constraint does not hold for it.
	ConflictCheck = "check_failed"
	// ConflictPartition: no partition takes it.
	ConflictPartition = "partition_missing"
)

// RestoreCopy is one archived copy of a record: which, where, and of when.
type RestoreCopy struct {
	Key     Key       `json:"key"`
	Archive TableName `json:"archive"`
	RunID   string    `json:"run"`
	At      time.Time `json:"at"`
}

// ConflictKinds lists them.
func ConflictKinds() []string {
	return []string{ConflictKeyTaken, ConflictParentMissing, ConflictValueMissing, ConflictCheck, ConflictPartition}
}

// RestoreConflict is what keeps rows from going back, by one constraint.
type RestoreConflict struct {
	Kind string `json:"kind"`
	// Constraint is its name, or that of the column.
	Constraint string `json:"constraint"`
	// Table is the one that is referred to, where that is the conflict.
	Table TableName `json:"table,omitzero"`
	Rows  int64     `json:"rows"`
	// Samples are keys of some of the rows. They are not kept.
	Samples []Key `json:"-"`
}

// RestorePlan is what a restore would do.
type RestorePlan struct {
	Tables []RestoreTable
	// Copies are those of single records.
	Copies []RestoreCopy
	// DisposedAgain are the live, enabled policies that would remove the rows again.
	DisposedAgain []string
}

// RestoreSpec is one table's part of a restore, for a worker's attempt.
type RestoreSpec struct {
	RestoreID string
	Attempt   int
	RestoreTable
	// Copies are those of single records; none for all rows of a run, or of a batch.
	Copies []RestoreCopy
	// With are the parts whose rows come back before these. Ahead: it is a look ahead, and
	// what is in their archives still will be back by then, but for what is held there.
	With  []RestoreTable
	Ahead bool
	// Refuse: the first row that cannot go back ends it.
	Refuse bool
}

// Restoration is a table's part of a restore being carried out by this worker alone.
type Restoration interface {
	// Step carries out one batch. Its errors are those of Disposition.Step.
	Step(ctx context.Context) (RestoreStep, error)
	Close()
}

// RestoreStep is what one batch restored.
type RestoreStep struct {
	Done     bool
	Restored int64
	Took     time.Duration
	// Errors are what the database said of rows that it refused.
	Errors []string
}
