package plan_test

import (
	"strings"
	"testing"

	"holdfast/engine/plan"
	"holdfast/retention"
)

func TestAPlanSaysHowAndWhy(t *testing.T) {
	indexed := func(in *plan.Inputs) {
		in.Table.Indexes = append(in.Table.Indexes, plan.Index{Name: "by_time", Btree: true, Valid: true, Columns: []string{"created_at"}})
	}
	for _, c := range []struct {
		what   string
		change []func(*plan.Inputs)
		want   []string
		never  string
	}{
		{"no index", nil, []string{"block by block: no complete index begins with `created_at`", "a digest of every record, by its key `id`"}, "legal hold"},
		{"an index", on(indexed), []string{"Follows the index `by_time`"}, "block"},
		{"most is due", on(indexed, func(in *plan.Inputs) { in.DueShare = 0.6 }), []string{"since about 60 % of it is due; later runs will follow the index `by_time`"}, "no complete index"},
		{"holds", on(held(scope(3, 1, 5), scope(3, 2, 5))), []string{"2 legal holds are in force on records of `public.orders`"}, "whole"},
		{"all held", on(held(whole(1))), []string{"The whole of `public.orders` is under a legal hold"}, ""},
		{"a key that blocks", on(referred(child(1, "lines", "orders", plan.FKRestrict))), []string{"Rows of `public.lines` that refer to a row by `ref` (lines_fkey) keep it. No index begins with `ref`, so the whole of `public.lines` is read for every row that goes: `CREATE INDEX CONCURRENTLY ON \"public\".\"lines\" (\"ref\");`"}, ""},
		{"a key with an index", on(referred(child(1, "lines", "orders", plan.FKCascade, func(t *plan.Table) {
			t.Indexes = append(t.Indexes, plan.Index{Name: "by_ref", Btree: true, Valid: true, Columns: []string{"ref", "id"}})
		})), cascading("lines")), []string{"Rows of `public.lines` go with those that they refer to by `ref` (lines_fkey)."}, "No index begins with `ref`"},
		{"a trigger", table(func(t *plan.Table) {
			t.Triggers = []plan.Trigger{{Name: "note", Before: true, Row: true, OnDelete: true}, {Name: "welcome", OnInsert: true}}
		}), []string{"Triggers fire: `note`.", "Rows are locked before they are changed"}, "welcome"},
		{"counts", on(func(in *plan.Inputs) { in.Policy.Evidence = retention.EvidenceCounts }), []string{"its counts, and no digests"}, ""},
		{"no key", table(func(t *plan.Table) { t.Key = nil }), []string{"its counts alone: the rows of `public.orders` have no key"}, ""},
	} {
		t.Run(c.what, func(t *testing.T) {
			got := strings.Join(build(t, c.change...).Describe(), "\n")
			for _, want := range c.want {
				if !strings.Contains(got, want) {
					t.Errorf("got\n%s\nwant %q in it", got, want)
				}
			}
			if c.never != "" && strings.Contains(got, c.never) {
				t.Errorf("got\n%s\nwant nothing of %q", got, c.never)
			}
		})
	}
}
