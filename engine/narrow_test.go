package engine_test

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// narrowHouse has a table of ten due rows under a policy.
func narrowHouse(t *testing.T) *house {
	t.Helper()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	h.mustPolicy(policyOn("r", 90))
	return h
}

// slowHouse is one whose releases cool off for three days.
func slowHouse(t *testing.T) *house {
	t.Helper()
	h := narrowHouse(t)
	h.engine = engine.New(h.store, h.target, engine.Options{Pace: retention.PaceMax, ReleaseDelay: retention.Period{Hours: 72}})
	return h
}

// listsOf is a hold with a list of records of r for each of some texts.
func listsOf(lists ...string) retention.Hold {
	hold := retention.Hold{Matter: "m", Reason: "r"}
	for _, list := range lists {
		hold.Scope = append(hold.Scope, holdOn("r", strings.Fields(list)...).Scope...)
	}
	return hold
}

func whole(index int) retention.ScopePart { return retention.ScopePart{Index: index} }

func some(index int, ids ...string) retention.ScopePart {
	p := whole(index)
	for _, id := range ids {
		p.RecordIDs = append(p.RecordIDs, retention.Key{id})
	}
	return p
}

func (h *house) narrow(id string, parts ...retention.ScopePart) (retention.Hold, error) {
	return h.engine.NarrowHold(h.t.Context(), h.actor, id, parts, "not needed any more")
}

func (h *house) mustNarrow(id string, parts ...retention.ScopePart) retention.Hold {
	h.t.Helper()
	got, err := h.narrow(id, parts...)
	if err != nil {
		h.t.Fatal(err)
	}
	return got
}

// wantNoted checks that the guard has of each hold what was noted of it.
func (h *house) wantNoted() {
	h.t.Helper()
	altered, _, unnoted, err := h.target.AlteredHolds(h.t.Context())
	if n := h.count(`SELECT count(*) FROM holdfast_guard.hold WHERE changing`); err != nil || n+int64(len(altered)+len(unnoted)) != 0 {
		h.t.Errorf("altered %v, not noted %v, %d being changed (%v)", altered, unnoted, n, err)
	}
}

// ranAndLeft runs all policies and wants these rows of r to be left.
func (h *house) ranAndLeft(what, want string) {
	h.t.Helper()
	if run := h.mustRun(engine.RunRequest{}); run.Status != retention.RunSucceeded {
		h.t.Fatalf("%s: the run is %s: %+v", what, run.Status, run.Policies)
	}
	h.wantLeft(what, "r", want)
}

func TestAScopeFallsOutOfAHoldAtOnceWithoutACoolingOff(t *testing.T) {
	t.Parallel()
	h := narrowHouse(t)
	hold := listsOf("1 2")
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("r"), Condition: "id > 8"})
	placed := h.mustHold(hold)
	h.ranAndLeft("before", "1 2 9 10")
	if _, err := h.engine.NarrowHold(t.Context(), h.actor, placed.ID, []retention.ScopePart{whole(1)}, " "); !errors.Is(err, retention.ErrInvalid) || !strings.Contains(err.Error(), "change_reason") {
		t.Errorf("without a reason: %v, want it asked for", err)
	}
	got := h.mustNarrow(placed.ID, whole(1))
	if s := got.Scope; len(s) != 2 || s[0].Ended() || s[0].Releasing() || !s[1].Ended() || s[1].EndedEpoch == 0 || s[1].ReleasedBy != h.actor.Name || s[1].ReleaseReason != "not needed any more" || got.Status != retention.HoldActive {
		t.Fatalf("got %+v, want the condition ended and the hold in force", got)
	}
	h.ranAndLeft("after", "1 2")
	h.wantNoted()
	if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands || p.Scopes[1].Until == nil || p.Scopes[0].Until != nil {
		t.Errorf("the proof %s: %+v", p.Verdict(), p)
	}
	if n := h.told(placed.ID, retention.EventHoldNarrowed); n != 1 {
		t.Errorf("it was told %d times, want once", n)
	}
	validate(t, h.events(retention.EventFilter{Type: retention.EventHoldNarrowed}))
	if got := fmt.Sprint(h.actions(placed.ID)); !strings.HasSuffix(got, "hold.narrow hold.narrow_end hold.narrowed]") {
		t.Errorf("the audit has %s", got)
	}
}

