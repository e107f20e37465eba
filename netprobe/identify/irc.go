package identify

import (
	"regexp"
	"strings"

	"sonde"
)

// ircDetector knows IRC (modern.ircdocs.horse, RFC 2812). It asks for the server's
// capabilities, which everybody may before they give a name.
var ircDetector = detector{
	name:  "irc",
	ports: []uint16{194, 6660, 6661, 6662, 6663, 6664, 6665, 6666, 6667, 6668, 6669, 6697, 7000},
	knows: fits(`^(:[^ \r\n]+ (NOTICE|CAP|\d{3}) [^\n]*|NOTICE [^ \r\n]+ :[^\n]*|ERROR :[^\n]*)\n`),
	ask:   askIRC,
}

// ircMarks tell servers by the vendors of their capabilities.
var ircMarks = []mark{
	{"InspIRCd", regexp.MustCompile(`\binspircd\.org/`)},
	{"UnrealIRCd", regexp.MustCompile(`\bunrealircd\.org/`)},
	{"Solanum", regexp.MustCompile(`\bsolanum\.chat/`)},
	{"Ergo", regexp.MustCompile(`\bergo\.chat/`)},
}

var (
	ircLine  = regexp.MustCompile(`^(?::([^ ]+) )?([A-Z]+|\d{3})(?: (.*))?$`)
	ircFinal = regexp.MustCompile(`^(CAP|ERROR|421|451|410)$`)
	ircLast  = regexp.MustCompile(`^[^ ]+ LS :`)
)

func askIRC(t *talk, s *sonde.Service) bool {
	t.say("CAP LS 302\r\n")
	var capabilities []string
	var server string
	ok := true
	t.linesTo(func(line string) bool {
		found := ircLine.FindStringSubmatch(line)
		if ok = found != nil; !ok {
			return true
		}
		server = found[1]
		_, list, isList := strings.Cut(found[3], ":")
		if found[2] == "CAP" && isList {
			capabilities = append(capabilities, list)
			return ircLast.MatchString(found[3])
		}
		return ircFinal.MatchString(found[2])
	})
	if !ok || t.failed != nil {
		return false
	}
	tell(s, "server", server)
	all := strings.Join(capabilities, " ")
	tell(s, "capabilities", strings.TrimSpace(all))
	marked(s, ircMarks, all)
	t.say("QUIT\r\n")
	return true
}
