package analyze

import "math"

// How rank flows: a reader follows a link with the probability damping and begins anew on
// any page otherwise. It has settled when the changes of one step add up to less than
// settled, of a sum of 1.
const (
	damping  = 0.85
	settled  = 1e-10
	maxSteps = 500
)

// scores is the PageRank of every page (Brin and Page, "The anatomy of a large-scale
// hypertextual web search engine", 1998), times the number of pages: the mean is 1. From a
// page without ways out a reader begins anew.
func (g *graph) scores() ([]float64, error) {
	count := float64(len(g.urls))
	rank, next := make([]float64, len(g.urls)), make([]float64, len(g.urls))
	flow := make([]float64, len(g.links.starts)-1)
	for page := range rank {
		rank[page] = 1 / count
	}
	for range maxSteps {
		lost, err := g.step(next, rank, flow)
		if err != nil {
			return nil, err
		}
		base := (1-damping)/count + damping*lost/count
		change := 0.0
		for page := range next {
			next[page] = base + damping*next[page]
			change += math.Abs(next[page] - rank[page])
		}
		rank, next = next, rank
		if change < settled {
			break
		}
	}
	for page := range rank {
		rank[page] *= count
	}
	return rank, nil
}

// step lets the rank of every page flow on, in equal shares: into its blocks, and from a
// block into every page that it leads to. It adds up that of pages without ways out.
func (g *graph) step(next, rank, flow []float64) (lost float64, err error) {
	clear(next)
	clear(flow)
	for page := range int32(len(rank)) {
		if g.ways[page] == 0 {
			lost += rank[page]
			continue
		}
		share := rank[page] / float64(g.ways[page])
		for _, block := range g.blocks.of(page) {
			flow[block] += share
		}
		next[page] -= float64(g.loops[page]) * share
		if to := g.redirect[page]; to != none {
			next[to] += share
		}
	}
	for block, more := range flow {
		links, err := g.links.of(int32(block))
		if err != nil {
			return 0, err
		}
		for _, l := range links {
			if l.traits&followed != 0 {
				next[l.to] += more
			}
		}
	}
	return lost, nil
}