func TestWhatFallsOutIsHeldUntilItHasCooledOffAndCanBeTakenBack(t *testing.T) {
	t.Parallel()
	h := slowHouse(t)
	placed := h.mustHold(listsOf("1 2 3", "4"))
	now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
	h.setClock(now)
	got := h.mustNarrow(placed.ID, some(0, "2", "03"))
	if s := got.Scope; len(s) != 3 || !s[2].Releasing() || !s[2].ReleasesAt.Equal(now.Add(72*time.Hour)) || s[2].SplitFrom == nil || *s[2].SplitFrom != 0 || s[2].RecordCount != 2 || s[0].RecordCount != 1 || s[0].Releasing() {
		t.Fatalf("got %+v, want 2 and 3 apart, falling out in three days", got.Scope)
	}
	h.wantNoted()
	h.setClock(now.Add(72*time.Hour - time.Second))
	h.settle()
	h.ranAndLeft("while it cools off", "1 2 3 4")

	if _, err := h.engine.TakeBackNarrowing(t.Context(), h.actor, placed.ID, 2, " "); !errors.Is(err, retention.ErrInvalid) {
		t.Errorf("taken back without a reason: %v", err)
	}
	back, err := h.engine.TakeBackNarrowing(t.Context(), h.actor, placed.ID, 2, "an appeal")
	if err != nil || back.Scope[2].Releasing() || back.Scope[2].ReleasedBy != "" {
		t.Fatalf("taken back: %+v, %v", back.Scope, err)
	}
	if _, err := h.engine.TakeBackNarrowing(t.Context(), h.actor, placed.ID, 2, "again"); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("taken back twice: %v, want a conflict", err)
	}
	h.setClock(now.Add(1000 * time.Hour))
	h.settle()
	h.ranAndLeft("taken back", "1 2 3 4")

	h.mustNarrow(placed.ID, whole(2))
	h.setClock(now.Add(2000 * time.Hour))
	if _, err := h.engine.TakeBackNarrowing(t.Context(), h.actor, placed.ID, 2, "too late"); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("taken back too late: %v, want a conflict", err)
	}
	h.settle()
	h.settle()
	h.ranAndLeft("after it", "1 4")
	h.wantNoted()
	if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands || p.Scopes[2].Records != 2 {
		t.Errorf("the proof %s: %+v", p.Verdict(), p)
	}
	records, _, err := h.engine.HoldRecords(t.Context(), h.actor, placed.ID, retention.Page{})
	if err != nil || len(records) != 4 || records[0].Until != nil || records[3].Until == nil {
		t.Errorf("the list of ids: %+v, %v; want all four, two of them until then", records, err)
	}
}

// The guard has the ids of all lists of a hold as one: what another list names must stay.
func TestAnIDOfAnotherScopeStaysHeldWhenOneFallsOut(t *testing.T) {
	t.Parallel()
	for name, prepare := range map[string]func(h *house) string{
		"placed": func(h *house) string { return h.mustHold(listsOf("1 2 3", "3 4")).ID },
		"widened": func(h *house) string {
			placed := h.mustHold(listsOf("1 2 3"))
			if _, err := h.engine.WidenHold(h.t.Context(), h.actor, placed.ID, listsOf("3 4").Scope, "more"); err != nil {
				h.t.Fatal(err)
			}
			return placed.ID
		},
		"uploaded": func(h *house) string {
			placed := h.mustHold(listsOf("1 2 3"))
			if up := h.uploaded(placed.ID, "r", "4\n3\n03\n3\n"); up.Added != 1 || up.Duplicates != 3 || up.Hold.Scope[1].RecordCount != 2 {
				h.t.Errorf("got %+v, want 4 added, and 3 in both lists once", up)
			}
			return placed.ID
		},
		"uploaded, and all were held": func(h *house) string {
			id := h.mustHold(listsOf("1 2 3 4")).ID
			if up := h.uploaded(id, "r", "3\n4\n"); up.Added != 0 || up.Duplicates != 2 || up.Scope != 1 {
				h.t.Errorf("got %+v, want both in a scope of their own", up)
			}
			return id
		},
		"the rest of a list": func(h *house) string { return h.mustHold(listsOf("3 4", "3 1 2")).ID },
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := narrowHouse(t)
			id := prepare(h)
			if name == "the rest of a list" {
				h.mustNarrow(id, some(1, "3", "1", "2"))
			} else {
				h.mustNarrow(id, whole(0))
			}
			h.ranAndLeft("narrowed", "3 4")
			h.wantNoted()
			if n := h.count(`SELECT count(*) FROM holdfast_guard.held_1`); n != 2 {
				t.Errorf("the guard has %d ids, want 2", n)
			}
			if p := h.proof(id); p.Verdict() != retention.ProofStands {
				t.Errorf("the proof %s: %+v", p.Verdict(), p)
			}
		})
	}
}

