package markup

import (
	"bytes"
	"hash/maphash"

	"sonde"
)

// startElement takes a start tag.
func (r *Reader) startElement() {
	t := r.tokens.tag
	r.page.Elements++
	if r.open.state&foreign != 0 {
		if traits[t]&leaves == 0 {
			r.startForeign(t)
			return
		}
		r.open.leaveForeign()
		r.closeCaptures()
	}
	if traits[t]&inline == 0 {
		r.part()
	}
	if r.head.open {
		r.startInHead(t)
	}
	r.open.begin(t)
	r.closeCaptures()
	if r.open.state&inert == 0 {
		r.look(t)
	}
	r.enter(t)
}

// enter opens the element of the tag at hand, and takes the text of one whose
// content is not markup.
func (r *Reader) enter(t tag) {
	if r.isEmpty(t) {
		r.page.DepthMax = max(r.page.DepthMax, r.open.depth()+1)
		r.closeCaptures()
		return
	}
	inside, place := r.open.state, placeOf(t)
	switch t {
	case svgTag, mathTag:
		inside |= foreign
	case noscriptTag:
		inside |= muted
	case templateTag:
		if !r.tokens.set.has(shadowrootmodeAttr) {
			inside |= inert
		}
	}
	if r.tokens.set.has(roleAttr) {
		place = r.placeByRole(place)
	}
	r.open.push(t, inside, place)
	r.page.DepthMax = max(r.page.DepthMax, r.open.depth())
	r.takeContent(t)
}

// placeByRole is the landmark that the role attribute makes of the element at hand,
// otherwise the one that its name makes of it.
func (r *Reader) placeByRole(otherwise uint8) uint8 {
	role, _ := r.value(roleAttr)
	if place := placeOfRole(trimSpace(role)); place != noPlace {
		return place
	}
	return otherwise
}

// isEmpty reports whether the tag at hand opens nothing: it has no content, or it
// is a second html, head or body.
func (r *Reader) isEmpty(t tag) bool {
	switch t {
	case imageTag:
		return true
	case svgTag, mathTag:
		return r.tokens.selfClosed
	case htmlTag, headTag, bodyTag:
		return r.open.last[t] > 0
	}
	return traits[t]&void != 0 || r.xml && r.tokens.selfClosed
}

// takeContent takes the text of an element whose content is not markup.
func (r *Reader) takeContent(t tag) {
	switch t {
	case titleTag:
		r.title(r.tokens.rawText("title"))
	case textareaTag:
		r.text(r.tokens.rawText("textarea"), false)
	case scriptTag:
		r.script(r.tokens.scriptText())
	case styleTag, iframeTag, noembedTag, noframesTag:
		r.tokens.rawText(tagNames[t])
	case xmpTag:
		r.text(r.tokens.rawText("xmp"), true)
	case plaintextTag:
		r.text(r.tokens.rest(), true)
	}
}

// startForeign takes a start tag inside svg or math.
func (r *Reader) startForeign(t tag) {
	if r.open.state&inert == 0 {
		r.lookForeign(t)
	}
	r.page.DepthMax = max(r.page.DepthMax, r.open.depth()+1)
	if r.tokens.selfClosed {
		r.closeCaptures()
		return
	}
	inside := r.open.state
	switch t {
	case foreignObjectTag:
		inside &^= foreign
	case titleTag, descTag:
		inside = inside&^foreign | muted
	case metadataTag:
		inside |= muted
	case scriptTag, styleTag:
		inside |= hidden
	}
	r.open.push(t, inside, noPlace)
}

// endElement takes an end tag.
func (r *Reader) endElement() {
	t := r.tokens.tag
	if traits[t]&inline == 0 {
		r.part()
	}
	switch {
	case t == bodyTag, t == htmlTag: // what follows them still belongs where they stand
		r.head.sealed = true
	case t == headTag:
		r.head.sealed = true
		r.open.end(t)
	case isHeading(t) && r.heading.depth > 0: // any heading's end tag ends any heading
		r.open.closeAt(int32(r.heading.depth))
	default:
		r.open.end(t)
	}
	switch t {
	case aTag:
		r.closeAnchor()
	case formTag:
		r.form = openForm{}
	}
	r.closeCaptures()
}

