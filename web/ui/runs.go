package ui

// RunsView lists runs.
type RunsView struct {
	Head     Head
	Problems []Problem
	Statuses []Chip
	Kinds    []Chip
	Triggers []Chip
	Policies Choice
	From     Field
	Until    Field
	Keep     [][2]string
	Filtered bool
	// CSV and JSON are the addresses of the same runs as files.
	CSV, JSON string
	Rows      []RunRow
	Pager     Pager
	Empty     Empty
}

// RunRow is one run of a list.
type RunRow struct {
	Href, Name               string
	State                    Pill
	Kind                     string
	Started                  Time
	By                       string
	Policies                 string
	Processed, Held, Blocked int64
	Errors                   int64
	Duration                 string
	DryRun                   bool
}

// RunChooseView asks which policies to run.
type RunChooseView struct {
	Head     Head
	Problems []Problem
	Policies []RunChoice
	Pace     Choice
	// None: there is no enabled policy.
	None bool
}

// RunChoice is one policy that may be run.
type RunChoice struct {
	Name, Sentence string
	Checked        bool
}

// RunConfirmView shows the figures before anything is changed.
type RunConfirmView struct {
	Head  Head
	Nonce string
	AsOf  string
	Pace  string
	Rows  []ConfirmRow
	// Total is what all of them would do; Button says it.
	Total    ConfirmRow
	Button   string
	AsOfTime Time
	Problems []Problem
	// Changed tells that a policy moved since the figures were shown.
	Changed string
	// Refused: no figures could be had for any policy.
	Refused bool
	Back    string
}

// ConfirmRow is what a run would do under one policy.
type ConfirmRow struct {
	Policy, Sentence, Verb string
	Version                int
	Due, Process           int64
	// Above says that a run would stop at the policy's ceiling; empty if not.
	Above                    string
	Held, Blocked, NoInstant int64
	Error                    string
}

// RunView is the page of one run.
type RunView struct {
	Head   Head
	ID     string
	Href   string
	DryRun bool
	// Live: it has not ended; the page asks again by itself, at Poll.
	Live bool
	Poll string
	// Settling: it was stopped and its last figures are still to come.
	Settling bool
	Steps    RunSteps
	State    Pill
	Waiting  string
	Facts    []Pair
	Totals   []Stat
	Rows     []RunPolicyRow
	Batches  []BatchRow
	Pager    Pager
	// Filter names the policy whose batches are shown; empty for all.
	Filter string
	// NoBatches says why there are none.
	NoBatches string
}

// RunPolicyRow is what a run did under one policy.
type RunPolicyRow struct {
	Policy, Href, Sentence   string
	Version                  int
	State                    Pill
	Verb                     string
	Processed, Held, Blocked int64
	Skipped                  []Skip
	NoTime, Infinite         int64
	// Belt says how the policy's ceilings were judged; empty if it has none.
	Belt     string
	Cutoff   Time
	Batches  int64
	Duration string
	// Rate is rows per second, RateOver over what time; empty where it says nothing.
	Rate, RateOver string
	Errors         []string
	// Refused are some of the rows that the database refused.
	Refused []RefusedRow
	// Blockers are the tables whose rows block, Effects what was done to other tables.
	Blockers, Effects []Skip
	// Progress is nil where nobody can tell how much there is.
	Progress *Progress
}

// RefusedRow is a row that the database refused to change, and why.
type RefusedRow struct{ Key, Href, Why string }

// Progress is a bar with its numbers.
type Progress struct {
	Value, Max int64
	Text       string
}

// RunSteps are what can be done about a run.
type RunSteps struct {
	Pause, Resume, Approve, Cancel bool
	// Restore leads to bringing back what the run archived; empty for nothing.
	Restore string
}

// ApproveView asks whether a run may dispose of more than its policies' ceilings allow.
type ApproveView struct {
	Head         Head
	Action, Back string
	// Changed says that the figures are not those that were shown before.
	Changed  string
	Problems []Problem
	Rows     []ApproveRow
}

// ApproveRow is one policy that is above its ceiling.
type ApproveRow struct {
	Policy, Sentence, Would, Ceiling string
	// Rows is the figure that is approved.
	Rows string
	Name Field
}

// RunCancelView asks whether a run is to be cancelled.
type RunCancelView struct {
	Head                 Head
	Action, Back, Button string
	DryRun               bool
	Totals               []Stat
}

// Skip is a number of rows left for one reason.
type Skip struct {
	Reason, Help string
	Count        int64
}

// BatchRow is one row of the journal.
type BatchRow struct {
	// RestoreHref leads to bringing back what the batch archived; empty for nothing.
	RestoreHref string

	Policy    string
	Version   int
	Seq       int64
	Step      string
	Processed int64
	Held      int64
	Blocked   int64
	Skipped   int64
	Digests   int64
	At        Time
}
