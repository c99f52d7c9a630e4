package ui

// RecordView explains one record.
type RecordView struct {
	Head     Head
	Problems []Problem
	Table    Choice
	Key      Field
	// Shown: a record was asked for, and what follows is about it.
	Shown    bool
	Facts    []Pair
	Holds    []RecordHold
	Policies []RecordPolicy
	// Reached names policies of other tables that reach into this one.
	Reached  string
	Disposed []RecordDisposal
	Archived []RecordArchived
	// Untold says what the evidence cannot tell; empty if nothing.
	Untold string
}

// RecordHold is a hold that covers the record.
type RecordHold struct {
	Href, Matter, By string
	State            Pill
	Since            Time
	Ends             string
}

// RecordPolicy is how the record stands under a policy.
type RecordPolicy struct {
	Name, Href, Sentence, Problem string
	State                         Pill
	Facts                         []Pair
}

// RecordDisposal is a batch that disposed of the record.
type RecordDisposal struct {
	At                                       Time
	What, Policy, PolicyHref, Under, RunHref string
}

// RecordArchived is a copy of the record in an archive table.
type RecordArchived struct {
	Table                  string
	At                     Time
	Policy, Under, RunHref string
	// RestoreHref leads to bringing it back.
	RestoreHref string
}
