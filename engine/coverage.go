package engine

import (
	"cmp"
	"context"
	"errors"
	"slices"
	"strings"
	"time"

	"holdfast/engine/plan"
	"holdfast/retention"
)

const (
	// surveyLease is how long a process that died keeps the others from surveying the tables.
	surveyLease = 15 * time.Minute
	// surveyFor is how long values are looked at, well below it: of thousands of slow tables
	// the last are judged by name and type alone.
	surveyFor = 10 * time.Minute
)

// Coverage says of every table of the governed database who answers for it: as the catalog
// and the policies are now, with what the last survey saw in the tables' values.
func (e *Engine) Coverage(ctx context.Context, actor retention.Actor) (retention.Coverage, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Coverage{}, err
	}
	c, _, err := e.coverage(ctx)
	if err != nil {
		return c, err
	}
	last, earlier, err := e.store.Surveys(ctx)
	if err != nil {
		return c, err
	}
	if last != nil {
		c.SampledAt = &last.At
		takeSampled(c.Tables, last.Tables)
	}
	if earlier != nil {
		c.Since, c.Drift = &earlier.At, retention.DriftSince(earlier.Tables, c.Tables)
	}
	return c, nil
}

// TableCoverage is the coverage of one table. What reaches it from other tables by foreign
// keys is left out.
func (e *Engine) TableCoverage(ctx context.Context, actor retention.Actor, name retention.TableName) (retention.TableCoverage, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.TableCoverage{}, err
	}
	t, err := e.listed(ctx, name)
	if err != nil {
		return retention.TableCoverage{}, err
	}
	c, err := e.coverageOf(ctx, []plan.Table{*t})
	if err != nil {
		return retention.TableCoverage{}, err
	}
	last, _, err := e.store.Surveys(ctx)
	if last != nil {
		takeSampled(c.Tables, last.Tables)
	}
	return c.Tables[0], err
}

// coverage is what the catalog, the policies and the exemptions say, and the tables.
func (e *Engine) coverage(ctx context.Context) (retention.Coverage, []plan.Table, error) {
	tables, err := e.target.Tables(ctx)
	if err != nil {
		return retention.Coverage{}, nil, err
	}
	slices.SortFunc(tables, func(a, b plan.Table) int { return strings.Compare(a.Name.String(), b.Name.String()) })
	c, err := e.coverageOf(ctx, tables)
	return c, tables, err
}

func (e *Engine) coverageOf(ctx context.Context, tables []plan.Table) (retention.Coverage, error) {
	var c retention.Coverage
	policies, err := e.allPolicies(ctx)
	if err != nil {
		return c, err
	}
	exempt, err := e.store.Exemptions(ctx)
	if err != nil {
		return c, err
	}
	if c.At, err = e.store.Now(ctx); err != nil {
		return c, err
	}
	c.Tables = make([]retention.TableCoverage, len(tables))
	for i := range tables {
		c.Tables[i] = columnsOf(&tables[i])
	}
	for _, p := range policies {
		if p.Enabled {
			covers(c.Tables, tables, p)
		}
	}
	for i := range c.Tables {
		t := &c.Tables[i]
		if at := slices.IndexFunc(exempt, func(x retention.Exemption) bool { return x.Table == t.Table }); at >= 0 {
			t.Exemption = &exempt[at]
		}
		switch {
		case len(t.Policies) > 0:
			t.State = retention.CoverageCovered
		case t.Exemption != nil:
			t.State = retention.CoverageExempt
		default:
			t.State = retention.CoverageOpen
		}
	}
	return c, nil
}

func columnsOf(t *plan.Table) retention.TableCoverage {
	out := retention.TableCoverage{Table: t.Name, EstimatedRows: t.EstimatedRows, Columns: make([]retention.ColumnCoverage, len(t.Columns))}
	for i, c := range t.Columns {
		out.Columns[i] = retention.ColumnCoverage{Name: c.Name, Type: c.Type, Looks: plan.LooksPersonal(t, c), Key: t.Key != nil && slices.Contains(t.Key.Columns, c.Name)}
	}
	return out
}

