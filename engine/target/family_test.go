package target

import (
	"errors"
	"maps"
	"slices"
	"strings"
	"testing"

	"holdfast/retention"
)

func name(table string) retention.TableName {
	return retention.TableName{Schema: "public", Name: table}
}

// reaching is a delete policy that may reach into tables.
func reaching(table string, cascade ...string) retention.Policy {
	p := policy(table, retention.ActionDelete)
	for _, t := range cascade {
		p.Cascade = append(p.Cascade, name(t))
	}
	p.BatchSize = 7
	return p
}

// orders are 40 old orders with two items each, of which items refer by a foreign key.
func orders(onDelete string) []string {
	return []string{
		`CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz) WITH (fillfactor = 10)`,
		`CREATE TABLE public.i (id bigint PRIMARY KEY, o_id bigint DEFAULT 0 REFERENCES public.o ` + onDelete + `, name text)`,
		`CREATE INDEX ON public.i (o_id)`,
		`INSERT INTO public.o SELECT n, 'o' || n, now() - interval '100 days' FROM generate_series(1, 40) AS n`,
		`INSERT INTO public.o VALUES (0, 'the default', now()), (100, 'young', now())`,
		`INSERT INTO public.i SELECT n, (n + 1) / 2, 'i' || n FROM generate_series(1, 80) AS n`,
		`INSERT INTO public.i VALUES (200, 100, 'of the young')`,
	}
}

// foretold runs the policy, and compares with what a simulation said before.
func (f *fixture) foretold(p retention.Policy) retention.Progress {
	f.Helper()
	sim, err := f.target.Simulate(f.Context(), p, nil)
	if err != nil {
		f.Fatalf("simulate: %v", err)
	}
	got := f.run(p)
	if sim.WouldProcess != got.Processed || sim.Held != got.Held || sim.Blocked != got.Blocked || !maps.Equal(sim.BlockedBy, got.BlockedBy) {
		f.Errorf("a simulation said %d, %d held, %d blocked; the run says %d, %d, %d",
			sim.WouldProcess, sim.Held, sim.Blocked, got.Processed, got.Held, got.Blocked)
	}
	for table, e := range got.Effects {
		if sim.Effects[table] != e {
			f.Errorf("a simulation said that in %s %+v would change with that; the run says %+v", table, sim.Effects[table], e)
		}
	}
	for table := range sim.Effects {
		if _, ok := got.Effects[table]; !ok {
			f.Errorf("a simulation said that in %s %+v would change with that; the run says nothing", table, sim.Effects[table])
		}
	}
	return got
}

// wantRefusal checks that a policy is refused when it is saved, and why.
func (f *fixture) wantRefusal(p retention.Policy, field string, words ...string) {
	f.Helper()
	err := f.target.CheckPolicy(f.Context(), p)
	refusal, ok := errors.AsType[*retention.Refusal](err)
	if !ok || refusal.Field != field {
		f.Errorf("got %v, want a refusal of %s", err, field)
		return
	}
	for _, w := range words {
		if !strings.Contains(err.Error(), w) {
			f.Errorf("got %v, want %q in it", err, w)
		}
	}
}

func (f *fixture) wantAccepted(p retention.Policy) {
	f.Helper()
	if err := f.target.CheckPolicy(f.Context(), p); err != nil {
		f.Errorf("refused: %v", err)
	}
}

func TestRowsToWhichOthersReferAreBlockedAndTheRestGoes(t *testing.T) {
	for _, onDelete := range []string{"", "ON DELETE RESTRICT", "DEFERRABLE INITIALLY DEFERRED"} {
		t.Run(onDelete, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, orders(onDelete)...)
			f.exec(`DELETE FROM public.i WHERE o_id % 4 <> 0`) // 10 orders keep their items
			p := reaching("o")
			f.wantAccepted(p)
			got := f.foretold(p)
			if got.Processed != 30 || got.Blocked != 10 || got.BlockedBy["public.i"] != 10 || len(got.Errors) > 0 {
				t.Errorf("got %+v, want 30 gone and 10 blocked by public.i", got.Counts)
			}
			if n := f.count(`SELECT count(*) FROM public.i`); n != 21 {
				t.Errorf("%d items are left, want all 21", n)
			}
			if n := f.count(`SELECT sum((blocked_by ->> 'public.i')::bigint)::bigint FROM holdfast_guard.journal`); n != 10 {
				t.Errorf("the journal has %d blocked by public.i", n)
			}
		})
	}
}

