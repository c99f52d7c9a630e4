package plan

import (
	"fmt"
	"slices"

	"holdfast/engine/condition"
	"holdfast/retention"
)

// Rolling is a rollup made ready: what of each row is added where.
type Rolling struct {
	Table    *Table
	Groups   []RolledGroup
	Measures []RolledMeasure
}

// RolledGroup is one column by which rows are grouped.
type RolledGroup struct {
	Column Column
	Expr   *condition.Condition
}

// RolledMeasure is one figure.
type RolledMeasure struct {
	Column Column
	// Func is count, sum, min or max; Expr is nil for count.
	Func string
	Expr *condition.Condition
}

// rolling refuses a table that could not take the figures of every row.
func rolling(p *Plan, in Inputs) error {
	r := in.Policy.Rollup
	if r == nil {
		return nil
	}
	if in.Rollup == nil {
		return refuse("rollup.table", fmt.Sprintf("there is no table %s", r.Table), "create it, with a unique index over the columns of group_by")
	}
	t := in.Rollup
	if err := plainTable(t, "rollup.table"); err != nil {
		return err
	}
	if err := p.standsApart(in, t); err != nil {
		return err
	}
	held, err := holdsOf(t, t.KeyColumns(), in.Holds, "rollup.table")
	if err != nil {
		return err
	}
	if held.Any() {
		return refuse("rollup.table", fmt.Sprintf("rows of %s are under a legal hold, and a rollup changes rows of it", t.Name), "release the hold, or leave the rollup out while it is in force")
	}
	p.Rollup = &Rolling{Table: t}
	if err := p.rolledGroups(in, r); err != nil {
		return err
	}
	if err := p.rolledMeasures(in, r); err != nil {
		return err
	}
	return p.Rollup.fits(r)
}

// standsApart refuses a table whose rows the policy removes, or archives into.
func (p *Plan) standsApart(in Inputs, t *Table) error {
	taken := t.OID == p.Root.OID || (in.Archive != nil && t.OID == in.Archive.OID) ||
		slices.ContainsFunc(p.Family, func(m Member) bool { return m.Table.OID == t.OID })
	for _, a := range in.Archives {
		taken = taken || a.OID == t.OID
	}
	if taken {
		return refuse("rollup.table", fmt.Sprintf("%s is a table that the policy takes rows from, or archives them into", t.Name), "name another table")
	}
	if t.Unlogged && !in.Table.Unlogged {
		return refuse("rollup.table", fmt.Sprintf("%s is unlogged: a crash would empty it while the rows are gone from %s", t.Name, in.Table.Name), fmt.Sprintf("ALTER TABLE %s SET LOGGED;", t.Name.SQL()))
	}
	for _, fk := range t.Incoming {
		if i := slices.IndexFunc(fk.ParentCols, func(c string) bool { _, is := in.Policy.Rollup.Measures[c]; return is }); i >= 0 {
			return refuse("rollup.measures."+fk.ParentCols[i], fmt.Sprintf("foreign key %q of %s refers to that column, and would change or refuse with it", fk.Name, fk.Child), "name another column")
		}
	}
	if len(t.Triggers) > 0 {
		return refuse("rollup.table", fmt.Sprintf("%s has the trigger %q, which could change what is added up", t.Name, t.Triggers[0].Name), "drop that trigger, or name another table")
	}
	return nil
}

func (p *Plan) rolledGroups(in Inputs, r *retention.Rollup) error {
	for _, name := range r.GroupColumns() {
		field := "rollup.group_by." + name
		c, err := p.rolledColumn(field, name)
		if err != nil {
			return err
		}
		if !c.NotNull {
			return refuse(field, fmt.Sprintf("column %q of %s may be NULL, and two NULLs are two groups", name, r.Table),
				fmt.Sprintf("ALTER TABLE %s ALTER COLUMN %s SET NOT NULL; and write coalesce(…) where the expression may be NULL", r.Table.SQL(), retention.QuoteIdent(name)))
		}
		expr, err := term(in.Table, field, r.GroupBy[name])
		if err != nil {
			return err
		}
		if !p.asStored(in.Table, c, expr) {
			return refuse(field, fmt.Sprintf("column %q is %s, which cuts or rounds: two groups could become one there", name, c.Type), fmt.Sprintf("give the column a type without a limit, such as %s", c.BaseType))
		}
		p.Rollup.Groups = append(p.Rollup.Groups, RolledGroup{c, expr})
	}
	return nil
}

