package web

import (
	"net/http"
	"net/url"
	"slices"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"holdfast/retention"
	"holdfast/web/ui"
)

func (s *server) coverageRoutes(r chi.Router) {
	r.Get("/coverage", s.page(coverage))
	r.Get("/coverage/exempt", s.page(askExemption))
	r.Post("/coverage/exempt", s.page(exemptTable))
	r.Get("/coverage/end-exemption", s.page(askEndExemption))
	r.Post("/coverage/end-exemption", s.page(endExemption))
}

const (
	// coverageRows and driftRows bound what the page shows of a database of thousands of
	// tables; the API has all.
	coverageRows = 200
	driftRows    = 50
	// untouchedTables is the filter for tables with columns that no policy touches.
	untouchedTables = "untouched"
)

// coverage says of every table who answers for it, the open ones first.
func coverage(v *visit) error {
	c, err := v.e.Coverage(v.ctx, v.actor)
	if err != nil {
		return err
	}
	state := v.query("state")
	view := ui.CoverageView{Head: coverageHead(&c), Chips: v.coverageChips(&c, state), Sampled: v.clock.atp(c.SampledAt), Since: v.clock.atp(c.Since),
		Empty: ui.Empty{Title: "There is no such table.", Text: "No table of the governed database is in this state.", Action: "Show all tables", ActionTo: "/coverage"}}
	if len(c.Tables) == 0 {
		view.Empty = ui.Empty{Title: "There is no table.", Text: "The governed database has no tables of an application."}
	}
	order := retention.CoverageStates()
	slices.SortStableFunc(c.Tables, func(a, b retention.TableCoverage) int {
		return slices.Index(order, a.State) - slices.Index(order, b.State)
	})
	for i := range c.Tables {
		t := &c.Tables[i]
		switch {
		case state == untouchedTables && len(t.Untouched()) == 0, state != "" && state != untouchedTables && state != string(t.State):
		case len(view.Rows) == coverageRows:
			view.More++
		default:
			view.Rows = append(view.Rows, v.coverageRow(t))
		}
	}
	for i, d := range c.Drift {
		if i == driftRows {
			view.MoreDrift = int64(len(c.Drift) - i)
			break
		}
		about := "`" + d.Table.String() + "`"
		if d.Column != "" {
			about = "Column `" + d.Column + "` of " + about
		}
		view.Drift = append(view.Drift, about+" "+d.Says+".")
	}
	return v.render(http.StatusOK, ui.Coverage(v.shell("policies", view.Head.Title), view))
}

func coverageHead(c *retention.Coverage) ui.Head {
	n := c.Counts()
	all := int64(len(c.Tables))
	h := ui.Head{Title: "Coverage", Parent: "Policies", ParentHref: "/policies", Tone: "good", Answer: "Every one of " + ui.Count(all, "table", "tables") + " is under a policy or exempt."}
	switch {
	case all == 0:
		h.Tone, h.Answer = "", "There is no table to cover."
	case n.Open > 0:
		h.Tone, h.Answer = "warn", ui.Num(int64(n.Open))+" of "+ui.Count(all, "table", "tables")+pick(n.Open == 1, " is", " are")+" under no policy, and nobody has said why."
	}
	if n.Untouched > 0 {
		h.Tone = "warn"
		h.Also = append(h.Also, ui.Count(int64(n.Untouched), "column looks", "columns look")+" personal and "+pick(n.Untouched == 1, "is", "are")+" touched by no policy.")
	}
	return h
}

func (v *visit) coverageChips(c *retention.Coverage, state string) []ui.Chip {
	n := c.Counts()
	chip := func(value, text string, count int) ui.Chip {
		return ui.Chip{Text: text, Href: v.link("state", value), Count: int64(count), HasCount: true, Current: state == value}
	}
	untouched := 0
	for i := range c.Tables {
		if len(c.Tables[i].Untouched()) > 0 {
			untouched++
		}
	}
	return []ui.Chip{
		chip("", "All", len(c.Tables)), chip(string(retention.CoverageOpen), "Open", n.Open), chip(string(retention.CoverageCovered), "Covered", n.Covered),
		chip(string(retention.CoverageExempt), "Exempt", n.Exempt), chip(untouchedTables, "With untouched personal columns", untouched),
	}
}

func (v *visit) coverageRow(t *retention.TableCoverage) ui.CoverageRow {
	name := t.Table.String()
	row := ui.CoverageRow{Table: name, Rows: "never analyzed", State: coveragePill(t.State)}
	if t.EstimatedRows >= 0 {
		row.Rows = "about " + ui.Count(t.EstimatedRows, "row", "rows")
	}
	for _, p := range t.Policies {
		link := ui.CoverageLink{Text: p.Name, Href: "/policies/" + p.Name, Note: actionNoun(p.Action)}
		if p.Conditional {
			link.Note += ", rows that fit its condition"
		}
		if !p.Via.IsZero() {
			link.Note += ", with rows of " + p.Via.String()
		}
		row.Under = append(row.Under, link)
	}
	query := "?table=" + url.QueryEscape(name)
	switch {
	case t.Exemption != nil:
		row.Note, row.EndHref = t.Exemption.Reason+" ("+t.Exemption.By+", "+v.clock.day(t.Exemption.At)+")", "/coverage/end-exemption"+query
	case len(t.ArchiveOf) > 0 && len(t.Policies) == 0:
		row.Note = "An archive: its rows are kept for good until a policy of its own says otherwise."
	}
	if t.State == retention.CoverageOpen {
		row.CreateHref, row.ExemptHref = "/policies/new"+query, "/coverage/exempt"+query
	}
	for _, c := range t.Columns {
		if c.Looks.Kind != "" {
			row.Personal = append(row.Personal, ui.CoverageColumn{Name: c.Name, Looks: looksWords(c.Looks), State: columnPill(t, c)})
		}
	}
	return row
}

