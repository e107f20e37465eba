// Package sitemap reads sitemaps of every kind that hosts publish: the XML of
// sitemaps.org, plain lists of URLs, RSS and Atom feeds, compressed or not, and
// whole or broken.
//
// The way through the package: bytes.go undoes gzip and makes UTF-8 of the rest,
// within bounds; scan.go cuts XML into tags and text; read.go makes entries of
// them; text.go reads lists. Namespaces are not asked for, because hosts get them
// wrong; where an element stands tells enough. What a document says is data: no
// URL is judged or resolved here, and no entity or external part is looked up.
//
// A broken sitemap gives what can be read of it, and an error that says what is
// wrong, for the people who publish it.
package sitemap

import (
	"bytes"
	"errors"
	"fmt"

	"sonde"
)

// Limits on one sitemap. The first two are those of sitemaps.org.
const (
	maxEntries = 50_000
	maxBytes   = 50 << 20               // after decompression
	maxDepth   = 64                     // of open elements; a sitemap needs five
	maxLoc     = 8 * sonde.MaxURLLength // bytes of a URL, every character escaped
	maxDate    = 100                    // bytes of a date
)

// Kind says what a sitemap turned out to be.
type Kind string

// The kinds of sitemap.
const (
	Unknown Kind = ""
	URLSet  Kind = "urlset" // sitemaps.org: pages
	Index   Kind = "index"  // sitemaps.org: other sitemaps
	Text    Kind = "text"   // a URL a line
	RSS     Kind = "rss"    // 2.0, and the earlier ones
	Atom    Kind = "atom"   // RFC 4287
)

// Entry is one URL of a sitemap.
type Entry struct {
	Loc        string            // as it stood, without white space around it; never ""
	LastMod    string            // as it stood, "" when there is none
	Alternates []sonde.Alternate // the same page in other languages (xhtml:link)
}

// Sitemap is what one sitemap says.
type Sitemap struct {
	Kind      Kind
	Entries   []Entry
	Children  []string // other sitemaps, as they stood
	Truncated bool     // a limit on entries or bytes cut it
	Err       error    // the first thing that is wrong with it; what could be read stays
}

// Parse reads a sitemap. The content type, which hosts get wrong too, is asked
// only for the charset of what is not UTF-8. Gzip is undone where the bytes are
// gzip, whatever the name or header says.
func Parse(body []byte, contentType string) Sitemap {
	var s Sitemap
	body = s.unpack(body)
	if len(body) > maxBytes {
		body = body[:maxBytes]
		s.cut(fmt.Errorf("the sitemap is larger than %d MiB; the rest was not read", maxBytes>>20))
	}
	text := bytes.TrimSpace(decode(body, contentType))
	switch {
	case len(text) == 0:
		s.complain(errors.New("the sitemap is empty"))
	case text[0] == '<':
		s.readXML(text)
	default:
		s.readText(text)
	}
	return s
}

// complain keeps the first thing that is wrong.
func (s *Sitemap) complain(err error) {
	if s.Err == nil {
		s.Err = err
	}
}

// cut says that a limit ended the sitemap early, and why.
func (s *Sitemap) cut(err error) {
	s.Truncated = true
	s.complain(err)
}

// room reports whether one more entry or child may come, and notes when not.
func (s *Sitemap) room() bool {
	if len(s.Entries)+len(s.Children) < maxEntries {
		return true
	}
	s.cut(fmt.Errorf("the sitemap has more than %d entries; the rest was not read", maxEntries))
	return false
}
