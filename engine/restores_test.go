package engine_test

import (
	"context"
	"errors"
	"fmt"
	"slices"
	"strconv"
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/retention"
)

// archived is a house in which a run has archived the 40 oldest of 60 orders of a table
// with its lines: with an identity, a generated column, a reference to the table itself and
// to one that stays.
func archived(t *testing.T, more ...string) (h *house, run retention.Run, sums map[string]string) {
	t.Helper()
	h = freshHouse(t)
	h.exec(append([]string{
		`CREATE TABLE public.shops (id bigint PRIMARY KEY)`, `INSERT INTO public.shops SELECT generate_series(1, 5)`,
		`CREATE TABLE public.orders (id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY, shop bigint NOT NULL REFERENCES public.shops, follows bigint REFERENCES public.orders,
			code text NOT NULL UNIQUE, price numeric(9,2) NOT NULL CHECK (price >= 0), gross numeric(9,2) GENERATED ALWAYS AS (price * 1.2) STORED, tags text[], created_at timestamptz NOT NULL)`,
		`INSERT INTO public.orders (shop, code, price, tags, created_at) SELECT 1 + i % 5, 'c' || i, i, ARRAY['a', 'b ' || i], CASE WHEN i <= 40 THEN now() - interval '90 days' ELSE now() END FROM generate_series(1, 60) AS i`,
		`UPDATE public.orders SET follows = id + 1 WHERE id < 40 AND id % 3 = 0`, `UPDATE public.orders SET follows = id - 1 WHERE id < 40 AND id % 3 = 1 AND id > 1`,
		`CREATE TABLE public.lines (order_id bigint REFERENCES public.orders ON DELETE CASCADE, no int, what jsonb, PRIMARY KEY (order_id, no))`,
		`INSERT INTO public.lines SELECT o.id, n, jsonb_build_object('n', n) FROM public.orders AS o, generate_series(1, 2) AS n`,
	}, more...)...)
	sums = h.sums("orders", "lines")
	p := policyOn("orders", 30)
	p.Action, p.BatchSize, p.Cascade = retention.ActionArchive, 100, []retention.TableName{public("lines")}
	h.mustPolicy(p)
	run = h.mustRun(engine.RunRequest{})
	if run.TotalProcessed != 40 || h.count(`SELECT count(*) FROM public.lines_archive`) != 80 {
		t.Fatalf("archived %d orders (%+v), want 40, and their 80 lines", run.TotalProcessed, run.Policies)
	}
	if err := h.engine.CarryJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	return h, run, sums
}

// sums are checksums of whole tables.
func (h *house) sums(tables ...string) map[string]string {
	h.t.Helper()
	out := map[string]string{}
	for _, name := range tables {
		out[name] = fmt.Sprint(h.count(`SELECT coalesce(sum(hashtext(t::text)::bigint), 0)::bigint FROM public.`+name+` AS t`), " of ", h.count(`SELECT count(*) FROM public.`+name))
	}
	return out
}

func (h *house) wantSums(want map[string]string) {
	h.t.Helper()
	for name, sum := range want {
		if got := h.sums(name)[name]; got != sum {
			h.t.Errorf("%s has the sum %s, want %s", name, got, sum)
		}
	}
}

func ofRun(r retention.Run) engine.RestoreRequest {
	return engine.RestoreRequest{Scope: retention.RestoreScope{RunID: r.ID}, Reason: "needed again"}
}

func (h *house) mustRestore(req engine.RestoreRequest) retention.Restore {
	h.t.Helper()
	ctx := context.Background()
	r, err := h.engine.RequestRestore(ctx, h.actor, req)
	if err != nil {
		h.t.Fatalf("request a restore: %v", err)
	}
	if err := h.engine.WorkRestores(ctx); err != nil {
		h.t.Fatalf("restore: %v", err)
	}
	if r, err = h.engine.Restore(ctx, h.actor, r.ID); err != nil {
		h.t.Fatal(err)
	}
	return r
}

func (h *house) wantNoRestore(req engine.RestoreRequest, words ...string) {
	h.t.Helper()
	_, err := h.engine.RequestRestore(context.Background(), h.actor, req)
	for _, word := range words {
		if err == nil || !strings.Contains(err.Error(), word) {
			h.t.Errorf("got %v, want %q in it", err, word)
		}
	}
}

