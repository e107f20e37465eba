package store

import (
	"context"
	"errors"
	"path/filepath"
	"testing"

	"sonde"
)

// stray counts rows that nothing points to, or that point to nothing.
const stray = `SELECT
  (SELECT count(*) FROM _facts WHERE id NOT IN (SELECT facts_id FROM _visits)) +
  (SELECT count(*) FROM _visits WHERE facts_id NOT IN (SELECT id FROM _facts)) +
  (SELECT count(*) FROM _link_lists WHERE facts_id NOT IN (SELECT id FROM _facts)) +
  (SELECT count(*) FROM _link_lists WHERE block_id NOT IN (SELECT id >> 6 FROM _links)) +
  (SELECT count(*) FROM _links WHERE id >> 6 NOT IN (SELECT block_id FROM _link_lists)) +
  (SELECT count(*) FROM _facts WHERE body_sha256 NOT IN (SELECT sha256 FROM _bodies))`

const strayBodies = "SELECT count(*) FROM _bodies WHERE sha256 NOT IN (SELECT body_sha256 FROM _facts)"

// TestRemovalCut cuts the removal of a run and goes on with it: the file is whole at each
// moment, and at the end all is gone that only this run had.
func TestRemovalCut(t *testing.T) {
	ctx, cut := context.WithCancel(t.Context())
	f, err := Open(t.Context(), filepath.Join(t.TempDir(), "sonde.db"), Options{Failpoint: func(point string) {
		if point == "remove.visits" {
			cut()
		}
	}})
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	const first, second = 3 * removeVisits, 2 * removeVisits // pages; the second half of the second run's lead elsewhere
	for _, pages := range []int{first, second} {
		r := begin(t, f, "http://h.test/1")
		crawl(t, r, binaryTree(pages))
		if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
			t.Fatal(err)
		}
	}
	var done, total int64
	told := func(d, n int64) { done, total = d, n }
	if err := f.RemoveRun(ctx, 1, told); !errors.Is(err, context.Canceled) || done != removeVisits || total != first {
		t.Errorf("%d of %d URLs were gone when the removal was cut (%v)", done, total, err)
	}
	want := func(counts map[string]int64) {
		t.Helper()
		for query, count := range counts {
			if got := ask(t, f, query); got != count {
				t.Errorf("%s: %d, want %d", query, got, count)
			}
		}
	}
	secondRun := "SELECT count(*) FROM links_history l JOIN pages_history p ON p.run_id = l.run_id AND p.url = l.source_url WHERE p.run_id = 2"
	want(map[string]int64{
		stray: 0, secondRun: second - 1,
		"SELECT count(*) FROM _visits WHERE run_id = 1":                                         first - removeVisits,
		"SELECT count(*) FROM runs WHERE id = 1 AND status = 'failed' AND reason LIKE '%again'": 1,
		"SELECT count(*) FROM runs WHERE previous_run_id = 1":                                   0,
	})
	if err := f.RemoveRun(t.Context(), 1, told); err != nil || done != first-removeVisits {
		t.Errorf("%d of %d URLs were gone at the end (%v)", done, total, err)
	}
	want(map[string]int64{
		stray: 0, strayBodies: 0, secondRun: second - 1,
		"SELECT count(*) FROM runs":   1,
		"SELECT count(*) FROM _facts": second,
		"SELECT count(*) FROM sqlite_schema WHERE name IN ('_links_by_target', '_link_lists_by_block')": 2,
	})
	if faults, err := f.Check(t.Context(), nil); len(faults) > 0 || err != nil {
		t.Errorf("%v (%v)", faults, err)
	}
}

// TestRemovalWhileAnotherSiteIsCrawled holds that links are not led to blocks that a
// removal took.
func TestRemovalWhileAnotherSiteIsCrawled(t *testing.T) {
	f := crawled(t, 200)
	site, err := f.SaveSite(sonde.Site{Name: "other", Policy: sonde.DefaultPolicy()})
	if err != nil {
		t.Fatal(err)
	}
	r, err := f.BeginRun(t.Context(), site, 0, []sonde.Target{seedOf("http://h.test/100")})
	if err != nil {
		t.Fatal(err)
	}
	tree, removed := binaryTree(400), false
	crawl(t, r, func(url string) []string {
		if !removed {
			removed = true
			if err := f.RemoveRun(t.Context(), 1, nil); err != nil {
				t.Error(err)
			}
		}
		return append(tree(url), tree("http://h.test/1")...)
	})
	if err := r.Close(t.Context(), sonde.Finished, ""); err != nil {
		t.Fatal(err)
	}
	if n := ask(t, f, stray); n != 0 {
		t.Errorf("%d rows point to nothing, or nothing to them", n)
	}
	if n := ask(t, f, "SELECT count(*) FROM links WHERE target_url = 'http://h.test/3'"); n < 200 {
		t.Errorf("%d pages link to /3", n)
	}
}
