package identify

import (
	"slices"

	"sonde"
)

// datagram knows one protocol on UDP: one question, and how its answer is read.
type datagram struct {
	name     string
	ports    []uint16
	question func() []byte
	// read writes into s what an answer to the question tells, and reports whether it
	// is one.
	read func(question, answer []byte, s *sonde.Service) bool
}

// datagrams are all protocols on UDP, the likeliest first.
var datagrams = []*datagram{&dnsDatagram, &ntpDatagram, &snmpDatagram, &sipDatagram, &stunDatagram, &quicDatagram}

// Questions gives the datagrams to ask a UDP port with, in order: those of the
// protocols that are usual there, then all others, the likeliest first. Each asks for
// nothing but what the service is.
func Questions(port uint16) [][]byte {
	ordered := slices.Clone(datagrams)
	slices.SortStableFunc(ordered, func(a, b *datagram) int { return b.rank(port) - a.rank(port) })
	questions := make([][]byte, len(ordered))
	for i, d := range ordered {
		questions[i] = d.question()
	}
	return questions
}

func (d *datagram) rank(port uint16) int {
	if slices.Contains(d.ports, port) {
		return 1
	}
	return 0
}

// Reply says who gave an answer to one of the Questions. An answer that belongs to no
// protocol, or not to this question, has a banner alone.
func Reply(question, answer []byte) sonde.Service {
	for _, d := range datagrams {
		service := sonde.Service{Name: d.name, Banner: sonde.Banner(answer)}
		if d.read(question, answer, &service) {
			return tidied(service)
		}
	}
	service := sonde.Service{Banner: sonde.Banner(answer)}
	if isEcho(question, answer) {
		service.Name = "echo"
	}
	return service
}
