package markup

import (
	"fmt"
	"math/bits"
	"slices"
	"strings"
	"testing"

	"sonde"
)

func TestWordCount(t *testing.T) {
	tests := []struct {
		name, page string
		want       int
	}{
		{"none", "", 0},
		{"white space", " \n\t\u00a0&nbsp; ", 0},
		{"words", "one two\nthree", 3},
		{"marks are no words", "one – two | & « three ... 4", 4},
		{"inline elements do not part", "<p>o<b>n</b>e tw<i></i>o<!-- x -->3", 2},
		{"blocks part", "<p>one<p>two<div>three</div>four<br>five<hr>six", 6},
		{"cells and items part", "<ul><li>a<li>b</ul><table><tr><td>c<td>d<tr><th>e", 5},
		{"references", "one&nbsp;two&#32;three&Tab;four&amp;more", 4},
		{"what is not shown", "<title>no</title><style>no</style><script>no</script><template>no</template><noscript>no</noscript><iframe>no</iframe>" +
			"<svg><title>no</title><desc>no</desc><style>no</style></svg><!-- no -->", 0},
		{"what is shown", "<svg><text>one</text></svg><textarea>two</textarea><option>three</option><button>four</button><xmp>five</xmp><math><mi>x</mi></math>", 6},
		{"other alphabets", "Übergrößenträger naïve. Москва́, Ελλάδα 서울 시", 6},
		{"no space between words", "東京タワー、ひらがな。", 9},
		{"an ideograph between letters", "a東b", 3},
		{"ideographic space", "\u3000서울\u3000시", 2},
		{"a word over many runs", strings.Repeat("<b>a</b>", 20), 1},
		{"a word too long for one", strings.Repeat("a", 200), 4},
	}
	for _, test := range tests {
		if page, _ := read(test.page); page.WordCount != test.want {
			t.Errorf("%s: %d words, want %d", test.name, page.WordCount, test.want)
		}
	}
}

// TestTextHash holds which differences a text hash does not see and which it does.
func TestTextHash(t *testing.T) {
	const text = "the quick brown fox jumps over thelazydogthatslept, 12 ÄPFEL und Ελλάδα"
	same := []string{
		strings.ToUpper(text),
		"<p>" + strings.ReplaceAll(text, " ", " \n\t ") + "</p>",
		strings.ReplaceAll(text, "o", "<i>o</i>"),
		strings.ReplaceAll(text, "o", "&#111;"),
		strings.ReplaceAll(text, " ", "<!-- x --> <script>y</script>"),
		strings.ReplaceAll(text, " ", "<div>"),
		"<title>other</title>" + text,
		strings.ReplaceAll(text, " ", "&nbsp;"),
	}
	other := []string{
		strings.ReplaceAll(text, "fox", "box"), strings.ReplaceAll(text, "quick brown", "brown quick"),
		text + " end", strings.ReplaceAll(text, ",", ""), strings.ReplaceAll(text, "slept", "slepu"), strings.ReplaceAll(text, "Ä", "A"),
		strings.ReplaceAll(text, "the ", "the"),
	}
	page, _ := read(text)
	if page.TextHash == 0 || page.SimHash == 0 {
		t.Fatalf("hashes %x, %x of a text, want some", page.TextHash, page.SimHash)
	}
	for _, s := range same {
		if p, _ := read(s); p.TextHash != page.TextHash || p.SimHash != page.SimHash {
			t.Errorf("%s: hashes %x, %x, want those of the same words, %x, %x", s, p.TextHash, p.SimHash, page.TextHash, page.SimHash)
		}
	}
	for _, s := range other {
		if p, _ := read(s); p.TextHash == page.TextHash {
			t.Errorf("%s: the text hash does not see the difference", s)
		}
	}
	if p, _ := read("<p> <img src=x>"); p.TextHash != 0 || p.SimHash != 0 {
		t.Errorf("hashes %x, %x of no text, want 0", p.TextHash, p.SimHash)
	}
	if p, _ := read("one two"); p.SimHash == 0 {
		t.Error("no SimHash of two words")
	}
}

