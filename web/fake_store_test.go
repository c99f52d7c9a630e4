package web

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"
	"sync"
	"time"

	"holdfast/engine"
	"holdfast/retention"
)

// fakeStore keeps nouns in memory, as far as the pages ask. What they never ask is
// the embedded nil interface: a test that reaches it fails loudly.
type fakeStore struct {
	engine.Store
	mu       sync.Mutex
	now      time.Time
	down     error
	versions map[string][]retention.Policy // oldest first
	statuses map[string]retention.PolicyStatus
	holds    []retention.Hold // newest first
	// closed are the ids of matters that were closed.
	closed   map[string]bool
	records  map[string][]retention.HeldRecord
	runs     []retention.Run // newest first
	restores []retention.Restore
	batches  []retention.Batch
	entries  []retention.AuditEntry // newest first
	logged   []retention.LoggedEvent
	users    []retention.User
	// password is everybody's, and its own hash.
	password string
	tokens   []retention.Token
	answers  map[string]idempotent
	// schedules by name, slots newest first.
	schedules []retention.ScheduleState
	slots     []retention.Slot
	// backups is how long backups are kept, if it is stated.
	backups *retention.Period
	// history is what was done in the i-th of the days that are asked for.
	history     func(i int) retention.DayCount
	subscribers []fakeSubscriber
	// exempt are the exemptions, surveyed the last survey and that of an earlier day.
	exempt   []retention.Exemption
	surveyed [2]*retention.Coverage
	// simulated are the simulations that were kept, approved the last approvals.
	simulated []retention.KeptSimulation
	approved  []retention.Approval
}

type idempotent struct {
	fingerprint string
	answer      *retention.IdempotentReplay
}

func newFakeStore(now time.Time) *fakeStore {
	return &fakeStore{
		now: now, versions: map[string][]retention.Policy{}, statuses: map[string]retention.PolicyStatus{},
		records: map[string][]retention.HeldRecord{}, closed: map[string]bool{}, answers: map[string]idempotent{}, password: testPassword,
	}
}

// locked guards one call; the answer is the outage, if there is one.
func (s *fakeStore) locked() (unlock func(), err error) {
	s.mu.Lock()
	return s.mu.Unlock, s.down
}

func (s *fakeStore) Ping(context.Context) error { return s.down }

func (s *fakeStore) Now(context.Context) (time.Time, error) { return s.now, s.down }

// paged cuts a list at the cursor, which is the position of its next item.
func paged[T any](all []T, p retention.Page) ([]T, string) {
	limit := p.Limit
	if limit == 0 {
		limit = retention.DefaultPage
	}
	at := 0
	_, _ = fmt.Sscanf(p.Cursor, "at-%d", &at)
	all = all[min(at, len(all)):]
	if len(all) <= limit {
		return all, ""
	}
	return all[:limit], fmt.Sprintf("at-%d", at+limit)
}

func (s *fakeStore) record(object string, before, after any, by retention.By) {
	b, _ := json.Marshal(before)
	a, _ := json.Marshal(after)
	s.entries = slices.Insert(s.entries, 0, retention.AuditEntry{
		ID: int64(len(s.entries) + 1), At: s.now, Actor: by.Actor.Name, ActorKind: by.Actor.Kind, RemoteAddr: by.Actor.RemoteAddr,
		Action: by.Action, Object: object, Before: b, After: a,
	})
}

func (s *fakeStore) Record(_ context.Context, object string, after any, by retention.By) error {
	defer s.mu.Unlock()
	s.mu.Lock()
	s.record(object, nil, after, by)
	return s.down
}

func (s *fakeStore) Audit(_ context.Context, f retention.AuditFilter, p retention.Page) ([]retention.AuditEntry, string, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.AuditEntry
	for _, e := range s.entries {
		if (f.Actor == "" || f.Actor == e.Actor) && (f.Action == "" || f.Action == e.Action) && (f.Object == "" || f.Object == e.Object) {
			out = append(out, e)
		}
	}
	page, next := paged(out, p)
	return page, next, err
}

