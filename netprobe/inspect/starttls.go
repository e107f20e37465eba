package inspect

import (
	"bytes"
	"encoding/binary"
	"encoding/xml"
	"errors"
	"fmt"
	"io"
	"maps"
	"net"
	"slices"
	"strings"

	"sonde"
)

// dialects are the ways to TLS, by protocol. Each reads what the server says first,
// asks it to go over, and returns when it agreed.
var dialects = map[string]func(*talk) error{
	"ftp":         startFTP,
	"imap":        startIMAP,
	"ldap":        startLDAP,
	"managesieve": startSieve,
	"mysql":       startMySQL,
	"pop3":        startPOP3,
	"postgresql":  startPostgreSQL,
	"smtp":        startSMTP,
	"xmpp":        startXMPP,
}

// Protocols are the protocols that StartTLS knows the way from, in order.
func Protocols() []string { return slices.Sorted(maps.Keys(dialects)) }

// StartTLS takes a new connection, on which nothing was said yet, to where a handshake
// begins. The protocol is one of [Protocols], host the name of the server. A server that
// does not go over gives a [*RefusalError]. The connection's deadline bounds the time.
func StartTLS(c net.Conn, protocol, host string) error {
	start, ok := dialects[protocol]
	if !ok {
		return fmt.Errorf("no way is known from %q to TLS", protocol)
	}
	t := &talk{Conn: c, protocol: protocol, host: host}
	if err := start(t); err != nil {
		return fmt.Errorf("asking for TLS in %s: %w", protocol, err)
	}
	return nil
}

// RefusalError says that a server does not go over to TLS.
type RefusalError struct {
	Said string // by the server, no control characters; "" where it only lacks the offer
}

func (e *RefusalError) Error() string {
	if e.Said == "" {
		return "it does not offer TLS"
	}
	return fmt.Sprintf("it does not go over to TLS but says %q", e.Said)
}

func refusal(said string) error { return &RefusalError{sonde.Tidy(said)} }

// A talk is a connection before TLS. It is read byte by byte, so that what belongs to
// the handshake is left on it.
type talk struct {
	net.Conn
	protocol, host string
	heard          int // bytes, in all
}

// maxTalk is how many bytes a server may say before TLS.
const maxTalk = 64 << 10

// Read reads from the connection as much as a talk may hold.
func (t *talk) Read(p []byte) (int, error) {
	if t.heard >= maxTalk {
		return 0, fmt.Errorf("it says more than %d bytes", maxTalk)
	}
	n, err := t.Conn.Read(p)
	t.heard += n
	return n, err
}

// line reads a line, without its end.
func (t *talk) line() (string, error) {
	line, err := t.until("\n")
	return strings.TrimRight(line, "\r\n"), err
}

// until reads up to the first of some texts, and with it.
func (t *talk) until(ends ...string) (string, error) {
	var heard []byte
	var one [1]byte
	for {
		if _, err := io.ReadFull(t, one[:]); err != nil {
			return string(heard), err
		}
		heard = append(heard, one[0])
		for _, end := range ends {
			if bytes.HasSuffix(heard, []byte(end)) {
				return string(heard), nil
			}
		}
	}
}

// bytes reads so many bytes.
func (t *talk) bytes(n int) ([]byte, error) {
	if n > maxTalk {
		return nil, fmt.Errorf("it announces %d bytes", n)
	}
	b := make([]byte, n)
	_, err := io.ReadFull(t, b)
	return b, err
}

func (t *talk) say(text string) error {
	_, err := io.WriteString(t.Conn, text)
	return err
}

// reply reads the lines of a reply of SMTP and FTP up to the last (RFC 5321 section
// 4.2.1, RFC 959 section 4.2), and holds its code.
func (t *talk) reply(code string) error {
	first := ""
	for {
		line, err := t.line()
		if err != nil {
			return err
		}
		if first == "" && len(line) >= 3 {
			first = line[:3]
		}
		if strings.HasPrefix(line, first+" ") || line == first {
			if first != code {
				return refusal(line)
			}
			return nil
		}
	}
}

// lineAfter reads lines up to the first that begins with one of words, and holds that
// it begins with the first of them. Upper and lower case are the same.
func (t *talk) lineAfter(words ...string) error {
	for {
		line, err := t.line()
		if err != nil {
			return err
		}
		begins := func(word string) bool { return len(line) >= len(word) && strings.EqualFold(line[:len(word)], word) }
		switch i := slices.IndexFunc(words, begins); {
		case i == 0:
			return nil
		case i > 0:
			return refusal(line)
		}
	}
}

// inTurn does steps until one fails.
func inTurn(steps ...func() error) error {
	for _, step := range steps {
		if err := step(); err != nil {
			return err
		}
	}
	return nil
}

// startSMTP follows RFC 3207.
func startSMTP(t *talk) error {
	return inTurn(
		func() error { return t.reply("220") },
		func() error { return t.say("EHLO sonde.invalid\r\n") },
		func() error { return t.reply("250") },
		func() error { return t.say("STARTTLS\r\n") },
		func() error { return t.reply("220") },
	)
}

// startFTP follows RFC 4217.
func startFTP(t *talk) error {
	return inTurn(
		func() error { return t.reply("220") },
		func() error { return t.say("AUTH TLS\r\n") },
		func() error { return t.reply("234") },
	)
}

