package ui

// CoverageView says of every table who answers for it.
type CoverageView struct {
	Head  Head
	Chips []Chip
	Rows  []CoverageRow
	// More is how many tables are not shown.
	More  int64
	Empty Empty
	// Drift is what is other than at Since; Since is zero as long as there is nothing to
	// compare with.
	Drift     []string
	MoreDrift int64
	Since     Time
	// Sampled is when values were last looked at.
	Sampled Time
}

// CoverageRow is one table.
type CoverageRow struct {
	Table, Rows string
	State       Pill
	// Under says by which policies, or why and by whom it is exempt.
	Under []CoverageLink
	Note  string
	// Personal are the columns that look personal, with what is done about each.
	Personal []CoverageColumn
	// CreateHref and ExemptHref lead to what can be done about it; empty for nothing.
	CreateHref, ExemptHref, EndHref string
}

// CoverageLink is a policy that answers for a table.
type CoverageLink struct{ Text, Href, Note string }

// CoverageColumn is a column that looks personal.
type CoverageColumn struct {
	Name, Looks string
	State       Pill
}

// ExemptView asks why a table needs no policy, or whether it needs one again.
type ExemptView struct {
	Head     Head
	Table    string
	Reason   Field
	Problems []Problem
	// End: the exemption is to end.
	End bool
	// Now is the exemption as it stands, if there is one.
	Now []Pair
}
