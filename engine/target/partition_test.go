package target

import (
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/uuid"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// cut are the ways in which the tests cut a table of 60 rows, of which the 40 with the
// lowest ids are due. Each has sub-partitions or an index of its own somewhere.
var cut = map[string][]string{
	"range": {
		`CREATE TABLE public.r (id bigint, name text NOT NULL, status text DEFAULT 'old', created_at timestamptz NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE public.r_old PARTITION OF public.r FOR VALUES FROM (MINVALUE) TO (now() - interval '95 days')`,
		`CREATE TABLE public.r_mid (status text DEFAULT 'old', created_at timestamptz NOT NULL, id bigint NOT NULL, name text NOT NULL)`, // other attribute numbers
		`ALTER TABLE public.r ATTACH PARTITION public.r_mid FOR VALUES FROM (now() - interval '95 days') TO (now() - interval '10 days')`,
		`CREATE TABLE public.r_new PARTITION OF public.r FOR VALUES FROM (now() - interval '10 days') TO (MAXVALUE)`,
		`CREATE INDEX ON public.r_mid (created_at)`,
	},
	"list": {
		`CREATE TABLE public.r (id bigint PRIMARY KEY, name text NOT NULL, status text DEFAULT 'old', created_at timestamptz NOT NULL) PARTITION BY LIST (id)`,
		`CREATE TABLE public.r_few PARTITION OF public.r FOR VALUES IN (1, 2, 3, 41, 42)`,
		`CREATE TABLE public.r_rest PARTITION OF public.r DEFAULT`,
		`CREATE INDEX ON public.r (created_at)`,
	},
	"hash": {
		`CREATE TABLE public.r (id bigint PRIMARY KEY, name text NOT NULL, status text DEFAULT 'old', created_at timestamptz NOT NULL) PARTITION BY HASH (id)`,
		`CREATE TABLE public."r 0" PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 0)`,
		`CREATE TABLE public.r1 PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 1) PARTITION BY HASH (id)`,
		`CREATE TABLE public.r1a PARTITION OF public.r1 FOR VALUES WITH (MODULUS 2, REMAINDER 0)`,
		`CREATE TABLE public.r1b PARTITION OF public.r1 FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
	},
}

const fillCut = `INSERT INTO public.r (id, name, created_at)
	SELECT i, 'n' || i, CASE WHEN i <= 40 THEN now() - interval '100 days' + i * interval '1 hour' * CASE WHEN i % 2 = 0 THEN 1 ELSE 5 END ELSE now() - i * interval '1 minute' END
	FROM generate_series(1, 60) AS i`

// eachCut runs a test on every kind of partitioned table.
func eachCut(t *testing.T, do func(t *testing.T, f *fixture)) {
	for kind, sql := range cut {
		t.Run(kind, func(t *testing.T) {
			t.Parallel()
			do(t, newFixture(t, append(sql[:len(sql):len(sql)], fillCut)...))
		})
	}
}

// held holds rows 5 and 6 of the table, by its whole key.
func (f *fixture) holdTwo() {
	f.Helper()
	var ids []retention.Key
	for _, id := range []string{"5", "6"} {
		key := retention.Key{id}
		if f.count(`SELECT count(*) FROM pg_attribute a JOIN pg_index i ON i.indrelid = a.attrelid AND i.indisprimary AND a.attnum = ANY (i.indkey) WHERE a.attrelid = 'public.r'::regclass`) == 2 {
			key = append(key, f.remaining("public.r WHERE id = "+id, "created_at")[0])
		}
		ids = append(ids, key)
	}
	f.hold(name("r"), ids...)
}

func TestAPartitionedTableIsWalkedPartitionByPartition(t *testing.T) {
	for _, action := range retention.Actions() {
		t.Run(string(action), func(t *testing.T) {
			eachCut(t, func(t *testing.T, f *fixture) {
				f.holdTwo()
				p := policy("r", action)
				p.BatchSize, p.Condition = 7, "status = 'old'"
				f.wantAccepted(p)
				got := f.foretold(p)
				if got.Processed != 38 || got.Held != 2 || got.Blocked != 0 || len(got.Errors) > 0 {
					t.Errorf("got %+v, want 38 processed and 2 held", got.Counts)
				}
				if n := f.count(`SELECT count(*) FROM public.r WHERE name IN ('n5', 'n6') OR id > 40 AND name = 'n' || id`); n != 22 {
					t.Errorf("%d rows are as they were, want the 20 young and the 2 held ones", n)
				}
				if n := f.count(`SELECT sum(processed)::bigint FROM holdfast_guard.journal WHERE table_name = 'r'`); n != 38 {
					t.Errorf("the journal has %d under the table's own name, want 38", n)
				}
				if action == retention.ActionArchive {
					if n := f.count(`SELECT count(*) FROM public.r_archive`); n != 38 {
						t.Errorf("%d rows are archived, want 38", n)
					}
				}
				if again := f.run(p); again.Processed != 0 || again.Held != 2 {
					t.Errorf("a second run processed %d and held %d, want none and 2", again.Processed, again.Held)
				}
			})
		})
	}
}

func TestAnEditOfOnePartitionsStorageLosesNoCountOfTheOthers(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(cut["hash"], `ALTER TABLE public."r 0" SET (fillfactor = 10)`, `ALTER TABLE public.r1a SET (fillfactor = 10)`, `ALTER TABLE public.r1b SET (fillfactor = 10)`, fillCut)...)
	f.hold(name("r"), keys("1", "2", "3", "4", "5", "6", "7", "8")...)
	p := policy("r", retention.ActionDelete)
	p.BatchSize = 4
	d := f.begin(p)
	for d.Progress().Held < 2 || d.pos.Leaf == 0 || d.pos.Base == nil || !d.pos.Started {
		step, err := d.Step(t.Context())
		if err != nil || step.Done {
			t.Fatalf("step: %+v, %v; want to come into a second partition", step, err)
		}
	}
	f.exec(fmt.Sprintf(`DO $$ BEGIN EXECUTE 'VACUUM FULL'; EXCEPTION WHEN others THEN NULL; END $$; CLUSTER %s USING %s`,
		d.planned.Table.Name.SQL(), retention.QuoteIdent(d.planned.Table.Indexes[0].Name)))
	got := f.finish(d)
	if got.Processed != 32 || got.Held != 8 {
		t.Errorf("processed %d and held %d, want 32 and 8, each once", got.Processed, got.Held)
	}
}

// What is due as a whole, of which nothing is held and which nobody needs to see go, is
// emptied at once.
func TestAPartitionThatIsDueAsAWholeIsEmptied(t *testing.T) {
	emptied := func(f *fixture) int64 {
		return f.count(`SELECT count(*) FROM holdfast_guard.journal WHERE step LIKE 'emptied partition%'`)
	}
	make := func(t *testing.T, more ...string) *fixture {
		return newFixture(t, append(append(cut["range"][:len(cut["range"]):len(cut["range"])], fillCut), more...)...)
	}
	p := policy("r", retention.ActionDelete)
	p.Evidence = retention.EvidenceCounts
	whole := func(f *fixture) int64 {
		return f.count(`SELECT count(*) FROM public.r_old`) + f.count(`SELECT count(*) FROM public.r_mid`)
	}
	for what, c := range map[string]struct {
		sql     []string
		policy  func(*retention.Policy)
		hold    bool
		emptied int64
		left    int64
	}{
		"as it is":             {emptied: 2},
		"a held row":           {hold: true, emptied: 1, left: 1},
		"digests":              {policy: func(p *retention.Policy) { p.Evidence = retention.EvidenceRecords }},
		"a condition":          {policy: func(p *retention.Policy) { p.Condition = "name <> 'x'" }},
		"a row that is young":  {sql: []string{`INSERT INTO public.r VALUES (70, 'n70', 'old', now() - interval '20 days')`}, emptied: 1, left: 1},
		"a trigger":            {sql: []string{`CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN old; END'`, `CREATE TRIGGER g BEFORE DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION public.f()`}},
		"a trigger on one":     {sql: []string{`CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`, `CREATE TRIGGER g AFTER TRUNCATE ON public.r_old EXECUTE FUNCTION public.f()`}, emptied: 1},
		"a foreign key to it":  {sql: []string{`CREATE TABLE public.c (id bigint, at timestamptz, FOREIGN KEY (id, at) REFERENCES public.r)`}},
		"a publication":        {sql: []string{`CREATE PUBLICATION pub FOR TABLE public.r_old`}, emptied: 1},
		"nothing in it at all": {sql: []string{`DELETE FROM public.r_old`}, emptied: 1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := make(t, c.sql...)
			p := p
			if c.policy != nil {
				c.policy(&p)
			}
			if c.hold {
				f.hold(name("r"), retention.Key{"40", f.remaining("public.r WHERE id = 40", "created_at")[0]})
			}
			f.wantAccepted(p)
			got := f.run(p)
			if n := emptied(f); n != c.emptied {
				t.Errorf("%d partitions were emptied, want %d", n, c.emptied)
			}
			if n := whole(f); n != c.left || f.count(`SELECT count(*) FROM public.r_new`) != 20 {
				t.Errorf("%d rows are left of the old ones, want %d, and all 20 young ones", n, c.left)
			}
			if sum := f.count(`SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal`); sum != got.Processed {
				t.Errorf("the journal has %d, the run %d", sum, got.Processed)
			}
		})
	}
}

