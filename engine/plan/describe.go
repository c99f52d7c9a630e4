package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/retention"
)

// Describe says in sentences how the policy is carried out and what that was decided
// from. Names of the application stand in backquotes.
func (p *Plan) Describe() []string {
	var out []string
	for _, say := range []func() []string{p.describeParts, p.describeWalk, p.describeYields, p.describeHolds, p.describeReferences, p.describeTriggers, p.describeRollup, p.describeEvidence} {
		out = append(out, say()...)
	}
	return out
}

func one(format string, args ...any) []string { return []string{fmt.Sprintf(format, args...)} }

func (p *Plan) describeParts() []string {
	if p.Table.Kind != KindPartitioned {
		return nil
	}
	n := len(p.Table.Partitions.Leaves)
	s := fmt.Sprintf("Goes through the %d partitions of `%s` one by one, each by its own indexes; those of which the bounds say that nothing is due are passed over.", n, p.Table.Name)
	if p.Policy.Action == retention.ActionDelete && p.Cond == nil && !p.Digests && p.Events == nil && p.Family == nil {
		s += " One that is due as a whole is emptied at once (TRUNCATE), if it has no triggers and is in no publication."
	}
	return []string{s}
}

func (p *Plan) describeWalk() []string {
	column := p.Time.Column.Name
	ix := p.Table.LeadingIndex(column)
	switch {
	case p.Table.Kind == KindPartitioned && ix == nil:
		return one("Reads partitions without an index that begins with `%s` block by block.", column)
	case ix == nil:
		return one("Reads `%s` block by block: no complete index begins with `%s`. One would let a run read what is due alone.", p.Table.Name, column)
	case p.Walk == WalkBlock:
		return one("Reads `%s` block by block, since about %.0f %% of it is due; later runs will follow the index `%s`.", p.Table.Name, 100*p.DueShare, ix.Name)
	}
	return one("Follows the index `%s` in the order of `%s`, and reads what is due alone.", ix.Name, column)
}

func (p *Plan) describeYields() []string {
	var out []string
	for i := range p.Policy.YieldsTo {
		o := &p.Policy.YieldsTo[i]
		why, _ := o.Outranks(&p.Policy)
		if o.Condition == "" {
			out = append(out, fmt.Sprintf("Leaves every row to the policy `%s`, which decides about all rows of the table: %s.", o.Name, why))
			continue
		}
		out = append(out, fmt.Sprintf("Leaves the rows where `%s` to the policy `%s`: %s.", o.Condition, o.Name, why))
	}
	return out
}

func (p *Plan) describeHolds() []string {
	h := p.Holds
	var out []string
	for _, f := range h.Faults {
		out = append(out, fmt.Sprintf("Hold %s covers the whole of `%s` until somebody decides: %s. To end that, %s.", f.HoldID, f.On, f.Reason, f.Remedy))
	}
	switch {
	case len(out) > 0:
		return out
	case h.All:
		return one("The whole of `%s` is under a legal hold: nothing goes.", p.Root.Name)
	case !h.Any():
		return nil
	}
	var holds []int32
	for _, set := range h.Sets {
		holds = append(holds, set.HoldNos...)
	}
	for _, c := range h.Conditions {
		holds = append(holds, c.HoldNo)
	}
	for _, f := range h.Families {
		holds = append(holds, f.Set.HoldNos...)
	}
	slices.Sort(holds)
	holds = slices.Compact(holds)
	return one("%d legal %s in force on records of `%s`; each row is judged in the statement that would change it.", len(holds), pick(len(holds) == 1, "hold is", "holds are"), p.Root.Name)
}

