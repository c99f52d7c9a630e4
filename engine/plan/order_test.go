package plan_test

import (
	"slices"
	"testing"

	"holdfast/engine/plan"
)

func TestTablesThatReferComeBeforeThoseTheyReferTo(t *testing.T) {
	for name, c := range map[string]struct {
		tables []uint32
		refers map[uint32][]uint32
		want   []int
	}{
		"no references":      {[]uint32{3, 1, 2}, nil, []int{0, 1, 2}},
		"a child named last": {[]uint32{1, 2}, map[uint32][]uint32{2: {1}}, []int{1, 0}},
		"three levels":       {[]uint32{1, 2, 3}, map[uint32][]uint32{3: {2}, 2: {1}}, []int{2, 1, 0}},
		"through a fourth":   {[]uint32{1, 2}, map[uint32][]uint32{2: {9}, 9: {1}}, []int{1, 0}},
		"a circle":           {[]uint32{1, 2}, map[uint32][]uint32{2: {1}, 1: {2}}, []int{1, 0}},
		"itself":             {[]uint32{1, 2}, map[uint32][]uint32{1: {1}}, []int{0, 1}},
		"two of one table":   {[]uint32{1, 1, 2}, map[uint32][]uint32{2: {1}}, []int{2, 0, 1}},
		"unknown, as 0":      {[]uint32{0, 1}, map[uint32][]uint32{}, []int{0, 1}},
		"others keep places": {[]uint32{5, 1, 6, 2}, map[uint32][]uint32{2: {1}}, []int{0, 3, 1, 2}},
	} {
		t.Run(name, func(t *testing.T) {
			if got := plan.ReferringFirst(c.tables, c.refers); !slices.Equal(got, c.want) {
				t.Errorf("got %v, want %v", got, c.want)
			}
		})
	}
}
