package identify

import (
	"crypto/rand"
	"fmt"
	"strings"

	"sonde"
)

// quicDatagram knows QUIC, and with it HTTP/3, by its version negotiation (RFC 8999,
// RFC 9000 section 6): asked in a version that is kept free for this, a server lists
// those that it speaks.
var quicDatagram = datagram{name: "quic", ports: []uint16{443, 853, 8443}, question: askQUIC, read: readQUIC}

const (
	quicSize    = 1200 // of the smallest datagram that begins a connection
	quicGreased = "\x1a\x2a\x3a\x4a"
	quicID      = 8
)

// askQUIC is a long header with two random connection ids, and nothing that a server
// would have to decrypt.
func askQUIC() []byte {
	question := make([]byte, quicSize)
	rand.Read(question[:7+2*quicID])
	question[0] |= 0xc0
	copy(question[1:], quicGreased)
	question[5], question[6+quicID] = quicID, quicID
	return question
}

// readQUIC takes only an answer to the ids that were sent, exchanged.
func readQUIC(question, answer []byte, s *sonde.Service) bool {
	if len(question) != quicSize || len(answer) < 7+2*quicID || answer[0]&0x80 == 0 {
		return false
	}
	p := packet{rest: answer[1:]}
	version, destination, source := p.number(4), p.prefixed(1), p.prefixed(1)
	if version != 0 || string(source) != string(question[6:6+quicID]) || string(destination) != string(question[7+quicID:7+2*quicID]) {
		return false
	}
	var versions []string
	for len(p.rest) >= 4 && len(versions) < maxFacts {
		if v := p.number(4); v&0x0f0f0f0f != 0x0a0a0a0a { // those kept free mean nothing
			versions = append(versions, quicVersion(v))
		}
	}
	tell(s, "versions", strings.Join(versions, ", "))
	return true
}

// quicVersion names a version of IANA's registry.
func quicVersion(v int) string {
	switch {
	case v == 1:
		return "1"
	case v == 0x6b3343cf:
		return "2"
	case v>>8 == 0xff0000:
		return fmt.Sprintf("draft-%d", v&0xff)
	}
	return fmt.Sprintf("0x%08x", v)
}
