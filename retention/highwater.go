package retention

// HighWater is the progress with the most that each count ever was. A walk that
// starts again meets once more the rows that it left, and its counts of them begin
// at zero; what counts each row once per run goes by this.
func (p Progress) HighWater() Progress {
	p.Counts = p.Counts.max(p.Most)
	return p
}

// max is, count by count, the greater of two.
func (c Counts) max(o Counts) Counts {
	out := Counts{
		Processed: max(c.Processed, o.Processed), Held: max(c.Held, o.Held), Blocked: max(c.Blocked, o.Blocked),
		Skipped: map[string]int64{}, Effects: c.Effects,
	}
	out.BlockedBy = c.BlockedBy
	if o.Blocked > c.Blocked {
		out.BlockedBy = o.BlockedBy
	}
	for _, m := range []map[string]int64{c.Skipped, o.Skipped} {
		for reason, n := range m {
			out.Skipped[reason] = max(out.Skipped[reason], n)
		}
	}
	return out
}

// Since is what c has more than an earlier count; never less than zero.
func (c Counts) Since(earlier Counts) Counts {
	out := Counts{
		Processed: max(0, c.Processed-earlier.Processed), Held: max(0, c.Held-earlier.Held), Blocked: max(0, c.Blocked-earlier.Blocked),
	}
	for reason, n := range c.Skipped {
		out.Skip(reason, max(0, n-earlier.Skipped[reason]))
	}
	return out
}

// IsZero reports whether nothing is counted.
func (c *Counts) IsZero() bool {
	return c.Processed == 0 && c.Held == 0 && c.Blocked == 0 && c.SkippedTotal() == 0
}
