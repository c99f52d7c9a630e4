package main

import (
	"context"
	"fmt"
	"math"
	"math/rand/v2"
	"time"

	"holdfast/internal/pgtest"
)

// The tables of the families: what belongs to a client over one foreign key, over two, and
// over as many as there are replies to replies.
const familyTables = `
	CREATE TABLE public.client (id bigint PRIMARY KEY, note text);
	CREATE TABLE public.deal (id bigint PRIMARY KEY, client_id bigint REFERENCES public.client, note text, at timestamptz NOT NULL);
	CREATE INDEX ON public.deal (at); CREATE INDEX ON public.deal (client_id);
	CREATE TABLE public.paper (id bigint PRIMARY KEY, deal_id bigint REFERENCES public.deal ON DELETE CASCADE, note text, at timestamptz NOT NULL);
	CREATE INDEX ON public.paper (at); CREATE INDEX ON public.paper (deal_id);
	CREATE TABLE public.post (id bigint PRIMARY KEY, client_id bigint REFERENCES public.client, reply_to bigint REFERENCES public.post, note text, at timestamptz NOT NULL);
	CREATE INDEX ON public.post (at); CREATE INDEX ON public.post (client_id); CREATE INDEX ON public.post (reply_to);
	ALTER TABLE public.client REPLICA IDENTITY FULL; ALTER TABLE public.deal REPLICA IDENTITY FULL;
	ALTER TABLE public.paper REPLICA IDENTITY FULL; ALTER TABLE public.post REPLICA IDENTITY FULL;`

// familyRows come once the server keeps its log: the checker knows who belongs to whom from
// that alone. A third of the deals is not due, and has papers that are.
const familyRows = `
	INSERT INTO public.client SELECT i, 'k' || i FROM generate_series(1, 40) AS i;
	INSERT INTO public.deal SELECT i, 1 + i % 40, 'd' || i, now() - make_interval(days => CASE WHEN i % 3 = 0 THEN 5 ELSE 40 + i % 100 END) FROM generate_series(1, 600) AS i;
	INSERT INTO public.paper SELECT i, 1 + i % 600, 'p' || i, now() - make_interval(days => 40 + i % 100) FROM generate_series(1, 1200) AS i;
	INSERT INTO public.post SELECT i, CASE WHEN i % 4 = 0 THEN 1 + i / 4 % 40 END, CASE WHEN i % 4 <> 0 THEN nullif(i - 1, 0) END, 'b' || i, now() - make_interval(days => 40 + i % 100) FROM generate_series(1, 600) AS i;`

var familyPolicies = []string{
	`{"name":"deal","table":"public.deal","timestamp_column":"at","retention_period":"P30D","action":"delete","cascade":["public.paper"],"legal_basis":"a test's","batch_size":20}`,
	`{"name":"paper","table":"public.paper","timestamp_column":"at","retention_period":"P30D","action":"delete","legal_basis":"a test's","batch_size":20}`,
	`{"name":"post","table":"public.post","timestamp_column":"at","retention_period":"P30D","action":"delete","legal_basis":"a test's","batch_size":20}`,
}

// clients is how many there are. heldClients of them are held from the start to the end with
// what belongs to them.
const clients, heldClients = 40, 10

// prepareFamilies fills the tables and places those holds: on all that belongs to the first
// three, on what is two foreign keys away of the next, on all of the seventh and eighth, where the
// application is refused to change it, and on all of the last two, where it may take the way up
// from what belongs to them.
func (r *torture) prepareFamilies() {
	pgtest.Exec(r.t, r.governed, familyRows)
	place := func(more, ids, depth string) {
		r.services[0].call("POST", "/api/v1/holds", jsonType, `{"matter":"Torture","reason":"a test",`+more+`"scope":[{"table":"public.client","record_ids":[`+ids+`],"family":{"depth":`+depth+`}}]}`, 201)
	}
	place("", `"1","2","3"`, "null")
	place("", `"4","5","6"`, "2")
	place(`"enforcement":"refuse",`, `"7","8"`, "null")
	place(`"enforcement":"preserve",`, `"9","10"`, "null")
}

