package engine

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/retention"
)

// ExplainRecord says of one record which policies and holds cover it, what keeps it, what
// happens to it next and when; and of one that was disposed of when, by which run and
// under which version of which policy, by its digest. A table that does not exist, and of
// which there is no evidence, is ErrNotFound.
func (e *Engine) ExplainRecord(ctx context.Context, actor retention.Actor, table retention.TableName, id retention.Key) (retention.Record, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Record{}, err
	}
	policies, archives, err := e.policiesOf(ctx, table)
	if err != nil {
		return retention.Record{}, err
	}
	for i := range policies {
		policies[i] = policies[i].Among(policies)
	}
	st, err := e.target.Record(ctx, table, id, policies, archives)
	if err != nil {
		return retention.Record{}, err
	}
	r := retention.Record{Table: table, Key: st.Key, Found: st.Found, AsOf: st.AsOf, Policies: st.Policies, Archived: st.Archived}
	leftTo(r.Policies)
	for _, id := range st.HoldIDs {
		h, err := e.store.Hold(ctx, id)
		if err != nil {
			return r, err
		}
		r.Holds = append(r.Holds, retention.RecordHold{ID: h.ID, Matter: h.Matter, CreatedBy: h.CreatedBy, Status: h.Status, EffectiveAt: h.EffectiveAt, ExpiresAt: h.ExpiresAt})
	}
	if err := e.disposed(ctx, &r, st.Digests); err != nil {
		return r, err
	}
	if st.NoTable && len(r.Disposed) == 0 {
		return r, retention.NotFoundf("there is no table %s, and no evidence of a record of that name and key", table)
	}
	return r, e.next(ctx, &r)
}

// leftTo notes which policies leave the record to others.
func leftTo(policies []retention.RecordPolicy) {
	for i := range policies {
		for _, o := range policies[i].YieldsTo {
			at := slices.IndexFunc(policies, func(p retention.RecordPolicy) bool { return p.Name == o.Name })
			if at >= 0 && policies[at].Matches {
				policies[i].LeftTo = append(policies[i].LeftTo, o.Name)
			}
		}
	}
}

// policiesOf are the live policies of a table by name, and the tables that it was ever
// archived to.
func (e *Engine) policiesOf(ctx context.Context, table retention.TableName) (live []retention.Policy, archives []retention.TableName, err error) {
	for _, retired := range []bool{false, true} {
		page := retention.Page{Limit: retention.MaxPage}
		for {
			items, next, err := e.store.Policies(ctx, retention.PolicyFilter{Retired: retired}, page)
			if err != nil {
				return nil, nil, err
			}
			for _, p := range items {
				if p.Table == table && !retired {
					live = append(live, p)
				}
				if archives, err = e.archivesOf(ctx, p, table, archives); err != nil {
					return nil, nil, err
				}
			}
			if next == "" {
				break
			}
			page.Cursor = next
		}
	}
	return live, archives, nil
}

// archivesOf adds the archive tables of all versions of a policy.
func (e *Engine) archivesOf(ctx context.Context, p retention.Policy, table retention.TableName, archives []retention.TableName) ([]retention.TableName, error) {
	versions := []retention.Policy{p}
	if p.Version > 1 {
		var err error
		if versions, err = e.store.PolicyVersions(ctx, p.Name); err != nil {
			return nil, err
		}
	}
	for _, v := range versions {
		if v.Table == table && v.Action == retention.ActionArchive && !slices.Contains(archives, v.ArchiveTable()) {
			archives = append(archives, v.ArchiveTable())
		}
	}
	return archives, nil
}

// disposed looks the digests up in the evidence.
func (e *Engine) disposed(ctx context.Context, r *retention.Record, digests [][]byte) error {
	for _, d := range digests {
		found, err := e.store.Disposals(ctx, r.Table, d)
		if err != nil {
			return err
		}
		for _, f := range found {
			if !slices.ContainsFunc(r.Disposed, func(o retention.RecordDisposal) bool { return o.ID == f.ID }) {
				r.Disposed = append(r.Disposed, f)
			}
		}
	}
	slices.SortFunc(r.Disposed, func(a, b retention.RecordDisposal) int { return b.CommittedAt.Compare(a.CommittedAt) })
	var err error
	r.Untold, r.UntoldUntil, err = e.store.Untold(ctx, r.Table)
	return err
}

