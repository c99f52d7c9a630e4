package web

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strconv"
	"strings"
	"time"

	"github.com/go-chi/chi/v5"

	"holdfast/engine"
	"holdfast/retention"
	"holdfast/web/ui"
)

func (s *server) policyRoutes(r chi.Router) {
	r.Get("/policies", s.page(policies))
	r.Get("/policies/new", s.page(newPolicy))
	r.Post("/policies", s.page(savePolicy))
	r.Post("/policies/draft", s.page(draftPolicy))
	r.Get("/policies/{name}", s.page(policy))
	r.Get("/policies/{name}/edit", s.page(editPolicy))
	r.Post("/policies/{name}", s.page(savePolicy))
	r.Post("/policies/{name}/draft", s.page(draftPolicy))
	r.Get("/policies/{name}/retire", s.page(retireForm))
	r.Post("/policies/{name}/retire", s.page(retirePolicy))
}

func policies(v *visit) error {
	f := retention.PolicyFilter{Search: v.query("q"), Retired: v.query("state") == "retired"}
	list, next, err := v.e.Policies(v.ctx, v.actor, f, v.cursor())
	if err != nil {
		return err
	}
	view := ui.PoliciesView{
		Head: ui.Head{Title: "Policies", Answer: policiesAnswer(f, len(list), next)},
		Chips: []ui.Chip{
			{Text: "Live", Href: v.link("state", ""), Current: !f.Retired},
			{Text: "Retired", Href: v.link("state", "retired"), Current: f.Retired},
		},
		Search: ui.Search{Action: "/policies", Name: "q", Label: "Search policies", Value: f.Search, Keep: v.keep("q"), Help: "Looks in name, table and legal basis."},
		Pager:  v.pager("policies", next),
		Empty:  policiesEmpty(f),
	}
	for _, p := range list {
		view.Rows = append(view.Rows, v.policyRow(p))
	}
	return v.render(http.StatusOK, ui.Policies(v.shell("policies", "Policies"), view))
}

// policiesAnswer counts what is listed, as far as one page knows.
func policiesAnswer(f retention.PolicyFilter, n int, next string) string {
	what := pick(f.Retired, "retired ", "live ")
	more := pick(next != "", "More than ", "")
	found := pick(f.Search != "", " found.", ".")
	return more + ui.Count(int64(n), what+"policy", what+"policies") + found
}

func policiesEmpty(f retention.PolicyFilter) ui.Empty {
	switch {
	case f.Search != "":
		return ui.Empty{Title: "No policy fits “" + f.Search + "”.", Text: "The search looks in name, table and legal basis.", Action: "Show all", ActionTo: "/policies"}
	case f.Retired:
		return ui.Empty{Title: "No policy has been retired.", Text: "A retired policy runs no more, and stays listed here with its history."}
	}
	return ui.Empty{Title: "No policy exists yet.", Text: "A policy says for one table how long rows are kept, what happens to them afterwards, and on what legal basis. Nothing runs before you have seen what it would do.", Action: "Create a policy", ActionTo: "/policies/new"}
}

func (v *visit) policyRow(p retention.Policy) ui.PolicyRow {
	return ui.PolicyRow{
		Name: p.Name, Href: "/policies/" + p.Name, Sentence: p.Sentence(), State: policyPill(p),
		Version: p.Version, Changed: v.clock.at(p.CreatedAt), By: p.CreatedBy,
	}
}

func policyPill(p retention.Policy) ui.Pill {
	switch {
	case p.RetiredAt != nil:
		return ui.Pill{Tone: "quiet", Text: "Retired"}
	case !p.Enabled:
		return ui.Pill{Tone: "warn", Text: "Disabled"}
	}
	return ui.Pill{Tone: "good", Text: "Enabled"}
}

