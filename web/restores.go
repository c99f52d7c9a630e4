package web

import (
	"errors"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"
	"github.com/go-chi/chi/v5"

	"holdfast/engine"
	"holdfast/retention"
	"holdfast/web/ui"
)

func (s *server) restoreRoutes(r chi.Router) {
	r.Get("/restores", s.page(restores))
	r.Get("/restores/new", s.page(askRestore))
	r.Post("/restores", s.page(requestRestore))
	r.Get("/restores/{id}", s.page(restore))
}

func restores(v *visit) error {
	list, next, err := v.e.Restores(v.ctx, v.actor, v.cursor())
	if err != nil {
		return err
	}
	view := ui.RestoresView{Head: ui.Head{Title: "Restores", Parent: "Runs", ParentHref: "/runs", Answer: restoresAnswer(list)}, Pager: v.pager("restores", next),
		Empty: ui.Empty{Title: "Nothing was restored.", Text: "What a policy archived can go back to its table: all of a run, a batch, or single records.", Action: "Restore records", ActionTo: "/restores/new"}}
	for _, r := range list {
		view.Rows = append(view.Rows, ui.RestoreRow{
			Href: "/restores/" + r.ID, What: upperFirst(v.scopeWords(r.Scope)), Note: "by " + r.RequestedBy, State: restorePill(r.Status), Restored: r.Restored(), Held: r.Held(), Conflicts: r.Conflicted(), Asked: v.clock.at(r.CreatedAt),
		})
	}
	return v.render(http.StatusOK, ui.Restores(v.shell("runs", view.Head.Title), view))
}

func restoresAnswer(list []retention.Restore) string {
	open := int64(0)
	for _, r := range list {
		if !r.Status.Ended() {
			open++
		}
	}
	switch {
	case len(list) == 0:
		return "No archived row was brought back yet."
	case open > 0:
		return ui.Count(open, "restore is", "restores are") + " under way."
	}
	return "No restore is under way."
}

// scopeWords say what is restored.
func (v *visit) scopeWords(s retention.RestoreScope) string {
	switch {
	case s.RunID != "":
		return "what run " + shortID(s.RunID) + " archived"
	case s.BatchID != "":
		return "what a batch archived"
	}
	return ui.Count(int64(s.RecordCount), "record", "records") + " of " + s.Table.String()
}

// shortID is enough of an id for people to tell it from others on a page.
func shortID(id string) string { return id[:min(8, len(id))] }

func restorePill(s retention.RestoreStatus) ui.Pill {
	switch s {
	case retention.RestoreQueued:
		return ui.Pill{Tone: "busy", Text: "Queued"}
	case retention.RestoreRunning:
		return ui.Pill{Tone: "busy", Text: "Running"}
	case retention.RestoreSucceeded:
		return ui.Pill{Tone: "good", Text: "Succeeded"}
	case retention.RestorePartial:
		return ui.Pill{Tone: "warn", Text: "Partial"}
	}
	return ui.Pill{Tone: "bad", Text: "Failed"}
}

// askRestore shows what would come back, and what would not.
func askRestore(v *visit) error { return v.askRestore(http.StatusOK, v.query, "", false, faults{}) }

// restoreScope reads what is to be restored from a form's fields, and writes them again.
func restoreScope(field func(string) string) (s retention.RestoreScope, fields [][2]string, err error) {
	s = retention.RestoreScope{RunID: field("run"), BatchID: field("batch")}
	for _, name := range []string{"run", "batch", "table", "key"} {
		if text := field(name); text != "" {
			fields = append(fields, [2]string{name, text})
		}
	}
	if table := field("table"); table != "" {
		if s.Table, err = retention.ParseTableName(table); err != nil {
			return s, nil, retention.Invalid("table", "choose a table")
		}
	}
	for _, line := range strings.Split(field("key"), "\n") {
		if line = strings.TrimSpace(line); line != "" {
			s.Records = append(s.Records, retention.Key{line})
		}
	}
	return s, fields, nil
}

func (v *visit) askRestore(status int, field func(string) string, reason string, skip bool, f faults) error {
	view := ui.AskRestoreView{Head: ui.Head{Title: "Restore records", Parent: "Restores", ParentHref: "/restores", Answer: "Which records are to go back from their archive? Name their table and their keys."}, Back: "/restores"}
	scope, fields, err := restoreScope(field)
	if err == nil && len(fields) > 0 {
		err = v.previewRestore(&view, scope, fields, skip)
	}
	switch {
	case errors.Is(err, retention.ErrInvalid):
		// What is wrong is what is to be restored, which is asked for again.
		f, _ = faultsOf(err)
		status, view.Scope = http.StatusUnprocessableEntity, nil
	case err != nil:
		return err
	}
	if len(view.Scope) == 0 {
		tables, err := v.tables()
		if err != nil {
			return err
		}
		table, keys := field("table"), field("key")
		view.Table = ui.Choice{Name: "table", Label: "Table", Error: f.of("table"), Options: tableOptions(tables, table), Help: "The table that the records were archived from."}
		view.Keys = ui.Field{Name: "key", Label: "Keys", Value: keys, Error: f.of("record_ids"), Help: "One a line, at most 1,000, such as `42`. A key of several columns is written as a list: `[\"42\", \"2\"]`.",
			Attrs: templ.Attributes{"rows": "4", "autocomplete": "off", "spellcheck": "false"}}
	}
	view.Reason = ui.Field{Name: "reason", Label: "Why they are needed again", Value: reason, Error: f.of("reason"), Attrs: templ.Attributes{"rows": "3", "required": true, "maxlength": "4000"}}
	view.Problems = f.summary(byName(map[string]string{"table": "Table", "record_ids": "Keys", "reason": "Why they are needed again", "on_conflict": "Conflicts"}))
	return v.render(status, ui.AskRestore(v.shell("runs", view.Head.Title), view))
}

