package web

import (
	"net/http"

	"holdfast/retention"
	"holdfast/web/ui"
)

// holdProof is the page of a hold's proof.
func holdProof(v *visit) error {
	p, err := v.e.ProveHold(v.ctx, v.actor, v.param("id"))
	if err != nil {
		return err
	}
	h := p.Hold
	view := ui.HoldProofView{
		Head:  ui.Head{Title: "Proof: " + h.Matter, Parent: h.Matter, ParentHref: "/holds/" + h.ID, Answer: v.proofAnswer(p), Tone: map[retention.ProofVerdict]string{retention.ProofStands: "good", retention.ProofFails: "bad", retention.ProofCannotTell: "warn"}[p.Verdict()]},
		Facts: v.proofFacts(p), Against: proofAgainst(p), Limits: v.proofLimits(p),
	}
	if changed := faultSentences(h); len(changed) > 0 {
		view.Limits = append(changed, view.Limits...)
		if p.Verdict() == retention.ProofStands {
			view.Head.Tone = "warn"
			view.Head.Answer += " But tables that it names are not what they were when it was placed, and of what others did to their rows the evidence knows nothing."
		}
	}
	for _, s := range p.Scopes {
		view.Scopes = append(view.Scopes, v.scopeProof(s, p.Batches))
	}
	for _, r := range p.Runs {
		view.Runs = append(view.Runs, ui.SuspendedRow{Href: "/runs/" + r.RunID, At: v.clock.exactly(r.At), Policy: r.Policy, Table: r.Table.String(), Held: r.Held})
	}
	if view.Events, err = v.holdEvents(h); err != nil {
		return err
	}
	return v.render(http.StatusOK, ui.HoldProof(v.shell("holds", "Proof: "+h.Matter), view))
}

func (v *visit) proofAnswer(p retention.HoldProof) string {
	until := v.clock.exactly(p.AsOf).Text + ", when this was checked"
	if p.Until != nil {
		until = v.clock.exactly(*p.Until).Text + ", when the hold ended"
	}
	between := v.clock.toMillis(*p.From).Text + " and " + until
	switch p.Verdict() {
	case retention.ProofFails:
		return "The evidence speaks against this hold: something that it covers was disposed of while it was in force, or a batch was judged without it."
	case retention.ProofCannotTell:
		return "Nothing speaks against this hold between " + between + ", but not all of the evidence can tell."
	}
	return "Nothing in the evidence speaks against this hold: no covered record was disposed of by Holdfast between " + between + "."
}

func (v *visit) proofFacts(p retention.HoldProof) []ui.Pair {
	h := p.Hold
	facts := []ui.Pair{
		{Name: "Matter", Value: h.Matter},
		{Name: "Reason", Value: h.Reason},
		{Name: "Placed", Value: v.clock.exactly(h.CreatedAt).Text + " by " + h.CreatedBy},
		{Name: "Governed database", Value: p.Database + ", in the PostgreSQL cluster " + p.SystemIdentifier},
		{Name: "In force from", Value: v.clock.toMillis(*p.From).Text},
	}
	if p.Until != nil {
		facts = append(facts, ui.Pair{Name: "In force until", Value: v.clock.exactly(*p.Until).Text}, ui.Pair{Name: "Released by", Value: h.ReleasedBy}, ui.Pair{Name: "Reason for the release", Value: h.ReleaseReason})
	}
	if p.Epoch > 0 {
		facts = append(facts, ui.Pair{Name: "In force from list", Value: "number " + ui.Num(p.Epoch) + " of the lists of holds in force; each batch keeps the number of the list by which it was judged"})
	}
	return append(facts,
		ui.Pair{Name: "Batches in that time", Value: ui.Num(p.Batches) + ", of which " + ui.Num(p.EarlierCount) + " were judged by an earlier list of holds"},
		ui.Pair{Name: "Checked", Value: v.clock.exactly(p.AsOf).Text}, ui.Pair{Name: "Id", Value: h.ID, Code: true})
}

