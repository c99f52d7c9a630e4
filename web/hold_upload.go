package web

import (
	"errors"
	"io"
	"mime/multipart"
	"net/http"
	"net/url"
	"strings"

	"github.com/a-h/templ"

	"holdfast/internal/idlist"
	"holdfast/retention"
	"holdfast/web/ui"
)

// maxShownLines bounds each list of lines on the page; the API answers more.
const maxShownLines = 200

// uploadForm is the form that sends a list of records, where the hold takes one.
func (v *visit) uploadForm(view *ui.HoldView, h retention.Hold) {
	form := ui.UploadForm{Awaited: h.Status == retention.HoldApplying && h.Awaits()}
	if !form.Awaited && h.Status != retention.HoldActive && h.Status != retention.HoldReviewDue {
		return
	}
	var options []ui.Option
	if form.Awaited {
		for _, s := range h.Scope {
			if s.Upload != "" {
				options = append(options, ui.Option{Value: s.Table.String(), Text: s.Table.String()})
			}
		}
	} else {
		tables, err := v.tables()
		if err != nil {
			return // the database is away: nothing could be sent now
		}
		first := ""
		if len(h.Scope) > 0 {
			first = h.Scope[0].Table.String()
		}
		options = tableOptions(tables, first)
		form.Why = ui.Field{Name: "upload_reason", Label: "Why the hold covers more", Help: "It is recorded with your name.", Attrs: templ.Attributes{"rows": "2", "required": true, "maxlength": "4000"}}
	}
	form.Table = ui.Choice{Name: "table", Label: "Table", Options: options, Help: "The table that the records are in."}
	view.Upload = &form
}

// uploadRecords takes a list of records as it arrives. The file comes last in the form.
func uploadRecords(v *visit) error {
	parts, err := v.r.MultipartReader()
	if err != nil {
		return retention.Invalid("list", "must be sent with the form of the hold's page (multipart/form-data)")
	}
	fields := url.Values{}
	for {
		part, err := parts.NextPart()
		if errors.Is(err, io.EOF) {
			return v.notUploaded("Choose the file that has the list.")
		}
		if err != nil {
			return err
		}
		if part.FormName() == "list" {
			return v.takeList(fields, part)
		}
		text, err := io.ReadAll(io.LimitReader(part, 8192))
		if err != nil {
			return err
		}
		fields.Set(part.FormName(), string(text))
	}
}

func (v *visit) takeList(fields url.Values, file *multipart.Part) error {
	table, err := retention.ParseTableName(fields.Get("table"))
	if err != nil || file.FileName() == "" {
		return v.notUploaded("Choose the table and the file that has the list.")
	}
	up, err := v.e.UploadRecords(v.ctx, v.actor, v.param("id"), table, fields.Get("upload_reason"), idlist.Lines(file))
	if _, tooLarge := errors.AsType[*http.MaxBytesError](err); tooLarge {
		return v.notUploaded("The file is larger than 1 GB. What came of it is kept; send the rest as another list.")
	}
	if f, ok := faultsOf(err); ok {
		return v.notUploaded("The list was not taken: " + pick(f.fields[0].Field == "body", "it", f.fields[0].Field) + " " + f.fields[0].Message + ".")
	}
	if errors.Is(err, retention.ErrConflict) {
		return v.notUploaded("The list was not taken: " + strings.TrimPrefix(err.Error(), retention.ErrConflict.Error()+": ") + ".")
	}
	if err != nil {
		return err
	}
	return v.render(http.StatusOK, ui.Upload(v.shell("holds", "List of records"), v.uploadView(up)))
}

// notUploaded is the hold's page with what is wrong.
func (v *visit) notUploaded(why string) error {
	h, err := v.e.Hold(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	var f faults
	f.add("list", why)
	return v.holdPage(http.StatusUnprocessableEntity, h, f)
}

func (v *visit) uploadView(up retention.HoldUpload) ui.UploadView {
	in := " They are in force."
	if !up.Hold.Status.InForce() {
		in = " The hold awaits another list before it is in force."
	}
	view := ui.UploadView{
		Head: ui.Head{Title: "List of records", Parent: up.Hold.Matter, ParentHref: "/holds/" + up.Hold.ID,
			Answer: ui.Count(up.Added, "record of", "records of") + " `" + up.Table.String() + "` " + pick(up.Added == 1, "was", "were") + " added to the hold." + pick(up.Added == 0, "", in),
			Tone:   pick(up.Bad > 0, "warn", "good")},
		Stats: []ui.Stat{
			{Label: "Lines", Value: ui.Num(up.Lines)}, {Label: "Added", Value: ui.Num(up.Added)}, {Label: "No ids", Value: ui.Num(up.Bad)},
			{Label: "Held already", Value: ui.Num(up.Duplicates)}, {Label: "Without a row", Value: ui.Num(up.NotFound)},
		},
		Href: "/holds/" + up.Hold.ID,
	}
	view.Bad, view.MoreBad = lineRows(up.BadLines, up.Bad)
	view.Missing, view.MoreMissing = lineRows(up.NotFoundLines, up.NotFound)
	for i := range view.Missing {
		view.Missing[i].Reason = ""
	}
	repeated := make([]retention.LineFault, len(up.DuplicateLines))
	for i, line := range up.DuplicateLines {
		repeated[i].Line = line
	}
	view.Repeated, view.MoreRepeated = lineRows(repeated, up.Duplicates)
	return view
}

// lineRows are the first lines of a list of them, and how many more there are.
func lineRows(lines []retention.LineFault, all int64) (rows []ui.LineRow, more int64) {
	for _, l := range lines[:min(len(lines), maxShownLines)] {
		rows = append(rows, ui.LineRow{Line: l.Line, Text: l.Text, Reason: l.Reason})
	}
	return rows, all - int64(len(rows))
}
