package crawler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
)

// variety is two hosts on which every kind of request happens: robots.txt with and
// without a redirect, sitemaps, pages, redirects, resources, retries, refused HEAD
// and external checks.
func variety(crawlDelay string) map[string]http.Handler {
	site := pages{
		"/robots.txt":  "User-agent: *\n" + crawlDelay + "Disallow: /private\nSitemap: https://example.org/map.xml\n",
		"/map.xml":     `<urlset><url><loc>https://example.org/only-here</loc></url><url><loc>https://example.org/a</loc></url></urlset>`,
		"/":            links("/a", "/b", "/private/x", "/moved", "/flaky", "/gone", "https://other.example/x", "https://other.example/y", "https://other.example/z"),
		"/a":           "<img src=/1.png><img src=/2.png><script src=/no-head.js></script>",
		"/b":           links("/a", "/c"),
		"/c":           "",
		"/only-here":   "",
		"/1.png":       "1",
		"/2.png":       "2",
		"/no-head.js":  "js",
		"/moved-there": "",
	}
	flaky := 0
	return map[string]http.Handler{
		"example.org": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch {
			case r.URL.Path == "/moved":
				http.Redirect(w, r, "/moved-there", http.StatusMovedPermanently)
			case r.URL.Path == "/flaky" && flaky < 2:
				flaky++
				w.WriteHeader(http.StatusInternalServerError)
			case r.URL.Path == "/flaky":
				fmt.Fprint(w, "at last")
			case r.URL.Path == "/no-head.js" && r.Method == http.MethodHead:
				w.WriteHeader(http.StatusMethodNotAllowed)
			default:
				site.ServeHTTP(w, r)
			}
		}),
		"other.example": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			switch r.URL.Path {
			case "/robots.txt":
				http.Redirect(w, r, "https://example.org/other-robots.txt", http.StatusFound)
			case "/x":
				w.WriteHeader(http.StatusOK)
			default:
				w.WriteHeader(http.StatusNotImplemented)
			}
		}),
	}
}

// whole is what a crawl of variety asks of example.org, however fast.
var whole = []string{
	"GET /", "GET /a", "GET /b", "GET /c", "GET /flaky", "GET /flaky", "GET /flaky", "GET /gone",
	"GET /map.xml", "GET /moved", "GET /moved-there", "GET /no-head.js", "GET /only-here",
	"GET /other-robots.txt", "GET /robots.txt", "GET /sitemap.xml", "GET /sitemap_index.xml", "GET " + probeOfExample,
	"HEAD /1.png", "HEAD /2.png", "HEAD /no-head.js",
}

func TestEveryKindOfRequestKeepsPaceAndParallelism(t *testing.T) {
	tests := []struct {
		name, delay     string
		rate            float64
		perHost, atOnce int
		apart           time.Duration
	}{
		{"rate", "", 2, 4, 4, 500 * time.Millisecond},
		{"one at a time", "", 0, 1, 1, 3 * time.Second},
		{"two at a time", "", 0, 2, 2, 0},
		{"crawl delay", "Crawl-delay: 10\n", 0, 8, 1, 10 * time.Second},
		{"crawl delay and a slower rate", "Crawl-delay: 1\n", 0.1, 8, 1, 10 * time.Second},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCrawl(variety(test.delay), "https://example.org/")
			c.web.latency = 3 * time.Second
			c.policy.Rate, c.policy.PerHost = test.rate, test.perHost
			c.policy.Sitemaps, c.policy.External = true, true
			c.finish(t)
			for _, origin := range []string{"https://example.org", "https://other.example"} {
				if origin == "https://other.example" && test.delay != "" {
					continue // the delay is example.org's; its own robots.txt has none
				}
				hits := c.web.log(origin)
				if n := atOnce(hits); n > test.atOnce {
					t.Errorf("%s: %d requests at once, want at most %d", origin, n, test.atOnce)
				}
				for i, h := range hits[1:] {
					if apart := h.begin.Sub(hits[i].begin); apart < test.apart {
						t.Errorf("%s: %s began %v after %s, want %v", origin, h.path, apart, hits[i].path, test.apart)
					}
				}
			}
			got := slices.Sorted(slices.Values(c.web.asked("https://example.org")))
			if !slices.Equal(got, whole) {
				t.Errorf("asked\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(whole, "\n"))
			}
		})
	}
}

func TestRobotsComesBeforeEverythingElse(t *testing.T) {
	c := newCrawl(variety(""), "https://example.org/")
	c.policy.Sitemaps, c.policy.External = true, true
	c.finish(t)
	for _, origin := range []string{"https://example.org", "https://other.example"} {
		if first := c.web.asked(origin)[0]; first != "GET /robots.txt" {
			t.Errorf("%s was first asked %s, want robots.txt", origin, first)
		}
	}
	if n := c.web.times("/robots.txt"); n != 2 {
		t.Errorf("robots.txt was asked for %d times, want once per origin", n)
	}
}

