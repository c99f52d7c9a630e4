package api

import (
	"context"
	"slices"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// GetCoverage is GET /coverage.
func (s *server) GetCoverage(ctx context.Context, r oapi.GetCoverageRequestObject) (oapi.GetCoverageResponseObject, error) {
	wanted := func(retention.CoverageState) bool { return true }
	if r.Params.State != nil {
		wanted = func(state retention.CoverageState) bool {
			return slices.Contains(*r.Params.State, oapi.CoverageState(state))
		}
	}
	c, err := s.engine.Coverage(ctx, httpauth.ActorFrom(ctx))
	if err != nil {
		return nil, err
	}
	n := c.Counts()
	out := oapi.Coverage{
		AsOf: c.At.UTC(), SampledAt: utc(c.SampledAt), DriftSince: utc(c.Since), Items: []oapi.TableCoverage{},
		Counts: oapi.CoverageCounts{Tables: len(c.Tables), Open: n.Open, Covered: n.Covered, Exempt: n.Exempt, Untouched: n.Untouched},
		Drift: each(c.Drift, func(d retention.Drift) oapi.Drift {
			return oapi.Drift{Table: d.Table.String(), Column: orNull(d.Column), Says: d.Says}
		}),
	}
	for i := range c.Tables {
		if wanted(c.Tables[i].State) {
			out.Items = append(out.Items, renderTableCoverage(&c.Tables[i]))
		}
	}
	return oapi.GetCoverage200JSONResponse(out), nil
}

func renderTableCoverage(t *retention.TableCoverage) oapi.TableCoverage {
	untouched := t.Untouched()
	text := func(s string) string { return s }
	out := oapi.TableCoverage{
		Table: t.Table.String(), State: oapi.CoverageState(t.State), ArchiveOf: each(t.ArchiveOf, text),
		Policies: each(t.Policies, func(p retention.CoveringPolicy) oapi.CoveringPolicy {
			v := oapi.CoveringPolicy{Policy: p.Name, Action: oapi.Action(p.Action), Conditional: p.Conditional}
			if !p.Via.IsZero() {
				via := p.Via.String()
				v.Via = &via
			}
			return v
		}),
		Columns: each(t.Columns, func(c retention.ColumnCoverage) oapi.ColumnCoverage {
			return oapi.ColumnCoverage{
				Name: c.Name, Type: c.Type, Key: c.Key, TreatedBy: each(c.TreatedBy, text),
				Looks: orNull(oapi.ColumnCoverageLooks(c.Looks.Kind)), LooksBy: orNull(oapi.ColumnCoverageLooksBy(c.Looks.By)),
				Untouched: slices.ContainsFunc(untouched, func(u retention.ColumnCoverage) bool { return u.Name == c.Name }),
			}
		}),
	}
	if t.EstimatedRows >= 0 {
		out.EstimatedRows = &t.EstimatedRows
	}
	if t.Exemption != nil {
		x := renderExemption(*t.Exemption)
		out.Exemption = &x
	}
	return out
}

func renderExemption(x retention.Exemption) oapi.Exemption {
	return oapi.Exemption{Table: x.Table.String(), Reason: x.Reason, By: x.By, At: x.At.UTC()}
}

// ExemptTable is PUT /coverage/{table}/exemption.
func (s *server) ExemptTable(ctx context.Context, r oapi.ExemptTableRequestObject) (oapi.ExemptTableResponseObject, error) {
	table, err := retention.ParseTableName(r.Table)
	if err != nil {
		return nil, retention.Invalid("table", "%s", err.Error())
	}
	x, err := s.engine.ExemptTable(ctx, httpauth.ActorFrom(ctx), table, r.Body.Reason)
	if err != nil {
		return nil, err
	}
	return oapi.ExemptTable200JSONResponse(renderExemption(x)), nil
}

// EndExemption is DELETE /coverage/{table}/exemption.
func (s *server) EndExemption(ctx context.Context, r oapi.EndExemptionRequestObject) (oapi.EndExemptionResponseObject, error) {
	table, err := retention.ParseTableName(r.Table)
	if err != nil {
		return nil, retention.Invalid("table", "%s", err.Error())
	}
	if err := s.engine.EndExemption(ctx, httpauth.ActorFrom(ctx), table); err != nil {
		return nil, err
	}
	return oapi.EndExemption204Response{}, nil
}
