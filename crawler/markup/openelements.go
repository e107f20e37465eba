package markup

import "sonde"

// state is what the open elements make of what stands in them, a bit for each.
type state uint8

const (
	foreign state = 1 << iota // in svg or math, by the rules of foreign content
	muted                     // not shown by a browser with scripts: noscript, an svg's title
	hidden                    // not text at all: style and script inside svg
	inert                     // in a template: not a part of the page
)

// openElement is an element whose end tag has not come. It keeps what was in
// force before it, so that closing it is undoing it.
type openElement struct {
	tag      tag
	state    state
	place    uint8
	sameName int32 // of the next outer element of the same name, its depth
	fence    int32
	block    int32
}

// openElements is the stack of open elements, by depth from 1. It knows enough of
// the tree construction rules to say where an element ends: which end tags are to
// be ignored and which start tags end others. Closing is the price of opening, so
// all the work is linear in the number of tags.
type openElements struct {
	stack  []openElement
	beyond int // open elements over maxOpen, which are only counted

	state state
	place uint8 // an index of places
	last  [256]int32
	fence int32 // the depth of the innermost element with that trait
	block int32 // the depth of the innermost element that is not inline
}

// maxOpen bounds the memory for open elements. No page that people wrote comes
// near; beyond it links and text are still read, only where they stand is not.
const maxOpen = 1 << 16

// places are the landmarks, each with its position.
var places = [...]sonde.Position{
	sonde.InBody, sonde.InNav, sonde.InHeader, sonde.InMain, sonde.InAside, sonde.InFooter,
}

const (
	noPlace uint8 = iota
	navPlace
	headerPlace
	mainPlace
	asidePlace
	footerPlace
)

// placeOf is the landmark that an element is by its name.
func placeOf(t tag) uint8 {
	switch t {
	case navTag:
		return navPlace
	case headerTag:
		return headerPlace
	case mainTag:
		return mainPlace
	case asideTag:
		return asidePlace
	case footerTag:
		return footerPlace
	}
	return noPlace
}

// placeOfRole is the landmark that an ARIA role makes of an element.
func placeOfRole(role []byte) uint8 {
	switch {
	case equalLower(role, "navigation"):
		return navPlace
	case equalLower(role, "banner"):
		return headerPlace
	case equalLower(role, "main"):
		return mainPlace
	case equalLower(role, "complementary"):
		return asidePlace
	case equalLower(role, "contentinfo"):
		return footerPlace
	}
	return noPlace
}

func (o *openElements) reset() {
	*o = openElements{stack: o.stack[:0]}
}

func (o *openElements) depth() int { return len(o.stack) + o.beyond }

// push opens an element; state and place hold inside it.
func (o *openElements) push(t tag, s state, place uint8) {
	if len(o.stack) == maxOpen {
		o.beyond++
		return
	}
	o.stack = append(o.stack, openElement{t, o.state, o.place, o.last[t], o.fence, o.block})
	depth := int32(len(o.stack))
	o.last[t] = depth
	if traits[t]&fence != 0 {
		o.fence = depth
	}
	if traits[t]&inline == 0 {
		o.block = depth
	}
	o.state = s
	if place != noPlace {
		o.place = place
	}
}

// closeTo closes elements until depth are left.
func (o *openElements) closeTo(depth int32) {
	for len(o.stack) > int(depth) {
		e := &o.stack[len(o.stack)-1]
		o.last[e.tag] = e.sameName
		o.state, o.place, o.fence, o.block = e.state, e.place, e.fence, e.block
		o.stack = o.stack[:len(o.stack)-1]
	}
}

// closeAt closes the element at a depth and what is open inside it.
func (o *openElements) closeAt(depth int32) {
	if o.beyond > 0 {
		o.beyond--
		return
	}
	o.closeTo(depth - 1)
}

// end closes the innermost element of a name and what is open inside it. An end
// tag is ignored where no such element is open, or only outside a fence, or where
// it is inline and a block is open inside it.
func (o *openElements) end(t tag) {
	if o.beyond > 0 {
		o.beyond--
		return
	}
	depth := o.last[t]
	switch {
	case depth == 0:
	case depth < o.fence && traits[t]&cell == 0:
	case depth < o.block && traits[t]&inline != 0 && o.state&foreign == 0:
	default:
		o.closeTo(depth - 1)
	}
}

// closeInside closes the innermost element of a name if it stands inside the
// innermost fence and inside all the elements of the names in within.
func (o *openElements) closeInside(t tag, within ...tag) {
	outer := o.fence
	for _, w := range within {
		outer = max(outer, o.last[w])
	}
	if depth := o.last[t]; depth > outer && o.beyond == 0 {
		o.closeTo(depth - 1)
	}
}

// begin closes what a start tag ends without an end tag (HTML Standard, 13.2.6.4.7
// and 13.2.6.4.9 to 15).
func (o *openElements) begin(t tag) {
	if traits[t]&closesP != 0 {
		o.closeInside(pTag)
	}
	switch t {
	case aTag:
		o.closeAnchor()
	case liTag:
		o.closeInside(liTag, ulTag, olTag)
		o.closeInside(pTag)
	case ddTag, dtTag:
		o.closeInside(ddTag, dlTag)
		o.closeInside(dtTag, dlTag)
		o.closeInside(pTag)
	case optionTag, optgroupTag:
		o.closeInside(optionTag, selectTag)
		if t == optgroupTag {
			o.closeInside(optgroupTag, selectTag)
		}
	case h1Tag, h2Tag, h3Tag, h4Tag, h5Tag, h6Tag:
		o.closeHeading()
	case trTag, tdTag, thTag, tbodyTag, theadTag, tfootTag:
		o.closeCells(t)
	case bodyTag, framesetTag:
		o.closeInside(headTag)
	}
}

// closeAnchor ends an open link, unless a block was opened in it: then it goes on.
func (o *openElements) closeAnchor() {
	if o.last[aTag] > o.block {
		o.closeInside(aTag)
	}
}

// closeHeading ends a heading that is the innermost element.
func (o *openElements) closeHeading() {
	if n := len(o.stack); n > 0 && isHeading(o.stack[n-1].tag) {
		o.closeTo(int32(n - 1))
	}
}

func isHeading(t tag) bool { return h1Tag <= t && t <= h6Tag }

// closeCells ends the parts of the innermost table that a new part ends.
func (o *openElements) closeCells(t tag) {
	table := o.last[tableTag]
	ends := []tag{tdTag, thTag, trTag, tbodyTag, theadTag, tfootTag}
	switch t {
	case tdTag, thTag:
		ends, table = ends[:2], max(table, o.last[trTag])
	case trTag:
		ends = ends[:3]
	}
	for _, end := range ends {
		if depth := o.last[end]; depth > table && o.beyond == 0 {
			o.closeTo(depth - 1)
		}
	}
}

// leaveForeign closes the svg or math that an HTML element ends.
func (o *openElements) leaveForeign() {
	for o.state&foreign != 0 && len(o.stack) > 0 {
		o.closeTo(int32(len(o.stack) - 1))
	}
}