// previewRestore fills the page with what would come back.
func (v *visit) previewRestore(view *ui.AskRestoreView, scope retention.RestoreScope, fields [][2]string, skip bool) error {
	plan, err := v.e.PreviewRestore(v.ctx, v.actor, scope)
	if err != nil {
		return err
	}
	view.Scope = fields
	scope.RecordCount = len(scope.Records)
	view.Head.Title = "Restore " + v.scopeWords(scope)
	r := retention.Restore{Tables: plan.Tables}
	var rows, can int64
	broken := false
	for _, t := range plan.Tables {
		rows += t.Rows
		broken = broken || t.Problem != ""
		if t.Problem == "" {
			can += t.Rows - t.Held - t.Conflicted()
		}
		view.Tables = append(view.Tables, restorePart(t, false))
	}
	view.Totals = []ui.Stat{{Label: "Archived", Value: ui.Num(rows)}, {Label: "Can go back", Value: ui.Num(can)}, {Label: "Held", Value: ui.Num(r.Held()), Note: "stay in the archive"}, {Label: "In conflict", Value: ui.Num(r.Conflicted())}}
	view.Possible = can > 0
	view.Head.Tone, view.Head.Answer = "good", ui.Count(can, "row", "rows")+" would go back to "+pick(len(plan.Tables) == 1, "its table", "their tables")+"."
	switch {
	case can == 0:
		view.Head.Tone, view.Head.Answer = "warn", "Nothing can go back."
	case broken || r.Conflicted() > 0:
		view.Head.Tone, view.Head.Answer = "warn", ui.Num(can)+" of "+ui.Count(rows, "row", "rows")+" could go back; others are in conflict with the tables as they are."
		view.Skip = &ui.Check{Name: "skip", Label: "Leave what is in conflict in the archive, and restore the rest", On: skip, Help: "Otherwise nothing is restored while any row cannot go back."}
	}
	if len(plan.DisposedAgain) > 0 {
		view.Notes = append(view.Notes, "Restored rows are as old as they were: "+joinSome(coded(plan.DisposedAgain), 5)+" would dispose of them again in the next run. Disable "+pick(len(plan.DisposedAgain) == 1, "it", "them")+", or place a hold on the records, if they are to stay.")
	}
	if scope.RunID != "" {
		view.Back = "/runs/" + scope.RunID
	}
	return nil
}

func coded(names []string) []string {
	out := make([]string, len(names))
	for i, n := range names {
		out[i] = "`" + n + "`"
	}
	return out
}

// restorePart is one table's part, before or after.
func restorePart(t retention.RestoreTable, ended bool) ui.RestorePart {
	part := ui.RestorePart{Table: t.Table.String(), Archive: t.Archive.String(), Problem: t.Problem, Errors: t.Errors, Facts: []ui.Pair{
		{Name: "Archive", Value: t.Archive.String(), Code: true}, {Name: "Archived by", Value: "`" + t.Policy + "`, version " + itoa(t.PolicyVersion)}, {Name: "Rows", Value: ui.Num(t.Rows)},
	}}
	if t.Held > 0 {
		part.Facts = append(part.Facts, ui.Pair{Name: "Held", Value: ui.Num(t.Held) + ", by a legal hold: they stay in the archive"})
	}
	if ended || t.Restored > 0 {
		part.Facts = append(part.Facts, ui.Pair{Name: "Restored", Value: ui.Num(t.Restored)})
	}
	if t.Refused > 0 {
		part.Facts = append(part.Facts, ui.Pair{Name: "Refused", Value: ui.Num(t.Refused) + ", by the database as they were written: they stay in the archive"})
	}
	switch {
	case t.Problem != "":
		part.State = ui.Pill{Tone: "bad", Text: "Cannot go back"}
	case t.Conflicted() > 0:
		part.State = ui.Pill{Tone: "warn", Text: "In conflict"}
	case t.Refused > 0:
		part.State = ui.Pill{Tone: "warn", Text: "Partly refused"}
	case t.Held > 0:
		part.State = ui.Pill{Tone: "warn", Text: "Partly held"}
	case t.Rows == 0:
		part.State = ui.Pill{Tone: "quiet", Text: "Nothing there"}
	default:
		part.State = ui.Pill{Tone: "good", Text: pick(ended, "Restored", "Can go back")}
	}
	for _, c := range t.Conflicts {
		part.Conflicts = append(part.Conflicts, ui.RestoreConflict{Says: restoreConflictWords(c), Keys: sampleKeys(c.Samples)})
	}
	return part
}

