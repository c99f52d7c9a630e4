package retention_test

import (
	"errors"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

var now = time.Date(2026, 3, 1, 12, 0, 0, 0, time.UTC)

func validHold() retention.Hold {
	return retention.Hold{
		Matter: "ACME v. Initech", Reason: "Litigation", OnExpiry: retention.OnExpiryRelease,
		Scope: []retention.Scope{{Table: name("public", "orders"), RecordIDs: []retention.Key{{"17"}}}, {Table: name("public", "logs"), All: true}},
	}
}

func TestWhatIsWrongWithAHoldIsSaidOfItsField(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*retention.Hold)
		field  string
		says   string
	}{
		{"no matter", func(h *retention.Hold) { h.Matter = " \t" }, "matter", "is required"},
		{"a long matter", func(h *retention.Hold) { h.Matter = strings.Repeat("é", 301) }, "matter", "at most 300"},
		{"a NUL in the matter", func(h *retention.Hold) { h.Matter = "a\x00" }, "matter", "without NUL"},
		{"no reason", func(h *retention.Hold) { h.Reason = "\n" }, "reason", "is required"},
		{"a long reason", func(h *retention.Hold) { h.Reason = strings.Repeat("é", 4001) }, "reason", "at most 4000"},
		{"a reason that is no UTF-8", func(h *retention.Hold) { h.Reason = "\xff" }, "reason", "UTF-8"},
		{"no answer to its expiry", func(h *retention.Hold) { h.OnExpiry = "" }, "on_expiry", `must be "release" or "review", not ""`},
		{"an expiry in the past", func(h *retention.Hold) { h.ExpiresAt = ptr(now.Add(-time.Second)) }, "expires_at", "it is now 2026-03-01T12:00:00Z"},
		{"a review after the end", func(h *retention.Hold) {
			h.ExpiresAt, h.ReviewAt = ptr(now.AddDate(0, 1, 0)), ptr(now.AddDate(0, 2, 0))
		}, "review_at", "comes after expires_at"},
		{"an expiry now", func(h *retention.Hold) { h.ExpiresAt = ptr(now) }, "expires_at", "must be in the future"},
		{"no scope", func(h *retention.Hold) { h.Scope = nil }, "scope", "at least one table with record_ids, with a condition, or with all: true"},
		{"201 scopes", func(h *retention.Hold) {
			h.Scope = make([]retention.Scope, 201)
			for i := range h.Scope {
				h.Scope[i] = retention.Scope{Table: name("public", "logs"), All: true}
			}
		}, "scope", "at most 200"},
		{"a scope without a table", func(h *retention.Hold) { h.Scope[1].Table = retention.TableName{} }, "scope[1].table", "such as public.orders"},
		{"a scope that covers nothing", func(h *retention.Hold) { h.Scope[0].RecordIDs = nil }, "scope[0]", "covers nothing; give record_ids, a condition, all: true for the whole table, or upload: true"},
		{"ids and all", func(h *retention.Hold) { h.Scope[0].All = true }, "scope[0]", "give one of them"},
		{"all and a condition", func(h *retention.Hold) {
			h.Scope[0].RecordIDs, h.Scope[0].All, h.Scope[0].Condition = nil, true, "a = 1"
		}, "scope[0]", "names condition and all: true"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			h := validHold()
			tc.change(&h)
			got := fieldsOf(t, h.Validate(now))
			if len(got) != 1 || !strings.Contains(got[tc.field], tc.says) {
				t.Errorf("got %v, want %s alone to say %q", got, tc.field, tc.says)
			}
		})
	}
}

func TestHoldsAtTheLimitsAreValid(t *testing.T) {
	for name, change := range map[string]func(*retention.Hold){
		"as it is":              func(*retention.Hold) {},
		"one that is reviewed":  func(h *retention.Hold) { h.OnExpiry = retention.OnExpiryReview },
		"a microsecond to live": func(h *retention.Hold) { h.ExpiresAt = ptr(now.Add(time.Microsecond)) },
		"an expiry in another zone": func(h *retention.Hold) {
			h.ExpiresAt = ptr(now.Add(time.Minute).In(time.FixedZone("west", -5*3600)))
		},
		"a matter of 300": func(h *retention.Hold) { h.Matter = strings.Repeat("é", 300) },
		"200 scopes": func(h *retention.Hold) {
			for len(h.Scope) < retention.MaxScopes {
				h.Scope = append(h.Scope, h.Scope[0])
			}
		},
	} {
		h := validHold()
		change(&h)
		if err := h.Validate(now); err != nil {
			t.Errorf("%s: got %v, want it valid", name, err)
		}
	}
}

