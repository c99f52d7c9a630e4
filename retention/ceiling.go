package retention

import (
	"math/big"
	"strconv"
)

// Belt is what was found of a policy with a ceiling before the first row of a run: the
// run goes on by itself if it would dispose of no more than Ceiling rows.
type Belt struct {
	// WouldProcess is what a run would dispose of, by the simulation's statement.
	WouldProcess int64 `json:"would_process"`
	// TableRows are the rows of the table, due or not; nil if the policy has no ceiling
	// that asks for them. Estimated: they are PostgreSQL's estimate, since the table is
	// large.
	TableRows *int64 `json:"table_rows"`
	Estimated bool   `json:"table_rows_estimated"`
	// Ceiling is the most rows that need no approval.
	Ceiling int64 `json:"ceiling"`
	// Approved is the number of rows that a person has approved; nil if none has.
	Approved *int64 `json:"approved"`
}

// Above reports whether the run may not go on without a person.
func (b *Belt) Above() bool { return b != nil && b.WouldProcess > b.Limit() }

// Limit is the most rows that the run may dispose of under the policy.
func (b *Belt) Limit() int64 {
	if b.Approved != nil {
		return max(b.Ceiling, *b.Approved)
	}
	return b.Ceiling
}

// Limited reports whether the policy has a ceiling at all.
func (p *Policy) Limited() bool { return p.MaxRows != nil || p.MaxShare != nil }

// Ceiling is the most rows that a run disposes of without approval, of a table of so
// many; ok is false if there is no ceiling.
func (p *Policy) Ceiling(tableRows int64) (n int64, ok bool) {
	if p.MaxShare != nil {
		n, ok = shareOf(*p.MaxShare, tableRows), true
	}
	if p.MaxRows != nil && (!ok || *p.MaxRows < n) {
		n, ok = *p.MaxRows, true
	}
	return n, ok
}

// shareOf is the share of n, rounded down. The share is taken as it was written: as a
// binary fraction, 0.29 of 100 would be 28.
func shareOf(share float64, n int64) int64 {
	exact, ok := new(big.Rat).SetString(strconv.FormatFloat(share, 'f', -1, 64))
	if !ok {
		return 0
	}
	exact.Mul(exact, new(big.Rat).SetInt64(n))
	return new(big.Int).Quo(exact.Num(), exact.Denom()).Int64()
}

func (p *Policy) validateCeiling(bad *Problems) {
	if p.MaxRows != nil && *p.MaxRows < 0 {
		bad.Add("max_rows", "must be a number of rows from 0, or null for no ceiling, not %d", *p.MaxRows)
	}
	if p.MaxShare != nil && !(*p.MaxShare >= 0 && *p.MaxShare <= 1) {
		bad.Add("max_share", "must be a share of the table's rows from 0 to 1, such as 0.2, or null for no ceiling, not %v", *p.MaxShare)
	}
}

// Approval is a person's yes to what a run would dispose of above the ceilings of its
// policies: exactly these figures.
type Approval struct {
	Policy       string
	WouldProcess int64
}
