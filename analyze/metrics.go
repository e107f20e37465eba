package analyze

import (
	"cmp"
	"fmt"
)

// metrics is how the pages of a run are linked, in their order.
type metrics struct {
	scores []float64
	depths []int32
}

// measure finds how the pages of the run are linked.
func (s *linkScan) measure() (m metrics, err error) {
	g, err := newGraph(&s.web)
	if err != nil {
		return m, fmt.Errorf("counting the links of each page: %w", err)
	}
	if m.depths, err = g.depths(); err != nil {
		return m, fmt.Errorf("finding how deep each page lies: %w", err)
	}
	if m.scores, err = g.scores(); err != nil {
		return m, fmt.Errorf("scoring the pages by their links: %w", err)
	}
	return m, nil
}

// keepMetrics writes down how the pages of the run are linked.
func (a *analysis) keepMetrics(urls []int32, m metrics) error {
	if _, err := a.Exec("DELETE FROM _page_metrics WHERE run_id = :run", a.named()); err != nil {
		return err
	}
	insert, err := a.Insert("INSERT INTO _page_metrics (run_id, url_id, link_score, click_depth) VALUES (?, ?, ?, ?)")
	for page, url := range urls {
		err = cmp.Or(err, insert.Add(a.run.ID, int64(url), m.scores[page], depthOrNull(m.depths[page])))
	}
	return err
}

func depthOrNull(depth int32) any {
	if depth == none {
		return nil
	}
	return int64(depth)
}
