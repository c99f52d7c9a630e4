package target

import (
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// odd are texts that would break whatever builds SQL, arrays or JSON by hand.
var odd = []string{"plain", "O'Neil", `say "hi"`, "line\nbreak\r\n", `back\slash`, "{a,b}", "NULL", "", " ", "ж€😀", "a,b", "<&>"}

// toldTable has rows for every odd text, keys that are NULL, and a column of each
// kind of value. The old ones are due.
func toldTable(old int) []string {
	texts := make([]string, len(odd))
	for i, s := range odd {
		texts[i] = "'" + strings.ReplaceAll(s, "'", "''") + "'"
	}
	return []string{
		`CREATE TYPE public.mood AS ENUM ('glad', 'it''s "complicated"')`,
		`CREATE DOMAIN public.amount AS integer`,
		`CREATE TABLE public.r (id bigint PRIMARY KEY, name text NOT NULL, customer text, tenant integer, "Réf ""1""" text, created_at timestamptz,
			small smallint, domained public.amount, big bigint, ok boolean, doc jsonb, raw json, total numeric(12,2), ratio float8, day date, at timestamptz, data bytea, mood public.mood, tags text[])`,
		fmt.Sprintf(`INSERT INTO public.r
			SELECT i, 'n' || i, CASE WHEN i %% 7 = 0 THEN NULL ELSE (ARRAY[%[1]s]::text[])[1 + i %% %[2]d] END, nullif(i %% 5, 4), (ARRAY[%[1]s]::text[])[1 + i %% %[2]d], now() - interval '100 days' - i * interval '1 minute',
			       i, -i, 9007199254740993 + i, i %% 2 = 0, jsonb_build_object('a', 'x"y', 'n', i), '{"b" :  [1, null]}', i + 0.10, 0.1 * i, date '2020-02-29', timestamptz '2020-01-01 12:00Z', '\x00ff', 'it''s "complicated"', ARRAY['a b', NULL]
			FROM generate_series(1, %[3]d) AS i`, strings.Join(texts, ", "), len(odd), old),
		`INSERT INTO public.r (id, name, customer, tenant, created_at) SELECT -i, 'fresh', 'fresh', 1, now() FROM generate_series(1, 20) AS i`,
	}
}

// telling is a policy that tells others everything that the table has.
func telling(action retention.Action) retention.Policy {
	p := policy("r", action)
	p.Version, p.BatchSize = 7, 50
	p.Events = &retention.EventSpec{EntityType: "user", Key: retention.EventKey{"customer", "tenant"},
		Include: []string{"id", "small", "domained", "big", "ok", "doc", "raw", "total", "ratio", "day", "at", "data", "mood", "tags", `Réf "1"`}}
	return p
}

// outbox reads the outbox to its end, page by page, as the carrier does.
func (f *fixture) outbox() []retention.EventBatch {
	f.Helper()
	var all []retention.EventBatch
	for {
		page, err := f.target.Outbox(f.Context(), 3)
		if err != nil {
			f.Fatal(err)
		}
		if len(page) == 0 {
			return all
		}
		var ids []string
		for _, b := range page {
			all, ids = append(all, b), append(ids, b.ID)
		}
		if err := f.target.Told(f.Context(), ids); err != nil {
			f.Fatal(err)
		}
	}
}

// data expands every event and sorts what they say.
func data(t *testing.T, batches []retention.EventBatch) []string {
	t.Helper()
	var out []string
	for _, b := range batches {
		for i := range b.Count {
			e, err := b.Event(i, "/test")
			if err != nil {
				t.Fatal(err)
			}
			out = append(out, canonical(t, e.Data))
		}
	}
	slices.Sort(out)
	return out
}

func canonical(t *testing.T, raw []byte) string {
	t.Helper()
	dec := json.NewDecoder(strings.NewReader(string(raw)))
	dec.UseNumber()
	var v any
	if err := dec.Decode(&v); err != nil {
		t.Fatalf("%s: %v", raw, err)
	}
	b, err := json.Marshal(v)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

// wanted is what the events of the due rows must say, made by the server's own JSON
// functions before they are gone.
func (f *fixture) wanted(d *disposition, where string) []string {
	f.Helper()
	rows, err := f.target.pool.Query(f.Context(), `
		SELECT jsonb_build_object('type', $1::text, 'entity_type', 'user', 'policy', 'p', 'policy_version', 7, 'run', $2::text, 'initiated_at', $3::text,
			'entity_id', CASE WHEN customer IS NULL OR tenant IS NULL THEN NULL ELSE jsonb_build_array(customer, tenant::text) END,
			'id', id, 'small', small, 'domained', domained, 'big', big, 'ok', ok, 'doc', doc, 'raw', raw::jsonb, 'total', total::text, 'ratio', ratio::text,
			'day', day::text, 'at', at::text, 'data', data::text, 'mood', mood::text, 'tags', tags::text, 'Réf "1"', "Réf ""1""")::text
		FROM public.r WHERE created_at < now() - interval '30 days' AND `+where, string(d.spec.Policy.Action), d.spec.RunID, d.started.UTC().Format(time.RFC3339Nano))
	if err != nil {
		f.Fatal(err)
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			f.Fatal(err)
		}
		out = append(out, canonical(f.T, []byte(s)))
	}
	slices.Sort(out)
	return out
}

// TestEachChangedRowIsToldOnceAsItWas has held rows beside, which are not told.
func TestEachChangedRowIsToldOnceAsItWas(t *testing.T) {
	for i, action := range retention.Actions() {
		for j, evidence := range []retention.EvidenceLevel{retention.EvidenceRecords, retention.EvidenceCounts} {
			for k, index := range []bool{true, false} {
				if pgtest.ForLong(i, j, k) {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/index %v", action, evidence, index), func(t *testing.T) {
					t.Parallel()
					f := newFixture(t, toldTable(400)...)
					if index {
						f.exec(`CREATE INDEX ON public.r (created_at)`)
					}
					f.hold(retention.TableName{Schema: "public", Name: "r"}, keys("10", "11", "399")...)
					p := telling(action)
					p.Evidence = evidence
					d := f.begin(p)
					want := f.wanted(d, `id NOT IN (10, 11, 399)`)
					if got := f.finish(d); got.Processed != 397 || got.Held != 3 {
						t.Fatalf("processed %d and held %d, want 397 and 3", got.Processed, got.Held)
					}
					if n := f.count(`SELECT count(*) FROM holdfast_guard.outbox o JOIN holdfast_guard.journal j USING (id, run_id, policy, policy_version) WHERE o.count = j.processed`); n != f.count(`SELECT count(*) FROM holdfast_guard.journal WHERE processed > 0`) {
						t.Errorf("%d outbox rows fit a journal row", n)
					}
					batches := f.outbox()
					if diff := cmp.Diff(want, data(t, batches)); diff != "" {
						t.Errorf("events differ from the rows gone (-rows +events):\n%s", diff)
					}
					for _, b := range batches {
						if b.Type != retention.EventOf(action) || b.OccurredAt.Before(d.started) {
							t.Errorf("batch %s: type %s at %v, started %v", b.ID, b.Type, b.OccurredAt, d.started)
						}
					}
					if n := f.count(`SELECT count(*) FROM holdfast_guard.outbox`); n != 0 {
						t.Errorf("%d rows that name people are left in the outbox", n)
					}
				})
			}
		}
	}
}