func TestWhatAPolicyDoesNotNameItMayNotReach(t *testing.T) {
	for _, onDelete := range []string{"CASCADE", "SET NULL", "SET DEFAULT"} {
		t.Run(onDelete, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, orders("ON DELETE "+onDelete)...)
			f.wantRefusal(reaching("o"), "cascade", `"i_o_id_fkey"`, "public.i", `"cascade": ["public.i"]`)
			f.wantAccepted(reaching("o", "i"))
			f.exec(`CREATE TABLE public.x (id bigint PRIMARY KEY)`)
			f.wantRefusal(reaching("o", "i", "x"), "cascade[1]", "leads from public.x to public.o", "public.i")
			// And the same when the catalog moves.
			p := reaching("o", "i")
			d := f.begin(p)
			if _, err := d.Step(t.Context()); err != nil {
				t.Fatal(err)
			}
			f.exec(`CREATE TABLE public.late (id bigint PRIMARY KEY, o_id bigint REFERENCES public.o ON DELETE ` + onDelete + `)`)
			var err error
			for range 3 {
				if _, err = d.Step(t.Context()); err != nil && !errors.Is(err, retention.ErrMoved) {
					break
				}
			}
			if refusal, ok := errors.AsType[*retention.Refusal](err); !ok || !strings.Contains(refusal.Reason, "public.late") {
				t.Errorf("with a new foreign key: %v, want a refusal that names public.late", err)
			}
		})
	}
}

func TestHeldRowsProtectWhatTheyReferToWhateverTheForeignKeyDoes(t *testing.T) {
	effect := map[string]retention.TableEffect{
		"CASCADE": {Deleted: 76}, "SET NULL": {Updated: 76}, "SET DEFAULT": {Updated: 76},
	}
	for onDelete, want := range effect {
		for _, evidence := range []retention.EvidenceLevel{retention.EvidenceRecords, retention.EvidenceCounts} {
			t.Run(onDelete+" "+string(evidence), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, orders("ON DELETE "+onDelete)...)
				f.hold(name("i"), keys("9", "10", "31")...)
				f.hold(name("o"), keys("40")...)
				p := reaching("o", "i")
				p.Evidence = evidence
				got := f.foretold(p)
				// Orders 5 and 16 have held items, order 40 is held itself.
				if got.Processed != 37 || got.Blocked != 2 || got.BlockedBy["public.i"] != 2 || got.Held != 1 {
					t.Errorf("got %+v, want 37 gone, 2 blocked by public.i and 1 held", got.Counts)
				}
				want := want
				want.Deleted, want.Updated = want.Deleted/76*74, want.Updated/76*74
				if got.Effects["public.i"] != want {
					t.Errorf("effects are %+v, want %+v on public.i", got.Effects, want)
				}
				if left := f.remaining("public.o", "id"); !slices.Equal(left, []string{"0", "100", "16", "40", "5"}) {
					t.Errorf("orders left: %v", left)
				}
				if n := f.count(`SELECT count(*) FROM public.i WHERE id IN (9, 10, 31, 32, 79, 80, 200) AND o_id IN (5, 16, 40, 100)`); n != 7 {
					t.Errorf("%d of 7 items are as they were", n)
				}
				digests := int64(0)
				if evidence == retention.EvidenceRecords {
					digests = 37 + 74
				}
				if n := f.count(`SELECT sum(length(digests) / 32)::bigint FROM holdfast_guard.journal`); n != digests {
					t.Errorf("the journal has %d digests, want %d", n, digests)
				}
			})
		}
	}
}

