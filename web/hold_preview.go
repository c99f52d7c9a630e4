package web

import (
	"encoding/json"
	"errors"
	"net/http"
	"strconv"
	"strings"

	"holdfast/retention"
	"holdfast/web/ui"
)

// previewMissing is what the preview says before anything can be counted.
const previewMissing = "Choose a table and what of it must stay: how many records that is, and how many of them would go with the next run, is then counted here."

// previewHold shows the form with what the hold would cover. With JavaScript the preview alone
// is taken from it.
func previewHold(v *visit) error {
	d := v.holdDraft()
	preview, err := v.draftPreview(d)
	if err != nil {
		return err
	}
	return v.holdFormWith(http.StatusOK, d, faults{}, "", preview)
}

// draftPreview is what a hold would cover that is being written.
func (v *visit) draftPreview(d holdDraft) (ui.HoldPreviewView, error) {
	nothing := ofNewHold.nothing(previewMissing)
	tables, err := v.tables()
	if errors.Is(err, retention.ErrUnavailable) {
		return nothing, nil
	}
	if err != nil {
		return nothing, err
	}
	var scopes []retention.Scope
	var f faults
	for i, s := range d.scopes {
		scope, _ := s.scope(i, tables, &f)
		scopes = append(scopes, scope)
	}
	if f.any() {
		return nothing, nil
	}
	p, err := v.e.PreviewHold(v.ctx, v.actor, scopes)
	if f, ok := faultsOf(err); ok {
		return ofNewHold.nothing("It cannot be placed so: " + f.first() + "."), nil
	}
	if errors.Is(err, retention.ErrUnavailable) {
		return nothing, nil
	}
	if err != nil {
		return nothing, err
	}
	out := v.holdPreview(p, ofNewHold)
	for i, at := 0, 0; i < len(p.Scopes); i++ {
		if found := p.Scopes[i]; isFound(found) {
			out.Scopes[at].Pick = "/holds/draft?pick=" + strconv.Itoa(d.scopes[i].number) + "#hold-form"
			out.Scopes[at].PickText = pick(found.RecordCount == 1, "Hold this record by its id, with everything that belongs to it", "Hold these "+ui.Num(found.RecordCount)+" by id, with everything that belongs to them")
		}
		at += 1 + len(p.Scopes[i].Belongings)
	}
	return out, nil
}

// isFound reports whether a condition has found a few records, all of which are known by id.
func isFound(s retention.ScopePreview) bool {
	return s.Condition != "" && s.RecordCount > 0 && s.RecordCount == int64(len(s.Samples))
}

// byID turns a scope by condition into the records that it finds now, with what belongs to them.
func (v *visit) byID(s *scopeDraft, tables []table) (found bool, err error) {
	var f faults
	scope, _ := s.scope(s.number, tables, &f)
	if f.any() || scope.Condition == "" {
		return false, nil
	}
	p, err := v.e.PreviewHold(v.ctx, v.actor, []retention.Scope{scope})
	if err != nil || !isFound(p.Scopes[0]) {
		return false, err
	}
	lines := make([]string, len(p.Scopes[0].Samples))
	for i, k := range p.Scopes[0].Samples {
		if lines[i], err = idLine(k); err != nil {
			return false, err
		}
	}
	s.what, s.ids, s.condition, s.family, s.depth = "ids", strings.Join(lines, "\n"), "", "family", ""
	return true, nil
}

// idLine writes an id as the form reads it.
func idLine(k retention.Key) (string, error) {
	if len(k) == 1 && k[0] != "" && !strings.HasPrefix(k[0], "[") && !strings.ContainsAny(k[0], "\r\n") && strings.TrimSpace(k[0]) == k[0] {
		return k[0], nil
	}
	b, err := json.Marshal(k)
	return string(b), err
}

// previewWords are what the preview of a hold says differently where a hold in force is to cover
// more.
type previewWords struct {
	subject, button, none, otherHold string
}

var (
	ofNewHold  = previewWords{subject: "It covers", button: "Place hold", none: "The hold can be placed all the same, and covers those that come to fit it.", otherHold: "Another hold keeps"}
	ofWidening = previewWords{subject: "What is added covers", button: "Widen the hold", none: "The hold can be widened all the same, and then covers those that come to fit it.", otherHold: "This hold or another keeps"}
)

// nothing is the preview before anything can be counted, and why.
func (w previewWords) nothing(why string) ui.HoldPreviewView {
	return ui.HoldPreviewView{Missing: why, Place: w.button}
}

// first is the first fault in words.
func (f faults) first() string {
	if len(f.fields) == 0 {
		return ""
	}
	return f.fields[0].Message
}

