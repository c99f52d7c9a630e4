package web

import (
	"net/http"
	"net/url"
	"slices"
	"time"

	"holdfast/retention"
	"holdfast/web/ui"
)

func runs(v *visit) error {
	f, bad, err := v.runFilter()
	if err != nil {
		return err
	}
	list, next, err := v.e.Runs(v.ctx, v.actor, f, v.cursor())
	if err != nil {
		return err
	}
	counts, err := v.e.CountRuns(v.ctx, v.actor, f)
	if err != nil {
		return err
	}
	view := ui.RunsView{
		Head:     ui.Head{Title: "Runs", Answer: v.runsAnswer(list)},
		Statuses: v.runChips(f, counts), Kinds: v.kindChips(f, counts), Triggers: v.triggerChips(f, counts),
		Keep: v.keep("policy", "from", "until"), Pager: v.pager("runs", next), Empty: v.runsEmpty(), Filtered: len(v.keep()) > 0,
		Problems: bad.summary(byName(map[string]string{"from": "From", "until": "Through"})),
		From:     ui.Field{Name: "from", Label: "From", Type: "date", Value: v.query("from"), Error: bad.of("from"), Help: "First day, in your zone."},
		Until:    ui.Field{Name: "until", Label: "Through", Type: "date", Value: v.query("until"), Error: bad.of("until"), Help: "Last day, in your zone."},
		CSV:      exportLink("csv", f), JSON: exportLink("json", f),
	}
	if view.Policies, err = v.policyChoice(); err != nil {
		return err
	}
	for _, r := range list {
		view.Rows = append(view.Rows, v.runRow(r))
	}
	return v.render(pickStatus(bad), ui.Runs(v.shell("runs", "Runs"), view))
}

func pickStatus(bad faults) int {
	if bad.any() {
		return http.StatusUnprocessableEntity
	}
	return http.StatusOK
}

func (v *visit) runFilter() (retention.RunFilter, faults, error) {
	var bad faults
	f := retention.RunFilter{Policy: v.query("policy")}
	f.From, f.Until = v.daysAsked(&bad)
	if f.Policy != "" {
		if _, err := v.e.Policy(v.ctx, v.actor, f.Policy); err != nil {
			return f, bad, err
		}
	}
	if s := retention.RunStatus(v.query("status")); s != "" {
		if !slices.Contains(retention.RunStatuses(), s) {
			return f, bad, retention.NotFoundf("runs of status %q", s)
		}
		f.Statuses = []retention.RunStatus{s}
	}
	if t := retention.Trigger(v.query("trigger")); t != "" {
		if !slices.Contains(retention.Triggers(), t) {
			return f, bad, retention.NotFoundf("runs by trigger %q", t)
		}
		f.Triggers = []retention.Trigger{t}
	}
	if kind := v.query("kind"); kind != "" {
		dry := kind == "simulations"
		f.DryRun = &dry
	}
	return f, bad, nil
}

// daysAsked reads the filter's first and last day, whole days in the reader's zone.
func (v *visit) daysAsked(bad *faults) (from, until *time.Time) {
	if s := v.query("from"); s != "" {
		if t, err := time.ParseInLocation(time.DateOnly, s, v.clock.zone); err != nil {
			bad.add("from", "must be a date such as 2026-03-03")
		} else {
			from = &t
		}
	}
	if s := v.query("until"); s != "" {
		if t, err := v.clock.endOfDay(s); err != nil {
			bad.add("until", "must be a date such as 2026-03-03")
		} else {
			until = &t
		}
	}
	if from != nil && until != nil && !until.After(*from) {
		bad.add("until", "must not be before the first day")
		until = nil
	}
	return from, until
}

// exportLink is the address of everything that the filter leaves, as a file.
func exportLink(format string, f retention.RunFilter) string {
	q := url.Values{"format": {format}}
	if f.Policy != "" {
		q.Set("policy", f.Policy)
	}
	for _, s := range f.Statuses {
		q.Add("status", string(s))
	}
	for _, t := range f.Triggers {
		q.Add("trigger", string(t))
	}
	if f.DryRun != nil {
		q.Set("dry_run", pick(*f.DryRun, "true", "false"))
	}
	for name, t := range map[string]*time.Time{"from": f.From, "until": f.Until} {
		if t != nil {
			q.Set(name, t.UTC().Format(time.RFC3339))
		}
	}
	return "/api/v1/runs/export?" + q.Encode()
}

