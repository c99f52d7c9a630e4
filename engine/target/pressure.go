package target

import (
	"context"
	"time"

	"github.com/jackc/pgx/v5"

	"holdfast/retention"
)

const (
	// targetTime is how long a batch is to take at the default pace: its size follows
	// from what the last one took.
	targetTime = 50 * time.Millisecond
	// firstSize is what it aims at first, as nothing is known yet.
	firstSize = 500
	// maxMarks bounds the log positions that are remembered, one a reading.
	maxMarks = 4096
)

// walMark is how far the server's log had come at a moment.
type walMark struct {
	at  time.Time
	lsn int64
}

// standby is how far one has replayed.
type standby struct {
	name     string
	replayed int64
	// reported is the lag in seconds that the server itself has last measured.
	reported float64
}

// Pressure reads what the governed database has to bear; see retention.Disposition.
func (d *disposition) Pressure(ctx context.Context) (retention.Pressure, error) {
	var p retention.Pressure
	var now walMark
	var standbys []standby
	b := &pgx.Batch{}
	b.Queue(`
		SELECT clock_timestamp(), pg_wal_lsn_diff(pg_current_wal_lsn(), '0/0')::bigint,
		       EXISTS (SELECT FROM pg_catalog.pg_stat_progress_vacuum WHERE datname = current_database() AND relid = ANY ($1::oid[]))`, d.vacuumed()).
		QueryRow(func(row pgx.Row) error { return row.Scan(&now.at, &now.lsn, &p.Vacuum) })
	b.Queue(`
		SELECT coalesce(nullif(application_name, ''), client_addr::text, 'pid ' || pid), pg_wal_lsn_diff(replay_lsn, '0/0')::bigint, coalesce(extract(epoch FROM replay_lag), 0)::float8
		FROM pg_catalog.pg_stat_replication
		WHERE replay_lsn IS NOT NULL AND state = 'streaming'`).
		Query(func(rows pgx.Rows) (err error) {
			standbys, err = pgx.CollectRows(rows, func(row pgx.CollectableRow) (s standby, err error) {
				err = row.Scan(&s.name, &s.replayed, &s.reported)
				return s, err
			})
			return err
		})
	if err := d.conn.SendBatch(ctx, b).Close(); err != nil {
		return p, classify(err)
	}
	if n := len(d.marks); n > 0 {
		last := d.marks[n-1]
		if passed := now.at.Sub(last.at).Seconds(); passed > 0 {
			p.WALRate = float64(now.lsn-last.lsn) / passed
		}
	}
	d.marks = append(d.marks[max(0, len(d.marks)+1-maxMarks):], now)
	for _, s := range standbys {
		if lag := d.behind(s, now); lag > p.ReplicaLag {
			p.ReplicaLag, p.Replica = lag, s.name
		}
	}
	return p, nil
}

// vacuumed are the relations on which a VACUUM would meet our batches.
func (d *disposition) vacuumed() []uint32 {
	if d.planned == nil {
		return nil
	}
	return []uint32{d.planned.Table.OID}
}

// behind is how long the primary has been ahead of what a standby has replayed. What the
// server reports stands still while a standby replays nothing, so our own readings of
// the log's position count too.
func (d *disposition) behind(s standby, now walMark) time.Duration {
	if s.replayed >= now.lsn {
		return 0
	}
	lag := time.Duration(s.reported * float64(time.Second))
	for i := len(d.marks) - 1; i >= 0; i-- {
		if d.marks[i].lsn <= s.replayed {
			// It was not behind at that reading; since the next one it may have been.
			if i+1 < len(d.marks) {
				lag = max(lag, now.at.Sub(d.marks[i+1].at))
			}
			return lag
		}
	}
	return max(lag, now.at.Sub(d.marks[0].at))
}

// firstStep is the size that a policy begins with.
func firstStep(spec retention.Spec) int {
	if spec.Pace == retention.PaceMax {
		return spec.Policy.BatchSize
	}
	return min(firstSize, mostRows(spec))
}

// mostRows bounds a batch: by the policy, and by what its rate limit lets through in a
// second.
func mostRows(spec retention.Spec) int {
	if spec.Pace != retention.PaceMax && spec.Policy.RateLimit > 0 {
		return min(spec.Policy.BatchSize, spec.Policy.RateLimit)
	}
	return spec.Policy.BatchSize
}

// paced is the next size by the time that the last step took.
func (d *disposition) paced(took time.Duration) int {
	most := mostRows(d.spec)
	if d.spec.Pace == retention.PaceMax {
		return min(2*d.size, most)
	}
	aim := targetTime + d.fixed.learn(d.size, took)
	by := min(2, max(0.5, aim.Seconds()/max(took, time.Millisecond).Seconds()))
	return max(1, min(int(float64(d.size)*by), most))
}

// fixedFor is for how many steps it is taken for known what a step takes whatever its size.
const fixedFor = 16

// fixedCost is what a step takes whatever its size, as where there are many holds to judge by.
// Fewer rows a step do not make it less: they make more steps of it, at the end one a row.
type fixedCost struct {
	// A step of this size was the first of some that took too long.
	size int
	took time.Duration
	// cost is what was learnt from it and a much smaller one, and for how many steps it counts.
	cost time.Duration
	left int
}

// learn is told of a step and answers what of its time its rows did not take, so far as is known.
func (f *fixedCost) learn(size int, took time.Duration) time.Duration {
	if f.left > 0 {
		// A step that waited for somebody seemed dear: no step takes less than what all do.
		f.cost = min(f.cost, took)
		if f.left--; f.left == 0 {
			*f = fixedCost{}
		}
		return f.cost
	}
	switch {
	case took <= targetTime:
		*f = fixedCost{}
	case size >= f.size:
		f.size, f.took = size, took
	case 5*size <= 3*f.size: // so much smaller that its rows must have taken less
		perRow := max(0, f.took-took).Seconds() / float64(f.size-size)
		if rows := time.Duration(perRow * float64(size) * float64(time.Second)); rows < took/2 {
			f.cost, f.left = took-rows, fixedFor
		} else {
			f.size, f.took = size, took
		}
	}
	return f.cost
}
