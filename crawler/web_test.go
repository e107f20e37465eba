package crawler

import (
	"context"
	"crypto/sha256"
	"fmt"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
	"sonde/crawler/fetch"
	"sonde/crawler/weburl"
)

// web is a web in memory: http.Handlers by host, asked without a network, so that
// time in it is that of a synctest bubble. It keeps a log of what it was asked.
type web struct {
	hosts   map[string]http.Handler // by host, with port where there is one
	latency time.Duration

	mu   sync.Mutex
	hits []hit
}

// hit is one request as the server's log has it.
type hit struct {
	origin, method, path string
	begin, end           time.Time
	header               http.Header
}

// broken is what a handler panics with to give no answer.
type broken sonde.Failure

// do stands in for the fetcher.
func (w *web) do(ctx context.Context, r fetch.Request) (answer fetch.Answer) {
	at := time.Now()
	h := hit{origin: weburl.Origin(r.URL), method: r.Method, begin: at, header: http.Header{}}
	h.path = strings.TrimPrefix(r.URL, h.origin)
	if r.Previous != nil {
		h.header.Set("If-None-Match", r.Previous.ETag)
	}
	w.mu.Lock()
	w.hits = append(w.hits, h)
	index := len(w.hits) - 1
	w.mu.Unlock()
	defer func() {
		w.mu.Lock()
		defer w.mu.Unlock()
		w.hits[index].end = time.Now()
	}()
	defer func() {
		switch reason := recover().(type) {
		case nil:
		case broken:
			answer = fetch.Answer{Failure: sonde.Failure(reason), Detail: "it is broken"}
		default:
			panic(reason)
		}
	}()
	if err := wait(ctx, w.latency); err != nil {
		return fetch.Answer{Failure: sonde.Malformation, Detail: err.Error()}
	}
	host := weburl.Split(r.URL).Host
	if handler := w.hosts[host]; handler != nil {
		return ask(ctx, handler, r, h.header)
	}
	return fetch.Answer{Failure: sonde.NXDomain, Detail: host + " does not exist"}
}

// ask puts a request to a handler and its answer into the fetcher's words.
func ask(ctx context.Context, handler http.Handler, r fetch.Request, header http.Header) fetch.Answer {
	request := httptest.NewRequestWithContext(ctx, r.Method, "/", nil)
	request.URL, _ = url.Parse(r.URL)
	request.Host = request.URL.Host
	request.Header = header
	recorder := httptest.NewRecorder()
	handler.ServeHTTP(recorder, request)
	result := recorder.Result()
	body := recorder.Body.Bytes()
	f := &sonde.Fetch{
		Status: result.StatusCode, HTTPVersion: "HTTP/1.1", BodyBytes: int64(len(body)), WireBytes: int64(len(body)),
		Remote: netip.MustParseAddrPort("192.0.2.1:80"), Timing: sonde.Timing{FirstByte: time.Millisecond},
		ETag: result.Header.Get("ETag"), LastModified: result.Header.Get("Last-Modified"),
	}
	for name, values := range result.Header {
		for _, value := range values {
			f.Header = append(f.Header, sonde.HeaderField{Name: name, Value: value})
		}
	}
	f.ContentType, _, _ = strings.Cut(result.Header.Get("Content-Type"), ";")
	if r.Keep {
		f.Body, f.BodySHA256 = body, sha256.Sum256(body)
	}
	return fetch.Answer{Fetch: f, Location: result.Header.Get("Location"), RetryAfter: result.Header.Get("Retry-After")}
}

// log gives the requests of one origin, in the order in which they began; all with
// origin "".
func (w *web) log(origin string) []hit {
	w.mu.Lock()
	defer w.mu.Unlock()
	return slices.DeleteFunc(slices.Clone(w.hits), func(h hit) bool { return origin != "" && h.origin != origin })
}

// asked lists method and path of the requests of one origin, in order.
func (w *web) asked(origin string) []string {
	var lines []string
	for _, h := range w.log(origin) {
		lines = append(lines, h.method+" "+h.path)
	}
	return lines
}

// isProbe reports whether a request is the one for a page that nobody made.
func (h hit) isProbe() bool { return strings.Contains(h.path, "sonde-asks-for-no-page") }

