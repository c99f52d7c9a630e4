package web

import (
	"errors"
	"net/http"
	"net/url"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"holdfast/retention"
	"holdfast/web/ui"
)

func (s *server) recordRoutes(r chi.Router) { r.Get("/records", s.page(record)) }

// record explains one record: what becomes of it and what has. Its address names the
// record in its query, in which a key may have any character.
func record(v *visit) error {
	table, key := v.query("table"), v.query("key")
	view := ui.RecordView{Head: ui.Head{Title: "Records", Answer: "What becomes of a record, and what has? Name its table and its key."}}
	var f faults
	status := http.StatusOK
	if v.r.URL.Query().Has("key") {
		switch err := v.explain(&view, table, key); {
		case errors.Is(err, retention.ErrNotFound):
			f.add("table", err.Error())
		case errors.Is(err, retention.ErrInvalid):
			f, _ = faultsOf(err)
		case errors.Is(err, retention.ErrUnavailable):
			f.add("", "A database cannot be reached now. Nothing was changed; try again in a moment.")
			status = http.StatusServiceUnavailable
		case err != nil:
			return err
		}
		if f.any() && status == http.StatusOK {
			status = http.StatusUnprocessableEntity
		}
	}
	tables, err := v.tables()
	if err != nil && !errors.Is(err, retention.ErrUnavailable) {
		return err
	}
	view.Table = ui.Choice{Name: "table", Label: "Table", Error: f.of("table"), Options: tableOptions(tables, table), Help: "The table of the governed database that the record is in."}
	view.Key = ui.Field{Name: "key", Label: "Key", Value: key, Error: f.of("key"), Attrs: templ.Attributes{"autocomplete": "off", "spellcheck": "false"},
		Help: "Its primary key, such as `42`. A key of several columns is written as a list: `[\"42\", \"2\"]`."}
	view.Problems = f.summary(byName(map[string]string{"table": "Table", "key": "Key"}))
	return v.render(status, ui.Record(v.shell("records", view.Head.Title), view))
}

// explain fills the page with what is known of the record.
func (v *visit) explain(view *ui.RecordView, table, key string) error {
	name, err := retention.ParseTableName(table)
	if err != nil {
		return retention.Invalid("table", "choose a table")
	}
	if key == "" {
		return retention.Invalid("key", "is required")
	}
	r, err := v.e.ExplainRecord(v.ctx, v.actor, name, retention.Key{key})
	if err != nil {
		return err
	}
	view.Shown = true
	view.Head.Title = "Record " + keyText(r.Key) + " of " + r.Table.String()
	view.Head.Parent, view.Head.ParentHref = "Records", "/records"
	view.Head.Answer, view.Head.Tone = r.Next, pick(len(r.Holds) > 0, "good", "")
	view.Facts = append(view.Facts,
		ui.Pair{Name: "In its table", Value: pick(r.Found, "yes", "no")},
		ui.Pair{Name: "Asked", Value: v.clock.exactly(r.AsOf).Text})
	for _, h := range r.Holds {
		view.Holds = append(view.Holds, ui.RecordHold{Href: "/holds/" + h.ID, Matter: h.Matter, By: h.CreatedBy, State: holdPill(h.Status), Since: v.clock.atp(h.EffectiveAt), Ends: v.expiryText(h.ExpiresAt)})
	}
	view.Reached = joinSome(r.ReachedBy, 5)
	for _, p := range r.Policies {
		view.Policies = append(view.Policies, v.recordPolicy(p, r.Found))
	}
	for _, d := range r.Disposed {
		runHref := "/runs/" + d.RunID + "?policy=" + url.QueryEscape(d.Policy)
		if d.Action == retention.ActionRestore {
			runHref = "/restores/" + d.RunID
		}
		view.Disposed = append(view.Disposed, ui.RecordDisposal{
			RunHref: runHref, At: v.clock.exactly(d.CommittedAt), Policy: d.Policy, PolicyHref: "/policies/" + d.Policy,
			What:  upperFirst(done(d.Action)) + pick(d.With, ", or changed, by a foreign key from "+d.Table.String(), ""),
			Under: "version " + itoa(d.PolicyVersion) + ", batch " + ui.Num(d.Seq),
		})
	}
	for _, a := range r.Archived {
		view.Archived = append(view.Archived, ui.RecordArchived{Table: a.Table.String(), At: v.clock.exactly(a.ArchivedAt), RunHref: "/runs/" + a.RunID, Policy: a.Policy, Under: "version " + itoa(a.PolicyVersion),
			RestoreHref: "/restores/new?" + url.Values{"table": {r.Table.String()}, "key": {keyText(r.Key)}}.Encode()})
	}
	if r.Untold > 0 {
		view.Untold = ui.Count(r.Untold, "row of this table was", "rows of this table were") + " disposed of without a digest each, the last " + v.moment(r.UntoldUntil, "") + ". Whether this record is among them, nobody can tell."
	}
	return nil
}

// recordHref is the page that explains a record.
func recordHref(table retention.TableName, key retention.Key) string {
	return "/records?" + url.Values{"table": {table.String()}, "key": {keyText(key)}}.Encode()
}

// recordPolicy says how the record stands under one policy.
func (v *visit) recordPolicy(p retention.RecordPolicy, found bool) ui.RecordPolicy {
	out := ui.RecordPolicy{Name: p.Name, Href: "/policies/" + p.Name, Sentence: p.Sentence(), Problem: p.Problem, State: ui.Pill{Tone: "quiet", Text: "Not concerned"}}
	switch {
	case p.Problem != "":
		out.State = ui.Pill{Tone: "warn", Text: "Not known"}
	case !found:
		out.State = ui.Pill{Tone: "quiet", Text: "No such row"}
	case p.Due:
		out.State = ui.Pill{Tone: "busy", Text: "Due"}
	case p.Treated:
		out.State = ui.Pill{Tone: "good", Text: "Anonymized"}
	case p.Matches && p.DueAt != nil:
		out.State = ui.Pill{Tone: "good", Text: "Kept"}
	}
	if !found || p.Problem != "" {
		return out
	}
	out.Facts = []ui.Pair{
		{Name: "Period began", Value: v.moment(p.Timestamp, "never: it has no timestamp that ends")},
		{Name: "Old enough", Value: v.moment(p.DueAt, "never")},
		{Name: "Cutoff now", Value: v.clock.exactly(p.Cutoff).Text},
	}
	if len(p.LeftTo) > 0 {
		out.State = ui.Pill{Tone: "quiet", Text: "Left to another"}
		out.Facts = append(out.Facts, ui.Pair{Name: "Decided by", Value: joinSome(p.LeftTo, 5)})
	} else if p.Condition != "" {
		out.Facts = append(out.Facts, ui.Pair{Name: "Fits the condition", Value: pick(p.Matches, "yes", "no: it is not concerned as it is now")})
	}
	if len(p.BlockedBy) > 0 {
		out.Facts = append(out.Facts, ui.Pair{Name: "Kept by rows of", Value: joined(p.BlockedBy), Code: true})
	}
	if len(p.KeptWith) > 0 {
		out.Facts = append(out.Facts, ui.Pair{Name: "Would take along, and cannot", Value: joined(p.KeptWith), Code: true})
	}
	if !p.Enabled {
		out.Facts = append(out.Facts, ui.Pair{Name: "Policy", Value: "disabled: no run takes it up"})
	}
	return out
}
