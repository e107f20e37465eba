package analyze

import (
	"fmt"

	"sonde/store"
)

// web is the links of a run as the file has them: a page has blocks of links, and many
// pages have the same block, which saves most of the links of a site with a navigation.
// Pages and blocks are numbered from 0. It is read once for all who go over links; SQL
// takes five times as long to join each link with what it says.
type web struct {
	urls    []int64 // of the pages that gave links, rising
	blocks  lists   // of a page, in the order of its links
	ids     []int64 // of the blocks in the file, rising
	targets lists   // of a block: the URLs that it leads to
	traits  []trait // of the links, beside targets.items
}

// trait is what is so of a link, a bit each.
type trait uint8

const (
	anchor   trait = 1 << iota // an a or area element
	inner                      // people follow it, and stay on the site
	nofollow                   // it leads to the site and its rel says nofollow
	wordless                   // it has no text
	generic                    // its text says nothing of where it leads
	followed                   // rank flows over it: it stays on the site, and neither it nor its page says nofollow
)

// none is no page.
const none = -1

// lists are many lists of numbers, one after the other.
type lists struct {
	starts []int // of every list in items, and the end of the last
	items  []int32
}

func (l *lists) of(i int32) []int32 { return l.items[l.starts[i]:l.starts[i+1]] }

// begin begins list i. Those before that have not begun are empty.
func (l *lists) begin(i int) {
	for len(l.starts) <= i {
		l.starts = append(l.starts, len(l.items))
	}
}

// numbering numbers things from 0 that have numbers in the file already. Those have no
// large gaps, so that a slice does.
type numbering []int32

func (n numbering) of(id int64) int32 {
	if id >= int64(len(n)) {
		return none
	}
	return n[id] - 1
}

func (n *numbering) set(id int64, number int) {
	*n = grown(*n, id)
	(*n)[id] = int32(number) + 1
}

// grown is a slice that has a place for a number of the file.
func grown[T any](list []T, number int64) []T {
	if more := int(number) + 1 - len(list); more > 0 {
		return append(list, make([]T, more)...)
	}
	return list
}

// label is what links say besides where they lead.
type label struct {
	traits   trait
	fragment uint32 // _texts; 0 where it points to no place of a page of the site
}

// readWeb reads the links of the run. It calls point for each link to a place of a page
// of the site.
func (a *analysis) readWeb(point func(target int64, fragment uint32)) (*web, error) {
	labels, err := a.readLabels()
	if err != nil {
		return nil, fmt.Errorf("reading what the links say: %w", err)
	}
	w := &web{}
	numbers, err := a.readBlocks(w)
	if err != nil {
		return nil, fmt.Errorf("reading which links are on which page: %w", err)
	}
	if err := a.readLinks(w, numbers, labels, point); err != nil {
		return nil, fmt.Errorf("reading the links: %w", err)
	}
	return w, nil
}

// Each trait is the bit that its constant names.
const labelsSQL = `
SELECT n.id,
  (k.kind IN ('a', 'area'))
  + 2 * (k.internal AND k.leads)
  + 4 * (k.internal AND k.nofollow AND k.kind IN ('a', 'area'))
  + 8 * (n.anchor_id IS NULL AND k.kind = 'a')
  + 16 * (k.internal AND k.kind = 'a' AND g.text_id IS NOT NULL)
  + 32 * (k.internal AND NOT s.nofollow AND k.kind IN ('a', 'area')),
  iif(k.internal AND k.leads, n.fragment_id, NULL)
FROM main._link_labels n
CROSS JOIN temp.shape k ON k.id = n.shape_id
CROSS JOIN main._link_shapes s ON s.id = n.shape_id
LEFT JOIN temp.generic g ON g.text_id = n.anchor_id`

func (a *analysis) readLabels() (labels []label, err error) {
	err = a.Rows(labelsSQL, nil, func(r store.Row) error {
		labels = grown(labels, r.Integer(0))
		labels[r.Integer(0)] = label{trait(r.Integer(1)), uint32(r.Integer(2))}
		return nil
	})
	return labels, err
}

const blocksSQL = `
SELECT v.url_id, b.block_id FROM _visits v CROSS JOIN _link_lists b ON b.facts_id = v.facts_id
WHERE v.run_id = :run AND v.used_for = 'read' AND v.outcome = 'ok' ORDER BY v.url_id, b.place`

// readBlocks reads the blocks of every page, and numbers them in the order in which the
// file has them.
func (a *analysis) readBlocks(w *web) (numbers numbering, err error) {
	err = a.Rows(blocksSQL, a.named(), func(r store.Row) error {
		if url := r.Integer(0); len(w.urls) == 0 || w.urls[len(w.urls)-1] != url {
			w.blocks.begin(len(w.urls))
			w.urls = append(w.urls, url)
		}
		w.blocks.items = append(w.blocks.items, int32(r.Integer(1)))
		numbers.set(r.Integer(1), 0)
		return nil
	})
	w.blocks.begin(len(w.urls))
	for id, met := range numbers {
		if met != 0 {
			numbers.set(int64(id), len(w.ids))
			w.ids = append(w.ids, int64(id))
		}
	}
	for i, id := range w.blocks.items {
		w.blocks.items[i] = numbers.of(int64(id))
	}
	return numbers, err
}

func (a *analysis) readLinks(w *web, numbers numbering, labels []label, point func(int64, uint32)) error {
	var all int64 // links in the file: room for them is not filled twice, as a slice that grows would
	if err := a.Rows("SELECT count(*) FROM _links", nil, func(r store.Row) error { all = r.Integer(0); return nil }); err != nil {
		return err
	}
	w.targets.starts = make([]int, 0, len(w.ids)+1)
	w.targets.items, w.traits = make([]int32, 0, all), make([]trait, 0, all)
	err := a.Rows("SELECT id >> 6, target_id, label_id FROM _links ORDER BY id", nil, func(r store.Row) error {
		block := numbers.of(r.Integer(0))
		if block == none {
			return nil
		}
		target, l := r.Integer(1), labels[r.Integer(2)]
		w.targets.begin(int(block))
		w.targets.items = append(w.targets.items, int32(target))
		w.traits = append(w.traits, l.traits)
		if l.fragment != 0 {
			point(target, l.fragment)
		}
		return nil
	})
	w.targets.begin(len(w.ids))
	return err
}

// linksOf calls each for every link of a page.
func (w *web) linksOf(page int, each func(target int32, t trait)) {
	for _, block := range w.blocks.of(int32(page)) {
		for i := w.targets.starts[block]; i < w.targets.starts[block+1]; i++ {
			each(w.targets.items[i], w.traits[i])
		}
	}
}
