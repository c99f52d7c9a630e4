package web

import (
	"net/http"
	"strconv"
	"strings"

	"github.com/go-chi/chi/v5"

	"holdfast/retention"
	"holdfast/web/ui"
)

func (s *server) subscriberRoutes(r chi.Router) {
	r.Get("/subscribers", s.page(subscribers))
	r.Get("/subscribers/new", s.page(newSubscriber))
	r.Post("/subscribers", s.page(createSubscriber))
	r.Get("/subscribers/{id}", s.page(subscriber))
	r.Post("/subscribers/{id}/revise", s.page(reviseSubscriber))
	r.Post("/subscribers/{id}/switch", s.page(switchSubscriber))
	r.Post("/subscribers/{id}/test", s.page(testSubscriber))
	r.Post("/subscribers/{id}/replay", s.page(replayEvents))
	r.Get("/subscribers/{id}/rotate", s.page(askRotate))
	r.Post("/subscribers/{id}/rotate", s.page(rotateSecret))
	r.Get("/subscribers/{id}/end", s.page(askEnd))
	r.Post("/subscribers/{id}/end", s.page(endSubscriber))
}

func subscribers(v *visit) error {
	list, next, err := v.e.Subscribers(v.ctx, v.actor, v.cursor())
	if err != nil {
		return err
	}
	view := ui.SubscribersView{Pager: v.pager("subscribers", next), Empty: ui.Empty{
		Title: "Nobody is told.", Action: "Add a subscriber", ActionTo: "/subscribers/new",
		Text: "A subscriber is another service that learns of what was deleted, anonymized or archived, and of holds: by a signed webhook or over NATS JetStream.",
	}}
	told, err := v.told()
	if err != nil {
		return err
	}
	for _, sub := range list {
		st, err := v.e.SubscriberStatus(v.ctx, v.actor, sub.ID)
		if err != nil {
			return err
		}
		view.Rows = append(view.Rows, ui.SubscriberRow{
			Href: "/subscribers/" + sub.ID, Name: sub.Name, Kind: kindWords(sub.Kind), URL: sub.URL, Wants: wantsWords(sub),
			State: subscriberPill(sub, st), Says: subscriberSays(sub, st), LastSuccess: v.clock.atp(st.LastSuccess),
		})
	}
	view.Head = ui.Head{Title: "Subscribers", Answer: told.answer(), Tone: told.tone()}
	return v.render(http.StatusOK, ui.Subscribers(v.shell("events", "Subscribers"), view))
}

func kindWords(k retention.SubscriberKind) string {
	if k == retention.SubscriberNATS {
		return "NATS JetStream"
	}
	return "webhook"
}

// wantsWords says what a subscriber is told of.
func wantsWords(sub retention.Subscriber) string {
	words := "every event"
	if len(sub.Types) > 0 {
		words = strings.Join(sub.Types, ", ")
	}
	if len(sub.EntityTypes) > 0 {
		words += " of " + strings.Join(sub.EntityTypes, ", ")
	}
	return words
}

// failing is whether the last answer was a failure.
func failing(st retention.SubscriberStatus) bool {
	return st.LastFailure != nil && (st.LastSuccess == nil || st.LastFailure.After(*st.LastSuccess))
}

func subscriberPill(sub retention.Subscriber, st retention.SubscriberStatus) ui.Pill {
	switch {
	case !sub.Enabled:
		return ui.Pill{Tone: "quiet", Text: "Switched off"}
	case st.Undelivered() > 0 && failing(st):
		return ui.Pill{Tone: "bad", Text: "Failing"}
	case st.Undelivered() > 0:
		return ui.Pill{Tone: "busy", Text: "Delivering"}
	case st.Dead > 0:
		return ui.Pill{Tone: "warn", Text: "Events given up"}
	}
	return ui.Pill{Tone: "good", Text: "Up to date"}
}