func TestCascadesGoAsDeepAsTheyAreNamed(t *testing.T) {
	t.Parallel()
	f := newFixture(t, orders("ON DELETE CASCADE")...)
	f.exec(`CREATE TABLE public.part (id bigint PRIMARY KEY, i_id bigint REFERENCES public.i ON DELETE CASCADE)`,
		`INSERT INTO public.part SELECT n, n FROM generate_series(1, 80) AS n`,
		`CREATE TABLE public.note (i_id bigint REFERENCES public.i ON DELETE SET NULL, o_id bigint REFERENCES public.o ON DELETE CASCADE, t text)`,
		`INSERT INTO public.note SELECT n, 100, 'stays' FROM generate_series(1, 80) AS n`,
		`INSERT INTO public.note SELECT n * 2, n, 'goes' FROM generate_series(1, 40) AS n`,
		`CREATE TABLE public.claim (part_id bigint REFERENCES public.part)`,
		`INSERT INTO public.claim VALUES (21), (22), (79)`) // orders 11 and 40
	f.wantRefusal(reaching("o", "i"), "cascade", "public.note")
	f.wantRefusal(reaching("o", "i", "note"), "cascade", "public.part")
	f.hold(name("part"), keys("1")...) // order 1
	p := reaching("o", "i", "note", "part")
	f.wantAccepted(p)
	got := f.foretold(p)
	if got.Processed != 37 || got.Blocked != 3 {
		t.Errorf("got %+v, want 37 gone and 3 blocked", got.Counts)
	}
	want := map[string]retention.TableEffect{"public.i": {Deleted: 74}, "public.part": {Deleted: 74}, "public.note": {Deleted: 37, Updated: 74}}
	if !maps.Equal(got.Effects, want) {
		t.Errorf("effects are %v, want %v", got.Effects, want)
	}
	if n := f.count(`SELECT count(*) FROM public.note WHERE t = 'stays' AND i_id IS NULL`); n != 74 {
		t.Errorf("%d notes lost their item, want 74", n)
	}
	if left := f.remaining("public.o", "id"); !slices.Equal(left, []string{"0", "1", "100", "11", "40"}) {
		t.Errorf("orders left: %v", left)
	}
}

// tree are 40 old rows of a table that refers to itself: each to its half.
func tree(onDelete string) []string {
	return []string{
		`CREATE TABLE public.t (id bigint PRIMARY KEY, up bigint REFERENCES public.t ` + onDelete + `, created_at timestamptz) WITH (fillfactor = 10)`,
		`INSERT INTO public.t SELECT n, nullif(n / 2, 0), now() - interval '100 days' FROM generate_series(1, 40) AS n`,
	}
}

func TestATableThatRefersToItselfIsWalkedUntilNothingMoreIsFree(t *testing.T) {
	for _, onDelete := range []string{"", "ON DELETE RESTRICT", "DEFERRABLE INITIALLY DEFERRED"} {
		t.Run(onDelete, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, tree(onDelete)...)
			f.hold(name("t"), keys("37")...)                               // and so 18, 9, 4, 2 and 1
			f.exec(`UPDATE public.t SET created_at = now() WHERE id = 31`) // and so 15, 7, 3 and 1
			p := reaching("t")
			p.BatchSize = 1
			got := f.foretold(p)
			if left := f.remaining("public.t", "id"); !slices.Equal(left, []string{"1", "15", "18", "2", "3", "31", "37", "4", "7", "9"}) {
				t.Errorf("left: %v", left)
			}
			if got.Processed != 30 || got.Held != 1 || got.Blocked != 8 || got.BlockedBy["public.t"] != 8 {
				t.Errorf("got %+v, want 30 gone, 1 held and 8 blocked", got.Counts)
			}
		})
	}
}

