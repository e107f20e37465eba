// Package pki makes authorities and certificates for tests.
package pki

import (
	"crypto"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"math/big"
	"net"
	"testing"
	"time"
)

// Certificate is a certificate with its key.
type Certificate struct {
	*x509.Certificate
	Key crypto.Signer
}

// New makes a certificate with a key on P-256, valid from an hour ago for two hours,
// changed as a test wants, and signed by parent; nil: by itself.
func New(t testing.TB, name string, parent *Certificate, change ...func(*x509.Certificate)) *Certificate {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	return WithKey(t, key, name, parent, change...)
}

// WithKey is New with a key of the test's choice.
func WithKey(t testing.TB, key crypto.Signer, name string, parent *Certificate, change ...func(*x509.Certificate)) *Certificate {
	t.Helper()
	serial, err := rand.Int(rand.Reader, big.NewInt(1<<62))
	if err != nil {
		t.Fatal(err)
	}
	template := &x509.Certificate{
		SerialNumber: serial, Subject: pkix.Name{CommonName: name},
		NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), BasicConstraintsValid: true,
	}
	for _, c := range change {
		c(template)
	}
	signer := &Certificate{template, key}
	if parent != nil {
		signer = parent
	}
	der, err := x509.CreateCertificate(rand.Reader, template, signer.Certificate, key.Public(), signer.Key)
	if err != nil {
		t.Fatal(err)
	}
	made, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	return &Certificate{made, key}
}

// Authority is a change that lets a certificate sign others.
func Authority(c *x509.Certificate) { c.IsCA, c.KeyUsage = true, x509.KeyUsageCertSign }

// For is a change that makes a certificate one for servers of these names and addresses.
func For(hosts ...string) func(*x509.Certificate) {
	return func(c *x509.Certificate) {
		c.ExtKeyUsage = []x509.ExtKeyUsage{x509.ExtKeyUsageServerAuth}
		for _, host := range hosts {
			if ip := net.ParseIP(host); ip != nil {
				c.IPAddresses = append(c.IPAddresses, ip)
			} else {
				c.DNSNames = append(c.DNSNames, host)
			}
		}
	}
}

// Pool trusts the certificate.
func (c *Certificate) Pool() *x509.CertPool {
	pool := x509.NewCertPool()
	pool.AddCert(c.Certificate)
	return pool
}

// TLS is the certificate as a server shows it, with those above it.
func (c *Certificate) TLS(above ...*Certificate) tls.Certificate {
	shown := tls.Certificate{Certificate: [][]byte{c.Raw}, PrivateKey: c.Key, Leaf: c.Certificate}
	for _, a := range above {
		shown.Certificate = append(shown.Certificate, a.Raw)
	}
	return shown
}
