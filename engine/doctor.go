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
	// One at a time: it counts, and connections are few.
	e.doctoring.Lock()
	defer e.doctoring.Unlock()
	d, err := e.target.Diagnose(ctx, policies)
	for _, p := range policies {
		if p.RetentionPeriod.ShorterThan(e.minRetention) {
			d.Findings = append(d.Findings, retention.Finding{Policy: p.Name, Table: p.Table, Kind: retention.FindingRefused, Severity: retention.SeverityBroken,
				Says: "No run takes the policy up: " + e.belowFloor(p) + ".", Remedy: "give it a longer period, or lower the floor"})
		}
	}
	d.Findings = onceEach(d.Findings)
	order := retention.Severities()
	slices.SortStableFunc(d.Findings, func(a, b retention.Finding) int {
		return cmp.Compare(slices.Index(order, a.Severity), slices.Index(order, b.Severity))
	})
	return d, err
}

// onceEach leaves what mends several policies once: an index made twice is two.
func onceEach(list []retention.Finding) []retention.Finding {
	var out []retention.Finding
	for _, f := range list {
		i := slices.IndexFunc(out, func(o retention.Finding) bool { return f.SQL != "" && o.SQL == f.SQL && o.Kind == f.Kind })
		if i >= 0 {
			out[i].Says += " The policy `" + f.Policy + "` has that too."
			continue
		}
		out = append(out, f)
	}
	return out
}
