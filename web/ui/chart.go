package ui

import "strconv"

// Histogram is what is due by month, in one lane, and what is held of it in another.
type Histogram struct {
	Title, Desc string
	Lanes       []Lane
	// Ticks are labels of the time axis.
	Ticks []Tick
	// Width is where the axis ends, CutoffX the line after which nothing is due, both in
	// per cent; Cutoff is its label.
	Width, CutoffX float64
	Cutoff         string
	// Verb says what happens to what is due: "deleted".
	Verb string
	Rows []HistRow
	// Unit of one bar: "month" or "year".
	Unit string
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

// Heights of the histogram, in pixels: the cutoff's label, then a lane after the other,
// each its text, its bars and a gap, then the axis.
const (
	histTop  = 20
	histText = 20
	// HistHeight is that of the highest bar.
	HistHeight = 72
	histGap    = 16
	histAll    = histText + HistHeight + histGap
	histFoot   = 20
)

func histFloor(lane int) float64      { return float64(histTop + lane*histAll + histText + HistHeight) }
func histHeight(h Histogram) float64  { return histFloor(len(h.Lanes)-1) + histFoot }
func cutoffAnchor(h Histogram) string { return ifelse(h.CutoffX > 60, "end", "start") }

func pct(f float64) string { return strconv.FormatFloat(f, 'f', 2, 64) + "%" }
func px(f float64) string  { return strconv.FormatFloat(f, 'f', 1, 64) }