func TestATableThatRefersToItselfMayTakeItsRowsWithIt(t *testing.T) {
	for onDelete, left := range map[string][]string{
		"CASCADE":  {"1", "18", "2", "37", "4", "9"},
		"SET NULL": {"18", "31", "37"},
	} {
		t.Run(onDelete, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, tree("ON DELETE "+onDelete)...)
			f.wantRefusal(reaching("t"), "cascade", "public.t")
			f.hold(name("t"), keys("37")...)
			f.exec(`UPDATE public.t SET created_at = now() WHERE id = 31`) // goes with 15 by CASCADE
			p := reaching("t", "t")
			p.BatchSize = 1
			f.wantAccepted(p)
			got := f.run(p)
			if have := f.remaining("public.t", "id"); !slices.Equal(have, left) {
				t.Errorf("left: %v, want %v; %+v", have, left, got.Counts)
			}
			gone := got.Processed + got.Effects["public.t"].Deleted
			if gone != int64(40-len(left)) || got.Held != 1 {
				t.Errorf("got %+v, want %d gone and 1 held", got.Counts, 40-len(left))
			}
		})
	}
}

func TestASimulationTakesWhatEarlierPoliciesRemoveForGone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, orders("")...)
	f.exec(`ALTER TABLE public.i ADD COLUMN created_at timestamptz`, `UPDATE public.i SET created_at = now() - interval '99 days'`)
	f.hold(name("i"), keys("7")...)
	sim, err := f.target.Simulate(t.Context(), reaching("o"), nil, reaching("i"))
	if err != nil || sim.WouldProcess != 39 || sim.Blocked != 1 {
		t.Errorf("got %+v, %v; want 39 that would go and 1 blocked by the held item", sim, err)
	}
	if sim, err = f.target.Simulate(t.Context(), reaching("o"), nil); err != nil || sim.Blocked != 40 {
		t.Errorf("by itself: %+v, %v; want all 40 blocked", sim, err)
	}
	order, err := f.target.ReferringFirst(t.Context(), []retention.TableName{name("o"), name("nothing"), name("i")})
	if err != nil || !slices.Equal(order, []int{2, 0, 1}) {
		t.Errorf("the order is %v, %v; want the items first", order, err)
	}
}

// What is deleted under the first policy is not due any more under the second, whatever
// becomes of the rest.
func TestASimulationTakesWhatAnEarlierPolicyOfTheSameTableRemovesForGone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, orders("")...)
	f.exec(`DELETE FROM public.i WHERE o_id > 10`)
	f.hold(name("o"), keys("30")...)
	first := reaching("o")
	first.Name, first.Condition = "half", "id % 2 = 0"
	second := reaching("o")
	// Of 40 due rows 10 are blocked and 1 is held; of the other 29 the first takes the 14 even ones.
	sim, err := f.target.Simulate(t.Context(), second, nil, first)
	if err != nil || sim.Due != 26 || sim.Held != 1 || sim.Blocked != 10 || sim.WouldProcess != 15 {
		t.Errorf("got %+v, %v; want 26 due, 1 held, 10 blocked and 15 that would go", sim, err)
	}
	if sim, err := f.target.Simulate(t.Context(), second, nil); err != nil || sim.WouldProcess != 29 {
		t.Errorf("by itself: got %+v, %v; want 29", sim, err)
	}
}

func TestTablesThatReferToEachOtherInACircleGoTogether(t *testing.T) {
	t.Parallel()
	f := newFixture(t, orders("ON DELETE CASCADE")...)
	f.exec(`ALTER TABLE public.o ADD COLUMN first_i bigint REFERENCES public.i`, `UPDATE public.o SET first_i = id * 2 WHERE id BETWEEN 1 AND 40`)
	f.hold(name("i"), keys("80")...)
	got := f.foretold(reaching("o", "i"))
	if got.Processed != 39 || got.Blocked != 1 || got.Effects["public.i"].Deleted != 78 {
		t.Errorf("got %+v, want 39 gone with 78 items and 1 blocked", got.Counts)
	}
}

