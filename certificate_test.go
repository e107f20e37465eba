package sonde

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// noon is when the chains of these tests are judged.
var noon = time.Date(2026, 11, 25, 12, 0, 0, 0, time.UTC)

// signed is a certificate with its key.
type signed struct {
	*x509.Certificate
	key crypto.Signer
}

// certify makes a certificate that is valid at noon, changed as a test wants, and
// signed by parent; nil: by itself.
func certify(t *testing.T, name string, parent *signed, change ...func(*x509.Certificate)) *signed {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: big.NewInt(1), Subject: pkix.Name{CommonName: name},
		NotBefore: noon.Add(-time.Hour), NotAfter: noon.Add(time.Hour), BasicConstraintsValid: true,
	}
	for _, c := range change {
		c(template)
	}
	signer := &signed{template, key}
	if parent != nil {
		signer = parent
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.Certificate, key.Public(), signer.key)
	if err != nil {
		t.Fatal(err)
	}
	c, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &signed{c, key}
}

func authority(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign }

func forHost(c *x509.Certificate) {
	c.DNSNames = []string{"a.example"}
	c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
}

// TestJudgeChain holds of every fault which failure it is, and how its words begin.
func TestJudgeChain(t *testing.T) {
	root := certify(t, "root", nil, authority)
	middle := certify(t, "middle", root, authority)
	old := certify(t, "old middle", root, authority, func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Minute) })
	limited := certify(t, "limited", root, authority, func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"b.example"}
	})
	otherRoot := certify(t, "other root", nil, authority)
	notCA := certify(t, "not an authority", root)
	critical := func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	}
	roots := x509.NewCertPool()
	roots.AddCert(root.Certificate)
	chain := func(leaf *signed, more ...*signed) []*x509.Certificate {
		all := []*x509.Certificate{leaf.Certificate}
		for _, m := range more {
			all = append(all, m.Certificate)
		}
		return all
	}
	for name, test := range map[string]struct {
		chain []*x509.Certificate
		want  Failure
		says  string
	}{
		"good":                 {chain(certify(t, "a", middle, forHost), middle), NoFailure, ""},
		"with the root":        {chain(certify(t, "a", middle, forHost), middle, root), NoFailure, ""},
		"nothing":              {nil, CertInvalid, "no certificate"},
		"expired":              {chain(certify(t, "a", root, forHost, func(c *x509.Certificate) { c.NotAfter = noon.Add(-time.Minute) })), CertExpired, "expired since 2026-11-25T11:59:00Z"},
		"expired above":        {chain(certify(t, "a", old, forHost), old), CertExpired, "expired since 2026-11-25T11:59:00Z (CN=old middle, above the leaf)"},
		"not yet":              {chain(certify(t, "a", root, forHost, func(c *x509.Certificate) { c.NotBefore = noon.Add(time.Minute) })), CertNotYet, "not yet valid: its time begins at 2026-11-25T12:01:00Z"},
		"other name":           {chain(certify(t, "a", root, forHost, func(c *x509.Certificate) { c.DNSNames = []string{"x.example"} })), CertName, "other name: it is for x.example, not for a.example"},
		"no name":              {chain(certify(t, "a.example", root)), CertName, "other name: it names no host"},
		"many names":           {chain(certify(t, "a", root, func(c *x509.Certificate) { c.DNSNames = strings.Split("1.x 2.x 3.x 4.x 5.x 6.x 7.x", " ") })), CertName, "other name: it is for 1.x, 2.x, 3.x, 4.x, 5.x and 2 more, not"},
		"self-signed":          {chain(certify(t, "a", nil, forHost)), CertUntrusted, "self-signed"},
		"missing intermediate": {chain(certify(t, "a", middle, forHost)), CertUntrusted, "missing intermediate: CN=middle, which signed CN=a, was not shown"},
		"other root":           {chain(certify(t, "a", otherRoot, forHost), otherRoot), CertUntrusted, "untrusted root: CN=other root"},
		"unsigned root":        {chain(certify(t, "a", otherRoot, forHost)), CertUntrusted, "missing intermediate: CN=other root"},
		"signed by a leaf":     {chain(certify(t, "a", notCA, forHost), notCA), CertInvalid, "signed by what is no authority: CN=not an authority"},
		"name constraints":     {chain(certify(t, "a", limited, forHost), limited), CertInvalid, "name constraints: "},
		"clients only":         {chain(certify(t, "a", root, forHost, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })), CertInvalid, "other usage: "},
		"unknown critical":     {chain(certify(t, "a", root, forHost, critical)), CertInvalid, "unknown critical extension"},
	} {
		got, err := JudgeChain(test.chain, "a.example", roots, noon)
		if got != test.want || (err == nil) != (test.says == "") || err != nil && !strings.HasPrefix(err.Error(), test.says) {
			t.Errorf("%s: %q, %v, want %q, %s", name, got, err, test.want, test.says)
		}
	}
}

