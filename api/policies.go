package api

import (
	"context"
	"errors"
	"maps"
	"net/url"
	"slices"
	"strconv"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// ListPolicies is GET /policies.
func (s *server) ListPolicies(ctx context.Context, r oapi.ListPoliciesRequestObject) (oapi.ListPoliciesResponseObject, error) {
	f := retention.PolicyFilter{Search: value(r.Params.Q), Retired: value(r.Params.Retired)}
	items, next, err := s.engine.Policies(ctx, httpauth.ActorFrom(ctx), f, page(r.Params.Limit, r.Params.Cursor))
	if err != nil {
		return nil, err
	}
	return oapi.ListPolicies200JSONResponse{Items: each(items, renderPolicy), NextCursor: orNull(next)}, nil
}

// CreatePolicy is POST /policies.
func (s *server) CreatePolicy(ctx context.Context, r oapi.CreatePolicyRequestObject) (oapi.CreatePolicyResponseObject, error) {
	p, err := readPolicy(r.JSONBody)
	if err != nil {
		return nil, err
	}
	p, err = s.engine.CreatePolicy(ctx, httpauth.ActorFrom(ctx), p)
	if err != nil {
		return nil, err
	}
	return oapi.CreatePolicy201JSONResponse{
		Body:    renderPolicy(p),
		Headers: oapi.CreatePolicy201ResponseHeaders{ETag: etag(p.Version), Location: policyPath(p.Name)},
	}, nil
}

// GetPolicy is GET /policies/{name}.
func (s *server) GetPolicy(ctx context.Context, r oapi.GetPolicyRequestObject) (oapi.GetPolicyResponseObject, error) {
	p, err := s.engine.Policy(ctx, httpauth.ActorFrom(ctx), r.Name)
	if err != nil {
		return nil, err
	}
	return oapi.GetPolicy200JSONResponse{
		Body: renderPolicy(p), Headers: oapi.GetPolicy200ResponseHeaders{ETag: etag(p.Version)},
	}, nil
}

// PutPolicy is PUT /policies/{name}.
func (s *server) PutPolicy(ctx context.Context, r oapi.PutPolicyRequestObject) (oapi.PutPolicyResponseObject, error) {
	if r.JSONBody.Name == nil {
		r.JSONBody.Name = &r.Name
	}
	if *r.JSONBody.Name != r.Name {
		return nil, retention.Invalid("name", "is %q and the path says %q; make them equal, or leave it out", *r.JSONBody.Name, r.Name)
	}
	p, err := readPolicy(r.JSONBody)
	if err != nil {
		return nil, err
	}
	version, err := s.policyVersion(ctx, r.Name, r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	p, created, err := s.engine.PutPolicy(ctx, httpauth.ActorFrom(ctx), p, version)
	if err != nil {
		return nil, err
	}
	if created {
		return oapi.PutPolicy201JSONResponse{
			Body:    renderPolicy(p),
			Headers: oapi.PutPolicy201ResponseHeaders{ETag: etag(p.Version), Location: policyPath(p.Name)},
		}, nil
	}
	return oapi.PutPolicy200JSONResponse{
		Body: renderPolicy(p), Headers: oapi.PutPolicy200ResponseHeaders{ETag: etag(p.Version)},
	}, nil
}

// RetirePolicy is DELETE /policies/{name}.
func (s *server) RetirePolicy(ctx context.Context, r oapi.RetirePolicyRequestObject) (oapi.RetirePolicyResponseObject, error) {
	version, err := s.policyVersion(ctx, r.Name, r.Params.IfMatch)
	if err != nil {
		return nil, err
	}
	if _, err := s.engine.RetirePolicy(ctx, httpauth.ActorFrom(ctx), r.Name, version); err != nil {
		return nil, err
	}
	return oapi.RetirePolicy204Response{}, nil
}

// ListPolicyVersions is GET /policies/{name}/versions.
func (s *server) ListPolicyVersions(ctx context.Context, r oapi.ListPolicyVersionsRequestObject) (oapi.ListPolicyVersionsResponseObject, error) {
	items, err := s.engine.PolicyVersions(ctx, httpauth.ActorFrom(ctx), r.Name)
	if err != nil {
		return nil, err
	}
	return oapi.ListPolicyVersions200JSONResponse{Items: each(items, renderPolicy)}, nil
}

// policyVersion is the version that If-Match names, for the live policy.
func (s *server) policyVersion(ctx context.Context, name string, ifMatch *string) (int, error) {
	cond, err := parseIfMatch(ifMatch)
	if err != nil {
		return 0, err
	}
	return cond.version(func() (int, error) {
		p, err := s.engine.Policy(ctx, httpauth.ActorFrom(ctx), name)
		if err == nil && p.RetiredAt != nil {
			return noVersion, nil
		}
		return p.Version, err
	})
}

func policyPath(name string) string { return Base + "/policies/" + url.PathEscape(name) }

// readPolicy makes the noun of a document. What cannot be represented is refused
// together with what the noun itself finds wrong, so that a person sees all at once.
func readPolicy(in *oapi.PolicyInput) (retention.Policy, error) {
	var bad retention.Problems
	p := retention.Policy{
		Name: value(in.Name), TimestampColumn: in.TimestampColumn, Action: retention.Action(in.Action),
		LegalBasis: in.LegalBasis, Condition: value(in.Condition), BatchSize: value(in.BatchSize),
		Enabled: in.Enabled == nil || *in.Enabled, Evidence: retention.EvidenceLevel(value(in.Evidence)),
		TimeZone: value(in.TimeZone), Unit: retention.Unit(value(in.Unit)),
		Columns: readColumns(value(in.Columns)), RateLimit: value(in.RateLimit), DropEmptyPartitions: value(in.DropEmptyPartitions), MaxRows: in.MaxRows, MaxShare: in.MaxShare,
	}
	parse(&bad, "table", in.Table, retention.ParseTableName, &p.Table)
	parse(&bad, "retention_period", in.RetentionPeriod, retention.ParsePeriod, &p.RetentionPeriod)
	if in.Grace != nil {
		grace, err := retention.ParsePeriod(*in.Grace)
		if err != nil {
			bad.Add("grace", "%s", err.Error())
		}
		p.Grace = &grace
	}
	if in.BatchSize != nil {
		refuseZero(&bad, "batch_size", *in.BatchSize == 0, "must be at least 1; leave it out for the default")
	}
	if in.Archive != nil {
		p.Archive = &retention.Archive{}
		parse(&bad, "archive.table", in.Archive.Table, retention.ParseTableName, &p.Archive.Table)
	}
	for i, t := range value(in.Cascade) {
		var name retention.TableName
		parse(&bad, "cascade["+strconv.Itoa(i)+"]", t, retention.ParseTableName, &name)
		p.Cascade = append(p.Cascade, name)
	}
	for _, t := range slices.Sorted(maps.Keys(value(in.Triggers))) {
		var name retention.TableName
		var effects retention.TriggerEffects
		parse(&bad, "triggers."+t, t, retention.ParseTableName, &name)
		parse(&bad, "triggers."+t, value(in.Triggers)[t], retention.ParseTriggerEffects, &effects)
		if p.Triggers == nil {
			p.Triggers = map[retention.TableName]retention.TriggerEffects{}
		}
		p.Triggers[name] = effects
	}
	if in.Rollup != nil {
		p.Rollup = &retention.Rollup{GroupBy: in.Rollup.GroupBy, Measures: in.Rollup.Measures}
		parse(&bad, "rollup.table", in.Rollup.Table, retention.ParseTableName, &p.Rollup.Table)
	}
	if in.Events != nil {
		p.Events = &retention.EventSpec{EntityType: in.Events.EntityType, Key: readEventKey(in.Events.Key), Include: value(in.Events.Include)}
	}
	if len(bad) == 0 {
		return p, nil
	}
	p = p.WithDefaults()
	return p, withOwnFaults(bad, p.Validate())
}

// parse reads a member that the noun has as a type of its own. An empty one is left
// for the noun to call missing.
func parse[T any](bad *retention.Problems, field, text string, read func(string) (T, error), to *T) {
	if text == "" {
		return
	}
	v, err := read(text)
	if err != nil {
		bad.Add(field, "%s", err.Error())
		return
	}
	*to = v
}

// refuseZero refuses what the noun takes for "left out".
func refuseZero(bad *retention.Problems, field string, zero bool, why string) {
	if zero && !names(*bad, field) {
		bad.Add(field, "%s", why)
	}
}

func names(faults []retention.FieldError, field string) bool {
	return slices.ContainsFunc(faults, func(f retention.FieldError) bool { return f.Field == field })
}

// withOwnFaults adds what the noun finds wrong in members that could be read.
func withOwnFaults(bad retention.Problems, own error) error {
	if inv, ok := errors.AsType[*retention.InvalidError](own); ok {
		for _, f := range inv.Fields {
			if !names(bad, f.Field) {
				bad = append(bad, f)
			}
		}
	}
	return bad.Err()
}

func readColumns(in map[string]oapi.Anonymizer) map[string]retention.Anonymizer {
	out := make(map[string]retention.Anonymizer, len(in))
	for name, a := range in {
		out[name] = retention.Anonymizer{
			Method: retention.Method(a.Method), Text: value(a.Text), Value: a.Value, KeepLast: a.KeepLast, KeepFirst: a.KeepFirst, Step: a.Step, To: string(value(a.To)), Drop: value(a.Drop), Redact: value(a.Redact),
		}
	}
	return out
}

func renderRollup(r *retention.Rollup) *oapi.Rollup {
	if r == nil {
		return nil
	}
	return &oapi.Rollup{Table: r.Table.String(), GroupBy: r.GroupBy, Measures: r.Measures}
}

func renderTriggers(p retention.Policy) map[string]string {
	out := map[string]string{}
	for name, effects := range p.Triggers {
		out[name.String()] = effects.String()
	}
	return out
}

func renderPolicy(p retention.Policy) oapi.Policy {
	return oapi.Policy{
		Name: p.Name, Table: p.Table.String(), TimestampColumn: p.TimestampColumn,
		RetentionPeriod: p.RetentionPeriod.String(), Action: oapi.Action(p.Action), LegalBasis: p.LegalBasis,
		Condition: p.Condition, BatchSize: p.BatchSize, Columns: renderColumns(p.Columns), Enabled: p.Enabled,
		Evidence: oapi.Evidence(p.Evidence), TimeZone: p.TimeZone, Unit: orNull(oapi.Unit(p.Unit)), Grace: p.GracePeriod().String(),
		Archive: renderArchive(p.Archive), Cascade: each(p.Cascade, retention.TableName.String), Triggers: renderTriggers(p), Rollup: renderRollup(p.Rollup), RateLimit: p.RateLimit,
		DropEmptyPartitions: p.DropEmptyPartitions, MaxRows: p.MaxRows, MaxShare: p.MaxShare,
		Events: renderEventSpec(p.Events), Version: p.Version, CreatedBy: p.CreatedBy, CreatedAt: p.CreatedAt.UTC(),
		RetiredAt: utc(p.RetiredAt), RetiredBy: orNull(p.RetiredBy),
	}
}

func renderArchive(a *retention.Archive) *oapi.Archive {
	if a == nil {
		return nil
	}
	return &oapi.Archive{Table: a.Table.String()}
}

// orNone leaves an empty list out.
func orNone(list []string) *[]string {
	if len(list) == 0 {
		return nil
	}
	return &list
}

func renderColumns(in map[string]retention.Anonymizer) map[string]oapi.Anonymizer {
	out := make(map[string]oapi.Anonymizer, len(in))
	for name, a := range in {
		out[name] = oapi.Anonymizer{
			Method: oapi.Method(a.Method), Text: orNull(a.Text), Value: a.Value, KeepLast: a.KeepLast, KeepFirst: a.KeepFirst, Step: a.Step, To: orNull(oapi.DatePart(a.To)), Drop: orNone(a.Drop), Redact: orNone(a.Redact),
		}
	}
	return out
}