func TestKeysOfSeveralColumnsAndMixedCaseAreFollowed(t *testing.T) {
	t.Parallel()
	f := newFixture(t,
		`CREATE SCHEMA "My Shop"`,
		`CREATE TABLE "My Shop"."Order" ("Tenant" integer, "select" text COLLATE "C", created_at timestamptz, PRIMARY KEY ("Tenant", "select"), UNIQUE ("select", "Tenant"))`,
		`CREATE TABLE "My Shop"."Line ""x""" (id bigint PRIMARY KEY, "T" integer, "S" text, FOREIGN KEY ("S", "T") REFERENCES "My Shop"."Order" ("select", "Tenant") ON DELETE CASCADE ON UPDATE CASCADE)`,
		`INSERT INTO "My Shop"."Order" SELECT i % 3, 'k' || i, now() - interval '100 days' FROM generate_series(1, 20) AS i`,
		`INSERT INTO "My Shop"."Line ""x""" SELECT i, i % 3, 'k' || i FROM generate_series(1, 20) AS i`,
		`INSERT INTO "My Shop"."Line ""x""" VALUES (100, NULL, 'k1'), (101, 1, NULL)`)
	line := retention.TableName{Schema: "My Shop", Name: `Line "x"`}
	p := policy("x", retention.ActionDelete)
	p.Table, p.Cascade, p.BatchSize = retention.TableName{Schema: "My Shop", Name: "Order"}, []retention.TableName{line}, 3
	f.hold(line, keys("4")...)
	f.wantAccepted(p)
	got := f.foretold(p)
	if got.Processed != 19 || got.Blocked != 1 || got.Effects[line.String()].Deleted != 19 {
		t.Errorf("got %+v, want 19 gone with 19 lines and 1 blocked", got.Counts)
	}
	if n := f.count(`SELECT count(*) FROM "My Shop"."Line ""x"""`); n != 3 {
		t.Errorf("%d lines are left, want the held one and the two that refer to nothing", n)
	}
}