// policy is the page of one policy. The governed database is asked for the columns of its
// table, and for figures only if the reader asks for a simulation.
func policy(v *visit) error {
	name := v.param("name")
	p, err := v.e.Policy(v.ctx, v.actor, name)
	if err != nil {
		return err
	}
	versions, err := v.e.PolicyVersions(v.ctx, v.actor, name)
	if err != nil {
		return err
	}
	runs, _, err := v.e.Runs(v.ctx, v.actor, retention.RunFilter{Policy: name}, retention.Page{Limit: 5})
	if err != nil {
		return err
	}
	view := ui.PolicyView{
		Head: ui.Head{Title: p.Name, Parent: "Policies", ParentHref: "/policies", Answer: p.Sentence()},
		Name: p.Name, Sentence: p.Sentence(), Enabled: p.Enabled, Details: policyDetails(p), Columns: columnDetails(p),
		Versions: v.versionRows(versions),
	}
	for _, r := range runs {
		view.Runs = append(view.Runs, v.runRowOf(r, name))
	}
	if p.RetiredAt != nil {
		view.Retired, view.RetiredBy, view.RetiredAt = true, p.RetiredBy, v.clock.atp(p.RetiredAt)
		return v.render(http.StatusOK, ui.Policy(v.shell("policies", p.Name), view))
	}
	if err := v.measured(&view, name); err != nil {
		return err
	}
	if view.Conflicts, err = v.conflicts(p); err != nil {
		return err
	}
	if err := v.treatment(&view, p); err != nil {
		return err
	}
	if err := v.archive(&view, p); err != nil {
		return err
	}
	if view.Simulated, err = v.lastSimulated(p); err != nil {
		return err
	}
	status, err := v.whatIf(&view, p)
	if err != nil {
		return err
	}
	return v.render(status, ui.Policy(v.shell("policies", p.Name), view))
}

// lastSimulated says what the last simulation of the version said, and who asked for it;
// empty if it was never simulated.
func (v *visit) lastSimulated(p retention.Policy) (string, error) {
	k, err := v.e.LastSimulation(v.ctx, v.actor, p.Name, p.Version)
	if errors.Is(err, retention.ErrNotFound) {
		return "", nil
	}
	if err != nil {
		return "", err
	}
	if k.Estimated {
		return "Last simulated " + v.moment(&k.At, "") + " by " + k.By + ": about " + ui.Count(k.Due, "record was", "records were") + " due, by the planner's estimate.", nil
	}
	return "Last simulated " + v.moment(&k.At, "") + " by " + k.By + ": a run then would have " + done(k.Action) + " " + ui.Count(k.WouldProcess, "record", "records") + ".", nil
}

// conflicts say which live policies would remove rows of the same table, and which of the
// two decides about a row that fits both.
func (v *visit) conflicts(p retention.Policy) ([]string, error) {
	list, err := v.e.Conflicts(v.ctx, v.actor, p)
	return conflictWords(list), err
}

func conflictWords(list []retention.Conflict) []string {
	var out []string
	for _, c := range list {
		if c.Unranked {
			out = append(out, "`"+c.Policy+"` removes rows of this table too, and counts from another moment: each disposes of what is due under it, whichever comes first.")
			continue
		}
		out = append(out, pick(c.Yields, "`"+c.Policy+"` decides about rows that fit both: ", "This policy decides about rows that `"+c.Policy+"` would remove too: ")+c.Because+".")
	}
	return out
}

// simulation shows figures, or why there are none.
func (v *visit) simulation(s retention.Simulation, err error) (*ui.SimulationView, error) {
	if err == nil {
		return v.clock.simulationView(s), nil
	}
	why, ok := noFigures(err)
	if !ok {
		return nil, err
	}
	return &ui.SimulationView{Error: why}, nil
}

// noFigures words the failures that belong beside the place where figures would be.
func noFigures(err error) (string, bool) {
	switch {
	case errors.Is(err, retention.ErrUnavailable):
		return "The governed database cannot be reached now, so nothing could be counted. Nothing was changed; try again in a moment.", true
	case errors.Is(err, retention.ErrInvalid):
		return "It cannot be simulated: " + err.Error() + ".", true
	case errors.Is(err, context.DeadlineExceeded):
		return "Counting took too long and was given up. Nothing was changed.", true
	}
	return "", false
}

// measured fills the last measurement.
func (v *visit) measured(view *ui.PolicyView, name string) error {
	h, err := v.e.PolicyHealth(v.ctx, v.actor, name)
	if err != nil {
		return err
	}
	view.Health = append(view.Health, ui.Stat{Label: "State", Value: healthWords(h)})
	view.Problem = h.Status.Problem
	if !h.Measured {
		return nil
	}
	oldest := "none that is not held"
	if h.Status.OldestDue != nil {
		oldest = v.clock.day(*h.Status.OldestDue)
	}
	checked := v.clock.at(h.Status.CheckedAt)
	view.Health = append(view.Health,
		ui.Stat{Label: "Oldest due row", Value: oldest},
		ui.Stat{Label: "Due for", Value: age(h.OverdueFor), Note: "allowance " + h.Policy.GracePeriod().Human()},
		ui.Stat{Label: "Measured", Value: checked.Relative, Note: checked.Text})
	return nil
}

