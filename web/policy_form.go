package web

import (
	"cmp"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"time"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// policyForm is one showing of the form.
type policyForm struct {
	draft  policyDraft
	faults faults
	stale  *ui.StaleView
	sim    *ui.SimulationView
	// shown is the mark of the policy whose figures are shown; asked: saving it was asked
	// for before they were.
	shown  string
	asked  bool
	status int
}

func newPolicy(v *visit) error {
	d := emptyDraft()
	if from := v.query("from"); from != "" {
		p, err := v.e.Policy(v.ctx, v.actor, from)
		if err != nil {
			return err
		}
		d = draftOfPolicy(p)
		d.version = 0
	}
	if t := v.query("table"); t != "" {
		d.table, d.timestamp = t, v.query("timestamp_column")
	}
	return v.policyForm(policyForm{draft: d, status: http.StatusOK})
}

func editPolicy(v *visit) error {
	p, err := v.e.Policy(v.ctx, v.actor, v.param("name"))
	if err != nil {
		return err
	}
	if p.RetiredAt != nil {
		return retention.Conflictf("the policy %s is retired; to use its name again create a policy of that name", p.Name)
	}
	return v.policyForm(policyForm{draft: draftOfPolicy(p), status: http.StatusOK})
}

// draftPolicy shows the form again with what was typed: for the columns of a table
// just chosen, for the sentence, and for the preview.
func draftPolicy(v *visit) error {
	form := policyForm{draft: v.policyDraft(), status: http.StatusOK}
	if v.query("preview") == "" {
		return v.policyForm(form)
	}
	p, f := form.draft.policy()
	if f.any() {
		p = p.WithDefaults()
		f.merge(p.Validate())
		form.faults, form.status = f, http.StatusUnprocessableEntity
		form.sim = &ui.SimulationView{Error: "There are no figures yet: something in the form needs another look. Nothing was changed."}
		return v.policyForm(form)
	}
	return v.preview(form, p)
}

// preview shows the form with what a run of the policy would do, beside what the stored
// one would.
func (v *visit) preview(form policyForm, p retention.Policy) error {
	s, err := v.e.SimulateDraft(v.ctx, v.actor, p, nil)
	if f, ok := faultsOf(err); ok {
		form.faults, form.status = f, http.StatusUnprocessableEntity
		if !form.asked {
			form.sim = &ui.SimulationView{Error: "There are no figures yet. " + upperFirst(f.fields[0].Field) + ": " + f.fields[0].Message + ". Nothing was changed."}
		}
		form.asked = false
		return v.policyForm(form)
	}
	if form.asked && errors.Is(err, retention.ErrUnavailable) {
		return v.notNow(form.draft)
	}
	if form.sim, err = v.simulation(s, err); err != nil {
		return err
	}
	form.shown = markOf(p)
	if form.sim.Error == "" && form.draft.version > 0 {
		form.sim.Notes = append(difference(s), form.sim.Notes...)
	}
	return v.policyForm(form)
}

// difference says what the changed policy does beyond the stored one.
func difference(s retention.Simulation) []string {
	was := s.Stored
	if was == nil {
		return nil
	}
	than := fmt.Sprintf(" than under version %d as it is stored.", was.Version)
	switch d := s.WouldProcess - was.WouldProcess; {
	case was.Due == retention.NotCounted:
		return []string{fmt.Sprintf("Version %d as it is stored can be carried out no more, so there is nothing to compare with.", was.Version)}
	case was.Estimated || s.Estimated:
		return []string{fmt.Sprintf("Under version %d as it is stored %s %s due.", was.Version, ui.Count(was.Due, "record", "records"), pick(was.Due == 1, "is", "are")) + " One of the two figures is an estimate, so what the change does is not known exactly."}
	case was.Action != s.Action || was.Table != s.Table:
		return []string{fmt.Sprintf("Under version %d as it is stored a run now would %s %s of `%s`.", was.Version, doing(was.Action), ui.Count(was.WouldProcess, "record", "records"), was.Table)}
	case d > 0:
		return []string{ui.Count(d, "record more", "records more") + than}
	case d < 0:
		return []string{ui.Count(-d, "record less", "records less") + than}
	}
	return []string{fmt.Sprintf("As many records as under version %d as it is stored.", was.Version)}
}

// markOf tells one policy from another, so that what is saved is what was shown.
func markOf(p retention.Policy) string {
	doc, err := json.Marshal(p.WithDefaults())
	if err != nil {
		return ""
	}
	sum := sha256.Sum256(doc)
	return hex.EncodeToString(sum[:8])
}

// policyDraft reads the form; an edited policy's name is its address's.
func (v *visit) policyDraft() policyDraft {
	d := draftOfForm(v.r.PostForm)
	if name := v.param("name"); name != "" {
		d.name = name
	} else {
		d.version = 0
	}
	return d
}

func savePolicy(v *visit) error {
	d := v.policyDraft()
	p, f := d.policy()
	if f.any() {
		p = p.WithDefaults()
		f.merge(p.Validate())
		return v.policyForm(policyForm{draft: d, faults: f, status: http.StatusUnprocessableEntity})
	}
	created := v.param("name") == ""
	if v.form("shown") != markOf(p) {
		// What a policy would do is seen before it is saved; what keeps it from being saved
		// comes first.
		live, err := v.e.Policy(v.ctx, v.actor, p.Name)
		switch {
		case err == nil && created && live.RetiredAt == nil:
			return v.nameTaken(d)
		case err == nil && !created && live.Version != d.version:
			return v.stalePolicy(d)
		}
		return v.preview(policyForm{draft: d, asked: true, status: http.StatusOK}, p)
	}
	var err error
	if created {
		_, err = v.e.CreatePolicy(v.ctx, v.actor, p)
	} else {
		_, _, err = v.e.PutPolicy(v.ctx, v.actor, p, d.version)
	}
	if f, ok := faultsOf(err); ok {
		return v.policyForm(policyForm{draft: d, faults: f, status: http.StatusUnprocessableEntity})
	}
	switch {
	case errors.Is(err, retention.ErrConflict) && created:
		return v.nameTaken(d)
	case errors.Is(err, retention.ErrStale):
		return v.stalePolicy(d)
	case errors.Is(err, retention.ErrUnavailable):
		return v.notNow(d)
	case err != nil:
		return err
	}
	v.keepFigures(p.Name)
	return v.redirect("/policies/" + p.Name + "?done=" + pick(created, "created", "saved"))
}

func (v *visit) nameTaken(d policyDraft) error {
	f := faults{}
	f.add("name", "is the name of a live policy; choose another, or edit that one")
	return v.policyForm(policyForm{draft: d, faults: f, status: http.StatusUnprocessableEntity})
}

// notNow shows the form again where a database is away.
func (v *visit) notNow(d policyDraft) error {
	f := faults{}
	f.add("", "A database cannot be reached now. What you typed is kept here; save it again in a moment.")
	return v.policyForm(policyForm{draft: d, faults: f, status: http.StatusServiceUnavailable})
}

// keepWithin is how long a saved policy's answer waits for the figures that are kept with
// its version. They were shown before; a table that takes longer is simulated by whoever
// asks for it.
const keepWithin = 10 * time.Second

func (v *visit) keepFigures(name string) {
	ctx, cancel := context.WithTimeout(v.ctx, keepWithin)
	defer cancel()
	if _, err := v.e.Simulate(ctx, v.actor, name, nil); err != nil {
		v.opts.Log.WarnContext(v.ctx, "the figures of a saved policy are not kept", "policy", name, "error", err)
	}
}

// stalePolicy shows what somebody else changed since the form was opened, and
// keeps what was typed. Saving again then replaces the version that is shown now.
func (v *visit) stalePolicy(d policyDraft) error {
	versions, err := v.e.PolicyVersions(v.ctx, v.actor, d.name)
	if err != nil {
		return err
	}
	if len(versions) == 0 || versions[0].RetiredAt != nil {
		return retention.Conflictf("the policy %s was retired while you were editing it; nothing of yours was saved", d.name)
	}
	now := versions[0]
	stale := &ui.StaleView{By: now.CreatedBy, At: v.clock.at(now.CreatedAt), Version: now.Version}
	i := slices.IndexFunc(versions, func(p retention.Policy) bool { return p.Version == d.version })
	if i >= 0 {
		stale.Changes = policyChanges(versions[i], now)
	}
	d.version = now.Version
	return v.policyForm(policyForm{draft: d, stale: stale, status: http.StatusPreconditionFailed})
}

// policyForm renders the form.
func (v *visit) policyForm(f policyForm) error {
	d := f.draft
	view := ui.PolicyFormView{Version: d.version, Stale: f.stale, Preview: f.sim, Enabled: d.enabled}
	if d.version == 0 {
		view.Head = ui.Head{Title: "Create a policy", Parent: "Policies", ParentHref: "/policies", Answer: "Which rows may go, when, and on what legal basis?"}
		view.Action, view.Draft, view.SaveText = "/policies", "/policies/draft", "Save policy"
	} else {
		view.Head = ui.Head{Title: "Edit " + d.name, Parent: d.name, ParentHref: "/policies/" + d.name, Answer: fmt.Sprintf("Saving makes version %d; version %d stays in the history.", d.version+1, d.version)}
		view.Action, view.Draft, view.SaveText = "/policies/"+d.name, "/policies/"+d.name+"/draft", fmt.Sprintf("Save as version %d", d.version+1)
	}
	view.Shown = f.shown
	if f.asked && f.sim != nil {
		view.Asked = "Nothing is saved yet. Below is what a run would do; save again if that is what you want."
		view.Head.Answer, view.Head.Tone = "Save it? "+cmp.Or(f.sim.Answer, "There are no figures: "+f.sim.Error), "warn"
	}
	tables, err := v.tables()
	if errors.Is(err, retention.ErrUnavailable) {
		view.NoCatalog = "The governed database cannot be reached now, so its tables cannot be listed and a policy cannot be checked. Nothing was lost; what you typed stays here. Try again in a moment."
	} else if err != nil {
		return err
	}
	v.policyFields(&view, d, &f.faults, tables)
	f.faults.inOrder(policyOrder)
	view.Problems = f.faults.summary(policyLabel)
	view.Sentence, view.Missing = d.sentence()
	title := pick(d.version == 0, "Create a policy", "Edit "+d.name)
	return v.render(f.status, ui.PolicyForm(v.shell("policies", title), view))
}

// policyLabels are what the fields are called, for the summary of faults.
var policyLabels = map[string]string{
	"name": "Name", "table": "Table", "timestamp_column": "Timestamp column", "retention_period": "Retention period", "action": "Action",
	"legal_basis": "Legal basis", "condition": "Condition", "batch_size": "Batch size", "evidence": "Evidence", "time_zone": "Time zone",
	"unit": "Unit", "grace": "Allowance", "archive.table": "Archive table", "cascade": "Tables reached", "columns": "Columns",
	"rollup.table": "Rollup table", "rollup.group_by": "Groups of the rollup", "rollup.measures": "Measures of the rollup",
	"triggers": "Triggers", "rate_limit": "Rate limit", "drop_empty_partitions": "Empty partitions", "max_share": "Largest share", "max_rows": "Most rows",
	"events.entity_type": "Entity", "events.key": "Key", "events.include": "Include",
}

// policyOrder is where a field stands in the form; of a column, where they all do.
func policyOrder(field string) int {
	name, _, _ := policyLabel(field)
	if strings.HasPrefix(name, "columns.") {
		name = "columns"
	}
	return slices.Index([]string{"name", "table", "timestamp_column", "retention_period", "action", "archive.table", "legal_basis", "condition", "columns",
		"max_share", "max_rows", "events.entity_type", "events.key", "events.include", "batch_size", "rate_limit", "drop_empty_partitions", "triggers", "rollup.table", "rollup.group_by", "rollup.measures", "evidence", "time_zone", "unit", "grace"}, name)
}

// aliases lead faults of a whole member to its one field in the form.
var aliases = map[string]string{"archive": "archive.table", "rollup": "rollup.table"}

func policyLabel(field string) (name, label string, ok bool) {
	if to, is := aliases[field]; is {
		field = to
	}
	if list, _, is := strings.Cut(field, "["); is && (strings.HasPrefix(field, "events.") || list == "cascade" || strings.HasSuffix(list, ".drop") || strings.HasSuffix(list, ".redact")) {
		field = list
	}
	for _, whole := range []string{"triggers", "rollup.group_by", "rollup.measures"} {
		if strings.HasPrefix(field, whole+".") {
			field = whole
		}
	}
	if l, ok := policyLabels[field]; ok {
		return field, l, true
	}
	if column, ok := strings.CutPrefix(field, "columns."); ok {
		return columnFieldName(field), "Column " + column, true
	}
	return "", "", false
}

// columnFieldName is the form's field for the path of a column or its parameter.
func columnFieldName(path string) string {
	for _, member := range []string{".method", ".text", ".value", ".keep_last", ".keep_first", ".step", ".to", ".drop", ".redact"} {
		if strings.HasSuffix(path, member) {
			return path
		}
	}
	return path + ".method"
}

// policyFields fills the inputs from the draft.
func (v *visit) policyFields(view *ui.PolicyFormView, d policyDraft, f *faults, tables []table) {
	t, chosen := findTable(tables, d.table)
	view.Chosen = chosen
	view.Name = ui.Field{Name: "name", Label: "Name", Value: d.name, Error: f.of("name"), Help: "Lower-case letters, digits, `_` and `-`, such as `session_logs`. It stays; the rest can be changed later.",
		Attrs: templ.Attributes{"autocomplete": "off", "spellcheck": "false", "maxlength": "63"}}
	view.Table = ui.Choice{Name: "table", Label: "Table", Error: f.of("table"), Options: tableOptions(tables, d.table), Help: "The table whose rows may go. “Choose” lists its columns below.",
		Attrs: columnsOfTable(view.Draft)}
	view.Timestamp = ui.Choice{Name: "timestamp_column", Label: "Timestamp column", Error: f.of("timestamp_column"), Options: timestampOptions(t, d.timestamp),
		Help: "The column whose value starts the retention period. A row without one never becomes due.", Attrs: columnsOfTime(view.Draft, t)}
	view.Period = ui.Field{Name: "retention_period", Label: "Retention period", Value: d.period, Error: f.of("retention_period"),
		Help: "How long a row is kept after its timestamp: `7 years`, `13 months`, `90 days`, or as ISO 8601 `P7Y`.", Attrs: templ.Attributes{"autocomplete": "off"}}
	view.Do = ui.Choice{Name: "action", Label: "Action", Error: f.of("action"), Help: "What happens to a row once it is due.", Options: ui.Pick([]ui.Option{
		{Value: "delete", Text: "Delete", Help: "The row is removed. It cannot be brought back."},
		{Value: "anonymize", Text: "Anonymize", Help: "The row stays; the columns you choose lose what identifies a person."},
		{Value: "archive", Text: "Archive", Help: "The row moves to an archive table, in the same transaction."},
	}, d.action)}
	view.Archive = ui.Field{Name: "archive.table", Label: "Archive table", Value: d.archive, Error: f.of("archive.table") + f.of("archive"),
		Help: "Where archived rows go. Left empty: the table's own name with `_archive` added.", Attrs: templ.Attributes{"autocomplete": "off", "spellcheck": "false"}}
	view.Cascade = ui.Field{Name: "cascade", Label: "Tables it may reach (optional)", Value: d.cascade, Error: f.of("cascade"),
		Help: "Where a foreign key deletes or clears rows with those that they refer to, its table must be named here, such as `public.order_items`; several with commas. Rows under a hold keep what they refer to.", Attrs: templ.Attributes{"autocomplete": "off", "spellcheck": "false"}}
	view.Basis = ui.Field{Name: "legal_basis", Label: "Legal basis", Value: d.basis, Error: f.of("legal_basis"),
		Help: "The authority for keeping these records and for disposing of them, such as “HGB § 257, ten years”.", Attrs: templ.Attributes{"maxlength": "500"}}
	view.Condition = ui.Field{Name: "condition", Label: "Condition (optional)", Value: d.condition, Error: f.of("condition"),
		Help: "Only rows for which this is true become due, such as `status = 'closed'`. Columns of the table, constants and comparisons.", Attrs: templ.Attributes{"autocomplete": "off", "spellcheck": "false"}}
	furtherFields(view, d, f)
	ceilingFields(view, d, f)
	eventsFields(view, d.events, f)
	view.Columns = columnFields(t, d, f)
	view.ColumnsError = f.of("columns")
}

// columnsOfTable has a table just chosen bring its columns. Only what depends on the
// table is replaced: whoever goes on typing in the rest of the form meanwhile must not
// lose it to an answer that was made before.
func columnsOfTable(draft string) templ.Attributes {
	return templ.Attributes{"hx-post": draft, "hx-trigger": "change", "hx-swap": "none", "hx-sync": "this:replace",
		"hx-select-oob": "#" + ui.ID("timestamp_column") + ",#" + ui.ID("columns")}
}

// columnsOfTime has the choice of a timestamp column take it from those that can be
// anonymized. Only the columns that can be one are replaced; what is typed for others
// stays.
func columnsOfTime(draft string, t table) templ.Attributes {
	var ids []string
	for _, c := range t.columns {
		if c.instant || c.number {
			ids = append(ids, "#"+ui.ID("columns."+c.name))
		}
	}
	if len(ids) == 0 {
		return nil
	}
	return templ.Attributes{"hx-post": draft, "hx-trigger": "change", "hx-swap": "none", "hx-sync": "this:replace", "hx-select-oob": strings.Join(ids, ",")}
}

// ceilingFields are the safety belts.
func ceilingFields(view *ui.PolicyFormView, d policyDraft, f *faults) {
	view.Share = ui.Field{Name: "max_share", Label: "Largest share of the table, in percent (optional)", Value: d.maxPercent, Error: f.of("max_share"),
		Help: "If more of the table than this would go in one run, the run stops before its first row and waits for approval. Left empty: no ceiling.", Attrs: templ.Attributes{"inputmode": "decimal", "autocomplete": "off"}}
	view.Most = ui.Field{Name: "max_rows", Label: "Most rows (optional)", Value: d.maxRows, Error: f.of("max_rows"),
		Help: "Likewise, as a number of rows. `0` asks for approval of every run that would do anything.", Attrs: templ.Attributes{"inputmode": "numeric", "autocomplete": "off"}}
}

// furtherFields are the settings with a default.
func furtherFields(view *ui.PolicyFormView, d policyDraft, f *faults) {
	view.Batch = ui.Field{Name: "batch_size", Label: "Batch size", Value: d.batch, Error: f.of("batch_size"), Help: "Rows that one transaction aims at; 5000 suits most tables. Smaller is gentler, larger is faster.",
		Attrs: templ.Attributes{"inputmode": "numeric", "autocomplete": "off"}}
	view.Rate = ui.Field{Name: "rate_limit", Label: "Rate limit (optional)", Value: d.rate, Error: f.of("rate_limit"), Help: "The most rows in a second at the default pace. Left empty: as many as the database bears well.",
		Attrs: templ.Attributes{"inputmode": "numeric", "autocomplete": "off"}}
	view.Triggers = ui.Field{Name: "triggers", Label: "Tables that triggers change (optional)", Value: d.triggers, Error: f.of("triggers"),
		Help: "Where a trigger of the application writes elsewhere, that must be known: the table and `inserted`, `updated` or `deleted`, such as `public.audit_log: inserted`; several tables with semicolons. Rows under a hold are protected there too.", Attrs: templ.Attributes{"autocomplete": "off", "spellcheck": "false"}}
	view.Evidence = ui.Choice{Name: "evidence", Label: "Evidence", Error: f.of("evidence"), Help: "With digests it can be shown later what happened to a single record, without keeping who it was.", Options: ui.Pick([]ui.Option{
		{Value: "records", Text: "Counts and a digest of each record"}, {Value: "counts", Text: "Counts only"},
	}, d.evidence)}
	view.Zone = ui.Field{Name: "time_zone", Label: "Time zone", Value: d.zone, Error: f.of("time_zone"), Help: "How timestamps without a zone are read: a name of the IANA database such as `UTC` or `Europe/Berlin`.", Attrs: templ.Attributes{"autocomplete": "off"}}
	view.Unit = ui.Choice{Name: "unit", Label: "Unit of an integer timestamp", Error: f.of("unit"), Help: "Only where the timestamp column is an integer: what it counts since 1970.", Options: ui.Pick([]ui.Option{
		{Value: "", Text: "The column is a date or a timestamp"}, {Value: "seconds", Text: "Seconds"}, {Value: "milliseconds", Text: "Milliseconds"},
	}, d.unit)}
	view.Grace = ui.Field{Name: "grace", Label: "Allowance (grace)", Value: d.grace, Error: f.of("grace"), Help: "How long a row may be due before it counts as overdue: `2 days` or `P2D`; `0 days` is overdue as soon as due.", Attrs: templ.Attributes{"autocomplete": "off"}}
	view.DropEmpty = ui.Check{Name: "drop_empty_partitions", Label: "Drop empty partitions", On: d.dropEmpty, Error: f.of("drop_empty_partitions"),
		Help: "Of a table partitioned by the timestamp column: a partition is dropped once it is empty and older than the cutoff as a whole. The table is locked for that moment; if somebody is in the way, the partition is left to the next run."}
	rollupFields(view, d, f)
	plain := emptyDraft()
	for _, name := range []string{"batch_size", "rate_limit", "drop_empty_partitions", "triggers", "evidence", "time_zone", "unit", "grace"} {
		view.More = view.More || f.of(name) != ""
	}
	view.More = view.More || d.batch != plain.batch || d.evidence != plain.evidence || d.zone != plain.zone || d.grace != plain.grace || d.unit+d.rate+d.triggers != "" || d.dropEmpty
}
