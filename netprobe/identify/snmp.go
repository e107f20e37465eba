package identify

import (
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"time"

	"sonde"
)

// snmpDatagram knows SNMP by the discovery of version 3 (RFC 3414 section 4), which
// needs neither a name nor a community.
var snmpDatagram = datagram{name: "snmp", ports: []uint16{161}, question: askSNMP, read: readSNMP}

const (
	snmpVersion3 = "\x03"
	userSecurity = "\x03"
)

// snmpProducts are programs by the enterprise that their engines' ids name
// (RFC 3411 section 5, IANA's Private Enterprise Numbers).
var snmpProducts = map[int]string{8072: "Net-SNMP"}

// askSNMP asks for the engine's id, under a random message id.
func askSNMP() []byte {
	id := rand.Uint32()&0x3fffffff | 1<<28 // positive, and always of four bytes
	number := string([]byte{byte(id >> 24), byte(id >> 16), byte(id >> 8), byte(id)})
	zero, empty := ber(berInteger, "\x00"), ber(berText)
	return []byte(ber(berSequence,
		ber(berInteger, snmpVersion3),
		ber(berSequence, ber(berInteger, number), ber(berInteger, "\x00\xff\xe3"), ber(berText, "\x04"), ber(berInteger, userSecurity)),
		ber(berText, ber(berSequence, empty, zero, zero, empty, empty, empty)),
		ber(berSequence, empty, empty, ber(0xa0, ber(berInteger, number), zero, zero, ber(berSequence))),
	))
}

// snmpID gives the message id of a version 3 message; nil where it is none.
func snmpID(message *packet) []byte {
	version := message.inside(berInteger)
	header := message.inside(berSequence)
	if string(version.rest) != snmpVersion3 {
		return nil
	}
	return header.inside(berInteger).rest
}

func readSNMP(question, answer []byte, s *sonde.Service) bool {
	asked, answered := packet{rest: question}, packet{rest: answer}
	asked, answered = asked.inside(berSequence), answered.inside(berSequence)
	id := snmpID(&asked)
	if id == nil || string(snmpID(&answered)) != string(id) {
		return false
	}
	security := answered.inside(berText)
	engine := security.inside(berSequence)
	name, boots, seconds := engine.inside(berText), engine.inside(berInteger), engine.inside(berInteger)
	if engine.short || len(name.rest) == 0 || string(question) == string(answer) {
		return false
	}
	tell(s, "engine id", hex.EncodeToString(name.rest))
	enterprise := name.number(4) &^ (1 << 31)
	tell(s, "enterprise", fmt.Sprint(enterprise))
	s.Product = snmpProducts[enterprise]
	tell(s, "engine boots", fmt.Sprint(boots.number(len(boots.rest))))
	tell(s, "up for", (time.Duration(seconds.number(min(len(seconds.rest), 4))) * time.Second).String())
	return true
}
