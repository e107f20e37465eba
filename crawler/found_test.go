package crawler

import (
	"fmt"
	"net/http"
	"slices"
	"strings"
	"testing"

	"sonde"
)

// find gives the targets of links on a page, by what the test says of the policy.
func find(t *testing.T, policy sonde.Policy, from sonde.Target, links ...sonde.Link) []sonde.Target {
	t.Helper()
	s, err := newScope(sonde.Site{Seeds: []string{"https://example.org/"}, Policy: policy})
	if err != nil {
		t.Fatal(err)
	}
	f := newFinder(s, newBudget(), policy.FollowNofollow)
	f.begin(from)
	f.links(links, false)
	return f.found
}

func TestUseFollowsKindAndPlace(t *testing.T) {
	const in, out = "https://example.org/x", "https://other.example/x"
	tests := []struct {
		kind     sonde.LinkKind
		url      string
		external bool
		use      sonde.Use
		reason   sonde.Reason
	}{
		{sonde.LinkA, in, false, sonde.Read, ""},
		{sonde.LinkArea, in, false, sonde.Read, ""},
		{sonde.LinkIframe, in, false, sonde.Read, ""},
		{sonde.LinkFrame, in, false, sonde.Read, ""},
		{sonde.LinkCanonical, in, false, sonde.Read, ""},
		{sonde.LinkNext, in, false, sonde.Read, ""},
		{sonde.LinkPrev, in, false, sonde.Read, ""},
		{sonde.LinkAlternate, in, false, sonde.Read, ""},
		{sonde.LinkAMP, in, false, sonde.Read, ""},
		{sonde.LinkRefresh, in, false, sonde.Read, ""},
		{sonde.LinkForm, in, false, sonde.Read, sonde.FormAction},
		{sonde.LinkImg, in, false, sonde.Measure, ""},
		{sonde.LinkSrcset, in, false, sonde.Measure, ""},
		{sonde.LinkScript, in, false, sonde.Measure, ""},
		{sonde.LinkStyle, in, false, sonde.Measure, ""},
		{sonde.LinkMedia, in, false, sonde.Measure, ""},
		{sonde.LinkIcon, in, false, sonde.Measure, ""},
		{sonde.LinkManifest, in, false, sonde.Measure, ""},
		{sonde.LinkPreload, in, false, sonde.Measure, ""},
		{sonde.LinkBackground, in, false, sonde.Measure, ""},
		{sonde.LinkOther, in, false, sonde.Measure, ""},
		{sonde.LinkHeader, in, false, sonde.Measure, ""},
		{sonde.LinkA, out, false, sonde.Check, sonde.OutOfScope},
		{sonde.LinkImg, out, false, sonde.Check, sonde.OutOfScope},
		{sonde.LinkForm, out, false, sonde.Check, sonde.OutOfScope},
		{sonde.LinkA, out, true, sonde.Check, ""},
		{sonde.LinkImg, out, true, sonde.Check, ""},
		{sonde.LinkForm, out, true, sonde.Read, sonde.FormAction},
	}
	for _, test := range tests {
		policy := quick()
		policy.External = test.external
		found := find(t, policy, sonde.Target{URL: "https://example.org/", Depth: 3}, sonde.Link{URL: test.url, Host: "h", Kind: test.kind})
		if len(found) != 1 {
			t.Errorf("%s to %s: found %+v, want one target", test.kind, test.url, found)
			continue
		}
		got := found[0]
		if got.Use != test.use || got.Reason != test.reason {
			t.Errorf("%s to %s: %s/%q, want %s/%q", test.kind, test.url, got.Use, got.Reason, test.use, test.reason)
		}
		if got.By != sonde.ByLink || got.FoundOn != "https://example.org/" || got.Host != "h" {
			t.Errorf("%s to %s: %+v, want it found by a link on the page", test.kind, test.url, got)
		}
		if want := map[bool]int{true: 3, false: 4}[got.Use == sonde.Measure]; got.Depth != want {
			t.Errorf("%s to %s: depth %d, want %d", test.kind, test.url, got.Depth, want)
		}
	}
}

func TestEachURLOfAPageIsFoundOnceAtItsBest(t *testing.T) {
	a := sonde.Link{URL: "https://example.org/x", Host: "example.org", Kind: sonde.LinkA}
	nofollow, img, form := a, a, a
	nofollow.Nofollow, img.Kind, form.Kind = true, sonde.LinkImg, sonde.LinkForm
	for _, links := range [][]sonde.Link{{nofollow, a}, {a, nofollow}, {img, a}, {a, img}, {form, a}, {form, nofollow, img, a, a}} {
		found := find(t, quick(), sonde.Target{URL: "https://example.org/"}, links...)
		if len(found) != 1 || found[0].Use != sonde.Read || found[0].Reason != "" {
			t.Errorf("links %v: found %+v, want it once, to be read", links, found)
		}
	}
}

func TestLinksWithoutTextToThemAreNoTargets(t *testing.T) {
	if found := find(t, quick(), sonde.Target{URL: "https://example.org/"}, sonde.Link{Kind: sonde.LinkA, Reason: sonde.Malformed}); len(found) != 0 {
		t.Errorf("found %+v, want nothing", found)
	}
}

