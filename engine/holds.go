package engine

import (
	"cmp"
	"context"
	"errors"
	"fmt"
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
// covered row is changed by Holdfast until the hold ends. If the governed database cannot be
// reached, or goes away meanwhile, the hold is kept as applying, which the status says; it is
// judged and comes into force by itself, and no run begins before.
func (e *Engine) PlaceHold(ctx context.Context, actor retention.Actor, h retention.Hold) (retention.Hold, error) {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return retention.Hold{}, err
	}
	h, err := e.checkTerms(ctx, h)
	if err != nil {
		return retention.Hold{}, err
	}
	switch err := e.checkCoverage(ctx, &h); {
	case errors.Is(err, retention.ErrUnavailable):
		h.Problem = retention.NotJudged
	case err != nil:
		return retention.Hold{}, err
	}
	// After the check, whose errors name positions in what was sent.
	h.Scope = slices.Clone(h.Scope)
	for i := range h.Scope {
		h.Scope[i].RecordIDs = distinct(h.Scope[i].RecordIDs)
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
	switch {
	case placed.Problem != "":
		e.log.WarnContext(ctx, "hold is not in force yet: the governed database cannot be reached", "hold", placed.ID)
		return placed, nil
	case placed.Awaits():
		return placed, nil // it comes into force with its list of records
	}
	active, err := e.applyHold(ctx, withIDs, enforcePatience)
	if countIDs(h) >= manyIDs {
		// What a large list took would stay with the process for minutes.
		debug.FreeOSMemory()
	}
	switch {
	case errors.Is(err, retention.ErrUnavailable), errors.Is(err, errNotCounted):
		e.log.WarnContext(ctx, "hold is not in force yet, or not counted", "hold", placed.ID, "error", err)
		return placed, nil
	case placed.Enforced() && errors.Is(err, retention.ErrBusy):
		e.log.WarnContext(ctx, "hold is not in force yet: somebody has been writing to one of its tables all the time", "hold", placed.ID, "error", err)
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

// judgeLate judges what a hold covers that could not be judged when it was placed. What is wrong
// with it then is kept as its problem: a person must give it up, and place it anew.
func (e *Engine) judgeLate(ctx context.Context, h retention.Hold) error {
	if h.Problem == "" {
		return nil
	}
	err := e.checkCoverage(ctx, &h)
	switch {
	case err == nil:
		return e.noteJudged(ctx, h.ID)
	case !errors.Is(err, retention.ErrInvalid):
		return err // it says nothing of the hold, and is tried again
	}
	if noted := e.store.NoteHoldProblem(ctx, h.ID, err.Error()); noted != nil {
		return noted
	}
	return &unplaceable{err}
}

// noteJudged takes a hold's problem back: from then on nobody can give it up, as somebody may
// have done before.
func (e *Engine) noteJudged(ctx context.Context, id string) error {
	if err := e.store.NoteHoldProblem(ctx, id, ""); err != nil {
		return err
	}
	h, err := e.store.Hold(ctx, id)
	if err == nil && h.Status.Ended() {
		err = retention.Conflictf("the hold was given up meanwhile")
	}
	return err
}

// unplaceable is what is wrong with a hold that was placed when nobody could tell.
type unplaceable struct{ cause error }

func (u *unplaceable) Error() string {
	return "it was placed while the governed database was away and cannot be put in force: " + u.cause.Error() + "; give it up, by a release, and place it anew"
}

// Is makes it an ErrConflict: a run that would begin before somebody has settled it fails.
func (u *unplaceable) Is(target error) bool { return target == retention.ErrConflict }

// checkTerms checks all of a hold for which the governed database is not needed.
func (e *Engine) checkTerms(ctx context.Context, h retention.Hold) (retention.Hold, error) {
	now, err := e.store.Now(ctx)
	if err != nil {
		return h, err
	}
	if h.OnExpiry == "" {
		h.OnExpiry = retention.OnExpiryRelease
	}
	h.Enforcement = cmp.Or(h.Enforcement, retention.EnforceNone)
	h.Matter, h.Reason = strings.TrimSpace(h.Matter), strings.TrimSpace(h.Reason)
	if h.ReviewAt == nil && h.ExpiresAt == nil {
		at := retention.DefaultReview.After(now)
		h.ReviewAt = &at
	}
	if err := h.Validate(now); err != nil {
		return h, err
	}
	if err := e.checkDelay(h); err != nil {
		return h, err
	}
	if h.ExpiresAt == nil && h.OnExpiry == retention.OnExpiryReview {
		return h, retention.Invalid("expires_at", "is required with on_expiry %q: the moment from which the hold waits for a review, which one without an expiry would never do", h.OnExpiry)
	}
	return h, nil
}

// checkCoverage checks what a hold covers, as the governed database has it.
func (e *Engine) checkCoverage(ctx context.Context, h *retention.Hold) error {
	if err := e.checkScopeTables(ctx, h); err != nil {
		return err
	}
	if err := e.target.CheckKeys(ctx, *h); err != nil {
		return err
	}
	return e.checkEnforceable(ctx, *h)
}

// distinct leaves the first of every id that is written twice, so that counts and
// lists of what was not found name each once.
func distinct(ids []retention.Key) []retention.Key {
	seen := make(map[string]struct{}, len(ids))
	return slices.DeleteFunc(slices.Clone(ids), func(id retention.Key) bool {
		k := id.Text()
		_, was := seen[k]
		seen[k] = struct{}{}
		return was
	})
}

// CheckScopes judges scopes as PlaceHold would, and places nothing: so that a form with
// another fault names theirs too.
func (e *Engine) CheckScopes(ctx context.Context, actor retention.Actor, scopes []retention.Scope) error {
	if err := e.authorise(actor, OpHoldWrite); err != nil {
		return err
	}
	return e.checkScopes(ctx, &retention.Hold{Scope: scopes})
}

func (e *Engine) checkScopes(ctx context.Context, h *retention.Hold) error {
	if err := h.ValidateScopes(); err != nil {
		return err
	}
	if err := e.checkScopeTables(ctx, h); err != nil {
		return err
	}
	return e.target.CheckKeys(ctx, *h)
}

// checkEnforceable names the rights without which a hold, if it is to be enforced, could not
// be on the tables of its scopes.
func (e *Engine) checkEnforceable(ctx context.Context, h retention.Hold) error {
	if !h.Enforced() {
		return nil
	}
	return e.target.CheckEnforcement(ctx, h)
}

// checkScopeTables refuses scopes that no batch could ever judge.
func (e *Engine) checkScopeTables(ctx context.Context, h *retention.Hold) error {
	var bad retention.Problems
	read := plan.ReadOnce(e.target.Table)
	for i, s := range h.Scope {
		t, err := read(ctx, s.Table)
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
		case (len(s.RecordIDs) > 0 || s.Upload != "") && t.Key == nil:
			bad.Add(retention.ScopeField(i, "record_ids"), "%s has no primary key, and no unique key over NOT NULL columns, so its records have no ids; hold what fits a condition, or the whole table with all: true", s.Table)
		}
	}
	return bad.Err()
}

// applyHold stages a hold's ids, puts it in force and records what it found. It may
// be called again after any failure, and by several processes at once. h has every id.
// patience is how long one that is enforced waits for writers of its tables.
func (e *Engine) applyHold(ctx context.Context, h retention.Hold, patience time.Duration) (retention.Hold, error) {
	at, err := e.putInForce(ctx, h, patience)
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
func (e *Engine) putInForce(ctx context.Context, h retention.Hold, patience time.Duration) (at time.Time, err error) {
	if err := e.target.StageHold(ctx, h); err != nil {
		return at, fmt.Errorf("%w: %s: %w", errNotStaged, h.ID, err)
	}
	at, mark, err := e.activate(ctx, h, patience)
	if errors.Is(err, retention.ErrConflict) {
		// It has ended: its ids are not staged for anybody.
		if err := e.target.ForgetHold(ctx, h.ID); err != nil {
			e.log.WarnContext(ctx, "the guard's copy of an ended hold's ids stays", "hold", h.ID, "error", err)
		}
	}
	if err != nil {
		return at, fmt.Errorf("put hold %s in force: %w", h.ID, err)
	}
	return at, e.store.SetGuard(ctx, mark)
}

// checkDelay refuses a cooling-off period of a hold's own that would be shorter than
// everywhere.
func (e *Engine) checkDelay(h retention.Hold) error {
	if h.ReleaseDelay != nil && h.ReleaseDelay.ShorterThan(e.releaseDelay) {
		return retention.Invalid("release_delay", "is %s, which is shorter than the %s of this installation (HOLDFAST_RELEASE_DELAY); a hold's own can only be longer", h.ReleaseDelay.Human(), e.releaseDelay.Human())
	}
	return nil
}

// ReleaseDelay is how long the release of a hold cools off where the hold says nothing
// longer.
func (e *Engine) ReleaseDelay() retention.Period { return e.releaseDelay }

// HoldDates counts holds in force by what comes next.
func (e *Engine) HoldDates(ctx context.Context, actor retention.Actor) (retention.HoldDates, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return retention.HoldDates{}, err
	}
	return e.store.HoldDates(ctx)
}

// DatedHolds are the holds in force that end, or are to be looked at, on a day.
func (e *Engine) DatedHolds(ctx context.Context, actor retention.Actor) ([]retention.AnnouncedHold, error) {
	if err := e.authorise(actor, OpRead); err != nil {
		return nil, err
	}
	return e.store.DatedHolds(ctx)
}

// ReviseHold changes a hold's dates, what happens at its expiry, how long its release cools
// off, or its reason; why is recorded, and required where a date changes. version is
// the one that was read; 0 is ErrPreconditionRequired. Extending a hold under
// review makes it active again.
func (e *Engine) ReviseHold(ctx context.Context, actor retention.Actor, id string, version int, rev retention.HoldRevision, why string) (retention.Hold, error) {
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
	if rev.Enforcement != nil && *rev.Enforcement != h.Enforcement {
		return h, retention.Invalid("enforcement", "is %q, as was said when the hold was placed, and stays; place another hold with %q, and then release this one", h.Enforcement, *rev.Enforcement)
	}
	if rev.IsZero() {
		// As the same document again: neither a new version nor a row of the audit.
		return h, nil
	}
	if why, err = e.checkChange(h, rev, why); err != nil {
		return h, err
	}
	if err := e.checkRevision(ctx, h, rev); err != nil {
		return h, err
	}
	if rev.ExpiresAt != nil && *rev.ExpiresAt == nil && h.ReviewAt == nil && rev.ReviewAt == nil {
		now, err := e.store.Now(ctx)
		if err != nil {
			return h, err
		}
		at := retention.DefaultReview.After(now)
		next := &at
		rev.ReviewAt = &next
	}
	return e.store.ReviseHold(ctx, id, version, rev, retention.By{Actor: actor, Action: "hold.revise", Note: why})
}

// checkChange wants a reason for changes of when a hold ends, or is looked at again.
func (e *Engine) checkChange(h retention.Hold, rev retention.HoldRevision, why string) (string, error) {
	sooner := rev.ReleaseDelay != nil || rev.OnExpiry != nil && *rev.OnExpiry != h.OnExpiry
	for _, change := range []struct {
		to   **time.Time
		from *time.Time
	}{{rev.ExpiresAt, h.ExpiresAt}, {rev.ReviewAt, h.ReviewAt}} {
		sooner = sooner || change.to != nil && !sameMoment(*change.to, change.from)
	}
	if why = strings.TrimSpace(why); why == "" && !sooner {
		return "", nil
	}
	return explained("change_reason", why, "why the hold ends, or is looked at, at another time")
}

func sameMoment(a, b *time.Time) bool {
	return a == nil && b == nil || a != nil && b != nil && a.Equal(*b)
}

// checkRevision validates the hold as it would be, but for its scope.
func (e *Engine) checkRevision(ctx context.Context, h retention.Hold, rev retention.HoldRevision) error {
	now, err := e.store.Now(ctx)
	if err != nil {
		return err
	}
	if rev.Reason != nil {
		h.Reason = *rev.Reason
	}
	if rev.OnExpiry != nil {
		h.OnExpiry = *rev.OnExpiry
	}
	if rev.ExpiresAt != nil {
		h.ExpiresAt = *rev.ExpiresAt
	}
	if rev.ReviewAt == nil {
		h.ReviewAt = nil // it may have passed, and stays
	} else if h.ReviewAt = *rev.ReviewAt; h.ReviewAt == nil && h.ExpiresAt == nil {
		return retention.Invalid("review_at", "is required for a hold without an expiry: when a person looks at it again")
	}
	if rev.ReleaseDelay != nil {
		h.ReleaseDelay = *rev.ReleaseDelay
		if err := e.checkDelay(h); err != nil {
			return err
		}
	}
	return h.ValidateTerms(now)
}
