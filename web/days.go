package web

import (
	"fmt"
	"slices"
	"time"

	"holdfast/retention"
	"holdfast/web/ui"
)

// chartDays is how far back the overview's chart goes.
const chartDays = 90

// lastDays are where the last n days begin in the reader's zone, today among them, and
// where today ends.
func (c clock) lastDays(n int) []time.Time {
	y, m, d := c.now.In(c.zone).Date()
	bounds := make([]time.Time, n+1)
	for i := range bounds {
		bounds[i] = time.Date(y, m, d-n+1+i, 0, 0, 0, 0, c.zone)
	}
	return bounds
}

// dispositions draws what was done in the last days.
func (v *visit) dispositions() (ui.Days, error) {
	days, err := v.e.Dispositions(v.ctx, v.actor, v.clock.lastDays(chartDays))
	if err != nil {
		return ui.Days{}, err
	}
	return v.clock.daysChart(days), nil
}

// laneOf is one figure of each day.
type laneOf struct {
	mark string
	of   func(retention.DayCount) int64
	name func(sum int64) string
}

var lanes = []laneOf{
	{"due", func(d retention.DayCount) int64 { return d.Processed }, func(n int64) string { return ui.Num(n) + " processed" }},
	{"held", func(d retention.DayCount) int64 { return d.Held }, func(n int64) string { return ui.Num(n) + " times held" }},
	{"failed", func(d retention.DayCount) int64 { return d.Failed }, func(n int64) string { return ui.Count(n, "policy failed", "policies failed") }},
}

func (c clock) daysChart(days []retention.DayCount) ui.Days {
	chart := ui.Days{Nothing: true}
	var sums [3]int64
	for i, l := range lanes {
		for _, d := range days {
			sums[i] += l.of(d)
		}
		chart.Nothing = chart.Nothing && sums[i] == 0
		chart.Lanes = append(chart.Lanes, c.lane(l, days, sums[i]))
	}
	chart.Answer = fmt.Sprintf("In the last %d days %s processed, and %s. A held record counts again in each run that leaves it.", len(days),
		ui.Count(sums[0], "record was", "records were"), lanes[2].name(sums[2]))
	if chart.Nothing {
		chart.Answer = fmt.Sprintf("In the last %d days nothing was processed or held, and nothing failed.", len(days))
		return chart
	}
	chart.Title = fmt.Sprintf("Dispositions per day: %s processed, %s times held, %s", ui.Num(sums[0]), ui.Num(sums[1]), lanes[2].name(sums[2]))
	chart.Desc = fmt.Sprintf("Each day from %s to %s, in three lanes with scales of their own. The table below has the same figures.",
		c.day(days[0].From), c.day(days[len(days)-1].From))
	w := 100 / float64(len(days))
	for _, i := range []int{0, len(days) / 2, len(days) - 1} {
		chart.Ticks = append(chart.Ticks, ui.Tick{X: float64(i)*w + w/2, Text: days[i].From.In(c.zone).Format("2 Jan 2006")})
	}
	for _, d := range slices.Backward(days) {
		if d.Processed+d.Held+d.Failed > 0 {
			chart.Rows = append(chart.Rows, ui.DayRow{Label: c.day(d.From), Processed: d.Processed, Held: d.Held, Failed: d.Failed})
		}
	}
	return chart
}

// lane draws one figure. A day that is not zero is never too low to be seen.
func (c clock) lane(l laneOf, days []retention.DayCount, sum int64) ui.Lane {
	var top int64
	var when time.Time
	for _, d := range days {
		if n := l.of(d); n > top {
			top, when = n, d.From
		}
	}
	lane := ui.Lane{Mark: l.mark, Name: l.name(sum)}
	if top > 0 && l.mark != "failed" {
		lane.Name += fmt.Sprintf(", most on %s: %s", when.In(c.zone).Format("2 Jan 2006"), ui.Num(top))
	}
	w := 100 / float64(len(days))
	for i, d := range days {
		if n := l.of(d); n > 0 {
			lane.Bars = append(lane.Bars, ui.DayBar{X: float64(i)*w + w*0.1, W: w * 0.8, H: max(2, ui.LaneHeight*float64(n)/float64(top))})
		}
	}
	return lane
}
