package web

import (
	"net/http"
	"slices"

	"holdfast/retention"
	"holdfast/web/ui"
)

// runSteps are what can be done about the run as it stands.
func runSteps(r retention.Run) ui.RunSteps {
	steps := ui.RunSteps{
		Pause:   r.Status == retention.RunQueued || r.Status == retention.RunRunning,
		Resume:  r.Status == retention.RunPaused,
		Approve: r.Status == retention.RunNeedsApproval,
		Cancel:  !r.Status.Ended(),
	}
	archived := func(res retention.PolicyResult) bool {
		return res.Action == retention.ActionArchive && res.Processed > 0
	}
	if r.Status.Ended() && !r.DryRun && slices.ContainsFunc(r.Policies, archived) {
		steps.Restore = restoreHref("run", r.ID)
	}
	return steps
}

func pauseRun(v *visit) error {
	r, err := v.e.PauseRun(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	return v.redirect("/runs/" + r.ID + "?done=paused")
}

func resumeRun(v *visit) error {
	r, err := v.e.ResumeRun(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	return v.redirect("/runs/" + r.ID + "?done=resumed")
}

func cancelRun(v *visit) error {
	r, err := v.e.CancelRun(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	return v.redirect("/runs/" + r.ID + "?done=cancelled")
}

// confirmCancel says what cancelling means before it is done.
func confirmCancel(v *visit) error {
	r, err := v.e.Run(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	if r.Status.Ended() {
		return v.redirect("/runs/" + r.ID)
	}
	what := pick(r.DryRun, "simulation", "run")
	view := ui.RunCancelView{
		Head: ui.Head{Title: "Cancel the " + what, Parent: v.runTitle(r), ParentHref: "/runs/" + r.ID, Tone: "warn",
			Answer: "Cancel this " + what + "? " + pick(r.DryRun, "It changes nothing either way.", "What was committed stays; nothing is undone.")},
		Action: "/runs/" + r.ID + "/cancel", Back: "/runs/" + r.ID, Button: "Cancel the " + what, DryRun: r.DryRun, Totals: runStats(r),
	}
	return v.render(http.StatusOK, ui.RunCancel(v.shell("runs", view.Head.Title), view))
}
