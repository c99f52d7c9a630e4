package engine

import (
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"slices"

	"holdfast/retention"
)

// uploadChunk is how many lines of a list of records are taken at once.
const uploadChunk = 10_000

// RecordLines hands out the lines of a list of records; io.EOF after the last. It is told the
// names of the key's columns, by which it knows a heading.
type RecordLines func(key []string) (retention.UploadLine, error)

// UploadRecords takes a list of records of one table into a hold as it arrives, and goes on
// past lines that are no ids. When it returns they are in force; a hold that awaited its list
// is, if it awaits no other. A list that stops arriving is kept as far as it came: in force
// where the hold was, else awaited again.
func (e *Engine) UploadRecords(ctx context.Context, actor retention.Actor, id string, table retention.TableName, why string, lines RecordLines) (retention.HoldUpload, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.HoldUpload{}, err
	}
	h, err := e.store.Hold(ctx, id)
	if err != nil {
		return retention.HoldUpload{}, err
	}
	if h.Status.InForce() {
		if why, err = explained("change_reason", why, "why the hold covers more records than before"); err != nil {
			return retention.HoldUpload{}, err
		}
	}
	if err := h.TakesRecords(table); err != nil {
		return retention.HoldUpload{}, err
	}
	if err := e.checkEnforceable(ctx, retention.Hold{Scope: []retention.Scope{{Table: table, Family: h.FamilyOf(table)}}, Enforcement: h.Enforcement}); err != nil {
		return retention.HoldUpload{}, err
	}
	if h, err = e.settleStopped(ctx, h); err != nil {
		return retention.HoldUpload{}, err
	}
	into, err := e.target.OpenUpload(ctx, h, table)
	if errors.Is(err, retention.ErrNotFound) {
		return retention.HoldUpload{}, retention.Invalid("table", "there is no table %s in the governed database", table)
	}
	if err != nil {
		return retention.HoldUpload{}, err
	}
	defer into.Close()
	u := &uploading{e: e, hold: h, into: into, actor: actor, why: why, out: retention.HoldUpload{Table: table}}
	return u.run(ctx, lines)
}

// uploading is one list on its way into a hold.
type uploading struct {
	e     *Engine
	hold  retention.Hold
	into  retention.RecordUpload
	actor retention.Actor
	why   string
	// scope and have are where the next new ids go; lines are those of the ids that the scope
	// got from this list.
	scope, have int
	// lines has 0 for an id that the hold had before, by another list.
	lines []int
	// others: the hold has other lists, which may have ids of this one too.
	others bool
	out    retention.HoldUpload
}

func (u *uploading) run(ctx context.Context, lines RecordLines) (retention.HoldUpload, error) {
	var err error
	if u.scope, u.have, err = u.e.store.BeginUpload(ctx, u.hold.ID, u.out.Table, u.by("hold.upload")); err != nil {
		return u.out, err
	}
	stopped := u.read(ctx, lines)
	if stopped == nil && u.scope >= 0 && u.have == 0 {
		stopped = u.nothing()
	}
	// Whoever sent it may go away now; what has arrived is kept and counts.
	ctx = context.WithoutCancel(ctx)
	finished, err := u.finish(ctx, stopped)
	if stopped != nil {
		return finished, errors.Join(stopped, err)
	}
	return finished, err
}

// nothing refuses a list that a hold waits for and that has no id: a hold that covers nothing
// would look like one that does.
func (u *uploading) nothing() error {
	if u.out.Lines == 0 {
		return retention.Invalid("body", "has no line; the hold still awaits its list of %s", u.out.Table)
	}
	why := ""
	if len(u.out.BadLines) > 0 {
		why = fmt.Sprintf(": line %d (%s) %s", u.out.BadLines[0].Line, u.out.BadLines[0].Text, u.out.BadLines[0].Reason)
	}
	lines := "its one line"
	if u.out.Lines > 1 {
		lines = fmt.Sprintf("%d lines", u.out.Lines)
	}
	return retention.Invalid("body", "has no id in %s%s; the hold still awaits its list of %s", lines, why, u.out.Table)
}

func (u *uploading) by(action string) retention.By {
	return retention.By{Actor: u.actor, Action: action, Note: u.why}
}

// read takes the lines, some at a time.
func (u *uploading) read(ctx context.Context, lines RecordLines) error {
	key := u.into.KeyColumns()
	batch := make([]retention.UploadLine, 0, uploadChunk)
	for {
		line, err := lines(key)
		if errors.Is(err, io.EOF) {
			return u.take(ctx, batch)
		}
		if err != nil {
			return errors.Join(err, u.take(ctx, batch))
		}
		if u.out.Lines++; u.out.Lines > retention.MaxUploadLines {
			return errors.Join(retention.Invalid("body", "has more than %d lines; send the rest as another list", retention.MaxUploadLines), u.take(ctx, batch))
		}
		if batch = append(batch, line); len(batch) < uploadChunk {
			continue
		}
		if err := u.take(ctx, batch); err != nil {
			return err
		}
		batch = batch[:0]
	}
}

