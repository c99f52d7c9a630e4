package web

import (
	"context"
	"slices"

	"holdfast/engine/plan"
	"holdfast/retention"
)

func (s *fakeStore) Exemptions(context.Context) ([]retention.Exemption, error) {
	unlock, err := s.locked()
	defer unlock()
	return slices.Clone(s.exempt), err
}

func (s *fakeStore) SaveExemption(_ context.Context, x retention.Exemption, by retention.By) (retention.Exemption, error) {
	unlock, err := s.locked()
	defer unlock()
	x.By, x.At = by.Actor.Name, s.now
	s.exempt = append(s.exempt, x)
	s.record("table/"+x.Table.String(), nil, x, by)
	return x, err
}

func (s *fakeStore) EndExemption(_ context.Context, t retention.TableName, by retention.By) error {
	unlock, err := s.locked()
	defer unlock()
	s.exempt = slices.DeleteFunc(s.exempt, func(x retention.Exemption) bool { return x.Table == t })
	s.record("table/"+t.String(), t, nil, by)
	return err
}

func (s *fakeStore) Surveys(context.Context) (last, earlier *retention.Coverage, err error) {
	unlock, err := s.locked()
	defer unlock()
	return s.surveyed[0], s.surveyed[1], err
}

func (t *fakeTarget) Sample(context.Context, plan.Table) (map[string]retention.PersonalKind, error) {
	return nil, t.down
}
