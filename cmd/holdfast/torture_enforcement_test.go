package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"time"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/pgconn"
)

// prepareEnforcement places holds that the application cannot break from the start to the end:
// some refuse its changes, some keep the old versions, and on some rows there are both.
func (r *torture) prepareEnforcement() {
	for mode, spans := range map[string][2][2]int{"refuse": {{1, 40}, {1, 20}}, "preserve": {{30, 120}, {15, 60}}} {
		span := func(i int) string { return fmt.Sprintf(spanCondition, spans[i][0], spans[i][1]) }
		// Not on the log: rows of a table with row triggers, ours too, are locked before they are
		// judged, and one of a condition is judged by more than a list; no statement on it could be
		// an anti-join that loses a row.
		r.services[0].call("POST", "/api/v1/holds", jsonType, fmt.Sprintf(`{"matter":"Torture","reason":"a test","enforcement":%q,"scope":[
			{"table":"public.ev","condition":%q},{"table":"public.person","condition":%q}]}`, mode, span(0), span(1)), 201)
	}
}

// enforceable are the tables of which the application is kept from rows by holds that come and
// go; memo is altered meanwhile, which such a hold has its own rules for.
var enforceable = []string{"acc", "item", "person", "ev", "tiny"}

// defying places holds that the application cannot break, one after the other, while somebody
// is about to change what they cover.
func (r *torture) defying(ctx context.Context, rnd *rand.Rand) {
	for ctx.Err() == nil {
		table := enforceable[rnd.IntN(len(enforceable))]
		ids := r.existing(ctx, table, 5)
		if len(ids) == 0 {
			idle(ctx, 50*time.Millisecond)
			continue
		}
		scope := fmt.Sprintf(`{"table":"public.%s","record_ids":[%s]}`, table, quoted(ids))
		if table == "tiny" && rnd.IntN(2) == 0 {
			scope = `{"table":"public.tiny","all":true}`
		}
		mode := []string{"refuse", "refuse", "preserve"}[rnd.IntN(3)]
		id := r.defied(ctx, rnd, table, ids, fmt.Sprintf(`"enforcement":%q,`, mode), scope)
		if id == "" {
			idle(ctx, 50*time.Millisecond)
			continue
		}
		r.count("hold that " + mode + "s")
		for range 3 {
			r.defy(ctx, pgx.ReadCommitted, breaking(rnd, table, ids), func() {}, func() {})
			idle(ctx, time.Duration(rnd.IntN(200))*time.Millisecond)
		}
		r.release(rnd, id, releaseDelay)
	}
}

// defied places a hold on rows while a transaction is open that changes them: it has changed
// them and commits later, or it has begun before the hold and changes them after.
func (r *torture) defied(ctx context.Context, rnd *rand.Rand, table string, ids []string, more, scope string) (id string) {
	placed, dice := make(chan string, 1), rand.New(rand.NewPCG(r.seed, rnd.Uint64()))
	place := func() { placed <- r.placeOn(ctx, dice, more, scope) }
	level := []pgx.TxIsoLevel{pgx.ReadCommitted, pgx.RepeatableRead, pgx.Serializable}[rnd.IntN(3)]
	if rnd.IntN(3) == 0 {
		go place()
		d := time.Duration(rnd.IntN(300)) * time.Millisecond
		r.defy(ctx, level, breaking(rnd, table, ids), func() {}, func() { idle(ctx, d) })
		return <-placed
	}
	r.defy(ctx, level, breaking(rnd, table, ids), func() { place(); id = <-placed }, func() {})
	return id
}

// breaking is a statement that changes one of some rows, or removes it.
func breaking(rnd *rand.Rand, table string, ids []string) string {
	id := ids[rnd.IntN(len(ids))]
	column := map[bool]string{true: "name", false: "note"}[table == "person"]
	switch n := rnd.IntN(4); {
	case n == 0 && table != "acc" && table != "item":
		return fmt.Sprintf(`DELETE FROM public.%s WHERE id = %s`, table, id)
	case n == 1 && table == "ev":
		return fmt.Sprintf(`UPDATE public.ev SET id = -id WHERE id = %s`, id) // to another partition, perhaps
	}
	return fmt.Sprintf(`UPDATE public.%s SET %s = 'x%d' WHERE id = %s`, table, column, rnd.IntN(1000), id)
}

// breakHeld is the application that changes rows which are held from the start to the end.
func (r *torture) breakHeld(ctx context.Context, rnd *rand.Rand) {
	for next := 5_000_000; ctx.Err() == nil; next++ {
		var sql string
		switch table := []string{"ev", "person", ""}[rnd.IntN(3)]; table {
		case "":
			sql = familyDeed(rnd, next)
		default:
			sql = breaking(rnd, table, []string{fmt.Sprint(1 + rnd.IntN(120))})
		}
		level := []pgx.TxIsoLevel{pgx.ReadCommitted, pgx.RepeatableRead}[rnd.IntN(2)]
		r.defy(ctx, level, sql, func() { idle(ctx, time.Duration(rnd.IntN(100))*time.Millisecond) }, func() {})
	}
}

