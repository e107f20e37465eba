package identify

import (
	"bytes"
	"fmt"
	"regexp"
	"strings"

	"sonde"
)

// telnetDetector knows Telnet (RFC 854), by the options that a server wants to talk
// about or by a prompt for a login.
var telnetDetector = detector{name: "telnet", ports: []uint16{23, 992, 2323}, greets: true, knows: isTelnet, ask: askTelnet}

// Commands of section "TELNET command structure".
const (
	telnetSE   = 240
	telnetSB   = 250
	telnetWill = 251
	telnetWont = 252
	telnetDo   = 253
	telnetDont = 254
	telnetIAC  = 255
)

// telnetOptions names some of IANA's registry.
var telnetOptions = map[byte]string{
	0: "binary", 1: "echo", 3: "suppress go-ahead", 5: "status", 6: "timing mark", 24: "terminal type", 31: "window size",
	32: "terminal speed", 33: "flow control", 34: "linemode", 35: "X display", 36: "environment", 37: "authentication", 38: "encryption", 39: "new environment",
}

var telnetPrompt = regexp.MustCompile(`(?i)(?:^|\n)[^\n]*\b(?:login|username|user name|password) ?: ?$`)

func isTelnet(said []byte) bool {
	isOption := len(said) >= 3 && said[0] == telnetIAC && telnetWill <= said[1] && said[1] <= telnetDont
	return isOption || telnetPrompt.Match(said)
}

// telnetRounds bounds how often options are talked about.
const telnetRounds = 4

// askTelnet refuses all options, until the server has nothing to say but a prompt.
func askTelnet(t *talk, s *sonde.Service) bool {
	var text bytes.Buffer
	var wanted []string
	t.greeting(t.patience, isTelnet)
	for range telnetRounds {
		said := bytes.Clone(t.pausing())
		t.in = t.in[len(said):]
		refusals := readTelnet(said, &text, &wanted)
		if len(refusals) == 0 {
			break
		}
		t.say(string(refusals))
	}
	tell(s, "options", strings.Join(wanted, ", "))
	prompt := strings.Join(strings.Fields(text.String()), " ")
	tell(s, "prompt", prompt)
	return len(wanted) > 0 || telnetPrompt.Match(text.Bytes())
}

// readTelnet parts text from commands, and answers those.
func readTelnet(said []byte, text *bytes.Buffer, wanted *[]string) (refusals []byte) {
	p := packet{rest: said}
	for len(p.rest) > 0 {
		b := byte(p.number(1))
		if b != telnetIAC {
			text.WriteByte(b)
			continue
		}
		switch command := byte(p.number(1)); command {
		case telnetDo, telnetWill:
			option := byte(p.number(1))
			*wanted = append(*wanted, telnetOption(option))
			refusals = append(refusals, telnetIAC, refusalOf(command), option)
		case telnetDont, telnetWont:
			p.take(1)
		case telnetSB:
			_, p.rest, _ = bytes.Cut(p.rest, []byte{telnetIAC, telnetSE})
		}
	}
	return refusals
}

// refusalOf gives WONT for DO, and DONT for WILL.
func refusalOf(command byte) byte {
	if command == telnetDo {
		return telnetWont
	}
	return telnetDont
}

func telnetOption(option byte) string {
	if name, known := telnetOptions[option]; known {
		return name
	}
	return fmt.Sprint(option)
}
