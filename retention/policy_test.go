package retention_test

import (
	"encoding/json"
	"io/fs"
	"maps"
	"reflect"
	"slices"
	"strings"
	"testing"

	"github.com/goccy/go-yaml"

	"holdfast/examples"
	"holdfast/retention"
)

// sentences is what each example policy says of itself, in UI, CLI, plan and audit.
var sentences = map[string]string{
	"abandoned_carts":  "Delete rows of `public.shopping_carts` 30 days after `updated_at`, where `status = 'abandoned'`. Basis: Contract (service provision).",
	"analytics_events": "Delete rows of `public.analytics_events` 395 days after `event_time`. Basis: Consent (analytics).",
	"purchase_records": "Anonymize `customer_name`, `email`, `phone` and `shipping_address` in rows of `public.orders` 2,557 days after `created_at`. Basis: Legal obligation (tax records).",
	"session_logs":     "Delete rows of `public.session_logs` 90 days after `created_at`. Basis: Legitimate interest (security monitoring).",
	"support_tickets":  "Delete rows of `public.support_tickets` 730 days after `resolved_at`, where `resolved_at IS NOT NULL`. Basis: Legitimate interest (service improvement).",
}

func examplePolicies(t *testing.T) map[string]retention.Policy {
	t.Helper()
	files, err := fs.Glob(examples.Policies, "policies/*.yaml")
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]retention.Policy{}
	for _, file := range files {
		raw, err := examples.Policies.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		doc, err := yaml.YAMLToJSON(raw)
		if err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		var p retention.Policy
		if err := json.Unmarshal(doc, &p); err != nil {
			t.Fatalf("%s: %v", file, err)
		}
		out[p.Name] = p
	}
	return out
}

func TestEveryExamplePolicySaysWhatItDoesInOneSentence(t *testing.T) {
	policies := examplePolicies(t)
	if got, want := slices.Sorted(maps.Keys(policies)), slices.Sorted(maps.Keys(sentences)); !slices.Equal(got, want) {
		t.Fatalf("examples are %v, want %v: each needs its sentence here", got, want)
	}
	for name, want := range sentences {
		p := policies[name].WithDefaults()
		if err := p.Validate(); err != nil {
			t.Errorf("%s is not valid: %v", name, err)
		}
		if got := p.Sentence(); got != want {
			t.Errorf("%s\ngot  %s\nwant %s", name, got, want)
		}
		if got := p.Rule() + " Basis: " + p.LegalBasis + "."; got != want {
			t.Errorf("%s: the rule and the basis are %s, want the sentence %s", name, got, want)
		}
	}
}

func TestTheSentenceOfAnArchivePolicyNamesBothTables(t *testing.T) {
	p := validPolicy()
	p.Action, p.Table = retention.ActionArchive, name("Sales", "orders")
	p.RetentionPeriod = retention.Period{Years: 1, Months: 6}
	if got, want := p.Rule(), "Archive rows of `\"Sales\".orders` into `\"Sales\".orders_archive` 1 year and 6 months after `created_at`."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p.Cascade = []retention.TableName{name("Sales", "items"), name("Sales", "notes")}
	if got, want := p.Rule(), "Archive rows of `\"Sales\".orders` into `\"Sales\".orders_archive`, with what refers to them in `\"Sales\".items` and `\"Sales\".notes`, 1 year and 6 months after `created_at`."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
	p.Cascade = nil
	p.Archive = &retention.Archive{Table: name("cold", "Orders")}
	if got, want := p.Rule(), "Archive rows of `\"Sales\".orders` into `cold.\"Orders\"` 1 year and 6 months after `created_at`."; got != want {
		t.Errorf("got  %s\nwant %s", got, want)
	}
}

func TestTheSentenceListsColumnsInAFixedOrder(t *testing.T) {
	for _, tc := range []struct {
		columns []string
		want    string
	}{
		{[]string{"a"}, "`a`"},
		{[]string{"b", "a"}, "`a` and `b`"},
		{[]string{"c", "b", "a", "Z"}, "`Z`, `a`, `b` and `c`"},
	} {
		p := validPolicy()
		p.Action, p.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{}
		for _, c := range tc.columns {
			p.Columns[c] = retention.Anonymizer{Method: retention.MethodNull}
		}
		if got, want := p.Rule(), "Anonymize "+tc.want+" in rows of `public.orders` 90 days after `created_at`."; got != want {
			t.Errorf("%v\ngot  %s\nwant %s", tc.columns, got, want)
		}
	}
}

