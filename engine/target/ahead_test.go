package target

import (
	"fmt"
	"testing"

	"holdfast/retention"
)

// TestAChainGoesFromItsEnd: rows that refer to each other in a chain much longer than a step, some
// held, young, or with branches; each step takes a part of the end of it.
func TestAChainGoesFromItsEnd(t *testing.T) {
	for name, c := range map[string]struct {
		change  []string
		held    []string
		cascade string
		left    int64
	}{
		"a chain":                          {left: 0},
		"two chains in one":                {change: []string{`UPDATE public.r SET prev = id - 2 WHERE id > 2`, `UPDATE public.r SET prev = NULL WHERE id <= 2`}, left: 0},
		"a held row in it":                 {held: []string{"1000"}, left: 1000},
		"a young one in it":                {change: []string{`UPDATE public.r SET created_at = now() WHERE id = 1500`}, left: 1500},
		"a tree":                           {change: []string{`UPDATE public.r SET prev = nullif(id / 2, 0)`}, left: 0},
		"a circle at the end":              {change: []string{`UPDATE public.r SET prev = 1990 WHERE id = 1`, `UPDATE public.r SET prev = NULL WHERE id = 1991`}, left: 1990},
		"the oldest at the end":            {change: []string{`UPDATE public.r SET created_at = now() - interval '1000 days' - id * interval '1 hour'`}, left: 0},
		"rows that others keep":            {change: []string{`CREATE TABLE public.x (id bigint PRIMARY KEY, r bigint REFERENCES public.r)`, `INSERT INTO public.x VALUES (1, 700)`}, left: 700},
		"with rows that go along with one": {change: []string{`CREATE TABLE public.x (id bigint PRIMARY KEY, r bigint REFERENCES public.r ON DELETE CASCADE)`, `CREATE INDEX ON public.x (r)`, `INSERT INTO public.x SELECT i, i FROM generate_series(1, 2000) AS i`}, cascade: "x", left: 0},
	} {
		for _, action := range []retention.Action{retention.ActionDelete, retention.ActionArchive} {
			t.Run(fmt.Sprintf("%s/%s", name, action), func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, `CREATE TABLE public.r (id bigint PRIMARY KEY, prev bigint REFERENCES public.r, created_at timestamptz)`, `CREATE INDEX ON public.r (prev)`,
					`INSERT INTO public.r SELECT i, nullif(i - 1, 0), now() - interval '1000 days' + i * interval '1 minute' FROM generate_series(1, 2000) AS i`)
				f.exec(append(c.change, `ANALYZE public.r`)...)
				if c.held != nil {
					f.hold(table("r"), keys(c.held...)...)
				}
				p := policy("r", action)
				p.BatchSize = 100
				if c.cascade != "" {
					p.Cascade = []retention.TableName{table(c.cascade)}
				}
				carry := f.foretold
				if name == "a circle at the end" {
					carry = f.run // longer than a step, so it stays; a simulation takes circles for free
				}
				got := carry(p)
				if n := f.count(`SELECT count(*) FROM public.r`); n != c.left || got.Processed != 2000-c.left || got.Batches > 200 {
					t.Errorf("%d rows are left, want %d; %d went in %d batches", n, c.left, got.Processed, got.Batches)
				}
				if n := int64(len(c.held)); got.Held != n || got.Blocked > c.left {
					t.Errorf("held %d and blocked %d, want %d held, and no row twice", got.Held, got.Blocked, n)
				}
			})
		}
	}
}