func TestArchiveRestoreArchiveIsTheIdentity(t *testing.T) {
	t.Parallel()
	h, run, sums := archived(t)
	inArchive := h.archivedOnly()
	plan, err := h.engine.PreviewRestore(t.Context(), h.actor, retention.RestoreScope{RunID: run.ID})
	if err != nil || len(plan.Tables) != 2 || plan.Tables[0].Table != public("orders") || plan.Tables[0].Rows != 40 || plan.Tables[1].Rows != 80 || !slices.Equal(plan.DisposedAgain, []string{"p_orders"}) {
		t.Errorf("the preview says %+v, %v; want 40 orders, then 80 lines, and that p_orders disposes of them again", plan, err)
	}
	r := h.mustRestore(ofRun(run))
	if r.Status != retention.RestoreSucceeded || r.Restored() != 120 || r.Held()+r.Conflicted() != 0 || r.FinishedAt == nil {
		t.Errorf("the restore ended as %+v, want all 120 rows back", r)
	}
	h.wantSums(sums)
	if n := h.count(`SELECT (SELECT count(*) FROM public.orders_archive) + (SELECT count(*) FROM public.lines_archive)`); n != 0 {
		t.Errorf("%d rows are in the archives still", n)
	}
	if n := h.count(`SELECT coalesce(sum(processed), 0)::bigint FROM holdfast_guard.journal WHERE action = 'restore' AND length(digests) = 32 * processed`); n != 120 {
		t.Errorf("the journal has %d restored rows with their digests, want 120", n)
	}
	h.wantNoRestore(ofRun(run), "no such rows")
	// An identity goes on where it was, and a further run archives the same.
	h.exec(`INSERT INTO public.orders (shop, code, price, created_at) VALUES (1, 'new', 1, now())`, `DELETE FROM public.orders WHERE code = 'new'`)
	if again := h.mustRun(engine.RunRequest{}); again.TotalProcessed != 40 {
		t.Errorf("the next run archived %d, want 40 again", again.TotalProcessed)
	}
	if got := h.archivedOnly(); got != inArchive {
		t.Errorf("the archives have %s, want what they had: %s", got, inArchive)
	}
	rec, err := h.engine.ExplainRecord(t.Context(), h.actor, public("orders"), retention.Key{"7"})
	if err != nil || len(rec.Disposed) != 3 || rec.Disposed[1].Action != retention.ActionRestore || rec.Disposed[1].RunID != r.ID {
		t.Errorf("record 7 is explained as %+v, %v; want archived, restored and archived", rec.Disposed, err)
	}
}

// archivedOnly sums the archives but for when and by which run.
func (h *house) archivedOnly() string {
	h.t.Helper()
	return fmt.Sprint(h.count(`SELECT sum(hashtext(concat_ws('|', id, shop, follows, code, price, gross, tags, created_at))::bigint)::bigint FROM public.orders_archive`),
		h.count(`SELECT sum(hashtext(concat_ws('|', order_id, no, what))::bigint)::bigint FROM public.lines_archive`))
}

