package fetch

import (
	"net/http"
	"net/url"
	"strings"
	"testing"

	"sonde"
)

// TestCookieRules: what a host may set, and who gets it back (D34).
func TestCookieRules(t *testing.T) {
	tests := []struct {
		name, from, set, to string
		want                string // the Cookie header
	}{
		{"back to the host", "http://www.example.org/", "a=1", "http://www.example.org/x", "a=1"},
		{"not to another host", "http://www.example.org/", "a=1", "http://example.org/", ""},
		{"for the domain", "http://www.example.org/", "a=1; Domain=example.org", "http://example.org/", "a=1"},
		{"for a public suffix", "http://www.example.com/", "a=1; Domain=com", "http://other.com/", ""},
		{"for a public suffix of two labels", "http://www.example.co.uk/", "a=1; Domain=co.uk", "http://other.co.uk/", ""},
		{"for a private suffix", "http://me.github.io/", "a=1; Domain=github.io", "http://you.github.io/", ""},
		{"for another site", "http://www.example.org/", "a=1; Domain=example.com", "http://example.com/", ""},
		{"below a path", "http://example.org/", "a=1; Path=/in", "http://example.org/out", ""},
		{"secure from https", "https://example.org/", "a=1; Secure", "https://example.org/", "a=1"},
		{"secure not to http", "https://example.org/", "a=1; Secure", "http://example.org/", ""},
		{"secure not from http", "http://example.org/", "a=1; Secure", "https://example.org/", ""},
		{"__Host-", "https://example.org/", "__Host-a=1; Secure; Path=/", "https://example.org/", "__Host-a=1"},
		{"__Host- with a domain", "https://example.org/", "__Host-a=1; Secure; Path=/; Domain=example.org", "https://example.org/", ""},
		{"__Host- without Secure", "https://example.org/", "__Host-a=1; Path=/", "https://example.org/", ""},
		{"__host- with a path", "https://example.org/", "__host-a=1; Secure; Path=/x", "https://example.org/x", ""},
		{"__Secure- without Secure", "https://example.org/", "__Secure-a=1", "https://example.org/", ""},
		{"expires far beyond", "http://example.org/", "a=1; Expires=Fri, 31 Dec 99999999 23:59:59 GMT", "http://example.org/", "a=1"},
		{"too large", "http://example.org/", "a=" + strings.Repeat("x", maxCookieBytes), "http://example.org/", ""},
		{"no cookie", "http://example.org/", "=;", "http://example.org/", ""},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			c := jar(t)
			set(t, c, test.from, test.set)
			if got := sent(t, c, test.to); got != test.want {
				t.Errorf("sent %q, want %q", got, test.want)
			}
		})
	}
}

func TestCookiesBounded(t *testing.T) {
	c := jar(t)
	for i := range 2 * maxSiteCookies {
		set(t, c, "http://example.org/", sprintf("c%d=1", i))
	}
	if got := strings.Count(sent(t, c, "http://example.org/"), "="); got != maxSiteCookies {
		t.Errorf("%d cookies of a site, want %d", got, maxSiteCookies)
	}
	set(t, c, "http://example.org/", "c0=2")
	set(t, c, "http://example.org/", "c1=; Max-Age=0")
	set(t, c, "http://example.org/", "new=1")
	if got := sent(t, c, "http://example.org/"); !strings.Contains(got, "c0=2") || !strings.Contains(got, "new=1") || strings.Contains(got, "c1=") {
		t.Errorf("sent %q: replacing and taking back make no room", got)
	}
	for i := range 2 * maxCookies {
		set(t, c, sprintf("http://site-%d.example/", i), "a=1")
	}
	if c.count != maxCookies || len(c.sites) > maxCookies {
		t.Errorf("%d cookies of %d sites in all, want %d", c.count, len(c.sites), maxCookies)
	}
}

// TestCookiesTravel: a cookie comes back to its host, together with what the
// policy says, and stays in its run.
func TestCookiesTravel(t *testing.T) {
	var got string
	server := serveHTTP(t, func(w http.ResponseWriter, r *http.Request) {
		got = r.Header.Get("Cookie")
		http.SetCookie(w, &http.Cookie{Name: "session", Value: "1"})
	})
	p := sonde.DefaultPolicy()
	p.Headers = map[string][]string{"Cookie": {"consent=yes"}}
	f := fetcherOf(t, Config{Policy: p, Guard: openGuard(), Trusted: func(string) bool { return true }})
	f.Do(t.Context(), Request{URL: server.URL + "/"})
	f.Do(t.Context(), Request{URL: server.URL + "/"})
	if want := "consent=yes; session=1"; got != want {
		t.Errorf("sent %q, want %q", got, want)
	}
	newFetcher(t, sonde.DefaultPolicy()).Do(t.Context(), Request{URL: server.URL + "/"})
	if got != "" {
		t.Errorf("another run sent %q", got)
	}
}

func jar(t *testing.T) *cookies {
	t.Helper()
	c, err := newCookies()
	if err != nil {
		t.Fatal(err)
	}
	return c
}

func set(t *testing.T, c *cookies, from, line string) {
	t.Helper()
	c.take(parsed(t, from), &http.Response{Header: http.Header{"Set-Cookie": {line}}})
}

func sent(t *testing.T, c *cookies, to string) string {
	t.Helper()
	h := http.Header{}
	c.add(h, parsed(t, to))
	return h.Get("Cookie")
}

func parsed(t *testing.T, raw string) *url.URL {
	t.Helper()
	u, err := url.Parse(raw)
	if err != nil {
		t.Fatal(err)
	}
	return u
}