// defy executes a statement of the application's in a transaction that began before something
// else was done, and ends after another.
func (r *torture) defy(ctx context.Context, level pgx.TxIsoLevel, sql string, before, after func()) {
	conn, err := pgx.Connect(ctx, r.governed)
	if err != nil {
		return
	}
	defer func() { _ = conn.Close(context.WithoutCancel(ctx)) }()
	err = pgx.BeginTxFunc(ctx, conn, pgx.TxOptions{IsoLevel: level}, func(tx pgx.Tx) error {
		// Its snapshot is taken here, where it has one for all its statements.
		if _, err := tx.Exec(ctx, `INSERT INTO public.app_mark DEFAULT VALUES`); err != nil {
			return err
		}
		before()
		if _, err := tx.Exec(ctx, sql); err != nil {
			return err
		}
		after()
		return nil
	})
	r.told(err)
}

// told counts what the application was told.
func (r *torture) told(err error) {
	pg, ok := errors.AsType[*pgconn.PgError](err)
	switch {
	case err == nil:
		r.count("application committed")
	case !ok:
	case pg.Code == "23001":
		r.count("application refused")
	case strings.Contains(pg.Message, "a legal hold was placed since"):
		r.count("application told to try again")
	case strings.HasPrefix(pg.Code, "42"):
		r.t.Errorf("the application cannot do its deeds: %v", err)
	}
}

// keptVersion is an old version of a row that the guard has kept.
type keptVersion struct {
	table, key string
	holds      []string
	row        map[string]any
}

// application judges what the application has changed: nothing of what a hold refuses to give
// away, and of what a hold preserves only that of which the old version was kept by the same
// transaction.
func (j *judge) application(tx transaction, changed map[string][]change) {
	var kept []keptVersion
	for _, c := range tx.has("holdfast_guard.preserved", "INSERT") {
		kept = append(kept, readKept(c.new()))
	}
	j.kept += len(kept)
	began := logTime(tx.has("public.app_mark", "INSERT")[0].new()["at"])
	for table, list := range changed {
		if !slices.ContainsFunc(j.active, func(h *guardHold) bool { return h.enforcement != "none" && h.covers[table] != nil }) {
			continue
		}
		for _, c := range list {
			old := c.old()
			for _, h := range j.covering(table, c, old, began) {
				if !j.enforces(h, table, old["id"]) {
					continue
				}
				switch h.enforcement {
				case "refuse":
					j.fault("the application changed a row of %s (%s: %s), which hold %s refuses", table, c.op, c.columns, h.id)
				case "preserve":
					if !slices.ContainsFunc(kept, func(k keptVersion) bool { return k.of(h, table, old) }) {
						j.fault("the application changed a row of %s (%s: %s), and hold %s has not kept what it was: %v; %s", table, c.op, c.columns, h.id, kept, h.why(table, old["id"], tx))
					}
				}
			}
		}
	}
}

// enforces reports whether what a hold has of a row keeps the application from it. What is added
// to a hold is known to whoever judges by the next list of holds, and waits for those who have
// changed it already before the application is kept from it.
func (j *judge) enforces(h *guardHold, table, id string) bool {
	later := false
	for _, s := range j.stored[h.id] {
		switch {
		case s.Table != table || len(s.IDs) > 0 && !slices.Contains(s.IDs, id):
		case s.Open || s.Epoch > j.epoch:
			later = true
		default:
			return true
		}
	}
	return !later
}

func readKept(now map[string]string) (k keptVersion) {
	k.table, k.key = now["schema_name"]+"."+now["table_name"], strings.Trim(now["key"], "{}")
	k.holds = strings.Split(strings.Trim(now["hold_ids"], "{}"), ",")
	_ = json.Unmarshal([]byte(now[`"row"`]), &k.row) // the log quotes the word; what cannot be read is no version of anything
	return k
}

// of reports whether it is what a row was that a hold covers.
func (k keptVersion) of(h *guardHold, table string, old map[string]string) bool {
	if k.table != table || k.key != old["id"] || !slices.Contains(k.holds, h.id) {
		return false
	}
	for column, v := range k.row {
		if _, there := old[column]; !there && v != nil { // the log leaves NULL out
			return false
		}
	}
	for column, was := range old {
		v, there := k.row[column]
		text := fmt.Sprint(v)
		if n, isNumber := v.(float64); isNumber {
			text = fmt.Sprintf("%.0f", n)
		}
		if v == nil {
			text = "null"
		}
		at, err := time.Parse(time.RFC3339Nano, text)
		if !there || text != was && (err != nil || !at.Equal(logTime(was))) {
			return false
		}
	}
	return true
}

// why says by what a hold covers a row, for whoever looks into a fault.
func (h *guardHold) why(table, id string, tx transaction) string {
	of := h.covers[table]
	if of == nil {
		return "it is covered by a family"
	}
	var scopes []string
	for i, s := range h.scopes {
		scopes = append(scopes, fmt.Sprintf("%d since list %d, fallen out %t", i, s.since, s.fell))
	}
	return fmt.Sprintf("transaction %s ended at %s; in force since %s; its id was listed %t, said %t, of %d; whole %t, spans %v, notes %v; scopes: %v",
		tx.xid, tx.at, h.effective, of.ids[id], of.said[id], len(of.ids), of.all, of.spans, of.notes, scopes)
}
