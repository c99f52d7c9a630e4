package web

import (
	"errors"
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

var holdLabels = map[string]string{
	"release_reason": "Reason for the release", "expiry": "When it ends", "ends_on": "Last day", "review_on": "Review day", "remind_on": "Look at it again on",
	"reason": "Reason", "change_reason": "Why it is changed", "take_back_reason": "Why the hold is kept", "note": "What the review found", "next_review": "Next review", "list": "File",
}

// holdLabel names the fields of the page's forms for the summary.
func holdLabel(field string) (name, label string, ok bool) {
	if strings.HasPrefix(field, "keep.") {
		return field, "Why they are kept", true
	}
	return byName(holdLabels)(field)
}

// holdForms fills the forms for its end.
func (v *visit) holdForms(view *ui.HoldView, h retention.Hold, f faults) {
	after := "At once these"
	if delay := h.CoolsOff(v.e.ReleaseDelay()); !delay.IsZero() {
		after = "It stays in force for another " + delay.Human() + ", in which the release can be taken back. Then these"
	}
	view.ReleaseText = "The hold covers " + holdCovers(h) + ". " + after + " records are protected by this hold no more: what is due of them goes with the next run, unless another hold covers it. The hold stays listed."
	label, why := holdLabels["release_reason"], "Why these records need not be kept any more. "
	if view.CanGiveUp {
		view.ReleaseText = "This hold was never in force. If it is given up it never will be, and stays listed with the reason."
		label, why = "Why it is given up", ""
	}
	view.Release = ui.Field{Name: "release_reason", Label: label, Value: v.form("release_reason"), Error: f.of("release_reason"),
		Help: why + "It is recorded with your name.", Attrs: templ.Attributes{"rows": "3", "required": true, "maxlength": "4000"}}
	view.TakeBack = ui.Field{Name: "take_back_reason", Label: "Why the hold is kept", Value: v.form("take_back_reason"), Error: f.of("take_back_reason"),
		Help: "It is recorded with your name.", Attrs: templ.Attributes{"rows": "2", "required": true, "maxlength": "4000"}}
	if view.ReviewNonce = v.form("nonce"); !nonceForm.MatchString(view.ReviewNonce) {
		view.ReviewNonce = newNonce()
	}
	view.ReviewNote = ui.Field{Name: "note", Label: "What the review found", Value: v.form("note"), Error: f.of("note"),
		Help: "Such as who was asked, and why the hold stays. It is recorded with your name.", Attrs: templ.Attributes{"rows": "3", "required": true, "maxlength": "4000"}}
	next := v.form("next_review")
	if next == "" {
		next = v.clock.lastDay(retention.DefaultReview.After(v.clock.now))
	}
	view.NextReview = ui.Field{Name: "next_review", Label: "Next review", Type: "date", Value: next, Error: f.of("next_review"), Help: "When it is looked at again, in a year if nothing else is said.", Attrs: templ.Attributes{"autocomplete": "off"}}
	v.uploadForm(view, h)
	d := v.expiryDraft()
	if d.choice == "" {
		d = v.clock.expiryOf(h)
	}
	view.Expiry = v.expiryFields(d, f)
	reason := h.Reason
	if v.form("reason") != "" {
		reason = v.form("reason")
	}
	view.Note = ui.Field{Name: "reason", Label: "Reason of the hold", Value: reason, Error: f.of("reason"), Help: "Why these records must be kept. Every change stays in the audit.",
		Attrs: templ.Attributes{"rows": "3", "maxlength": "4000"}}
	view.Why = ui.Field{Name: "change_reason", Label: "Why it is changed", Value: v.form("change_reason"), Error: f.of("change_reason"), Help: "Needed where it changes when the hold ends, or is looked at again. It is recorded with your name.",
		Attrs: templ.Attributes{"rows": "2", "maxlength": "4000"}}
}

func reviseHold(v *visit) error {
	id := v.param("id")
	version, _ := strconv.Atoi(v.form("version")) // 0 is refused as a missing precondition
	d := v.expiryDraft()
	expires, onExpiry, f := v.clock.expiry(d)
	rev := retention.HoldRevision{ExpiresAt: &expires, OnExpiry: &onExpiry}
	remind, more := v.clock.reminder(d)
	f.fields = append(f.fields, more.fields...)
	if d.choice == "none" && remind != nil {
		rev.ReviewAt = &remind
	}
	reason := strings.TrimSpace(v.form("reason"))
	rev.Reason = &reason
	var err error
	if !f.any() {
		_, err = v.e.ReviseHold(v.ctx, v.actor, id, version, rev, v.form("change_reason"))
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

func takeBackRelease(v *visit) error {
	id := v.param("id")
	_, err := v.e.TakeBackRelease(v.ctx, v.actor, id, v.form("take_back_reason"))
	if f, ok := faultsOf(err); ok {
		return v.holdAgain(id, f.renamed("reason", "take_back_reason"))
	}
	if err != nil {
		return err
	}
	return v.redirect("/holds/" + id + "?done=taken_back")
}

func reviewHold(v *visit) error {
	id := v.param("id")
	var f faults
	var next *time.Time
	if text := strings.TrimSpace(v.form("next_review")); text != "" {
		at, err := v.clock.endOfDay(text)
		switch {
		case err != nil:
			f.add("next_review", err.Error())
		case !at.After(v.clock.now):
			f.add("next_review", v.clock.notOver())
		}
		next = &at
	}
	if f.any() {
		return v.holdAgain(id, f)
	}
	to, err := v.once("review:"+id, v.form("nonce"), func() (string, error) {
		_, err := v.e.ReviewHold(v.ctx, v.actor, id, v.form("note"), next)
		return "/holds/" + id + "?done=reviewed", err
	})
	if errors.Is(err, errNonceUsed) {
		v.r.PostForm.Del("nonce")
		f.add("note", "was recorded by this form before, in other words or with another date; look at the time-line first, and record it again if it is another review")
		return v.holdAgain(id, f)
	}
	if f, ok := faultsOf(err); ok {
		return v.holdAgain(id, f.renamed("review_at", "next_review"))
	}
	if err != nil {
		return err
	}
	return v.redirect(to)
}

// holdAgain shows the page with what is wrong.
func (v *visit) holdAgain(id string, f faults) error {
	h, err := v.e.Hold(v.ctx, v.actor, id)
	if err != nil {
		return err
	}
	return v.holdPage(http.StatusUnprocessableEntity, h, f)
}

// releaseHold asks for the release. Whoever presses twice is led to what the first press did.
func releaseHold(v *visit) error {
	id, reason := v.param("id"), strings.TrimSpace(v.form("release_reason"))
	released, err := v.e.ReleaseHold(v.ctx, v.actor, id, reason)
	if f, ok := faultsOf(err); ok {
		return v.holdAgain(id, f.renamed("reason", "release_reason"))
	}
	if errors.Is(err, retention.ErrConflict) {
		h, again := v.e.Hold(v.ctx, v.actor, id)
		if again != nil {
			return again
		}
		if (h.Status == retention.HoldReleasing || h.Status == retention.HoldReleased) && h.ReleasedBy == v.actor.Name && h.ReleaseReason == reason {
			err = nil
		}
	}
	if err != nil {
		return err
	}
	return v.redirect("/holds/" + id + "?done=" + pick(released.GivenUp(), "given_up", "released"))
}
