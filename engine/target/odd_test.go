package target

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"

	"github.com/google/uuid"

	"holdfast/examples"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// oddCase is a policy on one table of examples/odd.sql: what it does, or why it is
// refused.
type oddCase struct {
	table, column string
	change        func(*retention.Policy)
	// refused is the field of the refusal, and why what it says.
	refused, why string
	// left is what is left of the table (in the column no) as ranges, processed how many
	// went; errors are expected among those of the result.
	processed, blocked int64
	skipped            map[string]int64
	effects            map[string]retention.TableEffect
	errors             string
	// bars is a constraint that three of the archived rows break, so that they cannot go back
	// before it is dropped.
	bars string
}

func oddName(s string) retention.TableName {
	n, err := retention.ParseTableName(s)
	if err != nil {
		panic(err)
	}
	return n
}

func cascading(tables ...string) func(*retention.Policy) {
	return func(p *retention.Policy) {
		for _, t := range tables {
			p.Cascade = append(p.Cascade, oddName(t))
		}
	}
}

func archiving(p *retention.Policy) { p.Action = retention.ActionArchive }

func redacting(columns ...string) func(*retention.Policy) {
	return func(p *retention.Policy) {
		p.Action, p.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{}
		for _, c := range columns {
			p.Columns[c] = retention.Anonymizer{Method: retention.MethodRedact}
		}
	}
}

func inUnit(u retention.Unit) func(*retention.Policy) {
	return func(p *retention.Policy) { p.Unit = u }
}

var quoted = `"Café Schema"."Select ""quoted"" Table"`

var oddCases = []oddCase{
	{table: quoted, column: "timestamp", processed: 20},
	{table: quoted, column: "timestamp", change: archiving, processed: 20},
	{table: quoted, column: "timestamp", change: redacting("from", "a.b c"), processed: 20},
	{table: "shop.visits", column: "created_at", processed: 20},
	{table: "extra.visits", column: "created_at", change: redacting("note"), processed: 0}, // NULL stays NULL
	{table: "shop.by_uuid", column: "created_at", processed: 20},
	{table: "shop.by_char", column: "created_at", change: archiving, processed: 20},
	{table: "shop.by_bytes", column: "created_at", processed: 20},
	{table: "shop.composite", column: "created_at", change: archiving, processed: 20},
	{table: "shop.keyless", column: "created_at", processed: 40},
	{table: "shop.keyless", column: "created_at", change: archiving, processed: 40},
	{table: "shop.grumpy", column: "created_at", processed: 19, skipped: map[string]int64{retention.SkippedTrigger: 1}, errors: "not number seven"},
	{table: "shop.noisy", column: "created_at", processed: 20, effects: map[string]retention.TableEffect{"shop.noise": {Inserted: 3}}, change: func(p *retention.Policy) {
		p.Triggers = map[retention.TableName]retention.TriggerEffects{oddName("shop.noise"): {Inserted: true}}
	}},
	{table: "shop.touched", column: "updated_at", change: redacting("email"), processed: 20},
	{table: "shop.owner", column: "created_at", processed: 15, blocked: 5},
	{table: "shop.a", column: "created_at", refused: "cascade", why: `"cascade": ["shop.b", "shop.c"]`},
	{table: "shop.a", column: "created_at", change: cascading("shop.b", "shop.c"), processed: 17, blocked: 3,
		effects: map[string]retention.TableEffect{"shop.b": {Deleted: 17}, "shop.c": {Deleted: 17}}},
	{table: "shop.employee", column: "left_at", refused: "cascade", why: `"cascade": ["shop.employee"]`},
	{table: "shop.employee", column: "left_at", change: cascading("shop.employee"), processed: 20},
	{table: "shop.hashed", column: "created_at", processed: 20},
	{table: "shop.hashed", column: "created_at", change: redacting("note"), processed: 20},
	{table: "shop.hashed_0", column: "created_at", refused: "table", why: "is a partition of shop.hashed"},
	{table: "shop.listed", column: "created_at", change: archiving, processed: 20},
	{table: "shop.listed", column: "created_at", change: redacting("name"), processed: 20},
	{table: "shop.listed", column: "created_at", change: redacting("region"), refused: "columns.region", why: "decides in which partition"},
	{table: "shop.ranged", column: "created_at", change: func(p *retention.Policy) { p.Evidence = retention.EvidenceCounts }, processed: 20},
	{table: "shop.parent", column: "created_at", refused: "table", why: "inherits, or is inherited from"},
	{table: "shop.child", column: "created_at", refused: "table", why: "inherits, or is inherited from"},
	{table: "shop.seen", column: "created_at", refused: "table", why: "is a view"},
	{table: "shop.far", column: "created_at", refused: "table", why: "is a foreign table"},
	{table: "shop.rich", column: "created_at", processed: 20},
	{table: "shop.rich", column: "created_at", change: archiving, processed: 20, bars: "dear"},
	{table: "shop.rich", column: "created_at", change: redacting("word"), processed: 17, skipped: map[string]int64{retention.SkippedConstraint: 3}, errors: "dear"},
	{table: "shop.rich", column: "created_at", refused: "columns.room", why: "rich_room_valid_excl", change: func(p *retention.Policy) {
		p.Action, p.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{"room": {Method: retention.MethodConstant, Value: new("25")}}
	}},
	{table: "shop.aging", column: "created_at", change: redacting("word"), processed: 15, skipped: map[string]int64{retention.SkippedConstraint: 5}, errors: "fresh"},
	{table: "shop.promised", column: "created_at", processed: 19, skipped: map[string]int64{retention.SkippedTrigger: 1}, errors: "promised to somebody"},
	{table: "shop.rich", column: "created_at", change: redacting("gross"), refused: "columns.gross", why: "generated"},
	{table: "shop.rich", column: "created_at", change: redacting("serial"), refused: "columns.serial", why: "identity"},
	{table: "shop.times", column: "at", processed: 20},
	{table: "shop.times", column: "seconds", change: inUnit(retention.UnitSeconds), processed: 20},
	{table: "shop.times", column: "small", change: inUnit(retention.UnitSeconds), processed: 20},
	{table: "shop.times", column: "millis", change: inUnit(retention.UnitMilliseconds), processed: 20},
	{table: "shop.times", column: "millis", refused: "unit", why: "says nothing of time by itself"},
	{table: "shop.ruled", column: "created_at", refused: "table", why: "rewrite rule"},
}

