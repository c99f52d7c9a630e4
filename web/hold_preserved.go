package web

import (
	"holdfast/retention"
	"holdfast/web/ui"
)

// shownPreserved is how many old versions the hold's page shows.
const shownPreserved = 10

// holdPreserved shows what was kept of held rows; nil for a hold that keeps nothing. A database
// that is away does not keep the page from being shown.
func (v *visit) holdPreserved(h retention.Hold) *ui.PreservedView {
	if h.Enforcement != retention.EnforcePreserve {
		return nil
	}
	view := &ui.PreservedView{ExportHref: "/api/v1/holds/" + h.ID + "/preserved/export"}
	rows, _, err := v.e.PreservedRows(v.ctx, v.actor, h.ID, retention.Page{Limit: shownPreserved})
	var n int64
	if err == nil {
		n, err = v.e.CountPreserved(v.ctx, v.actor, h.ID)
	}
	if err != nil {
		v.opts.Log.WarnContext(v.ctx, "what a hold has kept could not be read", "hold", h.ID, "error", err)
		view.Problem = "What was kept cannot be read now: the governed database does not answer. Nothing was lost."
		return view
	}
	view.Answer = "Nobody has changed or deleted a held record."
	if n > 0 {
		view.Answer = "Held records were changed or deleted " + ui.Count(n, "time", "times") + "; what they were before is kept."
		if n > int64(len(rows)) {
			view.Answer += " The newest:"
		}
	}
	for _, r := range rows {
		row := ui.PreservedRow{Table: r.Table.String(), Operation: r.Operation, By: r.User, At: v.clock.exactly(r.At), Row: string(r.Row)}
		if r.Application != "" {
			row.By += " (" + r.Application + ")"
		}
		if r.Key != nil {
			row.Key, row.Href = keyText(r.Key), recordHref(r.Table, r.Key)
		}
		view.Rows = append(view.Rows, row)
	}
	return view
}
