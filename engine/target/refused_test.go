package target

import (
	"errors"
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
