package analyze

import (
	"cmp"
	"fmt"
)

// metrics is how the pages of a run are linked, by the order of urls.
type metrics struct {
	urls   []int64
	scores []float64
	depths []int32
}

// measure finds how the pages of the run are linked.
func (s *linkScan) measure() (metrics, error) {
	g, err := s.readGraph()
	if err != nil {
		return metrics{}, fmt.Errorf("measuring how its pages are linked: %w", err)
	}
	return metrics{g.urls, g.scores(), g.depths()}, nil
}

// keepMetrics writes down how the pages of the run are linked.
func (a *analysis) keepMetrics(m metrics) error {
	if _, err := a.Exec("DELETE FROM _page_metrics WHERE run_id = :run", a.named()); err != nil {
		return err
	}
	insert, err := a.Insert("INSERT INTO _page_metrics (run_id, url_id, link_score, click_depth) VALUES (?, ?, ?, ?)")
	for page, url := range m.urls {
		err = cmp.Or(err, insert.Add(a.run.ID, url, m.scores[page], depthOrNull(m.depths[page])))
	}
	return err
}

func depthOrNull(depth int32) any {
	if depth == none {
		return nil
	}
	return int64(depth)
}
