package demo

import (
	"bytes"
	"encoding/json"
	"fmt"
	"html/template"
	"net/url"
)

// frame is what stands around every page: head, navigation and foot.
type frame struct{ layout *template.Template }

func newFrame() *frame {
	return &frame{layout: template.Must(template.ParseFS(files, "assets/layout.html"))}
}

// view is what the layout shows.
type view struct {
	*page
	Origin     string
	Canonical  string // absolute
	Content    template.HTML
	Structured template.HTML
	Languages  []translation // with absolute URLs
	Next       *page
}

// render gives a page as HTML in UTF-8, seen from an origin.
func (f *frame) render(p *page, origin string) []byte {
	v := view{page: p, Origin: origin, Next: p.next}
	v.Canonical = origin + escape(p.Path)
	if p.Canonical != "" {
		v.Canonical = origin + p.Canonical
	}
	for _, t := range p.Languages {
		v.Languages = append(v.Languages, translation{t.Lang, origin + escape(t.Path)})
	}
	v.Structured = structuredData(p, v.Canonical)
	v.Content = template.HTML(execute(p.Body, v))
	return execute(f.layout, v)
}

// execute runs a template of ours; that it fails is a fault of the program, which
// the tests of every page would show.
func execute(t *template.Template, data any) []byte {
	var out bytes.Buffer
	if err := t.Execute(&out, data); err != nil {
		panic(fmt.Sprintf("demo: render %s: %v", t.Name(), err))
	}
	return out.Bytes()
}

// structuredData describes a product in JSON-LD (schema.org).
func structuredData(p *page, address string) template.HTML {
	if p.Price == "" {
		return ""
	}
	text, err := json.Marshal(map[string]any{
		"@context": "https://schema.org", "@type": "Product",
		"name": p.Heading(), "description": p.Description, "url": address,
		"offers": map[string]any{"@type": "Offer", "price": p.Price, "priceCurrency": "EUR"},
	})
	if err != nil {
		panic(fmt.Sprintf("demo: describe %s: %v", p.Path, err))
	}
	if p.structured == "broken" {
		text = append(text[:len(text)-1], ",}"...)
	}
	return template.HTML(`<script type="application/ld+json">` + string(text) + `</script>`)
}

// escape percent-encodes a path.
func escape(path string) string {
	return (&url.URL{Path: path}).EscapedPath()
}

// latin1 writes UTF-8 as ISO 8859-1; what that does not have becomes a character
// reference.
func latin1(text []byte) []byte {
	out := make([]byte, 0, len(text))
	for _, r := range string(text) {
		if r <= 0xFF {
			out = append(out, byte(r))
			continue
		}
		out = fmt.Appendf(out, "&#%d;", r)
	}
	return out
}
