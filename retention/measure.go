package retention

import "time"

// Measurement is the task of looking for the oldest due row of a policy, given to one
// process at a time.
type Measurement struct {
	Policy Policy
	// Position is where the last round left off; nil before the first.
	Position []byte
	// Failed tells that the last round failed.
	Failed bool
	// Until is when the task may be given to somebody else.
	Until time.Time
}

// Look is what one round of looking has found.
type Look struct {
	// Done: the whole table is judged, and OldestDue is the answer. Else the round has
	// used up its time, and the next one goes on from Position.
	Done bool
	// OldestDue is the timestamp of the oldest row that is due and not held (of a day its
	// last instant); nil if there is none.
	OldestDue *time.Time
	// Cutoff is the one that was measured with.
	Cutoff time.Time
	// Position is for the next round. Only the governed database's part of the program
	// reads it.
	Position []byte
	// Note says how far an unfinished look has come, for people.
	Note string
	// Problem says why the round failed; empty if it did not.
	Problem string
}

// Snapshot is what the store knows at one moment, for gauges.
type Snapshot struct {
	// At is the store's clock.
	At       time.Time
	Policies []PolicySnapshot
	// Holds, OpenRuns and Jobs count by state, zeros included. Open runs are real ones;
	// jobs are those of the queue, by its own names of states.
	Holds    map[HoldStatus]int64
	OpenRuns map[RunStatus]int64
	Jobs     map[string]int64
}

// PolicySnapshot is one live policy.
type PolicySnapshot struct {
	Policy  string
	Action  Action
	Enabled bool
	Grace   Period
	Status  PolicyStatus
	// LastSuccess is when the policy last succeeded in a real run; nil if never.
	LastSuccess *time.Time
	// LastFailed: it failed in the last real run that it ended in.
	LastFailed bool
}

// DayCount is what real runs did under all policies that ended in one day.
type DayCount struct {
	// From is where the day begins.
	From      time.Time
	Processed int64
	Held      int64
	// Failed counts policies that failed, once per run.
	Failed int64
}
