package web

import (
	"errors"
	"net/http"
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// askWidening is the form by which a hold in force covers more.
func askWidening(v *visit) error {
	return v.widenForm(http.StatusOK, scopeDraft{table: v.query("table"), what: "ids"}, faults{})
}

func (v *visit) widenForm(status int, s scopeDraft, f faults) error {
	h, err := v.e.Hold(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	tables, err := v.tables()
	if err != nil {
		return err
	}
	field := scopeField(0, s, tables, &f)
	// A list is sent from the hold's own page.
	field.What.Options = withoutOption(field.What.Options, "file")
	view := ui.WidenView{
		Head: ui.Head{Title: "Widen the hold", Parent: h.Matter, ParentHref: "/holds/" + h.ID, Answer: "Which more records must stay, and why?",
			Also: []string{"It covers " + holdCovers(h) + " now. What is added is in force when the next page says so."}},
		Action: "/holds/" + h.ID + "/widen", Cancel: "/holds/" + h.ID, Scope: field,
		Why: ui.Field{Name: "change_reason", Label: "Why the hold covers more", Value: v.form("change_reason"), Error: f.of("change_reason"), Help: "It is recorded with your name.",
			Attrs: templ.Attributes{"rows": "2", "required": true, "maxlength": "4000"}},
		Problems: f.summary(widenLabel),
	}
	return v.render(status, ui.Widen(v.shell("holds", "Widen the hold"), view))
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

func widenHold(v *visit) error {
	s := scopeOfForm(v.r.PostForm, 0)
	tables, err := v.tables()
	if err != nil {
		return err
	}
	var f faults
	scope, lines := s.scope(0, tables, &f)
	if strings.TrimSpace(v.form("change_reason")) == "" {
		f.add("change_reason", "is required: why the hold covers more than before")
	}
	if f.any() {
		return v.widenForm(http.StatusUnprocessableEntity, s, f)
	}
	_, err = v.e.WidenHold(v.ctx, v.actor, v.param("id"), []retention.Scope{scope}, v.form("change_reason"))
	if f, ok := faultsOf(err); ok {
		return v.widenForm(http.StatusUnprocessableEntity, s, f.inForm([][]int{lines}, ""))
	}
	if errors.Is(err, retention.ErrConflict) {
		f.add("change_reason", "could not be carried out: "+strings.TrimPrefix(err.Error(), retention.ErrConflict.Error()+": "))
		return v.widenForm(http.StatusConflict, s, f)
	}
	if err != nil {
		return err
	}
	return v.redirect("/holds/" + v.param("id") + "?done=widened")
}
