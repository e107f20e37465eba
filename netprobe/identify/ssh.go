package identify

import (
	"regexp"
	"strings"

	"sonde"
)

// sshDetector knows SSH (RFC 4253).
var sshDetector = detector{
	name:   "ssh",
	ports:  []uint16{22, 2222, 22222},
	greets: true,
	knows:  fits(`(?m)^SSH-\d+\.\d+-[^\n]*\n`),
	ask:    askSSH,
}

// sshMarks are products as the software version of section 4.2 names them.
var sshMarks = []mark{
	{"OpenSSH", regexp.MustCompile(`^OpenSSH_([\w.]+)(?: (.+))?`)},
	{"Dropbear", regexp.MustCompile(`^dropbear(?:_([\w.]+))?`)},
}

func askSSH(t *talk, s *sonde.Service) bool {
	version := t.line()
	rest, ok := strings.CutPrefix(version, "SSH-")
	if !ok {
		return false
	}
	protocol, software, _ := strings.Cut(rest, "-")
	tell(s, "protocol", protocol)
	marked(s, sshMarks, software)
	return true
}