func (s *fakeStore) Policies(_ context.Context, f retention.PolicyFilter, p retention.Page) ([]retention.Policy, string, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.Policy
	for _, name := range slices.Sorted(maps.Keys(s.versions)) {
		v := s.versions[name]
		last := v[len(v)-1]
		if (last.RetiredAt != nil) == f.Retired && strings.Contains(strings.ToLower(last.Name+last.LegalBasis), strings.ToLower(f.Search)) {
			out = append(out, last)
		}
	}
	page, next := paged(out, p)
	return page, next, err
}

func (s *fakeStore) Policy(_ context.Context, name string) (retention.Policy, error) {
	unlock, err := s.locked()
	defer unlock()
	v := s.versions[name]
	if err == nil && len(v) == 0 {
		err = retention.NotFoundf("policy %q", name)
	}
	if err != nil {
		return retention.Policy{}, err
	}
	return v[len(v)-1], nil
}

func (s *fakeStore) PolicyVersions(_ context.Context, name string) ([]retention.Policy, error) {
	unlock, err := s.locked()
	defer unlock()
	v := slices.Clone(s.versions[name])
	slices.Reverse(v)
	return v, err
}

func (s *fakeStore) SavePolicy(_ context.Context, p retention.Policy, expect int, by retention.By) (retention.Policy, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return p, err
	}
	v := s.versions[p.Name]
	live := len(v) > 0 && v[len(v)-1].RetiredAt == nil
	switch {
	case live && expect == 0:
		return p, retention.Conflictf("policy %q is live", p.Name)
	case live && expect != v[len(v)-1].Version:
		return p, retention.ErrStale
	}
	p.Version, p.CreatedAt, p.CreatedBy = len(v)+1, s.now, by.Actor.Name
	s.versions[p.Name] = append(v, p)
	s.record("policy/"+p.Name, nil, p, by)
	return p, nil
}

func (s *fakeStore) RetirePolicy(_ context.Context, name string, _ int, by retention.By) (retention.Policy, error) {
	unlock, err := s.locked()
	defer unlock()
	v := s.versions[name]
	p := &v[len(v)-1]
	p.RetiredAt, p.RetiredBy = &s.now, by.Actor.Name
	s.record("policy/"+name, nil, p, by)
	return *p, err
}

func (s *fakeStore) SaveSimulation(_ context.Context, sim retention.Simulation, by string) error {
	unlock, err := s.locked()
	defer unlock()
	s.simulated = append(s.simulated, retention.KeptSimulation{Simulation: sim, At: s.now, By: by})
	return err
}

func (s *fakeStore) LastSimulation(_ context.Context, policy string, version int) (retention.KeptSimulation, error) {
	unlock, err := s.locked()
	defer unlock()
	for _, k := range slices.Backward(s.simulated) {
		if k.Policy == policy && k.Version == version {
			return k, err
		}
	}
	return retention.KeptSimulation{}, errors.Join(err, retention.ErrNotFound)
}

func (s *fakeStore) Disposals(_ context.Context, table retention.TableName, digest []byte) ([]retention.RecordDisposal, error) {
	if string(digest) != "5001" {
		return nil, s.down
	}
	return []retention.RecordDisposal{{Batch: retention.Batch{ID: "b", RunID: "0195-run-ok", Policy: "orders", PolicyVersion: 1, Action: retention.ActionArchive, Table: table, Seq: 17, CommittedAt: s.now.AddDate(0, 0, -3)}}}, s.down
}

func (s *fakeStore) DisposedOf(context.Context, retention.TableName) (int64, error) {
	return 48_211, s.down
}

func (s *fakeStore) Untold(_ context.Context, table retention.TableName) (int64, *time.Time, error) {
	if table.Name != "session_logs" {
		return 0, nil, s.down
	}
	return 310, &s.now, s.down
}

func (s *fakeStore) PolicyVersion(_ context.Context, name string, version int) (retention.Policy, error) {
	unlock, err := s.locked()
	defer unlock()
	i := slices.IndexFunc(s.versions[name], func(p retention.Policy) bool { return p.Version == version })
	if i < 0 {
		return retention.Policy{}, retention.ErrNotFound
	}
	return s.versions[name][i], err
}

