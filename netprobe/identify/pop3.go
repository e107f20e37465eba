package identify

import (
	"slices"
	"strings"

	"sonde"
)

// pop3Detector knows POP3 (RFC 1939, RFC 2449, RFC 2595).
var pop3Detector = detector{
	name:   "pop3",
	ports:  []uint16{110, 995},
	greets: true,
	knows:  fits(`^\+OK\b[^\n]*\n`),
	ask:    askPOP3,
}

func askPOP3(t *talk, s *sonde.Service) bool {
	greeting := t.line()
	marked(s, mailMarks, greeting)
	t.say("CAPA\r\n")
	var capabilities []string
	if strings.HasPrefix(t.line(), "+OK") {
		lines := t.linesTo(func(line string) bool { return line == "." })
		capabilities = lines[:max(len(lines)-1, 0)]
	}
	tell(s, "capabilities", strings.Join(capabilities, ", "))
	for _, line := range capabilities {
		if implementation, ok := strings.CutPrefix(line, "IMPLEMENTATION "); ok && s.Product == "" {
			marked(s, mailMarks, implementation)
		}
	}
	if slices.Contains(capabilities, "STLS") {
		t.say("STLS\r\n")
		if s.StartTLS = true; strings.HasPrefix(t.line(), "+OK") {
			t.upgrade(s)
		}
	}
	t.say("QUIT\r\n")
	return t.failed == nil || strings.HasPrefix(greeting, "+OK")
}
