package markup

import (
	"encoding/binary"
	"math/bits"
	"strings"
)

// tag is the name of an element as a small number. Names that are not in
// tagNames share the numbers from knownTags up, by their hash: enough to match an
// end tag with its start tag.
type tag uint8

// attribute is the name of an attribute that the reader looks at.
type attribute uint8

// attributes is a set of attribute names, a bit for each.
type attributes uint64

func (s attributes) has(a attribute) bool { return s&(1<<a) != 0 }

// The elements that the reader or its stack of open elements treats by name.
const (
	otherTag tag = iota
	aTag
	areaTag
	audioTag
	baseTag
	bodyTag
	buttonTag
	ddTag
	descTag
	dlTag
	dtTag
	embedTag
	foreignObjectTag
	formTag
	frameTag
	framesetTag
	h1Tag
	h2Tag
	h3Tag
	h4Tag
	h5Tag
	h6Tag
	headTag
	htmlTag
	iframeTag
	imageTag
	imgTag
	inputTag
	liTag
	linkTag
	mathTag
	metaTag
	metadataTag
	noembedTag
	noframesTag
	noscriptTag
	objectTag
	olTag
	optgroupTag
	optionTag
	pTag
	plaintextTag
	scriptTag
	selectTag
	sourceTag
	styleTag
	svgTag
	tableTag
	tbodyTag
	tdTag
	templateTag
	textareaTag
	tfootTag
	thTag
	theadTag
	titleTag
	trTag
	trackTag
	ulTag
	useTag
	videoTag
	xmpTag
	navTag
	headerTag
	mainTag
	asideTag
	footerTag
	namedTags
)

var tagNames = [namedTags]string{
	aTag: "a", areaTag: "area", audioTag: "audio", baseTag: "base", bodyTag: "body", buttonTag: "button",
	ddTag: "dd", descTag: "desc", dlTag: "dl", dtTag: "dt", embedTag: "embed",
	foreignObjectTag: "foreignobject", formTag: "form", frameTag: "frame", framesetTag: "frameset",
	h1Tag: "h1", h2Tag: "h2", h3Tag: "h3", h4Tag: "h4", h5Tag: "h5", h6Tag: "h6", headTag: "head",
	htmlTag: "html", iframeTag: "iframe", imageTag: "image", imgTag: "img", inputTag: "input", liTag: "li",
	linkTag: "link", mathTag: "math", metaTag: "meta", metadataTag: "metadata", noembedTag: "noembed",
	noframesTag: "noframes", noscriptTag: "noscript", objectTag: "object", olTag: "ol",
	optgroupTag: "optgroup", optionTag: "option", pTag: "p", plaintextTag: "plaintext",
	scriptTag: "script", selectTag: "select", sourceTag: "source", styleTag: "style", svgTag: "svg",
	tableTag: "table", tbodyTag: "tbody", tdTag: "td", templateTag: "template", textareaTag: "textarea",
	tfootTag: "tfoot", thTag: "th", theadTag: "thead", titleTag: "title", trTag: "tr", trackTag: "track",
	ulTag: "ul", useTag: "use", videoTag: "video", xmpTag: "xmp", navTag: "nav", headerTag: "header",
	mainTag: "main", asideTag: "aside", footerTag: "footer",
}

// trait is what the name of an element says of it, a bit for each.
type trait uint8

const (
	void     trait = 1 << iota // has no content and no end tag
	inline                     // does not part the words around it
	metadata                   // may stand in the head without ending it
	closesP                    // ends an open paragraph (HTML Standard, 13.2.6.4.7)
	leaves                     // ends foreign content (13.2.6.5)
	fence                      // end tags inside do not reach elements outside ("has an element in scope")
	cell                       // a part of a table or a document, whose end tag reaches through a fence
)

