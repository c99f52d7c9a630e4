package main

import (
	"context"
	"encoding/json"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/internal/pgtest"
)

// The torture: two processes, runs of all actions at once, holds of every kind of scope
// placed, widened and released at random, an application that inserts, edits, re-keys and
// deletes beside them, also what it is kept from, and everything killed in between. Afterwards the server's own log is held against the
// promises (torture_history_test.go). HOLDFAST_TORTURE is for how long (default 7s),
// HOLDFAST_TORTURE_SEED repeats the choices, not the timing.
func TestTorture(t *testing.T) {
	t.Parallel()
	if testing.Short() {
		t.Skip("kills for a while")
	}
	r := newTorture(t, os.Args[0], tortureTime(t, 7*time.Second))
	r.run()
	j := r.judge()
	for _, f := range j.faults {
		t.Error(f)
	}
	t.Logf("seed %d: %d batches changed %d rows, the application committed %d times, %d old versions were kept, and %d scopes fell out of holds; %s", r.seed, j.batches, j.ours, j.theirs, j.kept, j.fell, r.said())
	if j.batches < 20 || j.ours < 100 || j.kept == 0 || j.fell == 0 || !r.enough() {
		t.Errorf("too little happened to show anything")
	}
}

// mutants are planted bugs, each of some replacements in files, which the torture must
// find.
var mutants = []struct {
	name  string
	plant []planting
}{
	{"the hold check is removed", []planting{{"engine/sqlgen/sqlgen.go", "if g.plan.Holds.Any() {\n\t\ts += ", "if false {\n\t\ts += "},
		{"engine/sqlgen/seen.go", "held = g.heldIn(b, alias, in)", "held = \"false\""}}},
	{"rows are deleted that changed since they were judged", []planting{{"engine/sqlgen/seen.go", `pg_catalog.age(%s.xmin) %s (SELECT pg_catalog.age(%s::pg_catalog.xid))`, `(%s.xmin IS NOT NULL OR 0 %s (SELECT pg_catalog.age(%s::pg_catalog.xid)))`}}},
	{"holds are judged by an anti-join", []planting{
		{"engine/sqlgen/sqlgen.go", "if schema, ok := oneEqSchema(key); ok && set.Hash {", "if schema, ok := oneEqSchema(key); ok && false {"},
		{"engine/sqlgen/sqlgen.go", "ANY (%s::integer[]) OFFSET 0)\",\n\t\tHeldTable(set.ID)", "ANY (%s::integer[]))\",\n\t\tHeldTable(set.ID)"},
	}},
	{"holds by condition are left out", []planting{{"engine/sqlgen/sqlgen.go", "if len(h.Conditions) > 0 {", "if false {"}}},
	{"the guard's lock is not taken", []planting{{"engine/target/batch.go", "b.Queue(`SELECT pg_advisory_xact_lock_shared($1, $2)`, guardLockClass, guardLockObject)\n", "\n"}}},
	{"the guard's lock is taken inside a statement", []planting{
		{"engine/target/batch.go", "b.Queue(`SELECT pg_advisory_xact_lock_shared($1, $2)`, guardLockClass, guardLockObject)\n", "\n"},
		{"engine/target/batch.go", "FROM holdfast_guard.state`, d.planned.oids, d.planned.Table.OID)", "FROM (SELECT pg_advisory_xact_lock_shared($3, $4)) AS l, holdfast_guard.state`, d.planned.oids, d.planned.Table.OID, guardLockClass, guardLockObject)"},
	}},
	{"the progress is written after the transaction", []planting{{
		"engine/target/account.go", "if err := d.queueProgress(b, *out, p); err != nil {\n\t\treturn err\n\t}\n\tb.Queue(\"COMMIT\")", "b.Queue(\"COMMIT\")\n\tif err := d.queueProgress(b, *out, p); err != nil {\n\t\treturn err\n\t}",
	}}},
	{"a hold is ended before its cooling-off is over", []planting{
		{"retention/hold_step.go", "case m.Step == StepEnd && !cooled:", "case false:"},
		{"engine/hold_end.go", "case h.Status == retention.HoldReleasing && h.ReleasesAt != nil && h.ReleasesAt.After(now):", "case false:"},
	}},
	// The pause only makes the moment longer in which somebody may extend it.
	{"an expiry ends a hold that was extended", []planting{
		{"retention/hold_step.go", "if h.ExpiresAt == nil || h.ExpiresAt.After(now) || h.OnExpiry != then {", "if h.ExpiresAt == nil || h.OnExpiry != then {"},
		{"engine/hold_end.go", "h, err := e.store.MarkHold(ctx, h.ID, retention.HoldMark{Step: retention.StepExpire,", "time.Sleep(400 * time.Millisecond)\n\th, err := e.store.MarkHold(ctx, h.ID, retention.HoldMark{Step: retention.StepExpire,"},
	}},
	{"a renamed column frees the rows of a condition", []planting{{"engine/plan/holds.go", "if !h.fitting(t, s) {", "if !h.fitting(t, s) && false {"}}},
	{"runs go on in a table that was renamed", []planting{{"engine/plan/holds.go", "case related && !s.Named.IsZero() && s.Named != s.Table:", "case false:"}}},
	{"a release that was taken back ends the hold all the same", []planting{{"retention/hold_step.go", "h.Status, h.ReleaseReason, h.ReleasesAt = HoldActive, \"\", nil\n", "_ = HoldActive\n"}}},
	{"what belongs to held records is not held", []planting{{"engine/sqlgen/sqlgen.go", "parts = append(parts, inFamily(b, f, as))", "parts = append(parts, \"false AND \"+inFamily(b, f, as))"}}},
	{"what belongs to held records is held one foreign key less far", []planting{{"engine/sqlgen/lineage.go", "if budget < 1 {", "if budget < 2 {"}}},
	{"the triggers of a hold that is enforced are not made", []planting{{"engine/target/guard.go",
		"return installTriggers(ctx, tx, relations) }, func(tx pgx.Tx) error {\n\t\t// clock_timestamp()", "return nil }, func(tx pgx.Tx) error {\n\t\t// clock_timestamp()"}}},
	{"a hold that is enforced does not wait for those who write", []planting{{"engine/target/enforce.go", "IN SHARE ROW EXCLUSIVE MODE", "IN ACCESS SHARE MODE"}}},
	{"triggers let a transaction through that cannot see the hold", []planting{{"engine/sqlgen/enforce.go", `"    IF NOT " + latest`, `"    IF false AND NOT " + latest`}}},
	{"a hold that preserves forgets what was", []planting{{"engine/sqlgen/enforce.go", "VALUES (by_holds, TG_RELID, %s, %s, %s, TG_OP, pg_catalog.to_json(OLD), %s);", "SELECT by_holds, TG_RELID, %s, %s, %s, TG_OP, pg_catalog.to_json(OLD), %s WHERE false;"}}},
	{"a hold that preserves keeps what comes", []planting{{"engine/sqlgen/enforce.go", "TG_OP, pg_catalog.to_json(OLD), %s);", "TG_OP, pg_catalog.to_json(coalesce(NEW, OLD)), %s);"}}},
	{"what loses its way up to a held record is not kept", []planting{{"engine/sqlgen/keep.go", "below, own := e.below(b, f), e.ownKey(b, f)", "below, own := \"\", \"\""}}},
	{"what comes to refer to a kept row is not held", []planting{{"engine/sqlgen/lineage.go", "return n.Kept != 0 && tellable(l.Lineage, node)", "return false && tellable(l.Lineage, node)"}}},
	{"a list for a hold in force does not count", []planting{{"engine/target/upload.go", "if scope >= 0 {\n\t\tif err := u.t.stageScope", "if scope >= 0 && !h.Status.InForce() {\n\t\tif err := u.t.stageScope"}}},
	{"a list counts as whole whose process died", []planting{{"engine/uploads.go", "table, counts, true, by, &after)", "table, counts, false, by, &after)"}}},
	{"an id that two lists have goes with one of them", []planting{{"engine/target/narrow.go", "if !slices.Contains(g.falls, i) && !s.Ended() && s.ByID() && same {", "if false && same && s.ByID() {"},
		{"engine/target/narrow.go", "if others && len(g.others) == 0 {", "if false {"}}},
	{"a part falls out of a hold before it has cooled off", []planting{{"retention/hold_narrow.go", "s.Ending || s.Releasing() && !s.ReleasesAt.After(now) {", "s.Ending || s.Releasing() {"}}},
	{"a part that was to be kept after all falls out of a hold", []planting{{"store/narrowing.go", "SET releases_at = NULL, released_by = '', release_reason = ''", "SET release_reason = ''"}}},
	{"the cascade is left to the database", []planting{{"engine/plan/family.go", "if !in.Policy.Action.Removes() {\n\t\treturn nil", "if true {\n\t\treturn nil"}}},
}

