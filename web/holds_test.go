package web

import (
	"net/http"
	"net/url"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

func holdValues(nonce string, change ...string) url.Values {
	f := url.Values{
		"nonce": {nonce}, "rows": {"1"}, "matter": {"ACME v. Initech"}, "reason": {"Preservation letter"}, "expiry": {"none"}, "ends_on": {""}, "review_on": {""},
		"scope.0.table": {"public.orders"}, "scope.0.what": {"ids"}, "scope.0.record_ids": {"17\r\n18\r\n"},
	}
	for i := 0; i+1 < len(change); i += 2 {
		f.Set(change[i], change[i+1])
	}
	return f
}

func nonceOf(t *testing.T, s *testSite) string {
	t.Helper()
	return s.get("/holds/new").page.value("nonce")
}

func TestPlacingAHoldLeadsToItsSentence(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	a := s.post("/holds", holdValues(nonceOf(t, s)))
	wantCode(t, a, http.StatusSeeOther)
	a = s.get(a.location)
	wantText(t, a, ".answer", "ACME v. Initech holds 2 records in public.orders, since 3 March 2026 by jane@example.com, no expiry, next review 3 March 2027.")
	wantText(t, a, ".timeline", "Placed the hold by jane@example.com")
	wantText(t, a, ".timeline", "Put the hold in force by Holdfast itself")
	if got := s.store.records[s.store.holds[0].ID]; len(got) != 2 || got[0].Key[0] != "17" || got[1].Key[0] != "18" {
		t.Errorf("records: got %+v", got)
	}
}

func TestAHoldByConditionSaysWhatItsRowsFit(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	a := s.post("/holds", holdValues(nonceOf(t, s), "scope.0.what", "condition", "scope.0.condition", " "))
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "main", "is empty; write what the records have in common")
	a = s.post("/holds", holdValues(nonceOf(t, s), "scope.0.what", "condition", "scope.0.condition", "status = 'open'\r\nAND id > 7 "))
	wantCode(t, a, http.StatusSeeOther)
	a = s.get(a.location)
	wantText(t, a, ".answer", "ACME v. Initech holds what fits a condition in public.orders, since 3 March 2026")
	wantText(t, a, "tbody tr code.typed", "status = 'open'")
	if got := s.store.holds[0].Scope[0]; got.Condition != "status = 'open'\nAND id > 7" && got.Condition != "status = 'open'\r\nAND id > 7" || got.All || len(s.store.records[s.store.holds[0].ID]) != 0 {
		t.Errorf("the scope: got %+v", got)
	}
}

// An id without a row is held, but it is no record: list, overview and page say both
// figures, in the same words.
func TestAnIdWithoutARowIsNotCountedAsARecord(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	const want = "18 records in public.orders, and 2 ids that have no row yet"
	for path, place := range map[string]string{"/": "main", "/holds": "tbody tr", "/holds/" + holdID: ".answer"} {
		wantText(t, s.get(path), place, want)
	}
	a := s.get("/holds/" + holdID)
	wantText(t, a, "tbody tr", "public.ordersrecords by id 182")
	wantText(t, a, "section#release", want)
	wantText(t, s.get("/holds/0195-tax"), ".answer", "holds 10,000 records in public.orders, since")
	s.store.holds[0].Scope = []retention.Scope{{Table: public("orders"), RecordCount: 3, NotFoundCount: 1}}
	wantText(t, s.get("/holds"), "tbody tr", "2 records in public.orders, and 1 id that has no row yet")
	s.store.holds[0].Status = retention.HoldApplying
	s.store.holds[0].Scope[0].NotFoundCount = 0
	wantText(t, s.get("/holds"), "tbody tr", "3 ids in public.orders")
}

func TestEverythingThatIsWrongWithAHoldIsToldAtOnce(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	a := s.post("/holds", holdValues(nonceOf(t, s), "expiry", "", "reason", "", "scope.0.record_ids", "17\r\nx9\r\n"))
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "main", "3 things need another look")
	wantText(t, a, "main", "Line 2: \"x9\" is not a bigint")
	if len(s.store.holds) != 0 {
		t.Error("a hold was placed")
	}
}