func TestARestoreListsConflictsFirstAndSkipsThemOnlyIfAsked(t *testing.T) {
	t.Parallel()
	h, run, _ := archived(t)
	// Key 1 is taken, and so is the code of 2; the shop of 5, 10 … is gone; 4's price fails.
	h.exec(`INSERT INTO public.orders (id, shop, code, price, created_at) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'other', 1, now()), (100, 1, 'c2', 1, now())`,
		`DELETE FROM public.lines WHERE order_id IN (SELECT id FROM public.orders WHERE shop = 1)`, `DELETE FROM public.orders WHERE shop = 1 AND id NOT IN (1, 100)`, `UPDATE public.orders SET shop = 2 WHERE shop = 1`, `DELETE FROM public.shops WHERE id = 1`,
		`ALTER TABLE public.orders ADD CONSTRAINT not_four CHECK (price <> 4) NOT VALID`)
	before := h.sums("orders", "lines", "orders_archive", "lines_archive")
	h.wantNoRestore(ofRun(run), "public.shops that they refer to is gone", "same key by now, or one that would go back with them (orders_pkey)", "orders_code_key", "not_four", "on_conflict: skip")
	h.wantSums(before)
	plan, err := h.engine.PreviewRestore(t.Context(), h.actor, retention.RestoreScope{RunID: run.ID})
	if err != nil {
		t.Fatal(err)
	}
	kinds := map[string]int64{}
	for _, c := range plan.Tables[0].Conflicts {
		kinds[c.Kind] += c.Rows
		if len(c.Samples) == 0 {
			t.Errorf("%+v shows no keys", c)
		}
	}
	// Of 40, every fifth is of the shop that is gone.
	if kinds[retention.ConflictParentMissing] < 8 || kinds[retention.ConflictKeyTaken] != 2 || kinds[retention.ConflictCheck] != 1 {
		t.Errorf("conflicts are %v in %+v", kinds, plan.Tables[0])
	}
	req := ofRun(run)
	req.OnConflict = retention.OnConflictSkip
	r := h.mustRestore(req)
	left := h.count(`SELECT count(*) FROM public.orders_archive`)
	if r.Status != retention.RestoreSucceeded || r.Tables[0].Restored+left != 40 || left < 11 || r.Tables[0].Conflicted() != left {
		t.Errorf("%d orders are left in the archive; the restore ended as %+v", left, r)
	}
	if n := h.count(`SELECT count(*) FROM public.lines_archive WHERE order_id = 1`); n != 2 {
		t.Errorf("%d lines of order 1 are archived still, want both: another order has its key now, and would get them", n)
	}
	for _, table := range r.Tables {
		for _, c := range table.Conflicts {
			if len(c.Samples) > 0 {
				t.Errorf("keys of records are kept with the restore: %+v", c)
			}
		}
	}
}

func TestARestoreLeavesHeldRowsInTheArchive(t *testing.T) {
	t.Parallel()
	h, run, _ := archived(t)
	h.mustHold(holdOn("orders", "7", "8"))
	// What refers to them stays with them.
	h.wantNoRestore(ofRun(run), "archived still (orders_follows_fkey)", "4 rows of public.lines")
	req := ofRun(run)
	req.OnConflict = retention.OnConflictSkip
	r := h.mustRestore(req)
	if r.Status != retention.RestoreSucceeded || r.Tables[0].Held != 2 || r.Tables[0].Restored != 38-h.referringTo(7, 8) {
		t.Errorf("the restore ended as %+v, want orders 7 and 8 held", r)
	}
	if n := h.count(`SELECT count(*) FROM public.orders_archive WHERE id IN (7, 8)`); n != 2 {
		t.Errorf("%d of the 2 held copies are in the archive", n)
	}
}

// referringTo are how many archived orders follow one of these.
func (h *house) referringTo(a, b int) int64 {
	return h.count(fmt.Sprintf(`SELECT count(*) FROM public.orders_archive WHERE follows IN (%d, %d) AND id NOT IN (%d, %d)`, a, b, a, b))
}

func TestABatchAndSingleRecordsAreRestored(t *testing.T) {
	t.Parallel()
	h, run, _ := archived(t)
	// A batch of a run of its own, so that there are two.
	h.exec(`INSERT INTO public.orders (shop, code, price, created_at) SELECT 1, 'second' || i, i, now() - interval '50 days' FROM generate_series(1, 6) AS i`)
	second := h.mustRun(engine.RunRequest{})
	if err := h.engine.CarryJournal(t.Context()); err != nil {
		t.Fatal(err)
	}
	batches, _, err := h.engine.Batches(t.Context(), h.actor, second.ID, "", false, retention.Page{})
	if err != nil || len(batches) != 1 || second.TotalProcessed != 6 {
		t.Fatalf("batches %+v, %v", batches, err)
	}
	byKey := engine.RestoreRequest{Scope: retention.RestoreScope{Table: public("orders"), Records: []retention.Key{{"61"}, {"17"}, {"999999"}}}, Reason: "two orders"}
	if r := h.mustRestore(byKey); r.Restored() != 2 || r.Scope.RecordCount != 3 || r.Scope.Records != nil || h.count(`SELECT count(*) FROM public.orders WHERE id IN (61, 17)`) != 2 {
		t.Errorf("by key: %+v", r)
	}
	byKey.Scope.Records = []retention.Key{{"x"}}
	h.wantNoRestore(byKey, "no value of the key")
	byKey.Scope.Table = public("shops")
	h.wantNoRestore(byKey, "no policy has ever archived rows of public.shops")
	if r := h.mustRestore(engine.RestoreRequest{Scope: retention.RestoreScope{BatchID: batches[0].ID}, Reason: "a batch"}); r.Restored() != 5 {
		t.Errorf("by batch: %+v, want the 5 that were left of its 6", r)
	}
	if n := h.count(`SELECT count(*) FROM public.orders_archive`); n != 39 {
		t.Errorf("%d are in the archive, want the other run's 39", n)
	}
	h.wantNoRestore(engine.RestoreRequest{Scope: retention.RestoreScope{BatchID: "00000000-0000-0000-0000-000000000000"}, Reason: "x"}, "no batch")
	h.wantNoRestore(engine.RestoreRequest{Scope: retention.RestoreScope{RunID: run.ID, BatchID: "x"}, Reason: "x"}, "2 are given")
	h.wantNoRestore(engine.RestoreRequest{Scope: retention.RestoreScope{RunID: run.ID}}, "reason")
}

