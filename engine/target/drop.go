package target

import (
	"context"
	"errors"
	"fmt"
	"time"

	"github.com/jackc/pgx/v5/pgconn"

	"holdfast/retention"
)

// emptyTimeout bounds the look whether a partition has a row left: nobody can write to the
// partition meanwhile, and where many dead rows lie in it, that takes its time.
const emptyTimeout = 2 * time.Second

// notDropped is a partition that could not be dropped, and what the database said.
type notDropped struct {
	leaf uint32
	why  string
}

// drop drops the partition that was just walked if it is empty and its bounds say that no
// row in it could be younger than the cutoff, or never due. It never waits long, since the partitioned
// table is locked as a whole for it: where somebody is in the way, or the database refuses,
// the partition is left to the next run.
func (d *disposition) drop(ctx context.Context, out *outcome) error {
	out.done = true
	if d.kept.leaf == d.planned.leaf {
		if d.kept.why != "" {
			out.errors = []string{d.kept.why}
		}
		return nil
	}
	if d.skip {
		return nil // somebody was in the way
	}
	e, err := explain(ctx, d.conn, d.planned.whole.MayArrive())
	if err != nil || e.reads(d.planned.Table.Name) {
		return err
	}
	// Nobody adds a row from here on; readers are let through until the very end.
	if err := d.lockLeaf(ctx, "SHARE"); err != nil {
		return err
	}
	if empty, err := d.isEmpty(ctx); err != nil || !empty {
		return err
	}
	before, err := readReach(ctx, d.conn, true, d.planned.Root.Name)
	if err != nil {
		return err
	}
	if _, err := d.conn.Exec(ctx, d.planned.sql.Drop().SQL); err != nil {
		return d.keep(err)
	}
	if err := d.reachedNothing(ctx, before); err != nil {
		return err
	}
	out.dropped = true
	out.step = fmt.Sprintf("dropped empty partition %s", d.planned.Table.Name)
	return nil
}

func (d *disposition) isEmpty(ctx context.Context) (empty bool, err error) {
	if _, err := d.conn.Exec(ctx, `SELECT pg_catalog.set_config('statement_timeout', $1, true)`, millis(emptyTimeout)); err != nil {
		return false, err
	}
	if err := d.queryRow(ctx, d.planned.sql.Empty()).Scan(&empty); err != nil {
		return false, d.keep(err)
	}
	_, err = d.conn.Exec(ctx, `SELECT pg_catalog.set_config('statement_timeout', $1, true)`, millis(statementTimeout))
	return empty, err
}

// errPartitionKept has the batch tried again, which then goes on without the partition.
var errPartitionKept = fmt.Errorf("%w: an empty partition stays", retention.ErrRowRefused)

// keep remembers that the partition stays. What the database refuses (a view depends on
// the partition) is told with the run; a lock that could not be had and a look that took
// too long are not: they end the batch, and the next one goes on.
func (d *disposition) keep(err error) error {
	d.kept = notDropped{leaf: d.planned.leaf}
	pg, refused := errors.AsType[*pgconn.PgError](err)
	if !refused || kindOf(pg) != nil {
		return err
	}
	d.kept.why = fmt.Sprintf("the empty partition %s was not dropped: %s", d.planned.Table.Name, pg.Message)
	return errPartitionKept
}

// reachedNothing fails if DDL has changed rows: an event trigger of the application did, and
// nothing would account for it.
func (d *disposition) reachedNothing(ctx context.Context, before map[uint32]moves) error {
	after, err := readReach(ctx, d.conn, true, d.planned.Root.Name)
	if err != nil {
		return err
	}
	for oid, m := range after {
		if b := before[oid]; m.inserted+m.updated+m.deleted > b.inserted+b.updated+b.deleted {
			return eventTriggerReached(m.name)
		}
	}
	return nil
}

func eventTriggerReached(table retention.TableName) error {
	return fmt.Errorf("an event trigger changed rows of %s with a table that was made or dropped, which nothing would account for; it was rolled back and nothing was changed; disable that event trigger for Holdfast's role", table)
}
