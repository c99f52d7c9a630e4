package retention_test

import (
	"testing"

	"holdfast/retention"
)

func TestTheLowerOfTwoCeilingsCountsAndSharesAreRoundedDown(t *testing.T) {
	rows := func(n int64) *int64 { return &n }
	share := func(s float64) *float64 { return &s }
	for _, c := range []struct {
		name  string
		rows  *int64
		share *float64
		of    int64
		want  int64
		ok    bool
	}{
		{"none", nil, nil, 100, 0, false},
		{"rows", rows(7), nil, 100, 7, true},
		{"no row at all", rows(0), nil, 100, 0, true},
		{"share", nil, share(0.2), 101, 20, true},
		{"a share that is no binary fraction", nil, share(0.29), 100, 29, true},
		{"a tiny share", nil, share(1e-7), 100_000_000, 10, true},
		{"everything", nil, share(1), 9_000_000_000_000_000_000, 9_000_000_000_000_000_000, true},
		{"nothing of an empty table", nil, share(0.5), 0, 0, true},
		{"rows below share", rows(3), share(0.5), 10, 3, true},
		{"share below rows", rows(30), share(0.5), 10, 5, true},
	} {
		p := retention.Policy{MaxRows: c.rows, MaxShare: c.share}
		if n, ok := p.Ceiling(c.of); n != c.want || ok != c.ok || p.Limited() != c.ok {
			t.Errorf("%s: %d, %t (limited: %t), want %d, %t", c.name, n, ok, p.Limited(), c.want, c.ok)
		}
	}
}

func TestABeltIsAboveUntilAsMuchIsApproved(t *testing.T) {
	n := func(n int64) *int64 { return &n }
	for _, c := range []struct {
		belt  *retention.Belt
		above bool
	}{
		{nil, false},
		{&retention.Belt{WouldProcess: 10, Ceiling: 10}, false},
		{&retention.Belt{WouldProcess: 11, Ceiling: 10}, true},
		{&retention.Belt{WouldProcess: 11, Ceiling: 10, Approved: n(11)}, false},
		{&retention.Belt{WouldProcess: 12, Ceiling: 10, Approved: n(11)}, true},
		{&retention.Belt{WouldProcess: 10, Ceiling: 10, Approved: n(3)}, false},
	} {
		if got := c.belt.Above(); got != c.above {
			t.Errorf("%+v is above: %t", c.belt, got)
		}
	}
}

func TestAPeriodIsShorterIfItMayBeOverBefore(t *testing.T) {
	for _, c := range []struct {
		p, o    string
		shorter bool
	}{
		{"PT23H59M59S", "P1D", true}, {"P1D", "P1D", false}, {"PT24H", "P1D", false}, {"P2D", "P1D", false},
		{"P1M", "P30D", true}, {"P1M", "P28D", false}, {"P1Y", "P365D", false}, {"P1Y", "P366D", true}, {"PT1S", "P0D", false},
	} {
		p, errP := retention.ParsePeriod(c.p)
		o, errO := retention.ParsePeriod(c.o)
		if errP != nil || errO != nil {
			t.Fatal(errP, errO)
		}
		if got := p.ShorterThan(o); got != c.shorter {
			t.Errorf("%s shorter than %s: %t", c.p, c.o, got)
		}
	}
}
