package engine_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// dueRows is a house with tables of so many due rows each, and a policy on each.
func dueRows(t *testing.T, rows int, tables ...string) *house {
	t.Helper()
	h := freshHouse(t)
	for _, table := range tables {
		h.exec(fmt.Sprintf(`CREATE TABLE public.%s (id bigint PRIMARY KEY, note text, created_at timestamptz NOT NULL)`, table),
			fmt.Sprintf(`INSERT INTO public.%s SELECT i, 'n' || i, now() - interval '90 days' FROM generate_series(1, %d) AS i`, table, rows))
		h.mustPolicy(policyOn(table, 1))
	}
	return h
}

func (h *house) left(table string) string {
	h.t.Helper()
	return pgtest.Value[string](h.t, h.url, `SELECT coalesce(string_agg(id::text, ' ' ORDER BY id), '') FROM public.`+table)
}

func (h *house) wantLeft(what, table, want string) {
	h.t.Helper()
	if got := h.left(table); got != want {
		h.t.Errorf("%s: of %s the rows %q are left, want %q", what, table, got, want)
	}
}

// refusedHold is what a hold that must be refused is told, member by member.
func (h *house) refusedHold(hold retention.Hold) string {
	h.t.Helper()
	_, err := h.engine.PlaceHold(h.t.Context(), h.actor, hold)
	invalid, ok := errors.AsType[*retention.InvalidError](err)
	if !ok {
		h.t.Fatalf("got %v, want a refusal that names its members", err)
	}
	var said []string
	for _, f := range invalid.Fields {
		said = append(said, f.Field+" "+f.Message)
	}
	return strings.Join(said, "; ")
}

func TestAConditionThatMatchesNothingHoldsWhatComesToFitIt(t *testing.T) {
	t.Parallel()
	h := dueRows(t, 3, "r")
	hold := holdOn("r")
	hold.Scope[0] = fitting("r", "note = 'wanted'")
	if got := h.mustHold(hold).Scope[0]; got.RecordCount != 0 {
		t.Errorf("it says that it covers %d records, want none", got.RecordCount)
	}
	h.exec(`UPDATE public.r SET note = 'wanted' WHERE id = 2`)
	h.mustRun(engine.RunRequest{})
	h.wantLeft("after a run", "r", "2")
}

func TestATableWithoutAKeyIsHeldByConditionOrAsAWholeAndNotByID(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.r (id bigint, created_at timestamptz NOT NULL)`, `INSERT INTO public.r SELECT i, now() - interval '90 days' FROM generate_series(1, 4) AS i`)
	p := policyOn("r", 1)
	p.Evidence = retention.EvidenceCounts
	h.mustPolicy(p)
	if said := h.refusedHold(holdOn("r", "2")); !strings.HasPrefix(said, "scope[0].record_ids public.r has no primary key") || !strings.Contains(said, "hold what fits a condition, or the whole table with all: true") {
		t.Errorf("it is refused with %q, want the two ways that there are", said)
	}
	hold := holdOn("r")
	hold.Scope[0] = fitting("r", "id = 2")
	byCondition := h.mustHold(hold)
	h.mustRun(engine.RunRequest{})
	h.wantLeft("held by condition", "r", "2")
	hold.Scope[0] = retention.Scope{Table: public("r"), All: true}
	h.mustHold(hold)
	h.mustRelease(byCondition.ID)
	h.mustRun(engine.RunRequest{})
	h.wantLeft("held as a whole", "r", "2")
}

func (h *house) mustRelease(id string) {
	h.t.Helper()
	got, err := h.engine.ReleaseHold(h.t.Context(), h.actor, id, "a test's")
	if err != nil || got.Status != retention.HoldReleased {
		h.t.Fatalf("released: %s, %v", got.Status, err)
	}
}

func TestAKeyOfTheWrongShapeIsRefusedWithWhatItHas(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.lines (order_id bigint, line integer, created_at timestamptz NOT NULL, PRIMARY KEY (order_id, line))`,
		`CREATE TABLE public.r (id uuid PRIMARY KEY, created_at timestamptz NOT NULL)`)
	hold := holdOn("lines")
	hold.Scope[0].RecordIDs = []retention.Key{{"1", "2"}, {"1"}, {"1", "2", "3"}, {"1", "x"}}
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("r"), RecordIDs: []retention.Key{{"17"}}})
	said := h.refusedHold(hold)
	for _, want := range []string{"scope[0].record_ids[1] ", "scope[0].record_ids[2] ", "scope[0].record_ids[3] ", "scope[1].record_ids[0] ", "order_id", "uuid"} {
		if !strings.Contains(said, want) {
			t.Errorf("it is refused with %q, want %q in it", said, want)
		}
	}
	if strings.Contains(said, "record_ids[0] has") || h.count(`SELECT count(*) FROM holdfast.hold`) != 0 {
		t.Errorf("what is right is refused too, or a hold was kept: %q", said)
	}
}

// TestAHoldOnATableThatIsDroppedLaterGoesOn: on its other tables, and it can be released.
func TestAHoldOnATableThatIsDroppedLaterGoesOn(t *testing.T) {
	t.Parallel()
	h := dueRows(t, 3, "gone", "r")
	hold := holdOn("r", "2")
	hold.Scope = append(hold.Scope, retention.Scope{Table: public("gone"), RecordIDs: []retention.Key{{"1"}}})
	placed := h.mustHold(hold)
	h.exec(`DROP TABLE public.gone`)
	h.mustRun(engine.RunRequest{Policies: []string{"p_r"}})
	h.wantLeft("after a run", "r", "2")
	h.watch()
	if got := h.hold(placed.ID); got.Status != retention.HoldActive || len(got.Faults) != 1 || got.Faults[0].Scope != 1 || got.Faults[0].Effect != retention.FaultNothingLeft {
		t.Errorf("it is %s with %+v, want it in force and the dropped table named", got.Status, got.Faults)
	}
	h.mustRelease(placed.ID)
	h.mustRun(engine.RunRequest{Policies: []string{"p_r"}})
	h.wantLeft("after the release", "r", "")
}