func TestARowThatTheDatabaseRefusesIsSkippedWithItsErrorAndTheOthersGo(t *testing.T) {
	raise := []string{
		`CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF OLD.id IN (13, 77) THEN RAISE EXCEPTION 'it is not paid'; END IF;
			IF TG_OP = 'DELETE' THEN RETURN OLD; END IF; RETURN NEW; END $$`,
	}
	for _, when := range []string{"BEFORE", "AFTER"} {
		for _, action := range retention.Actions() {
			t.Run(when+" "+string(action), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, raise...)
				f.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`,
					`INSERT INTO public.r SELECT n, 'n' || n, now() - interval '100 days' FROM generate_series(1, 100) AS n`,
					`CREATE TRIGGER keep `+when+` UPDATE OR DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION public.keep()`)
				p := policy("r", action)
				p.BatchSize = 40
				p.Events = &retention.EventSpec{EntityType: "r", Key: []string{"id"}}
				got := f.run(p)
				if got.Processed != 98 || got.Skipped[retention.SkippedTrigger] != 2 || len(got.Skipped) != 1 {
					t.Errorf("got %+v, want 98 processed and 2 refused by a trigger", got.Counts)
				}
				if len(got.Errors) != 1 || !strings.HasPrefix(got.Errors[0], "it is not paid (SQLSTATE P0001, PL/pgSQL function keep() line ") {
					t.Errorf("errors are %q", got.Errors)
				}
				if n := f.count(`SELECT sum(count)::bigint FROM holdfast_guard.outbox`); n != 98 {
					t.Errorf("%d events, want 98", n)
				}
				if n := f.count(`SELECT sum(length(digests) / 32)::bigint FROM holdfast_guard.journal`); n != 98 {
					t.Errorf("%d digests, want 98", n)
				}
			})
		}
	}
}

func TestAConstraintThatRefusesOnlyAtCommitCostsItsRowAlone(t *testing.T) {
	t.Parallel()
	f := newFixture(t, orders("")...)
	f.exec(`DELETE FROM public.i`,
		`CREATE FUNCTION public.late() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF OLD.id = 13 THEN RAISE foreign_key_violation USING MESSAGE = 'not at commit'; END IF; RETURN NULL; END $$`,
		`CREATE CONSTRAINT TRIGGER late AFTER DELETE ON public.o DEFERRABLE INITIALLY DEFERRED FOR EACH ROW EXECUTE FUNCTION public.late()`)
	got := f.run(reaching("o"))
	if got.Processed != 39 || got.Skipped[retention.SkippedConstraint] != 1 || len(got.Errors) != 1 {
		t.Errorf("got %+v, %q; want 39 gone and 1 refused by a constraint", got.Counts, got.Errors)
	}
}

// A trigger of the child's that keeps a row would leave it without the row it refers
// to: the database's own cascade does that.
func TestATriggerThatKeepsAChildKeepsItsParent(t *testing.T) {
	t.Parallel()
	f := newFixture(t, orders("ON DELETE CASCADE")...)
	f.exec(`CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF OLD.id = 13 THEN RETURN NULL; END IF; RETURN OLD; END $$`,
		`CREATE TRIGGER keep BEFORE DELETE ON public.i FOR EACH ROW EXECUTE FUNCTION public.keep()`)
	got := f.run(reaching("o", "i"))
	if got.Processed != 39 || got.Skipped[retention.SkippedTrigger] != 1 || got.Effects["public.i"].Deleted != 78 {
		t.Errorf("got %+v, %q; want 39 gone with 78 items and 1 refused", got.Counts, got.Errors)
	}
	if n := f.count(`SELECT count(*) FROM public.i WHERE o_id IS NOT NULL AND NOT EXISTS (SELECT FROM public.o WHERE o.id = i.o_id)`); n != 0 {
		t.Errorf("%d items refer to nothing", n)
	}
}

func TestATriggerThatEmptiesATableIsSeen(t *testing.T) {
	for what, does := range map[string]string{
		"TRUNCATE": `TRUNCATE public.victim`,
		"DROP":     `DROP TABLE public.victim`,
		"ALTER":    `ALTER TABLE public.victim ADD COLUMN x integer`,
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, `CREATE TABLE public.victim AS SELECT generate_series(1, 50) AS id`,
				`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`,
				`INSERT INTO public.r SELECT n, now() - interval '100 days' FROM generate_series(1, 10) AS n`,
				`CREATE FUNCTION public.away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN `+does+`; RETURN NULL; END $$`,
				`CREATE TRIGGER away AFTER DELETE ON public.r FOR EACH STATEMENT EXECUTE FUNCTION public.away()`)
			f.hold(name("victim"))
			d := f.begin(policy("r", retention.ActionDelete))
			_, err := d.Step(t.Context())
			if err == nil || !strings.Contains(err.Error(), "a trigger reached further") || !strings.Contains(err.Error(), map[bool]string{true: "dropped", false: "victim"}[what == "DROP"]) {
				t.Errorf("got %v, want that a trigger reached further, with the table", err)
			}
			if n := f.count(`SELECT (SELECT count(*) FROM public.victim) + (SELECT count(*) FROM public.r)`); n != 60 {
				t.Errorf("%d rows are left, want all 60", n)
			}
		})
	}
}

func TestTriggersAreNotTrustedWhereNothingCountsWhatTheyDo(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`,
		`CREATE FUNCTION public.nothing() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`,
		`CREATE TRIGGER nothing AFTER DELETE ON public.r FOR EACH STATEMENT EXECUTE FUNCTION public.nothing()`)
	f.wantAccepted(policy("r", retention.ActionDelete))
	f.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET track_counts = off', current_database()); END $$`)
	f.target.Close()
	f.target = openTarget(t, f.url)
	f.wantRefusal(policy("r", retention.ActionDelete), "table", "track_counts")
	f.exec(`DROP TRIGGER nothing ON public.r`)
	f.wantAccepted(policy("r", retention.ActionDelete))
}

// What looks for it asks PostgreSQL's own operators, whatever comes before them in the
// database's search_path.
func TestATriggerThatEmptiesATableIsSeenWhateverTheSearchPathIs(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.victim AS SELECT generate_series(1, 50) AS id`,
		`CREATE TABLE public.r (id bigint PRIMARY KEY, created_at timestamptz)`,
		`INSERT INTO public.r SELECT n, now() - interval '100 days' FROM generate_series(1, 10) AS n`,
		`CREATE FUNCTION public.away() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN TRUNCATE public.victim; RETURN NULL; END $$`,
		`CREATE TRIGGER away AFTER DELETE ON public.r FOR EACH STATEMENT EXECUTE FUNCTION public.away()`,
		`CREATE SCHEMA evil`,
		`CREATE FUNCTION evil.never(text, text) RETURNS boolean LANGUAGE sql AS 'SELECT false'`,
		`CREATE OPERATOR evil.= (FUNCTION = evil.never, LEFTARG = text, RIGHTARG = text)`,
		`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = evil, pg_catalog, public', current_database()); END $$`)
	f.target.Close()
	f.target = openTarget(t, f.url)
	_, err := f.begin(policy("r", retention.ActionDelete)).Step(t.Context())
	if err == nil || !strings.Contains(err.Error(), "a trigger reached further") {
		t.Errorf("got %v, want that a trigger reached further", err)
	}
	if n := f.count(`SELECT count(*) FROM public.victim`); n != 50 {
		t.Errorf("%d rows of the other table are left, want all 50", n)
	}
}

// A row that stays since others refer to it may lose a reference all the same: what it
// referred to goes. Only a held one must not.
func TestARowThatStaysForAnotherReasonLosesItsReference(t *testing.T) {
	for _, held := range []bool{false, true} {
		f := newFixture(t,
			`CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz, near bigint REFERENCES public.o ON DELETE SET NULL, firm bigint REFERENCES public.o)`,
			`INSERT INTO public.o VALUES (1, 'goes', now() - interval '100 days', NULL, NULL), (2, 'stays, since 3 refers to it', now() - interval '100 days', 1, NULL), (3, 'young', now(), NULL, 2)`)
		want := []string{"2", "3"}
		if held {
			f.hold(table("o"), retention.Key{"2"})
			want = []string{"1", "2", "3"}
		}
		p := policy("o", retention.ActionDelete)
		p.Cascade = []retention.TableName{table("o")}
		f.foretold(p)
		if left := f.remaining("public.o", "id"); !slices.Equal(left, want) {
			t.Errorf("held %t: %v are left, want %v", held, left, want)
		}
	}
}

// Two foreign keys of a partitioned table lead to the same one: who made a row, and who
// changed it.
func TestAPartitionedTableThatRefersTwiceLosesBothReferences(t *testing.T) {
	f := newFixture(t,
		`CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz)`,
		`INSERT INTO public.o SELECT n, 'o', now() - interval '100 days' FROM generate_series(1, 10) AS n`,
		`CREATE TABLE public.i (id bigint, made_by bigint REFERENCES public.o ON DELETE SET NULL, changed_by bigint REFERENCES public.o ON DELETE SET NULL, PRIMARY KEY (id)) PARTITION BY RANGE (id)`,
		`CREATE TABLE public.i_1 PARTITION OF public.i FOR VALUES FROM (0) TO (10)`, `CREATE TABLE public.i_2 PARTITION OF public.i FOR VALUES FROM (10) TO (100)`,
		`INSERT INTO public.i SELECT n, 1 + n % 10, 1 + n % 3 FROM generate_series(1, 20) AS n`)
	p := policy("o", retention.ActionDelete)
	p.Cascade = []retention.TableName{table("i")}
	got := f.foretold(p)
	if got.Processed != 10 || len(got.Errors) > 0 || f.count(`SELECT count(*) FROM public.i WHERE made_by IS NULL AND changed_by IS NULL`) != 20 {
		t.Errorf("%d went (%v); %d of 20 rows have lost both references", got.Processed, got.Errors, f.count(`SELECT count(*) FROM public.i WHERE made_by IS NULL AND changed_by IS NULL`))
	}
	if e := got.Effects["public.i"]; e.Updated != 40 {
		t.Errorf("the evidence has %+v, want 40 references cleared", e)
	}
}

// A row that loses a reference is written anew, it may be behind the end of a walk by blocks.
func TestRowsThatLoseAReferenceToTheirOwnTableAreMetAgain(t *testing.T) {
	f := newFixture(t,
		`CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz, up bigint REFERENCES public.o ON DELETE SET NULL) WITH (autovacuum_enabled = false)`,
		`CREATE INDEX ON public.o (up)`,
		`INSERT INTO public.o SELECT i, repeat('x', 700), now() - interval '100 days', CASE WHEN i > 200 THEN i - 200 END FROM generate_series(1, 400) AS i`)
	p := policy("o", retention.ActionDelete)
	p.BatchSize, p.Cascade = 20, []retention.TableName{table("o")}
	d := f.begin(p)
	if d.planned.Walk != "block" {
		t.Fatalf("walks by %s, want block", d.planned.Walk)
	}
	got := f.finish(d)
	if left := f.count(`SELECT count(*) FROM public.o`); left != 0 || got.Processed != 400 {
		t.Errorf("%d due rows are left after a run that says %+v", left, got.Counts)
	}
}

// TestABatchIsSmallWhereTheReferringTableIsReadForEveryRow: of its policy's size it ran for
// 10 s, with its locks, and was rolled back.
func TestABatchIsSmallWhereTheReferringTableIsReadForEveryRow(t *testing.T) {
	t.Parallel()
	for _, onDelete := range []string{"", "ON DELETE CASCADE"} {
		t.Run(onDelete, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, dueTable("r", 1000),
				`CREATE TABLE public.i (id bigint, r_id bigint)`, `INSERT INTO public.i SELECT i FROM generate_series(1, 200000) AS i`,
				`ALTER TABLE public.i ADD FOREIGN KEY (r_id) REFERENCES public.r `+onDelete, `ANALYZE public.i`)
			p := policy("r", retention.ActionDelete)
			if onDelete != "" {
				p.Cascade = []retention.TableName{name("i")}
			}
			d := f.begin(p)
			step, err := d.Step(t.Context())
			if n := step.Counts.Processed; err != nil || n == 0 || n > 50 {
				t.Errorf("the first batch took %d rows (%v), want 50 at most", n, err)
			}
			d.Close()
			f.exec(`CREATE INDEX ON public.i (r_id)`)
			d = f.begin(p)
			if step, err := d.Step(t.Context()); err != nil || step.Counts.Processed < 500 {
				t.Errorf("with an index a batch took %d rows (%v), want what the policy says", step.Counts.Processed, err)
			}
		})
	}
}

