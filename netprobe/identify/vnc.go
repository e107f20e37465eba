package identify

import (
	"fmt"
	"regexp"
	"strings"

	"sonde"
)

// vncDetector knows VNC, the Remote Framebuffer protocol (RFC 6143).
var vncDetector = detector{name: "vnc", ports: []uint16{5900, 5901, 5902, 5800}, greets: true, knows: vncGreeting.Match, ask: askVNC}

var vncGreeting = regexp.MustCompile(`^RFB (\d{3})\.(\d{3})\n`)

// vncSecurity are the types of section 7.1.2, and those that others have registered.
var vncSecurity = map[int]string{1: "none", 2: "VNC authentication", 5: "RA2", 6: "RA2ne", 16: "Tight", 18: "TLS", 19: "VeNCrypt", 20: "SASL", 30: "Apple DH"}

func askVNC(t *talk, s *sonde.Service) bool {
	found := vncGreeting.FindStringSubmatch(t.line() + "\n")
	if found == nil {
		return false
	}
	tell(s, "protocol", strings.TrimLeft(found[1], "0")+"."+strings.TrimLeft(found[2], "0"))
	if found[2] < "007" { // the server will decide by itself, after it is told 3.3
		return true
	}
	t.say("RFB 003.008\n")
	count := packet{rest: t.bytes(1)}
	var offered []string
	for _, kind := range t.bytes(count.number(1)) {
		name, known := vncSecurity[int(kind)]
		if !known {
			name = fmt.Sprint(kind)
		}
		offered = append(offered, name)
	}
	tell(s, "security", strings.Join(offered, ", "))
	return true
}
