package retention

import (
	"fmt"
	"strings"
	"unicode/utf8"
)

// MaxIdentifier is PostgreSQL's limit for one identifier, in bytes (NAMEDATALEN-1).
// A longer name would be cut off silently by the server and so name something else.
const MaxIdentifier = 63

// TableName names a table of the governed database: schema and name exactly as
// the catalog stores them, without quotes.
type TableName struct {
	Schema string
	Name   string
}

// ParseTableName reads `schema.name`, each part quoted as in SQL where it needs
// quotes; an unquoted part folds to lower case, and without a schema it is
// `public`. The error says what would be accepted.
func ParseTableName(s string) (TableName, error) {
	parts, err := splitName(s)
	if err != nil {
		return TableName{}, err
	}
	switch len(parts) {
	case 1:
		return TableName{Schema: "public", Name: parts[0]}, nil
	case 2:
		return TableName{Schema: parts[0], Name: parts[1]}, nil
	}
	return TableName{}, fmt.Errorf("%q has %d parts; give schema.table, such as public.orders", s, len(parts))
}

// splitName cuts a possibly quoted, dotted name into its parts.
func splitName(s string) ([]string, error) {
	var parts []string
	rest := strings.TrimSpace(s)
	if rest == "" {
		return nil, fmt.Errorf("is empty; give schema.table, such as public.orders")
	}
	for {
		part, tail, err := nextNamePart(rest)
		if err != nil {
			return nil, fmt.Errorf("%q %w", s, err)
		}
		parts = append(parts, part)
		if tail == "" {
			return parts, nil
		}
		if tail[0] != '.' {
			return nil, fmt.Errorf(`%q has %q after a name; quote names that need it, such as public."Order Lines"`, s, tail)
		}
		rest = tail[1:]
	}
}

func nextNamePart(s string) (part, tail string, err error) {
	if strings.HasPrefix(s, `"`) {
		return quotedPart(s)
	}
	end := strings.IndexByte(s, '.')
	if end < 0 {
		end = len(s)
	}
	part = foldIdent(s[:end])
	if !plainIdent(part) {
		return "", "", fmt.Errorf(`has the part %q, which is no plain name; quote it as in SQL, such as public."Order Lines"`, s[:end])
	}
	return part, s[end:], checkIdent(part)
}

// foldIdent is the lower case of an unquoted name. ASCII alone, as in PostgreSQL:
// Unicode's lower case of the Kelvin sign would name the table k.
func foldIdent(s string) string {
	return strings.Map(func(r rune) rune {
		if r >= 'A' && r <= 'Z' {
			return r + 'a' - 'A'
		}
		return r
	}, s)
}

func quotedPart(s string) (part, tail string, err error) {
	var b strings.Builder
	for i := 1; i < len(s); i++ {
		if s[i] != '"' {
			b.WriteByte(s[i])
			continue
		}
		if i+1 < len(s) && s[i+1] == '"' {
			b.WriteByte('"')
			i++
			continue
		}
		return b.String(), s[i+1:], checkIdent(b.String())
	}
	return "", "", fmt.Errorf(`has a quote that is not closed`)
}

func checkIdent(s string) error {
	switch {
	case s == "":
		return fmt.Errorf("has an empty part")
	case len(s) > MaxIdentifier:
		return fmt.Errorf("has a part of %d bytes; PostgreSQL's names have at most %d", len(s), MaxIdentifier)
	case strings.IndexByte(s, 0) >= 0 || !utf8.ValidString(s):
		return fmt.Errorf("has a character that no name can have")
	}
	return nil
}

// String is the form people read and the API speaks: quoted only where needed.
func (t TableName) String() string {
	return DisplayIdent(t.Schema) + "." + DisplayIdent(t.Name)
}

// SQL is the form for statements: both parts quoted.
func (t TableName) SQL() string {
	return QuoteIdent(t.Schema) + "." + QuoteIdent(t.Name)
}

// IsZero reports whether no table is named.
func (t TableName) IsZero() bool { return t == TableName{} }

// MarshalText writes the form of String.
func (t TableName) MarshalText() ([]byte, error) { return []byte(t.String()), nil }

// UnmarshalText reads the form of ParseTableName.
func (t *TableName) UnmarshalText(b []byte) error {
	v, err := ParseTableName(string(b))
	if err != nil {
		return err
	}
	*t = v
	return nil
}

// QuoteIdent is THE quoting function: every identifier that reaches a statement
// passes it. It always quotes, so that reserved words and case need no list.
func QuoteIdent(s string) string {
	return `"` + strings.ReplaceAll(s, `"`, `""`) + `"`
}

// DisplayIdent quotes only what SQL would not read back unquoted.
func DisplayIdent(s string) string {
	if plainIdent(s) {
		return s
	}
	return QuoteIdent(s)
}

// plainIdent reports whether s is lower-case letters, digits and underscores,
// not starting with a digit. Reserved words count as plain: our own notation
// reads them, and statements always quote.
func plainIdent(s string) bool {
	if s == "" {
		return false
	}
	for i, r := range s {
		switch {
		case r == '_' || (r >= 'a' && r <= 'z'):
		case i > 0 && (r >= '0' && r <= '9' || r == '$'):
		default:
			return false
		}
	}
	return true
}
