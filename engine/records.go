package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"time"

	"holdfast/retention"
)

// explainWithin bounds an explanation: it looks into the governed database under every
// policy of the table.
const explainWithin = 30 * time.Second

// ExplainRecord says of one record which policies and holds cover it, what keeps it, what
// happens to it next and when; and of one that was disposed of when, by which run and
// under which version of which policy, by its digest. A table that does not exist, and of
// which there is no evidence, is ErrNotFound.
func (e *Engine) ExplainRecord(ctx context.Context, actor retention.Actor, table retention.TableName, id retention.Key) (retention.Record, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Record{}, err
	}
	ctx, cancel := context.WithTimeout(ctx, explainWithin)
	defer cancel()
	r := retention.Record{Table: table}
	live, err := e.allPolicies(ctx)
	if err != nil {
		return r, err
	}
	policies := policiesOf(&r, live)
	archives, err := e.archivesOf(ctx, table)
	if err != nil {
		return r, err
	}
	st, err := e.target.Record(ctx, table, id, policies, archives)
	if err != nil {
		return r, err
	}
	r.Key, r.Found, r.AsOf, r.Policies, r.Archived = st.Key, st.Found, st.AsOf, st.Policies, st.Archived
	leftTo(r.Policies)
	if err := e.heldBy(ctx, &r, st.HoldIDs); err != nil {
		return r, err
	}
	if err := e.disposed(ctx, &r, st); err != nil {
		return r, err
	}
	if st.NoTable && len(r.Disposed) == 0 {
		return r, retention.NotFoundf("there is no table %s, and no evidence of a record of that name and key", table)
	}
	return r, e.next(ctx, &r)
}

// policiesOf are the live policies of the record's table, by name, each with those that it
// leaves rows to. It notes those that reach into it, those of its own that take rows along
// with the ones that they refer to too.
func policiesOf(r *retention.Record, live []retention.Policy) (own []retention.Policy) {
	for _, p := range live {
		if p.Table == r.Table {
			own = append(own, p.Among(live))
		}
		if slices.Contains(p.Cascade, r.Table) {
			r.ReachedBy = append(r.ReachedBy, p.Name)
		}
	}
	return own
}

// archivesOf are the tables that a table was ever archived to.
func (e *Engine) archivesOf(ctx context.Context, table retention.TableName) (archives []retention.TableName, err error) {
	versions, err := e.store.Archiving(ctx, table)
	for _, v := range versions {
		if to := v.ArchiveOf(table); !slices.Contains(archives, to) {
			archives = append(archives, to)
		}
	}
	return archives, err
}

