package retention

import (
	"fmt"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"time"
	"unicode/utf8"
)

// Action is what a disposition does with a due row.
type Action string

// The three actions. Deleting and archiving remove the row from its table,
// anonymizing changes it where it stands.
const (
	ActionDelete    Action = "delete"
	ActionAnonymize Action = "anonymize"
	ActionArchive   Action = "archive"
)

// Actions lists every action in the order in which people are shown them.
func Actions() []Action { return []Action{ActionDelete, ActionAnonymize, ActionArchive} }

// Removes reports whether the action takes the row out of its table.
func (a Action) Removes() bool { return a == ActionDelete || a == ActionArchive }

// EvidenceLevel says how much the journal keeps of each batch.
type EvidenceLevel string

const (
	// EvidenceRecords keeps counts and one digest per record.
	EvidenceRecords EvidenceLevel = "records"
	// EvidenceCounts keeps counts alone; single records cannot be proven later.
	EvidenceCounts EvidenceLevel = "counts"
)

// Unit is the unit of an integer timestamp column, counted from 1970-01-01 UTC.
type Unit string

// The units; UnitNone is for columns of a date or timestamp type.
const (
	UnitNone         Unit = ""
	UnitSeconds      Unit = "seconds"
	UnitMilliseconds Unit = "milliseconds"
)

const (
	// DefaultBatchSize is the number of rows a batch aims at unless the policy says otherwise.
	DefaultBatchSize = 5000
	// MaxBatchSize bounds a batch: beyond it transactions stop being short.
	MaxBatchSize = 100_000
	// MaxConditionLength is the limit of a condition, in characters.
	MaxConditionLength = 10_000
)

// DefaultGrace is how long a row may be due before it counts as overdue (P2D):
// one missed night is no breach.
var DefaultGrace = Period{Days: 2}

// Policy is a declarative retention rule for one table. The members up to Events
// are given by people; the rest is set by the server.
type Policy struct {
	Name            string                `json:"name"`
	Table           TableName             `json:"table"`
	TimestampColumn string                `json:"timestamp_column"`
	RetentionPeriod Period                `json:"retention_period"`
	Action          Action                `json:"action"`
	LegalBasis      string                `json:"legal_basis"`
	Condition       string                `json:"condition"`
	BatchSize       int                   `json:"batch_size"`
	Columns         map[string]Anonymizer `json:"columns"`
	Enabled         bool                  `json:"enabled"`
	Evidence        EvidenceLevel         `json:"evidence"`
	TimeZone        string                `json:"time_zone"`
	Unit            Unit                  `json:"unit,omitempty"`
	// Grace is nil where a document left it out, since zero is a grace too: overdue as
	// soon as due. Read it with GracePeriod.
	Grace   *Period  `json:"grace"`
	Archive *Archive `json:"archive,omitempty"`
	// Cascade names the tables whose rows may go, or lose their reference, with the rows
	// that they refer to.
	Cascade []TableName `json:"cascade,omitempty"`
	// Triggers names the tables that triggers of the application change when rows of the
	// policy's table go or change, and how: that is known and wanted.
	Triggers map[TableName]TriggerEffects `json:"triggers,omitempty"`
	// RateLimit is the most rows that a run at the default pace processes in a second, on
	// average; 0 for no limit.
	RateLimit int `json:"rate_limit,omitempty"`
	// DropEmptyPartitions: a partition that is older than the cutoff as a whole is dropped
	// once it is empty.
	DropEmptyPartitions bool `json:"drop_empty_partitions,omitempty"`
	// MaxRows and MaxShare are the most rows of the table, and the largest share of them,
	// that a run disposes of under the policy unless a person approves the figure; nil for
	// no ceiling.
	MaxRows  *int64   `json:"max_rows,omitempty"`
	MaxShare *float64 `json:"max_share,omitempty"`
	// Rollup, unless it is nil, adds the rows' figures to another table as they go.
	Rollup *Rollup `json:"rollup,omitempty"`
	// Events, unless it is nil, tells other services about each record disposed of.
	Events *EventSpec `json:"events,omitempty"`

	// Version counts the changes of this name from 1; a retired name that is
	// used again continues its versions.
	Version int `json:"version"`
	// CreatedBy and CreatedAt are those of this version.
	CreatedBy string     `json:"created_by"`
	CreatedAt time.Time  `json:"created_at"`
	RetiredAt *time.Time `json:"retired_at"`
	RetiredBy string     `json:"retired_by,omitempty"`

	// YieldsTo are the live policies to which it leaves the rows that they would remove too
	// (Among). They are no part of it: which there are changes with them.
	YieldsTo []Policy `json:"-"`
}

// GracePeriod is how long a row may be due before it counts as overdue: the policy's
// grace, or the default.
func (p *Policy) GracePeriod() Period {
	if p.Grace == nil {
		return DefaultGrace
	}
	return *p.Grace
}

// Archive says where an archive policy moves rows to. Without it the table is
// the policy's own with `_archive` added.
type Archive struct {
	Table TableName `json:"table"`
}

