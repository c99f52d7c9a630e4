package target

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
)

func TestIDsAreKeptAsTheServerWritesThem(t *testing.T) {
	f := newFixture(t,
		`CREATE TABLE public.n (id bigint PRIMARY KEY)`,
		`CREATE TABLE public.c (day date, code char(4), amount numeric(9,2), PRIMARY KEY (day, code, amount))`,
		`CREATE TABLE public.u (id uuid PRIMARY KEY)`, `CREATE TABLE public.t (id text PRIMARY KEY)`)
	h := retention.Hold{Scope: []retention.Scope{
		{Table: table("n"), RecordIDs: []retention.Key{{" 7"}, {"007"}, {"7"}, {"-0"}}},
		{Table: table("c"), RecordIDs: []retention.Key{{"1 Feb 2024", "ab", "1"}, {"2024-02-01", "ab", "1.00"}}},
		{Table: table("u"), RecordIDs: []retention.Key{{"A0EEBC99-9C0B-4EF8-BB6D-6BB9BD380A11"}}},
		{Table: table("t"), RecordIDs: []retention.Key{{" 7"}, {"Ä\t\\"}}},
	}}
	if err := f.target.CheckKeys(t.Context(), h); err != nil {
		t.Fatal(err)
	}
	want := []retention.Scope{
		{Table: table("n"), RecordIDs: []retention.Key{{"7"}, {"7"}, {"7"}, {"0"}}},
		{Table: table("c"), RecordIDs: []retention.Key{{"2024-02-01", "ab", "1"}, {"2024-02-01", "ab", "1.00"}}},
		{Table: table("u"), RecordIDs: []retention.Key{{"a0eebc99-9c0b-4ef8-bb6d-6bb9bd380a11"}}},
		{Table: table("t"), RecordIDs: []retention.Key{{" 7"}, {"Ä\t\\"}}},
	}
	if diff := cmp.Diff(want, h.Scope); diff != "" {
		t.Errorf("ids (-want +got):\n%s", diff)
	}
}
