package identify

import (
	"crypto/tls"
	"io"
	"net"
	"net/http/httptest"
	"strings"
	"testing"

	"sonde"
)

// testTLS is the side of a server, with a certificate that signs itself.
func testTLS(t *testing.T) *tls.Config {
	t.Helper()
	server := httptest.NewUnstartedServer(nil)
	server.StartTLS()
	server.Close()
	return &tls.Config{Certificates: server.TLS.Certificates}
}

// upgrading serves a dialogue of lines, and goes over to TLS after the last answer.
func upgrading(config *tls.Config, greeting string, answers ...string) func(net.Conn) {
	return func(conn net.Conn) {
		io.WriteString(conn, greeting)
		for _, answer := range answers {
			if _, err := conn.Read(make([]byte, 64<<10)); err != nil {
				return
			}
			io.WriteString(conn, answer)
		}
		secured := tls.Server(conn, config)
		if secured.Handshake() == nil {
			secured.Read(make([]byte, 1024))
		}
	}
}

// TestStartTLS holds that the certificate of a service that goes over to TLS is told.
// Real daemons prove the other protocols.
func TestStartTLS(t *testing.T) {
	config := testTLS(t)
	search := ldapMessage(1, ber(ldapEntry, ber(berText), ber(berSequence, ber(berSequence,
		ber(berText, "supportedExtension"), ber(0x31, ber(berText, ldapStartTLS)))))) + ldapMessage(1, ber(ldapDone, ber(berEnum, "\x00")))
	tests := []struct {
		name  string
		port  uint16
		serve func(net.Conn)
	}{
		{"smtp", 25, upgrading(config, "220 mx ESMTP\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go ahead\r\n")},
		{"nntp", 119, upgrading(config, "200 news\r\n", "101 yes\r\nSTARTTLS\r\n.\r\n", "382 go ahead\r\n")},
		{"nats", 4222, upgrading(config, "INFO {\"version\":\"2.10.7\",\"tls_required\":true}\r\n")},
		{"xmpp", 5222, upgrading(config, "", "<stream:stream xmlns:stream='http://etherx.jabber.org/streams'><stream:features><starttls/></stream:features>", "<proceed/>")},
		{"ldap", 389, upgrading(config, "", search, ldapMessage(2, ber(ldapNotice, ber(berEnum, "\x00"))))},
		{"rdp", 3389, upgrading(config, "", "\x03\x00\x00\x13\x0e\xd0\x00\x00\x12\x34\x00\x02\x00\x08\x00\x01\x00\x00\x00")},
		{"mysql", 3306, func(conn net.Conn) { // the request is not answered, so the handshake may follow at once
			io.WriteString(conn, mysqlGreeting("8.0.36", "\xff\xff", "\x08\x00"))
			if _, err := io.ReadFull(conn, make([]byte, len(mysqlSSLRequest))); err == nil {
				upgrading(config, "")(conn)
			}
		}},
		{"postgresql", 5432, upgrading(config, "", "S")},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			h := place(t, test.serve)
			h.Port, h.Host = test.port, "example.com"
			h.Limits.Greeting = hasty.Greeting
			got := identified(t, h)
			if got.Name != test.name || !got.StartTLS || got.TLS == nil || got.TLS.StartTLS != test.name || got.TLS.Certificate == nil || got.TLS.Failure != sonde.CertUntrusted {
				t.Errorf("got %+v, TLS %+v", got, got.TLS)
			}
		})
	}
}

// TestStartTLSUntouched holds that the offer is told where no handshake is wanted.
func TestStartTLSUntouched(t *testing.T) {
	h := place(t, replies("220 mx ESMTP\r\n", "250-mx\r\n250 STARTTLS\r\n", "220 go ahead\r\n", ""))
	h.NoTLS = true
	if got := identified(t, h); !got.StartTLS || got.TLS != nil {
		t.Errorf("got %+v", got)
	}
}