// planting replaces a text that stands once in a file of the module.
type planting struct{ file, old, new string }

// TestEveryPlantedBugFits: what a mutant replaces stands once in its file, so that it can be
// planted when it is asked for.
func TestEveryPlantedBugFits(t *testing.T) {
	for _, m := range mutants {
		for _, p := range m.plant {
			b, err := os.ReadFile(filepath.Join("../..", p.file))
			if err != nil {
				t.Fatal(err)
			}
			if n := strings.Count(string(b), p.old); n != 1 {
				t.Errorf("%s: %s has %d times what is to be changed, want once: mend the mutant\n%s", m.name, p.file, n, p.old)
			}
		}
	}
}

// TestTortureFindsPlantedBugs builds the program with one bug at a time. It takes
// minutes: `make torture` asks for it.
func TestTortureFindsPlantedBugs(t *testing.T) {
	if os.Getenv("HOLDFAST_TORTURE_MUTANTS") == "" {
		t.Skip("`make torture` plants bugs")
	}
	for _, m := range mutants {
		t.Run(m.name, func(t *testing.T) {
			program := buildMutant(t, m.plant)
			// It may take more than one try: what it breaks depends on the moment.
			for try := range 3 {
				r := newTorture(t, program, tortureTime(t, 20*time.Second))
				r.run()
				if j := r.judge(); len(j.faults) > 0 {
					t.Logf("found on try %d: %s", try+1, strings.Join(j.faults[:min(3, len(j.faults))], "\n"))
					return
				}
			}
			t.Error("the torture does not find it")
		})
	}
}

