package inspect

import (
	"bytes"
	"errors"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"sonde"
)

// A line is what one end says in a dialogue before TLS; wants is what must have come
// before, "" where the server speaks first.
type line struct{ wants, says string }

// mysqlGreeting is a greeting of MySQL's protocol 10 with the given lower capabilities.
func mysqlGreeting(low, high byte) string {
	body := "\x0a11.8.3-MariaDB\x00" + "\x01\x00\x00\x00" + "12345678\x00" + string([]byte{low, high}) + "\x2d\x02\x00\x00\x00" + strings.Repeat("\x00", 23)
	return string([]byte{byte(len(body)), 0, 0, 0}) + body
}

const (
	xmppStream = "<?xml version='1.0'?><stream:stream from='localhost' id='1' xmlns:stream='http://etherx.jabber.org/streams' version='1.0'>"
	xmppTLS    = "<stream:features><starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'><required/></starttls></stream:features>"
)

// dialogues are how servers of each protocol go over to TLS, and how they do not.
var dialogues = map[string]struct{ over, refuses []line }{
	"smtp": {
		[]line{{"", "220-mail\r\n220 mail ESMTP\r\n"}, {"EHLO sonde.invalid\r\n", "250-mail\r\n250-STARTTLS\r\n250 SIZE\r\n"}, {"STARTTLS\r\n", "220 go\r\n"}},
		[]line{{"", "220 mail ESMTP\r\n"}, {"EHLO sonde.invalid\r\n", "250 mail\r\n"}, {"STARTTLS\r\n", "502 not here\r\n"}},
	},
	"ftp": {
		[]line{{"", "220-hello\r\n free text\r\n220 ftp\r\n"}, {"AUTH TLS\r\n", "234 go\r\n"}},
		[]line{{"", "220 ftp\r\n"}, {"AUTH TLS\r\n", "530 no\r\n"}},
	},
	"imap": {
		[]line{{"", "* OK [CAPABILITY IMAP4rev1 STARTTLS] ready\r\n"}, {"a1 STARTTLS\r\n", "* NOTE x\r\na1 OK begin\r\n"}},
		[]line{{"", "* OK ready\r\n"}, {"a1 STARTTLS\r\n", "a1 BAD what\r\n"}},
	},
	"pop3": {
		[]line{{"", "+OK ready\r\n"}, {"STLS\r\n", "+OK begin\r\n"}},
		[]line{{"", "+OK ready\r\n"}, {"STLS\r\n", "-ERR what\r\n"}},
	},
	"managesieve": {
		[]line{{"", "\"IMPLEMENTATION\" \"x\"\r\n\"STARTTLS\"\r\nOK \"ready\"\r\n"}, {"STARTTLS\r\n", "OK \"begin\"\r\n"}},
		[]line{{"", "OK\r\n"}, {"STARTTLS\r\n", "NO \"not here\"\r\n"}},
	},
	"xmpp": {
		[]line{{" to='localhost'>", xmppStream + xmppTLS}, {"<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>", "<proceed xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"}},
		[]line{{" to='localhost'>", xmppStream + "<stream:features><mechanisms/></stream:features>"}},
	},
	"ldap": {
		[]line{{startTLSRequest, "\x30\x0c\x02\x01\x01\x78\x07\x0a\x01\x00\x04\x00\x04\x00"}},
		[]line{{startTLSRequest, "\x30\x81\x0c\x02\x01\x01\x78\x07\x0a\x01\x34\x04\x00\x04\x00"}},
	},
	"postgresql": {
		[]line{{"\x00\x00\x00\x08\x04\xd2\x16\x2f", "S"}},
		[]line{{"\x00\x00\x00\x08\x04\xd2\x16\x2f", "N"}},
	},
	"mysql": {
		[]line{{"", mysqlGreeting(0xff, 0xff)}, {strings.Repeat("\x00", 23), ""}},
		[]line{{"", mysqlGreeting(0xff, 0xf7)}},
	},
}

// play is the server's side of a dialogue.
func play(c net.Conn, lines []line) error {
	for _, l := range lines {
		var heard []byte
		for one := make([]byte, 1); !strings.HasSuffix(string(heard), l.wants); {
			if _, err := io.ReadFull(c, one); err != nil {
				return err
			}
			heard = append(heard, one[0])
		}
		if _, err := io.WriteString(c, l.says); err != nil {
			return err
		}
	}
	return nil
}

// TestStartTLS goes over to TLS in every protocol there is, and is told that a server
// does not.
func TestStartTLS(t *testing.T) {
	root, config := good(t)
	for _, protocol := range Protocols() {
		d, ok := dialogues[protocol]
		if !ok {
			t.Errorf("%s has no dialogue", protocol)
			continue
		}
		over := serve(t, func(c net.Conn) {
			if play(c, d.over) == nil {
				shakeHands(c, config)
			}
		})
		facts := over.inspect(t, Question{StartTLS: protocol, Roots: root.Pool()})
		if facts.Failure != "" || facts.Version != "TLS 1.3" || facts.StartTLS != protocol || len(facts.Offers) != 2 || len(facts.Groups) == 0 {
			t.Errorf("%s: %+v", protocol, facts)
		}
		refuses := serve(t, func(c net.Conn) { play(c, d.refuses); c.Read(make([]byte, 1)) })
		facts = refuses.inspect(t, Question{StartTLS: protocol, Roots: root.Pool()})
		if facts.Failure != sonde.NotTLS || !strings.Contains(facts.Detail, "asking for TLS in "+protocol) {
			t.Errorf("%s, refusing: %q, %q", protocol, facts.Failure, facts.Detail)
		}
	}
}

// TestEndlessTalk: a server that never comes to an end is left.
func TestEndlessTalk(t *testing.T) {
	endless := strings.NewReader(strings.Repeat("220-still here\r\n", 10_000))
	err := StartTLS(script{endless}, "smtp", "localhost")
	if err == nil || endless.Len() == 0 {
		t.Errorf("it ended with %v, %d bytes left", err, endless.Len())
	}
}

// TestRefusal: what a server says is fit to be shown.
func TestRefusal(t *testing.T) {
	err := StartTLS(script{strings.NewReader("421 \x1b[31mno\r\n")}, "smtp", "localhost")
	refusal, ok := errors.AsType[*RefusalError](err)
	if !ok || refusal.Said != "421  [31mno" {
		t.Errorf("it ended with %v", err)
	}
}

// script is a connection whose other end has said all it will.
type script struct{ io.Reader }

func (script) Write(p []byte) (int, error)      { return len(p), nil }
func (script) Close() error                     { return nil }
func (script) LocalAddr() net.Addr              { return nil }
func (script) RemoteAddr() net.Addr             { return nil }
func (script) SetDeadline(time.Time) error      { return nil }
func (script) SetReadDeadline(time.Time) error  { return nil }
func (script) SetWriteDeadline(time.Time) error { return nil }

// FuzzStartTLS: whatever a server says, each dialogue ends, and reads no more than it may.
func FuzzStartTLS(f *testing.F) {
	for _, d := range dialogues {
		for _, lines := range [][]line{d.over, d.refuses} {
			var said strings.Builder
			for _, l := range lines {
				said.WriteString(l.says)
			}
			f.Add([]byte(said.String()))
		}
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		for _, protocol := range Protocols() {
			in := bytes.NewReader(said)
			err := StartTLS(script{in}, protocol, "localhost")
			if read := len(said) - in.Len(); read > maxTalk {
				t.Errorf("%s: %d bytes were read, %v", protocol, read, err)
			}
		}
	})
}
