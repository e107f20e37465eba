package crawler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sonde"
)

// urlset is a sitemap of URLs.
func urlset(urls ...string) string {
	return "<urlset><url><loc>" + strings.Join(urls, "</loc></url><url><loc>") + "</loc></url></urlset>"
}

// indexOf is a sitemap of sitemaps.
func indexOf(urls ...string) string {
	return "<sitemapindex><sitemap><loc>" + strings.Join(urls, "</loc></sitemap><sitemap><loc>") + "</loc></sitemap></sitemapindex>"
}

// mapped is a crawl of one site that reads sitemaps.
func mapped(handler http.Handler) *crawl {
	c := one(handler)
	c.policy.Sitemaps = true
	return c
}

func TestSitemapsAreFoundReadAndRecorded(t *testing.T) {
	c := mapped(pages{
		"/robots.txt":        "Sitemap: https://example.org/index.xml\nSitemap: /sitemap_index.xml\nSitemap: /list.txt\nSitemap: https://other.example/s.xml\nSitemap: file:///etc/passwd\n",
		"/index.xml":         indexOf("https://example.org/a.xml", "/b.xml"),
		"/a.xml":             `<urlset xmlns:xhtml="http://www.w3.org/1999/xhtml"><url><loc>https://example.org/a</loc><lastmod>2026-11-22</lastmod><xhtml:link rel="alternate" hreflang="de" href="https://example.org/de/a"/></url></urlset>`,
		"/b.xml":             urlset("https://example.org/b", "https://example.org/b", "https://other.example/x", "http://10.0.0.1/", "file:///etc/passwd"),
		"/list.txt":          "https://example.org/from-text\n",
		"/sitemap_index.xml": urlset("https://example.org/usual"),
		"/":                  "", "/a": "", "/de/a": "", "/b": "", "/from-text": "", "/usual": "",
	})
	c.finish(t)
	for _, path := range []string{"/a", "/de/a", "/b", "/from-text", "/usual"} {
		v := c.shelf.visit(t, "https://example.org"+path)
		if v.Outcome != sonde.OK || v.Target.By != sonde.BySitemap || v.Target.Depth != 1 || v.Target.FoundOn == "" {
			t.Errorf("%s: %s, target %+v; want ok, found on a sitemap at depth 1", path, v.Outcome, v.Target)
		}
	}
	if v := c.shelf.visit(t, "https://example.org/a"); v.Target.FoundOn != "https://example.org/a.xml" || v.Target.LastMod != "2026-11-22" {
		t.Errorf("/a: %+v, want its sitemap and its last change", v.Target)
	}
	for url, want := range map[string]sonde.Reason{
		"https://other.example/s.xml": sonde.OutOfScope, "https://other.example/x": sonde.OutOfScope,
		"http://10.0.0.1/": sonde.OutOfScope, "file:///etc/passwd": sonde.BadScheme,
	} {
		if got := c.shelf.reason(t, url); got != want {
			t.Errorf("%s excluded for %q, want %q", url, got, want)
		}
	}
	for path, by := range map[string]string{"/index.xml": "https://example.org/robots.txt", "/a.xml": "https://example.org/index.xml", "/sitemap.xml": ""} {
		v := c.shelf.visit(t, "https://example.org"+path)
		if v.Target.Use != sonde.Map || v.Target.By != sonde.BySitemap || v.Target.FoundOn != by || v.Page != nil || v.Index != "" {
			t.Errorf("%s: %+v, want a sitemap file found on %q", path, v.Target, by)
		}
	}
	if v := c.shelf.visit(t, "https://example.org/a.xml"); v.Fetch.Body != nil {
		t.Error("the body of a sitemap is kept")
	}
	usual := c.shelf.visit(t, "https://example.org/sitemap.xml")
	if usual.Outcome != sonde.HTTPError || usual.Detail != usualPlace {
		t.Errorf("nothing at the usual place: %s, %q; want http_error and that it is no fault", usual.Outcome, usual.Detail)
	}
}

func TestNobodyLooksForSitemapsWhereNobodyIs(t *testing.T) {
	c := mapped(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(broken(sonde.NXDomain)) }))
	c.finish(t)
	if got := c.shelf.in(visited); len(got) != 1 {
		t.Errorf("visited %v, want the seed alone", got)
	}
}

func TestSitemapsAreReadOnlyOnDemand(t *testing.T) {
	c := one(pages{"/robots.txt": "Sitemap: https://example.org/s.xml", "/": ""})
	c.finish(t)
	if got := c.web.asked(""); !slices.Equal(got, []string{"GET /robots.txt", "GET /", "GET " + probeOfExample}) {
		t.Errorf("asked %v, want no sitemaps", got)
	}
}

