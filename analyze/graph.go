package analyze

import (
	"fmt"
	"slices"

	"sonde/store"
)

// graph is how the pages of a run lead to each other, by internal links that may be
// followed and by redirects. It is kept as the file has it: a page has blocks of links,
// and many pages have the same block, which saves most of the links of a site with a
// navigation. Pages and blocks are numbered from 0.
//
// A page that leads to another twice does so with twice the weight. What leads to itself
// does not count.
type graph struct {
	urls     []int64 // of the pages, rising
	seeds    []int32
	redirect []int32 // the page that a page redirects to, none where it does not
	blocks   lists   // of a page
	targets  lists   // of a block: the pages that it leads to, each as often as it does
	loops    []int32 // of a page: its links to itself
}

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
	if more := int(id) + 1 - len(*n); more > 0 {
		*n = append(*n, make([]int32, more)...)
	}
	(*n)[id] = int32(number) + 1
}

// The pages of the graph are what was asked for as a page.
const graphPages = `
SELECT url_id, redirect_to_id, found_by = 'seed' FROM _visits
WHERE run_id = :run AND used_for = 'read' AND outcome NOT IN ('excluded', 'robots_blocked') ORDER BY url_id`

const graphBlocks = `
SELECT v.url_id, b.block_id FROM _visits v CROSS JOIN _link_lists b ON b.facts_id = v.facts_id
WHERE v.run_id = :run AND v.used_for = 'read' AND v.outcome = 'ok' ORDER BY v.url_id`

const followed = `
SELECT n.id FROM _link_labels n JOIN _link_shapes k ON k.id = n.shape_id
WHERE k.internal AND NOT k.nofollow AND k.kind IN ('a', 'area')`

// readGraph reads the graph of the run.
func (a *analysis) readGraph() (*graph, error) {
	g := &graph{}
	pages, err := a.readPages(g)
	if err != nil {
		return nil, fmt.Errorf("reading the pages: %w", err)
	}
	blocks, err := a.readBlocks(g, pages)
	if err != nil {
		return nil, fmt.Errorf("reading which links stand on which page: %w", err)
	}
	if err := a.readTargets(g, pages, blocks); err != nil {
		return nil, fmt.Errorf("reading the links: %w", err)
	}
	g.countLoops()
	return g, nil
}

func (a *analysis) readPages(g *graph) (pages numbering, err error) {
	var leads []int64
	err = a.Rows(graphPages, a.named(), func(r store.Row) error {
		page := len(g.urls)
		pages.set(r.Integer(0), page)
		if r.Integer(2) == 1 {
			g.seeds = append(g.seeds, int32(page))
		}
		g.urls, leads = append(g.urls, r.Integer(0)), append(leads, r.Integer(1))
		return nil
	})
	g.redirect = make([]int32, len(leads))
	for page, url := range leads {
		if g.redirect[page] = pages.of(url); g.redirect[page] == int32(page) {
			g.redirect[page] = none
		}
	}
	return pages, err
}

// readBlocks reads the blocks of every page, and numbers them in the order in which the
// file has them.
func (a *analysis) readBlocks(g *graph, pages numbering) (blocks numbering, err error) {
	err = a.Rows(graphBlocks, a.named(), func(r store.Row) error {
		g.blocks.begin(int(pages.of(r.Integer(0))))
		g.blocks.items = append(g.blocks.items, int32(r.Integer(1)))
		blocks.set(r.Integer(1), 0)
		return nil
	})
	g.blocks.begin(len(g.urls))
	count := 0
	for id, met := range blocks {
		if met != 0 {
			blocks.set(int64(id), count)
			count++
		}
	}
	for i, id := range g.blocks.items {
		g.blocks.items[i] = blocks.of(int64(id))
	}
	g.targets.starts = make([]int, 0, count+1)
	return blocks, err
}

func (a *analysis) readTargets(g *graph, pages, blocks numbering) error {
	var follow numbering
	if err := a.Rows(followed, nil, func(r store.Row) error {
		follow.set(r.Integer(0), 0)
		return nil
	}); err != nil {
		return err
	}
	err := a.Rows("SELECT block_id, target_id, label_id FROM _links ORDER BY block_id", nil, func(r store.Row) error {
		block := blocks.of(r.Integer(0))
		if block == none || follow.of(r.Integer(2)) == none {
			return nil
		}
		if page := pages.of(r.Integer(1)); page != none {
			g.targets.begin(int(block))
			g.targets.items = append(g.targets.items, page)
		}
		return nil
	})
	g.targets.begin(cap(g.targets.starts) - 1)
	return err
}

func (g *graph) countLoops() {
	g.loops = make([]int32, len(g.urls))
	for page := range int32(len(g.urls)) {
		for _, block := range g.blocks.of(page) {
			for _, target := range g.targets.of(block) {
				if target == page {
					g.loops[page]++
				}
			}
		}
	}
}

// ways is how many ways lead out of every page.
func (g *graph) ways() []int32 {
	ways := make([]int32, len(g.urls))
	for page := range int32(len(g.urls)) {
		for _, block := range g.blocks.of(page) {
			ways[page] += int32(len(g.targets.of(block)))
		}
		ways[page] -= g.loops[page]
		if g.redirect[page] != none {
			ways[page]++
		}
	}
	return ways
}

// depths is the fewest clicks that lead to every page from a seed, none where no links
// do. To be redirected takes no click.
func (g *graph) depths() []int32 {
	depths := slices.Repeat([]int32{none}, len(g.urls))
	expanded := make([]bool, len(g.targets.starts))
	level := slices.Clone(g.seeds)
	reach := func(page, depth int32) {
		for ; page != none && depths[page] == none; page = g.redirect[page] {
			depths[page] = depth
			level = append(level, page)
		}
	}
	level = level[:0]
	for _, seed := range g.seeds {
		reach(seed, 0)
	}
	for depth := int32(1); len(level) > 0; depth++ {
		here := level
		level = nil
		for _, page := range here {
			for _, block := range g.blocks.of(page) {
				if expanded[block] {
					continue
				}
				expanded[block] = true
				for _, target := range g.targets.of(block) {
					reach(target, depth)
				}
			}
		}
	}
	return depths
}
