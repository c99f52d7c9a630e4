package retention

import (
	"slices"
	"testing"
)

func TestDriftNamesWhatIsOtherThanItWas(t *testing.T) {
	table := func(name string, state CoverageState, policies []string, columns ...ColumnCoverage) TableCoverage {
		out := TableCoverage{Table: TableName{Schema: "public", Name: name}, State: state, Columns: columns}
		for _, p := range policies {
			out.Policies = append(out.Policies, CoveringPolicy{Name: p, Action: ActionAnonymize})
		}
		return out
	}
	column := func(name, typ string, kind PersonalKind, by ...string) ColumnCoverage {
		return ColumnCoverage{Name: name, Type: typ, Looks: Looks{Kind: kind}, TreatedBy: by}
	}
	was := []TableCoverage{
		table("a", CoverageOpen, nil, column("x", "text", ""), column("y", "integer", ""), column("z", "text", "", "p"), column("gone", "text", "")),
		table("b", CoverageCovered, []string{"p"}),
		table("dropped", CoverageExempt, nil),
		table("same", CoverageCovered, []string{"p", "q"}, column("x", "text", PersonalEmail, "p")),
	}
	now := []TableCoverage{
		table("a", CoverageCovered, []string{"p"}, column("x", "text", PersonalEmail), column("y", "bigint", ""), column("z", "text", ""), column("new", "date", "")),
		table("b", CoverageExempt, nil),
		table("created", CoverageOpen, nil),
		table("same", CoverageCovered, []string{"p", "q"}, column("x", "text", PersonalEmail, "p")),
	}
	var got []string
	for _, d := range DriftSince(was, now) {
		got = append(got, d.Table.Name+"."+d.Column+" "+d.Says)
	}
	want := []string{
		"a. is under `p` now; it was under no policy",
		"a.x looks personal now",
		"a.y is `bigint` now; it was `integer`",
		"a.z is anonymized no more",
		"a.new is new (`date`)",
		"a.gone is gone (it was `text`)",
		"b. is exempt now; it was under `p`",
		"created. is new, and under no policy",
		"dropped. is gone; it was exempt",
	}
	if !slices.Equal(got, want) {
		t.Errorf("got %q\nwant %q", got, want)
	}
	if again := DriftSince(now, now); len(again) != 0 {
		t.Errorf("nothing has changed, but: %v", again)
	}
}

func TestAColumnIsUntouchedUnlessAPolicyOrAPersonAnswersForIt(t *testing.T) {
	email := ColumnCoverage{Name: "email", Looks: Looks{Kind: PersonalEmail, By: SignName}}
	treated := email
	treated.TreatedBy = []string{"p"}
	for _, c := range []struct {
		what  string
		table TableCoverage
		want  int
	}{
		{"under no policy", TableCoverage{State: CoverageOpen, Columns: []ColumnCoverage{email, {Name: "id"}}}, 1},
		{"exempt", TableCoverage{State: CoverageExempt, Columns: []ColumnCoverage{email}}, 0},
		{"removed with the row", TableCoverage{State: CoverageCovered, Policies: []CoveringPolicy{{Action: ActionDelete}}, Columns: []ColumnCoverage{email}}, 0},
		{"under a policy that anonymizes others", TableCoverage{State: CoverageCovered, Policies: []CoveringPolicy{{Action: ActionAnonymize}}, Columns: []ColumnCoverage{email}}, 1},
		{"anonymized", TableCoverage{State: CoverageCovered, Policies: []CoveringPolicy{{Action: ActionAnonymize}}, Columns: []ColumnCoverage{treated}}, 0},
	} {
		if got := c.table.Untouched(); len(got) != c.want {
			t.Errorf("%s: %v, want %d", c.what, got, c.want)
		}
	}
}
