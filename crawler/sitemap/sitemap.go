// Package sitemap reads sitemaps of any kind, within bounds.
package sitemap

import "sonde"

// Kind says what a sitemap turned out to be.
type Kind string

// The kinds of sitemap.
const (
	URLSet  Kind = "urlset"
	Index   Kind = "index"
	Text    Kind = "text"
	RSS     Kind = "rss"
	Atom    Kind = "atom"
	Unknown Kind = ""
)

// Entry is one URL of a sitemap.
type Entry struct {
	Loc, LastMod string
	Alternates   []sonde.Alternate
}

// Sitemap is what one sitemap said.
type Sitemap struct {
	Kind      Kind
	Entries   []Entry
	Children  []string
	Truncated bool
	Err       error
}

// Parse reads a sitemap.
func Parse(body []byte, contentType string) Sitemap { return Sitemap{} }
