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
	// Index is the scope's place in the hold.
	Index int
	// RelID, Table are what the scope named when the hold was placed, and Named what that
	// relation is called now; zero if it is gone.
	RelID uint32
	Table retention.TableName
	Named retention.TableName
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
	// Lineage and Node are those of a table whose rows are held as far as they belong to
	// the ids; Columns are then those that foreign keys lead through. nil for other scopes.
	Lineage *Lineage
	Node    int
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
	// Families are those whose rows are held as far as they belong to held records.
	Families []HeldFamily
	// Faults are scopes of which nobody can tell which rows they mean: the table, or a
	// partition, is held as a whole for them.
	Faults []ScopeFault
}

// ScopeFault is a fault of a scope of some hold.
type ScopeFault struct {
	HoldID string
	retention.HoldFault
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
	return h.All || len(h.Sets) > 0 || len(h.Parts) > 0 || len(h.Conditions) > 0 || len(h.Families) > 0
}

// heldRows gathers the holds in force.
func heldRows(p *Plan, in Inputs) (err error) {
	p.Holds, err = holdsOf(in.Table, p.Key, in.Holds, "table")
	return err
}

// holdsOf are the scopes that cover rows of one table. Where nobody can tell which rows a
// scope means, since the table or its columns are not what they were, the whole table is
// held. One that was renamed is refused until a person decides; the refusal names the field
// of the policy that leads there.
func holdsOf(t *Table, key []Column, scopes []HoldScope, field string) (held HeldRows, err error) {
	for _, s := range scopes {
		fault := held.cover(t, key, s)
		if fault == nil {
			continue
		}
		if fault.Effect == retention.FaultRefused {
			return held, refuse(field, fmt.Sprintf("hold %s covers records of %s: %s", s.HoldID, s.Table, fault.Reason), fault.Remedy)
		}
		held.Faults = append(held.Faults, ScopeFault{HoldID: s.HoldID, HoldFault: *fault})
	}
	return held, nil
}

// FaultsOf are the scopes about a table of which nobody can tell which of its rows they mean.
func FaultsOf(t *Table, scopes []HoldScope) (faults []ScopeFault) {
	var held HeldRows
	for _, s := range scopes {
		if fault := held.cover(t, t.KeyColumns(), s); fault != nil {
			faults = append(faults, ScopeFault{HoldID: s.HoldID, HoldFault: *fault})
		}
	}
	return faults
}

// cover adds the rows of a scope, if it is about the table.
func (h *HeldRows) cover(t *Table, key []Column, s HoldScope) *retention.HoldFault {
	if s.Lineage != nil && !s.Lineage.Leads(s.Node) {
		return nil // the records' own table
	}
	fault := retention.HoldFault{Scope: s.Index, Table: s.Table, On: t.Name, Effect: retention.FaultWholeTable}
	related := s.RelID == t.OID || t.relatedTo(s)
	switch {
	case !related && !s.archivedIn(t) && s.Table != t.Name:
		return nil
	case related && !s.Named.IsZero() && s.Named != s.Table:
		fault.Effect, fault.Reason = retention.FaultRefused, fmt.Sprintf("that table is called %s now", s.Named)
		fault.Remedy = fmt.Sprintf("give it its former name back, or place the hold anew on %s and then release this one", s.Named)
		return &fault
	case !related && !s.archivedIn(t):
		h.All = true
		fault.Reason = "the table of that name was replaced since"
		fault.Remedy = "place the hold anew on this table, as far as its records are still meant, and then release this one"
		return &fault
	}
	if s.RelID != t.OID && s.archivedIn(t) {
		fault.Reason, fault.Remedy = s.untellable(t)
	}
	if fault.Reason == "" {
		fault.Reason, fault.Remedy = h.take(t, key, s)
	}
	if fault.Reason == "" {
		return nil
	}
	h.whole(t, s)
	return &fault
}

// take adds the rows of a scope that is about the table, or says why nobody can tell which
// they are, and what can be done.
func (h *HeldRows) take(t *Table, key []Column, s HoldScope) (reason, remedy string) {
	switch {
	case s.Lineage != nil:
		return h.belonging(t, s)
	case s.Condition != "":
		if !h.fitting(t, s) {
			return fmt.Sprintf("a column that its condition (%s) asks for was dropped, renamed or given another type, precision, collation or labels since", s.Condition),
				"give the column its former name and type back, or place the hold anew with today's columns and then release this one"
		}
		return "", ""
	case s.Set == 0:
		h.whole(t, s)
		return "", ""
	}
	var as []Column // its own key
	own := s.RelID == t.OID
	if !own {
		as = t.columnsOf(s)
	}
	if own && !sameKey(key, s) || !own && as == nil {
		return "its records were named by a key that has changed since", "give the table its former key back, or place the hold anew with today's key and then release this one"
	}
	h.add(s, as)
	return "", ""
}

// untellable is why nobody can tell, in an archive, which rows a scope holds in the table
// that they were archived from.
func (s HoldScope) untellable(t *Table) (reason, remedy string) {
	switch {
	case s.Swapped:
		return fmt.Sprintf("its columns have exchanged names since rows were archived into %s: nobody can tell which column is which there", t.Name), "give the columns their former names back"
	case s.OtherForm && s.Lineage != nil:
		return fmt.Sprintf("a column by which its rows belong to held records is missing in %s, or of another type, precision or collation there", t.Name), "give the archive's columns the types of the table's"
	case s.OtherForm:
		return fmt.Sprintf("a column that its condition (%s) asks for is missing in %s, or of another type, precision or collation there", s.Condition, t.Name), "give the archive's columns the types of the table's"
	case s.Set != 0 && s.Condition == "" && s.Lineage == nil && t.columnsOf(s) == nil:
		return fmt.Sprintf("its records are named by a key, and %s, which has rows archived from there, has no primary or unique key with those columns, or they are of other names or types", t.Name), "give the archive such a key, over columns that are NOT NULL"
	}
	return "", ""
}

// HeldBy are the rows of a table that scopes hold, whatever policy there is. A scope whose
// table was renamed is a *retention.Refusal.
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
	if !t.has(s.Columns, s.ColumnTypes) {
		return false
	}
	c := HeldCondition{HoldID: s.HoldID, HoldNo: s.HoldNo, Cond: cond, Fold: foldable(t, cond), Parts: h.partsOf(t, s)}
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