// healthWords is the state beside the other figures. Only rows that are not held are
// measured, and a simulation on the same page counts the held ones.
func healthWords(h engine.PolicyHealth) string {
	switch text := healthPill(h).Text; text {
	case "Due, in time":
		return "In time"
	case "Nothing due":
		return "Nothing due that is not held"
	default:
		return text
	}
}

func policyDetails(p retention.Policy) []ui.Pair {
	list := []ui.Pair{
		{Name: "Table", Value: p.Table.String(), Code: true},
		{Name: "Timestamp column", Value: p.TimestampColumn, Code: true},
		{Name: "Retention period", Value: p.RetentionPeriod.Human() + " (`" + p.RetentionPeriod.String() + "`)"},
		{Name: "Action", Value: doing(p.Action)},
		{Name: "Legal basis", Value: p.LegalBasis},
	}
	if p.Condition != "" {
		list = append(list, ui.Pair{Name: "Condition", Value: p.Condition, Code: true})
	}
	if p.Action == retention.ActionArchive {
		list = append(list, ui.Pair{Name: "Archive table", Value: p.ArchiveTable().String(), Code: true})
	}
	if len(p.Cascade) > 0 {
		list = append(list, ui.Pair{Name: "Tables it may reach", Value: joined(p.Cascade), Code: true})
	}
	for _, t := range p.TriggeredTables() {
		list = append(list, ui.Pair{Name: "Triggers may change", Value: t.String() + ": " + p.Triggers[t].String(), Code: true})
	}
	list = append(list, rollupDetails(p.Rollup)...)
	if p.DropEmptyPartitions {
		list = append(list, ui.Pair{Name: "Empty partitions", Value: "dropped once they are older than the cutoff as a whole"})
	}
	if p.RateLimit > 0 {
		list = append(list, ui.Pair{Name: "Rate limit", Value: fmt.Sprintf("%d rows a second", p.RateLimit)})
	}
	if c := ceilingOf(p); c != "" {
		list = append(list, ui.Pair{Name: "Without approval", Value: "at most " + c + " in one run"})
	}
	if p.Events != nil {
		list = append(list, ui.Pair{Name: "Other services", Value: p.Telling()})
	}
	if p.Unit != retention.UnitNone {
		list = append(list, ui.Pair{Name: "Unit of the timestamp", Value: string(p.Unit)})
	}
	return append(list,
		ui.Pair{Name: "Time zone", Value: p.TimeZone},
		ui.Pair{Name: "Allowance (grace)", Value: p.GracePeriod().Human()},
		ui.Pair{Name: "Evidence", Value: pick(p.Evidence == retention.EvidenceCounts, "counts only: single records cannot be proven later", "counts and one digest per record")},
		ui.Pair{Name: "Batch size", Value: ui.Num(int64(p.BatchSize)) + " rows"})
}

func joined(tables []retention.TableName) string {
	names := make([]string, len(tables))
	for i, t := range tables {
		names[i] = t.String()
	}
	return strings.Join(names, ", ")
}

func columnDetails(p retention.Policy) []ui.Pair {
	var list []ui.Pair
	for _, name := range p.ColumnNames() {
		list = append(list, ui.Pair{Name: name, Value: anonymizerText(p.Columns[name])})
	}
	return list
}

// anonymizerText says what a method does with its parameter.
func anonymizerText(a retention.Anonymizer) string {
	switch {
	case a.Method == retention.MethodRedact && a.Text != "":
		return "redact: becomes `" + a.Text + "`"
	case a.Method == retention.MethodRedact:
		return "redact: becomes `" + retention.DefaultRedaction + "`"
	case a.Method == retention.MethodNull:
		return "null: becomes empty (NULL)"
	case a.Method == retention.MethodHash:
		return "hash: becomes a keyed hash, equal values stay equal"
	case a.Method == retention.MethodEmail:
		return "email: becomes an address that is nobody's, equal values stay equal"
	case a.KeepLast != nil:
		return "mask: keeps the last " + strconv.Itoa(*a.KeepLast) + " characters"
	case a.KeepFirst != nil:
		return "truncate_text: keeps the first " + strconv.Itoa(*a.KeepFirst) + " characters"
	case a.Method == retention.MethodTruncateIP:
		return "truncate_ip: keeps the network, /24 of IPv4 and /48 of IPv6"
	case a.Step != nil:
		return "generalize_number: cut to a multiple of " + strconv.FormatInt(*a.Step, 10)
	case a.Method == retention.MethodJSON:
		return jsonText(a)
	case a.To != "":
		return "truncate_date: cut to the " + a.To
	case a.Value != nil:
		return "constant: becomes `" + *a.Value + "`"
	}
	return string(a.Method)
}

