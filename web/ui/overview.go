package ui

// OverviewView is the first page: is anything overdue, what ran, what is held?
type OverviewView struct {
	// Told is how far subscribers are; empty if there are none.
	Told string
	Head Head
	// Steps say how to begin; empty as soon as there is a policy.
	Begin    bool
	Policies []HealthRow
	// Days is what was done in the last 90 days.
	Days   Days
	Runs   []RunRow
	Holds  []HoldRow
	Review []HoldRow
	// Faulty are holds of which a table or column is not what it was, and MoreFaulty counts
	// those that are not listed.
	Faulty     []FaultyHold
	MoreFaulty int64
	// Approvals are the runs that need approval.
	Approvals []RunRow
	// Reviews is how many wait for one, shown or not.
	Reviews int64
	// HoldDates is what holds do by themselves soon; empty for nothing.
	HoldDates string
	// InForce and Waiting count holds by what they mean.
	HoldSummary string
	// MoreHolds says that not all of them are shown; empty if they are.
	MoreHolds string
	// Schedules are the enabled ones, with what runs next.
	Schedules []ScheduleRow
}

// HealthRow is a policy with what was last measured.
type HealthRow struct {
	Name, Href string
	State      Pill
	// Age is how long the oldest row has been due, Allowance the policy's grace.
	Age, Allowance string
	Oldest         Time
	CheckedAt      Time
	// Note says why it could not be measured, or how far measuring has come.
	Note string
	Bar  Bar
}

// Bar is an age against an allowance, in per cent of the chart's width.
type Bar struct {
	Title, Desc string
	// Value and Limit are from 0 to 100.
	Value, Limit float64
	Over         bool
	// None: there is nothing to draw.
	None bool
}

// FaultyHold is a hold that holds more than it says, with why in sentences.
type FaultyHold struct {
	Href, Matter string
	Faults       []string
}