func TestAFormSentTwicePlacesOneHold(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	f := holdValues(nonceOf(t, s))
	first, second := s.post("/holds", f), s.post("/holds", f)
	if first.location == "" || first.location != second.location || len(s.store.holds) != 1 {
		t.Errorf("got %q and %q, %d holds; want the same address and one hold", first.location, second.location, len(s.store.holds))
	}
	f.Set("matter", "Another one")
	a := s.post("/holds", f)
	wantCode(t, a, http.StatusConflict)
	wantText(t, a, ".notice", "This form has placed a hold already")
	f.Set("nonce", a.page.value("nonce"))
	wantCode(t, s.post("/holds", f), http.StatusSeeOther)
	if len(s.store.holds) != 2 {
		t.Errorf("got %d holds, want 2", len(s.store.holds))
	}
}

func TestARefusedHoldNamesTheLineAndFreesItsForm(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	f := holdValues(nonceOf(t, s), "scope.0.record_ids", "17\n\n1x8\n")
	a := s.post("/holds", f)
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-scope.0.record_ids-error", `Line 3: "1x8" is not a bigint`)
	if got := a.page.value("scope.0.record_ids"); got != "17\n\n1x8\n" {
		t.Errorf("ids: got %q, want what was typed", got)
	}
	f.Set("scope.0.record_ids", "17\n18")
	wantCode(t, s.post("/holds", f), http.StatusSeeOther)
}

func TestAHoldMakesPeopleChooseItsEnd(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	a := s.get("/holds/new")
	if got := a.page.value("expiry"); got != "" {
		t.Errorf("the form has chosen %q", got)
	}
	a = s.post("/holds", holdValues(nonceOf(t, s), "expiry", ""))
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-expiry-error", "Choose one of the three")
	a = s.post("/holds", holdValues(nonceOf(t, s), "expiry", "release", "ends_on", "2020-01-01"))
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-ends_on-error", "Must be today, 3 March 2026, or later")
	wantCode(t, s.post("/holds", holdValues(nonceOf(t, s), "expiry", "review", "review_on", "2027-03-02")), http.StatusSeeOther)
	h := s.store.holds[0]
	if h.OnExpiry != retention.OnExpiryReview || h.ExpiresAt == nil || h.ExpiresAt.Format("2006-01-02T15:04") != "2027-03-03T00:00" {
		t.Errorf("got %s at %v, want a review when 2 March 2027 is over", h.OnExpiry, h.ExpiresAt)
	}
}

func TestAHoldMayCoverSeveralTables(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	a := s.post("/holds/draft?add=1", holdValues(nonceOf(t, s)))
	if a.page.value("rows") != "2" || a.page.value("scope.0.record_ids") == "" {
		t.Fatalf("after adding a table: %q rows, ids %q", a.page.value("rows"), a.page.value("scope.0.record_ids"))
	}
	f := holdValues(a.page.value("nonce"), "rows", "2", "scope.1.table", "public.order_lines", "scope.1.what", "ids", "scope.1.record_ids", "17, 1\n[\"17\", \"2\"]")
	wantCode(t, s.post("/holds", f), http.StatusSeeOther)
	got := s.store.holds[0].Scope[1].RecordIDs
	if want := []retention.Key{{"17", "1"}, {"17", "2"}}; !reflect.DeepEqual(got, want) {
		t.Errorf("composite keys: got %v, want %v", got, want)
	}
	a = s.post("/holds/draft?remove=0", f)
	if a.page.value("rows") != "1" || a.page.value("scope.0.table") != "public.order_lines" {
		t.Errorf("after leaving one out: %q rows, %q", a.page.value("rows"), a.page.value("scope.0.table"))
	}
}

func TestAHoldIsNeverLeftInDoubtByAnOutage(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	nonce := nonceOf(t, s)
	s.target.down = retention.ErrUnavailable
	a := s.get("/holds/new")
	wantText(t, a, ".notice", "A hold can be placed all the same")
	if !regexp.MustCompile(`<input[^>]* name="scope\.0\.table"`).MatchString(a.body) {
		t.Error("there is no field for a table that is typed")
	}
	a = s.post("/holds", holdValues(nonce))
	wantCode(t, a, http.StatusSeeOther)
	placed := a.location
	a = s.get(placed)
	wantText(t, a, "main", "The hold is kept. It is not in force yet.")
	wantText(t, a, "main", "This hold is not in force yet: the governed database could not be reached when it was placed.")

	s.store.holds[0].Problem = "scope.0.record_ids.0: \"x\" is no value of the key"
	wantText(t, s.get(placed), "main", "This hold is NOT in force and cannot be: scope.0.record_ids.0: \"x\" is no value of the key. No run begins before that is settled")
}