func TestATableThatHasMovedOnIsNotRestoredInto(t *testing.T) {
	for what, c := range map[string]struct {
		sql  string
		says []string
	}{
		"a new column that must have a value": {`ALTER TABLE public.orders ADD COLUMN region text NOT NULL DEFAULT 'x'; ALTER TABLE public.orders ALTER COLUMN region DROP DEFAULT`, []string{`"region" is new, NOT NULL and without a default`, `orders_archive" ADD COLUMN "region"`}},
		"a column less":                       {`ALTER TABLE public.orders DROP COLUMN tags`, []string{`it has no "tags"`, `ADD COLUMN "tags"`}},
		"another type":                        {`ALTER TABLE public.orders ALTER COLUMN code TYPE varchar(5)`, []string{`"code" was text and is character varying(5)`, `orders_archive" ALTER COLUMN "code" TYPE`}},
		"columns that changed names":          {`ALTER TABLE public.orders RENAME COLUMN shop TO x; ALTER TABLE public.orders RENAME COLUMN follows TO shop; ALTER TABLE public.orders RENAME COLUMN x TO follows`, []string{"have exchanged names"}},
		"a foreign key that takes along": {`CREATE UNIQUE INDEX ON public.orders_archive (id, holdfast_run); CREATE TABLE public.claims (id bigint, run uuid, FOREIGN KEY (id, run) REFERENCES public.orders_archive (id, holdfast_run) ON DELETE CASCADE);
			INSERT INTO public.claims SELECT id, holdfast_run FROM public.orders_archive`, []string{`"claims_id_run_fkey" of public.claims would delete or change rows there`, "DROP CONSTRAINT"}},
		"a trigger that changes values": {`CREATE FUNCTION public.stamp() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN new.price := 0; RETURN new; END';
			CREATE TRIGGER stamp BEFORE INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION public.stamp()`, nil},
		"gone":   {`DROP TABLE public.lines; DROP TABLE public.orders`, []string{"no table public.orders any more"}},
		"a rule": {`CREATE RULE r AS ON INSERT TO public.orders DO ALSO NOTHING`, []string{"rewrite rule"}},
		"a trigger that writes elsewhere": {`CREATE TABLE public.log (id bigint); CREATE FUNCTION public.log() RETURNS trigger LANGUAGE plpgsql AS 'BEGIN INSERT INTO public.log VALUES (new.id); RETURN NULL; END';
			CREATE TRIGGER log AFTER INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION public.log()`, nil},
	} {
		t.Run(what, func(t *testing.T) {
			t.Parallel()
			h, run, _ := archived(t)
			h.exec(c.sql)
			before := h.sums("orders_archive")
			if c.says != nil {
				h.wantNoRestore(ofRun(run), c.says...)
			} else if r := h.mustRestore(ofRun(run)); r.Status != retention.RestoreFailed || r.Restored() != 0 || !strings.Contains(strings.Join(r.Errors, " "), map[bool]string{true: "changes rows as they are written (40 of 40)", false: "reached further than the restore: in public.log it made"}[strings.Contains(what, "values")]) {
				t.Errorf("the restore ended as %+v", r)
			}
			h.wantSums(before)
		})
	}
}