// times tells how often a path of any origin was asked for.
func (w *web) times(path string) int {
	n := 0
	for _, h := range w.log("") {
		if h.path == path {
			n++
		}
	}
	return n
}

// pages is a handler made of HTML by path; what is not there is 404.
type pages map[string]string

func (p pages) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	text, ok := p[r.URL.RequestURI()]
	if !ok {
		http.NotFound(w, r)
		return
	}
	switch {
	case strings.HasSuffix(r.URL.Path, ".txt"):
		w.Header().Set("Content-Type", "text/plain")
	case strings.HasSuffix(r.URL.Path, ".xml"):
		w.Header().Set("Content-Type", "application/xml")
	case strings.HasSuffix(r.URL.Path, ".js"):
		w.Header().Set("Content-Type", "text/javascript")
	case strings.HasSuffix(r.URL.Path, ".png"):
		w.Header().Set("Content-Type", "image/png")
	default:
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
	}
	fmt.Fprint(w, text)
}

// links is a page that links to URLs.
func links(urls ...string) string {
	var b strings.Builder
	b.WriteString("<!doctype html><title>t</title><main>")
	for _, u := range urls {
		fmt.Fprintf(&b, "<a href=%q>x</a> ", u)
	}
	return b.String()
}

// quick is a policy that does not wait where a test does not ask for it, and reads
// no sitemaps.
func quick() sonde.Policy {
	p := sonde.DefaultPolicy()
	p.UserAgent = "Sonde/1.0 (+https://sonde.example/about)"
	p.Rate, p.PerHost, p.Sitemaps = 0, 8, false
	return p
}

// crawl is one crawl of a web in memory.
type crawl struct {
	web    *web
	shelf  *shelf
	memory *notebook
	policy sonde.Policy
	seeds  []string
	began  time.Time // the run, when not now
}

func newCrawl(hosts map[string]http.Handler, seeds ...string) *crawl {
	return &crawl{
		web: &web{hosts: hosts}, shelf: newShelf(seedsOf(seeds...)...), memory: &notebook{},
		policy: quick(), seeds: seeds,
	}
}

// one is a crawl of one site, example.org, from its front page.
func one(handler http.Handler) *crawl {
	return newCrawl(map[string]http.Handler{"example.org": handler}, "https://example.org/")
}

// unknown is a lookup that finds nothing.
func unknown(context.Context, string) ([]netip.Addr, error) { return nil, nil }

func (c *crawl) crawler(t *testing.T) *Crawler {
	t.Helper()
	crawler, err := New(Config{
		Site: sonde.Site{Name: "t", Seeds: c.seeds, Policy: c.policy}, Run: 7, Began: c.began,
		Frontier: c.shelf, Memory: c.memory,
	})
	if err != nil {
		t.Fatalf("New: %v", err)
	}
	crawler.do, crawler.lookup = c.web.do, unknown
	c.shelf.changed = make(chan struct{}, 1) // a channel of this bubble
	return crawler
}

// run crawls to the end, in a bubble of its own time.
func (c *crawl) run(t *testing.T) Ending {
	t.Helper()
	var end Ending
	synctest.Test(t, func(t *testing.T) { end = c.inBubble(t, t.Context()) })
	return end
}

// inBubble crawls in the bubble of the caller.
func (c *crawl) inBubble(t *testing.T, ctx context.Context) Ending {
	t.Helper()
	end, err := c.crawler(t).Run(ctx)
	if err != nil {
		t.Fatalf("Run: %v", err)
	}
	return end
}

// finish crawls and wants the run to end with nothing left.
func (c *crawl) finish(t *testing.T) {
	t.Helper()
	if end := c.run(t); end.Status != sonde.Finished {
		t.Fatalf("the run ended %s (%s), want finished", end.Status, end.Reason)
	}
	for _, v := range c.shelf.visits {
		seen := make(map[string]bool)
		for _, found := range v.Found {
			if seen[found.URL] {
				t.Errorf("%s found %s twice", v.Target.URL, found.URL)
			}
			seen[found.URL] = true
		}
	}
}