func (s *fakeStore) Archiving(context.Context, retention.TableName) ([]retention.Policy, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.Policy
	for _, versions := range s.versions {
		for _, p := range versions {
			if p.Action == retention.ActionArchive {
				out = append(out, p)
			}
		}
	}
	return out, err
}

func (s *fakeStore) ApproveRun(_ context.Context, id string, approvals []retention.Approval, by retention.By) (retention.Run, error) {
	r, err := s.Run(context.Background(), id)
	if err != nil {
		return r, err
	}
	for _, a := range approvals {
		i := slices.IndexFunc(r.Policies, func(res retention.PolicyResult) bool { return res.Policy == a.Policy })
		if i < 0 || r.Policies[i].Belt.WouldProcess != a.WouldProcess {
			return r, retention.Conflictf("run %s asks for other figures", id)
		}
	}
	s.approved = approvals
	return s.step(id, retention.RunQueued, by, retention.RunNeedsApproval)
}

func (s *fakeStore) PolicyStatuses(context.Context) (map[string]retention.PolicyStatus, error) {
	unlock, err := s.locked()
	defer unlock()
	return maps.Clone(s.statuses), err
}

func (s *fakeStore) Holds(_ context.Context, f retention.HoldFilter, p retention.Page) ([]retention.Hold, string, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.Hold
	for _, h := range s.holds {
		if f.FailSafe && len(h.Faults) == 0 || f.ReviewDue && !h.ReviewDue(s.now) || f.Matter != "" && f.Matter != h.Matter {
			continue
		}
		if (len(f.Statuses) == 0 || slices.Contains(f.Statuses, h.Status)) && strings.Contains(strings.ToLower(h.Matter+h.Reason), strings.ToLower(f.Search)) {
			out = append(out, h)
		}
	}
	page, next := paged(out, p)
	return page, next, err
}

func (s *fakeStore) find(id string) (*retention.Hold, error) {
	i := slices.IndexFunc(s.holds, func(h retention.Hold) bool { return h.ID == id })
	if i < 0 {
		return nil, retention.NotFoundf("hold %q", id)
	}
	return &s.holds[i], nil
}

func (s *fakeStore) Hold(_ context.Context, id string) (retention.Hold, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := s.find(id)
	if err != nil {
		return retention.Hold{}, err
	}
	return *h, nil
}

func (s *fakeStore) HoldWithRecords(ctx context.Context, id string) (retention.Hold, error) {
	h, err := s.Hold(ctx, id)
	if err != nil {
		return h, err
	}
	h.Scope = slices.Clone(h.Scope)
	for i := range h.Scope {
		for _, r := range s.records[id] {
			if h.Scope[i].ByID() && h.Scope[i].Table == r.Table && h.Scope[i].SplitFrom == nil {
				h.Scope[i].RecordIDs = append(h.Scope[i].RecordIDs, r.Key)
			}
		}
	}
	return h, nil
}

func (s *fakeStore) HoldRecords(_ context.Context, id string, p retention.Page) ([]retention.HeldRecord, string, error) {
	unlock, err := s.locked()
	defer unlock()
	page, next := paged(s.records[id], p)
	return page, next, err
}

func (s *fakeStore) CountHolds(context.Context) (map[retention.HoldStatus]int64, error) {
	unlock, err := s.locked()
	defer unlock()
	out := map[retention.HoldStatus]int64{}
	for _, h := range s.holds {
		out[h.Status]++
	}
	return out, err
}

func (s *fakeStore) CreateHold(_ context.Context, h retention.Hold, by retention.By) (retention.Hold, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return h, err
	}
	h.ID = fmt.Sprintf("%08d-0000-7000-8000-000000000000", len(s.holds)+1)
	h.Status, h.CreatedAt, h.Version = retention.HoldApplying, s.now, 1
	for i, scope := range h.Scope {
		h.Scope[i].RecordCount = int64(len(scope.RecordIDs))
		for _, k := range scope.RecordIDs {
			s.records[h.ID] = append(s.records[h.ID], retention.HeldRecord{Table: scope.Table, Key: k, Found: true})
		}
	}
	s.holds = slices.Insert(s.holds, 0, h)
	s.record("hold/"+h.ID, nil, h, by)
	return h, nil
}

