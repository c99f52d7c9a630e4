package target

import (
	"context"
	"slices"
	"sync"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/engine/sqlgen"
	"holdfast/retention"
)

// Deletes from tables without triggers: nothing that we cannot see keeps a row, reaches
// another one, or minds how statements are planned.

// freshFor is for how many batches a run has the server return what it deletes, where rows
// were too fresh to be told of once they were seen.
const freshFor = 16

// changePlain is a delete from which nothing is wanted but its number of rows. What was held
// when it judged still is when they are counted: no hold changes while we have the guard.
func (d *disposition) changePlain(ctx context.Context, r sqlgen.Range, out *outcome) error {
	b := &pgx.Batch{}
	b.Queue(planEach)
	queueDelete(b, d.planned.sql.PlainDelete(r), out)
	if d.planned.Holds.Any() {
		s := d.planned.sql.HeldLeft(r)
		b.Queue(s.SQL, s.Args...).QueryRow(func(row pgx.Row) error { return row.Scan(&out.counts.Held) })
	}
	b.Queue(planAsEver)
	return d.conn.SendBatch(ctx, b).Close()
}

func queueDelete(b *pgx.Batch, s sqlgen.Statement, out *outcome) {
	b.Queue(s.SQL, s.Args...).Exec(func(tag pgconn.CommandTag) error {
		out.counts.Processed = tag.RowsAffected()
		return nil
	})
}

// changeSeen reads the rows and then deletes exactly those, which is quicker than to have
// them returned; their digests are made meanwhile. What is too fresh to be sure of goes by
// one statement that returns it. So does everything, in a batch that is made again, where
// others went than were seen: somebody changed one of them in between.
func (d *disposition) changeSeen(ctx context.Context, r sqlgen.Range, oldest uint32, out *outcome) error {
	row, err := d.see(ctx, r, oldest, out)
	if err != nil {
		return err
	}
	seen, fresh := row.int(), row.int()
	var held any
	if d.planned.Holds.Any() {
		out.counts.Held = row.int()
		if tids := row.tids(); len(tids) > 0 {
			held = tids
		}
	}
	if d.planned.Events != nil {
		out.told = row.int()
	}
	var made sync.WaitGroup
	defer made.Wait() // it reads what the next batch overwrites
	if d.planned.Digests {
		keys := row.keys(len(d.planned.Key))
		made.Go(func() { out.digests, err = d.t.digests(d.planned.Root.Name, keys, int(seen), d.digests) })
	}
	d.rolled(row, out)
	if row.err != nil {
		return row.err
	}
	if fresh > 0 && d.planned.Events != nil {
		return d.seenInVain(freshFor) // a batch has one outbox row
	}
	if err := d.deleteSeen(ctx, d.planned.sql.DeleteSeen(r, oldest, held), out); err != nil {
		return err
	}
	if made.Wait(); err != nil {
		return err
	}
	d.digests = out.digests
	if out.counts.Processed != seen {
		return d.seenInVain(1)
	}
	if fresh == 0 {
		return nil
	}
	if fresh > seen {
		d.returning = freshFor // an old transaction is open: to look first is in vain for now
	}
	return d.deleteFresh(ctx, r, out)
}

// seenInVain has the batch made again, by one statement, and some of those after it.
func (d *disposition) seenInVain(batches int) error {
	d.returning = batches
	return retention.ErrMoved
}

func (d *disposition) see(ctx context.Context, r sqlgen.Range, oldest uint32, out *outcome) (row *rawRow, err error) {
	s := d.planned.sql.Seen(r, oldest, d.runMeta(out))
	b := &pgx.Batch{}
	b.Queue(planEach)
	b.Queue(s.SQL, s.Args...).Query(func(rows pgx.Rows) (err error) {
		row, d.raw, err = takeRaw(rows, d.raw)
		return err
	})
	return row, d.conn.SendBatch(ctx, b).Close()
}

func (d *disposition) deleteSeen(ctx context.Context, s sqlgen.Statement, out *outcome) error {
	b := &pgx.Batch{}
	queueDelete(b, s, out)
	b.Queue(planAsEver)
	return d.conn.SendBatch(ctx, b).Close()
}

// deleteFresh deletes what is left of the step.
func (d *disposition) deleteFresh(ctx context.Context, r sqlgen.Range, out *outcome) error {
	digests := slices.Clone(out.digests)
	rest := outcome{id: out.id}
	if err := d.execute(ctx, r, nil, &rest); err != nil {
		return err
	}
	out.digests = append(digests, rest.digests...)
	out.counts.Add(rest.counts)
	return nil
}
