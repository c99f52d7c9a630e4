package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// confirmApproval shows what a run asks approval for. Whoever approves types the name of
// each policy, and the answer is bound to the figures on the page.
func confirmApproval(v *visit) error {
	r, err := v.e.Run(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	if r.Status != retention.RunNeedsApproval {
		return v.redirect("/runs/" + r.ID)
	}
	return v.approval(http.StatusOK, r, "", faults{})
}

func (v *visit) approval(status int, r retention.Run, changed string, f faults) error {
	view := ui.ApproveView{
		Head:    ui.Head{Title: "Approve the run", Parent: v.runTitle(r), ParentHref: "/runs/" + r.ID, Tone: "warn", Answer: approvalSentence(r)},
		Action:  "/runs/" + r.ID + "/approve",
		Back:    "/runs/" + r.ID,
		Changed: changed,
	}
	labels := map[string]string{}
	for _, res := range asking(r) {
		field := "name." + res.Policy
		labels[field] = "The name of " + res.Policy
		view.Rows = append(view.Rows, ui.ApproveRow{
			Policy: res.Policy, Sentence: res.Sentence, Rows: strconv.FormatInt(res.Belt.WouldProcess, 10),
			Would: ui.Count(res.Belt.WouldProcess, "record", "records") + " would be " + done(res.Action), Ceiling: ceilingWords(res.Belt),
			Name: ui.Field{Name: field, Label: "Type " + res.Policy + " to approve it", Error: f.of(field), Attrs: templ.Attributes{"autocomplete": "off", "spellcheck": "false"}},
		})
	}
	view.Problems = f.summary(byName(labels))
	return v.render(status, ui.Approve(v.shell("runs", view.Head.Title), view))
}

// approveRun approves the figures that were on the page. Others are shown again instead.
func approveRun(v *visit) error {
	r, err := v.e.Run(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	if r.Status != retention.RunNeedsApproval {
		return retention.Conflictf("the run is %s by now, and asks for no approval", r.Status)
	}
	var approvals []retention.Approval
	var f faults
	for _, res := range asking(r) {
		if typed := v.form("name." + res.Policy); typed != res.Policy {
			f.add("name."+res.Policy, "must be "+res.Policy+", so that nobody approves by a slip")
		}
		rows, err := strconv.ParseInt(v.form("rows."+res.Policy), 10, 64)
		if err != nil {
			rows = -1 // it asks for this policy only since the page was shown
		}
		approvals = append(approvals, retention.Approval{Policy: res.Policy, WouldProcess: rows})
	}
	if f.any() {
		return v.approval(http.StatusUnprocessableEntity, r, "", f)
	}
	_, err = v.e.ApproveRun(v.ctx, v.actor, r.ID, approvals)
	if errors.Is(err, retention.ErrConflict) {
		now, readErr := v.e.Run(v.ctx, v.actor, r.ID)
		if readErr == nil && now.Status == retention.RunNeedsApproval && otherFigures(now, approvals) {
			return v.approval(http.StatusConflict, now, "The figures have changed since they were shown. Nothing was approved, and nothing has run; these are the figures now.", faults{})
		}
	}
	if err != nil {
		return err
	}
	return v.redirect("/runs/" + r.ID + "?done=approved")
}

// otherFigures tells whether the run asks for others than those that were given.
func otherFigures(r retention.Run, given []retention.Approval) bool {
	asks := asking(r)
	return len(asks) != len(given) || slices.ContainsFunc(asks, func(res retention.PolicyResult) bool {
		return !slices.Contains(given, retention.Approval{Policy: res.Policy, WouldProcess: res.Belt.WouldProcess})
	})
}

// asking are the results that ask for approval.
func asking(r retention.Run) (out []retention.PolicyResult) {
	for _, res := range r.Policies {
		if res.Status == retention.RunNeedsApproval && res.Belt != nil {
			out = append(out, res)
		}
	}
	return out
}

// approvalSentence is the first line of a run that needs approval.
func approvalSentence(r retention.Run) string {
	var asks []string
	for _, res := range asking(r) {
		asks = append(asks, ui.Count(res.Belt.WouldProcess, "record", "records")+" under `"+res.Policy+"`")
	}
	return "Stopped before its first row: it would dispose of " + joinSome(asks, 3) + ", more than is allowed without approval. Nothing has been changed."
}

// ceilingWords say how much needs no approval, and of how much.
func ceilingWords(b *retention.Belt) string {
	s := ui.Count(b.Ceiling, "record needs", "records need") + " no approval"
	if b.TableRows != nil {
		s += ", of " + pick(b.Estimated, "about ", "") + ui.Count(*b.TableRows, "row", "rows") + " in the table"
	}
	if b.Approved != nil {
		s += "; " + ui.Num(*b.Approved) + " were approved before"
	}
	return s + "."
}

// ceilingOf says what ceilings a policy has; empty if it has none.
func ceilingOf(p retention.Policy) string {
	var parts []string
	if p.MaxShare != nil {
		parts = append(parts, percentOf(*p.MaxShare)+" % of the table's rows")
	}
	if p.MaxRows != nil {
		parts = append(parts, ui.Count(*p.MaxRows, "row", "rows"))
	}
	return join(parts)
}
