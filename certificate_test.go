package sonde

import (
	"crypto/ed25519"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"strings"
	"testing"
	"time"

	"sonde/internal/pki"
)

// TestJudgeChain holds of every fault which failure it is, and how its words begin.
func TestJudgeChain(t *testing.T) {
	now := time.Now().UTC().Truncate(time.Second)
	past, future := now.Add(-time.Minute), now.Add(time.Minute)
	stamp := func(at time.Time) string { return at.Format(time.RFC3339) }
	forHost := pki.For("a.example")
	root := pki.New(t, "root", nil, pki.Authority)
	middle := pki.New(t, "middle", root, pki.Authority)
	old := pki.New(t, "old middle", root, pki.Authority, func(c *x509.Certificate) { c.NotAfter = past })
	limited := pki.New(t, "limited", root, pki.Authority, func(c *x509.Certificate) {
		c.PermittedDNSDomainsCritical, c.PermittedDNSDomains = true, []string{"b.example"}
	})
	otherRoot := pki.New(t, "other root", nil, pki.Authority)
	notCA := pki.New(t, "not an authority", root)
	critical := func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: asn1.ObjectIdentifier{1, 2, 3, 4}, Critical: true, Value: []byte{5, 0}}}
	}
	chain := func(leaf *pki.Certificate, more ...*pki.Certificate) []*x509.Certificate {
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
		"good":                 {chain(pki.New(t, "a", middle, forHost), middle), NoFailure, ""},
		"with the root":        {chain(pki.New(t, "a", middle, forHost), middle, root), NoFailure, ""},
		"nothing":              {nil, CertInvalid, "no certificate"},
		"expired":              {chain(pki.New(t, "a", root, forHost, func(c *x509.Certificate) { c.NotAfter = past })), CertExpired, "expired since " + stamp(past)},
		"expired above":        {chain(pki.New(t, "a", old, forHost), old), CertExpired, "expired since " + stamp(past) + " (CN=old middle, above the leaf)"},
		"not yet":              {chain(pki.New(t, "a", root, forHost, func(c *x509.Certificate) { c.NotBefore = future })), CertNotYet, "not yet valid: its time begins at " + stamp(future)},
		"other name":           {chain(pki.New(t, "a", root, forHost, func(c *x509.Certificate) { c.DNSNames = []string{"x.example"} })), CertName, "other name: it is for x.example, not for a.example"},
		"no name":              {chain(pki.New(t, "a.example", root)), CertName, "other name: it names no host"},
		"many names":           {chain(pki.New(t, "a", root, func(c *x509.Certificate) { c.DNSNames = strings.Split("1.x 2.x 3.x 4.x 5.x 6.x 7.x", " ") })), CertName, "other name: it is for 1.x, 2.x, 3.x, 4.x, 5.x and 2 more, not"},
		"self-signed":          {chain(pki.New(t, "a", nil, forHost)), CertUntrusted, "self-signed"},
		"missing intermediate": {chain(pki.New(t, "a", middle, forHost)), CertUntrusted, "missing intermediate: CN=middle, which signed CN=a, was not shown"},
		"other root":           {chain(pki.New(t, "a", otherRoot, forHost), otherRoot), CertUntrusted, "untrusted root: CN=other root"},
		"unsigned root":        {chain(pki.New(t, "a", otherRoot, forHost)), CertUntrusted, "missing intermediate: CN=other root"},
		"signed by a leaf":     {chain(pki.New(t, "a", notCA, forHost), notCA), CertInvalid, "signed by what is no authority: CN=not an authority"},
		"name constraints":     {chain(pki.New(t, "a", limited, forHost), limited), CertInvalid, "name constraints: "},
		"clients only":         {chain(pki.New(t, "a", root, forHost, func(c *x509.Certificate) { c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageClientAuth} })), CertInvalid, "other usage: "},
		"unknown critical":     {chain(pki.New(t, "a", root, forHost, critical)), CertInvalid, "unknown critical extension"},
	} {
		got, err := JudgeChain(test.chain, "a.example", root.Pool(), now)
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
		if got, _ := chainFault(test.chain, "a.example", time.Now(), x509.UnknownAuthorityError{}); got != test.want {
			t.Errorf("%s, want %s", got, test.want)
		}
	}
}

func TestDescribeCertificate(t *testing.T) {
	root := pki.New(t, "root", nil, pki.Authority)
	staple := func(c *x509.Certificate) {
		c.ExtraExtensions = []pkix.Extension{{Id: tlsFeature, Value: []byte{0x30, 3, 2, 1, 5}}}
	}
	c := pki.New(t, "a\x1b", root, pki.For("a.example", "192.0.2.1"), staple)
	got := DescribeCertificate(c.Certificate)
	if got.Subject != "CN=a " || got.Issuer != "CN=root" || strings.Join(got.SANs, " ") != "a.example 192.0.2.1" ||
		!got.NotAfter.Equal(c.NotAfter) || got.Key != "ECDSA P-256" || got.Signature != "ECDSA-SHA256" ||
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
