package ui

// AuditView lists who did what.
type AuditView struct {
	Head   Head
	Actor  Field
	Action Choice
	Object Field
	From   Field
	Until  Field
	// Filtered offers to show everything again.
	Filtered bool
	Problems []Problem
	Rows     []AuditRow
	Pager    Pager
	Empty    Empty
}

// AuditRow is one change that somebody made.
type AuditRow struct {
	At                 Time
	Actor, Via, Remote string
	What, Action       string
	Object, ObjectHref string
	// Code is how the object is recorded and asked for; empty if Object is just that.
	Code string
	// HasDiff: something was recorded with it. Created: there was nothing before, so
	// that Facts say it all; else Changes compare.
	HasDiff, Created bool
	Changes          []Change
	Facts            []Pair
	// More is how many further fields there are.
	More int64
}
