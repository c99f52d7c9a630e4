package realdata

import (
	"testing"
	"time"

	"holdfast/retention"
)

// TestACustomerHeldWithEverythingSurvivesPoliciesOnEachOfItsTables places a hold on a customer of Pagila, whose
// payments are in partitions with foreign keys of their own, and has policies take whatever is
// free of payments, rentals and customers.
func TestACustomerHeldWithEverythingSurvivesPoliciesOnEachOfItsTables(t *testing.T) {
	t.Parallel()
	h := newHouse(t, "pagila")
	held := map[string]string{
		"public.customer": `x.customer_id = 5`,
		"public.rental":   `x.customer_id = 5`,
		"public.payment":  `x.customer_id = 5 OR x.rental_id IN (SELECT r.rental_id FROM public.rental AS r WHERE r.customer_id = 5)`,
	}
	before := map[string]int64{}
	for table, where := range held {
		before[table] = h.count(`SELECT count(*) FROM ` + table + ` AS x WHERE ` + where)
	}
	if before["public.customer"] != 1 || before["public.rental"] == 0 || before["public.payment"] == 0 {
		t.Fatalf("customer 5 has %v, want rentals and payments", before)
	}
	scope := []retention.Scope{{Table: tableName(t, "public.customer"), RecordIDs: []retention.Key{{"5"}}, Family: &retention.Family{}}}
	p, err := h.engine.PreviewHold(t.Context(), h.actor, scope)
	if err != nil {
		t.Fatal(err)
	}
	got := map[string]int64{"public.customer": p.Scopes[0].RecordCount}
	payments := int64(0)
	for _, b := range p.Scopes[0].Belongings {
		if b.Problem != "" {
			t.Errorf("%s: %s", b.Table, b.Problem)
		}
		if b.Table.Name == "rental" {
			got["public.rental"] = b.RecordCount
		} else {
			payments += b.RecordCount
		}
	}
	if got["public.rental"] != before["public.rental"] || payments < before["public.payment"] {
		t.Errorf("the preview counts %v and %d payments, want %v", got, payments, before)
	}
	placed, err := h.engine.PlaceHold(t.Context(), h.actor, retention.Hold{Matter: "m", Reason: "r", Scope: scope})
	if err != nil || !placed.Status.InForce() || len(placed.Scope[0].Belongings) < 2 {
		t.Fatalf("placed %+v, %v", placed, err)
	}
	h.policies(deleting(t, "payments", "public.payment", "payment_date"), deleting(t, "rentals", "public.rental", "rental_date"), deleting(t, "customers", "public.customer", "create_date"))
	run := h.run(time.Now())
	for table, where := range held {
		if n := h.count(`SELECT count(*) FROM ` + table + ` AS x WHERE ` + where); n != before[table] {
			t.Errorf("%s: %d of %d held rows are left", table, n, before[table])
		}
	}
	if n := h.count(`SELECT count(*) FROM public.payment`); n != before["public.payment"] {
		t.Errorf("%d payments are left, want the %d held ones alone: %+v", n, before["public.payment"], run.Policies)
	}
	if n := h.count(`SELECT count(*) FROM public.rental`); n != before["public.rental"] {
		t.Errorf("%d rentals are left, want the %d held ones alone: %+v", n, before["public.rental"], run.Policies)
	}
}
