package engine_test

import (
	"errors"
	"slices"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// coolingHouse is a house whose releases cool off for three days, and expiries for one.
func coolingHouse(t *testing.T) *house {
	t.Helper()
	h := freshHouse(t)
	h.engine = engine.New(h.store, h.target, engine.Options{Pace: retention.PaceMax, ReleaseDelay: retention.Period{Hours: 72}, ExpiryDelay: retention.Period{Days: 1}})
	h.exec(oldRows("r", 10, false)...)
	h.mustPolicy(policyOn("r", 90))
	return h
}

func (h *house) settle() {
	h.t.Helper()
	if err := h.engine.SettleHolds(h.t.Context()); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) wantStatus(id string, want retention.HoldStatus) retention.Hold {
	h.t.Helper()
	got, err := h.engine.Hold(h.t.Context(), h.actor, id)
	if err != nil {
		h.t.Fatal(err)
	}
	if got.Status != want {
		h.t.Fatalf("the hold is %s, want %s", got.Status, want)
	}
	return got
}

// told counts the log's events of a hold by type.
func (h *house) told(id string, of retention.EventType) int64 {
	h.t.Helper()
	return pgtest.Value[int64](h.t, h.storeURL, `SELECT count(*) FROM holdfast.event_batch WHERE type = '`+string(of)+`' AND data ->> 'hold' = '`+id+`'`)
}

func TestAReleaseCoolsOffAndTheHoldHoldsUntilThen(t *testing.T) {
	t.Parallel()
	h := coolingHouse(t)
	hold := h.mustHold(holdOn("r", "1", "2"))
	now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
	h.setClock(now)
	released, err := h.engine.ReleaseHold(t.Context(), h.actor, hold.ID, "settled")
	if err != nil {
		t.Fatal(err)
	}
	if released.Status != retention.HoldReleasing || released.ReleasesAt == nil || !released.ReleasesAt.Equal(now.Add(72*time.Hour)) {
		t.Fatalf("got %s until %v, want releasing for three days", released.Status, released.ReleasesAt)
	}
	h.setClock(now.Add(72*time.Hour - time.Second))
	h.settle()
	h.wantStatus(hold.ID, retention.HoldReleasing)
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 2 || run.TotalProcessed != 8 {
		t.Errorf("held %d and processed %d while the release cools off, want 2 and 8", run.TotalHeld, run.TotalProcessed)
	}
	h.setClock(now.Add(72 * time.Hour))
	h.settle()
	if got := h.wantStatus(hold.ID, retention.HoldReleased); got.ReleasedBy != h.actor.Name || got.ReleaseReason != "settled" {
		t.Errorf("released by %q for %q", got.ReleasedBy, got.ReleaseReason)
	}
	if run := h.mustRun(engine.RunRequest{}); run.TotalProcessed != 2 {
		t.Errorf("processed %d after the release, want 2", run.TotalProcessed)
	}
}

func TestAReleaseIsTakenBackWhileItCoolsOffAndNotAfter(t *testing.T) {
	t.Parallel()
	h := coolingHouse(t)
	ctx := t.Context()
	hold := h.mustHold(holdOn("r", "1"))
	now := pgtest.Value[time.Time](t, h.url, `SELECT clock_timestamp()`)
	h.setClock(now)
	if _, err := h.engine.TakeBackRelease(ctx, h.actor, hold.ID, "no"); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("taking back what nobody released answers %v, want a conflict", err)
	}
	mustRelease := func() {
		t.Helper()
		if _, err := h.engine.ReleaseHold(ctx, h.actor, hold.ID, "settled"); err != nil {
			t.Fatal(err)
		}
	}
	mustRelease()
	if _, err := h.engine.TakeBackRelease(ctx, h.actor, hold.ID, " "); !errors.Is(err, retention.ErrInvalid) {
		t.Errorf("taking back without a reason answers %v, want invalid", err)
	}
	back, err := h.engine.TakeBackRelease(ctx, h.actor, hold.ID, "an appeal")
	if err != nil || back.Status != retention.HoldActive || back.ReleasedBy != "" || back.ReleaseReason != "" || back.ReleasesAt != nil {
		t.Fatalf("got %+v, %v; want it active as if nothing had been", back, err)
	}
	if n := pgtest.Value[int64](t, h.storeURL, `SELECT count(*) FROM holdfast.audit WHERE action = 'hold.take_back' AND after ->> 'change_reason' = 'an appeal'`); n != 1 {
		t.Errorf("the audit has %d reasons why it was kept, want 1", n)
	}
	h.setClock(now.Add(1000 * time.Hour))
	h.settle()
	h.wantStatus(hold.ID, retention.HoldActive)

	mustRelease()
	h.setClock(now.Add(2000 * time.Hour))
	if _, err := h.engine.TakeBackRelease(ctx, h.actor, hold.ID, "too late"); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("taking back after the cooling-off answers %v, want a conflict", err)
	}
}

