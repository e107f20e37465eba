package sitemap

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"reflect"
	"strings"
	"testing"
	"unicode/utf16"

	"sonde"
)

const (
	head = `<?xml version="1.0" encoding="UTF-8"?><urlset xmlns="http://www.sitemaps.org/schemas/sitemap/0.9">`
	tail = `</urlset>`
)

// urls gives a urlset with n entries.
func urls(n int) string {
	var out strings.Builder
	out.WriteString(head)
	for i := range n {
		fmt.Fprintf(&out, "<url><loc>https://example.org/%d</loc></url>\n", i)
	}
	return out.String() + tail
}

func locs(s Sitemap) []string {
	var out []string
	for _, e := range s.Entries {
		out = append(out, e.Loc)
	}
	return out
}

func TestKinds(t *testing.T) {
	tests := []struct {
		name, body string
		kind       Kind
		entries    []Entry
		children   []string
	}{
		{"urlset", head + `
			<url> <loc> https://example.org/a?b=1&amp;c=2 </loc><lastmod>2026-01-02</lastmod><priority>1e309</priority></url>
			<url><lastmod>9999-99-99</lastmod><loc><![CDATA[https://example.org/d?e&f]]></loc></url>
			<url><lastmod>2026</lastmod></url>
			<url/>` + tail, URLSet,
			[]Entry{{Loc: "https://example.org/a?b=1&c=2", LastMod: "2026-01-02"}, {Loc: "https://example.org/d?e&f", LastMod: "9999-99-99"}}, nil},
		{"index", `<sitemapindex><sitemap><loc>https://example.org/1.xml.gz</loc><lastmod>2026</lastmod></sitemap><sitemap><loc>/2.xml</loc></sitemap></sitemapindex>`,
			Index, nil, []string{"https://example.org/1.xml.gz", "/2.xml"}},
		{"text", "\n https://example.org/a \r\nhttp://example.org/b\rftp://example.org/c\n# a remark\n/relative\n", Text,
			[]Entry{{Loc: "https://example.org/a"}, {Loc: "http://example.org/b"}, {Loc: "ftp://example.org/c"}}, nil},
		{"rss 2.0", `<rss version="2.0" xmlns:atom="http://www.w3.org/2005/Atom"><channel><link>https://example.org/</link>
			<image><url>https://example.org/logo.png</url><link>https://example.org/</link></image>
			<item><title>A</title><link>https://example.org/a</link><atom:link href="https://example.org/wrong"/><pubDate>Mon, 05 Jan 2026 10:00:00 GMT</pubDate></item>
			<item><guid>https://example.org/b</guid></item>
			<item><guid isPermaLink="true">https://example.org/c</guid><link>https://example.org/d</link></item>
			<item><guid isPermaLink="false">https://example.org/e</guid></item>
			<item><guid>42</guid></item></channel></rss>`, RSS,
			[]Entry{{Loc: "https://example.org/a", LastMod: "Mon, 05 Jan 2026 10:00:00 GMT"}, {Loc: "https://example.org/b"}, {Loc: "https://example.org/d"}}, nil},
		{"rss 1.0", `<rdf:RDF xmlns="http://purl.org/rss/1.0/"><channel><link>https://example.org/</link></channel><item><link>https://example.org/a</link><dc:date>2026-01-02</dc:date></item></rdf:RDF>`, RSS,
			[]Entry{{Loc: "https://example.org/a", LastMod: "2026-01-02"}}, nil},
		{"atom", `<feed xmlns="http://www.w3.org/2005/Atom"><link href="https://example.org/"/><entry><link rel="self" href="https://example.org/self"/>
			<link rel='alternate' href='https://example.org/a?b&amp;c'/><link href="https://example.org/second"/><published>2025</published><updated>2026</updated></entry>
			<entry><link href="https://example.org/b" /><updated>2026</updated><published>2025</published><content type="xhtml"><div><link href="https://example.org/wrong"/></div></content></entry></feed>`, Atom,
			[]Entry{{Loc: "https://example.org/a?b&c", LastMod: "2026"}, {Loc: "https://example.org/b", LastMod: "2026"}}, nil},
		{"alternates", head + `<url><loc>https://example.org/en</loc>
			<xhtml:link rel="alternate" hreflang="de" href="https://example.org/de?a&amp;b"/>
			<xhtml:link href='https://example.org/x' hreflang = 'x-default' rel='alternate'></xhtml:link>
			<xhtml:link rel="alternate" media="print" href="https://example.org/print"/>
			<xhtml:link rel="next" hreflang="fr" href="https://example.org/fr"/></url>` + tail, URLSet,
			[]Entry{{Loc: "https://example.org/en", Alternates: []sonde.Alternate{{Lang: "de", URL: "https://example.org/de?a&b"}, {Lang: "x-default", URL: "https://example.org/x"}}}}, nil},
		{"extensions", head + `<url><image:image><image:loc>https://example.org/a.png</image:loc></image:image><image:loc>https://example.org/b.png</image:loc><loc>https://example.org/a</loc>
			<video:video><video:url>https://example.org/v</video:url></video:video></url>` + tail, URLSet, []Entry{{Loc: "https://example.org/a"}}, nil},
		{"a prefix of its own", `<s:urlset xmlns:s="x"><s:url><s:loc>https://example.org/a</s:loc></s:url></s:urlset>`, URLSet, []Entry{{Loc: "https://example.org/a"}}, nil},
		{"wrong namespace", `<urlset xmlns="http://www.google.com/schemas/sitemap/0.84"><url><loc>https://example.org/a</loc></url></urlset>`, URLSet, []Entry{{Loc: "https://example.org/a"}}, nil},
		{"upper case", `<URLSET><URL><LOC>https://example.org/a</LOC></URL></URLSET>`, URLSet, []Entry{{Loc: "https://example.org/a"}}, nil},
		{"sitemaps among pages", `<urlset><url><loc>https://example.org/a</loc></url><sitemap><loc>https://example.org/s.xml</loc></sitemap></urlset>`, URLSet, []Entry{{Loc: "https://example.org/a"}}, []string{"https://example.org/s.xml"}},
		{"what is no URL is still data (I05)", head + `<url><loc>file:///etc/passwd</loc></url><url><loc>http://10.0.0.1/</loc></url><url><loc>https://example.org/?a&amp;amp;b</loc></url>` + tail, URLSet,
			[]Entry{{Loc: "file:///etc/passwd"}, {Loc: "http://10.0.0.1/"}, {Loc: "https://example.org/?a&amp;b"}}, nil},
		{"faults that are forgiven", `<urlset><url><loc>https://example.org/?a&b=1&copy=2&#x26;&#0;&;</loc></url>
			<url><loc>https://example.org/b</loc><url><loc>https://example.org/c</loc><lastmod>a < b</lastmod></foo></url><url><loc>https://example.org/d</url></urlset>`, URLSet,
			[]Entry{{Loc: "https://example.org/?a&b=1&copy=2&\uFFFD&;"}, {Loc: "https://example.org/b"}, {Loc: "https://example.org/c", LastMod: "a < b"}, {Loc: "https://example.org/d"}}, nil},
		{"a bomb of entities is not lit", `<!DOCTYPE urlset [<!ENTITY a "aaaa"><!ENTITY b "<a><loc>">]><!-- <url> --><urlset><url><loc>https://example.org/&b;</loc></url></urlset>`, URLSet, []Entry{{Loc: "https://example.org/&b;"}}, nil},
		{"tags within", head + `<url><x:y><loc>https://example.org/wrong</loc></x:y><loc>https://example.org/<b>bold</b>a</loc></url>` + tail, URLSet, []Entry{{Loc: "https://example.org/a"}}, nil},
		{"brackets in quotes", `<urlset a='>' b=">"><url c='/>'><loc>https://example.org/a</loc></url></urlset>`, URLSet, []Entry{{Loc: "https://example.org/a"}}, nil},
		{"one document behind another", `<urlset><url><loc>https://example.org/a</loc></url></urlset><sitemapindex></sitemapindex><html></html>`, URLSet, []Entry{{Loc: "https://example.org/a"}}, nil},
		{"no page at all", head + tail, URLSet, nil, nil},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := Parse([]byte(test.body), "")
			want := Sitemap{Kind: test.kind, Entries: test.entries, Children: test.children}
			if !reflect.DeepEqual(got, want) {
				t.Errorf("got  %+v\nwant %+v", got, want)
			}
		})
	}
}