// Equal values of a key may be written in several ways, and are one id.
func TestWhatIsOneIDByTheKeysEqualityStaysHeld(t *testing.T) {
	for name, c := range map[string]struct {
		key    string
		a, b   string
		rows   string
		remain string
	}{
		"numbers":      {"numeric", "1.0", "1.00", "(1), (2)", "1"},
		"no case":      {`text COLLATE public.nocase`, "abc", "ABC", "('Abc'), ('x')", "Abc"},
		"padded texts": {"char(5)", "a", "a  ", "('a'), ('b')", "a    "},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.exec(`CREATE COLLATION public.nocase (provider = icu, locale = 'und-u-ks-level2', deterministic = false)`,
				`CREATE TABLE public.k (id `+c.key+` PRIMARY KEY, created_at timestamptz NOT NULL DEFAULT now() - interval '400 days')`, `INSERT INTO public.k (id) VALUES `+c.rows)
			h.mustPolicy(policyOn("k", 90))
			hold := holdOn("k", c.a)
			hold.Scope = append(hold.Scope, holdOn("k", c.b).Scope...)
			placed := h.mustHold(hold)
			h.mustNarrow(placed.ID, whole(0))
			h.mustRun(engine.RunRequest{})
			if got := pgtest.Value[string](t, h.url, `SELECT string_agg(id::text, ' ') FROM public.k`); strings.TrimSpace(got) != strings.TrimSpace(c.remain) {
				t.Errorf("%q is left, want %q", got, c.remain)
			}
			h.wantNoted()
		})
	}
}

// A record is free only when all that covers it has ended.
func TestWhatAnotherHoldOrAConditionCoversStaysHeld(t *testing.T) {
	t.Parallel()
	h := narrowHouse(t)
	hold := listsOf("1 2 3 4", "5")
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("r"), Condition: "id = 2"})
	placed := h.mustHold(hold)
	other := h.mustHold(listsOf("3"))
	p, err := h.engine.PreviewNarrowing(t.Context(), h.actor, placed.ID, []retention.ScopePart{whole(0)})
	if err != nil {
		t.Fatal(err)
	}
	if s := p.Scopes[0]; s.RecordCount != 4 || s.DueCount != 2 || s.DueHeldCount != 2 || s.StillHeldCount != 2 || s.KeptCount != 0 {
		t.Errorf("previewed %+v, want 4 that fall out, 2 of them held all the same and 2 due", s)
	}
	h.mustNarrow(placed.ID, whole(0))
	h.ranAndLeft("narrowed", "2 3 5")
	for _, id := range []string{placed.ID, other.ID} {
		if p := h.proof(id); p.Verdict() != retention.ProofStands {
			t.Errorf("the proof %s: %+v", p.Verdict(), p)
		}
	}
	var ids []string
	for _, r := range h.explain("r", "2").Holds {
		ids = append(ids, r.ID)
	}
	if !slices.Equal(ids, []string{placed.ID}) {
		t.Errorf("2 is held by %v, want the hold itself", ids)
	}
}

func TestANarrowingIsPreviewedAsItComesOut(t *testing.T) {
	t.Parallel()
	h := slowHouse(t)
	hold := listsOf("1 2 3 999", "3 4")
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("r"), Condition: "id > 8"})
	placed := h.mustHold(hold)
	preview := func(parts ...retention.ScopePart) retention.HoldPreview {
		t.Helper()
		p, err := h.engine.PreviewNarrowing(t.Context(), h.actor, placed.ID, parts)
		if err != nil {
			t.Fatal(err)
		}
		return p
	}
	p := preview(whole(0), whole(2))
	if s := p.Scopes[0]; s.RecordCount != 2 || s.DueCount != 2 || s.KeptCount != 1 || s.NotFoundCount != 1 {
		t.Errorf("the list: %+v, want 1 and 2 due, and 3 kept by the other list", s)
	}
	if s := p.Scopes[1]; s.RecordCount != 2 || s.DueCount != 2 {
		t.Errorf("the condition: %+v, want both due", s)
	}
	if now := pgtest.Value[time.Time](t, h.url, `SELECT clock_timestamp()`); p.AsOf.Before(now.Add(71 * time.Hour)) {
		t.Errorf("as of %s, want when it has cooled off", p.AsOf)
	}
	if s := preview(some(0, "3")).Scopes[0]; s.RecordCount != 0 || s.DueCount != 0 || s.KeptCount != 1 {
		t.Errorf("3 alone: %+v, want nothing but that it is kept", s)
	}
	if s := preview(some(0, "3"), whole(1)).Scopes; s[0].DueCount != 1 || s[1].DueCount != 2 {
		t.Errorf("3 and the other list: %+v, want 3 due in both", s)
	}
	if n := h.count(`SELECT count(*) FROM holdfast.hold_scope`); n != 3 {
		t.Errorf("there are %d scopes after the previews, want 3", n)
	}
}

