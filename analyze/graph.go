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
	web      *web    // has the links of the blocks; those that are followed lead to pages
	loops    []int32 // of a page: its links to itself
	ways     []int32 // that lead out of a page
}

// The pages of the graph are what was asked for as a page.
const graphPages = `
SELECT url_id, redirect_to_id, found_by = 'seed' FROM _visits
WHERE run_id = :run AND used_for = 'read' AND outcome NOT IN ('excluded', 'robots_blocked') ORDER BY url_id`

// readGraph makes the graph of the links that were read.
func (s *linkScan) readGraph() (*graph, error) {
	g := &graph{}
	pages, err := s.readPages(g)
	if err != nil {
		return nil, fmt.Errorf("reading the pages: %w", err)
	}
	g.takeBlocks(s.web, pages)
	s.web.number(g.urls, pages)
	g.web = s.web
	g.countWays()
	return g, nil
}

func (s *linkScan) readPages(g *graph) (pages numbering, err error) {
	var leads []int64
	err = s.ask(graphPages, s.named, func(r store.Row) error {
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

// takeBlocks takes the lists of blocks, by the numbers of the graph's pages, of which only
// some have links.
func (g *graph) takeBlocks(w *web, pages numbering) {
	for i, url := range w.urls {
		g.blocks.items = w.blocks.items[:w.blocks.starts[i]]
		g.blocks.begin(int(pages.of(url)))
	}
	g.blocks.items = w.blocks.items
	g.blocks.begin(len(g.urls))
}

// leads calls each for the pages that a block leads to, as often as it does.
func (g *graph) leads(block int32, each func(page int32)) {
	targets := &g.web.targets
	for i := targets.starts[block]; i < targets.starts[block+1]; i++ {
		if g.web.traits[i]&followed != 0 {
			each(targets.items[i])
		}
	}
}

// countWays counts the ways out of every page, and its links to itself, which are none.
func (g *graph) countWays() {
	g.loops, g.ways = make([]int32, len(g.urls)), make([]int32, len(g.urls))
	for page := range int32(len(g.urls)) {
		for _, block := range g.blocks.of(page) {
			g.leads(block, func(target int32) {
				if target == page {
					g.loops[page]++
				} else {
					g.ways[page]++
				}
			})
		}
		if g.redirect[page] != none {
			g.ways[page]++
		}
	}
}

// depths is the fewest clicks that lead to every page from a seed, none where no links
// do. To be redirected takes no click.
func (g *graph) depths() []int32 {
	depths := slices.Repeat([]int32{none}, len(g.urls))
	expanded := make([]bool, len(g.web.ids))
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
				g.leads(block, func(target int32) { reach(target, depth) })
			}
		}
	}
	return depths
}