func TestCharsets(t *testing.T) {
	page := func(name string) string {
		return `<?xml version="1.0" encoding="` + name + `"?><urlset><url><loc>https://example.org/é</loc></url></urlset>`
	}
	latin1 := func(s string) string { return strings.ReplaceAll(s, "é", "\xe9") }
	tests := []struct{ name, body, contentType, want string }{
		{"UTF-8 with a mark", "\xEF\xBB\xBF" + page("UTF-8"), "", "é"},
		{"UTF-16LE with a mark", inUTF16("\xFF\xFE", 0, page("UTF-16")), "", "é"},
		{"UTF-16BE with a mark", inUTF16("\xFE\xFF", 1, page("UTF-16")), "", "é"},
		{"UTF-16LE without", inUTF16("", 0, page("UTF-16LE")), "", "é"},
		{"UTF-16BE without", inUTF16("", 1, page("UTF-16BE")), "", "é"},
		{"UTF-16 in name only", page("UTF-16"), "application/xml; charset=utf-16", "é"},
		{"UTF-16 in name only, and Latin-1", latin1(page("UTF-16")), "", "é"},
		{"declared in XML", latin1(page("ISO-8859-1")), "application/xml", "é"},
		{"declared in the header", strings.ReplaceAll(page("iso-8859-1"), "é", "\xd8"), "text/xml; charset=KOI8-R", "ь"},
		{"declared nowhere", latin1(page("no-such-thing")), "", "é"},
		{"UTF-8 whatever is declared", page("iso-8859-1"), "text/xml; charset=iso-8859-1", "é"},
		{"broken UTF-8", latin1(page("UTF-8")), "", "\uFFFD"},
		{"a list in Latin-1", latin1("https://example.org/é"), "text/plain; charset=latin1", "é"},
	}
	for _, test := range tests {
		got := Parse([]byte(test.body), test.contentType)
		if want := []string{"https://example.org/" + test.want}; !reflect.DeepEqual(locs(got), want) || got.Err != nil {
			t.Errorf("%s: got %q, %v; want %q", test.name, locs(got), got.Err, want)
		}
	}
}