func TestAnEmptyPartitionThatIsOlderThanTheCutoffIsDropped(t *testing.T) {
	bounded := append([]string{cut["range"][0], `CREATE TABLE public.r_old PARTITION OF public.r FOR VALUES FROM (now() - interval '300 days') TO (now() - interval '95 days')`}, cut["range"][2:]...)
	young := []string{
		`CREATE TABLE public.r (id bigint, name text NOT NULL, status text DEFAULT 'old', created_at timestamptz NOT NULL, PRIMARY KEY (id, created_at)) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE public.r_old PARTITION OF public.r DEFAULT`,
		`CREATE TABLE public.r_mid PARTITION OF public.r FOR VALUES FROM (now() - interval '95 days') TO (MAXVALUE)`,
	}
	for what, c := range map[string]struct {
		cut     []string
		sql     []string
		policy  func(*retention.Policy)
		hold    bool
		held    string
		dropped []string
		says    string
	}{
		"as it is":               {dropped: []string{"r_old"}},
		"not asked for":          {policy: func(p *retention.Policy) { p.DropEmptyPartitions = false }},
		"walked row by row":      {policy: func(p *retention.Policy) { p.Evidence = retention.EvidenceRecords }, dropped: []string{"r_old"}},
		"archived":               {policy: func(p *retention.Policy) { p.Action = retention.ActionArchive }, dropped: []string{"r_old"}},
		"empty before":           {sql: []string{`DELETE FROM public.r_old`}, dropped: []string{"r_old"}},
		"a held row":             {hold: true},
		"a row beside condition": {policy: func(p *retention.Policy) { p.Condition = "id <> 1" }},
		"what takes all others":  {cut: young},
		"no lower bound":         {cut: cut["range"]},
		"a part that is held":    {held: "r_old"},
		"another part is held":   {held: "r_new"},
		"a view on it":           {sql: []string{`CREATE VIEW public.v AS SELECT * FROM public.r_old`}, says: "depend"},
		"sub-partitions": {cut: []string{cut["range"][0], `CREATE TABLE public.r_old PARTITION OF public.r FOR VALUES FROM (now() - interval '300 days') TO (now() - interval '95 days') PARTITION BY HASH (id)`,
			`CREATE TABLE public.r_old0 PARTITION OF public.r_old FOR VALUES WITH (MODULUS 2, REMAINDER 0)`, `CREATE TABLE public.r_old1 PARTITION OF public.r_old FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
			`CREATE TABLE public.r_mid PARTITION OF public.r FOR VALUES FROM (now() - interval '95 days') TO (MAXVALUE)`}, dropped: []string{"r_old0", "r_old1"}},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			if c.cut == nil {
				c.cut = bounded
			}
			f := newFixture(t, append(append(c.cut[:len(c.cut):len(c.cut)], fillCut), c.sql...)...)
			p := policy("r", retention.ActionDelete)
			p.Evidence, p.DropEmptyPartitions = retention.EvidenceCounts, true
			if c.policy != nil {
				c.policy(&p)
			}
			if c.hold {
				f.hold(name("r"), retention.Key{"1", f.remaining("public.r WHERE id = 1", "created_at")[0]})
			}
			if c.held != "" { // before it became a part
				f.exec(`DELETE FROM public.`+c.held, `ALTER TABLE public.r DETACH PARTITION public.`+c.held)
				f.hold(name(c.held))
				bounds := map[string]string{"r_old": `(now() - interval '300 days') TO (now() - interval '96 days')`, "r_new": `(now() - interval '10 days') TO (MAXVALUE)`}
				f.exec(`ALTER TABLE public.r ATTACH PARTITION public.` + c.held + ` FOR VALUES FROM ` + bounds[c.held])
			}
			f.wantAccepted(p)
			rows, before := f.count(`SELECT count(*) FROM public.r`), f.partitions()
			got := f.run(p)
			gone := []string{}
			for _, name := range before {
				if !slices.Contains(f.partitions(), name) {
					gone = append(gone, name)
				}
			}
			if !slices.Equal(gone, c.dropped) {
				t.Errorf("dropped were %q, want %q", gone, c.dropped)
			}
			if n := f.count(`SELECT count(*) FROM holdfast_guard.journal WHERE step LIKE 'dropped empty partition public.%' AND processed = 0`); n != int64(len(c.dropped)) {
				t.Errorf("the journal has %d partitions as dropped, want %d", n, len(c.dropped))
			}
			if left := f.count(`SELECT count(*) FROM public.r`); rows-left != got.Processed {
				t.Errorf("%d rows are gone and %d were processed", rows-left, got.Processed)
			}
			if said := strings.Join(got.Errors, "; "); !strings.Contains(said, c.says) || c.says == "" && said != "" {
				t.Errorf("the run says %q, want %q in it", said, c.says)
			}
			f.run(p) // and goes on without it
		})
	}
}

// partitions are the names of the partitions of r that have rows.
func (f *fixture) partitions() []string {
	f.Helper()
	return f.texts(`SELECT c.relname FROM pg_partition_tree('public.r') AS p JOIN pg_class c ON c.oid = p.relid WHERE p.isleaf AND c.relkind = 'r'`)
}

// A hold may come between the walk and the drop, and a trigger of the database's own may do
// anything when a table goes.
func TestAPartitionIsNotDroppedUnderAHoldOrWithRowsOfOthers(t *testing.T) {
	make := func(t *testing.T) (*fixture, retention.Policy) {
		f := newFixture(t, cut["range"][0], `CREATE TABLE public.r_old PARTITION OF public.r FOR VALUES FROM (now() - interval '300 days') TO (now() - interval '60 days')`,
			`CREATE TABLE public.r_new PARTITION OF public.r FOR VALUES FROM (now() - interval '60 days') TO (MAXVALUE)`, fillCut, `CREATE TABLE public.meta (id int)`, `INSERT INTO public.meta VALUES (1)`)
		p := policy("r", retention.ActionDelete)
		p.DropEmptyPartitions = true
		return f, p
	}
	t.Run("a hold", func(t *testing.T) {
		t.Parallel()
		f, p := make(t)
		d := f.begin(p)
		for !d.pos.Drop {
			if step, err := d.Step(t.Context()); err != nil || step.Done {
				t.Fatalf("%+v, %v: want to come to the drop", step, err)
			}
		}
		f.hold(name("r"))
		f.finish(d)
		if !slices.Contains(f.partitions(), "r_old") {
			t.Error("a partition of a held table was dropped")
		}
	})
	t.Run("an event trigger", func(t *testing.T) {
		t.Parallel()
		f, p := make(t)
		f.exec(`CREATE FUNCTION public.gone() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.meta; END'`, `CREATE EVENT TRIGGER gone ON sql_drop EXECUTE FUNCTION public.gone()`)
		d := f.begin(p)
		var err error
		for range 20 {
			if _, err = d.Step(t.Context()); err != nil {
				break
			}
		}
		if err == nil || !strings.Contains(err.Error(), "an event trigger changed rows of public.meta") || f.count(`SELECT count(*) FROM public.meta`) != 1 {
			t.Errorf("got %v, %d rows of meta; want the drop refused and its row left", err, f.count(`SELECT count(*) FROM public.meta`))
		}
	})
	t.Run("an event trigger on an archive that is made", func(t *testing.T) {
		t.Parallel()
		f, p := make(t)
		f.exec(`CREATE FUNCTION public.made() RETURNS event_trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.meta; END'`, `CREATE EVENT TRIGGER made ON ddl_command_end WHEN TAG IN ('CREATE TABLE') EXECUTE FUNCTION public.made()`)
		p.Action = retention.ActionArchive
		_, err := f.target.Open(t.Context(), retention.Spec{RunID: uuid.NewString(), Attempt: 1, Policy: p, AsOf: time.Now()})
		if err == nil || !strings.Contains(err.Error(), "an event trigger changed rows of public.meta") || f.count(`SELECT count(*) FROM public.meta`) != 1 {
			t.Errorf("got %v, %d rows of meta; want the archive refused and its row left", err, f.count(`SELECT count(*) FROM public.meta`))
		}
	})
}

// What is never due has no other place to go to.
func TestAPartitionThatTakesWhatIsNeverDueIsNotDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.r (id bigint, name text, d date) PARTITION BY LIST (d)`,
		`CREATE TABLE public.r_null PARTITION OF public.r FOR VALUES IN ('2020-01-01', NULL)`, `CREATE TABLE public.r_begin PARTITION OF public.r FOR VALUES IN ('-infinity')`,
		`CREATE TABLE public.r_old PARTITION OF public.r FOR VALUES IN ('2020-01-02')`, `CREATE TABLE public.r_new PARTITION OF public.r FOR VALUES IN ('2930-01-01')`)
	p := policy("r", retention.ActionDelete)
	p.TimestampColumn, p.DropEmptyPartitions = "d", true
	f.run(p)
	if got := f.partitions(); !slices.Equal(got, []string{"r_begin", "r_new", "r_null"}) {
		t.Errorf("left are %q, want all but r_old", got)
	}
}

func TestAPartitionThatSomebodyReadsIsNotDroppedAndHoldsNobodyUp(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append([]string{cut["range"][0], `CREATE TABLE public.r_old PARTITION OF public.r FOR VALUES FROM (now() - interval '300 days') TO (now() - interval '95 days')`}, append(cut["range"][2:len(cut["range"]):len(cut["range"])], fillCut)...)...)
	reader := f.connect()
	if _, err := reader.Exec(t.Context(), `BEGIN; SELECT count(*) FROM public.r_new`); err != nil { // by way of nothing else
		t.Fatal(err)
	}
	if _, err := reader.Exec(t.Context(), `SELECT count(*) FROM public.r WHERE id = 0`); err != nil {
		t.Fatal(err)
	}
	p := policy("r", retention.ActionDelete)
	p.DropEmptyPartitions = true
	if got := f.run(p); got.Processed != 40 || len(got.Errors) > 0 || !slices.Contains(f.partitions(), "r_old") {
		t.Errorf("processed %d (errors %q), partitions %q; want all 40 and every partition while somebody reads", got.Processed, got.Errors, f.partitions())
	}
	if _, err := reader.Exec(t.Context(), `COMMIT`); err != nil {
		t.Fatal(err)
	}
	if f.run(p); slices.Contains(f.partitions(), "r_old") {
		t.Error("the next run left the empty partition, with nobody in its way")
	}
}

func TestDroppingIsRefusedWhereNothingCouldBeDropped(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(append(cut["list"][:len(cut["list"]):len(cut["list"])], fillCut), `CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz)`)...)
	p := policy("r", retention.ActionDelete)
	p.DropEmptyPartitions = true
	f.wantRefusal(p, "drop_empty_partitions", "no bounds by")
	f.wantRefusal(func() retention.Policy { p := p; p.Table.Name = "o"; return p }(), "drop_empty_partitions", "not partitioned")
	f.exec(`CREATE TABLE public.day (d date NOT NULL, id int, PRIMARY KEY (d, id)) PARTITION BY LIST (d)`, `CREATE TABLE public.refers (d date, id int, FOREIGN KEY (d, id) REFERENCES public.day)`)
	f.wantRefusal(func() retention.Policy { p := p; p.Table.Name, p.TimestampColumn = "day", "d"; return p }(), "drop_empty_partitions", "refers to")
	p.Action, p.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
	f.wantRefusal(p, "drop_empty_partitions", "leaves every row")
}

func TestAPartitionThatSomebodyReadsIsWalkedInstead(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(cut["range"], fillCut)...)
	reader := f.connect()
	if _, err := reader.Exec(t.Context(), `BEGIN; SELECT count(*) FROM public.r_old`); err != nil {
		t.Fatal(err)
	}
	p := policy("r", retention.ActionDelete)
	p.Evidence = retention.EvidenceCounts
	if got := f.run(p); got.Processed != 40 {
		t.Errorf("processed %d, want all 40 while somebody reads one partition", got.Processed)
	}
}

func TestARowThatMovesBetweenPartitionsAroundABatchIsNeverHalfDone(t *testing.T) {
	const elsewhere = `(SELECT n FROM generate_series(2000, 3000::bigint) AS n
		WHERE satisfies_hash_partition('public.r'::regclass, 2, 0, n) <> satisfies_hash_partition('public.r'::regclass, 2, 0, 5::bigint) LIMIT 1)`
	moves := map[string]struct {
		move string
		left int64
	}{
		"still due":     {`UPDATE public.r SET id = ` + elsewhere + ` WHERE id = 5`, 0},
		"no longer due": {`UPDATE public.r SET id = ` + elsewhere + `, created_at = now() WHERE id = 5`, 1},
		"held now":      {`UPDATE public.r SET id = 1000 WHERE id = 5`, 1},
	}
	for i, what := range pgtest.Names(moves) {
		for j, action := range retention.Actions() {
			for k, moment := range moments {
				if pgtest.ForLong(i, j, k) {
					continue
				}
				t.Run(what+"/"+string(action)+"/"+moment, func(t *testing.T) {
					t.Parallel()
					left := moves[what].left
					if moment == "after the batch" {
						left = 0
					}
					movesAt(t, moment, action, moves[what].move, left)
				})
			}
		}
	}
}

func movesAt(t *testing.T, moment string, action retention.Action, move string, left int64) {
	f := newFixture(t, append(cut["hash"], fillCut)...)
	f.hold(name("r"), keys("1000")...)
	d := f.begin(policy("r", action))
	if moment == "while waiting" {
		f.moveUnder(move, d)
	} else {
		f.changeAtMoment(moment, d, move)
	}
	f.run(policy("r", action)) // what moved into a partition that had been walked is the next run's
	if n := f.count(`SELECT count(*) FROM public.r WHERE name = 'n5'`); n != left {
		t.Errorf("%d rows are left as the moved one was, want %d", n, left)
	}
	if n := f.count(`SELECT sum(processed)::bigint FROM holdfast_guard.journal`); n != 40-left {
		t.Errorf("the journal has %d, want each of %d rows once", n, 40-left)
	}
}

// moveUnder carries a disposition out while the application moves a row that it waits
// for to another partition.
func (f *fixture) moveUnder(move string, d *disposition) {
	f.Helper()
	err := f.changeUnder(d, move, func() (err error) {
		for err == nil && !d.Progress().Done {
			_, err = d.Step(f.Context())
		}
		return err
	})
	if err != nil && !errors.Is(err, retention.ErrBusy) {
		f.Fatalf("step: %v", err)
	}
	f.finish(d)
}

func TestAHoldOutlivesAttachingAndDetaching(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(cut["list"], fillCut)...)
	f.hold(name("r"), keys("1", "10", "950")...)
	f.exec(`ALTER TABLE public.r DETACH PARTITION public.r_few`)
	if got := f.run(policy("r_few", retention.ActionDelete)); got.Processed != 2 || got.Held != 1 {
		t.Errorf("of the detached partition %d went and %d were held, want 2 and 1", got.Processed, got.Held)
	}
	// A whole table that becomes a partition.
	f.exec(`CREATE TABLE public.whole (LIKE public.r INCLUDING ALL)`, `INSERT INTO public.whole VALUES (900, 'n900', 'old', now() - interval '200 days')`)
	f.hold(name("whole"))
	f.exec(`ALTER TABLE public.r ATTACH PARTITION public.whole FOR VALUES IN (900)`)
	got := f.foretold(policy("r", retention.ActionDelete))
	if got.Processed != 36 || got.Held != 2 {
		t.Errorf("%d went and %d were held, want 36 and 2", got.Processed, got.Held)
	}
	// And a partition that came after the hold and left again, once somebody has looked.
	f.exec(`CREATE TABLE public.late PARTITION OF public.r FOR VALUES IN (950)`, `INSERT INTO public.r VALUES (950, 'n950', 'old', now() - interval '200 days')`)
	if _, _, err := f.target.GuardState(t.Context()); err != nil {
		t.Fatal(err)
	}
	f.exec(`ALTER TABLE public.r DETACH PARTITION public.late`)
	if got := f.run(policy("late", retention.ActionDelete)); got.Processed != 0 || got.Held != 1 {
		t.Errorf("%d went and %d were held, want the one held", got.Processed, got.Held)
	}
}

func TestPartitionsAreRefusedWhereTheyCouldNotBeDoneRightly(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(cut["list"], fillCut)...)
	f.wantRefusal(policy("r_few", retention.ActionDelete), "table", "public.r_few is a partition of public.r", "name public.r")
	anonymize := policy("r", retention.ActionAnonymize)
	f.exec(`CREATE TABLE public.n (id bigint, name text, created_at timestamptz, PRIMARY KEY (id, name)) PARTITION BY LIST (name)`, `CREATE TABLE public.n1 PARTITION OF public.n DEFAULT`,
		`CREATE TABLE public.e (id bigint, name text, created_at timestamptz) PARTITION BY LIST (lower(name))`, `CREATE TABLE public.e1 PARTITION OF public.e DEFAULT`)
	for _, table := range []string{"n", "e"} {
		anonymize.Table.Name = table
		f.wantRefusal(anonymize, "columns.name", "decides in which partition of public."+table)
	}
	f.exec(`CREATE UNIQUE INDEX ON public.r_few (name)`)
	anonymize.Table.Name = "r"
	f.wantRefusal(anonymize, "columns.name", "unique index")
	f.exec(`DROP INDEX public.r_few_name_idx`, `CREATE RULE stop AS ON DELETE TO public.r_few DO INSTEAD NOTHING`)
	f.wantRefusal(policy("r", retention.ActionDelete), "table", `rewrite rule "stop"`)
	f.exec(`DROP RULE stop ON public.r_few`, `CREATE FUNCTION public.f() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'`,
		`CREATE TRIGGER once AFTER DELETE ON public.r EXECUTE FUNCTION public.f()`)
	f.wantRefusal(policy("r", retention.ActionDelete), "table", `trigger "once" of public.r fires once a statement`)
	f.wantAccepted(anonymize)
	f.exec(`CREATE EXTENSION IF NOT EXISTS postgres_fdw`, `CREATE SERVER elsewhere FOREIGN DATA WRAPPER postgres_fdw`,
		`CREATE FOREIGN TABLE public.far PARTITION OF public.e FOR VALUES IN ('far') SERVER elsewhere`)
	f.wantRefusal(policy("e", retention.ActionDelete), "table", "partition public.far of public.e is a foreign table")
}

