package retention

import "cmp"

// FaultEffect is what a hold does about a scope that nobody can read any more.
type FaultEffect string

// What a hold can do about it.
const (
	// FaultWholeTable holds the whole table.
	FaultWholeTable FaultEffect = "whole_table_held"
	// FaultRefused has policies on the table refused.
	FaultRefused FaultEffect = "policies_refused"
	// FaultNothingLeft says that there is no such table, so nothing that could be held.
	FaultNothingLeft FaultEffect = "nothing_left"
	// FaultNotEnforced: Holdfast holds the rows, and the application could change them: what
	// keeps it from that is missing, disabled or altered.
	FaultNotEnforced FaultEffect = "not_enforced"
)

// HoldFault is a scope of a hold in force whose table, or what it needs of that table's
// columns, is not what it was when the hold was placed: dropped, renamed, replaced or of
// another type. Nobody can tell which rows it means, so the hold covers more, never less.
type HoldFault struct {
	// Scope is the scope's place in the hold, and Table what it named.
	Scope int       `json:"scope"`
	Table TableName `json:"table"`
	// On is the table where it matters: another one for archived rows, and for a table that
	// was renamed.
	On     TableName   `json:"on"`
	Effect FaultEffect `json:"effect"`
	// Reason is what is not as it was, Remedy what a person can do.
	Reason string `json:"reason"`
	Remedy string `json:"remedy"`
}

// Compare orders faults by scope and table.
func (f HoldFault) Compare(other HoldFault) int {
	return cmp.Or(cmp.Compare(f.Scope, other.Scope), cmp.Compare(f.On.String(), other.On.String()), cmp.Compare(f.Reason, other.Reason))
}
