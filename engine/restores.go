package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"holdfast/retention"
)

// RestoreRequest asks for archived rows to go back.
type RestoreRequest struct {
	Scope retention.RestoreScope
	// OnConflict is OnConflictRefuse unless it says otherwise.
	OnConflict retention.OnConflict
	Reason     string
}

// PreviewRestore counts what a restore would bring back, what is held, and what is in
// conflict with the tables as they are. Nothing is written.
func (e *Engine) PreviewRestore(ctx context.Context, actor retention.Actor, scope retention.RestoreScope) (retention.RestorePlan, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.RestorePlan{}, err
	}
	return e.planRestore(ctx, &scope)
}

// planRestore finds the parts of a restore and counts each.
func (e *Engine) planRestore(ctx context.Context, scope *retention.RestoreScope) (plan retention.RestorePlan, err error) {
	if err := scope.Validate(); err != nil {
		return plan, err
	}
	scope.RecordCount = len(scope.Records)
	parts, err := e.restoreParts(ctx, *scope)
	if err != nil {
		return plan, err
	}
	// From now on holds on the tables cover what was archived from them.
	if err := e.noteArchives(ctx); err != nil {
		return plan, err
	}
	if len(scope.Records) > 0 {
		if parts, plan.Copies, err = e.newestCopies(ctx, parts, scope.Records); err != nil {
			return plan, err
		}
	}
	if plan.Tables, err = e.checkRestore(ctx, parts, plan.Copies); err != nil {
		return plan, err
	}
	live, err := e.allPolicies(ctx)
	for _, p := range live {
		if p.Enabled && p.Action.Removes() && slices.ContainsFunc(parts, func(t retention.RestoreTable) bool { return t.Table == p.Table }) {
			plan.DisposedAgain = append(plan.DisposedAgain, p.Name)
		}
	}
	return plan, err
}

// newestCopies finds the newest copy of each record among all archives of its table, and
// leaves out the archives that have none of them. What comes back is these, whatever else is
// archived meanwhile.
func (e *Engine) newestCopies(ctx context.Context, parts []retention.RestoreTable, ids []retention.Key) (left []retention.RestoreTable, copies []retention.RestoreCopy, err error) {
	newest := map[string]retention.RestoreCopy{}
	for _, part := range parts {
		found, err := e.target.NewestCopies(ctx, part, ids)
		if refusal, refused := errors.AsType[*retention.Refusal](err); refused {
			// Which copy is the newest nobody can tell then.
			part.Problem = refusal.Error()
			return []retention.RestoreTable{part}, nil, nil
		}
		if err != nil {
			return nil, nil, err
		}
		for _, c := range found {
			key := strings.Join(c.Key, "\x00")
			if other, ok := newest[key]; !ok || c.At.After(other.At) {
				newest[key] = c
			}
		}
	}
	for _, part := range parts {
		has := false
		for _, c := range newest {
			has = has || c.Archive == part.Archive
		}
		if has {
			left = append(left, part)
		}
	}
	if len(left) == 0 {
		left = parts // to say that there is nothing
	}
	return left, slices.SortedFunc(maps.Values(newest), func(a, b retention.RestoreCopy) int { return slices.Compare(a.Key, b.Key) }), nil
}

// copiesOf are those in a part's archive. One that is no copy at all stands for none, where
// only single records are meant.
func copiesOf(t retention.RestoreTable, all []retention.RestoreCopy) (out []retention.RestoreCopy) {
	for _, c := range all {
		if c.Archive == t.Archive {
			out = append(out, c)
		}
	}
	return out
}

// checkRestore counts the parts one after the other: what comes back first is there for
// those after it.
func (e *Engine) checkRestore(ctx context.Context, parts []retention.RestoreTable, copies []retention.RestoreCopy) ([]retention.RestoreTable, error) {
	out := make([]retention.RestoreTable, len(parts))
	for i, t := range parts {
		checked, err := e.checkPart(ctx, t, parts[:i], copies, true)
		if err != nil {
			return nil, err
		}
		checked.Restored, checked.Errors = t.Restored, t.Errors
		out[i] = checked
	}
	return out, nil
}

func (e *Engine) checkPart(ctx context.Context, t retention.RestoreTable, with []retention.RestoreTable, copies []retention.RestoreCopy, ahead bool) (retention.RestoreTable, error) {
	of := copiesOf(t, copies)
	if t.RunID == "" && (len(of) == 0 || t.Problem != "") {
		t.Rows, t.Held, t.Conflicts = 0, 0, []retention.RestoreConflict{}
		return t, nil
	}
	return e.target.CheckRestore(ctx, retention.RestoreSpec{RestoreTable: t, Copies: of, With: with, Ahead: ahead})
}

