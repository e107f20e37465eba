package demo

import (
	"bytes"
	"compress/gzip"
	"encoding/xml"
	"fmt"
	"net/http"
)

// robotsText keeps robots out of the staff's folder.
const robotsText = `# Robots are welcome on deck.
User-agent: *
Disallow: /staff/

Sitemap: %s/sitemap.xml
`

// sitemapNamespace is the namespace of sitemaps.org, protocol 0.9.
const sitemapNamespace = "http://www.sitemaps.org/schemas/sitemap/0.9"

// serveSitemaps answers robots.txt, the index of the sitemaps and the one sitemap
// in it, which is gzipped as a file.
func (s *site) serveSitemaps(mux *http.ServeMux) {
	mux.HandleFunc("GET /robots.txt", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, "text/plain; charset=utf-8", fmt.Appendf(nil, robotsText, origin(r)))
	})
	mux.HandleFunc("GET /sitemap.xml", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, "application/xml", toXML(sitemapIndex{
			Namespace: sitemapNamespace,
			Sitemaps:  []location{{Loc: origin(r) + "/sitemap-pages.xml.gz"}},
		}))
	})
	mux.HandleFunc("GET /sitemap-pages.xml.gz", func(w http.ResponseWriter, r *http.Request) {
		answer(w, r, "application/gzip", gzipped(toXML(s.sitemap(origin(r)))))
	})
}

type location struct {
	Loc     string `xml:"loc"`
	LastMod string `xml:"lastmod,omitempty"`
}

type sitemapIndex struct {
	XMLName   xml.Name   `xml:"sitemapindex"`
	Namespace string     `xml:"xmlns,attr"`
	Sitemaps  []location `xml:"sitemap"`
}

type urlSet struct {
	XMLName   xml.Name   `xml:"urlset"`
	Namespace string     `xml:"xmlns,attr"`
	URLs      []location `xml:"url"`
}

// sitemap lists the pages that search engines should know, one that nobody links
// to, and one that is gone.
func (s *site) sitemap(origin string) urlSet {
	set := urlSet{Namespace: sitemapNamespace}
	for _, p := range s.pages {
		if p.Robots == "" && p.robotsHeader == "" && p.Canonical == "" && p.Refresh == "" && p.mediaType == "" {
			set.URLs = append(set.URLs, location{origin + escape(p.Path), lastChange.Format("2006-01-02")})
		}
	}
	set.URLs = append(set.URLs, location{Loc: origin + "/shop/retired-sextant"})
	return set
}

func toXML(v any) []byte {
	text, err := xml.MarshalIndent(v, "", "  ")
	if err != nil {
		panic(fmt.Sprintf("demo: write the sitemap: %v", err))
	}
	return append([]byte(xml.Header), text...)
}

// gzipped compresses in memory, where nothing can fail.
func gzipped(text []byte) []byte {
	var out bytes.Buffer
	w := gzip.NewWriter(&out)
	_, _ = w.Write(text)
	_ = w.Close()
	return out.Bytes()
}