// TestEveryOddityIsDoneRightlyOrRefused carries out a policy on every table of a database
// that has everything in it, each on a copy of its own. Nothing else may change.
func TestEveryOddityIsDoneRightlyOrRefused(t *testing.T) {
	shared := oddFixture(t) // of the refused, which change nothing
	for i, c := range oddCases {
		t.Run(fmt.Sprintf("%d %s", i, strings.Trim(c.table, `"`)), func(t *testing.T) {
			f := &fixture{T: t, url: shared.url, target: shared.target}
			if c.refused == "" {
				t.Parallel()
				f = oddFixture(t)
			}
			p := policy("", retention.ActionDelete)
			p.Table, p.TimestampColumn, p.BatchSize = oddName(c.table), c.column, 7
			if c.change != nil {
				c.change(&p)
			}
			if c.refused != "" {
				f.wantRefusal(p, c.refused, c.why)
				return
			}
			f.odd(c, p)
		})
	}
}

func oddFixture(t *testing.T) *fixture {
	t.Helper()
	url := pgtest.NewFrom(t, "target-odd"+examples.OddSQL, func(ctx context.Context, url string) error {
		pgtest.Exec(t, url, examples.OddSQL)
		return Migrate(ctx, url)
	})
	// A setting of a database is not copied with it.
	pgtest.Exec(t, url, `DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET search_path = public, extra', current_database()); END $$`)
	return &fixture{T: t, url: url, target: openTarget(t, url)}
}

func (f *fixture) odd(c oddCase, p retention.Policy) {
	f.Helper()
	f.wantAccepted(p)
	before := f.sums()
	got := f.run(p)
	if got.Processed != c.processed || got.Blocked != c.blocked || got.SkippedTotal() != total(c.skipped) {
		f.Errorf("got %+v, want %d processed, %d blocked, %v skipped", got.Counts, c.processed, c.blocked, c.skipped)
	}
	for why, n := range c.skipped {
		if got.Skipped[why] != n {
			f.Errorf("%d are %s, want %d", got.Skipped[why], why, n)
		}
	}
	if errors := strings.Join(got.Errors, "\n"); c.errors == "" && errors != "" || !strings.Contains(errors, c.errors) {
		f.Errorf("the errors are %q, want %q", errors, c.errors)
	}
	for table, e := range c.effects {
		if got.Effects[table] != e {
			f.Errorf("%s: counted %+v, want %+v", table, got.Effects[table], e)
		}
	}
	may := []string{p.Table.String(), p.ArchiveTable().String()}
	for table := range got.Effects {
		may = append(may, table)
	}
	for table, sum := range f.sums() {
		if was, ok := before[table]; ok && was != sum && !slices.Contains(may, table) {
			f.Errorf("%s was changed", table)
		}
	}
	if again := f.run(p); again.Processed != 0 {
		f.Errorf("a second run processed %d", again.Processed)
	}
	if p.Action == retention.ActionArchive {
		f.backAndForth(p, got.Processed, c.bars, before)
	}
}