// closeCaptures ends the texts of elements that are no longer open.
func (r *Reader) closeCaptures() {
	depth := r.open.depth()
	if r.anchor.depth > depth {
		r.closeAnchor()
	}
	if r.heading.depth > depth {
		r.closeHeading()
	}
}

// closeAnchor ends the text of the open link. Without text it is the label.
func (r *Reader) closeAnchor() {
	if r.anchor.depth == 0 {
		return
	}
	r.anchor.depth = 0
	text := r.anchor.buf
	if len(text) == 0 {
		text = r.collapse(r.unescape(r.anchor.label, true), sonde.MaxAnchor)
	}
	r.links[r.anchor.index].anchor = r.keep(text)
}

func (r *Reader) closeHeading() {
	r.heading.depth = 0
	r.headings[r.heading.index].text = r.keep(r.heading.buf)
}

// globalAttributes are those that mean something on every element.
const globalAttributes attributes = 1<<idAttr | 1<<itemtypeAttr | 1<<typeofAttr | 1<<backgroundAttr

// look takes what an HTML element says by its name and attributes.
func (r *Reader) look(t tag) {
	if r.tokens.set&globalAttributes != 0 {
		r.lookGlobal()
	}
	switch t {
	case aTag:
		r.lookAnchor(hrefAttr)
	case areaTag:
		r.labelled(r.linkFrom(sonde.LinkArea, hrefAttr), altAttr)
	case htmlTag:
		r.lookHTML()
	case baseTag:
		r.lookBase()
	case metaTag:
		r.lookMeta()
	case linkTag:
		r.lookLink()
	case h1Tag, h2Tag, h3Tag, h4Tag, h5Tag, h6Tag:
		r.lookHeading(int(t-h1Tag) + 1)
	case imgTag, imageTag:
		r.lookImage()
	case scriptTag:
		r.lookScript()
	case styleTag:
		r.page.Styles++
	case iframeTag:
		r.labelled(r.linkFrom(sonde.LinkIframe, srcAttr), titleAttr)
	case frameTag:
		r.labelled(r.linkFrom(sonde.LinkFrame, srcAttr), titleAttr)
	case formTag:
		r.lookForm()
	case inputTag:
		r.lookInput()
	case buttonTag:
		r.linkFrom(sonde.LinkForm, formactionAttr)
	default:
		r.lookMedia(t)
	}
}

// lookMedia takes the elements that embed sound and pictures.
func (r *Reader) lookMedia(t tag) {
	switch t {
	case sourceTag:
		r.linkFrom(sonde.LinkMedia, srcAttr)
		r.srcset(srcsetAttr)
	case videoTag:
		r.linkFrom(sonde.LinkMedia, srcAttr)
		r.linkFrom(sonde.LinkMedia, posterAttr)
	case audioTag, trackTag, embedTag:
		r.linkFrom(sonde.LinkMedia, srcAttr)
	case objectTag:
		r.linkFrom(sonde.LinkMedia, dataAttr)
	}
}

// lookForeign takes what an element inside svg or math says.
func (r *Reader) lookForeign(t tag) {
	if r.tokens.set&globalAttributes != 0 {
		r.lookGlobal()
	}
	href := hrefAttr
	if !r.tokens.set.has(hrefAttr) {
		href = xlinkHrefAttr
	}
	switch t {
	case aTag:
		r.lookAnchor(href)
	case scriptTag:
		r.page.Scripts++
		if r.linkFrom(sonde.LinkScript, href) == noLink {
			r.page.InlineScripts++
		}
	case styleTag:
		r.page.Styles++
	case imageTag, useTag:
		if ref, _ := r.value(href); !bytes.HasPrefix(trimSpace(ref), []byte("#")) {
			r.linkFrom(sonde.LinkBackground, href)
		}
	}
}

// lookGlobal takes the attributes that any element may have.
func (r *Reader) lookGlobal() {
	if id, ok := r.value(idAttr); ok && r.keepID(id) {
		r.idSums = append(r.idSums, maphash.Bytes(r.idSeed, id))
	}
	if types, ok := r.value(itemtypeAttr); ok {
		r.schemaTypes(types)
	}
	if types, ok := r.value(typeofAttr); ok {
		r.schemaTypes(types)
	}
	r.linkFrom(sonde.LinkBackground, backgroundAttr)
}