func (p *Plan) rolledMeasures(in Inputs, r *retention.Rollup) error {
	for _, name := range r.MeasureColumns() {
		field := "rollup.measures." + name
		c, err := p.rolledColumn(field, name)
		if err != nil {
			return err
		}
		m, err := retention.ParseMeasure(r.Measures[name])
		if err != nil {
			return refuse(field, err.Error(), "")
		}
		out := RolledMeasure{Column: c, Func: m.Func}
		if m.Expr != "" {
			if out.Expr, err = term(in.Table, field, m.Expr); err != nil {
				return err
			}
			if !p.asStored(in.Table, c, out.Expr) {
				return refuse(field, fmt.Sprintf("column %q is %s, which cuts or rounds each batch's figure anew", name, c.Type), fmt.Sprintf("give the column a type without a limit, such as %s", c.BaseType))
			}
		}
		p.Rollup.Measures = append(p.Rollup.Measures, out)
	}
	return nil
}

// asStored reports whether a column keeps each value of an expression as it is: it has no
// modifier and no domain, or it is of the very type of the column that the expression is.
func (p *Plan) asStored(source *Table, c Column, expr *condition.Condition) bool {
	if c.TypeSQL == c.BaseSQL && !c.Domain {
		return true
	}
	of, bare := expr.Root().(condition.Column)
	from, ok := source.Column(of.Name)
	return bare && ok && from.TypeSQL == c.TypeSQL
}

func (p *Plan) rolledColumn(field, name string) (Column, error) {
	t := p.Rollup.Table
	c, ok := t.Column(name)
	if !ok {
		return c, refuse(field, fmt.Sprintf("%s has no column %q", t.Name, name), "")
	}
	if c.Generated || c.Identity {
		return c, refuse(field, fmt.Sprintf("column %q of %s is written by the database", name, t.Name), "name another column")
	}
	return c, nil
}

// term reads an expression over rows of the policy's table.
func term(t *Table, field, text string) (*condition.Condition, error) {
	c, err := condition.ParseTerm(text)
	if err != nil {
		return nil, refuse(field, err.Error(), "")
	}
	for _, name := range c.Columns() {
		if _, ok := t.Column(name); !ok {
			return nil, refuse(field, fmt.Sprintf("%s has no column %q", t.Name, name), "")
		}
	}
	return c, nil
}

// fits asks for the index that finds a group's row, and for no column that nothing fills.
func (r *Rolling) fits(spec *retention.Rollup) error {
	groups := spec.GroupColumns()
	arbiter := func(ix Index) bool {
		return ix.Unique && ix.Valid && ix.Immediate && !ix.Partial && slices.Equal(slices.Sorted(slices.Values(ix.Columns)), groups)
	}
	if !slices.ContainsFunc(r.Table.Indexes, arbiter) {
		return refuse("rollup.group_by", fmt.Sprintf("%s has no unique index, not deferrable, over exactly the columns of group_by, by which a group's row is found", r.Table.Name),
			fmt.Sprintf("CREATE UNIQUE INDEX ON %s (%s);", r.Table.Name.SQL(), quotedList(groups)))
	}
	for _, c := range r.Table.Columns {
		_, group := spec.GroupBy[c.Name]
		_, measure := spec.Measures[c.Name]
		if !group && !measure && c.NotNull && !c.HasDefault && !c.Identity && !c.Generated {
			return refuse("rollup.table", fmt.Sprintf("nothing fills column %q of %s, which must not be NULL", c.Name, r.Table.Name), "give it a default, or a group or measure")
		}
	}
	return nil
}

func quotedList(names []string) string {
	var s string
	for i, n := range names {
		s += pick(i > 0, ", ", "") + retention.QuoteIdent(n)
	}
	return s
}

func (p *Plan) describeRollup() []string {
	if p.Rollup == nil {
		return nil
	}
	return one("The figures of the rows are added to `%s` in the same transaction, group by group.", p.Rollup.Table.Name)
}