func TestAHoldsOwnCoolingOffIsLongerNeverShorter(t *testing.T) {
	t.Parallel()
	h := coolingHouse(t)
	short, long := retention.Period{Hours: 71}, retention.Period{Days: 30}
	hold := holdOn("r", "1")
	hold.ReleaseDelay = &short
	if _, err := h.engine.PlaceHold(t.Context(), h.actor, hold); !errors.Is(err, retention.ErrInvalid) {
		t.Errorf("a shorter one answers %v, want invalid", err)
	}
	hold.ReleaseDelay = &long
	placed := h.mustHold(hold)
	now := pgtest.Value[time.Time](t, h.url, `SELECT clock_timestamp()`)
	h.setClock(now)
	got, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "settled")
	if err != nil || got.ReleasesAt == nil || got.ReleasesAt.Sub(now).Round(time.Hour) != 30*24*time.Hour {
		t.Errorf("it ends at %v, %v; want 30 days from %s", got.ReleasesAt, err, now)
	}
}

func TestAnExpiryIsAnnouncedThreeTimesAndCoolsOff(t *testing.T) {
	t.Parallel()
	h := coolingHouse(t)
	now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
	ends := now.Add(100 * 24 * time.Hour)
	hold := holdOn("r", "1")
	hold.ExpiresAt = &ends
	placed := h.mustHold(hold)
	days := func(n int) time.Time { return ends.Add(-time.Duration(n) * 24 * time.Hour) }
	for _, step := range []struct {
		at   time.Time
		told int64
	}{{now, 0}, {days(31), 0}, {days(30), 1}, {days(29), 1}, {days(7), 2}, {days(6), 2}, {days(1), 3}, {ends.Add(-time.Minute), 3}} {
		h.setClock(step.at)
		h.settle()
		h.settle()
		if n := h.told(placed.ID, retention.EventHoldExpiring); n != step.told {
			t.Errorf("%s before the expiry it was announced %d times, want %d", ends.Sub(step.at), n, step.told)
		}
	}
	h.setClock(ends)
	h.settle()
	if got := h.wantStatus(placed.ID, retention.HoldReleasing); got.ReleasesAt == nil || !got.ReleasesAt.Equal(ends.Add(24*time.Hour)) {
		t.Errorf("it ends at %v, want a day after its expiry", got.ReleasesAt)
	}
	back, err := h.engine.TakeBackRelease(t.Context(), h.actor, placed.ID, "not yet")
	if err != nil || back.Status != retention.HoldReviewDue || back.OnExpiry != retention.OnExpiryReview {
		t.Fatalf("got %+v, %v; want it to wait for a person", back, err)
	}
	h.setClock(ends.Add(1000 * time.Hour))
	h.settle()
	h.wantStatus(placed.ID, retention.HoldReviewDue)
}

func TestAnExpiryThatIsNotTakenBackEndsAfterItsCoolingOff(t *testing.T) {
	t.Parallel()
	h := coolingHouse(t)
	now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
	ends := now.Add(time.Hour)
	hold := holdOn("r", "1")
	hold.ExpiresAt = &ends
	placed := h.mustHold(hold)
	// Nobody was at work for days: it cools off from when that is seen.
	h.setClock(ends.Add(72 * time.Hour))
	h.settle()
	h.wantStatus(placed.ID, retention.HoldReleasing)
	h.setClock(ends.Add(97 * time.Hour))
	h.settle()
	h.wantStatus(placed.ID, retention.HoldExpired)
}

