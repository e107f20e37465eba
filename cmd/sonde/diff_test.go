package main

import (
	"encoding/json"
	"net/http"
	"sync/atomic"
	"testing"
)

// TestDiff tells what changed between two runs, to people and to programs, and of one
// page which paragraphs.
func TestDiff(t *testing.T) {
	c := newCaller(t)
	c.wants(c.sonde("diff"), exitNoFile)
	var now atomic.Pointer[http.Handler]
	show := func(bodies map[string]string) { h := pages(bodies); now.Store(&h) }
	url := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { (*now.Load()).ServeHTTP(w, r) }))

	show(map[string]string{"/": "<title>Terms</title><h1>Terms</h1><p>One.<p>Two.<p>Three.<p>Four.<p>Five.<p>Six.", "/robots.txt": "User-agent: *\n"})
	c.wants(c.sonde(fast(url, "--site", "shop")...), exitDone)
	c.wants(c.sonde("diff"), exitError, "run 1 is the first of shop")
	show(map[string]string{"/": "<title>New terms</title><h1>Terms</h1><p>One.<p>Two.<p>Three.<p>Four.<p>5.<p>Six.<a href=/new>new</a>", "/robots.txt": "User-agent: *\n", "/new": "<p>x"})
	c.wants(c.sonde(fast(url, "--site", "shop")...), exitDone)

	c.wants(c.sonde("diff"), exitDone, url+"/\n", "  title\n    - Terms\n    + New terms\n", "  links_added\n    + "+url+"/new\n", "4 changes from run 1")
	c.wants(c.sonde("diff", "2", "1"), exitDone, "    - New terms\n    + Terms\n")
	c.wants(c.sonde("diff", "1", "1"), exitDone, "0 changes")

	var rows []struct{ Site, Subject, What, Old, New string }
	if err := json.Unmarshal([]byte(c.sonde("diff", "1", "2", "--json").out), &rows); err != nil || len(rows) != 4 {
		t.Errorf("as JSON it is %+v (%v)", rows, err)
	}
	c.wants(c.sonde("diff", "1", "2", "--page", url), exitDone, "--- run 1 "+url, "@@ 3 paragraphs the same @@\n  Three.\n  Four.\n- Five.\n- Six.\n+ 5.\n+ Six.new\n")
	c.wants(c.sonde("diff", "1", "2", "--page", url, "--ndjson"), exitDone, `{"op":"remove","text":"Five."}`)
	c.wants(c.sonde("diff", "1", "2", "--page", url+"/nowhere"), exitError, "no body is stored")
	c.wants(c.sonde("diff", "1"), exitUsage, "two runs")
	c.wants(c.sonde("diff", "1", "9"), exitError, "no such run")

	c.wants(c.sonde(fast(serve(t, cleanSite()), "--site", "other")...), exitDone)
	c.wants(c.sonde("diff", "1", "3"), exitError, "runs 1 and 3 are of two sites")
}
