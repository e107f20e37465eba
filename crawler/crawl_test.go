package crawler

import (
	"context"
	"errors"
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"

	"sonde"
	"sonde/crawler/fetch"
)

func TestEveryURLEndsInOneOutcome(t *testing.T) {
	c := one(pages{
		"/":         links("/a", "/b", "/gone", "mailto:x@example.org", "https://other.example/"),
		"/a":        links("/b", "/"),
		"/b":        "<img src=/logo.png>" + links("/a#part"),
		"/logo.png": "png",
	})
	c.finish(t)
	for url, want := range map[string]sonde.Outcome{
		"https://example.org/":         sonde.OK,
		"https://example.org/a":        sonde.OK,
		"https://example.org/b":        sonde.OK,
		"https://example.org/logo.png": sonde.OK,
		"https://example.org/gone":     sonde.HTTPError,
	} {
		if v := c.shelf.visit(t, url); v.Outcome != want || v.Run != 7 || v.At.IsZero() || v.Attempts == 0 {
			t.Errorf("%s: outcome %s, run %d, at %v, %d attempts; want %s, 7, a time, some", url, v.Outcome, v.Run, v.At, v.Attempts, want)
		}
	}
	if got := c.shelf.reason(t, "mailto:x@example.org"); got != sonde.BadScheme {
		t.Errorf("mailto: excluded for %q, want %q", got, sonde.BadScheme)
	}
	if got := c.shelf.reason(t, "https://other.example/"); got != sonde.OutOfScope {
		t.Errorf("external link: excluded for %q, want %q", got, sonde.OutOfScope)
	}
	want := []string{"GET /robots.txt", "GET /", "GET /a", "GET /b", "GET /gone", "HEAD /logo.png", "GET /robots.txt"}
	want = append(want, "GET "+probeOfExample)
	for _, line := range c.web.asked("") {
		if !slices.Contains(want, line) {
			t.Errorf("asked %s, which nobody wants", line)
		}
	}
}

func TestVisitHoldsWhatThePageSays(t *testing.T) {
	c := one(pages{"/": `<!doctype html><html lang=en><title>Front</title><a href="/a?utm_source=x#top">go</a><a rel=nofollow href=https://other.example/>out</a>`})
	c.policy.MaxDepth = 0
	c.finish(t)
	v := c.shelf.visit(t, "https://example.org/")
	if v.Page == nil || v.Page.Title != "Front" || v.Page.Lang != "en" {
		t.Fatalf("page %+v, want its title and language", v.Page)
	}
	if v.Fetch.Charset != "utf-8" || v.Fetch.CharsetFrom != sonde.FromHeader || len(v.Fetch.Body) == 0 {
		t.Errorf("charset %q from %q, %d bytes kept; want utf-8 from the header, and the body", v.Fetch.Charset, v.Fetch.CharsetFrom, len(v.Fetch.Body))
	}
	if len(v.Links) != 2 || !v.Links[0].Internal || v.Links[0].Fragment != "top" || v.Links[1].Internal || !v.Links[1].Nofollow {
		t.Errorf("links %+v, want an internal and an external one", v.Links)
	}
	if v.Index != sonde.Indexable {
		t.Errorf("indexing %q, want %q", v.Index, sonde.Indexable)
	}
	if got := c.shelf.reason(t, "https://example.org/a"); got != sonde.TooDeep {
		t.Errorf("/a excluded for %q, want %q", got, sonde.TooDeep)
	}
}

func TestBodiesAreKeptOnlyWhereWanted(t *testing.T) {
	for _, keep := range []bool{true, false} {
		c := one(pages{"/": links("/x.txt", "/y.png"), "/x.txt": "text", "/y.png": "png"})
		c.policy.Bodies = keep
		c.finish(t)
		for path, want := range map[string]bool{"/": keep, "/x.txt": keep, "/y.png": false} {
			if got := c.shelf.visit(t, "https://example.org"+path).Fetch.Body != nil; got != want {
				t.Errorf("bodies %v: body of %s kept: %v, want %v", keep, path, got, want)
			}
		}
	}
}