func TestRetryAfterStopsTheWholeHost(t *testing.T) {
	for name, clock := range map[string]time.Duration{"seconds": 0, "date": 0, "date by a slow clock": -time.Hour} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				refusals := 0
				var refused time.Time
				site := pages{"/": links("/a", "/b", "/c", "/d"), "/a": "", "/b": "", "/c": "", "/d": ""}
				c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
					if r.URL.Path == "/a" && refusals == 0 {
						refusals++
						refused = time.Now()
						w.Header().Set("Retry-After", "90")
						if name != "seconds" {
							now := refused.Add(clock).UTC()
							w.Header().Set("Date", now.Format(http.TimeFormat))
							w.Header().Set("Retry-After", now.Add(90*time.Second).Format(http.TimeFormat))
						}
						w.WriteHeader(http.StatusServiceUnavailable)
						return
					}
					site.ServeHTTP(w, r)
				}))
				c.policy.PerHost = 1
				if end := c.inBubble(t, t.Context()); end.Status != sonde.Finished {
					t.Fatalf("ended %s: %s", end.Status, end.Reason)
				}
				for _, h := range c.web.log("") {
					if after := h.begin.Sub(refused); after > 0 && after < 90*time.Second {
						t.Errorf("%s was asked for %v after the refusal, want 90 s of silence", h.path, after)
					}
				}
				if v := c.shelf.visit(t, "https://example.org/a"); v.Outcome != sonde.OK || v.Attempts != 2 {
					t.Errorf("the refused page: %s after %d attempts, want ok after 2", v.Outcome, v.Attempts)
				}
			})
		})
	}
}

func TestAHostThatAsksForTooMuchPatienceIsParked(t *testing.T) {
	hosts := map[string]http.Handler{
		"example.org": pages{"/": links("/a", "https://busy.example.org/"), "/a": links("/b"), "/b": ""},
		"busy.example.org": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			w.Header().Set("Retry-After", "3600")
			w.WriteHeader(http.StatusTooManyRequests)
		}),
	}
	c := newCrawl(hosts, "https://example.org/", "https://busy.example.org/x")
	c.policy.Scope.Kind = sonde.ScopeDomain
	end := c.run(t)
	if end.Status != sonde.Partial || len(end.Parked) != 1 || end.Parked[0].Origin != "https://busy.example.org" {
		t.Errorf("ended %s with %v parked, want partial without the busy host", end.Status, end.Parked)
	}
	if !strings.Contains(end.Reason, "busy.example.org") || end.Gate.Parked != 1 {
		t.Errorf("reason %q, %d parked at the gate; want the host named", end.Reason, end.Gate.Parked)
	}
	c.shelf.visit(t, "https://example.org/b")
	if n := len(c.web.log("https://busy.example.org")); n != 1 {
		t.Errorf("the busy host was asked %d times, want once", n)
	}
	if m := c.memory.hosts["https://busy.example.org"]; m.Pace.NotBefore.IsZero() {
		t.Errorf("remembered of the busy host: %+v, want not to ask it before", m.Pace)
	}
}

func TestPaceIsRememberedAcrossRuns(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(pages{"/": ""})
		until := time.Now().Add(2 * time.Minute)
		c.memory.Remember(t.Context(), sonde.HostMemory{Origin: "https://example.org", Pace: sonde.Pace{NotBefore: until}})
		c.inBubble(t, t.Context())
		if first := c.web.log("")[0]; first.begin.Before(until) {
			t.Errorf("asked for %s %v too early", first.path, until.Sub(first.begin))
		}
	})
}

func TestACalmHostIsRememberedOnce(t *testing.T) {
	c := one(pages{"/": links("/a", "/b"), "/a": "", "/b": ""})
	c.finish(t)
	if c.memory.writes != 2 {
		t.Errorf("%d writes, want one with robots.txt and one with what is not there: there is no news after them", c.memory.writes)
	}
}

func TestTroubleThatIsOverIsForgotten(t *testing.T) {
	c := one(pages{"/": "", "/robots.txt": ""})
	synctest.Test(t, func(t *testing.T) {
		c.memory.Remember(t.Context(), sonde.HostMemory{
			Origin: "https://example.org",
			Robots: &sonde.RobotsFile{Status: 404, FetchedAt: time.Now()},
			Pace:   sonde.Pace{Failures: 3},
		})
		c.inBubble(t, t.Context())
	})
	if m := c.memory.hosts["https://example.org"]; m.Pace.Failures != 0 || m.Robots == nil {
		t.Errorf("remembered %+v with robots.txt %v, want no failures and the file kept", m.Pace, m.Robots)
	}
}