func TestAHoldOfFiftyTablesCoversEachOfThem(t *testing.T) {
	t.Parallel()
	const tables = 50
	var names []string
	for i := range tables {
		names = append(names, fmt.Sprintf("r%d", i))
	}
	h := dueRows(t, 3, names...)
	hold := retention.Hold{Matter: "Test v. Test", Reason: "a test"}
	for i, name := range names {
		scope := retention.Scope{Table: public(name), RecordIDs: []retention.Key{{"2"}}}
		switch i % 3 {
		case 1:
			scope = fitting(name, "note = 'n2'")
		case 2:
			scope = retention.Scope{Table: public(name), All: true}
		}
		hold.Scope = append(hold.Scope, scope)
	}
	h.mustHold(hold)
	run := h.mustRun(engine.RunRequest{})
	if run.Status != retention.RunSucceeded {
		t.Errorf("the run ended as %s", run.Status)
	}
	for i, name := range names {
		h.wantLeft("after a run", name, []string{"2", "2", "1 2 3"}[i%3])
	}
}

func TestARecordIsFreeOnlyWhenAllItsHoldsHaveEnded(t *testing.T) {
	t.Parallel()
	h := dueRows(t, 3, "r")
	byID := h.mustHold(holdOn("r", "2"))
	condition := holdOn("r")
	condition.Scope[0] = fitting("r", "note = 'n2'")
	byCondition := h.mustHold(condition)
	again := h.mustHold(holdOn("r", "2"))
	h.mustRun(engine.RunRequest{})
	for _, id := range []string{byID.ID, byCondition.ID} {
		h.mustRelease(id)
		h.mustRun(engine.RunRequest{})
		h.wantLeft("one of its holds is left", "r", "2")
	}
	h.mustRelease(again.ID)
	h.mustRun(engine.RunRequest{})
	h.wantLeft("all of its holds have ended", "r", "")
}

func TestAReleasedHoldIsNotReleasedAgain(t *testing.T) {
	t.Parallel()
	h := dueRows(t, 1, "r")
	placed := h.mustHold(holdOn("r", "1"))
	h.mustRelease(placed.ID)
	before := h.hold(placed.ID)
	_, err := h.engine.ReleaseHold(t.Context(), h.actor, placed.ID, "once more")
	if !errors.Is(err, retention.ErrConflict) || !strings.Contains(err.Error(), "has ended (released); place a new one") {
		t.Errorf("got %v, want a conflict that says what can be done", err)
	}
	if after := h.hold(placed.ID); after.ReleaseReason != before.ReleaseReason || !after.ReleasedAt.Equal(*before.ReleasedAt) || after.Version != before.Version {
		t.Errorf("it was changed: %+v, was %+v", after, before)
	}
}

// leaving is a governed database that goes away once a hold is staged.
type leaving struct {
	*target.Target
	leave func()
}

func (l *leaving) ActivateHold(ctx context.Context, id string, ended *int64) (time.Time, retention.GuardMark, error) {
	l.leave()
	return l.Target.ActivateHold(ctx, id, ended)
}

// TestAHoldPlacedWhileTheGovernedDatabaseIsAway: it is kept and says that it is applying, also
// where nobody can judge what it names, and no run goes before it is in force.
func TestAHoldPlacedWhileTheGovernedDatabaseIsAway(t *testing.T) {
	t.Parallel()
	server := pgtest.StartPrivate(t, nil)
	storeURL := pgtest.New(t)
	url := server.CreateDatabase("governed")
	migrateAll(t, storeURL)
	migrateAll(t, url)
	h := newHouseApart(t, storeURL, url)
	h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`, `INSERT INTO public.r SELECT i, now() - interval '90 days' FROM generate_series(1, 3) AS i`)
	h.mustPolicy(policyOn("r", 1))
	goes := engine.New(h.store, &leaving{Target: h.target, leave: server.Kill}, engine.Options{Pace: retention.PaceMax})

	placed, err := goes.PlaceHold(t.Context(), h.actor, holdOn("r", "2"))
	if err != nil || placed.Status != retention.HoldApplying || placed.EffectiveAt != nil {
		t.Fatalf("placed while it goes away: %s, %v, want it applying", placed.Status, err)
	}
	other, err := h.engine.PlaceHold(t.Context(), h.actor, holdOn("r", "3"))
	if err != nil || other.Status != retention.HoldApplying || other.Problem != retention.NotJudged {
		t.Errorf("placed while it is away: %s, %q, %v, want it applying and not judged", other.Status, other.Problem, err)
	}
	server.Restart()
	// Until it is left to its request no more, the run waits for it.
	pgtest.Exec(t, storeURL, `CREATE OR REPLACE FUNCTION holdfast.clock() RETURNS timestamptz LANGUAGE sql VOLATILE AS $$ SELECT pg_catalog.clock_timestamp() + interval '1 minute' $$`)
	run := h.mustRun(engine.RunRequest{})
	h.wantLeft("a run right after it came back", "r", "2 3")
	if run.TotalHeld != 2 || run.TotalProcessed != 1 {
		t.Errorf("the run took %d rows and left %d as held, want 1 and 2", run.TotalProcessed, run.TotalHeld)
	}
	if got := h.hold(placed.ID); got.Status != retention.HoldActive || got.EffectiveAt == nil || got.Scope[0].RecordCount != 1 {
		t.Errorf("the hold is %+v, want it in force and counted", got)
	}
}
