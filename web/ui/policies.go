package ui

// PoliciesView lists policies.
type PoliciesView struct {
	Head   Head
	Chips  []Chip
	Search Search
	Rows   []PolicyRow
	Pager  Pager
	Empty  Empty
}

// PolicyRow is one policy of a list.
type PolicyRow struct {
	Name, Href, Sentence string
	State                Pill
	Version              int
	Changed              Time
	By                   string
}

// PolicyView is the page of one policy.
type PolicyView struct {
	Head     Head
	Name     string
	Sentence string
	Retired  bool
	// RetiredBy and RetiredAt tell of a retired one.
	RetiredBy string
	RetiredAt Time
	Enabled   bool
	Health    []Stat
	Problem   string
	Details   []Pair
	// Columns say how columns are anonymized; Treatment, where the table can be read, says
	// of each of its columns what becomes of it.
	Columns   []Pair
	Treatment []TreatmentRow
	Left      string
	// Archive says how the archive of an archiving policy stands, ArchiveHref leads to a
	// policy for it; both are empty where there is nothing to say.
	Archive, ArchiveHref string
	Versions             []VersionRow
	Runs                 []RunRow
	Simulation           *SimulationView
	// Period and AsOf ask what if rows were kept for another period, as of another day.
	Period, AsOf Field
	// Simulated says what the last simulation of this version said; empty if there was none.
	Simulated string
	// Conflicts say which other policies would remove some of the same rows.
	Conflicts []string
}

// TreatmentRow is one column of the table of an anonymizing policy.
type TreatmentRow struct {
	Name, Type string
	// Looks says what it looks like; empty for nothing personal.
	Looks string
	State Pill
	Note  string
}

// Pair is a name with its value; Code sets it as code.
type Pair struct {
	Name, Value string
	Code        bool
}

// VersionRow is one version of a policy.
type VersionRow struct {
	Version  int
	Sentence string
	By       string
	At       Time
	Changes  []Change
	// First: there is nothing to compare it with.
	First bool
}

// Change is one field as it was and as it is.
type Change struct {
	Field, Before, After string
	// HadBefore and HasAfter tell an empty value from none.
	HadBefore, HasAfter bool
}

// RetireView asks before a policy is retired.
type RetireView struct {
	Name, Sentence string
	Version        int
	Simulation     *SimulationView
	// Problem says why there are no figures.
	Problem string
	// Schedules say what becomes of those that run it.
	Schedules []string
}

// SimulationView is what a run would do now.
type SimulationView struct {
	// Answer is the first line in words.
	Answer string
	Stats  []Stat
	// Notes are figures that need a sentence, Plan how it is carried out.
	Notes, Plan []string

	// Unknown says what a simulation cannot know.
	Unknown []string
	// Samples are keys of some rows that would go.
	Samples []SampleKey

	Months *Histogram
	// Error says why there are no figures.
	Error string
	AsOf  Time
}

// SampleKey is the key of a record, with the page that explains it.
type SampleKey struct{ Text, Href string }

// PolicyFormView is the form of a policy, new or being edited.
type PolicyFormView struct {
	Head Head
	// Action is where the form is saved, Draft where it is composed and previewed.
	Action, Draft string
	// Version is the one being edited; 0 for a new policy.
	Version  int
	Problems []Problem
	// Stale tells what somebody else changed meanwhile.
	Stale *StaleView
	// NoCatalog says why the tables cannot be read.
	NoCatalog string

	Name, Period, Basis, Condition       Field
	Batch, Zone, Grace, Archive, Cascade Field
	Rate, Triggers, Share, Most          Field
	// The rollup says what is added to another table.
	RollupTable, RollupGroups, RollupMeasures Field
	Table, Timestamp, Do, Evidence, Unit      Choice
	Enabled                                   bool
	DropEmpty                                 Check
	Chosen                                    bool
	Columns                                   []ColumnField
	ColumnsError                              string
	// Entity, EntityKey and Include are what others are told; Tells opens them.
	Entity, EntityKey, Include Field
	Tells                      bool
	// More opens the further settings, since something in them is at fault or set.
	More bool
	// Sentence is what the form says so far; Missing what is still to be filled in.
	Sentence, Missing string
	Preview           *SimulationView
	// Shown is the mark of the policy whose figures Preview has; saving another one shows
	// its figures first. Asked says so to whoever wanted to save.
	Shown, Asked string
	SaveText     string
}

// StaleView tells an editor what changed since the form was opened.
type StaleView struct {
	By      string
	At      Time
	Version int
	Changes []Change
}

// ColumnField is one column of the table with its anonymizer.
type ColumnField struct {
	Name, Type string
	Method     Choice
	Text, Keep Field
	// First and Step belong to truncate_text and generalize_number, Drop and Redact to json.
	First, Step  Field
	Drop, Redact Field
	Value        Field
	To           Choice
	// Fixed says why the column cannot be anonymized; empty if it can.
	Fixed string
	// ID names the element, to bring it up to date by itself.
	ID string
}
