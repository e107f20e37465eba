package identify

import "strings"

// ber writes a value in the Basic Encoding Rules (ITU-T X.690): its tag, the length of
// what is in it, and that.
func ber(tag byte, content ...string) string {
	inside := strings.Join(content, "")
	switch n := len(inside); {
	case n < 0x80:
		return string([]byte{tag, byte(n)}) + inside
	case n < 0x100:
		return string([]byte{tag, 0x81, byte(n)}) + inside
	default:
		return string([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + inside
	}
}

// Tags of universal types, and the bits of constructed values of other classes.
const (
	berInteger     = 0x02
	berText        = 0x04
	berOID         = 0x06
	berEnum        = 0x0a
	berSequence    = 0x30
	berApplication = 0x60
	berContext     = 0xa0
)

// ber reads the next value.
func (p *packet) ber() (tag int, content packet) {
	tag = p.number(1)
	length := p.number(1)
	if length > 0x84 { // of more than four bytes, and longer than any answer
		length = -1
	} else if length > 0x80 {
		length = p.number(length - 0x80)
	}
	return tag, packet{rest: p.take(length)}
}

// inside reads the next value where its tag is the one wanted; another is short.
func (p *packet) inside(want int) packet {
	tag, content := p.ber()
	if tag != want || p.short {
		return packet{short: true}
	}
	return content
}

// berLength gives the length of the value that begins in, -1 when not all came.
func berLength(in []byte) int {
	p := packet{rest: in}
	if p.ber(); p.short {
		return -1
	}
	return len(in) - len(p.rest)
}
