package ui

// RestoresView lists restores.
type RestoresView struct {
	Head  Head
	Rows  []RestoreRow
	Pager Pager
	Empty Empty
}

// RestoreRow is one restore in the list.
type RestoreRow struct {
	Href, What, Note          string
	State                     Pill
	Restored, Held, Conflicts int64
	Asked                     Time
}

// AskRestoreView shows what a restore would do, and asks whether it is to be done.
type AskRestoreView struct {
	Head     Head
	Problems []Problem
	// Scope are hidden fields that name what is restored; with none of them it is asked for.
	Scope  [][2]string
	Table  Choice
	Keys   Field
	Totals []Stat
	Tables []RestorePart
	// Notes say what else to know before.
	Notes []string
	// Possible: something can go back. Skip: only if what cannot is left.
	Possible bool
	Skip     *Check
	Reason   Field
	Back     string
}

// RestorePart is one table of a restore.
type RestorePart struct {
	Table, Archive string
	State          Pill
	Facts          []Pair
	Problem        string
	Conflicts      []RestoreConflict
	Errors         []string
}

// RestoreConflict is what keeps rows from going back, with keys of some.
type RestoreConflict struct{ Says, Keys string }

// RestoreView is one restore, the same live and afterwards.
type RestoreView struct {
	Head   Head
	Href   string
	Live   bool
	State  Pill
	Totals []Stat
	Tables []RestorePart
	Errors []string
	Facts  []Pair
}
