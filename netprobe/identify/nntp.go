package identify

import (
	"regexp"
	"strings"

	"sonde"
)

// nntpDetector knows NNTP (RFC 3977, RFC 4642).
var nntpDetector = detector{name: "nntp", ports: []uint16{119, 433, 563}, greets: true, knows: fits(`^(200|201|400|502) [^\n]*\n`), ask: askNNTP}

var nntpMarks = []mark{
	{"INN", regexp.MustCompile(`\bINN (\d[\w.]*)`)},
	{"Cyrus", regexp.MustCompile(`\bCyrus NNTP v?(\d[\w.]*)`)},
	{"Leafnode", regexp.MustCompile(`(?i)\bLeafnode NNTP daemon, version (\d[\w.]*)`)},
}

var saysNNTP = regexp.MustCompile(`(?i)\b(NNTP|NNRP|InterNetNews|news)\b`)

func askNNTP(t *talk, s *sonde.Service) bool {
	greeting := t.line()
	marked(s, nntpMarks, greeting)
	t.say("CAPABILITIES\r\n")
	if !strings.HasPrefix(t.line(), "101") {
		return saysNNTP.MatchString(greeting)
	}
	capabilities := t.linesTo(func(line string) bool { return line == "." })
	for _, line := range capabilities {
		if implementation, ok := strings.CutPrefix(line, "IMPLEMENTATION "); ok {
			marked(s, nntpMarks, implementation)
			tell(s, "implementation", implementation)
		}
		s.StartTLS = s.StartTLS || line == "STARTTLS"
	}
	tell(s, "capabilities", strings.Join(capabilities[:max(len(capabilities)-1, 0)], ", "))
	if s.StartTLS {
		t.say("STARTTLS\r\n")
		if strings.HasPrefix(t.line(), "382") {
			t.upgrade(s)
		}
	}
	t.say("QUIT\r\n")
	return true
}
