package web

import (
	"errors"
	"net/url"

	"holdfast/retention"
	"holdfast/web/ui"
)

// treatment says of each column of an anonymizing policy's table what becomes of it. Where
// the table cannot be read it is empty: the page says enough of that elsewhere.
func (v *visit) treatment(view *ui.PolicyView, p retention.Policy) error {
	if p.Action != retention.ActionAnonymize {
		return nil
	}
	t, err := v.e.TableCoverage(v.ctx, v.actor, p.Table)
	if errors.Is(err, retention.ErrNotFound) || errors.Is(err, retention.ErrUnavailable) {
		return nil
	}
	if err != nil {
		return err
	}
	left, personal := 0, 0
	for _, c := range t.Columns {
		row := ui.TreatmentRow{Name: c.Name, Type: c.Type, State: ui.Pill{Tone: "quiet", Text: "Stays"}}
		if c.Looks.Kind != "" {
			row.Looks = looksWords(c.Looks)
		}
		a, treated := p.Columns[c.Name]
		switch {
		case treated:
			row.State, row.Note = ui.Pill{Tone: "good", Text: "Anonymized"}, anonymizerText(a)
		case c.Key:
			row.Note = "part of the key"
		case len(c.TreatedBy) > 0:
			row.State, row.Note = ui.Pill{Tone: "good", Text: "Anonymized"}, "by another policy"
		case c.Looks.Kind != "":
			row.State = ui.Pill{Tone: "warn", Text: "Stays, and looks personal"}
			personal++
		}
		if !treated {
			left++
		}
		view.Treatment = append(view.Treatment, row)
	}
	view.Left = "It anonymizes " + ui.Count(int64(len(p.Columns)), "column", "columns") + " and leaves " + ui.Num(int64(left)) + "."
	if personal > 0 {
		view.Left += " " + ui.Num(int64(personal)) + " of these " + pick(personal == 1, "looks", "look") + " personal."
	}
	return nil
}

// archive says how the archive of an archiving policy stands: an archive without a policy
// keeps its rows for good, and few people mean that.
func (v *visit) archive(view *ui.PolicyView, p retention.Policy) error {
	if p.Action != retention.ActionArchive {
		return nil
	}
	name := p.ArchiveTable()
	t, err := v.e.TableCoverage(v.ctx, v.actor, name)
	switch {
	case errors.Is(err, retention.ErrNotFound):
		view.Archive = "`" + name.String() + "` is made by the first run. Give it a retention period then, or what is archived stays for good."
		return nil
	case errors.Is(err, retention.ErrUnavailable):
		return nil
	case err != nil:
		return err
	}
	rows := ""
	if t.EstimatedRows >= 0 {
		rows = ", about " + ui.Count(t.EstimatedRows, "row", "rows")
	}
	switch {
	case len(t.Policies) > 0:
		view.Archive = "`" + name.String() + "`" + rows + ", is under `" + t.Policies[0].Name + "`. Legal holds cover what is in it."
	case t.Exemption != nil:
		view.Archive = "`" + name.String() + "`" + rows + ", is exempt: " + t.Exemption.Reason
	default:
		view.Archive = "`" + name.String() + "`" + rows + ", has no policy of its own: what is archived stays for good. Legal holds cover what is in it."
		view.ArchiveHref = "/policies/new?" + url.Values{"table": {name.String()}, "timestamp_column": {"holdfast_archived_at"}}.Encode()
	}
	return nil
}
