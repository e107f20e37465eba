package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
	"sonde/crawler/robots"
)

func TestRobotsDecides(t *testing.T) {
	c := one(pages{
		"/robots.txt": "User-agent: *\nDisallow: /\n\nUser-agent: sonde\nDisallow: /private\nAllow: /private/open\n",
		"/":           links("/private/a", "/private/open", "/b") + "<img src=/private/i.png>",
		"/b":          "", "/private/open": "",
	})
	c.finish(t)
	for path, want := range map[string]sonde.Outcome{
		"/": sonde.OK, "/b": sonde.OK, "/private/open": sonde.OK,
		"/private/a": sonde.RobotsBlocked, "/private/i.png": sonde.RobotsBlocked,
	} {
		if v := c.shelf.visit(t, "https://example.org"+path); v.Outcome != want {
			t.Errorf("%s: %s, want %s", path, v.Outcome, want)
		}
	}
	v := c.shelf.visit(t, "https://example.org/private/a")
	if v.Reason != sonde.RobotsRule || v.Detail != "robots.txt line 5: Disallow: /private" || v.Index != sonde.BlockedRobots || v.Attempts != 0 {
		t.Errorf("reason %q, detail %q, indexing %q, %d attempts; want the line that decides and no request", v.Reason, v.Detail, v.Index, v.Attempts)
	}
	if n := c.web.times("/private/a") + c.web.times("/private/i.png"); n != 0 {
		t.Errorf("%d requests for what robots.txt forbids", n)
	}
}

func TestRobotsCanBeIgnored(t *testing.T) {
	c := one(pages{
		"/robots.txt": "User-agent: *\nCrawl-delay: 100\nDisallow: /\nSitemap: /s.xml\n",
		"/s.xml":      "<urlset><url><loc>https://example.org/a</loc></url></urlset>",
		"/":           "", "/a": "",
	})
	c.policy.Robots, c.policy.Sitemaps = sonde.IgnoreRobots, true
	c.finish(t)
	c.shelf.visit(t, "https://example.org/a")
	if m := c.memory.hosts["https://example.org"]; m.Robots == nil || m.Robots.Status != 200 {
		t.Errorf("remembered %+v, want robots.txt read and kept all the same", m.Robots)
	}
}

// governed is a site of one page that answers to robots.txt in a way of its own.
func governed(robots http.HandlerFunc) map[string]http.Handler {
	return map[string]http.Handler{"example.org": http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/robots.txt" {
			robots(w, r)
			return
		}
		pages{"/": ""}.ServeHTTP(w, r)
	})}
}

// chain is governed by what last says after some redirects over as many hosts.
func chain(hops int, last http.Handler) map[string]http.Handler {
	hosts := governed(http.RedirectHandler("https://h1.example/r", http.StatusMovedPermanently).ServeHTTP)
	for i := 1; i < hops; i++ {
		hosts[fmt.Sprintf("h%d.example", i)] = http.RedirectHandler(fmt.Sprintf("https://h%d.example/r", i+1), http.StatusFound)
	}
	hosts[fmt.Sprintf("h%d.example", hops)] = last
	return hosts
}

func TestWhatAnswersToRobotsMean(t *testing.T) {
	status := func(code int) map[string]http.Handler {
		return governed(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(code) })
	}
	fails := func(f sonde.Failure) map[string]http.Handler {
		return governed(func(http.ResponseWriter, *http.Request) { panic(broken(f)) })
	}
	forbids := pages{"/r": "User-agent: *\nDisallow: /"}
	tests := []struct {
		name    string
		hosts   map[string]http.Handler
		outcome sonde.Outcome
		reason  sonde.Reason
		failure sonde.Failure
	}{
		{"404", status(404), sonde.OK, "", ""},
		{"401", status(401), sonde.OK, "", ""},
		{"403", status(403), sonde.OK, "", ""},
		{"418", status(418), sonde.OK, "", ""},
		{"500", status(500), sonde.RobotsBlocked, sonde.RobotsUnreachable, ""},
		{"503", status(503), sonde.RobotsBlocked, sonde.RobotsUnreachable, ""},
		{"no name", fails(sonde.NXDomain), sonde.DNSError, "", sonde.NXDomain},
		{"refused", fails(sonde.Refused), sonde.ConnectError, "", sonde.Refused},
		{"certificate", fails(sonde.CertName), sonde.TLSError, "", sonde.CertName},
		{"private address", fails(sonde.Forbidden), sonde.BlockedAddress, "", sonde.Forbidden},
		{"silence", fails(sonde.HeaderTimeout), sonde.Timeout, "", sonde.HeaderTimeout},
		{"cut short", fails(sonde.ShortBody), sonde.ProtocolError, "", sonde.ShortBody},
		{"five hops over hosts", chain(5, forbids), sonde.RobotsBlocked, sonde.RobotsRule, ""},
		{"six hops", chain(6, forbids), sonde.OK, "", ""},
		{"to a file", governed(http.RedirectHandler("file:///etc/passwd", http.StatusMovedPermanently).ServeHTTP), sonde.ProtocolError, "", sonde.BadLocation},
		{"to nowhere", governed(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusMovedPermanently) }), sonde.ProtocolError, "", sonde.BadLocation},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := newCrawl(test.hosts, "https://example.org/")
			c.finish(t)
			v := c.shelf.visit(t, "https://example.org/")
			if v.Outcome != test.outcome || v.Reason != test.reason || v.Failure != test.failure {
				t.Errorf("%s/%s/%s (%s), want %s/%s/%s", v.Outcome, v.Reason, v.Failure, v.Detail, test.outcome, test.reason, test.failure)
			}
			if asked := c.web.times("/") > 0; asked != (test.outcome == sonde.OK) {
				t.Errorf("the page was asked for: %v", asked)
			}
			if v.Outcome != sonde.OK && !strings.Contains(v.Detail, "robots.txt") {
				t.Errorf("detail %q does not say that robots.txt is the reason", v.Detail)
			}
		})
	}
}

