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
	// remindOn is when to look again at one without an expiry.
	remindOn string
}

func (v *visit) expiryDraft() expiryDraft {
	return expiryDraft{choice: v.form("expiry"), endsOn: strings.TrimSpace(v.form("ends_on")), reviewOn: strings.TrimSpace(v.form("review_on")), remindOn: strings.TrimSpace(v.form("remind_on"))}
}

// expiryOf is the draft of a hold as it is.
func (c clock) expiryOf(h retention.Hold) expiryDraft {
	switch {
	case h.ExpiresAt == nil && h.ReviewAt != nil:
		return expiryDraft{choice: "none", remindOn: c.lastDay(*h.ReviewAt)}
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

// reminder reads when to look again at a hold without an expiry; nil for in a year.
func (c clock) reminder(d expiryDraft) (*time.Time, faults) {
	var f faults
	if d.choice != "none" || d.remindOn == "" {
		return nil, f
	}
	t, err := c.endOfDay(d.remindOn)
	if err != nil {
		f.add("remind_on", err.Error())
		return nil, f
	}
	if !t.After(c.now) {
		f.add("remind_on", c.notOver())
	}
	return &t, f
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

// expiryText is an expiry by itself.
func (v *visit) expiryText(t *time.Time) string {
	if t == nil {
		return "no expiry"
	}
	return upperFirst(v.clock.endOf(*t))
}

// expiryFields are the inputs.
func (v *visit) expiryFields(d expiryDraft, f faults) (out ui.ExpiryFields) {
	zone := v.clock.zone.String()
	if d.remindOn == "" {
		d.remindOn = v.clock.lastDay(retention.DefaultReview.After(v.clock.now))
	}
	out.Choice = ui.Choice{Name: "expiry", Label: "When does it end?", Error: f.of("expiry"), Help: "A hold can be released at any time, whichever you choose.", Options: ui.Pick([]ui.Option{
		{Value: "none", Text: "No expiry", Help: "It stays until a person releases it, who is reminded of it."},
		{Value: "review", Text: "Review on a day", Help: "From that day on it is listed as due for review. It stays in force until a person extends or releases it."},
		{Value: "release", Text: "Ends by itself on a day", Help: "After that day the records are free without anybody being asked. It is announced 30 days, 7 days and 1 day before."},
	}, d.choice)}
	out.Ends = ui.Field{Name: "ends_on", Label: "Last day", Type: "date", Value: d.endsOn, Error: f.of("ends_on"), Help: "The hold is in force through the whole of this day (" + zone + ").",
		Attrs: templ.Attributes{"autocomplete": "off"}}
	out.Review = ui.Field{Name: "review_on", Label: "Review day", Type: "date", Value: d.reviewOn, Error: f.of("review_on"), Help: "The review is due when this day is over (" + zone + ").",
		Attrs: templ.Attributes{"autocomplete": "off"}}
	out.Remind = ui.Field{Name: "remind_on", Label: "Look at it again on", Type: "date", Value: d.remindOn, Error: f.of("remind_on"), Help: "From the end of this day (" + zone + ") it is listed as due for review. That ends nothing.",
		Attrs: templ.Attributes{"autocomplete": "off"}}
	return out
}
