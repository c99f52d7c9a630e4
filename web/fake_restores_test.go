package web

import (
	"context"
	"slices"

	"holdfast/retention"
)

func (s *fakeStore) Restores(context.Context, retention.Page) ([]retention.Restore, string, error) {
	unlock, err := s.locked()
	defer unlock()
	return slices.Clone(s.restores), "", err
}

func (s *fakeStore) Restore(_ context.Context, id string) (retention.Restore, error) {
	unlock, err := s.locked()
	defer unlock()
	for _, r := range s.restores {
		if r.ID == id {
			return r, err
		}
	}
	return retention.Restore{}, retention.NotFoundf("there is no restore %s", id)
}

func (s *fakeStore) CreateRestore(_ context.Context, r retention.Restore, by retention.By) (retention.Restore, error) {
	unlock, err := s.locked()
	defer unlock()
	r.ID, r.RequestedBy, r.CreatedAt = "0195-restore-new", by.Actor.Name, s.now
	s.restores = append([]retention.Restore{r}, s.restores...)
	s.record("restore/"+r.ID, nil, r, by)
	return r, err
}

// CheckRestore finds conflicts with whatever is restored from orders but for record 5001.
func (t *fakeTarget) CheckRestore(_ context.Context, spec retention.RestoreSpec) (retention.RestoreTable, error) {
	out := spec.RestoreTable
	if len(spec.Copies) > 0 {
		out.Rows = int64(len(spec.Copies))
		return out, t.down
	}
	out.Rows, out.Held, out.Conflicts = 12_403, 20, []retention.RestoreConflict{
		{Kind: retention.ConflictKeyTaken, Constraint: "orders_pkey", Rows: 3, Samples: []retention.Key{{"4711"}, {"4712"}, {"4713"}}},
		{Kind: retention.ConflictParentMissing, Constraint: "orders_customer_id_fkey", Table: retention.TableName{Schema: "public", Name: "customers"}, Rows: 140, Samples: []retention.Key{{"88"}}},
	}
	return out, t.down
}

func (t *fakeTarget) NewestCopies(_ context.Context, part retention.RestoreTable, ids []retention.Key) (out []retention.RestoreCopy, err error) {
	for _, id := range ids {
		out = append(out, retention.RestoreCopy{Key: id, Archive: part.Archive, RunID: "0195-run-archive", At: t.now})
	}
	return out, t.down
}

func (t *fakeTarget) ReferringFirst(_ context.Context, tables []retention.TableName) ([]int, error) {
	order := make([]int, len(tables))
	for i := range order {
		order[i] = i
	}
	return order, t.down
}

func (t *fakeTarget) NoteArchives(context.Context, []retention.Policy) error { return t.down }

// fillRestores has one that is under way, one that has ended, and one that did nothing.
func fillRestores(s *fakeStore) {
	table := retention.RestoreTable{Table: public("orders"), Archive: public("orders_archive"), Policy: "orders", PolicyVersion: 1, RunID: "0195-run-archive", Rows: 12_403, Held: 20, Restored: 12_240,
		Conflicts: []retention.RestoreConflict{{Kind: retention.ConflictKeyTaken, Constraint: "orders_pkey", Rows: 143}}}
	ok := retention.Restore{ID: "0195-restore-ok", Scope: retention.RestoreScope{RunID: "0195-run-archive"}, OnConflict: retention.OnConflictSkip, Reason: "The auditors ask for the orders of 2014.", Status: retention.RestoreSucceeded,
		Tables: []retention.RestoreTable{table}, RequestedBy: "jane@example.com", CreatedAt: ago(26 * day), StartedAt: agop(26 * day), FinishedAt: agop(26*day - 4e9)}
	live := ok
	live.ID, live.Status, live.FinishedAt, live.CreatedAt, live.StartedAt = "0195-restore-live", retention.RestoreRunning, nil, ago(8e9), agop(6e9)
	table.Restored, table.Conflicts = 5_000, nil
	live.Tables = []retention.RestoreTable{table}
	failed := ok
	failed.ID, failed.Status, failed.OnConflict, failed.CreatedAt = "0195-restore-failed", retention.RestoreFailed, retention.OnConflictRefuse, ago(27*day)
	table.Restored, table.Problem = 0, "public.orders has moved on since rows were archived into public.orders_archive: \"region\" is new, NOT NULL and without a default. ALTER TABLE \"public\".\"orders\" ALTER COLUMN \"region\" DROP NOT NULL;"
	failed.Tables, failed.Errors = []retention.RestoreTable{table}, []string{"nothing is restored: " + table.Problem}
	s.restores = []retention.Restore{live, ok, failed}
}
