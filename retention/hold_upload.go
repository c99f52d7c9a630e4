package retention

import (
	"context"
	"time"
)

// UploadState is where the list of a scope's records stands.
type UploadState string

const (
	// UploadAwaited is of a scope whose list is still to be sent.
	UploadAwaited UploadState = "awaited"
	// UploadUnderWay is of one whose list is arriving, or stopped arriving.
	UploadUnderWay UploadState = "under_way"
)

// UploadPatience is after what time without a sign of life a list that was arriving has
// stopped to.
const UploadPatience = 30 * time.Second

// MaxUploadLines bounds the lines of one list.
const MaxUploadLines = 2_000_000

// MaxUploadShown bounds each list of lines in the report of an upload; all are counted.
const MaxUploadShown = 1000

// UploadLine is one line of a list of records: its number in the file, from 1, and the key's
// parts. Fault is why it has none.
type UploadLine struct {
	Line  int
	Key   Key
	Fault string
}

// LineFault is a line that could not be an id, or whose id has no row.
type LineFault struct {
	Line   int
	Text   string
	Reason string
}

// HoldUpload is what became of the lines of a list.
type HoldUpload struct {
	Hold Hold
	// Scope is the place of the scope that has the ids, those too that the hold had before; -1
	// if it has none.
	Scope int
	Table TableName
	// Lines is how many had something in them. Each is one of the others: added to the hold,
	// held before by it (or twice in the list), or no id at all.
	Lines, Added, Duplicates, Bad int64
	// NotFound is how many of the added ids had no row once they were in force. They are held
	// too.
	NotFound int64
	// The first of each.
	BadLines, NotFoundLines []LineFault
	DuplicateLines          []int
}

// UploadChunk is what became of some lines: of the ids, which were new, in the server's own
// text, and which were there before; both by their place in what was given. Bad has why it is
// no value of the key.
type UploadChunk struct {
	New        map[int]Key
	Duplicates []int
	Bad        map[int]string
	// Written is how the server writes ids that are no news; it may be called while the chunk
	// is kept.
	Written func(ctx context.Context, places []int) (map[int]Key, error)
}

// RecordUpload takes ids of one table into a hold as they arrive, in the governed database.
type RecordUpload interface {
	// KeyColumns are the names of the key's columns, in order.
	KeyColumns() []string
	// Take takes some ids. keep is called with what became of them before it is committed, to
	// keep the new ones in the store: nothing counts in the governed database that is not kept.
	Take(ctx context.Context, ids []Key, keep func(UploadChunk) error) error
	// Finish makes the ids count, as the scope of that place in the hold. Of a hold in force it
	// answers from when on, and the first list of holds that has them.
	Finish(ctx context.Context, h Hold, scope int) (at time.Time, epoch int64, mark GuardMark, err error)
	// Belongings counts, after Finish, what belongs to the hold's records of the table; none where
	// it covers the records alone.
	Belongings(ctx context.Context, h Hold) ([]FamilyTable, error)
	// Close gives up what was not finished. It may be called again.
	Close()
}

// OtherLists reports whether a scope of the hold other than the given one has, or is getting,
// ids. Of whatever table: that of an upload may have had another name then.
func (h *Hold) OtherLists(but int) bool {
	for i := range h.Scope {
		if s := &h.Scope[i]; i != but && s.ByID() && !s.Ended() {
			return true
		}
	}
	return false
}

// Awaits reports whether the hold waits for a list of records, without which it is not in
// force.
func (h *Hold) Awaits() bool {
	for _, s := range h.Scope {
		if s.Upload != "" {
			return true
		}
	}
	return false
}

// TakesRecords is why a list of records of a table cannot be taken into the hold now; nil if
// it can.
func (h *Hold) TakesRecords(table TableName) error {
	switch {
	case h.fallsNow() && h.Status.InForce():
		return errFalling
	case h.Status == HoldActive, h.Status == HoldReviewDue:
		return nil
	case h.Status.Ended():
		return Conflictf("the hold has ended (%s); place a new one", h.Status)
	case h.Status == HoldReleasing:
		return Conflictf("the hold is being released; take the release back first, or place a new hold")
	}
	for _, s := range h.Scope {
		if s.Upload != "" && s.Table == table {
			return nil
		}
	}
	return Conflictf("the hold is not in force yet, and awaits no list of records of %s", table)
}

// CheckGoesOn is ErrConflict where a list that is arriving as one scope of the hold, and had so
// many of its ids before, is not the only one there: it was taken for stopped, since its process
// was thought dead, and sent again. One that was not goes on.
func (h *Hold) CheckGoesOn(scope, have int) error {
	if scope < len(h.Scope) && h.Scope[scope].RecordCount == int64(have) {
		return nil
	}
	return Conflictf("this list was taken for one that had stopped arriving, and sent again; what had arrived by then, %d ids, is kept and counts with the newer one: look at the hold, and send the list again if that has not come to its end", have)
}
