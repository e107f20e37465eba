package crawler

import (
	"fmt"
	"sync"

	"sonde"
	"sonde/crawler/weburl"
)

// maxRefresh is the delay in seconds up to which a refresh to another URL is a
// redirect and not a page that shows itself for a while.
const maxRefresh = 10

// redirect settles a visit whose answer points to location.
func (c *Crawler) redirect(v *sonde.Visit, location string) {
	to := c.resolve(v.Target.URL, location)
	switch {
	case location == "":
		fail(v, sonde.BadLocation, fmt.Sprintf("status %d without a Location", v.Fetch.Status))
		return
	case to.Reason != "":
		fail(v, sonde.BadLocation, fmt.Sprintf("status %d with Location %q, which is no URL to go to (%s)", v.Fetch.Status, to.URL, to.Reason))
		return
	}
	v.Links = []sonde.Link{c.redirectLink(to)}
	c.leadOn(v, to.URL, to.Host, sonde.ByStatus)
	if v.Outcome == sonde.Redirect && c.trail.closes(v.Target.URL, to.URL) {
		fail(v, sonde.RedirectLoop, "redirects lead back here by way of "+to.URL)
	}
}

// resolve resolves a reference that the answer of a URL holds.
func (c *Crawler) resolve(url, reference string) weburl.Resolved {
	base, err := c.urls.Base(url)
	if err != nil {
		return weburl.Resolved{URL: reference, Reason: sonde.Malformed}
	}
	return c.urls.Resolve(base, reference)
}

// redirectLink is the edge that a Location makes.
func (c *Crawler) redirectLink(to weburl.Resolved) sonde.Link {
	return sonde.Link{
		URL: to.URL, Host: to.Host, Original: to.Original, Fragment: to.Fragment,
		Kind: sonde.LinkRedirect, Position: sonde.InHTTP, Internal: c.scope.reaches(to.URL),
	}
}

// leadOn makes a visit a redirect to a URL, which becomes a target with one hop
// more. The last of sonde.MaxRedirects hops may not point on.
func (c *Crawler) leadOn(v *sonde.Visit, url, host string, by sonde.Reason) {
	from := v.Target
	next := sonde.Target{
		URL: url, Host: host, Use: c.scope.useAfter(from.Use, url), By: sonde.ByRedirect,
		FoundOn: from.URL, Depth: from.Depth, Hops: from.Hops + 1, Chain: from.Chain,
	}
	next.Reason = c.refusesHop(next)
	v.Found = append(v.Found, next)
	v.Outcome, v.Reason, v.RedirectTo = sonde.Redirect, by, url
	if from.Hops >= sonde.MaxRedirects {
		fail(v, sonde.RedirectLimit, fmt.Sprintf("%d redirects in a row, and the last points on to %s", from.Hops, url))
	}
}

// refusesHop says why the end of a redirect is not to be asked for.
func (c *Crawler) refusesHop(t sonde.Target) sonde.Reason {
	if reason := c.scope.refuses(t); reason != "" {
		return reason
	}
	switch {
	case t.Hops > sonde.MaxRedirects:
		return sonde.RedirectEnd
	case t.Use == sonde.Check:
		return ""
	case weburl.Trap(t.URL) || c.budget.spent(t.URL):
		return sonde.Trap
	}
	return ""
}

// useAfter says what a redirect's end is fetched for: what is out of scope is at
// most checked, and what an external URL leads back to is a page like any other.
func (s *scope) useAfter(use sonde.Use, url string) sonde.Use {
	switch {
	case use == sonde.Map:
		return sonde.Map
	case !s.reaches(url):
		return sonde.Check
	case use == sonde.Check:
		return sonde.Read
	}
	return use
}

// refresh makes a page that soon leads elsewhere a redirect; it stays a page. A
// page that reloads itself is none.
func (c *Crawler) refresh(v *sonde.Visit, r *sonde.Refresh, base string) {
	if r == nil || r.URL == "" || r.Seconds > maxRefresh {
		return
	}
	to := c.resolve(base, r.URL)
	if to.Reason != "" || to.URL == v.Target.URL {
		return
	}
	by := sonde.ByMetaRefresh
	if r.Header {
		by = sonde.ByRefreshHeader
	}
	c.leadOn(v, to.URL, to.Host, by)
}

// maxTrail is how many redirects are remembered to see loops.
const maxTrail = 10_000

// trail remembers which URL redirected where. It forgets all when it is full: a
// loop then shows itself when it is closed again, or by its hops.
type trail struct {
	mu sync.Mutex
	to map[string]string
}

// closes notes a redirect and reports whether following it leads back to where it
// comes from.
func (t *trail) closes(from, to string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.to == nil || len(t.to) >= maxTrail {
		t.to = make(map[string]string)
	}
	t.to[from] = to
	for range sonde.MaxRedirects {
		if to == from {
			return true
		}
		next, known := t.to[to]
		if !known {
			return false
		}
		to = next
	}
	return false
}
