package retention

import (
	"encoding/json"
	"fmt"
	"regexp"
	"slices"
	"strings"
)

// EventSpec is what a policy tells other services about each record that it
// disposed of: whose record it was, and what else travels with that.
type EventSpec struct {
	// EntityType names the kind of thing that the key identifies in the other
	// services, such as user.
	EntityType string `json:"entity_type"`
	// Key are the columns whose values identify the entity: not necessarily the
	// record's own key, and not necessarily different for each record.
	Key EventKey `json:"key"`
	// Include are further columns whose values travel with the event.
	Include []string `json:"include,omitempty"`
}

// EventKey is one column name, or several for a composite key. In documents one
// column is a string and several are an array.
type EventKey []string

// MarshalJSON writes the form in which documents give it.
func (k EventKey) MarshalJSON() ([]byte, error) {
	if len(k) == 1 {
		return json.Marshal(k[0])
	}
	return json.Marshal([]string(k))
}

// UnmarshalJSON reads a string or an array of strings.
func (k *EventKey) UnmarshalJSON(b []byte) error {
	var one string
	if err := json.Unmarshal(b, &one); err == nil {
		*k = EventKey{one}
		return nil
	}
	var several []string
	if err := json.Unmarshal(b, &several); err != nil {
		return fmt.Errorf("must be a column name, or an array of column names: %w", err)
	}
	*k = several
	return nil
}

const (
	// MaxEventKey bounds the columns of an entity's key.
	MaxEventKey = 8
	// MaxEventInclude bounds the columns that travel with an event.
	MaxEventInclude = 32
)

// entityType is narrower than a column's name: it becomes part of filters and of
// other services' routing.
var entityType = regexp.MustCompile(`^[A-Za-z][A-Za-z0-9_.-]{0,62}$`)

// validate checks what can be known without the table.
func (s *EventSpec) validate(bad *Problems) {
	if !entityType.MatchString(s.EntityType) {
		bad.Add("events.entity_type", "%q must be letters, digits, '_', '-' and '.', start with a letter and have at most 63 characters, such as user", s.EntityType)
	}
	switch n := len(s.Key); {
	case n == 0 || n == 1 && s.Key[0] == "":
		bad.Add("events.key", "is required: the column whose value identifies the entity, such as customer_id, or an array of columns")
	case n > MaxEventKey:
		bad.Add("events.key", "has %d columns; at most %d are accepted", n, MaxEventKey)
	default:
		eventColumns(bad, "events.key", s.Key)
	}
	if n := len(s.Include); n > MaxEventInclude {
		bad.Add("events.include", "has %d columns; at most %d are accepted", n, MaxEventInclude)
		return
	}
	eventColumns(bad, "events.include", s.Include)
	for i, name := range s.Include {
		if EventMember(name) {
			bad.Add(eventField("events.include", i), "%q is a member that every event has already (%s); include it from a column of another name", name, strings.Join(eventMembers, ", "))
		}
	}
}

func eventColumns(bad *Problems, field string, names []string) {
	for i, name := range names {
		switch {
		case slices.Contains(names[:i], name):
			bad.Add(eventField(field, i), "%q is named twice", name)
		case checkIdent(name) != nil:
			bad.Add(eventField(field, i), "%q %s; give a column's exact name", name, checkIdent(name))
		}
	}
}

func eventField(field string, i int) string { return field + "[" + itoa(i) + "]" }

// clone is a copy that shares nothing; an empty list of included columns is none.
func (s *EventSpec) clone() *EventSpec {
	if s == nil {
		return nil
	}
	c := EventSpec{EntityType: s.EntityType, Key: slices.Clone(s.Key)}
	if len(s.Include) > 0 {
		c.Include = slices.Clone(s.Include)
	}
	return &c
}

// Telling says in one sentence what the policy tells others; empty if nothing.
func (p *Policy) Telling() string {
	if p.Events == nil {
		return ""
	}
	with := ""
	if len(p.Events.Include) > 0 {
		with = ", with " + codeList(p.Events.Include)
	}
	return fmt.Sprintf("Tells others: %s by %s%s.", p.Events.EntityType, codeList(p.Events.Key), with)
}