func coveragePill(s retention.CoverageState) ui.Pill {
	switch s {
	case retention.CoverageCovered:
		return ui.Pill{Tone: "good", Text: "Covered"}
	case retention.CoverageExempt:
		return ui.Pill{Tone: "quiet", Text: "Exempt"}
	}
	return ui.Pill{Tone: "warn", Text: "Open"}
}

// columnPill says what becomes of a column that looks personal.
func columnPill(t *retention.TableCoverage, c retention.ColumnCoverage) ui.Pill {
	switch {
	case len(c.TreatedBy) > 0:
		return ui.Pill{Tone: "good", Text: "Anonymized"}
	case t.Removed():
		return ui.Pill{Tone: "good", Text: "Goes with the row"}
	case t.State == retention.CoverageExempt:
		return ui.Pill{Tone: "quiet", Text: "Exempt"}
	}
	return ui.Pill{Tone: "warn", Text: "Untouched"}
}

func actionNoun(a retention.Action) string {
	switch a {
	case retention.ActionAnonymize:
		return "anonymizes"
	case retention.ActionArchive:
		return "archives"
	}
	return "deletes"
}

// personalWords are the kinds of personal data in words.
var personalWords = map[retention.PersonalKind]string{
	retention.PersonalName: "a name", retention.PersonalEmail: "e-mail", retention.PersonalPhone: "phone", retention.PersonalAddress: "an address", retention.PersonalBirth: "birth",
	retention.PersonalOfficialID: "an official id", retention.PersonalFinancial: "bank or card", retention.PersonalOnline: "online identifier", retention.PersonalLocation: "a location",
	retention.PersonalSpecial: "a special category", retention.PersonalCredential: "a credential",
}

func looksWords(l retention.Looks) string {
	by := map[retention.PersonalSign]string{retention.SignName: "its name", retention.SignType: "its type", retention.SignSample: "its values"}
	return personalWords[l.Kind] + ", by " + by[l.By]
}

func askExemption(v *visit) error { return v.exemptPage(http.StatusOK, v.query("table"), "", faults{}) }

func (v *visit) exemptPage(status int, name, reason string, f faults) error {
	table, err := retention.ParseTableName(name)
	if err != nil {
		return retention.NotFoundf("there is no table %q", name)
	}
	t, err := v.e.TableCoverage(v.ctx, v.actor, table)
	if err != nil {
		return err
	}
	view := ui.ExemptView{
		Head:  ui.Head{Title: "Exempt " + t.Table.String(), Parent: "Coverage", ParentHref: "/coverage", Answer: "An exempt table needs no retention policy. The decision stands in the coverage and in the audit, with your name."},
		Table: t.Table.String(), Problems: f.summary(byName(map[string]string{"reason": "Reason"})),
		Reason: ui.Field{Name: "reason", Label: "Why it needs no policy", Value: reason, Error: f.of("reason"), Help: "For example: a list of countries; nothing in it is about people.",
			Attrs: templ.Attributes{"rows": "3", "required": true, "maxlength": "4000"}},
	}
	return v.render(status, ui.Exempt(v.shell("policies", view.Head.Title), view))
}

func exemptTable(v *visit) error {
	table, err := retention.ParseTableName(v.form("table"))
	if err != nil {
		return retention.NotFoundf("there is no table %q", v.form("table"))
	}
	_, err = v.e.ExemptTable(v.ctx, v.actor, table, v.form("reason"))
	if f, ok := faultsOf(err); ok {
		return v.exemptPage(http.StatusUnprocessableEntity, v.form("table"), v.form("reason"), f)
	}
	if err != nil {
		return err
	}
	return v.redirect("/coverage?done=exempted")
}

func askEndExemption(v *visit) error {
	table, err := retention.ParseTableName(v.query("table"))
	if err != nil {
		return retention.NotFoundf("there is no table %q", v.query("table"))
	}
	t, err := v.e.TableCoverage(v.ctx, v.actor, table)
	if err != nil {
		return err
	}
	if t.Exemption == nil {
		return retention.NotFoundf("%s is not exempt", table)
	}
	view := ui.ExemptView{
		Head:  ui.Head{Title: "End the exemption of " + t.Table.String(), Parent: "Coverage", ParentHref: "/coverage", Answer: "The table is open again unless a policy covers it."},
		Table: t.Table.String(), End: true,
		Now: []ui.Pair{{Name: "Reason", Value: t.Exemption.Reason}, {Name: "By", Value: t.Exemption.By}, {Name: "Since", Value: v.moment(&t.Exemption.At, "")}},
	}
	return v.render(http.StatusOK, ui.Exempt(v.shell("policies", view.Head.Title), view))
}

func endExemption(v *visit) error {
	table, err := retention.ParseTableName(v.form("table"))
	if err != nil {
		return retention.NotFoundf("there is no table %q", v.form("table"))
	}
	if err := v.e.EndExemption(v.ctx, v.actor, table); err != nil {
		return err
	}
	return v.redirect("/coverage?done=unexempted")
}
