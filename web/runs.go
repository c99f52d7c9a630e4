package web

import (
	"cmp"
	"net/http"
	"slices"
	"strconv"
	"time"

	"github.com/go-chi/chi/v5"

	"holdfast/retention"
	"holdfast/web/ui"
)

func (s *server) runRoutes(r chi.Router) {
	r.Get("/runs", s.page(runs))
	r.Get("/runs/new", s.page(chooseRun))
	r.Get("/runs/confirm", s.page(confirmRun))
	r.Post("/runs", s.page(startRun))
	r.Post("/runs/simulate", s.page(simulateRun))
	r.Get("/runs/{id}", s.page(run))
	r.Post("/runs/{id}/pause", s.page(pauseRun))
	r.Post("/runs/{id}/resume", s.page(resumeRun))
	r.Get("/runs/{id}/approve", s.page(confirmApproval))
	r.Post("/runs/{id}/approve", s.page(approveRun))
	r.Get("/runs/{id}/cancel", s.page(confirmCancel))
	r.Post("/runs/{id}/cancel", s.page(cancelRun))
}

func (v *visit) runRow(r retention.Run) ui.RunRow {
	c := runTotals(r)
	at := r.CreatedAt
	if r.StartedAt != nil {
		at = *r.StartedAt
	}
	started := v.clock.at(at)
	var names []string
	for _, p := range r.Policies {
		names = append(names, p.Policy)
	}
	return ui.RunRow{
		Href: "/runs/" + r.ID, Name: started.Text, State: runPill(r.Status), Started: started, By: r.RequestedBy, DryRun: r.DryRun,
		Policies: joinSome(names, 2), Processed: c.Processed, Held: c.Held, Blocked: c.Blocked, Errors: r.TotalErrors,
		Duration: v.runTook(r),
	}
}

// runRowOf is what a run did under one policy, for that policy's page: the totals of
// the run are other policies' too.
func (v *visit) runRowOf(r retention.Run, policy string) ui.RunRow {
	i := slices.IndexFunc(r.Policies, func(p retention.PolicyResult) bool { return p.Policy == policy })
	if i < 0 {
		return v.runRow(r)
	}
	p, others := r.Policies[i], int64(len(r.Policies)-1)
	r.Policies, r.TotalErrors = []retention.PolicyResult{p}, int64(len(p.Errors))
	row := v.runRow(r)
	row.State, row.Duration = runPill(p.Status), v.policyTook(p)
	row.Policies = pick(others == 0, "this policy alone", "with "+ui.Count(others, "other policy", "other policies"))
	return row
}

// policyTook is how long a run worked on a policy, and runTook on all of them. No page
// counts pauses in a duration, as the API does not.
func (v *visit) policyTook(p retention.PolicyResult) string { return tookOr(p.Took(v.clock.now)) }

func (v *visit) runTook(r retention.Run) string { return tookOr(r.Took(v.clock.now)) }

func tookOr(d time.Duration, begun bool) string {
	if !begun {
		return "–"
	}
	return took(d)
}

// paused says who paused the run that waits to be resumed, and when; empty if the audit
// does not have it any more.
func (v *visit) paused(r retention.Run) (string, error) {
	if r.Status != retention.RunPaused {
		return "", nil
	}
	entries, _, err := v.e.Audit(v.ctx, v.actor, retention.AuditFilter{Action: "run.pause", Object: "run/" + r.ID}, retention.Page{Limit: 1})
	if err != nil || len(entries) == 0 {
		return "", err
	}
	return v.moment(&entries[0].At, "") + " by " + entries[0].Actor, nil
}

