package analyze

import (
	"cmp"
	"fmt"
)

// measure writes down how the pages of the run are linked: their scores and depths.
func (a *analysis) measure() error {
	g, err := a.readGraph()
	if err != nil {
		return err
	}
	scores, depths := g.scores(), g.depths()
	return a.Commit(func() error {
		if _, err := a.Exec("DELETE FROM _page_metrics WHERE run_id = :run", a.named()); err != nil {
			return err
		}
		insert, err := a.Insert("INSERT INTO _page_metrics (run_id, url_id, link_score, click_depth) VALUES (?, ?, ?, ?)")
		for page, url := range g.urls {
			err = cmp.Or(err, insert.Add(a.run.ID, url, scores[page], depthOrNull(depths[page])))
		}
		return err
	})
}

func depthOrNull(depth int32) any {
	if depth == none {
		return nil
	}
	return int64(depth)
}

// derive makes what the rules may read besides what the run recorded.
func (a *analysis) derive() error {
	for _, part := range []struct {
		what string
		make func() error
	}{
		{"measuring how its pages are linked", a.measure},
		{"looking for texts that nearly agree", a.groupNear},
		{"finding what changed", a.findChanges},
	} {
		if err := part.make(); err != nil {
			return fmt.Errorf("%s: %w", part.what, err)
		}
	}
	return nil
}
