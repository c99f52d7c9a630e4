package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/engine/condition"
	"holdfast/retention"
)

// HashLimit is the number of held ids up to which their list is hashed once per
// batch; above it each row probes the index instead. At 500,000 ids the hash of
// the list in every batch took ten times as long as the probes.
const HashLimit = 20_000

// HoldScope is one scope in force, as the guard keeps it.
type HoldScope struct {
	HoldID string
	HoldNo int32
	// RelID, Table are what the scope named when the hold was placed.
	RelID uint32
	Table retention.TableName
	// Parts are the partitions that it had since the hold was placed, with theirs;
	// Attached are those of them that it has now.
	Parts, Attached []uint32
	// ArchivedIn are the tables, of those that are asked for, into which rows of the scope's
	// table were archived.
	ArchivedIn []uint32
	// Swapped: a column of that table bears a name now that another one had when rows were
	// archived. OtherForm: a column that Condition asks for is of another type, precision or
	// collation in an archive.
	Swapped, OtherForm bool
	// Set is the typed copy of its ids; 0 covers the whole table, or what fits Condition.
	Set int32
	// Condition is what its rows fit; empty if it has ids or covers the whole table.
	Condition string
	// Columns and ColumnTypes are those that Condition asks for, and the oids of their
	// types; Changed tells that one of them is not any more what it was then, in name,
	// type, precision, collation or labels.
	Columns     []string
	ColumnTypes []uint32
	Changed     bool
	// KeyAttnums and KeyTypes are the key's attributes then.
	KeyAttnums []int16
	KeyTypes   []uint32
	// KeyNames are those attributes' names now.
	KeyNames []string
	// Rows is the number of ids in the set, over all holds.
	Rows int64
}

// HeldRows says how to recognise held rows of the plan's table.
type HeldRows struct {
	// All: the whole table is held.
	All bool
	// Parts are partitions that are held as a whole.
	Parts []uint32
	// Sets are typed copies of ids; a row is held if any of them has its key.
	Sets []HeldSet
	// Conditions are those of holds; a row is held if it fits any of them.
	Conditions []HeldCondition
}

// HeldCondition is one scope by condition.
type HeldCondition struct {
	HoldID string
	HoldNo int32
	Cond   *condition.Condition
	// Parts are the relations whose rows it is about; nil for all of the table's.
	Parts []uint32
	// Fold: an equality that means the same in a list with others on its column. With a
	// column of type real it does not: a list is compared in another precision.
	Fold bool
}

// HeldSet is one table holdfast_guard.held_<ID> and the holds in force in it.
type HeldSet struct {
	ID      int32
	HoldNos []int32
	// Key are the columns that the ids are compared with, if they are not the plan's key.
	Key []Column
	// Hash: the list is small enough to be hashed once a batch.
	Hash bool
}

// Any reports whether any row can be held.
func (h HeldRows) Any() bool {
	return h.All || len(h.Sets) > 0 || len(h.Parts) > 0 || len(h.Conditions) > 0
}

// heldRows gathers the holds in force. A scope whose table or key is no longer
// what it was when the hold was placed bars the policy: nobody can tell which
// rows it means now.
func heldRows(p *Plan, in Inputs) (err error) {
	p.Holds, err = holdsOf(in.Table, p.Key, in.Holds, "table")
	return err
}

// holdsOf are the scopes that cover rows of one table. A refusal names the field of
// the policy that leads there.
func holdsOf(t *Table, key []Column, scopes []HoldScope, field string) (held HeldRows, err error) {
	for _, s := range scopes {
		own := s.RelID == t.OID
		related := own || t.relatedTo(s) || s.archivedIn(t)
		if !related && s.Table != t.Name {
			continue
		}
		if !related {
			return held, refuse(field, fmt.Sprintf("hold %s covers records of %s, and the table of that name was replaced since", s.HoldID, s.Table), "release the hold or place it anew on this table first")
		}
		if !own && s.archivedIn(t) {
			if err := s.tellable(t, field); err != nil {
				return held, err
			}
		}
		if err := held.take(t, key, s, field); err != nil {
			return held, err
		}
	}
	return held, nil
}

// take adds the rows of a scope that is about the table.
func (h *HeldRows) take(t *Table, key []Column, s HoldScope, field string) error {
	switch {
	case s.Condition != "":
		if !h.fitting(t, s) {
			return refuse(field, fmt.Sprintf("hold %s covers rows of %s by a condition (%s), and a column that it asks for was dropped, renamed or given another type, precision, collation or labels since", s.HoldID, s.Table, s.Condition), "release the hold or place it anew with today's columns first")
		}
		return nil
	case s.Set == 0:
		h.whole(t, s)
		return nil
	}
	var as []Column // its own key
	own := s.RelID == t.OID
	if !own {
		as = t.columnsOf(s)
	}
	if own && !sameKey(key, s) || !own && as == nil {
		return refuse(field, fmt.Sprintf("hold %s names records of %s by a key that has changed since it was placed", s.HoldID, t.Name), "release the hold or place it anew with today's key first")
	}
	h.add(s, as)
	return nil
}

