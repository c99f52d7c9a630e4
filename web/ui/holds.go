package ui

// HoldsView lists holds.
type HoldsView struct {
	Head   Head
	Chips  []Chip
	Search Search
	Rows   []HoldRow
	Pager  Pager
	Empty  Empty
}

// HoldRow is one hold of a list.
type HoldRow struct {
	Href, Matter, Covers, By string
	State                    Pill
	Since                    Time
	// Ends says when and how it ends: "no expiry", "review 3 March 2027".
	Ends string
}

// HoldFormView is the page on which a hold is placed.
type HoldFormView struct {
	Head      Head
	Nonce     string
	Problems  []Problem
	NoCatalog string
	// Notice explains why the form is shown again although nothing is at fault.
	Notice         string
	Matter, Reason Field
	Scopes         []ScopeField
	ScopeError     string
	Expiry         ExpiryFields
	Enforcement    Choice
	CanAdd         bool
	// Next is the number of a table that is added.
	Next    int
	Preview HoldPreviewView
	// Matters are the names of open ones, to choose from.
	Matters []string
}

// ScopeField is one table of a hold with what is held in it.
type ScopeField struct {
	Number int
	Table  Choice
	// TableText takes its place where the tables cannot be listed.
	TableText Field
	// What is ids, condition or all.
	What      Choice
	IDs       Field
	Condition Field
	// Family is alone or family, Depth how far that goes.
	Family Choice
	Depth  Field
}

// HoldView is the page of one hold.
type HoldView struct {
	Head    Head
	ID      string
	Version int
	State   Pill
	Reason  string
	Facts   []Pair
	Since   Time
	Tables  []HoldTableRow
	Total   string
	// Missing are ids that had no row.
	Missing    []MissingIDs
	Records    []RecordRow
	Pager      Pager
	Events     []Event
	Problems   []Problem
	CanRelease bool
	CanRevise  bool
	// CanNarrow: a part could fall out of it. Falling are those that do.
	CanNarrow bool
	Falling   []FallingScope
	ReviewDue bool
	// Faults say what of its tables is not what it was, and what that does.
	Faults      []string
	Waiting     string
	Released    string
	ReleaseText string
	// Becomes is what becomes due by a release; nil if nobody asked.
	Becomes *HoldPreviewView
	Release Field
	Expiry  ExpiryFields
	Note    Field
	Why     Field
	// Upload is the form that sends a list of records; nil where the hold takes none.
	Upload *UploadForm
	// Preserved are the newest old versions that were kept of held rows; nil where the hold keeps
	// none.
	Preserved *PreservedView
	// ProofHref is the page of the proof; empty if the hold was never in force.
	ProofHref string
	// MatterHref is the page of its matter.
	MatterHref string
	// CoolsOff: a release is under way and can be taken back.
	CoolsOff bool
	TakeBack Field
	// CanGiveUp: it was never in force, and can be given up.
	CanGiveUp bool
	// CanReview: that a person has looked at it can be recorded. Remind: they are to.
	CanReview, Remind bool
	ReviewNonce       string
	ReviewNote        Field
	NextReview        Field
}

// PreservedView is what was kept of held rows that others changed.
type PreservedView struct {
	// Answer says how many there are, Problem why that is not known.
	Answer, Problem string
	ExportHref      string
	Rows            []PreservedRow
}

// PreservedRow is one old version.
type PreservedRow struct {
	Href       string
	Table, Key string
	Operation  string
	By         string
	At         Time
	Row        string
}

// ExpiryFields are when a hold ends, or is looked at again.
type ExpiryFields struct {
	Choice               Choice
	Ends, Review, Remind Field
}

// HoldTableRow is what a hold covers in one table.
type HoldTableRow struct {
	Table string
	// Belongs: it is what belongs in this table to the records of a row before.
	Belongs bool
	// Over: it fell out of the hold.
	Over     bool
	What     string
	Records  int64
	NotFound int64
	// Condition is what the records fit; empty for ids and whole tables.
	Condition string
}

// MissingIDs are the ids of one table that had no row when the hold was placed.
type MissingIDs struct {
	Table string
	Keys  []string
	More  int64
}

// RecordRow is one id that a hold covers.
type RecordRow struct {
	// Href leads to the page that explains the record.
	Href       string
	Table, Key string
	Found      bool
	// Over: the scope that has it fell out of the hold.
	Over bool
}

// Event is one entry of a time-line.
type Event struct {
	What string
	By   string
	At   Time
	Note string
}

