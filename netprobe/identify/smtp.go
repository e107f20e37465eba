package identify

import (
	"regexp"
	"strings"

	"sonde"
)

// reply is an answer of one or more lines under one code, as SMTP (RFC 5321 section
// 4.2.1), FTP (RFC 959 section 4.2) and NNTP have it: "250-first", "250 last".
type reply struct {
	code string
	text []string
}

// reply takes one. It is empty when what comes is none.
func (t *talk) reply() reply {
	var r reply
	lines := t.linesTo(func(line string) bool {
		coded := len(line) >= 3 && isDigits(line[:3])
		if r.code == "" && coded {
			r.code = line[:3]
		}
		return coded && !strings.HasPrefix(line[3:], "-") || r.code == ""
	})
	if t.failed != nil || r.code == "" {
		return reply{}
	}
	for _, line := range lines {
		r.text = append(r.text, strings.TrimSpace(strings.TrimPrefix(strings.TrimPrefix(line, r.code), "-")))
	}
	return r
}

func isDigits(s string) bool {
	return strings.Trim(s, "0123456789") == ""
}

func (r reply) ok() bool { return strings.HasPrefix(r.code, "2") }

func (r reply) String() string { return strings.Join(r.text, "; ") }

// offers reports whether one of the lines is a keyword, with parameters or without.
func (r reply) offers(keyword string) bool {
	for _, line := range r.text {
		if first, _, _ := strings.Cut(line, " "); strings.EqualFold(first, keyword) {
			return true
		}
	}
	return false
}

// smtpDetector knows SMTP and submission (RFC 5321, RFC 3207).
var smtpDetector = detector{
	name:   "smtp",
	ports:  []uint16{25, 465, 587, 2525},
	greets: true,
	knows:  func(said []byte) bool { return greetsSMTP.Match(said) && !saysFTP.Match(said) },
	ask:    askSMTP,
}

var greetsSMTP = regexp.MustCompile(`^(220|421|521|554)[ -][^\n]*\n`)

var smtpMarks = []mark{
	{"Postfix", regexp.MustCompile(`\bPostfix\b`)},
	{"Exim", regexp.MustCompile(`\bExim (\d[\w.]*)`)},
	{"Sendmail", regexp.MustCompile(`\bSendmail (\d[\w.]*)(?:/([\w.-]+))?`)},
	{"Microsoft Exchange", regexp.MustCompile(`Microsoft ESMTP MAIL Service(?:, Version: ([\d.]+))?`)},
	{"OpenSMTPD", regexp.MustCompile(`\bOpenSMTPD\b`)},
	{"Haraka", regexp.MustCompile(`\bHaraka(?:/(\d[\w.]*))?`)},
	{"MailHog", regexp.MustCompile(`\bMailHog\b`)},
	{"hMailServer", regexp.MustCompile(`\bhMailServer\b`)},
	{"Exchange Online", regexp.MustCompile(`\.outlook\.com Microsoft`)},
	{"qmail", regexp.MustCompile(`\bqmail\b`)},
	{"Stalwart", regexp.MustCompile(`\bStalwart\b`)},
}

var saysSMTP = regexp.MustCompile(`(?i)\bE?SMTP\b`)

// askSMTP tells SMTP from FTP, which greets with the same code, by what the server
// says of EHLO.
func askSMTP(t *talk, s *sonde.Service) bool {
	greeting := t.reply()
	marked(s, smtpMarks, greeting.String())
	t.say("EHLO sonde.invalid\r\n")
	hello := t.reply()
	if !hello.ok() {
		return saysSMTP.MatchString(greeting.String())
	}
	if len(hello.text) > 1 {
		tell(s, "extensions", strings.Join(hello.text[1:], ", "))
	}
	if hello.offers("STARTTLS") {
		t.say("STARTTLS\r\n")
		if s.StartTLS = true; t.reply().code == "220" {
			t.upgrade(s)
		}
	}
	t.say("QUIT\r\n")
	return true
}
