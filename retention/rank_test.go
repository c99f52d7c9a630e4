package retention_test

import (
	"testing"
	"time"

	"pgregory.net/rapid"

	"holdfast/retention"
)

func ranked(name, period, condition string, action retention.Action) retention.Policy {
	p, err := retention.ParsePeriod(period)
	if err != nil {
		panic(err)
	}
	return retention.Policy{Name: name, Table: retention.TableName{Schema: "public", Name: "t"}, RetentionPeriod: p, Condition: condition, Action: action, Enabled: true}
}

func TestOfTwoPoliciesTheWrittenRulesDecide(t *testing.T) {
	const del, arc, anon = retention.ActionDelete, retention.ActionArchive, retention.ActionAnonymize
	elsewhere := ranked("b", "P1D", "", del)
	elsewhere.Table.Name = "other"
	otherClock := ranked("a", "P9Y", "x", arc)
	otherClock.TimestampColumn = "closed_at"
	for _, c := range []struct {
		what   string
		a, b   retention.Policy
		winner string
		why    string
	}{
		{"an archive", ranked("a", "P9Y", "x", del), ranked("b", "P90D", "", arc), "b", "it archives, and what is archived is kept"},
		{"the longer period", ranked("a", "P30D", "x", del), ranked("b", "P90D", "", del), "b", "its retention period is longer"},
		{"a condition", ranked("a", "P90D", "", arc), ranked("b", "P90D", "x", arc), "b", "it names its rows by a condition"},
		{"the name", ranked("a", "P90D", "x", del), ranked("b", "P90D", "y", del), "a", "its name comes first"},
		{"units that are as long as each other", ranked("a", "P24M", "", del), ranked("b", "P2Y", "", del), "a", "its name comes first"},
		{"anonymizing is no conflict", ranked("a", "P30D", "", anon), ranked("b", "P90D", "", del), "", ""},
		{"another timestamp column is not ranked", otherClock, ranked("b", "P90D", "", del), "", ""},
		{"nor is another table", ranked("a", "P30D", "", del), elsewhere, "", ""},
		{"nor the policy itself", ranked("a", "P30D", "", del), ranked("a", "P90D", "", del), "", ""},
	} {
		why, over := c.a.Outranks(&c.b)
		back, under := c.b.Outranks(&c.a)
		if over != (c.winner == "a") || under != (c.winner == "b") {
			t.Errorf("%s: a outranks b %t, b outranks a %t, want %q to win", c.what, over, under, c.winner)
		}
		if c.winner != "" && why != c.why {
			t.Errorf("%s: because %q, want %q", c.what, why, c.why)
		}
		if c.winner != "" && back != why {
			t.Errorf("%s: one says because %q, the other %q", c.what, why, back)
		}
	}
}

func TestPoliciesLeaveRowsToLiveAndEnabledOnesAlone(t *testing.T) {
	mine := ranked("mine", "P30D", "", retention.ActionDelete)
	off, gone, on := ranked("off", "P90D", "", retention.ActionDelete), ranked("gone", "P90D", "", retention.ActionDelete), ranked("on", "P90D", "", retention.ActionDelete)
	off.Enabled = false
	at := time.Now()
	gone.RetiredAt = &at
	got := mine.Among([]retention.Policy{on, gone, off, mine, ranked("short", "P7D", "", retention.ActionDelete)})
	if len(got.YieldsTo) != 1 || got.YieldsTo[0].Name != "on" {
		t.Errorf("rows are left to %v", got.YieldsTo)
	}
	if !got.SameRule(mine) {
		t.Error("whom rows are left to makes it another rule")
	}
	other := ranked("other", "P9Y", "", retention.ActionDelete)
	other.TimestampColumn = "closed_at"
	if c := mine.Conflicts([]retention.Policy{other}); len(c) != 1 || !c[0].Unranked || c[0].Yields {
		t.Errorf("of another timestamp column: %+v", c)
	}
	if c := off.Conflicts([]retention.Policy{mine}); len(c) != 0 {
		t.Errorf("of a disabled policy: %+v", c)
	}
	c := mine.Conflicts([]retention.Policy{on, gone, off, mine, ranked("short", "P7D", "", retention.ActionDelete)})
	if len(c) != 2 || c[0].Policy != "on" || !c[0].Yields || c[1].Policy != "short" || c[1].Yields {
		t.Errorf("conflicts: %+v", c)
	}
}

// TestRanksAreAnOrder: of policies that would remove the same rows exactly one is
// outranked by none, whatever they are, so that somebody disposes of every row.
func TestRanksAreAnOrder(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		n := rapid.IntRange(2, 6).Draw(t, "n")
		list := make([]retention.Policy, n)
		for i := range list {
			list[i] = ranked(string(rune('a'+i)), rapid.SampledFrom([]string{"P30D", "P1M", "P4W", "P31D", "PT720H", "P90D", "P3M"}).Draw(t, "period"),
				rapid.SampledFrom([]string{"", "x"}).Draw(t, "condition"), rapid.SampledFrom([]retention.Action{retention.ActionDelete, retention.ActionArchive}).Draw(t, "action"))
		}
		first := 0
		for _, p := range list {
			if len(p.Among(list).YieldsTo) == 0 {
				first++
			}
		}
		if first != 1 {
			t.Fatalf("%d policies are outranked by none", first)
		}
	})
}