// familyScope is a scope of a few records with what belongs to them.
func (r *torture) familyScope(ctx context.Context, rnd *rand.Rand) string {
	return r.familyTo(ctx, rnd, []string{"null", "null", "1", "2", "3"}[rnd.IntN(5)])
}

func (r *torture) familyTo(ctx context.Context, rnd *rand.Rand, depth string) string {
	table := []string{"client", "client", "deal", "post"}[rnd.IntN(4)]
	return fmt.Sprintf(`{"table":"public.%s","record_ids":[%s],"family":{"depth":%s}}`, table, quoted(r.existing(ctx, table, 3)), depth)
}

// withFamily holds are of records with everything that belongs to them, some of which the
// application is kept from too.
func (r *torture) withFamily(ctx context.Context, rnd *rand.Rand) {
	more, scope := []string{"", `"enforcement":"refuse",`}[rnd.IntN(2)], r.familyScope(ctx, rnd)
	if rnd.IntN(3) == 0 {
		// How far what is kept was from its record is not known any more: the checker does not
		// ask either.
		more, scope = `"enforcement":"preserve",`, r.familyTo(ctx, rnd, "null")
	}
	id := r.placeOn(ctx, rnd, more, scope)
	if id == "" {
		return
	}
	r.count("family held")
	idle(ctx, time.Duration(500+rnd.IntN(2000))*time.Millisecond)
	if r.release(rnd, id, releaseDelay) {
		idle(ctx, releaseDelay+time.Duration(rnd.IntN(1000))*time.Millisecond)
	}
}

// familyDeed is what the application does to families: rows join and leave, at the front of a
// walk mostly, and come and go. What belongs to a row is never above it.
func familyDeed(rnd *rand.Rand, next int) string {
	old := fmt.Sprintf("now() - make_interval(days => %d)", 35+rnd.IntN(100))
	client := 1 + rnd.IntN(clients)
	if rnd.IntN(2) == 0 {
		client = 1 + rnd.IntN(heldClients)
	}
	some := func(table, where string) string {
		return fmt.Sprintf(`(SELECT id FROM public.%s WHERE %s ORDER BY %s LIMIT 8)`, table, where, []string{"random()", "at, id", "id", "id DESC"}[rnd.IntN(4)])
	}
	switch rnd.IntN(12) {
	case 0:
		return fmt.Sprintf(`INSERT INTO public.deal SELECT %d * 1000 + i, %d, 'new', %s FROM generate_series(1, 30) AS i`, next, client, old)
	case 1, 2:
		return fmt.Sprintf(`INSERT INTO public.paper SELECT %d * 1000 + row_number() OVER (), d.id, 'new', %s FROM public.deal AS d WHERE id IN %s`, next, old, some("deal", fmt.Sprintf("client_id = %d", client)))
	case 3:
		return fmt.Sprintf(`INSERT INTO public.post SELECT %d * 1000 + i, CASE WHEN i %% 5 = 1 THEN %d END, CASE WHEN i %% 5 <> 1 THEN %[1]d * 1000 + i - 1 END, 'new', %[3]s FROM generate_series(1, 30) AS i`, next, client, old)
	case 4, 5:
		// Rows join a family, or leave it, with what belongs to them.
		return fmt.Sprintf(`UPDATE public.deal SET client_id = %d WHERE id IN %s`, client, some("deal", "true"))
	case 6, 7:
		return fmt.Sprintf(`UPDATE public.paper SET deal_id = coalesce((SELECT max(id) FROM public.deal WHERE client_id = %d), deal_id) WHERE id IN %s`, client, some("paper", "true"))
	case 8:
		return fmt.Sprintf(`UPDATE public.post SET client_id = nullif(%d, %d) WHERE id IN %s`, client, clients, some("post", "true"))
	case 9:
		// A reply is younger than what it replies to, so that there is no circle of rows.
		return fmt.Sprintf(`UPDATE public.post AS p SET reply_to = (SELECT max(o.id) FROM public.post AS o WHERE o.id < p.id AND o.client_id = %d) WHERE id IN %s`, client, some("post", "true"))
	case 10:
		return fmt.Sprintf(`DELETE FROM public.paper WHERE id IN %s`, some("paper", fmt.Sprintf("deal_id IN (SELECT id FROM public.deal WHERE client_id = %d)", client)))
	}
	return fmt.Sprintf(`DELETE FROM public.deal WHERE id = (SELECT min(id) FROM public.deal WHERE client_id = %d)`, client)
}