func TestRobotsOfALargeFileHoldToTheLimit(t *testing.T) {
	padding := strings.Repeat("# padding\n", 51_000)
	c := one(pages{
		"/robots.txt": "User-agent: *\n" + padding + "Disallow: /early\n" + padding + "Disallow: /late\n",
		"/":           links("/early", "/late"), "/late": "",
	})
	c.finish(t)
	if v := c.shelf.visit(t, "https://example.org/early"); v.Outcome != sonde.RobotsBlocked {
		t.Errorf("a rule within 500 KiB: %s, want robots_blocked", v.Outcome)
	}
	if v := c.shelf.visit(t, "https://example.org/late"); v.Outcome != sonde.OK {
		t.Errorf("a rule beyond 500 KiB: %s, want ok", v.Outcome)
	}
	if m := c.memory.hosts["https://example.org"].Robots; len(m.Body) != maxRobots || !m.Truncated {
		t.Errorf("%d bytes kept, truncated %v; want 500 KiB and a flag", len(m.Body), m.Truncated)
	}
}

func TestRobotsIsRememberedForADay(t *testing.T) {
	tests := []struct {
		name   string
		age    time.Duration
		status int
		asked  bool
	}{
		{"fresh", 23 * time.Hour, 200, false},
		{"old", 24*time.Hour + time.Second, 200, true},
		{"none", time.Hour, 404, false},
		{"trouble", time.Minute, 500, true},
		{"no answer", time.Minute, 0, true},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := one(pages{"/": links("/kept", "/new"), "/kept": "", "/new": "", "/robots.txt": "User-agent: *\nDisallow: /new"})
				failure := sonde.NoFailure
				if test.status == 0 {
					failure = sonde.Reset
				}
				c.memory.Remember(t.Context(), sonde.HostMemory{Origin: "https://example.org", Robots: &sonde.RobotsFile{
					FetchedAt: time.Now().Add(-test.age), Status: test.status, Failure: failure, Body: []byte("User-agent: *\nDisallow: /kept"),
				}})
				c.inBubble(t, t.Context())
				if asked := c.web.times("/robots.txt") > 0; asked != test.asked {
					t.Errorf("robots.txt was asked for: %v, want %v", asked, test.asked)
				}
				blocked := c.shelf.visit(t, "https://example.org/kept").Outcome == sonde.RobotsBlocked
				if want := !test.asked && test.status == 200; blocked != want {
					t.Errorf("the remembered rule holds: %v, want %v", blocked, want)
				}
			})
		})
	}
}

