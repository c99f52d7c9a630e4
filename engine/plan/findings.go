package plan

import (
	"fmt"
	"slices"
	"strings"

	"holdfast/retention"
)

// large is the number of rows from which reading a table as a whole hurts.
const large = 100_000

// Findings are what the catalog says against the policy: what makes its runs slow, or
// leaves rows where they are. removing are the tables that live policies remove rows of.
func (p *Plan) Findings(removing []retention.TableName) []retention.Finding {
	var out []retention.Finding
	out = append(out, p.findWalk()...)
	out = append(out, p.findReferences(removing)...)
	out = append(out, p.findTable()...)
	for i := range out {
		out[i].Policy = p.Policy.Name
		if out[i].Table.IsZero() {
			out[i].Table = p.Root.Name
		}
	}
	return out
}

func weight(t *Table) retention.Severity {
	if t.EstimatedRows >= large {
		return retention.SeverityHurts
	}
	return retention.SeverityNote
}

// createIndex prints the statement that makes an index on columns of a table, without
// keeping writers out where PostgreSQL can do that.
func createIndex(t *Table, columns ...string) (sql, remedy string) {
	quoted := make([]string, len(columns))
	for i, c := range columns {
		quoted[i] = retention.QuoteIdent(c)
	}
	if t.Kind == KindPartitioned || t.IsPartition {
		return fmt.Sprintf("CREATE INDEX ON %s (%s);", t.Logical().SQL(), strings.Join(quoted, ", ")),
			"create one; on a partitioned table this keeps writers out while it works, unless each partition is given its own before (CONCURRENTLY)"
	}
	return fmt.Sprintf("CREATE INDEX CONCURRENTLY ON %s (%s);", t.Name.SQL(), strings.Join(quoted, ", ")), "create one; CONCURRENTLY keeps no writer out"
}

func (p *Plan) findWalk() []retention.Finding {
	column := p.Time.Column
	var out []retention.Finding
	if p.Root.LeadingIndex(column.Name) == nil {
		sql, remedy := createIndex(p.Root, column.Name)
		out = append(out, retention.Finding{Kind: retention.FindingNoIndex, Severity: weight(p.Root), SQL: sql, Remedy: remedy,
			Says: fmt.Sprintf("No complete index begins with `%s`: every run, simulation and measurement reads the whole of `%s`.", column.Name, p.Root.Name)})
	}
	if p.Time.Kind == TimeLocal && p.Policy.TimeZone == "UTC" {
		out = append(out, retention.Finding{Kind: retention.FindingZone, Severity: retention.SeverityNote,
			Says:   fmt.Sprintf("`%s` has no time zone, and the policy declares none: it is read as UTC.", column.Name),
			Remedy: "if the application writes local time, say whose in the policy's `time_zone`"})
	}
	return out
}

// unindexed are the references of which no index of the referring table begins with the
// columns: for every row that goes PostgreSQL reads that table as a whole, however we carry it
// out. A million rows took 55 to 80 ms in memory.
func (p *Plan) unindexed() (refs []Reference) {
	for _, m := range p.Family {
		for _, r := range m.References {
			if !r.Indexed() {
				refs = append(refs, r)
			}
		}
	}
	return refs
}

// readable is how many rows a batch may have PostgreSQL read like that, in well under a second.
const readable = 10_000_000

// MostRows bounds the rows of a batch for that reason; 0 for no bound. Batches of the policy's
// size ran into the time-out of 10 s first, three times and with all their locks.
func (p *Plan) MostRows() int {
	var each int64
	for _, r := range p.unindexed() {
		each += max(0, r.Children.EstimatedRows)
	}
	if each == 0 {
		return 0
	}
	return int(max(1, readable/each))
}

// Unindexed refuses to remove rows to which so many others refer without an index that every
// batch would have one row. Of fewer Describe and Findings tell.
func (p *Plan) Unindexed() error {
	for _, r := range p.unindexed() {
		if r.Children.EstimatedRows < readable {
			continue
		}
		sql, remedy := createIndex(r.Children, r.ChildCols...)
		return refuse("table", fmt.Sprintf("%s, with about %d rows, refers to %s by %q (%s), and no index begins with that: PostgreSQL would read the whole of it for every row that goes", r.Children.Logical(), r.Children.EstimatedRows, r.Parent, strings.Join(r.ChildCols, ", "), r.Name),
			remedy+": "+sql)
	}
	return nil
}

