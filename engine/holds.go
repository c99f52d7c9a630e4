package engine

import (
	"context"
	"errors"
	"fmt"
	"maps"
	"runtime/debug"
	"slices"
	"strings"
	"time"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Holds lists holds, newest first.
func (e *Engine) Holds(ctx context.Context, actor retention.Actor, f retention.HoldFilter, p retention.Page) ([]retention.Hold, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	return e.store.Holds(ctx, f, p)
}

// Hold is one hold.
func (e *Engine) Hold(ctx context.Context, actor retention.Actor, id string) (retention.Hold, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.Hold{}, err
	}
	return e.store.Hold(ctx, id)
}

// HoldRecords lists the record ids that a hold covers.
func (e *Engine) HoldRecords(ctx context.Context, actor retention.Actor, id string, p retention.Page) ([]retention.HeldRecord, string, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, "", err
	}
	if _, err := e.store.Hold(ctx, id); err != nil {
		return nil, "", err
	}
	return e.store.HoldRecords(ctx, id, p)
}

// CountHolds counts holds by status.
func (e *Engine) CountHolds(ctx context.Context, actor retention.Actor) (map[retention.HoldStatus]int64, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, err
	}
	return e.store.CountHolds(ctx)
}

// PlaceHold places a hold and returns when it is in force: from then on no
// covered row is changed by Holdfast until the hold ends. While the governed database
// cannot be reached nothing can be judged and the answer is ErrUnavailable; if it
// goes away after the hold was kept, the hold is applying and comes into force by
// itself, which the status says.
func (e *Engine) PlaceHold(ctx context.Context, actor retention.Actor, h retention.Hold) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	h, err := e.checkHold(ctx, h)
	if err != nil {
		return retention.Hold{}, err
	}
	h.CreatedBy = actor.Name
	placed, err := e.store.CreateHold(ctx, h, retention.By{Actor: actor, Action: "hold.place"})
	if err != nil {
		return retention.Hold{}, err
	}
	// The person may go away now; the hold must not depend on the connection.
	ctx = context.WithoutCancel(ctx)
	withIDs := placed
	withIDs.Scope = slices.Clone(placed.Scope)
	for i := range withIDs.Scope {
		withIDs.Scope[i].RecordIDs = h.Scope[i].RecordIDs
	}
	active, err := e.applyHold(ctx, withIDs)
	if countIDs(h) >= manyIDs {
		// What a large list took would stay with the process for minutes.
		debug.FreeOSMemory()
	}
	switch {
	case errors.Is(err, retention.ErrUnavailable), errors.Is(err, errNotCounted):
		e.log.WarnContext(ctx, "hold is not in force yet, or not counted", "hold", placed.ID, "error", err)
		return placed, nil
	case errors.Is(err, errNotStaged):
		return retention.Hold{}, errors.Join(err, e.abandonHold(ctx, placed.ID, actor))
	}
	return active, err
}

// manyIDs is from where a hold's ids are most of the process's memory.
const manyIDs = 100_000

func countIDs(h retention.Hold) (n int) {
	for _, s := range h.Scope {
		n += len(s.RecordIDs)
	}
	return n
}

// errNotStaged: a hold's ids could not be copied, so it was never in force.
var errNotStaged = errors.New("the hold could not be staged")

// errNotCounted: a hold is in force in the governed database, and what it covers
// could not be counted. It is shown as applying until that is made up for.
var errNotCounted = errors.New("what the hold covers could not be counted")

// abandonHold takes back a hold that was never in force, so that asking again
// places one hold and not two.
func (e *Engine) abandonHold(ctx context.Context, id string, actor retention.Actor) error {
	if err := e.target.ForgetHold(ctx, id); err != nil {
		return err
	}
	return e.store.AbandonHold(ctx, id, retention.By{Actor: actor, Action: "hold.abandon"})
}