// TestRobotsIsAskedWhetherItChanged holds that a run which finds the file of the run before
// unchanged goes by that, wherever it is redirected to.
func TestRobotsIsAskedWhetherItChanged(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var asked []string
		version, closed := `"1"`, "/old"
		site := http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			asked = append(asked, strings.TrimSpace(r.URL.Path+" "+r.Header.Get("If-None-Match")))
			switch w.Header().Set("ETag", version); {
			case r.URL.Path == "/robots.txt":
				http.Redirect(w, r, "/r.txt", http.StatusMovedPermanently)
			case r.Header.Get("If-None-Match") == version:
				w.WriteHeader(http.StatusNotModified)
			default:
				fmt.Fprintf(w, "User-agent: *\nDisallow: %s\n", closed)
			}
		})
		c := newCrawl(map[string]http.Handler{"example.org": site}, "https://example.org/")
		run := func(want ...string) {
			t.Helper()
			asked = nil
			c.began = time.Now()
			o, err := c.crawler(t).robots.of(t.Context(), "https://example.org")
			if err != nil {
				t.Fatal(err)
			}
			if o.rules.Decide("https://example.org"+closed).Allowed || o.file.Status != http.StatusOK || !o.file.FetchedAt.Equal(c.began) {
				t.Errorf("%s is allowed by what was answered with %d at %s", closed, o.file.Status, o.file.FetchedAt)
			}
			if !slices.Equal(asked, want) {
				t.Errorf("asked for %q, want %q", asked, want)
			}
			<-time.After(time.Hour)
		}
		run("/robots.txt", "/r.txt")
		run("/robots.txt", `/r.txt "1"`)
		run("/robots.txt", `/r.txt "1"`)
		version, closed = `"2"`, "/new"
		run("/robots.txt", `/r.txt "1"`)
	})
}

// TestRobotsOfTheSiteIsAskedAnewByEachRun holds what a run takes from the runs before it: the
// robots.txt of others, and its own where it goes on.
func TestRobotsOfTheSiteIsAskedAnewByEachRun(t *testing.T) {
	for _, test := range []struct {
		name, origin string
		age          time.Duration
		asked        bool
	}{
		{"of the run before", "https://example.org", 2 * time.Hour, true},
		{"of this run, which goes on", "https://example.org", time.Minute, false},
		{"of another site", "https://other.example", 2 * time.Hour, false},
	} {
		t.Run(test.name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				c := newCrawl(map[string]http.Handler{"example.org": pages{"/robots.txt": ""}, "other.example": pages{"/robots.txt": ""}}, "https://example.org/")
				c.began = time.Now().Add(-time.Hour)
				c.memory.Remember(t.Context(), sonde.HostMemory{Origin: test.origin, Robots: &sonde.RobotsFile{
					FetchedAt: time.Now().Add(-test.age), Status: http.StatusOK, Body: []byte("User-agent: *\nDisallow: /old"),
				}})
				keeper := c.crawler(t).robots
				for range 2 {
					o, err := keeper.of(t.Context(), test.origin)
					if err != nil {
						t.Fatal(err)
					}
					if old := !o.rules.Decide(test.origin + "/old").Allowed; old == test.asked {
						t.Errorf("what is remembered holds: %v", old)
					}
				}
				if n := c.web.times("/robots.txt"); (n == 1) != test.asked || n > 1 {
					t.Errorf("robots.txt was asked for %d times, want it asked anew once: %v", n, test.asked)
				}
			})
		})
	}
}

func TestRobotsIsReadAgainAfterADayInOneRun(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(pages{"/robots.txt": "", "/": ""})
		keeper := c.crawler(t).robots
		for range 3 {
			if _, err := keeper.of(t.Context(), "https://example.org"); err != nil {
				t.Fatal(err)
			}
			if err := wait(t.Context(), 23*time.Hour); err != nil {
				t.Fatal(err)
			}
		}
		if n := c.web.times("/robots.txt"); n != 2 {
			t.Errorf("asked %d times at 0, 23 and 46 hours, want twice", n)
		}
	})
}

func TestRobotsInTroubleIsReadAgainAfterAnHour(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusBadGateway) }))
		c.policy.Retries = 0
		keeper := c.crawler(t).robots
		for range 3 {
			if _, err := keeper.of(t.Context(), "https://example.org"); err != nil {
				t.Fatal(err)
			}
			if err := wait(t.Context(), 40*time.Minute); err != nil {
				t.Fatal(err)
			}
		}
		if n := c.web.times("/robots.txt"); n != 2 {
			t.Errorf("asked %d times at 0, 40 and 80 minutes, want twice", n)
		}
	})
}

func TestAThousandAskersAreOneRequest(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(pages{"/robots.txt": "User-agent: *\nDisallow: /x"})
		c.web.latency = time.Second
		keeper := c.crawler(t).robots
		var all sync.WaitGroup
		for range 1_000 {
			all.Go(func() {
				o, err := keeper.of(t.Context(), "https://example.org")
				if err != nil || o.rules.Decide("https://example.org/x").Allowed {
					t.Errorf("rules %+v, error %v; want /x forbidden", o, err)
				}
			})
		}
		all.Wait()
		if n := len(c.web.log("")); n != 1 {
			t.Errorf("%d requests, want 1", n)
		}
	})
}

