package identify

import (
	"io"
	"net"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"sonde"
)

// A recording is the other side of a conversation that says what it has to say, heeds
// nothing, and closes.
type recording struct {
	net.Conn
	said []byte
}

func (r *recording) Read(b []byte) (int, error) {
	if len(r.said) == 0 {
		return 0, io.EOF
	}
	n := copy(b, r.said[:min(len(r.said), 700)])
	r.said = r.said[n:]
	return n, nil
}

func (r *recording) Write(b []byte) (int, error)      { return len(b), nil }
func (r *recording) SetDeadline(time.Time) error      { return nil }
func (r *recording) SetReadDeadline(time.Time) error  { return nil }
func (r *recording) SetWriteDeadline(time.Time) error { return nil }
func (r *recording) Close() error                     { return nil }
func (r *recording) RemoteAddr() net.Addr             { return &net.TCPAddr{IP: net.IPv4(127, 0, 0, 1), Port: 80} }

// checkKept holds that what is kept of a service is bounded and harmless.
func checkKept(t *testing.T, s sonde.Service) {
	t.Helper()
	texts := []string{s.Product, s.Version, s.Banner}
	for _, f := range s.Facts {
		texts = append(texts, f.Name, f.Value)
	}
	for _, text := range texts {
		for _, r := range text {
			if unicode.IsControl(r) || !utf8.ValidString(text) {
				t.Fatalf("%q is kept", text)
			}
		}
	}
	if len(s.Facts) > maxFacts || len(s.Product) > maxName+10 || len(s.Version) > maxName+10 || len(s.Banner) > 4*sonde.MaxBanner {
		t.Fatalf("%d facts, product %d, version %d, banner %d bytes", len(s.Facts), len(s.Product), len(s.Version), len(s.Banner))
	}
}

// FuzzService lets a server say anything, to all that listen.
func FuzzService(f *testing.F) {
	for _, said := range []string{
		"SSH-2.0-OpenSSH_9.2p1\r\n\x00\x00\x00\x1c\x04\x14", "220-a\r\n220 b ESMTP\r\n250-x\r\n250 STARTTLS\r\n220 go\r\n", "* OK [CAPABILITY ID]\r\n* ID (\"name\" \"x\"\r\n",
		"+OK\r\n+OK\r\nSTLS\r\n.\r\n", "\"IMPLEMENTATION\" \"x\"\r\nOK\r\n", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n",
		mysqlGreeting("8.0.36", "\xff\xf7", "\x08\x00"), "RFB 003.008\n\x02\x01\x02", "INFO {\"version\":\"1\"}\r\n", "\xff\xfd\x18\xff\xfa\x18\x01login: ",
		":a NOTICE * :b\r\n:a CAP * LS :c\r\n", "@RSYNCD: 31.0\n", "\x15\x03\x03\x00\x02\x02\x78", "AMQP\x00\x00\x09\x01",
	} {
		f.Add([]byte(said))
	}
	f.Fuzz(func(t *testing.T, said []byte) {
		checkKept(t, Service(t.Context(), &recording{said: said}, Hints{}))
	})
}

// FuzzDetectors lets a server answer one detector, by its number, with anything.
func FuzzDetectors(f *testing.F) {
	answers := map[string]string{
		"ssh":  "SSH-2.0-x\r\n" + "\x00\x00\x00\x1c\x04\x14" + "xxxxxxxxxxxxxxxx\x00\x00\x00\x01a",
		"dns":  string(withLength(2, false, dnsAnswer(versionQuery(), "\x84\x80", "9.18.1"))),
		"mqtt": "\x20\x02\x00\x00\x90\x03\x00\x01\x00\x31\x2d\x00\x13$SYS/broker/versionmosquitto version 2.0.11",
		"ldap": ldapMessage(1, ber(ldapEntry, ber(berText), ber(berSequence, ber(berSequence, ber(berText, "a"), ber(0x31, ber(berText, "b")))))),
		"smb":  "\x00\x00\x00\x46\xfeSMB\x40\x00", "rdp": "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x00\x00\x00\x00",
		"amqp": "\x01\x00\x00\x00\x00\x00\x10\x00\x0a\x00\x0a\x00\x09", "mongodb": mongoAnswer(bsonInt("maxWireVersion", 1) + bsonText("a", "b")),
		"postgresql": "NE\x00\x00\x00\x0aMno\x00\x00", "redis": "+PONG\r\n$5\r\nredis", "mssql": "\x04\x01\x00\x1a\x00\x00\x01\x00\x00\x00\x0b\x00\x06",
		"kafka": "\x00\x00\x00\x0a", "xmpp": "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'>", "sip": "SIP/2.0 200 OK\r\n\r\n",
	}
	for i, d := range detectors {
		f.Add(uint8(i), []byte(answers[d.name]))
	}
	f.Fuzz(func(t *testing.T, i uint8, said []byte) {
		d := detectors[int(i)%len(detectors)]
		d.knows(said)
		h := Hints{Limits: Limits{}.filled(0)}
		talk := newTalk(t.Context(), &recording{said: said}, &h)
		service := sonde.Service{Name: d.name}
		d.ask(talk, &service)
		talk.drop()
		checkKept(t, tidied(service))
	})
}

// FuzzReply answers each question on UDP with anything, under the right id.
func FuzzReply(f *testing.F) {
	f.Add(uint8(0), dnsAnswer(versionQuery(), "\x84\x80", "9.18.1"))
	f.Add(uint8(1), []byte("\x24\x01\x00\x00"))
	f.Add(uint8(2), snmpAnswer([]byte("1234"), "\x80\x00\x1f\x88\x80abc"))
	f.Add(uint8(3), []byte("SIP/2.0 200 OK\r\nServer: x\r\n\r\n"))
	f.Add(uint8(4), []byte("\x01\x01\x00\x00\x21\x12\xa4\x42"))
	f.Add(uint8(5), []byte("\xff\x00\x00\x00\x00\x08"))
	f.Fuzz(func(t *testing.T, i uint8, answer []byte) {
		question := Questions(0)[int(i)%len(datagrams)]
		checkKept(t, Reply(question, answer))
		var service sonde.Service
		if len(answer) >= 2 {
			readDNS(append(answer[:2:2], question[2:]...), answer, &service)
		}
		asked := packet{rest: answer}
		if asked = asked.inside(berSequence); !asked.short {
			readSNMP(answer, append([]byte(nil), answer...), &service)
		}
		if len(answer) >= stunHeader {
			readSTUN(answer[:stunHeader], answer, &service)
		}
		checkKept(t, tidied(service))
	})
}

// FuzzMessage reads heads and chunks.
func FuzzMessage(f *testing.F) {
	f.Add([]byte("HTTP/1.1 200 OK\r\nA: b\r\n\r\n"))
	f.Add([]byte("5\r\nhello\r\n0\r\n\r\n"))
	f.Fuzz(func(t *testing.T, in []byte) {
		if n := endOfHead("HTTP", in); n > len(in) {
			t.Errorf("a head of %d bytes in %d", n, len(in))
		}
		if n := endOfChunks(in); n > len(in) {
			t.Errorf("chunks of %d bytes in %d", n, len(in))
		} else if n > 0 && len(joinChunks(in)) >= n {
			t.Errorf("%d bytes of chunks hold %d", n, len(joinChunks(in)))
		}
		parseHead("HTTP", in)
		berLength(in)
	})
}