// inUTF16 writes text in UTF-16 behind mark; first is the index of the octet that
// comes first: 0 for little endian, 1 for big endian.
func inUTF16(mark string, first int, text string) string {
	out := []byte(mark)
	for _, unit := range utf16.Encode([]rune(text)) {
		pair := [2]byte{byte(unit), byte(unit >> 8)}
		out = append(out, pair[first], pair[1-first])
	}
	return string(out)
}

func TestFaults(t *testing.T) {
	three := strings.TrimSuffix(urls(3), tail)
	tests := []struct {
		name, body string
		kind       Kind
		entries    int
		err        string // a part of it
	}{
		{"nothing", "", Unknown, 0, "empty"},
		{"white space", " \n", Unknown, 0, "empty"},
		{"a page", "<!DOCTYPE html>\n<html><body><a href=/>", Unknown, 0, "HTML page"},
		{"another document", "<?xml version='1.0'?><note><url><loc>https://example.org/</loc></url></note>", Unknown, 0, "<note>"},
		{"JSON", `{"urls": ["https://example.org/"]}`, Unknown, 0, "neither XML nor a list"},
		{"a comment", "<!-- soon -->", Unknown, 0, "no elements"},
		{"an open comment", "<!-- soon", Unknown, 0, "cut off"},
		{"cut between entries", three, URLSet, 3, "within <urlset>"},
		{"cut in a URL", three + "<url><loc>https://example.org/ha", URLSet, 3, "within <loc>"},
		{"cut behind a URL", three + "<url><loc>https://example.org/4</loc><lastm", URLSet, 4, "within <url>"},
		{"cut in a tag", three + `<url a="`, URLSet, 3, "cut off"},
		{"cut in CDATA", three + "<url><loc><![CDATA[https://example.org/", URLSet, 3, "cut off"},
		{"a long URL", three + "<url><loc>https://example.org/" + strings.Repeat("a", 1<<20) + "</loc></url><url><loc>https://example.org/</loc></url>" + tail, URLSet, 4, "left out"},
		{"a long URL in a list", "https://example.org/" + strings.Repeat("a", 1<<20) + "\nhttps://example.org/", Text, 1, "left out"},
		{"a long URL of a feed", "<feed><entry><link href='https://example.org/" + strings.Repeat("a", 1<<20) + "'/></entry><entry><link href='https://example.org/'/></entry></feed>", Atom, 1, "left out"},
	}
	for _, test := range tests {
		got := Parse([]byte(test.body), "")
		if got.Kind != test.kind || len(got.Entries) != test.entries || got.Truncated {
			t.Errorf("%s: got kind %q, %d entries, truncated %v; want %q, %d", test.name, got.Kind, len(got.Entries), got.Truncated, test.kind, test.entries)
		}
		if got.Err == nil || !strings.Contains(got.Err.Error(), test.err) {
			t.Errorf("%s: err = %v, want %q in it", test.name, got.Err, test.err)
		}
	}
}

