package web

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

func TestSubscribersSayHowFarTheyAre(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/subscribers")
	wantText(t, a, ".answer", "Not everything has reached crm: 2,310 events behind, 3 given up, and it is failing.")
	for _, want := range []string{"2,310 events behind, 3 given up, last answer: 500 Internal Server Error", "everything delivered", "310 events wait for it", "Switched off"} {
		wantText(t, a, "main", want)
	}
	a = s.get("/subscribers/" + subscriberID)
	wantText(t, a, ".answer", "2,310 events behind")
	wantText(t, a, "main", "<h1>Whitelabel error page</h1>") // as text
	wantText(t, a, "main", "user 4711")
	a = s.get("/subscribers/" + subscriberID + "?state=dead")
	if n := len(a.page.all("tbody tr")); n != 3 {
		t.Errorf("%d dead deliveries are shown, want 3", n)
	}
	wantCode(t, s.get("/subscribers/"+subscriberID+"?state=lost"), http.StatusNotFound)
	wantCode(t, s.get("/subscribers/nobody"), http.StatusNotFound)
}

func TestSigningKeyIsShownOnceAndInNoAddress(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.post("/subscribers", url.Values{"name": {"shop"}, "kind": {"webhook"}, "url": {"https://1.1.1.1/h"}, "types": {"hold.*, data.retention.deleted"}})
	wantCode(t, a, http.StatusOK)
	first := a.page.one("code#secret")
	if !strings.HasPrefix(first, "whsec_") || a.location != "" {
		t.Errorf("key: got %q, and a way to %q", first, a.location)
	}
	made := s.store.subscribers[3]
	if strings.Join(made.Types, "|") != "hold.*|data.retention.deleted" || !made.Enabled {
		t.Errorf("saved %+v", made.Subscriber)
	}
	if got := s.get("/subscribers/" + made.ID).body; strings.Contains(got, "whsec_") {
		t.Error("the page shows the key again")
	}
	wantText(t, s.get("/subscribers/"+made.ID+"/rotate"), ".answer", "for 24 hours the former one signs too")
	a = s.post("/subscribers/"+made.ID+"/rotate", nil)
	if second := a.page.one("code#secret"); !strings.HasPrefix(second, "whsec_") || second == first {
		t.Errorf("rotated key: got %q after %q", second, first)
	}
	// The first key still signs, and the receiver may use it: the page says what another ends.
	wantText(t, s.get("/subscribers/"+made.ID+"/rotate"), ".answer", "A new key ends that one at once")
	wantCode(t, s.post("/subscribers/"+made.ID+"/rotate", nil), http.StatusConflict)
	wantCode(t, s.post("/subscribers/"+made.ID+"/rotate", url.Values{"drop_former": {"true"}}), http.StatusOK)
}

func TestSubscriberPagesSayWhoCanReadWhatIsSent(t *testing.T) {
	st := filledStore()
	s := signedIn(t, st, catalog())
	wantText(t, s.get("/subscribers/new"), "#f-types-help", "legal holds too, which carry the hold's matter")
	wantText(t, s.get("/subscribers/new"), "#f-url-help", "in clear text")
	if strings.Contains(s.get("/subscribers/"+subscriberID).body, "in clear text: its URL") {
		t.Error("an https URL is said to be in clear text")
	}
	st.subscribers[0].URL = "http://1.1.1.1/h"
	wantText(t, s.get("/subscribers/"+subscriberID), "main", "Events travel to this subscriber in clear text")
}