func TestAHoldWithoutAnExpiryIsToBeLookedAtAfterAYear(t *testing.T) {
	t.Parallel()
	h := coolingHouse(t)
	ctx := t.Context()
	placed := h.mustHold(holdOn("r", "1"))
	if placed.ReviewAt == nil || placed.ReviewAt.Before(time.Now().AddDate(0, 11, 0)) {
		t.Fatalf("its review is at %v, want in a year", placed.ReviewAt)
	}
	due := func() bool {
		t.Helper()
		list, _, err := h.engine.Holds(ctx, h.actor, retention.HoldFilter{ReviewDue: true}, retention.Page{})
		if err != nil {
			t.Fatal(err)
		}
		dates, err := h.engine.HoldDates(ctx, h.actor)
		if err != nil || int(dates.ReviewsDue) != len(list) {
			t.Fatalf("%d are counted and %d listed, %v", dates.ReviewsDue, len(list), err)
		}
		return slices.ContainsFunc(list, func(o retention.Hold) bool { return o.ID == placed.ID })
	}
	h.settle()
	if due() || h.told(placed.ID, retention.EventHoldReviewDue) != 0 {
		t.Error("it is to be looked at at once")
	}
	h.setClock(placed.ReviewAt.Add(time.Second))
	h.settle()
	h.settle()
	if !due() || h.told(placed.ID, retention.EventHoldReviewDue) != 1 {
		t.Errorf("it is due %v and was told %d times, want true and once", due(), h.told(placed.ID, retention.EventHoldReviewDue))
	}
	h.wantStatus(placed.ID, retention.HoldActive)
	if _, err := h.engine.ReviewHold(ctx, h.actor, placed.ID, "", nil); !errors.Is(err, retention.ErrInvalid) {
		t.Errorf("a review without a note answers %v, want invalid", err)
	}
	reviewed, err := h.engine.ReviewHold(ctx, h.actor, placed.ID, "counsel was asked", nil)
	if err != nil || reviewed.ReviewAt.Before(placed.ReviewAt.AddDate(0, 11, 0)) || due() {
		t.Errorf("got the next review at %v, %v, due %v", reviewed.ReviewAt, err, due())
	}
}

func TestAHoldWhoseReleaseCoolsOffIsPutBackIfTheGuardLosesIt(t *testing.T) {
	t.Parallel()
	h := coolingHouse(t)
	hold := h.mustHold(holdOn("r", "1"))
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, hold.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	h.exec(`SET session_replication_role = replica`, `UPDATE holdfast_guard.hold SET state = 'ended', ended_at = now()`)
	if run := h.mustRun(engine.RunRequest{}); run.TotalHeld != 1 || run.TotalProcessed != 9 {
		t.Errorf("held %d and processed %d, want 1 and 9: the hold is in force until its cooling-off is over", run.TotalHeld, run.TotalProcessed)
	}
}

func TestWhenAHoldEndsIsChangedWithAReason(t *testing.T) {
	t.Parallel()
	h := coolingHouse(t)
	hold := h.mustHold(holdOn("r", "1"))
	until := time.Now().AddDate(2, 0, 0)
	expires := &until
	rev := retention.HoldRevision{ExpiresAt: &expires}
	if _, err := h.engine.ReviseHold(t.Context(), h.actor, hold.ID, hold.Version, rev, ""); !errors.Is(err, retention.ErrInvalid) {
		t.Errorf("without a reason it answers %v, want invalid", err)
	}
	if _, err := h.engine.ReviseHold(t.Context(), h.actor, hold.ID, hold.Version, rev, "the court set a date"); err != nil {
		t.Fatal(err)
	}
	if n := pgtest.Value[int64](t, h.storeURL, `SELECT count(*) FROM holdfast.audit WHERE action = 'hold.revise' AND after ->> 'change_reason' = 'the court set a date'`); n != 1 {
		t.Errorf("the audit has the reason %d times, want once", n)
	}
}

