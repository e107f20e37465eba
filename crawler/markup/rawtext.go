package markup

import "bytes"

// rawText takes what follows a start tag as text without markup, up to the end
// tag of that name, which is the next token. Without an end tag everything that
// follows is text.
func (t *tokenizer) rawText(name string) []byte {
	start := t.pos
	t.pos = endTagAt(t.src, start, name)
	return t.src[start:t.pos]
}

// scriptText is rawText for a script, where <!-- and <script change what ends it.
func (t *tokenizer) scriptText() []byte {
	start := t.pos
	t.pos = endTagAt(t.src, start, "script")
	if bytes.Contains(t.src[start:t.pos], []byte("<!--")) {
		t.pos = scriptEnd(t.src, start)
	}
	return t.src[start:t.pos]
}

// rest takes all that follows as text.
func (t *tokenizer) rest() []byte {
	start := t.pos
	t.pos = len(t.src)
	return t.src[start:]
}

// endTagAt finds the end tag of a name at or behind from, or the end.
func endTagAt(src []byte, from int, name string) int {
	for {
		at := bytes.Index(src[from:], []byte("</"))
		if at < 0 {
			return len(src)
		}
		from += at
		if isNamed(src[from+2:], name) {
			return from
		}
		from += 2
	}
}

// isNamed reports whether a tag whose name begins rest has that name.
func isNamed(rest []byte, name string) bool {
	if len(rest) <= len(name) || !hasPrefixLower(rest, name) {
		return false
	}
	c := rest[len(name)]
	return isSpace(c) || c == '/' || c == '>'
}

// scriptEnd finds the end of a script by the script data states of the HTML
// Standard (13.2.5.15 and on): within <!-- --> a <script> hides the next </script>.
func scriptEnd(src []byte, i int) int {
	const plain, escaped, nested = 0, 1, 2
	state, dashes := plain, 0 // dashes is where the <!-- in force has its own
	for ; i < len(src); i++ {
		switch c := src[i]; {
		case c == '>' && state != plain && i-2 >= dashes && src[i-1] == '-' && src[i-2] == '-':
			state = plain
		case c != '<':
		case isEndOf(src[i:], "script"):
			if state != nested {
				return i
			}
			state = escaped
		case state == plain && bytes.HasPrefix(src[i:], []byte("<!--")):
			state, dashes = escaped, i+2
		case state == escaped && isNamed(src[i+1:], "script"):
			state = nested
		}
	}
	return len(src)
}

// isEndOf reports whether rest begins with the end tag of a name.
func isEndOf(rest []byte, name string) bool {
	return len(rest) > 2 && rest[1] == '/' && isNamed(rest[2:], name)
}