func TestWhoWaitsForRobotsCanGiveUp(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(pages{})
		c.web.latency = time.Minute
		keeper := c.crawler(t).robots
		var first sync.WaitGroup
		defer first.Wait()
		first.Go(func() { keeper.of(t.Context(), "https://example.org") })
		synctest.Wait()
		ctx, cancel := context.WithTimeout(t.Context(), time.Second)
		defer cancel()
		if _, err := keeper.of(ctx, "https://example.org"); !errors.Is(err, context.DeadlineExceeded) {
			t.Errorf("error %v, want that of the context", err)
		}
	})
}

func TestTheKeeperForgetsWhatItCanRecall(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		keeper := one(pages{}).crawler(t).robots
		for i := range maxOrigins + 10 {
			o, first := keeper.find(fmt.Sprintf("https://h%d.example", i))
			if !first {
				t.Fatalf("origin %d is known already", i)
			}
			o.rules, o.err, o.expires = robots.AllowAll(), nil, time.Now().Add(time.Hour)
			close(o.ready)
		}
		if n := len(keeper.origins); n > maxOrigins {
			t.Errorf("%d origins are held, want at most %d", n, maxOrigins)
		}
	})
}

// oneLink is a site whose front page has one link and one image.
func oneLink(head, header, attribute string) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		switch r.URL.Path {
		case "/robots.txt":
			http.NotFound(w, r)
		case "/":
			if header != "" {
				w.Header().Set("X-Robots-Tag", header)
			}
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "%s<a %s href=/a>a</a><img src=/i.png>", head, attribute)
		default:
			pages{r.URL.Path: ""}.ServeHTTP(w, r)
		}
	})
}

func TestNofollow(t *testing.T) {
	tests := []struct {
		name, head, header, attribute string
		follow                        bool
		followed                      bool
		index                         sonde.Indexing
	}{
		{"plain", "", "", "", false, true, sonde.Indexable},
		{"rel nofollow", "", "", "rel='noopener NoFollow'", false, false, sonde.Indexable},
		{"rel ugc", "", "", "rel=ugc", false, false, sonde.Indexable},
		{"rel sponsored", "", "", "rel=sponsored", false, false, sonde.Indexable},
		{"meta", "<meta name=robots content='noindex, nofollow'>", "", "", false, false, sonde.NoindexMeta},
		{"meta none", "<meta name=robots content=none>", "", "", false, false, sonde.NoindexMeta},
		{"meta for us", "<meta name=Sonde content=nofollow>", "", "", false, false, sonde.Indexable},
		{"meta for another", "<meta name=otherbot content=none>", "", "", false, true, sonde.Indexable},
		{"header", "", "noindex,nofollow", "", false, false, sonde.NoindexHeader},
		{"header for another", "", "otherbot: none", "", false, true, sonde.Indexable},
		{"policy", "<meta name=robots content=nofollow>", "", "rel=nofollow", true, true, sonde.Indexable},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := one(oneLink(test.head, test.header, test.attribute))
			c.policy.FollowNofollow = test.follow
			c.finish(t)
			if followed := c.web.times("/a") > 0; followed != test.followed {
				t.Errorf("followed: %v, want %v", followed, test.followed)
			}
			if !test.followed {
				if got := c.shelf.reason(t, "https://example.org/a"); got != sonde.NofollowLink {
					t.Errorf("excluded for %q, want %q", got, sonde.NofollowLink)
				}
			}
			c.shelf.visit(t, "https://example.org/i.png")
			v := c.shelf.visit(t, "https://example.org/")
			if says := test.head+test.header+test.attribute != "" && !strings.Contains(test.name, "another"); v.Links[0].Nofollow != says {
				t.Errorf("the link says nofollow: %v, want %v", v.Links[0].Nofollow, says)
			}
			if v.Links[1].Nofollow {
				t.Error("the image says nofollow; it is no way to go")
			}
			if v.Index != test.index {
				t.Errorf("indexing %q, want %q", v.Index, test.index)
			}
		})
	}
}

func TestWhatIsNofollowHereMayBeFollowedThere(t *testing.T) {
	c := one(pages{"/": "<a rel=nofollow href=/a>a</a>" + links("/b"), "/b": links("/a"), "/a": ""})
	c.finish(t)
	if v := c.shelf.visit(t, "https://example.org/a"); v.Outcome != sonde.OK || v.Target.Depth != 2 {
		t.Errorf("%s at depth %d, want ok at 2, where it is followable", v.Outcome, v.Target.Depth)
	}
}
