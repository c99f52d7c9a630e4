package retention

import (
	"slices"
	"time"
)

// HoldStep is a step of a hold in force towards its end, or back.
type HoldStep string

// The steps. Each is judged and made in one transaction that has the hold's row, by the
// store's clock: what a person changes meanwhile comes before or after it.
const (
	// StepRelease: a person asks for its end. From then on it cools off.
	StepRelease HoldStep = "release"
	// StepExpire: its expiry has come, and ends it. From then on it cools off.
	StepExpire HoldStep = "expire"
	// StepReview: its expiry has come, and a person must decide.
	StepReview HoldStep = "review"
	// StepTakeBack: its end is taken back, while it cools off. One whose expiry has come waits
	// for a person from now on.
	StepTakeBack HoldStep = "take back"
	// StepEnd: it has cooled off and its end is carried out now. Nothing takes it back.
	StepEnd HoldStep = "end"
)

// CanGiveUp is nil if the hold was never in force and can be given up, and else ErrConflict. One
// that is on its way by itself may be in force already, and that is not recorded yet.
func (h *Hold) CanGiveUp() error {
	switch {
	case h.Status != HoldApplying:
		return Conflictf("the hold is %s; only one that was never in force can be given up", h.Status)
	case !h.Awaits() && h.Problem == "":
		return StepRelease.refused(*h)
	}
	for _, s := range h.Scope {
		if s.Upload == UploadUnderWay {
			return Conflictf("a list of records of %s is arriving; wait until it has, or half a minute after it has stopped", s.Table)
		}
	}
	return nil
}

// GivenUp reports whether the hold has ended and was never in force.
func (h *Hold) GivenUp() bool { return h.Status.Ended() && h.EffectiveAt == nil }

// HoldMark is a step of a hold.
type HoldMark struct {
	Step HoldStep
	// Reason is a person's, for a release.
	Reason string
	// CoolsOff is how long a release, or an expiry, cools off everywhere.
	CoolsOff Period
}

// From are the statuses in which a step is made.
func (s HoldStep) From() []HoldStatus {
	switch s {
	case StepRelease:
		return []HoldStatus{HoldActive, HoldReviewDue}
	case StepExpire, StepReview:
		return []HoldStatus{HoldActive}
	}
	return []HoldStatus{HoldReleasing}
}

// Apply is the hold after the step, at the moment now. It answers false if the step was made
// before, and ErrConflict, with what can be done instead, where it cannot be made.
func (m HoldMark) Apply(h Hold, now time.Time) (next Hold, changed bool, err error) {
	if !slices.Contains(m.Step.From(), h.Status) {
		return h, false, m.Step.refused(h)
	}
	switch m.Step {
	case StepRelease:
		ends := h.CoolsOff(m.CoolsOff).After(now)
		h.Status, h.ReleaseReason, h.ReleasesAt = HoldReleasing, m.Reason, &ends
		return h, true, nil
	case StepExpire, StepReview:
		next, err = m.expire(h, now)
		return next, err == nil, err
	}
	return m.underWay(h, now)
}

// expire is a hold whose expiry has come.
func (m HoldMark) expire(h Hold, now time.Time) (Hold, error) {
	then := OnExpiryRelease
	if m.Step == StepReview {
		then = OnExpiryReview
	}
	if h.ExpiresAt == nil || h.ExpiresAt.After(now) || h.OnExpiry != then {
		return h, Conflictf("the hold does not expire now, or something else happens then")
	}
	if m.Step == StepReview {
		h.Status = HoldReviewDue
		return h, nil
	}
	ends := m.CoolsOff.After(*h.ExpiresAt)
	if !m.CoolsOff.IsZero() && ends.Before(now) {
		ends = m.CoolsOff.After(now) // nobody was told that it cools off
	}
	h.Status, h.ReleaseReason, h.ReleasesAt = HoldReleasing, "", &ends
	return h, nil
}

// underWay is a hold whose end cools off and is taken back, or has cooled off and is carried
// out.
func (m HoldMark) underWay(h Hold, now time.Time) (Hold, bool, error) {
	cooled := h.ReleasesAt == nil || !h.ReleasesAt.After(now)
	switch {
	case m.Step == StepEnd && !cooled:
		return h, false, Conflictf("the hold cools off until %s", h.ReleasesAt.UTC().Format(time.RFC3339))
	case m.Step == StepEnd:
		was := h.Ending
		h.Ending = true
		return h, !was, nil
	case h.Ending || cooled:
		return h, false, Conflictf("the cooling-off period is over and the release is being carried out; place a new hold")
	}
	h.Status, h.ReleaseReason, h.ReleasesAt = HoldActive, "", nil
	if h.ExpiresAt != nil && !h.ExpiresAt.After(now) {
		h.Status, h.OnExpiry = HoldReviewDue, OnExpiryReview
	}
	return h, true, nil
}

// refused is why a step cannot be made in the hold's status, and what can.
func (s HoldStep) refused(h Hold) error {
	switch {
	case h.Status == HoldApplying:
		return Conflictf("the hold is not in force yet; it will be by itself in a moment")
	case h.Status.Ended():
		return Conflictf("the hold has ended (%s); place a new one", h.Status)
	case s == StepRelease && h.ReleasesAt != nil:
		return Conflictf("the release was asked for already and takes effect at %s; until then it can be taken back", h.ReleasesAt.UTC().Format(time.RFC3339))
	case s == StepTakeBack:
		return Conflictf("the hold is %s; only a release that is under way can be taken back", h.Status)
	}
	return Conflictf("the hold is %s", h.Status)
}
