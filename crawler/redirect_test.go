package crawler

import (
	"fmt"
	"net/http"
	"strconv"
	"strings"
	"testing"

	"sonde"
)

// redirects is a site in which paths redirect with status 302, or another where the
// location begins with one; all else is an empty page.
type redirects map[string]string

func (r redirects) ServeHTTP(w http.ResponseWriter, req *http.Request) {
	location, ok := r[req.URL.RequestURI()]
	if !ok {
		pages{req.URL.RequestURI(): ""}.ServeHTTP(w, req)
		return
	}
	status := 302
	if text, rest, found := strings.Cut(location, " "); found {
		status, _ = strconv.Atoi(text)
		location = rest
	}
	if location != "-" {
		w.Header()["Location"] = []string{location}
	}
	w.WriteHeader(status)
}

func TestRedirectsAreVisitsOfTheirOwn(t *testing.T) {
	c := one(redirects{"/": "301 /a", "/a": "../b?utm_source=x#part", "/b": "308 https://EXAMPLE.org:443/c"})
	c.finish(t)
	for path, to := range map[string]string{"/": "/a", "/a": "/b", "/b": "/c"} {
		v := c.shelf.visit(t, "https://example.org"+path)
		if v.Outcome != sonde.Redirect || v.Reason != sonde.ByStatus || v.RedirectTo != "https://example.org"+to {
			t.Errorf("%s: %s/%s to %s, want a redirect by status to %s", path, v.Outcome, v.Reason, v.RedirectTo, to)
		}
		if len(v.Links) != 1 || v.Links[0].Kind != sonde.LinkRedirect || !v.Links[0].Internal || v.Index != sonde.NotFinal {
			t.Errorf("%s: links %+v, indexing %q; want one internal redirect, not final", path, v.Links, v.Index)
		}
	}
	v := c.shelf.visit(t, "https://example.org/c")
	if got := v.Target; v.Outcome != sonde.OK || got.Hops != 3 || got.Depth != 0 || got.By != sonde.ByRedirect || got.FoundOn != "https://example.org/b" {
		t.Errorf("the end of the chain: %s, target %+v; want ok after 3 hops at depth 0, found on /b", v.Outcome, got)
	}
}

func TestRedirectsThatLeadNowhere(t *testing.T) {
	tests := []struct {
		name, location string
		outcome        sonde.Outcome
		failure        sonde.Failure
	}{
		{"itself", "/", sonde.ProtocolError, sonde.RedirectLoop},
		{"itself in other words", "https://example.org/?utm_medium=x", sonde.ProtocolError, sonde.RedirectLoop},
		{"no location", "-", sonde.ProtocolError, sonde.BadLocation},
		{"empty", "302 ", sonde.ProtocolError, sonde.BadLocation},
		{"not a URL", "http://[", sonde.ProtocolError, sonde.BadLocation},
		{"another scheme", "javascript:alert(1)", sonde.ProtocolError, sonde.BadLocation},
		{"a file", "file:///etc/passwd", sonde.ProtocolError, sonde.BadLocation},
		{"too long", "/" + strings.Repeat("a", 100_000), sonde.ProtocolError, sonde.BadLocation},
		{"choices without a choice", "300 -", sonde.HTTPError, sonde.NoFailure},
		{"choices", "300 /a", sonde.Redirect, sonde.NoFailure},
		{"use a proxy", "305 /a", sonde.HTTPError, sonde.NoFailure},
		{"unasked not modified", "304 /a", sonde.OK, sonde.NoFailure},
		{"created", "201 /a", sonde.OK, sonde.NoFailure},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := one(redirects{"/": test.location})
			c.finish(t)
			v := c.shelf.visit(t, "https://example.org/")
			if v.Outcome != test.outcome || v.Failure != test.failure {
				t.Errorf("%s/%s (%s), want %s/%s", v.Outcome, v.Failure, v.Detail, test.outcome, test.failure)
			}
			if strings.ContainsFunc(v.Detail, func(r rune) bool { return r < ' ' }) || len(v.Detail) > 2*maxDetail {
				t.Errorf("detail %q is not fit for people", v.Detail)
			}
			if v.Fetch.NotModified {
				t.Error("not modified, although there is nothing to be compared with")
			}
		})
	}
}

func TestLoopsAreSeenWhenTheyClose(t *testing.T) {
	c := one(redirects{"/": "/a", "/a": "/b", "/b": "/c", "/c": "/a"})
	c.finish(t)
	for path, want := range map[string]sonde.Failure{"/": "", "/a": "", "/b": "", "/c": sonde.RedirectLoop} {
		if v := c.shelf.visit(t, "https://example.org"+path); v.Failure != want {
			t.Errorf("%s: failure %q, want %q", path, v.Failure, want)
		}
	}
}