func TestSitemapsPassRobotsAndRedirects(t *testing.T) {
	site := pages{
		"/robots.txt": "User-agent: *\nDisallow: /closed.xml\nSitemap: https://example.org/closed.xml\nSitemap: https://example.org/old.xml",
		"/closed.xml": urlset("https://example.org/never"),
		"/new.xml":    urlset("https://example.org/a"),
		"/":           "", "/a": "",
	}
	c := mapped(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/old.xml" {
			http.Redirect(w, r, "/new.xml", http.StatusMovedPermanently)
			return
		}
		site.ServeHTTP(w, r)
	}))
	c.finish(t)
	if v := c.shelf.visit(t, "https://example.org/closed.xml"); v.Outcome != sonde.RobotsBlocked {
		t.Errorf("a sitemap that robots.txt forbids: %s, want robots_blocked", v.Outcome)
	}
	if v := c.shelf.visit(t, "https://example.org/new.xml"); v.Target.Use != sonde.Map || v.Target.Hops != 1 {
		t.Errorf("a redirected sitemap: %+v, want it read as one", v.Target)
	}
	c.shelf.visit(t, "https://example.org/a")
}

func TestSitemapsOfAPrefixLieOutsideIt(t *testing.T) {
	c := newCrawl(map[string]http.Handler{"example.org": pages{
		"/docs/": "", "/docs/a": "", "/sitemap.xml": urlset("https://example.org/docs/a", "https://example.org/blog"),
	}}, "https://example.org/docs/")
	c.policy.Sitemaps, c.policy.Scope.Kind = true, sonde.ScopePrefix
	c.finish(t)
	c.shelf.visit(t, "https://example.org/docs/a")
	if got := c.shelf.reason(t, "https://example.org/blog"); got != sonde.OutOfScope {
		t.Errorf("/blog excluded for %q, want %q", got, sonde.OutOfScope)
	}
}

func TestSitemapsAreBounded(t *testing.T) {
	t.Run("depth", func(t *testing.T) {
		c := mapped(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			var n int
			if _, err := fmt.Sscanf(r.URL.Path, "/%d.xml", &n); err != nil && r.URL.Path != "/sitemap.xml" {
				http.NotFound(w, r)
				return
			}
			fmt.Fprint(w, indexOf(fmt.Sprintf("https://example.org/%d.xml", n+1)))
		}))
		c.finish(t)
		if got := c.shelf.visit(t, "https://example.org/3.xml").Target.Depth; got != maxSitemapDepth {
			t.Errorf("the last index is at depth %d, want %d", got, maxSitemapDepth)
		}
		if got := c.shelf.reason(t, "https://example.org/4.xml"); got != sonde.TooDeep {
			t.Errorf("the next: %q, want %q", got, sonde.TooDeep)
		}
	})
	t.Run("files", func(t *testing.T) {
		var children []string
		for i := range maxSitemapFiles + 100 {
			children = append(children, fmt.Sprintf("https://example.org/s%d.xml", i))
		}
		c := mapped(pages{"/": "", "/sitemap.xml": indexOf(children...)})
		c.finish(t)
		if n := len(c.shelf.in(excluded)); n != 102 {
			t.Errorf("%d files left out, want 102: 2 usual places count", n)
		}
		if got := c.shelf.reason(t, children[len(children)-1]); got != sonde.OverLimit {
			t.Errorf("the last is excluded for %q, want %q", got, sonde.OverLimit)
		}
	})
	t.Run("URLs", func(t *testing.T) {
		var a atlas
		if got := a.take(maxSitemapURLs - 5); got != maxSitemapURLs-5 {
			t.Errorf("took %d, want all", got)
		}
		if got := a.take(50_000); got != 5 {
			t.Errorf("took %d, want the last 5", got)
		}
		if got := a.take(1); got != 0 {
			t.Errorf("took %d, want none", got)
		}
	})
}

func TestASitemapThatIsNoneSaysSo(t *testing.T) {
	c := mapped(pages{"/": "", "/robots.txt": "Sitemap: https://example.org/broken.xml", "/broken.xml": "<html><body>Not here</body></html>"})
	c.finish(t)
	v := c.shelf.visit(t, "https://example.org/broken.xml")
	if v.Outcome != sonde.OK || !strings.HasPrefix(v.Detail, "sitemap: ") {
		t.Errorf("%s, %q; want ok with what is wrong", v.Outcome, v.Detail)
	}
}

func TestPagesOfSitemapsCountAgainstTheLimitAndFilesDoNot(t *testing.T) {
	c := mapped(pages{"/": "", "/sitemap.xml": urlset("https://example.org/a", "https://example.org/b"), "/a": "", "/b": ""})
	c.policy.MaxPages = 2
	if end := c.run(t); end.Status != sonde.Partial {
		t.Errorf("ended %s, want partial", end.Status)
	}
	read := 0
	for _, v := range c.shelf.visits {
		if v.Target.Use == sonde.Read {
			read++
		}
	}
	if read != 2 {
		t.Errorf("%d pages read, want 2", read)
	}
}
