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

	// pages are the URLs of the pages of the run. From when they are known, targets has of
	// links that are followed the number in pages in place of the URL.
	pages []int64
}

// trait is what is so of a link, a bit each.
type trait uint8

const (
	anchor   trait = 1 << iota // an a or area element
	inner                      // people follow it, and stay on the site
	nofollow                   // it leads to the site and its rel says nofollow
	wordless                   // it has no text
	generic                    // its text says nothing of where it leads
	followed                   // rank flows over it: it leads to a page of the site, and neither it nor its page says nofollow
)

// none is no page.
const none = -1

// lists are many lists of numbers, one after the other.
type lists struct {
	starts []int32 // of every list in items, and the end of the last
	items  []int32
}

func (l *lists) of(i int32) []int32 { return l.items[l.starts[i]:l.starts[i+1]] }

// begin begins list i. Those before that have not begun are empty.
func (l *lists) begin(i int) {
	for len(l.starts) <= i {
		l.starts = append(l.starts, int32(len(l.items)))
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

// readWeb reads the links of the run, and keeps those that lead to a place of a page of the
// site.
func (s *linkScan) readWeb() error {
	labels, err := s.readLabels()
	if err != nil {
		return fmt.Errorf("reading what the links say: %w", err)
	}
	s.web = &web{}
	numbers, err := s.readBlocks(s.web)
	if err != nil {
		return fmt.Errorf("reading which links are on which page: %w", err)
	}
	if err := s.readLinks(s.web, numbers, labels); err != nil {
		return fmt.Errorf("reading the links: %w", err)
	}
	return nil
}

// Each trait is the bit that its constant names; wordless and generic are what a link of
// this shape may be.
const shapesSQL = `
SELECT id, in_page
  + 2 * (internal AND (in_page OR kind IN ('iframe', 'frame')))
  + 4 * (internal AND in_page AND instr(' ' || rel || ' ', ' nofollow ') > 0)
  + 8 * (kind = 'a')
  + 16 * (internal AND kind = 'a')
  + 32 * (internal AND in_page AND NOT nofollow)
FROM (SELECT *, kind IN ('a', 'area') AS in_page FROM main._link_shapes)`

// readLabels reads what links say, by the numbers of the labels.
func (s *linkScan) readLabels() (labels []label, err error) {
	shapes := map[int64]trait{}
	err = s.ask(shapesSQL, nil, func(r store.Row) error {
		shapes[r.Integer(0)] = trait(r.Integer(1))
		return nil
	})
	if err != nil {
		return nil, err
	}
	says, err := s.readGeneric()
	if err != nil {
		return nil, err
	}
	err = s.ask("SELECT coalesce(max(id), 0) + 1 FROM main._link_labels", nil, func(r store.Row) error {
		labels = make([]label, r.Integer(0))
		return nil
	})
	if err != nil {
		return nil, err
	}
	err = s.ask("SELECT id, shape_id, anchor_id, fragment_id FROM main._link_labels", nil, func(r store.Row) error {
		l := label{traits: shapes[r.Integer(1)]}
		text := r.Integer(2)
		if text != 0 {
			l.traits &^= wordless
		}
		if !says[text] {
			l.traits &^= generic
		}
		if l.traits&inner != 0 {
			l.fragment = uint32(r.Integer(3))
		}
		labels[r.Integer(0)] = l
		return nil
	})
	return labels, err
}

// readGeneric reads which texts say nothing of where a link leads that has them.
func (s *linkScan) readGeneric() (map[int64]bool, error) {
	says := map[int64]bool{}
	err := s.ask("SELECT id, text FROM main._texts WHERE length(text) <= 30", nil, func(r store.Row) error {
		if isGeneric(r.Text(1)) {
			says[r.Integer(0)] = true
		}
		return nil
	})
	return says, err
}

const blocksSQL = `
SELECT v.url_id, b.block_id FROM _visits v CROSS JOIN _link_lists b ON b.facts_id = v.facts_id
WHERE v.run_id = :run AND v.used_for = 'read' AND v.outcome = 'ok' ORDER BY v.url_id, b.place`

// readBlocks reads the blocks of every page, and numbers them in the order in which the
// file has them.
func (s *linkScan) readBlocks(w *web) (numbers numbering, err error) {
	err = s.ask(blocksSQL, s.named, func(r store.Row) error {
		url, block := r.Integer(0), r.Integer(1)
		if len(w.urls) == 0 || w.urls[len(w.urls)-1] != url {
			w.blocks.begin(len(w.urls))
			w.urls = append(w.urls, url)
		}
		w.blocks.items = append(w.blocks.items, int32(block))
		numbers.set(block, 0)
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

func (s *linkScan) readLinks(w *web, numbers numbering, labels []label) error {
	var all int64 // links in the file: room for them is not filled twice, as a slice that grows would
	if err := s.ask("SELECT count(*) FROM _links", nil, func(r store.Row) error { all = r.Integer(0); return nil }); err != nil {
		return err
	}
	w.targets.starts = make([]int32, 0, len(w.ids)+1)
	w.targets.items, w.traits = make([]int32, 0, all), make([]trait, 0, all)
	err := s.ask("SELECT id >> 6, target_id, label_id FROM _links ORDER BY id", nil, func(r store.Row) error {
		block := numbers.of(r.Integer(0))
		if block == none {
			return nil
		}
		target, id := r.Integer(1), r.Integer(2)
		if uint64(id) >= uint64(len(labels)) {
			return fmt.Errorf("a link to URL %d has a label that the file does not have (%d): see what `sonde db check` says", target, id)
		}
		l := labels[id]
		w.targets.begin(int(block))
		w.targets.items = append(w.targets.items, int32(target))
		w.traits = append(w.traits, l.traits)
		if l.fragment != 0 {
			s.point(target, l.fragment)
		}
		return nil
	})
	w.targets.begin(len(w.ids))
	return err
}

// number tells the pages of the run. Links that are followed and lead to none of them are
// not followed.
func (w *web) number(urls []int64, pages numbering) {
	w.pages = urls
	for i, target := range w.targets.items {
		if w.traits[i]&followed == 0 {
			continue
		}
		if page := pages.of(int64(target)); page != none {
			w.targets.items[i] = page
		} else {
			w.traits[i] &^= followed
		}
	}
}

// target is the URL that a link leads to.
func (w *web) target(link int32) int32 {
	to := w.targets.items[link]
	if w.pages != nil && w.traits[link]&followed != 0 {
		return int32(w.pages[to])
	}
	return to
}

// linksOf calls each for every link of a page.
func (w *web) linksOf(page int, each func(target int32, t trait)) {
	for _, block := range w.blocks.of(int32(page)) {
		for i := w.targets.starts[block]; i < w.targets.starts[block+1]; i++ {
			each(w.target(i), w.traits[i])
		}
	}
}