func (e *Engine) checkHold(ctx context.Context, h retention.Hold) (retention.Hold, error) {
	now, err := e.store.Now(ctx)
	if err != nil {
		return h, err
	}
	if h.OnExpiry == "" {
		h.OnExpiry = retention.OnExpiryRelease
	}
	h.Matter, h.Reason = strings.TrimSpace(h.Matter), strings.TrimSpace(h.Reason)
	if err := h.Validate(now); err != nil {
		return h, err
	}
	if h.ExpiresAt == nil && h.OnExpiry == retention.OnExpiryReview {
		return h, retention.Invalid("expires_at", "is required with on_expiry %q: the moment from which the hold waits for a review, which one without an expiry would never do", h.OnExpiry)
	}
	if err := e.checkScopeTables(ctx, &h); err != nil {
		return h, err
	}
	if err := e.target.CheckKeys(ctx, h); err != nil {
		return h, err
	}
	// After the check, whose errors name positions in what was sent.
	h.Scope = slices.Clone(h.Scope)
	for i := range h.Scope {
		h.Scope[i].RecordIDs = distinct(h.Scope[i].RecordIDs)
	}
	return h, nil
}

// distinct leaves the first of every id that is written twice, so that counts and
// lists of what was not found name each once.
func distinct(ids []retention.Key) []retention.Key {
	seen := make(map[string]struct{}, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id retention.Key) bool {
		k := oneText(id)
		_, was := seen[k]
		seen[k] = struct{}{}
		return was
	})
}

// oneText is one text for each id of a table: of a million ids with one part each none
// is written anew.
func oneText(id retention.Key) string {
	if len(id) == 1 {
		return id[0]
	}
	return fmt.Sprintf("%q", []string(id))
}

// CheckScopes judges scopes as PlaceHold would, and places nothing: so that a form with
// another fault names theirs too.
func (e *Engine) CheckScopes(ctx context.Context, actor retention.Actor, scopes []retention.Scope) error {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return err
	}
	h := retention.Hold{Scope: scopes}
	if err := e.checkScopeTables(ctx, &h); err != nil {
		return err
	}
	return e.target.CheckKeys(ctx, h)
}

// checkScopeTables refuses scopes that no batch could ever judge.
func (e *Engine) checkScopeTables(ctx context.Context, h *retention.Hold) error {
	var bad retention.Problems
	for i, s := range h.Scope {
		t, err := e.target.Table(ctx, s.Table)
		switch {
		case errors.Is(err, retention.ErrNotFound):
			bad.Add(retention.ScopeField(i, "table"), "there is no table %s in the governed database", s.Table)
		case err != nil:
			return err
		case plan.SystemSchema(s.Table.Schema):
			bad.Add(retention.ScopeField(i, "table"), "%s belongs to PostgreSQL or to Holdfast itself; name a table of your application", s.Table)
		case t.Kind != plan.KindTable && t.Kind != plan.KindPartitioned || t.Kind == plan.KindTable && t.HasChildren:
			// Rows of a view or of children are disposed of under another table's name and
			// oid: the hold would say active and protect nothing.
			bad.Add(retention.ScopeField(i, "table"), "%s is a view or has tables that inherit from it, and its rows live in other tables; hold those tables", s.Table)
		case len(s.RecordIDs) > 0 && t.Key == nil:
			bad.Add(retention.ScopeField(i, "record_ids"), "%s has no primary key, and no unique key over NOT NULL columns, so its records have no ids; hold what fits a condition, or the whole table with all: true", s.Table)
		}
	}
	return bad.Err()
}

// applyHold stages a hold's ids, puts it in force and records what it found. It may
// be called again after any failure, and by several processes at once. h has every id.
func (e *Engine) applyHold(ctx context.Context, h retention.Hold) (retention.Hold, error) {
	at, err := e.putInForce(ctx, h)
	if err != nil {
		return h, err
	}
	// Not before: a run could take a row that was found while the hold was on its way.
	counts, err := e.target.CountHold(ctx, h)
	if err != nil {
		return h, fmt.Errorf("%w: %s: %w", errNotCounted, h.ID, err)
	}
	return e.store.HoldActivated(ctx, h.ID, at, counts, retention.By{Actor: retention.System(), Action: "hold.in_force"})
}

// putInForce stages a hold's ids, all of which h has, and activates it in the governed
// database.
func (e *Engine) putInForce(ctx context.Context, h retention.Hold) (at time.Time, err error) {
	if err := e.target.StageHold(ctx, h); err != nil {
		return at, fmt.Errorf("%w: %s: %w", errNotStaged, h.ID, err)
	}
	at, mark, err := e.target.ActivateHold(ctx, h.ID)
	if err != nil {
		return at, fmt.Errorf("put hold %s in force: %w", h.ID, err)
	}
	return at, e.store.SetGuard(ctx, mark)
}

