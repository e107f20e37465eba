package markup

import (
	"bytes"
	"unicode/utf8"

	"sonde"
	"sonde/crawler/weburl"
)

// foundLink is a link whose texts are in the arena and whose URL is not resolved
// yet: the base may still come.
type foundLink struct {
	kind             sonde.LinkKind
	position         sonde.Position
	ref, anchor, rel span
	nofollow         bool
	cut              bool // ref is only the beginning
	insecureIfHTTP   bool // the action of a form that has not been counted
}

// foundLang is the language of an alternate.
type foundLang struct {
	link int
	lang span
}

// noLink is the place of a link that is not kept.
const noLink = -1

// maxRef is the longest reference, in bytes, that is resolved: a long way up
// through "../" may be short in the end.
const maxRef = 64 << 10

// link notes a link of the element at hand and gives its place in links, or noLink
// where the page has too many.
func (r *Reader) link(kind sonde.LinkKind, ref []byte) int {
	r.page.LinkCount++
	if len(r.links) == sonde.MaxLinks {
		return noLink
	}
	found := foundLink{kind: kind, position: r.position()}
	ref, found.cut = shorten(ref)
	found.ref = r.keep(ref)
	r.links = append(r.links, found)
	return len(r.links) - 1
}

// shorten bounds what is kept of a reference. The content of a data URL is not
// worth keeping at all.
func shorten(ref []byte) (short []byte, cut bool) {
	limit := maxRef
	if len(ref) > sonde.MaxURLLength && hasPrefixLower(trimSpace(ref[:sonde.MaxURLLength]), "data:") {
		limit = sonde.MaxURLLength
	}
	if len(ref) <= limit {
		return ref, false
	}
	return ref[:wholeCharacters(ref, limit)], true
}

// wholeCharacters is the greatest length up to limit that splits no character.
func wholeCharacters(text []byte, limit int) int {
	for limit > 0 && !utf8.RuneStart(text[limit]) {
		limit--
	}
	return limit
}

// position tells where in the page the reader stands.
func (r *Reader) position() sonde.Position {
	if r.head.open {
		return sonde.InHead
	}
	return places[r.open.place]
}

// linkFrom notes the link that an attribute holds. An empty one is none: it would
// be the page itself.
func (r *Reader) linkFrom(kind sonde.LinkKind, a attribute) int {
	if ref, ok := r.value(a); ok && !isBlank(ref) {
		return r.link(kind, ref)
	}
	return noLink
}

// labelled takes an attribute as the text of a link.
func (r *Reader) labelled(link int, a attribute) {
	if link == noLink {
		return
	}
	if label, ok := r.value(a); ok {
		r.links[link].anchor = r.keep(r.collapse(label, sonde.MaxAnchor))
	}
	if r.tokens.set.has(relAttr) {
		r.takeRel(link)
	}
}

// lookAnchor takes an a element, whose href is in the attribute a.
func (r *Reader) lookAnchor(a attribute) {
	r.closeAnchor()
	if name, ok := r.value(nameAttr); ok && !bytes.Equal(r.tokens.value(nameAttr), r.ownID()) {
		r.keepID(name)
	}
	ref, ok := r.value(a)
	if !ok {
		return
	}
	link := r.link(sonde.LinkA, ref)
	if link == noLink {
		return
	}
	if r.tokens.set.has(relAttr) {
		r.takeRel(link)
	}
	r.anchor.open(r.open.depth()+1, link, sonde.MaxAnchor)
	for _, label := range [...]attribute{ariaLabelAttr, titleAttr} {
		if len(r.anchor.label) == 0 && r.tokens.set.has(label) {
			r.anchor.label = trimSpace(r.tokens.value(label))
		}
	}
}

// ownID is the id of the tag at hand as it stands.
func (r *Reader) ownID() []byte {
	if !r.tokens.set.has(idAttr) {
		return nil
	}
	return r.tokens.value(idAttr)
}

// relation is a set of link relations, a bit for each that means something here.
type relation uint16

const (
	relCanonical relation = 1 << iota
	relAlternate
	relStylesheet
	relNext
	relPrev
	relAMP
	relIcon
	relManifest
	relPreload
	relNofollow
	relHint // names an origin to be ready for, no document
)

func relationOf(token []byte) relation {
	switch string(token) {
	case "canonical":
		return relCanonical
	case "alternate":
		return relAlternate
	case "stylesheet":
		return relStylesheet
	case "next":
		return relNext
	case "prev", "previous":
		return relPrev
	case "amphtml":
		return relAMP
	case "icon", "apple-touch-icon", "apple-touch-icon-precomposed", "mask-icon", "fluid-icon":
		return relIcon
	case "manifest":
		return relManifest
	case "preload", "modulepreload", "prefetch":
		return relPreload
	case "nofollow", "ugc", "sponsored":
		return relNofollow
	case "dns-prefetch", "preconnect":
		return relHint
	}
	return 0
}

