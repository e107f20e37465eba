package fetch

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/ed25519"
	"crypto/rsa"
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"sync"
	"time"

	"sonde"
)

// certificates keeps what is known of the certificates met, so that each is put
// into words once. It is safe for concurrent use.
type certificates struct {
	mu    sync.Mutex
	known map[[32]byte]*sonde.Certificate
}

// maxCertificates bounds how many certificates are kept.
const maxCertificates = 1_000

// judge verifies the chain that host showed against roots (nil: the system's),
// and tells the facts of the connection whatever comes of it. The error is a
// *failure. The facts are shared and not to be changed.
func (c *certificates) judge(state tls.ConnectionState, host string, roots *x509.CertPool) (*sonde.TLSFacts, error) {
	chain := state.PeerCertificates
	facts := &sonde.TLSFacts{
		Version:     tls.VersionName(state.Version),
		Cipher:      tls.CipherSuiteName(state.CipherSuite),
		ALPN:        state.NegotiatedProtocol,
		Certificate: c.describe(chain[0]),
	}
	err := verify(chain, host, roots)
	if err == nil {
		return facts, nil
	}
	bad := *facts.Certificate
	bad.VerifyError = tidy(err.Error())
	facts.Certificate = &bad
	return facts, failed(certificateKind(chain, err), err, "verifying the certificate of %s", host)
}

// verify checks the chain as crypto/tls would have.
func verify(chain []*x509.Certificate, host string, roots *x509.CertPool) error {
	options := x509.VerifyOptions{Roots: roots, DNSName: host, Intermediates: x509.NewCertPool()}
	for _, c := range chain[1:] {
		options.Intermediates.AddCert(c)
	}
	_, err := chain[0].Verify(options)
	return err
}

// certificateKind says what kind of fault verification found.
func certificateKind(chain []*x509.Certificate, err error) sonde.Failure {
	if _, ok := errors.AsType[x509.HostnameError](err); ok {
		return sonde.CertName
	}
	if invalid, ok := errors.AsType[x509.CertificateInvalidError](err); ok {
		return invalidKind(invalid)
	}
	_, unknown := errors.AsType[x509.UnknownAuthorityError](err)
	_, noRoots := errors.AsType[x509.SystemRootsError](err)
	if noRoots || unknown && !unsound(chain) {
		return sonde.CertUntrusted
	}
	return sonde.CertInvalid
}

func invalidKind(err x509.CertificateInvalidError) sonde.Failure {
	switch {
	case err.Reason != x509.Expired:
		return sonde.CertInvalid
	case err.Cert != nil && time.Now().Before(err.Cert.NotBefore):
		return sonde.CertNotYet
	}
	return sonde.CertExpired
}

// unsound reports whether the chain has a fault of its own, which crypto/x509
// tells as an unknown authority: a signature by an algorithm that it refuses to
// check, or by a certificate that may not sign others.
func unsound(chain []*x509.Certificate) bool {
	for i, c := range chain {
		selfSigned := bytes.Equal(c.RawIssuer, c.RawSubject) // a signature that nobody checks
		if weak(c.SignatureAlgorithm) && !selfSigned {
			return true
		}
		if i > 0 && !c.IsCA && bytes.Equal(c.RawSubject, chain[i-1].RawIssuer) {
			return true
		}
	}
	return false
}

func weak(a x509.SignatureAlgorithm) bool {
	switch a {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}

// describe puts a certificate into words, or finds the words again.
func (c *certificates) describe(leaf *x509.Certificate) *sonde.Certificate {
	sum := sha256.Sum256(leaf.Raw)
	c.mu.Lock()
	defer c.mu.Unlock()
	if known, ok := c.known[sum]; ok {
		return known
	}
	if c.known == nil || len(c.known) >= maxCertificates {
		c.known = map[[32]byte]*sonde.Certificate{}
	}
	described := &sonde.Certificate{
		Subject:   tidy(leaf.Subject.String()),
		Issuer:    tidy(leaf.Issuer.String()),
		SANs:      names(leaf),
		NotBefore: leaf.NotBefore.UTC(),
		NotAfter:  leaf.NotAfter.UTC(),
		Key:       describeKey(leaf),
		Signature: leaf.SignatureAlgorithm.String(),
		SHA256:    sum,
	}
	c.known[sum] = described
	return described
}

// names are the names and addresses that the certificate is for, in its order.
// The size of the handshake message bounds them.
func names(leaf *x509.Certificate) []string {
	names := make([]string, 0, len(leaf.DNSNames)+len(leaf.IPAddresses))
	for _, name := range leaf.DNSNames {
		names = append(names, tidy(name))
	}
	for _, address := range leaf.IPAddresses {
		names = append(names, address.String())
	}
	return names
}

func describeKey(leaf *x509.Certificate) string {
	switch key := leaf.PublicKey.(type) {
	case *rsa.PublicKey:
		return fmt.Sprintf("RSA %d", key.N.BitLen())
	case *ecdsa.PublicKey:
		return "ECDSA " + key.Curve.Params().Name
	case ed25519.PublicKey:
		return "Ed25519"
	}
	return leaf.PublicKeyAlgorithm.String()
}
