package inspect

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/rsa"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"sonde"
	"sonde/internal/pki"
)

// A verdict is what is to come of a server: a failure, and words in its detail.
type verdict struct {
	failure sonde.Failure
	says    string
}

// verdicts are the outcomes of the shared suite, and two that it leaves out, in our words.
var verdicts = map[string][]verdict{
	"ok":                          {{"", ""}},
	"ok_flag":                     {{"", ""}},
	"truncated_flag":              {{"", ""}}, // the cut body is seen by who reads it
	"ok_or_handshake_too_large":   {{"", ""}, {sonde.Handshake, "message"}},
	"x509_expired":                {{sonde.CertExpired, "expired since 20"}},
	"x509_not_yet_valid":          {{sonde.CertNotYet, "its time begins at 20"}},
	"x509_hostname":               {{sonde.CertName, "other name: "}},
	"x509_unknown_authority":      {{sonde.CertUntrusted, "untrusted root: "}},
	"x509_insecure_algorithm":     {{sonde.CertInvalid, "weak signature: SHA1-RSA"}},
	"x509_not_authorized_to_sign": {{sonde.CertInvalid, "signed by what is no authority"}},
	"x509_name_not_authorized":    {{sonde.CertInvalid, "name constraints: "}},
	"x509_incompatible_usage":     {{sonde.CertInvalid, "other usage: "}},
	"x509_unhandled_critical":     {{sonde.CertInvalid, "unknown critical extension"}},
	"x509_error":                  {{sonde.CertInvalid, "certificate"}},
	"tls_version":                 {{sonde.Handshake, "at most, and clients of today ask for TLS 1.2"}},
	"tls_no_cipher":               {{sonde.Handshake, "suites that clients of today no longer offer: "}},
	"tls_no_cipher_or_flag":       {{sonde.Handshake, "suites that clients of today no longer offer: "}},
	"unrecognized_name":           {{sonde.Handshake, "unrecognized name"}},
	"not_tls":                     {{sonde.NotTLS, ""}},
	"unexpected_eof":              {{sonde.Handshake, "EOF"}},
	"timeout":                     {{sonde.TLSTimeout, ""}},
	"self_signed":                 {{sonde.CertUntrusted, "self-signed"}},
	"incomplete":                  {{sonde.CertUntrusted, "missing intermediate: CN=middle"}},
}

// A badCase is a server as the suite describes it, and what is to come of it.
type badCase struct {
	handle func(net.Conn)
	host   string // "": localhost
	expect string // a key of verdicts
	check  func(sonde.TLSFacts) error
}

// TestBadServers holds what comes of the servers of the shared suite, and that all of
// its cases are here with the outcome that it wants.
func TestBadServers(t *testing.T) {
	root := pki.New(t, "root", nil, pki.Authority)
	cases := badCases(t, root)
	for id, expect := range suiteOutcomes(t) {
		if c, ok := cases[id]; !ok || c.expect != expect {
			t.Errorf("the suite has %s with %s; here it is %q", id, expect, c.expect)
		}
	}
	for id, c := range cases {
		t.Run(id, func(t *testing.T) {
			t.Parallel()
			q := Question{Host: c.host, Roots: root.Pool()}
			if c.expect == "timeout" {
				q.Limit = 300 * time.Millisecond
			}
			facts := serve(t, c.handle).inspect(t, q)
			if err := c.holds(facts); err != nil {
				t.Errorf("%v: failure %q, detail %q, offers %v", err, facts.Failure, facts.Detail, facts.Offers)
			}
		})
	}
}

func (c badCase) holds(facts sonde.TLSFacts) error {
	for _, v := range verdicts[c.expect] {
		if v.failure == facts.Failure && strings.Contains(facts.Detail, v.says) {
			if c.check != nil {
				return c.check(facts)
			}
			return nil
		}
	}
	return fmt.Errorf("it is not %s", c.expect)
}