// take takes some lines.
func (u *uploading) take(ctx context.Context, batch []retention.UploadLine) error {
	var ids []retention.Key
	var at []int
	for _, l := range batch {
		if l.Fault != "" {
			u.bad(l, l.Fault)
			continue
		}
		ids, at = append(ids, l.Key), append(at, l.Line)
	}
	if len(ids) == 0 {
		return nil
	}
	return u.into.Take(ctx, ids, func(c retention.UploadChunk) error {
		for _, i := range slices.Sorted(maps.Keys(c.Bad)) {
			u.bad(retention.UploadLine{Line: at[i], Key: ids[i]}, c.Bad[i])
		}
		slices.Sort(c.Duplicates)
		for _, i := range c.Duplicates {
			if u.out.Duplicates++; len(u.out.DuplicateLines) < retention.MaxUploadShown {
				u.out.DuplicateLines = append(u.out.DuplicateLines, at[i])
			}
		}
		return u.keep(ctx, c, at)
	})
}

func (u *uploading) bad(l retention.UploadLine, why string) {
	if u.out.Bad++; len(u.out.BadLines) < retention.MaxUploadShown {
		u.out.BadLines = append(u.out.BadLines, retention.LineFault{Line: l.Line, Text: shortText(l.Key), Reason: why})
	}
}

// shortText is what a line had, as far as a report needs it.
func shortText(key retention.Key) string {
	const most = 100
	text := fmt.Sprintf("%q", []string(key))
	if len(key) == 1 {
		text = key[0]
	}
	if len(text) > most {
		return text[:most] + "…"
	}
	return text
}

// keep keeps the new ids in the store, in the order of their lines, and those that another list
// of the hold had before: this one names them too, and goes on to hold them when that one falls
// out of the hold.
func (u *uploading) keep(ctx context.Context, c retention.UploadChunk, at []int) error {
	again, err := u.again(ctx, c)
	if err != nil || len(c.New)+len(again) == 0 {
		return err
	}
	keys := make([]retention.Key, 0, len(c.New))
	for _, i := range slices.Sorted(maps.Keys(c.New)) {
		keys = append(keys, c.New[i])
		u.lines = append(u.lines, at[i])
	}
	scope, kept, err := u.e.store.AppendRecords(ctx, u.hold.ID, u.out.Table, u.scope, u.have, keys, again)
	if err != nil {
		return err
	}
	u.lines = append(u.lines, make([]int, len(kept))...)
	u.scope, u.have = scope, u.have+len(keys)+len(kept)
	u.out.Added += int64(len(keys))
	return nil
}

// again are the ids of some lines that the hold had before, where it has another list.
func (u *uploading) again(ctx context.Context, c retention.UploadChunk) ([]retention.Key, error) {
	if len(c.Duplicates) == 0 {
		return nil, nil
	}
	if !u.others {
		// Asked anew: one that arrives beside this one may have had them.
		h, err := u.e.store.Hold(ctx, u.hold.ID)
		if err != nil {
			return nil, err
		}
		if u.others = h.OtherLists(u.scope); !u.others {
			return nil, nil
		}
	}
	written, err := c.Written(ctx, c.Duplicates)
	if err != nil {
		return nil, err
	}
	keys := make([]retention.Key, 0, len(written))
	for _, i := range slices.Sorted(maps.Keys(written)) {
		keys = append(keys, written[i])
	}
	return keys, nil
}

// finish puts in force what has arrived, and reports.
func (u *uploading) finish(ctx context.Context, stopped error) (retention.HoldUpload, error) {
	u.out.Scope = u.scope
	counts := retention.ScopeCounts{Index: u.scope, RecordCount: int64(u.have)}
	var err error
	action := "hold.uploaded"
	if stopped != nil {
		action = "hold.upload_stopped"
	}
	if u.scope >= 0 {
		first := u.have - len(u.lines)
		if counts.NotFound, err = u.e.finishScope(ctx, u.hold, u.into, u.scope, u.out.Table, counts, stopped != nil, u.by(action), &u.out.Hold); err != nil {
			return u.out, err
		}
		for _, at := range counts.NotFound {
			if at < first || u.lines[at-first] == 0 {
				continue // of an earlier try, or of another list
			}
			if u.out.NotFound++; len(u.out.NotFoundLines) < retention.MaxUploadShown {
				u.out.NotFoundLines = append(u.out.NotFoundLines, retention.LineFault{Line: u.lines[at-first], Reason: "there is no row with this key"})
			}
		}
		return u.out, nil
	}
	if _, _, _, err := u.into.Finish(ctx, u.hold, -1); err != nil {
		return u.out, err
	}
	u.out.Hold, err = u.e.store.FinishUpload(ctx, u.hold.ID, -1, nil, 0, counts, stopped != nil, u.by(action))
	return u.out, err
}

