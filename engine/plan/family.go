package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/retention"
)

// Effect is what the removal of a row does to a row that refers to it.
type Effect string

const (
	// EffectBlocks leaves the row that refers, and so the one it refers to.
	EffectBlocks Effect = "blocks"
	// EffectRemoves takes the row that refers along (ON DELETE CASCADE).
	EffectRemoves Effect = "removes"
	// EffectClears takes the reference from the row that refers (ON DELETE SET NULL), or
	// gives it the default instead (SET DEFAULT).
	EffectClears Effect = "clears"
)

// Reference is a foreign key that refers to rows which a policy removes.
type Reference struct {
	ForeignKey
	Effect Effect
	// Member is the child's place in the family; -1 if its rows only block.
	Member int
	// Children is the referring table.
	Children *Table
	// Held are those of its rows that holds cover: they keep what they refer to.
	Held HeldRows
}

// Reaches reports whether rows that refer go, or change, with those that they refer to.
func (r Reference) Reaches() bool { return r.Member >= 0 && r.Effect != EffectBlocks }

// Member is a table whose rows go, or change, together with rows of the policy's.
type Member struct {
	Table *Table
	// Key are its key's columns; nil if its records have no ids.
	Key   []Column
	Holds HeldRows
	// Removed: rows of it go. Otherwise they only lose references.
	Removed bool
	// ArchiveTo is the table that they go to, with ArchiveColumns, under an archive policy.
	ArchiveTo      retention.TableName
	ArchiveColumns []string
	// References are the foreign keys that refer to its rows, if they go.
	References []Reference
}

// maxFamily bounds the tables that one policy may reach into.
const maxFamily = 100

// family finds what the removal of rows does to the tables that refer to them. The
// database would carry it out by itself; the engine does so before it, since a held
// row among them must keep what it refers to. What the policy does not name in
// `cascade`, it may not change.
func family(p *Plan, in Inputs) error {
	if !in.Policy.Action.Removes() {
		return nil
	}
	p.Family = []Member{{Table: p.Table, Key: p.Key, Holds: p.Holds, Removed: true}}
	for i := 0; i < len(p.Family); i++ {
		// A table may turn out to be removed from only after its references were looked at.
		if !p.Family[i].Removed || p.Family[i].References != nil {
			continue
		}
		if err := p.relatives(in, i); err != nil {
			return err
		}
		if len(p.Family) > maxFamily {
			return refuse("cascade", fmt.Sprintf("it reaches into more than %d tables", maxFamily), "give the referring tables policies of their own")
		}
		i = -1
	}
	if err := reached(p, in); err != nil {
		return err
	}
	if len(p.Family) == 1 && len(p.Family[0].References) == 0 {
		p.Family = nil
	}
	return nil
}

// relatives judges the foreign keys that refer to one member.
func (p *Plan) relatives(in Inputs, member int) error {
	refs := []Reference{}
	for _, whole := range p.Family[member].Table.Incoming {
		for _, fk := range p.perPartition(in, whole) {
			ref, err := p.reference(in, fk)
			if err != nil {
				return err
			}
			refs = append(refs, ref)
		}
	}
	p.Family[member].References = refs
	return nil
}

func (p *Plan) reference(in Inputs, fk ForeignKey) (Reference, error) {
	ref := Reference{ForeignKey: fk, Effect: EffectBlocks, Member: -1, Children: in.Related[fk.ChildOID]}
	if fk.ChildOID == p.Table.OID {
		ref.Children = p.Table
	}
	if ref.Children == nil {
		return ref, refuse("table", fmt.Sprintf("foreign key %q of %s refers to %s, and that table cannot be read", fk.Name, fk.Child, fk.Parent), "")
	}
	switch fk.OnDelete {
	case FKCascade:
		ref.Effect = EffectRemoves
	case FKSetNull, FKSetDefault:
		ref.Effect = EffectClears
	}
	ref.Member = slices.IndexFunc(p.Family, func(m Member) bool { return m.Table.OID == fk.ChildOID })
	ref.Held = heldAnyhow(ref.Children, in.Holds)
	if ref.Effect == EffectBlocks {
		return ref, nil
	}
	if _, never := neverCleared(ref.Children, fk); never {
		ref.Effect = EffectBlocks // the database would refuse to clear it
		return ref, nil
	}
	if err := p.mayReach(in, ref); err != nil {
		return ref, err
	}
	operation := "UPDATE"
	if ref.Effect == EffectRemoves {
		operation = "DELETE"
	}
	if err := identified(ref.Children, operation, "cascade"); err != nil {
		return ref, err
	}
	if ref.Member < 0 {
		m, err := newMember(in, ref)
		if err != nil {
			return ref, err
		}
		ref.Member = len(p.Family)
		p.Family = append(p.Family, m)
	}
	if ref.Effect == EffectRemoves {
		p.Family[ref.Member].Removed = true
	}
	return ref, nil
}

