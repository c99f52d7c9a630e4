package engine

import (
	"context"
	"time"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// Store keeps our own nouns. Every method that takes a By writes exactly one
// audit row in the transaction of the change, with the noun as it was before and
// after; if the change is there, the row is there. Absent things answer
// retention.ErrNotFound, a database that cannot be reached retention.ErrUnavailable.
// Time is the store's database clock.
type Store interface {
	PolicyStore
	HoldStore
	MatterStore
	RunStore
	ScheduleStore
	EventStore
	SubscriberStore
	CoverageStore
	RestoreStore
	AccountStore

	// Ping tells whether the database answers.
	Ping(ctx context.Context) error
	// Now is the database's clock.
	Now(ctx context.Context) (time.Time, error)
	// Audit lists audit rows, newest first.
	Audit(ctx context.Context, f retention.AuditFilter, p retention.Page) ([]retention.AuditEntry, string, error)
	// BeginIdempotent reserves an actor's Idempotency-Key for a request with this
	// fingerprint. A request that was answered before is answered with its replay
	// (true); one in progress is ErrConflict, another fingerprint ErrInvalid.
	BeginIdempotent(ctx context.Context, actor, key string, fingerprint []byte) (retention.IdempotentReplay, bool, error)
	// FinishIdempotent keeps the answer for a day.
	FinishIdempotent(ctx context.Context, actor, key string, answer retention.IdempotentReplay) error
	// DropIdempotent frees a key whose request failed without effect.
	DropIdempotent(ctx context.Context, actor, key string) error
	// Sweep removes what has outlived its use: idempotency keys older than a day,
	// expired sessions, processes long gone, and events that are older than their
	// retention and that nobody still waits for. No noun of ours is ever swept.
	Sweep(ctx context.Context) error
	// Guard is the governed database's guard as it was last seen or changed by us;
	// the zero GuardMark before the first time.
	Guard(ctx context.Context) (retention.GuardMark, error)
	// LastEpoch is the highest that the mark or the evidence has.
	LastEpoch(ctx context.Context) (int64, error)
	// SetGuard remembers it. The epoch never goes back: a smaller one is ignored
	// unless the identity (system, database or timeline) differs.
	SetGuard(ctx context.Context, m retention.GuardMark) error
	// CheckSecret stores the check value of the secret on first use and afterwards
	// compares: a process with another secret gets ErrConflict.
	CheckSecret(ctx context.Context, check []byte) error
}

// PolicyStore keeps policies and all of their versions.
type PolicyStore interface {
	Policies(ctx context.Context, f retention.PolicyFilter, p retention.Page) ([]retention.Policy, string, error)
	// Policy is the latest version of a name, retired or not.
	Policy(ctx context.Context, name string) (retention.Policy, error)
	PolicyVersion(ctx context.Context, name string, version int) (retention.Policy, error)
	// PolicyVersions are all versions of a name, newest first.
	PolicyVersions(ctx context.Context, name string) ([]retention.Policy, error)
	// Archiving are the versions of policies, live or not, that archive rows of a table.
	Archiving(ctx context.Context, table retention.TableName) ([]retention.Policy, error)
	// SavePolicy writes the next version. expect is the live version that it
	// replaces, or 0 if the name must not be live now (new, or retired before):
	// ErrConflict if it is live after all. Another live version than expected is ErrStale.
	SavePolicy(ctx context.Context, p retention.Policy, expect int, by retention.By) (retention.Policy, error)
	// RetirePolicy ends the live policy of that version; ErrNotFound if none is live.
	RetirePolicy(ctx context.Context, name string, expect int, by retention.By) (retention.Policy, error)
	// SaveSimulation keeps what a simulation of a stored version has found, and who asked
	// for it. It changes no noun.
	SaveSimulation(ctx context.Context, s retention.Simulation, by string) error
	// LastSimulation is the last one of a version; ErrNotFound if it was never simulated.
	LastSimulation(ctx context.Context, policy string, version int) (retention.KeptSimulation, error)
	// NeverSimulated are those of the policies whose version was never simulated.
	NeverSimulated(ctx context.Context, policies []retention.Policy) ([]retention.Policy, error)
	// PolicyStatuses are the last measurements by policy name.
	PolicyStatuses(ctx context.Context) (map[string]retention.PolicyStatus, error)
	MeasureStore
}

// MeasureStore gives out measurements, to one process at a time, and keeps figures.
type MeasureStore interface {
	// ClaimMeasurement gives the caller a live policy that is due for measuring, for
	// lease; ok is false if none is, or while anybody measures.
	ClaimMeasurement(ctx context.Context, lease time.Duration) (m retention.Measurement, ok bool, err error)
	// SaveMeasurement keeps what a round has found and when the next one is due. It
	// keeps nothing if the claim has run out or the policy has changed since.
	SaveMeasurement(ctx context.Context, m retention.Measurement, l retention.Look, next time.Duration) error
	// Snapshot is what is known at one moment, for gauges.
	Snapshot(ctx context.Context) (retention.Snapshot, error)
	// Dispositions sums what real runs did between one bound and the next.
	Dispositions(ctx context.Context, bounds []time.Time) ([]retention.DayCount, error)
}

// MatterStore keeps what holds are placed for.
type MatterStore interface {
	Matters(ctx context.Context, f retention.MatterFilter, p retention.Page) ([]retention.Matter, string, error)
	Matter(ctx context.Context, id string) (retention.Matter, error)
	// MatterNamed is the matter of a name, in whatever case it is written.
	MatterNamed(ctx context.Context, name string) (retention.Matter, error)
	// OpenMatter keeps a new matter; one of its name is ErrConflict.
	OpenMatter(ctx context.Context, m retention.Matter, by retention.By) (retention.Matter, error)
	// ReviseMatter changes a matter; its version is the one that was read.
	ReviseMatter(ctx context.Context, m retention.Matter, by retention.By) (retention.Matter, error)
	// CloseMatter closes a matter that has no hold in force.
	CloseMatter(ctx context.Context, id string, by retention.By) (retention.Matter, error)
	ReopenMatter(ctx context.Context, id string, by retention.By) (retention.Matter, error)
}

// HoldStore keeps holds with their scopes and record ids.
type HoldStore interface {
	// CreateHold keeps a new hold as applying, with all its ids.
	CreateHold(ctx context.Context, h retention.Hold, by retention.By) (retention.Hold, error)
	Holds(ctx context.Context, f retention.HoldFilter, p retention.Page) ([]retention.Hold, string, error)
	Hold(ctx context.Context, id string) (retention.Hold, error)
	// HoldWithRecords is the hold with every id in its scopes, for putting it in force.
	HoldWithRecords(ctx context.Context, id string) (retention.Hold, error)
	HoldRecords(ctx context.Context, id string, p retention.Page) ([]retention.HeldRecord, string, error)
	// HoldsByStatus are all holds of these statuses, oldest first, without ids.
	HoldsByStatus(ctx context.Context, statuses ...retention.HoldStatus) ([]retention.Hold, error)
	// CountHolds counts holds by status.
	CountHolds(ctx context.Context) (map[retention.HoldStatus]int64, error)
	// NoteHoldProblem keeps why a hold that is applying cannot be put in force; empty takes it back.
	NoteHoldProblem(ctx context.Context, id, problem string) error
	// GiveUpHold ends a hold that was never in force, with a reason; any other is ErrConflict.
	GiveUpHold(ctx context.Context, id, reason string, by retention.By) (retention.Hold, error)
	// HoldActivated records that the hold is in force since at, with what was found
	// when its ids were looked up then. A hold that is already in force is left as it is.
	HoldActivated(ctx context.Context, id string, at time.Time, counts []retention.ScopeCounts, by retention.By) (retention.Hold, error)
	// ReviseHold changes expiry and reason of a hold that has not ended; version is
	// the one that was read. A hold under review becomes active again.
	ReviseHold(ctx context.Context, id string, version int, rev retention.HoldRevision, by retention.By) (retention.Hold, error)
	// MarkHold takes a hold in force a step towards its end, or back; from another status
	// than the mark says it is ErrConflict.
	MarkHold(ctx context.Context, id string, m retention.HoldMark, by retention.By) (retention.Hold, error)
	// AddScopes adds scopes to a hold in force, with their ids, and answers the place of the
	// first. They are under way until FinishUpload.
	AddScopes(ctx context.Context, id string, scopes []retention.Scope, by retention.By) (h retention.Hold, from int, err error)
	// BeginUpload begins to take a list of records into a hold: into the scope that awaits it,
	// which has so many ids already, or into a new one (-1). ErrConflict where the hold takes
	// none, or more of the table is on its way already, stopped or not.
	BeginUpload(ctx context.Context, id string, table retention.TableName, by retention.By) (scope, have int, err error)
	// AppendRecords keeps some of its ids, and those of again, which the hold had before, that
	// another scope has and this one does not: the answer has the scope that they are in, and
	// the places of those in again.
	AppendRecords(ctx context.Context, id string, table retention.TableName, scope, have int, keys, again []retention.Key) (in int, kept []int, err error)
	// FinishUpload records that the list has arrived, or has stopped arriving.
	FinishUpload(ctx context.Context, id string, scope int, at *time.Time, epoch int64, counts retention.ScopeCounts, stopped bool, by retention.By) (retention.Hold, error)
	// NarrowHold has parts of a hold in force fall out of it once they have cooled off, for
	// coolsOff or the hold's longer time. Records of a list become a scope of their own. What is
	// no part of the hold is an InvalidError, what cannot fall out now ErrConflict.
	NarrowHold(ctx context.Context, id string, parts []retention.ScopePart, coolsOff retention.Period, by retention.By) (retention.Hold, error)
	// KeepScope takes back that a scope falls out, while it cools off; else ErrConflict.
	KeepScope(ctx context.Context, id string, index int, by retention.By) (retention.Hold, error)
	// BeginScopesEnd keeps that the end of the scopes that have cooled off is being carried out:
	// nothing takes it back, and no list of the hold grows, until ScopesEnded. again are scopes
	// that have ended and that the guard still has. It answers those to be carried out.
	BeginScopesEnd(ctx context.Context, id string, again []int, by retention.By) (h retention.Hold, falls []int, err error)
	// ScopesEnded records since when scopes cover nothing any more, and tells others of it.
	ScopesEnded(ctx context.Context, id string, ends []retention.ScopeEnd, by retention.By) (retention.Hold, error)
	// StopUpload has the scopes from the given place on count as stopped at once.
	StopUpload(ctx context.Context, id string, from int) error
	// StaleUploads are the scopes whose list has stopped arriving, by hold.
	StaleUploads(ctx context.Context) (map[string][]int, error)
	// EachScopeKeys hands out the ids of one scope in order, so many at a time.
	EachScopeKeys(ctx context.Context, id string, scope, size int, do func(keys []retention.Key) error) error
	// EachHeldKey hands out every id of a hold, scope by scope.
	EachHeldKey(ctx context.Context, id string, do func(scope int, key retention.Key) error) error
	// EachBatchOn hands out, oldest first, the batches that disposed of rows of the tables
	// from a moment on, and before another one if it is given, and those that were judged by
	// the lists of holds from one on, and before another, if that is given.
	EachBatchOn(ctx context.Context, tables []retention.TableName, from time.Time, until *time.Time, lists retention.HoldForce, do func(retention.JudgedBatch) error) error
	// DatedHolds are the holds in force that end, or are to be looked at, on a day, without
	// scopes.
	DatedHolds(ctx context.Context) ([]retention.AnnouncedHold, error)
	// AnnounceExpiry and RemindReview tell others of it, once.
	AnnounceExpiry(ctx context.Context, id string, days int, by retention.By) (retention.Hold, error)
	RemindReview(ctx context.Context, id string, by retention.By) (retention.Hold, error)
	// GrowFamily keeps that tables, or more foreign keys to tables, came to lead down from the
	// records of a hold in force.
	GrowFamily(ctx context.Context, id string, grown []retention.GrownFamily, by retention.By) (retention.Hold, error)
	// SetHoldFaults keeps which scopes of a hold in force have a table, or columns, that are
	// not what they were, and tells others of it.
	SetHoldFaults(ctx context.Context, id string, faults []retention.HoldFault, by retention.By) (retention.Hold, error)
	// HoldDates counts holds in force by what comes next.
	HoldDates(ctx context.Context) (retention.HoldDates, error)
	// HoldEnded records the end: released or expired, at that moment.
	HoldEnded(ctx context.Context, id string, to retention.HoldStatus, at time.Time, by retention.By) (retention.Hold, error)
	// AbandonHold removes a hold that never came into force because its ids could
	// not be staged; nothing that was ever in force can be removed.
	AbandonHold(ctx context.Context, id string, by retention.By) error
}

// RunStore keeps runs and enqueues the jobs that work on them.
type RunStore interface {
	// CreateRun keeps a queued run with its policies and enqueues its job, in one
	// transaction.
	CreateRun(ctx context.Context, r retention.Run, by retention.By) (retention.Run, error)
	Runs(ctx context.Context, f retention.RunFilter, p retention.Page) ([]retention.Run, string, error)
	// CountRuns counts the runs of a filter's policy and time by status, kind and
	// trigger, for which the filter is not asked. What there is none of is left out.
	CountRuns(ctx context.Context, f retention.RunFilter) ([]retention.RunCount, error)
	Run(ctx context.Context, id string) (retention.Run, error)
	// ClaimRun takes the run up for a worker if its attempt still is expect: the
	// attempt grows by one, a queued run becomes running. A run that overlaps in
	// policies with another one that was started and has not ended stays queued
	// (ok is false, Waiting says why). A run that is paused or has ended, or whose
	// attempt moved on, is not claimed either. A run that has begun before waits for
	// nobody, and dry runs neither. A claim counts as an enqueueing for RequeueRun's
	// gap. Serialised over all processes. A run that is too late to begin is not
	// claimed: MissRun ends it.
	ClaimRun(ctx context.Context, id string, expect int) (r retention.Run, ok bool, err error)
	// SetRunAsOf fixes the instant of the run's cutoffs if none is kept yet, and
	// answers the one that is.
	SetRunAsOf(ctx context.Context, id string, at time.Time) (time.Time, error)
	// SaveResult writes one policy's figures, if attempt is the run's latest; else
	// ErrConflict. It also brings the run's totals up to date.
	SaveResult(ctx context.Context, runID string, attempt int, res retention.PolicyResult) error
	// SetRunWaiting says why a run does not move, if attempt is its latest; empty
	// clears it.
	SetRunWaiting(ctx context.Context, id string, attempt int, why string) error
	// CheckAttempt answers ErrConflict if the run is no longer in the hands of that
	// attempt: taken over, paused, cancelled or ended.
	CheckAttempt(ctx context.Context, id string, attempt int) error
	// StopRun makes a queued or running run paused, or one that has not ended
	// cancelled; any other is ErrConflict. The attempt grows by one, so that no worker
	// can save a figure any more. A run that had begun is Settling until SettleRun; a
	// cancelled one releases the runs that wait for it when it is settled.
	StopRun(ctx context.Context, id string, to retention.RunStatus, by retention.By) (retention.Run, error)
	// MissRun ends a run that has not begun by its StartBy, and records its slot as
	// missed with the reason, in one transaction; the bool tells whether it was. Any other
	// run is left as it is.
	MissRun(ctx context.Context, id string) (r retention.Run, missed bool, err error)
	// SettleRun writes the figures of a stopped run, if r's attempt still is the
	// latest and it is still settling; else it answers the run as it is.
	SettleRun(ctx context.Context, r retention.Run) (retention.Run, error)
	// SettlingRuns are those that are still to be settled, oldest first.
	SettlingRuns(ctx context.Context) ([]retention.Run, error)
	// ResumeRun queues a paused run with the next attempt and enqueues its job, in one
	// transaction; any other run is ErrConflict.
	ResumeRun(ctx context.Context, id string, by retention.By) (retention.Run, error)
	// AwaitApproval makes a run whose first row is still to come wait for a person, if
	// attempt is its latest; else ErrConflict. The results have the figures.
	AwaitApproval(ctx context.Context, id string, attempt int, results []retention.PolicyResult, by retention.By) (retention.Run, error)
	// ApproveRun queues a run that needs approval with the next attempt and enqueues its
	// job, in one transaction. Figures that are not exactly those that the run asks for,
	// and a run in any other state, are ErrConflict.
	ApproveRun(ctx context.Context, id string, approvals []retention.Approval, by retention.By) (retention.Run, error)
	// FinishRun ends the run, if attempt is its latest, and enqueues jobs for the
	// runs that waited for it, in one transaction.
	FinishRun(ctx context.Context, id string, attempt int, status retention.RunStatus) (retention.Run, error)
	// RequeueRun enqueues a new job for a queued or running run, if its attempt is
	// still that one and no job was enqueued for it in the last minGap.
	RequeueRun(ctx context.Context, id string, attempt int, minGap time.Duration) (bool, error)
	// OpenRuns are the runs that have not ended, oldest first.
	OpenRuns(ctx context.Context) ([]retention.Run, error)
	// SaveBatches carries journal rows over, idempotently by their id.
	SaveBatches(ctx context.Context, batches []retention.JournalRow) error
	// Disposals are the batches of which the digests have one, newest first, and Untold the
	// rows of a table that were disposed of without digests, with the newest of their
	// batches.
	Disposals(ctx context.Context, table retention.TableName, digest []byte) ([]retention.RecordDisposal, error)
	Untold(ctx context.Context, table retention.TableName) (n int64, until *time.Time, err error)
	// DisposedOf counts the rows of a table that were disposed of.
	DisposedOf(ctx context.Context, table retention.TableName) (int64, error)
	// Batches lists a run's journal as carried over, oldest first.
	Batches(ctx context.Context, runID, policy string, newest bool, p retention.Page) ([]retention.Batch, string, error)
}

// ScheduleStore keeps schedules and their slots, and which processes are at work.
type ScheduleStore interface {
	Schedules(ctx context.Context, p retention.Page) ([]retention.Schedule, string, error)
	Schedule(ctx context.Context, name string) (retention.Schedule, error)
	// DueSchedules are the enabled schedules whose next slot has come.
	DueSchedules(ctx context.Context) ([]retention.Schedule, error)
	// SaveSchedule writes the next version, which owes slots from now on. expect is the
	// version that it replaces, 0 if it must be new: ErrConflict if it exists after all.
	// Another version than expected is ErrStale. If the former version still owes slots
	// that are not decided, the answer is ErrSlotsOwed.
	SaveSchedule(ctx context.Context, s retention.Schedule, expect int, by retention.By) (retention.Schedule, error)
	// ClaimSlots decides slots and makes their runs with their jobs, in one transaction.
	// Of several processes that have seen the same one does; the others get ErrConflict.
	ClaimSlots(ctx context.Context, c retention.SlotClaim, by retention.By) ([]retention.Run, error)
	// Slots lists what became of a schedule's slots, newest first.
	Slots(ctx context.Context, schedule string, p retention.Page) ([]retention.Slot, string, error)
	// ScheduleStates says how these schedules fare, or all of them, by name.
	ScheduleStates(ctx context.Context, names ...string) ([]retention.ScheduleState, error)
	// BeatProcess is a sign of life of a process. It answers the id to use from then on;
	// id is empty the first time. met says what it failed with since the last one.
	BeatProcess(ctx context.Context, id, version string, running time.Duration, met string) (string, error)
	// Processes are those that are remembered, the last seen first.
	Processes(ctx context.Context) ([]retention.Process, error)
}

// EventStore keeps the log of events for other services.
type EventStore interface {
	// AppendEvents puts outbox rows at the end of the log, idempotently by their id. In
	// one call they keep their order; the numbers of the log grow with the commits.
	AppendEvents(ctx context.Context, batches []retention.EventBatch) error
	// Events lists events newest first, each expanded from its batch.
	Events(ctx context.Context, f retention.EventFilter, p retention.Page) ([]retention.LoggedEvent, string, error)
}

// CoverageStore keeps which tables need no policy, and how all of them stood on the last
// days.
type CoverageStore interface {
	Exemptions(ctx context.Context) ([]retention.Exemption, error)
	// SaveExemption exempts a table, or gives its exemption another reason; the same one
	// changes nothing.
	SaveExemption(ctx context.Context, x retention.Exemption, by retention.By) (retention.Exemption, error)
	// EndExemption is ErrNotFound if the table is not exempt.
	EndExemption(ctx context.Context, t retention.TableName, by retention.By) error
	// ClaimSurvey gives the caller the survey of today (UTC), for lease; false if it is
	// there already, or while somebody makes it.
	ClaimSurvey(ctx context.Context, lease time.Duration) (bool, error)
	SaveSurvey(ctx context.Context, c retention.Coverage) error
	// AbandonSurvey gives the claim of today back.
	AbandonSurvey(ctx context.Context) error
	// Surveys are the last one and the last one of a day before today, which may be the
	// same; nil where there is none.
	Surveys(ctx context.Context) (last, earlier *retention.Coverage, err error)
}

// RestoreStore keeps restores of archived rows.
type RestoreStore interface {
	// CreateRestore keeps a queued restore.
	CreateRestore(ctx context.Context, r retention.Restore, by retention.By) (retention.Restore, error)
	Restores(ctx context.Context, p retention.Page) ([]retention.Restore, string, error)
	// Restore is one of them, without the keys of its records.
	Restore(ctx context.Context, id string) (retention.Restore, error)
	// ClaimRestore gives the caller the oldest restore that has not ended and is in nobody's
	// hands, for lease, with the copies of its records; false if there is none. The attempt
	// grows by one.
	ClaimRestore(ctx context.Context, lease time.Duration) (r retention.Restore, ok bool, err error)
	// SaveRestore writes its figures and keeps it for lease, if attempt is its latest; else
	// ErrConflict.
	SaveRestore(ctx context.Context, r retention.Restore, lease time.Duration) error
	// FinishRestore ends it, if attempt is its latest; else ErrConflict.
	FinishRestore(ctx context.Context, r retention.Restore, by retention.By) (retention.Restore, error)
	// Batch is one batch of the journal, as it was carried over.
	Batch(ctx context.Context, id string) (retention.Batch, error)
}

// AccountStore keeps people, their sessions' owner and API tokens.
type AccountStore interface {
	// CreateUser keeps an account; a used e-mail address is ErrConflict.
	CreateUser(ctx context.Context, u retention.User, passwordHash string, by retention.By) (retention.User, error)
	Users(ctx context.Context, p retention.Page) ([]retention.User, string, error)
	// UserOfSession finds an account and its password hash by its id.
	UserOfSession(ctx context.Context, id string) (retention.User, string, error)
	CountUsers(ctx context.Context) (int64, error)
	// UserForSignIn finds an account and its password hash by normalised e-mail. A
	// disabled account has no hash.
	UserForSignIn(ctx context.Context, email string) (retention.User, string, error)
	// SignedIn records a sign-in (audit row and last_sign_in).
	SignedIn(ctx context.Context, userID string, by retention.By) error
	// Record writes an audit row for what changes no noun: a refused sign-in, a sign-out.
	Record(ctx context.Context, object string, after any, by retention.By) error
	// SetPassword replaces an account's password hash; a disabled account is open again.
	SetPassword(ctx context.Context, userID, passwordHash string, by retention.By) error
	// DisableUser takes an account's password away and revokes its tokens, at once. One
	// that is disabled already stays as it is, with no audit row.
	DisableUser(ctx context.Context, userID string, by retention.By) (retention.User, error)

	CreateToken(ctx context.Context, t retention.Token, ownerID string, hash []byte, by retention.By) (retention.Token, error)
	// Tokens lists the tokens of everybody, newest first, revoked ones too.
	Tokens(ctx context.Context, p retention.Page) ([]retention.Token, string, error)
	// TokenByHash finds a token that is neither revoked nor expired, of an account that is
	// not disabled, with its owner,
	// and notes its use (at most once a minute).
	TokenByHash(ctx context.Context, hash []byte) (retention.Token, retention.User, error)
	RevokeToken(ctx context.Context, id string, by retention.By) (retention.Token, error)
}

// Target is the governed database. What cannot be reached answers
// retention.ErrUnavailable.
type Target interface {
	Ping(ctx context.Context) error
	// Now is the governed database's clock.
	Now(ctx context.Context) (time.Time, error)
	// Tables lists the tables a policy or hold could name, for forms.
	Tables(ctx context.Context) ([]plan.Table, error)
	// Table reads one table's catalog entry; ErrNotFound if there is none.
	Table(ctx context.Context, name retention.TableName) (*plan.Table, error)

	// CheckPolicy plans the policy against the live table and has the server check
	// types, constants and constraints. The error is an InvalidError or a Refusal.
	CheckPolicy(ctx context.Context, p retention.Policy) error
	// Simulate computes what a run would do, in a read-only transaction. asOf nil
	// means now. What the policies before it would remove counts as gone.
	Simulate(ctx context.Context, p retention.Policy, asOf *time.Time, before ...retention.Policy) (retention.Simulation, error)
	// Estimate is what can be said where counting took too long (ErrTooSlow): the planner's
	// estimate of the due rows, labelled so.
	Estimate(ctx context.Context, p retention.Policy, asOf *time.Time) (retention.Simulation, error)
	// Record says how a record stands by its policies and the holds in force, and where
	// archive tables have copies of it. An id that is no key of the table is an
	// InvalidError of the field key.
	Record(ctx context.Context, table retention.TableName, id retention.Key, policies []retention.Policy, archives []retention.TableName) (retention.RecordState, error)
	// Diagnose lists what hurts the policies, and what in the database does: from the
	// catalog, statistics and some seconds of counting.
	Diagnose(ctx context.Context, policies []retention.Policy) (retention.Diagnosis, error)
	// Sample says of columns of a table what kind of personal data their values look like,
	// by some rows of it. A table that is locked, slow to read or not ours to read has none.
	Sample(ctx context.Context, table plan.Table) (map[string]retention.PersonalKind, error)
	// ReferringFirst orders tables such that one comes before those that it refers to, by
	// whatever foreign keys lead there; the answer has each one's place in the list.
	ReferringFirst(ctx context.Context, tables []retention.TableName) ([]int, error)
	// Look looks for the oldest due, unheld row, from where an earlier round left off,
	// in a read-only transaction of some seconds. nil begins anew.
	Look(ctx context.Context, p retention.Policy, position []byte) (retention.Look, error)

	GuardTarget
	RunTarget
	RestoreTarget
}

// GuardTarget is the part of the target that keeps the holds in force.
type GuardTarget interface {
	// CheckKeys casts every id of the hold to its table's key types, and writes each, in the
	// hold, as the server does. The error is an InvalidError with the path of each id at
	// fault (at most 100).
	CheckKeys(ctx context.Context, h retention.Hold) error
	// StageHold copies the hold's ids into the guard, in committed chunks that no
	// batch asks. It may be called again for a hold that was staged before.
	StageHold(ctx context.Context, h retention.Hold) error
	// ActivateHold puts a staged hold in force in one short transaction under the
	// exclusive guard lock and answers the moment from which it counts. Batches in
	// its way for 250 ms are cancelled, then terminated. Idempotent: a hold in force
	// keeps its moment. The tables of a hold that is enforced are locked against writers
	// before; where they cannot be had within half a second it is ErrBusy, and the hold is in
	// force for batches alone: it has no moment yet, and GuardState lists it. ended is the
	// list of holds by which its end was known (HoldForce): where it has ended by another
	// since, it is ErrConflict.
	ActivateHold(ctx context.Context, id string, ended *int64) (effectiveAt time.Time, mark retention.GuardMark, err error)
	// OpenUpload begins to take ids of one table into a hold. The error is an InvalidError where
	// the table has no key.
	OpenUpload(ctx context.Context, h retention.Hold, table retention.TableName) (retention.RecordUpload, error)
	// WidenHold puts scopes in force that are added to a hold in force, with their ids, as those
	// from the given place on.
	WidenHold(ctx context.Context, h retention.Hold, from int, scopes []retention.Scope) (at time.Time, epoch int64, mark retention.GuardMark, err error)
	// SplitScopes has the guard know scopes that were split off a list of a hold in force.
	SplitScopes(ctx context.Context, h retention.Hold) error
	// NarrowHold takes scopes, with what belongs to their records, out of a hold that stays in
	// force, from one short transaction under the exclusive guard lock on, and then removes their
	// ids, but for those that another scope of the hold has; keys hands out the ids of each.
	// Idempotent: a scope that has ended keeps its moment. No list of the hold may grow
	// meanwhile. A hold, or a scope, that the guard has not got is ErrConflict.
	NarrowHold(ctx context.Context, h retention.Hold, falls []int, keys retention.ScopeKeys) (ends []retention.ScopeEnd, mark retention.GuardMark, err error)
	// GuardScopes are the places of the scopes of each hold in force: those that cover something,
	// or whose ids are there, and those that have ended.
	GuardScopes(ctx context.Context) (left, ended map[string][]int, err error)
	// MissingKeys are the places of the ids that have no row now.
	MissingKeys(ctx context.Context, table retention.TableName, ids []retention.Key) ([]int, error)
	// CountHold counts what each scope covers and which of its ids have no row now.
	// Asked once the hold is in force, it names every row that is safe, and no row that
	// a run took while the hold was on its way.
	CountHold(ctx context.Context, h retention.Hold) ([]retention.ScopeCounts, error)
	// PreviewHold counts what a hold would cover now, and what of it is due under the policies
	// of its tables, which are those that are active, after a while. For each scope it answers
	// the first of the ids too, those without a row before the others. A hold that is in force, and so has an id, does
	// not count among those that keep rows, but for those of its scopes that stay.
	PreviewHold(ctx context.Context, h retention.Hold, policies []retention.Policy, after retention.Period, stays ...int) (retention.HoldPreview, [][]retention.EvidenceKey, error)
	// HoldForce is since when, and under which lists of holds, the guard has a hold; zero if
	// it has none of that id.
	HoldForce(ctx context.Context, id string) (retention.HoldForce, error)
	// ProofTable is how the evidence knows the rows of a table; one that is gone is known by
	// its name.
	ProofTable(ctx context.Context, name retention.TableName) (retention.ProofTable, error)
	// Digest is the digest of one record in the evidence.
	Digest(table retention.TableName, key retention.Key) []byte
	// HoldFaults finds, by hold, the scopes in force whose table or columns are not what they
	// were: what the batches hold as a whole, or refuse.
	HoldFaults(ctx context.Context) (map[string][]retention.HoldFault, error)
	// CheckEnforcement names the rights without which a hold could not be enforced; the error
	// is an InvalidError of the field enforcement.
	CheckEnforcement(ctx context.Context, h retention.Hold) error
	// MendEnforcement brings the triggers of holds in force to what they have to be: what is
	// missing or altered is put back, what no hold needs any more goes. Idempotent.
	MendEnforcement(ctx context.Context) error
	// CatchUpEnforcement takes back that snapshots seem too old after a crash, which leaves a
	// sequence ahead of what was committed. It costs one small read where that is not so.
	CatchUpEnforcement(ctx context.Context) error
	// Preserved lists the old versions of rows that a hold covered when somebody changed or
	// removed them, newest first, those before an id unless that is 0; CountPreserved counts
	// all of them. They stay when the hold has ended.
	Preserved(ctx context.Context, hold string, before int64, limit int) ([]retention.PreservedRow, error)
	CountPreserved(ctx context.Context, hold string) (int64, error)
	// CloseFamilies takes up, for each hold in force that covers what belongs to its records,
	// the tables and foreign keys that lead down from them and were not known before. tell is
	// called first, with what is new; if it fails the hold stays as it is. What was known
	// stays, even where a foreign key was dropped.
	CloseFamilies(ctx context.Context, tell func(id string, grown []retention.GrownFamily) error) error
	// EndHold takes a hold out of force the same way. Idempotent.
	EndHold(ctx context.Context, id string) (endedAt time.Time, mark retention.GuardMark, err error)
	// ForgetHold removes what was staged for a hold that is not in force.
	ForgetHold(ctx context.Context, id string) error
	// AlteredHolds are the ids of holds in force of which the guard has not all, or not only,
	// what was staged: scopes or ids were lost or changed. unnoted are those that were staged
	// before the guard kept what that was, changing those of which a list, or a change of what
	// they cover, was on its way when the guard was last heard of: only the store knows whether
	// it still is.
	AlteredHolds(ctx context.Context) (altered, changing, unnoted []string, err error)
	// NoteHold keeps what a hold covers as it stands in the guard.
	NoteHold(ctx context.Context, id string) error
	// NoteArchives keeps, for archive policies, that their archive table has rows of their
	// own: holds on a record cover its copies there too. Tables that are not there are left
	// out.
	NoteArchives(ctx context.Context, policies []retention.Policy) error
	// Epoch counts the changes of the holds in force. RaiseEpoch has it go on after a number
	// at least.
	Epoch(ctx context.Context) (int64, error)
	RaiseEpoch(ctx context.Context, floor int64) error
	// GuardState is the guard's identity and epoch, and the ids of the holds in force.
	GuardState(ctx context.Context) (retention.GuardMark, []string, error)
}

// RestoreTarget is the part of the target that brings archived rows back.
type RestoreTarget interface {
	// CheckRestore counts what one table's part of a restore would bring back, in a read-only
	// transaction: rows, those under a hold, and conflicts with the table as it is. Why none
	// of them can go back is the answer's Problem.
	CheckRestore(ctx context.Context, spec retention.RestoreSpec) (retention.RestoreTable, error)
	// OpenRestore takes one table's part up; the attempt must be the latest that Beat was
	// told of, else Step answers ErrFenced.
	OpenRestore(ctx context.Context, spec retention.RestoreSpec) (retention.Restoration, error)
	// NewestCopies finds the newest copy of each record that an archive has one of. An id that
	// is no key of the table is an InvalidError of the field record_ids.
	NewestCopies(ctx context.Context, part retention.RestoreTable, ids []retention.Key) ([]retention.RestoreCopy, error)
	// Restored is how many rows a restore has brought back from each archive to its table, by
	// the journal.
	Restored(ctx context.Context, restoreID string) ([]retention.RestoreTable, error)
}

// RunTarget is the part of the target that carries out dispositions.
type RunTarget interface {
	// Open takes the policy's progress up where it stands, planning it anew; the
	// attempt must be the latest, else ErrFenced.
	Open(ctx context.Context, spec retention.Spec) (retention.Disposition, error)
	// Heartbeat is the age of the last sign of life of a run's worker; ok is false
	// if the run has no progress yet.
	Heartbeat(ctx context.Context, runID string) (age time.Duration, ok bool, err error)
	// Beat is a sign of life of the worker of this attempt. The first one of an
	// attempt fences every earlier one: on return none of them can commit a batch any
	// more. ErrFenced if a later attempt has been seen.
	Beat(ctx context.Context, runID string, attempt int) error
	// RunProgress is what has been committed under each policy of a run that has
	// begun, by its name.
	RunProgress(ctx context.Context, runID string) (map[string]retention.Progress, error)
	// Uncarried reads journal rows that are not yet in the store, oldest first.
	Uncarried(ctx context.Context, limit int) ([]retention.JournalRow, error)
	// UncarriedFor is how long the oldest row of journal or outbox has waited to be
	// brought into the store; 0 if none waits.
	UncarriedFor(ctx context.Context) (time.Duration, error)
	// Carried marks them.
	Carried(ctx context.Context, ids []string) error
	// Outbox reads what batches tell others and is not yet in the store, in the order
	// in which it was written, at most limit rows and some megabytes.
	Outbox(ctx context.Context, limit int) ([]retention.EventBatch, error)
	// Told removes rows from the outbox that the store has.
	Told(ctx context.Context, ids []string) error
}
