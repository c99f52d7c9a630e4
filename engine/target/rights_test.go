package target

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"
	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

// limited is a target whose role may do nothing but what it is granted, beside
// owning the guard.
func limited(t *testing.T, grants ...string) *fixture {
	t.Helper()
	f := newFixture(t, `CREATE SCHEMA app`, `CREATE SCHEMA old`,
		`CREATE TABLE app.orders (id bigint PRIMARY KEY, created_at timestamptz NOT NULL, name text)`,
		`INSERT INTO app.orders SELECT i, now() - interval '90 days', 'a' FROM generate_series(1, 10) AS i`,
		`CREATE TABLE old.kept (LIKE app.orders, holdfast_archived_at timestamptz, holdfast_run uuid, holdfast_policy text, holdfast_policy_version integer)`)
	role := "limited_" + strings.ReplaceAll(uuid.NewString(), "-", "")
	f.exec(`CREATE ROLE `+role, `GRANT ALL ON SCHEMA holdfast_guard TO `+role,
		`GRANT ALL ON ALL TABLES IN SCHEMA holdfast_guard TO `+role, `GRANT ALL ON ALL SEQUENCES IN SCHEMA holdfast_guard TO `+role)
	t.Cleanup(func() { // the test's own context has ended by then
		conn, err := pgx.Connect(context.Background(), f.url)
		if err == nil {
			_, err = conn.Exec(context.Background(), `DROP OWNED BY `+role+`; DROP ROLE `+role)
			err = errors.Join(err, conn.Close(context.Background()))
		}
		if err != nil {
			t.Error(err)
		}
	})
	for _, grant := range grants {
		f.exec(grant + " TO " + role)
	}
	f.target = openTarget(t, f.url+"&role="+role)
	return f
}

func onOrders(action retention.Action, archive string) retention.Policy {
	p := policy("orders", action)
	p.Table.Schema = "app"
	if archive != "" {
		p.Archive = &retention.Archive{}
		schema, name, _ := strings.Cut(archive, ".")
		p.Archive.Table = retention.TableName{Schema: schema, Name: name}
	}
	return p
}

func TestOnlyWhoOwnsAPartitionCanHaveItDropped(t *testing.T) {
	t.Parallel()
	f := limited(t, `GRANT USAGE ON SCHEMA app`)
	role := f.texts(`SELECT current_user`)[0]
	f.exec(`CREATE TABLE app.parts (created_at timestamptz) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE app.old PARTITION OF app.parts FOR VALUES FROM ('2000-01-01') TO (now() - interval '60 days')`,
		`GRANT SELECT, UPDATE, DELETE ON app.parts, app.old TO `+role)
	p := onOrders(retention.ActionDelete, "")
	p.Table.Name = "parts"
	f.wantAccepted(p)
	p.DropEmptyPartitions = true
	f.wantRefusal(p, "drop_empty_partitions", "does not own the partition app.old")
	f.exec(`ALTER TABLE app.old OWNER TO ` + role)
	f.wantAccepted(p)
	f.run(p)
	if f.count(`SELECT count(*) FROM pg_class WHERE oid = to_regclass('app.old')`) != 0 {
		t.Error("the owner did not drop it")
	}
}

