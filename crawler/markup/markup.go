// Package markup reads the bytes of a page in one pass.
//
// The way of a page through it:
//
//   - [Sniff] tells whether a body is a page at all, [Decode] turns it into UTF-8
//     (decode.go, prescan.go, sniff.go).
//   - A tokenizer of our own cuts it into text and tags without copying
//     (tokenizer.go, rawtext.go, charref.go, names.go).
//   - [Reader.Read] takes the tokens as they come (markup.go): elements (elements.go),
//     what the head declares (head.go), links (links.go, srcset.go, linkheader.go),
//     structured data (schema.go), text (line.go, words.go). A stack says where in
//     the page a token stands (openelements.go).
//   - [Reader.Paragraphs] reads the same way and gives the visible text (prose.go).
//   - At the end all texts become parts of one string, and all links are resolved
//     against the base that the page has by then (finish.go).
//
// There is no tree, no recursion and no second pass, so that time is linear in the
// length of a page and memory is bounded, whatever the page.
//
// A page is read as a browser with scripts shows it, with one exception: links
// inside noscript count, although such a browser does not see them. Their text is
// not visible text, and what noscript says of the page (a refresh, say) is not
// believed. What stands in a template is no part of the page.
package markup

import (
	"bytes"
	"hash/maphash"
	"strings"
	"unicode/utf8"

	"sonde"
	"sonde/crawler/robots"
	"sonde/crawler/weburl"
)

// Input is a page to be read.
type Input struct {
	Body   []byte              // UTF-8, as Decode gives it
	URL    string              // canonical, of the fetch
	Header []sonde.HeaderField // of the answer: Content-Type, Link, X-Robots-Tag and Refresh are looked at
}

// Reader reads pages, one after the other. It keeps its buffers from page to page
// and must not be used by two goroutines at once.
type Reader struct {
	urls *weburl.Canonicalizer

	page *sonde.Page
	docs *weburl.Base // the page's own URL
	base *weburl.Base // what relative links are resolved against, nil before a base element

	tokens tokenizer
	open   openElements
	words  words

	head          headState
	xml           bool // the page is XHTML: an element may be closed in its start tag
	secure        bool // the page came over https
	level         int  // of the last heading
	form          openForm
	loosePassword bool // a password outside forms has been counted

	heading, anchor capture
	line            line   // for texts that are taken at once
	prose           *prose // nil unless the text itself is wanted
	decoded         []byte // text with its character references replaced
	content         []byte // of the meta element at hand

	arena    []byte // every text that is kept, one after the other
	links    []foundLink
	headings []foundHeading
	ids      []span
	idSums   []uint64 // of the id attributes among ids
	idSeed   maphash.Seed
	langs    []foundLang
}

// NewReader returns a Reader that brings URLs into canonical form with c.
func NewReader(c *weburl.Canonicalizer) *Reader {
	return &Reader{urls: c, idSeed: maphash.MakeSeed()}
}

// Read reads a page. Internal, and what a page-level nofollow does to the links,
// are left to the caller.
func (r *Reader) Read(in Input) (*sonde.Page, []sonde.Link) {
	r.begin(in)
	r.readHeader(in.Header)
	for {
		r.tokens.cdata = r.xml || r.open.state&foreign != 0
		switch r.tokens.next() {
		case textToken:
			r.text(r.tokens.text(), r.tokens.verbatim)
		case startTag:
			r.startElement()
		case endTag:
			r.endElement()
		default:
			return r.finish(in.Header)
		}
	}
}

// begin forgets the page before and makes ready for this one.
func (r *Reader) begin(in Input) {
	r.page = &sonde.Page{ParseMode: sonde.Parsed}
	r.docs, _ = r.urls.Base(in.URL)
	r.base = nil
	r.page.Base = in.URL
	body := clean(in.Body)
	r.page.Replaced = bytes.Count(body, []byte(replacement))
	r.tokens.reset(body)
	r.open.reset()
	r.words.reset()
	r.head = headState{open: true}
	r.xml = isXML(in.Header)
	r.secure = strings.HasPrefix(in.URL, "https:")
	r.level, r.form, r.loosePassword = 0, openForm{}, false
	r.heading.depth, r.anchor.depth = 0, 0
	r.arena, r.links, r.headings = r.arena[:0], r.links[:0], r.headings[:0]
	r.ids, r.idSums, r.langs = r.ids[:0], r.idSums[:0], r.langs[:0]
}

