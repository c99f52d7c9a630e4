package retention

import (
	"fmt"
)

// Family holds records with everything that belongs to them: the rows that refer to them by
// a foreign key, those that refer to such rows, and so on downward. Rows that join later are
// covered too.
type Family struct {
	// Depth is over how many foreign keys a row may belong to a record; 0 for any number.
	Depth int `json:"depth"`
}

// FamilyTable is a table of a family, and how many of its rows belong to the records.
type FamilyTable struct {
	Table       TableName `json:"table"`
	RecordCount int64     `json:"record_count"`
}

// GrownFamily is a table that came to belong to the records of a hold in force, since a
// foreign key leads there now, or by one more.
type GrownFamily struct {
	// Scope is the scope's place in the hold.
	Scope int       `json:"scope"`
	Table TableName `json:"table"`
}

const (
	// MaxFamilyDepth bounds the depth that a family can be given. One of any depth is not
	// given a number.
	MaxFamilyDepth = 20
	// MaxFamilyTables bounds the tables of one family: each is judged in every batch of the
	// tables below it.
	MaxFamilyTables = 200
)

// String says how far the family goes.
func (f Family) String() string {
	switch f.Depth {
	case 0:
		return "everything that belongs to them"
	case 1:
		return "what refers to them"
	}
	return fmt.Sprintf("what belongs to them over up to %d foreign keys", f.Depth)
}

// MixedFamily is the place of the first scope by ids whose table has another one by ids with
// another family, or none; -1 if there is none. A hold has one list of ids of each table, by
// which what belongs to them is judged.
func MixedFamily(scopes []Scope) int {
	families := map[TableName]*Family{}
	for i, s := range scopes {
		if s.Condition != "" || s.All {
			continue
		}
		f, there := families[s.Table]
		if there && ((f == nil) != (s.Family == nil) || f != nil && *f != *s.Family) {
			return i
		}
		families[s.Table] = s.Family
	}
	return -1
}

func mixedFamily(table TableName) string {
	return fmt.Sprintf("is another one than that of the records of %s before it: within one hold what belongs to records of a table is covered for all of them, to one depth, or for none; place a hold of its own for the others", table)
}

// CheckFamilies is ErrConflict where scopes that are to be added to a hold do not go with its
// own; see MixedFamily.
func (h *Hold) CheckFamilies(more ...Scope) error {
	all := append(h.InForceScopes().Scope, more...)
	if i := MixedFamily(all); i >= 0 {
		return Conflictf("the family of a scope %s", mixedFamily(all[i].Table))
	}
	return nil
}

// FamilyOf is the family of the hold's records of a table, which those that are added have too;
// nil for the records alone.
func (h *Hold) FamilyOf(table TableName) *Family {
	for i := range h.Scope {
		if s := &h.Scope[i]; s.ByID() && !s.Ended() && s.Table == table {
			return s.Family
		}
	}
	return nil
}

// validateFamily wants ids where everything that belongs to records is to be held.
func (s *Scope) validateFamily(bad *Problems, field string) {
	if s.Family == nil {
		return
	}
	if s.Condition != "" || s.All {
		bad.Add(field+".family", "goes with record_ids or a list of records alone: what belongs to rows that fit a condition, or to a whole table, is held by scopes of its own; leave family out, or give record_ids instead")
	}
	if s.Family.Depth < 0 || s.Family.Depth > MaxFamilyDepth {
		bad.Add(field+".family.depth", "is %d; give a number from 1 to %d, or null for everything that belongs to the records", s.Family.Depth, MaxFamilyDepth)
	}
}
