package engine_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"holdfast/engine"
	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// wantRow50Left has a run take all of 200 rows but number 50, and those that are held.
func (h *house) wantRow50Left(run retention.Run, held int64) {
	h.t.Helper()
	p := run.Policies[0]
	if run.Status != retention.RunSucceeded || p.Processed != 199-held || p.Held != held || p.SkippedTotal() != 1 {
		h.t.Errorf("the run ended as %s: %+v; want all gone but row 50 and %d held ones", run.Status, p, held)
	}
	if len(p.Refused) != 1 || !slices.Equal(p.Refused[0].Key, retention.Key{"50"}) || len(p.Errors) != 1 ||
		!strings.Contains(p.Errors[0], "cannot be judged for the row (SQLSTATE 22P02); mend the row, or the condition") || strings.Contains(fmt.Sprint(p), "n/a") {
		h.t.Errorf("named are %+v with %q; want row 50 with the reason and no value of it", p.Refused, p.Errors)
	}
}

// judged are 200 due rows of which one has a value that is no number.
func (h *house) judged(partitioned, indexed bool) {
	h.t.Helper()
	if partitioned {
		h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, n text, name text, created_at timestamptz NOT NULL) PARTITION BY HASH (id)`,
			`CREATE TABLE public.r0 PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 0)`, `CREATE TABLE public.r1 PARTITION OF public.r FOR VALUES WITH (MODULUS 2, REMAINDER 1)`)
	} else {
		h.exec(`CREATE TABLE public.r (id bigint PRIMARY KEY, n text, name text, created_at timestamptz NOT NULL)`)
	}
	h.exec(`INSERT INTO public.r SELECT i, i::text, 'n' || i, now() - make_interval(days => 400 + i::integer % 7, secs => i) FROM generate_series(1, 200) AS i`)
	if indexed {
		h.exec(`CREATE INDEX ON public.r (created_at)`, `ANALYZE public.r`)
	}
}

// TestOneRowForWhichAConditionFailsEndsNoPolicy: it is left and named, and all others go, whatever
// the walk, and whether the condition is the policy's or a hold's.
func TestOneRowForWhichAConditionFailsEndsNoPolicy(t *testing.T) {
	t.Parallel()
	for i, action := range retention.Actions() {
		for j, table := range []string{"plain", "indexed", "partitioned"} {
			for k, of := range []string{"policy", "hold"} {
				if pgtest.ForLong(i, j, k) {
					continue
				}
				t.Run(fmt.Sprintf("%s/%s/%s", action, table, of), func(t *testing.T) {
					t.Parallel()
					h := freshHouse(t)
					h.judged(table == "partitioned", table == "indexed")
					p := policyOn("r", 90)
					p.Action, p.BatchSize = action, 20
					if action == retention.ActionAnonymize {
						p.Columns = map[string]retention.Anonymizer{"name": {Method: retention.MethodRedact}}
					}
					held := int64(0)
					if of == "policy" {
						p.Condition = "n::integer >= 0"
					} else {
						held = 3
						h.mustHold(retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Scope: []retention.Scope{{Table: public("r"), Condition: "n::integer IN (7, 49, 51)"}}})
					}
					h.mustPolicy(p)
					h.exec(`UPDATE public.r SET n = 'n/a' WHERE id = 50`)
					h.wantRow50Left(h.mustRun(engine.RunRequest{Pace: retention.PaceMax}), held)
					h.exec(`UPDATE public.r SET n = '50' WHERE id = 50`)
					if again := h.mustRun(engine.RunRequest{}); again.Status != retention.RunSucceeded || again.TotalProcessed != 1 {
						t.Errorf("the next run ended as %s with %d, want the row that was mended", again.Status, again.TotalProcessed)
					}
				})
			}
		}
	}
}

// TestNoRunWhereTriggersDoNotFire: nor do those that check foreign keys.
func TestNoRunWhereTriggersDoNotFire(t *testing.T) {
	t.Parallel()
	h := freshHouse(t)
	h.exec(oldRows("r", 10, false)...)
	h.mustPolicy(policyOn("r", 90))
	h.exec(`DO $$ BEGIN EXECUTE format('ALTER DATABASE %I SET session_replication_role = replica', current_database()); END $$`)
	h.target.Close()
	again := newHouse(t, h.url)
	run := again.mustRun(engine.RunRequest{})
	if p := run.Policies[0]; p.Status != retention.RunFailed || !strings.Contains(strings.Join(p.Errors, " "), "session_replication_role is replica") {
		t.Errorf("got %+v, want it refused, with the setting", p)
	}
	if n := h.count(`SELECT count(*) FROM public.r`); n != 10 {
		t.Errorf("%d rows are left, want all 10", n)
	}
}

// TestARowOfACascadedTableForWhichAConditionFailsKeepsItsParent, and nothing else.
func TestARowOfACascadedTableForWhichAConditionFailsKeepsItsParent(t *testing.T) {
	for _, onDelete := range []string{"CASCADE", "SET NULL"} {
		t.Run(onDelete, func(t *testing.T) {
			t.Parallel()
			h := freshHouse(t)
			h.judged(false, true)
			h.exec(`CREATE TABLE public.below (id bigint PRIMARY KEY, r bigint REFERENCES public.r ON DELETE `+onDelete+`, n text)`, `CREATE INDEX ON public.below (r)`,
				`INSERT INTO public.below SELECT i, 1 + i % 100, i::text FROM generate_series(1, 300) AS i`)
			p := policyOn("r", 90)
			p.BatchSize, p.Cascade = 20, []retention.TableName{public("below")}
			h.mustPolicy(p)
			h.mustHold(retention.Hold{Matter: "ACME v. Initech", Reason: "evidence", Scope: []retention.Scope{{Table: public("below"), Condition: "n::integer = 7"}}})
			h.exec(`UPDATE public.below SET n = 'n/a' WHERE id = 49`)
			run := h.mustRun(engine.RunRequest{Pace: retention.PaceMax})
			// 8 is held by its row 7, and 50 is kept by its row 49. Where the server judges other rows
			// than it is asked for, more are left, and named.
			res := run.Policies[0]
			if run.Status != retention.RunSucceeded || run.TotalProcessed != 198-int64(len(res.Refused)) || len(res.Refused) > 10 || res.BlockedBy["public.below"] != 2 || len(res.Errors) == 0 || !strings.Contains(res.Errors[0], "cannot be judged for the row (SQLSTATE 22P02)") || !strings.Contains(res.Errors[0], "one of public.below") {
				t.Errorf("the run took %d, %+v: want 198, two blocked and the reason", run.TotalProcessed, res)
			}
			if n := h.count(`SELECT count(*) FROM public.r WHERE id IN (8, 50)`); n != 2 {
				t.Errorf("of what is held and kept %d rows are left, want 2", n)
			}
			h.exec(`UPDATE public.below SET n = '49' WHERE id = 49`)
			h.mustRun(engine.RunRequest{})
			h.wantLeft("the next run", "r", "8")
		})
	}
}