// traitNames lists for each trait the elements that have it.
var traitNames = map[trait]string{
	void: "area base basefont bgsound br col embed frame hr img image input keygen link meta param source track wbr",
	inline: `a abbr acronym b bdi bdo big cite code data del dfn em font i img image ins kbd label mark meta
		link nobr output q s samp script small span strike strong style sub sup time tt u var wbr otherwise`,
	metadata: "base basefont bgsound head html link meta noframes noscript script style template title",
	closesP: `address article aside blockquote center details dialog dir div dl fieldset figcaption figure
		footer form h1 h2 h3 h4 h5 h6 header hgroup hr listing main menu nav ol p plaintext pre search
		section summary table ul xmp`,
	leaves: `b big blockquote body br center code dd div dl dt em embed h1 h2 h3 h4 h5 h6 head hr i img li
		listing menu meta nobr ol p pre ruby s small span strike strong sub sup table tt u ul var`,
	fence: "applet button caption foreignobject html marquee object table td template th desc title",
	cell:  "body caption html table tbody td template tfoot th thead tr foreignobject desc title button object applet marquee",
}

var (
	tags      = newNames(knownNames())
	knownTags = tag(len(tags.list)) // the first number that other names share
	traits    = newTraits()
	attrNames = newNames(attributeNames[:])
)

// knownNames lists the named tags first and then every other name that has a trait.
func knownNames() []string {
	list := tagNames[:]
	seen := map[string]bool{}
	for _, name := range list {
		seen[name] = true
	}
	for t := void; t != 0; t <<= 1 {
		for _, name := range strings.Fields(traitNames[t]) {
			if !seen[name] {
				seen[name] = true
				list = append(list, name)
			}
		}
	}
	return list
}

func newTraits() (table [256]trait) {
	for t, list := range traitNames {
		for _, name := range strings.Fields(list) {
			table[tagOf([]byte(name), 0, len(name))] |= t
		}
	}
	for i := int(knownTags); i < len(table); i++ {
		table[i] = inline
	}
	return table
}

// tagOf gives the number of the element's name, in any case, at src[start:end].
func tagOf(src []byte, start, end int) tag {
	if id := tags.find(src, start, end); id != 0 {
		return tag(id)
	}
	h := uint32(2166136261) // FNV-1a
	for _, c := range src[start:min(end, start+64)] {
		h = (h ^ uint32(lower[c])) * 16777619
	}
	return knownTags + tag(h%uint32(256-int(knownTags)))
}

// The attributes that the reader looks at.
const (
	noAttr attribute = iota
	actionAttr
	altAttr
	ariaLabelAttr
	backgroundAttr
	contentAttr
	dataAttr
	formactionAttr
	hrefAttr
	hreflangAttr
	httpEquivAttr
	idAttr
	imagesrcsetAttr
	itempropAttr
	itemtypeAttr
	langAttr
	nameAttr
	posterAttr
	propertyAttr
	relAttr
	roleAttr
	shadowrootmodeAttr
	srcAttr
	srcsetAttr
	titleAttr
	typeAttr
	typeofAttr
	xlinkHrefAttr
	xmlLangAttr
	attributeCount
)

var attributeNames = [attributeCount]string{
	actionAttr: "action", altAttr: "alt", ariaLabelAttr: "aria-label", backgroundAttr: "background",
	contentAttr: "content", dataAttr: "data", formactionAttr: "formaction", hrefAttr: "href",
	hreflangAttr: "hreflang", httpEquivAttr: "http-equiv", idAttr: "id", imagesrcsetAttr: "imagesrcset",
	itempropAttr: "itemprop", itemtypeAttr: "itemtype", langAttr: "lang", nameAttr: "name",
	posterAttr: "poster", propertyAttr: "property", relAttr: "rel", roleAttr: "role",
	shadowrootmodeAttr: "shadowrootmode", srcAttr: "src", srcsetAttr: "srcset", titleAttr: "title",
	typeAttr: "type", typeofAttr: "typeof", xlinkHrefAttr: "xlink:href", xmlLangAttr: "xml:lang",
}

// names finds names in any case. Its table has open addressing; the key of a name
// is its first eight bytes in lower case, which is all of nearly every name.
type names struct {
	list    []string // lower case; the first is no name
	slots   []slot   // a power of two of them
	longest int
}

type slot struct {
	key uint64
	id  uint8
}

func newNames(list []string) *names {
	n := &names{list: list, slots: make([]slot, 4*nextPower(len(list)))}
	for id, name := range list[1:] {
		n.longest = max(n.longest, len(name))
		key := keyOf([]byte(name), 0, len(name))
		at := n.first(key)
		for n.slots[at].id != 0 {
			at = (at + 1) % len(n.slots)
		}
		n.slots[at] = slot{key, uint8(id + 1)}
	}
	return n
}