func TestWhatATriggerUndoesOrRefusesIsNotTold(t *testing.T) {
	for name, sql := range map[string]string{
		"undoes":  `IF OLD.id % 10 = 0 THEN NEW.name := OLD.name; END IF; RETURN NEW;`,
		"refuses": `IF OLD.id % 10 = 0 THEN RETURN NULL; END IF; RETURN NEW;`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, append(toldTable(200), `CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN `+sql+` END $$`,
				`CREATE TRIGGER meddle BEFORE UPDATE ON public.r FOR EACH ROW EXECUTE FUNCTION public.meddle()`)...)
			d := f.begin(telling(retention.ActionAnonymize))
			want := f.wanted(d, `id % 10 <> 0`)
			if got := f.finish(d); got.Processed != 180 {
				t.Fatalf("processed %d, want 180: %+v", got.Processed, got.Counts)
			}
			if diff := cmp.Diff(want, data(t, f.outbox())); diff != "" {
				t.Errorf("events differ from the rows changed (-rows +events):\n%s", diff)
			}
		})
	}
}

// TestBatchThatUndoesEverythingIsNotTold: a row without events would be one that no
// reader can do anything with.
func TestBatchThatUndoesEverythingIsNotTold(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(toldTable(20), `CREATE FUNCTION public.meddle() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN NEW.name := OLD.name; RETURN NEW; END $$`,
		`CREATE TRIGGER meddle BEFORE UPDATE ON public.r FOR EACH ROW EXECUTE FUNCTION public.meddle()`)...)
	if got := f.run(telling(retention.ActionAnonymize)); got.Processed != 0 || got.Skipped[retention.SkippedStillDue] != 20 {
		t.Fatalf("got %+v, want 20 undone", got.Counts)
	}
	if got := f.outbox(); len(got) != 0 {
		t.Errorf("%d outbox rows for a batch that changed nothing", len(got))
	}
}

