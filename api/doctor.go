package api

import (
	"context"

	"holdfast/api/oapi"
	"holdfast/internal/httpauth"
	"holdfast/retention"
)

// GetDiagnosis is GET /doctor.
func (s *server) GetDiagnosis(ctx context.Context, _ oapi.GetDiagnosisRequestObject) (oapi.GetDiagnosisResponseObject, error) {
	d, err := s.engine.Doctor(ctx, httpauth.ActorFrom(ctx))
	if err != nil {
		return nil, err
	}
	return oapi.GetDiagnosis200JSONResponse{AsOf: d.AsOf.UTC(), Policies: d.Policies, Findings: each(d.Findings, renderFinding)}, nil
}

func renderFinding(f retention.Finding) oapi.Finding {
	out := oapi.Finding{Policy: orNull(f.Policy), Kind: oapi.FindingKind(f.Kind), Severity: oapi.FindingSeverity(f.Severity), Says: f.Says, Remedy: f.Remedy, SQL: orNull(f.SQL)}
	if !f.Table.IsZero() {
		name := f.Table.String()
		out.Table = &name
	}
	return out
}
