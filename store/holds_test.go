package store_test

import (
	"fmt"
	"strconv"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
	"holdfast/store"
)

// hold covers three orders (one of them twice over) and a whole table.
func hold(matter string) retention.Hold {
	return retention.Hold{
		Matter: matter, Reason: "litigation", OnExpiry: retention.OnExpiryRelease, CreatedBy: "mallory@example.com",
		Scope: []retention.Scope{
			{Table: table("orders"), RecordIDs: []retention.Key{{"17"}, {"18"}, {"19"}}},
			{Table: table("logs"), All: true},
			{Table: table("lines"), RecordIDs: []retention.Key{{"17", `a,"b"\`}, {"17", ""}}},
		},
	}
}

var foundThen = []retention.ScopeCounts{
	{Index: 0, RecordCount: 3, NotFoundCount: 2, NotFound: []int{0, 2}},
	{Index: 1, RecordCount: 1000},
	{Index: 2, RecordCount: 2},
}

var noon = time.Date(2026, 11, 23, 12, 0, 0, 0, time.UTC)

// placed is a hold in force.
func placed(t testing.TB, s *store.Store, h retention.Hold) retention.Hold {
	t.Helper()
	created := must(s.CreateHold(t.Context(), h, by("hold.place")))(t)
	return must(s.HoldActivated(t.Context(), created.ID, noon, foundThen[:len(h.Scope)], by("hold.in_force")))(t)
}

// ending is a hold whose end is being carried out.
func ending(t testing.TB, s *store.Store, h retention.Hold) retention.Hold {
	t.Helper()
	must(s.MarkHold(t.Context(), h.ID, retention.HoldMark{Step: retention.StepRelease, Reason: "settled"}, by("hold.release")))(t)
	return must(s.MarkHold(t.Context(), h.ID, retention.HoldMark{Step: retention.StepEnd}, by("hold.end")))(t)
}

func TestHoldKeepsItsScopesAndIds(t *testing.T) {
	s := newStore(t)
	given := hold("ACME v. Initech")
	h := must(s.CreateHold(t.Context(), given, by("hold.place")))(t)
	if h.Status != retention.HoldApplying || h.CreatedBy != jane.Name || h.Version != 1 || h.EffectiveAt != nil {
		t.Errorf("created: %+v", h)
	}
	want := []retention.Scope{{Table: table("orders"), RecordCount: 3}, {Table: table("logs"), All: true}, {Table: table("lines"), RecordCount: 2}}
	if diff := cmp.Diff(want, h.Scope); diff != "" {
		t.Errorf("scope (-want +got):\n%s", diff)
	}
	full := must(s.HoldWithRecords(t.Context(), h.ID))(t)
	for i := range given.Scope {
		if diff := cmp.Diff(given.Scope[i].RecordIDs, full.Scope[i].RecordIDs); diff != "" {
			t.Errorf("ids of scope %d (-want +got):\n%s", i, diff)
		}
	}
}

func TestActivatingKeepsWhatWasFound(t *testing.T) {
	s := newStore(t)
	h := placed(t, s, hold("m"))
	if h.Status != retention.HoldActive || h.EffectiveAt == nil || !h.EffectiveAt.Equal(noon) {
		t.Errorf("activated: %+v", h)
	}
	want := retention.Scope{Table: table("orders"), RecordCount: 3, NotFoundCount: 2, NotFound: []retention.Key{{"17"}, {"19"}}}
	if diff := cmp.Diff(want, h.Scope[0]); diff != "" {
		t.Errorf("scope 0 (-want +got):\n%s", diff)
	}
	again := must(s.HoldActivated(t.Context(), h.ID, noon.Add(time.Hour), nil, by("hold.in_force")))(t)
	if diff := cmp.Diff(h, again); diff != "" {
		t.Errorf("activated again (-first +second):\n%s", diff)
	}
	records := walk(t, 2, func(p retention.Page) ([]retention.HeldRecord, string, error) {
		return s.HoldRecords(t.Context(), h.ID, p)
	})
	wantRecords := []retention.HeldRecord{
		{Table: table("orders"), Key: retention.Key{"17"}}, {Table: table("orders"), Key: retention.Key{"18"}, Found: true}, {Table: table("orders"), Key: retention.Key{"19"}},
		{Table: table("lines"), Key: retention.Key{"17", `a,"b"\`}, Found: true}, {Table: table("lines"), Key: retention.Key{"17", ""}, Found: true},
	}
	if diff := cmp.Diff(wantRecords, records); diff != "" {
		t.Errorf("records (-want +got):\n%s", diff)
	}
}

func TestHoldIsRevisedAgainstTheVersionThatWasRead(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	h := placed(t, s, hold("m"))
	reason, review := "appeal", retention.OnExpiryReview
	until := &noon
	const rounds = 5 // the first one meets a pool without connections
	for version := range rounds {
		ok, errs := race(6, func() error {
			_, err := s.ReviseHold(ctx, h.ID, version+1, retention.HoldRevision{Reason: &reason, ExpiresAt: &until, OnExpiry: &review}, by("hold.revise"))
			return err
		})
		for _, err := range errs {
			wantErr(t, "lost edit", err, retention.ErrStale)
		}
		if ok != 1 {
			t.Errorf("%d edits of version %d won, want 1", ok, version+1)
		}
	}
	h = must(s.Hold(ctx, h.ID))(t)
	if h.Version != rounds+1 || h.Reason != "appeal" || h.ExpiresAt == nil || h.OnExpiry != retention.OnExpiryReview {
		t.Errorf("revised: %+v", h)
	}
	due := must(s.MarkHold(ctx, h.ID, retention.HoldMark{Step: retention.StepReview}, by("hold.review_due")))(t)
	if due.Version != h.Version+1 {
		t.Errorf("due for review at version %d, want another than %d: it is shown otherwise", due.Version, h.Version)
	}
	var none *time.Time
	h = must(s.ReviseHold(ctx, h.ID, due.Version, retention.HoldRevision{ExpiresAt: &none}, by("hold.revise")))(t)
	if h.Status != retention.HoldActive || h.ExpiresAt != nil || h.Reason != "appeal" {
		t.Errorf("extended under review: %+v", h)
	}
}

func TestReleaseIsThePersonsWhoAskedForIt(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	h := placed(t, s, hold("m"))
	release := retention.HoldMark{Step: retention.StepRelease, Reason: "settled"}
	h = must(s.MarkHold(ctx, h.ID, release, by("hold.release")))(t)
	if h.Status != retention.HoldReleasing || h.ReleasedBy != jane.Name || h.ReleaseReason != "settled" || h.ReleasedAt != nil {
		t.Errorf("releasing: %+v", h)
	}
	_, err := s.MarkHold(ctx, h.ID, release, by("hold.release"))
	wantErr(t, "releasing twice", err, retention.ErrConflict)
	_, err = s.HoldEnded(ctx, h.ID, retention.HoldReleased, noon, by("hold.released"))
	wantErr(t, "ended without being marked so", err, retention.ErrConflict)
	h = must(s.MarkHold(ctx, h.ID, retention.HoldMark{Step: retention.StepEnd}, by("hold.end")))(t)
	if h.ReleasedBy != jane.Name || !h.Ending {
		t.Errorf("ending: %+v", h)
	}
	_, err = s.MarkHold(ctx, h.ID, retention.HoldMark{Step: retention.StepTakeBack}, by("hold.take_back"))
	wantErr(t, "taking back what ends", err, retention.ErrConflict)
	_, err = s.ReviseHold(ctx, h.ID, h.Version, retention.HoldRevision{}, by("hold.revise"))
	wantErr(t, "revising while it is released", err, retention.ErrConflict)
	system := retention.By{Actor: retention.System(), Action: "hold.released"}
	h = must(s.HoldEnded(ctx, h.ID, retention.HoldReleased, noon, system))(t)
	if h.Status != retention.HoldReleased || h.ReleasedBy != jane.Name || !h.ReleasedAt.Equal(noon) {
		t.Errorf("released: %+v", h)
	}
	again := must(s.HoldEnded(ctx, h.ID, retention.HoldExpired, noon.Add(time.Hour), system))(t)
	if diff := cmp.Diff(h, again); diff != "" {
		t.Errorf("ended again (-first +second):\n%s", diff)
	}
	_, err = s.HoldActivated(ctx, h.ID, noon, nil, system)
	wantErr(t, "activating an ended hold", err, retention.ErrConflict)
	_, err = s.ReviseHold(ctx, h.ID, h.Version, retention.HoldRevision{}, by("hold.revise"))
	wantErr(t, "revising an ended hold", err, retention.ErrConflict)
}

func TestOnlyAHoldThatWasNeverInForceCanBeRemoved(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	h := must(s.CreateHold(ctx, hold("m"), by("hold.place")))(t)
	_, err := s.HoldEnded(ctx, h.ID, retention.HoldReleased, noon, by("hold.released"))
	wantErr(t, "ending what was never in force", err, retention.ErrConflict)
	noErr(t, s.AbandonHold(ctx, h.ID, by("hold.abandon")))
	_, err = s.Hold(ctx, h.ID)
	wantErr(t, "abandoned hold", err, retention.ErrNotFound)
	if n := count(t, s, `SELECT count(*) FROM holdfast.hold_record`); n != 0 {
		t.Errorf("%d ids are left", n)
	}
	h = placed(t, s, hold("m"))
	wantErr(t, "abandoning a hold in force", s.AbandonHold(ctx, h.ID, by("hold.abandon")), retention.ErrConflict)
	exec(t, s, `DELETE FROM holdfast.hold_scope`)
	for _, sql := range []string{`DELETE FROM holdfast.hold`, `TRUNCATE holdfast.hold CASCADE`} {
		if _, err := s.Pool().Exec(ctx, sql); err == nil {
			t.Errorf("%s was carried out", sql)
		}
	}
}

func TestHoldsAreFilteredCountedAndListedByStatus(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	applying := must(s.CreateHold(ctx, hold("Alpha"), by("hold.place")))(t)
	active := placed(t, s, hold("Beta 100%"))
	list := func(f retention.HoldFilter) (out []string) {
		for _, h := range walk(t, 1, func(p retention.Page) ([]retention.Hold, string, error) { return s.Holds(ctx, f, p) }) {
			if len(h.Scope) != 3 {
				t.Errorf("hold %s has %d scopes, want 3", h.Matter, len(h.Scope))
			}
			out = append(out, h.ID)
		}
		return out
	}
	for _, c := range []struct {
		f    retention.HoldFilter
		want []string
	}{
		{retention.HoldFilter{}, []string{active.ID, applying.ID}},
		{retention.HoldFilter{Statuses: []retention.HoldStatus{retention.HoldActive}}, []string{active.ID}},
		{retention.HoldFilter{Search: "alpha"}, []string{applying.ID}},
		{retention.HoldFilter{Search: "100%"}, []string{active.ID}},
		{retention.HoldFilter{Search: "JANE@"}, []string{active.ID, applying.ID}},
	} {
		if diff := cmp.Diff(c.want, list(c.f)); diff != "" {
			t.Errorf("%+v (-want +got):\n%s", c.f, diff)
		}
	}
	open := must(s.HoldsByStatus(ctx, retention.HoldApplying, retention.HoldActive))(t)
	if len(open) != 2 || open[0].ID != applying.ID {
		t.Errorf("by status: %v, want the oldest first", open)
	}
	counts := must(s.CountHolds(ctx))(t)
	want := map[retention.HoldStatus]int64{"applying": 1, "active": 1, "review_due": 0, "releasing": 0, "released": 0, "expired": 0}
	if diff := cmp.Diff(want, counts); diff != "" {
		t.Errorf("counts (-want +got):\n%s", diff)
	}
}

func TestUnknownHoldIsNotFound(t *testing.T) {
	s := newStore(t)
	ctx := t.Context()
	for _, id := range []string{nobody, "", "17", "0123456789abcdef0123456789abcdef0123", nobody[:35] + "g"} {
		_, err := s.Hold(ctx, id)
		wantErr(t, "Hold "+id, err, retention.ErrNotFound)
		_, err = s.HoldWithRecords(ctx, id)
		wantErr(t, "HoldWithRecords "+id, err, retention.ErrNotFound)
		_, _, err = s.HoldRecords(ctx, id, retention.Page{})
		wantErr(t, "HoldRecords "+id, err, retention.ErrNotFound)
		_, err = s.HoldActivated(ctx, id, noon, nil, by("x"))
		wantErr(t, "HoldActivated "+id, err, retention.ErrNotFound)
		wantErr(t, "AbandonHold "+id, s.AbandonHold(ctx, id, by("x")), retention.ErrNotFound)
	}
}

func TestHoldOfManyIds(t *testing.T) {
	s := newStore(t)
	const n = 200_000
	ids := make([]retention.Key, n)
	missing := make([]int, 0, n/10)
	for i := range ids {
		ids[i] = retention.Key{strconv.Itoa(i)}
		if i%10 == 0 {
			missing = append(missing, i)
		}
	}
	h := hold("many")
	h.Scope = []retention.Scope{{Table: table("orders"), RecordIDs: ids}}
	created := must(s.CreateHold(t.Context(), h, by("hold.place")))(t)
	counts := []retention.ScopeCounts{{RecordCount: n, NotFoundCount: int64(len(missing)), NotFound: missing}}
	active := must(s.HoldActivated(t.Context(), created.ID, noon, counts, by("hold.in_force")))(t)
	if got := active.Scope[0].NotFound; len(got) != retention.MaxNotFoundShown || got[1][0] != "10" {
		t.Errorf("%d ids not found are shown, the second %v; want %d and 10", len(got), got[1], retention.MaxNotFoundShown)
	}
	full := must(s.HoldWithRecords(t.Context(), created.ID))(t)
	if got := full.Scope[0].RecordIDs; len(got) != n || got[n-1][0] != strconv.Itoa(n-1) {
		t.Errorf("%d ids read back, want %d", len(got), n)
	}
	if size := count(t, s, `SELECT max(length(after::text)) FROM holdfast.audit`); size > 2000 {
		t.Errorf("an audit row has %d characters: the ids are in it", size)
	}
	first, next, err := s.HoldRecords(t.Context(), created.ID, retention.Page{Limit: 500})
	if err != nil || len(first) != 500 || next == "" || fmt.Sprint(first[499].Key) != "[499]" {
		t.Errorf("first page: %d records, cursor %q, %v", len(first), next, err)
	}
}
