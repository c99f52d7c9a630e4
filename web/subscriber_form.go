package web

import (
	"errors"
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// subscriberDraft is a subscriber as it stands in a form.
type subscriberDraft struct {
	kind                                   retention.SubscriberKind
	name, url, subject, types, entityTypes string
}

func (v *visit) subscriberDraft() subscriberDraft {
	return subscriberDraft{
		kind: retention.SubscriberKind(v.form("kind")), name: strings.TrimSpace(v.form("name")), url: strings.TrimSpace(v.form("url")),
		subject: strings.TrimSpace(v.form("subject")), types: v.form("types"), entityTypes: v.form("entity_types"),
	}
}

func draftOf(sub retention.Subscriber) subscriberDraft {
	return subscriberDraft{
		kind: sub.Kind, name: sub.Name, url: sub.URL, subject: sub.Subject,
		types: strings.Join(sub.Types, ", "), entityTypes: strings.Join(sub.EntityTypes, ", "),
	}
}

// listed reads words with commas or spaces between.
func listed(text string) []string {
	return strings.FieldsFunc(text, func(r rune) bool { return r == ',' || r == ' ' || r == '\n' || r == '\r' || r == '\t' })
}

var subscriberLabels = map[string]string{
	"name": "Name", "kind": "How it is told", "url": "URL", "subject": "Subject", "types": "Types of event", "entity_types": "Entity types",
	"from": "From", "until": "Through", "event": "Event",
}

// ofLists moves what is wrong with one entry of a list to the list's field.
func ofLists(f faults) faults {
	for i, e := range f.fields {
		if name, _, ok := strings.Cut(e.Field, "["); ok {
			f.fields[i].Field = name
		}
	}
	return f.renamed("events", "event")
}

func (v *visit) subscriberForm(d subscriberDraft, f faults) ui.SubscriberForm {
	off := templ.Attributes{"autocomplete": "off"}
	required := templ.Attributes{"autocomplete": "off", "required": true}
	return ui.SubscriberForm{
		Problems: f.summary(byName(subscriberLabels)),
		Kind: ui.Choice{Name: "kind", Label: "How it is told", Error: f.of("kind"), Options: ui.Pick([]ui.Option{
			{Value: "webhook", Text: "Webhook", Help: "Each event is posted to a URL, signed by a key of the subscriber's own (Standard Webhooks)."},
			{Value: "nats", Text: "NATS JetStream", Help: "Each event is published to a subject that a stream of the server keeps."},
		}, string(d.kind))},
		Name:       ui.Field{Name: "name", Label: "Name", Value: d.name, Error: f.of("name"), Help: "Lower-case letters, digits, _ and -, such as `crm`.", Attrs: required},
		URL:        ui.Field{Name: "url", Label: "URL", Value: d.url, Error: f.of("url"), Help: "Such as `https://crm.example.com/holdfast` or `nats://nats.example.com:4222`, without a password in it. With `http://` events travel in clear text.", Attrs: required},
		Subject:    ui.Field{Name: "subject", Label: "Subject", Value: d.subject, Error: f.of("subject"), Help: "For NATS alone; left empty it is `data.retention`.", Attrs: off},
		Types:      ui.Field{Name: "types", Label: "Types of event", Value: d.types, Error: f.of("types"), Help: "Such as `data.retention.*` or `hold.placed`, with commas between. Left empty, all: those of legal holds too, which carry the hold's matter and the name of who placed it. For disposals alone: `data.retention.*`.", Attrs: off},
		EntityType: ui.Field{Name: "entity_types", Label: "Entity types", Value: d.entityTypes, Error: f.of("entity_types"), Help: "Such as `user`, as policies declare them, with commas between. Left empty, all.", Attrs: off},
	}
}

func (v *visit) replayFields(view *ui.SubscriberView, f faults) {
	view.From = ui.Field{Name: "from", Label: "From", Type: "date", Value: v.form("from"), Error: f.of("from"), Help: "First day on which the events happened, in your zone."}
	view.Until = ui.Field{Name: "until", Label: "Through", Type: "date", Value: v.form("until"), Error: f.of("until"), Help: "Last day. Left empty, up to now."}
	view.Event = ui.Field{Name: "event", Label: "Event", Value: v.form("event"), Error: f.of("event"), Help: "The id of one event.", Attrs: templ.Attributes{"autocomplete": "off"}}
}

func newSubscriber(v *visit) error {
	return v.newSubscriberPage(http.StatusOK, subscriberDraft{kind: retention.SubscriberWebhook}, faults{})
}

func (v *visit) newSubscriberPage(status int, d subscriberDraft, f faults) error {
	return v.render(status, ui.NewSubscriber(v.shell("events", "Add a subscriber"), v.subscriberForm(d, f)))
}

// createSubscriber answers the page with the signing key itself instead of leading
// on: it is shown this once and must not stand in an address.
func createSubscriber(v *visit) error {
	d := v.subscriberDraft()
	sub, secret, err := v.e.CreateSubscriber(v.ctx, v.actor, retention.Subscriber{
		Name: d.name, Kind: d.kind, URL: d.url, Subject: d.subject, Types: listed(d.types), EntityTypes: listed(d.entityTypes), Enabled: true,
	})
	if f, ok := subscriberFaults(err); ok {
		return v.newSubscriberPage(http.StatusUnprocessableEntity, d, f)
	}
	if err != nil {
		return err
	}
	if secret == "" {
		return v.redirect("/subscribers/" + sub.ID + "?done=subscribed")
	}
	return v.subscriberPage(http.StatusOK, sub, subscriberPage{draft: draftOf(sub), secret: secret})
}

// subscriberFaults are what a person can mend in the form.
func subscriberFaults(err error) (faults, bool) {
	if errors.Is(err, retention.ErrConflict) {
		return faults{fields: []retention.FieldError{{Field: "name", Message: "is in use by another subscriber"}}}, true
	}
	f, ok := faultsOf(err)
	return ofLists(f), ok
}

func reviseSubscriber(v *visit) error {
	d := v.subscriberDraft()
	types, entityTypes := listed(d.types), listed(d.entityTypes)
	rev := retention.SubscriberRevision{Name: &d.name, URL: &d.url, Types: &types, EntityTypes: &entityTypes}
	if d.subject != "" {
		rev.Subject = &d.subject
	}
	_, err := v.e.ReviseSubscriber(v.ctx, v.actor, v.param("id"), v.versionOf(), rev)
	if f, ok := subscriberFaults(err); ok {
		return v.refusedSubscriber(d, f)
	}
	if err != nil {
		return err
	}
	return v.redirect("/subscribers/" + v.param("id") + "?done=saved")
}

// refusedSubscriber shows the page again with what was typed.
func (v *visit) refusedSubscriber(d subscriberDraft, f faults) error {
	sub, err := v.e.Subscriber(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	if d.name == "" && d.url == "" {
		d = draftOf(sub)
	}
	return v.subscriberPage(http.StatusUnprocessableEntity, sub, subscriberPage{draft: d, faults: f})
}

func replayEvents(v *visit) error {
	r, f := v.replay()
	if f.any() {
		return v.refusedSubscriber(subscriberDraft{}, f)
	}
	n, err := v.e.Replay(v.ctx, v.actor, v.param("id"), r)
	if bad, ok := faultsOf(err); ok {
		return v.refusedSubscriber(subscriberDraft{}, ofLists(bad))
	}
	if err != nil {
		return err
	}
	return v.redirect("/subscribers/" + v.param("id") + "?done=" + pick(n > 0, "replayed", "nothing-replayed"))
}

// replay reads which of its three forms was sent. Days are whole days in the reader's
// zone.
func (v *visit) replay() (retention.Replay, faults) {
	var f faults
	if v.form("dead") != "" {
		return retention.Replay{Dead: true}, f
	}
	if _, given := v.r.PostForm["event"]; given {
		id := strings.TrimSpace(v.form("event"))
		if id == "" {
			f.add("event", "name the event by its id")
		}
		return retention.Replay{Events: []string{id}}, f
	}
	var r retention.Replay
	from, err := time.ParseInLocation(time.DateOnly, v.form("from"), v.clock.zone)
	if err != nil {
		f.add("from", "must be a date such as 2026-03-03")
	}
	r.From = &from
	if s := v.form("until"); s != "" {
		until, err := v.clock.endOfDay(s)
		if err != nil {
			f.add("until", err.Error())
		}
		r.Until = &until
	}
	return r, f
}
