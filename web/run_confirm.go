package web

import (
	"errors"
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"time"

	"holdfast/engine"
	"holdfast/retention"
	"holdfast/web/ui"
)

// chooseRun asks which policies to run; all are chosen to begin with.
func chooseRun(v *visit) error {
	return v.chooseRun(http.StatusOK, v.r.URL.Query()["policy"], faults{})
}

func (v *visit) chooseRun(status int, chosen []string, f faults) error {
	list, err := v.enabledPolicies()
	if err != nil {
		return err
	}
	view := ui.RunChooseView{
		Head:     ui.Head{Title: "Run now", Parent: "Runs", ParentHref: "/runs", Answer: "Which policies? Nothing changes before you have seen the figures and confirmed them."},
		None:     len(list) == 0,
		Problems: f.summary(byName(map[string]string{"policies": "Policies", "pace": "Pace"})),
		Pace: ui.Choice{Name: "pace", Label: "Pace", Error: f.of("pace"), Help: "How hard the run may work.", Options: []ui.Option{
			{Value: "", Text: "As configured"}, {Value: "default", Text: "Default: leaves the database room for others"}, {Value: "max", Text: "Max: without pauses"},
		}},
	}
	for _, p := range list {
		view.Policies = append(view.Policies, ui.RunChoice{Name: p.Name, Sentence: p.Sentence(), Checked: len(chosen) == 0 || slices.Contains(chosen, p.Name)})
	}
	return v.render(status, ui.RunChoose(v.shell("runs", "Run now"), view))
}

// confirmRun shows what the chosen policies would do now. The confirmation is bound
// to these figures: to their versions and to their cutoffs.
func confirmRun(v *visit) error {
	names := v.r.URL.Query()["policy"]
	if len(names) == 0 {
		f := faults{}
		f.add("policies", "choose at least one")
		return v.chooseRun(http.StatusUnprocessableEntity, nil, f)
	}
	return v.confirmation(http.StatusOK, names, v.query("pace"), "", nil)
}

func (v *visit) confirmation(status int, names []string, pace, changed string, f *faults) error {
	known, err := v.enabledPolicies()
	if err != nil {
		return err
	}
	view := ui.RunConfirmView{Nonce: newNonce(), Pace: pace, Changed: changed, Back: "/runs/new?" + url.Values{"policy": names}.Encode()}
	sims, errs := v.simulateAll(names)
	for i, name := range names {
		row, err := confirmRow(name, known, sims[i], errs[i])
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, row)
		if errs[i] == nil && view.AsOf == "" {
			view.AsOf, view.AsOfTime = sims[i].AsOf.UTC().Format(time.RFC3339Nano), v.clock.exactly(sims[i].AsOf)
		}
	}
	if f != nil {
		view.Problems = f.summary(byName(nil))
	}
	sumUp(&view)
	return v.render(status, ui.RunConfirm(v.shell("runs", "Confirm the run"), view))
}

// confirmRow is one policy's figures, or why it has none.
func confirmRow(name string, known []retention.Policy, s retention.Simulation, err error) (ui.ConfirmRow, error) {
	i := slices.IndexFunc(known, func(p retention.Policy) bool { return p.Name == name })
	if i < 0 {
		return ui.ConfirmRow{Policy: name, Error: "This policy is not live and enabled; it cannot run."}, nil
	}
	row := ui.ConfirmRow{Policy: name, Sentence: known[i].Sentence(), Version: known[i].Version}
	if err != nil {
		why, ok := noFigures(err)
		if !ok {
			return row, fmt.Errorf("simulate %s: %w", name, err)
		}
		row.Error = why
		return row, nil
	}
	row.Due, row.Process, row.Held, row.Blocked, row.Version, row.Verb = s.Due, s.WouldProcess, s.Held, s.Blocked, s.Version, done(s.Action)
	if s.Estimated {
		row.Process, row.Held, row.Blocked = s.Due, 0, 0
		row.Above = "The planner's estimate: counting took too long. Of about " + ui.Num(s.Due) + " due rows those that are held or blocked stay; they were not counted."
	}
	if s.Belt.Above() {
		row.Above = "Above its ceiling: the run will stop before its first row and wait for approval. " + ceilingWords(s.Belt)
	}
	return row, nil
}

