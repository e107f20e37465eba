package sitemap

import (
	"bytes"
	"errors"
	"fmt"
	"strings"

	"sonde"
)

// maxAlternates is how many languages of one entry are kept.
const maxAlternates = 500

// kinds are the root elements that sitemaps have.
var kinds = map[string]Kind{
	"urlset": URLSet, "sitemapindex": Index, "rss": RSS, "rdf": RSS, "feed": Atom,
}

// records are the elements that stand for one URL each.
var records = map[string]bool{"url": true, "sitemap": true, "item": true, "entry": true}

// fields are the children of records whose text is wanted. They count where their
// prefix is that of the record, so that <image:loc> is not taken for <loc>; only
// the date of Dublin Core is a stranger's.
var fields = map[string]bool{
	"loc": true, "lastmod": true, // sitemaps.org
	"link": true, "guid": true, "pubdate": true, "date": true, // RSS
	"updated": true, "published": true, // Atom
}

// reader makes entries of tokens.
type reader struct {
	*Sitemap
	open   [][]byte // names of the open elements
	record element  // the open record
	field  element  // the open child of the record whose text is wanted
	entry  Entry    // of the record, so far
	guid   string   // of an RSS item, its URL when it has no link
	text   []byte   // of the field, so far
	over   bool     // nothing more is wanted
}

// element is an open element that the reader takes note of; its zero value is none.
type element struct {
	prefix, local []byte
	depth         int // how many elements are open with it
}

// is reports whether the element has the name.
func (e element) is(local string) bool { return string(e.local) == local }

// readXML reads a sitemap in XML.
func (s *Sitemap) readXML(text []byte) {
	r := reader{Sitemap: s}
	tokens := scanner{text}
	for !r.over {
		switch t := tokens.next(); t.kind {
		case startTag:
			r.start(t)
		case endTag:
			r.end(t.name)
		case characters:
			r.characters(t)
		case broken, endOfText:
			r.ended(t.kind)
		}
	}
	r.field = element{} // without its end it may be half a URL
	r.closeTo(0)        // what the record had before it stays
}

// start takes in a start tag.
func (r *reader) start(t token) {
	prefix, local := splitName(t.name)
	if len(r.open) == 0 && !r.root(string(local)) {
		return
	}
	if r.record.depth > 0 && bytes.Equal(local, r.record.local) && bytes.Equal(prefix, r.record.prefix) {
		r.closeTo(r.record.depth - 1) // the end tag of the record before is missing
	}
	if len(r.open) == maxDepth {
		r.over = true
		r.complain(fmt.Errorf("the sitemap nests elements more than %d deep; the rest was not read", maxDepth))
		return
	}
	r.open = append(r.open, t.name)
	here := element{prefix, local, len(r.open)}
	switch {
	case r.record.depth == 0 && records[string(local)]:
		r.record, r.entry, r.guid = here, Entry{}, ""
	case here.depth == r.record.depth+1 && r.record.depth > 0:
		r.child(here, t)
	}
	if t.empty {
		r.closeTo(here.depth - 1)
	}
}

// root looks at the element that all others are in, and reports whether it is
// that of a sitemap.
func (r *reader) root(local string) bool {
	kind, known := kinds[local]
	switch {
	case r.Kind != Unknown:
		return true // a second root, behind the first
	case known:
		r.Kind = kind
	case local == "html":
		r.over = true
		r.complain(errors.New("this is an HTML page, not a sitemap"))
	default:
		r.over = true
		r.complain(fmt.Errorf("this is no sitemap: its root element is <%s>", clip(local, maxDate)))
	}
	return known
}

// child takes in the start tag of a child of the record.
func (r *reader) child(here element, t token) {
	switch {
	case r.record.is("url") && here.is("link"):
		r.alternate(t)
	case r.record.is("entry") && here.is("link"):
		r.atomLink(t)
	case here.is("guid") && strings.EqualFold(t.attribute("ispermalink"), "false"):
		// a name, not a URL
	case fields[string(here.local)] && (bytes.Equal(here.prefix, r.record.prefix) || here.is("date")):
		r.field, r.text = here, r.text[:0]
	}
}

