package web

import (
	"fmt"
	"maps"
	"math"
	"slices"
	"time"

	"holdfast/retention"
	"holdfast/web/ui"
)

// histogram limits: up to maxMonths one bar is a month, beyond it a year; what lies
// before the first of maxYears is added to it. A bar is maxBar per cent wide at most, so
// that a few months do not fill the page.
const (
	maxMonths = 60
	maxYears  = 40
	maxBar    = 10.0
)

// bin is one bar before it is drawn.
type bin struct {
	from      time.Time
	label     string
	tick      string
	due, held int64
}

// histogram draws what is due by month up to the cutoff; nil if nothing is due.
func (c clock) histogram(s retention.Simulation) *ui.Histogram {
	bins, unit := binsOf(s)
	if len(bins) == 0 {
		return nil
	}
	h := &ui.Histogram{Unit: unit, Verb: done(s.Action), Cutoff: c.day(s.Cutoff)}
	h.Title = fmt.Sprintf("Rows that are due, by %s: %s due, %s of them held", unit, ui.Num(s.Due), ui.Num(s.Held))
	h.Desc = fmt.Sprintf("From %s to the cutoff, %s. The table below has the same figures.", bins[0].label, h.Cutoff)
	h.Lanes = append(h.Lanes, histLane("due", goLabel(s), bins, func(b bin) int64 { return b.due - b.held }))
	if s.Held > 0 {
		h.Lanes = append(h.Lanes, histLane("held", ui.Num(s.Held)+" held, stay", bins, func(b bin) int64 { return b.held }))
	}
	w := barWidth(bins)
	for _, i := range ticksOf(len(bins)) {
		h.Ticks = append(h.Ticks, ui.Tick{X: float64(i)*w + w/2, Text: bins[i].tick})
	}
	for _, b := range bins {
		if b.due > 0 {
			h.Rows = append(h.Rows, ui.HistRow{Label: b.label, Go: b.due - b.held, Held: b.held, DueAll: b.due})
		}
	}
	h.Width, h.CutoffX = w*float64(len(bins)), cutoffAt(bins, unit, s.Cutoff)
	return h
}

// goLabel names the lane of what is not held; blocked rows are among them.
func goLabel(s retention.Simulation) string {
	n := ui.Num(s.Due - s.Held)
	if s.Blocked > 0 {
		return n + " not held"
	}
	return n + " would be " + done(s.Action)
}

func barWidth(bins []bin) float64 { return min(maxBar, 100/float64(len(bins))) }

// ticksOf are the bars with a label under them: the first, the middle and the last, as
// far as they do not stand too close.
func ticksOf(n int) []int {
	switch {
	case n < 4:
		return []int{0}
	case n < 8:
		return []int{0, n - 1}
	}
	return []int{0, n / 2, n - 1}
}

// histLane draws one figure to its own scale, as the overview's chart does: few held
// rows must be seen beside many others. A bar that is not zero is never too low for it.
func histLane(mark, name string, bins []bin, of func(bin) int64) ui.Lane {
	var top int64
	var when string
	for _, b := range bins {
		if n := of(b); n > top {
			top, when = n, b.label
		}
	}
	lane := ui.Lane{Mark: mark, Name: name}
	if top > 0 {
		lane.Name += ", most in " + when + ": " + ui.Num(top)
	}
	w := barWidth(bins)
	for i, b := range bins {
		if n := of(b); n > 0 {
			lane.Bars = append(lane.Bars, ui.DayBar{X: float64(i)*w + w*0.1, W: w * 0.8, H: max(2, ui.HistHeight*float64(n)/float64(top))})
		}
	}
	return lane
}

// cutoffAt is the cutoff's place in per cent, within its bar.
func cutoffAt(bins []bin, unit string, cutoff time.Time) float64 {
	last := bins[len(bins)-1].from
	end := last.AddDate(0, 1, 0)
	if unit == "year" {
		end = last.AddDate(1, 0, 0)
	}
	part := float64(cutoff.Sub(last)) / float64(end.Sub(last))
	part = min(max(part, 0), 1)
	return (float64(len(bins)-1) + part) * barWidth(bins)
}

// binsOf makes a gapless axis from the first month with rows to the cutoff.
func binsOf(s retention.Simulation) ([]bin, string) {
	if len(s.ByMonth) == 0 {
		return nil, "month"
	}
	end := monthOf(s.Cutoff.UTC())
	first := end
	for _, m := range s.ByMonth {
		if t, err := time.Parse("2006-01", m.Month); err == nil && t.Before(first) {
			first = t
		}
	}
	if months(first, end) <= maxMonths {
		return fill(first, months(first, end), false, s.ByMonth), "month"
	}
	year := time.Date(max(first.Year(), end.Year()-maxYears+1), 1, 1, 0, 0, 0, 0, time.UTC)
	return fill(year, end.Year()-year.Year()+1, true, s.ByMonth), "year"
}

// months counts the bars from first to last, both included. It does not subtract
// times: a year far from ours would overflow a duration.
func months(first, last time.Time) int {
	return (last.Year()-first.Year())*12 + int(last.Month()) - int(first.Month()) + 1
}

func monthOf(t time.Time) time.Time {
	return time.Date(t.Year(), t.Month(), 1, 0, 0, 0, 0, time.UTC)
}

