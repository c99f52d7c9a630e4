package web

import (
	"encoding/json"
	"fmt"
	"time"

	"holdfast/engine/plan"
	"holdfast/retention"
)

// atTest is the moment at which the fixtures are.
var atTest = time.Date(2026, 3, 3, 8, 12, 44, 0, time.UTC)

func ago(d time.Duration) time.Time   { return atTest.Add(-d) }
func agop(d time.Duration) *time.Time { t := ago(d); return &t }

func public(name string) retention.TableName {
	return retention.TableName{Schema: "public", Name: name}
}

// emptyStore has one account and nothing else.
func emptyStore() *fakeStore {
	s := newFakeStore(atTest)
	s.users = []retention.User{{ID: "user-1", Email: "jane@example.com", Name: "Jane Doe", CreatedAt: ago(90 * day), CreatedBy: "system", LastSignIn: agop(2 * time.Hour)}}
	return s
}

// catalog is a small shop.
func catalog() *fakeTarget {
	col := func(name, typ, base string) plan.Column { return plan.Column{Name: name, Type: typ, BaseType: base} }
	key := func(cols ...string) *plan.Key { return &plan.Key{Name: "pk", Columns: cols, Primary: true} }
	tables := []plan.Table{
		{Kind: plan.KindTable, Name: public("customers"), EstimatedRows: 48_211, Key: key("id"), Columns: []plan.Column{col("id", "bigint", "int8"), col("email", "text", "text"), col("full_name", "character varying(120)", "varchar"), col("phone", "text", "text"), col("birth_date", "date", "date"), col("postcode", "text", "text"), col("last_ip", "inet", "inet"), col("orders_placed", "integer", "int4"), col("profile", "jsonb", "jsonb"), col("last_seen_at", "timestamp with time zone", "timestamptz")}},
		{Kind: plan.KindTable, Name: public("orders"), EstimatedRows: 1_204_880, Key: key("id"), Columns: []plan.Column{col("id", "bigint", "int8"), col("customer_id", "bigint", "int8"), col("placed_at", "timestamp with time zone", "timestamptz"), col("total", "numeric(12,2)", "numeric")}},
		{Kind: plan.KindTable, Name: public("order_lines"), EstimatedRows: 4_881_002, Key: key("order_id", "position"), Columns: []plan.Column{col("order_id", "bigint", "int8"), col("position", "integer", "int4"), col("sku", "text", "text")}},
		{Kind: plan.KindTable, Name: public("session_logs"), EstimatedRows: 22_480_113, Key: key("id"), Columns: []plan.Column{col("id", "uuid", "uuid"), col("created_at", "timestamp with time zone", "timestamptz"), col("ip", "inet", "inet")}},
		{Kind: plan.KindTable, Name: public("support_tickets"), EstimatedRows: 310_904, Key: key("id"), Columns: []plan.Column{col("id", "bigint", "int8"), col("resolved_at", "timestamp with time zone", "timestamptz"), col("body", "text", "text")}},
	}
	months := func(back, n int, due, held int64) []retention.MonthCount {
		var out []retention.MonthCount
		for i := range n {
			m := atTest.AddDate(0, -back-i, -14)
			out = append(out, retention.MonthCount{Month: m.Format("2006-01"), Due: due + due*int64(i%5)/4, Held: held * int64(i%3)})
		}
		return out
	}
	return &fakeTarget{findings: []retention.Finding{
		{Policy: "support_tickets", Table: public("support_tickets"), Kind: retention.FindingRefused, Severity: retention.SeverityBroken, Says: "The policy cannot be carried out: public.support_tickets has no column \"resolved_at\".", Remedy: "choose one of its date or timestamp columns"},
		{Policy: "session_logs", Table: public("session_logs"), Kind: retention.FindingNoIndex, Severity: retention.SeverityHurts, Says: "No complete index begins with `created_at`: every run, simulation and measurement reads the whole of `public.session_logs`.", Remedy: "create one; CONCURRENTLY keeps no writer out", SQL: `CREATE INDEX CONCURRENTLY ON "public"."session_logs" ("created_at");`},
		{Kind: retention.FindingReplicationSlot, Severity: retention.SeverityHurts, Says: "Nobody reads the logical replication slot `crm`, which is 4096 MiB behind.", Remedy: "if nobody needs it any more, drop it", SQL: "SELECT pg_drop_replication_slot('crm');"},
	}, now: atTest, tables: tables, sims: map[string]retention.Simulation{
		"": {Due: 12_403, Held: 20, Blocked: 0, WouldProcess: 12_383, NullTimestamps: 14, OldestDue: agop(900 * day), ByMonth: months(36, 14, 700, 3)},
		"session_logs": {Due: 22_403, Held: 10_000, Blocked: 12, WouldProcess: 12_391, BlockedBy: map[string]int64{"public.session_notes": 12}, Effects: map[string]retention.TableEffect{"public.session_pages": {Deleted: 48_211}},
			Samples: []retention.Key{{"0b6d1f2e-6a3c-4a53-9d0f-1b7d7f1f0001"}, {"0b6d1f2e-6a3c-4a53-9d0f-1b7d7f1f0002"}}, Unknown: []string{"Rows that somebody has locked when a run meets them are left for the next one."}, NullTimestamps: 0, OldestDue: agop(400 * day), ByMonth: months(6, 9, 1400, 300), Plan: []string{
				"Follows the index `session_logs_created_at_idx` in the order of `created_at`, and reads what is due alone.",
				"1 legal hold is in force on records of `public.session_logs`; each row is judged in the statement that would change it.",
				"Rows of `public.session_notes` that refer to a row by `session_id` (session_notes_session_id_fkey) keep it. No index begins with `session_id`, so the whole of `public.session_notes` is read for every row that goes: `CREATE INDEX CONCURRENTLY ON \"public\".\"session_notes\" (\"session_id\");`",
				"Each batch leaves its counts and a digest of every record, by its key `id`.",
			}},
		"support_tickets": {NullTimestamps: 1_204},
	}}
}

