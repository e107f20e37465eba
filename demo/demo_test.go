package demo

import (
	"bytes"
	"compress/gzip"
	"context"
	"encoding/xml"
	"image/png"
	"io"
	"net/http"
	"net/http/httptest"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"testing/synctest"
	"time"
	"unicode/utf8"
)

const testOrigin = "http://127.0.0.1:8080"

// ask sends one request to a new handler, in a bubble of its own where waiting
// costs no time.
func ask(t *testing.T, method, path string, header http.Header) *http.Response {
	t.Helper()
	var answer *http.Response
	synctest.Test(t, func(t *testing.T) {
		r := httptest.NewRequestWithContext(t.Context(), method, testOrigin+path, nil)
		for name, values := range header {
			r.Header[name] = values
		}
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		answer = w.Result()
	})
	return answer
}

func get(t *testing.T, path string) (*http.Response, string) {
	t.Helper()
	answer := ask(t, http.MethodGet, path, nil)
	body, err := io.ReadAll(answer.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answer, string(body)
}

func TestFaultsAnswerAsListed(t *testing.T) {
	names := map[string]bool{}
	for _, fault := range Faults() {
		t.Run(fault.Name, func(t *testing.T) {
			if names[fault.Name] {
				t.Errorf("the name %s is listed twice", fault.Name)
			}
			names[fault.Name] = true
			if answer, _ := get(t, fault.Path); answer.StatusCode != fault.Status {
				t.Errorf("GET %s = %d, want %d", fault.Path, answer.StatusCode, fault.Status)
			}
			if !strings.HasSuffix(fault.What, ".") {
				t.Errorf("%q is no sentence", fault.What)
			}
		})
	}
}

// TestFaultsAreLinked holds that each fault can be found where the list says.
func TestFaultsAreLinked(t *testing.T) {
	for _, fault := range Faults() {
		if fault.On == "" {
			continue
		}
		_, body := get(t, fault.On)
		if !slices.Contains(linksOf(t, fault.On, body), fault.Path) {
			t.Errorf("%s: %s does not link %s", fault.Name, fault.On, fault.Path)
		}
	}
}

// TestFaultsStandInThePage looks for the traces of faults that a status does not
// show.
func TestFaultsStandInThePage(t *testing.T) {
	tests := []struct {
		path, pattern string
		count         int
	}{
		{"/docs/notes", `<title>`, 0},
		{"/docs/notes", `name="description"`, 0},
		{"/docs/notes", `<html>`, 1},
		{"/contact", `name="description"`, 0},
		{"/contact", `<h1`, 0},
		{"/contact", `href="http://\[tidemark"`, 1},
		{"/docs/faq", `<h1>`, 2},
		{"/docs/faq", `<h2`, 0},
		{"/shop/tide-clock", `<title>Tide clock</title>`, 1},
		{"/shop/tide-clock-brass", `<title>Tide clock</title>`, 1},
		{"/journal/long-title", `<title>[^<]{280,299}</title>`, 1},
		{"/journal/gallery", `<img src="/img/[^>]*height="160">`, 2},
		{"/journal/gallery", `<img src="/img/[^>]*height="160" alt="[^"]+">`, 3},
		{"/search", `<meta name="robots" content="noindex, follow">`, 1},
		{"/shop/barometer-print", `<link rel="canonical" href="` + testOrigin + `/shop/barometer">`, 1},
		{"/", `href="/partners" rel="nofollow"`, 1},
		{"/about", `href="/partners">`, 1},
		{"/docs/install", `href="/docs/calibration#zero-point"`, 1},
		{"/docs/calibration", `id="zero-point"`, 0},
		{"/docs/calibration", `id="sound-speed"`, 1},
		{"/shop/rain-gauge", `,}</script>`, 1},
		{"/shop/hand-lead", `"}</script>`, 1},
		{"/news", `<meta http-equiv="refresh" content="0; url=/journal/">`, 1},
		{"/fr/a-propos", `rel="alternate" hreflang="de"`, 0},
		{"/de/%C3%BCber-uns", `rel="alternate" hreflang="fr" href="` + testOrigin + `/fr/a-propos"`, 1},
		{"/events/2026-11", `rel="next"`, 1},
		{"/events/2027-12", `rel="next"`, 0},
		{"/journal/archive/2020", `href="\d{4}"`, 0},
		{"/press/press/press/", `href="press/"`, 1},
	}
	for _, test := range tests {
		_, body := get(t, test.path)
		if got := len(regexp.MustCompile(test.pattern).FindAllString(body, -1)); got != test.count {
			t.Errorf("%s has %d of %s, want %d", test.path, got, test.pattern, test.count)
		}
	}
}

func TestRedirects(t *testing.T) {
	tests := []struct {
		from string
		hops []string
	}{
		{"/go/summer-sale", []string{"/go/sale", "/go/offers", "/shop/"}},
		{"/go/ping", []string{"/go/pong", "/go/ping", "/go/pong"}},
		{"/go/catalogue", []string{"/files/catalogue-2019.pdf"}},
		{"/about-us", []string{"/about"}},
	}
	for _, test := range tests {
		at := test.from
		for _, want := range test.hops {
			answer, _ := get(t, at)
			if got := answer.Header.Get("Location"); got != want {
				t.Errorf("%s leads to %q, want %q", at, got, want)
			}
			at = want
		}
	}
	if answer, _ := get(t, "/files/catalogue-2019.pdf"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("the catalogue answers %d, want 404", answer.StatusCode)
	}
}

// TestGrowingPathEnds holds that no crawler is kept for ever.
func TestGrowingPathEnds(t *testing.T) {
	tests := map[string]int{
		"/press/": 200,
		strings.Repeat("/press", maxPressDepth) + "/":   200,
		strings.Repeat("/press", maxPressDepth+1) + "/": 404,
		"/press/press/other/":                           404,
		"/press/press/x/press/":                         404,
	}
	for path, want := range tests {
		if answer, _ := get(t, path); answer.StatusCode != want {
			t.Errorf("GET %s = %d, want %d", path, answer.StatusCode, want)
		}
	}
}

func TestSlowPage(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, httptest.NewRequest(http.MethodGet, "/journal/live-buoy", nil))
		if waited := time.Since(start); waited != 1500*time.Millisecond {
			t.Errorf("the page took %v, want 1.5s", waited)
		}
	})
}