// next words what happens to the record next.
func (e *Engine) next(ctx context.Context, r *retention.Record) error {
	switch {
	case !r.Found:
		r.Next = goneNext(r)
		return nil
	case len(r.Holds) > 0:
		r.Next = "Nothing, as long as it is held: " + matters(r.Holds) + "."
		return nil
	}
	schedules, err := e.store.ScheduleStates(ctx)
	if err != nil {
		return err
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	var blocked []string
	r.Next = "Nothing: no policy disposes of it as it is now."
	told := false
	for i := range r.Policies {
		p := &r.Policies[i]
		if p.Problem != "" || !p.Enabled || !p.Matches || p.Treated || p.DueAt == nil {
			continue
		}
		if p.Due && len(p.BlockedBy) > 0 {
			blocked = append(blocked, fmt.Sprintf("it is due under `%s`, and stays as long as rows of %s refer to it", p.Name, tableList(p.BlockedBy)))
			continue
		}
		at, words := whenDone(p, schedules, now)
		if r.NextAt == nil || (at != nil && at.Before(*r.NextAt)) {
			r.Next, r.NextAt, told = words, at, true
		}
	}
	if !told && len(blocked) > 0 {
		r.Next = "Nothing yet: " + strings.Join(blocked, "; ") + "."
	}
	return nil
}

// goneNext is the sentence of a record that is not there.
func goneNext(r *retention.Record) string {
	last := "There is no such record, and no evidence that one was disposed of."
	switch {
	case len(r.Disposed) > 0:
		d := r.Disposed[0]
		last = fmt.Sprintf("Nothing: it was %s on %s, under version %d of `%s`.", pastOf(d), dayAndTime(d.CommittedAt), d.PolicyVersion, d.Policy)
	case len(r.Archived) > 0:
		last = fmt.Sprintf("Nothing: it was moved to %s on %s.", r.Archived[0].Table, dayAndTime(r.Archived[0].ArchivedAt))
	}
	if len(r.Holds) > 0 {
		last += " Should it come back, it is held: " + matters(r.Holds) + "."
	}
	return last
}

// pastOf is what became of a record in a batch. One that was reached by a foreign key may
// have gone or only lost its reference.
func pastOf(d retention.RecordDisposal) string {
	switch {
	case d.With:
		return "reached by a foreign key from " + d.Table.String() + ", and deleted or changed,"
	case d.Action == retention.ActionAnonymize:
		return "anonymized, and is not in its table any more; it was treated"
	case d.Action == retention.ActionArchive:
		return "archived"
	}
	return "deleted"
}

// whenDone is when a policy carries out its action on a record, and the sentence that says
// so.
func whenDone(p *retention.RecordPolicy, schedules []retention.ScheduleState, now time.Time) (*time.Time, string) {
	will := map[retention.Action]string{retention.ActionDelete: "deletes it", retention.ActionAnonymize: "anonymizes it", retention.ActionArchive: "archives it"}[p.Action]
	from, due := now, "It is due under `"+p.Name+"`."
	if !p.Due && p.DueAt.After(now) {
		from, due = *p.DueAt, fmt.Sprintf("It becomes due under `%s` on %s.", p.Name, dayAndTime(*p.DueAt))
	}
	var at *time.Time
	by := ""
	for _, st := range schedules {
		s := st.Schedule
		if !s.Enabled || !s.Runs(p.Policy) {
			continue
		}
		slot, err := s.Next(from)
		if err == nil && (at == nil || slot.At.Before(*at)) {
			at, by = &slot.At, s.Name
		}
	}
	if at == nil {
		return nil, due + " No schedule runs that policy: the next run of it that somebody asks for " + will + "."
	}
	return at, fmt.Sprintf("%s The run that `%s` starts on %s %s.", due, by, dayAndTime(*at), will)
}

func dayAndTime(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

func matters(holds []retention.RecordHold) string {
	names := make([]string, len(holds))
	for i, h := range holds {
		names[i] = h.Matter + ", by " + h.CreatedBy
	}
	return strings.Join(names, "; ")
}

func tableList(tables []retention.TableName) string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = "`" + t.String() + "`"
	}
	return strings.Join(names, ", ")
}
