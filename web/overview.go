package web

import (
	"fmt"
	"net/http"
	"strings"
	"time"

	"holdfast/engine"
	"holdfast/retention"
	"holdfast/web/ui"
)

// overview answers: is anything overdue, what ran, what is held?
func overview(v *visit) error {
	o, err := v.e.Overview(v.ctx, v.actor)
	if err != nil {
		return err
	}
	view := ui.OverviewView{Begin: len(o.Policies) == 0, Head: overviewHead(o), HoldSummary: holdSummary(o.Holds)}
	for _, h := range o.Policies {
		view.Policies = append(view.Policies, v.healthRow(h, scaleOf(o.Policies)))
	}
	if !view.Begin {
		if view.Days, err = v.dispositions(); err != nil {
			return err
		}
	}
	for _, r := range o.LastRuns {
		view.Runs = append(view.Runs, v.runRow(r))
	}
	for _, h := range o.ActiveHolds {
		view.Holds = append(view.Holds, v.holdRow(h))
	}
	for _, r := range o.Paused {
		if r.Status == retention.RunNeedsApproval {
			view.Approvals = append(view.Approvals, v.runRow(r.Run))
		}
	}
	for _, h := range o.ReviewHolds {
		view.Review = append(view.Review, v.holdRow(h))
	}
	for _, h := range o.FaultyHolds {
		view.Faulty = append(view.Faulty, ui.FaultyHold{Href: "/holds/" + h.ID, Matter: h.Matter, Faults: faultSentences(h)})
	}
	view.MoreFaulty = o.HoldDates.Faulty - int64(len(o.FaultyHolds))
	view.Reviews = o.HoldDates.ReviewsDue
	view.HoldDates = strings.Join(comesNext(o.HoldDates), " ")
	if more := inForce(o.Holds) + o.Holds[retention.HoldApplying] - int64(len(o.ActiveHolds)); more > 0 {
		view.MoreHolds = "These are the " + ui.Num(int64(len(o.ActiveHolds))) + " newest. " + ui.Count(more, "more is", "more are") + " in the list of holds."
	}
	v.overviewSchedules(&view, o)
	if err := v.overviewTold(&view); err != nil {
		return err
	}
	notAllWell(&view.Head)
	return v.render(http.StatusOK, ui.Overview(v.shell("overview", "Overview"), view))
}

// overviewHead is the answer in words.
func overviewHead(o engine.Overview) ui.Head {
	h := ui.Head{Title: "Overview"}
	if len(o.Policies) == 0 {
		h.Answer = "No policy exists yet. Nothing is deleted, anonymized or archived until you write one."
		return h
	}
	var overdue []string
	var unmeasured, unmeasurable int64
	for _, p := range o.Policies {
		switch {
		case p.Status.Problem != "":
			unmeasurable++
		case !p.Measured && p.Policy.Enabled: // what is disabled is not measured
			unmeasured++
		}
		if p.Overdue {
			overdue = append(overdue, fmt.Sprintf("%s by %s", p.Policy.Name, age(p.OverdueFor-p.Allowance)))
		}
	}
	h.Answer, h.Tone = "Nothing is overdue.", "good"
	if n := int64(len(overdue)); n > 0 {
		h.Answer, h.Tone = ui.Count(n, "policy is overdue: ", "policies are overdue: ")+joinSome(overdue, 3)+".", "warn"
	}
	if n := int64(len(o.Failed)); n > 0 {
		amiss(&h, ui.Count(n, "policy failed in its last run: ", "policies failed in their last run: ")+joinSome(o.Failed, 3)+".")
	}
	for _, r := range o.Paused {
		if r.Waiting > 0 || r.Status == retention.RunNeedsApproval {
			amiss(&h, pausedSentence(r))
		}
	}
	if n := o.HoldDates.Faulty; n > 0 {
		amiss(&h, tablesChanged(n))
	}
	if unmeasurable > 0 {
		amiss(&h, ui.Count(unmeasurable, "policy could not be measured.", "policies could not be measured."))
	}
	if unmeasured > 0 {
		if h.Tone == "good" {
			h.Answer, h.Tone = "Nothing is overdue as far as it is known.", "busy"
		}
		h.Also = append(h.Also, ui.Count(unmeasured, "policy has not been measured yet.", "policies have not been measured yet."))
	}
	return h
}