// ReviseHold changes a hold's expiry, what happens then, or its reason. version is
// the one that was read; 0 is ErrPreconditionRequired. Extending a hold under
// review makes it active again.
func (e *Engine) ReviseHold(ctx context.Context, actor retention.Actor, id string, version int, rev retention.HoldRevision) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	h, err := e.store.Hold(ctx, id)
	if err != nil {
		return h, err
	}
	if err := checkVersion("hold", h.Version, version); err != nil {
		return h, err
	}
	if h.Status.Ended() {
		return h, retention.Conflictf("the hold has ended (%s); place a new one", h.Status)
	}
	if rev.IsZero() {
		// As the same document again: neither a new version nor a row of the audit.
		return h, nil
	}
	if err := e.checkRevision(ctx, h, rev); err != nil {
		return h, err
	}
	return e.store.ReviseHold(ctx, id, version, rev, retention.By{Actor: actor, Action: "hold.revise"})
}

// checkRevision validates the hold as it would be, but for its scope.
func (e *Engine) checkRevision(ctx context.Context, h retention.Hold, rev retention.HoldRevision) error {
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	h.Scope = []retention.Scope{{Table: retention.TableName{Schema: "public", Name: "unchanged"}, All: true}}
	if rev.Reason != nil {
		h.Reason = *rev.Reason
	}
	if rev.OnExpiry != nil {
		h.OnExpiry = *rev.OnExpiry
	}
	if rev.ExpiresAt != nil {
		h.ExpiresAt = *rev.ExpiresAt
	}
	return h.Validate(now)
}

// ReleaseHold ends a hold with a reason. With no cooling-off it is released when
// this returns; if the governed database cannot be reached it stays releasing, in
// force, and ends by itself later.
func (e *Engine) ReleaseHold(ctx context.Context, actor retention.Actor, id, reason string) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	reason = strings.TrimSpace(reason)
	if reason == "" {
		return retention.Hold{}, retention.Invalid("reason", "is required: why these records need not be kept any more")
	}
	if len(reason) > 4000 {
		return retention.Hold{}, retention.Invalid("reason", "has %d bytes; at most 4000 are accepted", len(reason))
	}
	from := []retention.HoldStatus{retention.HoldActive, retention.HoldReviewDue}
	h, err := e.store.MarkHold(ctx, id, from, retention.HoldReleasing, reason, retention.By{Actor: actor, Action: "hold.release"})
	if err != nil {
		return h, err
	}
	ctx = context.WithoutCancel(ctx)
	ended, err := e.endHold(ctx, h, retention.HoldReleased)
	if errors.Is(err, retention.ErrUnavailable) {
		e.log.WarnContext(ctx, "hold is not released yet", "hold", id, "error", err)
		return h, nil
	}
	return ended, err
}

// endHold takes a hold out of force and records its end.
func (e *Engine) endHold(ctx context.Context, h retention.Hold, to retention.HoldStatus) (retention.Hold, error) {
	at, mark, err := e.target.EndHold(ctx, h.ID)
	if err != nil {
		return h, fmt.Errorf("end hold %s: %w", h.ID, err)
	}
	action := "hold.released"
	if to == retention.HoldExpired {
		action = "hold.expire"
	}
	ended, err := e.store.HoldEnded(ctx, h.ID, to, at, retention.By{Actor: retention.System(), Action: action})
	if err != nil {
		return h, err
	}
	// The ids are kept in the store; the guard's copy restrains nothing any more.
	if err := e.target.ForgetHold(ctx, h.ID); err != nil {
		e.log.WarnContext(ctx, "the guard's copy of an ended hold's ids stays", "hold", h.ID, "error", err)
	}
	return ended, e.store.SetGuard(ctx, mark)
}

