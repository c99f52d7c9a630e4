package store_test

import (
	"crypto/rand"
	"fmt"
	"slices"
	"testing"
	"time"

	"holdfast/internal/pgtest"
	"holdfast/retention"
)

// TestADigestIsFoundWhereverItStands in batches of any size: its place in a batch is only
// reckoned.
func TestADigestIsFoundWhereverItStands(t *testing.T) {
	url := newURL(t)
	s := openAt(t, url)
	at := time.Now().UTC().Truncate(time.Microsecond)
	table := retention.TableName{Schema: "public", Name: `Lo"gs`}
	other := retention.TableName{Schema: "public", Name: "others"}
	all := map[string][]string{} // the batches by digest
	var rows []retention.JournalRow
	for i, n := range []int{1, 2, 3, 10, 100, 5000, 1, 333} {
		row := retention.JournalRow{Batch: retention.Batch{
			ID: fmt.Sprintf("b%02d", i), RunID: "r", Policy: "p", PolicyVersion: i + 1, Action: retention.ActionDelete, Table: table,
			Seq: int64(i + 1), CommittedAt: at.Add(time.Duration(i) * time.Second), Digests: int64(n), Counts: retention.Counts{Processed: int64(n)},
		}}
		if i == 7 {
			row.Table, row.Effects = other, map[string]retention.TableEffect{table.String(): {Deleted: 333}}
		}
		for range n {
			d := make([]byte, 32)
			if _, err := rand.Read(d); err != nil {
				t.Fatal(err)
			}
			row.DigestBytes = append(row.DigestBytes, d...)
			all[string(d)] = []string{row.ID}
		}
		rows = append(rows, row)
	}
	// One record twice: it was archived, restored and archived.
	twice := rows[5].DigestBytes[:32]
	rows[3].DigestBytes, rows[3].Digests = append(rows[3].DigestBytes, twice...), rows[3].Digests+1
	all[string(twice)] = []string{"b05", "b03"}
	// All alike at the edges of what there is.
	for _, edge := range []byte{0x00, 0xff} {
		d := slices.Repeat([]byte{edge}, 32)
		rows[5].DigestBytes, rows[5].Digests = append(rows[5].DigestBytes, d...), rows[5].Digests+1
		all[string(d)] = []string{"b05"}
	}
	if err := s.SaveBatches(t.Context(), rows); err != nil {
		t.Fatal(err)
	}
	// A batch of before digests were kept in order, and one that another table's.
	old := slices.Repeat([]byte{7}, 32)
	pgtest.Exec(t, url, fmt.Sprintf(`INSERT INTO holdfast.batch SELECT (jsonb_populate_record(b, jsonb_build_object('id', 'old', 'digest_count', 3, 'digests_sorted', false, 'digests', '\x%s%x%s'))).* FROM holdfast.batch AS b WHERE id = 'b00'`,
		fmt.Sprintf("%064d", 9), old, fmt.Sprintf("%064d", 1)))
	all[string(old)] = []string{"old"}
	tried := 0
	for d, want := range all {
		if tried++; tried > 300 && len(want) == 1 && want[0] == "b05" && d[0] != 0 && d[0] != 0xff {
			continue
		}
		got, err := s.Disposals(t.Context(), table, []byte(d))
		if err != nil {
			t.Fatal(err)
		}
		var ids []string
		for _, b := range got {
			ids = append(ids, b.ID)
			if b.With != (b.ID == "b07") {
				t.Errorf("batch %s: reached by a foreign key: %t", b.ID, b.With)
			}
		}
		if !slices.Equal(ids, want) {
			t.Errorf("digest %x is found in %q, want %q", d, ids, want)
		}
	}
	for i := range 40 {
		none := slices.Repeat([]byte{byte(i * 6)}, 31)
		none = append(none, 3)
		if got, err := s.Disposals(t.Context(), table, none); err != nil || len(got) > 0 {
			t.Errorf("digest %x, which is in no batch, is found in %v, %v", none, got, err)
		}
	}
	if got, err := s.Disposals(t.Context(), retention.TableName{Schema: "public", Name: "elsewhere"}, twice); err != nil || len(got) > 0 {
		t.Errorf("under another table's name: %v, %v", got, err)
	}
}

func TestWhatWasDisposedOfWithoutDigestsIsCounted(t *testing.T) {
	s := newStore(t)
	table := retention.TableName{Schema: "public", Name: "logs"}
	if n, until, err := s.Untold(t.Context(), table); n != 0 || until != nil || err != nil {
		t.Fatalf("of nothing: %d, %v, %v", n, until, err)
	}
	at := time.Now().UTC().Truncate(time.Microsecond)
	row := func(id string, processed, digests int64, at time.Time) retention.JournalRow {
		r := retention.JournalRow{Batch: retention.Batch{ID: id, RunID: "r", Policy: "p", PolicyVersion: 1, Action: retention.ActionDelete, Table: table, Seq: 1, CommittedAt: at, Digests: digests, Counts: retention.Counts{Processed: processed}}}
		if digests > 0 {
			r.DigestBytes = make([]byte, 32*digests)
		}
		return r
	}
	err := s.SaveBatches(t.Context(), []retention.JournalRow{row("a", 5, 0, at), row("b", 7, 0, at.Add(time.Hour)), row("c", 9, 9, at.Add(2*time.Hour)), row("d", 0, 0, at.Add(3*time.Hour))})
	if err != nil {
		t.Fatal(err)
	}
	if n, until, err := s.Untold(t.Context(), table); n != 12 || until == nil || !until.Equal(at.Add(time.Hour)) || err != nil {
		t.Errorf("5 and 7 rows without digests: %d, %v, %v", n, until, err)
	}
}
