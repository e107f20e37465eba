package crawler

import (
	"bufio"
	"compress/gzip"
	"fmt"
	"io"
	"net"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"slices"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"sonde"
)

// server is a real HTTP server on loopback that keeps a log.
type server struct {
	*httptest.Server
	mu   sync.Mutex
	hits []hit
}

func serve(t *testing.T, handler http.Handler) *server {
	s := &server{}
	s.Server = httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		h := hit{method: r.Method, path: r.URL.RequestURI(), begin: time.Now(), header: r.Header}
		defer func() {
			s.mu.Lock()
			defer s.mu.Unlock()
			h.end = time.Now()
			s.hits = append(s.hits, h)
		}()
		handler.ServeHTTP(w, r)
	}))
	t.Cleanup(s.Close)
	return s
}

func (s *server) log() []hit {
	s.mu.Lock()
	defer s.mu.Unlock()
	return slices.SortedFunc(slices.Values(s.hits), func(a, b hit) int { return a.begin.Compare(b.begin) })
}

// crawlOver crawls a real server from one path, by the real fetcher.
func crawlOver(t *testing.T, url string, policy sonde.Policy, seeds ...sonde.Target) (*shelf, Ending) {
	t.Helper()
	if len(seeds) == 0 {
		seeds = seedsOf(url + "/")
	}
	return crawlShelf(t, url, policy, newShelf(seeds...))
}

// crawlShelf crawls what is on a shelf of targets of a real server.
func crawlShelf(t *testing.T, url string, policy sonde.Policy, s *shelf) (*shelf, Ending) {
	t.Helper()
	s.changed = make(chan struct{}, 1)
	crawler, err := New(Config{
		Site: sonde.Site{Name: "t", Seeds: []string{url + "/"}, Policy: policy}, Run: 1, Frontier: s, Memory: &notebook{},
	})
	if err != nil {
		t.Fatal(err)
	}
	end, err := crawler.Run(t.Context())
	if err != nil {
		t.Fatal(err)
	}
	return s, end
}

func TestARealSiteIsCrawledWhole(t *testing.T) {
	t.Parallel()
	site := pages{"/robots.txt": "User-agent: *\nDisallow: /never\n"}
	var front []string
	for i := range 50 {
		front = append(front, fmt.Sprintf("/p%d", i))
		site[fmt.Sprintf("/p%d", i)] = links(fmt.Sprintf("/p%d/sub", i), "/", "/never", "missing") + "<img src=/logo.png>"
		site[fmt.Sprintf("/p%d/sub", i)] = links("/")
	}
	site["/"], site["/logo.png"] = links(front...), "png"
	s := serve(t, site)
	shelf, end := crawlOver(t, s.URL, quick())
	if end.Status != sonde.Finished {
		t.Fatalf("ended %s: %s", end.Status, end.Reason)
	}
	counts := make(map[sonde.Outcome]int)
	for _, v := range shelf.visits {
		counts[v.Outcome]++
	}
	if counts[sonde.OK] != 102 || counts[sonde.HTTPError] != 1 || counts[sonde.RobotsBlocked] != 1 {
		t.Errorf("outcomes %v, want 102 ok, 1 http_error, 1 robots_blocked", counts)
	}
	if v := shelf.visit(t, s.URL+"/p7"); !v.Fetch.Remote.IsValid() || v.Fetch.HTTPVersion != "HTTP/1.1" || v.Page.LinkCount != 5 {
		t.Errorf("a page: remote %v, %s, %d links; want the real thing", v.Fetch.Remote, v.Fetch.HTTPVersion, v.Page.LinkCount)
	}
	if log := s.log(); log[0].path != "/robots.txt" || slices.ContainsFunc(log, func(h hit) bool { return h.path == "/never" }) {
		t.Errorf("first asked for %s; /never is not to be asked for", log[0].path)
	}
}

func TestARealServerSeesPaceAndParallelism(t *testing.T) {
	t.Parallel()
	site := pages{"/": links("/a", "/b", "/c", "/d", "/e"), "/a": "", "/b": "", "/c": "", "/d": "", "/e": ""}
	s := serve(t, site)
	policy := quick()
	policy.Rate = 50
	crawlOver(t, s.URL, policy)
	log := s.log()
	// The log is the server's: two requests may have come closer together than they
	// went out, but all of them not.
	if took, want := log[len(log)-1].begin.Sub(log[0].begin), 5*20*time.Millisecond; took < want {
		t.Errorf("%d requests within %v, want at least %v", len(log), took, want)
	}
	for _, h := range log {
		if !strings.HasPrefix(h.header.Get("User-Agent"), "Sonde/") {
			t.Errorf("%s came from %q", h.path, h.header.Get("User-Agent"))
		}
	}
}