func (s *fakeStore) HoldActivated(_ context.Context, id string, at time.Time, _ []retention.ScopeCounts, by retention.By) (retention.Hold, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := s.find(id)
	if err != nil {
		return retention.Hold{}, err
	}
	h.Status, h.EffectiveAt = retention.HoldActive, &at
	s.record("hold/"+id, nil, nil, by)
	return *h, nil
}

func (s *fakeStore) ReviseHold(_ context.Context, id string, version int, rev retention.HoldRevision, by retention.By) (retention.Hold, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := s.find(id)
	if err != nil {
		return retention.Hold{}, err
	}
	before := *h
	if rev.Reason != nil {
		h.Reason, h.ExpiresAt, h.OnExpiry = *rev.Reason, *rev.ExpiresAt, *rev.OnExpiry
	}
	if rev.ReviewAt != nil {
		h.ReviewAt = *rev.ReviewAt
	}
	h.Version, h.Status = version+1, retention.HoldActive
	s.record("hold/"+id, before, *h, by)
	return *h, nil
}

func (s *fakeStore) MarkHold(_ context.Context, id string, m retention.HoldMark, by retention.By) (retention.Hold, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := s.find(id)
	if err != nil {
		return retention.Hold{}, err
	}
	next, _, err := m.Apply(*h, s.now)
	if err != nil {
		return *h, err
	}
	if *h = next; m.Step == retention.StepRelease {
		h.ReleasedBy = by.Actor.Name
	}
	s.record("hold/"+id, nil, *h, by)
	return *h, nil
}

func (s *fakeStore) EachHeldKey(_ context.Context, id string, do func(int, retention.Key) error) error {
	for _, r := range s.records[id] {
		if err := do(0, r.Key); err != nil {
			return err
		}
	}
	return s.down
}

func (s *fakeStore) EachBatchOn(_ context.Context, tables []retention.TableName, from time.Time, _ *time.Time, _ retention.HoldForce, do func(retention.JudgedBatch) error) error {
	for i, t := range tables {
		b := retention.JudgedBatch{ID: fmt.Sprint("b", i), RunID: "0195-run-ok", Policy: t.Name, Action: retention.ActionDelete, Table: t, GuardEpoch: 42, CommittedAt: from.Add(time.Hour), Held: 310}
		if t.Name == "orders" {
			b.Processed, b.Digests = 1_204, make([]byte, 64)
		}
		if err := do(b); err != nil {
			return err
		}
	}
	return s.down
}

// matters are those of the holds, each of them open unless it is in closed.
func (s *fakeStore) matters() (out []retention.Matter) {
	for _, h := range s.holds {
		i := slices.IndexFunc(out, func(m retention.Matter) bool { return m.Name == h.Matter })
		if i < 0 {
			i = len(out)
			m := retention.Matter{ID: "m" + h.ID, Name: h.Matter, Reference: "7 O 112/26", Counsel: "Smith & Partners", Notes: "Ask before releasing.", OpenedBy: h.CreatedBy, OpenedAt: h.CreatedAt, Version: 1}
			if s.closed[m.ID] {
				m.ClosedAt, m.ClosedBy = &s.now, "jane@example.com"
			}
			out = append(out, m)
		}
		out[i].Holds++
		if !h.Status.Ended() {
			out[i].InForce++
		}
	}
	return out
}

func (s *fakeStore) Matters(_ context.Context, f retention.MatterFilter, p retention.Page) ([]retention.Matter, string, error) {
	unlock, err := s.locked()
	defer unlock()
	list := slices.DeleteFunc(s.matters(), func(m retention.Matter) bool {
		return f.Closed != nil && (m.ClosedAt != nil) != *f.Closed || !strings.Contains(strings.ToLower(m.Name), strings.ToLower(f.Search))
	})
	page, next := paged(list, p)
	return page, next, err
}