func TestChildrenInPartitionsGoWithTheirParents(t *testing.T) {
	t.Parallel()
	f := newFixture(t, orders("")[:1]...)
	f.exec(`CREATE TABLE public.i (id bigint, o_id bigint REFERENCES public.o ON DELETE CASCADE, name text, PRIMARY KEY (id)) PARTITION BY HASH (id)`,
		`CREATE TABLE public.i0 PARTITION OF public.i FOR VALUES WITH (MODULUS 2, REMAINDER 0)`, `CREATE TABLE public.i1 PARTITION OF public.i FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
		`CREATE INDEX ON public.i (o_id)`,
		`INSERT INTO public.o SELECT n, 'o' || n, now() - interval '100 days' FROM generate_series(1, 40) AS n`,
		`INSERT INTO public.i SELECT n, (n + 1) / 2, 'i' || n FROM generate_series(1, 80) AS n`)
	p := reaching("o", "i")
	f.wantRefusal(reaching("o"), "cascade", `"cascade": ["public.i"]`)
	f.wantAccepted(p)
	f.hold(name("i"), keys("9", "20")...) // of orders 5 and 10
	got := f.foretold(p)
	if got.Processed != 38 || got.BlockedBy["public.i"] != 2 || got.Effects["public.i"].Deleted != 76 || len(got.Errors) > 0 {
		t.Errorf("got %+v, want 38 gone with 76 items, and 2 kept by held items", got.Counts)
	}
	if left := strings.Join(f.remaining("public.i", "id"), " "); left != "10 19 20 9" {
		t.Errorf("items %s are left, want those of the two orders", left)
	}
}

func TestWhatRefersToChildrenInPartitionsGoesOrBlocksToo(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.o (id bigint PRIMARY KEY, name text, created_at timestamptz)`,
		`CREATE TABLE public.i (id bigint PRIMARY KEY, o_id bigint REFERENCES public.o ON DELETE CASCADE) PARTITION BY HASH (id)`,
		`CREATE TABLE public.i0 PARTITION OF public.i FOR VALUES WITH (MODULUS 2, REMAINDER 0)`, `CREATE TABLE public.i1 PARTITION OF public.i FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
		`CREATE TABLE public.g (id bigint PRIMARY KEY, i_id bigint REFERENCES public.i ON DELETE CASCADE)`, `CREATE TABLE public.b (id bigint PRIMARY KEY, i_id bigint REFERENCES public.i)`,
		`INSERT INTO public.o SELECT n, 'o' || n, now() - interval '100 days' FROM generate_series(1, 20) AS n`,
		`INSERT INTO public.i SELECT n, n FROM generate_series(1, 20) AS n`, `INSERT INTO public.g SELECT n, n FROM generate_series(1, 20) AS n`, `INSERT INTO public.b VALUES (1, 3), (2, 4)`)
	f.hold(name("g"), keys("7")...)
	f.wantRefusal(reaching("o", "i"), "cascade", `"cascade": ["public.g"]`)
	p := reaching("o", "i", "g")
	f.wantAccepted(p)
	got := f.foretold(p)
	if got.Processed != 17 || got.Blocked != 3 || got.Effects["public.i"].Deleted != 17 || got.Effects["public.g"].Deleted != 17 || len(got.Errors) > 0 {
		t.Errorf("got %+v (%q), want 17 gone with all that refers to them, and 3 kept", got.Counts, got.Errors)
	}
	if left := strings.Join(f.remaining("public.g", "id"), " "); left != "3 4 7" {
		t.Errorf("%s are left, want those of the three", left)
	}
}

func TestRowsOfAPartitionedTableKeepEachOtherAcrossPartitions(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, up bigint REFERENCES public.r, name text, created_at timestamptz) PARTITION BY HASH (id)`,
		`CREATE TABLE public.r0 PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 0)`, `CREATE TABLE public.r1 PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 1)`,
		`INSERT INTO public.r SELECT n, nullif(n - 1, 0), 'n' || n, now() - interval '100 days' FROM generate_series(1, 20) AS n`)
	f.hold(name("r"), keys("8")...)
	p := policy("r", retention.ActionDelete)
	p.BatchSize = 3
	got := f.foretold(p)
	if got.Processed != 12 || got.Held != 1 || got.BlockedBy["public.r"] != 7 {
		t.Errorf("got %+v, want the 12 above the held one gone and the 7 under it blocked", got.Counts)
	}
}