func TestAFinderForgetsThePageBefore(t *testing.T) {
	s, err := newScope(sonde.Site{Seeds: []string{"https://example.org/"}, Policy: quick()})
	if err != nil {
		t.Fatal(err)
	}
	f := newFinder(s, newBudget(), false)
	link := sonde.Link{URL: "https://example.org/x", Kind: sonde.LinkA}
	for page := range 3 {
		f.begin(sonde.Target{URL: fmt.Sprintf("https://example.org/%c", 'a'+page), Depth: page})
		f.links([]sonde.Link{link}, false)
		found := f.found
		if len(found) != 1 || found[0].Depth != page+1 || !strings.HasSuffix(found[0].FoundOn, string(rune('a'+page))) {
			t.Errorf("page %d: found %+v, want it as this page has it", page, found)
		}
	}
	var many []sonde.Link
	for i := range 2 * maxKnown {
		many = append(many, sonde.Link{URL: fmt.Sprintf("https://example.org/n/%d", i), Kind: sonde.LinkA})
	}
	f.begin(sonde.Target{URL: "https://example.org/"})
	f.links(many, false)
	if len(f.found) != len(many) {
		t.Errorf("found %d targets of %d links", len(f.found), len(many))
	}
	f.begin(sonde.Target{URL: "https://example.org/"})
	if len(f.known) > maxKnown {
		t.Errorf("%d URLs are remembered, want at most %d", len(f.known), maxKnown)
	}
}

func TestResourcesAreMeasured(t *testing.T) {
	headless := func(status int) http.Handler {
		return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				w.WriteHeader(status)
				return
			}
			w.Header().Set("Content-Type", "image/png")
			fmt.Fprint(w, "png")
		})
	}
	tests := []struct {
		name    string
		handler http.Handler
		asked   []string
		outcome sonde.Outcome
	}{
		{"head answers", pages{"/i.png": "png"}, []string{"HEAD"}, sonde.OK},
		{"head is refused", headless(405), []string{"HEAD", "GET"}, sonde.OK},
		{"head lies", headless(404), []string{"HEAD", "GET"}, sonde.OK},
		{"head fails", headless(500), []string{"HEAD", "GET"}, sonde.OK},
		{"missing", pages{}, []string{"HEAD", "GET"}, sonde.HTTPError},
		{"head is dropped", http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
			if r.Method == http.MethodHead {
				panic(broken(sonde.EmptyReply))
			}
			pages{"/i.png": "png"}.ServeHTTP(w, r)
		}), []string{"HEAD", "GET"}, sonde.OK},
		{"moved", redirects{"/i.png": "/j.png"}, []string{"HEAD"}, sonde.Redirect},
		{"nobody there", http.HandlerFunc(func(http.ResponseWriter, *http.Request) { panic(broken(sonde.Refused)) }), []string{"HEAD"}, sonde.ConnectError},
		{"a page after all", pages{"/i.png": "png"}, []string{"HEAD"}, sonde.OK},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/i.png" {
					test.handler.ServeHTTP(w, r)
					return
				}
				pages{"/": "<img src=/i.png>", "/j.png": "png"}.ServeHTTP(w, r)
			}))
			c.finish(t)
			var asked []string
			for _, h := range c.web.log("") {
				if h.path == "/i.png" {
					asked = append(asked, h.method)
				}
			}
			if !slices.Equal(asked, test.asked) {
				t.Errorf("asked %v, want %v", asked, test.asked)
			}
			v := c.shelf.visit(t, "https://example.org/i.png")
			if v.Outcome != test.outcome || v.Attempts != len(test.asked) || v.Page != nil || v.Index != "" {
				t.Errorf("%s after %d attempts, page %v, indexing %q; want %s after %d, no page", v.Outcome, v.Attempts, v.Page, v.Index, test.outcome, len(test.asked))
			}
		})
	}
}

func TestAResourceThatIsAPageIsRead(t *testing.T) {
	c := one(pages{"/": `<link rel=prefetch href=/next>` + links("/a"), "/next": links("/only-there"), "/only-there": "", "/a": links("/next")})
	c.finish(t)
	c.shelf.visit(t, "https://example.org/only-there")
	if v := c.shelf.visit(t, "https://example.org/next"); v.Page == nil || v.Target.Use != sonde.Read || v.Attempts != c.web.times("/next") {
		t.Errorf("page %v, used for %s, %d attempts; want it read, and all %d requests counted", v.Page, v.Target.Use, v.Attempts, c.web.times("/next"))
	}
}

func TestExternalLinksAreCheckedOnce(t *testing.T) {
	hosts := map[string]http.Handler{
		"example.org":   pages{"/": links("/a", "https://other.example/x", "https://gone.example/"), "/a": links("https://other.example/x#part") + "<a rel=nofollow href=https://other.example/x>x</a>"},
		"other.example": pages{"/x": links("/further"), "/robots.txt": "User-agent: *\nDisallow: /closed"},
	}
	c := newCrawl(hosts, "https://example.org/")
	c.policy.External = true
	c.finish(t)
	if got := c.web.asked("https://other.example"); !slices.Equal(got, []string{"GET /robots.txt", "HEAD /x"}) {
		t.Errorf("asked %v, want robots.txt and one HEAD", got)
	}
	if v := c.shelf.visit(t, "https://other.example/x"); v.Outcome != sonde.OK || v.Page != nil || len(v.Found) != 0 {
		t.Errorf("%s, page %v, found %v; want ok and nothing read", v.Outcome, v.Page, v.Found)
	}
	if v := c.shelf.visit(t, "https://gone.example/"); v.Outcome != sonde.DNSError || v.Failure != sonde.NXDomain {
		t.Errorf("%s/%s, want dns_error/nxdomain", v.Outcome, v.Failure)
	}
}

func TestFormsAreNotSubmitted(t *testing.T) {
	c := one(pages{"/": "<form action=/search><input name=q></form><form method=post action=/login></form>"})
	c.finish(t)
	for _, url := range []string{"https://example.org/search", "https://example.org/login"} {
		if got := c.shelf.reason(t, url); got != sonde.FormAction {
			t.Errorf("%s excluded for %q, want %q", url, got, sonde.FormAction)
		}
	}
}