// I07: nesting without end costs nothing and keeps what came before.
func TestNesting(t *testing.T) {
	body := strings.TrimSuffix(urls(2), tail) + "<url><loc>https://example.org/3</loc>" + strings.Repeat("<a>", 500_000)
	var got Sitemap
	allocated := testing.AllocsPerRun(1, func() { got = Parse([]byte(body), "") })
	if len(got.Entries) != 3 || got.Err == nil || !strings.Contains(got.Err.Error(), "64 deep") {
		t.Errorf("got %d entries, %v", len(got.Entries), got.Err)
	}
	if allocated > 1_000 {
		t.Errorf("%v allocations: the nesting was read on", allocated)
	}
}

func TestNestingWithinBounds(t *testing.T) {
	deep := strings.Repeat("<a>", 62) + strings.Repeat("</a>", 62)
	if got := Parse([]byte(head+"<url>"+deep+"<loc>https://example.org/</loc></url>"+tail), ""); len(got.Entries) != 1 || got.Err != nil {
		t.Errorf("got %d entries, %v", len(got.Entries), got.Err)
	}
}

func TestTooManyEntries(t *testing.T) {
	full := Parse([]byte(urls(maxEntries)), "")
	if len(full.Entries) != 50_000 || full.Truncated || full.Err != nil {
		t.Errorf("50,000: %d entries, truncated %v, %v", len(full.Entries), full.Truncated, full.Err)
	}
	over := Parse([]byte(urls(maxEntries+10)), "")
	if len(over.Entries) != 50_000 || !over.Truncated || over.Err == nil {
		t.Errorf("50,010: %d entries, truncated %v, %v", len(over.Entries), over.Truncated, over.Err)
	}
	list := Parse([]byte(strings.Repeat("https://example.org/\n", maxEntries+1)), "")
	if len(list.Entries) != 50_000 || !list.Truncated {
		t.Errorf("list: %d entries, truncated %v", len(list.Entries), list.Truncated)
	}
	index := Parse([]byte("<sitemapindex>"+strings.Repeat("<sitemap><loc>a</loc></sitemap>", maxEntries+1)), "")
	if len(index.Children) != 50_000 || !index.Truncated {
		t.Errorf("index: %d children, truncated %v", len(index.Children), index.Truncated)
	}
}

func TestManyAlternates(t *testing.T) {
	link := `<xhtml:link rel="alternate" hreflang="de" href="/de"/>`
	got := Parse([]byte(head+"<url><loc>/</loc>"+strings.Repeat(link, 10_000)+"</url>"+tail), "")
	if len(got.Entries) != 1 || len(got.Entries[0].Alternates) != maxAlternates {
		t.Fatalf("got %d entries, %v", len(got.Entries), got.Err)
	}
}

// packed gives text as one gzip member.
func packed(text string) string { return zipped(text, gzip.BestSpeed) }

// stored gives text as one gzip member without compression, which is no bomb
// however dull the text is.
func stored(text string) string { return zipped(text, gzip.NoCompression) }

func zipped(text string, level int) string {
	var out bytes.Buffer
	w, _ := gzip.NewWriterLevel(&out, level)
	w.Write([]byte(text))
	w.Close()
	return out.String()
}

