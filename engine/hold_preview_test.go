package engine_test

import (
	"errors"
	"fmt"
	"slices"
	"testing"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// previewed is what the preview says of the only scope.
func (h *house) previewed(scopes ...retention.Scope) retention.HoldPreview {
	h.t.Helper()
	p, err := h.engine.PreviewHold(h.t.Context(), h.actor, scopes)
	if err != nil {
		h.t.Fatal(err)
	}
	if len(p.Scopes) != len(scopes) {
		h.t.Fatalf("%d scopes are previewed, want %d", len(p.Scopes), len(scopes))
	}
	for _, s := range p.Scopes {
		if s.Problem != "" {
			h.t.Errorf("%s: %s", s.Table, s.Problem)
		}
	}
	return p
}

// TestWhatAPreviewSaysIsCoveredIsWhatTheHoldKeeps: for every kind of scope, and kind of key,
// the run that follows leaves exactly what was said to be due, and nothing of it is gone.
func TestWhatAPreviewSaysIsCoveredIsWhatTheHoldKeeps(t *testing.T) {
	t.Parallel()
	tables := map[string]string{
		"plain":     `CREATE TABLE public.r (id bigint PRIMARY KEY, grp integer, created_at timestamptz NOT NULL)`,
		"composite": `CREATE TABLE public.r (id bigint, grp integer, created_at timestamptz NOT NULL, PRIMARY KEY (id, grp))`,
		"padded":    `CREATE TABLE public.r (id char(6) PRIMARY KEY, grp integer, created_at timestamptz NOT NULL)`,
		"parts":     `CREATE TABLE public.r (id bigint, grp integer, created_at timestamptz NOT NULL, PRIMARY KEY (id, grp)) PARTITION BY HASH (id); CREATE TABLE public.r0 PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 0); CREATE TABLE public.r1 PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
	}
	for i, name := range pgtest.Names(tables) {
		ddl := tables[name]
		var ids []retention.Key
		for i := 1; i <= 60; i += 3 { // beyond the 50 rows there are, and of those half are due
			key := retention.Key{fmt.Sprint(i)}
			if name == "composite" || name == "parts" {
				key = append(key, fmt.Sprint(i%5))
			}
			ids = append(ids, key)
		}
		scopes := map[string]retention.Scope{"ids": {RecordIDs: ids}, "condition": {Condition: "grp IN (1, 4)"}, "all": {All: true}}
		for j, kind := range pgtest.Names(scopes) {
			if pgtest.ForLong(i, j) {
				continue
			}
			scope := scopes[kind]
			t.Run(name+"/"+kind, func(t *testing.T) {
				t.Parallel()
				h := freshHouse(t)
				h.exec(ddl, `INSERT INTO public.r SELECT i, CASE WHEN i % 10 = 7 THEN NULL ELSE i % 5 END, now() - CASE WHEN i % 2 = 0 THEN interval '1 year' ELSE interval '1 day' END FROM generate_series(1, 50) AS i WHERE i % 10 <> 7 OR `+fmt.Sprint(name == "plain" || name == "padded"))
				h.mustPolicy(policyOn("r", 90))
				scope.Table = retention.TableName{Schema: "public", Name: "r"}
				p := h.previewed(scope).Scopes[0]
				rows, due := h.count(`SELECT count(*) FROM public.r`), h.count(`SELECT count(*) FROM public.r WHERE created_at < now() - interval '90 days'`)
				if kind == "all" && (p.RecordCount != rows || p.DueCount != due) {
					t.Errorf("got %+v, want all %d rows and %d due", p, rows, due)
				}
				if p.DueCount == 0 || len(p.Samples) == 0 || len(p.Policies) != 1 || p.Policies[0].Due != p.DueCount {
					t.Errorf("got %+v, want something due and samples", p)
				}
				hold := h.mustHold(retention.Hold{Matter: "m", Reason: "r", Scope: []retention.Scope{scope}})
				if kind != "all" && hold.Scope[0].RecordCount-hold.Scope[0].NotFoundCount != p.RecordCount || hold.Scope[0].NotFoundCount != p.NotFoundCount {
					t.Errorf("the preview says %d covered and %d without a row, the hold %d and %d", p.RecordCount, p.NotFoundCount, hold.Scope[0].RecordCount, hold.Scope[0].NotFoundCount)
				}
				run := h.mustRun(engine.RunRequest{})
				if run.TotalHeld != p.DueCount || run.TotalProcessed != due-p.DueCount {
					t.Errorf("the run held %d and took %d; the preview said %d of %d due", run.TotalHeld, run.TotalProcessed, p.DueCount, due)
				}
				// Another look: what is due is held already.
				if again := h.previewed(scope).Scopes[0]; again.DueCount != 0 || again.DueHeldCount != p.DueCount || again.RecordCount != p.RecordCount {
					t.Errorf("under the hold the preview says %+v, want the same %d, all held", again, p.DueCount)
				}
			})
		}
	}
}

func TestAPreviewTellsWhatIsGoneAlreadyAndHowFarItCanTell(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	h.exec(oldRows("untold", 10, false)...)
	h.mustPolicy(policyOn("r", 90))
	p := policyOn("untold", 90)
	p.Evidence = retention.EvidenceCounts
	h.mustPolicy(p)
	h.mustRun(engine.RunRequest{})
	h.carry()
	h.exec(`INSERT INTO public.r VALUES (100, 'new', now())`)
	got := h.previewed(retention.Scope{Table: retention.TableName{Schema: "public", Name: "r"}, RecordIDs: []retention.Key{{"1"}, {"2"}, {"100"}, {"999"}}},
		retention.Scope{Table: retention.TableName{Schema: "public", Name: "untold"}, RecordIDs: []retention.Key{{"1"}}})
	r, untold := got.Scopes[0], got.Scopes[1]
	var gone []string
	for _, g := range r.Gone.Found {
		gone = append(gone, g.Key[0])
		if g.Policy != "p_r" || g.Action != retention.ActionDelete || g.RunID == "" || g.At.IsZero() {
			t.Errorf("got %+v of a deleted record", g)
		}
	}
	if !slices.Equal(gone, []string{"1", "2"}) || r.RecordCount != 1 || r.NotFoundCount != 3 || r.Gone.LookedUp != 4 || r.Gone.Total != 10 || r.Gone.Untold != 0 {
		t.Errorf("got %+v, want 1 and 2 gone of 10", r)
	}
	if len(untold.Gone.Found) != 0 || untold.Gone.Untold != 10 || untold.Gone.UntoldUntil == nil {
		t.Errorf("got %+v, want that nobody can tell of 10", untold.Gone)
	}
	if n := h.count(`SELECT count(*) FROM holdfast_guard.hold`) + h.count(`SELECT count(*) FROM holdfast.hold`); n != 0 {
		t.Errorf("%d holds are there after a preview", n)
	}
}

// TestAReleaseIsPreviewedAsOfItsEnd: what becomes due by then counts, what another hold keeps
// does not.
func TestAReleaseIsPreviewedAsOfItsEnd(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.engine = engine.New(h.store, h.target, engine.Options{Pace: retention.PaceMax, ReleaseDelay: retention.Period{Days: 10}})
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.r SELECT i, 'n', now() - i * interval '10 days' + interval '1 hour' FROM generate_series(1, 20) AS i`)
	h.mustPolicy(policyOn("r", 90))
	hold := h.mustHold(holdOn("r", idRange(1, 20)...))
	h.mustHold(holdOn("r", "15"))
	p, err := h.engine.PreviewRelease(t.Context(), h.actor, hold.ID)
	if err != nil {
		t.Fatal(err)
	}
	// Due are those older than 90 days: 10 to 20 now, and 9 when it ends.
	if s := p.Scopes[0]; s.RecordCount != 20 || s.DueCount != 11 || s.DueHeldCount != 1 {
		t.Errorf("got %+v, want 20 covered, 11 due and 1 that the other hold keeps", s)
	}
}

func TestAPreviewRefusesWhatPlacingWould(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 3, false)...)
	for name, scope := range map[string]retention.Scope{
		"no table":       {Table: retention.TableName{Schema: "public", Name: "nowhere"}, All: true},
		"a bad id":       {Table: retention.TableName{Schema: "public", Name: "r"}, RecordIDs: []retention.Key{{"x"}}},
		"a bad column":   {Table: retention.TableName{Schema: "public", Name: "r"}, Condition: "nothing = 1"},
		"nothing at all": {Table: retention.TableName{Schema: "public", Name: "r"}},
	} {
		if _, err := h.engine.PreviewHold(t.Context(), h.actor, []retention.Scope{scope}); !errors.Is(err, retention.ErrInvalid) {
			t.Errorf("%s: got %v, want invalid", name, err)
		}
	}
}