// TestSlowPageEndsWithItsClient holds that nothing waits for a client that left.
func TestSlowPageEndsWithItsClient(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		start := time.Now()
		ctx, cancel := context.WithTimeout(t.Context(), 100*time.Millisecond)
		defer cancel()
		r := httptest.NewRequestWithContext(ctx, http.MethodGet, "/journal/live-buoy", nil)
		w := httptest.NewRecorder()
		Handler().ServeHTTP(w, r)
		if waited := time.Since(start); waited != 100*time.Millisecond || w.Body.Len() > 0 {
			t.Errorf("after %v and %d bytes, want 100ms and none", waited, w.Body.Len())
		}
	})
}

func TestHeaders(t *testing.T) {
	tests := []struct{ path, name, want string }{
		{"/", "Content-Type", "text/html; charset=utf-8"},
		{"/", "Last-Modified", "Sun, 01 Nov 2026 12:00:00 GMT"},
		{"/de/seegang", "Content-Type", "text/html; charset=iso-8859-1"},
		{"/docs/print", "Content-Type", "text/plain"},
		{"/docs/draft", "X-Robots-Tag", "noindex, nofollow"},
		{"/docs/", "X-Robots-Tag", ""},
		{"/style.css", "Content-Type", "text/css; charset=utf-8"},
		{"/logo.svg", "Content-Type", "image/svg+xml"},
		{"/icon.png", "Content-Type", "image/png"},
		{"/shop/stock", "Content-Type", "text/html; charset=utf-8"},
		{"/sitemap-pages.xml.gz", "Content-Encoding", ""},
	}
	for _, test := range tests {
		answer, _ := get(t, test.path)
		if got := answer.Header.Get(test.name); got != test.want {
			t.Errorf("%s of %s = %q, want %q", test.name, test.path, got, test.want)
		}
	}
}

