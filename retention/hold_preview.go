package retention

import "time"

// HoldPreview is what a hold that is not placed yet would cover, scope by scope.
type HoldPreview struct {
	// AsOf is the governed database's clock.
	AsOf   time.Time
	Scopes []ScopePreview
}

// ScopePreview is what one scope would cover.
type ScopePreview struct {
	Table     TableName
	All       bool
	Condition string
	// RecordCount is the rows that it covers now, Estimated that the server estimates them.
	RecordCount int64
	Estimated   bool
	// IDCount is how many distinct ids the scope has.
	IDCount int64
	// NotFoundCount is how many of the ids have no row. They would be held too.
	NotFoundCount int64
	// UnknownCount is the rows for which the condition is neither true nor false. They are
	// not covered.
	UnknownCount int64
	// DueCount is the covered rows that the next run would take, under any of Policies; those
	// that another hold keeps are in DueHeldCount.
	DueCount, DueHeldCount int64
	Policies               []PolicyDue
	// StillHeldCount is, where a hold is to end or a part is to fall out of one, how many of the
	// rows stay held all the same, by other holds or other scopes of it. KeptCount is how many of
	// the ids another list of the hold has too: they stay, and are not counted otherwise.
	StillHeldCount, KeptCount int64
	// ReachedBy are policies of other tables that take rows of this one along.
	ReachedBy []string
	// Samples are keys of some of the covered rows.
	Samples []Key
	// Gone is what was disposed of in this scope already, so far as the evidence tells.
	Gone ScopeGone
	// Problem is why something could not be counted; empty if all was.
	Problem string
	// Archives are the tables that rows of the table were archived into, with what is held of
	// each: copies are covered as the rows are.
	Archives []ArchivePreview
	// Family is what it was asked for; Belongings are the tables of the family, nearest
	// first, each with what it has that belongs to the records.
	Family     *Family
	Belongings []ScopePreview
}

// ArchivePreview is what a scope would hold of an archive.
type ArchivePreview struct {
	Table       TableName
	RecordCount int64
	// Whole is why all of it is held, where nobody can tell which of its rows the scope means;
	// empty otherwise.
	Whole string
}

// PolicyDue is how many of the covered rows are due under one policy that is active, held by
// others or not.
type PolicyDue struct {
	Policy string
	Action Action
	Due    int64
}

// ScopeGone is what the evidence tells of a scope.
type ScopeGone struct {
	// Logical is the table under whose name the evidence has the rows, and OneText that every
	// value of its key has one text: where it has several, one that is not found may be there
	// all the same.
	Logical TableName
	OneText bool
	// LookedUp is how many of the ids were looked up, the first of them, those without a row
	// before the others.
	LookedUp int
	// Found are those of them that were disposed of, with the last time.
	Found []GoneRecord
	// Untold are the rows of the table that were disposed of without a digest each: whether
	// the scope's are among them nobody can tell. UntoldUntil is when the last of them went.
	Untold      int64
	UntoldUntil *time.Time
	// Ask are, of a table of a family, the keys that rows of the records had there, and Untellable
	// why nobody can tell which those were; empty if it can be told.
	Ask        []EvidenceKey
	Untellable string
	// Total is how many rows of the table were disposed of, by any policy, in or out of the
	// scope.
	Total int64
}

// GoneRecord is a record that was disposed of.
type GoneRecord struct {
	Key    Key
	At     time.Time
	Policy string
	Action Action
	RunID  string
}

// EvidenceKey is an id with the digest that it has in the evidence.
type EvidenceKey struct {
	Key    Key
	Digest []byte
}

// Totals adds up the scopes: two of one table may have rows in common.
func (p HoldPreview) Totals() (records, due, gone int64) {
	for _, s := range p.Scopes {
		records += s.RecordCount
		due += s.DueCount
		for _, b := range s.Belongings {
			records += b.RecordCount
			due += b.DueCount
			gone += int64(len(b.Gone.Found))
		}
		gone += int64(len(s.Gone.Found))
	}
	return records, due, gone
}