func TestWhatCannotFallOutIsRefused(t *testing.T) {
	t.Parallel()
	h := slowHouse(t)
	hold := listsOf("1 2", "3")
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("r"), Condition: "id = 9"})
	placed := h.mustHold(hold)
	for name, c := range map[string]struct {
		parts []retention.ScopePart
		want  error
		words string
	}{
		"nothing":                 {nil, retention.ErrInvalid, "scopes: is required"},
		"no such scope":           {[]retention.ScopePart{whole(3)}, retention.ErrInvalid, "scopes[0].index: is 3; the hold has 3 scopes"},
		"before the first":        {[]retention.ScopePart{whole(-1)}, retention.ErrInvalid, "scopes[0].index"},
		"a scope twice":           {[]retention.ScopePart{whole(0), some(0, "1")}, retention.ErrInvalid, "scopes[1].index"},
		"ids of a condition":      {[]retention.ScopePart{some(2, "9")}, retention.ErrInvalid, "scopes[0].record_ids"},
		"ids that are not in it":  {[]retention.ScopePart{some(0, "1", "3", "77")}, retention.ErrInvalid, `scopes[0].record_ids[1]: "3" is no record of scope 0 of the hold; scopes[0].record_ids[2]: "77"`},
		"an id that is no number": {[]retention.ScopePart{whole(2), some(0, "1", "x")}, retention.ErrInvalid, "scopes[1].record_ids[1]"},
		"all of it":               {[]retention.ScopePart{whole(0), whole(1), whole(2)}, retention.ErrConflict, "release it instead"},
		"all of it, by its ids":   {[]retention.ScopePart{some(0, "2", "1"), some(1, "3"), whole(2)}, retention.ErrConflict, "release it instead"},
	} {
		if _, err := h.narrow(placed.ID, c.parts...); !errors.Is(err, c.want) || !strings.Contains(err.Error(), c.words) {
			t.Errorf("%s: got %v, want %v: %q", name, err, c.want, c.words)
		}
		// All of a list by its ids is seen when it is carried out alone.
		if _, err := h.engine.PreviewNarrowing(t.Context(), h.actor, placed.ID, c.parts); name != "all of it, by its ids" && !errors.Is(err, c.want) {
			t.Errorf("%s: the preview says %v, want %v", name, err, c.want)
		}
	}
	if got := h.hold(placed.ID); len(got.Scope) != 3 || got.Version != placed.Version || got.Scope[0].RecordCount != 2 {
		t.Fatalf("what was refused changed the hold: %+v", got)
	}
	h.mustNarrow(placed.ID, whole(0))
	for name, parts := range map[string][]retention.ScopePart{"what falls out already": {whole(0)}, "records of what falls out already": {some(0, "1")}, "the rest": {whole(1), whole(2)}} {
		if _, err := h.narrow(placed.ID, parts...); !errors.Is(err, retention.ErrConflict) {
			t.Errorf("%s: got %v, want a conflict", name, err)
		}
	}
	waits, released := h.mustPlace(awaiting()), h.mustHold(listsOf("1", "2"))
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, released.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	ended := h.mustHold(listsOf("1", "2"))
	atOnce := engine.New(h.store, h.target, engine.Options{})
	if _, err := atOnce.ReleaseHold(t.Context(), h.actor, ended.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	for name, id := range map[string]string{"a hold that awaits its list": waits.ID, "a hold that is being released": released.ID, "a hold that has ended": ended.ID} {
		if _, err := h.narrow(id, whole(0)); !errors.Is(err, retention.ErrConflict) {
			t.Errorf("%s: got %v, want a conflict", name, err)
		}
	}
	if _, err := h.narrow("00000000-0000-0000-0000-000000000000", whole(0)); !errors.Is(err, retention.ErrNotFound) {
		t.Errorf("no such hold: %v", err)
	}
}

// A process dies in the middle, with half of the ids gone: another one finishes it.
func TestANarrowingWhoseProcessDiedIsFinishedByAnother(t *testing.T) {
	for name, died := range map[string][]string{
		"before the guard": {},
		"after half of the ids": {
			`UPDATE holdfast_guard.hold SET changing = true`, `UPDATE holdfast_guard.state SET epoch = epoch + 1`,
			`UPDATE holdfast_guard.hold_scope SET ended_at = clock_timestamp(), ended_epoch = (SELECT epoch FROM holdfast_guard.state) WHERE scope_index = 0`,
			`SET holdfast.forgetting = 'on'`, `DELETE FROM holdfast_guard.held_1 WHERE k1 < 3`},
		"before it was told": {
			`UPDATE holdfast_guard.hold SET changing = true`, `UPDATE holdfast_guard.state SET epoch = epoch + 1`,
			`UPDATE holdfast_guard.hold_scope SET ended_at = clock_timestamp(), ended_epoch = (SELECT epoch FROM holdfast_guard.state), held_set = NULL WHERE scope_index = 0`,
			`SET holdfast.forgetting = 'on'`, `DELETE FROM holdfast_guard.held_1 WHERE k1 < 5`},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := slowHouse(t)
			placed := h.mustHold(listsOf("1 2 3 4 5", "5 6"))
			now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
			h.setClock(now)
			h.mustNarrow(placed.ID, whole(0))
			h.setClock(now.Add(72 * time.Hour))
			if _, falls, err := h.store.BeginScopesEnd(t.Context(), placed.ID, nil, retention.By{Actor: retention.System(), Action: "hold.narrow_end"}); err != nil || !slices.Equal(falls, []int{0}) {
				t.Fatalf("got %v, %v; want the first list to fall out", falls, err)
			}
			h.exec(died...)
			if _, err := h.engine.TakeBackNarrowing(t.Context(), h.actor, placed.ID, 0, "too late"); !errors.Is(err, retention.ErrConflict) {
				t.Errorf("taken back: %v, want a conflict", err)
			}
			if _, err := h.engine.WidenHold(t.Context(), h.actor, placed.ID, listsOf("7").Scope, "more"); !errors.Is(err, retention.ErrConflict) {
				t.Errorf("widened meanwhile: %v, want a conflict", err)
			}
			h.settle()
			got := h.hold(placed.ID)
			if !got.Scope[0].Ended() || got.Scope[0].Ending || got.Scope[1].Ended() {
				t.Fatalf("got %+v, want the first list ended", got.Scope)
			}
			h.ranAndLeft("settled", "5 6")
			h.wantNoted()
			if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands {
				t.Errorf("the proof %s: %+v", p.Verdict(), p)
			}
			if n := h.told(placed.ID, retention.EventHoldNarrowed); n != 1 {
				t.Errorf("it was told %d times, want once", n)
			}
			if _, err := h.engine.WidenHold(t.Context(), h.actor, placed.ID, listsOf("1").Scope, "more"); err != nil {
				t.Errorf("widened afterwards: %v", err)
			}
		})
	}
}

