package identify

import (
	"regexp"
	"strings"

	"sonde"
)

// sieveDetector knows ManageSieve (RFC 5804), whose servers begin with their
// capabilities.
var sieveDetector = detector{
	name:   "managesieve",
	ports:  []uint16{2000, 4190},
	greets: true,
	knows:  fits(`(?i)^"(IMPLEMENTATION|SIEVE|SASL|NOTIFY|VERSION|STARTTLS)"[^\n]*\n`),
	ask:    askSieve,
}

var (
	sieveEnd        = regexp.MustCompile(`(?i)^(OK|NO|BYE)\b`)
	sieveCapability = regexp.MustCompile(`^"([^"]*)"(?: "([^"]*)")?`)
)

func askSieve(t *talk, s *sonde.Service) bool {
	lines := t.linesTo(sieveEnd.MatchString)
	for _, line := range lines {
		found := sieveCapability.FindStringSubmatch(line)
		if found == nil {
			continue
		}
		switch name := strings.ToLower(found[1]); name {
		case "implementation":
			marked(s, mailMarks, found[2])
			tell(s, name, found[2])
		case "starttls":
			s.StartTLS = true
		default:
			tell(s, name, found[2])
		}
	}
	if s.StartTLS {
		t.say("STARTTLS\r\n")
		if strings.HasPrefix(strings.ToUpper(t.line()), "OK") {
			t.upgrade(s)
		}
	}
	t.say("LOGOUT\r\n")
	return len(lines) > 1
}
