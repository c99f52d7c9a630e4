package web

import (
	"net/http"

	"github.com/go-chi/chi/v5"

	"holdfast/retention"
	"holdfast/web/ui"
)

func (s *server) doctorRoutes(r chi.Router) { r.Get("/doctor", s.page(doctor)) }

// doctor lists what hurts the policies, the worst first.
func doctor(v *visit) error {
	d, err := v.e.Doctor(v.ctx, v.actor)
	if err != nil {
		return err
	}
	view := ui.DoctorView{Head: doctorHead(d), AsOf: v.clock.at(d.AsOf)}
	for _, f := range d.Findings {
		row := ui.Finding{State: findingPill(f.Severity), Says: f.Says, Remedy: upperFirst(f.Remedy) + ".", SQL: f.SQL, About: "The database"}
		if f.Policy != "" {
			row.About, row.Href = f.Policy, "/policies/"+f.Policy
		}
		view.Findings = append(view.Findings, row)
	}
	return v.render(http.StatusOK, ui.Doctor(v.shell("policies", view.Head.Title), view))
}

func findingPill(s retention.Severity) ui.Pill {
	switch s {
	case retention.SeverityBroken:
		return ui.Pill{Tone: "bad", Text: "Broken"}
	case retention.SeverityHurts:
		return ui.Pill{Tone: "warn", Text: "Hurts"}
	}
	return ui.Pill{Tone: "quiet", Text: "To know"}
}

func doctorHead(d retention.Diagnosis) ui.Head {
	n := map[retention.Severity]int64{}
	for _, f := range d.Findings {
		n[f.Severity]++
	}
	h := ui.Head{Title: "Doctor", Parent: "Policies", ParentHref: "/policies", Tone: "good", Answer: "Nothing hurts the " + ui.Count(int64(d.Policies), "policy", "policies") + " that there " + pick(d.Policies == 1, "is", "are") + "."}
	switch {
	case n[retention.SeverityBroken] > 0:
		h.Tone, h.Answer = "bad", ui.Count(n[retention.SeverityBroken], "policy cannot", "policies cannot")+" be carried out as they stand."
		if n[retention.SeverityBroken] == 1 {
			h.Answer = "1 policy cannot be carried out as it stands."
		}
	case n[retention.SeverityHurts] > 0:
		h.Tone, h.Answer = "warn", ui.Count(n[retention.SeverityHurts], "thing hurts", "things hurt")+" runs or the database."
	case n[retention.SeverityNote] > 0:
		h.Answer = "Nothing hurts; " + ui.Count(n[retention.SeverityNote], "thing is", "things are") + " good to know."
	}
	return h
}
