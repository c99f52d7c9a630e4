package web

import (
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// partDraft is a scope in the form by which a hold covers less.
type partDraft struct {
	on  bool
	ids string
}

// askNarrowing is the form by which a hold in force covers less.
func askNarrowing(v *visit) error {
	h, err := v.e.Hold(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	return v.narrowForm(http.StatusOK, h, nil, faults{}, nil)
}

func partName(index int, member string) string { return "part." + strconv.Itoa(index) + "." + member }

// narrowForm shows the scopes that can fall out, with what becomes due if that was asked.
func (v *visit) narrowForm(status int, h retention.Hold, drafts map[int]partDraft, f faults, becomes *ui.HoldPreviewView) error {
	when := "What is chosen falls out at once."
	if delay := h.CoolsOff(v.e.ReleaseDelay()); !delay.IsZero() {
		when = "What is chosen stays held for another " + delay.Human() + ", in which that can be taken back."
	}
	nonce := v.form("nonce")
	if !nonceForm.MatchString(nonce) {
		nonce = newNonce()
	}
	view := ui.NarrowView{
		Nonce: nonce, Head: ui.Head{Title: "Cover less", Parent: h.Matter, ParentHref: "/holds/" + h.ID, Answer: "Which of its records need not stay any more, and why?",
			Also: []string{"The hold covers " + holdCovers(h) + ". " + when + " What another part of the hold, or another hold, covers too stays held."}},
		Action: "/holds/" + h.ID + "/narrow", Preview: "/holds/" + h.ID + "/narrow/preview", Cancel: "/holds/" + h.ID, Becomes: becomes,
		Why: ui.Field{Name: "change_reason", Label: "Why they need not be kept any more", Value: v.form("change_reason"), Error: f.of("change_reason"), Help: "It is recorded with your name.",
			Attrs: templ.Attributes{"rows": "2", "maxlength": "4000"}},
		Problems: f.summary(narrowLabel(h)), Error: f.of("scopes"),
	}
	for i := range h.Scope {
		s := &h.Scope[i]
		if s.Ended() || s.Releasing() || s.Upload != "" {
			continue
		}
		d := drafts[i]
		part := ui.PartField{On: ui.Check{Name: partName(i, "on"), Label: upperFirst(scopeWords(*s)), On: d.on, Error: f.of(partName(i, "on"))}}
		if s.ByID() {
			part.IDs = ui.Field{Name: partName(i, "record_ids"), Label: "Only these of them", Value: d.ids, Error: f.of(partName(i, "record_ids")), Help: "One id on each line; leave it empty for all of them.",
				Attrs: templ.Attributes{"rows": "3", "spellcheck": "false", "autocomplete": "off", "class": "mono"}}
		}
		view.Parts = append(view.Parts, part)
	}
	return v.render(status, ui.Narrow(v.shell("holds", "Cover less"), view))
}

// scopeWords says what a scope is, with its table.
func scopeWords(s retention.Scope) string {
	in := " of `" + s.Table.String() + "`"
	switch {
	case s.All:
		return "the whole table `" + s.Table.String() + "`"
	case s.Condition != "":
		return "what fits the condition `" + s.Condition + "` in `" + s.Table.String() + "`"
	case s.Family != nil:
		return ui.Count(s.RecordCount, "record", "records") + in + " by id, with " + s.Family.String()
	}
	return ui.Count(s.RecordCount, "record", "records") + in + " by id"
}

// narrowLabel names the fields of the form for the summary.
func narrowLabel(h retention.Hold) labelled {
	return func(field string) (name, label string, ok bool) {
		switch field {
		case "change_reason":
			return field, "Why they need not be kept any more", true
		case "scopes":
			return field, "What need not stay any more", true
		}
		m := partFieldName.FindStringSubmatch(field)
		if m == nil {
			return "", "", false
		}
		if i, _ := strconv.Atoi(m[1]); i < len(h.Scope) {
			return field, upperFirst(strings.ReplaceAll(scopeWords(h.Scope[i]), "`", "")), true
		}
		return "", "", false
	}
}

var (
	partFieldName = regexp.MustCompile(`^part\.(\d+)\.\w+$`)
	partPath      = regexp.MustCompile(`^scopes\[(\d+)\]\.(index|record_ids)(?:\[(\d+)\])?`)
)

// narrowing reads the form: the parts in the order of the hold's scopes, with the line in which
// each id was typed.
func (v *visit) narrowing(h retention.Hold) (parts []retention.ScopePart, lines [][]int, drafts map[int]partDraft, f faults) {
	drafts = map[int]partDraft{}
	tables, err := v.tables()
	if err != nil {
		tables = nil // the width of a key is not known then, and judged by the engine
	}
	for i := range h.Scope {
		d := partDraft{on: v.form(partName(i, "on")) != "", ids: v.form(partName(i, "record_ids"))}
		drafts[i] = d
		if !d.on {
			continue
		}
		t, _ := findTable(tables, h.Scope[i].Table.String())
		keys, at, err := parseKeys(d.ids, len(t.key))
		note(&f, partName(i, "record_ids"), err)
		parts, lines = append(parts, retention.ScopePart{Index: i, RecordIDs: keys}), append(lines, at)
	}
	if len(parts) == 0 {
		f.add("scopes", "choose what need not stay any more")
	}
	return parts, lines, drafts, f
}

// inParts leads the paths of a narrowing to the fields of the form, and ids to their lines.
func (f faults) inParts(parts []retention.ScopePart, lines [][]int) faults {
	var out faults
	for _, e := range f.fields {
		m := partPath.FindStringSubmatch(e.Field)
		if m == nil {
			out.fields = append(out.fields, e)
			continue
		}
		i, _ := strconv.Atoi(m[1])
		e.Field = partName(parts[i].Index, pick(m[2] == "index", "on", "record_ids"))
		if j, err := strconv.Atoi(m[3]); err == nil && j < len(lines[i]) {
			e.Message = fmt.Sprintf("line %d: %s", lines[i][j], e.Message)
		}
		out.fields = append(out.fields, e)
	}
	return out
}

// refusedNarrowing is the form with why it cannot be carried out; what is no answer to a form is
// the error itself.
func (v *visit) refusedNarrowing(err error, h retention.Hold, parts []retention.ScopePart, lines [][]int, drafts map[int]partDraft) error {
	if f, ok := faultsOf(err); ok {
		return v.narrowForm(http.StatusUnprocessableEntity, h, drafts, f.inParts(parts, lines), nil)
	}
	if errors.Is(err, retention.ErrConflict) {
		var f faults
		f.add("scopes", strings.TrimPrefix(err.Error(), retention.ErrConflict.Error()+": "))
		return v.narrowForm(http.StatusConflict, h, drafts, f, nil)
	}
	return err
}

// previewNarrowing shows the form with what becomes due.
func previewNarrowing(v *visit) error {
	h, err := v.e.Hold(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	parts, lines, drafts, f := v.narrowing(h)
	if f.any() {
		return v.narrowForm(http.StatusUnprocessableEntity, h, drafts, f, nil)
	}
	p, err := v.e.PreviewNarrowing(v.ctx, v.actor, h.ID, parts)
	if err != nil {
		return v.refusedNarrowing(err, h, parts, lines, drafts)
	}
	_, due, _ := p.Totals()
	b := ui.HoldPreviewView{}
	for _, s := range p.Scopes {
		b.Scopes = append(b.Scopes, fallingPreview(s))
		for _, o := range s.Belongings {
			b.Scopes = append(b.Scopes, v.belongingPreview(o, ofNewHold))
		}
	}
	b.Answer = "The first run after " + v.clock.at(p.AsOf).Text + ", when they have fallen out, takes " + ui.Count(due, "of these records", "of these records") + "."
	b.Tone = pick(due > 0, "warn", "")
	return v.narrowForm(http.StatusOK, h, drafts, faults{}, &b)
}

// fallingPreview is one scope of a preview.
func fallingPreview(s retention.ScopePreview) ui.ScopePreviewView {
	out := ui.ScopePreviewView{Table: s.Table.String(), Lines: []string{scopeCovers(s)}}
	if s.NotFoundCount > 0 {
		out.Lines = append(out.Lines, ui.Count(s.NotFoundCount, "more id has", "more ids have")+" no row now.")
	}
	duePreview(&out, s, ofNewHold)
	return out
}

func narrowHold(v *visit) error {
	h, err := v.e.Hold(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	parts, lines, drafts, f := v.narrowing(h)
	if strings.TrimSpace(v.form("change_reason")) == "" {
		f.add("change_reason", "is required: why these records need not be kept any more")
	}
	if f.any() {
		return v.narrowForm(http.StatusUnprocessableEntity, h, drafts, f, nil)
	}
	to, err := v.once("narrow:"+h.ID, v.form("nonce"), func() (string, error) {
		_, err := v.e.NarrowHold(v.ctx, v.actor, h.ID, parts, v.form("change_reason"))
		return "/holds/" + h.ID + "?done=narrowed", err
	})
	if err == nil {
		err = v.stillNarrowed(h.ID)
	}
	if errors.Is(err, errNonceUsed) {
		v.r.PostForm.Del("nonce")
		f.add("scopes", "was sent by this form before, as other records or with another reason, or was kept since; look at the hold first, and send it again if these are to fall out")
		return v.narrowForm(http.StatusConflict, h, drafts, f, nil)
	}
	if err != nil {
		return v.refusedNarrowing(err, h, parts, lines, drafts)
	}
	return v.redirect(to)
}

// stillNarrowed is errNonceUsed where what a form let go has been taken back since: sent again, it
// would be said to have been carried out.
func (v *visit) stillNarrowed(id string) error {
	h, err := v.e.Hold(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	why := strings.TrimSpace(v.form("change_reason"))
	if slices.ContainsFunc(h.Scope, func(s retention.Scope) bool { return (s.Releasing() || s.Ended()) && s.ReleaseReason == why }) {
		return nil
	}
	return errNonceUsed
}

func takeBackNarrowing(v *visit) error {
	id := v.param("id")
	index, err := strconv.Atoi(v.form("index"))
	if err != nil {
		return retention.NotFoundf("a scope %q of hold %s", v.form("index"), id)
	}
	_, err = v.e.TakeBackNarrowing(v.ctx, v.actor, id, index, v.form(keepName(index)))
	if f, ok := faultsOf(err); ok {
		return v.holdAgain(id, f.renamed("reason", keepName(index)))
	}
	if err != nil {
		return err
	}
	return v.redirect("/holds/" + id + "?done=kept")
}

func keepName(index int) string { return "keep." + strconv.Itoa(index) }

// fallingOut are the scopes that are to fall out of the hold, each with what keeps it.
func (v *visit) fallingOut(h retention.Hold, f faults) (out []ui.FallingScope) {
	if !h.Status.InForce() {
		return nil
	}
	for i := range h.Scope {
		s := &h.Scope[i]
		if !s.Releasing() {
			continue
		}
		row := ui.FallingScope{Index: i, Text: upperFirst(scopeWords(*s)) + ": held until " + v.clock.at(*s.ReleasesAt).Text + ". Asked for by " + s.ReleasedBy + ".", Reason: s.ReleaseReason}
		if s.ReleasesAt.After(v.clock.now) && !s.Ending {
			row.Keep = ui.Field{Name: keepName(i), Label: "Why they are kept", Value: v.form(keepName(i)), Error: f.of(keepName(i)), Help: "It is recorded with your name.",
				Attrs: templ.Attributes{"rows": "2", "required": true, "maxlength": "4000"}}
		} else {
			row.Text = upperFirst(scopeWords(*s)) + ": the cooling-off period is over. Still held, and falls out by itself in a moment."
		}
		out = append(out, row)
	}
	return out
}

// narrowedText says which scopes an entry of the audit is about: those that are to fall out, or
// stay after all, or have fallen out.
func (v *visit) narrowedText(e retention.AuditEntry) string {
	var before, after struct {
		ChangeReason string            `json:"change_reason"`
		Scope        []retention.Scope `json:"scope"`
	}
	if json.Unmarshal(e.Before, &before) != nil || json.Unmarshal(e.After, &after) != nil {
		return ""
	}
	var lines []string
	for i, s := range after.Scope {
		was := retention.Scope{}
		if i < len(before.Scope) {
			was = before.Scope[i]
		}
		what := strings.ReplaceAll(scopeWords(s), "`", "")
		switch {
		case s.Ended() && !was.Ended():
			lines = append(lines, "Not covered any more: "+what+".")
		case s.Releasing() && !was.Releasing():
			lines = append(lines, "Falls out: "+what+", held until "+v.clock.at(*s.ReleasesAt).Text+".")
		case was.Releasing() && !s.Releasing() && !s.Ended():
			lines = append(lines, "Stays: "+what+".")
		}
	}
	if after.ChangeReason != "" {
		lines = append(lines, "Why: "+after.ChangeReason)
	}
	return strings.Join(lines, "\n")
}
