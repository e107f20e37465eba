package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"testing"
	"time"

	"sonde"
)

// probeOfExample is what a place with pages in its first folder is asked for.
var probeOfExample = strings.TrimPrefix(beside("https://example.org/"), "https://example.org")

// polite404 is a site that answers everything: what is not there with a page that
// leads on to more of its kind.
type polite404 struct{ pages }

func (p polite404) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if _, there := p.pages[r.URL.Path]; there || r.URL.Path == "/robots.txt" {
		p.pages.ServeHTTP(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	fmt.Fprintf(w, "<title>Sorry</title><p>We looked everywhere and could not find the page that you asked us for. <a href=%s/more>Go on</a> <a href=/b>home</a>", r.URL.Path)
}

func TestPagesThatAreNoneLeadNoFurther(t *testing.T) {
	c := one(polite404{pages{"/": links("/a", "/lost"), "/a": links("/b"), "/b": ""}})
	c.finish(t)
	for path, want := range map[string]sonde.Outcome{"/a": sonde.OK, "/b": sonde.OK, "/lost": sonde.OK} {
		if v := c.shelf.visit(t, "https://example.org"+path); v.Outcome != want {
			t.Errorf("%s: %s, want %s", path, v.Outcome, want)
		}
	}
	if got := c.shelf.reason(t, "https://example.org/lost/more"); got != sonde.Trap {
		t.Errorf("what a page that is none leads to is excluded for %q, want %q", got, sonde.Trap)
	}
	if v := c.shelf.visit(t, "https://example.org/lost"); !strings.Contains(v.Detail, "nobody made") || len(v.Links) != 2 {
		t.Errorf("detail %q, %d links; want it said, and the links kept", v.Detail, len(v.Links))
	}
	n := c.memory.hosts["https://example.org"].NotFound
	if n == nil || n.Status != 200 || n.WordCount < fewWords {
		t.Errorf("remembered %+v", n)
	}
	if asked := c.web.times(probeOfExample); asked != 1 {
		t.Errorf("asked %d times for a page that nobody made, want once", asked)
	}
}

func TestNothingIsAskedTwiceInADay(t *testing.T) {
	c := one(pages{"/": ""})
	c.memory.Remember(t.Context(), sonde.HostMemory{Origin: "https://example.org", NotFound: &sonde.NotFound{AskedAt: time.Now(), Status: 404}})
	c.finish(t)
	if asked := c.web.times(probeOfExample); asked != 0 {
		t.Errorf("asked %d times, want what is remembered to do", asked)
	}
}

func TestRobotsAndScopeHoldForPagesThatNobodyMade(t *testing.T) {
	closed := one(pages{"/robots.txt": "User-agent: *\nDisallow: /sonde-\n", "/": ""})
	closed.finish(t)
	narrow := newCrawl(map[string]http.Handler{"example.org": pages{"/docs/": ""}}, "https://example.org/docs/")
	narrow.policy.Scope = sonde.Scope{Kind: sonde.ScopePrefix, Include: []string{`/docs/$`}}
	narrow.finish(t)
	for _, c := range []*crawl{closed, narrow} {
		for _, h := range c.web.log("") {
			if h.isProbe() {
				t.Errorf("asked for %s", h.path)
			}
		}
	}
}

func TestBeside(t *testing.T) {
	at := beside("https://example.org/docs/a?b=/c")
	if !strings.HasPrefix(at, "https://example.org/docs/sonde-asks-for-no-page-") || at != beside("https://example.org/docs/z") || at == beside("https://example.org/") {
		t.Errorf("beside gives %s", at)
	}
}
