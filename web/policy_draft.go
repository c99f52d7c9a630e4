package web

import (
	"net/url"
	"strconv"
	"strings"

	"holdfast/retention"
)

// policyDraft is a policy as it stands in the form: text that may not be a policy
// yet, and is shown again as it was typed.
type policyDraft struct {
	version                                       int
	name, table, timestamp, period, action, basis string
	condition, batch, evidence, zone, unit, grace string
	archive, cascade, triggers, rate              string
	rollupTable, rollupGroups, rollupMeasures     string
	maxRows, maxPercent                           string
	enabled, dropEmpty                            bool
	columns                                       map[string]columnDraft
	events                                        eventsDraft
}

// columnDraft is the anonymizer of one column as it stands in the form.
type columnDraft struct {
	method, text, value, keep, first, step, to, drop, redact string
}

// emptyDraft is what the form of a new policy begins with.
func emptyDraft() policyDraft {
	return policyDraft{
		batch: strconv.Itoa(retention.DefaultBatchSize), evidence: string(retention.EvidenceRecords),
		zone: "UTC", grace: retention.DefaultGrace.String(), maxPercent: proposedPercent, enabled: true, columns: map[string]columnDraft{},
	}
}

// proposedPercent is the ceiling that the form of a new policy proposes: a slip in a
// period empties no table unseen.
const proposedPercent = "20"

func draftOfPolicy(p retention.Policy) policyDraft {
	d := policyDraft{
		version: p.Version, name: p.Name, table: p.Table.String(), timestamp: p.TimestampColumn, period: p.RetentionPeriod.String(),
		action: string(p.Action), basis: p.LegalBasis, condition: p.Condition, batch: strconv.Itoa(p.BatchSize), evidence: string(p.Evidence),
		zone: p.TimeZone, unit: string(p.Unit), grace: p.GracePeriod().String(), enabled: p.Enabled, dropEmpty: p.DropEmptyPartitions, columns: map[string]columnDraft{},
	}
	d.events = eventsDraftOf(p.Events)
	if p.Archive != nil {
		d.archive = p.Archive.Table.String()
	}
	for i, t := range p.Cascade {
		d.cascade += pick(i > 0, ", ", "") + t.String()
	}
	for i, t := range p.TriggeredTables() {
		d.triggers += pick(i > 0, "; ", "") + t.String() + ": " + p.Triggers[t].String()
	}
	if r := p.Rollup; r != nil {
		d.rollupTable, d.rollupGroups, d.rollupMeasures = r.Table.String(), linesOf(r.GroupColumns(), r.GroupBy), linesOf(r.MeasureColumns(), r.Measures)
	}
	if p.RateLimit > 0 {
		d.rate = strconv.Itoa(p.RateLimit)
	}
	if p.MaxRows != nil {
		d.maxRows = strconv.FormatInt(*p.MaxRows, 10)
	}
	if p.MaxShare != nil {
		d.maxPercent = percentOf(*p.MaxShare)
	}
	for name, a := range p.Columns {
		c := columnDraft{method: string(a.Method), text: a.Text, to: a.To}
		if a.Value != nil {
			c.value = *a.Value
		}
		if a.KeepLast != nil {
			c.keep = strconv.Itoa(*a.KeepLast)
		}
		if a.KeepFirst != nil {
			c.first = strconv.Itoa(*a.KeepFirst)
		}
		if a.Step != nil {
			c.step = strconv.FormatInt(*a.Step, 10)
		}
		c.drop, c.redact = strings.Join(a.Drop, " "), strings.Join(a.Redact, " ")
		d.columns[name] = c
	}
	return d
}

