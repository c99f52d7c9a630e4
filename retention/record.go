package retention

import "time"

// Record explains one record: what is to become of it, and what has.
type Record struct {
	Table TableName
	// Key is the record's key as the server writes it.
	Key Key
	// Found: the record is in its table now.
	Found bool
	// AsOf is the instant that it is explained for.
	AsOf time.Time
	// Policies are the live ones of the table, by name.
	Policies []RecordPolicy
	// Holds are those that cover it now, the oldest first.
	Holds []RecordHold
	// Disposed is what the evidence says of it, the newest first, and Archived where its
	// copies are.
	Disposed []RecordDisposal
	Archived []RecordArchived
	// Untold are rows of the table that were disposed of without a digest each: whether
	// this one is among them, nobody can tell. UntoldUntil is the newest of their batches.
	Untold      int64
	UntoldUntil *time.Time
	// ReachedBy are the live policies that delete rows of this table, or take their
	// reference, together with the rows that they refer to.
	ReachedBy []string
	// Next is what happens to it next, in one sentence; NextAt is when, where that can be
	// told.
	Next   string
	NextAt *time.Time
}

// RecordPolicy is how a record stands under one policy.
type RecordPolicy struct {
	Policy
	// Timestamp is when its retention period began; nil where it has none that ever ends.
	Timestamp *time.Time
	Cutoff    time.Time
	// DueAt is the first instant at which it is old enough.
	DueAt *time.Time
	// Matches: it fits the policy's condition. Treated: its columns are anonymized already.
	Matches, Treated bool
	// Due: it is old enough, matches, and is not treated.
	Due bool
	// LeftTo are the policies that decide about it instead, by name.
	LeftTo []string
	// BlockedBy are tables of which rows keep it, by foreign keys, and KeptWith those of
	// which rows would go or change with it, and cannot: they are held, or kept themselves.
	BlockedBy, KeptWith []TableName
	// Circular: tables refer to each other in a circle, so that only the run can tell
	// whether rows of them keep it.
	Circular bool
	// Problem is why the policy cannot judge it; empty if it can.
	Problem string
}

// RecordHold is a hold that covers a record.
type RecordHold struct {
	ID          string
	Matter      string
	CreatedBy   string
	Status      HoldStatus
	EffectiveAt *time.Time
	ExpiresAt   *time.Time
}

// RecordDisposal is a batch of which the digests have the record's.
type RecordDisposal struct {
	Batch
	// With: it went, or was changed, with a record of the batch's own table.
	With bool
}

// RecordArchived is a copy in an archive table.
type RecordArchived struct {
	Table         TableName
	ArchivedAt    time.Time
	RunID         string
	Policy        string
	PolicyVersion int
}

// RecordState is what the governed database says of a record.
type RecordState struct {
	Key      Key
	Found    bool
	AsOf     time.Time
	Policies []RecordPolicy
	// NoTable: there is no such table (any more).
	NoTable bool
	// HoldIDs are the holds in force that cover it.
	HoldIDs  []string
	Archived []RecordArchived
	// Uncarried are disposals of which the evidence has not reached the store yet.
	Uncarried []RecordDisposal
	// Digests are those that evidence of it may have.
	Digests [][]byte
}
