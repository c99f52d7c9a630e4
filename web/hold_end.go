package web

import (
	"errors"
	"fmt"
	"net/http"
	"strconv"
	"strings"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

var holdLabels = map[string]string{"release_reason": "Reason for the release", "expiry": "When it ends", "ends_on": "Last day", "review_on": "Review day", "reason": "Reason"}

// holdForms fills the forms for its end.
func (v *visit) holdForms(view *ui.HoldView, h retention.Hold, f faults) {
	view.ReleaseText = "The hold covers " + holdCovers(h) + ". Once it is released these records are protected by this hold no more: what is due of them goes with the next run, unless another hold covers it. A release cannot be undone; the hold stays listed."
	view.Release = ui.Field{Name: "release_reason", Label: "Reason for the release", Value: v.form("release_reason"), Error: f.of("release_reason"),
		Help: "Why these records need not be kept any more. It is recorded with your name.", Attrs: templ.Attributes{"rows": "3", "required": true, "maxlength": "4000"}}
	d := v.expiryDraft()
	if d.choice == "" {
		d = v.clock.expiryOf(h)
	}
	view.Expiry, view.EndsOn, view.ReviewOn = v.expiryFields(d, f)
	reason := h.Reason
	if v.form("reason") != "" {
		reason = v.form("reason")
	}
	view.Note = ui.Field{Name: "reason", Label: "Reason of the hold", Value: reason, Error: f.of("reason"), Help: "Why these records must be kept. Every change stays in the audit.",
		Attrs: templ.Attributes{"rows": "3", "maxlength": "4000"}}
}

func reviseHold(v *visit) error {
	id := v.param("id")
	version, _ := strconv.Atoi(v.form("version")) // 0 is refused as a missing precondition
	d := v.expiryDraft()
	expires, onExpiry, f := v.clock.expiry(d)
	reason := strings.TrimSpace(v.form("reason"))
	var err error
	if !f.any() {
		_, err = v.e.ReviseHold(v.ctx, v.actor, id, version, retention.HoldRevision{Reason: &reason, ExpiresAt: &expires, OnExpiry: &onExpiry})
		if more, ok := faultsOf(err); ok {
			f, err = more.renamed("expires_at", d.field()), nil
		}
	}
	if f.any() {
		return v.holdAgain(id, f)
	}
	if errors.Is(err, retention.ErrStale) {
		f.add("", "somebody else changed this hold meanwhile; look at it as it is now, and change it again")
		return v.holdAgain(id, f)
	}
	if err != nil {
		return err
	}
	return v.redirect("/holds/" + id + "?done=revised")
}

// holdAgain shows the page with what is wrong.
func (v *visit) holdAgain(id string, f faults) error {
	h, err := v.e.Hold(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	return v.holdPage(http.StatusUnprocessableEntity, h, f)
}

func releaseHold(v *visit) error {
	id := v.param("id")
	_, err := v.e.ReleaseHold(v.ctx, v.actor, id, v.form("release_reason"))
	if f, ok := faultsOf(err); ok {
		return v.holdAgain(id, f.renamed("reason", "release_reason"))
	}
	if errors.Is(err, retention.ErrConflict) {
		return fmt.Errorf("%w: the hold is being released already, or has ended; nothing was changed", retention.ErrConflict)
	}
	if err != nil {
		return err
	}
	return v.redirect("/holds/" + id + "?done=released")
}
