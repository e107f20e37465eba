package markup

import (
	"bytes"
	"fmt"
	"reflect"
	"runtime"
	"strings"
	"testing"
	"unicode/utf8"

	"sonde"
)

// hostile is a page that is made to break its reader, and the links that must be
// found all the same (hostile F01, F02, F05, F06, F07, F16).
type hostile struct {
	name  string
	page  func(n int) string // of a size that grows with n
	links func(n int) int
}

func always(links int) func(int) int { return func(int) int { return links } }
func each(n int) int                 { return n }
func around(before, repeated, after string) func(int) string {
	return func(n int) string { return before + strings.Repeat(repeated, n) + after }
}

const oneLink = `<a href="/end">end</a>`

var hostilePages = []hostile{
	{"nested elements", around("", "<div>", oneLink), always(1)},
	{"nested and closed", func(n int) string { return strings.Repeat("<div>", n) + oneLink + strings.Repeat("</div>", n) }, always(1)},
	{"nested formatting", around("", "<b><p>", oneLink), always(1)},
	{"formatting before paragraphs", func(n int) string { return strings.Repeat("<b><i><u>", n/10) + strings.Repeat("<p>", n) + oneLink }, always(1)},
	{"links in tables", around("", "<table><a>", oneLink), always(1)},
	{"tables in tables", around("", "<table><tr><td>", oneLink), always(1)},
	{"links in svg", around("", "<svg><a>", oneLink), always(1)},
	{"svg left again and again", around("", "<svg><g><p>", oneLink), always(1)},
	{"end tags that end nothing", func(n int) string {
		return strings.Repeat("<div>", n) + strings.Repeat("</b></p></li></td></x>", n) + oneLink
	}, always(1)},
	{"end tags behind a fence", func(n int) string { return strings.Repeat("<div>", n) + "<td>" + strings.Repeat("</div>", n) + oneLink }, always(1)},
	{"nested links", around("", "<a href=x>", ""), each},
	{"nested links with blocks", around("", "<a href=x><div>", ""), each},
	{"lists", around("", "<ul><li>", oneLink), always(1)},
	{"headings", around("", "<h1><a name=x>", oneLink), always(1)},
	{"selects", around("", "<select><option>", oneLink), always(1)},
	{"attributes", around("<a ", "x1=y ", `href="/end">end</a>`), always(1)},
	{"attributes without values", around("<a ", "a/", `href="/end">end</a>`), always(1)},
	{"doubled attributes", around(`<a href="/end" `, `href="/no" id=x `, ">end</a>"), always(1)},
	{"equals signs", around("<a ", "=", ` href="/end">end</a>`), always(1)},
	{"a long value", around(`<p title="`, "vvvvvvvvvv", `">`+oneLink), always(1)},
	{"a long reference", around(`<a href="/`, "hhhhhhhhhh", `">x</a>`), always(1)},
	{"a long way up", around(`<a href="`, "../", `end">x</a>`), always(1)},
	{"references in a value", around(`<a href="/?`, "&amp;&#38;&", `">x</a>`), always(1)},
	{"many links", around("", `<a href="/x">x</a>`, ""), each},
	{"many relations", around(`<a rel="`, "nofollow ", `" href="/end">end</a>`), always(1)},
	{"candidates", around(`<img srcset="`, "a, ", `">`), each},
	{"descriptors", around(`<img srcset="a `, "(,", `">`), always(1)},
	{"less-than signs", around("", "<", ""), always(0)},
	{"less-than signs and slashes", around("", "</", oneLink), always(0)},
	{"ampersands", around("", "&", oneLink), always(1)},
	{"open references", around("", "&ampamp&#", oneLink), always(1)},
	{"a long reference name", around("&", "a", oneLink), always(1)},
	{"a long number", around("&#", "9", oneLink), always(1)},
	{"a comment without end", around("<!--", "-- > --! ", oneLink), always(0)},
	{"comments", around("", "<!-->", oneLink), always(1)},
	{"a script without end", around("<script>", "</scrip <!-- --", oneLink), always(0)},
	{"scripts in scripts", around("<script><!--", "<script></script>", "--></script>"+oneLink), always(1)},
	{"titles without end", around("", "<title>", oneLink), always(0)},
	{"a tag without end", around("<a href=x ", "<a href=y ", ""), always(0)},
	{"a quote without end", around("<a href='", "<a href=y ", ""), always(0)},
	{"CDATA", around("<svg>", "<![CDATA[ ]]", "]]></svg>"+oneLink), always(1)},
	{"templates", around("", "<template>", oneLink), always(0)},
	{"landmarks", around("", "<nav><p></main>", oneLink), always(1)},
	{"a word without end", around("", "word", oneLink), always(1)},
	{"text in pieces", around("", "a<b>", oneLink), always(1)},
	{"JSON", around(`<script type="application/ld+json">`, `{"@type":`, "</script>"+oneLink), always(1)},
	{"types", around(`<p itemtype="`, "x y ", `">`+oneLink), always(1)},
	{"unknown elements", around("", "<x-1><y-2>", oneLink), always(1)},
	{"a long name", around("<", "x", ">"+oneLink), always(1)},
	{"meta elements", around("", "<meta name=robots content=noindex>", oneLink), always(1)},
	{"bases", around("", "<base href='javascript:x'>", oneLink), always(1)},
	{"NULs", around("", "\x00", oneLink), always(1)},
	{"bytes that are no text", around("", "\xff\xc3", oneLink), always(1)},
}

