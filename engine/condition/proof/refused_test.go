package proof

import (
	"strings"
	"testing"

	"holdfast/engine/condition"
)

// The tests here show that the proof can fail.

func TestTheProofSeesWrongPrecedence(t *testing.T) {
	for _, tc := range []struct{ text, wrong string }{
		{"(a OR b) AND c", "a OR b AND c"},
		{"NOT (a AND b)", "NOT a AND b"},
		{"(NOT a) = b", "NOT a = b"},
		{"a - (b - c) = d", "a - b - c = d"},
		{"(a || b) + c = d", "a || b + c = d"},
		{"(-a)::bigint = b", "-a::bigint = b"},
		{"a = (b IS NULL)", "a = b IS NULL"},
		{"(a = b) IN (c)", "a = b IN (c)"},
		{"(a + b) AT TIME ZONE 'UTC' = c", "a + b AT TIME ZONE 'UTC' = c"},
		{"a BETWEEN b AND (c AND d)", "a BETWEEN b AND c AND d"},
		{"-(1) = a", "1 = a"},
		{"a = 'b'", "a = 'B'"},
		{`a = 'b\c'`, `a = E'b\c'`},
		{"a LIKE 'b' ESCAPE ''", "a LIKE 'b'"},
		{"a NOT IN (b)", "a IN (b)"},
		{"a = ALL (b)", "a = ANY (b)"},
		{"a = b", "b = a"},
		{`"A" = b`, `A = b`},
		{"a::varchar(3) = b", "a::varchar(4) = b"},
		{"a::text[] = b", "a::text = b"},
		{"greatest(a, b) = c", "least(a, b) = c"},
		{"coalesce(a, b) = c", "nullif(a, b) = c"},
	} {
		c, err := condition.Parse(tc.text)
		if err != nil {
			t.Errorf("%s: %v", tc.text, err)
			continue
		}
		got, err := reader{typed: true}.read(tc.wrong)
		if err != nil {
			t.Errorf("%s: %v", tc.wrong, err)
		}
		if want := ours(c.Root()); got == want {
			t.Errorf("%s and %s are both %s", tc.text, tc.wrong, got)
		}
	}
}

func TestTheProofRefusesWhatIsNotOnItsLists(t *testing.T) {
	for sql, why := range map[string]string{
		"a = (SELECT 1)":                         "SubLink",
		"EXISTS (SELECT 1)":                      "SubLink",
		"a IN (SELECT 1)":                        "SubLink",
		"a = ANY (SELECT 1)":                     "SubLink",
		"ARRAY(SELECT 1) = a":                    "SubLink",
		"TRUE); DROP TABLE t; SELECT (TRUE":      "3 statements",
		"TRUE); SELECT (TRUE":                    "2 statements",
		"TRUE) ORDER BY (a":                      "sortClause",
		"TRUE) GROUP BY (a":                      "groupClause",
		"TRUE) UNION SELECT FROM t WHERE (TRUE":  "", // the frame is another one
		"TRUE) FOR UPDATE; --":                   "",
		"a = $1":                                 "ParamRef",
		"pg_sleep(1) IS NULL":                    "pg_sleep is not on the list",
		"pg_catalog.pg_sleep(1) IS NULL":         "pg_sleep is not on the list",
		"public.lower(a) = 'x'":                  "not in pg_catalog",
		"generate_series(1, 2) = 1":              "generate_series is not on the list",
		"lower(a) OVER () = 'x'":                 "over",
		"lower(a) FILTER (WHERE b) = 'x'":        "agg_filter",
		"lower(DISTINCT a) = 'x'":                "agg_distinct",
		"lower(a ORDER BY a) = 'x'":              "agg_order",
		"lower(*) = 'x'":                         "agg_star",
		"lower(VARIADIC a) = 'x'":                "func_variadic",
		"lower(x => a) = 'x'":                    "NamedArgExpr",
		"round(a) WITHIN GROUP (ORDER BY a) = 1": "agg_order",
		"CASE WHEN a THEN b END":                 "CaseExpr",
		"a COLLATE \"C\" = b":                    "CollateClause",
		"a OPERATOR(pg_catalog.=) b":             "operator with a schema",
		"a && b":                                 "&& is not on the list",
		"~ a = 1":                                "prefix operator ~",
		"(a, b) = (1, 2)":                        "RowExpr",
		"a[1] = 2":                               "A_Indirection",
		"(a).b = 1":                              "A_Indirection",
		"s.t.a = 1":                              "the column is",
		"current_user = 'x'":                     "SQLValueFunction",
		"now() > a":                              "now is not on the list",
		"a::regclass = 1":                        "regclass is not on the list",
		"a::public.int4 = 1":                     "not in pg_catalog",
		"a::int[3] IS NULL":                      "bounds",
		"a::a%TYPE IS NULL":                      "not on the list",
		"a SIMILAR TO 'x'":                       "not on the list",
		"a IS DOCUMENT":                          "XmlExpr",
		"a IS JSON":                              "JsonIsPredicate",
		"B'1' = a":                               "constant of another kind",
		"overlay(a PLACING b FROM 1) = 'x'":      "overlay",
		"extract(timezone FROM a) = 1":           "EXTRACT takes",
		"a IS NORMALIZED":                        "is_normalized",
		"XMLEXISTS('x' PASSING a)":               "xmlexists",
		"row(a) IS NULL":                         "RowExpr",
		"GROUPING(a) = 1":                        "GroupingFunc",
		"a = \x00b":                              "NUL",
		"a = 'b":                                 "PostgreSQL refuses it",
		"(SELECT a FROM pg_catalog.pg_shadow)::text = 'x'": "SubLink",
	} {
		got, err := reader{typed: true}.read(sql)
		if err == nil || !strings.Contains(err.Error(), why) {
			t.Errorf("%s is read as %s, %v, want an error with %q", sql, got, err, why)
		}
		if c, err := condition.Parse(sql); err == nil {
			t.Errorf("%s is accepted as %s", sql, c)
		}
	}
}

func TestPrintedNamesAreQualified(t *testing.T) {
	for _, sql := range []string{"lower(t.a) = 'x'", "t.a::text = 'x'", "a = 1", "u.a = 1", "pg_catalog.trim(t.a) = 'x'", "trim(t.a) = 'x'"} {
		if got, err := (reader{alias: "t"}).read(sql); err == nil {
			t.Errorf("%s passes as printed SQL: %s", sql, got)
		}
	}
}