func draftOfForm(f url.Values) policyDraft {
	version, _ := strconv.Atoi(f.Get("version")) // 0 is then refused as a missing precondition
	d := policyDraft{
		version: version, name: strings.TrimSpace(f.Get("name")), table: f.Get("table"), timestamp: f.Get("timestamp_column"),
		period: strings.TrimSpace(f.Get("retention_period")), action: f.Get("action"), basis: f.Get("legal_basis"), condition: f.Get("condition"),
		batch: strings.TrimSpace(f.Get("batch_size")), evidence: f.Get("evidence"), zone: strings.TrimSpace(f.Get("time_zone")), unit: f.Get("unit"),
		grace: strings.TrimSpace(f.Get("grace")), archive: strings.TrimSpace(f.Get("archive.table")), enabled: f.Get("enabled") == "true", dropEmpty: f.Get("drop_empty_partitions") == "true",
		cascade: strings.TrimSpace(f.Get("cascade")), triggers: strings.TrimSpace(f.Get("triggers")), rate: strings.TrimSpace(f.Get("rate_limit")),
		rollupTable: strings.TrimSpace(f.Get("rollup.table")), rollupGroups: strings.TrimSpace(f.Get("rollup.group_by")), rollupMeasures: strings.TrimSpace(f.Get("rollup.measures")),
		maxRows: strings.TrimSpace(f.Get("max_rows")), maxPercent: strings.TrimSpace(f.Get("max_share")),
		columns: map[string]columnDraft{},
		events:  eventsDraft{entity: strings.TrimSpace(f.Get("events.entity_type")), key: strings.TrimSpace(f.Get("events.key")), include: strings.TrimSpace(f.Get("events.include"))},
	}
	for key := range f {
		name, ok := strings.CutPrefix(key, "columns.")
		if !ok {
			continue
		}
		if name, ok = strings.CutSuffix(name, ".method"); !ok {
			continue
		}
		base := "columns." + name
		d.columns[name] = columnDraft{
			method: f.Get(base + ".method"), text: f.Get(base + ".text"), value: f.Get(base + ".value"),
			keep: strings.TrimSpace(f.Get(base + ".keep_last")), to: f.Get(base + ".to"),
			first: strings.TrimSpace(f.Get(base + ".keep_first")), step: strings.TrimSpace(f.Get(base + ".step")),
			drop: strings.TrimSpace(f.Get(base + ".drop")), redact: strings.TrimSpace(f.Get(base + ".redact")),
		}
	}
	return d
}

// policy reads the draft. What belongs to another action or method than the chosen
// one is not in view in the form, and is left out. The faults are of what could not
// be read at all; the rest is the engine's to judge.
func (d policyDraft) policy() (retention.Policy, faults) {
	var f faults
	p := retention.Policy{
		Name: d.name, TimestampColumn: d.timestamp, Action: retention.Action(d.action), LegalBasis: d.basis, Condition: d.condition,
		Enabled: d.enabled, Evidence: retention.EvidenceLevel(d.evidence), TimeZone: d.zone, Unit: retention.Unit(d.unit),
	}
	var err error
	if d.table != "" {
		p.Table, err = retention.ParseTableName(d.table)
		note(&f, "table", err)
	}
	p.RetentionPeriod, err = retention.ParsePeriod(d.period)
	note(&f, "retention_period", err)
	if p.BatchSize, err = strconv.Atoi(d.batch); err != nil {
		f.add("batch_size", "must be a number of rows, such as 5000")
	}
	if d.grace != "" {
		grace, err := retention.ParsePeriod(d.grace)
		note(&f, "grace", err)
		p.Grace = &grace
	}
	if p.Action == retention.ActionArchive && d.archive != "" {
		t, err := retention.ParseTableName(d.archive)
		note(&f, "archive.table", err)
		p.Archive = &retention.Archive{Table: t}
	}
	if p.Action.Removes() && d.cascade != "" {
		// A comma within quotes is not thought of: names that have one go by the API.
		for _, text := range strings.Split(d.cascade, ",") {
			t, err := retention.ParseTableName(strings.TrimSpace(text))
			note(&f, "cascade", err)
			p.Cascade = append(p.Cascade, t)
		}
	}
	p.DropEmptyPartitions = p.Action.Removes() && d.dropEmpty
	p.Triggers = d.triggered(&f)
	p.Rollup = d.rollup(&f)
	if d.rate != "" {
		if p.RateLimit, err = strconv.Atoi(d.rate); err != nil {
			f.add("rate_limit", "must be a number of rows a second, such as 1000, or empty for no limit")
		}
	}
	d.ceiling(&p, &f)
	if p.Action == retention.ActionAnonymize {
		p.Columns = d.anonymizers(&f)
	}
	p.Events = d.events.spec(&f)
	return p, f
}