// TestHostile reads every hostile page and holds that its links are found and
// what is kept of it is within its bounds.
func TestHostile(t *testing.T) {
	const n = 100_000
	r := newReader()
	for _, h := range hostilePages {
		page, links := r.Read(Input{Body: []byte(h.page(n)), URL: pageURL})
		if want := h.links(n); page.LinkCount != want || len(links) != min(want, sonde.MaxLinks) {
			t.Errorf("%s: %d links counted, %d kept, want %d, at most %d", h.name, page.LinkCount, len(links), want, sonde.MaxLinks)
		}
		if err := checkBounds(page, links); err != nil {
			t.Errorf("%s: %v", h.name, err)
		}
	}
}

// TestHostileMemory holds that a reader gives back what a giant page needed.
func TestHostileMemory(t *testing.T) {
	r := newReader()
	for _, h := range hostilePages {
		r.Read(Input{Body: []byte(h.page(100_000)), URL: pageURL})
	}
	var before, after runtime.MemStats
	runtime.GC()
	runtime.ReadMemStats(&before)
	runtime.KeepAlive(r)
	r = nil
	runtime.GC()
	runtime.ReadMemStats(&after)
	if held := int64(before.HeapAlloc) - int64(after.HeapAlloc); held > 16<<20 {
		t.Errorf("a reader holds %d bytes after hostile pages, want 16 MiB at most", held)
	}
}

// checkBounds holds what is true of every page that was read.
func checkBounds(page *sonde.Page, links []sonde.Link) error {
	texts := []string{page.Title, page.Description, page.Lang, page.Viewport, page.HeadClosedBy}
	for _, h := range page.Headings {
		texts = append(texts, h.Text)
	}
	for _, f := range page.OpenGraph {
		texts = append(texts, f.Name, f.Value)
	}
	for _, m := range page.Robots {
		texts = append(texts, m.Agent, m.Value)
	}
	for _, text := range append(append(texts, page.SchemaTypes...), page.IDs...) {
		if err := checkText(text, sonde.MaxText); err != nil {
			return err
		}
	}
	for _, l := range links {
		if err := checkLink(l); err != nil {
			return fmt.Errorf("link %+v: %w", l, err)
		}
	}
	switch {
	case len(links) > sonde.MaxLinks, page.LinkCount < len(links):
		return fmt.Errorf("%d links kept of %d", len(links), page.LinkCount)
	case len(page.Headings) > sonde.MaxHeadings, len(page.IDs) > sonde.MaxIDs, len(page.OpenGraph) > sonde.MaxMeta,
		len(page.Robots) > sonde.MaxMeta, len(page.SchemaTypes) > maxSchemaTypes, len(page.Alternates) > maxAlternates,
		len(page.Canonicals) > maxCanonicals:
		return fmt.Errorf("a list is longer than its bound")
	case page.ImagesNoAlt > page.Images, page.InlineScripts > page.Scripts, page.DepthMax > page.Elements:
		return fmt.Errorf("counts do not fit: %+v", page)
	case page.ParseMode != sonde.Parsed, (page.SimHash == 0) != (page.WordCount == 0):
		return fmt.Errorf("mode %s, SimHash %x, %d words", page.ParseMode, page.SimHash, page.WordCount)
	}
	return nil
}

func checkLink(l sonde.Link) error {
	if err := checkText(l.Anchor, sonde.MaxAnchor); err != nil {
		return err
	}
	if l.Anchor != strings.Join(strings.Fields(l.Anchor), " ") {
		return fmt.Errorf("white space of the anchor is not collapsed")
	}
	for _, text := range []string{l.URL, l.Host, l.Original, l.Fragment, l.Rel} {
		if err := checkText(text, 1<<20); err != nil {
			return err
		}
	}
	if utf8.RuneCountInString(l.URL) > sonde.MaxURLLength {
		return fmt.Errorf("the URL has %d characters", utf8.RuneCountInString(l.URL))
	}
	if l.Reason == "" && !strings.HasPrefix(l.URL, "http://") && !strings.HasPrefix(l.URL, "https://") {
		return fmt.Errorf("neither a web address nor a reason")
	}
	if l.Kind == "" || l.Position == "" || l.Internal {
		return fmt.Errorf("kind %q, position %q, internal %t", l.Kind, l.Position, l.Internal)
	}
	return nil
}

