package retention

import "time"

// Severity says how much a finding matters.
type Severity string

// The severities, the worst first.
const (
	// SeverityBroken: the policy cannot be carried out as it stands.
	SeverityBroken Severity = "broken"
	// SeverityHurts: runs are slower than they must be, or hurt the database.
	SeverityHurts Severity = "hurts"
	// SeverityNote: something to know, that may be meant.
	SeverityNote Severity = "note"
)

// Severities lists them, the worst first.
func Severities() []Severity { return []Severity{SeverityBroken, SeverityHurts, SeverityNote} }

// FindingKind names what was found.
type FindingKind string

// What the doctor finds.
const (
	FindingRefused         FindingKind = "refused"
	FindingNoIndex         FindingKind = "no_index"
	FindingForeignKey      FindingKind = "foreign_key_without_index"
	FindingBlocked         FindingKind = "blocked_for_good"
	FindingNoKey           FindingKind = "no_key"
	FindingRowTriggers     FindingKind = "row_triggers"
	FindingZone            FindingKind = "timestamp_without_zone"
	FindingLeftToAnother   FindingKind = "left_to_another"
	FindingNotLooked       FindingKind = "not_looked_at"
	FindingNullTimestamps  FindingKind = "null_timestamps"
	FindingReplicationSlot FindingKind = "replication_slot"
	FindingDeadTuples      FindingKind = "dead_tuples"
)

// Finding is one thing that hurts a policy, or would.
type Finding struct {
	// Policy is empty where it concerns the whole database; Table is then zero.
	Policy   string
	Table    TableName
	Kind     FindingKind
	Severity Severity
	// Says is what is the matter, Remedy what to do; names stand in backquotes.
	Says, Remedy string
	// SQL mends it; empty where no statement does.
	SQL string
}

// Diagnosis is what the doctor found.
type Diagnosis struct {
	AsOf     time.Time
	Policies int
	Findings []Finding
}
