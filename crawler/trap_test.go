package crawler

import (
	"fmt"
	"net/http"
	"strings"
	"testing"

	"sonde"
	"sonde/crawler/weburl"
)

func TestPathsThatRepeatThemselvesEnd(t *testing.T) {
	tests := map[string]string{
		"one segment":   "a/",
		"two segments":  "a/b/",
		"every segment": "%d/",
	}
	for name, next := range tests {
		t.Run(name, func(t *testing.T) {
			c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
				if r.URL.Path == "/robots.txt" {
					http.NotFound(w, r)
					return
				}
				segment := next
				if strings.Contains(next, "%") {
					segment = fmt.Sprintf(next, strings.Count(r.URL.Path, "/"))
				}
				pages{r.URL.Path: links(segment)}.ServeHTTP(w, r)
			}))
			c.finish(t)
			if n := len(c.shelf.visits); n > sonde.MaxPathSegments+1 || n < 2 {
				t.Errorf("%d visits of a path without end: %v", n, c.shelf.outcomes())
			}
			last := c.shelf.in(excluded)
			if len(last) != 1 || c.shelf.reason(t, last[0]) != sonde.Trap {
				t.Errorf("excluded %v, want one as a trap", last)
			}
		})
	}
}

func TestVariantsOfOnePageHaveABudget(t *testing.T) {
	b := newBudget()
	url := func(i int) string { return fmt.Sprintf("https://example.org/shop?colour=%d&size=%d", i, i%7) }
	for i := range maxVariants {
		if b.spent(url(i)) {
			t.Fatalf("variant %d is one too many, want %d of them", i+1, maxVariants)
		}
	}
	if !b.spent(url(maxVariants)) {
		t.Error("one variant more passes")
	}
	if !b.spent("https://example.org/shop?size=1&colour=x") {
		t.Error("another order of the parameters passes")
	}
	for _, other := range []string{
		url(17), "https://example.org/shop", "https://example.org/shop?colour=1", "https://example.org/shop?colour=1&size=2&page=3",
		"https://example.org/shop2?colour=1&size=2", "https://www.example.org/shop?colour=1&size=2",
	} {
		if b.spent(other) {
			t.Errorf("%s is refused, although it passed before or is another page", other)
		}
	}
}

func TestManyPagesWithQueriesAreNoTrap(t *testing.T) {
	b := newBudget()
	for i := range 300_000 {
		if b.spent(fmt.Sprintf("https://example.org/product/%d?from=list", i)) {
			t.Fatalf("page %d is refused for the sake of others", i)
		}
	}
}

func TestFacetsEnd(t *testing.T) {
	c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		if r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", "text/html")
		query := r.URL.RawQuery
		var next []string
		for i := range 10 {
			next = append(next, fmt.Sprintf("/?f=%s%d", strings.TrimPrefix(query, "f="), i))
		}
		fmt.Fprint(w, links(next...))
	}))
	c.finish(t)
	if n := len(c.shelf.visits); n != maxVariants+1 {
		t.Errorf("%d visits, want the page and %d variants", n, maxVariants)
	}
}

func TestCalendarsEnd(t *testing.T) {
	c := one(http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		var day int
		if _, err := fmt.Sscanf(r.URL.Path, "/day/%d", &day); err != nil && r.URL.Path != "/" {
			http.NotFound(w, r)
			return
		}
		pages{r.URL.Path: links(fmt.Sprintf("/day/%d", day+1))}.ServeHTTP(w, r)
	}))
	c.finish(t)
	if n := len(c.shelf.visits); n != maxChain+2 {
		t.Errorf("%d visits, want the seed, the first day and %d that follow it", n, maxChain)
	}
	if last := c.shelf.in(excluded); len(last) != 1 || c.shelf.reason(t, last[0]) != sonde.Trap {
		t.Errorf("excluded %v, want the day after as a trap", last)
	}
}

func TestSameShape(t *testing.T) {
	tests := []struct {
		a, b string
		want bool
	}{
		{"https://example.org/day/1", "https://example.org/day/2", true},
		{"https://example.org/2026/11/22", "https://example.org/2027/1/3", true},
		{"https://example.org/day/1", "https://example.org/day/one", false},
		{"https://example.org/a", "https://example.org/b", false},
		{"https://example.org/a?page=1", "https://example.org/a?page=2", true},
		{"https://example.org/a?page=1", "https://example.org/a?size=2", false},
		{"https://example.org/a/1", "https://example.org/a/1/2", false},
		{"https://example.org/", "https://example.org/1", false},
		{"https://example.org/part-1/x", "https://example.org/part-234/x", true},
		{"https://example.org/part-1/x", "https://example.org/part-234/y", false},
		{"https://example.org/1", "https://example.org/1?a=1", false},
		{"https://example.org/a-1234567/x", "https://example.org/a-12/x", true},
		{"https://example.org/a?b=x", "https://example.org/a?b=y", true},
		{"https://example.org/long-1234567/x", "https://example.org/long-12345x/x", false},
		{"https://example.org/a?b=12345678&c=1", "https://example.org/a?b=12345678&d=1", false},
		{"https://example.org/a?b=12345678&c=1", "https://example.org/a?b=12345678&c=2", true},
		{"https://example.org/a?x=1", "https://example.org/b?x=1", false},
		{"https://example.org/i/9f86d081884c7d659a2feaa0c55ad015", "https://example.org/i/b1946ac92492d2347c6235b4d2611184", true},
		{"https://example.org/i/9f86d081884c7d659a2feaa0c55ad015", "https://example.org/i/about", false},
		{"https://example.org/123e4567-e89b-12d3-a456-426614174000", "https://example.org/00112233-4455-6677-8899-aabbccddeeff", true},
	}
	for _, test := range tests {
		if got := sameShape(test.a, test.b); got != test.want {
			t.Errorf("%s and %s have the same shape: %v, want %v", test.a, test.b, got, test.want)
		}
		if want := weburl.Shape(test.a) == weburl.Shape(test.b); want != test.want {
			t.Errorf("%s and %s: weburl finds the same shape: %v, want %v", test.a, test.b, want, test.want)
		}
	}
}

func TestHostsHaveABudget(t *testing.T) {
	b := newBudget()
	url := func(i int) string { return fmt.Sprintf("https://%d.example.org/", i) }
	for i := range maxNames {
		if b.spent(url(i)) {
			t.Fatalf("host %d is one too many, want %d of them", i+1, maxNames)
		}
	}
	if !b.spent(url(maxNames)) {
		t.Error("one host more passes")
	}
	if b.spent(url(17) + "another/page") {
		t.Error("a host that passed before is refused")
	}
}