// restoreParts are the tables whose rows a restore brings back, those first that others
// refer to.
func (e *Engine) restoreParts(ctx context.Context, scope retention.RestoreScope) (parts []retention.RestoreTable, err error) {
	switch {
	case scope.RunID != "":
		parts, err = e.partsOfRun(ctx, scope.RunID)
	case scope.BatchID != "":
		parts, err = e.partsOfBatch(ctx, scope.BatchID)
	default:
		return e.partsOfRecords(ctx, scope.Table)
	}
	if err != nil {
		return nil, err
	}
	tables := make([]retention.TableName, len(parts))
	for i, t := range parts {
		tables[i] = t.Table
	}
	order, err := e.target.ReferringFirst(ctx, tables)
	if err != nil {
		return nil, err
	}
	out := make([]retention.RestoreTable, len(parts))
	for i, at := range order {
		out[len(parts)-1-i] = parts[at]
	}
	return out, nil
}

func (e *Engine) partsOfRun(ctx context.Context, id string) ([]retention.RestoreTable, error) {
	r, err := e.store.Run(ctx, id)
	if errors.Is(err, retention.ErrNotFound) {
		return nil, retention.Invalid("run", "there is no run %s", id)
	}
	if err != nil {
		return nil, err
	}
	if r.DryRun {
		return nil, retention.Invalid("run", "%s was a dry run: it archived nothing", id)
	}
	var parts []retention.RestoreTable
	for _, res := range r.Policies {
		if res.Action != retention.ActionArchive {
			continue
		}
		more, err := e.partsOfPolicy(ctx, res.Policy, res.Version, res.Effects)
		if err != nil {
			return nil, err
		}
		for i := range more {
			more[i].RunID = r.ID
		}
		parts = append(parts, more...)
	}
	if len(parts) == 0 {
		return nil, retention.Invalid("run", "%s carried out no policy that archives: what was deleted or anonymized cannot be brought back", id)
	}
	return parts, nil
}

func (e *Engine) partsOfBatch(ctx context.Context, id string) ([]retention.RestoreTable, error) {
	b, err := e.store.Batch(ctx, id)
	switch {
	case errors.Is(err, retention.ErrNotFound):
		return nil, retention.Invalid("batch", "there is no batch %s in the journal; one that was just committed is there within seconds", id)
	case err != nil:
		return nil, err
	case b.Action != retention.ActionArchive:
		return nil, retention.Invalid("batch", "%s archived nothing: its action was %s", id, b.Action)
	case b.BegunAt == nil:
		return nil, retention.Invalid("batch", "%s was made by an earlier version of Holdfast, and its rows cannot be told from those of its run; restore the run %s, or single records", id, b.RunID)
	}
	parts, err := e.partsOfPolicy(ctx, b.Policy, b.PolicyVersion, b.Effects)
	for i := range parts {
		parts[i].RunID, parts[i].At = b.RunID, b.BegunAt
	}
	return parts, err
}

// partsOfPolicy are the tables that a version of a policy has archived from, and to: its own,
// and those of which rows arrived in their archives with them.
func (e *Engine) partsOfPolicy(ctx context.Context, name string, version int, effects map[string]retention.TableEffect) (parts []retention.RestoreTable, err error) {
	p, err := e.store.PolicyVersion(ctx, name, version)
	if err != nil {
		return nil, err
	}
	for source, archive := range p.Archives() {
		if source == p.Table || effects[archive.String()].Inserted > 0 {
			parts = append(parts, restoreTable(p, source, archive))
		}
	}
	slices.SortFunc(parts, func(a, b retention.RestoreTable) int { return cmp.Compare(a.Table.String(), b.Table.String()) })
	return parts, nil
}

func restoreTable(p retention.Policy, source, archive retention.TableName) retention.RestoreTable {
	return retention.RestoreTable{Table: source, Archive: archive, Policy: p.Name, PolicyVersion: p.Version,
		Digests: p.Evidence == retention.EvidenceRecords, Conflicts: []retention.RestoreConflict{}, Errors: []string{}}
}

// partsOfRecords are the archives that a table was ever archived to.
func (e *Engine) partsOfRecords(ctx context.Context, table retention.TableName) (parts []retention.RestoreTable, err error) {
	versions, err := e.store.Archiving(ctx, table)
	if err != nil {
		return nil, err
	}
	for _, p := range versions {
		archive := p.ArchiveOf(table)
		at := slices.IndexFunc(parts, func(t retention.RestoreTable) bool { return t.Archive == archive })
		switch {
		case at < 0:
			parts = append(parts, restoreTable(p, table, archive))
		case p.Version > parts[at].PolicyVersion:
			parts[at] = restoreTable(p, table, archive)
		}
	}
	if len(parts) == 0 {
		return nil, retention.Invalid("table", "no policy has ever archived rows of %s", table)
	}
	return parts, nil
}

