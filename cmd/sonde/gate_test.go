package main

import (
	"net/http"
	"sync/atomic"
	"testing"
)

// clean is a site that no grave rule has anything to say of; broken has a page that the
// server fails on.
const cleanPage = `<!doctype html><html lang=en><head><meta charset=utf-8><title>A title of fitting length</title>
<meta name=description content="A description that says in some words what is here."></head><body><h1>Here</h1><p>%s</body></html>`

func cleanSite() http.Handler { return pages(map[string]string{"/": cleanPage}) }

func brokenSite() http.Handler {
	sound := pages(map[string]string{"/": cleanPage + `<a href=/fails>more</a>`})
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/fails" {
			http.Error(w, "no", http.StatusInternalServerError)
			return
		}
		sound.ServeHTTP(w, r)
	})
}

// TestFailOn is the link checker in one line: a crawl in a process of its own that ends
// with 4 when something is wrong with the site, and with 0 when not.
func TestFailOn(t *testing.T) {
	c := newCaller(t)
	clean, broken := serve(t, cleanSite()), serve(t, brokenSite())
	c.wants(c.start(fast(clean, "--fail-on", "critical", "--site", "clean")...).ended(), exitDone, "finished", "!gate failed")
	c.wants(c.start(fast(broken, "--fail-on", "critical", "--site", "broken")...).ended(), exitGate, "finished",
		"the gate failed: 1 open issue (--fail-on critical): 1 critical")
	c.wants(c.start(fast(broken, "--site", "broken")...).ended(), exitDone, "!gate failed")

	c.wants(c.sonde("report", "--fail-on", "critical"), exitGate, "health", "1 critical")
	c.wants(c.sonde("report", "1", "--fail-on", "critical"), exitDone)
	c.wants(c.sonde("issues", "mute", "http.5xx", "--reason", "known", "--until", "2999-01-01"), exitDone)
	c.wants(c.sonde("report", "--fail-on", "critical"), exitDone)
	c.wants(c.sonde("report", "--fail-on", "grave"), exitUsage, `--fail-on "grave": critical, high, medium, low, info are the severities`)
}

func TestFailIf(t *testing.T) {
	c := newCaller(t)
	var asked atomic.Int64
	site := brokenSite()
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		asked.Add(1)
		site.ServeHTTP(w, r)
	}))
	e := c.sonde(fast(url, "--fail-if", "SELECT url FROM pages WHERE stat = 200")...)
	c.wants(e, exitUsage, "--fail-if", "no such column: stat", "did you mean")
	e = c.sonde(fast(url, "--fail-if", "DELETE FROM _runs")...)
	c.wants(e, exitUsage, "only reading is allowed")
	if n := asked.Load(); n != 0 {
		t.Errorf("%d requests were made before the query was found to be wrong", n)
	}

	c.wants(c.sonde(fast(url, "--fail-if", "SELECT 1 FROM pages WHERE status = 404 AND found_by = 'seed'")...), exitDone)
	c.wants(c.sonde(fast(url, "--fail-if", "SELECT url, status FROM pages WHERE status >= 500")...), exitGate,
		"gives a row: "+url+"/fails, 500")
	c.wants(c.sonde("report", "--fail-if", "SELECT url FROM pages WHERE status >= 500", "--fail-if", "SELECT 1 WHERE 0"), exitGate)

	// The gate says more than that something was left out.
	c.wants(c.sonde(fast(url, "--max-pages", "1")...), exitPartial)
	c.wants(c.sonde(fast(url, "--max-pages", "1", "--fail-if", "SELECT 1")...), exitGate)

	c.wants(c.sonde("site", "add", "shop", url, "--rate", "0", "--retries", "0"), exitDone)
	c.wants(c.sonde("run", "shop", "--fail-on", "critical"), exitGate, "1 critical")
}