// subscriberSays is how far a subscriber is, in words.
func subscriberSays(sub retention.Subscriber, st retention.SubscriberStatus) string {
	var parts []string
	switch n := st.Undelivered(); {
	case n > 0 && !sub.Enabled:
		parts = append(parts, ui.Count(n, "event waits", "events wait")+" for it")
	case n > 0:
		parts = append(parts, ui.Count(n, "event", "events")+" behind")
	case st.Dead == 0:
		parts = append(parts, "everything delivered")
	}
	if st.Dead > 0 {
		parts = append(parts, ui.Num(st.Dead)+" given up")
	}
	if failing(st) {
		parts = append(parts, "last answer: "+firstWords(st.LastAnswer))
	}
	return strings.Join(parts, ", ")
}

// firstWords shortens an answer for a line; its backquotes are none of ours.
func firstWords(answer string) string {
	const most = 80
	answer = strings.ReplaceAll(answer, "`", "'")
	if r := []rune(answer); len(r) > most {
		return string(r[:most]) + "…"
	}
	return answer
}

// subscriber is the page of one subscriber.
func subscriber(v *visit) error {
	sub, err := v.e.Subscriber(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	return v.subscriberPage(http.StatusOK, sub, subscriberPage{draft: draftOf(sub)})
}

// subscriberPage is what an answer adds to the page.
type subscriberPage struct {
	draft   subscriberDraft
	faults  faults
	secret  string
	rotated bool
	test    *retention.SubscriberTest
}

func (v *visit) subscriberPage(status int, sub retention.Subscriber, p subscriberPage) error {
	st, err := v.e.SubscriberStatus(v.ctx, v.actor, sub.ID)
	if err != nil {
		return err
	}
	pill := subscriberPill(sub, st)
	view := ui.SubscriberView{
		Head: ui.Head{Title: sub.Name, Parent: "Subscribers", ParentHref: "/subscribers", Answer: upperFirst(subscriberSays(sub, st)) + ".", Tone: pick(pill.Tone == "quiet", "", pill.Tone)},
		ID:   sub.ID, Name: sub.Name, State: pill, Enabled: sub.Enabled, Webhook: sub.Kind == retention.SubscriberWebhook, ClearText: strings.HasPrefix(sub.URL, "http://"), Version: sub.Version, Dead: st.Dead,
		LastSuccess: v.clock.atp(st.LastSuccess), LastFailure: v.clock.atp(st.LastFailure), LastAnswer: st.LastAnswer,
		Stats: []ui.Stat{
			{Label: "Delivered", Value: ui.Num(st.Delivered), Note: "since it exists"},
			{Label: "Behind", Value: ui.Num(st.Behind), Note: "not yet tried"},
			{Label: "Tried again", Value: ui.Num(st.Retrying), Note: "after a failure"},
			{Label: "Waiting", Value: ui.Num(st.Waiting), Note: "for those before them, or for their first try"},
			{Label: "Given up", Value: ui.Num(st.Dead), Note: "after three days"},
		},
		Facts: v.subscriberFacts(sub, st), Secret: p.secret, Rotated: p.rotated, Tested: testWords(p.test),
	}
	if err := v.subscriberDeliveries(&view, sub, st); err != nil {
		return err
	}
	view.Form = v.subscriberForm(p.draft, p.faults)
	view.Form.HasSubject, view.Form.Version = sub.Kind == retention.SubscriberNATS, sub.Version
	v.replayFields(&view, p.faults)
	return v.render(status, ui.Subscriber(v.shell("events", sub.Name), view))
}

func (v *visit) subscriberFacts(sub retention.Subscriber, st retention.SubscriberStatus) []ui.Pair {
	facts := []ui.Pair{
		{Name: "Is told of", Value: wantsWords(sub)},
		{Name: upperFirst(kindWords(sub.Kind)), Value: sub.URL, Code: true},
	}
	if sub.Subject != "" {
		facts = append(facts, ui.Pair{Name: "Subject", Value: sub.Subject, Code: true})
	}
	if st.PausedUntil != nil && st.PausedUntil.After(v.clock.now) {
		facts = append(facts, ui.Pair{Name: "Left alone", Value: "it refused everything; asked again " + v.clock.ago(*st.PausedUntil)})
	}
	if st.Replaying > 0 {
		facts = append(facts, ui.Pair{Name: "Delivering again", Value: ui.Count(st.Replaying, "range of time", "ranges of time")})
	}
	if until := sub.FormerSecretUntil; until != nil && until.After(v.clock.now) {
		facts = append(facts, ui.Pair{Name: "Former signing key", Value: "signs too until " + v.clock.at(*until).Text})
	}
	return append(facts, ui.Pair{Name: "Added", Value: v.clock.at(sub.CreatedAt).Text + " by " + sub.CreatedBy}, ui.Pair{Name: "Id", Value: sub.ID, Code: true})
}

// deliveriesShown is how many events that did not go through stand on a page: a row takes
// a third of a phone's height, and what can be done with all of them stands below.
const deliveriesShown = 10

func (v *visit) subscriberDeliveries(view *ui.SubscriberView, sub retention.Subscriber, st retention.SubscriberStatus) error {
	state := retention.DeliveryState(v.query("state"))
	counts := map[retention.DeliveryState]int64{retention.DeliveryWaiting: st.Waiting, retention.DeliveryRetrying: st.Retrying, retention.DeliveryDead: st.Dead}
	var states []retention.DeliveryState
	if _, known := counts[state]; known {
		states = append(states, state)
	} else if state != "" {
		return retention.NotFoundf("deliveries of state %q", state)
	}
	page := v.cursor()
	page.Limit = deliveriesShown
	list, next, err := v.e.Deliveries(v.ctx, v.actor, sub.ID, states, page)
	if err != nil {
		return err
	}
	here := "/subscribers/" + sub.ID
	view.Chips = []ui.Chip{{Text: "All", Href: here + "#deliveries", Count: st.Waiting + st.Retrying + st.Dead, HasCount: true, Current: state == ""}}
	for _, s := range []retention.DeliveryState{retention.DeliveryRetrying, retention.DeliveryWaiting, retention.DeliveryDead} {
		view.Chips = append(view.Chips, ui.Chip{Text: deliveryPill(s).Text, Href: here + "?state=" + string(s) + "#deliveries", Count: counts[s], HasCount: true, Current: s == state})
	}
	view.Empty = ui.Empty{Title: "Nothing is stuck.", Text: "An event that does not go through at once is listed here, with what the subscriber answered. It is tried again for three days."}
	if view.Pager = v.pager("deliveries", next); view.Pager.Next != "" {
		view.Pager.Next += "#deliveries"
	}
	for _, d := range list {
		view.Rows = append(view.Rows, ui.DeliveryRow{
			EventID: d.EventID, Type: string(d.Type), Entity: entityWords(d), Answer: d.LastAnswer, State: deliveryPill(d.State),
			Attempts: d.Attempts, FirstFailed: v.clock.atp(d.FirstFailedAt), Next: v.nextTry(d, st),
		})
	}
	return nil
}

// nextTry says when a delivery is tried next: not before the subscriber is asked again.
func (v *visit) nextTry(d retention.Delivery, st retention.SubscriberStatus) string {
	at := d.NextAt
	if at == nil {
		return ""
	}
	if until := st.PausedUntil; until != nil && until.After(*at) {
		at = until
	}
	if !at.After(v.clock.now) {
		return "next try at once"
	}
	return "next try " + v.clock.ago(*at)
}

func entityWords(d retention.Delivery) string {
	if len(d.EntityID) == 0 {
		return strings.TrimSpace(d.EntityType + " of an unknown key")
	}
	return d.EntityType + " " + keyText(d.EntityID)
}

func deliveryPill(s retention.DeliveryState) ui.Pill {
	switch s {
	case retention.DeliveryDead:
		return ui.Pill{Tone: "bad", Text: "Given up"}
	case retention.DeliveryRetrying:
		return ui.Pill{Tone: "warn", Text: "Tried again"}
	}
	return ui.Pill{Tone: "busy", Text: "Waiting"}
}

// versionOf is the version that a form was shown with.
func (v *visit) versionOf() int {
	n, err := strconv.Atoi(v.form("version"))
	if err != nil || n == 0 {
		return -1 // none of ours: stale
	}
	return n
}

func switchSubscriber(v *visit) error {
	on := v.form("enabled") == "true"
	_, err := v.e.ReviseSubscriber(v.ctx, v.actor, v.param("id"), v.versionOf(), retention.SubscriberRevision{Enabled: &on})
	if err != nil {
		return err
	}
	return v.redirect("/subscribers/" + v.param("id") + "?done=saved")
}

func (v *visit) ask(view ui.SubscriberAskView, do func(sub retention.Subscriber, st retention.SubscriberStatus, view *ui.SubscriberAskView)) error {
	sub, err := v.e.Subscriber(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	st, err := v.e.SubscriberStatus(v.ctx, v.actor, sub.ID)
	if err != nil {
		return err
	}
	view.ID, view.Version = sub.ID, sub.Version
	do(sub, st, &view)
	view.Head.Parent, view.Head.ParentHref = sub.Name, "/subscribers/"+sub.ID
	return v.render(http.StatusOK, ui.SubscriberAsk(v.shell("events", view.Head.Title), view))
}

func askRotate(v *visit) error {
	return v.ask(ui.SubscriberAskView{Action: "rotate", Button: "Make a new signing key", Keep: "Keep the present one"}, func(sub retention.Subscriber, st retention.SubscriberStatus, view *ui.SubscriberAskView) {
		view.Head = ui.Head{Title: "New signing key for " + sub.Name, Answer: "The new key signs at once; for 24 hours the former one signs too. The new key is shown once."}
		view.Facts = []ui.Pair{{Name: "Receiver", Value: sub.URL}}
		if until := sub.FormerSecretUntil; until != nil && until.After(st.MeasuredAt) {
			view.Head.Tone = "warn"
			view.Head.Answer = "The key was changed less than 24 hours ago, and the one before it still signs. A new key ends that one at once: a receiver that still uses it refuses everything. Go on only if the receiver has the present key. The new key is shown once."
			view.Facts = append(view.Facts, ui.Pair{Name: "Former signing key", Value: "signs until " + v.clock.at(*until).Text})
			view.Button, view.Danger, view.DropFormer = "Make a new signing key and end the former one", true, true
		}
	})
}

func askEnd(v *visit) error {
	return v.ask(ui.SubscriberAskView{Action: "end", Button: "End subscriber", Keep: "Keep it", Danger: true}, func(sub retention.Subscriber, st retention.SubscriberStatus, view *ui.SubscriberAskView) {
		view.Head = ui.Head{Title: "End " + sub.Name, Tone: "warn", Answer: "It is told of nothing any more, and what was not delivered is dropped. This cannot be undone."}
		view.Facts = []ui.Pair{{Name: "Not delivered", Value: ui.Count(st.Undelivered(), "event", "events")}, {Name: "Given up", Value: ui.Count(st.Dead, "event", "events")}, {Name: "Receiver", Value: sub.URL}}
	})
}

// rotateSecret answers the page with the key itself instead of leading on: it is
// shown this once and must not stand in an address.
func rotateSecret(v *visit) error {
	sub, secret, err := v.e.RotateSecret(v.ctx, v.actor, v.param("id"), v.form("drop_former") == "true")
	if err != nil {
		return err
	}
	return v.subscriberPage(http.StatusOK, sub, subscriberPage{draft: draftOf(sub), secret: secret, rotated: true})
}

// testSubscriber answers the page with what came of the test: a stranger's words must not
// stand in an address.
func testSubscriber(v *visit) error {
	test, err := v.e.TestSubscriber(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	sub, err := v.e.Subscriber(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	return v.subscriberPage(http.StatusOK, sub, subscriberPage{draft: draftOf(sub), test: &test})
}

func testWords(t *retention.SubscriberTest) *ui.SubscriberTested {
	if t == nil {
		return nil
	}
	took := strconv.FormatFloat(t.Duration.Seconds(), 'f', 2, 64) + " seconds"
	if t.Delivered {
		return &ui.SubscriberTested{Good: true, Text: "The test event was delivered in " + took + ". What waits is sent now.", Answer: t.Answer}
	}
	return &ui.SubscriberTested{Text: "The test event was not delivered; that took " + took + ".", Answer: t.Answer}
}

func endSubscriber(v *visit) error {
	if err := v.e.EndSubscriber(v.ctx, v.actor, v.param("id"), v.versionOf()); err != nil {
		return err
	}
	return v.redirect("/subscribers?done=ended")
}
