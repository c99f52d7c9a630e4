package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// widenDraft is what a hold is to cover more, as it stands in the form.
type widenDraft struct {
	nonce string
	scope scopeDraft
}

func (v *visit) widenDraft() widenDraft {
	return widenDraft{nonce: v.form("nonce"), scope: scopeOfForm(v.r.PostForm, 0)}
}

// askWidening is the form by which a hold in force covers more.
func askWidening(v *visit) error {
	return v.widenForm(http.StatusOK, widenDraft{scope: scopeDraft{table: v.query("table"), what: "ids"}}, faults{}, "")
}

func (v *visit) widenForm(status int, d widenDraft, f faults, notice string) error {
	return v.widenFormWith(status, d, f, notice, ofWidening.nothing(previewMissing))
}

// widenAway is why nothing can be counted or added while the governed database is away.
const widenAway = "The governed database cannot be reached now, so nothing can be added to the hold. What it covers stays held. What you typed is kept here; try again in a moment."

func (v *visit) widenFormWith(status int, d widenDraft, f faults, notice string, preview ui.HoldPreviewView) error {
	h, err := v.e.Hold(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	tables, err := v.tables()
	if errors.Is(err, retention.ErrUnavailable) {
		notice = widenAway
	} else if err != nil {
		return err
	}
	if !nonceForm.MatchString(d.nonce) {
		d.nonce = newNonce()
	}
	field := scopeField(0, d.scope, tables, &f)
	// A list is sent from the hold's own page.
	field.What.Options = withoutOption(field.What.Options, "file")
	action := "/holds/" + h.ID + "/widen"
	preview.Post = action + "/preview"
	view := ui.WidenView{
		Head: ui.Head{Title: "Widen the hold", Parent: h.Matter, ParentHref: "/holds/" + h.ID, Answer: "Which more records must stay, and why?",
			Also: []string{"It covers " + holdCovers(h) + " now. What is added is in force when the next page says so."}},
		Action: action, Cancel: "/holds/" + h.ID, Nonce: d.nonce, Scope: field, Notice: notice, Preview: preview,
		Why: ui.Field{Name: "change_reason", Label: "Why the hold covers more", Value: v.form("change_reason"), Error: f.of("change_reason"), Help: "It is recorded with your name.",
			Attrs: templ.Attributes{"rows": "2", "maxlength": "4000"}},
		Problems: f.summary(widenLabel),
	}
	return v.render(status, ui.Widen(v.shell("holds", "Widen the hold"), view))
}

// previewWidening shows the form with what the hold would cover more. With JavaScript the preview
// alone is taken from it.
func previewWidening(v *visit) error {
	d := v.widenDraft()
	tables, err := v.tables()
	if errors.Is(err, retention.ErrUnavailable) {
		return v.widenForm(http.StatusOK, d, faults{}, "")
	}
	if err != nil {
		return err
	}
	var f faults
	scope, _ := d.scope.scope(0, tables, &f)
	if f.any() {
		return v.widenForm(http.StatusOK, d, faults{}, "")
	}
	p, err := v.e.PreviewHold(v.ctx, v.actor, []retention.Scope{scope})
	if f, ok := faultsOf(err); ok {
		return v.widenFormWith(http.StatusOK, d, faults{}, "", ofWidening.nothing("It cannot be added so: "+f.first()+"."))
	}
	if errors.Is(err, retention.ErrUnavailable) {
		return v.widenForm(http.StatusOK, d, faults{}, widenAway)
	}
	if err != nil {
		return err
	}
	return v.widenFormWith(http.StatusOK, d, faults{}, "", v.holdPreview(p, ofWidening))
}

func withoutOption(options []ui.Option, value string) (out []ui.Option) {
	for _, o := range options {
		if o.Value != value {
			out = append(out, o)
		}
	}
	return out
}

// widenLabel names the fields of the form for the summary.
func widenLabel(field string) (name, label string, ok bool) {
	if field == "change_reason" {
		return field, "Why the hold covers more", true
	}
	name, label, ok = holdFormLabel(field)
	return name, upperFirst(strings.TrimPrefix(label, "Table 1, ")), ok
}

// widenHold adds to the hold once, however often the form is sent.
func widenHold(v *visit) error {
	d := v.widenDraft()
	tables, err := v.tables()
	if errors.Is(err, retention.ErrUnavailable) {
		return v.widenForm(http.StatusServiceUnavailable, d, faults{}, widenAway)
	}
	if err != nil {
		return err
	}
	var f faults
	scope, lines := d.scope.scope(0, tables, &f)
	if strings.TrimSpace(v.form("change_reason")) == "" {
		f.add("change_reason", "is required: why the hold covers more than before")
	}
	if f.any() {
		return v.widenForm(http.StatusUnprocessableEntity, d, f, "")
	}
	id := v.param("id")
	to, err := v.once("widen:"+id, d.nonce, func() (string, error) {
		_, err := v.e.WidenHold(v.ctx, v.actor, id, []retention.Scope{scope}, v.form("change_reason"))
		return "/holds/" + id + "?done=widened", err
	})
	if errors.Is(err, errNonceUsed) {
		d.nonce = newNonce()
		return v.widenForm(http.StatusConflict, d, faults{}, "This form has widened the hold already, by other records. If these are more, widen it now; otherwise look at the hold first.")
	}
	if f, ok := faultsOf(err); ok {
		return v.widenForm(http.StatusUnprocessableEntity, d, f.inForm([][]int{lines}, ""), "")
	}
	if errors.Is(err, retention.ErrUnavailable) {
		return v.widenForm(http.StatusServiceUnavailable, d, faults{}, widenAway)
	}
	if errors.Is(err, retention.ErrConflict) {
		f.add("change_reason", "could not be carried out: "+strings.TrimPrefix(err.Error(), retention.ErrConflict.Error()+": "))
		return v.widenForm(http.StatusConflict, d, f, "")
	}
	if err != nil {
		return err
	}
	return v.redirect(to)
}
