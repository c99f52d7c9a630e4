package pgtest

import (
	"context"
	"encoding/binary"
	"strings"
	"testing"
	"time"

	"github.com/jackc/pgx/v5/pgconn"
	"github.com/jackc/pgx/v5/pgproto3"
)

// Standby is what the server takes for one of its standbys: a connection that streams
// its log and reports how far it has replayed it. It replays nothing.
type Standby struct {
	t    testing.TB
	url  string
	conn *pgconn.PgConn
}

// StartStandby streams the log of a server with wal_level=logical to a standby of the
// name, which has replayed everything.
func StartStandby(t testing.TB, url, name string) *Standby {
	t.Helper()
	cfg, err := pgconn.ParseConfig(url)
	if err != nil {
		t.Fatal(err)
	}
	cfg.RuntimeParams["replication"], cfg.RuntimeParams["application_name"] = "database", name
	conn, err := pgconn.ConnectConfig(t.Context(), cfg)
	if err != nil {
		t.Fatalf("pgtest: connect a standby: %v", err)
	}
	s := &Standby{t: t, url: url, conn: conn}
	t.Cleanup(func() { _ = conn.Close(context.Background()) })
	for _, sql := range []string{
		`CREATE_REPLICATION_SLOT ` + name + ` TEMPORARY LOGICAL test_decoding`,
	} {
		if err := conn.Exec(t.Context(), sql).Close(); err != nil {
			t.Fatalf("pgtest: %s: %v", sql, err)
		}
	}
	conn.Frontend().SendQuery(&pgproto3.Query{String: `START_REPLICATION SLOT ` + name + ` LOGICAL 0/0`})
	if err := conn.Frontend().Flush(); err != nil {
		t.Fatal(err)
	}
	for {
		msg, err := conn.ReceiveMessage(t.Context())
		if err != nil {
			t.Fatalf("pgtest: start a standby: %v", err)
		}
		if _, ok := msg.(*pgproto3.CopyBothResponse); ok {
			break
		}
	}
	s.Report()
	// It counts as streaming once the server has sent it everything.
	deadline := time.Now().Add(patience)
	for !Value[bool](t, url, `SELECT EXISTS (SELECT FROM pg_stat_replication WHERE application_name = $1 AND state = 'streaming' AND replay_lsn IS NOT NULL)`, name) {
		if time.Now().After(deadline) {
			t.Fatal("pgtest: the standby does not stream")
		}
	}
	return s
}

// Report says that everything written so far is replayed, and returns when the server
// knows.
func (s *Standby) Report() {
	s.t.Helper()
	lsn := Value[int64](s.t, s.url, `SELECT pg_wal_lsn_diff(pg_current_wal_insert_lsn(), '0/0')::bigint`)
	data := []byte{'r'}
	for range 3 {
		data = binary.BigEndian.AppendUint64(data, uint64(lsn))
	}
	data = binary.BigEndian.AppendUint64(data, 0)
	s.conn.Frontend().Send(&pgproto3.CopyData{Data: append(data, 0)})
	if err := s.conn.Frontend().Flush(); err != nil {
		s.t.Fatal(err)
	}
	deadline := time.Now().Add(patience)
	for !Value[bool](s.t, s.url, `SELECT coalesce(bool_and(pg_wal_lsn_diff(replay_lsn, '0/0') >= $2), false) FROM pg_stat_replication WHERE application_name = $1`, s.name(), lsn) {
		if time.Now().After(deadline) {
			s.t.Fatal("pgtest: the standby's report does not arrive")
		}
	}
}

func (s *Standby) name() string { return strings.Clone(s.conn.ParameterStatus("application_name")) }
