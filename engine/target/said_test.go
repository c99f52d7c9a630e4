package target

import (
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/plan"
)

func TestWhatTheServerSaidIsForPeople(t *testing.T) {
	for message, want := range map[string]struct{ said, because string }{
		`invalid input syntax for type bigint: "1x8"`:                    {`"1x8" is no value of type bigint`, ""},
		`invalid input syntax for type timestamp with time zone: "soon"`: {`"soon" is no value of type timestamp with time zone`, ""},
		`invalid input value for enum mood: "odd"`:                       {`"odd" is no value of type mood`, `: "odd" is no value of type mood`},
		`column "holdfast_computed" is of type boolean but default expression is of type integer`: {
			"its result is of type integer, not true or false", ": its result is of type integer, not true or false"},
		`value "99999999999999999999" is out of range for type bigint`: {
			`value "99999999999999999999" is out of range for type bigint`, `: value "99999999999999999999" is out of range for type bigint`},
	} {
		pg := &pgconn.PgError{Message: message}
		if got := said(pg); got != want.said {
			t.Errorf("said: got %q, want %q", got, want.said)
		}
		if got := because(pg); got != want.because {
			t.Errorf("because: got %q, want %q", got, want.because)
		}
	}
}

func TestAMarkSaysInWhichZoneItIs(t *testing.T) {
	at, n := time.Date(2025, 5, 19, 8, 49, 20, 373_862_000, time.UTC), int64(1_747_644_560)
	for want, got := range map[string]string{
		"2025-05-19 08:49:20.373862 UTC":           (&mark{Time: &at}).text(plan.TimeInstant, "Europe/Berlin"),
		"2025-05-19 08:49:20.373862 Europe/Berlin": (&mark{Time: &at}).text(plan.TimeLocal, "Europe/Berlin"),
		"2025-05-19":           (&mark{Time: &at}).text(plan.TimeDate, "Europe/Berlin"),
		"1747644560 (seconds)": (&mark{Int: &n}).text(plan.TimeSeconds, "UTC"),
	} {
		if got != want {
			t.Errorf("got %q, want %q", got, want)
		}
	}
}