// keepID keeps the name of a place that fragments can point to, and says whether
// there was room.
func (r *Reader) keepID(id []byte) bool {
	if len(id) == 0 || len(id) > sonde.MaxText || len(r.ids) == sonde.MaxIDs {
		return false
	}
	r.ids = append(r.ids, r.keep(id))
	return true
}

func (r *Reader) lookHTML() {
	lang, ok := r.value(langAttr)
	if !ok {
		lang, ok = r.value(xmlLangAttr)
	}
	if ok && r.page.Lang == "" {
		r.page.Lang = string(r.collapse(lang, sonde.MaxText))
	}
}

// foundHeading is a heading whose text is in the arena.
type foundHeading struct {
	level int
	text  span
}

func (r *Reader) lookHeading(level int) {
	if level == 1 {
		r.page.H1Count++
	}
	if r.level > 0 && level > r.level+1 {
		r.page.HeadingSkip = true
	}
	r.level = level
	if r.heading.depth > 0 {
		r.closeHeading()
	}
	if len(r.headings) == sonde.MaxHeadings {
		return
	}
	r.headings = append(r.headings, foundHeading{level: level})
	r.heading.open(r.open.depth()+1, len(r.headings)-1, sonde.MaxText)
}

// lookImage takes an img. What stands for it where it cannot be shown is a part of
// the text of the link or heading around it.
func (r *Reader) lookImage() {
	alt, hasAlt := r.value(altAttr)
	if r.heading.depth > 0 {
		r.heading.addApart(alt)
	}
	if r.anchor.depth > 0 {
		r.anchor.addApart(alt)
	}
	if r.open.state&muted == 0 {
		r.page.Images++
		if !hasAlt {
			r.page.ImagesNoAlt++
		}
	}
	r.labelled(r.linkFrom(sonde.LinkImg, srcAttr), altAttr)
	r.srcset(srcsetAttr)
}

// lookScript counts scripts. An element whose type is no script's holds data.
func (r *Reader) lookScript() {
	link := r.linkFrom(sonde.LinkScript, srcAttr)
	kind, _ := r.value(typeAttr)
	if !isScript(trimSpace(kind)) {
		return
	}
	r.page.Scripts++
	if link == noLink && !r.tokens.set.has(srcAttr) {
		r.page.InlineScripts++
	}
}

func isScript(kind []byte) bool {
	if len(kind) == 0 || equalLower(kind, "module") {
		return true
	}
	kind = bytes.ToLower(kind)
	return bytes.Contains(kind, []byte("javascript")) || bytes.Contains(kind, []byte("ecmascript"))
}

// script takes the content of a script element, which is data in one case.
func (r *Reader) script(content []byte) {
	if kind, ok := r.value(typeAttr); ok && r.open.state&inert == 0 && equalLower(mediaType(kind), "application/ld+json") {
		r.jsonLD(content)
	}
}

// mediaType cuts the parameters off a media type.
func mediaType(value []byte) []byte {
	essence, _, _ := bytes.Cut(value, []byte(";"))
	return trimSpace(essence)
}

// openForm is the form that has begun and not ended.
type openForm struct {
	open    bool
	link    int  // of its action in links, noLink without one
	counted bool // found insecure
}

// lookForm counts a form. Whether its action is insecure is known when the base is.
func (r *Reader) lookForm() {
	r.page.Forms++
	r.form = openForm{open: true, link: r.linkFrom(sonde.LinkForm, actionAttr)}
	if r.form.link != noLink {
		r.links[r.form.link].insecureIfHTTP = true
	}
}

func (r *Reader) lookInput() {
	kind, _ := r.value(typeAttr)
	switch {
	case equalLower(kind, "image"):
		r.labelled(r.linkFrom(sonde.LinkImg, srcAttr), altAttr)
	case equalLower(kind, "password"):
		r.page.Passwords++
		if !r.secure {
			r.passwordInClear()
		}
	}
	r.linkFrom(sonde.LinkForm, formactionAttr)
}

// passwordInClear counts the form of a password on a page that came over http,
// once; what stands outside of forms counts as one.
func (r *Reader) passwordInClear() {
	counted := &r.loosePassword
	if r.form.open {
		counted = &r.form.counted
		if r.form.link != noLink {
			r.links[r.form.link].insecureIfHTTP = false
		}
	}
	if !*counted {
		*counted = true
		r.page.InsecureForms++
	}
}
