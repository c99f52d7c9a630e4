package web

import (
	"errors"
	"net/http"
	"slices"
	"strconv"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"holdfast/retention"
	"holdfast/web/ui"
)

func (s *server) matterRoutes(r chi.Router) {
	r.Get("/matters", s.page(matters))
	r.Get("/matters/{id}", s.page(matter))
	r.Post("/matters/{id}/revise", s.page(reviseMatter))
	r.Post("/matters/{id}/close", s.page(closeMatter))
	r.Post("/matters/{id}/reopen", s.page(reopenMatter))
}

func matters(v *visit) error {
	f := retention.MatterFilter{Search: v.query("q")}
	status := v.query("status")
	switch status {
	case "":
	case "open", "closed":
		closed := status == "closed"
		f.Closed = &closed
	default:
		return retention.NotFoundf("matters of status %q", status)
	}
	list, next, err := v.e.Matters(v.ctx, v.actor, f, v.cursor())
	if err != nil {
		return err
	}
	view := ui.MattersView{
		Head: ui.Head{Title: "Matters", Parent: "Holds", ParentHref: "/holds", Answer: "What holds are placed for: cases, investigations, audits."},
		Chips: []ui.Chip{
			{Text: "All", Href: v.link("status", ""), Current: status == ""},
			{Text: "Open", Href: v.link("status", "open"), Current: status == "open"},
			{Text: "Closed", Href: v.link("status", "closed"), Current: status == "closed"},
		},
		Search: ui.Search{Action: "/matters", Name: "q", Label: "Search matters", Value: f.Search, Keep: v.keep("q"), Help: "Looks in name, reference and counsel."},
		Pager:  v.pager("matters", next),
		Empty:  ui.Empty{Title: "No matter fits.", Text: "A matter is opened by the first hold that is placed for it.", Action: "Place a hold", ActionTo: "/holds/new"},
	}
	for _, m := range list {
		view.Rows = append(view.Rows, ui.MatterRow{Href: "/matters/" + m.ID, Name: m.Name, Reference: m.Reference, Counsel: m.Counsel, State: matterPill(m), Holds: matterHolds(m), Opened: v.clock.at(m.OpenedAt)})
	}
	return v.render(http.StatusOK, ui.Matters(v.shell("holds", "Matters"), view))
}

func matterPill(m retention.Matter) ui.Pill {
	if m.ClosedAt != nil {
		return ui.Pill{Text: "Closed", Tone: "quiet"}
	}
	return ui.Pill{Text: "Open", Tone: "good"}
}

func matterHolds(m retention.Matter) string {
	if m.Holds == 0 {
		return "none"
	}
	return ui.Num(m.InForce) + " in force of " + ui.Num(m.Holds)
}