func fill(first time.Time, n int, yearly bool, counts []retention.MonthCount) []bin {
	bins := make([]bin, n)
	for i := range bins {
		if yearly {
			bins[i].from = first.AddDate(i, 0, 0)
			bins[i].label = bins[i].from.Format("2006")
			bins[i].tick = bins[i].label
		} else {
			bins[i].from = first.AddDate(0, i, 0)
			bins[i].label, bins[i].tick = bins[i].from.Format("January 2006"), bins[i].from.Format("Jan 2006")
		}
	}
	for _, m := range counts {
		i := 0
		if t, err := time.Parse("2006-01", m.Month); err == nil {
			i = months(first, t) - 1
			if yearly {
				i = t.Year() - first.Year()
			}
		}
		if i < 0 && yearly {
			bins[0].label = "up to " + first.Format("2006")
		}
		i = min(max(i, 0), n-1)
		bins[i].due += m.Due
		bins[i].held += m.Held
	}
	return bins
}

// simulationView words what a run would do.
func (c clock) simulationView(s retention.Simulation) *ui.SimulationView {
	verb := doing(s.Action)
	v := &ui.SimulationView{AsOf: c.at(s.AsOf), Months: c.histogram(s), Plan: s.Plan, Unknown: s.Unknown}
	if s.Estimated {
		v.Answer = "About " + ui.Count(s.Due, "record is", "records are") + " due. Counting took too long and was given up, so this is the planner's estimate: what is held or blocked of them is not known."
		v.Stats = []ui.Stat{{Label: "Due, estimated", Value: "about " + ui.Num(s.Due)}}
		v.Notes = append([]string{"Due is what is older than the cutoff, " + c.exactly(s.Cutoff).Text + "."}, takesWords(s)...)
		return v
	}
	v.Answer = fmt.Sprintf("A run now would %s %s.", verb, ui.Count(s.WouldProcess, "record", "records"))
	if s.Due > 0 && s.WouldProcess == 0 {
		v.Answer = fmt.Sprintf("A run now would change nothing: %s due, %s of them held, %s blocked by references.", ui.Count(s.Due, "record is", "records are"), ui.Num(s.Held), ui.Num(s.Blocked))
	}
	if s.Due == 0 {
		v.Answer = "Nothing is due: a run now would change nothing."
	}
	v.Stats = []ui.Stat{
		{Label: "Due", Value: ui.Num(s.Due)},
		{Label: "Held, stay", Value: ui.Num(s.Held)},
		{Label: "Blocked by references, stay", Value: ui.Num(s.Blocked)},
		{Label: "Would be " + done(s.Action), Value: ui.Num(s.WouldProcess)},
	}
	v.Notes = c.simulationNotes(s)
	if s.Blocked > 0 && v.Months != nil {
		v.Notes = append(v.Notes, "In the chart, blocked rows are counted with those that would go.")
	}
	for _, key := range s.Samples {
		v.Samples = append(v.Samples, ui.SampleKey{Text: keyText(key), Href: recordHref(s.Table, key)})
	}
	return v
}

func (c clock) simulationNotes(s retention.Simulation) []string {
	first := "Due is what is older than the cutoff, " + c.exactly(s.Cutoff).Text + "."
	if s.OldestDue != nil {
		first += " The oldest due row is of " + c.day(*s.OldestDue) + "."
	}
	notes := append([]string{first}, takesWords(s)...)
	for _, table := range slices.Sorted(maps.Keys(s.Effects)) {
		if n := s.Effects[table].Deleted; n > 0 {
			notes = append(notes, "By foreign keys, "+ui.Count(n, "row", "rows")+" of `"+table+"` would go with them.")
		}
		if n := s.Effects[table].Updated; n > 0 {
			notes = append(notes, "By foreign keys, "+ui.Count(n, "reference", "references")+" of `"+table+"` would be cleared with them.")
		}
	}
	if s.EffectsUnknown {
		notes = append(notes, "Rows of other tables go or change with them by foreign keys; counting those took too long.")
	}
	for _, name := range slices.Sorted(maps.Keys(s.BlockedBy)) {
		notes = append(notes, "`"+name+"` keeps "+ui.Count(s.BlockedBy[name], "row", "rows")+" that its own refer to.")
	}
	if s.NullTimestamps == retention.NotCounted {
		notes = append(notes, "Rows without a timestamp, which can never become due, could not be counted within 10 seconds.")
	} else {
		notes = append(notes, ui.Count(s.NullTimestamps, "row has", "rows have")+" no timestamp and can never become due.")
	}
	if s.InfiniteTimestamps > 0 {
		notes = append(notes, ui.Count(s.InfiniteTimestamps, "row has", "rows have")+" an infinite timestamp and can never become due.")
	}
	notes = append(notes, conflictWords(s.Conflicts)...)
	if s.Belt.Above() {
		notes = append(notes, "More than the policy's ceiling allows: a run stops before its first row and waits for approval. "+ceilingWords(s.Belt))
	}
	return notes
}

// takesWords says how long a run would take, if anything tells.
func takesWords(s retention.Simulation) []string {
	if s.Takes == nil {
		return nil
	}
	by := "its last run"
	if s.Takes.Policy != s.Policy {
		by = "the last run of `" + s.Takes.Policy + "`"
	}
	rate := ui.Num(int64(math.Round(s.Takes.RowsPerSecond)))
	return []string{"A run would take about " + roughly(time.Duration(s.Takes.Seconds*float64(time.Second))) + ", at the " + rate + " rows a second of " + by + "."}
}
