package identify

import "sonde"

// socks5Detector knows SOCKS 5 (RFC 1928), socks4Detector version 4. Neither asks for
// a connection to anywhere.
var (
	socks5Detector = detector{name: "socks5", ports: []uint16{1080, 9050, 9150}, knows: nothing, ask: askSOCKS5}
	socks4Detector = detector{name: "socks4", ports: []uint16{1080}, knows: nothing, ask: askSOCKS4}
)

// nothing is the knows of a protocol whose first bytes could be anything.
func nothing([]byte) bool { return false }

// socksMethods are the ways to log in that are offered, by number; the last is the
// refusal of all.
var socksMethods = map[byte]string{0: "none", 1: "GSSAPI", 2: "user name and password", 0xff: "refused"}

func askSOCKS5(t *talk, s *sonde.Service) bool {
	t.say("\x05\x03\x00\x01\x02")
	answer := t.bytes(2)
	if t.failed != nil || answer[0] != 5 || len(t.in) > 0 {
		return false
	}
	method, known := socksMethods[answer[1]]
	tell(s, "authentication", method)
	return known
}

// askSOCKS4 asks for port 0 of address 0.0.0.0, where nobody is.
func askSOCKS4(t *talk, s *sonde.Service) bool {
	t.say("\x04\x01\x00\x00\x00\x00\x00\x00\x00")
	answer := t.bytes(8)
	return t.failed == nil && answer[0] == 0 && 90 <= answer[1] && answer[1] <= 93
}