func (s *fakeStore) matterBy(is func(retention.Matter) bool) (retention.Matter, error) {
	unlock, err := s.locked()
	defer unlock()
	list := s.matters()
	i := slices.IndexFunc(list, is)
	if i < 0 {
		return retention.Matter{}, retention.NotFoundf("there is no such matter")
	}
	return list[i], err
}

func (s *fakeStore) Matter(_ context.Context, id string) (retention.Matter, error) {
	return s.matterBy(func(m retention.Matter) bool { return m.ID == id })
}

func (s *fakeStore) MatterNamed(_ context.Context, name string) (retention.Matter, error) {
	return s.matterBy(func(m retention.Matter) bool { return m.Name == name })
}

func (s *fakeStore) ReviseMatter(_ context.Context, m retention.Matter, by retention.By) (retention.Matter, error) {
	s.record("matter/"+m.ID, nil, m, by)
	return m, s.down
}

func (s *fakeStore) CloseMatter(ctx context.Context, id string, by retention.By) (retention.Matter, error) {
	m, err := s.Matter(ctx, id)
	if err == nil && m.InForce > 0 {
		err = retention.Conflictf("%d holds of the matter are in force or on their way; release them first", m.InForce)
	}
	if err == nil {
		s.closed[id] = true
		s.record("matter/"+id, nil, m, by)
	}
	return m, err
}

func (s *fakeStore) ReopenMatter(ctx context.Context, id string, by retention.By) (retention.Matter, error) {
	delete(s.closed, id)
	m, err := s.Matter(ctx, id)
	s.record("matter/"+id, nil, m, by)
	return m, err
}

func (s *fakeStore) DatedHolds(context.Context) ([]retention.AnnouncedHold, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.AnnouncedHold
	for _, h := range s.holds {
		if h.Status.InForce() {
			a := retention.AnnouncedHold{Hold: h, ReviewTold: true}
			for _, s := range h.Scope {
				if s.Releasing() {
					a.FallsAt = s.ReleasesAt
				}
			}
			out = append(out, a)
		}
	}
	return out, err
}

func (s *fakeStore) HoldDates(context.Context) (retention.HoldDates, error) {
	unlock, err := s.locked()
	defer unlock()
	d := retention.HoldDates{Expiring: map[int]int64{}}
	for _, h := range s.holds {
		if h.ReviewDue(s.now) {
			d.ReviewsDue++
		}
		if len(h.Faults) > 0 {
			d.Faulty++
		}
		if h.Status == retention.HoldReleasing {
			d.Releasing++
		}
		if h.Status == retention.HoldActive && h.OnExpiry == retention.OnExpiryRelease && h.ExpiresAt != nil && h.ExpiresAt.Before(s.now.AddDate(0, 0, 30)) {
			d.Expiring[30]++
		}
	}
	return d, err
}

func (s *fakeStore) HoldEnded(_ context.Context, id string, to retention.HoldStatus, at time.Time, by retention.By) (retention.Hold, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return retention.Hold{}, err
	}
	h, err := s.find(id)
	if err != nil {
		return retention.Hold{}, err
	}
	h.Status, h.ReleasedAt = to, &at
	s.record("hold/"+id, nil, nil, by)
	return *h, nil
}

func (s *fakeStore) Dispositions(_ context.Context, bounds []time.Time) ([]retention.DayCount, error) {
	unlock, err := s.locked()
	defer unlock()
	days := make([]retention.DayCount, len(bounds)-1)
	for i := range days {
		if s.history != nil {
			days[i] = s.history(i)
		}
		days[i].From = bounds[i]
	}
	return days, err
}

func (s *fakeStore) Guard(context.Context) (retention.GuardMark, error) {
	return retention.GuardMark{}, nil
}

func (s *fakeStore) SetGuard(context.Context, retention.GuardMark) error { return nil }

func (s *fakeStore) OpenRuns(context.Context) ([]retention.Run, error) {
	unlock, err := s.locked()
	defer unlock()
	var open []retention.Run
	for _, r := range slices.Backward(s.runs) {
		if !r.Status.Ended() {
			open = append(open, r)
		}
	}
	return open, err
}

