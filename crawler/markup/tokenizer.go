package markup

import "bytes"

// token is what the tokenizer came to.
type token uint8

const (
	endOfPage token = iota
	textToken
	startTag
	endTag
)

// tokenizer cuts a page into text and tags by the rules of the HTML Standard
// (13.2.5). Comments, doctypes and processing instructions are passed over. It
// copies nothing: names, values and text are parts of src, with their character
// references as they stand. What the rules make of a position never depends on
// bytes far behind it, so every byte is looked at a bounded number of times.
//
// Two things only its user knows and tells it: that the next text is raw (see
// rawText), and whether it stands in foreign content, where CDATA sections are.
type tokenizer struct {
	src []byte
	pos int

	cdata bool // CDATA sections are text here

	textAt   span // of a textToken
	verbatim bool // no character references in the text

	nameAt     span // of a tag
	tag        tag
	selfClosed bool // the tag ends in "/>"
	set        attributes
	valuesAt   [attributeCount]span // of the attributes in set; of doubles the first
}

// span is a part of a text. Parts are kept as numbers, not as slices, because the
// collector has no work with numbers.
type span struct{ start, end int }

func (s span) of(text []byte) []byte { return text[s.start:s.end] }

// text is the text of the token at hand, name the name of its tag as it stands, and
// value the value of one of its attributes.
func (t *tokenizer) text() []byte             { return t.textAt.of(t.src) }
func (t *tokenizer) name() []byte             { return t.nameAt.of(t.src) }
func (t *tokenizer) value(a attribute) []byte { return t.valuesAt[a].of(t.src) }

// reset makes the tokenizer begin at the start of src.
func (t *tokenizer) reset(src []byte) {
	*t = tokenizer{src: src}
}

// next goes on to the next token. A tag that the page ends in is not one.
func (t *tokenizer) next() token {
	for t.pos < len(t.src) {
		if !t.beginsMarkup(t.pos) {
			end := t.textEnd(t.pos + 1)
			t.textAt, t.verbatim = span{t.pos, end}, false
			t.pos = end
			return textToken
		}
		if found := t.markup(); found != endOfPage {
			return found
		}
	}
	return endOfPage
}

// textEnd finds the next '<' at or behind i that begins markup, or the end.
func (t *tokenizer) textEnd(i int) int {
	for ; i < len(t.src); i++ {
		at := bytes.IndexByte(t.src[i:], '<')
		if at < 0 {
			break
		}
		if i += at; t.beginsMarkup(i) {
			return i
		}
	}
	return len(t.src)
}

// beginsMarkup reports whether something other than text begins at i.
func (t *tokenizer) beginsMarkup(i int) bool {
	if t.src[i] != '<' || i+1 == len(t.src) {
		return false
	}
	c := t.src[i+1]
	return kinds[c]&letter != 0 || c == '/' && i+2 < len(t.src) || c == '!' || c == '?'
}

// markup reads what begins with the '<' at pos. It answers endOfPage for what is
// no token.
func (t *tokenizer) markup() token {
	rest := t.src[t.pos:]
	switch {
	case kinds[rest[1]]&letter != 0:
		return t.readTag(t.pos+1, startTag)
	case rest[1] == '/' && kinds[rest[2]]&letter != 0:
		return t.readTag(t.pos+2, endTag)
	case bytes.HasPrefix(rest, []byte("<!--")):
		t.pos = commentEnd(t.src, t.pos+2)
	case t.cdata && bytes.HasPrefix(rest, []byte("<![CDATA[")):
		return t.readCDATA()
	default:
		t.pos = after(t.src, t.pos+2, '>')
	}
	return endOfPage
}

// after gives the position behind the next c, or the end.
func after(src []byte, from int, c byte) int {
	if at := bytes.IndexByte(src[from:], c); at >= 0 {
		return from + at + 1
	}
	return len(src)
}

// commentEnd gives the position behind a comment whose two opening dashes stand
// at dashes. The dashes may belong to the end too: <!--> and <!---> are whole.
func commentEnd(src []byte, dashes int) int {
	for i := dashes + 2; i < len(src); i++ {
		at := bytes.IndexByte(src[i:], '>')
		if at < 0 {
			break
		}
		i += at
		if src[i-1] == '-' && src[i-2] == '-' || src[i-1] == '!' && i-3 >= dashes+2 && src[i-2] == '-' && src[i-3] == '-' {
			return i + 1
		}
	}
	return len(src)
}

func (t *tokenizer) readCDATA() token {
	start, end := t.pos+len("<![CDATA["), len(t.src)
	t.pos = end
	if length := bytes.Index(t.src[start:], []byte("]]>")); length >= 0 {
		end = start + length
		t.pos = end + len("]]>")
	}
	t.textAt, t.verbatim = span{start, end}, true
	if start == end {
		return endOfPage
	}
	return textToken
}

// readTag reads a tag whose name begins at i.
func (t *tokenizer) readTag(i int, which token) token {
	start := i
	for i < len(t.src) && (kinds[t.src[i]]&ender == 0 || t.src[i] == '=') {
		i++
	}
	t.nameAt = span{start, i}
	t.tag = tagOf(t.src, start, i)
	if !t.readAttributes(i) {
		t.pos = len(t.src)
		return endOfPage
	}
	return which
}

// readAttributes reads on from behind a tag's name. It answers false when the
// page ends before the tag.
func (t *tokenizer) readAttributes(i int) bool {
	t.set, t.selfClosed = 0, false
	src := t.src
	for i < len(src) {
		switch c := src[i]; {
		case c == '>':
			t.pos = i + 1
			return true
		case c == '/':
			i++
			t.selfClosed = i < len(src) && src[i] == '>'
		case isSpace(c):
			i++
		default:
			i = t.readAttribute(i)
		}
	}
	return false
}

// readAttribute reads the attribute that begins at i and gives the position
// behind it.
func (t *tokenizer) readAttribute(i int) int {
	src, start := t.src, i
	i++ // an attribute's name may begin with '='
	for i < len(src) && kinds[src[i]]&ender == 0 {
		i++
	}
	a := attribute(attrNames.find(src, start, i))
	for i < len(src) && isSpace(src[i]) {
		i++
	}
	var value span
	if i < len(src) && src[i] == '=' {
		value, i = attributeValue(src, i+1)
	}
	if a != noAttr && !t.set.has(a) {
		t.set |= 1 << a
		t.valuesAt[a] = value
	}
	return i
}

// attributeValue reads the value that begins at or behind i, and gives the
// position behind it.
func attributeValue(src []byte, i int) (span, int) {
	for i < len(src) && isSpace(src[i]) {
		i++
	}
	if i == len(src) {
		return span{}, i
	}
	if quote := src[i]; quote == '"' || quote == '\'' {
		end := after(src, i+1, quote)
		return span{i + 1, max(i+1, end-1)}, end
	}
	start := i
	for i < len(src) && !isSpace(src[i]) && src[i] != '>' {
		i++
	}
	return span{start, i}, i
}
