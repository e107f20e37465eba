package identify

import (
	"regexp"
	"slices"
	"strings"

	"sonde"
)

// ldapDetector knows LDAP (RFC 4511). It reads the entry that describes the server,
// which everybody may (RFC 4512 section 5.1).
var ldapDetector = detector{
	name:  "ldap",
	ports: []uint16{389, 636, 3268, 3269},
	knows: func(said []byte) bool {
		p := packet{rest: said}
		message := p.inside(berSequence)
		message.inside(berInteger)
		tag, _ := message.ber()
		return !message.short && (tag == ldapNotice || tag == ldapEntry)
	},
	ask: askLDAP,
}

// Operations, by their tags, and an object identifier.
const (
	ldapSearch   = 0x63
	ldapEntry    = 0x64
	ldapDone     = 0x65
	ldapExtended = 0x77
	ldapNotice   = 0x78 // an extended response, or a notice of disconnection
	ldapStartTLS = "1.3.6.1.4.1.1466.20037"
)

// ldapAttributes are asked for; those after the first six only tell products apart.
var ldapAttributes = []string{
	"vendorName", "vendorVersion", "supportedLDAPVersion", "supportedSASLMechanisms", "namingContexts", "dnsHostName",
	"supportedExtension", "objectClass", "forestFunctionality",
}

var ldapMarks = []mark{
	{"OpenLDAP", regexp.MustCompile(`\bOpenLDAProotDSE\b`)},
	{"389 Directory Server", regexp.MustCompile(`389-Directory/(\d[\w.]*)`)},
	{"Microsoft Active Directory", regexp.MustCompile(`(?m)^forestFunctionality `)},
	{"ApacheDS", regexp.MustCompile(`Apache Software Foundation(?:\n(?s:.*)vendorVersion (\d[\w.]*))?`)},
	{"OpenDJ", regexp.MustCompile(`OpenDJ(?: Server)? (\d[\w.]*)`)},
	{"lldap", regexp.MustCompile(`(?m)^vendorName LLDAP(?:\nvendorVersion lldap_(\d[\w.]*))?`)},
}

func askLDAP(t *talk, s *sonde.Service) bool {
	t.say(ldapRootDSE())
	attributes, ok := t.ldapEntry()
	if !ok {
		return false
	}
	var all strings.Builder
	for _, name := range ldapAttributes {
		for _, value := range attributes[strings.ToLower(name)] {
			all.WriteString(name + " " + value + "\n")
		}
	}
	marked(s, ldapMarks, all.String())
	for _, name := range ldapAttributes[:6] {
		tell(s, name, strings.Join(attributes[strings.ToLower(name)], ", "))
	}
	if slices.Contains(attributes["supportedextension"], ldapStartTLS) {
		t.ldapStartTLS(s)
	}
	t.say(ldapMessage(127, "\x42\x00")) // unbind
	return true
}

// ldapStartTLS goes over to TLS (RFC 4511 section 4.14). A server may still be clearing
// up the search whose end it has told, and then refuses for a moment.
func (t *talk) ldapStartTLS(s *sonde.Service) {
	s.StartTLS = true
	for id := byte(2); id < 100; id++ {
		t.say(ldapMessage(id, ber(ldapExtended, ber(0x80, ldapStartTLS))))
		tag, answer := t.ldapAnswer()
		code := ldapResult(answer)
		switch {
		case tag == ldapNotice && code == ldapSuccess:
			t.upgrade(s)
			return
		case tag != ldapNotice || code != ldapOperationsError:
			return
		}
	}
}

func ldapMessage(id byte, operation string) string {
	return ber(berSequence, ber(berInteger, string(rune(id))), operation)
}

// ldapRootDSE is a search for the entry without a name, and no other.
func ldapRootDSE() string {
	var names []string
	for _, name := range ldapAttributes {
		names = append(names, ber(berText, name))
	}
	zero := "\x00"
	return ldapMessage(1, ber(ldapSearch,
		ber(berText), ber(berEnum, zero), ber(berEnum, zero), ber(berInteger, zero), ber(berInteger, zero), ber(0x01, zero),
		ber(0x87, "objectClass"), ber(berSequence, names...)))
}

// ldapEntry takes answers up to the end of a search, and returns the attributes of the
// last entry, by lower-case names. A server may refuse: then there are none.
func (t *talk) ldapEntry() (attributes map[string][]string, ok bool) {
	for range 8 {
		switch tag, answer := t.ldapAnswer(); tag {
		case ldapEntry:
			attributes = readLDAPEntry(answer)
		case ldapDone:
			return attributes, true
		case ldapNotice:
			return nil, true
		default:
			return nil, false
		}
	}
	return nil, false
}

// ldapAnswer takes one message and returns what is in its operation.
func (t *talk) ldapAnswer() (tag int, operation packet) {
	p := packet{rest: t.hear(berLength)}
	message := p.inside(berSequence)
	message.inside(berInteger)
	return message.ber()
}

func readLDAPEntry(entry packet) map[string][]string {
	attributes := map[string][]string{}
	entry.inside(berText)
	list := entry.inside(berSequence)
	for len(list.rest) > 0 && !list.short {
		attribute := list.inside(berSequence)
		name := strings.ToLower(string(attribute.inside(berText).rest))
		values := attribute.inside(0x31)
		for len(values.rest) > 0 && !values.short {
			attributes[name] = append(attributes[name], string(values.inside(berText).rest))
		}
	}
	return attributes
}

// Codes of results (RFC 4511 appendix A).
const (
	ldapSuccess         = 0
	ldapOperationsError = 1 // of StartTLS: that others go on
)

// ldapResult is the code of a result, -1 where there is none.
func ldapResult(result packet) int {
	code := result.inside(berEnum)
	number := int(code.number(1))
	if code.short {
		return -1
	}
	return number
}
