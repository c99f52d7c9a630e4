package proof

import (
	"strings"
	"testing"
	"unicode/utf8"

	"holdfast/engine/condition"
	"holdfast/retention"
)

var identifiers = []string{
	"a", "Order Lines", "select", "user", `"`, `""`, `a"b`, `a""b`, `"; DROP TABLE t; --`, ".", "a.b", `a"."b`, ";", "--", "/*", "*/", `\`, `a\"b`,
	`\"`, "'", "''", "$1", "$$", "U&", `u&"a`, "é", "ſ", "K", "\u202e", "\ufeff", "\u00a0", "日本", "🙂", "\n", "\t", "\x01", "\x7f",
	"a\x00", "\x00", `"` + "\x00", "\xff", "é\xc3", "", strings.Repeat("a", 63), strings.Repeat("a", 64), strings.Repeat(`"`, 63), strings.Repeat("é", 32),
}

// FuzzIdentifier tries names of any kind: each is either refused, or PostgreSQL reads
// its quoted form as that very name and nothing more, wherever we print one.
func FuzzIdentifier(f *testing.F) {
	for _, name := range identifiers {
		f.Add(name)
	}
	f.Fuzz(proveIdentifier)
}

func proveIdentifier(t *testing.T, name string) {
	quoted := retention.QuoteIdent(name)
	parsed, err := retention.ParseTableName(quoted)
	possible := name != "" && len(name) <= retention.MaxIdentifier && utf8.ValidString(name) && !strings.ContainsRune(name, 0)
	if possible != (err == nil) {
		t.Fatalf("ParseTableName(%q) = %v, want an error: %v", quoted, err, !possible)
	}
	if !possible {
		return
	}
	if parsed.Name != name {
		t.Fatalf("ParseTableName(%q) is %q", quoted, parsed.Name)
	}
	if got, err := (reader{}).read(quoted); err != nil || got != form("column", atom(name)) {
		t.Fatalf("PostgreSQL reads the column %s as %s, %v", quoted, got, err)
	}
	if got, err := (reader{alias: name}).read(quoted + "." + quoted); err != nil || got != form("column", atom(name)) {
		t.Fatalf("PostgreSQL reads the column %s.%s as %s, %v", quoted, quoted, got, err)
	}
	if got, err := readTable(retention.TableName{Schema: name, Name: name}.SQL()); err != nil || got != (table{name, name}) {
		t.Fatalf("PostgreSQL reads the table %s.%s as %q, %v", quoted, quoted, got, err)
	}
	// A condition takes the same names but for a few that it refuses.
	if c, err := condition.Parse(quoted + " IS NULL"); err == nil {
		prove(t, quoted+" IS NULL", c)
	}
}

func readTable(sql string) (t table, err error) {
	defer refused(&err)
	t, where := selected("SELECT FROM " + sql)
	if where != nil {
		refuse("there is a condition: %s", where)
	}
	return t, nil
}
