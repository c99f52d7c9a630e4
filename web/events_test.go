package web

import (
	"net/http"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
)

func TestEventsAreListedWithWhomTheyAreAboutAndAsTheyAreSent(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/events")
	wantCode(t, a, http.StatusOK)
	wantAlso(t, a, "Last: a record was deleted, 5 hours ago.")
	wantText(t, a, "tbody", "eu, 4711")
	wantText(t, a, "tbody", `us, O'Neil <b>"x"</b>`)
	wantText(t, a, "tbody", "not known")
	wantText(t, a, "pre", `"region": "EU"`)
	wantText(t, a, "pre", `"source": "/holdfast"`)
	if strings.Contains(a.body, "<b>") {
		t.Error("the page has an entity's markup in it")
	}
	a = s.get("/events?type=hold.placed")
	wantText(t, a, "tbody", "ACME v. Initech")
	if strings.Contains(a.body, "4711") {
		t.Error("the filter shows events of another type")
	}
	a = s.get("/events?from=soon")
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-from-error", "Must be a date")
}

func TestEventsPageSaysHowThereComesToBeOne(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	wantText(t, s.get("/events"), "main", "once its events are declared")
}

func TestPolicySaysWhomItTellsAndItsFormKeepsIt(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	wantText(t, s.get("/policies/support_tickets"), "main", "Tells others: user by tenant and requester, id, with region.")
	a := s.get("/policies/support_tickets/edit")
	for name, want := range map[string]string{"events.entity_type": "user", "events.key": `tenant, "requester, id"`, "events.include": "region"} {
		if got := a.page.value(name); got != want {
			t.Errorf("%s: got %q, want %q", name, got, want)
		}
	}
	a = s.save("/policies", policyValues("events.entity_type", "user", "events.key", `placed_at, "a ""b"" "`, "events.include", "id"))
	if a.code != http.StatusSeeOther {
		t.Fatalf("got %d: %s", a.code, a.body)
	}
	want := &retention.EventSpec{EntityType: "user", Key: retention.EventKey{"placed_at", `a "b" `}, Include: []string{"id"}}
	if diff := cmp.Diff(want, s.store.versions["carts"][0].Events); diff != "" {
		t.Errorf("saved (-want +got):\n%s", diff)
	}
	a = s.save("/policies/carts", policyValues("version", "1"))
	if a.code != http.StatusSeeOther || s.store.versions["carts"][1].Events != nil {
		t.Errorf("emptied fields: got %d, and it tells %+v", a.code, s.store.versions["carts"])
	}
}

func TestFaultOfWhatIsToldStandsBesideItsField(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.save("/policies", policyValues("events.entity_type", "", "events.key", "id, id", "events.include", `run, "open`))
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-events.include-error", "quote that is not closed")
	wantText(t, a, "#f-events.key-error", "named twice")
	wantText(t, a, "#f-events.entity_type-error", "such as user")
	if got := a.page.value("events.include"); got != `run, "open` {
		t.Errorf("what was typed became %q", got)
	}
	a = s.save("/policies", policyValues("events.entity_type", "user", "events.key", "id", "events.include", "run"))
	wantText(t, a, "#f-events.include-error", "every event has already")
	wantText(t, a, "#problems", "Include")
}

func TestColumnNamesAreReadAsTheyAreWritten(t *testing.T) {
	for _, names := range [][]string{{"a"}, {"a", "b"}, {"a,b", `c"d`, " e "}, {`"`, ","}, {"Größe"}} {
		got, err := splitColumns(columnNames(names))
		if diff := cmp.Diff(names, got); err != nil || diff != "" {
			t.Errorf("%q: %v (-written +read):\n%s", columnNames(names), err, diff)
		}
	}
	for _, bad := range []string{`"a`, `"a" b`, `"a""`} {
		if got, err := splitColumns(bad); err == nil {
			t.Errorf("%q was read as %q", bad, got)
		}
	}
}
