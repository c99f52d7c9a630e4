package plan

import (
	"context"
	"slices"

	"holdfast/retention"
)

// RelKind is what kind of relation a name stands for, as pg_class.relkind has it.
type RelKind string

// The kinds of relation that a policy can meet.
const (
	KindTable       RelKind = "r"
	KindPartitioned RelKind = "p"
	KindView        RelKind = "v"
	KindMatView     RelKind = "m"
	KindForeign     RelKind = "f"
)

// Table is what the catalog says about one relation: everything that the
// planner decides, it decides from this.
type Table struct {
	OID       uint32
	Name      retention.TableName
	Kind      RelKind
	Temporary bool
	// Unlogged: a crash of the server empties it.
	Unlogged bool
	// EstimatedRows is the server's own estimate, -1 if it has none.
	EstimatedRows int64
	// Pages is the server's estimate of 8-kB blocks.
	Pages int64
	// IsPartition, HasParent and HasChildren tell of partitioning and inheritance.
	IsPartition, HasParent, HasChildren bool
	// Partitions tells more of a partitioned table, or of a partition.
	Partitions Partitions
	// MayTruncate: our role may empty it. Published: subscribers of a publication are told
	// of its changes.
	MayTruncate, Published bool
	// Unidentified is what a publication tells of its rows although their replica identity
	// is missing, so that the server refuses it: DELETE, UPDATE or both.
	Unidentified []string
	RowSecurity  bool
	Columns      []Column
	// Key is the primary key, or else the first unique index over NOT NULL columns;
	// nil if rows have no identity.
	Key *Key
	// Incoming are the foreign keys of other tables (or itself) that refer to it.
	Incoming []ForeignKey
	// Outgoing are its own.
	Outgoing []ForeignKey
	Indexes  []Index
	Triggers []Trigger
	// Rules are the names of rewrite rules on the table.
	Rules  []string
	Checks []Check
	// Fingerprint changes when anything above but the estimates does.
	Fingerprint string
}

// Column is one attribute.
type Column struct {
	Num  int16
	Name string
	// Type is the exact type with its modifier, as format_type prints it
	// (`character varying(40)`).
	Type string
	// TypeSQL is Type in a form that a statement can use whatever the search_path is.
	TypeSQL string
	// BaseType is the name of the type in pg_catalog with domains resolved
	// (varchar, timestamptz), or schema.name of any other type.
	BaseType string
	// BaseOID is the oid of the type with domains resolved, BaseSQL that type without
	// a modifier in a form that a statement can use whatever the search_path is.
	BaseOID uint32
	BaseSQL string
	// BuiltIn: the type, with domains resolved, is PostgreSQL's own, or an enum, whose
	// operators are.
	BuiltIn bool
	// EqSchema is the schema of the equality operator of the key index that the
	// column is in; empty outside a key.
	EqSchema string
	// TypeCategory is pg_type.typcategory of the base type (S for strings, D for dates).
	TypeCategory string
	// MaxLength is the n of varchar(n) and char(n); 0 without.
	MaxLength int
	// RoundsTo is the power of ten to whose multiples numeric(p, s) with a negative s rounds:
	// 2 for numeric(6,-2). 0 without.
	RoundsTo int
	// Collation is the column's collation, quoted and qualified; empty if the type has none.
	Collation string
	NotNull   bool
	Domain    bool
	// DomainNotNull: the column's domain, or one that it is made of, is NOT NULL.
	DomainNotNull bool
	// HasDefault: an INSERT that leaves the column out gives it a value.
	HasDefault bool
	// GeneratedFrom are the columns that a generated column is computed from.
	GeneratedFrom []string
	Enum          bool
	Generated     bool
	Identity      bool
	// HasEquality tells whether the type has a default btree or hash equality.
	HasEquality bool
}

// Key is a set of columns that identifies a row.
type Key struct {
	Name    string
	Columns []string
	Primary bool
}

// FKAction is a referential action, as pg_constraint has it.
type FKAction string

// The referential actions.
const (
	FKNoAction   FKAction = "a"
	FKRestrict   FKAction = "r"
	FKCascade    FKAction = "c"
	FKSetNull    FKAction = "n"
	FKSetDefault FKAction = "d"
)

