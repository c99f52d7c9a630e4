package target

import (
	"fmt"
	"regexp"

	"github.com/jackc/pgx/v5/pgconn"
)

var (
	badInput   = regexp.MustCompile(`(?s)^invalid input syntax for type (.+?): "(.*)"$`)
	badEnum    = regexp.MustCompile(`(?s)^invalid input value for enum (.+?): "(.*)"$`)
	notBoolean = regexp.MustCompile(`^column "holdfast_computed" is of type boolean but default expression is of type (.+)$`)
)

// said is what the server found wrong, for a person who knows their data and not the
// server: the messages that people meet most are about syntax, or about what we asked
// to try out what they wrote. Others stand as they are.
func said(pg *pgconn.PgError) string {
	for _, re := range []*regexp.Regexp{badInput, badEnum} {
		if m := re.FindStringSubmatch(pg.Message); m != nil {
			return fmt.Sprintf("%q is no value of type %s", m[2], m[1])
		}
	}
	if m := notBoolean.FindStringSubmatch(pg.Message); m != nil {
		return fmt.Sprintf("its result is of type %s, not true or false", m[1])
	}
	return pg.Message
}

// because adds what the server said to a refusal that names value and type itself,
// unless that would be the same again.
func because(pg *pgconn.PgError) string {
	if badInput.MatchString(pg.Message) {
		return ""
	}
	return ": " + said(pg)
}