func TestStopBeginsNoRequestAndRecordsWhatIsOnItsWay(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(endless{})
		c.web.latency = 2 * time.Second
		ctx, cancel := context.WithCancel(t.Context())
		stop := 21 * time.Second
		time.AfterFunc(stop, cancel)
		begin := time.Now()
		end := c.inBubble(t, ctx)
		if end.Status != sonde.Stopped || end.Reason == "" {
			t.Errorf("ended %s (%q), want stopped with a reason", end.Status, end.Reason)
		}
		if took := time.Since(begin); took > stop+2*time.Second {
			t.Errorf("ended %v after the stop, want as soon as the requests on their way are over", took-stop)
		}
		finished := 0
		for _, h := range c.web.log("") {
			if h.begin.Sub(begin) > stop {
				t.Errorf("%s began %v after the stop", h.path, h.begin.Sub(begin)-stop)
			}
			if h.path != "/robots.txt" && !h.isProbe() {
				finished++
			}
		}
		if got := len(c.shelf.in(visited)); got != finished {
			t.Errorf("%d visits recorded of %d requests, want all", got, finished)
		}
	})
}

func TestStopWaitsForSlowRequests(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(pages{"/": links("/a")})
		c.web.latency = time.Minute
		ctx, cancel := context.WithCancel(t.Context())
		time.AfterFunc(90*time.Second, cancel) // robots.txt is read, "/" is on its way
		begin := time.Now()
		c.inBubble(t, ctx)
		if took := time.Since(begin); took != 90*time.Second+landing {
			t.Errorf("ended after %v, want 90 s and %v to land", took, landing)
		}
		if got := c.shelf.in(handed); !slices.Equal(got, []string{"https://example.org/"}) || len(c.shelf.visits) != 0 {
			t.Errorf("still out %v, visits %v; want the unfinished request not recorded", got, c.shelf.outcomes())
		}
	})
}

// endless is a site in which every page links to three more.
type endless struct{}

func (endless) ServeHTTP(w http.ResponseWriter, r *http.Request) {
	if r.URL.Path == "/robots.txt" {
		http.NotFound(w, r)
		return
	}
	w.Header().Set("Content-Type", "text/html")
	base := strings.TrimSuffix(r.URL.Path, "/")
	letters := []string{"a", "b", "c", "d", "e", "f", "g", "h"}
	depth := strings.Count(base, "/")
	fmt.Fprint(w, links(base+"/x"+letters[depth%8], base+"/y"+letters[depth%8], base+"/z"+letters[depth%8]))
}

func TestPanicIsAVisit(t *testing.T) {
	c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path == "/bad" {
			panic("a bug")
		}
		pages{"/": links("/bad", "/good"), "/good": "fine"}.ServeHTTP(w, r)
	}))
	c.policy.Concurrency, c.policy.PerHost = 1, 1 // a seat or a turn that is lost stops the run for good
	c.finish(t)
	v := c.shelf.visit(t, "https://example.org/bad")
	if v.Outcome != sonde.InternalError || v.Failure != sonde.Crash || !strings.Contains(v.Detail, "a bug") {
		t.Errorf("visit %s/%s %q, want internal_error/crash with the panic", v.Outcome, v.Failure, v.Detail)
	}
	if v := c.shelf.visit(t, "https://example.org/good"); v.Outcome != sonde.OK {
		t.Errorf("the page after the crash: %s, want ok", v.Outcome)
	}
}

func TestPanicOnRobotsStopsNobody(t *testing.T) {
	c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) { panic("a bug") }))
	c.policy.Concurrency = 1
	if end := c.run(t); end.Status != sonde.Finished {
		t.Fatalf("ended %s: %s", end.Status, end.Reason)
	}
	if v := c.shelf.visit(t, "https://example.org/"); v.Outcome != sonde.InternalError {
		t.Errorf("outcome %s, want internal_error", v.Outcome)
	}
}

func TestPagesAreCountedExactly(t *testing.T) {
	c := one(endless{})
	c.policy.MaxPages, c.web.latency = 100, time.Millisecond
	end := c.run(t)
	if end.Status != sonde.Partial || end.Reason != "the limit of 100 pages was met" {
		t.Errorf("ended %s (%q), want partial with the limit", end.Status, end.Reason)
	}
	if visits, requests := len(c.shelf.in(visited)), len(c.web.log("")); visits != 100 || requests != 102 {
		t.Errorf("%d visits by %d requests, want 100 by 102 with robots.txt and the page that nobody made", visits, requests)
	}
}