func (s *fakeStore) Runs(_ context.Context, f retention.RunFilter, p retention.Page) ([]retention.Run, string, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.Run
	for _, r := range s.runs {
		of := f.Policy == "" || slices.ContainsFunc(r.Policies, func(x retention.PolicyResult) bool { return x.Policy == f.Policy })
		of = of && (f.From == nil || !r.CreatedAt.Before(*f.From)) && (f.Until == nil || r.CreatedAt.Before(*f.Until))
		of = of && (len(f.Triggers) == 0 || slices.Contains(f.Triggers, r.Trigger))
		if of && (len(f.Statuses) == 0 || slices.Contains(f.Statuses, r.Status)) && (f.DryRun == nil || *f.DryRun == r.DryRun) {
			out = append(out, r)
		}
	}
	page, next := paged(out, p)
	return page, next, err
}

func (s *fakeStore) Run(_ context.Context, id string) (retention.Run, error) {
	unlock, err := s.locked()
	defer unlock()
	i := slices.IndexFunc(s.runs, func(r retention.Run) bool { return r.ID == id })
	if err == nil && i < 0 {
		err = retention.NotFoundf("run %q", id)
	}
	if err != nil {
		return retention.Run{}, err
	}
	return s.runs[i], nil
}

func (s *fakeStore) CountRuns(_ context.Context, f retention.RunFilter) ([]retention.RunCount, error) {
	f.Statuses, f.DryRun, f.Triggers = nil, nil, nil
	list, _, err := s.Runs(context.Background(), f, retention.Page{Limit: retention.MaxPage})
	var out []retention.RunCount
	for _, r := range list {
		out = append(out, retention.RunCount{Status: r.Status, DryRun: r.DryRun, Trigger: r.Trigger, Runs: 1})
	}
	return out, err
}

// step changes the status of a run that is in one of some.
func (s *fakeStore) step(id string, to retention.RunStatus, by retention.By, from ...retention.RunStatus) (retention.Run, error) {
	unlock, err := s.locked()
	defer unlock()
	i := slices.IndexFunc(s.runs, func(r retention.Run) bool { return r.ID == id })
	switch {
	case err != nil:
		return retention.Run{}, err
	case i < 0:
		return retention.Run{}, retention.NotFoundf("run %q", id)
	case !slices.Contains(from, s.runs[i].Status):
		return retention.Run{}, retention.Conflictf("run %s is %s; it cannot become %s", id, s.runs[i].Status, to)
	}
	s.runs[i].Status = to
	s.record("run/"+id, nil, nil, by)
	return s.runs[i], nil
}

func (s *fakeStore) StopRun(_ context.Context, id string, to retention.RunStatus, by retention.By) (retention.Run, error) {
	from := []retention.RunStatus{retention.RunQueued, retention.RunRunning}
	if to == retention.RunCancelled {
		from = append(from, retention.RunPaused, retention.RunNeedsApproval)
	}
	return s.step(id, to, by, from...)
}

func (s *fakeStore) ResumeRun(_ context.Context, id string, by retention.By) (retention.Run, error) {
	return s.step(id, retention.RunQueued, by, retention.RunPaused)
}

func (s *fakeStore) CreateRun(_ context.Context, r retention.Run, by retention.By) (retention.Run, error) {
	unlock, err := s.locked()
	defer unlock()
	r.ID = fmt.Sprintf("%08d-0000-7000-9000-000000000000", len(s.runs)+1)
	r.Status, r.CreatedAt = retention.RunQueued, s.now
	s.runs = slices.Insert(s.runs, 0, r)
	s.record("run/"+r.ID, nil, r, by)
	return r, err
}

func (s *fakeStore) Batches(_ context.Context, runID, policy string, newest bool, p retention.Page) ([]retention.Batch, string, error) {
	unlock, err := s.locked()
	defer unlock()
	var out []retention.Batch
	for _, b := range s.batches {
		if b.RunID == runID && (policy == "" || policy == b.Policy) {
			out = append(out, b)
		}
	}
	if newest {
		slices.Reverse(out)
	}
	page, next := paged(out, p)
	return page, next, err
}

