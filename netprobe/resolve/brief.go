package resolve

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"sonde"
)

// settled is the answer in a message, if it is the whole reply to a question that went
// out as sent, and settles it.
func (q question) settled(message, sent []byte) (sonde.DNSAnswer, bool) {
	if a, ok := q.brief(message, sent); ok {
		return a, true
	}
	r, err := q.read(message, binary.BigEndian.Uint16(sent))
	if err != nil || r.truncated || r.rcode != "NOERROR" && r.rcode != "NXDOMAIN" {
		return sonde.DNSAnswer{}, false
	}
	return q.answer(r), true
}

// The header of a whole reply without an error (RFC 1035, section 4.1.1): the bits that
// count, and those of them that are set.
const (
	wholeMask = 0xfa0f // reply, operation, truncated, rcode
	whole     = 0x8000
)

// Parts of a brief reply, in bytes (RFC 1035, section 4.1.3; RFC 6891, section 6.1.2).
const (
	recordHead = 12 // of a record whose owner is a pointer to the question's name
	bareOPT    = 11 // what EDNS adds where it has no options
	typeOPT    = 41
)

// brief reads the replies that most are, with addresses of the name itself and nothing
// else, at a fraction of the cost of [question.read]. Of others it says that it cannot.
func (q question) brief(message, sent []byte) (sonde.DNSAnswer, bool) {
	asked := sent[headerSize:q.end()]
	if len(message) < q.end() || !bytes.Equal(message[:2], sent[:2]) || !bytes.Equal(message[headerSize:q.end()], asked) {
		return sonde.DNSAnswer{}, false
	}
	bits := binary.BigEndian.Uint16(message[2:])
	counts := binary.BigEndian.Uint64(message[4:])
	records, extra := int(counts>>32&0xffff), int(counts&0xffff)
	if bits&wholeMask != whole || counts>>48 != 1 || uint16(counts>>16) != 0 || records == 0 || extra > 1 {
		return sonde.DNSAnswer{}, false
	}
	found, rest, ok := q.addresses(message[q.end():], records, asked[len(asked)-4:])
	if !ok || len(rest) != extra*bareOPT || extra == 1 && !isBareOPT(rest) {
		return sonde.DNSAnswer{}, false
	}
	return sonde.DNSAnswer{Host: q.name, Type: q.kind, RCode: "NOERROR", Flags: flagsOf(bits), Records: found}, true
}

// end is where the question ends in a message.
func (q question) end() int {
	if q.name == "." {
		return headerSize + 1 + 4
	}
	return headerSize + len(q.name) + 2 + 4
}

// addresses reads so many records of the name that was asked for, all of the type and
// class that were, which kind has as they stand in messages.
func (q question) addresses(b []byte, many int, kind []byte) (found []sonde.DNSRecord, rest []byte, ok bool) {
	size := map[string]int{"A": 4, "AAAA": 16}[q.kind]
	each := recordHead + size
	if size == 0 || len(b) < many*each {
		return nil, nil, false
	}
	head := append([]byte{0xc0, headerSize}, kind...)
	found = make([]sonde.DNSRecord, many)
	for i := range found {
		record := b[i*each : (i+1)*each]
		address, _ := netip.AddrFromSlice(record[recordHead:])
		if !bytes.Equal(record[:6], head) || int(binary.BigEndian.Uint16(record[10:])) != size || address.Is4In6() {
			return nil, nil, false
		}
		found[i] = sonde.DNSRecord{Name: q.name, Type: q.kind, Value: address.String(), TTL: ttl(binary.BigEndian.Uint32(record[6:]))}
	}
	return found, b[many*each:], true
}

// isBareOPT reports whether a record is what EDNS adds, of version 0, with neither
// options nor a longer rcode.
func isBareOPT(b []byte) bool {
	return b[0] == 0 && binary.BigEndian.Uint16(b[1:]) == typeOPT && b[5] == 0 && b[6] == 0 && b[9] == 0 && b[10] == 0
}