// covers notes what one policy does to the tables, the ones too that it reaches by foreign
// keys ON DELETE CASCADE.
func covers(out []retention.TableCoverage, tables []plan.Table, p retention.Policy) {
	at := func(name retention.TableName) int {
		return slices.IndexFunc(tables, func(t plan.Table) bool { return t.Name == name })
	}
	for _, to := range p.Archives() {
		if i := at(to); i >= 0 {
			out[i].ArchiveOf = append(out[i].ArchiveOf, p.Name)
		}
	}
	own := at(p.Table)
	if own < 0 {
		return
	}
	note := func(i int, via retention.TableName) {
		out[i].Policies = append(out[i].Policies, retention.CoveringPolicy{Name: p.Name, Action: p.Action, Via: via, Conditional: p.Condition != ""})
	}
	note(own, retention.TableName{})
	for i, c := range out[own].Columns {
		if _, treated := p.Columns[c.Name]; treated {
			out[own].Columns[i].TreatedBy = append(c.TreatedBy, p.Name)
		}
	}
	if !p.Action.Removes() {
		return
	}
	reached := []int{own}
	for len(reached) > 0 {
		t := tables[reached[0]]
		reached = reached[1:]
		for _, fk := range t.Incoming {
			i := at(fk.Child)
			if fk.OnDelete != plan.FKCascade || i < 0 || !slices.Contains(p.Cascade, fk.Child) ||
				slices.ContainsFunc(out[i].Policies, func(c retention.CoveringPolicy) bool { return c.Name == p.Name }) {
				continue
			}
			note(i, p.Table)
			reached = append(reached, i)
		}
	}
}

// takeSampled takes over what a survey saw in values, where name and type say nothing.
func takeSampled(now, surveyed []retention.TableCoverage) {
	type column struct {
		table      retention.TableName
		name, kind string
	}
	seen := map[column]retention.Looks{}
	for _, t := range surveyed {
		for _, c := range t.Columns {
			if c.Looks.By == retention.SignSample {
				seen[column{t.Table, c.Name, c.Type}] = c.Looks
			}
		}
	}
	for i := range now {
		for j := range now[i].Columns {
			c := &now[i].Columns[j]
			c.Looks = cmp.Or(c.Looks, seen[column{now[i].Table, c.Name, c.Type}])
		}
	}
}

// SurveyCoverage makes the survey of the day, if nobody has: how the tables stand, with a
// look at some values of each, of which nothing but their kind is kept. Every process calls
// it from time to time.
func (e *Engine) SurveyCoverage(ctx context.Context) error {
	if claimed, err := e.store.ClaimSurvey(ctx, surveyLease); err != nil || !claimed {
		return err
	}
	c, err := e.survey(ctx)
	if err != nil {
		// Whoever comes next may try, without waiting for the claim to run out.
		sctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
		defer cancel()
		return errors.Join(err, e.store.AbandonSurvey(sctx))
	}
	return e.store.SaveSurvey(ctx, c)
}

func (e *Engine) survey(ctx context.Context) (retention.Coverage, error) {
	c, tables, err := e.coverage(ctx)
	if err != nil {
		return c, err
	}
	until := time.Now().Add(surveyFor)
	for i := range tables {
		if time.Now().After(until) {
			break
		}
		kinds, err := e.target.Sample(ctx, tables[i])
		if err != nil {
			return c, err
		}
		for j := range c.Tables[i].Columns {
			col := &c.Tables[i].Columns[j]
			if kind := kinds[col.Name]; kind != "" && col.Looks.Kind == "" {
				col.Looks = retention.Looks{Kind: kind, By: retention.SignSample}
			}
		}
	}
	return c, nil
}

// ExemptTable keeps a person's decision that a table needs no policy.
func (e *Engine) ExemptTable(ctx context.Context, actor retention.Actor, table retention.TableName, reason string) (retention.Exemption, error) {
	if err := e.authorise(actor, OpPolicyWrite); err != nil {
		return retention.Exemption{}, err
	}
	x := retention.Exemption{Table: table, Reason: strings.TrimSpace(reason)}
	if err := x.Validate(); err != nil {
		return retention.Exemption{}, err
	}
	if _, err := e.listed(ctx, table); err != nil {
		return retention.Exemption{}, err
	}
	return e.store.SaveExemption(ctx, x, retention.By{Actor: actor, Action: "coverage.exempt"})
}

// listed is a table that the coverage lists; ErrNotFound for any other relation.
func (e *Engine) listed(ctx context.Context, name retention.TableName) (*plan.Table, error) {
	t, err := e.target.Table(ctx, name)
	if errors.Is(err, retention.ErrNotFound) {
		return nil, retention.NotFoundf("there is no table %s in the governed database", name)
	}
	if err != nil {
		return nil, err
	}
	if t.IsPartition || t.Temporary || plan.SystemSchema(name.Schema) || (t.Kind != plan.KindTable && t.Kind != plan.KindPartitioned) {
		return nil, retention.NotFoundf("%s is no table of the application that could have a policy of its own", name)
	}
	return t, nil
}

// EndExemption takes the decision back: the table is open again unless a policy covers it.
func (e *Engine) EndExemption(ctx context.Context, actor retention.Actor, table retention.TableName) error {
	if err := e.authorise(actor, OpPolicyWrite); err != nil {
		return err
	}
	return e.store.EndExemption(ctx, table, retention.By{Actor: actor, Action: "coverage.end_exemption"})
}
