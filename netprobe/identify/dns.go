package identify

import (
	"bytes"
	"encoding/binary"
	"fmt"
	"math/rand/v2"
	"regexp"

	"sonde"
)

// dnsDetector knows DNS over TCP (RFC 1035 section 4.2.2), which puts a length before
// every message; dnsDatagram over UDP. Both ask for the name that BIND began to
// answer with its version and most others answer too, or refuse.
var (
	dnsDetector = detector{
		name:  "dns",
		ports: []uint16{53, 853, 5353},
		knows: nothing,
		ask:   askDNS,
	}
	dnsDatagram = datagram{name: "dns", ports: []uint16{53, 5353}, question: versionQuery, read: readDNS}
)

const (
	dnsHeader   = 12
	dnsResponse = 1 << 15
	dnsRA       = 1 << 7
	dnsTXT      = 16
	dnsChaos    = 3
)

var dnsMarks = []mark{
	{"unbound", regexp.MustCompile(`^unbound (\d[\w.]*)`)},
	{"dnsmasq", regexp.MustCompile(`^dnsmasq-(\d[\w.]*)`)},
	{"PowerDNS Recursor", regexp.MustCompile(`^PowerDNS Recursor (\d[\w.]*)`)},
	{"PowerDNS Authoritative Server", regexp.MustCompile(`^PowerDNS Authoritative Server (\d[\w.]*)`)},
	{"NSD", regexp.MustCompile(`^NSD (\d[\w.]*)`)},
	{"Knot DNS", regexp.MustCompile(`^Knot DNS (\d[\w.]*)`)},
	{"Knot Resolver", regexp.MustCompile(`^Knot Resolver(?: (\d[\w.]*))?`)},
	{"CoreDNS", regexp.MustCompile(`^CoreDNS-(\d[\w.]*)`)},
	{"Microsoft DNS", regexp.MustCompile(`^Microsoft DNS (\d[\w.]*)`)},
	{"BIND", regexp.MustCompile(`^(9\.\d+\.\d+(?:-[SP]\d+)?)(?:-(\S+))?`)},
}

// versionQuery asks for version.bind in the class CHAOS (RFC 4892), under a random id.
func versionQuery() []byte {
	query := binary.BigEndian.AppendUint16(nil, uint16(rand.Uint32()))
	return append(query, "\x00\x00\x00\x01\x00\x00\x00\x00\x00\x00\x07version\x04bind\x00\x00\x10\x00\x03"...)
}

func askDNS(t *talk, s *sonde.Service) bool {
	query := versionQuery()
	t.say(string(withLength(2, false, query)))
	length := packet{rest: t.bytes(2)}
	answer := t.bytes(length.number(2))
	return t.failed == nil && readDNS(query, answer, s)
}

var responseCodes = map[int]string{0: "NOERROR", 1: "FORMERR", 2: "SERVFAIL", 3: "NXDOMAIN", 4: "NOTIMP", 5: "REFUSED", 9: "NOTAUTH"}

// readDNS takes only an answer with the id and the question that were sent. A server
// that understands nothing of it may leave the question out.
func readDNS(query, answer []byte, s *sonde.Service) bool {
	if len(query) < dnsHeader || len(answer) < dnsHeader || !bytes.Equal(answer[:2], query[:2]) {
		return false
	}
	p := packet{rest: answer[2:]}
	flags, questions, answers := p.number(2), p.number(2), p.number(2)
	p.take(4)
	if flags&dnsResponse == 0 || flags>>11&15 != 0 {
		return false
	}
	if asked := p.take(questions * (len(query) - dnsHeader)); questions > 1 || questions == 1 && !bytes.EqualFold(asked, query[dnsHeader:]) {
		return false
	}
	code := flags & 15
	name, known := responseCodes[code]
	if !known {
		name = fmt.Sprint(code)
	}
	tell(s, "version.bind", name)
	if flags&dnsRA != 0 {
		tell(s, "recursion", "available")
	}
	for range min(answers, 8) {
		readVersion(&p, s)
	}
	return true
}

// readVersion reads one record and, of a TXT record, its first string.
func readVersion(p *packet, s *sonde.Service) {
	p.skipName()
	kind, class := p.number(2), p.number(2)
	p.take(4)
	data := packet{rest: p.prefixed(2)}
	if text := string(data.prefixed(1)); kind == dnsTXT && class == dnsChaos && text != "" {
		marked(s, dnsMarks, text)
		tell(s, "version", text)
	}
}

// skipName passes over a name: labels up to the root, or to a pointer, which is not
// followed.
func (p *packet) skipName() {
	for !p.short {
		length := p.number(1)
		if length >= 0xc0 {
			p.take(1)
			return
		}
		if length == 0 {
			return
		}
		p.take(length)
	}
}