func TestASiteAsLargeAsTheLimitIsFinished(t *testing.T) {
	c := one(pages{"/": links("/a"), "/a": ""})
	c.policy.MaxPages = 2
	c.finish(t)
}

func TestNothingIsAskedOfOthersWhenTheLimitIsMet(t *testing.T) {
	c := newCrawl(map[string]http.Handler{
		"example.org": pages{"/": links("https://www.example.org/")}, "www.example.org": pages{"/": ""},
	}, "https://example.org/")
	c.policy.MaxPages, c.policy.Scope.Kind = 1, sonde.ScopeDomain
	c.run(t)
	if log := c.web.log("https://www.example.org"); len(log) != 0 {
		t.Errorf("asked %v", log)
	}
}

func TestWhatWasNotFetchedDoesNotCount(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(pages{"/": ""})
		c.policy.MaxPages = 1
		crawler := c.crawler(t)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		v := sonde.Visit{Target: seedsOf("https://example.org/")[0]}
		if _, err := crawler.fetch(ended, &v, nil); !errors.Is(err, context.Canceled) {
			t.Errorf("error %v, want that of the context", err)
		}
		if r, err := crawler.fetch(t.Context(), &v, nil); err != nil || r.Fetch.Status != 200 {
			t.Errorf("reply %+v, error %v; want the page within the limit", r, err)
		}
	})
}

func TestNoRequestBeginsAfterTheEnd(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(pages{"/": ""})
		crawler := c.crawler(t)
		ended, cancel := context.WithCancel(t.Context())
		cancel()
		if _, err := crawler.send(ended, fetch.Request{URL: "https://example.org/"}); !errors.Is(err, context.Canceled) || len(c.web.log("")) != 0 {
			t.Errorf("error %v after %d requests, want that of the context after none", err, len(c.web.log("")))
		}
	})
}

func TestTimeIsALimit(t *testing.T) {
	c := one(endless{})
	c.policy.MaxTime, c.web.latency = time.Minute, 3*time.Second
	end := c.run(t)
	if end.Status != sonde.Partial || end.Reason != "the limit of 1m0s was met" {
		t.Errorf("ended %s (%q), want partial with the limit", end.Status, end.Reason)
	}
	if len(c.shelf.in(waiting)) == 0 {
		t.Error("nothing is left for the run that resumes this one")
	}
}

func TestARequestUnderWayAtALimitIsRecorded(t *testing.T) {
	c := one(pages{"/": links("/a")})
	c.policy.MaxTime, c.web.latency = 31*time.Second, 30*time.Second // robots.txt 30 s, then "/" for 29 s over time
	c.run(t)
	if v := c.shelf.visit(t, "https://example.org/"); v.Outcome != sonde.OK {
		t.Errorf("outcome %s, want ok", v.Outcome)
	}
}

func TestBytesAreALimit(t *testing.T) {
	c := one(endless{})
	c.policy.MaxBytes, c.policy.PerHost = 2_000, 1
	end := c.run(t)
	if end.Status != sonde.Partial || !strings.Contains(end.Reason, "2000 bytes") {
		t.Errorf("ended %s (%q), want partial with the limit", end.Status, end.Reason)
	}
	var sum int64
	for _, v := range c.shelf.visits {
		sum += v.Fetch.WireBytes
	}
	if sum < 1_500 || sum > 2_500 {
		t.Errorf("%d bytes received, want about 2,000", sum)
	}
}

func TestAFrontierThatFailsEndsTheRun(t *testing.T) {
	c := one(endless{})
	c.shelf.fail = errors.New("disk full")
	synctest.Test(t, func(t *testing.T) {
		end, err := c.crawler(t).Run(t.Context())
		if end.Status != sonde.Failed || !errors.Is(err, c.shelf.fail) {
			t.Errorf("ended %s with error %v, want failed with the frontier's", end.Status, err)
		}
		if !strings.Contains(err.Error(), "https://example.org/") {
			t.Errorf("error %q does not say what could not be recorded", err)
		}
	})
}

// dry is a Frontier that fails to hand out more than one target.
type dry struct {
	*shelf
	err error
}

func (d *dry) Next(ctx context.Context) (sonde.Target, error) {
	if len(d.in(handed)) > 0 {
		return sonde.Target{}, d.err
	}
	return d.shelf.Next(ctx)
}