func policyOf(name, table, column, period, basis string, action retention.Action) retention.Policy {
	p, err := retention.ParsePeriod(period)
	if err != nil {
		panic(err)
	}
	return retention.Policy{Name: name, Table: public(table), TimestampColumn: column, RetentionPeriod: p, Action: action, LegalBasis: basis, Enabled: true, Version: 1, CreatedBy: "jane@example.com", CreatedAt: ago(60 * day)}.WithDefaults()
}

// filledStore has something of everything.
func filledStore() *fakeStore {
	s := emptyStore()
	s.users = append(s.users, retention.User{ID: "user-2", Email: "ali.khan@example.com", CreatedAt: ago(30 * day), CreatedBy: "jane@example.com"})
	s.tokens = []retention.Token{
		{ID: "token-1", Name: "ci-main", Owner: "jane@example.com", CreatedAt: ago(30 * day), LastUsedAt: agop(3 * time.Hour)},
		{ID: "token-2", Name: "old-build", Owner: "ali.khan@example.com", CreatedAt: ago(200 * day), RevokedAt: agop(9 * day)},
	}
	fillPolicies(s)
	fillHolds(s)
	fillRuns(s)
	fillRestores(s)
	fillSchedules(s)
	fillAudit(s)
	fillEvents(s)
	s.history = func(i int) retention.DayCount {
		d := retention.DayCount{Processed: int64(400 + i*i*7919%9000), Held: 10_000}
		switch {
		case i == 31 || i == 32: // two nights without a run
			return retention.DayCount{}
		case i < 60:
			d.Held = int64(i % 4)
		}
		if i == 33 || i == 88 {
			d.Failed = 1
		}
		return d
	}
	fillSubscribers(s)
	fillCoverage(s)
	return s
}

