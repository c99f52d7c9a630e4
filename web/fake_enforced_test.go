package web

import "holdfast/retention"

// notEnforced has the application be able to change what the first hold is to keep from it.
func notEnforced(s *fakeStore) {
	h := &s.holds[0]
	h.Enforcement = retention.EnforceRefuse
	h.Faults = []retention.HoldFault{{
		Table: public("orders"), On: public("orders"), Effect: retention.FaultNotEnforced,
		Reason: "public.orders has no trigger against UPDATE and DELETE; the trigger against TRUNCATE on public.orders is disabled, or does not always fire",
		Remedy: "Holdfast puts it back by itself, every minute, as far as it may; find out who took it away",
	}}
}