func (s *fakeStore) CreateUser(_ context.Context, u retention.User, _ string, by retention.By) (retention.User, error) {
	unlock, err := s.locked()
	defer unlock()
	if slices.ContainsFunc(s.users, func(have retention.User) bool { return have.Email == u.Email }) {
		return u, retention.Conflictf("the address %s has an account", u.Email)
	}
	u.ID, u.CreatedAt = fmt.Sprintf("user-%d", len(s.users)+1), s.now
	s.users = append(s.users, u)
	s.record("user/"+u.Email, nil, u, by)
	return u, err
}

func (s *fakeStore) Users(_ context.Context, p retention.Page) ([]retention.User, string, error) {
	unlock, err := s.locked()
	defer unlock()
	page, next := paged(s.users, p)
	return page, next, err
}

func (s *fakeStore) CountUsers(context.Context) (int64, error) { return int64(len(s.users)), s.down }

func (s *fakeStore) user(fits func(retention.User) bool) (retention.User, error) {
	i := slices.IndexFunc(s.users, fits)
	if i < 0 {
		return retention.User{}, retention.ErrNotFound
	}
	return s.users[i], nil
}

func (s *fakeStore) UserOfSession(_ context.Context, id string) (retention.User, string, error) {
	u, err := s.user(func(u retention.User) bool { return u.ID == id })
	return u, s.password, err
}

func (s *fakeStore) UserForSignIn(_ context.Context, email string) (retention.User, string, error) {
	u, err := s.user(func(u retention.User) bool { return u.Email == email })
	return u, s.password, err
}

func (s *fakeStore) SignedIn(context.Context, string, retention.By) error { return nil }

func (s *fakeStore) SetPassword(_ context.Context, _, hash string, _ retention.By) error {
	s.password = hash
	return nil
}

func (s *fakeStore) CreateToken(_ context.Context, t retention.Token, _ string, _ []byte, by retention.By) (retention.Token, error) {
	unlock, err := s.locked()
	defer unlock()
	t.ID, t.CreatedAt = fmt.Sprintf("token-%d", len(s.tokens)+1), s.now
	s.tokens = append(s.tokens, t)
	s.record("token/"+t.ID, nil, t, by)
	return t, err
}

func (s *fakeStore) Tokens(_ context.Context, p retention.Page) ([]retention.Token, string, error) {
	unlock, err := s.locked()
	defer unlock()
	page, next := paged(s.tokens, p)
	return page, next, err
}

func (s *fakeStore) RevokeToken(_ context.Context, id string, _ retention.By) (retention.Token, error) {
	unlock, err := s.locked()
	defer unlock()
	i := slices.IndexFunc(s.tokens, func(t retention.Token) bool { return t.ID == id })
	if i < 0 {
		return retention.Token{}, retention.ErrNotFound
	}
	s.tokens[i].RevokedAt = &s.now
	return s.tokens[i], err
}

func (s *fakeStore) BeginIdempotent(_ context.Context, actor, key string, fingerprint []byte) (retention.IdempotentReplay, bool, error) {
	unlock, err := s.locked()
	defer unlock()
	if err != nil {
		return retention.IdempotentReplay{}, false, err
	}
	k := actor + "\x00" + key
	have, ok := s.answers[k]
	switch {
	case !ok:
		s.answers[k] = idempotent{fingerprint: string(fingerprint)}
		return retention.IdempotentReplay{}, false, nil
	case have.fingerprint != string(fingerprint):
		return retention.IdempotentReplay{}, false, retention.Invalid("Idempotency-Key", "was used for another request")
	case have.answer == nil:
		return retention.IdempotentReplay{}, false, retention.Conflictf("being worked on")
	}
	return *have.answer, true, nil
}

func (s *fakeStore) FinishIdempotent(_ context.Context, actor, key string, answer retention.IdempotentReplay) error {
	defer s.mu.Unlock()
	s.mu.Lock()
	have := s.answers[actor+"\x00"+key]
	have.answer = &answer
	s.answers[actor+"\x00"+key] = have
	return nil
}

func (s *fakeStore) DropIdempotent(_ context.Context, actor, key string) error {
	defer s.mu.Unlock()
	s.mu.Lock()
	delete(s.answers, actor+"\x00"+key)
	return nil
}
