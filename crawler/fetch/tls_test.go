package fetch

import (
	"bufio"
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net"
	"net/http"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/internal/peer"
)

// An authority signs certificates for a test.
type authority struct {
	cert *x509.Certificate
	key  crypto.Signer
}

func newAuthority(t testing.TB, change ...func(*x509.Certificate)) *authority {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: "Root of a test"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		IsCA: true, BasicConstraintsValid: true, KeyUsage: x509.KeyUsageCertSign,
	}
	for _, c := range change {
		c(template)
	}
	key := newKey(t)
	return &authority{signed(t, template, template, key.Public(), key), key}
}

// pool trusts the authority.
func (a *authority) pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(a.cert)
	return pool
}

// sign makes a server's certificate for localhost, changed as a test wants.
func (a *authority) sign(t testing.TB, key crypto.Signer, change ...func(*x509.Certificate)) tls.Certificate {
	t.Helper()
	template := &x509.Certificate{
		SerialNumber: big.NewInt(2), Subject: pkix.Name{CommonName: "localhost"},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour),
		DNSNames: []string{"localhost"}, IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)},
		ExtKeyUsage: []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth},
	}
	for _, c := range change {
		c(template)
	}
	leaf := signed(t, template, a.cert, key.Public(), a.key)
	return tls.Certificate{Certificate: [][]byte{leaf.Raw, a.cert.Raw}, PrivateKey: key, Leaf: leaf}
}

func signed(t testing.TB, template, parent *x509.Certificate, key crypto.PublicKey, signer crypto.Signer) *x509.Certificate {
	t.Helper()
	der, err := x509.CreateCertificate(rand.Reader, template, parent, key, signer)
	if err != nil {
		t.Fatal(err)
	}
	cert, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return cert
}

func newKey(t testing.TB) crypto.Signer { return ecdsaKey(t, elliptic.P256()) }

func ecdsaKey(t testing.TB, curve elliptic.Curve) crypto.Signer {
	t.Helper()
	key, err := ecdsa.GenerateKey(curve, rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// serveTLS answers one request a connection with raw bytes over TLS.
func serveTLS(t testing.TB, config *tls.Config, handle func(net.Conn)) *peer.Peer {
	t.Helper()
	return peer.Serve(t, func(c net.Conn) {
		secured := tls.Server(c, config)
		if secured.Handshake() == nil {
			handle(secured)
			secured.CloseWrite()
		}
	})
}

func httpsURL(p *peer.Peer) string { return sprintf("https://localhost:%d/", p.Addr().Port()) }

const hello = "HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 5\r\n\r\nhello"

// A certificateCase is a certificate and what is to be recorded of it.
type certificateCase struct {
	name    string
	cert    tls.Certificate
	failure sonde.Failure
	key     string // "": of no interest
}

// certificateCases makes good and bad certificates, and the roots to judge them by.
func certificateCases(t *testing.T) (cases []certificateCase, roots *x509.CertPool) {
	root := newAuthority(t)
	other := newAuthority(t)
	limited := newAuthority(t, func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"example.org"}
	})
	key := newKey(t)
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	_, edKey, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	leafAsAuthority := &authority{root.sign(t, key).Leaf, key}
	sans := func(n int) func(*x509.Certificate) {
		return func(c *x509.Certificate) {
			for i := range n {
				c.DNSNames = append(c.DNSNames, sprintf("name-%d.example", i))
			}
		}
	}
	unsupported := func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	}
	cases = []certificateCase{
		{"good", root.sign(t, key), "", "ECDSA P-256"},
		{"ecdsa-p521", root.sign(t, ecdsaKey(t, elliptic.P521())), "", "ECDSA P-521"},
		{"ed25519-leaf", root.sign(t, edKey), "", "Ed25519"},
		{"rsa", root.sign(t, rsaKey), "", "RSA 2048"},
		{"1000-sans", root.sign(t, key, sans(1000)), "", ""},
		{"10000-sans", root.sign(t, key, sans(10_000)), "", ""},
		{"expired", root.sign(t, key, func(c *x509.Certificate) { c.NotAfter = time.Now().Add(-time.Minute) }), sonde.CertExpired, ""},
		{"not-yet-valid", root.sign(t, key, func(c *x509.Certificate) { c.NotBefore = time.Now().Add(time.Minute) }), sonde.CertNotYet, ""},
		{"wrong-host", root.sign(t, key, func(c *x509.Certificate) { c.DNSNames = []string{"example.com"} }), sonde.CertName, ""},
		{"no SAN, only a common name", root.sign(t, key, func(c *x509.Certificate) { c.DNSNames, c.IPAddresses = nil, nil }), sonde.CertName, ""},
		{"untrusted-root", other.sign(t, key), sonde.CertUntrusted, ""},
		{"not-a-ca-signing", chained(leafAsAuthority.sign(t, key), root.cert), sonde.CertInvalid, ""},
		{"name-constraints-violated", limited.sign(t, key), sonde.CertInvalid, ""},
		{"eku-client-only", root.sign(t, key, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} }), sonde.CertInvalid, ""},
		{"critical-unknown-ext", root.sign(t, key, unsupported), sonde.CertInvalid, ""},
	}
	roots = root.pool()
	roots.AddCert(limited.cert)
	return cases, roots
}

