package analyze

import (
	"cmp"
	"math/bits"
	"slices"

	"sonde/store"
)

// How near the texts of two pages are is told by their SimHashes: pages whose hashes
// differ in at most nearBits of 64 bits say nearly the same (Manku, Jain and Das Sarma,
// "Detecting near-duplicates for web crawling", 2007). Texts of fewer words are left
// aside, because two short ones are easily alike.
const (
	nearBits  = 3
	nearWords = 100
)

// print is the SimHash of a page.
type print struct {
	hash uint64
	url  int64
}

// findNear finds which of the pages of the run that search engines would take say nearly
// the same, and notes it in temp.near.
func (a *analysis) findNear() error {
	var pages []print
	const sql = "SELECT url_id, simhash FROM temp.page WHERE idx AND word_count >= :words"
	err := a.Rows(sql, store.Named{":words": nearWords}, func(r store.Row) error {
		pages = append(pages, print{uint64(r.Integer(1)), r.Integer(0)})
		return nil
	})
	if err != nil {
		return err
	}
	a.near = nearGroups(pages)
	return a.noteNear()
}

// noteNear notes for the rules what is written down later.
func (a *analysis) noteNear() error {
	if _, err := a.Exec("BEGIN", nil); err != nil {
		return err
	}
	insert, err := a.Insert("INSERT INTO temp.near VALUES (?, ?, ?)")
	for _, p := range a.near {
		err = cmp.Or(err, insert.Add(p.url, p.group, p.near))
	}
	if err != nil {
		return err // the connection is closed, and what it began undone
	}
	_, err = a.Exec("COMMIT", nil)
	return err
}

// keepNear writes down which pages say nearly the same.
func (a *analysis) keepNear() error {
	if _, err := a.Exec("DELETE FROM _near_duplicates WHERE run_id = :run", a.named()); err != nil {
		return err
	}
	insert, err := a.Insert("INSERT INTO _near_duplicates (run_id, url_id, group_id) VALUES (?, ?, ?)")
	for _, p := range a.near {
		err = cmp.Or(err, insert.Add(a.run.ID, p.url, p.group))
	}
	return err
}

// grouped is a page, the smallest URL number of its group, and a page of it that is near to
// this one: not all are.
type grouped struct{ url, group, near int64 }

// nearGroups puts pages into groups, by URL number: two are in one when a chain of pages
// leads from the one to the other, each near to the next. Pages that are near to no other
// are left out.
func nearGroups(pages []print) []grouped {
	slices.SortFunc(pages, func(a, b print) int { return cmp.Or(cmp.Compare(a.hash, b.hash), cmp.Compare(a.url, b.url)) })
	n := nearness{pages: pages, parent: make([]int32, len(pages)), near: make([]int32, len(pages))}
	order := make([]int32, 0, len(pages))
	for i := range pages {
		n.parent[i], n.near[i] = int32(i), int32(i)
		if i > 0 && pages[i].hash == pages[i-1].hash {
			n.join(int32(i-1), int32(i))
		} else {
			order = append(order, int32(i)) // one stands for all that have its hash
		}
	}
	n.band(order, 64, 0)
	return n.groups()
}

// nearness joins pages that are near into sets (union by smallest, with path halving).
type nearness struct {
	pages  []print
	parent []int32
	near   []int32 // a page that each is near to; itself while none is known
}

func (n *nearness) root(i int32) int32 {
	for n.parent[i] != i {
		n.parent[i] = n.parent[n.parent[i]]
		i = n.parent[i]
	}
	return i
}

// join puts two pages that are near to each other into one set. Whoever is alone becomes a
// part of a set here, so that all in sets have a page that they are near to.
func (n *nearness) join(i, j int32) {
	a, b := n.root(i), n.root(j)
	if a == b {
		return
	}
	n.parent[max(a, b)] = min(a, b)
	n.neighbour(i, j)
	n.neighbour(j, i)
}

func (n *nearness) neighbour(i, to int32) {
	if n.near[i] == i {
		n.near[i] = to
	}
}

// Bands: when two hashes differ in at most 3 bits, then in at least one of 4 bands of
// their bits they do not differ. So only hashes that agree in a band are compared. A band
// that many agree in is cut again: of the bits outside of it, which hold all differences.
const (
	bands     = nearBits + 1
	fewPrints = 64 // are compared each with each
)

// band joins those of some pages that are near. Their hashes agree in the bits of same; free
// is how many bits are left.
func (n *nearness) band(some []int32, free int, same uint64) {
	switch {
	case n.together(some):
		return
	case len(some) <= fewPrints || free < bands:
		n.compare(some)
		return
	}
	keyed := make([]keyedPage, len(some))
	for _, mask := range split(same, free) {
		for at, i := range some {
			keyed[at] = keyedPage{n.pages[i].hash & mask, i}
		}
		slices.SortFunc(keyed, func(a, b keyedPage) int { return cmp.Compare(a.key, b.key) })
		for start, end := 0, 0; start < len(keyed); start = end {
			for end = start + 1; end < len(keyed) && keyed[end].key == keyed[start].key; end++ {
			}
			if end-start > 1 {
				n.band(pagesOf(keyed[start:end]), free-bits.OnesCount64(mask), same|mask)
			}
		}
	}
}

// keyedPage is a page and the bits of its hash in one band.
type keyedPage struct {
	key  uint64
	page int32
}

func pagesOf(keyed []keyedPage) []int32 {
	list := make([]int32, len(keyed))
	for i, k := range keyed {
		list[i] = k.page
	}
	return list
}

// together reports whether some pages are one set already.
func (n *nearness) together(some []int32) bool {
	for _, i := range some {
		if n.root(i) != n.root(some[0]) {
			return false
		}
	}
	return true
}

// split cuts the bits that are not in same into bands.
func split(same uint64, free int) (masks [bands]uint64) {
	place := 0
	for bit := range 64 {
		if same>>bit&1 == 0 {
			masks[place*bands/free] |= 1 << bit
			place++
		}
	}
	return masks
}

// compare looks at each pair.
func (n *nearness) compare(some []int32) {
	for at, i := range some {
		for _, j := range some[at+1:] {
			if bits.OnesCount64(n.pages[i].hash^n.pages[j].hash) <= nearBits {
				n.join(i, j)
			}
		}
	}
}

func (n *nearness) groups() []grouped {
	smallest := make([]int64, len(n.pages)) // URL number of a set, by its root
	several := make([]bool, len(n.pages))
	for i, p := range n.pages {
		root := n.root(int32(i))
		several[root] = several[root] || smallest[root] != 0
		if smallest[root] == 0 || p.url < smallest[root] {
			smallest[root] = p.url
		}
	}
	var groups []grouped
	for i, p := range n.pages {
		if root := n.root(int32(i)); several[root] {
			groups = append(groups, grouped{p.url, smallest[root], n.pages[n.near[i]].url})
		}
	}
	slices.SortFunc(groups, func(a, b grouped) int { return cmp.Compare(a.url, b.url) })
	return groups
}