// ArchiveTable is the table that archived rows go to.
func (p *Policy) ArchiveTable() TableName {
	if p.Archive != nil && !p.Archive.Table.IsZero() {
		return p.Archive.Table
	}
	return TableName{Schema: p.Table.Schema, Name: p.Table.Name + "_archive"}
}

// ArchiveOf is the table that archived rows of a table go to: of the policy's own, or of one
// that `cascade` names, whose rows go along. Their archives are called as they are with
// `_archive` added, and lie in their own schema, or in that of the archive that the policy
// names.
func (p *Policy) ArchiveOf(source TableName) TableName {
	switch {
	case source == p.Table:
		return p.ArchiveTable()
	case p.Archive != nil && !p.Archive.Table.IsZero():
		return TableName{Schema: p.Archive.Table.Schema, Name: source.Name + "_archive"}
	}
	return TableName{Schema: source.Schema, Name: source.Name + "_archive"}
}

// Archives are the tables that rows may be archived from, and to; none for other actions.
func (p *Policy) Archives() map[TableName]TableName {
	if p.Action != ActionArchive {
		return nil
	}
	out := map[TableName]TableName{p.Table: p.ArchiveTable()}
	for _, name := range p.Cascade {
		out[name] = p.ArchiveOf(name)
	}
	return out
}

