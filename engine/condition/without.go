package condition

// Without is the condition less the rows that fit others, a nil among which is every row.
// A row for which another one is unknown does not fit it. c may be nil for every row.
func Without(c *Condition, others []*Condition) *Condition {
	var args []Expr
	if c != nil {
		args = append(args, flat(c.root)...)
	}
	for _, o := range others {
		if o == nil {
			return &Condition{root: Bool{Value: false}}
		}
		args = append(args, Is{Arg: o.root, Test: "TRUE", Not: true})
	}
	switch len(args) {
	case 0:
		return nil
	case 1:
		return &Condition{root: args[0]}
	}
	return &Condition{root: Logic{Op: And, Args: args}}
}

// flat are the arguments of an AND, or the expression itself.
func flat(e Expr) []Expr {
	if l, ok := e.(Logic); ok && l.Op == And {
		return l.Args
	}
	return []Expr{e}
}
