package web

import (
	"net/http"
	"net/url"
	"testing"

	"github.com/google/go-cmp/cmp"

	"holdfast/retention"
)

func TestARollupGoesThroughTheFormAndBack(t *testing.T) {
	store := filledStore()
	s := signedIn(t, store, catalog())
	form := url.Values{
		"name": {"lines"}, "table": {"public.session_logs"}, "timestamp_column": {"created_at"}, "retention_period": {"90 days"}, "action": {"delete"}, "legal_basis": {"x"},
		"batch_size": {"5000"}, "evidence": {"records"}, "time_zone": {"UTC"}, "grace": {"P2D"}, "enabled": {"true"},
		"rollup.table": {"public.daily"}, "rollup.group_by": {" day = (created_at AT TIME ZONE 'UTC')::date\n\nkind=coalesce(kind, '=')"}, "rollup.measures": {"sessions = count\nbytes = sum(bytes)"},
	}
	want := &retention.Rollup{Table: public("daily"), GroupBy: map[string]string{"day": "(created_at AT TIME ZONE 'UTC')::date", "kind": "coalesce(kind, '=')"},
		Measures: map[string]string{"sessions": "count", "bytes": "sum(bytes)"}}
	draft := draftOfForm(form)
	p, f := draft.policy()
	if diff := cmp.Diff(want, p.Rollup); diff != "" || f.any() {
		t.Fatalf("read (-want +got):\n%s %v", diff, f)
	}
	again, f := draftOfPolicy(p).policy()
	if diff := cmp.Diff(want, again.Rollup); diff != "" || f.any() {
		t.Errorf("written and read again (-want +got):\n%s %v", diff, f)
	}
	form.Set("action", "anonymize")
	if p, _ := draftOfForm(form).policy(); p.Rollup != nil {
		t.Error("an anonymizing policy has a rollup")
	}
	form.Set("action", "delete")
	form.Set("rollup.measures", "sessions = median(x)")
	a := s.post("/policies", form)
	wantCode(t, a, http.StatusUnprocessableEntity)
	wantText(t, a, "main", "Sessions: \"median(x)\" is no measure")
	form.Set("rollup.measures", "count")
	wantText(t, s.post("/policies", form), "main", "Must have a column and what it gets on each line")
}