func TestConditionalRequests(t *testing.T) {
	t.Parallel()
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		w.Header().Set("ETag", `"1"`)
		if r.Header.Get("If-None-Match") == `"1"` {
			w.WriteHeader(http.StatusNotModified)
			return
		}
		pages{"/": links("/a"), "/a": ""}.ServeHTTP(w, r)
	}))
	targets := seedsOf(s.URL+"/", s.URL+"/a")
	for i := range targets {
		targets[i].Previous = &sonde.Previous{ETag: `"1"`, Header: []sonde.HeaderField{{Name: "Content-Type", Value: "text/html; charset=utf-8"}}}
	}
	shelf, _ := crawlOver(t, s.URL, quick(), targets...)
	asIs := 0
	for _, v := range shelf.visits {
		if v.Fetch.NotModified {
			asIs++
			if v.Outcome != sonde.OK || v.Page != nil || v.Fetch.Status != 304 || v.Attempts != 1 {
				t.Errorf("%s, status %d, page %v, %d attempts; want ok as it was", v.Outcome, v.Fetch.Status, v.Page, v.Attempts)
			}
		} else if v.Page == nil || v.Attempts != 2 {
			t.Errorf("page %v after %d attempts; want the first asked for again, whole", v.Page, v.Attempts)
		}
	}
	if asIs != 1 {
		t.Errorf("%d of two pages are as they were, want all but the first", asIs)
	}
	policy := quick()
	policy.Sitemaps = true
	shelf, _ = crawlOver(t, s.URL, policy, targets...)
	for _, v := range shelf.visits {
		if v.Fetch.NotModified && v.Target.By == sonde.BySeed && len(v.Found) != len(usualPlaces) {
			t.Errorf("of a seed that is as it was %d targets are found, want its sitemaps", len(v.Found))
		}
	}
}

func TestPagesMayNotLeadToWherePrivateThingsAre(t *testing.T) {
	t.Parallel()
	secret := serve(t, pages{"/": "secret"})
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/meta":
			http.Redirect(w, r, "http://169.254.169.254/latest/meta-data/", http.StatusFound)
		case "/own":
			http.Redirect(w, r, secret.URL+"/", http.StatusFound)
		default:
			pages{"/": links("/meta", "/own", secret.URL+"/linked", "http://[::ffff:127.0.0.1]:1/")}.ServeHTTP(w, r)
		}
	}))
	policy := quick()
	policy.External = true
	shelf, _ := crawlOver(t, s.URL, policy)
	for _, url := range []string{"http://169.254.169.254/latest/meta-data/", secret.URL + "/", secret.URL + "/linked"} {
		if v := shelf.visit(t, url); v.Outcome != sonde.BlockedAddress || v.Failure != sonde.Forbidden {
			t.Errorf("%s: %s/%s, want blocked_address", url, v.Outcome, v.Failure)
		}
	}
	if log := secret.log(); len(log) != 0 {
		t.Errorf("the private server was asked %v", log)
	}
}