func tortureTime(t *testing.T, normal time.Duration) time.Duration {
	t.Helper()
	text := os.Getenv("HOLDFAST_TORTURE")
	if text == "" {
		return normal
	}
	d, err := time.ParseDuration(text)
	if err != nil {
		t.Fatalf("HOLDFAST_TORTURE: %v", err)
	}
	return d
}

// buildMutant builds the program from a copy of the module with changes.
func buildMutant(t *testing.T, plant []planting) string {
	t.Helper()
	dir := t.TempDir()
	root := filepath.Join(dir, "holdfast")
	copyModule(t, root)
	for _, p := range plant {
		path := filepath.Join(root, p.file)
		b, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if n := strings.Count(string(b), p.old); n != 1 {
			t.Fatalf("%s has %d times what is to be changed, want once: mend the mutant\n%s", p.file, n, p.old)
		}
		if err := os.WriteFile(path, []byte(strings.Replace(string(b), p.old, p.new, 1)), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	program := filepath.Join(dir, "mutant")
	cmd := exec.CommandContext(t.Context(), "go", "build", "-o", program, "./cmd/holdfast")
	cmd.Dir = root
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("build the mutant: %v\n%s", err, out)
	}
	return program
}

// copyModule copies what the program is built from.
func copyModule(t *testing.T, to string) {
	t.Helper()
	from := os.DirFS("../..")
	err := fs.WalkDir(from, ".", func(path string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() {
			if path != "." && strings.HasPrefix(d.Name(), ".") || d.Name() == "node_modules" || d.Name() == "shots" {
				return fs.SkipDir
			}
			return os.MkdirAll(filepath.Join(to, path), 0o700)
		}
		b, err := fs.ReadFile(from, path)
		if err != nil {
			return err
		}
		return os.WriteFile(filepath.Join(to, path), b, 0o600)
	})
	if err != nil {
		t.Fatal(err)
	}
}

// torture is one round of it.
type torture struct {
	t        *testing.T
	program  string
	length   time.Duration
	seed     uint64
	rnd      *rand.Rand
	server   *pgtest.Private
	store    string
	governed string
	services []*service

	mu     sync.Mutex
	done   map[string]int
	places []time.Duration
	// acts are what was answered as done to holds, broken what an answer got wrong.
	acts   []act
	broken []string
	// lists are what was sent to holds that wait for it, by hold, and at who takes one now.
	lists map[string]list
	at    map[string]*service
	// asked is what was to fall out of holds, by hold.
	asked map[string]*narrowing
	// proofs are those of the holds, by id.
	proofs map[string]holdProof
	// turn is taken by whoever is about to change a hold; see conduct.
	turn sync.RWMutex
}

const tortureTables = `
	CREATE TABLE public.app_mark (no bigint GENERATED ALWAYS AS IDENTITY, at timestamptz NOT NULL DEFAULT now());
	CREATE TABLE public.acc (id bigint PRIMARY KEY, note text, created_at timestamptz NOT NULL);
	CREATE INDEX ON public.acc (created_at);
	CREATE TABLE public.item (id bigint PRIMARY KEY, acc_id bigint REFERENCES public.acc ON DELETE CASCADE ON UPDATE CASCADE, note text);
	CREATE INDEX ON public.item (acc_id);
	CREATE TABLE public.claim (id bigint PRIMARY KEY, item_id bigint REFERENCES public.item ON UPDATE CASCADE);
	CREATE INDEX ON public.claim (item_id);
	CREATE TABLE public.person (id bigint PRIMARY KEY, name text, email text UNIQUE, seen_at timestamptz NOT NULL);
	CREATE TABLE public.log (id bigint PRIMARY KEY, note text, at timestamptz NOT NULL);
	CREATE INDEX ON public.log (at);
	CREATE TABLE public.plain (id bigint PRIMARY KEY, note text, at timestamptz NOT NULL);
	CREATE INDEX ON public.plain (at); ALTER TABLE public.plain REPLICA IDENTITY FULL;
	CREATE TABLE public.ev (id bigint PRIMARY KEY, note text, at timestamptz NOT NULL) PARTITION BY HASH (id);
	CREATE TABLE public.ev_0 PARTITION OF public.ev FOR VALUES WITH (MODULUS 3, REMAINDER 0);
	CREATE TABLE public.ev_1 PARTITION OF public.ev FOR VALUES WITH (MODULUS 3, REMAINDER 1);
	CREATE TABLE public.ev_2 PARTITION OF public.ev FOR VALUES WITH (MODULUS 3, REMAINDER 2);
	CREATE INDEX ON public.ev (at);
	CREATE TABLE public.memo (id bigint PRIMARY KEY, note text NOT NULL, at timestamptz NOT NULL);
	CREATE INDEX ON public.memo (at);
	CREATE TABLE public.tiny (id bigint PRIMARY KEY, note text NOT NULL, at timestamptz NOT NULL);
	ALTER TABLE public.memo REPLICA IDENTITY FULL; ALTER TABLE public.tiny REPLICA IDENTITY FULL;
	CREATE TABLE public.trail (id bigint GENERATED ALWAYS AS IDENTITY, log_id bigint);
	CREATE FUNCTION public.trail() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN INSERT INTO public.trail (log_id) VALUES (OLD.id); RETURN NULL; END $$;
	CREATE TRIGGER trail AFTER DELETE ON public.log FOR EACH ROW EXECUTE FUNCTION public.trail();
	ALTER TABLE public.ev_0 REPLICA IDENTITY FULL; ALTER TABLE public.ev_1 REPLICA IDENTITY FULL; ALTER TABLE public.ev_2 REPLICA IDENTITY FULL;
	ALTER TABLE public.acc REPLICA IDENTITY FULL; ALTER TABLE public.item REPLICA IDENTITY FULL; ALTER TABLE public.claim REPLICA IDENTITY FULL;
	ALTER TABLE public.person REPLICA IDENTITY FULL; ALTER TABLE public.log REPLICA IDENTITY FULL;
	INSERT INTO public.acc SELECT i, 'a' || i, now() - make_interval(days => 40 + i % 100) FROM generate_series(1, 3000) AS i;
	INSERT INTO public.item SELECT i, 1 + i % 3000, 'i' || i FROM generate_series(1, 6000) AS i;
	INSERT INTO public.claim SELECT i, i * 50 FROM generate_series(1, 100) AS i;
	INSERT INTO public.person SELECT i, 'n' || i, 'e' || i, now() - make_interval(days => 40 + i % 100) FROM generate_series(1, 3000) AS i;
	INSERT INTO public.plain SELECT i, 'p' || i, now() - make_interval(days => 40 + i % 100) FROM generate_series(1, 3000) AS i;
	INSERT INTO public.ev SELECT i, 'e' || i, now() - make_interval(days => 40 + i % 100) FROM generate_series(1, 3000) AS i;
	INSERT INTO public.memo SELECT i, 'c' || i % 12, now() - make_interval(days => 40 + i % 100) FROM generate_series(1, 3000) AS i;
	INSERT INTO public.tiny SELECT i, 't' || i, now() - make_interval(days => 40 + i % 100) FROM generate_series(1, 100) AS i;
	INSERT INTO public.log SELECT i, 'l' || i, now() - make_interval(days => 40 + i % 100) FROM generate_series(1, 3000) AS i;`

var torturePolicies = []string{
	`{"name":"acc","table":"public.acc","timestamp_column":"created_at","retention_period":"P30D","action":"delete","cascade":["public.item"],"legal_basis":"a test's","batch_size":20}`,
	`{"name":"person","table":"public.person","timestamp_column":"seen_at","retention_period":"P30D","action":"anonymize","columns":{"name":{"method":"redact"},"email":{"method":"hash"}},"legal_basis":"a test's","batch_size":20}`,
	`{"name":"log","table":"public.log","timestamp_column":"at","retention_period":"P30D","action":"archive","triggers":{"public.trail":"inserted"},"legal_basis":"a test's","batch_size":20}`,
	`{"name":"plain","table":"public.plain","timestamp_column":"at","retention_period":"P30D","action":"delete","legal_basis":"a test's","batch_size":20}`,
	`{"name":"ev","table":"public.ev","timestamp_column":"at","retention_period":"P30D","action":"delete","legal_basis":"a test's","batch_size":20}`,
	`{"name":"tiny","table":"public.tiny","timestamp_column":"at","retention_period":"P30D","action":"delete","legal_basis":"a test's","batch_size":20}`,
}

func newTorture(t *testing.T, program string, length time.Duration) *torture {
	t.Helper()
	r := &torture{t: t, program: program, length: length, seed: rand.Uint64(), done: map[string]int{}, lists: map[string]list{}, asked: map[string]*narrowing{}, at: map[string]*service{}, proofs: map[string]holdProof{}}
	if text := os.Getenv("HOLDFAST_TORTURE_SEED"); text != "" {
		seed, err := strconv.ParseUint(text, 10, 64)
		if err != nil {
			t.Fatalf("HOLDFAST_TORTURE_SEED: %v", err)
		}
		r.seed = seed
	}
	r.rnd = rand.New(rand.NewPCG(r.seed, 1))
	r.server = pgtest.StartPrivate(t, map[string]string{"wal_level": "logical", "max_replication_slots": "2", "synchronous_commit": "on", "max_connections": "200"})
	r.store, r.governed = r.server.CreateDatabase("store"), r.server.CreateDatabase("governed")
	pgtest.Exec(t, r.governed, tortureTables, familyTables, saidTable)
	r.services = []*service{r.start()}
	for _, p := range append(torturePolicies, familyPolicies...) {
		r.services[0].call("POST", "/api/v1/policies", jsonType, p, 201)
	}
	followLog(t, r.governed)
	r.services[0].call("POST", "/api/v1/holds", jsonType, holdOnNobody(), 201)
	r.prepareMemo()
	r.prepareFamilies()
	r.prepareEnforcement()
	r.services = append(r.services, r.start())
	return r
}

func (r *torture) start() *service {
	// An expiry cools off too, in every second round.
	return startProgram(r.t, r.program, r.store, "HOLDFAST_TARGET_URL="+r.governed, "HOLDFAST_RELEASE_DELAY=PT1S", fmt.Sprintf("HOLDFAST_EXPIRY_DELAY=PT%dS", r.seed%2))
}

func (r *torture) count(what string) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.done[what]++
}