// TestTextHashOfRuns holds that a hash does not depend on how the text was cut.
func TestTextHashOfRuns(t *testing.T) {
	const text = "Zwölf Boxkämpfer, jagen — Viktor  quer über den großen Sylter Deich 東京 " +
		"donaudampfschifffahrtselektrizitätenhauptbetriebswerkbauunterbeamtengesellschaft 12345678 123456789"
	sum := func(runs ...string) string {
		var w words
		for _, run := range runs {
			w.add([]byte(run))
		}
		count, hash, sim := w.sum()
		return fmt.Sprintf("%d %x %x", count, hash, sim)
	}
	want := sum(text)
	for i := range text {
		for j := i; j < len(text); j += 7 {
			if j == i || text[j]&0xC0 != 0x80 {
				if got := sum(text[:i], text[i:j], text[j:]); got != want {
					t.Fatalf("cut at %d and %d: %s, want %s", i, j, got, want)
				}
			}
		}
	}
}

// TestSimHash holds that near texts are near and others far.
func TestSimHash(t *testing.T) {
	var list []string
	for i := range 400 {
		list = append(list, fmt.Sprintf("word%d", i*i*i%1009))
	}
	text := strings.Join(list, " ")
	distance := func(a, b string) int {
		pageA, _ := read(a)
		pageB, _ := read(b)
		return bits.OnesCount64(pageA.SimHash ^ pageB.SimHash)
	}
	if d := distance(text, text+" and one more"); d > 3 {
		t.Errorf("a text with three more words at its end is %d bits away, want 3 at most", d)
	}
	if d := distance(text, strings.Replace(text, list[100]+" ", "changed ", 1)); d > 6 {
		t.Errorf("a text with one word changed is %d bits away, want 6 at most", d)
	}
	slices.Reverse(list)
	if d := distance(text, strings.Join(list, " ")); d < 16 {
		t.Errorf("the reversed text is %d bits away, want 16 at least", d)
	}
}

// TestSimHashCounts compares the upright counters with plain ones.
func TestSimHashCounts(t *testing.T) {
	for _, n := range []int{0, 1, 2, 254, 255, 256, 1000} {
		var s simHash
		var counts [64]int
		for i := range n {
			feature := mix(uint64(i), 7) | 1
			s.add(feature)
			for bit := range counts {
				counts[bit] += int(feature >> bit & 1)
			}
		}
		var want uint64
		for bit, count := range counts {
			if 2*count > n {
				want |= 1 << bit
			}
		}
		if got := s.sum(); got != want {
			t.Errorf("%d features: %x, want %x", n, got, want)
		}
	}
}

func TestFold(t *testing.T) {
	for c := range 256 {
		x := uint64(c)<<24 | 'A' | 'z'<<56
		want := uint64(lower[c])<<24 | 'a' | 'z'<<56
		if got := fold(x); got != want {
			t.Errorf("fold of %#x = %#x, want %#x", x, got, want)
		}
	}
}