func TestDefaultsFillOnlyWhatWasLeftOut(t *testing.T) {
	twoDays, hour := retention.Period{Days: 2}, retention.Period{Hours: 1}
	got := retention.Policy{LegalBasis: "  law \n", Condition: "\ta = 1 "}.WithDefaults()
	want := retention.Policy{
		LegalBasis: "law", Condition: "a = 1", BatchSize: 5000, Evidence: retention.EvidenceRecords, TimeZone: "UTC",
		Grace: &twoDays, Columns: map[string]retention.Anonymizer{},
	}
	if !reflect.DeepEqual(got, want) {
		t.Errorf("got  %+v\nwant %+v", got, want)
	}
	full := retention.Policy{
		LegalBasis: "law", Condition: "a = 1", BatchSize: 7, Evidence: retention.EvidenceCounts, TimeZone: "Europe/Berlin", Enabled: true,
		Grace: &hour, Columns: map[string]retention.Anonymizer{"a": {Method: retention.MethodNull}}, Unit: retention.UnitSeconds,
	}
	if got := full.WithDefaults(); !reflect.DeepEqual(got, full) {
		t.Errorf("what was given became %+v, want it as it was: %+v", got, full)
	}
	if got := want.WithDefaults(); !reflect.DeepEqual(got, want) {
		t.Errorf("twice is %+v, want the same as once: %+v", got, want)
	}
}

func validPolicy() retention.Policy {
	return retention.Policy{
		Name: "orders", Table: name("public", "orders"), TimestampColumn: "created_at", RetentionPeriod: retention.Period{Days: 90},
		Action: retention.ActionDelete, LegalBasis: "Consent",
	}.WithDefaults()
}

func anonymizing(a retention.Anonymizer) func(*retention.Policy) {
	return func(p *retention.Policy) {
		p.Action, p.Columns = retention.ActionAnonymize, map[string]retention.Anonymizer{"email": a}
	}
}

func TestWhatIsWrongWithAPolicyIsSaidOfItsField(t *testing.T) {
	for _, tc := range []struct {
		name   string
		change func(*retention.Policy)
		field  string
		says   string
	}{
		{"no name", func(p *retention.Policy) { p.Name = "" }, "name", "such as session_logs"},
		{"a name in upper case", func(p *retention.Policy) { p.Name = "Orders" }, "name", "lower-case letters"},
		{"a name that starts with a digit", func(p *retention.Policy) { p.Name = "1st" }, "name", "start with a letter"},
		{"a name of 64 characters", func(p *retention.Policy) { p.Name = strings.Repeat("a", 64) }, "name", "at most 63"},
		{"a name with a line feed at the end", func(p *retention.Policy) { p.Name = "orders\n" }, "name", "lower-case letters"},
		{"a name with a slash", func(p *retention.Policy) { p.Name = "a/b" }, "name", "lower-case letters"},
		{"no table", func(p *retention.Policy) { p.Table = retention.TableName{} }, "table", "such as public.orders"},
		{"no timestamp column", func(p *retention.Policy) { p.TimestampColumn = "" }, "timestamp_column", "is required"},
		{"no period", func(p *retention.Policy) { p.RetentionPeriod = retention.Period{} }, "retention_period", "such as P90D"},
		{"no legal basis", func(p *retention.Policy) { p.LegalBasis = "" }, "legal_basis", "is required"},
		{"a long legal basis", func(p *retention.Policy) { p.LegalBasis = strings.Repeat("é", 501) }, "legal_basis", "has 501 characters; at most 500"},
		{"a NUL in the legal basis", func(p *retention.Policy) { p.LegalBasis = "a\x00" }, "legal_basis", "without NUL"},
		{"a legal basis that is no UTF-8", func(p *retention.Policy) { p.LegalBasis = "a\xff" }, "legal_basis", "UTF-8"},
		{"a long condition", func(p *retention.Policy) { p.Condition = strings.Repeat("a", 10_001) }, "condition", "at most 10000"},
		{"a NUL in the condition", func(p *retention.Policy) { p.Condition = "a = '\x00'" }, "condition", "without NUL"},
		{"no action", func(p *retention.Policy) { p.Action = "" }, "action", "delete, anonymize or archive"},
		{"an unknown action", func(p *retention.Policy) { p.Action = "shred" }, "action", `not "shred"`},
		{"a batch of nothing", func(p *retention.Policy) { p.BatchSize = 0 }, "batch_size", "from 1 to 100000"},
		{"a negative batch", func(p *retention.Policy) { p.BatchSize = -1 }, "batch_size", "not -1"},
		{"a batch too large", func(p *retention.Policy) { p.BatchSize = 100_001 }, "batch_size", "not 100001"},
		{"an unknown evidence", func(p *retention.Policy) { p.Evidence = "none" }, "evidence", `"records" or "counts"`},
		{"an unknown time zone", func(p *retention.Policy) { p.TimeZone = "Europe/Bonn" }, "time_zone", "such as UTC or Europe/Berlin"},
		{"the server's own time zone", func(p *retention.Policy) { p.TimeZone = "Local" }, "time_zone", "such as UTC or Europe/Berlin"},
		{"an unknown unit", func(p *retention.Policy) { p.Unit = "days" }, "unit", `"seconds" or "milliseconds"`},
		{"columns of a delete policy", func(p *retention.Policy) {
			p.Columns = map[string]retention.Anonymizer{"email": {Method: retention.MethodNull}}
		}, "columns", "belongs to the action anonymize"},
		{"anonymize without columns", func(p *retention.Policy) { p.Action = retention.ActionAnonymize }, "columns", `{"email": {"method": "hash"}}`},
		{"an archive table of a delete policy", func(p *retention.Policy) { p.Archive = &retention.Archive{Table: name("a", "b")} }, "archive", "belongs to the action archive"},
		{"an archive into the table itself", func(p *retention.Policy) {
			p.Action, p.Archive = retention.ActionArchive, &retention.Archive{Table: p.Table}
		}, "archive.table", "another table"},
		{"a default archive name that PostgreSQL would cut off", func(p *retention.Policy) {
			p.Action, p.Table.Name = retention.ActionArchive, strings.Repeat("a", 56)
		}, "archive.table", "at most 63"},
	} {
		t.Run(tc.name, func(t *testing.T) {
			p := validPolicy()
			tc.change(&p)
			got := fieldsOf(t, p.Validate())
			if len(got) != 1 || !strings.Contains(got[tc.field], tc.says) {
				t.Errorf("got %v, want %s alone to say %q", got, tc.field, tc.says)
			}
		})
	}
}