// HoldCalendarView lists what comes next of holds in force, month by month.
type HoldCalendarView struct {
	Head   Head
	Months []HoldMonth
	Empty  Empty
}

// HoldMonth is one month, or what has come already.
type HoldMonth struct {
	ID, Title string
	Rows      []HoldDateRow
}

// HoldDateRow is one date of one hold.
type HoldDateRow struct {
	On     Time
	What   Pill
	Matter string
	Href   string
	Text   string
}

// HoldPreviewView says what the hold of a form would cover.
type HoldPreviewView struct {
	// Answer is one sentence; Missing is what the form needs first.
	Answer, Missing string
	Tone            string
	Scopes          []ScopePreviewView
	// Place is the text of the form's button; Post is where the form is sent to be counted.
	Place, Post string
}

// ScopePreviewView is one table of it, in sentences.
type ScopePreviewView struct {
	Table string
	// Belongs: it is what belongs in this table to the records of the one before.
	Belongs bool
	// Records and Due are how many it covers, and how many of them would go without it.
	Records, Due string
	Lines        []string
	Samples      []string
	// Pick has the form name the records that were found, with PickText on its button; empty
	// where that cannot be.
	Pick, PickText string
	// Warnings are what is gone, unknown or not counted.
	Warnings []string
	// Gone are records that were disposed of.
	Gone []RecordRow
}

// HoldProofView is the printable statement that a hold held.
type HoldProofView struct {
	Head   Head
	Facts  []Pair
	Scopes []ScopeProofRow
	// Against is what speaks against the hold; empty if nothing does.
	Against []string
	// Limits say what evidence cannot tell.
	Limits []string
	Runs   []SuspendedRow
	Events []Event
}

// ScopeProofRow is one scope of it.
type ScopeProofRow struct {
	Table, What, Condition string
	Checked                string
	Disposed               int64
	Others                 int64
}

// SuspendedRow is a run that left held rows.
type SuspendedRow struct {
	Href   string
	At     Time
	Policy string
	Table  string
	Held   int64
}

// MattersView lists what holds are placed for.
type MattersView struct {
	Head   Head
	Chips  []Chip
	Search Search
	Rows   []MatterRow
	Pager  Pager
	Empty  Empty
}

// MatterRow is one matter of the list.
type MatterRow struct {
	Href, Name, Reference, Counsel string
	State                          Pill
	Holds                          string
	Opened                         Time
}

// MatterView is the page of one matter.
type MatterView struct {
	Head     Head
	ID       string
	Version  int
	Name     string
	Facts    []Pair
	Problems []Problem
	Rows     []HoldRow
	Pager    Pager
	Events   []Event
	Closed   bool
	// CanClose: none of its holds is in force.
	CanClose                          bool
	Reference, Counsel, Notes, Reason Field
}

// UploadForm sends a list of records to a hold. Awaited: the hold counts once it has arrived.
type UploadForm struct {
	Table   Choice
	Why     Field
	Awaited bool
}

// UploadView is what became of a list of records.
type UploadView struct {
	Head  Head
	Stats []Stat
	// Bad, Missing and Repeated are lines of the list, the first of each, with how many more.
	Bad, Missing, Repeated             []LineRow
	MoreBad, MoreMissing, MoreRepeated int64
	Href                               string
}

// LineRow is a line of a list.
type LineRow struct {
	Line         int
	Text, Reason string
}

// NarrowView is the form by which a hold in force covers less.
type NarrowView struct {
	Head                    Head
	Action, Preview, Cancel string
	// Nonce has a form that is sent twice narrow the hold once.
	Nonce string
	Parts []PartField
	// Error is what is wrong with all of it.
	Error string
	Why   Field
	// Becomes is what becomes due by it; nil if nobody asked.
	Becomes  *HoldPreviewView
	Problems []Problem
}

// PartField is one scope, with the records of it that fall out, if it has a list.
type PartField struct {
	On  Check
	IDs Field
}

// FallingScope is a scope that is to fall out of a hold. Keep is the field of the form that
// keeps it, without a name where it is too late.
type FallingScope struct {
	Index  int
	Text   string
	Reason string
	Keep   Field
}

// WidenView is the form by which a hold in force covers more.
type WidenView struct {
	Head           Head
	Action, Cancel string
	// Nonce has a form that is sent twice widen the hold once.
	Nonce    string
	Scope    ScopeField
	Why      Field
	Problems []Problem
	// Notice explains why the form is shown again although nothing is at fault.
	Notice  string
	Preview HoldPreviewView
}