// ceiling reads what a run may dispose of without approval.
func (d policyDraft) ceiling(p *retention.Policy, f *faults) {
	if d.maxRows != "" {
		n, err := strconv.ParseInt(d.maxRows, 10, 64)
		if err != nil {
			f.add("max_rows", "must be a number of rows, such as 100000, or empty for no ceiling")
		}
		p.MaxRows = &n
	}
	if d.maxPercent != "" {
		share, err := shareOf(d.maxPercent)
		if err != nil {
			f.add("max_share", "must be a percentage from 0 to 100, such as 20, or empty for no ceiling")
		}
		p.MaxShare = &share
	}
}

// triggered reads which tables triggers may change, and how: `table: effects`, with
// semicolons between.
func (d policyDraft) triggered(f *faults) map[retention.TableName]retention.TriggerEffects {
	if d.triggers == "" {
		return nil
	}
	out := map[retention.TableName]retention.TriggerEffects{}
	for _, part := range strings.Split(d.triggers, ";") {
		table, effects, ok := cutLast(part, ":")
		if !ok {
			f.add("triggers", "must be a table and what is done there, such as public.audit_log: inserted")
			continue
		}
		t, err := retention.ParseTableName(strings.TrimSpace(table))
		note(f, "triggers", err)
		e, err := retention.ParseTriggerEffects(effects)
		note(f, "triggers", err)
		out[t] = e
	}
	return out
}

// cutLast cuts at the last separator: names may have one, effects have none.
func cutLast(s, sep string) (before, after string, ok bool) {
	i := strings.LastIndex(s, sep)
	if i < 0 {
		return s, "", false
	}
	return s[:i], s[i+len(sep):], true
}

func note(f *faults, field string, err error) {
	if err != nil {
		f.add(field, err.Error())
	}
}

// anonymizers reads the columns that have a method.
func (d policyDraft) anonymizers(f *faults) map[string]retention.Anonymizer {
	out := map[string]retention.Anonymizer{}
	for name, c := range d.columns {
		if c.method == "" {
			continue
		}
		a := retention.Anonymizer{Method: retention.Method(c.method)}
		switch a.Method {
		case retention.MethodRedact:
			a.Text = c.text
		case retention.MethodConstant:
			a.Value = &c.value
		case retention.MethodJSON:
			// A space within a name is not thought of: such names go by the API.
			a.Text, a.Drop, a.Redact = c.text, strings.Fields(c.drop), strings.Fields(c.redact)
		case retention.MethodTruncateDate:
			a.To = c.to
		case retention.MethodMask:
			n, err := strconv.Atoi(c.keep)
			if err != nil {
				f.add("columns."+name+".keep_last", "must be a number of characters, such as 4")
			}
			a.KeepLast = &n
		case retention.MethodTruncateText:
			n, err := strconv.Atoi(c.first)
			if err != nil {
				f.add("columns."+name+".keep_first", "must be a number of characters, such as 2")
			}
			a.KeepFirst = &n
		case retention.MethodGeneralizeNumber:
			n, err := strconv.ParseInt(c.step, 10, 64)
			if err != nil {
				f.add("columns."+name+".step", "must be a whole number, such as 10")
			}
			a.Step = &n
		}
		out[name] = a
	}
	return out
}

// sentence is what the draft says; empty until it has what a sentence needs, and
// then missing names the rest.
func (d policyDraft) sentence() (sentence, missing string) {
	p, _ := d.policy()
	p = p.WithDefaults()
	var lacks []string
	for _, l := range []struct {
		lacks bool
		name  string
	}{
		{p.Table.IsZero(), "a table"},
		{p.TimestampColumn == "", "a timestamp column"},
		{p.RetentionPeriod.IsZero(), "a retention period"},
		{p.Action == "", "an action"},
		{p.Action == retention.ActionAnonymize && len(p.Columns) == 0, "columns to anonymize"},
	} {
		if l.lacks {
			lacks = append(lacks, l.name)
		}
	}
	if len(lacks) > 0 {
		return "", "Choose " + join(lacks) + ", and the sentence stands here."
	}
	if p.LegalBasis == "" {
		return p.Rule(), "The legal basis is still missing."
	}
	return p.Sentence(), ""
}