// suiteOutcomes reads the shared suite, where it lies beside the repository.
func suiteOutcomes(t *testing.T) map[string]string {
	t.Helper()
	text, err := os.ReadFile(filepath.Join("..", "..", "..", "shared", "suites", "badssl-local", "cases.json"))
	if errors.Is(err, fs.ErrNotExist) {
		t.Log("the shared suite is not there; the cases here stand alone")
		return nil
	}
	var suite struct {
		Cases []struct{ ID, Expect string }
	}
	if err == nil {
		err = json.Unmarshal(text, &suite)
	}
	if err != nil || len(suite.Cases) == 0 {
		t.Fatalf("reading the shared suite: %d cases, %v", len(suite.Cases), err)
	}
	outcomes := map[string]string{}
	for _, c := range suite.Cases {
		outcomes[c.ID] = c.Expect
	}
	return outcomes
}

// badCases makes the servers.
func badCases(t *testing.T, root *pki.Certificate) map[string]badCase {
	cases := map[string]badCase{}
	for _, some := range []map[string]badCase{certificateCases(t, root), keyCases(t, root), versionCases(t, root), brokenCases(t, root)} {
		for id, c := range some {
			cases[id] = c
		}
	}
	return cases
}

// showing serves with a certificate and those above it.
func showing(c *pki.Certificate, above ...*pki.Certificate) func(net.Conn) {
	config := &tls.Config{Certificates: []tls.Certificate{c.TLS(above...)}}
	return func(raw net.Conn) { shakeHands(raw, config) }
}

// certificateCases are those where something is the matter with the certificate.
func certificateCases(t *testing.T, root *pki.Certificate) map[string]badCase {
	forUs := pki.For("localhost")
	leaf := func(change ...func(*x509.Certificate)) *pki.Certificate {
		return pki.New(t, "leaf", root, append([]func(*x509.Certificate){forUs}, change...)...)
	}
	other := pki.New(t, "other root", nil, pki.Authority)
	notCA := pki.New(t, "not an authority", root)
	limited := pki.New(t, "limited", root, pki.Authority, func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"example.org"}
	})
	return map[string]badCase{
		"expired": {handle: showing(leaf(func(c *x509.Certificate) {
			c.NotAfter = time.Now().Add(-24 * time.Hour)
			c.NotBefore = c.NotAfter.Add(-time.Hour)
		})), expect: "x509_expired"},
		"not-yet-valid": {handle: showing(leaf(func(c *x509.Certificate) {
			c.NotBefore = time.Now().Add(24 * time.Hour)
			c.NotAfter = c.NotBefore.Add(time.Hour)
		})), expect: "x509_not_yet_valid"},
		"wrong-host":                {handle: showing(pki.New(t, "leaf", root, pki.For("example.com"))), expect: "x509_hostname"},
		"untrusted-root":            {handle: showing(pki.New(t, "leaf", other, forUs), other), expect: "x509_unknown_authority"},
		"wildcard-two-labels":       {handle: showing(pki.New(t, "leaf", root, pki.For("*.localhost.test"))), host: "a.b.localhost.test", expect: "x509_hostname"},
		"1000-sans":                 {handle: showing(leaf(names(1000))), expect: "ok"},
		"10000-sans":                {handle: showing(leaf(names(10000))), expect: "ok_or_handshake_too_large"},
		"not-a-ca-signing":          {handle: showing(pki.New(t, "leaf", notCA, forUs), notCA), expect: "x509_not_authorized_to_sign"},
		"name-constraints-violated": {handle: showing(pki.New(t, "leaf", limited, forUs), limited), expect: "x509_name_not_authorized"},
		"eku-client-only":           {handle: showing(leaf(func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })), expect: "x509_incompatible_usage"},
		"critical-unknown-ext":      {handle: showing(leaf(extension(asn1.ObjectIdentifier{1, 2, 3, 4}, true, []byte{5, 0}))), expect: "x509_unhandled_critical"},
		"trailing-dot-host":         {handle: showing(leaf()), host: "localhost.", expect: "ok"},
		"cert-with-null-in-cn":      {handle: showing(nulInName(t, leaf())), expect: "x509_error"},
		"ocsp-must-staple-missing": {
			handle: showing(leaf(extension(asn1.ObjectIdentifier{1, 3, 6, 1, 5, 5, 7, 1, 24}, false, []byte{0x30, 3, 2, 1, 5}))), expect: "ok_flag",
			check: func(facts sonde.TLSFacts) error {
				if !facts.Certificate.MustStaple || facts.Staple != nil {
					return errors.New("the missing staple is not recorded")
				}
				return nil
			},
		},
		// Not in the suite: the two faults of chains that it leaves out.
		"self-signed": {handle: showing(pki.New(t, "leaf", nil, forUs)), expect: "self_signed"},
		"incomplete":  {handle: showing(pki.New(t, "leaf", pki.New(t, "middle", root, pki.Authority), forUs)), expect: "incomplete"},
	}
}