// finishScope puts the ids of a scope in force, counts those without a row and records it all.
// A hold that awaited nothing but them comes into force.
func (e *Engine) finishScope(ctx context.Context, h retention.Hold, into retention.RecordUpload, scope int, table retention.TableName, counts retention.ScopeCounts, stopped bool, by retention.By, out *retention.Hold) ([]int, error) {
	if err := e.keepEpoch(ctx); err != nil {
		return nil, err
	}
	at, epoch, mark, err := into.Finish(ctx, h, scope)
	if err != nil {
		return nil, err
	}
	if err := e.store.SetGuard(ctx, mark); err != nil {
		return nil, err
	}
	if counts.NotFound, err = e.missingOf(ctx, h.ID, scope, table); err != nil {
		return nil, err
	}
	counts.NotFoundCount = int64(len(counts.NotFound))
	if counts.Belongings, err = into.Belongings(ctx, h); err != nil {
		return nil, err
	}
	since := &at
	if !h.Status.InForce() {
		since = nil
	}
	if *out, err = e.store.FinishUpload(ctx, h.ID, scope, since, epoch, counts, stopped, by); err != nil {
		return nil, err
	}
	if h.Status == retention.HoldApplying && !out.Awaits() {
		*out, err = e.applyArrived(ctx, *out)
	}
	return counts.NotFound, err
}

// missingOf are the places of a scope's ids that have no row now.
func (e *Engine) missingOf(ctx context.Context, id string, scope int, table retention.TableName) (places []int, err error) {
	from := 0
	err = e.store.EachScopeKeys(ctx, id, scope, uploadChunk, func(keys []retention.Key) error {
		missing, err := e.target.MissingKeys(ctx, table, keys)
		for _, i := range missing {
			places = append(places, from+i)
		}
		from += len(keys)
		return err
	})
	return places, err
}

// applyArrived puts a hold in force whose lists of records have all arrived: those are staged
// already.
func (e *Engine) applyArrived(ctx context.Context, h retention.Hold) (retention.Hold, error) {
	others := h.Problem != ""
	for _, s := range h.Scope {
		others = others || s.All || s.Condition != "" || s.RecordCount == 0
	}
	if others || len(h.Scope) > 1 {
		whole, err := e.store.HoldWithRecords(ctx, h.ID)
		if err != nil {
			return h, err
		}
		if err := e.judgeLate(ctx, whole); err != nil {
			return h, err
		}
		return e.applyHold(ctx, whole, enforcePatience)
	}
	at, mark, err := e.activate(ctx, h, enforcePatience)
	if err != nil {
		return h, fmt.Errorf("put hold %s in force: %w", h.ID, err)
	}
	if err := e.store.SetGuard(ctx, mark); err != nil {
		return h, err
	}
	return e.store.HoldActivated(ctx, h.ID, at, nil, retention.By{Actor: retention.System(), Action: "hold.in_force"})
}

// settleUploads ends lists of records that stopped arriving, of a process that died perhaps:
// what is kept of them counts.
func (e *Engine) settleUploads(ctx context.Context) error {
	stale, err := e.store.StaleUploads(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for id, scopes := range stale {
		for _, scope := range scopes {
			errs = append(errs, e.settleUpload(ctx, id, scope))
		}
	}
	return errors.Join(errs...)
}

// settleStopped ends what stopped on its way into one hold.
func (e *Engine) settleStopped(ctx context.Context, h retention.Hold) (retention.Hold, error) {
	stale, err := e.store.StaleUploads(ctx)
	if err != nil || len(stale[h.ID]) == 0 {
		return h, err
	}
	for _, scope := range stale[h.ID] {
		if err := e.settleUpload(ctx, h.ID, scope); err != nil {
			return h, err
		}
	}
	return e.store.Hold(ctx, h.ID)
}

func (e *Engine) settleUpload(ctx context.Context, id string, scope int) error {
	h, err := e.store.Hold(ctx, id)
	if err != nil || scope >= len(h.Scope) || h.Status.Ended() {
		return err
	}
	if s := h.Scope[scope]; s.All || s.Condition != "" {
		_, err := e.finishWidening(ctx, h, scope, []retention.Scope{s})
		return err
	}
	table := h.Scope[scope].Table
	into, err := e.target.OpenUpload(ctx, h, table)
	if err != nil {
		return err
	}
	defer into.Close()
	counts := retention.ScopeCounts{Index: scope}
	err = e.store.EachScopeKeys(ctx, id, scope, uploadChunk, func(keys []retention.Key) error {
		counts.RecordCount += int64(len(keys))
		return into.Take(ctx, keys, func(retention.UploadChunk) error { return nil })
	})
	if err != nil {
		return err
	}
	var after retention.Hold
	by := retention.By{Actor: retention.System(), Action: "hold.upload_stopped", Note: fmt.Sprintf("The list of records of %s stopped arriving after %d ids; they are kept.", table, counts.RecordCount)}
	_, err = e.finishScope(ctx, h, into, scope, table, counts, true, by, &after)
	return err
}