// TestCertificates meets a server with each of them.
func TestCertificates(t *testing.T) {
	cases, roots := certificateCases(t)
	for _, test := range cases {
		t.Run(test.name, func(t *testing.T) {
			server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{test.cert}}, answerWith(hello))
			f := fetcherOf(t, Config{Policy: sonde.DefaultPolicy(), Guard: openGuard(), Roots: roots})
			a := f.Do(t.Context(), Request{URL: httpsURL(server), Use: sonde.Read, Keep: true})
			checkAnswer(t, a, test.failure)
			shown := shownCertificate(t, a, test.cert.Leaf)
			if (shown.VerifyError == "") != (test.failure == "") {
				t.Errorf("verify error %q with failure %q", shown.VerifyError, test.failure)
			}
			if test.key != "" && shown.Key != test.key {
				t.Errorf("key %q, want %q", shown.Key, test.key)
			}
			if (a.Fetch.Status == 200) != (test.failure == "") {
				t.Errorf("status %d with failure %q", a.Fetch.Status, test.failure)
			}
			if a.Fetch.TLS.Version != "TLS 1.3" || a.Fetch.Timing.TLS <= 0 || a.Fetch.Remote != server.Addr() {
				t.Errorf("facts %+v, timing %+v, remote %s", a.Fetch.TLS, a.Fetch.Timing, a.Fetch.Remote)
			}
		})
	}
}

// shownCertificate returns what was recorded, and holds it against what was shown.
func shownCertificate(t *testing.T, a Answer, leaf *x509.Certificate) *sonde.Certificate {
	t.Helper()
	if a.Fetch == nil || a.Fetch.TLS == nil || a.Fetch.TLS.Certificate == nil {
		t.Fatalf("no certificate is recorded: %+v", a)
	}
	shown := a.Fetch.TLS.Certificate
	if shown.SHA256 != sha256.Sum256(leaf.Raw) || len(shown.SANs) != len(leaf.DNSNames)+len(leaf.IPAddresses) ||
		!shown.NotAfter.Equal(leaf.NotAfter) || !shown.NotBefore.Equal(leaf.NotBefore) ||
		shown.Subject != leaf.Subject.String() || shown.Issuer != leaf.Issuer.String() || shown.Signature == "" {
		t.Errorf("recorded %+v", shown)
	}
	return shown
}

func chained(c tls.Certificate, more ...*x509.Certificate) tls.Certificate {
	for _, m := range more {
		c.Certificate = append(c.Certificate, m.Raw)
	}
	return c
}

// TestInsecure: a policy that accepts bad certificates records that they are bad.
func TestInsecure(t *testing.T) {
	server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{newAuthority(t).sign(t, newKey(t))}}, answerWith(hello))
	p := sonde.DefaultPolicy()
	p.Insecure = true
	f := fetcherOf(t, Config{Policy: p, Guard: openGuard(), Roots: newAuthority(t).pool()})
	a := f.Do(t.Context(), Request{URL: httpsURL(server), Use: sonde.Read, Keep: true})
	checkAnswer(t, a, "")
	if string(a.Fetch.Body) != "hello" || a.Fetch.TLS.Certificate.VerifyError == "" {
		t.Errorf("body %q, verify error %q", a.Fetch.Body, a.Fetch.TLS.Certificate.VerifyError)
	}
}

