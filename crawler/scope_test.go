package crawler

import (
	"net/http"
	"slices"
	"strings"
	"testing"

	"sonde"
)

func TestScope(t *testing.T) {
	tests := []struct {
		kind    sonde.ScopeKind
		seeds   string
		in, out string
	}{
		{
			sonde.ScopeHost, "https://example.org/docs/",
			"https://example.org/ http://example.org/x https://example.org/?q",
			"https://www.example.org/ https://example.org.evil.example/ https://example.com/ https://example.org:8443/ http://example.orgx/",
		},
		{"", "https://example.org/docs/", "https://example.org/", "https://www.example.org/"},
		{
			sonde.ScopeHost, "http://127.0.0.1:8080/",
			"http://127.0.0.1:8080/a https://127.0.0.1:8080/a",
			"http://127.0.0.1:8081/ http://127.0.0.1/ http://[::1]:8080/",
		},
		{sonde.ScopeHost, "http://[::1]:8080/", "http://[::1]:8080/x", "http://[::1]/"},
		{
			sonde.ScopeDomain, "https://www.example.co.uk/a",
			"https://example.co.uk/ http://a.b.example.co.uk:81/x",
			"https://other.co.uk/ https://co.uk/ https://notexample.co.uk/",
		},
		{sonde.ScopeDomain, "http://127.0.0.1/", "http://127.0.0.1:99/", "http://127.0.0.2/"},
		{
			sonde.ScopePrefix, "https://example.org/docs/index.html https://example.org/blog",
			"https://example.org/docs/ https://example.org/docs/a/b http://example.org/docs/x https://example.org/blog https://example.org/",
			"https://www.example.org/docs/ https://example.com/",
		},
		{
			sonde.ScopePrefix, "https://example.org/docs/?page=a/b",
			"https://example.org/docs/x https://example.org/docs/?q=1",
			"https://example.org/ https://example.org/docs https://example.org/doc/s https://example.org/x?/docs/",
		},
	}
	for _, test := range tests {
		s, err := newScope(sonde.Site{Seeds: strings.Fields(test.seeds), Policy: sonde.Policy{Scope: sonde.Scope{Kind: test.kind}}})
		if err != nil {
			t.Fatal(err)
		}
		for _, url := range strings.Fields(test.in) {
			if !s.reaches(url) {
				t.Errorf("%s of %s does not reach %s", test.kind, test.seeds, url)
			}
		}
		for _, url := range strings.Fields(test.out) {
			if s.reaches(url) {
				t.Errorf("%s of %s reaches %s", test.kind, test.seeds, url)
			}
		}
	}
}

func TestScopeErrorsNameWhatIsWrong(t *testing.T) {
	tests := []struct {
		scope sonde.Scope
		seed  string
		want  []string
	}{
		{sonde.Scope{Include: []string{"a", "b("}}, "https://example.org/", []string{"include", "2", `"b("`, "missing closing )"}},
		{sonde.Scope{Exclude: []string{"(?=x)"}}, "https://example.org/", []string{"exclude", "1", "(?=x)"}},
		{sonde.Scope{Kind: "planet"}, "https://example.org/", []string{"planet", "host", "domain", "prefix"}},
		{sonde.Scope{}, "example.org", []string{"seed", "example.org"}},
	}
	for _, test := range tests {
		_, err := New(Config{Site: sonde.Site{Seeds: []string{test.seed}, Policy: sonde.Policy{Scope: test.scope}}})
		if err == nil {
			t.Errorf("scope %+v of %s gives no error", test.scope, test.seed)
			continue
		}
		for _, word := range test.want {
			if !strings.Contains(err.Error(), word) {
				t.Errorf("error %q does not name %q", err, word)
			}
		}
	}
}

func TestFilters(t *testing.T) {
	c := one(pages{
		"/": links("/docs/a", "/docs/secret", "/blog"), "/docs/a": links("/docs/b?print=1", "/docs/b"), "/docs/b": "",
	})
	c.policy.Scope.Include = []string{"/docs/"}
	c.policy.Scope.Exclude = []string{"secret", `[?&]print=`}
	c.finish(t)
	want := []string{"https://example.org/", "https://example.org/docs/a", "https://example.org/docs/b"}
	if got := c.shelf.in(visited); !slices.Equal(got, want) {
		t.Errorf("visited %v, want %v: the seed in any case, the rest by the filters", got, want)
	}
	for _, url := range []string{"https://example.org/blog", "https://example.org/docs/secret", "https://example.org/docs/b?print=1"} {
		if got := c.shelf.reason(t, url); got != sonde.Filtered {
			t.Errorf("%s excluded for %q, want %q", url, got, sonde.Filtered)
		}
	}
}

func TestDepthCountsClicks(t *testing.T) {
	c := one(pages{
		"/": links("/1"), "/1": links("/2") + "<img src=/1.png>", "/2": links("/3") + "<img src=/2.png>", "/3": "",
	})
	c.policy.MaxDepth = 2
	c.finish(t)
	if got := c.shelf.visit(t, "https://example.org/2").Target.Depth; got != 2 {
		t.Errorf("/2 is at depth %d, want 2", got)
	}
	c.shelf.visit(t, "https://example.org/2.png") // belongs to its page
	if got := c.shelf.reason(t, "https://example.org/3"); got != sonde.TooDeep {
		t.Errorf("/3 excluded for %q, want %q", got, sonde.TooDeep)
	}
}

func TestARunGoesByThePolicyItHasNow(t *testing.T) {
	c := newCrawl(map[string]http.Handler{"example.org": endless{}}, "https://example.org/")
	for url, target := range map[string]sonde.Target{
		"https://other.example/a":         {Use: sonde.Read, By: sonde.ByLink, Depth: 1},
		"https://other.example/b":         {Use: sonde.Check, By: sonde.ByLink, Depth: 1},
		"https://example.org/old":         {Use: sonde.Read, By: sonde.ByLink, Depth: 1},
		"https://example.org/deep":        {Use: sonde.Read, By: sonde.ByLink, Depth: 9},
		"https://other.example/map.xml":   {Use: sonde.Map, By: sonde.BySitemap},
		"https://other.example/image.png": {Use: sonde.Measure, By: sonde.ByLink},
	} {
		target.URL, target.Host = url, "example.org"
		c.shelf.learn(target)
	}
	long := "https://example.org/" + strings.Repeat("x", sonde.MaxURLLength)
	c.shelf.learn(sonde.Target{URL: long, Host: "example.org", Use: sonde.Read, By: sonde.BySeed})
	c.policy.MaxDepth, c.policy.Scope.Exclude = 0, []string{"old"}
	c.finish(t)
	for url, want := range map[string]sonde.Reason{
		"https://other.example/a": sonde.OutOfScope, "https://other.example/b": sonde.OutOfScope,
		"https://example.org/old": sonde.Filtered, "https://example.org/deep": sonde.TooDeep,
		"https://other.example/map.xml": sonde.OutOfScope, "https://other.example/image.png": sonde.OutOfScope,
		long: sonde.TooLong,
	} {
		if v := c.shelf.visit(t, url); v.Outcome != sonde.Excluded || v.Reason != want || v.Attempts != 0 {
			t.Errorf("%s: %s/%s after %d requests, want excluded/%s after none", url, v.Outcome, v.Reason, v.Attempts, want)
		}
	}
	if n := len(c.web.log("https://other.example")); n != 0 {
		t.Errorf("%d requests to a host that is not ours any more", n)
	}
}
