package retention

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// TriggerEffects is what triggers of the application may do to rows of one table. Its
// text is `inserted`, `updated` and `deleted`, those that apply, with commas.
type TriggerEffects struct{ Inserted, Updated, Deleted bool }

// triggerEffects are the words in the order in which they are written.
var triggerEffects = []string{"inserted", "updated", "deleted"}

func (e TriggerEffects) flags() []bool { return []bool{e.Inserted, e.Updated, e.Deleted} }

// String is the text.
func (e TriggerEffects) String() string {
	var words []string
	for i, on := range e.flags() {
		if on {
			words = append(words, triggerEffects[i])
		}
	}
	return strings.Join(words, ", ")
}

// ParseTriggerEffects reads the text.
func ParseTriggerEffects(s string) (e TriggerEffects, err error) {
	for _, word := range strings.Split(s, ",") {
		switch word = strings.TrimSpace(word); word {
		case "inserted":
			e.Inserted = true
		case "updated":
			e.Updated = true
		case "deleted":
			e.Deleted = true
		default:
			return e, fmt.Errorf("%q is no effect of a trigger; give %s, or several with commas", word, strings.Join(triggerEffects, ", "))
		}
	}
	return e, nil
}

// MarshalText is the text.
func (e TriggerEffects) MarshalText() ([]byte, error) { return []byte(e.String()), nil }

// UnmarshalText reads it.
func (e *TriggerEffects) UnmarshalText(b []byte) (err error) {
	*e, err = ParseTriggerEffects(string(b))
	return err
}

// maxTriggered bounds the tables that a policy names under `triggers`.
const maxTriggered = 100

// TriggeredTables are the tables that the policy names under `triggers`, in a fixed order.
func (p *Policy) TriggeredTables() []TableName {
	names := make([]TableName, 0, len(p.Triggers))
	for name := range p.Triggers {
		names = append(names, name)
	}
	slices.SortFunc(names, func(a, b TableName) int { return cmp.Compare(a.String(), b.String()) })
	return names
}

func (p *Policy) validateTriggers(bad *Problems) {
	if len(p.Triggers) > maxTriggered {
		bad.Add("triggers", "has %d tables; at most %d are accepted", len(p.Triggers), maxTriggered)
	}
	for _, name := range p.TriggeredTables() {
		field := "triggers." + name.String()
		switch {
		case p.Triggers[name] == TriggerEffects{}:
			bad.Add(field, "says nothing; give %s, or several with commas", strings.Join(triggerEffects, ", "))
		case name == p.Table:
			bad.Add(field, "is the policy's own table: what a trigger does there cannot be told from what the policy does")
		case slices.Contains(p.Cascade, name):
			bad.Add(field, "stands under cascade too: what a trigger does there cannot be told from what the policy does")
		case p.Rollup != nil && name == p.Rollup.Table:
			bad.Add(field, "is the table of the rollup: what a trigger does there cannot be told from what the policy does")
		case p.archivesTo(name):
			bad.Add(field, "is an archive table, into which nobody but the policy may write in a run")
		}
	}
}

func (p *Policy) archivesTo(name TableName) bool {
	for _, to := range p.Archives() {
		if to == name {
			return true
		}
	}
	return false
}
