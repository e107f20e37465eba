package identify

import (
	"crypto/rand"
	"encoding/binary"
	"regexp"

	"sonde"
)

// stunDatagram knows STUN and TURN (RFC 8489).
var stunDatagram = datagram{name: "stun", ports: []uint16{3478, 5349}, question: askSTUN, read: readSTUN}

const (
	stunHeader   = 20
	stunSuccess  = 0x0101
	stunError    = 0x0111
	stunSoftware = 0x8022
	stunCookie   = "\x21\x12\xa4\x42"
)

var stunMarks = []mark{
	{"coturn", regexp.MustCompile(`^Coturn-(\d[\w.]*)`)},
}

func askSTUN() []byte {
	request := append([]byte("\x00\x01\x00\x00"), stunCookie...)
	transaction := make([]byte, 12)
	rand.Read(transaction)
	return append(request, transaction...)
}

func readSTUN(question, answer []byte, s *sonde.Service) bool {
	if len(question) != stunHeader || len(answer) < stunHeader || string(answer[4:stunHeader]) != string(question[4:]) {
		return false
	}
	if kind := binary.BigEndian.Uint16(answer); kind != stunSuccess && kind != stunError {
		return false
	}
	attributes := packet{rest: answer[stunHeader:]}
	for len(attributes.rest) > 0 {
		kind := attributes.number(2)
		value := attributes.prefixed(2)
		attributes.take(min((4-len(value)%4)%4, len(attributes.rest)))
		if kind == stunSoftware {
			tell(s, "software", string(value))
			marked(s, stunMarks, string(value))
		}
	}
	return true
}