func (v *visit) holdPreview(p retention.HoldPreview, w previewWords) ui.HoldPreviewView {
	records, due, gone := p.Totals()
	by := pick(w == ofWidening, " by ", " on ")
	out := ui.HoldPreviewView{Answer: coversNow(p, w, records, due), Place: w.button + by + ui.Count(records, "record", "records")}
	if records == 0 {
		out.Place, out.Tone = w.button, "warn"
	}
	if gone > 0 {
		out.Tone = "warn"
		out.Answer += " " + ui.Count(gone, "record was", "records were") + " disposed of before."
	}
	for _, s := range p.Scopes {
		out.Scopes = append(out.Scopes, v.scopePreview(s, w))
		for _, b := range s.Belongings {
			out.Scopes = append(out.Scopes, v.belongingPreview(b, w))
		}
	}
	return out
}

func coversNow(p retention.HoldPreview, w previewWords, records, due int64) string {
	s := w.subject + " " + ui.Count(records, "record", "records")
	if n := len(p.Scopes); n > 1 {
		s += " in " + ui.Num(int64(n)) + " scopes"
	}
	return s + " now. " + ui.Count(due, "would go", "would go") + " with the next run without it."
}

// belongingPreview is one table of a family. One of which nothing belongs to the records now is
// listed too: what is added to it later is held.
func (v *visit) belongingPreview(s retention.ScopePreview, w previewWords) ui.ScopePreviewView {
	out := ui.ScopePreviewView{Table: s.Table.String(), Records: ui.Num(s.RecordCount), Due: ui.Num(s.DueCount), Belongs: true, Lines: []string{pick(s.RecordCount == 0, "No record", ui.Count(s.RecordCount, "record", "records")) + " now, and those that are added."}}
	archivePreview(&out, s)
	duePreview(&out, s, w)
	v.belongingGone(&out, s.Gone)
	return out
}

// belongingGone says what of a table of a family was disposed of, and how far that can be told.
func (v *visit) belongingGone(out *ui.ScopePreviewView, g retention.ScopeGone) {
	switch {
	case g.Total == 0:
		return
	case g.Untellable != "":
		out.Lines = append(out.Lines, "Of this table "+ui.Count(g.Total, "record was", "records were")+" disposed of so far. Which of them belonged to these records cannot be told: "+g.Untellable+".")
	case len(g.Found) > 0:
		out.Lines = append(out.Lines, ui.Count(int64(len(g.Found)), "record that belonged to them was", "records that belonged to them were")+" disposed of before.")
	}
	if g.Untellable == "" && g.Untold > 0 {
		out.Lines = append(out.Lines, ui.Count(g.Untold, "record", "records")+" of this table went with counts alone as evidence: whether theirs are among them cannot be told.")
	}
}

func (v *visit) scopePreview(s retention.ScopePreview, w previewWords) ui.ScopePreviewView {
	out := ui.ScopePreviewView{Table: s.Table.String(), Records: ui.Num(s.RecordCount), Due: ui.Num(s.DueCount), Lines: []string{scopeCovers(s)}}
	archivePreview(&out, s)
	duePreview(&out, s, w)
	v.lostPreview(&out, s, w)
	return out
}

// archivePreview says what is covered of the archives of a table.
func archivePreview(out *ui.ScopePreviewView, s retention.ScopePreview) {
	for _, a := range s.Archives {
		if a.Whole != "" {
			out.Warnings = append(out.Warnings, "All "+ui.Count(a.RecordCount, "record", "records")+" of its archive `"+a.Table.String()+"` are held: "+a.Whole+".")
			continue
		}
		out.Lines = append(out.Lines, ui.Count(a.RecordCount, "archived copy", "archived copies")+" in `"+a.Table.String()+"` "+pick(a.RecordCount == 1, "is", "are")+" covered too.")
	}
}

// duePreview says what of it would go, and gives examples.
func duePreview(out *ui.ScopePreviewView, s retention.ScopePreview, w previewWords) {
	for _, p := range s.Policies {
		out.Lines = append(out.Lines, ui.Num(p.Due)+" of them "+pick(p.Due == 1, "is", "are")+" due under the policy `"+p.Policy+"` ("+string(p.Action)+").")
	}
	for _, p := range s.ReachedBy {
		out.Lines = append(out.Lines, "The policy `"+p+"` takes rows of this table along with those that they refer to. How many is not counted here.")
	}
	if len(s.Policies)+len(s.ReachedBy) == 0 {
		out.Lines = append(out.Lines, "No active policy disposes of rows of this table.")
	}
	if s.StillHeldCount > 0 {
		out.Lines = append(out.Lines, ui.Num(s.StillHeldCount)+" of them "+pick(s.StillHeldCount == 1, "stays", "stay")+" held all the same, by another hold or another part of this one.")
	}
	if s.KeptCount > 0 {
		out.Lines = append(out.Lines, ui.Count(s.KeptCount, "more id is", "more ids are")+" in another list of this hold too, and "+pick(s.KeptCount == 1, "stays", "stay")+" held.")
	}
	if s.DueHeldCount > 0 && s.StillHeldCount == 0 {
		out.Lines = append(out.Lines, w.otherHold+" "+ui.Num(s.DueHeldCount)+" of the due ones already.")
	}
	for _, k := range s.Samples[:min(len(s.Samples), 5)] {
		out.Samples = append(out.Samples, keyText(k))
	}
	if s.Problem != "" {
		out.Warnings = append(out.Warnings, upperFirst(s.Problem)+".")
	}
}

