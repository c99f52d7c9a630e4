package web

import (
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// scheduleDraft is a schedule as it stands in the form.
type scheduleDraft struct {
	version                 int
	name, cron, zone, grace string
	// which says whether it is for all active policies or for those that are ticked. To
	// have ticked none must not mean all: that would make a purge of everything of the
	// attempt to take the last policy out.
	which    string
	policies []string
	enabled  bool
}

// The answers to which policies a schedule runs.
const (
	allPolicies   = "all"
	thesePolicies = "these"
)

func draftOfSchedule(s retention.Schedule) scheduleDraft {
	return scheduleDraft{version: s.Version, name: s.Name, cron: s.Cron, zone: s.TimeZone, grace: s.MisfireGrace.String(), enabled: s.Enabled,
		which: pick(len(s.Policies) == 0, allPolicies, thesePolicies), policies: s.Policies}
}

func (v *visit) scheduleDraft() scheduleDraft {
	f := v.r.PostForm
	version, _ := strconv.Atoi(f.Get("version")) // 0 is then refused as a missing precondition
	d := scheduleDraft{
		version: version, name: strings.TrimSpace(f.Get("name")), cron: strings.TrimSpace(f.Get("cron")), zone: strings.TrimSpace(f.Get("time_zone")),
		grace: strings.TrimSpace(f.Get("misfire_grace")), which: f.Get("which"), policies: f["policy"], enabled: f.Get("enabled") == "true",
	}
	if name := v.param("name"); name != "" {
		d.name = name
	} else {
		d.version = 0
	}
	return d
}

// schedule makes the noun of the draft, and says what is wrong with it by itself.
func (d scheduleDraft) schedule() (retention.Schedule, faults) {
	var f faults
	s := retention.Schedule{Name: d.name, Cron: d.cron, TimeZone: d.zone, Policies: d.policies, Enabled: d.enabled}
	if d.grace != "" {
		grace, err := retention.ParsePeriod(d.grace)
		switch {
		case err != nil:
			f.add("misfire_grace", err.Error())
		case grace.IsZero():
			f.add("misfire_grace", "must be from one minute to 31 days, such as PT1H")
		}
		s.MisfireGrace = grace
	}
	d.checkWhich(&f)
	s = s.WithDefaults()
	f.merge(s.Validate())
	return s, f
}

// checkWhich refuses answers that say two things, or none.
func (d scheduleDraft) checkWhich(f *faults) {
	switch {
	case d.which == allPolicies && len(d.policies) > 0:
		f.add("policies", "all active policies are chosen, and some are ticked too; choose “Only these”, or untick them")
	case d.which == allPolicies:
	case d.which != thesePolicies:
		f.add("policies", "choose whether it is for all active policies or only for some")
	case len(d.policies) == 0:
		f.add("policies", "tick at least one policy, or choose “All active policies”; a schedule that is to run none is disabled")
	}
}

// scheduleForm is one showing of the form.
type scheduleForm struct {
	draft  scheduleDraft
	faults faults
	stale  string
	status int
}

func newSchedule(v *visit) error {
	return v.scheduleForm(scheduleForm{draft: scheduleDraft{cron: "0 3 * * *", zone: v.clock.zone.String(), grace: retention.DefaultMisfireGrace.String(), which: allPolicies, enabled: true}, status: http.StatusOK})
}

func editSchedule(v *visit) error {
	h, err := v.e.Schedule(v.ctx, v.actor, v.param("name"))
	if err != nil {
		return err
	}
	return v.scheduleForm(scheduleForm{draft: draftOfSchedule(h.Schedule), status: http.StatusOK})
}

// draftSchedule shows the form again with what was typed, for the sentence and the
// next runs.
func draftSchedule(v *visit) error {
	return v.scheduleForm(scheduleForm{draft: v.scheduleDraft(), status: http.StatusOK})
}

func saveSchedule(v *visit) error {
	form := scheduleForm{draft: v.scheduleDraft(), status: http.StatusUnprocessableEntity}
	s, f := form.draft.schedule()
	if form.faults = f; f.any() {
		return v.scheduleForm(form)
	}
	isNew := v.param("name") == ""
	_, _, err := v.e.PutSchedule(v.ctx, v.actor, s, form.draft.version)
	if f, ok := faultsOf(err); ok {
		form.faults = f
		return v.scheduleForm(form)
	}
	switch {
	case isNew && (errors.Is(err, retention.ErrPreconditionRequired) || errors.Is(err, retention.ErrConflict)):
		form.faults.add("name", "is the name of another schedule; choose another, or edit that one")
		return v.scheduleForm(form)
	case errors.Is(err, retention.ErrStale):
		return v.staleSchedule(form)
	case errors.Is(err, retention.ErrUnavailable):
		form.faults.add("", "A database cannot be reached now. What you typed is kept here; save it again in a moment.")
		form.status = http.StatusServiceUnavailable
		return v.scheduleForm(form)
	case err != nil:
		return err
	}
	return v.redirect("/schedules/" + s.Name + "?done=schedule")
}

// staleSchedule says what the schedule is now and keeps what was typed. Saving again
// then replaces the version that is shown now.
func (v *visit) staleSchedule(form scheduleForm) error {
	h, err := v.e.Schedule(v.ctx, v.actor, form.draft.name)
	if err != nil {
		return err
	}
	now := h.Schedule
	form.stale = fmt.Sprintf("%s changed this schedule while you were editing it, %s. It now says: %s Nothing of yours was saved, and what you typed is below; saving now replaces version %d.",
		now.CreatedBy, v.clock.at(now.CreatedAt).Relative, now.Sentence(), now.Version)
	form.draft.version, form.status = now.Version, http.StatusPreconditionFailed
	return v.scheduleForm(form)
}

// scheduleForm renders the form.
func (v *visit) scheduleForm(form scheduleForm) error {
	d, f := form.draft, &form.faults
	view := ui.ScheduleFormView{Version: d.version, Stale: form.stale, Enabled: d.enabled, Which: whichPolicies(d.which, policiesFault(f))}
	if d.version == 0 {
		view.Head = ui.Head{Title: "Create a schedule", Parent: "Schedules", ParentHref: "/schedules", Answer: "What is to run by itself, and when?"}
		view.Action, view.Draft, view.SaveText = "/schedules", "/schedules/draft", "Save schedule"
	} else {
		view.Head = ui.Head{Title: "Edit " + d.name, Parent: d.name, ParentHref: "/schedules/" + d.name, Answer: "From the moment it is saved the schedule owes its slots, none from before."}
		view.Action, view.Draft, view.SaveText = "/schedules/"+d.name, "/schedules/"+d.name+"/draft", fmt.Sprintf("Save as version %d", d.version+1)
	}
	scheduleFields(&view, d, f)
	var err error
	if view.Policies, err = v.scheduleChoices(d.policies); err != nil {
		return err
	}
	view.Problems = f.summary(scheduleLabel)
	if err := v.composeSchedule(&view, d); err != nil {
		return err
	}
	return v.render(form.status, ui.ScheduleForm(v.shell("schedules", view.Head.Title), view))
}

func scheduleFields(view *ui.ScheduleFormView, d scheduleDraft, f *faults) {
	plain := templ.Attributes{"autocomplete": "off", "spellcheck": "false"}
	view.Name = ui.Field{Name: "name", Label: "Name", Value: d.name, Error: f.of("name"), Attrs: plain,
		Help: "Lower-case letters, digits, `_` and `-`, such as `nightly`. It cannot be changed later."}
	view.Cron = ui.Field{Name: "cron", Label: "Cron expression", Value: d.cron, Error: f.of("cron"), Attrs: plain,
		Help: "Minute, hour, day of the month, month, day of the week: `0 3 * * *` is 03:00 every day, `30 1 * * 1-5` is 01:30 on Monday to Friday."}
	view.Zone = ui.Field{Name: "time_zone", Label: "Time zone", Value: d.zone, Error: f.of("time_zone"), Attrs: plain,
		Help: "A name of the IANA database such as `UTC` or `Europe/Berlin`. A time that is left out in spring runs at the change of the clocks, one that comes twice in autumn runs once."}
	view.Grace = ui.Field{Name: "misfire_grace", Label: "Late at most (misfire grace)", Value: d.grace, Error: f.of("misfire_grace"), Attrs: plain,
		Help: "How late a run may still start, such as `1 hour` or `PT1H`. What is later is not run; it is recorded as missed."}
}

func whichPolicies(which, fault string) ui.Choice {
	return ui.Choice{Name: "which", Label: "Which policies", Error: fault, Options: []ui.Option{
		{Value: allPolicies, Text: "All active policies", Selected: which == allPolicies, Help: "All that are live and enabled at that time, also those that are written later."},
		{Value: thesePolicies, Text: "Only these", Selected: which == thesePolicies, Help: "Those that are ticked below, at least one."},
	}}
}

// scheduleChoices are the live policies, and those that are chosen and gone.
func (v *visit) scheduleChoices(chosen []string) ([]ui.ScheduleChoice, error) {
	var out []ui.ScheduleChoice
	page := retention.Page{Limit: retention.MaxPage}
	for {
		list, next, err := v.e.Policies(v.ctx, v.actor, retention.PolicyFilter{}, page)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			sentence := p.Rule()
			if !p.Enabled {
				sentence += " Disabled: it is left out until it is enabled."
			}
			out = append(out, ui.ScheduleChoice{Name: p.Name, Sentence: sentence, Checked: slices.Contains(chosen, p.Name)})
		}
		if page.Cursor = next; next == "" {
			break
		}
	}
	for _, name := range chosen {
		if !slices.ContainsFunc(out, func(c ui.ScheduleChoice) bool { return c.Name == name }) {
			out = append(out, ui.ScheduleChoice{Name: name, Checked: true, Gone: true})
		}
	}
	return out, nil
}

// composeSchedule says what the schedule in the form would do, as far as it is one.
func (v *visit) composeSchedule(view *ui.ScheduleFormView, d scheduleDraft) error {
	if d.name == "" {
		d.name = "unnamed" // the name is no part of what it says
	}
	s, f := d.schedule()
	if f.any() {
		first := f.fields[0]
		_, label, ok := scheduleLabel(first.Field)
		if !ok {
			label = first.Field
		}
		view.Missing = label + ": " + first.Message + "."
		return nil
	}
	view.Sentence = s.Sentence()
	if !s.Enabled {
		return nil
	}
	var err error
	view.Next, err = v.nextSlots(s)
	return err
}

func scheduleLabel(field string) (name, label string, ok bool) {
	if strings.HasPrefix(field, "policies") {
		return "which", "Policies", true
	}
	labels := map[string]string{"name": "Name", "cron": "Cron expression", "time_zone": "Time zone", "misfire_grace": "Misfire grace"}
	label, ok = labels[field]
	return field, label, ok
}

// policiesFault is what is wrong with any of the policies.
func policiesFault(f *faults) string {
	for _, e := range f.fields {
		if strings.HasPrefix(e.Field, "policies") {
			return upperFirst(e.Message)
		}
	}
	return ""
}