// familyLinks are the foreign keys of the families: by table, the columns and what they refer
// to.
var familyLinks = map[string]map[string]string{
	"public.client": {},
	"public.deal":   {"client_id": "public.client"},
	"public.paper":  {"deal_id": "public.deal"},
	"public.post":   {"client_id": "public.client", "reply_to": "public.post"},
}

// relative is a row of theirs as it is at a place of the history, and since when it refers to
// what it does.
type relative struct {
	refers map[string]string
	since  time.Time
}

// settled is how long the server may take, after it has said when a transaction ended, until
// every other one sees it.
const settled = time.Second

// followFamilies has the rows as they are after a transaction, and what the application took the
// way up from.
func (j *judge) followFamilies(tx transaction) {
	for _, c := range tx.changes {
		links, ok := familyLinks[c.table]
		if !ok {
			continue
		}
		if j.kin[c.table] == nil {
			j.kin[c.table] = map[string]relative{}
		}
		if c.op == "DELETE" {
			id := c.old()["id"]
			j.keepBelow(c.table, id, tx.at)
			delete(j.kin[c.table], id)
			continue
		}
		now := c.new()
		row := relative{refers: map[string]string{}, since: tx.at}
		same := true
		was, there := j.kin[c.table][now["id"]]
		for column := range links {
			row.refers[column] = now[column]
			same = same && there && was.refers[column] == now[column]
		}
		switch {
		case same:
			row.since = was.since
		case there:
			for _, h := range j.keepBelow(c.table, now["id"], tx.at) {
				h.keep(c.table, now["id"], tx.at)
			}
		}
		j.kin[c.table][now["id"]] = row
	}
}

// keepBelow has the holds that let the application change rows, and keep what they were, cover
// what belongs to their records by way of a row from now on, whatever it refers to later. It
// answers those to whose records the row itself belongs.
func (j *judge) keepBelow(table, id string, at time.Time) (holds []*guardHold) {
	row := j.kin[table][id]
	var below map[[2]string]bool
	for _, h := range j.active {
		if h.enforcement != "preserve" || len(h.families) == 0 {
			continue
		}
		belongs := j.belongs(h, table, map[string]string{"id": id, "client_id": row.refers["client_id"], "deal_id": row.refers["deal_id"], "reply_to": row.refers["reply_to"]}, at.Add(2*settled))
		if !belongs && (h.covers[table] == nil || !h.covers[table].ids[id] || !h.isRoot(table)) {
			continue
		}
		if below == nil {
			below = j.below(table, id)
		}
		for one := range below {
			h.keep(one[0], one[1], at)
		}
		if belongs {
			holds = append(holds, h)
		}
	}
	return holds
}

func (h *guardHold) isRoot(table string) bool {
	_, is := h.families[table]
	return is
}

func (h *guardHold) keep(table, id string, at time.Time) {
	if _, is := h.kept[[2]string{table, id}]; !is {
		h.kept[[2]string{table, id}] = at
	}
}

// below are the rows that refer to one, and those that refer to them, by table and id.
func (j *judge) below(table, id string) map[[2]string]bool {
	found, near := map[[2]string]bool{}, map[[2]string]bool{{table, id}: true}
	for len(near) > 0 {
		next := map[[2]string]bool{}
		for child, rows := range j.kin {
			for column, parent := range familyLinks[child] {
				for one, row := range rows {
					if key := [2]string{child, one}; near[[2]string{parent, row.refers[column]}] && !found[key] {
						found[key], next[key] = true, true
					}
				}
			}
		}
		near = next
	}
	return found
}

// belongs reports whether a row belongs to records of a hold, for anybody who began to look at
// a moment: by its own foreign keys as they are, and by those on the way that had been so
// before. A row whose way up is changed later is judged as it was.
func (j *judge) belongs(h *guardHold, table string, row map[string]string, began time.Time) bool {
	if h.keeps(table, row["id"], began.Add(-settled)) {
		return true
	}
	for root, depth := range h.families {
		if depth == 0 {
			depth = math.MaxInt
		}
		if j.leads(h, root, table, row, depth, began.Add(-settled)) {
			return true
		}
	}
	return false
}

