package identify

import (
	"bytes"
	"crypto/rand"
	"fmt"
	"net/netip"
	"strings"

	"sonde"
)

// ntpDatagram knows NTP (RFC 5905). A client's question is answered by every server;
// version and product are told only by control messages, which many take for an attack.
var ntpDatagram = datagram{name: "ntp", ports: []uint16{123}, question: askNTP, read: readNTP}

// The layout of a packet, section 7.3.
const (
	ntpPacket    = 48
	ntpReference = 12 // the source's id
	ntpOrigin    = 24 // what the client sent as its transmit timestamp
	ntpTransmit  = 40
	clientMode   = 4<<3 | 3
	serverMode   = 4
)

// askNTP is a client's packet. Its timestamp is a random number that the server gives
// back, so that an answer can be told from a forged one.
func askNTP() []byte {
	packet := make([]byte, ntpPacket)
	packet[0] = clientMode
	rand.Read(packet[ntpTransmit:])
	return packet
}

func readNTP(question, answer []byte, s *sonde.Service) bool {
	if len(question) != ntpPacket || len(answer) < ntpPacket || answer[0]&7 != serverMode {
		return false
	}
	if !bytes.Equal(answer[ntpOrigin:ntpOrigin+8], question[ntpTransmit:]) {
		return false
	}
	tell(s, "version", fmt.Sprint(answer[0]>>3&7))
	tell(s, "stratum", fmt.Sprint(answer[1]))
	tell(s, "reference", ntpSource(answer[1], [4]byte(answer[ntpReference:])))
	if answer[0]>>6 == 3 {
		tell(s, "clock", "not synchronised")
	}
	return true
}

// ntpSource tells whom a server has its time from: a kind of clock, or for stratum 0 a
// kiss code, in letters; else an IPv4 address, or a digest of an IPv6 address.
func ntpSource(stratum byte, id [4]byte) string {
	if stratum <= 1 {
		return strings.TrimRight(string(id[:]), "\x00")
	}
	return netip.AddrFrom4(id).String()
}
