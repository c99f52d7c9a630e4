package ui

// Days is what was done day by day: one lane per kind of outcome, above each other
// over the same days, each to its own scale.
type Days struct {
	Title, Desc string
	// Answer says the sums in words.
	Answer string
	// Nothing: there is nothing to draw.
	Nothing bool
	Lanes   []Lane
	Ticks   []Tick
	Rows    []DayRow
}

// Lane is one kind of outcome. Its name and its greatest day stand in it.
type Lane struct {
	Name string
	// Mark is how its days are drawn: "due" solid, "held" hatched, "failed" as crosses.
	Mark string
	Bars []DayBar
}

// DayBar is one day; X and W in per cent, H in pixels.
type DayBar struct {
	X, W, H float64
}

// DayRow is the same as a row of the table behind the chart.
type DayRow struct {
	Label                   string
	Processed, Held, Failed int64
}

// Heights of a lane, in pixels: its text, its bars, and the gap below.
const (
	laneText = 18
	// LaneHeight is that of the highest bar.
	LaneHeight = 44
	laneGap    = 14
	laneAll    = laneText + LaneHeight + laneGap
	daysFoot   = 20
)

func laneFloor(i int) float64 { return float64(i*laneAll + laneText + LaneHeight) }
func daysHeight(d Days) float64 {
	return float64(len(d.Lanes)*laneAll - laneGap + daysFoot)
}