// SettleHolds brings every hold to where it should be: what is applying comes
// into force, what is releasing ends, what has expired ends or becomes due for
// review. It is called every few seconds by every process; the steps are
// idempotent. It goes on past a hold that fails and answers the first failure.
func (e *Engine) SettleHolds(ctx context.Context) error {
	open, err := e.store.HoldsByStatus(ctx, retention.HoldApplying, retention.HoldActive, retention.HoldReleasing)
	if err != nil {
		return err
	}
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	var errs []error
	for _, h := range open {
		if err := e.settle(ctx, h, now); err != nil && !errors.Is(err, retention.ErrConflict) {
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// settleAfter is how long an applying hold is left to the request that placed it.
const settleAfter = 10 * time.Second

func (e *Engine) settle(ctx context.Context, h retention.Hold, now time.Time) error {
	switch {
	case h.Status == retention.HoldApplying:
		if now.Sub(h.CreatedAt) < settleAfter {
			return nil
		}
		whole, err := e.store.HoldWithRecords(ctx, h.ID)
		if err == nil {
			_, err = e.applyHold(ctx, whole)
		}
		return err
	case h.Status == retention.HoldReleasing:
		return e.endReleasing(ctx, h)
	case h.ExpiresAt == nil || h.ExpiresAt.After(now):
		return nil
	case h.OnExpiry == retention.OnExpiryReview:
		_, err := e.store.MarkHold(ctx, h.ID, []retention.HoldStatus{retention.HoldActive}, retention.HoldReviewDue, "", retention.By{Actor: retention.System(), Action: "hold.review_due"})
		return err
	}
	return e.expire(ctx, h, now)
}

// endReleasing carries out an end that is under way: a person's release has a
// reason, an expiry has none.
func (e *Engine) endReleasing(ctx context.Context, h retention.Hold) error {
	to := retention.HoldReleased
	if h.ReleaseReason == "" {
		to = retention.HoldExpired
	}
	_, err := e.endHold(ctx, h, to)
	return err
}

// expire ends a hold whose time has come. It is marked first, which orders it with
// everybody who extends the hold: only if the hold as it was marked has expired is
// it taken out of force, else the mark is taken back.
func (e *Engine) expire(ctx context.Context, h retention.Hold, now time.Time) error {
	by := retention.By{Actor: retention.System(), Action: "hold.expire"}
	marked, err := e.store.MarkHold(ctx, h.ID, []retention.HoldStatus{retention.HoldActive}, retention.HoldReleasing, "", by)
	if err != nil {
		return err
	}
	if marked.ExpiresAt == nil || marked.ExpiresAt.After(now) || marked.OnExpiry == retention.OnExpiryReview {
		_, err := e.store.MarkHold(ctx, h.ID, []retention.HoldStatus{retention.HoldReleasing}, retention.HoldActive, "", by)
		return err
	}
	return e.endReleasing(ctx, marked)
}

// verifyGuard compares the holds that must be in force with those that are, and
// puts back what is missing: after a restore or a failover that lost some, nothing
// runs until this has returned. Another server or database than the one the holds
// were placed in is refused, since nobody can tell whether it is meant.
func (e *Engine) verifyGuard(ctx context.Context) error {
	known, err := e.store.Guard(ctx)
	if err != nil {
		return err
	}
	must, err := e.store.HoldsByStatus(ctx, retention.HoldActive, retention.HoldReviewDue, retention.HoldReleasing)
	if err != nil {
		return err
	}
	// The store is read before the guard: a hold that comes into force in between is
	// then seen in the guard, never missed in it.
	mark, inForce, err := e.target.GuardState(ctx)
	if err != nil {
		return err
	}
	if len(must) > 0 && known.SystemIdentifier != "" && (known.SystemIdentifier != mark.SystemIdentifier || known.DatabaseOID != mark.DatabaseOID) {
		return retention.Conflictf("the governed database is another one (system %s, database %d) than the one that %d holds in force were placed in (system %s, database %d); point HOLDFAST_TARGET_URL back at it, or run `holdfast migrate --accept-target` to place the holds in this one",
			mark.SystemIdentifier, mark.DatabaseOID, len(must), known.SystemIdentifier, known.DatabaseOID)
	}
	altered, unnoted, err := e.target.AlteredHolds(ctx)
	if err != nil {
		return err
	}
	if err := e.noteHolds(ctx, unnoted); err != nil {
		return err
	}
	if err := e.restoreHolds(ctx, must, inForce, altered); err != nil {
		return err
	}
	if err := e.noteArchives(ctx); err != nil {
		return err
	}
	return e.store.SetGuard(ctx, mark)
}

// noteArchives tells the guard which tables have archived rows of which: what was archived
// before the guard kept that, or has lost it with a restore, is under the holds of its
// source too.
func (e *Engine) noteArchives(ctx context.Context) error {
	list, err := e.store.Archiving(ctx, retention.TableName{})
	if err != nil {
		return err
	}
	var distinct []retention.Policy
	for _, p := range list {
		if !slices.ContainsFunc(distinct, func(o retention.Policy) bool {
			return maps.Equal(o.Archives(), p.Archives())
		}) {
			distinct = append(distinct, p)
		}
	}
	return e.target.NoteArchives(ctx, distinct)
}

// noteHolds stages holds once more that came into force before the guard kept what they
// cover. One that is not the store's is left alone.
func (e *Engine) noteHolds(ctx context.Context, ids []string) error {
	for _, id := range ids {
		whole, err := e.store.HoldWithRecords(ctx, id)
		if errors.Is(err, retention.ErrNotFound) {
			continue
		}
		if err != nil {
			return err
		}
		err = e.target.StageHold(ctx, whole)
		if errors.Is(err, retention.ErrUnavailable) || ctx.Err() != nil {
			return fmt.Errorf("look at what hold %s covers: %w", id, err)
		}
		if err != nil {
			// Its table is not what it was: policies on that are refused for it. What is there
			// is what protects, and others go on.
			e.log.WarnContext(ctx, "what a hold covers could not be compared with the store, and is noted as it stands", "hold", id, "error", err)
			if err := e.target.NoteHold(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// restoreHolds puts holds back in force that the guard has lost, as a whole or in part. A
// hold whose end is under way is left to it: what was read before may be older than the
// release.
func (e *Engine) restoreHolds(ctx context.Context, must []retention.Hold, inForce, altered []string) error {
	for _, h := range must {
		if slices.Contains(inForce, h.ID) && !slices.Contains(altered, h.ID) {
			continue
		}
		now, err := e.store.Hold(ctx, h.ID)
		if err != nil {
			return err
		}
		if now.Status != retention.HoldActive && now.Status != retention.HoldReviewDue {
			continue
		}
		e.log.ErrorContext(ctx, "a hold, or a part of what it covers, is missing in the governed database or was changed there, and is being put back", "hold", h.ID, "matter", h.Matter)
		whole, err := e.store.HoldWithRecords(ctx, h.ID)
		if err != nil {
			return err
		}
		if _, err := e.putInForce(ctx, whole); err != nil {
			return fmt.Errorf("put back hold %s: %w", h.ID, err)
		}
		if err := e.store.Record(ctx, "hold/"+h.ID, map[string]string{"reason": "the governed database had lost this hold, or a part of what it covers"}, retention.By{Actor: retention.System(), Action: "hold.restore"}); err != nil {
			return err
		}
	}
	return e.endSurplus(ctx, must, inForce)
}

// endSurplus ends what the guard still has in force and the store knows as ended: a
// release whose hold was being put back at the same moment.
func (e *Engine) endSurplus(ctx context.Context, must []retention.Hold, inForce []string) error {
	for _, id := range inForce {
		if slices.ContainsFunc(must, func(h retention.Hold) bool { return h.ID == id }) {
			continue
		}
		h, err := e.store.Hold(ctx, id)
		switch {
		case errors.Is(err, retention.ErrNotFound):
			// Nobody's that we know: it stays in force, which harms nothing but the purge.
			continue
		case err != nil:
			return err
		case h.Status.Ended():
			if _, _, err := e.target.EndHold(ctx, id); err != nil {
				return err
			}
		}
	}
	return nil
}

// AcceptTarget takes the governed database that is configured now for the right
// one, and places the holds in force in it.
func (e *Engine) AcceptTarget(ctx context.Context) error {
	mark, _, err := e.target.GuardState(ctx)
	if err != nil {
		return err
	}
	if err := e.store.SetGuard(ctx, mark); err != nil {
		return err
	}
	if err := e.store.Record(ctx, "guard", mark, retention.By{Actor: retention.System(), Action: "guard.accept"}); err != nil {
		return err
	}
	return e.verifyGuard(ctx)
}