func TestPoliciesAtTheLimitsAreValid(t *testing.T) {
	for name, change := range map[string]func(*retention.Policy){
		"as it is":                 func(*retention.Policy) {},
		"a name of one letter":     func(p *retention.Policy) { p.Name = "a" },
		"a name of 63 characters":  func(p *retention.Policy) { p.Name = "a-" + strings.Repeat("_", 61) },
		"a batch of one":           func(p *retention.Policy) { p.BatchSize = 1 },
		"a batch of 100,000":       func(p *retention.Policy) { p.BatchSize = retention.MaxBatchSize },
		"a legal basis of 500":     func(p *retention.Policy) { p.LegalBasis = strings.Repeat("é", 500) },
		"a condition of 10,000":    func(p *retention.Policy) { p.Condition = strings.Repeat("é", 10_000) },
		"seconds":                  func(p *retention.Policy) { p.Unit = retention.UnitSeconds },
		"milliseconds":             func(p *retention.Policy) { p.Unit = retention.UnitMilliseconds },
		"counts":                   func(p *retention.Policy) { p.Evidence = retention.EvidenceCounts },
		"archive into the default": func(p *retention.Policy) { p.Action = retention.ActionArchive },
		"archive name of 63":       func(p *retention.Policy) { p.Action, p.Table.Name = retention.ActionArchive, strings.Repeat("a", 55) },
		"archive elsewhere, same name": func(p *retention.Policy) {
			p.Action, p.Archive = retention.ActionArchive, &retention.Archive{Table: retention.TableName{Schema: "cold", Name: p.Table.Name}}
		},
	} {
		p := validPolicy()
		change(&p)
		if err := p.Validate(); err != nil {
			t.Errorf("%s: got %v, want it valid", name, err)
		}
	}
}

func TestEveryProblemOfAPolicyIsReportedAtOnce(t *testing.T) {
	p := retention.Policy{Action: retention.ActionAnonymize, Columns: map[string]retention.Anonymizer{"a": {Method: "x"}, "b": {Method: retention.MethodMask}}, TimeZone: "UTC"}
	got := slices.Sorted(maps.Keys(fieldsOf(t, p.Validate())))
	want := []string{"batch_size", "columns.a.method", "columns.b.keep_last", "evidence", "legal_basis", "name", "retention_period", "table", "timestamp_column"}
	if !slices.Equal(got, want) {
		t.Errorf("got  %v\nwant %v", got, want)
	}
}

func TestArchiveAndDeleteRemoveRowsAndAnonymizeDoesNot(t *testing.T) {
	want := map[retention.Action]bool{retention.ActionDelete: true, retention.ActionAnonymize: false, retention.ActionArchive: true}
	if len(retention.Actions()) != len(want) {
		t.Fatalf("actions are %v: say here which of them remove rows", retention.Actions())
	}
	for _, a := range retention.Actions() {
		if got := a.Removes(); got != want[a] {
			t.Errorf("%s.Removes() = %v, want %v", a, got, want[a])
		}
	}
}

func TestZeroGraceIsNotTakenForNone(t *testing.T) {
	for doc, want := range map[string]retention.Period{`{}`: {Days: 2}, `{"grace": null}`: {Days: 2}, `{"grace": "P0D"}`: {}, `{"grace": "0 days"}`: {}, `{"grace": "PT1H"}`: {Hours: 1}} {
		var p retention.Policy
		if err := json.Unmarshal([]byte(doc), &p); err != nil {
			t.Fatalf("%s: %v", doc, err)
		}
		if got := p.GracePeriod(); got != want {
			t.Errorf("%s as kept: got %s, want %s", doc, got, want)
		}
		if got := p.WithDefaults().Grace; got == nil || *got != want {
			t.Errorf("%s with defaults: got %v, want %s", doc, got, want)
		}
	}
}