// TestCertificateByAddress: a literal in the URL is held against the addresses in
// the certificate.
func TestCertificateByAddress(t *testing.T) {
	root := newAuthority(t)
	server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{root.sign(t, newKey(t))}}, answerWith(hello))
	f := fetcherOf(t, Config{Policy: sonde.DefaultPolicy(), Guard: openGuard(), Roots: root.pool()})
	checkAnswer(t, f.Do(t.Context(), Request{URL: "https://" + server.Addr().String() + "/"}), "")
	nameless := root.sign(t, newKey(t), func(c *x509.Certificate) { c.IPAddresses = nil })
	server = serveTLS(t, &tls.Config{Certificates: []tls.Certificate{nameless}}, answerWith(hello))
	checkAnswer(t, f.Do(t.Context(), Request{URL: "https://" + server.Addr().String() + "/"}), sonde.CertName)
}

// TestHandshakes meets servers whose handshake fails, or that speak something else.
func TestHandshakes(t *testing.T) {
	root := newAuthority(t)
	good := root.sign(t, newKey(t))
	rsaKey, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	withRSA := root.sign(t, rsaKey)
	shaking := func(c *tls.Config) func(net.Conn) {
		return func(raw net.Conn) { tls.Server(raw, c).Handshake() }
	}
	only := func(suite uint16) *tls.Config {
		return &tls.Config{Certificates: []tls.Certificate{withRSA}, MaxVersion: tls.VersionTLS12, CipherSuites: []uint16{suite}}
	}
	afterHello := func(answer string) func(net.Conn) {
		return func(c net.Conn) {
			c.Read(make([]byte, 4096))
			io.WriteString(c, answer)
		}
	}
	const serverHelloSSL3 = "\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00"
	tests := []struct {
		name    string
		handle  func(net.Conn)
		failure sonde.Failure
	}{
		{"tls10-only", shaking(&tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS10}), sonde.Handshake},
		{"tls11-only", shaking(&tls.Config{Certificates: []tls.Certificate{good}, MinVersion: tls.VersionTLS10, MaxVersion: tls.VersionTLS11}), sonde.Handshake},
		{"ssl3-hello", afterHello(serverHelloSSL3 + strings.Repeat("\x01", 32) + "\x00\x00\x0a\x00"), sonde.Handshake},
		{"rc4-only", shaking(only(tls.TLS_RSA_WITH_RC4_128_SHA)), sonde.Handshake},
		{"3des-only", shaking(only(tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA)), sonde.Handshake},
		{"static-rsa-kx", shaking(only(tls.TLS_RSA_WITH_AES_128_GCM_SHA256)), sonde.Handshake},
		{"sni refused", shaking(&tls.Config{GetCertificate: func(*tls.ClientHelloInfo) (*tls.Certificate, error) { return nil, io.EOF }}), sonde.Handshake},
		{"ssh-banner-on-443", afterHello("SSH-2.0-OpenSSH_9.9\r\n"), sonde.NotTLS},
		{"http on 443", afterHello("HTTP/1.1 400 Bad Request\r\n\r\n"), sonde.NotTLS},
		{"truncated-handshake", afterHello("\x16\x03\x03\x00\x7a\x02\x00"), sonde.Handshake},
		{"closed after the hello", afterHello(""), sonde.Handshake},
		{"broken after the hello", func(c net.Conn) { c.Read(make([]byte, 4096)); reset(c) }, sonde.Reset},
		{"alert", afterHello("\x15\x03\x03\x00\x02\x02\x28"), sonde.Handshake},
		{"cert that does not parse", brokenCertificate(good), sonde.CertInvalid},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			f := fetcherOf(t, Config{Policy: sonde.DefaultPolicy(), Guard: openGuard(), Roots: root.pool()})
			a := f.Do(t.Context(), Request{URL: httpsURL(peer.Serve(t, test.handle)), Use: sonde.Read})
			checkAnswer(t, a, test.failure)
			if a.Fetch != nil {
				t.Errorf("there is a fetch: %+v", a.Fetch)
			}
		})
	}
}

// brokenCertificate shows bytes that are no certificate, as one with a NUL in its
// name may not be one.
func brokenCertificate(c tls.Certificate) func(net.Conn) {
	c.Certificate = [][]byte{append([]byte{0x30, 0x03, 0x02, 0x01}, 0x00)}
	return func(raw net.Conn) { tls.Server(raw, &tls.Config{Certificates: []tls.Certificate{c}}).Handshake() }
}

