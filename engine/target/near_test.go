package target

import (
	"fmt"
	"testing"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Lists of held ids that are too long to be hashed in every batch are judged by what of them
// lies near a step's rows, and where that is too much by looking each row up: in rows in the
// order of their ids, and in rows as chance has put them, among which a step meets ids of all
// of the list.
func TestLongListsOfHeldIDsAreKeptWhereverTheirRowsLie(t *testing.T) {
	const rows, held = 90_000, 30_000
	if held <= plan.HashLimit {
		t.Fatal("the list is short enough to be hashed whole")
	}
	for name, order := range map[string]string{"in order": "i", "as chance has it": "md5(i::text)"} {
		for _, key := range []string{"bigint", "smallint", "text"} {
			t.Run(name+", "+key, func(t *testing.T) {
				t.Parallel()
				f := newFixture(t, fmt.Sprintf(`CREATE TABLE public.r (id %s PRIMARY KEY, created_at timestamptz NOT NULL)`, key),
					// Below zero too, within what a smallint has room for.
					fmt.Sprintf(`INSERT INTO public.r SELECT i, now() - interval '100 days' FROM generate_series(-32000, %d) AS i ORDER BY %s`, rowsOf(key, rows)-32000-1, order))
				var ids []retention.Key
				for i := range held {
					ids = append(ids, retention.Key{fmt.Sprint(2*i - 32000)})
				}
				f.hold(table("r"), ids...)
				keep := f.count(fmt.Sprintf(`SELECT count(*) FROM public.r WHERE id::int %% 2 = 0 AND id::int < %d`, 2*held-32000))
				all := f.count(`SELECT count(*) FROM public.r`)
				p := policy("r", retention.ActionDelete)
				p.Evidence, p.BatchSize = retention.EvidenceRecords, 30_000
				f.untilOld("r")
				d := f.begin(p)
				d.size = p.BatchSize
				got := f.finish(d)
				if got.Held != keep || got.Processed != all-keep {
					t.Errorf("%d went and %d are held, want %d and %d", got.Processed, got.Held, all-keep, keep)
				}
				f.want(fmt.Sprintf(`SELECT count(*) FROM public.r WHERE id::int %% 2 = 0 AND id::int < %d`, 2*held-32000), keep)
				f.want(`SELECT count(*) FROM public.r`, keep)
			})
		}
	}
}

// rowsOf is how many rows of a key's type there are.
func rowsOf(key string, rows int) int {
	if key == "smallint" {
		return 64_000
	}
	return rows
}