// RequestRestore asks for archived rows to go back to their tables, in the background. A
// restore that could bring nothing back is refused, and, unless conflicts are to be
// skipped, one of which any row is in conflict: ErrConflict says with what.
func (e *Engine) RequestRestore(ctx context.Context, actor retention.Actor, req RestoreRequest) (retention.Restore, error) {
	if err := e.authorise(actor, OpRestoreWrite); err != nil {
		return retention.Restore{}, err
	}
	req.OnConflict, req.Reason = cmp.Or(req.OnConflict, retention.OnConflictRefuse), strings.TrimSpace(req.Reason)
	var bad retention.Problems
	bad.AddErr("run", req.Scope.Validate())
	if req.OnConflict != retention.OnConflictRefuse && req.OnConflict != retention.OnConflictSkip {
		bad.Add("on_conflict", "must be %q or %q, not %q", retention.OnConflictRefuse, retention.OnConflictSkip, req.OnConflict)
	}
	if req.Reason == "" {
		bad.Add("reason", "is required: why these records are needed again")
	}
	if len(req.Reason) > 4000 {
		bad.Add("reason", "has %d bytes; at most 4000 are accepted", len(req.Reason))
	}
	if err := bad.Err(); err != nil {
		return retention.Restore{}, err
	}
	plan, err := e.planRestore(ctx, &req.Scope)
	if err != nil {
		return retention.Restore{}, err
	}
	r := retention.Restore{Scope: req.Scope, OnConflict: req.OnConflict, Reason: req.Reason, Status: retention.RestoreQueued, Tables: plan.Tables, Copies: plan.Copies, Errors: []string{}}
	if why := whyNotRestored(r); why != "" {
		return retention.Restore{}, retention.Conflictf("%s", why)
	}
	return e.store.CreateRestore(ctx, r, retention.By{Actor: actor, Action: "restore.request"})
}

// whyNotRestored says why a restore brings nothing back; empty if it may.
func whyNotRestored(r retention.Restore) string {
	var problems, conflicts []string
	var can int64
	for _, t := range r.Tables {
		if t.Problem != "" {
			problems = append(problems, t.Problem)
			continue
		}
		can += t.Rows - t.Held - t.Conflicted()
		for _, c := range t.Conflicts {
			conflicts = append(conflicts, ConflictInWords(t.Table, c))
		}
	}
	switch {
	case r.OnConflict == retention.OnConflictRefuse && len(problems) > 0, len(problems) > 0 && can == 0:
		return "nothing is restored: " + strings.Join(problems, "; ")
	case r.OnConflict == retention.OnConflictRefuse && len(conflicts) > 0:
		return fmt.Sprintf("nothing is restored, since %s; mend that, or restore with on_conflict: skip, which leaves them in the archive", strings.Join(conflicts, "; "))
	case can > 0:
		return ""
	case r.Held() > 0:
		conflicts = slices.Insert(conflicts, 0, fmt.Sprintf("%d %s where they are", r.Held(), plural(int(r.Held()), "row is under a legal hold and stays", "rows are under a legal hold and stay")))
		return "nothing is restored: " + strings.Join(conflicts, "; ")
	case len(conflicts) > 0:
		return "nothing is restored: " + strings.Join(conflicts, "; ")
	}
	return "nothing is restored: the archive has no such rows (any more)"
}

// ConflictInWords is what keeps rows of a table from going back.
func ConflictInWords(table retention.TableName, c retention.RestoreConflict) string {
	rows := fmt.Sprintf("%d %s of %s", c.Rows, plural(int(c.Rows), "row", "rows"), table)
	switch c.Kind {
	case retention.ConflictKeyTaken:
		return fmt.Sprintf("%s: another row has the same key by now, or one that would go back with them (%s)", rows, c.Constraint)
	case retention.ConflictParentMissing:
		return fmt.Sprintf("%s: the row of %s that they refer to is gone, or archived still (%s)", rows, c.Table, c.Constraint)
	case retention.ConflictValueMissing:
		return fmt.Sprintf("%s: %q must not be NULL by now, and is (fill it in the archive)", rows, c.Constraint)
	case retention.ConflictPartition:
		return fmt.Sprintf("%s: no partition takes them (make it again, CREATE TABLE … PARTITION OF %s)", rows, table)
	}
	return fmt.Sprintf("%s: the CHECK %q does not hold for them", rows, c.Constraint)
}

// Restores lists them, newest first.
func (e *Engine) Restores(ctx context.Context, actor retention.Actor, p retention.Page) ([]retention.Restore, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	return e.store.Restores(ctx, p)
}

// Restore is one of them.
func (e *Engine) Restore(ctx context.Context, actor retention.Actor, id string) (retention.Restore, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Restore{}, err
	}
	return e.store.Restore(ctx, id)
}