// runsAnswer tells of the newest run in the list.
func (v *visit) runsAnswer(list []retention.Run) string {
	filtered := len(v.keep()) > 0 || v.query("cursor") != ""
	switch {
	case filtered:
		return "A run carries policies out; a simulation only counts."
	case len(list) == 0:
		return "Nothing has run yet."
	}
	r := list[0]
	return "Last " + pick(r.DryRun, "simulation", "run") + ", " + v.clock.ago(r.CreatedAt) + ": " + lowerFirst(runSentence(r, v.runTook(r)))
}

// counted is how many runs a chip would show: those of its own value, under the
// other filters.
func counted(counts []retention.RunCount, fits ...func(retention.RunCount) bool) (n int64) {
	for _, c := range counts {
		if !slices.ContainsFunc(fits, func(f func(retention.RunCount) bool) bool { return !f(c) }) {
			n += c.Runs
		}
	}
	return n
}

func ofStatus(list ...retention.RunStatus) func(retention.RunCount) bool {
	return func(c retention.RunCount) bool { return len(list) == 0 || slices.Contains(list, c.Status) }
}

func ofTrigger(list ...retention.Trigger) func(retention.RunCount) bool {
	return func(c retention.RunCount) bool { return len(list) == 0 || slices.Contains(list, c.Trigger) }
}

func ofKind(dry *bool) func(retention.RunCount) bool {
	return func(c retention.RunCount) bool { return dry == nil || *dry == c.DryRun }
}

func (v *visit) chip(text, name, value string, n int64) ui.Chip {
	return ui.Chip{Text: text, Href: v.link(name, value), Current: v.query(name) == value, Count: n, HasCount: true}
}

func (v *visit) runChips(f retention.RunFilter, counts []retention.RunCount) []ui.Chip {
	count := func(s ...retention.RunStatus) int64 {
		return counted(counts, ofStatus(s...), ofKind(f.DryRun), ofTrigger(f.Triggers...))
	}
	chips := []ui.Chip{v.chip("Any status", "status", "", count())}
	for _, s := range retention.RunStatuses() {
		chips = append(chips, v.chip(runPill(s).Text, "status", string(s), count(s)))
	}
	return chips
}

func (v *visit) kindChips(f retention.RunFilter, counts []retention.RunCount) []ui.Chip {
	count := func(dry *bool) int64 {
		return counted(counts, ofStatus(f.Statuses...), ofKind(dry), ofTrigger(f.Triggers...))
	}
	yes, no := true, false
	return []ui.Chip{
		v.chip("Runs and simulations", "kind", "", count(nil)), v.chip("Runs", "kind", "runs", count(&no)), v.chip("Simulations", "kind", "simulations", count(&yes)),
	}
}

func (v *visit) triggerChips(f retention.RunFilter, counts []retention.RunCount) []ui.Chip {
	count := func(t ...retention.Trigger) int64 {
		return counted(counts, ofStatus(f.Statuses...), ofKind(f.DryRun), ofTrigger(t...))
	}
	chips := []ui.Chip{v.chip("However started", "trigger", "", count())}
	for _, t := range retention.Triggers() {
		chips = append(chips, v.chip(triggerWords(t), "trigger", string(t), count(t)))
	}
	return chips
}

func triggerWords(t retention.Trigger) string {
	if t == retention.TriggerSchedule {
		return "By schedule"
	}
	return "By request"
}

func (v *visit) policyChoice() (ui.Choice, error) {
	c := ui.Choice{Name: "policy", Label: "Policy", Help: "Runs that carried it out.", Options: []ui.Option{{Value: "", Text: "All policies"}}}
	at := v.query("policy")
	known := at == ""
	for _, retired := range []bool{false, true} {
		list, _, err := v.e.Policies(v.ctx, v.actor, retention.PolicyFilter{Retired: retired}, retention.Page{Limit: retention.MaxPage})
		if err != nil {
			return c, err
		}
		for _, p := range list {
			known = known || p.Name == at
			c.Options = append(c.Options, ui.Option{Value: p.Name, Text: p.Name + pick(retired, " (retired)", "")})
		}
	}
	if !known {
		c.Options = append(c.Options, ui.Option{Value: at, Text: at})
	}
	c.Options = ui.Pick(c.Options, at)
	return c, nil
}

func (v *visit) runsEmpty() ui.Empty {
	if len(v.keep()) > 0 {
		return ui.Empty{Title: "No run fits.", Text: "No run has this status, kind, trigger, policy and time.", Action: "Show all runs", ActionTo: "/runs"}
	}
	return ui.Empty{Title: "Nothing has run yet.", Text: "A run carries the enabled policies out. Before it starts you see what it would do.", Action: "Run now", ActionTo: "/runs/new"}
}
