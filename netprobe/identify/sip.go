package identify

import (
	"fmt"
	"math/rand/v2"
	"regexp"
	"strings"

	"sonde"
)

// sipDetector and sipDatagram know SIP (RFC 3261). Both ask what the server can do,
// and forbid to pass the question on.
var (
	sipDetector = detector{name: "sip", ports: []uint16{5060, 5061}, knows: fits(`^SIP/2\.0 \d{3}`), ask: askSIP}
	sipDatagram = datagram{
		name: "sip", ports: []uint16{5060},
		question: func() []byte { return []byte(sipOptions("UDP")) },
		read:     readSIPDatagram,
	}
)

// sipMarks are products whose names hold spaces.
var sipMarks = []mark{
	{"Asterisk PBX", regexp.MustCompile(`^Asterisk PBX (\d[\w.~+-]*)`)},
	{"FreeSWITCH", regexp.MustCompile(`^FreeSWITCH-mod_sofia/(\d[\w.]*)`)},
	{"Kamailio", regexp.MustCompile(`(?i)^kamailio \((\d[\w.]*)`)},
	{"OpenSIPS", regexp.MustCompile(`(?i)^OpenSIPS \((\d[\w.]*)`)},
}

func sipOptions(transport string) string {
	id := fmt.Sprintf("%016x", rand.Uint64())
	return strings.ReplaceAll("OPTIONS sip:sonde.invalid SIP/2.0\r\n"+
		"Via: SIP/2.0/"+transport+" sonde.invalid;branch=z9hG4bK$;rport\r\n"+
		"Max-Forwards: 0\r\nFrom: <sip:sonde@sonde.invalid>;tag=$\r\nTo: <sip:sonde.invalid>\r\n"+
		"Call-ID: $@sonde.invalid\r\nCSeq: 1 OPTIONS\r\nContact: <sip:sonde@sonde.invalid>\r\n"+
		"Accept: application/sdp\r\nContent-Length: 0\r\n\r\n", "$", id)
}

func askSIP(t *talk, s *sonde.Service) bool {
	t.say(sipOptions("TCP"))
	answer, ok := t.message("SIP")
	if ok {
		readSIP(s, answer)
	}
	return ok
}

// readSIPDatagram takes only an answer to the call that was begun.
func readSIPDatagram(question, datagram []byte, s *sonde.Service) bool {
	_, rest, found := strings.Cut(string(question), "\r\nCall-ID: ")
	call, _, _ := strings.Cut(rest, "\r\n")
	answer, ok := parseHead("SIP", datagram)
	if id := answer.fields["call-id"] + answer.fields["i"]; !found || !ok || id != call {
		return false
	}
	readSIP(s, answer)
	return true
}

func readSIP(s *sonde.Service, answer message) {
	tell(s, "status", strings.TrimSpace(fmt.Sprint(answer.status, " ", answer.reason)))
	software := answer.fields["server"]
	if software == "" {
		software = answer.fields["user-agent"]
	}
	tell(s, "server", software)
	tell(s, "allow", answer.fields["allow"])
	marked(s, sipMarks, software)
	if s.Product == "" {
		readServer(s, software)
	}
}