// readRel takes a rel value apart. Its tokens, in lower case with one space
// between, go into the arena.
func (r *Reader) readRel(value []byte) (span, relation) {
	start, found := len(r.arena), relation(0)
	for value = trimSpace(value[:min(len(value), sonde.MaxText)]); len(value) > 0; value = trimSpace(value) {
		end := 0
		for end < len(value) && !isSpace(value[end]) {
			end++
		}
		if len(r.arena) > start {
			r.arena = append(r.arena, ' ')
		}
		token := len(r.arena)
		for _, c := range value[:end] {
			r.arena = append(r.arena, lower[c])
		}
		found |= relationOf(r.arena[token:])
		value = value[end:]
	}
	return span{start, len(r.arena)}, found
}

// takeRel takes the rel attribute of a link.
func (r *Reader) takeRel(link int) {
	value, _ := r.value(relAttr)
	rel, relations := r.readRel(value)
	r.links[link].rel, r.links[link].nofollow = rel, relations&relNofollow != 0
}

// kindOf tells the kind of a link by its relations; others is for what has no kind
// of its own.
func kindOf(rel relation, others sonde.LinkKind) sonde.LinkKind {
	switch {
	case rel&relCanonical != 0:
		return sonde.LinkCanonical
	case rel&relStylesheet != 0:
		return sonde.LinkStyle
	case rel&relAlternate != 0:
		return sonde.LinkAlternate
	case rel&relNext != 0:
		return sonde.LinkNext
	case rel&relPrev != 0:
		return sonde.LinkPrev
	case rel&relAMP != 0:
		return sonde.LinkAMP
	case rel&relIcon != 0:
		return sonde.LinkIcon
	case rel&relManifest != 0:
		return sonde.LinkManifest
	case rel&relPreload != 0:
		return sonde.LinkPreload
	}
	return others
}

// lookLink takes a link element. One without rel makes no link, as the HTML standard has it:
// rev=made has a mail address often.
func (r *Reader) lookLink() {
	value, _ := r.value(relAttr)
	rel, relations := r.readRel(value)
	if r.open.state&muted != 0 {
		relations &^= relCanonical | relAlternate
	}
	if relations&(relCanonical|relAlternate) != 0 {
		r.metadataFound()
	}
	if rel.start == rel.end || relations&relHint != 0 {
		return
	}
	if relations&relStylesheet != 0 {
		r.page.Styles++
	}
	r.srcset(imagesrcsetAttr)
	link := r.linkFrom(kindOf(relations, sonde.LinkOther), hrefAttr)
	if link == noLink {
		return
	}
	r.links[link].rel, r.links[link].nofollow = rel, relations&relNofollow != 0
	if title, ok := r.value(titleAttr); ok {
		r.links[link].anchor = r.keep(r.collapse(title, sonde.MaxAnchor))
	}
	if lang, ok := r.value(hreflangAttr); ok && r.links[link].kind == sonde.LinkAlternate {
		r.keepLang(link, lang)
	}
}

// keepLang keeps the language of an alternate.
func (r *Reader) keepLang(link int, lang []byte) {
	if len(r.langs) < maxAlternates {
		r.langs = append(r.langs, foundLang{link, r.keep(r.collapse(lang, sonde.MaxAnchor))})
	}
}

// Bounds on lists that have none in package sonde.
const (
	maxAlternates  = 1_000
	maxCanonicals  = 100
	maxSchemaTypes = 100
)

// resolve turns what was found into the link that it is.
func (r *Reader) resolve(found *foundLink, text string) sonde.Link {
	base := r.base
	if base == nil || found.position == sonde.InHTTP {
		base = r.docs
	}
	to := r.address(base, text[found.ref.start:found.ref.end], found.cut)
	return sonde.Link{
		URL: to.URL, Host: to.Host, Original: to.Original, Fragment: to.Fragment, Reason: to.Reason,
		Kind: found.kind, Position: found.position, Nofollow: found.nofollow,
		Anchor: text[found.anchor.start:found.anchor.end], Rel: text[found.rel.start:found.rel.end],
	}
}

// address resolves a reference. One that was cut is too long, whatever is left of it
// would come to.
func (r *Reader) address(base *weburl.Base, ref string, cut bool) weburl.Resolved {
	if base == nil {
		return weburl.Resolved{URL: limited(ref), Reason: sonde.Malformed}
	}
	to := r.urls.Resolve(base, ref)
	if cut && to.Reason == "" {
		return weburl.Resolved{URL: limited(ref), Reason: sonde.TooLong}
	}
	return to
}

// limited cuts a reference that is no URL at the length of one.
func limited(ref string) string {
	characters := 0
	for i := range ref {
		if characters == sonde.MaxURLLength {
			return ref[:i]
		}
		characters++
	}
	return ref
}