func jsonText(a retention.Anonymizer) string {
	var parts []string
	if len(a.Drop) > 0 {
		parts = append(parts, "takes out `"+strings.Join(a.Drop, "`, `")+"`")
	}
	if len(a.Redact) > 0 {
		parts = append(parts, "writes `"+cmp.Or(a.Text, retention.DefaultRedaction)+"` over `"+strings.Join(a.Redact, "`, `")+"`")
	}
	return "json: " + join(parts)
}

// versionRows compares each version with the one before it.
func (v *visit) versionRows(list []retention.Policy) []ui.VersionRow {
	rows := make([]ui.VersionRow, 0, len(list))
	for i, p := range list {
		row := ui.VersionRow{Version: p.Version, Sentence: p.Sentence(), By: p.CreatedBy, At: v.clock.at(p.CreatedAt), First: i == len(list)-1}
		if !row.First {
			row.Changes = policyChanges(list[i+1], p)
		}
		rows = append(rows, row)
	}
	return rows
}

// retireForm shows what would be left undone before a policy is retired.
func retireForm(v *visit) error {
	p, err := v.e.Policy(v.ctx, v.actor, v.param("name"))
	if err != nil {
		return err
	}
	if p.RetiredAt != nil {
		return v.redirect("/policies/" + p.Name)
	}
	view := ui.RetireView{Name: p.Name, Sentence: p.Sentence(), Version: p.Version}
	if view.Simulation, err = v.simulation(v.e.Simulate(v.ctx, v.actor, p.Name, nil)); err != nil {
		return err
	}
	if view.Schedules, err = v.schedulesWithout(p); err != nil {
		return err
	}
	return v.render(http.StatusOK, ui.Retire(v.shell("policies", "Retire "+p.Name), view))
}

// schedulesWithout says what becomes of each schedule that runs the policy.
func (v *visit) schedulesWithout(p retention.Policy) ([]string, error) {
	var said []string
	page := retention.Page{Limit: retention.MaxPage}
	for {
		list, next, err := v.e.Schedules(v.ctx, v.actor, page)
		if err != nil {
			return nil, err
		}
		for _, h := range list {
			if line := scheduleWithout(h, p.Name); line != "" {
				said = append(said, line)
			}
		}
		if next == "" {
			return said, nil
		}
		page.Cursor = next
	}
}

func scheduleWithout(h engine.ScheduleHealth, policy string) string {
	name := "`" + h.Schedule.Name + "`" + pick(h.Schedule.Enabled, "", " (disabled)")
	var others []string
	for _, other := range h.Schedule.Policies {
		if other != policy && !slices.Contains(h.Retired, other) {
			others = append(others, "`"+other+"`")
		}
	}
	switch {
	case len(h.Schedule.Policies) == 0:
		return name + " runs all active policies: it goes on without this one."
	case !slices.Contains(h.Schedule.Policies, policy):
		return ""
	case len(others) == 0:
		return name + " runs no other policy: its slots are recorded as missed until it is disabled or given other policies."
	}
	return name + " names it: it goes on with " + joinSome(others, 4) + "."
}

func retirePolicy(v *visit) error {
	version, err := strconv.Atoi(v.form("version"))
	if err != nil || version < 1 {
		return fmt.Errorf("%w: reload the page, so that the version that you have seen is the one that is retired", retention.ErrPreconditionRequired)
	}
	if _, err := v.e.RetirePolicy(v.ctx, v.actor, v.param("name"), version); err != nil {
		return err
	}
	return v.redirect("/policies/" + v.param("name") + "?done=retired")
}

// simulateAll computes the figures of several policies as of one moment, the
// first's, so that a run as of it has the same cutoffs.
func (v *visit) simulateAll(names []string) ([]retention.Simulation, []error) {
	sims := make([]retention.Simulation, len(names))
	errs := make([]error, len(names))
	var asOf *time.Time
	for i, name := range names {
		sims[i], errs[i] = v.e.Simulate(v.ctx, v.actor, name, asOf)
		if errs[i] == nil && asOf == nil {
			asOf = &sims[i].AsOf
		}
	}
	return sims, errs
}

// enabledPolicies reads the live policies that a run may take up.
func (v *visit) enabledPolicies() ([]retention.Policy, error) {
	var all []retention.Policy
	page := retention.Page{Limit: retention.MaxPage}
	for {
		list, next, err := v.e.Policies(v.ctx, v.actor, retention.PolicyFilter{}, page)
		if err != nil {
			return nil, err
		}
		for _, p := range list {
			if p.Enabled {
				all = append(all, p)
			}
		}
		if next == "" {
			return all, nil
		}
		page.Cursor = next
	}
}
