package fetch

import (
	"crypto/sha256"
	"crypto/tls"
	"crypto/x509"
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
	facts := sonde.DescribeTLS(state)
	facts.Certificate = c.describe(chain[0])
	kind, err := sonde.JudgeChain(chain, host, roots, time.Now())
	if err == nil {
		return &facts, nil
	}
	bad := *facts.Certificate
	bad.VerifyError = sonde.Tidy(err.Error())
	facts.Certificate = &bad
	return &facts, failed(kind, err, "verifying the certificate of %s", host)
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
	described := sonde.DescribeCertificate(leaf)
	c.known[sum] = &described
	return &described
}