// fillCoverage has one exempt table, and a survey of the day before.
func fillCoverage(s *fakeStore) {
	s.exempt = []retention.Exemption{{Table: public("order_lines"), Reason: "Goes with its orders; nothing in it is about people.", By: "ali.khan@example.com", At: ago(20 * day)}}
	text := func(name string, looks retention.Looks) retention.ColumnCoverage {
		return retention.ColumnCoverage{Name: name, Type: "text", Looks: looks}
	}
	seen := retention.Looks{Kind: retention.PersonalEmail, By: retention.SignSample}
	s.surveyed[0] = &retention.Coverage{At: ago(6 * time.Hour), Tables: []retention.TableCoverage{
		{Table: public("support_tickets"), State: retention.CoverageCovered, Columns: []retention.ColumnCoverage{text("body", seen)}},
	}}
	s.surveyed[1] = &retention.Coverage{At: ago(30 * time.Hour), Tables: []retention.TableCoverage{
		{Table: public("order_lines"), State: retention.CoverageOpen, Columns: []retention.ColumnCoverage{text("sku", retention.Looks{}), text("note", retention.Looks{})}},
		{Table: public("old_carts"), State: retention.CoverageExempt},
	}}
}

func fillPolicies(s *fakeStore) {
	logs := policyOf("session_logs", "session_logs", "created_at", "P90D", "Legitimate interest (security)", retention.ActionDelete)
	logs2 := logs
	logs2.Version, logs2.RetentionPeriod, logs2.CreatedBy, logs2.CreatedAt = 2, retention.Period{Days: 180}, "ali.khan@example.com", ago(12*day)
	customers := policyOf("inactive_customers", "customers", "last_seen_at", "P3Y", "GDPR Art. 5(1)(e), storage limitation", retention.ActionAnonymize)
	four, two, ten := 4, 2, int64(10)
	customers.Columns = map[string]retention.Anonymizer{"email": {Method: retention.MethodHash}, "full_name": {Method: retention.MethodRedact}, "phone": {Method: retention.MethodMask, KeepLast: &four}, "birth_date": {Method: retention.MethodTruncateDate, To: "year"},
		"postcode": {Method: retention.MethodTruncateText, KeepFirst: &two}, "last_ip": {Method: retention.MethodTruncateIP}, "orders_placed": {Method: retention.MethodGeneralizeNumber, Step: &ten}, "profile": {Method: retention.MethodJSON, Drop: []string{"/contact/phone", "/likes"}, Redact: []string{"/nickname"}, Text: "gone"}}
	orders := policyOf("orders", "orders", "placed_at", "P10Y", "HGB § 257, ten years", retention.ActionArchive)
	tickets := policyOf("support_tickets", "support_tickets", "resolved_at", "P730D", "Legitimate interest (service improvement)", retention.ActionDelete)
	tickets.Condition = "resolved_at IS NOT NULL"
	tickets.Rollup = &retention.Rollup{Table: public("tickets_by_month"), GroupBy: map[string]string{"month": "date_trunc('month', resolved_at AT TIME ZONE 'UTC')::date"},
		Measures: map[string]string{"tickets": "count", "last": "max(resolved_at)"}}
	tickets.Events = &retention.EventSpec{EntityType: "user", Key: retention.EventKey{"tenant", "requester, id"}, Include: []string{"region"}}
	drafts := policyOf("drafts", "orders", "placed_at", "P30D", "No basis for keeping", retention.ActionDelete)
	drafts.Enabled = false
	old := policyOf("newsletter", "customers", "last_seen_at", "P2Y", "Consent", retention.ActionDelete)
	old.RetiredAt, old.RetiredBy = agop(20*day), "jane@example.com"
	for _, v := range [][]retention.Policy{{logs, logs2}, {customers}, {orders}, {tickets}, {drafts}, {old}} {
		s.versions[v[0].Name] = v
	}
	cut := func(d time.Duration) time.Time { return ago(d) }
	s.statuses = map[string]retention.PolicyStatus{
		"session_logs":       {OldestDue: agop(185 * day), Cutoff: cut(180 * day), CheckedAt: ago(4 * time.Minute)},
		"inactive_customers": {OldestDue: agop(1095*day + 9*time.Hour), Cutoff: cut(1095 * day), CheckedAt: ago(4 * time.Minute)},
		"support_tickets":    {Cutoff: cut(730 * day), CheckedAt: ago(4 * time.Minute)},
		"orders":             {OldestDue: agop(3651 * day), Cutoff: cut(3650 * day), CheckedAt: ago(3 * time.Hour), Problem: "looking for the oldest due row took too long and was given up; an index that begins with the timestamp column makes it quick"},
	}
}

