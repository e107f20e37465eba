package identify

import (
	"regexp"
	"slices"
	"strings"

	"sonde"
)

// imapDetector knows IMAP (RFC 9051, RFC 3501) and asks who serves it (RFC 2971).
var imapDetector = detector{
	name:   "imap",
	ports:  []uint16{143, 993},
	greets: true,
	knows:  fits(`^\* (OK|PREAUTH|BYE)\b[^\n]*\n`),
	ask:    askIMAP,
}

// mailMarks are servers that speak IMAP, POP3 and ManageSieve.
var mailMarks = []mark{
	{"Dovecot Pigeonhole", regexp.MustCompile(`(?i)\bPigeonhole(?: (\d[\w.]*))?`)},
	{"Dovecot", regexp.MustCompile(`\bDovecot\b`)},
	{"Cyrus", regexp.MustCompile(`(?i)\bCyrus (?:IMAP|POP3|timsieved|Murder|IMAP4)? ?v?(\d[\w.]*)?`)},
	{"Courier", regexp.MustCompile(`\bCourier\b`)},
	{"Microsoft Exchange", regexp.MustCompile(`\bMicrosoft Exchange\b`)},
	{"Stalwart", regexp.MustCompile(`\bStalwart\b`)},
	{"Zimbra", regexp.MustCompile(`\bZimbra\b`)},
	{"hMailServer", regexp.MustCompile(`\bhMailServer\b`)},
	{"UW", regexp.MustCompile(`\bIMAP4rev1 (20\d\d\.\d+)`)},
	{"Qpopper", regexp.MustCompile(`\bQpopper \(version (\d[\w.]*)\)`)},
	{"GreenMail", regexp.MustCompile(`\bGreenMail\b`)},
}

func askIMAP(t *talk, s *sonde.Service) bool {
	marked(s, mailMarks, t.line())
	t.say("a1 CAPABILITY\r\n")
	capabilities := t.tagged("a1", "* CAPABILITY ")
	tell(s, "capabilities", capabilities)
	words := strings.Fields(strings.ToUpper(capabilities))
	if slices.Contains(words, "ID") {
		t.say("a2 ID NIL\r\n")
		readID(s, t.tagged("a2", "* ID "))
	}
	if slices.Contains(words, "STARTTLS") {
		t.say("a3 STARTTLS\r\n")
		s.StartTLS = true
		if t.tagged("a3", "a3 OK"); t.failed == nil {
			t.upgrade(s)
		}
	}
	t.say("a4 LOGOUT\r\n")
	return true
}

// tagged takes the lines up to the one that ends the command with the tag, and
// returns what follows prefix in the one that begins with it.
func (t *talk) tagged(tag, prefix string) string {
	var found string
	for _, line := range t.linesTo(func(line string) bool { return strings.HasPrefix(line, tag+" ") }) {
		if rest, ok := strings.CutPrefix(line, prefix); ok {
			found = rest
		}
	}
	return found
}

var quoted = regexp.MustCompile(`"((?:[^"\\]|\\.)*)"|\bNIL\b`)

// readID reads a list of fields and values: ("name" "Dovecot" "version" NIL).
func readID(s *sonde.Service, list string) {
	for pair := range slices.Chunk(quoted.FindAllStringSubmatch(list, 2*maxFacts), 2) {
		if len(pair) < 2 || pair[1][1] == "" {
			continue
		}
		switch name, value := strings.ToLower(pair[0][1]), pair[1][1]; name {
		case "name":
			if s.Product == "" {
				s.Product = value
			}
		case "version":
			s.Version = value
		default:
			tell(s, name, value)
		}
	}
}