// startIMAP follows RFC 9051, section 6.2.1.
func startIMAP(t *talk) error {
	return inTurn(
		func() error { return t.lineAfter("* OK", "* BYE", "* PREAUTH") },
		func() error { return t.say("a1 STARTTLS\r\n") },
		func() error { return t.lineAfter("a1 OK", "a1 ", "* BYE") },
	)
}

// startPOP3 follows RFC 2595, section 4.
func startPOP3(t *talk) error {
	return inTurn(
		func() error { return t.lineAfter("+OK", "") },
		func() error { return t.say("STLS\r\n") },
		func() error { return t.lineAfter("+OK", "") },
	)
}

// startSieve follows RFC 5804, section 2.2.
func startSieve(t *talk) error {
	return inTurn(
		func() error { return t.lineAfter("OK", "NO", "BYE") },
		func() error { return t.say("STARTTLS\r\n") },
		func() error { return t.lineAfter("OK", "NO", "BYE") },
	)
}

// startXMPP follows RFC 6120, section 5.4.
func startXMPP(t *talk) error {
	var to strings.Builder
	xml.EscapeText(&to, []byte(t.host)) // a strings.Builder takes everything
	open := "<?xml version='1.0'?><stream:stream xmlns='jabber:client' xmlns:stream='http://etherx.jabber.org/streams' version='1.0' to='" + to.String() + "'>"
	if err := t.say(open); err != nil {
		return err
	}
	features, err := t.until("</stream:features>", "<stream:features/>", "</stream:stream>")
	if err != nil {
		return err
	}
	if !strings.Contains(features, "urn:ietf:params:xml:ns:xmpp-tls") {
		return refusal("")
	}
	if err := t.say("<starttls xmlns='urn:ietf:params:xml:ns:xmpp-tls'/>"); err != nil {
		return err
	}
	answer, err := t.until(">")
	switch {
	case err != nil:
		return err
	case !strings.Contains(answer, "<proceed"):
		return refusal(answer)
	case strings.HasSuffix(answer, "/>"):
		return nil
	}
	_, err = t.until("</proceed>")
	return err
}

// startTLSRequest is the extended request of RFC 4511, section 4.14: message 1 with the
// name 1.3.6.1.4.1.1466.20037.
const startTLSRequest = "\x30\x1d\x02\x01\x01\x77\x18\x80\x161.3.6.1.4.1.1466.20037"

// startLDAP sends the request and looks for the result code, the first ENUMERATED of
// the response.
func startLDAP(t *talk) error {
	if err := t.say(startTLSRequest); err != nil {
		return err
	}
	header, err := t.bytes(2)
	if err != nil {
		return err
	}
	length := int(header[1])
	if header[0] != 0x30 || length >= 0x80 && (length < 0x81 || length > 0x82) {
		return refusal("")
	}
	if length >= 0x80 {
		long, err := t.bytes(length - 0x80)
		if err != nil {
			return err
		}
		length = 0
		for _, b := range long {
			length = length<<8 | int(b)
		}
	}
	response, err := t.bytes(length)
	if err != nil {
		return err
	}
	if i := bytes.Index(response, []byte{0x0a, 0x01}); i < 0 || i+2 >= len(response) || response[i+2] != 0 {
		return refusal("")
	}
	return nil
}

// startPostgreSQL sends an SSLRequest ("SSLRequest", PostgreSQL's message formats).
func startPostgreSQL(t *talk) error {
	if err := t.say("\x00\x00\x00\x08\x04\xd2\x16\x2f"); err != nil {
		return err
	}
	answer, err := t.bytes(1)
	if err == nil && answer[0] != 'S' {
		return refusal("")
	}
	return err
}

// startMySQL reads the server's greeting and sends an SSLRequest in answer, which
// repeats the head of a login ("Protocol::SSLRequest", MySQL's internals).
func startMySQL(t *talk) error {
	header, err := t.bytes(4)
	if err != nil {
		return err
	}
	greeting, err := t.bytes(int(header[0]) | int(header[1])<<8 | int(header[2])<<16)
	if err != nil {
		return err
	}
	offers, err := mysqlCapabilities(greeting)
	if err != nil {
		return err
	}
	const protocol41, ssl, secureConnection = 0x200, 0x800, 0x8000
	if offers&ssl == 0 {
		return refusal("")
	}
	request := make([]byte, 4+32)
	request[0], request[3] = 32, header[3]+1
	binary.LittleEndian.PutUint32(request[4:], protocol41|ssl|secureConnection)
	binary.LittleEndian.PutUint32(request[8:], 1<<24-1) // the longest packet
	request[12] = 45                                    // utf8mb4
	return t.say(string(request))
}

// mysqlCapabilities are the lower 16 of the capabilities that a greeting tells: behind
// the protocol, the version up to a NUL, the thread, eight bytes of a nonce and a filler.
func mysqlCapabilities(greeting []byte) (uint16, error) {
	if len(greeting) > 0 && greeting[0] == 0xff {
		return 0, refusal(string(greeting[min(3, len(greeting)):]))
	}
	nul := bytes.IndexByte(greeting, 0)
	at := nul + 1 + 4 + 8 + 1
	if nul < 0 || len(greeting) < at+2 {
		return 0, errors.New("its greeting is not MySQL's")
	}
	return binary.LittleEndian.Uint16(greeting[at:]), nil
}