func TestRedirectsWithoutEndStopAfterTenHops(t *testing.T) {
	for name, hop := range map[string]func(w http.ResponseWriter, to string){
		"location": func(w http.ResponseWriter, to string) { w.Header().Set("Location", to); w.WriteHeader(307) },
		"meta refresh": func(w http.ResponseWriter, to string) {
			w.Header().Set("Content-Type", "text/html")
			fmt.Fprintf(w, "<meta http-equiv=refresh content='0; url=%s'>", to)
		},
		"refresh header": func(w http.ResponseWriter, to string) {
			w.Header().Set("Content-Type", "text/plain")
			w.Header().Set("Refresh", "0; url="+to)
		},
	} {
		t.Run(name, func(t *testing.T) {
			c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					http.NotFound(w, r)
					return
				}
				n, _ := strconv.Atoi(r.URL.Query().Get("n"))
				hop(w, fmt.Sprintf("/?n=%d", n+1))
			}))
			c.finish(t)
			if got := len(c.shelf.visits); got != 11 {
				t.Fatalf("%d visits, want the seed and 10 hops: %v", got, c.shelf.outcomes())
			}
			last := c.shelf.visit(t, "https://example.org/?n=10")
			if last.Failure != sonde.RedirectLimit || last.Outcome != sonde.ProtocolError {
				t.Errorf("the last hop: %s/%s, want protocol_error/redirect_limit", last.Outcome, last.Failure)
			}
			if got := c.shelf.reason(t, "https://example.org/?n=11"); got != sonde.RedirectEnd {
				t.Errorf("the hop after it: %q, want %q", got, sonde.RedirectEnd)
			}
		})
	}
}

func TestRefresh(t *testing.T) {
	tests := []struct {
		name, head, refresh string
		outcome             sonde.Outcome
		reason              sonde.Reason
	}{
		{"meta", "<meta http-equiv=refresh content='5;url=/a'>", "", sonde.Redirect, sonde.ByMetaRefresh},
		{"header", "", "10; url=/a", sonde.Redirect, sonde.ByRefreshHeader},
		{"later", "<meta http-equiv=refresh content='11;url=/a'>", "", sonde.OK, ""},
		{"reload", "<meta http-equiv=refresh content=5>", "", sonde.OK, ""},
		{"reload by name", "<meta http-equiv=refresh content='0;url=/?utm_source=x'>", "", sonde.OK, ""},
		{"against the base", "<base href=/d/><meta http-equiv=refresh content='0;url=../a'>", "", sonde.Redirect, sonde.ByMetaRefresh},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path != "/" {
					pages{"/a": "end"}.ServeHTTP(w, r)
					return
				}
				if test.refresh != "" {
					w.Header().Set("Refresh", test.refresh)
				}
				w.Header().Set("Content-Type", "text/html")
				fmt.Fprint(w, test.head, "<title>t</title>", links("/b"))
			}))
			c.finish(t)
			v := c.shelf.visit(t, "https://example.org/")
			if v.Outcome != test.outcome || v.Reason != test.reason {
				t.Fatalf("%s/%s, want %s/%s", v.Outcome, v.Reason, test.outcome, test.reason)
			}
			if v.Page == nil || v.Page.Title != "t" {
				t.Errorf("page %+v, want it kept", v.Page)
			}
			c.shelf.visit(t, "https://example.org/b")
			if test.outcome == sonde.Redirect {
				if to := c.shelf.visit(t, "https://example.org/a").Target; to.Hops != 1 || to.By != sonde.ByRedirect {
					t.Errorf("its end: %+v, want it found by a redirect", to)
				}
			}
		})
	}
}

func TestRedirectsIntoTrapsEnd(t *testing.T) {
	c := one(redirects{"/": "/a/a/a/a/a"})
	c.finish(t)
	if got := c.shelf.reason(t, "https://example.org/a/a/a/a/a"); got != sonde.Trap {
		t.Errorf("excluded for %q, want %q", got, sonde.Trap)
	}
}

func TestTheTrailIsBounded(t *testing.T) {
	var trail trail
	for i := range 3 * maxTrail {
		if trail.closes(fmt.Sprint("a", i), fmt.Sprint("b", i)) {
			t.Fatal("a loop where there is none")
		}
	}
	if len(trail.to) > maxTrail {
		t.Errorf("%d redirects are remembered, want at most %d", len(trail.to), maxTrail)
	}
}

func TestRedirectOutOfScope(t *testing.T) {
	hosts := map[string]http.Handler{
		"example.org":   redirects{"/": "https://other.example/a"},
		"other.example": redirects{"/a": "https://example.org/back"},
	}
	t.Run("is recorded and not followed", func(t *testing.T) {
		c := newCrawl(hosts, "https://example.org/")
		c.finish(t)
		if v := c.shelf.visit(t, "https://example.org/"); v.Outcome != sonde.Redirect || v.Links[0].Internal {
			t.Errorf("%s, link %+v; want a redirect by an external link", v.Outcome, v.Links[0])
		}
		if got := c.shelf.reason(t, "https://other.example/a"); got != sonde.OutOfScope {
			t.Errorf("its end: excluded for %q, want %q", got, sonde.OutOfScope)
		}
		if log := c.web.log("https://other.example"); len(log) != 0 {
			t.Errorf("the other host was asked: %v", log)
		}
	})
	t.Run("is checked with external", func(t *testing.T) {
		c := newCrawl(hosts, "https://example.org/")
		c.policy.External = true
		c.finish(t)
		if v := c.shelf.visit(t, "https://other.example/a"); v.Outcome != sonde.Redirect || v.Target.Use != sonde.Check {
			t.Errorf("the other host: %s for %s, want a checked redirect", v.Outcome, v.Target.Use)
		}
		if v := c.shelf.visit(t, "https://example.org/back"); v.Target.Use != sonde.Read || v.Page == nil {
			t.Errorf("back on the site: for %s, page %v; want it read", v.Target.Use, v.Page)
		}
	})
}