func names(n int) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		for i := range n {
			c.DNSNames = append(c.DNSNames, fmt.Sprintf("name-%d.example", i))
		}
	}
}

func extension(id asn1.ObjectIdentifier, critical bool, value []byte) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.ExtraExtensions = append(c.ExtraExtensions, pkix.Extension{Id: id, Critical: critical, Value: value})
	}
}

// nulInName puts a NUL into the common name of a certificate, a PrintableString, which
// may not hold one. The signature no longer fits, but nobody comes to look at it.
func nulInName(t *testing.T, c *pki.Certificate) *pki.Certificate {
	t.Helper()
	raw := strings.Replace(string(c.Raw), "\x13\x04leaf", "\x13\x04l\x00af", 1)
	if raw == string(c.Raw) {
		t.Fatal("the name is not where it was to be")
	}
	return &pki.Certificate{Certificate: &x509.Certificate{Raw: []byte(raw)}, Key: c.Key}
}

// keyCases are those with other keys and signatures.
func keyCases(t *testing.T, root *pki.Certificate) map[string]badCase {
	_, ed, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	p521, err := ecdsa.GenerateKey(elliptic.P521(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	with := func(key crypto.Signer) func(net.Conn) {
		return showing(pki.WithKey(t, key, "leaf", root, pki.For("localhost")))
	}
	keyIs := func(want string) func(sonde.TLSFacts) error {
		return func(facts sonde.TLSFacts) error {
			if facts.Certificate.Key != want {
				return fmt.Errorf("the key is %s", facts.Certificate.Key)
			}
			return nil
		}
	}
	rsaRoot := pki.WithKey(t, rsaKey(t), "old root", nil, pki.Authority)
	weak := pki.New(t, "leaf", rsaRoot, pki.For("localhost"), func(c *x509.Certificate) { c.SignatureAlgorithm = x509.SHA1WithRSA })
	return map[string]badCase{
		"ed25519-leaf":   {handle: with(ed), expect: "ok", check: keyIs("Ed25519")},
		"ecdsa-p521":     {handle: with(p521), expect: "ok", check: keyIs("ECDSA P-521")},
		"sha1-signature": {handle: showing(weak, rsaRoot), expect: "x509_insecure_algorithm"},
	}
}

func rsaKey(t testing.TB) crypto.Signer {
	t.Helper()
	key, err := rsa.GenerateKey(rand.Reader, 2048)
	if err != nil {
		t.Fatal(err)
	}
	return key
}

// versionCases are those with versions and suites that clients of today refuse. Their
// certificates are seen all the same.
func versionCases(t *testing.T, root *pki.Certificate) map[string]badCase {
	leaf := pki.WithKey(t, rsaKey(t), "leaf", root, pki.For("localhost"))
	only := func(version uint16, suites ...uint16) func(net.Conn) {
		config := &tls.Config{Certificates: []tls.Certificate{leaf.TLS()}, MinVersion: version, MaxVersion: version, CipherSuites: suites}
		return func(raw net.Conn) { shakeHands(raw, config) }
	}
	seen := func(version, cipher string) func(sonde.TLSFacts) error {
		return func(facts sonde.TLSFacts) error {
			c := facts.Certificate
			switch {
			case c == nil || c.Subject != "CN=leaf" || c.VerifyError != "":
				return fmt.Errorf("the certificate is told as %+v", c)
			case facts.Version != version || cipher != "" && (facts.Cipher != cipher || facts.Offers[0].Ciphers[0] != cipher || len(facts.Offers[0].Ciphers) != 1):
				return fmt.Errorf("it speaks %s with %s", facts.Version, facts.Cipher)
			}
			return nil
		}
	}
	return map[string]badCase{
		"tls10-only":    {handle: only(tls.VersionTLS10), expect: "tls_version", check: seen("TLS 1.0", "")},
		"tls11-only":    {handle: only(tls.VersionTLS11), expect: "tls_version", check: seen("TLS 1.1", "")},
		"rc4-only":      {handle: only(tls.VersionTLS12, tls.TLS_RSA_WITH_RC4_128_SHA), expect: "tls_no_cipher", check: seen("TLS 1.2", "TLS_RSA_WITH_RC4_128_SHA")},
		"3des-only":     {handle: only(tls.VersionTLS12, tls.TLS_RSA_WITH_3DES_EDE_CBC_SHA), expect: "tls_no_cipher", check: seen("TLS 1.2", "TLS_RSA_WITH_3DES_EDE_CBC_SHA")},
		"static-rsa-kx": {handle: only(tls.VersionTLS12, tls.TLS_RSA_WITH_AES_128_GCM_SHA256), expect: "tls_no_cipher_or_flag", check: seen("TLS 1.2", "TLS_RSA_WITH_AES_128_GCM_SHA256")},
		"ssl3-hello":    {handle: afterHello("\x16\x03\x00\x00\x2a\x02\x00\x00\x26\x03\x00" + strings.Repeat("\x01", 32) + "\x00\x00\x0a\x00"), expect: "tls_version"},
	}
}

// afterHello waits for a hello and says what is no answer to it.
func afterHello(answer string) func(net.Conn) {
	return func(c net.Conn) {
		c.Read(make([]byte, 4096))
		io.WriteString(c, answer)
	}
}

// brokenCases are those that are no handshake, or not to its end.
func brokenCases(t *testing.T, root *pki.Certificate) map[string]badCase {
	leaf := pki.New(t, "leaf", root, pki.For("localhost"))
	onlyKnown := func(info *tls.ClientHelloInfo) (*tls.Certificate, error) {
		if info.ServerName != "localhost" {
			return nil, errors.New("unrecognized name")
		}
		shown := leaf.TLS()
		return &shown, nil
	}
	drip := func(c net.Conn) {
		tick := time.NewTicker(20 * time.Millisecond)
		defer tick.Stop()
		for _, b := range []byte("\x16\x03\x03\x10\x00\x02\x00\x0f\xfc\x03\x03" + strings.Repeat("\x00", 4000)) {
			<-tick.C
			if _, err := c.Write([]byte{b}); err != nil {
				return
			}
		}
	}
	optional := &tls.Config{Certificates: []tls.Certificate{leaf.TLS()}, ClientAuth: tls.RequestClientCert}
	return map[string]badCase{
		"sni-required-missing":             {handle: refusingNameless(&tls.Config{GetCertificate: onlyKnown}), host: "127.0.0.1", expect: "unrecognized_name"},
		"client-cert-optional":             {handle: func(c net.Conn) { shakeHands(c, optional) }, expect: "ok"},
		"ssh-banner-on-443":                {handle: afterHello("SSH-2.0-OpenSSH_9.9\r\n"), expect: "not_tls"},
		"truncated-handshake":              {handle: afterHello("\x16\x03\x03\x00\x7a\x02\x00"), expect: "unexpected_eof"},
		"drip-handshake-1Bps":              {handle: drip, expect: "timeout"},
		"close-notify-missing-with-length": {handle: showing(leaf), expect: "ok"},
		"close-notify-missing-no-length":   {handle: showing(leaf), expect: "truncated_flag"},
	}
}

// refusingNameless answers a hello that names no host as RFC 6066, section 3 has it, with
// the alert unrecognized_name.
func refusingNameless(config *tls.Config) func(net.Conn) {
	const alert = "\x15\x03\x03\x00\x02\x02\x70"
	return func(c net.Conn) {
		shown := config.Clone()
		shown.GetConfigForClient = func(info *tls.ClientHelloInfo) (*tls.Config, error) {
			if info.ServerName == "" {
				io.WriteString(c, alert)
				c.Close()
			}
			return nil, nil
		}
		shakeHands(c, shown)
	}
}