// The governed database loses the hold, or is restored to before a narrowing: what has fallen
// out stays out, and what is to fall out is held until it does.
func TestAGuardThatIsLostGetsBackWhatIsInForceAlone(t *testing.T) {
	lost := []string{`SET session_replication_role = replica; DELETE FROM holdfast_guard.held_1; DELETE FROM holdfast_guard.hold_scope; DELETE FROM holdfast_guard.hold; UPDATE holdfast_guard.state SET epoch = 0`}
	for name, c := range map[string]struct {
		before, after []string
	}{
		"the guard is lost": {nil, lost},
		"the guard is restored to before it": {
			[]string{`CREATE TABLE public.was AS SELECT * FROM holdfast_guard.hold_scope`, `CREATE TABLE public.ids AS SELECT * FROM holdfast_guard.held_1`, `CREATE TABLE public.noted AS SELECT * FROM holdfast_guard.hold`},
			[]string{`SET holdfast.forgetting = 'on'; DELETE FROM holdfast_guard.hold_scope; INSERT INTO holdfast_guard.hold_scope SELECT * FROM public.was`,
				`SET holdfast.forgetting = 'on'; DELETE FROM holdfast_guard.held_1; INSERT INTO holdfast_guard.held_1 SELECT * FROM public.ids`,
				`UPDATE holdfast_guard.hold AS h SET content = n.content, changing = n.changing FROM public.noted AS n WHERE n.no = h.no`}},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := slowHouse(t)
			hold := listsOf("1 2 3", "3 4", "6 7")
			hold.Scope = append(hold.Scope, retention.Scope{Table: public("r"), Condition: "id = 9"})
			placed := h.mustHold(hold)
			h.exec(c.before...)
			now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
			h.setClock(now)
			h.mustNarrow(placed.ID, whole(0), whole(3))
			h.setClock(now.Add(73 * time.Hour))
			h.settle()
			if got := h.hold(placed.ID); !got.Scope[0].Ended() || !got.Scope[3].Ended() {
				t.Fatalf("got %+v, want the first and the last ended", got.Scope)
			}
			h.mustNarrow(placed.ID, some(2, "7"))
			h.exec(c.after...)
			h.ranAndLeft("put back", "3 4 6 7")
			h.setClock(now.Add(200 * time.Hour))
			h.settle()
			h.ranAndLeft("after the second", "3 4 6")
			h.wantNoted()
		})
	}
}

