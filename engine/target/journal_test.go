package target

import (
	"context"
	"strings"
	"testing"

	"holdfast/retention"
)

func TestTheJournalIsAppendOnlyButForTheMarkOfTheCarrier(t *testing.T) {
	f := newFixture(t, `CREATE TABLE public.events (id bigint PRIMARY KEY, created_at timestamptz NOT NULL)`,
		`INSERT INTO public.events SELECT i, now() - interval '90 days' FROM generate_series(1, 10) AS i`)
	f.run(policy("events", retention.ActionDelete))
	rows, err := f.target.Uncarried(t.Context(), 10)
	if err != nil || len(rows) != 1 {
		t.Fatalf("%d journal rows (%v), want 1", len(rows), err)
	}
	conn := f.connect()
	refused := func(sql string) {
		t.Helper()
		if _, err := conn.Exec(context.Background(), sql); err == nil || !strings.Contains(err.Error(), "keeps what happened") {
			t.Errorf("%s: %v, want it refused", sql, err)
		}
	}
	for _, role := range []string{"origin", "replica"} {
		if _, err := conn.Exec(t.Context(), `SET session_replication_role = `+role); err != nil {
			t.Fatal(err)
		}
		refused(`DELETE FROM holdfast_guard.journal`)
		refused(`TRUNCATE holdfast_guard.journal`)
		refused(`UPDATE holdfast_guard.journal SET processed = 9`)
		refused(`UPDATE holdfast_guard.journal SET digests = '', carried_at = clock_timestamp()`)
		refused(`UPDATE holdfast_guard.journal SET carried_at = NULL`)
	}

	// Two carriers at once: the second finds nothing to mark.
	for range 2 {
		if err := f.target.Carried(t.Context(), []string{rows[0].ID}); err != nil {
			t.Fatalf("mark as carried: %v", err)
		}
	}
	if left, err := f.target.Uncarried(t.Context(), 10); err != nil || len(left) != 0 {
		t.Errorf("%d journal rows are not marked as carried (%v), want none", len(left), err)
	}
	refused(`UPDATE holdfast_guard.journal SET carried_at = clock_timestamp()`)
	if got := f.count(`SELECT processed FROM holdfast_guard.journal`); got != 10 {
		t.Errorf("the journal says %d, want 10 as written", got)
	}
}
