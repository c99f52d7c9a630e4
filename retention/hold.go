package retention

import (
	"fmt"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// HoldStatus is where a hold stands. From active until released or expired it is
// in force; review_due is in force too.
type HoldStatus string

// The states of a hold, in the order in which it passes them.
const (
	// HoldApplying: being put into the governed database; not yet in force.
	HoldApplying HoldStatus = "applying"
	// HoldActive: in force.
	HoldActive HoldStatus = "active"
	// HoldReviewDue: its expiry has passed, it stays in force until a person decides.
	HoldReviewDue HoldStatus = "review_due"
	// HoldReleasing: its end was asked for, or has come, and its cooling-off period is not
	// over; still in force.
	HoldReleasing HoldStatus = "releasing"
	// HoldReleased: ended by a person.
	HoldReleased HoldStatus = "released"
	// HoldExpired: ended at its expiry.
	HoldExpired HoldStatus = "expired"
)

// NotJudged is the problem of a hold that was placed while the governed database was away, until
// that answers.
const NotJudged = "the governed database could not be reached, so nobody has judged yet whether there is what the hold names"

// HoldStatuses lists every status in the order in which a hold passes them.
func HoldStatuses() []HoldStatus {
	return []HoldStatus{HoldApplying, HoldActive, HoldReviewDue, HoldReleasing, HoldReleased, HoldExpired}
}

// InForce reports whether a hold of this status restrains dispositions. An
// applying hold does not yet: it has not returned to the person who placed it.
func (s HoldStatus) InForce() bool {
	return s == HoldActive || s == HoldReviewDue || s == HoldReleasing
}

// Ended reports whether the hold restrains nothing any more.
func (s HoldStatus) Ended() bool { return s == HoldReleased || s == HoldExpired }

// OnExpiry says what happens at a hold's expiry.
type OnExpiry string

const (
	// OnExpiryRelease ends the hold at its expiry.
	OnExpiryRelease OnExpiry = "release"
	// OnExpiryReview keeps it in force until a person decides.
	OnExpiryReview OnExpiry = "review"
)

// Hold is a legal hold: a restraint on altering or deleting records until it is
// released or expires. It is never deleted.
type Hold struct {
	ID        string     `json:"id"`
	Matter    string     `json:"matter"`
	Reason    string     `json:"reason"`
	Scope     []Scope    `json:"scope"`
	ExpiresAt *time.Time `json:"expires_at"`
	OnExpiry  OnExpiry   `json:"on_expiry"`
	// ReviewAt is when a person is asked to look at the hold again. It only reminds. A hold
	// without an expiry always has one.
	ReviewAt *time.Time `json:"review_at"`
	// ReleaseDelay is how long a release of this hold cools off, where that is longer than
	// everywhere; nil for as everywhere.
	ReleaseDelay *Period `json:"release_delay"`
	// Enforcement is what it does about others than Holdfast. It is said when the hold is
	// placed and stays.
	Enforcement Enforcement `json:"enforcement"`

	Status        HoldStatus `json:"status"`
	CreatedBy     string     `json:"created_by"`
	CreatedAt     time.Time  `json:"created_at"`
	EffectiveAt   *time.Time `json:"effective_at"`
	ReleasedBy    string     `json:"released_by,omitempty"`
	ReleasedAt    *time.Time `json:"released_at"`
	ReleaseReason string     `json:"release_reason,omitempty"`
	// ReleasesAt is when the cooling-off period is over, of a hold whose end was asked for
	// or has come.
	ReleasesAt *time.Time `json:"releases_at"`
	// Faults are scopes whose table is not what it was; see HoldFault.
	Faults []HoldFault `json:"faults,omitempty"`
	// Problem is why a hold that is applying could not be judged, or not be put in force, when
	// that was tried; empty if nothing is known against it.
	Problem string `json:"problem,omitempty"`
	// Ending: its end is being carried out and cannot be taken back.
	Ending bool `json:"-"`
	// Version counts the edits, for ETag and If-Match.
	Version int `json:"version"`
}

// Key is a record's key in the text form of its column types, in key order.
type Key []string

// Text is one text for each key of a table: of a million keys with one part each none is
// written anew.
func (k Key) Text() string {
	if len(k) == 1 {
		return k[0]
	}
	return fmt.Sprintf("%q", []string(k))
}

// Scope is what a hold covers in one table: record ids, the rows that fit a condition,
// or all of it.
type Scope struct {
	Table TableName `json:"table"`
	All   bool      `json:"all,omitempty"`
	// Condition is one in the language of the policies' conditions, over the table's own
	// columns. Rows that come to fit it later are covered too.
	Condition string `json:"condition,omitempty"`
	// Upload is where its list of records stands, of a scope whose ids come as a file; empty
	// once they are there.
	Upload UploadState `json:"upload,omitempty"`
	// EffectiveAt is since when it is in force, if that is later than the hold, and
	// EffectiveEpoch the first list of holds that has it.
	EffectiveAt    *time.Time `json:"effective_at,omitempty"`
	EffectiveEpoch int64      `json:"-"`
	// SplitFrom is the place of the scope whose list its ids were in, until they were to fall
	// out of the hold; nil for another.
	SplitFrom *int `json:"split_from,omitempty"`
	// ReleasesAt is when the scope falls out of a hold that stays in force: until then it cools
	// off, and is in force. ReleasedBy and ReleaseReason say who asked for that, and why.
	ReleasesAt    *time.Time `json:"releases_at,omitempty"`
	ReleasedBy    string     `json:"released_by,omitempty"`
	ReleaseReason string     `json:"release_reason,omitempty"`
	// EndedAt is since when it covers nothing any more, and EndedEpoch the first list of holds
	// without it. Ending: that is being carried out and cannot be taken back.
	EndedAt    *time.Time `json:"ended_at,omitempty"`
	EndedEpoch int64      `json:"-"`
	Ending     bool       `json:"-"`
	// Family: the records of RecordIDs are held with everything that belongs to them.
	Family *Family `json:"family,omitempty"`
	// RecordIDs are given when a hold is placed; what is read back has counts, and
	// the ids come page by page.
	RecordIDs []Key `json:"-"`
	// RecordCount is the number of distinct ids held, for a condition the rows that
	// fitted it, and for a whole table those that it had, when the hold was placed.
	RecordCount int64 `json:"record_count"`
	// NotFoundCount is how many of the ids had no row once the hold was in force. They
	// are held too.
	NotFoundCount int64 `json:"not_found_count"`
	// NotFound are the first 100 of them.
	NotFound []Key `json:"-"`
	// Belongings are the tables of the family, nearest first, with the rows that belonged to
	// the records when the hold was placed. The table itself is one of them only where its
	// rows refer to each other.
	Belongings []FamilyTable `json:"belongings,omitempty"`
}

// HeldRecord is one id that a hold covers.
type HeldRecord struct {
	Table TableName
	Key   Key
	// Found tells whether a row had this key once the hold was in force.
	Found bool
	// Until is since when the scope that has it covers nothing any more; nil while it does, or
	// as long as the hold did.
	Until *time.Time
}

// maxCoolingOff bounds a hold's own cooling-off period, in years.
const maxCoolingOff = 10

// MaxNotFoundShown bounds the list of ids that had no row.
const MaxNotFoundShown = 100

// Validate checks what can be known without a database; now is the database's
// clock. The error is an *InvalidError with every field at fault.
func (h *Hold) Validate(now time.Time) error {
	var bad Problems
	h.terms(&bad, now)
	h.scopes(&bad)
	return bad.Err()
}

// ValidateTerms checks all but what the hold covers, ValidateScopes that alone.
func (h *Hold) ValidateTerms(now time.Time) error {
	var bad Problems
	h.terms(&bad, now)
	return bad.Err()
}

// ValidateScopes checks what the hold covers, as Validate does.
func (h *Hold) ValidateScopes() error {
	var bad Problems
	h.scopes(&bad)
	return bad.Err()
}

func (h *Hold) terms(bad *Problems, now time.Time) {
	if strings.TrimSpace(h.Matter) == "" {
		bad.Add("matter", "is required: the case, investigation or audit that this hold belongs to")
	}
	checkText(bad, "matter", h.Matter, 300)
	if strings.TrimSpace(h.Reason) == "" {
		bad.Add("reason", "is required: why these records must be kept")
	}
	checkText(bad, "reason", h.Reason, 4000)
	if h.OnExpiry != OnExpiryRelease && h.OnExpiry != OnExpiryReview {
		bad.Add("on_expiry", "must be %q or %q, not %q", OnExpiryRelease, OnExpiryReview, h.OnExpiry)
	}
	if h.ExpiresAt != nil && !h.ExpiresAt.After(now) {
		bad.Add("expires_at", "must be in the future (it is now %s); null means no expiry", now.UTC().Format(time.RFC3339))
	}
	if h.ReviewAt != nil && !h.ReviewAt.After(now) {
		bad.Add("review_at", "must be in the future (it is now %s)", now.UTC().Format(time.RFC3339))
	}
	if h.ReviewAt != nil && h.ExpiresAt != nil && h.OnExpiry == OnExpiryRelease && h.ReviewAt.After(*h.ExpiresAt) {
		bad.Add("review_at", "comes after expires_at (%s), when the hold ends by itself; give an earlier moment, or null for none", h.ExpiresAt.UTC().Format(time.RFC3339))
	}
	if h.Enforcement != "" && !slices.Contains(Enforcements(), h.Enforcement) {
		bad.Add("enforcement", "must be %q, %q or %q, not %q", EnforceNone, EnforceRefuse, EnforcePreserve, h.Enforcement)
	}
	if h.ReleaseDelay != nil && h.ReleaseDelay.After(now).After(now.AddDate(maxCoolingOff, 0, 0)) {
		bad.Add("release_delay", "is %s; at most %d years are accepted", h.ReleaseDelay.Human(), maxCoolingOff)
	}
}

func (h *Hold) scopes(bad *Problems) {
	if len(h.Scope) == 0 {
		bad.Add("scope", "is required: at least one table with record_ids, with a condition, or with all: true")
	}
	if len(h.Scope) > MaxScopes {
		bad.Add("scope", "has %d entries; at most %d are accepted in one hold", len(h.Scope), MaxScopes)
	}
	for i := range h.Scope {
		h.Scope[i].validate(bad, scopeField(i))
	}
	if i := MixedFamily(h.Scope); i >= 0 {
		bad.Add(ScopeField(i, "family"), "%s", mixedFamily(h.Scope[i].Table))
	}
}

// DefaultReview is how long after it was placed a hold without an expiry is looked at
// again, if nothing else is said.
var DefaultReview = Period{Years: 1}

// CoolsOff is the cooling-off period of a release of the hold, where everywhere is that of
// all: never shorter.
func (h *Hold) CoolsOff(everywhere Period) Period {
	if h.ReleaseDelay != nil && everywhere.ShorterThan(*h.ReleaseDelay) {
		return *h.ReleaseDelay
	}
	return everywhere
}

// ReviewDue reports whether a person is to look at a hold in force now.
func (h *Hold) ReviewDue(now time.Time) bool {
	return h.Status == HoldReviewDue || h.Status == HoldActive && h.ReviewAt != nil && !h.ReviewAt.After(now)
}

// announcements are how many days before its expiry a hold is announced.
var announcements = []int{1, 7, 30}

// Announce is the announcement of its expiry that is due now: how many days before, the
// nearest alone, and 0 for none. announced is the last one. What was placed or extended to
// a nearer day than that needs no announcement of it: since tells when.
func (h *Hold) Announce(now, since time.Time, announced int) int {
	if h.Status != HoldActive || h.ExpiresAt == nil {
		return 0
	}
	for _, days := range announcements {
		at := h.ExpiresAt.Add(-time.Duration(days) * 24 * time.Hour)
		switch {
		case at.After(now):
			continue
		case at.Before(since), announced != 0 && announced <= days:
			return 0
		}
		return days
	}
	return 0
}

// MaxScopes bounds the scopes of one hold.
const MaxScopes = 200

func (s *Scope) validate(bad *Problems, field string) {
	if s.Table.IsZero() {
		bad.Add(field+".table", "is required, as schema.table such as public.orders")
	}
	var given []string
	if len(s.RecordIDs) > 0 {
		given = append(given, "record_ids")
	}
	if s.Condition != "" {
		given = append(given, "condition")
	}
	if s.All {
		given = append(given, "all: true")
	}
	if s.Upload != "" {
		given = append(given, "upload: true")
	}
	s.validateFamily(bad, field)
	s.validateIDs(bad, field)
	switch {
	case len(given) == 0:
		bad.Add(field, "covers nothing; give record_ids, a condition, all: true for the whole table, or upload: true for a list of ids that is sent afterwards")
	case len(given) > 1:
		bad.Add(field, "names %s; give one of them, and the rest as a scope of its own", allOf(given))
	}
}

// validateIDs refuses what no value in PostgreSQL can be, the first 100 of them by name.
func (s *Scope) validateIDs(bad *Problems, field string) {
	found := 0
	for j, id := range s.RecordIDs {
		for _, part := range id {
			if !strings.ContainsRune(part, 0) && utf8.ValidString(part) {
				continue
			}
			if found++; found <= 100 {
				bad.Add(field+".record_ids["+itoa(j)+"]", "has a NUL character, or bytes that are no UTF-8; no value of a key has those")
			}
			break
		}
	}
}

func scopeField(i int) string { return "scope[" + itoa(i) + "]" }

// ScopeField is the path of member name of the i-th scope in an error.
func ScopeField(i int, name string) string { return scopeField(i) + "." + name }

// RecordField is the path of the j-th id of the i-th scope in an error.
func RecordField(i, j int) string { return scopeField(i) + ".record_ids[" + itoa(j) + "]" }