// TestInsideTLS holds that what speaks inside TLS is told from there, whether it speaks
// first or is asked.
func TestInsideTLS(t *testing.T) {
	config := testTLS(t)
	inside := func(serve func(net.Conn)) func(net.Conn) {
		return func(conn net.Conn) {
			if secured := tls.Server(conn, config); secured.Handshake() == nil {
				serve(secured)
			}
		}
	}
	tests := []served{
		{"ssh", inside(replies("SSH-2.0-dropbear_2022.83\r\n", "\x00\x00")), sonde.Service{Name: "ssh", Product: "Dropbear", Version: "2022.83", Facts: facts("protocol", "2.0")}},
		{"redis", inside(answering(map[string]string{"PING": "-NOAUTH no\r\n"})), sonde.Service{Name: "redis", Facts: facts("refusal", "NOAUTH no")}},
		{"unknown text", inside(says("Welcome\r\n")), sonde.Service{Name: "tls"}},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			got := identified(t, place(t, test.serve))
			same(t, got, test.want)
			if got.TLS == nil || got.TLS.Certificate == nil || got.StartTLS {
				t.Errorf("TLS %+v", got.TLS)
			}
		})
	}
}

// TestALPN holds that a server which insists on a protocol of its own is asked again,
// and known by it: one that breaks off the handshake, and one that closes after it.
func TestALPN(t *testing.T) {
	for protocol, name := range map[string]string{"postgresql": "postgresql", "h2": "http"} {
		t.Run(protocol, func(t *testing.T) {
			config := testTLS(t)
			config.NextProtos = []string{protocol}
			got := identified(t, place(t, func(conn net.Conn) { tls.Server(conn, config).Handshake() }))
			if got.Name != name || got.TLS == nil || got.TLS.ALPN != protocol {
				t.Errorf("got %+v, TLS %+v", got, got.TLS)
			}
		})
	}
}

// TestNoHandshake holds that a server whose TLS we cannot speak is told all the same.
func TestNoHandshake(t *testing.T) {
	got := identified(t, place(t, func(conn net.Conn) {
		conn.Read(make([]byte, 1))
		io.WriteString(conn, "\x15\x03\x03\x00\x02\x02\x28") // a fatal alert: handshake failure
	}))
	if got.Name != "tls" || got.TLS == nil || got.TLS.Failure != sonde.Handshake || !strings.Contains(got.TLS.Detail, "handshake failure") {
		t.Errorf("got %+v, TLS %+v", got, got.TLS)
	}
}

// TestClientCertificate holds that a server which asks for a certificate is told of.
func TestClientCertificate(t *testing.T) {
	config := testTLS(t)
	config.ClientAuth = tls.RequireAnyClientCert
	got := identified(t, at(quietly(t, config).Listener.Addr().String()))
	if got.Name != "http" || got.TLS == nil || got.TLS.Certificate == nil || len(got.Facts) == 0 || got.Facts[0] != facts("client certificate", "requested")[0] {
		t.Errorf("got %+v, TLS %+v", got, got.TLS)
	}
}

// TestHTTP2 holds that a server without HTTP/1 is known by its settings.
func TestHTTP2(t *testing.T) {
	settings := "\x00\x00\x06\x04\x00\x00\x00\x00\x00\x00\x03\x00\x00\x00\x64"
	testServed(t, []served{{
		"gRPC", answering(map[string]string{"GET ": settings, "PRI ": settings}), sonde.Service{Name: "http", Facts: facts("version", "HTTP/2")},
	}})
}

// TestCookies holds that what may become a session is not kept.
func TestCookies(t *testing.T) {
	got := identified(t, place(t, answering(map[string]string{"GET ": "HTTP/1.1 200 OK\r\nSet-Cookie: sid=s3cr3t; Path=/\r\nContent-Length: 0\r\n\r\n"})))
	if got.Banner != `HTTP/1.1 200 OK\r\nSet-Cookie: sid=; Path=/\r\nContent-Length: 0\r\n\r\n` {
		t.Errorf("banner %s", got.Banner)
	}
}
