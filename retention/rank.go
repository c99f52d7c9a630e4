package retention

import (
	"cmp"
	"slices"
)

// Outranks reports whether, of a row that both policies would remove, this one decides,
// and why. The rules, in their order: retention beats deletion, so archive beats delete,
// since what is archived is kept; the longer period wins; explicit beats implicit, so a
// policy with a condition beats one without; and at last the names, so that somebody
// decides. Legal holds beat all of them, and anonymizing a row that is deleted later is no
// conflict.
//
// Only policies that count from the same moment can be ranked: of one that counts from
// closed_at, a row without it would be kept for good by the longer period alone.
func (p *Policy) Outranks(o *Policy) (why string, ok bool) {
	if !p.overlaps(o) || !p.sameClock(o) {
		return "", false
	}
	for _, rule := range []struct {
		why  string
		than int
	}{
		{"it archives, and what is archived is kept", compareBool(p.Action == ActionArchive, o.Action == ActionArchive)},
		{"its retention period is longer", comparePeriods(p.RetentionPeriod, o.RetentionPeriod)},
		{"it names its rows by a condition", compareBool(p.Condition != "", o.Condition != "")},
		{"its name comes first", cmp.Compare(o.Name, p.Name)},
	} {
		if rule.than != 0 {
			return rule.why, rule.than > 0
		}
	}
	return "", false
}

// overlaps reports whether both may remove the same row.
func (p *Policy) overlaps(o *Policy) bool {
	return p.Name != o.Name && p.Table == o.Table && p.Action.Removes() && o.Action.Removes()
}

func (p *Policy) sameClock(o *Policy) bool {
	return p.TimestampColumn == o.TimestampColumn && p.Unit == o.Unit && cmp.Or(p.TimeZone, "UTC") == cmp.Or(o.TimeZone, "UTC")
}

func comparePeriods(a, b Period) int {
	return compareBool(b.ShorterThan(a), a.ShorterThan(b))
}

func compareBool(a, b bool) int {
	switch {
	case a && !b:
		return 1
	case b && !a:
		return -1
	}
	return 0
}

// Among is the policy with those of the live ones that it leaves rows to, by name.
func (p Policy) Among(live []Policy) Policy {
	p.YieldsTo = nil
	for i := range live {
		if _, over := live[i].Outranks(&p); over && live[i].Enabled && live[i].RetiredAt == nil {
			p.YieldsTo = append(p.YieldsTo, live[i])
		}
	}
	slices.SortFunc(p.YieldsTo, func(a, b Policy) int { return cmp.Compare(a.Name, b.Name) })
	return p
}

// Conflict is another policy that would remove some of the same rows.
type Conflict struct {
	// Policy is the other one, Version its own.
	Policy  string `json:"policy"`
	Version int    `json:"version"`
	// Yields: the rows that fit both are left to the other one.
	Yields bool `json:"yields"`
	// Unranked: neither yields, since they count from different moments. Each disposes of
	// what is due under it.
	Unranked bool `json:"unranked,omitempty"`
	// Because is the rule that decides: of the other one if Yields, else of this one.
	Because string `json:"because"`
}

// Conflicts are the live policies that would remove rows of the same table, by name.
func (p *Policy) Conflicts(live []Policy) []Conflict {
	var out []Conflict
	if !p.Enabled || p.RetiredAt != nil {
		return nil // it removes nothing
	}
	for i := range live {
		o := &live[i]
		if !o.Enabled || o.RetiredAt != nil {
			continue
		}
		if why, over := o.Outranks(p); over {
			out = append(out, Conflict{Policy: o.Name, Version: o.Version, Yields: true, Because: why})
		} else if why, over := p.Outranks(o); over {
			out = append(out, Conflict{Policy: o.Name, Version: o.Version, Because: why})
		} else if p.overlaps(o) {
			out = append(out, Conflict{Policy: o.Name, Version: o.Version, Unranked: true, Because: "they count from different moments"})
		}
	}
	slices.SortFunc(out, func(a, b Conflict) int { return cmp.Compare(a.Policy, b.Policy) })
	return out
}
