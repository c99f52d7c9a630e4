package ui

// ProblemView is an error page: what happened, that nothing was lost, what to do.
type ProblemView struct {
	Status int
	Title  string
	// Text says what happened and what it means; Remedy what to do.
	Text, Remedy string
	// RequestID is for whoever reads the log.
	RequestID string
	// Back leads on; empty means the overview.
	Back, BackText string
}