// sumUp words the page from its rows.
func sumUp(view *ui.RunConfirmView) {
	by := map[string]int64{}
	failed := 0
	for _, r := range view.Rows {
		if r.Error != "" {
			failed++
			continue
		}
		by[r.Verb] += r.Process
		view.Total.Due += r.Due
		view.Total.Process += r.Process
		view.Total.Held += r.Held
		view.Total.Blocked += r.Blocked
	}
	var does []string
	for verb, word := range map[string]string{"deleted": "delete", "anonymized": "anonymize", "archived": "archive"} {
		if by[verb] > 0 {
			does = append(does, word+" "+ui.Count(by[verb], "record", "records"))
		}
	}
	slices.Sort(does)
	view.Refused = failed > 0
	view.Head = ui.Head{Title: "Run now: confirm", Parent: "Runs", ParentHref: "/runs", Tone: "warn"}
	switch {
	case failed > 0:
		view.Head.Answer = "There are no figures for " + ui.Count(int64(failed), "policy", "policies") + ", so this run cannot be confirmed. Nothing was changed."
	case len(does) == 0:
		view.Head.Answer, view.Head.Tone = "Nothing that could go is due: a run now would change nothing.", "good"
		view.Button = "Run all the same"
	default:
		view.Head.Answer = "A run now would " + join(does) + ". This cannot be undone."
		if by["deleted"]+by["anonymized"] == 0 {
			view.Head.Answer = "A run now would " + join(does) + "."
		}
		view.Button = "Run now: " + join(does)
	}
}

// startRun requests the run that was confirmed. A policy that has another version
// now than the one whose figures were shown is shown again instead.
func startRun(v *visit) error {
	var names []string
	want := map[string]int{}
	for _, s := range v.r.PostForm["policy"] {
		name, version, ok := versioned(s)
		if !ok {
			return fmt.Errorf("%w: open “Run now” again", retention.ErrMalformed)
		}
		names, want[name] = append(names, name), version
	}
	asOf, err := time.Parse(time.RFC3339Nano, v.form("as_of"))
	if err != nil || len(names) == 0 {
		return fmt.Errorf("%w: open “Run now” again", retention.ErrMalformed)
	}
	moved, err := v.moved(want)
	if err != nil {
		return err
	}
	if len(moved) > 0 {
		return v.confirmation(http.StatusConflict, names, v.form("pace"), "Changed since the figures were shown: "+join(moved)+". Nothing has run. These are the figures as they are now.", nil)
	}
	to, err := v.once("run", v.form("nonce"), func() (string, error) {
		r, err := v.e.RequestRun(v.ctx, v.actor, engine.RunRequest{Policies: names, AsOf: &asOf, Pace: retention.Pace(v.form("pace"))})
		return "/runs/" + r.ID + "?done=requested", err
	})
	if f, ok := faultsOf(err); ok {
		return v.confirmation(http.StatusUnprocessableEntity, names, v.form("pace"), "", &f)
	}
	if errors.Is(err, errNonceUsed) {
		return retention.Conflictf("this form has started a run already; look at the list of runs")
	}
	if err != nil {
		return err
	}
	return v.redirect(to)
}

// moved are the policies that are not as they were when their figures were shown.
func (v *visit) moved(want map[string]int) ([]string, error) {
	known, err := v.enabledPolicies()
	if err != nil {
		return nil, err
	}
	var out []string
	for name, version := range want {
		if !slices.ContainsFunc(known, func(p retention.Policy) bool { return p.Name == name && p.Version == version }) {
			out = append(out, name)
		}
	}
	slices.Sort(out)
	return out, nil
}

// simulateRun requests a dry run of the chosen policies.
func simulateRun(v *visit) error {
	names := v.r.PostForm["policy"]
	if len(names) == 0 {
		f := faults{}
		f.add("policies", "choose at least one")
		return v.chooseRun(http.StatusUnprocessableEntity, nil, f)
	}
	r, err := v.e.RequestRun(v.ctx, v.actor, engine.RunRequest{Policies: names, DryRun: true, Pace: retention.Pace(v.form("pace"))})
	if f, ok := faultsOf(err); ok {
		for i := range f.fields {
			if strings.HasPrefix(f.fields[i].Field, "policies") {
				f.fields[i].Field = "policies"
			}
		}
		return v.chooseRun(http.StatusUnprocessableEntity, names, f)
	}
	if err != nil {
		return err
	}
	return v.redirect("/runs/" + r.ID)
}