func TestARowThatATriggerRefusesStaysInTheArchiveAndTheOthersGoBack(t *testing.T) {
	t.Parallel()
	h, run, _ := archived(t)
	h.exec(`CREATE FUNCTION public.no() RETURNS trigger LANGUAGE plpgsql AS $$ BEGIN IF new.id = 20 THEN RAISE EXCEPTION 'not 20'; END IF; IF new.id = 22 THEN RETURN NULL; END IF; RETURN new; END $$`,
		`CREATE TRIGGER no BEFORE INSERT ON public.orders FOR EACH ROW EXECUTE FUNCTION public.no()`)
	req := ofRun(run)
	req.OnConflict = retention.OnConflictSkip
	r := h.mustRestore(req)
	left := h.count(`SELECT count(*) FROM public.orders_archive`)
	// 21 and 22 follow each other, so they stay together.
	if r.Status != retention.RestoreSucceeded || left != 3 || r.Tables[0].Refused+r.Tables[0].Conflicted() != 3 || r.Tables[0].Restored != 40-left || !strings.Contains(strings.Join(r.Tables[0].Errors, " "), "not 20") {
		t.Errorf("%d are left; the restore ended as %+v", left, r)
	}
	if n := h.count(`SELECT count(*) FROM public.orders_archive WHERE id IN (20, 22)`); n != 2 {
		t.Errorf("%d of the 2 refused rows are in the archive", n)
	}
}

// A worker that is thought dead cannot commit any more once another has taken over, and
// what it did counts once.
func TestARestoreThatIsTakenOverIsCarriedOnAndCountedOnce(t *testing.T) {
	t.Parallel()
	h, run, sums := archived(t)
	ctx := t.Context()
	asked, err := h.engine.RequestRestore(ctx, h.actor, ofRun(run))
	if err != nil {
		t.Fatal(err)
	}
	first, ok, err := h.store.ClaimRestore(ctx, 0)
	if err != nil || !ok {
		t.Fatal(ok, err)
	}
	if err := h.target.Beat(ctx, first.ID, first.Attempt); err != nil {
		t.Fatal(err)
	}
	slow, err := h.target.OpenRestore(ctx, retention.RestoreSpec{RestoreID: first.ID, Attempt: first.Attempt, RestoreTable: first.Tables[0]})
	if err != nil {
		t.Fatal(err)
	}
	defer slow.Close()
	step, err := slow.Step(ctx)
	if err != nil || step.Restored != 40 {
		t.Fatalf("the first step: %+v, %v", step, err)
	}
	if err := h.engine.WorkRestores(ctx); err != nil {
		t.Fatal(err)
	}
	if _, err := slow.Step(ctx); !errors.Is(err, retention.ErrFenced) {
		t.Errorf("the former worker: %v, want it fenced", err)
	}
	r, err := h.engine.Restore(ctx, h.actor, asked.ID)
	if err != nil || r.Status != retention.RestoreSucceeded || r.Restored() != 120 {
		t.Errorf("it ended as %+v, %v, want 120 rows, each once", r, err)
	}
	if err := h.store.SaveRestore(ctx, first, 0); !errors.Is(err, retention.ErrConflict) {
		t.Errorf("the former attempt saves: %v", err)
	}
	h.wantSums(sums)
}

// A row does not come to refer to another one that has its former parent's key by now.
func TestAChildDoesNotGoBackToAnotherParentOfTheSameKey(t *testing.T) {
	t.Parallel()
	h, _, _ := archived(t)
	h.exec(`INSERT INTO public.orders (id, shop, code, price, created_at) OVERRIDING SYSTEM VALUE VALUES (1, 1, 'other', 1, now()), (4, 1, 'another', 1, now())`)
	line := engine.RestoreRequest{Scope: retention.RestoreScope{Table: public("lines"), Records: []retention.Key{{"1", "1"}}}, Reason: "a line"}
	h.wantNoRestore(line, "or archived still")
	order := engine.RestoreRequest{Scope: retention.RestoreScope{Table: public("orders"), Records: []retention.Key{{"3"}}}, Reason: "it follows 4"}
	h.wantNoRestore(order, "or archived still (orders_follows_fkey)")
}