func matter(v *visit) error {
	m, err := v.e.Matter(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	return v.matterPage(http.StatusOK, m, faults{})
}

var matterLabels = map[string]string{"reference": "Reference", "counsel": "Counsel", "notes": "Notes", "reason": "Reason"}

func (v *visit) matterPage(status int, m retention.Matter, f faults) error {
	holds, next, err := v.e.Holds(v.ctx, v.actor, retention.HoldFilter{Matter: m.Name}, v.cursor())
	if err != nil {
		return err
	}
	view := ui.MatterView{
		Head: ui.Head{Title: m.Name, Parent: "Matters", ParentHref: "/matters", Answer: v.matterAnswer(m)},
		ID:   m.ID, Version: m.Version, Name: m.Name, Closed: m.ClosedAt != nil, CanClose: m.ClosedAt == nil && m.InForce == 0,
		Pager: v.pager("holds", next), Problems: f.summary(byName(matterLabels)), Facts: v.matterFacts(m),
	}
	for _, h := range holds {
		view.Rows = append(view.Rows, v.holdRow(h))
	}
	if view.Events, err = v.matterEvents(m); err != nil {
		return err
	}
	given := func(name, now string) string {
		if v.r.Method == http.MethodPost && v.r.PostForm.Has(name) {
			return v.form(name)
		}
		return now
	}
	view.Reference = ui.Field{Name: "reference", Label: "Reference", Value: given("reference", m.Reference), Error: f.of("reference"), Help: "The court's or the office's, such as a docket number.", Attrs: templ.Attributes{"maxlength": "300", "autocomplete": "off"}}
	view.Counsel = ui.Field{Name: "counsel", Label: "Counsel", Value: given("counsel", m.Counsel), Error: f.of("counsel"), Help: "Who is asked before a hold is released.", Attrs: templ.Attributes{"maxlength": "300", "autocomplete": "off"}}
	view.Notes = ui.Field{Name: "notes", Label: "Notes", Value: given("notes", m.Notes), Error: f.of("notes"), Help: "Whatever the next person must know. Every change stays in the audit.", Attrs: templ.Attributes{"rows": "4", "maxlength": "10000"}}
	help := "How it ended. No hold can be placed for a closed matter; it can be reopened."
	if view.Closed {
		help = "Why it goes on. It is recorded with your name."
	}
	view.Reason = ui.Field{Name: "reason", Label: "Reason", Value: v.form("reason"), Error: f.of("reason"), Help: help, Attrs: templ.Attributes{"rows": "2", "required": true, "maxlength": "4000"}}
	return v.render(status, ui.Matter(v.shell("holds", m.Name), view))
}

func (v *visit) matterAnswer(m retention.Matter) string {
	if m.ClosedAt != nil {
		return "Closed on " + v.clock.day(*m.ClosedAt) + " by " + m.ClosedBy + ". " + ui.Count(m.Holds, "hold was", "holds were") + " placed for it."
	}
	return ui.Count(m.InForce, "hold is in force", "holds are in force") + " for it, of " + ui.Num(m.Holds) + " in all."
}

func (v *visit) matterFacts(m retention.Matter) []ui.Pair {
	facts := []ui.Pair{{Name: "Opened", Value: v.clock.exactly(m.OpenedAt).Text + " by " + m.OpenedBy}}
	for _, p := range []ui.Pair{{Name: "Reference", Value: m.Reference}, {Name: "Counsel", Value: m.Counsel}, {Name: "Notes", Value: m.Notes}} {
		if p.Value != "" {
			facts = append(facts, p)
		}
	}
	return facts
}

func (v *visit) matterEvents(m retention.Matter) (events []ui.Event, err error) {
	entries, _, err := v.e.Audit(v.ctx, v.actor, retention.AuditFilter{Object: "matter/" + m.ID}, retention.Page{Limit: retention.MaxPage})
	for _, e := range slices.Backward(entries) {
		ev := ui.Event{What: upperFirst(actionWords(e.Action)), By: e.Actor, At: v.clock.exactly(e.At)}
		for _, c := range jsonChanges(e.Before, e.After) {
			if c.Field == "change_reason" && c.HasAfter {
				ev.Note = "Why: " + c.After
			}
		}
		events = append(events, ev)
	}
	return events, err
}

func reviseMatter(v *visit) error {
	version, _ := strconv.Atoi(v.form("version")) // 0 is refused as a missing precondition
	reference, counsel, notes := v.form("reference"), v.form("counsel"), v.form("notes")
	_, err := v.e.ReviseMatter(v.ctx, v.actor, v.param("id"), version, retention.MatterRevision{Reference: &reference, Counsel: &counsel, Notes: &notes})
	return v.afterMatter(err)
}

func closeMatter(v *visit) error {
	_, err := v.e.CloseMatter(v.ctx, v.actor, v.param("id"), v.form("reason"))
	return v.afterMatter(err)
}

func reopenMatter(v *visit) error {
	_, err := v.e.ReopenMatter(v.ctx, v.actor, v.param("id"), v.form("reason"))
	return v.afterMatter(err)
}

// afterMatter shows the matter, with what is wrong if anything is.
func (v *visit) afterMatter(err error) error {
	f, ok := faultsOf(err)
	if errors.Is(err, retention.ErrStale) {
		f.add("", "somebody else changed this matter meanwhile; look at it as it is now, and change it again")
		ok = true
	}
	switch {
	case ok:
		m, err := v.e.Matter(v.ctx, v.actor, v.param("id"))
		if err != nil {
			return err
		}
		return v.matterPage(http.StatusUnprocessableEntity, m, f)
	case err != nil:
		return err
	}
	return v.redirect("/matters/" + v.param("id") + "?done=matter")
}

// openMatters are the names of open matters, the newest first, for a form to choose from.
func (v *visit) openMatters() ([]string, error) {
	open := false
	list, _, err := v.e.Matters(v.ctx, v.actor, retention.MatterFilter{Closed: &open}, retention.Page{Limit: retention.MaxPage})
	names := make([]string, len(list))
	for i, m := range list {
		names[i] = m.Name
	}
	return names, err
}
