package engine

import (
	"cmp"
	"context"
	"slices"

	"holdfast/retention"
)

// Doctor lists for every live policy what would hurt its runs or the database, the worst
// first, with what mends it. It only looks: at the catalog, and for a few seconds at the
// tables.
func (e *Engine) Doctor(ctx context.Context, actor retention.Actor) (retention.Diagnosis, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Diagnosis{}, err
	}
	policies, err := e.allPolicies(ctx)
	if err != nil {
		return retention.Diagnosis{}, err
	}
	for i := range policies {
		policies[i] = policies[i].Among(policies)
	}
	d, err := e.target.Diagnose(ctx, policies)
	order := retention.Severities()
	slices.SortStableFunc(d.Findings, func(a, b retention.Finding) int {
		return cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity))
	})
	return d, err
}
