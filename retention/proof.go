package retention

import "time"

// HoldProof says that nothing which a hold covers was disposed of while it was in force,
// checked against the evidence when it was asked for.
type HoldProof struct {
	Hold Hold
	// AsOf is when the evidence was looked through, by the store's clock.
	AsOf time.Time
	// Database and SystemIdentifier are the governed database whose evidence it is.
	Database, SystemIdentifier string
	// From and Until are when the hold was in force; Until is nil as long as it is.
	From  *time.Time
	Until *time.Time
	// Epoch is the number of the first list of holds that had it; 0 if that was not kept, or if
	// the governed database has lost it.
	Epoch int64
	// Batches is how many batches changed rows of the covered tables in that time.
	Batches int64
	// EarlierCount is how many of them were judged by a list of holds from before it: none, or
	// the hold did not hold. Earlier are the ids of the first.
	EarlierCount int64
	Earlier      []string
	// PutBackAt is when the hold was put back into the governed database, which had lost it;
	// nil if it never was. Unjudged are the batches before that: their list of holds had
	// another numbering, so only digests speak for them.
	PutBackAt *time.Time
	Unjudged  int64
	Scopes    []ScopeProof
	// Runs are those that met held rows in the covered tables in that time, newest first.
	Runs []SuspendedRun
}

// ScopeProof is what the evidence says of one scope.
type ScopeProof struct {
	Table     TableName
	All       bool
	Condition string
	// From is since when the scope is in force, if it was added to the hold later, and Until when
	// it fell out of the hold, if that stayed in force.
	From, Until *time.Time
	// Belongs: it is a table of the family of an earlier scope's records, of which what belongs
	// to them is covered. The list of holds of each batch speaks for it.
	Belongs bool
	// Records is how many ids were looked for in the digests of the batches, DisposedCount how
	// many times one is there: none, or the hold did not hold. Disposed are the first.
	Records, DisposedCount int64
	Disposed               []GoneRecord
	// ByDigest: the ids can be looked for, since each has one text. Another scope is judged by
	// the list of holds of each batch alone.
	ByDigest bool
	// Alone: every row of the table is in the scope, so that its counts speak.
	Alone bool
	// Archives are the tables that have archived rows of it.
	Archives []TableName
	// Processed is how many rows of the table were disposed of in that time, in the scope or
	// not, and Untold those of them without a digest each.
	Processed, Untold int64
}

// SuspendedRun is a run that left held rows of a covered table, those of other holds too.
type SuspendedRun struct {
	RunID  string
	At     time.Time
	Policy string
	Table  TableName
	Held   int64
}

// ProofVerdict is what the evidence says.
type ProofVerdict string

// The verdicts.
const (
	// ProofStands: everything that could speak against the hold was looked at, and nothing
	// does.
	ProofStands ProofVerdict = "stands"
	// ProofFails: something speaks against it.
	ProofFails ProofVerdict = "fails"
	// ProofCannotTell: nothing speaks against it, and not everything could be looked at.
	ProofCannotTell ProofVerdict = "cannot_tell"
)

// Verdict is what the evidence says.
func (p HoldProof) Verdict() ProofVerdict {
	open := false
	for _, s := range p.Scopes {
		if s.DisposedCount > 0 || s.Alone && s.Processed > 0 {
			return ProofFails
		}
		open = open || !s.Alone && (!s.ByDigest || s.Untold > 0)
	}
	switch {
	case p.EarlierCount > 0:
		return ProofFails
	case open && p.Batches > 0 && (p.Epoch == 0 || p.Unjudged > 0):
		return ProofCannotTell
	}
	return ProofStands
}

// JudgedBatch is a batch as a proof looks at it.
type JudgedBatch struct {
	ID, RunID, Policy string
	Action            Action
	Table             TableName
	GuardEpoch        int64
	CommittedAt       time.Time
	Processed, Held   int64
	Effects           map[string]TableEffect
	Digests           []byte
}

// Changed is how many rows of a table the batch disposed of.
func (b JudgedBatch) Changed(table TableName) int64 {
	e := b.Effects[table.String()]
	n := e.Deleted + e.Updated
	if b.Table == table {
		n += b.Processed
	}
	return n
}

// HoldForce is since when, and under which lists of holds, the guard has a hold.
type HoldForce struct {
	// Database and SystemIdentifier say which governed database that is: its name, and the number
	// of the server's cluster.
	Database, SystemIdentifier string

	EffectiveAt                *time.Time
	EffectiveEpoch, EndedEpoch *int64
}

// ProofTable is how the evidence knows the rows of a scope's table.
type ProofTable struct {
	// Logical is the table under whose name they stand there: a partition's are the
	// partitioned table's.
	Logical TableName
	// OneText: every value of its key has one text, by which its digest is found.
	OneText bool
	// Archives are the tables that have archived rows of it.
	Archives []TableName
}
