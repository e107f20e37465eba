package analyze

import (
	"fmt"
	"slices"

	"sonde/store"
)

// web is the links of a run as the file has them: a page has blocks of links, and many
// pages have the same block, which saves most of the links of a site with a navigation.
// Pages and blocks are numbered from 0. It is read once for all who go over links; SQL
// takes five times as long to join each link with what it says.
type web struct {
	urls     []int32 // of the pages, rising
	seeds    []int32
	redirect []int32   // the page that a page redirects to, none where it does not
	blocks   lists     // of a page, in the order of its links
	links    *linkFile // of the blocks
	spans    spans     // the blocks in the file
	rels     []rel     // what the links to every URL say
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

// rel is what the links within the site to a URL say.
type rel struct{ nofollow, follow bool }

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

// spans are numbers that rise, the first and the last of those that follow each other.
type spans [][2]int64

func (s *spans) add(number int64) {
	if last := len(*s) - 1; last >= 0 && (*s)[last][1] == number-1 {
		(*s)[last][1] = number
		return
	}
	*s = append(*s, [2]int64{number, number})
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

// count is how many numbers were given, of which none was left out.
func (n numbering) count() int32 {
	if len(n) == 0 {
		return 0
	}
	return slices.Max(n)
}

// grown is a slice that has a place for a number of the file.
func grown[T any](list []T, number int64) []T {
	if more := int(number) + 1 - len(list); more > 0 {
		return append(list, make([]T, more)...)
	}
	return list
}

// labels is what links say besides where they lead, by the numbers of the labels.
type labels struct {
	traits    []trait
	fragments []uint32 // _texts; 0 where a link points to no place of a page of the site
}

// readWeb reads the links of the run, and keeps those that lead to a place of a page of the
// site.
func (s *linkScan) readWeb() error {
	pages, err := s.readPages()
	if err != nil {
		return fmt.Errorf("reading the pages: %w", err)
	}
	blocks, err := s.readBlocks(pages)
	if err != nil {
		return fmt.Errorf("reading which links are on which page: %w", err)
	}
	labels, err := s.readLabels()
	if err != nil {
		return fmt.Errorf("reading what the links say: %w", err)
	}
	if err := s.readLinks(blocks, pages, labels); err != nil {
		return fmt.Errorf("reading the links: %w", err)
	}
	return nil
}

// The pages are what was asked for as a page.
const pagesSQL = `
SELECT url_id, redirect_to_id, found_by = 'seed' FROM _visits
WHERE run_id = :run AND used_for = 'read' AND outcome NOT IN ('excluded', 'robots_blocked') ORDER BY url_id`

func (s *linkScan) readPages() (pages numbering, err error) {
	w := &s.web
	err = s.ask(pagesSQL, s.named, func(r store.Row) error {
		page := len(w.urls)
		pages.set(r.Integer(0), page)
		if r.Integer(2) == 1 {
			w.seeds = append(w.seeds, int32(page))
		}
		w.urls, w.redirect = append(w.urls, int32(r.Integer(0))), append(w.redirect, int32(r.Integer(1)))
		return nil
	})
	for page, url := range w.redirect {
		if w.redirect[page] = pages.of(int64(url)); w.redirect[page] == int32(page) {
			w.redirect[page] = none
		}
	}
	return pages, err
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

func (s *linkScan) readLabels() (l labels, err error) {
	shapes := map[int64]trait{}
	err = s.ask(shapesSQL, nil, func(r store.Row) error {
		shapes[r.Integer(0)] = trait(r.Integer(1))
		return nil
	})
	if err != nil {
		return l, err
	}
	says, err := s.readGeneric()
	if err != nil {
		return l, err
	}
	err = s.ask("SELECT coalesce(max(id), 0) + 1 FROM main._link_labels", nil, func(r store.Row) error {
		l.traits, l.fragments = make([]trait, r.Integer(0)), make([]uint32, r.Integer(0))
		return nil
	})
	if err != nil {
		return l, err
	}
	err = s.ask("SELECT id, shape_id, anchor_id, fragment_id FROM main._link_labels", nil, func(r store.Row) error {
		id, is, text := r.Integer(0), shapes[r.Integer(1)], r.Integer(2)
		if text != 0 {
			is &^= wordless
		}
		if says[text] == "" || says[text] == says[r.Integer(3)] { // "Details" says enough where it leads to #details
			is &^= generic
		}
		if is&inner != 0 {
			l.fragments[id] = uint32(r.Integer(3))
		}
		l.traits[id] = is
		return nil
	})
	return l, err
}

// readGeneric reads which texts say nothing of where a link leads that has them: the words
// of each.
func (s *linkScan) readGeneric() (map[int64]string, error) {
	says := map[int64]string{}
	err := s.ask("SELECT id, text FROM main._texts WHERE length(text) <= 30", nil, func(r store.Row) error {
		if words := bareWords(r.Text(1)); genericTexts[words] {
			says[r.Integer(0)] = words
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
func (s *linkScan) readBlocks(pages numbering) (numbering, error) {
	w := &s.web
	var met sights
	page, before := int32(none), int64(none)
	err := s.ask(blocksSQL, s.named, func(r store.Row) error {
		if p := pages.of(r.Integer(0)); p != page {
			page, before = p, none
			w.blocks.begin(int(page))
		}
		block := r.Integer(1)
		met.take(block, before)
		w.blocks.items = append(w.blocks.items, int32(block))
		before = block
		return nil
	})
	w.blocks.begin(len(w.urls))
	numbers := w.numberBlocks(met)
	w.renameBlocks(numbers)
	return numbers, err
}

// sights is how the blocks of the file were met on the pages, by their numbers.
type sights []sight

type sight uint8

const (
	once   sight = 1 << iota
	again        // and somewhere else
	behind       // the block before it in the file stands before it on the page
)

// take takes that a block stands behind another on a page, or behind none.
func (s *sights) take(block, before int64) {
	*s = grown(*s, block)
	switch have := &(*s)[block]; {
	case *have != 0:
		*have |= again
	case before != none && block == before+1:
		*have = once | behind
	default:
		*have = once
	}
}

// continues reports whether a block belongs to the one before it in the file: nothing but one
// page has them, one behind the other. Most blocks do.
func (s sights) continues(block int) bool {
	return s[block] == once|behind && s[block-1]&again == 0
}

// mostTogether is how many blocks become one at most.
const mostTogether = 16

// numberBlocks numbers the blocks that were met. Those that belong together have one number.
func (w *web) numberBlocks(met sights) numbering {
	numbers := make(numbering, len(met))
	count, together := 0, 0
	for block, sight := range met {
		if sight == 0 {
			continue
		}
		w.spans.add(int64(block))
		if together++; together > mostTogether || !met.continues(block) {
			count, together = count+1, 1
		}
		numbers.set(int64(block), count-1)
	}
	return numbers
}

// renameBlocks puts these numbers in the place of those of the file.
func (w *web) renameBlocks(numbers numbering) {
	renamed := lists{starts: w.blocks.starts, items: w.blocks.items[:0]}
	end := int32(0)
	for page := range w.urls {
		begin := end
		end = w.blocks.starts[page+1]
		renamed.starts[page] = int32(len(renamed.items))
		before := int32(none)
		for _, block := range w.blocks.items[begin:end] {
			if block != before+1 || before == none || numbers[block] != numbers[before] {
				renamed.items = append(renamed.items, numbers.of(int64(block)))
			}
			before = block
		}
	}
	renamed.starts[len(w.urls)] = int32(len(renamed.items))
	renamed.items = slices.Clone(renamed.items)
	w.blocks = renamed
}

// readLinks writes the links of the blocks into a file.
func (s *linkScan) readLinks(blocks, pages numbering, says labels) error {
	w := &s.web
	err := s.ask("SELECT id >> 6, target_id, label_id FROM _links ORDER BY id", nil, func(r store.Row) error {
		block := blocks.of(r.Integer(0))
		if block == none {
			return nil
		}
		target, label := r.Integer(1), r.Integer(2)
		if uint64(label) >= uint64(len(says.traits)) {
			return fmt.Errorf("a link to URL %d has a label that the file does not have (%d): see what `sonde db check` says", target, label)
		}
		if fragment := says.fragments[label]; fragment != 0 {
			s.point(target, fragment)
		}
		w.links.begin(block)
		return w.links.add(w.link(target, says.traits[label], pages))
	})
	if err != nil {
		return err
	}
	return w.links.end(blocks.count())
}

// link is a link to a URL. One that is followed and leads to no page of the run is not
// followed.
func (w *web) link(url int64, is trait, pages numbering) link {
	if is&(anchor|inner) == anchor|inner {
		w.rels = grown(w.rels, url)
		w.rels[url].nofollow = w.rels[url].nofollow || is&nofollow != 0
		w.rels[url].follow = w.rels[url].follow || is&nofollow == 0
	}
	if is&followed != 0 {
		if page := pages.of(url); page != none {
			return link{page, is}
		}
	}
	return link{int32(url), is &^ followed}
}

// target is the URL that a link leads to.
func (w *web) target(l link) int32 {
	if l.traits&followed != 0 {
		return w.urls[l.to]
	}
	return l.to
}

// linksOf calls each for every link of a page.
func (w *web) linksOf(page int32, each func(link)) error {
	for _, block := range w.blocks.of(page) {
		links, err := w.links.of(block)
		if err != nil {
			return err
		}
		for _, l := range links {
			each(l)
		}
	}
	return nil
}