func TestBatchThatIsRolledBackTellsNothing(t *testing.T) {
	fails := map[string]struct {
		sql  []string
		want error
		// before is done between opening and the batch.
		before func(f *fixture, d *disposition)
	}{
		"deferred constraint": {sql: []string{
			`CREATE FUNCTION public.refuse() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RAISE EXCEPTION 'not this one'; END $$`,
			`CREATE CONSTRAINT TRIGGER refuse AFTER DELETE ON public.r DEFERRABLE INITIALLY DEFERRED FOR EACH ROW WHEN (OLD.id = 3) EXECUTE FUNCTION public.refuse()`,
		}},
		"fence": {want: retention.ErrFenced, before: func(f *fixture, d *disposition) {
			if err := f.target.Beat(f.Context(), d.spec.RunID, 2); err != nil {
				f.Fatal(err)
			}
		}},
		"hold in between": {want: retention.ErrMoved, before: func(f *fixture, _ *disposition) {
			f.hold(retention.TableName{Schema: "public", Name: "r"}, keys("1")...)
		}},
		"progress gone": {before: func(f *fixture, d *disposition) {
			// The last statement of the batch fails, after the journal's.
			f.exec(`ALTER TABLE holdfast_guard.progress ADD CHECK (seq = 0)`)
		}},
	}
	for name, c := range fails {
		for _, action := range []retention.Action{retention.ActionDelete, retention.ActionArchive} {
			t.Run(name+"/"+string(action), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, append(toldTable(20), c.sql...)...)
				d := f.begin(telling(action))
				defer d.Close()
				if c.before != nil {
					c.before(f, d)
				}
				f.untilOld("public.r")
				if _, err := d.Step(t.Context()); err == nil || c.want != nil && !errors.Is(err, c.want) {
					t.Fatalf("the batch ended with %v, want it to fail (%v)", err, c.want)
				}
				if n := f.count(`SELECT count(*) FROM public.r WHERE id > 0`); n != 20 {
					t.Errorf("%d rows left, want all 20", n)
				}
				if n := f.count(`SELECT (SELECT count(*) FROM holdfast_guard.outbox) + (SELECT count(*) FROM holdfast_guard.journal)`); n != 0 {
					t.Errorf("%d rows of evidence and events for a batch that was rolled back", n)
				}
			})
		}
	}
}