// pausedSentence says what a paused run keeps from moving: nobody is told otherwise that
// the nights after it wait.
func pausedSentence(r engine.PausedRun) string {
	var names []string
	for _, p := range r.Policies {
		if r.Status == retention.RunPaused || p.Status == r.Status {
			names = append(names, p.Policy)
		}
	}
	if r.Status == retention.RunNeedsApproval {
		return "A run of " + joinSome(names, 3) + " needs approval: more would go than its policies allow in one run." +
			pick(r.Waiting > 0, " "+ui.Count(int64(r.Waiting), "run waits", "runs wait")+" for it.", "")
	}
	return "A run of " + joinSome(names, 3) + " is paused, and " + ui.Count(int64(r.Waiting), "run waits", "runs wait") + " until it is resumed or cancelled."
}

// amiss adds to a page's head what needs attention.
func amiss(h *ui.Head, what ...string) {
	if len(what) > 0 {
		h.Also, h.Tone = append(h.Also, what...), "warn"
	}
}

// notAllWell keeps the answer from sounding like all is well above a list of what is not.
func notAllWell(h *ui.Head) {
	if h.Answer == "Nothing is overdue." && len(h.Also) > 0 {
		h.Answer = "No policy is overdue, but " + ui.Count(int64(len(h.Also)), "thing needs", "things need") + " attention."
	}
}

// scaleOf is the duration at the right end of all bars, so that they compare.
func scaleOf(list []engine.PolicyHealth) time.Duration {
	scale := time.Hour
	for _, p := range list {
		scale = max(scale, p.OverdueFor, p.Allowance)
	}
	return scale + scale/20
}

// healthPill is what was measured in one word.
func healthPill(h engine.PolicyHealth) ui.Pill {
	switch {
	case !h.Policy.Enabled:
		return ui.Pill{Tone: "quiet", Text: "Disabled"}
	case h.Overdue:
		return ui.Pill{Tone: "warn", Text: "Overdue"}
	case h.Status.Problem != "":
		return ui.Pill{Tone: "bad", Text: "Not measurable"}
	case !h.Measured:
		return ui.Pill{Tone: "busy", Text: "Not measured yet"}
	case h.OverdueFor > 0:
		return ui.Pill{Tone: "good", Text: "Due, in time"}
	}
	return ui.Pill{Tone: "good", Text: "Nothing due"}
}

func (v *visit) healthRow(h engine.PolicyHealth, scale time.Duration) ui.HealthRow {
	grace := h.Allowance
	row := ui.HealthRow{
		Name: h.Policy.Name, Href: "/policies/" + h.Policy.Name, State: healthPill(h),
		Age: age(h.OverdueFor), Allowance: h.Policy.GracePeriod().Human(), Note: v.measureNote(h),
	}
	if !h.Measured {
		row.Age = "–"
		row.Bar.None = true
		return row
	}
	row.Bar = ui.Bar{
		Title: fmt.Sprintf("%s: due for %s, allowance %s", h.Policy.Name, age(h.OverdueFor), h.Policy.GracePeriod().Human()),
		Desc:  "A bar as long as the age of the oldest due row; the upright line is the allowance.",
		Value: share(h.OverdueFor, scale), Limit: share(grace, scale), Over: h.Overdue,
	}
	return row
}

// measureNote says what stands between the figures and the truth; empty if nothing.
func (v *visit) measureNote(h engine.PolicyHealth) string {
	note := h.Status.Note
	if h.Status.Problem != "" {
		note = "Could not be measured: " + h.Status.Problem
	}
	if note == "" {
		return ""
	}
	note = strings.ToUpper(note[:1]) + note[1:] + "."
	if h.Measured {
		note += " Shown is what was measured " + v.clock.ago(h.Status.CheckedAt) + "."
	}
	return note
}

func share(part, whole time.Duration) float64 {
	if part <= 0 {
		return 0
	}
	return 100 * float64(part) / float64(whole)
}

func inForce(counts map[retention.HoldStatus]int64) int64 {
	return counts[retention.HoldActive] + counts[retention.HoldReviewDue] + counts[retention.HoldReleasing]
}

// holdSummary counts holds in words; zero is written.
func holdSummary(counts map[retention.HoldStatus]int64) string {
	s := ui.Count(inForce(counts), "hold is in force", "holds are in force") + ", " +
		ui.Count(counts[retention.HoldReviewDue], "waits for a review", "wait for a review")
	if n := counts[retention.HoldApplying]; n > 0 {
		s += "; " + ui.Count(n, "is being put in force", "are being put in force")
	}
	return s + "."
}
