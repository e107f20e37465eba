package analyze

import (
	"maps"
	"testing"
)

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		numbers []int64
		want    map[int64]int64
	}{
		{nil, map[int64]int64{}},
		{[]int64{7}, map[int64]int64{7: 7}},
		{[]int64{1, 2, 3}, map[int64]int64{1: 3}},
		{[]int64{1, 3, 4, 6}, map[int64]int64{1: 1, 3: 4, 6: 6}},
	} {
		if got := maps.Collect(spans(c.numbers)); !maps.Equal(got, c.want) {
			t.Errorf("the spans of %v are %v, want %v", c.numbers, got, c.want)
		}
	}
}