// TestWhatAPersonDoesInTheLastMomentComesBeforeTheEndOrIsRefused keeps the hold's row, so that
// two of them wait for it at once: whatever order they come in, what the person was told is
// what is so, in the store and in the guard.
func TestWhatAPersonDoesInTheLastMomentComesBeforeTheEndOrIsRefused(t *testing.T) {
	for name, c := range map[string]struct {
		prepare func(h *house, hold retention.Hold) time.Time
		act     func(h *house, id string) error
	}{
		"take back": {
			prepare: func(h *house, hold retention.Hold) time.Time {
				released, err := h.engine.ReleaseHold(h.t.Context(), h.actor, hold.ID, "settled")
				if err != nil {
					h.t.Fatal(err)
				}
				return *released.ReleasesAt
			},
			act: func(h *house, id string) error {
				_, err := h.engine.TakeBackRelease(h.t.Context(), h.actor, id, "an appeal")
				return err
			},
		},
		"extend": {
			prepare: func(_ *house, hold retention.Hold) time.Time { return *hold.ExpiresAt },
			act: func(h *house, id string) error {
				until := time.Now().AddDate(5, 0, 0)
				expires := &until
				_, err := h.engine.ReviseHold(h.t.Context(), h.actor, id, 1, retention.HoldRevision{ExpiresAt: &expires}, "not yet")
				return err
			},
		},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.engine = engine.New(h.store, h.target, engine.Options{Pace: retention.PaceMax, ReleaseDelay: retention.Period{Hours: 72}})
			h.exec(oldRows("r", 10, false)...)
			now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
			ends := now.Add(48 * time.Hour)
			hold := holdOn("r", "1")
			hold.ExpiresAt = &ends
			placed := h.mustHold(hold)
			h.setClock(now)
			at := c.prepare(h, placed)
			// The person acts before the end, and has to wait; it comes; the settling follows.
			h.setClock(at.Add(-time.Second))
			keeper := connect(t, h.url)
			if _, err := keeper.Exec(t.Context(), `BEGIN; SELECT FROM holdfast.hold FOR UPDATE`); err != nil {
				t.Fatal(err)
			}
			acted := make(chan error, 1)
			go func() { acted <- c.act(h, placed.ID) }()
			waiting := func(n int64) {
				t.Helper()
				pgtest.Await(t, "who waits for the row", func() bool {
					return h.count(`SELECT count(*) FROM pg_locks WHERE NOT granted AND locktype IN ('transactionid', 'tuple') AND database IS NOT DISTINCT FROM (SELECT oid FROM pg_database WHERE datname = current_database()) OR NOT granted AND pid IN (SELECT pid FROM pg_stat_activity WHERE datname = current_database())`) >= n
				})
			}
			waiting(1)
			h.setClock(at.Add(time.Second))
			settled := make(chan error, 1)
			go func() { settled <- h.engine.SettleHolds(t.Context()) }()
			waiting(2)
			if _, err := keeper.Exec(t.Context(), `COMMIT`); err != nil {
				t.Fatal(err)
			}
			err := <-acted
			if err := <-settled; err != nil {
				t.Fatal(err)
			}
			h.settle()
			got, herr := h.engine.Hold(t.Context(), h.actor, placed.ID)
			if herr != nil {
				t.Fatal(herr)
			}
			active := h.count(`SELECT count(*) FROM holdfast_guard.hold WHERE state = 'active'`) == 1
			switch {
			case err == nil && (!got.Status.InForce() || !active):
				t.Errorf("the person was told that it stays, and it is %s, in force in the guard: %v", got.Status, active)
			case err != nil && !errors.Is(err, retention.ErrConflict):
				t.Errorf("the person was told %v", err)
			case err != nil && (got.Status.InForce() || active):
				t.Errorf("the person was told %v, and the hold is %s, in force in the guard: %v", err, got.Status, active)
			}
		})
	}
}
