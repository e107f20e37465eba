package sitemap

import (
	"bytes"
	"strconv"
	"unicode"
	"unicode/utf8"
)

// tokenKind says what a token is.
type tokenKind int

const (
	endOfText tokenKind = iota
	broken              // the text ends within markup
	startTag
	endTag
	characters
)

// token is one piece of XML. Its slices point into the text.
type token struct {
	kind  tokenKind
	name  []byte // of a tag, with its prefix
	attrs []byte // of a start tag
	empty bool   // the start tag is its own end: <a/>
	text  []byte // of characters
	raw   bool   // text is CDATA: & means &
}

// scanner cuts XML into tokens. It checks nothing but where they end; comments,
// processing instructions and document types are passed over, so that no entity
// is ever defined.
type scanner struct{ text []byte }

// next gives the next token.
func (s *scanner) next() token {
	for {
		switch {
		case len(s.text) == 0:
			return token{}
		case bytes.HasPrefix(s.text, []byte("<![CDATA[")):
			text, found := s.through("<![CDATA[", "]]>")
			if !found {
				return token{kind: broken}
			}
			return token{kind: characters, text: text, raw: true}
		case bytes.HasPrefix(s.text, []byte("<!")), bytes.HasPrefix(s.text, []byte("<?")):
			if !s.skip() {
				return token{kind: broken}
			}
		case s.text[0] == '<' && len(s.text) > 1 && (s.text[1] == '/' || isNameStart(s.text[1])):
			return s.tag()
		default:
			return s.characters()
		}
	}
}

// through takes what stands between opening, at the start of the text, and closing.
func (s *scanner) through(opening, closing string) (inside []byte, found bool) {
	inside, rest, found := bytes.Cut(s.text[len(opening):], []byte(closing))
	s.text = rest
	return inside, found
}

// skip passes over a comment, a processing instruction or a document type, and
// reports whether it has an end.
func (s *scanner) skip() bool {
	opening, closing := "<!", ">"
	switch {
	case bytes.HasPrefix(s.text, []byte("<!--")):
		opening, closing = "<!--", "-->"
	case s.text[1] == '?':
		opening, closing = "<?", "?>"
	case s.hasSubset():
		closing = "]"
	}
	_, found := s.through(opening, closing)
	return found
}

// hasSubset reports whether the document type at the start of the text has
// declarations in brackets, whose > are not its end.
func (s *scanner) hasSubset() bool {
	i := bytes.IndexAny(s.text, "[>")
	return i >= 0 && s.text[i] == '['
}

// characters takes text up to the next markup. A < that begins none is text.
func (s *scanner) characters() token {
	end := bytes.IndexByte(s.text[1:], '<') + 1
	if end == 0 {
		end = len(s.text)
	}
	t := token{kind: characters, text: s.text[:end]}
	s.text = s.text[end:]
	return t
}

// tag takes a start or end tag.
func (s *scanner) tag() token {
	end := tagEnd(s.text)
	if end < 0 {
		s.text = nil
		return token{kind: broken}
	}
	inside := s.text[1:end]
	s.text = s.text[end+1:]
	t := token{kind: startTag}
	if inside[0] == '/' {
		t.kind, inside = endTag, inside[1:]
	}
	inside, t.empty = bytes.CutSuffix(inside, []byte("/"))
	t.name = inside
	if i := bytes.IndexAny(inside, " \t\r\n/"); i >= 0 {
		t.name, t.attrs = inside[:i], inside[i:]
	}
	return t
}

// tagEnd gives the place of the > that ends the tag at the start of text, which
// is not within quotes; -1 when there is none.
func tagEnd(text []byte) int {
	quote := byte(0)
	for i, b := range text {
		switch {
		case quote != 0:
			if b == quote {
				quote = 0
			}
		case b == '"' || b == '\'':
			quote = b
		case b == '>':
			return i
		}
	}
	return -1
}

func isNameStart(b byte) bool {
	return 'a' <= b|0x20 && b|0x20 <= 'z' || b == '_' || b == ':' || b >= 0x80
}

// attribute gives the value of an attribute of a start tag by its local name, ""
// when it has none.
func (t token) attribute(name string) string {
	before, rest, found := bytes.Cut(t.attrs, []byte("="))
	for found {
		var value []byte
		value, rest = cutValue(bytes.TrimLeft(rest, " \t\r\n"))
		if _, local := splitName(lastWord(before)); string(local) == name {
			return string(bytes.TrimSpace(appendText(nil, value)))
		}
		before, rest, found = bytes.Cut(rest, []byte("="))
	}
	return ""
}

// lastWord gives what stands behind the last white space between words.
func lastWord(s []byte) []byte {
	s = bytes.TrimRight(s, " \t\r\n")
	return s[bytes.LastIndexAny(s, " \t\r\n")+1:]
}

// cutValue splits an attribute's value, quoted or not, from what follows.
func cutValue(s []byte) (value, rest []byte) {
	if len(s) > 0 && (s[0] == '"' || s[0] == '\'') {
		value, rest, _ = bytes.Cut(s[1:], s[:1])
		return value, rest
	}
	end := bytes.IndexAny(s, " \t\r\n")
	if end < 0 {
		return s, nil
	}
	return s[:end], s[end:]
}

// splitName takes a name apart into prefix and local name, in lower case.
func splitName(name []byte) (prefix, local []byte) {
	if bytes.ContainsFunc(name, unicode.IsUpper) {
		name = bytes.ToLower(name)
	}
	i := bytes.LastIndexByte(name, ':')
	return name[:max(i, 0)], name[i+1:]
}

// appendText appends text with its references replaced. What is none stays as it
// stands: a bare & in a URL is the most frequent fault of sitemaps.
func appendText(out, text []byte) []byte {
	for {
		i := bytes.IndexByte(text, '&')
		if i < 0 {
			return append(out, text...)
		}
		out, text = append(out, text[:i]...), text[i:]
		end := bytes.IndexByte(text[:min(len(text), 12)], ';')
		char, ok := reference(text[1:max(end, 1)])
		if !ok {
			out, text = append(out, '&'), text[1:]
			continue
		}
		out, text = utf8.AppendRune(out, char), text[end+1:]
	}
}

// reference gives the character that a reference stands for: one of the five of
// XML, or a number.
func reference(name []byte) (char rune, ok bool) {
	switch string(name) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	digits, isNumber := bytes.CutPrefix(name, []byte("#"))
	if !isNumber {
		return 0, false
	}
	base := 10
	if hex, isHex := bytes.CutPrefix(bytes.ToLower(digits), []byte("x")); isHex {
		digits, base = hex, 16
	}
	n, err := strconv.ParseUint(string(digits), base, 21)
	if err != nil {
		return 0, false
	}
	if n < ' ' && n != '\t' && n != '\n' && n != '\r' {
		n = utf8.RuneError
	}
	return rune(n), true
}