func (p *Plan) describeReferences() []string {
	var out []string
	for _, m := range p.Family {
		for _, r := range m.References {
			child, columns := r.Children.Logical().String(), strings.Join(r.ChildCols, "`, `")
			s := map[Effect]string{
				EffectBlocks: "Rows of `%s` that refer to a row by `%s` (%s) keep it.", EffectRemoves: "Rows of `%s` go with those that they refer to by `%s` (%s).",
				EffectClears: "Rows of `%s` lose their reference by `%s` (%s) when it goes.",
			}[r.Effect]
			s = fmt.Sprintf(s, child, columns, r.Name)
			if r.Effect == EffectRemoves && !p.Family[r.Member].ArchiveTo.IsZero() {
				s = strings.TrimSuffix(s, ".") + fmt.Sprintf(", into `%s`.", p.Family[r.Member].ArchiveTo)
			}
			if !r.Indexed() {
				sql, _ := createIndex(r.Children, r.ChildCols...)
				s += fmt.Sprintf(" No index begins with `%s`, so the whole of `%s` is read for every row that goes: `%s`", columns, child, sql)
			}
			if !slices.Contains(out, s) {
				out = append(out, s)
			}
		}
	}
	if most := p.MostRows(); most > 0 && most < p.Policy.BatchSize {
		out = append(out, fmt.Sprintf("Since tables are read for every row that goes, a batch has at most %d %s.", most, pick(most == 1, "row", "rows")))
	}
	if p.InPasses() {
		out = append(out, "Its rows refer to each other: where a batch finds all of its rows kept by others further on, it takes the last of those first; and the table is walked again until a pass frees nothing more.")
	}
	return out
}

// Indexed reports whether the rows that refer are found by an index of theirs.
func (r Reference) Indexed() bool { return r.Children.indexed(r.ChildCols) }

// indexed reports whether some index begins with the columns, in any order.
func (t *Table) indexed(columns []string) bool {
	return slices.ContainsFunc(t.Indexes, func(ix Index) bool {
		if !ix.Valid || ix.Partial || len(ix.Columns) < len(columns) {
			return false
		}
		return !slices.ContainsFunc(columns, func(c string) bool { return !slices.Contains(ix.Columns[:len(columns)], c) })
	})
}

func (p *Plan) describeTriggers() []string {
	var names []string
	for _, tr := range p.Table.Triggers {
		if tr.fires(p.Policy.Action) {
			names = append(names, tr.Name)
		}
	}
	if len(names) == 0 {
		return nil
	}
	s := fmt.Sprintf("Triggers fire: `%s`. What they change in other tables is compared with the policy after every batch", strings.Join(names, "`, `"))
	for i, t := range p.Triggered {
		s += pick(i == 0, "; it may have rows ", ", and ") + fmt.Sprintf("%s in `%s`", p.Policy.Triggers[t.Table.Name], t.Table.Name)
	}
	s += "."
	if len(p.Triggered) > 0 {
		s += " It is counted as the server counts it: what a trigger does and takes back itself (an EXCEPTION block) counts too."
	}
	if p.LockFirst {
		s += " Rows are locked before they are changed, so that one that a trigger keeps is seen."
	}
	return []string{s}
}

func (p *Plan) describeEvidence() []string {
	if p.Digests {
		return one("Each batch leaves its counts and a digest of every record, by its key `%s`.", strings.Join(p.Root.Key.Columns, "`, `"))
	}
	if p.Policy.Evidence == retention.EvidenceRecords {
		return one("Each batch leaves its counts alone: the rows of `%s` have no key by which to tell them apart.", p.Root.Name)
	}
	return one("Each batch leaves its counts, and no digests.")
}

// Unknown says what a simulation cannot know: what shows only when a run meets the rows.
func (p *Plan) Unknown() []string {
	list := []string{"Rows that somebody has locked when a run meets them are left for the next one."}
	if len(p.Table.Triggers) > 0 {
		list = append(list, fmt.Sprintf("What triggers of `%s` keep, refuse or change shows only when they fire.", p.Table.Name))
	}
	for _, m := range p.Family {
		if m.Table.OID != p.Table.OID && len(m.Table.Triggers) > 0 {
			list = append(list, fmt.Sprintf("What triggers of `%s`, whose rows go or change too, keep, refuse or change shows only when they fire.", m.Table.Name))
		}
		for _, r := range m.References {
			if r.OnDelete == FKSetDefault && r.Effect == EffectClears {
				list = append(list, fmt.Sprintf("Whether the default that replaces a reference of `%s` is the key of a row shows only when it is set.", r.Child.String()))
			}
		}
	}
	if p.Circular() {
		list = append(list, "Tables refer to each other in a circle: a row that only the circle keeps, or a held row around it, counts as free here.")
	}
	return list
}
