package web

import (
	"strings"
	"time"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// expiryDraft is a hold's end as it stands in the form. People choose one of three,
// none of which is the default: a hold that frees data silently and one that nobody
// ever looks at again are both known accidents.
type expiryDraft struct {
	// choice is none, release or review.
	choice           string
	endsOn, reviewOn string
}

func (v *visit) expiryDraft() expiryDraft {
	return expiryDraft{choice: v.form("expiry"), endsOn: strings.TrimSpace(v.form("ends_on")), reviewOn: strings.TrimSpace(v.form("review_on"))}
}

// expiryOf is the draft of a hold as it is.
func (c clock) expiryOf(h retention.Hold) expiryDraft {
	switch {
	case h.ExpiresAt == nil:
		return expiryDraft{choice: "none"}
	case h.OnExpiry == retention.OnExpiryReview:
		return expiryDraft{choice: "review", reviewOn: c.lastDay(*h.ExpiresAt)}
	}
	return expiryDraft{choice: "release", endsOn: c.lastDay(*h.ExpiresAt)}
}

// field is where a fault of the date belongs.
func (d expiryDraft) field() string {
	switch d.choice {
	case "release":
		return "ends_on"
	case "review":
		return "review_on"
	}
	return "expiry"
}

// expiry reads the draft.
func (c clock) expiry(d expiryDraft) (*time.Time, retention.OnExpiry, faults) {
	var f faults
	text, on := d.endsOn, retention.OnExpiryRelease
	switch d.choice {
	case "none":
		return nil, retention.OnExpiryRelease, f
	case "release":
	case "review":
		text, on = d.reviewOn, retention.OnExpiryReview
	default:
		f.add("expiry", "choose one of the three")
		return nil, on, f
	}
	t, err := c.endOfDay(text)
	if err != nil {
		f.add(d.field(), err.Error())
		return nil, on, f
	}
	if !t.After(c.now) {
		f.add(d.field(), c.notOver())
	}
	return &t, on, f
}

// notOver asks for a day that is not over. The engine refuses it too, by its own clock
// and in words for programs.
func (c clock) notOver() string { return "must be today, " + c.day(c.now) + ", or later" }

// expiryFields are the inputs.
func (v *visit) expiryFields(d expiryDraft, f faults) (choice ui.Choice, ends, review ui.Field) {
	zone := v.clock.zone.String()
	choice = ui.Choice{Name: "expiry", Label: "When does it end?", Error: f.of("expiry"), Help: "A hold can be released at any time, whichever you choose.", Options: ui.Pick([]ui.Option{
		{Value: "none", Text: "No expiry", Help: "It stays until a person releases it."},
		{Value: "review", Text: "Review on a day", Help: "From that day on it is listed as due for review. It stays in force until a person extends or releases it."},
		{Value: "release", Text: "Ends by itself on a day", Help: "After that day the records are free without anybody being asked."},
	}, d.choice)}
	ends = ui.Field{Name: "ends_on", Label: "Last day", Type: "date", Value: d.endsOn, Error: f.of("ends_on"), Help: "The hold is in force through the whole of this day (" + zone + ").",
		Attrs: templ.Attributes{"autocomplete": "off"}}
	review = ui.Field{Name: "review_on", Label: "Review day", Type: "date", Value: d.reviewOn, Error: f.of("review_on"), Help: "The review is due when this day is over (" + zone + ").",
		Attrs: templ.Attributes{"autocomplete": "off"}}
	return choice, ends, review
}
