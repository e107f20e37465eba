package markup

import (
	"bytes"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"sonde"
	"sonde/crawler/weburl"
)

const pageURL = "https://example.org/library/page.html"

func newReader() *Reader {
	return NewReader(weburl.NewCanonicalizer(sonde.TrackingParams))
}

// oracle reads links and headings of a page from the tree of x/net/html.
type oracle struct {
	urls *weburl.Canonicalizer
	base *weburl.Base
	out  []string
}

// oracleFacts lists the links and headings that the tree of a page holds, sorted.
func oracleFacts(t *testing.T, page []byte) []string {
	t.Helper()
	root, err := html.ParseWithOptions(bytes.NewReader(page), html.ParseOptionEnableScripting(false))
	if err != nil {
		t.Fatal(err)
	}
	o := &oracle{urls: weburl.NewCanonicalizer(sonde.TrackingParams)}
	if o.base, err = o.urls.Base(pageURL); err != nil {
		t.Fatal(err)
	}
	o.walk(root, sonde.InBody)
	slices.Sort(o.out)
	return o.out
}

func (o *oracle) walk(n *html.Node, place sonde.Position) {
	switch {
	case n.Type != html.ElementNode:
	case n.Data == "template":
		return
	default:
		place = o.place(n, place)
		o.element(n, place)
	}
	for child := n.FirstChild; child != nil; child = child.NextSibling {
		o.walk(child, place)
	}
}

func (o *oracle) place(n *html.Node, place sonde.Position) sonde.Position {
	if n.Data == "head" {
		return sonde.InHead
	}
	names := []string{"nav", "header", "main", "aside", "footer"}
	roles := []string{"navigation", "banner", "main", "complementary", "contentinfo"}
	role, _ := attributeOf(n, "role")
	if i := slices.Index(roles, role); i >= 0 {
		return sonde.Position(names[i])
	}
	if slices.Contains(names, n.Data) && n.Namespace == "" {
		return sonde.Position(n.Data)
	}
	return place
}

func (o *oracle) element(n *html.Node, place sonde.Position) {
	sources := map[string]string{"a": "href", "link": "href", "img": "src", "script": "src", "iframe": "src", "form": "action"}
	if href, ok := attributeOf(n, sources[n.Data]); ok && (n.Data == "a" || strings.TrimSpace(href) != "") {
		r := o.urls.Resolve(o.base, href)
		text := ""
		if n.Data == "a" {
			text = oracleAnchor(n)
		}
		o.out = append(o.out, fmt.Sprintf("%s %s#%s in %s %.150q", n.Data, r.URL, r.Fragment, place, text))
	}
	if len(n.Data) == 2 && n.Data[0] == 'h' && '1' <= n.Data[1] && n.Data[1] <= '6' {
		o.out = append(o.out, fmt.Sprintf("h%c %.150q", n.Data[1], oracleText(n)))
	}
}

// oracleAnchor is the text of a link, or its label.
func oracleAnchor(n *html.Node) string {
	text := oracleText(n)
	for _, name := range []string{"aria-label", "title"} {
		if label, ok := attributeOf(n, name); ok && text == "" {
			text = noSpace(label)
		}
	}
	return text
}

func attributeOf(n *html.Node, name string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == name && name != "" {
			return a.Val, true
		}
	}
	return "", false
}

// oracleText is the text of an element without any white space.
func oracleText(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		switch {
		case d.Type == html.TextNode && d.Parent.Data != "script" && d.Parent.Data != "style":
			b.WriteString(d.Data)
		case d.Type == html.ElementNode && d.Data == "img":
			alt, _ := attributeOf(d, "alt")
			b.WriteString(alt)
		}
	}
	return noSpace(b.String())
}

func noSpace(s string) string { return strings.Join(strings.Fields(s), "") }

// ourFacts is oracleFacts by the reader.
func ourFacts(page *sonde.Page, links []sonde.Link) []string {
	names := map[sonde.LinkKind]string{
		sonde.LinkA: "a", sonde.LinkImg: "img", sonde.LinkScript: "script", sonde.LinkIframe: "iframe", sonde.LinkForm: "form",
		sonde.LinkStyle: "link", sonde.LinkIcon: "link", sonde.LinkNext: "link", sonde.LinkPrev: "link", sonde.LinkOther: "link",
		sonde.LinkCanonical: "link", sonde.LinkAlternate: "link", sonde.LinkManifest: "link", sonde.LinkPreload: "link",
	}
	var out []string
	for _, l := range links {
		if name := names[l.Kind]; name != "" {
			text := ""
			if name == "a" {
				text = noSpace(l.Anchor)
			}
			out = append(out, fmt.Sprintf("%s %s#%s in %s %.150q", name, l.URL, l.Fragment, l.Position, text))
		}
	}
	for _, h := range page.Headings {
		out = append(out, fmt.Sprintf("h%d %.150q", h.Level, noSpace(h.Text)))
	}
	slices.Sort(out)
	return out
}

// TestManuals compares what the reader finds on real pages with their tree.
func TestManuals(t *testing.T) {
	r := newReader()
	compared := 0
	for _, name := range manualPages(t, 100) {
		body, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		page, links := r.Read(Input{Body: body, URL: pageURL})
		if page.LinkCount > len(links) || len(page.Headings) == sonde.MaxHeadings {
			continue // more than is kept
		}
		compared++
		got, want := ourFacts(page, links), oracleFacts(t, body)
		for i := range max(len(got), len(want)) {
			if i >= len(got) || i >= len(want) || got[i] != want[i] {
				t.Errorf("%s: fact %d of %d\n got %.400q\nwant %.400q", name, i, len(want), at(got, i), at(want, i))
				break
			}
		}
	}
	if compared == 0 {
		t.Error("no page was compared")
	}
}