// run is the page of one run, live while it has not ended.
func run(v *visit) error {
	r, err := v.e.Run(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	lasted := v.runTook(r)
	paused, err := v.paused(r)
	if err != nil {
		return err
	}
	view := ui.RunView{
		Head: ui.Head{Title: v.runTitle(r), Parent: "Runs", ParentHref: "/runs", Answer: runSentence(r, lasted), Tone: runPill(r.Status).Tone},
		ID:   r.ID, Href: v.here("was"), DryRun: r.DryRun, State: runPill(r.Status), Waiting: r.Waiting, Settling: r.Settling,
		Facts: v.runFacts(r, paused), Totals: runStats(r), Filter: v.query("policy"), Steps: runSteps(r),
	}
	live := v.live(r)
	view.Live, view.Poll = !r.Status.Ended() || r.Settling, live.poll
	if view.Head.Tone == "quiet" {
		view.Head.Tone = ""
	}
	for _, p := range r.Policies {
		row := v.runPolicy(r, p)
		live.show(&row, r, p)
		view.Rows = append(view.Rows, row)
	}
	if err := v.batches(&view, r); err != nil {
		return err
	}
	return v.render(http.StatusOK, ui.Run(v.shell("runs", view.Head.Title), view))
}

func (v *visit) runTitle(r retention.Run) string {
	return pick(r.DryRun, "Simulation of ", "Run of ") + v.clock.at(r.CreatedAt).Text
}

func runStats(r retention.Run) []ui.Stat {
	c := runTotals(r)
	stats := []ui.Stat{
		{Label: pick(r.DryRun, "Would be disposed of", "Disposed of"), Value: ui.Num(c.Processed)},
		{Label: "Held", Value: ui.Num(c.Held)},
		{Label: "Blocked by references", Value: ui.Num(c.Blocked)},
		{Label: "Left for other reasons", Value: ui.Num(c.SkippedTotal())},
		{Label: "Errors", Value: ui.Num(r.TotalErrors)},
	}
	return stats
}

func (v *visit) runFacts(r retention.Run, paused string) []ui.Pair {
	facts := []ui.Pair{
		{Name: "Requested", Value: v.clock.exactly(r.CreatedAt).Text + " by " + r.RequestedBy + pick(r.Trigger == retention.TriggerSchedule, " (schedule)", "")},
		{Name: "Started", Value: v.moment(r.StartedAt, "not yet")},
		{Name: "Ended", Value: v.moment(r.FinishedAt, "not yet")},
		{Name: "Worked for", Value: v.runTook(r) + pick(r.StartedAt != nil, ". Durations of a run and its policies do not count pauses.", "")},
		{Name: "Cutoffs counted from", Value: v.moment(r.AsOf, "the moment it starts")},
		{Name: "Pace", Value: pick(r.Pace == retention.PaceMax, "max: without pauses", "default: leaves the database room for others")},
	}
	if r.ApprovedAt != nil {
		facts = append(facts, ui.Pair{Name: "Approved", Value: v.clock.exactly(*r.ApprovedAt).Text + " by " + r.ApprovedBy})
	}
	if paused != "" {
		facts = append(facts, ui.Pair{Name: "Paused", Value: paused})
	}
	if r.DryRun {
		facts = append(facts, ui.Pair{Name: "Kind", Value: "simulation: counted in read-only transactions, nothing was changed"})
	}
	return append(facts, ui.Pair{Name: "Id", Value: r.ID, Code: true})
}

func (v *visit) moment(t *time.Time, none string) string {
	if t == nil {
		return none
	}
	m := v.clock.exactly(*t)
	return m.Text + " (" + m.Relative + ")"
}

// silently is what became of a row of which the database said nothing.
func silently(reason string) string {
	if reason == retention.SkippedStillDue {
		return "a trigger put back what was there; it is not anonymized"
	}
	return "a trigger kept it and said nothing"
}

func (v *visit) runPolicy(r retention.Run, p retention.PolicyResult) ui.RunPolicyRow {
	row := ui.RunPolicyRow{
		Policy: p.Policy, Href: "/policies/" + p.Policy, Sentence: p.Sentence, Version: p.Version, State: runPill(p.Status),
		Verb: upperFirst(pick(r.DryRun, "would be ", "") + done(p.Action)), Processed: p.Processed, Held: p.Held, Blocked: p.Blocked,
		Skipped: skips(p.Counts), NoTime: p.NullTimestamps, Infinite: p.InfiniteTimestamps, Batches: p.Batches, Errors: p.Errors,
		Blockers: blockers(p.Counts), Effects: effects(p.Counts),
		Duration: v.policyTook(p),
	}
	for _, x := range p.Refused {
		row.Refused = append(row.Refused, ui.RefusedRow{Key: keyText(x.Key), Href: recordHref(p.Table, x.Key), Why: cmp.Or(x.Error, silently(x.Reason))})
	}
	if p.Belt != nil {
		row.Belt = upperFirst(ui.Count(p.Belt.WouldProcess, "record", "records")) + " would go; " + ceilingWords(p.Belt)
	}
	if p.Cutoff != nil {
		row.Cutoff = v.clock.exactly(*p.Cutoff)
	}
	return row
}

// batchesShown is how many batches the run's own page has, before its further pages: on
// a phone each is a card, and the journal is not what most people come for.
const batchesShown = 10

// batches fills the journal as carried over from the governed database, the newest batch
// first: while the run works, what has just been done is what people look for.
func (v *visit) batches(view *ui.RunView, r retention.Run) error {
	page := v.cursor()
	if page.Cursor == "" {
		page.Limit = batchesShown
	}
	list, next, err := v.e.Batches(v.ctx, v.actor, r.ID, v.query("policy"), true, page)
	if err != nil {
		return err
	}
	view.Pager = v.pager("batches", next)
	if view.Pager.Next != "" {
		view.Pager.Next += "#batches"
	}
	switch {
	case r.DryRun:
		view.NoBatches = "A simulation makes no batches: it changes nothing."
	case !r.Status.Ended():
		view.NoBatches = "No batch is in the journal yet. Batches come here within seconds of their commit."
	case batchesOf(r) > 0 && v.query("policy") == "":
		view.NoBatches = "The batches are on their way from the governed database, where each was written with its change. They come here within seconds."
	case r.StartedAt == nil:
		view.NoBatches = "The run never began, so nothing was done under it."
	default:
		view.NoBatches = "No batch was needed: nothing was due that could go."
	}
	view.Live = view.Live || next == "" && v.arriving(r, len(list))
	for _, b := range list {
		at := v.clock.exactly(b.CommittedAt)
		at.Relative = "" // the same on every row
		view.Batches = append(view.Batches, ui.BatchRow{
			Policy: b.Policy, Version: b.PolicyVersion, Seq: b.Seq, Step: b.Step, Processed: b.Processed, Held: b.Held, Blocked: b.Blocked,
			Skipped: b.SkippedTotal(), Digests: b.Digests, At: at, RestoreHref: restoreBatchHref(b),
		})
	}
	return nil
}

func lowerFirst(s string) string {
	if s == "" {
		return s
	}
	return string(s[0]|0x20) + s[1:]
}

// versioned reads "name@version" of the confirmation form.
func versioned(s string) (name string, version int, ok bool) {
	for i := len(s) - 1; i > 0; i-- {
		if s[i] == '@' {
			n, err := strconv.Atoi(s[i+1:])
			return s[:i], n, err == nil
		}
	}
	return "", 0, false
}