func TestHeadings(t *testing.T) {
	tests := []struct {
		name, page, want string
		h1               int
		skip             bool
	}{
		{"in order", `<h1>a</h1><h2>b <i>c</i></h2><h3></h3><h2>d</h2>`, "[{1 a} {2 b c} {3 } {2 d}]", 1, false},
		{"a level left out", `<h1>a</h1><h3>b</h3>`, "[{1 a} {3 b}]", 1, true},
		{"begins low", `<h3>a</h3><h4>b</h4>`, "[{3 a} {4 b}]", 0, false},
		{"down by many", `<h1>a</h1><h2>b</h2><h3>c</h3><h1>d</h1>`, "[{1 a} {2 b} {3 c} {1 d}]", 2, false},
		{"an image", `<h1><a href=/><img src=x alt=Logo></a></h1>`, "[{1 Logo}]", 1, false},
		{"another heading's end tag", `<h1>a</h2>b`, "[{1 a}]", 1, false},
		{"ended by the next", `<h1>a<h2>b`, "[{1 a} {2 b}]", 1, false},
		{"with an element left open", `<h1>a<b>b<h2>c</h2>d`, "[{1 ab} {2 c}]", 1, false},
		{"nested too deep to know", strings.Repeat("<div>", maxOpen+5) + `<h1>a</h1>b`, "[{1 a}]", 1, false},
		{"ended by its parent", `<div><h1>a</div>b`, "[{1 a}]", 1, false},
		{"in a template", `<template><h1>a</h1></template>`, "[]", 0, false},
		{"references and space", "<h1>\na&amp;\u2003b</h1>", "[{1 a& b}]", 1, false},
	}
	for _, test := range tests {
		page, _ := read(test.page)
		if got := fmt.Sprint(page.Headings); got != test.want || page.H1Count != test.h1 || page.HeadingSkip != test.skip {
			t.Errorf("%s: %s, %d h1, skip %t, want %s, %d, %t", test.name, got, page.H1Count, page.HeadingSkip, test.want, test.h1, test.skip)
		}
	}
	page, _ := read(strings.Repeat("<h1>x</h1>", 1000) + "<h3>")
	if len(page.Headings) != sonde.MaxHeadings || page.H1Count != 1000 || !page.HeadingSkip {
		t.Errorf("of 1000 headings %d kept, %d counted, skip %t, want %d, 1000, true", len(page.Headings), page.H1Count, page.HeadingSkip, sonde.MaxHeadings)
	}
}

func TestCounts(t *testing.T) {
	tests := []struct{ name, page, want string }{
		{"images", `<img src=a alt=b><img src=a alt><img src=a><image>`, "images 4/2"},
		{"images elsewhere", `<noscript><img></noscript><template><img></template><svg><image/></svg>`, "images 0/0"},
		{"scripts", `<script src=a></script><script>b</script><script type=module>c</script><script type="text/javascript">d</script>`, "scripts 4/3"},
		{"data in scripts", `<script type="application/ld+json">{}</script><script type="text/template"></script>`, "scripts 0/0"},
		{"styles", `<style></style><link rel=stylesheet href=a><link rel="alternate stylesheet" href=b><svg><style></style></svg>`, "styles 4"},
		{"elements", `<p>a<b>c</b><br></p></i><!-- <i> -->`, "elements 3"},
	}
	for _, test := range tests {
		p, _ := read(test.page)
		got := map[string]string{
			"images":   fmt.Sprintf("images %d/%d", p.Images, p.ImagesNoAlt),
			"scripts":  fmt.Sprintf("scripts %d/%d", p.Scripts, p.InlineScripts),
			"styles":   fmt.Sprintf("styles %d", p.Styles),
			"elements": fmt.Sprintf("elements %d", p.Elements),
		}[strings.Fields(test.want)[0]]
		if got != test.want {
			t.Errorf("%s: %s, want %s", test.name, got, test.want)
		}
	}
}

