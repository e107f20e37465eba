package crawler

import (
	"context"
	"fmt"
	"sync"

	"sonde"
	"sonde/crawler/sitemap"
	"sonde/crawler/weburl"
)

// Bounds on what sitemaps may bring to a run.
const (
	maxSitemapDepth = 3         // indexes that lead to a file
	maxSitemapFiles = 1_000     //
	maxSitemapURLs  = 1_000_000 // over all files
)

// usualPlaces are the paths where sitemaps are looked for without being named.
var usualPlaces = []string{"/sitemap.xml", "/sitemap_index.xml"}

const usualPlace = "a usual place for a sitemap, named by nobody"

// atlas counts what sitemaps brought to a run.
type atlas struct {
	mu    sync.Mutex
	files map[string]bool
	urls  int
}

// admit reports whether a sitemap file may be read: it was named before, or there
// are not too many.
func (a *atlas) admit(url string) bool {
	a.mu.Lock()
	defer a.mu.Unlock()
	if !a.files[url] && len(a.files) < maxSitemapFiles {
		if a.files == nil {
			a.files = make(map[string]bool)
		}
		a.files[url] = true
	}
	return a.files[url]
}

// take reports how many of n more entries are taken.
func (a *atlas) take(n int) int {
	a.mu.Lock()
	defer a.mu.Unlock()
	n = min(n, maxSitemapURLs-a.urls)
	a.urls += n
	return n
}

// findSitemaps adds the sitemap files of a seed's origin to the targets it found:
// those that robots.txt names, and the usual places.
func (c *Crawler) findSitemaps(ctx context.Context, v *sonde.Visit) error {
	if v.Target.By != sonde.BySeed || !c.site.Policy.Sitemaps {
		return nil
	}
	origin := weburl.Origin(v.Target.URL)
	o, err := c.robots.of(ctx, origin)
	if err != nil {
		return err
	}
	if o.file.Status == 0 {
		return nil
	}
	robotsURL := origin + "/robots.txt"
	for _, line := range o.sitemaps {
		v.Found = append(v.Found, c.sitemapFile(c.resolve(robotsURL, line), robotsURL, 0))
	}
	for _, path := range usualPlaces {
		v.Found = append(v.Found, c.sitemapFile(c.urls.Canonical(origin+path), "", 0))
	}
	v.Found = distinct(v.Found)
	return nil
}

// sitemapFile is the target of a sitemap file.
func (c *Crawler) sitemapFile(to weburl.Resolved, foundOn string, depth int) sonde.Target {
	t := sonde.Target{
		URL: to.URL, Host: to.Host, Use: sonde.Map, By: sonde.BySitemap,
		FoundOn: foundOn, Depth: depth, Reason: to.Reason,
	}
	if t.Reason == "" {
		t.Reason = c.scope.refuses(t)
	}
	switch {
	case t.Reason != "":
	case depth > maxSitemapDepth:
		t.Reason = sonde.TooDeep
	case !c.atlas.admit(t.URL):
		t.Reason = sonde.OverLimit
	}
	return t
}

// distinct keeps the first target of each URL, in place.
func distinct(targets []sonde.Target) []sonde.Target {
	seen := make(map[string]bool, len(targets))
	kept := targets[:0]
	for _, t := range targets {
		if !seen[t.URL] {
			seen[t.URL] = true
			kept = append(kept, t)
		}
	}
	return kept
}

// readSitemap finds the targets that a sitemap file lists.
func (c *Crawler) readSitemap(v *sonde.Visit) {
	s := sitemap.Parse(v.Fetch.Body, field(v.Fetch.Header, "Content-Type"))
	v.Sitemap = &sonde.Sitemap{Kind: string(s.Kind), Entries: len(s.Entries), Children: len(s.Children)}
	if s.Err != nil {
		v.Sitemap.Fault = clean(s.Err.Error())
		v.Detail = clean(fmt.Sprintf("sitemap: %v", s.Err))
	}
	v.Fetch.Truncated = v.Fetch.Truncated || s.Truncated
	base, err := c.urls.Base(v.Target.URL)
	if err != nil {
		return
	}
	for _, child := range s.Children {
		v.Found = append(v.Found, c.sitemapFile(c.urls.Resolve(base, child), v.Target.URL, v.Target.Depth+1))
	}
	v.Found = append(distinct(v.Found), c.entries(v, base, s.Entries)...)
}

// entries finds the targets of a sitemap's entries, with their other languages.
func (c *Crawler) entries(v *sonde.Visit, base *weburl.Base, entries []sitemap.Entry) []sonde.Target {
	if n := c.atlas.take(len(entries)); n < len(entries) {
		v.Detail = fmt.Sprintf("%d of its %d entries were left out: sitemaps bring at most %d URLs to a run", len(entries)-n, len(entries), maxSitemapURLs)
		entries = entries[:n]
	}
	f := newFinder(c.scope, c.budget, true)
	f.begin(v.Target)
	for _, entry := range entries {
		f.entry(c.urls.Resolve(base, entry.Loc), entry.LastMod)
		for _, alternate := range entry.Alternates {
			f.entry(c.urls.Resolve(base, alternate.URL), "")
		}
	}
	return f.found
}

// excuse says of a sitemap that is not where nobody said it were that this is no
// fault.
func excuse(v *sonde.Visit) {
	t := v.Target
	if t.Use != sonde.Map || t.FoundOn != "" || v.Outcome == sonde.Redirect {
		return
	}
	if v.Detail == "" {
		v.Detail = usualPlace
		return
	}
	v.Detail = usualPlace + ": " + v.Detail
}