// backAndForth restores what was archived, which makes the database what it was, and
// archives it again.
func (f *fixture) backAndForth(p retention.Policy, n int64, bars string, before map[string]string) {
	f.Helper()
	archived := f.archivesSum(p)
	run := pgtest.Value[string](f.T, f.url, `SELECT min(holdfast_run::text) FROM `+p.ArchiveTable().SQL())
	tables := append([]retention.TableName{p.Table}, p.Cascade...)
	var back int64
	for _, table := range tables {
		spec := retention.RestoreSpec{RestoreTable: retention.RestoreTable{Table: table, Archive: p.ArchiveOf(table), Policy: p.Name, PolicyVersion: p.Version, Digests: true, RunID: run}}
		seen, err := f.target.CheckRestore(f.Context(), spec)
		if err != nil || seen.Problem != "" {
			f.Fatalf("look ahead: %+v, %v", seen, err)
		}
		first := f.restore(spec)
		if first != seen.Rows-seen.Conflicted() || (bars != "") != (seen.Conflicted() == 3) || bars != "" && seen.Conflicts[0].Constraint != bars {
			f.Errorf("%d rows of %s were restored; the look ahead said %+v", first, table, seen)
		}
		if back += first; bars != "" {
			f.exec(`ALTER TABLE ` + table.SQL() + ` DROP CONSTRAINT ` + bars)
			back += f.restore(spec)
		}
	}
	for table, sum := range f.sums() {
		if was, ok := before[table]; ok && was != sum {
			f.Errorf("%s is not what it was before its rows were archived and restored", table)
		}
	}
	if again := f.run(p); again.Processed != n || f.archivesSum(p) != archived {
		f.Errorf("archived again: %d rows with the sum %s, were %d with %s", again.Processed, f.archivesSum(p), n, archived)
	}
	if back < n {
		f.Errorf("%d rows were restored, want at least the %d of the policy's table", back, n)
	}
}

// archivesSum is a checksum of the archives but for when and by which run.
func (f *fixture) archivesSum(p retention.Policy) (sums string) {
	f.Helper()
	for _, to := range p.Archives() {
		columns := f.texts(`SELECT quote_ident(attname) FROM pg_attribute WHERE attrelid = '` + strings.ReplaceAll(to.SQL(), "'", "''") + `'::regclass AND attnum > 0 AND NOT attisdropped AND attname NOT IN ('holdfast_archived_at', 'holdfast_run')`)
		sums += fmt.Sprint(f.count(`SELECT coalesce(sum(hashtext((`+strings.Join(columns, ", ")+`)::text)::bigint), 0)::bigint FROM `+to.SQL()), " ")
	}
	return sums
}

// restore carries one table's part of a restore out to its end, and answers how many rows
// are back.
func (f *fixture) restore(spec retention.RestoreSpec) (n int64) {
	f.Helper()
	spec.RestoreID, spec.Attempt = uuid.NewString(), 1
	if err := f.target.Beat(f.Context(), spec.RestoreID, 1); err != nil {
		f.Fatal(err)
	}
	d, err := f.target.OpenRestore(f.Context(), spec)
	if err != nil {
		f.Fatal(err)
	}
	defer d.Close()
	for range 100 {
		step, err := d.Step(f.Context())
		if err != nil && !errors.Is(err, retention.ErrRowRefused) {
			f.Fatalf("restore %s: %v", spec.Table, err)
		}
		n += step.Restored
		if step.Done {
			return n
		}
	}
	f.Fatalf("restore %s never ends", spec.Table)
	return 0
}

func total(m map[string]int64) (n int64) {
	for _, v := range m {
		n += v
	}
	return n
}

// sums are a checksum for every table of the application.
func (f *fixture) sums() map[string]string {
	f.Helper()
	out := map[string]string{}
	rows, err := f.target.pool.Query(f.Context(), `
		SELECT format('%I.%I', n.nspname, c.relname), n.nspname, c.relname
		FROM pg_class c JOIN pg_namespace n ON n.oid = c.relnamespace
		WHERE c.relkind IN ('r', 'p') AND NOT c.relispartition AND n.nspname !~ '^(pg_|information_schema|holdfast)'`)
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	var sql []string
	var names []retention.TableName
	for rows.Next() {
		var quoted string
		var n retention.TableName
		if err := rows.Scan(&quoted, &n.Schema, &n.Name); err != nil {
			f.Fatal(err)
		}
		sql, names = append(sql, quoted), append(names, n)
	}
	for i, table := range sql {
		out[names[i].String()] = pgtest.Value[string](f.T, f.url, `SELECT count(*) || ' ' || coalesce(sum(hashtextextended(t::text, 0)), 0) FROM `+table+` AS t`)
	}
	return out
}
