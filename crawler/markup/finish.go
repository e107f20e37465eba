package markup

import (
	"slices"
	"strings"

	"sonde"
)

// keptBuffer is how much of a buffer, in bytes or entries, is kept for the next
// page. What a giant page needed is given back.
const keptBuffer = 1 << 20

// finish makes the page and its links out of what was found.
func (r *Reader) finish(header []sonde.HeaderField) (*sonde.Page, []sonde.Link) {
	r.open.closeTo(0)
	r.open.beyond = 0
	r.closeCaptures()
	r.robotsHeader(header)
	page := r.page
	page.WordCount, page.TextHash, page.SimHash = r.words.sum()
	text := string(r.arena)
	page.Headings = r.finishHeadings(text)
	page.IDs = r.finishIDs(text)
	page.DuplicateIDs = r.duplicateIDs()
	links := r.finishLinks(text)
	r.finishAlternates(text, links)
	r.release()
	return page, links
}

func (r *Reader) finishHeadings(text string) []sonde.Heading {
	if len(r.headings) == 0 {
		return nil
	}
	headings := make([]sonde.Heading, len(r.headings))
	for i, h := range r.headings {
		headings[i] = sonde.Heading{Level: h.level, Text: text[h.text.start:h.text.end]}
	}
	return headings
}

func (r *Reader) finishIDs(text string) []string {
	if len(r.ids) == 0 {
		return nil
	}
	ids := make([]string, len(r.ids))
	for i, at := range r.ids {
		ids[i] = text[at.start:at.end]
	}
	return ids
}

// duplicateIDs counts the ids that stood on the page before.
func (r *Reader) duplicateIDs() int {
	slices.Sort(r.idSums)
	return len(r.idSums) - len(slices.Compact(r.idSums))
}

// finishLinks resolves the links, and takes what their URLs say of the page.
func (r *Reader) finishLinks(text string) []sonde.Link {
	if len(r.links) == 0 {
		return nil
	}
	links := make([]sonde.Link, len(r.links))
	for i := range r.links {
		found := &r.links[i]
		links[i] = r.resolve(found, text)
		if strings.HasPrefix(links[i].URL, "http:") && links[i].Reason == "" {
			r.inClear(found)
		}
		if found.kind == sonde.LinkCanonical {
			r.canonical(&links[i], text[found.ref.start:found.ref.end])
		}
	}
	return links
}

// inClear counts a link to what comes unencrypted where that is a fault of the page.
func (r *Reader) inClear(found *foundLink) {
	if found.insecureIfHTTP {
		r.page.InsecureForms++
	}
	if !r.secure {
		return
	}
	switch found.kind {
	case sonde.LinkScript, sonde.LinkStyle, sonde.LinkIframe, sonde.LinkFrame, sonde.LinkManifest:
		r.page.MixedActive++
	case sonde.LinkImg, sonde.LinkSrcset, sonde.LinkMedia, sonde.LinkIcon, sonde.LinkBackground:
		r.page.MixedPassive++
	}
}

func (r *Reader) canonical(link *sonde.Link, raw string) {
	if len(r.page.Canonicals) == maxCanonicals {
		return
	}
	declared := sonde.Canonical{
		Raw:    limited(raw),
		Header: link.Position == sonde.InHTTP,
		InBody: link.Position != sonde.InHTTP && link.Position != sonde.InHead,
	}
	if link.Reason == "" {
		declared.URL = link.URL
	}
	r.page.Canonicals = append(r.page.Canonicals, declared)
}

func (r *Reader) finishAlternates(text string, links []sonde.Link) {
	if len(r.langs) == 0 {
		return
	}
	r.page.Alternates = make([]sonde.Alternate, len(r.langs))
	for i, found := range r.langs {
		link := &links[found.link]
		r.page.Alternates[i] = sonde.Alternate{
			Lang:   text[found.lang.start:found.lang.end],
			URL:    link.URL,
			Header: link.Position == sonde.InHTTP,
		}
	}
}

// release lets go of the page, and of buffers that grew beyond what pages need.
func (r *Reader) release() {
	r.page = nil
	r.tokens.reset(nil)
	r.anchor.label = nil
	if cap(r.arena) > keptBuffer {
		r.arena = nil
	}
	if cap(r.decoded) > keptBuffer {
		r.decoded = nil
	}
	if cap(r.line.buf) > keptBuffer {
		r.line.buf = nil
	}
}
