package condition

import (
	"fmt"

	"holdfast/retention"
)

// SyntaxError says what in a condition is not allowed, where, and what would
// be. It is an [retention.ErrInvalid].
type SyntaxError struct {
	// Offset counts the characters (runes) before the place, from 0.
	Offset int
	// Near is the text at the place, shortened; empty at the end of the text.
	Near string
	// Problem is what is wrong, such as "subqueries are not allowed".
	Problem string
	// Allowed is what would be accepted there.
	Allowed string
}

// Error is one line that counts characters from 1, as editors do.
func (e *SyntaxError) Error() string {
	where := fmt.Sprintf("at character %d", e.Offset+1)
	if e.Near == "" {
		where += ", at the end"
	} else {
		where += fmt.Sprintf(", near %q", e.Near)
	}
	return where + ": " + e.Problem + "; allowed: " + e.Allowed
}

// Is makes every SyntaxError a retention.ErrInvalid.
func (e *SyntaxError) Is(target error) bool { return target == retention.ErrInvalid }

// nearLimit is how many characters of the text an error repeats.
const nearLimit = 24

// errorAt describes the text from start to end (in runes); an end behind the
// text is its end.
func errorAt(src []rune, start, end int, problem, allowed string) *SyntaxError {
	end = min(end, len(src))
	near := string(src[start:min(end, start+nearLimit)])
	if end > start+nearLimit {
		near += "…"
	}
	return &SyntaxError{Offset: start, Near: near, Problem: problem, Allowed: allowed}
}