func TestReleasingNeedsAReasonAndIsRecorded(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.post("/holds/"+holdID+"/release", url.Values{"release_reason": {" "}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-release_reason-error", "Is required")
	a = s.post("/holds/"+holdID+"/release", url.Values{"release_reason": {"Settled"}})
	wantCode(t, a, http.StatusSeeOther)
	a = s.get(a.location)
	wantText(t, a, ".answer", "ACME v. Initech held the whole table public.session_logs and 18 records in public.orders, and 2 ids that had no row, since 2 March 2026 by jane@example.com, until 3 March 2026.")
	if len(a.page.all("section#release")) != 0 {
		t.Error("a released hold can be released again")
	}
	wantCode(t, s.post("/holds/"+holdID+"/release", url.Values{"release_reason": {"Again"}}), http.StatusConflict)
}

func TestAHoldUnderReviewCanBeExtended(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/holds/0195-tax")
	wantText(t, a, "main", "A person must decide.")
	f := url.Values{"version": {a.page.value("version")}, "expiry": {"review"}, "review_on": {"2027-01-31"}, "reason": {a.page.value("reason")}, "change_reason": {"the office asks again"}}
	wantCode(t, s.post("/holds/0195-tax/revise", f), http.StatusSeeOther)
	wantText(t, s.get("/holds/0195-tax"), ".answer", "next review 31 January 2027")
	a = s.post("/holds/0195-tax/revise", f)
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#problems", "somebody else changed this hold meanwhile")
}

func TestAReleaseThatCoolsOffIsTakenBackOnItsPage(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	s.store.holds[0].ReleaseDelay = &retention.Period{Days: 14}
	wantText(t, s.get("/holds/"+holdID), "#release", "stays in force for another 14 days")
	wantText(t, s.get("/holds/"+holdID+"/release"), "#becomes", "The first run after 17 March 2026, 08:12 UTC, when the hold has ended, takes")
	a := s.post("/holds/"+holdID+"/release", url.Values{"release_reason": {"Settled"}})
	wantCode(t, a, http.StatusSeeOther)
	a = s.get(a.location)
	wantText(t, a, "main", "Its release was asked for by jane@example.com. The hold stays in force until 17 March 2026")
	if len(a.page.all("section#release"))+len(a.page.all("section#revise")) != 0 {
		t.Error("it can be released or changed while its release cools off")
	}
	wantText(t, s.get("/holds/calendar"), "main", "1 release cools off")
	a = s.post("/holds/"+holdID+"/take-back", url.Values{"take_back_reason": {" "}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-take_back_reason-error", "Is required: why the hold is kept")
	a = s.post("/holds/"+holdID+"/take-back", url.Values{"take_back_reason": {"An appeal"}})
	wantCode(t, a, http.StatusSeeOther)
	wantText(t, s.get(a.location), ".notice", "The release is taken back")
}

func TestAMatterHasItsHoldsAndIsClosedWhenTheyHaveEnded(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	wantText(t, s.get("/matters?status=open&q=acme"), "table", "ACME v. Initech")
	wantCode(t, s.get("/matters?status=nonsense"), http.StatusNotFound)
	hold := s.get("/holds/" + holdID)
	if !strings.Contains(hold.body, `href="/matters/m`+holdID+`"`) {
		t.Error("the hold's page does not lead to its matter")
	}
	of := "/matters/m" + holdID
	a := s.get(of)
	wantText(t, a, ".answer", "1 hold is in force for it")
	wantText(t, a, "table", "ACME v. Initech")
	wantText(t, s.get("/holds/new?matter=m"+holdID), "#matters", "")
	if got := s.get("/holds/new?matter=m" + holdID).page.value("matter"); got != "ACME v. Initech" {
		t.Errorf("the form is for %q", got)
	}
	wantCode(t, s.post(of+"/close", url.Values{"reason": {"over"}}), http.StatusConflict)
	wantCode(t, s.post("/holds/"+holdID+"/release", url.Values{"release_reason": {"Settled"}}), http.StatusSeeOther)
	a = s.post(of+"/close", url.Values{"reason": {" "}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-reason-error", "Is required: how the matter ended")
	wantCode(t, s.post(of+"/close", url.Values{"reason": {"Settled"}}), http.StatusSeeOther)
	wantText(t, s.get(of), ".answer", "Closed on 3 March 2026")
	wantCode(t, s.post(of+"/reopen", url.Values{"reason": {"An appeal"}}), http.StatusSeeOther)
	wantCode(t, s.post(of+"/revise", url.Values{"version": {"1"}, "reference": {"8 O 1/27"}}), http.StatusSeeOther)
}

func TestTheProofOfAHoldCanBePrinted(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	a := s.get("/holds/" + holdID + "/proof")
	wantCode(t, a, http.StatusOK)
	wantText(t, a, ".answer", "Nothing in the evidence speaks against this hold: no covered record was disposed of by Holdfast between 2 March 2026")
	wantText(t, a, "main", "of which 0 were judged by an earlier list of holds")
	wantText(t, a, "main", "Dispositions that holds suspended")
	if len(a.page.all("[data-print]")) != 1 {
		t.Error("there is nothing to print it by")
	}
	wantCode(t, s.get("/holds/0195-new/proof"), http.StatusConflict)

	h, err := s.store.find(holdID)
	must(t, err)
	h.Faults = []retention.HoldFault{{Table: h.Scope[0].Table, On: h.Scope[0].Table, Effect: retention.FaultWholeTable, Reason: "the table of that name was replaced since", Remedy: "place it anew"}}
	a = s.get("/holds/" + holdID + "/proof")
	wantText(t, a, ".answer", "But tables that it names are not what they were when it was placed")
	wantText(t, a, "main", "the table of that name was replaced since")
}

func TestTheFormSaysWhatAHoldWouldCover(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	f := url.Values{"rows": {"1"}, "scope.0.table": {"public.orders"}, "scope.0.what": {"ids"}, "scope.0.record_ids": {"1\n2\n5001"}}
	a := s.post("/holds/preview", f)
	wantCode(t, a, http.StatusOK)
	wantText(t, a, "#hold-preview", "It covers 2 records now. 2 would go with the next run without it. 1 record was disposed of before.")
	wantText(t, a, "#hold-preview", "1 of the ids was disposed of before:5001 archived (its copy is covered) on 28 February 2026 under orders")
	wantText(t, a, "#hold-place", "Place hold on 2 records")
	if got := a.page.value("scope.0.record_ids"); got != "1\n2\n5001" {
		t.Errorf("the form has the ids %q, want them kept", got)
	}
	f.Set("scope.0.what", "condition")
	f.Set("scope.0.condition", "customer_id = 42")
	wantText(t, s.post("/holds/preview", f), "#hold-preview", "For 17 records the condition is neither true nor false")
	f.Set("scope.0.table", "")
	wantText(t, s.post("/holds/preview", f), "#hold-preview", "Choose a table")
	s.target.down = retention.ErrUnavailable
	wantCode(t, s.post("/holds/preview", f), http.StatusOK)
}

func TestRecordsAreHeldWithWhatBelongsToThem(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	f := url.Values{"rows": {"1"}, "matter": {"ACME v. Initech"}, "reason": {"litigation"}, "expiry": {"none"}, "nonce": {nonceOf(t, s)}, "scope.0.table": {"public.orders"}, "scope.0.what": {"ids"}, "scope.0.record_ids": {"1\n2\n5001"}, "scope.0.family": {"family"}, "scope.0.depth": {"2"}}
	a := s.post("/holds/preview", f)
	wantCode(t, a, http.StatusOK)
	wantText(t, a, "#hold-preview", "It covers 13 records now. 11 would go with the next run without it.")
	wantText(t, a, "#hold-preview", "2 records by id, with what belongs to them over up to 2 foreign keys, in 2 tables.")
	wantText(t, a, "#hold-preview", "belongs to them: public.order_lines")
	wantText(t, a, "#hold-preview", "11 records now, and those that are added.")
	wantText(t, a, "#hold-preview", "9 of them are due under the policy old_items (delete).")
	wantText(t, a, "#hold-preview", "No record now, and those that are added.")
	wantText(t, a, "#hold-place", "Place hold on 13 records")
	if got := a.page.value("scope.0.depth"); got != "2" {
		t.Errorf("the form has the depth %q, want it kept", got)
	}
	for depth, words := range map[string]string{"0": `is "0"; give a number from 1 to 20`, "21": "from 1 to 20, or leave it empty", "deep": "from 1 to 20"} {
		f.Set("scope.0.depth", depth)
		a := s.post("/holds", f)
		wantCode(t, a, http.StatusUnprocessableEntity)
		wantText(t, a, "main", words)
	}
	f.Set("scope.0.depth", "")
	wantCode(t, s.post("/holds", f), http.StatusSeeOther)
	if !slices.ContainsFunc(s.store.holds, func(h retention.Hold) bool { return h.Scope[0].Family != nil && h.Scope[0].Family.Depth == 0 }) {
		t.Errorf("no hold has a family of any depth: %+v", s.store.holds)
	}
}

func TestTheHoldsPageListsWhatBelongsToItsRecords(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	h := &s.store.holds[0]
	h.Scope[0].Family = &retention.Family{}
	h.Scope[0].Belongings = []retention.FamilyTable{{Table: public("order_lines"), RecordCount: 61}, {Table: public("parcels")}}
	a := s.get("/holds/" + holdID)
	wantCode(t, a, http.StatusOK)
	wantText(t, a, ".answer", "18 records in public.orders and 61 related records in 2 tables")
	wantText(t, a, "main", "records by id, with everything that belongs to them")
	wantText(t, a, "main", "what belongs to the records of public.orders, new rows too")
}

func TestAReviewIsRecordedOnTheHoldsPage(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	past := s.store.now.AddDate(0, 0, -1)
	s.store.holds[0].ReviewAt = &past
	wantText(t, s.get("/holds/"+holdID), ".notice", "It is time to look at this hold again.")
	wantText(t, s.get("/holds?due=review"), "table", "ACME v. Initech")
	wantCode(t, s.get("/holds?due=nonsense"), http.StatusNotFound)
	wantText(t, s.get("/holds/calendar"), "#come", "Has come")
	nonce := s.get("/holds/" + holdID).page.all("#review input")[0].attrs["value"]
	a := s.post("/holds/"+holdID+"/review", url.Values{"nonce": {nonce}, "note": {"Counsel was asked"}, "next_review": {"2020-01-01"}})
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#f-next_review-error", "Must be today")
	review := url.Values{"nonce": {nonce}, "note": {"Counsel was asked"}, "next_review": {"2027-01-01"}}
	a = s.post("/holds/"+holdID+"/review", review)
	wantCode(t, a, http.StatusSeeOther)
	version := s.store.holds[0].Version
	if again := s.post("/holds/"+holdID+"/review", review); again.location != a.location || s.store.holds[0].Version != version {
		t.Errorf("sent twice: to %q, version %d, want what the first led to and %d", again.location, s.store.holds[0].Version, version)
	}
	wantText(t, s.post("/holds/"+holdID+"/review", url.Values{"nonce": {nonce}, "note": {"Something else"}}), "#f-note-error", "recorded by this form before")
	wantText(t, s.get(a.location), "main", "next review 1 January 2027")
	if strings.Contains(s.get("/holds/"+holdID).body, "It is time to look") {
		t.Error("it is to be looked at again at once")
	}
}

func TestKeysAreReadAsPeopleTypeThem(t *testing.T) {
	tests := []struct {
		text  string
		width int
		want  []retention.Key
		err   string
	}{
		{"17\n 18 \r\n\n19", 1, []retention.Key{{"17"}, {"18"}, {"19"}}, ""},
		{"a, b", 1, []retention.Key{{"a, b"}}, ""},
		{`[" 17"]`, 1, []retention.Key{{" 17"}}, ""},
		{`17, "DE, east"`, 2, []retention.Key{{"17", "DE, east"}}, ""},
		{`[17, "DE"]`, 2, []retention.Key{{"17", "DE"}}, ""},
		{"17", 2, nil, "line 1 has 1 part, the key of this table has 2"},
		{"1\n[1", 1, nil, `line 2: "[1" is no JSON array such as ["17", "DE"]`},
		{`[null]`, 1, nil, `line 1: part 1 of "[null]" must be a text or a number`},
	}
	for _, tt := range tests {
		got, _, err := parseKeys(tt.text, tt.width)
		message := ""
		if err != nil {
			message = err.Error()
		}
		if !reflect.DeepEqual(got, tt.want) || message != tt.err {
			t.Errorf("%q of width %d: got %v, %q; want %v, %q", tt.text, tt.width, got, message, tt.want, tt.err)
		}
	}
}

func TestAHoldSaysWhatItDoesAboutTheApplication(t *testing.T) {
	for mode, want := range map[string]string{"": "", "none": "", "refuse": "is refused whatever would change or delete what is held", "preserve": "may change what is held; the old version is kept"} {
		s := signedIn(t, emptyStore(), catalog())
		a := s.post("/holds", holdValues(nonceOf(t, s), "enforcement", mode))
		wantCode(t, a, http.StatusSeeOther)
		a = s.get(a.location)
		if want == "" {
			if text := a.page.one("main"); strings.Contains(text, "Old versions kept") || strings.Contains(text, "The application") {
				t.Errorf("%q: the page speaks of the application", mode)
			}
			continue
		}
		wantText(t, a, "dl.pairs", want)
		if mode == "preserve" {
			wantText(t, a, "#preserved", "Held records were changed or deleted 12 times")
			wantText(t, a, "#preserved", "UPDATE by shop (checkout)")
			if href := a.page.all("#preserved a.button")[0].attrs["href"]; href != "/api/v1/holds/"+s.store.holds[0].ID+"/preserved/export" {
				t.Errorf("the export leads to %q", href)
			}
		}
	}
	s := signedIn(t, emptyStore(), catalog())
	a := s.post("/holds", holdValues(nonceOf(t, s), "enforcement", "maybe"))
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "main", `must be "none", "refuse" or "preserve"`)
}

func TestAHoldThatTheApplicationCouldBreakSaysSoEverywhere(t *testing.T) {
	s := signedIn(t, filledStore(), catalog())
	notEnforced(s.store)
	a := s.get("/holds/" + holdID)
	wantText(t, a, ".notice", "The application could change what is held in public.orders: public.orders has no trigger against UPDATE and DELETE;")
	wantText(t, a, ".notice", "Holdfast itself still changes nothing there.")
	wantText(t, s.get("/holds"), ".answer", "The tables of 1 hold are not as they were.")
	wantText(t, s.get("/holds?due=fault"), "table", "Active, tables have changed")
	a = s.get("/")
	wantText(t, a, "main", "The tables of 1 hold are not as they were")
	wantText(t, a, "main", "The application could change what is held in public.orders")
	if strings.Contains(a.page.one("main"), "held as a whole") {
		t.Error("the overview says that the whole table is held")
	}
}

func TestAPreviewOfAFamilyToWhichNothingRefersSaysSo(t *testing.T) {
	got := scopeCovers(retention.ScopePreview{RecordCount: 2, Family: &retention.Family{}})
	if want := "2 records by id. No table refers to this one by a foreign key now; what comes to belong to them is held too."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestARefusedFormCountsWhatCanBeCounted(t *testing.T) {
	s := signedIn(t, emptyStore(), catalog())
	a := s.post("/holds", holdValues(nonceOf(t, s), "matter", ""))
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "#hold-place", "Place hold on 1 record")
	wantText(t, a, "#hold-preview", "It covers 1 record now.")
}

func TestAnExpiryInManyYearsIsSaidInYears(t *testing.T) {
	c := clock{zone: time.UTC, now: time.Date(2026, 1, 1, 0, 0, 0, 0, time.UTC)}
	for at, want := range map[string]string{"9999-12-31T00:00:00Z": "in 292 years", "1100-01-01T00:00:00Z": "292 years ago"} {
		when, err := time.Parse(time.RFC3339, at)
		must(t, err)
		if got := c.ago(when); got != want {
			t.Errorf("%s: got %q, want %q", at, got, want)
		}
	}
}