// TestAgain holds that a second visit costs nothing: the validators are stable.
func TestAgain(t *testing.T) {
	for _, path := range []string{"/", "/shop/", "/style.css", "/img/chart/barometer.svg", "/robots.txt", "/sitemap-pages.xml.gz"} {
		first, _ := get(t, path)
		etag := first.Header.Get("ETag")
		again := ask(t, http.MethodGet, path, http.Header{"If-None-Match": {etag}})
		if etag == "" || again.StatusCode != http.StatusNotModified {
			t.Errorf("GET %s with its ETag %q = %d, want 304", path, etag, again.StatusCode)
		}
	}
}

func TestMethods(t *testing.T) {
	head := ask(t, http.MethodHead, "/about", nil)
	body, _ := io.ReadAll(head.Body)
	if head.StatusCode != http.StatusOK || len(body) > 0 || head.Header.Get("Content-Length") == "" {
		t.Errorf("HEAD /about = %d with %d bytes and %v", head.StatusCode, len(body), head.Header)
	}
	if post := ask(t, http.MethodPost, "/search", nil); post.StatusCode != http.StatusMethodNotAllowed {
		t.Errorf("POST /search = %d, want 405", post.StatusCode)
	}
}

// TestOrigin holds that links which need a host take the one that was asked.
func TestOrigin(t *testing.T) {
	r := httptest.NewRequest(http.MethodGet, "https://sea.example:8443/shop/barometer", nil)
	w := httptest.NewRecorder()
	Handler().ServeHTTP(w, r)
	if want := `<link rel="canonical" href="https://sea.example:8443/shop/barometer">`; !strings.Contains(w.Body.String(), want) {
		t.Errorf("%s is missing in:\n%s", want, w.Body)
	}
}

func TestRobots(t *testing.T) {
	_, body := get(t, "/robots.txt")
	for _, want := range []string{"User-agent: *\n", "Disallow: /staff/\n", "Sitemap: " + testOrigin + "/sitemap.xml\n"} {
		if !strings.Contains(body, want) {
			t.Errorf("robots.txt has no %q", want)
		}
	}
}

// TestSitemap reads the index and the gzipped file, and asks for every URL in it.
func TestSitemap(t *testing.T) {
	_, index := get(t, "/sitemap.xml")
	if !strings.Contains(index, "<loc>"+testOrigin+"/sitemap-pages.xml.gz</loc>") {
		t.Fatalf("the index does not name the sitemap:\n%s", index)
	}
	statuses := map[int]int{}
	for _, path := range sitemapPaths(t) {
		answer, _ := get(t, path)
		statuses[answer.StatusCode]++
	}
	if statuses[200] < 40 || statuses[410] != 1 || len(statuses) != 2 {
		t.Errorf("the sitemap's URLs answer %v, want 40 or more times 200 and once 410", statuses)
	}
}

func sitemapPaths(t *testing.T) []string {
	t.Helper()
	_, body := get(t, "/sitemap-pages.xml.gz")
	plain, err := gzip.NewReader(strings.NewReader(body))
	if err != nil {
		t.Fatal(err)
	}
	var set urlSet
	if err := xml.NewDecoder(plain).Decode(&set); err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, entry := range set.URLs {
		paths = append(paths, strings.TrimPrefix(entry.Loc, testOrigin))
	}
	return paths
}

// TestSiteIsWhole walks every link from the front page. What does not answer with
// a page must be a listed fault, or lie behind one.
func TestSiteIsWhole(t *testing.T) {
	known := map[string]bool{"/files/catalogue-2019.pdf": true, "/shop/retired-sextant": true, strings.Repeat("/press", maxPressDepth+1) + "/": true}
	for _, fault := range Faults() {
		known[fault.Path] = true
	}
	seen := walk(t, "/")
	for path, status := range seen {
		if status >= 400 && !known[path] {
			t.Errorf("%s answers %d and is no listed fault", path, status)
		}
	}
	if len(seen) < 80 || len(seen) > 150 {
		t.Errorf("the site has %d URLs", len(seen))
	}
	for _, p := range newSite().pages {
		if _, found := seen[escape(p.Path)]; !found && p.Path != "/journal/unlisted" {
			t.Errorf("no link leads to %s", p.Path)
		}
	}
	if _, found := seen["/journal/unlisted"]; found {
		t.Error("a link leads to the page that nobody links to")
	}
}