const holdID = "0195-acme"

func fillHolds(s *fakeStore) {
	year := atTest.AddDate(1, 0, 0)
	past := ago(3 * day)
	s.holds = []retention.Hold{
		{ID: holdID, Matter: "ACME v. Initech", Reason: "Orders 4711 to 4730 are evidence in the district court's case 7 O 112/26.\nKeep everything until the appeal is decided.", Status: retention.HoldActive, OnExpiry: retention.OnExpiryReview, ExpiresAt: &year,
			Scope:     []retention.Scope{{Table: public("orders"), RecordCount: 20, NotFoundCount: 2, NotFound: []retention.Key{{"4729"}, {"4730"}}}, {Table: public("session_logs"), All: true, RecordCount: 22_480_113}},
			CreatedBy: "jane@example.com", CreatedAt: ago(26 * time.Hour), EffectiveAt: agop(26 * time.Hour), Version: 2},
		{ID: "0195-tax", Matter: "Tax audit 2021 to 2023", Reason: "Letter of the tax office of 12 January.", Status: retention.HoldReviewDue, OnExpiry: retention.OnExpiryReview, ExpiresAt: &past, Enforcement: retention.EnforcePreserve,
			Scope: []retention.Scope{{Table: public("orders"), RecordCount: 10_000}}, CreatedBy: "ali.khan@example.com", CreatedAt: ago(400 * day), EffectiveAt: agop(400 * day), Version: 1},
		{ID: "0195-new", Matter: "Data breach of 1 March", Reason: "Forensics.", Status: retention.HoldApplying, OnExpiry: retention.OnExpiryRelease, Enforcement: retention.EnforceRefuse,
			Scope: []retention.Scope{{Table: public("session_logs"), All: true}}, CreatedBy: "jane@example.com", CreatedAt: ago(2 * time.Minute), Version: 1},
		{ID: "0194-old", Matter: "Smith complaint", Reason: "Complaint 88.", Status: retention.HoldReleased, OnExpiry: retention.OnExpiryRelease, ReleasedBy: "jane@example.com", ReleasedAt: agop(10 * day), ReleaseReason: "Settled.",
			Scope: []retention.Scope{{Table: public("support_tickets"), RecordCount: 1}}, CreatedBy: "jane@example.com", CreatedAt: ago(300 * day), EffectiveAt: agop(300 * day), Version: 3},
	}
	for i := range 60 {
		s.records[holdID] = append(s.records[holdID], retention.HeldRecord{Table: public("orders"), Key: retention.Key{fmt.Sprint(4711 + i)}, Found: i < 18})
	}
}

