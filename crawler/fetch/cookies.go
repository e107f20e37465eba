package fetch

import (
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"strings"
	"sync"
	"sync/atomic"

	"golang.org/x/net/publicsuffix"
)

// Bounds on the cookies of a run. Browsers keep more per site; a crawl needs few.
const (
	maxSiteCookies = 50
	maxCookies     = 3_000
	maxCookieBytes = 4_096 // of name and value together (RFC 6265bis, section 5.7)
)

// cookies are what the hosts of a run gave us to give back: kept in memory, by the
// rules of RFC 6265bis and the public suffix list, and bounded. It is safe for
// concurrent use.
type cookies struct {
	jar  *cookiejar.Jar
	some atomic.Bool // there is one at all

	mu    sync.Mutex
	sites map[string]map[string]bool // the cookies of each site, by name, domain and path
	count int
}

func newCookies() (*cookies, error) {
	jar, err := cookiejar.New(&cookiejar.Options{PublicSuffixList: publicsuffix.List})
	if err != nil {
		return nil, err
	}
	return &cookies{jar: jar, sites: map[string]map[string]bool{}}, nil
}

// add writes the cookies for u into the header of a request.
func (c *cookies) add(h http.Header, u *url.URL) {
	if !c.some.Load() {
		return
	}
	var line []string
	if typed := h["Cookie"]; len(typed) > 0 {
		line = append(line, strings.Join(typed, "; "))
	}
	for _, cookie := range c.jar.Cookies(u) {
		line = append(line, cookie.Name+"="+cookie.Value)
	}
	if len(line) > 0 {
		h["Cookie"] = []string{strings.Join(line, "; ")}
	}
}

// take keeps the cookies that an answer from u sets.
func (c *cookies) take(u *url.URL, resp *http.Response) {
	if len(resp.Header["Set-Cookie"]) == 0 {
		return
	}
	var fit []*http.Cookie
	site := siteOf(u)
	for _, cookie := range resp.Cookies() {
		if allowed(cookie, u.Scheme) && c.admit(site, cookie) {
			fit = append(fit, cookie)
		}
	}
	if len(fit) > 0 {
		c.jar.SetCookies(u, fit)
		c.some.Store(true)
	}
}

// allowed checks what net/http/cookiejar does not: size, Secure over plain http,
// and the name prefixes (RFC 6265bis, sections 4.1.3 and 5.7).
func allowed(c *http.Cookie, scheme string) bool {
	name := strings.ToLower(c.Name)
	switch {
	case len(c.Name)+len(c.Value) > maxCookieBytes:
		return false
	case c.Secure && scheme != "https":
		return false
	case strings.HasPrefix(name, "__secure-"):
		return c.Secure
	case strings.HasPrefix(name, "__host-"):
		return c.Secure && c.Domain == "" && c.Path == "/"
	}
	return true
}

// admit reports whether there is room for one more cookie of the site. A cookie
// that replaces one needs none, and one that is taken back makes room.
func (c *cookies) admit(site string, cookie *http.Cookie) bool {
	c.mu.Lock()
	defer c.mu.Unlock()
	known := c.sites[site]
	key := cookie.Name + ";" + cookie.Domain + ";" + cookie.Path
	switch {
	case cookie.MaxAge < 0:
		c.forget(known, key)
		return true
	case known[key]:
		return true
	case len(known) >= maxSiteCookies || c.count >= maxCookies:
		return false
	case known == nil:
		known = map[string]bool{}
		c.sites[site] = known
	}
	known[key] = true
	c.count++
	return true
}

func (c *cookies) forget(known map[string]bool, key string) {
	if known[key] {
		delete(known, key)
		c.count--
	}
}

// siteOf is the registrable domain of the host of u, or the host where it has none.
func siteOf(u *url.URL) string {
	host := plainHost(u.Hostname())
	if site, err := publicsuffix.EffectiveTLDPlusOne(host); err == nil {
		return site
	}
	return host
}