// keeps reports whether a row has been kept since before a moment.
func (h *guardHold) keeps(table, id string, before time.Time) bool {
	at, kept := h.kept[[2]string{table, id}]
	return kept && at.Before(before)
}

func (j *judge) leads(h *guardHold, root, table string, refers map[string]string, depth int, before time.Time) bool {
	records := h.covers[root]
	if depth == 0 || records == nil {
		return false
	}
	for column, parent := range familyLinks[table] {
		id := refers[column]
		if parent == root && records.ids[id] || h.keeps(parent, id, before) {
			return true
		}
		if up, there := j.kin[parent][id]; there && up.since.Before(before) && j.leads(h, root, parent, up.refers, depth-1, before) {
			return true
		}
	}
	return false
}

// freeFamilies prints what counts the rows of the families that should be gone, by the
// condition that a row of a table is held by itself.
func (r *torture) freeFamilies(held func(table, id string) string) string {
	var records string
	for _, table := range []string{"client", "deal", "post"} {
		set := pgtest.Value[int32](r.t, r.governed, `SELECT coalesce((SELECT id FROM holdfast_guard.held_set WHERE table_name = $1), 0)`, table)
		if set == 0 {
			continue
		}
		if records != "" {
			records += "\n\t\tUNION ALL "
		}
		records += fmt.Sprintf(`SELECT s.table_name, x.k1, 0, s.family_depth FROM holdfast_guard.hold_scope AS s
			JOIN holdfast_guard.hold AS y ON y.no = s.hold_no AND y.state = 'active'
			JOIN holdfast_guard.held_%d AS x ON x.hold_no = s.hold_no
			WHERE s.member = 0 AND s.ended_at IS NULL AND s.family_depth IS NOT NULL AND s.table_name = '%s'`, set, table)
		// What was kept leads to the records too.
		records += fmt.Sprintf(`
		UNION ALL SELECT '%s', x.k1, 0, 0 FROM holdfast_guard.held_%d AS x JOIN holdfast_guard.hold AS y ON y.no = -x.hold_no AND y.state = 'active'`, table, set)
	}
	const due = "at < now() - interval '31 days'"
	return `(WITH RECURSIVE line(tab, id, far, depth) AS (
		(` + records + `)
		UNION
		SELECT c.tab, c.id, line.far + 1, line.depth FROM line CROSS JOIN LATERAL (
			SELECT 'deal' AS tab, id FROM public.deal WHERE line.tab = 'client' AND client_id = line.id
			UNION ALL SELECT 'paper', id FROM public.paper WHERE line.tab = 'deal' AND deal_id = line.id
			UNION ALL SELECT 'post', id FROM public.post WHERE line.tab = 'client' AND client_id = line.id OR line.tab = 'post' AND reply_to = line.id) AS c
		WHERE line.depth = 0 OR line.far < line.depth),
	belongs AS (SELECT DISTINCT tab, id FROM line WHERE far > 0),
	stays(id, reply_to) AS (
		SELECT p.id, p.reply_to FROM public.post AS p WHERE NOT ` + due + ` OR ` + held("post", "p.id") + ` OR ('post', p.id) IN (SELECT * FROM belongs)
		UNION
		SELECT o.id, o.reply_to FROM stays JOIN public.post AS o ON o.id = stays.reply_to)
	SELECT (SELECT count(*) FROM public.deal AS d WHERE ` + due + ` AND NOT ` + held("deal", "d.id") + ` AND ('deal', d.id) NOT IN (SELECT * FROM belongs)
	           AND NOT EXISTS (SELECT FROM public.paper AS p WHERE p.deal_id = d.id AND (` + held("paper", "p.id") + ` OR ('paper', p.id) IN (SELECT * FROM belongs))))
	     + (SELECT count(*) FROM public.paper AS p WHERE ` + due + ` AND NOT ` + held("paper", "p.id") + ` AND ('paper', p.id) NOT IN (SELECT * FROM belongs))
	     + (SELECT count(*) FROM public.post AS p WHERE ` + due + ` AND p.id NOT IN (SELECT id FROM stays)))`
}