func (r *torture) said() string {
	var slowest time.Duration
	for _, d := range r.places {
		slowest = max(slowest, d)
	}
	return fmt.Sprintf("%v; the slowest hold was in force after %s", r.done, slowest.Round(time.Millisecond))
}

var policyName = regexp.MustCompile(`"name":"(\w+)"`)

// fewHolds are as many as a round needs to show anything.
const fewHolds = 3

// fewBatches are as many, of a policy, while everything else goes on: what is done in peace at
// the end shows nothing.
const fewBatches = 3

// enough reports whether something of everything has happened.
func (r *torture) enough() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	all := r.done["hold placed"] >= fewHolds && r.done["hold.release"] > 0 && r.done["list in force"] > 0 && r.done["application refused"] > 0 && r.done["hold.narrow"] > 0 &&
		r.done["service killed"] > 0 && r.done["PostgreSQL killed"] > 0
	for _, a := range alterations {
		all = all && r.done[a.name] > 0
	}
	want, had := 6, 0
	if r.length < 10*time.Second {
		want = 3 // on a busy machine not each has its turn in a short round
	} else {
		all = all && r.done["batch met in mid-statement"] > 0
	}
	for _, policy := range wantedPolicies {
		if r.done["batch of "+policy] >= fewBatches {
			had++
		}
	}
	all = all && had >= want
	return all
}