// Of several copies, in one archive or in two, the newest comes back, and no other after it.
func TestTheNewestCopyOfARecordComesBackAndThatAlone(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.a (id bigint PRIMARY KEY, x text, created_at timestamptz NOT NULL)`, `INSERT INTO public.a SELECT i, 'old', now() - interval '90 days' FROM generate_series(1, 4) AS i`)
	p := policyOn("a", 30)
	p.Action = retention.ActionArchive
	p = h.mustPolicy(p)
	h.mustRun(engine.RunRequest{})
	h.exec(`INSERT INTO public.a SELECT i, 'again', now() - interval '80 days' FROM generate_series(2, 5) AS i`)
	h.mustRun(engine.RunRequest{})
	h.exec(`INSERT INTO public.a SELECT i, 'new', now() - interval '70 days' FROM generate_series(3, 6) AS i`)
	p.Archive = &retention.Archive{Table: public("a_other")}
	h.mustReplace(p)
	h.mustRun(engine.RunRequest{})
	req := engine.RestoreRequest{Scope: retention.RestoreScope{Table: public("a"), Records: []retention.Key{{"1"}, {"2"}, {"3"}, {"6"}, {"7"}}}, Reason: "which?"}
	asked, err := h.engine.RequestRestore(t.Context(), h.actor, req)
	if err != nil {
		t.Fatal(err)
	}
	// A worker that dies after a batch, and an application that deletes what came back.
	first, _, err := h.store.ClaimRestore(t.Context(), 0)
	if err != nil {
		t.Fatal(err)
	}
	if err := h.target.Beat(t.Context(), first.ID, first.Attempt); err != nil {
		t.Fatal(err)
	}
	for _, part := range first.Tables {
		var copies []retention.RestoreCopy
		for _, c := range first.Copies {
			if c.Archive == part.Archive {
				copies = append(copies, c)
			}
		}
		d, err := h.target.OpenRestore(t.Context(), retention.RestoreSpec{RestoreID: first.ID, Attempt: first.Attempt, RestoreTable: part, Copies: copies})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := d.Step(t.Context()); err != nil {
			t.Fatal(err)
		}
		d.Close()
	}
	if n := h.count(`SELECT count(*) FROM public.a WHERE (id, x) IN ((1, 'old'), (2, 'again'), (3, 'new'), (6, 'new'))`); n != 4 || h.count(`SELECT count(*) FROM public.a`) != 4 {
		t.Errorf("%d of the 4 are the newest copies", n)
	}
	h.exec(`DELETE FROM public.a WHERE id = 3`)
	if err := h.engine.WorkRestores(t.Context()); err != nil {
		t.Fatal(err)
	}
	r, err := h.engine.Restore(t.Context(), h.actor, asked.ID)
	if err != nil || r.Status != retention.RestoreSucceeded || r.Restored() != 4 || r.Conflicted() != 0 || h.count(`SELECT count(*) FROM public.a WHERE id = 3`) != 0 {
		t.Errorf("it ended as %+v, %v; want 4 rows, each counted once, and an older copy of 3 where it was", r, err)
	}
}

func TestRowsWithoutAPartitionAreListedBeforeAnythingIsRestored(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.ev (id bigint, pair point, created_at timestamptz NOT NULL) PARTITION BY RANGE (created_at)`,
		`CREATE TABLE public.ev_old PARTITION OF public.ev FOR VALUES FROM (now() - interval '200 days') TO (now() - interval '60 days')`,
		`CREATE TABLE public.ev_new PARTITION OF public.ev FOR VALUES FROM (now() - interval '60 days') TO (MAXVALUE)`,
		`INSERT INTO public.ev SELECT i, point(i, i), now() - interval '90 days' FROM generate_series(1, 400) AS i`,
		`INSERT INTO public.ev SELECT i, point(i, i), now() - interval '50 days' FROM generate_series(1, 5) AS i`)
	before := h.sums("ev")
	p := policyOn("ev", 30)
	p.Action, p.DropEmptyPartitions = retention.ActionArchive, true
	h.mustPolicy(p)
	run := h.mustRun(engine.RunRequest{})
	h.wantNoRestore(ofRun(run), "400 rows of public.ev: no partition takes them")
	req := ofRun(run)
	req.OnConflict = retention.OnConflictSkip
	if r := h.mustRestore(req); r.Restored() != 5 || r.Conflicted() != 400 {
		t.Errorf("it ended as %+v, want the 5 back that have a partition", r)
	}
	h.exec(`CREATE TABLE public.ev_again PARTITION OF public.ev FOR VALUES FROM (now() - interval '200 days') TO (now() - interval '61 days')`)
	if r := h.mustRestore(ofRun(run)); r.Restored() != 400 {
		t.Errorf("it ended as %+v, want the other 400 back", r)
	}
	h.wantSums(before)
}

