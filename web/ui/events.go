package ui

// EventsView lists what other services are told.
type EventsView struct {
	Head   Head
	Type   Choice
	Entity Field
	Policy Field
	From   Field
	Until  Field
	// Run narrows the list to one run; empty for all.
	Run string
	// Filtered offers to show everything again.
	Filtered bool
	Problems []Problem
	Rows     []EventRow
	Pager    Pager
	Empty    Empty
}

// EventRow is one event.
type EventRow struct {
	ID               string
	At               Time
	What, Type       string
	Entity, EntityID string
	// By is the policy or the hold's matter that it comes from.
	By, ByHref, RunHref string
	// JSON is the whole event.
	JSON string
}