// heldAnyhow are the rows of a table that holds cover; all where nobody can tell.
func heldAnyhow(t *Table, scopes []HoldScope) HeldRows {
	held, err := HeldBy(t, scopes)
	if err != nil {
		return HeldRows{All: true}
	}
	return held
}

// neverCleared finds a column that the foreign key would set to NULL although it, or its
// domain, is NOT NULL.
func neverCleared(t *Table, fk ForeignKey) (column string, never bool) {
	if fk.OnDelete != FKSetNull && fk.OnDelete != FKSetDefault {
		return "", false
	}
	for _, name := range fk.Sets {
		c, ok := t.Column(name)
		if ok && (c.NotNull || c.DomainNotNull) && (fk.OnDelete == FKSetNull || !c.HasDefault) {
			return name, true
		}
	}
	return "", false
}

// mayReach refuses what the policy does not name, and what cannot be done rightly.
func (p *Plan) mayReach(in Inputs, ref Reference) error {
	would := map[Effect]string{EffectRemoves: "delete rows of", EffectClears: "change rows of"}[ref.Effect]
	if !slices.Contains(in.Policy.Cascade, ref.Children.Logical()) {
		return refuse("cascade", fmt.Sprintf("foreign key %q would %s %s with the rows of %s that they refer to", ref.Name, would, ref.Child, ref.Parent),
			fmt.Sprintf("name it, as in \"cascade\": [%s], if that is meant; rows under a legal hold keep what they refer to", p.unnamed(in)))
	}
	if ref.Effect == EffectClears {
		return clearable(ref)
	}
	return nil
}

// unnamed lists, quoted, the tables that the policy would have to name beside what it names, over
// all foreign keys that take rows along.
func (p *Plan) unnamed(in Inputs) string {
	var names []string
	seen := map[uint32]bool{}
	for todo := []*Table{p.Table}; len(todo) > 0; todo = todo[1:] {
		for _, fk := range todo[0].Incoming {
			child := in.Related[fk.ChildOID]
			if fk.ChildOID == p.Table.OID {
				child = p.Table
			}
			takes := fk.OnDelete == FKCascade || fk.OnDelete == FKSetNull || fk.OnDelete == FKSetDefault
			if child == nil || !takes {
				continue
			}
			if _, never := neverCleared(child, fk); never {
				continue
			}
			name := fmt.Sprintf("%q", child.Logical())
			if !slices.Contains(in.Policy.Cascade, child.Logical()) && !slices.Contains(names, name) {
				names = append(names, name)
			}
			if fk.OnDelete == FKCascade && !seen[child.OID] {
				seen[child.OID] = true
				todo = append(todo, child)
			}
		}
	}
	return strings.Join(names, ", ")
}

// clearable refuses to clear columns by which a row is known to others.
func clearable(ref Reference) error {
	reads := func(columns []string) bool {
		return slices.ContainsFunc(columns, func(name string) bool { return slices.Contains(ref.Sets, name) })
	}
	if ref.Children.Key != nil && reads(ref.Children.Key.Columns) {
		return refuse("cascade", fmt.Sprintf("foreign key %q would change the key of rows of %s", ref.Name, ref.Child), "let that foreign key refuse (NO ACTION) or delete (CASCADE) instead")
	}
	for _, fk := range ref.Children.Incoming {
		if reads(fk.ParentCols) {
			return refuse("cascade", fmt.Sprintf("foreign key %q would change columns of %s to which %q of %s refers", ref.Name, ref.Child, fk.Name, fk.Child), "let that foreign key refuse (NO ACTION) instead")
		}
	}
	return nil
}