func checkText(text string, most int) error {
	switch {
	case !utf8.ValidString(text):
		return fmt.Errorf("%.100q is not UTF-8", text)
	case strings.IndexByte(text, 0) >= 0:
		return fmt.Errorf("%.100q has a NUL", text)
	case utf8.RuneCountInString(text) > most:
		return fmt.Errorf("%.100q has %d characters, more than %d", text, utf8.RuneCountInString(text), most)
	}
	return nil
}

// TestHostileReferences holds what becomes of references that are no address
// (hostile F07).
func TestHostileReferences(t *testing.T) {
	up := strings.Repeat("../", 10_000)
	tests := []struct{ name, ref, url string }{
		{"a mebibyte", "/" + strings.Repeat("h", 1<<20), "/" + strings.Repeat("h", sonde.MaxURLLength-1) + " too_long"},
		{"a mebibyte of characters", "/" + strings.Repeat("ä", 1<<19), "/" + strings.Repeat("ä", sonde.MaxURLLength-1) + " too_long"},
		{"a mebibyte up", strings.Repeat("../", 350_000) + "x", strings.Repeat("../", 695)[:sonde.MaxURLLength] + " too_long"},
		{"a mebibyte of data", " DATA:image/png;base64," + strings.Repeat("A", 1<<20), " DATA:image/png;base64," + strings.Repeat("A", sonde.MaxURLLength-23) + " scheme"},
		{"a mebibyte of script", "javascript:" + strings.Repeat("x", 1<<20), "javascript:" + strings.Repeat("x", sonde.MaxURLLength-11) + " scheme"},
		{"ten thousand up", up + "end", "https://example.org/end "},
		{"line ends and tabs", " \n/a\tb\r\nc ", "https://example.org/abc "},
		{"marks of direction and separators", "/a\u2028b\u202Ec", "https://example.org/a%E2%80%A8b%E2%80%AEc "},
		{"lone surrogate", "/a&#xD800;b", "https://example.org/a%EF%BF%BDb "},
		{"NUL", "/a\x00b", "https://example.org/a%EF%BF%BDb "},
		{"no host", "http://", "http:// malformed"},
	}
	for _, test := range tests {
		_, links := read(`<a href="` + test.ref + `">x</a>`)
		if got := links[0].URL + " " + string(links[0].Reason); got != test.url {
			t.Errorf("%s: %.200q of %d bytes, want %.200q of %d", test.name, got, len(got), test.url, len(test.url))
		}
	}
}

// FuzzRead holds that any bytes can be read, within the bounds, and twice alike.
func FuzzRead(f *testing.F) {
	for _, h := range hostilePages {
		f.Add([]byte(h.page(3)), "", "https://example.org/a/b?c")
	}
	f.Add([]byte("<a href>\v<title>\v a\vb"), "", "http://example.org/")
	f.Add(samplePage(2), `<x>; rel="alternate"; hreflang=de, <y>; rel=canonical`, "http://example.org/")
	r := newReader()
	f.Fuzz(func(t *testing.T, body []byte, link, url string) {
		in := Input{Body: body, URL: url, Header: []sonde.HeaderField{{Name: "Link", Value: link}, {Name: "Refresh", Value: link}}}
		before := bytes.Clone(body)
		page, links := r.Read(in)
		if err := checkBounds(page, links); err != nil {
			t.Fatal(err)
		}
		if !bytes.Equal(body, before) {
			t.Fatal("the body was changed")
		}
		again, againLinks := newReader().Read(in)
		if !reflect.DeepEqual(page, again) || !reflect.DeepEqual(links, againLinks) {
			t.Fatalf("a reader that was used\n got %+v %+v\nwant %+v %+v", page, links, again, againLinks)
		}
	})
}

// FuzzDecode holds that any bytes become UTF-8, and UTF-8 stays itself.
func FuzzDecode(f *testing.F) {
	for _, seed := range []string{"", "grün", "\xEF\xBB\xBFx", "\xff\xfea\x00", "<meta charset=koi8-r>\xff", "<?xml encoding='shift_jis'?>\x82\xa0", "<!--"} {
		f.Add([]byte(seed), "text/html; charset=gb18030")
		f.Add([]byte(seed), "")
	}
	f.Fuzz(func(t *testing.T, body []byte, header string) {
		text, name, from := Decode(body, header)
		if !utf8.Valid(text) {
			t.Errorf("%q in %q: %q is not UTF-8", body, header, text)
		}
		if name == "" || name != strings.ToLower(name) || from == "" {
			t.Errorf("%q in %q: charset %q by %q", body, header, name, from)
		}
		if name == utf8Name && from != sonde.FromBOM && utf8.Valid(body) && !bytes.Equal(text, body) {
			t.Errorf("%q in %q: UTF-8 became %q", body, header, text)
		}
		if kind := Sniff(body, header); !isMediaType(kind) {
			t.Errorf("%q in %q: media type %q", body, header, kind)
		}
	})
}
