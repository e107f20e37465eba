package markup

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"sonde"
)

// read reads a page that came from pageURL.
func read(page string, header ...sonde.HeaderField) (*sonde.Page, []sonde.Link) {
	return newReader().Read(Input{Body: []byte(page), URL: pageURL, Header: header})
}

// TestRead reads one page that has something of everything.
func TestRead(t *testing.T) {
	page, links := read(`<!doctype html>
<html lang="en-GB">
<head>
  <meta charset="utf-8">
  <title> Tea &amp;
     biscuits </title>
  <meta name="Description" content="All about tea.">
  <meta name="viewport" content="width=device-width">
  <link rel="canonical" href="/tea">
  <link rel="stylesheet" href="s.css">
</head>
<body id="top">
  <header><nav><a href="/">Home</a></nav></header>
  <main>
    <h1>Tea</h1>
    <p>Boil <b>wat</b>er, then <a href="steep#long" rel="nofollow">steep
      it</a>.</p>
    <img src="cup.jpg" alt="A cup">
    <img src="leaf.jpg">
  </main>
  <footer><a href="mailto:tea@example.org">Write</a></footer>
  <script>var a = "<a href=no>";</script>
</body>
</html>`)
	want := sonde.Page{
		Title: "Tea & biscuits", TitleCount: 1,
		Description: "All about tea.", DescriptionCount: 1,
		Headings: []sonde.Heading{{Level: 1, Text: "Tea"}}, H1Count: 1,
		Lang: "en-GB", Base: pageURL, Viewport: "width=device-width",
		Canonicals: []sonde.Canonical{{Raw: "/tea", URL: "https://example.org/tea"}},
		WordCount:  8, TextHash: page.TextHash, SimHash: page.SimHash,
		Images: 2, ImagesNoAlt: 1, Scripts: 1, InlineScripts: 1, Styles: 1,
		Elements: 22, DepthMax: 5, LinkCount: 7, IDs: []string{"top"},
		ParseMode: sonde.Parsed,
	}
	if got := fmt.Sprintf("%+v", *page); got != fmt.Sprintf("%+v", want) {
		t.Errorf("page\n got %+v\nwant %+v", *page, want)
	}
	wantLinks := []string{
		`canonical https://example.org/tea "" in head rel="canonical"`,
		`css https://example.org/library/s.css "" in head rel="stylesheet"`,
		`a https://example.org/ "Home" in nav`,
		`a https://example.org/library/steep#long "steep it" in main rel="nofollow" nofollow`,
		`img https://example.org/library/cup.jpg "A cup" in main`,
		`img https://example.org/library/leaf.jpg "" in main`,
		`a mailto:tea@example.org "Write" in footer scheme`,
	}
	compareLinks(t, "page", links, wantLinks)
}

// describe writes a link on one line.
func describe(l sonde.Link) string {
	var b strings.Builder
	fmt.Fprintf(&b, "%s %s", l.Kind, l.URL)
	if l.Fragment != "" {
		fmt.Fprintf(&b, "#%s", l.Fragment)
	}
	fmt.Fprintf(&b, " %q in %s", l.Anchor, l.Position)
	if l.Rel != "" {
		fmt.Fprintf(&b, " rel=%q", l.Rel)
	}
	if l.Nofollow {
		b.WriteString(" nofollow")
	}
	if l.Reason != "" {
		fmt.Fprintf(&b, " %s", l.Reason)
	}
	return b.String()
}

func compareLinks(t *testing.T, name string, links []sonde.Link, want []string) {
	t.Helper()
	var got []string
	for _, l := range links {
		got = append(got, describe(l))
	}
	if !slices.Equal(got, want) {
		t.Errorf("%s: links\n got %s\nwant %s", name, strings.Join(got, "\n     "), strings.Join(want, "\n     "))
	}
}

// TestReaderIsReused holds that nothing of one page is seen in the next, and that
// what was handed out stays as it was.
func TestReaderIsReused(t *testing.T) {
	const first = `<html lang=fr><base href="/x/"><title>One</title><h2>Eins</h2><a href=1>eins</a><form action="http://a.example/">
		<svg><template><nav><a href=2>zwei`
	const second = `<title>Two</title><h3>Zwei</h3><a href=2>zwei</a><input type=password>`
	r := newReader()
	page1, links1 := r.Read(Input{Body: []byte(first), URL: pageURL})
	page2, links2 := r.Read(Input{Body: []byte(second), URL: "http://example.net/"})
	fresh, freshLinks := newReader().Read(Input{Body: []byte(second), URL: "http://example.net/"})
	if got, want := fmt.Sprintf("%+v %+v", page2, links2), fmt.Sprintf("%+v %+v", fresh, freshLinks); got != want {
		t.Errorf("second page of a reader\n got %s\nwant %s", got, want)
	}
	again, againLinks := newReader().Read(Input{Body: []byte(first), URL: pageURL})
	if got, want := fmt.Sprintf("%+v %+v", page1, links1), fmt.Sprintf("%+v %+v", again, againLinks); got != want {
		t.Errorf("first page after the second was read\n got %s\nwant %s", got, want)
	}
}

// TestStrings holds that what is kept is valid UTF-8 without NULs (hostile F10).
func TestStrings(t *testing.T) {
	_, links := read("", sonde.HeaderField{Name: "Link", Value: "</\x00\xff>; title=\"\xff\""})
	compareLinks(t, "header", links, []string{`header https://example.org/%EF%BF%BD%EF%BF%BD "` + "\uFFFD" + `" in http_header`})
	page, links := read("<title>a\xff\x00b\xc3</title><a href=\"/\x00\xfe\" title='\xc3'></a><h1>\xe2\x82</h1><p id=\"\x00\xff\">")
	if want := "a\uFFFD\uFFFDb\uFFFD"; page.Title != want {
		t.Errorf("title %q, want %q", page.Title, want)
	}
	if want := []string{"\uFFFD\uFFFD"}; !slices.Equal(page.IDs, want) {
		t.Errorf("ids %q, want %q", page.IDs, want)
	}
	if want := "https://example.org/%EF%BF%BD%EF%BF%BD"; links[0].URL != want || links[0].Anchor != "\uFFFD" {
		t.Errorf("link %q %q, want %q", links[0].URL, links[0].Anchor, want)
	}
}

// TestXHTML holds that an XHTML page may close any element in its start tag, and
// that a malformed one is read all the same (hostile F13).
func TestXHTML(t *testing.T) {
	const body = `<?xml version="1.0"?><html xmlns="http://www.w3.org/1999/xhtml" xml:lang="de"><head><script src="a.js"/>
		<title>x</title></head><body><a name="x"/><div/><![CDATA[<b>]]><p><a href="/y">y</p></body>`
	page, links := read(body, sonde.HeaderField{Name: "Content-Type", Value: "application/xhtml+xml; charset=utf-8"})
	if page.Title != "x" || page.Lang != "de" || page.DepthMax != 4 {
		t.Errorf("title %q, lang %q, depth %d, want x, de, 4", page.Title, page.Lang, page.DepthMax)
	}
	compareLinks(t, "XHTML", links, []string{
		`script https://example.org/library/a.js "" in head`, `a https://example.org/y "y" in body`,
	})
	if page, _ := read(body); page.Title != "" {
		t.Errorf("as HTML the title is %q, want it hidden in the script", page.Title)
	}
}