// run lets everything go on at once until the time is over, on a busy machine until something
// of everything has happened, then lets what is due be done in peace.
func (r *torture) run() {
	ctx, cancel := context.WithTimeout(r.t.Context(), max(10*r.length, 150*time.Second))
	defer cancel()
	began := time.Now()
	var wg sync.WaitGroup
	// Few of each: two cores that have all of them waiting for a turn carry out no batch.
	for i := range 3 {
		wg.Go(func() { r.apply(ctx, rand.New(rand.NewPCG(r.seed, uint64(10+i)))) })
	}
	for i := range 2 {
		wg.Go(func() { r.live(ctx, rand.New(rand.NewPCG(r.seed, uint64(30+i)))) })
	}
	wg.Go(func() { r.conduct(ctx) })
	wg.Go(func() { r.ambush(ctx, rand.New(rand.NewPCG(r.seed, 80))) })
	wg.Go(func() { r.alter(ctx, rand.New(rand.NewPCG(r.seed, 40))) })
	wg.Go(func() { r.listing(ctx, rand.New(rand.NewPCG(r.seed, 50))) })
	wg.Go(func() { r.narrowing(ctx, rand.New(rand.NewPCG(r.seed, 70))) })
	wg.Go(func() { r.defying(ctx, rand.New(rand.NewPCG(r.seed, 60))) })
	wg.Go(func() { r.breakHeld(ctx, rand.New(rand.NewPCG(r.seed, 61))) })
	held := make(chan []string, 1)
	wg.Go(func() { held <- r.hold(ctx, rand.New(rand.NewPCG(r.seed, 20))) })
	for ctx.Err() == nil && (time.Since(began) < r.length || !r.enough()) {
		r.ask()
		r.break_(ctx)
	}
	cancel()
	wg.Wait()
	<-held
	r.settle()
}