func (p *Plan) findReferences(removing []retention.TableName) []retention.Finding {
	var out []retention.Finding
	for i, m := range p.Family {
		for _, r := range m.References {
			child, columns := r.Children.Logical(), strings.Join(r.ChildCols, "`, `")
			if !r.Indexed() {
				sql, remedy := createIndex(r.Children, r.ChildCols...)
				out = append(out, retention.Finding{Table: child, Kind: retention.FindingForeignKey, Severity: weight(r.Children), SQL: sql, Remedy: remedy,
					Says: fmt.Sprintf("`%s` refers to `%s` by `%s` (%s), and no index begins with that: the whole of it is read for every row that goes.", child, m.Table.Logical(), columns, r.Name)})
			}
			gone := r.Member >= 0 && p.Family[r.Member].Removed
			if r.Effect != EffectBlocks || gone || child == p.Root.Name || slices.Contains(removing, child) {
				continue
			}
			under := ""
			if i > 0 {
				under = fmt.Sprintf(", which go with those of `%s`", p.Root.Name)
			}
			out = append(out, retention.Finding{Table: child, Kind: retention.FindingBlocked, Severity: retention.SeverityNote,
				Says:   fmt.Sprintf("Rows of `%s` keep the rows of `%s` that they refer to by `%s` (%s)%s, and no policy removes them.", child, m.Table.Logical(), columns, r.Name, under),
				Remedy: "give that table a policy of its own, which runs first, if its rows may go"})
		}
	}
	return dedupe(out)
}

// dedupe leaves each finding once: partitions have their foreign keys one by one.
func dedupe(list []retention.Finding) []retention.Finding {
	var out []retention.Finding
	for _, f := range list {
		if !slices.ContainsFunc(out, func(o retention.Finding) bool { return o.Kind == f.Kind && o.Says == f.Says }) {
			out = append(out, f)
		}
	}
	return out
}

func (p *Plan) findTable() []retention.Finding {
	var out []retention.Finding
	if p.Key == nil {
		f := retention.Finding{Kind: retention.FindingNoKey, Severity: retention.SeverityHurts,
			Says:   fmt.Sprintf("`%s` has no primary key, and no unique one over columns that are never NULL: no record of it can be held by its id, explained, or proven to have been disposed of.", p.Root.Name),
			Remedy: "declare its key"}
		if p.Root.Kind == KindTable && p.Policy.Action != retention.ActionArchive {
			f.Remedy = "declare its key; if it has none, this adds one, which rewrites the table, keeps everybody out while it does, and gives the application a column more"
			f.SQL = fmt.Sprintf("ALTER TABLE %s ADD COLUMN row_id bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY;", p.Root.Name.SQL())
		}
		out = append(out, f)
	}
	for i := range p.Policy.YieldsTo {
		if o := &p.Policy.YieldsTo[i]; p.Idle {
			why, _ := o.Outranks(&p.Policy)
			out = append(out, retention.Finding{Kind: retention.FindingLeftToAnother, Severity: retention.SeverityHurts,
				Says:   fmt.Sprintf("It disposes of nothing: the policy `%s` is about the same rows, and decides, since %s.", o.Name, why),
				Remedy: "retire one of the two, or give them conditions that tell their rows apart"})
			break
		}
	}
	var names []string
	for _, tr := range p.Root.Triggers {
		if tr.Row && !tr.Before && p.Root.Kind == KindTable && tr.fires(p.Policy.Action) {
			names = append(names, tr.Name)
		}
	}
	if len(names) > 0 {
		out = append(out, retention.Finding{Kind: retention.FindingRowTriggers, Severity: weight(p.Root),
			Says:   fmt.Sprintf("Triggers of `%s` fire once for each row: `%s`. A run calls their functions as often as it disposes of rows.", p.Root.Name, strings.Join(names, "`, `")),
			Remedy: "where it can be, make them AFTER … FOR EACH STATEMENT with a transition table (REFERENCING OLD TABLE AS gone), which is called once a batch"})
	}
	return out
}
