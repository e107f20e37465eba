package markup

import "unicode/utf8"

// line gathers text into one line: white space collapsed, none at the ends, no
// more than a number of characters.
type line struct {
	buf   []byte
	room  int  // characters that still fit
	space bool // white space came since the last character
}

// begin empties the line and gives it room for so many characters.
func (l *line) begin(room int) {
	l.buf, l.room, l.space = l.buf[:0], room, false
}

// gap puts white space between what came and what comes.
func (l *line) gap() { l.space = true }

func (l *line) add(text []byte) {
	for i := 0; i < len(text) && l.room > 0; {
		start := i
		for i < len(text) && kinds[text[i]]&(space|odd) == 0 {
			i++
		}
		switch {
		case i > start:
			l.put(text[start:i], i-start)
		case isSpace(text[i]):
			l.space = true
			i++
		default:
			r, size := utf8.DecodeRune(text[i:])
			i += size
			if _, class := classify(r); class == spacing {
				l.space = true
			} else {
				l.put(text[start:i], 1)
			}
		}
	}
}

// put appends characters, with the white space before them. Only ASCII comes in
// many at once.
func (l *line) put(text []byte, characters int) {
	if l.space && len(l.buf) > 0 {
		if l.room < 2 {
			l.room = 0
			return
		}
		l.buf = append(l.buf, ' ')
		l.room--
	}
	l.space = false
	if characters > l.room {
		text, characters = text[:l.room], l.room
	}
	l.buf = append(l.buf, text...)
	l.room -= characters
}

// addApart adds text with white space around it.
func (l *line) addApart(text []byte) {
	if len(text) > 0 {
		l.gap()
		l.add(text)
		l.gap()
	}
}

// capture is a line that gathers the text of an open element.
type capture struct {
	line
	depth int    // of the element in the stack of open elements, 0 when none is open
	index int    // of what the text belongs to, in its list
	label []byte // what the element says in an attribute, with its character references
}

// open begins to gather the text of the element that will stand at depth.
func (c *capture) open(depth, index, room int) {
	c.begin(room)
	c.depth, c.index, c.label = depth, index, nil
}