func TestPartitionsThatReferBlockAndAreWorkedOffFirst(t *testing.T) {
	t.Parallel()
	f := newFixture(t, orders("")[0],
		`CREATE TABLE public.pay (id bigint, o_id bigint, created_at timestamptz NOT NULL) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE public.pay_old PARTITION OF public.pay FOR VALUES FROM (MINVALUE) TO (now() - interval '50 days')`,
		`CREATE TABLE public.pay_new PARTITION OF public.pay FOR VALUES FROM (now() - interval '50 days') TO (MAXVALUE)`,
		`ALTER TABLE public.pay_old ADD FOREIGN KEY (o_id) REFERENCES public.o`, `ALTER TABLE public.pay_new ADD FOREIGN KEY (o_id) REFERENCES public.o`,
		`INSERT INTO public.o SELECT n, 'o' || n, now() - interval '100 days' FROM generate_series(1, 40) AS n`,
		`INSERT INTO public.pay SELECT n, n, CASE WHEN n <= 10 THEN now() ELSE now() - interval '90 days' END FROM generate_series(1, 40) AS n`)
	order, err := f.target.ReferringFirst(t.Context(), []retention.TableName{name("o"), name("pay")})
	if err != nil || order[0] != 1 {
		t.Fatalf("order %v, %v; want the payments first", order, err)
	}
	pay, o := policy("pay", retention.ActionDelete), policy("o", retention.ActionDelete)
	sim, err := f.target.Simulate(t.Context(), o, nil, pay)
	if err != nil || sim.WouldProcess != 30 || sim.Blocked != 10 {
		t.Errorf("a simulation says %d and %d blocked (%v), want 30 and 10", sim.WouldProcess, sim.Blocked, err)
	}
	if got := f.run(pay); got.Processed != 30 {
		t.Errorf("%d payments went, want 30", got.Processed)
	}
	if got := f.run(o); got.Processed != 30 || got.BlockedBy["public.pay"] != 10 {
		t.Errorf("got %+v, want 30 gone and 10 blocked by public.pay", got.Counts)
	}
}