// The store is restored to before a narrowing: what is in force by it is held again.
func TestAStoreThatIsRestoredHoldsWhatItKnows(t *testing.T) {
	t.Parallel()
	h := narrowHouse(t)
	hold := listsOf("1 2 3", "3 4")
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("r"), Condition: "id = 9"})
	placed := h.mustHold(hold)
	h.mustNarrow(placed.ID, whole(0), whole(2))
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET releases_at = NULL, ended_at = NULL, ended_epoch = NULL`)
	h.ranAndLeft("restored", "1 2 3 4 9")
	h.wantNoted()
}

func TestAHoldThatEndsEndsWhatIsToFallOutOfIt(t *testing.T) {
	t.Parallel()
	h := slowHouse(t)
	short := listsOf("1", "2")
	placed := h.mustHold(short)
	now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
	h.setClock(now)
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "settled"); err != nil {
		t.Fatal(err)
	}
	if _, err := h.engine.TakeBackRelease(t.Context(), h.actor, placed.ID, "not yet"); err != nil {
		t.Fatal(err)
	}
	h.mustNarrow(placed.ID, whole(0))
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "settled after all"); err != nil {
		t.Fatal(err)
	}
	// To keep the hold keeps no scope that is to fall out of it.
	if got, err := h.engine.TakeBackRelease(t.Context(), h.actor, placed.ID, "an appeal"); err != nil || !got.Scope[0].Releasing() {
		t.Fatalf("got %+v, %v; want the first list to fall out all the same", got.Scope, err)
	}
	if _, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "settled at last"); err != nil {
		t.Fatal(err)
	}
	h.setClock(now.Add(100 * time.Hour))
	h.settle()
	h.wantStatus(placed.ID, retention.HoldReleased)
	h.settle()
	h.ranAndLeft("released", "")
	if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands {
		t.Errorf("the proof %s: %+v", p.Verdict(), p)
	}
}

// What was disposed of after a narrowing says nothing against the hold, and before it does.
func TestTheProofJudgesAScopeUntilItFellOut(t *testing.T) {
	t.Parallel()
	h := narrowHouse(t)
	hold := listsOf("1 2", "3")
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("s"), All: true})
	h.exec(oldRows("s", 3, false)...)
	h.mustPolicy(policyOn("s", 90))
	placed := h.mustHold(hold)
	h.mustRun(engine.RunRequest{})
	h.mustNarrow(placed.ID, whole(0), whole(2))
	h.mustRun(engine.RunRequest{})
	h.wantLeft("narrowed", "s", "")
	p := h.proof(placed.ID)
	if p.Verdict() != retention.ProofStands || p.Scopes[0].DisposedCount != 0 || p.Scopes[2].Processed != 0 || p.Scopes[0].Records != 2 {
		t.Fatalf("the proof %s: %+v", p.Verdict(), p)
	}
	// As if the batches of the second run had gone by a list of holds that had both.
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET ended_epoch = ended_epoch + 100`)
	if p := h.proof(placed.ID); p.Verdict() != retention.ProofFails || p.Scopes[0].DisposedCount != 2 || p.Scopes[2].Processed != 3 {
		t.Errorf("the proof %s: %+v; want that 1, 2 and the other table speak against it", p.Verdict(), p.Scopes)
	}
}

// What keeps the application from changing held rows is there only while a scope needs it.
func TestWhatFallsOutIsNotEnforcedAnyMore(t *testing.T) {
	t.Parallel()
	h := narrowHouse(t)
	h.exec(oldRows("s", 3, false)...)
	hold := listsOf("1 2", "2 3")
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("s"), All: true}, retention.Scope{Table: public("r"), Condition: "id = 9"})
	hold.Enforcement = retention.EnforceRefuse
	placed := h.mustHold(hold)
	for _, sql := range []string{`DELETE FROM public.r WHERE id = 1`, `DELETE FROM public.r WHERE id = 9`, `DELETE FROM public.s`} {
		h.mustRefuse(sql)
	}
	h.mustNarrow(placed.ID, whole(0), whole(2), whole(3))
	for _, sql := range []string{`DELETE FROM public.r WHERE id = 1`, `DELETE FROM public.r WHERE id = 9`, `DELETE FROM public.s`} {
		if err := h.try(sql); err != nil {
			t.Errorf("%s: %v, want it let through", sql, err)
		}
	}
	h.mustRefuse(`DELETE FROM public.r WHERE id = 2`)
	if n := h.count(`SELECT count(*) FROM pg_trigger WHERE tgrelid = 'public.s'::regclass AND NOT tgisinternal`); n != 0 {
		t.Errorf("%d triggers are left on the table that nothing is held of", n)
	}
	h.watch()
	if got := h.hold(placed.ID); len(got.Faults) != 0 {
		t.Errorf("found %+v", got.Faults)
	}
}

// A table that fell out of a hold may go: it is no fault of the hold any more.
func TestAFaultOfAScopeThatFellOutCountsNoMore(t *testing.T) {
	t.Parallel()
	h := narrowHouse(t)
	h.exec(oldRows("s", 3, false)...)
	hold := listsOf("1")
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("s"), Condition: "id = 1"}, retention.Scope{Table: public("r"), Condition: "name = 'n5'"})
	placed := h.mustHold(hold)
	h.exec(`DROP TABLE public.s`, `ALTER TABLE public.r RENAME COLUMN name TO title`)
	h.watch()
	if got := h.hold(placed.ID); len(got.Faults) != 2 {
		t.Fatalf("found %+v, want both", got.Faults)
	}
	h.mustNarrow(placed.ID, whole(1), whole(2))
	h.watch()
	if got := h.hold(placed.ID); len(got.Faults) != 0 {
		t.Errorf("found %+v, want nothing", got.Faults)
	}
	h.ranAndLeft("narrowed", "1")
}