func TestGzip(t *testing.T) {
	whole := urls(1000)
	tests := []struct {
		name, body string
		entries    int
		truncated  bool
		err        string
	}{
		{"one member", packed(whole), 1000, false, ""},
		{"several members (E08)", packed(whole[:5_000]) + packed(whole[5_000:9_000]) + packed(whole[9_000:]), 1000, false, ""},
		{"garbage behind it (E08)", packed(whole) + "\x00\x00garbage", 1000, false, ""},
		{"twice (E03)", packed(packed(whole)), 1000, false, ""},
		{"thrice (E03)", packed(packed(packed(whole))), 0, false, "more than 2 times over"},
		{"cut off", packed(whole)[:2_000], 0, false, "decompressed to its end"},
		{"no gzip behind the magic", "\x1f\x8bsomething else", 0, false, "decompressed to its end"},
		{"a list", packed("https://example.org/"), 1, false, ""},
		{"a bomb (I04)", packed(whole[:len(whole)-len(tail)] + strings.Repeat(" ", 20<<20)), 1000, true, "100 times its size"},
		{"large, in order", packed(whole + strings.Repeat(" ", 900<<10)), 1000, false, ""},
	}
	for _, test := range tests {
		got := Parse([]byte(test.body), "application/gzip")
		if test.name == "cut off" {
			if len(got.Entries) == 0 {
				t.Errorf("%s: nothing of what came was read", test.name)
			}
			test.entries = len(got.Entries)
		}
		if len(got.Entries) != test.entries || got.Truncated != test.truncated {
			t.Errorf("%s: %d entries, truncated %v; want %d, %v", test.name, len(got.Entries), got.Truncated, test.entries, test.truncated)
		}
		if (got.Err == nil) != (test.err == "") || got.Err != nil && !strings.Contains(got.Err.Error(), test.err) {
			t.Errorf("%s: err = %v, want %q in it", test.name, got.Err, test.err)
		}
	}
}

// E02: the limit is on what the bytes are, not on what the header calls them.
func TestGzipByAnyName(t *testing.T) {
	bomb := []byte(packed(head + strings.Repeat(" ", 20<<20)))
	first := Parse(bomb, "")
	for _, contentType := range []string{"application/gzip", "application/x-gzip", "text/xml", "text/html; charset=x"} {
		if got := Parse(bomb, contentType); !got.Truncated || !reflect.DeepEqual(got, first) {
			t.Errorf("%s: got %+v, want %+v", contentType, got, first)
		}
	}
}

// A sitemap that is too large to be read whole is read as far as the limit, plain
// or compressed.
func TestTooLarge(t *testing.T) {
	body := strings.TrimSuffix(urls(10), tail) + "<!--" + strings.Repeat("x", maxBytes) + "--><url><loc>https://example.org/late</loc></url>" + tail
	for name, body := range map[string]string{"plain": body, "in gzip": stored(body)} {
		got := Parse([]byte(body), "")
		if len(got.Entries) != 10 || !got.Truncated || got.Err == nil || !strings.Contains(got.Err.Error(), "50 MiB") {
			t.Errorf("%s: %d entries, truncated %v, %v", name, len(got.Entries), got.Truncated, got.Err)
		}
	}
}

var sink Sitemap

func BenchmarkParse(b *testing.B) {
	alternate := `<xhtml:link rel="alternate" hreflang="de" href="https://example.org/de/some/page.html"/>`
	entry := "<url><loc>https://example.org/some/page.html?a=1&amp;b=2</loc><lastmod>2026-11-22T09:34:26Z</lastmod>"
	for _, c := range []struct{ name, body string }{
		{"urls", head + strings.Repeat(entry+"</url>\n", maxEntries) + tail},
		{"alternates", head + strings.Repeat(entry+alternate+alternate+"</url>\n", maxEntries) + tail},
		{"nested", head + "<url>" + strings.Repeat("<a>", 500_000)},
		{"list", strings.Repeat("https://example.org/some/page.html?a=1\n", maxEntries)},
	} {
		b.Run(c.name, func(b *testing.B) {
			b.SetBytes(int64(len(c.body)))
			b.ReportAllocs()
			for b.Loop() {
				sink = Parse([]byte(c.body), "")
			}
		})
	}
}