func TestATriggerOfAPartitionIsSeenUnderTheTablesName(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(cut["hash"], fillCut,
		`CREATE FUNCTION public.more() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN DELETE FROM public.r WHERE id = old.id + 40; RETURN old; END'`,
		`CREATE TRIGGER more AFTER DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION public.more()`)...)
	d := f.begin(policy("r", retention.ActionDelete))
	defer d.Close()
	_, err := d.Step(t.Context())
	if err == nil || !strings.Contains(err.Error(), "in public.r it made") {
		t.Errorf("got %v, want that a trigger reached further", err)
	}
	if n := f.count(`SELECT count(*) FROM public.r`); n != 60 {
		t.Errorf("%d rows are left, want all", n)
	}
}

func TestTheOldestDueRowOfAPartitionedTableIsFound(t *testing.T) {
	eachCut(t, func(t *testing.T, f *fixture) {
		want := f.remaining("public.r WHERE created_at = (SELECT min(created_at) FROM public.r)", "created_at")[0]
		look, err := f.target.Look(t.Context(), policy("r", retention.ActionDelete), nil)
		if err != nil || look.OldestDue == nil || !look.Done {
			t.Fatalf("got %+v, %v", look, err)
		}
		if got := look.OldestDue.UTC().Format("2006-01-02 15:04:05.999999+00"); got != want {
			t.Errorf("got %s, want %s", got, want)
		}
	})
}

