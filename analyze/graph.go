package analyze

import "slices"

// graph is how the pages of a run lead to each other, by internal links that may be
// followed and by redirects.
//
// A page that leads to another twice does so with twice the weight. What leads to itself
// does not count.
type graph struct {
	*web
	loops []int32 // of a page: its links to itself
	ways  []int32 // that lead out of a page
}

// newGraph counts the ways out of every page, and its links to itself, which are none.
func newGraph(w *web) (*graph, error) {
	g := &graph{w, make([]int32, len(w.urls)), make([]int32, len(w.urls))}
	for page := range int32(len(g.urls)) {
		err := g.linksOf(page, func(l link) {
			switch {
			case l.traits&followed == 0:
			case l.to == page:
				g.loops[page]++
			default:
				g.ways[page]++
			}
		})
		if err != nil {
			return nil, err
		}
		if g.redirect[page] != none {
			g.ways[page]++
		}
	}
	return g, nil
}

// depths is the fewest clicks that lead to every page from a seed, none where no links
// do. To be redirected takes no click.
func (g *graph) depths() ([]int32, error) {
	depths := slices.Repeat([]int32{none}, len(g.urls))
	expanded := make([]bool, len(g.links.starts))
	var level []int32
	reach := func(page, depth int32) {
		for ; page != none && depths[page] == none; page = g.redirect[page] {
			depths[page] = depth
			level = append(level, page)
		}
	}
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
				links, err := g.links.of(block)
				if err != nil {
					return nil, err
				}
				for _, l := range links {
					if l.traits&followed != 0 {
						reach(l.to, depth)
					}
				}
			}
		}
	}
	return depths, nil
}