// TestSlowHandshake: a handshake that drips ends by the limit on the whole of it.
func TestSlowHandshake(t *testing.T) {
	p := sonde.DefaultPolicy()
	p.Timeouts.Connect = time.Second
	server := peer.Serve(t, func(c net.Conn) {
		drip(c, "\x16\x03\x03\x10\x00\x02\x00\x0f\xfc\x03\x03"+strings.Repeat("\x00", 4000), 20*time.Millisecond)
	})
	a := newFetcher(t, p).Do(t.Context(), Request{URL: httpsURL(server), Use: sonde.Read})
	checkAnswer(t, a, sonde.TLSTimeout)
}

// TestCloseNotify: over TLS a body that ends with the connection is whole only
// when the connection says so.
func TestCloseNotify(t *testing.T) {
	root := newAuthority(t)
	config := &tls.Config{Certificates: []tls.Certificate{root.sign(t, newKey(t))}}
	f := fetcherOf(t, Config{Policy: sonde.DefaultPolicy(), Guard: openGuard(), Roots: root.pool()})
	tests := []struct {
		name      string
		answer    string
		notify    bool
		truncated bool
	}{
		{"with length, without notify", "HTTP/1.1 200 OK\r\nContent-Length: 5\r\n\r\nhello", false, false},
		{"in chunks, without notify", "HTTP/1.1 200 OK\r\nTransfer-Encoding: chunked\r\n\r\n5\r\nhello\r\n0\r\n\r\n", false, false},
		{"without length, without notify", "HTTP/1.0 200 OK\r\n\r\nhello", false, true},
		{"without length, with notify", "HTTP/1.0 200 OK\r\n\r\nhello", true, false},
	}
	for _, test := range tests {
		t.Run(test.name, func(t *testing.T) {
			server := peer.Serve(t, func(c net.Conn) {
				secured := tls.Server(c, config)
				if readRequest(secured) != nil {
					return
				}
				io.WriteString(secured, test.answer)
				if test.notify {
					secured.CloseWrite()
				}
			})
			a := f.Do(t.Context(), Request{URL: httpsURL(server), Use: sonde.Read, Keep: true})
			checkAnswer(t, a, "")
			if string(a.Fetch.Body) != "hello" || a.Fetch.Truncated != test.truncated {
				t.Errorf("body %q, truncated %t, want %t", a.Fetch.Body, a.Fetch.Truncated, test.truncated)
			}
			if test.truncated == (a.Detail == "") || test.truncated != (a.Fetch.BodySHA256 == [32]byte{}) {
				t.Errorf("detail %q, sum %x", a.Detail, a.Fetch.BodySHA256)
			}
		})
	}
}

// TestTLSFactsAreShared: the fetches of a connection share one set of facts, and
// only the first took a handshake.
func TestTLSFactsAreShared(t *testing.T) {
	root := newAuthority(t)
	server := serveTLS(t, &tls.Config{Certificates: []tls.Certificate{root.sign(t, newKey(t))}}, func(c net.Conn) {
		in := bufio.NewReader(c)
		for {
			if _, err := http.ReadRequest(in); err != nil {
				return
			}
			io.WriteString(c, hello)
		}
	})
	f := fetcherOf(t, Config{Policy: sonde.DefaultPolicy(), Guard: openGuard(), Roots: root.pool()})
	first := f.Do(t.Context(), Request{URL: httpsURL(server), Use: sonde.Read})
	second := f.Do(t.Context(), Request{URL: httpsURL(server), Use: sonde.Read})
	checkAnswer(t, first, "")
	checkAnswer(t, second, "")
	if first.Fetch.TLS != second.Fetch.TLS || server.Connections() != 1 {
		t.Errorf("facts %p and %p over %d connections", first.Fetch.TLS, second.Fetch.TLS, server.Connections())
	}
	if one, two := first.Fetch.Timing, second.Fetch.Timing; one.Connect <= 0 || one.TLS <= 0 || two.Connect != 0 || two.TLS != 0 || two.FirstByte <= 0 || two.Total < two.FirstByte {
		t.Errorf("timings %+v and %+v", one, two)
	}
}

// TestCertificatesBounded: the memory of certificates does not grow for ever.
func TestCertificatesBounded(t *testing.T) {
	var c certificates
	for i := range 2*maxCertificates + 10 {
		c.describe(&x509.Certificate{Raw: []byte(sprintf("certificate %d", i))})
	}
	if n := len(c.known); n == 0 || n > maxCertificates {
		t.Errorf("%d certificates are kept", n)
	}
}