func TestEveryProblemOfAHoldIsReportedAtOnce(t *testing.T) {
	h := retention.Hold{Scope: []retention.Scope{{}, {Table: name("public", "logs"), All: true}, {Table: name("public", "x")}}}
	got := fieldsOf(t, h.Validate(now))
	for _, field := range []string{"matter", "reason", "on_expiry", "scope[0].table", "scope[0]", "scope[2]"} {
		if got[field] == "" {
			t.Errorf("nothing is said of %s: %v", field, got)
		}
	}
	if len(got) != 6 {
		t.Errorf("got %d fields (%v), want 6", len(got), got)
	}
}

func TestFieldsOfAScopeAreNamedByTheirPlace(t *testing.T) {
	if got, want := retention.ScopeField(2, "table"), "scope[2].table"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
	if got, want := retention.RecordField(0, 13), "scope[0].record_ids[13]"; got != want {
		t.Errorf("got %s, want %s", got, want)
	}
}

func TestAHoldIsInForceFromActiveUntilItEnds(t *testing.T) {
	type state struct{ inForce, ended bool }
	want := map[retention.HoldStatus]state{
		retention.HoldApplying:  {false, false},
		retention.HoldActive:    {true, false},
		retention.HoldReviewDue: {true, false},
		retention.HoldReleasing: {true, false},
		retention.HoldReleased:  {false, true},
		retention.HoldExpired:   {false, true},
	}
	if len(retention.HoldStatuses()) != len(want) {
		t.Fatalf("statuses are %v: say here which of them are in force", retention.HoldStatuses())
	}
	for _, s := range retention.HoldStatuses() {
		if got := (state{s.InForce(), s.Ended()}); got != want[s] {
			t.Errorf("%s: got %+v, want %+v", s, got, want[s])
		}
	}
	if unknown := retention.HoldStatus("x"); unknown.InForce() || unknown.Ended() {
		t.Errorf("an unknown status is in force %v, ended %v; want neither", unknown.InForce(), unknown.Ended())
	}
}

func TestAFamilyGoesWithIDsAndToADepth(t *testing.T) {
	ids := []retention.Key{{"1"}}
	table := retention.TableName{Schema: "public", Name: "r"}
	for what, c := range map[string]struct {
		scope retention.Scope
		field string
	}{
		"any depth":        {retention.Scope{Table: table, RecordIDs: ids, Family: &retention.Family{}}, ""},
		"the deepest":      {retention.Scope{Table: table, RecordIDs: ids, Family: &retention.Family{Depth: retention.MaxFamilyDepth}}, ""},
		"deeper":           {retention.Scope{Table: table, RecordIDs: ids, Family: &retention.Family{Depth: retention.MaxFamilyDepth + 1}}, "scope[0].family.depth"},
		"a negative depth": {retention.Scope{Table: table, RecordIDs: ids, Family: &retention.Family{Depth: -1}}, "scope[0].family.depth"},
		"a condition":      {retention.Scope{Table: table, Condition: "id = 1", Family: &retention.Family{}}, "scope[0].family"},
		"a whole table":    {retention.Scope{Table: table, All: true, Family: &retention.Family{}}, "scope[0].family"},
		"a file":           {retention.Scope{Table: table, Upload: retention.UploadAwaited, Family: &retention.Family{}}, ""},
		"nothing":          {retention.Scope{Table: table, Family: &retention.Family{}}, "scope[0]"},
	} {
		h := retention.Hold{Scope: []retention.Scope{c.scope}}
		var invalid *retention.InvalidError
		err := h.ValidateScopes()
		if errors.As(err, &invalid); (err == nil) != (c.field == "") || err != nil && (len(invalid.Fields) != 1 || invalid.Fields[0].Field != c.field) {
			t.Errorf("%s answers %v, want a fault of %q", what, err, c.field)
		}
	}
}

// TestAnIDThatNoKeyCanHaveIsNamed: PostgreSQL would say so of the statement, in its own words.
func TestAnIDThatNoKeyCanHaveIsNamed(t *testing.T) {
	h := retention.Hold{Scope: []retention.Scope{{Table: retention.TableName{Schema: "public", Name: "r"}, RecordIDs: []retention.Key{{"1"}, {"a\x00b"}, {"2", "\xff"}}}}}
	err := h.ValidateScopes()
	for _, want := range []string{"scope[0].record_ids[1]: has a NUL character", "scope[0].record_ids[2]: has a NUL character"} {
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("got %v, want %s", err, want)
		}
	}
}