// ForeignKey is one foreign key, from its child's side.
type ForeignKey struct {
	OID        uint32
	Name       string
	Child      retention.TableName
	ChildOID   uint32
	ChildCols  []string
	Parent     retention.TableName
	ParentCols []string
	// Equal are the operators that compare the parent's columns with the child's, in a
	// form that a statement can use whatever the search_path is.
	Equal    []string
	OnDelete FKAction
	OnUpdate FKAction
	// Sets are the child's columns that SET NULL and SET DEFAULT change: all of its own
	// unless it names some.
	Sets []string
}

// Index is one index of the table.
type Index struct {
	Name    string
	Unique  bool
	Primary bool
	// Constraint: the index belongs to a constraint of its name.
	Constraint bool
	// Btree, Valid and Partial tell whether a walk can use it.
	Btree, Valid, Partial bool
	// Exclusion: the index serves an exclusion constraint.
	Exclusion bool
	// Columns are the key columns' names; an expression has an empty name.
	Columns []string
	// Exprs are the keys' expressions as the server prints them, empty for a column;
	// ExprColumns the columns that they read.
	Exprs, ExprColumns []string
	// Predicate is the condition of a partial index as the server prints it, and
	// PredicateColumns the columns that it reads.
	Predicate        string
	PredicateColumns []string
	// Immediate: it is unique at every statement's end, and not only at the transaction's.
	Immediate bool
	// NullsNotDistinct: a unique index in which two NULLs collide.
	NullsNotDistinct bool
}

// Trigger is one trigger that is neither internal nor disabled.
type Trigger struct {
	Name     string
	Before   bool
	Row      bool
	OnInsert bool
	OnUpdate bool
	OnDelete bool
}

// Check is a CHECK constraint with the columns it reads.
type Check struct {
	Name    string
	Columns []string
	// Expr is the server's own print of the expression.
	Expr string
}

// Column finds a column by its exact name.
func (t *Table) Column(name string) (Column, bool) {
	i := slices.IndexFunc(t.Columns, func(c Column) bool { return c.Name == name })
	if i < 0 {
		return Column{}, false
	}
	return t.Columns[i], true
}

// ColumnNames lists the columns in table order.
func (t *Table) ColumnNames() []string {
	names := make([]string, len(t.Columns))
	for i, c := range t.Columns {
		names[i] = c.Name
	}
	return names
}

// KeyColumns are the key's columns in key order; nil without a key.
func (t *Table) KeyColumns() []Column {
	if t.Key == nil {
		return nil
	}
	cols := make([]Column, 0, len(t.Key.Columns))
	for _, name := range t.Key.Columns {
		if c, ok := t.Column(name); ok {
			cols = append(cols, c)
		}
	}
	return cols
}

// TimeColumns are the columns that can start a retention period: dates and
// timestamps, and integers if a unit is declared.
func (t *Table) TimeColumns() []string {
	var names []string
	for _, c := range t.Columns {
		switch c.BaseType {
		case "timestamptz", "timestamp", "date":
			names = append(names, c.Name)
		}
	}
	return names
}

// LeadingIndex is a complete btree whose first column is the named one, which
// lets the slice walk find its next slice in index order; nil if there is none.
func (t *Table) LeadingIndex(column string) *Index {
	for i := range t.Indexes {
		ix := &t.Indexes[i]
		if ix.Btree && ix.Valid && !ix.Partial && len(ix.Columns) > 0 && ix.Columns[0] == column {
			return ix
		}
	}
	return nil
}

// RowTriggers reports whether a row trigger fires for the action, before the
// change if before is set.
func (t *Table) RowTriggers(a retention.Action, before bool) bool {
	return slices.ContainsFunc(t.Triggers, func(tr Trigger) bool {
		return tr.Row && tr.Before == before && tr.fires(a)
	})
}

// HasTriggers reports whether any trigger fires for the action.
func (t *Table) HasTriggers(a retention.Action) bool {
	return slices.ContainsFunc(t.Triggers, func(tr Trigger) bool { return tr.fires(a) })
}

func (tr Trigger) fires(a retention.Action) bool {
	if a == retention.ActionAnonymize {
		return tr.OnUpdate
	}
	return tr.OnDelete
}

// ReadOnce reads each table the first time that it is asked for: a hold may have hundreds of
// scopes of one table.
func ReadOnce(read func(context.Context, retention.TableName) (*Table, error)) func(context.Context, retention.TableName) (*Table, error) {
	known := map[retention.TableName]*Table{}
	return func(ctx context.Context, name retention.TableName) (*Table, error) {
		if t := known[name]; t != nil {
			return t, nil
		}
		t, err := read(ctx, name)
		if err == nil {
			known[name] = t
		}
		return t, err
	}
}