// one is one of the services, by the caller's dice.
func (r *torture) one(rnd *rand.Rand) *service {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.services[rnd.IntN(len(r.services))]
}

func (r *torture) replace(i int, s *service) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.services[i] = s
}

// inTurn is one of them for a change of a hold, once it may be made.
func (r *torture) inTurn(rnd *rand.Rand) *service {
	r.turn.RLock()
	defer r.turn.RUnlock()
	return r.one(rnd)
}

// conduct lets holds be changed for a moment, and then for as long not as the runs need for
// some batches. A change of the list of holds has every run plan anew: with changes all the
// time none came to take a row, and the checker had nothing to find.
func (r *torture) conduct(ctx context.Context) {
	for turn := 0; ctx.Err() == nil; turn++ {
		idle(ctx, 300*time.Millisecond)
		r.calm(ctx, wantedPolicies[turn%len(wantedPolicies)])
	}
}

// wantedPolicies are those of which a round wants batches.
var wantedPolicies = []string{"log", "acc", "person", "plain", "ev", "paper"}

// calm keeps holds from being changed until a few batches have been carried out, of the policy
// whose turn it is too.
func (r *torture) calm(ctx context.Context, policy string) {
	r.turn.Lock()
	defer r.turn.Unlock()
	began, batches, of := time.Now(), r.batches(ctx), r.batchesOf(policy)
	for ctx.Err() == nil && time.Since(began) < 4*time.Second && (r.batches(ctx) < batches+5 || r.batchesOf(policy) == of) {
		idle(ctx, 50*time.Millisecond)
	}
}

// batchesOf is how many of a policy there were when somebody last looked.
func (r *torture) batchesOf(policy string) int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.done["batch of "+policy]
}

