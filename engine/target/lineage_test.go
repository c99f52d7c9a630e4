package target

import (
	"maps"
	"slices"

	"github.com/google/uuid"

	"holdfast/retention"
)

// holdFamily places a hold on records with everything that belongs to them.
func (f *fixture) holdFamily(table retention.TableName, depth int, ids ...retention.Key) string {
	f.Helper()
	h := retention.Hold{ID: uuid.NewString(), Matter: "Test v. Test", Scope: []retention.Scope{{Table: table, RecordIDs: ids, Family: &retention.Family{Depth: depth}}}}
	if err := f.target.CheckKeys(f.Context(), h); err != nil {
		f.Fatalf("check keys: %v", err)
	}
	if err := f.target.StageHold(f.Context(), h); err != nil {
		f.Fatalf("stage hold: %v", err)
	}
	if _, _, err := f.target.ActivateHold(f.Context(), h.ID); err != nil {
		f.Fatalf("activate hold: %v", err)
	}
	return h.ID
}

// foreseen compares what a preview of the world's families counts with the model.
func (f *fixture) foreseen(w world) {
	f.Helper()
	for _, h := range w.holds {
		if !h.family {
			continue
		}
		s := retention.Scope{Table: worldName(h.table), Family: &retention.Family{Depth: h.depth}}
		for _, n := range h.rows {
			s.RecordIDs = append(s.RecordIDs, worldKeys[w.tables[h.table].key].value(n))
		}
		p, _, err := f.target.PreviewHold(f.Context(), retention.Hold{Scope: []retention.Scope{s}}, []retention.Policy{w.policy()}, retention.Period{})
		if err != nil {
			f.Fatal(err)
		}
		want, got := map[string]int64{}, map[string]int64{}
		for x := range w.belongs(h) {
			if x.table != h.table || !slices.Contains(h.rows, x.row) {
				want[worldName(x.table).String()]++
			}
		}
		for _, b := range p.Scopes[0].Belongings {
			if b.Problem != "" {
				f.Errorf("%s: %s", b.Table, b.Problem)
			}
			if b.RecordCount > 0 {
				got[b.Table.String()] = b.RecordCount
			}
		}
		if !maps.Equal(got, want) {
			f.Errorf("a preview of %+v counts %v, the model %v", h, got, want)
		}
	}
}