// A composite value of NULLs is a value, and what was added to an archive is its own.
func TestValuesThatLookMissingAndColumnsOfTheArchivesOwnDoNotMatter(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TYPE public.pair AS (a int, b int)`, `CREATE TABLE public.t (id bigint PRIMARY KEY, p public.pair NOT NULL, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.t SELECT i, ROW(NULL, NULL)::public.pair, now() - interval '90 days' FROM generate_series(1, 4) AS i`)
	before := h.sums("t")
	p := policyOn("t", 30)
	p.Action = retention.ActionArchive
	h.mustPolicy(p)
	run := h.mustRun(engine.RunRequest{})
	h.exec(`ALTER TABLE public.t_archive ADD COLUMN note text`)
	if r := h.mustRestore(ofRun(run)); r.Restored() != 4 {
		t.Errorf("it ended as %+v, want all 4 back", r)
	}
	h.wantSums(before)
}

// Keys of two sizes are compared as the foreign key does.
func TestAReferenceOfAnotherTypeGoesBack(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.a (id bigint PRIMARY KEY, up int REFERENCES public.a, created_at timestamptz NOT NULL)`, `CREATE TABLE public.b (id int PRIMARY KEY, a int REFERENCES public.a ON DELETE CASCADE)`,
		`INSERT INTO public.a SELECT i, nullif(i - 1, 0), now() - interval '90 days' FROM generate_series(1, 10) AS i`, `INSERT INTO public.b SELECT i, i FROM generate_series(1, 10) AS i`)
	before := h.sums("a", "b")
	p := policyOn("a", 30)
	p.Action, p.Cascade = retention.ActionArchive, []retention.TableName{public("b")}
	h.mustPolicy(p)
	run := h.mustRun(engine.RunRequest{})
	if r := h.mustRestore(ofRun(run)); r.Restored() != 20 {
		t.Errorf("it ended as %+v, want all 20 back", r)
	}
	h.wantSums(before)
	run = h.mustRun(engine.RunRequest{})
	h.exec(`INSERT INTO public.a VALUES (1, NULL, now())`)
	h.wantNoRestore(engine.RestoreRequest{Scope: retention.RestoreScope{Table: public("b"), Records: []retention.Key{{"1"}}}, Reason: "x"}, "or archived still")
	h.exec(`DELETE FROM public.a`)
	// Records that refer to each other come together.
	if r := h.mustRestore(engine.RestoreRequest{Scope: retention.RestoreScope{Table: public("a"), Records: []retention.Key{{"3"}, {"1"}, {"2"}}}, Reason: "a chain"}); r.Restored() != 3 {
		t.Errorf("a chain of records ended as %+v", r)
	}
	h.exec(`ALTER TABLE public.b_archive RENAME TO b_old`)
	h.wantNoRestore(ofRun(run), `public.b_archive is called public.b_old by now`, `RENAME TO "b_archive"`)
	h.exec(`ALTER TABLE public.a_archive ALTER COLUMN up TYPE bigint`)
	h.wantNoRestore(engine.RestoreRequest{Scope: retention.RestoreScope{Table: public("a"), Records: []retention.Key{{"7"}}}, Reason: "x"}, `"up" was bigint and is integer`)
}

