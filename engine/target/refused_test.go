package target

import (
	"cmp"
	"errors"
	"fmt"
	"maps"
	"strings"
	"testing"
	"time"

	"holdfast/retention"
)

// TestATableThatIsPublishedWithoutAReplicaIdentityIsRefused: PostgreSQL refuses every DELETE
// and UPDATE of it, which would be found by a run at night.
func TestATableThatIsPublishedWithoutAReplicaIdentityIsRefused(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.r (id bigint, name text, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.r SELECT i, 'n', now() - interval '100 days' FROM generate_series(1, 10) AS i`,
		`CREATE PUBLICATION changes FOR TABLE public.r`)
	for _, action := range retention.Actions() {
		f.wantRefused(policy("r", action), "table", "replica identity", `ALTER TABLE "public"."r" REPLICA IDENTITY FULL`)
	}
	f.exec(`ALTER PUBLICATION changes SET (publish = 'insert, update')`)
	f.wantAccepted(policy("r", retention.ActionDelete))
	f.wantRefused(policy("r", retention.ActionAnonymize), "table", "replica identity", "REPLICA IDENTITY FULL")
	f.exec(`ALTER PUBLICATION changes SET (publish = 'insert, update, delete')`, `ALTER TABLE public.r REPLICA IDENTITY FULL`)
	f.wantAccepted(policy("r", retention.ActionDelete))
	if got := f.run(policy("r", retention.ActionDelete)); got.Processed != 10 {
		t.Errorf("processed %d, want 10", got.Processed)
	}
}

// TestARoleThatRowSecurityRestrictsIsRefused: it would not see the rows that must go, and
// nobody could tell.
func TestARoleThatRowSecurityRestrictsIsRefused(t *testing.T) {
	t.Parallel()
	f := limited(t, `GRANT USAGE ON SCHEMA app`, `GRANT SELECT, UPDATE, DELETE ON app.orders`)
	f.wantAccepted(onOrders(retention.ActionDelete, ""))
	d := f.begin(onOrders(retention.ActionDelete, ""))
	f.exec(`ALTER TABLE app.orders ENABLE ROW LEVEL SECURITY`)
	if err := f.target.CheckPolicy(t.Context(), onOrders(retention.ActionDelete, "")); err == nil || !strings.Contains(err.Error(), "row-level security") {
		t.Errorf("row security answers %v, want a refusal that names it", err)
	}
	// Switched on under way: what was planned without it changes nothing.
	if err := f.step(d); err == nil {
		t.Error("a batch was carried out under row security")
	}
	d.Close()
	if n := f.count(`SELECT count(*) FROM app.orders`); n != 10 {
		t.Errorf("%d rows are left, want all 10", n)
	}
}

// TestAStepThatTimesOutIsMadeSmallerUntilItFits has a trigger that makes each row slow: the
// run ends with every row gone, and few tries are lost.
func TestAStepThatTimesOutIsMadeSmallerUntilItFits(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 6),
		`CREATE FUNCTION public.slow() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN PERFORM pg_sleep(0.25); RETURN old; END $$`,
		`CREATE TRIGGER slow BEFORE DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION public.slow()`)
	d := f.begin(policy("r", retention.ActionDelete))
	defer d.Close()
	d.timeout = 600 * time.Millisecond
	late := 0
	for {
		step, err := d.Step(t.Context())
		switch {
		case errors.Is(err, retention.ErrTooSlow):
			late++
		case errors.Is(err, retention.ErrMoved):
		case err != nil:
			t.Fatal(err)
		}
		if step.Done {
			break
		}
	}
	if got := d.Progress().Processed; got != 6 || f.count(`SELECT count(*) FROM public.r`) != 0 {
		t.Errorf("processed %d, want 6", got)
	}
	if late == 0 || late > 6 {
		t.Errorf("%d tries ran into the time-out, want a few", late)
	}
}

// refusedKeys are the named rows by their key, with why.
func refusedKeys(p retention.Progress) map[string]string {
	out := map[string]string{}
	for _, r := range p.Refused {
		out[strings.Join(r.Key, "|")] = r.Reason + ": " + r.Error
	}
	return out
}

// TestRowsThatTheDatabaseRefusesAreNamedByTheirKeys: else nobody finds the one among millions
// that a trigger refuses.
func TestRowsThatTheDatabaseRefusesAreNamedByTheirKeys(t *testing.T) {
	t.Parallel()
	setUp := []string{`CREATE TABLE public.r ("No" integer, part text, name text CHECK (name <> '[ANONYMIZED]' OR "No" <> 9), created_at timestamptz NOT NULL, PRIMARY KEY (part, "No"))`,
		`INSERT INTO public.r SELECT i, 'p' || i % 2, 'n', now() - interval '100 days' FROM generate_series(1, 100) AS i`,
		`CREATE FUNCTION public.grumble() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN
			IF old."No" IN (7, 31) THEN RAISE EXCEPTION 'not number %', old."No"; END IF;
			IF old."No" IN (20, 64) THEN RETURN NULL; END IF;
			IF TG_OP = 'UPDATE' THEN RETURN new; END IF;
			RETURN old;
		END $$`,
		`CREATE TRIGGER grumble BEFORE UPDATE OR DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION public.grumble()`}
	said, kept := "refused_by_trigger: not number %d (SQLSTATE P0001, PL/pgSQL function grumble() line 2 at RAISE)", "refused_by_trigger: "
	want := map[string]string{"p1|7": fmt.Sprintf(said, 7), "p1|31": fmt.Sprintf(said, 31), "p0|20": kept, "p0|64": kept}
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, setUp...)
			p := policy("r", action)
			p.BatchSize = 13
			d := f.begin(p)
			got, want := refusedKeys(f.finish(d)), maps.Clone(want)
			if action == retention.ActionAnonymize {
				want["p1|9"] = `refused_by_constraint: new row for relation "r" violates check constraint "r_check" (SQLSTATE 23514)`
			}
			if !maps.Equal(got, want) {
				t.Errorf("named are %v, want %v", got, want)
			}
			committed, err := f.target.RunProgress(t.Context(), d.spec.RunID)
			if err != nil || !maps.Equal(refusedKeys(committed[p.Name]), want) {
				t.Errorf("kept are %v (%v), want %v", committed[p.Name].Refused, err, want)
			}
			// Where no record is named in the evidence, none is named here.
			p.Evidence = retention.EvidenceCounts
			if got := f.run(p); len(got.Refused) != 0 || got.SkippedTotal() != int64(len(want)) {
				t.Errorf("under counts alone %v are named of %d, want none of %d", got.Refused, got.SkippedTotal(), len(want))
			}
		})
	}
}

func TestNoMoreThanAFewRefusedRowsAreNamed(t *testing.T) {
	for name, c := range map[string]struct {
		action      retention.Action
		event, then string
		reason      string
		named       int
		evidence    retention.EvidenceLevel
	}{
		"kept":                      {action: retention.ActionDelete, event: "DELETE", then: "RETURN NULL", reason: retention.SkippedTrigger, named: retention.MaxRefused},
		"undone":                    {action: retention.ActionAnonymize, event: "UPDATE", then: "NEW.name := OLD.name; RETURN NEW", reason: retention.SkippedStillDue, named: retention.MaxRefused},
		"undone, with counts alone": {action: retention.ActionAnonymize, event: "UPDATE", then: "NEW.name := OLD.name; RETURN NEW", reason: retention.SkippedStillDue, evidence: retention.EvidenceCounts},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, dueTable("r", 100),
				`CREATE FUNCTION public.keep() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN `+c.then+`; END $$`,
				`CREATE TRIGGER keep BEFORE `+c.event+` ON public.r FOR EACH ROW EXECUTE FUNCTION public.keep()`)
			p := policy("r", c.action)
			p.BatchSize, p.Evidence = 15, cmp.Or(c.evidence, p.Evidence)
			if got := f.run(p); len(refusedKeys(got)) != c.named || got.Skipped[c.reason] != 100 {
				t.Errorf("%d are named of %d that were left, want %d of 100", len(refusedKeys(got)), got.Skipped[c.reason], c.named)
			}
		})
	}
}

// TestATableOfAsManyColumnsAsThereMayBeIsRefusedOnlyWhereOneMoreIsNeeded: PostgreSQL said so in
// the midst of a run, or of a condition that the table did not accept.
func TestATableOfAsManyColumnsAsThereMayBeIsRefusedOnlyWhereOneMoreIsNeeded(t *testing.T) {
	t.Parallel()
	f := newFixture(t, dueTable("r", 30), `DO $$ BEGIN
		EXECUTE (SELECT 'ALTER TABLE public.r ' || string_agg('ADD COLUMN c' || i || ' "char"', ', ') FROM generate_series(4, 1600) AS i); END $$`)
	p := policy("r", retention.ActionArchive)
	f.wantRefused(p, "table", "public.r has 1600 columns, and an archive has 4 more", "delete or anonymize instead")
	p = policy("r", retention.ActionDelete)
	p.Condition = "id > 3"
	f.wantRefused(p, "condition", "as many as PostgreSQL allows", "drop a column")
	if got := f.run(policy("r", retention.ActionAnonymize)); got.Processed != 30 {
		t.Errorf("%d rows were anonymized, want 30", got.Processed)
	}
	f.exec(`ALTER TABLE public.r DROP COLUMN c1597, DROP COLUMN c1598, DROP COLUMN c1599, DROP COLUMN c1600`)
	if got := f.run(policy("r", retention.ActionArchive)); got.Processed != 30 || f.count(`SELECT count(*) FROM public.r_archive`) != 30 {
		t.Errorf("%d rows were archived, want 30", got.Processed)
	}
}

// TestARowThatATriggerGivesAnotherKeyIsLeft: what the evidence names would be another record.
func TestARowThatATriggerGivesAnotherKeyIsLeft(t *testing.T) {
	for what, of := range map[string]string{"a plain table": "", "a partitioned one": " PARTITION BY HASH (id)"} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, `CREATE TABLE public.r (id numeric(10, 2) PRIMARY KEY, name text, created_at timestamptz NOT NULL)`+of)
			if of != "" {
				f.exec(`CREATE TABLE public.r_0 PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 0)`, `CREATE TABLE public.r_1 PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 1)`)
			}
			f.exec(`INSERT INTO public.r SELECT i, 'n', now() - interval '100 days' FROM generate_series(1, 50) AS i`,
				`CREATE FUNCTION public.rekey() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF old.id = 7 THEN new.id := 1007; END IF; RETURN new; END $$`,
				`CREATE TRIGGER rekey BEFORE UPDATE ON public.r FOR EACH ROW EXECUTE FUNCTION public.rekey()`)
			p := policy("r", retention.ActionAnonymize)
			p.BatchSize = 20
			got := f.run(p)
			if got.Processed != 49 || got.Skipped[retention.SkippedTrigger] != 1 || len(got.Errors) != 1 || !strings.Contains(got.Errors[0], "another key") {
				t.Errorf("got %+v, %q; want 49 anonymized and the one left", got.Counts, got.Errors)
			}
			if named := refusedKeys(got); len(named) != 1 || named["7.00"] == "" {
				t.Errorf("named are %v, want 7.00", named)
			}
			if n := f.count(`SELECT count(*) FROM public.r WHERE id = 7 AND name = 'n'`); n != 1 {
				t.Error("the row is not as it was")
			}
		})
	}
}