func TestEveryRightThatARunNeedsIsAskedForAtSaveAndNoMore(t *testing.T) {
	const usage, usageOld = `GRANT USAGE ON SCHEMA app`, `GRANT USAGE ON SCHEMA old`
	for _, c := range []struct {
		name   string
		policy retention.Policy
		grants []string
		field  string
		remedy []string
	}{
		{name: "delete without anything", policy: onOrders(retention.ActionDelete, ""), field: "table",
			remedy: []string{`GRANT USAGE ON SCHEMA "app"`, `GRANT SELECT, UPDATE, DELETE ON "app"."orders"`}},
		{name: "delete without UPDATE", policy: onOrders(retention.ActionDelete, ""), grants: []string{usage, `GRANT SELECT, DELETE ON app.orders`}, field: "table",
			remedy: []string{`GRANT UPDATE ON "app"."orders"`}},
		{name: "delete without USAGE of the schema", policy: onOrders(retention.ActionDelete, ""), grants: []string{`GRANT SELECT, UPDATE, DELETE ON app.orders`}, field: "table",
			remedy: []string{`GRANT USAGE ON SCHEMA "app"`}},
		{name: "delete", policy: onOrders(retention.ActionDelete, ""), grants: []string{usage, `GRANT SELECT, UPDATE, DELETE ON app.orders`}},
		{name: "anonymize without UPDATE", policy: onOrders(retention.ActionAnonymize, ""), grants: []string{usage, `GRANT SELECT, DELETE ON app.orders`}, field: "table",
			remedy: []string{`GRANT UPDATE ON "app"."orders"`}},
		{name: "anonymize", policy: onOrders(retention.ActionAnonymize, ""), grants: []string{usage, `GRANT SELECT, UPDATE ON app.orders`}},
		{name: "archive into a table without INSERT", policy: onOrders(retention.ActionArchive, "old.kept"),
			grants: []string{usage, usageOld, `GRANT SELECT, UPDATE, DELETE ON app.orders`, `GRANT SELECT ON old.kept`}, field: "archive.table",
			remedy: []string{`GRANT INSERT ON "old"."kept"`}},
		{name: "archive into a table without SELECT", policy: onOrders(retention.ActionArchive, "old.kept"),
			grants: []string{usage, usageOld, `GRANT SELECT, UPDATE, DELETE ON app.orders`, `GRANT INSERT ON old.kept`}, field: "archive.table",
			remedy: []string{`GRANT SELECT ON "old"."kept"`}},
		{name: "archive into a table", policy: onOrders(retention.ActionArchive, "old.kept"),
			grants: []string{usage, usageOld, `GRANT SELECT, UPDATE, DELETE ON app.orders`, `GRANT SELECT, INSERT ON old.kept`}},
		{name: "archive into a new table without CREATE", policy: onOrders(retention.ActionArchive, "old.fresh"),
			grants: []string{usage, usageOld, `GRANT SELECT, UPDATE, DELETE ON app.orders`}, field: "archive.table",
			remedy: []string{`GRANT CREATE ON SCHEMA "old"`}},
		{name: "archive into a new table", policy: onOrders(retention.ActionArchive, "old.fresh"),
			grants: []string{usage, `GRANT USAGE, CREATE ON SCHEMA old`, `GRANT SELECT, UPDATE, DELETE ON app.orders`}},
		{name: "archive into a schema that is not there", policy: onOrders(retention.ActionArchive, "cellar.kept"),
			grants: []string{usage, `GRANT SELECT, UPDATE, DELETE ON app.orders`}, field: "archive.table", remedy: []string{`CREATE SCHEMA "cellar" AUTHORIZATION`}},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := limited(t, c.grants...)
			err := f.target.CheckPolicy(t.Context(), c.policy)
			if c.remedy == nil {
				f.runsWithLocks(c.policy, err)
				return
			}
			refusal, ok := errors.AsType[*retention.Refusal](err)
			if !ok || refusal.Field != c.field {
				t.Fatalf("saved with %v, want a refusal of %s", err, c.field)
			}
			for _, want := range c.remedy {
				if !strings.Contains(refusal.Remedy, want) {
					t.Errorf("the remedy is %q, want %q in it", refusal.Remedy, want)
				}
			}
			if n := strings.Count(refusal.Remedy, ";"); n != len(c.remedy) {
				t.Errorf("the remedy is %q, want exactly %v", refusal.Remedy, c.remedy)
			}
		})
	}
}

// runsWithLocks shows that what was granted is enough: also where a row is locked by
// somebody else, which makes the batch take its other form.
func (f *fixture) runsWithLocks(p retention.Policy, saved error) {
	f.Helper()
	if saved != nil {
		f.Fatalf("refused: %v", saved)
	}
	other := f.connect()
	if _, err := other.Exec(f.Context(), `BEGIN; SELECT FROM app.orders WHERE id = 5 FOR UPDATE`); err != nil {
		f.Fatal(err)
	}
	d := f.attempt(retention.Spec{RunID: uuid.NewString(), Attempt: 1, Policy: p, AsOf: time.Now(), Pace: retention.PaceMax})
	if got := f.finish(d); got.Processed != 9 || got.Skipped[retention.SkippedLocked] != 1 {
		f.Errorf("processed %d, skipped %v; want 9, and the locked one", got.Processed, got.Skipped)
	}
	if _, err := other.Exec(f.Context(), `ROLLBACK`); err != nil {
		f.Fatal(err)
	}
}

func TestARunWhoseArchiveSchemaHasGoneIsRefusedWithTheRemedy(t *testing.T) {
	f := limited(t, `GRANT USAGE ON SCHEMA app`, `GRANT SELECT, UPDATE, DELETE ON app.orders`, `GRANT USAGE, CREATE ON SCHEMA old`)
	p := onOrders(retention.ActionArchive, "old.fresh")
	if err := f.target.CheckPolicy(t.Context(), p); err != nil {
		t.Fatal(err)
	}
	f.exec(`ALTER SCHEMA old RENAME TO older`)
	spec := retention.Spec{RunID: uuid.NewString(), Attempt: 1, Policy: p, AsOf: time.Now(), Pace: retention.PaceMax}
	if err := f.target.Beat(t.Context(), spec.RunID, spec.Attempt); err != nil {
		t.Fatal(err)
	}
	_, err := f.target.Open(t.Context(), spec)
	refusal, ok := errors.AsType[*retention.Refusal](err)
	if !ok || refusal.Field != "archive.table" || !strings.Contains(refusal.Remedy, `CREATE SCHEMA "old" AUTHORIZATION`) {
		t.Errorf("the run answers %v, want a refusal with the schema to create", err)
	}
	if n := f.count(`SELECT count(*) FROM app.orders`); n != 10 {
		t.Errorf("%d rows are left, want all 10", n)
	}
}