// A copy that was archived before a row was is not what the row referred to.
func TestAnOlderCopyOfTheParentKeepsNoChild(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.a (k text PRIMARY KEY, created_at timestamptz NOT NULL)`, `CREATE TABLE public.b (id int PRIMARY KEY, a text REFERENCES public.a ON DELETE CASCADE)`, `INSERT INTO public.a VALUES ('k', now() - interval '90 days')`)
	p := policyOn("a", 30)
	p.Action, p.Cascade = retention.ActionArchive, []retention.TableName{public("b")}
	h.mustPolicy(p)
	h.mustRun(engine.RunRequest{})
	h.exec(`INSERT INTO public.a VALUES ('k', now() - interval '80 days')`, `INSERT INTO public.b VALUES (1, 'k')`)
	run := h.mustRun(engine.RunRequest{})
	if r := h.mustRestore(ofRun(run)); r.Status != retention.RestoreSucceeded || r.Restored() != 2 {
		t.Errorf("it ended as %+v, want the second k back with its row", r)
	}
}

// What is counted is what has moved, whichever policy archived it where.
func TestRowsOfTwoPoliciesInOneArchiveAreCountedOnce(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.a (id int PRIMARY KEY, created_at timestamptz NOT NULL)`, `CREATE TABLE public.c (id int PRIMARY KEY, created_at timestamptz NOT NULL)`,
		`CREATE TABLE public.b (id int PRIMARY KEY, a int REFERENCES public.a ON DELETE CASCADE, c int REFERENCES public.c ON DELETE CASCADE)`,
		`INSERT INTO public.a SELECT i, now() - interval '90 days' FROM generate_series(1, 5) AS i`, `INSERT INTO public.c SELECT * FROM public.a`,
		`INSERT INTO public.b SELECT i, i, NULL FROM generate_series(1, 5) AS i UNION ALL SELECT 10 + i, NULL, i FROM generate_series(1, 5) AS i`)
	before := h.sums("a", "b", "c")
	for _, name := range []string{"a", "c"} {
		p := policyOn(name, 30)
		p.Action, p.Cascade = retention.ActionArchive, []retention.TableName{public("b")}
		h.mustPolicy(p)
	}
	run := h.mustRun(engine.RunRequest{})
	if r := h.mustRestore(ofRun(run)); r.Restored() != 20 {
		t.Errorf("it ended as %+v, want 20 rows, each counted once", r)
	}
	h.wantSums(before)
}

// Two people had the same code one after the other, and both were archived.
func TestRowsThatWouldTakeEachOthersKeyAreListedBeforeAnythingIsRestored(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(`CREATE TABLE public.a (id bigint PRIMARY KEY, code text UNIQUE, price int NOT NULL, created_at timestamptz NOT NULL)`)
	p := policyOn("a", 30)
	p.Action = retention.ActionArchive
	h.mustPolicy(p)
	for from := range 3 {
		// 10, 11, 12 …: each time the same codes, but for some without any.
		h.exec(fmt.Sprintf(`INSERT INTO public.a SELECT 10 * i + %d, CASE WHEN i < 5 THEN 'code ' || i END, %[1]d, now() - interval '90 days' FROM generate_series(1, 6) AS i`, from))
		h.mustRun(engine.RunRequest{})
	}
	// Of code 1 the middle one is held, of code 2 the first is refused by a CHECK, of code 3 two are.
	h.mustHold(holdOn("a", "11"))
	h.exec(`ALTER TABLE public.a ADD CHECK (NOT (id = 20 OR id IN (30, 31)))`)
	scope := retention.RestoreScope{Table: public("a")}
	for i := 1; i <= 6; i++ {
		for from := range 3 {
			scope.Records = append(scope.Records, retention.Key{strconv.Itoa(10*i + from)})
		}
	}
	plan, err := h.engine.PreviewRestore(t.Context(), h.actor, scope)
	if err != nil {
		t.Fatal(err)
	}
	seen := map[string]int64{}
	for _, c := range plan.Tables[0].Conflicts {
		seen[c.Kind] += c.Rows
	}
	// Code 1: one of 10 and 12; code 2: one of 21 and 22; code 3: none of 32; code 4: two.
	if seen[retention.ConflictKeyTaken] != 4 || seen[retention.ConflictCheck] != 3 || plan.Tables[0].Held != 1 || plan.Tables[0].Rows != 18 {
		t.Errorf("%v and %d held of %d rows, want 4 key_taken, 3 check_failed, 1 held of 18", seen, plan.Tables[0].Held, plan.Tables[0].Rows)
	}
	req := engine.RestoreRequest{Scope: scope, Reason: "all of them"}
	h.wantNoRestore(req, "one that would go back with them (a_code_key)")
	req.OnConflict = retention.OnConflictSkip
	if r := h.mustRestore(req); r.Status != retention.RestoreSucceeded || r.Restored() != 10 || r.Conflicted() != 7 || h.count(`SELECT count(*) FROM public.a_archive`) != 8 {
		t.Errorf("it ended as %+v, want 10 restored, as was said before, and 7 in conflict", r)
	}
}
