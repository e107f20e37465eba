package markup

import "strings"

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
			table[tags.find([]byte(name))] |= t
		}
	}
	for i := int(knownTags); i < len(table); i++ {
		table[i] = inline
	}
	return table
}

// tagOf gives the number of an element's name in any case.
func tagOf(name []byte) tag {
	if id := tags.find(name); id != 0 {
		return tag(id)
	}
	h := uint32(2166136261)
	for _, c := range name[:min(len(name), 64)] {
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

// names finds short names in any case: a hash of length, first, middle and last
// byte, open addressing, and a comparison to make sure.
type names struct {
	slots   [1024]uint8
	list    []string // lower case; the first is no name
	longest int
}

func newNames(list []string) *names {
	n := &names{list: list}
	for id, name := range list[1:] {
		n.longest = max(n.longest, len(name))
		at := hashName([]byte(name))
		for n.slots[at%1024] != 0 {
			at++
		}
		n.slots[at%1024] = uint8(id + 1)
	}
	return n
}

// find gives the place of a name in the list, 0 for one that is not in it.
func (n *names) find(name []byte) uint8 {
	if len(name) == 0 || len(name) > n.longest {
		return 0
	}
	for at := hashName(name); ; at++ {
		id := n.slots[at%1024]
		if id == 0 || equalLower(name, n.list[id]) {
			return id
		}
	}
}

func hashName(name []byte) uint32 {
	first, middle, last := name[0]|0x20, name[len(name)/2]|0x20, name[len(name)-1]|0x20
	h := uint32(len(name))*0x9E3779B1 + uint32(first)*0x85EBCA6B + uint32(middle)*0xC2B2AE35 + uint32(last)*0x27D4EB2F
	return h >> 16
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
	high                    // a part of a character outside ASCII
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
		case c >= 0x80:
			table[c] = high
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