func fillRuns(s *fakeStore) {
	result := func(name string, a retention.Action, n, held, blocked int64, st retention.RunStatus) retention.PolicyResult {
		p := s.versions[name][len(s.versions[name])-1]
		return retention.PolicyResult{Policy: name, Version: p.Version, Action: a, Table: p.Table, Sentence: p.Sentence(), Cutoff: agop(180 * day), Status: st,
			Counts: retention.Counts{Processed: n, Held: held, Blocked: blocked}, Batches: (n + 4999) / 5000, StartedAt: agop(5 * time.Hour), FinishedAt: agop(5*time.Hour - 1400*time.Millisecond), DurationSeconds: 1.4}
	}
	logs := result("session_logs", retention.ActionDelete, 12_391, 10_000, 12, retention.RunSucceeded)
	logs.Skipped = map[string]int64{retention.SkippedLocked: 3, retention.SkippedTrigger: 2}
	logs.Refused = []retention.RefusedRow{{Key: retention.Key{"17"}, Reason: retention.SkippedTrigger, Error: "not this one (SQLSTATE P0001)"}, {Key: retention.Key{"eu", "18"}, Reason: retention.SkippedTrigger}, {Key: retention.Key{"19"}, Reason: retention.SkippedStillDue}}
	customers := result("inactive_customers", retention.ActionAnonymize, 12, 0, 0, retention.RunSucceeded)
	customers.NullTimestamps = 1_204
	zero := result("support_tickets", retention.ActionDelete, 0, 0, 0, retention.RunSucceeded)
	failed := result("orders", retention.ActionArchive, 0, 0, 0, retention.RunFailed)
	failed.Errors = []string{"the archive table public.orders_archive does not exist; create it with: CREATE TABLE public.orders_archive (LIKE public.orders)"}
	live := result("session_logs", retention.ActionDelete, 480_000, 2, 0, retention.RunRunning)
	live.StartedAt, live.FinishedAt, live.DurationSeconds = agop(40*time.Second), nil, 0
	waiting := result("support_tickets", retention.ActionDelete, 0, 0, 0, retention.RunQueued)
	waiting.StartedAt, waiting.FinishedAt, waiting.Cutoff = nil, nil, nil
	ok := retention.Run{ID: "0195-run-ok", Trigger: retention.TriggerManual, RequestedBy: "jane@example.com", Pace: retention.PaceDefault, Status: retention.RunSucceeded, AsOf: agop(5 * time.Hour), CreatedAt: ago(5 * time.Hour), StartedAt: agop(5 * time.Hour), FinishedAt: agop(5*time.Hour - 4200*time.Millisecond), TotalProcessed: 12_403, TotalHeld: 10_000, Policies: []retention.PolicyResult{logs, customers, zero}}
	partial := ok
	partial.ID, partial.Status, partial.TotalErrors, partial.Policies = "0195-run-partial", retention.RunPartial, 1, []retention.PolicyResult{zero, failed}
	partial.CreatedAt, partial.StartedAt, partial.FinishedAt = ago(29*time.Hour), agop(29*time.Hour), agop(29*time.Hour-time.Second)
	archive := ok
	archive.ID, archive.CreatedAt, archive.StartedAt, archive.FinishedAt = "0195-run-archive", ago(30*day), agop(30*day), agop(30*day-time.Minute)
	archive.Policies = []retention.PolicyResult{result("orders", retention.ActionArchive, 12_403, 0, 0, retention.RunSucceeded)}
	dry := ok
	dry.ID, dry.DryRun, dry.CreatedAt = "0195-run-dry", true, ago(6*time.Hour)
	running := retention.Run{ID: "0195-run-live", Trigger: retention.TriggerManual, RequestedBy: "ali.khan@example.com", Pace: retention.PaceDefault, Status: retention.RunRunning, CreatedAt: ago(41 * time.Second), StartedAt: agop(40 * time.Second), AsOf: agop(40 * time.Second), Policies: []retention.PolicyResult{live, waiting}}
	queued := retention.Run{ID: "0195-run-queued", Trigger: retention.TriggerManual, RequestedBy: "jane@example.com", Pace: retention.PaceDefault, Status: retention.RunQueued, CreatedAt: ago(5 * time.Second), Waiting: "another run is working on session_logs", Policies: []retention.PolicyResult{waiting}}
	s.runs = []retention.Run{queued, running, ok, dry, partial, archive}
	live.DueEstimate = 1_200_000
	s.runs[1].Policies = []retention.PolicyResult{live, waiting}
	half := live
	half.Status, half.DurationSeconds, half.StartedAt = retention.RunPaused, 40, agop(30*time.Hour)
	paused := running
	paused.ID, paused.Status, paused.Policies, paused.CreatedAt = "0195-run-paused", retention.RunPaused, []retention.PolicyResult{half}, ago(31*time.Hour)
	gone := paused
	half.Status, half.FinishedAt = retention.RunCancelled, agop(31*time.Hour)
	gone.ID, gone.Status, gone.Settling, gone.Policies, gone.CreatedAt, gone.StartedAt, gone.FinishedAt = "0195-run-cancelled", retention.RunCancelled, true, []retention.PolicyResult{half}, ago(32*time.Hour), agop(32*time.Hour), agop(31*time.Hour)
	rows, asked := int64(1_400_000), live
	asked.Status, asked.Counts, asked.StartedAt, asked.Batches = retention.RunNeedsApproval, retention.Counts{}, nil, 0
	asked.Belt = &retention.Belt{WouldProcess: 1_203_411, TableRows: &rows, Estimated: true, Ceiling: 280_000}
	asks := running
	asks.ID, asks.Status, asks.Policies, asks.CreatedAt = "0195-run-asks", retention.RunNeedsApproval, []retention.PolicyResult{asked}, ago(33*time.Hour)
	s.runs = append(s.runs, paused, gone, asks)
	for i := range 40 {
		s.batches = append(s.batches, retention.Batch{ID: fmt.Sprint("b", i), RunID: ok.ID, Policy: "session_logs", PolicyVersion: 2, Action: retention.ActionDelete, Table: public("session_logs"), Seq: int64(i + 1),
			Step: fmt.Sprintf("blocks %d–%d", i*128, i*128+127), Counts: retention.Counts{Processed: 310, Held: 250}, Digests: 310, CommittedAt: ago(5*time.Hour - time.Duration(i)*50*time.Millisecond)})
	}
}