// batches is how many have changed something, which is noted by policy.
func (r *torture) batches(ctx context.Context) (sum int) {
	conn, err := pgx.Connect(ctx, r.governed)
	if err != nil {
		return 0
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	rows, err := conn.Query(ctx, `SELECT policy, count(*)::int FROM holdfast_guard.journal WHERE processed > 0 GROUP BY policy`)
	if err != nil {
		return 0
	}
	r.mu.Lock()
	defer r.mu.Unlock()
	var policy string
	var n int
	_, _ = pgx.ForEachRow(rows, []any{&policy, &n}, func() error { // as many as it can tell
		r.done["batch of "+policy] = n
		sum += n
		return nil
	})
	return sum
}

// ask asks for runs of the policies that have none which has not ended, and now and then of
// everything; more may be under way. Who asks for more than is worked off asks for a queue, in
// which some never have their turn.
func (r *torture) ask() {
	open := pgtest.Value[[]string](r.t, r.store, `SELECT coalesce(array_agg(p.policy), '{}') FROM holdfast.run_policy AS p JOIN holdfast.run AS r ON r.id = p.run_id WHERE r.finished_at IS NULL`)
	which := []string{`"log"`, `"plain"`, `"ev"`, `"person"`, `"acc"`, `"memo","memo_was","tiny"`, `"paper","deal","post"`}
	r.rnd.Shuffle(len(which), func(i, k int) { which[i], which[k] = which[k], which[i] })
	for _, names := range which {
		if first := strings.Trim(strings.Split(names, ",")[0], `"`); !slices.Contains(open, first) {
			r.askFor(`,"policies":[` + names + `]`)
		}
	}
	if len(open) < 20 && r.rnd.IntN(4) == 0 {
		r.askFor("")
	}
}

func (r *torture) askFor(more string) {
	if status, _ := r.one(r.rnd).tryAsk("POST", "/api/v1/runs", `{"pace":"max"`+more+`}`); status == 202 {
		r.count("run asked for")
	}
}

// break_ kills something, or stops it for a while, and starts it again.
func (r *torture) break_(ctx context.Context) {
	idle(ctx, time.Duration(300+r.rnd.IntN(900))*time.Millisecond)
	i := r.rnd.IntN(len(r.services))
	switch r.rnd.IntN(12) {
	case 0, 1:
		r.services[i].kill()
		r.count("service killed")
		r.forsake()
		r.replace(i, r.start())
	case 2:
		r.server.Kill()
		r.server.Restart()
		r.forsake()
		r.count("PostgreSQL killed")
	case 3:
		r.freeze(ctx, r.services[i])
		r.count("service stopped for a while")
	}
}

// forsake leaves nothing any more to a process that was killed perhaps: others wait ten seconds
// for a hold that is being applied, half a minute for a list that was arriving, and eight
// seconds for a run, which is longer than a round. Where whoever is at it lives, two are at it
// at once.
func (r *torture) forsake() {
	pgtest.Exec(r.t, r.store, `UPDATE holdfast.hold SET created_at = created_at - interval '1 minute' WHERE status = 'applying'`,
		`UPDATE holdfast.hold_scope SET upload_at = upload_at - interval '1 minute' WHERE upload = 'under_way' AND hold_id::text <> ALL ('{`+strings.Join(r.arriving(), ",")+`}')`,
		`UPDATE holdfast.run SET requeued_at = requeued_at - interval '1 minute' WHERE finished_at IS NULL`)
	pgtest.Exec(r.t, r.governed, `UPDATE holdfast_guard.run SET heartbeat_at = heartbeat_at - interval '1 minute'`, `UPDATE holdfast_guard.heartbeat SET beat_at = beat_at - interval '1 minute'`)
}

// settle cancels what is under way, and runs everything once more, in larger batches: the
// application has left more than small ones could do in a minute.
func (r *torture) settle() {
	s := r.services[0]
	for _, id := range pgtest.Value[[]string](r.t, r.store, `SELECT coalesce(array_agg(id::text ORDER BY created_at DESC), '{}') FROM holdfast.run WHERE finished_at IS NULL`) {
		s.tryAsk("POST", "/api/v1/runs/"+id+"/cancel", `{}`)
	}
	open := func() int64 {
		return pgtest.Value[int64](r.t, r.store, `SELECT count(*) FROM holdfast.run WHERE finished_at IS NULL OR settling`)
	}
	s.await(func() bool { return open() == 0 }, func() string { return fmt.Sprintf("%d runs do not end", open()) })
	for _, p := range slices.Concat(torturePolicies, familyPolicies, []string{memoPolicy("memo")}) {
		name := policyName.FindStringSubmatch(p)[1]
		if status, out := s.askWith("PUT", "/api/v1/policies/"+name, strings.Replace(p, `"batch_size":20`, `"batch_size":1000`, 1), map[string]string{"If-Match": "*"}); status != 200 {
			r.t.Fatalf("policy %s: %d %v", name, status, out)
		}
	}
	r.forsake()
	// What is released, or expires in these moments, is free only once it is: before that the
	// last run leaves it alone. One whose list nobody sends any more stays as it is.
	const between = `
		SELECT (SELECT count(*) FROM holdfast.hold AS h
		        WHERE status = 'applying' AND NOT EXISTS (SELECT FROM holdfast.hold_scope AS s WHERE s.hold_id = h.id AND s.upload = 'awaited')
		           OR status = 'releasing' OR status = 'active' AND expires_at < now() + interval '10 minutes')
		     + (SELECT count(*) FROM holdfast.hold_scope AS s JOIN holdfast.hold AS h ON h.id = s.hold_id
		        WHERE (s.upload = 'under_way' OR s.ending OR s.releases_at IS NOT NULL AND s.ended_at IS NULL) AND h.status NOT IN ('released', 'expired'))`
	s.await(func() bool { return pgtest.Value[int64](r.t, r.store, between) == 0 }, func() string { return "holds stay between two states" })
	// A batch of a process that was killed may live on in the server for a moment, with its
	// locks: what is locked is left, counted, and the next run's.
	for runs := 1; ; runs++ {
		s.call("POST", "/api/v1/runs", jsonType, `{"pace":"max"}`, 202)
		s.await(func() bool { return open() == 0 }, func() string { return "the last run does not end" })
		left := r.left()
		if left == 0 || runs == 3 {
			break
		}
		r.t.Logf("run %d left %d rows: %s; holds on what is altered: %s", runs, left, r.lastRun(), pgtest.Value[string](r.t, r.governed, `
			SELECT coalesce(string_agg(to_jsonb(s)::text || (SELECT coalesce(string_agg(f.name || ' ' || f.form || ' is ' || coalesce(holdfast_guard.column_form(s.relid, f.name), 'none'), ', '), '') FROM unnest(s.condition_columns, s.condition_forms) AS f(name, form)), E'\n'), '')
			FROM holdfast_guard.hold_scope AS s JOIN holdfast_guard.hold AS h ON h.no = s.hold_no AND h.state = 'active' WHERE s.relid = to_regclass('public.memo')`))
	}
	r.prove(s)
}

// prove asks for the proof of every hold that was ever in force.
func (r *torture) prove(s *service) {
	ids := pgtest.Value[[]string](r.t, r.store, `SELECT coalesce(array_agg(id::text), '{}') FROM holdfast.hold WHERE effective_at IS NOT NULL`)
	for _, id := range ids {
		b, err := json.Marshal(s.call("GET", "/api/v1/holds/"+id+"/proof", jsonType, "", 200))
		if err != nil {
			r.t.Fatal(err)
		}
		var proof holdProof
		if err := json.Unmarshal(b, &proof); err != nil {
			r.t.Fatal(err)
		}
		r.proofs[id] = proof
		r.count("hold proven")
	}
}

// lastRun is what the policies of the newest run say.
func (r *torture) lastRun() string {
	return pgtest.Value[string](r.t, r.store, `SELECT coalesce(string_agg(p::text, E'\n'), '') FROM holdfast.run_policy AS p WHERE p.run_id = (SELECT id FROM holdfast.run ORDER BY created_at DESC LIMIT 1)`)
}

// judge holds the history against the promises, and the end against what was due.
func (r *torture) judge() *judge {
	j := judgeHistory(r, readHistory(r.t, r.governed))
	if left := r.left(); left > 0 {
		j.fault("%d rows are due, not held and not blocked, and still there; of the last run: %s", left, r.lastRun())
	}
	if failed := pgtest.Value[[]string](r.t, r.store, failures); len(failed) > 0 {
		j.fault("policies failed: %s", strings.Join(failed, "; "))
	}
	for _, b := range r.broken {
		j.fault("%s", b)
	}
	r.judgeLives(j)
	r.judgeProofs(j)
	return j
}

// failures are what policies failed of, but for those on a table that had another name, which
// must say so, and on one that was locked all the time: by the application, or for triggers by
// somebody who was stopped.
const failures = `
	SELECT coalesce(array_agg(DISTINCT policy || ': ' || errors::text), '{}')
	FROM holdfast.run_policy
	WHERE status = 'failed'
	  AND errors::text !~ 'locked by somebody else'
	  AND NOT (policy IN ('memo', 'memo_was')
	           AND errors::text ~ 'there is no table public[.]memo|that table is called public[.]memo_was now|relation .{1,2}public[.]memo(_was)?.{1,2} does not exist')`

// left counts the rows that should be gone.
func (r *torture) left() int64 {
	t, url := r.t, r.governed
	// What was placed on the whole table, or while a column of the condition was something else, or
	// became it in that moment, holds all of it.
	fits := func(table, alias string) string {
		note := "NULL"
		if table != "person" {
			note = alias + ".note"
		}
		const changed = `EXISTS (SELECT FROM unnest(x.condition_columns, x.condition_forms) AS f(name, form) WHERE f.form IS DISTINCT FROM holdfast_guard.column_form(x.relid, f.name))`
		return fmt.Sprintf(`EXISTS (SELECT FROM holdfast_guard.hold_scope AS x JOIN holdfast_guard.hold AS y ON y.no = x.hold_no AND y.state = 'active'
			WHERE x.table_name = '%[1]s' AND x.member = 0 AND x.ended_at IS NULL AND (x.held_set IS NULL AND x.condition IS NULL OR %[4]s OR x.condition = 'note = ''' || %[2]s || ''''
			      OR CASE WHEN x.condition LIKE 'id >= %%' THEN %[3]s.id >= split_part(x.condition, ' ', 3)::bigint AND %[3]s.id < split_part(x.condition, ' ', 7)::bigint END))`, table, note, alias, changed)
	}
	held := func(table, id string) string {
		set := pgtest.Value[int32](t, url, `SELECT coalesce((SELECT id FROM holdfast_guard.held_set WHERE table_name = '`+table+`'), 0)`)
		if set == 0 {
			return fits(table, id[:1])
		}
		return fmt.Sprintf(`(EXISTS (SELECT FROM holdfast_guard.held_%d AS x JOIN holdfast_guard.hold AS y ON y.no = abs(x.hold_no) AND y.state = 'active' WHERE x.k1 = %s) OR `, set, id) + fits(table, id[:1]) + ")"
	}
	return pgtest.Value[int64](t, url, `SELECT (SELECT count(*) FROM public.acc AS a WHERE created_at < now() - interval '31 days' AND NOT `+held("acc", "a.id")+`
		AND NOT EXISTS (SELECT FROM public.item AS i WHERE i.acc_id = a.id AND (`+held("item", "i.id")+` OR EXISTS (SELECT FROM public.claim AS c WHERE c.item_id = i.id))))
		+ (SELECT count(*) FROM public.person AS p WHERE seen_at < now() - interval '31 days' AND name <> '[ANONYMIZED]' AND NOT `+held("person", "p.id")+`)
		+ (SELECT count(*) FROM public.ev AS e WHERE at < now() - interval '31 days' AND NOT `+held("ev", "e.id")+`)
		+ (SELECT count(*) FROM public.plain AS p WHERE at < now() - interval '31 days' AND NOT `+held("plain", "p.id")+`)
		+ (SELECT count(*) FROM public.log AS l WHERE at < now() - interval '31 days' AND NOT `+held("log", "l.id")+`)
		+ (SELECT count(*) FROM public.memo AS m WHERE at < now() - interval '31 days' AND NOT `+held("memo", "m.id")+`)
		+ (SELECT count(*) FROM public.tiny AS t WHERE at < now() - interval '31 days' AND NOT `+held("tiny", "t.id")+`)
		+ `+r.freeFamilies(held))
}
