package web

import (
	"net/http"
	"strings"
	"time"

	"github.com/a-h/templ"

	"holdfast/retention"
	"holdfast/web/ui"
)

// whatIf shows what a run of the policy would do, if the reader asks for it: as the policy
// is, or as if rows were kept for another period, or as of another day.
func (v *visit) whatIf(view *ui.PolicyView, p retention.Policy) (status int, err error) {
	period, day := v.query("period"), v.query("as_of")
	view.Period = ui.Field{Name: "period", Label: "If rows were kept for", Value: period, Help: "Such as 30 days or P1Y. Empty is as it is: " + p.RetentionPeriod.Human() + ".",
		Attrs: templ.Attributes{"autocomplete": "off"}}
	view.AsOf = ui.Field{Name: "as_of", Type: "date", Label: "As of the beginning of", Value: day, Help: "A day in the past, with the rows that are there now. Empty is now."}
	if v.query("simulate") == "" {
		return http.StatusOK, nil
	}
	var asOf *time.Time
	if day != "" {
		t, err := time.ParseInLocation(time.DateOnly, day, v.clock.zone)
		if err != nil {
			view.AsOf.Error = "must be a date such as 2026-03-03"
		}
		asOf = &t
	}
	kept := p.RetentionPeriod
	if period != "" {
		if kept, err = retention.ParsePeriod(period); err != nil {
			view.Period.Error = err.Error()
		} else if kept.IsZero() {
			view.Period.Error = "must be longer than nothing"
		}
	}
	if view.AsOf.Error != "" || view.Period.Error != "" {
		return http.StatusUnprocessableEntity, nil
	}
	if kept == p.RetentionPeriod {
		view.Simulation, err = v.simulation(v.e.Simulate(v.ctx, v.actor, p.Name, asOf))
	} else {
		view.Simulation, err = v.otherPeriod(p, kept, asOf)
	}
	if err == nil && view.Simulation.Error == "" && asOf != nil {
		view.Simulation.Answer = "As of " + v.clock.day(*asOf) + ": " + notNowWords(view.Simulation.Answer)
	}
	return http.StatusOK, err
}

// otherPeriod is what a run would do if rows were kept for another period, beside what it
// would do as the policy is.
func (v *visit) otherPeriod(p retention.Policy, kept retention.Period, asOf *time.Time) (*ui.SimulationView, error) {
	s, err := v.e.WhatIf(v.ctx, v.actor, p.Name, kept, asOf)
	view, err := v.simulation(s, err)
	if err != nil || view.Error != "" {
		return view, err
	}
	view.Answer = "If rows were kept for " + kept.Human() + " and not " + p.RetentionPeriod.Human() + ": " + notNowWords(view.Answer)
	view.Notes = append(difference(s), view.Notes...)
	return view, nil
}

// notNowWords takes the present out of a simulation's first line.
func notNowWords(answer string) string {
	return strings.Replace(lowerFirst(answer), "a run now would", "a run would", 1)
}
