package web

import (
	"net/url"
	"strings"
	"testing"

	"holdfast/retention"
)

func TestDroppingEmptyPartitionsGoesThroughTheFormAndBack(t *testing.T) {
	store := filledStore()
	s := signedIn(t, store, catalog())
	form := url.Values{
		"name": {"lines"}, "table": {"public.session_logs"}, "timestamp_column": {"created_at"}, "retention_period": {"90 days"}, "action": {"delete"}, "legal_basis": {"x"},
		"batch_size": {"5000"}, "evidence": {"counts"}, "time_zone": {"UTC"}, "grace": {"P2D"}, "enabled": {"true"}, "drop_empty_partitions": {"true"},
	}
	for action, want := range map[string]bool{"delete": true, "archive": true, "anonymize": false} {
		form.Set("action", action)
		p, _ := draftOfForm(form).policy()
		again, _ := draftOfPolicy(p).policy()
		if p.DropEmptyPartitions != want || again.DropEmptyPartitions != want {
			t.Errorf("%s: read %t, written and read again %t, want %t", action, p.DropEmptyPartitions, again.DropEmptyPartitions, want)
		}
	}
	form.Set("action", "delete")
	p, f := draftOfForm(form).policy()
	if f.any() {
		t.Fatal(f)
	}
	store.versions["lines"] = []retention.Policy{p.WithDefaults()}
	if body := s.get("/policies/lines/edit").body; !strings.Contains(body, `name="drop_empty_partitions" value="true" checked`) {
		t.Error("the box is not ticked when the policy is edited")
	}
	wantText(t, s.get("/policies/lines"), "main", "dropped once they are older than the cutoff as a whole")
}
