package identify

import (
	"regexp"
	"strings"

	"sonde"
)

// ftpDetector knows FTP (RFC 959, RFC 2389, RFC 4217).
var ftpDetector = detector{
	name:   "ftp",
	ports:  []uint16{21, 990, 2121},
	greets: true,
	knows:  func(said []byte) bool { return greetsFTP.Match(said) && !saysSMTP.Match(said) },
	ask:    askFTP,
}

var greetsFTP = regexp.MustCompile(`^(120|220|421|530)[ -][^\n]*\n`)

var ftpMarks = []mark{
	{"vsftpd", regexp.MustCompile(`\(vsFTPd (\d[\w.]*)\)`)},
	{"ProFTPD", regexp.MustCompile(`\bProFTPD(?: (\d[\w.]*))?`)},
	{"Pure-FTPd", regexp.MustCompile(`\bPure-FTPd\b`)},
	{"FileZilla Server", regexp.MustCompile(`\bFileZilla Server(?: version)?(?: v?(\d[\w.]*))?`)},
	{"Microsoft FTP Service", regexp.MustCompile(`^Microsoft FTP Service`)},
	{"pyftpdlib", regexp.MustCompile(`\bpyftpdlib (\d[\w.]*)`)},
	{"Serv-U", regexp.MustCompile(`\bServ-U FTP Server v(\d[\w.]*)`)},
	{"wu-ftpd", regexp.MustCompile(`\(Version wu-([\w.-]+)`)},
	{"bftpd", regexp.MustCompile(`\bbftpd (\d[\w.]*)`)},
}

var saysFTP = regexp.MustCompile(`(?i)ftp`)

// askFTP asks for what may be asked before anybody logs in. It speaks of FTP only
// where the server does.
func askFTP(t *talk, s *sonde.Service) bool {
	greeting := t.reply()
	marked(s, ftpMarks, greeting.String())
	t.say("FEAT\r\n")
	features := t.reply()
	if len(features.text) > 2 && features.ok() {
		tell(s, "features", strings.Join(features.text[1:len(features.text)-1], ", "))
	}
	t.say("SYST\r\n")
	system := t.reply()
	if system.code == "215" {
		tell(s, "system", system.String())
	}
	t.say("AUTH TLS\r\n")
	secure := t.reply()
	if secure.code == "234" {
		t.upgrade(s)
	}
	t.say("QUIT\r\n")
	return saysFTP.MatchString(greeting.String()) || system.code == "215" || secure.code == "234" || features.ok()
}