func nextPower(n int) int { return 1 << bits.Len(uint(n-1)) }

// first is the place where a key is looked for first.
func (n *names) first(key uint64) int {
	return int(key*0x9E3779B97F4A7C15>>48) & (len(n.slots) - 1)
}

// find gives the place in the list of the name that stands at src[start:end], which
// is not empty; 0 for one that is not in it.
func (n *names) find(src []byte, start, end int) uint8 {
	if end-start > n.longest {
		return 0
	}
	key := keyOf(src, start, end)
	for at := n.first(key); ; at = (at + 1) & (len(n.slots) - 1) {
		s := &n.slots[at]
		if s.id == 0 || s.key == key && n.isRest(s.id, src[start:end]) {
			return s.id
		}
	}
}

// isRest reports whether a name whose key is right is right behind it too.
func (n *names) isRest(id uint8, name []byte) bool {
	want := n.list[id]
	return len(want) == len(name) && (len(name) <= 8 || equalLower(name[8:], want[8:]))
}

// keyOf is the key of the name at src[start:end].
func keyOf(src []byte, start, end int) uint64 {
	return fold(loadEight(src, start, min(end, start+8)))
}

// loadEight gives the one to eight bytes of src[start:end] as a number.
func loadEight(src []byte, start, end int) (x uint64) {
	if start+8 <= len(src) {
		return binary.LittleEndian.Uint64(src[start:]) & (^uint64(0) >> (64 - 8*(end-start)))
	}
	for i := end - 1; i >= start; i-- {
		x = x<<8 | uint64(src[i])
	}
	return x
}

// fold makes the ASCII capitals among eight bytes small, all at once.
func fold(x uint64) uint64 {
	const every = 0x0101010101010101
	seven := x & (0x7F * every)
	fromA := seven + (0x80-'A')*every
	pastZ := seven + (0x7F-'Z')*every
	return x | (fromA&^pastZ&^x&(0x80*every))>>2
}

// equalLower reports whether name in lower case is want.
func equalLower(name []byte, want string) bool {
	if len(name) != len(want) {
		return false
	}
	for i, c := range name {
		if lower[c] != want[i] {
			return false
		}
	}
	return true
}

// hasPrefixLower reports whether b begins with want, which is in lower case.
func hasPrefixLower(b []byte, want string) bool {
	return len(b) >= len(want) && equalLower(b[:len(want)], want)
}

// kind is a set of things that a byte of HTML is.
type kind uint8

const (
	space  kind = 1 << iota // tab, line feed, form feed, carriage return, space
	letter                  // A to Z, a to z
	digit                   // 0 to 9
	odd                     // a part of a character outside ASCII, or the vertical tab, which is white space to Unicode and not to HTML
	ender                   // ends an attribute's name: white space, / > =
)

var (
	kinds = newKinds()
	lower = newLower()
)

func newKinds() (table [256]kind) {
	for c := range table {
		switch {
		case strings.IndexByte("\t\n\f\r ", byte(c)) >= 0:
			table[c] = space | ender
		case 'a' <= c|0x20 && c|0x20 <= 'z':
			table[c] = letter
		case '0' <= c && c <= '9':
			table[c] = digit
		case c >= 0x80 || c == '\v':
			table[c] = odd
		case strings.IndexByte("/>=", byte(c)) >= 0:
			table[c] = ender
		}
	}
	return table
}

// newLower makes the table of ASCII lower case.
func newLower() (table [256]byte) {
	for c := range table {
		table[c] = byte(c)
		if 'A' <= c && c <= 'Z' {
			table[c] = byte(c) | 0x20
		}
	}
	return table
}

func isSpace(c byte) bool { return kinds[c]&space != 0 }

// trimSpace cuts ASCII white space off both ends.
func trimSpace(b []byte) []byte {
	for len(b) > 0 && isSpace(b[0]) {
		b = b[1:]
	}
	for len(b) > 0 && isSpace(b[len(b)-1]) {
		b = b[:len(b)-1]
	}
	return b
}
