package web

import (
	"fmt"

	"holdfast/retention"
	"holdfast/web/ui"
)

// faultSentences say what of a hold's tables is not what it was, what that does, and what
// can be done; none for one that restrains nothing any more.
func faultSentences(h retention.Hold) (out []string) {
	if !h.Status.InForce() {
		return nil
	}
	for _, f := range h.Faults {
		effect := fmt.Sprintf("The whole of `%s` is held", f.On)
		switch f.Effect {
		case retention.FaultRefused:
			effect = fmt.Sprintf("Policies on `%s` are refused", f.On)
		case retention.FaultNotEnforced:
			out = append(out, fmt.Sprintf("The application could change what is held in `%s`: %s. Holdfast itself still changes nothing there. What can be done: %s.", f.On, f.Reason, f.Remedy))
			continue
		case retention.FaultNothingLeft:
			effect = fmt.Sprintf("Nothing of `%s` is there to be held", f.Table)
		}
		out = append(out, fmt.Sprintf("%s: it was placed on `%s`, and %s. What can be done: %s.", effect, f.Table, f.Reason, f.Remedy))
	}
	return out
}

// tablesChanged says of how many holds the tables, or the triggers on them, are not as they were.
func tablesChanged(n int64) string {
	return "The tables of " + ui.Count(n, "hold", "holds") + " are not as they were."
}
