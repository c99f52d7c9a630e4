package web

import (
	"context"
	"slices"
	"time"

	"holdfast/retention"
)

// awaitsList has one hold await a list of records, and one that does not fit its table.
func awaitsList(s *fakeStore) {
	for i := range s.holds {
		switch h := &s.holds[i]; h.ID {
		case "0195-new":
			h.Scope = []retention.Scope{{Table: retention.TableName{Schema: "public", Name: "orders"}, Upload: retention.UploadAwaited}}
		case "0195-tax":
			h.Faults = []retention.HoldFault{{
				Table: h.Scope[0].Table, On: h.Scope[0].Table, Effect: retention.FaultWholeTable,
				Reason: "a column that its condition (customer_id = 42) asks for was dropped, renamed or given another type, precision, collation or labels since",
				Remedy: "give the column its former name and type back, or place the hold anew with today's columns and then release this one",
			}}
		}
	}
}

func (s *fakeStore) BeginUpload(context.Context, string, retention.TableName, retention.By) (scope, have int, err error) {
	return 0, 0, nil
}

func (s *fakeStore) StaleUploads(context.Context) (map[string][]int, error) { return nil, nil }

func (s *fakeStore) AppendRecords(_ context.Context, _ string, _ retention.TableName, scope, _ int, _, _ []retention.Key) (int, []int, error) {
	return scope, nil, nil
}

func (s *fakeStore) EachScopeKeys(_ context.Context, _ string, _, _ int, do func([]retention.Key) error) error {
	return do([]retention.Key{{"4711"}, {"4712"}, {"9999"}})
}

func (s *fakeStore) FinishUpload(_ context.Context, id string, _ int, _ *time.Time, _ int64, counts retention.ScopeCounts, _ bool, _ retention.By) (retention.Hold, error) {
	h, err := s.find(id)
	if err != nil {
		return retention.Hold{}, err
	}
	got := *h
	got.Scope = []retention.Scope{{Table: h.Scope[0].Table, RecordCount: counts.RecordCount, NotFoundCount: counts.NotFoundCount}}
	return got, nil
}

// fakeUpload takes what is a number, once, and knows no row 9999.
type fakeUpload struct{ seen []string }

func (t *fakeTarget) OpenUpload(context.Context, retention.Hold, retention.TableName) (retention.RecordUpload, error) {
	return &fakeUpload{}, t.down
}

func (t *fakeTarget) MissingKeys(_ context.Context, _ retention.TableName, ids []retention.Key) (at []int, err error) {
	for i, id := range ids {
		if id[0] == "9999" {
			at = append(at, i)
		}
	}
	return at, t.down
}

func (u *fakeUpload) KeyColumns() []string { return []string{"id"} }

func (u *fakeUpload) Take(_ context.Context, ids []retention.Key, keep func(retention.UploadChunk) error) error {
	c := retention.UploadChunk{New: map[int]retention.Key{}, Bad: map[int]string{}, Written: func(_ context.Context, places []int) (map[int]retention.Key, error) {
		out := map[int]retention.Key{}
		for _, i := range places {
			out[i] = ids[i]
		}
		return out, nil
	}}
	for i, id := range ids {
		switch {
		case id[0] < "0" || id[0] > "9999":
			c.Bad[i] = `invalid input syntax for type bigint: "` + id[0] + `"`
		case slices.Contains(u.seen, id[0]):
			c.Duplicates = append(c.Duplicates, i)
		default:
			c.New[i] = id
			u.seen = append(u.seen, id[0])
		}
	}
	return keep(c)
}

func (u *fakeUpload) Finish(context.Context, retention.Hold, int) (at time.Time, epoch int64, mark retention.GuardMark, err error) {
	return at, 1, mark, nil
}

func (u *fakeUpload) Belongings(context.Context, retention.Hold) ([]retention.FamilyTable, error) {
	return nil, nil
}

func (u *fakeUpload) Close() {}
