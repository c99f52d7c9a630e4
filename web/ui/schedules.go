package ui

// SchedulesView lists schedules.
type SchedulesView struct {
	Head  Head
	Rows  []ScheduleRow
	Empty Empty
	Pager Pager
}

// ScheduleRow is one schedule of a list.
type ScheduleRow struct {
	Name, Href, Sentence string
	State                Pill
	Next                 Time
	// LastRun is empty if it has started none.
	LastRun     Time
	LastHref    string
	LastState   Pill
	LastSuccess Time
	// Missed counts the slots that were missed in the last seven days.
	Missed int64
}

// ScheduleView is the page of one schedule.
type ScheduleView struct {
	Head    Head
	Name    string
	Version int
	Enabled bool
	// Overdue says since when and why; empty if it is not.
	Overdue  string
	Stats    []Stat
	Next     []Time
	Slots    []SlotRow
	Pager    Pager
	Settings []Pair
}

// SlotRow is what became of one slot.
type SlotRow struct {
	// Local is the time in the schedule's zone.
	Local   string
	At      Time
	State   Pill
	RunHref string
	Reason  string
}

// ScheduleFormView is the form of a schedule.
type ScheduleFormView struct {
	Head          Head
	Action, Draft string
	SaveText      string
	Version       int
	Problems      []Problem
	Stale         string
	Name          Field
	Cron          Field
	Zone          Field
	Grace         Field
	// Which is the choice between all active policies and those that are ticked.
	Which    Choice
	Policies []ScheduleChoice
	Enabled  bool
	Sentence string
	Missing  string
	Next     []Time
}

// ScheduleChoice is one policy that a schedule may run.
type ScheduleChoice struct {
	Name, Sentence string
	Checked        bool
	// Gone: it was retired since, and can only be taken out.
	Gone bool
}

// RetentionScheduleView is the printable table of all policies.
type RetentionScheduleView struct {
	Head Head
	Rows []RetentionRow
	// Backups says how long backups are kept, or that nobody has said so.
	Backups string
	// Events says what the log of events keeps; empty if there is none to speak of.
	Events string
	// Stated: how long they are kept is known.
	Stated bool
	Made   Time
	Empty  Empty
}

// RetentionRow is one policy: when its data is gone.
type RetentionRow struct {
	Name, Href, Rule, Basis, Period string
	// Schedule is the schedule in words, or that none runs the policy.
	Schedule, ScheduleHref string
	// Also names other policies of the same table; empty if there is none.
	Also string
	// Database and Backups say by when it is gone, or what becomes of it.
	Database, Backups string
}
