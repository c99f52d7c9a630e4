package web

import (
	"context"
	"fmt"
	"strings"
	"time"

	"holdfast/engine"
	"holdfast/engine/plan"
	"holdfast/retention"
)

// fakeTarget is a governed database with a catalog and canned figures.
type fakeTarget struct {
	engine.Target
	now    time.Time
	down   error
	tables []plan.Table
	sims   map[string]retention.Simulation
}

func (t *fakeTarget) Now(context.Context) (time.Time, error) { return t.now, t.down }

func (t *fakeTarget) Tables(context.Context) ([]plan.Table, error) { return t.tables, t.down }

func (t *fakeTarget) Table(_ context.Context, name retention.TableName) (*plan.Table, error) {
	for i := range t.tables {
		if t.tables[i].Name == name {
			return &t.tables[i], t.down
		}
	}
	return nil, retention.ErrNotFound
}

func (t *fakeTarget) CheckPolicy(ctx context.Context, p retention.Policy) error {
	table, err := t.Table(ctx, p.Table)
	if err != nil {
		return retention.Invalid("table", "there is no table %s in the governed database", p.Table)
	}
	if _, ok := table.Column(p.TimestampColumn); !ok {
		return &retention.Refusal{Field: "timestamp_column", Reason: fmt.Sprintf("%s has no column %q", p.Table, p.TimestampColumn), Remedy: "choose one of its date or timestamp columns"}
	}
	return nil
}

func (t *fakeTarget) Simulate(_ context.Context, p retention.Policy, asOf *time.Time, _ ...retention.Policy) (retention.Simulation, error) {
	if t.down != nil {
		return retention.Simulation{}, t.down
	}
	s, ok := t.sims[p.Name]
	if !ok {
		s = t.sims[""]
	}
	s.Policy, s.Version, s.Action, s.Table, s.AsOf = p.Name, p.Version, p.Action, p.Table, t.now
	if asOf != nil {
		s.AsOf = *asOf
	}
	if p.Limited() {
		rows := int64(250_000)
		s.Belt = &retention.Belt{WouldProcess: s.WouldProcess, TableRows: &rows}
		s.Belt.Ceiling, _ = p.Ceiling(rows)
	}
	s.Cutoff = s.AsOf.AddDate(-p.RetentionPeriod.Years, -p.RetentionPeriod.Months, -p.RetentionPeriod.Days)
	return s, nil
}

func (t *fakeTarget) CheckKeys(_ context.Context, h retention.Hold) error {
	var bad retention.Problems
	for i, s := range h.Scope {
		for j, k := range s.RecordIDs {
			if strings.Contains(k[0], "x") {
				bad.Add(retention.RecordField(i, j), "%q is not a bigint", k[0])
			}
		}
	}
	return bad.Err()
}

func (t *fakeTarget) StageHold(context.Context, retention.Hold) error { return t.down }

func (t *fakeTarget) CountHold(context.Context, retention.Hold) ([]retention.ScopeCounts, error) {
	return nil, t.down
}

func (t *fakeTarget) ActivateHold(context.Context, string) (time.Time, retention.GuardMark, error) {
	return t.now, retention.GuardMark{}, t.down
}

func (t *fakeTarget) EndHold(context.Context, string) (time.Time, retention.GuardMark, error) {
	return t.now, retention.GuardMark{}, t.down
}

func (t *fakeTarget) Beat(context.Context, string, int) error { return t.down }

func (t *fakeTarget) ForgetHold(context.Context, string) error { return t.down }

// fakeHasher compares passwords as they are: the tests are not about hashing.
type fakeHasher struct{}

func (fakeHasher) Hash(p string) (string, error)      { return p, nil }
func (fakeHasher) Check(p, hash string) (bool, error) { return hash != "" && p == hash, nil }

const testPassword = "a quiet harbour at night"
