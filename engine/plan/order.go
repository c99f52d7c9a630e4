package plan

import "slices"

// ReferringFirst orders tables, by oid, such that one that refers to another, directly or
// through others, comes before it: what still refers to a row blocks it. Tables that do
// not refer to each other keep their order, and so does a circle. refers has for each
// table those that it refers to. The answer has the places in the list.
func ReferringFirst(tables []uint32, refers map[uint32][]uint32) []int {
	reach := make([]map[uint32]bool, len(tables))
	for i, t := range tables {
		reach[i] = reachable(t, refers)
	}
	order := make([]int, 0, len(tables))
	placed := make([]bool, len(tables))
	var place func(i int, open map[int]bool)
	place = func(i int, open map[int]bool) {
		if placed[i] || open[i] {
			return
		}
		open[i] = true
		for j := range tables {
			if tables[j] != tables[i] && reach[j][tables[i]] {
				place(j, open)
			}
		}
		if !placed[i] {
			placed[i] = true
			order = append(order, i)
		}
	}
	for i := range tables {
		place(i, map[int]bool{})
	}
	return order
}

// reachable are the tables to which one leads.
func reachable(from uint32, refers map[uint32][]uint32) map[uint32]bool {
	seen := map[uint32]bool{}
	for todo := slices.Clone(refers[from]); len(todo) > 0; {
		next := todo[0]
		todo = todo[1:]
		if !seen[next] {
			seen[next] = true
			todo = append(todo, refers[next]...)
		}
	}
	return seen
}
