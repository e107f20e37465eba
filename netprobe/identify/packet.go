package identify

import (
	"bytes"
	"encoding/binary"
	"strconv"
)

// packet is read from its front. What is asked of it beyond its end is zero, and
// short then says so, so that a reader may look once, at the end.
type packet struct {
	rest  []byte
	short bool
}

// take gives the next n bytes; nil, and no more ever, when there are fewer.
func (p *packet) take(n int) []byte {
	if n < 0 || n > len(p.rest) {
		p.rest, p.short = nil, true
		return nil
	}
	taken := p.rest[:n]
	p.rest = p.rest[n:]
	return taken
}

// number gives the next n bytes as a big-endian number.
func (p *packet) number(n int) int {
	value := 0
	for _, b := range p.take(n) {
		value = value<<8 | int(b)
	}
	return value
}

// little gives the next n bytes as a little-endian number.
func (p *packet) little(n int) int {
	value := 0
	for i, b := range p.take(n) {
		value |= int(b) << (8 * i)
	}
	return value
}

// prefixed gives what follows its length, a big-endian number of n bytes.
func (p *packet) prefixed(n int) []byte { return p.take(p.number(n)) }

// terminated gives what comes before the next NUL.
func (p *packet) terminated() string {
	text, rest, found := bytes.Cut(p.rest, []byte{0})
	if !found {
		p.rest, p.short = nil, true
		return ""
	}
	p.rest = rest
	return string(text)
}

// withLength puts a big-endian length of n bytes, which counts itself where self is
// set, before a message.
func withLength(n int, self bool, message []byte) []byte {
	length := len(message)
	if self {
		length += n
	}
	return append(binary.BigEndian.AppendUint64(nil, uint64(length))[8-n:], message...)
}

// decimal reads a number in digits; -1 where it is none.
func decimal(digits string) int {
	n, err := strconv.Atoi(digits)
	if err != nil {
		return -1
	}
	return n
}