// restoreConflictWords say what keeps rows from going back.
func restoreConflictWords(c retention.RestoreConflict) string {
	rows := ui.Count(c.Rows, "row", "rows")
	switch c.Kind {
	case retention.ConflictKeyTaken:
		return rows + ": another row has the same key by now, or one that would go back as well (`" + c.Constraint + "`)."
	case retention.ConflictParentMissing:
		return rows + ": the row of `" + c.Table.String() + "` that " + pick(c.Rows == 1, "it refers", "they refer") + " to is not there, or is archived still (`" + c.Constraint + "`)."
	case retention.ConflictValueMissing:
		return rows + ": `" + c.Constraint + "` must not be NULL by now, and is. Fill it in the archive."
	case retention.ConflictPartition:
		return rows + ": no partition of `" + c.Constraint + "` takes " + pick(c.Rows == 1, "it", "them") + "."
	}
	return rows + ": the CHECK `" + c.Constraint + "` does not hold."
}

func sampleKeys(keys []retention.Key) string {
	texts := make([]string, len(keys))
	for i, k := range keys {
		texts[i] = keyText(k)
	}
	return strings.Join(texts, ", ")
}

func requestRestore(v *visit) error {
	scope, _, err := restoreScope(v.form)
	if err != nil {
		return err
	}
	skip, conflict := v.form("skip") == "true", retention.OnConflictRefuse
	if skip {
		conflict = retention.OnConflictSkip
	}
	r, err := v.e.RequestRestore(v.ctx, v.actor, engine.RestoreRequest{Scope: scope, OnConflict: conflict, Reason: v.form("reason")})
	switch f, invalid := faultsOf(err); {
	case invalid:
		return v.askRestore(http.StatusUnprocessableEntity, v.form, v.form("reason"), skip, f)
	case errors.Is(err, retention.ErrConflict):
		f.add("", upperFirst(err.Error())+".")
		return v.askRestore(http.StatusConflict, v.form, v.form("reason"), skip, f)
	case err != nil:
		return err
	}
	return v.redirect("/restores/" + r.ID + "?done=restore")
}

func restore(v *visit) error {
	r, err := v.e.Restore(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	view := ui.RestoreView{Head: ui.Head{Title: "Restore of " + v.scopeWords(r.Scope), Parent: "Restores", ParentHref: "/restores"}, Href: "/restores/" + r.ID, Live: !r.Status.Ended(), State: restorePill(r.Status)}
	for _, e := range r.Errors {
		view.Errors = append(view.Errors, upperFirst(e)+pick(strings.HasSuffix(e, ";") || strings.HasSuffix(e, "."), "", "."))
	}
	view.Head.Tone, view.Head.Answer = restoreAnswer(&r)
	view.Totals = []ui.Stat{{Label: "Restored", Value: ui.Num(r.Restored())}, {Label: "Held", Value: ui.Num(r.Held()), Note: "in the archive"}, {Label: "In conflict", Value: ui.Num(r.Conflicted()), Note: "in the archive"}}
	for _, t := range r.Tables {
		view.Tables = append(view.Tables, restorePart(t, r.Status.Ended()))
	}
	view.Facts = []ui.Pair{
		{Name: "What", Value: upperFirst(v.scopeWords(r.Scope))}, {Name: "Asked for by", Value: r.RequestedBy}, {Name: "Reason", Value: r.Reason},
		{Name: "Conflicts", Value: pick(r.OnConflict == retention.OnConflictSkip, "left in the archive", "nothing goes back while there are any")},
		{Name: "Asked for", Value: v.moment(&r.CreatedAt, "")}, {Name: "Began", Value: v.moment(r.StartedAt, "not yet")}, {Name: "Ended", Value: v.moment(r.FinishedAt, "not yet")},
	}
	return v.render(http.StatusOK, ui.Restore(v.shell("runs", view.Head.Title), view))
}

func restoreAnswer(r *retention.Restore) (tone, answer string) {
	back := ui.Count(r.Restored(), "row is", "rows are") + " back"
	switch r.Status {
	case retention.RestoreQueued:
		return "busy", "It begins within seconds."
	case retention.RestoreRunning:
		return "busy", "Under way: " + back + " so far."
	case retention.RestoreFailed:
		return "bad", "Nothing was restored."
	}
	answer = back
	if left := r.Held() + r.Conflicted() + r.Refused(); left > 0 {
		answer += "; " + ui.Count(left, "stays", "stay") + " in the archive"
	}
	return pick(r.Status == retention.RestorePartial, "warn", "good"), answer + "."
}

// restoreHref is the page that asks whether something is to be restored.
func restoreHref(name, value string) string {
	return "/restores/new?" + url.Values{name: {value}}.Encode()
}

// restoreBatchHref is that of a batch; empty for one that archived nothing.
func restoreBatchHref(b retention.Batch) string {
	if b.Action != retention.ActionArchive || b.Processed == 0 {
		return ""
	}
	return restoreHref("batch", b.ID)
}
