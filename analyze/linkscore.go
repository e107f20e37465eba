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
func (g *graph) scores() []float64 {
	count := float64(len(g.urls))
	rank, next := make([]float64, len(g.urls)), make([]float64, len(g.urls))
	share := make([]float64, len(g.urls))
	flow := make([]float64, len(g.web.ids))
	for page := range rank {
		rank[page] = 1 / count
	}
	for range maxSteps {
		lost := g.share(share, rank)
		g.step(next, share, flow)
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
	return rank
}

// share divides the rank of every page among its ways, and adds up that of those that
// have none.
func (g *graph) share(share, rank []float64) (lost float64) {
	for page, r := range rank {
		if g.ways[page] == 0 {
			share[page] = 0
			lost += r
			continue
		}
		share[page] = r / float64(g.ways[page])
	}
	return lost
}

// step lets what every page shares out flow on: into its blocks, and from a block into
// every page that it leads to.
func (g *graph) step(next, share, flow []float64) {
	clear(next)
	clear(flow)
	for page := range int32(len(share)) {
		for _, block := range g.blocks.of(page) {
			flow[block] += share[page]
		}
		next[page] -= float64(g.loops[page]) * share[page]
		if to := g.redirect[page]; to != none {
			next[to] += share[page]
		}
	}
	targets, traits := &g.web.targets, g.web.traits
	for block, more := range flow {
		for i := targets.starts[block]; i < targets.starts[block+1]; i++ {
			if traits[i]&followed != 0 {
				next[targets.items[i]] += more
			}
		}
	}
}