// TestDepth holds that elements whose end tags may be left out do not pile up.
func TestDepth(t *testing.T) {
	tests := []struct {
		page string
		want int
	}{
		{``, 0},
		{`text`, 0},
		{`<p>`, 1},
		{`<div><p><b>x</b></p></div>`, 3},
		{`<div><br><img></div>`, 2},
		{strings.Repeat(`<p>x`, 50), 1},
		{`<ul>` + strings.Repeat(`<li>x<b>y</b>`, 50), 3},
		{`<ul><li><ul><li>x</ul><li>y`, 4},
		{`<dl>` + strings.Repeat(`<dt>a<dd>b`, 50), 2},
		{`<select>` + strings.Repeat(`<optgroup><option>a<option>b`, 50), 3},
		{`<table>` + strings.Repeat(`<tr><td>a<td><i>b</i><th>`, 50), 4},
		{`<table><thead><tr><th>x<tbody><tr><td>y<tfoot><tr><td>`, 4},
		{`<table><tr><td><table><tr><td>x</table><td>y`, 6},
		{strings.Repeat(`<h1>x<h2>y`, 50), 1},
		{strings.Repeat(`<a>x`, 50), 1},
		{strings.Repeat(`<p><div>x</div>`, 50), 1},
		{`<svg>` + strings.Repeat(`<path/>`, 50) + `</svg>`, 2},
		{`<svg><g><rect></rect></g></svg>`, 3},
		{`<my-a><my-b></my-b></my-a><my-c>`, 2},
		{strings.Repeat(`</div></p></x>`, 50) + `<p>`, 1},
		{`<html><head><title></title></head><body><p></p></body></html>`, 3},
		{strings.Repeat("<div>", 600), 600},
	}
	for _, test := range tests {
		if page, _ := read(test.page); page.DepthMax != test.want {
			t.Errorf("%.60s: depth %d, want %d", test.page, page.DepthMax, test.want)
		}
	}
}

func TestForms(t *testing.T) {
	tests := []struct {
		name, url, page string
		forms, insecure int
	}{
		{"secure", pageURL, `<form action=/x><input type=password></form><form></form>`, 2, 0},
		{"action over http", pageURL, `<form action="HTTP://example.org/x">`, 1, 1},
		{"action over http by base", pageURL, `<form action=x></form><base href="http://example.org/">`, 1, 1},
		{"no form of an action", pageURL, `<button formaction="http://example.org/">`, 0, 0},
		{"mail", pageURL, `<form action="mailto:a@example.org">`, 1, 0},
		{"page over http", "http://example.org/", `<form action=x></form><form action="https://example.org/"></form>`, 2, 1},
		{"password over http", "http://example.org/", `<form action="https://example.org/"><input type=Password><input type=password></form>`, 1, 1},
		{"both", "http://example.org/", `<form action=x><input type=password></form>`, 1, 1},
		{"without action", "http://example.org/", `<form><input type=password></form><form><input></form>`, 2, 1},
		{"without form", "http://example.org/", `<input type=password><form></form><input type=password>`, 1, 1},
	}
	for _, test := range tests {
		page, _ := newReader().Read(Input{Body: []byte(test.page), URL: test.url})
		if page.Forms != test.forms || page.InsecureForms != test.insecure {
			t.Errorf("%s: %d forms, %d insecure, want %d, %d", test.name, page.Forms, page.InsecureForms, test.forms, test.insecure)
		}
	}
}

func TestIDs(t *testing.T) {
	page, _ := read(`<p id="a&amp;b"><a name=c></a><a id=d name=d></a><a id=e name=f></a><p id><input name=no><svg><g id="g"></svg>
		<template><p id=no></template><p id=" h "><p id=` + strings.Repeat("i", sonde.MaxText+1) + `>`)
	if want := []string{"a&b", "c", "d", "e", "f", "g", " h "}; !slices.Equal(page.IDs, want) {
		t.Errorf("ids %q, want %q", page.IDs, want)
	}
	page, _ = read(strings.Repeat("<p id=x>", sonde.MaxIDs+10))
	if len(page.IDs) != sonde.MaxIDs {
		t.Errorf("%d ids kept, want %d", len(page.IDs), sonde.MaxIDs)
	}
}