// lostPreview says what has no row, is not covered, or is gone.
func (v *visit) lostPreview(out *ui.ScopePreviewView, s retention.ScopePreview, w previewWords) {
	if s.RecordCount == 0 && s.Problem == "" {
		out.Warnings = append(out.Warnings, "No record fits now. "+w.none)
	}
	if s.NotFoundCount > 0 {
		out.Warnings = append(out.Warnings, ui.Count(s.NotFoundCount, "id has", "ids have")+" no row now. "+pick(s.NotFoundCount == 1, "It is held too, should that row appear.", "They are held too, should such rows appear."))
	}
	if s.UnknownCount > 0 {
		out.Warnings = append(out.Warnings, "For "+ui.Count(s.UnknownCount, "record", "records")+" the condition is neither true nor false, since a column is empty (NULL). They are not covered; add `OR … IS NULL` if they must be.")
	}
	out.Warnings = append(out.Warnings, v.goneWords(s)...)
	for _, g := range s.Gone.Found {
		out.Gone = append(out.Gone, ui.RecordRow{Href: recordHref(s.Table, g.Key), Key: keyText(g.Key), Table: pick(g.Action == retention.ActionAnonymize, "anonymized", pick(g.Action == retention.ActionArchive, "archived (its copy is covered)", "deleted")) + " on " + v.clock.day(g.At) + " under " + g.Policy})
	}
}

func scopeCovers(s retention.ScopePreview) string {
	what := ui.Count(s.RecordCount, "record", "records")
	switch {
	case s.Estimated:
		return "About " + what + ", by the database's estimate, and all that are added."
	case s.All:
		return what + ", and all that are added."
	case s.Condition != "":
		return what + " now, and those that come to fit the condition."
	}
	if s.Family != nil && len(s.Belongings) == 0 {
		return what + " by id. No table refers to this one by a foreign key now; what comes to belong to them is held too."
	}
	if s.Family != nil {
		return what + " by id, with " + s.Family.String() + ", in " + ui.Count(int64(len(s.Belongings)), "table", "tables") + "."
	}
	return what + " by id."
}

// goneWords say what was disposed of, and how far that can be told.
func (v *visit) goneWords(s retention.ScopePreview) []string {
	var out []string
	g := s.Gone
	switch {
	case len(g.Found) > 0:
		out = append(out, ui.Count(int64(len(g.Found)), "of the ids was", "of the ids were")+" disposed of before:")
	case g.LookedUp > 0 && !g.OneText:
		out = append(out, "None of the ids is in the evidence as it is written here. Values of this key can be written in several ways, so it may be there as another text.")
	case g.LookedUp > 0 && g.Untold == 0:
		out = append(out, "None of the ids is in the evidence of what was disposed of.")
	}
	if s.IDCount > int64(g.LookedUp) {
		out = append(out, "The first "+ui.Num(int64(g.LookedUp))+" ids were looked up in the evidence, those without a row before the others; the page of a record tells of any.")
	}
	if g.Untold > 0 {
		until := ""
		if g.UntoldUntil != nil {
			until = " until " + v.clock.day(*g.UntoldUntil)
		}
		out = append(out, ui.Count(g.Untold, "record", "records")+" of this table went"+until+" with counts alone as evidence: whether any of this hold's is among them cannot be told.")
	}
	if (s.All || s.Condition != "") && g.Total > 0 {
		out = append(out, "Of this table "+ui.Count(g.Total, "record was", "records were")+" disposed of so far; which of them were in this scope cannot be told, since evidence keeps no contents.")
	}
	return out
}

// askRelease shows a hold with what becomes due by its release.
func askRelease(v *visit) error {
	h, err := v.e.Hold(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	p, err := v.e.PreviewRelease(v.ctx, v.actor, h.ID)
	if err != nil {
		return err
	}
	_, due, _ := p.Totals()
	b := v.holdPreview(p, ofNewHold)
	b.Answer = "The first run after " + v.clock.at(p.AsOf).Text + ", when the hold has ended, takes " + ui.Count(due, "record that it covers", "records that it covers") + "."
	b.Tone = pick(due > 0, "warn", "")
	return v.holdPageWith(http.StatusOK, h, faults{}, &b)
}
