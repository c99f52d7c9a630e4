package web

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"holdfast/retention"
	"holdfast/web/ui"
)

// liveRun is what the page of a run says beyond the run itself while it works: how
// fast it was over the last refreshes. The page's own address carries the figure to
// compare with, so that the server keeps nothing of its readers.
type liveRun struct {
	// poll is the address of the next refresh.
	poll string
	// perSecond is the rate since the figure that the page brought; known tells whether
	// that was long enough ago to say anything. It may be zero: a run that waits.
	perSecond float64
	known     bool
	now       time.Time
}

// A rate looks back rateOver at most before it begins anew, and rateFrom at least: a
// run rests between its batches.
const (
	rateFrom = 4 * time.Second
	rateOver = 20 * time.Second
)

func (v *visit) live(r retention.Run) liveRun {
	c := runTotals(r)
	l := liveRun{now: v.clock.now}
	was, at, ok := parseWas(v.query("was"))
	age := l.now.Sub(at)
	ok = ok && age > 0 && age < 2*rateOver && was <= c.Passed()
	if ok && age >= rateFrom {
		l.perSecond, l.known = float64(c.Passed()-was)/age.Seconds(), true
	}
	if !ok || age > rateOver {
		was, at = c.Passed(), l.now
	}
	l.poll = v.here("was")
	l.poll += pick(strings.Contains(l.poll, "?"), "&", "?") + fmt.Sprintf("was=%d.%d", was, at.UnixMilli())
	return l
}

// parseWas reads rows and milliseconds since 1970.
func parseWas(s string) (rows int64, at time.Time, ok bool) {
	a, b, ok := strings.Cut(s, ".")
	rows, err := strconv.ParseInt(a, 10, 64)
	ms, err2 := strconv.ParseInt(b, 10, 64)
	return rows, time.UnixMilli(ms), ok && err == nil && err2 == nil
}

// show adds rate and progress to a policy's row. Policies are carried out one after
// the other, so the run's rate is that of the one at work.
func (l liveRun) show(row *ui.RunPolicyRow, r retention.Run, p retention.PolicyResult) {
	if r.DryRun || p.StartedAt == nil {
		return
	}
	working := p.Status == retention.RunRunning
	rate := average(p, l.now)
	switch {
	case working && l.known:
		rate = l.perSecond
		row.Rate, row.RateOver = ui.Num(int64(rate+0.5))+" rows/s", "now"
	case rate > 0:
		row.Rate, row.RateOver = ui.Num(int64(rate+0.5))+" rows/s", "on average"
	}
	if row.Rate != "" && p.Passed() != p.Processed {
		row.RateOver += ", rows that were left included"
	}
	done := p.Passed()
	if p.Status.Ended() || p.DueEstimate <= 0 || done > p.DueEstimate {
		return
	}
	row.Progress = &ui.Progress{
		Value: done, Max: p.DueEstimate,
		Text: fmt.Sprintf("%d %% of about %s due", 100*done/p.DueEstimate, ui.Count(p.DueEstimate, "row", "rows")),
	}
	if left := float64(p.DueEstimate - done); working && rate >= 1 {
		row.Progress.Text += ", about " + roughly(time.Duration(left/rate*float64(time.Second))) + " more at this rate"
	}
}

// average is rows per second that were passed, whatever became of them, of a policy's own time; 0 where it says nothing.
func average(p retention.PolicyResult, now time.Time) float64 {
	d, _ := p.Took(now)
	if d < 500*time.Millisecond {
		return 0
	}
	return float64(p.Passed()) / d.Seconds()
}

// arriving tells whether a run has just ended and its batches are still on their way
// from the governed database: the page then asks once more, so that it does not stay
// without them. shown is what the journal's only page has.
func (v *visit) arriving(r retention.Run, shown int) bool {
	if r.DryRun || r.FinishedAt == nil || v.clock.now.Sub(*r.FinishedAt) > time.Minute || v.query("policy") != "" || v.query("cursor") != "" {
		return false
	}
	return int64(shown) < batchesOf(r)
}

func batchesOf(r retention.Run) (n int64) {
	for _, p := range r.Policies {
		n += p.Batches
	}
	return n
}