// TestOnlyTheColumnsThatAForeignKeyListsAreCleared: SET NULL (r) and SET DEFAULT (r), which
// PostgreSQL has since 15, leave the other columns of the key as they are.
func TestOnlyTheColumnsThatAForeignKeyListsAreCleared(t *testing.T) {
	for onDelete, want := range map[string]string{"SET NULL (r)": "1|-", "SET DEFAULT (r)": "1|0"} {
		t.Run(onDelete, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t,
				`CREATE TABLE public.o (t int, id int, created_at timestamptz, PRIMARY KEY (t, id))`,
				`CREATE TABLE public.i (id int PRIMARY KEY, t int NOT NULL DEFAULT 7, r int DEFAULT 0, FOREIGN KEY (t, r) REFERENCES public.o ON DELETE `+onDelete+`)`,
				`CREATE INDEX ON public.i (t, r)`,
				`INSERT INTO public.o VALUES (1, 0, now())`,
				`INSERT INTO public.o SELECT 1, n, now() - interval '100 days' FROM generate_series(1, 9) AS n`,
				`INSERT INTO public.i SELECT n, 1, n FROM generate_series(1, 9) AS n`)
			p := reaching("o", "i")
			f.wantAccepted(p)
			got := f.foretold(p)
			if got.Processed != 9 || got.Effects["public.i"].Updated != 9 {
				t.Errorf("got %+v, want 9 gone, and 9 changed for them", got)
			}
			if now := f.remaining("public.i", "t || '|' || coalesce(r::text, '-')"); slices.ContainsFunc(now, func(s string) bool { return s != want }) || len(now) != 9 {
				t.Errorf("what referred to them is %v, want %s as PostgreSQL's own delete has it", now, want)
			}
		})
	}
}