// heldBy reads the holds. One that the guard alone has, after the store was restored to
// before it, holds all the same.
func (e *Engine) heldBy(ctx context.Context, r *retention.Record, ids []string) error {
	for _, id := range ids {
		h, err := e.store.Hold(ctx, id)
		if errors.Is(err, retention.ErrNotFound) {
			h, err = retention.Hold{ID: id, Matter: "a hold that only the governed database knows", Status: retention.HoldActive}, nil
		}
		if err != nil {
			return err
		}
		r.Holds = append(r.Holds, retention.RecordHold{ID: h.ID, Matter: h.Matter, CreatedBy: h.CreatedBy, Status: h.Status, EffectiveAt: h.EffectiveAt, ExpiresAt: h.ExpiresAt})
	}
	return nil
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

// disposed looks the digests up in the evidence, in the store and what is on its way there.
func (e *Engine) disposed(ctx context.Context, r *retention.Record, st retention.RecordState) error {
	for _, d := range st.Digests {
		found, err := e.store.Disposals(ctx, r.Table, d)
		if err != nil {
			return err
		}
		r.Disposed = append(r.Disposed, found...)
	}
	for _, d := range st.Uncarried {
		d.With = d.Table != r.Table
		r.Disposed = append(r.Disposed, d)
	}
	slices.SortFunc(r.Disposed, func(a, b retention.RecordDisposal) int {
		return cmp.Or(b.CommittedAt.Compare(a.CommittedAt), cmp.Compare(a.ID, b.ID))
	})
	r.Disposed = slices.CompactFunc(r.Disposed, func(a, b retention.RecordDisposal) bool { return a.ID == b.ID })
	var err error
	r.Untold, r.UntoldUntil, err = e.store.Untold(ctx, r.Table)
	return err
}

// outlook is what one policy does with a record, in a sentence, and when.
type outlook struct {
	says string
	// at is when, where that can be told; due tells that it is due now.
	at  *time.Time
	due bool
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
	coming, err := e.plansAhead(ctx)
	if err != nil {
		return err
	}
	var ahead []outlook
	var stays, unknown []string
	for i := range r.Policies {
		p := &r.Policies[i]
		switch why := whyKept(p); {
		case !p.Enabled:
		case p.Problem != "":
			unknown = append(unknown, fmt.Sprintf("`%s` cannot judge it: %s", p.Name, p.Problem))
		case !p.Matches || p.Treated || (p.DueAt == nil && !p.Due):
		case p.Due && why != "":
			stays = append(stays, fmt.Sprintf("it is due under `%s`, and stays as long as %s", p.Name, why))
		default:
			o, err := e.outlookOf(ctx, p, coming)
			if err != nil {
				return err
			}
			ahead = append(ahead, o)
		}
	}
	sayNext(r, ahead, stays, unknown)
	return nil
}

// sayNext puts the sentences together: what is known to happen, the soonest first, what
// keeps it, what nobody knows, and what others may do.
func sayNext(r *retention.Record, ahead []outlook, stays, unknown []string) {
	slices.SortStableFunc(ahead, func(a, b outlook) int {
		switch {
		case a.due != b.due:
			return pick(a.due, -1, 1)
		case a.at == nil || b.at == nil:
			return pick(a.at != nil, -1, pick(b.at != nil, 1, 0))
		}
		return a.at.Compare(*b.at)
	})
	var says []string
	for _, o := range ahead {
		says = append(says, o.says)
	}
	if len(ahead) > 0 {
		r.NextAt = ahead[0].at
	}
	if len(stays) > 0 {
		says = append(says, pick(len(says) == 0, "Nothing yet: ", "Also, ")+strings.Join(stays, "; ")+".")
	}
	if len(unknown) > 0 {
		says = append(says, "Not known: "+strings.Join(unknown, "; ")+".")
	}
	if len(r.ReachedBy) > 0 {
		says = append(says, fmt.Sprintf("%s may delete it, or take its reference, with the row that it refers to: see that one.", inCode(r.ReachedBy)))
	}
	if len(says) == 0 {
		says = append(says, "Nothing: no policy disposes of it as it is now.")
	}
	r.Next = strings.Join(says, " ")
}

func pick[T any](cond bool, yes, no T) T {
	if cond {
		return yes
	}
	return no
}

// whyKept says what keeps a due record; empty for nothing.
func whyKept(p *retention.RecordPolicy) string {
	var parts []string
	if len(p.BlockedBy) > 0 {
		parts = append(parts, "rows of "+tableList(p.BlockedBy)+" refer to it")
	}
	if len(p.KeptWith) > 0 {
		parts = append(parts, "rows of "+tableList(p.KeptWith)+" that would go with it are held, or kept themselves")
	}
	return strings.Join(parts, ", or ")
}

// plans are the runs that have not ended, and those that schedules will start.
type plans struct {
	now       time.Time
	open      []retention.Run
	schedules []retention.ScheduleState
}

func (e *Engine) plansAhead(ctx context.Context) (p plans, err error) {
	if p.now, err = e.store.Now(ctx); err != nil {
		return p, err
	}
	if p.open, err = e.store.OpenRuns(ctx); err != nil {
		return p, err
	}
	p.schedules, err = e.store.ScheduleStates(ctx)
	return p, err
}

// outlookOf is what a policy does with a record that nothing keeps.
func (e *Engine) outlookOf(ctx context.Context, p *retention.RecordPolicy, ahead plans) (outlook, error) {
	o := outlook{due: p.Due, says: "It is due under `" + p.Name + "`."}
	will := map[retention.Action]string{retention.ActionDelete: "deletes it", retention.ActionAnonymize: "anonymizes it", retention.ActionArchive: "archives it"}[p.Action]
	if p.Circular {
		will += ", unless rows that refer to each other in a circle keep it"
	}
	from := ahead.now
	if !p.Due && p.DueAt.After(ahead.now) {
		from, o.says = *p.DueAt, fmt.Sprintf("It becomes due under `%s` on %s.", p.Name, dayAndTime(*p.DueAt))
	}
	if why, err := e.whyNoRun(ctx, p.Policy); why != "" || err != nil {
		o.says += " " + why
		return o, err
	}
	if open := ahead.openRunOf(p); open != "" && p.Due {
		o.says += fmt.Sprintf(" %s %s.", open, will)
		return o, nil
	}
	by := ""
	for _, st := range ahead.schedules {
		if !st.Schedule.Runs(p.Policy) {
			continue
		}
		// What is due at a slot is due when its run begins, a moment after it.
		slot, err := st.Schedule.Next(from.Add(-time.Microsecond))
		if err == nil && (o.at == nil || slot.At.Before(*o.at)) {
			o.at, by = &slot.At, st.Schedule.Name
		}
	}
	if o.at == nil {
		o.says += " No schedule runs that policy: the next run of it that somebody asks for " + will + "."
		return o, nil
	}
	o.says += fmt.Sprintf(" The run that `%s` starts on %s %s.", by, dayAndTime(*o.at), will)
	return o, nil
}

// whyNoRun says why no run takes the policy up as it is; empty if runs do.
func (e *Engine) whyNoRun(ctx context.Context, p retention.Policy) (string, error) {
	if p.RetentionPeriod.ShorterThan(e.minRetention) {
		return "No run takes that policy up: " + e.belowFloor(p) + ".", nil
	}
	never, err := e.neverSimulated(ctx, []retention.Policy{p})
	if len(never) > 0 {
		return fmt.Sprintf("No run takes that policy up before its version %d is simulated.", p.Version), err
	}
	return "", err
}

// openRunOf names the oldest run that has the policy and has not ended; empty if none.
func (a plans) openRunOf(p *retention.RecordPolicy) string {
	for _, r := range a.open {
		has := slices.ContainsFunc(r.Policies, func(res retention.PolicyResult) bool {
			return res.Policy == p.Name && res.Version == p.Version && !res.Status.Ended()
		})
		if r.AsOf != nil && p.DueAt != nil && r.AsOf.Before(*p.DueAt) {
			continue // it asks for what was due then
		}
		switch {
		case !has || r.DryRun:
		case r.Status == retention.RunNeedsApproval:
			return "Run " + r.ID + ", once it is approved,"
		case r.Status == retention.RunPaused:
			return "Run " + r.ID + ", once it is resumed,"
		default:
			return "Run " + r.ID + ", which is under way,"
		}
	}
	return ""
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
	case d.Action == retention.ActionRestore:
		return "restored, and has gone since with no evidence here; it came back"
	}
	return "deleted"
}

func dayAndTime(t time.Time) string { return t.UTC().Format("2 January 2006, 15:04 UTC") }

// inCode lists names as code in a sentence.
func inCode(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	return strings.Join(quoted, ", ")
}

func matters(holds []retention.RecordHold) string {
	names := make([]string, len(holds))
	for i, h := range holds {
		names[i] = h.Matter
		if h.CreatedBy != "" {
			names[i] += ", by " + h.CreatedBy
		}
	}
	return strings.Join(names, "; ")
}

func tableList(tables []retention.TableName) string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.String()
	}
	return inCode(names)
}