func TestAFrontierThatFailsEndsWhatWaits(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		c := one(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) { w.WriteHeader(http.StatusInternalServerError) }))
		crawler := c.crawler(t)
		frontier := &dry{c.shelf, errors.New("no such table")}
		crawler.frontier = frontier
		begin := time.Now()
		end, err := crawler.Run(t.Context())
		if end.Status != sonde.Failed || !errors.Is(err, frontier.err) {
			t.Errorf("ended %s with error %v, want failed with the frontier's", end.Status, err)
		}
		if took := time.Since(begin); took > 100*time.Millisecond {
			t.Errorf("ended after %v: what waits for a retry was waited for", took)
		}
	})
}

func TestAMemoryThatFailsEndsTheRun(t *testing.T) {
	c := one(endless{})
	c.memory.fail = errors.New("corrupt")
	synctest.Test(t, func(t *testing.T) {
		if _, err := c.crawler(t).Run(t.Context()); !errors.Is(err, c.memory.fail) {
			t.Errorf("error %v, want the memory's", err)
		}
	})
}

func TestSeedTroubleIsSaid(t *testing.T) {
	tests := []struct {
		name string
		site http.Handler
		want string
	}{
		{"robots", pages{"/robots.txt": "User-agent: *\nDisallow: /"}, "https://example.org/ may not be read: robots.txt line 2: Disallow: /."},
		{"nobody there", nil, "https://example.org/ could not be read (dns_error, nxdomain): robots.txt could not be read, so nothing may be asked: example.org does not exist."},
		{"error", pages{}, "https://example.org/ answered with status 404."},
		{"moved", redirects{"/": "https://www.example.org/"}, "https://example.org/ redirects to https://www.example.org/, which is out of scope: start there, or widen the scope."},
		{"fine", pages{"/": ""}, ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := one(test.site)
			if test.site == nil {
				c.web.hosts = nil
			}
			if got := strings.Join(c.run(t).SeedTrouble, "|"); got != test.want {
				t.Errorf("trouble %q, want %q", got, test.want)
			}
		})
	}
}

func TestProgressCounts(t *testing.T) {
	c := one(pages{"/": links("/a", "/gone"), "/a": "<title>a</title>"})
	progress := new(Progress)
	synctest.Test(t, func(t *testing.T) {
		crawler := c.crawler(t)
		crawler.progress = progress
		if _, err := crawler.Run(t.Context()); err != nil {
			t.Fatal(err)
		}
	})
	s := progress.Snapshot()
	if s.Fetched != 3 || s.Failures != 1 || s.InFlight != 0 || s.Out != 0 || s.Host != "example.org" || s.Bytes == 0 {
		t.Errorf("snapshot %+v, want 3 fetched, 1 failure, nothing on its way, example.org, some bytes", s)
	}
}

func TestRateIsThatOfTheLastSeconds(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var p pace
		p.at(time.Now(), 0)
		for second := range int64(20) {
			if err := wait(t.Context(), time.Second); err != nil {
				t.Fatal(err)
			}
			p.at(time.Now(), 50*(second+1))
		}
		if rate := p.at(time.Now(), 1_000_000); rate != 50 {
			t.Errorf("rate %v, want 50 and no notice of a reading too close", rate)
		}
	})
}

func TestConcurrencyHoldsOverAllHosts(t *testing.T) {
	hosts := make(map[string]http.Handler)
	var seeds []string
	for i := range 12 {
		host := fmt.Sprintf("h%d.example", i)
		hosts[host] = pages{"/": links("/a", "/b", "/c"), "/a": "", "/b": "", "/c": ""}
		seeds = append(seeds, "https://"+host+"/")
	}
	c := newCrawl(hosts, seeds...)
	c.policy.Concurrency, c.web.latency = 5, time.Second
	c.finish(t)
	if got := atOnce(c.web.log("")); got != 5 {
		t.Errorf("%d requests at once, want 5", got)
	}
}

// atOnce is how many requests were on their way at once at most.
func atOnce(hits []hit) int {
	most := 0
	for _, h := range hits {
		n := 0
		for _, other := range hits {
			if !other.begin.After(h.begin) && other.end.After(h.begin) {
				n++
			}
		}
		most = max(most, n)
	}
	return most
}
