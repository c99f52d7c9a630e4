package web

import (
	"context"
	"crypto/sha256"
	"fmt"
	"strconv"
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
	// findings are the doctor's.
	findings []retention.Finding
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

// Record knows orders by number: those below 5000 are there.
func (t *fakeTarget) Record(_ context.Context, table retention.TableName, id retention.Key, policies []retention.Policy, _ []retention.TableName) (retention.RecordState, error) {
	n, err := strconv.Atoi(id[0])
	switch {
	case t.down != nil:
		return retention.RecordState{}, t.down
	case err != nil:
		return retention.RecordState{}, retention.Invalid("key", "%q is no value of the key id (bigint)", id)
	}
	st := retention.RecordState{Key: id, Found: n < 5000, AsOf: t.now, Digests: [][]byte{[]byte(id[0])}}
	began, due := t.now.AddDate(-8, 0, 0), t.now.AddDate(-1, 0, 0)
	for _, p := range policies {
		rp := retention.RecordPolicy{Policy: p, Timestamp: &began, DueAt: &due, Cutoff: t.now.AddDate(-7, 0, 0), Matches: true, Due: st.Found}
		if n == 4700 {
			rp.BlockedBy = []retention.TableName{{Schema: "public", Name: "order_lines"}}
		}
		st.Policies = append(st.Policies, rp)
	}
	if n >= 4711 && n < 4731 {
		st.HoldIDs = []string{holdID}
	}
	if n == 5001 {
		st.Archived = []retention.RecordArchived{{Table: retention.TableName{Schema: "public", Name: "orders_archive"}, ArchivedAt: t.now.AddDate(0, 0, -3), RunID: "0195-run-ok", Policy: "orders", PolicyVersion: 1}}
	}
	return st, nil
}

func (t *fakeTarget) Diagnose(_ context.Context, policies []retention.Policy) (retention.Diagnosis, error) {
	return retention.Diagnosis{AsOf: t.now, Policies: len(policies), Findings: t.findings}, t.down
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

// PreviewHold finds 3 of 4 ids, and that the fourth was deleted.
func (t *fakeTarget) PreviewHold(_ context.Context, h retention.Hold, policies []retention.Policy, after retention.Period, _ ...int) (retention.HoldPreview, [][]retention.EvidenceKey, error) {
	p := retention.HoldPreview{AsOf: after.After(t.now)}
	var missing [][]retention.EvidenceKey
	for _, s := range h.Scope {
		out := retention.ScopePreview{Table: s.Table, All: s.All, Condition: s.Condition, RecordCount: 1_204, UnknownCount: 17, DueCount: 310, DueHeldCount: 12, Samples: []retention.Key{{"4711"}, {"4712"}}}
		var gone []retention.EvidenceKey
		if n := len(s.RecordIDs); n > 0 {
			out.Gone.OneText, out.Gone.Logical, out.IDCount = true, s.Table, int64(n)
			out.UnknownCount, out.RecordCount, out.DueCount, out.NotFoundCount = 0, int64(n-1), min(2, int64(n-1)), 1
			for i, key := range s.RecordIDs {
				digest := "there"
				if i == n-1 {
					digest = "5001"
				}
				gone = append(gone, retention.EvidenceKey{Key: key, Digest: []byte(digest)})
			}
		}
		if s.Family != nil {
			out.Family = s.Family
			out.Belongings = []retention.ScopePreview{
				{Table: retention.TableName{Schema: "public", Name: "order_lines"}, RecordCount: 11, DueCount: 9, Samples: []retention.Key{{"4711", "1"}, {"4711", "2"}}, Policies: []retention.PolicyDue{{Policy: "old_items", Action: retention.ActionDelete, Due: 9}}},
				{Table: retention.TableName{Schema: "public", Name: "parcels"}},
			}
		}
		for _, o := range policies {
			if o.Table == s.Table {
				out.Policies = append(out.Policies, retention.PolicyDue{Policy: o.Name, Action: o.Action, Due: out.DueCount})
			}
		}
		p.Scopes, missing = append(p.Scopes, out), append(missing, gone)
	}
	return p, missing, t.down
}

func (t *fakeTarget) HoldForce(context.Context, string) (retention.HoldForce, error) {
	epoch := int64(41)
	return retention.HoldForce{Database: "shop", SystemIdentifier: "7412345678901234567", EffectiveEpoch: &epoch}, t.down
}

func (t *fakeTarget) ProofTable(_ context.Context, name retention.TableName) (retention.ProofTable, error) {
	return retention.ProofTable{Logical: name, OneText: true}, t.down
}

func (t *fakeTarget) Digest(_ retention.TableName, key retention.Key) []byte {
	sum := sha256.Sum256([]byte(key[0]))
	return sum[:]
}

func (t *fakeTarget) ActivateHold(context.Context, string, *int64) (time.Time, retention.GuardMark, error) {
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

func (t *fakeTarget) Uncarried(context.Context, int) ([]retention.JournalRow, error) {
	return nil, t.down
}

func (t *fakeTarget) CheckEnforcement(context.Context, retention.Hold) error { return t.down }
func (t *fakeTarget) MendEnforcement(context.Context) error                  { return t.down }
func (t *fakeTarget) CatchUpEnforcement(context.Context) error               { return t.down }

// Preserved is one row that was changed, and one without an id that was deleted.
func (t *fakeTarget) Preserved(_ context.Context, hold string, _ int64, _ int) ([]retention.PreservedRow, error) {
	row := retention.PreservedRow{
		ID: 2, At: t.now, HoldIDs: []string{hold}, Table: retention.TableName{Schema: "public", Name: "orders"}, Key: retention.Key{"4711"}, Operation: "UPDATE",
		Row: []byte(`{"id": 4711, "note": "to be delivered before noon", "total": 1204.50}`), User: "shop", Application: "checkout",
	}
	other := row
	other.ID, other.Key, other.Operation, other.Application = 1, nil, "DELETE", ""
	return []retention.PreservedRow{row, other}, t.down
}

func (t *fakeTarget) CountPreserved(context.Context, string) (int64, error) { return 12, t.down }
