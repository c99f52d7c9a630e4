package retention_test

import (
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
)

func telling(s retention.EventSpec) retention.Policy {
	return retention.Policy{
		Name: "orders", Table: retention.TableName{Schema: "public", Name: "orders"}, TimestampColumn: "at", RetentionPeriod: retention.Period{Days: 1},
		Action: retention.ActionDelete, LegalBasis: "Consent", Events: &s,
	}.WithDefaults()
}

func TestEventsOfAPolicyAreCheckedMemberByMember(t *testing.T) {
	many := func(n int) (names []string) {
		for i := range n {
			names = append(names, "c"+string(rune('a'+i/26))+string(rune('a'+i%26)))
		}
		return names
	}
	key := retention.EventKey{"id"}
	for name, c := range map[string]struct {
		spec retention.EventSpec
		// field and says are empty where it is accepted.
		field, says string
	}{
		"one column":               {retention.EventSpec{EntityType: "user", Key: key}, "", ""},
		"odd names":                {retention.EventSpec{EntityType: "Billing.user-2_x", Key: retention.EventKey{`a "b", c`, "Größe"}, Include: []string{"id", "a\nb"}}, "", ""},
		"as much as there may be":  {retention.EventSpec{EntityType: strings.Repeat("u", 63), Key: many(8), Include: many(32)}, "", ""},
		"no entity type":           {retention.EventSpec{Key: key}, "events.entity_type", "such as user"},
		"a space in it":            {retention.EventSpec{EntityType: "a user", Key: key}, "events.entity_type", `"a user"`},
		"a wildcard in it":         {retention.EventSpec{EntityType: "user*", Key: key}, "events.entity_type", `"user*"`},
		"too long a type":          {retention.EventSpec{EntityType: strings.Repeat("u", 64), Key: key}, "events.entity_type", "63"},
		"no key":                   {retention.EventSpec{EntityType: "user"}, "events.key", "is required"},
		"an empty key":             {retention.EventSpec{EntityType: "user", Key: retention.EventKey{""}}, "events.key", "is required"},
		"an empty part":            {retention.EventSpec{EntityType: "user", Key: retention.EventKey{"a", ""}}, "events.key[1]", "empty"},
		"too many parts":           {retention.EventSpec{EntityType: "user", Key: many(9)}, "events.key", "at most 8"},
		"a part twice":             {retention.EventSpec{EntityType: "user", Key: retention.EventKey{"a", "b", "a"}}, "events.key[2]", "twice"},
		"too long a name":          {retention.EventSpec{EntityType: "user", Key: retention.EventKey{strings.Repeat("ä", 32)}}, "events.key[0]", "63"},
		"included twice":           {retention.EventSpec{EntityType: "user", Key: key, Include: []string{"a", "a"}}, "events.include[1]", "twice"},
		"included and given":       {retention.EventSpec{EntityType: "user", Key: key, Include: []string{"a", "policy_version"}}, "events.include[1]", "every event has"},
		"too many included":        {retention.EventSpec{EntityType: "user", Key: key, Include: many(33)}, "events.include", "at most 32"},
		"NUL in an included name":  {retention.EventSpec{EntityType: "user", Key: key, Include: []string{"a\x00"}}, "events.include[0]", "no name can have"},
		"no UTF-8 in a key's name": {retention.EventSpec{EntityType: "user", Key: retention.EventKey{"\xff"}}, "events.key[0]", "no name can have"},
	} {
		t.Run(name, func(t *testing.T) {
			p := telling(c.spec)
			err := p.Validate()
			if c.field == "" {
				if err != nil {
					t.Errorf("got %v, want it accepted", err)
				}
				return
			}
			wantField(t, err, c.field, c.says)
		})
	}
}

func wantField(t *testing.T, err error, field, says string) {
	t.Helper()
	inv, ok := errors.AsType[*retention.InvalidError](err)
	if !ok {
		t.Fatalf("got %v, want a refusal of %s", err, field)
	}
	if !slices.ContainsFunc(inv.Fields, func(f retention.FieldError) bool { return f.Field == field && strings.Contains(f.Message, says) }) {
		t.Errorf("got %v, want %s to say %q", inv, field, says)
	}
}

func TestEventsAreWrittenAsTheyAreRead(t *testing.T) {
	for doc, want := range map[string]retention.EventSpec{
		`{"entity_type":"user","key":"id"}`:                          {EntityType: "user", Key: retention.EventKey{"id"}},
		`{"entity_type":"user","key":["a","b"],"include":["c","d"]}`: {EntityType: "user", Key: retention.EventKey{"a", "b"}, Include: []string{"c", "d"}},
	} {
		var got retention.EventSpec
		if err := json.Unmarshal([]byte(doc), &got); err != nil {
			t.Fatal(err)
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("%s (-want +got):\n%s", doc, diff)
		}
		if back, err := json.Marshal(got); err != nil || string(back) != doc {
			t.Errorf("written back as %s, %v; want %s", back, err, doc)
		}
	}
	for _, bad := range []string{`7`, `["a", 7]`, `{"a": 1}`} {
		var k retention.EventKey
		if err := json.Unmarshal([]byte(bad), &k); err == nil {
			t.Errorf("%s was read as %q", bad, k)
		}
	}
}

func TestPoliciesThatTellTheSameAreTheSameRule(t *testing.T) {
	a := telling(retention.EventSpec{EntityType: "user", Key: retention.EventKey{"id"}, Include: []string{}})
	b := telling(retention.EventSpec{EntityType: "user", Key: retention.EventKey{"id"}})
	if !a.SameRule(b) {
		t.Error("an empty list of included columns makes another rule")
	}
	silent := b
	silent.Events = nil
	other := telling(retention.EventSpec{EntityType: "user", Key: retention.EventKey{"id"}, Include: []string{"region"}})
	for _, o := range []retention.Policy{silent, other} {
		if b.SameRule(o) {
			t.Errorf("%+v is taken for the same rule as %+v", o.Events, b.Events)
		}
	}
	if got, want := other.Telling(), "Tells others: user by `id`, with `region`."; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
	if got := silent.Telling(); got != "" {
		t.Errorf("a policy that tells nobody says %q", got)
	}
}