func TestAComplaintIsRememberedAtOnce(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.URL.Path == "/robots.txt" {
				http.NotFound(w, r)
				return
			}
			w.Header().Set("Retry-After", "200")
			w.WriteHeader(http.StatusServiceUnavailable)
		}))
		crawler := c.crawler(t)
		go crawler.Run(t.Context())
		if err := wait(t.Context(), time.Second); err != nil {
			t.Fatal(err)
		}
		m, _, _ := c.memory.Recall(t.Context(), "https://example.org")
		if left := time.Until(m.Pace.NotBefore); left < 198*time.Second || left > 200*time.Second {
			t.Errorf("a second after the complaint %v of silence are remembered, want the rest of 200 s", left)
		}
		if m.Robots == nil || m.Robots.Status != 404 {
			t.Errorf("remembered robots.txt %+v, want it kept", m.Robots)
		}
	})
}

func TestRetries(t *testing.T) {
	tests := []struct {
		name     string
		answers  []string // statuses and failures, the last for ever
		attempts int
		outcome  sonde.Outcome
		waits    []time.Duration // at least, between two attempts
	}{
		{"server error that passes", []string{"500", "200"}, 2, sonde.OK, []time.Duration{375 * time.Millisecond}},
		{"server error that stays", []string{"502"}, 3, sonde.HTTPError, []time.Duration{375 * time.Millisecond, 1500 * time.Millisecond}},
		{"reset that passes", []string{"reset", "empty_reply", "200"}, 3, sonde.OK, []time.Duration{375 * time.Millisecond, 1500 * time.Millisecond}},
		{"reset that stays", []string{"reset"}, 3, sonde.ConnectError, nil},
		{"not found", []string{"404"}, 1, sonde.HTTPError, nil},
		{"not implemented", []string{"501"}, 1, sonde.HTTPError, nil},
		{"refused", []string{"refused"}, 1, sonde.ConnectError, nil},
		{"certificate", []string{"cert_expired"}, 1, sonde.TLSError, nil},
		{"blocked address", []string{"blocked_address"}, 1, sonde.BlockedAddress, nil},
		{"slow header", []string{"header_timeout"}, 3, sonde.Timeout, nil},
		{"malformed", []string{"malformed"}, 1, sonde.ProtocolError, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			n := 0
			c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					http.NotFound(w, r)
					return
				}
				answer := test.answers[min(n, len(test.answers)-1)]
				n++
				status := 0
				if fmt.Sscan(answer, &status); status == 0 {
					panic(broken(answer))
				}
				w.WriteHeader(status)
			}))
			c.finish(t)
			v := c.shelf.visit(t, "https://example.org/")
			if v.Outcome != test.outcome || v.Attempts != test.attempts || n != test.attempts {
				t.Errorf("%s after %d attempts (%d requests), want %s after %d", v.Outcome, v.Attempts, n, test.outcome, test.attempts)
			}
			hits := c.web.log("")[1:]
			for i, want := range test.waits {
				if got := hits[i+1].begin.Sub(hits[i].begin); got < want {
					t.Errorf("attempt %d came after %v, want at least %v", i+2, got, want)
				}
			}
		})
	}
}

func TestWaitingHoldsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hosts := map[string]http.Handler{
			"slow.example": pages{"/robots.txt": "User-agent: *\nCrawl-delay: 60\n", "/": links("/a", "/b", "/c"), "/a": "", "/b": "", "/c": ""},
			"fast.example": pages{"/": links("/a", "/b", "/c"), "/a": "", "/b": "", "/c": ""},
		}
		c := newCrawl(hosts, "https://slow.example/", "https://fast.example/")
		c.policy.Concurrency = 1
		begin := time.Now()
		c.inBubble(t, t.Context())
		for _, h := range c.web.log("https://fast.example") {
			if took := h.begin.Sub(begin); took > time.Second {
				t.Errorf("%s of the fast host was asked for after %v: the slow one holds the slot", h.path, took)
			}
		}
	})
}

func TestWaitingForARetryHoldsNoSlot(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		hosts := map[string]http.Handler{
			"bad.example": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					http.NotFound(w, r)
					return
				}
				w.WriteHeader(http.StatusInternalServerError)
			}),
			"good.example": pages{"/": "<img src=/1.png><img src=/2.png>"},
		}
		c := newCrawl(hosts, "https://bad.example/", "https://good.example/")
		c.policy.Concurrency, c.web.latency = 1, time.Millisecond
		begin := time.Now()
		c.inBubble(t, t.Context())
		hits := c.web.log("https://good.example")
		if took := hits[len(hits)-1].begin.Sub(begin); len(hits) != 7 || took > 300*time.Millisecond {
			t.Errorf("the good host had its %d requests after %v, want 7 before the first retry of the bad one", len(hits), took)
		}
	})
}

func TestBackoffSpreads(t *testing.T) {
	for retries, middle := range []time.Duration{500 * time.Millisecond, 2 * time.Second, 8 * time.Second} {
		seen := make(map[time.Duration]bool)
		for range 100 {
			d := backoff(retries)
			seen[d] = true
			if d < middle*3/4 || d > middle*5/4 {
				t.Fatalf("retry %d waits %v, want %v and a quarter more or less", retries+1, d, middle)
			}
		}
		if len(seen) < 50 {
			t.Errorf("retry %d waits one of only %d times", retries+1, len(seen))
		}
	}
}
