package weburl

import (
	"strings"
	"testing"

	"sonde"
)

// canonicalizer drops what a site drops that says nothing else.
var canonicalizer = NewCanonicalizer(sonde.TrackingParams)

func mustBase(t testing.TB, url string) *Base {
	t.Helper()
	b, err := canonicalizer.Base(url)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// plainReferences are in canonical form as they stand: the shortcut must answer.
var plainReferences = []struct{ ref, url, fragment string }{
	{"", "https://example.org:8443/docs/guide/start.html?v=2", ""},
	{"#install", "https://example.org:8443/docs/guide/start.html?v=2", "install"},
	{"#", "https://example.org:8443/docs/guide/start.html?v=2", ""},
	{"next.html", "https://example.org:8443/docs/guide/next.html", ""},
	{"sub/next.html#a", "https://example.org:8443/docs/guide/sub/next.html", "a"},
	{"x/a:b", "https://example.org:8443/docs/guide/x/a:b", ""},
	{".htaccess", "https://example.org:8443/docs/guide/.htaccess", ""},
	{"a..b/c.d.", "https://example.org:8443/docs/guide/a..b/c.d.", ""},
	{"x//y", "https://example.org:8443/docs/guide/x//y", ""},
	{"./", "https://example.org:8443/docs/guide/", ""},
	{"./next.html", "https://example.org:8443/docs/guide/next.html", ""},
	{"./a:b", "https://example.org:8443/docs/guide/a:b", ""},
	{".//x", "https://example.org:8443/docs/guide//x", ""},
	{"./?a=1", "https://example.org:8443/docs/guide/?a=1", ""},
	{"../", "https://example.org:8443/docs/", ""},
	{"../api/index.html", "https://example.org:8443/docs/api/index.html", ""},
	{"../../", "https://example.org:8443/", ""},
	{"../.././../x", "https://example.org:8443/x", ""},
	{"/", "https://example.org:8443/", ""},
	{"/a/b?c=d&e#f", "https://example.org:8443/a/b?c=d&e", "f"},
	{"/.well-known/security.txt", "https://example.org:8443/.well-known/security.txt", ""},
	{"/%E4%BD%A0?q=%20+x", "https://example.org:8443/%E4%BD%A0?q=%20+x", ""},
	{"/a;v=1,b@c!$&'()*+[]|", "https://example.org:8443/a;v=1,b@c!$&'()*+[]|", ""},
	{"?page=2&sort=a;b", "https://example.org:8443/docs/guide/start.html?page=2&sort=a;b", ""},
	{"?a=/../.?", "https://example.org:8443/docs/guide/start.html?a=/../.?", ""},
	{"//cdn.example.net/x.js?v=1", "https://cdn.example.net/x.js?v=1", ""},
	{"https://example.org/x#y?z", "https://example.org/x", "y?z"},
	{"http://a_b.xn--zca.example/", "http://a_b.xn--zca.example/", ""},
	{"https://example.org:8443/x?y#z", "https://example.org:8443/x?y", "z"},
	{"httpd.html", "https://example.org:8443/docs/guide/httpd.html", ""},
}

func TestShortcutAnswers(t *testing.T) {
	b := mustBase(t, "https://example.org:8443/docs/guide/start.html?v=2")
	for _, c := range plainReferences {
		got, ok := canonicalizer.shortcut(b, c.ref)
		if !ok {
			t.Errorf("%q: the shortcut does not answer", c.ref)
			continue
		}
		if got.URL != c.url || got.Fragment != c.fragment || got.Reason != "" || got.Original != "" {
			t.Errorf("%q: %+v, want %q and fragment %q", c.ref, got, c.url, c.fragment)
		}
		if host := Split(c.url).Host; got.Host != host {
			t.Errorf("%q: host %q, want %q", c.ref, got.Host, host)
		}
		if slow := canonicalizer.resolve(b, c.ref); slow != got {
			t.Errorf("%q: the shortcut says %+v, the parser %+v", c.ref, got, slow)
		}
	}
}

// Every reference of up to four of these tokens gets the same answer from the
// shortcut and from the parser, and the answer is canonical.
func TestShortcutAgrees(t *testing.T) {
	tokens := []string{
		"", "a", "A", ".", "..", "/", `\`, "?", "#", ":", ";", "&", "=", "%", "%41", "%2e", "%2F", "%c3", " ", "\n", "ü", "'",
		"@", "1", "80", "http", "https:", "//", "example.org", ":8443", "sid=1", ";jsessionid=1",
	}
	bases := []*Base{
		mustBase(t, "https://example.org:8443/docs/guide/start.html?v=2"),
		mustBase(t, "http://example.org/"),
	}
	for i := range len(tokens) * len(tokens) * len(tokens) * len(tokens) {
		var ref strings.Builder
		for range 4 {
			ref.WriteString(tokens[i%len(tokens)])
			i /= len(tokens)
		}
		b := bases[ref.Len()%len(bases)]
		fast, ok := canonicalizer.shortcut(b, ref.String())
		if slow := canonicalizer.resolve(b, ref.String()); ok && slow != fast {
			t.Fatalf("%q: the shortcut says %+v, the parser %+v", ref.String(), fast, slow)
		}
	}
}

func TestShortcutAllocatesOnlyTheURL(t *testing.T) {
	b := mustBase(t, "https://example.org:8443/docs/guide/start.html?v=2")
	for _, c := range plainReferences {
		limit := 1.0
		if c.ref == "" || c.ref[0] == '#' {
			limit = 0
		}
		if n := testing.AllocsPerRun(10, func() { canonicalizer.Resolve(b, c.ref) }); n > limit {
			t.Errorf("%q: %v allocations, want at most %v", c.ref, n, limit)
		}
	}
}

func TestResolve(t *testing.T) {
	tests := []struct {
		name, base, ref         string
		url, original, fragment string
	}{
		{name: "dot segments inside", base: "https://h/a/b/c", ref: "x/../y/./z", url: "https://h/a/b/y/z"},
		{name: "dots alone", base: "https://h/a/b/c", ref: "..", url: "https://h/a/"},
		{name: "dot before a query", base: "https://h/a/b/c", ref: ".?x", url: "https://h/a/b/?x"},
		{name: "spaces around", base: "https://h/a/b", ref: " x y \n", url: "https://h/a/x%20y"},
		{name: "backslashes", base: "https://h/a/b", ref: `\x\y`, url: "https://h/x/y"},
		{name: "text beyond ASCII", base: "https://h/a/b", ref: "ü?ü#ü", url: "https://h/a/%C3%BC?%C3%BC", fragment: "%C3%BC"},
		{name: "right-to-left override and line separator", base: "https://h/", ref: "a\u202eb\u2028", url: "https://h/a%E2%80%AEb%E2%80%A8"},
		{name: "control characters", base: "https://h/", ref: "a\x00b\r\nc\td", url: "https://h/a%00bcd"},
		{name: "a query on a base without a plain query", base: "https://h/a?utm_source=x", ref: "?a=1", url: "https://h/a?a=1"},
		{name: "an empty reference to a base that is not canonical", base: "https://h/a?utm_source=x", ref: "",
			url: "https://h/a", original: "https://h/a?utm_source=x"},
		{name: "a fragment of a base that is not canonical", base: "https://h/a;jsessionid=1?b#c", ref: "#d",
			url: "https://h/a?b", original: "https://h/a;jsessionid=1?b", fragment: "d"},
		{name: "a session in the base's directory", base: "https://h/a;jsessionid=1/b", ref: "x",
			url: "https://h/a/x", original: "https://h/a;jsessionid=1/x"},
		{name: "a dot at the end of the base's host", base: "https://h./a", ref: "x", url: "https://h/x", original: "https://h./x"},
		{name: "a user in the base", base: "https://u:p@h/a", ref: "x", url: "https://h/x"},
		{name: "an address", base: "https://h/", ref: "//0x7f.1/x", url: "https://127.0.0.1/x"},
		{name: "a port of its own", base: "https://h/", ref: "https://h:8443/x", url: "https://h:8443/x"},
		{name: "the scheme's port", base: "https://h/", ref: "https://h:443/x", url: "https://h/x"},
		{name: "no path", base: "https://h/", ref: "http://example.org", url: "http://example.org/"},
		{name: "a query and no path", base: "https://h/", ref: "http://example.org?a", url: "http://example.org/?a"},
		{name: "the scheme and no slashes", base: "https://h/a/b", ref: "https:x", url: "https://h/a/x"},
	}
	for _, c := range tests {
		t.Run(c.name, func(t *testing.T) {
			got := canonicalizer.Resolve(mustBase(t, c.base), c.ref)
			want := Resolved{URL: c.url, Host: Split(c.url).Host, Original: c.original, Fragment: c.fragment}
			if got != want {
				t.Errorf("Resolve(%q, %q)\n got %+v\nwant %+v", c.base, c.ref, got, want)
			}
		})
	}
}

func TestResolveRefuses(t *testing.T) {
	long := strings.Repeat("ü", sonde.MaxURLLength+1)
	tests := []struct {
		ref    string
		reason sonde.Reason
		text   string // "" for ref itself
	}{
		{ref: "mailto:info@example.org", reason: sonde.BadScheme},
		{ref: "tel:+49123", reason: sonde.BadScheme},
		{ref: "javascript:void(0)", reason: sonde.BadScheme},
		{ref: " \tjava\nscript:alert(1)", reason: sonde.BadScheme},
		{ref: "data:text/html,<p>", reason: sonde.BadScheme},
		{ref: "ftp://example.org/", reason: sonde.BadScheme},
		{ref: "localhost:8080", reason: sonde.BadScheme},
		{ref: "https://", reason: sonde.Malformed},
		{ref: "//", reason: sonde.Malformed},
		{ref: "http://a b/", reason: sonde.Malformed},
		{ref: "http://h:99999/", reason: sonde.Malformed},
		{ref: "http://1.2.3.4.5/", reason: sonde.Malformed},
		{ref: "http://./", reason: sonde.Malformed},
		{ref: "http://h../", reason: sonde.Malformed},
		{ref: "http://1.2../", reason: sonde.Malformed},
		{ref: "http://a\xffb/", reason: sonde.Malformed, text: "http://a\ufffdb/"},
		{ref: long, reason: sonde.TooLong, text: long[:2*sonde.MaxURLLength]},
		{ref: "x:" + long, reason: sonde.BadScheme, text: ("x:" + long)[:2*sonde.MaxURLLength-2]},
	}
	b := mustBase(t, "https://example.org/a")
	for _, c := range tests {
		if c.text == "" {
			c.text = c.ref
		}
		if got, want := canonicalizer.Resolve(b, c.ref), (Resolved{URL: c.text, Reason: c.reason}); got != want {
			t.Errorf("Resolve(%.60q) = %+v, want %+v", c.ref, got, want)
		}
	}
}

func TestResolveLength(t *testing.T) {
	b := mustBase(t, "https://example.org/")
	longest := strings.Repeat("a", sonde.MaxURLLength-len("https://example.org/"))
	tests := []struct {
		name, ref string
		reason    sonde.Reason
	}{
		{"the longest", longest, ""},
		{"one more", longest + "a", sonde.TooLong},
		{"the longest and a fragment", longest + "#" + longest, ""},
		{"the longest once its session is gone", longest + ";jsessionid=" + longest, ""},
		{"encoded longer than typed", longest[1:] + " a", sonde.TooLong},
		{"ten thousand ../", strings.Repeat("../", 10_000) + "x", ""},
	}
	for _, c := range tests {
		got := canonicalizer.Resolve(b, c.ref)
		if got.Reason != c.reason {
			t.Errorf("%s: reason %q, want %q", c.name, got.Reason, c.reason)
		}
		if len(got.URL) > sonde.MaxURLLength || len(got.Original) > sonde.MaxURLLength {
			t.Errorf("%s: a URL of %d and an original of %d characters", c.name, len(got.URL), len(got.Original))
		}
	}
}

func TestBaseSaysWhatIsWrong(t *testing.T) {
	for url, want := range map[string]string{
		"x":                      "does not begin with http",
		"ftp://h/":               "ftp",
		"http://":                "host is missing",
		"http://h../":            "malformed",
		"http://h/" + long(3000): "too_long",
	} {
		if _, err := canonicalizer.Base(url); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("Base(%.40q): %v, want an error with %q", url, err, want)
		}
	}
}

func long(n int) string { return strings.Repeat("a", n) }