func TestWhatBelongsToRecordsFallsOutWithThem(t *testing.T) {
	for name, c := range map[string]struct {
		hold  func() retention.Hold
		parts []retention.ScopePart
		left  string
	}{
		"a scope":          {func() retention.Hold { return familiesOf("1 2", "3") }, []retention.ScopePart{whole(0)}, "5 6"},
		"records of one":   {func() retention.Hold { return familiesOf("1 2 3") }, []retention.ScopePart{some(0, "1", "3")}, "3 4"},
		"what both have":   {func() retention.Hold { return familiesOf("1 2", "2 3") }, []retention.ScopePart{whole(0)}, "3 4 5 6"},
		"and again of one": {func() retention.Hold { return familiesOf("1 2 3") }, []retention.ScopePart{some(0, "1")}, "3 4 5 6"},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			h := familyHouse(t)
			placed := h.mustHold(c.hold())
			h.mustRun(engine.RunRequest{})
			h.mustNarrow(placed.ID, c.parts...)
			h.mustRun(engine.RunRequest{})
			h.wantLeft("narrowed", "orders", c.left)
			h.wantNoted()
			h.watch()
			if p := h.proof(placed.ID); p.Verdict() != retention.ProofStands {
				t.Errorf("the proof %s: %+v", p.Verdict(), p)
			}
			if name != "and again of one" {
				return
			}
			h.mustNarrow(placed.ID, some(0, "2"))
			h.mustRun(engine.RunRequest{})
			h.wantLeft("narrowed again", "orders", "5 6")
		})
	}
}

// familiesOf is a hold on customers and what belongs to them, a scope for each text.
func familiesOf(lists ...string) retention.Hold {
	hold := retention.Hold{Matter: "m", Reason: "r"}
	for _, list := range lists {
		hold.Scope = append(hold.Scope, withFamily("customers", strings.Fields(list)...).Scope...)
	}
	return hold
}

func TestArchivedCopiesOfWhatFellOutMayGo(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	archive := policyOn("r", 90)
	archive.Action = retention.ActionArchive
	h.mustPolicy(archive)
	h.mustRun(engine.RunRequest{})
	h.exec(`CREATE INDEX ON public.r_archive (id)`)
	placed := h.mustHold(listsOf("1 2", "2 3"))
	h.mustPolicy(policyOn("r_archive", 90))
	h.mustNarrow(placed.ID, whole(0))
	h.mustRun(engine.RunRequest{})
	h.wantLeft("narrowed", "r_archive", "2 3")
}

// A list that is arriving may have what falls out: the one waits for the other.
func TestANarrowingWaitsForAListThatIsArriving(t *testing.T) {
	t.Parallel()
	h := narrowHouse(t)
	placed := h.mustHold(listsOf("1 2 3", "9"))
	sent := 0
	lines := func([]string) (retention.UploadLine, error) {
		sent++
		switch {
		case sent <= 10_000:
			return retention.UploadLine{Line: sent, Key: retention.Key{fmt.Sprint(sent + 2)}}, nil
		case sent == 10_001:
			// What came so far is kept: 3, which the first list has, and others.
			if got := h.mustNarrow(placed.ID, whole(0)); got.Scope[0].Ended() || !got.Scope[0].Releasing() {
				t.Errorf("got %+v, want it to wait", got.Scope[0])
			}
			return retention.UploadLine{Line: sent, Key: retention.Key{"2"}}, nil
		}
		return retention.UploadLine{}, errors.New("the connection is lost")
	}
	if _, err := h.engine.UploadRecords(t.Context(), h.actor, placed.ID, public("r"), "more", lines); err == nil {
		t.Fatal("the list was not cut")
	}
	h.settle()
	if got := h.hold(placed.ID); !got.Scope[0].Ended() {
		t.Fatalf("got %+v, want the first list ended", got.Scope)
	}
	h.ranAndLeft("narrowed", "2 3 4 5 6 7 8 9 10")
	h.wantNoted()
}

// Records that wait to fall out stay held when the list that they were in falls out before.
func TestRecordsOfAListThatFallsOutBeforeThemStayHeld(t *testing.T) {
	t.Parallel()
	h := slowHouse(t)
	placed := h.mustHold(listsOf("1 2 3", "9"))
	now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
	h.setClock(now)
	h.mustNarrow(placed.ID, some(0, "2"))
	// As where the governed database was away when they were split off.
	h.exec(`SET holdfast.forgetting = 'on'; DELETE FROM holdfast_guard.hold_scope WHERE scope_index = 2; UPDATE holdfast_guard.hold SET changing = true`)
	h.mustNarrow(placed.ID, whole(0))
	pgtest.Exec(t, h.storeURL, `UPDATE holdfast.hold_scope SET releases_at = releases_at - interval '71 hours' WHERE scope_index = 0`)
	h.setClock(now.Add(2 * time.Hour))
	h.settle()
	if got := h.hold(placed.ID); !got.Scope[0].Ended() || got.Scope[2].Ended() {
		t.Fatalf("got %+v, want the list ended alone", got.Scope)
	}
	h.ranAndLeft("the list ended", "2 9")
	h.setClock(now.Add(100 * time.Hour))
	h.settle()
	h.ranAndLeft("all ended", "9")
	h.wantNoted()
	var scopes []struct {
		EndedAt *time.Time `json:"ended_at"`
	}
	entries, _, err := h.engine.Audit(t.Context(), h.actor, retention.AuditFilter{Object: "hold/" + placed.ID}, retention.Page{})
	if err != nil || json.Unmarshal(entries[0].After, &struct{ Scope any }{&scopes}) != nil || scopes[2].EndedAt == nil {
		t.Errorf("the audit's last entry has %s (%v), want what ended", entries[0].After, err)
	}
}