// tellable refuses an archive in which nobody can tell the rows that a scope holds in the
// table that they were archived from.
func (s HoldScope) tellable(t *Table, field string) error {
	switch {
	case s.Swapped:
		return refuse(field, fmt.Sprintf("hold %s covers records of %s, whose columns have exchanged names since rows were archived into %s: nobody can tell which column is which there", s.HoldID, s.Table, t.Name), "give the columns their former names back, or release the hold")
	case s.OtherForm:
		return refuse(field, fmt.Sprintf("hold %s covers rows of %s by a condition (%s), and a column that it asks for is missing in %s, or of another type, precision or collation there", s.HoldID, s.Table, s.Condition, t.Name), "give the archive's columns the types of the table's, or release the hold")
	case s.Set != 0 && s.Condition == "" && t.columnsOf(s) == nil:
		return refuse(field, fmt.Sprintf("hold %s names records of %s by its key, and %s, which has rows archived from there, has no primary or unique key with those columns, or they are of other names or types", s.HoldID, s.Table, t.Name), "give the archive such a key, over columns that are NOT NULL, or release the hold")
	}
	return nil
}

// HeldBy are the rows of a table that scopes hold, whatever policy there is. A scope whose
// table, key or columns are no longer what they were is a *retention.Refusal.
func HeldBy(t *Table, scopes []HoldScope) (HeldRows, error) {
	return holdsOf(t, t.KeyColumns(), scopes, "table")
}

// relatedTo reports whether the scope is of a table that the rows of this one are, or
// were, a part of, or that is a part of this one: a partition that comes or goes must
// free nothing.
func (t *Table) relatedTo(s HoldScope) bool {
	mine := func(oid uint32) bool { return oid == t.OID || slices.Contains(t.Partitions.Tree, oid) }
	return mine(s.RelID) || slices.Contains(t.Partitions.Above, s.RelID) || slices.ContainsFunc(s.Parts, mine)
}

// columnsOf are the columns with the names that the key of another scope's ids has, if
// they are keys here too.
func (t *Table) columnsOf(s HoldScope) []Column {
	out := make([]Column, 0, len(s.KeyNames))
	for i, name := range s.KeyNames {
		c, ok := t.Column(name)
		if !ok || c.BaseOID != s.KeyTypes[i] || c.EqSchema == "" {
			return nil
		}
		out = append(out, c)
	}
	return out
}

// archivedIn reports whether rows of the scope's table were archived into this one.
func (s HoldScope) archivedIn(t *Table) bool { return slices.Contains(s.ArchivedIn, t.OID) }

// covers reports whether the scope's table has every row of this one. Of archived rows
// nobody knows which partition they came from.
func (s HoldScope) covers(t *Table) bool {
	return s.RelID == t.OID || s.archivedIn(t) || slices.Contains(t.Partitions.Above, s.RelID) || slices.Contains(s.Parts, t.OID)
}

// fitting holds the rows that fit a scope's condition. It answers false where nobody can
// tell which those are: the columns are not those of then.
func (h *HeldRows) fitting(t *Table, s HoldScope) bool {
	if s.detached(t) {
		// Its columns may have been renamed since: nobody would know.
		h.All = true
		return true
	}
	cond, err := condition.Parse(s.Condition)
	if err != nil || s.Changed {
		return false
	}
	for i, name := range s.Columns {
		if c, ok := t.Column(name); !ok || c.BaseOID != s.ColumnTypes[i] {
			return false
		}
	}
	c := HeldCondition{HoldID: s.HoldID, HoldNo: s.HoldNo, Cond: cond, Fold: foldable(t, cond)}
	if !s.covers(t) {
		c.Parts = append([]uint32{s.RelID}, s.Attached...)
		for _, part := range s.Parts {
			if !slices.Contains(s.Attached, part) {
				h.Parts = append(h.Parts, part) // detached, and attached here
			}
		}
	}
	h.Conditions = append(h.Conditions, c)
	return true
}

// detached reports whether a table was a partition of the scope's and is none any more.
func (s HoldScope) detached(t *Table) bool {
	return s.RelID != t.OID && !slices.Contains(t.Partitions.Above, s.RelID) && slices.Contains(s.Parts, t.OID) && !slices.Contains(s.Attached, t.OID)
}

func foldable(t *Table, cond *condition.Condition) bool {
	name, constant, ok := cond.Equality()
	c, has := t.Column(name)
	// Constants with a type of their own may not be of one type.
	return ok && has && c.BaseType != "float4" && c.BaseType != "float8" && !strings.Contains(constant, "::")
}

// whole holds the rows of a scope's table: all, or those in some partitions.
func (h *HeldRows) whole(t *Table, s HoldScope) {
	if s.covers(t) {
		h.All = true
		return
	}
	h.Parts = append(append(h.Parts, s.RelID), s.Parts...)
}

func sameKey(key []Column, s HoldScope) bool {
	if len(key) != len(s.KeyAttnums) {
		return false
	}
	for i, c := range key {
		if c.Num != s.KeyAttnums[i] || c.BaseOID != s.KeyTypes[i] {
			return false
		}
	}
	return true
}

func (h *HeldRows) add(s HoldScope, key []Column) {
	i := slices.IndexFunc(h.Sets, func(set HeldSet) bool { return set.ID == s.Set })
	if i < 0 {
		h.Sets = append(h.Sets, HeldSet{ID: s.Set, Hash: s.Rows <= HashLimit, Key: key})
		i = len(h.Sets) - 1
	}
	if !slices.Contains(h.Sets[i].HoldNos, s.HoldNo) {
		h.Sets[i].HoldNos = append(h.Sets[i].HoldNos, s.HoldNo)
	}
}