func fillAudit(s *fakeStore) {
	raw := func(v any) json.RawMessage {
		b, err := json.Marshal(v)
		if err != nil {
			panic(err)
		}
		return b
	}
	v := s.versions["session_logs"]
	jane := func(at time.Duration, action, object string, before, after any) retention.AuditEntry {
		return retention.AuditEntry{ID: int64(at), At: ago(at), Actor: "jane@example.com", ActorKind: retention.ActorUser, RemoteAddr: "192.0.2.17", Action: action, Object: object, Before: raw(before), After: raw(after)}
	}
	system := jane(26*time.Hour-time.Second, "hold.in_force", "hold/"+holdID, nil, map[string]any{"status": "active", "effective_at": ago(26 * time.Hour)})
	system.Actor, system.ActorKind, system.RemoteAddr = "system", retention.ActorSystem, ""
	s.entries = []retention.AuditEntry{
		jane(2*time.Hour, "user.sign_in", "user/jane@example.com", nil, nil),
		jane(4*time.Hour, "run.pause", "run/0195-run-paused", nil, nil),
		jane(5*time.Hour, "run.request", "run/0195-run-ok", nil, map[string]any{"dry_run": false, "policies": []string{"session_logs", "inactive_customers"}}),
		jane(20*time.Hour, "hold.revise", "hold/"+holdID, map[string]any{"expires_at": nil, "on_expiry": "release"}, map[string]any{"expires_at": "2027-03-03T00:00:00Z", "on_expiry": "review"}),
		system,
		jane(26*time.Hour, "hold.place", "hold/"+holdID, nil, s.holds[0]),
		jane(12*day, "policy.replace", "policy/session_logs", v[0], v[1]),
		jane(60*day, "policy.create", "policy/session_logs", nil, v[0]),
	}
}