// TestUnsoundChain: a chain signed with SHA-1, or by what is no authority, is bad,
// not merely unknown.
func TestUnsoundChain(t *testing.T) {
	sha1 := &x509.Certificate{RawIssuer: []byte("a"), RawSubject: []byte("b"), SignatureAlgorithm: x509.SHA1WithRSA}
	root := &x509.Certificate{RawIssuer: []byte("a"), RawSubject: []byte("a"), SignatureAlgorithm: x509.SHA1WithRSA, IsCA: true}
	noCA := &x509.Certificate{RawIssuer: []byte("c"), RawSubject: []byte("a"), SignatureAlgorithm: x509.SHA256WithRSA}
	sound := &x509.Certificate{RawIssuer: []byte("a"), RawSubject: []byte("b"), SignatureAlgorithm: x509.SHA256WithRSA}
	for _, test := range []struct {
		chain []*x509.Certificate
		want  Failure
	}{
		{[]*x509.Certificate{sha1}, CertInvalid},
		{[]*x509.Certificate{sound, root}, CertUntrusted},
		{[]*x509.Certificate{sound, root, sha1}, CertInvalid},
		{[]*x509.Certificate{sound, noCA}, CertInvalid},
		{[]*x509.Certificate{sound}, CertUntrusted},
	} {
		if got, _ := chainFault(test.chain, "a.example", noon, x509.UnknownAuthorityError{}); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

func TestDescribeCertificate(t *testing.T) {
	root := certify(t, "root", nil, authority)
	staple := func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: tlsFeature, Value: []byte{0x30, 3, 2, 1, 5}}}
	}
	c := certify(t, "a\x1b", root, forHost, staple, func(c *x509.Certificate) { c.IPAddresses = []net.IP{net.IPv4(192, 0, 2, 1)} })
	got := DescribeCertificate(c.Certificate)
	if got.Subject != "CN=a " || got.Issuer != "CN=root" || strings.Join(got.SANs, " ") != "a.example 192.0.2.1" ||
		!got.NotAfter.Equal(noon.Add(time.Hour)) || got.Key != "ECDSA P-256" || got.Signature != "ECDSA-SHA256" ||
		got.SHA256 != sha256.Sum256(c.Raw) || !got.MustStaple {
		t.Errorf("described as %+v", got)
	}
	if DescribeCertificate(root.Certificate).MustStaple {
		t.Error("a certificate without the extension asks for a staple")
	}
	if key := certificateKey(&x509.Certificate{PublicKey: ed25519.PublicKey{}}); key != "Ed25519" {
		t.Errorf("key %q", key)
	}
}

func TestTLSGroup(t *testing.T) {
	for id, want := range map[uint16]string{0: "", 0x11ec: "X25519MLKEM768", 29: "x25519", 0xfe0f: "0xfe0f"} {
		if got := TLSGroup(tls.CurveID(id)); got != want {
			t.Errorf("group %d is %q, want %q", id, got, want)
		}
	}
}
