package analyze

import (
	"fmt"
	"math/rand/v2"
	"path/filepath"
	"slices"
	"testing"

	"sonde/store"
)

// TestLinkFile reads blocks of all sizes, in their order and in none, and wants the links
// that were written, where all are kept and where only some windows are.
func TestLinkFile(t *testing.T) {
	file, err := store.Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), store.Options{})
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	scratch, err := file.Scratch()
	if err != nil {
		t.Fatal(err)
	}
	links := newLinkFile(scratch)
	defer links.close()
	r := rand.New(rand.NewPCG(1, 2))
	blocks := make([][]link, 600)
	for i := range blocks {
		size := []int{0, 1, r.IntN(64), windowLinks, r.IntN(3 * windowLinks)}[r.IntN(5)]
		for range size {
			blocks[i] = append(blocks[i], link{r.Int32(), trait(r.IntN(64))})
		}
		if size > 0 {
			links.begin(int32(i))
		}
		for _, l := range blocks[i] {
			if err := links.add(l); err != nil {
				t.Fatal(err)
			}
		}
	}
	if err := links.end(int32(len(blocks))); err != nil {
		t.Fatal(err)
	}
	order := make([]int, len(blocks))
	for i := range order {
		order[i] = i
	}
	if got := len(links.windows) * windowLinks; got < int(links.count) || got > int(links.count)+windowLinks {
		t.Errorf("%d links are kept of %d", got, links.count)
	}
	for _, windows := range []int{len(links.windows), windowCount, 1} {
		links.windows = make([]window, windows)
		for _, i := range append(slices.Clone(order), append(r.Perm(len(blocks)), order...)...) {
			if got, err := links.of(int32(i)); err != nil || !slices.Equal(got, blocks[i]) {
				t.Fatalf("%d windows: block %d of %d links is read as %d links (%v)", windows, i, len(blocks[i]), len(got), err)
			}
		}
	}
}

// TestBlocksThatBelongTogether: blocks that follow each other in the file and on the one page
// that has them are one.
func TestBlocksThatBelongTogether(t *testing.T) {
	long := []int32{40}
	for len(long) < mostTogether+2 {
		long = append(long, long[len(long)-1]+1)
	}
	for _, c := range []struct {
		pages, want [][]int32
		spans       spans
	}{
		{nil, nil, nil},
		{[][]int32{{5, 6, 7}, {5, 8, 9, 10}}, [][]int32{{0, 1}, {0, 2}}, spans{{5, 10}}},
		{[][]int32{{11, 11, 12}, nil, {14, 13}}, [][]int32{{0, 0, 1}, nil, {3, 2}}, spans{{11, 14}}},
		{[][]int32{{1, 2}, {2, 3}, {9}}, [][]int32{{0, 1}, {1, 2}, {3}}, spans{{1, 3}, {9, 9}}},
		{[][]int32{{1}, {2}}, [][]int32{{0}, {1}}, spans{{1, 2}}},
		{[][]int32{long}, [][]int32{{0, 1}}, spans{{40, 40 + mostTogether + 1}}},
	} {
		w := web{urls: make([]int32, len(c.pages))}
		var met sights
		for page, blocks := range c.pages {
			w.blocks.begin(page)
			before := int64(none)
			for _, block := range blocks {
				met.take(int64(block), before)
				before = int64(block)
				w.blocks.items = append(w.blocks.items, block)
			}
		}
		w.blocks.begin(len(c.pages))
		w.renameBlocks(w.numberBlocks(met))
		var got [][]int32
		for page := range c.pages {
			got = append(got, w.blocks.of(int32(page)))
		}
		if fmt.Sprint(got) != fmt.Sprint(c.want) || !slices.Equal(w.spans, c.spans) {
			t.Errorf("%v is read as %v in %v, want %v in %v", c.pages, got, w.spans, c.want, c.spans)
		}
	}
}