// Two processes carry one narrowing out, and the hold is widened once the first has finished: the
// other, which goes by the lists of before, removes nothing any more.
func TestAProcessThatIsLateRemovesNoIDThatCameMeanwhile(t *testing.T) {
	t.Parallel()
	h := slowHouse(t)
	placed := h.mustHold(listsOf("1 2 3", "9"))
	now := pgtest.Value[time.Time](t, h.url, `SELECT date_trunc('second', clock_timestamp())`)
	h.setClock(now)
	h.mustNarrow(placed.ID, whole(0))
	h.setClock(now.Add(72 * time.Hour))
	before, falls, err := h.store.BeginScopesEnd(t.Context(), placed.ID, nil, retention.By{Actor: retention.System(), Action: "hold.narrow_end"})
	if err != nil {
		t.Fatal(err)
	}
	overtaken := false
	keys := func(ctx context.Context, scope int, do func([]retention.Key) error) error {
		if !overtaken {
			overtaken = true
			h.settle()
			if _, err := h.engine.WidenHold(ctx, h.actor, placed.ID, listsOf("3").Scope, "named again"); err != nil {
				t.Fatal(err)
			}
		}
		return h.store.EachScopeKeys(ctx, placed.ID, scope, 100, do)
	}
	if _, _, err := h.target.NarrowHold(t.Context(), before, falls, keys); !errors.Is(err, retention.ErrConflict) || !overtaken {
		t.Errorf("the late one answers %v, want a conflict", err)
	}
	if _, _, err := h.target.NarrowHold(t.Context(), before, falls, keys); err != nil {
		t.Errorf("later still: %v, want that there is nothing to do", err)
	}
	h.ranAndLeft("both done", "3 9")
	h.wantNoted()
}

// A scope that is to be taken out once more, since the guard had it again, is lost there
// meanwhile: that ends nothing that is in force, and keeps nobody from widening the hold.
func TestWhatTheGuardHasLostNeedNotBeTakenOutAgain(t *testing.T) {
	t.Parallel()
	h := narrowHouse(t)
	placed := h.mustHold(listsOf("1 2", "9"))
	h.mustNarrow(placed.ID, whole(0))
	if _, falls, err := h.store.BeginScopesEnd(t.Context(), placed.ID, []int{0}, retention.By{Actor: retention.System(), Action: "hold.narrow_end"}); err != nil || len(falls) != 1 {
		t.Fatalf("got %v, %v", falls, err)
	}
	h.exec(`SET holdfast.forgetting = 'on'; DELETE FROM holdfast_guard.hold_scope WHERE scope_index = 0`)
	was := h.hold(placed.ID).Scope[0]
	h.settle()
	if got := h.hold(placed.ID).Scope[0]; got.Ending || !got.EndedAt.Equal(*was.EndedAt) || got.EndedEpoch != was.EndedEpoch {
		t.Errorf("got %+v, want it ended as before", got)
	}
	h.uploaded(placed.ID, "r", "3\n")
	h.ranAndLeft("widened", "3 9")
	if n := h.told(placed.ID, retention.EventHoldNarrowed); n != 1 {
		t.Errorf("it was told %d times, want once", n)
	}
}

// away is a governed database that goes away when a narrowing is to be carried out there.
type away struct{ engine.Target }

func (away) SplitScopes(context.Context, retention.Hold) error { return retention.ErrUnavailable }

func (away) NarrowHold(context.Context, retention.Hold, []int, retention.ScopeKeys) ([]retention.ScopeEnd, retention.GuardMark, error) {
	return nil, retention.GuardMark{}, retention.ErrUnavailable
}

func TestWhatCannotFallOutNowIsHeldAndFallsOutByItself(t *testing.T) {
	t.Parallel()
	h := narrowHouse(t)
	placed := h.mustHold(listsOf("1 2 3", "9"))
	cut := engine.New(h.store, away{h.target}, engine.Options{})
	got, err := cut.NarrowHold(t.Context(), h.actor, placed.ID, []retention.ScopePart{some(0, "2"), whole(1)}, "not needed")
	if err != nil || len(got.Scope) != 3 || !got.Scope[1].Releasing() || !got.Scope[2].Releasing() || got.Scope[1].Ended() {
		t.Fatalf("got %+v, %v; want both to fall out later", got.Scope, err)
	}
	h.ranAndLeft("before", "1 2 3 9")
	h.settle()
	if got := h.hold(placed.ID); !got.Scope[1].Ended() || !got.Scope[2].Ended() {
		t.Errorf("got %+v, want both ended", got.Scope)
	}
	h.ranAndLeft("after", "1 3")
	h.wantNoted()
}