// alternate takes in <xhtml:link rel="alternate" hreflang="de" href="…"/>.
func (r *reader) alternate(t token) {
	lang, href := t.attribute("hreflang"), t.attribute("href")
	if lang == "" || href == "" || len(href) > maxLoc || !strings.EqualFold(t.attribute("rel"), "alternate") {
		return
	}
	if len(r.entry.Alternates) < maxAlternates {
		r.entry.Alternates = append(r.entry.Alternates, sonde.Alternate{Lang: clip(lang, maxDate), URL: href})
	}
}

// atomLink takes in <link href="…"/>; without rel it leads to the entry itself
// (RFC 4287, section 4.2.7.2).
func (r *reader) atomLink(t token) {
	if rel := t.attribute("rel"); rel == "" || strings.EqualFold(rel, "alternate") {
		r.locate(t.attribute("href"))
	}
}

// characters takes in text, where it belongs to a field.
func (r *reader) characters(t token) {
	if r.field.depth != len(r.open) || r.field.depth == 0 {
		return
	}
	if t.raw {
		r.text = append(r.text, t.text...)
		return
	}
	r.text = appendText(r.text, t.text)
}

// end takes in an end tag, and the missing ones of what stood within; one that
// belongs to nothing is passed over.
func (r *reader) end(name []byte) {
	for depth := len(r.open); depth > 0; depth-- {
		if bytes.Equal(r.open[depth-1], name) {
			r.closeTo(depth - 1)
			return
		}
	}
}

// closeTo closes elements until depth of them are open.
func (r *reader) closeTo(depth int) {
	if depth < r.field.depth {
		r.endField()
	}
	if depth < r.record.depth {
		r.endRecord()
	}
	r.open = r.open[:depth]
}

func (r *reader) endField() {
	value := string(bytes.TrimSpace(r.text))
	switch string(r.field.local) {
	case "loc", "link":
		r.locate(value)
	case "guid":
		r.guid = value
	case "lastmod", "updated":
		r.entry.LastMod = clip(value, maxDate)
	case "pubdate", "date", "published":
		if r.entry.LastMod == "" {
			r.entry.LastMod = clip(value, maxDate)
		}
	}
	r.field = element{}
}

// locate sets the entry's URL, if it has none yet.
func (r *reader) locate(loc string) {
	switch {
	case len(loc) > maxLoc:
		r.complain(tooLong())
	case r.entry.Loc == "":
		r.entry.Loc = loc
	}
}

func (r *reader) endRecord() {
	if r.entry.Loc == "" && hasScheme([]byte(r.guid)) {
		r.locate(r.guid)
	}
	switch {
	case r.entry.Loc == "":
	case !r.room():
		r.over = true
	case r.record.is("sitemap"):
		r.Children = append(r.Children, r.entry.Loc)
	default:
		r.Entries = append(r.Entries, r.entry)
	}
	r.record = element{}
}

// ended takes note of how the text ends.
func (r *reader) ended(last tokenKind) {
	r.over = true
	switch {
	case len(r.open) > 0:
		r.complain(fmt.Errorf("the sitemap is cut off: it ends within <%s>", clip(string(r.open[len(r.open)-1]), maxDate)))
	case last == broken:
		r.complain(errors.New("the sitemap is cut off: it ends within a tag or comment"))
	case r.Kind == Unknown:
		r.complain(errors.New("this is no sitemap: it has no elements"))
	}
}

// clip cuts s to at most n bytes of whole characters.
func clip(s string, n int) string {
	if len(s) <= n {
		return s
	}
	return strings.ToValidUTF8(s[:n], "")
}
