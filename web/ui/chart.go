package ui

import "strconv"

// Histogram is what is due by month, with what is held apart.
type Histogram struct {
	Title, Desc string
	Bars        []HistBar
	// Ticks are labels of the time axis.
	Ticks []Tick
	// Max is the label of the highest bar, MaxX its place in per cent.
	Max  string
	MaxX float64
	// CutoffX and Cutoff are the line after which nothing is due.
	CutoffX float64
	Cutoff  string
	// Verb says what happens to what is due: "deleted".
	Verb string
	Rows []HistRow
	// Unit of one bar: "month" or "year".
	Unit    string
	HasHeld bool
}

// HistBar is one bar; X and W in per cent, heights in pixels of the plot.
type HistBar struct {
	X, W      float64
	Due, Held float64
}

// Tick is one label of the time axis.
type Tick struct {
	X    float64
	Text string
}

// HistRow is the same as a row of the table behind the chart.
type HistRow struct {
	Label            string
	Go, Held, DueAll int64
}

// Plot heights, in pixels: the bars end at histFloor.
const (
	HistHeight = 136
	histTop    = 28
	histFloor  = histTop + HistHeight
	histAll    = histFloor + 24
)

func pct(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "%" }
func px(f float64) string  { return strconv.FormatFloat(f, 'f', 1, 64) }
