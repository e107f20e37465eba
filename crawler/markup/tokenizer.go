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

	text     []byte // of a textToken
	verbatim bool   // no character references in text

	name       []byte // of a tag, as it stands
	tag        tag
	selfClosed bool // the tag ends in "/>"
	set        attributes
	values     [attributeCount][]byte // of the attributes in set; of doubles the first
}

// reset makes the tokenizer begin at the start of src.
func (t *tokenizer) reset(src []byte) {
	*t = tokenizer{src: src}
}

// next goes on to the next token. A tag that the page ends in is not one.
func (t *tokenizer) next() token {
	for t.pos < len(t.src) {
		if end := t.textEnd(); end > t.pos {
			t.text, t.verbatim = t.src[t.pos:end], false
			t.pos = end
			return textToken
		}
		if found := t.markup(); found != endOfPage {
			return found
		}
	}
	return endOfPage
}

// textEnd finds the next '<' that begins something other than text.
func (t *tokenizer) textEnd() int {
	for i := t.pos; ; i++ {
		at := bytes.IndexByte(t.src[i:], '<')
		if at < 0 {
			return len(t.src)
		}
		i += at
		if i+1 == len(t.src) {
			return len(t.src)
		}
		switch c := t.src[i+1]; {
		case kinds[c]&letter != 0, c == '!', c == '?', c == '/' && i+2 < len(t.src):
			return i
		}
	}
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
	const opening = len("<![CDATA[")
	rest := t.src[t.pos+opening:]
	t.text, t.verbatim = rest, true
	t.pos = len(t.src)
	if end := bytes.Index(rest, []byte("]]>")); end >= 0 {
		t.text = rest[:end]
		t.pos -= len(rest) - end - len("]]>")
	}
	if len(t.text) == 0 {
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
	t.name = t.src[start:i]
	t.tag = tagOf(t.name)
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
	name := src[start:i]
	for i < len(src) && isSpace(src[i]) {
		i++
	}
	var value []byte
	if i < len(src) && src[i] == '=' {
		value, i = attributeValue(src, i+1)
	}
	if a := attribute(attrNames.find(name)); a != noAttr && !t.set.has(a) {
		t.set |= 1 << a
		t.values[a] = value
	}
	return i
}

// attributeValue reads the value that begins at or behind i, and gives the
// position behind it.
func attributeValue(src []byte, i int) ([]byte, int) {
	for i < len(src) && isSpace(src[i]) {
		i++
	}
	if i == len(src) {
		return nil, i
	}
	if quote := src[i]; quote == '"' || quote == '\'' {
		end := after(src, i+1, quote)
		return src[i+1 : max(i+1, end-1)], end
	}
	start := i
	for i < len(src) && !isSpace(src[i]) && src[i] != '>' {
		i++
	}
	return src[start:i], i
}
