package weburl

import (
	"strings"
	"testing"
)

func TestSplit(t *testing.T) {
	tests := []struct {
		url    string
		want   Parts
		origin string
	}{
		{"https://example.org/", Parts{Scheme: "https", Host: "example.org", Path: "/"}, "https://example.org"},
		{"http://example.org:8080/a/b?c=d?e", Parts{"http", "example.org", "8080", "/a/b", "c=d?e"}, "http://example.org:8080"},
		{"http://[::1]:8080/?a://b/", Parts{"http", "[::1]", "8080", "/", "a://b/"}, "http://[::1]:8080"},
		{"http://[2001:db8::1]/x", Parts{Scheme: "http", Host: "[2001:db8::1]", Path: "/x"}, "http://[2001:db8::1]"},
	}
	for _, c := range tests {
		if got := Split(c.url); got != c.want {
			t.Errorf("Split(%q) = %+v, want %+v", c.url, got, c.want)
		}
		if got := Origin(c.url); got != c.origin {
			t.Errorf("Origin(%q) = %q, want %q", c.url, got, c.origin)
		}
		if n := testing.AllocsPerRun(10, func() { Split(c.url); Origin(c.url) }); n != 0 {
			t.Errorf("Split and Origin of %q: %v allocations", c.url, n)
		}
	}
}

func TestRegistrableDomain(t *testing.T) {
	for host, want := range map[string]string{
		"example.org":        "example.org",
		"a.b.example.org":    "example.org",
		"a.example.co.uk":    "example.co.uk",
		"me.github.io":       "me.github.io",
		"co.uk":              "co.uk",
		"org":                "org",
		"localhost":          "localhost",
		"app.localhost":      "app.localhost",
		"192.0.2.1":          "192.0.2.1",
		"[2001:db8::1]":      "[2001:db8::1]",
		"a.xn--bcher-kva.de": "xn--bcher-kva.de",
		"a..b":               "a..b",
	} {
		if got := RegistrableDomain(host); got != want {
			t.Errorf("RegistrableDomain(%q) = %q, want %q", host, got, want)
		}
	}
}

func TestShape(t *testing.T) {
	tests := []struct{ url, want string }{
		{"https://h1.example:8443/", "https://h1.example:8443/"},
		{"https://h/news/2024/05/17/story-12.html", "https://h/news/{d}/{d}/{d}/story-{d}.html"},
		{"https://h/v2a10b", "https://h/v{d}a{d}b"},
		{"https://h/user/3fa85f64-5717-4562-b3fc-2c963f66afa6/x", "https://h/user/{x}/x"},
		{"https://h/3fa85f64-5717-4562-b3fc-2c963f66afa6x", "https://h/{x}-{d}-{d}-b{d}fc-{d}c{d}f{d}afa{d}x"},
		{"https://h/9e107d9d372bb6826bd81d3542a419d6.png", "https://h/{x}.png"},
		{"https://h/abc123/facade/deadbeef/00000000000", "https://h/abc{d}/facade/deadbeef/{d}"},
		{"https://h/%E4%BD%A0%2F12%", "https://h/%E4%BD%A0%2F{d}%"},
		{"https://h/?b=1&a=2", "https://h/?a&b"},
		{"https://h/?a=9&b=8&a=7", "https://h/?a&b"},
		{"https://h/x.css?1715940000", "https://h/x.css?{d}"},
		{"https://h/?f[1]=a&f[2]=b&f[30]=c&g", "https://h/?f[{d}]&g"},
	}
	for _, c := range tests {
		if got := Shape(c.url); got != c.want {
			t.Errorf("Shape(%q) = %q, want %q", c.url, got, c.want)
		}
	}
}

func TestShapeAllocatesOnlyTheShape(t *testing.T) {
	for _, url := range []string{
		"https://h/news/2024/05/17/story-12.html",
		"https://h/user/3fa85f64-5717-4562-b3fc-2c963f66afa6/x",
		"https://h/list?page=3&sort=name",
	} {
		if n := testing.AllocsPerRun(10, func() { Shape(url) }); n > 1 {
			t.Errorf("Shape(%q): %v allocations, want one", url, n)
		}
	}
}

func TestShapeOfManyParameters(t *testing.T) {
	query := strings.Repeat("name=1&", 200) + "other=2"
	if got, want := Shape("http://h/?"+query), "http://h/?name&other"; got != want {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestTrap(t *testing.T) {
	tests := []struct {
		path string
		want bool
	}{
		{"/", false},
		{"/a", false},
		{"/a/a", false},
		{"/a/a/", false},
		{"/a/a/a", true},
		{"/x/a/a/a/y", true},
		{"/a/b/a/c/a", false},
		{"/a/b/a/c/a/d/a", true},
		{"/a/b/a/b", false},
		{"/a/b/a/b/a", false},
		{"/a/b/a/b/a/b", true},
		{"/x/a/b/c/a/b/c/a/b/c", true},
		{"/x/a/b/c/a/b/c/a/b/d", false},
		{"//", false},
		{"////", true},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20", false},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/", false},
		{"/1/2/3/4/5/6/7/8/9/10/11/12/13/14/15/16/17/18/19/20/21", true},
		{"/" + strings.Repeat("x/", 1000), true},
		{"/?" + strings.Repeat("a/", 30), false},
	}
	for _, c := range tests {
		url := "https://example.org" + c.path
		if got := Trap(url); got != c.want {
			t.Errorf("Trap(%q) = %v, want %v", url, got, c.want)
		}
		if n := testing.AllocsPerRun(10, func() { Trap(url) }); n != 0 {
			t.Errorf("Trap(%q): %v allocations", url, n)
		}
	}
}