// replacement stands where a character was that could not be read.
const replacement = "\uFFFD"

// clean makes sure that bytes are UTF-8 without NULs: what is not becomes U+FFFD.
func clean(body []byte) []byte {
	if !utf8.Valid(body) {
		body = bytes.ToValidUTF8(body, []byte(replacement))
	}
	if bytes.IndexByte(body, 0) >= 0 {
		body = bytes.ReplaceAll(body, []byte{0}, []byte(replacement))
	}
	return body
}

func isXML(header []sonde.HeaderField) bool {
	for _, f := range header {
		if strings.EqualFold(f.Name, "Content-Type") {
			essence, _ := contentType(f.Value)
			return essence == "application/xhtml+xml"
		}
	}
	return false
}

// readHeader takes what the header says of the page before its first byte.
func (r *Reader) readHeader(header []sonde.HeaderField) {
	for _, f := range header {
		switch {
		case strings.EqualFold(f.Name, "Link"):
			r.linkHeader(clean([]byte(f.Value)))
		case strings.EqualFold(f.Name, "Refresh"):
			r.refresh(string(clean([]byte(f.Value))), true)
		}
	}
}

// robotsHeader takes the robots directives of the header, which stand behind those
// of the page.
func (r *Reader) robotsHeader(header []sonde.HeaderField) {
	for _, f := range header {
		if !strings.EqualFold(f.Name, "X-Robots-Tag") {
			continue
		}
		for _, meta := range robots.Tags(string(clean([]byte(f.Value)))) {
			if len(r.page.Robots) < sonde.MaxMeta {
				r.page.Robots = append(r.page.Robots, meta)
			}
		}
	}
}

// text takes a run of text.
func (r *Reader) text(run []byte, verbatim bool) {
	if isBlank(run) {
		r.gap()
		return
	}
	if r.open.state&(hidden|inert) != 0 {
		return
	}
	if r.head.open && r.open.state&muted == 0 {
		r.endHead("#text")
	}
	if !verbatim {
		run = r.unescape(run, false)
	}
	if r.open.state&muted == 0 {
		r.words.add(run)
		if r.prose != nil {
			r.prose.add(run)
		}
	}
	if r.heading.depth > 0 {
		r.heading.add(run)
	}
	if r.anchor.depth > 0 {
		r.anchor.add(run)
	}
}

func isBlank(run []byte) bool {
	for _, c := range run {
		if !isSpace(c) {
			return false
		}
	}
	return true
}

// gap parts the words before from the words behind.
func (r *Reader) gap() {
	r.words.gap()
	r.heading.gap()
	r.anchor.gap()
	if r.prose != nil {
		r.prose.gap()
	}
}

// part parts paragraphs, and with them words.
func (r *Reader) part() {
	r.gap()
	if r.prose != nil {
		r.prose.end()
	}
}

// unescape replaces the character references in text. What it returns holds until
// it is called again.
func (r *Reader) unescape(text []byte, inAttribute bool) []byte {
	if bytes.IndexByte(text, '&') < 0 {
		return text
	}
	r.decoded = decodeRefs(r.decoded[:0], text, inAttribute)
	return r.decoded
}

// value gives the value of an attribute of the tag at hand, which holds until the
// next call, and whether the tag has it.
func (r *Reader) value(a attribute) ([]byte, bool) {
	if !r.tokens.set.has(a) {
		return nil, false
	}
	return r.unescape(r.tokens.value(a), true), true
}

// keep puts text into the arena.
func (r *Reader) keep(text []byte) span {
	start := len(r.arena)
	r.arena = append(r.arena, text...)
	return span{start, len(r.arena)}
}

// collapse gives text as one line of at most so many characters. What it returns
// holds until it is called again.
func (r *Reader) collapse(text []byte, room int) []byte {
	r.line.begin(room)
	r.line.add(text)
	return r.line.buf
}