// TestTellingIsNoReachOfATrigger: the outbox is ours, and its rows are none that a
// trigger of the application made.
func TestTellingIsNoReachOfATrigger(t *testing.T) {
	t.Parallel()
	f := newFixture(t, append(toldTable(30), `CREATE FUNCTION public.look() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN RETURN NULL; END $$`,
		`CREATE TRIGGER look AFTER DELETE ON public.r FOR EACH ROW EXECUTE FUNCTION public.look()`)...)
	d := f.begin(telling(retention.ActionDelete))
	if !d.planned.Watch {
		t.Fatal("the table's triggers are not watched, so this shows nothing")
	}
	if got := f.finish(d); got.Processed != 30 {
		t.Errorf("processed %d, want 30", got.Processed)
	}
	if got := data(t, f.outbox()); len(got) != 30 {
		t.Errorf("%d events, want 30", len(got))
	}
}

func TestColumnThatOthersAreToldOfGoesBetweenTwoBatches(t *testing.T) {
	for name, ddl := range map[string]string{
		"key renamed": `ALTER TABLE public.r RENAME customer TO client`, "included dropped": `ALTER TABLE public.r DROP COLUMN total`,
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			f := newFixture(t, toldTable(200)...)
			d := f.begin(telling(retention.ActionDelete))
			defer d.Close()
			if err := f.step(d); err != nil {
				t.Fatal(err)
			}
			f.exec(ddl)
			left := f.count(`SELECT count(*) FROM public.r`)
			err := stepToEnd(t, d)
			r, ok := errors.AsType[*retention.Refusal](err)
			if !ok || !strings.HasPrefix(r.Field, "events.") {
				t.Fatalf("ended with %v, want a refusal of events", err)
			}
			if n := f.count(`SELECT count(*) FROM public.r`); n != left {
				t.Errorf("%d rows went untold", left-n)
			}
		})
	}
}

// TestWideColumnsMakeSmallerSteps: an outbox row is read as a whole by everybody who
// has to do with it.
func TestWideColumnsMakeSmallerSteps(t *testing.T) {
	t.Parallel()
	f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, name text, created_at timestamptz)`,
		`INSERT INTO public.r SELECT i, repeat(md5(i::text), 2000), now() - interval '100 days' - i * interval '1 minute' FROM generate_series(1, 500) AS i`,
		`CREATE INDEX ON public.r (created_at)`)
	p := policy("r", retention.ActionDelete)
	p.BatchSize = 250
	p.Events = &retention.EventSpec{EntityType: "user", Key: retention.EventKey{"id"}, Include: []string{"name"}}
	if got := f.run(p); got.Processed != 500 {
		t.Fatalf("processed %d, want 500", got.Processed)
	}
	var sizes []int
	events := 0
	for {
		page, err := f.target.Outbox(t.Context(), 8)
		if err != nil {
			t.Fatal(err)
		}
		if len(page) == 0 {
			break
		}
		var ids []string
		bytes := 0
		for _, b := range page {
			size := 0
			for _, s := range b.Included {
				size += len(*s)
			}
			sizes, ids, events, bytes = append(sizes, size), append(ids, b.ID), events+b.Count, bytes+size
		}
		if bytes > outboxPage && len(page) > 1 && bytes-sizes[len(sizes)-1] > outboxPage {
			t.Errorf("a page has %d bytes in %d rows, want at most %d and one row", bytes, len(page), outboxPage)
		}
		if err := f.target.Told(t.Context(), ids); err != nil {
			t.Fatal(err)
		}
	}
	if events != 500 {
		t.Errorf("%d events, want 500", events)
	}
	for i, size := range sizes[1:] {
		if size > maxTold {
			t.Errorf("row %d has %d bytes; steps have not become smaller: %v", i+1, size, sizes)
		}
	}
}