func TestWhatCameOfAShortBodyCounts(t *testing.T) {
	t.Parallel()
	url := raw(t, func(path string, w io.Writer) {
		if path == "/" {
			fmt.Fprint(w, "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 1000\r\n\r\n<title>Cut</title><a href=/a>a</a>")
			return
		}
		fmt.Fprint(w, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	})
	shelf, _ := crawlOver(t, url, quick())
	v := shelf.visit(t, url+"/")
	if v.Outcome != sonde.OK || v.Failure != sonde.ShortBody || !v.Fetch.Truncated || v.Attempts != 3 {
		t.Errorf("%s/%s, truncated %v, %d attempts; want ok, short_body, truncated after 3", v.Outcome, v.Failure, v.Fetch.Truncated, v.Attempts)
	}
	shelf.visit(t, url+"/a")
}

func TestConnectionsThatBreakAreTriedAgain(t *testing.T) {
	t.Parallel()
	var mu sync.Mutex
	tries := 0
	url := raw(t, func(path string, w io.Writer) {
		mu.Lock()
		defer mu.Unlock()
		if path == "/" {
			tries++
			return
		}
		fmt.Fprint(w, "HTTP/1.1 404 Not Found\r\nContent-Length: 0\r\nConnection: close\r\n\r\n")
	})
	shelf, end := crawlOver(t, url, quick())
	if v := shelf.visit(t, url+"/"); v.Outcome != sonde.ConnectError || v.Attempts != 3 {
		t.Errorf("%s after %d attempts, want connect_error after 3", v.Outcome, v.Attempts)
	}
	mu.Lock()
	defer mu.Unlock()
	if tries != 3 || len(end.SeedTrouble) != 1 {
		t.Errorf("the server saw %d tries, trouble %q; want 3 and a sentence", tries, end.SeedTrouble)
	}
}

// raw serves what answer writes to each connection, and then closes it.
func raw(t *testing.T, answer func(path string, w io.Writer)) string {
	listener, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	var all sync.WaitGroup
	t.Cleanup(func() { listener.Close(); all.Wait() })
	all.Go(func() {
		for {
			conn, err := listener.Accept()
			if err != nil {
				return
			}
			all.Go(func() {
				defer conn.Close()
				if r, err := http.ReadRequest(bufio.NewReader(conn)); err == nil {
					answer(r.URL.Path, conn)
				}
			})
		}
	})
	return "http://" + listener.Addr().String()
}

func TestACompressedSitemapIsRead(t *testing.T) {
	t.Parallel()
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/sitemap.xml.gz" {
			w.Header().Set("Content-Type", "application/gzip")
			z := gzip.NewWriter(w)
			fmt.Fprint(z, urlset("http://"+r.Host+"/only-here"))
			z.Close()
			return
		}
		pages{"/robots.txt": "Sitemap: /sitemap.xml.gz", "/": "", "/only-here": ""}.ServeHTTP(w, r)
	}))
	policy := quick()
	policy.Sitemaps = true
	shelf, _ := crawlOver(t, s.URL, policy)
	shelf.visit(t, s.URL+"/only-here")
}

func TestHeadersOfThePolicyGoToTheSiteAlone(t *testing.T) {
	t.Parallel()
	other := serve(t, pages{"/": ""})
	elsewhere := strings.Replace(other.URL, "127.0.0.1", "localhost", 1)
	s := serve(t, pages{"/": links(elsewhere + "/")})
	policy := quick()
	policy.External = true
	policy.AllowNets = []netip.Prefix{netip.MustParsePrefix("127.0.0.0/8"), netip.MustParsePrefix("::1/128")}
	policy.Headers = map[string][]string{"X-Token": {"secret"}}
	crawlOver(t, s.URL, policy)
	for _, h := range s.log() {
		if h.header.Get("X-Token") != "secret" {
			t.Errorf("%s of the site came without the header", h.path)
		}
	}
	if len(other.log()) == 0 {
		t.Error("the other host was not asked")
	}
	for _, h := range other.log() {
		if h.header.Get("X-Token") != "" {
			t.Errorf("%s of the other host came with the header", h.path)
		}
	}
}

func TestASeedMayBeNamed(t *testing.T) {
	t.Parallel()
	s := serve(t, pages{"/": "here"})
	address := netip.MustParseAddrPort(strings.TrimPrefix(s.URL, "http://"))
	url := fmt.Sprintf("http://localhost:%d", address.Port())
	shelf, _ := crawlOver(t, url, quick())
	if v := shelf.visit(t, url+"/"); v.Outcome != sonde.OK {
		t.Errorf("a seed on localhost: %s (%s), want ok", v.Outcome, v.Detail)
	}
}

// TestALinkFarmIsOneServer: forty names of one address are asked like one host.
func TestALinkFarmIsOneServer(t *testing.T) {
	t.Parallel()
	var now atomic.Int64
	var once sync.Once
	crowded := make(chan struct{})
	s := serve(t, http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		defer now.Add(-1)
		if now.Add(1) == 3 {
			once.Do(func() { close(crowded) })
		}
		select {
		case <-crowded:
		case <-time.After(5 * time.Millisecond): // for others to come meanwhile
		}
		if name, _, _ := strings.Cut(r.Host, "."); name == "farm" && r.URL.Path == "/" {
			_, port, _ := net.SplitHostPort(r.Host)
			for i := range 40 {
				fmt.Fprintf(w, "<a href=http://%d.farm.localhost:%s/>", i, port)
			}
		}
	}))
	_, port, _ := net.SplitHostPort(s.Listener.Addr().String())
	policy := quick()
	policy.PerHost = 2
	policy.Scope.Kind = sonde.ScopeDomain
	shelf, end := crawlOver(t, "http://farm.localhost:"+port, policy)
	if end.Status != sonde.Finished || len(shelf.in(visited)) != 41 {
		t.Fatalf("ended %s with %d pages: %s", end.Status, len(shelf.in(visited)), end.Reason)
	}
	select {
	case <-crowded:
		t.Error("three requests were at one address at once, want two at most")
	default:
	}
}