// walk visits everything that links of the site lead to, and gives the statuses.
func walk(t *testing.T, start string) map[string]int {
	t.Helper()
	seen := map[string]int{start: 0}
	for open := []string{start}; len(open) > 0; open = open[1:] {
		answer, body := get(t, open[0])
		seen[open[0]] = answer.StatusCode
		found := []string{answer.Header.Get("Location")}
		if strings.HasPrefix(answer.Header.Get("Content-Type"), "text/html") {
			found = append(found, linksOf(t, open[0], body)...)
		}
		for _, path := range found {
			if _, known := seen[path]; !known && path != "" {
				seen[path] = 0
				open = append(open, path)
			}
		}
	}
	return seen
}

var reference = regexp.MustCompile(`(?:href|src)="([^"]*)"`)

// linksOf gives the paths on this site that a page's href and src lead to.
func linksOf(t *testing.T, path, body string) []string {
	t.Helper()
	base, err := url.Parse(testOrigin + path)
	if err != nil {
		t.Fatal(err)
	}
	var paths []string
	for _, match := range reference.FindAllStringSubmatch(body, -1) {
		target, err := base.Parse(strings.ReplaceAll(match[1], "&amp;", "&"))
		if err == nil && target.Host == base.Host {
			target.Fragment = ""
			paths = append(paths, target.RequestURI())
		}
	}
	return paths
}

func TestLatin1(t *testing.T) {
	_, body := get(t, "/de/seegang")
	if utf8.ValidString(body) || !strings.Contains(body, "hei\xdft") || !strings.Contains(body, `charset="iso-8859-1"`) {
		t.Errorf("the page is not in ISO 8859-1:\n%q", body)
	}
	if got := string(latin1([]byte("ü – €"))); got != "\xfc &#8211; &#8364;" {
		t.Errorf("latin1 = %q", got)
	}
}

func TestPictures(t *testing.T) {
	_, icon := get(t, "/icon.png")
	if _, err := png.Decode(strings.NewReader(icon)); err != nil {
		t.Errorf("the icon is no PNG: %v", err)
	}
	_, one := get(t, "/img/chart/bay-one.svg")
	_, two := get(t, "/img/chart/bay-two.svg")
	if one == two || !bytes.Equal([]byte(one), drawChart("bay-one")) {
		t.Error("a chart does not depend on its name alone")
	}
	for _, path := range []string{"/logo.svg", "/waves.svg", "/img/chart/a%3Cb.svg"} {
		answer, body := get(t, path)
		if err := xml.Unmarshal([]byte(body), new(struct{})); err != nil || answer.StatusCode != http.StatusOK {
			t.Errorf("%s: %d, %v", path, answer.StatusCode, err)
		}
	}
	if answer, _ := get(t, "/img/chart/bay-one.png"); answer.StatusCode != http.StatusNotFound {
		t.Errorf("a chart of another type answers %d, want 404", answer.StatusCode)
	}
}

// TestRequestIsNotEchoed holds that nothing of a request reaches a page unescaped.
func TestRequestIsNotEchoed(t *testing.T) {
	for _, path := range []string{"/%3Cscript%3E", "/search?q=%3Cscript%3E", "/shop/%22%3E%3Cscript%3E"} {
		if _, body := get(t, path); strings.Contains(body, "<script>") {
			t.Errorf("%s is echoed:\n%s", path, body)
		}
	}
}

func TestParsePage(t *testing.T) {
	tests := []struct{ text, want string }{
		{"title: A\n<p>", "no empty line after the header"},
		{"titel: A\n\n<p>", `unknown header line "titel"`},
		{"delay: soon\n\n<p>", "invalid duration"},
		{"title: A\n\n{{.", "template"},
	}
	for _, test := range tests {
		_, err := parsePage("content/x.html", test.text)
		if err == nil || !strings.Contains(err.Error(), test.want) {
			t.Errorf("parsePage(%q) = %v, want %q", test.text, err, test.want)
		}
	}
}