// TestDDLOnPartitionsBetweenTwoBatchesFreesNoHeldRow attaches and detaches in mid-run: held
// rows stay wherever they are, and the run goes on with what is left of the table.
func TestDDLOnPartitionsBetweenTwoBatchesFreesNoHeldRow(t *testing.T) {
	const extra = `CREATE TABLE public.extra (LIKE public.r INCLUDING ALL); INSERT INTO public.extra VALUES (5000, 'n5000', 'old', now() - interval '200 days'), (5001, 'n5001', 'old', now() - interval '200 days')`
	for what, c := range map[string]struct {
		before, sql string
		gone        int64
	}{
		"a partition attached":          {"", extra + `; ALTER TABLE public.r ATTACH PARTITION public.extra FOR VALUES IN (5000, 5001)`, 39},
		"one that is older":             {extra, `ALTER TABLE public.r ATTACH PARTITION public.extra FOR VALUES IN (5000, 5001)`, 39},
		"the one under way detached":    {"", `ALTER TABLE public.r DETACH PARTITION public.r_rest`, -1},
		"one that was walked detached":  {"", `ALTER TABLE public.r DETACH PARTITION public.r_few`, 38},
		"one cut into partitions":       {"", `ALTER TABLE public.r DETACH PARTITION public.r_few; CREATE TABLE public.sub (LIKE public.r) PARTITION BY LIST (id); ALTER TABLE public.sub ATTACH PARTITION public.r_few FOR VALUES IN (1, 2, 3, 41, 42); ALTER TABLE public.r ATTACH PARTITION public.sub FOR VALUES IN (1, 2, 3, 41, 42)`, 38},
		"a row trigger on one of them":  {"", `CREATE FUNCTION keep() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN RETURN NULL; END'; CREATE TRIGGER keep BEFORE DELETE ON public.r_rest FOR EACH ROW EXECUTE FUNCTION keep()`, -1},
		"all of them rewritten":         {"", `VACUUM FULL public.r_rest`, 38},
		"another table under that name": {"", `ALTER TABLE public.r RENAME TO r2; CREATE TABLE public.r (LIKE public.r2 INCLUDING ALL) PARTITION BY HASH (id)`, -1},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, append(append(cut["list"][:len(cut["list"]):len(cut["list"])], `ALTER TABLE public.r_rest SET (fillfactor = 10)`, fillCut), c.before)...)
			f.hold(name("r"), keys("1", "10", "5001")...)
			p := policy("r", retention.ActionDelete)
			p.BatchSize = 5
			d := f.begin(p)
			defer d.Close()
			for d.Progress().Processed < 4 {
				if _, err := d.Step(t.Context()); err != nil {
					t.Fatal(err)
				}
			}
			f.exec(c.sql)
			err := stepToEnd(t, d)
			if err != nil && !isRefusal(err) {
				t.Errorf("ended with %v", err)
			}
			held := int64(0)
			for _, table := range []string{"r", "r2", "r_few", "r_rest", "extra"} {
				if f.count(`SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.`+table+`') AND (relkind = 'p' OR NOT relispartition)`) > 0 {
					held += f.count(`SELECT count(*) FROM public.` + table + ` WHERE name IN ('n1', 'n10', 'n5001')`)
				}
			}
			want := int64(2)
			if f.count(`SELECT count(*) FROM pg_class WHERE oid = to_regclass('public.extra')`) > 0 {
				want = 3
			}
			if held != want {
				t.Errorf("%d of %d held rows are left", held, want)
			}
			if got := d.Progress(); c.gone >= 0 && got.Processed != c.gone {
				t.Errorf("%d went, want %d (%v)", got.Processed, c.gone, err)
			}
		})
	}
}
