package identify

import (
	"bytes"
	"regexp"
	"strings"

	"sonde"
)

// xmppDetector knows XMPP (RFC 6120). Its servers say who they are only to those who
// have logged in.
var xmppDetector = detector{
	name:  "xmpp",
	ports: []uint16{5222, 5223, 5269},
	knows: xmppStream.Match,
	ask:   askXMPP,
}

var xmppStream = regexp.MustCompile(`^(?:<\?xml[^>]*>\s*)?<(?:\w+:)?stream\b[^>]*http://etherx\.jabber\.org/streams`)

var xmppMechanism = regexp.MustCompile(`<mechanism[^>]*>([A-Z0-9_-]+)</`)

func askXMPP(t *talk, s *sonde.Service) bool {
	to := t.hints.Host
	if to == "" || strings.ContainsAny(to, `'"<>&`) {
		to = "sonde.invalid"
	}
	t.say("<?xml version='1.0'?><stream:stream to='" + to +
		"' version='1.0' xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams'>")
	answer := t.xml("</stream:features>", "</stream:error>", "<stream:features/>", "</stream:stream>")
	if !xmppStream.Match(answer) {
		return false
	}
	var mechanisms []string
	for _, found := range xmppMechanism.FindAllSubmatch(answer, maxFacts) {
		mechanisms = append(mechanisms, string(found[1]))
	}
	tell(s, "mechanisms", strings.Join(mechanisms, ", "))
	if bytes.Contains(answer, []byte("<starttls")) {
		t.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>")
		s.StartTLS = true
		if bytes.Contains(t.xml("/>", "</proceed>", "</failure>"), []byte("<proceed")) {
			t.upgrade(s)
			return true
		}
	}
	t.say("</stream:stream>")
	return true
}

// xml takes what comes up to the first of some ends, or all that came before it failed.
func (t *talk) xml(ends ...string) []byte {
	answer := t.hear(func(in []byte) int {
		for _, end := range ends {
			if i := bytes.Index(in, []byte(end)); i >= 0 {
				return i + len(end)
			}
		}
		return -1
	})
	if answer == nil {
		return t.in
	}
	return answer
}