func proofAgainst(p retention.HoldProof) []string {
	var out []string
	if n := p.EarlierCount; n > 0 {
		out = append(out, ui.Count(n, "batch", "batches")+" that began after the hold was in force "+pick(n == 1, "was", "were")+" judged by a list of holds from before it: "+joinSome(p.Earlier, 5)+".")
	}
	for _, s := range p.Scopes {
		if n := s.DisposedCount; n > 0 {
			keys := make([]string, len(s.Disposed))
			for i, g := range s.Disposed {
				keys[i] = keyText(g.Key)
			}
			out = append(out, ui.Count(n, "record", "records")+" of `"+s.Table.String()+"` that the hold covers "+pick(n == 1, "is", "are")+" among what was disposed of: "+joinSome(keys, 10)+".")
		}
		if s.Alone && s.Processed > 0 {
			out = append(out, ui.Count(s.Processed, "record", "records")+" of `"+s.Table.String()+"`, which is held as a whole, went.")
		}
	}
	return out
}

func (v *visit) scopeProof(s retention.ScopeProof, batches int64) ui.ScopeProofRow {
	row := ui.ScopeProofRow{Table: s.Table.String(), Condition: s.Condition, Disposed: s.DisposedCount, Others: s.Processed}
	switch {
	case s.Belongs:
		row.What, row.Checked = "what belongs to records of another table, "+ui.Num(s.Records)+" when the hold was placed", "the list of holds of every batch of "+ui.Num(batches)
	case s.Alone:
		row.What, row.Checked = "the whole table", "every batch of "+ui.Num(batches)
		row.Disposed, row.Others = s.Processed, 0
	case s.All:
		row.What, row.Checked = "the whole partition", "the list of holds of every batch of "+ui.Num(batches)
	case s.Condition != "":
		row.What, row.Checked = "what fits the condition", "the list of holds of every batch of "+ui.Num(batches)
	case !s.ByDigest:
		row.What, row.Checked = ui.Count(s.Records, "record by id", "records by id"), "the list of holds of every batch of "+ui.Num(batches)
	default:
		row.What, row.Checked = ui.Count(s.Records, "record by id", "records by id"), ui.Count(s.Records, "digest in", "digests in")+" "+ui.Count(batches, "batch", "batches")
		row.Others -= row.Disposed
	}
	if s.Until != nil {
		row.What = "until " + v.clock.exactly(*s.Until).Text + ", when it fell out of the hold: " + row.What
	}
	return row
}

// proofLimits say how far the evidence can tell.
func (v *visit) proofLimits(p retention.HoldProof) []string {
	out := []string{"This is about what Holdfast disposed of, not about what others change in the database. Each batch keeps the number of the list of holds that it was judged by. While one is at work no list can change, so a batch of the hold's first list or a later one has judged every row by it."}
	var untold int64
	condition, several, belongs := false, false, false
	var archives []string
	for _, s := range p.Scopes {
		if !s.Alone {
			untold += s.Untold
		}
		condition = condition || s.Condition != ""
		several = several || !s.All && s.Condition == "" && !s.ByDigest && !s.Belongs
		belongs = belongs || s.Belongs
		for _, a := range s.Archives {
			archives = append(archives, "`"+a.String()+"`")
		}
	}
	if several {
		out = append(out, "Values of a key can be written in several ways (1.0 and 1.00), and digests are of one text. The list of holds speaks for those ids.")
	}
	if len(archives) > 0 {
		out = append(out, "Copies in "+joinSome(archives, 5)+" are covered too. The lists of holds of the batches of those tables were looked at, their digests were not: a copy has a key of its own.")
	}
	if p.Epoch == 0 {
		out = append(out, "Since when the lists of holds have this hold was not kept: it is of before that was, or the governed database has lost it. The digests alone speak for it.")
	}
	if condition {
		out = append(out, "Whether a row fits a condition is judged by the statement that would change it. Evidence keeps no contents, so it cannot be judged again afterwards.")
	}
	if belongs {
		out = append(out, "Whether a row belongs to a held record is judged by the statement that would change it, by the foreign keys that it has then.")
	}
	if untold > 0 {
		out = append(out, ui.Count(untold, "other record", "other records")+" of these tables went under policies with counts alone as evidence. No digest tells which; the list of holds of their batches does.")
	}
	if p.PutBackAt != nil {
		out = append(out, "The governed database had lost the hold, as after a restore, and it was put back on "+v.clock.exactly(*p.PutBackAt).Text+". Of "+ui.Count(p.Unjudged, "batch", "batches")+" before that the digests alone speak.")
	}
	return out
}
