package engine_test

import (
	"context"
	"testing"

	"holdfast/engine"
	"holdfast/engine/target"
	"holdfast/internal/pgtest"
	"holdfast/retention"
	"holdfast/store"
)

func TestMain(m *testing.M) { pgtest.Main(m) }

// house is the engine over real databases, without its mouths and without the job
// queue: a test executes the runs itself, so that it decides when.
type house struct {
	t testing.TB
	// url is the governed database's, storeURL the store's.
	url      string
	storeURL string
	store    *store.Store
	target   *target.Target
	engine   *engine.Engine
	actor    retention.Actor
}

var secret = []byte("a secret of the tests, 32 bytes and more")

func migrateAll(t testing.TB, url string) {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, url, store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	if err := store.Migrate(ctx, s.Pool()); err != nil {
		t.Fatal(err)
	}
	if err := target.Migrate(ctx, url); err != nil {
		t.Fatal(err)
	}
}

// newHouse wires an engine over a database whose schemas are there.
func newHouse(t testing.TB, url string) *house { return newHouseApart(t, url, url) }

// newHouseApart wires an engine whose store and governed database may be two.
func newHouseApart(t testing.TB, storeURL, targetURL string) *house {
	t.Helper()
	ctx := context.Background()
	s, err := store.Open(ctx, storeURL, store.Options{MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	tg, err := target.Open(ctx, targetURL, target.Options{Secret: secret, MaxConns: 8})
	if err != nil {
		t.Fatal(err)
	}
	h := &house{t: t, url: targetURL, storeURL: storeURL, store: s, target: tg, engine: engine.New(s, tg, engine.Options{Pace: retention.PaceMax}),
		actor: retention.Actor{Kind: retention.ActorUser, Name: "jane@example.com"}}
	t.Cleanup(h.close)
	return h
}

// freshHouse is an engine over an empty database of its own.
func freshHouse(t testing.TB) *house {
	t.Helper()
	url := pgtest.NewFrom(t, "engine", func(_ context.Context, url string) error {
		migrateAll(t, url)
		return nil
	})
	return newHouse(t, url)
}

func (h *house) close() {
	h.store.Close()
	h.target.Close()
}

func (h *house) exec(sql ...string) {
	h.t.Helper()
	pgtest.Exec(h.t, h.url, sql...)
}

func (h *house) count(sql string) int64 {
	h.t.Helper()
	return pgtest.Value[int64](h.t, h.url, sql)
}

func (h *house) mustPolicy(p retention.Policy) retention.Policy {
	h.t.Helper()
	saved, err := h.engine.CreatePolicy(context.Background(), h.actor, p)
	if err != nil {
		h.t.Fatalf("save policy %s: %v", p.Name, err)
	}
	return saved
}

// mustReplace makes the policy the next version of its name.
func (h *house) mustReplace(p retention.Policy) retention.Policy {
	h.t.Helper()
	saved, _, err := h.engine.PutPolicy(context.Background(), h.actor, p, p.Version)
	if err != nil {
		h.t.Fatalf("replace policy %s: %v", p.Name, err)
	}
	return saved
}

// mustPlace places a hold that may not be in force yet.
func (h *house) mustPlace(hold retention.Hold) retention.Hold {
	h.t.Helper()
	placed, err := h.engine.PlaceHold(context.Background(), h.actor, hold)
	if err != nil {
		h.t.Fatalf("place hold: %v", err)
	}
	return placed
}

func (h *house) mustHold(hold retention.Hold) retention.Hold {
	h.t.Helper()
	placed := h.mustPlace(hold)
	if !placed.Status.InForce() {
		h.t.Fatalf("the hold is %s, want it in force", placed.Status)
	}
	return placed
}

// mustRun requests a run, executes it in this goroutine and answers how it ended.
func (h *house) mustRun(req engine.RunRequest) retention.Run {
	h.t.Helper()
	ctx := context.Background()
	run, err := h.engine.RequestRun(ctx, h.actor, req)
	if err != nil {
		h.t.Fatalf("request run: %v", err)
	}
	if err := h.engine.ExecuteRun(ctx, run.ID, 0); err != nil {
		h.t.Fatalf("execute run: %v", err)
	}
	return h.getRun(run.ID)
}

func (h *house) getRun(id string) retention.Run {
	h.t.Helper()
	run, err := h.engine.Run(context.Background(), h.actor, id)
	if err != nil {
		h.t.Fatal(err)
	}
	return run
}

func public(name string) retention.TableName {
	return retention.TableName{Schema: "public", Name: name}
}

// policyOn deletes rows of a table by created_at after some days.
func policyOn(table string, days int) retention.Policy {
	return retention.Policy{
		Name: "p_" + table, Table: public(table), TimestampColumn: "created_at", RetentionPeriod: retention.Period{Days: days},
		Action: retention.ActionDelete, LegalBasis: "a test's", Enabled: true,
	}
}

// holdOn holds records of a table by id.
func holdOn(table string, ids ...string) retention.Hold {
	h := retention.Hold{Matter: "Test v. Test", Reason: "a test", Scope: []retention.Scope{{Table: public(table)}}}
	for _, id := range ids {
		h.Scope[0].RecordIDs = append(h.Scope[0].RecordIDs, retention.Key{id})
	}
	return h
}