var policyName = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,62}$`)

// WithDefaults fills what a document left out. It does not touch Enabled, whose
// default (true) only the reader of the document can know.
func (p Policy) WithDefaults() Policy {
	if p.BatchSize == 0 {
		p.BatchSize = DefaultBatchSize
	}
	if p.Evidence == "" {
		p.Evidence = EvidenceRecords
	}
	if p.TimeZone == "" {
		p.TimeZone = "UTC"
	}
	if p.Grace == nil {
		grace := DefaultGrace
		p.Grace = &grace
	}
	if p.Columns == nil {
		p.Columns = map[string]Anonymizer{}
	}
	if len(p.Cascade) == 0 {
		p.Cascade = nil
	}
	if len(p.Triggers) == 0 {
		p.Triggers = nil
	}
	p.Events = p.Events.clone()
	p.LegalBasis = strings.TrimSpace(p.LegalBasis)
	p.Condition = strings.TrimSpace(p.Condition)
	return p
}

// Validate checks what can be known without a database. The error is an
// *InvalidError with every field at fault. What the live table says to the
// policy is engine/plan's to judge.
func (p *Policy) Validate() error {
	var bad Problems
	if !policyName.MatchString(p.Name) {
		bad.Add("name", "%q must be lower-case letters, digits, '_' and '-', start with a letter and have at most 63 characters, such as session_logs", p.Name)
	}
	if p.Table.IsZero() {
		bad.Add("table", "is required, as schema.table such as public.orders")
	}
	if p.TimestampColumn == "" {
		bad.Add("timestamp_column", "is required: the column whose value starts the retention period")
	}
	if p.RetentionPeriod.IsZero() {
		bad.Add("retention_period", "must be longer than nothing; %s", acceptedPeriods)
	}
	p.validateTexts(&bad)
	p.validateAction(&bad)
	if p.BatchSize < 1 || p.BatchSize > MaxBatchSize {
		bad.Add("batch_size", "must be from 1 to %d rows, not %d", MaxBatchSize, p.BatchSize)
	}
	if p.RateLimit < 0 {
		bad.Add("rate_limit", "must be a number of rows a second, or 0 for no limit, not %d", p.RateLimit)
	}
	p.validateCeiling(&bad)
	p.validateTriggers(&bad)
	p.validateRollup(&bad)
	if p.Evidence != EvidenceRecords && p.Evidence != EvidenceCounts {
		bad.Add("evidence", "must be %q or %q, not %q", EvidenceRecords, EvidenceCounts, p.Evidence)
	}
	bad.AddErr("time_zone", CheckTimeZone(p.TimeZone))
	switch p.Unit {
	case UnitNone, UnitSeconds, UnitMilliseconds:
	default:
		bad.Add("unit", "must be %q or %q (for integer timestamps) or left out, not %q", UnitSeconds, UnitMilliseconds, p.Unit)
	}
	if p.Events != nil {
		p.Events.validate(&bad)
	}
	return bad.Err()
}

func (p *Policy) validateTexts(bad *Problems) {
	if p.LegalBasis == "" {
		bad.Add("legal_basis", "is required: the authority for keeping these records and for disposing of them")
	}
	checkText(bad, "legal_basis", p.LegalBasis, 500)
	checkText(bad, "condition", p.Condition, MaxConditionLength)
}

// checkText refuses what PostgreSQL's text cannot hold and what is too long.
func checkText(bad *Problems, field, s string, limit int) {
	if !utf8.ValidString(s) || strings.IndexByte(s, 0) >= 0 {
		bad.Add(field, "must be UTF-8 text without NUL characters")
	}
	if n := utf8.RuneCountInString(s); n > limit {
		bad.Add(field, "has %d characters; at most %d are accepted", n, limit)
	}
}

func (p *Policy) validateAction(bad *Problems) {
	if !slices.Contains(Actions(), p.Action) {
		bad.Add("action", "must be delete, anonymize or archive, not %q", p.Action)
		return
	}
	if p.Action != ActionAnonymize && len(p.Columns) > 0 {
		bad.Add("columns", "belongs to the action anonymize; this policy's action is %s", p.Action)
	}
	if p.Action == ActionAnonymize && len(p.Columns) == 0 {
		bad.Add("columns", `is required for anonymize: which columns to treat and how, such as {"email": {"method": "hash"}}`)
	}
	if p.Action != ActionArchive && p.Archive != nil {
		bad.Add("archive", "belongs to the action archive; this policy's action is %s", p.Action)
	}
	if p.Action == ActionArchive && p.ArchiveTable() == p.Table {
		bad.Add("archive.table", "must be another table than the policy's own")
	}
	if name := p.ArchiveTable().Name; p.Action == ActionArchive && len(name) > MaxIdentifier {
		bad.Add("archive.table", "%q has %d bytes, and PostgreSQL's names have at most %d; name the archive table", name, len(name), MaxIdentifier)
	}
	p.validateCascade(bad)
	p.validateArchives(bad)
	for _, name := range p.ColumnNames() {
		a := p.Columns[name]
		bad.AddErr("columns."+name, a.validate("columns."+name))
	}
}

// maxCascade bounds the tables that a policy names.
const maxCascade = 100

func (p *Policy) validateCascade(bad *Problems) {
	if len(p.Cascade) > 0 && !p.Action.Removes() {
		bad.Add("cascade", "belongs to the actions delete and archive; this policy's action is %s", p.Action)
	}
	if len(p.Cascade) > maxCascade {
		bad.Add("cascade", "has %d tables; at most %d are accepted", len(p.Cascade), maxCascade)
	}
	for i, t := range p.Cascade {
		if slices.Contains(p.Cascade[:i], t) {
			bad.Add("cascade["+itoa(i)+"]", "%s is named twice", t)
		}
	}
}

// validateArchives checks the names that the archives of the tables of `cascade` get.
func (p *Policy) validateArchives(bad *Problems) {
	if p.Action != ActionArchive {
		return
	}
	taken := map[TableName]TableName{p.ArchiveTable(): p.Table}
	for i, t := range p.Cascade {
		to := p.ArchiveOf(t)
		field := "cascade[" + itoa(i) + "]"
		if len(to.Name) > MaxIdentifier {
			bad.Add(field, "its archive would be called %q, which has %d bytes, and PostgreSQL's names have at most %d; give %s a policy of its own", to.Name, len(to.Name), MaxIdentifier, t)
		}
		if other, is := taken[to]; is && other != t && t != p.Table {
			bad.Add(field, "its archive would be %s, which is that of %s; give %s a policy of its own", to, other, t)
		}
		taken[to] = t
	}
}

// SameRule reports whether two policies differ in nothing that people give.
func (p Policy) SameRule(o Policy) bool {
	for _, x := range []*Policy{&p, &o} {
		*x = x.WithDefaults()
		x.Version, x.CreatedBy, x.CreatedAt, x.RetiredAt, x.RetiredBy, x.YieldsTo = 0, "", time.Time{}, nil, "", nil
	}
	return reflect.DeepEqual(p, o)
}

// ColumnNames lists the columns to anonymize in a fixed order, so that the same
// policy always makes the same statement.
func (p *Policy) ColumnNames() []string {
	names := make([]string, 0, len(p.Columns))
	for name := range p.Columns {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Sentence says what the policy does in one sentence, the same in UI, CLI, plan
// and audit.
func (p *Policy) Sentence() string {
	return p.Rule() + " Basis: " + p.LegalBasis + "."
}

// Rule is the sentence without its basis.
func (p *Policy) Rule() string {
	where := ""
	if p.Condition != "" {
		where = ", where `" + p.Condition + "`"
	}
	along := ""
	if len(p.Cascade) > 0 {
		names := make([]string, len(p.Cascade))
		for i, t := range p.Cascade {
			names[i] = t.String()
		}
		along = ", with what refers to them in " + codeList(names) + ","
	}
	since := fmt.Sprintf("%s after `%s`%s.", p.RetentionPeriod.Human(), p.TimestampColumn, where)
	switch p.Action {
	case ActionAnonymize:
		return fmt.Sprintf("Anonymize %s in rows of `%s` %s", p.columnList(), p.Table, since)
	case ActionArchive:
		return fmt.Sprintf("Archive rows of `%s` into `%s`%s %s", p.Table, p.ArchiveTable(), along, since)
	default:
		return fmt.Sprintf("Delete rows of `%s`%s %s", p.Table, along, since)
	}
}

func (p *Policy) columnList() string { return codeList(p.ColumnNames()) }

// codeList is names as code in a sentence.
func codeList(names []string) string {
	quoted := make([]string, len(names))
	for i, n := range names {
		quoted[i] = "`" + n + "`"
	}
	if len(quoted) < 2 {
		return strings.Join(quoted, "")
	}
	last := len(quoted) - 1
	return strings.Join(quoted[:last], ", ") + " and " + quoted[last]
}