func TestSchema(t *testing.T) {
	ld := func(json string) string { return `<script type="application/ld+json">` + json + `</script>` }
	tests := []struct {
		name, page, want string
		bad              int
	}{
		{"one", ld(`{"@context": "https://schema.org", "@type": "Product", "name": "x"}`), "[Product]", 0},
		{"several and nested", ld(`{"@type" : [ "Article","NewsArticle" ], "author": {"@type":"Person"}, "x": [{"@type":"Person"}]}`), "[Article NewsArticle Person]", 0},
		{"a graph with full names", ld(`[{"@graph":[{"@type":"https://schema.org/Thing"},{"@type":"schema:Event"},{"@type":"https://example.org/T"}]}]`), "[Thing Event https://example.org/T]", 0},
		{"escapes", ld(`{"\u0040type":"No","@type":"A\u0042\"c"}`), `[AB"c]`, 0},
		{"not a key", ld(`{"a":"@type","b":"\"@type\":\"no\"","@type":5,"c":{"@type":{"x":"no"}},"d":["@type"]}`), "[]", 0},
		{"not JSON", ld(`{"@type":"Product",}`) + ld(`<!-- {} -->`) + ld(``), "[]", 3},
		{"two values", ld(`{} {}`), "[]", 1},
		{"another type of script", `<script type="application/json">{</script><script type="Application/LD+JSON; charset=utf-8">{"@type":"A"}</script>`, "[A]", 0},
		{"microdata", `<div itemscope itemtype="https://schema.org/Offer http://www.schema.org/Thing">`, "[Offer Thing]", 0},
		{"RDFa", `<div typeof="schema:Person foaf:Person">`, "[Person foaf:Person]", 0},
		{"in a template", `<template>` + ld(`{"@type":"No"}`) + `<p itemtype=No></template>`, "[]", 0},
		{"nested deep", ld(strings.Repeat("[", 1_000_000)), "[]", 1},
		{"deep and closed", ld(strings.Repeat("[", 100_000) + strings.Repeat("]", 100_000)), "[]", 1},
	}
	for _, test := range tests {
		page, _ := read(test.page)
		if got := fmt.Sprint(page.SchemaTypes); got != test.want || page.SchemaBad != test.bad {
			t.Errorf("%s: types %s, %d bad, want %s, %d", test.name, got, page.SchemaBad, test.want, test.bad)
		}
	}
	page, _ := read(strings.Repeat(`<p itemtype="a b c">`, 100) + manyTypes(1000))
	if len(page.SchemaTypes) != maxSchemaTypes {
		t.Errorf("%d types kept, want %d", len(page.SchemaTypes), maxSchemaTypes)
	}
}

func manyTypes(n int) string {
	var b strings.Builder
	for i := range n {
		fmt.Fprintf(&b, `<p typeof=t%d>`, i)
	}
	return b.String()
}

// TestRefreshOfPage holds which refresh is the page's, with its link (hostile D23).
func TestRefreshOfPage(t *testing.T) {
	header := sonde.HeaderField{Name: "Refresh", Value: "3; url=/h"}
	tests := []struct {
		name, page string
		header     []sonde.HeaderField
		want       string
		links      int
	}{
		{"none", `<meta http-equiv=refresh content=x>`, nil, "<nil>", 0},
		{"meta", `<base href="/b/"><meta http-equiv=" REFRESH " content="0;URL='a&amp;b'">`, nil, "{0 a&b false}", 1},
		{"of the page itself", `<meta http-equiv=refresh content=30>`, nil, "{30  false}", 0},
		{"the first", `<meta http-equiv=refresh content="1;x"><meta http-equiv=refresh content="0;y">`, nil, "{1 x false}", 2},
		{"header first", `<meta http-equiv=refresh content="1;x">`, []sonde.HeaderField{header}, "{3 /h true}", 2},
		{"in noscript", `<noscript><meta http-equiv=refresh content="0;x"></noscript>`, nil, "<nil>", 1},
		{"in the body", `<body><p><meta http-equiv=refresh content="0;x">`, nil, "{0 x false}", 1},
	}
	for _, test := range tests {
		page, links := read(test.page, test.header...)
		got := "<nil>"
		if page.Refresh != nil {
			got = fmt.Sprint(*page.Refresh)
		}
		if got != test.want || len(links) != test.links {
			t.Errorf("%s: refresh %s, %d links, want %s, %d", test.name, got, len(links), test.want, test.links)
		}
	}
	if _, links := read("<base href=/b/>", header); links[0].URL != "https://example.org/h" || links[0].Position != sonde.InHTTP {
		t.Errorf("link of the header: %s", describe(links[0]))
	}
}