func TestRefusedSubscriberKeepsWhatWasTyped(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.post("/subscribers", url.Values{"name": {"Shop!"}, "kind": {"webhook"}, "url": {"http://127.0.0.1/h"}, "types": {"order.*"}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-name-error", "Must begin with a lower-case letter")
	wantText(t, a, "#f-types-error", "fits no type of event")
	if a.page.value("url") != "http://127.0.0.1/h" || a.page.value("kind") != "webhook" || a.page.value("types") != "order.*" {
		t.Error("what was typed is lost")
	}
	a = s.post("/subscribers", url.Values{"name": {"shop"}, "kind": {"webhook"}, "url": {"http://127.0.0.1/h"}})
	wantText(t, a, "#f-url-error", "HOLDFAST_WEBHOOK_ALLOW_PRIVATE")
	a = s.post("/subscribers", url.Values{"name": {"crm"}, "kind": {"nats"}, "url": {"nats://n"}})
	wantText(t, a, "#f-name-error", "Is in use")
	if len(s.store.subscribers) != 3 {
		t.Error("a refused subscriber was saved")
	}
}

func TestSubscriberIsEditedSwitchedReplayedAndEnded(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	here := "/subscribers/" + subscriberID
	a := s.post(here+"/revise", url.Values{"version": {"1"}, "name": {"crm"}, "url": {"https://1.1.1.1/"}, "types": {"nothing"}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-types-error", "fits no type")
	a = s.post(here+"/revise", url.Values{"version": {"1"}, "name": {"crm"}, "url": {"https://1.1.1.1/"}})
	wantCode(t, a, http.StatusSeeOther)
	wantCode(t, s.post(here+"/switch", url.Values{"version": {"1"}, "enabled": {"false"}}), http.StatusPreconditionFailed)
	wantCode(t, s.post(here+"/switch", url.Values{"version": {"2"}, "enabled": {"false"}}), http.StatusSeeOther)
	if sub := s.store.subscribers[0]; sub.Enabled || sub.URL != "https://1.1.1.1/" || len(sub.Types) != 0 {
		t.Errorf("got %+v", sub.Subscriber)
	}
	for _, form := range []url.Values{{"dead": {"true"}}, {"event": {"0195aabb-0"}}, {"from": {"2026-03-01"}, "until": {"2026-03-02"}}} {
		if a := s.post(here+"/replay", form); a.location != here+"?done=replayed" {
			t.Errorf("replay %v: got %d to %q", form, a.code, a.location)
		}
	}
	wantText(t, s.post(here+"/replay", url.Values{"event": {"no event"}}), "#f-event-error", "is no event")
	wantText(t, s.post(here+"/replay", url.Values{"from": {"soon"}}), "#f-from-error", "Must be a date")
	if got := s.store.subscribers[0].replays; len(got) != 3 || !got[0].Dead || got[2].Until.Sub(*got[2].From).Hours() != 48 {
		t.Errorf("replays: got %+v", got)
	}
	wantText(t, s.get(here+"/end"), "main", "2,310 events")
	if a := s.post(here+"/end", url.Values{"version": {"3"}}); a.location != "/subscribers?done=ended" {
		t.Errorf("end: got %d to %q", a.code, a.location)
	}
	wantCode(t, s.get(here), http.StatusNotFound)
	var actions []string
	for _, e := range s.store.entries {
		if strings.HasPrefix(e.Object, "subscriber/") {
			actions = append(actions, e.Action)
		}
	}
	if got := strings.Join(actions, " "); got != "subscriber.end subscriber.revise subscriber.revise" {
		t.Errorf("audit: got %s", got)
	}
}

// TestOverviewAndEventsSayWhatHasNotReachedSubscribers: the same line as on their own page.
func TestOverviewAndEventsSayWhatHasNotReachedSubscribers(t *testing.T) {
	const late = "Not everything has reached crm: 2,310 events behind, 3 given up, and it is failing."
	store := filledStore()
	s := signedIn(t, store, catalog())
	for _, path := range []string{"/", "/events", "/subscribers"} {
		wantText(t, s.get(path), ".top", late)
	}
	wantText(t, s.get("/"), "main", "Told to others")
	shop := store.subscribers[0]
	shop.Name, shop.ID, shop.status.LastSuccess = "shop", "0195-shop", agop(time.Minute)
	store.subscribers = append(store.subscribers, shop)
	wantText(t, s.get("/events"), ".answer", "Not everything has reached 2 of 4 subscribers, crm and shop: 4,620 events behind, 6 given up, crm failing.")
	store.subscribers = store.subscribers[1:3]
	wantText(t, s.get("/events"), ".answer", "Everything is delivered to 2 subscribers.")
	if got := s.get("/").page.one(".answer"); strings.Contains(got, "subscriber") {
		t.Errorf("the overview's answer speaks of what is in order: %q", got)
	}
	wantText(t, s.get("/"), "main", "Everything is delivered to 2 subscribers.")
	empty := signedIn(t, emptyStore(), catalog())
	wantText(t, empty.get("/events"), ".answer", "Nobody is told of events.")
	if got := empty.get("/").body; strings.Contains(got, "Told to others") {
		t.Error("the overview speaks of subscribers where there are none")
	}
}

func TestDeliveryIsNotTriedBeforeItsSubscriberIs(t *testing.T) {
	store := filledStore()
	for i := range store.subscribers[0].deliveries {
		store.subscribers[0].deliveries[i].NextAt = agop(59 * time.Second)
	}
	s := signedIn(t, store, catalog())
	wantText(t, s.get("/subscribers/"+subscriberID+"?state=retrying"), "tbody tr", "next try in 3 minutes")
	store.subscribers[0].status.PausedUntil = nil
	wantText(t, s.get("/subscribers/"+subscriberID+"?state=retrying"), "tbody tr", "next try at once")
}

// TestTestEventSaysWhatCameOfIt sends one to an address that nothing may be sent to.
func TestTestEventSaysWhatCameOfIt(t *testing.T) {
	store := filledStore()
	store.subscribers[0].URL = "http://127.0.0.1:9/"
	s := signedIn(t, store, catalog())
	a := s.post("/subscribers/"+subscriberID+"/test", nil)
	wantCode(t, a, http.StatusOK)
	wantText(t, a, ".notice", "The test event was not delivered")
	wantText(t, a, ".notice", "private network")
	if e := store.entries[0]; e.Action != "subscriber.test" {
		t.Errorf("audit: got %s", e.Action)
	}
	good := testWords(&retention.SubscriberTest{Delivered: true, Answer: "204 No Content", Duration: 1234 * time.Millisecond})
	if want := "The test event was delivered in 1.23 seconds. What waits is sent now."; good.Text != want || !good.Good {
		t.Errorf("got %+v, want %q", good, want)
	}
}

func TestWithoutSubscribersThePageSaysHowToBegin(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	wantText(t, s.get("/subscribers"), ".answer", "Nobody is told of events.")
	wantText(t, s.get("/subscribers"), ".nothing", "signed webhook or over NATS JetStream")
	if got := subscriberPill(retention.Subscriber{Enabled: true}, retention.SubscriberStatus{Dead: 1}); got.Text != "Events given up" {
		t.Errorf("got %+v", got)
	}
}