// newMember takes a table into the family.
func newMember(in Inputs, ref Reference) (Member, error) {
	t := ref.Children
	check := plainTable
	if t.IsPartition && t.Kind == KindTable || t.Kind == KindPartitioned && len(t.Partitions.Leaves) == 0 {
		check = ours // one of those that the table named is cut into, or there are none
	}
	if err := check(t, "cascade"); err != nil {
		return Member{}, err
	}
	m := Member{Table: t, Key: t.KeyColumns()}
	var err error
	m.Holds, err = holdsOf(t, m.Key, in.Holds, "cascade")
	return m, err
}

// reached refuses names in `cascade` that no foreign key leads to: whoever wrote them
// expects something that does not happen.
func reached(p *Plan, in Inputs) error {
	for i, name := range in.Policy.Cascade {
		if !slices.ContainsFunc(p.Family, func(m Member) bool { return m.Table.Logical() == name && (m.Table != p.Table || p.selfReaches()) }) {
			if err := p.onlyBlocks(i, name); err != nil {
				return err
			}
			return refuse(fmt.Sprintf("cascade[%d]", i), fmt.Sprintf("no foreign key ON DELETE CASCADE, SET NULL or SET DEFAULT leads from %s to %s", name, in.Table.Name), "leave it out"+p.candidates())
		}
	}
	return nil
}

// onlyBlocks refuses a name in `cascade` to which a foreign key does lead, one that would clear
// a column that is NOT NULL: PostgreSQL refuses that, so its rows keep what they refer to.
func (p *Plan) onlyBlocks(i int, name retention.TableName) error {
	for _, m := range p.Family {
		for _, r := range m.References {
			column, never := neverCleared(r.Children, r.ForeignKey)
			if !never || r.Children.Logical() != name {
				continue
			}
			return refuse(fmt.Sprintf("cascade[%d]", i), fmt.Sprintf("foreign key %q would set the column %q of %s to NULL, which is NOT NULL: its rows change in nothing, and keep the rows of %s that they refer to", r.Name, column, r.Child, r.Parent),
				fmt.Sprintf("leave it out, and such rows are counted as blocked; or let the column be NULL (ALTER TABLE %s ALTER COLUMN %s DROP NOT NULL), or the foreign key delete (CASCADE)", r.Child.SQL(), retention.QuoteIdent(column)))
		}
	}
	return nil
}

func (p *Plan) selfReaches() bool {
	return slices.ContainsFunc(p.Family, func(m Member) bool {
		return slices.ContainsFunc(m.References, func(r Reference) bool { return r.Member == 0 && r.Effect != EffectBlocks })
	})
}

func (p *Plan) candidates() string {
	var names []string
	for _, m := range p.Family {
		for _, r := range m.References {
			if r.Effect != EffectBlocks && !slices.Contains(names, r.Children.Logical().String()) {
				names = append(names, r.Children.Logical().String())
			}
		}
	}
	if len(names) == 0 {
		return ""
	}
	return "; those that do are " + strings.Join(names, ", ")
}

// Circular reports whether tables beside the policy's own refer to each other, or to it,
// in a circle.
func (p *Plan) Circular() bool {
	for _, m := range p.Family {
		for _, r := range m.References {
			if r.Effect == EffectBlocks && r.Member >= 0 && p.Family[r.Member].Removed && (r.ChildOID != p.Table.OID || m.Table.OID != p.Table.OID) {
				return true
			}
		}
	}
	return p.removesAround()
}

// removesAround reports whether foreign keys that take rows along lead around from a table back to
// it, by way of another.
func (p *Plan) removesAround() bool {
	for start := range p.Family {
		seen := map[int]bool{}
		for todo := []int{start}; len(todo) > 0; todo = todo[1:] {
			for _, r := range p.Family[todo[0]].References {
				switch {
				case r.Effect != EffectRemoves || r.Member < 0 || r.Member == todo[0]:
				case r.Member == start:
					return true
				case !seen[r.Member]:
					seen[r.Member], todo = true, append(todo, r.Member)
				}
			}
		}
	}
	return false
}

// InPasses reports whether a row that was blocked may be free once others of its own
// table are gone: the walk is then repeated until it frees nothing more.
func (p *Plan) InPasses() bool {
	for _, m := range p.Family {
		for _, r := range m.References {
			if r.Effect == EffectBlocks && r.Member >= 0 && p.Family[r.Member].Removed {
				return true
			}
		}
	}
	return false
}
