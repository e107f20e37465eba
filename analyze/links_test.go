package analyze

import (
	"slices"
	"testing"
)

func TestSpans(t *testing.T) {
	for _, c := range []struct {
		numbers []int64
		want    spans
	}{
		{nil, nil},
		{[]int64{7}, spans{{7, 7}}},
		{[]int64{1, 2, 3}, spans{{1, 3}}},
		{[]int64{1, 3, 4, 6}, spans{{1, 1}, {3, 4}, {6, 6}}},
	} {
		var got spans
		for _, n := range c.numbers {
			got.add(n)
		}
		if !slices.Equal(got, c.want) {
			t.Errorf("the spans of %v are %v, want %v", c.numbers, got, c.want)
		}
	}
}
